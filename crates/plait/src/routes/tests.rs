use crate::explain::{ExplainRequest, explain};
use crate::link::{LinkRequest, Linked, link};
use crate::run::RunRoute;
use crate::source::SourceSpec;
use crate::{FaultCode, Faults, IssueKind};
use plait_engine::progress::Silent;
use plait_formats::read::{ReadOptions, read};
use plait_types::Role;
use std::fmt::Write as _;
use std::path::Path;

const FORENAMES: [&str; 10] = ["Ava", "Noah", "Mia", "Leo", "Isla", "Omar", "Zara", "Finn", "Ruby", "Kai"];
const SURNAMES: [&str; 7] = ["Khan", "Smith", "Okafor", "Nowak", "Jones", "Demir", "Patel"];

/// Three files about the same seventy children: a return without names, case management, and a census that knows no id
/// of the authority.
fn sources(folder: &Path, wanted: &[&str]) -> Vec<SourceSpec> {
    let mut returned = "la_child_id,dob,sex\n".to_owned();
    let mut cases = "la_child_id,forename,surname,date_of_birth,sex\n".to_owned();
    let mut census = "pupil,forename,surname,dob,sex\n".to_owned();
    for n in 0..70u32 {
        let id = 410_000 + n * 37;
        let (forename, surname) = (FORENAMES[n as usize % 10], SURNAMES[n as usize % 7]);
        let born = format!("2010-0{}-12", 1 + n * n % 7);
        let sex = ["F", "M"][n as usize % 2];
        // of one child the return has another date, of another a sister's date and sex
        let (returned_born, returned_sex) = match n {
            11 => ("2016-10-30".to_owned(), sex),
            12 => ("2016-10-30".to_owned(), ["M", "F"][n as usize % 2]),
            _ => (born.clone(), sex),
        };
        writeln!(returned, "{id},{returned_born},{returned_sex}").expect("in memory");
        writeln!(cases, "{id},{forename},{surname},{born},{sex}").expect("in memory");
        writeln!(census, "P{n:03}x{},{forename},{surname},{born},{sex}", n * 7919 % 97).expect("in memory");
    }
    let write = |name: &&str| {
        let text = match *name {
            "cin_2026" => &returned,
            "case_management" => &cases,
            _ => &census,
        };
        let path = folder.join(format!("{name}.csv"));
        std::fs::write(&path, text).expect("written");
        SourceSpec::at(path)
    };
    wanted.iter().map(write).collect()
}

fn linked(folder: &Path, wanted: &[&str]) -> Result<Linked, Faults> {
    let mut roles = Vec::new();
    if wanted.iter().any(|name| *name != "school_census") {
        roles.push(("la_child_id".to_owned(), Role::Identifier));
    }
    let request = LinkRequest {
        threads: Some(1),
        workbook: Some(false),
        roles,
        ..LinkRequest::new(sources(folder, wanted), folder.join("out"))
    };
    link(&request, &Silent)
}

#[test]
fn the_report_says_between_sources_what_the_routes_say() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    linked(folder.path(), &["cin_2026", "case_management", "school_census"]).expect("linked");
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).expect("written");
    let table = page.split("<caption>Share of the records of each source").nth(1).expect("it is there");
    let mut rows = table.split("<tr>").filter(|row| row.contains("scope=\"row\""));
    let row = rows.find(|row| row.contains("cin_2026</th>")).expect("a row of the return");
    let cells: Vec<&str> =
        row.split("<td").skip(1).filter_map(|cell| cell.split(['>', '<']).nth(1)).collect();
    // 69 of 70 by way of case management, though no link joins the two
    assert_eq!(cells[1..], ["98.6%", "98.6%"], "{row}");
}

#[test]
fn pairs_for_review_are_counted_by_why_they_are() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let linked = linked(folder.path(), &["cin_2026", "case_management", "school_census"]).expect("linked");
    let unsure = linked.details.iter().find(|detail| detail.heading == "Unsure").expect("said");
    // its id agrees, and a sister's date of birth and sex keep the rule from linking
    assert_eq!(
        unsure.text,
        "1 pair for a person to look at, \"review\" in links.parquet: 1 of 10.0% to 50.0%."
    );
    let links =
        read(&folder.path().join("out/links.parquet"), &ReadOptions::default()).expect("readable").table;
    let [decision, reason] = ["decision", "reason"].map(|name| links.column(name).expect("in the contract"));
    for row in 0..links.n_rows {
        let reason = reason.get(row).expect("complete");
        let is_link = ["a rule links it", "its weight reaches the link threshold"].contains(&reason);
        assert_eq!(decision.get(row) == Some("link"), is_link, "{reason}");
    }
}

