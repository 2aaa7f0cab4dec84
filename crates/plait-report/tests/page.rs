//! What a page says and how it is built, on a report small enough to check by hand.

use std::collections::BTreeSet;

use plait_engine::explanation::{Explanation, Term, TermKind};
use plait_engine::model::{
    Accept, Class, Clustering, Comparison, Condition, Level, LinkType, Missing, Model, Together,
};
use plait_engine::objection::Objection;
use plait_engine::training::Dependence;
use plait_report::{
    Accuracy, AccuracyEstimate, Band, BlockingResult, ColumnQuality, Decision, Estimate, ExplainedPair,
    GroupResult, GroupingResult, Input, LinkReport, NotFoundIn, Note, PairCounts, PersonSize, Placeholder,
    Provenance, Provision, QualityReport, Route, ScoreBin, ScoreHistogram, SourceColumns, SourcePair,
    SourceResult, Stage, link_report, quality_report,
};
use plait_types::{Role, Severity};
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Two sources of 10 and 20 records, two comparisons, two explained pairs. `text` stands wherever words of
/// users and files go.
fn report(text: &str) -> LinkReport {
    let level =
        |label: &str| Level { when: Condition::Else, label: Some(label.to_owned()), term_frequency: None };
    let comparison = |name: &str, labels: &[&str]| Comparison {
        name: format!("{name}{text}"),
        fields: vec![name.to_owned()],
        missing: Missing::Any,
        levels: labels.iter().map(|label| level(label)).collect(),
    };
    let class = |name: &str, is_match, share, surname: [f64; 3], born: [f64; 2]| Class {
        name: name.to_owned(),
        is_match,
        share,
        probabilities: vec![surname.to_vec(), born.to_vec()],
        together: Vec::new(),
    };
    let source = |name: &str, records, linked, in_review| SourceResult {
        name: format!("{name}{text}"),
        records,
        linked,
        in_review,
    };
    LinkReport {
        title: format!("Children in need linked with the census{text}"),
        date: "2 August 2026".into(),
        purpose: Some(format!("SEND dashboard{text}")),
        summary: format!(
            "8 of 10 children in need were found in the census.{text}\n\nOne pair needs a person to look."
        ),
        sources: vec![source("cin", 10, 8, 1), source("census", 20, 8, 1)],
        between: vec![SourcePair {
            left: 0,
            right: 1,
            links: 8,
            reviews: 1,
            left_linked: 8,
            right_linked: 8,
        }],
        routes: vec![Route {
            from: format!("cin{text}"),
            to: format!("census{text}"),
            words: format!("same upn{text}"),
            links: Some(8),
            records: 8,
        }],
        people: vec![PersonSize { records: 1, persons: 14 }, PersonSize { records: 2, persons: 8 }],
        model: Model {
            name: format!("uk-child{text}"),
            link_type: LinkType::LinkOnly,
            comparisons: vec![
                comparison("Surname", &["same", "similar", "different"]),
                comparison("Born", &["same", "different"]),
            ],
            blocking: Vec::new(),
            deterministic: Vec::new(),
            accept: Accept { link: 0.99, review: 0.8 },
            clustering: Clustering::ConnectedComponents,
            classes: vec![
                class("match", true, 0.05, [0.9, 0.06, 0.04], [0.98, 0.02]),
                class("strangers", false, 0.95, [0.01, 0.01, 0.98], [0.001, 0.999]),
            ],
        },
        dependence: vec![Dependence {
            comparisons: [0, 1],
            information: 0.125,
            observed: vec![vec![900.0, 3.0], vec![40.0, 0.5], vec![7.0, 60.0]],
            expected: vec![vec![846.0, 57.0], vec![38.0, 2.5], vec![63.0, 4.0]],
        }],
        pairs: PairCounts { possible: 200, compared: 30, links: 8, reviews: 1 },
        blocking: vec![
            BlockingResult { words: format!("same date of birth{text}"), pairs: 12, links: 8, only_links: 3 },
            BlockingResult { words: "same surname".into(), pairs: 25, links: 5, only_links: 0 },
        ],
        scores: Some(ScoreHistogram {
            start: -10.0,
            width: 4.0,
            bins: [(9, 0, 0), (1, 0, 1), (0, 0, 0), (0, 0, 1), (0, 1, 2), (0, 0, 5)]
                .map(|(not_linked, reviews, links)| ScoreBin { not_linked, reviews, links })
                .to_vec(),
            below: 10,
        }),
        columns: vec![SourceColumns {
            source: format!("cin{text}"),
            records: 10,
            outside: vec![format!("practice{text}")],
            columns: vec![
                ColumnQuality {
                    name: format!("Surname{text}"),
                    role: Role::Surname,
                    used: true,
                    recorded: 10,
                    invalid: 0,
                    placeholders: Vec::new(),
                },
                ColumnQuality {
                    name: "DoB".into(),
                    role: Role::DateOfBirth,
                    used: true,
                    recorded: 9,
                    invalid: 1,
                    placeholders: vec![Placeholder { value: format!("01/01/1900{text}"), records: 2 }],
                },
            ],
        }],
        explained: vec![pair(text, Decision::Link, 6.49, 9.94), pair(text, Decision::NotLinked, -4.61, 0.0)],
        accuracy: Some(Accuracy {
            truth: format!("truth.csv{text}"),
            right_pairs: 8,
            wrong_pairs: 0,
            missed_pairs: 2,
            precision: Estimate { value: 1.0, low: 0.676, high: 1.0 },
            recall: Estimate { value: 0.8, low: 0.49, high: 0.943 },
            f1: Estimate { value: 0.889, low: 0.6, high: 0.96 },
        }),
        notes: vec![
            Note {
                severity: Severity::Note,
                text: format!("two rows share an identifier{text}"),
                todo: None,
            },
            Note {
                severity: Severity::Warning,
                text: "2 dates are placeholders".into(),
                todo: Some(format!("Ask the owner.{text}")),
            },
        ],
        provenance: Provenance {
            version: "0.1.0".into(),
            command: Some(format!("plait link cin.csv census.csv{text}")),
            inputs: vec![Input { file: format!("cin.csv{text}"), sha256: "9f2c".into(), rows: 10 }],
            model_sha256: "04ab".into(),
            seed: 1,
            threads: 2,
            stages: vec![Stage { name: format!("read{text}"), seconds: 0.25 }],
            peak_memory: Some(52_000_000),
        },
    }
}

