//! Whether a class of related people really holds them, told without labels.
//!
//! Two different people seldom look both like the same third record. Where the two records of a pair each have a match,
//! pairs of relatives share one next to never, and pairs of one person that the model took for relatives do so often:
//! on sets with known truth .000 to .09 of the pairs of real relatives or namesakes, .12 to .24 of matches put into the
//! wrong class, of which .97 and more were matches. A class above [`MOST_CLOSED`] is therefore one of matches, those
//! with errors, and is counted as such. Says nothing where people have fewer than three records.

use super::{ComparedPairs, TASK_PAIRS};
use crate::blocking::Blocks;
use crate::comparison::{Comparer, ComparisonVector};
use crate::evaluation::wilson;
use crate::model::Class;
use crate::random::draw;
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
/// Records whose pairs are looked at where there are too many to look at all.
const SAMPLE: usize = 4_000;

/// What was found of a class that is not one of matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closure {
    /// Its place among the model's classes.
    pub class: usize,
    /// Pairs of the class of which both records have a sure match.
    pub n_pairs: usize,
    /// Those of them that share one.
    pub n_closed: usize,
}

impl Closure {
    /// Whether the class is one of matches.
    pub fn is_of_matches(&self) -> bool {
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

/// Looks at every class but those of matches and of strangers.
pub(super) fn closures(
    comparer: &Comparer<'_>,
    blocks: &Blocks,
    classes: &[Class],
    compared: Option<&ComparedPairs>,
    seed: u64,
) -> Vec<Closure> {
    let strangers = classes.iter().position(|class| !class.is_match);
    let asked: Vec<usize> =
        (0..classes.len()).filter(|&class| !classes[class].is_match && Some(class) != strangers).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let (kin, matches) = match compared {
        Some(compared) => of_compared(compared, classes, &asked),
        None => of_sample(comparer, blocks, classes, &asked, seed),
    };
    let neighbours = Neighbours::of(comparer.records.len(), &matches);
    let count = |class: usize| {
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
    asked.into_iter().map(count).collect()
}

fn kind_of(classes: &[Class], asked: &[usize], vector: ComparisonVector) -> Kind {
    let weight = |class: &Class| {
        let mut product = class.share;
        for (comparison, levels) in class.probabilities.iter().enumerate() {
            let level = vector.level(comparison);
            if level > 0 {
                product *= levels[level as usize - 1];
            }
        }
        product
    };
    let weights: Vec<f64> = classes.iter().map(weight).collect();
    let all: f64 = weights.iter().sum();
    let matches: f64 = classes.iter().zip(&weights).filter(|(class, _)| class.is_match).map(|(_, w)| w).sum();
    if matches >= SURE * all {
        return Kind::SureMatch;
    }
    let class = asked.iter().find(|&&class| weights[class] > OF_CLASS * all);
    class.map_or(Kind::Neither, |&class| Kind::Class(class))
}

/// Kinds of vectors, each worked out once.
struct Kinds<'a> {
    classes: &'a [Class],
    asked: &'a [usize],
    known: HashMap<ComparisonVector, Kind>,
}

impl<'a> Kinds<'a> {
    fn new(classes: &'a [Class], asked: &'a [usize]) -> Self {
        Self { classes, asked, known: HashMap::new() }
    }

    fn of(&mut self, vector: ComparisonVector) -> Kind {
        *self.known.entry(vector).or_insert_with(|| kind_of(self.classes, self.asked, vector))
    }
}

type Found = (Vec<Kin>, Vec<(u32, u32)>);

fn of_compared(compared: &ComparedPairs, classes: &[Class], asked: &[usize]) -> Found {
    let found: Vec<Found> = compared
        .tasks
        .par_iter()
        .map(|(_, pairs)| {
            let mut kinds = Kinds::new(classes, asked);
            let (mut kin, mut matches) = (Vec::new(), Vec::new());
            for pair in pairs {
                match kinds.of(pair.vector) {
                    Kind::SureMatch => matches.push((pair.left, pair.right)),
                    Kind::Class(class) => kin.push(Kin { class, left: pair.left, right: pair.right }),
                    Kind::Neither => {}
                }
            }
            (kin, matches)
        })
        .collect();
    joined(found)
}

/// The pairs of a sample of records, and the sure matches of everybody in those.
fn of_sample(
    comparer: &Comparer<'_>,
    blocks: &Blocks,
    classes: &[Class],
    asked: &[usize],
    seed: u64,
) -> Found {
    let n = comparer.records.len();
    let one_in = n.div_ceil(SAMPLE) as u64;
    let is_sampled: Vec<bool> =
        (0..n as u64).map(|record| draw(seed, record).is_multiple_of(one_in)).collect();
    let (kin, mut matches) = pairs_of(comparer, blocks, classes, asked, |left, right| {
        is_sampled[left as usize] || is_sampled[right as usize]
    });
    let mut is_new = vec![false; n];
    for record in kin.iter().flat_map(|pair| [pair.left, pair.right]) {
        is_new[record as usize] = !is_sampled[record as usize];
    }
    let (_, more) = pairs_of(comparer, blocks, classes, asked, |left, right| {
        (is_new[left as usize] || is_new[right as usize])
            && !is_sampled[left as usize]
            && !is_sampled[right as usize]
    });
    matches.extend(more);
    (kin, matches)
}

fn pairs_of(
    comparer: &Comparer<'_>,
    blocks: &Blocks,
    classes: &[Class],
    asked: &[usize],
    wanted: impl Fn(u32, u32) -> bool + Sync,
) -> Found {
    let found: Vec<Found> = blocks
        .tasks(TASK_PAIRS)
        .par_iter()
        .map_init(
            || (comparer.scratch(), Kinds::new(classes, asked)),
            |(scratch, kinds), task| {
                let (mut kin, mut matches) = (Vec::new(), Vec::new());
                blocks.for_each_pair(
                    task,
                    |_| true,
                    |left, right| {
                        if wanted(left, right) {
                            match kinds.of(comparer.vector(left, right, scratch)) {
                                Kind::SureMatch => matches.push((left, right)),
                                Kind::Class(class) => kin.push(Kin { class, left, right }),
                                Kind::Neither => {}
                            }
                        }
                    },
                );
                (kin, matches)
            },
        )
        .collect();
    joined(found)
}

fn joined(found: Vec<Found>) -> Found {
    let (mut kin, mut matches) = (Vec::new(), Vec::new());
    for (some_kin, some_matches) in found {
        kin.extend(some_kin);
        matches.extend(some_matches);
    }
    (kin, matches)
}

/// Per record, the records with which it is a sure match, ascending.
struct Neighbours {
    starts: Vec<u32>,
    records: Vec<u32>,
}

impl Neighbours {
    fn of(n: usize, pairs: &[(u32, u32)]) -> Self {
        let mut starts = vec![0u32; n + 1];
        for &(left, right) in pairs {
            starts[left as usize + 1] += 1;
            starts[right as usize + 1] += 1;
        }
        for record in 0..n {
            starts[record + 1] += starts[record];
        }
        let mut next = starts.clone();
        let mut records = vec![0; 2 * pairs.len()];
        for &(left, right) in pairs {
            for (own, other) in [(left, right), (right, left)] {
                records[next[own as usize] as usize] = other;
                next[own as usize] += 1;
            }
        }
        for record in 0..n {
            records[starts[record] as usize..starts[record + 1] as usize].sort_unstable();
        }
        Self { starts, records }
    }

    fn get(&self, record: u32) -> &[u32] {
        let record = record as usize;
        &self.records[self.starts[record] as usize..self.starts[record + 1] as usize]
    }
}

fn share_one(left: &[u32], right: &[u32]) -> bool {
    left.iter().any(|record| right.binary_search(record).is_ok())
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
        let column = |numbers: &[usize]| numbers.iter().map(|n| Some(format!("v{n}"))).collect();
        let records = records(
            &[person.len()],
            &[("person", Role::Identifier, column(person)), ("kin", Role::Identifier, column(kin))],
        );
        let model = classes();
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
        closures(&comparer, &blocks, &model.classes, keep.then_some(&compared), 1)
    }

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
        let pair = |left, right, vector| super::super::ComparedPair { left, right, vector };
        let mut pairs = Vec::new();
        for first in (0..200).step_by(4) {
            for (a, b) in [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)] {
                pairs.push(pair(first + a, first + b, sure));
            }
            pairs.push(pair(first, first + 3, doubtful));
        }
        let compared = ComparedPairs { tasks: vec![(0, pairs)] };
        let (kin, matches) = of_compared(&compared, &classes, &[2]);
        assert_eq!((kin.len(), matches.len()), (50, 250));
        let neighbours = Neighbours::of(200, &matches);
        assert!(kin.iter().all(|pair| share_one(neighbours.get(pair.left), neighbours.get(pair.right))));
        assert!(Closure { class: 2, n_pairs: 50, n_closed: 50 }.is_of_matches());
        assert!(!Closure { class: 2, n_pairs: 3, n_closed: 1 }.is_of_matches(), "too few to tell");
        assert!(!Closure { class: 2, n_pairs: 1_000, n_closed: 90 }.is_of_matches());
    }
}
