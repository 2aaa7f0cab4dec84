//! Files in: what kind a file is, and its rows as a [`Table`] with what was wrong with them.
//!
//! The kind is decided by content; a name that says otherwise gives an issue. Every row of the file is either
//! in the table or counted in an issue; a line or sheet row without any value is no row.
//! Third-party parsers that meet a damaged file may panic; [`guarded`] turns that into a fault.

mod arrow;
mod batches;
pub(crate) mod column;
pub(crate) mod csv;
pub(crate) mod footer;
mod ipc;
pub(crate) mod kind;
mod lines;
pub(crate) mod naming;
mod pages;
mod parquet;
pub(crate) mod source;
pub(crate) mod text;
mod thrift;
pub(crate) mod xlsx;

pub use self::batches::Rows;
pub use self::lines::RowLines;
use self::source::Source;
pub use self::source::cannot_open;
use crate::columns::refuse_first_person;
use plait_types::{Fault, FaultCode, Issue, Table};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What to read of a file and what to call it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The table's name; the file's name without folder and extension where absent.
    pub name: Option<String>,
    /// The sheet of a workbook; the first that holds a table where absent. Ignored for other files.
    pub sheet: Option<String>,
    /// Only these columns, which spares time and memory; all where absent. The table has them in file order.
    pub columns: Option<Vec<String>>,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct Read {
    /// The rows that were kept.
    pub table: Table,
    /// What the file turned out to be.
    pub format: FileFormat,
    /// What was wrong or worth knowing, in a fixed order.
    pub issues: Vec<Issue>,
    /// Rows kept and rows set aside, together.
    pub rows_in: usize,
    /// On which lines the rows that were kept begin; of a workbook, in which of its rows they are.
    pub lines: RowLines,
}

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Delimited text.
    Csv {
        /// Between fields: comma, semicolon, tab or bar.
        delimiter: char,
        /// How characters are stored.
        encoding: Encoding,
        /// Whether the file starts with a byte order mark.
        bom: bool,
    },
    /// Apache Parquet.
    Parquet,
    /// An Excel workbook.
    Xlsx {
        /// The sheet that was read.
        sheet: String,
        /// The others, in workbook order.
        other_sheets: Vec<String>,
    },
    /// Apache Arrow IPC, as a file (Feather 2) or a stream.
    ArrowIpc,
    /// No file: rows in the memory of the program that gave them.
    Memory,
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Csv { delimiter, encoding, bom } => {
                let mark = if *bom { " with byte order mark" } else { "" };
                write!(f, "CSV, {} between fields, {encoding}{mark}", delimiter_name(*delimiter))
            }
            Self::Parquet => f.write_str("Parquet"),
            Self::Xlsx { sheet, .. } => write!(f, "Excel workbook, sheet \"{sheet}\""),
            Self::ArrowIpc => f.write_str("Arrow IPC"),
            Self::Memory => f.write_str("Rows in memory"),
        }
    }
}

/// How the characters of a text file are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, of which ASCII is a part.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Windows-1252 ("ANSI" in Excel) on at least one line.
    Windows1252,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16 (low byte first)",
            Self::Utf16Be => "UTF-16 (high byte first)",
            Self::Windows1252 => "Windows-1252",
        })
    }
}

/// Reads a file of any kind that Plait reads.
///
/// Empty text, text of spaces only, nulls and NaN are missing; nothing else is changed. Numbers are written
/// without `.0` and without exponent, dates as `YYYY-MM-DD` with a time only where it is not midnight,
/// booleans as `true` and `false`.
///
/// Fails with one fault where the file is missing, empty, damaged, encrypted or of another kind, where its
/// header names a column twice or is plainly the first person's data, where most rows do not fit the header, or where an option names a column or
/// sheet that is not there.
///
/// ```
/// use plait_formats::read::{ReadOptions, read_bytes};
/// let file = b"forename,surname\nAva,Khan\nNoah,\n".to_vec();
/// let read = read_bytes(file, "census.csv", &ReadOptions::default())?;
/// assert_eq!(read.table.name, "census");
/// assert_eq!(read.table.columns[1].get(0), Some("Khan"));
/// assert_eq!(read.table.columns[1].get(1), None);
/// # Ok::<(), plait_types::Fault>(())
/// ```
pub fn read(path: &Path, options: &ReadOptions) -> Result<Read, Fault> {
    read_source(&Source::open(path)?, options)
}

