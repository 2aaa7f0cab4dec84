//! Whether two files of one return number their persons alike and mean others, as the exports of two schools do whose
//! systems both count from 1.

use crate::returns::batch::Batch;
use crate::returns::check::hash_of;
use crate::returns::dates::DateReader;
use crate::returns::detect::Recognised;
use crate::returns::landing::is_no_key;
use crate::returns::spec::{Form, Meaning, Rows, Spec};
use plait_types::{Column, Fault, FaultCode, Issue, IssueKind, PartialDate, grouped};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Fewer keys that contradict are errors in single rows, which [`plait_types::IssueKind::TwoPeople`] tells.
const FEWEST: u64 = 3;

/// What the first file that has a key says of its person: a hash of the key and 24 bytes each, only where several files
/// have a table of persons.
pub(super) struct Numbering {
    spec: Arc<Spec>,
    /// Tables whose rows make persons by their keys and which several files have.
    tables: BTreeSet<usize>,
    files: Vec<Arc<str>>,
    /// By table, the files with keys.
    with_keys: BTreeSet<(usize, u32)>,
    /// By table, files that have a key in common: the first that has it, and another.
    in_common: BTreeSet<(usize, u32, u32)>,
    first: HashMap<u64, Said>,
    /// Of each two files, keys that both have and say whose they are, and how many of these contradict.
    shared: BTreeMap<(u32, u32), (u64, u64)>,
}

#[derive(Clone, Copy)]
struct Said {
    file: u32,
    born: Option<PartialDate>,
    /// Surname and forename, as hashes.
    names: [Option<u32>; 2],
}

impl Said {
    /// Whether two rows can only be of two persons, by their dates of birth or by both names; `None` where they do not say
    /// enough. One name alone changes, and is spelt in many ways.
    fn contradicts(self, other: Self) -> Option<bool> {
        let dates = self.born.zip(other.born).map(|(one, other)| one.contradicts(other));
        let differ = |at: usize| Some(self.names[at]? != other.names[at]?);
        let names = differ(0).zip(differ(1)).map(|(surname, forename)| surname && forename);
        match (dates, names) {
            (None, None) => None,
            (dates, names) => Some(dates == Some(true) || names == Some(true)),
        }
    }
}

impl Numbering {
    /// For returns of which several tables of persons are to be read as one; `None` of others.
    pub(super) fn of(recognised: &Recognised) -> Option<Self> {
        let spec = &recognised.spec;
        let mut n_files: BTreeMap<usize, usize> = BTreeMap::new();
        for member in &recognised.members {
            let all = || (0..spec.tables.len()).collect();
            let tables: Vec<usize> = if member.holds.is_nested() { all() } else { member.holds.tables() };
            tables.into_iter().for_each(|table| *n_files.entry(table).or_default() += 1);
        }
        let is_numbered = |table: &usize| {
            let table = &spec.tables[*table];
            (table.rows == Rows::Person || table.makes_records) && table.record.is_some()
        };
        let several = n_files.into_iter().filter(|(_, n)| *n > 1).map(|(table, _)| table);
        let tables: BTreeSet<usize> = several.filter(is_numbered).collect();
        (!tables.is_empty()).then(|| Self {
            spec: Arc::clone(spec),
            tables,
            files: Vec::new(),
            with_keys: BTreeSet::new(),
            in_common: BTreeSet::new(),
            first: HashMap::new(),
            shared: BTreeMap::new(),
        })
    }

