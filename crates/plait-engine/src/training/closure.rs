//! Whether a class of related people really holds them, told without labels.
//!
//! Two different people seldom look both like the same third record. Where the two records of a pair each have a match,
//! pairs of relatives share one next to never, and pairs of one person that the model took for relatives do so often:
//! on sets with known truth .000 to .09 of the pairs of real relatives or namesakes, .12 to .24 of matches put into the
//! wrong class, of which .97 and more were matches. A class above [`MOST_CLOSED`] is therefore one of matches, those
//! with errors, and is counted as such. Only pairs count of which the forename (or date of birth) that a class of
//! relatives differs in is there on both sides, in the pair and between it and the third record: a record without a name
//! may be of either of two twins, and would join them. Says nothing where people have fewer than three records.

use super::{ComparedPair, ComparedPairs, Sample, TASK_PAIRS, TrainingOptions};
use crate::blocking::{Blocks, Task};
use crate::comparison::{Comparer, ComparisonVector, Scratch};
use crate::evaluation::wilson;
use crate::model::Class;
use hashbrown::HashMap;
use rayon::prelude::*;

/// Midway between what classes of relatives and classes of matches showed.
const MOST_CLOSED: f64 = 0.1;
/// Where few pairs tell the share, its interval must be above this.
const SURELY_CLOSED: f64 = 0.07;
/// A pair has a neighbour where it is a match with this probability.
const SURE: f64 = 0.9;
/// A pair is of a class with this probability.
const OF_CLASS: f64 = 0.5;
/// Records whose pairs are looked at, about: enough to tell the share of a class of one pair in a hundred. Fewer where that would be many
/// more pairs than are learned from.
const SAMPLE: usize = 10_000;

/// What was found of a class that is not one of matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Closure {
    /// Its place among the model's classes.
    pub(super) class: usize,
    /// Pairs of the class of which both records have a sure match.
    pub(super) n_pairs: usize,
    /// Those of them that share one.
    pub(super) n_closed: usize,
}

impl Closure {
    /// Whether the class is one of matches.
    pub(super) fn is_of_matches(&self) -> bool {
        let (n_pairs, n_closed) = (self.n_pairs as u64, self.n_closed as u64);
        n_closed as f64 > MOST_CLOSED * n_pairs as f64 && wilson(n_closed, n_pairs).0 > SURELY_CLOSED
    }
}

/// A pair for the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kin {
    class: usize,
    left: u32,
    right: u32,
}

/// What a vector is, as far as the check needs it.
#[derive(Clone, Copy)]
enum Kind {
    SureMatch,
    Class(usize),
    Neither,
}

/// Looks at the classes of related people: `differs_in` has for each class of the model the comparison, if there is one, in
/// which its pairs agree by chance only.
pub(super) fn closures(
    comparer: &Comparer<'_>,
    blocks: &Blocks,
    classes: &[Class],
    differs_in: &[Option<usize>],
    compared: Option<&ComparedPairs>,
    options: &TrainingOptions,
) -> Vec<Closure> {
    if differs_in.iter().all(Option::is_none) {
        return Vec::new();
    }
    let n = comparer.records.len();
    let n_pairs: u64 = blocks.costs().iter().map(|cost| cost.n_pairs).sum();
    let sample = Closing::sample(n as u64, n_pairs, options);
    let candidates = Candidates { comparer, blocks, compared };
    let is_sampled: Vec<bool> = (0..n as u64).map(|record| sample.has(record)).collect();
    let in_sample = |left: u32, right: u32| is_sampled[left as usize] || is_sampled[right as usize];
    let Some(closing) = Closing::begin(classes, differs_in, &candidates.those(in_sample), sample) else {
        return Vec::new();
    };
    let mut is_new = vec![false; n];
    closing.asks_for().iter().for_each(|&record| is_new[record as usize] = true);
    let more = candidates
        .those(|left, right| (is_new[left as usize] || is_new[right as usize]) && !in_sample(left, right));
    closing.finish(classes, &more)
}

fn asked(differs_in: &[Option<usize>]) -> Vec<Relatives> {
    let asked =
        |(class, comparison): (usize, &Option<usize>)| Some(Relatives { class, comparison: (*comparison)? });
    differs_in.iter().enumerate().filter_map(asked).collect()
}

