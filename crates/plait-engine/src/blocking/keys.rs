//! The keys of blocking rules as codes: each different key is made once, however many rules share it.

use crate::model::{BlockingKey, BlockingRule, Part};
use crate::part::part_codes;
use crate::records::{Field, Records};
use crate::rows::Slot;
use plait_types::NULL;
use rayon::prelude::*;
use std::ops::Range;

/// All keys of some rules, those left out of which a record may have several.
pub(super) struct Keys<'a> {
    records: &'a Records,
    /// Different sides of keys.
    sides: Vec<Side>,
    /// Per rule, per key: its left and right side; they are one where the key is symmetric.
    of_rule: Vec<Vec<(usize, usize)>>,
}

/// One side of a key: a part of a field, numbered together with the other side of the key where that is another.
struct Side {
    field: usize,
    /// From value code to key code; the value codes themselves if `None`.
    table: Option<Vec<u32>>,
}

impl<'a> Keys<'a> {
    /// Panics if a rule names a field that the records lack.
    pub(super) fn of(records: &'a Records, rules: &[BlockingRule]) -> Self {
        let mut wanted: Vec<&BlockingKey> = Vec::new();
        let mut sides_of: Vec<(usize, usize)> = Vec::new();
        let mut n_sides = 0;
        let mut of_rule = Vec::new();
        for rule in rules {
            let mut keys = Vec::new();
            if !rule.keys.iter().any(BlockingKey::is_several) {
                for key in &rule.keys {
                    let known = wanted.iter().position(|known| *known == key).unwrap_or_else(|| {
                        let right = n_sides + usize::from(!key.is_symmetric());
                        wanted.push(key);
                        sides_of.push((n_sides, right));
                        n_sides = right + 1;
                        wanted.len() - 1
                    });
                    keys.push(sides_of[known]);
                }
            }
            of_rule.push(keys);
        }
        let sides: Vec<Vec<Side>> = wanted.into_par_iter().map(|key| sides(records, key)).collect();
        Self { records, sides: sides.into_iter().flatten().collect(), of_rule }
    }

    /// The slots of rows that have the values of some fields first and then all keys, and per rule and key the slots of its
    /// left and right side.
    pub(super) fn slots(&self, fields: &[usize]) -> (Vec<Slot<'_>>, Vec<Vec<(u16, u16)>>) {
        let mut slots: Vec<Slot<'_>> = fields.iter().map(|&field| self.slot(field, None)).collect();
        let slot_of: Vec<u16> = self
            .sides
            .iter()
            .map(|side| {
                let there = fields.iter().position(|&field| field == side.field);
                if let Some(slot) = there.filter(|_| side.table.is_none()) {
                    return slot as u16;
                }
                slots.push(self.slot(side.field, side.table.as_deref()));
                slots.len() as u16 - 1
            })
            .collect();
        let of_key = |&(left, right): &(usize, usize)| (slot_of[left], slot_of[right]);
        let of_rule = self.of_rule.iter().map(|keys| keys.iter().map(of_key).collect()).collect();
        (slots, of_rule)
    }

    fn slot<'s>(&'s self, field: usize, table: Option<&'s [u32]>) -> Slot<'s> {
        Slot { codes: &self.records.fields[field].codes, table }
    }

    /// The records of a rule with their keys, if its keys are symmetric, a record has one of each, and they fit.
    pub(super) fn packed(&self, rule: usize) -> Option<Packed> {
        let keys = &self.of_rule[rule];
        if keys.is_empty() || keys.iter().any(|(left, right)| left != right) {
            return None;
        }
        Packed::of(self.records, &keys.iter().map(|&(side, _)| &self.sides[side]).collect::<Vec<_>>())
    }
}

fn sides(records: &Records, key: &BlockingKey) -> Vec<Side> {
    let field = |name: &str| records.field(name).expect("the model was checked");
    let (left, right) = ((field(&key.left.0), key.left.1), (field(&key.right.0), key.right.1));
    if left == right && left.1 == Part::Whole {
        return vec![Side { field: left.0, table: None }];
    }
    let both = [left, right];
    let wanted = if left == right { &both[..1] } else { &both[..] };
    let tables = part_codes(&wanted.iter().map(|&(f, part)| (&records.fields[f], part)).collect::<Vec<_>>());
    wanted.iter().zip(tables).map(|(&(field, _), table)| Side { field, table: Some(table) }).collect()
}

/// Records with their keys, a word each: the key above the record. A word where a pair of numbers took two halves
/// what sorting moves, and more than halves the time.
#[derive(Debug)]
pub(super) struct Packed {
    /// In record order.
    pub(super) words: Vec<u64>,
    /// The bits of the key.
    pub(super) key: Range<u32>,
}

impl Packed {
    /// The records that have all keys, if key and record fit into a word. Keys compare as their codes do, the first key
    /// before the second. A record that alone has its value of a key makes no pairs and is left out.
    fn of(records: &Records, sides: &[&Side]) -> Option<Self> {
        let shared: Vec<Shared<'_>> =
            sides.iter().map(|side| Shared::of(&records.fields[side.field], side.table.as_deref())).collect();
        let n = records.len();
        let low = usize::BITS - n.leading_zeros();
        let span = shared.iter().try_fold(1u64, |span, side| span.checked_mul(u64::from(side.n.max(1))))?;
        let key = low..low + (u64::BITS - (span - 1).leading_zeros());
        if key.end > u64::BITS {
            return None;
        }
        let mut words = Vec::with_capacity(n);
        'records: for record in 0..n {
            let mut number = 0;
            for side in &shared {
                let code = side.number(record);
                if code == NULL {
                    continue 'records;
                }
                number = number * u64::from(side.n) + u64::from(code);
            }
            words.push(number << low | record as u64);
        }
        Some(Self { words, key })
    }

    /// The record of a word.
    pub(super) fn record(&self, word: u64) -> u32 {
        (word & ((1 << self.key.start) - 1)) as u32
    }
}

/// The codes of a key that more than one record has, numbered anew in the order of the codes, so that a key is as short as
/// can be and sorting has few digits to look at.
struct Shared<'a> {
    codes: &'a [u32],
    /// Per value code.
    numbers: Vec<u32>,
    /// How many there are.
    n: u32,
}

impl<'a> Shared<'a> {
    fn of(field: &'a Field, table: Option<&[u32]>) -> Self {
        let mut n = 0;
        let mut next = |count: u32| {
            if count < 2 {
                return NULL;
            }
            n += 1;
            n - 1
        };
        let numbers: Vec<u32> = match table {
            None => field.counts.iter().map(|&count| next(count)).collect(),
            Some(table) => {
                let width = table.iter().filter(|code| **code != NULL).max().map_or(0, |code| code + 1);
                let mut counts = vec![0u32; width as usize];
                for (&code, &count) in table.iter().zip(&field.counts) {
                    if code != NULL {
                        counts[code as usize] += count;
                    }
                }
                let numbers: Vec<u32> = counts.into_iter().map(next).collect();
                let number = |&code: &u32| if code == NULL { NULL } else { numbers[code as usize] };
                table.iter().map(number).collect()
            }
        };
        Self { codes: &field.codes, numbers, n }
    }

    fn number(&self, record: usize) -> u32 {
        match self.codes[record] {
            NULL => NULL,
            code => self.numbers[code as usize],
        }
    }
}
