//! Parquet out. The columns of a row group are encoded at the same time, each on its own, so the bytes do not
//! depend on threads.

use super::part::write_file;
use super::{OutColumn, OutTable, OutValues, chunks};
use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, StringArray, UInt32Array,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, Encoding};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use plait_types::{Fault, NULL};
use rayon::prelude::*;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Rows of a row group: what other tools read at a time.
pub(super) const GROUP_ROWS: usize = 1 << 20;

/// Rows that are turned into an Arrow array at a time.
const BATCH_ROWS: usize = 1 << 16;

/// Writes a table as Parquet, compressed with Snappy.
///
/// Text with few distinct values is stored with a dictionary. Columns are what any reader understands (UTF-8
/// strings, 64-bit floats, integers); missing is null.
pub fn write_parquet(path: &Path, table: &OutTable<'_>) -> Result<(), Fault> {
    write_file(path, |file| write(file, table).map_err(io::Error::other))
}

fn write(file: impl Write + Send, table: &OutTable<'_>) -> Result<()> {
    let columns = table.columns.iter().map(|column| (column.name.as_str(), Stored::of(&column.values)));
    let mut groups = Groups::begin(file, &columns.collect::<Vec<_>>(), &table.metadata)?;
    for rows in chunks(table.n_rows(), GROUP_ROWS) {
        groups.write(&table.columns, rows)?;
    }
    groups.end()
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
    fn of(values: &OutValues<'_>) -> Self {
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

/// A Parquet file that is written one row group after the other.
pub(super) struct Groups<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    schema: Arc<Schema>,
    stored: Vec<Stored>,
    /// The number of the next group.
    next: usize,
}

impl<W: Write + Send> Groups<W> {
    pub(super) fn begin(file: W, columns: &[(&str, Stored)], metadata: &[(String, String)]) -> Result<Self> {
        let fields =
            columns.iter().map(|(name, stored)| Field::new(*name, stored.kind(), stored.is_nullable()));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let parquet_schema = ArrowSchemaConverter::new().convert(&schema)?;
        let properties = Arc::new(properties(columns, metadata));
        let writer = SerializedFileWriter::new(file, parquet_schema.root_schema_ptr(), properties)?;
        let stored = columns.iter().map(|(_, stored)| *stored).collect();
        Ok(Self { writer, schema, stored, next: 0 })
    }

    /// Writes the next group: some rows of columns, which are those of the file; all groups but the last have
    /// [`GROUP_ROWS`].
    pub(super) fn write(&mut self, columns: &[OutColumn<'_>], rows: Range<usize>) -> Result<()> {
        let factory = ArrowRowGroupWriterFactory::new(&self.writer, Arc::clone(&self.schema));
        let encoders = factory.create_column_writers(self.next)?;
        self.next += 1;
        let (schema, stored) = (&self.schema, &self.stored);
        let encoded: Vec<Result<ArrowColumnChunk>> = encoders
            .into_par_iter()
            .zip(columns)
            .with_max_len(1)
            .enumerate()
            .map(|(at, (encoder, column))| {
                encode(encoder, schema.field(at), stored[at], column, rows.clone())
            })
            .collect();
        let mut group = self.writer.next_row_group()?;
        for chunk in encoded {
            chunk?.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(())
    }

    pub(super) fn end(self) -> Result<()> {
        self.writer.close()?;
        Ok(())
    }
}

fn properties(columns: &[(&str, Stored)], metadata: &[(String, String)]) -> WriterProperties {
    let notes = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(notes));
    for (name, stored) in columns {
        let path = ColumnPath::new(vec![(*name).to_owned()]);
        properties = match stored {
            Stored::Text { dictionary } | Stored::F64 { dictionary } => {
                properties.set_column_dictionary_enabled(path, *dictionary)
            }
            // row numbers mostly go up by one
            Stored::I64 | Stored::U32 => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
        };
    }
    properties.build()
}

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

fn encode(
    mut encoder: ArrowColumnWriter,
    field: &Field,
    stored: Stored,
    column: &OutColumn<'_>,
    rows: Range<usize>,
) -> Result<ArrowColumnChunk> {
    let dictionary: Option<ArrayRef> = match &column.values {
        OutValues::Codes { values, .. } if stored == (Stored::Text { dictionary: true }) => {
            Some(Arc::new(StringArray::from_iter_values(values.iter())))
        }
        _ => None,
    };
    for batch in chunks(rows.len(), BATCH_ROWS) {
        let batch = rows.start + batch.start..rows.start + batch.end;
        let array: ArrayRef = match &column.values {
            OutValues::Codes { codes, values } => match &dictionary {
                Some(dictionary) => {
                    let keys: Int32Array =
                        codes[batch].iter().map(|&code| (code != NULL).then_some(code as i32)).collect();
                    Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(dictionary))?)
                }
                None => text(codes[batch].iter().map(|&code| (code != NULL).then(|| values.get(code)))),
            },
            OutValues::Text(values) => {
                text(batch.map(|row| Some(values.get(row as u32)).filter(|text| !text.is_empty())))
            }
            OutValues::F64(numbers) => Arc::new(
                numbers[batch]
                    .iter()
                    .map(|&number| (!number.is_nan()).then_some(number))
                    .collect::<Float64Array>(),
            ),
            OutValues::I64(numbers) => Arc::new(Int64Array::from(numbers[batch].to_vec())),
            OutValues::U32(numbers) => Arc::new(UInt32Array::from(numbers[batch].to_vec())),
        };
        for leaf in compute_leaves(field, &array)? {
            encoder.write(&leaf)?;
        }
    }
    encoder.close()
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
