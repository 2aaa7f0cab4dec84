//! What is never lost: what a command reads, and what Plait did not write.

use crate::Place;

/// The command is refused as a wrong one, with these words, and the file is as it was.
#[track_caller]
fn check_refused(place: &Place, command: &str, file: &str, words: &str) {
    let before = place.read(file);
    let said = place.plait(command).failed();
    assert!(said.starts_with("exit 2\nerror[E054]") && said.contains(words), "{command}: {said}");
    assert_eq!(place.read(file), before, "{command}");
}

#[test]
fn files_of_other_programs_are_left_alone() {
    let place = Place::with_pupils_and_clinic();
    std::fs::create_dir(place.path("mine")).expect("a new folder");
    for file in ["people.xlsx", "run.json", "report.html", "issues.csv"] {
        std::fs::write(place.path("mine").join(file), "{\"format\": 1}").expect("written");
        let command = if file == "issues.csv" { "read pupils.csv" } else { "link pupils.csv clinic.csv" };
        let path = format!("mine/{file}");
        check_refused(&place, &format!("{command} --out mine"), &path, &format!("{path} is there already"));
        assert_eq!(place.names("mine"), [file], "nothing is left behind");
        std::fs::remove_file(place.path(&path)).expect("removed");
    }
    // what the run before did not write is no part of it
    place.plait("link pupils.csv clinic.csv --out mine --no-workbook").succeeded();
    std::fs::write(place.path("mine/people.xlsx"), "notes").expect("written");
    place.plait("link pupils.csv clinic.csv --out mine --no-workbook").succeeded();
    assert_eq!(place.text("mine/people.xlsx"), "notes");
    check_refused(
        &place,
        "link pupils.csv clinic.csv --out mine",
        "mine/people.xlsx",
        "Plait did not write it",
    );
}

#[test]
fn what_is_read_is_never_written() {
    let place = Place::with_pupils_and_clinic();
    place.plait("link pupils.csv clinic.csv --out linked").succeeded();
    let again = "link linked/people.parquet clinic.csv --out linked";
    check_refused(&place, again, "linked/people.parquet", "a source of this run");
    std::fs::create_dir(place.path("in")).expect("a new folder");
    std::fs::copy(place.path("pupils.csv"), place.path("in/people.parquet")).expect("copied");
    let into = "link in/people.parquet clinic.csv --out in";
    check_refused(&place, into, "in/people.parquet", "a source of this run");
    let same_model = "link pupils.csv clinic.csv --out linked --model linked/model.toml";
    check_refused(&place, same_model, "linked/model.toml", "the model that was given");
    for command in
        ["link pupils.csv clinic.csv --out x --save-model", "model new pupils.csv clinic.csv --out"]
    {
        check_refused(&place, &format!("{command} clinic.csv"), "clinic.csv", "a source of this run");
        std::fs::write(place.path("notes.txt"), "mine").expect("written");
        check_refused(
            &place,
            &format!("{command} notes.txt"),
            "notes.txt",
            "not a model that Plait can read",
        );
    }
    assert!(!place.path("x").exists());
}

#[test]
fn a_model_takes_the_place_of_a_model_and_is_said_to_be_where_it_is() {
    let place = Place::with_pupils_and_clinic();
    place.plait("model new pupils.csv clinic.csv --out m.toml").succeeded();
    place.plait("model new pupils.csv clinic.csv --out m.toml").succeeded();
    let said = place.plait("link pupils.csv clinic.csv --out linked --save-model m.toml").succeeded().stdout;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("report.html to linked; the model also to m.toml"), "{said}");
    let within = "link pupils.csv clinic.csv --out linked --save-model linked";
    place.plait(&format!("{within}/model.toml")).succeeded();
    let said = place.plait(&format!("{within}/people.parquet")).failed();
    assert!(said.starts_with("exit 2\nerror[E016] --save-model names linked/people.parquet"), "{said}");
}

#[test]
fn made_up_people_take_the_place_of_made_up_people_alone() {
    let place = Place::with_pupils_and_clinic();
    place.plait("synth people --children 30 --out made --format csv").succeeded();
    place.plait("synth people --children 30 --out made").succeeded();
    assert_eq!(place.names("made"), ["school_census.csv", "social_care.parquet", "truth.csv"]);
    check_refused(&place, "synth borough --children 30 --out .", "pupils.csv", "is there already");
}
