//! The United Kingdom's postcode.

use super::compact;
use std::fmt;

/// A United Kingdom postcode of one of the official shapes, whether or not it is in use. `Debug` does not
/// show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Postcode {
    /// `NW9 4EW`, then zeros
    text: [u8; 8],
    len: u8,
}

impl Postcode {
    /// Reads `NW9 4EW`, `nw94ew` or `NW9  4EW`, which is how hospital episodes pad it. The shapes are A9, A99, AA9, AA99, A9A, AA9A, each with 9AA,
    /// and GIR 0AA; no area starts with Q, V or X or has I, J or Z second; the last two letters are never
    /// C, I, K, M, O or V. The pseudo area ZZ99 is read too: see [`Postcode::is_pseudo`].
    pub fn parse(text: &str) -> Option<Self> {
        let (chars, len) = compact::<7>(text)?;
        let (outward, inward) = chars[..len].split_at_checked(len.checked_sub(3)?)?;
        let of_a_shape = match outward {
            b"GIR" => inward == b"0AA",
            // pseudo postcodes do use the letters that real ones avoid: ZZ99 3VZ
            b"ZZ99" => inward[0].is_ascii_digit() && inward[1..].iter().all(u8::is_ascii_alphabetic),
            _ => is_outward(outward) && is_inward(inward),
        };
        of_a_shape.then(|| Self::join(outward, inward))
    }

    /// The canonical form, with one space: `NW9 4EW`.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.text[..usize::from(self.len)]).expect("letters and digits are ASCII")
    }

    /// `NW9` of `NW9 4EW`.
    pub fn outward(&self) -> &str {
        self.prefix(4)
    }

    /// `NW9` of `NW9 4EW`: the district is what an outward code stands for.
    pub fn district(&self) -> &str {
        self.outward()
    }

    /// `NW9 4` of `NW9 4EW`.
    pub fn sector(&self) -> &str {
        self.prefix(2)
    }

    /// `NW` of `NW9 4EW`.
    pub fn area(&self) -> &str {
        self.expose().split(|c: char| c.is_ascii_digit() || c == ' ').next().unwrap_or_default()
    }

    /// Whether it says what there is in place of an address, as ZZ99 3VZ does of no fixed abode. To be treated as missing.
    ///
    /// Source: the HES data dictionary and the NHS Postcode Directory.
    pub fn is_pseudo(&self) -> bool {
        self.expose().starts_with("ZZ99 ")
    }

    /// The canonical text without its last `dropped` characters.
    fn prefix(&self, dropped: usize) -> &str {
        &self.expose()[..usize::from(self.len) - dropped]
    }

    fn join(outward: &[u8], inward: &[u8]) -> Self {
        let mut text = [0; 8];
        text[..outward.len()].copy_from_slice(outward);
        text[outward.len()] = b' ';
        text[outward.len() + 1..][..3].copy_from_slice(inward);
        Self { text, len: outward.len() as u8 + 4 }
    }
}

fn is_outward(outward: &[u8]) -> bool {
    let letters = outward.iter().take_while(|c| c.is_ascii_alphabetic()).count();
    let (area, district) = outward.split_at(letters);
    let area_exists = match area {
        [first] => !b"QVX".contains(first),
        [first, second] => !b"QVX".contains(first) && !b"IJZ".contains(second),
        _ => false,
    };
    area_exists
        && match district {
            [a] => a.is_ascii_digit(),
            [a, b] => a.is_ascii_digit() && b.is_ascii_alphanumeric(),
            _ => false,
        }
}

fn is_inward(inward: &[u8]) -> bool {
    let unit_letter = |c: &u8| c.is_ascii_alphabetic() && !b"CIKMOV".contains(c);
    inward[0].is_ascii_digit() && inward[1..].iter().all(unit_letter)
}

impl fmt::Debug for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Postcode(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let postcode = Postcode::parse(text);
        assert_eq!(postcode.as_ref().map(Postcode::expose), expected, "{text}");
    }

    #[test]
    fn every_official_shape_is_read() {
        check("m1 1ae", Some("M1 1AE"));
        check("B338TH", Some("B33 8TH"));
        check("NW9  4EW", Some("NW9 4EW"));
        check("DN55-1PT", Some("DN55 1PT"));
        check("w1a0ax", Some("W1A 0AX"));
        check("EC1A 1BB", Some("EC1A 1BB"));
        check("GIR0AA", Some("GIR 0AA"));
    }

    #[test]
    fn the_padded_form_of_hospital_episodes_is_read() {
        for (padded, canonical) in [
            ("M1   1AE", "M1 1AE"),
            ("B33  8TH", "B33 8TH"),
            ("NW9  4EW", "NW9 4EW"),
            ("DN55 1PT", "DN55 1PT"),
            ("W1A  0AX", "W1A 0AX"),
            ("EC1A 1BB", "EC1A 1BB"),
            ("GIR  0AA", "GIR 0AA"),
        ] {
            check(padded, Some(canonical));
        }
    }

    #[test]
    fn six_letters_never_end_a_postcode() {
        for letter in b'A'..=b'Z' {
            let letter = char::from(letter);
            let real = !"CIKMOV".contains(letter);
            for text in [format!("NW9 4{letter}A"), format!("NW9 4A{letter}")] {
                assert_eq!(Postcode::parse(&text).is_some(), real, "{text}");
            }
        }
    }

    #[test]
    fn other_text_is_no_postcode() {
        for text in
            ["", "AA", "4EW", "NW9 4E", "NW9 4EC", "QW9 4EW", "NI9 4EW", "NW99A 4EW", "AAA1 4EW", "2602"]
        {
            check(text, None);
        }
        check("GIR 1AA", None);
        check("B0 8HO", None);
    }

    #[test]
    fn parts_are_slices_of_the_canonical_form() {
        let postcode = Postcode::parse("ec1a1bb").expect("valid");
        assert_eq!(postcode.outward(), "EC1A");
        assert_eq!(postcode.district(), "EC1A");
        assert_eq!(postcode.sector(), "EC1A 1");
        assert_eq!(postcode.area(), "EC");
        assert_eq!(Postcode::parse("GIR 0AA").expect("valid").area(), "GIR");
        assert_eq!(format!("{postcode:?}"), "Postcode(hidden)");
    }

    #[test]
    fn pseudo_postcodes_are_read_and_flagged() {
        assert!(Postcode::parse("ZZ99 3VZ").expect("read").is_pseudo());
        assert!(!Postcode::parse("NW9 4EW").expect("read").is_pseudo());
        check("ZZ98 3VZ", None);
    }

    proptest! {
        #[test]
        fn spelling_does_not_matter(
            postcode in "[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{2}", gap in "[ -]{0,2}",
        ) {
            let canonical = Postcode::parse(&postcode).expect("of an official shape");
            prop_assert_eq!(canonical.expose(), &postcode);
            let respelt = postcode.replace(' ', &gap).to_lowercase();
            prop_assert_eq!(Postcode::parse(&respelt), Some(canonical));
        }

        #[test]
        fn no_text_panics(text in ".{0,10}") {
            let _ = Postcode::parse(&text);
        }
    }
}
