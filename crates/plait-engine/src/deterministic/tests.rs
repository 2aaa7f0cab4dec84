use super::*;
use crate::fixture::{
    DATE, FORENAME, POSTCODE, SURNAME, all_pairs, any_deterministic_rules, any_link_type, any_records,
    comparison, fixed, model, parts, records, value,
};
use crate::model::{BlockingKey, Condition, Part};
use crate::progress::Silent;
use crate::scoring::score;
use crate::similarity::{Nicknames, osa};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn an_nhs_number_that_is_not_verified_is_none_for_a_rule() {
    let column = |values: [&str; 6]| values.map(|v| Some(v.to_owned()).filter(|v| !v.is_empty())).to_vec();
    let (a, b) = ("9990000018", "9990000026");
    let records = records(
        &[3, 3],
        &[
            ("nhs_number", Role::NhsNumber, column([a, b, a, a, b, b])),
            ("nhs_number_status", Role::Other, column(["01", "05", "", "01", "01", "02"])),
            (POSTCODE, Role::Postcode, column(["p", "q", "r", "s", "t", "r"])),
        ],
    );
    let by_number = DeterministicRule::of(vec![BlockingKey::same("nhs_number", Part::Whole)]);
    let by_postcode = DeterministicRule {
        unless_unequal: vec!["nhs_number".to_owned()],
        ..DeterministicRule::of(vec![BlockingKey::same(POSTCODE, Part::Whole)])
    };
    let found = |rule| {
        let rulings = Rulings::of(&records, &[rule], LinkType::LinkOnly);
        rulings.pairs.iter().map(|(left, right, _)| (*left, *right)).collect::<Vec<_>>()
    };
    assert_eq!(found(by_number), [(0, 3), (2, 3)]);
    assert_eq!(found(by_postcode), [(2, 5)], "a number that says nothing does not differ either");
}

fn agree(records: &Records, keys: &[BlockingKey], left: u32, right: u32) -> bool {
    let side = |(field, part): &(String, Part), record| {
        value(records, field, record).map(|value| parts(value, *part)).unwrap_or_default()
    };
    keys.iter().all(|key| !side(&key.left, left).is_disjoint(&side(&key.right, right)))
}

/// By its definition, read off the text.
fn twin_is_different(records: &Records, field: &str, left: u32, right: u32) -> bool {
    let (Some(a), Some(b)) = (value(records, field, left), value(records, field, right)) else {
        return false;
    };
    let one_edit = a.chars().count() >= 4 && b.chars().count() >= 4 && osa(a, b) <= 1;
    if a == b || one_edit {
        return false;
    }
    if field == DATE {
        let [x, y]: [Vec<&str>; 2] = [a.split('-').collect(), b.split('-').collect()];
        let agree = x.iter().zip(&y).all(|(x, y)| x == y);
        let swapped = x.len() == 3 && y.len() == 3 && [x[0], x[1], x[2]] == [y[0], y[2], y[1]];
        let stands_in = |x: &[&str], y: &[&str]| match x {
            [year, "01", "01"] => y[0] == *year,
            [year, month, "01" | "15"] => y[0] == *year && y.get(1) == Some(month),
            _ => false,
        };
        return !agree && !swapped && !stands_in(&x, &y) && !stands_in(&y, &x);
    }
    let is_one_name = Nicknames::builtin().related(a, b)
        || same_spelling_family(a, b)
        || token_subset(a, b)
        || initials_agree(a, b)
        || half_of_double_barrelled(a, b);
    field == POSTCODE || !is_one_name
}

