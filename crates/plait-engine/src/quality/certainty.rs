//! How sure it is that the two records of a pair are of one person, when all records of their persons are looked at.
//!
//! The weight of a pair knows the two records alone. That two weak pairs point the same way, or that a strong pair is all
//! that holds against three others, is known only to who looks at both persons whole, as the clustering does. So the
//! probability of a pair here is that of what decided on it: of the join by which its records came into one person; and of
//! a pair whose records are not in one person, of the join of their two persons, which was not made. Under correlation a join
//! is the less sure the more another person has a claim to one of its sides. Where two sources have every person once, the
//! clustering itself says how likely each pair is given all others; the remaining methods decide pair by pair.

use super::Decided;
use super::missed::{DECIDED, odds_of_one_alone};
use crate::clustering::{Join, LEAST, LOOK_AT_ALL, NOT_COMPARED, clipped, joins, log2_sum};
use crate::comparison::Scratch;
use crate::model::Clustering;
use crate::scoring::ScoredPairs;
use plait_types::MatchWeight;
use rayon::prelude::*;

/// Per scored pair, the probability that its records are of one person: 1 of what a constraint puts together, 0 of what a
/// constraint keeps apart. Numbers that conflict are strong evidence here, as every number can be wrong. A person of more than
/// [`LOOK_AT_ALL`] records cannot be looked at whole: of its pairs the weight of the pair is all that counts.
pub fn of_one_person(decided: &Decided<'_>) -> Vec<f64> {
    let pairs = decided.pairs;
    if let Some(odds) = &decided.clustered.odds {
        return odds.iter().map(|&bits| MatchWeight(bits).probability().get()).collect();
    }
    let person_of = &decided.clustered.persons.person_of;
    let members = decided.clustered.persons.records();
    let is_large = |person: u32| members.get(person).len() > LOOK_AT_ALL;
    // what is decided at once: the pairs within a person, and those between the same two
    let mut order: Vec<(u32, u32, u32)> = (0..pairs.len())
        .into_par_iter()
        .map(|pair| {
            let [left, right] =
                [pairs.left[pair], pairs.right[pair]].map(|record| person_of[record as usize]);
            (left.min(right), left.max(right), pair as u32)
        })
        .collect();
    order.par_sort_unstable();
    let groups: Vec<&[(u32, u32, u32)]> = order.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
    let by_evidence = decided.model.clustering == Clustering::Correlation;
    let rivals = if by_evidence { Rivals::of(&groups) } else { Rivals::default() };
    let found: Vec<Vec<f64>> = groups
        .par_iter()
        .map_init(
            || decided.comparer.scratch(),
            |scratch, group| {
                let (first, second) = (group[0].0, group[0].1);
                if is_large(first) || is_large(second) {
                    return group.iter().map(|&(.., pair)| pairs.weight[pair as usize]).collect();
                }
                let rivals = if first == second { rivals.of_person(first) } else { &[] };
                let with_rivals = rivals.iter().flat_map(|&(_, at)| groups[at as usize]);
                let mut scored: Vec<u32> = group.iter().chain(with_rivals).map(|&(.., pair)| pair).collect();
                scored.sort_unstable_by_key(|&pair| ends(pairs, pair));
                let mut known = Known { decided, scratch, scored };
                let [a, b] = [first, second].map(|person| members.get(person));
                if first == second {
                    let other = |&(_, at): &(u32, u32)| {
                        let (low, high) = (groups[at as usize][0].0, groups[at as usize][0].1);
                        if low == first { high } else { low }
                    };
                    let others = rivals.iter().map(other).filter(|&person| !is_large(person));
                    let rivals: Vec<&[u32]> = others.map(|person| members.get(person)).collect();
                    known.within(a, &rivals, group.iter().map(|&(.., pair)| ends(pairs, pair)))
                } else {
                    vec![known.between(a, b); group.len()]
                }
            },
        )
        .collect();
    let mut probability = vec![0.0; pairs.len()];
    for (group, bits) in groups.iter().zip(found) {
        for (&(.., pair), bits) in group.iter().zip(bits) {
            probability[pair as usize] =
                if pairs.is_constrained(pair as usize) { 1.0 } else { MatchWeight(bits).probability().get() };
        }
    }
    probability
}

/// Which persons have pairs with records of which others.
#[derive(Default)]
struct Rivals {
    /// A person and the group of its pairs with another one, in order.
    by_person: Vec<(u32, u32)>,
}

impl Rivals {
    fn of(groups: &[&[(u32, u32, u32)]]) -> Self {
        let between = groups.iter().zip(0..).map(|(group, at)| (group[0].0, group[0].1, at));
        let mut by_person: Vec<(u32, u32)> =
            between.filter(|(a, b, _)| a != b).flat_map(|(a, b, at)| [(a, at), (b, at)]).collect();
        by_person.sort_unstable();
        Self { by_person }
    }

    fn of_person(&self, person: u32) -> &[(u32, u32)] {
        let from = self.by_person.partition_point(|&(of, _)| of < person);
        let to = from + self.by_person[from..].partition_point(|&(of, _)| of == person);
        &self.by_person[from..to]
    }
}

