//! Reading a settings file.

use plait_types::{Fault, FaultCode};
use serde_json::{Map, Value};

use super::level::{self, NullLevel, Refusal};
use super::shortened;
use crate::model::{
    Accept, BlockingRule, Class, Clustering, Comparison, Condition, Level, LinkType, Missing, Model, Part,
    TermFrequency, Test,
};
use crate::training::two_classes;

/// A model that was read from a Splink settings file.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The model, trained if the file held any m or u.
    pub model: Model,
    /// What Plait does not use or does differently, one sentence each, lower case, no full stop.
    pub notes: Vec<String>,
}

/// Splink keeps the threshold outside its settings; .95 is what its guides link at.
const ACCEPT: Accept = Accept { link: 0.95, review: 0.5 };
/// Levels of one comparison that fit into a comparison vector.
const MOST_LEVELS: usize = 15;
/// What older versions saved for a level that training never saw, and the probability they score it with.
const NOT_OBSERVED: (&str, f64) = ("level not observed in training dataset", 1e-6);
/// The smallest probability that Splink accepts. It has no largest: its own starting value of u for the last of two
/// levels is 1.6.
const LEAST_PROBABILITY: f64 = 1e-300;
/// Settings that only steer Splink itself, with the values it saves where nobody set them.
const UNUSED: [(&str, &str); 11] = [
    ("additional_columns_to_retain", "[]"),
    ("bayes_factor_column_prefix", "\"bf_\""),
    ("comparison_vector_value_column_prefix", "\"gamma_\""),
    ("em_convergence", "0.0001"),
    ("linker_uid", ""),
    ("match_weight_column_prefix", "\"mw_\""),
    ("max_iterations", "25"),
    ("max_pairs", "null"),
    ("retain_intermediate_calculation_columns", "false"),
    ("retain_matching_columns", "true"),
    ("term_frequency_adjustment_column_prefix", "\"tf_\""),
];

/// Translates a Splink settings file in `DuckDB`'s dialect (Splink 5; files of Splink 4 have the same form).
/// `file_name` names the model and stands in messages.
///
/// m, u and the prior are taken as they are. Where a level has no m or u, Splink's starting value for it stands
/// in, as it does in Splink; a file without any m and u gives an untrained model.
///
/// # Errors
/// Every problem at once: [`FaultCode::SplinkForm`] for each condition or setting that has no counterpart, with
/// the comparison, the level and the SQL; [`FaultCode::BadModel`] for what is not a settings file.
pub fn import(json: &str, file_name: &str) -> Result<Imported, Vec<Fault>> {
    let mut reader = Reader { file_name, faults: Vec::new(), notes: Vec::new() };
    let model = match serde_json::from_str(json.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(settings)) => reader.model(&settings),
        Ok(_) => {
            reader.bad(None, "is not a Splink settings file: its JSON is not an object");
            None
        }
        Err(error) => {
            reader
                .bad(Some(format!("line {}, column {}", error.line(), error.column())), "is not valid JSON");
            None
        }
    };
    match model {
        Some(model) if reader.faults.is_empty() => Ok(Imported { model, notes: reader.notes }),
        _ => Err(reader.faults),
    }
}

/// The probabilities of one comparison as the file has them: m and u per level.
type Learned = Vec<(Option<f64>, Option<f64>)>;

struct Reader<'a> {
    file_name: &'a str,
    faults: Vec<Fault>,
    notes: Vec<String>,
}

/// A level with its number from 1, the null level included.
type Numbered<'v> = (usize, &'v Map<String, Value>);

/// Where in a comparison something was found.
struct Place<'a> {
    comparison: &'a str,
    /// From 1, the null level included.
    level: usize,
    /// Empty if it has none.
    label: &'a str,
}