/// Every pair by itself, pass after pass and rule after rule.
fn twin(records: &Records, rules: &[DeterministicRule], link_type: LinkType) -> Vec<(u32, u32, Ruling)> {
    let has_passes = rules.iter().any(|rule| rule.pass.is_some());
    let mut said: BTreeMap<(u32, u32), Ruling> = BTreeMap::new();
    let mut links: Vec<(u32, u32)> = Vec::new();
    for pass in rules.iter().map(|rule| rule.pass).collect::<BTreeSet<_>>() {
        let earlier = links.clone();
        let pairs = all_pairs(records, link_type).into_iter();
        let pairs = pairs
            .filter(|&(l, r)| !(is_linked(records, &earlier, l, r) && is_linked(records, &earlier, r, l)));
        let found = pairs.filter_map(|(l, r)| Some((l, r, twin_of_pair(records, rules, pass, l, r)?)));
        let found: Vec<(u32, u32, Ruling)> = found.collect();
        let partners = |record: u32, source: usize| -> BTreeSet<u32> {
            let linked = found.iter().filter(|found| matches!(found.2, Ruling::Link(_)));
            let others = linked.filter_map(|&(l, r, _)| match record {
                _ if record == l => Some(r),
                _ if record == r => Some(l),
                _ => None,
            });
            let others = others.filter(|&other| records.source_of(other) == source);
            others.map(|other| reach(&earlier, other)).collect()
        };
        for &(l, r, ruling) in &found {
            let several =
                partners(l, records.source_of(r)).len() > 1 || partners(r, records.source_of(l)).len() > 1;
            let ruling = match ruling {
                Ruling::Link(rule) if several && rules[usize::from(rule)].unless_ambiguous => {
                    Ruling::Caught(rule)
                }
                other => other,
            };
            if let Ruling::Link(_) = ruling {
                if has_passes {
                    links.push((l, r));
                }
                said.insert((l, r), ruling);
            } else {
                said.entry((l, r)).or_insert(ruling);
            }
        }
    }
    said.into_iter().map(|((left, right), ruling)| (left, right, ruling)).collect()
}

/// Whether a record has a link to a record of the other's source.
fn is_linked(records: &Records, links: &[(u32, u32)], record: u32, other: u32) -> bool {
    let is_there = |partner: u32| records.source_of(partner) == records.source_of(other);
    links.iter().any(|&(l, r)| (l == record && is_there(r)) || (r == record && is_there(l)))
}

/// The lowest record that links reach from a record.
fn reach(links: &[(u32, u32)], record: u32) -> u32 {
    let mut reached = BTreeSet::from([record]);
    loop {
        let n = reached.len();
        for &(l, r) in links {
            if reached.contains(&l) || reached.contains(&r) {
                reached.extend([l, r]);
            }
        }
        if reached.len() == n {
            return *reached.first().expect("the record itself");
        }
    }
}

/// What the rules of one pass say of a pair by itself.
fn twin_of_pair(
    records: &Records,
    rules: &[DeterministicRule],
    pass: Option<u32>,
    left: u32,
    right: u32,
) -> Option<Ruling> {
    let holds = |rule: &DeterministicRule| {
        let is_unequal = |field: &String| {
            let values = [left, right].map(|record| value(records, field, record));
            values.iter().all(Option::is_some) && values[0] != values[1]
        };
        (agree(records, &rule.keys, left, right) || agree(records, &rule.keys, right, left))
            && rule.pass == pass
            && rule.sources_with.iter().all(|field| {
                let of_source = |record| {
                    (0..records.len() as u32)
                        .filter(move |&other| records.source_of(other) == records.source_of(record))
                };
                [left, right]
                    .into_iter()
                    .all(|record| of_source(record).any(|other| value(records, field, other).is_some()))
            })
            && !rule.unless_unequal.iter().any(is_unequal)
    };
    let caught = |rule: &DeterministicRule| {
        let differ = |guard: &Guard| guard.fields.iter().all(|f| twin_is_different(records, f, left, right));
        rule.unless_different.iter().any(differ)
    };
    let links = rules.iter().position(|rule| holds(rule) && !caught(rule));
    let would = rules.iter().position(holds);
    links.map(|rule| Ruling::Link(rule as u16)).or(would.map(|rule| Ruling::Caught(rule as u16)))
}

