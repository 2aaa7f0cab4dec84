//! The other commands, and help.

use crate::{Place, learned_left_out};
use insta::assert_snapshot;

#[test]
fn look_shows_a_file_without_showing_anybody() {
    let place = Place::with_pupils_and_clinic();
    let ran = place.plait("look clinic.csv").succeeded();
    assert_snapshot!(ran.stdout, @r"
    clinic.csv: CSV, comma between fields, UTF-8
    6 rows, 5 columns

      column      role               filled  valid  distinct  dates
      clinic_ref  record identifier    100%                6
      first name  forename             100%                6
      last name   surname              100%                6
      born        date of birth        100%   100%         6  DD/MM/YYYY, 2012 to 2015
      postcode    postcode             100%   100%         6

    Why
      clinic_ref: header says an identifier; every row has its own
      first name: header says forename; 100% of values are written like names
      last name: header says surname; 100% of values are written like names
      born: header says date of birth; 100% of values are dates
      postcode: header says postcode; 100% of values are UK postcodes

    5 rows, masked
      row  clinic_ref  first name  last name  born        postcode
      1    •••••       A•••••      O•••••     ••/••/2014  ZE1 •••
      2    •••••       O•••••      B•••••     ••/••/2013  ZE1 •••
      4    •••••       M•••••      K•••••     ••/••/2012  ZE3 •••
      5    •••••       T•••••      A•••••     ••/••/2014  ZE1 •••
      6    •••••       F•••••      L•••••     ••/••/2013  ZE3 •••
    ");
    let json = place.plait("look clinic.csv --role born=other_date --json").succeeded();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("one document");
    assert_eq!(json["columns"][3]["role"], "other_date");
    assert_eq!(json["rows"], 6);
}

#[test]
fn explain_tells_in_words_why_two_records_are_one_person() {
    let place = Place::with_pupils_and_clinic();
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    let said = place.plait("explain linked pupils:P2 clinic:K71").succeeded().stdout;
    learned_left_out(|| {
        assert_snapshot!(said, @r"
    pupils:P2 and clinic:K71: match weight N bits, match probability N

    The starting point is N bits (1 pair in N is of one person). For one person: Forename, short
    form, spelling, initials or part of the same name (N); Surname, same (N); Date of birth, same
    (N); Postcode, same (N). Against: How common the surname is, 1 record in 8 has this one, and
    of different people 1 pair in 115 has the same by chance, counted half (N). No evidence either
    way: Could be relatives, how much the pair also looks like: related, other forename; related, other
    date of birth (0.0). The sum is N bits, a match probability N.
    ");
    });
    assert!(!said.contains("oliver"));
    let said = place.plait("explain linked P2 K71 --show-values").succeeded().stdout;
    assert!(said.contains("\nForename                oliver                          olly\n"), "{said}");
}

#[test]
fn explain_refuses_what_it_cannot_explain() {
    let place = Place::with_pupils_and_clinic();
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    assert_snapshot!(place.plait("explain linked P99 K71").failed(), @r"
    exit 2
    error[E019] the first record: no source has a record of that name
      why: there is no pair to explain
      do:  name it as people.xlsx and people.parquet do, with its source where it matters: source:record
    ");
    assert_snapshot!(place.plait("explain . P1 K71").failed(), @r"
    exit 3
    error[E020] . is not the output of a run: it has no run.json
      why: what is in the folder would be misread
      do:  name a folder that plait link has written
    ");
    std::fs::write(place.path("pupils.csv"), format!("{}P11,New,Noa,2014-01-01,F,ZE1 1AA\n", crate::PUPILS))
        .expect("written");
    assert_snapshot!(place.plait("explain linked P2 K71").failed(), @r"
    exit 3
    error[E021] pupils.csv has changed since linked was made
      why: an explanation from other data would not be the one of this run
      do:  link again, or put the file back as it was
    ");
}

#[test]
fn explain_says_what_a_message_means() {
    let place = Place::with(&[]);
    assert_snapshot!(place.plait("explain e012").succeeded().stdout, @r#"
    E012: The column that was named as record identifier holds a value twice.
      why: Results name records by it, and one name for two records says nothing.
      do:  Name another column with --role "HEADER=record_id", or none, and rows are numbered.
    The command ends with exit code 3: input unusable.
    "#);
    assert_snapshot!(place.plait("explain W021").succeeded().stdout, @r"
    W021: Long numbers were shortened to the form 3.02E+11 by a spreadsheet and cannot be recovered.
      why: The digits that are not shown are lost, and the numbers link nobody.
      do:  Export the file again, and do not open it in a spreadsheet before it is loaded.
    The command goes on.
    ");
    for code in ["E011", "w051", "n011"] {
        let said = place.plait(&format!("explain {code}")).succeeded().stdout;
        assert!(said.contains("\n  why: ") && said.contains("\n  do:  "), "{said}");
    }
    assert!(
        place
            .plait("explain E999")
            .failed()
            .starts_with("exit 2\nerror[E016] \"E999\" is not the code of a message")
    );
}

#[test]
fn a_model_is_made_changed_compared_and_taken_to_splink_and_back() {
    let place = Place::with_pupils_and_clinic();
    let made = place.plait("model new pupils.csv clinic.csv --out a.toml").succeeded().stdout;
    assert!(made.starts_with("The model \"chosen from the data\""), "{made}");
    assert!(made.ends_with("\nWrote a.toml\n"), "{made}");
    assert_eq!(place.names("."), ["a.toml", "clinic.csv", "pupils.csv"]);
    assert_eq!(place.plait("model check a.toml").succeeded().stdout, "a.toml is a model that can be used\n");
    assert_eq!(place.plait("model diff a.toml a.toml").succeeded().stdout, "The models do the same.\n");
    let stricter = |line: &str| {
        if line.starts_with("match_probability") {
            "match_probability = 0.99".to_owned()
        } else {
            line.to_owned()
        }
    };
    let changed: Vec<String> = place.text("a.toml").lines().map(stricter).collect();
    std::fs::write(place.path("b.toml"), changed.join("\n")).expect("written");
    let difference = place.plait("model diff a.toml b.toml").succeeded().stdout;
    assert!(
        difference.starts_with("links from match probability: ") && difference.ends_with(" -> 0.99\n"),
        "{difference}"
    );
    let explained = place.plait("model explain a.toml").succeeded().stdout;
    assert_eq!(Some(explained.as_str()), made.strip_suffix("\nWrote a.toml\n"));
}

#[test]
fn a_splink_file_comes_over_and_goes_back() {
    let settings = r#"{
      "link_type": "link_only",
      "probability_two_random_records_match": 0.01,
      "blocking_rules_to_generate_predictions": [{ "blocking_rule": "l.surname = r.surname", "sql_dialect": "duckdb" }],
      "comparisons": [{
        "output_column_name": "surname",
        "comparison_levels": [
          { "sql_condition": "surname_l IS NULL OR surname_r IS NULL", "is_null_level": true },
          { "sql_condition": "surname_l = surname_r", "m_probability": 0.9, "u_probability": 0.01 },
          { "sql_condition": "ELSE", "m_probability": 0.1, "u_probability": 0.99 }
        ]
      }]
    }"#;
    let place = Place::with(&[("settings.json", settings.as_bytes())]);
    assert_eq!(place.plait("model import settings.json --out m.toml").succeeded().stdout, "Wrote m.toml\n");
    assert_eq!(place.plait("model export m.toml --out back.json").succeeded().stdout, "Wrote back.json\n");
    let back: serde_json::Value = serde_json::from_slice(&place.read("back.json")).expect("JSON");
    assert_eq!(back["comparisons"][0]["comparison_levels"][1]["m_probability"], 0.9);
}

#[test]
fn the_schema_of_models_is_json() {
    let schema = Place::with(&[]).plait("model schema").succeeded().stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    assert!(schema["properties"]["compare"].is_object(), "{schema}");
}

#[test]
fn a_borough_is_made_up_and_the_same_one_twice() {
    let place = Place::with(&[]);
    let ran = place.plait("synth --children 100 --seed 3 --out one --format csv").succeeded();
    assert_eq!(ran.stdout, "Wrote one/school_census.csv\nWrote one/social_care.csv\nWrote one/truth.csv\n");
    place.plait("synth people --children 100 --seed 3 --out two --format csv").succeeded();
    for file in place.names("one") {
        assert!(place.read(&format!("one/{file}")) == place.read(&format!("two/{file}")), "{file}");
    }
}

#[test]
fn a_borough_has_every_file_of_its_services_and_says_what_is_what() {
    let place = Place::with(&[]);
    let ran = place.plait("synth borough --children 60 --seed 3 --out one --sen2-xml").succeeded();
    for file in [
        "school_census_2026_spring/2026_spring_pupilonroll.csv",
        "children_in_need_2026.xml",
        "ssda903_2026/header.csv",
        "standard_safeguarding_dataset/ssd_person.csv",
        "sen2_2026/Blade-Export_17-03-2026_person.csv",
        "sen2_2026.xml",
        "school_age_immunisation_cohort.csv",
        "gp_registered_children.csv",
        "csds_2026_03/CYP001MPI.csv",
        "mhsds_2026_03/MHS001MPI.csv",
        "ecds_attendances_2025_26.csv",
        "birth_notifications_and_registrations.csv",
        "death_registrations.csv",
        "truth/truth.csv",
        "truth/do_not_link.csv",
        "README.md",
    ] {
        assert!(ran.stdout.contains(&format!("Wrote one/{file}\n")), "{file}\n{}", ran.stdout);
        assert!(!place.read(&format!("one/{file}")).is_empty(), "{file}");
    }
    assert_eq!(ran.stderr, "");
}

#[test]
fn help_names_the_exit_codes_and_wrong_usage_ends_with_two() {
    let place = Place::with(&[]);
    let help = place.plait("--help").succeeded().stdout;
    assert!(
        help.contains("\n  4  nothing was linked, or the model could not be learned; nothing was written\n"),
        "{help}"
    );
    assert_snapshot!(place.plait("lnik a.csv").failed(), @r"
    exit 2
    error: unrecognized subcommand 'lnik'

      tip: a similar subcommand exists: 'link'

    Usage: plait [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(place.plait("link a.csv --out o --role x=sirname").failed(), @r#"
    exit 2
    error: invalid value 'x=sirname' for '--role <HEADER=ROLE>': "sirname" is no role; did you mean surname?

    For more information, try '--help'.
    "#);
    assert_eq!(place.plait("--version").succeeded().stdout, format!("plait {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_and_manual_are_there_for_every_shell_and_command() {
    let place = Place::with(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            place.plait(&format!("completions {shell}")).succeeded().stdout.contains("save-model"),
            "{shell}"
        );
    }
    for (words, title) in [
        ("man", ".TH plait 1"),
        ("man link", ".TH plait-link 1"),
        ("man model import", ".TH plait-model-import 1"),
    ] {
        assert!(place.plait(words).succeeded().stdout.contains(title), "{words}");
    }
    assert_snapshot!(place.plait("man modle").failed(), @r#"
    exit 2
    error[E016] there is no command "modle"
      do:  did you mean "model"?
    "#);
}

#[test]
fn debug_adds_how_the_program_holds_a_fault() {
    let said = Place::with(&[]).plait("look nothing.csv --debug").failed();
    assert!(said.starts_with("exit 3\nerror[E001]"), "{said}");
    assert!(said.contains("FileMissing"), "{said}");
}

#[test]
fn specs_lists_every_return_and_year() {
    let listed = Place::with(&[]).plait("specs list").succeeded().stdout;
    for id in [
        "school-census-2015",
        "cin-census-2026",
        "ssda903-2018",
        "sen2-2023",
        "annex-a",
        "ssd",
        "mavis-cohort",
    ] {
        assert!(listed.lines().any(|line| line.split_whitespace().next() == Some(id)), "{id} in {listed}");
    }
    let json = Place::with(&[]).plait("specs list --json").succeeded().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("one document");
    let census = json.as_array().expect("a list").iter().find(|spec| spec["id"] == "school-census-2026");
    assert_eq!(census.expect("it is there")["terms"], serde_json::json!(["autumn", "spring", "summer"]));
}

#[test]
fn specs_shows_a_table_with_what_says_who_a_person_is() {
    let shown = Place::with(&[]).plait("specs show ssda903 --table header").succeeded().stdout;
    assert_snapshot!(shown, @r"
    header: persons, by CHILD
      column  kind     identity       codes
      CHILD   text     la_child_id               required; also CHILDID
      SEX     code     sex            sex        required
      DOB     date     date_of_birth             required
      ETHNIC  code     ethnicity      ethnicity  required
      UPN     upn      upn                       required
      MOTHER  boolean
      MC_DOB  date     other_person
    ");
    let json = Place::with(&[]).plait("specs show ssda903-2018 --table header --json").succeeded().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("one document");
    assert_eq!(json["columns"][1]["codes"], "sex-903");
    let whole = Place::with(&[]).plait("specs show cin-census-2025").succeeded().stdout;
    assert!(whole.contains("GenderCurrent (0, 1, 2, 9) is now Sex (M, F, U)"), "{whole}");
    assert!(whole.contains("1510"), "{whole}");
}
