//! Weights that the engine gives to pairs of records, held against the match weights that Splink gave to the same
//! pairs, term frequencies and all.
//!
//! The records are taken as they stand, without standardising, so that frequencies are of the same values. A pair is
//! looked at where both find the same levels; `splink_levels.rs` says where they do.
#![expect(clippy::unwrap_used, reason = "a test that unwraps fails with the place")]

use std::collections::BTreeMap;

use plait_engine::comparison::Comparer;
use plait_engine::model::Model;
use plait_engine::model::splink::import;
use plait_engine::records::{Field, Records, Source};
use plait_engine::scoring::Scorer;
use plait_types::{Column, DateOrder, NULL, PartialDate, Role};
use serde_json::{Value, json};

type Row = BTreeMap<String, String>;

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
            elements.iter().filter_map(Value::as_str).collect::<Vec<&str>>().join(";")
        }
        _ => text.to_owned(),
    }
}

fn field(rows: &[Row], name: &str) -> Field {
    let date = |text: &str| PartialDate::parse(text, DateOrder::YearMonthDay);
    let is_date = name == "dob" || name == "dob_date";
    let value = |row: &Row| Some(cell(&row[name])).filter(|text| !is_date || date(text).is_some());
    let column = Column::from_rows(name, rows.iter().map(value));
    Field {
        name: name.into(),
        headers: vec![Some(name.into())],
        role: if is_date { Role::DateOfBirth } else { Role::Other },
        counts: column.counts(),
        present: vec![column.codes.iter().filter(|code| **code != NULL).count() as u64],
        dates: if is_date {
            column.values.iter().map(|text| date(text).unwrap()).collect()
        } else {
            Vec::new()
        },
        codes: column.codes,
        values: column.values,
        n_placeholders: 0,
        n_unreadable: 0,
        spikes: Vec::new(),
    }
}

fn records(rows: &[Row]) -> Records {
    Records {
        sources: vec![Source {
            name: "people".into(),
            start: 0,
            end: rows.len() as u32,
            n_in_all: rows.len() as u64,
        }],
        fields: rows[0].keys().map(|name| field(rows, name)).collect(),
        own_nicknames: None,
        places: Vec::new(),
    }
}

/// Per pair where all levels are Splink's: the engine's weight and prior, and the row of Splink's figures.
fn weighed<'a>(records: &Records, rows: &[Row], model: &Model, pairs: &'a [Row]) -> Vec<(f64, f64, &'a Row)> {
    let index: BTreeMap<&str, u32> =
        rows.iter().zip(0..).map(|(row, index)| (row["unique_id"].as_str(), index)).collect();
    let comparer = Comparer::new(records, model).unwrap();
    let scorer = Scorer::new(&comparer, model).unwrap();
    let mut scratch = comparer.scratch();
    let mut found = Vec::new();
    for pair in pairs {
        let [left, right] = ["unique_id_l", "unique_id_r"].map(|id| index[pair[id].as_str()]);
        let vector = comparer.vector(left, right, &mut scratch);
        let same_levels = model.comparisons.iter().enumerate().all(|(at, comparison)| {
            let gamma: i64 = pair[&format!("gamma_{}", comparison.name.replace(' ', "_"))].parse().unwrap();
            let expected = if gamma < 0 { 0 } else { comparison.levels.len() as i64 - gamma };
            i64::from(vector.level(at)) == expected
        });
        if !same_levels {
            continue;
        }
        let weight = scorer.weigh(left, right, &mut scratch).0;
        assert_eq!(scorer.at_least(weight, left, right, &mut scratch), Some(weight));
        assert_eq!(scorer.at_least(weight.next_up(), left, right, &mut scratch), None);
        found.push((weight, scorer.parts(vector, left, right).prior, pair));
    }
    found
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

#[test]
fn total_weights_of_records_are_splinks() {
    let rows = table("records.csv");
    let records = records(&rows);
    let mut adjusted = 0;
    for case in ["strings", "names", "places", "trained", "two_sources"] {
        let model = import(&file(&format!("{case}.settings.json")), case).unwrap().model;
        let pairs = table(&format!("{case}.pairs.csv"));
        let weighed = weighed(&records, &rows, &model, &pairs);
        assert!(
            4 * weighed.len() > 3 * pairs.len(),
            "{case}: only {} of {} pairs",
            weighed.len(),
            pairs.len()
        );
        for (weight, _, pair) in weighed {
            let splinks = number(pair, "match_weight");
            assert!((weight - splinks).abs() < 1e-6, "{case}: {weight} is not Splink's {splinks}: {pair:?}");
            adjusted +=
                pair.iter().filter(|(name, bits)| name.starts_with("mw_tf_adj") && *bits != "0").count();
        }
    }
    assert!(adjusted > 1_000, "only {adjusted} adjustments");
}

/// Each comparison on its own, so that what has no counterpart in one does not hide the others: settings per level,
/// floors, strengths, frequencies of another field.
#[test]
fn weights_of_one_comparison_and_its_frequencies_are_splinks() {
    let rows = table("records.csv");
    let records = records(&rows);
    let (mut n_comparisons, mut n_adjusted) = (0, 0);
    for case in ["names", "term_frequency", "trained", "two_sources", "composed", "dates", "arrays"] {
        let settings: Value = serde_json::from_str(&file(&format!("{case}.settings.json"))).unwrap();
        let pairs = table(&format!("{case}.pairs.csv"));
        for comparison in settings["comparisons"].as_array().unwrap() {
            let mut one = settings.clone();
            one["comparisons"] = json!([comparison]);
            let Ok(imported) = import(&one.to_string(), "one.json") else { continue };
            let name = imported.model.comparisons[0].name.replace(' ', "_");
            n_comparisons += 1;
            for (weight, prior, pair) in weighed(&records, &rows, &imported.model, &pairs) {
                let frequency = format!("mw_tf_adj_{name}");
                let bits = if pair.contains_key(&frequency) { number(pair, &frequency) } else { 0.0 };
                n_adjusted += usize::from(bits != 0.0);
                let splinks = prior + number(pair, &format!("mw_{name}")) + bits;
                assert!(
                    (weight - splinks).abs() < 1e-6,
                    "{case} {name}: {weight} is not Splink's {splinks}: {pair:?}"
                );
            }
        }
    }
    assert!(
        n_comparisons > 20 && n_adjusted > 1_000,
        "{n_comparisons} comparisons, {n_adjusted} adjustments"
    );
}

#[test]
fn values_taken_as_they_stand_are_missing_only_where_empty() {
    let rows = table("records.csv");
    let town = field(&rows, "town");
    assert!(rows.iter().zip(&town.codes).all(|(row, code)| row["town"].is_empty() == (*code == NULL)));
}
