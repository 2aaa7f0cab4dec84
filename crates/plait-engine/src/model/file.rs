//! A model as a file: TOML that people write and Plait completes.
//!
//! ```toml
#![doc = include_str!("example.toml")]
//! ```
//!
//! [`read`] reports every problem at once, each with line, column and what to write instead. [`write()`] prints the
//! same model with comments; what it prints reads back as the same model, to the last bit of every probability.

use std::fmt::Write as _;
use std::ops::Range;
use std::str::FromStr;

use crate::records::SOURCE_OF_RECORD;
use plait_types::{Fault, FaultCode, Role, nearest};
use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use crate::clustering::Components;
use crate::comparison::ComparisonVector;

use super::schema::{self, CLUSTERINGS, LINK_TYPES, MISSINGS, ModelToml, ShortOr, by_name};
use super::structure::{Faults, conform};
use super::text::TextError;
use super::{
    Accept, BlockingKey, BlockingRule, Class, Clustering, Comparison, Condition, DeterministicRule, Guard,
    Level, LinkType, Missing, Model, TermFrequency, Together,
};

/// The form of file that this program writes, and the only one that it reads.
const FORMAT: i64 = 1;

/// Where a file does not say.
const DEFAULT_ACCEPT: Accept = Accept { link: 0.95, review: 0.5 };

/// Levels per comparison, so that a comparison vector packs into 64 bits.
const MAX_LEVELS: usize = 15;

/// How far from 1 a sum of shares may be.
const SUM_TOLERANCE: f64 = 1e-6;
/// What a sum of probabilities of levels may be: Splink's are medians of several trainings, each by itself, and its
/// starting values sum to as much as 1.6. Weights are the ratios of the numbers as they stand.
const PROBABILITY_SUMS: std::ops::RangeInclusive<f64> = 0.8..=2.0;

/// A model and what else its file says.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile {
    /// The model.
    pub model: Model,
    /// Headers and the roles that replace the inferred ones, in the order of the file.
    pub columns: Vec<(String, Role)>,
    /// Whether the file says which pairs are looked at. If not, `model.link_type` is [`LinkType::LinkOnly`] until the
    /// caller, who knows the sources, decides.
    pub states_link_type: bool,
    /// Where the file names fields, for [`check_fields`]; empty for a model that is not from a file.
    pub places: Vec<FieldPlace>,
}

/// A field name in a model file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPlace {
    /// As it is written.
    pub field: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// The fields of one source that a model may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFields {
    /// What people call the source: its file name.
    pub name: String,
    /// Roles and headers.
    pub fields: Vec<String>,
}

impl From<Model> for ModelFile {
    fn from(model: Model) -> Self {
        Self { model, columns: Vec::new(), states_link_type: true, places: Vec::new() }
    }
}

/// Places that are not TOML of which each has its message; of one mistake there may be hundreds.
const MOST_TOML_FAULTS: usize = 5;

/// Reads a model file. `file_name` is for messages, and names a model that has no name.
///
/// # Errors
/// Every problem, in the order of the file. Where the text is not TOML at all, only what is wrong with it as TOML.
pub fn read(text: &str, file_name: &str) -> Result<ModelFile, Vec<Fault>> {
    let mut faults = Faults::new(text, file_name);
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty()
        && !["format", "[[compare]]", "[[class]]", "[[candidates]]"]
            .iter()
            .any(|word| text.lines().any(|line| line.trim_start().starts_with(word)))
    {
        return Err(vec![
            Fault::new(
                FaultCode::BadModel,
                "the file is not a model",
                "name a model file: model.toml in the folder of a run, or one that plait model new writes",
            )
            .at(file_name)
            .because("it is not TOML, and holds nothing that a model holds"),
        ]);
    }
    let n_errors = errors.len();
    for error in errors.into_iter().take(MOST_TOML_FAULTS) {
        let at = error.span().map_or(0, |span| span.start);
        let what = format!("the file is not valid TOML: {}", error.message());
        faults.add(
            at,
            Fault::new(
                FaultCode::BadModel,
                what,
                "correct the line: text has quotes at both ends, lists have brackets and commas",
            ),
        );
    }
    if !faults.is_empty() {
        let mut faults = faults.into_sorted();
        if n_errors > MOST_TOML_FAULTS {
            let what = format!("{} more places are not valid TOML", n_errors - MOST_TOML_FAULTS);
            let todo = "correct those above first; they are often the cause of the others";
            faults.push(Fault::new(FaultCode::BadModel, what, todo).at(file_name));
        }
        return Err(faults);
    }
    let says_what_counts =
        root.get_ref().keys().any(|key| ["compare", "deterministic"].contains(&key.get_ref().as_ref()));
    let root = conform(&schema::schema_value(), root, &mut faults);
    match ModelToml::deserialize(toml::de::Deserializer::from(root)) {
        Ok(file) => Reader { faults, places: Vec::new() }.file(file, file_name, says_what_counts),
        // what conforms deserialises, but a number can still be too large for its type
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let what = error.message().to_lowercase();
            faults.add(at, Fault::new(FaultCode::BadModel, what, "correct the value"));
            Err(faults.into_sorted())
        }
    }
}

/// Reports the fields and columns that a model names and no source has.
pub fn check_fields(file: &ModelFile, file_name: &str, sources: &[SourceFields]) -> Vec<Fault> {
    let mut wanted: Vec<String> = file.columns.iter().map(|(header, _)| header.clone()).collect();
    wanted.extend(file.model.fields());
    let place_of = |field: &str| file.places.iter().find(|place| place.field == field);
    wanted.sort_by_key(|field| place_of(field).map(|place| (place.line, place.column)));
    let mut faults: Vec<Fault> = Vec::new();
    let known = || sources.iter().flat_map(|source| &source.fields).map(String::as_str);
    for (index, field) in wanted.iter().enumerate() {
        if field == SOURCE_OF_RECORD || known().any(|name| name == *field) || wanted[..index].contains(field)
        {
            continue;
        }
        let todo = match nearest(field, known()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "use one of these columns, or take it out of the model".into(),
        };
        let what = match sources {
            [only] => format!("column \"{field}\" is not in {}", only.name),
            _ => format!("column \"{field}\" is in none of the sources"),
        };
        let lists: Vec<String> = sources.iter().map(fields_of_source).collect();
        let fault = Fault::new(FaultCode::UnknownColumn, what, todo).because(lists.join("; "));
        faults.push(match place_of(field) {
            Some(place) => fault.at(format!("{file_name} line {}, column {}", place.line, place.column)),
            None => fault,
        });
    }
    faults
}

fn fields_of_source(source: &SourceFields) -> String {
    const SHOWN: usize = 20;
    let shown = &source.fields[..source.fields.len().min(SHOWN)];
    let more = source.fields.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} has {}{more}", source.name, shown.join(", "))
}

impl Model {
    /// Every field that comparisons, levels, blocking rules and deterministic rules name, in that order; some more than
    /// once.
    pub fn fields(&self) -> Vec<String> {
        let mut names = Vec::new();
        for comparison in &self.comparisons {
            names.extend_from_slice(&comparison.fields);
            for level in &comparison.levels {
                level.when.collect_fields(&mut names);
                names.extend(level.term_frequency.iter().filter_map(|adjustment| adjustment.field.clone()));
            }
        }
        let blocking = self.blocking.iter().flat_map(|rule| &rule.keys);
        let deterministic = self.deterministic.iter().flat_map(|rule| &rule.keys);
        names.extend(blocking.chain(deterministic).flat_map(BlockingKey::fields).map(str::to_string));
        let guards = self.deterministic.iter().flat_map(|rule| &rule.unless_different);
        names.extend(guards.flat_map(|guard| guard.fields.iter().cloned()));
        let others =
            |rule: &DeterministicRule| [rule.sources_with.clone(), rule.unless_unequal.clone()].concat();
        names.extend(self.deterministic.iter().flat_map(others));
        names
    }
}

