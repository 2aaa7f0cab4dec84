//! From comparison vectors to match weights.
//!
//! The weight of a pair is log2 of the odds of a match: `log2(Σ share·P over match classes) − log2(Σ over the others)`.
//! With a class of matches M and one of strangers R it is the familiar sum, prior + Σ log2(m/u) + term-frequency
//! adjustments. Further classes take a last term off it: how much the pair also looks like people who are merely related.

use crate::blocking::{Blocks, PairVisitor, Run};
use crate::comparison::{Comparer, ComparisonVector, Hints, Quick, Scratch};
use crate::deterministic::Ruling;
use crate::model::{Class, Comparison, Model, TermFrequency, pairs_together};
use crate::progress::{Progress, Stage, interrupted};
use crate::rows::{Rows, STRETCH};
use crate::training::{ComparedPair, ComparedPairs};
use hashbrown::HashMap;
use plait_types::{Fault, FaultCode, MatchWeight, NULL, Role};
use rayon::prelude::*;
use std::ops::Range;

/// A trained model bound to a comparer.
pub struct Scorer<'a> {
    comparer: &'a Comparer<'a>,
    /// log2 of share of the class / share of strangers; the class of strangers itself left out.
    classes: Vec<ScoredClass>,
    /// The comparisons that count together.
    together: Vec<[usize; 2]>,
    /// Per comparison.
    frequencies: Vec<Option<Frequencies>>,
    /// Comparisons in the order in which [`Scorer::at_least`] resolves them.
    order: Vec<usize>,
    /// Per comparison and level (missing first), the most evidence it can give, without term frequency.
    most: Vec<Levels>,
    /// Per comparison, the most that a level other than plain agreement can give, with term frequency.
    most_unequal: Vec<f64>,
    prior_most: f64,
    /// Per comparison, without the missing one.
    n_levels: Vec<usize>,
    screen: Screen,
}

/// What rules a pair out from equality of codes alone, for many pairs of one left at once.
///
/// Half as precise numbers suffice, since only those pairs are dropped that miss the cut by more than rounding.
#[derive(Default)]
struct Screen {
    /// What is the same for all pairs: the prior, and the most of comparisons that have no term.
    base: f64,
    terms: Vec<Term>,
}

/// A pair by its places in a long block.
#[derive(Clone, Copy)]
struct Places<'a> {
    left: usize,
    right: usize,
    left_row: &'a [u32],
    right_row: &'a [u32],
}

/// What one comparison of one field can give at most.
struct Term {
    comparison: usize,
    slot: usize,
    /// Where a value is missing.
    missing: f32,
    /// Where the values are equal, and the level that this is; without the adjustment for the value's frequency.
    equal: f32,
    level: u8,
    /// Where they differ.
    unequal: f32,
    /// The same where a bound rules out all levels before one, by that level; where the comparison has such a bound.
    unequal_from: Option<Levels>,
}

impl Screen {
    /// Bits by which a pair must miss the cut to be dropped: far above what rounding can make of sixteen terms.
    const SLACK: f64 = 0.1;

    /// What one pair can reach at most, where its levels have bounds; `limit` is what equality of codes gave.
    fn narrowed(&self, scorer: &Scorer<'_>, hints: &Hints, limit: f32, cut: f32, pair: Places<'_>) -> f32 {
        let mut limit = limit;
        for term in &self.terms {
            let Some(unequal_from) = &term.unequal_from else { continue };
            let (left, right) = (pair.left_row[term.slot], pair.right_row[term.slot]);
            if left == right || left == NULL || right == NULL {
                continue;
            }
            let level = scorer.comparer.best_unequal(term.comparison, hints, pair.left, pair.right);
            limit += unequal_from[level as usize] as f32 - term.unequal;
            if limit < cut {
                break;
            }
        }
        limit
    }

    /// Puts into `limits` what each pair of a run can reach at most.
    fn limits(&self, scorer: &Scorer<'_>, run: &Run<'_>, left: &[u32], limits: &mut Vec<f32>) {
        limits.clear();
        limits.resize(run.is_new.len(), self.base as f32);
        for term in &self.terms {
            let code = left[term.slot];
            let missing = term.missing;
            if code == NULL {
                limits.iter_mut().for_each(|limit| *limit += missing);
                continue;
            }
            let equal = term.equal + scorer.most_frequency_bits(term, code) as f32;
            let unequal = term.unequal;
            for (limit, &right) in limits.iter_mut().zip(run.codes(term.slot)) {
                let differing = if right == NULL { missing } else { unequal };
                *limit += if right == code { equal } else { differing };
            }
        }
    }
}

/// A number per level, missing first; as many as fit into a vector, so that no length is looked up on the way.
type Levels = [f64; ComparisonVector::MAX_LEVELS + 1];

fn levels(numbers: impl Iterator<Item = f64>) -> Levels {
    let mut levels = [0.0; ComparisonVector::MAX_LEVELS + 1];
    levels.iter_mut().zip(numbers).for_each(|(level, number)| *level = number);
    levels
}