impl Reader<'_> {
    fn model(&mut self, settings: &Map<String, Value>) -> Option<Model> {
        self.dialect(settings);
        let link_type = self.link_type(settings);
        let prior = self.prior(settings);
        let (comparisons, learned): (Vec<_>, Vec<_>) = self.comparisons(settings).into_iter().unzip();
        let blocking = self.blocking(settings);
        self.note_unused(settings);
        let classes = self.classes(prior?, &comparisons, learned);
        let name = self.file_name.rsplit(['/', '\\']).next().unwrap_or(self.file_name);
        let name = name.trim_end_matches(".json").trim_end_matches(".settings");
        Some(Model {
            name: if name.is_empty() { "splink".into() } else { name.into() },
            link_type: link_type?,
            comparisons,
            blocking,
            deterministic: Vec::new(),
            accept: ACCEPT,
            clustering: Clustering::ConnectedComponents,
            classes,
        })
    }

    fn dialect(&mut self, settings: &Map<String, Value>) {
        if let Some(dialect) = text(settings, "sql_dialect")
            && dialect != "duckdb"
        {
            let fault = Fault::new(
                FaultCode::SplinkForm,
                format!("the conditions of {} are written in the SQL of {dialect}", self.file_name),
                "save the model from a Splink linker on DuckDB and import that file",
            );
            self.faults.push(fault.because("Plait translates DuckDB's SQL, in which Splink is used most"));
        }
    }

    fn link_type(&mut self, settings: &Map<String, Value>) -> Option<LinkType> {
        match settings.get("link_type").and_then(Value::as_str) {
            Some("link_only") => Some(LinkType::LinkOnly),
            Some("dedupe_only") => Some(LinkType::DedupeOnly),
            Some("link_and_dedupe") => Some(LinkType::LinkAndDedupe),
            Some(other) => {
                self.bad(
                    None,
                    &format!("has the link_type \"{}\", which Splink does not know", shortened(other)),
                );
                None
            }
            None => {
                self.bad(None, "has no link_type");
                None
            }
        }
    }

    fn prior(&mut self, settings: &Map<String, Value>) -> Option<f64> {
        const KEY: &str = "probability_two_random_records_match";
        const DEFAULT: f64 = 0.0001;
        let Some(value) = settings.get(KEY) else { return Some(DEFAULT) };
        let prior = value.as_f64().filter(|&p| p > 0.0 && p < 1.0);
        if prior.is_none() {
            self.bad(None, &format!("has a {KEY} that is not between 0 and 1"));
        }
        prior
    }

    fn comparisons(&mut self, settings: &Map<String, Value>) -> Vec<(Comparison, Learned)> {
        let Some(values) =
            settings.get("comparisons").and_then(Value::as_array).filter(|all| !all.is_empty())
        else {
            self.bad(None, "has no comparisons");
            return Vec::new();
        };
        let mut names: Vec<String> = Vec::new();
        let mut read = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let Some(comparison) = value.as_object() else {
                self.bad(Some(format!("comparison {}", index + 1)), "has a comparison that is not an object");
                continue;
            };
            let levels: Vec<&Map<String, Value>> = comparison
                .get("comparison_levels")
                .and_then(Value::as_array)
                .map(|levels| levels.iter().filter_map(Value::as_object).collect())
                .unwrap_or_default();
            let name =
                text(comparison, "output_column_name").map_or_else(|| default_name(&levels), str::to_owned);
            if names.contains(&name) {
                self.bad(
                    Some(format!("comparison {}", index + 1)),
                    &format!("has two comparisons \"{name}\""),
                );
            }
            self.note_unknown_keys(
                comparison,
                &["output_column_name", "comparison_levels", "comparison_description"],
                &format!("comparison \"{name}\""),
            );
            read.extend(self.comparison(&name, &levels));
            names.push(name);
        }
        read
    }

    fn comparison(&mut self, name: &str, levels: &[&Map<String, Value>]) -> Option<(Comparison, Learned)> {
        let before = self.faults.len();
        let (null, levels) = self.null_level(name, levels)?;
        let mut read = Vec::new();
        let mut learned = Vec::new();
        for (number, level) in levels {
            let label = text(level, "label_for_charts");
            let place = Place { comparison: name, level: number, label: label.unwrap_or_default() };
            let Some(sql) = text(level, "sql_condition") else {
                self.bad(Some(place.words()), "has a level without sql_condition");
                continue;
            };
            learned.push((
                self.probability(level, "m_probability", &place),
                self.probability(level, "u_probability", &place),
            ));
            self.note_fixed(level, &place);
            let when = if is_else(sql) { Ok(Condition::Else) } else { level::condition(sql, &null) };
            match when {
                Ok(when) => {
                    let term_frequency = self.term_frequency(level, &null, &when, &place);
                    read.push(Level { when, label: label.map(str::to_owned), term_frequency });
                }
                Err(refusal) => self.refuse(&place, &refusal, sql),
            }
        }
        if self.faults.len() > before {
            return None;
        }
        let comparison =
            Comparison { name: name.to_owned(), fields: null.fields, missing: null.missing, levels: read };
        self.check_levels(&comparison);
        self.note_twins(&comparison);
        (self.faults.len() == before).then_some((comparison, learned))
    }

    /// The null level, and the other levels with their numbers from 1.
    fn null_level<'v>(
        &mut self,
        name: &str,
        levels: &[&'v Map<String, Value>],
    ) -> Option<(NullLevel, Vec<Numbered<'v>>)> {
        let is_null =
            |level: &Map<String, Value>| level.get("is_null_level").and_then(Value::as_bool) == Some(true);
        let numbered = || levels.iter().enumerate().map(|(index, level)| (index + 1, *level));
        let nulls: Vec<_> = numbered().filter(|(_, level)| is_null(level)).collect();
        let others: Vec<_> = numbered().filter(|(_, level)| !is_null(level)).collect();
        let Some(&(number, null)) = nulls.first() else {
            let mut fields: Vec<String> = Vec::new();
            for (_, level) in &others {
                for field in level::fields_named(text(level, "sql_condition").unwrap_or_default()) {
                    if !fields.contains(&field) {
                        fields.push(field);
                    }
                }
            }
            if fields.is_empty() {
                self.bad(Some(format!("comparison \"{name}\"")), "has a comparison that names no column");
                return None;
            }
            self.notes.push(format!(
                "comparison \"{name}\" has no null level: a missing value says nothing to Plait, where Splink counts it as disagreement"
            ));
            return Some((NullLevel { fields, missing: Missing::All, note: None }, others));
        };
        let place = Place {
            comparison: name,
            level: number,
            label: text(null, "label_for_charts").unwrap_or_default(),
        };
        let sql = text(null, "sql_condition").unwrap_or_default();
        if nulls.len() > 1 {
            self.refuse(&place, &"more than one null level".into(), sql);
            return None;
        }
        if number > 1 {
            self.refuse(&place, &"a null level that is not the first level".into(), sql);
            return None;
        }
        match level::null_level(sql) {
            Ok(mut null) => {
                self.notes.extend(null.note.take());
                Some((null, others))
            }
            Err(refusal) => {
                self.refuse(&place, &refusal, sql);
                None
            }
        }
    }

    fn check_levels(&mut self, comparison: &Comparison) {
        let place = || Some(format!("comparison \"{}\"", comparison.name));
        let count = comparison.levels.len();
        if count < 2 {
            self.bad(place(), "has a comparison with fewer than two levels beside the null level");
        } else if count > MOST_LEVELS {
            let fault = Fault::new(
                FaultCode::SplinkForm,
                format!("comparison \"{}\" has {count} levels beside the null level", comparison.name),
                format!("leave out levels until there are at most {MOST_LEVELS}"),
            );
            self.faults.push(fault.at(self.file_name));
        }
        let last = comparison.levels.iter().position(|level| level.when == Condition::Else);
        if count > 0 && last != Some(count - 1) {
            self.bad(place(), "has a comparison in which ELSE is not the last level");
        }
        for level in 0..count {
            if comparison.levels[level].term_frequency.is_some()
                && comparison.term_frequency_base(level).is_none()
            {
                let fault = Fault::new(
                    FaultCode::SplinkForm,
                    format!(
                        "level \"{}\" of comparison \"{}\" adjusts for term frequency without a level of exact agreement on that column",
                        comparison.levels[level].label.as_deref().unwrap_or("without label"),
                        comparison.name
                    ),
                    "add an exact-match level on the column, or remove tf_adjustment_column",
                );
                self.faults
                    .push(fault.at(self.file_name).because("the adjustment starts from the u of that level"));
            }
        }
    }

    fn term_frequency(
        &mut self,
        level: &Map<String, Value>,
        null: &NullLevel,
        when: &Condition,
        place: &Place<'_>,
    ) -> Option<TermFrequency> {
        let column = text(level, "tf_adjustment_column")?;
        if *when == Condition::Else {
            // Splink does not adjust here either
            return None;
        }
        let field = unquoted(column);
        let field = (null.fields.first() != Some(&field)).then_some(field);
        let number = |key: &str, default: f64| match level.get(key) {
            None | Some(Value::Null) => Some(default),
            Some(value) => value.as_f64().filter(|number| (0.0..=1.0).contains(number)),
        };
        // Splink does not save a weight of 0 and loads its absence as 1
        let (strength, floor) = (number("tf_adjustment_weight", 1.0), number("tf_minimum_u_value", 0.0));
        let (Some(strength), Some(floor)) = (strength, floor) else {
            let sql = text(level, "sql_condition").unwrap_or_default();
            let refusal = Refusal {
                uses: "tf_adjustment_weight or tf_minimum_u_value outside 0 to 1".into(),
                todo: Some("set it to a number from 0 to 1"),
            };
            self.refuse(place, &refusal, sql);
            return None;
        };
        let own_u = level.get("disable_tf_exact_match_detection").and_then(Value::as_bool) == Some(true);
        let exact = Condition::Test(field.clone(), Test::Same(Part::Whole));
        if own_u && *when != exact {
            let sql = text(level, "sql_condition").unwrap_or_default();
            let refusal = Refusal {
                uses: "disable_tf_exact_match_detection, a term-frequency adjustment that starts from the level's own u"
                    .into(),
                todo: Some("remove disable_tf_exact_match_detection, or the adjustment of this level"),
            };
            self.refuse(place, &refusal, sql);
            return None;
        }
        Some(TermFrequency { field, strength, floor })
    }

    fn probability(&mut self, level: &Map<String, Value>, key: &str, place: &Place<'_>) -> Option<f64> {
        let value = level.get(key).filter(|value| !value.is_null())?;
        if value.as_str() == Some(NOT_OBSERVED.0) {
            self.notes.push(format!(
                "{} was not seen in training; Splink's {} stands for its {key}",
                place.words(),
                NOT_OBSERVED.1
            ));
            return Some(NOT_OBSERVED.1);
        }
        let probability = value.as_f64().filter(|&p| p >= LEAST_PROBABILITY);
        if probability.is_none() {
            self.bad(Some(place.words()), &format!("has a {key} that is not above 0"));
        }
        probability
    }

    /// Matches first. Missing m and u become Splink's starting values unless all are missing.
    fn classes(&mut self, prior: f64, comparisons: &[Comparison], learned: Vec<Learned>) -> Vec<Class> {
        if learned.iter().flatten().all(|(m, u)| m.is_none() && u.is_none()) {
            self.notes.push("the file holds no m and no u: the model is untrained, and Plait learns them and the prior from the data".into());
            return Vec::new();
        }
        let (mut matches, mut strangers) = (Vec::new(), Vec::new());
        for (comparison, learned) in comparisons.iter().zip(learned) {
            let missing: Vec<String> = (0..learned.len())
                .filter(|&level| learned[level].0.is_none() || learned[level].1.is_none())
                .map(|level| format!("\"{}\"", comparison.level_label(level)))
                .collect();
            if !missing.is_empty() {
                self.notes.push(format!(
                    "comparison \"{}\" has no m or no u for {}: Splink's starting values stand in, as they do in Splink",
                    comparison.name,
                    missing.join(", ")
                ));
            }
            let starting = starting_values(learned.len());
            let (m, u) = learned
                .iter()
                .zip(starting)
                .map(|((m, u), (m0, u0))| (m.unwrap_or(m0), u.unwrap_or(u0)))
                .unzip();
            let (m, u): (Vec<f64>, Vec<f64>) = (m, u);
            self.note_sum(&comparison.name, "m", &m);
            self.note_sum(&comparison.name, "u", &u);
            matches.push(m);
            strangers.push(u);
        }
        two_classes(prior, matches, strangers)
    }

    /// Splink takes each level's median over several trainings, which need not sum to 1.
    fn note_sum(&mut self, comparison: &str, name: &str, probabilities: &[f64]) {
        let sum: f64 = probabilities.iter().sum();
        if (sum - 1.0).abs() > 1e-3 {
            self.notes.push(format!(
                "the {name} of comparison \"{comparison}\" sum to {sum:.3}; they are kept as they are"
            ));
        }
    }

    fn blocking(&mut self, settings: &Map<String, Value>) -> Vec<BlockingRule> {
        let rules = settings.get("blocking_rules_to_generate_predictions").and_then(Value::as_array);
        let mut read = Vec::new();
        for (index, rule) in rules.into_iter().flatten().enumerate() {
            let number = index + 1;
            let object = rule.as_object();
            let Some(sql) = rule.as_str().or_else(|| object.and_then(|rule| text(rule, "blocking_rule")))
            else {
                self.bad(Some(format!("blocking rule {number}")), "has a blocking rule without SQL");
                continue;
            };
            let exploded = object.and_then(|rule| rule.get("arrays_to_explode")).and_then(Value::as_array);
            let rules = match exploded.filter(|columns| !columns.is_empty()) {
                Some(_) => Err(Refusal {
                    uses: "arrays_to_explode".into(),
                    todo: Some("remove the rule; Plait blocks on whole values and their parts"),
                }),
                None => level::blocking(sql),
            };
            match rules {
                Ok(rules) => {
                    if rules.len() > 1 {
                        self.notes.push(format!(
                            "blocking rule {number} contains OR and becomes {} rules that find the same pairs",
                            rules.len()
                        ));
                    }
                    read.extend(rules);
                }
                Err(refusal) => {
                    let fault = Fault::new(
                        FaultCode::SplinkForm,
                        format!(
                            "blocking rule {number} uses {}, which Plait does not translate",
                            refusal.uses
                        ),
                        refusal.todo.unwrap_or(
                            "write the rule with equalities of columns and their parts, or remove it",
                        ),
                    );
                    self.faults
                        .push(fault.at(self.file_name).because(format!("its SQL is {}", shortened(sql))));
                }
            }
        }
        read
    }

    fn note_unused(&mut self, settings: &Map<String, Value>) {
        let is_usual = |value: &Value, usual: &str| {
            usual.is_empty() || serde_json::from_str(usual).is_ok_and(|usual: Value| usual == *value)
        };
        let unused: Vec<&str> = UNUSED
            .iter()
            .filter(|(key, usual)| settings.get(*key).is_some_and(|value| !is_usual(value, usual)))
            .map(|(key, _)| *key)
            .collect();
        if !unused.is_empty() {
            self.notes
                .push(format!("settings that only steer Splink itself are not used: {}", unused.join(", ")));
        }
        if let Some(column) = text(settings, "unique_id_column_name") {
            self.notes.push(format!(
                "Splink names records by the column \"{column}\"; Plait finds the column that identifies records, or takes the one you name"
            ));
        }
        if let Some(column) = text(settings, "source_dataset_column_name") {
            self.notes.push(format!("Splink reads the source of a record from the column \"{column}\"; Plait takes one file per source"));
        }
        self.notes.push(format!(
            "Splink's settings hold no threshold: Plait links at a probability of {} and reviews from {}, unless you set others",
            ACCEPT.link, ACCEPT.review
        ));
        let known: Vec<&str> = UNUSED
            .iter()
            .map(|(key, _)| *key)
            .chain([
                "link_type",
                "sql_dialect",
                "probability_two_random_records_match",
                "comparisons",
                "blocking_rules_to_generate_predictions",
                "unique_id_column_name",
                "source_dataset_column_name",
            ])
            .collect();
        self.note_unknown_keys(settings, &known, "the file");
    }

    fn note_unknown_keys(&mut self, object: &Map<String, Value>, known: &[&str], what: &str) {
        let unknown: Vec<&str> =
            object.keys().map(String::as_str).filter(|key| !known.contains(key)).collect();
        if !unknown.is_empty() {
            self.notes.push(format!(
                "{what} has keys that Splink 5 does not write and Plait ignores: {}",
                unknown.join(", ")
            ));
        }
    }

    fn note_fixed(&mut self, level: &Map<String, Value>, place: &Place<'_>) {
        let fixed = |key: &str| level.get(key).and_then(Value::as_bool) == Some(true);
        if fixed("fix_m_probability") || fixed("fix_u_probability") {
            self.notes.push(format!(
                "{} has a fixed m or u; Plait keeps it until the model is trained again",
                place.words()
            ));
        }
    }

    /// Conditions that Splink tells apart and Plait does not, such as `a_l = a_r` and `lower(a_l) = lower(a_r)`.
    fn note_twins(&mut self, comparison: &Comparison) {
        for (index, level) in comparison.levels.iter().enumerate() {
            if let Some(first) =
                comparison.levels[..index].iter().position(|before| before.when == level.when)
            {
                self.notes.push(format!(
                    "level \"{}\" of comparison \"{}\" is never reached: Plait standardises values, and after that it is the same as level \"{}\"",
                    comparison.level_label(index),
                    comparison.name,
                    comparison.level_label(first)
                ));
            }
        }
    }

    fn refuse(&mut self, place: &Place<'_>, refusal: &Refusal, sql: &str) {
        let fault = Fault::new(
            FaultCode::SplinkForm,
            format!("{} uses {}, which Plait does not translate", place.words(), refusal.uses),
            refusal
                .todo
                .unwrap_or("remove the level, or replace it by one of Splink's own that compares one column"),
        );
        self.faults.push(fault.at(self.file_name).because(format!("its SQL is {}", shortened(sql))));
    }

    fn bad(&mut self, place: Option<String>, what: &str) {
        let place =
            place.map_or_else(|| self.file_name.to_owned(), |place| format!("{}, {place}", self.file_name));
        self.faults.push(
            Fault::new(
                FaultCode::BadModel,
                format!("{} {what}", self.file_name),
                "save the model again with linker.misc.save_model_to_json",
            )
            .at(place),
        );
    }
}

