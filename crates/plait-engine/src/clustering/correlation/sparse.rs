//! Clusters of many records of which only some pairs have weights.

use super::{BENEFIT, NOT_COMPARED};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

/// Weights between some pairs of many records.
pub(super) struct Sparse {
    /// Per cluster, known by its lowest record.
    clusters: Vec<Cluster>,
    /// Records that are together whatever their weights, in the order in which they merge.
    must: Vec<(u32, u32)>,
}

struct Cluster {
    /// Of records; 0 once it has been merged into another.
    size: u32,
    /// Goes up with every merge, so that what was said before is known to be stale.
    age: u32,
    records: Vec<u32>,
    links: BTreeMap<u32, Between>,
}

#[derive(Clone, Copy)]
struct Between {
    sum: f64,
    most: f64,
    n_pairs: u32,
}

/// Two clusters that could be merged, as they were.
struct Offer {
    sum: f64,
    low: u32,
    high: u32,
    ages: (u32, u32),
}

impl Sparse {
    pub(super) fn new(n: usize) -> Self {
        let cluster = |record| Cluster { size: 1, age: 0, records: vec![record], links: BTreeMap::new() };
        Self { clusters: (0..n as u32).map(cluster).collect(), must: Vec::new() }
    }

    pub(super) fn set(&mut self, left: u32, right: u32, weight: f64) {
        let between = Between { sum: weight, most: weight, n_pairs: 1 };
        self.clusters[left as usize].links.insert(right, between);
        self.clusters[right as usize].links.insert(left, between);
    }

    pub(super) fn must(&mut self, left: u32, right: u32) {
        self.must.push((left, right));
    }

    /// Per record, the lowest record of its cluster.
    pub(super) fn clusters(mut self, cut: f64) -> Vec<u32> {
        let mut offers: BinaryHeap<Offer> = BinaryHeap::new();
        let mut first_of: Vec<u32> = (0..self.clusters.len() as u32).collect();
        for (left, right) in std::mem::take(&mut self.must) {
            let (left, right) = (first_of[left as usize], first_of[right as usize]);
            let may = |between: &Between| between.sum > f64::NEG_INFINITY;
            if left != right && self.clusters[left as usize].links.get(&right).is_some_and(may) {
                self.merge(left.min(right), left.max(right), &mut first_of);
            }
        }
        for cluster in 0..self.clusters.len() as u32 {
            self.offer(cluster, cut, |other| other > cluster, &mut offers);
        }
        while let Some(offer) = offers.pop() {
            let (low, high) = (&self.clusters[offer.low as usize], &self.clusters[offer.high as usize]);
            if low.size == 0 || high.size == 0 || (low.age, high.age) != offer.ages {
                continue;
            }
            self.merge(offer.low, offer.high, &mut first_of);
            self.offer(offer.low, cut, |_| true, &mut offers);
        }
        first_of
    }

    fn offer(&self, cluster: u32, cut: f64, to: impl Fn(u32) -> bool, offers: &mut BinaryHeap<Offer>) {
        let own = &self.clusters[cluster as usize];
        for (&other, between) in own.links.iter().filter(|(other, _)| to(**other)) {
            let its = &self.clusters[other as usize];
            let n_unknown = f64::from(own.size) * f64::from(its.size) - f64::from(between.n_pairs);
            let sum = between.sum + NOT_COMPARED * n_unknown;
            if between.most >= cut + BENEFIT && sum >= cut && sum > f64::NEG_INFINITY {
                let (low, high) = (cluster.min(other), cluster.max(other));
                let ages = (self.clusters[low as usize].age, self.clusters[high as usize].age);
                offers.push(Offer { sum, low, high, ages });
            }
        }
    }

    fn merge(&mut self, low: u32, high: u32, first_of: &mut [u32]) {
        let gone = &mut self.clusters[high as usize];
        gone.size = 0;
        let (records, links) = (std::mem::take(&mut gone.records), std::mem::take(&mut gone.links));
        records.iter().for_each(|&record| first_of[record as usize] = low);
        for (other, between) in links {
            let its = &mut self.clusters[other as usize].links;
            its.remove(&high);
            if other == low {
                continue;
            }
            let joined = match its.get(&low) {
                None => between,
                Some(known) => Between {
                    sum: known.sum + between.sum,
                    most: known.most.max(between.most),
                    n_pairs: known.n_pairs + between.n_pairs,
                },
            };
            its.insert(low, joined);
            self.clusters[low as usize].links.insert(other, joined);
        }
        let kept = &mut self.clusters[low as usize];
        kept.size += records.len() as u32;
        kept.age += 1;
        kept.records.extend(records);
    }
}

impl Ord for Offer {
    fn cmp(&self, other: &Self) -> Ordering {
        let pair = |offer: &Self| (offer.low, offer.high);
        self.sum.total_cmp(&other.sum).then_with(|| pair(other).cmp(&pair(self)))
    }
}

impl PartialOrd for Offer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Offer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Offer {}
