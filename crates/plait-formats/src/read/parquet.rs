//! Parquet. Columns are read at the same time, each with a handle of its own; the largest start first.

use super::arrow::ArrowColumn;
use super::naming;
use super::source::{Content, Source, unreadable};
use super::{FileFormat, Read, ReadOptions, RowLines, damaged, empty, pages, thrift};
use arrow_schema::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Compression, Type as PhysicalType};
use parquet::errors::ParquetError;
use parquet::file::FOOTER_SIZE;
use parquet::file::metadata::{ColumnChunkMetaData, FooterTail, ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::ChunkReader;
use plait_types::{Column, Fault, FaultCode, Issue, IssueKind, Table};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::io::ErrorKind;

/// Rows that are decoded at a time where a column goes through Arrow.
const BATCH_ROWS: usize = 1 << 16;

/// Rows that room is made for at most before they are seen; a damaged file may claim any number.
const TRUSTED_ROWS: usize = 1 << 24;

/// Reads all rows.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Read, Fault> {
    let file = &source.file;
    let metadata = metadata(source)?;
    let rows = usize::try_from(metadata.metadata().file_metadata().num_rows())
        .map_err(|_| damaged(file, "it claims a negative number of rows"))?;
    let mut issues = Vec::new();
    let names = naming::names(file, names(&metadata), &mut issues)?;
    let wanted = naming::wanted(file, &names, options)?;
    let mut tasks: Vec<Task> = Vec::new();
    for (root, field) in metadata.schema().fields().iter().enumerate() {
        if !wanted[root] {
            continue;
        }
        match ArrowColumn::new(field.data_type(), 0) {
            Some(_) => tasks.push(Task::new(metadata.metadata(), root, field.data_type())),
            None => issues.push(nested(file, &names[root], field.data_type())),
        }
    }
    if rows == 0 {
        return Err(empty(file, "has columns and no rows"));
    }
    unpackable(file, metadata.metadata())?;
    tasks.sort_by_key(|task| (Reverse(task.size), task.root));
    let mut done: Vec<(usize, Result<ArrowColumn, ParquetError>)> = tasks
        .into_iter()
        .par_bridge()
        .map(|task| (task.root, task.read(&source.content, &metadata, rows.min(TRUSTED_ROWS))))
        .collect();
    done.sort_by_key(|&(root, _)| root);
    let mut columns: Vec<Column> = Vec::with_capacity(done.len());
    for (root, column) in done {
        let name = &names[root];
        let column = column.map_err(|error| {
            fault(file, &error, &format!("the pages of column \"{name}\" cannot be read"))
        })?;
        if column.len() != rows {
            return Err(damaged(
                file,
                &format!("column \"{name}\" has another number of rows than the file"),
            ));
        }
        let (column, issue) = column.finish(file, name.clone());
        columns.push(column);
        issues.extend(issue);
    }
    let table = Table { name: String::new(), columns, n_rows: rows };
    Ok(Read { table, format: FileFormat::Parquet, issues, rows_in: rows, lines: RowLines::default() })
}

/// Reads the names of the columns.
pub(super) fn header(source: &Source) -> Result<Vec<String>, Fault> {
    let metadata = metadata(source)?;
    let all = naming::names(&source.file, names(&metadata), &mut Vec::new())?;
    let fields = metadata.schema().fields().iter();
    Ok(all
        .into_iter()
        .zip(fields)
        .filter(|(_, field)| ArrowColumn::new(field.data_type(), 0).is_some())
        .map(|(name, _)| name)
        .collect())
}

/// The note about a column that holds no single values.
pub(super) fn nested(file: &str, name: &str, kind: &DataType) -> Issue {
    let holds = if kind.is_nested() { "lists or records" } else { "spans of time" };
    Issue::new(IssueKind::NestedColumn, file, format!("holds {holds}, not values, and was left out"))
        .in_column(name)
}

