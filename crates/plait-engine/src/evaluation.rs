//! How good a linkage is where the truth is known.

use hashbrown::HashMap;

/// Precision, recall and F1 of the persons written out, by pairs and by record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Over pairs of records in one person.
    pub pairs: Rates,
    /// B-cubed: averaged over records (Bagga and Baldwin 1998).
    pub records: Rates,
    /// Share of true persons whose records are exactly those of one person found, 0..=1.
    pub exact_persons: f64,
}

/// Precision and recall with the counts behind them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Of what was said, the share that is true; 1 where nothing was said.
    pub precision: f64,
    /// Of what is true, the share that was said; 1 where nothing is true.
    pub recall: f64,
    /// 95 % interval of precision (Wilson 1927).
    pub precision_interval: (f64, f64),
    /// 95 % interval of recall (Wilson 1927).
    pub recall_interval: (f64, f64),
    /// Said and true.
    pub n_right: u64,
    /// Said.
    pub n_said: u64,
    /// True.
    pub n_true: u64,
}

impl Rates {
    /// The harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        let sum = self.precision + self.recall;
        if sum > 0.0 { 2.0 * self.precision * self.recall / sum } else { 0.0 }
    }

    fn of_counts(n_right: u64, n_said: u64, n_true: u64) -> Self {
        Self {
            precision: share(n_right, n_said),
            recall: share(n_right, n_true),
            precision_interval: wilson(n_right, n_said),
            recall_interval: wilson(n_right, n_true),
            n_right,
            n_said,
            n_true,
        }
    }
}

/// Scores persons against the true entity of each record. Only pairs for which `source_of` differs count where
/// `between_sources` is set. Records without a known entity are left out by the caller.
pub fn score_persons(
    person_of: &[u32],
    entity_of: &[u32],
    source_of: &[u32],
    between_sources: bool,
) -> Scores {
    let mut cells: HashMap<(u32, u32), u64> = HashMap::new();
    let mut persons: HashMap<u32, u64> = HashMap::new();
    let mut entities: HashMap<u32, u64> = HashMap::new();
    for (&person, &entity) in person_of.iter().zip(entity_of) {
        *cells.entry((person, entity)).or_default() += 1;
        *persons.entry(person).or_default() += 1;
        *entities.entry(entity).or_default() += 1;
    }
    // sums over sorted keys, so that floating-point results do not depend on the order of a hash map
    let mut sorted: Vec<((u32, u32), u64)> = cells.into_iter().collect();
    sorted.sort_unstable();
    let n = person_of.len() as f64;
    let (mut precision, mut recall, mut n_exact) = (0.0, 0.0, 0u64);
    for &((person, entity), count) in &sorted {
        let squared = (count * count) as f64;
        precision += squared / persons[&person] as f64;
        recall += squared / entities[&entity] as f64;
        n_exact += u64::from(count == persons[&person] && count == entities[&entity]);
    }
    let right: u64 =
        pairs_within(person_of.iter().zip(entity_of).map(|(&p, &e)| (p, e)), source_of, between_sources);
    let said = pairs_within(person_of.iter().map(|&p| (p, 0)), source_of, between_sources);
    let true_pairs = pairs_within(entity_of.iter().map(|&e| (0, e)), source_of, between_sources);
    let (precision, recall) = if n > 0.0 { (precision / n, recall / n) } else { (1.0, 1.0) };
    let n_records = person_of.len() as u64;
    Scores {
        pairs: Rates::of_counts(right, said, true_pairs),
        records: Rates {
            precision,
            recall,
            precision_interval: wilson((precision * n) as u64, n_records),
            recall_interval: wilson((recall * n) as u64, n_records),
            n_right: n_records,
            n_said: n_records,
            n_true: n_records,
        },
        exact_persons: share(n_exact, entities.len() as u64),
    }
}

/// Pairs of records with the same key; only those of different sources where `between` is set.
fn pairs_within(keys: impl Iterator<Item = (u32, u32)>, source_of: &[u32], between: bool) -> u64 {
    let mut sizes: HashMap<(u32, u32), u64> = HashMap::new();
    let mut sizes_by_source: HashMap<(u32, u32, u32), u64> = HashMap::new();
    for (key, &source) in keys.zip(source_of) {
        *sizes.entry(key).or_default() += 1;
        if between {
            *sizes_by_source.entry((key.0, key.1, source)).or_default() += 1;
        }
    }
    let choose_2 = |n: &u64| n * (n - 1) / 2;
    let all: u64 = sizes.values().map(choose_2).sum();
    let within: u64 = sizes_by_source.values().map(choose_2).sum();
    all - within
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// The 95 % interval of a share; 0..=1 where nothing was counted.
pub fn wilson(part: u64, whole: u64) -> (f64, f64) {
    let n = whole as f64;
    wilson_at(if whole == 0 { 0.0 } else { part as f64 / n }, n, Z_95)
}

/// Half the width of a 95 % interval, in standard errors.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// The interval of a share `p` of `n` independent things, `z` standard errors wide on each side (Wilson 1927); 0..=1 of
/// nothing.
pub fn wilson_at(p: f64, n: f64, z: f64) -> (f64, f64) {
    if n <= 0.0 {
        return (0.0, 1.0);
    }
    let centre = p + z * z / (2.0 * n);
    let margin = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    // the interval holds the share, which rounding could put outside where it is all or nothing
    (((centre - margin) / scale).clamp(0.0, p), ((centre + margin) / scale).clamp(p, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pair_counts_are_those_of_looking_at_every_pair(
            rows in prop::collection::vec((0u32..5, 0u32..5, 0u32..3), 0..25),
            between: bool,
        ) {
            let person: Vec<u32> = rows.iter().map(|r| r.0).collect();
            let entity: Vec<u32> = rows.iter().map(|r| r.1).collect();
            let source: Vec<u32> = rows.iter().map(|r| r.2).collect();
            let (mut right, mut said, mut true_pairs) = (0, 0, 0);
            for a in 0..rows.len() {
                for b in 0..a {
                    if between && source[a] == source[b] {
                        continue;
                    }
                    said += u64::from(person[a] == person[b]);
                    true_pairs += u64::from(entity[a] == entity[b]);
                    right += u64::from(person[a] == person[b] && entity[a] == entity[b]);
                }
            }
            let scores = score_persons(&person, &entity, &source, between).pairs;
            prop_assert_eq!((scores.n_right, scores.n_said, scores.n_true), (right, said, true_pairs));
        }
    }

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe 1998, table I: 81 of 263
        let (low, high) = wilson(81, 263);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
    }
}
