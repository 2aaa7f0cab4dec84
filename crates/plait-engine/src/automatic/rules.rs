//! Blocking rules chosen from the data under a budget of pairs.
//!
//! Keys are made from the parts of each field, alone, in pairs and in threes. Those that cost little each make a
//! diverse pool of pairs; the model is fitted to the pool; and rules are taken greedily by how much likely match they
//! add for what they cost, until the budget is spent or the next rule adds next to nothing. On large data the keys are
//! judged on a sample of records.

use crate::blocking::Blocks;
use crate::comparison::Comparer;
use crate::model::{BlockingKey, BlockingRule, FORMER_LA_CHILD_ID, LinkType, Model, Part};
use crate::progress::{Progress, Stage, interrupted};
use crate::random::draw;
use crate::records::{Field, Records};
use crate::scoring::Scorer;
use crate::training::{TrainingOptions, train};
use plait_types::{Fault, FaultCode, Role};
use rayon::prelude::*;

/// How much may be spent.
#[derive(Clone, Copy, Debug)]
pub struct RuleOptions {
    /// Candidate pairs per record that the chosen rules may make together.
    pub pairs_per_record: f64,
    /// Records on which keys are judged.
    pub sample: usize,
    /// For sampling.
    pub seed: u64,
}

impl Default for RuleOptions {
    fn default() -> Self {
        Self { pairs_per_record: 12.0, sample: 30_000, seed: 1 }
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
    /// The share, 0..=1, of the likely matches of the pool that it adds to the rules before it.
    pub adds: f64,
}

/// A key may cost so many pairs per record and still join the pool.
const POOL_COST: f64 = 4.0;
/// Keys in the pool at most, the cheapest first.
const POOL_KEYS: usize = 64;
/// Pairs of the pool that are compared.
const POOL_PAIRS: u64 = 250_000;
/// A rule that adds less than this share of the likely matches is not worth its cost.
const LEAST_GAIN: f64 = 2e-4;
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
    let (pool, n_considered) = affordable_keys(sample, share, model.link_type, options);
    if pool.is_empty() {
        return Err(Fault::new(
            FaultCode::NoPairs,
            "no combination of columns makes few enough pairs to compare",
            "give blocking rules in a model ([[candidates]]), or columns that tell people apart",
        ));
    }
    progress.advance(1);
    if progress.stopped() {
        return Err(interrupted());
    }
    let judged = judge(sample, model, &pool, options)?;
    progress.advance(1);
    let chosen = greedy(&judged, &pool, options.pairs_per_record);
    progress.advance(1);
    Ok(ChosenRules { n_considered, ..chosen })
}

struct PoolKey {
    rule: BlockingRule,
    /// Pairs per record on the whole data.
    cost: f64,
}

/// A field and a part of it.
type Atom = (usize, Part);

/// Singles, pairs and threes of atoms of different fields that cost little enough; a longer key only where none of its
/// shorter ones is already affordable, since it would find nothing more.
fn affordable_keys(
    records: &Records,
    share: f64,
    link_type: LinkType,
    options: &RuleOptions,
) -> (Vec<PoolKey>, usize) {
    let n_whole = records.len() as f64 / share;
    let small;
    let records = if records.len() > COST_SAMPLE {
        small = records.sample(COST_SAMPLE, options.seed ^ 0x5EED);
        &small
    } else {
        records
    };
    let share = records.len() as f64 / n_whole;
    let atoms: Vec<Atom> = records
        .fields
        .iter()
        .enumerate()
        .flat_map(|(index, field)| parts_to_block_on(field).iter().map(move |&part| (index, part)))
        .collect();
    let cost_of = |key: &Vec<Atom>| {
        let rule = rule_of(records, key);
        let n_pairs = Blocks::new(records, std::slice::from_ref(&rule), link_type).costs()[0].n_pairs;
        // pairs of a sample of records are its share squared of all pairs
        (rule, n_pairs as f64 / share / records.len() as f64)
    };
    let mut pool: Vec<PoolKey> = Vec::new();
    let mut n_considered = 0;
    let mut too_dear: Vec<Vec<Atom>> = vec![Vec::new()];
    let mut affordable: Vec<Vec<Atom>> = Vec::new();
    for _ in 0..3 {
        let longer: Vec<Vec<Atom>> = too_dear
            .iter()
            .flat_map(|key| atoms.iter().map(move |atom| (key, atom)))
            .filter(|(key, atom)| key.last().is_none_or(|last| last.0 < atom.0))
            .map(|(key, atom)| key.iter().copied().chain([*atom]).collect::<Vec<Atom>>())
            .filter(|key| !affordable.iter().any(|short| short.iter().all(|atom| key.contains(atom))))
            .collect();
        n_considered += longer.len();
        let costs: Vec<(BlockingRule, f64)> = longer.par_iter().map(cost_of).collect();
        too_dear.clear();
        for (key, (rule, cost)) in longer.into_iter().zip(costs) {
            if cost <= POOL_COST {
                affordable.push(key);
                pool.push(PoolKey { rule, cost });
            } else {
                too_dear.push(key);
            }
        }
    }
    // a key of one field that makes no pairs in a sample may be an identifier that few records share
    pool.retain(|key| key.cost > 0.0 || key.rule.keys.len() == 1);
    pool.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    pool.truncate(POOL_KEYS);
    (pool, n_considered)
}

