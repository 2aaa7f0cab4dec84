//! Two files become one folder of people, and say so.

use crate::{Place, Ran, learned_left_out};
use insta::assert_snapshot;
use std::io::Read as _;
use std::process::Stdio;

#[test]
fn two_small_files_are_linked_without_any_setting() {
    let place = Place::with_pupils_and_clinic();
    let ran = place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    learned_left_out(|| {
        assert_snapshot!(ran.stdout, @r"
        Reading   pupils: 10 records, named by pupil_id. CSV, comma between fields, UTF-8.
                  clinic: 6 records, named by clinic_ref. CSV, comma between fields, UTF-8.
        Columns   pupils: pupil_id = record identifier, surname, forename, dob = date of birth, sex,
                  postcode.
                  clinic: clinic_ref = record identifier, first name = forename, last name = surname, born =
                  date of birth, postcode.
        Checked   pupils: dob as YYYY-MM-DD.
                  clinic: born as DD/MM/YYYY.
        Model     chosen from the data, learned from these files in N rounds. 4 comparisons: forename,
                  surname, date of birth, postcode.
        Pairs     5 compared of 60 possible (link_only), chosen by 4 blocking rules.
        Linked    5 pairs between sources; 5 of 10 in pupils (50.0%), 5 of 6 in clinic (83.3%).
        Routes    5 records of pupils to clinic by names and details.
        Unsure    no pair needs a person to look.
        Quality   precision 99.97% (44.7% to 100%) and recall 100% (64.4% to 100%) by the model's
                  probabilities, without labels.
        Tested    the blocking rules bring 100% (78.4% to 100%) of the records to a partner of theirs, by
                  how many rules catch each.
        Wrote     people.parquet, links.parquet, people.xlsx, run.json, model.toml, report.html,
                  quality-report.html to linked

        Plait linked 5 of 10 in pupils (50.0%) and 5 of 6 in clinic (83.3%) to a record of another source;
        together the 16 records are of 11 people. No pair needs a person to look. As estimated by the
        model's probabilities, without any labels, 99.97% (44.7% to 100%) of the pairs of records put
        together are right and 100% (64.4% to 100%) of the true pairs were found.

        Open linked/report.html to see how it went.
        Why two records are one person, for example: plait explain linked pupils:P1 clinic:K70
        ");
    });
    assert_snapshot!(ran.stderr, @"");
    assert_eq!(
        place.names("linked"),
        [
            "links.parquet",
            "model.toml",
            "people.parquet",
            "people.xlsx",
            "quality-report.html",
            "report.html",
            "run.json"
        ]
    );
}

#[test]
fn the_command_that_explains_a_link_can_be_pasted() {
    let place = Place::with_pupils_and_clinic();
    for (sources, between) in [("pupils.csv clinic.csv", true), ("twice.csv", false)] {
        let twice = format!("{}P11,Okafor,Amara,2014-03-21,F,ZE1 2AB\n", crate::PUPILS);
        std::fs::write(place.path("twice.csv"), twice).expect("written");
        let printed = place.plait(&format!("link {sources} --out linked")).succeeded().stdout;
        let last = printed.lines().last().expect("a last line");
        let (_, command) = last.split_once("for example: plait ").expect("a command");
        let said = place.plait(command).succeeded().stdout;
        assert!(said.contains(": match weight "), "{said}");
        assert_eq!(said.contains("clinic:"), between, "{said}");
    }
}

/// Twelve people of a list twice over, and others in the other list: nobody is in both.
fn strangers() -> Place {
    const NAMES: [&str; 12] = [
        "Okafor,Amara",
        "Bennett,Oliver",
        "Khan,Zainab",
        "Kowalska,Maja",
        "O'Brien,Declan",
        "Nguyen,Linh",
        "Silva,Mateus",
        "Hughes,Cerys",
        "Adeyemi,Tobi",
        "Fletcher,Isla",
        "Yilmaz,Elif",
        "Osei,Kwame",
    ];
    let header = "ref,surname,forename,dob\n";
    let row = |at: usize, name: &str, copy: usize, born: usize| {
        format!("R{copy}{at},{name},{born}-{:02}-{:02}\n", 1 + at % 12, 1 + at * 2)
    };
    let of = |copies: usize, born: usize, names: &[&str]| {
        let rows = (0..copies)
            .flat_map(|copy| names.iter().enumerate().map(move |(at, name)| row(at, name, copy, born)));
        header.to_owned() + &rows.collect::<String>()
    };
    let others = NAMES.map(|name| {
        let (surname, forename) = name.split_once(',').expect("two names");
        format!("{forename}son,{surname}a")
    });
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let (a, b) = (of(2, 2012, &NAMES), of(1, 1971, &others));
    Place::with(&[("a.csv", a.as_bytes()), ("b.csv", b.as_bytes())])
}

#[test]
fn links_within_sources_alone_are_no_link_between_them_and_that_is_said_everywhere() {
    let place = strangers();
    let ran = place.plait("link a.csv b.csv --link-type link_and_dedupe --out linked").succeeded();
    learned_left_out(|| {
        assert_snapshot!(ran.stderr, @"warning[W051] a and b: no link joins them: all 12 links are within one source; no value of forename is in more than one source; no value of surname is in more than one source; no value of date_of_birth is in more than one source; births are of 2012 in a and of 1971 in b; check that the files are of the same area and years, and with plait look that their columns were understood");
        assert_snapshot!(ran.stdout.split_once("Pairs").expect("a line of pairs").1, @r"
             12 compared of 630 possible (link_and_dedupe), chosen by 4 blocking rules.
        Linked    12 pairs, 0 between sources and 12 within one; 0 of 24 in a (0%), 0 of 12 in b (0%).
        Routes    24 records of a to others of it by names and details.
        Unsure    no pair needs a person to look.
        Quality   precision more than 99.99% (77.0% to 100%) and recall 100% (81.3% to 100%) by the model's
                  probabilities, without labels; of links between sources nothing can be said, since there
                  are none.
        Tested    the blocking rules bring 100% (89.7% to 100%) of the records to a partner of theirs, by
                  how many rules catch each.
        Wrote     people.parquet, links.parquet, people.xlsx, run.json, model.toml, report.html,
                  quality-report.html to linked

        No record of a or b is linked to a record of another source: all 12 links are within one. Check the
        files before you use this result; the warning says how. Together the 36 records are of 24 people. No
        pair needs a person to look. As estimated by the model's probabilities, without any labels, more
        than 99.99% (77.0% to 100%) of the pairs of records put together are right and 100% (81.3% to 100%)
        of the true pairs were found.

        Open linked/report.html to see how it went.
        Why two records are one person, for example: plait explain linked a:R00 a:R10
        ");
    });
    let run: serde_json::Value = serde_json::from_slice(&place.read("linked/run.json")).expect("JSON");
    assert_eq!((&run["counts"]["links_between"], &run["counts"]["links_within"]), (&0.into(), &12.into()));
    let issue = run["issues"][0].as_str().expect("an issue");
    assert!(
        issue.starts_with("warning[W051] a and b: no link joins them: all 12 links are within one source"),
        "{issue}"
    );
    assert!(
        place.text("linked/report.html").contains("no link joins them: all 12 links are within one source")
    );
}

#[test]
fn a_source_without_a_link_to_the_others_is_named() {
    let place = strangers();
    std::fs::copy(place.path("a.csv"), place.path("c.csv")).expect("copied");
    let ran = place.plait("link a.csv b.csv c.csv --out linked").succeeded();
    let warned: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("W051")).collect();
    assert_snapshot!(warned.join("\n"), @"warning[W051] b: no record of it is linked to a record of a or c; check that the files are of the same area and years, and with plait look that their columns were understood");
}

#[test]
fn a_dry_run_says_what_would_be_done_and_writes_nothing() {
    let place = Place::with_pupils_and_clinic();
    let ran = place.plait("link pupils.csv clinic.csv --out linked --dry-run").succeeded();
    learned_left_out(|| {
        assert_snapshot!(ran.stdout, @r"
    Reading   pupils: 10 records, named by pupil_id. CSV, comma between fields, UTF-8.
              clinic: 6 records, named by clinic_ref. CSV, comma between fields, UTF-8.
    Columns   pupils: pupil_id = record identifier, surname, forename, dob = date of birth, sex,
              postcode.
              clinic: clinic_ref = record identifier, first name = forename, last name = surname, born =
              date of birth, postcode.
    Checked   pupils: dob as YYYY-MM-DD.
              clinic: born as DD/MM/YYYY.
    Model     chosen from the data, learned from these files in N rounds. 4 comparisons: forename,
              surname, date of birth, postcode.
    Rule      surname first 3: 5 pairs
              surname metaphone: 5 pairs
              date_of_birth: 5 pairs
              date_of_birth year and month: 5 pairs

    Nothing was written. A run would weigh at most 20 candidate pairs of the 16 records.
    ");
    });
    assert_eq!(place.names("."), ["clinic.csv", "pupils.csv"]);
}

#[test]
fn explain_adds_the_model_in_words_and_what_each_rule_found() {
    let place = Place::with_pupils_and_clinic();
    let ran = place.plait("link pupils.csv clinic.csv --out linked --explain").succeeded();
    let (_, model) = ran.stdout.split_once("\n\n").expect("the details come first");
    assert!(model.starts_with("The model \"chosen from the data\" looks at"), "{model}");
    assert!(model.contains("What each rule found.\n       pairs       links  only here  rule\n"), "{model}");
}

#[test]
fn files_can_be_named_and_one_file_is_looked_through_for_duplicates() {
    let twice = format!("{}P11,Okafor,Amara,2014-03-21,F,ZE1 2AB\n", crate::PUPILS);
    let place = Place::with(&[("x.csv", twice.as_bytes())]);
    let ran = place.plait("link pupils=x.csv --out linked").succeeded();
    assert!(
        ran.stdout
            .contains("Among the 11 records of pupils, 2 (18.2%) are of a person who has more than one"),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_same_bytes_come_from_any_number_of_threads() {
    let place = Place::with_borough(2_000);
    let link = |threads: u32| {
        place
            .plait(&format!(
                "link b/school_census.csv b/social_care.parquet --out t{threads} --threads {threads}"
            ))
            .succeeded();
        ["people.parquet", "links.parquet", "model.toml"]
            .map(|file| place.read(&format!("t{threads}/{file}")))
    };
    let one = link(1);
    assert!(one == link(2), "two threads");
    assert!(one == link(7), "seven threads");
}

#[test]
fn a_borough_is_scored_against_its_truth_alike_by_link_and_by_score() {
    let place = Place::with_borough(1_000);
    let linked = place
        .plait("link b/school_census.csv b/social_care.parquet --out o --truth b/truth.csv --json")
        .succeeded();
    let mut linked: serde_json::Value = serde_json::from_str(&linked.stdout).expect("one document");
    // which pairs were compared is known to the run alone
    let reached = linked["run"]["truth"]["reached_pairs"].take();
    let reached = reached.as_u64().expect("a number");
    let of_one = linked["run"]["truth"]["entity_pairs"].as_u64().expect("a number");
    assert!(reached * 2 > of_one && reached <= of_one, "{reached} of {of_one}");
    let scored = place.plait("score o --truth b/truth.csv --json").succeeded();
    let scored: serde_json::Value = serde_json::from_str(&scored.stdout).expect("one document");
    assert_eq!(linked["run"]["truth"], scored);
    assert!(scored["recall"].as_f64().expect("a number") > 0.5);
    let text = place.plait("score o --truth b/truth.csv").succeeded().stdout;
    let headings: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(headings, ["Precision", "Recall", "F1", "B-cubed", "Exact", "Truth"], "{text}");
    let records = linked["run"]["counts"]["records"].as_u64().expect("a number");
    assert!(text.ends_with(&format!("{records} of {records} records of the run are in it\n")), "{text}");
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let place = Place::with_pupils_and_clinic();
    let ran = place.plait("link pupils.csv clinic.csv --out linked --json").succeeded();
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).expect("one document");
    let keys: Vec<&str> = document.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["files", "issues", "run", "summary"]);
    assert_eq!(document["run"]["counts"]["links"], 5);
    let on_disk: serde_json::Value = serde_json::from_slice(&place.read("linked/run.json")).expect("JSON");
    assert_eq!(document["run"]["counts"], on_disk["counts"]);
}

#[test]
fn a_model_that_was_saved_gives_the_same_links_again() {
    let place = Place::with_pupils_and_clinic();
    place.plait("link pupils.csv clinic.csv --out first --save-model mine.toml").succeeded();
    assert_eq!(place.text("mine.toml"), place.text("first/model.toml"));
    place.plait("link pupils.csv clinic.csv --out again --model mine.toml").succeeded();
    assert!(place.read("first/people.parquet") == place.read("again/people.parquet"));
    // where which source it is counts as well
    place.plait("link pupils.csv clinic.csv --link-type link_and_dedupe --out both").succeeded();
    assert!(place.text("both/model.toml").contains("field = \"source_of_record\""));
    place.plait("link pupils.csv clinic.csv --out both-again --model both/model.toml").succeeded();
    assert!(place.read("both/people.parquet") == place.read("both-again/people.parquet"));
}

#[test]
fn a_threshold_that_nothing_reaches_is_obeyed() {
    let place = Place::with_pupils_and_clinic();
    learned_left_out(|| {
        assert_snapshot!(place.plait("link pupils.csv clinic.csv --out linked --threshold 1").failed(), @r"
    exit 4
    error[E040] no links found among 5 candidate pairs
      why: the likeliest pair has a match probability N, and a link needs 1
      do:  look at the likeliest pairs after linking with a lower --threshold
    ");
    });
    assert_eq!(place.names("."), ["clinic.csv", "pupils.csv"]);
}

#[test]
fn a_reader_who_closes_the_pipe_early_is_content() {
    let place = Place::with_pupils_and_clinic();
    let mut child = place
        .command(&["link", "pupils.csv", "clinic.csv", "--out", "linked"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
    assert!(child.wait().expect("it ends").success(), "{said}");
    assert!(!said.contains("error"), "{said}");
    assert_eq!(place.names("linked").len(), 7);
}

#[test]
fn nothing_of_the_progress_goes_into_a_pipe() {
    let place = Place::with_borough(500);
    let ran = place.plait("link b/school_census.csv b/social_care.parquet --out o").succeeded();
    assert!(!ran.stderr.contains(['\r', '\u{1b}']), "{:?}", ran.stderr);
    assert!(!ran.stdout.contains(['\r', '\u{1b}']), "{:?}", ran.stdout);
}

#[cfg(unix)]
#[test]
fn a_path_need_not_be_valid_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::with_pupils_and_clinic();
    let odd = std::ffi::OsStr::from_bytes(b"pup\xFFils.csv");
    std::fs::rename(place.path("pupils.csv"), place.path(".").join(odd)).expect("renamed");
    let output =
        place.command(&["link", "clinic.csv", "--out", "linked"]).arg(odd).output().expect("it starts");
    Ran::of(output).succeeded();
}

#[test]
fn a_run_into_the_folder_of_an_earlier_one_replaces_it_whole() {
    let place = Place::with_pupils_and_clinic();
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    place.plait("link pupils.csv clinic.csv --out linked --no-workbook").succeeded();
    assert_eq!(
        place.names("linked"),
        ["links.parquet", "model.toml", "people.parquet", "quality-report.html", "report.html", "run.json"]
    );
}

#[test]
fn a_second_column_of_one_kind_that_is_compared_with_nothing_is_named() {
    let file = |header: &str, home: &str| {
        format!(
            "ref,forename,surname,dob,{header}\nR1,Amara,Okafor,2015-03-02,PX1 1AA{home}\nR2,Linh,Nguyen,2014-01-09,PX3 1AA{home}\n"
        )
    };
    let (a, b) = (file("home pc,term pc", ",PX2 1AA"), file("pcd", ""));
    let place = Place::with(&[("a.csv", a.as_bytes()), ("b.csv", b.as_bytes())]);
    let said = place.plait("link a.csv b.csv --out o --dry-run").succeeded().stderr;
    assert_snapshot!(said, @r#"note[N022] a: column "term pc": taken for the postcode, as "home pc" is, and compared with nothing, since no other source has a column of that name; if it holds the former postcode, say so with --role "term pc=former_postcode""#);
    let ran = place
        .run(&["link", "a.csv", "b.csv", "--out", "o", "--dry-run", "--role", "term pc=postcode"])
        .succeeded();
    assert_eq!(ran.stderr, "", "what somebody says is the one");
    assert!(
        ran.stdout.contains("term pc = postcode") && !ran.stdout.contains("home pc = postcode"),
        "{}",
        ran.stdout
    );
}
