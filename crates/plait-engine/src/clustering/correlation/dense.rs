//! Clusters of a few records between all of which weights are known.

use super::{BENEFIT, Join, NOT_COMPARED, log2_sum};

/// Rounds of moving single records.
const ROUNDS: usize = 10;
/// Bits by which a record fits its cluster better than any other, and is there for certain.
const SURE: f64 = 10.0;
/// Bits by which a record fits its cluster better than another one, or it is put to neither: that the two may be one person is
/// no reason to choose between them by the order of the files.
const TIE: f64 = 1.0;
/// A move must gain more than rounding can, and so must what is no tie.
const LEAST_GAIN: f64 = 1e-9;

/// Weights between all pairs of some records.
pub(super) struct Dense {
    n: usize,
    /// NaN where nothing has been said: the pair was not compared.
    weights: Vec<f64>,
    /// Records that are together whatever their weights, in the order in which they merge.
    must: Vec<(usize, usize)>,
}

/// Where a record belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The lowest record of its cluster.
    pub(super) lowest: usize,
    /// It is by itself because two clusters have about the same claim to it.
    pub(super) is_undecided: bool,
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

    /// Where each record belongs.
    pub(super) fn clusters(&self, cut: f64) -> Vec<Place> {
        let mut cluster_of = self.moved(cut);
        let undecided = self.take_out_undecided(&mut cluster_of, cut);
        let place = |(lowest, is_undecided)| Place { lowest, is_undecided };
        by_lowest(&cluster_of).into_iter().zip(undecided).map(place).collect()
    }

    /// Clusters with records in them that may as well belong elsewhere.
    pub(super) fn moved(&self, cut: f64) -> Vec<usize> {
        let mut cluster_of = self.merged(cut);
        self.move_records(&mut cluster_of, cut);
        cluster_of
    }

    /// Takes records out of their cluster that may as well belong to another one.
    ///
    /// A record `r` is in a cluster A with the odds of all their pairs, `2^S(r, A)`, as long as nothing else has a claim to
    /// it. Where it has pairs with a cluster B too, there are five cases, and these odds to one another: it belongs to A
    /// alone, `2^S(r, A)`, to B alone, `2^S(r, B)`, to both, which then are one person, `2^(S(r, A) + S(r, B) + S(A, B))`, to
    /// neither, 1, or to B in the place of one of its records `q`, which belongs to A instead,
    /// `2^(S(r, B - q) + S(q, A - r) - S(q, B - q))`: of two twins whose records have no names, each fits each. It stays if the
    /// first and third together reach the cut and it fits A better than B by a [`TIE`]. Says of each record whether it was
    /// taken out.
    fn take_out_undecided(&self, cluster_of: &mut [usize], cut: f64) -> Vec<bool> {
        let is_fixed = self.fixed();
        let mut undecided = vec![false; self.n];
        for record in (0..self.n).filter(|&record| !is_fixed[record]) {
            let own = cluster_of[record];
            let sums = self.sums_to(record, cluster_of);
            let stays = sums[own].0;
            // with others, if it was never compared with them
            if !(0..self.n).any(|other| other != record && cluster_of[other] == own) {
                continue;
            }
            let rival = (0..self.n)
                .filter(|&cluster| cluster != own && sums[cluster].1 >= cut + BENEFIT)
                .map(|cluster| {
                    let others =
                        (0..self.n).filter(|&other| cluster_of[other] == cluster && !is_fixed[other]);
                    let swapped = others
                        .map(|other| self.swapped(record, other, cluster_of))
                        .fold(f64::NEG_INFINITY, f64::max);
                    (log2_sum(sums[cluster].0, swapped), cluster)
                })
                .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            let Some((elsewhere, rival)) = rival else { continue };
            if stays - elsewhere > SURE {
                continue;
            }
            let both = stays + sums[rival].0 + self.sum_between_others(record, cluster_of, rival);
            let is_likely = log2_sum(stays, both) - log2_sum(elsewhere, 0.0) >= cut;
            if !is_likely || stays - elsewhere < TIE - LEAST_GAIN {
                cluster_of[record] = unused(cluster_of);
                undecided[record] = true;
            }
        }
        undecided
    }

    /// What `record` weighs in the cluster of `other` and `other` in that of `record`, less what `other` weighs where it is.
    fn swapped(&self, record: usize, other: usize, cluster_of: &[usize]) -> f64 {
        let (own, rival) = (cluster_of[record], cluster_of[other]);
        let to_the_rest = |of: usize, cluster: usize| -> f64 {
            let rest = (0..self.n).filter(|&at| cluster_of[at] == cluster && at != record && at != other);
            rest.map(|at| self.weight(of, at)).sum()
        };
        let stays = to_the_rest(other, rival);
        // what is apart from its own is there because it must be
        if stays == f64::NEG_INFINITY {
            return f64::NEG_INFINITY;
        }
        to_the_rest(record, rival) + to_the_rest(other, own) - stays
    }

    /// What a pair counts.
    fn weight(&self, left: usize, right: usize) -> f64 {
        let weight = self.weights[left * self.n + right];
        if weight.is_nan() { NOT_COMPARED } else { weight }
    }

    fn fixed(&self) -> Vec<bool> {
        let mut is_fixed = vec![false; self.n];
        for &(left, right) in &self.must {
            is_fixed[left] = true;
            is_fixed[right] = true;
        }
        is_fixed
    }

    /// The sum of the weights between a record and the other records of each cluster, and the greatest of them.
    fn sums_to(&self, record: usize, cluster_of: &[usize]) -> Vec<(f64, f64)> {
        let mut sums = vec![(0.0, f64::NEG_INFINITY); self.n];
        for other in (0..self.n).filter(|&other| other != record) {
            let (sum, most) = &mut sums[cluster_of[other]];
            *sum += self.weight(record, other);
            // the other one if this is none
            *most = most.max(self.weights[record * self.n + other]);
        }
        sums
    }

    /// The sum of the weights between the other records of a record's cluster and those of another one.
    fn sum_between_others(&self, record: usize, cluster_of: &[usize], rival: usize) -> f64 {
        let of = |cluster: usize| (0..self.n).filter(move |&at| cluster_of[at] == cluster);
        let others = of(cluster_of[record]).filter(|&other| other != record);
        others.flat_map(|left| of(rival).map(move |right| self.weight(left, right))).sum()
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
        let mut members: Vec<Vec<u32>> = (0..self.n as u32).map(|record| vec![record]).collect();
        let mut joins = Vec::with_capacity(self.n.saturating_sub(1));
        while let Some((low, high)) = merging.next() {
            let bits = merging.sums[low * self.n + high];
            merging.merge(low, high);
            let of_high = std::mem::take(&mut members[high]);
            joins.push(Join { bits, sides: [members[low].clone(), of_high.clone()] });
            members[low].extend(of_high);
        }
        let apart: Vec<usize> = (0..self.n).filter(|&cluster| merging.alive[cluster]).collect();
        for (place, &low) in apart.iter().enumerate() {
            joins.extend(apart[..place].iter().map(|&high| Join {
                bits: f64::NEG_INFINITY,
                sides: [members[low].clone(), members[high].clone()],
            }));
        }
        joins
    }

    /// Moves single records to clusters, or out of them, for as long as that is better for the sum of weights within.
    fn move_records(&self, cluster_of: &mut [usize], cut: f64) {
        let is_fixed = self.fixed();
        // who asks for less than even odds gets it
        let least = cut.min(0.0);
        for _ in 0..ROUNDS {
            let mut moved = false;
            for record in (0..self.n).filter(|&record| !is_fixed[record]) {
                let sums = self.sums_to(record, cluster_of);
                let own = cluster_of[record];
                let stays = sums[own].0;
                let best = (0..self.n)
                    .filter(|&cluster| cluster != own && sums[cluster].1 >= cut + BENEFIT)
                    .map(|cluster| (sums[cluster].0, cluster))
                    .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
                let (gain, to) = match best {
                    Some((sum, cluster)) if sum > least => (sum - stays, Some(cluster)),
                    _ => (least - stays, None),
                };
                if gain > LEAST_GAIN {
                    cluster_of[record] = to.unwrap_or_else(|| unused(cluster_of));
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

/// The number of a cluster without records; there is one where some cluster has several.
fn unused(cluster_of: &[usize]) -> usize {
    (0..cluster_of.len())
        .find(|cluster| !cluster_of.contains(cluster))
        .expect("a record leaves another behind")
}

/// Clusters known by their lowest record.
pub(super) fn by_lowest(cluster_of: &[usize]) -> Vec<usize> {
    let mut lowest = vec![usize::MAX; cluster_of.len()];
    cluster_of.iter().enumerate().for_each(|(record, &c)| lowest[c] = lowest[c].min(record));
    cluster_of.iter().map(|&cluster| lowest[cluster]).collect()
}
