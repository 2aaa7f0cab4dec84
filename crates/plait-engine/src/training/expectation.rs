//! Expectation maximisation on counts of comparison vectors.
//!
//! Every pair that may be compared is of one class. One class is *strangers*: two people who have nothing to do
//! with each other, so that their agreement is what random pairs show. Its size is what the others leave of all
//! pairs, not only of the candidates, and its probabilities are those of random pairs less the pairs that the other
//! classes claim of them: where each person has many records, most pairs that agree on an e-mail address
//! are matches. The other classes live among the candidates. Within a class, comparisons are
//! independent but for those that count together ([`super::dependence`]).
//!
//! One class of matches and one of strangers is not enough where people live in families: brothers and sisters agree
//! on surname and address far more often than strangers do, and plain expectation maximisation then settles on
//! "of one household" for its matches. So there are two further classes, of related but different people, whose
//! forename (or date of birth) agrees no more often than by chance and who are free in everything else
//! (Winkler 1993; Larsen and Rubin 2001 for more classes than two).

use super::dependence::{self, Joint};
use super::{BothAgree, Chance, Labelled};
use crate::comparison::{Comparer, ComparisonVector};
use crate::model::{Class, Model, Together, likelihood};
use plait_types::{Role, counted};

/// Rounds at most of learning, with comparisons independent and then once more with those that count together.
const MAX_ROUNDS: u32 = 300;
/// The log-likelihood per candidate, in nats, that a round must change to be followed by another. It may fall for a
/// while: chance agreement is corrected between rounds. Below this, only the two related classes still trade pairs with each
/// other, which moves no pair across a threshold: on 200,000 generated people, matches changed by .3 % from round 20 to 300.
const ENOUGH: f64 = 1e-5;
/// Pairs of prior belief in each starting distribution; keeps levels that no pair reached from 0.
const PRIOR_PAIRS: f64 = 10.0;
/// A match may disagree on a field at most this often, or it is a match of something else.
const MAX_DISAGREEMENT: f64 = 0.5;
/// And on an identifier that is checked when it is typed, at most this often.
const MAX_IDENTIFIER_DISAGREEMENT: f64 = 0.05;
/// The least that correction leaves of the chance agreement that random pairs showed.
const LEAST_CHANCE: f64 = 0.02;

/// A class to learn beside strangers.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassPlan {
    name: String,
    is_match: bool,
    /// Comparisons whose probabilities are those of strangers.
    by_chance: Vec<usize>,
    /// Levels whose probabilities are those of strangers, as (comparison, level from 0).
    levels_by_chance: Vec<(usize, usize)>,
    /// Comparisons of identifiers of a person.
    identifiers: Vec<usize>,
    /// Comparisons of sources, which have no levels from more to less alike.
    sources: Vec<usize>,
}

impl ClassPlan {
    /// Whether a class was learned by this plan.
    pub(super) fn is_for(&self, class: &Class) -> bool {
        self.name == class.name
    }

    /// The comparison that pairs of the class agree on by chance only, of a class of related people.
    pub(super) fn differs_in(&self) -> Option<usize> {
        self.by_chance.first().copied().filter(|_| !self.is_match)
    }

