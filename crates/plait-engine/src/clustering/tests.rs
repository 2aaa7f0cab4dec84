use super::{cluster as cluster_weighing, *};
use crate::constraints::{Constraints, Pair};
use crate::deterministic::Ruling;
use crate::fixture::{fixed, records, scored};
use plait_types::Role;
use proptest::prelude::*;
use std::collections::BTreeSet;

type Edge = (u32, u32, f64);

/// With no more pairs than these.
fn cluster(records: &Records, pairs: &ScoredPairs, cut: f64, method: Clustering) -> Clustered {
    let none = Constraints::default();
    cluster_weighing(records, pairs, cut, method, &Conflicts::of(records, &none), &[], &|| {
        Box::new(|_, _| None)
    })
}

/// Pairs of twelve records with weights that often tie, in any order.
fn any_edges() -> impl Strategy<Value = Vec<Edge>> {
    let edges = prop::collection::btree_map((0u32..12, 0u32..12), -2i32..6, 0..25);
    edges
        .prop_map(|edges| edges.into_iter().filter(|((l, r), _)| l < r).collect::<Vec<_>>())
        .prop_shuffle()
        .prop_map(|edges| {
            edges.into_iter().map(|((left, right), weight)| (left, right, f64::from(weight))).collect()
        })
}

/// From the one to be preferred: heavier, then of lower records.
fn preferred(edges: &[Edge]) -> Vec<Edge> {
    let mut edges = edges.to_vec();
    edges.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    edges
}

fn kept(edges: &[Edge], clustered: &Clustered) -> BTreeSet<(u32, u32)> {
    edges.iter().zip(&clustered.is_link).filter(|(_, link)| **link).map(|(e, _)| (e.0, e.1)).collect()
}

