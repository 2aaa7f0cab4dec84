//! Pairs that somebody has looked at, which teach the model and measure the result.

use crate::constraints::{place_with, refused_as};
use insta::assert_snapshot;

const HEADER: &str = "source_l,record_l,source_r,record_r,label\n";

#[track_caller]
fn refused(labels: &str) -> String {
    refused_as("--labels", labels)
}

#[test]
fn labels_are_held_against_the_result_and_decide_nothing() {
    let rows = "pupils,P1,clinic,K70,match\nclinic,K71,pupils,P2,0\npupils,P3,clinic,K99,1\n\
                pupils,P1,clinic,K71,unsure\npupils,P2,pupils,P1,no\n";
    let place = place_with(&format!("{HEADER}{rows}"));
    let ran = place.plait("link pupils.csv clinic.csv --labels pairs.csv --out linked").succeeded();
    assert!(
        ran.stderr
            .contains("warning[W057] pairs.csv: row 3 names a record that is not in its source; left out"),
        "{}",
        ran.stderr
    );
    let line = ran.stdout.split_once("Labels ").expect("a line of labels").1;
    let line = line.split_once("Unsure").expect("the next line").0;
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let (start, end) = line.split_once("moved by").expect("it was moved");
    assert_snapshot!(start, @"2 pairs of pairs.csv: 1 of 1 of one person were put together (100%), and 1 of 1 others; row 2 was decided otherwise (run.json lists all); the model learned from them; how sure pairs are was");
    let end = end.split_once("to fit them;").expect("bits").1.trim();
    assert_snapshot!(end, @"1 pair left out of which nobody could tell; 1 pair left out with a record that is not in these files; 1 pair left out within one source, which are not compared.");
    let run: serde_json::Value = serde_json::from_slice(&place.read("linked/run.json")).expect("JSON");
    let given = &run["labels"];
    let counts =
        ["rows", "pairs", "matches", "unsure", "rows_of_unknown_records", "not_compared", "found", "wrong"];
    assert_eq!(counts.map(|key| given[key].as_u64()), [5, 2, 1, 1, 1, 1, 1, 1].map(Some));
    // the row that is wrong about a pair which is of one person
    assert_eq!(given["rows_decided_otherwise"], serde_json::json!([2]));
    let names = run["quality"]["estimates"].as_array().expect("estimates").iter();
    assert_eq!(
        names.map(|of| of["name"].as_str()).collect::<Vec<_>>(),
        [Some("labels"), Some("probabilities")]
    );
    let strata = given["strata"].as_array().expect("strata").iter();
    assert_eq!(strata.map(|of| of["labels"].as_u64().expect("a count")).sum::<u64>(), 2);
    for page in ["linked/report.html", "linked/quality-report.html"] {
        assert!(place.text(page).contains("1 of 1 of one person were put together"), "{page}");
    }
}

#[test]
fn labels_of_a_model_that_is_given_measure_it_and_leave_it_as_it_is() {
    let place = place_with(&format!("{HEADER}pupils,P1,clinic,K70,match\n"));
    place.plait("link pupils.csv clinic.csv --out first").succeeded();
    place
        .plait("link pupils.csv clinic.csv --model first/model.toml --labels pairs.csv --out linked")
        .succeeded();
    let run: serde_json::Value = serde_json::from_slice(&place.read("linked/run.json")).expect("JSON");
    assert!(run["labels"]["taught"] == false && run["labels"]["found"] == 1, "{}", run["labels"]);
    assert_eq!(place.text("first/model.toml"), place.text("linked/model.toml"));
}

#[test]
fn labels_that_cannot_be_meant_are_refused() {
    assert_snapshot!(refused("source_l,record_l,source_r,record_r\npupils,P1,clinic,K70\n"), @r#"
    exit 3
    error[E025] a file of labels needs a column "label" (pairs.csv)
      why: it has: source_l, record_l, source_r, record_r
      do:  say of each pair whether it is of one person: match or non_match, yes or no, 1 or 0; empty where nobody can tell
    "#);
    assert_snapshot!(refused(&format!("{HEADER}pupils,P1,clinic,K70,2\n")), @r#"
    exit 3
    error[E025] row 1 has no label that Plait knows in the column "label" (pairs.csv)
      why: a pair that is left out would change what the labels say of the linkage
      do:  write match or non_match, yes or no, 1 or 0, or how sure it is from 0 to 1; leave empty what nobody can tell
    "#);
    assert!(
        refused(&format!("{HEADER}pupils,P1,hospital,K70,1\n")).contains("row 1 names a source that is not")
    );
    assert!(refused(&format!("{HEADER}pupils,P1,pupils,P1,1\n")).contains("row 1 names one record twice"));
    assert_snapshot!(refused(&format!("{HEADER}pupils,P1,clinic,K70,1\nclinic,K70,pupils,P1,no\n")), @r"
    exit 3
    error[E025] rows 1 and 2 say opposite things of one pair (pairs.csv)
      why: both cannot be so
      do:  decide which is right, and take the other out; rows are counted from 1 below the header
    ");
    assert_snapshot!(refused(&format!("{HEADER}pupils,P1,clinic,K70,\npupils,P1,clinic,K99,yes\n")), @r"
    exit 3
    error[E025] no row has a label and names two records that are in these files (pairs.csv)
      why: the run would look as if it had been measured
      do:  name records as people.parquet does: the source's name, and its identifier or row number
    ");
    assert!(refused(HEADER).starts_with("exit 3\nerror[E025] the file of labels has no rows"));
}
