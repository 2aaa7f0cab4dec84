use super::*;
use crate::blocking::Blocks;
use crate::fixture::{all_pairs, any_link_type, any_records, fixed, value};
use crate::model::BlockingRule;
use crate::progress::Silent;
use crate::training::tests::borough;
use proptest::prelude::*;

proptest! {
    #![proptest_config(fixed(300))]

    #[test]
    fn every_field_compared_is_there_on_both_sides_of_some_pair(
        mut records in any_records(),
        link_type in any_link_type(),
        emptied in prop::collection::vec(any::<bool>(), 12),
    ) {
        // some sources lack some fields altogether
        let sources = records.sources.clone();
        for (field, emptied) in records.fields.iter_mut().zip(emptied.chunks(3)) {
            for (source, _) in sources.iter().zip(emptied).filter(|(_, emptied)| **emptied) {
                field.codes[source.start as usize..source.end as usize].fill(plait_types::NULL);
            }
        }
        // all of them, with the values counted again
        let records = records.sample(records.len(), 1);
        let model = starting_model(&records, link_type);
        let pairs = all_pairs(&records, link_type);
        prop_assume!(!pairs.is_empty());
        for comparison in &model.comparisons {
            prop_assert!(comparison.fields.len() == 1);
            for name in comparison.named_fields() {
                let there = |&(l, r): &(u32, u32)| value(&records, &name, l).is_some() && value(&records, &name, r).is_some();
                prop_assert!(pairs.iter().any(there), "{} of {}", name, comparison.name);
            }
        }
    }
}

#[test]
fn chosen_rules_stay_within_the_budget_on_all_records() {
    let borough = borough(1_600, 3, 31);
    let n = borough.records.len() as f64;
    let model = starting_model(&borough.records, LinkType::LinkAndDedupe);
    for (pairs_per_record, sample) in [(4.0, 10_000), (12.0, 10_000), (12.0, 1_600)] {
        let options = RuleOptions { pairs_per_record, pairs: 0.0, sample, seed: 1 };
        let chosen = choose_rules(&borough.records, &model, &options, &Silent).unwrap();
        let rules: Vec<BlockingRule> = chosen.rules.iter().map(|rule| rule.rule.clone()).collect();
        let blocks = Blocks::new(&borough.records, &rules, model.link_type);
        let made: u64 = blocks.costs().iter().map(|cost| cost.n_pairs).sum();
        assert!(made as f64 / n <= 1.25 * pairs_per_record, "{} for {pairs_per_record}", made as f64 / n);
        let told: f64 = chosen.rules.iter().map(|rule| rule.pairs_per_record).sum();
        assert!(told <= pairs_per_record);
        assert!((made as f64 / n / told - 1.0).abs() < 0.25, "{} measured, {told} told", made as f64 / n);
        let adds: f64 = chosen.rules.iter().map(|rule| rule.adds).sum();
        assert!((adds - chosen.coverage).abs() < 1e-9 && chosen.coverage <= 1.0 + 1e-9);
        // the share of true pairs that some rule makes
        let found = (0..borough.n)
            .filter(|&left| (0..rules.len()).any(|rule| blocks.holds(rule, left, left + borough.n)));
        let recall = found.count() as f64 / f64::from(borough.n);
        assert!(recall > 0.97, "{recall} with {pairs_per_record} pairs per record");
        assert!(chosen.coverage >= recall - 0.03, "{} told, {recall} found", chosen.coverage);
    }
}

#[test]
fn columns_that_tell_nobody_apart_make_no_rules() {
    use crate::fixture::records;
    use plait_types::Role;
    let sexes = (0..400).map(|n| Some(["m", "f"][n % 2].to_owned())).collect();
    let records = records(&[400], &[("sex", Role::Sex, sexes)]);
    let model = starting_model(&records, LinkType::DedupeOnly);
    let fault = choose_rules(&records, &model, &RuleOptions::default(), &Silent).unwrap_err();
    assert_eq!(fault.code, plait_types::FaultCode::NoPairs);
    assert_eq!(fault.what, "every combination of columns makes no pairs, or too many to compare");
}

#[test]
fn names_are_compared_with_those_that_the_other_record_has_had_or_goes_by() {
    use crate::comparison::Comparer;
    use crate::fixture::{column, records};
    use plait_types::Role;
    // one source alone records other names
    let records = records(
        &[2, 2],
        &[
            ("forename", Role::Forename, column(&["alexandra", "bo", "sasha", "bo"])),
            ("preferred_forename", Role::PreferredForename, column(&["sasha", "", "", ""])),
            ("surname", Role::Surname, column(&["vane", "quill", "ash", "vane"])),
            ("former_surname", Role::FormerSurname, column(&["ash", "vane", "", ""])),
        ],
    );
    let model = starting_model(&records, LinkType::LinkOnly);
    let comparer = Comparer::new(&records, &model).unwrap();
    let mut scratch = comparer.scratch();
    let level_of = |name: &str, vector: crate::comparison::ComparisonVector| {
        let at = model.comparisons.iter().position(|comparison| comparison.name == name).unwrap();
        vector.level(at)
    };
    let by_other_names = comparer.vector(0, 2, &mut scratch);
    assert_eq!((level_of("forename", by_other_names), level_of("surname", by_other_names)), (2, 2));
    let by_former = comparer.vector(1, 3, &mut scratch);
    assert_eq!((level_of("forename", by_former), level_of("surname", by_former)), (1, 2));
    assert!(level_of("surname", comparer.vector(1, 2, &mut scratch)) > 2, "nobody's name");
}

