//! How often records of different people agree by chance.

use super::{TrainingOptions, comparable_pairs, random_pair};
use crate::comparison::{Comparer, ComparisonVector};
use crate::model::{Comparison, Condition, Level, LinkType, Model, Test};
use crate::records::{Field, Records};
use crate::rows::{Rows, STRETCH};
use plait_types::NULL;
use rayon::prelude::*;

/// Agreement among all pairs of records that may be compared: per comparison, and per level.
///
/// All pairs, not only those of different people: training takes the share of matches out
/// (`expectation`), which matters where each person has many records.
#[derive(Clone, Debug)]
pub struct Chance {
    /// Pairs that may be compared.
    pub n_pairs: f64,
    /// Per comparison, the share of pairs for which it says something, 0..=1.
    pub present: Vec<f64>,
    /// Per comparison and level, the share of those pairs at the level; sums to 1.
    pub levels: Vec<Vec<f64>>,
    /// The comparison vectors of the random pairs and how many had each, in order of the vector.
    pub random: Vec<(ComparisonVector, u64)>,
}

impl Chance {
    /// Compares random pairs; the level of plain agreement is then replaced by its exact share,
    /// known from how often each value occurs.
    pub fn estimate(comparer: &Comparer<'_>, model: &Model, options: &TrainingOptions) -> Self {
        let random = random_vectors(comparer, model, options);
        let records = comparer.records;
        let mut present = Vec::new();
        let mut levels = Vec::new();
        for (at, comparison) in model.comparisons.iter().enumerate() {
            let mut counts = vec![0; comparison.levels.len() + 1];
            random.iter().for_each(|(vector, count)| counts[usize::from(vector.level(at))] += count);
            let drawn: u64 = counts.iter().sum();
            let seen: u64 = counts[1..].iter().sum();
            // half a pair at every level: a level that no random pair reached is rare, not impossible
            let mut shares: Vec<f64> = counts[1..].iter().map(|&count| count as f64 + 0.5).collect();
            let mut share_present = if drawn == 0 { 0.0 } else { seen as f64 / drawn as f64 };
            let field = records.field(&comparison.fields[0]).map(|index| &records.fields[index]);
            // an agreement after other levels is only what those leave of it
            if let (Some(level @ 0), Some(field), 1) =
                (comparison.exact_level(), field, comparison.fields.len())
            {
                let agreement = Agreement::of(records, field, model.link_type);
                share_present = agreement.present;
                let others: f64 = shares.iter().sum::<f64>() - shares[level];
                let exact = agreement.equal.max(0.5 / (options.random_pairs as f64 + 1.0));
                for (index, share) in shares.iter_mut().enumerate() {
                    *share = if index == level { exact } else { *share / others * (1.0 - exact) };
                }
            }
            if let Some(field) = field
                && let Some(exact) = both_are_shares(records, field, comparison, model.link_type)
            {
                shares = exact;
            }
            let sum: f64 = shares.iter().sum();
            levels.push(shares.iter().map(|share| share / sum).collect());
            present.push(share_present);
        }
        Self { n_pairs: comparable_pairs(records, model.link_type), present, levels, random }
    }
}

/// Of all pairs that may be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BothAgree {
    /// Those that agree on both of two comparisons.
    pub(super) agreeing: f64,
    /// Those for which both say something.
    pub(super) present: f64,
}

impl BothAgree {
    /// Of two comparisons of one field each whose first level is plain agreement; `None` of others.
    pub(super) fn of(comparer: &Comparer<'_>, model: &Model, comparisons: [usize; 2]) -> Option<Self> {
        let records = comparer.records;
        let field = |comparison: usize| {
            let comparison = &model.comparisons[comparison];
            let is_plain = comparison.exact_level() == Some(0) && comparison.fields.len() == 1;
            let index = is_plain.then(|| records.field(&comparison.fields[0])).flatten()?;
            Some(&records.fields[index])
        };
        let (first, second) = (field(comparisons[0])?, field(comparisons[1])?);
        let pairs = |n: u64| n * n.saturating_sub(1) / 2;
        let among = |rows: std::ops::Range<usize>| -> [u64; 2] {
            let both = first.codes[rows.clone()].par_iter().zip(&second.codes[rows]);
            let mut values: Vec<(u32, u32)> =
                both.filter(|(a, b)| **a != NULL && **b != NULL).map(|(&a, &b)| (a, b)).collect();
            values.par_sort_unstable();
            let agreeing = values.chunk_by(|a, b| a == b).map(|same| pairs(same.len() as u64)).sum();
            [agreeing, pairs(values.len() as u64)]
        };
        let [mut agreeing, mut present] = among(0..records.len());
        if model.link_type == LinkType::LinkOnly {
            for source in &records.sources {
                let within = among(source.start as usize..source.end as usize);
                agreeing -= within[0];
                present -= within[1];
            }
        }
        Some(Self { agreeing: agreeing as f64, present: present as f64 })
    }
}

