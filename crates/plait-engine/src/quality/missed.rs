//! The true pairs that a linkage misses, by the model's probabilities and by how often the rest was found.
//!
//! Nearly every missed pair has a record that is *alone* in its person: of 590 missed on 26 boroughs, generated people and
//! the public sets 557. So records alone are looked at with every person that they could belong to. A record `r` is of
//! the person P with the odds
//!
//! `2^(mean weight of the pairs of r with P + LIFT) · NEVER^(records of P that no rule pairs with r)`
//!
//! against being of nobody, each of its persons beside the others. Where a record has errors, all its pairs have them, so
//! that the sum of the pairs would count one error many times; their mean with the lift fitted best everywhere (slope 0.97 to
//! 1.1 of the log odds on each of the sets).
//!
//! Of pairs that no rule makes nothing can be summed. How many records no rule brought to their person is told from how many
//! one rule alone and two rules brought there (Chao 1987, "Estimating the population size for capture-recapture data with
//! unequal catchability"): a lower bound where rules catch the same records. It takes the rules to be about as good as each
//! other. Of one rule alone, or of one that finds nearly all beside others that find few, it would make many times the records
//! that there are; there it is [not told](NotTold).

use super::expected::{Expected, summed};
use super::interval::events_between;
use super::{Bounded, Decided, Together};
use crate::model::Clustering;
use rayon::prelude::*;

/// Records alone that are looked at, about.
const ALONE: usize = 5_000;
/// Persons of which is counted which rules brought their records together, about.
const PERSONS: usize = 2_000;
/// Bits on top of the mean weight: 0.7 fits generated people, 2.9 boroughs.
const LIFT: f64 = 2.0;
/// Bits of a record of the person that no rule pairs with the record.
const NEVER: f64 = -4.0;
/// Standard deviation of the logarithm of true by estimated numbers of records that no rule catches.
const SPREAD_OF_CAUGHT: f64 = 0.7;
/// The most that the odds can be, bits, where numbers or the evidence over all pairs spoke against it.
pub(super) const DECIDED: f64 = 0.0;

/// The pairs missed that can be expected.
pub(super) fn missed(decided: &Decided<'_>, together: &Together, caught: &Caught) -> Expected {
    of_alone(decided, together).and(caught.not_caught())
}

/// Pairs of records that are alone.
fn of_alone(decided: &Decided<'_>, together: &Together) -> Expected {
    let person_of = &decided.clustered.persons.person_of;
    let is_alone = |record: u32| together.members.get(person_of[record as usize]).len() == 1;
    let alone = (0..decided.records.len() as u32).filter(|&record| is_alone(record)).collect();
    let (sample, one_in) = decided.some(alone, decided.affordable(ALONE));
    let partners = decided.blocks.partners(&sample, |_| true);
    let by_evidence = decided.model.clustering == Clustering::Correlation;
    let sums = (0..sample.len() as u32).into_par_iter().map_init(
        || decided.comparer.scratch(),
        |scratch, place| {
            let record = sample[place as usize];
            let mut pairs: Vec<(u32, f64)> = partners
                .get(place)
                .iter()
                .filter(|&&other| decided.constraints.kept_apart_by(record, other).is_none())
                .map(|&other| {
                    let (left, right) = (record.min(other), record.max(other));
                    let bits = decided.scorer.weigh(left, right, scratch).0;
                    let is_decided = by_evidence || decided.conflicts.between(left, right);
                    (person_of[other as usize], if is_decided { bits.min(DECIDED - LIFT) } else { bits })
                })
                .collect();
            pairs.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let persons: Vec<(f64, f64)> = pairs
                .chunk_by(|a, b| a.0 == b.0)
                .map(|of_person| {
                    let members = together.members.get(of_person[0].0);
                    let n = members.iter().filter(|&&other| decided.is_pair(record, other)).count() as f64;
                    let compared = of_person.len() as f64;
                    let bits: Vec<f64> = of_person.iter().map(|pair| pair.1).collect();
                    let odds = odds_of_one_alone(&bits, n - compared).exp2();
                    // a pair of two records alone is seen from both
                    (if members.len() == 1 { n / 2.0 } else { n }, odds)
                })
                .collect();
            let all: f64 = 1.0 + persons.iter().map(|person| person.1).sum::<f64>();
            persons
                .iter()
                .fold((0.0, 0.0), |sum, (n, odds)| (sum.0 + n * odds / all, sum.1 + n * n * odds / all))
        },
    );
    summed(sums.collect(), one_in)
}

