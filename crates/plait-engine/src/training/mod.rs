//! Learning a model: how often unrelated records agree, from random pairs; everything else, from the counts of
//! comparison vectors among candidate pairs.

mod chance;
mod expectation;

use crate::blocking::Blocks;
use crate::comparison::{Comparer, ComparisonVector};
use crate::model::{Class, LinkType, Model};
use crate::progress::{Progress, Stage, interrupted};
use crate::random::{below, draw};
use hashbrown::HashMap;
use plait_types::Fault;
use rayon::prelude::*;

pub use chance::Chance;
pub use expectation::ClassPlan;

/// How much to look at while learning.
#[derive(Clone, Copy, Debug)]
pub struct TrainingOptions {
    /// For the random pairs and the sample of candidates.
    pub seed: u64,
    /// Random pairs compared to see how often unrelated records agree.
    pub random_pairs: u64,
    /// Candidate pairs compared at most; beyond that, the candidates of a sample of records.
    pub candidate_pairs: u64,
}

impl Default for TrainingOptions {
    fn default() -> Self {
        Self { seed: 1, random_pairs: 400_000, candidate_pairs: 3_000_000 }
    }
}

/// What training found besides the model's classes.
#[derive(Clone, Debug)]
pub struct Training {
    /// Candidate pairs compared.
    pub n_pairs: u64,
    /// How many candidates each compared one stands for; 1 if all were compared.
    pub scale: f64,
    /// Rounds of expectation maximisation.
    pub n_rounds: u32,
    /// Whether the last round changed nothing of note.
    pub converged: bool,
    /// Distinct comparison vectors and how many compared pairs had each, in order of the vector.
    pub vectors: Vec<(ComparisonVector, u64)>,
    /// What a careful person should know about the fit.
    pub warnings: Vec<String>,
}

/// Learns the classes of a model from its candidate pairs and sets them in `model`.
pub fn train(
    comparer: &Comparer<'_>,
    blocks: &Blocks,
    model: &mut Model,
    options: &TrainingOptions,
    progress: &dyn Progress,
) -> Result<Training, Fault> {
    let chance = Chance::estimate(comparer, model, options);
    let (vectors, scale) = count_vectors(comparer, blocks, options, progress)?;
    let fit = expectation::fit(&vectors, scale, &chance, &ClassPlan::for_model(comparer, model));
    model.classes = fit.classes;
    Ok(Training {
        n_pairs: vectors.iter().map(|(_, count)| count).sum(),
        scale,
        n_rounds: fit.n_rounds,
        converged: fit.converged,
        vectors,
        warnings: fit.warnings,
    })
}

/// Compares the candidate pairs, or those of a sample of records if there are too many, and counts the vectors.
/// Gives the counts in order of the vector, and how many candidates each compared pair stands for.
pub fn count_vectors(
    comparer: &Comparer<'_>,
    blocks: &Blocks,
    options: &TrainingOptions,
    progress: &dyn Progress,
) -> Result<(Vec<(ComparisonVector, u64)>, f64), Fault> {
    let total: u64 = blocks.costs().iter().map(|cost| cost.n_pairs).sum();
    let one_in = total.div_ceil(options.candidate_pairs.max(1)).max(1);
    progress.begin(Stage::Train, total);
    // a pair is reached from its left record, so that the records sampled decide which pairs are
    let keep = |left: u32| one_in == 1 || draw(options.seed, u64::from(left)).is_multiple_of(one_in);
    let counts = blocks
        .tasks(65_536)
        .par_iter()
        .map(|task| {
            if progress.stopped() {
                return Err(interrupted());
            }
            let mut counts: HashMap<ComparisonVector, u64> = HashMap::new();
            let mut scratch = comparer.scratch();
            blocks.for_each_pair(task, keep, |left, right| {
                *counts.entry(comparer.vector(left, right, &mut scratch)).or_default() += 1;
            });
            progress.advance(task.n_pairs);
            Ok(counts)
        })
        .try_reduce(HashMap::new, |mut all, some| {
            // sums of whole numbers: the order of merging does not show
            for (vector, count) in some {
                *all.entry(vector).or_default() += count;
            }
            Ok(all)
        })?;
    let mut vectors: Vec<(ComparisonVector, u64)> = counts.into_iter().collect();
    vectors.sort_unstable();
    Ok((vectors, one_in as f64))
}

/// How many pairs of records may be compared under a link type.
pub fn comparable_pairs(records: &crate::records::Records, link_type: LinkType) -> f64 {
    let pairs = |n: f64| n * (n - 1.0) / 2.0;
    let all = pairs(records.len() as f64);
    match link_type {
        LinkType::DedupeOnly | LinkType::LinkAndDedupe => all,
        LinkType::LinkOnly => {
            all - records.sources.iter().map(|s| pairs(f64::from(s.end - s.start))).sum::<f64>()
        }
    }
}

/// The `index`-th random pair that may be compared; `None` for the few draws that hit one record twice or
/// two records of one source where those are not compared.
fn random_pair(
    records: &crate::records::Records,
    link_type: LinkType,
    seed: u64,
    index: u64,
) -> Option<(u32, u32)> {
    let n = records.len() as u64;
    let a = below(n, draw(seed, 2 * index)) as u32;
    let b = below(n, draw(seed, 2 * index + 1)) as u32;
    let allowed =
        a != b && (link_type != LinkType::LinkOnly || records.source_of(a) != records.source_of(b));
    allowed.then(|| (a.min(b), a.max(b)))
}

/// The match and non-match probabilities of a model with two classes given, as a person or another program knows them.
pub fn two_classes(prior: f64, m: Vec<Vec<f64>>, u: Vec<Vec<f64>>) -> Vec<Class> {
    vec![
        Class { name: "match".into(), is_match: true, share: prior, probabilities: m },
        Class { name: "stranger".into(), is_match: false, share: 1.0 - prior, probabilities: u },
    ]
}
