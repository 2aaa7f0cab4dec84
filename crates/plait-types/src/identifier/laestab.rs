//! The number of a school within its local authority.

use super::{LaCode, digits, number};
use std::fmt;

/// LAESTAB, a school's number: local authority (3 digits) and establishment (4 digits). A school that becomes an
/// academy may keep it, while its URN changes; it changes when a boundary moves. Identifies nobody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Laestab {
    authority: LaCode,
    establishment: u16,
}

impl Laestab {
    /// Reads `201/2000`, `201-2000`, `201 2000` or `2012000`. The authority need not be known.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((authority, establishment)) = text.split_once('/') {
            let establishment = number(&digits::<4>(establishment)?) as u16;
            return Some(Self { authority: LaCode::parse(authority)?, establishment });
        }
        let [a, b, c, establishment @ ..] = digits::<7>(text)?;
        Some(Self { authority: LaCode::of([a, b, c]), establishment: number(&establishment) as u16 })
    }

    /// The authority's part.
    pub fn la_code(self) -> LaCode {
        self.authority
    }

    /// The school's part, 0..=9999.
    pub fn establishment(self) -> u16 {
        self.establishment
    }
}

/// `201/2000`, as Get Information about Schools prints it.
impl fmt::Display for Laestab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:04}", self.authority, self.establishment)
    }
}

impl fmt::Debug for Laestab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Laestab({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_spelling_is_one_number() {
        for text in ["201/2000", "201-2000", "201 2000", "2012000", " 201 / 2000 "] {
            let school = Laestab::parse(text).expect(text);
            assert_eq!((school.la_code().number(), school.establishment()), (201, 2000), "{text}");
            assert_eq!(school.to_string(), "201/2000");
        }
        assert_eq!(Laestab::parse("0010007").expect("leading zeros").to_string(), "001/0007");
    }

    #[test]
    fn other_lengths_and_letters_are_no_number() {
        for text in ["", "201", "2000", "201200", "20120000", "20/12000", "201/200", "201//2000", "20A2000"] {
            assert_eq!(Laestab::parse(text), None, "{text}");
        }
    }
}
