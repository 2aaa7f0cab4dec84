//! The evidence about a pair as one sentence, and the rounding that keeps its numbers adding up.

use plait_engine::explanation::{Explanation, Term, TermKind};

use crate::words::{self, sentence_case};

/// The terms of a pair's weight in words, without its values, so that it can be quoted.
///
/// Names every term with its weight in bits; the weights add up to the sum that is named, to the tenth.
pub fn sentence(explanation: &Explanation) -> String {
    let shown = shown_tenths(explanation);
    let terms = || explanation.terms.iter().zip(shown.terms.iter().copied());
    let mut parts: Vec<String> = explanation.statement.iter().map(|said| sentence_case(said) + ".").collect();
    for (term, tenths) in terms().filter(|(term, _)| term.kind == TermKind::Prior) {
        parts.push(format!("The starting point is {} bits ({}).", words::tenths(tenths), term.outcome));
    }
    for (lead, sign) in [("For one person", 1), ("Against", -1), ("No evidence either way", 0)] {
        let group: Vec<_> = terms()
            .filter(|(term, tenths)| term.kind != TermKind::Prior && tenths.signum() == sign)
            .map(|(term, tenths)| phrase(term, tenths))
            .collect();
        if !group.is_empty() {
            parts.push(format!("{lead}: {}.", group.join("; ")));
        }
    }
    parts.push(format!(
        "The sum is {} bits, a match probability of {}.",
        words::tenths(shown.total),
        words::probability(explanation.probability)
    ));
    parts.join(" ")
}

/// What is printed of an explanation, in tenths of a bit; `total` is exactly the sum of `terms`.
pub(crate) struct ShownTenths {
    pub(crate) terms: Vec<i64>,
    pub(crate) total: i64,
}

/// Rounds the terms together. The starting point, which all pairs share, and the total are rounded as usual; where
/// the other terms would not add up, those that lose least go the other way. What says nothing stays 0.
pub(crate) fn shown_tenths(explanation: &Explanation) -> ShownTenths {
    // an imported model may hold a level that rules a match out; a thousand bits are as good as infinite
    let exact: Vec<f64> =
        explanation.terms.iter().map(|term| term.weight.clamp(-1000.0, 1000.0) * 10.0).collect();
    let total = exact.iter().sum::<f64>().round() as i64;
    let is_prior = |place: usize| explanation.terms[place].kind == TermKind::Prior;
    let down = |place: usize| if is_prior(place) { exact[place].round() } else { exact[place].floor() };
    let mut terms: Vec<i64> = (0..exact.len()).map(|place| down(place) as i64).collect();
    let left_over = (total - terms.iter().sum::<i64>()).max(0) as usize;
    let mut by_remainder: Vec<usize> = (0..terms.len()).filter(|place| !is_prior(*place)).collect();
    by_remainder.sort_by(|a, b| (exact[*b] - down(*b)).total_cmp(&(exact[*a] - down(*a))));
    for place in by_remainder.into_iter().take(left_over) {
        terms[place] += 1;
    }
    ShownTenths { total: terms.iter().sum(), terms }
}

