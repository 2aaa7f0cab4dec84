//! Whether two files of one return hold the same persons, as a return and its copy in another form do.

use super::{is_no_key, numbering};
use crate::returns::batch::Batch;
use crate::returns::check::hash_of;
use crate::returns::dates::DateReader;
use crate::returns::detect::{Holds, Recognised};
use crate::returns::sheets;
use crate::returns::spec::{self, Kind, Meaning, Rows, Spec, Table};
use plait_types::{Column, Fault, FaultCode, Issue, IssueKind, PartialDate, counted, grouped};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Fewer persons may be in two files by chance, such as pupils who changed school.
const FEWEST: u64 = 5;

/// A row may be in two sheets of one workbook by mistake; where two rows or more are all of a sheet, it is a copy.
const FEWEST_OF_SHEET: u64 = 2;

/// The persons of each file, by a hash of what says who they are: 24 bytes and the room of a hash table each; and the rows of
/// tables about them that several files have, by a hash of all that is in them.
pub(super) struct Copies {
    spec: Arc<Spec>,
    /// Whether files with the same persons are copies. Lists and extracts without a year may come month by month, and nested
    /// ones day by day, so that of these only a nested file beside a table is, and a sheet beside another of its workbook.
    refuses: bool,
    /// Tables of which rows are compared as a whole: those about persons that several files have, and all that several sheets of
    /// one workbook have.
    repeated: BTreeSet<usize>,
    /// Of each table the columns of keys that no other table has, and so are of its own rows.
    own_keys: Vec<BTreeSet<usize>>,
    of_rows: HashMap<u64, Files>,
    /// How many distinct rows of a later file are in an earlier one.
    shared_rows: BTreeMap<(u32, u32), u64>,
    files: Vec<Counted>,
    /// By the name of a sheet, the workbook that it is in.
    workbooks: BTreeMap<String, usize>,
    /// With the date of birth in the first file.
    of_persons: HashMap<u64, (Files, Option<PartialDate>)>,
    /// How many distinct persons of a later file are in an earlier one, and of how many of them the dates of birth contradict.
    shared: BTreeMap<(u32, u32), (u64, u64)>,
}

/// The first and the last file that has a person or a row; the last is none before it is counted.
struct Files {
    first: u32,
    last: u32,
}

impl Files {
    fn from(first: u32) -> Self {
        Self { first, last: u32::MAX }
    }

    /// Whether a file has it for the first time.
    fn is_new_in(&mut self, file: u32) -> bool {
        std::mem::replace(&mut self.last, file) != file
    }
}

/// A file, and how much of it was looked at.
struct Counted {
    file: Arc<str>,
    /// For a sheet, the workbook that it is in.
    workbook: Option<usize>,
    /// Distinct ones.
    persons: u64,
    /// Distinct ones of the tables of which rows are compared.
    rows: u64,
}

