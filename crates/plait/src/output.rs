//! The files of a run.

use crate::link::Findings;
use crate::ownership::Record;
use crate::place::OutputPlace;
use crate::reason::Reason;
use crate::run::{FILE as RUN_FILE, FORMAT, MODEL_FILE, Run};
use crate::source::RecordNames;
use plait_engine::deterministic::Ruling;
use plait_engine::expected::{NotFound, Outside};
use plait_engine::scoring::ScoredPairs;
use plait_formats::read::Rows;
use plait_formats::write::{
    CsvStyle, OutSheet, OutTable, OutValues, harmless, to_rows, write_csv, write_file, write_parquet,
    write_xlsx,
};
use plait_types::{Fault, Interner, NULL, Values};
use rayon::prelude::*;
use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;

pub(crate) const PEOPLE: &str = "people.parquet";
pub(crate) const LINKS: &str = "links.parquet";
pub(crate) const WORKBOOK: &str = "people.xlsx";
pub(crate) const REPORT: &str = "report.html";
pub(crate) const QUALITY: &str = "quality-report.html";
pub(crate) const NOT_FOUND: &str = "not_found.csv";

/// How a run knows the folder of an earlier one.
pub(crate) const RECORD: Record = Record {
    file: RUN_FILE,
    may_be_named: |name| {
        [PEOPLE, LINKS, WORKBOOK, RUN_FILE, MODEL_FILE, REPORT, QUALITY, NOT_FOUND].contains(&name)
    },
};

/// The files that a run may write, with the workbook or without.
pub(crate) fn names(with_workbook: bool) -> Vec<&'static str> {
    let mut names = vec![PEOPLE, LINKS, RUN_FILE, MODEL_FILE, REPORT, QUALITY, NOT_FOUND];
    names.extend(with_workbook.then_some(WORKBOOK));
    names
}

/// Records up to which a workbook is written unasked. Beyond that it takes longer than the linkage, and no one scrolls it.
pub(crate) const WORKBOOK_RECORDS: usize = 100_000;

/// Stages the tables and gives their names. Leaves a note where the workbook is left out.
pub(crate) fn write_tables(
    place: &OutputPlace,
    findings: &Findings<'_>,
    workbook: Option<bool>,
    notes: &mut Vec<String>,
) -> Result<Vec<&'static str>, Fault> {
    let (people, links) = rayon::join(|| People::of(findings), || Links::of(findings));
    let (wrote_people, wrote_links) = rayon::join(
        || write_parquet(&place.staged(PEOPLE), &versioned(people.table())),
        || write_parquet(&place.staged(LINKS), &versioned(links.table())),
    );
    wrote_people?;
    wrote_links?;
    let mut files = vec![PEOPLE, LINKS];
    let n = findings.records.len();
    if workbook.unwrap_or(n <= WORKBOOK_RECORDS) {
        let sheets = [
            OutSheet { name: "People".into(), table: people.table(), kinds: Vec::new() },
            OutSheet { name: "To review".into(), table: links.to_review(), kinds: Vec::new() },
        ];
        write_xlsx(&place.staged(WORKBOOK), &sheets)?;
        files.push(WORKBOOK);
    } else if workbook.is_none() {
        notes.push(format!(
            "{WORKBOOK} was left out: {} are more than a worksheet is good for; --workbook writes it all the same",
            plait_types::counted(n as u64, "record")
        ));
    }
    Ok(files)
}

/// Names of the files that [`write_texts`] stages.
pub(crate) const TEXTS: [&str; 4] = [RUN_FILE, MODEL_FILE, REPORT, QUALITY];

/// Stages run, model, report and quality report.
pub(crate) fn write_texts(
    place: &OutputPlace,
    run: &Run,
    model: &str,
    [report, quality]: [&str; 2],
) -> Result<(), Fault> {
    let mut json = serde_json::to_string_pretty(run).expect("a run is plain data");
    json.push('\n');
    write_text(&place.staged(RUN_FILE), &json)?;
    write_text(&place.staged(MODEL_FILE), model)?;
    write_text(&place.staged(REPORT), report)?;
    write_text(&place.staged(QUALITY), quality)
}

/// Writes a text file, whole or not at all.
pub(crate) fn write_text(path: &Path, text: &str) -> Result<(), Fault> {
    write_file(path, |file| file.write_all(text.as_bytes()))
}

