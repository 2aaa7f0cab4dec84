//! Levenshtein and OSA distances: the fewest insertions, deletions and changes of a letter that turn one value
//! into the other; OSA (optimal string alignment) also swaps two neighbours, no letter being edited twice.
//!
//! Bit-parallel for a left of at most 64 ASCII letters. Sources: Myers, "A fast bit-vector algorithm for
//! approximate string matching based on dynamic programming" (1999); Hyyrö, "A bit-vector algorithm for
//! computing Levenshtein and Damerau edit distances" (2003).

use super::prepared::{Prepared, characters};

/// Levenshtein distance in letters. One pair at a time; for many see [`Prepared::levenshtein`].
pub fn levenshtein(left: &str, right: &str) -> usize {
    Prepared::new(left).levenshtein(right)
}

/// Levenshtein distance if it is at most `max`.
pub fn levenshtein_at_most(left: &str, right: &str, max: usize) -> Option<usize> {
    Prepared::new(left).levenshtein_at_most(right, max)
}

/// One less the Levenshtein distance over the longer length; 1 for two empty values.
pub fn levenshtein_similarity(left: &str, right: &str) -> f64 {
    Prepared::new(left).levenshtein_similarity(right)
}

/// OSA distance in letters. One pair at a time; for many see [`Prepared::osa`].
pub fn osa(left: &str, right: &str) -> usize {
    Prepared::new(left).osa(right)
}

/// OSA distance if it is at most `max`.
pub fn osa_at_most(left: &str, right: &str, max: usize) -> Option<usize> {
    Prepared::new(left).osa_at_most(right, max)
}

/// One less the OSA distance over the longer length; 1 for two empty values.
pub fn osa_similarity(left: &str, right: &str) -> f64 {
    Prepared::new(left).osa_similarity(right)
}

impl Prepared {
    /// Levenshtein distance between the left value and `right`, in letters.
    #[inline]
    pub fn levenshtein(&self, right: &str) -> usize {
        self.levenshtein_at_most(right, usize::MAX).expect("no distance exceeds usize::MAX")
    }

    /// Levenshtein distance if it is at most `max`; ends early where lengths rule it out.
    #[inline]
    pub fn levenshtein_at_most(&self, right: &str, max: usize) -> Option<usize> {
        self.edits::<false>(right, max)
    }

    /// One less the Levenshtein distance over the longer length; 1 for two empty values.
    #[inline]
    pub fn levenshtein_similarity(&self, right: &str) -> f64 {
        self.normalise(right, self.levenshtein(right))
    }

    /// OSA distance between the left value and `right`, in letters.
    #[inline]
    pub fn osa(&self, right: &str) -> usize {
        self.osa_at_most(right, usize::MAX).expect("no distance exceeds usize::MAX")
    }

    /// OSA distance if it is at most `max`; ends early where lengths rule it out.
    #[inline]
    pub fn osa_at_most(&self, right: &str, max: usize) -> Option<usize> {
        self.edits::<true>(right, max)
    }

    /// One less the OSA distance over the longer length; 1 for two empty values.
    #[inline]
    pub fn osa_similarity(&self, right: &str) -> f64 {
        self.normalise(right, self.osa(right))
    }

    #[inline]
    fn edits<const SWAPS: bool>(&self, right: &str, max: usize) -> Option<usize> {
        // bytes are letters only in ASCII; looked at last, because it is rarely needed
        if self.left.len().abs_diff(right.len()) > max && self.fits && right.is_ascii() {
            return None;
        }
        match self.edits_word::<SWAPS>(right.as_bytes()) {
            Some(distance) => (distance <= max).then_some(distance),
            None => edits_of_characters(&characters(&self.left), &characters(right), SWAPS, max),
        }
    }

    // A column of the table of distances is kept as two words: the rows where it rises by one from the row above
    // (`rises`) and where it falls by one (`falls`). One letter of the right value moves to the next column. The
    // distance is the top of the last column, which is the length of the right value, and all rises and falls.
    #[inline]
    fn edits_word<const SWAPS: bool>(&self, right: &[u8]) -> Option<usize> {
        if !self.fits {
            return None;
        }
        let mut rises = !0_u64;
        let mut falls = 0_u64;
        let mut same_diagonal = 0_u64;
        let mut positions_before = 0_u64;
        let mut seen = 0;
        for byte in right {
            let positions = self.positions[*byte as usize];
            let swapped = if SWAPS { ((!same_diagonal & positions) << 1) & positions_before } else { 0 };
            same_diagonal = ((positions & rises).wrapping_add(rises) ^ rises) | positions | falls | swapped;
            let rises_across = ((falls | !(same_diagonal | rises)) << 1) | 1;
            let falls_across = (same_diagonal & rises) << 1;
            rises = falls_across | !(same_diagonal | rises_across);
            falls = rises_across & same_diagonal;
            positions_before = positions;
            seen |= byte;
        }
        let rows = !0 >> (64 - self.left.len());
        let distance =
            right.len() + (rises & rows).count_ones() as usize - (falls & rows).count_ones() as usize;
        seen.is_ascii().then_some(distance)
    }

