//! Whether two files of one return hold the same persons, as a return and its copy in another form do.

use super::numbering;
use crate::returns::batch::Batch;
use crate::returns::check::hash_of;
use crate::returns::dates::DateReader;
use crate::returns::detect::{Holds, Recognised};
use crate::returns::spec::{Meaning, Rows, Spec};
use plait_types::{Column, Fault, FaultCode, PartialDate, grouped};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Fewer persons may be in two files by chance, such as pupils who changed school.
const FEWEST: u64 = 5;

/// The persons of each file, by a hash of what says who they are: 24 bytes and the room of a hash table each.
pub(super) struct Copies {
    spec: Arc<Spec>,
    files: Vec<(Arc<str>, u64)>,
    /// The first file that has a person, and the date of birth there.
    first: HashMap<u64, (u32, Option<PartialDate>)>,
    /// How many persons of a later file are in an earlier one, and of how many of them the dates of birth contradict.
    shared: BTreeMap<(u32, u32), (u64, u64)>,
}

impl Copies {
    /// For returns of which two files could be copies; `None` of others. Lists and extracts without a year may come month by
    /// month, and nested ones day by day, so that of these only a nested file beside a table is suspicious, and a sheet beside
    /// another of its workbook.
    pub(super) fn of(recognised: &Recognised) -> Option<Self> {
        let spec = &recognised.spec;
        let is_of_persons = |table: usize| spec.tables[table].rows == Rows::Person;
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
            for table in tables.into_iter().filter(|&table| is_of_persons(table)) {
                *n_flat.entry(table).or_default() += 1;
                has_sheets_alike |= !of_member.insert(table);
            }
        }
        let most_flat = n_flat.values().copied().max().unwrap_or(0);
        let has_year = spec.year != 0;
        let may_be = n_nested > 0 && (most_flat > 0 || has_year && n_nested > 1)
            || recognised.year.is_some() && most_flat > 1
            || has_sheets_alike;
        may_be.then(|| Self {
            spec: Arc::clone(spec),
            files: Vec::new(),
            first: HashMap::new(),
            shared: BTreeMap::new(),
        })
    }

    /// Takes the rows of persons; those of other tables are left out.
    pub(super) fn look(&mut self, batch: &Batch) {
        let table = &self.spec.tables[batch.table];
        if table.rows != Rows::Person {
            return;
        }
        let known = self.files.iter().rposition(|(file, _)| *file == batch.file);
        let file = known.unwrap_or_else(|| {
            self.files.push((Arc::clone(&batch.file), 0));
            self.files.len() - 1
        });
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
            self.files[file].1 += 1;
            let (first, first_date) = *self.first.entry(hash).or_insert((file_at, date));
            if first != file_at {
                let (shared, apart) = self.shared.entry((first, file_at)).or_default();
                *shared += 1;
                *apart += u64::from(first_date.zip(date).is_some_and(|(one, other)| one.contradicts(other)));
            }
        }
    }

    /// Refuses two files of which one has most of the persons of the other.
    pub(super) fn refuse(&self) -> Result<(), Fault> {
        for (&(first, second), &(shared, apart)) in &self.shared {
            let [(one, in_one), (other, in_other)] = [first, second].map(|file| &self.files[file as usize]);
            if shared < FEWEST || shared * 2 <= *in_one.min(in_other) {
                continue;
            }
            if apart * 2 > shared {
                return Err(numbering::numbered_alike(one, other, shared, apart));
            }
            return Err(Fault::new(
                FaultCode::SameFileTwice,
                format!(
                    "{one} and {other} hold the same persons: {} of the {} in {other} are in {one}",
                    grouped(shared),
                    grouped(*in_other)
                ),
                "leave one of them out, or name each by itself; of two sheets, delete one or save it as a file of its own",
            )
            .because(
                "they are the same return in two forms, or two copies of it, and its rows would count twice",
            ));
        }
        Ok(())
    }
}

fn value(column: Option<&Column>, row: usize) -> Option<&str> {
    column?.get(row).map(str::trim)
}
