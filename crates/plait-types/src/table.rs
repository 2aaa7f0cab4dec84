//! Columns as codes into a pool of distinct values.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::cmp::Ordering;
use std::hash::BuildHasher;

/// The code of a missing value.
pub const NULL: u32 = u32::MAX;

/// One file (or sheet) as it was read: every column interned, nothing standardised.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What the source is called in every output: the file stem unless the user named it.
    pub name: String,
    /// In file order; all have `n_rows` codes.
    pub columns: Vec<Column>,
    /// Rows kept.
    pub n_rows: usize,
}

impl Table {
    /// The column with this header, if there is one.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// One column: a code per row and the distinct values the codes stand for.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// The header as it stands in the file.
    pub name: String,
    /// One per row; [`NULL`] where the cell was empty or null.
    pub codes: Vec<u32>,
    /// Indexed by code, in order of first appearance.
    pub values: Values,
}

impl Column {
    /// The value of a row, or `None` where it is missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        match self.codes[row] {
            NULL => None,
            code => Some(self.values.get(code)),
        }
    }

    /// Rows per code.
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.values.len()];
        for &code in &self.codes {
            if code != NULL {
                counts[code as usize] += 1;
            }
        }
        counts
    }

    /// Builds a column from one optional value per row; empty text is missing.
    pub fn from_rows<S: AsRef<str>>(
        name: impl Into<String>,
        rows: impl IntoIterator<Item = Option<S>>,
    ) -> Self {
        let mut interner = Interner::default();
        let codes = rows
            .into_iter()
            .map(|row| match row {
                Some(text) if !text.as_ref().is_empty() => interner.intern(text.as_ref()),
                _ => NULL,
            })
            .collect();
        Self { name: name.into(), codes, values: interner.into_values() }
    }
}

/// A pool of distinct strings, indexed by code.
#[derive(Clone, Debug, Default)]
pub struct Values {
    bytes: String,
    /// Where each value ends, from the last full [`Values::SPAN`] bytes before.
    ends: Vec<u32>,
    /// For each full span, the first value that ends behind it: none at all for nearly every pool.
    spans: Vec<u32>,
}

impl Values {
    /// 32 bits a value are half of what a pool of identifiers would else take.
    const SPAN: u64 = if cfg!(test) { 1 << 10 } else { 1 << 32 };

    /// The value of a code. Panics on [`NULL`] or a code of another pool.
    #[inline]
    pub fn get(&self, code: u32) -> &str {
        let start = if code == 0 { 0 } else { self.end(code - 1) };
        &self.bytes[start..self.end(code)]
    }

    #[inline]
    fn end(&self, code: u32) -> usize {
        let end = self.ends[code as usize] as usize;
        if self.spans.is_empty() { end } else { self.full_spans(code) * Self::SPAN as usize + end }
    }

    #[cold]
    fn full_spans(&self, code: u32) -> usize {
        self.spans.partition_point(|&first| first <= code)
    }

    /// How many distinct values there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// In code order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|code| self.get(code))
    }

    /// The code of a value of a pool in which every value is greater than the one before, in this order.
    fn find_ascending(&self, value: &str, order: Order) -> Option<u32> {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from.midpoint(to);
            match order.compare(self.get(middle as u32), value) {
                Ordering::Less => from = middle + 1,
                Ordering::Equal => return Some(middle as u32),
                Ordering::Greater => to = middle,
            }
        }
        None
    }

    /// Adds a value without looking for it; its code is the length before.
    pub fn push(&mut self, value: &str) {
        self.bytes.push_str(value);
        let end = self.bytes.len() as u64;
        let full = (end / Self::SPAN) as usize;
        if full > self.spans.len() {
            self.spans.resize(full, self.len() as u32);
        }
        self.ends.push((end % Self::SPAN) as u32);
    }
}

/// Gives each distinct string a code, in order of first appearance.
///
/// Record numbers mostly ascend, so as long as every value is greater than the one before, none is looked up and no
/// table is kept: for ten million values it would take 300 MB.
#[derive(Default)]
pub struct Interner {
    values: Values,
    /// Every value with its code, once they do not ascend.
    codes: HashTable<Slot>,
    ascent: Ascent,
    hasher: DefaultHashBuilder,
}

