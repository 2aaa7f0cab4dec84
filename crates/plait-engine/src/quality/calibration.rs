//! Moves probabilities to where pairs with a label have them.
//!
//! A probability whose log odds are `w` nats becomes that of `w + a`, where `a` is the one that fits the labels best (logistic
//! regression with a slope of 1; Platt 1999) under a normal prior of mean 0 and deviation [`SPREAD`], so that few labels
//! move it little.
//!
//! It is the probabilities of pairs in their persons that are moved, and not the weights: who is one person is decided by the
//! evidence of many pairs and by numbers that conflict, so that labels of pairs which look alike and were kept apart for
//! such a reason say nothing about the weights. On made-up boroughs weights that were moved by them found fewer.

use plait_types::{MatchWeight, Probability};

/// Nats.
const SPREAD: f64 = 1.0;
/// Newton's method doubles its digits in every round.
const ROUNDS: usize = 50;

/// Moves probabilities by the same number of bits, which it gives. `labelled` are places among them, and whether the pair is
/// of one person. What is certain, 0 or 1, stays so.
pub fn calibrate(probability: &mut [f64], labelled: &[(usize, bool)]) -> f64 {
    let nats = |p: f64| Probability::new(p).map_or(0.0, |p| p.weight().0 * std::f64::consts::LN_2);
    let doubtful = |p: f64| 0.0 < p && p < 1.0;
    let known: Vec<(f64, bool)> = labelled
        .iter()
        .map(|&(place, is_match)| (probability[place], is_match))
        .filter(|&(p, _)| doubtful(p))
        .map(|(p, is_match)| (nats(p), is_match))
        .collect();
    let bits = offset(&known) / std::f64::consts::LN_2;
    for p in probability.iter_mut().filter(|p| doubtful(**p)) {
        *p = MatchWeight(nats(*p) / std::f64::consts::LN_2 + bits).probability().get();
    }
    bits
}

/// The offset in nats that fits these log odds in nats best.
fn offset(labelled: &[(f64, bool)]) -> f64 {
    let mut offset = 0.0;
    for _ in 0..ROUNDS {
        let (mut slope, mut bend) = (-offset / (SPREAD * SPREAD), -1.0 / (SPREAD * SPREAD));
        for &(nats, is_match) in labelled {
            let nats = nats + offset;
            let p = 1.0 / (1.0 + (-nats).exp());
            slope += f64::from(u8::from(is_match)) - p;
            bend -= p * (1.0 - p);
        }
        let step = slope / bend;
        offset -= step.clamp(-1.0, 1.0);
        if step.abs() < 1e-12 {
            break;
        }
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Dice, fixed};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(fixed(100))]

        #[test]
        fn the_offset_is_where_nothing_fits_better(
            labelled in prop::collection::vec((-20.0..20.0_f64, any::<bool>()), 0..40),
        ) {
            let fit = |offset: f64| -> f64 {
                let of_pair = |&(nats, is_match): &(f64, bool)| {
                    let nats = nats + offset;
                    let against = if is_match { -nats } else { nats };
                    // ln(1 + e^x) without overflow
                    against.max(0.0) + (-against.abs()).exp().ln_1p()
                };
                labelled.iter().map(of_pair).sum::<f64>() + offset * offset / 2.0
            };
            let best = offset(&labelled);
            for other in [-3.0, -0.1, -1e-4, 1e-4, 0.1, 3.0] {
                prop_assert!(fit(best) <= fit(best + other) + 1e-9, "{best} by {other}");
            }
        }
    }

    #[test]
    fn an_error_of_two_bits_is_found_and_mended_and_what_is_certain_stays() {
        let mut dice = Dice::new(1);
        let mut probability = vec![0.0, 1.0];
        let mut labelled = vec![(0, true), (1, false)];
        // the truth is two bits above what the probabilities say
        for _ in 0..4000 {
            let bits = 12.0 * dice.share() - 8.0;
            labelled.push((probability.len(), dice.share() < MatchWeight(bits + 2.0).probability().get()));
            probability.push(MatchWeight(bits).probability().get());
        }
        let before = probability.clone();
        let bits = calibrate(&mut probability, &labelled);
        assert!((bits - 2.0).abs() < 0.15, "{bits}");
        assert_eq!(probability[..2], [0.0, 1.0]);
        let odds = |p: f64| p / (1.0 - p);
        for (before, after) in before.iter().zip(&probability).skip(2) {
            assert!((odds(*after) / odds(*before)).log2() - bits < 1e-9);
        }
        assert_eq!(calibrate(&mut probability, &[]), 0.0, "without labels nothing moves");
    }
}