impl Place<'_> {
    fn words(&self) -> String {
        let label =
            if self.label.is_empty() { String::new() } else { format!(" (\"{}\")", shortened(self.label)) };
        format!("level {}{label} of comparison \"{}\"", self.level, self.comparison)
    }
}

/// Splink's m and u for levels that were not trained, the most similar level first.
/// Source: `_default_m_values` and `_default_u_values` of Splink 5.0.0.
fn starting_values(levels: usize) -> Vec<(f64, f64)> {
    const M_EXACT: f64 = 0.95;
    const WEIGHT_EXACT: f64 = 10.0;
    const WEIGHTS: (f64, f64) = (-5.0, 3.0);
    let others = levels.saturating_sub(1);
    let m = (1.0 - M_EXACT) / others as f64;
    let step = if others > 1 { (WEIGHTS.1 - WEIGHTS.0) / (others - 1) as f64 } else { 0.0 };
    let inexact = (0..others).rev().map(|level| (m, m / (WEIGHTS.0 + level as f64 * step).exp2()));
    std::iter::once((M_EXACT, M_EXACT / WEIGHT_EXACT.exp2())).chain(inexact).collect()
}

/// Splink's name for a comparison that has none.
fn default_name(levels: &[&Map<String, Value>]) -> String {
    let mut fields: Vec<String> = Vec::new();
    for level in levels {
        for field in level::fields_named(text(level, "sql_condition").unwrap_or_default()) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
    }
    if fields.len() == 1 { fields.remove(0) } else { format!("custom_{}", fields.join("_")) }
}

