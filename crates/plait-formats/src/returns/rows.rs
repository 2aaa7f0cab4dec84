//! The rows of a return as they stand in its files, whole and with the person whom each is about.
//!
//! Linkage has no use for this: it sees identity, and payload has none. Lists for collectors need both, and names of workers.

use super::batch::{Batch, BatchSink, Nesting};
use super::dates::{DateOrders, DateWritten, DatesSeen};
use super::detect::Recognised;
use super::gather::{Gathered, Progress, gather};
use super::landing::{Alike, is_no_key};
use super::spec::{Kind, Meaning, Rows, Spec};
use plait_types::{Column, Fault, Interner, Issue, NULL};
use std::collections::HashMap;
use std::sync::Arc;

/// All rows of a return.
pub struct ReturnRows {
    spec: Arc<Spec>,
    tables: Vec<TableRows>,
    /// What the files call each person, in the order in which linkage numbers its records.
    person_names: Vec<Option<String>>,
    orders: DateOrders,
    /// What was wrong with the files.
    pub issues: Vec<Issue>,
}

#[derive(Default)]
struct TableRows {
    /// By column of the spec; `None` where no file has it.
    columns: Vec<Option<Column>>,
    n_rows: usize,
    /// Whether any file is of it, if one without rows.
    is_there: bool,
    /// The person whom each row is about; [`NULL`] where that cannot be told.
    persons: Vec<u32>,
}

/// Reads all rows of a return that was narrowed to its term. They are held in memory.
///
/// Fails as [`gather`] does, and where two files hold the same persons or number them alike.
pub fn read_rows(
    recognised: &Recognised,
    name: &str,
    progress: &dyn Progress,
) -> Result<(ReturnRows, Gathered), Fault> {
    let spec = &recognised.spec;
    let mut collecting = Collecting {
        tables: spec.tables.iter().map(|table| Collected::new(table.columns.len())).collect(),
        n_rows: 0,
        files: Vec::new(),
        alike: Alike::of(recognised),
        issues: Vec::new(),
    };
    let gathered = gather(recognised, &mut collecting, progress)?;
    let told = std::mem::take(&mut collecting.alike).finish(name)?;
    collecting.issues.extend(told);
    collecting.issues.extend(recognised.issues_of_strangers());
    Ok((collecting.finish(spec), gathered))
}

impl ReturnRows {
    /// Of which return.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Rows of a table.
    pub fn n_rows(&self, table: usize) -> usize {
        self.tables[table].n_rows
    }

    pub(super) fn n_persons(&self) -> usize {
        self.person_names.len()
    }

    pub(super) fn table(&self, name: &str) -> Option<usize> {
        self.spec.tables.iter().position(|table| table.name == name)
    }

    pub(super) fn place_in(&self, table: usize, column: &str) -> Option<(usize, usize)> {
        let at = self.spec.tables[table].columns.iter().position(|of_spec| of_spec.name == column)?;
        Some((table, at))
    }

    pub(super) fn is_there(&self, table: usize) -> bool {
        self.tables[table].is_there
    }

    pub(super) fn has_column(&self, (table, column): (usize, usize)) -> bool {
        self.tables[table].columns[column].is_some()
    }

    /// The text of a cell without spaces around it; `None` where there is none.
    pub(super) fn cell(&self, (table, column): (usize, usize), row: usize) -> Option<&str> {
        let text = self.tables[table].columns[column].as_ref()?.get(row)?.trim();
        Some(text).filter(|text| !text.is_empty())
    }

    /// The day in a cell, as `YYYY-MM-DD`; `None` where it is none, or could be two.
    pub(super) fn day(&self, place: (usize, usize), row: usize) -> Option<String> {
        let read = self.orders.reader(place, self.spec.dates).read(self.cell(place, row)?)?;
        let is_certain = read.written != DateWritten::EitherWay && read.date.day.is_some();
        is_certain.then(|| read.date.iso())
    }

    pub(super) fn person(&self, table: usize, row: usize) -> Option<usize> {
        Some(self.tables[table].persons[row]).filter(|person| *person != NULL).map(|person| person as usize)
    }

    /// What the files call the person of a row.
    pub(super) fn person_name(&self, table: usize, row: usize) -> Option<&str> {
        self.person(table, row).and_then(|person| self.person_names[person].as_deref())
    }

    /// How a run of linkage can call the person of a row.
    pub(super) fn record_name(&self, table: usize, row: usize) -> RecordName {
        let number = self.person(table, row).map(|person| person as u64 + 1);
        RecordName { key: self.person_name(table, row).map(str::to_owned), number }
    }

    /// Rows of a table with their persons, of rows that have one.
    pub(super) fn of_persons(&self, table: usize) -> impl Iterator<Item = (usize, usize)> {
        (0..self.n_rows(table)).filter_map(move |row| Some((row, self.person(table, row)?)))
    }
}

