//! Which record a key means, without the keys.

use crate::returns::check::hash_of;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use plait_types::NULL;
use std::hash::BuildHasher;

const PARTS: usize = 64;

/// Stands in place of the record of a key that rows of two records have.
pub(super) const TWO_RECORDS: u32 = NULL - 1;
/// Stands in place of the record of a key without an organisation that one of an organisation has taken over.
const TAKEN_OVER: u32 = NULL - 2;
/// Stands in place of the record of a key whose person was withdrawn.
pub(super) const WITHDRAWN: u32 = NULL - 3;
/// Between an organisation and a key.
const WITHIN: char = '\u{1f}';

/// A record for each key. Of a key only 96 bits of hash are kept: among ten million keys, two are taken for one with a
/// chance of one in a thousand million million. In parts, since a table that grows is there twice for a while.
pub(super) struct Keys {
    parts: [HashTable<Known>; PARTS],
    /// For places in the tables, so that nobody can make keys that all have the same.
    hasher: DefaultHashBuilder,
}

/// A key and its record; four times 32 bits have no padding.
struct Known {
    key: Key,
    record: u32,
}

/// What is kept of a key, the same in every run.
type Key = [u32; 3];

fn key_of(text: &str) -> Key {
    let (hash, more) = (hash_of(text), hash_of((text, 0_u8)));
    [(hash >> 32) as u32, hash as u32, more as u32]
}

impl Default for Keys {
    fn default() -> Self {
        Self { parts: std::array::from_fn(|_| HashTable::new()), hasher: DefaultHashBuilder::default() }
    }
}

impl Keys {
    /// The record of a key, if it is known.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        let key = key_of(text);
        let found = self.parts[part(key)].find(self.hasher.hash_one(key), |known| known.key == key);
        found.map(|known| known.record)
    }

    /// The record of a key that is unique within an organisation; `record` makes a new one, and is told whether another
    /// organisation has the key. Rows that do not say the organisation are of the one that has the key, as long as there
    /// is one. The key alone means the record too, until two organisations have it.
    pub(super) fn get_or_insert_within(
        &mut self,
        within: Option<&str>,
        text: &str,
        record: impl FnOnce(bool) -> u32,
    ) -> u32 {
        let nowhere = format!("{WITHIN}{text}");
        let alone = self.find(text);
        let Some(within) = within else {
            return match alone {
                Some(record) if record != TWO_RECORDS => record,
                Some(_) => *self.get_or_insert_with(&nowhere, || record(true)),
                None => {
                    let record = record(false);
                    self.get_or_insert_with(&nowhere, || record);
                    *self.get_or_insert_with(text, || record)
                }
            };
        };
        let here = format!("{within}{WITHIN}{text}");
        if let Some(known) = self.find(&here) {
            return known;
        }
        let of_nowhere = self.find(&nowhere).filter(|record| *record != TAKEN_OVER);
        let record = of_nowhere.unwrap_or_else(|| record(alone.is_some()));
        self.get_or_insert_with(&here, || record);
        *self.get_or_insert_with(&nowhere, || TAKEN_OVER) = TAKEN_OVER;
        let alone = self.get_or_insert_with(text, || record);
        if *alone != record {
            *alone = TWO_RECORDS;
        }
        record
    }

    /// The record of a key; of a new one that which `record` gives.
    pub(super) fn get_or_insert_with(&mut self, text: &str, record: impl FnOnce() -> u32) -> &mut u32 {
        let (key, hasher) = (key_of(text), &self.hasher);
        let is_it = |known: &Known| known.key == key;
        match self.parts[part(key)].entry(hasher.hash_one(key), is_it, |known| hasher.hash_one(known.key)) {
            Entry::Occupied(known) => &mut known.into_mut().record,
            Entry::Vacant(new) => &mut new.insert(Known { key, record: record() }).into_mut().record,
        }
    }
}

fn part(key: Key) -> usize {
    key[0] as usize % PARTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_number_is_one_record_within_an_organisation_and_none_where_two_have_it() {
        let check = |rows: &[Option<&str>], expected: &[u32], alone: Option<u32>| {
            let (mut keys, mut next) = (Keys::default(), 0);
            let records: Vec<u32> = rows
                .iter()
                .map(|within| {
                    keys.get_or_insert_within(*within, "7", |_| {
                        next += 1;
                        next - 1
                    })
                })
                .collect();
            assert_eq!((records, keys.find("7")), (expected.to_vec(), alone), "{rows:?}");
        };
        check(&[Some("RX2"), Some("RX2"), None], &[0, 0, 0], Some(0));
        check(&[None, Some("RX2"), None], &[0, 0, 0], Some(0));
        check(&[Some("RX2"), Some("9ZA"), Some("RX2")], &[0, 1, 0], Some(TWO_RECORDS));
        check(&[None, Some("RX2"), Some("9ZA"), Some("9ZA")], &[0, 0, 1, 1], Some(TWO_RECORDS));
    }

    #[test]
    fn keys_of_every_length_have_the_record_that_a_plain_map_gives() {
        let (mut keys, mut twin) = (Keys::default(), BTreeMap::new());
        for n in 0..20_000_u32 {
            let key = "x".repeat((n % 40) as usize) + &(n / 3).to_string();
            let record = *twin.entry(key.clone()).or_insert(n);
            assert_eq!(*keys.get_or_insert_with(&key, || n), record);
        }
        assert!(twin.iter().all(|(key, record)| keys.find(key) == Some(*record)));
        assert_eq!(keys.find("y"), None);
    }
}