#[test]
fn a_return_without_names_reaches_the_census_by_way_of_case_management() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let linked = linked(folder.path(), &["cin_2026", "case_management", "school_census"]).expect("linked");
    let told: Vec<String> = linked
        .run
        .routes
        .iter()
        .map(|route| {
            let RunRoute { left, right, links, records, .. } = route;
            format!("{left} to {right} by {}: {links} links, {records} records", route.words())
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    cin_2026 to case_management by same la_child_id: 69 links, 69 records
    cin_2026 to school_census by same la_child_id to case_management, then names and details: 0 links, 69 records
    case_management to school_census by names and details: 70 links, 70 records
    ");
    assert!(linked.issues.iter().all(|issue| issue.kind != IssueKind::NoRoute));
    let routes: Vec<&str> =
        linked.details.iter().filter(|d| d.heading == "Routes").map(|d| d.text.as_str()).collect();
    insta::assert_snapshot!(routes.join("\n"), @r"
    70 records of case_management to school_census by names and details.
    69 records of cin_2026 to case_management by same la_child_id.
    69 records of cin_2026 to school_census by same la_child_id to case_management, then names and details.
    ");
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).expect("written");
    assert!(page.contains("By which route records were linked"));
    assert!(page.contains("same la_child_id to case_management, then names and details"));
}

#[test]
fn a_link_by_a_rule_has_its_name_and_the_explanation_says_so_beside_terms_that_add_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    linked(folder.path(), &["cin_2026", "case_management", "school_census"]).expect("linked");
    let out = folder.path().join("out");
    let links = read(&out.join("links.parquet"), &ReadOptions::default()).expect("readable").table;
    let cell = |name: &str, row| links.column(name).expect("in the contract").get(row);
    let decisions = |record: &str| -> Vec<(Option<&str>, Option<&str>)> {
        let of_it = |row: &usize| {
            cell("record_l", *row) == Some(record) && cell("source_r", *row) == Some("case_management")
        };
        (0..links.n_rows).filter(of_it).map(|row| (cell("decision", row), cell("rule", row))).collect()
    };
    // of child 11 the date is another, of child 12 the sex too
    assert_eq!(decisions("410407"), [(Some("link"), Some("same la_child_id"))]);
    assert_eq!(decisions("410444").iter().filter(|(decision, _)| *decision == Some("link")).count(), 0);
    let said = |record: &str| {
        let explained = explain(&ExplainRequest {
            folder: out.clone(),
            left: format!("case_management:{record}"),
            right: format!("cin_2026:{record}"),
        })
        .expect("explained");
        let sum: f64 = explained.terms.iter().map(|term| term.weight).sum();
        assert!((sum - explained.weight).abs() < 1e-9);
        explained.statement.expect("a rule says something")
    };
    assert_eq!(said("410407"), "linked because both have the same LA child id");
    assert_eq!(
        said("410444"),
        "both have the same LA child id, which does not link them since date of birth is different and so is \
         sex, surname or forename"
    );
}

#[test]
fn a_source_that_nothing_joins_to_the_others_is_told_with_what_is_missing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let faults = linked(folder.path(), &["cin_2026", "school_census"]).expect_err("nothing to link by");
    let fault = &faults.0[0];
    assert_eq!(fault.code, FaultCode::NothingToLink);
    assert_eq!(fault.what, "cin_2026 and school_census cannot be linked with each other");
    insta::assert_snapshot!(fault.why.as_deref().unwrap_or_default(), @"cin_2026 holds no names and shares no identifier with school_census: add the case-management extract, which has both");
}

#[test]
fn a_source_that_cannot_be_linked_is_not_linked_on_date_of_birth_and_sex_beside_others_that_can() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let linked =
        linked(folder.path(), &["cin_2026", "school_census", "school_census_again"]).expect("linked");
    let links =
        read(&folder.path().join("out/links.parquet"), &ReadOptions::default()).expect("readable").table;
    for side in ["source_l", "source_r"] {
        let column = links.column(side).expect("in the contract");
        assert!((0..links.n_rows).all(|row| column.get(row) != Some("cin_2026")));
    }
    assert!(linked.run.counts.links >= 60);
    assert!(
        linked.summary.contains("No record of cin_2026 was linked, because nothing in it says who"),
        "{}",
        linked.summary
    );
}

#[test]
fn sources_with_one_kind_of_number_and_no_value_in_common_are_told_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut specs = sources(folder.path(), &["cin_2026", "school_census"]);
    let text = |first: u32| -> String {
        let row = |n: u32| format!("{},2010-0{}-12,F", first + n * 37, 1 + n % 7);
        (0..40).map(row).collect::<Vec<_>>().join("\n")
    };
    for (spec, first) in specs.iter_mut().zip([410_000, 750_001]) {
        std::fs::write(&spec.path, format!("la_child_id,dob,sex\n{}", text(first))).expect("written");
    }
    let request = LinkRequest {
        threads: Some(1),
        roles: vec![("la_child_id".to_owned(), Role::Identifier)],
        ..LinkRequest::new(specs, folder.path().join("out"))
    };
    let faults = link(&request, &Silent).expect_err("nothing to link by");
    let why = faults.0[0].why.clone().unwrap_or_default();
    assert!(why.contains("holds no names and has no LA child id that is also in school_census"), "{why}");
}