/// How a run of linkage can call a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordName {
    /// Where a column names the records.
    pub key: Option<String>,
    /// Where they are named by their row, from 1.
    pub number: Option<u64>,
}

struct Collecting {
    tables: Vec<Collected>,
    /// Rows so far, of all tables.
    n_rows: u64,
    /// Files with nested rows.
    files: Vec<Arc<str>>,
    alike: Alike,
    issues: Vec<Issue>,
}

/// Rows of one table so far.
struct Collected {
    columns: Vec<Option<(Interner, Vec<u32>)>>,
    n_rows: usize,
    is_there: bool,
    /// Of nested rows the file and the number of the person in it.
    nested: Vec<Option<(usize, u32)>>,
    /// How many rows, of all tables, came before each.
    before: Vec<u64>,
}

impl Collected {
    fn new(n_columns: usize) -> Self {
        let columns = std::iter::repeat_with(|| None).take(n_columns).collect();
        Self { columns, n_rows: 0, is_there: false, nested: Vec::new(), before: Vec::new() }
    }
}

impl BatchSink for Collecting {
    fn batch(&mut self, batch: Batch) -> Result<(), Fault> {
        self.alike.look(&batch);
        let table = &mut self.tables[batch.table];
        table.is_there = true;
        for (column, of_spec) in batch.rows.columns.iter().zip(&batch.columns) {
            let Some(at) = of_spec else { continue };
            let (pool, codes) = table.columns[*at].get_or_insert_default();
            // of two columns that mean the same, the first counts
            if codes.len() > table.n_rows {
                continue;
            }
            codes.resize(table.n_rows, NULL);
            let of_code: Vec<u32> = column.values.iter().map(|text| pool.intern(text)).collect();
            codes.extend(column.codes.iter().map(|&c| if c == NULL { NULL } else { of_code[c as usize] }));
        }
        table.n_rows += batch.rows.n_rows;
        table.before.extend((self.n_rows..).take(batch.rows.n_rows));
        self.n_rows += batch.rows.n_rows as u64;
        let file = batch.nesting.is_some().then(|| {
            let known = self.files.iter().position(|file| *file == batch.file);
            known.unwrap_or_else(|| {
                self.files.push(Arc::clone(&batch.file));
                self.files.len() - 1
            })
        });
        match (&batch.nesting, file) {
            (Some(nesting), Some(file)) => {
                let of_person = |&person: &u32| (person != Nesting::NO_ROW).then_some((file, person));
                table.nested.extend(nesting.person.iter().map(of_person));
            }
            _ => table.nested.resize(table.n_rows, None),
        }
        Ok(())
    }

    fn header(&mut self, _file: &Arc<str>, table: usize, _names: &[String], columns: &[Option<usize>]) {
        let table = &mut self.tables[table];
        table.is_there = true;
        columns.iter().flatten().for_each(|at| {
            table.columns[*at].get_or_insert_default();
        });
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }

    fn set_aside(&mut self, _table: usize, _n_rows: u64) {}
}

impl Collecting {
    fn finish(self, spec: &Arc<Spec>) -> ReturnRows {
        let mut dates = DatesSeen::new(spec.dates);
        let (mut nested, mut before) = (Vec::new(), Vec::new());
        let mut tables = Vec::new();
        for (at, (collected, of_spec)) in self.tables.into_iter().zip(&spec.tables).enumerate() {
            let n_rows = collected.n_rows;
            let columns = collected.columns.into_iter().zip(&of_spec.columns).map(|(column, of_spec)| {
                let (pool, mut codes) = column?;
                codes.resize(n_rows, NULL);
                Some(Column { name: of_spec.name.clone(), codes, values: pool.into_values() })
            });
            let columns: Vec<Option<Column>> = columns.collect();
            for (column, values) in columns.iter().enumerate() {
                if let Some(values) = values.as_ref().filter(|_| of_spec.columns[column].kind == Kind::Date) {
                    dates.look((at, column), values);
                }
            }
            nested.push(collected.nested);
            before.push(collected.before);
            tables.push(TableRows { columns, n_rows, is_there: collected.is_there, persons: Vec::new() });
        }
        let mut rows = ReturnRows {
            spec: Arc::clone(spec),
            tables,
            person_names: Vec::new(),
            orders: dates.orders(),
            issues: self.issues,
        };
        rows.name_persons(&nested, &before);
        rows
    }
}

/// Whom a row is about, before persons are numbered.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Named(String),
    Nested(usize, u32),
}

