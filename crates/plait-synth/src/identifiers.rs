//! Made-up identifiers that pass their checks and can belong to nobody.

/// The local authority in every UPN made here. No authority or pseudo-authority has it.
pub(crate) const NO_AUTHORITY: u16 = 999;

const CHECK_LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

/// How many bodies `999` + six digits there are; about ten in eleven have a check digit.
const TEST_RANGE: u32 = 1_000_000;

/// Valid NHS numbers of the test range 999 000 0000 to 999 999 9999, in an order without meaning.
pub(crate) struct NhsNumbers {
    used: u32,
    start: u32,
}

impl NhsNumbers {
    pub(crate) fn new(start: usize) -> Self {
        Self { used: 0, start: start as u32 % TEST_RANGE }
    }
}

impl Iterator for NhsNumbers {
    type Item = String;

    /// `None` when the range is used up, after some 909,000 numbers.
    fn next(&mut self) -> Option<String> {
        while self.used < TEST_RANGE {
            // 383,219 shares no factor with 10^6, so every body comes once
            let body = (u64::from(self.used) * 383_219 + u64::from(self.start)) % u64::from(TEST_RANGE);
            self.used += 1;
            // ten nines pass the check but stand for "unknown" in NHS systems
            if let Some(number) = nhs_number(999_000_000 + body as u32).filter(|n| n != "9999999999") {
                return Some(number);
            }
        }
        None
    }
}

/// Nine digits and their check digit modulo 11; `None` where that would be 10.
fn nhs_number(body: u32) -> Option<String> {
    let digits = format!("{body:09}");
    match 11 - weighted_by_place(&digits) % 11 {
        10 => None,
        check => Some(format!("{digits}{}", check % 11)),
    }
}

/// Valid unique learner numbers from 9 980 000 000 on, in an order without meaning.
pub(crate) struct Ulns {
    used: u32,
    start: u32,
}

impl Ulns {
    pub(crate) fn new(start: usize) -> Self {
        Self { used: 0, start: start as u32 % TEST_RANGE }
    }
}

impl Iterator for Ulns {
    type Item = String;

    /// `None` when the range is used up, after some 909,000 numbers.
    fn next(&mut self) -> Option<String> {
        while self.used < TEST_RANGE {
            let body = (u64::from(self.used) * 383_219 + u64::from(self.start)) % u64::from(TEST_RANGE);
            self.used += 1;
            let digits = format!("{:09}", 998_000_000 + body);
            let sum: u32 = weighted_by_place(&digits);
            // weights 10 to 1 leave 10 modulo 11
            match (21 - sum % 11) % 11 {
                10 => {}
                check => return Some(format!("{digits}{check}")),
            }
        }
        None
    }
}

/// The sum of nine digits times 10 to 2.
fn weighted_by_place(digits: &str) -> u32 {
    digits.bytes().zip((2..=10).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum()
}

/// Where and when a pupil was first given a number.
#[derive(Clone, Copy)]
pub(crate) struct Enrolment {
    /// 0..=9999
    pub(crate) school: u16,
    /// Calendar year in which the school year began.
    pub(crate) year: u16,
    /// 0..=999 within the school and year.
    pub(crate) serial: u16,
}

impl Enrolment {
    /// A permanent Unique Pupil Number: check letter, authority, school, year, serial.
    pub(crate) fn upn(self) -> String {
        let body = format!("{NO_AUTHORITY:03}{:04}{:02}{:03}", self.school, self.year % 100, self.serial);
        with_check_letter(&body)
    }

    /// A temporary one: two digits of serial and a letter at the end.
    pub(crate) fn temporary_upn(self) -> String {
        let last = CHECK_LETTERS[usize::from(self.serial) % CHECK_LETTERS.len()] as char;
        let body = format!(
            "{NO_AUTHORITY:03}{:04}{:02}{:02}{last}",
            self.school,
            self.year % 100,
            self.serial % 100
        );
        with_check_letter(&body)
    }
}

/// Weights 2..=13 modulo 23; a letter at the end has its place among the check letters as value.
fn with_check_letter(body: &str) -> String {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => usize::from(byte - b'0'),
        _ => CHECK_LETTERS.iter().position(|&letter| letter == byte).expect("a letter of the check letters"),
    };
    let sum: usize = body.bytes().zip(2..).map(|(byte, weight)| weight * value(byte)).sum();
    format!("{}{body}", CHECK_LETTERS[sum % CHECK_LETTERS.len()] as char)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn check_letters_and_digits_are_those_of_known_examples() {
        for upn in ["A950000178301", "H243278544154", "H801200001001", "B801200005001"] {
            assert_eq!(with_check_letter(&upn[1..]), upn);
        }
        for number in ["9990000018", "9990000026", "9990000034"] {
            assert_eq!(nhs_number(number[..9].parse().expect("as written")).as_deref(), Some(number));
        }
    }

    #[test]
    fn the_test_range_gives_each_number_once_and_ends() {
        let numbers: Vec<String> = NhsNumbers::new(123).collect();
        let distinct: BTreeSet<&String> = numbers.iter().collect();
        assert_eq!(distinct.len(), numbers.len());
        assert!(numbers.len() > 900_000 && numbers.len() < 920_000, "{}", numbers.len());
        assert!(numbers.iter().all(|n| n.starts_with("999") && n.len() == 10 && n != "9999999999"));
    }

    #[test]
    fn learner_numbers_are_valid_and_each_comes_once() {
        let numbers: Vec<String> = Ulns::new(7).take(20_000).collect();
        assert!(numbers.iter().all(|number| plait_types::identifier::Uln::parse(number).is_some()));
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), 20_000);
    }

    #[test]
    fn a_temporary_number_ends_in_a_letter() {
        let upn = Enrolment { school: 2001, year: 2019, serial: 31 }.temporary_upn();
        assert!(upn.ends_with(|c: char| c.is_ascii_uppercase()) && upn.len() == 13);
    }
}