    /// Matches; and, where the model compares forenames or dates of birth beside other things, related people who
    /// differ in them.
    pub fn for_model(comparer: &Comparer<'_>, model: &Model) -> Vec<Self> {
        let comparison_of = |roles: &[Role]| {
            model.comparisons.iter().position(|comparison| {
                let field = comparer.records.field(&comparison.fields[0]);
                field.is_some_and(|index| roles.contains(&comparer.records.fields[index].role))
            })
        };
        let of_role = |wanted: &dyn Fn(Role) -> bool| -> Vec<usize> {
            (0..model.comparisons.len())
                .filter(|&comparison| {
                    let field = comparer.records.field(&model.comparisons[comparison].fields[0]);
                    field.is_some_and(|index| wanted(comparer.records.fields[index].role))
                })
                .collect()
        };
        let sources = of_role(&|role| role == Role::Source);
        // an identifier is one person's own, so related people share it no more often than strangers do
        let identifiers =
            of_role(&|role| matches!(role, Role::NhsNumber | Role::Upn | Role::Uln | Role::Identifier));
        let mut plans = vec![Self {
            name: "match".into(),
            is_match: true,
            by_chance: Vec::new(),
            levels_by_chance: Vec::new(),
            identifiers: identifiers.clone(),
            sources: sources.clone(),
        }];
        // one child's expected day says nothing of the birth of another in the family; few as the unborn are, a class that
        // may learn otherwise would take them all
        let of_unborn: Vec<(usize, usize)> = (0..)
            .zip(&model.comparisons)
            .flat_map(|(at, comparison)| {
                let levels = (0..).zip(&comparison.levels).filter(|(_, level)| level.when.asks_who_has_it());
                levels.map(move |(level, _)| (at, level)).collect::<Vec<_>>()
            })
            .collect();
        let kin = [
            ("related, other forename", comparison_of(&[Role::Forename, Role::FullName])),
            ("related, other date of birth", comparison_of(&[Role::DateOfBirth])),
        ];
        if model.comparisons.len() >= 4 {
            for (name, comparison) in kin {
                if let Some(comparison) = comparison {
                    let by_chance = [comparison].into_iter().chain(identifiers.iter().copied()).collect();
                    plans.push(Self {
                        name: name.into(),
                        is_match: false,
                        by_chance,
                        levels_by_chance: of_unborn.clone(),
                        identifiers: identifiers.clone(),
                        sources: sources.clone(),
                    });
                }
            }
        }
        plans
    }
}

pub(super) struct Fit {
    pub(super) classes: Vec<Class>,
    pub(super) n_rounds: u32,
    pub(super) converged: bool,
    pub(super) warnings: Vec<Warning>,
}

/// Fewer candidates than this can be nearly all matches without the model being in doubt.
const FEW_CANDIDATES: f64 = 1_000.0;

/// What a careful person should know about a fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Warning {
    /// So large a share of the candidates look like matches.
    FewOthers(f64),
    /// Matches disagree on these comparisons as often as not.
    Undecided(Vec<usize>),
}

impl Warning {
    pub(super) fn words(&self, model: &Model) -> String {
        match self {
            Self::FewOthers(share) => format!(
                "{:.0}% of the candidate pairs look like matches; with so few others to compare with, the model may be too generous: look at the weakest links in report.html, and where they are wrong, link from a higher --threshold, or add a looser [[candidates]] rule to the model and train it again",
                100.0 * share
            ),
            Self::Undecided(comparisons) => {
                let names: Vec<String> =
                    comparisons.iter().map(|&at| model.comparisons[at].words()).collect();
                format!(
                    "matches disagree on {} of {} as often as not ({}); the model may have learned something else than \"the same person\": look at the weakest links in report.html; a comparison that two sources record in different ways can be left out with --role \"HEADER=other\"",
                    names.len(),
                    counted(model.comparisons.len() as u64, "comparison"),
                    names.join(", ")
                )
            }
        }
    }
}

/// Per comparison, per level.
type Table = Vec<Vec<f64>>;

/// What is being learned. Pairs are counted in candidates of the whole job, not of the sample.
struct State<'a> {
    plans: &'a [ClassPlan],
    chance: &'a Chance,
    start: Vec<Table>,
    /// Per planned class.
    n_pairs: Vec<f64>,
    probabilities: Vec<Table>,
    strangers: Table,
    /// Per planned class and per two comparisons that count together.
    together: Vec<Vec<Together>>,
    /// The same of strangers, of which random pairs tell.
    strangers_together: Vec<Together>,
    /// How many random pairs have each two findings that count together.
    random_together: Vec<Joint>,
    /// How many of all pairs agree on both of each two, where that is known.
    both_agree: Vec<Option<BothAgree>>,
    /// How many of all pairs each random one stands for.
    per_random: f64,
    /// How many candidates each compared one stands for.
    scale: f64,
}