proptest! {
    #![proptest_config(fixed(300))]

    #[test]
    fn a_pair_belongs_to_the_first_rule_that_links_it(
        records in any_records(),
        rules in any_deterministic_rules(),
        link_type in any_link_type(),
    ) {
        let rulings = Rulings::of(&records, &rules, link_type);
        prop_assert_eq!(&rulings.pairs, &twin(&records, &rules, link_type));
        prop_assert!(rulings.left_out.is_empty());
        for (left, right) in all_pairs(&records, link_type) {
            let told = rulings.pairs.iter().find(|pair| (pair.0, pair.1) == (left, right)).map(|pair| pair.2);
            prop_assert_eq!(rulings.get(left, right), told);
        }
    }

    #[test]
    fn threads_do_not_show_in_what_rules_say(records in any_records(), rules in any_deterministic_rules()) {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Rulings::of(&records, &rules, LinkType::LinkAndDedupe))
        };
        prop_assert_eq!(on(1), on(3));
    }

    #[test]
    fn scored_pairs_stay_as_they_are_and_the_others_join_them_with_their_weights(
        records in any_records(),
        rules in any_deterministic_rules(),
        cut in -8.0..8.0f64,
    ) {
        let mut model = model(
            LinkType::DedupeOnly,
            [FORENAME, DATE].map(|field| comparison(field, [Condition::exact()])).to_vec(),
        );
        model.classes = crate::training::two_classes(0.1, vec![vec![0.9, 0.1]; 2], vec![vec![0.1, 0.9]; 2]);
        model.blocking = vec![BlockingRule { keys: vec![BlockingKey::same(SURNAME, Part::Whole)] }];
        let comparer = Comparer::new(&records, &model).unwrap();
        let scorer = Scorer::new(&comparer, &model).unwrap();
        let blocks = Blocks::new(&records, &model.blocking, model.link_type);
        let before = score(&scorer, &blocks, cut, &Silent).unwrap();
        let rulings = Rulings::of(&records, &rules, model.link_type);
        let mut after = before.clone();
        rulings.apply(&comparer, &scorer, &mut after);
        let links = rulings.pairs.iter().filter(|pair| matches!(pair.2, Ruling::Link(_)));
        let links: Vec<(u32, u32)> = links.map(|&(left, right, _)| (left, right)).collect();
        let has_passes = rules.iter().any(|rule| rule.pass.is_some());
        let is_silent = |pair: usize| rulings.get(before.left[pair], before.right[pair]).is_none();
        let stays = |&pair: &usize| {
            let (left, right) = (before.left[pair], before.right[pair]);
            let takes = |record: u32| {
                let is_its = |pair: &usize| [before.left[*pair], before.right[*pair]].contains(&record);
                let rivals = (0..before.len()).filter(|&rival| is_silent(rival)).filter(is_its);
                let key = |a: &usize, b: &usize| {
                    let by_records = (before.left[*b], before.right[*b]).cmp(&(before.left[*a], before.right[*a]));
                    before.weight[*a].total_cmp(&before.weight[*b]).then(by_records)
                };
                !links.iter().any(|&(l, r)| l == record || r == record) && rivals.max_by(key) == Some(pair)
            };
            !has_passes || !is_silent(pair) || takes(left) || takes(right)
        };
        let stay: Vec<usize> = (0..before.len()).filter(stays).collect();
        let n = stay.len();
        let of_before = |pair: usize| (before.left[pair], before.right[pair], before.weight[pair]);
        let of_after = |pair: usize| (after.left[pair], after.right[pair], after.weight[pair]);
        prop_assert_eq!(
            (0..n).map(of_after).collect::<Vec<_>>(),
            stay.into_iter().map(of_before).collect::<Vec<_>>()
        );
        prop_assert_eq!(after.n_from_candidates(), n);
        let mut told = Vec::new();
        for pair in 0..after.len() {
            let (left, right) = (after.left[pair], after.right[pair]);
            prop_assert_eq!(after.ruling[pair], rulings.get(left, right));
            prop_assert_eq!(after.weight[pair], scorer.weigh(left, right, &mut comparer.scratch()).0);
            told.extend(after.ruling[pair].map(|ruling| (left, right, ruling)));
        }
        told.sort_unstable_by_key(|pair| (pair.0, pair.1));
        prop_assert_eq!(told, rulings.pairs);
    }
}

