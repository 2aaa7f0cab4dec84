//! Two runs on the same files: which pairs of records are of one person in one of them alone, why, and who is right.

use crate::faults::Faults;
use crate::output::{self, LINKS, PEOPLE};
use crate::ownership::{Input, Record};
use crate::place::OutputPlace;
use crate::reason::Reason;
use crate::run::{self, Run, RunSource};
use crate::score::{Truth, TruthTable};
use crate::summary::list;
use crate::{VERSION, source};
use hashbrown::HashMap;
use plait_formats::read::{ReadOptions, read};
use plait_formats::write::{OutSheet, OutTable, OutValues, write_parquet, write_xlsx};
use plait_types::{Column, Fault, FaultCode, Interner, NULL, Table, counted, grouped};
use serde::Serialize;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The version of the layout of the folder that this program writes.
const FORMAT: u32 = 1;
const DOCUMENT: &str = "compare.json";
const LIST: &str = "differences.parquet";
const WORKBOOK: &str = "differences.xlsx";
/// How a comparison knows the folder of an earlier one.
const RECORD: Record =
    Record { file: DOCUMENT, may_be_named: |name| [DOCUMENT, LIST, WORKBOOK].contains(&name) };

/// Differing pairs up to which they are looked at one by one.
const MOST_PAIRS: u64 = 20_000_000;
/// Differing pairs up to which a workbook of them is written too.
const WORKBOOK_PAIRS: usize = 100_000;

/// Two finished runs.
#[derive(Clone, Debug)]
pub struct CompareRequest {
    /// The folder of one.
    pub a: PathBuf,
    /// The folder of the other.
    pub b: PathBuf,
    /// A table of source, record and entity.
    pub truth: Option<PathBuf>,
    /// The folder for a list of the differing pairs.
    pub out: Option<PathBuf>,
}

/// How two runs differ. Holds names of records and no other value.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// The first run.
    pub a: ComparedRun,
    /// The second run.
    pub b: ComparedRun,
    /// Records of both.
    pub records: u64,
    /// Pairs of records in one person.
    pub pairs: ComparedPairs,
    /// What became of the persons of the first run in the second.
    pub persons: ComparedPersons,
    /// Differing pairs by why they differ, the most common first; those of the first run before those of the second.
    pub differences: Vec<Difference>,
    /// Who is right, where a truth table was given.
    pub truth: Option<ComparedTruth>,
    /// Files written.
    #[serde(skip)]
    pub wrote: Vec<PathBuf>,
}

/// One of two runs.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedRun {
    /// Its folder, as it was given.
    pub folder: String,
    /// What decided: `method mavis`, `model "chosen from the data"`.
    pub decided_by: String,
    /// Persons, those of a single record included.
    pub persons: u64,
}

/// Pairs of records in one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ComparedPairs {
    /// In both runs.
    pub both: u64,
    /// In the first run alone.
    pub only_a: u64,
    /// In the second run alone.
    pub only_b: u64,
}

/// What became of the persons of the first run in the second; each counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ComparedPersons {
    /// A person of the same records.
    pub identical: u64,
    /// Several persons, each of records of this one alone.
    pub split: u64,
    /// A part of a person that has records of others too.
    pub merged: u64,
    /// Several persons, of which one has records of others too.
    pub mixed: u64,
}

/// Pairs that differ for the same reasons.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// `a` or `b`: the run in which the pairs are in one person.
    pub in_one_person_in: &'static str,
    /// What the first run says of them.
    pub why_a: String,
    /// What the second run says of them.
    pub why_b: String,
    /// How many.
    pub pairs: u64,
    /// How many of them are of one entity, where the truth table names both records.
    pub right: u64,
    /// How many are of two.
    pub wrong: u64,
    /// The first of them, as `plait explain` takes records.
    pub example: [String; 2],
}

