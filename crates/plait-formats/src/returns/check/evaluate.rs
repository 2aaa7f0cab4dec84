//! Evaluating the checks of a spec on the rows of a batch.

use super::super::Batch;
use super::across::{KeyedRows, hash_of};
use super::cells::{Cells, at_code};
use super::place::Places;
use super::records::RecordsOf;
use super::rule::{self, Days, Reference, Test, When};
use super::value::{Implied, Judgement, boolean};
use super::{TablePlan, Tally};
use plait_types::NULL;

/// One check on the rows of one batch.
pub(super) struct Evaluation<'a, 'b> {
    pub(super) batch: &'a Batch,
    pub(super) cells: &'a [Cells<'a>],
    pub(super) plan: &'a TablePlan,
    pub(super) reference: Reference,
    pub(super) tally: &'b mut Tally,
    /// Whether files are of several days, so that a value may come again in another.
    pub(super) by_file: bool,
}

impl Evaluation<'_, '_> {
    pub(super) fn run(self, at: usize, test: &Test) {
        let (cells, plan, reference) = (&self.cells[at], &self.plan.columns[at], self.reference);
        match test {
            Test::Present { must, when } => {
                let applies = applies(self.cells, self.plan, when);
                let must = *must;
                self.each(|row| applies(row).then(|| (cells.code(row) != NULL) == must));
            }
            Test::Value(test) => {
                let holds = cells.map(|text, judged| test.holds(text, judged, plan, reference));
                self.each_value(at, &holds);
            }
            Test::NotBefore { other } => {
                let days = |cells: &Cells<'_>| cells.map(|_, judged| judged.date.map(Days::of));
                let (mine, others) = (days(cells), days(&self.cells[*other]));
                let theirs = &self.cells[*other];
                self.each(|row| {
                    let (mine, other) =
                        (at_code(&mine, cells.code(row))?, at_code(&others, theirs.code(row))?);
                    Some(!mine.is_before(other))
                });
            }
            Test::YearOf { other } => {
                let theirs = &self.cells[*other];
                let years = cells.map(rule::year_of);
                let dates = theirs.map(|_, judged| judged.date.map(|date| i64::from(date.year)));
                self.each(|row| {
                    Some(at_code(&years, cells.code(row))? == at_code(&dates, theirs.code(row))?)
                });
            }
            Test::UpnExpected { birth, years, reason } => {
                let births = &self.cells[*birth];
                let is_old = |_: &str, judged: Judgement| {
                    judged.date.map(|date| rule::is_older_than(date, *years, reference))
                };
                let old = births.map(is_old);
                let given = cells.map(|text, judged| Some(rule::is_upn_or_reason(text, judged)));
                let reasons = reason.map(|reason| &self.cells[reason]);
                self.each(|row| {
                    let is_old = at_code(&old, births.code(row)).unwrap_or(false);
                    let has_reason = reasons.is_some_and(|cells| cells.code(row) != NULL);
                    is_old.then(|| has_reason || at_code(&given, cells.code(row)).unwrap_or(false))
                });
            }
            Test::Unique { .. } | Test::UniqueRow | Test::SameForRecord | Test::OnlyWhenAll { .. } => {
                unreachable!("checks across rows have their own way")
            }
        }
    }

    /// Counts rows by what holds of each: `None` for rows that the check is not about.
    fn each(self, holds: impl Fn(usize) -> Option<bool>) {
        for row in 0..self.batch.rows.n_rows {
            if let Some(holds) = holds(row) {
                self.tally.n_checked += 1;
                if !holds {
                    self.tally.add(self.batch.lines[row]);
                }
            }
        }
    }

    /// The same, of what holds of each value.
    fn each_value(self, at: usize, holds: &[Option<bool>]) {
        let cells = &self.cells[at];
        if holds.iter().all(|holds| *holds == Some(true)) {
            self.tally.n_checked += cells.n_present();
        } else {
            self.each(|row| at_code(holds, cells.code(row)));
        }
    }

    /// `records` is `None` where the values are themselves what tells records apart.
    pub(super) fn unique(
        self,
        at: usize,
        not_values: &[String],
        records: Option<&RecordsOf<'_>>,
        store: &mut KeyedRows,
        places: &Places,
    ) {
        let (cells, kind) = (&self.cells[at], self.plan.columns[at].kind);
        let keys = cells.map(|text, judged| {
            let is_value = !rule::is_nobodys(text, judged, not_values);
            is_value.then(|| hash_of(rule::shared_form(kind, text).as_ref()))
        });
        // numbers of two organisations are not the same
        let within = self.plan.record_within.filter(|_| records.is_none());
        let within = within.and_then(|within| self.batch.columns.iter().position(|at| *at == Some(within)));
        let within = within.map(|found| &self.batch.rows.columns[found]);
        for (row, &code) in cells.codes.iter().enumerate() {
            let Some(key) = at_code(&keys, code) else { continue };
            let key = within.map_or(key, |within| hash_of((key, within.get(row).map(str::trim))));
            let key = if self.by_file { hash_of((key, &*self.batch.file)) } else { key };
            let place = places.place(self.batch.lines[row]);
            let record = records.and_then(|records| records.of(row));
            store.add(key, record.map_or_else(|| places.number(row), |record| record as u32), place);
            self.tally.n_checked += 1;
        }
    }

