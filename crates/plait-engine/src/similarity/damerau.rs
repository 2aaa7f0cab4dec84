//! Damerau-Levenshtein distance, unrestricted: as Levenshtein, and two neighbours may also be swapped, before or
//! after other edits between them; a metric, which OSA is not.
//!
//! Source: Lowrance and Wagner, "An extension of the string-to-string correction problem" (1975).

use super::levenshtein::{length, similarity_of};
use super::prepared::characters;

/// Damerau-Levenshtein distance in letters. Costs left length × right length and one allocation.
pub fn damerau_levenshtein(left: &str, right: &str) -> usize {
    damerau_levenshtein_at_most(left, right, usize::MAX).expect("no distance exceeds usize::MAX")
}

/// Damerau-Levenshtein distance if it is at most `max`; ends early where lengths or the letters so far rule
/// it out.
pub fn damerau_levenshtein_at_most(left: &str, right: &str, max: usize) -> Option<usize> {
    if max == 1 && left.is_ascii() && right.is_ascii() {
        return at_most_one(left.as_bytes(), right.as_bytes());
    }
    if left.is_ascii() && right.is_ascii() {
        distance(left.as_bytes(), right.as_bytes(), max)
    } else {
        distance(&characters(left), &characters(right), max)
    }
}

/// One less the Damerau-Levenshtein distance over the longer length; 1 for two empty values.
pub fn damerau_levenshtein_similarity(left: &str, right: &str) -> f64 {
    similarity_of(damerau_levenshtein(left, right), length(left).max(length(right)))
}

/// The distance if it is 0 or 1, without a table: one edit leaves at most a letter, or a swapped pair, between what
/// the values share at their start and at their end.
fn at_most_one(left: &[u8], right: &[u8]) -> Option<usize> {
    let start = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let (left, right) = (&left[start..], &right[start..]);
    let end = left.iter().rev().zip(right.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&left[..left.len() - end], &right[..right.len() - end]) {
        ([], []) => Some(0),
        ([_], [] | [_]) | ([], [_]) => Some(1),
        ([a, b], [c, d]) if a == d && b == c => Some(1),
        _ => None,
    }
}

/// Rows and columns count from one; zero stands for none.
fn distance<T: Copy + PartialEq>(left: &[T], right: &[T], max: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > max {
        return None;
    }
    let width = right.len() + 1;
    let mut table = vec![0; (left.len() + 1) * width];
    for (column, cell) in table[..width].iter_mut().enumerate() {
        *cell = column;
    }
    // for each column, the last row above whose letter is the column's
    let mut row_of_letter = vec![0; right.len()];
    for (row, a) in (1..).zip(left) {
        table[row * width] = row;
        let mut lowest = row;
        let mut column_of_letter = 0;
        for (column, b) in (1..).zip(right) {
            let here = row * width + column;
            let above = here - width;
            let mut best =
                (table[above - 1] + usize::from(a != b)).min(table[above] + 1).min(table[here - 1] + 1);
            let (row_before, column_before) = (row_of_letter[column - 1], column_of_letter);
            if row_before > 0 && column_before > 0 {
                let before = table[(row_before - 1) * width + column_before - 1];
                best = best.min(before + (row - row_before - 1) + 1 + (column - column_before - 1));
            }
            if a == b {
                column_of_letter = column;
                row_of_letter[column - 1] = row;
            }
            table[here] = best;
            lowest = lowest.min(best);
        }
        // a swap that reaches over rows costs one for each, so the lowest of a row never falls
        if lowest > max {
            return None;
        }
    }
    table.last().copied().filter(|distance| *distance <= max)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rapidfuzz::distance::damerau_levenshtein as oracle;

    use super::*;
    use crate::similarity::osa;
    use crate::similarity::slow::{any_pair, fixed};

    /// The recursive definition: the last letters are kept, changed, dropped, added, or the last pair of letters
    /// that could be swapped is, with everything between dropped and added.
    fn slow(left: &[char], right: &[char]) -> usize {
        let ([left_rest @ .., a], [right_rest @ .., b]) = (left, right) else {
            return left.len() + right.len();
        };
        let mut best = (slow(left_rest, right_rest) + usize::from(a != b))
            .min(slow(left_rest, right) + 1)
            .min(slow(left, right_rest) + 1);
        let earlier = (left_rest.iter().rposition(|x| x == b), right_rest.iter().rposition(|x| x == a));
        if let (Some(i), Some(j)) = earlier {
            let between = (left.len() - i - 2) + (right.len() - j - 2);
            best = best.min(slow(&left[..i], &right[..j]) + between + 1);
        }
        best
    }

    #[test]
    fn letters_may_be_put_between_swapped_neighbours() {
        assert_eq!(damerau_levenshtein("ca", "abc"), 2);
        assert_eq!(damerau_levenshtein("smiht", "smith"), 1);
        assert_eq!(damerau_levenshtein("", "añña"), 4);
    }

    proptest! {
        #![proptest_config(fixed(4000))]

        #[test]
        fn agrees_with_the_oracles((left, right) in any_pair()) {
            let distance = damerau_levenshtein(&left, &right);
            prop_assert_eq!(distance, oracle::distance(left.chars(), right.chars()));
            prop_assert_eq!(distance, strsim::damerau_levenshtein(&left, &right));
            let expected = oracle::normalized_similarity(left.chars(), right.chars());
            prop_assert!((damerau_levenshtein_similarity(&left, &right) - expected).abs() < 1e-12);
            prop_assert!(distance <= osa(&left, &right));
        }

        #[test]
        fn a_limit_changes_nothing_but_the_pairs_above_it((left, right) in any_pair(), max in 0_usize..6) {
            let whole = damerau_levenshtein(&left, &right);
            let expected = Some(whole).filter(|distance| *distance <= max);
            prop_assert_eq!(damerau_levenshtein_at_most(&left, &right, max), expected);
        }

        #[test]
        fn is_a_metric(a in "[abc]{0,7}", b in "[abc]{0,7}", c in "[abc]{0,7}") {
            let distance = damerau_levenshtein;
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
            prop_assert!(distance(&a, &c) <= distance(&a, &b) + distance(&b, &c));
        }
    }

    proptest! {
        #![proptest_config(fixed(300))]

        #[test]
        fn agrees_with_its_slow_twin(left in "[abcé]{0,5}", right in "[abcé]{0,5}") {
            let expected = slow(&characters(&left), &characters(&right));
            prop_assert_eq!(damerau_levenshtein(&left, &right), expected);
        }
    }
}