/// Differing pairs against the truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedTruth {
    /// The file.
    pub file: String,
    /// Pairs in one person in the first run alone.
    pub only_a: Judged,
    /// The same of the second.
    pub only_b: Judged,
}

/// Pairs that a run alone puts into one person, against the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Of one entity: the run is right.
    pub right: u64,
    /// Of two entities: the other run is right.
    pub wrong: u64,
    /// Of a record that the truth table does not name.
    pub unknown: u64,
}

/// Compares two runs, and writes a list of the differing pairs where a folder is given. Refuses runs on other files.
pub fn compare(request: &CompareRequest) -> Result<Compared, Faults> {
    let place = request.out.as_deref().map(|out| hold_place(out, request)).transpose()?;
    let runs = [Run::read(&request.a)?, Run::read(&request.b)?];
    refuse_other_inputs(&runs, request)?;
    let tables = [Tables::read(&request.a)?, Tables::read(&request.b)?];
    let names = Names::of(&tables[0].people, &request.a)?;
    let persons = [
        tables[0].persons(&names, &request.a, &request.b)?,
        tables[1].persons(&names, &request.b, &request.a)?,
    ];
    let says =
        [Says::of(&tables[0].links, &names, &request.a)?, Says::of(&tables[1].links, &names, &request.b)?];
    let truth = request.truth.as_deref().map(|path| truth(path, &names)).transpose()?;
    let pairs = count_pairs(&persons);
    if pairs.only_a + pairs.only_b > MOST_PAIRS {
        return Err(too_many(pairs).into());
    }
    let differing = differing_pairs(&persons);
    let judge = |pair: &Differing| Some(truth.as_ref()?.is_one_person(pair.left, pair.right));
    let compared_run = |side: usize, folder: &Path| ComparedRun {
        folder: folder.display().to_string(),
        decided_by: decided_by(&runs[side]),
        persons: persons[side].iter().max().map_or(0, |last| u64::from(*last) + 1),
    };
    let mut compared = Compared {
        a: compared_run(0, &request.a),
        b: compared_run(1, &request.b),
        records: names.rows.len() as u64,
        pairs,
        persons: what_became_of_persons(&persons),
        differences: by_reason(&differing, &says, &names, judge),
        truth: request.truth.as_deref().map(|path| ComparedTruth {
            file: source::file_name(path),
            only_a: judged(differing.iter().filter(|pair| pair.side == 0), judge),
            only_b: judged(differing.iter().filter(|pair| pair.side == 1), judge),
        }),
        wrote: Vec::new(),
    };
    if let Some(place) = place {
        let list = table(&differing, &says, &names, judge);
        compared.wrote = write(place, list, &compared)?;
    }
    Ok(compared)
}

fn hold_place(out: &Path, request: &CompareRequest) -> Result<OutputPlace, Fault> {
    let place = OutputPlace::hold(out, &RECORD)?;
    let read =
        [&request.a, &request.b].map(|folder| [PEOPLE, LINKS, run::FILE].map(|file| folder.join(file)));
    let mut inputs: Vec<Input<'_>> =
        read.iter().flatten().map(|path| Input { path, what: "a file of a run that is compared" }).collect();
    inputs.extend(request.truth.iter().map(|path| Input { path, what: "the truth table that was given" }));
    place.refuse_losses(&[DOCUMENT, LIST, WORKBOOK], &inputs)?;
    Ok(place)
}