impl Copies {
    /// For returns of which two files could hold the same; `None` of others.
    pub(super) fn of(recognised: &Recognised) -> Option<Self> {
        let spec = &recognised.spec;
        let is_of_persons = |table: usize| spec.tables[table].rows == Rows::Person;
        let is_about_persons = |table: usize| spec.tables[table].rows == Rows::OfPerson;
        let mut n_about: BTreeMap<usize, usize> = BTreeMap::new();
        let mut n_nested = 0;
        let (mut of_sheets_alike, mut workbooks) = (BTreeSet::new(), BTreeMap::new());
        let mut n_flat: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, member) in recognised.members.iter().enumerate() {
            n_nested += usize::from(member.holds.is_nested());
            if let Holds::Sheets(sheets) = &member.holds {
                workbooks.extend(sheets.iter().map(|sheet| (sheets::shown(&member.file, &sheet.name), at)));
            }
            let tables = member.holds.tables();
            let mut of_member = BTreeSet::new();
            of_sheets_alike.extend(tables.iter().filter(|&&table| !of_member.insert(table)));
            for &table in tables.iter().filter(|&&table| is_about_persons(table)) {
                *n_about.entry(table).or_default() += 1;
            }
            for table in tables.into_iter().filter(|&table| is_of_persons(table)) {
                *n_flat.entry(table).or_default() += 1;
            }
        }
        let most_flat = n_flat.values().copied().max().unwrap_or(0);
        let has_year = spec.year != 0;
        let refuses = n_nested > 0 && (most_flat > 0 || has_year && n_nested > 1)
            || recognised.year.is_some() && most_flat > 1
            || of_sheets_alike.iter().any(|&table| is_of_persons(table));
        let of_files = n_about.into_iter().filter(|(_, n)| *n > 1).map(|(at, _)| at);
        let repeated: BTreeSet<usize> = of_files.chain(of_sheets_alike).collect();
        (refuses || most_flat > 1 || !repeated.is_empty()).then(|| Self {
            spec: Arc::clone(spec),
            refuses,
            repeated,
            own_keys: own_keys(spec),
            of_rows: HashMap::new(),
            shared_rows: BTreeMap::new(),
            files: Vec::new(),
            workbooks,
            of_persons: HashMap::new(),
            shared: BTreeMap::new(),
        })
    }

    /// Takes the rows of persons, and those about them of tables that several files have.
    pub(super) fn look(&mut self, batch: &Batch) {
        if self.repeated.contains(&batch.table) && batch.nesting.is_none() {
            self.look_at_rows(batch);
        }
        let spec = Arc::clone(&self.spec);
        let table = &spec.tables[batch.table];
        if table.rows != Rows::Person {
            return;
        }
        let file = self.file(&batch.file);
        let column = |meaning: Meaning| -> Option<&Column> {
            let at = table.columns.iter().position(|column| column.meaning == Some(meaning))?;
            batch.columns.iter().position(|of| *of == Some(at)).map(|at| &batch.rows.columns[at])
        };
        let numbers = [Meaning::LaChildId, Meaning::NhsNumber, Meaning::Upn].map(column);
        let details = [Meaning::Surname, Meaning::Forename, Meaning::DateOfBirth].map(column);
        let reader = DateReader::new(self.spec.dates);
        let file_at = file as u32;
        for row in 0..batch.rows.n_rows {
            let of_person = |column| value(column, row).filter(|number| !is_no_key(number));
            let number =
                numbers.iter().enumerate().find_map(|(kind, column)| Some((kind, of_person(*column)?)));
            // two forms of one return write dates in two ways
            let born = details[2].and_then(|column| value(Some(column), row));
            let date = born.and_then(|text| reader.read(text)).map(|cell| cell.date);
            let hash = if let Some((kind, number)) = number {
                hash_of((batch.table, kind, number.to_lowercase()))
            } else {
                let [surname, forename, _] = details.map(|column| value(column, row));
                let (Some(surname), Some(forename), Some(born)) = (surname, forename, born) else { continue };
                let born = date.map_or_else(|| born.to_owned(), PartialDate::iso);
                hash_of((batch.table, surname.to_lowercase(), forename.to_lowercase(), born))
            };
            let (files, first_date) =
                self.of_persons.entry(hash).or_insert_with(|| (Files::from(file_at), date));
            if !files.is_new_in(file_at) {
                continue;
            }
            self.files[file].persons += 1;
            if files.first != file_at {
                let (shared, apart) = self.shared.entry((files.first, file_at)).or_default();
                *shared += 1;
                *apart += u64::from(first_date.zip(date).is_some_and(|(one, other)| one.contradicts(other)));
            }
        }
    }

    fn file(&mut self, file: &Arc<str>) -> usize {
        let known = self.files.iter().rposition(|known| known.file == *file);
        known.unwrap_or_else(|| {
            let workbook = self.workbooks.get(&**file).copied();
            self.files.push(Counted { file: Arc::clone(file), workbook, persons: 0, rows: 0 });
            self.files.len() - 1
        })
    }

    fn look_at_rows(&mut self, batch: &Batch) {
        let file = self.file(&batch.file);
        let file_at = file as u32;
        let table = &self.spec.tables[batch.table];
        let known = || batch.columns.iter().zip(&batch.rows.columns);
        let all: Vec<(usize, &Column)> = known().filter_map(|(at, column)| Some(((*at)?, column))).collect();
        let is_of_keys = |at: usize| self.own_keys[batch.table].contains(&at);
        let of_keys: Vec<(usize, &Column)> = all.iter().copied().filter(|(at, _)| is_of_keys(*at)).collect();
        let record = table.record.as_ref().and_then(|record| batch.rows.column(record));
        for row in 0..batch.rows.n_rows {
            // a row that has a key is the same whatever else was corrected
            let has_key = of_keys
                .iter()
                .any(|&(_, column)| value(Some(column), row).is_some_and(|key| !is_no_key(key)));
            let columns = if has_key { &of_keys } else { &all };
            let cells: Vec<(usize, Option<&str>)> =
                columns.iter().map(|&(at, column)| (at, value(Some(column), row))).collect();
            let cells = (cells, has_key.then(|| value(record, row)));
            let hash = hash_of((batch.table, cells));
            let files = self.of_rows.entry(hash).or_insert_with(|| Files::from(file_at));
            if !files.is_new_in(file_at) {
                continue;
            }
            self.files[file].rows += 1;
            if files.first != file_at {
                *self.shared_rows.entry((files.first, file_at)).or_default() += 1;
            }
        }
    }

    /// Refuses two files of which one has most of the rows, or most of the persons, of the other; gives those of lists that may
    /// be of several months.
    pub(super) fn refuse(&self) -> Result<Vec<Issue>, Fault> {
        let mut told = Vec::new();
        for (&(first, second), &shared) in &self.shared_rows {
            let [one, other] = [first, second].map(|file| &self.files[file as usize]);
            let are_sheets = one.workbook.is_some() && one.workbook == other.workbook;
            let is_all_of_a_sheet = shared >= FEWEST_OF_SHEET && shared == one.rows.min(other.rows);
            if !(is_most(shared, one.rows, other.rows) || are_sheets && is_all_of_a_sheet) {
                continue;
            }
            let what = format!(
                "{} of the {} in {} are in {} too, by their keys or by all their columns",
                grouped(shared),
                counted(other.rows, "row"),
                other.file,
                one.file
            );
            if self.spec.year != 0 || are_sheets {
                return Err(same_twice(what, "its rows would count twice"));
            }
            told.push(Issue::new(IssueKind::SamePersons, &*other.file, what));
        }
        for (&(first, second), &(shared, apart)) in &self.shared {
            let [one, other] = [first, second].map(|file| &self.files[file as usize]);
            if !is_most(shared, one.persons, other.persons) {
                continue;
            }
            let (in_other, one, other) = (other.persons, &*one.file, &*other.file);
            if apart * 2 > shared {
                return Err(numbering::numbered_alike(one, other, shared, apart));
            }
            let what = format!(
                "{one} and {other} hold the same persons: {} of the {} in {other} are in {one}",
                grouped(shared),
                grouped(in_other)
            );
            if self.refuses {
                let why = "they are the same return in two forms, or two copies of it, and its rows would count twice";
                return Err(same_twice(what, why));
            }
            told.push(Issue::new(IssueKind::SamePersons, other, what));
        }
        Ok(told)
    }
}

