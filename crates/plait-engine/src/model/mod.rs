//! What a linkage compares, how it blocks, and what it has learned.

#[cfg(test)]
mod arbitrary;
mod condition;
mod difference;
mod file;
mod prose;
mod schema;
pub mod splink;
mod structure;
mod text;

use crate::comparison::ComparisonVector;

pub use condition::{Condition, Edit, Measure, Part, Test};
pub use difference::difference;
pub use file::{FieldPlace, ModelFile, SourceFields, check_fields, read, write};
pub use prose::prose;
pub(crate) use prose::{exceptions_words, keys_words};
pub use schema::schema;
pub use text::{
    EXPECTED_DATE_OF_BIRTH, FORMER_LA_CHILD_ID, FORMER_UPN, LA_CHILD_ID, NHS_NUMBER_STATUS, TextError,
    field_words, is_of_former_numbers,
};

/// A linkage model: written by a person, chosen from the data, or imported; trained or not.
///
/// Fields are named as the records name them: by role (`surname`) or by the header that a source uses.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// What people call it.
    pub name: String,
    /// Which pairs are looked at.
    pub link_type: LinkType,
    /// At least one.
    pub comparisons: Vec<Comparison>,
    /// A pair is a candidate if it satisfies any of them. Empty: chosen from the data.
    pub blocking: Vec<BlockingRule>,
    /// Pairs that are linked whatever they weigh: by the first rule that says so.
    pub deterministic: Vec<DeterministicRule>,
    /// When a candidate becomes a link or goes to review.
    pub accept: Accept,
    /// How links become persons.
    pub clustering: Clustering,
    /// Learned parameters, matches first; empty until trained.
    pub classes: Vec<Class>,
}

/// Which pairs of records are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkType {
    /// Only pairs of records from different sources.
    LinkOnly,
    /// All pairs within the one source.
    DedupeOnly,
    /// All pairs, within and between sources.
    LinkAndDedupe,
}

/// How one field, or a group of fields, is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Unique within the model; what charts and explanations call it.
    pub name: String,
    /// The fields compared. Conditions that name no field are about the first one.
    pub fields: Vec<String>,
    /// When the comparison says nothing (level 0, weight 0).
    pub missing: Missing,
    /// Tried in order; the first whose condition holds is the level of the pair. 1 to 15, the last is [`Condition::Else`].
    pub levels: Vec<Level>,
}

/// When a comparison of several fields counts as missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Every field is missing on at least one side.
    All,
    /// Some field is missing on at least one side.
    Any,
}

/// One outcome of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// When a pair is at this level, given that it is at none before it.
    pub when: Condition,
    /// What people call it; the condition's own words if `None`.
    pub label: Option<String>,
    /// Whether and how the value's own frequency adjusts the weight.
    pub term_frequency: Option<TermFrequency>,
}

/// Adjusts the weight of agreement by how rare the value is:
/// `strength * log2(u / max(frequency of left value, frequency of right value, floor))`, with `u` of the exact level.
#[derive(Clone, Debug, PartialEq)]
pub struct TermFrequency {
    /// The field whose frequencies count; the comparison's first field if `None`.
    pub field: Option<String>,
    /// 0..=1; 1 is the full adjustment.
    pub strength: f64,
    /// 0..=1; frequencies below it count as this.
    pub floor: f64,
}

/// Records whose keys agree are candidate pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockingRule {
    /// All must agree; missing values never do.
    pub keys: Vec<BlockingKey>,
}

/// One equality of a blocking rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockingKey {
    /// The field of the left record, and which part of its value.
    pub left: (String, Part),
    /// The same of the right record; differs from `left` only in rules such as forename = surname.
    pub right: (String, Part),
}

