use super::*;
use crate::automatic::{RuleOptions, choose_rules, starting_model};
use crate::fixture::{Dice, comparison, model, records};
use crate::model::{BlockingKey, BlockingRule, Condition, Part};
use crate::progress::Silent;
use crate::records::Records;
use crate::scoring::{Scorer, score, score_compared};
use plait_types::Role;

/// Children in two sources, the same ones in the same order.
pub(crate) struct Borough {
    pub(crate) records: Records,
    pub(crate) n: u32,
}

const FIELDS: [(&str, Role); 5] = [
    ("forename", Role::Forename),
    ("surname", Role::Surname),
    ("date_of_birth", Role::DateOfBirth),
    ("postcode", Role::Postcode),
    ("sex", Role::Sex),
];
/// How often the second source has a value drawn anew, per field.
const ERRORS: [f64; 5] = [0.10, 0.06, 0.03, 0.15, 0.02];

/// Every `one_in`-th child has the next one as a sibling: one surname, one postcode. 0: nobody has.
pub(crate) fn borough(n: u32, one_in: u32, seed: u64) -> Borough {
    let mut dice = Dice::new(seed);
    let syllables = ["an", "be", "cor", "da", "el", "fin", "gra", "ho", "is", "jo"];
    // squares make the first names of the list the common ones
    let skewed = |dice: &mut Dice, n: usize| ((dice.share().powi(2) * n as f64) as usize).min(n - 1);
    let word = |mut index: usize, length: usize| {
        let mut word = String::new();
        for _ in 0..length {
            word.push_str(syllables[index % 10]);
            index /= 10;
        }
        word
    };
    let draw = |dice: &mut Dice, field: usize| match field {
        0 => word(skewed(dice, 400), 3),
        1 => word(skewed(dice, 900) + 1000, 4),
        2 => format!("{}-{:02}-{:02}", 2005 + dice.below(14), 1 + dice.below(12), 1 + dice.below(28)),
        3 => format!(
            "NW{} {}A{}",
            1 + dice.below(20),
            dice.below(10),
            ['B', 'D', 'E', 'F', 'G', 'H', 'J', 'L'][dice.below(8)]
        ),
        _ => ["m", "f"][dice.below(2)].to_owned(),
    };
    let mut people: Vec<Vec<String>> = Vec::new();
    for person in 0..n {
        let mut values: Vec<String> = (0..5).map(|field| draw(&mut dice, field)).collect();
        if one_in > 0 && person % one_in == 1 % one_in {
            let sibling = &people[person as usize - 1];
            values[1].clone_from(&sibling[1]);
            values[3].clone_from(&sibling[3]);
        }
        people.push(values);
    }
    let columns: Vec<_> = FIELDS
        .iter()
        .enumerate()
        .map(|(field, (name, role))| {
            let mut second = |person: &Vec<String>| {
                if dice.share() < ERRORS[field] { draw(&mut dice, field) } else { person[field].clone() }
            };
            let others: Vec<String> = people.iter().map(&mut second).collect();
            let all = people.iter().map(|person| person[field].clone()).chain(others);
            (*name, *role, all.map(Some).collect())
        })
        .collect();
    Borough { records: records(&[n as usize, n as usize], &columns), n }
}

fn rule(fields: &[&str]) -> BlockingRule {
    BlockingRule { keys: fields.iter().map(|field| BlockingKey::same(*field, Part::Whole)).collect() }
}

/// Nearly every match is found by one of these, whatever it disagrees on, so that blocking does not bend m.
fn wide_rules() -> Vec<BlockingRule> {
    vec![rule(&["date_of_birth"]), rule(&["postcode"]), rule(&["forename", "surname"])]
}

fn agreement_model() -> Model {
    model(LinkType::LinkOnly, FIELDS.iter().map(|(name, _)| comparison(name, [Condition::exact()])).collect())
}

/// Shares of agreement among the pairs of one person, and among all pairs of two.
fn truth(borough: &Borough, field: usize) -> (f64, f64) {
    let field = &borough.records.fields[field];
    let n = borough.n as usize;
    let (first, second) = field.codes.split_at(n);
    let agree = first.iter().zip(second).filter(|(a, b)| a == b).count() as f64;
    let count = |side: &[u32], code: u32| side.iter().filter(|c| **c == code).count() as f64;
    let equal: f64 =
        (0..field.values.len() as u32).map(|code| count(first, code) * count(second, code)).sum();
    (agree / n as f64, (equal - agree) / (n * n - n) as f64)
}

#[test]
fn known_error_rates_are_learned_from_records_that_have_them() {
    let borough = borough(9_000, 0, 11);
    let mut model = agreement_model();
    let comparer = Comparer::new(&borough.records, &model).unwrap();
    let blocks = Blocks::new(&borough.records, &wide_rules(), LinkType::LinkOnly);
    let options = TrainingOptions { random_pairs: 50_000, ..TrainingOptions::default() };
    let training = train(&comparer, &blocks, &mut model, &[], &options, &Silent).unwrap();
    assert!(training.converged && training.warnings.is_empty(), "{:?}", training.warnings);
    let prior = 1.0 / f64::from(borough.n);
    assert!((model.classes[0].share / prior - 1.0).abs() < 0.02, "{} is not {prior}", model.classes[0].share);
    for (field, error) in ERRORS.into_iter().enumerate() {
        let (m, u) = (model.classes[0].probabilities[field][0], model.classes[1].probabilities[field][0]);
        let (_, by_chance) = truth(&borough, field);
        let expected = 1.0 - error + error * by_chance;
        assert!((m - expected).abs() < 0.01, "m of {}: {m} is not {expected}", FIELDS[field].0);
        assert!((u - by_chance).abs() < 0.01, "u of {}: {u} is not {by_chance}", FIELDS[field].0);
        assert!((u / by_chance - 1.0).abs() < 0.05, "u of {}: {u} is not {by_chance}", FIELDS[field].0);
    }
}

