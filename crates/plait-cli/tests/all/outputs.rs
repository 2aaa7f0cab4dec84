//! The contract of the files of a run, on which other tools rely.

use crate::Place;
use insta::assert_snapshot;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use plait_formats::read::{ReadOptions, read};

fn linked() -> Place {
    let place = Place::with_pupils_and_clinic();
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    place
}

/// Headers and rows of a file.
fn rows(place: &Place, file: &str) -> Vec<Vec<String>> {
    let table = read(&place.path(file), &ReadOptions::default()).expect("a file that Plait reads").table;
    let header = table.columns.iter().map(|column| column.name.clone()).collect();
    let row = |row| table.columns.iter().map(|column| column.get(row).unwrap_or("").to_owned()).collect();
    std::iter::once(header).chain((0..table.n_rows).map(row)).collect()
}

/// Name and type of every column of a Parquet file, and the version of its layout.
fn types(place: &Place, file: &str) -> String {
    let file = std::fs::File::open(place.path(file)).expect("a file");
    let reader = SerializedFileReader::new(file).expect("a Parquet file");
    let metadata = reader.metadata().file_metadata();
    let columns = metadata.schema_descr().columns().iter();
    let mut lines: Vec<String> =
        columns.map(|c| format!("{} {} {:?}", c.name(), c.physical_type(), c.logical_type_ref())).collect();
    let pairs = metadata.key_value_metadata().expect("metadata");
    lines.extend(
        pairs
            .iter()
            .filter(|pair| pair.key == "plait.format")
            .map(|pair| format!("{} {:?}", pair.key, pair.value)),
    );
    lines.join("\n")
}

#[test]
fn people_parquet_has_these_columns_and_one_row_per_record() {
    let place = linked();
    assert_snapshot!(types(&place, "linked/people.parquet"), @r#"
    source BYTE_ARRAY Some(String)
    record BYTE_ARRAY Some(String)
    person_id BYTE_ARRAY Some(String)
    confidence DOUBLE None
    plait.format Some("1")
    "#);
    let rows = rows(&place, "linked/people.parquet");
    assert_eq!(rows.len(), 1 + 10 + 6);
    let person = |record: &str| &rows.iter().find(|row| row[1] == record).expect("a row for every record")[2];
    assert_eq!(person("P1"), person("K70"));
    assert_ne!(person("P1"), person("P2"));
    assert!(person("P1").starts_with("P-"), "{}", person("P1"));
}

#[test]
fn links_parquet_has_these_columns_and_one_row_per_link_or_pair_to_review() {
    let place = linked();
    assert_snapshot!(types(&place, "linked/links.parquet"), @r#"
    source_l BYTE_ARRAY Some(String)
    record_l BYTE_ARRAY Some(String)
    source_r BYTE_ARRAY Some(String)
    record_r BYTE_ARRAY Some(String)
    match_weight DOUBLE None
    match_probability DOUBLE None
    person_probability DOUBLE None
    decision BYTE_ARRAY Some(String)
    rule BYTE_ARRAY Some(String)
    reason BYTE_ARRAY Some(String)
    plait.format Some("1")
    "#);
    let rows = rows(&place, "linked/links.parquet");
    let pairs: Vec<String> = rows[1..]
        .iter()
        .map(|row| format!("{}:{} {}:{} {}", row[0], row[1], row[2], row[3], row[7]))
        .collect();
    assert_snapshot!(pairs.join("\n"), @r"
    pupils:P1 clinic:K70 link
    pupils:P2 clinic:K71 link
    pupils:P3 clinic:K72 link
    pupils:P4 clinic:K73 link
    pupils:P9 clinic:K74 link
    ");
}

#[test]
fn an_explanation_has_the_weight_that_the_link_has() {
    let place = linked();
    for row in &rows(&place, "linked/links.parquet")[1..] {
        let (left, right) = (format!("{}:{}", row[0], row[1]), format!("{}:{}", row[2], row[3]));
        let said = place.run(&["explain", "linked", &left, &right, "--json"]).succeeded().stdout;
        let said: serde_json::Value = serde_json::from_str(&said).expect("one document");
        let weight: f64 = row[4].parse().expect("a number");
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(said["match_weight"].as_f64().expect("a number"), weight), "{left} {right}");
        let terms = said["terms"].as_array().expect("terms");
        assert!(close(terms.iter().filter_map(|term| term["weight"].as_f64()).sum(), weight));
        assert!(terms.iter().all(|term| term.get("left").is_none()), "no values unless asked for");
    }
}

#[test]
fn the_workbook_has_the_people_and_what_is_to_review() {
    let place = linked();
    let options = |sheet: &str| ReadOptions { sheet: Some(sheet.into()), ..ReadOptions::default() };
    let people = read(&place.path("linked/people.xlsx"), &options("People")).expect("a workbook").table;
    let headers: Vec<&str> = people.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!((headers, people.n_rows), (vec!["source", "record", "person_id", "confidence"], 16));
    let nothing_to_review =
        read(&place.path("linked/people.xlsx"), &options("To review")).expect_err("no rows");
    assert_eq!(nothing_to_review.what, "people.xlsx has no rows on sheet \"To review\"");
}

#[test]
fn run_json_says_what_was_done_with_what() {
    let place = linked();
    let run: serde_json::Value = serde_json::from_slice(&place.read("linked/run.json")).expect("JSON");
    let keys: Vec<&str> = run.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_snapshot!(keys.join(" "), @"command constraints counts files format groups issues labels method model names not_found notes pairs_per_second peak_memory_after peak_memory_bytes plait quality roles routes rules seconds seed sources threads truth");
    assert_eq!(run["command"], "plait link pupils.csv clinic.csv --out linked");
    assert_eq!(run["sources"][0]["record_column"], "pupil_id");
    assert_eq!(run["sources"][0]["sha256"].as_str().map(str::len), Some(64));
    assert!(run["seconds"]["total"].as_f64() > Some(0.0));
    for cell in ["Okafor", "okafor", "ZE1 2AB", "2014-03-21"] {
        assert!(!place.text("linked/run.json").contains(cell), "run.json holds a value of a record");
    }
}

#[test]
fn the_report_asks_nobody_for_anything() {
    let place = linked();
    let page = place.text("linked/report.html");
    for request in ["src=\"http", "href=\"http", "url(http", "@import", "<script", "<link"] {
        assert!(!page.contains(request), "{request}");
    }
    assert!(page.contains("pupils") && page.contains("clinic"));
}

#[test]
fn the_model_of_a_run_is_a_model() {
    let place = linked();
    let ran = place.plait("model check linked/model.toml pupils.csv clinic.csv").succeeded();
    assert_eq!(ran.stdout, "linked/model.toml is a model that can be used with these sources\n");
}
