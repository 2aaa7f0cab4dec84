//! The specifications of returns that come with the program, to read.

use crate::dictionary::whose_checks;
use crate::faults::Faults;
use plait_formats::returns::library;
use plait_formats::returns::spec::{Column, Rows, Spec, Table};
use plait_types::{Fault, FaultCode, nearest};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Something to show, for a person and for a program.
#[derive(Clone, Debug)]
pub struct Shown {
    /// For a person to read.
    pub text: String,
    /// For a program to read.
    pub json: Value,
}

/// Every specification: id, title, year, terms, forms, how many tables and columns.
pub fn list_specs() -> Shown {
    let header = ["id", "tables", "columns", "forms", "terms", "title"].map(str::to_owned);
    let rows = library::specs().iter().map(|spec| {
        let n_columns: usize = spec.tables.iter().map(|table| table.columns.len()).sum();
        [
            spec.id(),
            spec.tables.len().to_string(),
            n_columns.to_string(),
            joined(&spec.forms),
            joined(&spec.terms),
            spec.title.clone(),
        ]
    });
    let text = aligned(std::iter::once(header).chain(rows));
    let json = library::specs().iter().map(|spec| {
        json!({
            "id": spec.id(),
            "return": spec.name,
            "title": spec.title,
            "year": (spec.year > 0).then_some(spec.year),
            "terms": spec.terms,
            "forms": spec.forms,
            "tables": spec.tables.len(),
            "columns": spec.tables.iter().map(|table| table.columns.len()).sum::<usize>(),
        })
    });
    Shown { text, json: json.collect() }
}

/// One specification, whole or one table of it. `id` is `cin-census-2026`, or `cin-census` for the newest.
///
/// Fails with `E022` where there is no such specification or table, naming the nearest.
pub fn show_spec(id: &str, table: Option<&str>) -> Result<Shown, Faults> {
    let spec = library::spec(id)?;
    let Some(name) = table else {
        return Ok(Shown { text: spec_text(&spec), json: json!(*spec) });
    };
    let table = spec.table(name).ok_or_else(|| {
        let todo = match nearest(name, spec.tables.iter().map(|table| table.name.as_str())) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("plait specs show {} names its tables", spec.id()),
        };
        Fault::new(FaultCode::BadSpec, format!("{} has no table \"{name}\"", spec.id()), todo)
    })?;
    Ok(Shown { text: table_text(table), json: json!(table) })
}

fn spec_text(spec: &Spec) -> String {
    let mut text = format!("{}: {}\n", spec.id(), spec.title);
    let mut line = |heading: &str, said: &str| {
        if !said.is_empty() {
            writeln!(text, "  {heading:<11}{said}").expect("writing to a string cannot fail");
        }
    };
    line("collector", &spec.collector);
    line("forms", &joined(&spec.forms));
    line("terms", &joined(&spec.terms));
    line("dates", &word(&spec.dates));
    for source in &spec.sources {
        line("source", source);
    }
    for change in &spec.changes {
        line("change", change);
    }
    for table in &spec.tables {
        write!(text, "\n{}", table_text(table)).expect("writing to a string cannot fail");
    }
    if !spec.checks.is_empty() {
        writeln!(text, "\nchecks: {}", whose_checks(spec)).expect("writing to a string cannot fail");
        let rows = spec.checks.iter().map(|check| {
            let place = format!("{}.{}", check.table, check.column);
            [format!("  {}", check.id), place, word(&check.severity), check.says.clone()]
        });
        text += &aligned(rows);
    }
    text
}

fn table_text(table: &Table) -> String {
    let mut text = format!("{}: {}", table.name, of(table.rows));
    if let Some(record) = &table.record {
        write!(text, ", by {record}").expect("writing to a string cannot fail");
    }
    if let Some(within) = &table.record_within {
        write!(text, " within {within}").expect("writing to a string cannot fail");
    }
    if let Some(parent) = &table.parent {
        write!(text, ", in {parent}").expect("writing to a string cannot fail");
    }
    if !table.terms.is_empty() {
        write!(text, "; {} only", joined(&table.terms)).expect("writing to a string cannot fail");
    }
    text.push('\n');
    let header = ["  column", "kind", "identity", "codes", ""].map(str::to_owned);
    let rows = table.columns.iter().map(|column| {
        [
            format!("  {}", column.name),
            word(&column.kind),
            column.meaning.as_ref().map(word).unwrap_or_default(),
            column.codes.clone().unwrap_or_default(),
            remarks(column),
        ]
    });
    text += &aligned(std::iter::once(header).chain(rows));
    text
}

fn remarks(column: &Column) -> String {
    let mut remarks = remarks_on_values(column);
    if !column.aliases.is_empty() {
        remarks.push(format!("also {}", column.aliases.join(", ")));
    }
    remarks.join("; ")
}

/// Whether there must be a value, may be several, and in which terms alone.
pub(crate) fn remarks_on_values(column: &Column) -> Vec<String> {
    let mut remarks = Vec::new();
    if column.required {
        remarks.push("required".to_owned());
    }
    if column.several {
        remarks.push("several".to_owned());
    }
    if !column.terms.is_empty() {
        remarks.push(format!("{} only", joined(&column.terms)));
    }
    remarks
}

/// What one row of a table is.
pub(crate) fn of(rows: Rows) -> &'static str {
    match rows {
        Rows::Person => "persons",
        Rows::OfPerson => "about persons",
        Rows::OfFile => "about the file",
    }
}

/// The word that specification files use for a kind, a meaning and the like.
pub(crate) fn word(value: &impl serde::Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

/// Words with commas between.
pub(crate) fn joined(values: &[impl std::fmt::Display]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Lines with columns under each other. The last column is not padded.
fn aligned<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = rows.collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}
