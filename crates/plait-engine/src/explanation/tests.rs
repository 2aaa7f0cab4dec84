use super::*;
use crate::automatic::starting_model;
use crate::blocking::Blocks;
use crate::model::{BlockingKey, BlockingRule, LinkType, Part};
use crate::progress::Silent;
use crate::training::tests::borough;
use crate::training::{TrainingOptions, train};

#[test]
fn the_terms_of_an_explanation_sum_to_the_weight() {
    let borough = borough(500, 3, 21);
    let mut model = starting_model(&borough.records, LinkType::LinkOnly);
    let comparer = Comparer::new(&borough.records, &model).unwrap();
    let rule = |field: &str| BlockingRule { keys: vec![BlockingKey::same(field, Part::Whole)] };
    let blocks = Blocks::new(&borough.records, &[rule("date_of_birth"), rule("surname")], LinkType::LinkOnly);
    let options = TrainingOptions { random_pairs: 20_000, ..TrainingOptions::default() };
    train(&comparer, &blocks, &mut model, &[], &options, &Silent).unwrap();
    assert!(model.classes.len() > 2, "related people are a class");
    let scorer = Scorer::new(&comparer, &model).unwrap();
    for (left, right) in [(0, 500), (1, 501), (0, 501), (3, 700), (499, 999)] {
        let name = |record| ("s".to_owned(), record_name(record));
        let explained = explain(&comparer, &scorer, &model, (left, right), name);
        let weight = scorer.weigh(left, right, &mut comparer.scratch()).0;
        assert_eq!(explained.weight, weight);
        let sum: f64 = explained.terms.iter().map(|term| term.weight).sum();
        assert!((sum - weight).abs() < 1e-9, "{sum} is not {weight}");
        assert!((explained.probability - 1.0 / (1.0 + (-weight).exp2())).abs() < 1e-12);
        assert_eq!(explained.terms[0].kind, TermKind::Prior);
        for index in 0..model.comparisons.len() {
            let of_it = explained.terms.iter().filter(|term| term.kind == TermKind::Comparison(index));
            assert_eq!(of_it.count(), 1);
        }
        assert_eq!((explained.left.1, explained.right.1), (record_name(left), record_name(right)));
    }
}

fn record_name(record: u32) -> String {
    format!("r{record}")
}

#[test]
fn how_common_a_value_is_is_said_with_what_it_is_compared_with() {
    use crate::fixture::{FORENAME, comparison, model, records};
    use crate::model::{Condition, TermFrequency};
    use plait_types::Role;
    let forenames = ["ann", "ann", "bea", "cal"].map(|name| Some(name.to_owned())).to_vec();
    let records = records(&[4], &[(FORENAME, Role::Forename, forenames)]);
    let mut model = model(LinkType::DedupeOnly, vec![comparison(FORENAME, [Condition::exact()])]);
    model.comparisons[0].levels[0].term_frequency =
        Some(TermFrequency { field: None, strength: 0.5, floor: 0.0 });
    model.classes = crate::training::two_classes(0.029, vec![vec![0.9, 0.1]], vec![vec![0.1, 0.9]]);
    let comparer = Comparer::new(&records, &model).unwrap();
    let scorer = Scorer::new(&comparer, &model).unwrap();
    let explained = explain(&comparer, &scorer, &model, (0, 1), |record| ("s".into(), record_name(record)));
    // 1 in 34.48: rounded and not cut off, as everywhere
    assert_eq!(explained.terms[0].outcome, "1 pair in 34 is of one person");
    let term = &explained.terms[2];
    assert_eq!(term.title, "How common the forename is");
    assert_eq!(
        term.outcome,
        "1 record in 2 has this one, and of different people 1 pair in 10 has the same by chance, counted half"
    );
    assert!((term.weight - 0.5 * (0.1f64 / 0.5).log2()).abs() < 1e-12);
}

#[test]
fn the_starting_point_is_rounded_as_the_prose_of_the_model_rounds_it() {
    let mut model = crate::fixture::model(LinkType::DedupeOnly, Vec::new());
    model.classes = crate::training::two_classes(1.0 / 34.6, Vec::new(), Vec::new());
    assert_eq!(matches_among_pairs(&model), "1 pair in 35 is of one person");
    let prose = crate::model::prose(&model, Some(model.link_type));
    assert!(prose.contains("1 in 35 is of one person"), "{prose}");
}

#[test]
fn a_missing_value_is_told_by_its_side_and_weighs_nothing() {
    use crate::fixture::{FORENAME, SURNAME, comparison, model, records};
    use crate::model::Condition;
    use plait_types::Role;
    let row = |values: [Option<&str>; 3]| values.map(|v| v.map(str::to_owned)).to_vec();
    let records = records(
        &[3],
        &[
            (FORENAME, Role::Forename, row([Some("ann"), None, None])),
            (SURNAME, Role::Surname, row([Some("lee"), Some("lee"), Some("ray")])),
        ],
    );
    let compared = [FORENAME, SURNAME].map(|field| comparison(field, [Condition::exact()]));
    let mut model = model(LinkType::DedupeOnly, compared.to_vec());
    let (m, u) = (vec![vec![0.9, 0.1]; 2], vec![vec![0.1, 0.9]; 2]);
    model.classes = crate::training::two_classes(0.25, m, u);
    let comparer = Comparer::new(&records, &model).unwrap();
    let scorer = Scorer::new(&comparer, &model).unwrap();
    let told = |left, right| {
        let explained =
            explain(&comparer, &scorer, &model, (left, right), |record| ("s".into(), record_name(record)));
        let outcomes: Vec<(String, f64)> = explained
            .terms
            .into_iter()
            .map(|term| (term.outcome, (term.weight * 100.0).round() / 100.0))
            .collect();
        outcomes
    };
    let is = |found: Vec<(String, f64)>, expected: [(&str, f64); 3]| {
        assert_eq!(found, expected.map(|(outcome, weight)| (outcome.to_owned(), weight)));
    };
    let start = ("1 pair in 4 is of one person", -1.58);
    is(told(0, 1), [start, ("not recorded on the right", 0.0), ("same", 3.17)]);
    is(told(1, 2), [start, ("not recorded on either side", 0.0), ("different", -3.17)]);
}
