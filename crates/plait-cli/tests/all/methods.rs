//! Published methods of linkage in the place of a model.

use crate::{Place, learned_left_out};
use insta::assert_snapshot;

/// Three children with NHS numbers in two lists; of the third the number is missing in one.
fn numbered() -> Place {
    let a = "\
ref,nhs_number,surname,forename,dob,postcode
A1,999 000 0018,Okafor,Amara,2014-03-21,ZE1 2AB
A2,999 000 0026,Bennett,Oliver,2013-11-02,ZE1 4DE
A3,999 000 0034,Khan,Zainab,2015-06-30,ZE2 7EF
A4,999 000 0042,Kowalska,Maja,2012-09-14,ZE3 1GH
";
    let b = "\
ref,nhs_number,surname,forename,dob,postcode
B1,999 000 0018,Okafor-Bell,Amara,2014-03-21,ZE3 9ZZ
B2,,Bennett,Oliver,2013-11-02,ZE1 4DE
B3,,Khan,Zaynab,2015-06-30,ZE2 7EF
B4,999 000 0050,Kowalska,Maja,2012-09-14,ZE3 1GH
";
    Place::with(&[("a.csv", a.as_bytes()), ("b.csv", b.as_bytes())])
}

#[test]
fn a_method_links_by_its_rules_and_names_them() {
    let place = numbered();
    let ran = place.plait("link a.csv b.csv --out o --method mavis --explain").succeeded();
    assert_snapshot!(ran.stderr, @"");
    let from = ran.stdout.find("Method").expect("a line about the method");
    let (method, model) = ran.stdout[from..].split_once("\n\n").expect("the model comes after");
    learned_left_out(|| {
        assert_snapshot!(method, @r"
        Method    mavis: NHS number, else three of forename, surname, date of birth and postcode (NHS
                  vaccinations in schools).
                  NHS number: 1 link.
                  4 of 4: 1 link.
                  3 of 4: without postcode: 0 links.
                  3 of 4: without date of birth: 0 links.
                  3 of 4: without surname: 0 links.
                  3 of 4: without forename: 1 link.
        Pairs     4 compared of 16 possible (link_only), chosen by 4 blocking rules.
        Linked    3 pairs between sources; 3 of 4 in a (75.0%), 3 of 4 in b (75.0%).
        Routes    1 record of a to b by NHS number.
                  1 record of a to b by 4 of 4.
                  1 record of a to b by 3 of 4: without forename.
        Unsure    no pair needs a person to look.
        Quality   precision more than 99.99% (8.0% to 100%) and recall 85.7% (39.9% to 100%) by the model's
                  probabilities, without labels.
        Tested    the blocking rules bring 100% (68.5% to 100%) of the records to a partner of theirs, by
                  how many rules catch each.
        Wrote     people.parquet, links.parquet, people.xlsx, run.json, model.toml, report.html,
                  quality-report.html to o
        ");
    });
    assert!(model.contains("No pair is linked for what it weighs."), "{model}");
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains("These are the links of the published method mavis"), "{}", ran.stdout);
    let run: serde_json::Value = serde_json::from_slice(&place.read("o/run.json")).expect("JSON");
    assert_eq!(run["method"]["name"], "mavis");
    assert_eq!(run["method"]["steps"][0], serde_json::json!({"step": "NHS number", "links": 1}));
    let report = place.text("o/report.html");
    assert!(report.contains("No pair is linked for what it weighs"));
    assert!(!report.contains('∞'));
    let said = place.plait("explain o a:A3 b:B3").succeeded().stdout;
    assert!(said.contains("Linked because both have the same surname"), "{said}");
    // two numbers are two children, however alike
    let said = place.plait("explain o a:A4 b:B4").succeeded().stdout;
    assert!(!said.contains("inked because"), "{said}");
}

#[test]
fn the_model_of_a_method_makes_the_same_links_again() {
    let place = numbered();
    for method in ["exact-4", "mavis", "macral"] {
        place.plait(&format!("link a.csv b.csv --out {method} --method {method}")).succeeded();
        place.plait(&format!("link a.csv b.csv --out again --model {method}/model.toml")).succeeded();
        assert!(
            place.read(&format!("{method}/people.parquet")) == place.read("again/people.parquet"),
            "{method}"
        );
        assert!(
            place.read(&format!("{method}/links.parquet")) == place.read("again/links.parquet"),
            "{method}"
        );
    }
}

