//! Writing a settings file.

use plait_types::{Fault, FaultCode};
use serde::Serialize;

use super::{EMAIL_DOMAIN, EMAIL_LOCAL, POSTCODE_AREA, POSTCODE_DISTRICT, POSTCODE_SECTOR};
use crate::model::{
    BlockingRule, Class, Comparison, Condition, Edit, Level, LinkType, Measure, Missing, Model, Part, Test,
};

/// Writes a model as a settings file that Splink 5 loads, in `DuckDB`'s dialect, with the keys in Splink's order.
///
/// Splink reads dates where a condition is about dates from `DATE` columns and from ISO text, and lists from
/// list columns. Thresholds, clustering and the model's name have no place in the file. An untrained model is
/// written without m, u and prior.
///
/// # Errors
/// [`FaultCode::SplinkForm`], all at once: for each test that `DuckDB`'s SQL has no function for, for blocking by
/// sound, for deterministic rules, and for a model whose classes are not one of matches and one of strangers.
pub fn export(model: &Model) -> Result<String, Vec<Fault>> {
    let mut faults = Vec::new();
    let learned = learned(model, &mut faults);
    let mut names: Vec<String> = Vec::new();
    let comparisons = model
        .comparisons
        .iter()
        .enumerate()
        .map(|(index, comparison)| {
            let probabilities =
                learned.as_ref().map(|(m, u)| (&m.probabilities[index], &u.probabilities[index]));
            write_comparison(comparison, &mut names, probabilities, &mut faults)
        })
        .collect();
    let rules = model
        .blocking
        .iter()
        .enumerate()
        .filter_map(|(index, rule)| match blocking(rule) {
            Ok(blocking_rule) => Some(SettingsRule { blocking_rule, sql_dialect: DIALECT }),
            Err(lacks) => {
                faults.push(Fault::new(
                    FaultCode::SplinkForm,
                    format!("blocking rule {} uses {lacks}, which Splink's SQL does not have", index + 1),
                    "remove the rule or block on another part of the value",
                ));
                None
            }
        })
        .collect();
    for (index, rule) in model.deterministic.iter().enumerate() {
        faults.push(Fault::new(
            FaultCode::SplinkForm,
            format!(
                "deterministic rule {} ({}) links by itself, which Splink's settings cannot say",
                index + 1,
                rule.words()
            ),
            "remove the rule, or write it as a blocking rule and let the comparisons weigh it",
        ));
    }
    let settings = Settings {
        link_type: match model.link_type {
            LinkType::LinkOnly => "link_only",
            LinkType::DedupeOnly => "dedupe_only",
            LinkType::LinkAndDedupe => "link_and_dedupe",
        },
        probability_two_random_records_match: learned.map(|(m, _)| m.share),
        retain_matching_columns: true,
        retain_intermediate_calculation_columns: false,
        additional_columns_to_retain: [],
        sql_dialect: DIALECT,
        em_convergence: 0.0001,
        max_iterations: 25,
        match_weight_column_prefix: "mw_",
        term_frequency_adjustment_column_prefix: "tf_",
        comparison_vector_value_column_prefix: "gamma_",
        unique_id_column_name: "unique_id",
        source_dataset_column_name: "source_dataset",
        blocking_rules_to_generate_predictions: rules,
        comparisons,
    };
    if faults.is_empty() {
        Ok(serde_json::to_string_pretty(&settings).expect("plain strings and finite numbers serialise")
            + "\n")
    } else {
        Err(faults)
    }
}

const DIALECT: &str = "duckdb";

