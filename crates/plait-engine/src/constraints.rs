//! Constraints: pairs of records of which somebody knows, from elsewhere, whether they are one person.
//!
//! They hold whatever pairs weigh, rules link and numbers say. What must be together is one holder of everything that its
//! records say: what keeps one of them apart from another record keeps all of them apart from it.

use crate::comparison::Comparer;
use crate::deterministic::Ruling;
use crate::scoring::{ScoredPairs, Scorer};
use hashbrown::HashMap;
use std::collections::{BTreeSet, VecDeque};

/// Two records, the lower one first.
pub type Pair = (u32, u32);

/// Pairs of records that must be one person, and pairs that must never be. They do not contradict each other.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    /// Each once, in order.
    together: Vec<Pair>,
    /// Each once, in order.
    apart: Vec<Pair>,
    /// Per record of `together`, the place of its group.
    group_of: HashMap<u32, usize>,
    /// Records that must be one person, directly or by way of others, in order.
    groups: Vec<Vec<u32>>,
    /// By the first records of two groups, the first pair that keeps these apart.
    kept_apart_by: HashMap<Pair, Pair>,
}

/// A pair that must never be one person, and the pairs that must be and lead from one of its records to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The pair; the first of several.
    pub apart: Pair,
    /// The shortest way between its records, in order.
    pub chain: Vec<Pair>,
}

impl Constraints {
    /// From pairs in any order, also given several times. Panics if a pair is of one record.
    pub fn new(
        together: impl IntoIterator<Item = (u32, u32)>,
        apart: impl IntoIterator<Item = (u32, u32)>,
    ) -> Result<Self, Contradiction> {
        let together: BTreeSet<Pair> = together.into_iter().map(in_order).collect();
        let apart: BTreeSet<Pair> = apart.into_iter().map(in_order).collect();
        let mut constraints = Self {
            together: together.into_iter().collect(),
            apart: apart.into_iter().collect(),
            ..Self::default()
        };
        constraints.find_groups();
        for &pair in &constraints.apart {
            if let Some(chain) = constraints.chain(pair.0, pair.1) {
                return Err(Contradiction { apart: pair, chain });
            }
            let firsts = in_order((constraints.first(pair.0), constraints.first(pair.1)));
            constraints.kept_apart_by.entry(firsts).or_insert(pair);
        }
        Ok(constraints)
    }

    fn find_groups(&mut self) {
        for &(left, right) in &self.together {
            let places = [left, right].map(|record| self.group_of.get(&record).copied());
            match places {
                [None, None] => {
                    self.group_of.extend([(left, self.groups.len()), (right, self.groups.len())]);
                    self.groups.push(vec![left, right]);
                }
                [Some(place), None] | [None, Some(place)] => {
                    let other = if places[0].is_none() { left } else { right };
                    self.group_of.insert(other, place);
                    self.groups[place].push(other);
                }
                [Some(a), Some(b)] if a == b => {}
                [Some(a), Some(b)] => {
                    let (a, b) = if self.groups[a].len() < self.groups[b].len() { (b, a) } else { (a, b) };
                    let moved = std::mem::take(&mut self.groups[b]);
                    moved.iter().for_each(|&record| _ = self.group_of.insert(record, a));
                    self.groups[a].extend(moved);
                }
            }
        }
        self.groups.iter_mut().for_each(|group| group.sort_unstable());
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.together.is_empty() && self.apart.is_empty()
    }

    /// The pairs that must be one person, in order.
    pub fn together(&self) -> &[Pair] {
        &self.together
    }

    /// The pairs that must never be one person, in order.
    pub fn apart(&self) -> &[Pair] {
        &self.apart
    }

    /// The records that must be one person with this one, itself included, in order.
    pub fn group<'a>(&'a self, record: &'a u32) -> &'a [u32] {
        match self.group_of.get(record) {
            Some(&place) => &self.groups[place],
            None => std::slice::from_ref(record),
        }
    }

    /// The lowest of the records that must be one person with this one.
    pub fn first(&self, record: u32) -> u32 {
        self.group(&record)[0]
    }

    /// The pair because of which two records are never one person: they themselves, or records that must be with them.
    pub fn kept_apart_by(&self, left: u32, right: u32) -> Option<Pair> {
        if self.apart.is_empty() {
            return None;
        }
        self.kept_apart_by.get(&in_order_or_same((self.first(left), self.first(right)))).copied()
    }

