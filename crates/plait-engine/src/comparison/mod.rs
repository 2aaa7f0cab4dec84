//! From a pair of records to a vector of levels.
//!
//! A model's comparisons are bound to the records once: fields become slots of a row-major matrix of codes,
//! so that all that is known about a record lies side by side; parts become tables from code to code; the most
//! common shapes of comparison (agreement only, agreement of ever larger parts, Jaro-Winkler thresholds) get a
//! kernel of their own, and everything else is evaluated condition by condition behind a small cache.

mod bound;
mod condition;
mod vector;

use crate::blocking::Blocks;
use crate::model::{Comparison, Condition, Measure, Missing, Model, Part, Test};
use crate::part::part_codes;
use crate::records::Records;
use crate::rows::{Rows, Slot};
use crate::similarity::{Prepared, Signature, jaro_winkler_bound};
use condition::Check;
use plait_types::{Fault, FaultCode, NULL, Role};
use rayon::prelude::*;
use std::sync::Arc;

pub(crate) use bound::Hints;
pub use vector::ComparisonVector;

/// Comparisons bound to records.
pub struct Comparer<'a> {
    pub(crate) records: &'a Records,
    comparisons: Vec<Bound<'a>>,
    /// Field index per slot.
    fields: Vec<usize>,
    /// Codes: a slot per field, and behind them whatever else is read of the records.
    rows: Arc<Rows>,
}

/// One comparison, bound.
struct Bound<'a> {
    /// The slots of its fields, the first one being what conditions are about by default.
    slots: Vec<usize>,
    missing: Missing,
    /// The level (from 1) of two equal values of the first field, where the comparison is of that field alone.
    equal: Option<u8>,
    kernel: Kernel<'a>,
}

/// How the level of a pair is found when its values are not equal.
enum Kernel<'a> {
    /// Unequal values are always at this level.
    Constant(u8),
    /// Per code, the level of two records that have it; then the level of unequal ones.
    BothAre(Vec<u8>, u8),
    /// Part tables in order, each with its level; then the level for none.
    Parts(Vec<(Vec<u32>, u8)>, u8),
    /// Jaro-Winkler thresholds, descending, each with its level; then the level for none.
    JaroWinkler { field: usize, cuts: Vec<(f64, u8)>, none: u8, names: Vec<Name> },
    /// Conditions in order.
    Conditions { levels: Vec<Check<'a>>, cached: bool },
}

/// What Jaro-Winkler needs of one value, in one cache line: pairs come in no order that memory likes, and a line
/// fetched costs more than the comparison.
#[repr(align(64))]
struct Name {
    signature: Signature,
    bytes: [u8; Name::INLINE],
    /// More than fits where the value is longer.
    length: u8,
}

impl Name {
    const INLINE: usize = 31;

    fn of(value: &str) -> Self {
        let mut bytes = [0; Self::INLINE];
        let length = value.len().min(Self::INLINE + 1);
        if length <= Self::INLINE {
            bytes[..length].copy_from_slice(value.as_bytes());
        }
        Self { signature: Signature::of(value), bytes, length: length as u8 }
    }

    fn text(&self) -> Option<&str> {
        let bytes = self.bytes.get(..self.length as usize)?;
        Some(std::str::from_utf8(bytes).expect("copied from a string"))
    }
}

/// What one thread needs beside the [`Comparer`]: prepared left values and caches.
pub struct Scratch {
    prepared: Vec<(u32, Prepared)>,
    caches: Vec<Cache>,
}

/// A direct-mapped cache from a pair of codes to a level.
struct Cache {
    keys: Vec<u64>,
    levels: Vec<u8>,
}

/// What is known of a level before any string is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quick {
    /// The level.
    Known(u8),
    /// The values are there and differ; finding the level costs a comparison of strings.
    Unequal,
}

impl<'a> Comparer<'a> {
    /// Binds a model's comparisons to records. A field that the records lack is a [`FaultCode::UnknownColumn`].
    pub fn new(records: &'a Records, model: &Model) -> Result<Self, Fault> {
        let fields = fields_of(records, model)?;
        let slot = |&field: &usize| Slot { codes: &records.fields[field].codes, table: None };
        let slots: Vec<Slot<'_>> = fields.iter().map(slot).collect();
        let rows = Arc::new(Rows::new(records.len(), &slots));
        Ok(Self::with_rows(records, model, fields, rows))
    }

    /// The same, on rows that the blocks have already, if they were made [for this model](Blocks::for_model).
    pub fn beside(records: &'a Records, model: &Model, blocks: &Blocks) -> Result<Self, Fault> {
        let fields = fields_of(records, model)?;
        match blocks.rows_of(&fields) {
            Some(rows) => Ok(Self::with_rows(records, model, fields, Arc::clone(rows))),
            None => Self::new(records, model),
        }
    }

