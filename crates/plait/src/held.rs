//! Results that stay in memory, and why records are linked or not in them.

use crate::constraints::Given;
use crate::explain::{Known, explain_among, explanation_chart};
use crate::faults::Faults;
use crate::given::TableSpec;
use crate::pair_table::{Ends, PairTable, PairsFor, records_named, rows_that};
use crate::run::RunTruth;
use crate::score::{TruthTable, against_truth, run_truth};
use crate::source::RecordNames;
use crate::tradeoff::{LinkedFrom, Tradeoff};
use plait_engine::comparison::Comparer;
use plait_engine::explanation::Explanation;
use plait_engine::model::Model;
use plait_engine::objection::Objection;
use plait_engine::records::Records;
use plait_engine::scoring::Scorer;
use plait_formats::read::Rows;
use plait_formats::write::{OutTable, to_rows};
use plait_types::{Fault, FaultCode, MatchWeight, Values};
use rayon::prelude::*;
use std::fmt;

/// What a run without a folder found: what it would have written, but for `run.json` and the model, which
/// [`Linked`](crate::Linked) has.
pub struct Held {
    /// Every record and its person, as in `people.parquet`.
    pub people: Rows,
    /// Every link and every pair for review, as in `links.parquet`.
    pub links: Rows,
    /// The pairs for review alone, the likeliest first.
    pub review: Rows,
    /// Records that are expected to have a partner and have none, as in `not_found.csv`.
    pub not_found: Rows,
    /// `report.html`.
    pub report: String,
    /// `quality-report.html`.
    pub quality_report: String,
    pub(crate) known: HeldRecords,
}

/// The records and what was decided of them.
pub(crate) struct HeldRecords {
    pub(crate) records: Records,
    /// Per source.
    pub(crate) names: Vec<RecordNames>,
    pub(crate) model: Model,
    pub(crate) given: Option<Given>,
    /// Pairs that are links or for review, and what kept them from being links, in order of the pairs.
    pub(crate) pairs: Vec<((u32, u32), Option<Objection>)>,
    pub(crate) person_of: Vec<u32>,
    /// From which threshold on each pair would be a link.
    pub(crate) linked_from: LinkedFrom,
}

impl Held {
    /// The terms of the weight of a pair: `record`, or `source:record` where several sources have a record of that name. A
    /// [`NoSuchRecord`](plait_types::FaultCode::NoSuchRecord) where there is none.
    pub fn explain(&self, left: &str, right: &str) -> Result<Explanation, Faults> {
        let HeldRecords { records, names, model, given, pairs, person_of, .. } = &self.known;
        let known = Known { records, names, model, given: given.as_ref() };
        explain_among(&known, [left, right], |pair, _| {
            if let Ok(at) = pairs.binary_search_by_key(&pair, |of| of.0) {
                return Ok(pairs[at].1);
            }
            // a pair of two records of one person may be settled by other links; any other would be there, had it been compared
            let is_one = person_of[pair.0 as usize] == person_of[pair.1 as usize];
            Ok((!is_one).then_some(Objection::NotCompared))
        })
    }
}

const WEIGHED: PairsFor = PairsFor {
    code: FaultCode::BadOption,
    name: "table of pairs",
    option: "pairs",
    harm: "a pair that is left out would have no weight",
    harm_of_source: "a pair that is left out would have no weight",
    harm_of_none: "there would be nothing to weigh",
};

