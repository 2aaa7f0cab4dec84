use super::interval::events_between;
use super::*;
use crate::clustering::cluster;
use crate::fixture::{
    DATE, Dice, FORENAME, SURNAME, all_pairs, any_records, comparison, fixed, model, records, value,
};
use crate::labels::{Label, places_among};
use crate::model::{BlockingKey, BlockingRule, Clustering, Condition, Part};
use crate::progress::Silent;
use crate::scoring::score;
use crate::training::two_classes;
use plait_types::Role;
use proptest::prelude::*;

/// A number of events of mean `mean`, one after the other until the time is up (Knuth 1969).
fn poisson(mean: f64, dice: &mut Dice) -> f64 {
    let (mut time, mut events) = (0.0, -1.0);
    while time < mean {
        time -= (1.0 - dice.share()).max(1e-300).ln();
        events += 1.0;
    }
    events
}

fn normal(dice: &mut Dice) -> f64 {
    (0..12).map(|_| dice.share()).sum::<f64>() - 6.0
}

#[test]
fn an_interval_holds_what_happens_in_19_cases_of_20() {
    let mut dice = Dice::new(1);
    for spread in [0.3, 0.5, 0.7] {
        for expected in [0.0, 0.4, 2.0, 10.0, 60.0, 400.0] {
            let (low, high) = events_between(expected, spread);
            assert!(0.0 <= low && low <= expected && expected <= high);
            let cases = 2000;
            let held = (0..cases).filter(|_| {
                let happened = poisson((expected + 0.5) * (spread * normal(&mut dice)).exp(), &mut dice);
                (low..=high).contains(&happened)
            });
            let share = held.count() as f64 / f64::from(cases);
            assert!(share > 0.92, "{share} of {expected} events expected, spread {spread}");
        }
    }
    let width = |expected| {
        let (low, high) = events_between(expected, 0.5);
        (high - low) / expected
    };
    assert!(
        width(1000.0) < width(10.0) && width(1000.0) > 1.0,
        "more events, surer, up to the model's error"
    );
}

/// Comparisons of these fields with levels that differ in worth, candidates where either name's first letter agrees.
fn a_model(link_type: LinkType, clustering: Clustering, fields: &[&str]) -> Model {
    let first = |field: &str| BlockingKey::same(field, Part::First(1));
    let comparisons: Vec<_> = fields.iter().map(|field| comparison(field, [Condition::exact()])).collect();
    let (m, u) = (vec![vec![0.9, 0.1]; fields.len()], vec![vec![0.05, 0.95]; fields.len()]);
    Model {
        blocking: [FORENAME, SURNAME].map(|field| BlockingRule { keys: vec![first(field)] }).to_vec(),
        clustering,
        classes: two_classes(0.02, m, u),
        ..model(link_type, comparisons)
    }
}

