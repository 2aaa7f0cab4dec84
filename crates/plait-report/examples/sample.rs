//! Writes a report of made-up figures to a file, to look at: `cargo run -p plait-report --example sample -- out.html`.

use plait_engine::explanation::{Explanation, Term, TermKind};
use plait_engine::model::{
    Accept, Class, Clustering, Comparison, Condition, Level, LinkType, Missing, Model, Together,
};
use plait_engine::training::Dependence;
use plait_report::{
    Accuracy, BlockingResult, ColumnQuality, Decision, Estimate, ExplainedPair, Input, LinkReport, Note,
    PairCounts, PersonSize, Placeholder, Provenance, Route, ScoreBin, ScoreHistogram, SourceColumns,
    SourcePair, SourceResult, Stage, link_report,
};
use plait_types::{Role, Severity};

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "sample.html".to_owned());
    std::fs::write(path, link_report(&sample()))
}

fn sample() -> LinkReport {
    LinkReport {
        title: "Children in need 2025-26 linked with the school census and the SEN register".into(),
        date: "2 August 2026, 14:05".into(),
        purpose: Some("SEND dashboard (DPIA-014)".into()),
        summary: "Of 3,104 children in need, 2,861 (92.2%) were found in the school census and 702 (22.6%) in the SEN \
                  register. 54 pairs need a person to look. 189 were not found, of which 121 are under 4 or over 16 and not \
                  expected in a school census.\n\nAgainst known truth, about 1 in 330 links is wrong and 1 in 53 is missed."
            .into(),
        sources: vec![source("cin", 3104, 2861, 54), source("census", 48_912, 4020, 61), source("sen", 4108, 3987, 9)],
        between: vec![between(0, 1, 2874, 54, 2861, 2870), between(0, 2, 702, 3, 702, 702), between(1, 2, 3981, 12, 3980, 3979)],
        routes: vec![
            route("same upn", Some(3611), 3611),
            route("names and details", Some(741), 741),
            route("same la_child_id to case_management, then names and details", None, 404),
        ],
        people: [(1, 44_706), (2, 4311), (3, 931), (4, 7)]
            .map(|(records, persons)| PersonSize { records, persons })
            .to_vec(),
        model: model(),
        dependence: dependence(),
        pairs: PairCounts { possible: 365_513_280, compared: 214_380, links: 7557, reviews: 69 },
        blocking: vec![
            rule("same UPN", 5301, 5290, 1204),
            rule("same date of birth and same surname sound", 31_880, 6804, 411),
            rule("same postcode and same forename", 24_012, 6120, 95),
            rule("same date of birth and same postcode district", 158_901, 6930, 62),
            rule("same forename, surname and year of birth", 22_780, 5904, 0),
        ],
        scores: Some(histogram()),
        columns: vec![cin_columns(), census_columns()],
        explained: pairs(),
        accuracy: Some(Accuracy {
            truth: "truth.csv".into(),
            right_pairs: 7534,
            wrong_pairs: 23,
            missed_pairs: 145,
            precision: Estimate { value: 0.9970, low: 0.9955, high: 0.9980 },
            recall: Estimate { value: 0.9811, low: 0.9778, high: 0.9839 },
            f1: Estimate { value: 0.9890, low: 0.9872, high: 0.9905 },
        }),
        notes: vec![
            note(Severity::Note, "318 rows of cin.csv share an identifier (a child with two episodes) and were treated as one child.", None),
            note(
                Severity::Warning,
                "412 UPNs in census.xlsx look like 3.02208E+11: a spreadsheet has shortened them, and they cannot be recovered from this file.",
                Some("Export the file again as CSV or XML."),
            ),
            note(Severity::Warning, "38 dates of birth in cin.csv are placeholders and were ignored.", None),
        ],
        provenance: provenance(),
    }
}

/// Who has moved has another telephone as well; sex has nothing to do with it.
fn dependence() -> Vec<Dependence> {
    let of = |comparisons, information, observed: &[&[f64]], expected: &[&[f64]]| Dependence {
        comparisons,
        information,
        observed: observed.iter().map(|row| row.to_vec()).collect(),
        expected: expected.iter().map(|row| row.to_vec()).collect(),
    };
    vec![
        of(
            [4, 6],
            0.143,
            &[&[5270.0, 110.0], &[430.0, 31.0], &[800.0, 92.0], &[541.0, 283.0]],
            &[&[5009.0, 371.0], &[429.0, 32.0], &[830.0, 62.0], &[773.0, 51.0]],
        ),
        of([5, 6], 0.0, &[&[6000.0, 30.0], &[40.0, 2.0]], &[&[6000.2, 29.8], &[39.8, 2.2]]),
    ]
}

