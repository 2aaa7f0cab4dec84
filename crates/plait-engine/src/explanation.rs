//! Why two records were linked or not, in terms that sum to the weight.

use crate::comparison::Comparer;
use crate::deterministic::Ruling;
use crate::model::Model;
use crate::objection::Objection;
use crate::scoring::{Scorer, SharedFrequency};
use plait_types::{MatchWeight, percent, three_digits};

/// The evidence about one pair of records.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Source and record of the left side.
    pub left: (String, String),
    /// Source and record of the right side.
    pub right: (String, String),
    /// The starting point first, then in the order of the model; their weights sum to `weight`.
    pub terms: Vec<Term>,
    /// Match weight in bits.
    pub weight: f64,
    /// Match probability, 0..=1.
    pub probability: f64,
    /// What deterministic rules say of the pair, beside and not in its weight: `linked because both have the same UPN`.
    pub statement: Option<String>,
    /// Why the pair is no link although its weight or a rule speaks for it: `the other records of the two people
    /// outweigh it`.
    pub objection: Option<Objection>,
}

/// One bar of the waterfall and one row of its table.
#[derive(Clone, Debug)]
pub struct Term {
    /// Where the weight comes from.
    pub kind: TermKind,
    /// `Surname`, `Starting point` …
    pub title: String,
    /// The left record's value; `None` where it is not recorded or where the term has no values.
    pub left: Option<String>,
    /// The right record's value.
    pub right: Option<String>,
    /// What was found, in words: `same`, `similar spelling`, `not recorded on the right`.
    pub outcome: String,
    /// Bits; above zero speaks for one person.
    pub weight: f64,
}

/// Where the weight of a term comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// How rare matches are among all pairs.
    Prior,
    /// The level of a comparison, by its index in the model.
    Comparison(usize),
    /// How rare the value of that comparison is.
    TermFrequency(usize),
    /// What two comparisons, by their indices, say together beyond what each says alone.
    Together([usize; 2]),
    /// Other kinds of pairs that look like this one, such as two children of one household.
    OtherClasses,
}

/// Explains the weight of a pair under a trained model. `name` gives source and record of a record; a ruling on the pair
/// is added with [`Explanation::with_ruling`].
pub fn explain(
    comparer: &Comparer<'_>,
    scorer: &Scorer<'_>,
    model: &Model,
    (left, right): (u32, u32),
    name: impl Fn(u32) -> (String, String),
) -> Explanation {
    let vector = comparer.vector(left, right, &mut comparer.scratch());
    let parts = scorer.parts(vector, left, right);
    let term = |kind, title: String, outcome: String, weight| Term {
        kind,
        title,
        left: None,
        right: None,
        outcome,
        weight,
    };
    let mut terms =
        vec![term(TermKind::Prior, "Starting point".into(), matches_among_pairs(model), parts.prior)];
    for (index, comparison) in model.comparisons.iter().enumerate() {
        let values = |record| shown_values(comparer, &comparison.fields, record);
        let (left_value, right_value) = (values(left), values(right));
        let outcome = match (vector.level(index), &left_value, &right_value) {
            (0, None, None) => "not recorded on either side".to_owned(),
            (0, None, _) => "not recorded on the left".to_owned(),
            (0, _, None) => "not recorded on the right".to_owned(),
            (0, _, _) => "cannot be compared".to_owned(),
            (level, _, _) => comparison.level_label(level as usize - 1),
        };
        terms.push(Term {
            left: left_value,
            right: right_value,
            ..term(TermKind::Comparison(index), title(&comparison.name), outcome, parts.evidence[index])
        });
        if parts.frequency[index] != 0.0 {
            let found = scorer.frequency(index, vector.level(index), left, right);
            terms.push(term(
                TermKind::TermFrequency(index),
                format!("How common the {} is", words_of(&comparison.name)),
                found.expect("it has a weight").words(),
                parts.frequency[index],
            ));
        }
    }
    for (&pair, &bits) in scorer.together().iter().zip(&parts.together).filter(|(_, bits)| bits.abs() > 1e-9)
    {
        let [first, second] = pair.map(|comparison| words_of(&model.comparisons[comparison].name));
        let alone = pair.map(|comparison| parts.evidence[comparison]);
        let outcome = if bits.abs() < 0.05 {
            "the two findings say as much together as each by itself"
        } else if alone.iter().all(|&alone| alone * bits <= 0.0) {
            "the two findings often have one cause, so that together they say less than the sum of both"
        } else if bits > 0.0 {
            "in one person the two findings come together more often than in different people"
        } else {
            "in different people the two findings come together more often than in one person"
        };
        let title = title(&format!("{first} and {second} together"));
        terms.push(term(TermKind::Together(pair), title, outcome.into(), bits));
    }
    if parts.other_classes.abs() > 1e-9 {
        // above zero, another class of matches explains the pair better than the first
        let is_match = parts.other_classes > 0.0;
        let first = model.classes.iter().position(|class| class.is_match == is_match);
        let others = model
            .classes
            .iter()
            .enumerate()
            .filter(|(index, class)| class.is_match == is_match && Some(*index) != first);
        let kinds: Vec<&str> = others.map(|(_, class)| class.name.as_str()).collect();
        terms.push(term(
            TermKind::OtherClasses,
            if is_match { "Could be one person with errors" } else { "Could be relatives" }.into(),
            format!("how much the pair also looks like: {}", kinds.join("; ")),
            parts.other_classes,
        ));
    }
    Explanation {
        left: name(left),
        right: name(right),
        terms,
        weight: parts.total,
        probability: MatchWeight(parts.total).probability().get(),
        statement: None,
        objection: None,
    }
}

