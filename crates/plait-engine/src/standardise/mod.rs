//! Values made comparable: one function per kind of value, each applied once per distinct value.
//! The original stays in the source; only what is compared changes.

mod address;
mod name;

use plait_types::identifier::{NhsNumber, Postcode, Uln, Upn};
use plait_types::placeholder::is_placeholder;
use plait_types::{DateOrder, PartialDate, Role};
use std::collections::BTreeSet;

/// What a raw value became.
#[derive(Debug, PartialEq, Eq)]
pub enum Standardised<'a> {
    /// What is compared.
    Text(&'a str),
    /// Nothing was recorded.
    Missing,
    /// Something was recorded that means "not known".
    Placeholder,
    /// Something was recorded that cannot be what the role says, such as a date that is none.
    Unreadable,
}

/// Standardises one raw value. `buffer` holds the result where it differs from `raw`.
pub fn standardise<'a>(
    role: Role,
    raw: &'a str,
    order: DateOrder,
    buffer: &'a mut String,
) -> Standardised<'a> {
    let raw = raw.trim();
    if raw.is_empty() {
        return Standardised::Missing;
    }
    if is_placeholder(role, raw) {
        return Standardised::Placeholder;
    }
    buffer.clear();
    match role {
        Role::Forename
        | Role::MiddleName
        | Role::PreferredForename
        | Role::Surname
        | Role::FormerSurname
        | Role::FullName => name::standardise(raw, buffer),
        Role::DateOfBirth | Role::OtherDate => match PartialDate::parse(raw, order) {
            Some(date) => buffer.push_str(&date.iso()),
            None => return Standardised::Unreadable,
        },
        Role::Sex => match sex(raw) {
            Some(code) => return Standardised::Text(code),
            None => return Standardised::Unreadable,
        },
        Role::Postcode => postcode(raw, buffer),
        Role::FormerPostcode => {
            former_postcodes(raw, buffer);
            if buffer.is_empty() && raw.split(BETWEEN).any(|one| is_placeholder(Role::Postcode, one)) {
                return Standardised::Placeholder;
            }
        }
        Role::Address | Role::AddressLine | Role::Town | Role::Region | Role::School => {
            address::standardise(raw, buffer);
        }
        Role::Email if raw.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()) => {
            return Standardised::Text(raw);
        }
        Role::Email => buffer.extend(raw.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase)),
        Role::Phone => phone(raw, buffer),
        Role::Upn => match Upn::parse(raw) {
            Some(upn) => buffer.push_str(upn.expose()),
            None => alphanumeric_upper(raw, buffer),
        },
        Role::NhsNumber => match NhsNumber::parse(raw) {
            Some(number) => buffer.push_str(number.expose()),
            None => alphanumeric_upper(raw, buffer),
        },
        Role::Uln => match Uln::parse(raw) {
            Some(number) => buffer.push_str(number.expose()),
            None => alphanumeric_upper(raw, buffer),
        },
        Role::Identifier | Role::HouseNumber => alphanumeric_upper(raw, buffer),
        Role::RecordId
        | Role::Source
        | Role::Ethnicity
        | Role::SenProvision
        | Role::FreeSchoolMeals
        | Role::Deprivation
        | Role::ChildInNeed
        | Role::ProtectionPlan
        | Role::LookedAfter
        | Role::Unaccompanied
        | Role::Category
        | Role::Number
        | Role::FreeText
        | Role::Other => words_lower(raw, buffer),
    }
    if buffer.is_empty() {
        Standardised::Unreadable
    } else if !buffer.eq_ignore_ascii_case(raw) && is_placeholder(role, buffer) {
        // such as `Unknown!`, or the postcode `ZZ99.3VZ`
        Standardised::Placeholder
    } else {
        Standardised::Text(buffer)
    }
}

/// `m`, `f`; codes of the school census, CIN census, SSDA903 and NHS. Others are not comparable.
fn sex(raw: &str) -> Option<&'static str> {
    const CODES: [(&str, &[&str]); 2] =
        [("m", &["m", "male", "boy", "1", "man"]), ("f", &["f", "female", "girl", "2", "woman"])];
    CODES.iter().find(|(_, words)| words.iter().any(|w| w.eq_ignore_ascii_case(raw))).map(|row| row.0)
}

/// `NW9 4EW`; of other countries, and of what is no postcode, letters and digits.
fn postcode(raw: &str, out: &mut String) {
    alphanumeric_upper(raw, out);
    if let Some(postcode) = Postcode::parse(out) {
        out.clear();
        out.push_str(postcode.expose());
    }
}

