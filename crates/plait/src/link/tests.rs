use super::{LinkRequest, link};
use crate::explain::{ExplainRequest, explain};
use crate::faults::Faults;
use crate::source::SourceSpec;
use plait_engine::model::LinkType;
use plait_engine::progress::Silent;
use plait_formats::read::{ReadOptions, read};
use plait_types::{FaultCode, Role};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A folder with two files about sixty people; the second has a few letters wrong.
fn two_files() -> (tempfile::TempDir, Vec<SourceSpec>) {
    const FORENAMES: [&str; 10] =
        ["Ava", "Noah", "Mia", "Leo", "Isla", "Omar", "Zara", "Finn", "Ruby", "Kai"];
    const SURNAMES: [&str; 6] = ["Khan", "Smith", "Okafor", "Nowak", "Jones", "Demir"];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut left, mut right) = (
        "pupil_id,forename,surname,dob,team\n".to_owned(),
        "child,first_name,surname,birth,team\n".to_owned(),
    );
    for n in 0..60u32 {
        let (forename, surname) = (FORENAMES[n as usize % 10], SURNAMES[n as usize % 6]);
        let date = format!("201{}-0{}-{:02}", n % 9, 1 + n % 8, 1 + n % 27);
        let town = ["North", "South", "East", "West"][n as usize % 4];
        writeln!(left, "P{n},{forename},{surname},{date},{town}").expect("in memory");
        let typed = if n % 7 == 0 { format!("{surname}e") } else { surname.to_owned() };
        writeln!(right, "C{n},{forename},{typed},{date},{town}").expect("in memory");
    }
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        SourceSpec::at(path)
    };
    let specs = vec![write("left.csv", &left), write("right.csv", &right)];
    (folder, specs)
}

fn request(folder: &Path, sources: Vec<SourceSpec>) -> LinkRequest {
    LinkRequest { threads: Some(1), workbook: Some(false), ..LinkRequest::new(sources, folder.join("out")) }
}

fn model(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("model.toml");
    std::fs::write(&path, text).expect("written");
    path
}

const COMPARE: &str = r#"
format = 1
[[compare]]
field = "forename"
levels = ["exact"]
[[compare]]
field = "surname"
levels = ["exact", "jaro_winkler >= 0.9"]
[[compare]]
field = "date_of_birth"
levels = ["exact"]
"#;

fn code(result: Result<super::Linked, Faults>) -> FaultCode {
    result.expect_err("refused").0[0].code
}

#[test]
fn an_explanation_weighs_what_the_link_weighs_also_where_the_model_gives_roles() {
    let (folder, sources) = two_files();
    let text = format!(
        "{COMPARE}\n[[compare]]\nfield = \"town\"\nlevels = [\"exact\"]\n[[candidates]]\nsame = [\"date_of_birth\"]\n[columns]\nteam = \"town\"\n"
    );
    let request = LinkRequest { model: Some(model(folder.path(), &text)), ..request(folder.path(), sources) };
    link(&request, &Silent).expect("linked");
    let links = read(&request.out.join("links.parquet"), &ReadOptions::default()).expect("readable").table;
    let cell = |name: &str| links.column(name).expect("in the contract").get(0).expect("complete").to_owned();
    let explained = explain(&ExplainRequest {
        folder: request.out.clone(),
        left: format!("{}:{}", cell("source_l"), cell("record_l")),
        right: format!("{}:{}", cell("source_r"), cell("record_r")),
    })
    .expect("explained");
    let weight: f64 = cell("match_weight").parse().expect("a number");
    assert!((explained.weight - weight).abs() < 1e-9, "{} {weight}", explained.weight);
    let sum: f64 = explained.terms.iter().map(|term| term.weight).sum();
    assert!((sum - weight).abs() < 1e-9);
    assert!(explained.terms.iter().any(|term| term.title == "Town" && term.left.is_some()));
}