/// People, links and what of these is for review, as Arrow has them.
pub(crate) fn held_tables(findings: &Findings<'_>) -> [Rows; 3] {
    let (people, links) = rayon::join(|| People::of(findings), || Links::of(findings));
    let (people, (links, review)) = rayon::join(
        || to_rows(&people.table()),
        || rayon::join(|| to_rows(&links.table()), || to_rows(&links.to_review())),
    );
    [people, links, review]
}

/// Stages the list of records without a partner, in the order given.
pub(crate) fn write_not_found(
    place: &OutputPlace,
    findings: &Findings<'_>,
    rows: &[&NotFound],
) -> Result<(), Fault> {
    write_csv(&place.staged(NOT_FOUND), &not_found(findings, rows, harmless), CsvStyle::Excel)
}

/// The list of records without a partner, in the order given; `cell` makes a text fit for where it goes.
pub(crate) fn not_found(
    findings: &Findings<'_>,
    rows: &[&NotFound],
    cell: fn(&str) -> Cow<'_, str>,
) -> OutTable<'static> {
    let (records, persons) = (findings.records, &findings.clustered.persons);
    let mut n_records = vec![0u32; persons.n_persons as usize];
    persons.person_of.iter().for_each(|&person| n_records[person as usize] += 1);
    let reviewed = reviewed_in(findings);
    let person_of = |record: u32| persons.person_of[record as usize];
    let person_ids = findings.person_ids();
    let text = |of: &dyn Fn(&NotFound) -> String| -> OutValues<'static> {
        let mut values = Values::default();
        rows.iter().for_each(|row| values.push(&cell(&of(row))));
        values.into()
    };
    let source = |at: usize| records.sources[at].name.clone();
    OutTable::new()
        .with(
            "finding",
            text(&|row| if row.explained.is_some() { "explained" } else { "unexplained" }.to_owned()),
        )
        .with("source", text(&|row| source(records.source_of(row.record))))
        .with("record", text(&|row| findings.name(row.record).1))
        .with("not_found_in", text(&|row| source(row.other)))
        .with("why", text(&|row| row.explained.map_or("", Outside::words).to_owned()))
        .with(
            "in_review",
            text(&|row| {
                let is_there = reviewed.binary_search(&(row.record, row.other)).is_ok();
                if is_there { "yes" } else { "no" }.to_owned()
            }),
        )
        .with("person_id", text(&|row| person_ids[person_of(row.record) as usize].to_string()))
        .with(
            "records_of_person",
            rows.iter().map(|row| n_records[person_of(row.record) as usize]).collect::<Vec<u32>>(),
        )
}

/// Every record and source between which a pair waits for review, in order.
fn reviewed_in(findings: &Findings<'_>) -> Vec<(u32, usize)> {
    let pairs = findings.pairs;
    let in_review = (0..pairs.len()).filter(|&pair| !findings.clustered.is_link[pair]);
    let mut reviewed: Vec<(u32, usize)> = in_review
        .flat_map(|pair| {
            let (left, right) = (pairs.left[pair], pairs.right[pair]);
            [(left, findings.records.source_of(right)), (right, findings.records.source_of(left))]
        })
        .collect();
    reviewed.sort_unstable();
    reviewed
}

fn versioned(mut table: OutTable<'_>) -> OutTable<'_> {
    table.metadata.push(("plait.format".into(), FORMAT.to_string()));
    table
}

/// Every record and its person.
struct People<'a> {
    sources: Values,
    source: Vec<u32>,
    record: Names<'a>,
    person: &'a [u32],
    person_id: Values,
    confidence: Vec<f64>,
}

/// The names of records, one per row.
enum Names<'a> {
    /// Of one source that has a naming column.
    Column(&'a plait_types::Column),
    Made(Values),
}

impl<'a> People<'a> {
    fn of(findings: &Findings<'a>) -> Self {
        let records = findings.records;
        let persons = &findings.clustered.persons;
        let (person_id, confidence) = rayon::join(|| person_ids(findings), || confidence(findings));
        let record = match findings.names {
            [RecordNames::Column(column)] => Names::Column(column),
            of_sources => {
                let mut names = Values::default();
                for (source, of_source) in records.sources.iter().zip(of_sources) {
                    (0..(source.end - source.start) as usize).for_each(|row| names.push(&of_source.get(row)));
                }
                Names::Made(names)
            }
        };
        Self {
            sources: source_names(findings),
            source: (0..records.sources.len() as u32)
                .flat_map(|index| {
                    let source = &records.sources[index as usize];
                    std::iter::repeat_n(index, (source.end - source.start) as usize)
                })
                .collect(),
            record,
            person: &persons.person_of,
            person_id,
            confidence,
        }
    }