fn pair(text: &str, decision: Decision, surname: f64, born: f64) -> ExplainedPair {
    let term = |kind, title: &str, value: Option<&str>, outcome: &str, weight| Term {
        kind,
        title: format!("{title}{text}"),
        left: value.map(|value| format!("{value}{text}")),
        right: value.map(|value| format!("{value}{text}")),
        outcome: format!("{outcome}{text}"),
        weight,
    };
    let weight = -4.25 + surname + born;
    let explanation = Explanation {
        left: (format!("cin{text}"), format!("7{text}")),
        right: (format!("census{text}"), "9".into()),
        terms: vec![
            term(TermKind::Prior, "Starting point", None, "1 pair in 20", -4.25),
            term(TermKind::Comparison(0), "Surname", Some("Okafor"), "found", surname),
            term(TermKind::Comparison(1), "Born", Some("2014-03-12"), "found", born),
        ],
        weight,
        probability: 1.0 / (1.0 + (-weight).exp2()),
        statement: (decision == Decision::Link)
            .then(|| format!("linked because both have the same number{text}")),
        objection: None,
    };
    ExplainedPair { chosen: format!("a typical pair{text}"), decision, explanation }
}

/// The quality of the same run: two groups of which one lies below the other, and a kind of groups of which nothing is
/// expected.
fn quality(text: &str) -> QualityReport {
    let estimate = |value, low, high| Some(Estimate { value, low, high });
    let group = |name: &str, gaps: Vec<String>| GroupResult {
        group: format!("{name}{text}"),
        records: 15,
        persons: 11,
        linked: 8,
        in_review: 1,
        expected: Some((10, 8)),
        found: estimate(0.8, 0.49, 0.943),
        standardised_difference: Some(-0.31),
        recall: estimate(0.9, 0.6, 0.98),
        precision: None,
        gaps,
    };
    let nothing = GroupResult {
        expected: None,
        found: None,
        standardised_difference: None,
        recall: None,
        ..group("missing", Vec::new())
    };
    let provision = Provision {
        is: format!("Census, CSV{text}"),
        day: Some("2026-01-15".into()),
        set_aside: 2,
        named_by: Some(format!("ref{text}")),
    };
    QualityReport {
        link: report(text),
        provisions: vec![provision.clone(), Provision { day: None, named_by: None, ..provision }],
        method: vec![(format!("Comparisons{text}"), format!("surname{text}"))],
        bands: vec![
            Band { words: "99% and more".into(), links: 7 },
            Band { words: "below 99%".into(), links: 1 },
        ],
        not_found: vec![NotFoundIn {
            source: format!("cin{text}"),
            other: format!("census{text}"),
            records: 10,
            unexplained: 2,
            explained: format!("1 by age{text}"),
        }],
        conflicts: vec![("Ties".into(), 1)],
        estimates: vec![AccuracyEstimate {
            basis: format!("the model{text}"),
            precision: estimate(0.99, 0.9, 1.0),
            recall: None,
        }],
        tests: vec![format!("tried without their numbers, nothing was lost{text}")],
        ages: Some(format!("2026-01-15, the day of the census{text}")),
        comparisons: 4,
        groupings: vec![
            GroupingResult {
                by: "sex".into(),
                groups: vec![
                    group("female", Vec::new()),
                    group("male", vec![format!("found 80.0% against 96.0%{text}")]),
                ],
            },
            GroupingResult { by: "postcode".into(), groups: vec![nothing] },
        ],
    }
}