/// The file, in the order of the keys as Splink saves them.
#[derive(Serialize)]
struct Settings {
    link_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability_two_random_records_match: Option<f64>,
    retain_matching_columns: bool,
    retain_intermediate_calculation_columns: bool,
    additional_columns_to_retain: [&'static str; 0],
    sql_dialect: &'static str,
    em_convergence: f64,
    max_iterations: u32,
    match_weight_column_prefix: &'static str,
    term_frequency_adjustment_column_prefix: &'static str,
    comparison_vector_value_column_prefix: &'static str,
    unique_id_column_name: &'static str,
    source_dataset_column_name: &'static str,
    blocking_rules_to_generate_predictions: Vec<SettingsRule>,
    comparisons: Vec<SettingsComparison>,
}

#[derive(Serialize)]
struct SettingsRule {
    blocking_rule: String,
    sql_dialect: &'static str,
}

#[derive(Serialize)]
struct SettingsComparison {
    output_column_name: String,
    comparison_levels: Vec<SettingsLevel>,
    comparison_description: String,
}

#[derive(Default, Serialize)]
struct SettingsLevel {
    sql_condition: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_for_charts: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    m_probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    u_probability: Option<f64>,
    fix_m_probability: bool,
    fix_u_probability: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tf_adjustment_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tf_minimum_u_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tf_adjustment_weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_null_level: Option<bool>,
}

/// The class of matches and the class of strangers.
fn learned<'a>(model: &'a Model, faults: &mut Vec<Fault>) -> Option<(&'a Class, &'a Class)> {
    let (matches, strangers): (Vec<&Class>, Vec<&Class>) =
        model.classes.iter().partition(|class| class.is_match);
    match (matches.as_slice(), strangers.as_slice()) {
        ([], []) => None,
        ([matches], [strangers]) => {
            if let Some(together) = matches.together.first().or(strangers.together.first()) {
                let [first, second] = together.comparisons.map(|at| &*model.comparisons[at].name);
                faults.push(
                    Fault::new(
                        FaultCode::SplinkForm,
                        format!("{first} and {second} count together in the model, and Splink takes comparisons for independent"),
                        "remove the [[class.together]] tables from the model; its weights are then those of independent comparisons",
                    )
                    .because("pairs of people who have moved would weigh less in Splink than here"),
                );
            }
            Some((matches, strangers))
        }
        _ => {
            let classes: Vec<&str> = model.classes.iter().map(|class| class.name.as_str()).collect();
            faults.push(
                Fault::new(
                    FaultCode::SplinkForm,
                    format!("the model has the classes {}, and Splink knows two: matches and all others", classes.join(", ")),
                    "write a model with two [[class]] tables, one of them with is_match = true, link with it once, and export the model.toml of that run",
                )
                .because("the weights of a model with other classes cannot be written as one m and one u per level"),
            );
            None
        }
    }
}

fn write_comparison(
    comparison: &Comparison,
    names: &mut Vec<String>,
    learned: Option<(&Vec<f64>, &Vec<f64>)>,
    faults: &mut Vec<Fault>,
) -> SettingsComparison {
    let writer = Writer { comparison, dates: date_fields(comparison) };
    let mut levels = vec![SettingsLevel {
        sql_condition: writer.null_level(),
        label_for_charts: Some(format!("{} is NULL", comparison.fields.join(", "))),
        is_null_level: Some(true),
        ..SettingsLevel::default()
    }];
    for (index, level) in comparison.levels.iter().enumerate() {
        let sql = writer.level(level).and_then(|sql| {
            if level.term_frequency.is_some() && comparison.term_frequency_base(index).is_none() {
                return Err(
                    "a term-frequency adjustment without a level of plain agreement on that field".into()
                );
            }
            Ok(sql)
        });
        match sql {
            Ok(sql_condition) => levels.push(SettingsLevel {
                sql_condition,
                m_probability: learned.map(|(m, _)| m[index]),
                u_probability: learned.map(|(_, u)| u[index]),
                ..settings_level(comparison, level)
            }),
            Err(lacks) => faults.push(Fault::new(
                FaultCode::SplinkForm,
                format!(
                    "level \"{}\" of comparison \"{}\" uses {lacks}, which Splink does not have",
                    comparison.level_label(index),
                    comparison.name
                ),
                "remove the level or replace it by a similarity that Splink has (Jaro-Winkler, Jaro, Levenshtein, \
                 Damerau-Levenshtein, equal parts), train again and export that",
            )),
        }
    }
    SettingsComparison {
        output_column_name: column_name(&comparison.name, names),
        comparison_levels: levels,
        comparison_description: comparison.name.clone(),
    }
}

fn settings_level(comparison: &Comparison, level: &Level) -> SettingsLevel {
    let frequency = level.term_frequency.as_ref();
    SettingsLevel {
        label_for_charts: level.label.clone(),
        tf_adjustment_column: frequency
            .map(|tf| tf.field.clone().unwrap_or_else(|| comparison.fields[0].clone())),
        tf_minimum_u_value: frequency.map(|tf| tf.floor).filter(|&floor| floor > 0.0),
        tf_adjustment_weight: frequency.map(|tf| tf.strength),
        ..SettingsLevel::default()
    }
}

