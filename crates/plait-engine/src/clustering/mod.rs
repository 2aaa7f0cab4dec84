//! From links to persons.

mod assignment;
mod components;

use crate::model::Clustering;
use crate::records::Records;
use crate::scoring::ScoredPairs;

pub use components::Components;

/// Who is one person with whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persons {
    /// Per record, the number of its person; persons are numbered in the order of their first record.
    pub person_of: Vec<u32>,
    /// How many there are.
    pub n_persons: u32,
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
}

/// Groups records by the pairs of at least `cut` bits.
pub fn cluster(records: &Records, pairs: &ScoredPairs, cut: f64, method: Clustering) -> Clustered {
    let accepted: Vec<bool> = pairs.weight.iter().map(|&weight| weight >= cut).collect();
    let (is_link, n_ties) = match method {
        Clustering::ConnectedComponents => (accepted, 0),
        Clustering::BestLink => best_links(records.len(), pairs, &accepted),
        Clustering::OneToOne => assignment::one_to_one(records, pairs, &accepted),
    };
    let mut components = Components::new(records.len());
    for ((&left, &right), _) in pairs.left.iter().zip(&pairs.right).zip(&is_link).filter(|(_, link)| **link) {
        components.join(left, right);
    }
    Clustered { persons: components.into_persons(), is_link, n_ties }
}

/// Keeps a link if it is the heaviest of at least one of its ends; of equal ones, the one with the lower record.
/// Also counts the links given up that weigh as much as the heaviest of one of their ends.
fn best_links(n: usize, pairs: &ScoredPairs, accepted: &[bool]) -> (Vec<bool>, u32) {
    const NONE: usize = usize::MAX;
    let mut best = vec![NONE; n];
    let better = |pair: usize, than: usize| {
        let key = |p: usize| (pairs.left[p], pairs.right[p]);
        pairs.weight[pair].total_cmp(&pairs.weight[than]).then_with(|| key(than).cmp(&key(pair))).is_gt()
    };
    for pair in (0..pairs.len()).filter(|&pair| accepted[pair]) {
        for record in [pairs.left[pair], pairs.right[pair]] {
            let slot = &mut best[record as usize];
            if *slot == NONE || better(pair, *slot) {
                *slot = pair;
            }
        }
    }
    let mut kept = vec![false; pairs.len()];
    for &pair in best.iter().filter(|&&pair| pair != NONE) {
        kept[pair] = true;
    }
    let tied = |pair: usize| {
        let ends = [pairs.left[pair], pairs.right[pair]];
        ends.iter().any(|&record| pairs.weight[best[record as usize]].total_cmp(&pairs.weight[pair]).is_eq())
    };
    let n_ties = (0..pairs.len()).filter(|&pair| accepted[pair] && !kept[pair] && tied(pair)).count();
    (kept, n_ties as u32)
}

#[cfg(test)]
mod tests;
