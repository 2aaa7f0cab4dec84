//! Columns as codes into a pool of distinct values.

use hashbrown::{DefaultHashBuilder, HashTable};
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
    ends: Vec<usize>,
}

impl Values {
    /// The value of a code. Panics on [`NULL`] or a code of another pool.
    pub fn get(&self, code: u32) -> &str {
        let code = code as usize;
        let start = if code == 0 { 0 } else { self.ends[code - 1] };
        &self.bytes[start..self.ends[code]]
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

    /// Adds a value without looking for it; its code is the length before.
    pub fn push(&mut self, value: &str) {
        self.bytes.push_str(value);
        self.ends.push(self.bytes.len());
    }
}

/// Gives each distinct string a code, in order of first appearance.
#[derive(Default)]
pub struct Interner {
    values: Values,
    codes: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Interner {
    /// The code of `value`, new or known.
    pub fn intern(&mut self, value: &str) -> u32 {
        let Self { values, codes, hasher } = self;
        let hash = hasher.hash_one(value);
        let found =
            codes.entry(hash, |&code| values.get(code) == value, |&code| hasher.hash_one(values.get(code)));
        match found {
            hashbrown::hash_table::Entry::Occupied(entry) => *entry.get(),
            hashbrown::hash_table::Entry::Vacant(entry) => {
                let code = values.len() as u32;
                entry.insert(code);
                values.push(value);
                code
            }
        }
    }

    /// The code of `value` if it was interned.
    pub fn find(&self, value: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(value);
        self.codes.find(hash, |&code| self.values.get(code) == value).copied()
    }

    /// The pool, once nothing more is to be added.
    pub fn into_values(self) -> Values {
        self.values
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
}