/// A name that Splink can put behind `gamma_` in a query, unique among those before it.
fn column_name(name: &str, names: &mut Vec<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == ' ' { c } else { '_' };
    let mut column: String = name.chars().map(plain).collect();
    while names.contains(&column) {
        column.push('_');
    }
    names.push(column.clone());
    column
}

fn blocking(rule: &BlockingRule) -> Result<String, String> {
    let side =
        |table: &str, (field, part): &(String, Part)| part_sql(&format!("{table}.{}", quoted(field)), *part);
    let keys: Result<Vec<String>, String> = rule
        .keys
        .iter()
        .map(|key| Ok(format!("{} = {}", side("l", &key.left)?, side("r", &key.right)?)))
        .collect();
    let keys = keys?;
    Ok(if keys.len() == 1 { keys.concat() } else { joined(&keys, "AND") })
}

/// Writes the conditions of one comparison.
struct Writer<'a> {
    comparison: &'a Comparison,
    /// Fields that hold dates, whose strings are compared as ISO text whatever the type of the column.
    dates: Vec<String>,
}

type Written = Result<String, String>;

impl Writer<'_> {
    fn null_level(&self) -> String {
        let one = |field: &String| {
            // a text that is no date is missing
            let is_date = self.dates.contains(field);
            let value = |column: String| if is_date { date(&column) } else { column };
            format!("{} IS NULL OR {} IS NULL", value(left(field)), value(right(field)))
        };
        match (self.comparison.fields.as_slice(), self.comparison.missing) {
            ([field], _) => one(field),
            (fields, Missing::All) => joined(&fields.iter().map(one).collect::<Vec<_>>(), "AND"),
            (fields, Missing::Any) => joined(&fields.iter().map(one).collect::<Vec<_>>(), "OR"),
        }
    }

    fn level(&self, level: &Level) -> Written {
        match &level.when {
            Condition::Else => Ok("ELSE".into()),
            condition => self.condition(condition),
        }
    }

    fn condition(&self, condition: &Condition) -> Written {
        match condition {
            Condition::Test(field, test) => {
                self.test(field.as_ref().unwrap_or(&self.comparison.fields[0]), test)
            }
            Condition::All(parts) => self.join(parts, "AND"),
            Condition::Any(parts) => self.join(parts, "OR"),
            // in SQL the negation of a test of a missing value is not true, in Plait it is
            Condition::Not(inner) => Ok(format!("NOT COALESCE({}, FALSE)", self.condition(inner)?)),
            Condition::Else => Err("\"otherwise\" inside a condition".into()),
        }
    }

    fn join(&self, parts: &[Condition], word: &str) -> Written {
        let parts: Vec<String> = parts.iter().map(|part| self.condition(part)).collect::<Result<_, _>>()?;
        if parts.is_empty() { Err(format!("an empty {word}")) } else { Ok(joined(&parts, word)) }
    }

    fn test(&self, field: &str, test: &Test) -> Written {
        let (l, r) = (left(field), right(field));
        let both = |name: &str| format!("{name}({}, {})", self.string(field, &l), self.string(field, &r));
        Ok(match test {
            Test::Same(Part::Whole) => format!("{l} = {r}"),
            Test::Same(part) => {
                let part = |column: &str| part_sql(&self.sliced(field, column, *part), *part);
                format!("{} = {}", part(&l)?, part(&r)?)
            }
            Test::AtLeast(measure, least) => format!("{} >= {least}", both(measure_name(*measure)?)),
            Test::PartAtLeast(part, measure, least) => {
                let name = measure_name(*measure)?;
                let part = |column: &str| part_sql(&self.sliced(field, column, *part), *part);
                format!("{name}({}, {}) >= {least}", part(&l)?, part(&r)?)
            }
            Test::AtMost(edit, most) => format!("{} <= {most}", both(edit_name(*edit)?)),
            Test::SwappedWith(other) => format!("{l} = {} AND {r} = {}", right(other), left(other)),
            Test::EqualsOther(other) => format!("{l} = {}", right(other)),
            Test::DayMonthSwapped => day_month_swapped(field),
            Test::WithinDays(_) | Test::WithinMonths(_) | Test::WithinYears(_) => {
                let seconds = u64::from(test.most_days().expect("a test of time")) * 86_400;
                format!("ABS(EPOCH({}) - EPOCH({})) <= {seconds}", date(&l), date(&r))
            }
            Test::NewYearsDay => return Err("dates on 1 January".into()),
            Test::SharesOther(_) => return Err("elements in common with another field".into()),
            Test::EitherRecorded => return Err("a value that is there on one side at least".into()),
            Test::WithinNumber(most) => format!("ABS({l} - {r}) <= {most}"),
            Test::WithinShare(share) => format!("{} {}", relative_difference(field), at_most(*share)),
            Test::InCommon(least) => format!("array_length(list_intersect({l}, {r})) >= {least}"),
            Test::BothAre(value) => {
                let value = value.replace('\'', "''");
                format!("{l} = '{value}' AND {r} = '{value}'")
            }
            Test::WithinKm(longitude, most) => format!("{} <= {most}", kilometres(field, longitude)),
            Test::Nickname => return Err("nicknames".into()),
            Test::Initials => return Err("initials".into()),
            Test::Subset => return Err("the words of a value within the other's".into()),
            Test::HalfOfDoubleBarrelled => return Err("halves of double-barrelled names".into()),
            Test::OneDigit => return Err("one different digit".into()),
            Test::Transposed => return Err("two exchanged neighbours".into()),
            Test::TwoOfThreeParts => return Err("two of three parts of a date".into()),
        })
    }

    /// The column as the string functions take it.
    fn string(&self, field: &str, column: &str) -> String {
        if self.dates.iter().any(|date| date == field) {
            format!("CAST({column} AS TEXT)")
        } else {
            column.to_owned()
        }
    }

    /// The column as the function that takes the part wants it.
    fn sliced(&self, field: &str, column: &str, part: Part) -> String {
        if is_date_part(part) { column.to_owned() } else { self.string(field, column) }
    }
}