/// What may stand between several values in one.
const BETWEEN: [char; 3] = [';', '|', ','];

/// Each postcode once, in ascending order, separated by `;`. Those that stand for none are left out, and what has no digit or
/// is too long for a postal code, such as the town.
fn former_postcodes(raw: &str, out: &mut String) {
    let standard = |one: &str| {
        let mut text = String::new();
        postcode(one, &mut text);
        text
    };
    const LONGEST: usize = 10;
    let is_one = |one: &str| {
        one.len() <= LONGEST
            && one.contains(|character: char| character.is_ascii_digit())
            && !is_placeholder(Role::Postcode, one)
    };
    let each = raw.split(BETWEEN).filter(|one| !is_placeholder(Role::Postcode, one)).map(standard);
    let each: BTreeSet<String> = each.filter(|one| is_one(one)).collect();
    for one in &each {
        if !out.is_empty() {
            out.push(';');
        }
        out.push_str(one);
    }
}

/// Digits; a leading +44 or 0044 becomes 0.
fn phone(raw: &str, out: &mut String) {
    let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix("0044").or_else(|| digits.strip_prefix("44").filter(|d| d.len() >= 9));
    match national {
        Some(rest) => {
            out.push('0');
            out.push_str(rest.trim_start_matches('0'));
        }
        None => out.push_str(&digits),
    }
}

fn alphanumeric_upper(raw: &str, out: &mut String) {
    out.extend(raw.chars().flat_map(char::to_uppercase).filter(|c| c.is_alphanumeric()));
}

/// Lower case, single spaces.
fn words_lower(raw: &str, out: &mut String) {
    for word in raw.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(role: Role, raw: &str, expected: &str) {
        let mut buffer = String::new();
        let result = standardise(role, raw, DateOrder::DayMonthYear, &mut buffer);
        assert_eq!(result, Standardised::Text(expected), "{raw}");
    }

    #[test]
    fn names_lose_case_accents_and_punctuation_but_keep_their_words() {
        check(Role::Surname, "O'Brien-Łukasz", "obrien lukasz");
        check(Role::Surname, "O Brien", "obrien");
        check(Role::Surname, "Mc Donald", "mcdonald");
        check(Role::Surname, "Van der Berg", "van der berg");
        check(Role::Surname, "Al-Hassan", "alhassan");
        check(Role::Forename, "  ZOË   May ", "zoe may");
        check(Role::Forename, "محمد", "mhmd");
    }

    #[test]
    fn dates_become_iso_in_the_order_of_their_column() {
        check(Role::DateOfBirth, "03/12/2014", "2014-12-03");
    }

    #[test]
    fn places_and_contacts_have_one_spelling() {
        check(Role::Postcode, "nw94ew", "NW9 4EW");
        check(Role::Postcode, "2602", "2602");
        check(Role::FormerPostcode, "nw94ew| PX1 1AA;;NW9 4EW", "NW9 4EW;PX1 1AA");
        check(Role::FormerPostcode, "ZZ99 3VZ|Larkbridge, PX1 1AA", "PX1 1AA");
        check(Role::AddressLine, "12, High  Street", "12 high st");
        check(Role::Phone, "+44 (0)20 7946 0000", "02079460000");
        check(Role::Email, " A.Bee@Example.org", "a.bee@example.org");
        check(Role::Sex, "Girl", "f");
    }

    #[test]
    fn placeholders_and_nonsense_are_not_values() {
        let mut buffer = String::new();
        let mut read = |role, raw| match standardise(role, raw, DateOrder::DayMonthYear, &mut buffer) {
            Standardised::Text(_) => "text",
            Standardised::Missing => "missing",
            Standardised::Placeholder => "placeholder",
            Standardised::Unreadable => "unreadable",
        };
        assert_eq!(read(Role::DateOfBirth, "01/01/1900"), "placeholder");
        assert_eq!(read(Role::Postcode, "ZZ99 3VZ"), "placeholder");
        assert_eq!(read(Role::FormerPostcode, "ZZ99 3VZ"), "placeholder");
        assert_eq!(read(Role::FormerPostcode, "Larkbridge"), "unreadable");
        assert_eq!(read(Role::DateOfBirth, "31/02/2014"), "unreadable");
        assert_eq!(read(Role::Forename, "  "), "missing");
    }
}