/// Refuses runs of which one has a source that the other has not, or had with another content.
fn refuse_other_inputs(runs: &[Run; 2], request: &CompareRequest) -> Result<(), Faults> {
    let folders = [request.a.display(), request.b.display()];
    let fault = |what: String| {
        Fault::new(
            FaultCode::OtherInputs,
            what,
            "link again, so that both runs are of the same files under the same names, and compare those",
        )
    };
    // of one kind of difference in one fault, however many sources there are
    let among = |run: usize, is_so: &dyn Fn(&RunSource, Option<&RunSource>) -> bool| {
        let of_name = |name: &str| runs[1 - run].sources.iter().find(|other| other.name == name);
        let found = runs[run].sources.iter().filter(|source| is_so(source, of_name(&source.name)));
        let names: Vec<String> = found.map(|source| format!("\"{}\"", source.name)).collect();
        let noun = if names.len() == 1 { "source" } else { "sources" };
        (!names.is_empty()).then(|| format!("{noun} {}", list("and", &names)))
    };
    let lacking = |run: usize| {
        let lacking = among(run, &|_, other| other.is_none())?;
        Some(format!("{} has no {lacking}, and {} has", folders[1 - run], folders[run]))
    };
    let of_other_files = among(0, &|source, other| other.is_some_and(|other| other.sha256 != source.sha256));
    let by_other_columns = among(0, &|source, other| {
        other
            .is_some_and(|other| other.sha256 == source.sha256 && other.record_column != source.record_column)
    });
    let whats = [
        lacking(0),
        of_other_files.map(|of| format!("{of}: other files in {} than in {}", folders[1], folders[0])),
        by_other_columns
            .map(|of| format!("{of}: records go by another column in {} than in {}", folders[1], folders[0])),
        lacking(1),
    ];
    let faults: Vec<Fault> = whats.into_iter().flatten().map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

fn too_many(pairs: ComparedPairs) -> Fault {
    Fault::new(
        FaultCode::TooManyPairs,
        format!(
            "the runs differ in {} of records in one person",
            counted(pairs.only_a + pairs.only_b, "pair")
        ),
        "look at the largest persons of the two runs in people.xlsx: one of them has put together what does not belong together",
    )
    .because("so many are not looked at one by one")
}

fn decided_by(run: &Run) -> String {
    match &run.method {
        Some(method) => format!("method {}", method.name),
        None => format!("model \"{}\"", run.model.name),
    }
}

/// The tables of a run.
struct Tables {
    people: Table,
    links: Table,
}

impl Tables {
    fn read(folder: &Path) -> Result<Self, Fault> {
        let table = |file: &str| Ok(read(&folder.join(file), &ReadOptions::default())?.table);
        Ok(Self { people: table(PEOPLE)?, links: table(LINKS)? })
    }

    /// The person of each record, in the order of `names`, numbered from 0.
    fn persons(&self, names: &Names<'_>, folder: &Path, other: &Path) -> Result<Vec<u32>, Fault> {
        let person = column(&self.people, "person_id", folder)?;
        let mut person_of = vec![NULL; names.rows.len()];
        let mut numbers = vec![NULL; person.values.len()];
        let mut n = 0;
        for row in 0..self.people.n_rows {
            let record = names.find(&self.people, folder, row, "source", "record")?;
            let record = record.ok_or_else(|| other_records(folder, other))?;
            let number =
                numbers.get_mut(person.codes[row] as usize).ok_or_else(|| damaged(folder, PEOPLE))?;
            if *number == NULL {
                *number = n;
                n += 1;
            }
            person_of[record as usize] = *number;
        }
        if person_of.contains(&NULL) {
            return Err(other_records(folder, other));
        }
        Ok(person_of)
    }
}

fn column<'a>(table: &'a Table, name: &str, folder: &Path) -> Result<&'a Column, Fault> {
    table.column(name).ok_or_else(|| {
        Fault::new(
            FaultCode::NotARun,
            format!("a table of {} has no column \"{name}\"", folder.display()),
            "link again with this version of Plait",
        )
    })
}

fn damaged(folder: &Path, file: &str) -> Fault {
    Fault::new(
        FaultCode::NotARun,
        format!("{file} of {} does not say of every row what it must", folder.display()),
        "link again",
    )
}

fn other_records(folder: &Path, other: &Path) -> Fault {
    Fault::new(
        FaultCode::OtherInputs,
        format!("{} has other records than {}", folder.display(), other.display()),
        "link again, so that both runs are of the same files, and compare those",
    )
}

