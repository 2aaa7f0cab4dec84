//! How good a linkage is, told without labels or with them, with a 95 % interval.
//!
//! Figures are of *pairs of records in one person*: precision is the share of those that are of one person in truth, recall
//! the share of all true pairs that are in one person, pairs that no blocking rule makes included.

mod calibration;
mod certainty;
mod expected;
mod interval;
mod labelled;
mod missed;
mod trial;

pub use calibration::calibrate;
pub use certainty::of_one_person;
pub use expected::by_probability;
pub use labelled::{Labelled, Stratum, by_labels};
pub use missed::{Caught, NotTold};
pub use trial::{WithoutNumbers, WithoutPartner, without_numbers, without_partner};

use crate::blocking::Blocks;
use crate::clustering::{Clustered, LOOK_AT_ALL};
use crate::comparison::{Comparer, Scratch};
use crate::conflicts::Conflicts;
use crate::constraints::Constraints;
use crate::lists::Lists;
use crate::model::{LinkType, Model};
use crate::random::draw;
use crate::records::Records;
use crate::scoring::{ScoredPairs, Scorer};

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
    /// Share of the true pairs that are put together; `None` where the method says nothing of it.
    pub recall: Option<Bounded>,
}

/// A linkage that is decided.
pub struct Decided<'a> {
    /// What was linked.
    pub records: &'a Records,
    /// By which model.
    pub model: &'a Model,
    /// The comparer of the model.
    pub comparer: &'a Comparer<'a>,
    /// The candidate pairs.
    pub blocks: &'a Blocks,
    /// The model, bound to the comparer.
    pub scorer: &'a Scorer<'a>,
    /// The scored pairs.
    pub pairs: &'a ScoredPairs,
    /// Who is one person.
    pub clustered: &'a Clustered,
    /// What keeps records apart whatever their probabilities.
    pub constraints: &'a Constraints,
    /// What its numbers and dates of birth say of two records.
    pub conflicts: &'a Conflicts<'a>,
    /// Bits from which a pair is linked.
    pub cut: f64,
    /// Of the samples.
    pub seed: u64,
}

/// The persons of a linkage, and how many pairs of records are in one of them.
pub struct Together {
    members: Lists,
    pairs: f64,
}

impl Together {
    /// `None` where no two records are in one person, and where one has more than [`LOOK_AT_ALL`], of which nothing can be said:
    /// it is most of the pairs and cannot be taken apart.
    pub fn of(decided: &Decided<'_>) -> Option<Self> {
        let persons = &decided.clustered.persons;
        let members = persons.records();
        if (0..persons.n_persons).any(|person| members.get(person).len() > LOOK_AT_ALL) {
            return None;
        }
        let pairs: f64 = (0..persons.n_persons).map(|person| decided.n_pairs(members.get(person))).sum();
        (pairs > 0.0).then_some(Self { members, pairs })
    }
}

impl Decided<'_> {
    /// Pairs among the records of a person that the link type compares.
    fn n_pairs(&self, members: &[u32]) -> f64 {
        let n = members.len() as f64;
        let all = n * (n - 1.0) / 2.0;
        if self.model.link_type != LinkType::LinkOnly {
            return all;
        }
        // members ascend, and so do the sources
        let of_one_source = members.chunk_by(|&a, &b| self.records.source_of(a) == self.records.source_of(b));
        all - of_one_source.map(|records| (records.len() * (records.len() - 1)) as f64 / 2.0).sum::<f64>()
    }

    /// Bits of a pair, if some blocking rule makes it.
    fn weigh(&self, left: u32, right: u32, scratch: &mut Scratch) -> Option<f64> {
        self.scorer.weigh_candidate(self.blocks, left, right, scratch)
    }

    /// Whether the link type pairs two records.
    fn is_pair(&self, left: u32, right: u32) -> bool {
        left != right
            && (self.model.link_type != LinkType::LinkOnly
                || self.records.source_of(left) != self.records.source_of(right))
    }

    /// Persons of several records: about `most` of them, and one in how many that is.
    fn sample(&self, members: &Lists, most: usize) -> (Vec<u32>, u64) {
        let persons = 0..self.clustered.persons.n_persons;
        let several = persons.filter(|&person| members.get(person).len() > 1).collect();
        self.some(several, most)
    }

    /// About `most` of these, and one in how many that is.
    fn some(&self, all: Vec<u32>, most: usize) -> (Vec<u32>, u64) {
        let one_in = all.len().div_ceil(most).max(1) as u64;
        let is_in = |number: &u32| draw(self.seed, u64::from(*number)).is_multiple_of(one_in);
        (all.into_iter().filter(is_in).collect(), one_in)
    }

    /// How many of so many records can be looked at with all their candidates.
    fn affordable(&self, most: usize) -> usize {
        /// Pairs that may be weighed.
        const PAIRS: f64 = 400_000.0;
        /// Fewer records say too little.
        const FEWEST: usize = 300;
        let n_pairs: u64 = self.blocks.costs().iter().map(|cost| cost.n_pairs).sum();
        let each = 2.0 * n_pairs as f64 / self.records.len() as f64;
        most.min((PAIRS / each.max(1.0)) as usize).max(FEWEST)
    }
}

#[cfg(test)]
mod tests;