/// Records whose keys agree are linked, whatever they weigh, unless a guard of the rule stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeterministicRule {
    /// What outputs call it; its keys in words if `None`.
    pub name: Option<String>,
    /// Of rules in passes, as published methods have them, the number of its pass. The rules of a pass are applied
    /// together, and leave out pairs of which both records are linked to the other's source by an earlier pass. Rules
    /// without a pass come before all passes.
    pub pass: Option<u32>,
    /// At least one; all must agree, and missing values never do.
    pub keys: Vec<BlockingKey>,
    /// Fields of which the sources of both records must have values, whether or not the records have: what a source without
    /// names or numbers holds may call for another rule.
    pub sources_with: Vec<String>,
    /// A pair that one of them catches is not linked by the rule: a person decides, unless the pair is linked all the same,
    /// by another rule or by what it weighs.
    pub unless_different: Vec<Guard>,
    /// Fields of which no two values may stand side by side that are not the same to the letter. A pair that has such is
    /// not the rule's at all.
    pub unless_unequal: Vec<String>,
    /// A pair is not linked by the rule, and a person decides, where one of its records has pairs of the same pass with
    /// records of the other's source that are not all one person by earlier passes.
    pub unless_ambiguous: bool,
}

/// Fields that must not all be different. Different are values that are there on both sides and not merely two ways to
/// write one: [`crate::deterministic`] says when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// At least one.
    pub fields: Vec<String>,
}

/// When a candidate becomes a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accept {
    /// Match probability, 0..=1, at or above which a pair is linked.
    pub link: f64,
    /// Match probability at or above which a pair that is not linked goes to review; at most `link`.
    pub review: f64,
}

impl Accept {
    /// The weight at or above which a pair is linked. Panics if it is no probability; check the model first.
    pub fn link_bits(&self) -> f64 {
        bits_of(self.link)
    }

    /// The weight at or above which a pair is kept. Panics as [`link_bits`](Self::link_bits) does.
    pub fn review_bits(&self) -> f64 {
        bits_of(self.review)
    }
}

fn bits_of(probability: f64) -> f64 {
    plait_types::Probability::new(probability).expect("the model was checked").weight().0
}

/// How links become persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clustering {
    /// Everything that links reach, however long the chain.
    ConnectedComponents,
    /// Each record keeps only links that are the best for one of their ends.
    BestLink,
    /// At most one record of each source in a person, chosen to maximise the total weight.
    OneToOne,
    /// A person is what the evidence over all pairs of its records speaks for.
    Correlation,
}

/// One kind of pair and what the model has learned about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// `match`, `stranger`, `same household` …
    pub name: String,
    /// Whether pairs of this class are of one person.
    pub is_match: bool,
    /// Share of all record pairs that may be compared, 0..1; the shares of all classes sum to 1.
    pub share: f64,
    /// Per comparison, per level: P(level | class, not missing). Each inner list sums to 1, or a little less where agreement of strangers was held to that of matches.
    pub probabilities: Vec<Vec<f64>>,
    /// Where findings of two comparisons are not independent within the class; no two are of the same comparisons.
    pub together: Vec<Together>,
}

/// How often the findings of two comparisons come together, beside how often they would if they had nothing to do with each
/// other: who moves has another postcode and another address at once. The two-way terms of a log-linear model (Winkler 1993;
/// Thibaudeau 1993).
#[derive(Clone, Debug, PartialEq)]
pub struct Together {
    /// Indices of two comparisons of the model, ascending.
    pub comparisons: [usize; 2],
    /// Per level of the first, per level of the second: P(both | class) / (P(one | class)·P(other | class)), above 0; where either is
    /// missing it is 1.
    pub ratios: Vec<Vec<f64>>,
}

impl Class {
    /// P(vector | class), missing comparisons saying nothing.
    pub fn likelihood(&self, vector: ComparisonVector) -> f64 {
        likelihood(&self.probabilities, &self.together, vector)
    }
}

/// P(vector) under probabilities of levels and what two comparisons say together.
#[inline]
pub(crate) fn likelihood(probabilities: &[Vec<f64>], together: &[Together], vector: ComparisonVector) -> f64 {
    let mut product = 1.0;
    for (comparison, levels) in probabilities.iter().enumerate() {
        let level = vector.level(comparison);
        if level > 0 {
            product *= levels[level as usize - 1];
        }
    }
    for pair in together {
        product *= pair.ratio(vector);
    }
    product
}

