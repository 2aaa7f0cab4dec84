//! Which record a key means, without the keys.

use crate::returns::check::hash_of;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use plait_types::NULL;
use std::hash::{BuildHasher, Hash};

const PARTS: usize = 64;

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    Record(u32),
    /// Rows of two records have it, so it means neither.
    TwoRecords,
    /// Its person was withdrawn.
    Withdrawn,
}

impl Meant {
    /// The record, where it is one.
    pub(super) fn record(self) -> Option<u32> {
        match self {
            Self::Record(record) => Some(record),
            Self::TwoRecords | Self::Withdrawn => None,
        }
    }

    // a record for each of ten million keys takes 32 bits so, and marks nothing more
    fn stored(self) -> u32 {
        match self {
            Self::Record(record) => record,
            Self::TwoRecords => TWO_RECORDS,
            Self::Withdrawn => WITHDRAWN,
        }
    }

    fn of_stored(stored: u32) -> Self {
        match stored {
            TWO_RECORDS => Self::TwoRecords,
            WITHDRAWN => Self::Withdrawn,
            record => Self::Record(record),
        }
    }
}

const TWO_RECORDS: u32 = NULL - 1;
const WITHDRAWN: u32 = NULL - 2;
/// Among keys within an organisation, in place of the record of one without an organisation that one of an organisation
/// has taken over.
const TAKEN_OVER: u32 = NULL - 3;

/// A record for each key. Keys within an organisation are in a map of their own: no text in a file can be taken for one.
#[derive(Default)]
pub(super) struct Keys {
    alone: Map,
    within: Map,
}

/// A number for each key. Of a key only 96 bits of hash are kept: among ten million keys, two are taken for one with a
/// chance of one in a thousand million million. In parts, since a table that grows is there twice for a while.
struct Map {
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

fn key_of(key: impl Hash + Copy) -> Key {
    let (hash, more) = (hash_of(key), hash_of((key, 0_u8)));
    [(hash >> 32) as u32, hash as u32, more as u32]
}

impl Default for Map {
    fn default() -> Self {
        Self { parts: std::array::from_fn(|_| HashTable::new()), hasher: DefaultHashBuilder::default() }
    }
}

impl Map {
    fn find(&self, key: impl Hash + Copy) -> Option<u32> {
        let key = key_of(key);
        let found = self.parts[part(key)].find(self.hasher.hash_one(key), |known| known.key == key);
        found.map(|known| known.record)
    }

    fn get_or_insert_with(&mut self, key: impl Hash + Copy, record: impl FnOnce() -> u32) -> &mut u32 {
        let (key, hasher) = (key_of(key), &self.hasher);
        let is_it = |known: &Known| known.key == key;
        match self.parts[part(key)].entry(hasher.hash_one(key), is_it, |known| hasher.hash_one(known.key)) {
            Entry::Occupied(known) => &mut known.into_mut().record,
            Entry::Vacant(new) => &mut new.insert(Known { key, record: record() }).into_mut().record,
        }
    }
}

impl Keys {
    /// What a key means, if it is known.
    pub(super) fn find(&self, text: &str) -> Option<Meant> {
        self.alone.find(text).map(Meant::of_stored)
    }

    /// What a key means; a new one means the record that `record` gives.
    pub(super) fn get_or_insert_with(&mut self, text: &str, record: impl FnOnce() -> u32) -> Meant {
        Meant::of_stored(*self.alone.get_or_insert_with(text, record))
    }