fn phrase(term: &Term, tenths: i64) -> String {
    let weight = words::tenths(tenths);
    if term.outcome.is_empty() {
        format!("{} ({weight})", term.title)
    } else {
        format!("{}, {} ({weight})", term.title, term.outcome)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn term(kind: TermKind, title: &str, outcome: &str, weight: f64) -> Term {
        Term { kind, title: title.into(), left: None, right: None, outcome: outcome.into(), weight }
    }

    fn explanation(terms: Vec<Term>) -> Explanation {
        let weight = terms.iter().map(|term| term.weight).sum::<f64>();
        Explanation {
            left: ("census".into(), "103".into()),
            right: ("cin".into(), "77".into()),
            terms,
            weight,
            probability: 1.0 / (1.0 + (-weight).exp2()),
            statement: None,
            objection: None,
        }
    }

    /// The numbers in brackets and after "starting point is", and the number after "The sum is", in tenths.
    fn numbers(sentence: &str) -> (Vec<i64>, i64) {
        let parse = |text: &str| {
            let negative = text.starts_with('−');
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let tenths: i64 = digits.parse().expect("a sentence of this form");
            if negative { -tenths } else { tenths }
        };
        let (evidence, sum) = sentence.split_once("The sum is ").expect("a sentence of this form");
        let is_weight = |word: &&str| {
            let number = word.trim_start_matches(['+', '−']);
            number.len() >= 3
                && number.as_bytes()[number.len() - 2] == b'.'
                && number.replace('.', "").parse::<u64>().is_ok()
        };
        let terms = evidence.split(|c: char| "() ;".contains(c)).filter(is_weight).map(parse).collect();
        (terms, parse(sum.split(' ').next().expect("a sentence of this form")))
    }

    #[test]
    fn the_sentence_of_a_pair_reads_like_this() {
        let pair = explanation(vec![
            term(TermKind::Prior, "Starting point", "1 pair in 31,400", -14.94),
            term(TermKind::Comparison(0), "Surname", "same", 8.14),
            term(TermKind::TermFrequency(0), "Surname is rarer than most", "", 2.31),
            term(TermKind::Comparison(1), "Date of birth", "day and month swapped", 16.4),
            term(TermKind::Comparison(2), "Postcode", "different", -1.1),
            term(TermKind::Comparison(3), "UPN", "not recorded on the right", 0.0),
        ]);
        assert_eq!(
            sentence(&pair),
            "The starting point is −14.9 bits (1 pair in 31,400). \
             For one person: Surname, same (+8.1); Surname is rarer than most (+2.3); \
             Date of birth, day and month swapped (+16.4). Against: Postcode, different (−1.1). \
             No evidence either way: UPN, not recorded on the right (0.0). \
             The sum is +10.8 bits, a match probability of 99.94%."
        );
    }

    #[test]
    fn terms_that_round_badly_still_add_up() {
        let pair = explanation((0..4).map(|i| term(TermKind::Comparison(i), "Name", "same", 0.04)).collect());
        assert_eq!(shown_tenths(&pair).total, 2);
        assert_eq!(shown_tenths(&pair).terms, [1, 1, 0, 0]);
    }

    #[test]
    fn the_starting_point_is_shown_the_same_for_every_pair_and_what_says_nothing_is_zero() {
        for weight in [0.0, 0.01, 0.04, 0.06, 3.33, -2.77] {
            let pair = explanation(vec![
                term(TermKind::Prior, "Starting point", "", -14.94),
                term(TermKind::Comparison(0), "Name", "same", weight),
                term(TermKind::Comparison(1), "UPN", "not recorded", 0.0),
            ]);
            let shown = shown_tenths(&pair);
            assert_eq!((shown.terms[0], shown.terms[2]), (-149, 0));
            assert_eq!(shown.terms.iter().sum::<i64>(), (pair.weight * 10.0).round() as i64);
        }
    }

    #[test]
    fn a_level_that_rules_a_match_out_does_not_upset_the_sum() {
        let mut pair = explanation(vec![
            term(TermKind::Prior, "Starting point", "1 pair in 4", -1.6),
            term(TermKind::Comparison(0), "NHS number", "different", f64::NEG_INFINITY),
        ]);
        pair.probability = 0.0;
        assert_eq!(numbers(&sentence(&pair)), (vec![-16, -10_000], -10_016));
    }

    proptest! {
        #[test]
        fn every_term_is_named_and_the_numbers_add_up(weights in prop::collection::vec(-20.0..20.0_f64, 1..12)) {
            let terms: Vec<_> = weights
                .iter()
                .enumerate()
                .map(|(i, weight)| {
                    let kind = if i == 0 { TermKind::Prior } else { TermKind::Comparison(i) };
                    term(kind, &format!("Field{i}"), &format!("outcome{i}"), *weight)
                })
                .collect();
            let pair = explanation(terms);
            let text = sentence(&pair);
            let (terms, sum) = numbers(&text);
            prop_assert_eq!(terms.len(), weights.len());
            prop_assert_eq!(terms.iter().sum::<i64>(), sum);
            prop_assert!((sum as f64 / 10.0 - pair.weight).abs() <= 0.05 + 1e-9);
            for i in 0..weights.len() {
                let name = if i == 0 { "outcome0".to_owned() } else { format!("Field{i}, outcome{i} ") };
                prop_assert!(text.contains(&name));
            }
        }

        #[test]
        fn no_term_is_shown_more_than_a_tenth_from_its_weight(weights in prop::collection::vec(-20.0..20.0_f64, 1..12)) {
            let pair = explanation(weights.iter().map(|w| term(TermKind::OtherClasses, "x", "y", *w)).collect());
            for (shown, weight) in shown_tenths(&pair).terms.iter().zip(&weights) {
                prop_assert!((*shown as f64 / 10.0 - weight).abs() < 0.1 + 1e-9);
            }
        }
    }
}