impl Explanation {
    /// The same, with what deterministic rules say of the pair, and why it is no link all the same.
    #[must_use]
    pub fn with_ruling(
        mut self,
        ruling: Option<Ruling>,
        objection: Option<Objection>,
        model: &Model,
    ) -> Self {
        self.statement = ruling.map(|ruling| match objection {
            None => ruling.words(model),
            Some(_) => ruling.words_where_it_does_not_link(model),
        });
        self.objection = objection;
        self
    }
}

impl SharedFrequency {
    /// How often the value occurs, and how often others agree by chance, which is what the adjustment compares.
    fn words(&self) -> String {
        let which = if self.is_one_value { "this one" } else { "the more common of the two" };
        let holders = match self.floor {
            Some(floor) => format!("under 1 record in {} has {which}", three_digits(1.0 / floor)),
            None => format!("1 record in {} has {which}", three_digits(1.0 / self.of_records)),
        };
        let halved = if self.strength == 1.0 {
            String::new()
        } else {
            format!(
                ", counted {}",
                if self.strength == 0.5 { "half".to_owned() } else { format!("× {}", self.strength) }
            )
        };
        format!(
            "{holders}, and of different people 1 pair in {} has the same by chance{halved}",
            three_digits(1.0 / self.by_chance)
        )
    }
}

/// How rare matches are among all pairs, as the prose of the model says it.
fn matches_among_pairs(model: &Model) -> String {
    let share: f64 = model.classes.iter().filter(|class| class.is_match).map(|class| class.share).sum();
    if share > 0.0 && share < 0.5 {
        format!("1 pair in {} is of one person", three_digits(1.0 / share))
    } else {
        format!("{} of pairs are of one person", percent(share))
    }
}

/// The standardised values of a record's fields, `None` if all are missing.
fn shown_values(comparer: &Comparer<'_>, fields: &[String], record: u32) -> Option<String> {
    let field = |name: &String| comparer.records.field(name).map(|index| &comparer.records.fields[index]);
    let values: Vec<&str> = fields.iter().filter_map(field).filter_map(|field| field.get(record)).collect();
    (!values.is_empty()).then(|| values.join(" "))
}

/// `date_of_birth` as a title: `Date of birth`.
fn title(name: &str) -> String {
    let words = words_of(name);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `date_of_birth` in a sentence: `date of birth`.
fn words_of(name: &str) -> String {
    match crate::model::field_words(name) {
        header if header == name => name.replace('_', " "),
        words => words.to_owned(),
    }
}

#[cfg(test)]
mod tests;