    /// Rows are the same where they have the same values under the same headers, in whatever order these stand.
    pub(super) fn unique_row(self, at: usize, store: &mut KeyedRows, places: &Places) {
        let mut keys = vec![0_u64; self.batch.rows.n_rows];
        for column in &self.batch.rows.columns {
            let of_values: Vec<u64> =
                column.values.iter().map(|text| hash_of((column.name.as_str(), text.trim()))).collect();
            for (key, &code) in keys.iter_mut().zip(&column.codes).filter(|(_, code)| **code != NULL) {
                *key = key.wrapping_add(of_values[code as usize]);
            }
        }
        for (row, key) in keys.into_iter().enumerate().filter(|(row, _)| self.cells[at].code(*row) != NULL) {
            store.add(key, places.number(row), places.place(self.batch.lines[row]));
            self.tally.n_checked += 1;
        }
    }

    pub(super) fn same_for_record(
        self,
        at: usize,
        records: &RecordsOf<'_>,
        store: &mut KeyedRows,
        places: &Places,
    ) {
        let cells = &self.cells[at];
        // dates by what they mean, so that two ways of writing one are the same
        let values = cells.map(|text, judged| match (judged.date, judged.objection) {
            (_, Some(Implied::Placeholder(_))) => None,
            (Some(date), _) => Some(hash_of(date) as u32),
            (None, _) => Some(hash_of(self.plan.columns[at].canonical(text)) as u32),
        });
        for (row, &code) in cells.codes.iter().enumerate() {
            if let (Some(value), Some(record)) = (at_code(&values, code), records.of(row)) {
                store.add(record, value, places.place(self.batch.lines[row]));
                self.tally.n_checked += 1;
            }
        }
    }

    /// Keeps the rows that have one of the values, for [`for_each_without_all`]. Gives whether there are any, also such
    /// as are of no known record and cannot be kept.
    pub(super) fn only_when_all(
        self,
        at: usize,
        values: &[String],
        records: &RecordsOf<'_>,
        store: &mut KeyedRows,
        places: &Places,
    ) -> bool {
        let (cells, plan) = (&self.cells[at], &self.plan.columns[at]);
        let is_meant = cells.map(|text, _| {
            plan.parts(text).any(|part| rule::is_one_of(values, plan.canonical(part))).then_some(())
        });
        for (row, &code) in cells.codes.iter().enumerate() {
            if let (Some(()), Some(record)) = (at_code(&is_meant, code), records.of(row)) {
                store.add(record, ASKING, places.place(self.batch.lines[row]));
                self.tally.n_checked += 1;
            }
        }
        is_meant.iter().any(Option::is_some)
    }
}

/// Stands beside a record in a row that has the value, in one that says yes, and in one that does not.
const ASKING: u32 = 0;
const YES: u32 = 1;
const NO: u32 = 2;

/// Keeps what the rows of a table say about a check of another.
pub(super) fn witness(cells: &Cells<'_>, n_rows: usize, records: &RecordsOf<'_>, store: &mut KeyedRows) {
    let says_yes = cells.map(|text, _| Some(boolean(text) == Some(true)));
    for row in 0..n_rows {
        if let Some(record) = records.of(row) {
            let yes = at_code(&says_yes, cells.code(row)).unwrap_or(false);
            store.add(record, if yes { YES } else { NO }, 0);
        }
    }
}

/// Tells the places of rows with the value whose record has no row that says yes, or one that does not.
pub(super) fn for_each_without_all(rows: KeyedRows, mut tell: impl FnMut(u32)) {
    rows.for_each_key(|rows| {
        let has = |said: u32| rows.iter().any(|row| row.partner == said);
        if !has(YES) || has(NO) {
            rows.iter().filter(|row| row.partner == ASKING).for_each(|row| tell(row.place));
        }
    });
}

/// Whether a row is one that the check is about.
fn applies<'a>(cells: &'a [Cells<'a>], plan: &TablePlan, when: &When) -> impl Fn(usize) -> bool + use<'a> {
    // what is looked at: the other column's codes, and per code whether it is meant; a missing value is meant or not
    let (codes, is_meant, missing): (&'a [u32], Vec<bool>, bool) = match when {
        When::Always => (&[], Vec::new(), true),
        When::HasNot { other } => (cells[*other].codes, vec![false; cells[*other].judged.len()], true),
        When::Has { other, values } => {
            let column = &plan.columns[*other];
            let is_meant = |text: &str, _: Judgement| {
                let is_one = |part| rule::is_one_of(values, column.canonical(part));
                values.is_empty() || column.parts(text).any(is_one)
            };
            (cells[*other].codes, cells[*other].map(is_meant), false)
        }
    };
    move |row| match codes.get(row) {
        None | Some(&NULL) => missing,
        Some(&code) => is_meant[code as usize],
    }
}
