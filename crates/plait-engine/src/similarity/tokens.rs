//! Names and addresses as tokens: cosine, one within the other, initials, one half of a double-barrelled name

/// The tokens of a value, in order: the runs between spaces, hyphens, full stops, commas, slashes and
/// underscores. Apostrophes belong to the token.
pub(super) fn tokens(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '.' | ',' | '/' | '_'))
        .filter(|token| !token.is_empty())
}

/// Cosine of the angle between the counts of tokens; 1 for two values without tokens, 0 if only one has none.
pub fn token_cosine(left: &str, right: &str) -> f64 {
    let (left, right) = (sorted_tokens(left), sorted_tokens(right));
    if left.is_empty() && right.is_empty() {
        return 1.0;
    }
    let product = product(&left, &right) as f64;
    let lengths = product_of_lengths(&left, &right);
    if lengths == 0.0 { 0.0 } else { (product / lengths).min(1.0) }
}

/// Every token of the shorter value is in the longer, as often: `anna` and `anna maria`, also `maria anna`.
/// False where a value has no token.
pub fn token_subset(left: &str, right: &str) -> bool {
    let (left, right) = (sorted_tokens(left), sorted_tokens(right));
    let (inner, outer) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let mut rest = outer.iter();
    !inner.is_empty() && inner.iter().all(|token| rest.any(|other| other == token))
}

/// Token by token from the first, the values are equal or one has the other's initial, and at least one
/// token is such an initial or the values are equal: `j` and `john`, `j p` and `john paul`, `j` and
/// `john paul`. False where a value has no token.
pub fn initials_agree(left: &str, right: &str) -> bool {
    let mut pairs = tokens(left).zip(tokens(right)).peekable();
    if pairs.peek().is_none() {
        return false;
    }
    let mut by_initial = left == right;
    pairs.all(|(a, b)| {
        let initial = is_initial_of(a, b) || is_initial_of(b, a);
        by_initial |= initial && a != b;
        initial || a == b
    }) && by_initial
}

/// One value is the first or the last part of the other, in whole tokens, and not all of it: `smith` and
/// `smith-jones`, `jones` and `smith jones`, `van dyke` and `smith van dyke`.
pub fn half_of_double_barrelled(left: &str, right: &str) -> bool {
    let (left, right): (Vec<&str>, Vec<&str>) = (tokens(left).collect(), tokens(right).collect());
    let (half, whole) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    !half.is_empty() && half.len() < whole.len() && (whole.starts_with(&half) || whole.ends_with(&half))
}

fn is_initial_of(short: &str, long: &str) -> bool {
    let mut letters = short.chars();
    let initial = letters.next();
    letters.next().is_none() && initial == long.chars().next()
}

fn sorted_tokens(value: &str) -> Vec<&str> {
    let mut sorted: Vec<&str> = tokens(value).collect();
    sorted.sort_unstable();
    sorted
}

/// The sum over tokens of count in one × count in the other.
fn product(left: &[&str], right: &[&str]) -> usize {
    let counts = |run: &[&str]| right.iter().filter(|token| **token == run[0]).count();
    left.chunk_by(|a, b| a == b).map(|run| run.len() * counts(run)).sum()
}

/// The root is taken of the product, so that equal values give exactly one.
fn product_of_lengths(left: &[&str], right: &[&str]) -> f64 {
    ((product(left, left) * product(right, right)) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::similarity::slow::{any_names, any_pair, fixed};

    #[test]
    fn cosine_ignores_order_and_counts_repeats() {
        let check = |left, right, expected: f64| {
            assert!((token_cosine(left, right) - expected).abs() < 1e-12, "{left} {right}");
        };
        check("anna maria", "maria anna", 1.0);
        check("anna maria", "anna", 0.5_f64.sqrt());
        check("new new road", "new road", 3.0 / 10.0_f64.sqrt());
        check("anna", "maria", 0.0);
        check("", "-", 1.0);
        check("", "anna", 0.0);
    }

    #[test]
    fn a_forename_within_two_forenames_is_a_subset() {
        assert!(token_subset("anna", "anna maria"));
        assert!(token_subset("maria anna", "anna-maria"));
        assert!(!token_subset("ann", "anna maria"));
        assert!(!token_subset("anna anna", "anna maria"));
        assert!(!token_subset("", "anna"));
    }

    #[test]
    fn initials_agree_with_the_names_they_begin() {
        for (left, right) in
            [("j", "john"), ("j p", "john paul"), ("john p", "j. paul"), ("j", "john paul"), ("j", "j")]
        {
            assert!(initials_agree(left, right) && initials_agree(right, left), "{left} {right}");
        }
        for (left, right) in
            [("j", "paul"), ("john", "john paul"), ("j p", "john mark"), ("jo", "john"), ("", "j")]
        {
            assert!(!initials_agree(left, right) && !initials_agree(right, left), "{left} {right}");
        }
    }

    #[test]
    fn either_half_of_a_double_barrelled_name_is_recognised() {
        for half in ["smith", "jones", "van dyke", "smith jones"] {
            assert!(half_of_double_barrelled(half, "smith jones-van dyke") == (half != "jones"), "{half}");
        }
        assert!(half_of_double_barrelled("smith-jones", "jones"));
        assert!(!half_of_double_barrelled("smith jones", "smith-jones"));
        assert!(!half_of_double_barrelled("", "smith-jones"));
    }

    proptest! {
        #![proptest_config(fixed(3000))]

        #[test]
        fn cosine_is_the_textbook_formula((left, right) in any_names()) {
            let count = |value: &str, word: &str| tokens(value).filter(|token| *token == word).count() as f64;
            let mut words: Vec<&str> = tokens(&left).chain(tokens(&right)).collect();
            words.sort_unstable();
            words.dedup();
            let dot: f64 = words.iter().map(|word| count(&left, word) * count(&right, word)).sum();
            let length = |value: &str| words.iter().map(|word| count(value, word).powi(2)).sum::<f64>().sqrt();
            let expected = dot / (length(&left) * length(&right));
            prop_assert!((token_cosine(&left, &right) - expected).abs() < 1e-12);
        }

        #[test]
        fn cosine_is_symmetric_and_one_for_equal((left, right) in any_pair()) {
            let value = token_cosine(&left, &right);
            prop_assert_eq!(value.to_bits(), token_cosine(&right, &left).to_bits());
            prop_assert!((0.0..=1.0).contains(&value));
            prop_assert!((token_cosine(&left, &left) - 1.0).abs() < f64::EPSILON);
        }

        #[test]
        fn a_subset_is_a_removal_of_tokens((left, right) in any_names()) {
            let mut rest: Vec<&str> = tokens(&left).collect();
            let all_removed = tokens(&right).all(|token| {
                rest.iter().position(|other| *other == token).map(|at| rest.remove(at)).is_some()
            });
            if tokens(&right).count() <= tokens(&left).count() {
                prop_assert_eq!(token_subset(&left, &right), all_removed);
            }
            prop_assert_eq!(token_subset(&left, &right), token_subset(&right, &left));
            prop_assert_eq!(half_of_double_barrelled(&left, &right), half_of_double_barrelled(&right, &left));
            prop_assert!(!half_of_double_barrelled(&left, &right) || token_subset(&left, &right));
            prop_assert_eq!(initials_agree(&left, &right), initials_agree(&right, &left));
        }
    }
}