/// Bits of a join whose sides others have a claim to: per rival, its claim to each record by its place.
///
/// Of the two sides and another person there are five cases, with these odds to one another: all three are of different people,
/// 1, two of the three are one person, `2^S` each with the sum of the weights between those, or all three are, with the sum of
/// all weights. The cases of several others are added up.
fn against(claims: &[Vec<f64>], join: &Join) -> f64 {
    let (mut one, mut two) = (join.bits, 0.0);
    for claim in claims {
        let of_sides = join.sides.each_ref().map(|side| side.iter().map(|&at| claim[at as usize]).sum());
        one = log2_sum(one, join.bits + of_sides[0] + of_sides[1]);
        two = of_sides.into_iter().fold(two, log2_sum);
    }
    if one == f64::NEG_INFINITY { one } else { one - two }
}

/// What the bits of a pair count in the join of two records.
fn counted(bits: Option<f64>) -> f64 {
    match bits {
        Some(f64::NEG_INFINITY) => f64::NEG_INFINITY,
        Some(bits) => clipped(bits),
        None => NOT_COMPARED,
    }
}

fn ends(pairs: &ScoredPairs, pair: u32) -> (u32, u32) {
    (pairs.left[pair as usize], pairs.right[pair as usize])
}

/// What pairs of the records of one or two persons say.
struct Known<'a, 'b> {
    decided: &'a Decided<'a>,
    scratch: &'b mut Scratch,
    /// Those that were scored, by left and right record.
    scored: Vec<u32>,
}

impl Known<'_, '_> {
    /// Bits of a pair, infinite where constraints and rules decide; `None` if it was not compared.
    fn bits(&mut self, left: u32, right: u32) -> Option<f64> {
        let Decided { pairs, conflicts, constraints, .. } = self.decided;
        let place = self.scored.binary_search_by_key(&(left, right), |&pair| ends(pairs, pair));
        let pair = place.ok().map(|place| self.scored[place] as usize);
        if pair.is_some_and(|pair| pairs.is_constrained(pair) || pairs.linked_by_rule(pair).is_some()) {
            return Some(f64::INFINITY);
        }
        if constraints.kept_apart_by(left, right).is_some() {
            return Some(f64::NEG_INFINITY);
        }
        if conflicts.between(left, right) {
            return Some(LEAST);
        }
        if let Some(pair) = pair.filter(|&pair| pairs.rule[pair] != ScoredPairs::NO_CANDIDATE) {
            return Some(pairs.weight[pair]);
        }
        self.decided.weigh(left, right, self.scratch)
    }

    /// Bits of each of the pairs that are asked for, within one person, to whose records rivals may have a claim.
    fn within(
        &mut self,
        members: &[u32],
        rivals: &[&[u32]],
        asked: impl ExactSizeIterator<Item = (u32, u32)>,
    ) -> Vec<f64> {
        let n = members.len();
        // most persons: their one pair is what joined them
        if let ([left, right], []) = (members, rivals) {
            return vec![counted(self.bits(*left, *right)); asked.len()];
        }
        // per rival, what its pairs with each of the records count together
        let claims: Vec<Vec<f64>> = rivals
            .iter()
            .map(|rival| {
                let of = |member: &u32| rival.iter().map(|&other| self.counted_between(*member, other)).sum();
                members.iter().map(of).collect()
            })
            .collect();
        let mut joined = vec![0.0; n * n];
        for join in joins(members, |left, right| self.bits(left, right)) {
            let [low, high] = &join.sides;
            let bits = against(&claims, &join);
            for (&a, &b) in low.iter().flat_map(|low| high.iter().map(move |high| (low, high))) {
                joined[a.min(b) as usize * n + a.max(b) as usize] = bits;
            }
        }
        let place = |record: u32| members.binary_search(&record).expect("a record of the person");
        asked.map(|(left, right)| joined[place(left) * n + place(right)]).collect()
    }

    fn counted_between(&mut self, a: u32, b: u32) -> f64 {
        if self.decided.is_pair(a, b) { counted(self.bits(a.min(b), a.max(b))) } else { 0.0 }
    }

    /// Bits of two persons being one.
    fn between(&mut self, a: &[u32], b: &[u32]) -> f64 {
        let mut compared = Vec::new();
        let mut never = 0.0;
        for (&left, &right) in a.iter().flat_map(|left| b.iter().map(move |right| (left, right))) {
            if !self.decided.is_pair(left, right) {
                continue;
            }
            match self.bits(left.min(right), left.max(right)) {
                Some(f64::NEG_INFINITY) => return f64::NEG_INFINITY,
                Some(bits) => compared.push(bits),
                None => never += 1.0,
            }
        }
        let by_evidence = self.decided.model.clustering == Clustering::Correlation;
        let bits = if a.len() == 1 || b.len() == 1 {
            odds_of_one_alone(&compared, never)
        } else {
            compared.iter().map(|&bits| clipped(bits)).sum::<f64>() + NOT_COMPARED * never
        };
        if by_evidence { bits.min(DECIDED) } else { bits }
    }
}
