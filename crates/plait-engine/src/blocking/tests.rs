use super::*;
use crate::fixture::{
    all_pairs, any_blocking_rules, any_link_type, any_records, fixed, parts, records, value,
};
use plait_types::Role;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn side(records: &Records, (field, part): &(String, Part), record: u32) -> BTreeSet<String> {
    value(records, field, record).map(|value| parts(value, *part)).unwrap_or_default()
}

/// How many combinations of keys a pair shares, the first record's left with the second's right.
fn n_shared(records: &Records, rule: &BlockingRule, first: u32, second: u32) -> usize {
    let shared = rule
        .keys
        .iter()
        .map(|key| side(records, &key.left, first).intersection(&side(records, &key.right, second)).count());
    shared.product()
}

/// The definition: all keys agree, the first record's left with the second's right.
fn one_way(records: &Records, rule: &BlockingRule, first: u32, second: u32) -> bool {
    n_shared(records, rule, first, second) > 0
}

/// The blocks of a rule with like sides: the records that have each combination of keys.
fn twin_blocks(records: &Records, rule: &BlockingRule) -> Vec<Vec<u32>> {
    let mut blocks: BTreeMap<Vec<String>, Vec<u32>> = BTreeMap::new();
    for record in 0..records.len() as u32 {
        let combinations = rule.keys.iter().fold(vec![Vec::new()], |combinations: Vec<Vec<String>>, key| {
            let parts = side(records, &key.left, record);
            let longer = combinations
                .iter()
                .flat_map(|head| parts.iter().map(|part| [&head[..], std::slice::from_ref(part)].concat()));
            longer.collect()
        });
        for combination in combinations {
            blocks.entry(combination).or_default().push(record);
        }
    }
    blocks.into_values().collect()
}

fn twin_holds(records: &Records, rule: &BlockingRule, left: u32, right: u32) -> bool {
    one_way(records, rule, left, right) || one_way(records, rule, right, left)
}

/// Every pair that some rule makes, with the first that does.
fn twin(records: &Records, rules: &[BlockingRule], link_type: LinkType) -> Vec<(u32, u32, usize)> {
    all_pairs(records, link_type)
        .into_iter()
        .filter_map(|(left, right)| {
            let first = rules.iter().position(|rule| twin_holds(records, rule, left, right))?;
            Some((left, right, first))
        })
        .collect()
}

/// What the tasks of this size visit, sorted; a pair that is visited twice is there twice.
fn visited(blocks: &Blocks, size: u64, keep: impl Fn(u32) -> bool + Copy) -> Vec<(u32, u32, usize)> {
    let mut pairs = Vec::new();
    for task in blocks.tasks(size) {
        blocks.for_each_pair(&task, keep, |left, right| pairs.push((left, right, task.rule)));
    }
    pairs.sort_unstable();
    pairs
}

fn is_symmetric(rule: &BlockingRule) -> bool {
    rule.keys.iter().all(BlockingKey::is_symmetric)
}

