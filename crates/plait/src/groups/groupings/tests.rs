use super::*;
use plait_types::DateOrder;

/// The group of each value, in words, `-` where none is told.
fn check(kind: &str, expected: &[(&str, &str)]) {
    let kind = KINDS.iter().find(|known| known.by == kind).expect("a characteristic");
    let groups = (kind.groups)();
    for (value, expected) in expected {
        let group = (kind.group)(value).map_or("-", |group| groups[usize::from(group)].as_str());
        assert_eq!(group, *expected, "{value}");
    }
}

#[test]
fn values_are_understood_in_the_codings_of_returns_and_in_words() {
    check(
        "ethnic group",
        &[("WBRI", "White"), ("White British", "White"), ("CHNE", "Asian"), ("a) WBRI", "White")],
    );
    check("ethnicity", &[("WENG", "White British (WBRI)"), ("REFU", "refused (REFU)"), ("purple", "-")]);
    check(
        "SEN provision",
        &[("K", "SEN support"), ("N", "none"), ("EHCP", "education, health and care plan"), ("?", "-")],
    );
    check("free school meals", &[("Y", "yes"), ("False", "no"), ("1", "yes"), ("0.0", "no"), ("maybe", "-")]);
    check(
        "deprivation decile",
        &[
            ("1", "1 (most deprived)"),
            ("10.0", "10 (least deprived)"),
            ("11", "-"),
            ("0", "-"),
            ("23.5", "-"),
        ],
    );
}

fn group_of(kind: &str, cells: &[Option<&str>]) -> Vec<u16> {
    let kind = KINDS.iter().find(|known| known.by == kind).expect("a characteristic");
    kind.of_column(&Column::from_rows("a", cells.iter().copied())).collect()
}

#[test]
fn nothing_is_no_in_a_column_that_says_only_yes() {
    assert_eq!(group_of("looked after", &[Some("Y"), None, Some("yes")]), [YES, NO, YES]);
    assert_eq!(group_of("looked after", &[Some("Y"), None, Some("N")]), [YES, NO_GROUP, NO]);
    assert_eq!(group_of("ethnic group", &[Some("WBRI"), None]), [3, NO_GROUP]);
}

#[test]
fn bands_begin_on_birthdays() {
    let on = PartialDate::from_iso("2026-03-31").expect("a day");
    let words = |birth: &str| {
        let birth = PartialDate::parse(birth, DateOrder::YearMonthDay).expect("a date");
        AGES.get(usize::from(band(birth, on))).map_or("not yet born", |(_, words)| words)
    };
    let found =
        ["2026-04-01", "2026-03-31", "2025-04-01", "2025-03-31", "2021-04-01", "2021-03-31", "2008-03-31"]
            .map(words);
    assert_eq!(found, ["not yet born", "0", "0", "1 to 4", "1 to 4", "5 to 10", "18 to 25"]);
    assert_eq!((words("2000"), words("2000-05"), words("1999-01-01")), ("older", "18 to 25", "older"));
}

#[test]
fn what_one_record_of_an_entity_says_is_true_of_all() {
    let grouping = |groups: Vec<String>, of_persons| Grouping {
        by: "a",
        of_persons,
        groups,
        group_of: vec![1, 0, NO_GROUP, 1, 1],
    };
    let entities = Clusters::new(&[0, 0, 0, 0, NULL], 1);
    // a flag that is set once is set; of other things the commonest counts
    assert_eq!(grouping(yes_no(), true).of_entities(&entities), [0, 0, 0, 0, 1]);
    assert_eq!(grouping(provisions(), true).of_entities(&entities), [1, 1, 1, 1, 1]);
    assert_eq!(grouping(yes_no(), false).of_entities(&entities), [1, 0, NO_GROUP, 1, 1]);
}