/// In which orders every value so far is greater than the one before.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Ascent {
    #[default]
    Any,
    In(Order),
    Broken,
}

/// As text (`0009`, `0010`), or shorter values first, as numbers count up (`9`, `10`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Text,
    Length,
}

impl Order {
    fn compare(self, a: &str, b: &str) -> Ordering {
        match self {
            Self::Text => a.cmp(b),
            Self::Length => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        }
    }
}

impl Ascent {
    /// What is left of it once `next`, another value, comes after `last`.
    fn after(self, last: &str, next: &str) -> Self {
        let ascends = |order: Order| order.compare(last, next) == Ordering::Less;
        let left = |order: Order| if ascends(order) { Self::In(order) } else { Self::Broken };
        match self {
            Self::Any if ascends(Order::Text) && ascends(Order::Length) => Self::Any,
            Self::Any if ascends(Order::Text) => Self::In(Order::Text),
            Self::Any => left(Order::Length),
            Self::In(order) => left(order),
            Self::Broken => Self::Broken,
        }
    }
}

/// What the table holds per value. Most values of person files (names, dates, postcodes, identifiers) have at
/// most eleven bytes and are kept whole beside their code: a look-up that went on to the pool would wait for
/// memory twice more, which took half of the time of reading a file. Longer values are kept as their hash.
/// Either way the table grows without reading the pool.
#[derive(Clone, Copy)]
struct Slot {
    // the parts of a key one by one: with its padding, the slot would be half as long again
    head: u64,
    tail: u32,
    code: u32,
}

impl Slot {
    fn new(key: Key, code: u32) -> Self {
        Self { head: key.head, tail: key.tail, code }
    }

    fn key(self) -> Key {
        Key { head: self.head, tail: self.tail }
    }
}

/// Up to eleven bytes and their number, or a hash and [`Key::LONG`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    head: u64,
    /// Bytes eight to ten; above them, the length.
    tail: u32,
}

impl Key {
    const LONGEST: usize = 11;
    const LONG: u32 = u32::MAX;

    #[inline]
    fn new(value: &str, hasher: &DefaultHashBuilder) -> Self {
        let bytes = value.as_bytes();
        if bytes.len() > Self::LONGEST {
            return Self { head: hasher.hash_one(value), tail: Self::LONG };
        }
        let pack = |bytes: &[u8]| bytes.iter().rev().fold(0, |packed, &byte| packed << 8 | u64::from(byte));
        let length = (bytes.len() as u32) << 24;
        if let Some((first, rest)) = bytes.split_first_chunk() {
            Self { head: u64::from_le_bytes(*first), tail: length | pack(rest) as u32 }
        } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            // the two halves may overlap, where they agree
            let [first, last] = [first, last].map(|half: &[u8; 4]| u64::from(u32::from_le_bytes(*half)));
            Self { head: first | last << (8 * (bytes.len() - 4)), tail: length }
        } else {
            Self { head: pack(bytes), tail: length }
        }
    }
}

impl Interner {
    /// An interner that takes `values` distinct values before its table grows.
    pub fn with_capacity(values: usize) -> Self {
        Self { codes: HashTable::with_capacity(values), ..Self::default() }
    }

    /// The code of `value`, new or known.
    #[inline]
    pub fn intern(&mut self, value: &str) -> u32 {
        if self.ascent != Ascent::Broken
            && let Some(code) = self.in_order(value)
        {
            return code;
        }
        let key = Key::new(value, &self.hasher);
        self.intern_hashed(value, key, self.hasher.hash_one(key))
    }