/// Learns the classes from counts of vectors, each count standing for `scale` pairs. `both_agree` knows how many of all
/// pairs agree on both of two comparisons, if anybody does.
/// Deterministic: sums run in the order of `vectors`.
pub(super) fn fit(
    vectors: &[(ComparisonVector, u64)],
    scale: f64,
    labelled: &Labelled,
    chance: &Chance,
    plans: &[ClassPlan],
    both_agree: &dyn Fn([usize; 2]) -> Option<BothAgree>,
) -> Fit {
    let candidates: f64 = vectors.iter().map(|(_, count)| *count as f64 * scale).sum();
    let mut state = State::start(plans, chance, candidates, scale);
    let mut n_rounds = 0;
    // comparisons are taken for independent until it is seen among which matches they are not
    let mut converged = state.learn(vectors, labelled, candidates, &mut n_rounds);
    let pairs = state.dependent(vectors, labelled);
    if !pairs.is_empty() {
        state.count_together(&pairs, both_agree);
        converged = state.learn(vectors, labelled, candidates, &mut n_rounds);
    }
    let warnings = state.warnings(candidates);
    Fit { classes: state.into_classes(), n_rounds, converged, warnings }
}

/// Expected pairs per planned class and level.
struct Expected {
    n_pairs: Vec<f64>,
    levels: Vec<Table>,
    joints: Vec<Vec<Joint>>,
}

impl<'a> State<'a> {
    fn start(plans: &'a [ClassPlan], chance: &'a Chance, candidates: f64, scale: f64) -> Self {
        let matches: Table = chance.levels.iter().map(|levels| agreeing(levels.len())).collect();
        let half: Table = matches
            .iter()
            .zip(&chance.levels)
            .map(|(m, u)| m.iter().zip(u).map(|(m, u)| (m + u) / 2.0).collect())
            .collect();
        let start: Vec<Table> = plans
            .iter()
            .map(|plan| {
                let mut table = if plan.is_match { matches.clone() } else { half.clone() };
                for &comparison in &plan.sources {
                    let chance = &chance.levels[comparison];
                    table[comparison] = if plan.is_match { less_within(chance) } else { chance.clone() };
                }
                table
            })
            .collect();
        let n_related = plans.iter().filter(|plan| !plan.is_match).count().max(1) as f64;
        let share = |plan: &ClassPlan| if plan.is_match { 0.2 } else { 0.5 / n_related };
        let mut state = Self {
            n_pairs: plans.iter().map(|plan| share(plan) * candidates).collect(),
            probabilities: start.clone(),
            strangers: chance.levels.clone(),
            plans,
            chance,
            start,
            together: vec![Vec::new(); plans.len()],
            strangers_together: Vec::new(),
            random_together: Vec::new(),
            both_agree: Vec::new(),
            per_random: chance.n_pairs
                / chance.random.iter().map(|(_, count)| *count as f64).sum::<f64>().max(1.0),
            scale,
        };
        state.tie_to_strangers();
        state
    }

    /// Rounds until one changes nothing of note; whether one did not.
    fn learn(
        &mut self,
        vectors: &[(ComparisonVector, u64)],
        labelled: &Labelled,
        candidates: f64,
        n_rounds: &mut u32,
    ) -> bool {
        let mut last = f64::NEG_INFINITY;
        for _ in 0..MAX_ROUNDS {
            let (log_likelihood, expected) = self.expect(vectors, labelled);
            self.maximise(&expected);
            self.learn_together(&expected);
            *n_rounds += 1;
            if (log_likelihood - last).abs() < ENOUGH * candidates {
                return true;
            }
            last = log_likelihood;
        }
        false
    }

