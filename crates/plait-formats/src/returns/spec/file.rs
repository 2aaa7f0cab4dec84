//! The TOML form of a spec.

use super::super::codes;
use super::super::library::{Code, CodeList};
use super::{Check, Column, DateForm, Form, Kind, Meaning, Rows, Spec, Table, Term, XmlForm};
use crate::columns::role_named;
use plait_types::{Fault, FaultCode, nearest};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
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
    generic: bool,
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
    flag: Option<String>,
    rows: Rows,
    #[serde(default)]
    makes_records: bool,
    record: Option<String>,
    record_within: Option<String>,
    withdrawn: Option<String>,
    key: Option<String>,
    parent: Option<String>,
    parent_column: Option<String>,
    address_dates: Option<[String; 2]>,
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
    former: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    element: Option<String>,
    #[serde(default)]
    terms: Vec<Term>,
    kind: Option<Kind>,
    meaning: Option<Meaning>,
    #[serde(default)]
    required: bool,
    codes: Option<CodesToml>,
    #[serde(default)]
    several: bool,
}

/// The name of a code list, or what each code of the file is: `{ W = "F" }`.
pub(super) enum CodesToml {
    List(String),
    Own(BTreeMap<String, String>),
}

impl<'de> Deserialize<'de> for CodesToml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        name_or(deserializer, "a list or codes", Self::List, Self::Own)
    }
}

/// Reads a name or a table. By hand, because `untagged` would copy every table first: reading all specs took twice as long.
fn name_or<'de, D: Deserializer<'de>, T, Whole: Deserialize<'de>>(
    deserializer: D,
    expected: &'static str,
    named: fn(String) -> T,
    whole: fn(Whole) -> T,
) -> Result<T, D::Error> {
    struct Either<T, Whole> {
        expected: &'static str,
        named: fn(String) -> T,
        whole: fn(Whole) -> T,
    }
    impl<'de, T, Whole: Deserialize<'de>> Visitor<'de> for Either<T, Whole> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.expected)
        }

        fn visit_str<E>(self, name: &str) -> Result<T, E> {
            Ok((self.named)(name.to_owned()))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            Whole::deserialize(MapAccessDeserializer::new(map)).map(self.whole)
        }
    }
    deserializer.deserialize_any(Either { expected, named, whole })
}

impl CodesToml {
    /// The codes of a column of this name, each with what it is; what they are counts as a code too.
    fn own(column: &str, codes: &BTreeMap<String, String>) -> CodeList {
        let mut all: Vec<Code> = codes
            .iter()
            .map(|(code, is)| Code { code: code.clone(), label: is.clone(), maps_to: Some(is.clone()) })
            .collect();
        for is in codes.values() {
            if !all.iter().any(|code| code.code.eq_ignore_ascii_case(is)) {
                all.push(Code { code: is.clone(), label: is.clone(), maps_to: Some(is.clone()) });
            }
        }
        CodeList { name: column.to_owned(), source: String::new(), codes: all }
    }
}

impl<'de> Deserialize<'de> for ColumnToml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        name_or(deserializer, "a name or a column", Self::Name, Self::Full)
    }
}

