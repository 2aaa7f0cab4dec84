//! Whether an NHS number has been checked against the national register.

use super::{compact, number};

/// NHS NUMBER STATUS INDICATOR CODE, which stands beside the number in NHS data sets. A number that passes its
/// check digit may still be another person's; the status says whether anybody has looked.
///
/// Source: NHS Data Model and Dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NhsNumberStatus {
    /// 01: number present and verified
    Verified,
    /// 02: number present but not traced
    NotTraced,
    /// 03: trace required
    TraceRequired,
    /// 04: trace attempted, no match or several
    NoMatch,
    /// 05: trace needs to be resolved, number or details conflict
    Conflict,
    /// 06: trace in progress
    InProgress,
    /// 07: number not present and trace not required
    NotRequired,
    /// 08: trace postponed, baby under six weeks old (not used in the mental health data sets)
    Postponed,
}

/// What a number with a status is worth as evidence that two records are of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NhsNumberEvidence {
    /// May decide alone.
    Deterministic,
    /// One field among others: nobody has compared it with the register, or the register had no one answer.
    Ordinary,
    /// The register contradicts it, so a person has to look.
    Review,
    /// There is no number; whatever stands in the field is none.
    Missing,
}

/// In the order of their codes, from 01.
const STATUSES: [(NhsNumberStatus, NhsNumberEvidence, &str); 8] = {
    use NhsNumberEvidence::{Deterministic, Missing, Ordinary, Review};
    [
        (NhsNumberStatus::Verified, Deterministic, "present and verified"),
        (NhsNumberStatus::NotTraced, Ordinary, "present but not traced"),
        (NhsNumberStatus::TraceRequired, Ordinary, "trace required"),
        (NhsNumberStatus::NoMatch, Ordinary, "trace attempted, no match or several"),
        (NhsNumberStatus::Conflict, Review, "trace needs to be resolved"),
        (NhsNumberStatus::InProgress, Ordinary, "trace in progress"),
        (NhsNumberStatus::NotRequired, Missing, "not present, trace not required"),
        (NhsNumberStatus::Postponed, Ordinary, "trace postponed, baby under six weeks"),
    ]
};

impl NhsNumberStatus {
    /// Reads `01` to `08`, or `1` to `8`, since spreadsheets drop the zero. `None` for everything else, which is
    /// no reason to trust a number.
    pub fn parse(text: &str) -> Option<Self> {
        let (chars, len) = compact::<2>(text)?;
        let digits = &chars[..len];
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let at = number(digits).checked_sub(1)?;
        STATUSES.get(at as usize).map(|row| row.0)
    }

    /// `01` to `08`.
    pub fn code(self) -> String {
        format!("{:02}", self as u8 + 1)
    }

    /// In words that may be printed: `present and verified`.
    pub fn meaning(self) -> &'static str {
        STATUSES[self as usize].2
    }

    /// What the number beside it is worth. Only a verified number may decide alone.
    pub fn evidence(self) -> NhsNumberEvidence {
        STATUSES[self as usize].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_codes_are_read_with_and_without_their_zero() {
        for (at, (status, ..)) in STATUSES.iter().enumerate() {
            let code = format!("{:02}", at + 1);
            assert_eq!(status.code(), code);
            for text in [&code, &code[1..], &format!(" {code} ")] {
                assert_eq!(NhsNumberStatus::parse(text), Some(*status), "{text}");
            }
        }
        for text in ["", "0", "00", "09", "9", "10", "1A", "001"] {
            assert_eq!(NhsNumberStatus::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_verified_number_decides_alone_and_a_conflict_goes_to_review() {
        for (status, evidence, meaning) in STATUSES {
            assert_eq!(evidence == NhsNumberEvidence::Deterministic, status.code() == "01", "{meaning}");
            assert_eq!(evidence == NhsNumberEvidence::Review, status.code() == "05", "{meaning}");
            assert_eq!((status.evidence(), status.meaning()), (evidence, meaning));
        }
    }
}
