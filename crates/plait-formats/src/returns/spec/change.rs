//! A later year of a return, as what changed.

use super::file::{self, ColumnToml, TableToml, bad};
use super::{Check, Column, Spec, Table, Term};
use plait_types::Fault;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearToml {
    format: u32,
    #[serde(rename = "return")]
    name: String,
    year: u16,
    #[serde(rename = "extends")]
    _extends: u16,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    changes: Vec<String>,
    #[serde(default, rename = "table")]
    tables: Vec<TableToml>,
    #[serde(default)]
    remove_tables: Vec<String>,
    #[serde(default, rename = "change")]
    table_changes: Vec<TableChange>,
    #[serde(default, rename = "check")]
    checks: Vec<Check>,
    #[serde(default)]
    remove_checks: Vec<String>,
}

/// What changed in one table; in the named terms only, if any are named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableChange {
    table: String,
    #[serde(default)]
    terms: Vec<Term>,
    /// Old name = new name.
    #[serde(default)]
    rename: BTreeMap<String, String>,
    #[serde(default)]
    remove: Vec<String>,
    /// Columns whose kind, codes or meaning changed, in their new form.
    #[serde(default)]
    replace: Vec<ColumnToml>,
    #[serde(default)]
    add: Vec<ColumnToml>,
    /// Terms in which the table is from now on collected as well.
    #[serde(default)]
    add_terms: Vec<Term>,
    /// Terms in which it no longer is.
    #[serde(default)]
    remove_terms: Vec<Term>,
}

/// The year that a spec file says it extends; `None` where it stands by itself.
///
/// Looks at the lines before the first table only, so as not to read the file twice.
pub(in crate::returns) fn extends(text: &str) -> Option<u16> {
    let head = text.lines().take_while(|line| !line.starts_with('['));
    let mut values = head.filter_map(|line| line.strip_prefix("extends")?.trim_start().strip_prefix('='));
    values.next()?.trim().parse().ok()
}

pub(super) fn apply(before: &Spec, text: &str, file: &str) -> Result<Spec, Fault> {
    let year: YearToml = file::read(text, file)?;
    file::refuse_format(year.format, file)?;
    if year.name != before.name {
        return Err(bad(format!("return \"{}\" cannot extend \"{}\"", year.name, before.name), file));
    }
    let mut spec = before.clone();
    spec.year = year.year;
    spec.changes = year.changes;
    spec.sources.extend(year.sources);
    for name in &year.remove_tables {
        let at = position(&spec, name, file)?;
        spec.tables.remove(at);
    }
    spec.checks.retain(|check| !year.remove_checks.contains(&check.id));
    for change in year.table_changes {
        let at = position(&spec, &change.table, file)?;
        let terms = spec.terms.clone();
        change_table(&mut spec.tables[at], change, &terms, file)?;
    }
    spec.tables.extend(year.tables.into_iter().map(Table::from));
    spec.checks.extend(year.checks);
    file::refuse_contradictions(&spec, file)?;
    Ok(spec)
}

fn position(spec: &Spec, table: &str, file: &str) -> Result<usize, Fault> {
    spec.tables
        .iter()
        .position(|other| other.name == table)
        .ok_or_else(|| bad(format!("a change names table \"{table}\", which is not there"), file))
}

fn change_table(table: &mut Table, change: TableChange, all: &[Term], file: &str) -> Result<(), Fault> {
    let terms = change.terms;
    for name in &change.remove {
        take(table, name, &terms, all, file)?;
    }
    for (old, new) in &change.rename {
        let at = place(table, old);
        for mut column in take(table, old, &terms, all, file)? {
            column.name.clone_from(new);
            table.columns.insert(at.min(table.columns.len()), column);
        }
        let keys = [&mut table.record, &mut table.record_within, &mut table.key].into_iter().flatten();
        for reference in keys.chain(table.address_dates.iter_mut().flatten()) {
            if reference == old {
                reference.clone_from(new);
            }
        }
    }
    for column in change.replace {
        let mut column = Column::from(column);
        let at = place(table, &column.name);
        take(table, &column.name, &terms, all, file)?;
        column.terms.clone_from(&terms);
        table.columns.insert(at.min(table.columns.len()), column);
    }
    for column in change.add {
        let mut column = Column::from(column);
        if column.terms.is_empty() {
            column.terms.clone_from(&terms);
        }
        merge(table, column, all);
    }
    if !table.terms.is_empty() {
        table
            .terms
            .extend(change.add_terms.iter().filter(|&term| !table.terms.contains(term)).collect::<Vec<_>>());
    }
    if !change.remove_terms.is_empty() {
        let present = if table.terms.is_empty() { all.to_vec() } else { table.terms.clone() };
        table.terms = present.into_iter().filter(|term| !change.remove_terms.contains(term)).collect();
    }
    table.terms.sort_unstable();
    Ok(())
}

/// Where a column stands, so that what takes its place stands there too.
fn place(table: &Table, name: &str) -> usize {
    table.columns.iter().position(|column| column.name == name).unwrap_or(table.columns.len())
}

/// Takes a column out of a table in the terms given, or in all, and gives what was taken, as many as there were forms of
/// it. What is left in other terms stays.
fn take(
    table: &mut Table,
    name: &str,
    terms: &[Term],
    all: &[Term],
    file: &str,
) -> Result<Vec<Column>, Fault> {
    let mut taken = Vec::new();
    let mut left = Vec::new();
    for column in std::mem::take(&mut table.columns) {
        if column.name != name {
            left.push(column);
            continue;
        }
        let has = if column.terms.is_empty() { all.to_vec() } else { column.terms.clone() };
        let (out, stay): (Vec<Term>, Vec<Term>) =
            has.iter().copied().partition(|term| terms.is_empty() || terms.contains(term));
        if out.is_empty() && !has.is_empty() {
            left.push(column);
            continue;
        }
        if !stay.is_empty() {
            left.push(Column { terms: stay, ..column.clone() });
        }
        taken.push(Column { terms: out, ..column });
    }
    table.columns = left;
    if taken.is_empty() {
        return Err(bad(
            format!("a change names column \"{name}\" of \"{}\", which is not there", table.name),
            file,
        ));
    }
    Ok(taken)
}

/// Adds a column, or adds its terms to the same column of other terms.
fn merge(table: &mut Table, column: Column, all: &[Term]) {
    let same = table.columns.iter_mut().find(|other| {
        !other.terms.is_empty()
            && Column { terms: Vec::new(), ..(*other).clone() }
                == Column { terms: Vec::new(), ..column.clone() }
    });
    match same {
        Some(other) => {
            let more = if column.terms.is_empty() { all } else { &column.terms };
            other.terms.extend(more.iter().filter(|&term| !other.terms.contains(term)).collect::<Vec<_>>());
            other.terms.sort_unstable();
        }
        None => table.columns.push(column),
    }
}