    fn with_rows(records: &'a Records, model: &Model, fields: Vec<usize>, rows: Arc<Rows>) -> Self {
        let slot_of = |name: &str| {
            let index = records.field(name).expect("looked up in fields_of");
            fields.iter().position(|&field| field == index).expect("collected in fields_of")
        };
        let comparisons = model
            .comparisons
            .par_iter()
            .map(|comparison| bind(records, &fields, comparison, &slot_of))
            .collect();
        Self { records, comparisons, fields, rows }
    }

    /// Working memory for one thread.
    pub fn scratch(&self) -> Scratch {
        Scratch {
            prepared: self.comparisons.iter().map(|_| (NULL, Prepared::new(""))).collect(),
            caches: self.comparisons.iter().map(Cache::for_comparison).collect(),
        }
    }

    /// The level (from 1) that [`Comparer::quick`] alone can give, since it is that of equal values.
    pub(crate) fn equal_level(&self, comparison: usize) -> Option<u8> {
        self.comparisons[comparison].equal
    }

    /// The slot of a comparison that looks at one field only, at whichever of its levels: the level of a pair is then 0
    /// exactly where the slot is missing on either side.
    pub(crate) fn only_slot(&self, comparison: usize) -> Option<usize> {
        match self.comparisons[comparison].slots[..] {
            [slot] => Some(slot),
            _ => None,
        }
    }

    /// How many comparisons there are.
    pub fn len(&self) -> usize {
        self.comparisons.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.comparisons.is_empty()
    }

    /// The levels of a pair.
    pub fn vector(&self, left: u32, right: u32, scratch: &mut Scratch) -> ComparisonVector {
        self.vector_of(self.row(left), self.row(right), scratch)
    }

    /// The level of one comparison: 0 where it says nothing, else from 1 in the order of the model.
    pub fn level(&self, comparison: usize, left: u32, right: u32, scratch: &mut Scratch) -> u8 {
        self.level_of(comparison, self.row(left), self.row(right), scratch)
    }

    /// The levels of a pair of rows.
    pub(crate) fn vector_of(&self, left: &[u32], right: &[u32], scratch: &mut Scratch) -> ComparisonVector {
        let mut vector = ComparisonVector::default();
        for comparison in 0..self.len() {
            vector.set(comparison, self.level_of(comparison, left, right, scratch));
        }
        vector
    }

    /// The level of one comparison of a pair of rows.
    #[inline]
    pub(crate) fn level_of(
        &self,
        comparison: usize,
        left: &[u32],
        right: &[u32],
        scratch: &mut Scratch,
    ) -> u8 {
        match self.quick(comparison, left, right) {
            Quick::Known(level) => level,
            Quick::Unequal => self.unequal(comparison, left, right, scratch),
        }
    }

    /// The level as far as codes tell.
    #[inline]
    pub(crate) fn quick(&self, comparison: usize, l: &[u32], r: &[u32]) -> Quick {
        let bound = &self.comparisons[comparison];
        let slot = bound.slots[0];
        if bound.slots.len() > 1 {
            let absent = |slot: &usize| l[*slot] == NULL || r[*slot] == NULL;
            let missing = match bound.missing {
                Missing::All => bound.slots.iter().all(absent),
                Missing::Any => bound.slots.iter().any(absent),
            };
            return if missing { Quick::Known(0) } else { Quick::Unequal };
        }
        let (a, b) = (l[slot], r[slot]);
        if a == NULL || b == NULL {
            return Quick::Known(0);
        }
        if a == b
            && let Some(level) = bound.equal
        {
            return Quick::Known(level);
        }
        match &bound.kernel {
            Kernel::Constant(level) => Quick::Known(*level),
            Kernel::BothAre(levels, none) => Quick::Known(if a == b { levels[a as usize] } else { *none }),
            Kernel::Parts(tables, none) => {
                let same =
                    |table: &Vec<u32>| table[a as usize] != NULL && table[a as usize] == table[b as usize];
                Quick::Known(tables.iter().find(|(table, _)| same(table)).map_or(*none, |(_, level)| *level))
            }
            _ => Quick::Unequal,
        }
    }

