//! Two runs on the same files, held against each other.

use crate::Place;
use insta::assert_snapshot;
use std::fs;

/// A run by four fields alike, and one by a model; and a truth.
fn two_runs() -> Place {
    let place = Place::with_pupils_and_clinic();
    place.plait("link pupils.csv clinic.csv --out exact --method exact-4").succeeded();
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    let truth = "source,record,entity
pupils,P1,1\nclinic,K70,1\npupils,P2,2\nclinic,K71,2\npupils,P3,3\nclinic,K72,3
pupils,P4,4\nclinic,K73,4\npupils,P9,5\nclinic,K74,5\n";
    fs::write(place.path("truth.csv"), truth).expect("written");
    place
}

#[test]
fn what_a_model_adds_to_published_rules_is_counted_and_explained() {
    let place = two_runs();
    assert_snapshot!(place.plait("compare exact linked --truth truth.csv").succeeded().stdout, @r#"
    Runs      exact, by method exact-4: 15 persons.
              linked, by model "chosen from the data": 11 persons.
    Records   16, the same in both.
    Pairs     1 in one person in both, 0 in exact alone, 4 in linked alone.
    Persons   of those of exact, 7 are the same in linked, 0 are split into several, 8 are put together
              with others, and 0 are both.
    Truth     by truth.csv, of the pairs in exact alone 0 right and 0 wrong; of those in linked alone 4
              right and 0 wrong.
    Alone     in one person in linked alone, with the first pair of each kind:
              4 (4 right, 0 wrong): linked: its weight reaches the link threshold; in exact not linked,
              and not for review; pupils:P2 and clinic:K71
    "#);
}

#[test]
fn the_list_has_every_differing_pair_with_what_each_run_says() {
    let place = two_runs();
    let ran = place.plait("compare exact linked --out changes --truth truth.csv --json").succeeded();
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).expect("one document");
    assert_eq!(document["pairs"], serde_json::json!({"both": 1, "only_a": 0, "only_b": 4}));
    assert_eq!(document["truth"]["only_b"], serde_json::json!({"right": 4, "wrong": 0, "unknown": 0}));
    assert_eq!(place.names("changes"), ["compare.json", "differences.parquet", "differences.xlsx"]);
    let looked = place.plait("look changes/differences.parquet --json").succeeded().stdout;
    let looked: serde_json::Value = serde_json::from_str(&looked).expect("JSON");
    assert_eq!(looked["rows"], 4, "{looked:#}");
    // again into the same folder, and the other way round
    place.plait("compare linked exact --out changes").succeeded();
    let document: serde_json::Value =
        serde_json::from_slice(&place.read("changes/compare.json")).expect("JSON");
    assert_eq!(document["pairs"]["only_a"], 4);
}

#[test]
fn a_run_differs_from_itself_in_nothing() {
    let said = two_runs().plait("compare linked linked").succeeded().stdout;
    assert!(said.contains("5 in one person in both, 0 in linked alone"), "{said}");
    assert!(!said.contains("Alone"), "{said}");
}

#[test]
fn runs_on_other_files_are_refused() {
    let place = two_runs();
    place.plait("link pupils=clinic.csv clinic=pupils.csv --out swapped").succeeded();
    assert_snapshot!(place.plait("compare linked swapped").failed(), @r#"
    exit 3
    error[E024] sources "pupils" and "clinic": other files in swapped than in linked
      why: where the files differ, nothing follows from a difference of the results
      do:  link again, so that both runs are of the same files under the same names, and compare those
    "#);
    place.plait("link p=pupils.csv clinic.csv --out named").succeeded();
    assert_snapshot!(place.plait("compare linked named").failed(), @r#"
    exit 3
    error[E024] named has no source "pupils", and linked has
      why: where the files differ, nothing follows from a difference of the results
      do:  link again, so that both runs are of the same files under the same names, and compare those
    error[E024] linked has no source "p", and named has
      do:  link again, so that both runs are of the same files under the same names, and compare those
    "#);
    // the same bytes, with records by another name
    place.plait("link pupils.csv clinic.csv --out other --role pupil_id=other").succeeded();
    assert_snapshot!(place.plait("compare linked other").failed(), @r#"
    exit 3
    error[E024] source "pupils": records go by another column in other than in linked
      why: where the files differ, nothing follows from a difference of the results
      do:  link again, so that both runs are of the same files under the same names, and compare those
    "#);
}

#[test]
fn a_folder_that_is_no_run_or_a_damaged_one_is_refused() {
    let place = two_runs();
    let said = place.plait("compare linked nowhere").failed();
    assert!(said.starts_with("exit 3\nerror[E020]"), "{said}");
    fs::copy(place.path("linked/links.parquet"), place.path("exact/people.parquet")).expect("copied");
    let said = place.plait("compare linked exact").failed();
    assert!(said.starts_with("exit 3\nerror[E020]"), "{said}");
    fs::write(place.path("exact/people.parquet"), "not a table").expect("written");
    let said = place.plait("compare exact linked").failed();
    assert!(said.starts_with("exit 3\nerror["), "{said}");
}

#[test]
fn no_file_is_lost_by_the_list() {
    let place = two_runs();
    fs::create_dir(place.path("mine")).expect("made");
    fs::write(place.path("mine/differences.xlsx"), "mine").expect("written");
    let said = place.plait("compare exact linked --out mine").failed();
    assert!(said.starts_with("exit 2\nerror[E054]"), "{said}");
    assert_eq!(place.text("mine/differences.xlsx"), "mine");
    let said = place.plait("compare exact linked --truth pupils.csv --out changes").failed();
    assert!(said.starts_with("exit 3\nerror[E018]"), "{said}");
    assert!(!place.path("changes").exists());
}
