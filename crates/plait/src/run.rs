//! What a run was: `run.json`.

use crate::dataset::{self, Dataset};
use crate::groups::RunGroups;
use crate::not_found::RunNotFound;
use crate::quality::RunQuality;
use plait_formats::returns::spec::Severity;
use plait_types::{Fault, FaultCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version of the layout of a run's folder that this program writes.
pub(crate) const FORMAT: u32 = 1;
/// The name of the file.
pub(crate) const FILE: &str = "run.json";
/// The model as it was used.
pub(crate) const MODEL_FILE: &str = "model.toml";

/// Everything needed to repeat, explain and judge a run. Holds no value of any record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Version of the layout.
    pub format: u32,
    /// Version of the program.
    pub plait: String,
    /// The command as it was given.
    pub command: Option<String>,
    /// In the order given.
    pub sources: Vec<RunSource>,
    /// Roles given by the user: header, role.
    pub roles: Vec<(String, String)>,
    /// The published method that decided; absent where Plait's own model or one of the user did.
    #[serde(default)]
    pub method: Option<RunMethod>,
    /// The model.
    pub model: RunModel,
    /// Of everything random.
    pub seed: u64,
    /// Threads used; results do not depend on them.
    pub threads: usize,
    /// Records, pairs, links and persons.
    pub counts: Counts,
    /// Per blocking rule, in order.
    pub rules: Vec<RunRule>,
    /// Per pair of sources and route: how their records were linked; absent in runs of earlier versions.
    #[serde(default)]
    pub routes: Vec<RunRoute>,
    /// Wall time of each stage, seconds.
    pub seconds: BTreeMap<String, f64>,
    /// Candidate pairs weighed per second of the scoring stage.
    pub pairs_per_second: f64,
    /// Peak resident memory, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// The same when each stage had ended.
    pub peak_memory_after: BTreeMap<String, u64>,
    /// Names of the files that the run wrote into its folder; absent in runs of earlier versions.
    #[serde(default)]
    pub files: Vec<String>,
    /// Against the truth table, where one was given.
    pub truth: Option<RunTruth>,
    /// What is estimated of it without labels; nothing in runs of earlier versions.
    #[serde(default)]
    pub quality: RunQuality,
    /// For whom it worked; absent in runs of earlier versions, and of a run that was only planned.
    #[serde(default)]
    pub groups: Option<RunGroups>,
    /// Per source and other source, the records without an expected partner; absent in runs of earlier versions.
    #[serde(default)]
    pub not_found: Vec<RunNotFound>,
    /// Pairs that were kept apart or put together, where a file of them was given; absent in runs of earlier versions.
    #[serde(default)]
    pub constraints: Option<RunConstraints>,
    /// The file of labels and what it says; null without one.
    #[serde(default)]
    pub labels: Option<RunLabels>,
    /// The file of names, where one was given; absent in runs of earlier versions.
    #[serde(default)]
    pub names: Option<RunNames>,
    /// What a careful person should know.
    pub notes: Vec<String>,
    /// Findings in the files and in the result, as they were printed; absent in runs of earlier versions.
    #[serde(default)]
    pub issues: Vec<String>,
}

/// One source of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSource {
    /// As in every output.
    pub name: String,
    /// As it was given.
    pub path: String,
    /// The same from the root, so that it is found from any folder; absent in runs of earlier versions, and where the
    /// system did not tell.
    #[serde(default)]
    pub absolute_path: Option<String>,
    /// What the user said that it is: the name of a return, or a specification of their own.
    #[serde(default)]
    pub is: Option<String>,
    /// The three digits of the authority that the user said.
    #[serde(default)]
    pub authority: Option<String>,
    /// Of the file; of a return in several files, of the list of them.
    pub sha256: String,
    /// What the file turned out to be.
    pub format: String,
    /// Rows in the file.
    pub rows_in: u64,
    /// Rows that could not be used; issues say why.
    #[serde(default)]
    pub rows_set_aside: u64,
    /// Records used: rows of a table, or persons of a return.
    pub rows: u64,
    /// Which return it is, where it is one.
    #[serde(default)]
    pub dataset: Option<RunDataset>,
    /// The column that names the records; row numbers from 1 if absent.
    pub record_column: Option<String>,
}

