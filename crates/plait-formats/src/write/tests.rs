//! What is written is what is read back.

use super::*;
use crate::read::{ReadOptions, read};
use plait_types::{Column, FaultCode};
use std::fs;
use std::path::Path;

fn column(name: &str, cells: &[&str]) -> Column {
    Column::from_rows(name, cells.iter().map(|cell| Some(*cell)))
}

/// Two rows with all that is awkward in a spreadsheet.
fn table(names: &Column) -> OutTable<'_> {
    let mut ids = Values::default();
    ids.push("0012");
    ids.push("");
    OutTable::new()
        .with("name", OutValues::codes(&names.codes[..], &names.values))
        .with("id", ids)
        .with("weight", vec![0.25, f64::NAN])
        .with("row", vec![1_u32, 2])
        .with("delta", vec![-5_i64, 7])
}

fn shown(path: &Path) -> Vec<Vec<String>> {
    let table = read(path, &ReadOptions::default()).unwrap().table;
    let names = table.columns.iter().map(|column| column.name.clone()).collect();
    let cells = |row| table.columns.iter().map(|column| column.get(row).unwrap_or(".").to_owned()).collect();
    [names].into_iter().chain((0..table.n_rows).map(cells)).collect()
}

#[test]
fn every_format_gives_back_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let names = column("name", &["=1+1, \"Zoë\"", ""]);
    let expected = [
        vec!["name", "id", "weight", "row", "delta"],
        vec!["=1+1, \"Zoë\"", "0012", "0.25", "1", "-5"],
        vec![".", ".", ".", "2", "7"],
    ];
    let path = |name: &str| folder.path().join(name);
    write_parquet(&path("a.parquet"), &table(&names)).unwrap();
    write_csv(&path("b.csv"), &table(&names), CsvStyle::Plain).unwrap();
    write_csv(&path("c.csv"), &table(&names), CsvStyle::Excel).unwrap();
    write_xlsx(
        &path("d.xlsx"),
        &[OutSheet { name: "people".to_owned(), table: table(&names), kinds: Vec::new() }],
    )
    .unwrap();
    for file in ["a.parquet", "b.csv", "c.csv", "d.xlsx"] {
        assert_eq!(shown(&path(file)), expected, "{file}");
    }
    assert!(fs::read(path("c.csv")).unwrap().starts_with(&[0xEF, 0xBB, 0xBF]));
    assert!(fs::read(path("b.csv")).unwrap().starts_with(b"name,id"));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 4, "temporary files are left behind");
}

/// A table with a repetitive column, a varied one, numbers and gaps.
fn long_table(rows: usize) -> (Column, Column, Vec<f64>) {
    let sexes = Column::from_rows("sex", (0..rows).map(|row| ["F", "M", ""].get(row % 3).copied()));
    let names =
        Column::from_rows("name", (0..rows).map(|row| (row % 11 != 0).then(|| format!("name {row}"))));
    (sexes, names, (0..rows).map(|row| (row % 100) as f64 / 8.0).collect())
}

#[test]
fn the_bytes_do_not_depend_on_threads_or_on_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let (sexes, names, weights) = long_table(30_000);
    let table = OutTable::new()
        .with("sex", OutValues::codes(&sexes.codes[..], &sexes.values))
        .with("name", OutValues::codes(&names.codes[..], &names.values))
        .with("weight", weights);
    let mut written = Vec::new();
    for threads in [1, 2, 7] {
        let path = folder.path().join(format!("{threads}"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| write_parquet(&path, &table)).unwrap();
        let parquet = fs::read(&path).unwrap();
        pool.install(|| {
            write_xlsx(&path, &[OutSheet { name: "s".to_owned(), table: table.clone(), kinds: Vec::new() }])
        })
        .unwrap();
        written.push((parquet, fs::read(&path).unwrap()));
    }
    assert_eq!(written[0], written[1]);
    assert_eq!(written[0], written[2]);
}

#[test]
fn several_row_groups_and_both_ways_of_storing_text_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let rows = (1 << 20) + 1_000;
    let codes: Vec<u32> = (0..rows).map(|row| if row % 5 == 4 { NULL } else { (row % 3) as u32 }).collect();
    let mut few = Values::default();
    ["x", "y", "z"].iter().for_each(|value| few.push(value));
    let mut many = Values::default();
    (0..rows).for_each(|row| many.push(&row.to_string()));
    let path = folder.path().join("long.parquet");
    let table = OutTable {
        metadata: vec![("plait.layout".to_owned(), "1".to_owned())],
        ..OutTable::new()
            .with("few", OutValues::codes(codes, &few))
            .with("many", OutValues::Text(Cow::Borrowed(&many)))
    };
    write_parquet(&path, &table).unwrap();
    let read = read(&path, &ReadOptions::default()).unwrap().table;
    assert_eq!(read.n_rows, rows);
    for row in [0, 3, 4, 65_535, 65_536, (1 << 20) - 1, 1 << 20, rows - 1] {
        let expected = (row % 5 != 4).then(|| ["x", "y", "z"][row % 3]);
        assert_eq!(read.columns[0].get(row), expected);
        assert_eq!(read.columns[1].get(row), Some(row.to_string().as_str()));
    }
}

#[test]
fn a_long_sheet_is_written_and_one_that_excel_cannot_hold_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.xlsx");
    let sheet = |rows: usize| OutSheet {
        name: "rows".to_owned(),
        table: OutTable::new().with("row", (0..rows as u32).collect::<Vec<_>>()),
        kinds: Vec::new(),
    };
    write_xlsx(&path, &[sheet(20_001)]).unwrap();
    assert_eq!(read(&path, &ReadOptions::default()).unwrap().table.n_rows, 20_001);
    let fault = write_xlsx(&path, &[sheet(MAX_SHEET_ROWS + 1)]).unwrap_err();
    assert_eq!(fault.code, FaultCode::CannotWrite);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_table_without_rows_has_its_header() {
    let folder = tempfile::tempdir().unwrap();
    let empty = || OutTable::new().with("a", Vec::<f64>::new()).with("b", Values::default());
    for file in ["a.parquet", "a.csv", "a.xlsx"] {
        let path = folder.path().join(file);
        match file {
            "a.parquet" => write_parquet(&path, &empty()).unwrap(),
            "a.csv" => write_csv(&path, &empty(), CsvStyle::Plain).unwrap(),
            _ => write_xlsx(&path, &[OutSheet { name: "s".to_owned(), table: empty(), kinds: Vec::new() }])
                .unwrap(),
        }
        assert_eq!(read(&path, &ReadOptions::default()).unwrap_err().code, FaultCode::FileEmpty, "{file}");
    }
}

#[test]
fn only_a_whole_file_is_at_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.xlsx");
    let sheet = OutSheet {
        name: "a name that is [not] allowed".to_owned(),
        table: OutTable::new().with("a", vec![1.0]),
        kinds: Vec::new(),
    };
    assert_eq!(write_xlsx(&path, &[sheet]).unwrap_err().code, FaultCode::CannotWrite);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
