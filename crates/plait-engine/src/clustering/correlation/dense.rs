//! Clusters of a few records between all of which weights are known.

use super::{APART, BENEFIT, Join, MOST, NOT_COMPARED, log2_sum};

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
    /// Whether a record holds nothing that another one does not hold.
    no_more: Vec<bool>,
    /// Whether two records are of one source.
    one_source: Vec<bool>,
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
    /// Sum of the weights between the records of two clusters that count, and the greatest of all.
    sums: Vec<f64>,
    most: Vec<f64>,
    /// Per cluster its records, and whether all of them [count](Dense::counting).
    members: Vec<Vec<usize>>,
    all_count: Vec<bool>,
    /// Per cluster, the one that it would merge with first.
    best: Vec<Option<usize>>,
    cut: f64,
}

impl Dense {
    pub(super) fn new(n: usize) -> Self {
        Self {
            n,
            weights: vec![f64::NAN; n * n],
            must: Vec::new(),
            no_more: vec![false; n * n],
            one_source: vec![false; n * n],
        }
    }

    pub(super) fn set(&mut self, left: usize, right: usize, weight: f64) {
        self.weights[left * self.n + right] = weight;
        self.weights[right * self.n + left] = weight;
    }

    pub(super) fn must(&mut self, left: usize, right: usize) {
        self.must.push((left, right));
    }

    /// A record of which each value is that of the other one.
    pub(super) fn holds_no_more(&mut self, record: usize, other: usize) {
        self.no_more[record * self.n + other] = true;
    }

    pub(super) fn are_of_one_source(&mut self, record: usize, other: usize) {
        self.one_source[record * self.n + other] = true;
    }

    /// Whether each of the records of a cluster counts: not one that holds nothing which another one does not hold. It would
    /// say once more what that one says of other records; and where it holds less, it would say it without what the other has
    /// against. Of records that hold the same the first counts.
    fn counting(&self, records: &[usize]) -> Vec<bool> {
        let no_more = |record: usize, other: usize| self.no_more[record * self.n + other];
        let repeats = |record: usize, other: usize| {
            record != other && no_more(record, other) && (other < record || !no_more(other, record))
        };
        records.iter().map(|&record| !records.iter().any(|&other| repeats(record, other))).collect()
    }

