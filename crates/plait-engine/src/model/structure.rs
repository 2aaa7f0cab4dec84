//! Checks a parsed model file against its schema, and reports every departure with its place.

use std::fmt::Write as _;
use std::ops::Range;

use plait_types::{Fault, FaultCode, nearest};
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Faults of one file, in the order of their places.
pub(super) struct Faults<'a> {
    text: &'a str,
    file_name: &'a str,
    found: Vec<(usize, Fault)>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(text: &'a str, file_name: &'a str) -> Self {
        Self { text, file_name, found: Vec::new() }
    }

    /// Adds one at a byte of the file.
    pub(super) fn add(&mut self, at: usize, fault: Fault) {
        let (line, column) = self.line_and_column(at);
        self.found.push((at, fault.at(format!("{} line {line}, column {column}", self.file_name))));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn into_sorted(mut self) -> Vec<Fault> {
        self.found.sort_by_key(|(at, _)| *at);
        self.found.into_iter().map(|(_, fault)| fault).collect()
    }

    /// Both from 1; the column counts characters.
    pub(super) fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(at.min(self.text.len()))];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// What the file says in this place.
    pub(super) fn source(&self, span: Range<usize>) -> &'a str {
        self.text.get(span).unwrap_or_default()
    }
}

/// Reports what departs from the schema, and returns the rest, which then deserialises.
pub(super) fn conform<'i>(
    schema: &Value,
    root: Spanned<DeTable<'i>>,
    faults: &mut Faults<'_>,
) -> Spanned<DeTable<'i>> {
    let span = root.span();
    let table = Checker { root: schema, faults }.table(schema, root.into_inner(), span.start, "the file");
    Spanned::new(span, table)
}

struct Checker<'s, 'f, 'a> {
    root: &'s Value,
    faults: &'f mut Faults<'a>,
}

