use super::*;
use crate::fixture::fixed;
use crate::standardise::Standardised;
use proptest::prelude::*;

/// Values of every kind, in and out of shape, and anything else that can be typed.
fn any_raw() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ '-]?[A-Za-zÀ-ÿßĳŉ]{1,6}([ '’.-]{1,2}[A-Za-zé]{1,5}){0,3}[ .]?",
        "(Mc|Mac|O|Al|El|D|o|al)[ '-]?(Mc|O|al)?[ '-]?[A-Za-z]{0,5}",
        "[0-3]?[0-9][-/. ][01]?[0-9][-/. ](19|20)?[0-9]{2}",
        "(19|20)[0-9]{2}(-?[01][0-9](-?[0-3][0-9])?)?",
        "[A-Za-z]{1,2}[0-9]{1,2}[A-Za-z]?[ .,-]{0,2}[0-9][A-Za-z]{2}[.]?",
        "[0-9]{1,3}[A-Za-z]?,? [A-Za-z]{2,6} (Street|Road|and|Saint|&|Apartment|St.)",
        "[+(]?(0044|44|0)?[ ]?[(]?0?[)]?[0-9 -]{3,12}",
        "[A-Za-z.]{1,6}[@ ]?[a-z.]{1,6}",
        "[A-Z]?[0-9]{9,13}[A-Z]?",
        "[(<]?(unknown|not known|n/?a|baby|none|NULL|zz99|nfa|test)[)>.]?( [a-z]{1,4})?",
        "[mfMFu129]|male|Girl",
        "\\PC{0,10}",
    ]
}

/// The standardised text, or what else the value is.
fn standardised(role: Role, raw: &str, order: DateOrder) -> Result<String, &'static str> {
    match standardise(role, raw, order, &mut String::new()) {
        Standardised::Text(text) => Ok(text.to_owned()),
        Standardised::Missing => Err("missing"),
        Standardised::Placeholder => Err("placeholder"),
        Standardised::Unreadable => Err("unreadable"),
    }
}

proptest! {
    #![proptest_config(fixed(1500))]

    #[test]
    fn a_standardised_value_stays_as_it_is(raw in any_raw()) {
        for role in Role::all() {
            for order in [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear] {
                if let Ok(once) = standardised(role, &raw, order) {
                    prop_assert_eq!(standardised(role, &once, order), Ok(once), "{:?} of {:?}", role, raw);
                }
            }
        }
    }
}

/// A table whose columns are in this order.
fn source(name: &str, columns: &[(&str, Role, Vec<String>)]) -> SourceInput {
    let n_rows = columns[0].2.len();
    let table = Table {
        name: name.into(),
        columns: columns
            .iter()
            .map(|(name, _, rows)| Column::from_rows(*name, rows.iter().map(Some)))
            .collect(),
        n_rows,
    };
    let column = |(index, (_, role, _)): (usize, &(&str, Role, Vec<String>))| InputColumn {
        index,
        role: *role,
        date_order: None,
    };
    SourceInput { table, columns: columns.iter().enumerate().map(column).collect() }
}

