//! Learning a model: how often unrelated records agree, from random pairs; everything else, from the counts of
//! comparison vectors among candidate pairs.

mod chance;
mod closure;
mod dependence;
mod expectation;

use crate::blocking::{Blocks, PairVisitor, Task};
use crate::comparison::{Comparer, ComparisonVector, Scratch};
use crate::labels::Label;
use crate::model::{Class, LinkType, Model};
use crate::progress::{Progress, Stage, interrupted};
use crate::random::{below, draw};
use crate::records::Records;
use crate::rows::Rows;
use closure::Closure;
use hashbrown::HashMap;
use plait_types::Fault;
use rayon::prelude::*;
use std::collections::BTreeMap;

pub use chance::Chance;
pub(crate) use chance::{Agreement, BothAgree, Known, plain_field, values_asked_for};
pub(crate) use closure::{Closing, Near};
pub use dependence::Dependence;
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
        Self { seed: 1, random_pairs: 200_000, candidate_pairs: 3_000_000 }
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
    /// The pairs themselves, where all candidates were compared and they are few enough to keep.
    pub compared: Option<ComparedPairs>,
}

/// Candidate pairs with their vectors, task by task in the order of [`Blocks::tasks`].
#[derive(Clone, Debug, Default)]
pub struct ComparedPairs {
    /// Per task: its rule, and its pairs.
    pub tasks: Vec<(usize, Vec<ComparedPair>)>,
}

/// One candidate pair.
#[derive(Clone, Copy, Debug)]
pub struct ComparedPair {
    /// The lower record.
    pub left: u32,
    /// The higher record.
    pub right: u32,
    /// Its levels.
    pub vector: ComparisonVector,
}

/// Once not all candidates are compared, between this part of as many as could be and half of it is enough to learn from.
const SAMPLE_PART: u64 = 2;

/// Candidates up to which the compared pairs are kept for scoring: 16 bytes each.
const KEEP_PAIRS: u64 = 3_000_000;

/// Pairs of a task: few enough that no thread waits long for the last one.
const TASK_PAIRS: u64 = 16_384;

/// Learns the classes of a model from its candidate pairs and sets them in `model`. Of pairs with a label it is known which
/// classes they can be of, so that they teach these (Nigam and others 2000, for a mixture of which some members are known);
/// how pairs were chosen to be looked at does not matter, as long as what was seen of them in the choice is what is compared
/// (Little and Rubin 2002, §6.2). Each counts as one pair.
pub fn train(
    comparer: &Comparer<'_>,
    blocks: &Blocks,
    model: &mut Model,
    labels: &[Label],
    options: &TrainingOptions,
    progress: &dyn Progress,
) -> Result<Training, Fault> {
    let chance = Chance::estimate(comparer, model, options);
    let Counted { vectors, scale, compared } = count_vectors(comparer, blocks, options, progress)?;
    let labelled = Labelled::of(comparer, blocks, labels);
    let both_agree = |comparisons| BothAgree::of(comparer, model, comparisons);
    let Learned { classes, differs_in, n_rounds, converged, mut warnings } =
        learn(comparer, model, (&vectors, scale), &labelled, &chance, &both_agree);
    model.classes = classes;
    let closures =
        closure::closures(comparer, blocks, &model.classes, &differs_in, compared.as_ref(), options);
    warnings.extend(settle(model, &closures));
    Ok(Training {
        n_pairs: vectors.iter().map(|(_, count)| count).sum(),
        scale,
        n_rounds,
        converged,
        vectors,
        warnings,
        compared,
    })
}

/// What counts of vectors teach.
#[derive(Clone, Debug)]
pub(crate) struct Learned {
    pub(crate) classes: Vec<Class>,
    /// Per class, the comparison in which its pairs agree by chance only, if it is one of relatives.
    pub(crate) differs_in: Vec<Option<usize>>,
    n_rounds: u32,
    converged: bool,
    pub(crate) warnings: Vec<String>,
}

/// Learns the classes of a model from the counted vectors of candidates, each of which stands for so many.
pub(crate) fn learn(
    comparer: &Comparer<'_>,
    model: &Model,
    (vectors, scale): (&[(ComparisonVector, u64)], f64),
    labelled: &Labelled,
    chance: &Chance,
    both_agree: &dyn Fn([usize; 2]) -> Option<BothAgree>,
) -> Learned {
    let plans = ClassPlan::for_model(comparer, model);
    let fit = expectation::fit(vectors, scale, labelled, chance, &plans, both_agree);
    let mut warnings: Vec<String> = fit.warnings.iter().map(|warning| warning.words(model)).collect();
    if !fit.converged {
        warnings.push(format!("the model was still changing after {} rounds of learning", fit.n_rounds));
    }
    let plan_of = |class: &Class| plans.iter().find(|plan| plan.is_for(class));
    let differs_in = fit.classes.iter().map(|class| plan_of(class).and_then(ClassPlan::differs_in)).collect();
    Learned { classes: fit.classes, differs_in, n_rounds: fit.n_rounds, converged: fit.converged, warnings }
}

