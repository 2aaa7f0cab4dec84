use super::*;
use crate::fixture::{Dice, fixed};
use proptest::prelude::*;

/// A problem small enough for the twin.
#[derive(Clone, Debug)]
struct Problem {
    vectors: Vec<(ComparisonVector, u64)>,
    chance: Chance,
    plans: Vec<ClassPlan>,
}

fn plan(name: &str, is_match: bool, by_chance: &[usize]) -> ClassPlan {
    ClassPlan {
        levels_by_chance: Vec::new(),
        name: name.into(),
        is_match,
        by_chance: by_chance.to_vec(),
        identifiers: Vec::new(),
        sources: Vec::new(),
    }
}

fn vector(levels: &[u8]) -> ComparisonVector {
    let mut vector = ComparisonVector::default();
    levels.iter().enumerate().for_each(|(comparison, &level)| vector.set(comparison, level));
    vector
}

fn distribution(raw: &[f64]) -> Vec<f64> {
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|x| x / sum).collect()
}

fn any_problem() -> impl Strategy<Value = Problem> {
    let levels = prop::collection::vec(2..5_usize, 2..5);
    levels.prop_flat_map(|levels| {
        let one = levels.iter().map(|&n| 0..=n as u8).collect::<Vec<_>>();
        let vectors = prop::collection::btree_map(one, 1..9_u64, 1..12);
        let raw = prop::collection::vec(0.01..1.0_f64, 5 * levels.len());
        let n_kin = 0..3_usize;
        let identifiers = prop::collection::vec(0..2_usize, 0..2);
        let numbers = (raw, n_kin, 1.0..1e6_f64);
        (Just(levels), vectors, identifiers, numbers).prop_map(|(levels, vectors, identifiers, numbers)| {
            let (raw, n_kin, spread) = numbers;
            let candidates: u64 = vectors.values().sum();
            let mut raw = raw.into_iter();
            let mut take = |n: usize| raw.by_ref().take(n).collect::<Vec<f64>>();
            let chance = Chance {
                n_pairs: 10.0 + candidates as f64 * spread,
                present: take(levels.len()),
                levels: levels.iter().map(|&n| distribution(&take(n))).collect(),
                random: Vec::new(),
            };
            let mut plans = vec![ClassPlan { identifiers, ..plan("match", true, &[]) }];
            plans.extend((0..n_kin).map(|kin| plan("related", false, &[kin])));
            let vectors = vectors.into_iter().map(|(levels, count)| (vector(&levels), count)).collect();
            Problem { vectors, chance, plans }
        })
    })
}

