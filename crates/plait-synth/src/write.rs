//! The two sources as files.

use crate::TwoSources;
use crate::source::SOCIAL_CARE;
use plait_formats::write::{CsvStyle, OutTable, write_csv, write_parquet};
use plait_types::{Fault, FaultCode, Table};
use std::path::{Path, PathBuf};

/// What kind of file social care is written as; schools send CSV in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated text, UTF-8.
    Csv,
    /// Apache Parquet.
    #[default]
    Parquet,
}

/// Writes `school_census.csv`, `social_care.csv` or `.parquet`, and `truth.csv` into a folder, which is
/// made if it is not there; files of these names are replaced. Gives their paths in this order.
///
/// Fails with `E052` where the folder or a file cannot be written.
pub fn write_two_sources(made: &TwoSources, folder: &Path, format: Format) -> Result<Vec<PathBuf>, Fault> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Fault::new(
            FaultCode::CannotWrite,
            format!("the folder for the made-up people cannot be made: {}", error.kind()),
            "choose a folder that you may write to",
        )
        .at(folder.display().to_string())
    })?;
    made.sources.iter().chain([&made.truth]).map(|table| write_table(table, folder, format)).collect()
}

fn write_table(table: &Table, folder: &Path, format: Format) -> Result<PathBuf, Fault> {
    let out = OutTable::of(table);
    if format == Format::Parquet && table.name == SOCIAL_CARE {
        let path = folder.join(format!("{}.parquet", table.name));
        write_parquet(&path, &out)?;
        Ok(path)
    } else {
        let path = folder.join(format!("{}.csv", table.name));
        write_csv(&path, &out, CsvStyle::Plain)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{People, two_sources};
    use plait_formats::read::{ReadOptions, read};

    #[test]
    fn what_is_written_is_read_again_and_the_same_bytes_come_twice() {
        let made = two_sources(&People::of(300, 1));
        for (format, names) in [
            (Format::Csv, ["school_census.csv", "social_care.csv", "truth.csv"]),
            (Format::Parquet, ["school_census.csv", "social_care.parquet", "truth.csv"]),
        ] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let (once, again) = (folder.path().join("a/b"), folder.path().join("again"));
            let paths = write_two_sources(&made, &once, format).expect("a folder that can be written");
            assert_eq!(paths, names.map(|name| once.join(name)));
            write_two_sources(&made, &again, format).expect("a folder that can be written");
            for (path, table) in paths.iter().zip(made.sources.iter().chain([&made.truth])) {
                check_same(
                    &read(path, &ReadOptions::default()).expect("a file that Plait reads").table,
                    table,
                );
                let twin = again.join(path.file_name().expect("a file"));
                assert_eq!(std::fs::read(path).expect("written"), std::fs::read(twin).expect("written"));
            }
        }
    }

    #[track_caller]
    fn check_same(read: &Table, made: &Table) {
        assert_eq!((&read.name, read.n_rows), (&made.name, made.n_rows));
        for (read, made) in read.columns.iter().zip(&made.columns) {
            assert_eq!(read.name, made.name);
            assert!((0..made.codes.len()).all(|row| read.get(row) == made.get(row)), "{}", made.name);
        }
        assert_eq!(read.columns.len(), made.columns.len());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_a_fault_that_says_where() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let fault =
            write_two_sources(&two_sources(&People::of(5, 1)), &file.path().join("demo"), Format::Csv)
                .expect_err("not a folder");
        assert_eq!(fault.code, FaultCode::CannotWrite);
        assert!(fault.place.is_some_and(|place| place.ends_with("demo")));
    }
}
