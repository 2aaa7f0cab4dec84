//! Which part looks at which block.

use crate::random::{below, draw};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How the blocks of all rules are shared out among parts. A block is known by the hash of its rule and keys. All pairs of a block
/// belong to one part, but for blocks so large that others would wait for it: of those, each part takes the pairs of some of the
/// lefts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// How many there are.
    pub n_parts: u32,
    /// Large blocks, and into how many shares each is cut.
    pub shares: BTreeMap<u64, u32>,
}

/// A part by its number, and all of them.
#[derive(Clone)]
pub(crate) struct Share {
    pub(crate) split: Arc<Split>,
    pub(crate) part: u32,
}

impl Split {
    fn n_shares(&self, block: u64) -> u32 {
        if self.shares.is_empty() { 1 } else { self.shares.get(&block).copied().unwrap_or(1) }
    }

    /// The shares of a block lie in parts that follow one another.
    fn part(&self, block: u64, share: u32) -> u32 {
        let first = below(u64::from(self.n_parts), draw(0, block)) as u32;
        (first + share) % self.n_parts
    }

    /// The parts to which the records of a block go.
    pub(crate) fn parts_of(&self, block: u64) -> impl Iterator<Item = u32> {
        let n = self.n_shares(block).min(self.n_parts);
        (0..n).map(move |share| self.part(block, share))
    }

    /// The part that looks at the pairs of a block of which the record at this place is the left.
    pub(crate) fn part_of(&self, block: u64, place: u64) -> u32 {
        match self.n_shares(block) {
            1 => self.part(block, 0),
            n => self.part(block, below(u64::from(n), draw(1, place)) as u32),
        }
    }
}

impl Share {
    /// Whether some of the pairs of a block are looked at here.
    pub(crate) fn has(&self, block: u64) -> bool {
        self.split.parts_of(block).any(|part| part == self.part)
    }

    /// Whether the pairs of a block and a left are.
    pub(crate) fn owns(&self, block: u64, place: u64) -> bool {
        self.split.part_of(block, place) == self.part
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_left_of_a_block_has_one_part_and_its_records_go_there(
            n_parts in 1u32..9,
            blocks in prop::collection::vec((any::<u64>(), 1u32..12), 1..5),
            places in prop::collection::vec(any::<u64>(), 1..20),
        ) {
            let split = Arc::new(Split { n_parts, shares: blocks.iter().copied().collect() });
            for &(block, _) in &blocks {
                for &place in &places {
                    let owners: Vec<u32> =
                        (0..n_parts).filter(|&part| Share { split: Arc::clone(&split), part }.owns(block, place)).collect();
                    prop_assert_eq!(owners.len(), 1);
                    let share = Share { split: Arc::clone(&split), part: owners[0] };
                    prop_assert!(share.has(block) && split.parts_of(block).any(|part| part == owners[0]));
                }
            }
        }
    }
}
