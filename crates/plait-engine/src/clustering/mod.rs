//! From links to persons.

mod apart;
mod assignment;
mod components;
mod correlation;

use crate::conflicts::Conflicts;
use crate::deterministic::Ruling;
use crate::lists::Lists;
use crate::model::Clustering;
use crate::records::Records;
use crate::scoring::{ScoredPairs, retain_those};
use apart::Apart;
use std::cmp::Ordering;

pub use components::Components;
pub use correlation::Weigher;
pub(crate) use correlation::{Join, LEAST, NOT_COMPARED, clipped, joins, log2_sum};

/// Who is one person with whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persons {
    /// Per record, the number of its person; persons are numbered in the order of their first record.
    pub person_of: Vec<u32>,
    /// How many there are.
    pub n_persons: u32,
}

impl Persons {
    /// The first record of each person.
    pub fn firsts(&self) -> Vec<u32> {
        let mut firsts = Vec::with_capacity(self.n_persons as usize);
        for (&person, record) in self.person_of.iter().zip(0..) {
            if person as usize == firsts.len() {
                firsts.push(record);
            }
        }
        firsts
    }

    /// The records of each person.
    pub(crate) fn records(&self) -> Lists {
        let records = self.person_of.iter().zip(0..).map(|(&person, record)| (person, record));
        Lists::from_pairs(self.n_persons as usize, records)
    }
}

/// A clustering and the links that it kept.
#[derive(Clone, Debug)]
pub struct Clustered {
    /// The persons.
    pub persons: Persons,
    /// Per pair, whether it is a link: at or above the threshold and kept by the method.
    pub is_link: Vec<bool>,
    /// Pairs at or above the threshold that the method gave up because another had equal right to its place.
    pub n_ties: u32,
    /// Records that are by themselves because they would fit two persons about equally well, in order.
    pub undecided: Vec<u32>,
    /// Per pair, the bits of its being of one person given all others, where the method says them: of two sources that have
    /// a person once each.
    pub odds: Option<Vec<f64>>,
}

impl Clustered {
    /// Takes out of the pairs those that need no decision any more: pairs that are no links and of which both records are
    /// in one person all the same, and pairs below the cut whose records each have links to others. Looking at all pairs
    /// of a person has said of them what there is to say. Pairs that a rule caught stay.
    pub fn forget_settled(&mut self, pairs: &mut ScoredPairs, cut: f64) {
        let mut is_linked = vec![false; self.persons.person_of.len()];
        for pair in (0..pairs.len()).filter(|&pair| self.is_link[pair]) {
            is_linked[pairs.left[pair] as usize] = true;
            is_linked[pairs.right[pair] as usize] = true;
        }
        let keep: Vec<bool> = (0..pairs.len())
            .map(|pair| {
                let (left, right) = (pairs.left[pair] as usize, pairs.right[pair] as usize);
                let is_together = self.persons.person_of[left] == self.persons.person_of[right];
                let is_placed = pairs.weight[pair] < cut && is_linked[left] && is_linked[right];
                self.is_link[pair] || pairs.ruling[pair].is_some() || !(is_together || is_placed)
            })
            .collect();
        retain_those(&mut self.is_link, &keep);
        pairs.retain(&keep);
    }
}

/// In sets of up to so many records every pair is looked at; of larger ones the kept pairs alone.
pub(crate) const LOOK_AT_ALL: usize = 400;