/// Bits for a record that is alone being of a person, from the bits of its pairs with it and the number of its records that
/// were never compared with the record. Some pair has to be compared.
pub(super) fn odds_of_one_alone(compared: &[f64], never: f64) -> f64 {
    compared.iter().sum::<f64>() / compared.len() as f64 + LIFT + NEVER * never
}

/// Why it cannot be told how many records no rule brought to their person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTold {
    /// There are not two rules.
    OneRule,
    /// Several rules brought none there, or fewer than by the count were missed.
    FewCaughtTwice,
}

/// Records of a sample of persons by how many rules brought them there.
pub struct Caught {
    n_rules: usize,
    records: f64,
    once: f64,
    twice: f64,
    /// Their pairs with others of their person; a pair that is all of its person is missed for both at once.
    pairs: f64,
    one_in: f64,
}

impl Caught {
    /// Asks each rule about each record of the sample.
    pub fn of(decided: &Decided<'_>, together: &Together) -> Self {
        let (sample, one_in) = decided.sample(&together.members, PERSONS);
        let n_rules = decided.model.blocking.len();
        // in halves of a pair
        let counts: Vec<[u64; 4]> = sample
            .par_iter()
            .map(|&person| {
                let members = together.members.get(person);
                let mut counts = [0; 4];
                for &record in members {
                    let others = || members.iter().filter(|&&other| decided.is_pair(record, other));
                    let catches = |rule: &usize| {
                        others()
                            .any(|&other| decided.blocks.holds(*rule, record.min(other), record.max(other)))
                    };
                    let caught = (0..n_rules).filter(catches).take(3).count();
                    counts[0] += u64::from(caught > 0);
                    counts[1] += u64::from(caught == 1);
                    counts[2] += u64::from(caught == 2);
                    counts[3] += others().count() as u64 * if members.len() == 2 { 1 } else { 2 };
                }
                counts
            })
            .collect();
        let sum = |at: usize| counts.iter().map(|counts| counts[at]).sum::<u64>() as f64;
        Self {
            n_rules,
            records: sum(0),
            once: sum(1),
            twice: sum(2),
            pairs: sum(3) / 2.0,
            one_in: one_in as f64,
        }
    }

    /// Why nothing can be told of the records that no rule brought to their person, where that is so.
    pub fn not_told(&self) -> Option<NotTold> {
        if self.n_rules < 2 {
            return Some(NotTold::OneRule);
        }
        let by_several = self.records - self.once;
        (by_several == 0.0 || self.never() > by_several).then_some(NotTold::FewCaughtTwice)
    }

    /// The share of records that rules bring to their person, of all that have one: capture and recapture over the blocking
    /// rules. `None` where it [cannot be told](Self::not_told).
    pub fn share(&self) -> Option<Bounded> {
        let share = |never: f64| self.records / (self.records + never);
        let (fewest, most) = events_between(self.never(), SPREAD_OF_CAUGHT);
        self.not_told().is_none().then(|| Bounded {
            estimate: share(self.never()),
            low: share(most),
            high: share(fewest),
        })
    }

    /// Pairs of records that no rule brought to their person.
    fn not_caught(&self) -> Expected {
        let (never, each) = (self.never(), self.pairs / self.records.max(1.0));
        Expected { sum: never * each, squares: never * each * each, one_in: self.one_in }
    }

    /// Records that no rule brings to their person, by Chao's estimator, corrected for small counts.
    fn never(&self) -> f64 {
        self.once * (self.once - 1.0).max(0.0) / (2.0 * (self.twice + 1.0))
    }
}
