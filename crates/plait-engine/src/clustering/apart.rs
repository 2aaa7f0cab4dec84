//! Links without those that would bring records into one person that are kept apart.

use super::{Components, LOOK_AT_ALL, by_preference};
use crate::conflicts::Conflicts;
use crate::constraints::Constraints;
use crate::scoring::ScoredPairs;
use std::collections::{BTreeMap, BTreeSet};

/// What keeps records apart.
pub(super) struct Apart<'a> {
    pub(super) constraints: &'a Constraints,
    /// Absent where numbers that conflict do not count.
    pub(super) conflicts: Option<&'a Conflicts<'a>>,
}

/// Persons while they grow, each known by its lowest record, and which of them are kept apart.
struct Growing {
    persons: Components,
    kept_apart: BTreeMap<u32, BTreeSet<u32>>,
}

impl Apart<'_> {
    /// Whether two records are kept apart.
    pub(super) fn keeps(&self, left: u32, right: u32) -> bool {
        self.constraints.kept_apart_by(left, right).is_some()
            || self.conflicts.is_some_and(|conflicts| conflicts.between(left, right))
    }

    /// Takes links out of persons that hold records which are kept apart: their links are taken again, from the one to be
    /// preferred down, each only if it does not bring such records into one person. Other persons stay as they are.
    ///
    /// Of a person of more than [`LOOK_AT_ALL`] records only the kept pairs are asked for numbers that conflict.
    pub(super) fn take_again(&self, n_records: usize, pairs: &ScoredPairs, is_link: &mut [bool]) {
        if self.constraints.apart().is_empty() && self.conflicts.is_none_or(Conflicts::is_empty) {
            return;
        }
        let mut persons = Components::new(n_records);
        for pair in (0..pairs.len()).filter(|&pair| is_link[pair]) {
            persons.join(pairs.left[pair], pairs.right[pair]);
        }
        let within = self.within(n_records, pairs, &mut persons);
        if within.is_empty() {
            return;
        }
        let broken: BTreeSet<u32> = within.iter().map(|&(left, _)| persons.root(left)).collect();
        let mut is_broken = |pair: usize| broken.contains(&persons.root(pairs.left[pair]));
        let mut links: Vec<usize> =
            (0..pairs.len()).filter(|&pair| is_link[pair] && is_broken(pair)).collect();
        links.sort_by(|&a, &b| by_preference(pairs, a, b));
        let mut growing = Growing::new(n_records, &within);
        for pair in links {
            is_link[pair] = growing.join(pairs.left[pair], pairs.right[pair]);
        }
    }

    /// The pairs of records that are kept apart and in one person.
    fn within(&self, n_records: usize, pairs: &ScoredPairs, persons: &mut Components) -> Vec<(u32, u32)> {
        let constrained = self.constraints.apart().iter().copied();
        let mut within: Vec<(u32, u32)> =
            constrained.filter(|&(left, right)| persons.root(left) == persons.root(right)).collect();
        let Some(conflicts) = self.conflicts.filter(|conflicts| !conflicts.is_empty()) else {
            return within;
        };
        let mut by_person: Vec<(u32, u32)> =
            (0..n_records as u32).map(|record| (persons.root(record), record)).collect();
        by_person.sort_unstable();
        let mut is_large = vec![false; n_records];
        for person in by_person.chunk_by(|a, b| a.0 == b.0) {
            if person.len() > LOOK_AT_ALL {
                is_large[person[0].0 as usize] = true;
                continue;
            }
            for (place, &(_, left)) in person.iter().enumerate() {
                let rights = person[place + 1..].iter().map(|&(_, right)| right);
                within.extend(
                    rights.filter(|&right| conflicts.between(left, right)).map(|right| (left, right)),
                );
            }
        }
        for (&left, &right) in pairs.left.iter().zip(&pairs.right) {
            let person = persons.root(left);
            if is_large[person as usize] && persons.root(right) == person && conflicts.between(left, right) {
                within.push((left, right));
            }
        }
        within
    }
}

impl Growing {
    fn new(n_records: usize, apart: &[(u32, u32)]) -> Self {
        let mut kept_apart: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for &(left, right) in apart {
            kept_apart.entry(left).or_default().insert(right);
            kept_apart.entry(right).or_default().insert(left);
        }
        Self { persons: Components::new(n_records), kept_apart }
    }

    /// Puts two records into one person, unless their persons are kept apart; says whether they are in one.
    fn join(&mut self, left: u32, right: u32) -> bool {
        let (left, right) = (self.persons.root(left), self.persons.root(right));
        let (low, high) = (left.min(right), left.max(right));
        if low == high {
            return true;
        }
        if self.kept_apart.get(&low).is_some_and(|others| others.contains(&high)) {
            return false;
        }
        self.persons.join(low, high);
        if let Some(moved) = self.kept_apart.remove(&high) {
            for other in &moved {
                let others = self.kept_apart.get_mut(other).expect("what is kept apart is so both ways");
                others.remove(&high);
                others.insert(low);
            }
            self.kept_apart.entry(low).or_default().extend(moved);
        }
        true
    }
}
