//! CSV out.

use super::part::write_file;
use super::{Cell, OutTable};
use csv::{Terminator, WriterBuilder};
use plait_types::Fault;
use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

/// Who is to open a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvStyle {
    /// Programs: UTF-8, line feeds.
    Plain,
    /// Excel by a double click: a byte order mark, without which it takes UTF-8 for Windows-1252, and Windows
    /// line ends.
    Excel,
}

/// Text that no spreadsheet takes for a formula: an apostrophe goes before what begins like one.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

/// Writes a table as CSV with commas; quotes only where needed; missing cells empty.
///
/// Text is written as it is. A spreadsheet that opens the file takes text that starts with `=` for a formula;
/// give such text to people as xlsx, where it stays text, or as [`harmless`] makes it.
pub fn write_csv(path: &Path, table: &OutTable<'_>, style: CsvStyle) -> Result<(), Fault> {
    write_file(path, |file| {
        if style == CsvStyle::Excel {
            file.write_all("\u{feff}".as_bytes())?;
        }
        let terminator = if style == CsvStyle::Excel { Terminator::CRLF } else { Terminator::Any(b'\n') };
        let mut writer = WriterBuilder::new().terminator(terminator).from_writer(file);
        writer.write_record(table.columns.iter().map(|column| &column.name))?;
        let mut text = String::new();
        for row in 0..table.n_rows() {
            for column in &table.columns {
                text.clear();
                match column.values.cell(row) {
                    Cell::Missing => writer.write_field("")?,
                    Cell::Text(value) => writer.write_field(value)?,
                    Cell::Number(number) => writer.write_field(display(&mut text, number))?,
                    Cell::Whole(number) => writer.write_field(display(&mut text, number))?,
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.flush()
    })
}

fn display(text: &mut String, number: impl std::fmt::Display) -> &str {
    use std::fmt::Write;
    write!(text, "{number}").expect("text takes any number");
    text
}
