//! Jaccard and Dice: the share of runs of one, two or three letters that two values have in common

/// How many letters a run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gram {
    /// Single letters.
    Character = 1,
    /// Pairs of letters.
    Bigram = 2,
    /// Runs of three letters.
    Trigram = 3,
}

/// The runs of letters of one value, sorted, to be compared with those of others.
///
/// A value shorter than a run is one run itself; an empty value has none.
#[derive(Clone, PartialEq, Eq)]
pub struct Grams {
    /// 21 bits hold any character, so a run of three fits and nothing is hashed.
    sorted: Vec<u64>,
}

impl Grams {
    /// The runs of a value.
    pub fn of(value: &str, gram: Gram) -> Self {
        let size = gram as usize;
        let letters: Vec<u64> = value.chars().map(|letter| u64::from(u32::from(letter)) + 1).collect();
        let pack = |run: &[u64]| run.iter().fold(0, |packed, letter| (packed << 21) | letter);
        let mut sorted: Vec<u64> = if letters.len() < size && !letters.is_empty() {
            vec![pack(&letters)]
        } else {
            letters.windows(size).map(pack).collect()
        };
        sorted.sort_unstable();
        Self { sorted }
    }

    /// Different runs in common over different runs in either; 1 for two empty values.
    ///
    /// With single letters this is `jaccard` of `DuckDB`.
    pub fn jaccard(&self, other: &Self) -> f64 {
        let common = self.common(other, true);
        let either = self.distinct() + other.distinct() - common;
        if either == 0 { 1.0 } else { common as f64 / either as f64 }
    }

    /// Twice the runs in common over the runs of both, repeats counted; 1 for two empty values.
    pub fn dice(&self, other: &Self) -> f64 {
        let both = self.sorted.len() + other.sorted.len();
        if both == 0 { 1.0 } else { (2 * self.common(other, false)) as f64 / both as f64 }
    }

    fn distinct(&self) -> usize {
        self.sorted.chunk_by(|a, b| a == b).count()
    }

    fn common(&self, other: &Self, once: bool) -> usize {
        let (mut common, mut here, mut there) = (0, 0, 0);
        while let (Some(a), Some(b)) = (self.sorted.get(here), other.sorted.get(there)) {
            let repeat = once && here > 0 && self.sorted[here - 1] == *a;
            common += usize::from(a == b && !repeat);
            here += usize::from(a <= b);
            there += usize::from(b <= a);
        }
        common
    }
}

/// Jaccard similarity over the different runs of letters; see [`Grams::jaccard`].
pub fn jaccard(left: &str, right: &str, gram: Gram) -> f64 {
    Grams::of(left, gram).jaccard(&Grams::of(right, gram))
}

/// Dice similarity over the runs of letters, repeats counted; see [`Grams::dice`].
pub fn dice(left: &str, right: &str, gram: Gram) -> f64 {
    Grams::of(left, gram).dice(&Grams::of(right, gram))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::similarity::slow::{any_pair, fixed, gram_counts};

    const SIZES: [Gram; 3] = [Gram::Character, Gram::Bigram, Gram::Trigram];

    fn check(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-12, "{got}, expected {expected}");
    }

    #[test]
    fn runs_are_shared_over_all_runs() {
        check(jaccard("night", "nacht", Gram::Bigram), 1.0 / 7.0);
        check(dice("night", "nacht", Gram::Bigram), 0.25);
        check(jaccard("anna", "hannah", Gram::Character), 2.0 / 3.0);
    }

    #[test]
    fn repeats_count_for_dice_and_not_for_jaccard() {
        check(jaccard("aaaa", "aa", Gram::Bigram), 1.0);
        check(dice("aaaa", "aa", Gram::Bigram), 0.5);
    }

    #[test]
    fn empty_and_short_values_are_whole_runs() {
        check(jaccard("", "", Gram::Trigram), 1.0);
        check(dice("", "a", Gram::Trigram), 0.0);
        check(dice("al", "al", Gram::Trigram), 1.0);
        check(dice("al", "all", Gram::Trigram), 0.0);
    }

    proptest! {
        #![proptest_config(fixed(4000))]

        #[test]
        fn agree_with_counts_in_a_table((left, right) in any_pair()) {
            for gram in SIZES {
                let (a, b) = (gram_counts(&left, gram as usize), gram_counts(&right, gram as usize));
                let shared = |key: &String| b.get(key).copied().unwrap_or(0).min(a[key]);
                let common: usize = a.keys().map(shared).sum();
                let distinct = a.keys().filter(|key| b.contains_key(*key)).count();
                let total: usize = a.values().sum::<usize>() + b.values().sum::<usize>();
                let ratio = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
                let expected = ratio(distinct, a.len() + b.len() - distinct);
                prop_assert!((jaccard(&left, &right, gram) - expected).abs() < 1e-12);
                prop_assert!((dice(&left, &right, gram) - ratio(2 * common, total)).abs() < 1e-12);
            }
        }

        // strsim passes over spaces, and counts bytes where it means letters
        #[test]
        fn dice_of_pairs_is_strsims_for_ascii_without_spaces(left in "[a-c'-]{0,20}", right in "[a-c'-]{0,20}") {
            let expected = strsim::sorensen_dice(&left, &right);
            prop_assert!((dice(&left, &right, Gram::Bigram) - expected).abs() < 1e-12);
        }

        #[test]
        fn are_symmetric_and_one_for_equal((left, right) in any_pair()) {
            for gram in SIZES {
                for measure in [jaccard, dice] {
                    let value = measure(&left, &right, gram);
                    prop_assert_eq!(value.to_bits(), measure(&right, &left, gram).to_bits());
                    prop_assert!((0.0..=1.0).contains(&value));
                    prop_assert!((measure(&left, &left, gram) - 1.0).abs() < f64::EPSILON);
                }
            }
        }
    }
}