proptest! {
    #![proptest_config(fixed(400))]

    #[test]
    fn best_links_are_the_first_choice_of_one_of_their_ends(edges in any_edges(), cut in -2i32..4) {
        let records = records(&[12], &[]);
        let cut = f64::from(cut);
        let clustered = cluster(&records, &scored(&edges), cut, Clustering::BestLink);
        let accepted: Vec<Edge> = preferred(&edges).into_iter().filter(|e| e.2 >= cut).collect();
        let choice = |record: u32| accepted.iter().find(|e| e.0 == record || e.1 == record);
        let expected: BTreeSet<(u32, u32)> = (0..12).filter_map(choice).map(|e| (e.0, e.1)).collect();
        prop_assert_eq!(kept(&edges, &clustered), expected.clone());
        let is_tied = |e: &&Edge| {
            !expected.contains(&(e.0, e.1)) && [e.0, e.1].into_iter().filter_map(choice).any(|best| best.2 == e.2)
        };
        prop_assert_eq!(clustered.n_ties as usize, accepted.iter().filter(is_tied).count());
    }

    #[test]
    fn among_three_sources_the_heaviest_links_come_first(edges in any_edges(), cut in -2i32..4) {
        let records = records(&[4, 5, 3], &[]);
        let cut = f64::from(cut);
        let clustered = cluster(&records, &scored(&edges), cut, Clustering::OneToOne);
        // persons as sets that merge while they have no source in common
        let mut persons: Vec<Vec<u32>> = (0..12).map(|record| vec![record]).collect();
        for (left, right, _) in preferred(&edges).into_iter().filter(|e| e.2 >= cut) {
            let of = |record| persons.iter().position(|p| p.contains(&record)).unwrap();
            let (a, b) = (of(left), of(right));
            let clash = persons[a].iter().any(|x| persons[b].iter().any(|y| records.source_of(*x) == records.source_of(*y)));
            if a != b && !clash {
                let moved = persons[b].clone();
                persons[a].extend(moved);
                persons.remove(b);
            }
        }
        for person in &persons {
            for record in 0..12 {
                let same = clustered.persons.person_of[record] == clustered.persons.person_of[person[0] as usize];
                prop_assert_eq!(same, person.contains(&(record as u32)));
            }
        }
    }

    #[test]
    fn whatever_the_method_links_are_accepted_pairs_and_persons_what_they_reach(
        edges in any_edges(),
        cut in -2i32..4,
        sizes in prop::sample::select(vec![vec![12], vec![6, 6], vec![4, 4, 4], vec![0, 12], vec![5, 0, 7]]),
    ) {
        let records = records(&sizes, &[]);
        let cut = f64::from(cut);
        for method in [Clustering::ConnectedComponents, Clustering::BestLink, Clustering::OneToOne] {
            let clustered = cluster(&records, &scored(&edges), cut, method);
            prop_assert!(edges.iter().zip(&clustered.is_link).all(|(e, link)| !link || e.2 >= cut));
            let mut components = Components::new(12);
            kept(&edges, &clustered).into_iter().for_each(|(left, right)| components.join(left, right));
            prop_assert_eq!(&components.into_persons(), &clustered.persons);
            if method == Clustering::ConnectedComponents {
                prop_assert!(edges.iter().zip(&clustered.is_link).all(|(e, link)| *link == (e.2 >= cut)));
            }
            if method == Clustering::OneToOne {
                let mut seen = BTreeSet::new();
                for record in 0..12 {
                    let place = (clustered.persons.person_of[record as usize], records.source_of(record));
                    prop_assert!(seen.insert(place), "two records of one source in a person");
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_pairs_does_not_decide(edges in any_edges(), cut in -2i32..4) {
        let sorted = preferred(&edges);
        for (sizes, method) in [
            (vec![12], Clustering::BestLink),
            (vec![4, 4, 4], Clustering::OneToOne),
            (vec![6, 6], Clustering::ConnectedComponents),
        ] {
            let records = records(&sizes, &[]);
            let of = |edges: &[Edge]| {
                let clustered = cluster(&records, &scored(edges), f64::from(cut), method);
                (kept(edges, &clustered), clustered.persons, clustered.n_ties)
            };
            prop_assert_eq!(of(&edges), of(&sorted));
        }
    }

    #[test]
    fn links_by_a_rule_are_accepted_whatever_they_weigh_and_come_before_all_others(
        edges in any_edges(),
        rulings in prop::collection::vec(prop::option::weighted(0.4, (0u16..3, any::<bool>())), 25),
        cut in -2i32..4,
    ) {
        let cut = f64::from(cut);
        let mut pairs = scored(&edges);
        for (slot, ruling) in pairs.ruling.iter_mut().zip(&rulings) {
            *slot = ruling.map(|(rule, links)| if links { Ruling::Link(rule) } else { Ruling::Caught(rule) });
        }
        let rank = |pair: &usize| pairs.linked_by_rule(*pair).map_or(9, u32::from);
        let is_accepted = |pair: &usize| rank(pair) < 9 || pairs.weight[*pair] >= cut;
        let mut order: Vec<usize> = (0..edges.len()).filter(is_accepted).collect();
        order.sort_by(|a, b| {
            rank(a).cmp(&rank(b)).then(edges[*b].2.total_cmp(&edges[*a].2)).then(edges[*a].0.cmp(&edges[*b].0)).then(edges[*a].1.cmp(&edges[*b].1))
        });
        let all = cluster(&records(&[12], &[]), &pairs, cut, Clustering::ConnectedComponents);
        for (pair, is_link) in all.is_link.iter().enumerate() {
            prop_assert_eq!(*is_link, is_accepted(&pair));
        }
        let best = cluster(&records(&[12], &[]), &pairs, cut, Clustering::BestLink);
        for (pair, is_link) in best.is_link.iter().enumerate() {
            let first_of = |record: u32| order.iter().find(|&&other| [edges[other].0, edges[other].1].contains(&record));
            let expected = [edges[pair].0, edges[pair].1].into_iter().any(|record| first_of(record) == Some(&pair));
            prop_assert_eq!(*is_link, expected);
        }
        // of one rank after the other, as if the links of the ranks before were all there is
        let two = records(&[6, 6], &[]);
        let chosen_of = best_choice(&two, &pairs, cut, &Constraints::default());
        let mut taken: Vec<u32> = Vec::new();
        for of_rank in [0, 1, 2, 9] {
            let of_it: Vec<usize> = order.iter().copied().filter(|pair| rank(pair) == of_rank).collect();
            let free = |pair: &&usize| {
                let (left, right, _) = edges[**pair];
                two.source_of(left) != two.source_of(right) && !taken.contains(&left) && !taken.contains(&right)
            };
            let open: Vec<Edge> = of_it.iter().filter(free).map(|&pair| edges[pair]).collect();
            let alone = best_choice(&two, &scored(&open), f64::NEG_INFINITY, &Constraints::default());
            let weight_alone: f64 = open.iter().zip(&alone).filter(|(_, link)| **link).map(|(e, _)| e.2).sum();
            let chosen: Vec<Edge> =
                of_it.into_iter().filter(|&pair| chosen_of[pair]).map(|pair| edges[pair]).collect();
            prop_assert_eq!(weight_alone, chosen.iter().map(|e| e.2).sum::<f64>());
            taken.extend(chosen.iter().flat_map(|e| [e.0, e.1]));
        }
        let n = taken.len();
        taken.sort_unstable();
        taken.dedup();
        prop_assert_eq!(taken.len(), n);
    }

    #[test]
    fn the_order_of_the_pairs_does_not_change_the_weight_of_a_one_to_one_choice(edges in any_edges()) {
        let records = records(&[6, 6], &[]);
        let weight = |edges: &[Edge]| -> f64 {
            let chosen = best_choice(&records, &scored(edges), 0.0, &Constraints::default());
            edges.iter().zip(&chosen).filter(|(_, link)| **link).map(|(e, _)| e.2).sum()
        };
        prop_assert_eq!(weight(&edges), weight(&preferred(&edges)));
    }
}

/// The choice of one-to-one links before the odds of each are looked at.
fn best_choice(records: &Records, pairs: &ScoredPairs, cut: f64, constraints: &Constraints) -> Vec<bool> {
    let apart = Apart { constraints, conflicts: None };
    let accepted: Vec<bool> =
        (0..pairs.len()).map(|pair| pairs.weight[pair] >= cut || rank(pairs, pair) < BY_WEIGHT).collect();
    assignment::best_choice(records, pairs, &accepted, &apart)
}

#[test]
fn twins_who_could_each_be_either_are_left_to_a_person() {
    let edges = [(0, 2, 8.0), (0, 3, 8.0), (1, 2, 8.0), (1, 3, 8.0)];
    let records = records(&[2, 2], &[]);
    let clustered = cluster(&records, &scored(&edges), 0.0, Clustering::OneToOne);
    assert_eq!(clustered.is_link, [false; 4]);
    assert_eq!((clustered.persons.n_persons, clustered.n_ties), (4, 4));
    assert_eq!(clustered.undecided, [0, 1, 2, 3]);
    // one of the two is told apart, and so is the other
    let edges = [(0, 2, 8.0), (0, 3, 8.0), (1, 2, 8.0), (1, 3, 12.0)];
    let clustered = cluster(&records, &scored(&edges), 0.0, Clustering::OneToOne);
    assert_eq!((clustered.is_link, clustered.undecided), (vec![true, false, false, true], vec![]));
}

const METHODS: [Clustering; 4] =
    [Clustering::ConnectedComponents, Clustering::BestLink, Clustering::OneToOne, Clustering::Correlation];

/// Pairs of twelve records that must be together, and that must be apart, without contradiction: some pairs of records of
/// one of three people, and of different ones.
fn any_constraints() -> impl Strategy<Value = (Vec<Pair>, Vec<Pair>)> {
    let who = prop::collection::vec(0u32..3, 12);
    let pair = (0u32..12, 0u32..12).prop_filter("of two records", |(a, b)| a != b);
    (who, prop::collection::vec(pair, 0..10))
        .prop_map(|(who, pairs)| pairs.into_iter().partition(|&(a, b)| who[a as usize] == who[b as usize]))
}

/// The pairs when they have been told the constraints; a pair that is not among them weighs little.
fn told(edges: &[Edge], constraints: &Constraints) -> ScoredPairs {
    let mut pairs = scored(edges);
    constraints.take_out_apart(&mut pairs);
    for &(left, right) in constraints.together() {
        let place = (0..pairs.len()).find(|&pair| (pairs.left[pair], pairs.right[pair]) == (left, right));
        if let Some(pair) = place {
            pairs.ruling[pair] = Some(Ruling::Together);
        } else {
            pairs.left.push(left);
            pairs.right.push(right);
            pairs.weight.push(-9.0);
            pairs.rule.push(ScoredPairs::NO_CANDIDATE);
            pairs.ruling.push(Some(Ruling::Together));
        }
    }
    pairs
}

/// Numbers of which every third record or so has one.
fn any_numbers() -> impl Strategy<Value = Vec<Option<String>>> {
    let number = prop::sample::select(vec!["9990000018", "9990000026", "9990000034"]);
    prop::collection::vec(prop::option::weighted(0.35, number.prop_map(str::to_owned)), 12)
}

proptest! {
    #![proptest_config(fixed(600))]

    #[test]
    fn constraints_hold_whatever_the_method_and_the_order_in_which_they_come(
        edges in any_edges(),
        (together, apart) in any_constraints(),
        rulings in prop::collection::vec(prop::option::weighted(0.2, 0u16..3), 35),
        numbers in any_numbers(),
        cut in -2i32..4,
        sizes in prop::sample::select(vec![vec![12], vec![6, 6], vec![4, 4, 4], vec![5, 0, 7]]),
    ) {
        let records = records(&sizes, &[("nhs_number", Role::NhsNumber, numbers)]);
        let constraints = Constraints::new(together.iter().copied(), apart.iter().copied()).unwrap();
        let reversed = |pairs: &[(u32, u32)]| pairs.iter().rev().map(|&(a, b)| (b, a)).collect::<Vec<_>>();
        let other_order = Constraints::new(reversed(&together), reversed(&apart)).unwrap();
        let of = |constraints: &Constraints, method| {
            let mut pairs = told(&edges, constraints);
            for (slot, rule) in pairs.ruling.iter_mut().zip(&rulings) {
                *slot = slot.or(rule.map(Ruling::Link));
            }
            let none = || -> Box<dyn FnMut(u32, u32) -> Option<f64>> { Box::new(|_, _| None) };
            let conflicts = Conflicts::of(&records, constraints);
            let clustered =
                cluster_weighing(&records, &pairs, f64::from(cut), method, &conflicts, &[], &none);
            (pairs, clustered)
        };
        let conflicts = Conflicts::of(&records, &constraints);
        for method in METHODS {
            let (pairs, clustered) = of(&constraints, method);
            let person_of = &clustered.persons.person_of;
            let is_one = |a: u32, b: u32| person_of[a as usize] == person_of[b as usize];
            for &(a, b) in &together {
                prop_assert!(is_one(a, b), "{method:?}: {a} and {b} must be together");
            }
            for &(a, b) in &apart {
                prop_assert!(!is_one(a, b), "{method:?}: {a} and {b} must be apart");
            }
            for (a, b) in (0..12).flat_map(|a| (a + 1..12).map(move |b| (a, b))).filter(|&(a, b)| is_one(a, b)) {
                let is_free = method == Clustering::ConnectedComponents || !conflicts.between(a, b);
                prop_assert!(is_free, "{method:?}: the numbers of {a} and {b} conflict");
                let one_source = method == Clustering::OneToOne && records.source_of(a) == records.source_of(b);
                prop_assert!(!one_source || constraints.first(a) == constraints.first(b));
            }
            let mut components = Components::new(12);
            for pair in (0..pairs.len()).filter(|&pair| clustered.is_link[pair]) {
                components.join(pairs.left[pair], pairs.right[pair]);
            }
            prop_assert_eq!(&components.into_persons(), &clustered.persons);
            let (_, again) = of(&other_order, method);
            prop_assert_eq!((&again.persons, &again.is_link), (&clustered.persons, &clustered.is_link));
        }
    }

    #[test]
    fn links_are_taken_again_only_where_records_are_kept_apart(
        edges in any_edges(),
        (_, apart) in any_constraints(),
        numbers in any_numbers(),
    ) {
        let records = records(&[12], &[("nhs_number", Role::NhsNumber, numbers)]);
        let constraints = Constraints::new([], apart).unwrap();
        let conflicts = Conflicts::of(&records, &constraints);
        let keeping = Apart { constraints: &constraints, conflicts: Some(&conflicts) };
        let edges: Vec<Edge> = edges.into_iter().filter(|e| !keeping.keeps(e.0, e.1)).collect();
        let mut is_link = vec![true; edges.len()];
        keeping.take_again(12, &scored(&edges), &mut is_link);
        // the twin: whom links reach is found anew for every link
        let reached = |links: &[Edge]| {
            let mut components = Components::new(12);
            links.iter().for_each(|e| components.join(e.0, e.1));
            components.into_persons().person_of
        };
        let holds_apart = |person_of: &[u32], person: u32| {
            let of_it: Vec<u32> = (0..12).filter(|&r| person_of[r as usize] == person).collect();
            of_it.iter().any(|&a| of_it.iter().any(|&b| a < b && keeping.keeps(a, b)))
        };
        let all = reached(&edges);
        let mut taken: Vec<Edge> = Vec::new();
        for edge in preferred(&edges) {
            let with: Vec<Edge> = taken.iter().copied().chain([edge]).collect();
            let person_of = reached(&with);
            let is_whole = !holds_apart(&all, all[edge.0 as usize]);
            if is_whole || !holds_apart(&person_of, person_of[edge.0 as usize]) {
                taken = with;
            }
        }
        let expected: BTreeSet<(u32, u32)> = taken.iter().map(|e| (e.0, e.1)).collect();
        let found = edges.iter().zip(&is_link).filter(|(_, link)| **link).map(|(e, _)| (e.0, e.1));
        prop_assert_eq!(found.collect::<BTreeSet<(u32, u32)>>(), expected);
    }

    #[test]
    fn no_other_one_to_one_choice_among_those_put_together_weighs_more(
        edges in any_edges(),
        (together, apart) in any_constraints(),
    ) {
        let records = records(&[6, 6], &[]);
        let constraints = Constraints::new(together, apart).unwrap();
        let pairs = told(&edges, &constraints);
        let chosen = best_choice(&records, &pairs, 0.0, &constraints);
        let mut persons = Components::new(12);
        constraints.together().iter().for_each(|&(left, right)| persons.join(left, right));
        (0..pairs.len()).filter(|&at| chosen[at]).for_each(|at| persons.join(pairs.left[at], pairs.right[at]));
        let persons = persons.into_persons();
        let weigher = || -> Box<dyn FnMut(u32, u32) -> Option<f64>> { Box::new(|_, _| None) };
        let conflicts = Conflicts::of(&records, &constraints);
        let clustered = cluster_weighing(&records, &pairs, 0.0, Clustering::OneToOne, &conflicts, &[], &weigher);
        let odds = clustered.odds.unwrap();
        let likely: Vec<bool> = (0..pairs.len())
            .map(|pair| {
                let is_accepted = pairs.weight[pair] >= 0.0 || rank(&pairs, pair) < BY_WEIGHT;
                let between = records.source_of(pairs.left[pair]) != records.source_of(pairs.right[pair]);
                is_accepted && (odds[pair] >= 0.0 || !between)
            })
            .collect();
        let apart = Apart { constraints: &constraints, conflicts: None };
        let expected = assignment::best_choice(&records, &pairs, &likely, &apart);
        prop_assert_eq!(&clustered.is_link, &expected, "the best choice of those that are likely");
        let first = |record: u32| constraints.first(record);
        let is_of_both = |record: u32| {
            let group = constraints.group(&record);
            group.iter().any(|&other| records.source_of(other) != records.source_of(record))
        };
        // of two that are put together as a whole, the heaviest pair counts
        let mut best: std::collections::BTreeMap<(u32, u32), f64> = std::collections::BTreeMap::new();
        for pair in (0..pairs.len()).filter(|&pair| !pairs.is_constrained(pair) && pairs.weight[pair] >= 0.0) {
            let (left, right) = (pairs.left[pair], pairs.right[pair]);
            if records.source_of(left) != records.source_of(right) && !is_of_both(left) && !is_of_both(right) {
                let slot = best.entry((first(left), first(right))).or_insert(f64::NEG_INFINITY);
                *slot = slot.max(pairs.weight[pair]);
            }
        }
        let is_one = |a: u32, b: u32| persons.person_of[a as usize] == persons.person_of[b as usize];
        let chosen: f64 = best.iter().filter(|(ends, _)| is_one(ends.0, ends.1)).map(|(_, weight)| weight).sum();
        let all: Vec<Edge> = best.into_iter().map(|((l, r), w)| (l, r, w)).collect();
        prop_assert_eq!(chosen, assignment::best_total(&all, &mut Vec::new()));
    }
}

#[test]
fn pairs_that_were_never_scored_are_kept_apart_in_sets_too_large_to_look_at_whole() {
    // a chain of 500 records, of which the first and the last are kept apart, and one is put together with a loner
    let n = 500;
    let records = records(&[n + 1], &[]);
    let edges: Vec<Edge> =
        (1..n as u32).map(|right| (right - 1, right, 9.0 + f64::from(right % 7))).collect();
    let constraints = Constraints::new([(3, n as u32)], [(0, n as u32 - 1)]).unwrap();
    let pairs = told(&edges, &constraints);
    for method in METHODS {
        let weigher = || -> Box<dyn FnMut(u32, u32) -> Option<f64>> { Box::new(|_, _| Some(1.0)) };
        let persons = cluster_weighing(
            &records,
            &pairs,
            0.0,
            method,
            &Conflicts::of(&records, &constraints),
            &[],
            &weigher,
        )
        .persons
        .person_of;
        assert_ne!(persons[0], persons[n - 1], "{method:?}");
        assert_eq!(persons[3], persons[n], "{method:?}");
        if method == Clustering::ConnectedComponents {
            assert!(persons.iter().all(|&person| person < 2), "one link gives way, the weakest");
        }
    }
}

#[test]
fn numbers_keep_records_apart_in_all_methods_but_connected_components() {
    let number = |text: &str| Some(text.to_owned());
    let numbers = vec![number("9990000018"), None, number("9990000026")];
    let records = records(&[1, 1, 1], &[("nhs_number", Role::NhsNumber, numbers)]);
    let edges = [(0, 1, 9.0), (0, 2, 20.0), (1, 2, 12.0)];
    for method in METHODS {
        let persons = cluster(&records, &scored(&edges), 0.0, method).persons.person_of;
        let expected = if method == Clustering::ConnectedComponents { [0, 0, 0] } else { [0, 1, 1] };
        assert_eq!(persons, expected, "{method:?}");
    }
}