impl BlockingKey {
    /// The field of each side.
    fn fields(&self) -> [&str; 2] {
        [&self.left.0, &self.right.0]
    }
}

// ---- reading

struct Reader<'a> {
    faults: Faults<'a>,
    places: Vec<FieldPlace>,
}

impl Reader<'_> {
    /// `says_what_counts` is whether the file has comparisons or rules, if only such as cannot be read.
    fn file(
        mut self,
        file: ModelToml,
        file_name: &str,
        says_what_counts: bool,
    ) -> Result<ModelFile, Vec<Fault>> {
        if let Some(format) = file.format.filter(|format| *format.get_ref() != FORMAT) {
            let what =
                format!("the model is of format {}, and this program reads {FORMAT}", format.get_ref());
            self.complain(format.span().start, what, "write `format = 1`, or use a newer plait");
        }
        let columns = self.columns(file.columns);
        if file.compare.is_none() && file.deterministic.is_empty() && !says_what_counts {
            self.complain(
                0,
                "the file has no `compare`",
                "add `compare`: how one field, or a group of fields, is compared",
            );
        }
        if let (None, Some(class)) = (&file.compare, file.class.first()) {
            self.complain(
                class.span().start,
                "the file has what was learned, and no `compare` that it was learned of",
                "add the comparisons, or remove all [[class]] tables to learn again",
            );
        }
        let comparisons = self.comparisons(file.compare.unwrap_or_default());
        let blocking = file.candidates.into_iter().map(|rule| self.rule(rule)).collect();
        let deterministic = self.deterministic_rules(file.deterministic);
        let accept = self.accept(file.accept);
        let classes = self.classes(file.class, &comparisons);
        if !self.faults.is_empty() {
            return Err(self.faults.into_sorted());
        }
        let link_type = file.link_type.and_then(|name| by_name(LINK_TYPES, &name));
        let clustering = file.clustering.and_then(|name| by_name(CLUSTERINGS, &name));
        let model = Model {
            name: file.model.unwrap_or_else(|| stem(file_name).to_string()),
            link_type: link_type.unwrap_or(LinkType::LinkOnly),
            comparisons,
            blocking,
            deterministic,
            accept,
            clustering: clustering.unwrap_or(Clustering::ConnectedComponents),
            classes,
        };
        Ok(ModelFile { model, columns, states_link_type: link_type.is_some(), places: self.places })
    }

    fn columns(
        &mut self,
        columns: impl IntoIterator<Item = (Spanned<String>, Spanned<String>)>,
    ) -> Vec<(String, Role)> {
        let mut in_file_order: Vec<_> = columns.into_iter().collect();
        in_file_order.sort_by_key(|(header, _)| header.span().start);
        let with_role = in_file_order.into_iter().filter_map(|(header, role)| {
            self.mention(header.get_ref(), header.span());
            Some((header.into_inner(), Role::from_name(role.get_ref())?))
        });
        with_role.collect()
    }

    fn comparisons(&mut self, tables: Vec<Spanned<schema::CompareToml>>) -> Vec<Comparison> {
        let mut comparisons: Vec<Comparison> = Vec::new();
        for table in tables {
            let at = table.span().start;
            let table = table.into_inner();
            let name_at = table.name.as_ref().or(table.field.as_ref()).map_or(at, |name| name.span().start);
            let Some(comparison) = self.comparison(table, at) else { continue };
            if comparisons.iter().any(|other| other.name == comparison.name) {
                let what = format!("two comparisons are named \"{}\"", comparison.name);
                self.complain(name_at, what, "give one of them another `name`, or remove it");
            }
            comparisons.push(comparison);
            if comparisons.len() == ComparisonVector::MAX_COMPARISONS + 1 {
                let what = format!("a model compares at most {} things", ComparisonVector::MAX_COMPARISONS);
                self.complain(at, what, "take out comparisons that say the same as others");
            }
        }
        comparisons
    }

    fn comparison(&mut self, table: schema::CompareToml, at: usize) -> Option<Comparison> {
        let fields = match (table.field, table.fields) {
            (Some(field), None) => vec![field],
            (None, Some(fields)) => fields,
            (None, None) => {
                self.complain(
                    at,
                    "the comparison names no field",
                    "add `field = \"…\"` or `fields = [\"…\", \"…\"]`",
                );
                Vec::new()
            }
            (Some(field), Some(_)) => {
                let what = "the comparison has both `field` and `fields`";
                self.complain(field.span().start, what, "keep one of them");
                vec![field]
            }
        };
        for field in &fields {
            self.mention(field.get_ref(), field.span());
        }
        let fields: Vec<String> = fields.into_iter().map(Spanned::into_inner).collect();
        let levels = table.levels.unwrap_or_default();
        let spans: Vec<usize> = levels.iter().map(|level| level.span().start).collect();
        let levels: Vec<Option<Level>> = levels.into_iter().map(|level| self.level(level)).collect();
        let mut levels = levels.into_iter().collect::<Option<Vec<Level>>>()?;
        for (level, at) in levels.iter().zip(&spans).rev().skip(1) {
            if level.when == Condition::Else {
                self.complain(
                    *at,
                    "levels after `else` are never reached",
                    "write `else` last, or leave it out",
                );
            }
        }
        if levels.last().is_some_and(|level| level.when != Condition::Else) {
            levels.push(Level { when: Condition::Else, label: None, term_frequency: None });
        }
        if levels.len() > MAX_LEVELS {
            let what = format!(
                "the comparison has {} levels with `else` but may have at most {MAX_LEVELS}",
                levels.len()
            );
            self.complain(at, what, "remove some of them");
        }
        if let Some(adjustment) = table.term_frequency.and_then(|adjustment| self.term_frequency(adjustment))
        {
            match levels.iter_mut().find(|level| level.when.is_exact()) {
                Some(level) if level.term_frequency.is_none() => level.term_frequency = Some(adjustment),
                Some(_) => {
                    let what = "the exact level and the comparison both say `term_frequency`";
                    self.complain(at, what, "keep one of them");
                }
                None => {
                    let what = "`term_frequency` of a comparison is about its level \"exact\", which it does not have";
                    self.complain(at, what, "add the level \"exact\", or say it in a level: { when = \"…\", term_frequency = true }");
                }
            }
        }
        let name = table.name.map(Spanned::into_inner).or_else(|| fields.first().cloned())?;
        let missing = table.missing.and_then(|name| by_name(MISSINGS, &name)).unwrap_or(Missing::All);
        Some(Comparison { name, fields, missing, levels })
    }

    /// `None` if its condition is not one.
    fn level(&mut self, level: Spanned<ShortOr<String, schema::LevelToml>>) -> Option<Level> {
        let span = level.span();
        let (when, label, term_frequency) = match level.into_inner() {
            ShortOr::Short(when) => (Some(Spanned::new(span, when)), None, None),
            ShortOr::Table(table) => (table.when, table.label, table.term_frequency),
        };
        let term_frequency = term_frequency.and_then(|adjustment| self.term_frequency(adjustment));
        let when = when?;
        let condition: Condition = self.parse(&when)?;
        let mut fields = Vec::new();
        condition.collect_fields(&mut fields);
        for field in &fields {
            self.mention(field, when.span());
        }
        Some(Level { when: condition, label, term_frequency })
    }

    /// `None` for `false`.
    fn term_frequency(
        &mut self,
        adjustment: ShortOr<bool, schema::TermFrequencyToml>,
    ) -> Option<TermFrequency> {
        match adjustment {
            ShortOr::Short(wanted) => {
                wanted.then_some(TermFrequency { field: None, strength: 1.0, floor: 0.0 })
            }
            ShortOr::Table(table) => {
                if let Some(field) = &table.field {
                    self.mention(field.get_ref(), field.span());
                }
                let field = table.field.map(Spanned::into_inner);
                Some(TermFrequency {
                    field,
                    strength: table.strength.unwrap_or(1.0),
                    floor: table.floor.unwrap_or(0.0),
                })
            }
        }
    }

    fn rule(&mut self, rule: schema::CandidatesToml) -> BlockingRule {
        BlockingRule { keys: self.keys(rule.same) }
    }

    fn keys(&mut self, same: Option<Vec<Spanned<String>>>) -> Vec<BlockingKey> {
        let keys = same.unwrap_or_default().into_iter().filter_map(|text| {
            let key: BlockingKey = self.parse(&text)?;
            for field in key.fields() {
                self.mention(field, text.span());
            }
            Some(key)
        });
        keys.collect()
    }

    fn fields(&mut self, names: Vec<Spanned<String>>) -> Vec<String> {
        let names = names.into_iter().map(|name| {
            self.mention(name.get_ref(), name.span());
            name.into_inner()
        });
        names.collect()
    }

    fn deterministic_rules(&mut self, rules: Vec<schema::DeterministicToml>) -> Vec<DeterministicRule> {
        let mut read: Vec<DeterministicRule> = Vec::new();
        for rule in rules {
            let place = rule.pass.as_ref().map(|pass| pass.span().start);
            let rule = self.deterministic_rule(rule);
            if let (Some(place), Some(before)) = (place, read.last())
                && rule.pass < before.pass
            {
                let what = "a rule of an earlier pass stands after one of a later pass";
                self.complain(place, what, "write the rules in the order of their passes");
            }
            read.push(rule);
        }
        read
    }

    fn deterministic_rule(&mut self, rule: schema::DeterministicToml) -> DeterministicRule {
        let pass = rule.pass.and_then(|pass| {
            let number = u32::try_from(*pass.get_ref()).ok().filter(|number| *number > 0);
            if number.is_none() {
                self.complain(pass.span().start, "passes are numbered from 1", "write for example pass = 1");
            }
            number
        });
        let keys = self.keys(rule.same);
        let guards = rule.unless_different.into_iter().filter_map(|text| {
            let guard: Guard = self.parse(&text)?;
            for field in &guard.fields {
                self.mention(field, text.span());
            }
            Some(guard)
        });
        let unless_different = guards.collect();
        let unless_unequal = self.fields(rule.unless_unequal);
        DeterministicRule {
            name: rule.name,
            pass,
            keys,
            sources_with: self.fields(rule.sources_with),
            unless_different,
            unless_unequal,
            unless_ambiguous: rule.unless_ambiguous,
        }
    }

    fn accept(&mut self, accept: Option<schema::AcceptToml>) -> Accept {
        let Some(accept) = accept else { return DEFAULT_ACCEPT };
        let link = accept.match_probability.as_ref().map_or(DEFAULT_ACCEPT.link, |link| *link.get_ref());
        let Some(review) = accept.review_from else {
            return Accept { link, review: DEFAULT_ACCEPT.review.min(link) };
        };
        let at = review.span().start;
        let review = review.into_inner();
        // a value out of range has been reported already
        if review > link && review <= 1.0 {
            let what = format!("review_from is {review} but pairs from {link} on are linked");
            let fault =
                Fault::new(FaultCode::BadThreshold, what, format!("write a review_from of {link} or less"));
            self.faults.add(at, fault.because("no pair would ever go to review"));
        }
        Accept { link, review }
    }

    fn classes(&mut self, tables: Vec<Spanned<schema::ClassToml>>, comparisons: &[Comparison]) -> Vec<Class> {
        let Some(first_at) = tables.first().map(|table| table.span().start) else { return Vec::new() };
        // counts of levels cannot be checked against comparisons that could not be read
        let levels_are_known = self.faults.is_empty();
        let mut classes: Vec<Class> = Vec::new();
        for table in tables {
            let at = table.span().start;
            let table = table.into_inner();
            let named = table.probability.unwrap_or_default();
            for (name, probabilities) in &named {
                self.sums_to_one(name.get_ref(), probabilities);
                let known = || comparisons.iter().map(|comparison| comparison.name.as_str());
                if levels_are_known && !known().any(|known| known == name.get_ref()) {
                    let todo = match nearest(name.get_ref(), known()) {
                        Some(near) => format!("did you mean \"{near}\"?"),
                        None => "remove it, or add the comparison".into(),
                    };
                    self.complain(
                        name.span().start,
                        format!("no comparison is named \"{}\"", name.get_ref()),
                        todo,
                    );
                }
            }
            let mut probabilities = Vec::new();
            for comparison in comparisons {
                let found = named.iter().find(|(name, _)| *name.get_ref() == comparison.name);
                let values = found.map(|(_, values)| values.get_ref().clone()).unwrap_or_default();
                let n_levels = comparison.levels.len();
                if levels_are_known && values.len() != n_levels {
                    let place = found.map_or(at, |(_, values)| values.span().start);
                    let (name, n) = (&comparison.name, values.len());
                    let what = match found {
                        Some(_) => {
                            format!("\"{name}\" has {n_levels} levels, with `else`, but {n} probabilities")
                        }
                        None => {
                            format!("the class has no probabilities of the {n_levels} levels of \"{name}\"")
                        }
                    };
                    self.complain(
                        place,
                        what,
                        "write one per level, or remove all [[class]] tables to train again",
                    );
                }
                probabilities.push(values);
            }
            let name = table.name.map(Spanned::into_inner).unwrap_or_default();
            if classes.iter().any(|other| other.name == name) {
                self.complain(
                    at,
                    format!("two classes are named \"{name}\""),
                    "give one of them another name",
                );
            }
            let (is_match, share) = (table.is_match.unwrap_or_default(), table.share.unwrap_or_default());
            let together =
                if levels_are_known { self.together(table.together, comparisons) } else { Vec::new() };
            classes.push(Class { name, is_match, share, probabilities, together });
        }
        if levels_are_known {
            self.classes_together(&classes, first_at);
        }
        // a stable sort: matches first
        classes.sort_by_key(|class| !class.is_match);
        classes
    }

    /// What findings of two comparisons say together in one class.
    fn together(
        &mut self,
        tables: Vec<Spanned<schema::TogetherToml>>,
        comparisons: &[Comparison],
    ) -> Vec<Together> {
        let mut all: Vec<Together> = Vec::new();
        // in a circle, one finding would count twice
        let mut trees = Components::new(comparisons.len());
        for table in tables {
            let at = table.span().start;
            let schema::TogetherToml { comparisons: names, mut ratio } = table.into_inner();
            let place = |name: &String| comparisons.iter().position(|comparison| comparison.name == *name);
            let mut pair = match names.each_ref().map(place) {
                [Some(first), Some(second)] if first != second => [first, second],
                _ => {
                    let what =
                        format!("\"{}\" and \"{}\" are not two comparisons of the model", names[0], names[1]);
                    self.complain(at, what, "name two comparisons, or remove the [[class.together]] table");
                    continue;
                }
            };
            let [rows, columns] = pair.map(|comparison| comparisons[comparison].levels.len());
            let is_ratio = |ratio: &f64| *ratio > 0.0 && ratio.is_finite();
            if ratio.len() != rows
                || ratio.iter().any(|row| row.len() != columns || !row.iter().all(is_ratio))
            {
                self.complain(
                    at,
                    format!("the ratios of \"{}\" and \"{}\" are not {rows} rows of {columns} numbers above 0", names[0], names[1]),
                    "write a row per level of the first with a number per level of the second, or remove all [[class]] tables to train again",
                );
                continue;
            }
            if pair[0] > pair[1] {
                pair.reverse();
                ratio = (0..columns).map(|at| ratio.iter().map(|row| row[at]).collect()).collect();
            }
            let [first, second] = pair.map(|comparison| comparison as u32);
            if trees.root(first) == trees.root(second) {
                let what = format!(
                    "\"{}\" and \"{}\" count together already, by themselves or by way of others",
                    names[0], names[1]
                );
                self.complain(
                    at,
                    what,
                    "remove one of the [[class.together]] tables, or what is found in common counts twice",
                );
                continue;
            }
            trees.join(first, second);
            all.push(Together { comparisons: pair, ratios: ratio });
        }
        all.sort_by_key(|together| together.comparisons);
        all
    }

    fn classes_together(&mut self, classes: &[Class], at: usize) {
        let total: f64 = classes.iter().map(|class| class.share).sum();
        if (total - 1.0).abs() > SUM_TOLERANCE {
            self.complain(
                at,
                format!("the shares of the classes sum to {total}, not 1"),
                "correct the shares",
            );
        }
        for (is_match, kind) in [(true, "one person"), (false, "different people")] {
            if !classes.iter().any(|class| class.is_match == is_match) {
                let what = format!("no class is of pairs of {kind}");
                self.complain(at, what, format!("add a [[class]] with `is_match = {is_match}`"));
            }
        }
    }

    fn sums_to_one(&mut self, name: &str, probabilities: &Spanned<Vec<f64>>) {
        let total: f64 = probabilities.get_ref().iter().sum();
        if !PROBABILITY_SUMS.contains(&total) {
            let what = format!("the probabilities of \"{name}\" sum to {total}, not 1");
            self.complain(
                probabilities.span().start,
                what,
                "correct them, or remove all [[class]] tables to train again",
            );
        }
    }

    /// Reads a condition or key, and reports the place inside the text if it cannot.
    fn parse<T: FromStr<Err = TextError>>(&mut self, text: &Spanned<String>) -> Option<T> {
        let error = match text.get_ref().parse() {
            Ok(parsed) => return Some(parsed),
            Err(error) => error,
        };
        let span = text.span();
        let source = self.faults.source(span.clone());
        // with escapes, or in a multi-line string, bytes of the text are not bytes of the file
        let is_verbatim = source.get(1..source.len().saturating_sub(1)) == Some(text.get_ref());
        let at = if is_verbatim { span.start + 1 + error.at.start } else { span.start };
        self.complain(at, error.what, error.todo);
        None
    }

    /// Remembers where a field is named, within the text that names it.
    fn mention(&mut self, field: &str, within: Range<usize>) {
        let offset = self.faults.source(within.clone()).find(field).unwrap_or(0);
        let (line, column) = self.faults.line_and_column(within.start + offset);
        self.places.push(FieldPlace { field: field.to_string(), line, column });
    }

    fn complain(&mut self, at: usize, what: impl Into<String>, todo: impl Into<String>) {
        self.faults.add(at, Fault::new(FaultCode::BadModel, what, todo));
    }
}

