//! Which comparisons are not independent of each other within a class, and what their findings say together.
//!
//! Who moves has another postcode and another address at once: taken for independent, the two count against a match twice
//! over. The pairs of comparisons that count together are the largest tree of what they tell of each other among matches
//! (Chow and Liu 1968; for a mixture, Meilă and Jordan 2000), of those only that tell enough. How often two findings come together beside
//! how often they would by themselves is then learned in every class, drawn towards "as often" where pairs are few (a gamma–Poisson
//! shrinkage as that of `DuMouchel` 1999, with a prior that is fixed and not estimated), and so that each comparison by itself keeps its probabilities (Deming and Stephan 1940).

use super::{BothAgree, Training};
use crate::clustering::Components;
use crate::comparison::ComparisonVector;
use crate::model::Model;

/// Bits that a comparison must tell of another one, on the average over the pairs that have both, to count together with it.
/// Of comparisons of one thing, an address and a postcode or two names that are swapped, it is .25 and more; of others .04 at
/// most, and that is largely pairs of relatives among the matches.
const LEAST_INFORMATION: f64 = 0.1;
/// Pairs that must have both.
const LEAST_PAIRS: f64 = 100.0;
/// Pairs, over and above those expected, that the belief in "no more often than by themselves" is worth.
const PRIOR_PAIRS: f64 = 5.0;
/// Rounds of fitting the margins: each brings them several times nearer.
const FITTING_ROUNDS: u32 = 50;

/// How the findings of two comparisons come together in the candidate pairs of one class, observed and expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependence {
    /// Indices of the comparisons in the model, ascending.
    pub comparisons: [usize; 2],
    /// Bits that one finding tells of the other, on the average; 0 or more.
    pub information: f64,
    /// Per level of the first, per level of the second: candidates of the class that have both.
    pub observed: Vec<Vec<f64>>,
    /// The same if, in this class, the two had nothing to do with each other.
    pub expected: Vec<Vec<f64>>,
}

impl Dependence {
    /// Candidates of the class that have both.
    pub fn n_pairs(&self) -> f64 {
        self.observed.iter().flatten().sum()
    }
}

impl Training {
    /// For each two comparisons, how their findings come together in the first class of matches of the model that was trained;
    /// in order of the second, then the first.
    pub fn dependence(&self, model: &Model) -> Vec<Dependence> {
        let Some(matches) = model.classes.iter().position(|class| class.is_match) else { return Vec::new() };
        let n_levels: Vec<usize> = model.classes[matches].probabilities.iter().map(Vec::len).collect();
        let mut joints = Joint::of_all(&n_levels);
        for &(vector, count) in &self.vectors {
            let weights: Vec<f64> =
                model.classes.iter().map(|class| class.share * class.likelihood(vector)).collect();
            let pairs = count as f64 * self.scale * weights[matches] / weights.iter().sum::<f64>();
            joints.iter_mut().for_each(|joint| joint.add(vector, pairs));
        }
        let dependence = |joint: Joint| Dependence {
            comparisons: joint.comparisons,
            information: joint.information(),
            expected: joint.independent(),
            observed: joint.counts,
        };
        joints.into_iter().map(dependence).collect()
    }
}

/// How many pairs of a class have both findings, for each two.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Joint {
    /// Ascending.
    pub(super) comparisons: [usize; 2],
    /// Per level of the first, per level of the second.
    pub(super) counts: Vec<Vec<f64>>,
}

impl Joint {
    /// No pair yet, of comparisons with so many levels.
    pub(super) fn new(comparisons: [usize; 2], n_levels: [usize; 2]) -> Self {
        Self { comparisons, counts: vec![vec![0.0; n_levels[1]]; n_levels[0]] }
    }

    /// No pair yet, for each two of so many comparisons, of which the levels are given.
    pub(super) fn of_all(n_levels: &[usize]) -> Vec<Self> {
        let pairs = (1..n_levels.len()).flat_map(|second| (0..second).map(move |first| [first, second]));
        pairs.map(|pair| Self::new(pair, pair.map(|comparison| n_levels[comparison]))).collect()
    }

    /// Counts pairs with a vector, if they have both.
    pub(super) fn add(&mut self, vector: ComparisonVector, pairs: f64) {
        let [first, second] = self.comparisons.map(|comparison| usize::from(vector.level(comparison)));
        if first > 0 && second > 0 {
            self.counts[first - 1][second - 1] += pairs;
        }
    }

    pub(super) fn n_pairs(&self) -> f64 {
        self.counts.iter().flatten().sum()
    }

