//! Deterministic rules: pairs that agree on all keys of a rule are linked, whatever they weigh.
//!
//! Pairs are found as blocking finds them, by sorting keys, and each pair belongs to the first rule that links it. A
//! rule's guards keep a known mistake from becoming a link: a number of one child that was typed into the record of
//! its sister. What a guard catches is a pair for a person to decide, unless another rule or its weight links it.
//!
//! Rules may come in passes, as published methods of linkage have them. What an earlier pass has linked is settled: a later
//! one is for the records that are left, and takes those pairs of which at least one record is not yet linked to the
//! other's source. The weights are the last pass, in which each record that no pass has linked takes its strongest pair.
//!
//! An NHS number that its status calls unverified is none, for keys as for `unless_unequal`.
//!
//! Values of a guard are different when both are there and are not merely two ways to write one:
//! - dates, when the parts that both have differ; not by one digit, by day and month changed over, or where one is a
//!   day that stands in for an unknown one of the same month or year;
//! - names, when they are more than an edit apart and neither is a short form, another spelling, a part or the
//!   initials of the other;
//! - everything else, when they are more than an edit apart, and below four characters when they are not equal.

use crate::blocking::{Blocks, Route};
use crate::clustering::Components;
use crate::comparison::Comparer;
use crate::model::{
    BlockingKey, BlockingRule, DeterministicRule, Guard, LinkType, Model, exceptions_words, keys_words,
};
use crate::parts::Share;
use crate::records::{Field, Records};
use crate::scoring::{ScoredPairs, Scorer};
use crate::similarity::{
    half_of_double_barrelled, initials_agree, osa_at_most, same_spelling_family, token_subset,
};
use hashbrown::{HashMap, HashSet};
use plait_types::{NULL, Role};
use rayon::prelude::*;

/// What deterministic rules say of a pair, the number being that of the rule in the model; or that a constraint goes before
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// A constraint says that its records are one person.
    Together,
    /// The rule links it.
    Link(u16),
    /// The rule's keys agree and one of its guards catches the pair, and no other rule links it.
    Caught(u16),
}

/// The pairs on which a model's deterministic rules have something to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rulings {
    /// Left and right record and what is said; by left, then right, each pair once.
    pub pairs: Vec<(u32, u32, Ruling)>,
    /// What was left out, in the order of the rules.
    pub left_out: Vec<LeftOut>,
    n_rules: u16,
    /// Whether the rules come in passes.
    in_passes: bool,
    settled: Settled,
}

/// What passes have linked: records, and the sources to which they are linked. Empty where no rule has a pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Settled(HashSet<(u32, u32)>);

impl Settled {
    fn add(&mut self, records: &Records, left: u32, right: u32) {
        let source = |record| records.source_of(record) as u32;
        self.0.insert((left, source(right)));
        self.0.insert((right, source(left)));
    }

    /// Whether both records are linked to the other's source.
    fn has(&self, records: &Records, left: u32, right: u32) -> bool {
        let source = |record| records.source_of(record) as u32;
        !self.0.is_empty()
            && self.0.contains(&(left, source(right)))
            && self.0.contains(&(right, source(left)))
    }
}

/// A pair that a rule has found: left and right record, whether an exception of the rule catches it, index of the rule. They
/// sort so that of each pair the first rule that links it comes first, or else the first that would.
pub(crate) type Found = (u32, u32, bool, u16);

/// Values that so many records share that they cannot be of one person, and that a rule therefore leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Index of the rule.
    pub rule: usize,
    /// Values, or combinations of values.
    pub n_values: u64,
    /// Records that the most common of them has.
    pub most_records: u64,
}

/// Records of one person at most: whoever has more is a placeholder. A child known to a dozen services, with each of
/// them many times, stays below.
const MOST_RECORDS: u32 = 200;

impl Rulings {
    /// Finds the pairs. Panics if a rule names a field that the records lack; check the model first.
    ///
    /// Costs a sort of the records for each rule, and a few comparisons for each pair found.
    pub fn of(records: &Records, rules: &[DeterministicRule], link_type: LinkType) -> Self {
        Self::with_most_records(records, rules, link_type, MOST_RECORDS)
    }