/// Reads a file that is already in memory; `file` is its name with extension. Otherwise as [`read`].
pub fn read_bytes(bytes: Vec<u8>, file: &str, options: &ReadOptions) -> Result<Read, Fault> {
    read_source(&Source::from_bytes(bytes, file)?, options)
}

/// What columns with these headers are called once they are read. Fails where two have one name, and where the headers are values.
pub fn column_names(file: &str, headers: &[String]) -> Result<Vec<String>, Fault> {
    naming::names(file, headers, &mut Vec::new())
}

/// The names of a file's columns as [`read`] would give them, without reading its rows.
pub fn header(path: &Path, options: &ReadOptions) -> Result<Vec<String>, Fault> {
    header_of_source(&Source::open(path)?, options)
}

fn header_of_source(source: &Source, options: &ReadOptions) -> Result<Vec<String>, Fault> {
    match kind::of(source)? {
        kind::Kind::Text => csv::header(source),
        kind::Kind::Parquet => guarded(&source.file, || parquet::header(source)),
        kind::Kind::Xlsx => guarded(&source.file, || xlsx::header(source, options)),
        kind::Kind::ArrowFile => guarded(&source.file, || ipc::header(source, false)),
        kind::Kind::ArrowStream => guarded(&source.file, || ipc::header(source, true)),
    }
}

/// The names of a file's columns, wherever its bytes are.
pub(crate) fn header_of(source: &Source) -> Result<Vec<String>, Fault> {
    header_of_source(source, &ReadOptions::default())
}

pub(crate) fn read_source(source: &Source, options: &ReadOptions) -> Result<Read, Fault> {
    let kind = kind::of(source)?;
    let mut read = match kind {
        kind::Kind::Text => csv::read(source, options).map_err(|fault| no_table(source, fault))?,
        kind::Kind::Parquet => guarded(&source.file, || parquet::read(source, options))?,
        kind::Kind::Xlsx => guarded(&source.file, || xlsx::read(source, options))?,
        kind::Kind::ArrowFile => guarded(&source.file, || ipc::read(source, options, false))?,
        kind::Kind::ArrowStream => guarded(&source.file, || ipc::read(source, options, true))?,
    };
    if options.columns.is_none() {
        refuse_first_person(&source.file, &read.table)?;
    }
    read.table.name = options.name.clone().unwrap_or_else(|| source.stem());
    read.issues.splice(0..0, kind::contradicted_extension(source, kind));
    Ok(read)
}

/// Text without rows under a name that promises something else is not empty: it is not what its name says.
fn no_table(source: &Source, fault: Fault) -> Fault {
    let said = kind::said_by_extension(source).filter(|said| *said != kind::TEXT);
    match said.filter(|_| fault.code == FaultCode::FileEmpty) {
        None => fault,
        Some(said) => Fault::new(
            FaultCode::FileKind,
            format!("{} is not {said}, as its name says, and no table either", source.file),
            "ask who made it for the file itself, or export it again",
        )
        .because("it is text in which no rows stand below a header"),
    }
}

/// Runs a parser of someone else's format library, which may index past the end of a damaged file and panic.
/// That is the file's fault, and must not end a program that has other files open.
pub(crate) fn guarded<T>(file: &str, parse: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(parse))
        .unwrap_or_else(|_| Err(damaged(file, "its content contradicts itself")))
}

/// The fault of a file that stops in the middle or is damaged; `how` is the parser's view of it.
pub(crate) fn damaged(file: &str, how: &str) -> Fault {
    Fault::new(
        FaultCode::Truncated,
        format!("{file} is damaged or was not copied completely"),
        "copy or export the file again, and compare the sizes if it came over a network",
    )
    .because(how)
}

/// The fault of a file without rows; `what` says how little there is.
pub(crate) fn empty(file: &str, what: &str) -> Fault {
    Fault::new(
        FaultCode::FileEmpty,
        format!("{file} {what}"),
        "export the file again and check that the selection returns rows",
    )
}

fn delimiter_name(delimiter: char) -> &'static str {
    match delimiter {
        ',' => "comma",
        ';' => "semicolon",
        '\t' => "tab",
        _ => "bar",
    }
}

#[cfg(test)]
mod damage_tests;