fn left(field: &str) -> String {
    quoted(&format!("{field}_l"))
}

fn right(field: &str) -> String {
    quoted(&format!("{field}_r"))
}

fn quoted(column: &str) -> String {
    format!("\"{}\"", column.replace('"', "\"\""))
}

fn joined(parts: &[String], word: &str) -> String {
    parts.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(&format!(" {word} "))
}

/// A date in a column of dates or of ISO text.
fn date(column: &str) -> String {
    format!("TRY_CAST({column} AS DATE)")
}

/// `< 0.1` where Splink wrote that, of which we keep the next smaller number; else `<= 0.1`.
fn at_most(share: f64) -> String {
    let (at_most, below) = (share.to_string(), share.next_up().to_string());
    if below.len() < at_most.len() { format!("< {below}") } else { format!("<= {at_most}") }
}

fn is_date_part(part: Part) -> bool {
    matches!(part, Part::Year | Part::YearMonth | Part::YearDay | Part::MonthDay)
}

/// Fields that some level compares as dates.
fn date_fields(comparison: &Comparison) -> Vec<String> {
    fn collect(condition: &Condition, first: &str, into: &mut Vec<String>) {
        match condition {
            Condition::Test(field, Test::DayMonthSwapped | Test::TwoOfThreeParts) => {
                into.push(field.clone().unwrap_or_else(|| first.to_owned()));
            }
            Condition::Test(field, test) if test.most_days().is_some() => {
                into.push(field.clone().unwrap_or_else(|| first.to_owned()));
            }
            Condition::Test(field, Test::Same(part)) if is_date_part(*part) => {
                into.push(field.clone().unwrap_or_else(|| first.to_owned()));
            }
            Condition::All(parts) | Condition::Any(parts) => {
                for part in parts {
                    collect(part, first, into);
                }
            }
            Condition::Not(inner) => collect(inner, first, into),
            Condition::Test(..) | Condition::Else => {}
        }
    }
    let mut fields = Vec::new();
    for level in &comparison.levels {
        collect(&level.when, &comparison.fields[0], &mut fields);
    }
    fields
}