    fn normalise(&self, right: &str, distance: usize) -> f64 {
        similarity_of(distance, length(&self.left).max(length(right)))
    }
}

/// One less a distance over the longer length; 1 where that length is zero.
pub(super) fn similarity_of(distance: usize, longer: usize) -> f64 {
    if longer == 0 { 1.0 } else { 1.0 - distance as f64 / longer as f64 }
}

/// The length of a value in letters.
pub(super) fn length(value: &str) -> usize {
    if value.is_ascii() { value.len() } else { value.chars().count() }
}

/// The distance by three rows of the table, for any script and length.
fn edits_of_characters(left: &[char], right: &[char], swaps: bool, max: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > max {
        return None;
    }
    let mut before_last: Vec<usize> = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut row = vec![0; right.len() + 1];
    for (i, a) in left.iter().enumerate() {
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let mut best = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if swaps && i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                best = best.min(before_last[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        if row.iter().all(|distance| *distance > max) {
            return None;
        }
        std::mem::swap(&mut before_last, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    Some(last[right.len()]).filter(|distance| *distance <= max)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rapidfuzz::distance as oracle;

    use super::*;
    use crate::similarity::slow::{self, any_pair, fixed};

    #[test]
    fn textbook_pairs_have_their_textbook_distances() {
        assert_eq!(levenshtein("kitten", "sitting"), 3);
        assert_eq!(levenshtein("saturday", "sunday"), 3);
        assert_eq!(levenshtein("", "anna"), 4);
        assert_eq!(osa("smiht", "smith"), 1);
        assert_eq!(levenshtein("smiht", "smith"), 2);
    }

    #[test]
    fn osa_edits_no_letter_twice() {
        assert_eq!(osa("ca", "abc"), 3);
    }

    #[test]
    fn normalised_by_the_longer_value() {
        assert!((levenshtein_similarity("anna", "ann") - 0.75).abs() < 1e-12);
        assert!((osa_similarity("", "") - 1.0).abs() < 1e-12);
        assert!(levenshtein_similarity("", "ann").abs() < 1e-12);
    }

    proptest! {
        #![proptest_config(fixed(6000))]

        #[test]
        fn agree_with_the_whole_table_and_the_oracles((left, right) in any_pair()) {
            let prepared = Prepared::new(&left);
            let (plain, swaps) = (prepared.levenshtein(&right), prepared.osa(&right));
            prop_assert_eq!(plain, slow::edit_distance(&left, &right, false));
            prop_assert_eq!(swaps, slow::edit_distance(&left, &right, true));
            prop_assert_eq!(plain, oracle::levenshtein::distance(left.chars(), right.chars()));
            prop_assert_eq!(plain, strsim::levenshtein(&left, &right));
            prop_assert_eq!(swaps, strsim::osa_distance(&left, &right));
            let expected = oracle::levenshtein::normalized_similarity(left.chars(), right.chars());
            prop_assert!((prepared.levenshtein_similarity(&right) - expected).abs() < 1e-12);
            let expected = oracle::osa::normalized_similarity(left.chars(), right.chars());
            prop_assert!((prepared.osa_similarity(&right) - expected).abs() < 1e-12);
        }

        #[test]
        fn a_limit_changes_nothing_but_the_pairs_above_it((left, right) in any_pair(), max in 0_usize..6) {
            let within = |distance: usize| Some(distance).filter(|distance| *distance <= max);
            prop_assert_eq!(levenshtein_at_most(&left, &right, max), within(levenshtein(&left, &right)));
            prop_assert_eq!(osa_at_most(&left, &right, max), within(osa(&left, &right)));
        }

        #[test]
        fn are_symmetric_and_zero_only_for_equal_values((left, right) in any_pair()) {
            prop_assert_eq!(levenshtein(&left, &right), levenshtein(&right, &left));
            prop_assert_eq!(osa(&left, &right), osa(&right, &left));
            prop_assert_eq!(levenshtein(&left, &right) == 0, left == right);
            prop_assert!((0.0..=1.0).contains(&osa_similarity(&left, &right)));
        }
    }
}