struct ScoredClass {
    is_match: bool,
    prior: f64,
    /// Per comparison and level (missing first): log2 of P(level | class) / P(level | strangers).
    weights: Vec<Levels>,
    /// Per two comparisons that count together, and per level of each (missing first): log2 of the ratio in this class / in strangers.
    together: Vec<Vec<Levels>>,
    /// Comparisons whose plain agreement in this class is by chance, so that rarity counts for it as for strangers.
    agrees_by_chance: Vec<bool>,
}

/// Term-frequency adjustments of one comparison.
struct Frequencies {
    /// Per level (missing first), which of `tables` applies.
    table_of: Vec<Option<usize>>,
    tables: Vec<FrequencyTable>,
}

/// The adjustment for agreement on each value of a field.
struct FrequencyTable {
    slot: usize,
    /// Index of the field.
    field: usize,
    /// Share of pairs of different people that agree on a value, whichever it is.
    by_chance: f64,
    strength: f64,
    floor: f64,
    /// Bits per value code.
    bits: Vec<f64>,
    /// The most that any pair can get.
    most: f64,
}

/// How common the value is on which two records agree, beside how often others agree by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharedFrequency {
    /// Share of the records with a value that have this one; of two values, the more common.
    pub of_records: f64,
    /// Whether both records have the one value, or only one of them has any.
    pub is_one_value: bool,
    /// Share of pairs of different people that agree by chance, on any value.
    pub by_chance: f64,
    /// By what the logarithm of their ratio is multiplied.
    pub strength: f64,
    /// The least share that is believed, where the value is rarer.
    pub floor: Option<f64>,
}

/// Pairs at or above a weight.
#[derive(Clone, Debug, Default)]
pub struct ScoredPairs {
    /// Left records; `left < right` in every pair. Ordered by left, then right record, but for those that are told of later.
    pub left: Vec<u32>,
    /// Right records.
    pub right: Vec<u32>,
    /// Match weights, bits.
    pub weight: Vec<f64>,
    /// The first blocking rule that makes the pair; [`ScoredPairs::NO_CANDIDATE`] of pairs, the last ones, that only a
    /// deterministic rule or a constraint makes.
    pub rule: Vec<u16>,
    /// What deterministic rules or a constraint say of the pair.
    pub ruling: Vec<Option<Ruling>>,
    /// Deterministic rules of the model, where they have been applied.
    pub n_deterministic: u16,
    /// Candidate pairs looked at, per rule, those of earlier rules left out.
    pub n_candidates: Vec<u64>,
}

impl<'a> Scorer<'a> {
    /// Binds a trained model. An untrained one is a [`FaultCode::BadModel`].
    pub fn new(comparer: &'a Comparer<'a>, model: &Model) -> Result<Self, Fault> {
        let (Some(strangers), true) = (
            model.classes.iter().find(|class| !class.is_match),
            model.classes.iter().any(|class| class.is_match),
        ) else {
            return Err(Fault::new(
                FaultCode::BadModel,
                "the model has not been trained: it lacks a class of matches or one of non-matches",
                "link with it, which trains it, or give m and u in [[class]] sections",
            ));
        };
        let n_levels: Vec<usize> =
            model.comparisons.iter().map(|comparison| comparison.levels.len()).collect();
        let together = pairs_together(model.classes.iter());
        let mut classes: Vec<ScoredClass> = model
            .classes
            .iter()
            .filter(|class| !std::ptr::eq(*class, strangers))
            .map(|class| ScoredClass::new(class, strangers, model, &together))
            .collect();
        limit_agreement(comparer, model, &mut classes);
        limit_together(&together, &n_levels, &mut classes);
        let frequencies = model
            .comparisons
            .iter()
            .zip(&strangers.probabilities)
            .map(|(comparison, u)| Frequencies::of(comparer, comparison, u))
            .collect::<Vec<_>>();
        let mut scorer = Self {
            comparer,
            order: Vec::new(),
            most: Vec::new(),
            most_unequal: Vec::new(),
            prior_most: 0.0,
            n_levels,
            screen: Screen::default(),
            classes,
            together,
            frequencies,
        };
        scorer.set_limits(model);
        scorer.set_screen();
        Ok(scorer)
    }

    /// The weight of a pair.
    pub fn weigh(&self, left: u32, right: u32, scratch: &mut Scratch) -> MatchWeight {
        self.weigh_compared(self.comparer.vector(left, right, scratch), left, right)
    }

    /// The same in bits, if some blocking rule makes the pair.
    pub fn weigh_candidate(
        &self,
        blocks: &Blocks,
        left: u32,
        right: u32,
        scratch: &mut Scratch,
    ) -> Option<f64> {
        blocks.is_candidate(left, right).then(|| self.weigh(left, right, scratch).0)
    }

