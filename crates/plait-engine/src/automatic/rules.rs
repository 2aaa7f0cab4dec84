//! Blocking rules chosen from the data under a budget of pairs.
//!
//! Keys are made from the parts of each field, alone, in pairs and in threes. The cheapest of those that cost little
//! make a diverse pool of pairs; the model is fitted to the pool; and of all keys rules are taken greedily by how much
//! likely match they find for what they cost, until the budget is spent or the next rule finds next to nothing. On large
//! data the keys are judged on a sample of records.

use super::keys::{Atoms, Key};
use crate::blocking::Blocks;
use crate::comparison::Comparer;
use crate::model::{BlockingKey, BlockingRule, EXPECTED_DATE_OF_BIRTH, LinkType, Model, Part};
use crate::progress::{Progress, Stage, interrupted};
use crate::random::draw;
use crate::records::Records;
use crate::scoring::Scorer;
use crate::training::{TrainingOptions, train};
use plait_types::{Fault, FaultCode, Role};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// How much may be spent.
#[derive(Clone, Copy, Debug)]
pub struct RuleOptions {
    /// Candidate pairs per record that the chosen rules may make together.
    pub pairs_per_record: f64,
    /// And where there are few records: up to [`MOST_PER_RECORD`] per record, as long as they are no more than so many.
    pub pairs: f64,
    /// Records on which keys are judged.
    pub sample: usize,
    /// For sampling.
    pub seed: u64,
}

impl Default for RuleOptions {
    fn default() -> Self {
        Self { pairs_per_record: 12.0, pairs: 1e6, sample: 30_000, seed: 1 }
    }
}

impl RuleOptions {
    /// Candidate pairs per record that the rules for so many records may make.
    pub fn budget(&self, n_records: usize) -> f64 {
        (self.pairs / n_records as f64).min(MOST_PER_RECORD).max(self.pairs_per_record)
    }
}

/// The rules, in the order chosen, and what is known of them.
#[derive(Clone, Debug)]
pub struct ChosenRules {
    /// Best first.
    pub rules: Vec<ChosenRule>,
    /// The share, 0..=1, of the likely matches of the pool that the rules find. Matches that no key of the pool finds are
    /// not in it, so it is an upper bound of recall.
    pub coverage: f64,
    /// Keys that were considered.
    pub n_considered: usize,
}

/// One chosen rule.
#[derive(Clone, Debug)]
pub struct ChosenRule {
    /// The rule.
    pub rule: BlockingRule,
    /// Candidate pairs per record.
    pub pairs_per_record: f64,
    /// The share, 0..=1, of the likely matches of the pool that it adds to the rules before it; 0 of a rule that is there
    /// to find others like those of few rules.
    pub adds: f64,
}

/// Candidate pairs per record beyond which next to nothing is found, however few records there are.
pub(crate) const MOST_PER_RECORD: f64 = 40.0;
/// Atoms of a key at most.
const MOST_ATOMS: usize = 3;
/// The part of the budget that one rule may cost.
const MOST_COST: f64 = 1.0 / 3.0;
/// Keys among which rules are chosen at most, the cheapest ones.
const MOST_KEYS: usize = 1_000;
/// Of these, the cheapest ones are the pool.
const POOL_KEYS: usize = 64;
/// Pairs of the pool that are compared.
const POOL_PAIRS: u64 = 250_000;
/// What finding a match once more is worth of finding it the time before.
const AGAIN: f64 = 0.05;
/// A rule that is worth less than this share of the likely matches is not worth its cost.
const LEAST_GAIN: f64 = 2e-5;
/// Records on which the cost of keys is measured.
const COST_SAMPLE: usize = 12_000;

