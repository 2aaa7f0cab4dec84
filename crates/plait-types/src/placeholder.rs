//! Values that were typed because a field wanted one: they stand for "missing" and never agree.
//!
//! Sources: the HES data dictionary (ZZ99), the Personal Demographics Service (dates, 0000000000), the children
//! looked after and children in need returns (UN1 to UN7), and what case workers type. Values that only the
//! data can unmask, such as an office's postcode on hundreds of children, are found from their frequency. Dates that
//! are real but often stand in for one that is not known, such as 1 January, are [`crate::StandInDay`]s.

use crate::identifier::UpnUnknown;
use crate::{DateOrder, PartialDate, Role};

/// Whether a value as recorded stands for "missing" in a column of this role. Case, and spaces around it, do
/// not count.
pub fn is_placeholder(role: Role, text: &str) -> bool {
    find(role, text).is_some()
}

/// Which placeholder a value is, in words that may be printed because they are nobody's: `01/01/1900`,
/// `ZZ99 postcode`, `unknown`. `None` for everything else.
pub fn find(role: Role, text: &str) -> Option<&'static str> {
    let recorded = text.trim();
    // most addresses are told apart by the length of the part before the @
    if role == Role::Email && recorded.find('@').is_some_and(|local| local > LONGEST_MAILBOX) {
        return None;
    }
    let text = folded(text);
    if text.is_empty() {
        return Some("empty");
    }
    let is_name = is_name(role);
    // no word or abbreviation begins with a digit or is longer than the longest; most values are told apart by that
    if !text.starts_with(|c: char| c.is_ascii_digit()) && text.len() <= LONGEST_WORD {
        let word = listed(WORDS, &text).or_else(|| if is_name { None } else { listed(CODES, &text) });
        if word.is_some() {
            return word;
        }
    }
    match role {
        _ if is_name => name(role, &text),
        Role::DateOfBirth | Role::OtherDate => listed(NO_DATES, &text).or_else(|| date(recorded)),
        Role::Sex => listed(SEXES, &text),
        Role::Postcode => postcode(&text),
        Role::Address | Role::AddressLine | Role::Town => listed(ADDRESSES, &text),
        Role::Email => email(&text),
        Role::Phone => phone(&text),
        Role::Upn => reason_for_no_upn(&text).or_else(|| number(&text)),
        Role::NhsNumber | Role::Uln | Role::Identifier => number(&text),
        Role::School => listed(SCHOOLS, &text),
        _ => None,
    }
}

/// From how many rows on a value of this role is held by implausibly many: at least `least`, and `times` what the
/// commonest of the plausible values have. `rows` are the rows per distinct value. `None` where no value is, or where the
/// role's values may well be common, as names are.
pub fn implausible_from(role: Role, rows: &[u32], times: u32, least: u32) -> Option<u32> {
    let of_one_person_or_home = matches!(
        role,
        Role::DateOfBirth
            | Role::Postcode
            | Role::Phone
            | Role::Email
            | Role::Address
            | Role::Upn
            | Role::NhsNumber
            | Role::Uln
            | Role::Identifier
    );
    if !of_one_person_or_home {
        return None;
    }
    // the plausible ones begin beyond the first hundredth, and beyond three at least
    let place = (rows.len() / 100).max(3);
    if rows.len() <= place {
        return None;
    }
    let mut rows = rows.to_vec();
    let (above, reference, _) = rows.select_nth_unstable_by(place, |a, b| b.cmp(a));
    let from = reference.saturating_mul(times).max(least);
    above.iter().any(|&n| n >= from).then_some(from)
}

/// Words for "missing" in any column.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "-", "--", "---", ".", "..", "?", "??", "#n/a", "#value!", "#ref!", "n/a", "n.a.", "n/k", "none",
    "null", "<null>", "(null)", "unknown", "(unknown)", "unk", "not known", "not stated", "not recorded",
    "not available", "not applicable", "not given", "not provided", "not obtained", "not specified",
    "no data", "missing", "blank", "(blank)", "tbc", "to be confirmed", "xx", "xxx", "xxxx", "test",
    "redacted", "withheld", "refused",
];

/// The length of the longest of [`WORDS`] and [`CODES`].
const LONGEST_WORD: usize = 15;

/// Abbreviations for "missing" that are also somebody's name, so they count in other columns only.
const CODES: &[&str] = &["na", "nan", "nil", "nk", "no", "tba", "x", "ns"];