/// Pairs of classes that share a match, given such pairs and all sure matches of their records.
fn counted(asked: &[Relatives], kin: &[Kin], matches: &[Near]) -> Vec<Closure> {
    let count = |&Relatives { class, comparison }: &Relatives| {
        let named = matches.iter().filter(|pair| pair.2.level(comparison) > 0);
        let neighbours = Neighbours::of(named.map(|&(left, right, _)| (left, right)));
        let mut closure = Closure { class, n_pairs: 0, n_closed: 0 };
        for pair in kin.iter().filter(|pair| pair.class == class) {
            let (left, right) = (neighbours.get(pair.left), neighbours.get(pair.right));
            if !left.is_empty() && !right.is_empty() {
                closure.n_pairs += 1;
                closure.n_closed += usize::from(share_one(left, right));
            }
        }
        closure
    };
    asked.iter().map(count).collect()
}

/// A pair by the numbers of its records, and its vector.
pub(crate) type Near = (u32, u32, ComparisonVector);

/// The check on candidate pairs: those of a sample of records, and then those of the records that these asked for.
#[derive(Debug)]
pub(crate) struct Closing {
    asked: Vec<Relatives>,
    kin: Vec<Kin>,
    matches: Vec<Near>,
    sample: Sample,
}

impl Closing {
    /// The sample of `n` records that have so many candidate pairs.
    pub(crate) fn sample(n: u64, n_pairs: u64, options: &TrainingOptions) -> Sample {
        let one_in = n.div_ceil(SAMPLE as u64).max(n_pairs.div_ceil(options.candidate_pairs.max(1)));
        Sample::one_in(one_in, options.seed)
    }

    /// With the candidate pairs of records of the sample, of which some may be too many; nothing if no class is one of relatives.
    pub(crate) fn begin(
        classes: &[Class],
        differs_in: &[Option<usize>],
        near: &[Near],
        sample: Sample,
    ) -> Option<Self> {
        let asked = asked(differs_in);
        let mut sorted = Sorted::new(classes, &asked);
        let of_sample = |pair: &&Near| sample.has(u64::from(pair.0)) || sample.has(u64::from(pair.1));
        near.iter().filter(of_sample).for_each(|&(left, right, vector)| sorted.put(left, right, vector));
        let Sorted { kin, matches, .. } = sorted;
        (!asked.is_empty()).then_some(Self { asked, kin, matches, sample })
    }

    /// The records whose candidate pairs are to be known too, ascending.
    pub(crate) fn asks_for(&self) -> Vec<u32> {
        let ends = self.kin.iter().flat_map(|pair| [pair.left, pair.right]);
        let mut records: Vec<u32> = ends.filter(|&record| !self.sample.has(u64::from(record))).collect();
        records.sort_unstable();
        records.dedup();
        records
    }

    /// With the candidate pairs of the records that were asked for, those of the sample left out.
    pub(crate) fn finish(&self, classes: &[Class], more: &[Near]) -> Vec<Closure> {
        let mut sorted = Sorted::new(classes, &self.asked);
        more.iter().for_each(|&(left, right, vector)| sorted.put(left, right, vector));
        counted(&self.asked, &self.kin, &[&self.matches[..], &sorted.matches].concat())
    }
}

/// A class of relatives, and the comparison in which its pairs agree by chance only.
#[derive(Clone, Copy, Debug)]
struct Relatives {
    class: usize,
    comparison: usize,
}

fn kind_of(classes: &[Class], asked: &[Relatives], vector: ComparisonVector) -> Kind {
    let weights: Vec<f64> = classes.iter().map(|class| class.share * class.likelihood(vector)).collect();
    let all: f64 = weights.iter().sum();
    let matches: f64 = classes.iter().zip(&weights).filter(|(class, _)| class.is_match).map(|(_, w)| w).sum();
    if matches >= SURE * all {
        return Kind::SureMatch;
    }
    let class = asked
        .iter()
        .find(|asked| weights[asked.class] > OF_CLASS * all && vector.level(asked.comparison) > 0);
    class.map_or(Kind::Neither, |asked| Kind::Class(asked.class))
}

/// Pairs by what they are; the kind of each vector is worked out once.
struct Sorted<'a> {
    classes: &'a [Class],
    asked: &'a [Relatives],
    kinds: HashMap<ComparisonVector, Kind>,
    kin: Vec<Kin>,
    matches: Vec<Near>,
}

impl<'a> Sorted<'a> {
    fn new(classes: &'a [Class], asked: &'a [Relatives]) -> Self {
        Self { classes, asked, kinds: HashMap::new(), kin: Vec::new(), matches: Vec::new() }
    }

    fn put(&mut self, left: u32, right: u32, vector: ComparisonVector) {
        let kind = self.kinds.entry(vector).or_insert_with(|| kind_of(self.classes, self.asked, vector));
        match *kind {
            Kind::SureMatch => self.matches.push((left, right, vector)),
            Kind::Class(class) => self.kin.push(Kin { class, left, right }),
            Kind::Neither => {}
        }
    }
}