    /// What [clustering](crate::clustering::cluster) asks for the weights of candidates.
    pub fn weigher<'s>(
        &'s self,
        blocks: &'s Blocks,
    ) -> impl Fn() -> Box<dyn FnMut(u32, u32) -> Option<f64> + 's> + Sync + 's {
        move || {
            let mut scratch = self.comparer.scratch();
            Box::new(move |left, right| self.weigh_candidate(blocks, left, right, &mut scratch))
        }
    }

    /// The weight of a pair whose vector is known.
    pub fn weigh_compared(&self, vector: ComparisonVector, left: u32, right: u32) -> MatchWeight {
        self.weigh_rows(vector, self.comparer.row(left), self.comparer.row(right))
    }

    fn weigh_rows(&self, vector: ComparisonVector, left: &[u32], right: &[u32]) -> MatchWeight {
        MatchWeight(
            self.weight_of(vector, |comparison, level| self.frequency_bits(comparison, level, left, right)),
        )
    }

    /// A weight that no pair with this vector exceeds, whatever its values.
    fn limit(&self, vector: ComparisonVector) -> f64 {
        let mut limit = self.prior_most + 1e-9;
        for (comparison, most) in self.most.iter().enumerate() {
            let level = vector.level(comparison) as usize;
            limit += most[level];
            if let Some(frequencies) = &self.frequencies[comparison] {
                limit += frequencies.most(level);
            }
        }
        limit
    }

    /// The weight of a vector where no value is rarer or more common than others.
    pub fn weigh_vector(&self, vector: ComparisonVector) -> MatchWeight {
        MatchWeight(self.weight_of(vector, |_, _| 0.0))
    }

    /// The parts of the weight of a pair, which sum to it: prior, per comparison the evidence and its term-frequency
    /// adjustment, and what other classes take off.
    pub fn parts(&self, vector: ComparisonVector, left: u32, right: u32) -> WeightParts {
        let class = self.classes.iter().find(|class| class.is_match).expect("checked in new");
        let n = self.comparer.len();
        let evidence: Vec<f64> = (0..n).map(|c| class.weights[c][vector.level(c) as usize]).collect();
        let (left, right) = (self.comparer.row(left), self.comparer.row(right));
        let frequency: Vec<f64> =
            (0..n).map(|c| self.frequency_bits(c, vector.level(c), left, right)).collect();
        let total = self.weight_of(vector, |comparison, _| frequency[comparison]);
        let bits = |(pair, bits): (&[usize; 2], &Vec<Levels>)| bits_together(*pair, bits, vector);
        let together: Vec<f64> = self.together.iter().zip(&class.together).map(bits).collect();
        let sum = class.prior
            + evidence.iter().sum::<f64>()
            + frequency.iter().sum::<f64>()
            + together.iter().sum::<f64>();
        WeightParts { prior: class.prior, evidence, frequency, together, other_classes: total - sum, total }
    }

    /// The comparisons that count together, by their indices, in the order of [`WeightParts::together`].
    pub fn together(&self) -> &[[usize; 2]] {
        &self.together
    }

    /// What the term-frequency adjustment of one comparison of a pair is made from; `None` where there is none.
    pub fn frequency(&self, comparison: usize, level: u8, left: u32, right: u32) -> Option<SharedFrequency> {
        let frequencies = self.frequencies[comparison].as_ref()?;
        let table = &frequencies.tables[frequencies.table_of[level as usize]?];
        let codes = [left, right].map(|record| self.comparer.row(record)[table.slot]);
        let known = codes.into_iter().filter(|&code| code != NULL);
        let code = known.min_by(|&a, &b| table.bits[a as usize].total_cmp(&table.bits[b as usize]))?;
        let field = &self.comparer.records.fields[table.field];
        let of_records = f64::from(field.counts[code as usize]) / field.n_present() as f64;
        Some(SharedFrequency {
            of_records,
            is_one_value: codes[0] == codes[1] || codes.contains(&NULL),
            by_chance: table.by_chance,
            strength: table.strength,
            floor: (of_records < table.floor).then_some(table.floor),
        })
    }

    /// The weight of a pair if it is at least `cut`, found with as few string comparisons as possible.
    /// Gives exactly what [`Scorer::weigh`] gives.
    pub fn at_least(&self, cut: f64, left: u32, right: u32, scratch: &mut Scratch) -> Option<f64> {
        self.rows_at_least(cut, self.comparer.row(left), self.comparer.row(right), scratch)
    }

    fn rows_at_least(&self, cut: f64, left: &[u32], right: &[u32], scratch: &mut Scratch) -> Option<f64> {
        let mut limit = self.prior_most;
        let mut vector = ComparisonVector::default();
        let mut open = 0u32;
        for comparison in 0..self.comparer.len() {
            match self.comparer.quick(comparison, left, right) {
                Quick::Known(level) => {
                    vector.set(comparison, level);
                    limit += self.most[comparison][level as usize];
                    limit += self.frequency_bits(comparison, level, left, right);
                }
                Quick::Unequal => {
                    open |= 1 << comparison;
                    limit += self.most_unequal[comparison];
                }
            }
        }
        // rounding of the limit must not cost a pair that is exactly at the cut
        let cut_with_slack = cut - 1e-9;
        if limit < cut_with_slack {
            return None;
        }
        for &comparison in &self.order {
            if open & 1 << comparison == 0 {
                continue;
            }
            let level = self.comparer.unequal(comparison, left, right, scratch);
            vector.set(comparison, level);
            limit -= self.most_unequal[comparison];
            limit += self.most[comparison][level as usize];
            limit += self.frequency_bits(comparison, level, left, right);
            if limit < cut_with_slack {
                return None;
            }
        }
        let weight =
            self.weight_of(vector, |comparison, level| self.frequency_bits(comparison, level, left, right));
        (weight >= cut).then_some(weight)
    }

    fn set_limits(&mut self, model: &Model) {
        let matches: Vec<&ScoredClass> = self.classes.iter().filter(|class| class.is_match).collect();
        self.prior_most = matches.iter().map(|class| class.prior.exp2()).sum::<f64>().log2();
        for (index, comparison) in model.comparisons.iter().enumerate() {
            // what two comparisons say together counts with the second
            let with_others = |class: &ScoredClass, level: usize| -> f64 {
                let pairs = self.together.iter().zip(&class.together).filter(|(pair, _)| pair[1] == index);
                pairs.map(|(_, bits)| bits.iter().map(|row| row[level]).fold(0.0, f64::max)).sum()
            };
            let most = levels((0..=comparison.levels.len()).map(|level| {
                let most = |class: &&ScoredClass| class.weights[index][level] + with_others(class, level);
                matches.iter().map(most).fold(f64::NEG_INFINITY, f64::max)
            }));
            let rarest = |level| self.frequencies[index].as_ref().map_or(0.0, |f| f.most(level));
            let equal = self.comparer.equal_level(index).map(usize::from);
            let unequal = (1..=comparison.levels.len())
                .filter(|level| Some(*level) != equal)
                .map(|level| most[level] + rarest(level))
                .fold(f64::NEG_INFINITY, f64::max);
            self.most.push(most);
            self.most_unequal.push(unequal);
        }
        // the comparison with the widest range decides most pairs
        let range = |c: &usize| {
            let least = self.most[*c][1..=model.comparisons[*c].levels.len()]
                .iter()
                .copied()
                .fold(f64::INFINITY, f64::min);
            self.most_unequal[*c] - least
        };
        let mut order: Vec<usize> = (0..model.comparisons.len()).collect();
        order.sort_by(|a, b| range(b).total_cmp(&range(a)));
        self.order = order;
    }

    fn set_screen(&mut self) {
        self.screen.base = self.prior_most;
        for comparison in 0..self.comparer.len() {
            let most = &self.most[comparison];
            let slot = self.comparer.only_slot(comparison);
            let equal = self.comparer.equal_level(comparison);
            if let (Some(slot), Some(level)) = (slot, equal) {
                self.screen.terms.push(Term {
                    comparison,
                    slot,
                    missing: most[0] as f32,
                    equal: most[level as usize] as f32,
                    level,
                    unequal: self.most_unequal[comparison] as f32,
                    unequal_from: self.comparer.has_bound(comparison).then(|| self.unequal_from(comparison)),
                });
                continue;
            }
            let rarest =
                |level: u8| self.frequencies[comparison].as_ref().map_or(0.0, |f| f.most(level as usize));
            let equal = equal.map_or(f64::NEG_INFINITY, |level| most[level as usize] + rarest(level));
            self.screen.base += most[0].max(self.most_unequal[comparison]).max(equal);
        }
    }

    /// Per level, the most that it or a later one can give, with term frequency; but for plain agreement, which comes first.
    fn unequal_from(&self, comparison: usize) -> Levels {
        let n = self.n_levels[comparison];
        let rarest = |level| self.frequencies[comparison].as_ref().map_or(0.0, |f| f.most(level));
        let mut from = levels(std::iter::empty());
        let mut most = f64::NEG_INFINITY;
        for level in (1..=n).rev() {
            most = most.max(self.most[comparison][level] + rarest(level));
            from[level] = most;
        }
        from
    }

    /// The most that the frequency of a value adds to a pair that agrees on it.
    fn most_frequency_bits(&self, term: &Term, code: u32) -> f64 {
        let Some(frequencies) = &self.frequencies[term.comparison] else { return 0.0 };
        match frequencies.table_of[term.level as usize].map(|table| &frequencies.tables[table]) {
            None => 0.0,
            Some(table) if table.slot == term.slot => table.bits[code as usize],
            Some(table) => table.most,
        }
    }

    fn weight_of(&self, vector: ComparisonVector, frequency: impl Fn(usize, u8) -> f64) -> f64 {
        let n = self.comparer.len();
        let mut bits = [0.0; ComparisonVector::MAX_COMPARISONS];
        for (comparison, slot) in bits[..n].iter_mut().enumerate() {
            *slot = frequency(comparison, vector.level(comparison));
        }
        let log_odds = |class: &ScoredClass| {
            let mut sum = class.prior;
            for (comparison, &adjustment) in bits[..n].iter().enumerate() {
                sum += class.weights[comparison][vector.level(comparison) as usize];
                if !class.agrees_by_chance[comparison] {
                    sum += adjustment;
                }
            }
            for (pair, bits) in self.together.iter().zip(&class.together) {
                sum += bits_together(*pair, bits, vector);
            }
            sum
        };
        let total = |is_match: bool| {
            let odds = self.classes.iter().filter(|class| class.is_match == is_match).map(log_odds);
            log2_sum(odds, !is_match)
        };
        total(true) - total(false)
    }

    #[inline]
    fn frequency_bits(&self, comparison: usize, level: u8, left: &[u32], right: &[u32]) -> f64 {
        match &self.frequencies[comparison] {
            None => 0.0,
            Some(frequencies) => match frequencies.table_of[level as usize] {
                None => 0.0,
                Some(table) => frequencies.tables[table].of_pair(left, right),
            },
        }
    }
}

