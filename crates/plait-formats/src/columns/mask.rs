//! Values as they may be shown: enough to see what a column holds, not enough to see whose it is.

use super::evidence::{is_common_forename, is_common_surname, is_sex, read_date};
use plait_types::identifier::Postcode;
use plait_types::{Column, Role};

const HIDDEN: &str = "•••••";

/// A value that fewer rows hold may be of one person, or of a few.
const FEWEST_ROWS: u32 = 10;
/// A column with more distinct values says more than what kind somebody is of.
const MOST_KINDS: usize = 20;

/// Which values of a column may be shown as they are: those that many rows hold, of a column with few of them, none of
/// which has a common name in it. A column of names under a header that nobody knows looks like a category in all else.
pub(super) struct Harmless {
    rows: Vec<u32>,
}

impl Harmless {
    /// Looks at every distinct value of a column that could be shown; of others at none.
    pub(super) fn of(column: &Column, role: Role) -> Self {
        let is_shown = role.is_characteristic()
            || matches!(role, Role::Category | Role::Region | Role::Number)
                && column.values.len() <= MOST_KINDS
                && !column.values.iter().any(has_name);
        Self { rows: if is_shown { column.counts() } else { Vec::new() } }
    }

    /// The value of a row as [`mask`] gives it, hidden where it would be shown and is not harmless.
    pub(super) fn mask(&self, column: &Column, row: usize, role: Role) -> Option<String> {
        let value = column.get(row)?;
        let is_kind =
            role.is_characteristic() || matches!(role, Role::Category | Role::Region | Role::Number);
        let rows = self.rows.get(column.codes[row] as usize).copied().unwrap_or(0);
        Some(if is_kind && rows < FEWEST_ROWS { HIDDEN.to_owned() } else { mask(value, role) })
    }
}

fn has_name(value: &str) -> bool {
    let lower = value.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphabetic() && c != '\'').filter(|word| !word.is_empty());
    words.any(|word| is_common_forename(word) || is_common_surname(word))
}

/// A value of a column of this role with what identifies hidden: a name keeps its first letter, a date its
/// year, a postcode its outward code, a number its last two characters, a sex and a category themselves.
/// Addresses, e-mail addresses, prose and values that are not what the role says are hidden whole. The
/// length is never shown.
pub fn mask(value: &str, role: Role) -> String {
    let value = value.trim();
    match role {
        Role::Forename
        | Role::MiddleName
        | Role::PreferredForename
        | Role::Surname
        | Role::FormerSurname
        | Role::Town => initial(value),
        Role::FullName => value.split_whitespace().map(initial).collect::<Vec<_>>().join(" "),
        Role::DateOfBirth | Role::OtherDate => {
            read_date(value).map_or_else(|| HIDDEN.to_owned(), |date| format!("••/••/{:04}", date.year))
        }
        Role::Postcode => match Postcode::parse(value) {
            Some(postcode) => format!("{} •••", postcode.outward()),
            None => HIDDEN.to_owned(),
        },
        Role::RecordId | Role::Identifier | Role::Upn | Role::NhsNumber | Role::Uln | Role::Phone => {
            ending(value)
        }
        Role::Sex if is_sex(value) => value.to_owned(),
        Role::Category | Role::Region | Role::Number if is_short(value) => {
            value.replace(char::is_whitespace, " ")
        }
        role if role.is_characteristic() && is_short(value) => value.replace(char::is_whitespace, " "),
        _ => HIDDEN.to_owned(),
    }
}

/// Whether a value is too short to be prose and has too few digits to be somebody's number.
fn is_short(value: &str) -> bool {
    value.chars().count() <= 20 && value.chars().filter(char::is_ascii_digit).count() <= 4
}

fn initial(name: &str) -> String {
    match name.chars().next().filter(|c| c.is_alphabetic()) {
        Some(first) => format!("{first}{HIDDEN}"),
        None => HIDDEN.to_owned(),
    }
}