/// `mine` of `models/mine.toml`.
fn stem(file_name: &str) -> &str {
    let last = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    last.strip_suffix(".toml").unwrap_or(last)
}

// ---- writing

/// Prints a model as a file for people, with comments. The same model gives the same bytes.
pub fn write(file: &ModelFile) -> String {
    let mut out = String::from(HEADER);
    let model = &file.model;
    push(&mut out, format_args!("format = {FORMAT}\nmodel = {}\n\n", toml_text(&model.name)));
    out.push_str("# Which pairs of records are looked at.\n");
    push_choices(&mut out, LINK_TYPES);
    let link_type = schema::row(LINK_TYPES, &model.link_type).1;
    let decided = if file.states_link_type { "" } else { "# decided from the sources: " };
    push(&mut out, format_args!("{decided}link_type = \"{link_type}\"\n\n"));
    out.push_str("# How links become people.\n");
    push_choices(&mut out, CLUSTERINGS);
    push(&mut out, format_args!("clustering = \"{}\"\n", schema::row(CLUSTERINGS, &model.clustering).1));
    if !file.columns.is_empty() {
        out.push_str("\n# What columns mean, where it should not be inferred: header = role.\n[columns]\n");
        for (header, role) in &file.columns {
            push(&mut out, format_args!("{} = \"{}\"\n", toml_key(header), role.name()));
        }
    }
    if model.comparisons.is_empty() {
        out.push_str("\n# What is compared is chosen from the data.\n");
    } else {
        out.push_str("\n# What is compared. Levels are tried from the top; the first that holds counts.\n");
    }
    for (index, comparison) in model.comparisons.iter().enumerate() {
        out.push_str(if index == 0 { "[[compare]]\n" } else { "\n[[compare]]\n" });
        write_comparison(&mut out, comparison);
    }
    write_candidates(&mut out, &model.blocking);
    write_deterministic(&mut out, &model.deterministic);
    out.push_str("\n# A pair of at least this match probability is linked; from review_from on, a person decides.\n[accept]\n");
    push(&mut out, format_args!("match_probability = {:?}\n", model.accept.link));
    push(&mut out, format_args!("review_from = {:?}\n", model.accept.review));
    if model.is_trained() {
        out.push_str("\n# What the model has learned: for each comparison, the probability of each level, in the order above.\n");
        out.push_str("# Remove all [[class]] tables to learn again.\n");
        for (index, class) in model.classes.iter().enumerate() {
            out.push_str(if index == 0 { "[[class]]\n" } else { "\n[[class]]\n" });
            write_class(&mut out, class, &model.comparisons);
        }
    }
    out
}

