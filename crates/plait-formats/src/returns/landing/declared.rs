//! Of which authority, year and term rows about a file say that it is.

use crate::returns::batch::Batch;
use crate::returns::detect::{authority_of, refuse_authorities, refuse_several, term_of, year_of};
use crate::returns::spec::{Column, Kind, Rows, Spec};
use plait_types::Fault;
use plait_types::identifier::LaCode;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What rows about a file say, with the files: two in one file are no fault of its headers or its outline.
pub(super) struct Declared {
    spec: Arc<Spec>,
    authorities: Said,
    years: Said,
    terms: Said,
}

type Said = BTreeMap<String, Vec<String>>;

impl Declared {
    pub(super) fn of(spec: &Arc<Spec>) -> Self {
        Self { spec: Arc::clone(spec), authorities: Said::new(), years: Said::new(), terms: Said::new() }
    }

    pub(super) fn look(&mut self, batch: &Batch) {
        let table = &self.spec.tables[batch.table];
        // a list without a year, such as one of schools, is of many authorities
        if table.rows != Rows::OfFile || self.spec.year == 0 && batch.nesting.is_none() {
            return;
        }
        for (at, column) in batch.columns.iter().zip(&batch.rows.columns) {
            let Some(of_spec) = at.map(|at| &table.columns[at]) else { continue };
            let (said, read): (&mut Said, fn(&str) -> Option<String>) = if of_spec.kind == Kind::Authority {
                (&mut self.authorities, authority)
            } else if is_called(of_spec, "year") {
                (&mut self.years, |text| year_of(text).map(|year| year.to_string()))
            } else if is_called(of_spec, "term") {
                (&mut self.terms, |text| term_of(text).map(|term| term.to_string()))
            } else {
                continue;
            };
            for text in column.values.iter().filter_map(|text| read(text.trim())) {
                let files = said.entry(text).or_default();
                if files.last().is_none_or(|last| **last != *batch.file) {
                    files.push(batch.file.to_string());
                }
            }
        }
    }

    /// Refuses what is of several; `name` is what the dataset is called.
    pub(super) fn refuse(&self, name: &str) -> Result<(), Fault> {
        refuse_authorities(name, &self.authorities)?;
        refuse_several(name, &self.years, "year")?;
        refuse_several(name, &self.terms, "term")
    }
}

/// What is none, such as `N/A`, says nothing.
fn authority(text: &str) -> Option<String> {
    let authority = authority_of(text.to_owned());
    LaCode::parse(&authority).map(|_| authority)
}

fn is_called(column: &Column, name: &str) -> bool {
    column.name.eq_ignore_ascii_case(name)
}