    /// The level of a pair for which [`Comparer::quick`] gave [`Quick::Unequal`].
    pub(crate) fn unequal(&self, comparison: usize, l: &[u32], r: &[u32], scratch: &mut Scratch) -> u8 {
        let bound = &self.comparisons[comparison];
        let slot = bound.slots[0];
        match &bound.kernel {
            Kernel::Constant(_) | Kernel::BothAre(..) | Kernel::Parts(..) => {
                unreachable!("quick knows these levels")
            }
            Kernel::JaroWinkler { field, cuts, none, names } => {
                let (a, b) = (l[slot], r[slot]);
                let (left, right) = (&names[a as usize], &names[b as usize]);
                let limit = jaro_winkler_bound(&left.signature, &right.signature);
                let possible = cuts.iter().position(|(cut, _)| limit >= *cut);
                let Some(possible) = possible else { return *none };
                let values = &self.records.fields[*field].values;
                let (prepared_for, prepared) = &mut scratch.prepared[comparison];
                if *prepared_for != a {
                    prepared.set(left.text().unwrap_or_else(|| values.get(a)));
                    *prepared_for = a;
                }
                let similarity = prepared.jaro_winkler(right.text().unwrap_or_else(|| values.get(b)));
                cuts[possible..].iter().find(|(cut, _)| similarity >= *cut).map_or(*none, |(_, level)| *level)
            }
            Kernel::Conditions { levels, cached: true } => {
                let (a, b) = (l[slot], r[slot]);
                scratch.caches[comparison].level(a, b, || Self::first_that_holds(levels, l, r))
            }
            Kernel::Conditions { levels, cached: false } => Self::first_that_holds(levels, l, r),
        }
    }

    /// Has the processor fetch what comparing these rows is likely to read, all at once: pair by pair it would wait for each.
    pub(crate) fn fetch(&self, rows: &Rows) {
        for bound in self.comparisons.iter().filter(|bound| bound.slots.len() == 1) {
            let codes = rows.iter().map(|row| row[bound.slots[0]]).filter(|&code| code != NULL);
            // the sums do not matter, only that they cannot be had without the reading
            std::hint::black_box(match &bound.kernel {
                Kernel::JaroWinkler { names, .. } => {
                    codes.map(|code| u32::from(names[code as usize].length)).sum()
                }
                Kernel::Parts(tables, _) => tables
                    .iter()
                    .map(|(table, _)| codes.clone().fold(0, |sum, code| table[code as usize] ^ sum))
                    .fold(0, |sum, one| sum ^ one),
                Kernel::Constant(_) | Kernel::BothAre(..) | Kernel::Conditions { .. } => 0u32,
            });
        }
    }

    /// Whether the rows that blocks hand out with their pairs are those of this comparer.
    pub(crate) fn shares_rows_of(&self, blocks: &Blocks) -> bool {
        blocks.rows_of(&self.fields).is_some_and(|rows| Arc::ptr_eq(rows, &self.rows))
    }

    /// The rows of some records, side by side.
    pub(crate) fn gather(&self, records: impl IntoIterator<Item = u32>, rows: &mut Rows) {
        self.rows.gather(records, rows);
    }

    /// The codes of a record.
    pub(crate) fn row(&self, record: u32) -> &[u32] {
        self.rows.get(record as usize)
    }

    /// The slot in [`Comparer::row`] of a field, if some comparison uses it.
    pub(crate) fn slot(&self, field: usize) -> Option<usize> {
        self.fields.iter().position(|&f| f == field)
    }

    fn first_that_holds(levels: &[Check<'_>], l: &[u32], r: &[u32]) -> u8 {
        let found = levels.iter().position(|check| check.holds(l, r));
        found.expect("the last level always holds") as u8 + 1
    }
}

impl Cache {
    const SIZE: usize = 1 << 14;

    fn for_comparison(comparison: &Bound<'_>) -> Self {
        let used = matches!(comparison.kernel, Kernel::Conditions { cached: true, .. });
        let size = if used { Self::SIZE } else { 0 };
        Self { keys: vec![u64::MAX; size], levels: vec![0; size] }
    }

    fn level(&mut self, a: u32, b: u32, find: impl FnOnce() -> u8) -> u8 {
        let key = u64::from(a) << 32 | u64::from(b);
        let place = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - Self::SIZE.trailing_zeros())) as usize;
        if self.keys[place] != key {
            self.keys[place] = key;
            self.levels[place] = find();
        }
        self.levels[place]
    }
}

impl Comparison {
    /// The fields it reads: its own, and those that its conditions name.
    pub fn named_fields(&self) -> Vec<String> {
        let mut names = self.fields.clone();
        for level in &self.levels {
            level.when.collect_fields(&mut names);
            names.extend(level.term_frequency.iter().filter_map(|tf| tf.field.clone()));
        }
        names
    }
}