    /// What a key that is unique within an organisation means; `record` makes a new record, and is told whether another
    /// organisation has the key. Rows that do not say the organisation are of the one that has the key, as long as there
    /// is one. The key alone means the record too, until two organisations have it.
    pub(super) fn get_or_insert_within(
        &mut self,
        within: Option<&str>,
        text: &str,
        record: impl FnOnce(bool) -> u32,
    ) -> Meant {
        let nowhere = (None::<&str>, text);
        let alone = self.find(text);
        if alone == Some(Meant::Withdrawn) {
            return Meant::Withdrawn;
        }
        let Some(within) = within else {
            return alone.unwrap_or_else(|| {
                let record = record(false);
                self.within.get_or_insert_with(nowhere, || record);
                self.get_or_insert_with(text, || record)
            });
        };
        let here = (Some(within), text);
        if let Some(known) = self.within.find(here) {
            return Meant::Record(known);
        }
        let of_nowhere = self.within.find(nowhere).filter(|record| *record != TAKEN_OVER);
        let record = of_nowhere.unwrap_or_else(|| record(alone.is_some()));
        self.within.get_or_insert_with(here, || record);
        *self.within.get_or_insert_with(nowhere, || TAKEN_OVER) = TAKEN_OVER;
        self.add(text, record);
        Meant::Record(record)
    }

    /// A row of a record has a key, which means it as long as no other record has the key too.
    pub(super) fn add(&mut self, text: &str, record: u32) {
        let known = self.alone.get_or_insert_with(text, || record);
        if *known != record {
            *known = Meant::TwoRecords.stored();
        }
    }

    /// The person of a key is withdrawn, unless a record has it already.
    pub(super) fn withdraw(&mut self, text: &str) {
        self.alone.get_or_insert_with(text, || Meant::Withdrawn.stored());
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
        let check = |rows: &[Option<&str>], expected: &[Option<u32>], alone: Meant| {
            let (mut keys, mut next) = (Keys::default(), 0);
            let records: Vec<Option<u32>> = rows
                .iter()
                .map(|within| {
                    let meant = keys.get_or_insert_within(*within, "7", |_| {
                        next += 1;
                        next - 1
                    });
                    meant.record()
                })
                .collect();
            assert_eq!((records, keys.find("7")), (expected.to_vec(), Some(alone)), "{rows:?}");
            // what is kept besides has no name that a file could have
            for other in ["\u{1f}7", "RX2\u{1f}7", "RX27"] {
                assert_eq!(keys.find(other), None, "{rows:?}");
            }
        };
        let (first, second) = (Some(0), Some(1));
        check(&[Some("RX2"), Some("RX2"), None], &[first; 3], Meant::Record(0));
        check(&[None, Some("RX2"), None], &[first; 3], Meant::Record(0));
        check(&[Some("RX2"), Some("9ZA"), Some("RX2")], &[first, second, first], Meant::TwoRecords);
        check(
            &[None, Some("RX2"), Some("9ZA"), Some("9ZA"), None],
            &[first, first, second, second, None],
            Meant::TwoRecords,
        );
    }

    #[test]
    fn a_key_that_is_withdrawn_or_of_two_is_no_record() {
        let mut keys = Keys::default();
        keys.withdraw("7");
        assert_eq!(keys.get_or_insert_with("7", || 0), Meant::Withdrawn);
        assert_eq!(keys.get_or_insert_within(Some("RX2"), "7", |_| 0), Meant::Withdrawn);
        assert_eq!(keys.get_or_insert_within(None, "7", |_| 0), Meant::Withdrawn);
        keys.add("8", 0);
        keys.withdraw("8");
        assert_eq!(keys.find("8"), Some(Meant::Record(0)), "of the row that was read first");
        keys.add("8", 1);
        assert_eq!(keys.get_or_insert_with("8", || 2).record(), None);
    }

    #[test]
    fn keys_of_every_length_have_the_record_that_a_plain_map_gives() {
        let (mut keys, mut twin) = (Keys::default(), BTreeMap::new());
        for n in 0..20_000_u32 {
            let key = "x".repeat((n % 40) as usize) + &(n / 3).to_string();
            let record = *twin.entry(key.clone()).or_insert(n);
            assert_eq!(keys.get_or_insert_with(&key, || n), Meant::Record(record));
        }
        assert!(twin.iter().all(|(key, record)| keys.find(key) == Some(Meant::Record(*record))));
        assert_eq!(keys.find("y"), None);
    }
}