fn rulings_of(
    sizes: &[usize],
    values: &[(&str, Vec<&str>)],
    rules: &[DeterministicRule],
) -> Vec<(u32, u32, Ruling)> {
    let columns: Vec<crate::fixture::Column<'_>> = values
        .iter()
        .map(|(name, values)| {
            let rows = values.iter().map(|value| (!value.is_empty()).then(|| (*value).to_owned())).collect();
            (*name, Role::Identifier, rows)
        })
        .collect();
    Rulings::of(&records(sizes, &columns), rules, LinkType::LinkOnly).pairs
}

fn in_pass(pass: u32, key: &str) -> DeterministicRule {
    DeterministicRule { pass: Some(pass), ..DeterministicRule::of(vec![key.parse().unwrap()]) }
}

#[test]
fn a_later_pass_is_for_records_that_no_earlier_one_has_linked_to_the_others_source() {
    // sources: 0 and 1; 2 and 3; 4
    let values = [("number", vec!["A", "", "A", "", ""]), ("house", vec!["x", "x", "x", "x", "x"])];
    let rules = [in_pass(1, "number"), in_pass(2, "house")];
    let links = |pairs: &[(u32, u32, u16)]| -> Vec<(u32, u32, Ruling)> {
        pairs.iter().map(|&(left, right, rule)| (left, right, Ruling::Link(rule))).collect()
    };
    // 0 and 2 are settled with each other, but not with the source of 4; 1 and 3 are not settled with anybody
    let expected = [(0, 2, 0), (0, 3, 1), (0, 4, 1), (1, 2, 1), (1, 3, 1), (1, 4, 1), (2, 4, 1), (3, 4, 1)];
    assert_eq!(rulings_of(&[2, 2, 1], &values, &rules), links(&expected));
    let both = [("number", vec!["A", "B", "A", "B"]), ("house", vec!["x", "x", "x", "x"])];
    assert_eq!(rulings_of(&[2, 2], &both, &rules), links(&[(0, 2, 0), (1, 3, 0)]));
}

#[test]
fn a_record_with_two_persons_to_choose_from_is_for_a_person_to_decide() {
    let choosy = DeterministicRule { unless_ambiguous: true, ..in_pass(2, "house") };
    let values = [("number", vec!["", "", ""]), ("house", vec!["x", "x", "x"])];
    let caught = [(0, 1, Ruling::Caught(0)), (0, 2, Ruling::Caught(0))];
    assert_eq!(rulings_of(&[1, 2], &values, std::slice::from_ref(&choosy)), caught);
    let values = [("number", vec!["", "A", "A", "A"]), ("house", vec!["x", "x", "x", ""])];
    let one_person = rulings_of(&[1, 2, 1], &values, &[in_pass(1, "number"), choosy]);
    assert!(one_person.contains(&(0, 1, Ruling::Link(1))), "{one_person:?}");
    assert!(one_person.contains(&(0, 2, Ruling::Link(1))), "{one_person:?}");
}

#[test]
fn unequal_values_keep_a_pair_from_a_rule_without_anything_to_review() {
    let rule = DeterministicRule { unless_unequal: vec!["number".into()], ..in_pass(1, "house") };
    let values = [("number", vec!["A1", "A1", "A2", ""]), ("house", vec!["x", "x", "x", "x"])];
    let links = [(0, 1, Ruling::Link(0)), (0, 3, Ruling::Link(0))];
    assert_eq!(rulings_of(&[1, 3], &values, &[rule]), links);
}

