//! A model in sentences, for people who approve it and do not read model files.

use std::fmt::Write as _;

use super::schema::{self, CLUSTERINGS, LINK_TYPES, MISSINGS};
use super::text::field_words;
use super::{
    BlockingKey, BlockingRule, Comparison, DeterministicRule, Guard, LinkType, Model, Part, pairs_together,
};

/// What the model does, in paragraphs of plain English: how pairs are found, what is compared and what each level
/// is worth in bits, when a pair is linked, how links become people. Without a `link_type` the sources decide which pairs it
/// looks at. Ends in a newline.
pub fn prose(model: &Model, link_type: Option<LinkType>) -> String {
    let name = &model.name;
    let looks_at = link_type.map_or(
        "pairs of records within the source if there is one, of different sources if there are several, and of both kinds if one \
         of several seems to hold a person twice",
        |link_type| schema::row(LINK_TYPES, &link_type).2,
    );
    let mut out = format!("The model \"{name}\" looks at {looks_at}.\n\n");
    out.push_str(&candidates(&model.blocking));
    out.push_str(if model.comparisons.is_empty() {
        "\nWhat is compared. Plait chooses it from the data.\n"
    } else {
        "\nWhat is compared. The levels of a comparison are tried in order; the first that holds counts.\n"
    });
    for index in 0..model.comparisons.len() {
        out.push_str(&comparison(model, index));
    }
    if !model.is_trained() {
        out.push_str(
            "What each level is worth is not known yet: Plait learns it from the data when it links.\n",
        );
    }
    out.push_str(&together(model));
    out.push_str(&deterministic(&model.deterministic));
    out.push_str(&acceptance(model));
    let people = schema::row(CLUSTERINGS, &model.clustering).2;
    push(&mut out, format_args!("\nHow links become people. {}.\n", capitalised(people)));
    out
}

fn candidates(rules: &[BlockingRule]) -> String {
    if rules.is_empty() {
        return "How pairs are found. Plait chooses from the data which pairs are worth comparing.\n".into();
    }
    let mut out = String::from(
        "How pairs are found. Two records are compared if all of one of these lines is the same:\n",
    );
    for rule in rules {
        push(&mut out, format_args!("  - {}\n", rule_words(rule)));
    }
    out.push_str("A missing value is never the same.\n");
    out
}

/// Which comparisons are not independent in what is one person.
fn together(model: &Model) -> String {
    let pairs = pairs_together(model.classes.iter().filter(|class| class.is_match));
    if pairs.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "\nWhat counts together. These tell of each other in one person, so that two findings of them count for what both say, which is not the sum:\n",
    );
    for pair in pairs {
        let [first, second] = pair.map(|comparison| model.comparisons[comparison].words());
        push(&mut out, format_args!("  - {first} and {second}\n"));
    }
    out
}

fn deterministic(rules: &[DeterministicRule]) -> String {
    if rules.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "\nWhat links by itself. Two records are linked, whatever they weigh, if all of one of these lines is the same:\n",
    );
    for rule in rules {
        push(&mut out, format_args!("  - {}\n", deterministic_words(rule)));
    }
    out.push_str(
        "A missing value is never the same, and never different. Where an exception holds a person decides.\n",
    );
    if rules.iter().any(|rule| rule.pass.is_some()) {
        out.push_str(
            "A later pass leaves out pairs of which both records are linked to the other's source by an earlier one.\n",
        );
    }
    out
}

/// `UPN, unless forename or date of birth is different (rule "schools")`
pub(super) fn deterministic_words(rule: &DeterministicRule) -> String {
    let mut words = keys_words(&rule.keys);
    if !rule.unless_unequal.is_empty() {
        let fields: Vec<&str> = rule.unless_unequal.iter().map(|field| field_words(field)).collect();
        push(&mut words, format_args!(", and no two values of {}", fields.join(" or ")));
    }
    if !rule.sources_with.is_empty() {
        let fields: Vec<&str> = rule.sources_with.iter().map(|field| field_words(field)).collect();
        push(&mut words, format_args!(", of sources that both have {}", fields.join(" and ")));
    }
    let exceptions = exceptions_words(rule);
    if !exceptions.is_empty() {
        push(&mut words, format_args!(", unless {exceptions}"));
    }
    if let Some(pass) = rule.pass {
        push(&mut words, format_args!(", in pass {pass}"));
    }
    if let Some(name) = &rule.name {
        push(&mut words, format_args!(" (rule \"{name}\")"));
    }
    words
}

/// `forename is different or one of the records has such a pair with another person`
pub(crate) fn exceptions_words(rule: &DeterministicRule) -> String {
    let mut exceptions: Vec<String> = match shared_first(&rule.unless_different) {
        Some((first, seconds)) => {
            let (last, others) = seconds.split_last().expect("several guards");
            vec![format!("{first} is different and so is {} or {last}", others.join(", "))]
        }
        None => rule.unless_different.iter().map(guard_words).collect(),
    };
    if rule.unless_ambiguous {
        exceptions.push("one of the records has such a pair with another person".into());
    }
    exceptions.join(" or ")
}

