//! Precision from the model's own probabilities.
//!
//! A pair of records is rarely alone in a person. How a person came together tells more than its pairs one by one: the
//! two parts that were joined last are of one person with the odds of all the evidence between them, and all pairs
//! between them are right or wrong together. So the expected number of *wrong pairs* is summed over the joins of persons.
//!
//! On 26 boroughs, generated people and the public sets whose truth is known, the true number of wrong pairs was 0 to 2.4
//! times the expected one; the intervals allow for that ([`SPREAD`]). `benches/quality/simulate.py` holds them against truth.

use super::interval::events_between;
use super::{Bounded, Estimate};
use crate::blocking::Blocks;
use crate::clustering::{Clustered, LOOK_AT_ALL, joins};
use crate::comparison::Comparer;
use crate::conflicts::Conflicts;
use crate::constraints::Constraints;
use crate::lists::Lists;
use crate::model::LinkType;
use crate::random::draw;
use crate::records::Records;
use crate::scoring::{ScoredPairs, Scorer};
use plait_types::MatchWeight;
use rayon::prelude::*;

/// Standard deviation of the logarithm of true by expected numbers of wrong pairs.
const SPREAD: f64 = 0.7;
/// Persons whose joins are looked at, about.
const PERSONS: usize = 5_000;

/// A linkage that is decided.
pub struct Decided<'a> {
    /// What was linked.
    pub records: &'a Records,
    /// The comparer of the model.
    pub comparer: &'a Comparer<'a>,
    /// The candidate pairs.
    pub blocks: &'a Blocks,
    /// The model.
    pub scorer: &'a Scorer<'a>,
    /// The scored pairs.
    pub pairs: &'a ScoredPairs,
    /// Who is one person.
    pub clustered: &'a Clustered,
    /// What keeps records apart whatever their probabilities.
    pub constraints: &'a Constraints,
    /// Pairs within a source count where they were compared.
    pub link_type: LinkType,
    /// Of the samples.
    pub seed: u64,
}

/// An expected number of errors, as a sample shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Expected {
    /// Sum of the probabilities in the sample.
    sum: f64,
    /// Sum of the squares of what is right or wrong together, each times its probability.
    squares: f64,
    /// One in so many was looked at.
    one_in: f64,
}

impl Expected {
    fn total(&self) -> f64 {
        self.sum * self.one_in
    }

    /// Pairs that are right or wrong together.
    fn clump(&self) -> f64 {
        if self.sum > 0.0 { (self.squares / self.sum).max(1.0) } else { 1.0 }
    }

    fn between(&self, spread: f64) -> (f64, f64) {
        let (low, high) = events_between(self.sum / self.clump(), spread);
        (low * self.clump() * self.one_in, high * self.clump() * self.one_in)
    }
}

/// Precision of the persons as the probabilities of the model have it: what rules and constraints put together counts as
/// right. `None` where no two records are in one person, and where one has more than [`LOOK_AT_ALL`], of which nothing can be
/// said: it is most of the pairs and cannot be taken apart. Costs the weights of the pairs within a sample of persons.
pub fn by_probability(decided: &Decided<'_>) -> Option<Estimate> {
    let persons = &decided.clustered.persons;
    let members = persons.records();
    if (0..persons.n_persons).any(|person| members.get(person).len() > LOOK_AT_ALL) {
        return None;
    }
    let together: f64 = (0..persons.n_persons).map(|person| decided.n_pairs(members.get(person))).sum();
    if together == 0.0 {
        return None;
    }
    let wrong = decided.wrong(&members);
    let share = |count: f64| (1.0 - count / together).clamp(0.0, 1.0);
    let (fewest, most) = wrong.between(SPREAD);
    let precision = Bounded { estimate: share(wrong.total()), low: share(most), high: share(fewest) };
    Some(Estimate { precision: Some(precision), recall: None })
}

impl Decided<'_> {
    /// Pairs among the records of a person that the link type compares.
    fn n_pairs(&self, members: &[u32]) -> f64 {
        let n = members.len() as f64;
        let all = n * (n - 1.0) / 2.0;
        if self.link_type != LinkType::LinkOnly {
            return all;
        }
        // members ascend, and so do the sources
        let of_one_source = members.chunk_by(|&a, &b| self.records.source_of(a) == self.records.source_of(b));
        all - of_one_source.map(|records| (records.len() * (records.len() - 1)) as f64 / 2.0).sum::<f64>()
    }

    fn wrong(&self, members: &Lists) -> Expected {
        let n_persons = self.clustered.persons.n_persons;
        let several: Vec<u32> = (0..n_persons).filter(|&person| members.get(person).len() > 1).collect();
        let one_in = several.len().div_ceil(PERSONS).max(1) as u64;
        let sample: Vec<u32> = several
            .into_iter()
            .filter(|&person| draw(self.seed, u64::from(person)).is_multiple_of(one_in))
            .collect();
        let mut by_rule: Vec<(u32, u32)> = (0..self.pairs.len())
            .filter(|&pair| self.pairs.is_constrained(pair) || self.pairs.linked_by_rule(pair).is_some())
            .map(|pair| (self.pairs.left[pair], self.pairs.right[pair]))
            .collect();
        by_rule.sort_unstable();
        let conflicts = Conflicts::of(self.records, self.constraints);
        let sums: Vec<(f64, f64)> = sample
            .par_iter()
            .map_init(
                || self.comparer.scratch(),
                |scratch, &person| {
                    let members = members.get(person);
                    let counted = self.n_pairs(members);
                    let share = counted / (members.len() * (members.len() - 1)) as f64 * 2.0;
                    let joins = joins(members, |left, right| {
                        if by_rule.binary_search(&(left, right)).is_ok() {
                            return Some(f64::INFINITY);
                        }
                        if conflicts.between(left, right) {
                            return Some(f64::NEG_INFINITY);
                        }
                        let is_candidate = self.blocks.is_candidate(left, right);
                        is_candidate.then(|| self.scorer.weigh(left, right, scratch).0)
                    });
                    let wrong = joins.iter().map(|join| {
                        (join.n_pairs as f64 * share, 1.0 - MatchWeight(join.bits).probability().get())
                    });
                    wrong.fold((0.0, 0.0), |(sum, squares), (n, wrong)| {
                        (sum + n * wrong, squares + n * n * wrong)
                    })
                },
            )
            .collect();
        summed(sums, one_in)
    }
}

fn summed(sums: Vec<(f64, f64)>, one_in: u64) -> Expected {
    let (sum, squares) = sums.into_iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    Expected { sum, squares, one_in: one_in as f64 }
}
