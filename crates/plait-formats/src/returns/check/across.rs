//! Rows kept for checks across rows: brought together by a key.
//!
//! "No two records share a value" and "the rows of a record agree on a value" are one question: does a key (the value;
//! the record) stand beside two partners (records; values)? Rows are kept as hashes, 16 bytes each, in 64 parts by the
//! hash of the key; at the end each part is sorted, which brings a key's rows together. Against a hash map of keys this
//! needs no room for growth, and a part at a time can be sorted: 10 million rows take 160 MB.
//!
//! Keys are 64 bits of hash: among 10 million, two distinct ones are taken for one with a chance of 3 in a million.
//! Partners are 32 bits: one violation in four thousand million is overlooked.

use std::hash::{DefaultHasher, Hash, Hasher};

const PARTS: usize = 64;
/// Rows per block, so that a part that grows is never copied and wastes at most one block.
const BLOCK: usize = 4_096;

/// Rows, each with a key and its partner.
pub(super) struct KeyedRows {
    parts: Vec<Vec<Vec<Row>>>,
}

/// One row; four times 32 bits have no padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    key_high: u32,
    key_low: u32,
    /// Where it is.
    pub(super) place: u32,
    /// What stands beside the key in it.
    pub(super) partner: u32,
}

impl KeyedRows {
    pub(super) fn new() -> Self {
        Self { parts: vec![Vec::new(); PARTS] }
    }

    /// Adds the row at a place.
    #[inline]
    pub(super) fn add(&mut self, key: u64, partner: u32, place: u32) {
        let blocks = &mut self.parts[(key >> 58) as usize];
        let entry = Row { key_high: (key >> 32) as u32, key_low: key as u32, place, partner };
        match blocks.last_mut() {
            Some(block) if block.len() < block.capacity() => block.push(entry),
            last => {
                // blocks double up to their full size, so that a small file takes little
                let size = last.map_or(16, |block| (block.capacity() * 2).min(BLOCK));
                let mut block = Vec::with_capacity(size);
                block.push(entry);
                blocks.push(block);
            }
        }
    }

    /// Bytes that the rows take.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().flatten().map(|block| block.capacity() * size_of::<Row>()).sum()
    }

    /// Shows the rows of each key, keys in no useful order.
    pub(super) fn for_each_key(self, mut show: impl FnMut(&[Row])) {
        for part in self.parts {
            let mut rows = part.concat();
            rows.sort_unstable();
            rows.chunk_by(|a, b| (a.key_high, a.key_low) == (b.key_high, b.key_low)).for_each(&mut show);
        }
    }

    /// Tells the places of all rows whose key has two partners or more, in no useful order.
    pub(super) fn for_each_with_two_partners(self, mut tell: impl FnMut(u32)) {
        self.for_each_key(|rows| {
            if rows.iter().any(|row| row.partner != rows[0].partner) {
                rows.iter().for_each(|row| tell(row.place));
            }
        });
    }
}

/// The same number for the same thing in every batch.
pub(in crate::returns) fn hash_of(thing: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn rows_of_keys_with_two_partners_are_those_that_a_plain_set_finds(
            rows in prop::collection::vec((0u8..40, 0u8..3), 0..200),
        ) {
            let mut fast = KeyedRows::new();
            let mut slow: BTreeMap<u8, BTreeSet<u8>> = BTreeMap::new();
            for (place, (key, partner)) in (0..).zip(&rows) {
                fast.add(hash_of(key), hash_of(partner) as u32, place);
                slow.entry(*key).or_default().insert(*partner);
            }
            let mut found = Vec::new();
            fast.for_each_with_two_partners(|place| found.push(place));
            found.sort_unstable();
            let expected: Vec<u32> =
                (0..).zip(&rows).filter(|(_, (key, _))| slow[key].len() > 1).map(|(place, _)| place).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_row_takes_sixteen_bytes_and_what_is_spare_is_bounded() {
        for n_rows in [0, 1, 1_000, 1_000_000] {
            let mut rows = KeyedRows::new();
            for row in 0..n_rows {
                rows.add(hash_of(row), row, row);
            }
            let spare = PARTS * BLOCK * 16;
            assert!(
                rows.bytes() <= n_rows as usize * 16 + spare.min(16 * (2 * n_rows as usize + 16 * PARTS))
            );
        }
    }
}