    /// The comparisons that tell of each other among matches; but for those of identifiers, which are never wrong together without a
    /// reason, and of sources.
    fn dependent(&self, vectors: &[(ComparisonVector, u64)], labelled: &Labelled) -> Vec<[usize; 2]> {
        let Some(matches) = self.plans.iter().position(|plan| plan.is_match) else { return Vec::new() };
        let plan = &self.plans[matches];
        let n_levels: Vec<usize> = self.strangers.iter().map(Vec::len).collect();
        let mut joints = Joint::of_all(&n_levels);
        joints.retain(|joint| {
            joint.comparisons.iter().all(|at| !plan.identifiers.contains(at) && !plan.sources.contains(at))
        });
        self.share_out(vectors, labelled, |vector, pairs| {
            joints.iter_mut().for_each(|joint| joint.add(vector, pairs[matches] / self.scale));
        });
        dependence::choose(&joints)
    }

    /// From now on, such comparisons count together.
    fn count_together(&mut self, pairs: &[[usize; 2]], both_agree: &dyn Fn([usize; 2]) -> Option<BothAgree>) {
        let one = |&comparisons: &[usize; 2]| {
            let [first, second] = comparisons.map(|comparison| self.strangers[comparison].len());
            Together { comparisons, ratios: vec![vec![1.0; second]; first] }
        };
        let ones: Vec<Together> = pairs.iter().map(one).collect();
        self.random_together = ones.iter().map(no_pair_yet).collect();
        for joint in &mut self.random_together {
            self.chance.random.iter().for_each(|&(vector, count)| joint.add(vector, count as f64));
        }
        self.both_agree = pairs.iter().map(|&pair| both_agree(pair)).collect();
        self.together.fill(ones.clone());
        self.strangers_together = ones;
    }

    /// Shares every vector out among the classes; `take` has the pairs of each. Gives the log-likelihood.
    fn share_out(
        &self,
        vectors: &[(ComparisonVector, u64)],
        labelled: &Labelled,
        mut take: impl FnMut(ComparisonVector, &[f64]),
    ) -> f64 {
        let n_strangers = (self.chance.n_pairs - self.n_pairs.iter().sum::<f64>()).max(1.0);
        let mut log_likelihood = 0.0;
        let mut weights = vec![0.0; self.plans.len()];
        // of which classes a pair can be: of any, or of those of matches or of others
        let without_label = vectors
            .iter()
            .map(|&(vector, count)| (vector, labelled.left_of(vector, count as f64 * self.scale), None));
        let with_label = labelled.counts.iter().flat_map(|&(vector, counts)| {
            [(vector, counts[0], Some(false)), (vector, counts[1], Some(true))]
        });
        for (vector, count, is_match) in without_label.chain(with_label) {
            if count == 0.0 {
                continue;
            }
            let is_possible = |of_matches: bool| is_match.is_none_or(|is_match| is_match == of_matches);
            let mut sum = if is_possible(false) {
                n_strangers * likelihood(&self.strangers, &self.strangers_together, vector)
            } else {
                0.0
            };
            for (class, weight) in weights.iter_mut().enumerate() {
                *weight = if is_possible(self.plans[class].is_match) {
                    self.n_pairs[class]
                        * likelihood(&self.probabilities[class], &self.together[class], vector)
                } else {
                    0.0
                };
                sum += *weight;
            }
            log_likelihood += count * sum.ln();
            weights.iter_mut().for_each(|weight| *weight = count * *weight / sum);
            take(vector, &weights);
        }
        log_likelihood
    }

    /// What is expected of each class.
    fn expect(&self, vectors: &[(ComparisonVector, u64)], labelled: &Labelled) -> (f64, Expected) {
        let mut expected = Expected {
            n_pairs: vec![0.0; self.plans.len()],
            levels: self
                .probabilities
                .iter()
                .map(|table| table.iter().map(|l| vec![0.0; l.len()]).collect())
                .collect(),
            joints: self.together.iter().map(|pairs| pairs.iter().map(no_pair_yet).collect()).collect(),
        };
        let log_likelihood = self.share_out(vectors, labelled, |vector, shares| {
            for (class, &pairs) in shares.iter().enumerate() {
                expected.n_pairs[class] += pairs;
                for (comparison, levels) in expected.levels[class].iter_mut().enumerate() {
                    let level = vector.level(comparison);
                    if level > 0 {
                        levels[level as usize - 1] += pairs;
                    }
                }
                expected.joints[class].iter_mut().for_each(|joint| joint.add(vector, pairs));
            }
        });
        (log_likelihood, expected)
    }

