//! Excel workbooks.
//!
//! Cells are taken one by one as the sheet lists them, never as a rectangle: a sheet with one stray cell in
//! its far corner is a rectangle of 17 billion. A column exists where the header or a row has a cell in it.

use super::arrow::time;
use super::column::{TextColumn, is_blank, lost_characters, shortened_numbers};
use super::footer::{self, Ending, Footers};
use super::naming::{self, SEARCHED_ROWS};
use super::source::{ReadSeek, Source};
use super::{FileFormat, Read, ReadOptions, RowLines, damaged, empty};
use crate::noted::Noted;
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use plait_types::{Fault, FaultCode, Issue, IssueKind, Table, grouped, nearest};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(crate) mod parts;

/// Cells that a table may have, rows times columns: each takes four bytes, also where it is empty.
const MOST_CELLS: usize = 100_000_000;

/// Rows that are read for the names of the columns alone.
const HEADER_ROWS: usize = 1000;

/// Reads all rows of a sheet.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Read, Fault> {
    let file = &source.file;
    let (sheet, other_sheets, parts) = sheet(source, options, usize::MAX)?;
    let Parts { names, columns, rows, n_footer_rows, mut issues, lines, headers_again } = parts;
    let rows_in = rows + n_footer_rows + headers_again.count() as usize;
    issues.extend(naming::headers_again(file, headers_again));
    let wanted = naming::wanted(file, &names, options)?;
    if !other_sheets.is_empty() && options.sheet.is_none() {
        let list = other_sheets.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let message = format!("sheet \"{sheet}\" was read; there is also {list} (choose with --sheet)");
        issues.push(Issue::new(IssueKind::OtherSheets, file, message).counting(other_sheets.len()));
    }
    let mut table = Table { name: String::new(), columns: Vec::new(), n_rows: rows };
    for ((name, wanted), mut building) in names.into_iter().zip(wanted).zip(columns) {
        if !wanted {
            continue;
        }
        building.column.pad(rows);
        let column = building.column.finish(name);
        let cells = match building.errors.count() {
            0 => None,
            1 => Some("one cell holds an error such as #N/A and was".to_owned()),
            n => Some(format!("{n} cells hold an error such as #N/A and were")),
        };
        if let Some(cells) = cells {
            let message = format!("{cells} read as missing");
            let issue = Issue::new(IssueKind::CellError, file, message).in_column(&column.name);
            issues.push(building.errors.issue(issue));
        }
        let cells = match building.unsaved.count() {
            0 => None,
            1 => Some("one cell holds a formula whose result was not saved and was".to_owned()),
            n => Some(format!("{} cells hold a formula whose result was not saved and were", grouped(n))),
        };
        if let Some(cells) = cells {
            let message =
                format!("{cells} read as missing: open the workbook in Excel, save it, and read it again");
            let issue = Issue::new(IssueKind::FormulaWithoutValue, file, message).in_column(&column.name);
            issues.push(building.unsaved.issue(issue));
        }
        if building.rounded > 0 {
            let message = "holds numbers of more than 15 digits, which Excel has rounded; export the file again with this column as text";
            issues.push(
                Issue::new(IssueKind::ShortenedNumber, file, message)
                    .in_column(&column.name)
                    .counting(building.rounded),
            );
        }
        issues.extend(shortened_numbers(file, &column));
        issues.extend(lost_characters(file, &column, &lines));
        table.columns.push(column);
    }
    Ok(Read { table, format: FileFormat::Xlsx { sheet, other_sheets }, issues, rows_in, lines })
}

/// Reads the names of the columns.
pub(super) fn header(source: &Source, options: &ReadOptions) -> Result<Vec<String>, Fault> {
    Ok(sheet(source, options, HEADER_ROWS)?.2.names)
}

/// A workbook whose cells are not read yet.
pub(crate) type Book = Xlsx<Box<dyn ReadSeek>>;

/// Opens a workbook; `E065` where it would fill the memory.
pub(crate) fn open(source: &Source) -> Result<Book, Fault> {
    parts::refuse_harmful(source)?;
    Xlsx::new(source.reader()?).map_err(|error| fault(&source.file, &error))
}

/// A sheet's table before its columns are picked.
struct Parts {
    names: Vec<String>,
    columns: Vec<Building>,
    rows: usize,
    n_footer_rows: usize,
    issues: Vec<Issue>,
    lines: RowLines,
    /// Rows that hold the names of the columns once more.
    headers_again: Noted,
}

