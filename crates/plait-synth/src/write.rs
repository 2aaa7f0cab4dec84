//! The two sources as files.

use crate::TwoSources;
use crate::source::SOCIAL_CARE;
use plait_formats::write::{CsvStyle, OutTable, write_csv, write_parquet};
use plait_types::{Fault, FaultCode, Table};
use std::fs::File;
use std::io::Read as _;
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
/// made if it is not there; those of made-up people before are replaced. Gives their paths in this order.
///
/// Fails with `E052` where the folder or a file cannot be written, and with `E054` where other files stand there.
pub fn write_two_sources(made: &TwoSources, folder: &Path, format: Format) -> Result<Vec<PathBuf>, Fault> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Fault::new(
            FaultCode::CannotWrite,
            format!("the folder for the made-up people cannot be made: {}", error.kind()),
            "choose a folder that you may write to",
        )
        .at(folder.display().to_string())
    })?;
    let tables = || made.sources.iter().chain([&made.truth]);
    let was_made_up = holds_truth(folder, &made.truth);
    if !was_made_up
        && let Some(path) = tables().map(|table| place(table, folder, format)).find(|p| p.exists())
    {
        return Err(would_replace(&path));
    }
    let wrote: Vec<PathBuf> =
        tables().map(|table| write_table(table, folder, format)).collect::<Result<_, _>>()?;
    if was_made_up {
        // the same source in the format of before, which the new truth does not fit
        let other = if format == Format::Csv { Format::Parquet } else { Format::Csv };
        let stale = tables().map(|table| place(table, folder, other)).filter(|path| !wrote.contains(path));
        stale.for_each(|path| drop(std::fs::remove_file(path)));
    }
    Ok(wrote)
}

/// Whether a folder holds a truth table of made-up people: its columns are those of no other table.
fn holds_truth(folder: &Path, truth: &Table) -> bool {
    let headers: Vec<&str> = truth.columns.iter().map(|column| column.name.as_str()).collect();
    starts_with_line(&folder.join(format!("{}.csv", truth.name)), &headers.join(","))
}

/// Whether a file begins with a line.
pub(crate) fn starts_with_line(path: &Path, line: &str) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(line.len() as u64 + 1).read_to_end(&mut start));
    read.is_ok() && start.strip_prefix(line.as_bytes()).is_some_and(|rest| matches!(rest, b"\n" | b"\r"))
}

/// The fault of a file that no made-up people before left behind.
pub(crate) fn would_replace(path: &Path) -> Fault {
    Fault::new(
        FaultCode::WouldReplace,
        format!("{} is there already, and it is of nobody who was made up", path.display()),
        "name a new folder with --out, or move what is there away",
    )
    .because("what is there would be lost, or mixed with people who do not exist")
}

fn place(table: &Table, folder: &Path, format: Format) -> PathBuf {
    let is_parquet = format == Format::Parquet && table.name == SOCIAL_CARE;
    folder.join(format!("{}.{}", table.name, if is_parquet { "parquet" } else { "csv" }))
}

fn write_table(table: &Table, folder: &Path, format: Format) -> Result<PathBuf, Fault> {
    let out = OutTable::of(table);
    let path = place(table, folder, format);
    if path.extension().is_some_and(|extension| extension == "parquet") {
        write_parquet(&path, &out)?;
    } else {
        write_csv(&path, &out, CsvStyle::Plain)?;
    }
    Ok(path)
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

    #[test]
    fn a_folder_of_made_up_people_is_made_anew_and_other_files_are_left_alone() {
        let made = two_sources(&People::of(20, 1));
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_two_sources(&made, folder.path(), Format::Csv).expect("a new folder");
        write_two_sources(&made, folder.path(), Format::Parquet).expect("a folder of its own");
        assert!(!folder.path().join("social_care.csv").exists(), "it is of the format of before");
        std::fs::write(folder.path().join("truth.csv"), "source,record,entity\n").expect("written");
        let fault = write_two_sources(&made, folder.path(), Format::Csv).expect_err("a truth of somebody");
        assert_eq!(fault.code, FaultCode::WouldReplace);
        assert_eq!(std::fs::read(folder.path().join("truth.csv")).expect("there"), b"source,record,entity\n");
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
