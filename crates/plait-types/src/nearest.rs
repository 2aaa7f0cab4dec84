//! The name that a misspelt one was meant to be.

/// The candidate nearest to `word`, if one is near enough to ask "did you mean": case, spaces, hyphens and
/// underscores do not count, and at most a third of the letters may be wrong, missing, extra or swapped with
/// a neighbour. The first of equally near ones. Cost: product of the lengths, per candidate.
///
/// ```
/// assert_eq!(plait_types::nearest("surnam", ["forename", "surname"]), Some("surname"));
/// assert_eq!(plait_types::nearest("postcode", ["forename", "surname"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = folded(word);
    let near_enough = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &folded(candidate)), candidate))
        .filter(|(distance, _)| *distance <= near_enough)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn folded(word: &str) -> Vec<char> {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut cost = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(nearest(word, ["forename", "surname", "Date Of Birth", "dob"]), expected, "{word}");
    }

    #[test]
    fn slips_of_the_keyboard_are_recognised() {
        check("surnam", Some("surname"));
        check("Sunrame", Some("surname"));
        check("date_of_birth", Some("Date Of Birth"));
        check("dbo", Some("dob"));
    }

    #[test]
    fn a_different_word_is_not_suggested() {
        check("postcode", None);
        check("", None);
        check("upn", None);
    }

    /// The definition, as a recursion over prefixes.
    fn slow_distance(a: &[char], b: &[char]) -> usize {
        let ([.., x], [.., y]) = (a, b) else { return a.len().max(b.len()) };
        let (shorter_a, shorter_b) = (&a[..a.len() - 1], &b[..b.len() - 1]);
        let mut cost = (slow_distance(shorter_a, shorter_b) + usize::from(x != y))
            .min(slow_distance(shorter_a, b) + 1)
            .min(slow_distance(a, shorter_b) + 1);
        if let ([.., p, q], [.., r, s]) = (a, b)
            && (p, q) == (s, r)
        {
            cost = cost.min(slow_distance(&a[..a.len() - 2], &b[..b.len() - 2]) + 1);
        }
        cost
    }

    proptest! {
        #[test]
        fn the_distance_is_that_of_its_definition(a in "[abc]{0,6}", b in "[abc]{0,6}") {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(distance(&a, &b), slow_distance(&a, &b));
        }
    }
}
