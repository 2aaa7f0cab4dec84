//! For whom a linkage works: figures by group of records, with intervals that know that records of one person come together,
//! and which groups it serves worse than the rest.
//!
//! A share is of things that are counted by cluster: of expected partners by person, of true pairs by entity. Its variance
//! is that of a ratio of sums over clusters (Cochran 1977, Sampling Techniques, §6.3), and its interval is Wilson's for the
//! number of independent things that would have that variance, as survey practice has it (Kish 1965; Korn and Graubard
//! 1998, "Confidence intervals for proportions with small expected number of positive counts"). A group is compared with
//! the rest stratum by stratum, each stratum of the rest weighing what it weighs in the group, and the interval of the
//! difference is Newcombe's from the two (1998, "Interval estimation for the difference between independent proportions",
//! method 10).

use crate::evaluation::wilson_at;
use rayon::prelude::*;

/// Stands for "in no group": the record does not say.
pub const NO_GROUP: u16 = u16::MAX;

/// One way of putting records into groups.
#[derive(Clone, Copy, Debug)]
pub struct Grouping<'a> {
    /// The group of each record, below `n_groups`, or [`NO_GROUP`].
    pub group_of: &'a [u16],
    /// How many groups there are.
    pub n_groups: usize,
}

/// Records by cluster: by person, by entity.
#[derive(Clone, Debug)]
pub struct Clusters {
    starts: Vec<u32>,
    records: Vec<u32>,
}

impl Clusters {
    /// Of the cluster of each record, below `n_clusters`; records of other clusters are left out.
    pub fn new(cluster_of: &[u32], n_clusters: usize) -> Self {
        let known = || (0u32..).zip(cluster_of).filter(|(_, cluster)| (**cluster as usize) < n_clusters);
        let mut starts = vec![0u32; n_clusters + 1];
        known().for_each(|(_, &cluster)| starts[cluster as usize + 1] += 1);
        for at in 0..n_clusters {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut records = vec![0; starts[n_clusters] as usize];
        for (record, &cluster) in known() {
            let place = &mut next[cluster as usize];
            records[*place as usize] = record;
            *place += 1;
        }
        Self { starts, records }
    }

    /// How many there are, the empty ones included.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The records of a cluster, ascending.
    pub fn get(&self, cluster: usize) -> &[u32] {
        &self.records[self.starts[cluster] as usize..self.starts[cluster + 1] as usize]
    }
}

/// Sums over clusters: what there is, what of it was done, and their squares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Clusters with anything to count.
    pub clusters: u64,
    /// Of all clusters, what there is.
    pub whole: u64,
    /// What of it was done.
    pub part: u64,
    whole_squared: u128,
    part_squared: u128,
    product: u128,
}

impl Tally {
    /// Counts one cluster: `part` of `whole`.
    pub fn add(&mut self, part: u64, whole: u64) {
        if whole == 0 {
            return;
        }
        let (p, w) = (u128::from(part), u128::from(whole));
        self.clusters += 1;
        self.whole += whole;
        self.part += part;
        self.whole_squared += w * w;
        self.part_squared += p * p;
        self.product += p * w;
    }

    /// Both together.
    #[must_use]
    pub fn merged(mut self, other: Self) -> Self {
        self.clusters += other.clusters;
        self.whole += other.whole;
        self.part += other.part;
        self.whole_squared += other.whole_squared;
        self.part_squared += other.part_squared;
        self.product += other.product;
        self
    }

