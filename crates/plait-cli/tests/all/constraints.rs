//! Pairs of records that must be, or must never be, one person.

use crate::Place;
use insta::assert_snapshot;
use plait_formats::read::{ReadOptions, read};
use std::fs;

const HEADER: &str = "source_l,record_l,source_r,record_r,constraint\n";

/// Pupils and clinic, and a file of pairs of their records.
pub(crate) fn place_with(pairs: &str) -> Place {
    let place = Place::with_pupils_and_clinic();
    fs::write(place.path("pairs.csv"), pairs).expect("written");
    place
}

/// The rows of links.parquet: the two records, decision and rule.
fn links(place: &Place) -> Vec<String> {
    let table = read(&place.path("linked/links.parquet"), &ReadOptions::default()).expect("a table").table;
    let column =
        |name: &str, row| table.column(name).expect("a column").get(row).expect("a value").to_owned();
    (0..table.n_rows)
        .map(|row| ["record_l", "record_r", "decision", "rule"].map(|name| column(name, row)).join(" "))
        .collect()
}

/// Links with a file of pairs as this option, which must be refused, leave nothing and show nobody.
#[track_caller]
pub(crate) fn refused_as(option: &str, pairs: &str) -> String {
    let place = place_with(pairs);
    let said = place.plait(&format!("link pupils.csv clinic.csv {option} pairs.csv --out linked")).failed();
    assert_eq!(place.names("."), ["clinic.csv", "pairs.csv", "pupils.csv"], "something was left behind");
    for record in ["P1", "P2", "K70", "K99"] {
        assert!(!said.contains(record), "a record was shown: {said}");
    }
    said
}

#[track_caller]
fn refused(constraints: &str) -> String {
    refused_as("--constraints", constraints)
}

