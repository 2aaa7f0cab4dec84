//! One CSV file that grows row by row.

use plait_formats::write::write_file;
use plait_types::Fault;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A CSV file in the making. Kept in memory: the largest of a borough of 100,000 children is some 40 MB.
pub(super) struct Sheet {
    file: String,
    header: &'static [&'static str],
    text: csv::Writer<Vec<u8>>,
    rows: usize,
}

impl Sheet {
    /// An empty file with its header row.
    pub(super) fn new(file: impl Into<String>, header: &'static [&'static str]) -> Self {
        let mut text = csv::Writer::from_writer(Vec::new());
        text.write_record(header).expect("writing to memory cannot fail");
        Self { file: file.into(), header, text, rows: 0 }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row: names and values of cells in the order of the header; the columns in between stay empty.
    pub(super) fn row(&mut self, cells: &[(&str, &str)]) {
        let mut cells = cells.iter().peekable();
        for column in self.header {
            let value = cells.next_if(|(name, _)| name == column).map_or("", |(_, value)| value);
            self.text.write_field(value).expect("writing to memory cannot fail");
        }
        if let Some((name, _)) = cells.next() {
            panic!("{} has no column {name} here", self.file);
        }
        self.text.write_record(None::<&[u8]>).expect("every column was written");
        self.rows += 1;
    }

    /// Writes the file into a folder.
    pub(super) fn write(self, folder: &Path) -> Result<PathBuf, Fault> {
        let path = folder.join(&self.file);
        let bytes = self.text.into_inner().expect("writing to memory cannot fail");
        write_file(&path, |file| file.write_all(&bytes))?;
        Ok(path)
    }
}

/// Writes text as a file of a folder.
pub(super) fn write_text(folder: &Path, file: &str, text: &str) -> Result<PathBuf, Fault> {
    let path = folder.join(file);
    write_file(&path, |file| file.write_all(text.as_bytes()))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_under_their_headers_and_commas_are_quoted() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut sheet = Sheet::new("a.csv", &["id", "name", "born", "note"]);
        sheet.row(&[("id", "1"), ("born", "2020-04-05"), ("note", "a, b")]);
        sheet.row(&[]);
        assert_eq!(sheet.rows(), 2);
        let path = sheet.write(folder.path()).expect("a folder that can be written");
        let text = std::fs::read_to_string(path).expect("written");
        assert_eq!(text, "id,name,born,note\n1,,2020-04-05,\"a, b\"\n,,,\n");
    }

    #[test]
    #[should_panic(expected = "a.csv has no column id here")]
    fn a_cell_without_a_column_is_a_mistake_of_ours() {
        Sheet::new("a.csv", &["id", "name"]).row(&[("name", "x"), ("id", "1")]);
    }
}
