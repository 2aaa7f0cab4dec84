//! What holds of a whole borough.

use crate::mistake::plain_letters;
use crate::{People, Rates, TwoSources, family, names, place, two_sources};
use plait_types::identifier::{NhsNumber, Postcode, Upn};
use plait_types::{DateOrder, PartialDate, Table};
use std::collections::{BTreeMap, BTreeSet};

type SetRate = fn(&mut Rates, f64);

/// Nobody errs, nobody moves, nobody is missing from a source who could be in it.
fn faultless(children: usize, seed: u64) -> People {
    People {
        census_share: 1.0,
        social_care_share: 1.0,
        social_care_duplicates: 0.0,
        moved: 0.0,
        looked_after_moved: 0.0,
        unnamed: 0.0,
        clustered: false,
        school_census: Rates::NONE,
        social_care: Rates::NONE,
        ..People::of(children, seed)
    }
}

fn rows(table: &Table) -> impl Iterator<Item = Vec<Option<&str>>> {
    (0..table.n_rows).map(|row| table.columns.iter().map(|column| column.get(row)).collect())
}

fn values<'a>(table: &'a Table, column: &str) -> impl Iterator<Item = &'a str> {
    let column = table.column(column).expect("a column of the table");
    (0..table.n_rows).filter_map(|row| column.get(row))
}

/// Rows of the two sources that are of one child.
fn true_pairs(borough: &TwoSources) -> Vec<(usize, usize)> {
    let entity = borough.truth.column("entity").expect("a column of the truth");
    let pupils = borough.sources[0].n_rows;
    let census: BTreeMap<&str, usize> =
        (0..pupils).map(|row| (entity.get(row).expect("an entity per row"), row)).collect();
    (pupils..borough.truth.n_rows)
        .filter_map(|row| Some((*census.get(entity.get(row)?)?, row - pupils)))
        .collect()
}

/// Share of the true pairs whose values are not the same once case, accents and layout are taken away.
fn disagreement(borough: &TwoSources, census_column: &str, care_column: &str) -> f64 {
    let standard = |text: &str| {
        let date = PartialDate::parse(text, DateOrder::DayMonthYear).map(PartialDate::iso);
        date.unwrap_or_else(|| plain_letters(text).to_lowercase().chars().filter(|c| *c != ' ').collect())
    };
    let census = borough.sources[0].column(census_column).expect("a census column");
    let care = borough.sources[1].column(care_column).expect("a social care column");
    let pairs = true_pairs(borough);
    let unlike = |&&(pupil, child): &&(usize, usize)| {
        let (pupil, child) = (census.get(pupil).map(standard), care.get(child).map(standard));
        match (&pupil, &child) {
            // M and Male
            (Some(p), Some(c)) if census_column == "sex" => !c.starts_with(p),
            _ => pupil != child,
        }
    };
    pairs.iter().filter(unlike).count() as f64 / pairs.len() as f64
}

#[test]
fn every_record_has_one_row_of_truth_and_an_identifier_of_its_own() {
    let borough = two_sources(&People::of(3_000, 11));
    let ids: Vec<(&str, &str)> = borough
        .sources
        .iter()
        .flat_map(|source| values(source, &source.columns[0].name).map(|id| (source.name.as_str(), id)))
        .collect();
    let truth: Vec<(&str, &str)> =
        rows(&borough.truth).map(|row| (row[0].expect("a source"), row[1].expect("a record"))).collect();
    assert_eq!(ids, truth);
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        borough.sources.iter().map(|s| s.n_rows).sum::<usize>()
    );
}

#[test]
fn the_same_seed_gives_the_same_borough_and_another_seed_another() {
    let all = |seed| {
        let borough = two_sources(&People::of(800, seed));
        borough
            .sources
            .iter()
            .chain([&borough.truth])
            .map(|t| format!("{:?}", rows(t).collect::<Vec<_>>()))
            .collect()
    };
    let first: Vec<String> = all(4);
    assert_eq!(first, all(4));
    assert!(first.iter().zip(all(5)).all(|(a, b)| *a != b));
}