fn source(name: &str, records: u64, linked: u64, in_review: u64) -> SourceResult {
    SourceResult { name: name.into(), records, linked, in_review }
}

fn between(
    left: usize,
    right: usize,
    links: u64,
    reviews: u64,
    left_linked: u64,
    right_linked: u64,
) -> SourcePair {
    SourcePair { left, right, links, reviews, left_linked, right_linked }
}

fn route(words: &str, links: Option<u64>, records: u64) -> Route {
    Route { from: "cin".into(), to: "census".into(), words: words.into(), links, records }
}

fn rule(words: &str, pairs: u64, links: u64, only_links: u64) -> BlockingResult {
    BlockingResult { words: words.into(), pairs, links, only_links }
}

fn note(severity: Severity, text: &str, todo: Option<&str>) -> Note {
    Note { severity, text: text.into(), todo: todo.map(str::to_owned) }
}

fn comparison(name: &str, labels: &[&str]) -> Comparison {
    let level = |label: &&str| Level {
        when: Condition::Else,
        label: Some((*label).to_owned()),
        term_frequency: None,
    };
    Comparison {
        name: name.into(),
        fields: vec![name.to_lowercase()],
        missing: Missing::Any,
        levels: labels.iter().map(level).collect(),
    }
}

fn model() -> Model {
    let class = |name: &str, is_match, share, probabilities: [&[f64]; 7]| Class {
        name: name.into(),
        is_match,
        share,
        probabilities: probabilities.map(<[f64]>::to_vec).to_vec(),
        together: Vec::new(),
    };
    let mut one_person = class(
        "match",
        true,
        1.0 / 31_400.0,
        [
            &[0.981, 0.019],
            &[0.902, 0.061, 0.012, 0.025],
            &[0.861, 0.052, 0.048, 0.017, 0.022],
            &[0.962, 0.008, 0.017, 0.006, 0.007],
            &[0.712, 0.061, 0.118, 0.109],
            &[0.994, 0.006],
            &[0.931, 0.069],
        ],
    );
    one_person.together = vec![Together {
        comparisons: [4, 6],
        ratios: vec![vec![1.05, 0.30], vec![1.0, 0.97], vec![0.96, 1.48], vec![0.70, 5.5]],
    }];
    let strangers = class(
        "strangers",
        false,
        1.0 - 1.0 / 31_400.0 - 1.0 / 9800.0,
        [
            &[0.000_002, 0.999_998],
            &[0.0032, 0.0011, 0.0041, 0.9916],
            &[0.0071, 0.0052, 0.0049, 0.0109, 0.9719],
            &[0.000_17, 0.000_08, 0.0011, 0.0012, 0.997_45],
            &[0.000_05, 0.0019, 0.0302, 0.967_85],
            &[0.503, 0.497],
            &[0.000_04, 0.999_96],
        ],
    );
    let household = class(
        "same household",
        false,
        1.0 / 9800.0,
        [
            &[0.000_1, 0.999_9],
            &[0.83, 0.03, 0.04, 0.10],
            &[0.011, 0.006, 0.009, 0.014, 0.96],
            &[0.031, 0.0001, 0.002, 0.0019, 0.965],
            &[0.91, 0.02, 0.03, 0.04],
            &[0.501, 0.499],
            &[0.42, 0.58],
        ],
    );
    Model {
        name: "uk-child-v1, trained on these files".into(),
        link_type: LinkType::LinkOnly,
        comparisons: vec![
            comparison("UPN", &["same", "different"]),
            comparison(
                "Surname",
                &["same", "similar spelling", "half of a double-barrelled name", "different"],
            ),
            comparison(
                "Forename",
                &["same", "known short form", "similar spelling", "same initial", "different"],
            ),
            comparison(
                "Date of birth",
                &["same", "day and month swapped", "one digit wrong", "within 30 days", "different"],
            ),
            comparison("Postcode", &["same", "same sector", "same district", "different"]),
            comparison("Sex", &["same", "different"]),
            comparison("Telephone", &["same", "different"]),
        ],
        blocking: Vec::new(),
        deterministic: Vec::new(),
        accept: Accept { link: 0.99, review: 0.80 },
        clustering: Clustering::ConnectedComponents,
        classes: vec![one_person, strangers, household],
    }
}

