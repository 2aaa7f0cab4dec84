//! What moved between two models, for people.

use super::prose::{Evidence, bits, deterministic_words, rule_words, starting_point};
use super::schema::{self, CLUSTERINGS, LINK_TYPES};
use super::{
    BlockingRule, Class, Comparison, DeterministicRule, Level, Model, TermFrequency, pairs_together,
};

/// Moves of weights smaller than this, in bits, are only counted.
const SMALL_MOVE: f64 = 0.05;

/// What differs from `before` to `after`, one line each: settings, rules, comparisons and levels first, then the
/// weights that moved, largest move first. Empty if the models do the same.
pub fn difference(before: &Model, after: &Model) -> Vec<String> {
    let mut lines = settings(before, after);
    lines.extend(rules(&before.blocking, &after.blocking));
    lines.extend(deterministic(&before.deterministic, &after.deterministic));
    lines.extend(comparisons(before, after));
    lines.extend(weights(before, after));
    lines
}

fn settings(before: &Model, after: &Model) -> Vec<String> {
    let mut lines = Vec::new();
    let mut changed = |what: &str, before: String, after: String| {
        if before != after {
            lines.push(format!("{what}: {before} -> {after}"));
        }
    };
    changed("name", before.name.clone(), after.name.clone());
    let link_type = |model: &Model| schema::row(LINK_TYPES, &model.link_type).1.to_string();
    changed("link type", link_type(before), link_type(after));
    let clustering = |model: &Model| schema::row(CLUSTERINGS, &model.clustering).1.to_string();
    changed("clustering", clustering(before), clustering(after));
    changed("links from match probability", before.accept.link.to_string(), after.accept.link.to_string());
    changed(
        "review from match probability",
        before.accept.review.to_string(),
        after.accept.review.to_string(),
    );
    lines
}

fn rules(before: &[BlockingRule], after: &[BlockingRule]) -> Vec<String> {
    let removed = before.iter().filter(|rule| !after.contains(rule));
    let added = after.iter().filter(|rule| !before.contains(rule));
    let removed =
        removed.map(|rule| format!("candidates: no longer pairs with the same {}", rule_words(rule)));
    removed
        .chain(added.map(|rule| format!("candidates: now also pairs with the same {}", rule_words(rule))))
        .collect()
}

fn deterministic(before: &[DeterministicRule], after: &[DeterministicRule]) -> Vec<String> {
    let removed: Vec<&DeterministicRule> = before.iter().filter(|rule| !after.contains(rule)).collect();
    let added: Vec<&DeterministicRule> = after.iter().filter(|rule| !before.contains(rule)).collect();
    let is_another_order = removed.is_empty() && added.is_empty() && before != after;
    let words = |what: &'static str| {
        move |rule: &DeterministicRule| {
            format!("deterministic: {what} the same {}", deterministic_words(rule))
        }
    };
    let mut lines: Vec<String> = removed.into_iter().map(words("no longer links")).collect();
    lines.extend(added.into_iter().map(words("now links")));
    if is_another_order {
        let names: Vec<String> = after.iter().map(DeterministicRule::words).collect();
        lines.push(format!("deterministic: rules are in another order, now {}", names.join(", ")));
    }
    lines
}

fn comparisons(before: &Model, after: &Model) -> Vec<String> {
    let named =
        |model: &Model, name: &str| model.comparisons.iter().any(|comparison| comparison.name == name);
    let mut lines = Vec::new();
    for removed in before.comparisons.iter().filter(|comparison| !named(after, &comparison.name)) {
        lines.push(format!("{}: no longer compared", removed.name));
    }
    for comparison in &after.comparisons {
        match before.comparisons.iter().find(|earlier| earlier.name == comparison.name) {
            Some(earlier) => lines.extend(one_comparison(earlier, comparison)),
            None => lines.push(format!("{}: now compared, by {}", comparison.name, level_list(comparison))),
        }
    }
    lines
}

