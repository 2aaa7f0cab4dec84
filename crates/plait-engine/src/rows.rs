//! Codes of records side by side.

use plait_types::NULL;
use rayon::prelude::*;
use std::ops::Range;

/// Rows of codes, a row per record, padded to whole groups of eight, so that copying one is a move or two.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    groups: Vec<[u32; WIDTH]>,
    /// Per record.
    n_groups: usize,
}

const WIDTH: usize = 8;

/// Where the codes of one slot come from.
#[derive(Clone, Copy)]
pub(crate) struct Slot<'a> {
    /// One per record.
    pub(crate) codes: &'a [u32],
    /// What each code becomes; the codes themselves if `None`.
    pub(crate) table: Option<&'a [u32]>,
}

impl Slot<'_> {
    fn code(self, record: usize) -> u32 {
        match (self.codes[record], self.table) {
            (NULL, _) => NULL,
            (code, None) => code,
            (code, Some(table)) => table[code as usize],
        }
    }
}

/// Rows that are gathered at a time where they are read in no order that memory likes: the processor fetches them at once
/// instead of waiting for one after the other, and they still fit into its nearest cache.
pub(crate) const STRETCH: usize = 256;

impl Rows {
    /// The rows of all records.
    pub(crate) fn new(n_records: usize, slots: &[Slot<'_>]) -> Self {
        // few enough to stay near while slot after slot is filled in
        const CHUNK: usize = 4096;
        let n_groups = slots.len().div_ceil(WIDTH);
        let mut groups = vec![[NULL; WIDTH]; n_records * n_groups];
        groups.par_chunks_mut(CHUNK * n_groups.max(1)).enumerate().for_each(|(chunk, groups)| {
            for (at, slot) in slots.iter().enumerate() {
                let (group, place) = (at / WIDTH, at % WIDTH);
                for (row, record) in groups.chunks_exact_mut(n_groups).zip(chunk * CHUNK..) {
                    row[group][place] = slot.code(record);
                }
            }
        });
        Self { groups, n_groups }
    }

    /// The row at a place; longer than the slots asked for.
    #[inline]
    pub(crate) fn get(&self, place: usize) -> &[u32] {
        self.groups[place * self.n_groups..(place + 1) * self.n_groups].as_flattened()
    }

    /// All rows in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u32]> + Clone {
        self.groups.chunks_exact(self.n_groups.max(1)).map(<[_]>::as_flattened)
    }

    /// Replaces `into` by the rows of some records.
    pub(crate) fn gather(&self, records: impl IntoIterator<Item = u32>, into: &mut Self) {
        into.n_groups = self.n_groups;
        into.groups.clear();
        if self.n_groups == 1 {
            into.groups.extend(records.into_iter().map(|record| self.groups[record as usize]));
            return;
        }
        for record in records {
            let start = record as usize * self.n_groups;
            into.groups.extend_from_slice(&self.groups[start..start + self.n_groups]);
        }
    }
}

/// The same codes slot by slot, for loops over many records that look at one slot at a time.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    codes: Vec<u32>,
    n_rows: usize,
}

impl Columns {
    /// Replaces these by the rows at some places.
    pub(crate) fn fill(&mut self, rows: &Rows, places: Range<usize>) {
        self.n_rows = places.len();
        self.codes.resize(rows.n_groups * WIDTH * self.n_rows, NULL);
        for (row, place) in places.enumerate() {
            for (slot, &code) in rows.get(place).iter().enumerate() {
                self.codes[slot * self.n_rows + row] = code;
            }
        }
    }

    /// The codes of a slot.
    pub(crate) fn get(&self, slot: usize) -> &[u32] {
        &self.codes[slot * self.n_rows..(slot + 1) * self.n_rows]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_hold_the_codes_of_their_slots_wherever_they_are_gathered(
            codes in prop::collection::vec(prop::collection::vec(prop_oneof![Just(NULL), 0u32..4], 50), 0..20),
            table in prop::collection::vec(any::<u32>(), 4),
            records in prop::collection::vec(0u32..50, 0..30),
        ) {
            // every other slot goes through the table
            let slot = |(at, codes)| Slot { codes, table: (at % 2 == 1).then_some(&table[..]) };
            let slots: Vec<Slot<'_>> = codes.iter().map(Vec::as_slice).enumerate().map(slot).collect();
            let rows = Rows::new(50, &slots);
            let mut gathered = Rows::default();
            rows.gather(records.iter().copied(), &mut gathered);
            let mut columns = Columns::default();
            columns.fill(&gathered, 0..records.len());
            for (place, &record) in records.iter().enumerate() {
                (0..codes.len()).for_each(|slot| assert_eq!(columns.get(slot)[place], gathered.get(place)[slot]));
                prop_assert_eq!(gathered.get(place), rows.get(record as usize));
                for (at, codes) in codes.iter().enumerate() {
                    let code = codes[record as usize];
                    let expected = if at % 2 == 1 && code != NULL { table[code as usize] } else { code };
                    prop_assert_eq!(gathered.get(place)[at], expected);
                }
            }
        }
    }
}