impl ReturnRows {
    /// Gives every row its person: that of its own key, of the row that it belongs to, or of the element that it is in. Persons
    /// are numbered as their rows come, as [landing](super::landing) does: a run may name them so.
    fn name_persons(&mut self, nested: &[Vec<Option<(usize, u32)>>], before: &[Vec<u64>]) {
        let of_elements = self.keys_of_elements(nested);
        let keys: Vec<Vec<Option<Key>>> =
            (0..self.tables.len()).map(|table| self.keys(table, nested, &of_elements)).collect();
        let makes_persons = |table: &usize| {
            let of_spec = &self.spec.tables[*table];
            of_spec.rows == Rows::Person || of_spec.makes_records
        };
        let tables = (0..self.tables.len()).filter(makes_persons);
        let rows =
            tables.flat_map(|table| before[table].iter().enumerate().map(move |(row, &n)| (n, table, row)));
        let mut rows: Vec<(u64, usize, usize)> = rows.collect();
        rows.sort_unstable();
        let mut numbers: HashMap<&Key, u32> = HashMap::new();
        let mut names: Vec<Option<String>> = Vec::new();
        for (_, table, row) in rows {
            let Some(key) = &keys[table][row] else { continue };
            numbers.entry(key).or_insert_with(|| {
                names.push(self.own_key(table, row).map(str::to_owned));
                names.len() as u32 - 1
            });
        }
        let persons: Vec<Vec<u32>> = keys
            .iter()
            .map(|keys| {
                let number = |key: &Option<Key>| key.as_ref().and_then(|key| numbers.get(key)).copied();
                keys.iter().map(|key| number(key).unwrap_or(NULL)).collect()
            })
            .collect();
        for (table, persons) in self.tables.iter_mut().zip(persons) {
            table.persons = persons;
        }
        self.person_names = names;
    }

    /// What a row calls its person, by its own key.
    fn own_key(&self, table: usize, row: usize) -> Option<&str> {
        let of_spec = &self.spec.tables[table];
        let named = || of_spec.columns.iter().position(|column| column.meaning == Some(Meaning::Record));
        let place = match &of_spec.record {
            Some(record) => self.place_in(table, record)?,
            None => (table, named()?),
        };
        self.cell(place, row).filter(|key| !is_no_key(key))
    }

    /// Of elements of persons with a key the key: two with one are one person.
    fn keys_of_elements(&self, nested: &[Vec<Option<(usize, u32)>>]) -> HashMap<(usize, u32), Key> {
        let mut keys = HashMap::new();
        for (table, of_spec) in self.spec.tables.iter().enumerate() {
            if of_spec.rows != Rows::Person || of_spec.record.is_none() {
                continue;
            }
            for (row, place) in nested[table].iter().enumerate() {
                if let (Some(place), Some(key)) = (place, self.own_key(table, row)) {
                    keys.insert(*place, Key::Named(key.to_owned()));
                }
            }
        }
        keys
    }

    fn keys(
        &self,
        table: usize,
        nested: &[Vec<Option<(usize, u32)>>],
        of_elements: &HashMap<(usize, u32), Key>,
    ) -> Vec<Option<Key>> {
        let of_spec = &self.spec.tables[table];
        let n_rows = self.n_rows(table);
        if of_spec.rows == Rows::OfFile {
            return vec![None; n_rows];
        }
        if nested[table].iter().any(Option::is_some) {
            let key = |(file, person): (usize, u32)| {
                of_elements.get(&(file, person)).cloned().unwrap_or(Key::Nested(file, person))
            };
            return nested[table].iter().map(|place| place.map(key)).collect();
        }
        let record = of_spec.record.as_ref().and_then(|record| self.place_in(table, record));
        if record.is_some_and(|place| self.has_column(place)) {
            let key = |row: usize| self.own_key(table, row).map(|key| Key::Named(key.to_owned()));
            return (0..n_rows).map(key).collect();
        }
        if of_spec.rows == Rows::Person {
            return (0..n_rows).map(|row| Some(Key::Nested(usize::MAX - table, row as u32))).collect();
        }
        let Some((parent, here, there)) = self.spec.parent(of_spec) else { return vec![None; n_rows] };
        let parent = self.table(&parent.name).expect("a parent is a table of the spec");
        let (Some(here), Some(there)) = (self.place_in(table, here), self.place_in(parent, there)) else {
            return vec![None; n_rows];
        };
        // specs are checked to have no circles
        let of_parent = self.keys(parent, nested, of_elements);
        let mut by_key: HashMap<&str, &Option<Key>> = HashMap::new();
        for (row, key) in of_parent.iter().enumerate() {
            if let Some(name) = self.cell(there, row) {
                by_key.entry(name).or_insert(key);
            }
        }
        let key = |row: usize| by_key.get(self.cell(here, row)?).and_then(|key| (*key).clone());
        (0..n_rows).map(key).collect()
    }
}
