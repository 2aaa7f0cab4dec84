//! The Unique Learner Number.

use super::{digits, weighted_sum};
use std::fmt;

/// A Unique Learner Number: ten digits, the first not 0, whose weighted sum leaves 10 modulo 11. No number
/// is both a ULN and an NHS number, which leaves 0. `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uln([u8; 10]);

/// Stands for a number still to come.
const AWAITED: &[u8; 10] = b"9999999999";

impl Uln {
    /// Reads ten digits with or without spaces. `None` if the check digit is wrong, which it is in the placeholder
    /// 9999999999, too: see [`Uln::is_awaited`].
    pub fn parse(text: &str) -> Option<Self> {
        let digits = digits(text)?;
        (digits[0] != b'0' && weighted_sum(&digits) % 11 == 10).then_some(Self(digits))
    }

    /// Whether a text is 9999999999, which returns of colleges have until the learner's number has come (recalled).
    pub fn is_awaited(text: &str) -> bool {
        digits(text).as_ref() == Some(AWAITED)
    }

    /// Ten digits without spaces.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits are ASCII")
    }
}

impl fmt::Debug for Uln {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uln(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::NhsNumber;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn learner_numbers_are_read_and_placeholders_refused() {
        let number = Uln::parse("9276 308 686").expect("valid");
        assert_eq!(number.expose(), "9276308686");
        assert_eq!(format!("{number:?}"), "Uln(hidden)");
        for text in ["9999999999", "0000000000", "9276308687", "927630868", "UN1"] {
            assert!(Uln::parse(text).is_none(), "{text}");
            assert_eq!(Uln::is_awaited(text), text == "9999999999", "{text}");
        }
        assert!(Uln::is_awaited("9999 999 999"));
    }

    #[test]
    fn a_number_does_not_begin_with_zero_although_the_sum_is_right() {
        // 9·1 + 1·1 = 10
        assert_eq!(weighted_sum(b"0100000001") % 11, 10);
        assert!(Uln::parse("0100000001").is_none());
    }

    proptest! {
        #[test]
        fn no_number_is_both_learner_and_nhs_number(number in 1_000_000_000u64..10_000_000_000) {
            let text = number.to_string();
            prop_assert!(Uln::parse(&text).is_none() || NhsNumber::parse(&text).is_none());
        }

        #[test]
        fn every_single_wrong_digit_is_found(stem in 100_000_000u64..1_000_000_000, place in 0usize..10, other in b'0'..=b'9') {
            let Some(good) = (0..10).map(|last| format!("{stem}{last}")).find(|text| Uln::parse(text).is_some())
            else { return Ok(()) };
            let mut bytes = good.into_bytes();
            prop_assume!(bytes[place] != other);
            bytes[place] = other;
            let text = String::from_utf8(bytes).expect("digits");
            prop_assert!(Uln::parse(&text).is_none());
        }
    }
}
