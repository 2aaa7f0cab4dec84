//! Parquet out, of a table that comes in pieces and is never whole in memory.

use super::arrow::{MANY_DISTINCT, Stored};
use super::parquet::{GROUP_ROWS, Groups};
use super::part::write_file;
use super::scratch::{Block, BlockReader, Place, Scratch};
use super::{OutColumn, OutValues};
use parquet::errors::ParquetError;
use plait_types::{Fault, Interner, NULL, Table, Values};
use std::io;
use std::path::{Path, PathBuf};

/// A Parquet file of text columns with the bytes that [`write_parquet`](super::write_parquet) would write of all rows
/// together, values that no row has apart. How a column is stored depends on all its rows, so pieces wait on disk until
/// the last has come.
pub struct PiecesFile {
    path: PathBuf,
    scratch: Scratch,
    columns: Vec<PiecesColumn>,
    pieces: Vec<Place>,
    n_rows: usize,
}

struct PiecesColumn {
    name: String,
    is_there: bool,
    /// Distinct values, up to as many as matter.
    distinct: Interner,
}

impl PiecesFile {
    /// A file for pieces that have some of these columns. A column that none of them has is left out.
    pub fn create(path: &Path, columns: &[&str]) -> Result<Self, Fault> {
        let column = |name: &&str| PiecesColumn {
            name: (*name).to_owned(),
            is_there: false,
            distinct: Interner::default(),
        };
        let scratch = Scratch::create(&path.with_added_extension("pieces"))?;
        let columns = columns.iter().map(column).collect();
        Ok(Self { path: path.to_owned(), scratch, columns, pieces: Vec::new(), n_rows: 0 })
    }

    /// Rows so far.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Adds the rows of a table; a column that it does not have is null in them.
    ///
    /// # Panics
    ///
    /// If the table has a column that the file does not have.
    pub fn append(&mut self, rows: &Table) -> Result<(), Fault> {
        let known = |name: &str| self.columns.iter().any(|column| column.name == name);
        assert!(rows.columns.iter().all(|column| known(&column.name)), "rows have the columns of their file");
        let mut block = Block::default();
        block.number(rows.n_rows as u64);
        for column in &mut self.columns {
            let found = rows.column(&column.name);
            block.number(u64::from(found.is_some()));
            let Some(found) = found else { continue };
            block.codes(&found.codes);
            block.values(&found.values);
            column.is_there = true;
            let mut values = found.values.iter();
            while column.distinct.values().len() < MANY_DISTINCT
                && let Some(value) = values.next()
            {
                column.distinct.intern(value);
            }
        }
        self.pieces.push(self.scratch.append(&block)?);
        self.n_rows += rows.n_rows;
        Ok(())
    }

    /// Writes the file. `notes` go into its footer.
    pub fn finish(self, notes: &[(String, String)]) -> Result<(), Fault> {
        let Self { path, mut scratch, columns, pieces, n_rows } = self;
        let columns_of_file: Vec<(&str, Stored)> = columns
            .iter()
            .filter(|column| column.is_there)
            .map(|column| (column.name.as_str(), Stored::text(n_rows, column.distinct.values().len())))
            .collect();
        write_file(&path, |file| {
            let mut groups = Groups::begin(file, &columns_of_file, notes).map_err(io::Error::other)?;
            let mut rows = Rows::new(columns_of_file.len());
            for place in pieces {
                rows.read(&scratch.read(place)?, &columns);
                while rows.n_rows >= GROUP_ROWS {
                    rows.write(&mut groups, GROUP_ROWS).map_err(io::Error::other)?;
                }
            }
            if rows.n_rows > 0 || n_rows == 0 {
                rows.write(&mut groups, rows.n_rows).map_err(io::Error::other)?;
            }
            groups.end().map_err(io::Error::other)
        })
    }
}

/// Rows that wait for their group: of each column that the file has, their codes and the values. The values of two pieces
/// stand one after the other, so that one may be there twice, which a group does not show.
struct Rows {
    columns: Vec<(Vec<u32>, Values)>,
    n_rows: usize,
}

impl Rows {
    fn new(n_columns: usize) -> Self {
        Self { columns: vec![(Vec::new(), Values::default()); n_columns], n_rows: 0 }
    }

