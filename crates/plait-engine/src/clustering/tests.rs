use super::{cluster as cluster_weighing, *};
use crate::deterministic::Ruling;
use crate::fixture::{fixed, records, scored};
use proptest::prelude::*;
use std::collections::BTreeSet;

type Edge = (u32, u32, f64);

/// With no more pairs than these.
fn cluster(records: &Records, pairs: &ScoredPairs, cut: f64, method: Clustering) -> Clustered {
    cluster_weighing(records, pairs, cut, method, &|| Box::new(|_, _| None))
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
        let one_to_one = cluster(&two, &pairs, cut, Clustering::OneToOne);
        let mut taken: Vec<u32> = Vec::new();
        for of_rank in [0, 1, 2, 9] {
            let of_it: Vec<usize> = order.iter().copied().filter(|pair| rank(pair) == of_rank).collect();
            let free = |pair: &&usize| {
                let (left, right, _) = edges[**pair];
                two.source_of(left) != two.source_of(right) && !taken.contains(&left) && !taken.contains(&right)
            };
            let open: Vec<Edge> = of_it.iter().filter(free).map(|&pair| edges[pair]).collect();
            let alone = cluster(&two, &scored(&open), f64::NEG_INFINITY, Clustering::OneToOne);
            let weight_alone: f64 = open.iter().zip(&alone.is_link).filter(|(_, link)| **link).map(|(e, _)| e.2).sum();
            let chosen: Vec<Edge> =
                of_it.into_iter().filter(|&pair| one_to_one.is_link[pair]).map(|pair| edges[pair]).collect();
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
            let clustered = cluster(&records, &scored(edges), 0.0, Clustering::OneToOne);
            edges.iter().zip(&clustered.is_link).filter(|(_, link)| **link).map(|(e, _)| e.2).sum()
        };
        prop_assert_eq!(weight(&edges), weight(&preferred(&edges)));
    }
}

#[test]
fn twins_who_could_each_be_either_are_told_as_a_tie() {
    let edges = [(0, 2, 8.0), (0, 3, 8.0), (1, 2, 8.0), (1, 3, 8.0)];
    let records = records(&[2, 2], &[]);
    let clustered = cluster(&records, &scored(&edges), 0.0, Clustering::OneToOne);
    assert_eq!(clustered.is_link.iter().filter(|link| **link).count(), 2);
    assert_eq!((clustered.persons.n_persons, clustered.n_ties), (2, 2));
}