fn one_comparison(before: &Comparison, after: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    let name = &after.name;
    if before.fields != after.fields {
        lines.push(format!("{name}: fields {} -> {}", before.fields.join(", "), after.fields.join(", ")));
    }
    if before.missing != after.missing {
        let word = |comparison: &Comparison| schema::row(schema::MISSINGS, &comparison.missing).1;
        lines.push(format!("{name}: missing {} -> {}", word(before), word(after)));
    }
    let same = counterparts(&before.levels, &after.levels);
    let removed = (0..before.levels.len()).filter(|index| !same.contains(&Some(*index)));
    lines.extend(removed.map(|index| format!("{name}: level \"{}\" removed", before.levels[index].when)));
    for (index, level) in after.levels.iter().enumerate() {
        let Some(earlier) = same[index] else {
            lines.push(format!("{name}: level \"{}\" added as number {}", level.when, index + 1));
            continue;
        };
        let earlier = &before.levels[earlier];
        let label = |level: &Level| level.label.clone().unwrap_or_else(|| "no label".into());
        if earlier.label != level.label {
            lines.push(format!("{name}, {}: {} -> {}", level.when, label(earlier), label(level)));
        }
        if earlier.term_frequency != level.term_frequency {
            let (earlier, later) = (&earlier.term_frequency, &level.term_frequency);
            let what = format!("{} -> {}", adjustment(earlier.as_ref()), adjustment(later.as_ref()));
            lines.push(format!("{name}, {}: term frequency {what}", level.when));
        }
    }
    if !same.iter().flatten().is_sorted() {
        lines.push(format!("{name}: levels are in another order, now {}", level_list(after)));
    }
    lines
}

/// For each level of `after`, the level of `before` with the same condition; none twice.
fn counterparts(before: &[Level], after: &[Level]) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = Vec::new();
    for level in after {
        let free = |index: &usize| before[*index].when == level.when && !found.contains(&Some(*index));
        let counterpart = (0..before.len()).find(free);
        found.push(counterpart);
    }
    found
}

fn level_list(comparison: &Comparison) -> String {
    comparison.levels.iter().map(|level| level.when.to_string()).collect::<Vec<_>>().join(", ")
}

fn adjustment(adjustment: Option<&TermFrequency>) -> String {
    let Some(adjustment) = adjustment else { return "off".into() };
    let field = adjustment.field.as_ref().map(|field| format!(" of {field}")).unwrap_or_default();
    format!("{}{field} from {}", adjustment.strength, adjustment.floor)
}

fn weights(before: &Model, after: &Model) -> Vec<String> {
    let (Some(start_before), Some(start_after)) = (starting_point(before), starting_point(after)) else {
        return match (before.is_trained(), after.is_trained()) {
            (false, true) => vec!["weights: not trained -> trained".into()],
            (true, false) => vec!["weights: trained -> not trained".into()],
            _ => Vec::new(),
        };
    };
    let mut lines = classes(before, after);
    let mut small = 0;
    if (start_after - start_before).abs() >= SMALL_MOVE {
        lines.push(format!("starting point: {} -> {} bits", bits(start_before), bits(start_after)));
    } else if start_after.to_bits() != start_before.to_bits() {
        small += 1;
    }
    let mut moves: Vec<(f64, String)> = Vec::new();
    for (index, comparison) in after.comparisons.iter().enumerate() {
        let Some(earlier) = before.comparisons.iter().position(|earlier| earlier.name == comparison.name)
        else {
            continue;
        };
        let same = counterparts(&before.comparisons[earlier].levels, &comparison.levels);
        for (level, same) in same.into_iter().enumerate() {
            let Some(same) = same else { continue };
            let (old, new) = (Evidence::of(before, earlier, same), Evidence::of(after, index, level));
            // NaN for two infinities of one sign, which have not moved
            let moved = new.weight() - old.weight();
            if moved.abs() >= SMALL_MOVE {
                let label = comparison.level_label(level);
                moves.push((moved, format!("{}, {label}: {}", comparison.name, moved_words(old, new))));
            } else if old != new {
                small += 1;
            }
        }
    }
    let mut pairs = [names_together(before), names_together(after)].concat();
    pairs.sort_unstable();
    pairs.dedup();
    for pair in pairs {
        let (old, new) = (ratios(before, pair), ratios(after, pair));
        let words = format!("{} and {}", pair[0], pair[1]);
        match (old, new) {
            (Some(_), None) => lines.push(format!("{words}: no longer count together")),
            (None, Some(_)) => lines.push(format!("{words}: now count together")),
            (Some(old), Some(new)) if old != new => match most_moved(&old, &new) {
                None => lines.push(format!("{words} together: their levels have changed")),
                Some(moved) if moved >= SMALL_MOVE => {
                    moves.push((moved, format!("{words} together: up to {moved:.1} bits")));
                }
                Some(_) => small += 1,
            },
            _ => {}
        }
    }
    moves.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    lines.extend(moves.into_iter().map(|(_, line)| line));
    match small {
        0 => {}
        1 => lines.push(format!("one weight moved by less than {SMALL_MOVE} bits")),
        n => lines.push(format!("{n} weights moved by less than {SMALL_MOVE} bits")),
    }
    lines
}