const HEADER: &str = "#:schema ./plait-model.schema.json
# A linkage model. `plait model check` finds mistakes in it, `plait model explain` says it in sentences.
";

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string succeeds");
}

fn push_choices<T>(out: &mut String, rows: &[(T, &str, &str)]) {
    let width = rows.iter().map(|row| row.1.len()).max().unwrap_or(0);
    for (_, name, meaning) in rows {
        push(out, format_args!("#   {name:width$}  {meaning}\n"));
    }
}

fn write_comparison(out: &mut String, comparison: &Comparison) {
    let first = comparison.fields.first();
    if first != Some(&comparison.name) {
        push(out, format_args!("name = {}\n", toml_text(&comparison.name)));
    }
    match comparison.fields.as_slice() {
        [only] => push(out, format_args!("field = {}\n", toml_text(only))),
        several => {
            let names: Vec<String> = several.iter().map(|field| toml_text(field)).collect();
            push(out, format_args!("fields = [{}]\n", names.join(", ")));
        }
    }
    if comparison.missing != Missing::All {
        let (_, name, meaning) = schema::row(MISSINGS, &comparison.missing);
        push(out, format_args!("missing = \"{name}\"  # says nothing when {meaning}\n"));
    }
    let shorthand = shorthand_level(comparison);
    if shorthand.is_some() {
        out.push_str("term_frequency = true  # agreement on a rare value counts for more\n");
    }
    let lines: Vec<(String, Option<String>)> = comparison
        .levels
        .iter()
        .enumerate()
        .map(|(at, level)| level_line(level, shorthand == Some(at)))
        .collect();
    // one long level does not push the comments of the others to the right
    let widths = lines.iter().filter(|line| line.1.is_some()).map(|line| line.0.chars().count());
    let width = widths.filter(|width| *width <= 40).max().unwrap_or(0);
    out.push_str("levels = [\n");
    for (level, comment) in lines {
        match comment {
            Some(comment) => push(out, format_args!("  {level:width$}  # {comment}\n")),
            None => push(out, format_args!("  {level}\n")),
        }
    }
    out.push_str("]\n");
}

