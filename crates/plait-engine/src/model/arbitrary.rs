//! Any model, condition or key, for property tests.

use plait_types::Role;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use super::{
    Accept, BlockingKey, BlockingRule, Class, Clustering, Comparison, Condition, DeterministicRule, Edit,
    Guard, Level, LinkType, Measure, Missing, Model, ModelFile, Part, TermFrequency, Test, Together,
};

/// So many cases, the same ones in every run.
pub(super) fn fixed(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(2),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Plain names, words of the grammar, and headers with everything in them.
pub(super) fn field() -> impl Strategy<Value = String> {
    let words = vec![
        "and", "or", "not", "else", "month", "day", "same", "first", "exact", "all", "10%", "3", "", "within",
    ];
    prop_oneof![
        3 => "[a-z_]{1,8}",
        1 => select(words).prop_map(str::to_string),
        1 => "\\PC{0,8}",
        1 => "[\"'\\\\:(),=<> \n\t\u{1}\u{7f}\u{85}é-]{1,6}",
    ]
}

fn part() -> impl Strategy<Value = Part> {
    let named = [
        Part::Whole,
        Part::FirstWord,
        Part::LastWord,
        Part::Soundex,
        Part::Metaphone,
        Part::Sector,
        Part::District,
        Part::Area,
        Part::Year,
        Part::YearMonth,
        Part::YearDay,
        Part::MonthDay,
        Part::NotNewYearsDay,
        Part::Valid,
        Part::LocalPart,
        Part::Domain,
        Part::AnyWord,
        Part::AnyElement,
        Part::ButOneLetter,
        Part::SpellingFamily,
    ];
    prop_oneof![6 => select(named.to_vec()), 1 => (1..=255_u8).prop_map(Part::First), 1 => (1..=255_u8).prop_map(Part::Last)]
}

fn test() -> impl Strategy<Value = Test> {
    let measures = [
        Measure::Jaro,
        Measure::JaroWinkler,
        Measure::Jaccard,
        Measure::CharacterJaccard,
        Measure::Dice,
        Measure::Cosine,
        Measure::MongeElkan,
    ];
    let edits = [Edit::Levenshtein, Edit::Osa, Edit::DamerauLevenshtein];
    let plain = [
        Test::Nickname,
        Test::Initials,
        Test::Subset,
        Test::HalfOfDoubleBarrelled,
        Test::DayMonthSwapped,
        Test::OneDigit,
        Test::Transposed,
        Test::TwoOfThreeParts,
        Test::NewYearsDay,
        Test::EitherRecorded,
    ];
    let share = || prop_oneof![(0..=100_u32).prop_map(|percent| f64::from(percent) / 100.0), 0.0..=1.0];
    let positive = || prop_oneof![Just(0.0), 0.0..1e6, 0.0..1e-9, 1e17..1e300];
    prop_oneof![
        3 => part().prop_map(Test::Same),
        3 => select(plain.to_vec()),
        2 => (select(measures.to_vec()), share()).prop_map(|(measure, least)| Test::AtLeast(measure, least)),
        1 => (part(), select(measures.to_vec()), share())
            .prop_map(|(part, measure, least)| Test::PartAtLeast(part, measure, least)),
        2 => (select(edits.to_vec()), any::<u32>()).prop_map(|(edit, most)| Test::AtMost(edit, most)),
        1 => field().prop_map(Test::SwappedWith),
        1 => field().prop_map(Test::EqualsOther),
        1 => field().prop_map(Test::SharesOther),
        1 => (0..400_u32).prop_map(Test::WithinDays),
        1 => any::<u32>().prop_map(Test::WithinMonths),
        1 => (0..3_u32).prop_map(Test::WithinYears),
        1 => positive().prop_map(Test::WithinNumber),
        1 => share().prop_map(Test::WithinShare),
        1 => any::<u32>().prop_map(Test::InCommon),
        1 => field().prop_map(Test::BothAre),
        1 => (field(), positive()).prop_map(|(longitude, km)| Test::WithinKm(longitude, km)),
    ]
}

/// Trees with every form in every place, lists of none and one included.
pub(super) fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        1 => Just(Condition::Else),
        8 => (option::of(field()), test()).prop_map(|(field, test)| Condition::Test(field, test)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Condition::All),
            vec(inner.clone(), 0..4).prop_map(Condition::Any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

pub(super) fn key() -> impl Strategy<Value = BlockingKey> {
    let side = || (field(), part());
    prop_oneof![
        3 => side().prop_map(|(field, part)| BlockingKey::same(field, part)),
        1 => (side(), side()).prop_map(|(left, right)| BlockingKey { left, right }),
    ]
}

pub(super) fn guard() -> impl Strategy<Value = Guard> {
    vec(field(), 1..4).prop_map(|fields| Guard { fields })
}

fn deterministic() -> impl Strategy<Value = DeterministicRule> {
    let exceptions = (vec(guard(), 0..3), vec(field(), 0..2), any::<bool>());
    let of_pairs = (option::of(1..4_u32), vec(field(), 0..2));
    (option::of(field()), vec(key(), 1..3), exceptions, of_pairs).prop_map(
        |(name, keys, (unless_different, unless_unequal, unless_ambiguous), (pass, sources_with))| {
            DeterministicRule {
                name,
                pass,
                keys,
                sources_with,
                unless_different,
                unless_unequal,
                unless_ambiguous,
            }
        },
    )
}

fn level() -> impl Strategy<Value = Level> {
    let when = condition().prop_filter("else comes last", |when| *when != Condition::Else);
    (prop_oneof![1 => Just(Condition::exact()), 2 => when], option::of(field()), option::of(term_frequency()))
        .prop_map(|(when, label, term_frequency)| Level { when, label, term_frequency })
}

fn term_frequency() -> impl Strategy<Value = TermFrequency> {
    let table = (option::of(field()), 0.0..=1.0, 0.0..=1.0_f64);
    let table = table.prop_map(|(field, strength, floor)| TermFrequency { field, strength, floor });
    prop_oneof![Just(TermFrequency { field: None, strength: 1.0, floor: 0.0 }), table]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    let missing = select(vec![Missing::All, Missing::Any]);
    (option::of(field()), vec(field(), 1..3), missing, vec(level(), 0..4)).prop_map(
        |(name, fields, missing, mut levels)| {
            levels.push(Level { when: Condition::Else, label: None, term_frequency: None });
            Comparison { name: name.unwrap_or_else(|| fields[0].clone()), fields, missing, levels }
        },
    )
}

/// Sums to 1 as well as doubles can.
fn distribution(raw: &[f64]) -> Vec<f64> {
    let total: f64 = raw.iter().sum();
    raw.iter().map(|value| value / total).collect()
}

fn model() -> impl Strategy<Value = Model> {
    let comparisons = vec(comparison(), 1..4).prop_map(|mut comparisons| {
        for index in 0..comparisons.len() {
            while comparisons[..index].iter().any(|other| other.name == comparisons[index].name) {
                comparisons[index].name.push_str(" again");
            }
        }
        comparisons
    });
    let link_type = select(vec![LinkType::LinkOnly, LinkType::DedupeOnly, LinkType::LinkAndDedupe]);
    let clustering = select(vec![
        Clustering::ConnectedComponents,
        Clustering::BestLink,
        Clustering::OneToOne,
        Clustering::Correlation,
    ]);
    let blocking = vec(vec(key(), 1..3).prop_map(|keys| BlockingRule { keys }), 0..3);
    let deterministic = vec(deterministic(), 0..3).prop_map(|mut rules| {
        rules.sort_by_key(|rule| rule.pass);
        rules
    });
    let accept =
        (0.0..=1.0, 0.0..=1.0).prop_map(|(a, b): (f64, f64)| Accept { link: a.max(b), review: a.min(b) });
    let numbers = vec(vec(0.001..1.0_f64, 5), 12);
    (field(), link_type, clustering, comparisons, blocking, deterministic, accept, option::of(numbers))
        .prop_map(|(name, link_type, clustering, comparisons, blocking, deterministic, accept, numbers)| {
            let classes = numbers.map(|numbers| classes(&comparisons, &numbers)).unwrap_or_default();
            Model { name, link_type, comparisons, blocking, deterministic, accept, clustering, classes }
        })
}

fn classes(comparisons: &[Comparison], numbers: &[Vec<f64>]) -> Vec<Class> {
    let shares = distribution(&numbers[0][..3]);
    let names = ["match", "stranger", "same household"];
    let class = |index: usize| Class {
        name: names[index].into(),
        is_match: index == 0,
        share: shares[index],
        probabilities: comparisons
            .iter()
            .enumerate()
            .map(|(at, comparison)| distribution(&numbers[1 + index * 3 + at][..comparison.levels.len()]))
            .collect(),
        together: together(comparisons, &numbers[1 + index * 3]),
    };
    (0..3).map(class).collect()
}

/// The first two comparisons count together in some models.
fn together(comparisons: &[Comparison], numbers: &[f64]) -> Vec<Together> {
    let [first, second, ..] = comparisons else { return Vec::new() };
    if numbers[0] < 0.5 {
        return Vec::new();
    }
    let mut ratio = numbers.iter().map(|number| 4.0 * number).cycle();
    let row = |_| ratio.by_ref().take(second.levels.len()).collect();
    vec![Together { comparisons: [0, 1], ratios: (0..first.levels.len()).map(row).collect() }]
}

pub(super) fn file() -> impl Strategy<Value = ModelFile> {
    let roles: Vec<Role> = Role::all().collect();
    let columns = vec((field(), select(roles)), 0..3).prop_map(|mut columns| {
        let mut seen: Vec<String> = Vec::new();
        columns.retain(|(header, _)| {
            let is_new = !seen.contains(header);
            seen.push(header.clone());
            is_new
        });
        columns
    });
    (model(), columns, any::<bool>()).prop_map(|(mut model, columns, states_link_type)| {
        if !states_link_type {
            model.link_type = LinkType::LinkOnly;
        }
        ModelFile { model, columns, states_link_type, places: Vec::new() }
    })
}