fn of_column(role: Role, values: &[&str]) -> Records {
    let rows = values.iter().map(|value| (!value.is_empty()).then(|| (*value).to_owned())).collect();
    records(&[values.len()], &[("field", role, rows)])
}

#[track_caller]
fn check(role: Role, left: &str, right: &str, differ: bool) {
    let records = of_column(role, &[left, right]);
    assert_eq!(is_different(&records, &records.fields[0], 0, 1), differ, "{left} and {right}");
    assert_eq!(is_different(&records, &records.fields[0], 1, 0), differ, "{right} and {left}");
}

#[test]
fn two_ways_to_write_a_value_are_not_different() {
    check(Role::DateOfBirth, "2012-03-04", "2012-03-14", false);
    check(Role::DateOfBirth, "2012-03-04", "2012-04-03", false);
    check(Role::DateOfBirth, "2012-03-04", "2012-03", false);
    check(Role::DateOfBirth, "2012-03-04", "2012-01-01", false);
    check(Role::DateOfBirth, "2012-03-04", "2012-03-15", false);
    check(Role::DateOfBirth, "2012-03-04", "", false);
    check(Role::DateOfBirth, "2012-03-04", "2012-09-27", true);
    check(Role::DateOfBirth, "2012-03-04", "2010-07-04", true);
    check(Role::Forename, "william", "bill", false);
    check(Role::Forename, "anna", "anna maria", false);
    check(Role::Forename, "mohammed", "mohamned", false);
    check(Role::Forename, "aisha", "aliyah", true);
    check(Role::Forename, "leo", "lee", true);
    check(Role::Sex, "m", "f", true);
    check(Role::Postcode, "NW9 4EW", "NW9 4EX", false);
    check(Role::Postcode, "NW9 4EW", "N1 4EX", true);
}

#[test]
fn a_value_that_hundreds_share_links_nobody_and_is_told() {
    let mut values = vec!["00000001"; 7];
    values.extend(["A1", "A1", "B2"]);
    let records = of_column(Role::Identifier, &values);
    for key in ["field", "field any word"] {
        let rules = [DeterministicRule::of(vec![key.parse().unwrap()])];
        let few = Rulings::with_most_records(&records, &rules, LinkType::DedupeOnly, 6);
        assert_eq!(few.pairs, [(7, 8, Ruling::Link(0))], "{key}");
        assert_eq!(few.left_out, [LeftOut { rule: 0, n_values: 1, most_records: 7 }], "{key}");
        let all = Rulings::with_most_records(&records, &rules, LinkType::DedupeOnly, 7);
        assert_eq!((all.pairs.len(), all.left_out.len()), (22, 0), "{key}");
    }
}

#[test]
fn what_a_rule_says_is_said_in_words_beside_the_terms() {
    let rule = |keys: &str, guards: &[&str], name: Option<&str>| DeterministicRule {
        name: name.map(str::to_owned),
        unless_different: guards.iter().map(|guard| guard.parse().unwrap()).collect(),
        ..DeterministicRule::of(keys.split(", ").map(|key| key.parse().unwrap()).collect())
    };
    let mut model = model(LinkType::LinkOnly, Vec::new());
    model.deterministic = vec![
        rule("la_child_id", &["date_of_birth and sex"], None),
        rule("forename, surname, date_of_birth", &[], Some("three of four")),
    ];
    let said = [Ruling::Link(0), Ruling::Caught(0), Ruling::Link(1)].map(|ruling| ruling.words(&model));
    insta::assert_snapshot!(said.join("\n"), @r#"
    linked because both have the same LA child id
    both have the same LA child id, which does not link them since date of birth and sex are different
    linked because both have the same forename and surname and date of birth (rule "three of four")
    "#);
}
