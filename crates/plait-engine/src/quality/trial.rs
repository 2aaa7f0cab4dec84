//! What would become of records if they were not as they are: records whose numbers are known, tried without them, and
//! records with a partner, tried without it.
//!
//! The first is a test against what is known (masked identifiers): two records with one verified number are of one person,
//! whatever their names say. The second is a negative control (Lipsitch, Tchetgen Tchetgen and Cohen 2010): whom a record
//! is put to when nobody of its own is there is certainly wrong. One record at a time is tried, all others stay as they are.

use super::{Bounded, Decided, Together};
use crate::clustering::{NOT_COMPARED, clipped};
use crate::evaluation::Z_95;
use crate::groups::Tally;
use crate::model::Clustering;
use plait_types::Role;
use rayon::prelude::*;

/// Records that are tried, about.
const RECORDS: usize = 2_000;
/// Fewer say too little.
const ENOUGH: u64 = 30;

/// How well records are linked whose numbers decide nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WithoutNumbers {
    /// Records tried.
    pub records: u64,
    /// Share of the records with their number that they are put to all the same.
    pub recall: Bounded,
    /// Share of the numbered records that they are put to which have their number; `None` where they are put to none.
    pub precision: Option<Bounded>,
}

/// What becomes of records that have no partner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WithoutPartner {
    /// Records tried.
    pub records: u64,
    /// Share that is put to somebody else.
    pub misplaced: Bounded,
}

/// Tries records that share a verified number with another, as if nothing were known of any number of theirs. `None` where
/// no numbers are compared or too few are shared, and where rules decide and not weights.
pub fn without_numbers(decided: &Decided<'_>, together: &Together) -> Option<WithoutNumbers> {
    let is_number = |field: &String| {
        let is_of = |role: Role| matches!(role, Role::NhsNumber | Role::Upn | Role::Uln | Role::Identifier);
        decided.records.field(field).is_some_and(|known| is_of(decided.records.fields[known].role))
    };
    let comparisons = decided.model.comparisons.iter();
    let hidden: Vec<usize> = comparisons
        .enumerate()
        .filter(|(_, comparison)| comparison.named_fields().iter().any(is_number))
        .map(|(at, _)| at)
        .collect();
    let rules = decided.model.blocking.iter();
    let asked: Vec<bool> = rules
        .map(|rule| !rule.keys.iter().any(|key| is_number(&key.left.0) || is_number(&key.right.0)))
        .collect();
    if hidden.is_empty() || !asked.contains(&true) || !decided.links_by_weight() {
        return None;
    }
    let conflicts = decided.conflicts;
    let numbered = (0..decided.records.len() as u32).filter(|&record| conflicts.has_number(record)).collect();
    let (sample, _) = decided.some(numbered, decided.affordable(RECORDS));
    let known = conflicts.holders_of_the_numbers_of(&sample);
    let partners = decided.blocks.partners(&sample, |rule| asked[rule]);
    let (recall, precision) = (0..sample.len() as u32)
        .into_par_iter()
        .map_init(
            || decided.comparer.scratch(),
            |scratch, place| {
                let record = sample[place as usize];
                // what is kept apart although it shares a number is not looked for
                let is_same =
                    |&other: &u32| decided.is_pair(record, other) && !conflicts.between(record, other);
                let same: Vec<u32> = known.get(place).iter().copied().filter(is_same).collect();
                if same.is_empty() {
                    return [(0, 0); 2];
                }
                let weigh = |left: u32, right: u32| {
                    let known = decided.comparer.vector(left, right, scratch);
                    let vector = hidden.iter().fold(known, |vector, &at| vector.without(at));
                    decided.scorer.weigh_compared(vector, left, right).0
                };
                let is_apart = |other| {
                    conflicts.are_of_two_generations(record, other)
                        || decided.constraints.kept_apart_by(record, other).is_some()
                };
                let persons = Persons { together, but: None, is_apart: &is_apart };
                let person = decided.placed(record, partners.get(place), &persons, weigh);
                let members = person.map_or(&[][..], |person| together.members.get(person));
                let others = || members.iter().filter(|&&other| decided.is_pair(record, other));
                let found = same.iter().filter(|other| members.binary_search(other).is_ok()).count() as u64;
                let judged =
                    others().filter(|&&other| conflicts.share_or_differ(record, other)).count() as u64;
                [(found, same.len() as u64), (found.min(judged), judged)]
            },
        )
        .fold(
            || (Tally::default(), Tally::default()),
            |mut tallies, [recall, precision]| {
                tallies.0.add(recall.0, recall.1);
                tallies.1.add(precision.0, precision.1);
                tallies
            },
        )
        .reduce(|| (Tally::default(), Tally::default()), |a, b| (a.0.merged(b.0), a.1.merged(b.1)));
    (recall.clusters >= ENOUGH).then(|| WithoutNumbers {
        records: recall.clusters,
        recall: bounded(&recall).expect("there are some"),
        precision: bounded(&precision),
    })
}

