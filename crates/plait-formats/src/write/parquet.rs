//! Parquet out. The columns of a row group are encoded at the same time, each on its own, so the bytes do not
//! depend on threads.

use super::arrow::{Stored, array, dictionary, schema};
use super::part::write_file;
use super::{OutColumn, OutTable, chunks};
use arrow_schema::{Field, Schema};
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
use plait_types::Fault;
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
        let schema = schema(columns.iter().copied());
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

fn encode(
    mut encoder: ArrowColumnWriter,
    field: &Field,
    stored: Stored,
    column: &OutColumn<'_>,
    rows: Range<usize>,
) -> Result<ArrowColumnChunk> {
    let dictionary = dictionary(stored, &column.values);
    for batch in chunks(rows.len(), BATCH_ROWS) {
        let batch = rows.start + batch.start..rows.start + batch.end;
        let array = array(&column.values, dictionary.as_ref(), batch)?;
        for leaf in compute_leaves(field, &array)? {
            encoder.write(&leaf)?;
        }
    }
    encoder.close()
}