/// The one adjusted level, if `term_frequency = true` on the comparison says it all.
fn shorthand_level(comparison: &Comparison) -> Option<usize> {
    let at = comparison.exact_level()?;
    let others = comparison.levels.iter().filter(|level| level.term_frequency.is_some()).count();
    let full = TermFrequency { field: None, strength: 1.0, floor: 0.0 };
    (others == 1 && comparison.levels[at].term_frequency.as_ref() == Some(&full)).then_some(at)
}

/// One element of `levels`, and its words where they say more than the text.
fn level_line(level: &Level, adjusted_by_comparison: bool) -> (String, Option<String>) {
    let text = level.when.to_string();
    let adjustment = level.term_frequency.as_ref().filter(|_| !adjusted_by_comparison);
    let when = toml_text(&text);
    let mut line = String::new();
    if level.label.is_none() && adjustment.is_none() {
        push(&mut line, format_args!("{when},"));
    } else {
        push(&mut line, format_args!("{{ when = {when}"));
        if let Some(label) = &level.label {
            push(&mut line, format_args!(", label = {}", toml_text(label)));
        }
        if let Some(adjustment) = adjustment {
            push(&mut line, format_args!(", term_frequency = {{ strength = {:?}", adjustment.strength));
            push(&mut line, format_args!(", floor = {:?}", adjustment.floor));
            if let Some(field) = &adjustment.field {
                push(&mut line, format_args!(", field = {}", toml_text(field)));
            }
            line.push_str(" }");
        }
        line.push_str(" },");
    }
    let words = level.when.words().replace(char::is_control, " ");
    let says_more = level.label.is_none() && words != text;
    (line, says_more.then_some(words))
}

fn write_candidates(out: &mut String, rules: &[BlockingRule]) {
    out.push_str(
        "\n# Which pairs are compared at all: those that agree on every key of any of these rules.\n",
    );
    if rules.is_empty() {
        out.push_str("# There are none, so they are chosen from the data. For example:\n");
        out.push_str("# [[candidates]]\n# same = [\"date_of_birth\", \"surname soundex\"]\n");
    }
    for (index, rule) in rules.iter().enumerate() {
        let keys: Vec<String> = rule.keys.iter().map(|key| toml_text(&key.to_string())).collect();
        let gap = if index == 0 { "" } else { "\n" };
        push(out, format_args!("{gap}[[candidates]]\nsame = [{}]\n", keys.join(", ")));
    }
}

fn write_deterministic(out: &mut String, rules: &[DeterministicRule]) {
    if rules.is_empty() {
        return;
    }
    out.push_str("\n# Which pairs are linked whatever they weigh, the strongest rule first. Where values of unless_different are\n");
    out.push_str("# different the rule does not link, and a person decides.\n");
    if rules.iter().any(|rule| rule.pass.is_some()) {
        out.push_str("# A later pass leaves out pairs of which both records are linked to the other's source by an earlier one.\n");
    }
    let texts = |texts: Vec<String>| texts.iter().map(|text| toml_text(text)).collect::<Vec<_>>().join(", ");
    for (index, rule) in rules.iter().enumerate() {
        out.push_str(if index == 0 { "[[deterministic]]\n" } else { "\n[[deterministic]]\n" });
        if let Some(name) = &rule.name {
            push(out, format_args!("name = {}\n", toml_text(name)));
        }
        if let Some(pass) = rule.pass {
            push(out, format_args!("pass = {pass}\n"));
        }
        let keys = texts(rule.keys.iter().map(ToString::to_string).collect());
        push(out, format_args!("same = [{keys}]\n"));
        if !rule.sources_with.is_empty() {
            push(out, format_args!("sources_with = [{}]\n", texts(rule.sources_with.clone())));
        }
        if !rule.unless_different.is_empty() {
            let guards = texts(rule.unless_different.iter().map(ToString::to_string).collect());
            push(out, format_args!("unless_different = [{guards}]\n"));
        }
        if !rule.unless_unequal.is_empty() {
            push(out, format_args!("unless_unequal = [{}]\n", texts(rule.unless_unequal.clone())));
        }
        if rule.unless_ambiguous {
            out.push_str("unless_ambiguous = true\n");
        }
    }
}

fn write_class(out: &mut String, class: &Class, comparisons: &[Comparison]) {
    push(out, format_args!("name = {}\n", toml_text(&class.name)));
    push(
        out,
        format_args!("is_match = {}\nshare = {:?}\n[class.probability]\n", class.is_match, class.share),
    );
    for (comparison, probabilities) in comparisons.iter().zip(&class.probabilities) {
        let values: Vec<String> = probabilities.iter().map(|value| format!("{value:?}")).collect();
        push(out, format_args!("{} = [{}]\n", toml_key(&comparison.name), values.join(", ")));
    }
    for together in &class.together {
        let [first, second] = together.comparisons.map(|at| toml_text(&comparisons[at].name));
        out.push_str("# How often two findings come together / how often they would if they had nothing to do with each other.\n");
        push(out, format_args!("[[class.together]]\ncomparisons = [{first}, {second}]\nratio = [\n"));
        for row in &together.ratios {
            let values: Vec<String> = row.iter().map(|value| format!("{value:?}")).collect();
            push(out, format_args!("  [{}],\n", values.join(", ")));
        }
        out.push_str("]\n");
    }
}

fn toml_key(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare { key.to_string() } else { toml_text(key) }
}

