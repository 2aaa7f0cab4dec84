//! Settings files that Splink 5.0.0 saved, and the weights that Splink gave with them (`benches/splink_vectors.py`).
#![expect(clippy::unwrap_used, reason = "a test that unwraps fails with the place")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use plait_engine::model::splink::{export, import};
use plait_engine::model::{BlockingKey, Condition, LinkType, Model};
use serde_json::{Value, json};

/// Every case with scores.
const CASES: [&str; 11] = [
    "strings",
    "names",
    "dates",
    "places",
    "numbers",
    "arrays",
    "composed",
    "term_frequency",
    "trained",
    "starting_values",
    "two_sources",
];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/splink").join(name)
}

fn file(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn settings(case: &str) -> Value {
    serde_json::from_str(&file(&format!("{case}.settings.json"))).unwrap()
}

/// The settings with one of their comparisons only.
fn alone(settings: &Value, comparison: &Value) -> String {
    let mut settings = settings.clone();
    settings["comparisons"] = json!([comparison]);
    settings.to_string()
}

type Row = BTreeMap<String, String>;

fn table(name: &str) -> Vec<Row> {
    let text = file(name);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

/// Share of each value among the values of a column that are there.
fn frequencies(records: &[Row], column: &str) -> BTreeMap<String, f64> {
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    for value in records.iter().map(|record| &record[column]).filter(|value| !value.is_empty()) {
        *counts.entry(value.clone()).or_default() += 1.0;
    }
    let total: f64 = counts.values().sum();
    for count in counts.values_mut() {
        *count /= total;
    }
    counts
}

/// The weight of a level and its term-frequency adjustment, by the definitions of the model.
struct Weigher<'a> {
    model: &'a Model,
    frequencies: BTreeMap<String, BTreeMap<String, f64>>,
    by_id: BTreeMap<String, &'a Row>,
}

impl<'a> Weigher<'a> {
    fn new(model: &'a Model, records: &'a [Row]) -> Self {
        let by_id = records.iter().map(|record| (record["unique_id"].clone(), record)).collect();
        let mut by_field = BTreeMap::new();
        for comparison in &model.comparisons {
            for tf in comparison.levels.iter().filter_map(|level| level.term_frequency.as_ref()) {
                let field = tf.field.clone().unwrap_or_else(|| comparison.fields[0].clone());
                by_field.insert(field.clone(), frequencies(records, &field));
            }
        }
        Self { model, frequencies: by_field, by_id }
    }

    fn prior(&self) -> f64 {
        let share = self.model.classes[0].share;
        (share / (1.0 - share)).log2()
    }

    /// `level` as the engine counts: 0 for missing, then from 1.
    fn weight(&self, comparison: usize, level: usize) -> f64 {
        let [matches, strangers] = self.model.classes.as_slice() else { panic!("two classes") };
        if level == 0 {
            return 0.0;
        }
        (matches.probabilities[comparison][level - 1] / strangers.probabilities[comparison][level - 1]).log2()
    }

    fn adjustment(&self, index: usize, level: usize, pair: &Row) -> f64 {
        let comparison = &self.model.comparisons[index];
        let Some(level) = level.checked_sub(1) else { return 0.0 };
        let Some(tf) = &comparison.levels[level].term_frequency else { return 0.0 };
        let field = tf.field.as_ref().unwrap_or(&comparison.fields[0]);
        let frequency = |id: &str| self.frequencies[field].get(&self.by_id[&pair[id]][field]).copied();
        let (left, right) = (frequency("unique_id_l"), frequency("unique_id_r"));
        let Some(larger) = left.into_iter().chain(right).reduce(f64::max) else { return 0.0 };
        let base = comparison.term_frequency_base(level).expect("import checks this");
        let u = self.model.classes[1].probabilities[index][base];
        tf.strength * (u / larger.max(tf.floor)).log2()
    }
}

/// The engine's level of a Splink gamma.
fn level_of(gamma: i64, levels: usize) -> usize {
    if gamma < 0 { 0 } else { levels - usize::try_from(gamma).unwrap() }
}

fn assert_close(ours: f64, splinks: f64, what: &str) {
    assert!((ours - splinks).abs() < 1e-6, "{what}: {ours} is not Splink's {splinks}");
}

#[test]
fn weights_of_the_same_comparison_vectors_agree_with_splink() {
    let records = table("records.csv");
    let (mut comparisons, mut weights, mut totals) = (0, 0, 0);
    for case in CASES.into_iter().filter(|case| *case != "starting_values") {
        let settings = settings(case);
        let pairs = table(&format!("{case}.pairs.csv"));
        assert!(!pairs.is_empty());
        for comparison in settings["comparisons"].as_array().unwrap() {
            let Ok(imported) = import(&alone(&settings, comparison), "one.json") else { continue };
            comparisons += 1;
            let model = &imported.model;
            let weigher = Weigher::new(model, &records);
            let name = model.comparisons[0].name.replace(' ', "_");
            let mut reached = vec![false; model.comparisons[0].levels.len() + 1];
            for pair in &pairs {
                let gamma = number(pair, &format!("gamma_{name}")) as i64;
                let level = level_of(gamma, model.comparisons[0].levels.len());
                reached[level] = true;
                assert_close(
                    weigher.weight(0, level),
                    number(pair, &format!("mw_{name}")),
                    &format!("{case} {name}"),
                );
                let adjusted = pair.contains_key(&format!("mw_tf_adj_{name}"));
                assert_eq!(
                    adjusted,
                    model.comparisons[0].levels.iter().any(|level| level.term_frequency.is_some())
                );
                if adjusted {
                    let splinks = number(pair, &format!("mw_tf_adj_{name}"));
                    assert_close(
                        weigher.adjustment(0, level, pair),
                        splinks,
                        &format!("{case} {name} frequency"),
                    );
                }
                weights += 1;
            }
            assert!(
                reached[1..].iter().all(|reached| *reached),
                "{case} {name}: some level is not in the figures"
            );
        }
        let Ok(imported) = import(&settings.to_string(), "all.json") else { continue };
        let weigher = Weigher::new(&imported.model, &records);
        for pair in &pairs {
            let mut weight = weigher.prior();
            for (index, comparison) in imported.model.comparisons.iter().enumerate() {
                let gamma = number(pair, &format!("gamma_{}", comparison.name.replace(' ', "_"))) as i64;
                let level = level_of(gamma, comparison.levels.len());
                weight += weigher.weight(index, level) + weigher.adjustment(index, level, pair);
            }
            assert_close(weight, number(pair, "match_weight"), case);
            assert_close(1.0 / (1.0 + (-weight).exp2()), number(pair, "match_probability"), case);
            totals += 1;
        }
    }
    assert_eq!((comparisons, weights, totals), (37, 14_158, 1_786), "what the figures cover");
}

/// What is refused, per case and comparison.
fn refusals() -> String {
    let mut found = String::new();
    for case in CASES {
        let settings = settings(case);
        for comparison in settings["comparisons"].as_array().unwrap() {
            for fault in import(&alone(&settings, comparison), "one.json").err().into_iter().flatten() {
                let what =
                    fault.what.strip_suffix(", which Plait does not translate").expect("the same end always");
                writeln!(found, "{case}: {what}").unwrap();
            }
        }
    }
    found
}

#[test]
fn what_has_no_counterpart_is_refused_by_name() {
    assert_eq!(refusals().trim(), REFUSED.trim());
}

const REFUSED: &str = r#"
dates: level 3 ("Abs difference of 'transformed seen_at <= 30 second'") of comparison "seen_at" uses a time difference of less than a day
dates: level 4 ("Abs difference of 'transformed seen_at <= 2 minute'") of comparison "seen_at" uses a time difference of less than a day
dates: level 5 ("Abs difference of 'transformed seen_at <= 20 hour'") of comparison "seen_at" uses a time difference of less than a day
numbers: level 3 ("sex = F on left") of comparison "sex_literal" uses a value that one record alone must have
numbers: level 4 ("sex = F on right") of comparison "sex_literal" uses a value that one record alone must have
numbers: level 2 ("visits = 7 on left") of comparison "visits_literal" uses a value that one record alone must have
numbers: level 1 ("score = 3.5 on both") of comparison "score_literal" uses CAST(… AS FLOAT)
numbers: level 2 ("(dob_date = 2000-01-01 on right) OR (Exact match on dob_date)") of comparison "dob_literal" uses a value that one record alone must have
arrays: level 2 ("Array subset") of comparison "tags_subset" uses the operator <>
arrays: level 3 ("Array subset") of comparison "tags_subset" uses array_length(…)
arrays: level 3 ("Min `levenshtein` distance of 'aliases' <= than 1'") of comparison "aliases_levenshtein" uses list_min(…)
arrays: level 3 ("Min `damerau_levenshtein` distance of 'aliases' <= than 1'") of comparison "aliases_damerau_levenshtein" uses list_min(…)
arrays: level 3 ("Max `jaro_winkler` distance of 'aliases' >= than 0.85'") of comparison "aliases_jaro_winkler" uses list_max(…)
arrays: level 3 ("Max `jaro` distance of 'aliases' >= than 0.8'") of comparison "aliases_jaro" uses list_max(…)
arrays: level 2 ("Cosine similarity of vec >= 0.98") of comparison "vec" uses array_cosine_similarity(…)
arrays: level 3 ("Cosine similarity of vec >= 0.8") of comparison "vec" uses array_cosine_similarity(…)
arrays: level 1 ("transformed aliases is NULL") of comparison "alias_ends" uses one element of a list or a structure […]
composed: level 6 ("(Jaro-Winkler distance of first_name >= 0.8) AND (NOT (dob is NULL))") of comparison "swapped" uses a test of presence that the null level does not settle
composed: level 5 ("Exact match on transformed surname") of comparison "changed_text" uses the pattern '([A-Za-z]+)$'
composed: level 1 ("transformed dob is NULL") of comparison "changed_date" uses nullif(…)
composed: level 5 ("surname close") of comparison "by_hand" uses jaro_winkler_similarity(…) > a number
composed: level 1 ("first_name || surname is NULL") of comparison "transposed" uses the operator ||
term_frequency: level 4 ("Jaro-Winkler distance of first_name >= 0.7") of comparison "first_name" uses disable_tf_exact_match_detection, a term-frequency adjustment that starts from the level's own u
term_frequency: level 2 ("Exact match on town") of comparison "town" uses tf_adjustment_weight or tf_minimum_u_value outside 0 to 1
term_frequency: level 2 ("Array intersection size >= 1") of comparison "dmeta_tf" uses disable_tf_exact_match_detection, a term-frequency adjustment that starts from the level's own u
"#;

#[test]
fn all_problems_of_a_file_are_told_at_once() {
    for case in CASES {
        let settings = settings(case);
        let one_by_one: usize = settings["comparisons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|comparison| {
                import(&alone(&settings, comparison), "x.json").map_or_else(|faults| faults.len(), |_| 0)
            })
            .sum();
        let together = import(&settings.to_string(), "x.json").map_or_else(|faults| faults.len(), |_| 0);
        assert_eq!(together, one_by_one, "{case}");
    }
}