/// The terms of one pair's weight, in bits.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightParts {
    /// log2 of the share of matches / share of strangers.
    pub prior: f64,
    /// Per comparison.
    pub evidence: Vec<f64>,
    /// Per comparison; 0 where there is no adjustment.
    pub frequency: Vec<f64>,
    /// Per two comparisons that count together ([`Scorer::together`]): what they say together beyond what each says.
    pub together: Vec<f64>,
    /// 0 or less where the model has only strangers beside matches.
    pub other_classes: f64,
    /// Their sum: the match weight.
    pub total: f64,
}

/// log2 of Σ 2^x, with 1 added for strangers where asked; exact for a single term.
fn log2_sum(terms: impl Iterator<Item = f64>, and_one: bool) -> f64 {
    let mut sum: Option<f64> = and_one.then_some(0.0);
    for term in terms {
        sum = Some(match sum {
            None => term,
            Some(sum) => {
                let (high, low) = if sum > term { (sum, term) } else { (term, sum) };
                if low == f64::NEG_INFINITY {
                    high
                } else {
                    high + (low - high).exp2().ln_1p() * std::f64::consts::LOG2_E
                }
            }
        });
    }
    sum.unwrap_or(f64::NEG_INFINITY)
}

/// log2(p / u), finite also where a person wrote 0 for one or both.
fn evidence(p: f64, u: f64) -> f64 {
    (p.max(f64::MIN_POSITIVE) / u.max(f64::MIN_POSITIVE)).log2()
}