#[derive(Default)]
struct Building {
    header: String,
    column: TextColumn,
    /// Rows of the sheet whose cell is an error.
    errors: Noted,
    /// Rows of the sheet whose cell is a formula without a result.
    unsaved: Noted,
    /// Numbers with more digits than Excel keeps.
    rounded: usize,
}

/// The sheet that was asked for, or the first that holds a table of several columns, or the first that holds
/// one at all; visible sheets come first. Also the names of the others.
fn sheet(
    source: &Source,
    options: &ReadOptions,
    limit: usize,
) -> Result<(String, Vec<String>, Parts), Fault> {
    let file = &source.file;
    let mut workbook = open(source)?;
    let mut sheets: Vec<_> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .cloned()
        .collect();
    let in_order: Vec<String> = sheets.iter().map(|sheet| sheet.name.clone()).collect();
    let others = |name: &str| in_order.iter().filter(|other| *other != name).cloned().collect();
    if let Some(asked) = &options.sheet {
        let Some(name) = in_order.iter().find(|name| name.to_lowercase() == asked.to_lowercase()) else {
            return Err(unknown_sheet(file, asked, &in_order));
        };
        return match parts(&mut workbook, file, name, limit)? {
            Some(parts) => Ok((name.clone(), others(name), parts)),
            None => Err(empty(file, &format!("has no rows on sheet \"{name}\""))),
        };
    }
    sheets.sort_by_key(|sheet| sheet.visible != SheetVisible::Visible);
    let mut narrow = None;
    for sheet in sheets {
        if let Some(parts) = parts(&mut workbook, file, &sheet.name, limit)? {
            if parts.names.len() > 1 {
                return Ok((sheet.name.clone(), others(&sheet.name), parts));
            }
            narrow.get_or_insert((sheet.name, parts));
        }
    }
    match narrow {
        Some((name, parts)) => Ok((name.clone(), others(&name), parts)),
        None => Err(empty(file, "has no sheet with a header and rows")),
    }
}

/// The table on one sheet; `None` where it has no header or no rows.
fn parts(workbook: &mut Book, file: &str, sheet: &str, limit: usize) -> Result<Option<Parts>, Fault> {
    let fail = |error: XlsxError| fault(file, &error);
    let mut rows = Rows::of(workbook, sheet).map_err(fail)?;
    let mut first: Vec<Row> = Vec::new();
    while first.len() < SEARCHED_ROWS {
        let mut row = Row::default();
        if !rows.next(&mut row).map_err(fail)? {
            break;
        }
        first.push(row);
    }
    let filled: Vec<usize> = first.iter().map(|row| row.cells.len()).collect();
    let header = naming::row(&filled, filled.iter().copied().max().unwrap_or(0));
    let texts = |at: usize| -> Vec<String> {
        let cells = |row: &Row| row.cells.iter().map(|cell| row.text_of(cell).to_owned()).collect();
        first.get(at).map_or_else(Vec::new, cells)
    };
    let header = header + usize::from(naming::is_group_row(&texts(header), &texts(header + 1)));
    let mut issues = Vec::new();
    let titles = first.iter().take(header).map(|row| row.number).collect();
    issues.extend(naming::skipped(file, titles));
    let mut below = first.into_iter().skip(header);
    let Some(head) = below.next() else { return Ok(None) };
    let mut columns: BTreeMap<u32, Building> = BTreeMap::new();
    for cell in &head.cells {
        columns
            .insert(cell.column, Building { header: head.text_of(cell).to_owned(), ..Building::default() });
    }
    let mut n_rows = 0;
    let mut lines = RowLines::default();
    let mut headers_again = Noted::default();
    let headers: Vec<&str> = head.cells.iter().map(|cell| head.text_of(cell)).collect();
    let mut held = Held::below(&head, Footers::of_headers(&headers));
    let mut take = |row: &Row| {
        row.add_to(&mut columns, n_rows);
        lines.push(row.number);
        n_rows += 1;
    };
    let mut n_seen = 0;
    for mut row in below {
        n_seen += 1;
        if row.is_like(&head) {
            headers_again.add(row.number);
            continue;
        }
        if !held.holds(&mut row) {
            held.release().iter().for_each(&mut take);
            take(&row);
        }
    }
    let mut row = Row::default();
    while n_seen < limit && rows.next(&mut row).map_err(fail)? {
        n_seen += 1;
        if row.is_like(&head) {
            headers_again.add(row.number);
            continue;
        }
        if n_seen.saturating_mul(head.cells.len()) > MOST_CELLS {
            return Err(parts::bomb(file, "a sheet of it is a table of more than 100 million cells"));
        }
        if !held.holds(&mut row) {
            held.release().iter().for_each(&mut take);
            take(&row);
        }
    }
    let (rows_left, footer_rows) = held.finish();
    rows_left.iter().for_each(&mut take);
    let n_footer_rows = footer_rows.count() as usize;
    issues.extend(footer::issue(file, footer_rows));
    if n_rows == 0 {
        return Ok(None);
    }
    let names = naming::names(file, columns.values().map(|building| &building.header), &mut issues)?;
    Ok(Some(Parts {
        names,
        columns: columns.into_values().collect(),
        rows: n_rows,
        n_footer_rows,
        issues,
        lines,
        headers_again,
    }))
}