    fn with_most_records(
        records: &Records,
        rules: &[DeterministicRule],
        link_type: LinkType,
        most_records: u32,
    ) -> Self {
        let mut found = Vec::new();
        let mut left_out = Vec::new();
        let finder = Finder::of(records);
        for (index, rule) in rules.iter().enumerate() {
            // by itself: of the pairs of a rule that another has too, both may have something to say
            let mut blocks = Blocks::new(records, &[BlockingRule { keys: rule.keys.clone() }], link_type);
            left_out.extend(LeftOut::of(index, blocks.leave_out_larger(most_records)));
            finder.find(index as u16, rule, &blocks, &mut found);
        }
        Self { left_out, ..Self::of_found(records, rules, found) }
    }

    /// From what all rules have found, pass by pass.
    pub(crate) fn of_found(records: &Records, rules: &[DeterministicRule], mut found: Vec<Found>) -> Self {
        let mut settled = Settled::default();
        let in_passes = rules.iter().any(|rule| rule.pass.is_some());
        let mut of_one_person = Components::new(records.len());
        found.par_sort_unstable_by_key(|found| found.3);
        let mut rest = &found[..];
        let mut all: Vec<Found> = Vec::new();
        let mut end = 0;
        for pass in rules.chunk_by(|a, b| a.pass == b.pass) {
            end += pass.len();
            let (of_rules, later) = rest.split_at(rest.partition_point(|found| usize::from(found.3) < end));
            rest = later;
            let mut of_pass = of_rules.to_vec();
            only_first_of_each_pair(&mut of_pass);
            of_pass.retain(|&(left, right, ..)| !settled.has(records, left, right));
            catch_ambiguous(records, rules, &mut of_pass, &mut of_one_person);
            if in_passes {
                for &(left, right, ..) in of_pass.iter().filter(|(.., is_caught, _)| !is_caught) {
                    settled.add(records, left, right);
                    of_one_person.join(left, right);
                }
            }
            all.append(&mut of_pass);
        }
        only_first_of_each_pair(&mut all);
        let ruling = |is_caught, rule| if is_caught { Ruling::Caught(rule) } else { Ruling::Link(rule) };
        let pairs = all.into_iter().map(|(left, right, caught, rule)| (left, right, ruling(caught, rule)));
        Self { pairs: pairs.collect(), left_out: Vec::new(), n_rules: rules.len() as u16, in_passes, settled }
    }

    /// What is said of a pair, the lower record first.
    pub fn get(&self, left: u32, right: u32) -> Option<Ruling> {
        let place =
            self.pairs.binary_search_by_key(&(left, right), |&(left, right, _)| (left, right)).ok()?;
        Some(self.pairs[place].2)
    }

    /// Tells the scored pairs what is said of them, and adds those that are not among them, with their weights. Where there
    /// are passes, takes out pairs of which nothing is said, but for the strongest of each record that no pass has linked; of
    /// equals the first by records.
    pub fn apply(&self, comparer: &Comparer<'_>, scorer: &Scorer<'_>, pairs: &mut ScoredPairs) {
        pairs.tell(&self.pairs, comparer, scorer);
        pairs.n_deterministic = self.n_rules;
        if !self.in_passes {
            return;
        }
        let is_linked: HashSet<u32> = self.settled.0.iter().map(|&(record, _)| record).collect();
        let ends = |pair: usize| {
            let ends = [pairs.left[pair], pairs.right[pair]];
            ends.into_iter().filter(|record| !is_linked.contains(record))
        };
        let order = |&pair: &usize| (pairs.left[pair], pairs.right[pair]);
        let of_weight = (0..pairs.len()).filter(|&pair| pairs.ruling[pair].is_none());
        let mut strongest: HashMap<u32, usize> = HashMap::new();
        for pair in of_weight {
            for end in ends(pair) {
                let known = strongest.entry(end).or_insert(pair);
                let by_weight = pairs.weight[*known].total_cmp(&pairs.weight[pair]);
                if by_weight.then_with(|| order(&pair).cmp(&order(known))).is_lt() {
                    *known = pair;
                }
            }
        }
        let keep: Vec<bool> = (0..pairs.len())
            .map(|pair| {
                pairs.ruling[pair].is_some() || ends(pair).any(|end| strongest.get(&end) == Some(&pair))
            })
            .collect();
        pairs.retain(&keep);
    }
}