impl<'s> Checker<'s, '_, '_> {
    fn table<'i>(&mut self, schema: &'s Value, table: DeTable<'i>, at: usize, name: &str) -> DeTable<'i> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        let names: Vec<&str> = properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let written: Vec<String> = table.keys().map(|key| key.get_ref().to_string()).collect();
        let mut kept = DeTable::new();
        let mut present: Vec<String> = Vec::new();
        for (key, value) in table {
            let text = key.get_ref().to_string();
            let known = properties.and_then(|known| known.get(&text)).or(others);
            let (key, known) = if let Some(known) = known {
                (key, known)
            } else {
                let near = nearest(&text, names.iter().copied());
                let todo = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("remove it; the keys here are {}", names.join(", ")),
                };
                self.complain(key.span().start, format!("{name} has no key `{text}`"), todo);
                // what was meant is read as such, so that one slip is not also reported as a missing key
                let meant = near.filter(|near| !written.iter().any(|key| key == near));
                let Some((near, known)) = meant.and_then(|near| Some((near, properties?.get(near)?))) else {
                    continue;
                };
                (Spanned::new(key.span(), near.to_string().into()), known)
            };
            let text = key.get_ref().to_string();
            present.push(text.clone());
            if let Some(value) = self.value(known, value, &format!("`{text}`"), &format!("[{text}]")) {
                kept.insert(key, value);
            }
        }
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let key = required.as_str().unwrap_or_default();
            if !present.iter().any(|name| name == key) {
                let known = properties.and_then(|known| known.get(key));
                let todo = match known.and_then(|known| known.get("const")) {
                    Some(only) => format!("add `{key} = {only}`"),
                    None => format!("add `{key}`{}", self.about(known)),
                };
                self.complain(at, format!("{name} has no `{key}`"), todo);
            }
        }
        kept
    }

    /// `None` if the value is of the wrong kind.
    fn value<'i>(
        &mut self,
        schema: &'s Value,
        value: Spanned<DeValue<'i>>,
        name: &str,
        table_name: &str,
    ) -> Option<Spanned<DeValue<'i>>> {
        let span = value.span();
        let branches = self.branches(schema);
        let Some(schema) = branches.iter().copied().find(|branch| accepts(branch, value.get_ref())) else {
            let wanted: Vec<&str> = branches.iter().map(|branch| kind_words(branch)).collect();
            let found = found_words(value.get_ref());
            let is_list_of_tables = value.get_ref().is_table() && wanted == ["a list"];
            let todo = if is_list_of_tables {
                format!("write [{table_name}], with two brackets on each side")
            } else {
                format!("write {}{}", wanted.join(" or "), self.about(branches.first().copied()))
            };
            self.complain(span.start, format!("{name} is {found} but must be {}", wanted.join(" or ")), todo);
            return None;
        };
        let kept = match value.into_inner() {
            DeValue::Table(table) => {
                let table_name = if branches.len() > 1 { name } else { table_name };
                DeValue::Table(self.table(schema, table, span.start, table_name))
            }
            DeValue::Array(items) => {
                self.length(schema, items.len(), span.start, name);
                let items_schema = schema.get("items").unwrap_or(&Value::Bool(true));
                let numbered = items.into_iter().enumerate();
                let kept = numbered.filter_map(|(index, item)| {
                    let entry = format!("entry {} of {name}", index + 1);
                    self.value(items_schema, item, &entry, &format!("[{table_name}]"))
                });
                DeValue::Array(kept.collect())
            }
            DeValue::String(text) if !self.is_choice(schema, &text, span.start, name) => return None,
            scalar => {
                self.range(schema, &scalar, span.start, name);
                scalar
            }
        };
        Some(Spanned::new(span, kept))
    }

    /// The schema, or its alternatives, without references.
    fn branches(&self, schema: &'s Value) -> Vec<&'s Value> {
        let schema = self.resolve(schema);
        match schema.get("anyOf").and_then(Value::as_array) {
            Some(branches) => branches.iter().map(|branch| self.resolve(branch)).collect(),
            None => vec![schema],
        }
    }

    fn resolve(&self, schema: &'s Value) -> &'s Value {
        let name = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| reference.strip_prefix("#/$defs/"));
        name.and_then(|name| self.root.get("$defs")?.get(name)).unwrap_or(schema)
    }

    fn is_choice(&mut self, schema: &Value, text: &str, at: usize, name: &str) -> bool {
        let Some(choices) = schema.get("oneOf").and_then(Value::as_array) else { return true };
        let names: Vec<&str> = choices.iter().filter_map(|choice| choice.get("const")?.as_str()).collect();
        if names.contains(&text) {
            return true;
        }
        let todo = match nearest(text, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("use one of {}", names.join(", ")),
        };
        self.complain(at, format!("{name} cannot be \"{text}\""), todo);
        false
    }

    fn length(&mut self, schema: &Value, length: usize, at: usize, name: &str) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64).map(|bound| bound as usize);
        if bound("minItems").is_some_and(|least| length < least) {
            let about = self.about(Some(schema));
            self.complain(at, format!("{name} is an empty list"), format!("write at least one{about}"));
        }
        if let Some(most) = bound("maxItems").filter(|most| length > *most) {
            let what = format!("{name} has {length} entries but may have at most {most}");
            self.complain(at, what, format!("remove {} of them", length - most));
        }
    }

    fn range(&mut self, schema: &Value, value: &DeValue<'_>, at: usize, name: &str) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        let (Some(least), Some(most)) = (bound("minimum"), bound("maximum")) else { return };
        let text = match value {
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.as_str().to_string(),
            _ => return,
        };
        let number: f64 = text.replace('_', "").parse().unwrap_or(f64::NAN);
        if !(least..=most).contains(&number) {
            let fault = out_of_range(&name.replace('`', ""), number, &text);
            self.faults.add(at, fault);
        }
    }

    /// The first sentence of the description, as a clause.
    fn about(&self, schema: Option<&'s Value>) -> String {
        let mut clause = String::new();
        let description = schema.and_then(|schema| {
            schema
                .get("description")
                .or_else(|| self.resolve(schema).get("description"))
                .and_then(Value::as_str)
        });
        if let Some(description) = description {
            let sentence = description.split(". ").next().unwrap_or(description).trim_end_matches('.');
            let mut characters = sentence.chars();
            let first = characters.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
            write!(clause, ": {first}{}", characters.as_str().replace('\n', " "))
                .expect("writing to a string succeeds");
        }
        clause
    }

    fn complain(&mut self, at: usize, what: String, todo: String) {
        self.faults.add(at, Fault::new(FaultCode::BadModel, what, todo));
    }
}

fn out_of_range(name: &str, number: f64, text: &str) -> Fault {
    let todo = if number > 1.0 && number <= 100.0 {
        format!("did you mean {}?", number / 100.0)
    } else {
        "write a number from 0 to 1".into()
    };
    Fault::new(FaultCode::BadThreshold, format!("{name} is {text} but must be between 0 and 1"), todo)
}

fn accepts(schema: &Value, value: &DeValue<'_>) -> bool {
    let Some(kind) = schema.get("type").and_then(Value::as_str) else { return true };
    match value {
        DeValue::String(_) => kind == "string",
        DeValue::Integer(_) => matches!(kind, "integer" | "number"),
        DeValue::Float(_) => kind == "number",
        DeValue::Boolean(_) => kind == "boolean",
        DeValue::Array(_) => kind == "array",
        DeValue::Table(_) => kind == "object",
        DeValue::Datetime(_) => false,
    }
}

fn kind_words(schema: &Value) -> &'static str {
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => "text in quotes",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        Some("array") => "a list",
        _ => "a table",
    }
}

fn found_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
        DeValue::Datetime(_) => "a date",
    }
}