/// Rows that may be below the table of a sheet, until a row of the table follows them.
pub(crate) struct Held {
    ending: Ending,
    /// Columns of the sheet as those of the header.
    places: BTreeMap<u32, usize>,
    rows: Vec<Row>,
}

impl Held {
    pub(crate) fn below(header: &Row, footers: Footers) -> Self {
        let places = header.cells.iter().enumerate().map(|(at, cell)| (cell.column, at)).collect();
        Self { ending: Ending::new(footers), places, rows: Vec::new() }
    }

    /// Whether a row may be below the table; then it is kept here.
    pub(crate) fn holds(&mut self, row: &mut Row) -> bool {
        let place = |column| self.places.get(&column).copied().unwrap_or(usize::MAX);
        let cells: Vec<(usize, &str)> =
            row.cells.iter().map(|cell| (place(cell.column), row.text_of(cell))).collect();
        self.ending.see(&cells);
        if self.ending.held() > 0 {
            self.rows.push(std::mem::take(row));
        }
        self.ending.held() > 0
    }

    /// The rows that were kept, since another of the table follows.
    pub(crate) fn release(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }

    /// When nothing follows: the rows that are of the table all the same, and those below it.
    pub(crate) fn finish(mut self) -> (Vec<Row>, Noted) {
        let mut rows = self.rows;
        let mut below = Noted::default();
        rows.split_off(rows.len() - self.ending.finish()).iter().for_each(|row| below.add(row.number));
        (rows, below)
    }
}

/// The cells of one row that are not empty, as text.
#[derive(Default)]
pub(crate) struct Row {
    /// As Excel numbers it, from 1.
    pub(crate) number: u64,
    text: String,
    pub(crate) cells: Vec<RowCell>,
    /// Columns of cells that hold a formula and no result.
    pub(crate) unsaved: Vec<u32>,
}

pub(crate) struct RowCell {
    pub(crate) column: u32,
    end: usize,
    start: usize,
    pub(crate) is_error: bool,
    pub(crate) is_rounded: bool,
    /// Whether it is a number without the format of a date.
    pub(crate) is_number: bool,
}

impl Row {
    pub(crate) fn text_of(&self, cell: &RowCell) -> &str {
        &self.text[cell.start..cell.end]
    }

    /// Whether it has the same cells as another, two at least.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let same = |(cell, other_cell): (&RowCell, &RowCell)| {
            cell.column == other_cell.column && self.text_of(cell).trim() == other.text_of(other_cell).trim()
        };
        self.cells.len() == other.cells.len()
            && self.cells.len() >= 2
            && self.cells.iter().zip(&other.cells).all(same)
    }

    fn add_to(&self, columns: &mut BTreeMap<u32, Building>, rows_before: usize) {
        for cell in &self.cells {
            let building = columns.entry(cell.column).or_default();
            // a damaged sheet may list a cell twice; the first counts
            if building.column.len() > rows_before {
                continue;
            }
            building.column.pad(rows_before);
            building.column.push(self.text_of(cell));
            building.rounded += usize::from(cell.is_rounded);
            if cell.is_error {
                building.errors.add(self.number);
            }
        }
        for column in &self.unsaved {
            if let Some(building) = columns.get_mut(column) {
                building.unsaved.add(self.number);
            }
        }
    }
}

/// The rows of a sheet that have a cell with a value.
pub(crate) struct Rows<'a> {
    cells: XlsxCellReader<'a, Box<dyn ReadSeek>>,
    /// The first cell of the next row.
    ahead: Option<((u32, u32), DataRef<'a>)>,
    /// The library must not be asked for a cell behind the last.
    ended: bool,
    /// Columns of formulas without a result that stand before the first value of the next row.
    unsaved_ahead: Vec<u32>,
}