    /// The share that was done; `None` where there was nothing to do.
    pub fn value(&self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    /// How many independent things would say as much: at most what there is, at least 1. Of a share of all or nothing, of which
    /// the data show no variance, the number of clusters.
    pub fn effective(&self) -> f64 {
        let Some(share) = self.value() else { return 0.0 };
        let n = self.clusters as f64;
        if self.part == 0 || self.part == self.whole {
            return n;
        }
        // sums of squared residuals, each a whole number of part minus share times whole
        let residuals = self.part_squared as f64 - 2.0 * share * self.product as f64
            + share * share * self.whole_squared as f64;
        let correction = if self.clusters > 1 { n / (n - 1.0) } else { 1.0 };
        let variance = residuals.max(0.0) * correction / (self.whole as f64).powi(2);
        let independent = share * (1.0 - share) / variance.max(f64::MIN_POSITIVE);
        independent.clamp(1.0, self.whole as f64)
    }

    /// The interval of the share, `z` standard errors wide on each side; 0..=1 where there was nothing to do.
    pub fn interval(&self, z: f64) -> (f64, f64) {
        let n = self.effective();
        wilson_at(self.value().unwrap_or(0.0), n, z)
    }
}

/// Records with up to two things that may be true of each, and their clusters.
pub struct Marked<'a> {
    clusters: &'a Clusters,
    /// Clusters of more than one record.
    several: Vec<u32>,
    /// Per record a bit for each of the two, and [`ALONE`].
    marks: Vec<u8>,
}

/// The bit of records that are by themselves in their cluster.
const ALONE: u8 = 1 << 2;

/// How many there are of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// Records.
    pub records: u64,
    /// Clusters that have a record of the group.
    pub clusters: u64,
    /// Records of which the first and the second thing is true.
    pub marked: [u64; 2],
}

impl<'a> Marked<'a> {
    /// Of the clusters, the cluster of each record, and what is true of a record.
    pub fn new(clusters: &'a Clusters, cluster_of: &[u32], is_so: impl Fn(u32) -> [bool; 2] + Sync) -> Self {
        let mark = |(record, &cluster): (usize, &u32)| {
            let [first, second] = is_so(record as u32);
            let is_alone = clusters.get(cluster as usize).len() == 1;
            u8::from(first) | u8::from(second) << 1 | if is_alone { ALONE } else { 0 }
        };
        Self {
            clusters,
            several: (0..clusters.len() as u32).filter(|&at| clusters.get(at as usize).len() > 1).collect(),
            marks: cluster_of.par_iter().enumerate().map(mark).collect(),
        }
    }

    /// Counts per group, in one pass over the records and one over the clusters that have several.
    pub fn count(&self, grouping: Grouping<'_>) -> Vec<GroupCounts> {
        let n = grouping.n_groups;
        const ALL: usize = 2 * ALONE as usize;
        let chunks = grouping.group_of.par_chunks(CHUNK).zip(self.marks.par_chunks(CHUNK));
        let by_mark = chunks.map(|(group_of, marks)| {
            let mut counts = vec![0u64; n * ALL];
            for (&group, &mark) in group_of.iter().zip(marks) {
                if let Some(count) = counts.get_mut(usize::from(group) * ALL + usize::from(mark)) {
                    *count += 1;
                }
            }
            counts
        });
        let by_mark = add_up(by_mark, n * ALL);
        let of_several = self.several.par_chunks(CHUNK).map(|clusters| {
            let (mut counts, mut last_seen) = (vec![0u64; n], vec![u32::MAX; n]);
            for &cluster in clusters {
                for &record in self.clusters.get(cluster as usize) {
                    let group = usize::from(grouping.group_of[record as usize]);
                    if let Some(seen) = last_seen.get_mut(group).filter(|seen| **seen != cluster) {
                        *seen = cluster;
                        counts[group] += 1;
                    }
                }
            }
            counts
        });
        let of_several = add_up(of_several, n);
        let groups = by_mark.chunks(ALL).zip(of_several);
        groups
            .map(|(by_mark, of_several)| {
                let with = |bit: u8| -> u64 {
                    let has_bit = |&(mark, _): &(usize, &u64)| mark as u8 & bit != 0;
                    by_mark.iter().enumerate().filter(has_bit).map(|(_, count)| count).sum()
                };
                GroupCounts {
                    records: by_mark.iter().sum(),
                    clusters: with(ALONE) + of_several,
                    marked: [with(1), with(2)],
                }
            })
            .collect()
    }
}

fn add_up(counts: impl ParallelIterator<Item = Vec<u64>>, n: usize) -> Vec<u64> {
    counts.reduce(|| vec![0; n], |a, b| a.iter().zip(&b).map(|(a, b)| a + b).collect())
}

