//! What a page of one linkage run is made from: plain numbers and words.

use plait_engine::explanation::Explanation;
use plait_engine::model::Model;
use plait_engine::training::Dependence;
use plait_types::{Issue, Role, Severity};

/// One linkage run, as its page shows it.
#[derive(Clone, Debug)]
pub struct LinkReport {
    /// What was linked: `Children in need 2025-26 linked with School census, spring 2026`.
    pub title: String,
    /// When the run was, in words: `2 August 2026, 14:05`.
    pub date: String,
    /// What the linkage is for, where it was said.
    pub purpose: Option<String>,
    /// What a manager can paste; blank lines separate paragraphs.
    pub summary: String,
    /// In the order of the command.
    pub sources: Vec<SourceResult>,
    /// Every two sources, and each source in itself where that was looked at; at most one entry per pair of sources.
    pub between: Vec<SourcePair>,
    /// By which routes records of one source were linked to those of another.
    pub routes: Vec<Route>,
    /// How many persons have how many records, by size.
    pub people: Vec<PersonSize>,
    /// As it was used; trained.
    pub model: Model,
    /// How findings of two comparisons come together among pairs of one person; empty where the model came trained.
    pub dependence: Vec<Dependence>,
    /// How many pairs there are, at each stage.
    pub pairs: PairCounts,
    /// In the order of the model.
    pub blocking: Vec<BlockingResult>,
    /// How the weights of compared pairs are spread; `None` if no pair was compared.
    pub scores: Option<ScoreHistogram>,
    /// Completeness and validity, one entry per source.
    pub columns: Vec<SourceColumns>,
    /// A few pairs, with their values. If there are any, the page is marked as holding personal data.
    pub explained: Vec<ExplainedPair>,
    /// Against known truth, where it was given.
    pub accuracy: Option<Accuracy>,
    /// What the run noticed; warnings are shown first.
    pub notes: Vec<Note>,
    /// What is needed to repeat the run.
    pub provenance: Provenance,
}

/// What became of the records of one source. `linked` and `in_review` do not overlap; the rest is not linked.
#[derive(Clone, Debug)]
pub struct SourceResult {
    /// As in the outputs.
    pub name: String,
    /// Usable records read.
    pub records: u64,
    /// Records linked to a record of another source, or, if there is one source only, to another record of it.
    pub linked: u64,
    /// Records not linked but in at least one pair for review.
    pub in_review: u64,
}

/// What joins two sources, or one source in itself if `left` is `right`.
#[derive(Clone, Debug)]
pub struct SourcePair {
    /// Index into [`LinkReport::sources`].
    pub left: usize,
    /// Index into [`LinkReport::sources`].
    pub right: usize,
    /// Pairs linked.
    pub links: u64,
    /// Pairs for review.
    pub reviews: u64,
    /// Records of `left` that are of one person with another record, of `right`: by a link or by way of others.
    pub left_linked: u64,
    /// Records of `right` that are of one person with another record, of `left`.
    pub right_linked: u64,
}

/// One way by which records of one source are linked to records of another.
#[derive(Clone, Debug)]
pub struct Route {
    /// Source from which it is told.
    pub from: String,
    /// Source to which it leads.
    pub to: String,
    /// What linked, and by way of which sources: `same la_child_id to case_management, then names and details`.
    pub words: String,
    /// Links; `None` of a chain, whose links are those of other routes.
    pub links: Option<u64>,
    /// Records of `from` that are linked this way.
    pub records: u64,
}

/// How many persons have so many records.
#[derive(Clone, Copy, Debug)]
pub struct PersonSize {
    /// Records per person, from 1.
    pub records: u64,
    /// Persons with that many.
    pub persons: u64,
}

/// How many pairs there are, at each stage.
#[derive(Clone, Copy, Debug)]
pub struct PairCounts {
    /// All pairs of records that may be of one person under the link type.
    pub possible: u64,
    /// Candidate pairs, each counted once.
    pub compared: u64,
    /// Pairs at or above the link threshold.
    pub links: u64,
    /// Pairs in the review band.
    pub reviews: u64,
}

/// What one blocking rule brought.
#[derive(Clone, Debug)]
pub struct BlockingResult {
    /// The rule in words: `same date of birth and surname sound`.
    pub words: String,
    /// Pairs that satisfy the rule, whether or not another rule has them too.
    pub pairs: u64,
    /// Links among its pairs.
    pub links: u64,
    /// Links that no other rule has.
    pub only_links: u64,
}

/// How the weights of compared pairs are spread, in bins of equal width.
#[derive(Clone, Debug)]
pub struct ScoreHistogram {
    /// Lower edge of the first bin, bits.
    pub start: f64,
    /// Width of a bin, bits, above 0.
    pub width: f64,
    /// At or above the lower edge of each, below its upper edge; the last also has what lies above.
    pub bins: Vec<ScoreBin>,
    /// Pairs that are not linked and in no bin: below the first, given up early because they could not reach the review
    /// band, or settled by other links of their records.
    pub below: u64,
}

