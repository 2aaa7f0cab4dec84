//! Clusters of a few records between all of which weights are known.

use super::{BENEFIT, Join, NOT_COMPARED};

/// Rounds of moving single records.
const ROUNDS: usize = 10;
/// A move must gain more than rounding can.
const LEAST_GAIN: f64 = 1e-9;

/// Weights between all pairs of some records.
pub(super) struct Dense {
    n: usize,
    /// NaN where nothing has been said: the pair was not compared.
    weights: Vec<f64>,
    /// Records that are together whatever their weights, in the order in which they merge.
    must: Vec<(usize, usize)>,
}

/// Clusters while they merge: each is known by its lowest record.
struct Merging {
    n: usize,
    alive: Vec<bool>,
    cluster_of: Vec<usize>,
    /// Sum of the weights between two clusters, and the greatest of them.
    sums: Vec<f64>,
    most: Vec<f64>,
    /// Per cluster, the one that it would merge with first.
    best: Vec<Option<usize>>,
    cut: f64,
}

impl Dense {
    pub(super) fn new(n: usize) -> Self {
        Self { n, weights: vec![f64::NAN; n * n], must: Vec::new() }
    }

    pub(super) fn set(&mut self, left: usize, right: usize, weight: f64) {
        self.weights[left * self.n + right] = weight;
        self.weights[right * self.n + left] = weight;
    }

    pub(super) fn must(&mut self, left: usize, right: usize) {
        self.must.push((left, right));
    }

    /// Pairs of which nothing has been said.
    pub(super) fn unknown(&self) -> Vec<(usize, usize)> {
        let pairs = (0..self.n).flat_map(|left| (left + 1..self.n).map(move |right| (left, right)));
        pairs.filter(|&(left, right)| self.weights[left * self.n + right].is_nan()).collect()
    }

    /// Per record, the lowest record of its cluster.
    pub(super) fn clusters(&self, cut: f64) -> Vec<usize> {
        let mut cluster_of = self.merged(cut);
        self.move_records(&mut cluster_of, cut);
        by_lowest(&cluster_of)
    }

    /// Clusters before single records move.
    pub(super) fn merged(&self, cut: f64) -> Vec<usize> {
        let mut merging = Merging::start(self, cut);
        for &(left, right) in &self.must {
            let (left, right) = (merging.cluster_of[left], merging.cluster_of[right]);
            // what must be apart stays apart
            if left != right && merging.sums[left * self.n + right] > f64::NEG_INFINITY {
                merging.merge(left.min(right), left.max(right));
            }
        }
        while let Some((left, right)) = merging.next() {
            merging.merge(left, right);
        }
        merging.cluster_of
    }

    /// How all the records come together, whatever their weights: the joins of two clusters, from the one of the greatest sum
    /// down. What must be apart and is together nevertheless comes last.
    pub(super) fn joins(&self) -> Vec<Join> {
        let mut merging = Merging::start(self, f64::NEG_INFINITY);
        let mut sizes = vec![1; self.n];
        let mut joins = Vec::with_capacity(self.n.saturating_sub(1));
        while let Some((low, high)) = merging.next() {
            joins.push(Join { bits: merging.sums[low * self.n + high], n_pairs: sizes[low] * sizes[high] });
            merging.merge(low, high);
            sizes[low] += sizes[high];
        }
        let apart: Vec<usize> = (0..self.n).filter(|&cluster| merging.alive[cluster]).collect();
        for (place, &low) in apart.iter().enumerate() {
            let pairs = apart[..place].iter().map(|&high| sizes[low] * sizes[high]);
            joins.extend(pairs.map(|n_pairs| Join { bits: f64::NEG_INFINITY, n_pairs }));
        }
        joins
    }