/// Names given before a child has one, and words typed where a name should be.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "baby", "babe", "unborn", "infant", "newborn", "new born", "twin", "twin 1", "twin 2", "twin one",
    "twin two", "male", "female", "boy", "girl", "male infant", "female infant", "unnamed", "no name",
    "not named", "name", "forename", "first name", "surname", "last name", "anonymous", "anon",
    "confidential", "restricted", "mother", "father", "dummy", "do not use", "donotuse",
];

/// First words of names given before a child has one: `Baby Smith`, `Unborn of Jones`.
const BEFORE_A_NAME: &[&str] = &["baby", "unborn", "infant", "newborn"];

/// Day, month, year, and the words to print.
const DATES: &[(u8, u8, u16, &str)] = &[
    (11, 11, 1111, "11/11/1111"),
    (1, 1, 1753, "01/01/1753"),
    (1, 1, 1800, "01/01/1800"),
    (11, 11, 1811, "11/11/1811"),
    (30, 12, 1899, "30/12/1899"),
    (31, 12, 1899, "31/12/1899"),
    (1, 1, 1900, "01/01/1900"),
    (1, 1, 1901, "01/01/1901"),
    (9, 9, 9999, "09/09/9999"),
    (31, 12, 9999, "31/12/9999"),
];

/// The years of [`DATES`].
const YEARS: [&str; 8] = ["1111", "1753", "1800", "1811", "1899", "1900", "1901", "9999"];

/// Texts that are no dates but stand where one should be.
#[rustfmt::skip]
const NO_DATES: &[&str] = &[
    "0", "00/00/0000", "0000-00-00", "00000000", "00/01/1900", "01/01/0001", "0001-01-01", "dd/mm/yyyy",
    "99/99/9999", "99999999",
];

/// Codes for a sex that is not known or not told: census, NHS and labelled forms.
#[rustfmt::skip]
const SEXES: &[&str] = &[
    "0", "9", "u", "x", "indeterminate", "c) not stated", "d) neither", "not disclosed",
    "prefer not to say",
];

#[rustfmt::skip]
const ADDRESSES: &[&str] = &[
    "nfa", "no fixed abode", "no fixed address", "address unknown", "unknown address", "confidential",
    "restricted", "homeless", "no address", "address withheld", "moved", "gone away",
];

#[rustfmt::skip]
const POSTCODES: &[&str] = &[
    "nfa", "no fixed abode", "aa1 1aa", "aa11aa", "a1 1aa", "a11aa", "aa11 1aa", "aa111aa", "xx1 1xx",
    "xx11xx", "x1 1xx", "x11xx", "confidential", "restricted", "0", "0000", "9999", "99999", "00000",
    "abroad", "overseas",
];

/// Parts before the `@` that are nobody's mailbox.
#[rustfmt::skip]
const MAILBOXES: &[&str] = &[
    "none", "noemail", "no-email", "no.email", "no_email", "nomail", "test", "unknown", "noreply",
    "no-reply", "donotreply", "notgiven", "noone", "nobody", "null",
];

/// The length of the longest of [`MAILBOXES`].
const LONGEST_MAILBOX: usize = 10;

/// Unknown school and education at home, as the NHS immunisation lists code them.
const SCHOOLS: &[&str] = &["888888", "999999", "0"];

const SEQUENCES: &[&str] = &["0123456789", "1234567890", "123456789", "12345678", "9876543210"];

fn is_name(role: Role) -> bool {
    matches!(
        role,
        Role::Forename
            | Role::MiddleName
            | Role::PreferredForename
            | Role::Surname
            | Role::FormerSurname
            | Role::FullName
    )
}

/// In lower case, words joined by single spaces.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        for byte in text.trim_ascii().bytes() {
            if !byte.is_ascii_whitespace() {
                folded.push(char::from(byte.to_ascii_lowercase()));
            } else if !folded.ends_with(' ') {
                folded.push(' ');
            }
        }
        return folded;
    }
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

