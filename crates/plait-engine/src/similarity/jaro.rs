//! Jaro and Jaro-Winkler: the share of letters in common, near their places, and how many of them are out of
//! order; Winkler adds weight for a shared beginning.
//!
//! Definitions are those of `RapidFuzz`: two letters match when equal and no further apart than half the longer
//! value less one; the prefix counts at most four letters of weight 0.1 and only when Jaro is above 0.7.
//! Source: Winkler, "String comparator metrics and enhanced decision rules in the Fellegi-Sunter model of
//! record linkage" (1990).

use super::prepared::{Prepared, characters, first_four};

/// Jaro similarity. One pair at a time; for many pairs with one left see [`Prepared::jaro`].
pub fn jaro(left: &str, right: &str) -> f64 {
    Prepared::new(left).jaro(right)
}

/// Jaro-Winkler similarity. One pair at a time; for many pairs with one left see [`Prepared::jaro_winkler`].
pub fn jaro_winkler(left: &str, right: &str) -> f64 {
    Prepared::new(left).jaro_winkler(right)
}

/// The longest value that the short kernel takes, in bytes.
const SHORT: usize = 16;

/// Jaro above which a shared beginning counts.
const BOOST_ABOVE: f64 = 0.7;

/// What each letter of a shared beginning takes away from the distance to 1.
const PREFIX_WEIGHT: f64 = 0.1;

/// A bound is compared with a cutoff with this much to spare, so that rounding never rejects a pair that
/// reaches it.
pub(super) const SLACK: f64 = 1e-12;

/// `WINDOWS[reach][j]`: the left positions no further than `reach` from right position `j`.
static WINDOWS: [[u64; SHORT]; SHORT / 2] = windows();

/// `SHARES[n][m]` is m ÷ n; zero where n is zero.
static SHARES: [[f64; SHORT + 1]; SHORT + 1] = shares();

/// The number of bits in each byte: without the `popcnt` instruction, which the baseline x86-64 target lacks,
/// two look-ups are quicker than counting.
static BITS: [u8; 256] = bits();

/// What the short kernel matched.
#[derive(Clone, Copy)]
struct Matched {
    /// One bit for each left letter that matches.
    taken: u64,
    /// How many letters match.
    count: usize,
    /// Some letter was matched to the left of the match of an earlier one.
    crossed: bool,
}

// The short kernel.
//
// For each right letter, in order, the candidates are the left positions that hold it (one look-up), lie in
// its window (one look-up) and are still free; the lowest of them is taken. `candidates & -candidates` is that
// lowest bit, so a letter costs one load and a chain of four operations, without a branch.
//
// Jaro then lines up the matched letters of both sides, each in its own order, and counts the places where
// they differ; half of that is the number of transpositions. That count is nearly always decided without
// looking: equal letters are matched in order, so the two sequences are the same exactly when no two matches
// cross, and `-candidates` has every bit above the lowest candidate, so a crossing is a taken bit in it. When
// some cross, two sequences over the same letters differ in at least two places, so with two or three matches
// there is exactly one transposition. Only four or more matches with a crossing are walked.
//
// Measured against packed values of a fixed width (8 or 16 steps, no branch on the length): those cost 16 ns,
// this 15 ns, because the steps saved outweigh the mispredicted end of the loop.
impl Prepared {
    /// Jaro similarity of the left value and `right`.
    #[inline]
    pub fn jaro(&self, right: &str) -> f64 {
        let bytes = right.as_bytes();
        match self.match_short(bytes) {
            Some(matched) => self.jaro_of(&matched, bytes),
            None => self.jaro_long(right),
        }
    }

    /// Jaro-Winkler similarity of the left value and `right`. About 15 ns for names.
    #[inline]
    pub fn jaro_winkler(&self, right: &str) -> f64 {
        let bytes = right.as_bytes();
        match self.match_short(bytes) {
            Some(matched) => winkler(self.jaro_of(&matched, bytes), self.shared_beginning(bytes)),
            None => winkler(self.jaro_long(right), shared_beginning(&self.left, right)),
        }
    }

    /// Jaro-Winkler similarity if it is at least `cutoff`, with an early end where the number of letters in common
    /// already rules that out and their order would be costly.
    #[inline]
    pub fn jaro_winkler_at_least(&self, right: &str, cutoff: f64) -> Option<f64> {
        let value = self.jaro_winkler_unless_below(right, cutoff);
        (value >= cutoff).then_some(value)
    }

