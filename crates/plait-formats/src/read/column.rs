//! Columns while they are filled: text through an interner, numbers through a table of their own.

use super::RowLines;
use crate::noted::Noted;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use plait_types::{Column, Interner, Issue, IssueKind, NULL, Values, is_shortened};
use std::hash::BuildHasher;
use std::mem;

/// A column of text.
#[derive(Default)]
pub(crate) struct TextColumn {
    interner: Interner,
    codes: Vec<u32>,
}

impl TextColumn {
    /// A column that takes `rows` rows before it grows.
    pub(crate) fn with_rows(rows: usize) -> Self {
        Self { interner: Interner::default(), codes: Vec::with_capacity(rows) }
    }

    /// One more row; empty text and text of spaces only are missing.
    pub(crate) fn push(&mut self, cell: &str) {
        // most columns repeat themselves from row to row; comparing takes less than looking up
        let code = match self.codes.last() {
            Some(&last) if last != NULL && self.interner.values().get(last) == cell => last,
            _ => self.code(cell),
        };
        self.codes.push(code);
    }

    /// The code of a cell, without a row.
    pub(crate) fn code(&mut self, cell: &str) -> u32 {
        if is_blank(cell) { NULL } else { self.interner.intern(cell) }
    }

    /// Appends the codes of some cells to `codes`, without rows.
    pub(super) fn codes_of(&mut self, cells: &[&str], codes: &mut Vec<u32>) {
        let mut rest = cells;
        while !rest.is_empty() {
            let filled = rest.iter().position(|cell| is_blank(cell)).unwrap_or(rest.len());
            self.interner.intern_all(&rest[..filled], codes);
            let blank = rest[filled..].iter().position(|cell| !is_blank(cell)).unwrap_or(rest.len() - filled);
            codes.resize(codes.len() + blank, NULL);
            rest = &rest[filled + blank..];
        }
    }

    /// Rows with codes that [`TextColumn::code`] gave, or [`NULL`].
    pub(crate) fn codes(&mut self) -> &mut Vec<u32> {
        &mut self.codes
    }

    /// Adds missing rows until there are `rows`.
    pub(crate) fn pad(&mut self, rows: usize) {
        self.codes.resize(rows, NULL);
    }

    /// Takes rows away until there are at most `rows`; their values stay in the pool.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.codes.truncate(rows);
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    /// The value of a row, where it has one.
    pub(crate) fn value(&self, row: usize) -> Option<&str> {
        let code = *self.codes.get(row).filter(|code| **code != NULL)?;
        Some(self.interner.values().get(code))
    }

    pub(crate) fn finish(self, name: String) -> Column {
        Column { name, codes: self.codes, values: self.interner.into_values() }
    }

    /// The rows so far as a column. Those that come next begin anew, in the room that these have taken.
    pub(crate) fn take(&mut self, name: String) -> Column {
        let codes = Vec::with_capacity(self.codes.len());
        Column { name, codes: mem::replace(&mut self.codes, codes), values: self.interner.take_values() }
    }
}

/// Whether a cell is missing. The look at the first byte spares nearly all cells the trimming.
pub(crate) fn is_blank(cell: &str) -> bool {
    match cell.as_bytes().first() {
        None => true,
        Some(&first) => (first <= b' ' || first >= 0x80) && cell.trim().is_empty(),
    }
}

/// A column of numbers, dates or anything else that 64 bits tell apart. Its text is written once per distinct
/// value; two keys must not have the same text.
///
/// Record numbers mostly ascend, so as long as every value is greater than the one before, none can be a
/// repetition and nothing is looked up.
#[derive(Default)]
pub(crate) struct KeyedColumn {
    values: Values,
    codes: Vec<u32>,
    /// The key of each code, as long as they ascend.
    ascending: Vec<i64>,
    /// Every key with its code, once they do not ascend.
    seen: Option<HashTable<(i64, u32)>>,
    last: Option<(i64, u32)>,
    hasher: DefaultHashBuilder,
    text: String,
}

impl KeyedColumn {
    /// A column that takes `rows` rows before it grows.
    pub(crate) fn with_rows(rows: usize) -> Self {
        Self { codes: Vec::with_capacity(rows), ..Self::default() }
    }

    /// One more row; `write` appends the text of a value that is new.
    pub(crate) fn push(&mut self, key: i64, write: impl FnOnce(&mut String)) {
        let code = match self.last {
            Some((last, code)) if last == key => code,
            _ => self.find(key, write),
        };
        self.last = Some((key, code));
        self.codes.push(code);
    }

    /// One more row without value.
    pub(crate) fn push_missing(&mut self) {
        self.codes.push(NULL);
    }

