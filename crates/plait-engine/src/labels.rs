//! Pairs of records that somebody has looked at and knows to be of one person, or of two.
//!
//! Labels teach and measure. Unlike constraints ([`crate::constraints`]) they decide nothing: what is linked is linked by the
//! model, so that the labels can say how good that is.

use crate::scoring::ScoredPairs;

/// A pair of records and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The lower record.
    pub left: u32,
    /// The higher record.
    pub right: u32,
    /// Whether both are of one person.
    pub is_match: bool,
}

impl Label {
    /// Of two records in any order.
    pub fn new(a: u32, b: u32, is_match: bool) -> Self {
        Self { left: a.min(b), right: a.max(b), is_match }
    }
}

/// Of each label, which ascend by their records, the place of its pair among the scored ones.
pub fn places_among(pairs: &ScoredPairs, labels: &[Label]) -> Vec<Option<usize>> {
    let mut places = vec![None; labels.len()];
    for (pair, ends) in pairs.left.iter().copied().zip(pairs.right.iter().copied()).enumerate() {
        if let Ok(label) = labels.binary_search_by_key(&ends, |label| (label.left, label.right)) {
            places[label] = Some(pair);
        }
    }
    places
}
