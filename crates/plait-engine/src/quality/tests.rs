use super::expected::*;
use super::interval::events_between;
use crate::blocking::Blocks;
use crate::clustering::{LOOK_AT_ALL, cluster};
use crate::comparison::Comparer;
use crate::constraints::Constraints;
use crate::fixture::{
    DATE, Dice, FORENAME, SURNAME, all_pairs, any_records, comparison, fixed, model, records, value,
};
use crate::model::{BlockingKey, BlockingRule, Clustering, Condition, LinkType, Model, Part};
use crate::progress::Silent;
use crate::records::Records;
use crate::scoring::{Scorer, score};
use crate::training::two_classes;
use plait_types::Role;
use proptest::prelude::*;

/// A number of events of mean `mean`, one after the other until the time is up (Knuth 1969).
fn poisson(mean: f64, dice: &mut Dice) -> f64 {
    let (mut time, mut events) = (0.0, -1.0);
    while time < mean {
        time -= (1.0 - dice.share()).max(1e-300).ln();
        events += 1.0;
    }
    events
}

fn normal(dice: &mut Dice) -> f64 {
    (0..12).map(|_| dice.share()).sum::<f64>() - 6.0
}

#[test]
fn an_interval_holds_what_happens_in_19_cases_of_20() {
    let mut dice = Dice::new(1);
    for spread in [0.3, 0.5, 0.7] {
        for expected in [0.0, 0.4, 2.0, 10.0, 60.0, 400.0] {
            let (low, high) = events_between(expected, spread);
            assert!(0.0 <= low && low <= expected && expected <= high);
            let cases = 2000;
            let held = (0..cases).filter(|_| {
                let happened = poisson((expected + 0.5) * (spread * normal(&mut dice)).exp(), &mut dice);
                (low..=high).contains(&happened)
            });
            let share = held.count() as f64 / f64::from(cases);
            assert!(share > 0.92, "{share} of {expected} events expected, spread {spread}");
        }
    }
    let width = |expected| {
        let (low, high) = events_between(expected, 0.5);
        (high - low) / expected
    };
    assert!(
        width(1000.0) < width(10.0) && width(1000.0) > 1.0,
        "more events, surer, up to the model's error"
    );
}

/// Three comparisons with levels that differ in worth, candidates where either name's first letter agrees.
fn a_model(link_type: LinkType, clustering: Clustering) -> Model {
    let first = |field: &str| BlockingKey::same(field, Part::First(1));
    let fields = [FORENAME, SURNAME, DATE];
    let comparisons = fields.map(|field| comparison(field, [Condition::exact()])).to_vec();
    let (m, u) = (vec![vec![0.9, 0.1]; 3], vec![vec![0.05, 0.95]; 3]);
    Model {
        blocking: [FORENAME, SURNAME].map(|field| BlockingRule { keys: vec![first(field)] }).to_vec(),
        clustering,
        classes: two_classes(0.02, m, u),
        ..model(link_type, comparisons)
    }
}

fn odds(bits: f64) -> f64 {
    1.0 / (1.0 + 2f64.powf(-bits))
}

/// The bits of a pair by the model's definition.
fn bits(records: &Records, left: u32, right: u32) -> f64 {
    let mut bits = (0.02f64 / 0.98).log2();
    for field in [FORENAME, SURNAME, DATE] {
        bits += match (value(records, field, left), value(records, field, right)) {
            (Some(left), Some(right)) if left == right => (0.9f64 / 0.05).log2(),
            (Some(_), Some(_)) => (0.1f64 / 0.95).log2(),
            _ => 0.0,
        };
    }
    bits
}

