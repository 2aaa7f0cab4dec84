//! Codes of records side by side.

use plait_types::NULL;

/// Rows of codes, a row per record, padded to whole groups of eight, so that copying one is a move or two.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    groups: Vec<[u32; WIDTH]>,
    /// Per record.
    n_groups: usize,
}

const WIDTH: usize = 8;

impl Rows {
    /// Rows of `n_slots` codes, all missing.
    pub(crate) fn new(n_records: usize, n_slots: usize) -> Self {
        let n_groups = n_slots.div_ceil(WIDTH);
        Self { groups: vec![[NULL; WIDTH]; n_records * n_groups], n_groups }
    }

    /// The row at a place; longer than the slots asked for.
    #[inline]
    pub(crate) fn get(&self, place: usize) -> &[u32] {
        self.groups[place * self.n_groups..(place + 1) * self.n_groups].as_flattened()
    }

    /// Sets one slot of every record, in order.
    pub(crate) fn set_slot(&mut self, slot: usize, codes: impl Iterator<Item = u32>) {
        let (group, place) = (slot / WIDTH, slot % WIDTH);
        for (row, code) in self.groups.chunks_exact_mut(self.n_groups).zip(codes) {
            row[group][place] = code;
        }
    }

    /// Replaces `into` by the rows of some records.
    pub(crate) fn gather(&self, records: &[u32], into: &mut Self) {
        into.n_groups = self.n_groups;
        into.groups.clear();
        for &record in records {
            let start = record as usize * self.n_groups;
            for group in &self.groups[start..start + self.n_groups] {
                into.groups.push(*group);
            }
        }
    }
}
