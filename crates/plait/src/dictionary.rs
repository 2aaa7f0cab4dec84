//! The data dictionary: every return as a page of Markdown, made from its specification.

use crate::specs::{joined, of, remarks_on_values, word};
use plait_formats::returns::library;
use plait_formats::returns::spec::{Column, Form, Spec, Table};
use std::collections::BTreeMap;
use std::fmt::{Arguments, Write as _};
use std::sync::Arc;

const MADE: &str = "Made by `cargo run -p xtask -- generate`; do not edit.";

/// File name and text of every page: one for each return, the code lists, and an index.
pub fn data_dictionary() -> Vec<(String, String)> {
    let mut pages = vec![("index.md".to_owned(), index()), ("codes.md".to_owned(), codes())];
    pages.extend(library::names().map(|name| (format!("{name}.md"), page_of(library::years(name)))));
    pages
}

/// Puts a page together line by line.
#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, line: Arguments<'_>) {
        self.0.write_fmt(line).expect("writing to a string cannot fail");
        self.0.push('\n');
    }
}

fn index() -> String {
    let mut page = Page::default();
    page.line(format_args!(
        "# Data dictionary\n\nWhat the program knows of each return, list and extract. {MADE}\n\nA column with an \
         *identity* says who a person is: it is kept apart from the rest, the payload, and used to link. \
         `other_person` is kept apart and never used. [Code lists](codes.md) have a page of their own. \
         A *source* that says *recalled* was written from memory of what is published, and not held against a file or the \
         specification: look there first where a column is not known.\n\n\
         | return | years | forms | tables | columns |\n|---|---|---|---|---|"
    ));
    for name in library::names() {
        let years = library::years(name);
        let (Some(first), Some(last)) = (years.first(), years.last()) else { continue };
        let span = match (first.year, last.year) {
            (0, _) => String::new(),
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first} to {last}"),
        };
        let n_columns: usize = last.tables.iter().map(|table| table.columns.len()).sum();
        page.line(format_args!(
            "| [{}]({name}.md) | {span} | {} | {} | {n_columns} |",
            last.title,
            joined(&last.forms),
            last.tables.len()
        ));
    }
    page.0
}

fn codes() -> String {
    let mut page = Page::default();
    page.line(format_args!(
        "# Code lists\n\nCodes are the collectors\u{2019}; labels are ours. *Is* says what a code is across returns and \
         years. {MADE}"
    ));
    for list in library::code_lists().filter_map(library::codes) {
        page.line(format_args!(
            "\n## {}\n\n{}\n\n| code | label | is |\n|---|---|---|",
            list.name, list.source
        ));
        for code in &list.codes {
            let maps_to = code.maps_to.as_deref().unwrap_or_default();
            page.line(format_args!("| `{}` | {} | {maps_to} |", code.code, cell(&code.label)));
        }
    }
    page.0
}

fn page_of(years: &[Arc<Spec>]) -> String {
    let mut page = Page::default();
    let Some(spec) = years.last() else { return page.0 };
    page.line(format_args!("# {}\n\n{MADE}\n", spec.title));
    page.line(format_args!("- id: `{}`", spec.id()));
    page.line(format_args!("- collector: {}", spec.collector));
    page.line(format_args!("- forms: {}", joined(&spec.forms)));
    if !spec.terms.is_empty() {
        page.line(format_args!("- terms: {}", joined(&spec.terms)));
    }
    page.line(format_args!("- dates: `{}`", word(&spec.dates)));
    for source in &spec.sources {
        page.line(format_args!("- source: {source}"));
    }
    let since = Since::of(years);
    for table in &spec.tables {
        table_section(&mut page, spec, table, &since);
    }
    since.gone(&mut page, spec);
    changes_section(&mut page, years);
    checks_section(&mut page, spec);
    page.0
}

