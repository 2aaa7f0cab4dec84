//! The Unique Pupil Number.

use super::compact;
use std::fmt;

/// A Unique Pupil Number: check letter, authority (3 digits), school (4), year (2), serial (3), the last of
/// which is a letter in a temporary number. `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Upn([u8; 13]);

/// Letters of the check and of temporary numbers: without I, O and S, so that there are 23.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

/// Codes of local authorities in England and Wales, past and present, and of the bodies that issue numbers
/// like one (001 to 005, 420, 701 to 708).
const AUTHORITIES: &[(u16, u16)] = &[
    (1, 5),
    (201, 213),
    (301, 320),
    (330, 336),
    (340, 344),
    (350, 359),
    (370, 373),
    (380, 384),
    (390, 394),
    (420, 420),
    (660, 681),
    (701, 708),
    (800, 803),
    (805, 808),
    (810, 813),
    (815, 816),
    (820, 823),
    (825, 826),
    (830, 831),
    (835, 841),
    (845, 846),
    (850, 852),
    (855, 857),
    (860, 861),
    (865, 896),
    (908, 909),
    (916, 916),
    (919, 919),
    (921, 921),
    (925, 926),
    (928, 929),
    (931, 931),
    (933, 933),
    (935, 938),
    (940, 941),
];

impl Upn {
    /// Reads a number whose check letter is right. `None` for the codes UN1 to UN7 (reasons why there is no
    /// number) and for a number of zeros. The authority may be unknown: see [`Upn::has_known_authority`].
    pub fn parse(text: &str) -> Option<Self> {
        let (chars, len) = compact::<13>(text)?;
        let well_formed =
            len == 13 && chars[1..12].iter().all(u8::is_ascii_digit) && chars[1..].iter().any(|c| *c != b'0');
        (well_formed && check_letter(&chars)? == chars[0]).then_some(Self(chars))
    }

    /// Thirteen characters in capitals.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).expect("letters and digits are ASCII")
    }

    /// Whether a school gave it for the time being, until the permanent number is known.
    pub fn is_temporary(&self) -> bool {
        self.0[12].is_ascii_alphabetic()
    }

    /// Whether its second to fourth characters are a code that an authority has or had. New councils get new
    /// codes, so an unknown one makes a number doubtful, not wrong.
    pub fn has_known_authority(&self) -> bool {
        let code = self.0[1..4].iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
        AUTHORITIES.iter().any(|(first, last)| (*first..=*last).contains(&code))
    }
}

/// Sum of place times value over places 2 to 13, modulo 23, as a letter; a letter in the last place counts
/// by its position among the 23. (Some suppliers' help pages print a worked example with a wrong sum.)
fn check_letter(chars: &[u8; 13]) -> Option<u8> {
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
    fn authorities_are_told_from_codes_that_none_has() {
        for (body, known) in [
            ("001000017830", true),
            ("302000017830", true),
            ("941000017830", true),
            ("950000017830", false),
            ("000000017830", false),
        ] {
            let upn = Upn::parse(&complete(body)).expect(body);
            assert_eq!(upn.has_known_authority(), known, "{body}");
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
        fn every_swap_of_neighbours_is_found(body in "[0-9]{12}", place in 1usize..12) {
            prop_assume!(body != "000000000000");
            let mut chars = complete(&body).into_bytes();
            prop_assume!(chars[place] != chars[place + 1]);
            chars.swap(place, place + 1);
            prop_assert!(Upn::parse(std::str::from_utf8(&chars).expect("ASCII")).is_none());
        }
    }
}