/// The names of comparisons that count together in some class, in order.
fn names_together(model: &Model) -> Vec<[&str; 2]> {
    let names = |pair: [usize; 2]| {
        let mut names = pair.map(|at| model.comparisons[at].name.as_str());
        names.sort_unstable();
        names
    };
    pairs_together(model.classes.iter()).into_iter().map(names).collect()
}

/// Per class, what two comparisons say together, rows for the first named; `None` where they say nothing in any.
fn ratios(model: &Model, names: [&str; 2]) -> Option<Vec<(String, Vec<Vec<f64>>)>> {
    let of_class = |class: &Class| {
        class.together.iter().find_map(|together| {
            let [first, second] = together.comparisons.map(|at| model.comparisons[at].name.as_str());
            let rows = || together.ratios.clone();
            let turned = || {
                (0..together.ratios[0].len())
                    .map(|at| together.ratios.iter().map(|row| row[at]).collect())
                    .collect()
            };
            let rows = if [first, second] == names {
                rows()
            } else if [second, first] == names {
                turned()
            } else {
                return None;
            };
            Some((class.name.clone(), rows))
        })
    };
    let found: Vec<_> = model.classes.iter().filter_map(of_class).collect();
    (!found.is_empty()).then_some(found)
}

/// The most bits that a ratio has moved in a class that both have; `None` where levels are others.
fn most_moved(before: &[(String, Vec<Vec<f64>>)], after: &[(String, Vec<Vec<f64>>)]) -> Option<f64> {
    let mut most = 0.0_f64;
    for (name, old) in before {
        let Some((_, new)) = after.iter().find(|(other, _)| other == name) else { continue };
        if old.len() != new.len() || old.iter().zip(new).any(|(old, new)| old.len() != new.len()) {
            return None;
        }
        let moved = old.iter().flatten().zip(new.iter().flatten()).map(|(old, new)| (new / old).log2().abs());
        most = moved.fold(most, f64::max);
    }
    Some(most)
}

fn classes(before: &Model, after: &Model) -> Vec<String> {
    let has = |model: &Model, name: &str| model.classes.iter().any(|class| class.name == name);
    let removed = before.classes.iter().filter(|class| !has(after, &class.name));
    let added = after.classes.iter().filter(|class| !has(before, &class.name));
    let removed = removed.map(|class| format!("class \"{}\" removed", class.name));
    removed.chain(added.map(|class| format!("class \"{}\" added", class.name))).collect()
}

fn moved_words(old: Evidence, new: Evidence) -> String {
    let moved = |name: &str, old: f64, new: f64| {
        let (old, new) = (significant(old), significant(new));
        if old == new { format!("{name} {old}") } else { format!("{name} {old} -> {new}") }
    };
    let (m, u) = (moved("m", old.m, new.m), moved("u", old.u, new.u));
    format!("{} -> {} bits ({m}, {u})", bits(old.weight()), bits(new.weight()))
}

