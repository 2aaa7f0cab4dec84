use super::{LinkRequest, link};
use crate::explain::{ExplainRequest, explain};
use crate::faults::Faults;
use crate::given::TableSpec;
use crate::look::LookRequest;
use crate::model::{ModelRequest, ModelSpec, children_model, choose_model};
use crate::source::SourceSpec;
use plait_engine::model::LinkType;
use plait_engine::progress::Silent;
use plait_formats::read::{ReadOptions, Rows, read};
use plait_formats::write::{OutTable, to_rows};
use plait_types::{FaultCode, Role};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

fn out(request: &LinkRequest) -> &Path {
    request.out.as_deref().expect("a folder")
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
    let request =
        LinkRequest { model: Some(model(folder.path(), &text).into()), ..request(folder.path(), sources) };
    link(&request, &Silent).expect("linked");
    let links = read(&out(&request).join("links.parquet"), &ReadOptions::default()).expect("readable").table;
    let cell = |name: &str| links.column(name).expect("in the contract").get(0).expect("complete").to_owned();
    let explained = explain(&ExplainRequest {
        folder: out(&request).to_owned(),
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
    let request =
        LinkRequest { model: Some(model(folder.path(), &text).into()), ..request(folder.path(), sources) };
    assert_eq!(code(link(&request, &Silent)), FaultCode::UnknownColumn);
    assert!(!out(&request).exists(), "nothing is left behind");
}

#[test]
fn a_threshold_below_the_review_band_leaves_a_model_that_can_be_read_again() {
    let (folder, sources) = two_files();
    let request = LinkRequest { link_from: Some(0.05), ..request(folder.path(), sources) };
    let linked = link(&request, &Silent).expect("linked");
    assert!(linked.run.model.review_from <= linked.run.model.link_from);
    crate::check_model(&out(&request).join("model.toml").into(), &[], &[]).expect("its own model is one");
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
    let request =
        LinkRequest { model: Some(model(folder.path(), &text).into()), ..request(folder.path(), sources) };
    let linked = link(&request, &Silent).expect("linked");
    let links = read(&out(&request).join("links.parquet"), &ReadOptions::default()).expect("readable").table;
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
    let request =
        LinkRequest { model: Some(model(folder.path(), &text).into()), ..request(folder.path(), sources) };
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

/// Per column, its name and its cells.
fn cells(table: &plait_types::Table) -> Vec<(String, Vec<Option<String>>)> {
    let cells = |column: &plait_types::Column| {
        (0..table.n_rows).map(|row| column.get(row).map(str::to_owned)).collect::<Vec<_>>()
    };
    table.columns.iter().map(|column| (column.name.clone(), cells(column))).collect()
}

#[test]
fn rows_in_memory_give_what_files_give_and_leave_nothing_behind() {
    let (folder, files) = two_files();
    let in_memory = files.iter().map(|file| {
        let table = read(&file.path, &ReadOptions::default()).expect("a table").table;
        SourceSpec::of_rows(file.called(), Arc::new(to_rows(&OutTable::of(&table))))
    });
    let request_in_memory = LinkRequest { threads: Some(1), ..LinkRequest::in_memory(in_memory.collect()) };
    let linked = link(&request_in_memory, &Silent).expect("linked");
    let held = linked.held.expect("kept in memory");
    assert!(linked.wrote.is_empty() && linked.run.files.is_empty());
    let names: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(names.len(), 2, "nothing is written");

    let request = request(folder.path(), files);
    let of_files = link(&request, &Silent).expect("linked");
    assert!(of_files.held.is_none());
    let out = folder.path().join("out");
    for (rows, file) in [(&held.people, "people.parquet"), (&held.links, "links.parquet")] {
        let kept = rows.read("kept").expect("a table").table;
        let written = read(&out.join(file), &ReadOptions::default()).expect("a table").table;
        assert_eq!(cells(&kept), cells(&written), "{file}");
    }
    assert_eq!(linked.model_text, of_files.model_text);
    assert_eq!(linked.summary, of_files.summary);
    assert_eq!(linked.run.counts, of_files.run.counts);
    // a link, and two records that were never compared or are not one
    for (left, right) in [("P1", "C1"), ("P7", "C7"), ("P2", "C9")] {
        let explained =
            ExplainRequest { folder: out.clone(), left: left.to_owned(), right: right.to_owned() };
        let of_files = explain(&explained).expect("explained");
        let of_held = held.explain(left, right).expect("explained");
        assert_eq!(format!("{of_held:?}"), format!("{of_files:?}"), "{left} {right}");
    }
    let unknown = held.explain("P1", "nobody").expect_err("no such record");
    assert_eq!(unknown.0[0].code, FaultCode::NoSuchRecord);
}

#[test]
fn rows_in_memory_that_cannot_be_used_are_refused_by_name() {
    let (_folder, files) = two_files();
    let table = read(&files[0].path, &ReadOptions::default()).expect("a table").table;
    let rows = Arc::new(to_rows(&OutTable::of(&table)));
    let of = |name: &str, rows: &Arc<Rows>| SourceSpec::of_rows(name, Arc::clone(rows));
    let refused = |sources: Vec<SourceSpec>| {
        let faults = link(&LinkRequest::in_memory(sources), &Silent).expect_err("refused");
        (faults.0[0].code, faults.0[0].to_string())
    };
    let empty = Arc::new(Rows::new(Arc::clone(rows.schema()), Vec::new()));
    let (code, said) = refused(vec![of("pupils", &rows), of("clinic", &empty)]);
    assert!(code == FaultCode::FileEmpty && said.contains("clinic"), "{said}");
    let (code, said) = refused(vec![of("pupils", &rows), of("pupils", &rows)]);
    assert!(code == FaultCode::BadOption && said.contains("two sources are called"), "{said}");
}

/// A table of text, as a file of that name and as rows in memory.
fn both(folder: &Path, name: &str, csv: &str) -> [TableSpec; 2] {
    let path = folder.join(name);
    std::fs::write(&path, csv).expect("written");
    let table = read(&path, &ReadOptions::default()).expect("a table").table;
    let rows = Arc::new(to_rows(&OutTable::of(&table)));
    [path.into(), TableSpec::Rows { name: name.to_owned(), rows }]
}

#[test]
fn tables_beside_the_sources_do_the_same_from_memory_as_from_files() {
    let (folder, sources) = two_files();
    let truth = (0..60).fold("source,record,entity\n".to_owned(), |text, n| {
        format!("{text}left,P{n},{n}\nright,C{n},{n}\n")
    });
    let pairs = "source_l,record_l,source_r,record_r";
    let [truth, truth_rows] = both(folder.path(), "truth.csv", &truth);
    let [apart, apart_rows] =
        both(folder.path(), "apart.csv", &format!("{pairs},constraint\nleft,P3,right,C3,cannot_link\n"));
    let [labels, labels_rows] = both(
        folder.path(),
        "labels.csv",
        &format!("{pairs},label\nleft,P1,right,C1,match\nleft,P2,right,C9,non_match\n"),
    );
    let [names, names_rows] = both(folder.path(), "names.csv", "name,variant\nAva,Avie\n");
    let linked = |[truth, constraints, labels, names]: [TableSpec; 4]| {
        let request = LinkRequest {
            threads: Some(1),
            truth: Some(truth),
            constraints: Some(constraints),
            labels: Some(labels),
            names: Some(names),
            ..LinkRequest::in_memory(sources.clone())
        };
        link(&request, &Silent).expect("linked")
    };
    let of_files = linked([truth, apart, labels, names]);
    let of_rows = linked([truth_rows.clone(), apart_rows, labels_rows, names_rows]);
    assert_eq!(of_rows.run.counts, of_files.run.counts);
    assert_eq!(of_rows.run.truth, of_files.run.truth);
    let (constraints, label) = (of_rows.run.constraints.expect("given"), of_rows.run.labels.expect("given"));
    assert_eq!(
        (constraints.kept_apart, constraints.path, constraints.absolute_path),
        (1, "apart.csv".into(), None)
    );
    assert_eq!((label.pairs, of_rows.run.names.expect("given").pairs), (2, 1));
    let held = of_rows.held.expect("kept");
    let scores = held.score(&truth_rows).expect("scored");
    assert_eq!(Some(scores.f1), of_rows.run.truth.map(|truth| truth.f1));
}

#[test]
fn pairs_are_weighed_as_they_are_explained_whether_or_not_they_were_compared() {
    let (folder, sources) = two_files();
    let linked = link(&LinkRequest::in_memory(sources), &Silent).expect("linked");
    let held = linked.held.expect("kept");
    let header = "source_l,record_l,source_r,record_r\n";
    let csv = format!("{header}left,P1,right,C1\nleft,P2,right,C9\nright,C7,left,P7\n");
    for pairs in both(folder.path(), "pairs.csv", &csv) {
        let weighed = held.weigh(&pairs).expect("weighed").read("weighed").expect("a table").table;
        let weights = weighed.column("match_weight").expect("a column");
        for (row, (left, right)) in [("P1", "C1"), ("P2", "C9"), ("C7", "P7")].into_iter().enumerate() {
            let weight: f64 = weights.get(row).expect("a weight").parse().expect("a number");
            let explained = held.explain(left, right).expect("explained").weight;
            assert!((weight - explained).abs() < 1e-9, "{left} {right}: {weight} {explained}");
        }
    }
    let [unknown, _] = both(folder.path(), "pairs.csv", &format!("{header}left,P1,right,nobody\n"));
    let fault = held.weigh(&unknown).expect_err("refused").0.remove(0);
    assert_eq!(fault.code, FaultCode::NoSuchRecord);
    assert!(fault.what.starts_with("row 1 names") && !fault.what.contains("nobody"), "{}", fault.what);
}

#[test]
fn no_pairs_are_weighed_into_a_table_without_rows() {
    let (folder, sources) = two_files();
    let held = link(&LinkRequest::in_memory(sources), &Silent).expect("linked").held.expect("kept");
    let [_, one] =
        both(folder.path(), "pairs.csv", "source_l,record_l,source_r,record_r\nleft,P1,right,C1\n");
    let TableSpec::Rows { name, rows } = &one else { panic!("the second is of rows") };
    let none = Arc::new(Rows::new(Arc::clone(rows.schema()), Vec::new()));
    let weighed = held.weigh(&TableSpec::Rows { name: name.clone(), rows: none }).expect("weighed");
    assert_eq!(weighed.n_rows(), 0);
    assert_eq!(weighed.schema(), held.weigh(&one).expect("weighed").schema());
}

/// The same two files as tables in memory under these names.
fn called([left, right]: [&str; 2]) -> Vec<SourceSpec> {
    let (_folder, files) = two_files();
    let rows = |file: &SourceSpec| {
        let table = read(&file.path, &ReadOptions::default()).expect("a table").table;
        Arc::new(to_rows(&OutTable::of(&table)))
    };
    vec![SourceSpec::of_rows(left, rows(&files[0])), SourceSpec::of_rows(right, rows(&files[1]))]
}

#[test]
fn of_names_with_colons_the_longest_source_that_has_the_record_is_meant() {
    let linked = link(&LinkRequest::in_memory(called(["a", "a:b"])), &Silent).expect("linked");
    let held = linked.held.expect("kept");
    let explained = held.explain("a:P1", "a:b:C1").expect("explained");
    let pair = ("a".to_owned(), "P1".to_owned(), "a:b".to_owned(), "C1".to_owned());
    assert_eq!((explained.left.0, explained.left.1, explained.right.0, explained.right.1), pair);
    let fault = held.explain("a:P1", "a:b:nobody").expect_err("refused").0.remove(0);
    assert_eq!(fault.what, "the second record: a:b has no such record");
}

#[test]
fn a_table_in_memory_is_not_taken_for_a_return() {
    let mut sources = called(["pupils", "clinic"]);
    crate::say_what_they_are(&mut sources, &[(Some("pupils".to_owned()), "school-census".to_owned())], &[])
        .expect("it is there");
    let look = LookRequest { source: sources[0].clone(), sheet: None, roles: Vec::new() };
    let faults = [
        link(&LinkRequest::in_memory(sources), &Silent).expect_err("refused"),
        crate::look(&look, &Silent).expect_err("refused"),
    ];
    for mut faults in faults {
        let fault = faults.0.remove(0);
        assert_eq!(fault.code, FaultCode::BadOption);
        assert_eq!(fault.what, "pupils is a table in memory, and --as says which return a file is");
    }
}

/// What is said of the files of sources when they are linked, as a person reads it.
fn issues_of(request: &LinkRequest) -> Vec<String> {
    link(request, &Silent).expect("linked").issues.iter().map(ToString::to_string).collect()
}

#[test]
fn a_field_that_the_model_compares_and_a_source_lacks_is_told_once_also_where_its_column_is_empty() {
    let (folder, sources) = two_files();
    let field = |name: &str| format!("[[compare]]\nfield = \"{name}\"\nlevels = [\"exact\"]\n");
    let text = format!("{COMPARE}\n{}[[candidates]]\nsame = [\"date_of_birth\"]\n", field("postcode"));
    let (left, right) = (&sources[0].path, &sources[1].path);
    let with_column = |path: &Path, header: &str, value: &dyn Fn(usize) -> String| {
        let text = std::fs::read_to_string(path).expect("written above");
        let with = |(at, line): (usize, &str)| match at {
            0 => format!("{line},{header}\n"),
            _ => format!("{line},{}\n", value(at)),
        };
        std::fs::write(path, text.lines().enumerate().map(with).collect::<String>()).expect("written");
    };
    with_column(right, "postcode", &|at| format!("ZE{} {}AB", at % 9 + 1, at % 7 + 1));
    let request = LinkRequest {
        model: Some(model(folder.path(), &text).into()),
        ..LinkRequest::in_memory(sources.clone())
    };
    let said = "note[N024] left.csv: has no value of postcode, which the model compares: in that its records agree and differ \
                with nobody";
    assert_eq!(issues_of(&request), [said]);
    with_column(left, "postcode", &|_| String::new());
    assert_eq!(issues_of(&request), [said]);
    // of a model that is chosen nothing was expected
    assert_eq!(issues_of(&LinkRequest::in_memory(sources)), [""; 0]);
}

#[test]
fn of_a_run_without_links_no_more_is_said_than_is_known() {
    let (folder, sources) = two_files();
    // the sources share every town and every date of birth, and nobody has the same two in both
    let text = std::fs::read_to_string(&sources[1].path).expect("written above");
    let text = ["North", "South", "East", "West"]
        .iter()
        .fold(text, |text, town| text.replace(&format!(",{town}\n"), &format!(",the {town}\n")));
    let moved = [("the North", "South"), ("the South", "East"), ("the East", "West"), ("the West", "North")];
    let text = moved.iter().fold(text, |text, (from, to)| text.replace(from, to));
    std::fs::write(&sources[1].path, text).expect("written");
    let check = |rest: &str, code: FaultCode, why: Option<&str>| {
        let text = format!("{COMPARE}\n{rest}\n[columns]\nteam = \"town\"\n");
        let request = LinkRequest {
            model: Some(model(folder.path(), &text).into()),
            ..LinkRequest::in_memory(sources.clone())
        };
        let fault = link(&request, &Silent).expect_err("refused").0.remove(0);
        assert_eq!((fault.code, fault.why.as_deref()), (code, why), "{fault}");
    };
    check("[[candidates]]\nsame = [\"date_of_birth\", \"town\"]", FaultCode::NoPairs, None);
    check(
        "[[candidates]]\nsame = [\"date_of_birth\"]\n[accept]\nmatch_probability = 1.0\nreview_from = 1.0",
        FaultCode::NoLinks,
        Some("none has a match probability of 100% or more, from where a person would decide"),
    );
}

#[test]
fn a_column_of_ids_that_repeat_is_told_with_what_records_are_called_instead() {
    let (_folder, sources) = two_files();
    let text = std::fs::read_to_string(&sources[0].path).expect("written above");
    let text = text.replace("\nP2,", "\nP1,").replace("\nP4,", "\nP3,").replace("\nP5,", "\nP3,");
    std::fs::write(&sources[0].path, text).expect("written");
    let said = issues_of(&LinkRequest::in_memory(sources));
    assert_eq!(
        said,
        [
            "note[N023] left.csv: column \"pupil_id\": headed as an identifier, and has 2 values more than once; so records are \
          called by their row number, from 1, in every output"
        ]
    );
}

#[test]
fn a_column_that_is_not_used_since_another_was_said_to_be_what_it_is_is_told() {
    let (_folder, sources) = two_files();
    let roles = ["forename", "first_name"].map(|header| (header.to_owned(), Role::Surname)).to_vec();
    let said = issues_of(&LinkRequest { roles, ..LinkRequest::in_memory(sources) });
    let of = |file: &str, header: &str| {
        format!(
            "note[N022] {file}: column \"surname\": not used: it would be taken for the surname, which \"{header}\" was said to \
             be; where both are to be compared, give this one a role too"
        )
    };
    assert_eq!(said, [of("left.csv", "forename"), of("right.csv", "first_name")]);
}

#[test]
fn at_the_threshold_of_the_run_the_tradeoff_says_what_the_run_says() {
    let (folder, sources) = two_files();
    let truth = (0..60).fold("source,record,entity\n".to_owned(), |text, n| {
        format!("{text}left,P{n},{n}\nright,C{n},{n}\n")
    });
    let [truth, _] = both(folder.path(), "truth.csv", &truth);
    let request = LinkRequest { truth: Some(truth), ..LinkRequest::in_memory(sources) };
    let linked = link(&request, &Silent).expect("linked");
    let (run, held) = (linked.run, linked.held.expect("kept"));
    let table = held.tradeoff().rows().read("tradeoff").expect("a table").table;
    let figures = |name: &str| -> Vec<f64> {
        let column = table.column(name).expect("a column");
        (0..table.n_rows).map(|row| column.get(row).expect("a figure").parse().expect("a number")).collect()
    };
    let cut = run.model.link_from;
    let probabilities = figures("match_probability");
    let at = probabilities.iter().position(|p| (p - cut).abs() < 1e-12).expect("the threshold of the run");
    assert_eq!(figures("links")[at], run.counts.links as f64);
    let wrong = run.counts.links as f64 * (1.0 - figures("precision")[at]);
    assert!((wrong - run.counts.expected_false_links).abs() < 1e-9, "{wrong}");
    let recall = run.quality.estimates[0].recall.expect("estimated").estimate;
    assert!((figures("recall")[at] - recall).abs() < 1e-9);
    assert!(figures("links").windows(2).all(|two| two[0] >= two[1]), "fewer links from higher thresholds");
    assert!(figures("recall").windows(2).all(|two| two[0] >= two[1]));
    let known = run.truth.expect("given");
    assert!((figures("true_recall")[at] - known.right_pairs as f64 / known.entity_pairs as f64).abs() < 1e-9);
    let chart = held.tradeoff().chart("t");
    assert!(chart.contains("<svg") && chart.contains("<table>"), "{chart}");
}

#[test]
fn recall_that_one_blocking_rule_cannot_tell_is_null_and_the_reason_is_said_wherever_it_would_stand() {
    let (folder, sources) = two_files();
    let text = format!("{COMPARE}\n[[candidates]]\nsame = [\"date_of_birth\"]\n");
    let in_memory =
        LinkRequest { model: Some(model(folder.path(), &text).into()), ..LinkRequest::in_memory(sources) };
    let linked = link(&in_memory, &Silent).expect("linked");
    let (quality, held) = (&linked.run.quality, linked.held.expect("kept"));
    assert!(quality.estimates[0].precision.is_some());
    assert_eq!((quality.estimates[0].recall, quality.caught_by_rules), (None, None));
    let why = "the model has one blocking rule, and what a rule misses shows only in what others find";
    assert_eq!(quality.recall_not_told.as_deref(), Some(why));
    let of_manager = format!("How many of the true pairs were found cannot be told: {why}.");
    assert!(linked.summary.contains(&of_manager) && held.report.contains(&of_manager), "{}", linked.summary);
    let said =
        linked.details.iter().find(|detail| detail.heading == "Quality").expect("a line").text.as_str();
    assert!(said.contains(&format!("recall is not estimated: {why}")), "{said}");
    assert!(held.quality_report.contains(&format!("Recall is not estimated: {why}.")));
    let table = held.tradeoff().rows().read("tradeoff").expect("a table").table;
    let recall = table.column("recall").expect("a column");
    assert!((0..table.n_rows).all(|row| recall.get(row).is_none()));
}

#[test]
fn at_the_threshold_of_the_run_the_tradeoff_scores_what_the_truth_scores_also_of_persons_of_many_records() {
    let (folder, mut sources) = two_files();
    for copy in ["third", "fourth"] {
        let path = folder.path().join(format!("{copy}.csv"));
        let text = std::fs::read_to_string(&sources[1].path).expect("written above");
        // other letters are wrong in every copy
        let changed =
            text.replace("Khan", if copy == "third" { "Kahn" } else { "Khann" }).replace("Mia", "Mya");
        std::fs::write(&path, changed).expect("written");
        sources.push(SourceSpec::at(path));
    }
    let names = ["left", "right", "third", "fourth"];
    // of every tenth record nothing is known
    let truth = (0..60).filter(|n| n % 10 != 0).flat_map(|n| names.map(|name| (name, n)));
    let truth = truth.fold("source,record,entity\n".to_owned(), |text, (name, n)| {
        format!("{text}{name},{}{n},{n}\n", if name == "left" { 'P' } else { 'C' })
    });
    let [truth, _] = both(folder.path(), "truth.csv", &truth);
    for link_type in [LinkType::LinkOnly, LinkType::LinkAndDedupe] {
        let request = LinkRequest {
            truth: Some(truth.clone()),
            link_type: Some(link_type),
            ..LinkRequest::in_memory(sources.clone())
        };
        let linked = link(&request, &Silent).expect("linked");
        let (run, held) = (linked.run, linked.held.expect("kept"));
        let table = held.tradeoff().rows().read("tradeoff").expect("a table").table;
        let figure = |name: &str, row: usize| -> f64 {
            table
                .column(name)
                .and_then(|column| column.get(row))
                .expect("a figure")
                .parse()
                .expect("a number")
        };
        let is_cut = |&row: &usize| (figure("match_probability", row) - run.model.link_from).abs() < 1e-12;
        let at = (0..table.n_rows).find(is_cut).expect("the threshold of the run");
        let known = run.truth.expect("given");
        assert!(known.right_pairs > 200, "{link_type:?}: persons of several records");
        assert!((figure("true_precision", at) - known.precision).abs() < 1e-12, "{link_type:?}");
        assert!((figure("true_recall", at) - known.recall).abs() < 1e-12, "{link_type:?}");
    }
}

#[test]
fn the_model_of_children_compares_as_one_that_is_chosen_from_their_files() {
    let (_folder, sources) = two_files();
    let chosen = choose_model(&ModelRequest { sources, ..ModelRequest::default() }, &Silent).expect("chosen");
    let fields = ["forename", "surname", "date_of_birth"].map(str::to_owned);
    let children = children_model(&fields).expect("it has these");
    let comparisons = |text: &str| {
        let model = plait_engine::model::read(text, "a model").expect("a model").model;
        let mut comparisons = model.comparisons;
        comparisons.retain(|comparison| fields.contains(&comparison.name));
        comparisons
    };
    assert_eq!(comparisons(&children), comparisons(&chosen.text));
    // without a surname there is none to be swapped with
    let alone = children_model(&fields[..1]).expect("it has it");
    let alone = plait_engine::model::read(&alone, "a model").expect("a model").model;
    assert_eq!(alone.comparisons[0].named_fields(), ["forename"]);
    let fault = children_model(&["sirname".to_owned()]).expect_err("refused").0.remove(0);
    assert!(fault.todo.contains("surname"), "{}", fault.todo);
}

#[test]
fn the_text_of_a_model_does_what_its_file_does() {
    let (folder, sources) = two_files();
    let text = format!("{COMPARE}\n[[candidates]]\nsame = [\"date_of_birth\"]\n");
    let file = model(folder.path(), &text);
    let linked = |model: ModelSpec| {
        let request = LinkRequest { model: Some(model), ..LinkRequest::in_memory(sources.clone()) };
        link(&request, &Silent).expect("linked").model_text
    };
    assert_eq!(
        linked(ModelSpec::Text(text)),
        linked(file.into()).replace("model = \"model\"", "model = \"the model\"")
    );
    let broken = ModelSpec::Text("format = 1\n[[compare]]\nfield = 3\n".to_owned());
    let request = LinkRequest { model: Some(broken), ..LinkRequest::in_memory(sources) };
    let fault = link(&request, &Silent).expect_err("refused").0.remove(0);
    assert!(fault.place.as_deref().is_some_and(|place| place.starts_with("the model line")), "{fault}");
}