impl Held {
    /// What the model gives to pairs of records, whether or not it compared them: a table with the columns `source_l`,
    /// `record_l`, `source_r` and `record_r`, as [`Held::links`] has them, with `match_weight` and `match_probability` beside
    /// them. Of one source its name may be left out. Of rows in memory there may be none. Fails where a row names no record, or
    /// one twice.
    pub fn weigh(&self, pairs: &TableSpec) -> Result<Rows, Faults> {
        let HeldRecords { records, names, model, .. } = &self.known;
        let here = |fault: Fault| Faults::from(fault.at(pairs.called()));
        // as a filter leaves them that no pair passes
        if let TableSpec::Rows { rows, .. } = pairs
            && rows.n_rows() == 0
        {
            PairTable::without_rows(rows, &WEIGHED, names.len()).map_err(here)?;
            return Ok(weighed(&[], &[], &[]));
        }
        let (table, _) = PairTable::read(pairs, &WEIGHED, names.len())?;
        let sources: Vec<&str> = records.sources.iter().map(|source| source.name.as_str()).collect();
        let ends = table.pairs(&sources, &WEIGHED).map_err(here)?;
        let n_rows = records.sources.iter().map(|source| (source.end - source.start) as usize);
        let of_sources: Vec<(&RecordNames, usize)> = names.iter().zip(n_rows).collect();
        let record_of = records_named(ends.iter().copied(), &of_sources);
        let places: Vec<[Option<u32>; 2]> =
            ends.iter().map(|ends| ends.map(|end| record_of.get(&end?).copied())).collect();
        let unknown: Vec<usize> =
            (1..).zip(&places).filter(|(_, ends)| ends.contains(&None)).map(|(row, _)| row).collect();
        if !unknown.is_empty() {
            let what = format!("{} a record that is not in its source", rows_that(&unknown, "names", "name"));
            let todo = "name records as the table of people does: the source's name, and its identifier or row number";
            return Err(here(Fault::new(FaultCode::NoSuchRecord, what, todo)));
        }
        let comparer = Comparer::new(records, model)?;
        let scorer = Scorer::new(&comparer, model)?;
        let weights: Vec<MatchWeight> = places
            .par_iter()
            .map_init(
                || comparer.scratch(),
                |scratch, ends| {
                    let [left, right] = ends.map(|end| end.expect("unknown records were refused"));
                    scorer.weigh(left, right, scratch)
                },
            )
            .collect();
        Ok(weighed(&sources, &ends, &weights))
    }

    /// Precision and recall at other thresholds.
    pub fn tradeoff(&self) -> Tradeoff {
        Tradeoff::of(&self.known.linked_from, &self.known.records, self.known.model.link_type)
    }

    /// The explanation of a pair as a chart with a table, as HTML. It holds the values of both records.
    pub fn chart(&self, explanation: &Explanation) -> String {
        explanation_chart(explanation, self.known.model.accept.link)
    }

    /// Scores the persons against a table of the truth.
    pub fn score(&self, truth: &TableSpec) -> Result<RunTruth, Faults> {
        let HeldRecords { records, names, model, person_of, .. } = &self.known;
        let here = |fault: Fault| Faults::from(fault.at(truth.called()));
        let called = truth.file_name();
        let table = TruthTable::read(truth)?;
        let sources = records.sources.iter().zip(names);
        let sources = sources
            .map(|(source, names)| (source.name.as_str(), (source.end - source.start) as usize, names));
        let truth = table.look_up_all(&sources.collect::<Vec<_>>()).map_err(here)?;
        let scores = against_truth(&truth, records, person_of, model.link_type);
        Ok(run_truth(&truth, &scores, None, called))
    }
}

/// Pairs and what each of them weighs.
fn weighed(sources: &[&str], ends: &[Ends<'_>], weights: &[MatchWeight]) -> Rows {
    let probabilities: Vec<f64> = weights.iter().map(|weight| weight.probability().get()).collect();
    let (mut source_values, mut record_values) =
        ([(); 2].map(|()| Values::default()), [(); 2].map(|()| Values::default()));
    for (side, end) in ends.iter().flat_map(|ends| ends.iter().flatten().enumerate()) {
        source_values[side].push(sources[end.0]);
        record_values[side].push(end.1);
    }
    let [source_l, source_r] = source_values;
    let [record_l, record_r] = record_values;
    let table = OutTable::new()
        .with("source_l", source_l)
        .with("record_l", record_l)
        .with("source_r", source_r)
        .with("record_r", record_r)
        .with("match_weight", weights.iter().map(|weight| weight.0).collect::<Vec<f64>>())
        .with("match_probability", probabilities);
    to_rows(&table)
}

impl fmt::Debug for Held {
    /// Without a value of a record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("records", &self.known.records.len()).finish_non_exhaustive()
    }
}