impl Ruling {
    /// What is said, for an explanation: `linked because both have the same LA child id`. Holds no value.
    pub fn words(self, model: &Model) -> String {
        match self {
            Self::Together => "linked because a must_link constraint says that both are one person".into(),
            Self::Link(rule) => {
                format!("linked because {}", agreement(&model.deterministic[usize::from(rule)]))
            }
            Self::Caught(rule) => {
                let rule = &model.deterministic[usize::from(rule)];
                format!("{}, which does not link them since {}", agreement(rule), exceptions_words(rule))
            }
        }
    }

    /// The same of a pair that is no link all the same.
    pub fn words_where_it_does_not_link(self, model: &Model) -> String {
        match self {
            Self::Link(rule) => {
                format!(
                    "{}, which links records by itself",
                    agreement(&model.deterministic[usize::from(rule)])
                )
            }
            Self::Together | Self::Caught(_) => self.words(model),
        }
    }
}

/// `both have the same LA child id`, with the name of the rule where it has one.
fn agreement(rule: &DeterministicRule) -> String {
    let named = rule.name.as_ref().map_or_else(String::new, |name| format!(" (rule \"{name}\")"));
    let (same, unlike): (Vec<BlockingKey>, Vec<BlockingKey>) =
        rule.keys.iter().cloned().partition(BlockingKey::is_symmetric);
    let same = (!same.is_empty())
        .then(|| format!("both have the same {}", keys_words(&same).replace(" + ", " and ")));
    let unlike = unlike.iter().map(|key| {
        let [left, right] = [&key.left, &key.right]
            .map(|side| keys_words(&[BlockingKey { left: side.clone(), right: side.clone() }]));
        format!("the {left} of one is the {right} of the other")
    });
    let agree = same.into_iter().chain(unlike).collect::<Vec<_>>().join(" and ");
    format!("{agree}{named}")
}

impl LeftOut {
    /// Of how many values, and how many records the most common of them has.
    fn of(rule: usize, (n_values, most_records): (u64, u64)) -> Option<Self> {
        (n_values > 0).then_some(Self { rule, n_values, most_records })
    }
}

/// Finds the pairs of rules.
struct Finder<'a> {
    records: &'a Records,
    /// Per record, whether its NHS number is none; empty where all are.
    unverified: Vec<bool>,
}

impl<'a> Finder<'a> {
    fn of(records: &'a Records) -> Self {
        Self { records, unverified: records.unverified_nhs_numbers() }
    }

    /// Adds the pairs that a rule finds in its blocks.
    fn find(&self, index: u16, rule: &DeterministicRule, blocks: &Blocks, found: &mut Vec<Found>) {
        let records = self.records;
        let is_verified = |record: u32| self.unverified.get(record as usize) != Some(&true);
        let is_number = |name: &str| field_of(records, name).role == Role::NhsNumber;
        let is_by_number = rule.keys.iter().any(|key| is_number(&key.left.0) || is_number(&key.right.0));
        let guards: Vec<Vec<&Field>> =
            rule.unless_different.iter().map(|guard| fields_of(records, guard)).collect();
        let unequal: Vec<&Field> = rule.unless_unequal.iter().map(|field| field_of(records, field)).collect();
        let is_for = sources_with(records, &rule.sources_with);
        let is_for = |record: u32| {
            (!is_by_number || is_verified(record))
                && is_for.iter().all(|is_for| is_for[records.source_of(record)])
        };
        let may_say = |field: &Field, left: u32, right: u32| {
            field.role != Role::NhsNumber || (is_verified(left) && is_verified(right))
        };
        let of_task = |task| {
            let mut pairs = Vec::new();
            blocks.for_each_pair(task, is_for, |left, right| {
                if !(is_for(left) && is_for(right))
                    || unequal
                        .iter()
                        .any(|field| may_say(field, left, right) && is_unequal(field, left, right))
                {
                    return;
                }
                let is_caught = guards.iter().any(|fields| {
                    fields.iter().all(|field| may_say(field, left, right))
                        && are_different(records, fields, left, right)
                });
                pairs.push((left, right, is_caught, index));
            });
            pairs
        };
        found.par_extend(blocks.tasks(65_536).par_iter().flat_map_iter(of_task));
    }
}

/// The pairs of a part of all records that rules find; rules go by their numbers from `first` on, and have these routes. Where records may have several keys, a pair is there for each that it shares.
pub(crate) fn found_in_part(
    records: &Records,
    rules: &[DeterministicRule],
    link_type: LinkType,
    (first, routes): (usize, &[Route]),
    share: &Share,
) -> Vec<Found> {
    let mut found = Vec::new();
    let finder = Finder::of(records);
    for (index, rule) in rules.iter().enumerate() {
        let keys = BlockingRule { keys: rule.keys.clone() };
        let mut blocks = Blocks::of_rule(records, ((first + index, &keys), &routes[index]), link_type, share);
        blocks.leave_out_larger(MOST_RECORDS);
        finder.find(index as u16, rule, &blocks, &mut found);
    }
    found.par_sort_unstable();
    found.dedup();
    found
}