/// Of several guards of two fields that have the first in common: that one, and the second of each, in words.
fn shared_first(guards: &[Guard]) -> Option<(&str, Vec<&str>)> {
    let pairs: Vec<[&str; 2]> = guards
        .iter()
        .map(|guard| {
            let [first, second] = &guard.fields[..] else { return None };
            Some([field_words(first), field_words(second)])
        })
        .collect::<Option<_>>()?;
    let first = pairs.first()?[0];
    let is_shared = pairs.len() > 1 && pairs.iter().all(|pair| pair[0] == first);
    is_shared.then(|| (first, pairs.iter().map(|pair| pair[1]).collect()))
}

/// `date of birth and sex are different`
fn guard_words(guard: &Guard) -> String {
    let fields: Vec<&str> = guard.fields.iter().map(|field| field_words(field)).collect();
    let verb = if fields.len() == 1 { "is" } else { "are" };
    format!("{} {verb} different", fields.join(" and "))
}

/// `date of birth + sound (Soundex) of surname`
pub(super) fn rule_words(rule: &BlockingRule) -> String {
    keys_words(&rule.keys)
}

pub(crate) fn keys_words(keys: &[BlockingKey]) -> String {
    keys.iter().map(key_words).collect::<Vec<_>>().join(" + ")
}

/// `sound (Soundex) of surname`, `forename on the left as surname on the right`
fn key_words(key: &BlockingKey) -> String {
    let left = side_words(&key.left);
    if key.is_symmetric() {
        left
    } else {
        format!("{left} on the left as {} on the right", side_words(&key.right))
    }
}

fn side_words((field, part): &(String, Part)) -> String {
    let (field, part) = (field_words(field), part.words());
    if part.is_empty() {
        field.to_string()
    } else if part.starts_with(field) {
        // not "postcode sector of postcode"
        part
    } else {
        format!("{part} of {field}")
    }
}

fn comparison(model: &Model, index: usize) -> String {
    let comparison = &model.comparisons[index];
    let mut out = format!("  {}\n", heading(comparison));
    for (level, spec) in comparison.levels.iter().enumerate() {
        push(&mut out, format_args!("    - {}", comparison.level_label(level)));
        if model.is_trained() {
            let evidence = Evidence::of(model, index, level);
            push(&mut out, format_args!(": {}", evidence.words()));
        }
        if let Some(adjustment) = &spec.term_frequency {
            let field = adjustment
                .field
                .as_deref()
                .map(|field| format!(" of {}", field_words(field)))
                .unwrap_or_default();
            push(&mut out, format_args!("; a rare value{field} counts for more"));
        }
        out.push('\n');
    }
    out
}

fn heading(comparison: &Comparison) -> String {
    let fields: Vec<&str> = comparison.fields.iter().map(|field| field_words(field)).collect();
    let name = field_words(&comparison.name);
    let silent = match comparison.fields.len() {
        1 => "says nothing when it is missing on either side".to_string(),
        _ => format!("says nothing when {}", schema::row(MISSINGS, &comparison.missing).2),
    };
    if fields == [name] {
        format!("{name} ({silent})")
    } else {
        format!("{name}, from {} ({silent})", fields.join(" and "))
    }
}

fn acceptance(model: &Model) -> String {
    let mut out = String::from("\nWhen a pair is linked. ");
    if let Some(start) = starting_point(model) {
        let share: f64 = model.classes.iter().filter(|class| class.is_match).map(|class| class.share).sum();
        push(&mut out, format_args!("Of all pairs that may be compared, {} of one person, ", one_in(share)));
        push(&mut out, format_args!("so a pair starts at {} bits. ", bits(start)));
        out.push_str("The bits of its levels are added; each bit doubles the odds that the two records are of one person.\n");
    } else {
        out.push_str("The evidence of its levels is added up to the probability that the two records are of one person.\n");
    }
    let accept = model.accept;
    if accept.review >= 1.0 {
        out.push_str("No pair is linked for what it weighs.\n");
        return out;
    }
    push(
        &mut out,
        format_args!(
            "A pair is linked from a match probability of {}{}",
            accept.link,
            at_weight(model, accept.link)
        ),
    );
    if accept.review < accept.link {
        push(
            &mut out,
            format_args!(
                "; from {}{} on it goes to review, where a person decides",
                accept.review,
                at_weight(model, accept.review)
            ),
        );
    }
    out.push_str(".\n");
    out
}