/// The last two characters of what has at least six: two of fewer would give too much away.
fn ending(number: &str) -> String {
    let chars: Vec<char> = number.chars().filter(|c| c.is_alphanumeric()).collect();
    match chars.len() {
        0..6 => HIDDEN.to_owned(),
        n => chars[n - 2..].iter().fold(HIDDEN.to_owned(), |text, c| text + &c.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(role: Role, value: &str, expected: &str) {
        assert_eq!(mask(value, role), expected);
    }

    #[test]
    fn each_role_keeps_only_what_shows_the_kind() {
        check(Role::Forename, "Ann-Marie", "A•••••");
        check(Role::FullName, "Émile  Ó Briain", "É••••• Ó••••• B•••••");
        check(Role::DateOfBirth, "23/04/2014", "••/••/2014");
        check(Role::DateOfBirth, "20140423", "••/••/2014");
        check(Role::Postcode, "nw94ew", "NW9 •••");
        check(Role::NhsNumber, "999 000 0018", "•••••18");
        check(Role::RecordId, "7190247", "•••••47");
        check(Role::Sex, "Female", "Female");
        check(Role::Category, "Historic", "Historic");
        check(Role::Email, "a@example.org", "•••••");
        check(Role::Address, "12 Mill Lane", "•••••");
        check(Role::FreeText, "met mother", "•••••");
        check(Role::Other, "anything", "•••••");
    }

    #[test]
    fn values_that_are_not_what_the_role_says_are_hidden_whole() {
        check(Role::Sex, "Sarah", "•••••");
        check(Role::DateOfBirth, "Sarah", "•••••");
        check(Role::Postcode, "12 Mill Lane", "•••••");
        check(Role::RecordId, "7190", "•••••");
        check(Role::Number, "9990000018", "•••••");
        check(Role::Category, "a sentence about what happened then", "•••••");
    }

    #[track_caller]
    fn check_kind(values: &[(&str, usize)], role: Role, expected: &[&str]) {
        let rows = values.iter().flat_map(|&(value, rows)| std::iter::repeat_n(Some(value), rows));
        let column = Column::from_rows("Kid fam nm", rows);
        let harmless = Harmless::of(&column, role);
        let firsts =
            (0..column.codes.len()).filter(|&row| row == 0 || column.codes[row] != column.codes[row - 1]);
        let shown: Vec<String> = firsts.filter_map(|row| harmless.mask(&column, row, role)).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_category_shows_what_many_rows_hold_and_never_a_column_of_names() {
        check_kind(&[("nuts", 10), ("milk", 9)], Role::Category, &["nuts", HIDDEN]);
        check_kind(&[("mum is Evans", 40), ("not known", 40)], Role::Category, &[HIDDEN, HIDDEN]);
        check_kind(&[("Oliver", 40), ("Zyx", 40)], Role::Category, &[HIDDEN, HIDDEN]);
        check_kind(&[("White British", 10), ("Any other", 1)], Role::Ethnicity, &["White British", HIDDEN]);
        check_kind(&[("Oliver", 1)], Role::Forename, &["O•••••"]);
        let kinds: Vec<String> = (0..21).map(|kind| format!("kind {kind}")).collect();
        let of = |n: usize| kinds[..n].iter().map(|kind| (kind.as_str(), 10)).collect::<Vec<_>>();
        check_kind(&of(20), Role::Category, &kinds.iter().map(String::as_str).collect::<Vec<_>>()[..20]);
        check_kind(&of(21), Role::Category, &[HIDDEN; 21]);
    }

    proptest! {
        #[test]
        fn the_mask_of_a_name_depends_on_its_first_letter_alone(a in "[A-Z][a-z]{1,12}", b in "[a-z]{0,12}") {
            prop_assert_eq!(mask(&a, Role::Surname), mask(&format!("{}{b}", &a[..1]), Role::Surname));
        }

        #[test]
        fn no_value_panics(value in ".{0,20}") {
            for role in Role::all() {
                let _ = mask(&value, role);
            }
        }
    }
}
