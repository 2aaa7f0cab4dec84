use super::*;
use proptest::prelude::*;

/// Every pair of records by itself.
fn twin(persons: &[Vec<u32>; 2]) -> (ComparedPairs, Vec<Differing>) {
    let n = persons[0].len() as u32;
    let mut pairs = ComparedPairs::default();
    let mut differing = Vec::new();
    for left in 0..n {
        for right in left + 1..n {
            let is_one = |run: usize| persons[run][left as usize] == persons[run][right as usize];
            match (is_one(0), is_one(1)) {
                (true, true) => pairs.both += 1,
                (true, false) => differing.push(Differing { left, right, side: 0 }),
                (false, true) => differing.push(Differing { left, right, side: 1 }),
                (false, false) => {}
            }
        }
    }
    let only = |side: u8| differing.iter().filter(|pair| pair.side == side).count() as u64;
    (pairs.only_a, pairs.only_b) = (only(0), only(1));
    (pairs, differing)
}

/// Persons as sets of records.
fn sets(person_of: &[u32]) -> Vec<Vec<usize>> {
    let n = person_of.iter().max().map_or(0, |last| *last + 1);
    let of = |person| (0..person_of.len()).filter(|&record| person_of[record] == person).collect();
    (0..n).map(of).filter(|records: &Vec<usize>| !records.is_empty()).collect()
}

fn twin_of_persons(persons: &[Vec<u32>; 2]) -> ComparedPersons {
    let [a, b] = [sets(&persons[0]), sets(&persons[1])];
    let mut became = ComparedPersons::default();
    for person in &a {
        let parts: Vec<&Vec<usize>> =
            b.iter().filter(|other| other.iter().any(|record| person.contains(record))).collect();
        let is_whole = |part: &&&Vec<usize>| part.iter().all(|record| person.contains(record));
        let all_whole = parts.iter().filter(is_whole).count() == parts.len();
        *match (parts.len(), all_whole) {
            (1, true) => &mut became.identical,
            (_, true) => &mut became.split,
            (1, false) => &mut became.merged,
            (_, false) => &mut became.mixed,
        } += 1;
    }
    became
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn differing_pairs_and_persons_are_those_of_all_against_all(
        records in prop::collection::vec((0u32..6, 0u32..6), 0..14),
    ) {
        let persons = [0, 1].map(|run| records.iter().map(|both| if run == 0 { both.0 } else { both.1 }).collect());
        let (pairs, differing) = twin(&persons);
        prop_assert_eq!(count_pairs(&persons), pairs);
        prop_assert_eq!(differing_pairs(&persons), differing);
        prop_assert_eq!(what_became_of_persons(&persons), twin_of_persons(&persons));
    }
}
