//! Whether two files of one return hold the same persons, as a return and its copy in another form do.

use super::numbering;
use crate::returns::batch::Batch;
use crate::returns::check::hash_of;
use crate::returns::dates::DateReader;
use crate::returns::detect::{Holds, Recognised};
use crate::returns::sheets;
use crate::returns::spec::{Meaning, Rows, Spec};
use plait_types::{Column, Fault, FaultCode, Issue, IssueKind, PartialDate, counted, grouped};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Fewer persons may be in two files by chance, such as pupils who changed school.
const FEWEST: u64 = 5;

/// One person may be in two sheets of one workbook, one of which has nobody else; where these are all of a sheet and more,
/// it is a copy.
const FEWEST_OF_SHEET: u64 = 2;

/// The persons of each file, by a hash of what says who they are: 24 bytes and the room of a hash table each; and the rows of
/// tables about them that several files have, by a hash of all that is in them.
pub(super) struct Copies {
    spec: Arc<Spec>,
    /// Whether files with the same persons are copies. Lists and extracts without a year may come month by month, and nested
    /// ones day by day, so that of these only a nested file beside a table is, and a sheet beside another of its workbook.
    refuses: bool,
    /// Tables about persons that several files have.
    repeated: BTreeSet<usize>,
    /// The first file that has a row.
    first_of_rows: HashMap<u64, u32>,
    /// How many rows of a later file are in an earlier one.
    shared_rows: BTreeMap<(u32, u32), u64>,
    files: Vec<Counted>,
    /// The first file that has a person, and the date of birth there.
    first: HashMap<u64, (u32, Option<PartialDate>)>,
    /// How many persons of a later file are in an earlier one, and of how many of them the dates of birth contradict.
    shared: BTreeMap<(u32, u32), (u64, u64)>,
}

/// A file, and how much of it was looked at.
struct Counted {
    file: Arc<str>,
    persons: u64,
    /// Of tables about persons that several files have.
    rows: u64,
}

impl Counted {
    /// Whether two are sheets of one workbook.
    fn is_beside(&self, other: &Self) -> bool {
        let [one, other] = [self, other].map(|counted| sheets::workbook_of(&counted.file));
        one.is_some() && one == other
    }
}

impl Copies {
    /// For returns of which two files could hold the same; `None` of others.
    pub(super) fn of(recognised: &Recognised) -> Option<Self> {
        let spec = &recognised.spec;
        let is_of_persons = |table: usize| spec.tables[table].rows == Rows::Person;
        let is_about_persons = |table: usize| spec.tables[table].rows == Rows::OfPerson;
        let mut n_about: BTreeMap<usize, usize> = BTreeMap::new();
        let (mut n_nested, mut has_sheets_alike) = (0, false);
        let mut n_flat: BTreeMap<usize, usize> = BTreeMap::new();
        for member in &recognised.members {
            let tables = match &member.holds {
                Holds::Xml | Holds::Json { .. } => {
                    n_nested += 1;
                    continue;
                }
                Holds::Text { table } | Holds::Binary { table } => vec![*table],
                Holds::Sheets(sheets) => sheets.iter().map(|sheet| sheet.table).collect(),
            };
            let mut of_member = BTreeSet::new();
            for &table in tables.iter().filter(|&&table| is_about_persons(table)) {
                *n_about.entry(table).or_default() += 1;
            }
            for table in tables.into_iter().filter(|&table| is_of_persons(table)) {
                *n_flat.entry(table).or_default() += 1;
                has_sheets_alike |= !of_member.insert(table);
            }
        }
        let most_flat = n_flat.values().copied().max().unwrap_or(0);
        let has_year = spec.year != 0;
        let refuses = n_nested > 0 && (most_flat > 0 || has_year && n_nested > 1)
            || recognised.year.is_some() && most_flat > 1
            || has_sheets_alike;
        let repeated: BTreeSet<usize> =
            n_about.into_iter().filter(|(_, n)| *n > 1).map(|(at, _)| at).collect();
        (refuses || most_flat > 1 || !repeated.is_empty()).then(|| Self {
            spec: Arc::clone(spec),
            refuses,
            repeated,
            first_of_rows: HashMap::new(),
            shared_rows: BTreeMap::new(),
            files: Vec::new(),
            first: HashMap::new(),
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
            let number =
                numbers.iter().enumerate().find_map(|(kind, column)| Some((kind, value(*column, row)?)));
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
            self.files[file].persons += 1;
            let (first, first_date) = *self.first.entry(hash).or_insert((file_at, date));
            if first != file_at {
                let (shared, apart) = self.shared.entry((first, file_at)).or_default();
                *shared += 1;
                *apart += u64::from(first_date.zip(date).is_some_and(|(one, other)| one.contradicts(other)));
            }
        }
    }

    fn file(&mut self, file: &Arc<str>) -> usize {
        let known = self.files.iter().rposition(|known| known.file == *file);
        known.unwrap_or_else(|| {
            self.files.push(Counted { file: Arc::clone(file), persons: 0, rows: 0 });
            self.files.len() - 1
        })
    }

    fn look_at_rows(&mut self, batch: &Batch) {
        let file = self.file(&batch.file);
        let columns: Vec<(usize, &Column)> = batch
            .columns
            .iter()
            .zip(&batch.rows.columns)
            .filter_map(|(at, column)| Some(((*at)?, column)))
            .collect();
        for row in 0..batch.rows.n_rows {
            let cells: Vec<(usize, Option<&str>)> =
                columns.iter().map(|&(at, column)| (at, value(Some(column), row))).collect();
            let first = *self.first_of_rows.entry(hash_of((batch.table, cells))).or_insert(file as u32);
            self.files[file].rows += 1;
            if first != file as u32 {
                *self.shared_rows.entry((first, file as u32)).or_default() += 1;
            }
        }
    }

    /// Refuses two files of which one has most of the rows, or most of the persons, of the other; gives those of lists that may
    /// be of several months.
    pub(super) fn refuse(&self) -> Result<Vec<Issue>, Fault> {
        let mut told = Vec::new();
        for (&(first, second), &shared) in &self.shared_rows {
            let [one, other] = [first, second].map(|file| &self.files[file as usize]);
            if !is_most(shared, (one.rows, other.rows), one.is_beside(other)) {
                continue;
            }
            let what = format!(
                "{} of the {} in {} are in {} too, the same in every column",
                grouped(shared),
                counted(other.rows, "row"),
                other.file,
                one.file
            );
            if self.spec.year != 0 {
                return Err(same_twice(what, "its rows would count twice"));
            }
            told.push(Issue::new(IssueKind::SamePersons, &*other.file, what));
        }
        for (&(first, second), &(shared, apart)) in &self.shared {
            let [one, other] = [first, second].map(|file| &self.files[file as usize]);
            if !is_most(shared, (one.persons, other.persons), one.is_beside(other)) {
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

/// Whether so many are most of those of one of two files, or all of one of two sheets of a workbook.
fn is_most(shared: u64, (in_one, in_other): (u64, u64), are_sheets: bool) -> bool {
    let fewer = in_one.min(in_other);
    shared >= FEWEST && shared * 2 > fewer || are_sheets && shared >= FEWEST_OF_SHEET && shared == fewer
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