#[test]
fn what_is_exported_imports_as_the_same_model() {
    for case in CASES {
        let settings = settings(case);
        for comparison in settings["comparisons"].as_array().unwrap() {
            let Ok(imported) = import(&alone(&settings, comparison), "one.json") else { continue };
            let written = export(&imported.model).unwrap();
            let again = import(&written, "one.json").unwrap_or_else(|faults| panic!("{written}\n{faults:?}"));
            assert_eq!(again.model, imported.model);
        }
    }
}

/// Cases of which every comparison has a counterpart.
const WHOLE_CASES: [&str; 5] = ["strings", "names", "places", "trained", "two_sources"];

/// `benches/splink_roundtrip.py` loads these files with Splink and finds the weights of the originals again.
#[test]
fn the_committed_exports_are_what_is_exported() {
    for case in WHOLE_CASES {
        let imported = import(&file(&format!("{case}.settings.json")), case).unwrap();
        let written = export(&imported.model).unwrap();
        let name = format!("exported/{case}.settings.json");
        if std::env::var_os("PLAIT_WRITE_EXPORTS").is_some() {
            std::fs::write(path(&name), &written).unwrap();
        }
        assert_eq!(written, file(&name), "run again with PLAIT_WRITE_EXPORTS=1 if the change is meant");
    }
}

