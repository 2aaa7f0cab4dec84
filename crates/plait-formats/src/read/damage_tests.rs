//! Files of each kind as they should be, cut short, and with bytes changed: a table or a fault, never a panic.

use super::*;
use crate::write::{CsvStyle, OutSheet, OutTable, OutValues, write_csv, write_parquet, write_xlsx};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use plait_types::Column;
use proptest::prelude::*;
use std::fs;
use std::sync::{Arc, LazyLock};

/// One small valid file of each kind, all with the same rows.
static FILES: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(|| {
    let names =
        Column::from_rows("name", (0..40).map(|row| (row % 4 != 0).then(|| format!("name {}", row % 7))));
    let dates = Column::from_rows("dob", (0..40).map(|row| Some(format!("2010-01-{:02}", row % 28 + 1))));
    let table = OutTable::new()
        .with("name", OutValues::codes(&names.codes[..], &names.values))
        .with("dob", OutValues::codes(&dates.codes[..], &dates.values))
        .with("weight", (0..40).map(|row| f64::from(row) / 4.0).collect::<Vec<_>>())
        .with("row", (0..40).collect::<Vec<u32>>());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut files = Vec::new();
    write_csv(&path, &table, CsvStyle::Excel).unwrap();
    files.push(("t.csv", fs::read(&path).unwrap()));
    write_parquet(&path, &table).unwrap();
    files.push(("t.parquet", fs::read(&path).unwrap()));
    write_xlsx(&path, &[OutSheet { name: "people".to_owned(), table, kinds: Vec::new() }]).unwrap();
    files.push(("t.xlsx", fs::read(&path).unwrap()));
    let cells = |column: &Column| {
        Arc::new((0..40).map(|row| column.get(row).map(str::to_owned)).collect::<StringArray>()) as ArrayRef
    };
    let rows: ArrayRef = Arc::new((0..40).map(Some).collect::<Int64Array>());
    let batch =
        RecordBatch::try_from_iter([("name", cells(&names)), ("dob", cells(&dates)), ("row", rows)]).unwrap();
    let mut file = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    files.push(("t.arrow", file.into_inner().unwrap()));
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    files.push(("t.arrows", stream.into_inner().unwrap()));
    files
});

#[test]
fn the_same_rows_are_read_from_every_kind_of_file() {
    for (file, bytes) in FILES.iter() {
        let read = read_bytes(bytes.clone(), file, &ReadOptions::default()).unwrap();
        assert_eq!((read.table.n_rows, read.rows_in, read.table.name.as_str()), (40, 40, "t"), "{file}");
        assert_eq!(read.issues, [], "{file}");
        assert_eq!(read.table.columns[0].get(0), None);
        assert_eq!(read.table.columns[0].get(5), Some("name 5"), "{file}");
        assert_eq!(read.table.columns[1].get(39), Some("2010-01-12"));
        assert_eq!(read.table.column("row").unwrap().get(39), Some("39"));
        for column in &read.table.columns {
            assert_eq!(column.codes.len(), 40);
        }
    }
}

#[test]
fn columns_can_be_picked_and_names_read_alone_in_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    for (file, bytes) in FILES.iter() {
        let options = ReadOptions { columns: Some(vec!["dob".to_owned()]), ..ReadOptions::default() };
        let read = read_bytes(bytes.clone(), file, &options).unwrap();
        assert_eq!(read.table.columns.len(), 1, "{file}");
        assert_eq!(read.table.columns[0].get(0), Some("2010-01-01"));
        let path = folder.path().join(file);
        fs::write(&path, bytes).unwrap();
        let names = header(&path, &ReadOptions::default()).unwrap();
        assert_eq!(
            (names[0].as_str(), names[1].as_str(), names[names.len() - 1].as_str()),
            ("name", "dob", "row"),
            "{file}"
        );
        let options = ReadOptions { columns: Some(vec!["dbo".to_owned()]), ..ReadOptions::default() };
        let fault = read_bytes(bytes.clone(), file, &options).unwrap_err();
        assert_eq!((fault.code, fault.todo.as_str()), (FaultCode::UnknownColumn, "did you mean \"dob\"?"));
    }
}

#[test]
fn a_wrong_extension_is_noted_and_the_content_read() {
    for (file, bytes) in FILES.iter() {
        let wrong = if *file == "t.csv" { "t.xlsx" } else { "t.csv" };
        let read = read_bytes(bytes.clone(), wrong, &ReadOptions::default()).unwrap();
        assert_eq!(read.table.n_rows, 40);
        assert_eq!(read.issues[0].kind, plait_types::IssueKind::WrongExtension, "{file}");
    }
}

#[test]
fn binary_files_that_were_cut_short_are_called_damaged() {
    for (file, bytes) in FILES.iter().skip(1).filter(|(file, _)| *file != "t.arrows") {
        for keep in [bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let fault = read_bytes(bytes[..keep].to_vec(), file, &ReadOptions::default()).unwrap_err();
            assert_eq!(fault.code, FaultCode::Truncated, "{file} {keep}: {fault}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn a_damaged_file_gives_a_table_or_a_fault(
        which in 0_usize..5,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        keep in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let (file, bytes) = &FILES[which];
        let mut bytes = bytes.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(keep) = keep {
            bytes.truncate(keep.index(bytes.len()).max(1));
        }
        if let Ok(read) = read_bytes(bytes, file, &ReadOptions::default()) {
            for column in &read.table.columns {
                prop_assert_eq!(column.codes.len(), read.table.n_rows);
                prop_assert!(column.codes.iter().all(|&code| code == plait_types::NULL || (code as usize) < column.values.len()));
            }
            let aside: usize = read.issues.iter().map(Issue::rows_set_aside).sum();
            prop_assert_eq!(read.rows_in, read.table.n_rows + aside);
        }
    }

    #[test]
    fn any_bytes_give_a_table_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 1..300), which in 0_usize..5) {
        let (file, valid) = &FILES[which];
        let _ = read_bytes(bytes.clone(), file, &ReadOptions::default());
        // behind the start of a file of that kind
        let mut started = valid[..8].to_vec();
        started.extend(bytes);
        let _ = read_bytes(started, file, &ReadOptions::default());
    }
}
