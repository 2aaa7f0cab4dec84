//! What a run says of its own quality without labels: `quality` of `run.json`, and the words for it.

use plait_engine::quality::{Bounded, Estimate};
use plait_types::percent;
use serde::{Deserialize, Serialize};

/// The name of the estimate by the model's own probabilities.
pub(crate) const PROBABILITIES: &str = "probabilities";

/// Estimates of the quality of a run that need no labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunQuality {
    /// Side by side, each resting on something else.
    pub estimates: Vec<RunEstimate>,
}

/// One estimate: precision and recall of the pairs of records in one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEstimate {
    /// What it rests on: `probabilities` are the model's own.
    pub name: String,
    /// Share of the pairs of records in one person that are right; `null` where nothing is said of it.
    pub precision: Option<Bound>,
    /// Share of the true pairs that are in one person.
    pub recall: Option<Bound>,
}

/// A share between 0 and 1, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The estimate.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl RunEstimate {
    pub(crate) fn of(name: &str, estimate: Estimate) -> Self {
        Self {
            name: name.to_owned(),
            precision: estimate.precision.map(Bound::of),
            recall: estimate.recall.map(Bound::of),
        }
    }

    /// What it rests on, in words.
    pub(crate) fn basis(&self) -> &str {
        match self.name.as_str() {
            PROBABILITIES => "by the model's probabilities",
            other => other,
        }
    }

    /// `precision 99.98% (99.95% to 100%) and recall 99.7% (99.1% to 99.9%) by the model's probabilities`
    pub(crate) fn words(&self) -> String {
        let figures = [("precision", self.precision), ("recall", self.recall)];
        let figures =
            figures.iter().filter_map(|(name, bound)| Some(format!("{name} {}", (*bound)?.words())));
        format!("{} {}", figures.collect::<Vec<_>>().join(" and "), self.basis())
    }

    /// The same for a manager.
    pub(crate) fn sentence(&self) -> String {
        let right = self
            .precision
            .map(|bound| format!("{} of the pairs of records put together are right", bound.words()));
        let found = self.recall.map(|bound| format!("{} of the true pairs were found", bound.words()));
        let said: Vec<String> = right.into_iter().chain(found).collect();
        format!("As estimated {}, without any labels, {}.", self.basis(), said.join(" and "))
    }
}

impl Bound {
    fn of(bounded: Bounded) -> Self {
        Self { estimate: bounded.estimate, low: bounded.low, high: bounded.high }
    }

    /// `99.7% (99.1% to 99.9%)`
    pub(crate) fn words(&self) -> String {
        format!("{} ({} to {})", percent(self.estimate), percent(self.low), percent(self.high))
    }
}
