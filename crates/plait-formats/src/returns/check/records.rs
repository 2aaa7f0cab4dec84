//! Which record a row is about.

use super::super::{Batch, Nesting};
use super::TablePlan;
use super::across::hash_of;
use super::cells::Cells;
use plait_types::{Column, NULL};

/// Which record each row of a batch is about.
pub(super) enum RecordsOf<'a> {
    /// By the column that says it; with a hash per code.
    Column(&'a Column, Vec<u64>),
    /// By nesting: the person, of this file.
    Nesting(&'a [u32], usize),
    /// Nothing says it.
    Unknown,
}

impl<'a> RecordsOf<'a> {
    /// By the table's own column, else by nesting, else by the column that refers to the parent.
    pub(super) fn new(plan: &TablePlan, batch: &'a Batch, file: usize) -> Self {
        Self::by_column(plan.record, batch)
            .or_else(|| Self::by_nesting(batch, file))
            .or_else(|| Self::by_column(plan.parent_key, batch))
            .unwrap_or(Self::Unknown)
    }

    /// So that rows of two tables can be brought together: by nesting, else by the column that joins the tables.
    pub(super) fn joining(column: Option<usize>, batch: &'a Batch, file: usize) -> Self {
        let by = Self::by_nesting(batch, file).or_else(|| Self::by_column(column, batch));
        by.unwrap_or(Self::Unknown)
    }

    fn by_column(column: Option<usize>, batch: &'a Batch) -> Option<Self> {
        let found = batch.columns.iter().position(|at| at.is_some() && *at == column)?;
        let column = &batch.rows.columns[found];
        Some(Self::Column(column, column.values.iter().map(|id| hash_of(id.trim())).collect()))
    }

    fn by_nesting(batch: &'a Batch, file: usize) -> Option<Self> {
        batch.nesting.as_ref().map(|nesting| Self::Nesting(&nesting.person, file))
    }

    /// Whether something says of which record rows are.
    pub(super) fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown)
    }

    /// Whether it is these cells that tell records apart.
    pub(super) fn is_column(&self, cells: &Cells<'_>) -> bool {
        matches!((self, cells.column), (Self::Column(mine, _), Some(theirs)) if std::ptr::eq(*mine, theirs))
    }

    /// `None` where the row is of no known record.
    pub(super) fn of(&self, row: usize) -> Option<u64> {
        match self {
            Self::Column(column, hashes) => {
                let code = column.codes[row];
                (code != NULL).then(|| hashes[code as usize])
            }
            Self::Nesting(person, file) => {
                (person[row] != Nesting::NO_ROW).then(|| hash_of((person[row], *file)))
            }
            Self::Unknown => None,
        }
    }
}
