use super::*;
use crate::evaluation::{Z_95, wilson};
use crate::fixture::fixed;
use proptest::prelude::*;

const N_GROUPS: usize = 3;

/// Records: person, entity, source, group.
fn any_records() -> impl Strategy<Value = Vec<(u32, u32, u32, u16)>> {
    let group = prop_oneof![0..N_GROUPS as u16, Just(NO_GROUP)];
    prop::collection::vec((0u32..5, 0u32..5, 0u32..3, group), 0..25).prop_map(|mut rows| {
        rows.sort_by_key(|row| row.2);
        rows
    })
}

fn column<T>(rows: &[(u32, u32, u32, u16)], of: impl Fn(&(u32, u32, u32, u16)) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

proptest! {
    #![proptest_config(fixed(200))]

    #[test]
    fn pairs_of_a_group_are_those_of_looking_at_every_pair(rows in any_records(), between_sources: bool) {
        let (person, entity) = (column(&rows, |row| row.0), column(&rows, |row| row.1));
        let (source_of, group_of) = (column(&rows, |row| row.2), column(&rows, |row| row.3));
        let entities = Clusters::new(&entity, 5);
        let pairs = Pairs { within: &entities, same: &person, source_of: &source_of, between_sources };
        let tallies = tally_pairs(Grouping { group_of: &group_of, n_groups: N_GROUPS }, &pairs);
        for (place, tally) in tallies.iter().enumerate() {
            let is_of = |record: usize| place == N_GROUPS || usize::from(group_of[record]) == place;
            let (mut whole, mut part) = (0, 0);
            for a in 0..rows.len() {
                for b in 0..a {
                    let counts = entity[a] == entity[b]
                        && (is_of(a) || is_of(b))
                        && !(between_sources && source_of[a] == source_of[b]);
                    whole += u64::from(counts);
                    part += u64::from(counts && person[a] == person[b]);
                }
            }
            prop_assert_eq!((tally.part, tally.whole), (part, whole), "group {}", place);
        }
    }

    #[test]
    fn sizes_and_sums_are_those_of_looking_at_every_record(rows in any_records()) {
        let (person, group_of) = (column(&rows, |row| row.0), column(&rows, |row| row.3));
        let persons = Clusters::new(&person, 5);
        let grouping = Grouping { group_of: &group_of, n_groups: N_GROUPS };
        let count = |record: u32| (u64::from(record % 2), u64::from(record % 3) + record as u64 % 2);
        let is_so = |record: u32| [record % 3 == 1, record % 4 == 1];
        let counts = Marked::new(&persons, &person, is_so).count(grouping);
        let tallies = tally_records(grouping, &persons, &count);
        for group in 0..N_GROUPS {
            let of_group: Vec<usize> =
                (0..rows.len()).filter(|&record| usize::from(group_of[record]) == group).collect();
            let mut theirs: Vec<u32> = of_group.iter().map(|&record| person[record]).collect();
            theirs.sort_unstable();
            theirs.dedup();
            let marked = [0, 1].map(|thing| of_group.iter().filter(|&&r| is_so(r as u32)[thing]).count() as u64);
            let expected =
                GroupCounts { records: of_group.len() as u64, clusters: theirs.len() as u64, marked };
            prop_assert_eq!(counts[group], expected);
            let sum = of_group.iter().map(|&record| count(record as u32)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
            prop_assert_eq!((tallies[group].part, tallies[group].whole), sum);
        }
    }

    #[test]
    fn of_single_things_the_interval_is_that_of_independent_ones(part in 1u64..40, missed in 1u64..40) {
        let mut tally = Tally::default();
        (0..part).for_each(|_| tally.add(1, 1));
        (0..missed).for_each(|_| tally.add(0, 1));
        let (found, expected) = (tally.interval(Z_95), wilson(part, part + missed));
        // the variance of a ratio is told with one degree of freedom less
        let wide = |interval: (f64, f64)| interval.1 - interval.0;
        prop_assert!((wide(found) / wide(expected) - 1.0).abs() < 0.3, "{:?} {:?}", found, expected);
        prop_assert!(found.0 <= expected.0 + 1e-9 && found.1 >= expected.1 - 1e-9);
    }

    #[test]
    fn an_interval_holds_its_share(counts in prop::collection::vec((0u64..4, 0u64..4), 1..30)) {
        let mut tally = Tally::default();
        counts.iter().for_each(|&(part, missed)| tally.add(part, part + missed));
        if let Some(value) = tally.value() {
            let (low, high) = tally.interval(Z_95);
            prop_assert!(low <= value + 1e-9 && value <= high + 1e-9 && (0.0..=1.0).contains(&low));
            prop_assert!(tally.effective() >= 1.0 && tally.effective() <= tally.whole as f64);
        }
    }
}

#[test]
fn things_that_come_together_say_less() {
    let (mut apart, mut together) = (Tally::default(), Tally::default());
    for n in 0..100 {
        apart.add(u64::from(n % 10 != 0), 1);
    }
    for n in 0..10 {
        together.add(if n == 0 { 0 } else { 10 }, 10);
    }
    assert_eq!(apart.value(), together.value());
    assert!(apart.effective() > 95.0 && together.effective() < 12.0);
}

/// Over two hundred draws of clusters whose mistakes come together, the interval holds the truth about as often as it says.
#[test]
fn intervals_cover_what_they_should_where_mistakes_come_together() {
    const SHARE: f64 = 0.9;
    let mut held = [0, 0];
    for draw in 0..200u64 {
        let (mut tally, mut alone) = (Tally::default(), (0, 0));
        for cluster in 0..150u64 {
            let chance = |at: u64| crate::random::draw(draw * 1000 + at, cluster) as f64 / u64::MAX as f64;
            let size = 1 + (chance(0) * 6.0) as u64;
            // all of a cluster are found or none
            let part = if chance(1) < SHARE { size } else { 0 };
            tally.add(part, size);
            alone = (alone.0 + part, alone.1 + size);
        }
        for (n, (low, high)) in [tally.interval(Z_95), wilson(alone.0, alone.1)].into_iter().enumerate() {
            held[n] += u32::from(low <= SHARE && SHARE <= high);
        }
    }
    assert!((182..=198).contains(&held[0]), "{} of 200 held", held[0]);
    assert!(held[1] < 175, "as if independent {} of 200 held", held[1]);
}

#[test]
fn the_rest_is_weighed_as_the_group_is_made_up() {
    // the group is mostly in the stratum where all are served worse, and as well as the rest in either
    let strata = [
        Stratum { group: (80, 100), rest: (800, 1000) },
        Stratum { group: (10, 10), rest: (10_000, 10_000) },
        Stratum { group: (7, 9), rest: (0, 0) },
    ];
    let found = Difference::of(&strata, (1.0, 1.0), Z_95).unwrap();
    assert!(found.value().abs() < 1e-9, "{found:?}");
    assert!(found.low < 0.0 && found.high > 0.0);
    assert_eq!(Difference::of(&strata[2..], (1.0, 1.0), Z_95), None);
}

#[test]
fn the_interval_of_a_difference_is_newcombes() {
    // Newcombe 1998, table II, method 10: 56 of 70 and 48 of 80
    let found = Difference::of(&[Stratum { group: (56, 70), rest: (48, 80) }], (1.0, 1.0), Z_95).unwrap();
    assert!((found.low - 0.0524).abs() < 5e-5 && (found.high - 0.3339).abs() < 5e-5, "{found:?}");
}

#[test]
fn a_standardised_difference_is_of_two_shares_over_their_spread() {
    let found = standardised_difference((50, 20), (100, 100)).unwrap();
    assert!((found - 0.3 / 0.205f64.sqrt()).abs() < 1e-12);
    assert_eq!(standardised_difference((0, 1), (0, 5)), None);
    assert_eq!(standardised_difference((5, 5), (5, 5)), None);
}

#[test]
fn more_comparisons_take_wider_intervals() {
    assert!((z_for_comparisons(1) - 1.959_964).abs() < 5e-4);
    assert!((z_for_comparisons(10) - 2.807_034).abs() < 5e-4);
    assert!((z_for_comparisons(200) - 3.662_260).abs() < 5e-4);
    assert!((z_for_comparisons(0) - 1.959_964).abs() < 5e-4);
}