/// Expectation maximisation pair by pair, as the theory has it: no counts, no shortcuts.
fn twin(
    pairs: &[ComparisonVector],
    chance: &Chance,
    plans: &[ClassPlan],
    rounds: u32,
) -> (Vec<f64>, Vec<Table>, Table) {
    let n_comparisons = chance.levels.len();
    let candidates = pairs.len() as f64;
    let n_kin = (plans.len() - 1).max(1) as f64;
    let mut sizes: Vec<f64> =
        plans.iter().map(|p| candidates * if p.is_match { 0.2 } else { 0.5 / n_kin }).collect();
    let first_m = |levels: usize| {
        let tail: Vec<f64> = (1..levels).map(|level| 0.5_f64.powi(level as i32)).collect();
        let total: f64 = tail.iter().sum();
        let mut m = vec![0.85];
        m.extend(tail.iter().map(|t| 0.15 * t / total));
        m
    };
    let mut strangers = chance.levels.clone();
    let first: Vec<Table> = plans
        .iter()
        .map(|plan| {
            let of = |c: usize| -> Vec<f64> {
                let (m, u) = (first_m(chance.levels[c].len()), &chance.levels[c]);
                if plan.is_match { m } else { m.iter().zip(u).map(|(m, u)| 0.5 * m + 0.5 * u).collect() }
            };
            (0..n_comparisons).map(of).collect()
        })
        .collect();
    let mut tables = first.clone();
    for (plan, table) in plans.iter().zip(&mut tables) {
        plan.by_chance.iter().for_each(|&c| table[c] = strangers[c].clone());
    }
    for _ in 0..rounds {
        let n_strangers = (chance.n_pairs - sizes.iter().sum::<f64>()).max(1.0);
        let probability = |table: &Table, pair: ComparisonVector| -> f64 {
            let level = |c: usize| usize::from(pair.level(c));
            (0..n_comparisons).filter(|&c| level(c) > 0).map(|c| table[c][level(c) - 1]).product()
        };
        // P(class | pair), for every pair and class
        let shares: Vec<Vec<f64>> = pairs
            .iter()
            .map(|&pair| {
                let mut odds: Vec<f64> =
                    sizes.iter().zip(&tables).map(|(size, table)| size * probability(table, pair)).collect();
                let total = odds.iter().sum::<f64>() + n_strangers * probability(&strangers, pair);
                odds.iter_mut().for_each(|odd| *odd /= total);
                odds
            })
            .collect();
        let expected = |class: usize, c: usize, level: usize| -> f64 {
            let at = pairs.iter().zip(&shares).filter(|(pair, _)| usize::from(pair.level(c)) == level + 1);
            at.map(|(_, share)| share[class]).sum()
        };
        sizes = (0..plans.len()).map(|class| shares.iter().map(|share| share[class]).sum()).collect();
        for (c, strangers) in strangers.iter_mut().enumerate() {
            let left: Vec<f64> = (0..chance.levels[c].len())
                .map(|level| {
                    let seen = chance.n_pairs * chance.present[c] * chance.levels[c][level];
                    let claimed: f64 = (0..plans.len()).map(|class| expected(class, c, level)).sum();
                    (seen - claimed).max(0.02 * seen).max(0.5)
                })
                .collect();
            *strangers = distribution(&left);
        }
        for (class, plan) in plans.iter().enumerate() {
            for c in 0..n_comparisons {
                let counts: Vec<f64> = (0..chance.levels[c].len())
                    .map(|level| expected(class, c, level) + 10.0 * first[class][c][level])
                    .collect();
                let mut learned = distribution(&counts);
                let last = learned.len() - 1;
                let most = if plan.identifiers.contains(&c) { 0.05 } else { 0.5 };
                if plan.is_match && learned[last] > most {
                    let rest = 1.0 - learned[last];
                    learned[..last].iter_mut().for_each(|share| *share *= (1.0 - most) / rest);
                    learned[last] = most;
                }
                tables[class][c] = if plan.by_chance.contains(&c) { strangers[c].clone() } else { learned };
            }
        }
    }
    (sizes, tables, strangers)
}

#[test]
fn a_level_is_held_down_and_the_others_share_what_it_had() {
    let check = |levels: &[f64], level, most, expected: &[f64]| {
        let mut limited = levels.to_vec();
        limit_level(&mut limited, level, most);
        let near = limited.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-15);
        assert!(near && limited.len() == expected.len(), "{limited:?} is not {expected:?}");
    };
    check(&[0.2, 0.3, 0.5], 2, 0.6, &[0.2, 0.3, 0.5]);
    check(&[0.2, 0.3, 0.5], 2, 0.25, &[0.3, 0.45, 0.25]);
    check(&[0.5, 0.3, 0.2], 0, 0.0, &[0.0, 0.6, 0.4]);
    check(&[1.0, 0.0, 0.0], 0, 0.8, &[0.8, 0.1, 0.1]);
    // so near to 1 that nothing but the others says what is left of it
    check(&[1.0, 3e-20, 1e-20], 0, 0.8, &[0.8, 0.15, 0.05]);
    check(&[1.0], 0, 0.8, &[1.0]);
}