/// One column to read.
struct Task {
    root: usize,
    leaf: Option<usize>,
    /// The leaf of a flat text column, which can be read from its pages.
    text_leaf: Option<usize>,
    /// Bytes on disk.
    size: i64,
}

impl Task {
    fn new(metadata: &ParquetMetaData, root: usize, kind: &DataType) -> Self {
        let schema = metadata.file_metadata().schema_descr();
        let leaf = (0..schema.num_columns()).find(|&leaf| schema.get_column_root_idx(leaf) == root);
        let is_text = matches!(kind, DataType::Utf8 | DataType::Binary);
        let text_leaf = leaf.filter(|&leaf| {
            let column = schema.column(leaf);
            is_text
                && column.physical_type() == PhysicalType::BYTE_ARRAY
                && column.max_rep_level() == 0
                && column.max_def_level() <= 1
        });
        let size = leaf.map_or(0, |leaf| {
            metadata.row_groups().iter().map(|group| group.column(leaf).compressed_size()).sum()
        });
        Self { root, leaf, text_leaf, size }
    }

    fn read(
        &self,
        content: &Content,
        metadata: &ArrowReaderMetadata,
        rows: usize,
    ) -> Result<ArrowColumn, ParquetError> {
        if let Some(leaf) = self.text_leaf
            && let Some((column, invalid)) = pages::read(content, metadata.metadata(), leaf, rows)?
        {
            return Ok(ArrowColumn::of_text(column, invalid));
        }
        if let Some(leaf) = self.leaf {
            pages::check_counts(content, metadata.metadata(), leaf)?;
        }
        let mask = ProjectionMask::roots(metadata.parquet_schema(), [self.root]);
        let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(content.clone(), metadata.clone())
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .build()?;
        let kind = metadata.schema().field(self.root).data_type();
        let mut column = ArrowColumn::new(kind, rows).expect("asked when the task was made");
        for batch in batches {
            column.push(batch?.column(0));
        }
        Ok(column)
    }
}

/// Refuses compression that hardly any writer uses, before the decoder calls it damage.
fn unpackable(file: &str, metadata: &ParquetMetaData) -> Result<(), Fault> {
    let chunks = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
    match chunks
        .map(ColumnChunkMetaData::compression)
        .find(|used| matches!(used, Compression::BROTLI(_) | Compression::LZO))
    {
        Some(_) => Err(not_read(file, "it is compressed with Brotli or LZO")),
        None => Ok(()),
    }
}

fn not_read(file: &str, how: &str) -> Fault {
    Fault::new(
        FaultCode::FileKind,
        format!("{file} uses a part of Parquet that Plait does not read"),
        "write it again with snappy, zstd, lz4 or gzip compression and without encryption",
    )
    .because(how)
}

/// The Arrow types that a writer has noted are left aside: what is needed is in the Parquet schema itself.
fn metadata(source: &Source) -> Result<ArrowReaderMetadata, Fault> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    check_footer(source).and_then(|()| ArrowReaderMetadata::load(&source.content, options)).map_err(|error| {
        fault(&source.file, &error, "the list of its columns, at its end, is missing or damaged")
    })
}

/// Looks through the list of columns before the library reads it.
fn check_footer(source: &Source) -> Result<(), ParquetError> {
    let size = source.size();
    let tail = source.content.get_bytes(size.saturating_sub(FOOTER_SIZE as u64), FOOTER_SIZE)?;
    let tail = FooterTail::try_from(&tail[..])?;
    // the library knows what to say of columns that are encrypted
    if !tail.is_encrypted_footer() {
        let length = tail.metadata_length();
        let start = size.saturating_sub((FOOTER_SIZE + length) as u64);
        thrift::pass_over(&mut &source.content.get_bytes(start, length)?[..])?;
    }
    Ok(())
}

fn names(metadata: &ArrowReaderMetadata) -> Vec<String> {
    metadata.schema().fields().iter().map(|field| field.name().clone()).collect()
}

