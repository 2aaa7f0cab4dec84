use super::*;
use crate::fixture::{fixed, records};
use proptest::prelude::*;

/// Two sources of `n` records, of one birth a day, one postcode in twenty in another district; every record of the second
/// is of one person with the record of the first in its place, but for those in `apart`.
fn two_sources(n: usize, apart: &[usize]) -> (Records, Persons) {
    let birth =
        |at: usize| Some(format!("20{:02}-{:02}-{:02}", 10 + at / 336, 1 + at / 28 % 12, 1 + at % 28));
    let births: Vec<Option<String>> = (0..n).chain(0..n).map(birth).collect();
    let homes: Vec<Option<String>> = (0..2 * n).map(|_| Some("PX1 1AA".to_owned())).collect();
    let records = records(
        &[n, n],
        &[("date_of_birth", Role::DateOfBirth, births), ("postcode", Role::Postcode, homes)],
    );
    let mut person_of: Vec<u32> = (0..n as u32).collect();
    let mut n_persons = n as u32;
    for at in 0..n {
        if apart.contains(&at) {
            person_of.push(n_persons);
            n_persons += 1;
        } else {
            person_of.push(at as u32);
        }
    }
    (records, Persons { person_of, n_persons })
}

fn expected(records: &Records, persons: &Persons, days: &[Option<i32>]) -> Expected {
    Expected::of(records, persons, &vec![0; records.len()], 1, days).unwrap()
}

#[test]
fn a_partner_is_expected_of_who_is_like_those_that_have_one() {
    let (records, persons) = two_sources(400, &[7, 200]);
    let expected = expected(&records, &persons, &[None, None]);
    assert!(expected.is_usual(0, 1) && expected.is_usual(1, 0));
    assert_eq!(
        (expected.expects(200, 1), expected.has_partner(200, 1), expected.count(200)),
        (true, false, (0, 1))
    );
    assert_eq!(
        (expected.expects(100, 1), expected.has_partner(100, 1), expected.count(100)),
        (true, true, (1, 1))
    );
}

#[test]
fn none_is_expected_of_who_lies_outside_what_the_other_source_covers() {
    // of 400 births in a row, one in a hundred at either end is outside
    let (records, persons) = two_sources(400, &[]);
    let facts = Facts::of(&records);
    let coverage = facts.coverage(&records, 1, Some(facts.birth[300]));
    assert_eq!(facts.outside(2, &coverage, false), Some(Outside::Age));
    assert_eq!(facts.outside(300, &coverage, false), None);
    assert_eq!(facts.outside(301, &coverage, false), Some(Outside::Period));
    let all = expected(&records, &persons, &[None, facts.birth[300].into()]);
    assert_eq!((all.expects(301, 1), all.expects(301 + 400, 0)), (false, true));
}

#[test]
fn who_is_not_found_is_explained_or_not() {
    let (records, persons) = two_sources(400, &[2, 200]);
    let expected = expected(&records, &persons, &[None, None]);
    let found: Vec<(u32, Option<Outside>)> =
        expected.not_found(&records, 0, 1).into_iter().map(|found| (found.record, found.explained)).collect();
    assert_eq!(found, [(2, Some(Outside::Age)), (200, None)]);
    assert_eq!(expected.not_found(&records, 0, 0), []);
}

#[test]
fn of_an_age_band_that_is_usually_not_there_nobody_is_expected() {
    // the first hundred of four hundred are another band, of which nobody is in the other source
    let (records, persons) = two_sources(400, &(0..100).collect::<Vec<_>>());
    let bands: Vec<u16> = (0..800).map(|record| u16::from(record % 400 < 100)).collect();
    let expected = Expected::of(&records, &persons, &bands, 2, &[None, None]).unwrap();
    let found = expected.not_found(&records, 0, 1);
    assert_eq!(found.len(), 100);
    assert_eq!(found[50].explained, Some(Outside::FewLikeIt));
    assert!(found.iter().all(|found| found.explained.is_some()));
}

#[test]
fn few_records_and_one_source_say_nothing() {
    let (records, persons) = two_sources(ENOUGH as usize - 1, &[]);
    assert!(!expected(&records, &persons, &[None, None]).is_usual(0, 1));
    let (one, persons) = (self::records(&[3], &[]), Persons { person_of: vec![0, 1, 2], n_persons: 3 });
    assert!(Expected::of(&one, &persons, &[0; 3], 1, &[None]).is_none());
}

#[test]
fn an_area_is_covered_by_the_districts_that_hold_most() {
    // 98 of 100 in one district
    let codes: Vec<u32> = (0..100).map(|n| if n < 98 { 1 } else { n - 98 + 2 }).collect();
    assert_eq!(covered(&codes, 4, COVERED), Some(vec![false, true, false, false]));
    assert_eq!(covered(&codes, 4, 1.0), Some(vec![false, true, true, true]));
    assert_eq!(covered(&[NULL, NULL], 4, COVERED), None);
}

#[test]
fn the_district_of_a_postcode_is_what_stands_before_its_last_three_characters() {
    let homes = ["PX1 1AA", "PX11AB", "px2 1AA", "12345678", "PX1 9ZZ"].map(|home| Some(home.to_owned()));
    let records = records(&[5], &[("postcode", Role::Postcode, homes.to_vec())]);
    let (district, n) = districts(&records.fields[0]);
    assert_eq!((district, n), (vec![0, 0, 1, NULL, 0], 2));
}

proptest! {
    #![proptest_config(fixed(100))]

    #[test]
    fn partners_are_those_of_looking_at_every_other_record(person_of in prop::collection::vec(0u32..4, 6)) {
        let records = records(&[2, 3, 1], &[]);
        let persons = Persons { person_of: person_of.clone(), n_persons: 4 };
        for (record, mask) in partners(&records, &persons).into_iter().enumerate() {
            for source in 0..3 {
                let range = records.sources[source].start as usize..records.sources[source].end as usize;
                let is_there = range.into_iter().any(|other| other != record && person_of[other] == person_of[record]);
                prop_assert_eq!(mask >> source & 1 == 1, is_there, "record {} source {}", record, source);
            }
        }
    }
}
