//! Levels that the engine finds in the records, held against those that Splink found in the same records.
//!
//! Splink compares values as they stand, the engine after standardising. So a pair is looked at where
//! standardising cannot matter: no two letters of its values differ in case only, no value that Splink sees is a
//! placeholder or unreadable to us, and dates are written in full. `DuckDB`'s edit distances count bytes, ours
//! characters, so that they are compared on ASCII only.

use std::collections::BTreeMap;

use plait_engine::comparison::Comparer;
use plait_engine::model::splink::import;
use plait_engine::records::{InputColumn, Records, SourceInput};
use plait_types::{Column, DateOrder, Role, Table};
use serde_json::{Value, json};

type Row = BTreeMap<String, String>;

/// Columns that mean something to standardising; all others are compared as plain text.
const ROLES: [(&str, Role, DateOrder); 7] = [
    ("dob", Role::DateOfBirth, DateOrder::YearMonthDay),
    ("dob_uk", Role::DateOfBirth, DateOrder::DayMonthYear),
    ("dob_date", Role::DateOfBirth, DateOrder::YearMonthDay),
    ("postcode", Role::Postcode, DateOrder::YearMonthDay),
    ("lat", Role::Number, DateOrder::YearMonthDay),
    ("lon", Role::Number, DateOrder::YearMonthDay),
    ("email", Role::Email, DateOrder::YearMonthDay),
];

/// Comparisons that cannot be expected to agree on every pair, and why.
const NOT_COMPARED: [(&str, &str); 4] = [
    ("seen_stamp", "holds times of day, which we do not compare"),
    ("dob_uk", "Splink's Levenshtein distance is of 31/12/1999, ours of 1999-12-31"),
    ("not_null_km", "has no null level"),
    ("off", "the same column and levels as town"),
];

fn file(name: &str) -> String {
    let path = format!("{}/tests/splink/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn table(name: &str) -> Vec<Row> {
    csv::Reader::from_reader(file(name).as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// A cell as our readers give it: lists as their elements with `;` between them.
fn cell(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(elements)) => {
            let elements: Vec<&str> = elements.iter().filter_map(Value::as_str).collect();
            elements.join(";")
        }
        _ => text.to_owned(),
    }
}

fn records(rows: &[Row]) -> Records {
    let names: Vec<&String> = rows[0].keys().collect();
    let columns = names
        .iter()
        .map(|name| Column::from_rows(name.as_str(), rows.iter().map(|row| Some(cell(&row[*name])))))
        .collect();
    let roles = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let known = ROLES.iter().find(|(column, ..)| column == name);
            let (role, order) = known.map_or((Role::Other, None), |(_, role, order)| (*role, Some(*order)));
            InputColumn { index, role, date_order: order }
        })
        .collect();
    let table = Table { name: "people".into(), columns, n_rows: rows.len() };
    Records::new(vec![SourceInput { table, columns: roles }])
}

/// Whether no two characters of the texts differ in case only.
fn case_cannot_matter(texts: &[&str]) -> bool {
    let characters: Vec<char> = texts.iter().flat_map(|text| text.chars()).collect();
    let lower = |c: char| c.to_lowercase().collect::<String>();
    characters.iter().all(|&a| characters.iter().all(|&b| a == b || lower(a) != lower(b)))
}

#[test]
fn levels_found_in_the_records_are_splinks() {
    let rows = table("records.csv");
    let records = records(&rows);
    let index: BTreeMap<&str, usize> =
        rows.iter().enumerate().map(|(i, row)| (row["unique_id"].as_str(), i)).collect();
    let (mut compared, mut wrong) = (0, Vec::new());
    for case in ["strings", "names", "dates", "places", "numbers", "arrays", "composed", "term_frequency"] {
        let settings: Value = serde_json::from_str(&file(&format!("{case}.settings.json"))).unwrap();
        let pairs = table(&format!("{case}.pairs.csv"));
        for comparison in settings["comparisons"].as_array().unwrap() {
            let name = comparison["output_column_name"].as_str().unwrap();
            let mut one = settings.clone();
            one["comparisons"] = json!([comparison]);
            let Ok(imported) = import(&one.to_string(), "one.json") else { continue };
            if NOT_COMPARED.iter().any(|(left_out, _)| *left_out == name) {
                continue;
            }
            let model = imported.model;
            let comparer = Comparer::new(&records, &model).unwrap();
            let mut scratch = comparer.scratch();
            let n_levels = model.comparisons[0].levels.len();
            let mut fields = model.comparisons[0].named_fields();
            fields.sort();
            fields.dedup();
            let edits = comparison.to_string().contains("levenshtein");
            let mut seen = 0;
            for pair in &pairs {
                let (left, right) =
                    (index[pair["unique_id_l"].as_str()], index[pair["unique_id_r"].as_str()]);
                let plain = [left, right].iter().all(|&record| {
                    fields.iter().all(|field| {
                        let raw = rows[record][field].as_str();
                        match records.fields[records.field(field).unwrap()].get(record as u32) {
                            None => raw.is_empty(),
                            Some(date) if field.starts_with("dob") => date == raw,
                            Some(_) => true,
                        }
                    })
                });
                let texts: Vec<&str> = fields
                    .iter()
                    .flat_map(|field| [rows[left][field].as_str(), rows[right][field].as_str()])
                    .collect();
                if !plain
                    || !case_cannot_matter(&texts)
                    || (edits && !texts.iter().all(|text| text.is_ascii()))
                {
                    continue;
                }
                seen += 1;
                let gamma: i64 = pair[&format!("gamma_{}", name.replace(' ', "_"))].parse().unwrap();
                let expected = if gamma < 0 { 0 } else { n_levels as i64 - gamma };
                let found = i64::from(comparer.level(0, left as u32, right as u32, &mut scratch));
                if found != expected {
                    wrong.push(format!("{case} {name}: level {found}, Splink's is {expected}: {texts:?}"));
                }
            }
            assert!(seen >= 50, "{case} {name}: only {seen} pairs");
            compared += seen;
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 3_000, "only {compared}");
}
