//! Parquet out, some rows at a time, for tables that are never whole in memory.

use super::part::{PartFile, cannot_write};
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
        let fields: Vec<Field> = columns.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        let schema = Arc::new(Schema::new(fields));
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
        let known = |name: &str| self.schema.fields().iter().any(|field| field.name() == name);
        assert!(rows.columns.iter().all(|column| known(&column.name)), "rows have the columns of their file");
        let columns: Vec<ArrayRef> = self
            .schema
            .fields()
            .iter()
            .map(|field| {
                let column = rows.column(field.name());
                let cell = |row: usize| column.and_then(|column| column.get(row));
                Arc::new((0..rows.n_rows).map(cell).collect::<StringArray>()) as ArrayRef
            })
            .collect();
        let batch =
            RecordBatch::try_new(Arc::clone(&self.schema), columns).expect("columns are of one length");
        self.writer.write(&batch).map_err(|error| fault(&self.path, &error))
    }

    /// Ends the file and puts it in its place.
    pub fn finish(self) -> Result<(), Fault> {
        let Self { path, writer, .. } = self;
        let part = writer.into_inner().map_err(|error| fault(&path, &error))?;
        part.take_place(&path).map_err(|error| cannot_write(&path, error.kind()))
    }
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
    fn rows_written_in_pieces_are_read_as_one_table_and_missing_columns_are_null() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payload.parquet");
        let mut file = RowsFile::create(&path, &["record_key".into(), "need".into()], &[]).unwrap();
        let table = |columns: Vec<Column>, n_rows| Table { name: "x".into(), columns, n_rows };
        let key = |keys: [&str; 2]| Column::from_rows("record_key", keys.map(Some));
        file.append(&table(vec![key(["1", "2"]), Column::from_rows("need", [Some("N1"), None])], 2)).unwrap();
        file.append(&table(vec![key(["3", "1"])], 2)).unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        let read = read(&path, &ReadOptions::default()).unwrap().table;
        assert_eq!(read.n_rows, 4);
        assert_eq!(read.column("record_key").unwrap().get(3), Some("1"));
        assert_eq!(
            (read.column("need").unwrap().get(0), read.column("need").unwrap().get(2)),
            (Some("N1"), None)
        );
    }

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(RowsFile::create(&folder.path().join("payload.parquet"), &["a".into()], &[]).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
