//! Identifiers and postcodes with a slip of the keyboard: two neighbours swapped

use std::str::Chars;

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
    use crate::similarity::slow::{any_pair, fixed};

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
        prop_assert_eq!(transposed(left, right), swaps(left).iter().any(|swap| swap == right));
        prop_assert_eq!(transposed(left, right), transposed(right, left));
        Ok(())
    }

    proptest! {
        #![proptest_config(fixed(4000))]

        #[test]
        fn agrees_with_every_swap((left, right) in any_pair()) {
            check(&left, &right)?;
        }

        #[test]
        fn agrees_on_short_values_of_few_characters(left in "[01é]{0,5}", right in "[01é]{0,5}") {
            check(&left, &right)?;
        }
    }
}