fn measure_name(measure: Measure) -> Result<&'static str, String> {
    match measure {
        Measure::Jaro => Ok("jaro_similarity"),
        Measure::JaroWinkler => Ok("jaro_winkler_similarity"),
        Measure::CharacterJaccard => Ok("jaccard"),
        Measure::Jaccard => Err("the Jaccard similarity of letter pairs".into()),
        Measure::Dice => Err("the Dice similarity".into()),
        Measure::Cosine => Err("the cosine similarity of words".into()),
        Measure::MongeElkan => Err("the Monge-Elkan similarity".into()),
    }
}

fn edit_name(edit: Edit) -> Result<&'static str, String> {
    match edit {
        Edit::Levenshtein => Ok("levenshtein"),
        Edit::DamerauLevenshtein => Ok("damerau_levenshtein"),
        Edit::Osa => Err("optimal string alignment".into()),
    }
}

fn part_sql(column: &str, part: Part) -> Result<String, String> {
    let extract =
        |pattern: &str, group: u8| format!("NULLIF(regexp_extract({column}, '{pattern}', {group}), '')");
    let format = |format: &str| format!("STRFTIME({}, '{format}')", date(column));
    Ok(match part {
        Part::Whole => column.to_owned(),
        Part::First(count) => format!("SUBSTRING({column}, 1, {count})"),
        Part::Last(count) => format!("RIGHT({column}, {count})"),
        Part::FirstWord => format!("SPLIT_PART({column}, ' ', 1)"),
        Part::LastWord => format!("SPLIT_PART({column}, ' ', -1)"),
        Part::Sector => extract(POSTCODE_SECTOR, 0),
        Part::District => extract(POSTCODE_DISTRICT, 0),
        Part::Area => extract(POSTCODE_AREA, 0),
        Part::Year => format!("YEAR({})", date(column)),
        Part::YearMonth => format("%Y-%m"),
        Part::YearDay => format("%Y-%d"),
        Part::MonthDay => format("%m-%d"),
        Part::LocalPart => extract(EMAIL_LOCAL, 0),
        Part::Domain => extract(EMAIL_DOMAIN, 1),
        Part::Soundex => return Err("the sound of a value (Soundex)".into()),
        Part::Metaphone => return Err("the sound of a value (Metaphone)".into()),
        Part::NotNewYearsDay => return Err("dates other than 1 January".into()),
        Part::Valid => return Err("the check of a number".into()),
        Part::AnyWord => return Err("any word of a value".into()),
        Part::AnyElement => return Err("any element of a list".into()),
        Part::ButOneLetter => return Err("values that agree but for one letter".into()),
        Part::SpellingFamily => return Err("spellings of names from other scripts".into()),
    })
}

/// Day and month of one date are month and day of the other.
pub(super) fn day_month_swapped(field: &str) -> String {
    let (l, r) = (date(&left(field)), date(&right(field)));
    format!("STRFTIME({l}, '%Y-%d-%m') = STRFTIME({r}, '%Y-%m-%d')")
}

/// The difference of two numbers as a share of the larger, as Splink's `PercentageDifferenceLevel` writes it.
pub(super) fn relative_difference(field: &str) -> String {
    let (l, r) = (left(field), right(field));
    format!("(ABS({l} - {r}) / (CASE WHEN {r} > {l} THEN {r} ELSE {l} END))")
}

/// The great-circle distance, as Splink's `DistanceInKMLevel` writes it.
pub(super) fn kilometres(latitude: &str, longitude: &str) -> String {
    let (lat_l, lat_r) = (left(latitude), right(latitude));
    let (long_l, long_r) = (left(longitude), right(longitude));
    let cosine = format!(
        "sin(radians({lat_l})) * sin(radians({lat_r})) \
         + cos(radians({lat_l})) * cos(radians({lat_r})) * cos(radians({long_r} - {long_l}))"
    );
    // rounding may leave the range of acos
    let bounded = format!("CASE WHEN ({cosine}) > 1 THEN 1 WHEN ({cosine}) < -1 THEN -1 ELSE ({cosine}) END");
    format!("CAST(acos({bounded}) * 6371 AS FLOAT)")
}

#[cfg(test)]
mod tests {
    use super::super::import;
    use super::*;
    use crate::model::{Accept, BlockingKey, Clustering, DeterministicRule, TermFrequency, Together};