/// Where candidate pairs come from.
struct Candidates<'a> {
    comparer: &'a Comparer<'a>,
    blocks: &'a Blocks,
    /// All of them with their vectors, if they were kept.
    compared: Option<&'a ComparedPairs>,
}

impl Candidates<'_> {
    fn those(&self, wanted: impl Fn(u32, u32) -> bool + Sync) -> Vec<Near> {
        if let Some(compared) = self.compared {
            let of_task = |pairs: &Vec<ComparedPair>| -> Vec<Near> {
                let wanted = pairs.iter().filter(|pair| wanted(pair.left, pair.right));
                wanted.map(|pair| (pair.left, pair.right, pair.vector)).collect()
            };
            let found: Vec<Vec<Near>> = compared.tasks.par_iter().map(|(_, pairs)| of_task(pairs)).collect();
            return found.concat();
        }
        let of_task = |scratch: &mut Scratch, task: &Task| {
            let mut found = Vec::new();
            let pair = |left, right| {
                if wanted(left, right) {
                    found.push((left, right, self.comparer.vector(left, right, scratch)));
                }
            };
            self.blocks.for_each_pair(task, |_| true, pair);
            found
        };
        let tasks = self.blocks.tasks(TASK_PAIRS);
        let found: Vec<Vec<Near>> = tasks.par_iter().map_init(|| self.comparer.scratch(), of_task).collect();
        found.concat()
    }
}

/// Record and record with which it is a sure match, both ways round, ascending.
struct Neighbours(Vec<(u32, u32)>);

impl Neighbours {
    fn of(pairs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut both: Vec<(u32, u32)> =
            pairs.flat_map(|(left, right)| [(left, right), (right, left)]).collect();
        both.par_sort_unstable();
        Self(both)
    }

    fn get(&self, record: u32) -> &[(u32, u32)] {
        let from = self.0.partition_point(|pair| pair.0 < record);
        let n = self.0[from..].partition_point(|pair| pair.0 == record);
        &self.0[from..from + n]
    }
}

