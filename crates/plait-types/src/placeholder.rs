//! Values that were typed because a field wanted one: they stand for "missing" and never agree.
//!
//! Sources: the HES data dictionary (ZZ99), the Personal Demographics Service (dates, 0000000000), the children
//! looked after and children in need returns (UN1 to UN7), and what case workers type. Values that only the
//! data can unmask, such as an office's postcode on hundreds of children, are found from their frequency. Dates that
//! are real but often stand in for one that is not known, such as 1 January, are [`crate::StandInDay`]s.

use crate::identifier::UpnUnknown;
use crate::{DateOrder, PartialDate, Role};
use std::collections::BTreeMap;

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
    let mut short = [0; SHORT];
    match folded_short(text, &mut short) {
        Some(text) => find_folded(role, recorded, text),
        None => find_folded(role, recorded, &folded(text)),
    }
}

fn find_folded(role: Role, recorded: &str, text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("empty");
    }
    let is_name = is_name(role);
    // no word or abbreviation begins with a digit or is longer than the longest; most values are told apart by that
    if !text.starts_with(|c: char| c.is_ascii_digit()) && text.len() <= LONGEST_WORD {
        let is_answer = text == "no" && is_yes_or_no(role);
        let word = WORDS.find(text).or_else(|| if is_name || is_answer { None } else { CODES.find(text) });
        if word.is_some() {
            return word;
        }
    }
    match role {
        _ if is_name => name(role, text),
        Role::DateOfBirth | Role::OtherDate => NO_DATES.find(text).or_else(|| date(recorded)),
        Role::Sex => SEXES.find(text),
        Role::Postcode => postcode(text),
        Role::Address | Role::AddressLine | Role::Town => ADDRESSES.find(text),
        Role::Email => email(text),
        Role::Phone => phone(text),
        Role::Upn => reason_for_no_upn(text).or_else(|| number(text)),
        Role::NhsNumber | Role::Uln => number(text),
        Role::Identifier => zeros(text),
        Role::School => SCHOOLS.find(text),
        _ => None,
    }
}

/// Whether "no" is what the column says of some, and not that nothing is known.
fn is_yes_or_no(role: Role) -> bool {
    matches!(
        role,
        Role::SenProvision
            | Role::FreeSchoolMeals
            | Role::ChildInNeed
            | Role::ProtectionPlan
            | Role::LookedAfter
            | Role::Unaccompanied
            | Role::Category
    )
}

/// From how many rows on a value of this role is held by implausibly many: at least `least`, and `times` what the
/// commonest of the plausible values have. `rows` are the rows per distinct value. `None` where no value is, or where the
/// role's values may well be common, as names are.
pub fn implausible_from(role: Role, rows: &[u32], times: u32, least: u32) -> Option<u32> {
    if !is_of_one_person_or_home(role) {
        return None;
    }
    let place = first_plausible(rows.len());
    if rows.len() <= place {
        return None;
    }
    let mut rows = rows.to_vec();
    let (above, reference, _) = rows.select_nth_unstable_by(place, |a, b| b.cmp(a));
    let from = reference.saturating_mul(times).max(least);
    above.iter().any(|&n| n >= from).then_some(from)
}

/// The same where only so much is known: how many values so many rows have, each.
pub fn implausible_from_counts(
    role: Role,
    values: &BTreeMap<u32, u64>,
    times: u32,
    least: u32,
) -> Option<u32> {
    if !is_of_one_person_or_home(role) {
        return None;
    }
    let n_values: u64 = values.values().sum();
    let place = first_plausible(n_values as usize) as u64;
    let mut before = 0;
    let reference = values.iter().rev().find_map(|(&rows, n)| {
        before += n;
        (before > place).then_some(rows)
    })?;
    let from = reference.saturating_mul(times).max(least);
    values.last_key_value().filter(|(rows, _)| **rows >= from).map(|_| from)
}

/// Whether the values of a role are of one person or one home each.
pub fn is_of_one_person_or_home(role: Role) -> bool {
    matches!(
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
    )
}

/// The plausible values begin beyond the first hundredth of the commonest, and beyond three at least.
fn first_plausible(n_values: usize) -> usize {
    (n_values / 100).max(3)
}

/// Words for "missing" in any column.
#[rustfmt::skip]
static WORDS: List = List::new(&[
    "-", "--", "---", ".", "..", "?", "??", "#n/a", "#value!", "#ref!", "n/a", "n.a.", "n/k", "none",
    "null", "<null>", "(null)", "unknown", "(unknown)", "unk", "not known", "not stated", "not recorded",
    "not available", "not applicable", "not given", "not provided", "not obtained", "not specified",
    "no data", "missing", "blank", "(blank)", "tbc", "to be confirmed", "xx", "xxx", "xxxx", "test",
    "redacted", "withheld", "refused",
]);