#[test]
fn homes_are_compared_with_those_that_the_other_record_has_had() {
    use crate::comparison::Comparer;
    use crate::fixture::{column, records};
    use plait_types::Role;
    let records = records(
        &[3, 3],
        &[
            (
                "postcode",
                Role::Postcode,
                column(&["QA1 1AA", "QA2 2AA", "QA3 3AA", "QB9 9ZZ", "QA1 1AA", ""]),
            ),
            (
                "former_postcode",
                Role::FormerPostcode,
                column(&["QB9 9ZZ;QC8 8ZZ", "QC8 8ZZ", "", "", "QA7 7AA;QC8 8ZZ", "QA3 3AA"]),
            ),
        ],
    );
    let model = starting_model(&records, LinkType::LinkOnly);
    let comparer = Comparer::new(&records, &model).unwrap();
    let mut scratch = comparer.scratch();
    let at = model.comparisons.iter().position(|comparison| comparison.name == "postcode").unwrap();
    let mut level = |left, right| comparer.vector(left, right, &mut scratch).level(at);
    assert_eq!(level(0, 4), 1, "the same home counts before a former one");
    assert_eq!(level(0, 3), 2, "a home of now among former ones");
    assert_eq!(level(1, 4), 2, "a former home that both have had");
    assert!(level(2, 3) > 2 && level(1, 3) > 2, "nobody's home");
    assert_eq!(level(2, 5), 0, "a home that is not known now is not compared");
    assert!(model.comparisons.iter().all(|comparison| comparison.name != "former_postcode"));
    assert_eq!(
        model.comparisons[at].level_label(1),
        "a former postcode of one is the postcode of the other, or a former one too"
    );
}

#[test]
fn spellings_from_other_scripts_are_forms_of_a_name_and_those_that_somebody_gives_too() {
    use crate::comparison::Comparer;
    use crate::fixture::{column, records};
    use crate::similarity::Nicknames;
    use plait_types::Role;
    let mut records = records(
        &[2, 2],
        &[
            ("forename", Role::Forename, column(&["yusuf", "amara", "youssef", "mimi"])),
            ("surname", Role::Surname, column(&["hussain", "okafor", "xuseen", "kafi"])),
        ],
    );
    let levels = |records: &Records| {
        let model = starting_model(records, LinkType::LinkOnly);
        let comparer = Comparer::new(records, &model).unwrap();
        let mut scratch = comparer.scratch();
        [(0, 2), (1, 3)].map(|(left, right)| {
            let vector = comparer.vector(left, right, &mut scratch);
            ["forename", "surname"].map(|name| {
                vector.level(model.comparisons.iter().position(|comparison| comparison.name == name).unwrap())
            })
        })
    };
    let [from_script, unknown] = levels(&records);
    assert_eq!(from_script, [3, 2]);
    assert!(unknown.iter().all(|&level| level > 3), "{unknown:?}");
    let mut own = Nicknames::builtin().clone();
    own.insert("amara", "mimi");
    own.insert("okafor", "kafi");
    records.own_nicknames = Some(own.into());
    assert_eq!(levels(&records), [[3, 2], [3, 2]]);
}

#[test]
fn the_unborn_have_levels_and_a_rule_of_their_own() {
    use crate::model::EXPECTED_DATE_OF_BIRTH;
    use plait_types::NULL;
    let mut records = borough(1_600, 3, 31).records;
    let by_home = ["surname", "postcode"].map(|field| BlockingKey::same(field, Part::Whole));
    for is_there in [false, true] {
        if is_there {
            let copy = records.sample(records.len(), 1).fields;
            let mut expected = copy.into_iter().find(|field| field.role == Role::DateOfBirth).unwrap();
            expected.name = EXPECTED_DATE_OF_BIRTH.to_owned();
            expected.role = Role::OtherDate;
            expected.codes[20..].fill(NULL);
            records.fields.push(expected);
        }
        let model = starting_model(&records, LinkType::LinkAndDedupe);
        let births = model.comparisons.iter().find(|comparison| comparison.name == "date_of_birth").unwrap();
        let near = births.levels.iter().filter(|level| level.label.is_some()).count();
        assert_eq!(near, if is_there { 2 } else { 0 });
        assert!(model.comparisons.iter().all(|comparison| comparison.name != EXPECTED_DATE_OF_BIRTH));
        let options = RuleOptions { pairs_per_record: 12.0, pairs: 0.0, sample: 10_000, seed: 1 };
        let chosen = choose_rules(&records, &model, &options, &Silent).unwrap();
        let finds_them = |rule: &ChosenRule| rule.rule.keys.iter().all(|key| by_home.contains(key));
        assert!(!is_there || chosen.rules.iter().any(finds_them));
        assert!(chosen.rules.iter().map(|rule| rule.pairs_per_record).sum::<f64>() <= 12.0);
        let of_expected = |key: &BlockingKey| format!("{key:?}").contains(EXPECTED_DATE_OF_BIRTH);
        assert!(!chosen.rules.iter().flat_map(|rule| &rule.rule.keys).any(of_expected));
    }
}