    /// The sum of the weights between some records and some others, of those that count and of those of one source: what that
    /// says no record says for another.
    fn between(&self, lefts: &[usize], rights: &[usize]) -> f64 {
        let (counting, others_counting) = (self.counting(lefts), self.counting(rights));
        let mut sum = 0.0;
        for (&left, &counts) in lefts.iter().zip(&counting) {
            for (&right, &other_counts) in rights.iter().zip(&others_counting) {
                let weight = self.weight(left, right);
                // what must be apart is so whoever counts
                if weight == APART {
                    return APART;
                }
                if counts && other_counts || self.one_source[left * self.n + right] {
                    sum += weight;
                }
            }
        }
        sum
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
    /// first and third together reach the cut and it fits A better than B by a [`TIE`]; and if it also fits some record of A
    /// better by that than any of B, as long as B alone would take it. The records of a person mostly say the same of `r`, and a
    /// sum counts all of them: a twin with three records would get what belongs to one with two. What is the same as `r` says
    /// nothing of where it belongs.
    ///
    /// All are asked before any is taken out, so that the order of records decides nothing. Says of each whether it was.
    fn take_out_undecided(&self, cluster_of: &mut [usize], cut: f64) -> Vec<bool> {
        let is_fixed = self.fixed();
        let undecided: Vec<bool> = (0..self.n)
            .map(|record| !is_fixed[record] && self.is_undecided(record, cluster_of, &is_fixed, cut))
            .collect();
        for record in (0..self.n).filter(|&record| undecided[record]) {
            // the last one of its cluster has it to itself already
            if (0..self.n).any(|other| other != record && cluster_of[other] == cluster_of[record]) {
                cluster_of[record] = unused(cluster_of);
            }
        }
        undecided
    }

    fn is_undecided(&self, record: usize, cluster_of: &[usize], is_fixed: &[bool], cut: f64) -> bool {
        let own = cluster_of[record];
        let others = || (0..self.n).filter(|&other| other != record && cluster_of[other] == own);
        // with others, if it was never compared with them
        if others().next().is_none() {
            return false;
        }
        let no_more = |record: usize, other: usize| self.no_more[record * self.n + other];
        let different: Vec<usize> =
            others().filter(|&other| !(no_more(record, other) && no_more(other, record))).collect();
        let mut sums = self.sums_to(record, cluster_of);
        sums[own] = self.sum_to(record, &different);
        let stays = sums[own].0;
        let could_link = |&cluster: &usize| cluster != own && sums[cluster].1 >= cut + BENEFIT;
        let fits_as_well = |&cluster: &usize| {
            sums[cluster].0 >= cut && sums[own].1 < MOST && sums[own].1 - sums[cluster].1 < TIE - LEAST_GAIN
        };
        let rivals: Vec<usize> = (0..self.n).filter(could_link).collect();
        if rivals.iter().any(fits_as_well) {
            return true;
        }
        let claim = |&cluster: &usize| {
            let others = (0..self.n).filter(|&other| cluster_of[other] == cluster && !is_fixed[other]);
            let swapped =
                others.map(|other| self.swapped(record, other, cluster_of)).fold(f64::NEG_INFINITY, f64::max);
            (log2_sum(sums[cluster].0, swapped), cluster)
        };
        let greatest = rivals.iter().map(claim).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let Some((elsewhere, rival)) = greatest else { return false };
        let both = stays + sums[rival].0 + self.sum_between_others(record, cluster_of, rival);
        let is_likely = log2_sum(stays, both) - log2_sum(elsewhere, 0.0) >= cut;
        let is_sure = stays - elsewhere > SURE || is_likely && stays - elsewhere >= TIE - LEAST_GAIN;
        !is_sure
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

    /// The sum of the weights between a record and the other records of each cluster that count, and the greatest of all.
    fn sums_to(&self, record: usize, cluster_of: &[usize]) -> Vec<(f64, f64)> {
        let mut others: Vec<Vec<usize>> = vec![Vec::new(); self.n];
        (0..self.n).filter(|&other| other != record).for_each(|other| others[cluster_of[other]].push(other));
        others.iter().map(|others| self.sum_to(record, others)).collect()
    }

    fn sum_to(&self, record: usize, others: &[usize]) -> (f64, f64) {
        let weights = others.iter().map(|&other| self.weights[record * self.n + other]);
        // the other one if this is none
        (self.between(&[record], others), weights.fold(f64::NEG_INFINITY, f64::max))
    }

    /// The sum of the weights between the other records of a record's cluster and those of another one.
    fn sum_between_others(&self, record: usize, cluster_of: &[usize], rival: usize) -> f64 {
        let of = |cluster: usize| -> Vec<usize> {
            (0..self.n).filter(|&at| cluster_of[at] == cluster && at != record).collect()
        };
        self.between(&of(cluster_of[record]), &of(rival))
    }

    /// Clusters before single records move.
    pub(super) fn merged(&self, cut: f64) -> Vec<usize> {
        let mut merging = Merging::start(self, cut);
        for &(left, right) in &self.must {
            let (left, right) = (merging.cluster_of[left], merging.cluster_of[right]);
            // what must be apart stays apart
            if left != right && merging.sums[left * self.n + right] > f64::NEG_INFINITY {
                merging.merge(self, left.min(right), left.max(right));
            }
        }
        while let Some((left, right)) = merging.next() {
            merging.merge(self, left, right);
        }
        merging.cluster_of
    }

    /// How all the records come together, whatever their weights: the joins of two clusters, from the one of the greatest sum
    /// down. What must be apart and is together nevertheless comes last.
    pub(super) fn joins(&self) -> Vec<Join> {
        let mut merging = Merging::start(self, f64::NEG_INFINITY);
        let join = |merging: &Merging, low: usize, high: usize, bits: f64| {
            let records =
                |cluster: usize| merging.members[cluster].iter().map(|&record| record as u32).collect();
            Join { bits, sides: [records(low), records(high)] }
        };
        let mut joins = Vec::with_capacity(self.n.saturating_sub(1));
        while let Some((low, high)) = merging.next() {
            joins.push(join(&merging, low, high, merging.sums[low * self.n + high]));
            merging.merge(self, low, high);
        }
        let apart: Vec<usize> = (0..self.n).filter(|&cluster| merging.alive[cluster]).collect();
        for (place, &low) in apart.iter().enumerate() {
            joins.extend(apart[..place].iter().map(|&high| join(&merging, low, high, APART)));
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
            members: (0..n).map(|record| vec![record]).collect(),
            all_count: vec![true; n],
            best: vec![None; n],
            cut,
        };
        (0..n).for_each(|cluster| merging.find_best(cluster));
        merging
    }

    /// The sum between two clusters if they may merge.
    fn sum(&self, a: usize, b: usize) -> Option<f64> {
        let place = a * self.n + b;
        let may = self.sums[place] >= self.cut && self.sums[place] > APART;
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

    fn merge(&mut self, dense: &Dense, low: usize, high: usize) {
        self.alive[high] = false;
        let mut of_high = std::mem::take(&mut self.members[high]);
        self.members[low].append(&mut of_high);
        self.all_count[low] = dense.counting(&self.members[low]).iter().all(|&counts| counts);
        self.cluster_of.iter_mut().filter(|cluster| **cluster == high).for_each(|cluster| *cluster = low);
        for other in (0..self.n).filter(|&other| other != low && self.alive[other]) {
            let (own, gone) = (low * self.n + other, high * self.n + other);
            let mut sum = self.sums[own] + self.sums[gone];
            if !(self.all_count[low] && self.all_count[other]) && sum > APART {
                sum = dense.between(&self.members[low], &self.members[other]);
            }
            let most = self.most[own].max(self.most[gone]);
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
