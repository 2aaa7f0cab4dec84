//! Columns as Arrow arrays.

use super::parquet::GROUP_ROWS;
use super::{OutTable, OutValues, chunks};
use crate::read::Rows;
use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use plait_types::NULL;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// A table as Arrow has it, in batches of the size of a row group; at least one, which may have no rows. Types are those that
/// [`write_parquet`](super::write_parquet) stores.
pub fn to_rows(table: &OutTable<'_>) -> Rows {
    let stored: Vec<Stored> = table.columns.iter().map(|column| Stored::of(&column.values)).collect();
    let schema = schema(table.columns.iter().map(|column| column.name.as_str()).zip(stored.iter().copied()));
    let dictionaries: Vec<Option<ArrayRef>> = table
        .columns
        .iter()
        .zip(&stored)
        .map(|(column, stored)| dictionary(*stored, &column.values))
        .collect();
    let batch = |rows: Range<usize>| {
        let arrays: Vec<ArrayRef> = table
            .columns
            .par_iter()
            .zip(&dictionaries)
            .map(|(column, dictionary)| {
                array(&column.values, dictionary.as_ref(), rows.clone()).expect("codes are those of the pool")
            })
            .collect();
        RecordBatch::try_new(Arc::clone(&schema), arrays).expect("columns of one table are of one length")
    };
    let batches = chunks(table.n_rows(), GROUP_ROWS).map(batch).collect();
    Rows::new(schema, batches)
}

impl Rows {
    /// The rows as a stream of Arrow IPC.
    pub fn to_stream(&self) -> Vec<u8> {
        let whole = "a buffer takes whatever is written";
        let mut writer = StreamWriter::try_new(Vec::new(), self.schema()).expect(whole);
        self.batches().iter().for_each(|batch| writer.write(batch).expect(whole));
        writer.into_inner().expect(whole)
    }
}

/// The columns by their names.
pub(super) fn schema<'a>(columns: impl Iterator<Item = (&'a str, Stored)>) -> Arc<Schema> {
    let fields = columns.map(|(name, stored)| Field::new(name, stored.kind(), stored.is_nullable()));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// How the values of a column are stored, which is decided by all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    Text { dictionary: bool },
    F64 { dictionary: bool },
    I64,
    U32,
}

impl Stored {
    pub(super) fn of(values: &OutValues<'_>) -> Self {
        match values {
            OutValues::Codes { codes, values } => Self::text(codes.len(), values.len()),
            OutValues::Text(_) => Self::Text { dictionary: false },
            OutValues::F64(numbers) => Self::F64 { dictionary: do_repeat(numbers) },
            OutValues::I64(_) => Self::I64,
            OutValues::U32(_) => Self::U32,
        }
    }

    /// Text of so many rows and distinct values: with a dictionary where that would be much smaller than the rows; also
    /// keeps it under the size at which writers give it up in the middle of a column.
    pub(super) fn text(n_rows: usize, n_distinct: usize) -> Self {
        Self::Text { dictionary: n_distinct < MANY_DISTINCT && n_distinct * 4 <= n_rows }
    }

    fn kind(self) -> DataType {
        match self {
            Self::Text { dictionary: true } => {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            }
            Self::Text { dictionary: false } => DataType::Utf8,
            Self::F64 { .. } => DataType::Float64,
            Self::I64 => DataType::Int64,
            Self::U32 => DataType::UInt32,
        }
    }

    fn is_nullable(self) -> bool {
        !matches!(self, Self::I64 | Self::U32)
    }
}

/// From so many distinct values on, text has no dictionary.
pub(super) const MANY_DISTINCT: usize = 1 << 15;

/// Whether numbers repeat so much that a dictionary is worth making, by a few thousand of them: weights do where there are
/// as many as patterns of agreement, and do not where every value's frequency has a part in them.
fn do_repeat(numbers: &[f64]) -> bool {
    const SAMPLE: usize = 4096;
    let step = numbers.len().div_ceil(SAMPLE).max(1);
    let mut sample: Vec<u64> = numbers.iter().step_by(step).map(|number| number.to_bits()).collect();
    let n = sample.len();
    sample.sort_unstable();
    sample.dedup();
    // of the sample, far more are different than of all numbers
    sample.len() * 2 <= n
}

/// The values of text that is stored with a dictionary.
pub(super) fn dictionary(stored: Stored, values: &OutValues<'_>) -> Option<ArrayRef> {
    match values {
        OutValues::Codes { values, .. } if stored == (Stored::Text { dictionary: true }) => {
            Some(Arc::new(StringArray::from_iter_values(values.iter())))
        }
        _ => None,
    }
}

/// Some rows of a column.
pub(super) fn array(
    values: &OutValues<'_>,
    dictionary: Option<&ArrayRef>,
    rows: Range<usize>,
) -> Result<ArrayRef, ArrowError> {
    Ok(match values {
        OutValues::Codes { codes, values } => match dictionary {
            Some(dictionary) => {
                let keys: Int32Array =
                    codes[rows].iter().map(|&code| (code != NULL).then_some(code as i32)).collect();
                Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(dictionary))?)
            }
            None => text(codes[rows].iter().map(|&code| (code != NULL).then(|| values.get(code)))),
        },
        OutValues::Text(values) => {
            text(rows.map(|row| Some(values.get(row as u32)).filter(|text| !text.is_empty())))
        }
        OutValues::F64(numbers) => Arc::new(
            numbers[rows]
                .iter()
                .map(|&number| (!number.is_nan()).then_some(number))
                .collect::<Float64Array>(),
        ),
        OutValues::I64(numbers) => Arc::new(Int64Array::from(numbers[rows].to_vec())),
        OutValues::U32(numbers) => Arc::new(UInt32Array::from(numbers[rows].to_vec())),
    })
}

fn text<'v>(mut cells: impl ExactSizeIterator<Item = Option<&'v str>>) -> ArrayRef {
    // the values of a stretch are found before the first is copied: they lie anywhere in their pool, and copying would
    // wait for them one after the other
    const STRETCH: usize = 64;
    let mut builder = StringBuilder::with_capacity(cells.len(), cells.len() * 16);
    let mut stretch: Vec<Option<&str>> = Vec::with_capacity(STRETCH);
    loop {
        stretch.extend(cells.by_ref().take(STRETCH));
        if stretch.is_empty() {
            return Arc::new(builder.finish());
        }
        stretch.drain(..).for_each(|cell| builder.append_option(cell));
    }
}