proptest! {
    #![proptest_config(fixed(200))]

    #[test]
    fn errors_are_expected_as_their_definition_says(
        records in any_records(),
        is_link_only in any::<bool>(),
        is_correlation in any::<bool>(),
    ) {
        let link_type = if is_link_only { LinkType::LinkOnly } else { LinkType::LinkAndDedupe };
        let clustering = if is_correlation { Clustering::Correlation } else { Clustering::ConnectedComponents };
        let model = a_model(link_type, clustering);
        let blocks = Blocks::for_model(&records, &model).unwrap();
        let comparer = Comparer::beside(&records, &model, &blocks).unwrap();
        let scorer = Scorer::new(&comparer, &model).unwrap();
        let pairs = score(&scorer, &blocks, -3.0, &Silent).unwrap();
        let weigher = || -> Box<dyn FnMut(u32, u32) -> Option<f64>> {
            let (mut scratch, blocks, scorer) = (comparer.scratch(), &blocks, &scorer);
            Box::new(move |l, r| blocks.is_candidate(l, r).then(|| scorer.weigh(l, r, &mut scratch).0))
        };
        let constraints = Constraints::default();
        let clustered = cluster(&records, &pairs, 0.0, clustering, &constraints, &weigher);
        let said = by_probability(&Decided {
            records: &records, comparer: &comparer, blocks: &blocks, scorer: &scorer, pairs: &pairs,
            clustered: &clustered, constraints: &constraints, link_type, seed: 1,
        });

        let person = |record: u32| clustered.persons.person_of[record as usize];
        let all = all_pairs(&records, link_type);
        let together = all.iter().filter(|&&(l, r)| person(l) == person(r)).count() as f64;
        prop_assert_eq!(said.is_some(), together > 0.0);
        let Some(said) = said else { return Ok(()) };
        let precision = said.precision.unwrap();
        prop_assert!(0.0 <= precision.low && precision.low <= precision.estimate);
        prop_assert!(precision.estimate <= precision.high && precision.high <= 1.0);
        // persons of two records of which the pair is compared: the pair alone says how sure it is
        let two_each = (0..clustered.persons.n_persons).all(|p| {
            (0..records.len() as u32).filter(|&record| person(record) == p).count() <= 2
        });
        if two_each {
            let wrong: f64 = all
                .iter()
                .filter(|&&(l, r)| person(l) == person(r))
                .map(|&(l, r)| 1.0 - odds(bits(&records, l, r) + 0.72))
                .sum();
            prop_assert!((precision.estimate - (1.0 - wrong / together)).abs() < 1e-9);
        }
    }
}

#[test]
fn of_a_person_too_large_to_take_apart_nothing_is_said() {
    for n in [LOOK_AT_ALL, LOOK_AT_ALL + 1] {
        let of_one_name = |name: &str| vec![Some(name.to_owned()); n];
        let fields =
            [(FORENAME, Role::Forename, of_one_name("ann")), (SURNAME, Role::Surname, of_one_name("lee"))];
        let records = records(&[n], &fields);
        let model = a_model(LinkType::DedupeOnly, Clustering::ConnectedComponents);
        let model = Model {
            comparisons: model.comparisons[..2].to_vec(),
            classes: two_classes(0.02, vec![vec![0.9, 0.1]; 2], vec![vec![0.05, 0.95]; 2]),
            ..model
        };
        let blocks = Blocks::for_model(&records, &model).unwrap();
        let comparer = Comparer::beside(&records, &model, &blocks).unwrap();
        let scorer = Scorer::new(&comparer, &model).unwrap();
        let pairs = score(&scorer, &blocks, -3.0, &Silent).unwrap();
        let weigher = || -> Box<dyn FnMut(u32, u32) -> Option<f64>> { Box::new(|_, _| None) };
        let constraints = Constraints::default();
        let clustered = cluster(&records, &pairs, 0.0, model.clustering, &constraints, &weigher);
        assert_eq!(clustered.persons.n_persons, 1);
        let said = by_probability(&Decided {
            records: &records,
            comparer: &comparer,
            blocks: &blocks,
            scorer: &scorer,
            pairs: &pairs,
            clustered: &clustered,
            constraints: &constraints,
            link_type: model.link_type,
            seed: 1,
        });
        assert_eq!(said.is_some(), n == LOOK_AT_ALL);
    }
}