/// Chooses rules for a model that has comparisons but no rules.
pub fn choose_rules(
    records: &Records,
    model: &Model,
    options: &RuleOptions,
    progress: &dyn Progress,
) -> Result<ChosenRules, Fault> {
    progress.begin(Stage::ChooseRules, 3);
    let sampled;
    let (sample, share) = if records.len() > options.sample {
        sampled = records.sample(options.sample, options.seed);
        (&sampled, options.sample as f64 / records.len() as f64)
    } else {
        (records, 1.0)
    };
    let (affordable, n_considered) = affordable_keys(sample, share, model.link_type, options);
    if affordable.is_empty() {
        return Err(Fault::new(
            FaultCode::NoPairs,
            "every combination of columns makes no pairs, or too many to compare",
            "give blocking rules in a model ([[candidates]]), or columns that tell people apart",
        ));
    }
    progress.advance(1);
    if progress.stopped() {
        return Err(interrupted());
    }
    let atoms = Atoms::of(sample);
    let judged = judge(sample, &atoms, model, &affordable[..affordable.len().min(POOL_KEYS)], options)?;
    progress.advance(1);
    let of_unborn = key_of_unborn(records, &atoms, &affordable);
    let budget = options.budget(records.len()) - of_unborn.map_or(0.0, |index| affordable[index].cost);
    let mut chosen = greedy(&judged, &affordable, budget);
    if let Some(index) = of_unborn {
        let is_found = chosen.iter().any(|&(other, _)| affordable[index].key.contains(affordable[other].key));
        if !is_found {
            chosen.push((index, 0.0));
        }
    }
    progress.advance(1);
    let rules: Vec<ChosenRule> = chosen
        .into_iter()
        .map(|(index, adds)| ChosenRule {
            rule: atoms.rule(affordable[index].key),
            pairs_per_record: affordable[index].cost,
            adds,
        })
        .collect();
    Ok(ChosenRules { coverage: rules.iter().map(|rule| rule.adds).sum(), rules, n_considered })
}

/// A key that costs little enough.
struct Priced {
    key: Key,
    /// Pairs per record on the whole data.
    cost: f64,
}

/// Singles, pairs and threes of atoms of different fields that cost little enough, the cheapest first; a longer key only
/// where none of its shorter ones is already affordable, since it would find nothing more. And how many were considered.
fn affordable_keys(
    records: &Records,
    share: f64,
    link_type: LinkType,
    options: &RuleOptions,
) -> (Vec<Priced>, usize) {
    let n_whole = records.len() as f64 / share;
    let budget = options.budget(n_whole.round() as usize);
    let small;
    let records = if records.len() > COST_SAMPLE {
        small = records.sample(COST_SAMPLE, options.seed ^ 0x5EED);
        &small
    } else {
        records
    };
    let share = records.len() as f64 / n_whole;
    let atoms = Atoms::of(records);
    // pairs of a sample of records are its share squared of all pairs
    let cost_of = |key: &Key| atoms.n_pairs(*key, link_type) as f64 / share / records.len() as f64;
    let mut affordable: Vec<Priced> = Vec::new();
    let mut n_considered = 0;
    let mut too_dear: Vec<Key> = vec![Key::NOTHING];
    for _ in 0..MOST_ATOMS {
        let longer: Vec<Key> = too_dear
            .iter()
            .flat_map(|key| atoms.longer(*key))
            .filter(|key| !affordable.iter().any(|shorter| key.contains(shorter.key)))
            .collect();
        n_considered += longer.len();
        let costs: Vec<f64> = longer.par_iter().map(cost_of).collect();
        too_dear.clear();
        for (key, cost) in longer.into_iter().zip(costs) {
            if cost <= MOST_COST * budget {
                affordable.push(Priced { key, cost });
            } else {
                too_dear.push(key);
            }
        }
    }
    // a key of one field that makes no pairs in a sample may be an identifier that few records share
    affordable.retain(|priced| priced.cost > 0.0 || priced.key.len() == 1);
    affordable.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    affordable.truncate(MOST_KEYS);
    (affordable, n_considered)
}

/// The key that finds the records of unborn children: they have no forename, and the day on which they are expected is often
/// in another month than the birth. They are too few for their matches to be seen among those of all others.
fn key_of_unborn(records: &Records, atoms: &Atoms<'_>, affordable: &[Priced]) -> Option<usize> {
    records.fields.iter().find(|field| field.name == EXPECTED_DATE_OF_BIRTH)?;
    let name = |role: Role| records.fields.iter().find(|field| field.role == role).map(|field| &field.name);
    let keys =
        [name(Role::Surname)?, name(Role::Postcode)?].map(|field| BlockingKey::same(field, Part::Whole));
    let is_key = |priced: &Priced| {
        let rule = atoms.rule(priced.key);
        rule.keys.len() <= keys.len() && rule.keys.iter().all(|key| keys.contains(key))
    };
    affordable.iter().position(is_key)
}

