//! The list of findings that a data officer works through.

use super::check::{ColumnQuality, Finding, Lines};
use super::spec::{Category, Severity};
use crate::noted::Noted;
use crate::write::{CsvStyle, OutTable, OutValues, harmless, write_csv};
use plait_types::{Fault, Issue, Severity as IssueSeverity, Values};
use std::borrow::Cow;
use std::path::Path;

/// Writes [the list of findings](issues_table) as `issues.csv`. For Excel by a double click: where text from a file, such as
/// its name, begins like a formula, an apostrophe goes before it, so that a spreadsheet shows it and does not run it.
///
/// Fails where the file cannot be written.
pub fn write_issues(
    path: &Path,
    dataset: &str,
    findings: &[Finding],
    quality: &[ColumnQuality],
    issues: &[Issue],
) -> Result<(), Fault> {
    write_csv(path, &issues_table(dataset, findings, quality, issues, harmless), CsvStyle::Excel)
}

/// A row per finding, in the order given, which [`super::check::Checker::finish`] makes worst first, after a row for each
/// issue of the files themselves, of which rows that were set aside are the worst. `dataset` is the return,
/// `cin-census-2026`; `quality` says what files call the columns that issues are about; `cell` makes a text fit for where it
/// goes.
pub fn issues_table(
    dataset: &str,
    findings: &[Finding],
    quality: &[ColumnQuality],
    issues: &[Issue],
    cell: fn(&str) -> Cow<'_, str>,
) -> OutTable<'static> {
    let mut rows: Vec<Row<'_>> =
        issues.iter().map(|issue| Row::of_issue(dataset, issue, header_of(issue, quality))).collect();
    rows.extend(findings.iter().map(Row::of_finding));
    // a stable sort: within a severity the files come before their values, and each keeps its order
    rows.sort_by_key(|row| std::cmp::Reverse(row.severity));
    let text = |of: for<'r> fn(&'r Row<'_>) -> &'r str| -> OutValues<'static> {
        let mut values = Values::default();
        rows.iter().for_each(|row| values.push(&cell(of(row))));
        values.into()
    };
    let numbers = |of: fn(&Row<'_>) -> u64| -> Vec<i64> {
        rows.iter().map(|row| i64::try_from(of(row)).unwrap_or(i64::MAX)).collect()
    };
    OutTable::new()
        .with("severity", text(|row| row.severity.word()))
        .with("category", text(|row| category(row.category)))
        .with("check", text(|row| row.check))
        .with("dataset", text(|row| row.dataset))
        .with("file", text(|row| row.file))
        .with("table", text(|row| row.table))
        .with("column", text(|row| row.column))
        .with("header", text(|row| row.header))
        .with("rows_affected", numbers(|row| row.n_found))
        .with("rows_checked", numbers(|row| row.n_checked))
        .with("lines", text(|row| &row.lines))
        .with("what", text(|row| row.what))
        .with("what_to_do", text(|row| row.todo))
}

/// The header of the column that an issue is about, which it names as the spec does where that knows it.
fn header_of<'a>(issue: &'a Issue, quality: &'a [ColumnQuality]) -> &'a str {
    let Some(column) = issue.column.as_deref() else { return "" };
    let known = quality.iter().find(|of| of.column == column && !of.header.is_empty());
    known.map_or(column, |of| &of.header)
}

/// One row of the list.
struct Row<'a> {
    severity: Severity,
    category: Category,
    check: &'a str,
    dataset: &'a str,
    file: &'a str,
    table: &'a str,
    column: &'a str,
    /// What the file calls the column.
    header: &'a str,
    n_found: u64,
    n_checked: u64,
    lines: String,
    what: &'a str,
    todo: &'a str,
}

impl<'a> Row<'a> {
    fn of_finding(finding: &'a Finding) -> Self {
        Self {
            severity: finding.severity,
            category: finding.category,
            check: &finding.check,
            dataset: &finding.source,
            file: &finding.file,
            table: &finding.table,
            column: &finding.column,
            header: &finding.header,
            n_found: finding.n_found,
            n_checked: finding.n_checked,
            lines: finding.lines.to_string(),
            what: &finding.says,
            todo: &finding.todo,
        }
    }

    fn of_issue(dataset: &'a str, issue: &'a Issue, header: &'a str) -> Self {
        let n = issue.count as u64;
        // of very many rows only the first lines were kept
        let n_more = if issue.lines.len() == Noted::KEPT { n.saturating_sub(Noted::KEPT as u64) } else { 0 };
        Self {
            severity: match issue.severity() {
                IssueSeverity::Warning if issue.rows_set_aside() > 0 => Severity::Fatal,
                IssueSeverity::Warning => Severity::Convention,
                IssueSeverity::Note => Severity::Characterization,
            },
            category: Category::Conformance,
            check: issue.kind.name(),
            dataset,
            file: &issue.file,
            table: "",
            column: issue.column.as_deref().unwrap_or(""),
            header,
            n_found: n,
            n_checked: n,
            lines: Lines::of(issue.lines.iter().copied(), n_more).to_string(),
            what: &issue.message,
            todo: issue.kind.todo(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use plait_types::IssueKind;

    #[test]
    fn rows_whose_lines_were_not_kept_are_counted_behind_the_list() {
        let mut ragged = Noted::default();
        (1..=12_000).for_each(|line| ragged.add(line));
        let issue = ragged.issue(Issue::new(IssueKind::RaggedRow, "a.csv", "rows"));
        let row = Row::of_issue("a-census-2026", &issue, "");
        assert_eq!((row.n_found, row.lines.as_str()), (12_000, "1–1000 and 11,000 more"));
    }
}