#[test]
fn pairs_are_kept_apart_and_put_together_and_that_is_said_everywhere() {
    let rows = "pupils,P1,clinic,K70,Cannot_Link\nclinic,K75,pupils,P6,must\npupils,P99,clinic,K71,never\n";
    let place = place_with(&format!("{HEADER}{rows}"));
    let ran = place.plait("link pupils.csv clinic.csv --constraints pairs.csv --out linked").succeeded();
    let warning = ran.stderr.lines().next().unwrap_or_default();
    assert_snapshot!(warning, @"warning[W052] pairs.csv: row 3 names a record that is not in its source; left out. Records are named as in people.parquet: by the source's name, and their identifier or row number");
    let line = ran.stdout.split_once("Constraints").expect("a line of constraints").1;
    let line = line.split_once("Unsure").expect("the next line").0;
    assert_snapshot!(line.split_whitespace().collect::<Vec<_>>().join(" "), @"1 pair kept apart (1 of them would have been one person), 1 put together; 1 row names a record that is not in these files.");
    let links = links(&place);
    assert!(links.contains(&"P6 K75 link must_link constraint".to_owned()), "{links:?}");
    assert!(!links.iter().any(|link| link.starts_with("P1 K70")), "{links:?}");
    let report = place.text("linked/report.html");
    assert!(report.contains("1 pair kept apart (1 of them would have been one person)"));
    let run: serde_json::Value = serde_json::from_slice(&place.read("linked/run.json")).expect("JSON");
    let given = &run["constraints"];
    assert_eq!(given["path"], "pairs.csv");
    assert_eq!(given["sha256"].as_str().map(str::len), Some(64));
    let counts = ["rows", "kept_apart", "would_be_one_person", "put_together", "rows_of_unknown_records"];
    assert_eq!(counts.map(|key| given[key].as_u64()), [3, 1, 1, 1, 1].map(Some));

    let said = place.plait("explain linked K70 P1").succeeded().stdout.replace('\n', " ");
    assert!(said.contains("Never one person, because of row 1 of pairs.csv (cannot_link)."), "{said}");
    let said = place.plait("explain linked P6 K75").succeeded().stdout.replace('\n', " ");
    assert!(said.contains("One person, because of row 2 of pairs.csv (must_link)."), "{said}");
    fs::write(place.path("pairs.csv"), format!("{HEADER}pupils,P1,clinic,K70,never\n")).expect("written");
    assert_snapshot!(place.plait("explain linked P6 K75").failed(), @r"
    exit 3
    error[E021] pairs.csv has changed since linked was made
      why: an explanation from other data would not be the one of this run
      do:  link again, or put the file back as it was
    ");
}

#[test]
fn a_row_that_puts_two_verified_numbers_together_is_named() {
    let one = "id,forename,surname,dob,nhs_number\n1,Ann,Quill,2012-03-04,9990000018\n2,Ben,Reed,2011-05-06,9990000026\n";
    let other = "id,forename,surname,dob,nhs_number\n7,Anne,Quill,2012-03-04,9990000018\n8,Ben,Reed,2011-05-06,9990000026\n\
                 9,Anne,Quill,2012-03-04,\n";
    let check = |rows: &str, expected: Option<&str>| {
        let pairs = format!("{HEADER}{rows}");
        let place = Place::with(&[
            ("one.csv", one.as_bytes()),
            ("other.csv", other.as_bytes()),
            ("pairs.csv", pairs.as_bytes()),
        ]);
        let ran = place.plait("link one.csv other.csv --constraints pairs.csv --out linked").succeeded();
        let said = ran.stderr.lines().find(|line| line.contains("W058"));
        assert_eq!(said, expected, "{}", ran.stderr);
    };
    check("one,1,other,7,must_link\n", None);
    check(
        "one,1,other,7,must_link\none,1,other,8,must_link\n",
        Some(
            "warning[W058] pairs.csv: row 2 puts records together that have two different verified numbers of one kind",
        ),
    );
    // one that has no number stands between two that have
    check(
        "one,1,other,9,must_link\none,2,other,9,must_link\n",
        Some(
            "warning[W058] pairs.csv: rows 1 and 2 put records together that have two different verified numbers of one kind",
        ),
    );
}

#[test]
fn pairs_without_a_column_of_constraints_are_refused_not_kept_apart() {
    assert_snapshot!(refused("source_l,record_l,source_r,record_r,decision\npupils,P1,clinic,K70,link\n"), @r#"
    exit 3
    error[E023] a file of constraints needs a column "constraint" (pairs.csv)
      why: it has: source_l, record_l, source_r, record_r, decision
      do:  say of each pair whether it must be one person or must never be: must_link or cannot_link
    "#);
}

#[test]
fn records_that_must_be_with_others_are_kept_apart_by_way_of_them() {
    let rows = "pupils,P1,pupils,P6,must_link\npupils,P6,clinic,K70,cannot_link\n";
    let place = place_with(&format!("{HEADER}{rows}"));
    place.plait("link pupils.csv clinic.csv --constraints pairs.csv --out linked").succeeded();
    let said = place.plait("explain linked P1 K70").succeeded().stdout.replace('\n', " ");
    let expected =
        "Never one person, because of row 2 of pairs.csv (cannot_link), by way of row 1 (must_link).";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn explain_says_that_numbers_keep_records_apart_and_shows_none() {
    let place = Place::with_pupils_and_clinic();
    for (file, record, number) in [("pupils.csv", "P1,", "9990000018"), ("clinic.csv", "K70,", "9990000026")]
    {
        let with_number = |(at, line): (usize, &str)| match at {
            0 => format!("{line},nhs_number\n"),
            _ => format!("{line},{}\n", if line.starts_with(record) { number } else { "" }),
        };
        let text: String = place.text(file).lines().enumerate().map(with_number).collect();
        fs::write(place.path(file), text).expect("written");
    }
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    let said = place.plait("explain linked P1 K70").succeeded().stdout.replace('\n', " ");
    let expected = "there is none: the two records have two different NHS numbers that are verified.";
    assert!(said.contains(expected) && !said.contains("999000"), "{said}");
    // a constraint goes before numbers, and one of the two then has both
    fs::write(place.path("pairs.csv"), format!("{HEADER}pupils,P1,clinic,K70,must_link\n")).expect("written");
    place.plait("link pupils.csv clinic.csv --constraints pairs.csv --out linked").succeeded();
    assert!(links(&place).contains(&"P1 K70 link must_link constraint".to_owned()));
}

#[test]
fn constraints_that_cannot_be_meant_are_refused() {
    assert_snapshot!(refused("source_l,record_l,source_r\npupils,P1,clinic\n"), @r#"
    exit 3
    error[E023] a file of constraints needs a column "record_r" (pairs.csv)
      why: it has: source_l, record_l, source_r
      do:  name both records of each pair as links.parquet does: source_l, record_l, source_r, record_r
    "#);
    assert_snapshot!(refused(&format!("{HEADER}pupils,P1,clinic,K70,perhaps\npupils,P2,clinic,K70,\n")), @r#"
    exit 3
    error[E023] rows 1 and 2 have neither must_link nor cannot_link in the column "constraint" (pairs.csv)
      why: a pair that is left out would be linked, or not, against what somebody knows
      do:  write must_link or must, or cannot_link, do_not_link or never; or take the rows out
    "#);
    let labels = "source_l,record_l,source_r,record_r,label\npupils,P1,clinic,K70,match\n";
    assert_snapshot!(refused(labels), @r#"
    exit 3
    error[E023] a column "label" and none "constraint", as a file of labels has (pairs.csv)
      why: labels teach and measure, and neither keep a pair apart nor put it together
      do:  if these are pairs that somebody has looked at, give the file with --labels; if they are constraints, call the column "constraint", with must_link or cannot_link in each row
    "#);
    assert_snapshot!(refused(&format!("{HEADER}pupils,P1,hospital,K70,must_link\n")), @r"
    exit 3
    error[E023] row 1 names a source that is not among those linked (pairs.csv)
      why: the pair would not be kept apart or put together
      do:  write pupils or clinic, or take out rows of other sources
    ");
    assert_snapshot!(refused(&format!("{HEADER}pupils,P1,pupils,P1,cannot_link\n")), @r"
    exit 3
    error[E023] row 1 names one record twice (pairs.csv)
      why: a record is one person with itself, so that another one was meant
      do:  name two records, or take the rows out
    ");
    assert_snapshot!(refused(&format!("{HEADER}pupils,P1,clinic,K99,cannot_link\n")), @r"
    exit 3
    error[E023] no row names two records that are in these files (pairs.csv)
      why: no pair would be kept apart or put together
      do:  name records as people.parquet does: the source's name, and its identifier or row number
    ");
    let both = "pupils,P1,clinic,K70,must_link\nclinic,K70,pupils,P1,cannot_link\n";
    assert_snapshot!(refused(&format!("{HEADER}{both}")), @r"
    exit 3
    error[E023] row 2 keeps two records apart that row 1 puts together (pairs.csv)
      why: both cannot hold
      do:  decide which is right, and take the others out; rows are counted from 1 below the header
    ");
    let chain =
        "pupils,P1,clinic,K70,must_link\nclinic,K70,pupils,P2,must_link\npupils,P1,pupils,P2,cannot_link\n";
    assert!(
        refused(&format!("{HEADER}{chain}"))
            .contains("row 3 keeps two records apart that rows 1 and 2 put together")
    );
}

#[test]
fn a_file_of_constraints_is_read_whole_or_refused() {
    let ragged = refused(&format!(
        "{HEADER}pupils,P1,clinic,K70,must_link\npupils,P2,clinic,K99,cannot_link,see,note\n"
    ));
    assert!(
        ragged.starts_with("exit 3\nerror[E023] 1 line cannot be read as a row of the table"),
        "{ragged}"
    );
    let empty = refused(HEADER);
    assert!(empty.starts_with("exit 3\nerror[E023] the file of constraints has no rows"), "{empty}");
}

#[test]
fn persons_with_more_dates_of_birth_than_one_is_likely_to_have_are_named() {
    let note = |rows: &str| {
        let place = place_with(&format!("{HEADER}{rows}"));
        let ran = place.plait("link pupils.csv clinic.csv --constraints pairs.csv --out linked").succeeded();
        ran.stderr.lines().find(|line| line.contains("N021")).map(str::to_owned)
    };
    let four = note("pupils,P1,pupils,P2,must\npupils,P2,pupils,P3,must\npupils,P3,pupils,P4,must\n");
    let four = four.expect("a note");
    assert!(
        four.starts_with("note[N021] the persons: 1 person with 4 dates of birth or more; those with most: "),
        "{four}"
    );
    let person = four.rsplit(' ').next().unwrap_or_default();
    assert!(person.starts_with("P-") && person.len() == 11, "{four}");
    assert_eq!(note("pupils,P1,pupils,P2,must\npupils,P2,pupils,P3,must\n"), None);
}