/// The length of the longest of [`WORDS`] and [`CODES`].
const LONGEST_WORD: usize = 15;

/// Abbreviations for "missing" that are also somebody's name, so they count in other columns only.
static CODES: List = List::new(&["na", "nan", "nil", "nk", "no", "tba", "x", "ns"]);

/// Names given before a child has one, and words typed where a name should be.
#[rustfmt::skip]
static NAMES: List = List::new(&[
    "baby", "babe", "unborn", "infant", "newborn", "new born", "twin", "twin 1", "twin 2", "twin one",
    "twin two", "male", "female", "boy", "girl", "male infant", "female infant", "unnamed", "no name",
    "not named", "name", "forename", "first name", "surname", "last name", "anonymous", "anon",
    "confidential", "restricted", "mother", "father", "dummy", "do not use", "donotuse",
]);

/// First words of names given before a child has one: `Baby Smith`, `Unborn of Jones`.
static BEFORE_A_NAME: List = List::new(&["baby", "unborn", "infant", "newborn"]);

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
const YEARS: [&[u8; 4]; 8] = [b"1111", b"1753", b"1800", b"1811", b"1899", b"1900", b"1901", b"9999"];

/// Texts that are no dates but stand where one should be.
#[rustfmt::skip]
static NO_DATES: List = List::new(&[
    "0", "00/00/0000", "0000-00-00", "00000000", "00/01/1900", "01/01/0001", "0001-01-01", "dd/mm/yyyy",
    "99/99/9999", "99999999",
]);

/// Codes for a sex that is not known or not told: census, NHS and labelled forms.
#[rustfmt::skip]
static SEXES: List = List::new(&[
    "0", "9", "u", "x", "indeterminate", "c) not stated", "d) neither", "not disclosed",
    "prefer not to say",
]);

#[rustfmt::skip]
static ADDRESSES: List = List::new(&[
    "nfa", "no fixed abode", "no fixed address", "address unknown", "unknown address", "confidential",
    "restricted", "homeless", "no address", "address withheld", "moved", "gone away",
]);

#[rustfmt::skip]
static POSTCODES: List = List::new(&[
    "nfa", "no fixed abode", "aa1 1aa", "aa11aa", "a1 1aa", "a11aa", "aa11 1aa", "aa111aa", "xx1 1xx",
    "xx11xx", "x1 1xx", "x11xx", "confidential", "restricted", "0", "0000", "9999", "99999", "00000",
    "abroad", "overseas",
]);

/// Parts before the `@` that are nobody's mailbox.
#[rustfmt::skip]
static MAILBOXES: List = List::new(&[
    "none", "noemail", "no-email", "no.email", "no_email", "nomail", "test", "unknown", "noreply",
    "no-reply", "donotreply", "notgiven", "noone", "nobody", "null",
]);

/// The length of the longest of [`MAILBOXES`].
const LONGEST_MAILBOX: usize = 10;

/// Unknown school and education at home, as the NHS immunisation lists code them.
static SCHOOLS: List = List::new(&["888888", "999999", "0"]);

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

/// Folded text of up to so many bytes needs no memory of its own.
const SHORT: usize = 48;

/// The same for a text in ASCII that fits into `buffer`, which most values do.
fn folded_short<'b>(text: &str, buffer: &'b mut [u8; SHORT]) -> Option<&'b str> {
    let text = text.trim_ascii().as_bytes();
    if text.len() > SHORT || !text.is_ascii() {
        return None;
    }
    let mut length = 0;
    for byte in text {
        let byte = if byte.is_ascii_whitespace() { b' ' } else { byte.to_ascii_lowercase() };
        if byte != b' ' || buffer[..length].last() != Some(&b' ') {
            buffer[length] = byte;
            length += 1;
        }
    }
    std::str::from_utf8(&buffer[..length]).ok()
}

/// Texts to be found among: most others are told apart by their first byte and their length.
struct List {
    texts: &'static [&'static str],
    /// Per first byte, a bit for each length of a text; the last one is for that length and all above.
    lengths: [u32; 256],
}

impl List {
    const LAST: usize = 31;

