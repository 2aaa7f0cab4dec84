//! Tables that come some rows at a time: into a Parquet file, so that they are never whole in memory, or into memory.

use super::part::{PartFile, cannot_write};
use crate::read::Rows;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use plait_types::{Fault, Table};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows that are held until they are written. A return has up to thirty tables whose files grow at the same time.
const GROUP_ROWS: usize = 1 << 17;

/// A Parquet file of text columns that grows by rows. Takes its place when it is finished; dropped before that, it leaves
/// nothing.
pub struct RowsFile {
    path: PathBuf,
    schema: Arc<Schema>,
    writer: ArrowWriter<PartFile>,
}

impl RowsFile {
    /// A file without rows, with these columns. `notes` go into its footer.
    pub fn create(path: &Path, columns: &[String], notes: &[(String, String)]) -> Result<Self, Fault> {
        let part = PartFile::create(path).map_err(|error| cannot_write(path, error.kind()))?;
        let schema = schema(columns);
        let notes = notes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_key_value_metadata(Some(notes))
            .build();
        let writer = ArrowWriter::try_new(part, Arc::clone(&schema), Some(properties))
            .map_err(|error| fault(path, &error))?;
        Ok(Self { path: path.to_owned(), schema, writer })
    }

    /// Adds the rows of a table; a column that it does not have is null in them.
    ///
    /// # Panics
    ///
    /// If the table has a column that the file does not have.
    pub fn append(&mut self, rows: &Table) -> Result<(), Fault> {
        self.writer.write(&batch(&self.schema, rows)).map_err(|error| fault(&self.path, &error))
    }

    /// Ends the file and puts it in its place.
    pub fn finish(self) -> Result<(), Fault> {
        let Self { path, writer, .. } = self;
        let part = writer.into_inner().map_err(|error| fault(&path, &error))?;
        part.take_place(&path).map_err(|error| cannot_write(&path, error.kind()))
    }
}

/// Text columns in memory that grow by rows.
#[derive(Debug)]
pub struct RowsKept {
    schema: Arc<Schema>,
    batches: Vec<RecordBatch>,
}

impl RowsKept {
    /// No rows, of these columns.
    pub fn of(columns: &[String]) -> Self {
        Self { schema: schema(columns), batches: Vec::new() }
    }

    /// Adds the rows of a table; a column that it does not have is null in them.
    ///
    /// # Panics
    ///
    /// If the table has a column that these rows do not have.
    pub fn append(&mut self, rows: &Table) {
        self.batches.push(batch(&self.schema, rows));
    }

    /// All rows, in the order in which they came.
    pub fn finish(self) -> Rows {
        Rows::new(self.schema, self.batches)
    }
}

fn schema(columns: &[String]) -> Arc<Schema> {
    let fields: Vec<Field> = columns.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
    Arc::new(Schema::new(fields))
}

fn batch(schema: &Arc<Schema>, rows: &Table) -> RecordBatch {
    let known = |name: &str| schema.fields().iter().any(|field| field.name() == name);
    assert!(rows.columns.iter().all(|column| known(&column.name)), "rows have the columns of their file");
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| {
            let column = rows.column(field.name());
            let cell = |row: usize| column.and_then(|column| column.get(row));
            Arc::new((0..rows.n_rows).map(cell).collect::<StringArray>()) as ArrayRef
        })
        .collect();
    RecordBatch::try_new(Arc::clone(schema), columns).expect("columns are of one length")
}

fn fault(path: &Path, error: &ParquetError) -> Fault {
    let kind = match error {
        ParquetError::External(cause) => cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind),
        _ => None,
    };
    cannot_write(path, kind.unwrap_or(ErrorKind::Other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{ReadOptions, read};
    use plait_types::Column;

    #[test]
    fn rows_that_come_in_pieces_are_one_table_and_missing_columns_are_null() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payload.parquet");
        let mut file = RowsFile::create(&path, &["record_key".into(), "need".into()], &[]).unwrap();
        let table = |columns: Vec<Column>, n_rows| Table { name: "x".into(), columns, n_rows };
        let key = |keys: [&str; 2]| Column::from_rows("record_key", keys.map(Some));
        let mut kept = RowsKept::of(&["record_key".into(), "need".into()]);
        let pieces = [
            table(vec![key(["1", "2"]), Column::from_rows("need", [Some("N1"), None])], 2),
            table(vec![key(["3", "1"])], 2),
        ];
        for piece in &pieces {
            file.append(piece).unwrap();
            kept.append(piece);
        }
        assert!(!path.exists());
        file.finish().unwrap();
        let of_file = read(&path, &ReadOptions::default()).unwrap().table;
        let of_memory = kept.finish().read("payload").unwrap().table;
        for read in [of_file, of_memory] {
            assert_eq!(read.n_rows, 4);
            assert_eq!(read.column("record_key").unwrap().get(3), Some("1"));
            assert_eq!(
                (read.column("need").unwrap().get(0), read.column("need").unwrap().get(2)),
                (Some("N1"), None)
            );
        }
    }

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(RowsFile::create(&folder.path().join("payload.parquet"), &["a".into()], &[]).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