    /// Appends the code of each of some values, new or known, to `codes`. For many values this is faster than one after the
    /// other: a table of many values is too large for the processor's caches, and the places of up to
    /// [`Interner::STRETCH`] values are fetched from memory together.
    pub fn intern_all(&mut self, values: &[&str], codes: &mut Vec<u32>) {
        let mut rest = values;
        while self.ascent != Ascent::Broken
            && let Some((value, others)) = rest.split_first()
        {
            codes.push(self.intern(value));
            rest = others;
        }
        for values in rest.chunks(Self::STRETCH) {
            let mut hashed = [(Key { head: 0, tail: 0 }, 0); Self::STRETCH];
            for (hashed, value) in hashed.iter_mut().zip(values) {
                let key = Key::new(value, &self.hasher);
                *hashed = (key, self.hasher.hash_one(key));
            }
            // what is found does not matter, only that nothing waits for it
            let touch = |(_, hash): &(Key, u64)| self.codes.find(*hash, |slot| slot.head == *hash).is_some();
            std::hint::black_box(hashed[..values.len()].iter().filter(|hashed| touch(hashed)).count());
            let codes_of = values.iter().zip(hashed);
            codes.extend(codes_of.map(|(value, (key, hash))| self.intern_hashed(value, key, hash)));
        }
    }

    const STRETCH: usize = 32;

    /// The code of `value` if it is the last one, or greater than all; else the table is made, and has to be asked.
    fn in_order(&mut self, value: &str) -> Option<u32> {
        let next = self.values.len() as u32;
        if let Some(last) = next.checked_sub(1) {
            if self.values.get(last) == value {
                return Some(last);
            }
            self.ascent = self.ascent.after(self.values.get(last), value);
            if self.ascent == Ascent::Broken {
                self.make_table();
                return None;
            }
        }
        self.values.push(value);
        Some(next)
    }

    #[cold]
    fn make_table(&mut self) {
        let Self { values, codes, hasher, .. } = self;
        codes.reserve(values.len() + 1, |slot| hasher.hash_one(slot.key()));
        for (code, value) in values.iter().enumerate() {
            let key = Key::new(value, hasher);
            let slot = Slot::new(key, code as u32);
            codes.insert_unique(hasher.hash_one(key), slot, |slot| hasher.hash_one(slot.key()));
        }
    }

    fn intern_hashed(&mut self, value: &str, key: Key, hash: u64) -> u32 {
        let Self { values, codes, hasher, .. } = self;
        let found = codes.entry(
            hash,
            |slot| slot.key() == key && (key.tail != Key::LONG || values.get(slot.code) == value),
            |slot| hasher.hash_one(slot.key()),
        );
        match found {
            hashbrown::hash_table::Entry::Occupied(entry) => entry.get().code,
            hashbrown::hash_table::Entry::Vacant(entry) => {
                let code = values.len() as u32;
                entry.insert(Slot::new(key, code));
                values.push(value);
                code
            }
        }
    }

    /// The code of `value` if it was interned.
    pub fn find(&self, value: &str) -> Option<u32> {
        match self.ascent {
            Ascent::Any => return self.values.find_ascending(value, Order::Text),
            Ascent::In(order) => return self.values.find_ascending(value, order),
            Ascent::Broken => {}
        }
        let key = Key::new(value, &self.hasher);
        let is_value =
            |slot: &Slot| slot.key() == key && (key.tail != Key::LONG || self.values.get(slot.code) == value);
        self.codes.find(self.hasher.hash_one(key), is_value).map(|slot| slot.code)
    }

    /// The pool, once nothing more is to be added.
    pub fn into_values(self) -> Values {
        self.values
    }

    /// The pool so far, given away. What comes next is interned anew, in the room that the values so far have taken.
    pub fn take_values(&mut self) -> Values {
        self.codes.clear();
        self.ascent = Ascent::Any;
        let room = Values {
            bytes: String::with_capacity(self.values.bytes.len()),
            ends: Vec::with_capacity(self.values.ends.len()),
            spans: Vec::new(),
        };
        std::mem::replace(&mut self.values, room)
    }

