//! Correlation clustering: records are one person where the evidence for it, over all pairs of them, outweighs the
//! evidence against (Bansal, Blum and Chawla 2004).
//!
//! A chain of likely pairs is not yet one person: that a record resembles two others does not make these alike. So each
//! set of records that links reach is taken apart and put together again. Beginning with every record by itself, the
//! two clusters with the greatest sum of weights between them are merged, for as long as that sum reaches the cut.
//! In sets that are looked at whole, a record that holds nothing which another one of its cluster does not hold says nothing of
//! others that this one does not say, and is left out of sums but for records of its own source: which source both come from is
//! the one thing that it knows better.
//! A pair that was never a candidate counts a little against ([`NOT_COMPARED`]): had it been of one person, some
//! blocking rule would probably have made it. At the end single records move to where they fit better.
//!
//! What constraints put together is merged before anything else, what rules link after that. Larger sets than are looked at
//! whole are first taken apart by the kept pairs and the constraints alone.

mod dense;
mod holding;
mod sparse;

use super::apart::Apart;
use super::{BY_WEIGHT, Components, LOOK_AT_ALL, by_preference, rank};
use crate::scoring::ScoredPairs;
use dense::Dense;
pub(super) use holding::Holding;
use rayon::prelude::*;
use sparse::Sparse;

/// Makes what weighs pairs, for each thread its own: the weight of a pair, bits, if some blocking rule makes the pair.
pub type Weigher<'a> = dyn Fn() -> Box<WeighPair<'a>> + Sync + 'a;
type WeighPair<'a> = dyn FnMut(u32, u32) -> Option<f64> + 'a;

/// Bits of a pair that no blocking rule makes: half a nat. Of what was tried on generated people and on benchmarks, from
/// 0 (unlike records flow together) to 2 nats (persons of many records come apart), it was the best everywhere or equal to
/// the best.
pub(crate) const NOT_COMPARED: f64 = -0.72;
/// Bits that every compared pair is given on top, half a nat. The pairs of a person are not independent: where one record
/// has an error, all pairs of it say so.
const BENEFIT: f64 = 0.72;
/// Weights count up to here: no single pair is to outweigh everything else that is known.
const MOST: f64 = 43.0;
/// And down to here, for the same reason as [`BENEFIT`].
pub(crate) const LEAST: f64 = -10.0;
/// What a pair counts that cannot be of one person.
const APART: f64 = f64::NEG_INFINITY;

/// What decides which records are together.
pub(super) struct Question<'a, 'w> {
    pub(super) n_records: usize,
    pub(super) apart: &'a Apart<'a>,
    pub(super) pairs: &'a ScoredPairs,
    /// Per pair, whether it is at or above the cut.
    pub(super) accepted: &'a [bool],
    /// Bits that it takes to be together.
    pub(super) cut: f64,
    pub(super) weigher: &'a Weigher<'w>,
    pub(super) holding: Holding<'a>,
}

/// Where records belong.
pub(super) struct Answer {
    /// Per record, the lowest record of its cluster.
    pub(super) first_of: Vec<u32>,
    /// Records that are by themselves because two clusters have about the same claim to them, in order.
    pub(super) undecided: Vec<u32>,
}

/// Where one record of a set belongs.
struct Placed {
    record: u32,
    /// The lowest record of its cluster.
    first: u32,
    is_undecided: bool,
}

impl Question<'_, '_> {
    pub(super) fn answer(&self) -> Answer {
        let sets = self.sets();
        let found: Vec<Vec<Placed>> =
            sets.par_iter().map_init(|| (self.weigher)(), |weigh, set| self.split(set, weigh)).collect();
        let mut answer = Answer { first_of: (0..self.n_records as u32).collect(), undecided: Vec::new() };
        for placed in found.into_iter().flatten() {
            answer.first_of[placed.record as usize] = placed.first;
            if placed.is_undecided {
                answer.undecided.push(placed.record);
            }
        }
        answer.undecided.sort_unstable();
        answer
    }

    /// The pairs within each set of records that accepted pairs reach.
    fn sets(&self) -> Vec<Vec<u32>> {
        let mut components = Components::new(self.n_records);
        for pair in (0..self.pairs.len()).filter(|&pair| self.accepted[pair]) {
            components.join(self.pairs.left[pair], self.pairs.right[pair]);
        }
        let mut by_set: Vec<(u32, u32)> = Vec::new();
        for pair in 0..self.pairs.len() {
            let root = components.root(self.pairs.left[pair]);
            if root == components.root(self.pairs.right[pair]) {
                by_set.push((root, pair as u32));
            }
        }
        by_set.par_sort_unstable();
        by_set.chunk_by(|a, b| a.0 == b.0).map(|set| set.iter().map(|&(_, pair)| pair).collect()).collect()
    }

