//! The Department for Education's number of a local authority.

use super::{digits, number};
use std::fmt;

/// The three digits by which the Department for Education numbers a local authority: 302 is Barnet. Of three
/// digits, not of three digits that are in use: see [`LaCode::kind`]. Identifies nobody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaCode(u16);

/// What a code that is in use, or was, stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LaCodeKind {
    /// An authority in England, of today or abolished since April 1999.
    England,
    /// An authority in Wales.
    Wales,
    /// Schools outside England and Wales: the Forces' (702), Gibraltar, the Crown dependencies.
    Overseas,
    /// A body that gives out UPNs as if it were an authority (001 to 005).
    Pseudo,
}

/// First and last code of each run, in order.
///
/// Source: rule 1530 of the school and children in need censuses ("characters 2-4 not a recognised LA code"),
/// as printed in their guides, with 942 and 943 (Cumberland, Westmorland and Furness, since April 2023) from
/// the school census code list. That 420 is the Isles of Scilly and 701 to 708 are schools abroad is recalled.
/// Councils are being merged, so codes will come that are not here.
#[rustfmt::skip]
const KINDS: &[(u16, u16, LaCodeKind)] = {
    use LaCodeKind::{England, Overseas, Pseudo, Wales};
    &[
        (1, 5, Pseudo),
        (201, 213, England), (301, 320, England), (330, 336, England), (340, 344, England),
        (350, 359, England), (370, 373, England), (380, 384, England), (390, 394, England),
        (420, 420, England),
        (660, 681, Wales),
        (701, 708, Overseas),
        (800, 803, England), (805, 808, England), (810, 813, England), (815, 816, England),
        (820, 823, England), (825, 826, England), (830, 831, England), (835, 841, England),
        (845, 846, England), (850, 852, England), (855, 857, England), (860, 861, England),
        (865, 896, England), (908, 909, England), (916, 916, England), (919, 919, England),
        (921, 921, England), (925, 926, England), (928, 929, England), (931, 931, England),
        (933, 933, England), (935, 938, England), (940, 943, England),
    ]
};

impl LaCode {
    /// The code of a number, 0..=999.
    pub fn new(number: u16) -> Option<Self> {
        (number <= 999).then_some(Self(number))
    }

    /// Reads exactly three digits, known or not.
    pub fn parse(text: &str) -> Option<Self> {
        digits::<3>(text).map(Self::of)
    }

    /// 0..=999.
    pub fn number(self) -> u16 {
        self.0
    }

    /// What it stands for. `None` if no authority known here has or had it, which makes a code doubtful and
    /// not wrong: new councils get new codes.
    pub fn kind(self) -> Option<LaCodeKind> {
        KINDS.iter().find(|(first, last, _)| (*first..=*last).contains(&self.0)).map(|row| row.2)
    }

    /// Whether it is in the table of codes, pseudo codes included.
    pub fn is_known(self) -> bool {
        self.kind().is_some()
    }

    /// The code that three digits write.
    pub(super) fn of(digits: [u8; 3]) -> Self {
        Self(number(&digits) as u16)
    }
}

impl fmt::Display for LaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

impl fmt::Debug for LaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LaCode({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<LaCodeKind>) {
        assert_eq!(LaCode::parse(text).expect("three digits").kind(), expected, "{text}");
    }

    #[test]
    fn codes_say_what_they_stand_for() {
        check("302", Some(LaCodeKind::England));
        check("420", Some(LaCodeKind::England));
        check("673", Some(LaCodeKind::Wales));
        check("702", Some(LaCodeKind::Overseas));
        check("001", Some(LaCodeKind::Pseudo));
        for text in ["000", "006", "200", "214", "421", "700", "709", "944", "999"] {
            check(text, None);
        }
    }

    #[test]
    fn the_unitaries_made_since_2019_are_known() {
        // Buckinghamshire kept 825; Dorset, Bournemouth Christchurch and Poole, the two Northamptonshires, the
        // two of Cumbria
        for text in ["825", "838", "839", "940", "941", "942", "943"] {
            check(text, Some(LaCodeKind::England));
        }
    }

    #[test]
    fn runs_are_in_order_and_do_not_overlap() {
        for pair in KINDS.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn leading_zeros_are_part_of_a_code() {
        assert_eq!(LaCode::parse("003").expect("a code").to_string(), "003");
        for text in ["3", "0003", "30A", "", "E09"] {
            assert_eq!(LaCode::parse(text), None, "{text}");
        }
        assert_eq!((LaCode::new(302), LaCode::new(1000)), (LaCode::parse("302"), None));
    }
}