/// Takes agreement, the first level of a comparison, for no likelier among people who are merely related than among matches, so
/// that no pair gains when a value in which its records agree is deleted. Brothers who live together share their address more often than the
/// records of one child through the years; but that two records share it is no sign of two children.
fn limit_agreement(comparer: &Comparer<'_>, model: &Model, classes: &mut [ScoredClass]) {
    const AGREE: usize = 1;
    // whether both are of one source is no agreement
    let is_of_sources = |comparison: &Comparison| {
        let field = comparer.records.field(&comparison.fields[0]);
        field.is_some_and(|field| comparer.records.fields[field].role == Role::Source)
    };
    for (at, _) in model.comparisons.iter().enumerate().filter(|(_, comparison)| !is_of_sources(comparison)) {
        let of_matches = classes.iter().filter(|class| class.is_match);
        let least = of_matches.map(|class| class.weights[at][AGREE]).fold(f64::INFINITY, f64::min);
        for class in classes.iter_mut().filter(|class| !class.is_match) {
            class.weights[at][AGREE] = class.weights[at][AGREE].min(least);
        }
    }
}

#[inline]
fn bits_together(pair: [usize; 2], bits: &[Levels], vector: ComparisonVector) -> f64 {
    let [first, second] = pair.map(|comparison| usize::from(vector.level(comparison)));
    bits[first][second]
}

/// Holds what two findings say together to no more than the lesser of the two says alone, and so that two for a match, or two
/// against, never say more than their sum: the second sign that a child has moved does not undo the first, and that an address agrees does not
/// speak against a match because the postcode agrees as well. So no pair gains when a value in which its records agree is deleted. Where a
/// comparison counts together with several, each may take its part.
fn limit_together(together: &[[usize; 2]], n_levels: &[usize], classes: &mut [ScoredClass]) {
    const AGREE: usize = 1;
    let parts = |comparison: usize| together.iter().filter(|pair| pair.contains(&comparison)).count() as f64;
    for (at, &pair) in together.iter().enumerate() {
        for first in 1..=n_levels[pair[0]] {
            for second in 1..=n_levels[pair[1]] {
                let sides = [(pair[0], first), (pair[1], second)];
                let part =
                    |class: &ScoredClass, side: (usize, usize)| class.weights[side.0][side.1] / parts(side.0);
                for class in classes.iter_mut().filter(|class| class.is_match) {
                    let alone = sides.map(|side| part(class, side));
                    let lesser = alone[0].abs().min(alone[1].abs());
                    let least = if alone.iter().all(|alone| *alone < 0.0) { 0.0 } else { -lesser };
                    let most = if alone.iter().all(|alone| *alone > 0.0) { 0.0 } else { lesser };
                    let bits = &mut class.together[at][first][second];
                    *bits = bits.clamp(least, most);
                }
                for side in sides.into_iter().filter(|side| side.1 == AGREE) {
                    let of_match =
                        |class: &ScoredClass| class.together[at][first][second] + part(class, side);
                    let least = classes
                        .iter()
                        .filter(|class| class.is_match)
                        .map(of_match)
                        .fold(f64::INFINITY, f64::min);
                    for class in classes.iter_mut().filter(|class| !class.is_match) {
                        let most = least - part(class, side);
                        let bits = &mut class.together[at][first][second];
                        *bits = bits.min(most);
                    }
                }
            }
        }
    }
}

