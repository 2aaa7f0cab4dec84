//! Files out: Parquet for tools, CSV for anything, xlsx for people; and Arrow for programs that take tables from memory.
//!
//! Every file is written beside its place under a name of its own and takes its place when it is complete, so
//! nobody ever sees half a file. The same table gives the same bytes on any number of threads.

mod arrow;
mod csv;
mod parquet;
mod part;
mod pieces;
mod rows;
pub(crate) mod scratch;
mod xlsx;

pub use arrow::to_rows;
pub use csv::{CsvStyle, harmless, write_csv};
pub use parquet::write_parquet;
pub use part::{PartFile, write_file};
pub use pieces::PiecesFile;
pub use rows::{RowsFile, RowsKept};
pub use xlsx::{CellKind, MAX_SHEET_ROWS, OutSheet, write_xlsx};

use plait_types::{NULL, Table, Values};
use std::borrow::Cow;
use std::ops::Range;

/// A table to write: typed columns of one length, and notes about the file.
#[derive(Clone, Debug, Default)]
pub struct OutTable<'a> {
    /// In the order of the file.
    pub columns: Vec<OutColumn<'a>>,
    /// Keys and values that go into the footer of a Parquet file, such as the version of its layout; the other
    /// formats have no place for them.
    pub metadata: Vec<(String, String)>,
}

impl<'a> OutTable<'a> {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// A table as it was read, borrowed.
    pub fn of(table: &'a Table) -> Self {
        let columns = table.columns.iter();
        columns.fold(Self::new(), |out, column| {
            out.with(&column.name, OutValues::codes(&column.codes, &column.values))
        })
    }

    /// Adds a column. Panics if it is not as long as those before.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, values: impl Into<OutValues<'a>>) -> Self {
        let values = values.into();
        assert!(
            self.columns.is_empty() || self.n_rows() == values.len(),
            "columns of one table are of one length"
        );
        self.columns.push(OutColumn { name: name.into(), values });
        self
    }

    /// How many rows it has.
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }
}

/// One column of an [`OutTable`].
#[derive(Clone, Debug)]
pub struct OutColumn<'a> {
    /// The header.
    pub name: String,
    /// One per row.
    pub values: OutValues<'a>,
}

/// The values of a column, borrowed where the caller has them already.
#[derive(Clone, Debug)]
pub enum OutValues<'a> {
    /// Text by code: a code per row, [`NULL`] where missing, and the pool.
    Codes {
        /// One per row.
        codes: Cow<'a, [u32]>,
        /// What the codes stand for.
        values: Cow<'a, Values>,
    },
    /// Text, one value per row; empty text is missing.
    Text(Cow<'a, Values>),
    /// Numbers; NaN is missing.
    F64(Cow<'a, [f64]>),
    /// Whole numbers; none is missing.
    I64(Cow<'a, [i64]>),
    /// Whole numbers from 0; none is missing.
    U32(Cow<'a, [u32]>),
}

impl<'a> OutValues<'a> {
    /// Text by code, borrowed: a column of a table that was read, or rows picked from it.
    pub fn codes(codes: impl Into<Cow<'a, [u32]>>, values: &'a Values) -> Self {
        Self::Codes { codes: codes.into(), values: Cow::Borrowed(values) }
    }

    /// Rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Codes { codes, .. } => codes.len(),
            Self::Text(values) => values.len(),
            Self::F64(numbers) => numbers.len(),
            Self::I64(numbers) => numbers.len(),
            Self::U32(numbers) => numbers.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of some rows, in the order given.
    #[must_use]
    pub fn pick(&self, rows: &[usize]) -> OutValues<'a> {
        fn picked<T: Copy>(all: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|&row| all[row]).collect()
        }
        match self {
            Self::Codes { codes, values } => {
                Self::Codes { codes: Cow::Owned(picked(codes, rows)), values: values.clone() }
            }
            Self::Text(values) => {
                let mut some = Values::default();
                rows.iter().for_each(|&row| some.push(values.get(row as u32)));
                Self::Text(Cow::Owned(some))
            }
            Self::F64(numbers) => Self::F64(Cow::Owned(picked(numbers, rows))),
            Self::I64(numbers) => Self::I64(Cow::Owned(picked(numbers, rows))),
            Self::U32(numbers) => Self::U32(Cow::Owned(picked(numbers, rows))),
        }
    }

    /// The cell of a row.
    fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Codes { codes, values } => match codes[row] {
                NULL => Cell::Missing,
                code => Cell::Text(values.get(code)),
            },
            Self::Text(values) => match values.get(row as u32) {
                "" => Cell::Missing,
                text => Cell::Text(text),
            },
            Self::F64(numbers) if numbers[row].is_nan() => Cell::Missing,
            Self::F64(numbers) => Cell::Number(numbers[row]),
            Self::I64(numbers) => Cell::Whole(numbers[row]),
            Self::U32(numbers) => Cell::Whole(i64::from(numbers[row])),
        }
    }
}

impl From<Vec<f64>> for OutValues<'_> {
    fn from(numbers: Vec<f64>) -> Self {
        Self::F64(numbers.into())
    }
}

impl From<Vec<i64>> for OutValues<'_> {
    fn from(numbers: Vec<i64>) -> Self {
        Self::I64(numbers.into())
    }
}

impl From<Vec<u32>> for OutValues<'_> {
    fn from(numbers: Vec<u32>) -> Self {
        Self::U32(numbers.into())
    }
}

impl From<Values> for OutValues<'_> {
    fn from(values: Values) -> Self {
        Self::Text(Cow::Owned(values))
    }
}

/// One cell, as the row-wise formats write it.
enum Cell<'a> {
    Missing,
    Text(&'a str),
    Number(f64),
    Whole(i64),
}

/// The ranges that `rows` rows fall into, `size` at a time; one empty range for no rows.
fn chunks(rows: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows.div_ceil(size).max(1)).map(move |at| at * size..rows.min((at + 1) * size))
}

#[cfg(test)]
mod tests;
