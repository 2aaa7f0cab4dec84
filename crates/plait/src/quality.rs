//! What a run says of its own quality without labels: `quality` of `run.json`, and the words for it.

use crate::run::RunStratum;
use plait_engine::labels::Label;
use plait_engine::quality::{
    Bounded, Caught, Decided, Estimate, NotTold, Stratum, Together, by_labels, by_probability,
    without_numbers, without_partner,
};
use plait_types::{grouped, percent};
use serde::{Deserialize, Serialize};

/// The name of the estimate by the model's own probabilities.
pub(crate) const PROBABILITIES: &str = "probabilities";
/// The name of the estimate by pairs that somebody has looked at.
pub(crate) const LABELS: &str = "labels";

/// Estimates of the quality of a run that need no labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunQuality {
    /// Side by side, each resting on something else.
    pub estimates: Vec<RunEstimate>,
    /// Share of the records with a partner that blocking rules bring to one, by capture and recapture over the rules; null
    /// where it cannot be told.
    #[serde(default)]
    pub caught_by_rules: Option<Bound>,
    /// Why nothing is said of recall and of `caught_by_rules`, in words; null where something is.
    #[serde(default)]
    pub recall_not_told: Option<String>,
    /// Records with a known partner, tried as if no number of theirs were known; null where too few share a verified one.
    #[serde(default)]
    pub without_numbers: Option<RunWithoutNumbers>,
    /// Records with a partner, tried as if it were not there; null where there are too few.
    #[serde(default)]
    pub without_partner: Option<RunWithoutPartner>,
}

/// How well records are linked whose numbers decide nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunWithoutNumbers {
    /// Records tried.
    pub records: u64,
    /// Share of the records with their number that they are put to all the same.
    pub recall: Bound,
    /// Share of the numbered records that they are put to which have their number.
    pub precision: Option<Bound>,
}

/// What becomes of records that have no partner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunWithoutPartner {
    /// Records tried.
    pub records: u64,
    /// Share that is put to somebody else.
    pub misplaced: Bound,
}

impl RunQuality {
    pub(crate) fn of(decided: &Decided<'_>, together: &Together) -> Self {
        let ((estimate, caught), (numbers, partner)) = rayon::join(
            || {
                let caught = Caught::of(decided, together);
                (by_probability(decided, together, &caught), caught)
            },
            || (without_numbers(decided, together), without_partner(decided, together)),
        );
        Self {
            estimates: vec![RunEstimate::of(PROBABILITIES, estimate)],
            caught_by_rules: caught.share().map(Bound::of),
            recall_not_told: caught.not_told().map(|why| why_not_told(why).to_owned()),
            without_numbers: numbers.map(|tried| RunWithoutNumbers {
                records: tried.records,
                recall: Bound::of(tried.recall),
                precision: tried.precision.map(Bound::of),
            }),
            without_partner: partner.map(|tried| RunWithoutPartner {
                records: tried.records,
                misplaced: Bound::of(tried.misplaced),
            }),
        }
    }

    /// Puts the estimate by labels first, before what the model says of itself; gives the strata that it rests on.
    pub(crate) fn measure(
        &mut self,
        decided: &Decided<'_>,
        together: &Together,
        labels: &[(Label, Option<usize>)],
        probability: &[f64],
    ) -> Option<Vec<RunStratum>> {
        let model = self.estimates.first()?.estimate();
        let measured = by_labels(decided, together, labels, probability, &model);
        self.estimates.insert(0, RunEstimate::of(LABELS, measured.estimate));
        let stratum = |stratum: &Stratum| RunStratum {
            together: stratum.together,
            from: stratum.from,
            pairs: (stratum.together || stratum.from.is_some()).then_some(stratum.n_pairs as u64),
            labels: stratum.n_labels,
            matches: stratum.n_matches,
            expected: stratum.expected,
        };
        Some(measured.strata.iter().map(stratum).collect())
    }

    /// That recall is not estimated, and why, where that is so.
    pub(crate) fn without_recall(&self) -> Option<String> {
        Some(format!("recall is not estimated: {}", self.recall_not_told.as_ref()?))
    }

