use super::dense::by_lowest;
use super::*;
use crate::conflicts::Conflicts;
use crate::constraints::Constraints;
use crate::fixture::{column, fixed, records, scored};
use crate::model::Clustering;
use plait_types::Role;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Weights between all pairs of some records, by left and right.
type Weights = BTreeMap<(usize, usize), f64>;

/// What each of some records holds in three fields, and its source.
type Held = Vec<([Option<u8>; 3], u8)>;

/// Some hold nothing that another one does not hold.
fn any_held() -> impl Strategy<Value = Held> {
    let value = prop_oneof![1 => Just(None), 2 => (0u8..2).prop_map(Some)];
    prop::collection::vec(([value.clone(), value.clone(), value], 0u8..3), 10)
}

fn is_within(held: &Held, record: usize, other: usize) -> bool {
    held[record].0.iter().zip(&held[other].0).all(|(value, other)| value.is_none() || value == other)
}

/// Those that hold something of their own, and the first of those that hold the same.
fn that_count(held: &Held, records: &[usize]) -> Vec<usize> {
    let is_told_by = |record: usize, other: usize| {
        is_within(held, record, other) && (!is_within(held, other, record) || other < record)
    };
    let counts =
        |record: &&usize| !records.iter().any(|&other| other != **record && is_told_by(**record, other));
    records.iter().filter(counts).copied().collect()
}

/// The sum between two clusters, of the records that count and of those of one source.
fn between(weights: &Weights, held: &Held, left: &[usize], right: &[usize]) -> f64 {
    let pairs = || left.iter().flat_map(|&l| right.iter().map(move |&r| (l, r)));
    if pairs().any(|(l, r)| weight(weights, l, r) == f64::NEG_INFINITY) {
        return f64::NEG_INFINITY;
    }
    let (lefts, rights) = (that_count(held, left), that_count(held, right));
    let counts =
        |&(l, r): &(usize, usize)| lefts.contains(&l) && rights.contains(&r) || held[l].1 == held[r].1;
    pairs().filter(counts).map(|(l, r)| weight(weights, l, r)).sum()
}

/// Records that all hold something of their own.
fn all_different() -> Held {
    (0..10).map(|record| ([Some(record), None, None], record)).collect()
}

/// Weights of some pairs of up to nine records; those of the others are told to be unknown.
fn any_weights() -> impl Strategy<Value = (usize, Weights)> {
    (2usize..10).prop_flat_map(|n| {
        let pairs: Vec<(usize, usize)> =
            (0..n).flat_map(|left| (left + 1..n).map(move |right| (left, right))).collect();
        let weight = prop_oneof![
            3 => (-12.0..12.0).prop_map(Some),
            1 => Just(None),
            1 => Just(Some(f64::NEG_INFINITY)),
        ];
        prop::collection::vec(weight, pairs.len()).prop_map(move |weights| {
            let known = pairs.iter().zip(weights).filter_map(|(&pair, weight)| Some((pair, weight?)));
            (n, known.collect())
        })
    })
}

fn dense_of(n: usize, weights: &Weights, held: &Held) -> Dense {
    let mut dense = Dense::new(n);
    weights.iter().for_each(|(&(left, right), &weight)| dense.set(left, right, weight));
    let pairs = (0..n).flat_map(|record| (0..n).map(move |other| (record, other)));
    for (record, other) in pairs.filter(|&(record, other)| record != other) {
        if is_within(held, record, other) {
            dense.holds_no_more(record, other);
        }
        if held[record].1 == held[other].1 {
            dense.are_of_one_source(record, other);
        }
    }
    dense
}

fn weight(weights: &Weights, a: usize, b: usize) -> f64 {
    weights.get(&(a.min(b), a.max(b))).copied().unwrap_or(NOT_COMPARED)
}

