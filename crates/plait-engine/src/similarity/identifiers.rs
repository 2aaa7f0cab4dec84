//! Identifiers and postcodes with a slip of the keyboard: one edit, or two neighbours swapped

use std::str::Chars;

/// One letter is changed, added or dropped, and nothing else: Levenshtein distance exactly 1. Linear in length.
pub fn one_edit(left: &str, right: &str) -> bool {
    let (left, right) = after_common_beginning(left, right);
    let (after_left, after_right) = (rest_after(&left, 1), rest_after(&right, 1));
    match (after_left, after_right) {
        (None, None) => false,
        (None, Some(dropped)) | (Some(dropped), None) => dropped.is_empty(),
        (Some(a), Some(b)) => a == b || a == right.as_str() || left.as_str() == b,
    }
}

/// Two neighbouring letters are swapped and nothing else. Linear in length.
pub fn transposed(left: &str, right: &str) -> bool {
    let (left, right) = after_common_beginning(left, right);
    let mut swapped = left.clone().zip(right.clone());
    let (Some((a, b)), Some((c, d))) = (swapped.next(), swapped.next()) else { return false };
    a == d && b == c && rest_after(&left, 2) == rest_after(&right, 2)
}

/// What is left of both values from the first letter that differs.
fn after_common_beginning<'a>(left: &'a str, right: &'a str) -> (Chars<'a>, Chars<'a>) {
    let (mut left, mut right) = (left.chars(), right.chars());
    loop {
        let here = (left.clone(), right.clone());
        match (left.next(), right.next()) {
            (Some(a), Some(b)) if a == b => {}
            _ => return here,
        }
    }
}

/// What follows the next `count` letters; `None` if there are fewer.
fn rest_after<'a>(letters: &Chars<'a>, count: usize) -> Option<&'a str> {
    let mut letters = letters.clone();
    (0..count).all(|_| letters.next().is_some()).then_some(letters.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::similarity::slow::{self, any_pair, fixed};

    #[test]
    fn one_wrong_missing_or_extra_character_is_one_edit() {
        for other in ["sw1a 2ab", "sw1a 2a", "sw1a 22aa", "w1a 2aa", "sw1a 2aax", "xw1a 2aa"] {
            assert!(one_edit("sw1a 2aa", other), "{other}");
        }
        for other in ["sw1a 2aa", "ws1a 2aa", "sw1a 2", "sw1 2ab"] {
            assert!(!one_edit("sw1a 2aa", other), "{other}");
        }
        assert!(one_edit("", "1") && !one_edit("", "") && !one_edit("", "12"));
    }

    #[test]
    fn only_neighbours_are_transposed() {
        assert!(transposed("9434765919", "9437465919"));
        assert!(transposed("12", "21"));
        for other in ["9434765919", "9434756199", "9439765914", "943476591", "94347659190"] {
            assert!(!transposed("9434765919", other), "{other}");
        }
        assert!(!transposed("", "") && !transposed("1", "2"));
    }

    /// Every value made by swapping two different neighbours.
    fn swaps(value: &str) -> Vec<String> {
        let letters: Vec<char> = value.chars().collect();
        let swapped = |at: usize| {
            let mut letters = letters.clone();
            letters.swap(at, at + 1);
            letters.into_iter().collect()
        };
        (1..letters.len()).filter(|at| letters[at - 1] != letters[*at]).map(|at| swapped(at - 1)).collect()
    }

    fn check(left: &str, right: &str) -> Result<(), TestCaseError> {
        prop_assert_eq!(one_edit(left, right), slow::edit_distance(left, right, false) == 1);
        prop_assert_eq!(transposed(left, right), swaps(left).iter().any(|swap| swap == right));
        prop_assert_eq!(one_edit(left, right), one_edit(right, left));
        prop_assert_eq!(transposed(left, right), transposed(right, left));
        Ok(())
    }

    proptest! {
        #![proptest_config(fixed(4000))]

        #[test]
        fn agree_with_the_distance_and_with_every_swap((left, right) in any_pair()) {
            check(&left, &right)?;
        }

        #[test]
        fn agree_on_short_values_of_few_characters(left in "[01é]{0,5}", right in "[01é]{0,5}") {
            check(&left, &right)?;
        }
    }
}