    fn table(&self) -> OutTable<'_> {
        let record = match &self.record {
            Names::Column(column) => OutValues::codes(&column.codes, &column.values),
            Names::Made(values) => OutValues::Text(Cow::Borrowed(values)),
        };
        OutTable::new()
            .with("source", OutValues::codes(&self.source, &self.sources))
            .with("record", record)
            .with("person_id", OutValues::codes(self.person, &self.person_id))
            .with("confidence", OutValues::F64(Cow::Borrowed(&self.confidence)))
    }
}

fn person_ids(findings: &Findings<'_>) -> Values {
    let mut ids = Values::default();
    for id in findings.person_ids() {
        let id = id.ascii();
        ids.push(std::str::from_utf8(&id).expect("identifiers are ASCII"));
    }
    ids
}

/// How sure it is that a record is with the right others: for a record with links, the probability of its surest one; for a
/// record without, one less the probability of its likeliest pair in review (1 where it has none).
fn confidence(findings: &Findings<'_>) -> Vec<f64> {
    let n = findings.records.len();
    let (mut linked, mut review) = (vec![f64::NAN; n], vec![0.0f64; n]);
    let pairs = findings.pairs;
    for pair in 0..pairs.len() {
        for record in [pairs.left[pair], pairs.right[pair]] {
            let slot = if findings.clustered.is_link[pair] { &mut linked } else { &mut review };
            // f64::max takes the number where the other is NaN
            slot[record as usize] = slot[record as usize].max(findings.person_probability[pair]);
        }
    }
    linked
        .iter()
        .zip(review)
        .map(|(linked, review)| if linked.is_nan() { 1.0 - review } else { *linked })
        .collect()
}

fn source_names(findings: &Findings<'_>) -> Values {
    let mut names = Values::default();
    findings.records.sources.iter().for_each(|source| names.push(&source.name));
    names
}

const LINK: u32 = 0;
const REVIEW: u32 = 1;

/// Every pair that is linked or goes to review, by left and right record.
struct Links<'a> {
    sources: Values,
    source: [Vec<u32>; 2],
    record: [PairNames<'a>; 2],
    weight: Vec<f64>,
    probability: Vec<f64>,
    person_probability: Vec<f64>,
    decisions: Values,
    decision: Vec<u32>,
    rules: Values,
    rule: Vec<u32>,
    reasons: Values,
    reason: Vec<u32>,
}

/// The names of one side's records, one per pair.
enum PairNames<'a> {
    /// Of one source that has a naming column: its codes.
    Column(Vec<u32>, &'a Values),
    Made(Values),
}

impl PairNames<'_> {
    fn values(&self) -> OutValues<'_> {
        match self {
            Self::Column(codes, values) => OutValues::codes(&codes[..], values),
            Self::Made(values) => OutValues::Text(Cow::Borrowed(values)),
        }
    }
}