    /// Takes the rows of persons; those of other tables are left out.
    pub(super) fn look(&mut self, batch: &Batch) {
        if !self.tables.contains(&batch.table) {
            return;
        }
        let spec = Arc::clone(&self.spec);
        let table = &spec.tables[batch.table];
        let column = |name: &Option<String>| name.as_ref().and_then(|name| batch.rows.column(name));
        let Some(keys) = column(&table.record) else { return };
        let within = column(&table.record_within);
        let of = |meaning: Meaning| -> Option<&Column> {
            let at = table.columns.iter().position(|column| column.meaning == Some(meaning))?;
            batch.columns.iter().position(|of| *of == Some(at)).map(|at| &batch.rows.columns[at])
        };
        let [born, surname, forename] = [Meaning::DateOfBirth, Meaning::Surname, Meaning::Forename].map(of);
        let reader = DateReader::new(spec.dates);
        let file = self.file(&batch.file);
        let name = |column, row| value(column, row).map(|name| hash_of(name.to_lowercase()) as u32);
        for row in 0..batch.rows.n_rows {
            let Some(key) = value(Some(keys), row).filter(|key| !is_no_key(key)) else { continue };
            let said = Said {
                file,
                born: value(born, row).and_then(|text| reader.read(text)).map(|cell| cell.date),
                names: [name(surname, row), name(forename, row)],
            };
            let first = *self.first.entry(hash_of((batch.table, value(within, row), key))).or_insert(said);
            self.with_keys.insert((batch.table, file));
            if first.file != file {
                self.in_common.insert((batch.table, first.file, file));
            }
            if let Some(contradicts) = first.contradicts(said).filter(|_| first.file != file) {
                let (shared, apart) = self.shared.entry((first.file, file)).or_default();
                *shared += 1;
                *apart += u64::from(contradicts);
            }
        }
    }

    fn file(&mut self, file: &Arc<str>) -> u32 {
        let known = self.files.iter().rposition(|known| known == file);
        known.unwrap_or_else(|| {
            self.files.push(Arc::clone(file));
            self.files.len() - 1
        }) as u32
    }

    /// Refuses two files of which most of the keys that both have are of two persons.
    pub(super) fn refuse(&self) -> Result<(), Fault> {
        for (&(first, second), &(shared, apart)) in &self.shared {
            if apart < FEWEST || apart * 2 <= shared {
                continue;
            }
            let [one, other] = [first, second].map(|file| &self.files[file as usize]);
            return Err(numbered_alike(one, other, shared, apart));
        }
        Ok(())
    }

    /// Files of children by the ids of an authority that have nobody in common with the first of their table, also by way of
    /// others. Files of a nested form without years come day by day, each with the children of whom there is news.
    pub(super) fn nobody_in_common(&self) -> Vec<Issue> {
        let is_by_child_id = |table: &usize| {
            let table = &self.spec.tables[*table];
            let key = table.columns.iter().find(|column| Some(&column.name) == table.record.as_ref());
            key.is_some_and(|column| column.meaning == Some(Meaning::LaChildId))
        };
        let files_of =
            |table: usize| self.with_keys.range((table, 0)..=(table, u32::MAX)).map(|&(_, file)| file);
        let of_several = |table: &&usize| files_of(**table).nth(1).is_some();
        // what is so of the persons is so of all that is said of them
        let table = self.tables.iter().filter(|table| is_by_child_id(table)).find(of_several);
        let Some(&table) = table.filter(|_| self.spec.year != 0 || self.spec.forms != [Form::Json]) else {
            return Vec::new();
        };
        let mut group: Vec<u32> = (0..self.files.len() as u32).collect();
        for &(of, one, other) in &self.in_common {
            if of == table {
                let (kept, gone) = (group[one as usize], group[other as usize]);
                group.iter_mut().filter(|of| **of == gone).for_each(|of| *of = kept);
            }
        }
        let mut seen = BTreeSet::new();
        let firsts: Vec<u32> = files_of(table).filter(|&file| seen.insert(group[file as usize])).collect();
        let Some((first, others)) = firsts.split_first() else { return Vec::new() };
        let issue = |&file: &u32| {
            let message = format!(
                "no child of it is in {} too; ids of children are unique within one authority, and both files are read as of \
                 one",
                self.files[*first as usize]
            );
            Issue::new(IssueKind::NobodyInCommon, &*self.files[file as usize], message)
        };
        others.iter().map(issue).collect()
    }
}

/// The fault of two files that have so many numbers of persons in common, so many of which are of two persons.
pub(super) fn numbered_alike(one: &str, other: &str, shared: u64, apart: u64) -> Fault {
    Fault::new(
        FaultCode::NumberedAlike,
        format!(
            "{one} and {other} number their persons alike and mean others: of {} keys that both have, {} are of two persons by \
             their dates of birth or names",
            grouped(shared),
            grouped(apart)
        ),
        "name the files of each school, organisation or authority by themselves, as a source of their own",
    )
    .because("keys of one return are taken for keys of one numbering, and two persons would become one record")
}

fn value(column: Option<&Column>, row: usize) -> Option<&str> {
    column?.get(row).map(str::trim).filter(|text| !text.is_empty())
}