/// The comparisons that count together in any of some classes, by their indices, each two once.
pub(crate) fn pairs_together<'a>(classes: impl Iterator<Item = &'a Class>) -> Vec<[usize; 2]> {
    let mut pairs: Vec<[usize; 2]> =
        classes.flat_map(|class| &class.together).map(|together| together.comparisons).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

impl Together {
    /// What the product of the two probabilities is multiplied by.
    #[inline]
    pub fn ratio(&self, vector: ComparisonVector) -> f64 {
        let [first, second] = self.comparisons.map(|comparison| usize::from(vector.level(comparison)));
        if first == 0 || second == 0 { 1.0 } else { self.ratios[first - 1][second - 1] }
    }
}

impl LinkType {
    /// As models and outputs write it: `link_only`.
    pub fn name(self) -> &'static str {
        schema::row(schema::LINK_TYPES, &self).1
    }

    /// The link type of a name as [`LinkType::name`] gives it.
    pub fn from_name(name: &str) -> Option<Self> {
        schema::by_name(schema::LINK_TYPES, name)
    }
}

impl Clustering {
    /// As models and outputs write it: `connected_components`.
    pub fn name(self) -> &'static str {
        schema::row(schema::CLUSTERINGS, &self).1
    }
}

impl BlockingRule {
    /// The rule as models write it: `date_of_birth and surname soundex`.
    pub fn words(&self) -> String {
        self.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
    }
}

impl DeterministicRule {
    /// The rule that these keys link, without exception and in no pass.
    pub fn of(keys: Vec<BlockingKey>) -> Self {
        Self {
            name: None,
            pass: None,
            keys,
            sources_with: Vec::new(),
            unless_different: Vec::new(),
            unless_unequal: Vec::new(),
            unless_ambiguous: false,
        }
    }

    /// What outputs call the rule: its name, or `same la_child_id`, as models write its keys.
    pub fn words(&self) -> String {
        let keys = || self.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        self.name.clone().unwrap_or_else(|| format!("same {}", keys()))
    }
}

impl BlockingKey {
    /// The same part of the same field on both sides.
    pub fn same(field: impl Into<String>, part: Part) -> Self {
        let side = (field.into(), part);
        Self { left: side.clone(), right: side }
    }

    /// Whether both sides look at the same thing.
    pub fn is_symmetric(&self) -> bool {
        self.left == self.right
    }

    /// Whether a record may have several such keys, of which it need share only one.
    pub fn is_several(&self) -> bool {
        self.left.1.is_several() || self.right.1.is_several()
    }
}

impl Comparison {
    /// The name of a level for people: its label, or its condition in words.
    pub fn level_label(&self, level: usize) -> String {
        let level = &self.levels[level];
        level.label.clone().unwrap_or_else(|| level.when.words())
    }

    /// The level whose u the term-frequency adjustment of a level starts from: the first that is plain agreement
    /// on the field whose frequencies count. `None` if the level has no adjustment or there is no such level.
    pub fn term_frequency_base(&self, level: usize) -> Option<usize> {
        let first = self.fields.first()?;
        let counted = self.levels[level].term_frequency.as_ref()?.field.as_ref().unwrap_or(first);
        self.levels.iter().position(|level| match &level.when {
            Condition::Test(field, Test::Same(Part::Whole)) => field.as_ref().unwrap_or(first) == counted,
            _ => false,
        })
    }

    /// The index of the first level that is plain agreement, if there is one.
    pub fn exact_level(&self) -> Option<usize> {
        self.levels.iter().position(|level| level.when.is_exact())
    }
}

impl Model {
    /// Takes out the comparisons of a field, with what was learned of them.
    pub fn remove_comparisons_of(&mut self, field: &str) {
        for index in (0..self.comparisons.len()).rev() {
            if self.comparisons[index].fields.iter().all(|name| name == field) {
                self.comparisons.remove(index);
                for class in &mut self.classes {
                    class.probabilities.remove(index);
                    class.together.retain(|pair| !pair.comparisons.contains(&index));
                    let later = class.together.iter_mut().flat_map(|pair| &mut pair.comparisons);
                    later.filter(|comparison| **comparison > index).for_each(|comparison| *comparison -= 1);
                }
            }
        }
    }

    /// Whether two comparisons, by their ascending indices, count together in the first class of matches.
    pub fn count_together(&self, comparisons: [usize; 2]) -> bool {
        let matches = self.classes.iter().find(|class| class.is_match);
        matches.is_some_and(|class| class.together.iter().any(|together| together.comparisons == comparisons))
    }

    /// Whether m and u are known, so that pairs can be weighed.
    pub fn is_trained(&self) -> bool {
        !self.classes.is_empty()
    }
}