proptest! {
    #![proptest_config(fixed(300))]

    #[test]
    fn each_pair_is_visited_once_under_the_first_rule_that_holds(
        records in any_records(),
        rules in any_blocking_rules(),
        link_type in any_link_type(),
    ) {
        let blocks = Blocks::new(&records, &rules, link_type);
        let expected = twin(&records, &rules, link_type);
        for size in [1, 2, 5, 1_000_000] {
            prop_assert_eq!(visited(&blocks, size, |_| true), expected.clone(), "tasks of {}", size);
        }
    }

    #[test]
    fn partners_of_a_record_are_all_that_some_asked_rule_pairs_with_it(
        records in any_records(),
        rules in any_blocking_rules(),
        link_type in any_link_type(),
    ) {
        let blocks = Blocks::new(&records, &rules, link_type);
        let some: Vec<u32> = (0..records.len() as u32).step_by(2).collect();
        for asked in [0, rules.len()] {
            let partners = blocks.partners(&some, |rule| rule < asked);
            let pairs = twin(&records, &rules[..asked], link_type);
            for (place, &record) in (0..).zip(&some) {
                let mut expected: Vec<u32> = pairs
                    .iter()
                    .filter(|pair| pair.0 == record || pair.1 == record)
                    .map(|pair| if pair.0 == record { pair.1 } else { pair.0 })
                    .collect();
                expected.sort_unstable();
                prop_assert_eq!(partners.get(place), &expected[..]);
            }
        }
    }

    #[test]
    fn packed_keys_give_the_blocks_that_entries_give(
        records in any_records(),
        rules in any_blocking_rules(),
        link_type in any_link_type(),
    ) {
        let within_sources = link_type != LinkType::LinkOnly;
        let keys = Keys::of(&records, &rules);
        for (index, rule) in rules.iter().enumerate() {
            let Some(packed) = keys.packed(index) else {
                prop_assert!(!is_symmetric(rule) || rule.keys.iter().any(BlockingKey::is_several));
                continue;
            };
            let fast = blocks_of_packed(&records, packed, within_sources, None);
            let slow = blocks_of_entries(&records, rule, within_sources);
            prop_assert_eq!((&fast.records, &fast.starts), (&slow.records, &slow.starts));
            prop_assert_eq!((fast.n_pairs, fast.largest), (slow.n_pairs, slow.largest));
        }
    }

    #[test]
    fn the_rules_that_hold_are_told_of_all_pairs_as_of_each(
        records in any_records(),
        rules in any_blocking_rules(),
        link_type in any_link_type(),
    ) {
        let blocks = Blocks::new(&records, &rules, link_type);
        let pairs = all_pairs(&records, link_type);
        let mut told = Vec::new();
        blocks.for_each_that_holds(&pairs, |pair, rule| told.push((pair, rule)));
        let all = (0..pairs.len()).flat_map(|pair| (0..rules.len()).map(move |rule| (pair, rule)));
        let expected: Vec<_> = all.filter(|&(pair, rule)| blocks.holds(rule, pairs[pair].0, pairs[pair].1)).collect();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn a_rule_holds_where_its_keys_agree(
        records in any_records(),
        rules in any_blocking_rules(),
        link_type in any_link_type(),
    ) {
        let blocks = Blocks::new(&records, &rules, link_type);
        for (index, rule) in rules.iter().enumerate() {
            for (left, right) in all_pairs(&records, link_type) {
                let holds = twin_holds(&records, rule, left, right);
                prop_assert_eq!(blocks.holds(index, left, right), holds);
                prop_assert_eq!(blocks.holds(index, right, left), holds);
            }
        }
    }

    #[test]
    fn what_a_rule_costs_is_what_it_makes(
        records in any_records(),
        rules in any_blocking_rules(),
        link_type in any_link_type(),
    ) {
        let costs = Blocks::new(&records, &rules, link_type).costs();
        for (rule, cost) in rules.iter().zip(costs) {
            let pairs = all_pairs(&records, link_type);
            let made = pairs.iter().filter(|(left, right)| twin_holds(&records, rule, *left, *right)).count() as u64;
            prop_assert!(made <= cost.n_pairs);
            if is_symmetric(rule) {
                let shared: usize = pairs.iter().map(|&(left, right)| n_shared(&records, rule, left, right)).sum();
                prop_assert_eq!(cost.n_pairs, shared as u64);
                if !rule.keys.iter().any(BlockingKey::is_several) {
                    prop_assert_eq!(cost.n_pairs, made);
                }
                let blocks = twin_blocks(&records, rule);
                let of_block = |block: &[u32]| pairs.iter().filter(|(l, r)| block.contains(l) && block.contains(r)).count();
                let largest = blocks.iter().map(|block| of_block(block)).max().unwrap_or(0);
                prop_assert_eq!(cost.largest.n_pairs, largest as u64);
                let sizes: Vec<usize> = blocks.iter().filter(|b| of_block(b) == largest).map(Vec::len).collect();
                prop_assert!(largest == 0 || sizes.contains(&(cost.largest.n_records as usize)));
            } else {
                // with unlike sides, the cost is of walking: a record meets itself, and a pair both ways round
                let n = records.len() as u32;
                let walked: usize = (0..n).flat_map(|a| (0..n).map(move |b| (a, b))).map(|(a, b)| n_shared(&records, rule, a, b)).sum();
                prop_assert_eq!(cost.n_pairs, walked as u64);
            }
        }
    }

    #[test]
    fn tasks_share_out_the_cost_in_stretches_of_about_the_size_asked_for(
        records in any_records(),
        rules in any_blocking_rules(),
        link_type in any_link_type(),
    ) {
        let blocks = Blocks::new(&records, &rules, link_type);
        for size in [1, 4, 1000] {
            let tasks = blocks.tasks(size);
            for (rule, cost) in blocks.costs().iter().enumerate() {
                let of_rule = tasks.iter().filter(|task| task.rule == rule);
                prop_assert_eq!(of_rule.map(|task| task.n_pairs).sum::<u64>(), cost.n_pairs);
            }
            let most = size + records.len() as u64;
            prop_assert!(tasks.iter().all(|task| task.n_pairs > 0 && task.n_pairs < most));
        }
    }

    #[test]
    fn keeping_some_lefts_keeps_exactly_their_pairs(
        records in any_records(),
        rules in any_blocking_rules(),
        link_type in any_link_type(),
        salt: u64,
    ) {
        let blocks = Blocks::new(&records, &rules, link_type);
        let kept = |left: u32| crate::random::draw(salt, u64::from(left)).is_multiple_of(2);
        let mut parts = visited(&blocks, 3, kept);
        if rules.iter().all(is_symmetric) {
            let of_kept: Vec<_> =
                twin(&records, &rules, link_type).into_iter().filter(|(left, ..)| kept(*left)).collect();
            prop_assert_eq!(&parts, &of_kept);
        }
        // whichever end the walk calls left, the pairs of some and of all others are all pairs, each once
        parts.extend(visited(&blocks, 3, |left| !kept(left)));
        parts.sort_unstable();
        prop_assert_eq!(parts, twin(&records, &rules, link_type));
    }
}

#[test]
fn a_name_written_the_wrong_way_round_is_found_by_a_rule_of_unlike_sides() {
    let column = |name, role, values: [&str; 3]| (name, role, values.map(|v| Some(v.to_owned())).to_vec());
    let records = records(
        &[2, 1],
        &[
            column("forename", Role::Forename, ["kim", "lee", "lee"]),
            column("surname", Role::Surname, ["lee", "kim", "kim"]),
        ],
    );
    let crossed = |left: &str, right: &str| BlockingKey {
        left: (left.into(), Part::Whole),
        right: (right.into(), Part::Whole),
    };
    let rule = BlockingRule { keys: vec![crossed("forename", "surname"), crossed("surname", "forename")] };
    let pairs =
        |link_type| visited(&Blocks::new(&records, std::slice::from_ref(&rule), link_type), 10, |_| true);
    assert_eq!(pairs(LinkType::LinkOnly), [(0, 2, 0)]);
    assert_eq!(pairs(LinkType::DedupeOnly), [(0, 1, 0), (0, 2, 0)]);
}

#[test]
fn a_pair_that_shares_several_words_is_made_once_and_costs_each() {
    let column = |name, role, values: [&str; 4]| (name, role, values.map(|v| Some(v.to_owned())).to_vec());
    let records = records(
        &[4],
        &[
            (column("surname", Role::Surname, ["lee smith", "smith lee", "smith", "lee"])),
            (column(
                "date_of_birth",
                Role::DateOfBirth,
                ["2001-02-03", "2001-05-03", "2001-02-03", "2002-02-03"],
            )),
        ],
    );
    let word = BlockingKey::same("surname", Part::AnyWord);
    let year = BlockingKey::same("date_of_birth", Part::Year);
    let words = [BlockingRule { keys: vec![word.clone()] }];
    let blocks = Blocks::new(&records, &words, LinkType::DedupeOnly);
    assert_eq!(visited(&blocks, 1, |_| true), [(0, 1, 0), (0, 2, 0), (0, 3, 0), (1, 2, 0), (1, 3, 0)]);
    assert_eq!(blocks.costs()[0].n_pairs, 6, "the first two share two words");
    assert!(blocks.holds(0, 0, 3) && !blocks.holds(0, 2, 3));

    let after_the_year = [BlockingRule { keys: vec![year.clone(), word.clone()] }, words[0].clone()];
    let blocks = Blocks::new(&records, &after_the_year, LinkType::DedupeOnly);
    assert_eq!(visited(&blocks, 9, |_| true), [(0, 1, 0), (0, 2, 0), (0, 3, 1), (1, 2, 0), (1, 3, 1)]);
}

#[test]
fn names_with_a_letter_wrong_missing_or_swapped_are_found_by_all_but_one_letter() {
    let names = ["smith", "smyth", "smiht", "smit", "smiths", "smart"];
    let column = names.map(|name| Some(name.to_owned())).to_vec();
    let records = records(&[1, 5], &[("surname", Role::Surname, column)]);
    let rule = BlockingRule { keys: vec![BlockingKey::same("surname", Part::ButOneLetter)] };
    let blocks = Blocks::new(&records, &[rule], LinkType::LinkOnly);
    assert_eq!(visited(&blocks, 9, |_| true), [(0, 1, 0), (0, 2, 0), (0, 3, 0), (0, 4, 0)]);
}

#[test]
fn a_rule_with_several_keys_per_record_is_counted_into_the_memory_it_needs() {
    let column = ["al bo cy dan", "al"].map(|name| Some(name.to_owned())).to_vec();
    let records = records(&[2], &[("surname", Role::Surname, column)]);
    let mut model = crate::fixture::model(LinkType::DedupeOnly, Vec::new());
    let mut with = |part| {
        model.blocking = vec![BlockingRule { keys: vec![BlockingKey::same("surname", part)] }];
        bytes_needed(&records, &model, None)
    };
    assert_eq!(with(Part::AnyWord) - with(Part::Whole), 5 * 24, "five words");
}
