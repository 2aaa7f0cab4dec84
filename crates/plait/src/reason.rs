//! Why each pair of a result is a link, or is left for a person to decide.

use crate::explain::would_link;
use crate::link::Findings;
use plait_engine::deterministic::Ruling;
use plait_engine::objection::Objection;
use plait_types::Probability;

/// The weight at a threshold; no weight reaches a probability of 1.
fn weight_of(threshold: f64) -> f64 {
    Probability::new(threshold).map_or(f64::INFINITY, |probability| probability.weight().0)
}

/// Why a pair is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A link by a constraint.
    Constraint,
    /// A link by a deterministic rule.
    Rule,
    /// A link by its weight.
    Weight,
    /// For review: it would be a link but for this.
    Contradicted(Objection),
    /// For review: it would be a link, and other links join its records without it.
    Joined,
    /// For review: its weight lies between the thresholds.
    Between,
    /// For review: its weight lies below the thresholds, and a rule that something keeps from linking speaks for it.
    RuleAlone,
}

impl Reason {
    pub(crate) fn of(findings: &Findings<'_>, pair: usize) -> Self {
        let pairs = findings.pairs;
        let (weight, ruling) = (pairs.weight[pair], pairs.ruling[pair]);
        if findings.clustered.is_link[pair] {
            return match ruling {
                Some(Ruling::Together) => Self::Constraint,
                Some(Ruling::Link(_)) => Self::Rule,
                _ => Self::Weight,
            };
        }
        if would_link(weight, ruling, findings.model) {
            return findings.objections[pair].map_or(Self::Joined, Self::Contradicted);
        }
        // a pair is kept for its weight or for what a rule says of it
        if weight < weight_of(findings.model.accept.review) && ruling.is_some() {
            Self::RuleAlone
        } else {
            Self::Between
        }
    }

    /// For the column of a table. Holds no value of a record.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Constraint => "a constraint puts its records together".to_owned(),
            Self::Rule => "a rule links it".to_owned(),
            Self::Weight => "its weight reaches the link threshold".to_owned(),
            Self::Contradicted(objection) => objection.words(),
            Self::Joined => "other links join its records".to_owned(),
            Self::Between => "its weight lies between the thresholds".to_owned(),
            Self::RuleAlone => "a rule speaks for it, and its weight lies below the thresholds".to_owned(),
        }
    }

    /// Whether it would be a link but for something else.
    pub(crate) fn is_contradicted(self) -> bool {
        matches!(self, Self::Contradicted(_) | Self::Joined)
    }
}