/// The vectors of random pairs, counted, in order of the vector.
fn random_vectors(
    comparer: &Comparer<'_>,
    model: &Model,
    options: &TrainingOptions,
) -> Vec<(ComparisonVector, u64)> {
    let n_chunks = options.random_pairs.div_ceil(STRETCH as u64) as usize;
    let vectors: Vec<Vec<ComparisonVector>> = (0..n_chunks)
        .into_par_iter()
        // a chunk is short work for all that it takes to begin one
        .with_min_len(16)
        .map_init(
            || (comparer.scratch(), Rows::default(), Rows::default()),
            |(scratch, lefts, rights), chunk| {
                let first = (chunk * STRETCH) as u64;
                let indices = first..(first + STRETCH as u64).min(options.random_pairs);
                let draw = |index| random_pair(comparer.records, model.link_type, options.seed, index);
                let pairs: Vec<(u32, u32)> = indices.filter_map(draw).collect();
                comparer.gather(pairs.iter().map(|pair| pair.0), lefts);
                comparer.gather(pairs.iter().map(|pair| pair.1), rights);
                comparer.fetch(lefts);
                comparer.fetch(rights);
                let mut vectors = vec![ComparisonVector::default(); pairs.len()];
                for comparison in 0..model.comparisons.len() {
                    for (place, vector) in vectors.iter_mut().enumerate() {
                        let (left, right) = (lefts.get(place), rights.get(place));
                        vector.set(comparison, comparer.level_of(comparison, left, right, scratch));
                    }
                }
                vectors
            },
        )
        .collect();
    let mut vectors = vectors.concat();
    vectors.sort_unstable();
    vectors.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect()
}

/// The shares of levels that ask whether both records have a certain value, where all of them do; half a pair at least.
fn both_are_shares(
    records: &Records,
    field: &Field,
    comparison: &Comparison,
    link_type: LinkType,
) -> Option<Vec<f64>> {
    let (_, asked) = comparison.levels.split_last()?;
    if asked.is_empty() || comparison.fields.len() != 1 || link_type == LinkType::LinkOnly {
        return None;
    }
    let all = comparable_pairs(records, link_type);
    let share = |level: &Level| match &level.when {
        Condition::Test(None, Test::BothAre(value)) => {
            let n = field.code_of(value).map_or(0.0, |code| f64::from(field.counts[code as usize]));
            Some((n * (n - 1.0) / 2.0).max(0.5) / all.max(1.0))
        }
        _ => None,
    };
    let mut shares = asked.iter().map(share).collect::<Option<Vec<f64>>>()?;
    shares.push((1.0 - shares.iter().sum::<f64>()).max(0.5 / all.max(1.0)));
    Some(shares)
}

/// How often two records that may be compared both have a value, and the same one if so.
struct Agreement {
    present: f64,
    equal: f64,
}

impl Agreement {
    fn of(records: &Records, field: &Field, link_type: LinkType) -> Self {
        let pairs = |n: f64| n * (n - 1.0) / 2.0;
        let both: f64 = pairs(field.n_present() as f64);
        let equal: f64 = field.counts.iter().map(|&count| pairs(f64::from(count))).sum();
        let (mut both, mut equal) = (both, equal);
        if link_type == LinkType::LinkOnly {
            let mut counts = vec![0u32; field.values.len()];
            for source in &records.sources {
                counts.fill(0);
                let mut n = 0.0;
                for &code in &field.codes[source.start as usize..source.end as usize] {
                    if code != NULL {
                        counts[code as usize] += 1;
                        n += 1.0;
                    }
                }
                both -= pairs(n);
                equal -= counts.iter().map(|&count| pairs(f64::from(count))).sum::<f64>();
            }
        }
        let all = comparable_pairs(records, link_type);
        Self {
            present: if all > 0.0 { both / all } else { 0.0 },
            equal: if both > 0.0 { equal / both } else { 0.0 },
        }
    }
}

#[cfg(test)]
mod tests;
