//! The one way from containers to the sink: counts rows, cuts batches to size, looks for damage.

use super::batch::{Batch, BatchSink, Nesting};
use super::csv_tables::Headers;
use super::damage::Damage;
use super::spec::Spec;
use hashbrown::HashMap;
use plait_types::{Column, Fault, Issue, IssueKind, NULL, Table, Values};
use std::ops::Range;
use std::sync::Arc;

/// A sink that counts.
pub(super) struct Out<'a> {
    spec: &'a Spec,
    sink: &'a mut dyn BatchSink,
    damage: Damage,
    pub(super) counts: Counts,
}

/// Rows of some files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows in the files: those in batches and those set aside.
    pub rows_in: u64,
    /// Rows in batches.
    pub rows_kept: u64,
    /// Rows in no batch; issues say why.
    pub rows_set_aside: u64,
    /// Of these, rows that say how to fill in the form.
    pub rows_of_instructions: u64,
}

impl<'a> Out<'a> {
    pub(super) fn new(spec: &'a Spec, sink: &'a mut dyn BatchSink) -> Self {
        Self { spec, sink, damage: Damage::default(), counts: Counts::default() }
    }

    pub(super) fn spec(&self) -> &'a Spec {
        self.spec
    }

    pub(super) fn rows_in(&mut self, rows: u64) {
        self.counts.rows_in += rows;
    }

    pub(super) fn set_aside(&mut self, table: usize, rows: u64) {
        self.counts.rows_set_aside += rows;
        if rows > 0 {
            self.sink.set_aside(table, rows);
        }
    }

    /// A row below the header of a table says how to fill in the form.
    pub(super) fn instruction(&mut self, table: usize, file: &str, line: u64) {
        self.rows_in(1);
        self.set_aside(table, 1);
        self.counts.rows_of_instructions += 1;
        let message = "the row below the header says how to fill in the form and was set aside";
        self.issue(Issue::new(IssueKind::InstructionRow, file, message).on_lines(vec![line]));
    }

    pub(super) fn header(&mut self, file: &Arc<str>, headers: &Headers<'_>) {
        self.sink.header(file, headers.table(), headers.as_in_the_file(), headers.columns());
    }

    pub(super) fn issue(&mut self, issue: Issue) {
        self.sink.issue(issue);
    }

    pub(super) fn issues(&mut self, issues: impl IntoIterator<Item = Issue>) {
        for issue in issues {
            self.sink.issue(issue);
        }
    }

    /// Passes a batch on, in several where it has more rows than `limit`.
    pub(super) fn batch(&mut self, batch: Batch, limit: usize) -> Result<(), Fault> {
        self.damage.look(&batch, self.spec);
        self.counts.rows_kept += batch.rows.n_rows as u64;
        if batch.rows.n_rows <= limit {
            return self.sink.batch(batch);
        }
        for start in (0..batch.rows.n_rows).step_by(limit) {
            self.sink.batch(slice(&batch, start..batch.rows.n_rows.min(start + limit)))?;
        }
        Ok(())
    }

    /// A file has ended: what was found in its values becomes issues.
    pub(super) fn end_file(&mut self) {
        let issues = self.damage.take_issues();
        self.issues(issues);
    }
}

/// Some rows of a batch, interned among themselves.
fn slice(batch: &Batch, rows: Range<usize>) -> Batch {
    let numbers = |all: &[u32]| all[rows.clone()].to_vec();
    Batch {
        table: batch.table,
        file: batch.file.clone(),
        rows: Table {
            name: batch.rows.name.clone(),
            columns: batch.rows.columns.iter().map(|column| slice_column(column, rows.clone())).collect(),
            n_rows: rows.len(),
        },
        columns: batch.columns.clone(),
        lines: batch.lines[rows.clone()].to_vec(),
        nesting: batch.nesting.as_ref().map(|nesting| Nesting {
            person: numbers(&nesting.person),
            own: numbers(&nesting.own),
            parent: numbers(&nesting.parent),
        }),
    }
}

fn slice_column(column: &Column, rows: Range<usize>) -> Column {
    let mut values = Values::default();
    let mut new_codes: HashMap<u32, u32> = HashMap::new();
    let mut code = |&code: &u32| {
        if code == NULL {
            return NULL;
        }
        *new_codes.entry(code).or_insert_with(|| {
            values.push(column.values.get(code));
            values.len() as u32 - 1
        })
    };
    let codes = column.codes[rows].iter().map(&mut code).collect();
    Column { name: column.name.clone(), codes, values }
}
