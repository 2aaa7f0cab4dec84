//! Sets of records, of which ten million may be in each of several.

/// A set of records: a bit for each from the first on, by 64.
#[derive(Default)]
pub(super) struct RecordSet {
    first: usize,
    words: Vec<u64>,
}

impl RecordSet {
    pub(super) fn add(&mut self, record: u32) {
        let word = record as usize / 64;
        if self.words.is_empty() {
            self.first = word;
        } else if word < self.first {
            // room for as many more, so that records that come backwards take no time of their square
            let front = (self.first - word).max(self.words.len()).min(self.first);
            self.words.splice(..0, std::iter::repeat_n(0, front));
            self.first -= front;
        }
        let at = word - self.first;
        if self.words.len() <= at {
            self.words.resize(at + 1, 0);
        }
        self.words[at] |= 1 << (record % 64);
    }

    pub(super) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// How many are in another set too.
    pub(super) fn count_within(&self, other: &Self) -> u64 {
        let both = self.words.iter().zip(self.first..).map(|(word, at)| {
            let of_other = at.checked_sub(other.first).and_then(|at| other.words.get(at));
            u64::from((word & of_other.unwrap_or(&0)).count_ones())
        });
        both.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_counts_as_a_plain_set_does(sets in prop::array::uniform2(prop::collection::vec(0..2_000_u32, 0..60))) {
            let packed = sets.each_ref().map(|records| {
                let mut set = RecordSet::default();
                records.iter().for_each(|&record| set.add(record));
                set
            });
            let [one, other] = sets.map(|records| records.into_iter().collect::<BTreeSet<u32>>());
            prop_assert_eq!(packed[0].count(), one.len() as u64);
            prop_assert_eq!(packed[0].count_within(&packed[1]), one.intersection(&other).count() as u64);
        }
    }
}