/// On one line, because levels carry comments; with single quotes where that avoids escapes.
fn toml_text(text: &str) -> String {
    let needs_escape = text.contains(['"', '\\']);
    let can_be_literal = !text.chars().any(|c| c == '\'' || c.is_control());
    if needs_escape && can_be_literal {
        return format!("'{text}'");
    }
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => push(&mut out, format_args!("\\u{:04X}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::model::arbitrary;

    const EXAMPLE: &str = include_str!("example.toml");

    fn example() -> ModelFile {
        read(EXAMPLE, "model.toml").expect("the example is valid")
    }

    /// What a person sees of all faults of a file.
    fn complaints(text: &str) -> String {
        let faults = read(text, "model.toml").expect_err("the file is wrong");
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    /// A valid model with one more line at its end.
    fn with(tail: &str) -> String {
        format!("format = 1\n[[compare]]\nfield = \"surname\"\nlevels = [\"exact\"]\n{tail}")
    }

    #[test]
    fn a_short_model_is_enough() {
        let file = read(&with(""), "models/mine.toml").expect("valid");
        let model = &file.model;
        assert_eq!((model.name.as_str(), model.accept), ("mine", Accept { link: 0.95, review: 0.5 }));
        assert_eq!(model.comparisons[0].levels.len(), 2, "else is added");
        assert_eq!(model.comparisons[0].levels[1].when, Condition::Else);
        assert!(!file.states_link_type && model.blocking.is_empty() && !model.is_trained());
    }

    #[test]
    fn comparisons_that_count_together_in_a_circle_are_refused() {
        let fields = ["a", "b", "c"];
        let of_fields = |line: &dyn Fn(&str) -> String| fields.map(line).concat();
        let comparisons =
            of_fields(&|field| format!("[[compare]]\nfield = \"{field}\"\nlevels = [\"exact\"]\n"));
        let class = |name: &str, is_match: bool, pairs: &[[&str; 2]]| {
            let levels = of_fields(&|field| format!("{field} = [0.5, 0.5]\n"));
            let together: Vec<String> = pairs
                .iter()
                .map(|[first, second]| {
                    format!(
                        "[[class.together]]\ncomparisons = [\"{first}\", \"{second}\"]\nratio = [[1.0, 1.0], [1.0, 1.0]]\n"
                    )
                })
                .collect();
            format!(
                "[[class]]\nname = \"{name}\"\nis_match = {is_match}\nshare = 0.5\n[class.probability]\n{levels}{}",
                together.concat()
            )
        };
        let text = |pairs: &[[&str; 2]]| {
            format!("format = 1\n{comparisons}{}{}", class("match", true, pairs), class("other", false, &[]))
        };
        let tree = read(&text(&[["a", "b"], ["c", "b"]]), "model.toml").expect("a tree");
        assert!(tree.model.count_together([0, 1]) && tree.model.count_together([1, 2]));
        for circle in [&[["a", "b"], ["b", "a"]][..], &[["a", "b"], ["c", "b"], ["a", "c"]]] {
            let said = complaints(&text(circle));
            assert!(said.contains("count together already"), "{said}");
        }
    }

    #[test]
    fn files_from_windows_read_the_same() {
        let windows = format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n"));
        assert_eq!(read(&windows, "model.toml").expect("valid"), example());
    }

    #[test]
    fn the_example_reads_as_it_says() {
        let file = example();
        assert_eq!(file.columns, [("Cms Id".to_string(), Role::RecordId)]);
        let names: Vec<&str> =
            file.model.comparisons.iter().map(|comparison| comparison.name.as_str()).collect();
        assert_eq!(names, ["forename", "surname", "date_of_birth", "home"]);
        let forename = &file.model.comparisons[0];
        assert_eq!(
            forename.levels[0].term_frequency,
            Some(TermFrequency { field: None, strength: 1.0, floor: 0.0 })
        );
        assert_eq!(forename.level_label(2), "close");
        assert_eq!(file.model.blocking.len(), 2);
        assert_eq!(file.model.clustering, Clustering::OneToOne);
    }

    #[test]
    fn a_model_is_written_for_people() {
        insta::assert_snapshot!(write(&example()), @r#"
        #:schema ./plait-model.schema.json
        # A linkage model. `plait model check` finds mistakes in it, `plait model explain` says it in sentences.
        format = 1
        model = "two files of people"

        # Which pairs of records are looked at.
        #   link_only        pairs of records from different sources only
        #   dedupe_only      all pairs of records within one source
        #   link_and_dedupe  all pairs of records, within and between sources
        link_type = "link_only"

        # How links become people.
        #   connected_components  everything that links reach is one person, however long the chain
        #   best_link             each record keeps only links that are the best for one of their ends
        #   one_to_one            at most one record of each source is in a person, chosen to maximise the total weight
        #   correlation           records are one person where the evidence over all pairs of them speaks for it
        clustering = "one_to_one"

        # What columns mean, where it should not be inferred: header = role.
        [columns]
        "Cms Id" = "record_id"

        # What is compared. Levels are tried from the top; the first that holds counts.
        [[compare]]
        field = "forename"
        term_frequency = true  # agreement on a rare value counts for more
        levels = [
          "exact",     # same
          "nickname",  # short form or variant of the same name
          { when = "jaro_winkler >= 0.88", label = "close" },
          "swapped with surname",
          "else",      # different
        ]

        [[compare]]
        field = "surname"
        levels = [
          { when = "exact", term_frequency = { strength = 0.8, floor = 0.0001 } },  # same
          "jaro_winkler >= 0.92",  # similar spelling (Jaro-Winkler 0.92 or more)
          "equals other former_surname or half of double-barrelled",  # same as the other's former surname or half of a double-barrelled name
          "else",                  # different
        ]

        [[compare]]
        field = "date_of_birth"
        levels = [
          "exact",            # same
          "day and month swapped",
          "one digit wrong",  # one digit different
          "same year",
          "else",             # different
        ]

        [[compare]]
        name = "home"
        fields = ["postcode", "address"]
        levels = [
          "exact and address: exact",  # same and address: same
          "exact",                     # same
          "same sector",               # same postcode sector
          "else",                      # different
        ]

        # Which pairs are compared at all: those that agree on every key of any of these rules.
        [[candidates]]
        same = ["date_of_birth", "surname soundex"]

        [[candidates]]
        same = ["forename first 3", "surname", "postcode district"]

        # A pair of at least this match probability is linked; from review_from on, a person decides.
        [accept]
        match_probability = 0.95
        review_from = 0.5
        "#);
    }

    #[test]
    fn a_trained_model_keeps_every_bit_of_its_probabilities() {
        let mut file = read(&with(""), "mine.toml").expect("valid");
        let class = |name: &str, is_match, share, m: f64| Class {
            name: name.into(),
            is_match,
            share,
            probabilities: vec![vec![m, 1.0 - m]],
            together: Vec::new(),
        };
        file.model.classes =
            vec![class("match", true, 1.2e-6, 0.1 + 0.2), class("stranger", false, 1.0 - 1.2e-6, 1e-7)];
        let text = write(&file);
        assert!(text.contains("surname = [0.30000000000000004, 0.7]"), "{text}");
        assert_eq!(read(&text, "mine.toml").expect("valid").model, file.model);
    }

    #[test]
    fn every_mistake_is_reported_at_once_with_its_place() {
        let text = r#"format = 1
modle = "x"
link_type = "linkonly"
columns = { Dob = "date_of_brith" }
[[compare]]
feild = "surname"
levels = ["exact", "jaro_winkle >= 0.9", 7, { when = "exact and sme year", label = 3 }]
[[compare]]
field = "forename"
levels = ["else", "exact"]
[[compare]]
field = "forename"
levels = []
[[candidates]]
same = ["surname soundx"]
[[candidates]]
same = []
[accept]
match_probability = 95
review_from = 0.5
"#;
        insta::assert_snapshot!(complaints(text), @r#"
        error[E015] the file has no key `modle` (model.toml line 2, column 1)
          why: a model that is read half would make other links than you meant
          do:  did you mean `model`?
        error[E015] `link_type` cannot be "linkonly" (model.toml line 3, column 13)
          why: a model that is read half would make other links than you meant
          do:  did you mean "link_only"?
        error[E015] `Dob` cannot be "date_of_brith" (model.toml line 4, column 19)
          why: a model that is read half would make other links than you meant
          do:  did you mean "date_of_birth"?
        error[E015] [[compare]] has no key `feild` (model.toml line 6, column 1)
          why: a model that is read half would make other links than you meant
          do:  did you mean `field`?
        error[E015] `jaro_winkle >= 0.9` is not a test (model.toml line 7, column 21)
          why: a model that is read half would make other links than you meant
          do:  did you mean `jaro_winkler >= 0.9`?
        error[E015] entry 3 of `levels` is a number but must be text in quotes or a table (model.toml line 7, column 42)
          why: a model that is read half would make other links than you meant
          do:  write text in quotes or a table: a condition on the two values of a field, for example `exact`, `same sector`, `jaro_winkler >= 0.92`, `day and month swapped`, `surname: exact`
        error[E015] `sme year` is not a test (model.toml line 7, column 65)
          why: a model that is read half would make other links than you meant
          do:  did you mean `same year`?
        error[E015] `label` is a number but must be text in quotes (model.toml line 7, column 84)
          why: a model that is read half would make other links than you meant
          do:  write text in quotes: what charts call it
        error[E015] levels after `else` are never reached (model.toml line 10, column 11)
          why: a model that is read half would make other links than you meant
          do:  write `else` last, or leave it out
        error[E015] two comparisons are named "forename" (model.toml line 12, column 9)
          why: a model that is read half would make other links than you meant
          do:  give one of them another `name`, or remove it
        error[E015] `levels` is an empty list (model.toml line 13, column 10)
          why: a model that is read half would make other links than you meant
          do:  write at least one: tried in order; the first that holds is the level of the pair
        error[E015] `soundx` is not a part of a value (model.toml line 15, column 18)
          why: a model that is read half would make other links than you meant
          do:  did you mean `soundex`?
        error[E015] `same` is an empty list (model.toml line 17, column 8)
          why: a model that is read half would make other links than you meant
          do:  write at least one: keys that must all agree
        error[E014] match_probability is 95 but must be between 0 and 1 (model.toml line 19, column 21)
          why: the line between linked and not linked would not be where you meant it
          do:  did you mean 0.95?
        "#);
    }

    #[test]
    fn text_that_is_not_toml_is_reported_line_by_line() {
        insta::assert_snapshot!(complaints("format = 1\nmodel = \"x\nlevels = [1,,2]\n"), @r#"
        error[E015] the file is not valid TOML: invalid basic string, expected `"` (model.toml line 2, column 11)
          why: a model that is read half would make other links than you meant
          do:  correct the line: text has quotes at both ends, lists have brackets and commas
        error[E015] the file is not valid TOML: extra comma in array, expected value (model.toml line 3, column 13)
          why: a model that is read half would make other links than you meant
          do:  correct the line: text has quotes at both ends, lists have brackets and commas
        "#);
    }

    #[test]
    fn an_empty_file_says_what_a_model_needs() {
        insta::assert_snapshot!(complaints(""), @r"
        error[E015] the file has no `format` (model.toml line 1, column 1)
          why: a model that is read half would make other links than you meant
          do:  add `format = 1`
        error[E015] the file has no `compare` (model.toml line 1, column 1)
          why: a model that is read half would make other links than you meant
          do:  add `compare`: how one field, or a group of fields, is compared
        ");
    }

    #[test]
    fn a_newer_format_is_refused() {
        insta::assert_snapshot!(complaints(&with("").replace("format = 1", "format = 2")), @r"
        error[E015] the model is of format 2, and this program reads 1 (model.toml line 1, column 10)
          why: a model that is read half would make other links than you meant
          do:  write `format = 1`, or use a newer plait
        ");
    }

    #[test]
    fn thresholds_are_between_0_and_1_and_in_order() {
        insta::assert_snapshot!(complaints(&with("[accept]\nmatch_probability = 0.6\nreview_from = 0.8")), @r"
        error[E014] review_from is 0.8 but pairs from 0.6 on are linked (model.toml line 7, column 15)
          why: no pair would ever go to review
          do:  write a review_from of 0.6 or less
        ");
        insta::assert_snapshot!(complaints(&with("[accept]\nmatch_probability = -1.0")), @r"
        error[E014] match_probability is -1.0 but must be between 0 and 1 (model.toml line 6, column 21)
          why: the line between linked and not linked would not be where you meant it
          do:  write a number from 0 to 1
        ");
        insta::assert_snapshot!(complaints(&with("[accept]\nmatch_probability = \"95%\"")), @r"
        error[E015] `match_probability` is text but must be a number (model.toml line 6, column 21)
          why: a model that is read half would make other links than you meant
          do:  write a number: pairs of at least this match probability are linked
        ");
    }

    #[test]
    fn a_table_written_once_too_simply_is_explained() {
        insta::assert_snapshot!(complaints("format = 1\n[compare]\nfield = \"surname\"\nlevels = [\"exact\"]"), @r"
        error[E015] `compare` is a table but must be a list (model.toml line 2, column 1)
          why: a model that is read half would make other links than you meant
          do:  write [[compare]], with two brackets on each side
        ");
    }

    #[test]
    fn a_comparison_needs_one_way_of_naming_fields_and_a_level_to_adjust() {
        let text = r#"format = 1
[[compare]]
levels = ["exact"]
[[compare]]
field = "a"
fields = ["b"]
term_frequency = true
levels = ["nickname"]
"#;
        insta::assert_snapshot!(complaints(text), @r#"
        error[E015] the comparison names no field (model.toml line 2, column 1)
          why: a model that is read half would make other links than you meant
          do:  add `field = "…"` or `fields = ["…", "…"]`
        error[E015] `term_frequency` of a comparison is about its level "exact", which it does not have (model.toml line 4, column 1)
          why: a model that is read half would make other links than you meant
          do:  add the level "exact", or say it in a level: { when = "…", term_frequency = true }
        error[E015] the comparison has both `field` and `fields` (model.toml line 5, column 9)
          why: a model that is read half would make other links than you meant
          do:  keep one of them
        "#);
    }

    #[test]
    fn sixteen_levels_with_else_are_too_many() {
        let levels: Vec<String> = (1..=15).map(|n| format!("\"levenshtein <= {n}\"")).collect();
        let text = format!("format = 1\n[[compare]]\nfield = \"a\"\nlevels = [{}]", levels.join(", "));
        insta::assert_snapshot!(complaints(&text), @r"
        error[E015] the comparison has 16 levels with `else` but may have at most 15 (model.toml line 2, column 1)
          why: a model that is read half would make other links than you meant
          do:  remove some of them
        ");
    }

    #[test]
    fn learned_parameters_that_do_not_fit_the_model_are_refused() {
        let text = with(
            r#"[[class]]
name = "match"
is_match = true
share = 0.5
[class.probability]
surname = [0.5, 0.2]
[[class]]
name = "match"
is_match = true
share = 0.1
[class.probability]
surnam = [0.9, 0.1, 0.0]
"#,
        );
        insta::assert_snapshot!(complaints(&text), @r#"
        error[E015] the shares of the classes sum to 0.6, not 1 (model.toml line 5, column 1)
          why: a model that is read half would make other links than you meant
          do:  correct the shares
        error[E015] no class is of pairs of different people (model.toml line 5, column 1)
          why: a model that is read half would make other links than you meant
          do:  add a [[class]] with `is_match = false`
        error[E015] the probabilities of "surname" sum to 0.7, not 1 (model.toml line 10, column 11)
          why: a model that is read half would make other links than you meant
          do:  correct them, or remove all [[class]] tables to train again
        error[E015] the class has no probabilities of the 2 levels of "surname" (model.toml line 11, column 1)
          why: a model that is read half would make other links than you meant
          do:  write one per level, or remove all [[class]] tables to train again
        error[E015] two classes are named "match" (model.toml line 11, column 1)
          why: a model that is read half would make other links than you meant
          do:  give one of them another name
        error[E015] no comparison is named "surnam" (model.toml line 16, column 1)
          why: a model that is read half would make other links than you meant
          do:  did you mean "surname"?
        "#);
    }

    #[test]
    fn a_rule_that_links_by_itself_is_read_written_and_corrected() {
        let rule = r#"[[deterministic]]
name = "LA child id"
same = ["la_child_id"]
unless_different = ["date_of_birth and sex", "forename"]
"#;
        let file = read(&with(rule), "m.toml").expect("valid");
        let [only] = &file.model.deterministic[..] else { panic!("one rule") };
        assert_eq!((only.words().as_str(), only.keys.len()), ("LA child id", 1));
        assert_eq!(only.unless_different[0].fields, ["date_of_birth", "sex"]);
        assert!(write(&file).contains(rule), "{}", write(&file));
        let unnamed = DeterministicRule { name: None, ..only.clone() };
        assert_eq!(unnamed.words(), "same la_child_id");
        let wrong =
            "[[deterministic]]\nsame = [\"upn soundx\"]\nunless_different = [\"a, b\"]\nunless = [\"x\"]\n";
        insta::assert_snapshot!(complaints(&with(wrong)), @r"
        error[E015] `soundx` is not a part of a value (model.toml line 6, column 14)
          why: a model that is read half would make other links than you meant
          do:  did you mean `soundex`?
        error[E015] `,` is not understood (model.toml line 7, column 23)
          why: a model that is read half would make other links than you meant
          do:  fields are joined by `and`; put names of several words into quotes
        error[E015] [[deterministic]] has no key `unless` (model.toml line 8, column 1)
          why: a model that is read half would make other links than you meant
          do:  remove it; the keys here are name, pass, same, sources_with, unless_ambiguous, unless_different, unless_unequal
        ");
    }

    #[test]
    fn rules_in_passes_need_no_comparisons_and_are_read_written_and_corrected() {
        let rules = r#"
[[deterministic]]
pass = 1
same = ["nhs_number valid"]

[[deterministic]]
name = "all but the number"
pass = 2
same = ["surname", "date_of_birth not 1 January"]
sources_with = ["nhs_number"]
unless_unequal = ["nhs_number"]
unless_ambiguous = true
"#;
        let text = format!("format = 1\n{rules}");
        let file = read(&text, "m.toml").expect("valid");
        assert!(file.model.comparisons.is_empty());
        assert_eq!(file.model.deterministic[1].unless_unequal, ["nhs_number"]);
        assert!(write(&file).contains(rules.trim()), "{}", write(&file));
        let wrong = text.replace("pass = 1", "pass = 3")
            + "[[class]]\nname = \"match\"\nis_match = true\nshare = 1\nprobability = {}\n";
        insta::assert_snapshot!(complaints(&wrong), @r"
        error[E015] a rule of an earlier pass stands after one of a later pass (model.toml line 9, column 8)
          why: a model that is read half would make other links than you meant
          do:  write the rules in the order of their passes
        error[E015] the file has what was learned, and no `compare` that it was learned of (model.toml line 14, column 1)
          why: a model that is read half would make other links than you meant
          do:  add the comparisons, or remove all [[class]] tables to learn again
        ");
        insta::assert_snapshot!(complaints(&text.replace("pass = 1", "pass = 0")), @r"
        error[E015] passes are numbered from 1 (model.toml line 4, column 8)
          why: a model that is read half would make other links than you meant
          do:  write for example pass = 1
        ");
    }

    #[test]
    fn a_column_of_a_mistake_counts_characters() {
        let faults = read(&with("[[compare]]\nfield = \"é\"\nlevels = ['éé: exact and ¿']"), "m.toml")
            .expect_err("wrong");
        assert_eq!(faults[0].place.as_deref(), Some("m.toml line 7, column 26"));
    }

    #[test]
    fn a_field_that_no_source_has_is_placed_and_answered() {
        let text =
            EXAMPLE.replace("field = \"surname\"", "field = \"surnam\"").replace("Cms Id", "CMS-Identifier");
        let file = read(&text, "model.toml").expect("fields are not checked by reading");
        let source = |name: &str, fields: &[&str]| SourceFields {
            name: name.into(),
            fields: fields.iter().map(ToString::to_string).collect(),
        };
        let roles = ["forename", "surname", "former_surname", "date_of_birth", "postcode"];
        let one = [source("cin.csv", &roles)];
        let show = |faults: Vec<Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(show(check_fields(&file, "model.toml", &one)), @r#"
        error[E003] column "CMS-Identifier" is not in cin.csv (model.toml line 8, column 2)
          why: cin.csv has forename, surname, former_surname, date_of_birth, postcode
          do:  use one of these columns, or take it out of the model
        error[E003] column "surnam" is not in cin.csv (model.toml line 21, column 10)
          why: cin.csv has forename, surname, former_surname, date_of_birth, postcode
          do:  did you mean "surname"?
        error[E003] column "address" is not in cin.csv (model.toml line 34, column 24)
          why: cin.csv has forename, surname, former_surname, date_of_birth, postcode
          do:  use one of these columns, or take it out of the model
        "#);
        let two = [source("cin.csv", &roles), source("b.csv", &["address", "CMS identifier"])];
        insta::assert_snapshot!(show(check_fields(&file, "model.toml", &two)), @r#"
        error[E003] column "CMS-Identifier" is in none of the sources (model.toml line 8, column 2)
          why: cin.csv has forename, surname, former_surname, date_of_birth, postcode; b.csv has address, CMS identifier
          do:  did you mean "CMS identifier"?
        error[E003] column "surnam" is in none of the sources (model.toml line 21, column 10)
          why: cin.csv has forename, surname, former_surname, date_of_birth, postcode; b.csv has address, CMS identifier
          do:  did you mean "surname"?
        "#);
        let without_file = ModelFile::from(file.model);
        assert_eq!(check_fields(&without_file, "", &two)[0].place, None);
    }

    /// The parts of JSON Schema that the schema uses, independent of the reader.
    fn violations(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = &root["$defs"][reference.rsplit('/').next().expect("references have parts")];
            return violations(root, target, value, path, found);
        }
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            let fits = |branch: &Value| {
                let mut inner = Vec::new();
                violations(root, branch, value, path, &mut inner);
                inner.is_empty()
            };
            return if branches.iter().any(fits) {
            } else {
                found.push(format!("{path}: no branch fits"));
            };
        }
        let is_kind = match schema.get("type").and_then(Value::as_str) {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        let is_const = schema.get("const").is_none_or(|only| only == value);
        let is_choice = schema
            .get("oneOf")
            .and_then(Value::as_array)
            .is_none_or(|rows| rows.iter().any(|row| row["const"] == *value));
        let number = value.as_f64().unwrap_or(0.0);
        let in_range = schema.get("minimum").and_then(Value::as_f64).is_none_or(|least| number >= least)
            && schema.get("maximum").and_then(Value::as_f64).is_none_or(|most| number <= most);
        if !(is_kind && is_const && is_choice && in_range) {
            found.push(format!("{path}: {value}"));
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            violations(root, &schema["items"], item, &format!("{path}[{index}]"), found);
        }
        let Some(object) = value.as_object() else { return };
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !object.contains_key(required.as_str().expect("keys are text")) {
                found.push(format!("{path} lacks {required}"));
            }
        }
        for (key, item) in object {
            match schema
                .get("properties")
                .and_then(|known| known.get(key))
                .or(schema.get("additionalProperties"))
            {
                Some(inner) if inner.is_object() => {
                    violations(root, inner, item, &format!("{path}.{key}"), found);
                }
                _ => found.push(format!("{path}.{key} is not allowed")),
            }
        }
    }

    fn check_against_schema(text: &str) {
        let value: Value = toml::from_str(text).expect("valid TOML");
        let root = schema::schema_value();
        let mut found = Vec::new();
        violations(&root, &root, &value, "", &mut found);
        assert_eq!(found, Vec::<String>::new(), "{text}");
    }

    #[test]
    fn the_example_conforms_to_the_schema() {
        check_against_schema(EXAMPLE);
        let mut found = Vec::new();
        let root = schema::schema_value();
        violations(&root, &root, &serde_json::json!({ "format": 2, "compares": [] }), "", &mut found);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    proptest! {
        #![proptest_config(arbitrary::fixed(200))]
        #[test]
        fn what_is_written_reads_back_as_the_same_model(file in arbitrary::file()) {
            let text = write(&file);
            let back = read(&text, "other.toml").unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"));
            prop_assert_eq!(&back.model, &file.model, "{}", text);
            prop_assert_eq!((&back.columns, back.states_link_type), (&file.columns, file.states_link_type));
            prop_assert_eq!(write(&back), text);
        }

        #[test]
        fn what_is_written_conforms_to_the_schema(file in arbitrary::file()) {
            check_against_schema(&write(&file));
        }

        #[test]
        fn any_text_is_read_or_refused(tail in "[a-z=\\[\\]\"0-9.\n {},]{0,60}") {
            if let Err(faults) = read(&with(&tail), "m.toml") {
                prop_assert!(!faults.is_empty());
            }
        }
    }
}
