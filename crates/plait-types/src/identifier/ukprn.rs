//! The UK Provider Reference Number.

use super::{digits, number};
use std::fmt;

/// A UK Provider Reference Number, of schools, colleges, trusts and councils: eight digits, the first 1.
/// Identifies nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ukprn(u32);

impl Ukprn {
    /// Reads eight digits that begin with 1. There is no check digit.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = digits::<8>(text)?;
        (digits[0] == b'1').then(|| Self(number(&digits)))
    }

    /// 10000000..=19999999.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Ukprn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_that_begin_with_one_are_read() {
        assert_eq!(Ukprn::parse("1000 0018").expect("a number").number(), 10_000_018);
        for text in ["", "1000001", "100000180", "20000018", "1000001A"] {
            assert_eq!(Ukprn::parse(text), None, "{text}");
        }
    }
}