    /// Moves single records to clusters, or out of them, for as long as that is better for the sum of weights within.
    fn move_records(&self, cluster_of: &mut [usize], cut: f64) {
        let mut is_fixed = vec![false; self.n];
        self.must.iter().for_each(|&(left, right)| {
            is_fixed[left] = true;
            is_fixed[right] = true;
        });
        // who asks for less than even odds gets it
        let least = cut.min(0.0);
        for _ in 0..ROUNDS {
            let mut moved = false;
            for record in (0..self.n).filter(|&record| !is_fixed[record]) {
                let mut sums = vec![(0.0, f64::NEG_INFINITY); self.n];
                for other in (0..self.n).filter(|&other| other != record) {
                    let (sum, most) = &mut sums[cluster_of[other]];
                    let weight = self.weights[record * self.n + other];
                    *sum += if weight.is_nan() { NOT_COMPARED } else { weight };
                    // the other one if this is none
                    *most = most.max(weight);
                }
                let own = cluster_of[record];
                let stays = sums[own].0;
                let best = (0..self.n)
                    .filter(|&cluster| cluster != own && sums[cluster].1 >= cut + BENEFIT)
                    .map(|cluster| (sums[cluster].0, cluster))
                    .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
                let alone = || (0..self.n).find(|cluster| !cluster_of.contains(cluster));
                let (gain, to) = match best {
                    Some((sum, cluster)) if sum > least => (sum - stays, Some(cluster)),
                    _ => (least - stays, alone()),
                };
                if let (true, Some(to)) = (gain > LEAST_GAIN, to) {
                    cluster_of[record] = to;
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }
}

impl Merging {
    fn start(dense: &Dense, cut: f64) -> Self {
        let n = dense.n;
        let mut merging = Self {
            n,
            alive: vec![true; n],
            cluster_of: (0..n).collect(),
            sums: dense.weights.iter().map(|&w| if w.is_nan() { NOT_COMPARED } else { w }).collect(),
            most: dense.weights.iter().map(|&w| if w.is_nan() { f64::NEG_INFINITY } else { w }).collect(),
            best: vec![None; n],
            cut,
        };
        (0..n).for_each(|cluster| merging.find_best(cluster));
        merging
    }

    /// The sum between two clusters if they may merge.
    fn sum(&self, a: usize, b: usize) -> Option<f64> {
        let place = a * self.n + b;
        let may = self.sums[place] >= self.cut && self.sums[place] > f64::NEG_INFINITY;
        (may && self.most[place] >= self.cut + BENEFIT).then_some(self.sums[place])
    }

    fn find_best(&mut self, cluster: usize) {
        let mut best: Option<(f64, usize)> = None;
        for other in (0..self.n).filter(|&other| other != cluster && self.alive[other]) {
            if let Some(sum) = self.sum(cluster, other)
                && best.is_none_or(|(most, _)| sum > most)
            {
                best = Some((sum, other));
            }
        }
        self.best[cluster] = best.map(|(_, other)| other);
    }

    /// The two clusters to be merged next: of the greatest sum, then the lowest.
    fn next(&self) -> Option<(usize, usize)> {
        let mut next: Option<(f64, usize, usize)> = None;
        for cluster in (0..self.n).filter(|&cluster| self.alive[cluster]) {
            let Some(other) = self.best[cluster] else { continue };
            let sum = self.sums[cluster * self.n + other];
            let (low, high) = (cluster.min(other), cluster.max(other));
            let is_better =
                |&(most, a, b): &(f64, usize, usize)| sum > most || (sum == most && (low, high) < (a, b));
            if next.as_ref().is_none_or(is_better) {
                next = Some((sum, low, high));
            }
        }
        next.map(|(_, low, high)| (low, high))
    }

    fn merge(&mut self, low: usize, high: usize) {
        self.alive[high] = false;
        self.cluster_of.iter_mut().filter(|cluster| **cluster == high).for_each(|cluster| *cluster = low);
        for other in (0..self.n).filter(|&other| other != low && self.alive[other]) {
            let (own, gone) = (low * self.n + other, high * self.n + other);
            let (sum, most) = (self.sums[own] + self.sums[gone], self.most[own].max(self.most[gone]));
            for place in [own, other * self.n + low] {
                self.sums[place] = sum;
                self.most[place] = most;
            }
        }
        self.find_best(low);
        for other in 0..self.n {
            if other == low || !self.alive[other] {
                continue;
            }
            match self.best[other] {
                Some(best) if best == low || best == high => self.find_best(other),
                best => {
                    let better = self.sum(other, low).is_some_and(|sum| {
                        best.is_none_or(|best| {
                            let now = self.sums[other * self.n + best];
                            sum > now || (sum == now && low < best)
                        })
                    });
                    if better {
                        self.best[other] = Some(low);
                    }
                }
            }
        }
    }
}

/// Clusters known by their lowest record.
fn by_lowest(cluster_of: &[usize]) -> Vec<usize> {
    let mut lowest = vec![usize::MAX; cluster_of.len()];
    cluster_of.iter().enumerate().for_each(|(record, &c)| lowest[c] = lowest[c].min(record));
    cluster_of.iter().map(|&cluster| lowest[cluster]).collect()
}
