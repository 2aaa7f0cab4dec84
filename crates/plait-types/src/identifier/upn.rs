//! The Unique Pupil Number.

use super::{LaCode, compact};
use std::fmt;

/// A Unique Pupil Number: check letter, authority (3 digits), school (4), year (2), serial (3), the last of
/// which is a letter in a temporary number. `Debug` does not show it.
///
/// A child may have had several: a temporary one before the permanent one, and another after adoption, which must
/// not be linked to the one before. Source: Government Data Standards Catalogue, Unique Pupil Number 2.0, and the
/// Department for Education's guide to UPNs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Upn([u8; 13]);

/// Letters of the check and of temporary numbers, worth 0 to 22: without I, O and S.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

impl Upn {
    /// Reads a number whose check letter is right. `None` for the codes UN1 to UN7 (reasons why there is no
    /// number) and for a number of zeros; [`super::UpnReading`] says which. The authority may be unknown: see
    /// [`Upn::has_known_authority`].
    pub fn parse(text: &str) -> Option<Self> {
        let chars = well_formed(text)?;
        let is_zeros = chars[1..].iter().all(|c| *c == b'0');
        (!is_zeros && check_letter(&chars)? == chars[0]).then_some(Self(chars))
    }

    /// Thirteen characters in capitals.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).expect("letters and digits are ASCII")
    }

    /// Whether a school gave it for the time being, until the permanent number is known.
    pub fn is_temporary(&self) -> bool {
        self.0[12].is_ascii_alphabetic()
    }

    /// The authority of the school that gave it, which need not be where the child lives or goes to school now.
    pub fn la_code(&self) -> LaCode {
        LaCode::of([self.0[1], self.0[2], self.0[3]])
    }

    /// Whether its second to fourth characters are a code that an authority has or had. New councils get new
    /// codes, so an unknown one makes a number doubtful, not wrong.
    pub fn has_known_authority(&self) -> bool {
        self.la_code().is_known()
    }
}

/// Thirteen characters of the form of a number, the first one of the check letters, right or wrong.
pub(super) fn well_formed(text: &str) -> Option<[u8; 13]> {
    let (chars, len) = compact::<13>(text)?;
    let is_of_the_form = len == 13
        && LETTERS.contains(&chars[0])
        && chars[1..12].iter().all(u8::is_ascii_digit)
        && is_last_character(chars[12]);
    is_of_the_form.then_some(chars)
}

/// Whether a number may end with it: a digit, or the letter of a temporary number.
pub(super) fn is_last_character(c: u8) -> bool {
    c.is_ascii_digit() || LETTERS.contains(&c)
}

/// Sum of place times value over places 2 to 13, modulo 23, as a letter; a letter in the last place counts
/// by its position among the 23. `None` if one of them has no value. Every wrong character and every swap of
/// neighbours is found, because 23 is a prime and the places are fewer.
pub(super) fn check_letter(chars: &[u8; 13]) -> Option<u8> {
    let mut sum = 0;
    for (place, &c) in (2..).zip(&chars[1..]) {
        let value = match c {
            b'0'..=b'9' => usize::from(c - b'0'),
            letter => LETTERS.iter().position(|&l| l == letter)?,
        };
        sum += place * value;
    }
    Some(LETTERS[sum % 23])
}

impl fmt::Debug for Upn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upn(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Completes a body of twelve characters with its check letter.
    fn complete(body: &str) -> String {
        let mut chars = *b"A000000000000";
        chars[1..].copy_from_slice(body.as_bytes());
        chars[0] = check_letter(&chars).expect("body is well formed");
        String::from_utf8(chars.to_vec()).expect("ASCII")
    }

    #[test]
    fn known_numbers_pass_in_every_spelling() {
        for text in ["A950000178301", "h243278544154", "H 243 2785 44154", " A950-0001-78301 "] {
            let upn = Upn::parse(text).expect(text);
            assert!(!upn.is_temporary());
        }
        assert_eq!(Upn::parse("h243 2785 44154").expect("valid").expose(), "H243278544154");
    }

    #[test]
    fn reasons_for_having_no_number_are_no_numbers() {
        for text in ["UN1", "UN7", "", "A000000000000", "A95000017830", "A9500001783011", "I950000178301"] {
            assert!(Upn::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_letter_of_a_temporary_number_counts_from_zero() {
        // 2·0 + 3·0 + 4·1 + 13·0 = 4: E
        let upn = Upn::parse("E00100000000A").expect("valid");
        assert!(upn.is_temporary());
        // Z is the 23rd letter and counts 22: 4 + 13·22 = 290 = 12·23 + 14: Q
        assert!(Upn::parse("Q00100000000Z").is_some());
        assert!(Upn::parse("Q00100000000S").is_none());
    }

    #[test]
    fn the_published_example_207000016049_is_wrong_its_letter_is_p_and_not_q() {
        // suppliers' help pages sum 2·2 + 4·7 + 9·1 + 10·6 + 12·4 + 13·9 to 267; it is 266, which leaves 13: P
        assert_eq!(check_letter(b"Q207000016049"), Some(b'P'));
        assert!(Upn::parse("P207000016049").is_some());
        assert!(Upn::parse("Q207000016049").is_none());
    }

    #[test]
    fn authorities_are_told_from_codes_that_none_has() {
        for (body, known) in [
            ("001000017830", true),
            ("302000017830", true),
            ("941000017830", true),
            ("943000017830", true),
            ("950000017830", false),
            ("000000017830", false),
        ] {
            let upn = Upn::parse(&complete(body)).expect(body);
            assert_eq!(upn.has_known_authority(), known, "{body}");
            assert_eq!(upn.la_code().to_string(), body[..3]);
        }
    }

    #[test]
    fn debug_hides_the_number() {
        let upn = Upn::parse("A950000178301").expect("valid");
        assert_eq!(format!("{upn:?}"), "Upn(hidden)");
    }

    proptest! {
        #[test]
        fn every_single_wrong_character_is_found(
            body in "[0-9]{11}[0-9ABCDEFGHJKLMNPQRTUVWXYZ]", place in 0usize..13, pick in 0usize..23,
        ) {
            prop_assume!(body != "000000000000");
            let mut chars = complete(&body).into_bytes();
            let of_letters = chars[place].is_ascii_alphabetic();
            let other = if of_letters { LETTERS[pick] } else { b'0' + (pick % 10) as u8 };
            prop_assume!(chars[place] != other);
            chars[place] = other;
            prop_assert!(Upn::parse(std::str::from_utf8(&chars).expect("ASCII")).is_none());
        }

        #[test]
        fn every_swap_of_neighbours_is_found(
            body in "[0-9]{11}[0-9ABCDEFGHJKLMNPQRTUVWXYZ]", place in 0usize..12,
        ) {
            prop_assume!(body != "000000000000");
            let mut chars = complete(&body).into_bytes();
            prop_assume!(chars[place] != chars[place + 1]);
            chars.swap(place, place + 1);
            prop_assert!(Upn::parse(std::str::from_utf8(&chars).expect("ASCII")).is_none());
        }
    }
}
