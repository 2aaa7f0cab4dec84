use super::*;
use crate::fixture::{
    DATE, Dice, FORENAME, SURNAME, all_pairs, any_link_type, any_records, comparison, fixed, model, records,
};
use crate::model::{Condition, Measure, Part, Test};
use plait_types::Role;
use proptest::prelude::*;

const OPTIONS: TrainingOptions = TrainingOptions { seed: 1, random_pairs: 300, candidate_pairs: 0 };

/// Of all pairs, the share with a value on both sides; and of those, per level, the share at it.
fn twin(comparer: &Comparer<'_>, model: &Model, index: usize) -> (f64, Vec<f64>) {
    let pairs = all_pairs(comparer.records, model.link_type);
    let mut counts = vec![0.0; model.comparisons[index].levels.len() + 1];
    for (left, right) in &pairs {
        counts[usize::from(comparer.level(index, *left, *right, &mut comparer.scratch()))] += 1.0;
    }
    let both: f64 = counts[1..].iter().sum();
    let of = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    (of(both, pairs.len() as f64), counts[1..].iter().map(|count| of(*count, both)).collect())
}

proptest! {
    #![proptest_config(fixed(200))]

    #[test]
    fn chance_agreement_is_the_share_of_all_pairs_that_agree(
        records in any_records(),
        link_type in any_link_type(),
    ) {
        let compared = [FORENAME, SURNAME, DATE].map(|field| {
            comparison(field, [Condition::exact(), Condition::test(Test::Same(Part::First(1)))])
        });
        let model = model(link_type, compared.to_vec());
        let comparer = Comparer::new(&records, &model).unwrap();
        let chance = Chance::estimate(&comparer, &model, &OPTIONS);
        prop_assert_eq!(chance.n_pairs, all_pairs(&records, link_type).len() as f64);
        for index in 0..3 {
            let (present, levels) = twin(&comparer, &model, index);
            prop_assert!((chance.present[index] - present).abs() < 1e-12);
            // agreement that never happens is rare, not impossible
            let expected = levels[0].max(0.5 / 301.0);
            prop_assert!((chance.levels[index][0] - expected).abs() < 1e-12 || levels[0] == 1.0);
            prop_assert!((chance.levels[index].iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
        let level = |index, (left, right)| comparer.level(index, left, right, &mut comparer.scratch());
        let count = |is_so: &dyn Fn(u8) -> bool| {
            let all = all_pairs(&records, link_type).into_iter();
            all.filter(|&pair| is_so(level(0, pair)) && is_so(level(2, pair))).count() as f64
        };
        let expected = BothAgree { agreeing: count(&|level| level == 1), present: count(&|level| level > 0) };
        prop_assert_eq!(BothAgree::of(&comparer, &model, [0, 2]), Some(expected));
    }
}

#[test]
fn levels_below_agreement_are_near_their_share_of_all_pairs() {
    let mut dice = Dice::new(5);
    let word = |dice: &mut Dice| (0..4).map(|_| ['a', 'b', 'n'][dice.below(3)]).collect::<String>();
    let mut names =
        |share| (0..300).map(|_| (dice.share() < share).then(|| word(&mut dice))).collect::<Vec<_>>();
    let columns = [(FORENAME, Role::Forename, names(0.9)), (SURNAME, Role::Surname, names(0.6))];
    let records = records(&[100, 200], &columns);
    let similar = |cut| Condition::test(Test::AtLeast(Measure::JaroWinkler, cut));
    for link_type in [LinkType::LinkOnly, LinkType::LinkAndDedupe] {
        let compared = [
            comparison(FORENAME, [Condition::exact(), similar(0.9), similar(0.7)]),
            // here agreement is only what the first level leaves of it
            comparison(
                FORENAME,
                [Condition::test(Test::Same(Part::First(2))), Condition::exact(), similar(0.7)],
            ),
            comparison(
                SURNAME,
                [Condition::test(Test::SwappedWith(FORENAME.into())), similar(0.7), Condition::exact()],
            ),
        ];
        let model = model(link_type, compared.to_vec());
        let comparer = Comparer::new(&records, &model).unwrap();
        let options = TrainingOptions { random_pairs: 60_000, ..OPTIONS };
        let chance = Chance::estimate(&comparer, &model, &options);
        assert_eq!(
            BothAgree::of(&comparer, &model, [0, 1]),
            None,
            "agreement after another level is not known"
        );
        for index in 0..compared.len() {
            let (present, levels) = twin(&comparer, &model, index);
            assert!((chance.present[index] - present).abs() < 0.01);
            for (found, expected) in chance.levels[index].iter().zip(levels) {
                assert!((found - expected).abs() < 0.01, "{link_type:?} {index}: {found} is not {expected}");
            }
        }
    }
}
