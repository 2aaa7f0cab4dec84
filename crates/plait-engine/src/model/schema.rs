//! The shape of a model file: the types that it reads into, and their JSON Schema for editors.
//!
//! The schema is the only list of keys, kinds and ranges: the reader checks files against it, so an editor and
//! `plait model check` cannot disagree.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use plait_types::Role;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{BoolDeserializer, MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde_json::{Value, json};
use toml::Spanned;

use super::{Clustering, LinkType, Missing, text};

/// The JSON Schema of a model file, for completion and checks in editors; ends in a newline.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schema_value()).expect("a schema is plain JSON");
    text.push('\n');
    text
}

pub(super) fn schema_value() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(WithoutNull));
    settings.into_generator().into_root_schema_for::<ModelToml>().to_value()
}

/// Names in model files, and what they mean in a sentence that starts "it looks at".
pub(super) const LINK_TYPES: &[(LinkType, &str, &str)] = &[
    (LinkType::LinkOnly, "link_only", "pairs of records from different sources only"),
    (LinkType::DedupeOnly, "dedupe_only", "all pairs of records within one source"),
    (LinkType::LinkAndDedupe, "link_and_dedupe", "all pairs of records, within and between sources"),
];

/// Names in model files, and what they mean as a sentence.
pub(super) const CLUSTERINGS: &[(Clustering, &str, &str)] = &[
    (
        Clustering::ConnectedComponents,
        "connected_components",
        "everything that links reach is one person, however long the chain",
    ),
    (
        Clustering::BestLink,
        "best_link",
        "each record keeps only links that are the best for one of their ends",
    ),
    (
        Clustering::OneToOne,
        "one_to_one",
        "at most one record of each source is in a person, chosen to maximise the total weight",
    ),
    (
        Clustering::Correlation,
        "correlation",
        "records are one person where the evidence over all pairs of them speaks for it",
    ),
];

/// Names in model files, and what they mean after "says nothing when".
pub(super) const MISSINGS: &[(Missing, &str, &str)] = &[
    (Missing::All, "all", "every field is missing on at least one side"),
    (Missing::Any, "any", "some field is missing on at least one side"),
];

/// The value of a name in one of these tables.
pub(super) fn by_name<T: Copy>(rows: &[(T, &str, &str)], name: &str) -> Option<T> {
    rows.iter().find(|row| row.1 == name).map(|row| row.0)
}

/// The row of a value.
pub(super) fn row<T: PartialEq>(
    rows: &'static [(T, &'static str, &'static str)],
    value: &T,
) -> &'static (T, &'static str, &'static str) {
    rows.iter().find(|row| row.0 == *value).expect("every value has a row")
}

/// A Plait linkage model: what is compared, how pairs are found, when they are linked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlaitModel")]
pub(super) struct ModelToml {
    /// Version of this form of file.
    #[schemars(required, with = "i64", extend("const" = 1))]
    pub(super) format: Option<Spanned<i64>>,
    /// What people call the model. Default: the name of the file.
    pub(super) model: Option<String>,
    /// Which pairs of records are looked at. Default: decided from the sources.
    #[serde(default)]
    #[schemars(schema_with = "link_types")]
    pub(super) link_type: Option<String>,
    /// How links become people. Default: `connected_components`.
    #[serde(default)]
    #[schemars(schema_with = "clusterings")]
    pub(super) clustering: Option<String>,
    /// What columns mean, where it should not be inferred: header = role.
    #[serde(default)]
    #[schemars(schema_with = "columns")]
    pub(super) columns: BTreeMap<Spanned<String>, Spanned<String>>,
    /// How one field, or a group of fields, is compared; at least one, or deterministic rules, beside which the comparisons
    /// are then chosen from the data.
    #[schemars(with = "Option<Vec<CompareToml>>", length(min = 1))]
    pub(super) compare: Option<Vec<Spanned<CompareToml>>>,
    /// Which pairs are compared at all: those that agree on every key of any of these rules. Default: chosen from the data.
    #[serde(default)]
    pub(super) candidates: Vec<CandidatesToml>,
    /// Which pairs are linked whatever they weigh, the strongest rule first. Default: none.
    #[serde(default)]
    pub(super) deterministic: Vec<DeterministicToml>,
    /// When a candidate pair becomes a link.
    pub(super) accept: Option<AcceptToml>,
    /// What the model has learned, matches first; written by Plait.
    #[serde(default)]
    #[schemars(with = "Vec<ClassToml>")]
    pub(super) class: Vec<Spanned<ClassToml>>,
}