fn listed(list: &[&'static str], text: &str) -> Option<&'static str> {
    list.iter().find(|entry| **entry == text).copied()
}

fn name(role: Role, text: &str) -> Option<&'static str> {
    let first_word = text.split([' ', '-', '/']).next().unwrap_or(text);
    let before_a_name = matches!(role, Role::Forename | Role::PreferredForename | Role::FullName)
        .then(|| listed(BEFORE_A_NAME, first_word))
        .flatten();
    listed(NAMES, text).or(before_a_name)
}

fn date(text: &str) -> Option<&'static str> {
    // reading a date three times is dear, and few texts hold one of these years; two digits of a year are not
    // enough, because 01/01/00 is a birthday in 2000
    if !YEARS.iter().any(|year| text.contains(year)) {
        return None;
    }
    [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay].into_iter().find_map(
        |order| {
            let read = PartialDate::parse(text, order)?;
            let is = |day, month, year| (Some(day), Some(month), year) == (read.day, read.month, read.year);
            DATES.iter().find(|(day, month, year, _)| is(*day, *month, *year)).map(|row| row.3)
        },
    )
}

fn postcode(text: &str) -> Option<&'static str> {
    if text.starts_with("zz") {
        return Some("ZZ99 postcode");
    }
    listed(POSTCODES, text)
}

fn email(text: &str) -> Option<&'static str> {
    listed(MAILBOXES, text.split('@').next().unwrap_or(text))
}

/// One digit after the first two: 07777777777, 01111111111, 00000.
fn phone(text: &str) -> Option<&'static str> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let rest = digits.get(2..).unwrap_or_default();
    let repeated = rest.len() >= 3 && rest.bytes().all(|digit| digit == rest.as_bytes()[0]);
    if repeated || (!digits.is_empty() && digits.bytes().all(|digit| digit == b'0')) {
        return Some("one digit repeated");
    }
    matches!(digits.as_str(), "01234567890" | "01234567891" | "07123456789" | "1234567890" | "0123456789")
        .then_some("digits in sequence")
}

fn reason_for_no_upn(text: &str) -> Option<&'static str> {
    UpnUnknown::parse(text).map(|_| "UN1 to UN7")
}