    fn read(&mut self, piece: &[u8], columns: &[PiecesColumn]) {
        let mut piece = BlockReader::new(piece);
        self.n_rows += piece.number() as usize;
        let mut of_file = self.columns.iter_mut();
        for column in columns {
            let has_piece = piece.number() == 1;
            if !column.is_there {
                continue;
            }
            let (codes, values) = of_file.next().expect("the file has the columns that are there");
            if has_piece {
                let before = values.len() as u32;
                codes.extend(
                    piece.codes().iter().map(|&code| if code == NULL { NULL } else { before + code }),
                );
                piece.each_value(|value| values.push(value));
            } else {
                codes.resize(self.n_rows, NULL);
            }
        }
    }

    /// Writes the first rows as a group.
    fn write<W: io::Write + Send>(
        &mut self,
        groups: &mut Groups<W>,
        n_rows: usize,
    ) -> Result<(), ParquetError> {
        let columns: Vec<OutColumn<'_>> = self
            .columns
            .iter()
            .map(|(codes, values)| OutColumn {
                name: String::new(),
                values: OutValues::codes(codes.as_slice(), values),
            })
            .collect();
        groups.write(&columns, 0..n_rows)?;
        for (codes, values) in &mut self.columns {
            let mut left = Interner::default();
            let code_of = |&code: &u32| if code == NULL { NULL } else { left.intern(values.get(code)) };
            *codes = codes[n_rows..].iter().map(code_of).collect();
            *values = left.into_values();
        }
        self.n_rows -= n_rows;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::{OutTable, write_parquet};
    use plait_types::Column;

    /// Writes rows whole and in pieces of `size`, and holds the bytes against each other.
    #[track_caller]
    fn check(n_rows: usize, size: usize, cells: [&dyn Fn(usize) -> Option<String>; 3]) {
        let names = ["id", "kind", "late"];
        let folder = tempfile::tempdir().unwrap();
        let table = |rows: std::ops::Range<usize>| {
            let column = |(name, cell): (&&str, &&dyn Fn(usize) -> Option<String>)| {
                Column::from_rows(*name, rows.clone().map(cell))
            };
            let columns = names.iter().zip(&cells).map(column).filter(|column| !column.values.is_empty());
            Table { name: "x".into(), columns: columns.collect(), n_rows: rows.len() }
        };
        let (whole, pieces) = (folder.path().join("whole.parquet"), folder.path().join("pieces.parquet"));
        let all = table(0..n_rows);
        let mut out = OutTable::of(&all);
        out.metadata = vec![("a".into(), "b".into())];
        write_parquet(&whole, &out).unwrap();
        let mut file = PiecesFile::create(&pieces, &names).unwrap();
        for start in (0..n_rows).step_by(size) {
            file.append(&table(start..n_rows.min(start + size))).unwrap();
        }
        assert_eq!(file.n_rows(), n_rows);
        file.finish(&[("a".into(), "b".into())]).unwrap();
        assert!(std::fs::read(&whole).unwrap() == std::fs::read(&pieces).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn a_table_in_pieces_gives_the_bytes_of_the_whole_table() {
        let id = |row: usize| Some(format!("{row:07}"));
        let kind = |row: usize| (row % 7 < 6).then(|| format!("kind {}", row % 7));
        let late = |row: usize| (row > 70_000).then(|| (row / 3).to_string());
        check(100_000, 30_000, [&id, &kind, &late]);
        check(100_000, 100_000, [&id, &kind, &|_| None]);
        // more than one group, whose ends are not those of pieces
        check(GROUP_ROWS + 90_000, 400_000, [&kind, &kind, &late]);
    }

    #[test]
    fn a_column_of_many_distinct_values_in_few_rows_each_is_stored_as_in_the_whole_table() {
        let of_size = |n: usize| move |row: usize| Some((row % n).to_string());
        check(140_000, 20_000, [&of_size(MANY_DISTINCT), &of_size(MANY_DISTINCT - 1), &of_size(35_001)]);
    }

    #[test]
    fn a_file_of_pieces_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(PiecesFile::create(&folder.path().join("a.parquet"), &["a"]).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