/// Groups records by the pairs of at least `cut` bits and those that deterministic rules link. Where a method has to
/// choose, links by a rule come before those by weight, and those of an earlier rule before those of a later one.
///
/// Constraints, which the pairs have been told ([`Constraints::apply`]), always hold: pairs that must be together are links
/// before all others, and no link brings records into one person that are kept apart. Numbers and dates of birth that
/// conflict keep records apart in all methods but `connected_components`, which keeps to what links say; of more than 400 records that links
/// reach, those only that are a kept pair.
///
/// `compared` names the fields that the model compares. What `weigher` makes is asked for pairs that were not kept, by methods that look at all pairs of a person.
pub fn cluster(
    records: &Records,
    pairs: &ScoredPairs,
    cut: f64,
    method: Clustering,
    conflicts: &Conflicts<'_>,
    compared: &[String],
    weigher: &Weigher<'_>,
) -> Clustered {
    let by_chains = method == Clustering::ConnectedComponents;
    let apart = Apart { constraints: conflicts.constraints(), conflicts: (!by_chains).then_some(conflicts) };
    let mut accepted: Vec<bool> =
        (0..pairs.len()).map(|pair| pairs.weight[pair] >= cut || rank(pairs, pair) < BY_WEIGHT).collect();
    // correlation weighs them against all others, and looks at what they reach
    if method != Clustering::Correlation {
        for (pair, accepted) in accepted.iter_mut().enumerate() {
            *accepted = *accepted && !apart.keeps(pairs.left[pair], pairs.right[pair]);
        }
    }
    let (mut undecided, mut odds) = (Vec::new(), None);
    let (is_link, n_ties) = match method {
        Clustering::ConnectedComponents => {
            apart.take_again(records.len(), pairs, &mut accepted);
            (accepted, 0)
        }
        Clustering::BestLink => {
            let (mut is_link, n_ties) = best_links(records.len(), pairs, &accepted);
            apart.take_again(records.len(), pairs, &mut is_link);
            (is_link, n_ties)
        }
        Clustering::OneToOne => {
            let chosen = assignment::one_to_one(records, pairs, &accepted, cut, &apart);
            (undecided, odds) = (chosen.undecided, chosen.odds);
            (chosen.is_link, chosen.n_ties)
        }
        Clustering::Correlation => {
            let question = correlation::Question {
                apart: &apart,
                pairs,
                accepted: &accepted,
                cut,
                weigher,
                holding: correlation::Holding::of(records, compared),
                n_records: records.len(),
            };
            let answer = question.answer();
            let ends = |pair: usize| [pairs.left[pair], pairs.right[pair]];
            let is_link: Vec<bool> = (0..pairs.len())
                .map(|pair| {
                    let [left, right] = ends(pair).map(|record| answer.first_of[record as usize]);
                    accepted[pair] && left == right
                })
                .collect();
            let is_tie = |pair: &usize| {
                accepted[*pair]
                    && ends(*pair).iter().any(|record| answer.undecided.binary_search(record).is_ok())
            };
            let n_ties = (0..pairs.len()).filter(is_tie).count() as u32;
            undecided = answer.undecided;
            (is_link, n_ties)
        }
    };
    let mut components = Components::new(records.len());
    for ((&left, &right), _) in pairs.left.iter().zip(&pairs.right).zip(&is_link).filter(|(_, link)| **link) {
        components.join(left, right);
    }
    Clustered { persons: components.into_persons(), is_link, n_ties, undecided, odds }
}

/// The rank of pairs that a constraint puts together, before all others.
const TOGETHER: u32 = 0;
/// The rank of pairs that no rule links, after all others.
const BY_WEIGHT: u32 = u32::MAX;

/// The place of a pair among links: [`TOGETHER`], then by the rule that links it, or [`BY_WEIGHT`].
fn rank(pairs: &ScoredPairs, pair: usize) -> u32 {
    match pairs.ruling[pair] {
        Some(Ruling::Together) => TOGETHER,
        Some(Ruling::Link(rule)) => TOGETHER + 1 + u32::from(rule),
        _ => BY_WEIGHT,
    }
}

/// From the pair to be preferred: put together by a constraint, of an earlier rule, heavier, of lower records.
fn by_preference(pairs: &ScoredPairs, a: usize, b: usize) -> Ordering {
    let records = |pair: usize| (pairs.left[pair], pairs.right[pair]);
    rank(pairs, a)
        .cmp(&rank(pairs, b))
        .then_with(|| pairs.weight[b].total_cmp(&pairs.weight[a]))
        .then_with(|| records(a).cmp(&records(b)))
}

/// Keeps a link if it is the one to be preferred of at least one of its ends, or put together by a constraint. Also counts
/// the links given up that are as good as that of one of their ends but for the order of records.
fn best_links(n: usize, pairs: &ScoredPairs, accepted: &[bool]) -> (Vec<bool>, u32) {
    const NONE: usize = usize::MAX;
    let mut best = vec![NONE; n];
    let better = |pair: usize, than: usize| by_preference(pairs, pair, than).is_lt();
    for pair in (0..pairs.len()).filter(|&pair| accepted[pair]) {
        for record in [pairs.left[pair], pairs.right[pair]] {
            let slot = &mut best[record as usize];
            if *slot == NONE || better(pair, *slot) {
                *slot = pair;
            }
        }
    }
    let mut kept: Vec<bool> = (0..pairs.len()).map(|pair| pairs.is_constrained(pair)).collect();
    for &pair in best.iter().filter(|&&pair| pair != NONE) {
        kept[pair] = true;
    }
    let tied = |pair: usize| {
        let ends = [pairs.left[pair], pairs.right[pair]];
        let is_as_good = |other: usize| {
            rank(pairs, other) == rank(pairs, pair)
                && pairs.weight[other].total_cmp(&pairs.weight[pair]).is_eq()
        };
        ends.iter().any(|&record| is_as_good(best[record as usize]))
    };
    let n_ties = (0..pairs.len()).filter(|&pair| accepted[pair] && !kept[pair] && tied(pair)).count();
    (kept, n_ties as u32)
}

#[cfg(test)]
mod tests;
