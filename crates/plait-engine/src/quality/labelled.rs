//! Precision and recall from pairs that somebody has looked at.
//!
//! Labels are rarely a fair sample: who labels looks at what is doubtful. So pairs are counted by *strata* of how sure they
//! are, in one person and not, and what the labels of a stratum say holds for all of its pairs. Where a stratum has few labels
//! the model's probability stands in for them: [`PSEUDO`] labels of it are added to every stratum (the model-assisted
//! estimator of Särndal, Swensson and Wretman 1992, §7.9, for strata after the fact). Missed pairs that no rule made,
//! and others that were not scored, are those that the model expects; where it cannot tell, neither is recall told here.

use super::interval::between_of_variance;
use super::{Bounded, Decided, Estimate, Together};
use crate::evaluation::Z_95;
use crate::labels::Label;

/// Lower ends of the strata, by the probability that both records are of one person.
const STRATA: [f64; 6] = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999];
/// Labels that the model's own probability of a stratum is worth.
const PSEUDO: f64 = 10.0;

/// Pairs of one stratum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stratum {
    /// Whether they are of one person, as it was decided.
    pub together: bool,
    /// The lower end of their probability; `None` of pairs that were not scored.
    pub from: Option<f64>,
    /// How many there are; 0 of pairs apart that were not scored, which nobody has counted.
    pub n_pairs: f64,
    /// Pairs with a label.
    pub n_labels: u64,
    /// Those of them that are of one person in truth.
    pub n_matches: u64,
    /// Mean probability of its pairs.
    pub expected: f64,
}

/// What labels say of a linkage.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// Those with any pairs or labels: pairs in one person first, the surest last.
    pub strata: Vec<Stratum>,
    /// Of all pairs, from the strata.
    pub estimate: Estimate,
}

/// Holds a linkage against labels, each with the place of its pair among the scored ones. `probability` is per scored pair;
/// `model` is what the model's own probabilities say.
pub fn by_labels(
    decided: &Decided<'_>,
    together: &Together,
    labels: &[(Label, Option<usize>)],
    probability: &[f64],
    model: &Estimate,
) -> Labelled {
    let mut strata = strata(decided, together, probability, model);
    let person_of = &decided.clustered.persons.person_of;
    for (label, scored) in labels {
        let is_together = person_of[label.left as usize] == person_of[label.right as usize];
        let stratum = &mut strata[place(is_together, scored.map(|pair| probability[pair]))];
        stratum.n_labels += 1;
        stratum.n_matches += u64::from(label.is_match);
    }
    let (mut wrong, mut missed) = (Count::default(), Count::default());
    for stratum in &strata {
        // of pairs apart that were not scored the model expects as many as it does
        if stratum.together || stratum.from.is_some() {
            let count = if stratum.together { &mut wrong } else { &mut missed };
            count.add(stratum);
        }
    }
    if let Some(recall) = model.recall {
        let expected: f64 = strata
            .iter()
            .filter(|stratum| !stratum.together)
            .map(|stratum| stratum.n_pairs * stratum.expected)
            .sum();
        let right = together.pairs * model.precision.map_or(1.0, |share| share.estimate);
        let missed_at = |recall: f64| right * (1.0 / recall.max(1e-9) - 1.0);
        missed.sum += (missed_at(recall.estimate) - expected).max(0.0);
        // labels say nothing of pairs that nobody could look at
        let half_width = (missed_at(recall.low) - missed_at(recall.high)) / (2.0 * Z_95);
        missed.variance += half_width * half_width;
    }
    let right = (together.pairs - wrong.sum).max(0.0);
    let precision = |wrong: f64| (1.0 - wrong / together.pairs).clamp(0.0, 1.0);
    let recall = |missed: f64| if right > 0.0 { right / (right + missed) } else { 0.0 };
    let bounded = |count: &Count, share: &dyn Fn(f64) -> f64| {
        let (fewest, most) = between_of_variance(count.sum, count.variance);
        Bounded { estimate: share(count.sum), low: share(most), high: share(fewest) }
    };
    let estimate = Estimate {
        precision: Some(bounded(&wrong, &precision)),
        recall: model.recall.map(|_| bounded(&missed, &recall)),
    };
    strata.retain(|stratum| stratum.n_pairs > 0.0 || stratum.n_labels > 0);
    Labelled { strata, estimate }
}

/// Errors among the pairs of strata.
#[derive(Default)]
struct Count {
    sum: f64,
    variance: f64,
}

impl Count {
    /// Of pairs together those of two persons, of pairs apart those of one.
    fn add(&mut self, stratum: &Stratum) {
        let n = stratum.n_labels as f64;
        let errors = if stratum.together { n - stratum.n_matches as f64 } else { stratum.n_matches as f64 };
        let expected = if stratum.together { 1.0 - stratum.expected } else { stratum.expected };
        let share = (errors + PSEUDO * expected) / (n + PSEUDO);
        // what has a label is known
        let unknown = (stratum.n_pairs - n).max(0.0);
        self.sum += if stratum.n_pairs >= n { unknown * share + errors } else { stratum.n_pairs * share };
        self.variance += unknown * unknown * share * (1.0 - share) / (n + PSEUDO + 1.0);
    }
}

fn place(together: bool, probability: Option<f64>) -> usize {
    let within = probability.map_or(0, |p| STRATA.iter().rposition(|from| p >= *from).unwrap_or(0) + 1);
    if together { within } else { STRATA.len() + 1 + within }
}

/// The strata with their pairs, by [`place`].
fn strata(decided: &Decided<'_>, together: &Together, probability: &[f64], model: &Estimate) -> Vec<Stratum> {
    let froms = || [None].into_iter().chain(STRATA.into_iter().map(Some));
    let mut strata: Vec<Stratum> = [true, false]
        .into_iter()
        .flat_map(|together| froms().map(move |from| Stratum { together, from, ..Stratum::default() }))
        .collect();
    let person_of = &decided.clustered.persons.person_of;
    for (pair, &probability) in probability.iter().enumerate() {
        let [left, right] =
            [decided.pairs.left[pair], decided.pairs.right[pair]].map(|record| person_of[record as usize]);
        let stratum = &mut strata[place(left == right, Some(probability))];
        stratum.n_pairs += 1.0;
        stratum.expected += probability;
    }
    let scored = &strata[1..=STRATA.len()];
    let n_scored: f64 = scored.iter().map(|stratum| stratum.n_pairs).sum();
    let expected: f64 = scored.iter().map(|stratum| stratum.expected).sum();
    let rest = (together.pairs - n_scored).max(0.0);
    let right = together.pairs * model.precision.map_or(1.0, |share| share.estimate);
    strata[0].n_pairs = rest;
    strata[0].expected = (right - expected).clamp(0.0, rest);
    for stratum in &mut strata {
        stratum.expected = if stratum.n_pairs > 0.0 { stratum.expected / stratum.n_pairs } else { 0.0 };
    }
    strata
}