    /// The place of the first of `thresholds` (descending) that the Jaro-Winkler similarity reaches;
    /// `thresholds.len()` if it reaches none.
    #[inline]
    pub fn jaro_winkler_level(&self, right: &str, thresholds: &[f64]) -> usize {
        let Some(lowest) = thresholds.last() else { return 0 };
        let value = self.jaro_winkler_unless_below(right, *lowest);
        thresholds.iter().map(|threshold| usize::from(value < *threshold)).sum()
    }

    /// Jaro-Winkler similarity, or if it is below `cutoff`, anything below `cutoff`.
    ///
    /// The kernel itself is not worth leaving: a test on the lengths alone made names 3 ns slower.
    #[inline]
    fn jaro_winkler_unless_below(&self, right: &str, cutoff: f64) -> f64 {
        let bytes = right.as_bytes();
        let Some(matched) = self.match_short(bytes) else { return self.jaro_winkler(right) };
        let prefix = self.shared_beginning(bytes);
        if matched.crossed && matched.count > 3 {
            let in_order = Matched { crossed: false, ..matched };
            let bound = winkler(self.jaro_of(&in_order, bytes), prefix) + SLACK;
            if bound < cutoff {
                return bound;
            }
        }
        winkler(self.jaro_of(&matched, bytes), prefix)
    }

    #[inline]
    fn short_pair(&self, right: &[u8]) -> bool {
        self.fits && self.left.len() <= SHORT && right.len() <= SHORT
    }

    /// The matches of a short ASCII pair; `None` if either value is not one.
    #[inline]
    fn match_short(&self, right: &[u8]) -> Option<Matched> {
        if !self.short_pair(right) {
            return None;
        }
        let windows = &WINDOWS[reach(self.left.len(), right.len())];
        let mut free = !0_u64;
        let mut crossings = 0;
        let mut seen = 0;
        for (byte, window) in right.iter().zip(windows) {
            let candidates = self.positions[*byte as usize] & window & free;
            let from_lowest = candidates.wrapping_neg();
            crossings |= from_lowest & !free;
            free ^= candidates & from_lowest;
            seen |= byte;
        }
        let [low, high, ..] = (!free).to_le_bytes();
        let count = BITS[low as usize] as usize + BITS[high as usize] as usize;
        seen.is_ascii().then_some(Matched { taken: !free, count, crossed: crossings != 0 })
    }

    #[inline]
    fn jaro_of(&self, matched: &Matched, right: &[u8]) -> f64 {
        let count = matched.count;
        let transpositions = if matched.crossed && count > 3 {
            self.count_transpositions(right, matched.taken)
        } else {
            usize::from(matched.crossed)
        };
        (SHARES[self.left.len()][count]
            + SHARES[right.len()][count]
            + SHARES[count][count.saturating_sub(transpositions)])
            / 3.0
    }

    /// Matches once more, and holds each matched right letter against the next of the left positions in `taken`.
    #[inline(never)]
    fn count_transpositions(&self, right: &[u8], mut taken: u64) -> usize {
        let windows = &WINDOWS[reach(self.left.len(), right.len())];
        let mut free = !0_u64;
        let mut out_of_place = 0;
        for (byte, window) in right.iter().zip(windows) {
            let positions = self.positions[*byte as usize];
            let candidates = positions & window & free;
            free ^= candidates & candidates.wrapping_neg();
            let next = if candidates == 0 { 0 } else { taken & taken.wrapping_neg() };
            out_of_place += usize::from(positions & next != next);
            taken ^= next;
        }
        out_of_place / 2
    }

    /// How many of the left positions in `taken`, in order, do not hold the matched right letter of their turn.
    #[inline]
    fn count_out_of_place(&self, mut taken: u64, letters: &[u8]) -> usize {
        let mut out_of_place = 0;
        for letter in letters {
            let lowest = taken & taken.wrapping_neg();
            out_of_place += usize::from(self.positions[*letter as usize] & lowest != lowest);
            taken ^= lowest;
        }
        out_of_place
    }

    #[inline]
    fn shared_beginning(&self, right: &[u8]) -> usize {
        let differing = self.first_four ^ first_four(right);
        (differing.trailing_zeros() / 8).min(self.left.len() as u32).min(right.len() as u32) as usize
    }