    const fn new(texts: &'static [&'static str]) -> Self {
        let mut lengths = [0; 256];
        let mut at = 0;
        while at < texts.len() {
            let bytes = texts[at].as_bytes();
            let length = if bytes.len() < Self::LAST { bytes.len() } else { Self::LAST };
            lengths[bytes[0] as usize] |= 1 << length;
            at += 1;
        }
        Self { texts, lengths }
    }

    /// The text of the list that is this one.
    fn find(&self, text: &str) -> Option<&'static str> {
        let first = text.as_bytes().first()?;
        if self.lengths[*first as usize] >> text.len().min(Self::LAST) & 1 == 0 {
            return None;
        }
        self.texts.iter().find(|entry| **entry == text).copied()
    }
}

fn name(role: Role, text: &str) -> Option<&'static str> {
    let first_word = text.split([' ', '-', '/']).next().unwrap_or(text);
    let before_a_name = matches!(role, Role::Forename | Role::PreferredForename | Role::FullName)
        .then(|| BEFORE_A_NAME.find(first_word))
        .flatten();
    NAMES.find(text).or(before_a_name)
}

fn date(text: &str) -> Option<&'static str> {
    // reading a date three times is dear, and few texts hold one of these years; two digits of a year are not
    // enough, because 01/01/00 is a birthday in 2000
    if !text.as_bytes().windows(4).any(|four| YEARS.iter().any(|year| *year == four)) {
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
    POSTCODES.find(text)
}

fn email(text: &str) -> Option<&'static str> {
    MAILBOXES.find(text.split('@').next().unwrap_or(text))
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

/// Zeros alone. Systems that number children from 1 come to 11111 and 12345678.
fn zeros(text: &str) -> Option<&'static str> {
    let mut digits = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).peekable();
    (digits.peek().is_some() && digits.all(|digit| digit == b'0')).then_some("zeros")
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
    fn no_is_an_answer_where_yes_could_stand_and_else_no_value() {
        for role in [Role::LookedAfter, Role::FreeSchoolMeals, Role::Category] {
            assert!(!is_placeholder(role, "No") && is_placeholder(role, "n/k"), "{role:?}");
        }
        assert!(is_placeholder(Role::Postcode, "No") && is_placeholder(Role::Other, "no"));
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
        for word in WORDS.texts.iter().chain(CODES.texts) {
            assert!(MAILBOXES.texts.iter().all(|mailbox| mailbox.len() <= LONGEST_MAILBOX));
            assert!(word.len() <= LONGEST_WORD && !word.starts_with(|c: char| c.is_ascii_digit()), "{word}");
        }
    }

    proptest! {
        #[test]
        fn folding_in_place_agrees_with_folding_anew(text in "[ \t\u{a0}aAbBéЖ0-9]{0,12}|[ aA]{40,60}") {
            let mut buffer = [0; SHORT];
            if let Some(short) = folded_short(&text, &mut buffer) {
                prop_assert_eq!(short, folded(&text));
            }
        }

        #[test]
        fn a_list_finds_what_is_in_it_and_nothing_else(text in "[a-z ]{0,3}|n[a-z/ ]{2,12}") {
            for list in [&WORDS, &CODES, &NAMES, &MAILBOXES, &ADDRESSES, &POSTCODES] {
                prop_assert_eq!(list.find(&text), list.texts.iter().find(|entry| **entry == text).copied());
                prop_assert!(list.texts.iter().all(|entry| list.find(entry) == Some(*entry)));
            }
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

    proptest! {
        #[test]
        fn counts_of_values_tell_what_the_values_do(
            common in proptest::collection::vec(1u32..2000, 0..8),
            others in proptest::collection::vec(1u32..4, 0..400),
        ) {
            let rows = [common, others].concat();
            let mut counts = BTreeMap::new();
            rows.iter().for_each(|&n| *counts.entry(n).or_default() += 1);
            for role in [Role::Postcode, Role::Surname] {
                proptest::prop_assert_eq!(
                    implausible_from_counts(role, &counts, 20, 50),
                    implausible_from(role, &rows, 20, 50)
                );
            }
        }
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
        check(Role::Identifier, "0", Some("zeros"));
        check(Role::Identifier, "00-000", Some("zeros"));
        check(Role::Identifier, "11111", None);
        check(Role::Identifier, "12345678", None);
        check(Role::Identifier, "", Some("empty"));
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
            assert!(YEARS.iter().any(|known| known[..] == *year.to_string().as_bytes()));
            assert_eq!(find(Role::DateOfBirth, text), Some(*text));
        }
    }

    #[test]
    fn lists_are_written_as_they_are_compared() {
        let lists: [&List; 10] = [
            &WORDS,
            &CODES,
            &NAMES,
            &BEFORE_A_NAME,
            &NO_DATES,
            &SEXES,
            &ADDRESSES,
            &POSTCODES,
            &MAILBOXES,
            &SCHOOLS,
        ];
        for entry in lists.into_iter().flat_map(|list| list.texts) {
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