proptest! {
    #![proptest_config(fixed(200))]

    #[test]
    fn equal_standardised_values_have_equal_codes_across_sources(
        first in prop::collection::vec((any_raw(), any_raw()), 1..8),
        second in prop::collection::vec(any_raw(), 1..8),
    ) {
        let (surnames, postcodes): (Vec<String>, Vec<String>) = first.into_iter().unzip();
        let records = Records::new(vec![
            source("a", &[("Surname", Role::Surname, surnames.clone()), ("PC", Role::Postcode, postcodes.clone())]),
            source("b", &[("family_name", Role::Surname, second.clone())]),
        ]);
        let n = surnames.len() + second.len();
        prop_assert_eq!(records.len(), n);
        let raw: Vec<&String> = surnames.iter().chain(&second).collect();
        let surname = &records.fields[records.field("surname").unwrap()];
        prop_assert_eq!(records.field("FAMILY_NAME"), records.field("surname"));
        let read = |record: usize| standardised(Role::Surname, raw[record], DateOrder::YearMonthDay);
        for a in 0..n {
            prop_assert_eq!(surname.get(a as u32).map(str::to_owned), read(a).ok());
            for b in 0..n {
                let same = read(a).is_ok() && read(a) == read(b);
                prop_assert_eq!(surname.codes[a] != NULL && surname.codes[a] == surname.codes[b], same);
            }
        }
        let n_placeholders = (0..n).filter(|&record| read(record) == Err("placeholder")).count();
        let n_unreadable = (0..n).filter(|&record| read(record) == Err("unreadable")).count();
        prop_assert_eq!((surname.n_placeholders as usize, surname.n_unreadable as usize), (n_placeholders, n_unreadable));
        for (code, count) in surname.counts.iter().enumerate() {
            prop_assert_eq!(surname.codes.iter().filter(|c| **c == code as u32).count(), *count as usize);
        }
        let postcode = &records.fields[records.field("postcode").unwrap()];
        prop_assert!(postcode.codes[surnames.len()..].iter().all(|code| *code == NULL), "b has no postcodes");
        prop_assert_eq!(&postcode.headers, &vec![Some("PC".to_owned()), None]);
    }
}

#[test]
fn a_sample_keeps_the_values_of_its_records() {
    let numbered = |range: std::ops::Range<u32>| range.map(|n| format!("ID{n:05}")).collect::<Vec<_>>();
    let dates = |range: std::ops::Range<u32>| {
        range.map(|n| format!("20{:02}-0{}-11", n % 20, 1 + n % 9)).collect::<Vec<_>>()
    };
    let sexes = |range: std::ops::Range<u32>| {
        range.map(|n| ["m", "f", ""][n as usize % 3].to_owned()).collect::<Vec<_>>()
    };
    let table = |name, range: std::ops::Range<u32>| {
        source(
            name,
            &[
                ("number", Role::Identifier, numbered(range.clone())),
                ("dob", Role::DateOfBirth, dates(range.clone())),
                ("sex", Role::Sex, sexes(range)),
            ],
        )
    };
    let records = Records::new(vec![table("a", 0..1200), table("b", 1200..2000)]);
    let sample = records.sample(500, 3);
    assert!((400..600).contains(&sample.len()), "{}", sample.len());
    let original: Vec<u32> = (0..sample.len() as u32)
        .map(|record| sample.fields[0].get(record).unwrap()[2..].parse().unwrap())
        .collect();
    assert!(original.is_sorted(), "records keep their order");
    for (record, &before) in original.iter().enumerate() {
        assert_eq!(sample.source_of(record as u32), records.source_of(before));
        for (field, whole) in sample.fields.iter().zip(&records.fields) {
            assert_eq!(field.get(record as u32), whole.get(before));
            if field.role.is_date() {
                assert!(
                    field.dates[field.codes[record] as usize]
                        == whole.dates[whole.codes[before as usize] as usize]
                );
            }
        }
    }
    for field in &sample.fields {
        assert_eq!(
            field.n_present(),
            (0..sample.len() as u32).filter(|r| field.get(*r).is_some()).count() as u64
        );
    }
    assert_eq!(records.sample(500, 3).fields[0].codes, sample.fields[0].codes, "the same for the same seed");
    assert_eq!(records.sample(9_000, 3).len(), 2_000, "all of them where fewer are there than wanted");
}

#[test]
fn two_columns_of_one_role_are_two_fields_named_by_their_headers() {
    let row = |value: &str| vec![value.to_owned()];
    let records = Records::new(vec![
        source(
            "a",
            &[
                ("Address 1", Role::AddressLine, row("flat 1")),
                ("Address 2", Role::AddressLine, row("high st")),
            ],
        ),
        source("b", &[("address 2", Role::AddressLine, row("high st"))]),
    ]);
    let names: Vec<&str> = records.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["address 1", "address 2", "source_of_record"]);
    assert_eq!(records.fields[1].codes, [0, 0]);
    assert_eq!(records.fields[0].codes, [0, NULL]);
}