/// Of each table the columns of keys that are of no other table, of no person and of no row around.
fn own_keys(spec: &Spec) -> Vec<BTreeSet<usize>> {
    let of_table = |table: &Table| {
        let is_elsewhere = |name: &str| {
            spec.tables.iter().any(|other| {
                other.name != table.name && other.columns.iter().any(|column| column.is_called(name))
            })
        };
        let is_own = |column: &spec::Column| {
            let is_of_others = [&table.record, &table.parent_column].contains(&&Some(column.name.clone()));
            column.kind == Kind::Key && !is_of_others && !is_elsewhere(&column.name)
        };
        let columns = table.columns.iter().enumerate();
        columns.filter(|(_, column)| is_own(column)).map(|(at, _)| at).collect()
    };
    spec.tables.iter().map(of_table).collect()
}

/// Whether so many are most of those of one of two files.
fn is_most(shared: u64, in_one: u64, in_other: u64) -> bool {
    shared >= FEWEST && shared * 2 > in_one.min(in_other)
}

fn same_twice(what: String, why: &'static str) -> Fault {
    Fault::new(
        FaultCode::SameFileTwice,
        what,
        "leave one of them out, or name each by itself; of two sheets, delete one or save it as a file of its own",
    )
    .because(why)
}

fn value(column: Option<&Column>, row: usize) -> Option<&str> {
    column?.get(row).map(str::trim)
}