/// The fields that a model's comparisons read, each once.
pub(crate) fn fields_of(records: &Records, model: &Model) -> Result<Vec<usize>, Fault> {
    if model.comparisons.len() > ComparisonVector::MAX_COMPARISONS {
        return Err(Fault::new(
            FaultCode::BadModel,
            format!("a model compares at most {} things", ComparisonVector::MAX_COMPARISONS),
            "take out comparisons that say the same as others",
        ));
    }
    let mut fields: Vec<usize> = Vec::new();
    for name in model.comparisons.iter().flat_map(Comparison::named_fields) {
        let index = records.field(&name).ok_or_else(|| {
            let all: Vec<&str> = records.fields.iter().map(|field| field.name.as_str()).collect();
            let known = all.join(", ");
            Fault::new(
                FaultCode::UnknownColumn,
                format!("the model compares \"{name}\", which no source has"),
                format!("use one of: {known}"),
            )
        })?;
        if !fields.contains(&index) {
            fields.push(index);
        }
    }
    Ok(fields)
}

fn bind<'a>(
    records: &'a Records,
    fields: &[usize],
    comparison: &Comparison,
    slot_of: &(dyn Fn(&str) -> usize + Sync),
) -> Bound<'a> {
    let mut conditions_read = comparison.fields.clone();
    for level in &comparison.levels {
        level.when.collect_fields(&mut conditions_read);
    }
    let mut slots: Vec<usize> = Vec::new();
    for name in &conditions_read {
        let slot = slot_of(name);
        if !slots.contains(&slot) {
            slots.push(slot);
        }
    }
    let declared = comparison.fields.iter().map(|name| slot_of(name)).collect::<Vec<_>>();
    let single = slots.len() == 1;
    let conditions: Vec<&Condition> = comparison.levels.iter().map(|level| &level.when).collect();
    // whatever other fields the later conditions read
    let equal = (declared.len() == 1 && conditions[0].is_exact()).then_some(1);
    let field = fields[slots[0]];
    let both_are =
        || (single && declared.len() == 1).then(|| both_are(records, field, &conditions)).flatten();
    let kernel = equal
        .and_then(|_| fast_kernel(records, field, &conditions))
        .or_else(both_are)
        .unwrap_or_else(|| Kernel::Conditions {
            levels: conditions
                .iter()
                .map(|condition| Check::bind(records, fields, slots[0], condition, slot_of))
                .collect(),
            cached: single,
        });
    Bound { slots: declared, missing: comparison.missing, equal, kernel }
}

/// A kernel for comparisons that ask of one value after the other whether both have it.
fn both_are<'a>(records: &Records, field: usize, conditions: &[&Condition]) -> Option<Kernel<'a>> {
    let (last, asked) = conditions.split_last()?;
    if **last != Condition::Else {
        return None;
    }
    let none = conditions.len() as u8;
    let field = &records.fields[field];
    // of two records of a source that the model does not know it cannot be said how often that source holds one person
    // twice, and least that they are of different sources
    let unnamed = if field.role == Role::Source { 0 } else { none };
    let mut levels = vec![unnamed; field.values.len()];
    for (condition, level) in asked.iter().zip(1..none).rev() {
        let Condition::Test(None, Test::BothAre(value)) = condition else { return None };
        if let Some(code) = field.code_of(value) {
            levels[code as usize] = level;
        }
    }
    Some(Kernel::BothAre(levels, none))
}

/// A kernel for comparisons of one field that begin with plain agreement and go on in one of the common ways.
fn fast_kernel<'a>(records: &'a Records, field: usize, conditions: &[&Condition]) -> Option<Kernel<'a>> {
    let (last, middle) = conditions[1..].split_last()?;
    if **last != Condition::Else {
        return None;
    }
    let none = conditions.len() as u8;
    if middle.is_empty() {
        return Some(Kernel::Constant(none));
    }
    let levels = 2u8..;
    let cuts: Option<Vec<(f64, u8)>> = middle
        .iter()
        .zip(levels.clone())
        .map(|(condition, level)| match condition {
            Condition::Test(None, Test::AtLeast(Measure::JaroWinkler, cut)) => Some((*cut, level)),
            _ => None,
        })
        .collect();
    if let Some(cuts) = cuts
        && cuts.is_sorted_by(|a, b| a.0 > b.0)
    {
        let values = &records.fields[field].values;
        let names = (0..values.len() as u32).into_par_iter().map(|code| Name::of(values.get(code))).collect();
        return Some(Kernel::JaroWinkler { field, cuts, none, names });
    }
    let parts: Option<Vec<(Part, u8)>> = middle
        .iter()
        .zip(levels)
        .map(|(condition, level)| match condition {
            Condition::Test(None, Test::Same(part)) if !part.is_several() => Some((*part, level)),
            _ => None,
        })
        .collect();
    let tables = parts?.into_iter().map(|(part, level)| {
        let table = part_codes(&[(&records.fields[field], part)]).pop().expect("one was asked for");
        (table, level)
    });
    Some(Kernel::Parts(tables.collect(), none))
}

#[cfg(test)]
pub(crate) mod tests;
