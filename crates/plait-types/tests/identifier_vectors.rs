//! Numbers judged by python-stdnum and by published formulas, written by `benches/identifier_vectors.py`, and how the
//! types judge them.

use plait_types::identifier::{NhsNumber, Uln, Upn};

#[track_caller]
fn check(vectors: &str, is_valid: fn(&str) -> bool) {
    let lines: Vec<(&str, &str)> =
        vectors.lines().skip(1).map(|line| line.split_once(',').expect("value,valid")).collect();
    assert_eq!(lines.len(), 10_000);
    for (value, valid) in lines {
        assert_eq!(is_valid(value), valid == "1", "{value}");
    }
}

#[test]
fn upns_are_valid_when_python_stdnum_says_so() {
    check(include_str!("vectors/upn.csv"), |value| {
        Upn::parse(value).is_some_and(|upn| upn.has_known_authority())
    });
}

#[test]
fn nhs_numbers_are_valid_when_python_stdnum_says_so() {
    check(include_str!("vectors/nhs_number.csv"), |value| NhsNumber::parse(value).is_some());
}

#[test]
fn ulns_are_valid_when_the_formula_of_the_learning_records_service_holds() {
    check(include_str!("vectors/uln.csv"), |value| Uln::parse(value).is_some());
}