/// The records of the first run by source and name; a record is known by its row.
struct Names<'a> {
    people: &'a Table,
    rows: HashMap<(&'a str, &'a str), u32>,
}

impl<'a> Names<'a> {
    fn of(people: &'a Table, folder: &Path) -> Result<Self, Fault> {
        let (source, record) = (column(people, "source", folder)?, column(people, "record", folder)?);
        let name = |row: usize| Some((source.get(row)?, record.get(row)?));
        let rows: Option<HashMap<_, _>> =
            (0..people.n_rows).map(|row| Some((name(row)?, row as u32))).collect();
        match rows {
            Some(rows) if rows.len() == people.n_rows => Ok(Self { people, rows }),
            _ => Err(damaged(folder, PEOPLE)),
        }
    }

    /// The record that two columns of a row name; `None` if the first run has no such record.
    fn find(
        &self,
        table: &Table,
        folder: &Path,
        row: usize,
        source: &str,
        record: &str,
    ) -> Result<Option<u32>, Fault> {
        let (source, record) = (column(table, source, folder)?, column(table, record, folder)?);
        let name = source.get(row).zip(record.get(row));
        Ok(name.and_then(|(source, record)| self.rows.get(&(source, record)).copied()))
    }

    fn get(&self, record: u32) -> (&'a str, &'a str) {
        let cell = |name: &str| {
            let column = self.people.column(name).expect("the column was looked up");
            column.get(record as usize).expect("every record has a name")
        };
        (cell("source"), cell("record"))
    }
}

/// What a run says of the pairs that it linked or left for review.
struct Says<'a> {
    links: &'a Table,
    row_of: HashMap<(u32, u32), u32>,
}

/// What a run says of one pair.
struct Said<'a> {
    decision: &'static str,
    rule: Option<&'a str>,
    weight: f64,
    reason: Option<&'a str>,
}

const LINKED: &str = "link";
const JOINED: &str = "joined";
const REVIEW: &str = "review";
const APART: &str = "apart";

impl<'a> Says<'a> {
    fn of(links: &'a Table, names: &Names<'_>, folder: &Path) -> Result<Self, Fault> {
        ["match_weight", "decision", "rule"]
            .iter()
            .try_for_each(|name| column(links, name, folder).map(|_| ()))?;
        let mut row_of = HashMap::with_capacity(links.n_rows);
        for row in 0..links.n_rows {
            let left = names.find(links, folder, row, "source_l", "record_l")?;
            let right = names.find(links, folder, row, "source_r", "record_r")?;
            let (Some(left), Some(right)) = (left, right) else { return Err(damaged(folder, LINKS)) };
            row_of.insert((left.min(right), left.max(right)), row as u32);
        }
        Ok(Self { links, row_of })
    }

    fn of_pair(&self, pair: &Differing, is_together: bool) -> Said<'a> {
        let nothing = if is_together { JOINED } else { APART };
        let Some(&row) = self.row_of.get(&(pair.left, pair.right)) else {
            return Said { decision: nothing, rule: None, weight: f64::NAN, reason: None };
        };
        // runs of earlier versions give no reasons
        let cell = |name: &str| self.links.column(name).and_then(|column| column.get(row as usize));
        let decision = match (cell("decision"), is_together) {
            (Some(LINKED), true) => LINKED,
            (_, true) => JOINED,
            (_, false) => REVIEW,
        };
        let weight = cell("match_weight").and_then(|weight| weight.parse().ok()).unwrap_or(f64::NAN);
        Said { decision, rule: cell("rule"), weight, reason: cell("reason") }
    }
}

impl Said<'_> {
    /// `linked by the rule "NHS number"`
    fn words(&self) -> String {
        let reason = self.reason.unwrap_or_default();
        match (self.decision, self.rule) {
            (LINKED, Some(rule)) if reason == Reason::Rule.words() => {
                format!("linked by the rule \"{rule}\"")
            }
            (LINKED, _) => format!("linked: {reason}"),
            (JOINED, _) => "joined by way of other records".to_owned(),
            (REVIEW, _) => format!("for review: {reason}"),
            _ => "not linked, and not for review".to_owned(),
        }
    }
}

