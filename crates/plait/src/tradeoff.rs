//! What precision and recall a run would have had at other thresholds.

use crate::link::Findings;
use crate::reason::Reason;
use crate::run::Run;
use crate::score::Truth;
use hashbrown::HashMap;
use plait_engine::evaluation::Scores;
use plait_engine::model::LinkType;
use plait_engine::records::Records;
use plait_formats::read::Rows;
use plait_formats::write::{OutTable, to_rows};
use plait_report::chart::tradeoff::{Point, Shares, tradeoff};
use plait_types::{MatchWeight, NULL, Probability};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Thresholds at most.
const POINTS: f64 = 40.0;
/// Bits beyond which pairs are so certain that no threshold is of interest.
const MOST_BITS: f64 = 40.0;

/// Precision and recall of the pairs of records in one person, by threshold. Persons are what the links from the threshold on
/// reach: at that of the run they are its own, above it parts of them, and below it what pairs for review would join. What
/// keeps a pair from being a link in the run does so at every threshold, and what a rule or a constraint links is one.
#[derive(Clone, Debug)]
pub struct Tradeoff {
    /// By ascending threshold.
    points: Vec<Point>,
    /// The threshold of the run, bits.
    link: f64,
}

/// What a run keeps, so that it can be asked; the answer takes a while where there are many links.
pub(crate) struct LinkedFrom {
    pairs: Vec<Linked>,
    link: f64,
    /// As estimated, where it is.
    recall: Option<f64>,
    /// And how many true pairs there are.
    truth: Option<(Truth, u64)>,
}

impl LinkedFrom {
    pub(crate) fn of(findings: &Findings<'_>, run: &Run, truth: Option<(Truth, Scores)>) -> Self {
        let link = Probability::new(findings.model.accept.link).expect("the model was checked").weight().0;
        let pairs = (0..findings.pairs.len()).into_par_iter();
        let recall = run.quality.estimates.first().and_then(|estimate| estimate.recall);
        Self {
            pairs: pairs.filter_map(|pair| linked(findings, pair, link)).collect(),
            link,
            recall: recall.map(|recall| recall.estimate).filter(|recall| *recall > 0.0),
            truth: truth.map(|(truth, scores)| (truth, scores.pairs.n_true)),
        }
    }
}

impl Tradeoff {
    pub(crate) fn of(linked_from: &LinkedFrom, records: &Records, link_type: LinkType) -> Self {
        let LinkedFrom { link, recall, ref truth, .. } = *linked_from;
        let mut pairs: Vec<&Linked> = linked_from.pairs.iter().collect();
        pairs.par_sort_by(|a, b| b.from.total_cmp(&a.from));
        let mut together = Together::of(records, link_type, truth.as_ref().map(|(truth, _)| truth));
        let mut joined = 0;
        let mut found: Vec<(f64, u64, Found)> = thresholds(&pairs, link)
            .into_iter()
            .rev()
            .map(|from| {
                let n_links = pairs.partition_point(|pair| pair.from >= from);
                pairs[joined..n_links].iter().copied().for_each(|pair| together.join(pair));
                joined = n_links;
                (from, n_links as u64, together.found)
            })
            .collect();
        found.reverse();
        let most = found.first().map_or(0.0, |(_, _, found)| found.probable);
        let now = found.iter().find(|(from, ..)| *from >= link).map_or(most, |(_, _, found)| found.probable);
        // no fewer true pairs than are known to be there
        let n_true = recall.map(|recall| (now / recall).max(most));
        let points = found.into_iter().map(|(bits, links, found)| Point {
            bits,
            probability: MatchWeight(bits).probability().get(),
            links,
            estimated: Shares {
                precision: share(found.probable, found.n_pairs as f64),
                recall: n_true.map(|n_true| share(found.probable, n_true)),
            },
            known: truth.as_ref().map(|&(_, n_true)| Shares {
                precision: share(found.n_right as f64, found.n_known as f64),
                recall: Some(share(found.n_right as f64, n_true as f64)),
            }),
        });
        Self { points: points.collect(), link }
    }

    /// A row per threshold. Recall is missing where it is not estimated. Precision and recall against the truth are there if
    /// it was given.
    pub fn rows(&self) -> Rows {
        let column = |of: fn(&Point) -> f64| self.points.iter().map(of).collect::<Vec<f64>>();
        let links: Vec<i64> = self.points.iter().map(|point| point.links as i64).collect();
        let mut table = OutTable::new()
            .with("match_weight", column(|point| point.bits))
            .with("match_probability", column(|point| point.probability))
            .with("links", links)
            .with("precision", column(|point| point.estimated.precision))
            .with("recall", column(|point| point.estimated.recall.unwrap_or(f64::NAN)));
        if self.points.iter().any(|point| point.known.is_some()) {
            let known = |of: fn(Shares) -> f64| -> Vec<f64> {
                self.points.iter().map(|point| point.known.map_or(f64::NAN, of)).collect()
            };
            table = table
                .with("true_precision", known(|known| known.precision))
                .with("true_recall", known(|known| known.recall.unwrap_or(f64::NAN)));
        }
        to_rows(&table)
    }

    /// A chart and a table of the same figures, as HTML. `id` is unique on the page.
    pub fn chart(&self, id: &str) -> String {
        tradeoff(id, &self.points, self.link).html()
    }
}

/// A pair that is a link from some threshold on.
struct Linked {
    left: u32,
    right: u32,
    from: f64,
    probability: f64,
}

