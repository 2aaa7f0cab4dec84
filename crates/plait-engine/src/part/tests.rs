use super::*;
use crate::fixture::{self, fixed, records};
use crate::lists::first_shared;
use plait_types::Role;
use proptest::prelude::*;

const PARTS: [Part; 18] = [
    Part::Whole,
    Part::First(1),
    Part::First(3),
    Part::Last(2),
    Part::Last(200),
    Part::FirstWord,
    Part::LastWord,
    Part::Soundex,
    Part::Metaphone,
    Part::Sector,
    Part::District,
    Part::Area,
    Part::Year,
    Part::YearMonth,
    Part::YearDay,
    Part::MonthDay,
    Part::NotNewYearsDay,
    Part::LocalPart,
];

/// Codes are equal exactly where the parts by their definition are.
fn check(role: Role, values: &[&str], parts: &[Part]) {
    let rows = values.iter().map(|value| Some((*value).to_owned())).collect();
    let records = records(&[values.len()], &[("field", role, rows)]);
    let field = &records.fields[0];
    for &part in parts {
        let expected: Vec<Option<String>> =
            field.values.iter().map(|value| fixture::part(value, part)).collect();
        let codes = part_codes(&[(field, part)]).pop().unwrap();
        let (table, _) = part_texts(field, part);
        for a in 0..codes.len() {
            assert_eq!(codes[a] == NULL, expected[a].is_none(), "{part:?} of {}", field.values.get(a as u32));
            assert_eq!(table[a] == NULL, expected[a].is_none());
            for b in 0..codes.len() {
                let same = expected[a].is_some() && expected[a] == expected[b];
                let (x, y) = (field.values.get(a as u32), field.values.get(b as u32));
                assert_eq!(codes[a] != NULL && codes[a] == codes[b], same, "{part:?} of {x} and {y}");
                assert_eq!(table[a] != NULL && table[a] == table[b], same, "{part:?} of {x} and {y}");
            }
        }
    }
}

/// Lists of names are those of the definition, in one numbering, and values an edit apart share one.
fn check_lists(values: &[&str]) {
    let rows = values.iter().map(|value| Some((*value).to_owned())).collect();
    let records = records(&[values.len()], &[("field", Role::Surname, rows)]);
    let field = &records.fields[0];
    let several = [Part::AnyWord, Part::AnyElement, Part::ButOneLetter, Part::SpellingFamily];
    for part in PARTS[..9].iter().copied().chain(several) {
        let (lists, texts) = part_list_texts(field, part);
        let pair = part_lists(&[(field, part), (field, Part::Whole)]);
        for code in 0..field.values.len() as u32 {
            let value = field.values.get(code);
            let expected = fixture::parts(value, part);
            let found = lists.get(code).iter().map(|&part| texts.get(part).to_owned());
            assert_eq!(found.collect::<std::collections::BTreeSet<_>>(), expected, "{part:?} of {value}");
            assert_eq!(lists.get(code).len(), expected.len());
            assert!(expected.len() <= most_parts(part, value));
            for other in 0..field.values.len() as u32 {
                let name = field.values.get(other);
                let shared = first_shared(pair[0].get(code), pair[1].get(other)).is_some();
                assert_eq!(shared, expected.contains(name), "{part:?} of {value} is {name}");
                if part == Part::ButOneLetter
                    && value.chars().count().min(name.chars().count()) >= 4
                    && crate::similarity::osa(value, name) <= 1
                {
                    assert!(first_shared(lists.get(code), lists.get(other)).is_some(), "{value} and {name}");
                }
            }
        }
    }
}

#[test]
fn parts_of_places_dates_and_mail_are_what_people_mean() {
    let text = |role, value: &str, part| {
        let records = records(&[1], &[("field", role, vec![Some(value.to_owned())])]);
        let (table, texts) = part_texts(&records.fields[0], part);
        (table[0] != NULL).then(|| texts.get(table[0]).to_owned())
    };
    let is =
        |role, value, part, expected: &str| assert_eq!(text(role, value, part).as_deref(), Some(expected));
    is(Role::Postcode, "NW9 4EW", Part::Sector, "NW9 4");
    is(Role::Postcode, "NW9 4EW", Part::District, "NW9");
    is(Role::Postcode, "NW9 4EW", Part::Area, "NW");
    is(Role::Surname, "van der berg", Part::LastWord, "berg");
    is(Role::Surname, "łukasz", Part::First(2), "łu");
    is(Role::Email, "a.bee@example.org", Part::LocalPart, "a.bee");
    is(Role::Email, "a.bee@example.org", Part::Domain, "example.org");
    is(Role::DateOfBirth, "2014-12-03", Part::Year, "2014");
    assert_eq!(text(Role::Postcode, "2602", Part::Sector), None);
    assert_eq!(text(Role::DateOfBirth, "2014", Part::YearMonth), None);
    assert_eq!(text(Role::DateOfBirth, "2014-12", Part::MonthDay), None);
    assert_eq!(text(Role::Email, "nobody", Part::Domain), None);
    assert_eq!(text(Role::Surname, "2014", Part::Year), None, "a name has no year");
}