/// Per field, whether each source has a value of it.
fn sources_with(records: &Records, fields: &[String]) -> Vec<Vec<bool>> {
    let has = |name: &String| field_of(records, name).present.iter().map(|&n| n > 0).collect();
    fields.iter().map(has).collect()
}

fn only_first_of_each_pair(found: &mut Vec<Found>) {
    found.par_sort_unstable();
    found.dedup_by_key(|&mut (left, right, ..)| (left, right));
}

/// Catches the pairs of a pass of which a record has pairs with several persons of the other's source, where the rule asks
/// for it. Who is one person is known from earlier passes.
fn catch_ambiguous(
    records: &Records,
    rules: &[DeterministicRule],
    of_pass: &mut [Found],
    of_one_person: &mut Components,
) {
    let is_linked = |found: &&Found| !found.2;
    if !of_pass.iter().filter(is_linked).any(|&(.., rule)| rules[usize::from(rule)].unless_ambiguous) {
        return;
    }
    // a record, the source of the other, the person of the other
    let mut partners: Vec<(u32, u32, u32)> = Vec::new();
    for &(left, right, ..) in of_pass.iter().filter(is_linked) {
        for (record, other) in [(left, right), (right, left)] {
            partners.push((record, records.source_of(other) as u32, of_one_person.root(other)));
        }
    }
    partners.sort_unstable();
    partners.dedup();
    let persons = |record: u32, other: u32| {
        let source = records.source_of(other) as u32;
        let at = |key| partners.partition_point(|&(record, source, _)| (record, source) < key);
        at((record, source + 1)) - at((record, source))
    };
    for (left, right, is_caught, rule) in of_pass {
        let is_ambiguous = persons(*left, *right) > 1 || persons(*right, *left) > 1;
        *is_caught |= rules[usize::from(*rule)].unless_ambiguous && is_ambiguous;
    }
}

fn fields_of<'a>(records: &'a Records, guard: &Guard) -> Vec<&'a Field> {
    guard.fields.iter().map(|name| field_of(records, name)).collect()
}

fn field_of<'a>(records: &'a Records, name: &str) -> &'a Field {
    &records.fields[records.field(name).expect("the model was checked")]
}

/// Whether two values are there and not the same to the letter.
fn is_unequal(field: &Field, left: u32, right: u32) -> bool {
    let (left, right) = (field.codes[left as usize], field.codes[right as usize]);
    left != right && left != NULL && right != NULL
}

/// Whether a guard catches a pair: all its fields are different.
fn are_different(records: &Records, fields: &[&Field], left: u32, right: u32) -> bool {
    fields.iter().all(|field| is_different(records, field, left, right))
}

fn is_different(records: &Records, field: &Field, left: u32, right: u32) -> bool {
    let (left, right) = (field.codes[left as usize], field.codes[right as usize]);
    if left == right || left == NULL || right == NULL {
        return false;
    }
    if let (Some(left), Some(right)) = (field.dates.get(left as usize), field.dates.get(right as usize)) {
        return left.contradicts(*right);
    }
    let (left, right) = (field.values.get(left), field.values.get(right));
    let is_name = matches!(
        field.role,
        Role::Forename
            | Role::MiddleName
            | Role::PreferredForename
            | Role::Surname
            | Role::FormerSurname
            | Role::FullName
    );
    let is_one_name = is_name
        && (records.nicknames().related(left, right)
            || same_spelling_family(left, right)
            || token_subset(left, right)
            || initials_agree(left, right)
            || half_of_double_barrelled(left, right));
    !is_one_name && !one_edit_apart(left, right)
}

/// Of short values every edit makes another one: `m` and `f` are not two ways to write a sex.
fn one_edit_apart(left: &str, right: &str) -> bool {
    const SHORTEST: usize = 4;
    let is_long = |text: &str| text.chars().count() >= SHORTEST;
    is_long(left) && is_long(right) && osa_at_most(left, right, 1).is_some()
}

#[cfg(test)]
mod tests;