proptest! {
    #![proptest_config(fixed(60))]

    #[test]
    fn counting_vectors_gives_what_looking_at_each_pair_gives(problem in any_problem(), scale in 1..3_usize) {
        let Problem { vectors, chance, plans } = problem;
        let fit = fit(&vectors, scale as f64, &Labelled::default(), &chance, &plans, &|_| None);
        let pairs: Vec<ComparisonVector> = vectors
            .iter()
            .flat_map(|(vector, count)| std::iter::repeat_n(*vector, *count as usize * scale))
            .collect();
        let (sizes, tables, mut strangers) = twin(&pairs, &chance, &plans, fit.n_rounds);
        for (u, m) in strangers.iter_mut().zip(&tables[0]).filter(|(u, m)| u[0] > m[0]) {
            let others: f64 = u[1..].iter().sum();
            u[1..].iter_mut().for_each(|share| *share *= (1.0 - m[0]) / others);
            u[0] = m[0];
        }
        let near = |found: f64, expected: f64| (found - expected).abs() < 1e-9;
        let others = fit.classes.iter().filter(|class| class.name != "stranger");
        for ((class, size), table) in others.zip(&sizes).zip(&tables) {
            let share = (size / chance.n_pairs).clamp(1e-12, 0.999);
            prop_assert!(near(class.share, share), "{} is not {}", class.share, share);
            for (found, expected) in class.probabilities.iter().flatten().zip(table.iter().flatten()) {
                prop_assert!(near(*found, *expected), "{} is not {}", found, expected);
            }
        }
        for levels in fit.classes.iter().flat_map(|class| &class.probabilities) {
            prop_assert!(near(levels.iter().sum(), 1.0), "{levels:?}");
        }
        prop_assert_eq!(&fit.classes[1].name, "stranger");
        for (found, expected) in fit.classes[1].probabilities.iter().flatten().zip(strangers.iter().flatten()) {
            prop_assert!(near(*found, *expected), "{} is not {}", found, expected);
        }
    }

    #[test]
    fn each_round_explains_the_pairs_at_least_as_well(problem in any_problem()) {
        let Problem { vectors, mut chance, plans } = problem;
        // among so many pairs, what the classes claim does not change what strangers are like
        chance.n_pairs = 1e14;
        chance.present.fill(1.0);
        let candidates: f64 = vectors.iter().map(|(_, count)| *count as f64).sum();
        let mut state = State::start(&plans, &chance, candidates, 1.0);
        let mut last = f64::NEG_INFINITY;
        for round in 0..60 {
            let (log_likelihood, expected) = state.expect(&vectors, &Labelled::default());
            let mut belief = 0.0;
            for (class, plan) in plans.iter().enumerate() {
                for comparison in (0..chance.levels.len()).filter(|c| !plan.by_chance.contains(c)) {
                    let (start, now) = (&state.start[class][comparison], &state.probabilities[class][comparison]);
                    belief += start.iter().zip(now).map(|(s, p)| PRIOR_PAIRS * s * p.ln()).sum::<f64>();
                }
            }
            // pairs that are not candidates are strangers: log of their share, to first order
            let objective = log_likelihood - state.n_pairs.iter().sum::<f64>() + belief;
            prop_assert!(objective >= last - 1e-7, "round {}: from {} to {}", round, last, objective);
            last = objective;
            state.maximise(&expected);
        }
    }
}

/// What pairs of a class are like.
struct Kind {
    share: f64,
    probabilities: Vec<Vec<f64>>,
}

/// Pairs drawn from classes of independent comparisons; one value in twelve is missing. With the chance agreement of
/// all of them, as counting would show it.
fn drawn(kinds: &[Kind], n_pairs: usize, seed: u64) -> (Vec<(ComparisonVector, u64)>, Chance) {
    let mut dice = Dice::new(seed);
    let shares: Vec<f64> = kinds.iter().map(|kind| kind.share).collect();
    let mut counts = std::collections::BTreeMap::<ComparisonVector, u64>::new();
    for _ in 0..n_pairs {
        let kind = &kinds[dice.pick(&shares)];
        let level = |levels: &Vec<f64>| if dice.below(12) == 0 { 0 } else { dice.pick(levels) as u8 + 1 };
        let levels: Vec<u8> = kind.probabilities.iter().map(level).collect();
        *counts.entry(vector(&levels)).or_default() += 1;
    }
    let (mut present, mut levels) = (Vec::new(), Vec::new());
    for (comparison, distribution_of) in kinds[0].probabilities.iter().enumerate() {
        let at = |level: usize| -> f64 {
            counts
                .iter()
                .filter(|(v, _)| usize::from(v.level(comparison)) == level)
                .map(|(_, n)| *n as f64)
                .sum()
        };
        let seen: Vec<f64> = (1..=distribution_of.len()).map(at).collect();
        present.push(seen.iter().sum::<f64>() / n_pairs as f64);
        levels.push(distribution(&seen));
    }
    (counts.into_iter().collect(), Chance { n_pairs: n_pairs as f64, present, levels, random: Vec::new() })
}

