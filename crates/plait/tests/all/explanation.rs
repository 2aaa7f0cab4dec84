//! Pairs of a finished run are explained from anywhere.
#![expect(clippy::unwrap_used, reason = "a test that unwraps fails with the place")]

use plait::{ExplainRequest, LinkRequest, Silent, SourceSpec};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A file in which every tenth person stands twice.
fn file_with_duplicates(path: &Path) {
    const FORENAMES: [&str; 7] = ["Amelia", "Bilal", "Chidi", "Daria", "Elif", "Farah", "George"];
    const SURNAMES: [&str; 11] =
        ["Okafor", "Khan", "Smith", "Nowak", "Yilmaz", "Patel", "Osei", "Murphy", "Begum", "Jones", "Ali"];
    let mut text = String::from("forename,surname,dob,postcode\n");
    for person in 0..70usize {
        let (forename, surname) = (FORENAMES[person % 7], SURNAMES[person % 11]);
        let born = format!("{:02}/{:02}/{}", 1 + person * 7 % 28, 1 + person * 5 % 12, 2008 + person % 9);
        for _ in 0..if person % 10 == 0 { 2 } else { 1 } {
            writeln!(text, "{forename},{surname},{born},QX{} {}AB", 1 + person % 5, person % 10).unwrap();
        }
    }
    fs::write(path, text).unwrap();
}

/// The n-th made-up NHS number that passes the check.
fn nhs_number(n: usize) -> String {
    let check = |number: &usize| {
        let digits = format!("{number:09}");
        let sum: usize = digits.bytes().zip(2..=10usize).map(|(d, w)| usize::from(d - b'0') * (12 - w)).sum();
        (11 - sum % 11) % 11
    };
    let number = (999_000_000usize..).filter(|number| check(number) < 10).nth(n).unwrap();
    format!("{number:09}{}", check(&number))
}

#[test]
fn a_strong_pair_that_is_no_link_is_told_with_what_speaks_against_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    file_with_duplicates(&path);
    // the two records of the first person have numbers of two people
    let numbered = fs::read_to_string(&path).unwrap();
    let numbered: Vec<String> = numbered
        .lines()
        .enumerate()
        .map(|(line, text)| match line {
            0 => format!("{text},nhs_number"),
            1 | 2 => format!("{text},{}", nhs_number(line)),
            _ => format!("{text},"),
        })
        .collect();
    fs::write(&path, numbered.join("\n")).unwrap();
    let out = folder.path().join("linked");
    let request = LinkRequest {
        threads: Some(1),
        workbook: Some(false),
        ..LinkRequest::new(vec![SourceSpec::at(path)], out.clone())
    };
    let linked = plait::link(&request, &Silent).unwrap();
    assert_eq!(linked.run.counts.reviews_contradicted, 1);
    let unsure = linked.details.iter().find(|detail| detail.heading == "Unsure").unwrap();
    let said = "1 likely enough or linked by a rule, but with something against it";
    assert!(unsure.text.contains(said), "{}", unsure.text);
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    let against = "the two records have two different NHS numbers that are verified";
    assert!(page.contains(&format!("A person decides all the same: {against}.")));
    let explain = ExplainRequest { folder: out, left: "1".into(), right: "2".into() };
    let explanation = plait::explain(&explain).unwrap();
    assert!(explanation.weight > 0.0, "{}", explanation.weight);
    assert_eq!(explanation.objection.unwrap().words(), against);
}

#[test]
fn sources_of_a_run_are_found_from_any_folder() {
    let folder = tempfile::tempdir_in(".").unwrap();
    // as somebody names it who stands in the folder above
    let relative = Path::new(folder.path().file_name().unwrap()).join("people.csv");
    file_with_duplicates(&relative);
    let out = folder.path().join("linked");
    let request = LinkRequest {
        threads: Some(1),
        workbook: Some(false),
        ..LinkRequest::new(vec![SourceSpec::at(relative.clone())], out.clone())
    };
    let run = plait::link(&request, &Silent).unwrap().run;
    assert_eq!(run.sources[0].path, relative.display().to_string());
    let absolute = Path::new(run.sources[0].absolute_path.as_ref().unwrap());
    assert!(absolute.is_absolute() && absolute.exists());

    // the working folder belongs to the whole process, so that the path as given is made wrong instead
    let file = out.join("run.json");
    let text = fs::read_to_string(&file).unwrap();
    let given = format!("\"path\": \"{}\"", relative.display());
    assert!(text.contains(&given));
    fs::write(&file, text.replace(&given, "\"path\": \"nowhere/people.csv\"")).unwrap();
    let explain = ExplainRequest { folder: out.clone(), left: "1".into(), right: "2".into() };
    let explanation = plait::explain(&explain).unwrap();

    // runs of earlier versions have the path as given only
    let mut earlier: serde_json::Value = serde_json::from_str(&text).unwrap();
    earlier["sources"][0].as_object_mut().unwrap().remove("absolute_path").unwrap();
    fs::write(&file, earlier.to_string()).unwrap();
    let again = plait::explain(&explain).unwrap();
    assert_eq!(format!("{again:?}"), format!("{explanation:?}"));
}