#[test]
fn parts_of_which_a_value_has_several_are_all_of_them_and_each_once() {
    let texts = |value: &str, part| -> Vec<String> {
        let records = records(&[1], &[("field", Role::Surname, vec![Some(value.to_owned())])]);
        let (lists, texts) = part_list_texts(&records.fields[0], part);
        lists.get(0).iter().map(|&code| texts.get(code).to_owned()).collect()
    };
    assert_eq!(texts("van der berg", Part::AnyWord), ["van", "der", "berg"]);
    assert_eq!(texts("lee lee", Part::AnyWord), ["lee"]);
    assert_eq!(texts("ann lee; bill;;ann lee", Part::AnyElement), ["ann lee", "bill"]);
    assert_eq!(texts("; ;", Part::AnyElement), [""; 0]);
    assert_eq!(texts("łeen", Part::ButOneLetter), ["łeen", "een", "łen", "łee"]);
    assert_eq!(texts("lee", Part::ButOneLetter), ["lee"], "three letters are too few to leave one out");
    assert_eq!(texts(&"ab".repeat(12), Part::ButOneLetter).len(), 25);
    assert_eq!(texts(&"ab".repeat(13), Part::ButOneLetter), ["ab".repeat(13)]);
    assert_eq!(texts("2602", Part::Sector), [""; 0], "one without such a part");
    assert_eq!(texts("lee", Part::First(1)), ["l"]);
}

#[test]
fn parts_of_two_fields_share_their_codes() {
    let column = |name, values: [&str; 2]| (name, Role::Surname, values.map(|v| Some(v.to_owned())).to_vec());
    let records = records(&[2], &[column("a", ["smith", "jones"]), column("b", ["jo", "smythe"])]);
    let tables = part_codes(&[(&records.fields[0], Part::First(2)), (&records.fields[1], Part::First(2))]);
    assert_eq!(tables[0][1], tables[1][0], "jo");
    assert_eq!(tables[0][0], tables[1][1], "sm");
    assert_ne!(tables[0][0], tables[1][0]);
}

proptest! {
    #![proptest_config(fixed(60))]

    #[test]
    fn codes_of_parts_agree_where_the_parts_do(
        names in prop::collection::vec("[a-cż]{1,4}( [a-c]{1,3}){0,2}", 1..12),
        dates in prop::collection::vec((2000..2003_u16, 1..4_u8, 1..4_u8, 0..3_u8), 1..12),
        places in prop::collection::vec("([A-C]{1,2}[1-2]{1,2} [1-2][A-B]{2}|[0-9]{3,4}|[A-B]{3,5}|A1 é1B)", 1..12),
        mails in prop::collection::vec("[ab]{0,2}(@[ab]{0,2})?x", 1..12),
    ) {
        fn borrow(values: &[String]) -> Vec<&str> {
            values.iter().map(String::as_str).collect()
        }
        let dates: Vec<String> = dates
            .into_iter()
            .map(|(year, month, day, precision)| match precision {
                0 => format!("{year}"),
                1 => format!("{year}-{month:02}"),
                _ => format!("{year}-{month:02}-{day:02}"),
            })
            .collect();
        check(Role::Surname, &borrow(&names), &PARTS[..9]);
        check(Role::DateOfBirth, &borrow(&dates), &PARTS);
        check_lists(&borrow(&names));
        check(Role::Email, &borrow(&mails), &[Part::LocalPart, Part::Domain]);
        check(Role::Postcode, &borrow(&places), &[Part::Sector, Part::District, Part::Area, Part::First(3)]);
    }
}

#[test]
fn a_valid_number_has_the_right_check_digit() {
    let valid = |role, values: &[&str]| -> Vec<bool> {
        let rows = values.iter().map(|value| Some((*value).to_owned())).collect();
        let records = records(&[values.len()], &[("field", role, rows)]);
        let codes = part_codes(&[(&records.fields[0], Part::Valid)]).pop().unwrap();
        codes.into_iter().map(|code| code != NULL).collect()
    };
    assert_eq!(valid(Role::NhsNumber, &["9990000018", "9990000019"]), [true, false]);
    assert_eq!(valid(Role::Postcode, &["NW9 4EW", "2602"]), [true, false]);
    assert_eq!(valid(Role::DateOfBirth, &["2001-02-03", "2001-02", "2001"]), [true, false, false]);
    assert_eq!(valid(Role::Identifier, &["9990000019"]), [true]);
}