#[test]
fn matches_are_learned_among_brothers_and_sisters() {
    let borough = borough(8_000, 2, 12);
    let mut model = agreement_model();
    let comparer = Comparer::new(&borough.records, &model).unwrap();
    let blocks = Blocks::new(&borough.records, &wide_rules(), LinkType::LinkOnly);
    let options = TrainingOptions { random_pairs: 50_000, ..TrainingOptions::default() };
    train(&comparer, &blocks, &mut model, &[], &options, &Silent).unwrap();
    let prior = 1.0 / f64::from(borough.n);
    assert!((model.classes[0].share / prior - 1.0).abs() < 0.02, "{} is not {prior}", model.classes[0].share);
    for (field, (name, ..)) in FIELDS.iter().enumerate() {
        let (m, (expected, _)) = (model.classes[0].probabilities[field][0], truth(&borough, field));
        assert!((m - expected).abs() < 0.01, "m of {name}: {m} is not {expected}");
    }
    assert!(model.classes[2].name.contains("forename"));
    let at_home = &model.classes[2].probabilities;
    assert!(at_home[1][0] > 0.5 && at_home[3][0] > 0.5, "siblings share surname and postcode: {at_home:?}");
}

#[test]
fn threads_do_not_show_in_the_result() {
    let borough = borough(900, 4, 13);
    let everything = || {
        let mut model = starting_model(&borough.records, LinkType::LinkAndDedupe);
        let options = RuleOptions { sample: 1_200, ..RuleOptions::default() };
        let chosen = choose_rules(&borough.records, &model, &options, &Silent).unwrap();
        let rules: Vec<BlockingRule> = chosen.rules.iter().map(|rule| rule.rule.clone()).collect();
        let comparer = Comparer::new(&borough.records, &model).unwrap();
        let blocks = Blocks::new(&borough.records, &rules, model.link_type);
        let options = TrainingOptions { random_pairs: 40_000, ..TrainingOptions::default() };
        let training = train(&comparer, &blocks, &mut model, &[], &options, &Silent).unwrap();
        let scorer = Scorer::new(&comparer, &model).unwrap();
        let scored = score(&scorer, &blocks, 0.0, &Silent).unwrap();
        assert!(scored.len() > 700, "{}", scored.len());
        // a number prints as the shortest text that reads back as itself, so that equal texts are equal bits
        format!("{chosen:?} {model:?} {training:?} {scored:?}")
    };
    let in_pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(everything);
    let one = in_pool(1);
    assert!(one == in_pool(2) && one == in_pool(7));
}

#[test]
fn weighing_compared_pairs_gives_what_weighing_candidates_gives() {
    let borough = borough(600, 3, 14);
    let mut model = starting_model(&borough.records, LinkType::LinkAndDedupe);
    let comparer = Comparer::new(&borough.records, &model).unwrap();
    let blocks = Blocks::new(&borough.records, &wide_rules(), model.link_type);
    let options = TrainingOptions { random_pairs: 20_000, ..TrainingOptions::default() };
    let training = train(&comparer, &blocks, &mut model, &[], &options, &Silent).unwrap();
    let scorer = Scorer::new(&comparer, &model).unwrap();
    let compared = training.compared.expect("so few pairs are kept");
    for cut in [-20.0, 0.0, 12.0] {
        let again = score_compared(&scorer, &compared, wide_rules().len(), cut, &Silent).unwrap();
        let direct = score(&scorer, &blocks, cut, &Silent).unwrap();
        assert!(!direct.is_empty());
        assert_eq!(format!("{again:?}"), format!("{direct:?}"), "cut {cut}");
    }
}

#[test]
fn a_sample_of_candidates_stands_for_all_of_them() {
    let borough = borough(2_000, 0, 15);
    let model = agreement_model();
    let comparer = Comparer::new(&borough.records, &model).unwrap();
    let blocks = Blocks::new(&borough.records, &wide_rules(), LinkType::LinkOnly);
    let count = |candidate_pairs| {
        let options = TrainingOptions { candidate_pairs, ..TrainingOptions::default() };
        count_vectors(&comparer, &blocks, &options, &Silent).unwrap()
    };
    let (all, some) = (count(u64::MAX), count(1_500));
    assert_eq!(all.scale, 1.0);
    assert!(some.scale > 1.0 && some.compared.is_none());
    let total =
        |counted: &Counted| counted.vectors.iter().map(|(_, n)| *n as f64).sum::<f64>() * counted.scale;
    assert!((total(&some) / total(&all) - 1.0).abs() < 0.1, "{} and {}", total(&some), total(&all));
    assert!(all.vectors.is_sorted_by(|a, b| a.0 < b.0));
}