fn is_else(sql: &str) -> bool {
    sql.trim().eq_ignore_ascii_case("else")
}

fn text<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str)
}

/// A column as Splink's settings name it: with quotes or without.
fn unquoted(column: &str) -> String {
    match column.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => column.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings() -> Value {
        json!({
            "link_type": "dedupe_only",
            "probability_two_random_records_match": 0.01,
            "sql_dialect": "duckdb",
            "comparisons": [{
                "output_column_name": "surname",
                "comparison_levels": [
                    {"sql_condition": "\"surname_l\" IS NULL OR \"surname_r\" IS NULL", "is_null_level": true},
                    {"sql_condition": "\"surname_l\" = \"surname_r\"", "label_for_charts": "same",
                     "m_probability": 0.9, "u_probability": 0.1},
                    {"sql_condition": "ELSE", "m_probability": 0.1, "u_probability": 0.9}
                ]
            }]
        })
    }

    /// The settings with the value at a JSON pointer replaced, or added to its object.
    fn with(pointer: &str, value: Value) -> String {
        let mut settings = settings();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = settings.pointer_mut(parent).unwrap();
        match parent.as_array_mut() {
            Some(array) => array[key.parse::<usize>().unwrap()] = value,
            None => parent[key] = value,
        }
        settings.to_string()
    }

    fn complaints(json: &str) -> Vec<String> {
        import(json, "x.json").unwrap_err().into_iter().map(|fault| fault.what).collect()
    }

    fn notes(json: &str) -> Vec<String> {
        import(json, "x.json").unwrap().notes
    }

    #[test]
    fn probabilities_are_kept_digit_by_digit() {
        let number: f64 = 0.123_456_789_012_345_68;
        let model =
            import(&with("/comparisons/0/comparison_levels/1/m_probability", json!(number)), "x.json")
                .unwrap()
                .model;
        assert_eq!(model.classes[0].probabilities[0][0].to_bits(), number.to_bits());
        assert_eq!(model.classes[0].share.to_bits(), 0.01_f64.to_bits());
        assert_eq!(model.classes[1].share.to_bits(), 0.99_f64.to_bits());
    }

    #[test]
    fn what_is_no_settings_file_is_told() {
        assert_eq!(complaints("{"), ["x.json is not valid JSON"]);
        assert_eq!(import("{", "x.json").unwrap_err()[0].place.as_deref(), Some("x.json, line 1, column 1"));
        assert_eq!(complaints("[]"), ["x.json is not a Splink settings file: its JSON is not an object"]);
        assert_eq!(complaints("{}"), ["x.json has no link_type", "x.json has no comparisons"]);
    }

    #[test]
    fn impossible_probabilities_are_told_with_their_place() {
        let fault = &import(&with("/comparisons/0/comparison_levels/1/u_probability", json!(0.0)), "x.json")
            .unwrap_err()[0];
        assert_eq!(fault.what, "x.json has a u_probability that is not above 0");
        assert_eq!(fault.place.as_deref(), Some("x.json, level 2 (\"same\") of comparison \"surname\""));
        assert_eq!(
            complaints(&with("/probability_two_random_records_match", json!(1.0))),
            ["x.json has a probability_two_random_records_match that is not between 0 and 1"]
        );
    }

    #[test]
    fn another_dialect_is_refused() {
        assert_eq!(
            complaints(&with("/sql_dialect", json!("spark"))),
            ["the conditions of x.json are written in the SQL of spark"]
        );
    }

    #[test]
    fn a_refusal_says_where_with_what_sql_and_what_to_do() {
        let sql = json!("array_cosine_similarity(\"surname_l\", \"surname_r\") >= 0.9");
        let fault =
            &import(&with("/comparisons/0/comparison_levels/1/sql_condition", sql), "x.json").unwrap_err()[0];
        assert_eq!(
            fault.to_string(),
            "error[E017] level 2 (\"same\") of comparison \"surname\" uses array_cosine_similarity(…), which Plait does not \
             translate (x.json)\n  why: its SQL is array_cosine_similarity(\"surname_l\", \"surname_r\") >= 0.9\n  \
             do:  Plait compares words, not vectors; remove the level, or compare the text that the vector is of"
        );
    }

    #[test]
    fn levels_must_end_with_everything_else() {
        let complaint = "x.json has a comparison in which ELSE is not the last level";
        let sql = json!("\"surname_l\" = \"other_r\"");
        assert_eq!(complaints(&with("/comparisons/0/comparison_levels/2/sql_condition", sql)), [complaint]);
        assert_eq!(
            complaints(&with("/comparisons/0/comparison_levels/1/sql_condition", json!("ELSE"))),
            [complaint]
        );
    }

    #[test]
    fn more_levels_than_a_vector_holds_are_refused() {
        let mut levels = settings()["comparisons"][0]["comparison_levels"].as_array().unwrap().clone();
        for edits in 1..=14 {
            let sql = format!("levenshtein(\"surname_l\", \"surname_r\") <= {edits}");
            levels.insert(levels.len() - 1, json!({"sql_condition": sql}));
        }
        assert_eq!(
            complaints(&with("/comparisons/0/comparison_levels", json!(levels))),
            ["comparison \"surname\" has 16 levels beside the null level"]
        );
        levels.remove(2);
        assert!(import(&with("/comparisons/0/comparison_levels", json!(levels)), "x.json").is_ok());
    }

    #[test]
    fn a_term_frequency_without_exact_agreement_on_its_column_is_refused() {
        let found =
            complaints(&with("/comparisons/0/comparison_levels/1/tf_adjustment_column", json!("name")));
        assert_eq!(
            found,
            [
                "level \"same\" of comparison \"surname\" adjusts for term frequency without a level of exact agreement on that column"
            ]
        );
        let quoted = with("/comparisons/0/comparison_levels/1/tf_adjustment_column", json!("\"surname\""));
        let model = import(&quoted, "x.json").unwrap().model;
        let expected = TermFrequency { field: None, strength: 1.0, floor: 0.0 };
        assert_eq!(model.comparisons[0].levels[0].term_frequency, Some(expected));
    }

    #[test]
    fn a_level_that_training_never_saw_weighs_what_older_splinks_gave_it() {
        let json = with("/comparisons/0/comparison_levels/1/m_probability", json!(NOT_OBSERVED.0));
        assert_eq!(
            import(&json, "x.json").unwrap().model.classes[0].probabilities[0][0].to_bits(),
            1e-6_f64.to_bits()
        );
        assert!(notes(&json)[0].contains("was not seen in training"));
    }

    #[test]
    fn a_missing_null_level_is_noted() {
        let mut levels = settings()["comparisons"][0]["comparison_levels"].as_array().unwrap().clone();
        levels.remove(0);
        let json = with("/comparisons/0/comparison_levels", json!(levels));
        assert!(notes(&json)[0].starts_with("comparison \"surname\" has no null level"));
        assert_eq!(import(&json, "x.json").unwrap().model.comparisons[0].fields, ["surname"]);
    }

    #[test]
    fn what_is_not_used_is_noted() {
        let noted = |key: &str, value: Value, words: &str| {
            let notes = notes(&with(key, value));
            assert!(notes.iter().any(|note| note.contains(words)), "{notes:?}");
        };
        noted("/additional_columns_to_retain", json!(["town"]), "additional_columns_to_retain");
        noted("/unique_id_column_name", json!("rec_id"), "\"rec_id\"");
        noted("/source_dataset_column_name", json!("source"), "\"source\"");
        noted("/colour", json!("red"), "colour");
        noted("/comparisons/0/comparison_levels/1/fix_m_probability", json!(true), "fixed m or u");
        noted(
            "/comparisons/0/comparison_levels/1/m_probability",
            json!(0.5),
            "the m of comparison \"surname\" sum to 0.600",
        );
        assert_eq!(notes(&settings().to_string()).len(), 1, "only that thresholds are not in the file");
    }

    #[test]
    fn conditions_that_standardising_makes_equal_are_noted() {
        let mut levels = settings()["comparisons"][0]["comparison_levels"].as_array().unwrap().clone();
        levels.insert(2, json!({"sql_condition": "LOWER(\"surname_l\") = LOWER(\"surname_r\")", "label_for_charts": "lower"}));
        let notes = notes(&with("/comparisons/0/comparison_levels", json!(levels)));
        assert!(
            notes.iter().any(|note| note.starts_with("level \"lower\"") && note.contains("never reached")),
            "{notes:?}"
        );
    }

    #[test]
    fn starting_values_are_splinks() {
        // printed by _default_m_values and _default_u_values of Splink 5.0.0
        let check = |levels: usize, expected: &[(f64, f64)]| {
            for ((m, u), (m0, u0)) in starting_values(levels).into_iter().zip(expected) {
                assert!((m - m0).abs() < 1e-12 && (u - u0).abs() < 1e-12, "{levels}: {m} {u}");
            }
        };
        check(2, &[(0.95, 0.000_927_734_375), (0.05, 1.6)]);
        check(3, &[(0.95, 0.000_927_734_375), (0.025, 0.003_125), (0.025, 0.8)]);
    }
}
