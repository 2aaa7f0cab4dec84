//! Workbooks whose sheets are tables of a return.
//!
//! Cells are taken as they were saved: a formula is never computed, a labelled code such as `a) WBRI` stays one, and
//! only numbers in columns of dates are read as the days that Excel means by them. Rows above the header are titles.

use super::csv_tables::{Headers, is_instruction};
use super::detect::Sheet;
use super::members::SheetSeen;
use super::origin::Origin;
use super::out::Out;
use super::spec::{Kind, Term};
use crate::noted::Noted;
use crate::read::column::TextColumn;
use crate::read::source::Source;
use crate::read::xlsx::{self, Book, Held, Row, Rows};
use crate::read::{footer, naming};
use calamine::{Reader, SheetType};
use plait_types::{Fault, Issue, IssueKind, PartialDate};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// How many rows of a sheet are looked at for a header.
const SEARCHED_ROWS: usize = 30;
/// Sheets of a workbook that are looked at.
const MOST_SHEETS: usize = 500;

/// The first rows of every sheet.
pub(super) fn look(source: &Source) -> Result<Vec<SheetSeen>, Fault> {
    let mut workbook = xlsx::open(source)?;
    let mut seen = Vec::new();
    for name in names(&workbook).into_iter().take(MOST_SHEETS) {
        let fail = |error| xlsx::fault(&source.file, &error);
        let mut sheet = Rows::of(&mut workbook, &name).map_err(fail)?;
        let mut rows = Vec::new();
        let mut row = Row::default();
        while rows.len() < SEARCHED_ROWS && sheet.next(&mut row).map_err(fail)? {
            let cells = row.cells.iter().map(|cell| row.text_of(cell).trim().to_owned());
            rows.push((row.number, cells.collect()));
        }
        seen.push(SheetSeen { name, rows });
    }
    Ok(seen)
}

/// What a sheet is called where people read it.
pub(super) fn shown(file: &str, sheet: &str) -> String {
    format!("{file} sheet \"{sheet}\"")
}

fn names(workbook: &Book) -> Vec<String> {
    let sheets = workbook.sheets_metadata().iter();
    sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet).map(|sheet| sheet.name.clone()).collect()
}

/// Gives the rows of the sheets that were recognised.
pub(super) fn read(
    origin: &Origin,
    file: &Arc<str>,
    sheets: &[Sheet],
    term: Option<Term>,
    limit: usize,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    let mut workbook = xlsx::open(&origin.source()?)?;
    for sheet in sheets {
        read_sheet(&mut workbook, file, sheet, term, limit, out)?;
    }
    Ok(())
}

/// The columns of a sheet while its rows are read.
struct Filling {
    /// Column of the sheet to place among ours.
    places: BTreeMap<u32, usize>,
    names: Vec<String>,
    columns: Vec<TextColumn>,
    lines: Vec<u64>,
    errors: BTreeMap<usize, Noted>,
    unsaved: BTreeMap<usize, Noted>,
    rounded: BTreeMap<usize, Noted>,
}

fn read_sheet(
    workbook: &mut Book,
    file: &Arc<str>,
    sheet: &Sheet,
    term: Option<Term>,
    limit: usize,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    let shown: Arc<str> = shown(file, &sheet.name).into();
    let fail = |error| xlsx::fault(file, &error);
    let is_1904 = workbook.has_1904_epoch();
    let mut rows = Rows::of(workbook, &sheet.name).map_err(fail)?;
    let mut row = Row::default();
    let mut titles = Vec::new();
    loop {
        if !rows.next(&mut row).map_err(fail)? {
            return Ok(());
        }
        if row.number >= sheet.header_row {
            break;
        }
        titles.push(row.number);
    }
    out.issues(naming::skipped(&shown, titles));
    let mut filling = Filling::below(&row);
    let mut headers = Headers::new(out.spec(), sheet.table, term, &filling.names);
    out.issues(headers.unknown(&shown));
    let mut held = Held::below(&row, headers.footers());
    let head = std::mem::take(&mut row);
    let mut headers_again = Noted::default();
    let spec = out.spec();
    let mut take = |row: &Row, out: &mut Out<'_>| {
        if filling.has_more_columns(row) {
            headers = Headers::new(spec, sheet.table, term, &filling.names);
        }
        filling.add(row, &headers, is_1904);
        if filling.lines.len() == limit { filling.give(&shown, &headers, limit, out) } else { Ok(()) }
    };
    let mut is_first = true;
    while rows.next(&mut row).map_err(fail)? {
        let cells: Vec<&str> = row.cells.iter().map(|cell| row.text_of(cell)).collect();
        if std::mem::take(&mut is_first) && is_instruction(&cells) {
            out.instruction(sheet.table, &shown, row.number);
            continue;
        }
        out.rows_in(1);
        if row.is_like(&head) {
            headers_again.add(row.number);
            continue;
        }
        if held.holds(&mut row) {
            continue;
        }
        for row in held.release().iter().chain([&row]) {
            take(row, out)?;
        }
    }
    let (rows_left, below) = held.finish();
    for row in &rows_left {
        take(row, out)?;
    }
    filling.give(&shown, &headers, limit, out)?;
    out.set_aside(sheet.table, below.count() + headers_again.count());
    out.issues(naming::headers_again(&shown, headers_again));
    out.issues(footer::issue(&shown, below));
    out.header(&shown, &headers);
    filling.issues(&shown, out);
    Ok(())
}