impl<'a> Rows<'a> {
    /// Stands before the first row of a sheet.
    pub(crate) fn of(workbook: &'a mut Book, sheet: &str) -> Result<Self, XlsxError> {
        let cells = workbook.worksheet_cells_reader(sheet)?;
        Ok(Self { cells, ahead: None, ended: false, unsaved_ahead: Vec::new() })
    }

    /// Reads the next row; false when there is none.
    pub(crate) fn next(&mut self, row: &mut Row) -> Result<bool, XlsxError> {
        row.text.clear();
        row.cells.clear();
        row.unsaved.clear();
        row.unsaved.append(&mut self.unsaved_ahead);
        let mut current = None;
        loop {
            let (position, value) = match self.ahead.take() {
                Some(ahead) => ahead,
                None if self.ended => return Ok(!row.cells.is_empty()),
                None => {
                    let Some(cell) = self.cells.next_cell_with_formula_metadata()? else {
                        self.ended = true;
                        continue;
                    };
                    let (row_of, column_of) = (u64::from(cell.pos.0), u64::from(cell.pos.1));
                    if row_of >= parts::MOST_ROWS || column_of >= parts::MOST_COLUMNS {
                        return Err(XlsxError::Unexpected("a cell outside the sheet"));
                    }
                    if cell.formula.is_some() && matches!(cell.value, DataRef::Empty) {
                        // before any value it may be of a row without one
                        let is_of_this = current.is_none_or(|current| current == cell.pos.0);
                        let unsaved = if is_of_this { &mut row.unsaved } else { &mut self.unsaved_ahead };
                        unsaved.push(cell.pos.1);
                        continue;
                    }
                    (cell.pos, cell.value)
                }
            };
            if current.is_some_and(|current| current != position.0) {
                self.ahead = Some((position, value));
                return Ok(true);
            }
            let start = row.text.len();
            render(&value, &mut row.text);
            let is_error = matches!(value, DataRef::Error(_));
            if is_error || !is_blank(&row.text[start..]) {
                current = Some(position.0);
                row.number = u64::from(position.0) + 1;
                let is_rounded =
                    matches!(value, DataRef::Float(number) if number.abs() >= 1e15 && number.fract() == 0.0);
                let is_number = matches!(value, DataRef::Float(_) | DataRef::Int(_));
                row.cells.push(RowCell {
                    column: position.1,
                    is_number,
                    start,
                    end: row.text.len(),
                    is_error,
                    is_rounded,
                });
            } else {
                row.text.truncate(start);
            }
        }
    }
}

fn render(value: &DataRef<'_>, text: &mut String) {
    match value {
        DataRef::Int(number) => write!(text, "{number}").expect("text takes any number"),
        DataRef::Float(number) if number.is_finite() => {
            write!(text, "{}", number + 0.0).expect("text takes any number");
        }
        DataRef::String(string) => text.push_str(string),
        DataRef::SharedString(string) => text.push_str(string),
        DataRef::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        DataRef::DateTime(moment) => render_date(*moment, text),
        DataRef::DateTimeIso(iso) => {
            text.push_str(&iso.strip_suffix("T00:00:00").unwrap_or(iso).replace('T', " "));
        }
        DataRef::DurationIso(iso) => text.push_str(iso),
        DataRef::Float(_) | DataRef::Error(_) | DataRef::Empty => {}
    }
}

