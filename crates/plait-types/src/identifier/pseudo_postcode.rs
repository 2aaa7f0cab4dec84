//! Postcodes that stand for no place.

/// What a ZZ99 postcode says in place of an address. None of them is a place, so none may agree with another.
///
/// Source: the HES data dictionary and the NHS Postcode Directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PseudoPostcode {
    /// ZZ99 3VZ
    NoFixedAbode,
    /// ZZ99 3WZ
    NotKnown,
    /// ZZ99 3CZ: England, not otherwise stated
    England,
    /// ZZ99 3GZ: Wales, not otherwise stated
    Wales,
    /// ZZ99 1WZ: Scotland, not otherwise stated
    Scotland,
    /// ZZ99 2WZ: Northern Ireland, not otherwise stated
    NorthernIreland,
    /// Any other: the last three characters are the directory's code of a country.
    Overseas,
}

/// The last three characters, and the words to print.
const MEANINGS: &[(PseudoPostcode, &str, &str)] = &[
    (PseudoPostcode::NoFixedAbode, "3VZ", "no fixed abode"),
    (PseudoPostcode::NotKnown, "3WZ", "address not known"),
    (PseudoPostcode::England, "3CZ", "England, not otherwise stated"),
    (PseudoPostcode::Wales, "3GZ", "Wales, not otherwise stated"),
    (PseudoPostcode::Scotland, "1WZ", "Scotland, not otherwise stated"),
    (PseudoPostcode::NorthernIreland, "2WZ", "Northern Ireland, not otherwise stated"),
];

impl PseudoPostcode {
    /// In words that may be printed: `no fixed abode`.
    pub fn meaning(self) -> &'static str {
        MEANINGS.iter().find(|(kind, ..)| *kind == self).map_or("overseas", |row| row.2)
    }

    /// What follows `ZZ99`, as what it says.
    pub(super) fn of(inward: &str) -> Self {
        MEANINGS.iter().find(|(_, code, _)| *code == inward).map_or(Self::Overseas, |row| row.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Postcode;
    use super::*;

    #[test]
    fn every_code_of_the_directory_has_its_meaning() {
        for (text, meaning) in [
            ("ZZ99 3VZ", Some("no fixed abode")),
            ("zz993wz", Some("address not known")),
            ("ZZ99 3CZ", Some("England, not otherwise stated")),
            ("ZZ99 3GZ", Some("Wales, not otherwise stated")),
            ("ZZ99 1WZ", Some("Scotland, not otherwise stated")),
            ("ZZ99 2WZ", Some("Northern Ireland, not otherwise stated")),
            ("ZZ99 7BZ", Some("overseas")),
            ("NW9 4EW", None),
        ] {
            let postcode = Postcode::parse(text).expect(text);
            assert_eq!(postcode.pseudo().map(PseudoPostcode::meaning), meaning, "{text}");
            assert_eq!(postcode.is_pseudo(), meaning.is_some(), "{text}");
        }
    }
}
