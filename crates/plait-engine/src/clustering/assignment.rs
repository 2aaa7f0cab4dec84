//! At most one record of each source in a person.
//!
//! Between two sources the choice is optimal: in every connected component of the accepted links, the set of links
//! with the greatest total weight in which no record occurs twice (shortest augmenting paths with potentials, after
//! Jonker and Volgenant 1987, on the sparse graph). Among more sources the problem is NP-hard; there, links are taken
//! from the heaviest down, each if it leaves at most one record of each source in the person. Links by deterministic rules
//! come before all others, rule by rule.
//!
//! The best choice between two sources may be hardly better than another one, or as good. So only pairs that are likely enough
//! given all others ([`odds_given_others`]) are chosen from, and records that fit two alike stay by themselves.
//!
//! Records that a constraint puts together count as one. They may be of one source, which no other link can bring about: a
//! person has two records of a source only where a constraint says that these are one person.

mod odds;

use super::apart::Apart;
use super::{Components, LEAST, by_preference, rank};
use crate::constraints::Constraints;
use crate::records::Records;
use crate::scoring::ScoredPairs;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Bits that a link by a rule weighs on top for every rule from its own on: more than any pair by its weight.
const BY_RULE: f64 = 100.0;
/// Bits of a pair that nothing but others as strong keep from being a link.
const LEAST_OF_TIE: f64 = -5.0;

/// Which accepted pairs are links.
pub(super) struct OneToOne {
    pub(super) is_link: Vec<bool>,
    /// Accepted pairs that were given up although another choice was about as good.
    pub(super) n_ties: u32,
    /// Records whose best link is not likely enough given all others, in order.
    pub(super) undecided: Vec<u32>,
    /// Between two sources, the bits of each pair given all others.
    pub(super) odds: Option<Vec<f64>>,
}

pub(super) fn one_to_one(
    records: &Records,
    pairs: &ScoredPairs,
    accepted: &[bool],
    cut: f64,
    apart: &Apart<'_>,
) -> OneToOne {
    if records.sources.len() != 2 {
        let is_link = best_choice(records, pairs, accepted, apart);
        let n_ties = count_ties(records, pairs, accepted, &is_link);
        return OneToOne { is_link, n_ties, undecided: Vec::new(), odds: None };
    }
    let odds = odds_given_others(records, pairs, apart);
    let is_likely = |pair: usize| accepted[pair] && (odds[pair] >= cut || !is_between(records, pairs, pair));
    let likely: Vec<bool> = (0..pairs.len()).map(is_likely).collect();
    let is_link = best_choice(records, pairs, &likely, apart);
    let mut has_link = vec![false; records.len()];
    for pair in (0..pairs.len()).filter(|&pair| is_link[pair]) {
        has_link[pairs.left[pair] as usize] = true;
        has_link[pairs.right[pair] as usize] = true;
    }
    // a strong pair of two records without a link, which is not likely enough for others that are as strong
    let is_tie = |&pair: &usize| {
        let [left, right] = [pairs.left[pair], pairs.right[pair]].map(|record| has_link[record as usize]);
        accepted[pair] && !left && !right && odds[pair] > LEAST_OF_TIE
    };
    let ties: Vec<usize> = (0..pairs.len()).filter(is_tie).collect();
    let mut undecided: Vec<u32> =
        ties.iter().flat_map(|&pair| [pairs.left[pair], pairs.right[pair]]).collect();
    undecided.sort_unstable();
    undecided.dedup();
    OneToOne { is_link, n_ties: ties.len() as u32, undecided, odds: Some(odds) }
}

/// Of the accepted pairs those of the greatest total weight, or nearly, with one record of each source in a person.
pub(super) fn best_choice(
    records: &Records,
    pairs: &ScoredPairs,
    accepted: &[bool],
    apart: &Apart<'_>,
) -> Vec<bool> {
    let between: Vec<usize> =
        (0..pairs.len()).filter(|&pair| accepted[pair] && is_between(records, pairs, pair)).collect();
    let mut persons = Components::new(records.len());
    apart.constraints.together().iter().for_each(|&(left, right)| persons.join(left, right));
    if records.sources.len() == 2 {
        optimal(records, pairs, &between, apart.constraints, &mut persons);
    } else {
        heaviest_first(records, pairs, &between, apart, &mut persons);
    }
    (0..pairs.len())
        .map(|pair| accepted[pair] && persons.root(pairs.left[pair]) == persons.root(pairs.right[pair]))
        .collect()
}

