//! Monge-Elkan for compound names: each token finds its best counterpart, in any order.
//!
//! Source: Monge and Elkan, "The field matching problem: algorithms and applications" (1996), made symmetric by
//! taking the mean of both directions; the inner measure is Jaro-Winkler.

use super::prepared::Prepared;
use super::tokens::tokens;

/// The mean, over both directions, of the mean best Jaro-Winkler similarity of each token.
///
/// 1 for two values without tokens, 0 if only one has none. Costs tokens × tokens comparisons.
pub fn monge_elkan(left: &str, right: &str) -> f64 {
    let (left, right): (Vec<&str>, Vec<&str>) = (tokens(left).collect(), tokens(right).collect());
    if left.is_empty() && right.is_empty() {
        return 1.0;
    }
    if left.is_empty() || right.is_empty() {
        return 0.0;
    }
    let mut prepared = Prepared::new("");
    let mut best_of_left = vec![0.0_f64; left.len()];
    let mut best_of_right = vec![0.0_f64; right.len()];
    for (token, best) in left.iter().zip(&mut best_of_left) {
        prepared.set(token);
        for (other, best_of_other) in right.iter().zip(&mut best_of_right) {
            let value = prepared.jaro_winkler(other);
            *best = best.max(value);
            *best_of_other = best_of_other.max(value);
        }
    }
    f64::midpoint(mean(&best_of_left), mean(&best_of_right))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::similarity::jaro_winkler;
    use crate::similarity::slow::{self, any_names, any_pair, fixed};

    fn one_way(left: &str, right: &str) -> f64 {
        let best = |a| tokens(right).map(|b| slow::jaro_winkler(a, b)).fold(0.0, f64::max);
        tokens(left).map(best).sum::<f64>() / tokens(left).count() as f64
    }

    #[test]
    fn the_order_of_tokens_does_not_matter() {
        assert!((monge_elkan("anna maria", "maria-anna") - 1.0).abs() < 1e-12);
        let expected = f64::midpoint(1.0, f64::midpoint(1.0, jaro_winkler("anna", "maria")));
        assert!((monge_elkan("anna", "anna maria") - expected).abs() < 1e-12);
        assert!(monge_elkan("", "anna").abs() < 1e-12);
    }

    proptest! {
        #![proptest_config(fixed(2000))]

        #[test]
        fn agrees_with_the_two_one_way_means((left, right) in any_names()) {
            let expected = f64::midpoint(one_way(&left, &right), one_way(&right, &left));
            prop_assert!((monge_elkan(&left, &right) - expected).abs() < 1e-12);
        }

        #[test]
        fn is_symmetric_between_zero_and_one_and_one_for_equal((left, right) in any_pair()) {
            let value = monge_elkan(&left, &right);
            prop_assert_eq!(value.to_bits(), monge_elkan(&right, &left).to_bits());
            prop_assert!((0.0..=1.0).contains(&value));
            prop_assert!((monge_elkan(&left, &left) - 1.0).abs() < f64::EPSILON);
        }
    }
}