/// Both pages.
fn pages(text: &str) -> [String; 2] {
    [link_report(&report(text)), quality_report(&quality(text))]
}

/// One step through a page.
enum Step {
    Open { name: String, attributes: Vec<(String, String)> },
    Close(String),
    Text(String),
}

/// Reads the page as XML, which is stricter than HTML; panics where it is not well-formed.
fn steps(page: &str) -> Vec<Step> {
    let mut reader = Reader::from_str(page);
    let mut steps = Vec::new();
    let mut text = String::new();
    loop {
        let event = reader.read_event().expect("well-formed");
        match &event {
            Event::Text(part) => text.push_str(part),
            Event::GeneralRef(entity) => text.push(match &**entity {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "#39" => '\'',
                other => panic!("entity {other}"),
            }),
            _ => {
                if !text.is_empty() {
                    steps.push(Step::Text(std::mem::take(&mut text)));
                }
            }
        }
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                let attributes = tag.attributes().map(|attribute| attribute.expect("well-formed"));
                let attributes =
                    attributes.map(|a| (a.key.as_ref().to_owned(), a.value.to_string())).collect();
                steps.push(Step::Open { name: tag.name().as_ref().to_owned(), attributes });
            }
            Event::End(tag) => steps.push(Step::Close(tag.name().as_ref().to_owned())),
            Event::Eof => return steps,
            _ => {}
        }
    }
}

/// What a reader sees of the page, charts aside: a line per paragraph, heading and row.
fn words(page: &str) -> String {
    let mut words = String::new();
    let mut hidden = 0;
    for step in steps(page) {
        match step {
            Step::Open { name, .. } if matches!(&*name, "style" | "svg") => hidden += 1,
            Step::Close(name) if matches!(&*name, "style" | "svg") => hidden -= 1,
            Step::Text(text) if hidden == 0 => words.push_str(&text),
            Step::Close(name) if hidden == 0 => match &*name {
                "td" | "th" => words.push_str(" | "),
                "p" | "dt" | "dd" | "li" | "tr" | "caption" | "summary" | "h1" | "h2" | "h3" | "title"
                | "a" | "span" => words.push('\n'),
                _ => {}
            },
            _ => {}
        }
    }
    words
}