#[test]
fn blocking_rules_become_keys() {
    let settings = settings("blocking");
    let mut shown = String::new();
    for rule in settings["blocking_rules_to_generate_predictions"].as_array().unwrap() {
        let mut settings = settings.clone();
        settings["blocking_rules_to_generate_predictions"] = json!([rule]);
        match import(&settings.to_string(), "blocking.json") {
            Ok(imported) => {
                for rule in &imported.model.blocking {
                    let keys: Vec<String> = rule
                        .keys
                        .iter()
                        .map(|BlockingKey { left, right }| {
                            format!("{} {:?} = {} {:?}", left.0, left.1, right.0, right.1)
                        })
                        .collect();
                    writeln!(shown, "{}", keys.join(" and ")).unwrap();
                }
            }
            Err(faults) => writeln!(shown, "refused: {}", faults[0].what).unwrap(),
        }
    }
    assert_eq!(shown.trim(), BLOCKING.trim());
    let exploding = import(&file("blocking_lists.settings.json"), "lists.json").unwrap_err();
    assert_eq!(exploding[0].what, "blocking rule 1 uses arrays_to_explode, which Plait does not translate");
}

const BLOCKING: &str = "
first_name Whole = first_name Whole and sex Whole = sex Whole
surname First(3) = surname First(3) and given name Whole = given name Whole
surname First(2) = surname First(2) and town Whole = town Whole and block Whole = block Whole
refused: blocking rule 1 uses NOT, which Plait does not translate
dob_date Whole = dob_date Whole and surname Whole = surname Whole
dob_date Whole = dob_date Whole and email Whole = email Whole
first_name Whole = surname Whole and surname Whole = first_name Whole
refused: blocking rule 1 uses the operator <=, which Plait does not translate
refused: blocking rule 1 uses the operator <>, which Plait does not translate
";

