//! The NHS number.

use super::{digits, weighted_sum};
use std::fmt;

/// An NHS number: ten digits that pass modulus 11, where a remainder of ten means that there is no such number.
/// Numbers of Scotland and Northern Ireland, which use the same check, are numbers too. `Debug` does not show it.
///
/// One in eleven random numbers passes, and a person may get another number, so neither is a pass evidence of a
/// person nor a difference evidence of two. See [`super::NhsNumberStatus`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NhsNumber([u8; 10]);

impl NhsNumber {
    /// Reads `999 000 0018`, `999-000-0018` or `9990000018`. `None` if the check digit is wrong, and for
    /// every sentinel, though these pass it.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = digits(text)?;
        let passes = weighted_sum(&digits).is_multiple_of(11) && !is_sentinel(&digits);
        passes.then_some(Self(digits))
    }

    /// Ten digits without spaces.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits are ASCII")
    }
}

/// Whether ten digits that pass modulus 11 are nobody's number: zeros and nines are the answers of a tracing service that
/// found nobody or several (recalled); other digits repeated, and digits in sequence, are typed because a field wants some.
fn is_sentinel(digits: &[u8; 10]) -> bool {
    digits == b"0123456789" || digits == b"9876543210" || digits.iter().all(|digit| *digit == digits[0])
}

impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NhsNumber(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let number = NhsNumber::parse(text);
        assert_eq!(number.as_ref().map(NhsNumber::expose), expected, "{text}");
    }

    #[test]
    fn numbers_of_the_test_range_are_read_in_every_common_spelling() {
        check("9990000018", Some("9990000018"));
        check("999 000 0026", Some("9990000026"));
        check(" 999-000-0034 ", Some("9990000034"));
        check("999\u{a0}000\u{a0}0034", Some("9990000034"));
    }

    #[test]
    fn wrong_check_digits_and_lengths_are_refused() {
        for text in ["9990000019", "999000001", "99900000180", "999000001A", "", "UN3"] {
            check(text, None);
        }
    }

    #[test]
    fn sentinels_that_pass_modulus_11_are_refused() {
        for text in ["0000000000", "999 999 9999", "5555555555", "0123456789", "987-654-3210"] {
            check(text, None);
            assert!(weighted_sum(&digits(text).expect("ten digits")).is_multiple_of(11), "{text}");
        }
    }

    #[test]
    fn a_number_whose_check_would_be_ten_does_not_exist() {
        // 123456789 leaves 10, so no last digit completes it
        for last in 0..10 {
            check(&format!("123456789{last}"), None);
        }
    }

    #[test]
    fn debug_hides_the_number() {
        let number = NhsNumber::parse("9990000018").expect("valid");
        assert_eq!(format!("{number:?}"), "NhsNumber(hidden)");
    }

    /// The rule as the data dictionary words it, digit by digit.
    fn slow_check_digit(nine: &[u32]) -> Option<u32> {
        let sum: u32 = (1..=9).map(|place| nine[place - 1] * (11 - place as u32)).sum();
        match 11 - sum % 11 {
            11 => Some(0),
            10 => None,
            digit => Some(digit),
        }
    }

    proptest! {
        #[test]
        fn every_single_wrong_digit_is_found(
            nine in prop::collection::vec(0u32..10, 9), place in 0usize..10, other in 0u32..10,
        ) {
            let Some(last) = slow_check_digit(&nine) else { return Ok(()) };
            let mut digits = nine;
            digits.push(last);
            prop_assume!(digits[place] != other);
            digits[place] = other;
            let text: String = digits.iter().map(u32::to_string).collect();
            prop_assert!(NhsNumber::parse(&text).is_none());
        }

        #[test]
        fn every_swap_of_neighbours_is_found(nine in prop::collection::vec(0u32..10, 9), place in 0usize..9) {
            let Some(last) = slow_check_digit(&nine) else { return Ok(()) };
            let mut digits = nine;
            digits.push(last);
            prop_assume!(digits[place] != digits[place + 1]);
            digits.swap(place, place + 1);
            let text: String = digits.iter().map(u32::to_string).collect();
            prop_assert!(NhsNumber::parse(&text).is_none());
        }

        #[test]
        fn the_check_digit_is_that_of_the_data_dictionary(nine in prop::collection::vec(0u32..10, 9)) {
            let stem: String = nine.iter().map(u32::to_string).collect();
            prop_assume!(nine.windows(2).any(|pair| pair[0] != pair[1]) && stem != "012345678" && stem != "987654321");
            let accepted: Vec<u32> =
                (0..10).filter(|last| NhsNumber::parse(&format!("{stem}{last}")).is_some()).collect();
            prop_assert_eq!(accepted, slow_check_digit(&nine).into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn no_text_panics(text in ".{0,20}") {
            let _ = NhsNumber::parse(&text);
        }
    }
}