    /// Jaro of values beyond the short kernel: up to 64 ASCII letters by words, anything else by characters.
    #[inline(never)]
    fn jaro_long(&self, right: &str) -> f64 {
        if self.fits && right.len() <= 64 && right.is_ascii() {
            return self.jaro_word(right.as_bytes());
        }
        jaro_characters(&characters(&self.left), &characters(right))
    }

    fn jaro_word(&self, right: &[u8]) -> f64 {
        let reach = reach(self.left.len(), right.len());
        let mut window = (1_u64 << (reach + 1)) - 1;
        let mut taken = 0_u64;
        let mut letters = [0; 64];
        let mut count = 0;
        for (place, byte) in right.iter().enumerate() {
            let candidates = self.positions[*byte as usize] & window & !taken;
            if candidates != 0 {
                letters[count] = *byte;
                count += 1;
            }
            taken |= candidates & candidates.wrapping_neg();
            window = (window << 1) | u64::from(place < reach);
        }
        let transpositions = self.count_out_of_place(taken, &letters[..count]) / 2;
        jaro_from(self.left.len(), right.len(), count, transpositions)
    }
}

/// Jaro by characters, for any script and length.
fn jaro_characters(left: &[char], right: &[char]) -> f64 {
    if left.is_empty() && right.is_empty() {
        return 1.0;
    }
    let reach = reach(left.len(), right.len());
    let mut taken = vec![false; left.len()];
    let mut letters = Vec::with_capacity(right.len());
    for (place, letter) in right.iter().enumerate() {
        let window = place.saturating_sub(reach)..(place + reach + 1).min(left.len());
        if let Some(found) = window.into_iter().find(|at| !taken[*at] && left[*at] == *letter) {
            taken[found] = true;
            letters.push(letter);
        }
    }
    let in_order = left.iter().zip(&taken).filter_map(|(letter, taken)| taken.then_some(letter));
    let out_of_place = in_order.zip(&letters).filter(|(a, b)| a != *b).count();
    jaro_from(left.len(), right.len(), letters.len(), out_of_place / 2)
}

/// How far apart two letters that match may be.
#[inline]
fn reach(left: usize, right: usize) -> usize {
    (left.max(right) / 2).saturating_sub(1)
}

fn jaro_from(left: usize, right: usize, count: usize, transpositions: usize) -> f64 {
    if count == 0 {
        return 0.0;
    }
    let matched = count as f64;
    (matched / left as f64 + matched / right as f64 + (count - transpositions) as f64 / matched) / 3.0
}

/// Jaro with the weight of a shared beginning of 0..=4 letters.
#[inline]
pub(super) fn winkler(jaro: f64, prefix: usize) -> f64 {
    let weight = prefix as f64 * PREFIX_WEIGHT;
    let boost = if jaro > BOOST_ABOVE { weight } else { 0.0 };
    jaro + boost * (1.0 - jaro)
}

fn shared_beginning(left: &str, right: &str) -> usize {
    left.chars().zip(right.chars()).take(4).take_while(|(a, b)| a == b).count()
}

const fn windows() -> [[u64; SHORT]; SHORT / 2] {
    let mut windows = [[0; SHORT]; SHORT / 2];
    let mut reach = 0;
    while reach < SHORT / 2 {
        let mut place = 0;
        while place < SHORT {
            windows[reach][place] = (((1 << (2 * reach + 1)) - 1) << place) >> reach;
            place += 1;
        }
        reach += 1;
    }
    windows
}

const fn shares() -> [[f64; SHORT + 1]; SHORT + 1] {
    let mut shares = [[0.0; SHORT + 1]; SHORT + 1];
    let mut whole = 1;
    while whole <= SHORT {
        let mut part = 0;
        while part <= SHORT {
            shares[whole][part] = part as f64 / whole as f64;
            part += 1;
        }
        whole += 1;
    }
    shares
}