    #[test]
    fn a_rule_that_links_by_itself_is_refused_by_its_words() {
        let mut model = model(Condition::exact());
        let keys = vec![BlockingKey::same("upn", Part::Whole)];
        model.deterministic = vec![DeterministicRule::of(keys)];
        let faults = export(&model).expect_err("there is no such thing");
        assert_eq!(
            faults[0].what,
            "deterministic rule 1 (same upn) links by itself, which Splink's settings cannot say"
        );
    }

    /// A comparison of `a` and `b` with one level and everything else.
    fn model(when: Condition) -> Model {
        let level = |when| Level { when, label: None, term_frequency: None };
        Model {
            name: "x".into(),
            link_type: LinkType::LinkAndDedupe,
            comparisons: vec![Comparison {
                name: "both".into(),
                fields: vec!["a".into(), "b".into()],
                missing: Missing::Any,
                levels: vec![level(when), level(Condition::Else)],
            }],
            blocking: vec![BlockingRule { keys: vec![BlockingKey::same("a", Part::Last(2))] }],
            deterministic: Vec::new(),
            accept: Accept { link: 0.95, review: 0.5 },
            clustering: Clustering::ConnectedComponents,
            classes: vec![
                Class {
                    name: "match".into(),
                    is_match: true,
                    share: 0.25,
                    probabilities: vec![vec![0.9, 0.1]],
                    together: Vec::new(),
                },
                Class {
                    name: "stranger".into(),
                    is_match: false,
                    share: 0.75,
                    probabilities: vec![vec![0.3, 0.7]],
                    together: Vec::new(),
                },
            ],
        }
    }

