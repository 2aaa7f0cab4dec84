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
use plait_types::{Fault, NULL, Values};
use rayon::prelude::*;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Rows of a row group: what other tools read at a time.
const GROUP_ROWS: usize = 1 << 20;

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
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|column| Field::new(&column.name, kind(&column.values), is_nullable(&column.values)))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let parquet_schema = ArrowSchemaConverter::new().convert(&schema)?;
    let mut writer =
        SerializedFileWriter::new(file, parquet_schema.root_schema_ptr(), Arc::new(properties(table)))?;
    for (group, rows) in chunks(table.n_rows(), GROUP_ROWS).enumerate() {
        let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&schema));
        let columns: Vec<_> = factory.create_column_writers(group)?.into_iter().zip(&table.columns).collect();
        let encoded: Vec<Result<ArrowColumnChunk>> = columns
            .into_par_iter()
            .with_max_len(1)
            .enumerate()
            .map(|(at, (encoder, column))| encode(encoder, schema.field(at), column, rows.clone()))
            .collect();
        let mut group = writer.next_row_group()?;
        for chunk in encoded {
            chunk?.append_to_row_group(&mut group)?;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

fn properties(table: &OutTable<'_>) -> WriterProperties {
    let notes = table.metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(notes));
    for column in &table.columns {
        let path = ColumnPath::new(vec![column.name.clone()]);
        properties = match &column.values {
            OutValues::Codes { codes, values } if is_repetitive(codes, values) => {
                properties.set_column_dictionary_enabled(path, true)
            }
            OutValues::Codes { .. } | OutValues::Text(_) => {
                properties.set_column_dictionary_enabled(path, false)
            }
            OutValues::F64(numbers) => properties.set_column_dictionary_enabled(path, do_repeat(numbers)),
            // row numbers mostly go up by one
            OutValues::I64(_) | OutValues::U32(_) => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
        };
    }
    properties.build()
}

/// Whether a dictionary would be much smaller than the rows; also keeps it under the size at which writers
/// give it up in the middle of a column.
fn is_repetitive(codes: &[u32], values: &Values) -> bool {
    values.len() < 1 << 15 && values.len() * 4 <= codes.len()
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

fn kind(values: &OutValues<'_>) -> DataType {
    match values {
        OutValues::Codes { codes, values } if is_repetitive(codes, values) => {
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
        }
        OutValues::Codes { .. } | OutValues::Text(_) => DataType::Utf8,
        OutValues::F64(_) => DataType::Float64,
        OutValues::I64(_) => DataType::Int64,
        OutValues::U32(_) => DataType::UInt32,
    }
}

fn is_nullable(values: &OutValues<'_>) -> bool {
    !matches!(values, OutValues::I64(_) | OutValues::U32(_))
}

fn encode(
    mut encoder: ArrowColumnWriter,
    field: &Field,
    column: &OutColumn<'_>,
    rows: Range<usize>,
) -> Result<ArrowColumnChunk> {
    let dictionary: Option<ArrayRef> = match &column.values {
        OutValues::Codes { codes, values } if is_repetitive(codes, values) => {
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