impl ScoredClass {
    fn new(class: &Class, strangers: &Class, model: &Model, together: &[[usize; 2]]) -> Self {
        let weights = class
            .probabilities
            .iter()
            .zip(&strangers.probabilities)
            .map(|(p, u)| levels(std::iter::once(0.0).chain(p.iter().zip(u).map(|(p, u)| evidence(*p, *u)))))
            .collect();
        let by_chance = |(comparison, p): (&Comparison, &Vec<f64>)| {
            !class.is_match && comparison.exact_level().is_some_and(|level| p[level] < 0.5)
        };
        let n_levels = |comparison: usize| class.probabilities[comparison].len();
        let log_ratio = |of: &Class, pair: [usize; 2], first: usize, second: usize| {
            let known = of.together.iter().find(|known| known.comparisons == pair);
            known.map_or(0.0, |known| known.ratios[first - 1][second - 1].max(f64::MIN_POSITIVE).log2())
        };
        let bits = |&pair: &[usize; 2]| {
            let row = |first: usize| {
                levels((0..=n_levels(pair[1])).map(|second| {
                    if first == 0 || second == 0 {
                        return 0.0;
                    }
                    log_ratio(class, pair, first, second) - log_ratio(strangers, pair, first, second)
                }))
            };
            (0..=n_levels(pair[0])).map(row).collect()
        };
        Self {
            is_match: class.is_match,
            prior: (class.share / strangers.share).log2(),
            together: together.iter().map(bits).collect(),
            weights,
            agrees_by_chance: model.comparisons.iter().zip(&class.probabilities).map(by_chance).collect(),
        }
    }
}

impl Frequencies {
    /// `None` if no level is adjusted.
    fn of(comparer: &Comparer<'_>, comparison: &Comparison, u: &[f64]) -> Option<Self> {
        let mut table_of = vec![None];
        let mut settings: Vec<(&TermFrequency, usize)> = Vec::new();
        for (index, level) in comparison.levels.iter().enumerate() {
            let wanted = level.term_frequency.as_ref().zip(comparison.term_frequency_base(index));
            // levels of the same settings share a table
            table_of.push(wanted.map(|wanted| {
                settings.iter().position(|known| *known == wanted).unwrap_or_else(|| {
                    settings.push(wanted);
                    settings.len() - 1
                })
            }));
        }
        let table = |&(settings, base): &(&TermFrequency, usize)| {
            let name = settings.field.as_ref().unwrap_or(&comparison.fields[0]);
            FrequencyTable::of(comparer, name, settings, u[base])
        };
        let tables: Vec<FrequencyTable> = settings.iter().map(table).collect();
        (!tables.is_empty()).then_some(Self { table_of, tables })
    }

    /// The most that the adjustment of a level (missing first) can be; 0 where there is none.
    fn most(&self, level: usize) -> f64 {
        self.table_of[level].map_or(0.0, |table| self.tables[table].most)
    }
}

impl FrequencyTable {
    fn of(comparer: &Comparer<'_>, name: &str, settings: &TermFrequency, u: f64) -> Self {
        let index = comparer.records.field(name).expect("the comparer was bound to it");
        let field = &comparer.records.fields[index];
        let n = field.n_present() as f64;
        let bits = |&count: &u32| settings.strength * (u / (f64::from(count) / n).max(settings.floor)).log2();
        let bits: Vec<f64> = field.counts.iter().map(bits).collect();
        Self {
            slot: comparer.slot(index).expect("the comparer was bound to it"),
            field: index,
            by_chance: u,
            strength: settings.strength,
            floor: settings.floor,
            // a pair without the value on either side gets 0
            most: bits.iter().copied().fold(0.0, f64::max),
            bits,
        }
    }

    /// The adjustment of a pair: that of its more common value, which is the lesser one; of the only value where one
    /// side has none, as in Splink.
    #[inline]
    fn of_pair(&self, left: &[u32], right: &[u32]) -> f64 {
        match (left[self.slot], right[self.slot]) {
            (NULL, NULL) => 0.0,
            (NULL, code) | (code, NULL) => self.bits[code as usize],
            (left, right) if left == right => self.bits[left as usize],
            (left, right) => self.bits[left as usize].min(self.bits[right as usize]),
        }
    }
}