const fn bits() -> [u8; 256] {
    let mut bits = [0; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        bits[byte] = byte.count_ones() as u8;
        byte += 1;
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::similarity::slow::{self, any_pair, fixed};

    fn check(left: &str, right: &str, expected: f64) {
        let got = jaro_winkler(left, right);
        assert!((got - expected).abs() < 5e-5, "{left} {right}: {got}, expected {expected}");
    }

    #[test]
    fn published_pairs_get_their_published_values() {
        check("martha", "marhta", 0.9611);
        check("dwayne", "duane", 0.84);
        check("dixon", "dicksonx", 0.8133);
        check("shackleford", "shackelford", 0.9818);
        check("dunningham", "cunnigham", 0.8963);
        check("nichleson", "nichulson", 0.9556);
        check("jones", "johnson", 0.8324);
        check("abroms", "abrams", 0.9222);
        check("hardin", "martinez", 0.7222);
        check("itman", "smith", 0.4667);
    }

    #[test]
    fn a_shared_beginning_counts_only_above_seven_tenths() {
        let low = jaro("abxxxxxx", "abyyyyyy");
        assert!(low < 0.7 && jaro_winkler("abxxxxxx", "abyyyyyy").to_bits() == low.to_bits());
        assert!(jaro_winkler("abcdxx", "abcdyy") > jaro("abcdxx", "abcdyy"));
    }

    #[test]
    fn empty_values_equal_each_other_and_nothing_else() {
        check("", "", 1.0);
        check("", "a", 0.0);
        check("a", "", 0.0);
    }

    #[test]
    fn accented_and_non_latin_letters_count_as_one_letter() {
        check("zoë", "zoé", jaro_winkler("zoa", "zob"));
        check("عمر", "عمار", jaro_winkler("omr", "omar"));
    }

    #[test]
    fn a_level_is_the_first_threshold_reached() {
        let thresholds = [1.0, 0.92, 0.8];
        let level = |right| Prepared::new("martha").jaro_winkler_level(right, &thresholds);
        assert_eq!(["martha", "marhta", "marta", "zzz"].map(level), [0, 1, 1, 3]);
        assert_eq!(Prepared::new("dwayne").jaro_winkler_level("duane", &thresholds), 2);
        assert_eq!(Prepared::new("a").jaro_winkler_level("a", &[]), 0);
    }

    proptest! {
        #![proptest_config(fixed(6000))]

        #[test]
        fn agrees_with_its_slow_twin_and_both_oracles((left, right) in any_pair()) {
            let prepared = Prepared::new(&left);
            let (jaro, winkler) = (prepared.jaro(&right), prepared.jaro_winkler(&right));
            prop_assert!((jaro - slow::jaro(&left, &right)).abs() < 1e-12);
            prop_assert!((winkler - slow::jaro_winkler(&left, &right)).abs() < 1e-12);
            let oracle = rapidfuzz::distance::jaro::similarity(left.chars(), right.chars());
            prop_assert!((jaro - oracle).abs() < 1e-12, "{} {}", jaro, oracle);
            let oracle = rapidfuzz::distance::jaro_winkler::similarity(left.chars(), right.chars());
            prop_assert!((winkler - oracle).abs() < 1e-12, "{} {}", winkler, oracle);
            prop_assert!((jaro - strsim::jaro(&left, &right)).abs() < 1e-12);
        }

        #[test]
        fn is_symmetric_between_zero_and_one_and_one_for_equal((left, right) in any_pair()) {
            let value = jaro_winkler(&left, &right);
            prop_assert!((0.0..=1.0).contains(&value));
            prop_assert_eq!(value.to_bits(), jaro_winkler(&right, &left).to_bits());
            prop_assert!((jaro_winkler(&left, &left) - 1.0).abs() < f64::EPSILON);
        }

        #[test]
        fn a_cutoff_changes_nothing_but_the_pairs_below_it((left, right) in any_pair(), cutoff in 0.0..1.0) {
            let prepared = Prepared::new(&left);
            let value = prepared.jaro_winkler(&right);
            prop_assert_eq!(
                prepared.jaro_winkler_at_least(&right, cutoff),
                Some(value).filter(|value| *value >= cutoff)
            );
            prop_assert_eq!(prepared.jaro_winkler_at_least(&right, value), Some(value));
        }

        #[test]
        fn a_level_is_the_number_of_thresholds_not_reached((left, right) in any_pair()) {
            let thresholds = [1.0, 0.95, 0.88, 0.7, 0.4];
            let value = jaro_winkler(&left, &right);
            let expected = thresholds.iter().filter(|threshold| value < **threshold).count();
            prop_assert_eq!(Prepared::new(&left).jaro_winkler_level(&right, &thresholds), expected);
        }
    }
}