#[track_caller]
fn check_near(class: &Class, expected: &[Vec<f64>], tolerance: f64) {
    for (found, expected) in class.probabilities.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() < tolerance, "{}: {found} is not {expected}", class.name);
    }
}

#[test]
fn known_m_and_u_are_found_again_within_a_hundredth() {
    let m = vec![
        vec![0.90, 0.06, 0.04],
        vec![0.93, 0.07],
        vec![0.85, 0.05, 0.06, 0.04],
        vec![0.97, 0.03],
        vec![0.78, 0.22],
    ];
    let u = vec![
        vec![0.01, 0.04, 0.95],
        vec![0.03, 0.97],
        vec![0.004, 0.006, 0.05, 0.94],
        vec![0.50, 0.50],
        vec![0.02, 0.98],
    ];
    for (seed, prior) in [(1, 0.05), (2, 0.01)] {
        let kinds = [
            Kind { share: prior, probabilities: m.clone() },
            Kind { share: 1.0 - prior, probabilities: u.clone() },
        ];
        let (vectors, chance) =
            drawn(&kinds, (15_000.0 / prior) as usize / if seed == 1 { 1 } else { 3 }, seed);
        let fit = fit(&vectors, 1.0, &Labelled::default(), &chance, &[plan("match", true, &[])], &|_| None);
        assert!(fit.converged && fit.warnings.is_empty(), "{:?}", fit.warnings);
        check_near(&fit.classes[0], &m, 0.01);
        check_near(&fit.classes[1], &u, 0.01);
        assert!((fit.classes[0].share / prior - 1.0).abs() < 0.05, "{}", fit.classes[0].share);
    }
}

/// Pairs of a borough with brothers and sisters: forename, surname, date of birth, postcode, sex.
fn with_siblings() -> [Kind; 3] {
    let m = vec![vec![0.92, 0.08], vec![0.95, 0.05], vec![0.97, 0.03], vec![0.85, 0.15], vec![0.99, 0.01]];
    let u =
        vec![vec![0.01, 0.99], vec![0.005, 0.995], vec![0.001, 0.999], vec![0.002, 0.998], vec![0.5, 0.5]];
    let siblings = vec![u[0].clone(), vec![0.93, 0.07], vec![0.10, 0.90], vec![0.95, 0.05], vec![0.52, 0.48]];
    [
        Kind { share: 0.02, probabilities: m },
        Kind { share: 0.03, probabilities: siblings },
        Kind { share: 0.95, probabilities: u },
    ]
}

#[test]
fn brothers_and_sisters_are_not_learned_as_matches() {
    let kinds = with_siblings();
    let (mut vectors, chance) = drawn(&kinds, 400_000, 3);
    // candidates agree on something but sex. The siblings that blocking does not see look like strangers, which bends m
    // by up to a hundredth beside what the draw does
    vectors.retain(|(v, _)| (0..4).any(|comparison| v.level(comparison) == 1));
    let kin = [plan("other forename", false, &[0]), plan("other date", false, &[2])];
    for n_kin in 1..=2 {
        let plans: Vec<ClassPlan> =
            [plan("match", true, &[])].into_iter().chain(kin[..n_kin].to_vec()).collect();
        let fit = fit(&vectors, 1.0, &Labelled::default(), &chance, &plans, &|_| None);
        assert!(fit.warnings.is_empty(), "{:?}", fit.warnings);
        check_near(&fit.classes[0], &kinds[0].probabilities, 0.02);
        check_near(&fit.classes[1], &kinds[2].probabilities, 0.01);
        assert!((fit.classes[0].share - 0.02).abs() < 0.001, "{}", fit.classes[0].share);
    }
}