/// How one field, or a group of fields, is compared.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Comparison")]
pub(super) struct CompareToml {
    /// What charts and explanations call it; unique. Default: the field.
    #[schemars(with = "Option<String>")]
    pub(super) name: Option<Spanned<String>>,
    /// The field compared: a role such as surname, or a header.
    #[schemars(with = "Option<String>")]
    pub(super) field: Option<Spanned<String>>,
    /// The fields compared, where there are several; levels that name no field are about the first.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    pub(super) fields: Option<Vec<Spanned<String>>>,
    /// When a comparison of several fields says nothing. Default: all.
    #[serde(default)]
    #[schemars(schema_with = "missings")]
    pub(super) missing: Option<String>,
    /// Whether agreement on a rare value counts for more: true, or a table, for the exact level.
    pub(super) term_frequency: Option<ShortOr<bool, TermFrequencyToml>>,
    /// Tried in order; the first that holds is the level of the pair. At most 15. A last level "else" is added if it is not there.
    #[schemars(required, with = "Vec<ShortOr<ConditionText, LevelToml>>", length(min = 1, max = 15))]
    pub(super) levels: Option<Vec<Spanned<ShortOr<String, LevelToml>>>>,
}

/// A level with a label or an adjustment of its own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Level")]
pub(super) struct LevelToml {
    /// When a pair is at this level.
    #[schemars(required, with = "ConditionText")]
    pub(super) when: Option<Spanned<String>>,
    /// What charts call it. Default: the condition in words.
    pub(super) label: Option<String>,
    /// Whether agreement on a rare value counts for more.
    pub(super) term_frequency: Option<ShortOr<bool, TermFrequencyToml>>,
}

/// How the frequency of the value adjusts the weight.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TermFrequency")]
pub(super) struct TermFrequencyToml {
    /// 1 is the full adjustment, 0 none. Default: 1.
    #[schemars(range(min = 0, max = 1))]
    pub(super) strength: Option<f64>,
    /// Frequencies below this count as this. Default: 0.
    #[schemars(range(min = 0, max = 1))]
    pub(super) floor: Option<f64>,
    /// The field whose frequencies count. Default: the first field of the comparison.
    #[schemars(with = "Option<String>")]
    pub(super) field: Option<Spanned<String>>,
}

/// One rule that makes candidate pairs.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Candidates")]
pub(super) struct CandidatesToml {
    /// Keys that must all agree.
    #[schemars(required, with = "Vec<KeyText>", length(min = 1))]
    pub(super) same: Option<Vec<Spanned<String>>>,
}

/// One rule that links the pairs that agree on its keys.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Deterministic")]
pub(super) struct DeterministicToml {
    /// What outputs call it. Default: its keys.
    pub(super) name: Option<String>,
    /// Of rules in passes, the number of its pass, from 1: pairs of which both records are linked to the other's source by an
    /// earlier pass are left out. Default: none; such rules come before all passes.
    #[schemars(with = "Option<i64>")]
    pub(super) pass: Option<Spanned<i64>>,
    /// Keys that must all agree.
    #[schemars(required, with = "Vec<KeyText>", length(min = 1))]
    pub(super) same: Option<Vec<Spanned<String>>>,
    /// Fields: only for pairs whose sources both have values of these. Default: none.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) sources_with: Vec<Spanned<String>>,
    /// A pair with different values in one of these goes to review instead. Default: none.
    #[serde(default)]
    #[schemars(with = "Vec<GuardText>")]
    pub(super) unless_different: Vec<Spanned<String>>,
    /// Fields: a pair with two values in one of these that are not the same to the letter is not the rule's at all. Default: none.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) unless_unequal: Vec<Spanned<String>>,
    /// Whether a pair goes to review instead where one of its records has other such pairs with the other's source. Default: false.
    #[serde(default)]
    pub(super) unless_ambiguous: bool,
}

/// When a candidate pair becomes a link or goes to review.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Accept")]
pub(super) struct AcceptToml {
    /// Pairs of at least this match probability are linked. Default: 0.95.
    #[schemars(with = "Option<f64>", range(min = 0, max = 1))]
    pub(super) match_probability: Option<Spanned<f64>>,
    /// Pairs of at least this match probability that are not linked go to review. Default: 0.5.
    #[schemars(with = "Option<f64>", range(min = 0, max = 1))]
    pub(super) review_from: Option<Spanned<f64>>,
}

/// One kind of pair and what the model has learned about it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Class")]
pub(super) struct ClassToml {
    /// match, stranger, same household …
    #[schemars(required, with = "String")]
    pub(super) name: Option<Spanned<String>>,
    /// Whether pairs of this class are of one person.
    #[schemars(required, with = "bool")]
    pub(super) is_match: Option<bool>,
    /// Share of all record pairs; the shares of all classes sum to 1.
    #[schemars(required, with = "f64", range(min = 0, max = 1))]
    pub(super) share: Option<f64>,
    /// For each comparison: the probability of each of its levels in this class; they sum to 1.
    #[schemars(required, with = "BTreeMap<String, Vec<Probability>>")]
    pub(super) probability: Option<BTreeMap<Spanned<String>, Spanned<Vec<f64>>>>,
    /// Comparisons whose findings are not independent within the class.
    #[serde(default)]
    #[schemars(with = "Vec<TogetherToml>")]
    pub(super) together: Vec<Spanned<TogetherToml>>,
}

/// How often the findings of two comparisons come together, beside how often they would if they had nothing to do with each
/// other.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Together")]
pub(super) struct TogetherToml {
    /// The names of the two comparisons.
    pub(super) comparisons: [String; 2],
    /// For each level of the first, for each level of the second: the probability of both / the product of the two
    /// probabilities.
    pub(super) ratio: Vec<Vec<f64>>,
}

