//! Which record a row is about.

use super::super::spec::{Spec, Table};
use super::super::{Batch, Nesting};
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
    pub(super) fn new(spec: &Spec, table: &Table, batch: &'a Batch, file: usize) -> Self {
        let column = |name: &str| {
            let at = table.columns.iter().position(|column| column.name == name)?;
            let found = batch.columns.iter().position(|column| *column == Some(at))?;
            Some(&batch.rows.columns[found])
        };
        let by = |column: &'a Column| {
            Self::Column(column, column.values.iter().map(|id| hash_of(id.trim())).collect())
        };
        if let Some(column) = table.record.as_deref().and_then(column) {
            return by(column);
        }
        if let Some(nesting) = &batch.nesting {
            return Self::Nesting(&nesting.person, file);
        }
        let parent = table.parent.as_deref().and_then(|parent| spec.table(parent));
        let key = parent.and_then(|parent| parent.key.as_deref().or(parent.record.as_deref()));
        key.and_then(column).map_or(Self::Unknown, by)
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