/// Weighs all candidate pairs and keeps those of at least `cut` bits.
pub fn score(
    scorer: &Scorer<'_>,
    blocks: &Blocks,
    cut: f64,
    progress: &dyn Progress,
) -> Result<ScoredPairs, Fault> {
    let costs = blocks.costs();
    progress.begin(Stage::Score, costs.iter().map(|cost| cost.n_pairs).sum());
    let shares_rows = scorer.comparer.shares_rows_of(blocks);
    let chunks = blocks
        .tasks(65_536)
        .par_iter()
        .map_init(
            || scorer.comparer.scratch(),
            |scratch, task| {
                if progress.stopped() {
                    return Err(interrupted());
                }
                let mut chunk = Scoring {
                    scorer,
                    cut,
                    scratch,
                    records: Vec::new(),
                    own_rows: (!shares_rows).then(Rows::default),
                    limits: Vec::new(),
                    hints: Hints::default(),
                    chunk: Chunk { rule: task.rule, n_candidates: 0, pairs: Vec::new() },
                };
                blocks.walk(task, |_| true, &mut chunk);
                progress.advance(task.n_pairs);
                Ok(chunk.chunk)
            },
        )
        .collect::<Result<Vec<Chunk>, Fault>>()?;
    Ok(collect(chunks, costs.len()))
}

/// Weighs pairs that have been compared already; gives exactly what [`score`] gives for the same candidates.
pub fn score_compared(
    scorer: &Scorer<'_>,
    compared: &ComparedPairs,
    n_rules: usize,
    cut: f64,
    progress: &dyn Progress,
) -> Result<ScoredPairs, Fault> {
    progress.begin(Stage::Score, compared.tasks.iter().map(|(_, pairs)| pairs.len() as u64).sum());
    let chunks = compared
        .tasks
        .par_iter()
        .map(|(rule, pairs)| {
            if progress.stopped() {
                return Err(interrupted());
            }
            // most vectors are far from the cut whatever the values are
            let mut limits: HashMap<ComparisonVector, f64> = HashMap::new();
            let mut limit_of = |vector| *limits.entry(vector).or_insert_with(|| scorer.limit(vector));
            let possible: Vec<&ComparedPair> =
                pairs.iter().filter(|pair| limit_of(pair.vector) >= cut).collect();
            let mut kept = Vec::with_capacity(possible.len());
            let (mut lefts, mut rights) = (Rows::default(), Rows::default());
            for pairs in possible.chunks(STRETCH) {
                scorer.comparer.gather(pairs.iter().map(|pair| pair.left), &mut lefts);
                scorer.comparer.gather(pairs.iter().map(|pair| pair.right), &mut rights);
                for (place, pair) in pairs.iter().enumerate() {
                    let weight = scorer.weigh_rows(pair.vector, lefts.get(place), rights.get(place)).0;
                    if weight >= cut {
                        kept.push((pair.left, pair.right, weight));
                    }
                }
            }
            progress.advance(pairs.len() as u64);
            Ok(Chunk { rule: *rule, n_candidates: pairs.len() as u64, pairs: kept })
        })
        .collect::<Result<Vec<Chunk>, Fault>>()?;
    Ok(collect(chunks, n_rules))
}

/// Each pair is there once, so that its order among them depends on nothing but its records.
fn collect(chunks: Vec<Chunk>, n_rules: usize) -> ScoredPairs {
    let n = chunks.iter().map(|chunk| chunk.pairs.len()).sum();
    let mut n_candidates = vec![0; n_rules];
    let mut found: Vec<(u32, u32, f64, u16)> = Vec::with_capacity(n);
    for Chunk { rule, n_candidates: n, pairs } in chunks {
        n_candidates[rule] += n;
        found.extend(pairs.into_iter().map(|(left, right, weight)| (left, right, weight, rule as u16)));
    }
    found.par_sort_unstable_by_key(|&(left, right, ..)| (left, right));
    let mut scored = ScoredPairs { n_candidates, ..ScoredPairs::default() };
    found.into_iter().for_each(|(left, right, weight, rule)| scored.push(left, right, weight, rule));
    scored
}

/// Weighs the pairs of one task.
struct Scoring<'a> {
    scorer: &'a Scorer<'a>,
    cut: f64,
    scratch: &'a mut Scratch,
    records: Vec<u32>,
    /// The comparer's rows, where those of the blocks are others.
    own_rows: Option<Rows>,
    /// Of the run at hand, what each pair can reach at most.
    limits: Vec<f32>,
    hints: Hints,
    chunk: Chunk,
}