/// A source that is a return.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDataset {
    /// `cin-census-2026`.
    pub specification: String,
    /// Year, as its files say it.
    pub year: Option<u16>,
    /// `autumn`, `spring` or `summer`.
    pub term: Option<String>,
    /// Code of the local authority, as its files say it.
    pub authority: Option<String>,
    /// What it was recognised by, a sentence each.
    pub why: Vec<String>,
    /// What could not be told for certain, a sentence each.
    pub unsure: Vec<String>,
    /// Rows per table.
    pub tables: Vec<RunTable>,
    /// Findings of the checks: fatal, against a convention, worth knowing.
    pub findings: [u64; 3],
}

/// One table of a return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTable {
    /// As the specification calls it.
    pub table: String,
    /// Rows in its files.
    pub rows_in: u64,
    /// Rows of them that could not be used.
    pub set_aside: u64,
}

impl RunDataset {
    pub(crate) fn of(dataset: &Dataset) -> Self {
        let (recognised, landed) = (&dataset.recognised, &dataset.landed);
        let found = |severity| landed.findings.iter().filter(|f| f.severity == severity).count() as u64;
        Self {
            specification: recognised.spec.id(),
            year: recognised.year,
            term: recognised.term.map(|term| term.to_string()),
            authority: dataset::authority(recognised),
            why: recognised.why.clone(),
            unsure: recognised.unsure.clone(),
            tables: landed
                .tables
                .iter()
                .map(|table| RunTable {
                    table: table.table.clone(),
                    rows_in: table.rows_in,
                    set_aside: table.set_aside,
                })
                .collect(),
            findings: [
                found(Severity::Fatal),
                found(Severity::Convention),
                found(Severity::Characterization),
            ],
        }
    }
}

/// The model of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunModel {
    /// What people call it.
    pub name: String,
    /// Of `model.toml`.
    pub sha256: String,
    /// `link_only`, `dedupe_only` or `link_and_dedupe`.
    pub link_type: String,
    /// How links became persons.
    pub clustering: String,
    /// Match probability from which a pair is a link.
    pub link_from: f64,
    /// Match probability from which a pair goes to review.
    pub review_from: f64,
    /// Rounds of training; 0 if the model came trained.
    pub rounds: u32,
    /// Of pairs of one person, what two comparisons tell of each other; empty if the model came trained.
    #[serde(default)]
    pub dependence: Vec<RunDependence>,
}

/// Two comparisons, and how far their findings come together among pairs of one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunDependence {
    /// Names of the two, in the order of the model.
    pub comparisons: [String; 2],
    /// Candidates of one person that have both.
    pub pairs: f64,
    /// Bits that one finding tells of the other, on the average.
    pub information_bits: f64,
    /// Whether the model counts them together, and not each by itself.
    pub counted_together: bool,
}

/// A published method that decided what is linked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunMethod {
    /// `mavis`
    pub name: String,
    /// Those that could run, in order.
    pub steps: Vec<RunStep>,
    /// Those that could not, since the sources lack a column that they need.
    pub steps_left_out: Vec<String>,
}

/// One step of a method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStep {
    /// As `links.parquet` names it.
    pub step: String,
    /// Pairs that it linked.
    pub links: u64,
}