fn share_one(left: &[(u32, u32)], right: &[(u32, u32)]) -> bool {
    left.iter().any(|(_, match_)| right.binary_search_by_key(match_, |pair| pair.1).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocking::Blocks;
    use crate::fixture::{comparison, model, records};
    use crate::model::{BlockingKey, BlockingRule, Condition, LinkType, Model, Part};
    use plait_types::Role;

    /// Pairs of all records, matches where `person` agrees and of the third class where only `kin` does.
    fn classes() -> Model {
        let same = |field| comparison(field, [Condition::exact()]);
        let class = |name: &str, is_match, share, person: f64, kin: f64| Class {
            name: name.into(),
            is_match,
            share,
            probabilities: vec![vec![person, 1.0 - person], vec![kin, 1.0 - kin]],
            together: Vec::new(),
        };
        Model {
            blocking: vec![BlockingRule { keys: vec![BlockingKey::same("kin", Part::Whole)] }],
            classes: vec![
                class("match", true, 0.01, 0.999, 0.99),
                class("stranger", false, 0.98, 0.001, 0.001),
                class("related", false, 0.01, 0.001, 0.99),
            ],
            ..model(LinkType::DedupeOnly, vec![same("person"), same("kin")])
        }
    }

    fn closures_of(person: &[usize], kin: &[usize], keep: bool) -> Vec<Closure> {
        closures_with(&classes().classes, person, kin, keep)
    }

    /// [`usize::MAX`] stands for a value that is missing.
    fn closures_with(classes: &[Class], person: &[usize], kin: &[usize], keep: bool) -> Vec<Closure> {
        let value = |n: &usize| (*n != usize::MAX).then(|| format!("v{n}"));
        let column = |numbers: &[usize]| numbers.iter().map(value).collect();
        let records = records(
            &[person.len()],
            &[("person", Role::Identifier, column(person)), ("kin", Role::Identifier, column(kin))],
        );
        let model = Model { classes: classes.to_vec(), ..self::classes() };
        let blocks = Blocks::for_model(&records, &model).unwrap();
        let comparer = Comparer::beside(&records, &model, &blocks).unwrap();
        let mut compared = ComparedPairs::default();
        let mut scratch = comparer.scratch();
        for task in blocks.tasks(1_000) {
            let mut pairs = Vec::new();
            blocks.for_each_pair(
                &task,
                |_| true,
                |left, right| {
                    let vector = comparer.vector(left, right, &mut scratch);
                    pairs.push(super::super::ComparedPair { left, right, vector });
                },
            );
            compared.tasks.push((task.rule, pairs));
        }
        let differs_in = [None, None, Some(0)];
        // all records, and a sample of them
        for options in [TrainingOptions { candidate_pairs: 60, ..OPTIONS }, OPTIONS] {
            let kept = keep.then_some(&compared);
            let found = closures(&comparer, &blocks, &model.classes, &differs_in, kept, &options);
            let near: Vec<Near> = compared
                .tasks
                .iter()
                .flat_map(|(_, pairs)| pairs)
                .map(|pair| (pair.left, pair.right, pair.vector))
                .collect();
            let sample = Closing::sample(person.len() as u64, near.len() as u64, &options);
            let closing = Closing::begin(&model.classes, &differs_in, &near, sample).unwrap();
            let asks_for = closing.asks_for();
            assert_eq!(asks_for.is_empty(), options.candidate_pairs == OPTIONS.candidate_pairs);
            let is_asked = |record: &u32| asks_for.contains(record);
            let told = |pair: &&Near| sample.has(u64::from(pair.0)) || sample.has(u64::from(pair.1));
            let more: Vec<Near> = near
                .iter()
                .filter(|pair| !told(pair) && (is_asked(&pair.0) || is_asked(&pair.1)))
                .copied()
                .collect();
            assert_eq!(closing.finish(&model.classes, &more), found);
            if options.candidate_pairs == OPTIONS.candidate_pairs {
                return found;
            }
        }
        unreachable!("the last options are those of a run")
    }

    const OPTIONS: TrainingOptions = TrainingOptions { seed: 1, random_pairs: 0, candidate_pairs: 3_000_000 };

    #[test]
    fn relatives_share_no_match_and_records_of_one_person_do() {
        // families of two persons of two records each
        let person: Vec<usize> = (0..400).map(|record| record / 2).collect();
        let kin: Vec<usize> = (0..400).map(|record| record / 4).collect();
        for keep in [true, false] {
            let found = closures_of(&person, &kin, keep);
            assert_eq!(found, [Closure { class: 2, n_pairs: 400, n_closed: 0 }]);
            assert!(!found[0].is_of_matches());
        }
    }

    #[test]
    fn a_record_without_what_relatives_differ_in_joins_nobody() {
        // every family has a record that says nothing of who it is, and is a sure match of everybody in it
        let person: Vec<usize> = (0..500)
            .map(|record| if record % 5 == 4 { usize::MAX } else { record / 5 * 2 + record % 5 / 2 })
            .collect();
        let kin: Vec<usize> = (0..500).map(|record| record / 5).collect();
        let mut classes = classes().classes;
        // where nothing is said of the person, agreement on the rest makes a match
        classes[0].share = 0.05;
        classes[2].share = 0.002;
        let found = closures_with(&classes, &person, &kin, true);
        assert_eq!(found, [Closure { class: 2, n_pairs: 400, n_closed: 0 }]);
    }

    #[test]
    fn a_class_whose_pairs_share_matches_is_one_of_matches() {
        // four records of one person, of which every pair is a match but that of the first and the last
        let classes = classes().classes;
        let vector = |person, kin| {
            let mut vector = ComparisonVector::default();
            vector.set(0, person);
            vector.set(1, kin);
            vector
        };
        let (sure, doubtful) = (vector(1, 1), vector(2, 1));
        let mut pairs = Vec::new();
        for first in (0..200).step_by(4) {
            for (a, b) in [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)] {
                pairs.push((first + a, first + b, sure));
            }
            pairs.push((first, first + 3, doubtful));
        }
        let asked = [Relatives { class: 2, comparison: 0 }];
        let mut sorted = Sorted::new(&classes, &asked);
        pairs.iter().for_each(|&(left, right, vector)| sorted.put(left, right, vector));
        let Sorted { kin, matches, .. } = sorted;
        assert_eq!((kin.len(), matches.len()), (50, 250));
        let neighbours = Neighbours::of(matches.iter().map(|&(left, right, _)| (left, right)));
        assert!(kin.iter().all(|pair| share_one(neighbours.get(pair.left), neighbours.get(pair.right))));
        assert!(Closure { class: 2, n_pairs: 50, n_closed: 50 }.is_of_matches());
        assert!(!Closure { class: 2, n_pairs: 3, n_closed: 1 }.is_of_matches(), "too few to tell");
        assert!(!Closure { class: 2, n_pairs: 1_000, n_closed: 90 }.is_of_matches());
    }
}
