//! Which record a key means, without the keys.

use crate::returns::check::hash_of;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

const PARTS: usize = 64;

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