/// Per group, what its records have of something: `count` gives the part and the whole of a record.
pub fn tally_records(
    grouping: Grouping<'_>,
    clusters: &Clusters,
    count: &(dyn Fn(u32) -> (u64, u64) + Sync),
) -> Vec<Tally> {
    let tallies = over_clusters(grouping, clusters, |records, groups, tallies: &mut [Tally]| {
        for &(group, _) in groups {
            let of_group = records.iter().filter(|&&record| grouping.group_of[record as usize] == group);
            let (part, whole) = of_group.fold((0, 0), |sum, &record| {
                let (part, whole) = count(record);
                (sum.0 + part, sum.1 + whole)
            });
            tallies[usize::from(group)].add(part, whole);
        }
    });
    merge(tallies, grouping.n_groups)
}

/// What pairs of records are counted by, and which of them count.
#[derive(Clone, Copy, Debug)]
pub struct Pairs<'a> {
    /// All pairs there are: those within one of these.
    pub within: &'a Clusters,
    /// Those of them that count as done: of records that are the same here too.
    pub same: &'a [u32],
    /// The source of each record.
    pub source_of: &'a [u32],
    /// Whether only pairs of records of different sources count.
    pub between_sources: bool,
}

/// Per group, the pairs with a record of the group, and in the last place all pairs.
///
/// With entities as clusters and persons as what must be the same, the share is recall; the other way round it is precision.
pub fn tally_pairs(grouping: Grouping<'_>, pairs: &Pairs<'_>) -> Vec<Tally> {
    let n_groups = grouping.n_groups;
    let wider = Grouping { n_groups: n_groups + 1, ..grouping };
    let tallies = over_clusters(wider, pairs.within, |records, groups, tallies: &mut [Tally]| {
        if records.len() < 2 {
            return;
        }
        let mut cells = records.to_vec();
        // records are in the order of their sources
        cells.sort_unstable_by_key(|&record| (pairs.same[record as usize], record));
        let cells: Vec<&[u32]> =
            cells.chunk_by(|&a, &b| pairs.same[a as usize] == pairs.same[b as usize]).collect();
        let mut count = |group: Option<u16>, place: usize| {
            let of = |records: &[u32]| {
                touching(records, pairs, |record| {
                    group.is_none_or(|g| grouping.group_of[record as usize] == g)
                })
            };
            tallies[place].add(cells.iter().map(|cell| of(cell)).sum(), of(records));
        };
        groups.iter().for_each(|&(group, _)| count(Some(group), usize::from(group)));
        count(None, n_groups);
    });
    merge(tallies, n_groups + 1)
}

/// Pairs of these records, in the order of their sources, of which one at least is as wanted.
fn touching(records: &[u32], pairs: &Pairs<'_>, is_wanted: impl Fn(u32) -> bool) -> u64 {
    let choose_2 = |n: u64| n * n.saturating_sub(1) / 2;
    let with_one = |records: &[u32]| {
        let (all, wanted) = (records.len() as u64, records.iter().filter(|&&r| is_wanted(r)).count() as u64);
        choose_2(all) - choose_2(all - wanted)
    };
    let all = with_one(records);
    if !pairs.between_sources {
        return all;
    }
    let same_source = |a: &u32, b: &u32| pairs.source_of[*a as usize] == pairs.source_of[*b as usize];
    all - records.chunk_by(same_source).map(with_one).sum::<u64>()
}

/// Clusters, or records, that are counted in one go: the same on any number of threads.
const CHUNK: usize = 1 << 15;

/// Goes through all clusters with the groups of their records and how many are of each. The clusters are cut the same
/// way on any number of threads, and everything counted is a whole number.
fn over_clusters<T: Clone + Default + Send>(
    grouping: Grouping<'_>,
    clusters: &Clusters,
    count: impl Fn(&[u32], &[(u16, u32)], &mut [T]) + Sync,
) -> Vec<Vec<T>> {
    (0..clusters.len().div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut tallies = vec![T::default(); grouping.n_groups];
            let mut groups: Vec<(u16, u32)> = Vec::new();
            for cluster in chunk * CHUNK..clusters.len().min((chunk + 1) * CHUNK) {
                let records = clusters.get(cluster);
                groups.clear();
                for &record in records {
                    let group = grouping.group_of[record as usize];
                    if group == NO_GROUP {
                        continue;
                    }
                    match groups.iter_mut().find(|(known, _)| *known == group) {
                        Some((_, n)) => *n += 1,
                        None => groups.push((group, 1)),
                    }
                }
                if !records.is_empty() {
                    count(records, &groups, &mut tallies);
                }
            }
            tallies
        })
        .collect()
}