/// Tries records that are in a person with others, as if these were not there. `None` where there are too few, and where rules
/// decide and not weights.
pub fn without_partner(decided: &Decided<'_>, together: &Together) -> Option<WithoutPartner> {
    if !decided.links_by_weight() {
        return None;
    }
    let person_of = &decided.clustered.persons.person_of;
    let own = |record: u32| person_of[record as usize];
    let with_others =
        (0..decided.records.len() as u32).filter(|&r| together.members.get(own(r)).len() > 1).collect();
    let (sample, _) = decided.some(with_others, decided.affordable(RECORDS));
    let partners = decided.blocks.partners(&sample, |_| true);
    let conflicts = decided.conflicts;
    let misplaced = (0..sample.len() as u32).into_par_iter().map_init(
        || decided.comparer.scratch(),
        |scratch, place| {
            let record = sample[place as usize];
            let weigh = |left: u32, right: u32| decided.scorer.weigh(left, right, scratch).0;
            let is_apart = |other| {
                conflicts.between(record, other) || decided.constraints.kept_apart_by(record, other).is_some()
            };
            let persons = Persons { together, but: Some(own(record)), is_apart: &is_apart };
            u64::from(decided.placed(record, partners.get(place), &persons, weigh).is_some())
        },
    );
    let misplaced = misplaced.fold(Tally::default, |mut tally, part| {
        tally.add(part, 1);
        tally
    });
    let misplaced = misplaced.reduce(Tally::default, Tally::merged);
    (misplaced.clusters >= ENOUGH).then(|| WithoutPartner {
        records: misplaced.clusters,
        misplaced: bounded(&misplaced).expect("there are some"),
    })
}

fn bounded(tally: &Tally) -> Option<Bounded> {
    let (low, high) = tally.interval(Z_95);
    Some(Bounded { estimate: tally.value()?, low, high })
}

/// To whom a record may be put.
struct Persons<'a> {
    together: &'a Together,
    /// Not to this one.
    but: Option<u32>,
    /// Nor to one with a record that it is kept apart from.
    is_apart: &'a dyn Fn(u32) -> bool,
}

impl Decided<'_> {
    /// Whether some weight is enough for a link: of a model of rules alone none is.
    fn links_by_weight(&self) -> bool {
        self.cut.is_finite()
    }

    /// The person that a record would be put to: as clustering has it, the one whose records weigh most together, if that
    /// is enough.
    fn placed(
        &self,
        record: u32,
        partners: &[u32],
        persons: &Persons<'_>,
        mut weigh: impl FnMut(u32, u32) -> f64,
    ) -> Option<u32> {
        let person_of = &self.clustered.persons.person_of;
        let mut pairs: Vec<(u32, f64)> = partners
            .iter()
            .filter(|&&other| Some(person_of[other as usize]) != persons.but)
            .map(|&other| (person_of[other as usize], weigh(record.min(other), record.max(other))))
            .collect();
        pairs.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        let claim = |pairs: &[(u32, f64)]| {
            let (person, most) = pairs[0];
            let members = persons.together.members.get(person);
            let others = || members.iter().filter(|&&other| other != record);
            // a set of records is only looked at where a pair of it is strong enough
            if most < self.cut || others().any(|&other| (persons.is_apart)(other)) {
                return f64::NEG_INFINITY;
            }
            if self.model.clustering != Clustering::Correlation {
                return most;
            }
            let sum: f64 = pairs.iter().map(|pair| clipped(pair.1)).sum();
            sum + NOT_COMPARED * (others().count() - pairs.len()) as f64
        };
        let claims = pairs.chunk_by(|a, b| a.0 == b.0).map(|pairs| (pairs[0].0, claim(pairs)));
        claims
            .filter(|&(_, bits)| bits >= self.cut)
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
            .map(|(person, _)| person)
    }
}