    /// How many pairs have each finding, and how many would have each two if the comparisons had nothing to do with each other.
    pub(super) fn independent(&self) -> Vec<Vec<f64>> {
        let n = self.n_pairs().max(f64::MIN_POSITIVE);
        let first: Vec<f64> = self.counts.iter().map(|row| row.iter().sum()).collect();
        let second: Vec<f64> =
            (0..self.counts[0].len()).map(|level| self.counts.iter().map(|row| row[level]).sum()).collect();
        first.iter().map(|a| second.iter().map(|b| a * b / n).collect()).collect()
    }

    /// Bits that one finding tells of the other, on the average: the mutual information, less what so many cells show of
    /// it by chance among so many pairs (Miller 1955); 0 or more.
    pub(super) fn information(&self) -> f64 {
        let n = self.n_pairs();
        if n <= 0.0 {
            return 0.0;
        }
        let expected = self.independent();
        let cells = self.counts.iter().flatten().zip(expected.iter().flatten());
        let bits: f64 =
            cells.filter(|(seen, _)| **seen > 0.0).map(|(seen, e)| seen / n * (seen / e).log2()).sum();
        let free = (self.counts.len() - 1) * (self.counts[0].len() - 1);
        (bits - free as f64 / (2.0 * std::f64::consts::LN_2 * n)).max(0.0)
    }

    /// What the product of the probabilities of two findings is multiplied by. Each count stands for `scale` pairs that were
    /// not looked at. `agreeing` is known of all pairs.
    pub(super) fn ratios(
        &self,
        scale: f64,
        agreeing: Option<BothAgree>,
        first: &[f64],
        second: &[f64],
    ) -> Vec<Vec<f64>> {
        let n = self.n_pairs() / scale;
        let mut shares: Vec<Vec<f64>> = Vec::with_capacity(first.len());
        let share = |independent: f64, count: f64, n: f64| {
            independent * (count + PRIOR_PAIRS) / (n * independent + PRIOR_PAIRS)
        };
        for (counts, a) in self.counts.iter().zip(first) {
            shares.push(counts.iter().zip(second).map(|(count, b)| share(a * b, count / scale, n)).collect());
        }
        if let Some(BothAgree { agreeing, present }) = agreeing {
            shares[0][0] = share(first[0] * second[0], agreeing, present);
        }
        fit_margins(&mut shares, first, second);
        let ratio = |(shares, a): (&Vec<f64>, &f64)| {
            shares.iter().zip(second).map(|(share, b)| share / (a * b).max(f64::MIN_POSITIVE)).collect()
        };
        shares.iter().zip(first).map(ratio).collect()
    }
}

/// Makes the rows of a table sum to `first` and its columns to `second`, by turns.
fn fit_margins(shares: &mut [Vec<f64>], first: &[f64], second: &[f64]) {
    for _ in 0..FITTING_ROUNDS {
        for (level, wanted) in second.iter().enumerate() {
            let sum: f64 = shares.iter().map(|row| row[level]).sum();
            shares.iter_mut().for_each(|row| row[level] *= wanted / sum.max(f64::MIN_POSITIVE));
        }
        for (row, wanted) in shares.iter_mut().zip(first) {
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|share| *share *= wanted / sum.max(f64::MIN_POSITIVE));
        }
    }
}