/// Takes classes for matches whose pairs share matches, and says so.
pub(crate) fn settle(model: &mut Model, closures: &[Closure]) -> Vec<String> {
    let mut warnings = Vec::new();
    for closure in closures.iter().filter(|closure| closure.is_of_matches()) {
        let class = &mut model.classes[closure.class];
        warnings.push(format!(
            "{} of {} pairs of the class \"{}\" share a match, as relatives do not: it was taken for matches with errors",
            closure.n_closed, closure.n_pairs, class.name
        ));
        class.is_match = true;
        class.name = class.name.replace("related", "match");
    }
    warnings
}

/// Every so many-th record: a power of two, so that of two samples of one seed the smaller is part of the larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    seed: u64,
    /// The logarithm of how many records each of the sample stands for.
    pub(crate) depth: u32,
}

impl Sample {
    /// Of the records whose candidates are learned from, if these are so many in all.
    pub(crate) fn of_candidates(n_pairs: u64, options: &TrainingOptions) -> Self {
        let one_in = if n_pairs <= options.candidate_pairs {
            1
        } else {
            n_pairs.div_ceil((options.candidate_pairs / SAMPLE_PART).max(1))
        };
        Self::one_in(one_in, options.seed)
    }

    /// Every so many-th record or fewer.
    fn one_in(one_in: u64, seed: u64) -> Self {
        Self { seed, depth: one_in.next_power_of_two().ilog2() }
    }

    pub(crate) fn of_depth(depth: u32, options: &TrainingOptions) -> Self {
        Self { seed: options.seed, depth }
    }

    /// How many records each of the sample stands for.
    pub(crate) fn scale(self) -> f64 {
        (1_u64 << self.depth) as f64
    }

    /// The depth of the smallest sample with a record.
    pub(crate) fn depth_of(seed: u64, record: u64) -> u32 {
        draw(seed, record).trailing_zeros()
    }

    pub(crate) fn has(self, record: u64) -> bool {
        self.depth == 0 || Self::depth_of(self.seed, record) >= self.depth
    }
}

/// The vectors of pairs with a label, counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labelled {
    /// In order of the vector: pairs of two persons and of one.
    counts: Vec<(ComparisonVector, [f64; 2])>,
    /// Those of them that are candidates too, which the counts of candidates hold.
    candidates: HashMap<ComparisonVector, f64>,
}

impl Labelled {
    fn of(comparer: &Comparer<'_>, blocks: &Blocks, labels: &[Label]) -> Self {
        let mut scratch = comparer.scratch();
        let mut counts: BTreeMap<ComparisonVector, [f64; 2]> = BTreeMap::new();
        let mut candidates: HashMap<ComparisonVector, f64> = HashMap::new();
        for label in labels {
            let vector = comparer.vector(label.left, label.right, &mut scratch);
            counts.entry(vector).or_default()[usize::from(label.is_match)] += 1.0;
            if blocks.is_candidate(label.left, label.right) {
                *candidates.entry(vector).or_default() += 1.0;
            }
        }
        Self { counts: counts.into_iter().collect(), candidates }
    }

    /// How many of so many candidates with a vector are without a label.
    fn left_of(&self, vector: ComparisonVector, candidates: f64) -> f64 {
        (candidates - self.candidates.get(&vector).copied().unwrap_or_default()).max(0.0)
    }
}

/// The vectors of candidate pairs, counted.
#[derive(Clone, Debug)]
pub struct Counted {
    /// In order of the vector.
    pub vectors: Vec<(ComparisonVector, u64)>,
    /// How many candidates each compared pair stands for.
    pub scale: f64,
    /// The pairs themselves, where all were compared and they are few enough to keep.
    pub compared: Option<ComparedPairs>,
}