fn histogram() -> ScoreHistogram {
    // two hills, by hand: strangers around −22 bits, matches around +19
    let hill = |x: f64, centre: f64, spread: f64, size: f64| size * (-((x - centre) / spread).powi(2)).exp();
    let bin = |bin: u32| {
        let x = -34.0 + f64::from(bin) + 0.5;
        let pairs =
            (hill(x, -22.0, 6.5, 15_800.0) + hill(x, 19.0, 5.6, 760.0) + hill(x, 3.0, 5.0, 8.0)) as u64;
        match x {
            x if x < 2.0 => ScoreBin { not_linked: pairs, ..ScoreBin::default() },
            x if x < 6.6 => ScoreBin { reviews: pairs, ..ScoreBin::default() },
            _ => ScoreBin { reviews: pairs / 50, links: pairs - pairs / 50, ..ScoreBin::default() },
        }
    };
    ScoreHistogram { start: -34.0, width: 1.0, bins: (0..70).map(bin).collect(), below: 41_207 }
}

fn column(
    name: &str,
    role: Role,
    recorded: u64,
    invalid: u64,
    placeholders: &[(&str, u64)],
) -> ColumnQuality {
    let placeholders =
        placeholders.iter().map(|(value, records)| Placeholder { value: (*value).into(), records: *records });
    ColumnQuality {
        name: name.into(),
        role,
        used: true,
        recorded,
        invalid,
        placeholders: placeholders.collect(),
    }
}

fn cin_columns() -> SourceColumns {
    SourceColumns {
        source: "cin".into(),
        records: 3104,
        outside: vec!["CINclosureDate".into(), "PrimaryNeedCode".into()],
        columns: vec![
            column("UPN", Role::Upn, 2350, 134, &[("UN1", 88), ("A000000000000", 12)]),
            column("Surname", Role::Surname, 3104, 0, &[("UNKNOWN", 4)]),
            column("Forename", Role::Forename, 3102, 0, &[("BABY", 31)]),
            column("DoB", Role::DateOfBirth, 3099, 3, &[("01/01/1900", 38)]),
            column("Sex", Role::Sex, 3104, 0, &[]),
            column("Postcode", Role::Postcode, 2841, 57, &[("ZZ99 3VZ", 61)]),
            column("Mobile of first carer", Role::Phone, 1190, 41, &[]),
        ],
    }
}

fn census_columns() -> SourceColumns {
    SourceColumns {
        source: "census".into(),
        records: 48_912,
        outside: Vec::new(),
        columns: vec![
            column("upn", Role::Upn, 48_912, 412, &[]),
            column("surname", Role::Surname, 48_912, 0, &[]),
            column("forename", Role::Forename, 48_912, 0, &[]),
            column("date_of_birth", Role::DateOfBirth, 48_912, 0, &[]),
            column("gender", Role::Sex, 48_912, 0, &[]),
            column("postcode", Role::Postcode, 48_377, 201, &[]),
        ],
    }
}

fn term(kind: TermKind, title: &str, values: Option<(&str, &str)>, outcome: &str, weight: f64) -> Term {
    Term {
        kind,
        title: title.into(),
        left: values.map(|(left, _)| left).filter(|v| !v.is_empty()).map(str::to_owned),
        right: values.map(|(_, right)| right).filter(|v| !v.is_empty()).map(str::to_owned),
        outcome: outcome.into(),
        weight,
    }
}