/// A pair that some key of the pool makes.
struct Judged {
    /// Probability of a match.
    mass: f64,
    /// The atoms that hold for it.
    atoms: u64,
}

/// Fits the model to the pairs of the pool, and gives those that are likely matches.
fn judge(
    records: &Records,
    atoms: &Atoms<'_>,
    model: &Model,
    pool: &[Priced],
    options: &RuleOptions,
) -> Result<Vec<Judged>, Fault> {
    let rules: Vec<BlockingRule> = pool.iter().map(|priced| atoms.rule(priced.key)).collect();
    let blocks = Blocks::new(records, &rules, model.link_type);
    let comparer = Comparer::new(records, model)?;
    let mut fitted = model.clone();
    let training = TrainingOptions { seed: options.seed, random_pairs: 60_000, candidate_pairs: POOL_PAIRS };
    let fit = train(&comparer, &blocks, &mut fitted, &[], &training, &crate::progress::Silent)?;
    let scorer = Scorer::new(&comparer, &fitted)?;
    let one_in = fit.scale as u64;
    let found: Vec<Vec<Judged>> = blocks
        .tasks(16_384)
        .par_iter()
        .map(|task| {
            let mut scratch = comparer.scratch();
            let mut found = Vec::new();
            let keep = |left: u32| one_in == 1 || draw(options.seed, u64::from(left)).is_multiple_of(one_in);
            blocks.for_each_pair(task, keep, |left, right| {
                if let Some(weight) = scorer.at_least(0.0, left, right, &mut scratch) {
                    let mass = plait_types::MatchWeight(weight).probability().get();
                    found.push(Judged { mass, atoms: atoms.that_hold(left, right) });
                }
            });
            found
        })
        .collect();
    Ok(found.into_iter().flatten().collect())
}

/// Takes keys by what they find for their cost, for as long as the budget lasts.
///
/// A match that only one rule finds is by chance not missed, and others like it are missed. So finding it again counts
/// too, each time [`AGAIN`] of the time before.
fn greedy(judged: &[Judged], affordable: &[Priced], budget: f64) -> Vec<(usize, f64)> {
    let total: f64 = judged.iter().map(|pair| pair.mass).sum();
    // likely matches of one kind are many, and count together
    let mut kinds: BTreeMap<u64, f64> = BTreeMap::new();
    judged.iter().for_each(|pair| *kinds.entry(pair.atoms).or_default() += pair.mass);
    let kinds: Vec<(u64, f64)> = kinds.into_iter().collect();
    let mut worth: Vec<f64> = kinds.iter().map(|kind| kind.1).collect();
    let mut is_found = vec![false; kinds.len()];
    let mut is_taken = vec![false; affordable.len()];
    let mut left = budget;
    let mut chosen = Vec::new();
    loop {
        let gains: Vec<f64> = affordable
            .par_iter()
            .enumerate()
            .map(|(index, priced)| {
                if is_taken[index] || priced.cost > left {
                    return 0.0;
                }
                let found = kinds.iter().zip(&worth).filter(|(kind, _)| priced.key.holds_among(kind.0));
                found.map(|(_, worth)| worth).sum()
            })
            .collect();
        // a small constant cost keeps the order sensible among keys that make next to no other pairs
        let per_cost = |index: usize| gains[index] / (affordable[index].cost + 0.05);
        let best = (0..affordable.len())
            .filter(|&index| gains[index] > 0.0 && gains[index] >= LEAST_GAIN * total)
            .max_by(|&a, &b| per_cost(a).total_cmp(&per_cost(b)).then(b.cmp(&a)));
        let Some(best) = best else { return chosen };
        is_taken[best] = true;
        left -= affordable[best].cost;
        let mut adds = 0.0;
        for (index, kind) in kinds.iter().enumerate() {
            if affordable[best].key.holds_among(kind.0) {
                worth[index] *= AGAIN;
                if !std::mem::replace(&mut is_found[index], true) {
                    adds += kind.1 / total;
                }
            }
        }
        chosen.push((best, adds));
    }
}