/// The twin: sums taken anew before every merge.
fn merged_slowly(n: usize, weights: &Weights, held: &Held, cut: f64) -> Vec<usize> {
    let mut clusters: Vec<Vec<usize>> = (0..n).map(|record| vec![record]).collect();
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for (a, left) in clusters.iter().enumerate() {
            for (b, right) in clusters.iter().enumerate().skip(a + 1) {
                let sum = between(weights, held, left, right);
                let most = left
                    .iter()
                    .flat_map(|&l| right.iter().map(move |&r| (l.min(r), l.max(r))))
                    .filter_map(|pair| weights.get(&pair).copied())
                    .fold(f64::NEG_INFINITY, f64::max);
                if sum >= cut
                    && sum > f64::NEG_INFINITY
                    && most >= cut + BENEFIT
                    && best.is_none_or(|(best, ..)| sum > best)
                {
                    best = Some((sum, a, b));
                }
            }
        }
        let Some((_, a, b)) = best else { break };
        let moved = clusters.remove(b);
        clusters[a].extend(moved);
        clusters.sort_by_key(|cluster| *cluster.iter().min().unwrap());
    }
    let mut cluster_of = vec![0; n];
    for cluster in clusters {
        let lowest = *cluster.iter().min().unwrap();
        cluster.into_iter().for_each(|record| cluster_of[record] = lowest);
    }
    cluster_of
}

/// The sum of the weights of pairs that are together.
fn within(n: usize, weights: &Weights, cluster_of: &[usize]) -> f64 {
    let pairs = (0..n).flat_map(|left| (left + 1..n).map(move |right| (left, right)));
    pairs.filter(|&(l, r)| cluster_of[l] == cluster_of[r]).map(|(l, r)| weight(weights, l, r)).sum()
}

proptest! {
    #![proptest_config(fixed(500))]

    #[test]
    fn clusters_merge_in_the_order_of_their_sums((n, weights) in any_weights(), held in any_held(), cut in -3.0..4.0) {
        prop_assert_eq!(dense_of(n, &weights, &held).merged(cut), merged_slowly(n, &weights, &held, cut));
    }

    #[test]
    fn many_records_merge_as_few_do((n, weights) in any_weights(), cut in -3.0..4.0) {
        let mut sparse = Sparse::new(n);
        for (&(left, right), &weight) in &weights {
            sparse.set(left as u32, right as u32, weight);
        }
        let slow: Vec<u32> = merged_slowly(n, &weights, &all_different(), cut).into_iter().map(|record| record as u32).collect();
        prop_assert_eq!(sparse.clusters(cut), slow);
    }

    #[test]
    fn joins_are_of_all_pairs_and_the_first_are_the_merges((n, weights) in any_weights()) {
        let joins = dense_of(n, &weights, &all_different()).joins();
        prop_assert_eq!(joins.iter().map(Join::n_pairs).sum::<usize>(), n * (n - 1) / 2);
        let all: f64 = joins.iter().map(|join| join.bits).sum();
        let expected = within(n, &weights, &vec![0; n]);
        prop_assert!(all == expected || (all - expected).abs() < 1e-9, "{} is not {}", all, expected);
        if let Some(first) = joins.first() {
            let greatest = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
            let greatest = greatest.map(|(a, b)| weight(&weights, a, b)).fold(f64::NEG_INFINITY, f64::max);
            prop_assert_eq!(first.bits, greatest);
        }
    }

    #[test]
    fn records_move_only_for_the_better_and_as_far_as_they_can((n, weights) in any_weights(), cut in -3.0..4.0) {
        let dense = dense_of(n, &weights, &all_different());
        let (before, after) = (dense.merged(cut), by_lowest(&dense.moved(cut)));
        // a record that is let stay for less than even odds may cost as much
        let least = (0..n).count() as f64 * cut.min(0.0) * 10.0;
        prop_assert!(within(n, &weights, &after) >= within(n, &weights, &before) + least - 1e-9);
        for record in 0..n {
            prop_assert!(after[after[record]] == after[record] && after[record] <= record, "known by its lowest");
            for other in 0..record {
                let apart = weight(&weights, other, record) == f64::NEG_INFINITY;
                prop_assert!(!apart || after[record] != after[other]);
            }
            let to = |cluster: usize| -> f64 {
                (0..n).filter(|&o| o != record && after[o] == cluster).map(|o| weight(&weights, record, o)).sum()
            };
            prop_assert!(to(after[record]) > cut.min(0.0) - 1e-6, "it would be better alone");
        }
    }
}

