//! What precision and recall a run would have had at other thresholds.

use crate::link::Findings;
use crate::reason::Reason;
use crate::run::Run;
use crate::score::Truth;
use plait_engine::evaluation::Scores;
use plait_formats::read::Rows;
use plait_formats::write::{OutTable, to_rows};
use plait_report::chart::tradeoff::{Point, Shares, tradeoff};
use plait_types::{MatchWeight, Probability};

/// Thresholds at most.
const POINTS: f64 = 40.0;
/// Bits beyond which pairs are so certain that no threshold is of interest.
const MOST_BITS: f64 = 40.0;

/// Precision and recall by threshold: of pairs, links one by one. Persons are not put together anew, so what keeps a pair
/// from being a link in the run does so at every threshold, and what a rule or a constraint links is one.
#[derive(Clone, Debug)]
pub struct Tradeoff {
    /// By ascending threshold.
    points: Vec<Point>,
    /// The threshold of the run, bits.
    link: f64,
}

/// A pair that is a link from some threshold on.
struct Linked {
    from: f64,
    probability: f64,
    /// Whether it is of one person, where the truth is known of both records.
    is_match: Option<bool>,
}

impl Tradeoff {
    pub(crate) fn of(findings: &Findings<'_>, run: &Run, truth: Option<(&Truth, &Scores)>) -> Self {
        let bits = |p: f64| Probability::new(p).expect("the model was checked").weight().0;
        let accept = findings.model.accept;
        let (link, review) = (bits(accept.link), bits(accept.review));
        let mut pairs: Vec<Linked> = (0..findings.pairs.len())
            .filter_map(|pair| linked(findings, pair, link, truth.map(|truth| truth.0)))
            .collect();
        pairs.sort_by(|a, b| b.from.total_cmp(&a.from));
        let right: f64 = pairs.iter().map(|pair| pair.probability).sum();
        let right_now: f64 = pairs.iter().filter(|pair| pair.from >= link).map(|pair| pair.probability).sum();
        let recall = run.quality.estimates.first().and_then(|estimate| estimate.recall);
        // no fewer true pairs than are known to be there
        let n_true = recall
            .filter(|recall| recall.estimate > 0.0)
            .map_or(right, |recall| (right_now / recall.estimate).max(right));
        let points = thresholds(&pairs, review, link).into_iter();
        let points = points.map(|from| {
            let linked = &pairs[..pairs.partition_point(|pair| pair.from >= from)];
            let probable: f64 = linked.iter().map(|pair| pair.probability).sum();
            Point {
                bits: from,
                probability: MatchWeight(from).probability().get(),
                links: linked.len() as u64,
                estimated: Shares {
                    precision: share(probable, linked.len() as f64),
                    recall: share(probable, n_true),
                },
                known: truth.map(|(_, scores)| known(linked, scores.pairs.n_true)),
            }
        });
        Self { points: points.collect(), link }
    }

    /// A row per threshold. Precision and recall against the truth are there if it was given.
    pub fn rows(&self) -> Rows {
        let column = |of: fn(&Point) -> f64| self.points.iter().map(of).collect::<Vec<f64>>();
        let links: Vec<i64> = self.points.iter().map(|point| point.links as i64).collect();
        let mut table = OutTable::new()
            .with("match_weight", column(|point| point.bits))
            .with("match_probability", column(|point| point.probability))
            .with("links", links)
            .with("precision", column(|point| point.estimated.precision))
            .with("recall", column(|point| point.estimated.recall));
        if self.points.iter().any(|point| point.known.is_some()) {
            let known = |of: fn(Shares) -> f64| -> Vec<f64> {
                self.points.iter().map(|point| point.known.map_or(f64::NAN, of)).collect()
            };
            table = table
                .with("true_precision", known(|known| known.precision))
                .with("true_recall", known(|known| known.recall));
        }
        to_rows(&table)
    }

    /// A chart and a table of the same figures, as HTML. `id` is unique on the page.
    pub fn chart(&self, id: &str) -> String {
        tradeoff(id, &self.points, self.link).html()
    }
}

/// From where on a pair is a link; `None` of one that something else keeps from being one.
fn linked(findings: &Findings<'_>, pair: usize, link: f64, truth: Option<&Truth>) -> Option<Linked> {
    let weight = findings.pairs.weight[pair];
    let (from, probability) = match Reason::of(findings, pair) {
        // of what somebody knows the model has no say
        Reason::Constraint => (f64::INFINITY, 1.0),
        Reason::Rule => (f64::INFINITY, findings.person_probability[pair]),
        // other records of the person may have spoken for a pair that is weaker by itself
        Reason::Weight => (weight.max(link), findings.person_probability[pair]),
        Reason::Between => (weight, findings.person_probability[pair]),
        Reason::Contradicted(_) | Reason::Joined | Reason::RuleAlone => return None,
    };
    let is_one = |truth: &Truth| truth.is_one_person(findings.pairs.left[pair], findings.pairs.right[pair]);
    Some(Linked { from, probability, is_match: truth.and_then(is_one) })
}

/// Whole steps of bits between the weakest pair for review and the strongest link, and the threshold of the run. `pairs` descend.
fn thresholds(pairs: &[Linked], review: f64, link: f64) -> Vec<f64> {
    let weights = || pairs.iter().map(|pair| pair.from).filter(|from| from.is_finite());
    let low = weights().fold(link.min(MOST_BITS), f64::min).max(review).floor();
    let high = weights().fold(low + 1.0, f64::max).min(MOST_BITS).ceil();
    let step = ((high - low) / POINTS).ceil().max(1.0);
    let n = ((high - low) / step) as usize;
    let mut all: Vec<f64> = (0..=n).map(|at| low + at as f64 * step).collect();
    all.extend(Some(link).filter(|link| link.is_finite()));
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

fn known(linked: &[Linked], n_true: u64) -> Shares {
    let known = linked.iter().filter_map(|pair| pair.is_match);
    let (right, said) = known.fold((0u64, 0u64), |(right, said), is| (right + u64::from(is), said + 1));
    Shares { precision: share(right as f64, said as f64), recall: share(right as f64, n_true as f64) }
}

/// Of nothing, all is right.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).min(1.0) } else { 1.0 }
}