/// Three digits that matter.
fn significant(probability: f64) -> String {
    let text = format!("{probability:.2e}");
    let rounded: f64 = text.parse().expect("what was printed is a number");
    if rounded == 0.0 || rounded >= 1e-4 { rounded.to_string() } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Clustering, LinkType, arbitrary, read};
    use proptest::prelude::*;

    fn example() -> Model {
        read(include_str!("example.toml"), "model.toml").expect("the example is valid").model
    }

    fn check(before: &str, after: &str) -> String {
        let before = read(before, "before.toml").expect("valid").model;
        let after = read(after, "after.toml").expect("valid").model;
        difference(&before, &after).join("\n")
    }

    #[test]
    fn a_model_does_not_differ_from_itself() {
        assert_eq!(difference(&example(), &example()), Vec::<String>::new());
    }

    #[test]
    fn settings_rules_comparisons_and_levels_that_changed_are_named() {
        let before = r#"format = 1
model = "old"
link_type = "link_only"
[[compare]]
field = "forename"
levels = ["exact", "nickname", "initials"]
[[compare]]
field = "sex"
levels = ["exact"]
[[candidates]]
same = ["date_of_birth", "surname soundex"]
"#;
        let after = r#"format = 1
model = "new"
link_type = "dedupe_only"
clustering = "best_link"
[[compare]]
field = "forename"
fields = ["forename", "middle_name"]
levels = ["initials", { when = "exact", label = "the same", term_frequency = true }, "jaro >= 0.9"]
[[compare]]
field = "postcode"
levels = ["exact", "same sector"]
[[candidates]]
same = ["forename = surname"]
[accept]
match_probability = 0.9
"#;
        let after = after.replace("field = \"forename\"\nfields", "name = \"forename\"\nfields");
        insta::assert_snapshot!(check(before, &after), @r#"
        name: old -> new
        link type: link_only -> dedupe_only
        clustering: connected_components -> best_link
        links from match probability: 0.95 -> 0.9
        candidates: no longer pairs with the same date of birth + sound (Soundex) of surname
        candidates: now also pairs with the same forename on the left as surname on the right
        sex: no longer compared
        forename: fields forename -> forename, middle_name
        forename: level "nickname" removed
        forename, exact: no label -> the same
        forename, exact: term frequency off -> 1 from 0
        forename: level "jaro >= 0.9" added as number 3
        forename: levels are in another order, now initials, exact, jaro >= 0.9, else
        postcode: now compared, by exact, same sector, else
        "#);
    }

    #[test]
    fn weights_that_moved_are_told_largest_first() {
        let model = |share: f64, m: [f64; 3], u: [f64; 3]| {
            let class = |name: &str, is_match, share, probabilities: [f64; 3]| Class {
                name: name.into(),
                is_match,
                share,
                probabilities: vec![probabilities.to_vec()],
                together: Vec::new(),
            };
            let mut model = example();
            model.comparisons.truncate(1);
            model.comparisons[0].levels.drain(1..3);
            model.classes = vec![class("match", true, share, m), class("stranger", false, 1.0 - share, u)];
            model
        };
        let before = model(1e-6, [0.8, 0.1, 0.1], [0.00001, 0.00999, 0.99]);
        let after = model(2e-6, [0.8, 0.15, 0.05], [0.00004, 0.00996, 0.99]);
        insta::assert_snapshot!(difference(&before, &after).join("\n"), @r"
        starting point: -19.9 -> -18.9 bits
        forename, same: +16.3 -> +14.3 bits (m 0.8, u 1e-5 -> 4e-5)
        forename, different: -3.3 -> -4.3 bits (m 0.1 -> 0.05, u 0.99)
        forename, swapped with surname: +3.3 -> +3.9 bits (m 0.1 -> 0.15, u 0.00999 -> 0.00996)
        ");
        let untrained = Model { classes: Vec::new(), ..before.clone() };
        assert_eq!(difference(&untrained, &before), ["weights: not trained -> trained"]);
    }

    #[test]
    fn rules_that_link_by_themselves_are_told_when_they_come_go_or_change_places() {
        let text = |rules: &str| {
            format!("format = 1\nmodel = \"x\"\n[[compare]]\nfield = \"upn\"\nlevels = [\"exact\"]\n{rules}")
        };
        let upn = "[[deterministic]]\nsame = [\"upn\"]\n";
        let guarded = "[[deterministic]]\nsame = [\"upn\"]\nunless_different = [\"forename\"]\n";
        let child = "[[deterministic]]\nsame = [\"la_child_id\"]\n";
        let both = |first: &str, second: &str| text(&format!("{first}{second}"));
        insta::assert_snapshot!(check(&both(upn, child), &both(guarded, child)), @r"
        deterministic: no longer links the same UPN
        deterministic: now links the same UPN, unless forename is different
        ");
        insta::assert_snapshot!(check(&both(upn, child), &both(child, upn)), @"deterministic: rules are in another order, now same la_child_id, same upn");
    }

    #[test]
    fn a_change_of_one_setting_is_one_line() {
        let other = Model { link_type: LinkType::LinkAndDedupe, ..example() };
        assert_eq!(difference(&example(), &other), ["link type: link_only -> link_and_dedupe"]);
        let other = Model { clustering: Clustering::BestLink, ..example() };
        assert_eq!(difference(&example(), &other), ["clustering: one_to_one -> best_link"]);
    }

    proptest! {
        #![proptest_config(arbitrary::fixed(50))]
        #[test]
        fn any_two_models_can_be_told_apart(before in arbitrary::file(), after in arbitrary::file()) {
            prop_assert_eq!(difference(&before.model, &before.model), Vec::<String>::new());
            if before.model.accept != after.model.accept {
                prop_assert!(!difference(&before.model, &after.model).is_empty());
            }
        }
    }
}
