//! The TOML form of a spec.

use super::{Check, Column, DateForm, Form, Kind, Meaning, Rows, Spec, Table, Term, XmlForm};
use plait_types::{Fault, FaultCode, nearest};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::fmt;

/// The oldest and newest form of spec files that this version reads.
pub(super) const FORMAT: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecToml {
    format: u32,
    #[serde(rename = "return")]
    name: String,
    title: String,
    #[serde(default)]
    year: u16,
    collector: String,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    terms: Vec<Term>,
    #[serde(default)]
    dates: DateForm,
    #[serde(default = "csv")]
    forms: Vec<Form>,
    xml: Option<XmlForm>,
    #[serde(default)]
    changes: Vec<String>,
    #[serde(default, rename = "table")]
    tables: Vec<TableToml>,
    #[serde(default, rename = "check")]
    checks: Vec<Check>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableToml {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    terms: Vec<Term>,
    element: Option<String>,
    rows: Rows,
    record: Option<String>,
    key: Option<String>,
    parent: Option<String>,
    parent_column: Option<String>,
    columns: Vec<ColumnToml>,
}

/// A column, or only its name where it is text that belongs to the payload.
pub(super) enum ColumnToml {
    Name(String),
    Full(FullColumn),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FullColumn {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    element: Option<String>,
    #[serde(default)]
    terms: Vec<Term>,
    kind: Option<Kind>,
    meaning: Option<Meaning>,
    #[serde(default)]
    required: bool,
    codes: Option<String>,
    #[serde(default)]
    several: bool,
}

/// By hand, because `untagged` would copy every column first: reading all specs took twice as long.
impl<'de> Deserialize<'de> for ColumnToml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = ColumnToml;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a column")
            }

            fn visit_str<E>(self, name: &str) -> Result<ColumnToml, E> {
                Ok(ColumnToml::Name(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnToml, A::Error> {
                FullColumn::deserialize(MapAccessDeserializer::new(map)).map(ColumnToml::Full)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl From<ColumnToml> for Column {
    fn from(column: ColumnToml) -> Self {
        match column {
            ColumnToml::Name(name) => Self {
                name,
                aliases: Vec::new(),
                words: Vec::new(),
                element: None,
                terms: Vec::new(),
                kind: Kind::Text,
                meaning: None,
                required: false,
                codes: None,
                several: false,
            },
            ColumnToml::Full(full) => Self {
                kind: full.kind.unwrap_or(if full.codes.is_some() { Kind::Code } else { Kind::Text }),
                name: full.name,
                aliases: full.aliases,
                words: full.words,
                element: full.element,
                terms: full.terms,
                meaning: full.meaning,
                required: full.required,
                codes: full.codes,
                several: full.several,
            },
        }
    }
}

impl From<TableToml> for Table {
    fn from(table: TableToml) -> Self {
        Self {
            name: table.name,
            aliases: table.aliases,
            terms: table.terms,
            element: table.element,
            rows: table.rows,
            record: table.record,
            key: table.key,
            parent: table.parent,
            parent_column: table.parent_column,
            columns: table.columns.into_iter().map(Column::from).collect(),
        }
    }
}

fn csv() -> Vec<Form> {
    vec![Form::Csv]
}

pub(super) fn parse(text: &str, file: &str) -> Result<Spec, Fault> {
    let raw: SpecToml = read(text, file)?;
    refuse_format(raw.format, file)?;
    let spec = Spec {
        name: raw.name,
        title: raw.title,
        year: raw.year,
        collector: raw.collector,
        sources: raw.sources,
        terms: raw.terms,
        dates: raw.dates,
        forms: raw.forms,
        xml: raw.xml,
        tables: raw.tables.into_iter().map(Table::from).collect(),
        checks: raw.checks,
        changes: raw.changes,
    };
    refuse_contradictions(&spec, file)?;
    Ok(spec)
}

/// TOML as `T`, or the fault with its line.
pub(super) fn read<T: for<'a> Deserialize<'a>>(text: &str, file: &str) -> Result<T, Fault> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let place = line.map_or_else(|| file.to_owned(), |line| format!("{file} line {line}"));
        bad(error.message().lines().collect::<Vec<_>>().join("; "), place)
    })
}

pub(super) fn refuse_format(format: u32, file: &str) -> Result<(), Fault> {
    if format == FORMAT {
        return Ok(());
    }
    Err(bad(format!("format {format} is not one that this version of Plait reads, which is {FORMAT}"), file))
}

/// Fails where a name stands twice or names nothing.
pub(super) fn refuse_contradictions(spec: &Spec, file: &str) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for table in &spec.tables {
        if !seen.insert(table.name.to_lowercase()) {
            return Err(bad(format!("table \"{}\" stands twice", table.name), file));
        }
        refuse_contradictions_in(table, spec, file)?;
    }
    let mut ids = BTreeSet::new();
    for check in &spec.checks {
        let by = format!("check {}", check.id);
        if !ids.insert(check.id.as_str()) {
            return Err(bad(format!("{by} stands twice"), file));
        }
        refuse_unknown_column(known_table(spec, &check.table, &by, file)?, &check.column, &by, file)?;
        if let Some(other) = &check.other {
            let table = check.other_table.as_ref().unwrap_or(&check.table);
            refuse_unknown_column(known_table(spec, table, &by, file)?, other, &by, file)?;
        }
    }
    Ok(())
}

fn known_table<'a>(spec: &'a Spec, name: &str, by: &str, file: &str) -> Result<&'a Table, Fault> {
    spec.tables
        .iter()
        .find(|table| table.name == name)
        .ok_or_else(|| unknown("table", name, spec.tables.iter().map(|table| table.name.as_str()), by, file))
}

fn refuse_contradictions_in(table: &Table, spec: &Spec, file: &str) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for column in &table.columns {
        let terms = if column.terms.is_empty() { &spec.terms } else { &column.terms };
        let once = terms.iter().map(Some).chain(terms.is_empty().then_some(None));
        for term in once {
            if !seen.insert((column.name.to_lowercase(), term)) {
                let what = format!("column \"{}\" of table \"{}\" stands twice", column.name, table.name);
                return Err(bad(what, file));
            }
        }
    }
    let by = format!("table \"{}\"", table.name);
    for column in [&table.record, &table.key, &table.parent_column].into_iter().flatten() {
        refuse_unknown_column(table, column, &by, file)?;
    }
    if let Some(parent) = &table.parent {
        known_table(spec, parent, &by, file)?;
        match spec.parent(table) {
            Some((_, here, _)) => refuse_unknown_column(table, here, &by, file)?,
            None => {
                return Err(bad(
                    format!("{by} has parent \"{parent}\", which has neither key nor record"),
                    file,
                ));
            }
        }
    }
    Ok(())
}

fn refuse_unknown_column(table: &Table, name: &str, by: &str, file: &str) -> Result<(), Fault> {
    if table.columns.iter().any(|column| column.name == name) {
        return Ok(());
    }
    let known = table.columns.iter().map(|column| column.name.as_str());
    Err(unknown("column", name, known, by, file))
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>, by: &str, file: &str) -> Fault {
    let mut fault = bad(format!("{by} names {what} \"{name}\", which is not there"), file);
    if let Some(near) = nearest(name, known) {
        fault.todo = format!("did you mean \"{near}\"?");
    }
    fault
}

pub(super) fn bad(what: impl Into<String>, place: impl Into<String>) -> Fault {
    Fault::new(FaultCode::BadSpec, what, "correct the file; plait specs show prints specs that are right")
        .at(place)
}