/// The twin: for each record in turn the chances of all five cases, from the pairs. Also gives who was taken out.
fn decided_slowly(
    n: usize,
    weights: &Weights,
    held: &Held,
    cluster_of: &[usize],
    cut: f64,
) -> (Vec<usize>, Vec<bool>) {
    let sum = |lefts: &[usize], rights: &[usize]| between(weights, held, lefts, rights);
    let all = |lefts: &[usize], rights: &[usize]| -> f64 {
        lefts.iter().flat_map(|&l| rights.iter().map(move |&r| weight(weights, l, r))).sum()
    };
    let is_undecided = |record: usize| -> bool {
        let members = |cluster: usize| -> Vec<usize> {
            (0..n).filter(|&other| other != record && cluster_of[other] == cluster).collect()
        };
        let own = members(cluster_of[record]);
        let different: Vec<usize> =
            own.iter().copied().filter(|&other| held[other].0 != held[record].0).collect();
        let greatest = |cluster: &Vec<usize>| {
            let known = |&other: &usize| weights.get(&(record.min(other), record.max(other))).copied();
            cluster.iter().filter_map(known).fold(f64::NEG_INFINITY, f64::max)
        };
        let could_link = |cluster: &Vec<usize>| greatest(cluster) >= cut + BENEFIT;
        // what it takes for the record to be there: alone, or for one of those there, who comes here
        let elsewhere = |rival: &Vec<usize>| -> f64 {
            let in_place_of = |&other: &usize| -> f64 {
                let rest: Vec<usize> = rival.iter().copied().filter(|&o| o != other).collect();
                let stays = all(&[other], &rest);
                if stays == f64::NEG_INFINITY {
                    return 0.0;
                }
                (all(&[record], &rest) + all(&[other], &own) - stays).exp2()
            };
            sum(&[record], rival).exp2() + rival.iter().map(in_place_of).fold(0.0, f64::max)
        };
        let others = (0..n).filter(|&cluster| cluster != cluster_of[record]).map(members);
        let rivals: Vec<Vec<usize>> = others.filter(could_link).collect();
        let fits_as_well = |rival: &Vec<usize>| {
            sum(&[record], rival) >= cut && greatest(&different) - greatest(rival) < 1.0 - 1e-9
        };
        let is_best_here = !rivals.iter().any(fits_as_well);
        let rival = rivals
            .into_iter()
            .map(|rival| (elsewhere(&rival), rival))
            .reduce(|a, b| if b.0 > a.0 { b } else { a });
        let Some((elsewhere, rival)) = rival.filter(|_| !own.is_empty()) else { return false };
        let stays = sum(&[record], &different);
        let both = stays + sum(&[record], &rival) + sum(&own, &rival);
        let is_likely = stays.exp2() + both.exp2() >= (elsewhere + 1.0) * cut.exp2();
        let is_sure = stays - elsewhere.log2() > 10.0 || is_likely && stays - elsewhere.log2() >= 1.0 - 1e-9;
        !is_best_here || !is_sure
    };
    // everybody who is undecided is alone, the others stay together
    let undecided: Vec<bool> = (0..n).map(is_undecided).collect();
    let after =
        (0..n).map(|record| if undecided[record] { n + record } else { cluster_of[record] }).collect();
    (after, undecided)
}

proptest! {
    #![proptest_config(fixed(500))]

    #[test]
    fn records_that_fit_two_clusters_are_taken_out((n, weights) in any_weights(), held in any_held(), cut in -3.0..4.0) {
        let dense = dense_of(n, &weights, &held);
        let places = dense.clusters(cut);
        let (cluster_of, undecided) = decided_slowly(n, &weights, &held, &dense.moved(cut), cut);
        let lowest = |record: usize| (0..n).find(|&other| cluster_of[other] == cluster_of[record]).unwrap();
        let expected: Vec<usize> = (0..n).map(lowest).collect();
        prop_assert_eq!(places.iter().map(|place| place.lowest).collect::<Vec<_>>(), expected);
        prop_assert_eq!(places.iter().map(|place| place.is_undecided).collect::<Vec<_>>(), undecided);
    }
}