#[test]
fn steps_without_their_columns_are_named_and_the_others_run() {
    let place = Place::with_pupils_and_clinic();
    let ran = place.plait("link pupils.csv clinic.csv --out o --method mavis").succeeded();
    assert_snapshot!(ran.stderr, @r#"warning[W053] method mavis: "NHS number" cannot run: it needs nhs_number, which no two sources have; the method links without. If a column holds it, say so with --role"#);
    let run: serde_json::Value = serde_json::from_slice(&place.read("o/run.json")).expect("JSON");
    assert_eq!(run["method"]["steps_left_out"], serde_json::json!(["NHS number"]));
    // the last step of macral needs no column of its own
    let ran = place.plait("link pupils.csv clinic.csv --out o --method macral").succeeded();
    assert!(ran.stdout.contains("match probability: 5 links."), "{}", ran.stdout);
}

#[test]
fn a_method_of_which_no_step_can_run_is_refused_with_the_column() {
    let place = Place::with_pupils_and_clinic();
    assert_snapshot!(place.plait("link pupils.csv clinic.csv --out o --method upn-only").failed(), @r#"
    exit 2
    error[E003] the method upn-only needs upn, which no two sources have
      why: a method without its columns links nobody
      do:  say which column it is with --role "HEADER=ROLE", or use another --method; plait look FILE shows what was understood
    "#);
    assert_eq!(place.names("."), ["clinic.csv", "pupils.csv"]);
}

#[test]
fn a_method_that_links_nobody_says_so() {
    let a = "ref,surname,forename,dob,postcode\n1,Okafor,Amara,2014-03-21,ZE1 2AB\n2,Khan,Zainab,2015-06-30,ZE2 7EF\n";
    let b = "ref,surname,forename,dob,postcode\n1,Okafor,Amara,2014-03-21,ZE9 9ZZ\n2,Silva,Mateus,2015-12-19,ZE3 8NP\n";
    let place = Place::with(&[("a.csv", a.as_bytes()), ("b.csv", b.as_bytes())]);
    assert_snapshot!(place.plait("link a.csv b.csv --out o --method exact-4").failed(), @r"
    exit 4
    error[E040] the method exact-4 links no two records
      why: no value of postcode is in more than one source
      do:  check that the files are of the same area and years, and with plait look that their columns were understood
    ");
}

#[test]
fn a_method_stands_in_the_place_of_a_model_and_its_threshold() {
    let place = numbered();
    for other in ["--model m.toml", "--threshold 0.9"] {
        let said = place.plait(&format!("link a.csv b.csv --out o --method mavis {other}")).failed();
        assert!(said.starts_with("exit 2\n") && said.contains("cannot be used with"), "{said}");
    }
    let said = place.plait("link a.csv b.csv --out o --method maviss").failed();
    assert!(said.contains("a similar value exists: 'mavis'"), "{said}");
}

#[test]
fn a_dry_run_says_the_rules_of_the_method() {
    let ran = numbered().plait("link a.csv b.csv --out o --method exact-4 --dry-run").succeeded();
    assert!(ran.stdout.contains("4 of 4: links by itself"), "{}", ran.stdout);
}

#[test]
fn methods_give_the_same_bytes_on_any_number_of_threads() {
    let place = Place::with_borough(1_000);
    for method in ["echild", "macral"] {
        let link = |threads: u32| {
            place
                .plait(&format!(
                    "link b/school_census.csv b/social_care.parquet --out t{threads} --threads {threads} --method {method}"
                ))
                .succeeded();
            ["people.parquet", "links.parquet", "model.toml"]
                .map(|file| place.read(&format!("t{threads}/{file}")))
        };
        let one = link(1);
        assert!(one == link(2) && one == link(5), "{method}");
    }
}

#[test]
fn a_strong_pair_that_the_last_pass_did_not_take_is_explained() {
    let sexes = ["sex", "F", "M", "F", "F", "M", "F", "F"];
    let rows = format!("{}K80,Amara,Okafor,21/03/2014,ZE3 1GH\n", crate::CLINIC);
    let clinic: String = rows.lines().zip(sexes).flat_map(|(row, sex)| [row, ",", sex, "\n"]).collect();
    let pupils = format!("{}P11,Okafor,Amara,2014-03-21,F,ZE3 1GH\n", crate::PUPILS);
    let place = Place::with(&[("pupils.csv", pupils.as_bytes()), ("clinic.csv", clinic.as_bytes())]);
    place.plait("link pupils.csv clinic.csv --out o --method macral --link-type link_only").succeeded();
    let said = place.plait("explain o P1 K80").succeeded().stdout.replace('\n', " ");
    assert!(said.contains("only if it is the strongest pair of a record that no pass has linked"), "{said}");
}
