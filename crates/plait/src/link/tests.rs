use super::{LinkRequest, link};
use crate::explain::{ExplainRequest, explain};
use crate::faults::Faults;
use crate::given::TableSpec;
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
    let [apart, apart_rows] = both(folder.path(), "apart.csv", &format!("{pairs}\nleft,P3,right,C3\n"));
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