/// Names of elements and of their attributes, in order.
fn shape(page: &str) -> Vec<String> {
    let mut shape = Vec::new();
    for step in steps(page) {
        if let Step::Open { name, attributes } = step {
            let keys: Vec<_> = attributes.iter().map(|(key, _)| key.as_str()).collect();
            shape.push(format!("{name} {}", keys.join(" ")));
        }
    }
    shape
}

#[test]
fn the_page_of_a_small_run_says_this() {
    insta::assert_snapshot!(words(&link_report(&report(""))));
}

#[test]
fn the_quality_of_a_small_run_is_said_like_this() {
    insta::assert_snapshot!(words(&quality_report(&quality(""))));
}

#[test]
fn the_page_on_quality_shows_no_value_of_a_record_whatever_the_page_of_the_run_shows() {
    let page = quality_report(&quality(""));
    assert!(page.contains("@top-right{content:\"No values of records\"}"));
    assert!(link_report(&report("")).contains("Okafor") && !page.contains("Okafor"));
}

#[test]
fn where_nothing_is_expected_and_nothing_known_there_is_no_picture_but_a_table() {
    let mut quality = quality("");
    quality.groupings.remove(0);
    quality.comparisons = 0;
    let page = quality_report(&quality);
    assert!(!page.contains("<svg") && page.contains("Figures by postcode"));
    assert!(page.contains("No group is large enough to be compared with the rest."));
}

#[test]
fn the_page_asks_for_nothing_outside_itself_and_runs_nothing() {
    pages("").iter().for_each(|page| check_it_asks_for_nothing(page));
}

#[track_caller]
fn check_it_asks_for_nothing(page: &str) {
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http://") && !outside.contains("https://") && !outside.contains("@import"));
    assert!(page.contains(
        "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:; font-src data:"
    ));
    for step in steps(page) {
        if let Step::Open { name, attributes } = step {
            assert!(
                !matches!(&*name, "script" | "link" | "img" | "iframe" | "object" | "base" | "form"),
                "{name}"
            );
            for (key, value) in attributes {
                assert!(!key.starts_with("on") && key != "src" && key != "style", "{key}");
                assert!(key != "href" || value.starts_with('#'), "{value}");
            }
        }
    }
    for (place, _) in page.match_indices("url(") {
        assert!(page[place..].starts_with("url(data:font/woff2;base64,"));
    }
}

#[test]
fn every_chart_is_described_and_followed_by_a_table_before_the_next() {
    // sources, persons, histogram, two pairs, weights, m and u, blocking, columns of one source; one kind of groups
    assert_eq!(pages("").map(|page| described_charts(&page)), [10, 1]);
}

fn described_charts(page: &str) -> u32 {
    let (mut charts, mut owed) = (0, false);
    for step in steps(page) {
        let Step::Open { name, attributes } = step else { continue };
        let value =
            |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        if name == "svg" {
            assert!(!owed, "a chart without a table before {:?}", value("id"));
            owed = true;
            charts += 1;
            let id = value("id").expect("an id");
            assert_eq!(value("role").as_deref(), Some("img"));
            assert_eq!(value("aria-labelledby"), Some(format!("{id}-title {id}-desc")));
        }
        owed &= name != "table";
    }
    assert!(!owed);
    charts
}

#[test]
fn ids_are_unique_and_every_reference_points_to_one() {
    pages("").iter().for_each(|page| check_ids(page));
}

