//! The unique reference number of a school.

use super::{digits, number};
use std::fmt;

/// A school's unique reference number in Get Information about Schools: six digits, the first not 0. A school
/// that becomes an academy gets another. Identifies nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Urn(u32);

/// Unknown school, and education at home, in lists of the school-age immunisation services.
const NO_SCHOOL: [u32; 2] = [888_888, 999_999];

impl Urn {
    /// Reads six digits. `None` for 888888 and 999999, which say that the school is not known and that the child
    /// is educated at home.
    pub fn parse(text: &str) -> Option<Self> {
        let number = number(&digits::<6>(text)?);
        (number >= 100_000 && !NO_SCHOOL.contains(&number)).then_some(Self(number))
    }

    /// 100000..=999998.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_read_and_codes_for_no_school_refused() {
        assert_eq!(Urn::parse(" 100000 ").expect("six digits").to_string(), "100000");
        for text in ["", "99999", "1000000", "012345", "888888", "999999", "EY400304", "XXXXXX"] {
            assert_eq!(Urn::parse(text), None, "{text}");
        }
    }
}
