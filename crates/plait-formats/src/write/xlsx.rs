//! Excel workbooks out.

use super::part::write_file;
use super::{Cell, OutTable};
use plait_types::{Fault, FaultCode, PartialDate};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::io;
use std::path::Path;

/// Rows that a sheet holds below its header.
pub const MAX_SHEET_ROWS: usize = 1_048_575;

/// Beyond this many rows a sheet is written row by row to a temporary file instead of being held in memory.
const HELD_ROWS: usize = 20_000;

/// Rows that decide how wide columns are.
const SAMPLED_ROWS: usize = 500;

/// Column widths in characters of the standard font.
const NARROWEST: usize = 8;
const WIDEST: usize = 50;

/// One sheet of a workbook.
#[derive(Clone, Debug)]
pub struct OutSheet<'a> {
    /// On the tab: at most 31 characters, none of `[ ] : * ? / \`.
    pub name: String,
    /// What is on it.
    pub table: OutTable<'a>,
    /// What text is written as, by column; as text where this ends.
    pub kinds: Vec<CellKind>,
}

/// What the text of a column is written as. What is not of that kind stays text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Text.
    Text,
    /// `YYYY-MM-DD`, 1910 to 2099, as the day that it is, shown as `DD/MM/YYYY`.
    Day,
    /// Digits, with a fraction or without, as the number.
    Number,
}

/// Writes a workbook: bold headers that stay in view, filters, columns as wide as their content.
///
/// Text is text even where it starts with `=`, `+`, `-` or `@`. Refuses a sheet of more than
/// [`MAX_SHEET_ROWS`] rows.
pub fn write_xlsx(path: &Path, sheets: &[OutSheet<'_>]) -> Result<(), Fault> {
    for sheet in sheets {
        let rows = sheet.table.n_rows();
        if rows > MAX_SHEET_ROWS {
            let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            return Err(Fault::new(
                FaultCode::CannotWrite,
                format!("cannot write {file}: sheet \"{}\" would have {rows} rows", sheet.name),
                "use the Parquet file, or write CSV",
            )
            .because(format!("a sheet of Excel holds {MAX_SHEET_ROWS} rows below its header")));
        }
    }
    write_file(path, |file| {
        let mut workbook = Workbook::new();
        fill(&mut workbook, path, sheets)
            .and_then(|()| workbook.save_to_writer(file))
            .map_err(io::Error::other)
    })
}

fn fill(workbook: &mut Workbook, path: &Path, sheets: &[OutSheet<'_>]) -> Result<(), XlsxError> {
    // the library would note the time of writing, and the same table would not give the same bytes
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    // temporary files hold the same people as the workbook, so they belong into its folder
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        workbook.set_tempdir(folder)?;
    }
    let bold = Format::new().set_bold();
    for sheet in sheets {
        let table = &sheet.table;
        let worksheet = if table.n_rows() > HELD_ROWS {
            workbook.add_worksheet_with_constant_memory()?
        } else {
            workbook.add_worksheet()
        };
        worksheet.set_name(&sheet.name)?;
        worksheet.set_freeze_panes(1, 0)?;
        if !table.columns.is_empty() {
            worksheet.autofilter(0, 0, table.n_rows() as u32, (table.columns.len() - 1) as u16)?;
        }
        for (at, column) in table.columns.iter().enumerate() {
            worksheet.set_column_width(at as u16, width(table, at) as f64)?;
            worksheet.write_string_with_format(0, at as u16, &column.name, &bold)?;
        }
        rows(worksheet, table, &sheet.kinds)?;
    }
    Ok(())
}

/// `2014-03-21` as a workbook keeps it. Days outside the years of living people are left as they are written, since readers
/// would take them for numbers.
fn day(text: &str) -> Option<ExcelDateTime> {
    let date = PartialDate::from_iso(text).filter(|date| (1910..2100).contains(&date.year))?;
    ExcelDateTime::from_ymd(date.year, date.month?, date.day?).ok()
}

/// The number that digits are; leading zeros and more digits than a workbook keeps make it a code.
fn number(text: &str) -> Option<f64> {
    let is_code = text.len() > 15 || (text.len() > 1 && text.starts_with('0') && !text.starts_with("0."));
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_plain && !is_code { text.parse().ok() } else { None }
}

fn rows(worksheet: &mut Worksheet, table: &OutTable<'_>, kinds: &[CellKind]) -> Result<(), XlsxError> {
    let as_day = Format::new().set_num_format("dd/mm/yyyy");
    for row in 0..table.n_rows() {
        for (at, column) in table.columns.iter().enumerate() {
            let kind = kinds.get(at).copied().unwrap_or(CellKind::Text);
            let (line, at) = (row as u32 + 1, at as u16);
            match column.values.cell(row) {
                Cell::Missing => {}
                Cell::Text(text)
                    if kind == CellKind::Day
                        && let Some(day) = day(text) =>
                {
                    worksheet.write_datetime_with_format(line, at, day, &as_day)?;
                }
                Cell::Text(text)
                    if kind == CellKind::Number
                        && let Some(number) = number(text) =>
                {
                    worksheet.write_number(line, at, number)?;
                }
                Cell::Text(text) => {
                    worksheet.write_string(line, at, text)?;
                }
                Cell::Number(number) => {
                    worksheet.write_number(line, at, number)?;
                }
                Cell::Whole(number) => {
                    worksheet.write_number(line, at, number as f64)?;
                }
            }
        }
    }
    Ok(())
}

/// The width of a column by its header (with room for the filter button) and its first rows.
fn width(table: &OutTable<'_>, at: usize) -> usize {
    let column = &table.columns[at];
    let cells = (0..table.n_rows().min(SAMPLED_ROWS)).map(|row| match column.values.cell(row) {
        Cell::Missing => 0,
        Cell::Text(text) => text.chars().count(),
        Cell::Number(_) => 10,
        Cell::Whole(number) => number.to_string().len(),
    });
    let header = column.name.chars().count() + 3;
    (cells.max().unwrap_or(0) + 1).max(header).clamp(NARROWEST, WIDEST)
}