/// Pairs of records in one person.
#[derive(Clone, Copy, Default)]
struct Found {
    n_pairs: u64,
    /// How many are right, as the model has it.
    probable: f64,
    /// Those of which the truth is known of both records, and those of them that are right.
    n_known: u64,
    n_right: u64,
}

/// Records that links have put together so far.
struct Together<'a> {
    records: &'a Records,
    link_type: LinkType,
    truth: Option<&'a Truth>,
    /// Per record, one that it is together with; itself where it stands for its part.
    first: Vec<u32>,
    /// Of records that stand for several.
    parts: HashMap<u32, Part>,
    found: Found,
}

/// Records that are together, counted by what their pairs count by.
#[derive(Default)]
struct Part {
    /// Per source: records, and those of which the truth is known.
    sources: BTreeMap<usize, (u64, u64)>,
    /// Per entity, and per entity and source.
    entities: BTreeMap<u32, u64>,
    entities_by_source: BTreeMap<(u32, usize), u64>,
}

impl<'a> Together<'a> {
    fn of(records: &'a Records, link_type: LinkType, truth: Option<&'a Truth>) -> Self {
        let first = (0..records.len() as u32).collect();
        Self { records, link_type, truth, first, parts: HashMap::new(), found: Found::default() }
    }

    /// Puts all records together that the two are together with. The pairs that this makes are right or wrong together.
    fn join(&mut self, link: &Linked) {
        let [left, right] = [link.left, link.right].map(|record| self.part_of(record));
        if left == right {
            return;
        }
        let [one, other] = [left, right].map(|first| self.take(first));
        let pairs = one.pairs_with(&other, self.link_type == LinkType::LinkOnly);
        self.found.n_pairs += pairs.n_pairs;
        self.found.probable += pairs.n_pairs as f64 * link.probability;
        self.found.n_known += pairs.n_known;
        self.found.n_right += pairs.n_right;
        self.first[right as usize] = left;
        self.parts.insert(left, one.with(other));
    }

    fn part_of(&mut self, record: u32) -> u32 {
        let mut at = record;
        while self.first[at as usize] != at {
            // halves the way for the next one
            self.first[at as usize] = self.first[self.first[at as usize] as usize];
            at = self.first[at as usize];
        }
        at
    }

    /// The part that a record stands for.
    fn take(&mut self, first: u32) -> Part {
        self.parts.remove(&first).unwrap_or_else(|| {
            let source = self.records.source_of(first);
            let entity = self.truth.map_or(NULL, |truth| truth.entities()[first as usize]);
            let mut alone = Part::default();
            alone.sources.insert(source, (1, u64::from(entity != NULL)));
            if entity != NULL {
                alone.entities.insert(entity, 1);
                alone.entities_by_source.insert((entity, source), 1);
            }
            alone
        })
    }
}

impl Part {
    /// Pairs of a record of one with a record of the other; `between` sources only, or all.
    fn pairs_with(&self, other: &Self, between: bool) -> Found {
        if self.entities_by_source.len() > other.entities_by_source.len() {
            return other.pairs_with(self, between);
        }
        let mut found = Found::default();
        for (source, (n, n_known)) in &self.sources {
            for (_, (m, m_known)) in other.sources.iter().filter(|(of, _)| !between || *of != source) {
                found.n_pairs += n * m;
                found.n_known += n_known * m_known;
            }
        }
        for (kind, n) in &self.entities_by_source {
            let all = other.entities.get(&kind.0).copied().unwrap_or_default();
            let of_source = other.entities_by_source.get(kind).copied().unwrap_or_default();
            found.n_right += n * if between { all - of_source } else { all };
        }
        found
    }

    /// All records of both.
    fn with(self, other: Self) -> Self {
        let (mut large, small) = if self.entities_by_source.len() < other.entities_by_source.len() {
            (other, self)
        } else {
            (self, other)
        };
        for (source, (n, n_known)) in small.sources {
            let of = large.sources.entry(source).or_default();
            *of = (of.0 + n, of.1 + n_known);
        }
        small.entities.into_iter().for_each(|(entity, n)| *large.entities.entry(entity).or_default() += n);
        small
            .entities_by_source
            .into_iter()
            .for_each(|(kind, n)| *large.entities_by_source.entry(kind).or_default() += n);
        large
    }
}

/// From where on a pair is a link; `None` of one that something else keeps from being one.
fn linked(findings: &Findings<'_>, pair: usize, link: f64) -> Option<Linked> {
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
    let (left, right) = (findings.pairs.left[pair], findings.pairs.right[pair]);
    Some(Linked { left, right, from, probability })
}

/// Whole steps of bits between the weakest pair for review and the strongest link, and the threshold of the run; of a method,
/// whose links are all by rules, one that says nothing.
fn thresholds(pairs: &[&Linked], link: f64) -> Vec<f64> {
    let link = Some(link).filter(|link| link.is_finite());
    let weights = || pairs.iter().map(|pair| pair.from).filter(|from| from.is_finite()).chain(link);
    let low = weights().fold(MOST_BITS, f64::min).max(-MOST_BITS).floor();
    let high = weights().fold(low + 1.0, f64::max).min(MOST_BITS).ceil();
    let step = ((high - low) / POINTS).ceil().max(1.0);
    let n = ((high - low) / step) as usize;
    let mut all: Vec<f64> = (0..=n).map(|at| low + at as f64 * step).chain(link).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// Of nothing, all is right.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).min(1.0) } else { 1.0 }
}
