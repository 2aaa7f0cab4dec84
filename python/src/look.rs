//! Looking at a source, and reading a return.

use crate::given::{self, Given};
use crate::run::run;
use crate::table::Table;
use plait::{LookRequest, ReadRequest};
use pyo3::prelude::*;
use std::path::PathBuf;

/// What was seen: the text for a person, the document as JSON, the columns, the findings.
type Seen = (String, String, Table, Vec<String>);

/// Says what is in a source.
#[pyfunction]
#[pyo3(signature = (source, sheet, is_a, roles, progress=None))]
pub(crate) fn look(
    py: Python<'_>,
    source: Given,
    sheet: Option<String>,
    is_a: Option<String>,
    roles: Vec<(String, String)>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Seen> {
    let mut source = source.source()?;
    source.is = is_a;
    let request = LookRequest { source, sheet, roles: given::roles(roles)? };
    let looked = run(py, progress.as_ref(), move |progress| plait::look(&request, progress))?;
    let issues = looked.issues.iter().map(ToString::to_string).collect();
    Ok((looked.text, looked.json.to_string(), Table::of_rows(looked.columns), issues))
}

/// A return that was read: the text for a person, the document as JSON, the findings in its files, the files written, and
/// where there are none, the tables by name with findings and columns after them.
type Reading = (String, String, Vec<String>, Vec<PathBuf>, Option<Kept>);
type Kept = (Vec<(String, Table)>, Table, Table);

/// Reads a return.
#[pyfunction]
#[pyo3(signature = (source, out, is_a, progress=None))]
pub(crate) fn read(
    py: Python<'_>,
    source: Given,
    out: Option<PathBuf>,
    is_a: Option<String>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Reading> {
    let mut source = source.source()?;
    source.is = is_a;
    let request = ReadRequest { source, out };
    let done = run(py, progress.as_ref(), move |progress| plait::read(&request, progress))?;
    let issues = done.issues.iter().map(ToString::to_string).collect();
    let kept = done.held.map(|held| {
        let tables = held.tables.into_iter().map(|(name, rows)| (name, Table::of_rows(rows)));
        (tables.collect(), Table::of_rows(held.findings), Table::of_rows(held.columns))
    });
    Ok((done.text, done.json.to_string(), issues, done.wrote, kept))
}