    /// The first estimate for a manager.
    pub(crate) fn sentence(&self) -> Option<String> {
        let said = self.estimates.first()?.sentence();
        let not_said = self
            .recall_not_told
            .as_ref()
            .map(|why| format!("How many of the true pairs were found cannot be told: {why}."));
        let sentences: Vec<String> = said.into_iter().chain(not_said).collect();
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }

    /// What tests of the linkage found, a sentence each, with the figures in it.
    pub(crate) fn tests(&self) -> Vec<String> {
        let numbers = self.without_numbers.map(|tried| {
            let precision = tried.precision.map_or_else(String::new, |right| {
                format!(", and {} of the numbered records that they were put to had it", right.words())
            });
            format!(
                "tried without their numbers, {} records were put to {} of the records with the same number{precision}",
                grouped(tried.records),
                tried.recall.words()
            )
        });
        let partner = self.without_partner.map(|tried| {
            format!(
                "tried without their own partner, of {} records {} were put to somebody else",
                grouped(tried.records),
                tried.misplaced.words()
            )
        });
        let caught = self
            .caught_by_rules
            .map(|caught| format!("the blocking rules bring {} of the records to a partner of theirs, by how many rules catch each", caught.words()));
        [numbers, partner, caught].into_iter().flatten().collect()
    }

    /// Where the figures disagree: what the tests say beside the estimate, outside its interval.
    pub(crate) fn disagreement(&self) -> Option<String> {
        if let [labels, model, ..] = &self.estimates[..] {
            let figures =
                [("precision", labels.precision, model.precision), ("recall", labels.recall, model.recall)];
            for (name, measured, said) in figures {
                if let (Some(measured), Some(said)) = (measured, said)
                    && (measured.high < said.low || said.high < measured.low)
                {
                    return Some(format!(
                        "the estimates disagree: {name} is {} by the labels and {} by the model; trust the labels, and look at \
                         their strata in run.json",
                        measured.words(),
                        said.words()
                    ));
                }
            }
        }
        let recall = self.estimates.first()?.recall?;
        let caught = self.caught_by_rules.filter(|caught| caught.high < recall.low)?;
        Some(format!(
            "the estimates disagree: of recall {}, although the rules bring only {} of the records together; trust the lower",
            recall.words(),
            caught.words()
        ))
    }
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

    fn estimate(&self) -> Estimate {
        let bounded = |bound: Bound| Bounded { estimate: bound.estimate, low: bound.low, high: bound.high };
        Estimate { precision: self.precision.map(bounded), recall: self.recall.map(bounded) }
    }

    /// What it rests on, in words.
    pub(crate) fn basis(&self) -> &str {
        match self.name.as_str() {
            LABELS => "by the pairs with a label",
            PROBABILITIES => "by the model's probabilities",
            other => other,
        }
    }

    /// `precision 99.98% (99.95% to 100%) and recall 99.7% (99.1% to 99.9%) by the model's probabilities`; nothing where
    /// neither is said.
    pub(crate) fn words(&self) -> Option<String> {
        let figures = [("precision", self.precision), ("recall", self.recall)];
        let figures =
            figures.iter().filter_map(|(name, bound)| Some(format!("{name} {}", (*bound)?.words())));
        let figures: Vec<String> = figures.collect();
        (!figures.is_empty()).then(|| format!("{} {}", figures.join(" and "), self.basis()))
    }

    /// The same for a manager.
    fn sentence(&self) -> Option<String> {
        let right = self
            .precision
            .map(|bound| format!("{} of the pairs of records put together are right", bound.words()));
        let found = self.recall.map(|bound| format!("{} of the true pairs were found", bound.words()));
        let said: Vec<String> = right.into_iter().chain(found).collect();
        let without = if self.name == LABELS { "" } else { ", without any labels" };
        (!said.is_empty()).then(|| format!("As estimated {}{without}, {}.", self.basis(), said.join(" and ")))
    }
}

fn why_not_told(why: NotTold) -> &'static str {
    match why {
        NotTold::OneRule => {
            "the model has one blocking rule, and what a rule misses shows only in what others find"
        }
        NotTold::FewCaughtTwice => {
            "too few records are brought to their person by several blocking rules to tell how many are by none"
        }
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