impl<'a> Links<'a> {
    fn of(findings: &Findings<'a>) -> Self {
        let pairs = findings.pairs;
        // with the records at hand, which would else be fetched anew for every comparison
        let mut order: Vec<(u32, u32, u32)> =
            (0..pairs.len()).map(|pair| (pairs.left[pair], pairs.right[pair], pair as u32)).collect();
        order.par_sort_unstable();
        let order: Vec<u32> = order.into_par_iter().map(|(.., pair)| pair).collect();
        let side = |records: &[u32]| {
            let sorted: Vec<u32> = order.par_iter().map(|&pair| records[pair as usize]).collect();
            let sorted = sorted.into_iter();
            let sources = sorted.clone().map(|record| findings.records.source_of(record) as u32).collect();
            let names = if let [RecordNames::Column(column)] = findings.names {
                PairNames::Column(
                    sorted.map(|record| column.codes[record as usize]).collect(),
                    &column.values,
                )
            } else {
                let mut names = Values::default();
                for record in sorted {
                    let source = findings.records.source_of(record);
                    let row = (record - findings.records.sources[source].start) as usize;
                    names.push(&findings.names[source].get(row));
                }
                PairNames::Made(names)
            };
            (sources, names)
        };
        let ((source_l, record_l), (source_r, record_r)) =
            rayon::join(|| side(&pairs.left), || side(&pairs.right));
        let mut decisions = Values::default();
        decisions.push("link");
        decisions.push("review");
        // two rules may read the same in words; the interner gives them one code
        let mut rules = Interner::default();
        let rule_codes: Vec<u32> =
            findings.model.blocking.iter().map(|rule| rules.intern(&rule.words())).collect();
        let deterministic = findings.model.deterministic.iter();
        let deterministic_codes: Vec<u32> = deterministic.map(|rule| rules.intern(&rule.words())).collect();
        let is_constrained = pairs.ruling.contains(&Some(Ruling::Together));
        let constraint_code = if is_constrained { rules.intern("must_link constraint") } else { NULL };
        // that of a constraint; else of the deterministic rule, where it links the pair or is all that makes it
        let rule_of = |pair: usize| match (pairs.ruling[pair], pairs.rule[pair]) {
            (Some(Ruling::Together), _) => constraint_code,
            (Some(Ruling::Link(rule)), _) | (Some(Ruling::Caught(rule)), ScoredPairs::NO_CANDIDATE) => {
                deterministic_codes[usize::from(rule)]
            }
            (_, rule) => rule_codes[usize::from(rule)],
        };
        let why: Vec<Reason> = order.par_iter().map(|&pair| Reason::of(findings, pair as usize)).collect();
        // there are a handful
        let mut seen: Vec<Reason> = Vec::new();
        let reason = why
            .into_iter()
            .map(|reason| {
                let place = seen.iter().position(|known| *known == reason);
                place.unwrap_or_else(|| {
                    seen.push(reason);
                    seen.len() - 1
                }) as u32
            })
            .collect();
        let mut reasons = Interner::default();
        seen.into_iter().for_each(|reason| {
            reasons.intern(&reason.words());
        });
        let weight: Vec<f64> = order.par_iter().map(|&pair| pairs.weight[pair as usize]).collect();
        Self {
            sources: source_names(findings),
            source: [source_l, source_r],
            record: [record_l, record_r],
            probability: order.par_iter().map(|&pair| findings.probability[pair as usize]).collect(),
            person_probability: order
                .par_iter()
                .map(|&pair| findings.person_probability[pair as usize])
                .collect(),
            weight,
            decisions,
            decision: order
                .par_iter()
                .map(|&pair| if findings.clustered.is_link[pair as usize] { LINK } else { REVIEW })
                .collect(),
            rules: rules.into_values(),
            rule: order.par_iter().map(|&pair| rule_of(pair as usize)).collect(),
            reason,
            reasons: reasons.into_values(),
        }
    }

    fn table(&self) -> OutTable<'_> {
        OutTable::new()
            .with("source_l", OutValues::codes(&self.source[0][..], &self.sources))
            .with("record_l", self.record[0].values())
            .with("source_r", OutValues::codes(&self.source[1][..], &self.sources))
            .with("record_r", self.record[1].values())
            .with("match_weight", OutValues::F64(Cow::Borrowed(&self.weight)))
            .with("match_probability", OutValues::F64(Cow::Borrowed(&self.probability)))
            .with("person_probability", OutValues::F64(Cow::Borrowed(&self.person_probability)))
            .with("decision", OutValues::codes(&self.decision[..], &self.decisions))
            .with("rule", OutValues::codes(&self.rule[..], &self.rules))
            .with("reason", OutValues::codes(&self.reason[..], &self.reasons))
    }

    /// The pairs for review only: the likeliest first, all records of their persons looked at, then those of greater weight,
    /// then as in the file.
    fn to_review(&self) -> OutTable<'_> {
        let mut rows: Vec<usize> =
            (0..self.decision.len()).filter(|&row| self.decision[row] == REVIEW).collect();
        let likelier = |a: usize, b: usize| self.person_probability[b].total_cmp(&self.person_probability[a]);
        rows.sort_by(|&a, &b| likelier(a, b).then(self.weight[b].total_cmp(&self.weight[a])));
        let mut table = self.table();
        for column in &mut table.columns {
            column.values = column.values.pick(&rows);
        }
        table
    }
}