    /// The pool so far.
    pub fn values(&self) -> &Values {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_first_appearance_and_empty_is_missing() {
        let column = Column::from_rows("a", [Some("x"), None, Some(""), Some("y"), Some("x")]);
        assert_eq!(column.codes, [0, NULL, NULL, 1, 0]);
        assert_eq!(column.get(3), Some("y"));
        assert_eq!(column.get(1), None);
        assert_eq!(column.counts(), [2, 1]);
        assert_eq!(column.values.iter().collect::<Vec<_>>(), ["x", "y"]);
    }

    #[test]
    fn interning_agrees_with_a_plain_map_for_values_of_every_length() {
        let mut interner = Interner::default();
        let mut twin = std::collections::BTreeMap::new();
        let mut words = Vec::new();
        let mut state = 1_u64;
        for round in 0..30_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // few letters, so that values are prefixes of each other, and zero bytes, which pad short values
            let length = state >> 40 & 15;
            let word: String =
                (0..length).map(|at| ['a', 'b', '\0'][((state >> (44 + at)) % 3) as usize]).collect();
            let next = twin.len() as u32;
            assert_eq!(interner.intern(&word), *twin.entry(word.clone()).or_insert(next), "round {round}");
            words.push(word);
        }
        // all at once, the first of them again after others that are new
        let mut together = Interner::default();
        let mut codes = Vec::new();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for words in words.chunks(777) {
            together.intern_all(words, &mut codes);
        }
        assert!(words.iter().zip(codes).all(|(word, code)| twin[*word] == code));
        assert_eq!(interner.values().len(), twin.len());
        assert_eq!(interner.find("not there"), None);
        assert_eq!(interner.find("not there, and longer"), None);
        for (word, code) in twin {
            assert_eq!(interner.find(&word), Some(code));
            assert_eq!(interner.values().get(code), word);
        }
    }

    #[test]
    fn values_of_every_length_are_found_beyond_full_spans() {
        let mut values = Values::default();
        let mut twin = Vec::new();
        // to the byte before, at and behind the end of a span, over one whole and over several, and none at all
        for length in [1_023, 0, 1, 1_024, 0, 1_023, 2, 3_000, 5, 4_096, 0, 7, 1_016, 1, 1, 9] {
            let value = char::from(b'a' + (twin.len() % 26) as u8).to_string().repeat(length);
            values.push(&value);
            twin.push(value);
        }
        assert!(values.iter().eq(twin.iter().map(String::as_str)));
        assert_eq!(values.len(), twin.len());
    }

    #[test]
    fn values_that_ascend_for_a_while_get_the_codes_of_a_plain_map() {
        // as text, as numbers, as both for as long as they have as many digits
        let written: [fn(u32) -> String; 3] = [
            |number| format!("{number:04}"),
            |number| number.to_string(),
            |number| (number + 9_970).to_string(),
        ];
        for (ascending, written) in (0..40).flat_map(|ascending| written.map(|written| (ascending, written)))
        {
            let mut interner = Interner::default();
            let mut together = Interner::default();
            let mut twin = std::collections::BTreeMap::new();
            // numbers twice each in ascending order, then back and forth through them and others
            let words: Vec<String> = (0..ascending * 2)
                .map(|at| at / 2)
                .chain((0..ascending + 9).map(|at| (at * 7) % 23))
                .map(|number| written(number * 3))
                .collect();
            for (at, word) in words.iter().enumerate() {
                let next = twin.len() as u32;
                assert_eq!(interner.find(word), twin.get(word).copied(), "{ascending}, {at}");
                assert_eq!(
                    interner.intern(word),
                    *twin.entry(word.clone()).or_insert(next),
                    "{ascending}, {at}"
                );
                assert_eq!(interner.find("0001"), None);
            }
            let mut codes = Vec::new();
            together.intern_all(&words.iter().map(String::as_str).collect::<Vec<_>>(), &mut codes);
            assert!(words.iter().zip(codes).all(|(word, code)| twin[word] == code));
            // and anew, when the values so far have been given away
            assert_eq!(interner.take_values().len(), twin.len());
            assert_eq!((interner.find(&words[0]), interner.intern("b"), interner.intern("a")), (None, 0, 1));
            assert_eq!(
                (interner.find("a"), interner.find("b"), interner.find("c")),
                (Some(1), Some(0), None)
            );
        }
    }
}