impl From<ColumnToml> for Column {
    fn from(column: ColumnToml) -> Self {
        match column {
            ColumnToml::Name(name) => Self {
                name,
                aliases: Vec::new(),
                former: Vec::new(),
                words: Vec::new(),
                element: None,
                terms: Vec::new(),
                kind: Kind::Text,
                meaning: None,
                required: false,
                codes: None,
                own_codes: None,
                several: false,
            },
            ColumnToml::Full(full) => Self {
                kind: full.kind.unwrap_or(if full.codes.is_some() { Kind::Code } else { Kind::Text }),
                own_codes: match &full.codes {
                    Some(CodesToml::Own(codes)) => Some(CodesToml::own(&full.name, codes)),
                    _ => None,
                },
                codes: match full.codes {
                    Some(CodesToml::List(name)) => Some(name),
                    _ => None,
                },
                name: full.name,
                aliases: full.aliases,
                former: full.former,
                words: full.words,
                element: full.element,
                terms: full.terms,
                meaning: full.meaning,
                required: full.required,
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
            flag: table.flag,
            rows: table.rows,
            makes_records: table.makes_records,
            record: table.record,
            record_within: table.record_within,
            withdrawn: table.withdrawn,
            key: table.key,
            parent: table.parent,
            parent_column: table.parent_column,
            address_dates: table.address_dates,
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
        generic: raw.generic,
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
        let start = error.span().map(|span| span.start);
        let place = start.map_or_else(|| file.to_owned(), |start| place_of(text, start, file));
        let key = start.and_then(|start| key_before(text, start));
        let (what, todo) = in_our_words(error.message(), key);
        Fault::new(FaultCode::BadSpec, what, todo).at(place)
    })
}

fn place_of(text: &str, start: usize, file: &str) -> String {
    format!("{file} line {}", text[..start].matches('\n').count() + 1)
}

/// The key whose value starts here, or the list that is its value.
fn key_before(text: &str, start: usize) -> Option<&str> {
    let mut before = text[..start].trim_end();
    if before.ends_with(['[', ',']) {
        before = before[..start_of_list(before)?].trim_end();
    }
    let before = before.strip_suffix('=')?.trim_end();
    let is_of_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let length: usize = before.chars().rev().take_while(|c| is_of_key(*c)).map(char::len_utf8).sum();
    Some(&before[before.len() - length..]).filter(|key| !key.is_empty())
}

/// Where the list begins that is still open at the end of a text.
fn start_of_list(text: &str) -> Option<usize> {
    let mut closed = 0;
    for (at, c) in text.char_indices().rev() {
        match c {
            ']' | '}' => closed += 1,
            '[' if closed == 0 => return Some(at),
            '{' if closed == 0 => return None,
            '[' | '{' => closed -= 1,
            _ => {}
        }
    }
    None
}

/// What is wrong and what to do, for what the reader of TOML says, which is made for programmers.
fn in_our_words(message: &str, key: Option<&str>) -> (String, String) {
    let message = message.lines().collect::<Vec<_>>().join("; ");
    let named: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let one_of = |found: &str, known: &[&str], all: &str| {
        let near = nearest(found, known.iter().copied())
            .or_else(|| role_named(found).filter(|role| known.contains(role)));
        let asked = near.map_or_else(String::new, |near| format!("did you mean \"{near}\"? "));
        format!("{asked}{all}: {}", known.join(", "))
    };
    if let ([found, known @ ..], true) = (&named[..], message.starts_with("unknown variant")) {
        let what = match key {
            Some(key) => format!("\"{found}\" is nothing that \"{key}\" can be"),
            None => format!("\"{found}\" is not a word that can stand here"),
        };
        return (what, one_of(found, known, "it can be"));
    }
    if let ([found, known @ ..], true) = (&named[..], message.starts_with("unknown field")) {
        return (format!("there is no key \"{found}\" here"), one_of(found, known, "the keys are"));
    }
    if let ([missing], true) = (&named[..], message.starts_with("missing field")) {
        return (format!("the key \"{missing}\" is missing"), format!("add {missing} = …; {SHOWN}"));
    }
    if let Some((found, wanted)) =
        message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "))
    {
        let what = match key {
            Some(key) => format!("\"{key}\" is {} and must be {}", found_kind(found), wanted_kind(wanted)),
            None => format!("there is {} where {} must stand", found_kind(found), wanted_kind(wanted)),
        };
        return (what, SHOWN.to_owned());
    }
    let todo = format!("correct the line: text stands in \"…\", lists in […] with commas between; {SHOWN}");
    (format!("the file cannot be read as TOML: {message}"), todo)
}

const SHOWN: &str = "docs/returns.md shows a whole mapping file";

fn found_kind(found: &str) -> &str {
    match found.split([' ', ',']).next().unwrap_or(found) {
        "string" => "text",
        "integer" | "floating" => "a number",
        "boolean" => "true or false",
        "map" => "a table",
        "sequence" => "a list",
        _ => found,
    }
}

fn wanted_kind(wanted: &str) -> &str {
    match wanted {
        "a string" => "text",
        "u16" | "u32" => "a whole number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a list or codes" => "the name of a code list, or codes with what each is in { W = \"F\" }",
        "a name or a column" => "a name, or a column with its name in { name = … }",
        _ => wanted,
    }
}

/// The line, from 1, in which a spec names a column of a table.
pub fn line_of_column(text: &str, table: &str, column: &str) -> Option<usize> {
    let document = toml::de::DeTable::parse(text).ok()?;
    let tables = get(document.get_ref(), "table")?.as_array()?;
    for candidate in tables {
        let Some(candidate) = candidate.get_ref().as_table() else { continue };
        if get(candidate, "name").and_then(|name| name.as_str()) != Some(table) {
            continue;
        }
        for entry in get(candidate, "columns")?.as_array()? {
            let value = entry.get_ref();
            let name = value.as_table().map_or(Some(value), |full| get(full, "name"));
            if name.and_then(|name| name.as_str()) == Some(column) {
                return Some(text[..entry.span().start].matches('\n').count() + 1);
            }
        }
    }
    None
}

fn get<'a, 'b>(table: &'b toml::de::DeTable<'a>, key: &str) -> Option<&'b toml::de::DeValue<'a>> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value.get_ref())
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
    table.columns.iter().try_for_each(|column| refuse_unmeant_codes(column, file))?;
    refuse_two_of_one(table, file)?;
    let by = format!("table \"{}\"", table.name);
    for column in [&table.record, &table.record_within, &table.key, &table.parent_column, &table.flag]
        .into_iter()
        .flatten()
    {
        refuse_unknown_column(table, column, &by, file)?;
    }
    for column in table.address_dates.iter().flatten().chain(&table.withdrawn) {
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

/// What a row says of a person once.
const ONCE: &[Meaning] = &[
    Meaning::LaChildId,
    Meaning::Surname,
    Meaning::Forename,
    Meaning::FullName,
    Meaning::DateOfBirth,
    Meaning::Sex,
    Meaning::Ethnicity,
    Meaning::Postcode,
    Meaning::Upn,
    Meaning::NhsNumber,
    Meaning::Uln,
];

/// Fails where two columns mean what a row says once: of the second nothing would be used.
fn refuse_two_of_one(table: &Table, file: &str) -> Result<(), Fault> {
    for meaning in ONCE {
        let mut of_it =
            table.columns.iter().filter(|column| column.meaning == Some(*meaning) && column.terms.is_empty());
        if let (Some(first), Some(second)) = (of_it.next(), of_it.next()) {
            let what = format!(
                "columns \"{}\" and \"{}\" of table \"{}\" have one meaning, of which a row has one value",
                first.name, second.name, table.name
            );
            return Err(bad(what, file));
        }
    }
    Ok(())
}

/// Fails where codes of a sex or an ethnicity are said to be what is none.
fn refuse_unmeant_codes(column: &Column, file: &str) -> Result<(), Fault> {
    let Some(list) = &column.own_codes else { return Ok(()) };
    let (is_meant, they_are): (fn(&str) -> bool, &str) = match column.meaning {
        Some(Meaning::Sex) => {
            (|is| codes::sex(None, is).is_some() || is == "U", "M, F or U, which is not known")
        }
        Some(Meaning::Ethnicity) => {
            (|is| codes::ethnicity(None, is).is_some(), "main codes of the school census, such as WBRI")
        }
        _ => return Ok(()),
    };
    let Some(unmeant) = list.codes.iter().find(|code| !is_meant(&code.label)) else { return Ok(()) };
    let mut fault = bad(
        format!("\"{}\" is nothing that a code of column \"{}\" can be", unmeant.label, column.name),
        file,
    );
    fault.todo = format!("codes of this meaning are {they_are}");
    Err(fault)
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
    Fault::new(FaultCode::BadSpec, what, format!("correct the file; {SHOWN}")).at(place)
}
