//! What a page on the quality of one linkage is made from, beside what the page of the run has.

use crate::report::{Estimate, LinkReport};

/// The quality of one linkage, in the order in which the guidance on reporting linkage asks for it: GUILD (Gilbert and others
/// 2018, Journal of Public Health 40) and RECORD (Benchimol and others 2015, items 1.3 and 12.1 to 12.3).
#[derive(Clone, Debug)]
pub struct QualityReport {
    /// What the page of the run shows. Values of records in it are not shown here.
    pub link: LinkReport,
    /// Of each source, in order, how it was provided.
    pub provisions: Vec<Provision>,
    /// How it was linked: a heading and words each.
    pub method: Vec<(String, String)>,
    /// Links by how sure they are, the surest first.
    pub bands: Vec<Band>,
    /// Records without an expected partner, by two sources.
    pub not_found: Vec<NotFoundIn>,
    /// What speaks against the result: in words, and how often.
    pub conflicts: Vec<(String, u64)>,
    /// What is said of accuracy without known truth.
    pub estimates: Vec<AccuracyEstimate>,
    /// What tests of the linkage found that need no truth either, a sentence each.
    pub tests: Vec<String>,
    /// The day for ages and where it comes from, in words; `None` where no births are recorded.
    pub ages: Option<String>,
    /// How many times a group was compared with the rest.
    pub comparisons: u64,
    /// Figures by group.
    pub groupings: Vec<GroupingResult>,
}

/// How a source was provided.
#[derive(Clone, Debug)]
pub struct Provision {
    /// What it is, in words: `School census, spring 2026, CSV, 9 files`.
    pub is: String,
    /// The day that it is about, where its files say it.
    pub day: Option<String>,
    /// Rows that could not be used.
    pub set_aside: u64,
    /// The column that names its records, if there is one.
    pub named_by: Option<String>,
}

/// The records of one source without a partner in another one, in which its records usually have one.
#[derive(Clone, Debug)]
pub struct NotFoundIn {
    /// The source that they are of.
    pub source: String,
    /// The other source.
    pub other: String,
    /// Records of the source.
    pub records: u64,
    /// Without a partner although one is expected.
    pub unexplained: u64,
    /// Why none is expected of others without one, in words.
    pub explained: String,
}

/// Links that rest on evidence of one strength.
#[derive(Clone, Debug)]
pub struct Band {
    /// In words: `95% to 99%`.
    pub words: String,
    /// Links.
    pub links: u64,
}

/// What one way of estimating says without known truth.
#[derive(Clone, Debug)]
pub struct AccuracyEstimate {
    /// What it rests on: `the model's probabilities`.
    pub basis: String,
    /// Share of the pairs in one person that are right.
    pub precision: Option<Estimate>,
    /// Share of the true pairs that are in one person.
    pub recall: Option<Estimate>,
}

/// The groups by one thing.
#[derive(Clone, Debug)]
pub struct GroupingResult {
    /// What it is by: `ethnic group`.
    pub by: String,
    /// Those that have records.
    pub groups: Vec<GroupResult>,
}

/// How one group was served.
#[derive(Clone, Debug)]
pub struct GroupResult {
    /// Its name.
    pub group: String,
    /// Records that say that they are of it.
    pub records: u64,
    /// Persons that these are of.
    pub persons: u64,
    /// Records of a person with a record elsewhere.
    pub linked: u64,
    /// Records of a pair for review.
    pub in_review: u64,
    /// Partners expected of its records, and those found; `None` with one source.
    pub expected: Option<(u64, u64)>,
    /// The share found.
    pub found: Option<Estimate>,
    /// Found against missing partners.
    pub standardised_difference: Option<f64>,
    /// Against known truth.
    pub recall: Option<Estimate>,
    /// Against known truth.
    pub precision: Option<Estimate>,
    /// Where it lies below the rest, in words.
    pub gaps: Vec<String>,
}
