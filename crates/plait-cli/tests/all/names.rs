//! A file of names: spellings and short forms that somebody knows.

use crate::Place;
use crate::constraints::refused_as;
use insta::assert_snapshot;
use std::fs;

/// The first pupil is Amara at school and Mimi to the clinic, which no table knows.
fn place_with_mimi(names: &str) -> Place {
    let place = Place::with_pupils_and_clinic();
    let clinic = place.text("clinic.csv").replace("Amara", "Mimi");
    fs::write(place.path("clinic.csv"), clinic).expect("written");
    fs::write(place.path("names.csv"), names).expect("written");
    place
}

#[track_caller]
fn refused(names: &str) -> String {
    refused_as("--names", names)
}

#[test]
fn names_that_somebody_gives_are_used_and_that_is_said_everywhere() {
    let place = place_with_mimi("Name,Variant\nAmara,Mimi\nÁmara,MIMI\nAmara,Amara\n");
    let ran = place.plait("link pupils.csv clinic.csv --names names.csv --out linked").succeeded();
    let line = ran.stdout.lines().find(|line| line.starts_with("Names")).expect("a line of names");
    assert_snapshot!(line.split_whitespace().collect::<Vec<_>>().join(" "), @"Names 1 pair of names of names.csv, besides those that are built in.");
    let run: serde_json::Value = serde_json::from_slice(&place.read("linked/run.json")).expect("JSON");
    let given = &run["names"];
    assert_eq!(
        (&given["path"], &given["rows"], &given["pairs"]),
        (&"names.csv".into(), &3.into(), &1.into())
    );
    assert_eq!(given["sha256"].as_str().map(str::len), Some(64));
    assert!(place.text("linked/report.html").contains("1 pair of names of names.csv"));
    assert!(place.text("linked/quality-report.html").contains("1 pair of names of names.csv"));
    assert!(!place.text("linked/run.json").to_lowercase().contains("mimi"));
    let said = place.plait("explain linked P1 K70").succeeded().stdout.replace('\n', " ");
    assert!(said.contains("short form"), "{said}");

    fs::write(place.path("names.csv"), "name,variant\nAmara,Mara\n").expect("written");
    assert!(place.plait("explain linked P1 K70").failed().contains("error[E021]"));

    place.plait("link pupils.csv clinic.csv --out without").succeeded();
    let said = place.plait("explain without P1 K70").succeeded().stdout.replace('\n', " ");
    assert!(!said.contains("short form"), "{said}");
    let run: serde_json::Value = serde_json::from_slice(&place.read("without/run.json")).expect("JSON");
    assert!(run["names"].is_null());
}

#[test]
fn surnames_may_be_in_the_file_and_a_model_is_chosen_with_it() {
    let place = place_with_mimi("formal,short\nOkafor,Okaro\n");
    place.plait("model new pupils.csv clinic.csv --names names.csv --out with.toml").succeeded();
    place.plait("model new pupils.csv clinic.csv --out without.toml").succeeded();
    let of_surnames = |file: &str| place.text(file).matches("or nickname").count();
    assert_eq!((of_surnames("with.toml"), of_surnames("without.toml")), (1, 0));
}

#[test]
fn a_file_of_names_that_cannot_be_meant_is_refused_without_showing_a_name() {
    assert_snapshot!(refused("name,other\nP1,K70\n"), @r#"
    exit 3
    error[E026] a file of names needs the columns "name" and "variant" (pairs.csv)
      why: it has: name, other
      do:  write name,variant (or formal,short) into the first line, and below it a name and one other way in which it is written
    "#);
    assert_snapshot!(refused("name,variant\nAva,Avie\nP1,\nP2,-\n"), @r"
    exit 3
    error[E026] rows 2 and 3 have a cell without a name (pairs.csv)
      why: names would be taken for spellings of each other that nobody said are
      do:  write a name into both cells, or take the row out; rows are counted from 1 below the header
    ");
    assert_snapshot!(refused("name,variant\nP1,K70;K99\n"), @r"
    exit 3
    error[E026] row 1 has several names in one cell (pairs.csv)
      why: names would be taken for spellings of each other that nobody said are
      do:  give each its own row; rows are counted from 1 below the header
    ");
    assert_snapshot!(refused("name,variant\nP1,K70,K99\n"), @r"
    exit 3
    error[E005] most rows of pairs.csv do not have the 2 fields of its header (pairs.csv line 2)
      why: they all have 3 fields: a name is missing in the header, or a field holds a comma without quotes
      do:  put a name for every column into the first line, or export the file again with quotes around text
    ");
    assert_snapshot!(refused("name,variant\n"), @r"
    exit 3
    error[E026] the file of names has no rows (pairs.csv)
      why: the run would look as if more names had been known
      do:  write names into it, or leave --names out
    ");
}