#[test]
fn a_record_that_fits_twins_alike_is_of_neither() {
    let records = records(&[5], &[]);
    // two persons of two records each, who are two people, and a record that fits both
    let sure = [(0, 1, 12.0), (2, 3, 12.0)];
    let twins = [(0, 2, -9.0), (0, 3, -9.0), (1, 2, -9.0), (1, 3, -9.0)];
    let one = |first: f64| [(0, 4, first), (1, 4, first), (2, 4, 5.0), (3, 4, 5.0)];
    let edges = |first| [sure.as_slice(), &one(first)].concat();
    assert_eq!(persons(&records, &edges(5.0), &twins), [0, 0, 1, 1, 2]);
    assert_eq!(persons(&records, &edges(9.0), &twins), [0, 0, 1, 1, 0], "it fits one much better");
    assert_eq!(
        persons(&records, &edges(5.0), &twins.map(|(l, r, _)| (l, r, -0.1))),
        [0; 5],
        "they may be one"
    );
    // that they may be one is no reason to choose by the order of the files
    let alike = [(0, 2, 4.3), (1, 2, 4.3)];
    let three = |apart: f64| persons(&records, &alike, &[(0, 1, apart)])[..3].to_vec();
    assert_eq!(three(-6.0), [0, 1, 2]);
    assert_eq!(three(-1.0), [0, 0, 0]);
}

#[test]
fn two_records_that_fit_twins_alike_are_of_neither_though_each_twin_has_one() {
    let records = records(&[6], &[]);
    // twins of two records each, and a record of each twin that does not say of whom it is: 4 and 5 are of two people
    let sure = [(0, 1, 12.0), (2, 3, 12.0)];
    let twins = [(0, 2, -9.0), (0, 3, -9.0), (1, 2, -9.0), (1, 3, -9.0), (4, 5, -3.0)];
    let unsaid = |of_4: f64, of_5: f64| {
        [4, 5].into_iter().zip([of_4, of_5]).flat_map(|(record, more)| {
            (0..4).map(move |other| {
                let is_first = other < 2;
                (other, record, if is_first == (record == 4) { 5.0 + more } else { 5.0 })
            })
        })
    };
    let check = |of_4: f64, of_5: f64, expected: [u32; 6]| {
        let edges: Vec<_> = sure.into_iter().chain(unsaid(of_4, of_5)).collect();
        assert_eq!(persons(&records, &edges, &twins), expected, "{of_4} {of_5}");
    };
    check(0.0, 0.0, [0, 0, 1, 1, 2, 3]);
    check(1.0, 1.0, [0, 0, 1, 1, 0, 1]);
    // that one of them is known is no reason to put the other one to the other twin: its best record there fits no better
    check(2.0, 0.0, [0, 0, 1, 1, 0, 2]);
}

#[test]
fn a_copy_of_what_fits_twins_alike_does_not_say_whose_it_is() {
    // two twins of two records each, and a record without a forename twice
    let records = records(
        &[6],
        &[
            ("forename", Role::Forename, column(&["ada", "adah", "bo", "beau", "", ""])),
            ("surname", Role::Surname, column(&["vane"; 6])),
        ],
    );
    let twins = [(0, 2, -9.0), (0, 3, -9.0), (1, 2, -9.0), (1, 3, -9.0)];
    let mut edges = vec![(0, 1, 12.0), (2, 3, 12.0), (4, 5, 30.0)];
    edges.extend((0..4).flat_map(|twin| [(twin, 4, 5.0), (twin, 5, 5.0)]));
    assert_eq!(persons(&records, &edges, &twins), [0, 0, 1, 1, 2, 3]);
}

