//! The number that a local authority's case management system gives a child.

use super::LaCode;
use std::fmt;

/// A local authority's own id of a child, with the authority that gave it: alone it is unique nowhere, since two
/// authorities use the same numbers. Kept as recorded, leading zeros and case included. `Debug` does not show it.
///
/// It changes when an authority moves to another system, and then says nothing about the child.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaChildId {
    authority: LaCode,
    /// 1..=20 characters, none of them a control character, no space at either end
    id: Box<str>,
}

/// The longest id that the standard safeguarding data set holds. The children looked after return holds 10.
const LONGEST: usize = 20;

impl LaChildId {
    /// Reads an id of at most 20 characters; spaces around it do not count. `None` for empty and longer text
    /// and for text with line breaks or other control characters.
    pub fn parse(authority: LaCode, text: &str) -> Option<Self> {
        let id = text.trim();
        let fits = !id.is_empty() && id.chars().count() <= LONGEST && !id.contains(char::is_control);
        fits.then(|| Self { authority, id: id.into() })
    }

    /// The authority that gave it.
    pub fn la_code(&self) -> LaCode {
        self.authority
    }

    /// The id as recorded, without its authority.
    pub fn expose(&self) -> &str {
        &self.id
    }

    /// Whether two ids of one authority are the same number but for zeros in front, as when a spreadsheet has
    /// opened one of the files: `0012345` and `12345`. `false` for equal ids, and for ids that are not all digits,
    /// which no spreadsheet takes for numbers.
    pub fn differs_only_by_leading_zeros(&self, other: &Self) -> bool {
        let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
        self.authority == other.authority
            && self.id != other.id
            && is_number(&self.id)
            && is_number(&other.id)
            && self.id.trim_start_matches('0') == other.id.trim_start_matches('0')
    }
}

impl fmt::Debug for LaChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LaChildId(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(authority: u16, text: &str) -> LaChildId {
        LaChildId::parse(LaCode::new(authority).expect("a code"), text).expect(text)
    }

    #[test]
    fn leading_zeros_and_case_are_kept_and_spaces_around_are_not() {
        assert_eq!(id(302, " 0012345 ").expose(), "0012345");
        assert_eq!(id(302, "Ab-12/7").expose(), "Ab-12/7");
        assert_eq!(id(302, "0012345").la_code().number(), 302);
        assert_ne!(id(302, "0012345"), id(302, "12345"));
    }

    #[test]
    fn the_same_number_in_two_authorities_is_two_ids() {
        assert_ne!(id(302, "12345"), id(303, "12345"));
        assert!(!id(302, "012345").differs_only_by_leading_zeros(&id(303, "12345")));
    }

    #[test]
    fn empty_long_and_broken_text_is_no_id() {
        let authority = LaCode::new(302).expect("a code");
        for text in ["", "  ", "123456789012345678901", "12\n34", "12\u{0}34"] {
            assert_eq!(LaChildId::parse(authority, text), None, "{text:?}");
        }
        assert!(LaChildId::parse(authority, "12345678901234567890").is_some());
    }

    #[test]
    fn zeros_lost_in_a_spreadsheet_are_told_from_other_differences() {
        for (left, right, expected) in [
            ("0012345", "12345", true),
            ("000", "0", true),
            ("12345", "12345", false),
            ("12345", "123450", false),
            ("0A1", "A1", false),
            ("0012345", "12346", false),
        ] {
            assert_eq!(
                id(302, left).differs_only_by_leading_zeros(&id(302, right)),
                expected,
                "{left} {right}"
            );
        }
    }

    #[test]
    fn debug_hides_the_id() {
        assert_eq!(format!("{:?}", id(302, "0012345")), "LaChildId(hidden)");
    }

    proptest! {
        #[test]
        fn zeros_put_in_front_are_recognised_both_ways(number in "[0-9]{1,10}", zeros in 1usize..10) {
            let (short, long) = (id(302, &number), id(302, &format!("{}{number}", "0".repeat(zeros))));
            prop_assert!(short.differs_only_by_leading_zeros(&long) && long.differs_only_by_leading_zeros(&short));
        }

        #[test]
        fn no_text_panics(text in ".{0,25}") {
            let _ = LaChildId::parse(LaCode::new(302).expect("a code"), &text);
        }
    }
}
