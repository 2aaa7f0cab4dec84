//! For whom a run worked.

use crate::Place;
use insta::assert_snapshot;
use plait_formats::read::{ReadOptions, read};
use plait_types::Table;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A council of made-up children, linked with its truth on so many threads.
fn linked(place: &Place, out: &str, threads: u32) -> Value {
    let sources =
        ["school_census_2026_spring", "standard_safeguarding_dataset", "gp_registered_children.csv"];
    let sources = sources.map(|source| format!("b/{source}")).join(" ");
    let options = format!("--truth b/truth/truth.csv --no-workbook --threads {threads}");
    place.plait(&format!("link {sources} --out {out} {options}")).succeeded();
    serde_json::from_slice(&place.read(&format!("{out}/run.json"))).expect("JSON")
}

fn group<'v>(run: &'v Value, by: &str, name: &str) -> &'v Value {
    let groupings = run["groups"]["groupings"].as_array().expect("groupings");
    let of =
        groupings.iter().find(|grouping| grouping["by"] == by).unwrap_or_else(|| panic!("figures by {by}"));
    let groups = of["groups"].as_array().expect("groups");
    groups.iter().find(|group| group["group"] == name).unwrap_or_else(|| panic!("{by}: {name}"))
}

#[test]
fn every_run_says_for_whom_it_worked() {
    let place = Place::with(&[]);
    place.plait("synth borough --children 700 --seed 1 --out b").succeeded();
    let run = linked(&place, "one", 1);
    assert_eq!(run["groups"]["ages_on"], "2026-01-15");
    assert_eq!(run["groups"]["ages_on_from"], "the day that school_census_2026_spring is about");
    let by: Vec<&str> = run["groups"]["groupings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|by| by["by"].as_str())
        .collect();
    assert_snapshot!(by.join(", "), @"source, sex, age, ethnic group, ethnicity, SEN provision, free school meals, child in need, protection plan, looked after, unaccompanied, several births, length of name, surname of several words, forename, surname, date of birth, postcode, NHS number, UPN");
    let census = &run["sources"][0]["rows"];
    let with_meals = ["yes", "no"].map(|meals| group(&run, "free school meals", meals)["records"].as_u64());
    assert_eq!(with_meals.iter().flatten().sum::<u64>(), census.as_u64().expect("a count"));
    // every record of every source is of one group of sources, and the parts make the whole
    let names = run["sources"]
        .as_array()
        .expect("sources")
        .iter()
        .map(|source| source["name"].as_str().expect("a name"));
    let of_sources: Vec<&Value> = names.map(|name| group(&run, "source", name)).collect();
    let records: u64 = of_sources.iter().filter_map(|group| group["records"].as_u64()).sum();
    assert_eq!(Some(records), run["counts"]["records"].as_u64());
    for group in of_sources {
        let (found, expected) = (group["found"].as_u64(), group["expected"].as_u64());
        assert!(found <= expected, "{group}");
        let recall = &group["recall"];
        assert!(recall["low"].as_f64() <= recall["estimate"].as_f64(), "{group}");
    }
    assert!(linked(&place, "three", 3)["groups"] == run["groups"], "on any number of threads");
}

#[test]
fn columns_of_plain_files_are_known_by_their_headers_and_never_compared() {
    let mut rows =
        String::from("ref,forename,surname,dob,Ethnicity,SENprovision,FSMeligible,IMD_Decile,LAC,comment\n");
    for (n, line) in crate::PUPILS.lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let [_, surname, forename, dob, ..] = cells[..] else { panic!("a row") };
        let (ethnicity, sen) = (["WBRI", "Black African", "AIND"][n % 3], ["N", "K", "E"][n % 3]);
        rows += &format!("R{n},{forename},{surname},{dob},{ethnicity},{sen},{},{},,x\n", n % 2, 1 + n % 10);
    }
    let rows = rows.replacen(",,x", ",Y,x", 2);
    let place = Place::with(&[("social.csv", rows.as_bytes()), ("clinic.csv", crate::CLINIC.as_bytes())]);
    let ran = place.plait("link social.csv clinic.csv --out linked --ages-on 2026-03-31").succeeded();
    let columns = ran.stdout.split("Columns").nth(1).and_then(|rest| rest.split("Checked").next());
    assert_snapshot!(columns.expect("columns").trim(), @r"
    social: ref = record identifier, forename, surname, dob = date of birth, ethnicity,
              SENprovision = SEN provision, FSMeligible = free school meals, IMD_Decile = deprivation,
              LAC = looked after; not used: comment.
              clinic: clinic_ref = record identifier, first name = forename, last name = surname, born =
              date of birth, postcode.
    ");
    let run: Value = serde_json::from_slice(&place.read("linked/run.json")).expect("JSON");
    assert_eq!(run["groups"]["ages_on"], "2026-03-31");
    assert_eq!(group(&run, "looked after", "yes")["records"], 2);
    assert_eq!(group(&run, "looked after", "no")["records"], 8);
    assert_eq!(group(&run, "ethnic group", "Black")["records"], 3);
    assert_eq!(group(&run, "SEN provision", "SEN support")["records"], 3);
    assert_eq!(group(&run, "free school meals", "yes")["records"], 5);
    assert_eq!(group(&run, "deprivation decile", "1 (most deprived)")["records"], 1);
    let model = place.text("linked/model.toml");
    for word in ["ethnic", "sen", "fsm", "lac", "imd"] {
        assert!(!model.to_lowercase().contains(&format!("\"{word}")), "{word} is compared");
    }
}

#[test]
fn who_has_no_partner_is_listed_and_counted_and_really_has_none() {
    let place = Place::with(&[]);
    place.plait("synth borough --children 700 --seed 1 --out b").succeeded();
    let run = linked(&place, "linked", 2);
    let read =
        |file: &str| read(&place.path(file), &ReadOptions::default()).expect("a file that Plait reads").table;
    let (list, people) = (read("linked/not_found.csv"), read("linked/people.parquet"));
    let headers: Vec<&str> = list.columns.iter().map(|column| column.name.as_str()).collect();
    assert_snapshot!(headers.join(" "), @"finding source record not_found_in why in_review person_id records_of_person");
    let cell = |table: &Table, row: usize, column: &str| {
        table.column(column).expect("a column").get(row).unwrap_or_default().to_owned()
    };
    let of_person: BTreeSet<(String, String)> = (0..people.n_rows)
        .map(|row| (cell(&people, row, "person_id"), cell(&people, row, "source")))
        .collect();
    let mut counts: BTreeMap<(String, String), [u64; 2]> = BTreeMap::new();
    let mut last = String::new();
    for row in 0..list.n_rows {
        let (source, other) = (cell(&list, row, "source"), cell(&list, row, "not_found_in"));
        assert!(!of_person.contains(&(cell(&list, row, "person_id"), other.clone())), "row {row}");
        let finding = cell(&list, row, "finding");
        assert_eq!(finding == "explained", !cell(&list, row, "why").is_empty(), "row {row}");
        assert!(last.is_empty() || last >= finding, "what nothing explains comes first");
        counts.entry((source, other)).or_default()[usize::from(finding == "explained")] += 1;
        last = finding;
    }
    let said = run["not_found"].as_array().expect("a list");
    assert!(said.len() > 1 && said.iter().any(|of| of["unexplained"].as_u64() > Some(0)), "{said:?}");
    for of in said {
        let name = |key: &str| of[key].as_str().expect("a name").to_owned();
        let listed = counts.remove(&(name("source"), name("not_found_in"))).unwrap_or_default();
        let explained = of["explained"].as_array().expect("a list").iter();
        let explained =
            explained.filter(|of| of["by"] != "few_like_it").filter_map(|of| of["records"].as_u64());
        assert_eq!([of["unexplained"].as_u64().expect("a count"), explained.sum()], listed, "{of}");
    }
    assert!(counts.is_empty());
    linked(&place, "again", 1);
    assert!(
        place.read("again/not_found.csv") == place.read("linked/not_found.csv"),
        "on any number of threads"
    );
    // a run into the same folder in which nobody is missing takes the list away
    std::fs::write(place.path("one.csv"), crate::PUPILS).expect("written");
    std::fs::write(place.path("two.csv"), crate::CLINIC).expect("written");
    place.plait("link one.csv two.csv --out linked").succeeded();
    assert!(!place.names("linked").contains(&"not_found.csv".to_owned()));
}

#[test]
fn a_name_that_begins_like_a_formula_is_no_formula_in_the_list() {
    let rows = |n: usize| -> String {
        let row = |at: usize| {
            let (first, last) =
                (["Ava", "Noah", "Mia", "Leo", "Isla"][at % 5], ["Khan", "Okafor", "Nowak"][at % 3]);
            format!(
                "=R{at},{first},{last}{},201{}-0{}-{:02}\n",
                (b'a' + (at / 26) as u8) as char,
                at % 9,
                1 + at % 8,
                1 + at % 27
            )
        };
        std::iter::once("ref,forename,surname,dob\n".to_owned()).chain((0..n).map(row)).collect()
    };
    let place = Place::with(&[("a.csv", rows(220).as_bytes()), ("b.csv", rows(200).as_bytes())]);
    place.plait("link a.csv b.csv --out linked").succeeded();
    let list = place.text("linked/not_found.csv");
    assert!(list.contains(",'=R2") && !list.contains(",=R"), "{list}");
}

#[test]
fn a_day_for_ages_that_is_none_is_refused() {
    let place = Place::with_pupils_and_clinic();
    for day in ["yesterday", "2026-02-30", "2026-03", "31/03/2026"] {
        let ran = place.plait(&format!("link pupils.csv clinic.csv --out linked --ages-on {day}")).failed();
        assert!(ran.contains("write it as a day, YYYY-MM-DD"), "{ran}");
    }
    assert_eq!(place.names("."), ["clinic.csv", "pupils.csv"]);
}

#[test]
fn the_report_on_quality_holds_no_value_of_a_record_and_has_every_section() {
    let place = Place::with_pupils_and_clinic();
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    let page = place.text("linked/quality-report.html");
    for section in ["provision", "method", "result", "accuracy", "equity", "use", "governance"] {
        assert!(page.contains(&format!("<section id=\"{section}\"")), "{section}");
    }
    let text = page.split("</style>").nth(1).expect("a page");
    for cell in
        crate::PUPILS.lines().skip(1).chain(crate::CLINIC.lines().skip(1)).flat_map(|row| row.split(','))
    {
        // a letter for a sex is in every word
        assert!(cell.len() < 2 || !text.contains(cell), "a value of a record");
    }
}