/// How many of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Records used.
    pub records: u64,
    /// Rows of the files that were set aside.
    pub rows_set_aside: u64,
    /// Pairs of records that may be compared under the link type.
    pub possible_pairs: u64,
    /// Candidate pairs, each once.
    pub candidate_pairs: u64,
    /// Pairs linked.
    pub links: u64,
    /// Those of them between two sources; 0 in runs of earlier versions.
    #[serde(default)]
    pub links_between: u64,
    /// Those of them within one source; 0 in runs of earlier versions.
    #[serde(default)]
    pub links_within: u64,
    /// Pairs to review.
    pub reviews: u64,
    /// Those of them that are likely enough, or that a rule links, and that something else speaks against; 0 in runs of
    /// earlier versions.
    #[serde(default)]
    pub reviews_contradicted: u64,
    /// Those of them below the review threshold, for which a rule speaks; 0 in runs of earlier versions.
    #[serde(default)]
    pub reviews_by_rule: u64,
    /// Persons, those of a single record included.
    pub persons: u64,
    /// Wrong links to be expected if the model's probabilities are right.
    pub expected_false_links: f64,
    /// Links given up although another choice was as good.
    pub ties: u64,
}

/// One blocking rule of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRule {
    /// In words.
    pub rule: String,
    /// Pairs that satisfy it.
    pub pairs: u64,
    /// Pairs that satisfy it and no rule before it.
    pub new_pairs: u64,
    /// Links that satisfy it.
    pub links: u64,
    /// Links that satisfy no other rule.
    pub only_links: u64,
}

/// One way by which records of one source are linked to records of another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRoute {
    /// The source from which it is told: the one without names, if the other has names; else the first.
    pub left: String,
    /// The source to which it leads.
    pub right: String,
    /// What linked at each step: a deterministic rule, or `names and details`, or `details` where one side holds no names.
    pub by: Vec<String>,
    /// The sources by way of which it leads; none of a direct route.
    pub through: Vec<String>,
    /// Links; 0 of a chain, whose links are those of direct routes.
    pub links: u64,
    /// Records of `left` that are linked to a record of `right` this way; for a chain, of those without a direct route.
    pub records: u64,
}

/// How the persons compare with the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunTruth {
    /// The file.
    pub file: String,
    /// Records of the run.
    #[serde(default)]
    pub records: u64,
    /// Those of them that the file says something of: the others are left out of all figures.
    #[serde(default)]
    pub known_records: u64,
    /// Records that the file says to be of these sources, and that they do not have.
    #[serde(default)]
    pub records_not_in_run: u64,
    /// Pairs of records in one person that are of one entity, of all pairs in one person.
    pub precision: f64,
    /// Of all pairs of one entity, those in one person.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
    /// Pairs in one person and of one entity.
    pub right_pairs: u64,
    /// Pairs in one person.
    pub person_pairs: u64,
    /// Pairs of one entity.
    pub entity_pairs: u64,
    /// Those of them that some blocking rule makes, so that they were compared; null where a finished run is scored, whose
    /// candidates are no longer known.
    pub reached_pairs: Option<u64>,
    /// B-cubed precision, recall.
    pub b_cubed: (f64, f64),
    /// Share of entities that are exactly one person.
    pub exact_persons: f64,
}

/// The file of constraints of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConstraints {
    /// As it was given.
    pub path: String,
    /// The same from the root; absent where the system did not tell.
    pub absolute_path: Option<String>,
    /// Of the file.
    pub sha256: String,
    /// Rows in the file that could be read.
    pub rows: u64,
    /// Pairs kept apart.
    pub kept_apart: u64,
    /// Those of them that would have been one person without the file; 0 for a dry run.
    pub would_be_one_person: u64,
    /// Pairs put together.
    pub put_together: u64,
    /// Rows left out, since they name a record that its source does not have.
    pub rows_of_unknown_records: u64,
}

/// Short forms and spellings of names that were known to a run besides those that are built in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunNames {
    /// As it was given.
    pub path: String,
    /// The same from the root; absent where the system did not tell.
    pub absolute_path: Option<String>,
    /// Of the file.
    pub sha256: String,
    /// Rows in the file.
    pub rows: u64,
    /// Pairs of two names that its rows say, each once.
    pub pairs: u64,
}