fn rule_of(records: &Records, key: &[Atom]) -> BlockingRule {
    let keys = key.iter().map(|&(field, part)| BlockingKey::same(records.fields[field].name.clone(), part));
    BlockingRule { keys: keys.collect() }
}

/// The parts of a field that people's records may agree on where the whole does not.
fn parts_to_block_on(field: &Field) -> &'static [Part] {
    match field.role {
        _ if field.name == FORMER_LA_CHILD_ID => &[],
        Role::Forename | Role::PreferredForename => &[Part::Whole, Part::First(3), Part::Metaphone],
        Role::Surname | Role::FormerSurname => {
            &[Part::Whole, Part::First(3), Part::Metaphone, Part::LastWord]
        }
        Role::FullName => &[Part::Whole, Part::FirstWord, Part::LastWord],
        Role::DateOfBirth => &[Part::Whole, Part::YearMonth, Part::MonthDay, Part::YearDay],
        Role::Postcode => &[Part::Whole, Part::Sector, Part::First(3)],
        Role::Email => &[Part::Whole, Part::LocalPart],
        Role::Address | Role::AddressLine => &[Part::Whole, Part::LastWord],
        Role::Upn
        | Role::NhsNumber
        | Role::Uln
        | Role::Identifier
        | Role::Phone
        | Role::HouseNumber
        | Role::Town
        | Role::Sex
        | Role::School => &[Part::Whole],
        _ => &[],
    }
}

/// Pairs of the pool with their probability and the keys that make them.
struct Judged {
    /// Probability of a match times how many pairs it stands for.
    mass: Vec<f64>,
    /// One bit per key of the pool.
    keys: Vec<u64>,
}

fn judge(records: &Records, model: &Model, pool: &[PoolKey], options: &RuleOptions) -> Result<Judged, Fault> {
    let rules: Vec<BlockingRule> = pool.iter().map(|key| key.rule.clone()).collect();
    let blocks = Blocks::new(records, &rules, model.link_type);
    let comparer = Comparer::new(records, model)?;
    let mut fitted = model.clone();
    let training = TrainingOptions { seed: options.seed, random_pairs: 60_000, candidate_pairs: POOL_PAIRS };
    let fit = train(&comparer, &blocks, &mut fitted, &training, &crate::progress::Silent)?;
    let scorer = Scorer::new(&comparer, &fitted)?;
    let one_in = fit.scale as u64;
    let found: Vec<Vec<(f64, u64)>> = blocks
        .tasks(16_384)
        .par_iter()
        .map(|task| {
            let mut scratch = comparer.scratch();
            let mut found = Vec::new();
            let keep = |left: u32| one_in == 1 || draw(options.seed, u64::from(left)).is_multiple_of(one_in);
            blocks.for_each_pair(task, keep, |left, right| {
                if let Some(weight) = scorer.at_least(0.0, left, right, &mut scratch) {
                    let keys = (0..pool.len())
                        .filter(|&key| blocks.holds(key, left, right))
                        .fold(0, |bits, key| bits | 1u64 << key);
                    found.push((plait_types::MatchWeight(weight).probability().get(), keys));
                }
            });
            found
        })
        .collect();
    let (mass, keys) = found.into_iter().flatten().unzip();
    Ok(Judged { mass, keys })
}

fn greedy(judged: &Judged, pool: &[PoolKey], budget: f64) -> ChosenRules {
    let total: f64 = judged.mass.iter().sum();
    let mut chosen = ChosenRules { rules: Vec::new(), coverage: 0.0, n_considered: pool.len() };
    let mut taken = 0u64;
    let mut left = budget;
    loop {
        let mut gains = vec![0.0; pool.len()];
        for (mass, keys) in judged.mass.iter().zip(&judged.keys) {
            if keys & taken == 0 {
                let mut bits = *keys;
                while bits != 0 {
                    gains[bits.trailing_zeros() as usize] += mass;
                    bits &= bits - 1;
                }
            }
        }
        // a small constant cost keeps the order sensible among keys that make next to no other pairs
        let worth = |key: &usize| gains[*key] / (pool[*key].cost + 0.05);
        let best = (0..pool.len())
            .filter(|&key| taken & 1 << key == 0 && pool[key].cost <= left)
            .filter(|&key| gains[key] >= LEAST_GAIN * total && gains[key] > 0.0)
            .max_by(|a, b| worth(a).total_cmp(&worth(b)).then(b.cmp(a)));
        let Some(best) = best else { return chosen };
        taken |= 1 << best;
        left -= pool[best].cost;
        chosen.coverage += gains[best] / total;
        chosen.rules.push(ChosenRule {
            rule: pool[best].rule.clone(),
            pairs_per_record: pool[best].cost,
            adds: gains[best] / total,
        });
    }
}