    fn maximise(&mut self, expected: &Expected) {
        self.n_pairs.clone_from(&expected.n_pairs);
        for comparison in 0..self.strangers.len() {
            let compared = self.chance.n_pairs * self.chance.present[comparison];
            let shares = &self.chance.levels[comparison];
            let left: Vec<f64> = (0..shares.len())
                .map(|level| {
                    let seen = compared * shares[level];
                    let claimed: f64 = expected.levels.iter().map(|table| table[comparison][level]).sum();
                    (seen - claimed).max(LEAST_CHANCE * seen).max(0.5)
                })
                .collect();
            self.strangers[comparison] = normalised(&left);
        }
        for (class, plan) in self.plans.iter().enumerate() {
            for (comparison, levels) in expected.levels[class].iter().enumerate() {
                let counts: Vec<f64> = levels
                    .iter()
                    .zip(&self.start[class][comparison])
                    .map(|(n, start)| n + PRIOR_PAIRS * start)
                    .collect();
                let mut learned = normalised(&counts);
                if plan.is_match && !plan.sources.contains(&comparison) {
                    let identifier = plan.identifiers.contains(&comparison);
                    let most = if identifier { MAX_IDENTIFIER_DISAGREEMENT } else { MAX_DISAGREEMENT };
                    let last = learned.len() - 1;
                    limit_level(&mut learned, last, most);
                }
                self.probabilities[class][comparison] = learned;
            }
        }
        self.tie_to_strangers();
    }

    /// What findings say together: of each class, what was expected of it; of strangers, what random pairs showed less what the
    /// other classes claim of it. Where a class agrees by chance only, it goes together with nothing.
    fn learn_together(&mut self, expected: &Expected) {
        for (at, random) in self.random_together.iter().enumerate() {
            let [first, second] = random.comparisons;
            let mut joint = random.clone();
            let left_of = |seen: f64, claimed: f64| (seen - claimed).max(LEAST_CHANCE * seen);
            let claimed = |level: usize, other: usize| -> f64 {
                expected.joints.iter().map(|joints| joints[at].counts[level][other]).sum()
            };
            for (level, row) in joint.counts.iter_mut().enumerate() {
                for (other, seen) in row.iter_mut().enumerate() {
                    *seen = left_of(*seen, claimed(level, other) / self.per_random);
                }
            }
            let agreeing = self.both_agree[at]
                .map(|of_all| BothAgree { agreeing: left_of(of_all.agreeing, claimed(0, 0)), ..of_all });
            self.strangers_together[at].ratios =
                joint.ratios(1.0, agreeing, &self.strangers[first], &self.strangers[second]);
            for (class, plan) in self.plans.iter().enumerate() {
                if !plan.by_chance.contains(&first) && !plan.by_chance.contains(&second) {
                    let [a, b] = [first, second].map(|comparison| &self.probabilities[class][comparison]);
                    self.together[class][at].ratios =
                        expected.joints[class][at].ratios(self.scale, None, a, b);
                }
            }
        }
    }

    fn tie_to_strangers(&mut self) {
        for (plan, table) in self.plans.iter().zip(&mut self.probabilities) {
            for &comparison in &plan.by_chance {
                table[comparison].clone_from(&self.strangers[comparison]);
            }
            for of_comparison in plan.levels_by_chance.chunk_by(|a, b| a.0 == b.0) {
                let comparison = of_comparison[0].0;
                let is_tied = |level: usize| of_comparison.iter().any(|tied| tied.1 == level);
                let (learned, chance) = (&mut table[comparison], &self.strangers[comparison]);
                let free = |levels: &[f64]| -> f64 {
                    (0..levels.len()).filter(|&level| !is_tied(level)).map(|level| levels[level]).sum()
                };
                let scale = free(chance) / free(learned);
                for level in 0..learned.len() {
                    learned[level] = if is_tied(level) { chance[level] } else { learned[level] * scale };
                }
            }
        }
    }