/// Compares the candidate pairs, or those of a sample of records if there are too many, and counts the vectors.
pub fn count_vectors(
    comparer: &Comparer<'_>,
    blocks: &Blocks,
    options: &TrainingOptions,
    progress: &dyn Progress,
) -> Result<Counted, Fault> {
    let total: u64 = blocks.costs().iter().map(|cost| cost.n_pairs).sum();
    let sample = Sample::of_candidates(total, options);
    let keep_pairs = sample.depth == 0 && total <= KEEP_PAIRS;
    progress.begin(Stage::Train, total);
    // a pair is reached from its left record, so that the records sampled decide which pairs are
    let keep = |left: u32| sample.has(u64::from(left));
    let shares_rows = comparer.shares_rows_of(blocks);
    let count_task = |scratch: &mut Scratch, task: &Task| {
        if progress.stopped() {
            return Err(interrupted());
        }
        let mut counting = Counting {
            comparer,
            scratch,
            records: Vec::new(),
            own_rows: (!shares_rows).then(Rows::default),
            counts: HashMap::new(),
            pairs: keep_pairs.then(Vec::new),
        };
        blocks.walk(task, keep, &mut counting);
        let Counting { counts, pairs, .. } = counting;
        let pairs = pairs.unwrap_or_default();
        progress.advance(task.n_pairs);
        Ok((counts, task.rule, pairs))
    };
    let tasks = blocks.tasks(TASK_PAIRS);
    let done =
        tasks.par_iter().map_init(|| comparer.scratch(), count_task).collect::<Result<Vec<_>, Fault>>()?;
    let mut counts: HashMap<ComparisonVector, u64> = HashMap::new();
    let mut compared = ComparedPairs::default();
    for (some, rule, pairs) in done {
        for (vector, count) in some {
            *counts.entry(vector).or_default() += count;
        }
        compared.tasks.push((rule, pairs));
    }
    let mut vectors: Vec<(ComparisonVector, u64)> = counts.into_iter().collect();
    vectors.sort_unstable();
    Ok(Counted { vectors, scale: sample.scale(), compared: keep_pairs.then_some(compared) })
}

/// Compares the pairs of one task and counts their vectors.
struct Counting<'a> {
    comparer: &'a Comparer<'a>,
    scratch: &'a mut Scratch,
    records: Vec<u32>,
    /// The comparer's rows, where those of the blocks are others.
    own_rows: Option<Rows>,
    counts: HashMap<ComparisonVector, u64>,
    /// The pairs themselves, if they are kept.
    pairs: Option<Vec<ComparedPair>>,
}

impl PairVisitor for Counting<'_> {
    fn enter(&mut self, records: &[u32], rows: &Rows) {
        self.records.clear();
        self.records.extend_from_slice(records);
        if let Some(rows) = &mut self.own_rows {
            self.comparer.gather(records.iter().copied(), rows);
        }
        self.comparer.fetch(self.own_rows.as_ref().unwrap_or(rows));
    }

    fn pair(&mut self, left: usize, right: usize, rows: &Rows) {
        let rows = self.own_rows.as_ref().unwrap_or(rows);
        let vector = self.comparer.vector_of(rows.get(left), rows.get(right), self.scratch);
        *self.counts.entry(vector).or_default() += 1;
        if let Some(pairs) = &mut self.pairs {
            pairs.push(ComparedPair { left: self.records[left], right: self.records[right], vector });
        }
    }
}

/// How many pairs of all records may be compared under a link type.
pub fn comparable_pairs(records: &Records, link_type: LinkType) -> f64 {
    let of_sources: Vec<u64> = records.sources.iter().map(|source| source.n_in_all).collect();
    pairs_of_sources(&of_sources, link_type) as f64
}

/// How many pairs of records may be compared under a link type, of which there are so many of each source.
pub(crate) fn pairs_of_sources(of_sources: &[u64], link_type: LinkType) -> u64 {
    let all = pairs_of(of_sources.iter().sum());
    match link_type {
        LinkType::DedupeOnly | LinkType::LinkAndDedupe => all,
        LinkType::LinkOnly => all - of_sources.iter().map(|&n| pairs_of(n)).sum::<u64>(),
    }
}

/// The pairs of so many.
pub(crate) fn pairs_of(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

/// The `index`-th random pair of `n` records that may be compared; `None` for the few draws that hit one record twice or
/// two records of one source where those are not compared.
pub(crate) fn random_pair(
    n: u64,
    source_of: impl Fn(u64) -> usize,
    link_type: LinkType,
    seed: u64,
    index: u64,
) -> Option<(u64, u64)> {
    let a = below(n, draw(seed, 2 * index));
    let b = below(n, draw(seed, 2 * index + 1));
    let allowed = a != b && (link_type != LinkType::LinkOnly || source_of(a) != source_of(b));
    allowed.then(|| (a.min(b), a.max(b)))
}

/// The match and non-match probabilities of a model with two classes given, as a person or another program knows them.
pub fn two_classes(prior: f64, m: Vec<Vec<f64>>, u: Vec<Vec<f64>>) -> Vec<Class> {
    vec![
        Class { name: "match".into(), is_match: true, share: prior, probabilities: m, together: Vec::new() },
        Class {
            name: "stranger".into(),
            is_match: false,
            share: 1.0 - prior,
            probabilities: u,
            together: Vec::new(),
        },
    ]
}

#[cfg(test)]
pub(crate) mod tests;