/// Something written short, or as a table with more to say.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
pub(super) enum ShortOr<S, T> {
    /// The short form.
    Short(S),
    /// The table.
    Table(T),
}

/// By hand, because an untagged enum of serde forgets the spans inside.
impl<'de, S: Deserialize<'de>, T: Deserialize<'de>> Deserialize<'de> for ShortOr<S, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<S, T>(PhantomData<(S, T)>);

        impl<'de, S: Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for Either<S, T> {
            type Value = ShortOr<S, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the short form or a table")
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
                let value: BoolDeserializer<E> = value.into_deserializer();
                S::deserialize(value).map(ShortOr::Short)
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Self::Value, E> {
                let value: StrDeserializer<'_, E> = value.into_deserializer();
                S::deserialize(value).map(ShortOr::Short)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(ShortOr::Table)
            }
        }

        deserializer.deserialize_any(Either(PhantomData))
    }
}

/// A condition on the two values of a field, for example `exact`, `same sector`, `jaro_winkler >= 0.92`,
/// `day and month swapped`, `surname: exact`. Joined by `and`, `or`, `not` and brackets.
#[derive(JsonSchema)]
#[schemars(extend("examples" = text::forms()))]
struct ConditionText(#[expect(dead_code, reason = "the type stands for its schema")] String);

/// A field and, if not all of its value, a part of it: `date_of_birth`, `surname soundex`, `forename first 3`;
/// `forename = surname` for different fields on the two sides.
#[derive(JsonSchema)]
#[schemars(extend("examples" = key_examples()))]
struct KeyText(#[expect(dead_code, reason = "the type stands for its schema")] String);

/// A field, or several joined by `and` that must all be different: `date_of_birth`, `date_of_birth and sex`.
#[derive(JsonSchema)]
#[schemars(extend("examples" = ["date_of_birth", "date_of_birth and sex"]))]
struct GuardText(#[expect(dead_code, reason = "the type stands for its schema")] String);

/// Between 0 and 1.
#[derive(JsonSchema)]
#[schemars(inline)]
struct Probability(
    #[schemars(range(min = 0, max = 1))]
    #[expect(dead_code, reason = "the type stands for its schema")]
    f64,
);

fn key_examples() -> Vec<String> {
    let whole = ["date_of_birth".to_string(), "forename = surname".to_string()];
    whole.into_iter().chain(text::key_parts().iter().map(|part| format!("surname {part}"))).collect()
}

fn link_types(_: &mut SchemaGenerator) -> Schema {
    choices(LINK_TYPES.iter().map(|row| (row.1, row.2)))
}

fn clusterings(_: &mut SchemaGenerator) -> Schema {
    choices(CLUSTERINGS.iter().map(|row| (row.1, row.2)))
}

fn missings(_: &mut SchemaGenerator) -> Schema {
    choices(MISSINGS.iter().map(|row| (row.1, row.2)))
}

fn columns(_: &mut SchemaGenerator) -> Schema {
    let roles = choices(Role::all().map(|role| (role.name(), role.words())));
    json_schema!({ "type": "object", "additionalProperties": roles })
}

/// One of several names; the form that editors show with descriptions.
fn choices<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) -> Schema {
    let rows: Vec<Value> = rows.map(|(name, words)| json!({ "const": name, "description": words })).collect();
    json_schema!({ "type": "string", "oneOf": rows })
}

/// TOML has no null, and a default that is absent says nothing.
#[derive(Clone, Copy)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        let Some(object) = schema.as_object_mut() else { return };
        object.remove("default");
        if let Some(Value::Array(kinds)) = object.get_mut("type") {
            kinds.retain(|kind| kind != "null");
            if let [only] = kinds.as_slice() {
                let only = only.clone();
                object.insert("type".into(), only);
            }
        }
        let Some(Value::Array(branches)) = object.get_mut("anyOf") else { return };
        branches.retain(|branch| branch.get("type") != Some(&json!("null")));
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_describes_every_key_and_allows_no_other() {
        let schema = schema_value();
        let tables = schema["$defs"].as_object().expect("there are definitions").values().chain([&schema]);
        let mut n_tables = 0;
        for table in tables.filter(|table| table.get("properties").is_some()) {
            n_tables += 1;
            assert_eq!(table["additionalProperties"], false, "{table}");
            for (key, value) in table["properties"].as_object().expect("properties are a map") {
                assert!(value["description"].is_string(), "{key} has no description");
            }
        }
        assert_eq!(n_tables, 9);
        assert!(!schema.to_string().contains("null"));
    }

    #[test]
    fn roles_and_conditions_are_offered_to_editors() {
        let schema = schema();
        for expected in
            ["\"date_of_birth\"", "\"jaro_winkler >= 0.9\"", "\"surname soundex\"", "\"one_to_one\""]
        {
            assert!(schema.contains(expected), "{expected}");
        }
    }
}