/// Links as the model has it, and asks something of what came out.
fn of_linked<T>(records: &Records, model: &Model, ask: impl FnOnce(&Decided<'_>) -> T) -> T {
    let blocks = Blocks::for_model(records, model).unwrap();
    let comparer = Comparer::beside(records, model, &blocks).unwrap();
    let scorer = Scorer::new(&comparer, model).unwrap();
    let pairs = score(&scorer, &blocks, -3.0, &Silent).unwrap();
    let constraints = Constraints::default();
    let conflicts = Conflicts::of(records, &constraints).with_identities(records);
    let clustered =
        cluster(records, &pairs, 0.0, model.clustering, &conflicts, &[], &scorer.weigher(&blocks));
    ask(&Decided {
        records,
        model,
        comparer: &comparer,
        blocks: &blocks,
        scorer: &scorer,
        pairs: &pairs,
        clustered: &clustered,
        constraints: &constraints,
        conflicts: &conflicts,
        cut: 0.0,
        seed: 1,
    })
}

fn odds(bits: f64) -> f64 {
    1.0 / (1.0 + 2f64.powf(-bits))
}

const FIELDS: [&str; 3] = [FORENAME, SURNAME, DATE];

/// The bits of a pair by the model's definition.
fn bits(records: &Records, left: u32, right: u32) -> f64 {
    let mut bits = (0.02f64 / 0.98).log2();
    for field in FIELDS {
        bits += match (value(records, field, left), value(records, field, right)) {
            (Some(left), Some(right)) if left == right => (0.9f64 / 0.05).log2(),
            (Some(_), Some(_)) => (0.1f64 / 0.95).log2(),
            _ => 0.0,
        };
    }
    bits
}

/// The pairs that are missed, by definition; none where that cannot be told.
fn twin_missed(decided: &Decided<'_>) -> Option<f64> {
    let n = decided.records.len() as u32;
    let person = |record: u32| decided.clustered.persons.person_of[record as usize];
    let of = |p: u32| -> Vec<u32> { (0..n).filter(|&record| person(record) == p).collect() };
    let is_candidate =
        |a: u32, b: u32| decided.is_pair(a, b) && decided.blocks.is_candidate(a.min(b), a.max(b));
    let is_correlation = decided.model.clustering == Clustering::Correlation;
    let mut missed = 0.0;
    for record in (0..n).filter(|&record| of(person(record)).len() == 1) {
        let mut claims = Vec::new();
        for other in (0..decided.clustered.persons.n_persons).filter(|&p| p != person(record)) {
            let members: Vec<u32> = of(other).into_iter().filter(|&m| decided.is_pair(record, m)).collect();
            let compared: Vec<u32> = members.iter().copied().filter(|&m| is_candidate(record, m)).collect();
            if compared.is_empty() {
                continue;
            }
            let bits = compared.iter().map(|&m| {
                let bits = bits(decided.records, record.min(m), record.max(m));
                if is_correlation { bits.min(-2.0) } else { bits }
            });
            let mean = bits.sum::<f64>() / compared.len() as f64;
            let never = (members.len() - compared.len()) as f64;
            let pairs = members.len() as f64 / if of(other).len() == 1 { 2.0 } else { 1.0 };
            claims.push((pairs, 2f64.powf(mean + 2.0 - 4.0 * never)));
        }
        let all = 1.0 + claims.iter().map(|claim| claim.1).sum::<f64>();
        missed += claims.iter().map(|(pairs, odds)| pairs * odds / all).sum::<f64>();
    }
    let (mut all, mut once, mut twice, mut pairs) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
    for person in (0..decided.clustered.persons.n_persons).map(of).filter(|members| members.len() > 1) {
        for &record in &person {
            let others: Vec<u32> = person.iter().copied().filter(|&m| decided.is_pair(record, m)).collect();
            let holds = |rule: usize| {
                others.iter().any(|&m| decided.blocks.holds(rule, record.min(m), record.max(m)))
            };
            let caught = [0, 1].into_iter().filter(|&rule| holds(rule)).count();
            all += f64::from(u8::from(caught > 0));
            once += f64::from(u8::from(caught == 1));
            twice += f64::from(u8::from(caught == 2));
            pairs += others.len() as f64 / if person.len() == 2 { 2.0 } else { 1.0 };
        }
    }
    let never = once * (once - 1.0).max(0.0) / (2.0 * (twice + 1.0));
    // of two rules
    (twice > 0.0 && never <= twice).then(|| missed + never * pairs / all.max(1.0))
}

proptest! {
    #![proptest_config(fixed(200))]

    #[test]
    fn errors_are_expected_as_their_definition_says(
        records in any_records(),
        is_link_only in any::<bool>(),
        is_correlation in any::<bool>(),
    ) {
        let link_type = if is_link_only { LinkType::LinkOnly } else { LinkType::LinkAndDedupe };
        let clustering = if is_correlation { Clustering::Correlation } else { Clustering::ConnectedComponents };
        let model = a_model(link_type, clustering, &FIELDS);
        of_linked(&records, &model, |decided| {
            let together = Together::of(decided);
            let person = |record: u32| decided.clustered.persons.person_of[record as usize];
            let all = all_pairs(&records, link_type);
            let n_together = all.iter().filter(|&&(l, r)| person(l) == person(r)).count() as f64;
            prop_assert_eq!(together.is_some(), n_together > 0.0);
            let Some(together) = together else { return Ok(()) };
            let said = by_probability(decided, &together, &Caught::of(decided, &together));
            let precision = said.precision.unwrap();
            for share in said.recall.into_iter().chain([precision]) {
                prop_assert!(0.0 <= share.low && share.low <= share.estimate);
                prop_assert!(share.estimate <= share.high && share.high <= 1.0);
            }
            let right = n_together * precision.estimate;
            let expected = twin_missed(decided).map(|missed| right / (right + missed));
            prop_assert_eq!(said.recall.is_some(), expected.is_some());
            if let (Some(recall), Some(expected)) = (said.recall, expected) {
                prop_assert!((recall.estimate - expected).abs() < 1e-9);
            }
            // persons of two records of which the pair is compared: the pair alone says how sure it is
            let two_each = (0..decided.clustered.persons.n_persons).all(|p| {
                (0..records.len() as u32).filter(|&record| person(record) == p).count() <= 2
            });
            if two_each {
                let wrong: f64 = all
                    .iter()
                    .filter(|&&(l, r)| person(l) == person(r))
                    .map(|&(l, r)| 1.0 - odds(bits(&records, l, r) + 0.72))
                    .sum();
                prop_assert!((precision.estimate - (1.0 - wrong / n_together)).abs() < 1e-9);
            }
            Ok(())
        })?;
    }
}

/// The bits of each pair of these records: of the join that brings its ends together when the two clusters of the
/// greatest sum are joined again and again, less what rivals have as claims to one of the two. `None` where two joins are
/// as good.
fn twin_joined(
    members: &[u32],
    bits: &dyn Fn(u32, u32) -> f64,
    rivals: &[Vec<u32>],
    to_rival: &dyn Fn(u32, u32) -> f64,
) -> Option<std::collections::BTreeMap<(u32, u32), f64>> {
    let mut clusters: Vec<Vec<u32>> = members.iter().map(|&record| vec![record]).collect();
    let mut joined = std::collections::BTreeMap::new();
    while clusters.len() > 1 {
        let places: Vec<(usize, usize)> =
            (0..clusters.len()).flat_map(|a| (a + 1..clusters.len()).map(move |b| (a, b))).collect();
        let between = |&(a, b): &(usize, usize)| -> Vec<(u32, u32)> {
            let pairs =
                clusters[a].iter().flat_map(|&l| clusters[b].iter().map(move |&r| (l.min(r), l.max(r))));
            pairs.collect()
        };
        let sum = |place: &(usize, usize)| between(place).iter().map(|&(l, r)| bits(l, r)).sum::<f64>();
        let best = *places.iter().max_by(|a, b| sum(a).total_cmp(&sum(b))).expect("two clusters");
        if places.iter().any(|place| *place != best && (sum(place) - sum(&best)).abs() < 1e-9) {
            return None;
        }
        let claim = |side: usize, rival: &[u32]| -> f64 {
            let pairs = clusters[side].iter().flat_map(|&l| rival.iter().map(move |&r| (l.min(r), l.max(r))));
            pairs.map(|(l, r)| to_rival(l, r)).sum()
        };
        let claims: Vec<(f64, f64)> =
            rivals.iter().map(|rival| (claim(best.0, rival), claim(best.1, rival))).collect();
        let of_one: f64 = claims.iter().map(|(a, b)| (sum(&best) + a + b).exp2()).sum();
        let of_two: f64 = claims.iter().map(|(a, b)| a.exp2() + b.exp2()).sum();
        let said = ((sum(&best).exp2() + of_one) / (1.0 + of_two)).log2();
        joined.extend(between(&best).into_iter().map(|pair| (pair, said)));
        let high = clusters.remove(best.1);
        clusters[best.0].extend(high);
    }
    Some(joined)
}

proptest! {
    #![proptest_config(fixed(400))]

    #[test]
    fn a_pair_is_as_sure_as_what_brought_its_persons_together_or_kept_them_apart(
        records in any_records(),
        is_link_only in any::<bool>(),
        is_correlation in any::<bool>(),
    ) {
        let link_type = if is_link_only { LinkType::LinkOnly } else { LinkType::LinkAndDedupe };
        let clustering = if is_correlation { Clustering::Correlation } else { Clustering::ConnectedComponents };
        let model = a_model(link_type, clustering, &FIELDS);
        of_linked(&records, &model, |decided| {
            let said = of_one_person(decided);
            prop_assert_eq!(said.len(), decided.pairs.len());
            let person = |record: u32| decided.clustered.persons.person_of[record as usize];
            let members = |p: u32| -> Vec<u32> {
                (0..records.len() as u32).filter(|&record| person(record) == p).collect()
            };
            let is_compared = |l: u32, r: u32| decided.is_pair(l, r) && decided.blocks.is_candidate(l, r);
            let counts = |l: u32, r: u32| {
                if is_compared(l, r) { (bits(&records, l, r) + 0.72).max(-10.0) } else { -0.72 }
            };
            for (pair, said) in said.into_iter().enumerate() {
                let (left, right) = (decided.pairs.left[pair], decided.pairs.right[pair]);
                let (a, b) = (members(person(left)), members(person(right)));
                let between: Vec<(u32, u32)> = a
                    .iter()
                    .flat_map(|&l| b.iter().map(move |&r| (l.min(r), l.max(r))))
                    .filter(|&(l, r)| decided.is_pair(l, r))
                    .collect();
                let expected = if person(left) == person(right) {
                    let others = (0..decided.pairs.len())
                        .map(|pair| [decided.pairs.left[pair], decided.pairs.right[pair]].map(person))
                        .filter(|ends| ends[0] != ends[1] && ends.contains(&person(left)))
                        .map(|ends| ends[usize::from(ends[0] == person(left))]);
                    // methods that decide pair by pair know no rivals
                    let others: std::collections::BTreeSet<u32> = others.filter(|_| is_correlation).collect();
                    let rivals: Vec<Vec<u32>> = others.into_iter().map(members).collect();
                    let to_rival = |l: u32, r: u32| if decided.is_pair(l, r) { counts(l, r) } else { 0.0 };
                    let Some(joined) = twin_joined(&a, &counts, &rivals, &to_rival) else { continue };
                    joined[&(left, right)]
                } else {
                    let sum = if a.len() == 1 || b.len() == 1 {
                        let compared: Vec<f64> = between
                            .iter()
                            .filter(|&&(l, r)| is_compared(l, r))
                            .map(|&(l, r)| bits(&records, l, r))
                            .collect();
                        let mean = compared.iter().sum::<f64>() / compared.len() as f64;
                        mean + 2.0 - 4.0 * (between.len() - compared.len()) as f64
                    } else {
                        between.iter().map(|&(l, r)| counts(l, r)).sum()
                    };
                    if is_correlation { sum.min(0.0) } else { sum }
                };
                prop_assert!((said - odds(expected)).abs() < 1e-9, "{} is not {}", said, odds(expected));
            }
            Ok(())
        })?;
    }
}

#[test]
fn of_a_person_too_large_to_take_apart_nothing_is_said() {
    for n in [LOOK_AT_ALL, LOOK_AT_ALL + 1] {
        let of_one_name = |name: &str| vec![Some(name.to_owned()); n];
        let fields =
            [(FORENAME, Role::Forename, of_one_name("ann")), (SURNAME, Role::Surname, of_one_name("lee"))];
        let records = records(&[n], &fields);
        let model = a_model(LinkType::DedupeOnly, Clustering::ConnectedComponents, &FIELDS[..2]);
        of_linked(&records, &model, |decided| {
            assert_eq!(decided.clustered.persons.n_persons, 1);
            assert_eq!(Together::of(decided).is_some(), n == LOOK_AT_ALL);
        });
    }
}

/// Forty children in two sources: their values by child and source.
fn children(of: [&dyn Fn(usize, usize) -> Option<String>; 4]) -> Records {
    let columns = [
        (FORENAME, Role::Forename),
        (SURNAME, Role::Surname),
        (DATE, Role::DateOfBirth),
        ("nhs_number", Role::NhsNumber),
    ];
    let values =
        |of: &dyn Fn(usize, usize) -> Option<String>| (0..80).map(|at| of(at % 40, at / 40)).collect();
    let columns = columns.iter().zip(of).map(|(&(name, role), of)| (name, role, values(of)));
    records(&[40, 40], &columns.collect::<Vec<_>>())
}

fn number(child: usize) -> Option<String> {
    let valid = |text: &String| plait_types::identifier::NhsNumber::parse(text).is_some();
    (0..2000).map(|n| format!("999{n:07}")).filter(valid).nth(child)
}

/// Forty children in two sources, of whom the second has another surname and birth for one in four.
fn children_with_other_names(number: &dyn Fn(usize, usize) -> Option<String>) -> Records {
    let or_other = |child: usize, source: usize, other: &str, value: String| {
        Some(if source == 1 && child.is_multiple_of(4) { other.to_owned() } else { value })
    };
    children([
        &|child, _| Some(format!("child{child}")),
        &|child, source| or_other(child, source, "other", format!("name{child}")),
        &|child, source| or_other(child, source, "1999-09-09", format!("2015-03-{:02}", child % 28 + 1)),
        number,
    ])
}

#[test]
fn records_are_tried_without_the_numbers_that_join_them() {
    let records = children_with_other_names(&|child, _| number(child));
    let fields = [FORENAME, SURNAME, DATE, "nhs_number"];
    let mut model = a_model(LinkType::LinkOnly, Clustering::Correlation, &fields);
    let (m, mut u) = (vec![vec![0.9, 0.1]; 4], vec![vec![0.05, 0.95]; 4]);
    u[3] = vec![1e-5, 1.0 - 1e-5];
    model.classes = two_classes(0.02, m, u);
    of_linked(&records, &model, |decided| {
        let together = Together::of(decided).unwrap();
        assert_eq!(decided.clustered.persons.n_persons, 40, "their numbers join all of them");
        let tried = without_numbers(decided, &together).expect("all share their number with one");
        assert_eq!(tried.records, 80);
        assert!(
            (tried.recall.estimate - 0.75).abs() < 1e-12,
            "one in four is known by its number alone: {tried:?}"
        );
        assert_eq!(tried.precision.map(|share| share.estimate), Some(1.0));
        assert!(tried.recall.low < 0.75 && 0.75 < tried.recall.high);
    });
    let model = a_model(LinkType::LinkOnly, Clustering::Correlation, &FIELDS);
    let said =
        of_linked(&records, &model, |decided| without_numbers(decided, &Together::of(decided).unwrap()));
    assert_eq!(said, None, "numbers that are not compared cannot be hidden");
}

#[test]
fn records_that_share_a_number_and_are_kept_apart_are_not_looked_for_without_it() {
    let uln = |child: usize| {
        let valid = |text: &String| plait_types::identifier::Uln::parse(text).is_some();
        (0..2000).map(|n| format!("99851{n:05}")).filter(valid).nth(child)
    };
    // one in four is adopted between the sources
    let or_other = |at: usize, other: String, value: String| {
        Some(if at >= 40 && (at % 40).is_multiple_of(4) { other } else { value })
    };
    let values = |of: &dyn Fn(usize) -> Option<String>| (0..80).map(of).collect::<Vec<_>>();
    let columns = [
        (FORENAME, Role::Forename, values(&|at| Some(format!("child{}", at % 40)))),
        (SURNAME, Role::Surname, values(&|at| or_other(at, "zzyx".into(), format!("name{}", at % 40)))),
        (
            "postcode",
            Role::Postcode,
            values(&|at| or_other(at, "PX1 1AA".into(), format!("PX{} 2AA", at % 40 + 10))),
        ),
        ("uln", Role::Uln, values(&|at| uln(at % 40))),
    ];
    let records = records(&[40, 40], &columns);
    let model = a_model(LinkType::LinkOnly, Clustering::Correlation, &[FORENAME, SURNAME, "uln"]);
    of_linked(&records, &model, |decided| {
        assert_eq!(decided.clustered.persons.n_persons, 50, "those are kept apart");
        let tried =
            without_numbers(decided, &Together::of(decided).unwrap()).expect("all share their number");
        assert_eq!((tried.records, tried.recall.estimate), (60, 1.0));
    });
}

#[test]
fn records_are_tried_without_the_partner_that_they_have() {
    let mut model = a_model(LinkType::LinkOnly, Clustering::Correlation, &FIELDS);
    let (m, mut u) = (vec![vec![0.9, 0.1]; 3], vec![vec![0.05, 0.95]; 3]);
    u[0] = vec![0.001, 0.999];
    model.classes = two_classes(0.02, m, u);
    // the first source has their numbers, the second has not
    let misplaced = |n_of_a_name: usize| {
        let records = children([
            &|child, _| Some(format!("child{}", child / n_of_a_name)),
            &|child, _| Some(format!("name{}", child / n_of_a_name)),
            &|child, _| Some(format!("2015-03-{:02}", child % 28 + 1)),
            &|child, source| if source == 0 { number(child) } else { None },
        ]);
        of_linked(&records, &model, |decided| {
            let together = Together::of(decided).unwrap();
            assert_eq!(decided.clustered.persons.n_persons, 40);
            without_partner(decided, &together).map(|tried| (tried.records, tried.misplaced.estimate))
        })
    };
    assert_eq!(misplaced(1), Some((80, 0.0)));
    assert_eq!(
        misplaced(2),
        Some((80, 0.5)),
        "those without a number of their own go to the other of their name"
    );
}

#[test]
fn too_few_records_say_nothing() {
    let records = records(
        &[2, 2],
        &[
            (
                FORENAME,
                Role::Forename,
                ["ann", "bob", "ann", "bob"].map(|name| Some(name.to_owned())).to_vec(),
            ),
            (SURNAME, Role::Surname, ["lee", "kay", "lee", "kay"].map(|name| Some(name.to_owned())).to_vec()),
        ],
    );
    let model = a_model(LinkType::LinkOnly, Clustering::Correlation, &FIELDS[..2]);
    of_linked(&records, &model, |decided| {
        let together = Together::of(decided).unwrap();
        assert_eq!(without_partner(decided, &together), None);
        assert_eq!(without_numbers(decided, &together), None);
        assert!(Caught::of(decided, &together).share().is_some());
    });
}

#[test]
fn recall_is_told_only_where_several_rules_bring_many_of_the_records_together() {
    // every fourth child has another surname in the second source
    let records = children_with_other_names(&|_, _| None);
    let rule = |keys: &[&str]| BlockingRule {
        keys: keys.iter().map(|field| BlockingKey::same(*field, Part::Whole)).collect(),
    };
    let check = |rules: &[&[&str]], not_told: Option<NotTold>| {
        let mut model = a_model(LinkType::LinkOnly, Clustering::Correlation, &FIELDS);
        model.classes = two_classes(0.02, vec![vec![0.9, 0.1]; 3], vec![vec![0.001, 0.999]; 3]);
        model.blocking = rules.iter().map(|keys| rule(keys)).collect();
        of_linked(&records, &model, |decided| {
            let together = Together::of(decided).unwrap();
            let caught = Caught::of(decided, &together);
            assert_eq!(caught.not_told(), not_told, "{rules:?}");
            let said = by_probability(decided, &together, &caught);
            let by_labels = by_labels(decided, &together, &[], &of_one_person(decided), &said).estimate;
            for estimate in [said, by_labels] {
                assert!(estimate.precision.is_some());
                assert_eq!(estimate.recall.is_some(), not_told.is_none(), "{rules:?}");
            }
            assert_eq!(caught.share().is_some(), not_told.is_none(), "{rules:?}");
        });
    };
    check(&[&[FORENAME], &[SURNAME]], None);
    check(&[&[FORENAME]], Some(NotTold::OneRule));
    // the second finds nobody
    check(&[&[FORENAME], &[FORENAME, "nhs_number"]], Some(NotTold::FewCaughtTwice));
}

/// In the order of their records, with the places of their pairs.
fn with_places(decided: &Decided<'_>, mut labels: Vec<Label>) -> Vec<(Label, Option<usize>)> {
    labels.sort_unstable();
    let places = places_among(decided.pairs, &labels);
    for (label, place) in labels.iter().zip(&places) {
        let is_it =
            |pair: usize| (decided.pairs.left[pair], decided.pairs.right[pair]) == (label.left, label.right);
        assert_eq!(*place, (0..decided.pairs.len()).find(|&pair| is_it(pair)));
    }
    labels.into_iter().zip(places).collect()
}

proptest! {
    #![proptest_config(fixed(200))]

    #[test]
    fn labels_of_all_pairs_give_what_is_true_and_none_what_the_model_says(
        records in any_records(),
        truth in prop::collection::vec(0..4_u32, 40),
        is_link_only in any::<bool>(),
    ) {
        let link_type = if is_link_only { LinkType::LinkOnly } else { LinkType::LinkAndDedupe };
        let model = a_model(link_type, Clustering::Correlation, &FIELDS);
        of_linked(&records, &model, |decided| {
            let Some(together) = Together::of(decided) else { return Ok(()) };
            let said = by_probability(decided, &together, &Caught::of(decided, &together));
            let probability = of_one_person(decided);
            let person = |record: u32| decided.clustered.persons.person_of[record as usize];
            let is_match = |l: u32, r: u32| truth[l as usize % 40] == truth[r as usize % 40];
            let all = all_pairs(&records, link_type);
            let labels: Vec<Label> = all.iter().map(|&(l, r)| Label::new(l, r, is_match(l, r))).collect();
            let measured = by_labels(decided, &together, &with_places(decided, labels), &probability, &said);
            let within = |&&(l, r): &&(u32, u32)| person(l) == person(r);
            let n_together = all.iter().filter(within).count() as f64;
            let right = all.iter().filter(within).filter(|&&(l, r)| is_match(l, r)).count() as f64;
            let precision = measured.estimate.precision.unwrap();
            prop_assert!((precision.estimate - right / n_together).abs() < 1e-9, "{:?}", measured);
            prop_assert!(precision.low <= precision.estimate && precision.estimate <= precision.high);
            let counted: f64 = measured.strata.iter().filter(|s| s.together).map(|s| s.n_pairs).sum();
            prop_assert_eq!(counted, n_together);
            let n_labels: u64 = measured.strata.iter().map(|s| s.n_labels).sum();
            prop_assert_eq!(n_labels as usize, all.len());
            let without = by_labels(decided, &together, &[], &probability, &said);
            let expected = |together: bool| -> f64 {
                let of = without.strata.iter().filter(|s| s.together == together);
                of.map(|s| s.n_pairs * s.expected).sum()
            };
            let precision = without.estimate.precision.unwrap();
            prop_assert!((precision.estimate - expected(true) / n_together).abs() < 1e-9);
            Ok(())
        })?;
    }
}

#[test]
fn what_labels_of_a_sample_say_holds_for_all_of_their_kind() {
    // those of other names are not linked
    let records = children_with_other_names(&|_, _| None);
    let mut model = a_model(LinkType::LinkOnly, Clustering::Correlation, &FIELDS);
    let (m, mut u) = (vec![vec![0.9, 0.1]; 3], vec![vec![0.05, 0.95]; 3]);
    u[0] = vec![0.001, 0.999];
    model.classes = two_classes(0.02, m, u);
    of_linked(&records, &model, |decided| {
        let together = Together::of(decided).unwrap();
        let said = by_probability(decided, &together, &Caught::of(decided, &together));
        let probability = of_one_person(decided);
        let linked: Vec<u32> = (0..40_u32).filter(|child| !child.is_multiple_of(4)).collect();
        // every second link was looked at, and one in five of these was wrong
        let labels: Vec<Label> = (0..)
            .zip(linked.iter().step_by(2))
            .map(|(at, &child)| Label::new(child, child + 40, at % 5 != 0))
            .collect();
        let (n, wrong) = (labels.len() as f64, labels.iter().filter(|label| !label.is_match).count() as f64);
        let measured = by_labels(decided, &together, &with_places(decided, labels), &probability, &said);
        let precision = measured.estimate.precision.unwrap();
        // ten labels of the model's mind, which has next to none wrong
        let share = wrong / (n + 10.0);
        let expected = 1.0 - (wrong + (linked.len() as f64 - n) * share) / linked.len() as f64;
        assert!((precision.estimate - expected).abs() < 0.01, "{precision:?} is not {expected}");
        assert!(precision.low < 0.85 && precision.high > 0.8, "{precision:?}");
    });
}
