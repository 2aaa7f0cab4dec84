//! Slow, obvious twins of the fast measures, and the values that property tests compare them on

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// A configuration that tries the same cases every time.
pub(super) fn fixed(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x0070_1a17),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Two values: unrelated, nearly equal or equal; few letters or many; ASCII or not; up to 80 characters.
pub(super) fn any_pair() -> impl Strategy<Value = (String, String)> {
    let text = || {
        prop_oneof![
            4 => "[a-d]{0,12}",
            4 => "[a-z]{1,11}",
            2 => "[a-z '-]{10,40}",
            2 => "[ab]{0,80}",
            1 => "[a-f]{60,68}",
            2 => "[abcéłжع\u{1F600}]{0,20}",
            1 => "[aé]{55,80}",
            1 => "\\PC{0,30}",
        ]
    };
    prop_oneof![
        (text(), text()),
        (text(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), text()).prop_map(
            |(value, from, to, filler)| {
                let mut letters: Vec<char> = value.chars().collect();
                if !letters.is_empty() {
                    let moved = letters.remove(from.index(letters.len()));
                    letters.insert(to.index(letters.len() + 1), moved);
                }
                if let Some(letter) = filler.chars().next() {
                    letters.insert(from.index(letters.len() + 1), letter);
                }
                (value, letters.into_iter().collect())
            }
        ),
        text().prop_map(|value| (value.clone(), value)),
    ]
}

/// Two strings of tokens, with some in common.
pub(super) fn any_names() -> impl Strategy<Value = (String, String)> {
    ("[abj]{1,3}([ -][abj]{1,3}){0,3}", "[abj]{1,3}([ -][abj]{1,3}){0,3}")
}

pub(super) fn jaro(left: &str, right: &str) -> f64 {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.is_empty() && right.is_empty() {
        return 1.0;
    }
    let reach = (left.len().max(right.len()) / 2).saturating_sub(1);
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (i, a) in left.iter().enumerate() {
        for (j, b) in right.iter().enumerate() {
            if a == b && i.abs_diff(j) <= reach && pairs.iter().all(|pair| pair.1 != j) {
                pairs.push((i, j));
                break;
            }
        }
    }
    if pairs.is_empty() {
        return 0.0;
    }
    let from_left: Vec<char> = pairs.iter().map(|pair| left[pair.0]).collect();
    pairs.sort_by_key(|pair| pair.1);
    let from_right: Vec<char> = pairs.iter().map(|pair| right[pair.1]).collect();
    let out_of_place = (0..pairs.len()).filter(|k| from_left[*k] != from_right[*k]).count();
    let count = pairs.len() as f64;
    let transpositions = (out_of_place / 2) as f64;
    (count / left.len() as f64 + count / right.len() as f64 + (count - transpositions) / count) / 3.0
}

pub(super) fn jaro_winkler(left: &str, right: &str) -> f64 {
    let value = jaro(left, right);
    let prefix = left.chars().zip(right.chars()).take(4).take_while(|(a, b)| a == b).count();
    if value > 0.7 { value + prefix as f64 * 0.1 * (1.0 - value) } else { value }
}

/// The whole table of edit distances; `swaps` lets two neighbouring letters change places as one edit.
pub(super) fn edit_distance(left: &str, right: &str, swaps: bool) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut table = vec![vec![0; right.len() + 1]; left.len() + 1];
    for i in 0..=left.len() {
        for j in 0..=right.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = usize::from(left[i - 1] != right[j - 1]);
                let mut best =
                    (table[i - 1][j] + 1).min(table[i][j - 1] + 1).min(table[i - 1][j - 1] + changed);
                if swaps && i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                    best = best.min(table[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    table[left.len()][right.len()]
}

/// How often each run of `size` characters occurs.
pub(super) fn gram_counts(value: &str, size: usize) -> HashMap<String, usize> {
    let letters: Vec<char> = value.chars().collect();
    let mut counts = HashMap::new();
    if letters.len() < size && !letters.is_empty() {
        counts.insert(value.to_owned(), 1);
    }
    for gram in letters.windows(size) {
        *counts.entry(gram.iter().collect()).or_insert(0) += 1;
    }
    counts
}