impl Filling {
    /// The columns that a header row names. A name that stands twice is numbered.
    fn below(header: &Row) -> Self {
        let mut names: Vec<String> = Vec::new();
        // of each name the number that its next repeat gets
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        let mut places = BTreeMap::new();
        for cell in &header.cells {
            let name = header.text_of(cell).split_whitespace().collect::<Vec<_>>().join(" ");
            let mut unique = name.clone();
            while let Some(number) = numbers.get_mut(&unique) {
                *number += 1;
                unique = format!("{name} ({number})");
            }
            numbers.insert(unique.clone(), 1);
            // a damaged sheet may list a cell twice
            if let Entry::Vacant(place) = places.entry(cell.column) {
                place.insert(names.len());
                names.push(unique);
            }
        }
        let mut columns = Vec::new();
        columns.resize_with(names.len(), TextColumn::default);
        Self {
            places,
            names,
            columns,
            lines: Vec::new(),
            errors: BTreeMap::new(),
            unsaved: BTreeMap::new(),
            rounded: BTreeMap::new(),
        }
    }

    /// Makes columns for cells under no header; they are called after their position.
    fn has_more_columns(&mut self, row: &Row) -> bool {
        let before = self.names.len();
        for cell in &row.cells {
            if !self.places.contains_key(&cell.column) {
                let mut name = format!("column_{}", cell.column + 1);
                while self.names.contains(&name) {
                    name.push('_');
                }
                self.places.insert(cell.column, self.names.len());
                self.names.push(name);
                self.columns.push(TextColumn::default());
            }
        }
        self.names.len() > before
    }

    fn add(&mut self, row: &Row, headers: &Headers<'_>, is_1904: bool) {
        let number = self.lines.len();
        for cell in &row.cells {
            let place = self.places[&cell.column];
            let column = &mut self.columns[place];
            if column.len() > number {
                continue;
            }
            column.pad(number);
            let text = row.text_of(cell);
            let is_date =
                cell.is_number && headers.column(place).is_some_and(|column| column.kind == Kind::Date);
            match is_date.then(|| day(text, is_1904)).flatten() {
                Some(day) => column.push(&day),
                None => column.push(text),
            }
            if cell.is_error {
                self.errors.entry(place).or_default().add(row.number);
            }
            if cell.is_rounded {
                self.rounded.entry(place).or_default().add(row.number);
            }
        }
        for column in &row.unsaved {
            if let Some(&place) = self.places.get(column) {
                self.unsaved.entry(place).or_default().add(row.number);
            }
        }
        self.lines.push(row.number);
    }

    /// Gives the rows so far.
    fn give(
        &mut self,
        file: &Arc<str>,
        headers: &Headers<'_>,
        limit: usize,
        out: &mut Out<'_>,
    ) -> Result<(), Fault> {
        let rows = self.lines.len();
        if rows == 0 {
            return Ok(());
        }
        let finish = |(column, name): (&mut TextColumn, &String)| {
            let mut column = std::mem::take(column);
            column.pad(rows);
            column.finish(name.clone())
        };
        let columns = self.columns.iter_mut().zip(&self.names).map(finish).collect();
        out.batch(headers.batch(file, columns, std::mem::take(&mut self.lines)), limit)
    }

    fn issues(self, file: &str, out: &mut Out<'_>) {
        let of = [
            (IssueKind::CellError, self.errors, "cells hold an error such as #N/A and were read as missing"),
            (
                IssueKind::FormulaWithoutValue,
                self.unsaved,
                "cells hold a formula whose result was not saved and were read as missing; open the workbook in Excel and save it",
            ),
            (
                IssueKind::ShortenedNumber,
                self.rounded,
                "cells hold numbers of more than 15 digits, which Excel has rounded; export the file again with this column as text",
            ),
        ];
        for (kind, columns, message) in of {
            for (place, rows) in columns {
                let message = match rows.count() {
                    1 => format!(
                        "1 {}",
                        message.replace("cells hold", "cell holds").replace("and were", "and was")
                    ),
                    n => format!("{n} {message}"),
                };
                out.issue(rows.issue(Issue::new(kind, file, message).in_column(&self.names[place])));
            }
        }
    }
}

/// The day that Excel means by a number, as `YYYY-MM-DD`; `None` for numbers that are no day of a living person.
fn day(number: &str, is_1904: bool) -> Option<String> {
    let serial: f64 = number.parse().ok()?;
    let serial = serial.trunc() as i32 + if is_1904 { 1462 } else { 0 };
    if !(3_653..=73_050).contains(&serial) {
        return None;
    }
    // the first day of 1970 is number 25,569
    PartialDate::from_day_number(serial - 25_569).map(PartialDate::iso)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_days_are_the_days_that_excel_shows() {
        assert_eq!(day("40179", false).as_deref(), Some("2010-01-01"));
        assert_eq!(day("43890.5", false).as_deref(), Some("2020-02-29"));
        assert_eq!(day("36526", false).as_deref(), Some("2000-01-01"));
        assert_eq!(day("38717", true).as_deref(), Some("2010-01-01"));
        assert_eq!((day("12", false), day("9434765919", false), day("x", false)), (None, None, None));
    }
}