    fn complaints(model: &Model) -> Vec<String> {
        export(model).unwrap_err().into_iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn every_test_that_sql_has_is_read_back_as_it_was() {
        let parts = [
            Part::Whole,
            Part::First(3),
            Part::Last(2),
            Part::FirstWord,
            Part::LastWord,
            Part::Sector,
            Part::District,
            Part::Area,
            Part::Year,
            Part::YearMonth,
            Part::YearDay,
            Part::MonthDay,
            Part::LocalPart,
            Part::Domain,
        ];
        let mut tests: Vec<Test> = parts.into_iter().map(Test::Same).collect();
        tests.extend([
            Test::AtLeast(Measure::Jaro, 0.5),
            Test::AtLeast(Measure::JaroWinkler, 0.92),
            Test::AtLeast(Measure::CharacterJaccard, 1.0 / 3.0),
            Test::PartAtLeast(Part::LocalPart, Measure::JaroWinkler, 0.88),
            Test::PartAtLeast(Part::First(4), Measure::Jaro, 0.9),
            Test::AtMost(Edit::Levenshtein, 1),
            Test::AtMost(Edit::DamerauLevenshtein, 2),
            Test::SwappedWith("b".into()),
            Test::EqualsOther("b".into()),
            Test::DayMonthSwapped,
            Test::WithinDays(30),
            Test::WithinDays(u32::MAX),
            Test::WithinNumber(2.5),
            Test::WithinShare(0.1),
            Test::WithinShare(0.1_f64.next_down()),
            Test::InCommon(2),
            Test::BothAre("O'Dunmore".into()),
            Test::WithinKm("b".into(), 1.5),
        ]);
        for test in tests {
            let one = Condition::test(test.clone());
            let other = Condition::Test(Some("c \"d\"".into()), test);
            for when in [
                one.clone(),
                other.clone(),
                Condition::Not(Box::new(other.clone())),
                Condition::Any(vec![one, Condition::All(vec![other, Condition::exact()])]),
            ] {
                let model = model(when);
                let written = export(&model).unwrap();
                let read =
                    import(&written, "x.json").unwrap_or_else(|faults| panic!("{written}\n{faults:?}"));
                assert_eq!(read.model, model, "{written}");
            }
        }
    }

    #[test]
    fn dates_are_compared_as_text_where_text_is_wanted() {
        let mut model = model(Condition::test(Test::WithinDays(1)));
        let edits = Condition::test(Test::AtMost(Edit::Levenshtein, 1));
        model.comparisons[0].levels.insert(1, Level { when: edits, label: None, term_frequency: None });
        model.classes.clear();
        let written = export(&model).unwrap();
        assert!(
            written.contains(r#"levenshtein(CAST(\"a_l\" AS TEXT), CAST(\"a_r\" AS TEXT)) <= 1"#),
            "{written}"
        );
        assert!(written.contains(
            r#"ABS(EPOCH(TRY_CAST(\"a_l\" AS DATE)) - EPOCH(TRY_CAST(\"a_r\" AS DATE))) <= 86400"#
        ));
        assert!(
            written.contains(r#"TRY_CAST(\"a_l\" AS DATE) IS NULL OR TRY_CAST(\"a_r\" AS DATE) IS NULL"#)
        );
        assert!(!written.contains("\"m_probability\""), "an untrained model has no m");
    }

    #[test]
    fn months_and_years_are_read_back_as_their_days() {
        for (test, days) in [(Test::WithinMonths(2), 60), (Test::WithinYears(1), 365)] {
            let read = import(&export(&model(Condition::test(test))).unwrap(), "x.json").unwrap();
            assert_eq!(read.model, model(Condition::test(Test::WithinDays(days))));
        }
    }

    #[test]
    fn tests_that_sql_does_not_have_are_told_all_at_once() {
        let mut model = model(Condition::test(Test::Nickname));
        model.comparisons[0].levels[0].label = Some("short form".into());
        for part in [Part::Soundex, Part::AnyWord, Part::AnyElement, Part::ButOneLetter, Part::SpellingFamily]
        {
            model.blocking.push(BlockingRule { keys: vec![BlockingKey::same("a", part)] });
        }
        assert_eq!(
            complaints(&model),
            [
                "level \"short form\" of comparison \"both\" uses nicknames, which Splink does not have",
                "blocking rule 2 uses the sound of a value (Soundex), which Splink's SQL does not have",
                "blocking rule 3 uses any word of a value, which Splink's SQL does not have",
                "blocking rule 4 uses any element of a list, which Splink's SQL does not have",
                "blocking rule 5 uses values that agree but for one letter, which Splink's SQL does not have",
                "blocking rule 6 uses spellings of names from other scripts, which Splink's SQL does not have",
            ]
        );
    }

    #[test]
    fn more_than_two_classes_are_refused() {
        let mut model = model(Condition::exact());
        let mut household = model.classes[1].clone();
        household.name = "same household".into();
        model.classes.push(household);
        assert_eq!(
            complaints(&model),
            [
                "the model has the classes match, stranger, same household, and Splink knows two: matches and all others"
            ]
        );
    }

    #[test]
    fn comparisons_that_count_together_are_refused() {
        let mut model = model(Condition::exact());
        let other = Comparison { name: "other".into(), ..model.comparisons[0].clone() };
        model.comparisons.push(other);
        for class in &mut model.classes {
            class.probabilities.push(vec![0.5, 0.5]);
            class.together.push(Together { comparisons: [0, 1], ratios: vec![vec![1.0; 2]; 2] });
        }
        assert_eq!(
            complaints(&model),
            ["both and other count together in the model, and Splink takes comparisons for independent"]
        );
    }

    #[test]
    fn a_term_frequency_that_splink_would_refuse_is_refused_here() {
        let mut model = model(Condition::test(Test::AtMost(Edit::Levenshtein, 1)));
        let mut level = model.comparisons[0].levels[0].clone();
        level.label = Some("near".into());
        level.term_frequency = Some(TermFrequency { field: None, strength: 0.0, floor: 0.1 });
        model.comparisons[0].levels[0] = level;
        assert_eq!(
            complaints(&model),
            [
                "level \"near\" of comparison \"both\" uses a term-frequency adjustment without a level of plain agreement on that field, which Splink does not have"
            ]
        );
        model.comparisons[0].levels[0].when = Condition::exact();
        let written = export(&model).unwrap();
        assert!(written.contains("\"tf_adjustment_weight\": 0.0"), "Splink takes an absent weight for 1");
        assert_eq!(import(&written, "x.json").unwrap().model, model);
    }

    #[test]
    fn names_that_splink_cannot_put_into_a_query_are_changed() {
        let mut names = Vec::new();
        assert_eq!(column_name("Date of birth", &mut names), "Date of birth");
        assert_eq!(column_name("e-mail", &mut names), "e_mail");
        assert_eq!(column_name("e.mail", &mut names), "e_mail_");
    }
}
