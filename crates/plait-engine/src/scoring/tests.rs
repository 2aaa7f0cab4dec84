use super::*;
use crate::comparison::tests::any_comparison;
use crate::fixture::{
    DATE, FORENAME, POSTCODE, SURNAME, all_pairs, any_records, comparison, fixed, model, records,
};
use crate::model::{BlockingKey, BlockingRule, Condition, LinkType, Measure, Part, Test, Together};
use crate::progress::Silent;
use crate::records::Records;
use crate::training::two_classes;
use plait_types::Role;
use proptest::prelude::*;

/// Numbers from which a trained model is made: classes beyond two, and what they and the adjustments are like.
#[derive(Clone, Debug)]
struct Numbers {
    n_match: usize,
    n_other: usize,
    raw: Vec<f64>,
    frequencies: Vec<Option<(Option<usize>, f64, f64)>>,
}

fn any_numbers() -> impl Strategy<Value = Numbers> {
    let frequency = (prop::option::weighted(0.3, 0..3_usize), 0.0..=1.0, prop_oneof![Just(0.0), 0.0..0.4]);
    (
        1..3_usize,
        1..3_usize,
        prop::collection::vec(0.001..1.0_f64, 200),
        prop::collection::vec(prop::option::of(frequency), 24),
    )
        .prop_map(|(n_match, n_other, raw, frequencies)| Numbers { n_match, n_other, raw, frequencies })
}

fn distribution(raw: &[f64]) -> Vec<f64> {
    // squares make some levels much rarer than others
    let total: f64 = raw.iter().map(|x| x * x).sum();
    raw.iter().map(|x| x * x / total).collect()
}

fn trained(mut comparisons: Vec<Comparison>, numbers: &Numbers) -> Model {
    let mut settings = numbers.frequencies.iter().cycle();
    for comparison in &mut comparisons {
        for level in &mut comparison.levels {
            level.term_frequency = settings.next().unwrap().map(|(field, strength, floor)| TermFrequency {
                field: field.map(|index| [FORENAME, SURNAME, DATE][index].to_owned()),
                strength,
                floor,
            });
        }
    }
    let mut raw = numbers.raw.iter().copied().cycle();
    let mut take = |n: usize| distribution(&raw.by_ref().take(n).collect::<Vec<f64>>());
    let n_classes = numbers.n_match + numbers.n_other;
    let shares = take(n_classes);
    let classes = (0..n_classes)
        .map(|class| Class {
            name: format!("class {class}"),
            is_match: class < numbers.n_match,
            share: shares[class],
            probabilities: comparisons.iter().map(|comparison| take(comparison.levels.len())).collect(),
            // any two with the next one, so that some count together with two
            together: (1..comparisons.len())
                .filter(|second| (class + second) % 3 != 0)
                .map(|second| Together {
                    comparisons: [second - 1, second],
                    ratios: (0..comparisons[second - 1].levels.len())
                        .map(|_| take(comparisons[second].levels.len()).iter().map(|x| 9.0 * x).collect())
                        .collect(),
                })
                .collect(),
        })
        .collect();
    Model { classes, ..model(LinkType::DedupeOnly, comparisons) }
}

/// The adjustment of a level (from 0) of a pair, from the values.
fn twin_adjustment(records: &Records, model: &Model, comparison: usize, level: usize, pair: [u32; 2]) -> f64 {
    let u = &model.classes.iter().find(|class| !class.is_match).unwrap().probabilities[comparison];
    let comparison = &model.comparisons[comparison];
    let (Some(settings), Some(base)) =
        (&comparison.levels[level].term_frequency, comparison.term_frequency_base(level))
    else {
        return 0.0;
    };
    let name = settings.field.as_ref().unwrap_or(&comparison.fields[0]);
    let field = &records.fields[records.field(name).unwrap()];
    let all: Vec<&str> = (0..records.len() as u32).filter_map(|record| field.get(record)).collect();
    let share = |value: &str| all.iter().filter(|other| **other == value).count() as f64 / all.len() as f64;
    let shares = pair.into_iter().filter_map(|record| field.get(record)).map(share);
    match shares.reduce(f64::max) {
        Some(larger) => settings.strength * (u[base] / larger.max(settings.floor)).log2(),
        None => 0.0,
    }
}