fn table_section(page: &mut Page, spec: &Spec, table: &Table, since: &Since) {
    page.line(format_args!("\n## {}\n", table.name));
    let mut said = format!("Rows are {}", of(table.rows));
    if let Some(record) = &table.record {
        said += &format!(", by `{record}`");
    }
    if let Some(within) = &table.record_within {
        said += &format!(" within `{within}`");
    }
    if let Some((parent, here, _)) = spec.parent(table) {
        said += &format!(", in `{}` by `{here}`", parent.name);
    }
    said.push('.');
    if !table.terms.is_empty() {
        said += &format!(" In {} only.", joined(&table.terms));
    }
    if !table.aliases.is_empty() {
        said += &format!(" Also called {}.", table.aliases.join(", "));
    }
    if let Some(element) = &table.element {
        said += &format!(" {}: `{element}`.", if spec.forms.contains(&Form::Json) { "JSON" } else { "XML" });
    }
    let years = since.more_than_one;
    page.line(format_args!("{said}\n"));
    page.line(format_args!(
        "| column | kind | identity | codes | remarks |{}\n|---|---|---|---|---|{}",
        if years { " since |" } else { "" },
        if years { "---|" } else { "" }
    ));
    for column in &table.columns {
        let codes =
            column.codes.as_ref().map(|list| format!("[{list}](codes.md#{list})")).unwrap_or_default();
        let first =
            if years { format!(" {} |", since.year(&table.name, &column.name)) } else { String::new() };
        page.line(format_args!(
            "| `{}` | {} | {} | {codes} | {} |{first}",
            column.name,
            word(&column.kind),
            column.meaning.as_ref().map(word).unwrap_or_default(),
            cell(&remarks(column)),
        ));
    }
}

fn remarks(column: &Column) -> String {
    let mut remarks = remarks_on_values(column);
    match column.element.as_deref() {
        Some("-") | None => {}
        Some(element) => remarks.push(format!("`{element}`")),
    }
    if !column.aliases.is_empty() {
        remarks.push(format!("also {}", column.aliases.join(", ")));
    }
    if !column.words.is_empty() {
        remarks.push(format!("any header with {}", column.words.join(" and ")));
    }
    remarks.join("; ")
}

/// Text for one cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// In which years each column was there.
struct Since {
    more_than_one: bool,
    /// Table and column: the year from which it has been there without a gap, and the last year.
    spans: BTreeMap<(String, String), (u16, u16)>,
}

impl Since {
    fn of(years: &[Arc<Spec>]) -> Self {
        let mut spans: BTreeMap<(String, String), (u16, u16)> = BTreeMap::new();
        let mut before = None;
        for spec in years {
            for table in &spec.tables {
                for column in &table.columns {
                    let span =
                        spans.entry((table.name.clone(), column.name.clone())).or_insert((spec.year, 0));
                    if span.1 != 0 && Some(span.1) != before && span.1 != spec.year {
                        span.0 = spec.year;
                    }
                    span.1 = spec.year;
                }
            }
            before = Some(spec.year);
        }
        Self { more_than_one: years.len() > 1, spans }
    }

    fn year(&self, table: &str, column: &str) -> u16 {
        self.spans.get(&(table.to_owned(), column.to_owned())).map_or(0, |span| span.0)
    }

    /// What the newest year no longer has.
    fn gone(&self, page: &mut Page, newest: &Spec) {
        let mut gone = self.spans.iter().filter(|(_, (_, last))| *last < newest.year).peekable();
        if gone.peek().is_none() {
            return;
        }
        page.line(format_args!(
            "\n## No longer collected\n\n| table | column | since | until |\n|---|---|---|---|"
        ));
        for ((table, column), (first, last)) in gone {
            page.line(format_args!("| {table} | `{column}` | {first} | {last} |"));
        }
    }
}

fn changes_section(page: &mut Page, years: &[Arc<Spec>]) {
    if years.len() < 2 {
        return;
    }
    page.line(format_args!("\n## Changes by year"));
    for spec in years.iter().rev().filter(|spec| !spec.changes.is_empty()) {
        page.line(format_args!("\n### {}\n", spec.year));
        for change in &spec.changes {
            page.line(format_args!("- {change}"));
        }
    }
}

/// Which checks are the collector's and which are our own.
pub(crate) fn whose_checks(spec: &Spec) -> &'static str {
    let n_numbered = spec.checks.iter().filter(|check| check.has_number()).count();
    match n_numbered {
        0 => "All are Plait\u{2019}s own.",
        n if n == spec.checks.len() => "Numbers are the collector\u{2019}s.",
        _ => "Numbers are the collector\u{2019}s; checks that are named in words are Plait\u{2019}s own.",
    }
}

fn checks_section(page: &mut Page, spec: &Spec) {
    if spec.checks.is_empty() {
        return;
    }
    page.line(format_args!(
        "\n## Checks\n\nBeyond kinds, codes and what is required. {}\n\n\
         | check | table | column | severity | says | what to do |\n|---|---|---|---|---|---|",
        whose_checks(spec)
    ));
    for check in &spec.checks {
        page.line(format_args!(
            "| {} | {} | `{}` | {} | {} | {} |",
            check.id,
            check.table,
            check.column,
            word(&check.severity),
            cell(&check.says),
            cell(&check.todo)
        ));
    }
}