#[track_caller]
fn check_ids(page: &str) {
    let (mut ids, mut references) = (BTreeSet::new(), BTreeSet::new());
    for step in steps(page) {
        let Step::Open { attributes, .. } = step else { continue };
        for (key, value) in attributes {
            match &*key {
                "id" => assert!(ids.insert(value.clone()), "{value} twice"),
                "href" => references.extend([value.trim_start_matches('#').to_owned()]),
                "aria-labelledby" => references.extend(value.split(' ').map(str::to_owned)),
                _ => {}
            }
        }
    }
    assert!(references.len() > 10);
    assert_eq!(references.difference(&ids).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn headings_go_down_one_step_at_a_time_and_every_table_has_caption_and_scopes() {
    pages("").iter().for_each(|page| check_headings_and_tables(page));
}

#[track_caller]
fn check_headings_and_tables(page: &str) {
    let (mut last, mut tables, mut captions) = (0, 0, 0);
    for step in steps(page) {
        let Step::Open { name, attributes } = step else { continue };
        match &*name {
            "h1" | "h2" | "h3" | "h4" => {
                let level: u8 = name[1..].parse().expect("a heading");
                assert!(level <= last + 1, "{name} after h{last}");
                last = level;
            }
            "table" => tables += 1,
            "caption" => captions += 1,
            "th" => assert!(
                attributes.iter().any(|(key, value)| key == "scope" && matches!(&**value, "row" | "col"))
            ),
            _ => {}
        }
    }
    assert!(tables > 9);
    assert_eq!(tables, captions);
}

#[test]
fn a_page_with_values_of_records_says_so_on_screen_and_in_print_and_one_without_does_not() {
    let with = link_report(&report(""));
    assert!(with.contains("<p class=\"mark personal\">Contains personal data</p>"));
    assert!(with.contains("@top-right{content:\"Contains personal data\"}"));
    assert!(with.contains("Okafor"));
    let without = link_report(&LinkReport { explained: Vec::new(), ..report("") });
    assert!(!without.contains("Contains personal data") && !without.contains("contains personal data"));
    assert!(without.contains("@top-right{content:\"No values of records\"}"));
    assert!(!without.contains("id=\"pairs\""));
}

#[test]
fn a_run_that_found_nothing_still_has_a_page() {
    let empty = LinkReport {
        sources: Vec::new(),
        between: Vec::new(),
        routes: Vec::new(),
        people: Vec::new(),
        pairs: PairCounts { possible: 0, compared: 0, links: 0, reviews: 0 },
        blocking: Vec::new(),
        scores: None,
        columns: Vec::new(),
        explained: Vec::new(),
        accuracy: None,
        notes: Vec::new(),
        model: Model { classes: Vec::new(), ..report("").model },
        ..report("")
    };
    let text = words(&link_report(&empty));
    assert!(text.contains("No pair was compared"));
    assert!(text.contains("has not been trained"));
    assert!(!text.contains("NaN") && !text.contains("inf"));
}

#[test]
fn findings_that_come_together_are_shown_beside_what_was_expected_of_them() {
    let shown = |report: &LinkReport| words(&link_report(report));
    let mut with = report("");
    with.model.classes[0].together.clear();
    let text = shown(&with);
    assert!(text.contains("What findings come together"), "{text}");
    // largest surprise first, and none of fewer than ten pairs
    let by_itself = "Surname and Born | each counted by itself | 0.125 | different; different | 60 | 4.0";
    assert!(text.contains(by_itself), "{text}");
    assert!(!text.contains("similar; different | 0.5"), "{text}");
    with.model.classes[0].together.push(Together { comparisons: [0, 1], ratios: vec![vec![1.0; 2]; 3] });
    assert!(shown(&with).contains("Surname and Born | counted together | 0.125"));
    let without = LinkReport { dependence: Vec::new(), ..report("") };
    assert!(!shown(&without).contains("What findings come together"));
}

#[test]
fn a_level_that_never_happens_has_a_weight_that_can_be_drawn() {
    let mut never = report("");
    never.model.classes[1].probabilities[1] = vec![0.0, 1.0];
    never.model.classes[0].probabilities[0] = vec![1.0, 0.0, 0.0];
    let page = link_report(&never);
    assert!(words(&page).contains("Born | same | +∞ | only seen"));
    for step in steps(&page) {
        if let Step::Open { attributes, .. } = step {
            assert!(attributes.iter().all(|(_, value)| !value.contains("NaN") && !value.starts_with("inf")));
        }
    }
}

#[test]
fn columns_that_linking_does_not_use_are_listed_and_not_judged() {
    let mut report = report("");
    let unused = |name: &str| ColumnQuality {
        name: name.into(),
        role: Role::Other,
        used: false,
        recorded: 1,
        invalid: 1,
        placeholders: Vec::new(),
    };
    report.columns[0].columns.extend([unused("Notes"), unused("Worker")]);
    let said = words(&link_report(&report));
    assert!(said.contains("Not used for linking: Notes, Worker."), "{said}");
    assert_eq!(said.matches("Notes").count(), 1, "{said}");
    report.columns[0].columns.retain(|column| !column.used);
    let said = words(&link_report(&report));
    assert!(said.contains("No column of cin was used for linking."), "{said}");
    assert!(!said.contains("Ask the owner of cin"), "{said}");
}

#[test]
fn a_strong_pair_for_review_is_given_what_speaks_against_it_and_not_the_band() {
    let mut report = report("");
    let mut strong = pair("", Decision::Review, 6.49, 9.94);
    strong.explanation.objection = Some(Objection::OtherRecords);
    report.explained = vec![strong.clone()];
    let said = words(&link_report(&report));
    assert!(
        said.contains("at or above the link threshold of +6.6 bits. A person decides all the same: the other records of the two people outweigh it."),
        "{said}"
    );
    assert!(!said.contains("where a person decides"), "{said}");
    strong.explanation.objection = None;
    report.explained = vec![strong];
    assert!(words(&link_report(&report)).contains("other links join the two records without it"));
}

#[test]
fn placeholders_count_as_missing_where_the_page_gives_advice() {
    let mut report = report("");
    let column = &mut report.columns[0].columns[1];
    (column.recorded, column.invalid) = (10, 0);
    column.placeholders[0].records = 4;
    let said = words(&link_report(&report));
    assert!(said.contains("More than one in five is missing or a placeholder in “DoB”."), "{said}");
    report.columns[0].columns[1].placeholders[0].records = 2;
    assert!(words(&link_report(&report)).contains("Nothing stands out."));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(pages(""), pages(""));
}

#[test]
fn a_page_stays_small() {
    let mut large = report("");
    large.explained = (0..10).map(|_| pair("", Decision::Link, 6.49, 9.94)).collect();
    large.columns = (0..5).map(|_| large.columns[0].clone()).collect();
    for source in &mut large.columns {
        source.columns = (0..20).map(|_| source.columns[0].clone()).collect();
    }
    let size = link_report(&large).len();
    assert!(size < 400_000, "{size} bytes");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_of_users_or_files_can_change_the_page(text in prop_oneof![any::<String>(), "[<>&\"'/=! a\\]\\[-]{0,16}"]) {
        // a blank line begins a paragraph, and nothing else may
        let text = text.replace('\n', " ");
        prop_assert_eq!(pages(&text).map(|page| shape(&page)), pages("x").map(|page| shape(&page)));
    }
}

#[test]
fn a_further_kind_of_pairs_gets_a_column_and_a_row_and_leaves_m_and_u_alone() {
    let mut three = report("");
    let household = Class {
        name: "same household".into(),
        is_match: false,
        share: 0.5,
        probabilities: vec![vec![0.8, 0.1, 0.1], vec![0.002, 0.998]],
        together: Vec::new(),
    };
    three.model.classes.push(household);
    three.model.classes[1].share = 0.45;
    let text = words(&link_report(&three));
    assert!(
        text.contains("Comparison | Level | m | u | same household | \nSurname | same | 90% | 1.0% | 80%")
    );
    assert!(text.contains("same household | no | 1 in 2"));
    // 0.05 against 0.45, not against 0.95
    assert!(text.contains("the starting point of every pair, −3.2 bits"));
}