fn pairs() -> Vec<ExplainedPair> {
    let prior = || term(TermKind::Prior, "Starting point", None, "1 pair in 31,400", -14.94);
    let same = |i, title: &str, value: &str, weight| {
        term(TermKind::Comparison(i), title, Some((value, value)), "same", weight)
    };
    let typical = vec![
        prior(),
        term(TermKind::Comparison(0), "UPN", Some(("", "A302208414007")), "not recorded on the left", 0.0),
        same(1, "Surname", "Okafor", 8.14),
        term(TermKind::TermFrequency(1), "Surname is rarer than most", None, "1 in 9,300 records", 2.31),
        term(TermKind::Comparison(2), "Forename", Some(("Chidi", "Chidiebere")), "known short form", 3.32),
        term(
            TermKind::Comparison(3),
            "Date of birth",
            Some(("12/03/2014", "03/12/2014")),
            "day and month swapped",
            6.64,
        ),
        term(TermKind::Comparison(4), "Postcode", Some(("NW9 4EW", "N12 8QT")), "different", -3.15),
        same(5, "Sex", "M", 0.98),
        term(TermKind::Comparison(6), "Telephone", Some(("020 7946 0018", "020 7946 0018")), "same", 14.51),
        term(
            TermKind::OtherClasses,
            "Could be a brother or sister",
            None,
            "looks a little like two people of one household",
            -0.73,
        ),
    ];
    let clear = vec![
        prior(),
        same(0, "UPN", "H801200001001", 18.9),
        same(1, "Surname", "Smith", 8.14),
        term(TermKind::TermFrequency(1), "Surname is common", None, "1 in 88 records", -2.02),
        same(2, "Forename", "Amelia", 6.92),
        same(3, "Date of birth", "30/06/2016", 12.47),
        same(4, "Postcode", "N3 1AB", 13.8),
        same(5, "Sex", "F", 0.98),
    ];
    let twins = vec![
        prior(),
        same(1, "Surname", "Begum", 8.14),
        term(TermKind::TermFrequency(1), "Surname is common", None, "1 in 120 records", -1.4),
        term(TermKind::Comparison(2), "Forename", Some(("Aisha", "Aliya")), "different", -5.47),
        same(3, "Date of birth", "04/11/2012", 12.47),
        same(4, "Postcode", "NW7 2QX", 13.8),
        same(5, "Sex", "F", 0.98),
        term(
            TermKind::OtherClasses,
            "Could be a brother or sister",
            None,
            "looks like two people of one household",
            -10.1,
        ),
    ];
    let mut all = vec![
        explained("a typical link", Decision::Link, "103", "77", typical),
        explained("the strongest link", Decision::Link, "2041", "30118", clear.clone()),
        explained("in the middle of the review band", Decision::Review, "911", "15720", twins),
    ];
    let others = [
        ("the weakest link", Decision::Link, -0.4, 6.4),
        ("just below the line", Decision::Review, -1.1, 6.4),
        ("at the lower end of the review band", Decision::Review, -5.47, 6.4),
        ("just below the review band", Decision::NotLinked, -5.47, 5.0),
        ("the strongest pair that was not linked", Decision::NotLinked, -7.9, 6.6),
        ("found by one blocking rule only", Decision::Link, 3.32, 12.47),
        ("a person with four records", Decision::Link, 6.92, 12.47),
    ];
    for (place, (chosen, decision, forename, birth)) in others.into_iter().enumerate() {
        let terms = vec![
            prior(),
            same(1, "Surname", "O’Neill-Wójcik", 8.14),
            term(
                TermKind::Comparison(2),
                "Forename",
                Some(("Zoë", "Zoe Anne-Marie")),
                "similar spelling",
                forename,
            ),
            term(
                TermKind::Comparison(3),
                "Date of birth",
                Some(("2013-02-09", "2013-02-19")),
                "one digit wrong",
                birth,
            ),
            same(4, "Postcode", "HA8 0AA", 6.5),
            same(5, "Sex", "F", 0.98),
        ];
        all.push(explained(
            chosen,
            decision,
            &(300 + place).to_string(),
            &(9000 + 17 * place).to_string(),
            terms,
        ));
    }
    all
}

fn explained(chosen: &str, decision: Decision, left: &str, right: &str, terms: Vec<Term>) -> ExplainedPair {
    let weight = terms.iter().map(|term| term.weight).sum::<f64>();
    let explanation = Explanation {
        left: ("cin".into(), left.into()),
        right: ("census".into(), right.into()),
        terms,
        weight,
        probability: 1.0 / (1.0 + (-weight).exp2()),
        statement: None,
        objection: None,
    };
    ExplainedPair { chosen: chosen.into(), decision, explanation }
}

fn provenance() -> Provenance {
    let input = |file: &str, rows, digit: &str| Input { file: file.into(), sha256: digit.repeat(16), rows };
    let stage = |name: &str, seconds| Stage { name: name.into(), seconds };
    Provenance {
        version: "0.1.0".into(),
        command: Some("plait link cin.csv census.xlsx sen.parquet --out linked --truth truth.csv".into()),
        inputs: vec![
            input("cin.csv", 3104, "9f2c"),
            input("census.xlsx", 48_912, "04ab"),
            input("sen.parquet", 4108, "e1d7"),
        ],
        model_sha256: "5b60".repeat(16),
        seed: 1,
        threads: 2,
        stages: vec![
            stage("read", 0.41),
            stage("standardise", 0.12),
            stage("block", 0.05),
            stage("train", 0.22),
            stage("score", 0.09),
            stage("cluster", 0.01),
            stage("write", 0.19),
        ],
        peak_memory: Some(148_000_000),
    }
}