/// Pairs that somebody has looked at, and the linkage held against them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunLabels {
    /// As it was given.
    pub path: String,
    /// Of the file.
    pub sha256: String,
    /// Rows in the file.
    pub rows: u64,
    /// Pairs with a label that the linkage was held against.
    pub pairs: u64,
    /// Those of them that are of one person.
    pub matches: u64,
    /// Rows of which nobody could tell.
    pub unsure: u64,
    /// Rows that name a record which its source does not have.
    pub rows_of_unknown_records: u64,
    /// Pairs that the link type does not compare.
    pub not_compared: u64,
    /// Pairs of one person that were put together.
    pub found: u64,
    /// Pairs of two persons that were put together.
    pub wrong: u64,
    /// The rows of the file, from 1 below its header, whose pair was decided otherwise than they say.
    #[serde(default)]
    pub rows_decided_otherwise: Vec<u64>,
    /// Whether the model of the run was learned from them too.
    pub taught: bool,
    /// Bits by which the person probabilities were moved to fit them.
    pub moved_bits: Option<f64>,
    /// The pairs of the run by how sure they are, with the labels of each kind.
    pub strata: Vec<RunStratum>,
}

/// Pairs that are about as sure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStratum {
    /// Whether they are of one person, as it was decided.
    pub together: bool,
    /// The lower end of their person probability; null of pairs that were not scored.
    pub from: Option<f64>,
    /// How many there are; null of pairs apart that were not scored.
    pub pairs: Option<u64>,
    /// With a label.
    pub labels: u64,
    /// Those of them that are of one person.
    pub matches: u64,
    /// Their mean person probability.
    pub expected: f64,
}

impl RunSource {
    /// Where the file is: from the root, if it is still there, or else as it was given.
    pub(crate) fn file(&self) -> PathBuf {
        found(self.absolute_path.as_deref(), &self.path)
    }
}

impl RunConstraints {
    /// Where the file is: from the root, if it is still there, or else as it was given.
    pub(crate) fn file(&self) -> PathBuf {
        found(self.absolute_path.as_deref(), &self.path)
    }
}

impl RunNames {
    /// Where the file is: from the root, if it is still there, or else as it was given.
    pub(crate) fn file(&self) -> PathBuf {
        found(self.absolute_path.as_deref(), &self.path)
    }
}

fn found(absolute: Option<&str>, given: &str) -> PathBuf {
    absolute.map(PathBuf::from).filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from(given))
}

impl Run {
    /// As a JSON document; of a run that was only planned, what is not known before it is done is null.
    pub fn as_json(&self, is_planned: bool) -> Value {
        const KNOWN: [&str; 4] = ["records", "rows_set_aside", "possible_pairs", "candidate_pairs"];
        let mut json = serde_json::json!(self);
        if is_planned {
            let counts = json["counts"].as_object_mut().into_iter().flatten();
            counts
                .filter(|(key, _)| !KNOWN.contains(&key.as_str()))
                .for_each(|(_, value)| *value = Value::Null);
            json["model"]["rounds"] = Value::Null;
            json["pairs_per_second"] = Value::Null;
        }
        json
    }

    /// Whether there are several sources, and all links are within one.
    pub(crate) fn has_no_link_between(&self) -> bool {
        self.sources.len() > 1 && self.counts.links_between == 0
    }

    /// Reads the run of a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self, Fault> {
        let path = folder.join(FILE);
        let not_a_run =
            |what: String| Fault::new(FaultCode::NotARun, what, "name a folder that plait link has written");
        let text = std::fs::read_to_string(&path).map_err(|_| {
            not_a_run(format!("{} is not the output of a run: it has no {FILE}", folder.display()))
        })?;
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let damaged = |error| not_a_run(format!("{} cannot be read: {error}", path.display()));
        let version: Version = serde_json::from_str(&text).map_err(damaged)?;
        if version.format != FORMAT {
            return Err(Fault::new(
                FaultCode::NotARun,
                format!(
                    "{} has layout {}, this program reads layout {FORMAT}",
                    folder.display(),
                    version.format
                ),
                "use the version of Plait that wrote it, or link again",
            ));
        }
        serde_json::from_str(&text).map_err(damaged)
    }
}