#[test]
fn a_rule_on_a_column_that_names_rows_is_refused_not_followed() {
    let (folder, sources) = two_files();
    let text = format!("{COMPARE}\n[[candidates]]\nsame = [\"pupil_id\"]\n");
    let request = LinkRequest { model: Some(model(folder.path(), &text)), ..request(folder.path(), sources) };
    assert_eq!(code(link(&request, &Silent)), FaultCode::UnknownColumn);
    assert!(!request.out.exists(), "nothing is left behind");
}

#[test]
fn a_threshold_below_the_review_band_leaves_a_model_that_can_be_read_again() {
    let (folder, sources) = two_files();
    let request = LinkRequest { link_from: Some(0.05), ..request(folder.path(), sources) };
    let linked = link(&request, &Silent).expect("linked");
    assert!(linked.run.model.review_from <= linked.run.model.link_from);
    crate::check_model(&request.out.join("model.toml"), &[], &[]).expect("its own model is one");
}

#[test]
fn several_sources_are_not_deduplicated_each_by_itself_under_another_name() {
    let (folder, sources) = two_files();
    let request = LinkRequest { link_type: Some(LinkType::DedupeOnly), ..request(folder.path(), sources) };
    assert_eq!(code(link(&request, &Silent)), FaultCode::BadOption);
}

#[test]
fn hundreds_of_rules_make_each_pair_once() {
    let (folder, sources) = two_files();
    let mut text = COMPARE.to_owned();
    for n in 0..300 {
        let part = 1 + n % 200;
        write!(text, "[[candidates]]\nsame = [\"date_of_birth\", \"surname first {part}\"]\n")
            .expect("in memory");
    }
    let request = LinkRequest { model: Some(model(folder.path(), &text)), ..request(folder.path(), sources) };
    let linked = link(&request, &Silent).expect("linked");
    let links = read(&request.out.join("links.parquet"), &ReadOptions::default()).expect("readable").table;
    let mut pairs: Vec<(Option<&str>, Option<&str>)> = (0..links.n_rows)
        .map(|row| {
            let of = |name: &str| links.column(name).expect("in the contract").get(row);
            (of("record_l"), of("record_r"))
        })
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    assert_eq!(pairs.len(), links.n_rows);
    assert_eq!(linked.run.counts.links + linked.run.counts.reviews, links.n_rows as u64);
}

#[test]
fn more_comparisons_than_fit_are_refused() {
    let (folder, sources) = two_files();
    let mut text = "format = 1\n[[candidates]]\nsame = [\"date_of_birth\"]\n".to_owned();
    for n in 0..17 {
        write!(text, "[[compare]]\nname = \"c{n}\"\nfield = \"surname\"\nlevels = [\"exact\"]\n")
            .expect("in memory");
    }
    let request = LinkRequest { model: Some(model(folder.path(), &text)), ..request(folder.path(), sources) };
    assert_eq!(code(link(&request, &Silent)), FaultCode::BadModel);
}

#[test]
fn two_councils_that_number_alike_are_not_linked_by_their_ids_and_are_told_why() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let specs = [("north", 2011, 0), ("south", 2016, 5)].map(|(name, year, later)| {
        let rows: Vec<String> = (1..=40)
            .map(|id| format!("{id},{year}-0{}-{:02},F\n", (id + later) % 9 + 1, (id + 3 * later) % 28 + 1))
            .collect();
        let path = folder.path().join(format!("{name}.csv"));
        std::fs::write(&path, format!("la_child_id,dob,sex\n{}", rows.concat())).expect("written");
        SourceSpec::at(path)
    });
    let roles = vec![("la_child_id".to_owned(), Role::Identifier)];
    let request = LinkRequest { roles, ..request(folder.path(), specs.to_vec()) };
    let faults = link(&request, &Silent).expect_err("nobody is in both");
    let why = faults.0[0].why.as_deref().unwrap_or_default();
    assert!(why.contains(" of 40 child ids") && why.contains("--authority south=NUMBER"), "{why}");
    assert!(!folder.path().join("out").exists());
}