/// The pairs of comparisons that count together, of all in which matches are counted: a tree, or several.
pub(super) fn choose(of_matches: &[Joint]) -> Vec<[usize; 2]> {
    let told = |joint: &Joint| joint.information() * joint.n_pairs();
    let mut telling: Vec<(f64, [usize; 2])> = of_matches
        .iter()
        .filter(|joint| joint.n_pairs() >= LEAST_PAIRS && joint.information() >= LEAST_INFORMATION)
        .map(|joint| (told(joint), joint.comparisons))
        .collect();
    telling.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut trees = Components::new(ComparisonVector::MAX_COMPARISONS);
    let mut chosen = Vec::new();
    for (_, pair) in telling {
        let [first, second] = pair.map(|comparison| comparison as u32);
        if trees.root(first) != trees.root(second) {
            trees.join(first, second);
            chosen.push(pair);
        }
    }
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fixed;
    use proptest::prelude::*;

    fn joint(comparisons: [usize; 2], counts: &[&[f64]]) -> Joint {
        Joint { comparisons, counts: counts.iter().map(|row| row.to_vec()).collect() }
    }

    #[test]
    fn information_is_none_where_nothing_goes_together_and_one_bit_where_one_tells_the_other() {
        assert_eq!(joint([0, 1], &[&[10.0, 30.0], &[20.0, 60.0]]).information(), 0.0);
        let one_bit = joint([0, 1], &[&[1e6, 0.0], &[0.0, 1e6]]).information();
        assert!((one_bit - 1.0).abs() < 1e-5, "{one_bit}");
        // of so few pairs it may be chance
        let of_few = joint([0, 1], &[&[2.0, 0.0], &[0.0, 2.0]]).information();
        assert!((of_few - (1.0 - 1.0 / (8.0 * std::f64::consts::LN_2))).abs() < 1e-9, "{of_few}");
        assert_eq!(joint([0, 1], &[&[0.0, 0.0], &[0.0, 0.0]]).information(), 0.0);
    }

    #[test]
    fn the_pairs_that_tell_most_are_chosen_and_none_that_closes_a_circle() {
        let telling = |pair: [usize; 2], n: f64| joint(pair, &[&[n, 0.0], &[0.0, n]]);
        let nothing = |pair| joint(pair, &[&[900.0, 900.0], &[900.0, 900.0]]);
        let joints = [
            telling([0, 1], 1000.0),
            telling([0, 2], 900.0),
            telling([1, 2], 950.0),
            nothing([0, 3]),
            telling([3, 4], 60.0),
            telling([2, 4], 49.0),
        ];
        assert_eq!(choose(&joints), [[0, 1], [1, 2], [3, 4]]);
        assert_eq!(choose(&[]), Vec::<[usize; 2]>::new());
    }

    #[test]
    fn a_value_that_is_missing_counts_nowhere() {
        let mut all = Joint::of_all(&[2, 3]);
        let mut vector = ComparisonVector::default();
        vector.set(1, 3);
        all[0].add(vector, 5.0);
        assert_eq!(all[0].n_pairs(), 0.0);
        vector.set(0, 2);
        all[0].add(vector, 5.0);
        assert_eq!(all[0].counts, [[0.0, 0.0, 0.0], [0.0, 0.0, 5.0]]);
    }

    proptest! {
        #![proptest_config(fixed(200))]

        #[test]
        fn ratios_leave_each_comparison_its_probabilities(
            counts in prop::collection::vec(prop::collection::vec(0.0..1e5_f64, 4), 3),
            first in prop::collection::vec(0.01..1.0_f64, 3),
            second in prop::collection::vec(0.01..1.0_f64, 4),
            scale in 1.0..10.0_f64,
        ) {
            let distribution = |raw: &[f64]| -> Vec<f64> {
                let sum: f64 = raw.iter().sum();
                raw.iter().map(|x| x / sum).collect()
            };
            let (first, second) = (distribution(&first), distribution(&second));
            let ratios = Joint { comparisons: [0, 1], counts }.ratios(scale, None, &first, &second);
            prop_assert!(ratios.iter().flatten().all(|ratio| *ratio > 0.0 && ratio.is_finite()));
            for row in &ratios {
                let sum: f64 = row.iter().zip(&second).map(|(ratio, b)| ratio * b).sum();
                prop_assert!((sum - 1.0).abs() < 1e-6, "{sum}");
            }
            for level in 0..second.len() {
                let sum: f64 = ratios.iter().zip(&first).map(|(row, a)| row[level] * a).sum();
                prop_assert!((sum - 1.0).abs() < 1e-3, "{sum}");
            }
        }

        #[test]
        fn what_is_known_of_all_pairs_counts_and_not_what_few_random_ones_show(agreeing in 0.0..1e4_f64) {
            let (first, second) = ([1e-3, 0.999], [1e-3, 0.999]);
            let random = joint([0, 1], &[&[0.0, 200.0], &[200.0, 199_600.0]]);
            let n = 1e9;
            let found = random.ratios(1.0, Some(BothAgree { agreeing, present: n }), &first, &second)[0][0];
            let expected = (agreeing + PRIOR_PAIRS) / (n * 1e-6 + PRIOR_PAIRS);
            prop_assert!((found / expected - 1.0).abs() < 0.02, "{found} is not {expected}");
        }

        #[test]
        fn without_pairs_nothing_goes_together(n in 1..5_usize, m in 1..5_usize) {
            let even = |n: usize| vec![1.0 / n as f64; n];
            let ratios = Joint::new([0, 1], [n, m]).ratios(1.0, None, &even(n), &even(m));
            prop_assert!(ratios.iter().flatten().all(|ratio| (ratio - 1.0).abs() < 1e-9));
        }
    }
}