/// What two comparisons add to the bits of a class beside those of strangers, for levels from 0; held to what makes neither say
/// the contrary of what it says alone.
fn twin_together(model: &Model, class: usize, pair: [usize; 2], levels: [usize; 2]) -> f64 {
    let strangers = model.classes.iter().position(|class| !class.is_match).unwrap();
    let known: Vec<[usize; 2]> = (0..model.comparisons.len())
        .flat_map(|second| (0..second).map(move |first| [first, second]))
        .filter(|pair| {
            model.classes.iter().any(|class| class.together.iter().any(|one| one.comparisons == *pair))
        })
        .collect();
    if !known.contains(&pair) {
        return 0.0;
    }
    let ratio = |class: usize| {
        let found = model.classes[class].together.iter().find(|one| one.comparisons == pair);
        found.map_or(0.0, |one| one.ratios[levels[0]][levels[1]].log2())
    };
    // the part of the evidence of one of the two that this pair may take
    let part = |class: usize, side: usize| {
        let (comparison, level) = (pair[side], levels[side]);
        let of = |class: usize| model.classes[class].probabilities[comparison][level];
        let matches = (0..model.classes.len()).filter(|&class| model.classes[class].is_match);
        let mut of_class = of(class);
        if level == 0 && class != strangers && !model.classes[class].is_match {
            of_class = matches.map(of).fold(of_class, f64::min);
        }
        let n = known.iter().filter(|pair| pair.contains(&comparison)).count();
        (of_class / of(strangers)).log2() / n as f64
    };
    let mut bits = ratio(class) - ratio(strangers);
    if model.classes[class].is_match {
        let alone = [0, 1].map(|side| part(class, side));
        let lesser = f64::min(alone[0].abs(), alone[1].abs());
        bits = bits.max(-lesser).min(lesser);
        match alone {
            [a, b] if a > 0.0 && b > 0.0 => bits = bits.min(0.0),
            [a, b] if a < 0.0 && b < 0.0 => bits = bits.max(0.0),
            _ => {}
        }
    } else {
        for side in [0, 1].into_iter().filter(|&side| levels[side] == 0) {
            let matches = (0..model.classes.len()).filter(|&class| model.classes[class].is_match);
            let least = matches
                .map(|other| twin_together(model, other, pair, levels) + part(other, side))
                .fold(f64::INFINITY, f64::min);
            bits = bits.min(least - part(class, side));
        }
    }
    bits
}

/// The weight of a pair as the sums and products of the theory.
fn twin_weight(records: &Records, model: &Model, vector: ComparisonVector, pair: [u32; 2]) -> f64 {
    let strangers = model.classes.iter().position(|class| !class.is_match).unwrap();
    let odds_of = |index: usize| {
        let class = &model.classes[index];
        let mut product = class.share;
        for (comparison, levels) in class.probabilities.iter().enumerate() {
            let Some(level) = usize::from(vector.level(comparison)).checked_sub(1) else { continue };
            let mut share = levels[level];
            if level == 0 && index != strangers && !class.is_match {
                let matches = model.classes.iter().filter(|class| class.is_match);
                share = matches.map(|class| class.probabilities[comparison][0]).fold(share, f64::min);
            }
            product *= share;
            let exact = model.comparisons[comparison].exact_level();
            let by_chance = !class.is_match && exact.is_some_and(|exact| levels[exact] < 0.5);
            if index != strangers && !by_chance {
                product *= twin_adjustment(records, model, comparison, level, pair).exp2();
            }
            for first in (0..comparison).filter(|_| index != strangers) {
                if let Some(other) = usize::from(vector.level(first)).checked_sub(1) {
                    product *= twin_together(model, index, [first, comparison], [other, level]).exp2();
                }
            }
        }
        product
    };
    let total = |is_match: bool| -> f64 {
        (0..model.classes.len()).filter(|&index| model.classes[index].is_match == is_match).map(odds_of).sum()
    };
    (total(true) / total(false)).log2()
}

