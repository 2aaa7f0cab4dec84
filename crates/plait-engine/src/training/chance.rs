//! How often records of different people agree by chance.

use super::{TrainingOptions, comparable_pairs, pairs_of, random_pair};
use crate::comparison::{Comparer, ComparisonVector};
use crate::model::{Comparison, Condition, LinkType, Model, Test};
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

/// What chance is told from.
pub(crate) struct Known<'a> {
    /// As [`Chance::random`].
    pub(crate) random: Vec<(ComparisonVector, u64)>,
    /// Of a field.
    pub(crate) agreement: &'a dyn Fn(usize) -> Agreement,
    /// How many records have a value of a field.
    pub(crate) count: &'a dyn Fn(usize, &str) -> u32,
}

impl Chance {
    /// Compares random pairs; the level of plain agreement is then replaced by its exact share,
    /// known from how often each value occurs.
    pub fn estimate(comparer: &Comparer<'_>, model: &Model, options: &TrainingOptions) -> Self {
        let random = random_vectors(comparer, model, options);
        let records = comparer.records;
        let agreement = |field: usize| Agreement::of(records, &records.fields[field], model.link_type);
        let count = |field: usize, value: &str| {
            let field = &records.fields[field];
            field.code_of(value).map_or(0, |code| field.counts[code as usize])
        };
        Self::of(records, model, options, Known { random, agreement: &agreement, count: &count })
    }

    /// From what is known of all records, of which `records` need not hold one.
    pub(crate) fn of(records: &Records, model: &Model, options: &TrainingOptions, known: Known<'_>) -> Self {
        let Known { random, agreement, count } = known;
        let n_pairs = comparable_pairs(records, model.link_type);
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
            if let Some(field) = plain_field(records, comparison) {
                let Agreement { both, equal } = agreement(field);
                share_present = if n_pairs > 0.0 { both as f64 / n_pairs } else { 0.0 };
                let equal = if both > 0 { equal as f64 / both as f64 } else { 0.0 };
                let others: f64 = shares.iter().sum::<f64>() - shares[0];
                let exact = equal.max(0.5 / (options.random_pairs as f64 + 1.0));
                for (index, share) in shares.iter_mut().enumerate() {
                    *share = if index == 0 { exact } else { *share / others * (1.0 - exact) };
                }
            }
            if let Some(exact) = both_are_shares(records, comparison, model.link_type, count) {
                shares = exact;
            }
            let sum: f64 = shares.iter().sum();
            levels.push(shares.iter().map(|share| share / sum).collect());
            present.push(share_present);
        }
        Self { n_pairs, present, levels, random }
    }
}

/// The field of a comparison of one whose first level is plain agreement: one after other levels is only what those leave of it.
pub(crate) fn plain_field(records: &Records, comparison: &Comparison) -> Option<usize> {
    let is_plain = comparison.exact_level() == Some(0) && comparison.fields.len() == 1;
    is_plain.then(|| records.field(&comparison.fields[0])).flatten()
}

/// The values of which a comparison asks whether both records have them, where all of its levels do.
pub(crate) fn values_asked_for(comparison: &Comparison) -> Option<Vec<&str>> {
    let (_, asked) = comparison.levels.split_last()?;
    let mut values = Vec::new();
    for level in asked {
        let Condition::Test(None, Test::BothAre(value)) = &level.when else { return None };
        values.push(value.as_str());
    }
    (!values.is_empty() && comparison.fields.len() == 1).then_some(values)
}

/// Of all pairs that may be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BothAgree {
    /// Those that agree on both of two comparisons.
    pub(crate) agreeing: f64,
    /// Those for which both say something.
    pub(crate) present: f64,
}

impl BothAgree {
    /// Of two comparisons of one field each whose first level is plain agreement; `None` of others.
    pub(super) fn of(comparer: &Comparer<'_>, model: &Model, comparisons: [usize; 2]) -> Option<Self> {
        let records = comparer.records;
        let field = |comparison: usize| {
            plain_field(records, &model.comparisons[comparison]).map(|index| &records.fields[index])
        };
        let (first, second) = (field(comparisons[0])?, field(comparisons[1])?);
        let among = |rows: std::ops::Range<usize>| -> [u64; 2] {
            let both = first.codes[rows.clone()].par_iter().zip(&second.codes[rows]);
            let mut values: Vec<(u32, u32)> =
                both.filter(|(a, b)| **a != NULL && **b != NULL).map(|(&a, &b)| (a, b)).collect();
            values.par_sort_unstable();
            let agreeing = values.chunk_by(|a, b| a == b).map(|same| pairs_of(same.len() as u64)).sum();
            [agreeing, pairs_of(values.len() as u64)]
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
                let records = comparer.records;
                let source_of = |record: u64| records.source_of(record as u32);
                let draw = |index| {
                    random_pair(records.len() as u64, source_of, model.link_type, options.seed, index)
                };
                let pairs: Vec<(u64, u64)> = indices.filter_map(draw).collect();
                comparer.gather(pairs.iter().map(|pair| pair.0 as u32), lefts);
                comparer.gather(pairs.iter().map(|pair| pair.1 as u32), rights);
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
    comparison: &Comparison,
    link_type: LinkType,
    count: &dyn Fn(usize, &str) -> u32,
) -> Option<Vec<f64>> {
    let field = records.field(&comparison.fields[0])?;
    let asked = values_asked_for(comparison).filter(|_| link_type != LinkType::LinkOnly)?;
    let all = comparable_pairs(records, link_type);
    let share = |value: &str| {
        let n = f64::from(count(field, value));
        (n * (n - 1.0) / 2.0).max(0.5) / all.max(1.0)
    };
    let mut shares: Vec<f64> = asked.into_iter().map(share).collect();
    shares.push((1.0 - shares.iter().sum::<f64>()).max(0.5 / all.max(1.0)));
    Some(shares)
}

/// Pairs that may be compared: those of which both records have a value, and those of them that have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) both: u64,
    pub(crate) equal: u64,
}

impl Agreement {
    fn of(records: &Records, field: &Field, link_type: LinkType) -> Self {
        let equal = |counts: &[u32]| counts.iter().map(|&count| pairs_of(u64::from(count))).sum::<u64>();
        let mut agreement = Self { both: pairs_of(field.n_present()), equal: equal(&field.counts) };
        if link_type == LinkType::LinkOnly {
            let mut counts = vec![0u32; field.values.len()];
            for source in &records.sources {
                counts.fill(0);
                let codes = &field.codes[source.start as usize..source.end as usize];
                let present = codes.iter().filter(|&&code| code != NULL);
                present.clone().for_each(|&code| counts[code as usize] += 1);
                agreement.both -= pairs_of(present.count() as u64);
                agreement.equal -= equal(&counts);
            }
        }
        agreement
    }
}

#[cfg(test)]
mod tests;
