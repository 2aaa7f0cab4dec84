//! Precision and recall from the model's own probabilities.
//!
//! A pair of records is rarely alone in a person. How a person came together tells more than its pairs one by one: the
//! two parts that were joined last are of one person with the odds of all the evidence between them, and all pairs
//! between them are right or wrong together. So the expected number of *wrong pairs* is summed over the joins of persons.
//!
//! On 26 boroughs, generated people and the public sets whose truth is known, the true number of wrong pairs was 0 to 2.4
//! times the expected one; the intervals allow for that ([`SPREAD`]), and for what the expected number of missed ones is
//! off by ([`SPREAD_OF_MISSED`]). `benches/quality/simulate.py` holds them against truth.

use super::interval::events_between;
use super::missed::{Caught, missed};
use super::{Bounded, Decided, Estimate, Together};
use crate::clustering::joins;
use crate::lists::Lists;
use plait_types::MatchWeight;
use rayon::prelude::*;

/// Standard deviation of the logarithm of true by expected numbers of wrong pairs.
const SPREAD: f64 = 0.7;
/// The same of missed pairs: true by expected numbers were 0.8 to 5.
const SPREAD_OF_MISSED: f64 = 0.7;
/// Persons whose joins are looked at, about.
const PERSONS: usize = 5_000;

/// An expected number of errors, as a sample shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Expected {
    /// Sum of the probabilities in the sample.
    pub(super) sum: f64,
    /// Sum of the squares of what is right or wrong together, each times its probability.
    pub(super) squares: f64,
    /// One in so many was looked at.
    pub(super) one_in: f64,
}

impl Expected {
    /// Both, as of one sample: the sparser one.
    pub(super) fn and(self, other: Self) -> Self {
        let one_in = self.one_in.max(other.one_in);
        let (a, b) = (self.one_in / one_in, other.one_in / one_in);
        Self { sum: self.sum * a + other.sum * b, squares: self.squares * a + other.squares * b, one_in }
    }

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

/// Precision and recall of the persons as the probabilities of the model have them: what rules and constraints put together
/// counts as right. Nothing is said of recall where it [cannot be told](Caught::not_told) how many records no blocking rule
/// brought to their person. Costs the weights of the pairs within a sample of persons, and of those of a sample of records alone.
pub fn by_probability(decided: &Decided<'_>, together: &Together, caught: &Caught) -> Estimate {
    let wrong = decided.wrong(&together.members);
    let share = |count: f64| (1.0 - count / together.pairs).clamp(0.0, 1.0);
    let (fewest, most) = wrong.between(SPREAD);
    let precision = Bounded { estimate: share(wrong.total()), low: share(most), high: share(fewest) };
    if caught.not_told().is_some() {
        return Estimate { precision: Some(precision), recall: None };
    }
    let missed = missed(decided, together, caught);
    let right = together.pairs * precision.estimate;
    let share = |missed: f64| if right > 0.0 { right / (right + missed) } else { 0.0 };
    let (fewest, most) = missed.between(SPREAD_OF_MISSED);
    let recall = Bounded { estimate: share(missed.total()), low: share(most), high: share(fewest) };
    Estimate { precision: Some(precision), recall: Some(recall) }
}

impl Decided<'_> {
    fn wrong(&self, members: &Lists) -> Expected {
        if let Some(odds) = &self.clustered.odds {
            let links = odds.iter().zip(&self.clustered.is_link).filter(|(_, is_link)| **is_link);
            let wrong: f64 = links.map(|(&bits, _)| MatchWeight(-bits).probability().get()).sum();
            // each is a pair of its own
            return Expected { sum: wrong, squares: wrong, one_in: 1.0 };
        }
        let (sample, one_in) = self.sample(members, PERSONS);
        let mut by_rule: Vec<(u32, u32)> = (0..self.pairs.len())
            .filter(|&pair| self.pairs.is_constrained(pair) || self.pairs.linked_by_rule(pair).is_some())
            .map(|pair| (self.pairs.left[pair], self.pairs.right[pair]))
            .collect();
        by_rule.sort_unstable();
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
                        if self.conflicts.between(left, right) {
                            return Some(f64::NEG_INFINITY);
                        }
                        self.weigh(left, right, scratch)
                    });
                    let wrong = joins.iter().map(|join| {
                        (join.n_pairs() as f64 * share, 1.0 - MatchWeight(join.bits).probability().get())
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

pub(super) fn summed(sums: Vec<(f64, f64)>, one_in: u64) -> Expected {
    let (sum, squares) = sums.into_iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    Expected { sum, squares, one_in: one_in as f64 }
}