proptest! {
    #![proptest_config(fixed(600))]

    #[test]
    fn weights_are_the_log_odds_of_the_classes(
        records in any_records(),
        comparisons in prop::collection::vec(any_comparison(), 1..5),
        numbers in any_numbers(),
    ) {
        let model = trained(comparisons, &numbers);
        let comparer = Comparer::new(&records, &model).unwrap();
        let scorer = Scorer::new(&comparer, &model).unwrap();
        let mut scratch = comparer.scratch();
        for (left, right) in all_pairs(&records, LinkType::DedupeOnly) {
            let vector = comparer.vector(left, right, &mut scratch);
            let weight = scorer.weigh(left, right, &mut scratch).0;
            let expected = twin_weight(&records, &model, vector, [left, right]);
            prop_assert!((weight - expected).abs() < 1e-9, "{} is not {}", weight, expected);
            let parts = scorer.parts(vector, left, right);
            prop_assert_eq!(parts.total, weight);
            let sum = parts.prior
                + parts.evidence.iter().sum::<f64>()
                + parts.frequency.iter().sum::<f64>()
                + parts.together.iter().sum::<f64>();
            prop_assert!((sum + parts.other_classes - weight).abs() < 1e-9);
            if model.classes.len() == 2 {
                prop_assert!(parts.other_classes.abs() < 1e-9);
            }
            for comparison in 0..comparer.len() {
                if vector.level(comparison) == 0 {
                    prop_assert_eq!((parts.evidence[comparison], parts.frequency[comparison]), (0.0, 0.0));
                }
            }
            let bare = Model {
                comparisons: model.comparisons.iter().map(without_frequency).collect(),
                ..model.clone()
            };
            let expected = twin_weight(&records, &bare, vector, [left, right]);
            prop_assert!((scorer.weigh_vector(vector).0 - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn no_pair_gains_when_a_value_that_agrees_is_deleted_and_absence_counts_nothing(
        records in any_records(),
        comparisons in prop::collection::vec(any_comparison(), 1..5),
        numbers in any_numbers(),
    ) {
        let mut model = trained(comparisons, &numbers);
        model.comparisons = model.comparisons.iter().map(without_frequency).collect();
        // as training leaves them, whatever related people are like
        for comparison in 0..model.comparisons.len() {
            let agree = |class: &Class| class.probabilities[comparison][0];
            let matches = model.classes.iter().filter(|class| class.is_match);
            let least = matches.map(agree).fold(f64::INFINITY, f64::min);
            let strangers = model.classes.iter_mut().find(|class| !class.is_match).unwrap();
            strangers.probabilities[comparison][0] = agree(strangers).min(least);
        }
        let comparer = Comparer::new(&records, &model).unwrap();
        let scorer = Scorer::new(&comparer, &model).unwrap();
        let mut scratch = comparer.scratch();
        for (left, right) in all_pairs(&records, LinkType::DedupeOnly) {
            let vector = comparer.vector(left, right, &mut scratch);
            let weight = scorer.weigh_vector(vector).0;
            for comparison in (0..comparer.len()).filter(|&comparison| vector.level(comparison) == 1) {
                let deleted = vector.without(comparison);
                let without = scorer.weigh_vector(deleted).0;
                prop_assert!(without <= weight + 1e-9, "{weight} to {without}");
                // what is learned of absence is that it says nothing
                let parts = scorer.parts(deleted, left, right);
                prop_assert_eq!((parts.evidence[comparison], parts.frequency[comparison]), (0.0, 0.0));
            }
        }
    }

    #[test]
    fn stopping_early_changes_nothing(
        records in any_records(),
        comparisons in prop::collection::vec(any_comparison(), 1..6),
        numbers in any_numbers(),
        cut in -30.0..30.0_f64,
    ) {
        let model = trained(comparisons, &numbers);
        let comparer = Comparer::new(&records, &model).unwrap();
        let scorer = Scorer::new(&comparer, &model).unwrap();
        let mut scratch = comparer.scratch();
        for (left, right) in all_pairs(&records, LinkType::DedupeOnly) {
            let weight = scorer.weigh(left, right, &mut scratch).0;
            // the hardest cuts are those at the weight itself
            for cut in [cut, weight, weight - 1e-6, weight + 1e-6, weight.next_up(), weight.next_down(), f64::NEG_INFINITY] {
                let kept = scorer.at_least(cut, left, right, &mut scratch);
                prop_assert_eq!(kept, (weight >= cut).then_some(weight), "cut {}", cut);
            }
        }
    }
}

proptest! {
    #![proptest_config(fixed(600))]

    #[test]
    fn screening_long_blocks_loses_no_pair(
        records in any_records(),
        comparisons in prop::collection::vec(any_comparison(), 1..6),
        numbers in any_numbers(),
        cut in -30.0..30.0_f64,
    ) {
        let mut model = trained(comparisons, &numbers);
        let key = |field, part| BlockingRule { keys: vec![BlockingKey::same(field, part)] };
        model.blocking = vec![key(FORENAME, Part::First(1)), key(SURNAME, Part::First(1))];
        let blocks = Blocks::for_model(&records, &model).unwrap();
        let comparer = Comparer::beside(&records, &model, &blocks).unwrap();
        prop_assert!(comparer.shares_rows_of(&blocks));
        let scorer = Scorer::new(&comparer, &model).unwrap();
        let mut scratch = comparer.scratch();
        let mut all = Vec::new();
        for task in blocks.tasks(1000) {
            blocks.for_each_pair(&task, |_| true, |left, right| {
                all.push((left, right, scorer.weigh(left, right, &mut scratch).0));
            });
        }
        all.sort_unstable_by_key(|&(left, right, _)| (left, right));
        // the hardest cuts are those at a weight
        let weights: Vec<f64> = all.iter().map(|pair| pair.2).take(5).collect();
        for cut in weights.into_iter().chain([cut, f64::NEG_INFINITY]) {
            let scored = score(&scorer, &blocks, cut, &Silent).unwrap();
            let found: Vec<_> =
                (0..scored.len()).map(|at| (scored.left[at], scored.right[at], scored.weight[at])).collect();
            let expected: Vec<_> = all.iter().copied().filter(|pair| pair.2 >= cut).collect();
            prop_assert_eq!(found, expected, "cut {}", cut);
            prop_assert_eq!(scored.n_candidates.iter().sum::<u64>(), all.len() as u64);
        }
    }
}

fn without_frequency(comparison: &Comparison) -> Comparison {
    let mut comparison = comparison.clone();
    comparison.levels.iter_mut().for_each(|level| level.term_frequency = None);
    comparison
}

/// `forename` of four records; `None` where it is empty.
fn four(forenames: [&str; 4]) -> Records {
    let row = |v: &str| (!v.is_empty()).then(|| v.to_owned());
    records(&[4], &[(FORENAME, Role::Forename, forenames.map(row).to_vec())])
}

#[test]
fn agreement_on_a_rare_name_weighs_more_by_the_ratio_of_frequencies() {
    let records = four(["ann", "ann", "zoe", "zed"]);
    let adjusted = |strength, floor| {
        let mut compared =
            comparison(FORENAME, [Condition::exact(), Condition::test(Test::AtLeast(Measure::Jaro, 0.5))]);
        compared.levels[0].term_frequency = Some(TermFrequency { field: None, strength, floor });
        compared.levels[1].term_frequency = Some(TermFrequency { field: None, strength: 0.5, floor: 0.25 });
        let mut model = model(LinkType::DedupeOnly, vec![compared]);
        model.classes = two_classes(0.2, vec![vec![0.8, 0.1, 0.1]], vec![vec![0.125, 0.075, 0.8]]);
        model
    };
    let weigh = |model: &Model, left, right| {
        let comparer = Comparer::new(&records, model).unwrap();
        let scorer = Scorer::new(&comparer, model).unwrap();
        scorer.weigh(left, right, &mut comparer.scratch()).0
    };
    let prior = (0.2_f64 / 0.8).log2();
    let near =
        |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    // ann is half of all names, and agreement is an eighth by chance
    near(weigh(&adjusted(1.0, 0.0), 0, 1), prior + (0.8_f64 / 0.125).log2() - 2.0);
    near(weigh(&adjusted(0.5, 0.0), 0, 1), prior + (0.8_f64 / 0.125).log2() - 1.0);
    near(weigh(&adjusted(1.0, 1.0), 0, 1), prior + (0.8_f64 / 0.125).log2() - 3.0);
    // a similar name: half the adjustment of its own level, from the chance of plain agreement
    near(weigh(&adjusted(1.0, 0.0), 2, 3), prior + (0.1_f64 / 0.075).log2() - 0.5);
}

#[test]
fn a_value_on_one_side_only_is_as_frequent_as_it_is() {
    let mut compared = comparison(SURNAME, [Condition::exact()]);
    compared.levels.insert(
        0,
        crate::fixture::level(Condition::Test(Some(FORENAME.into()), Test::Same(crate::model::Part::Whole))),
    );
    compared.levels[1].term_frequency =
        Some(TermFrequency { field: Some(FORENAME.into()), strength: 1.0, floor: 0.0 });
    let row = |values: [Option<&str>; 3]| values.map(|v| v.map(str::to_owned)).to_vec();
    let records = records(
        &[3],
        &[
            (SURNAME, Role::Surname, row([Some("smith"); 3])),
            (FORENAME, Role::Forename, row([Some("ann"), None, None])),
        ],
    );
    let mut model = model(LinkType::DedupeOnly, vec![compared]);
    model.classes = two_classes(0.5, vec![vec![0.5, 0.25, 0.25]], vec![vec![0.125, 0.25, 0.625]]);
    let comparer = Comparer::new(&records, &model).unwrap();
    let scorer = Scorer::new(&comparer, &model).unwrap();
    let bits = |left, right| {
        let vector = comparer.vector(left, right, &mut comparer.scratch());
        scorer.parts(vector, left, right).frequency[0]
    };
    assert_eq!(bits(0, 1), -3.0, "ann is every forename there is");
    assert_eq!(bits(1, 2), 0.0);
}

#[test]
fn deleting_a_value_that_agrees_never_raises_the_weight() {
    let column = |name, role, values: [&str; 4]| {
        (name, role, values.map(|v| (!v.is_empty()).then(|| v.to_owned())).to_vec())
    };
    // record 0 agrees with all others; 1 is complete, 2 and 3 lack something
    let records = records(
        &[4],
        &[
            column(FORENAME, Role::Forename, ["ann", "ann", "", ""]),
            column(SURNAME, Role::Surname, ["smith", "smith", "smith", ""]),
            column(POSTCODE, Role::Postcode, ["NW9 4EW", "NW9 4EW", "NW9 4EW", "NW9 4EW"]),
        ],
    );
    let compared = [FORENAME, SURNAME, POSTCODE].map(|field| comparison(field, [Condition::exact()]));
    let mut model = model(LinkType::DedupeOnly, compared.to_vec());
    model.classes = two_classes(0.01, vec![vec![0.9, 0.1]; 3], vec![vec![0.1, 0.9]; 3]);
    let comparer = Comparer::new(&records, &model).unwrap();
    let scorer = Scorer::new(&comparer, &model).unwrap();
    let weights = [1, 2, 3].map(|right| scorer.weigh(0, right, &mut comparer.scratch()).0);
    let each = 9.0_f64.log2();
    assert!((weights[0] - weights[1] - each).abs() < 1e-12 && (weights[1] - weights[2] - each).abs() < 1e-12);
}

#[test]
fn only_pairs_at_the_cut_or_above_are_kept_and_all_are_counted() {
    let records = four(["ann", "ann", "zoe", "zed"]);
    let mut model = model(LinkType::DedupeOnly, vec![comparison(FORENAME, [Condition::exact()])]);
    model.classes = two_classes(0.5, vec![vec![0.9, 0.1]], vec![vec![0.1, 0.9]]);
    let comparer = Comparer::new(&records, &model).unwrap();
    let scorer = Scorer::new(&comparer, &model).unwrap();
    let key =
        |part| crate::model::BlockingRule { keys: vec![crate::model::BlockingKey::same(FORENAME, part)] };
    let rules = [key(crate::model::Part::First(1)), key(crate::model::Part::Whole)];
    let blocks = Blocks::new(&records, &rules, LinkType::DedupeOnly);
    let scored = score(&scorer, &blocks, 0.0, &Silent).unwrap();
    assert_eq!((scored.left.as_slice(), scored.right.as_slice()), (&[0][..], &[1][..]));
    assert_eq!((scored.rule.as_slice(), scored.n_candidates.as_slice()), (&[0][..], &[2, 0][..]));
}

#[test]
fn a_model_without_matches_or_without_others_is_refused() {
    let records = four(["ann", "", "", ""]);
    let mut model = model(LinkType::DedupeOnly, vec![comparison(FORENAME, [Condition::exact()])]);
    let comparer = Comparer::new(&records, &model).unwrap();
    assert_eq!(Scorer::new(&comparer, &model).err().map(|fault| fault.code), Some(FaultCode::BadModel));
    model.classes = two_classes(0.5, vec![vec![0.9, 0.1]], vec![vec![0.1, 0.9]]);
    model.classes.truncate(1);
    assert_eq!(Scorer::new(&comparer, &model).err().map(|fault| fault.code), Some(FaultCode::BadModel));
}
