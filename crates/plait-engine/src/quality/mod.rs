//! How good a linkage is, told without labels, with a 95 % interval.
//!
//! Figures are of *pairs of records in one person*: precision is the share of those that are of one person in truth, recall
//! the share of all true pairs that are in one person, pairs that no blocking rule makes included.

mod expected;
mod interval;

pub use expected::{Decided, by_probability};

/// A share between 0 and 1 and the 95 % interval around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounded {
    /// The estimate.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Precision and recall as one method estimates them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Share of the pairs put together that are right; `None` where the method says nothing of it.
    pub precision: Option<Bounded>,
    /// Share of the true pairs that are put together.
    pub recall: Option<Bounded>,
}

#[cfg(test)]
mod tests;