#[test]
fn a_fit_that_settles_on_siblings_says_so() {
    let kinds = with_siblings();
    // with every pair a candidate, the first guess of a fifth matches is ten times too many
    let (vectors, chance) = drawn(&kinds, 400_000, 3);
    let fit = fit(
        &vectors,
        1.0,
        &Labelled::default(),
        &chance,
        &[plan("match", true, &[]), plan("other forename", false, &[0])],
        &|_| None,
    );
    let forename = fit.classes[0].probabilities[0][0];
    assert!(
        (forename - 0.92).abs() < 0.01 || !fit.warnings.is_empty(),
        "forename agrees in {forename} of matches"
    );
}

#[test]
fn a_fit_that_cannot_be_trusted_says_so() {
    let chance = Chance {
        n_pairs: 1e4,
        present: vec![1.0; 2],
        levels: vec![vec![0.3, 0.7], vec![0.3, 0.7]],
        random: Vec::new(),
    };
    let only_matches = [(vector(&[1, 1]), 5_000)];
    let fit = fit(&only_matches, 1.0, &Labelled::default(), &chance, &[plan("match", true, &[])], &|_| None);
    assert!(
        fit.warnings.iter().any(|warning| matches!(warning, Warning::FewOthers(_))),
        "{:?}",
        fit.warnings
    );
}