/// Case management and the return of looked-after children, linked.
fn cases_and_care(folder: &Path, cases: &str, care: &str) -> Linked {
    let of = |name: &str, is: &str, file: &str, text: &str| {
        std::fs::create_dir(folder.join(name)).expect("made");
        std::fs::write(folder.join(name).join(file), text).expect("written");
        SourceSpec { is: Some(is.to_owned()), ..SourceSpec::at(folder.join(name)) }
    };
    let sources = vec![
        of("cases", "ssd", "ssd_person.csv", &format!("{CASES}{cases}")),
        of("care", "ssda903-2024", "header.csv", &format!("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n{care}")),
    ];
    let request = LinkRequest {
        threads: Some(1),
        workbook: Some(false),
        ..LinkRequest::new(sources, folder.join("out"))
    };
    link(&request, &Silent).expect("linked")
}

const CASES: &str = "pers_legacy_id,pers_person_id,pers_upn,pers_forename,pers_surname,pers_sex,pers_gender,pers_ethnicity,pers_dob\n";

/// A case-management extract of a council that changed its system, and its return of looked-after children, which goes on
/// with the old ids; of child 5 the return has another sex.
#[test]
fn a_return_that_goes_on_with_the_ids_of_an_old_system_is_linked_by_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut cases = String::new();
    let mut header = String::new();
    for n in 0..60u32 {
        let (old, new) = (4_000 + n * 7, 910_000 + n * 13);
        let (forename, surname) = (FORENAMES[n as usize % 10], SURNAMES[n as usize % 7]);
        let (year, month, day) = (2009 + n % 5, 1 + n * n % 12, 1 + n * 11 % 28);
        let sex = if n % 2 == 0 { "F" } else { "M" };
        let legacy = if n < 40 { old.to_string() } else { String::new() };
        writeln!(cases, "{legacy},{new},,{forename},{surname},{sex},{sex},WBRI,{year}-{month:02}-{day:02}")
            .expect("in memory");
        let child = if n < 40 { old } else { new };
        let code = if (n % 2 == 0) == (n != 5) { 2 } else { 1 };
        writeln!(header, "{child},{code},{day:02}/{month:02}/{year},WBRI,,0,").expect("in memory");
    }
    let linked = cases_and_care(folder.path(), &cases, &header);
    let told: Vec<String> = linked
        .run
        .routes
        .iter()
        .filter(|route| route.by[0].contains("la_child_id"))
        .map(|route| format!("{} to {} by {}: {} links", route.left, route.right, route.words(), route.links))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    care to cases by same la_child_id: 20 links
    care to cases by former la_child_id: 39 links
    ");
    assert!(linked.issues.iter().all(|issue| issue.kind != IssueKind::NoRoute));
    let said = explain(&ExplainRequest {
        folder: folder.path().join("out"),
        left: "cases:910000".into(),
        right: "care:4000".into(),
    })
    .expect("explained")
    .statement;
    assert_eq!(
        said.as_deref(),
        Some(
            "linked because the LA child id of one is the former LA child id of the other (rule \"former la_child_id\")"
        )
    );
}

#[test]
fn a_key_of_two_children_links_neither_by_a_rule() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut cases = String::new();
    let mut header = String::new();
    for n in 0..60u32 {
        let id = 910_000 + n * 13;
        let (forename, surname) = (FORENAMES[n as usize % 10], SURNAMES[n as usize % 7]);
        let (year, month, day) = (2009 + n % 5, 1 + n * n % 12, 1 + n * 11 % 28);
        writeln!(cases, ",{id},,{forename},{surname},F,F,WBRI,{year}-{month:02}-{day:02}")
            .expect("in memory");
        writeln!(header, "{id},2,{day:02}/{month:02}/{year},WBRI,,0,").expect("in memory");
    }
    // another girl under the first one's key
    writeln!(header, "910000,2,27/11/2016,WBRI,,0,").expect("in memory");
    let linked = cases_and_care(folder.path(), &cases, &header);
    let issue = linked.issues.iter().find(|issue| issue.kind == IssueKind::TwoPeople).expect("it is told");
    assert_eq!((issue.column.as_deref(), issue.lines.as_slice()), (Some("DOB"), &[62][..]));
    let by_rule: u64 =
        linked.run.routes.iter().filter(|r| r.by == ["same la_child_id"]).map(|r| r.links).sum();
    assert_eq!(by_rule, 59, "all but the two of one key");
}
