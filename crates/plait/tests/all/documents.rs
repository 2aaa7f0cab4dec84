//! The documents say what the code does: their examples run, and what they name exists.
#![expect(clippy::unwrap_used, reason = "a test that unwraps fails with the place")]

use plait::{FaultCode, LinkRequest, Role, Silent, SourceSpec};
use plait_formats::read::{ReadOptions, header};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: [&str; 11] = [
    "README.md",
    "ARCHITECTURE.md",
    "GLOSSARY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/model-file.md",
    "docs/outputs.md",
    "docs/methods.md",
    "docs/quality.md",
    "docs/returns.md",
    "docs/coming-from-splink.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(file: &str) -> String {
    let path = root().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between backticks, outside blocks of code.
fn quoted(document: &str) -> BTreeSet<String> {
    let prose: Vec<&str> = document.split("```").step_by(2).collect();
    prose.iter().flat_map(|prose| prose.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// All Rust text of the project.
fn sources() -> String {
    fn collect(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut text = String::new();
    for folder in ["crates", "xtask"] {
        collect(&root().join(folder), &mut text);
    }
    text
}

/// The rows of the first table below a heading: the names between backticks of its first column.
fn first_column(document: &str, heading: &str) -> Vec<String> {
    let start = document.find(heading).unwrap_or_else(|| panic!("there is no {heading}"));
    let lines = document[start..].lines().skip_while(|line| !line.starts_with('|'));
    let cells =
        lines.take_while(|line| line.starts_with('|')).skip(2).filter_map(|line| line.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn the_example_of_the_model_file_is_the_one_that_is_tested() {
    let example = text("crates/plait-engine/src/model/example.toml");
    assert!(text("docs/model-file.md").contains(&format!("```toml\n{example}```")));
}

#[test]
fn every_test_part_key_and_role_of_a_model_is_documented() {
    let named = quoted(&text("docs/model-file.md"));
    let schema: serde_json::Value = serde_json::from_str(&plait::model_schema()).unwrap();
    let examples = |kind: &str| -> Vec<String> {
        let found = schema["$defs"][kind]["examples"].as_array().expect("the schema has examples");
        found.iter().map(|example| example.as_str().unwrap().to_owned()).collect()
    };
    for test in examples("ConditionText") {
        assert!(named.contains(&test), "`{test}`");
    }
    for key in examples("KeyText") {
        let part = key.strip_prefix("surname ").unwrap_or(&key);
        assert!(
            named.iter().any(|name| name == part || name == &key || name.contains(&format!("\"{key}\""))),
            "`{key}`"
        );
    }
    for role in Role::all() {
        assert!(named.contains(role.name()), "`{}`", role.name());
    }
    for key in schema["properties"].as_object().unwrap().keys() {
        assert!(named.iter().any(|name| name.trim_matches(['[', ']']) == key), "`{key}`");
    }
}

/// Two files about the same hundred people, some with slips; one of them is not in the second.
fn two_files(folder: &Path) -> [PathBuf; 2] {
    const FORENAMES: [&str; 10] =
        ["Amelia", "Bilal", "Chidi", "Daria", "Elif", "Farah", "George", "Hana", "Idris", "Jasmine"];
    const SURNAMES: [&str; 8] = ["Okafor", "Khan", "Smith", "Nowak", "Yilmaz", "Patel", "Osei", "Murphy"];
    let [mut left, mut right] = [(); 2].map(|()| String::from("forename,surname,dob,postcode\n"));
    for person in 0..100usize {
        let (forename, surname) = (FORENAMES[person % 10], SURNAMES[person * 3 % 8]);
        let born = format!("{:02}/{:02}/{}", 1 + person * 7 % 28, 1 + person * 5 % 12, 2008 + person % 9);
        let postcode = format!("QX{} {}AB", 1 + person % 5, person % 10);
        writeln!(left, "{forename},{surname},{born},{postcode}").unwrap();
        let slip = if person % 9 == 0 { "e" } else { "" };
        if person != 50 {
            writeln!(right, "{forename}{slip},{surname},{born},{postcode}").unwrap();
        }
    }
    [("left.csv", left), ("right.csv", right)].map(|(name, content)| {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        path
    })
}

#[test]
fn outputs_have_the_columns_and_keys_of_their_page_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("linked");
    let request = LinkRequest {
        threads: Some(1),
        ..LinkRequest::new(two_files(folder.path()).map(SourceSpec::at).to_vec(), out.clone())
    };
    plait::link(&request, &Silent).unwrap();
    let page = text("docs/outputs.md");
    for file in ["people.parquet", "links.parquet"] {
        let columns = header(&out.join(file), &ReadOptions::default()).unwrap();
        assert_eq!(first_column(&page, &format!("## {file}")), columns, "{file}");
    }
    let list = fs::read_to_string(out.join("not_found.csv")).unwrap();
    let columns: Vec<&str> = list.trim_start_matches('\u{feff}').lines().next().unwrap().split(',').collect();
    assert_eq!(first_column(&page, "## not_found.csv"), columns);
    let run: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    let keys = |value: &serde_json::Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let documented: BTreeSet<String> = first_column(&page, "## run.json").into_iter().collect();
    assert_eq!(documented, keys(&run));
    let named = quoted(&page);
    for value in [&run["sources"][0], &run["model"], &run["counts"], &run["rules"][0], &run["not_found"][0]] {
        for key in keys(value) {
            assert!(named.contains(&key), "`{key}`");
        }
    }
    let groups = &run["groups"]["groupings"][0]["groups"][0];
    let named = quoted(&text("docs/quality.md"));
    assert_eq!(keys(groups).difference(&named).collect::<Vec<_>>(), Vec::<&String>::new());
    let mut files: Vec<String> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    // where files have no identity the lock stays behind, as the page says
    files.retain(|file| cfg!(unix) || file != ".plait-lock");
    files.sort();
    let mut listed = first_column(&page, "| file | for whom |");
    listed.sort();
    assert_eq!(listed, files);
}

#[test]
fn what_the_documents_name_exists() {
    let sources = sources();
    for document in ["ARCHITECTURE.md", "GLOSSARY.md"] {
        for name in quoted(&text(document)) {
            let is_test =
                name.matches('_').count() >= 3 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let last = name.rsplit("::").next().unwrap_or_default();
            let is_type = last.starts_with(char::is_uppercase) && last.chars().all(char::is_alphanumeric);
            assert!(!is_test || sources.contains(&format!("fn {name}(")), "{document}: {name}");
            assert!(!is_type || sources.contains(last), "{document}: {name}");
        }
    }
}

#[test]
fn codes_of_messages_and_links_between_documents_are_real() {
    for document in DOCUMENTS {
        let content = text(document);
        for code in quoted(&content).iter().filter(|code| code.len() == 4 && code.starts_with("E0")) {
            assert!(FaultCode::ALL.iter().any(|known| known.name() == code), "{document}: {code}");
        }
        let folder = root().join(document).parent().unwrap().to_owned();
        for link in content.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            assert!(link.starts_with("https:") || folder.join(target).exists(), "{document}: {link}");
        }
    }
}
