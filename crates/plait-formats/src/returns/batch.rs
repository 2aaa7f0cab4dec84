//! Rows of one table of a return, as a container holds them.

use plait_types::{Fault, Issue, Table};
use std::sync::Arc;

/// Some rows of one table, as they stand in the file: nothing is standardised, checked or left out.
///
/// A table comes in one batch or in many; the batches of a file come in file order. Values are interned within a batch.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Index in [`Spec::tables`](super::Spec::tables).
    pub table: usize,
    /// The file, with the sheet or the name within an archive where there is one; for messages.
    pub file: Arc<str>,
    /// The rows. Columns are named as in the spec where the spec knows them, else by their header.
    pub rows: Table,
    /// For each column of `rows`, its index in the columns of the spec's table; `None` where the spec does not
    /// know it.
    pub columns: Vec<Option<usize>>,
    /// For each row its line in the file (text), the line where its element starts (XML) or its row (sheets, Parquet),
    /// from 1.
    pub lines: Vec<u64>,
    /// Where rows belong by nesting, in XML and JSON; `None` where their own columns say it.
    pub nesting: Option<Nesting>,
}

/// Where the rows of a nested container belong. Numbers count from 0 over the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nesting {
    /// For each row, the number of the person element that it is or is in; [`NO_ROW`](Self::NO_ROW) outside any.
    pub person: Vec<u32>,
    /// For each row, its own number among the rows of its table.
    pub own: Vec<u32>,
    /// For each row, the number of the row of the parent table that it is in; [`NO_ROW`](Self::NO_ROW) for none.
    pub parent: Vec<u32>,
}

impl Nesting {
    /// Stands for no row.
    pub const NO_ROW: u32 = u32::MAX;
}

/// Where container readers put what they find.
pub trait BatchSink {
    /// Takes the next batch. A fault stops the reading.
    fn batch(&mut self, batch: Batch) -> Result<(), Fault>;

    /// Takes the header of a table in a file that has one: for each column its name as it stands there, and its index in the
    /// columns of the spec's table, if the spec knows it. Containers without headers give none.
    fn header(&mut self, _file: &Arc<str>, _table: usize, _names: &[String], _columns: &[Option<usize>]) {}

    /// Takes a finding of the container: ragged rows that were set aside, bytes that are not text, unknown elements.
    fn issue(&mut self, issue: Issue);

    /// Takes note of rows of a table, an index in the spec, that are in the file and in no batch.
    fn set_aside(&mut self, table: usize, n_rows: u64);
}