#[test]
fn a_record_that_holds_less_does_not_join_twins() {
    // the records without a forename speak for everybody of the family; each of the twins has one
    let records = records(
        &[2, 2],
        &[
            ("forename", Role::Forename, column(&["ada", "bo", "", ""])),
            ("surname", Role::Surname, column(&["vane"; 4])),
        ],
    );
    let edges = [(0, 2, 15.0), (1, 3, 15.0), (0, 3, 8.0), (1, 2, 8.0), (2, 3, 8.0)];
    let compared = [(0, 1, -9.0)];
    assert_eq!(persons(&records, &edges, &compared), [0, 1, 0, 1]);
}

fn persons(
    records: &crate::records::Records,
    edges: &[(u32, u32, f64)],
    compared: &[(u32, u32, f64)],
) -> Vec<u32> {
    let weigher = || -> Box<WeighPair<'_>> {
        Box::new(|left, right| {
            compared.iter().find(|pair| (pair.0, pair.1) == (left, right)).map(|pair| pair.2)
        })
    };
    let clustered = super::super::cluster(
        records,
        &scored(edges),
        0.0,
        Clustering::Correlation,
        &Conflicts::of(records, &Constraints::default()),
        &["forename".to_owned(), "surname".to_owned()],
        &weigher,
    );
    clustered.persons.person_of
}

#[test]
fn a_chain_of_links_breaks_where_its_ends_speak_against_it() {
    let records = records(&[3], &[]);
    let chain = [(0, 1, 8.0), (1, 2, 3.0)];
    assert_eq!(persons(&records, &chain, &[]), [0, 0, 0], "ends that were never compared speak little");
    assert_eq!(persons(&records, &chain, &[(0, 2, -9.0)]), [0, 0, 1], "the weaker link gives way");
}

#[test]
fn a_link_of_records_with_different_nhs_numbers_does_not_hold() {
    let number = |text: &str| Some(text.to_owned());
    let numbers = vec![number("9990000018"), None, number("9990000026")];
    let records = records(&[3], &[("nhs_number", Role::NhsNumber, numbers)]);
    assert_eq!(persons(&records, &[(0, 2, 20.0)], &[]), [0, 1, 2]);
    assert_eq!(
        persons(&records, &[(0, 1, 9.0), (1, 2, 20.0)], &[]),
        [0, 1, 1],
        "nor by way of another record"
    );
}

#[test]
fn sets_too_large_to_look_at_whole_come_apart_all_the_same() {
    // persons of three records each, all of whom a weak link joins to the next
    let n = 3 * 250;
    let records = records(&[n], &[]);
    let mut edges = Vec::new();
    for first in (0..n as u32).step_by(3) {
        edges.extend([(first, first + 1, 9.0), (first, first + 2, 9.0), (first + 1, first + 2, 9.0)]);
        if first + 3 < n as u32 {
            edges.push((first + 2, first + 3, 1.0));
        }
    }
    let expected: Vec<u32> = (0..n as u32).map(|record| record / 3).collect();
    assert_eq!(persons(&records, &edges, &[]), expected);
}

#[test]
fn what_is_settled_needs_no_review() {
    let records = records(&[6], &[]);
    // two persons of two records and a weak pair between them, and a weak pair of loners
    let edges = [(0, 1, 9.0), (2, 3, 9.0), (1, 2, -1.0), (4, 5, -1.0)];
    let mut pairs = scored(&edges);
    let weigher = || -> Box<WeighPair<'_>> { Box::new(|_, _| None) };
    let mut clustered = super::super::cluster(
        &records,
        &pairs,
        0.0,
        Clustering::Correlation,
        &Conflicts::of(&records, &Constraints::default()),
        &[],
        &weigher,
    );
    clustered.forget_settled(&mut pairs, 0.0);
    let left: Vec<(u32, u32)> = pairs.left.iter().copied().zip(pairs.right.iter().copied()).collect();
    assert_eq!(left, [(0, 1), (2, 3), (4, 5)]);
    assert_eq!(clustered.is_link, [true, true, false]);
}