    fn split(&self, set: &[u32], weigh: &mut WeighPair<'_>) -> Vec<Placed> {
        let ends = |&pair: &u32| [self.pairs.left[pair as usize], self.pairs.right[pair as usize]];
        let mut records: Vec<u32> = set.iter().flat_map(ends).collect();
        records.sort_unstable();
        records.dedup();
        if records.len() <= LOOK_AT_ALL {
            return self.split_looking_at_all(&records, set, weigh);
        }
        let place = |record| records.binary_search(&record).expect("an end of its pairs") as u32;
        let mut sparse = Sparse::new(records.len());
        for &pair in set {
            let [left, right] = ends(&pair).map(place);
            sparse.set(left, right, self.weight(pair as usize));
        }
        for (left, right) in self.apart_within(&records) {
            sparse.set(place(left), place(right), APART);
        }
        for pair in self.musts(set) {
            let [left, right] = ends(&pair).map(place);
            sparse.must(left, right);
        }
        let clusters = sparse.clusters(self.cut);
        let mut smaller: Vec<Vec<u32>> = vec![Vec::new(); records.len()];
        for &pair in set {
            let [left, right] = ends(&pair).map(|record| clusters[place(record) as usize]);
            if left == right {
                smaller[left as usize].push(pair);
            }
        }
        let mut found: Vec<Placed> = Vec::new();
        for pairs in smaller.into_iter().filter(|pairs| !pairs.is_empty()) {
            let mut within: Vec<u32> = pairs.iter().flat_map(ends).collect();
            within.sort_unstable();
            within.dedup();
            if within.len() <= LOOK_AT_ALL {
                found.extend(self.split_looking_at_all(&within, &pairs, weigh));
            } else {
                let first = within[0];
                found.extend(within.iter().map(|&record| Placed { record, first, is_undecided: false }));
            }
        }
        found
    }

    /// What a kept pair counts.
    fn weight(&self, pair: usize) -> f64 {
        let (left, right) = (self.pairs.left[pair], self.pairs.right[pair]);
        if self.apart.keeps(left, right) { APART } else { clipped(self.pairs.weight[pair]) }
    }

    /// Of the pairs of a set those that are together whatever else is known: by a constraint, then by one rule after the
    /// other.
    fn musts(&self, set: &[u32]) -> Vec<u32> {
        let is_must = |pair: &u32| rank(self.pairs, *pair as usize) < BY_WEIGHT;
        let mut musts: Vec<u32> = set.iter().copied().filter(is_must).collect();
        musts.sort_by(|&a, &b| by_preference(self.pairs, a as usize, b as usize));
        musts
    }

    /// The pairs of these records, which are in order, that constraints keep apart.
    fn apart_within(&self, records: &[u32]) -> impl Iterator<Item = (u32, u32)> {
        let has = |record: &u32| records.binary_search(record).is_ok();
        self.apart.constraints.apart().iter().copied().filter(move |(left, right)| has(left) && has(right))
    }

    fn split_looking_at_all(&self, records: &[u32], set: &[u32], weigh: &mut WeighPair<'_>) -> Vec<Placed> {
        let place = |record| records.binary_search(&record).expect("an end of its pairs");
        let mut dense = Dense::new(records.len());
        for &pair in set {
            let pair = pair as usize;
            let (left, right) = (place(self.pairs.left[pair]), place(self.pairs.right[pair]));
            dense.set(left, right, self.weight(pair));
        }
        for pair in self.musts(set) {
            dense.must(place(self.pairs.left[pair as usize]), place(self.pairs.right[pair as usize]));
        }
        for (left, right) in dense.unknown() {
            let pair = (records[left], records[right]);
            let weight = if self.apart.keeps(pair.0, pair.1) {
                Some(APART)
            } else {
                weigh(pair.0, pair.1).map(clipped)
            };
            if let Some(weight) = weight {
                dense.set(left, right, weight);
            }
        }
        for (place, &record) in records.iter().enumerate() {
            for (other_place, &other) in records.iter().enumerate().filter(|&(_, &other)| other != record) {
                if self.holding.is_within(record, other) {
                    dense.holds_no_more(place, other_place);
                }
                if self.holding.are_of_one_source(record, other) {
                    dense.are_of_one_source(place, other_place);
                }
            }
        }
        let placed = records.iter().zip(dense.clusters(self.cut));
        placed
            .map(|(&record, place)| Placed {
                record,
                first: records[place.lowest],
                is_undecided: place.is_undecided,
            })
            .collect()
    }
}

/// Two clusters that became one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Join {
    /// What all pairs between them weigh together, bits.
    pub(crate) bits: f64,
    /// Their records, by place among those that were asked about.
    pub(crate) sides: [Vec<u32>; 2],
}

impl Join {
    /// Pairs between the two.
    pub(crate) fn n_pairs(&self) -> usize {
        self.sides[0].len() * self.sides[1].len()
    }
}

/// How these records came together, if they are one person: each of the joins that it takes, from the surest on. `weigh`
/// gives the bits of a pair, infinite ones of pairs that are together or apart whatever else is known, and `None` of pairs
/// that were not compared.
pub(crate) fn joins(records: &[u32], mut weigh: impl FnMut(u32, u32) -> Option<f64>) -> Vec<Join> {
    let mut dense = Dense::new(records.len());
    for (place, &left) in records.iter().enumerate() {
        for (other, &right) in records.iter().enumerate().skip(place + 1) {
            match weigh(left, right) {
                Some(bits) if bits == f64::NEG_INFINITY => dense.set(place, other, APART),
                Some(bits) => dense.set(place, other, clipped(bits)),
                None => {}
            }
        }
    }
    dense.joins()
}

/// What a weight counts.
pub(crate) fn clipped(weight: f64) -> f64 {
    (weight + BENEFIT).clamp(LEAST, MOST)
}

/// `log2(2^a + 2^b)`.
pub(crate) fn log2_sum(a: f64, b: f64) -> f64 {
    let (less, more) = if a < b { (a, b) } else { (b, a) };
    if less == f64::NEG_INFINITY {
        more
    } else {
        more + (less - more).exp2().ln_1p() / std::f64::consts::LN_2
    }
}

#[cfg(test)]
mod tests;