impl PairVisitor for Scoring<'_> {
    fn enter(&mut self, records: &[u32], _: &Rows) {
        self.records.clear();
        self.records.extend_from_slice(records);
        if let Some(rows) = &mut self.own_rows {
            self.scorer.comparer.gather(records.iter().copied(), rows);
        }
    }

    fn pair(&mut self, left: usize, right: usize, rows: &Rows) {
        self.chunk.n_candidates += 1;
        let rows = self.own_rows.as_ref().unwrap_or(rows);
        let weight = self.scorer.rows_at_least(self.cut, rows.get(left), rows.get(right), self.scratch);
        if let Some(weight) = weight {
            self.chunk.pairs.push((self.records[left], self.records[right], weight));
        }
    }

    fn enter_long(&mut self, places: Range<usize>, rows: &Rows) {
        if self.own_rows.is_none() {
            self.scorer.comparer.fill_hints(rows, places, &mut self.hints);
        }
    }

    fn pairs(&mut self, run: &Run<'_>, rows: &Rows) {
        if self.own_rows.is_some() {
            // the columns of the run are those of other rows
            let new = run.rights().filter(|&(place, _)| run.is_new[place] != 0);
            new.for_each(|(_, right)| self.pair(run.left, right, rows));
            return;
        }
        let mut limits = std::mem::take(&mut self.limits);
        let screen = &self.scorer.screen;
        screen.limits(self.scorer, run, rows.get(run.left), &mut limits);
        let cut = (self.cut - Screen::SLACK) as f32;
        for (place, right) in run.rights() {
            if run.is_new[place] == 0 {
                continue;
            }
            let pair = Places {
                left: run.left + run.offset - run.first_right,
                right: run.offset + place,
                left_row: rows.get(run.left),
                right_row: rows.get(right),
            };
            let limit = limits[place];
            if limit >= cut && screen.narrowed(self.scorer, &self.hints, limit, cut, pair) >= cut {
                self.pair(run.left, right, rows);
            } else {
                self.chunk.n_candidates += 1;
            }
        }
        self.limits = limits;
    }
}

struct Chunk {
    rule: usize,
    n_candidates: u64,
    pairs: Vec<(u32, u32, f64)>,
}

/// Keeps those values of which `keep` has true at their place.
pub(crate) fn retain_those<T>(values: &mut Vec<T>, keep: &[bool]) {
    let mut kept = keep.iter();
    values.retain(|_| *kept.next().expect("one for each value"));
}

impl ScoredPairs {
    /// In place of a blocking rule, where none makes the pair.
    pub const NO_CANDIDATE: u16 = u16::MAX;

    /// Adds a pair of which no ruling says anything.
    pub(crate) fn push(&mut self, left: u32, right: u32, weight: f64, rule: u16) {
        self.left.push(left);
        self.right.push(right);
        self.weight.push(weight);
        self.rule.push(rule);
        self.ruling.push(None);
    }

    /// Tells the pairs what is said of them, and adds those that are not among them, with their weights. `rulings` are by
    /// left, then right record, each pair once.
    pub(crate) fn tell(
        &mut self,
        rulings: &[(u32, u32, Ruling)],
        comparer: &Comparer<'_>,
        scorer: &Scorer<'_>,
    ) {
        if rulings.is_empty() {
            return;
        }
        let mut is_scored = vec![false; rulings.len()];
        for pair in 0..self.len() {
            let key = (self.left[pair], self.right[pair]);
            if let Ok(place) = rulings.binary_search_by_key(&key, |&(left, right, _)| (left, right)) {
                is_scored[place] = true;
                self.ruling[pair] = Some(rulings[place].2);
            }
        }
        let missing: Vec<(u32, u32, Ruling)> =
            rulings.iter().zip(is_scored).filter(|(_, scored)| !scored).map(|(pair, _)| *pair).collect();
        let weights: Vec<f64> = missing
            .par_iter()
            .map_init(|| comparer.scratch(), |scratch, &(l, r, _)| scorer.weigh(l, r, scratch).0)
            .collect();
        for ((left, right, ruling), weight) in missing.into_iter().zip(weights) {
            self.push(left, right, weight, Self::NO_CANDIDATE);
            *self.ruling.last_mut().expect("just added") = Some(ruling);
        }
    }

    /// Whether a constraint says that the records of a pair are one person.
    pub fn is_constrained(&self, pair: usize) -> bool {
        self.ruling[pair] == Some(Ruling::Together)
    }

    /// The deterministic rule that links a pair.
    pub fn linked_by_rule(&self, pair: usize) -> Option<u16> {
        match self.ruling[pair] {
            Some(Ruling::Link(rule)) => Some(rule),
            _ => None,
        }
    }

    /// Pairs that some blocking rule makes.
    pub fn n_from_candidates(&self) -> usize {
        self.rule.partition_point(|&rule| rule != Self::NO_CANDIDATE)
    }

    /// Keeps only some of the pairs, in their order; `keep` is one per pair.
    pub fn retain(&mut self, keep: &[bool]) {
        retain_those(&mut self.left, keep);
        retain_those(&mut self.right, keep);
        retain_those(&mut self.weight, keep);
        retain_those(&mut self.rule, keep);
        retain_those(&mut self.ruling, keep);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }
}

#[cfg(test)]
mod tests;
