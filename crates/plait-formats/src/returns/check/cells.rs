//! The distinct values of a column of a batch, judged.

use super::super::dates::DateReader;
use super::value::{ColumnPlan, Implied, Judgement};
use plait_types::{Column, NULL};

/// The cells of one column of a batch, each distinct value judged.
pub(super) struct Cells<'a> {
    /// Per row; empty where the batch does not have the column.
    pub(super) codes: &'a [u32],
    pub(super) column: Option<&'a Column>,
    pub(super) judged: Vec<Judgement>,
    /// Per code, 0 or the number of its objection from 1.
    pub(super) marks: Vec<u16>,
    pub(super) objections: Vec<Implied>,
}

impl<'a> Cells<'a> {
    pub(super) fn absent() -> Self {
        Self { codes: &[], column: None, judged: Vec::new(), marks: Vec::new(), objections: Vec::new() }
    }

    pub(super) fn judge(column: &'a Column, plan: &ColumnPlan, dates: DateReader) -> Self {
        let mut objections = Vec::new();
        let judged: Vec<Judgement> = column.values.iter().map(|text| plan.judge(text, dates)).collect();
        let mark = |judged: &Judgement| {
            let Some(objection) = judged.objection else { return 0 };
            // there are a few dozen kinds of objections, and a few of them in a column
            let known = objections.iter().position(|known| *known == objection);
            let at = known.unwrap_or_else(|| {
                objections.push(objection);
                objections.len() - 1
            });
            at as u16 + 1
        };
        let marks = judged.iter().map(mark).collect();
        Self { codes: &column.codes, column: Some(column), judged, marks, objections }
    }

    #[inline]
    pub(super) fn code(&self, row: usize) -> u32 {
        self.codes.get(row).copied().unwrap_or(NULL)
    }

    pub(super) fn text(&self, row: usize) -> Option<&'a str> {
        match (self.column, self.code(row)) {
            (None, _) | (_, NULL) => None,
            (Some(column), code) => Some(column.values.get(code)),
        }
    }

    pub(super) fn n_present(&self) -> u64 {
        self.codes.iter().filter(|code| **code != NULL).count() as u64
    }

    /// Something about each distinct value, by code.
    pub(super) fn map<T>(&self, mut of: impl FnMut(&str, Judgement) -> T) -> Vec<T> {
        let values = self.column.iter().flat_map(|column| column.values.iter());
        values.zip(&self.judged).map(|(text, judged)| of(text, *judged)).collect()
    }
}

/// What is known of the value of a code; `None` of a missing one.
#[inline]
pub(super) fn at_code<T: Copy>(of_codes: &[Option<T>], code: u32) -> Option<T> {
    if code == NULL { None } else { of_codes[code as usize] }
}