/// All zeros; one digit five times or more; digits in sequence. A letter before twelve zeros is a UPN form.
fn number(text: &str) -> Option<&'static str> {
    let mut digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if digits.len() == 13 && digits.starts_with(|c: char| c.is_ascii_alphabetic()) {
        digits.remove(0);
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.is_empty() {
        return None;
    }
    let first = digits.as_bytes()[0];
    if digits.bytes().all(|digit| digit == first) && (first == b'0' || digits.len() >= 5) {
        return Some("one digit repeated");
    }
    SEQUENCES.contains(&digits.as_str()).then_some("digits in sequence")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(role: Role, text: &str, expected: Option<&str>) {
        assert_eq!(find(role, text), expected, "{role:?} {text}");
    }

    #[test]
    fn words_for_missing_count_in_every_column() {
        for role in Role::all() {
            check(role, " Unknown ", Some("unknown"));
            check(role, "N/A", Some("n/a"));
            check(role, "NOT  known", Some("not known"));
        }
    }

    #[test]
    fn the_short_cut_past_the_words_skips_none_of_them() {
        for word in WORDS.iter().chain(CODES) {
            assert!(MAILBOXES.iter().all(|mailbox| mailbox.len() <= LONGEST_MAILBOX));
            assert!(word.len() <= LONGEST_WORD && !word.starts_with(|c: char| c.is_ascii_digit()), "{word}");
        }
    }

    #[test]
    fn a_postcode_of_hundreds_among_postcodes_of_few_is_implausible_and_a_surname_is_not() {
        let mut rows = vec![3; 500];
        rows[77] = 400;
        assert_eq!(implausible_from(Role::Postcode, &rows, 20, 50), Some(60));
        assert_eq!(implausible_from(Role::Surname, &rows, 20, 50), None);
        assert_eq!(implausible_from(Role::Postcode, &[3; 500], 20, 50), None);
        assert_eq!(implausible_from(Role::Postcode, &[400], 20, 50), None);
    }

    #[test]
    fn abbreviations_that_are_names_stay_names() {
        check(Role::Surname, "Na", None);
        check(Role::Forename, "Nan", None);
        check(Role::Postcode, "na", Some("na"));
    }

    #[test]
    fn names_before_birth_are_missing_but_names_that_begin_alike_are_not() {
        check(Role::Forename, "BABY", Some("baby"));
        check(Role::Forename, "Baby Smith", Some("baby"));
        check(Role::FullName, "Unborn Jones", Some("unborn"));
        check(Role::Surname, "Baby", Some("baby"));
        check(Role::Forename, "Babyanna", None);
        check(Role::Surname, "Infante", None);
        check(Role::Town, "Baby", None);
    }

    #[test]
    fn placeholder_dates_are_found_in_every_layout() {
        for text in [
            "01/01/1900",
            "1900-01-01",
            "1/1/1900",
            "19000101",
            "01-Jan-1900",
            "1900-01-01 00:00:00",
            "1900-01-01T00:00:00",
        ] {
            check(Role::DateOfBirth, text, Some("01/01/1900"));
        }
        check(Role::DateOfBirth, "11/11/1811", Some("11/11/1811"));
        check(Role::DateOfBirth, "31/12/9999", Some("31/12/9999"));
        check(Role::DateOfBirth, "00/00/0000", Some("00/00/0000"));
    }

    #[test]
    fn birthdays_are_no_placeholders() {
        for text in [
            "01/01/2014",
            "19680803",
            "1900-02-01",
            "01/01/00",
            "01/02/1900",
            "1900",
            "11/11/2011",
            "1970-01-01",
        ] {
            check(Role::DateOfBirth, text, None);
        }
        check(Role::Forename, "01/01/1900", None);
    }

    #[test]
    fn pseudo_and_made_up_postcodes_are_found() {
        check(Role::Postcode, "ZZ99 3VZ", Some("ZZ99 postcode"));
        check(Role::Postcode, "zz993wz", Some("ZZ99 postcode"));
        check(Role::Postcode, "AA1 1AA", Some("aa1 1aa"));
        check(Role::Postcode, "NW9 4EW", None);
        check(Role::Postcode, "2222", None);
    }

    #[test]
    fn numbers_of_nobody_are_found() {
        check(Role::NhsNumber, "000 000 0000", Some("one digit repeated"));
        check(Role::NhsNumber, "9999999999", Some("one digit repeated"));
        check(Role::NhsNumber, "0123456789", Some("digits in sequence"));
        check(Role::NhsNumber, "9990000018", None);
        check(Role::Upn, "un3", Some("UN1 to UN7"));
        check(Role::Upn, "UN8", None);
        check(Role::Upn, "A000000000000", Some("one digit repeated"));
        check(Role::Upn, "A950000178301", None);
        check(Role::Identifier, "0", Some("one digit repeated"));
        check(Role::Identifier, "7", None);
    }

    #[test]
    fn telephones_and_mailboxes_of_nobody_are_found() {
        check(Role::Phone, "07777 777777", Some("one digit repeated"));
        check(Role::Phone, "01234 567890", Some("digits in sequence"));
        check(Role::Phone, "020 7946 0018", None);
        check(Role::Email, "NoEmail@example.org", Some("noemail"));
        check(Role::Email, "nobody.smith@example.org", None);
    }

    #[test]
    fn codes_for_an_unknown_sex_are_missing() {
        for text in ["U", "9", "0", "x", "Not stated"] {
            assert!(is_placeholder(Role::Sex, text), "{text}");
        }
        for text in ["M", "female", "1", "2"] {
            assert!(!is_placeholder(Role::Sex, text), "{text}");
        }
    }

    #[test]
    fn every_placeholder_date_has_its_year_listed() {
        for (_, _, year, text) in DATES {
            assert!(YEARS.contains(&year.to_string().as_str()));
            assert_eq!(find(Role::DateOfBirth, text), Some(*text));
        }
    }

    #[test]
    fn lists_are_written_as_they_are_compared() {
        let lists =
            [WORDS, CODES, NAMES, BEFORE_A_NAME, NO_DATES, SEXES, ADDRESSES, POSTCODES, MAILBOXES, SCHOOLS];
        for entry in lists.into_iter().flatten() {
            assert_eq!(folded(entry), **entry);
        }
    }

    proptest! {
        #[test]
        fn folding_joins_words_by_single_spaces(text in "[ \t]{0,2}[A-Za-zÉ]{1,4}[ \t]{1,3}[A-Z]{0,3}[ \t]?") {
            let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
            prop_assert_eq!(folded(&text), words.join(" "));
        }

        #[test]
        fn no_text_panics(text in ".{0,20}") {
            for role in Role::all() {
                let _ = find(role, &text);
            }
        }
    }
}
