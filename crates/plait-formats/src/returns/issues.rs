//! The list of findings that a data officer works through.

use super::check::Finding;
use super::spec::{Category, Severity};
use crate::write::{CsvStyle, OutTable, OutValues, write_csv};
use plait_types::{Fault, Values};
use std::borrow::Cow;
use std::path::Path;

/// Writes `issues.csv`: a row per finding, in the order given, which [`super::check::Checker::finish`] makes worst
/// first; for Excel by a double click. Where text from a file, such as its name, begins like a formula, an apostrophe
/// goes before it, so that a spreadsheet shows it and does not run it.
///
/// Fails where the file cannot be written.
pub fn write_issues(path: &Path, findings: &[Finding]) -> Result<(), Fault> {
    let text = |of: fn(&Finding) -> Cow<'_, str>| -> OutValues<'static> {
        let mut values = Values::default();
        findings.iter().for_each(|finding| values.push(&harmless(&of(finding))));
        values.into()
    };
    let numbers = |of: fn(&Finding) -> u64| -> Vec<i64> {
        findings.iter().map(|finding| i64::try_from(of(finding)).unwrap_or(i64::MAX)).collect()
    };
    let table = OutTable::new()
        .with("severity", text(|finding| severity(finding.severity).into()))
        .with("category", text(|finding| category(finding.category).into()))
        .with("check", text(|finding| finding.check.as_str().into()))
        .with("dataset", text(|finding| finding.source.as_str().into()))
        .with("file", text(|finding| finding.file.as_ref().into()))
        .with("table", text(|finding| finding.table.as_str().into()))
        .with("column", text(|finding| finding.column.as_str().into()))
        .with("rows_affected", numbers(|finding| finding.n_found))
        .with("rows_checked", numbers(|finding| finding.n_checked))
        .with("lines", text(|finding| finding.lines.to_string().into()))
        .with("what", text(|finding| finding.says.as_str().into()))
        .with("what_to_do", text(|finding| finding.todo.as_str().into()));
    write_csv(path, &table, CsvStyle::Excel)
}

/// The word of a severity, as specs write it.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Characterization => "characterization",
        Severity::Convention => "convention",
        Severity::Fatal => "fatal",
    }
}

/// The word of a category, as specs write it.
fn category(category: Category) -> &'static str {
    match category {
        Category::Completeness => "completeness",
        Category::Conformance => "conformance",
        Category::Plausibility => "plausibility",
    }
}

/// Text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}