    fn warnings(&self, candidates: f64) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for ((plan, n), table) in self.plans.iter().zip(&self.n_pairs).zip(&self.probabilities) {
            if !plan.is_match {
                continue;
            }
            // of a small file the rules bring hardly anything but matches, and that is as it should be: what strangers look
            // like is learned from all pairs, and the rules then ask for what no two strangers of so few share
            if candidates >= FEW_CANDIDATES && *n > 0.9 * candidates {
                warnings.push(Warning::FewOthers(n / candidates));
            }
            let undecided = |levels: &Vec<f64>| *levels.last().expect("levels") >= MAX_DISAGREEMENT - 1e-9;
            let stuck: Vec<usize> =
                (0..table.len()).filter(|at| !plan.sources.contains(at) && undecided(&table[*at])).collect();
            if !stuck.is_empty() {
                warnings.push(Warning::Undecided(stuck));
            }
        }
        warnings
    }

    fn into_classes(self) -> Vec<Class> {
        // of a sample there may seem to be more candidates than pairs
        let all = self.chance.n_pairs.max(self.n_pairs.iter().sum()).max(1.0);
        let mut classes: Vec<Class> = self
            .plans
            .iter()
            .zip(&self.n_pairs)
            .zip(self.probabilities)
            .zip(self.together)
            .map(|(((plan, n), probabilities), together)| Class {
                name: plan.name.clone(),
                is_match: plan.is_match,
                share: (n / all).clamp(1e-12, 0.999),
                probabilities,
                together,
            })
            .collect();
        let share = 1.0 - classes.iter().map(|class| class.share).sum::<f64>();
        // that two records agree is never evidence of two people
        let mut strangers = self.strangers;
        for (comparison, levels) in strangers.iter_mut().enumerate() {
            for (plan, class) in self.plans.iter().zip(&classes).filter(|(plan, _)| plan.is_match) {
                if !plan.sources.contains(&comparison) {
                    limit_level(levels, 0, class.probabilities[comparison][0]);
                }
            }
        }
        classes.insert(
            1,
            Class {
                name: "stranger".into(),
                is_match: false,
                share: share.max(1e-12),
                probabilities: strangers,
                together: self.strangers_together,
            },
        );
        classes
    }
}

/// The pairs that have both, of which none is counted yet.
fn no_pair_yet(together: &Together) -> Joint {
    Joint::new(together.comparisons, [together.ratios.len(), together.ratios[0].len()])
}

/// Where matches start: .85 at the first level, the rest halving from level to level.
fn agreeing(n_levels: usize) -> Vec<f64> {
    let rest: Vec<f64> = (1..n_levels as i32).map(|k| 0.5f64.powi(k)).collect();
    let sum: f64 = rest.iter().sum();
    std::iter::once(0.85).chain(rest.iter().map(|x| 0.15 * x / sum)).collect()
}

/// Where pairs of sources start for matches: a source holds a person twice ten times less often than chance would.
fn less_within(chance: &[f64]) -> Vec<f64> {
    const LESS: f64 = 0.1;
    let mut shares: Vec<f64> = chance.iter().map(|share| LESS * share).collect();
    if let (Some(different), Some(share)) = (shares.last_mut(), chance.last()) {
        *different = *share;
    }
    normalised(&shares)
}

fn normalised(counts: &[f64]) -> Vec<f64> {
    let sum: f64 = counts.iter().sum();
    counts.iter().map(|count| count / sum).collect()
}

/// Lowers one level to `most`, and raises the others so that all sum to 1.
fn limit_level(levels: &mut [f64], level: usize, most: f64) {
    let (old, n_others) = (levels[level], levels.len() - 1);
    if old <= most || n_others == 0 {
        return;
    }
    levels[level] = 0.0;
    let others: f64 = levels.iter().sum();
    if others > 0.0 {
        let factor = (1.0 - most) / others;
        levels.iter_mut().for_each(|share| *share *= factor);
    } else {
        levels.fill((1.0 - most) / n_others as f64);
    }
    levels[level] = most;
}

#[cfg(test)]
mod tests;