fn is_between(records: &Records, pairs: &ScoredPairs, pair: usize) -> bool {
    records.source_of(pairs.left[pair]) != records.source_of(pairs.right[pair])
}

/// Per scored pair of two sources, the bits of its being of one person, given all others and that no record has two
/// partners: infinite where constraints put its records together, or one of them together with a record of the other source.
fn odds_given_others(records: &Records, pairs: &ScoredPairs, apart: &Apart<'_>) -> Vec<f64> {
    let constraints = apart.constraints;
    let ends = |pair: usize| [pairs.left[pair], pairs.right[pair]].map(|record| constraints.first(record));
    let taken = taken_by_constraints(records, constraints);
    let is_open = |pair: &usize| {
        is_between(records, pairs, *pair)
            && !ends(*pair).iter().any(|&record| taken[record as usize])
            && constraints.kept_apart_by(pairs.left[*pair], pairs.right[*pair]).is_none()
    };
    let weight = |pair: usize| {
        let conflicts = apart.conflicts.as_ref();
        if let Some(rule) = pairs.linked_by_rule(pair) {
            // links by a rule come before all others, those of an earlier rule first
            return BY_RULE * f64::from(pairs.n_deterministic - rule)
                + pairs.weight[pair].clamp(LEAST, BY_RULE / 2.0);
        }
        // numbers that conflict are strong evidence, as every number can be wrong
        let in_conflict = conflicts.is_some_and(|all| all.between(pairs.left[pair], pairs.right[pair]));
        if in_conflict { pairs.weight[pair].min(LEAST) } else { pairs.weight[pair] }
    };
    let mut open: Vec<(u32, u32, usize)> = (0..pairs.len())
        .filter(is_open)
        .map(|pair| {
            let [left, right] = ends(pair);
            (left, right, pair)
        })
        .collect();
    // of what constraints put together the heaviest pair speaks
    open.sort_unstable_by(|a, b| {
        (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| weight(b.2).total_cmp(&weight(a.2)))
    });
    let same: Vec<&[(u32, u32, usize)]> = open.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
    let edges: Vec<Edge> =
        same.iter().map(|of| Edge { left: of[0].0, right: of[0].1, weight: weight(of[0].2) }).collect();
    let certain = |pair: usize| {
        let [left, right] = ends(pair);
        if left == right { f64::INFINITY } else { f64::NEG_INFINITY }
    };
    let mut bits: Vec<f64> = (0..pairs.len()).map(certain).collect();
    for (of, found) in same.iter().zip(odds::odds(records.len(), &edges)) {
        of.iter().for_each(|&(.., pair)| bits[pair] = found);
    }
    bits
}

/// Records that have their partner by a constraint, each group known by its first.
fn taken_by_constraints(records: &Records, constraints: &Constraints) -> Vec<bool> {
    let mut taken = vec![false; records.len()];
    for &(left, _) in constraints.together() {
        let group = constraints.group(&left);
        let is_of_both = group.iter().any(|&record| records.source_of(record) != records.source_of(group[0]));
        taken[group[0] as usize] = is_of_both;
    }
    taken
}

/// Rank by rank: what links of one rank take is not there for those of a later one.
fn optimal(
    records: &Records,
    pairs: &ScoredPairs,
    between: &[usize],
    constraints: &Constraints,
    persons: &mut Components,
) {
    let mut ranks: Vec<u32> = between.iter().map(|&pair| rank(pairs, pair)).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut taken = taken_by_constraints(records, constraints);
    // the two that a pair joins, each known by its first record
    let ends = |pair: usize| [pairs.left[pair], pairs.right[pair]].map(|record| constraints.first(record));
    for of_rank in ranks {
        let is_open = |pair: &usize| {
            rank(pairs, *pair) == of_rank && !ends(*pair).iter().any(|&record| taken[record as usize])
        };
        let open: Vec<Edge> = between
            .iter()
            .copied()
            .filter(is_open)
            .map(|pair| {
                let [left, right] = ends(pair);
                Edge { left, right, weight: pairs.weight[pair] }
            })
            .collect();
        for edge in heaviest(records.len(), &open) {
            let Edge { left, right, .. } = open[edge];
            persons.join(left, right);
            taken[left as usize] = true;
            taken[right as usize] = true;
        }
    }
}

/// A pair of records of two sources, the left of the first.
struct Edge {
    left: u32,
    right: u32,
    weight: f64,
}