/// The total in bits at this probability, for models that speak in bits.
fn at_weight(model: &Model, probability: f64) -> String {
    let weight = probability.log2() - (1.0 - probability).log2();
    if model.is_trained() && weight.is_finite() {
        format!(" (a total of {} bits)", bits(weight))
    } else {
        String::new()
    }
}

/// The match weight of a pair before anything is compared, in bits; `None` until trained.
pub(super) fn starting_point(model: &Model) -> Option<f64> {
    let share = |is_match| -> f64 {
        model.classes.iter().filter(|class| class.is_match == is_match).map(|class| class.share).sum()
    };
    model.is_trained().then(|| share(true).log2() - share(false).log2())
}

/// What one level says on its own: its probability among pairs of one person, and among all others.
/// With more than two classes the weights of several levels do not simply add; each on its own is still this.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evidence {
    pub(super) m: f64,
    pub(super) u: f64,
}

impl Evidence {
    pub(super) fn of(model: &Model, comparison: usize, level: usize) -> Self {
        let mean = |is_match| {
            let classes = || model.classes.iter().filter(|class| class.is_match == is_match);
            let total: f64 = classes().map(|class| class.share).sum();
            let of_level = classes().map(|class| (class.share, class.probabilities[comparison][level]));
            if total > 0.0 {
                of_level.map(|(share, probability)| share * probability).sum::<f64>() / total
            } else {
                // classes that no pair is in count alike
                of_level.map(|(_, probability)| probability).sum::<f64>() / classes().count() as f64
            }
        };
        Self { m: mean(true), u: mean(false) }
    }

    /// In bits; infinite where one of the two is 0.
    pub(super) fn weight(self) -> f64 {
        self.m.log2() - self.u.log2()
    }

    fn words(self) -> String {
        if self.m == 0.0 && self.u == 0.0 {
            return "never seen".into();
        }
        format!(
            "{} bits ({} of pairs of one person, {} of others)",
            bits(self.weight()),
            percent(self.m),
            percent(self.u)
        )
    }
}

/// With its sign and one decimal.
pub(super) fn bits(weight: f64) -> String {
    if weight.is_infinite() {
        return if weight > 0.0 { "+∞".into() } else { "-∞".into() };
    }
    let rounded = (weight * 10.0).round() / 10.0;
    if rounded == 0.0 { "0.0".into() } else { format!("{rounded:+.1}") }
}

/// To two digits that matter, and never `100%` for less than all.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "none".into(),
        p if (99.5..100.0).contains(&p) => format!("{:.2}%", p.min(99.99)),
        p if p >= 10.0 => format!("{p:.0}%"),
        p if p >= 1.0 => format!("{p:.1}%"),
        p if p >= 0.01 => format!("{p:.2}%"),
        _ => format!("1 in {}", plait_types::three_digits(1.0 / share)),
    }
}

fn one_in(share: f64) -> String {
    if share > 0.0 && share < 0.5 {
        format!("1 in {} is", plait_types::three_digits(1.0 / share))
    } else {
        format!("{} are", percent(share))
    }
}

fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string succeeds");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Class, Missing, arbitrary, read};
    use proptest::prelude::*;

    fn example() -> Model {
        read(include_str!("example.toml"), "model.toml").expect("the example is valid").model
    }

    #[test]
    fn an_untrained_model_says_what_it_will_do() {
        insta::assert_snapshot!(prose(&example(), Some(LinkType::LinkOnly)), @r#"
        The model "two files of people" looks at pairs of records from different sources only.

        How pairs are found. Two records are compared if all of one of these lines is the same:
          - date of birth + sound (Soundex) of surname
          - first 3 characters of forename + surname + postcode district
        A missing value is never the same.

        What is compared. The levels of a comparison are tried in order; the first that holds counts.
          forename (says nothing when it is missing on either side)
            - same; a rare value counts for more
            - short form or variant of the same name
            - close
            - swapped with surname
            - different
          surname (says nothing when it is missing on either side)
            - same; a rare value counts for more
            - similar spelling (Jaro-Winkler 0.92 or more)
            - same as the other's former surname or half of a double-barrelled name
            - different
          date of birth (says nothing when it is missing on either side)
            - same
            - day and month swapped
            - one digit different
            - same year
            - different
          home, from postcode and address (says nothing when every field is missing on at least one side)
            - same and address: same
            - same
            - same postcode sector
            - different
        What each level is worth is not known yet: Plait learns it from the data when it links.

        When a pair is linked. The evidence of its levels is added up to the probability that the two records are of one person.
        A pair is linked from a match probability of 0.95; from 0.5 on it goes to review, where a person decides.

        How links become people. At most one record of each source is in a person, chosen to maximise the total weight.
        "#);
    }

    #[test]
    fn a_trained_model_says_what_each_level_is_worth() {
        let mut model = example();
        model.link_type = LinkType::DedupeOnly;
        model.blocking = Vec::new();
        model.comparisons.truncate(1);
        model.comparisons[0].missing = Missing::Any;
        let class = |name: &str, is_match, share, probabilities: [f64; 5]| Class {
            name: name.into(),
            is_match,
            share,
            probabilities: vec![probabilities.to_vec()],
            together: Vec::new(),
        };
        model.classes = vec![
            class("match", true, 1e-6, [0.8, 0.05, 0.05, 0.0, 0.1]),
            class("stranger", false, 0.9, [0.004, 0.001, 0.005, 1e-7, 0.989_999_9]),
            class("same household", false, 1.0 - 0.9 - 1e-6, [0.02, 0.0, 0.03, 0.0, 0.95]),
        ];
        insta::assert_snapshot!(prose(&model, Some(model.link_type)), @r#"
        The model "two files of people" looks at all pairs of records within one source.

        How pairs are found. Plait chooses from the data which pairs are worth comparing.

        What is compared. The levels of a comparison are tried in order; the first that holds counts.
          forename (says nothing when it is missing on either side)
            - same: +7.2 bits (80% of pairs of one person, 0.56% of others); a rare value counts for more
            - short form or variant of the same name: +5.8 bits (5.0% of pairs of one person, 0.09% of others)
            - close: +2.7 bits (5.0% of pairs of one person, 0.75% of others)
            - swapped with surname: -∞ bits (none of pairs of one person, 1 in 11,100,000 of others)
            - different: -3.3 bits (10% of pairs of one person, 99% of others)

        When a pair is linked. Of all pairs that may be compared, 1 in 1,000,000 is of one person, so a pair starts at -19.9 bits. The bits of its levels are added; each bit doubles the odds that the two records are of one person.
        A pair is linked from a match probability of 0.95 (a total of +4.2 bits); from 0.5 (a total of 0.0 bits) on it goes to review, where a person decides.

        How links become people. At most one record of each source is in a person, chosen to maximise the total weight.
        "#);
    }

    #[test]
    fn rules_that_link_by_themselves_are_said_with_their_exceptions() {
        let rule = |keys: &[&str], guards: &[&str], name: Option<&str>| DeterministicRule {
            name: name.map(str::to_owned),
            unless_different: guards.iter().map(|guard| guard.parse().unwrap()).collect(),
            ..DeterministicRule::of(keys.iter().map(|key| key.parse().unwrap()).collect())
        };
        let rules = [
            rule(&["la_child_id"], &["date_of_birth and sex"], None),
            rule(&["upn"], &["forename", "date_of_birth"], None),
            rule(&["surname", "date_of_birth", "postcode sector"], &[], Some("three of four")),
            DeterministicRule {
                pass: Some(2),
                unless_unequal: vec!["nhs_number".into()],
                unless_ambiguous: true,
                ..rule(&["date_of_birth not 1 January", "sex"], &[], None)
            },
        ];
        insta::assert_snapshot!(deterministic(&rules).trim(), @r#"
        What links by itself. Two records are linked, whatever they weigh, if all of one of these lines is the same:
          - LA child id, unless date of birth and sex are different
          - UPN, unless forename is different or date of birth is different
          - surname + date of birth + postcode sector (rule "three of four")
          - value other than 1 January of date of birth + sex, and no two values of NHS number, unless one of the records has such a pair with another person, in pass 2
        A missing value is never the same, and never different. Where an exception holds a person decides.
        A later pass leaves out pairs of which both records are linked to the other's source by an earlier one.
        "#);
    }

    #[test]
    fn shares_and_weights_are_rounded_without_lying() {
        let shown = [0.0, 1e-7, 0.0005, 0.05, 0.5, 0.996, 0.99999, 1.0].map(percent).join(" ");
        insta::assert_snapshot!(shown, @"none 1 in 10,000,000 0.05% 5.0% 50% 99.60% 99.99% 100%");
        let shown = [-0.04, 0.04, 0.05, -12.34, f64::INFINITY, f64::NEG_INFINITY].map(bits).join(" ");
        insta::assert_snapshot!(shown, @"0.0 0.0 +0.1 -12.3 +∞ -∞");
    }

    #[test]
    fn which_pairs_are_looked_at_is_left_to_the_sources_where_nobody_says_it() {
        let prose = prose(&example(), None);
        insta::assert_snapshot!(prose.lines().next().unwrap_or_default(), @r#"The model "two files of people" looks at pairs of records within the source if there is one, of different sources if there are several, and of both kinds if one of several seems to hold a person twice."#);
    }

    proptest! {
        #![proptest_config(arbitrary::fixed(50))]
        #[test]
        fn every_model_can_be_said_in_sentences(file in arbitrary::file()) {
            let text = prose(&file.model, file.states_link_type.then_some(file.model.link_type));
            prop_assert!(text.contains("When a pair is linked") && !text.contains("NaN"), "{}", text);
        }
    }
}
