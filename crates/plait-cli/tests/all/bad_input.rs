//! Everything that may be wrong with files, models and machines: what is said, how it ends, and that nothing is left.

use crate::{CLINIC, PUPILS, Place};
use insta::assert_snapshot;
use std::fs;

/// Links the file with the clinic, which must fail and leave nothing; gives exit code and words.
#[track_caller]
fn refused(file: &str, bytes: &[u8]) -> String {
    let place = Place::with(&[(file, bytes), ("clinic.csv", CLINIC.as_bytes())]);
    let said = place.plait(&format!("link {file} clinic.csv --out linked")).failed();
    let mut expected = vec!["clinic.csv", file];
    expected.sort_unstable();
    assert_eq!(place.names("."), expected, "something was left behind");
    for cell in ["Okafor", "2014-03-21", "ZE1 2AB", "K70"] {
        assert!(!said.contains(cell), "a value of a record was shown: {said}");
    }
    said
}

#[test]
fn a_missing_file() {
    let place = Place::with(&[("clinic.csv", CLINIC.as_bytes())]);
    assert_snapshot!(place.plait("link pupils.csv clinic.csv --out linked").failed(), @r"
    exit 3
    error[E001] pupils.csv is not there
      why: nothing can be said about records that cannot be read
      do:  check the path and the spelling
    ");
    assert_eq!(place.names("."), ["clinic.csv"]);
}

#[test]
fn every_bad_file_is_named_at_once() {
    let place = Place::with(&[("b.csv", b"")]);
    let said = place.plait("link a.csv b.csv --out linked").failed();
    assert!(said.contains("error[E001] a.csv") && said.contains("error[E004] b.csv"), "{said}");
}

#[test]
fn an_empty_file() {
    assert_snapshot!(refused("pupils.csv", b""), @r"
    exit 3
    error[E004] pupils.csv is empty
      why: there is nobody to link
      do:  export the file again and check that the selection returns rows
    ");
    assert_snapshot!(refused("pupils.csv", b"pupil_id,surname,forename,dob\n"), @r"
    exit 3
    error[E004] pupils.csv has a header and no rows
      why: there is nobody to link
      do:  export the file again and check that the selection returns rows
    ");
}

#[test]
fn a_file_without_rows_among_two_others_is_left_out_with_a_word() {
    let deaths = b"DEATH_ID,SURNAME,FORENAME,DATE_OF_BIRTH,DATE_OF_DEATH\n";
    let files: [(&str, &[u8]); 5] = [
        ("pupils.csv", PUPILS.as_bytes()),
        ("clinic.csv", CLINIC.as_bytes()),
        ("deaths.csv", deaths),
        ("births.csv", b""),
        ("ragged.csv", b"pupil_id,surname,forename\n1,Quill\n2,Vane\n"),
    ];
    let place = Place::with(&files);
    let ran = place.plait("link pupils.csv deaths.csv clinic.csv births.csv --out linked").succeeded();
    let warnings: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("warning")).collect();
    assert_eq!(
        warnings,
        [
            "warning[W054] deaths.csv: has a header and no rows; the other sources are linked without it",
            "warning[W054] births.csv: is empty; the other sources are linked without it",
        ]
    );
    let run: serde_json::Value = serde_json::from_slice(&place.read("linked/run.json")).expect("JSON");
    let names: Vec<_> = run["sources"].as_array().expect("a list").iter().map(|s| &s["name"]).collect();
    assert_eq!(names, ["pupils", "clinic"]);
    assert!(run["issues"].to_string().contains("W054"), "{}", run["issues"]);

    // one file by itself, where that is asked for
    place.plait("link pupils.csv deaths.csv --link-type dedupe_only --dry-run --out l").succeeded();
    // nobody is left to link it to; rows that cannot be used are not the same as none
    for command in ["link pupils.csv deaths.csv --out l", "link births.csv --out l"] {
        assert!(place.plait(command).failed().contains("error[E004]"), "{command}");
    }
    let said = place.plait("link pupils.csv clinic.csv ragged.csv births.csv --out l").failed();
    assert!(said.contains("ragged.csv") && said.contains("error[E004] births.csv"), "{said}");
}

#[test]
fn a_file_of_a_kind_that_is_not_read() {
    assert_snapshot!(refused("pupils.csv", b"%PDF-1.7\n1 0 obj\n"), @r"
    exit 3
    error[E002] pupils.csv is a PDF document, which Plait does not read
      why: Plait reads CSV and other delimited text, Parquet, xlsx and Arrow IPC
      do:  ask for the table as CSV or xlsx: a PDF has no columns
    ");
    assert_snapshot!(refused("pupils.xml", b"<?xml version=\"1.0\"?>\n<Message><Header/></Message>\n"), @r"
    exit 3
    error[E064] pupils.xml is no return that Plait knows
      why: pupils.xml is XML of no return that Plait knows
      do:  plait specs list shows the returns; name one, or a specification of your own
    ");
}

#[test]
fn a_wrong_extension_is_a_warning_and_the_content_is_read() {
    let place = Place::with(&[("pupils.xlsx", PUPILS.as_bytes()), ("clinic.csv", CLINIC.as_bytes())]);
    let ran = place.plait("link pupils.xlsx clinic.csv --out linked").succeeded();
    let warning = ran.stderr.lines().next().unwrap_or_default();
    assert_snapshot!(warning, @"warning[W002] pupils.xlsx: is called .xlsx but is a text file; it was read as what it is");
}

#[test]
fn ragged_rows_are_set_aside_and_counted() {
    let ragged = format!("{PUPILS}P11,Moss,Ada,2014-02-02\nP12,Gray,Ben,2013-03-03,M,ZE1 1AA,left,moved\n");
    let place = Place::with(&[("pupils.csv", ragged.as_bytes()), ("clinic.csv", CLINIC.as_bytes())]);
    let ran = place.plait("link pupils.csv clinic.csv --out linked --json").succeeded();
    assert_snapshot!(ran.stderr.lines().next().unwrap_or_default(), @"warning[W001] pupils.csv: one row has 4 fields where the header has 6 and was set aside (line 12)");
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).expect("one document");
    assert_eq!(document["run"]["counts"]["rows_set_aside"], 2);
    assert_eq!(document["run"]["sources"][0]["rows_in"], 12);
}

#[test]
fn a_file_in_which_most_rows_are_ragged() {
    assert_snapshot!(refused("pupils.csv", b"pupil_id,surname,forename\nP1,Okafor\nP2,Khan\nP3\nP4,Silva,Mateus\n"), @r"
    exit 3
    error[E005] most rows of pupils.csv do not have the 3 fields of its header (pupils.csv lines 2, 3, 4)
      why: the first of them has 2 fields: rows may be cut short, or text may hold a line end without quotes around it
      do:  export the file again with quotes around text, or as xlsx or Parquet
    ");
}

#[test]
fn bytes_that_are_no_text() {
    let mut bytes = PUPILS.as_bytes().to_vec();
    for _ in 0..11 {
        bytes.extend_from_slice(b"P11,Mo\x00\x01\x02ss,Ada,2014-02-02,F,ZE1 1AA\n");
    }
    assert_snapshot!(refused("pupils.csv", &bytes), @r"
    exit 3
    error[E006] pupils.csv holds bytes that are not text in UTF-8, UTF-16 or Windows-1252 (pupils.csv line 12)
      why: 11 rows with such bytes
      do:  export it again as CSV in UTF-8, or check that it is a text file at all
    ");
}

#[test]
fn a_row_that_is_no_text_is_set_aside_and_the_others_are_linked() {
    let mut bytes = PUPILS.as_bytes().to_vec();
    bytes.extend_from_slice(b"P11,Mo\x81ss,Ada,2014-02-02,F,ZE1 1AA\n");
    let place = Place::with(&[("pupils.csv", &bytes), ("clinic.csv", CLINIC.as_bytes())]);
    let ran = place.plait("link pupils.csv clinic.csv --out linked --json").succeeded();
    let warning = ran.stderr.lines().find(|line| line.contains("W030")).unwrap_or_default();
    let start = "warning[W030] pupils.csv: one row holds bytes that are not text and was set aside; the first such byte is number ";
    assert!(warning.starts_with(start) && warning.ends_with("(line 12)"), "{warning}");
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).expect("one document");
    assert_eq!(document["run"]["counts"]["rows_set_aside"], 1);
    assert_eq!(document["run"]["sources"][0]["rows_in"], 11);
}

#[test]
fn a_truncated_parquet_file() {
    let place = Place::with_borough(100);
    let whole = place.read("b/social_care.parquet");
    assert_snapshot!(refused("pupils.parquet", &whole[..whole.len() / 2]), @r"
    exit 3
    error[E007] pupils.parquet is damaged or was not copied completely
      why: the list of its columns, at its end, is missing or damaged
      do:  copy or export the file again, and compare the sizes if it came over a network
    ");
}

#[test]
fn a_workbook_with_a_password() {
    // the container of encrypted workbooks: its signature, and the name of its one part in UTF-16
    let mut bytes = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    bytes.resize(1024, 0);
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    bytes.resize(4096, 0);
    assert_snapshot!(refused("pupils.xlsx", &bytes), @r"
    exit 3
    error[E008] pupils.xlsx is protected with a password
      why: nothing in it can be read without the password
      do:  open it in Excel, choose File > Info > Protect Workbook > Encrypt with Password, clear the password and save a copy
    ");
}

#[test]
fn no_usable_column() {
    assert_snapshot!(refused("pupils.csv", b"week,amount\n1,101.5\n2,98.25\n3,77.5\n4,120.75\n"), @r"
    exit 3
    error[E010] no column of pupils says who a record is about (pupils.csv)
      why: it has: week (number), amount (number)
      do:  give at least one column a role such as forename, surname, date_of_birth, postcode, upn or nhs_number
    ");
}

#[test]
fn the_same_column_twice() {
    let twice = PUPILS.replace("surname,forename", "surname,surname");
    assert_snapshot!(refused("pupils.csv", twice.as_bytes()), @r#"
    exit 3
    error[E009] column "surname" is in pupils.csv twice (pupils.csv columns 2 and 3)
      why: which of the two is meant cannot be told from the name
      do:  rename one of them, or leave it out of the export
    "#);
}

#[test]
fn dates_in_two_orders() {
    let mut orders = String::from("pupil_id,surname,forename,dob\n");
    for day in 13..29 {
        orders += &format!("A{day},Okafor,Amara,{day}/03/2014\nB{day},Khan,Zainab,03/{day}/2014\n");
    }
    assert_snapshot!(refused("pupils.csv", orders.as_bytes()), @r#"
    exit 3
    error[E011] column "dob" holds dates in two orders: 16 rows can only be DD/MM/YYYY, 16 only MM/DD/YYYY, such as those on lines 3, 5 and 7 (pupils.csv)
      why: days up to the 12th would be read with day and month the wrong way round, and wrong links follow
      do:  export the file again with one order, best YYYY-MM-DD; if the 16 rows are mistakes, correct or blank them; or leave the column out with --role "dob=other"
    "#);
}

#[test]
fn a_record_identifier_that_repeats() {
    let place = Place::with_pupils_and_clinic();
    fs::write(place.path("pupils.csv"), PUPILS.replace("P10,", "P9,")).expect("written");
    let said =
        place.run(&["link", "pupils.csv", "clinic.csv", "--out", "linked", "--role", "pupil_id=record_id"]);
    assert_snapshot!(said.failed(), @r#"
    exit 3
    error[E012] column "pupil_id" was named as record identifier, but repeats a value in 1 row (pupils.csv)
      why: a link could not say which of the rows it means
      do:  name another column, or none: rows are then named by their number from 1
    "#);
    assert_eq!(place.names("."), ["clinic.csv", "pupils.csv"]);
}

/// Links pupils and clinic with a model, which must fail and leave nothing.
#[track_caller]
fn model_refused(model: &str) -> String {
    let place = Place::with_pupils_and_clinic();
    fs::write(place.path("m.toml"), model).expect("written");
    let said = place.plait("link pupils.csv clinic.csv --out linked --model m.toml").failed();
    assert_eq!(place.names("."), ["clinic.csv", "m.toml", "pupils.csv"], "something was left behind");
    said
}

const MODEL: &str = "\
format = 1
model = \"two files\"

[[compare]]
field = \"surname\"
levels = [\"exact\", \"jaro_winkler >= 0.92\"]

[[compare]]
field = \"date_of_birth\"
levels = [\"exact\"]

[[candidates]]
same = [\"date_of_birth\"]

[accept]
match_probability = 0.95
";

#[test]
fn a_misspelt_column_in_a_model() {
    assert_snapshot!(model_refused(&MODEL.replace("\"surname\"", "\"surnam\"")), @r#"
    exit 2
    error[E003] column "surnam" is in none of the sources (m.toml line 5, column 10)
      why: pupils.csv has pupil_id, surname, forename, dob, sex, postcode, date_of_birth; clinic.csv has clinic_ref, first name, last name, born, postcode, forename, surname, date_of_birth
      do:  did you mean "surname"?
    "#);
}

#[test]
fn everything_wrong_with_a_model_is_said_at_once() {
    let model =
        MODEL.replace("jaro_winkler", "jaro_wrinkler").replace("same =", "sam =").replace("0.95", "95");
    assert_snapshot!(model_refused(&model), @r"
    exit 2
    error[E015] `jaro_wrinkler >= 0.92` is not a test (m.toml line 6, column 21)
      why: a model that is read half would make other links than you meant
      do:  did you mean `jaro_winkler >= 0.92`?
    error[E015] [[candidates]] has no key `sam` (m.toml line 13, column 1)
      do:  did you mean `same`?
    error[E014] match_probability is 95 but must be between 0 and 1 (m.toml line 16, column 21)
      why: the line between linked and not linked would not be where you meant it
      do:  did you mean 0.95?
    ");
}

#[test]
fn a_threshold_of_95() {
    let place = Place::with_pupils_and_clinic();
    assert_snapshot!(place.plait("link pupils.csv clinic.csv --out linked --threshold 95").failed(), @r"
    exit 2
    error[E014] the threshold is 95 but must be a probability between 0 and 1
      why: the line between linked and not linked would not be where you meant it
      do:  did you mean 0.95?
    ");
    assert_eq!(place.names("."), ["clinic.csv", "pupils.csv"]);
}

#[test]
fn a_column_without_values_that_the_model_compares() {
    let place = Place::with(&[("m.toml", MODEL.replace("\"surname\"", "\"upn\"").as_bytes())]);
    let empty = |text: &str| text.replace('\n', ",\n").replacen(",\n", ",upn\n", 1);
    fs::write(place.path("pupils.csv"), empty(PUPILS)).expect("written");
    fs::write(place.path("clinic.csv"), empty(CLINIC)).expect("written");
    assert_snapshot!(place.plait("link pupils.csv clinic.csv --out linked --model m.toml").failed(), @r#"
    exit 3
    error[E013] the model compares "upn", which has no value in any source
      why: every cell is empty
      do:  take the comparison out of the model, or give files that have it
    "#);
    assert_eq!(place.names("."), ["clinic.csv", "m.toml", "pupils.csv"]);
}

#[test]
fn columns_without_values_are_left_out_where_nobody_asked_for_them() {
    let empty = PUPILS.replace("F,", ",").replace("M,", ",");
    let place = Place::with(&[("pupils.csv", empty.as_bytes()), ("clinic.csv", CLINIC.as_bytes())]);
    let ran = place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    assert!(ran.stdout.contains("Linked    5 pairs"), "{}", ran.stdout);
}

#[test]
fn a_block_of_ten_million_pairs_from_one_placeholder() {
    // a made-up name for every number
    let word =
        |n: u32| -> String { n.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect() };
    let people = |first: u32| {
        let rows = (first..first + 3_200)
            .map(|n| format!("{n},{},{},{}-03-21,HUB00042\n", word(n), word(n * 7), 2008 + n % 9));
        "row_no,surname,forename,dob,hub_ref\n".to_owned() + &rows.collect::<String>()
    };
    let model = MODEL.replace("same = [\"date_of_birth\"]", "same = [\"hub_ref\"]");
    let place = Place::with(&[
        ("a.csv", people(10_000).as_bytes()),
        ("b.csv", people(12_000).as_bytes()),
        ("m.toml", model.as_bytes()),
    ]);
    let said = place.plait("link a.csv b.csv --out linked --model m.toml").failed();
    assert_snapshot!(said, @r#"
    exit 2
    error[E032] one value puts 6,400 records into one block of the rule "hub_ref", which makes 10,240,000 pairs
      why: a value that so many records share says nothing about who they are
      do:  add another field to the rule, or empty that value in the file if it stands for "not known"; plait look FILE shows which columns have one
    "#);
    assert_eq!(place.names("."), ["a.csv", "b.csv", "m.toml"]);
    // and where Plait chooses the rules, it chooses others
    place.plait("link a.csv b.csv --out linked").succeeded();
}

#[test]
fn a_folder_that_cannot_be_written_to() {
    let place = Place::with_pupils_and_clinic();
    assert_snapshot!(place.plait("link pupils.csv clinic.csv --out pupils.csv/linked").failed(), @r"
    exit 1
    error[E052] cannot write pupils.csv/linked: not a directory
      why: results are written whole or not at all
      do:  check that the folder exists, that you may write to it, that the disk has room and that the file is not open in another program
    ");
    assert_snapshot!(place.plait("link pupils.csv clinic.csv --out pupils.csv").failed(), @r"
    exit 2
    error[E016] pupils.csv is a file, not a folder
      do:  name a folder to write to: --out linked
    ");
    assert_eq!(place.names("."), ["clinic.csv", "pupils.csv"]);
    assert_eq!(place.text("pupils.csv"), PUPILS);
}

#[test]
fn a_model_that_cannot_be_saved_keeps_the_results_away_too() {
    let place = Place::with_pupils_and_clinic();
    let said = place.plait("link pupils.csv clinic.csv --out linked --save-model nowhere/m.toml").failed();
    assert!(said.starts_with("exit 1\n") && said.contains("error[E052]"), "{said}");
    assert_eq!(place.names("."), ["clinic.csv", "pupils.csv"]);
}

#[cfg(unix)]
#[test]
fn a_full_disk() {
    let place = Place::with_pupils_and_clinic();
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    let before = place.read("linked/people.parquet");
    // no file may grow beyond 20 kB, as on a disk without room; the signal that comes with it is ignored
    let script = format!(
        "trap '' XFSZ; ulimit -f 20; exec '{}' link pupils.csv clinic.csv --out \"$0\"",
        env!("CARGO_BIN_EXE_plait")
    );
    let run = |folder: &str| {
        let mut bash = std::process::Command::new("bash");
        bash.current_dir(place.path(".")).args(["-c", &script, folder]);
        crate::Ran::of(bash.output().expect("bash starts")).failed()
    };
    assert_snapshot!(run("linked").lines().filter(|line| !line.starts_with("note")).collect::<Vec<_>>().join("\n"), @r"
    exit 1
    error[E052] cannot write report.html (linked/report.html)
      why: the disk is full or its quota is used up
      do:  free some space, or write to another disk with --out
    ");
    assert!(place.read("linked/people.parquet") == before, "the earlier result was touched");
    assert_eq!(place.names("linked").len(), 7, "something was left behind");
    run("other");
    assert_eq!(place.names("."), ["clinic.csv", "linked", "pupils.csv"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_run_and_leaves_nothing() {
    use std::process::Stdio;
    let place = Place::with_borough(20_000);
    let mut child = place
        .command(&["link", "b/school_census.csv", "b/social_care.parquet", "--out", "linked"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // the folder is held before anything is read, and after Ctrl-C was taken over
    while place.names("linked").is_empty() && child.try_wait().expect("a child").is_none() {
        std::thread::yield_now();
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill starts").success(), "the run was over too soon");
    let output = child.wait_with_output().expect("it ends");
    assert_snapshot!(crate::Ran::of(output).failed(), @r"
    exit 1
    error[E053] the run was stopped
      do:  run the command again when you are ready
    ");
    assert_eq!(place.names("."), ["b"], "something was left behind");
}

#[test]
fn two_runs_into_one_folder() {
    let place = Place::with_pupils_and_clinic();
    fs::create_dir(place.path("linked")).expect("a folder");
    let lock = fs::File::create(place.path("linked/.plait-lock")).expect("a file");
    lock.try_lock().expect("nobody else holds it");
    assert_snapshot!(place.plait("link pupils.csv clinic.csv --out linked").failed(), @r"
    exit 7
    error[E070] another run is writing to linked
      why: two runs into one folder would mix their results
      do:  wait until it has ended, or name another folder with --out
    ");
    assert_eq!(place.names("linked"), [".plait-lock"]);
    drop(lock);
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
}

#[test]
fn zero_links() {
    let strangers = "\
clinic_ref,first name,last name,born,postcode
K90,Ida,Larsen,14/02/1998,ZE7 2AB
K91,Per,Dahl,03/06/1999,ZE8 4DE
K92,Una,Moen,29/09/2001,ZE9 7EF
K93,Leif,Berg,17/12/2000,ZE7 1GH
";
    let place = Place::with(&[("pupils.csv", PUPILS.as_bytes()), ("clinic.csv", strangers.as_bytes())]);
    assert_snapshot!(place.plait("link pupils.csv clinic.csv --out linked").failed(), @r"
    exit 4
    error[E041] no two records agree on any blocking rule, so nothing could be compared
      why: no value of forename is in more than one source; no value of surname is in more than one source; no value of date_of_birth is in more than one source; births are of 2012 to 2015 in pupils and of 1998 to 2001 in clinic; no value of postcode is in more than one source
      do:  check that the files are of the same area and years, and with plait look that their columns were understood
    ");
    assert_eq!(place.names("."), ["clinic.csv", "pupils.csv"]);
}

#[test]
fn one_file_named_twice() {
    let place = Place::with_pupils_and_clinic();
    assert_snapshot!(place.plait("link pupils.csv pupils.csv --out linked").failed(), @r"
    exit 2
    error[E016] pupils.csv was given twice
      why: every record would be linked with itself, and the result would look perfect
      do:  leave one of them out; one file alone is searched for people who are in it more than once
    ");
}

#[test]
fn options_that_make_no_sense() {
    let place = Place::with_pupils_and_clinic();
    assert!(
        place
            .plait("link pupils.csv clinic.csv --out o --threads 0")
            .failed()
            .starts_with("exit 2\nerror[E016]")
    );
    assert!(
        place
            .plait("link pupils.csv clinic.csv --out o --memory lots")
            .failed()
            .starts_with("exit 2\nerror:")
    );
    assert!(
        place
            .plait("link pupils.csv clinic.csv --out o --role sirname=surname")
            .failed()
            .starts_with("exit 2\nerror[E003]")
    );
    assert!(
        place
            .plait("link pupils.csv --out o --link-type link_only")
            .failed()
            .starts_with("exit 2\nerror[E016]")
    );
    assert!(
        place
            .plait("link pupils.csv clinic.csv --out o --memory 1K")
            .failed()
            .starts_with("exit 2\nerror[E033]")
    );
    assert_eq!(place.names("."), ["clinic.csv", "pupils.csv"]);
}

#[test]
fn a_truth_table_that_is_none() {
    let place = Place::with_pupils_and_clinic();
    let said = place.plait("link pupils.csv clinic.csv --out o --truth pupils.csv").failed();
    assert!(said.starts_with("exit 3\nerror[E018]"), "{said}");
}

#[test]
fn a_return_or_table_that_is_not_known() {
    let place = Place::with(&[]);
    assert_snapshot!(place.plait("specs show cin-cencus").failed(), @r#"
    exit 2
    error[E022] there is no specification "cin-cencus"
      why: columns would be taken for what they are not, or be left out
      do:  did you mean "cin-census"? plait specs list shows all
    "#);
    assert_snapshot!(place.plait("specs show cin").failed(), @r#"
    exit 2
    error[E022] there is no specification "cin"
      why: columns would be taken for what they are not, or be left out
      do:  did you mean "cin-census"? plait specs list shows all
    "#);
    assert_snapshot!(place.plait("specs show census").failed(), @r#"
    exit 2
    error[E022] there is no specification "census"
      why: columns would be taken for what they are not, or be left out
      do:  did you mean "cin-census" or "school-census"? plait specs list shows all
    "#);
    assert_snapshot!(place.plait("specs show xyzzy").failed(), @r#"
    exit 2
    error[E022] there is no specification "xyzzy"
      why: columns would be taken for what they are not, or be left out
      do:  plait specs list shows all
    "#);
    assert_snapshot!(place.plait("specs show sen2-2026 --table persons2").failed(), @r#"
    exit 2
    error[E022] sen2-2026 has no table "persons2"
      why: columns would be taken for what they are not, or be left out
      do:  did you mean "person"?
    "#);
}

#[test]
fn a_truth_table_without_a_source_of_the_run_says_which() {
    let place = Place::with_pupils_and_clinic();
    let rows: Vec<String> = (1..=10).map(|n| format!("pupils,P{n},{n}")).collect();
    std::fs::write(place.path("truth.csv"), format!("source,record,entity\n{}", rows.join("\n")))
        .expect("written");
    assert_snapshot!(place.plait("link pupils.csv clinic.csv --truth truth.csv --out out").failed(), @r"
    exit 3
    error[E018] the truth table has no record of clinic (truth.csv)
      why: no true pair between it and the other sources is known
      do:  add its records, or write the name of the source as the run has it
    ");
}
