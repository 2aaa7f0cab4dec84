//! Results that stay in memory, and why records are linked or not in them.

use crate::constraints::Given;
use crate::explain::{Known, explain_among};
use crate::faults::Faults;
use crate::run::RunTruth;
use crate::score::{TruthTable, against_truth, run_truth};
use crate::source::RecordNames;
use plait_engine::explanation::Explanation;
use plait_engine::model::Model;
use plait_engine::objection::Objection;
use plait_engine::records::Records;
use plait_formats::read::Rows;
use plait_types::{Fault, Table};
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
}

impl Held {
    /// The terms of the weight of a pair: `record`, or `source:record` where several sources have a record of that name. A
    /// [`NoSuchRecord`](plait_types::FaultCode::NoSuchRecord) where there is none.
    pub fn explain(&self, left: &str, right: &str) -> Result<Explanation, Faults> {
        let HeldRecords { records, names, model, given, pairs, person_of } = &self.known;
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

impl Held {
    /// Scores the persons against a table of the truth, which is called so in the result.
    pub fn score(&self, truth: Table, called: &str) -> Result<RunTruth, Faults> {
        let HeldRecords { records, names, model, person_of, .. } = &self.known;
        let here = |fault: Fault| Faults::from(fault.at(called));
        let table = TruthTable::of(truth).map_err(here)?;
        let sources = records.sources.iter().zip(names);
        let sources = sources
            .map(|(source, names)| (source.name.as_str(), (source.end - source.start) as usize, names));
        let truth = table.look_up_all(&sources.collect::<Vec<_>>()).map_err(here)?;
        let scores = against_truth(&truth, records, person_of, model.link_type);
        Ok(run_truth(&truth, &scores, None, called.to_owned()))
    }
}

impl fmt::Debug for Held {
    /// Without a value of a record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("records", &self.known.records.len()).finish_non_exhaustive()
    }
}