fn fault(file: &str, error: &ParquetError, how: &str) -> Fault {
    match error {
        ParquetError::NYI(_) => not_read(file, how),
        ParquetError::External(cause) => match cause.downcast_ref::<std::io::Error>() {
            Some(error) if error.kind() != ErrorKind::InvalidData => unreadable(file, error),
            _ => damaged(file, how),
        },
        _ => damaged(file, how),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_bytes;
    use super::*;
    use arrow_array::types::Int64Type;
    use arrow_array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray, TimestampMicrosecondArray};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Encoding;
    use parquet::file::properties::{WriterProperties, WriterVersion};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn file(columns: Vec<(&str, ArrayRef)>, properties: WriterProperties) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    fn check(bytes: Vec<u8>) -> Read {
        read_bytes(bytes, "t.parquet", &ReadOptions::default()).unwrap()
    }

    #[test]
    fn lists_are_left_out_with_a_warning_and_dates_keep_their_times() {
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)]), None]);
        let moments = TimestampMicrosecondArray::from(vec![1_262_304_000_000_000, 1_262_304_060_000_000]);
        let bytes = file(
            vec![
                ("id", Arc::new(Int64Array::from(vec![7, 8]))),
                ("tags", Arc::new(list)),
                ("dob", Arc::new(moments)),
            ],
            WriterProperties::default(),
        );
        let read = check(bytes);
        let names: Vec<_> = read.table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "dob"]);
        assert_eq!(
            (read.issues[0].kind, read.issues[0].column.as_deref()),
            (IssueKind::NestedColumn, Some("tags"))
        );
        assert_eq!(read.table.columns[1].get(0), Some("2010-01-01"));
        assert_eq!(read.table.columns[1].get(1), Some("2010-01-01 00:01:00"));
    }

    #[test]
    fn a_file_without_rows_is_empty() {
        let bytes =
            file(vec![("id", Arc::new(Int64Array::from(Vec::<i64>::new())))], WriterProperties::default());
        let fault = read_bytes(bytes, "t.parquet", &ReadOptions::default()).unwrap_err();
        assert_eq!(
            (fault.code, fault.what.as_str()),
            (FaultCode::FileEmpty, "t.parquet has columns and no rows")
        );
    }

    #[test]
    fn a_page_that_claims_more_lengths_than_rows_is_damaged_and_asks_for_no_memory() {
        for encoding in [Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY] {
            let cells: ArrayRef =
                Arc::new(StringArray::from_iter_values((0..300).map(|row| format!("name {row}"))));
            let properties =
                WriterProperties::builder().set_dictionary_enabled(false).set_encoding(encoding).build();
            let mut bytes = file(vec![("x", cells)], properties);
            assert_eq!(check(bytes.clone()).table.n_rows, 300);
            // blocks of 128 in four parts, 300 values
            let header = [0x80, 1, 4, 0xAC, 2];
            let at = bytes.windows(5).position(|window| window == header).unwrap();
            bytes[at + 3..at + 8].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF, 0x7F]);
            let fault = read_bytes(bytes, "t.parquet", &ReadOptions::default()).unwrap_err();
            assert_eq!(fault.code, FaultCode::Truncated);
        }
    }

    #[test]
    fn a_page_header_that_claims_more_than_the_file_holds_is_damaged_at_once() {
        let columns: [ArrayRef; 2] =
            [Arc::new(Int64Array::from(vec![1; 300])), Arc::new(StringArray::from(vec!["name"; 300]))];
        for column in columns {
            let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
            let mut bytes = file(vec![("x", column)], properties);
            assert_eq!(check(bytes.clone()).table.n_rows, 300);
            // the first page header stands behind the four bytes that every file begins with; a field of no meaning, a list of
            // 2,147,483,647 numbers of eight bytes, or of as many truth values
            for kind in [0xF7, 0xF2] {
                bytes[4..11].copy_from_slice(&[0xF9, kind, 0xFF, 0xFF, 0xFF, 0xFF, 0x07]);
                refused(bytes.clone());
            }
        }
    }

    #[test]
    fn a_page_that_claims_to_unpack_to_more_than_any_memory_is_damaged_and_asks_for_none() {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..300));
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_compression(Compression::SNAPPY)
            .build();
        let bytes = file(vec![("x", column)], properties);
        assert_eq!(check(bytes.clone()).table.n_rows, 300);
        // the first page header stands behind four bytes: its kind, then its size unpacked, of two bytes
        assert_eq!((&bytes[4..7], bytes[8] >= 0x80), (&[0x15, 0, 0x15][..], false));
        let claims = [&bytes[..7], &[0xFE, 0xFF, 0xFF, 0xFF, 0xF], &bytes[9..]].concat();
        let header = |bytes: Vec<u8>| Content::Memory(bytes.into()).get_read(4).map(drop);
        assert!(header(bytes).is_ok() && header(claims.clone()).is_err(), "before the library makes room");
        refused(claims);
    }

    #[test]
    fn a_list_of_columns_that_claims_truth_values_without_end_is_damaged_at_once() {
        let mut bytes =
            file(vec![("x", Arc::new(Int64Array::from(vec![1; 300])))], WriterProperties::default());
        let end = bytes.len() - 8;
        let footer = u32::from_le_bytes(bytes[end..end + 4].try_into().unwrap());
        let list = [0xF9, 0xF2, 0xFF, 0xFF, 0xFF, 0xFF, 0x07];
        // in front of the last byte, with which the list of columns ends
        bytes.splice(end - 1..end - 1, list.repeat(1_000));
        let end = bytes.len() - 8;
        bytes[end..end + 4].copy_from_slice(&(footer + 7_000).to_le_bytes());
        refused(bytes);
    }

    /// Both ways of reading say that the file is damaged.
    fn refused(bytes: Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        std::fs::write(&path, &bytes).unwrap();
        let on_disk = super::super::read(&path, &ReadOptions::default()).unwrap_err();
        let in_memory = read_bytes(bytes, "t.parquet", &ReadOptions::default()).unwrap_err();
        assert_eq!((on_disk.code, in_memory.code), (FaultCode::Truncated, FaultCode::Truncated));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        /// Whatever way a writer chooses: plain, with a dictionary, with one that was given up in the middle, with
        /// another encoding, in pages of either version, in one row group or many, with gaps or without.
        #[test]
        fn text_is_read_back_from_every_layout(
            cells in proptest::collection::vec(proptest::option::of("[abé]{0,3}|long value [a-z]{0,20}"), 1..300),
            gaps in any::<bool>(),
            second_version in any::<bool>(),
            dictionary in any::<bool>(),
            delta in any::<bool>(),
            dictionary_size in 1_usize..2_000,
            page_rows in 1_usize..100,
            group_rows in 1_usize..400,
            compression in prop::sample::select(vec![Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(parquet::basic::ZstdLevel::default())]),
        ) {
            let array: StringArray = if gaps {
                cells.iter().map(|cell| cell.as_deref()).collect()
            } else {
                StringArray::from_iter_values(cells.iter().map(|cell| cell.as_deref().unwrap_or("none")))
            };
            let mut properties = WriterProperties::builder()
                .set_writer_version(if second_version { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 })
                .set_compression(compression)
                .set_dictionary_enabled(dictionary)
                .set_dictionary_page_size_limit(dictionary_size)
                .set_write_batch_size(8)
                .set_data_page_row_count_limit(page_rows)
                .set_max_row_group_row_count(Some(group_rows));
            if delta {
                properties = properties.set_encoding(Encoding::DELTA_BYTE_ARRAY);
            }
            let twin = Column::from_rows("x", array.iter());
            let read = check(file(vec![("x", Arc::new(array) as ArrayRef)], properties.build()));
            prop_assert_eq!(&read.table.columns[0].codes, &twin.codes);
            prop_assert!(read.table.columns[0].values.iter().eq(twin.values.iter()));
        }
    }
}