#[test]
fn a_level_by_chance_is_as_strangers_have_it_and_the_others_are_learned() {
    let kinds = with_siblings();
    let (vectors, chance) = drawn(&kinds, 100_000, 5);
    let tied = ClassPlan { levels_by_chance: vec![(2, 0)], ..plan("other forename", false, &[0]) };
    let fit_with = |kin: ClassPlan| {
        fit(&vectors, 1.0, &Labelled::default(), &chance, &[plan("match", true, &[]), kin], &|_| None).classes
    };
    let classes = fit_with(tied);
    // match, strangers, then relatives
    assert_eq!(classes[2].probabilities[2][0], classes[1].probabilities[2][0]);
    assert!((classes[2].probabilities[2].iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let free = fit_with(plan("other forename", false, &[0]));
    assert_ne!(free[2].probabilities[2][0], free[1].probabilities[2][0], "learned where it is not tied");
}

#[test]
fn where_every_pair_has_a_label_the_classes_are_what_the_labels_say() {
    let chance = Chance {
        n_pairs: 1e6,
        present: vec![1.0, 1.0],
        levels: vec![vec![0.05, 0.95], vec![0.02, 0.98]],
        random: Vec::new(),
    };
    // of pairs that agree on both, most are of two persons, against all that agreement makes likely
    let labelled: Vec<(ComparisonVector, [f64; 2])> = vec![
        (vector(&[1, 1]), [6_000.0, 2_000.0]),
        (vector(&[1, 2]), [500.0, 0.0]),
        (vector(&[2, 1]), [1_500.0, 8_000.0]),
    ];
    let vectors: Vec<(ComparisonVector, u64)> =
        labelled.iter().map(|&(vector, [others, matches])| (vector, (others + matches) as u64)).collect();
    let known = Labelled {
        candidates: labelled.iter().map(|&(vector, [others, matches])| (vector, others + matches)).collect(),
        counts: labelled,
    };
    let plans = [plan("match", true, &[])];
    let taught = fit(&vectors, 1.0, &known, &chance, &plans, &|_| None).classes;
    let matches = taught.iter().find(|class| class.is_match).expect("a class of matches");
    assert!((matches.share * chance.n_pairs - 10_000.0).abs() < 1.0, "{}", matches.share);
    // a match may disagree as often as not, and no more
    assert!((matches.probabilities[0][0] - 0.5).abs() < 1e-3, "{:?}", matches.probabilities);
    assert!((matches.probabilities[1][0] - 1.0).abs() < 1e-3, "{:?}", matches.probabilities);
    let untaught = fit(&vectors, 1.0, &Labelled::default(), &chance, &plans, &|_| None).classes;
    let share = untaught.iter().find(|class| class.is_match).expect("a class of matches").share;
    assert!((share * chance.n_pairs / 10_000.0 - 1.0).abs() > 0.2, "without labels it is guessed: {share}");
}

/// Pairs of people some of whom have moved, so that postcode, address and town differ together: surname, date of birth,
/// postcode, address, town; sex; forename.
fn with_movers(one_in: usize, seed: u64) -> (Vec<(ComparisonVector, u64)>, Chance) {
    let mut dice = Dice::new(seed);
    let mut counts = std::collections::BTreeMap::<ComparisonVector, u64>::new();
    for _ in 0..600_000 {
        let is_match = dice.below(100) == 0;
        let has_moved = dice.below(one_in) == 0;
        let mut level = |same: f64| dice.pick(&[same, 1.0 - same]) as u8 + 1;
        let home = if has_moved { [0.02, 0.01, 0.10] } else { [0.98, 0.99, 0.99] };
        let levels = if is_match {
            [
                level(0.93),
                level(0.97),
                level(home[0]),
                level(home[1]),
                level(home[2]),
                level(0.98),
                level(0.92),
            ]
        } else {
            [0.005, 0.001, 0.002, 0.001, 0.1, 0.5, 0.01].map(level)
        };
        *counts.entry(vector(&levels)).or_default() += 1;
    }
    let at = |comparison: usize| -> f64 {
        counts.iter().filter(|(v, _)| v.level(comparison) == 1).map(|(_, n)| *n as f64).sum::<f64>()
            / 600_000.0
    };
    let levels = (0..7).map(|comparison| vec![at(comparison), 1.0 - at(comparison)]).collect();
    let random: Vec<(ComparisonVector, u64)> = counts.into_iter().collect();
    let mut vectors = random.clone();
    vectors.retain(|(v, _)| (0..4).any(|comparison| v.level(comparison) == 1));
    (vectors, Chance { n_pairs: 600_000.0, present: vec![1.0; 7], levels, random })
}

#[test]
fn what_changes_together_is_found_and_counted_once() {
    let (vectors, chance) = with_movers(10, 7);
    let fit = fit(&vectors, 1.0, &Labelled::default(), &chance, &[plan("match", true, &[])], &|_| None);
    let [matches, strangers] = &fit.classes[..] else { panic!("two classes") };
    let pairs: Vec<[usize; 2]> = matches.together.iter().map(|together| together.comparisons).collect();
    assert_eq!(pairs.len(), 2, "a tree of three comparisons: {pairs:?}");
    assert!(pairs.iter().flatten().all(|comparison| (2..5).contains(comparison)), "{pairs:?}");
    assert!((matches.share - 0.01).abs() < 0.0005, "{}", matches.share);
    for (together, of_strangers) in matches.together.iter().zip(&strangers.together) {
        let [first, second] = together.comparisons;
        let [a, b] = [first, second].map(|comparison| matches.probabilities[comparison][1]);
        let home = [[0.98, 0.02], [0.99, 0.01], [0.90, 0.01]];
        let both: f64 =
            0.1 * home[first - 2][0] * home[second - 2][0] + 0.9 * home[first - 2][1] * home[second - 2][1];
        let expected = both / (a * b);
        let found = together.ratios[1][1];
        assert!((found / expected - 1.0).abs() < 0.1, "{found} is not {expected}");
        // what random pairs show of strangers is that nothing goes together
        assert!((of_strangers.ratios[1][1] - 1.0).abs() < 0.02, "{:?}", of_strangers.ratios);
    }
}

#[test]
fn of_identifiers_and_sources_nothing_is_taken_to_change_together() {
    // of an identifier that is checked when it is typed, more than one in twenty are not believed to be wrong
    let (vectors, chance) = with_movers(16, 7);
    let pairs_of = |plan: ClassPlan| {
        let fit = fit(&vectors, 1.0, &Labelled::default(), &chance, &[plan], &|_| None);
        fit.classes[0].together.iter().map(|together| together.comparisons).collect::<Vec<_>>()
    };
    assert_eq!(pairs_of(ClassPlan { identifiers: vec![3], ..plan("match", true, &[]) }), [[2, 4]]);
    assert_eq!(pairs_of(ClassPlan { sources: vec![2], ..plan("match", true, &[]) }), [[3, 4]]);
}