/// A date, with the time unless midnight; a time alone where the cell has no date.
fn render_date(moment: ExcelDateTime, text: &mut String) {
    let serial = moment.as_f64();
    if !serial.is_finite() {
        return;
    }
    if moment.is_duration() || (0.0..1.0).contains(&serial) {
        time((serial * 86_400.0).round() as i64, 1, text);
        return;
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    write!(text, "{year:04}-{month:02}-{day:02}").expect("text takes any number");
    if (hour, minute, second) != (0, 0, 0) {
        write!(text, " {hour:02}:{minute:02}:{second:02}").expect("text takes any number");
    }
}

fn unknown_sheet(file: &str, asked: &str, sheets: &[String]) -> Fault {
    let todo = match nearest(asked, sheets.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "use one of the sheets that it has".to_owned(),
    };
    Fault::new(FaultCode::BadOption, format!("{file} has no sheet \"{asked}\""), todo)
        .because(format!("it has: {}", sheets.join(", ")))
}

/// The library's own words are left out: they may quote a cell.
pub(crate) fn fault(file: &str, error: &XlsxError) -> Fault {
    match error {
        XlsxError::Password => Fault::new(
            FaultCode::PasswordProtected,
            format!("{file} is protected with a password"),
            "open it in Excel, clear the password and save a copy",
        ),
        XlsxError::Zip(_) | XlsxError::Io(_) => damaged(file, "a part of the workbook cannot be unpacked"),
        XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound | XlsxError::WorksheetNotFound(_) => {
            damaged(file, "a part of the workbook is missing")
        }
        _ => damaged(file, "a part of the workbook is not as Excel writes it"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_bytes;
    use super::*;
    use rust_xlsxwriter::{Format, Workbook, Worksheet};

    type Fill = fn(&mut Worksheet) -> Result<(), rust_xlsxwriter::XlsxError>;

    fn book(sheets: &[Fill]) -> Vec<u8> {
        let mut workbook = Workbook::new();
        for fill in sheets {
            fill(workbook.add_worksheet()).unwrap();
        }
        workbook.save_to_buffer().unwrap()
    }

    fn messy(sheet: &mut Worksheet) -> Result<(), rust_xlsxwriter::XlsxError> {
        let date = Format::new().set_num_format("dd/mm/yyyy");
        let moment = Format::new().set_num_format("dd/mm/yyyy hh:mm");
        sheet.write(0, 1, "Children looked after, Spring")?;
        sheet.write(1, 1, "Run on")?.write_with_format(1, 2, 45_000, &date)?;
        sheet.write(3, 1, " surname ")?.write(3, 2, "dob")?.write(3, 3, "number")?.write(3, 5, "seen")?;
        sheet.write(4, 1, "O'Brien")?.write_with_format(4, 2, 40_179, &date)?.write(
            4,
            3,
            9_434_765_910_f64,
        )?;
        sheet.write(4, 4, "side")?.write_with_format(4, 5, 45_000.5, &moment)?;
        sheet.write(6, 1, "Khan")?.write(6, 2, "13/01/2010")?.write(6, 3, 1.5)?.write(6, 5, " ")?;
        sheet.write_formula(7, 3, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!"))?;
        sheet.write(7, 1, true)?;
        Ok(())
    }

    fn cover(sheet: &mut Worksheet) -> Result<(), rust_xlsxwriter::XlsxError> {
        sheet.set_name("Cover")?;
        sheet.write(0, 0, "Read me")?;
        sheet.write(1, 0, "Nothing here is a table")?;
        Ok(())
    }

    fn shown(read: &Read) -> Vec<Vec<&str>> {
        let names = read.table.columns.iter().map(|column| column.name.as_str()).collect();
        let cells = |row| read.table.columns.iter().map(|column| column.get(row).unwrap_or(".")).collect();
        [names].into_iter().chain((0..read.table.n_rows).map(cells)).collect()
    }

    #[test]
    fn a_messy_sheet_is_read_as_the_table_that_is_in_it() {
        let read = read_bytes(book(&[cover, messy]), "t.xlsx", &ReadOptions::default()).unwrap();
        assert_eq!(
            shown(&read),
            [
                ["surname", "dob", "number", "column_4", "seen"],
                ["O'Brien", "2010-01-01", "9434765910", "side", "2023-03-15 12:00:00"],
                ["Khan", "13/01/2010", "1.5", ".", "."],
                ["true", ".", ".", ".", "."],
            ]
        );
        let issues: Vec<_> = read.issues.iter().map(|issue| (issue.kind, issue.lines.clone())).collect();
        assert_eq!(
            issues,
            [
                (IssueKind::TitleLines, vec![1, 2]),
                (IssueKind::UnnamedColumn, vec![]),
                (IssueKind::OtherSheets, vec![]),
                (IssueKind::CellError, vec![8]),
            ]
        );
        assert_eq!(
            read.format,
            FileFormat::Xlsx { sheet: "Sheet2".to_owned(), other_sheets: vec!["Cover".to_owned()] }
        );
    }

    #[test]
    fn a_header_that_comes_again_is_no_row() {
        let read = read_bytes(
            book(&[|sheet| {
                for row in [0, 2] {
                    sheet.write(row, 0, "Surname")?.write(row, 1, "Forename")?;
                }
                sheet.write(1, 0, "Quill")?.write(1, 1, "Zora")?.write(3, 0, "Vane")?.write(3, 1, "Ann")?;
                Ok(())
            }]),
            "t.xlsx",
            &ReadOptions::default(),
        )
        .unwrap();
        assert_eq!(shown(&read), [["Surname", "Forename"], ["Quill", "Zora"], ["Vane", "Ann"]]);
        assert_eq!(
            (read.rows_in, read.issues[0].kind, read.issues[0].lines.clone()),
            (3, IssueKind::HeaderAgain, vec![3])
        );
    }

    #[test]
    fn rows_below_a_sheet_are_set_aside_unless_they_are_all_it_has() {
        let fill = |sheet: &mut Worksheet, rows: &[&str]| {
            sheet.write(0, 0, "full_name").unwrap().write(0, 1, "class").unwrap().write(0, 2, "dob").unwrap();
            for (at, row) in (1..).zip(rows) {
                sheet.write(at, 0, *row).unwrap();
            }
        };
        for (rows, expected) in [
            (["Zora Quill", "Elizabeth Browning", "Total: 2"], (2, 1)),
            (["Total: 1", "Total: 2", "Total: 3"], (3, 0)),
        ] {
            let mut workbook = Workbook::new();
            fill(workbook.add_worksheet(), &rows);
            let read =
                read_bytes(workbook.save_to_buffer().unwrap(), "t.xlsx", &ReadOptions::default()).unwrap();
            assert_eq!((read.table.n_rows, read.rows_in - read.table.n_rows), expected, "{rows:?}");
        }
    }

    #[test]
    fn a_sheet_is_chosen_by_name_and_a_misspelt_one_is_answered() {
        let sheet = |name: &str| ReadOptions { sheet: Some(name.to_owned()), ..ReadOptions::default() };
        let read = read_bytes(book(&[cover, messy]), "t.xlsx", &sheet("cover")).unwrap();
        assert_eq!(shown(&read), [["Read me"], ["Nothing here is a table"]]);
        let fault = read_bytes(book(&[cover, messy]), "t.xlsx", &sheet("Covre")).unwrap_err();
        assert_eq!((fault.code, fault.todo.as_str()), (FaultCode::BadOption, "did you mean \"Cover\"?"));
    }

    #[test]
    fn numbers_that_excel_rounded_or_shortened_are_counted() {
        let bytes = book(&[|sheet| {
            sheet.write(0, 0, "uln")?.write(0, 1, "upn")?;
            sheet.write(1, 0, 1_234_567_890_123_456_700_f64)?.write(1, 1, "3.02208E+11")?;
            sheet.write(2, 0, 1_234_567_890_f64)?.write(2, 1, "A302208123456")?;
            Ok(())
        }]);
        let read = read_bytes(bytes, "t.xlsx", &ReadOptions::default()).unwrap();
        let issues: Vec<_> =
            read.issues.iter().map(|issue| (issue.kind, issue.column.as_deref(), issue.count)).collect();
        assert_eq!(
            issues,
            [(IssueKind::ShortenedNumber, Some("uln"), 1), (IssueKind::ShortenedNumber, Some("upn"), 1)]
        );
        assert_eq!(read.table.columns[0].get(1), Some("1234567890"));
    }

    #[test]
    fn a_workbook_without_a_table_is_empty() {
        let fault = read_bytes(book(&[|_| Ok(())]), "t.xlsx", &ReadOptions::default()).unwrap_err();
        assert_eq!(fault.what, "t.xlsx has no sheet with a header and rows");
        let fault = read_bytes(
            book(&[|sheet| sheet.write(0, 0, "a").map(|_| ())]),
            "t.xlsx",
            &ReadOptions::default(),
        )
        .unwrap_err();
        assert_eq!(fault.code, FaultCode::FileEmpty);
    }

    #[test]
    fn a_stray_cell_in_the_far_corner_costs_a_column_not_the_memory() {
        let bytes = book(&[|sheet| {
            sheet.write(0, 0, "a")?.write(0, 1, "b")?.write(1, 0, 1)?.write(1, 1, 2)?;
            sheet.write(1_048_575, 16_383, "x")?;
            Ok(())
        }]);
        let read = read_bytes(bytes, "t.xlsx", &ReadOptions::default()).unwrap();
        assert_eq!(shown(&read), [["a", "b", "column_3"], ["1", "2", "."], [".", ".", "x"]]);
    }
}