/// The fields that columns of postcodes make, each with its header per source; columns are given with their filled rows.
fn fields_of(sources: &[&[(&str, usize)]]) -> Vec<(String, Vec<Option<String>>)> {
    let filled =
        |n: usize| (0..4).map(|row| if row < n { format!("PX{row} 1AA") } else { String::new() }).collect();
    let inputs = sources.iter().zip(["a", "b", "c"]).map(|(columns, name)| {
        let columns: Vec<_> = columns.iter().map(|&(name, n)| (name, Role::Postcode, filled(n))).collect();
        source(name, &columns)
    });
    let records = Records::new(inputs.collect());
    let of_role = records.fields.into_iter().filter(|field| field.role == Role::Postcode);
    of_role.map(|field| (field.name, field.headers)).collect()
}

#[test]
fn of_several_columns_of_one_role_a_main_one_is_compared_where_no_header_is_shared() {
    let main = |columns: &[(&str, usize)]| {
        let fields = fields_of(&[columns, &[("Home Post", 4)]]);
        assert_eq!(fields[0].0, "postcode");
        assert_eq!(fields[0].1[1].as_deref(), Some("Home Post"));
        fields[0].1[0].clone().expect("it is compared")
    };
    assert_eq!(main(&[("pc1", 2), ("pc2", 3)]), "pc2", "the fuller one");
    assert_eq!(main(&[("pc1", 3), ("pc2", 3)]), "pc1", "else the first");
    assert_eq!(main(&[("pc1", 4), ("Postcode", 1)]), "Postcode", "the one called as the role");
    assert_eq!(main(&[("Previous home", 4), ("pc2", 1)]), "pc2", "not one of before");
}

#[test]
fn columns_with_one_header_stay_together_however_filled_they_are() {
    let some = |header: &str| Some(header.to_owned());
    let both = |name: &str| (name.to_owned(), vec![some(name), some(name)]);
    assert_eq!(
        fields_of(&[&[("home", 4), ("term", 3)], &[("home", 3), ("term", 4)]]),
        [both("home"), both("term")]
    );
    // what one source calls otherwise joins what most call alike
    let fields = fields_of(&[&[("home", 4), ("term", 4)], &[("home", 3)], &[("pc1", 1), ("pc2", 2)]]);
    assert_eq!(fields[0], ("home".to_owned(), vec![some("home"), some("home"), some("pc2")]));
    let names: Vec<&str> = fields.iter().map(|field| field.0.as_str()).collect();
    assert_eq!(names, ["home", "term", "pc1"]);
}

#[test]
fn the_day_on_which_a_child_is_expected_has_its_name_whatever_other_dates_there_are() {
    let day = |n: usize| (1..=n).map(|n| format!("2026-03-{n:02}")).collect::<Vec<_>>();
    let expected = ("expected_date_of_birth", Role::OtherDate, day(3));
    let born = ("date_of_birth", Role::DateOfBirth, day(3));
    let died = ("date_of_death", Role::OtherDate, day(3));
    let registered = ("registered", Role::OtherDate, day(3));
    for of_other in
        [vec![born.clone()], vec![born.clone(), died.clone()], vec![born.clone(), died, registered]]
    {
        let of_case = [born.clone(), expected.clone()];
        let records = Records::new(vec![source("cases", &of_case), source("others", &of_other)]);
        let field = &records.fields[records.field("expected_date_of_birth").expect("it is compared")];
        assert_eq!(field.name, "expected_date_of_birth");
        assert!(
            records
                .fields
                .iter()
                .all(|field| field.role != Role::OtherDate || field.name == "expected_date_of_birth")
        );
    }
}