    /// The pairs because of which two records must be one person: the shortest way from one to the other, in order.
    pub fn chain(&self, left: u32, right: u32) -> Option<Vec<Pair>> {
        let group = self.group(&left);
        if left == right || !group.contains(&right) {
            return None;
        }
        let within: Vec<Pair> =
            self.together.iter().copied().filter(|pair| group.binary_search(&pair.0).is_ok()).collect();
        let mut came_by: HashMap<u32, Pair> = HashMap::new();
        let mut queue = VecDeque::from([right]);
        while let Some(record) = queue.pop_front() {
            for &pair in within.iter().filter(|pair| pair.0 == record || pair.1 == record) {
                let other = other_end(pair, record);
                if other != right && !came_by.contains_key(&other) {
                    came_by.insert(other, pair);
                    queue.push_back(other);
                }
            }
        }
        let mut chain = Vec::new();
        let mut at = left;
        while at != right {
            let pair = came_by[&at];
            chain.push(pair);
            at = other_end(pair, at);
        }
        Some(chain)
    }

    /// Takes the pairs that are kept apart out of the scored ones, tells those that must be together so, and adds those of
    /// them that are not there, with their weights. What deterministic rules say has to be told before.
    pub fn apply(&self, comparer: &Comparer<'_>, scorer: &Scorer<'_>, pairs: &mut ScoredPairs) {
        self.take_out_apart(pairs);
        let rulings: Vec<_> =
            self.together.iter().map(|&(left, right)| (left, right, Ruling::Together)).collect();
        pairs.tell(&rulings, comparer, scorer);
    }

    pub(crate) fn take_out_apart(&self, pairs: &mut ScoredPairs) {
        if !self.apart.is_empty() {
            let keep: Vec<bool> = (0..pairs.len())
                .map(|pair| self.kept_apart_by(pairs.left[pair], pairs.right[pair]).is_none())
                .collect();
            pairs.retain(&keep);
        }
    }
}

fn in_order(pair: (u32, u32)) -> Pair {
    assert_ne!(pair.0, pair.1, "a pair is of two records");
    in_order_or_same(pair)
}

fn in_order_or_same((a, b): (u32, u32)) -> Pair {
    (a.min(b), a.max(b))
}

fn other_end(pair: Pair, end: u32) -> u32 {
    if pair.0 == end { pair.1 } else { pair.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clustering::Components;
    use crate::fixture::fixed;
    use proptest::prelude::*;

    fn any_pairs(most: usize) -> impl Strategy<Value = Vec<(u32, u32)>> {
        let pair = (0u32..9, 0u32..9).prop_filter("of two records", |(a, b)| a != b);
        prop::collection::vec(pair, 0..most)
    }

    proptest! {
        #![proptest_config(fixed(600))]

        #[test]
        fn groups_are_what_pairs_reach_and_all_their_records_are_kept_apart(
            together in any_pairs(7),
            apart in any_pairs(5),
        ) {
            let mut components = Components::new(9);
            together.iter().for_each(|&(a, b)| components.join(a, b));
            let person_of = components.into_persons().person_of;
            let same = |a: u32, b: u32| person_of[a as usize] == person_of[b as usize];
            let contradicts = apart.iter().any(|&(a, b)| same(a, b));
            match Constraints::new(together.iter().copied(), apart.iter().copied()) {
                Err(Contradiction { apart: pair, chain }) => {
                    prop_assert!(contradicts && apart.iter().any(|&given| in_order(given) == pair));
                    let mut at = pair.0;
                    for step in chain {
                        prop_assert!(together.iter().any(|&given| in_order(given) == step));
                        at = other_end(step, at);
                    }
                    prop_assert_eq!(at, pair.1);
                }
                Ok(constraints) => {
                    prop_assert!(!contradicts);
                    for a in 0..9 {
                        let group: Vec<u32> = (0..9).filter(|&b| same(a, b)).collect();
                        prop_assert_eq!(constraints.group(&a), &group[..]);
                        for b in 0..9 {
                            let expected = apart.iter().any(|&(x, y)| (same(a, x) && same(b, y)) || (same(a, y) && same(b, x)));
                            prop_assert_eq!(constraints.kept_apart_by(a, b).is_some(), expected);
                            prop_assert_eq!(constraints.chain(a, b).is_some(), a != b && same(a, b));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_contradiction_names_the_shortest_way() {
        let together = [(0, 1), (1, 2), (2, 3), (1, 3)];
        let found = Constraints::new(together, [(5, 6), (3, 0)]).unwrap_err();
        assert_eq!(found, Contradiction { apart: (0, 3), chain: vec![(0, 1), (1, 3)] });
    }
}