    fn find(&mut self, key: i64, write: impl FnOnce(&mut String)) -> u32 {
        let next = self.values.len() as u32;
        if self.seen.is_none() {
            if self.ascending.last().is_none_or(|&last| last < key) {
                self.ascending.push(key);
                self.add(write);
                return next;
            }
            let mut seen = HashTable::with_capacity(self.ascending.len() * 2);
            for (code, &key) in self.ascending.iter().enumerate() {
                seen.insert_unique(self.hasher.hash_one(key), (key, code as u32), |&(key, _)| {
                    self.hasher.hash_one(key)
                });
            }
            self.ascending = Vec::new();
            self.seen = Some(seen);
        }
        let seen = self.seen.as_mut().expect("was set above");
        let hash = self.hasher.hash_one(key);
        match seen.entry(hash, |entry| entry.0 == key, |&(key, _)| self.hasher.hash_one(key)) {
            Entry::Occupied(entry) => entry.get().1,
            Entry::Vacant(entry) => {
                entry.insert((key, next));
                self.add(write);
                next
            }
        }
    }

    fn add(&mut self, write: impl FnOnce(&mut String)) {
        self.text.clear();
        write(&mut self.text);
        self.values.push(&self.text);
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(crate) fn finish(self, name: String) -> Column {
        Column { name, codes: self.codes, values: self.values }
    }
}

/// The warning about values such as `3.02208E+11`, which a spreadsheet has made of a long number: the digits
/// that are not shown are lost.
pub(crate) fn shortened_numbers(file: &str, column: &Column) -> Option<Issue> {
    let shortened: Vec<bool> = column.values.iter().map(is_shortened).collect();
    if !shortened.contains(&true) {
        return None;
    }
    let rows = column.codes.iter().filter(|&&code| code != NULL && shortened[code as usize]).count();
    let values = if rows == 1 { "one value looks" } else { "values look" };
    let message = if rows == 1 {
        format!(
            "{values} like 3.02E+11 or 9.99E+09: a spreadsheet has shortened it, and the digits cannot be recovered; export the file again without opening it in Excel"
        )
    } else {
        format!(
            "{rows} {values} like 3.02E+11 or 9.99E+09: a spreadsheet has shortened them, and the digits cannot be recovered; export the file again without opening it in Excel"
        )
    };
    Some(Issue::new(IssueKind::ShortenedNumber, file, message).in_column(&column.name).counting(rows))
}

/// Stands for a character that some program could not read, and wrote so.
const REPLACEMENT: char = '\u{FFFD}';

/// Whether a value has lost characters before it came into the file.
pub(crate) fn has_lost_characters(value: &str) -> bool {
    !value.is_ascii() && value.contains(REPLACEMENT)
}

/// The warning about values in which a program before has written that it could not read a character.
pub(crate) fn lost_characters(file: &str, column: &Column, lines: &RowLines) -> Option<Issue> {
    let lost: Vec<bool> = column.values.iter().map(has_lost_characters).collect();
    if !lost.contains(&true) {
        return None;
    }
    let mut rows = Noted::default();
    for (row, _) in
        column.codes.iter().enumerate().filter(|(_, code)| **code != NULL && lost[**code as usize])
    {
        rows.add(lines.line(row).unwrap_or(row as u64 + 1));
    }
    Some(lost_characters_issue(file, &column.name, rows))
}

/// The same of rows that were noted.
pub(crate) fn lost_characters_issue(file: &str, column: &str, rows: Noted) -> Issue {
    let values =
        if rows.count() == 1 { "one value has".to_owned() } else { format!("{} values have", rows.count()) };
    let message = format!(
        "{values} the character that stands for one that a program could not read; what stood there is lost in this file, so \
         export it again from its system"
    );
    rows.issue(Issue::new(IssueKind::LostCharacters, file, message).in_column(column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write;

    #[test]
    fn spaces_only_are_missing_and_other_cells_stay_as_they_are() {
        let mut column = TextColumn::with_rows(4);
        for cell in ["a ", " ", "", "\u{a0}", "a "] {
            column.push(cell);
        }
        let column = column.finish("x".to_owned());
        assert_eq!(column.codes, [0, NULL, NULL, NULL, 0]);
        assert_eq!(column.get(0), Some("a "));
    }

    #[test]
    fn rows_with_shortened_numbers_are_counted() {
        let column = Column::from_rows("upn", [Some("3.1E+11"), None, Some("3.1E+11"), Some("ok")]);
        let issue = shortened_numbers("a.csv", &column).unwrap();
        assert_eq!((issue.count, issue.column.as_deref()), (2, Some("upn")));
    }

    proptest! {
        #[test]
        fn a_keyed_column_agrees_with_interning_the_text(keys in proptest::collection::vec(-20_i64..20, 0..60), from in 0_i64..60) {
            let mut column = KeyedColumn::default();
            let keys: Vec<i64> = (0..from).chain(keys).collect();
            for &key in &keys {
                if key % 7 == 3 { column.push_missing() } else { column.push(key, |text| write!(text, "{key}").unwrap()) }
            }
            let twin = Column::from_rows("x", keys.iter().map(|key| (key % 7 != 3).then(|| key.to_string())));
            let column = column.finish("x".to_owned());
            prop_assert_eq!(column.codes, twin.codes);
            prop_assert!(column.values.iter().eq(twin.values.iter()));
        }
    }
}