/// The edges of the heaviest matching of all components.
fn heaviest(n: usize, open: &[Edge]) -> Vec<usize> {
    let mut components = Components::new(n);
    open.iter().for_each(|edge| components.join(edge.left, edge.right));
    let mut by_component: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, edge) in open.iter().enumerate() {
        by_component.entry(components.root(edge.left)).or_default().push(place);
    }
    by_component.values().flat_map(|edges| assign(open, edges)).collect()
}

/// The edges of the heaviest matching of one component.
fn assign(open: &[Edge], edges: &[usize]) -> Vec<usize> {
    if let [only] = edges {
        return vec![*only];
    }
    let index = |ends: &mut dyn Iterator<Item = u32>| {
        let mut all: Vec<u32> = ends.collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let lefts = index(&mut edges.iter().map(|&edge| open[edge].left));
    let rights = index(&mut edges.iter().map(|&edge| open[edge].right));
    let place = |all: &[u32], record| all.binary_search(&record).expect("collected above");
    // costs are not negative, and staying single costs more than any link, since accepted pairs are to be linked
    let heaviest = edges.iter().map(|&edge| open[edge].weight).fold(f64::NEG_INFINITY, f64::max);
    let lightest = edges.iter().map(|&edge| open[edge].weight).fold(f64::INFINITY, f64::min);
    let single = heaviest - lightest.min(0.0);
    let mut graph = Matching::new(lefts.len(), rights.len(), single);
    for &edge in edges {
        let (left, right) = (place(&lefts, open[edge].left), place(&rights, open[edge].right));
        graph.edges[left].push((right, heaviest - open[edge].weight, edge));
    }
    (0..lefts.len()).for_each(|left| graph.match_left(left));
    graph.matched.into_iter().flatten().map(|(_, edge)| edge).collect()
}

/// A growing matching of least cost.
struct Matching {
    /// Per left: right, cost, name of the edge.
    edges: Vec<Vec<(usize, f64, usize)>>,
    /// The cost of leaving a left single.
    single: f64,
    /// Per right: its left and the edge.
    matched: Vec<Option<(usize, usize)>>,
    potential_left: Vec<f64>,
    potential_right: Vec<f64>,
}

impl Matching {
    fn new(n_left: usize, n_right: usize, single: f64) -> Self {
        Self {
            edges: vec![Vec::new(); n_left],
            single,
            matched: vec![None; n_right],
            potential_left: vec![0.0; n_left],
            potential_right: vec![0.0; n_right],
        }
    }

    /// Brings one more left in, moving others along the cheapest alternating path; one of them may end up single.
    fn match_left(&mut self, start: usize) {
        let n_left = self.edges.len();
        let mut to_left = vec![f64::INFINITY; n_left];
        let mut to_right = vec![f64::INFINITY; self.matched.len()];
        // per right, the left and edge that the path came by
        let mut came_by: Vec<Option<(usize, usize)>> = vec![None; self.matched.len()];
        to_left[start] = 0.0;
        let mut queue = BinaryHeap::from([(Reverse(Distance(0.0)), start)]);
        let mut settled = vec![false; n_left];
        let mut best: (f64, End) = (f64::INFINITY, End::Single(start));
        while let Some((Reverse(Distance(distance)), left)) = queue.pop() {
            if settled[left] || distance >= best.0 {
                continue;
            }
            settled[left] = true;
            let alone = distance + self.single - self.potential_left[left];
            if alone < best.0 {
                best = (alone, End::Single(left));
            }
            for &(right, cost, edge) in &self.edges[left] {
                let reduced = (cost - self.potential_left[left] - self.potential_right[right]).max(0.0);
                let through = distance + reduced;
                if through >= to_right[right] {
                    continue;
                }
                to_right[right] = through;
                came_by[right] = Some((left, edge));
                match self.matched[right] {
                    None => {
                        if through < best.0 {
                            best = (through, End::Free(right));
                        }
                    }
                    Some((next, _)) => {
                        to_left[next] = through;
                        queue.push((Reverse(Distance(through)), next));
                    }
                }
            }
        }
        self.adjust_potentials(&to_left, &to_right, &settled, best.0);
        self.flip(start, best.1, &came_by);
    }

    fn adjust_potentials(&mut self, to_left: &[f64], to_right: &[f64], settled: &[bool], length: f64) {
        for (left, potential) in self.potential_left.iter_mut().enumerate() {
            if settled[left] && to_left[left] < length {
                *potential += length - to_left[left];
            }
        }
        for (right, potential) in self.potential_right.iter_mut().enumerate() {
            if to_right[right] < length {
                *potential -= length - to_right[right];
            }
        }
    }

    fn flip(&mut self, start: usize, end: End, came_by: &[Option<(usize, usize)>]) {
        let mut right = match end {
            End::Free(right) => right,
            End::Single(left) if left == start => return,
            // the left becomes single: its right is free for the path that reached it
            End::Single(left) => self
                .matched
                .iter()
                .position(|m| m.is_some_and(|(l, _)| l == left))
                .expect("it was reached by its right"),
        };
        loop {
            let (left, edge) = came_by[right].expect("the path leads back to the start");
            let freed = self.matched.iter().position(|m| m.is_some_and(|(l, _)| l == left));
            self.matched[right] = Some((left, edge));
            if left == start {
                return;
            }
            right = freed.expect("every left on the path but the first was matched");
        }
    }
}

#[derive(Clone, Copy)]
enum End {
    Free(usize),
    Single(usize),
}

/// Orders distances, of which none is NaN.
#[derive(PartialEq)]
struct Distance(f64);

impl Eq for Distance {}

impl PartialOrd for Distance {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Distance {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

fn heaviest_first(
    records: &Records,
    pairs: &ScoredPairs,
    between: &[usize],
    apart: &Apart<'_>,
    persons: &mut Components,
) {
    let mut order = between.to_vec();
    order.sort_by(|&a, &b| by_preference(pairs, a, b));
    // the records of each person, known by its first
    let mut records_of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for pair in order {
        let roots = [persons.root(pairs.left[pair]), persons.root(pairs.right[pair])];
        if roots[0] == roots[1] {
            continue;
        }
        let of = |root: u32| {
            records_of.get(&root).map_or_else(|| apart.constraints.group(&root).to_vec(), Vec::clone)
        };
        let (mut joined, other) = (of(roots[0]), of(roots[1]));
        let may_join =
            |&a: &u32, &b: &u32| records.source_of(a) != records.source_of(b) && !apart.keeps(a, b);
        if joined.iter().all(|a| other.iter().all(|b| may_join(a, b))) {
            joined.extend(other);
            persons.join(roots[0], roots[1]);
            records_of.insert(roots[0].min(roots[1]), joined);
        }
    }
}

/// Pairs given up that weigh exactly as much as a link that took the place of one of their ends.
fn count_ties(records: &Records, pairs: &ScoredPairs, accepted: &[bool], kept: &[bool]) -> u32 {
    let between: Vec<usize> =
        (0..pairs.len()).filter(|&pair| accepted[pair] && is_between(records, pairs, pair)).collect();
    let places = |pair: usize| {
        let worth = (rank(pairs, pair), pairs.weight[pair].to_bits());
        [pairs.left[pair], pairs.right[pair]].map(|record| (record, worth))
    };
    let mut taken: Vec<(u32, (u32, u64))> =
        between.iter().filter(|&&pair| kept[pair]).flat_map(|&pair| places(pair)).collect();
    taken.sort_unstable();
    let tied = |pair: usize| places(pair).iter().any(|place| taken.binary_search(place).is_ok());
    between.iter().filter(|&&pair| !kept[pair] && tied(pair)).count() as u32
}

#[cfg(test)]
pub(super) use tests::best_total;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deterministic::Ruling;
    use crate::fixture::scored;
    use crate::records::Source;
    use proptest::prelude::*;

    fn two_sources(n_left: u32, n_right: u32) -> Records {
        let source = |name: &str, start, end| Source {
            name: name.into(),
            start,
            end,
            n_in_all: u64::from(end - start),
        };
        Records {
            sources: vec![source("a", 0, n_left), source("b", n_left, n_left + n_right)],
            fields: Vec::new(),
            own_nicknames: None,
            places: Vec::new(),
        }
    }

    /// The twin: the best total over every way of taking or leaving each edge.
    pub(in crate::clustering) fn best_total(edges: &[(u32, u32, f64)], used: &mut Vec<u32>) -> f64 {
        let Some((&(left, right, weight), rest)) = edges.split_first() else { return 0.0 };
        let without = best_total(rest, used);
        if used.contains(&left) || used.contains(&right) {
            return without;
        }
        used.extend([left, right]);
        let with = weight + best_total(rest, used);
        used.truncate(used.len() - 2);
        with.max(without)
    }

    proptest! {
        #[test]
        fn no_other_one_to_one_choice_weighs_more(
            edges in prop::collection::btree_map((0u32..5, 5u32..10), 0i32..40, 0..12),
        ) {
            let edges: Vec<(u32, u32, f64)> =
                edges.into_iter().map(|((l, r), w)| (l, r, f64::from(w) / 2.0)).collect();
            let pairs = scored(&edges);
            let none = Constraints::default();
            let apart = Apart { constraints: &none, conflicts: None };
            let is_link = best_choice(&two_sources(5, 5), &pairs, &vec![true; edges.len()], &apart);
            let mut seen = Vec::new();
            let mut total = 0.0;
            for (pair, _) in is_link.iter().enumerate().filter(|(_, link)| **link) {
                for record in [pairs.left[pair], pairs.right[pair]] {
                    prop_assert!(!seen.contains(&record));
                    seen.push(record);
                }
                total += pairs.weight[pair];
            }
            prop_assert_eq!(total, best_total(&edges, &mut Vec::new()));
        }
    }

    #[test]
    fn a_record_that_fits_two_alike_is_linked_to_neither_and_one_that_fits_better_is() {
        let none = Constraints::default();
        let apart = Apart { constraints: &none, conflicts: None };
        let of = |weights: [f64; 2]| {
            let pairs = scored(&[(0, 2, weights[0]), (1, 2, weights[1])]);
            one_to_one(&two_sources(2, 1), &pairs, &[true, true], 0.0, &apart)
        };
        let tied = of([20.0, 20.0]);
        assert_eq!((tied.is_link, tied.n_ties, tied.undecided), (vec![false; 2], 2, vec![0, 1, 2]));
        let better = of([21.0, 20.0]);
        assert_eq!((better.is_link, better.n_ties, better.undecided), (vec![true, false], 0, vec![]));
        let odds = better.odds.unwrap();
        assert!((odds[0] - 1.0).abs() < 1e-4 && (odds[1] + 1.0).abs() < 1e-4, "two to one: {odds:?}");
    }

    fn odds_of(pairs: &ScoredPairs, constraints: &Constraints) -> Vec<f64> {
        let apart = Apart { constraints, conflicts: None };
        odds_given_others(&two_sources(2, 2), pairs, &apart)
    }

    #[test]
    fn what_a_constraint_puts_together_leaves_nothing_for_others() {
        let edges = [(0, 2, -3.0), (0, 3, 8.0), (1, 2, 8.0), (1, 3, 5.0)];
        let together = |pairs: &[(u32, u32)]| Constraints::new(pairs.iter().copied(), []).unwrap();
        let (one, none) = (f64::INFINITY, f64::NEG_INFINITY);
        assert_eq!(odds_of(&scored(&edges), &together(&[(0, 2)])), [one, none, none, 5.0]);
        // what is together by way of others is so too
        assert_eq!(odds_of(&scored(&edges), &together(&[(0, 2), (1, 2), (1, 3)])), [one; 4]);
        // two records of one source that are one person have one partner together
        let odds = odds_of(&scored(&edges), &together(&[(0, 1)]));
        assert!(odds.iter().all(|bits| bits.abs() < 0.01), "each of two partners has half: {odds:?}");
    }

    #[test]
    fn a_rule_comes_before_weights_and_what_it_says_of_two_alike_is_a_tie() {
        let edges = [(0, 2, -3.0), (0, 3, 8.0), (1, 2, 8.0), (1, 3, 5.0)];
        let mut pairs = scored(&edges);
        pairs.ruling[0] = Some(Ruling::Link(1));
        let odds = odds_of(&pairs, &Constraints::default());
        assert!(
            odds[0] > 50.0 && odds[1] < -50.0 && odds[2] < -50.0 && (odds[3] - 5.0).abs() < 0.01,
            "{odds:?}"
        );
        pairs.ruling[1] = Some(Ruling::Link(0));
        let odds = odds_of(&pairs, &Constraints::default());
        assert!(odds[1] > 50.0 && odds[0] < -50.0, "the earlier rule: {odds:?}");
        let mut pairs = scored(&[(0, 2, 8.0), (0, 3, 8.0)]);
        pairs.ruling.fill(Some(Ruling::Link(0)));
        let odds = odds_of(&pairs, &Constraints::default());
        assert!(odds.iter().all(|bits| bits.abs() < 0.01), "{odds:?}");
    }
}