#[test]
fn a_file_without_m_and_u_is_an_untrained_model() {
    let imported = import(&file("starting_values.settings.json"), "starting_values.settings.json").unwrap();
    assert!(imported.model.classes.is_empty());
    assert_eq!(imported.model.name, "starting_values");
    assert_eq!(imported.model.link_type, LinkType::DedupeOnly);
    assert!(imported.notes.iter().any(|note| note.contains("untrained")), "{:?}", imported.notes);
}

#[test]
fn a_level_without_m_or_u_weighs_what_it_weighs_in_splink() {
    let mut settings = settings("starting_values");
    // one known u that is Splink's own starting value, so that the file counts as trained
    let pairs = table("starting_values.pairs.csv");
    settings["comparisons"][0]["comparison_levels"][1]["m_probability"] = json!(0.95);
    let imported = import(&settings.to_string(), "starting_values.json").unwrap();
    assert!(imported.notes.iter().any(|note| note.contains("starting values")), "{:?}", imported.notes);
    let records = table("records.csv");
    let weigher = Weigher::new(&imported.model, &records);
    for pair in &pairs {
        for (index, comparison) in imported.model.comparisons.iter().enumerate() {
            let gamma = number(pair, &format!("gamma_{}", comparison.name)) as i64;
            let level = level_of(gamma, comparison.levels.len());
            assert_close(
                weigher.weight(index, level),
                number(pair, &format!("mw_{}", comparison.name)),
                "start",
            );
        }
    }
}

#[test]
fn every_comparison_ends_with_everything_else() {
    let imported = import(&file("trained.settings.json"), "trained.settings.json").unwrap();
    for comparison in &imported.model.comparisons {
        assert_eq!(comparison.levels.last().unwrap().when, Condition::Else);
    }
}