/// What became of the pairs of one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScoreBin {
    /// Neither linked nor in review.
    pub not_linked: u64,
    /// For a person to decide.
    pub reviews: u64,
    /// Linked.
    pub links: u64,
}

impl ScoreBin {
    /// All pairs of the bin.
    pub fn pairs(self) -> u64 {
        self.not_linked + self.reviews + self.links
    }
}

/// Completeness and validity of one source.
#[derive(Clone, Debug)]
pub struct SourceColumns {
    /// As in the outputs.
    pub source: String,
    /// Rows looked at.
    pub records: u64,
    /// In the order of the file.
    pub columns: Vec<ColumnQuality>,
    /// Headers of the files of a return that linkage does not see: payload, other people, empty columns.
    pub outside: Vec<String>,
}

/// Completeness and validity of one column.
#[derive(Clone, Debug)]
pub struct ColumnQuality {
    /// Its header.
    pub name: String,
    /// What it was taken to mean.
    pub role: Role,
    /// Whether the model compares it, blocks by it or has a rule with it.
    pub used: bool,
    /// Cells with content, whatever it is worth.
    pub recorded: u64,
    /// Recorded cells that are not valid for the role.
    pub invalid: u64,
    /// Values that stand for "not known" and were ignored; not counted in `invalid`.
    pub placeholders: Vec<Placeholder>,
}

/// A value that stands for "not known".
#[derive(Clone, Debug)]
pub struct Placeholder {
    /// As it is written: `01/01/1900`.
    pub value: String,
    /// Records with it.
    pub records: u64,
}

/// One pair with its evidence.
#[derive(Clone, Debug)]
pub struct ExplainedPair {
    /// Why it is shown: `the weakest link`, `in the middle of the review band`.
    pub chosen: String,
    /// What became of it.
    pub decision: Decision,
    /// The terms of its weight.
    pub explanation: Explanation,
}

/// What became of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// At or above the link threshold.
    Link,
    /// Between the thresholds.
    Review,
    /// Below the review threshold.
    NotLinked,
}

/// The outcome against known truth.
#[derive(Clone, Debug)]
pub struct Accuracy {
    /// Where the truth comes from: `truth.csv`.
    pub truth: String,
    /// Pairs of records that were put into one person, and are of one.
    pub right_pairs: u64,
    /// Pairs of records that were put into one person, and are not of one.
    pub wrong_pairs: u64,
    /// Pairs of records of one person that were not put into one.
    pub missed_pairs: u64,
    /// Share of the pairs put into one person that are right.
    pub precision: Estimate,
    /// Share of the pairs of one person that were put into one.
    pub recall: Estimate,
    /// Harmonic mean of the two.
    pub f1: Estimate,
}

/// A share 0..=1 with its 95% interval.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    /// The share itself.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Something the run noticed. Holds no cell content.
#[derive(Clone, Debug)]
pub struct Note {
    /// Whether something was not usable.
    pub severity: Severity,
    /// What was noticed.
    pub text: String,
    /// What to do, where there is something to do.
    pub todo: Option<String>,
}

/// What is needed to repeat the run.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// Of Plait.
    pub version: String,
    /// As it was typed, where there was one.
    pub command: Option<String>,
    /// In the order of the command.
    pub inputs: Vec<Input>,
    /// SHA-256 of the model file as it would be saved, in hexadecimal.
    pub model_sha256: String,
    /// Of everything random.
    pub seed: u64,
    /// Threads used; the results do not depend on them.
    pub threads: usize,
    /// In order of time.
    pub stages: Vec<Stage>,
    /// Peak memory, bytes, where the system tells.
    pub peak_memory: Option<u64>,
}

/// One file read.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name, as given.
    pub file: String,
    /// In hexadecimal.
    pub sha256: String,
    /// Rows read.
    pub rows: u64,
}

/// One stage of the run.
#[derive(Clone, Debug)]
pub struct Stage {
    /// `read`, `block`, `train` …
    pub name: String,
    /// Wall time.
    pub seconds: f64,
}

impl SourceResult {
    /// Records neither linked nor in review.
    pub fn not_linked(&self) -> u64 {
        self.records.saturating_sub(self.linked + self.in_review)
    }
}

impl ColumnQuality {
    /// Records with a placeholder.
    pub fn placeholder_records(&self) -> u64 {
        self.placeholders.iter().map(|placeholder| placeholder.records).sum()
    }

    /// Records whose value can be compared.
    pub fn usable(&self) -> u64 {
        self.recorded.saturating_sub(self.invalid + self.placeholder_records())
    }
}

impl From<&Issue> for Note {
    fn from(issue: &Issue) -> Self {
        let column =
            issue.column.as_ref().map_or_else(String::new, |column| format!("column \"{column}\": "));
        let place = issue.place().map_or_else(String::new, |place| format!(" ({place})"));
        let text = format!("{}: {column}{}{place}", issue.file, issue.message);
        Self { severity: issue.severity(), text, todo: None }
    }
}