/// A pair of records in one person in one run alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Differing {
    left: u32,
    right: u32,
    /// The run in which they are one person: 0 or 1.
    side: u8,
}

/// Records with the same person in one run, sorted by their person in the other.
fn records_by_person(inner: &[u32], outer: &[u32]) -> Vec<(u32, u32, u32)> {
    let mut records: Vec<(u32, u32, u32)> =
        inner.iter().zip(outer).zip(0..).map(|((&inner, &outer), record)| (inner, outer, record)).collect();
    records.sort_unstable();
    records
}

fn pairs_of(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

fn count_pairs([a, b]: &[Vec<u32>; 2]) -> ComparedPairs {
    let together = |person_of: &[u32]| -> u64 {
        records_by_person(person_of, person_of)
            .chunk_by(|x, y| x.0 == y.0)
            .map(|person| pairs_of(person.len()))
            .sum()
    };
    let both = records_by_person(a, b)
        .chunk_by(|x, y| (x.0, x.1) == (y.0, y.1))
        .map(|records| pairs_of(records.len()))
        .sum();
    ComparedPairs { both, only_a: together(a) - both, only_b: together(b) - both }
}

/// By left, then right record.
fn differing_pairs([a, b]: &[Vec<u32>; 2]) -> Vec<Differing> {
    let mut pairs = Vec::new();
    for (side, together, other) in [(0, a, b), (1, b, a)] {
        for person in records_by_person(together, other).chunk_by(|x, y| x.0 == y.0) {
            for (at, &(_, outer, record)) in person.iter().enumerate() {
                // sorted by the person in the other run: those of the same come first
                let others = person[at + 1..].iter().skip_while(|other| other.1 == outer);
                pairs.extend(others.map(|&(.., other)| Differing {
                    left: record.min(other),
                    right: record.max(other),
                    side,
                }));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

fn what_became_of_persons([a, b]: &[Vec<u32>; 2]) -> ComparedPersons {
    // of each person of the second run, how many of the first it has records of
    let mut n_in = vec![0u32; b.iter().max().map_or(0, |last| *last as usize + 1)];
    for of_both in records_by_person(b, a).chunk_by(|x, y| (x.0, x.1) == (y.0, y.1)) {
        n_in[of_both[0].0 as usize] += 1;
    }
    let mut became = ComparedPersons::default();
    for person in records_by_person(a, b).chunk_by(|x, y| x.0 == y.0) {
        let parts = || person.chunk_by(|x, y| x.1 == y.1);
        let with_others = parts().any(|part| n_in[part[0].1 as usize] > 1);
        let count = match (parts().count() > 1, with_others) {
            (false, false) => &mut became.identical,
            (true, false) => &mut became.split,
            (false, true) => &mut became.merged,
            (true, true) => &mut became.mixed,
        };
        *count += 1;
    }
    became
}

/// What the truth table says of the records of the runs.
fn truth(path: &Path, names: &Names<'_>) -> Result<Truth, Fault> {
    let truth = TruthTable::read(&path.to_owned().into())?;
    let source = names.people.column("source").expect("the column was looked up");
    let sources: Vec<&str> = source.values.iter().collect();
    let records = (0..names.people.n_rows)
        .map(|row| (source.codes[row] as usize, Cow::Borrowed(names.get(row as u32).1)));
    truth.look_up(&sources, records).map_err(|fault| fault.at(path.display().to_string()))
}

fn judged<'a>(
    pairs: impl Iterator<Item = &'a Differing>,
    judge: impl Fn(&Differing) -> Option<Option<bool>>,
) -> Judged {
    let mut judged = Judged::default();
    for pair in pairs {
        match judge(pair).flatten() {
            Some(true) => judged.right += 1,
            Some(false) => judged.wrong += 1,
            None => judged.unknown += 1,
        }
    }
    judged
}

fn by_reason(
    differing: &[Differing],
    says: &[Says<'_>; 2],
    names: &Names<'_>,
    judge: impl Fn(&Differing) -> Option<Option<bool>>,
) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    let mut place_of: HashMap<(u8, String, String), usize> = HashMap::new();
    for pair in differing {
        let [why_a, why_b] = [0, 1].map(|run| says[run].of_pair(pair, run == usize::from(pair.side)).words());
        let place = *place_of.entry((pair.side, why_a.clone(), why_b.clone())).or_insert_with(|| {
            let name = |record| {
                let (source, record) = names.get(record);
                format!("{source}:{record}")
            };
            found.push(Difference {
                in_one_person_in: ["a", "b"][usize::from(pair.side)],
                why_a,
                why_b,
                pairs: 0,
                right: 0,
                wrong: 0,
                example: [name(pair.left), name(pair.right)],
            });
            found.len() - 1
        });
        let known = &mut found[place];
        known.pairs += 1;
        match judge(pair).flatten() {
            Some(true) => known.right += 1,
            Some(false) => known.wrong += 1,
            None => {}
        }
    }
    // a stable sort: of equals the one with the earlier pair first
    found.sort_by_key(|known| (known.in_one_person_in, std::cmp::Reverse(known.pairs)));
    found
}

/// The differing pairs as a table, by left, then right record.
fn table<'a>(
    differing: &[Differing],
    says: &[Says<'a>; 2],
    names: &Names<'a>,
    judge: impl Fn(&Differing) -> Option<Option<bool>>,
) -> OutTable<'static> {
    let text = |of: &dyn Fn(&Differing) -> Option<&'a str>| -> OutValues<'static> {
        let mut interner = Interner::default();
        let code = |pair| of(pair).map_or(NULL, |text| interner.intern(text));
        let codes: Vec<u32> = differing.iter().map(code).collect();
        OutValues::Codes { codes: Cow::Owned(codes), values: Cow::Owned(interner.into_values()) }
    };
    let said = |run: usize, pair: &Differing| says[run].of_pair(pair, run == usize::from(pair.side));
    let mut table = OutTable::new()
        .with("source_l", text(&|pair| Some(names.get(pair.left).0)))
        .with("record_l", text(&|pair| Some(names.get(pair.left).1)))
        .with("source_r", text(&|pair| Some(names.get(pair.right).0)))
        .with("record_r", text(&|pair| Some(names.get(pair.right).1)))
        .with("in_one_person_in", text(&|pair| Some(["a", "b"][usize::from(pair.side)])));
    for (run, side) in ["a", "b"].into_iter().enumerate() {
        let weights: Vec<f64> = differing.iter().map(|pair| said(run, pair).weight).collect();
        table = table
            .with(format!("decision_{side}"), text(&|pair| Some(said(run, pair).decision)))
            .with(format!("match_weight_{side}"), weights)
            .with(format!("rule_{side}"), text(&|pair| said(run, pair).rule))
            .with(format!("reason_{side}"), text(&|pair| said(run, pair).reason));
    }
    if differing.iter().any(|pair| judge(pair).is_some()) {
        let entity = |pair: &Differing| Some(if judge(pair).flatten()? { "yes" } else { "no" });
        table = table.with("one_entity", text(&entity));
    }
    table.metadata.push(("plait.format".into(), FORMAT.to_string()));
    table
}

/// Writes the list and the document, both or none.
fn write(place: OutputPlace, list: OutTable<'_>, compared: &Compared) -> Result<Vec<PathBuf>, Fault> {
    write_parquet(&place.staged(LIST), &list).map_err(|fault| place.seen_from_outside(fault))?;
    let mut files = vec![LIST];
    if list.n_rows() <= WORKBOOK_PAIRS {
        let sheet = OutSheet { name: "Differences".into(), table: list, kinds: Vec::new() };
        write_xlsx(&place.staged(WORKBOOK), &[sheet]).map_err(|fault| place.seen_from_outside(fault))?;
        files.push(WORKBOOK);
    }
    files.push(DOCUMENT);
    let mut document = serde_json::json!(compared);
    document["format"] = FORMAT.into();
    document["plait"] = VERSION.into();
    document["files"] = files.clone().into();
    output::write_text(&place.staged(DOCUMENT), &format!("{document:#}\n"))
        .map_err(|fault| place.seen_from_outside(fault))?;
    place.publish(&files)
}

impl Compared {
    /// Lines under their headings, for a person to read.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let (a, b) = (&self.a.folder, &self.b.folder);
        let run = |run: &ComparedRun| {
            format!("{}, by {}: {}.", run.folder, run.decided_by, counted(run.persons, "person"))
        };
        let (pairs, persons) = (&self.pairs, &self.persons);
        let mut lines = vec![
            ("Runs", run(&self.a)),
            ("", run(&self.b)),
            ("Records", format!("{}, the same in both.", grouped(self.records))),
            (
                "Pairs",
                format!(
                    "{} in one person in both, {} in {a} alone, {} in {b} alone.",
                    grouped(pairs.both),
                    grouped(pairs.only_a),
                    grouped(pairs.only_b)
                ),
            ),
            (
                "Persons",
                format!(
                    "of those of {a}, {} are the same in {b}, {} are split into several, {} are put together with \
                     others, and {} are both.",
                    grouped(persons.identical),
                    grouped(persons.split),
                    grouped(persons.merged),
                    grouped(persons.mixed)
                ),
            ),
        ];
        if let Some(truth) = &self.truth {
            let judged = |judged: &Judged| {
                let unknown = match judged.unknown {
                    0 => String::new(),
                    n => format!(", and {} of records that it does not name", grouped(n)),
                };
                format!("{} right and {} wrong{unknown}", grouped(judged.right), grouped(judged.wrong))
            };
            lines.push((
                "Truth",
                format!(
                    "by {}, of the pairs in {a} alone {}; of those in {b} alone {}.",
                    truth.file,
                    judged(&truth.only_a),
                    judged(&truth.only_b)
                ),
            ));
        }
        for (side, folder) in [("a", a), ("b", b)] {
            lines.extend(self.lines_of_differences(side, folder));
        }
        lines
    }

    /// The most common reasons for the pairs of one run alone.
    fn lines_of_differences(&self, side: &str, folder: &str) -> Vec<(&'static str, String)> {
        const SHOWN: usize = 6;
        let differences = || self.differences.iter().filter(|known| known.in_one_person_in == side);
        let line = |known: &Difference| {
            let judged = match self.truth {
                Some(_) => format!(" ({} right, {} wrong)", grouped(known.right), grouped(known.wrong)),
                None => String::new(),
            };
            let (why, other, why_other) = match side {
                "a" => (&known.why_a, &self.b.folder, &known.why_b),
                _ => (&known.why_b, &self.a.folder, &known.why_a),
            };
            let [left, right] = &known.example;
            format!("{}{judged}: {why}; in {other} {why_other}; {left} and {right}", grouped(known.pairs))
        };
        let mut lines: Vec<(&'static str, String)> =
            differences().take(SHOWN).map(|known| ("", line(known))).collect();
        let rest: u64 = differences().skip(SHOWN).map(|known| known.pairs).sum();
        if rest > 0 {
            lines.push(("", format!("{} for other reasons", grouped(rest))));
        }
        if !lines.is_empty() {
            let heading = format!("in one person in {folder} alone, with the first pair of each kind:");
            lines.insert(0, ("Alone", heading));
        }
        lines
    }
}

#[cfg(test)]
mod tests;