#[test]
fn the_bytes_of_a_seed_do_not_change() {
    // FNV-1a over every cell; a new figure here means that everybody's saved boroughs change
    let borough = two_sources(&People::of(2_000, 1));
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for row in borough.sources.iter().chain([&borough.truth]).flat_map(rows) {
        for byte in row.into_iter().flat_map(|cell| cell.unwrap_or("\0").bytes().chain([b'\n'])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    assert_eq!(format!("{hash:016x}"), "8be4cee5a4552d1a");
}

#[test]
fn identifiers_are_valid_and_can_belong_to_nobody() {
    let borough = two_sources(&faultless(3_000, 2));
    let [census, care] = &borough.sources[..] else { panic!("two sources") };
    assert_eq!(values(census, "upn").count(), census.n_rows);
    for upn in values(census, "upn").chain(values(care, "upn")) {
        let upn = Upn::parse(upn).expect("a valid UPN");
        assert!(!upn.has_known_authority() && &upn.expose()[1..4] == "999");
    }
    for number in values(care, "nhs_number") {
        assert!(NhsNumber::parse(number).expect("a valid NHS number").expose().starts_with("999"));
    }
    for postcode in values(census, "postcode").chain(values(care, "postcode")) {
        let postcode = Postcode::parse(postcode).expect("a valid postcode");
        assert!(place::AREAS.contains(&postcode.area()) && !postcode.is_pseudo());
    }
    let numbers: BTreeSet<&str> = values(census, "upn").collect();
    assert_eq!(numbers.len(), census.n_rows, "a UPN was given twice");
}

#[test]
fn with_mistakes_nearly_all_identifiers_are_valid_and_still_nobodys() {
    let borough = two_sources(&People::of(20_000, 3));
    for (source, column) in [(0, "upn"), (1, "upn"), (1, "nhs_number")] {
        let all: Vec<&str> =
            values(&borough.sources[source], column).filter(|value| !value.starts_with("UN")).collect();
        let valid = |value: &&&str| Upn::parse(value).is_some() || NhsNumber::parse(value).is_some();
        let share = all.iter().filter(valid).count() as f64 / all.len() as f64;
        assert!(share > 0.985, "{column} {share}");
    }
    assert!(values(&borough.sources[1], "nhs_number").all(|number| number.starts_with("999")));
    assert!(values(&borough.sources[0], "upn").all(|upn| &upn[1..4] == "999"));
}

#[test]
fn without_mistakes_true_pairs_agree_on_everything() {
    let borough = two_sources(&faultless(4_000, 6));
    for (census, care) in [
        ("forename", "forename"),
        ("surname", "surname"),
        ("date_of_birth", "dob"),
        ("sex", "gender"),
        ("postcode", "postcode"),
        ("upn", "upn"),
    ] {
        assert!(disagreement(&borough, census, care).abs() < 1e-9, "{census}");
    }
}

#[test]
fn each_rate_is_the_share_of_records_with_that_mistake() {
    let rate = 0.08;
    // one mistake per field at a time, so that fields of one borough do not disturb each other
    let rounds: [&[(&str, &str, SetRate)]; 4] = [
        &[
            ("forename", "forename", |r, rate| r.forename_typo = rate),
            ("surname", "surname", |r, rate| r.surname_typo = rate),
            ("date_of_birth", "dob", |r, rate| r.dob_wrong = rate),
            ("sex", "gender", |r, rate| r.sex_wrong = rate),
            ("postcode", "postcode", |r, rate| r.postcode_typo = rate),
            ("upn", "upn", |r, rate| r.upn_wrong = rate),
        ],
        &[
            ("forename", "forename", |r, rate| r.forename_respelt = rate),
            ("surname", "surname", |r, rate| r.surname_respelt = rate),
            ("date_of_birth", "dob", |r, rate| r.dob_placeholder = rate),
            ("sex", "gender", |r, rate| r.sex_missing = rate),
            ("postcode", "postcode", |r, rate| r.postcode_placeholder = rate),
        ],
        &[
            ("forename", "forename", |r, rate| r.initial = rate),
            ("surname", "surname", |r, rate| r.surname_missing = rate),
            ("date_of_birth", "dob", |r, rate| r.dob_missing = rate),
            ("postcode", "postcode", |r, rate| r.postcode_missing = rate),
        ],
        &[
            ("forename", "forename", |r, rate| r.forename_missing = rate),
            ("surname", "surname", |r, rate| r.other_surname = rate),
        ],
    ];
    for (round, cases) in rounds.into_iter().enumerate() {
        for clustered in [false, true] {
            let mut config = People { clustered, ..faultless(12_000, 9) };
            for (_, _, set) in cases {
                set(&mut config.social_care, rate);
            }
            let borough = two_sources(&config);
            for (census, care, _) in cases {
                let measured = disagreement(&borough, census, care);
                // four standard errors of a share of 8,000 pairs, twice that where mistakes come in clusters
                let tolerance = if clustered { 0.025 } else { 0.0125 };
                assert!(
                    (measured - rate).abs() < tolerance,
                    "round {round}, {census}, clustered {clustered}: {measured}"
                );
            }
        }
    }
}

#[test]
fn clustered_mistakes_strike_siblings_together() {
    let both_missing = |clustered| {
        let mut config = People { clustered, multiple_births: 0.0, ..faultless(40_000, 9) };
        config.school_census.dob_missing = 0.05;
        let borough = two_sources(&config);
        let census = borough.sources[0].column("date_of_birth").expect("a census column");
        let family = borough.truth.column("family").expect("a column of the truth");
        let mut families: BTreeMap<Option<&str>, Vec<bool>> = BTreeMap::new();
        for row in 0..borough.sources[0].n_rows {
            families.entry(family.get(row)).or_default().push(census.get(row).is_none());
        }
        let pairs: Vec<&Vec<bool>> = families.values().filter(|missing| missing.len() == 2).collect();
        pairs.iter().filter(|missing| missing[0] && missing[1]).count() as f64 / pairs.len() as f64
    };
    let (even, clustered) = (both_missing(false), both_missing(true));
    assert!((even - 0.0025).abs() < 0.0015, "{even}");
    assert!(clustered > 0.0045, "{clustered} against {even}");
}

#[test]
fn twins_share_birthday_and_surname_and_differ_in_forename() {
    let config = faultless(12_000, 8);
    let names = names::Names::new(config.seed);
    let place = place::Place::new(config.children, config.seed);
    let children = family::children(&config, &names, &place);
    let twins: Vec<_> = children
        .windows(2)
        .filter(|pair| pair[0].family == pair[1].family && pair[0].born == pair[1].born)
        .collect();
    assert!(twins.len() > 120, "{}", twins.len());
    for pair in twins {
        assert!(
            pair[0].born_together > 1 && pair[0].forename != pair[1].forename && pair[0].home == pair[1].home
        );
        assert!(pair[0].sex != pair[1].sex || pair[0].surname == pair[1].surname);
    }
    let alone =
        children.iter().filter(|child| child.born_together == 1).count() as f64 / children.len() as f64;
    assert!((0.955..0.985).contains(&alone), "{alone}");
}

#[test]
fn shares_of_the_sources_are_those_of_the_settings() {
    let config = People::of(40_000, 12);
    let names = names::Names::new(config.seed);
    let place = place::Place::new(config.children, config.seed);
    let children = family::children(&config, &names, &place);
    assert_eq!(children.len(), 40_000);
    let share = |of: &dyn Fn(&family::Child) -> bool, among: &dyn Fn(&family::Child) -> bool| {
        let all: Vec<_> = children.iter().filter(|child| among(child)).collect();
        all.iter().filter(|child| of(child)).count() as f64 / all.len() as f64
    };
    let of_school_age = |child: &family::Child| (4..=16).contains(&child.age) && !child.unaccompanied;
    let census = share(&|child| child.in_census, &of_school_age);
    assert!((census - config.census_share).abs() < 0.01, "census {census}");
    let care = share(&|child| child.in_social_care, &|child| !child.unaccompanied);
    assert!((care - config.social_care_share).abs() < 0.01, "social care {care}");
    let looked_after = share(&|child| child.looked_after, &|child| !child.unaccompanied);
    assert!((looked_after - config.looked_after).abs() < 0.002, "looked after {looked_after}");
    let alone = share(&|child| child.unaccompanied, &|_| true);
    assert!((alone - config.unaccompanied).abs() < 1e-9, "unaccompanied {alone}");
    for age in 0..=18 {
        let age_share = share(&|child| child.age == age, &|_| true);
        assert!((age_share - 1.0 / 19.0).abs() < 0.008, "age {age}: {age_share}");
    }
}

#[test]
fn moves_and_duplicates_are_as_frequent_as_asked() {
    let config = People {
        moved: 0.2,
        social_care_duplicates: 0.05,
        looked_after: 0.0,
        unaccompanied: 0.0,
        ..faultless(12_000, 7)
    };
    let borough = two_sources(&config);
    let children: BTreeSet<&str> = values(&borough.truth, "entity").skip(borough.sources[0].n_rows).collect();
    let care = borough.sources[1].n_rows;
    let doubles = (care - children.len()) as f64 / children.len() as f64;
    assert!((doubles - 0.05).abs() < 0.01, "{doubles}");
    let moved = disagreement(&borough, "postcode", "postcode");
    assert!((moved - 0.2).abs() < 0.025, "{moved}");
}

#[test]
fn most_looked_after_children_live_elsewhere() {
    let config = People { looked_after: 0.1, unaccompanied: 0.0, ..People::of(20_000, 7) };
    let names = names::Names::new(config.seed);
    let place = place::Place::new(config.children, config.seed);
    let children = family::children(&config, &names, &place);
    let looked_after: Vec<_> = children.iter().filter(|child| child.looked_after).collect();
    let elsewhere = looked_after.iter().filter(|child| child.other_home.is_some()).count();
    let share = elsewhere as f64 / looked_after.len() as f64;
    assert!((share - config.looked_after_moved).abs() < 0.05, "{share}");
}

#[test]
fn hardly_any_child_and_no_child_at_all_make_a_borough_too() {
    for children in [0, 1, 2, 25] {
        let borough = two_sources(&People::of(children, 1));
        assert!(borough.sources[0].n_rows <= children);
        assert_eq!(borough.truth.n_rows, borough.sources.iter().map(|source| source.n_rows).sum::<usize>());
    }
}

#[test]
fn every_naming_community_is_met_and_surnames_are_many() {
    let borough = two_sources(&People::of(20_000, 5));
    let communities: BTreeSet<&str> = values(&borough.truth, "naming_community").collect();
    assert_eq!(communities.len(), 10);
    let surnames: BTreeSet<String> = values(&borough.sources[0], "surname").map(str::to_lowercase).collect();
    assert!(surnames.len() > 2_000, "{}", surnames.len());
}