fn merge(tallies: Vec<Vec<Tally>>, n: usize) -> Vec<Tally> {
    tallies.into_iter().fold(vec![Tally::default(); n], |sum, tallies| {
        sum.into_iter().zip(tallies).map(|(a, b)| a.merged(b)).collect()
    })
}

/// What there is and what of it was done, in the group and in the rest of one stratum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stratum {
    /// Part and whole of the group.
    pub group: (u64, u64),
    /// Part and whole of the rest.
    pub rest: (u64, u64),
}

/// How much better or worse a group is served than the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The share of the group, in the strata in which there is a rest to compare with.
    pub group: f64,
    /// The share that the rest would have if its strata weighed what they weigh in the group.
    pub rest: f64,
    /// Lower end of the interval of the share of the group less that of the rest.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Difference {
    /// Compares a group with the rest; `spread` is how many counted things make an independent one, in the group and in the rest,
    /// and `z` the half width of the interval in standard errors. `None` where no stratum has both.
    pub fn of(strata: &[Stratum], spread: (f64, f64), z: f64) -> Option<Self> {
        let both = || strata.iter().filter(|stratum| stratum.group.1 > 0 && stratum.rest.1 > 0);
        let n: u64 = both().map(|stratum| stratum.group.1).sum();
        if n == 0 {
            return None;
        }
        let group = both().map(|stratum| stratum.group.0).sum::<u64>() as f64 / n as f64;
        let (mut rest, mut squares) = (0.0, 0.0);
        for stratum in both() {
            let weight = stratum.group.1 as f64 / n as f64;
            rest += weight * stratum.rest.0 as f64 / stratum.rest.1 as f64;
            squares += weight * weight / stratum.rest.1 as f64;
        }
        let (low_g, high_g) = wilson_at(group, n as f64 / spread.0.max(1.0), z);
        let (low_r, high_r) = wilson_at(rest, 1.0 / squares / spread.1.max(1.0), z);
        let away = |a: f64, b: f64| (a * a + b * b).sqrt();
        Some(Self {
            group,
            rest,
            low: group - rest - away(group - low_g, high_r - rest),
            high: group - rest + away(high_g - group, rest - low_r),
        })
    }

    /// The share of the group less that of the rest.
    pub fn value(&self) -> f64 {
        self.group - self.rest
    }
}

/// The difference between the shares that a group has of two kinds of things, in standard deviations (Austin 2009, "Using the
/// standardized difference to compare the prevalence of a binary variable between two groups"): `in_group` of `of`, the
/// first kind against the second. `None` where it cannot be told: nothing of a kind, or no variance.
pub fn standardised_difference(in_group: (u64, u64), of: (u64, u64)) -> Option<f64> {
    if of.0 == 0 || of.1 == 0 {
        return None;
    }
    let (first, second) = (in_group.0 as f64 / of.0 as f64, in_group.1 as f64 / of.1 as f64);
    let variance = f64::midpoint(first * (1.0 - first), second * (1.0 - second));
    (variance > 0.0).then(|| (first - second) / variance.sqrt())
}

/// How many standard errors a two-sided interval has on each side, where `n` intervals together are to be wrong with a chance
/// of at most 5 % (Bonferroni). To 0.0005 (Abramowitz and Stegun 1964, 26.2.23).
pub fn z_for_comparisons(n: usize) -> f64 {
    let tail = 0.025 / n.max(1) as f64;
    let t = (-2.0 * tail.ln()).sqrt();
    t - (2.515_517 + t * (0.802_853 + t * 0.010_328))
        / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)))
}

#[cfg(test)]
mod tests;
