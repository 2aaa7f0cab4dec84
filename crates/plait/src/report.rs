//! What a run found, as the report takes it.

use crate::details;
use crate::link::{Findings, Stopwatch};
use crate::run::{Run, RunRoute};
use plait_engine::evaluation::{Rates, Scores, wilson};
use plait_engine::explanation::Explanation;
use plait_engine::model::LinkType;
use plait_formats::columns::ColumnProfile;
use plait_report::{
    Accuracy, BlockingResult, ColumnQuality, Decision, Estimate, ExplainedPair, Input, LinkReport, Note,
    PairCounts, PersonSize, Placeholder, Provenance, Route, ScoreBin, ScoreHistogram, SourceColumns,
    SourcePair, SourceResult, Stage,
};
use plait_types::{Issue, PartialDate, Probability, Role, Severity};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// What has to be looked up among all pairs and persons, which takes a while.
pub(crate) struct Figures {
    between: Vec<SourcePair>,
    people: Vec<PersonSize>,
    scores: Option<ScoreHistogram>,
    explained: Vec<ExplainedPair>,
}

impl Figures {
    pub(crate) fn of(findings: &Findings<'_>, explain: &(dyn Fn(u32, u32) -> Explanation + Sync)) -> Self {
        Self {
            between: between(findings),
            people: person_sizes(findings),
            scores: histogram(findings),
            explained: explained(findings, explain),
        }
    }
}

/// What the page of the run shows.
pub(crate) fn of_run(
    findings: &Findings<'_>,
    figures: Figures,
    run: &Run,
    summary: &str,
    issues: &[Issue],
    scores: Option<&Scores>,
    watch: &Stopwatch,
) -> LinkReport {
    let names: Vec<&str> = run.sources.iter().map(|source| source.name.as_str()).collect();
    let title = match names.as_slice() {
        [one] => format!("People in {one}"),
        [first, others @ ..] => format!("{first} linked with {}", others.join(" and ")),
        [] => unreachable!("a run has sources"),
    };
    let mut notes: Vec<Note> = issues.iter().map(Note::from).collect();
    notes.extend(run.notes.iter().map(|text| Note {
        severity: Severity::Note,
        text: text.clone(),
        todo: None,
    }));
    notes.extend(run.constraints.iter().map(|constraints| Note {
        severity: Severity::Note,
        text: format!("constraints: {}", details::constraints_in_words(constraints)),
        todo: None,
    }));
    notes.extend(run.labels.iter().map(|labels| Note {
        severity: Severity::Note,
        text: format!("labels: {}", details::labels_in_words(labels)),
        todo: None,
    }));
    notes.extend(run.names.iter().map(|names| Note {
        severity: Severity::Note,
        text: format!("names: {}", details::names_in_words(names)),
        todo: None,
    }));
    if let Some(coverage) = findings.coverage {
        notes.push(Note {
            severity: Severity::Note,
            text: format!(
                "the blocking rules were chosen from the data; they find {:.1}% of the likely matches that any combination of columns tried would find, which is the most that recall can be",
                100.0 * coverage
            ),
            todo: None,
        });
    }
    LinkReport {
        title,
        date: now_in_words(),
        purpose: None,
        summary: summary.to_owned(),
        sources: names
            .iter()
            .zip(&findings.outcomes)
            .map(|(name, outcome)| SourceResult {
                name: (*name).to_owned(),
                records: outcome.records,
                linked: outcome.linked,
                in_review: outcome.in_review,
            })
            .collect(),
        between: figures.between,
        routes: run.routes.iter().map(route).collect(),
        people: figures.people,
        model: findings.model.clone(),
        dependence: findings.dependence.clone(),
        pairs: PairCounts {
            possible: run.counts.possible_pairs,
            compared: run.counts.candidate_pairs,
            links: run.counts.links,
            reviews: run.counts.reviews,
        },
        blocking: run
            .rules
            .iter()
            .map(|rule| BlockingResult {
                words: rule.rule.clone(),
                pairs: rule.pairs,
                links: rule.links,
                only_links: rule.only_links,
            })
            .collect(),
        scores: figures.scores,
        columns: columns(findings),
        explained: figures.explained,
        accuracy: scores.map(|scores| accuracy(scores, run)),
        notes,
        provenance: Provenance {
            version: run.plait.clone(),
            command: run.command.clone(),
            inputs: run
                .sources
                .iter()
                .map(|source| Input {
                    file: source.path.clone(),
                    sha256: source.sha256.clone(),
                    rows: source.rows_in,
                })
                .chain(run.constraints.iter().map(|constraints| Input {
                    file: constraints.path.clone(),
                    sha256: constraints.sha256.clone(),
                    rows: constraints.rows,
                }))
                .chain(run.labels.iter().map(|labels| Input {
                    file: labels.path.clone(),
                    sha256: labels.sha256.clone(),
                    rows: labels.rows,
                }))
                .chain(run.names.iter().map(|names| Input {
                    file: names.path.clone(),
                    sha256: names.sha256.clone(),
                    rows: names.rows,
                }))
                .collect(),
            model_sha256: run.model.sha256.clone(),
            seed: run.seed,
            threads: run.threads,
            stages: watch
                .order
                .iter()
                .map(|stage| Stage { name: (*stage).to_owned(), seconds: watch.seconds[*stage] })
                .collect(),
            peak_memory: run.peak_memory_bytes,
        },
    }
}

fn route(route: &RunRoute) -> Route {
    Route {
        from: route.left.clone(),
        to: route.right.clone(),
        words: route.words(),
        links: (route.through.is_empty()).then_some(route.links),
        records: route.records,
    }
}

/// Links and reviews per pair of sources, and records that are of one person with a record of the other; every pair of
/// sources that was looked at.
fn between(findings: &Findings<'_>) -> Vec<SourcePair> {
    let (records, pairs) = (findings.records, findings.pairs);
    let n_sources = records.sources.len();
    let within = findings.model.link_type != LinkType::LinkOnly;
    let mut found: BTreeMap<(usize, usize), SourcePair> = BTreeMap::new();
    for left in 0..n_sources {
        for right in (left..n_sources).filter(|&right| right != left || within) {
            let none = SourcePair { left, right, links: 0, reviews: 0, left_linked: 0, right_linked: 0 };
            found.insert((left, right), none);
        }
    }
    for pair in 0..pairs.len() {
        let key = (records.source_of(pairs.left[pair]), records.source_of(pairs.right[pair]));
        let Some(between) = found.get_mut(&key) else { continue };
        let count = if findings.clustered.is_link[pair] { &mut between.links } else { &mut between.reviews };
        *count += 1;
    }
    // with one source the matrix has a single cell, which the rates per source say better
    if n_sources > 1 {
        let reached = records_in_persons_of(findings);
        for ((left, right), between) in &mut found {
            between.left_linked = reached[*left][*right];
            between.right_linked = reached[*right][*left];
        }
    }
    found.into_values().collect()
}

/// Per source and other source, the records of the one that are of one person with a record of the other; of a source and
/// itself, those with another record of it.
fn records_in_persons_of(findings: &Findings<'_>) -> Vec<Vec<u64>> {
    let records = findings.records;
    let n_sources = records.sources.len();
    let mut by_person: Vec<(u32, u32)> = findings
        .clustered
        .persons
        .person_of
        .par_iter()
        .enumerate()
        .map(|(record, &person)| (person, records.source_of(record as u32) as u32))
        .collect();
    by_person.par_sort_unstable();
    let mut reached = vec![vec![0; n_sources]; n_sources];
    for person in by_person.chunk_by(|a, b| a.0 == b.0).filter(|person| person.len() > 1) {
        let of_sources: Vec<(usize, u64)> =
            person.chunk_by(|a, b| a.1 == b.1).map(|of| (of[0].1 as usize, of.len() as u64)).collect();
        for &(source, n) in &of_sources {
            for &(other, n_other) in &of_sources {
                if source != other || n_other > 1 {
                    reached[source][other] += n;
                }
            }
        }
    }
    reached
}

fn person_sizes(findings: &Findings<'_>) -> Vec<PersonSize> {
    let persons = &findings.clustered.persons;
    let mut sizes = vec![0u32; persons.n_persons as usize];
    persons.person_of.iter().for_each(|&person| sizes[person as usize] += 1);
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    sizes.into_iter().for_each(|size| *counts.entry(size).or_default() += 1);
    counts.into_iter().map(|(records, persons)| PersonSize { records: u64::from(records), persons }).collect()
}

/// Weights in bins of two bits: below the review band from the vectors seen in training, without term frequencies; above it
/// from the pairs kept.
fn histogram(findings: &Findings<'_>) -> Option<ScoreHistogram> {
    const START: f64 = -40.0;
    const WIDTH: f64 = 2.0;
    const BINS: usize = 40;
    let pairs = findings.pairs;
    let bin = |weight: f64| (((weight - START) / WIDTH).floor().max(0.0) as usize).min(BINS - 1);
    let mut bins = vec![ScoreBin::default(); BINS];
    for (&weight, is_link) in pairs.weight.iter().zip(&findings.clustered.is_link) {
        let bin = &mut bins[bin(weight)];
        *if *is_link { &mut bin.links } else { &mut bin.reviews } += 1;
    }
    let review = Probability::new(findings.model.accept.review).map_or(f64::INFINITY, |p| p.weight().0);
    let mut below = pairs.n_candidates.iter().sum::<u64>() - pairs.n_from_candidates() as u64;
    if let Some(training) = findings.training {
        for (vector, count) in &training.vectors {
            let weight = findings.scorer.weigh_vector(*vector).0;
            let count = ((*count as f64 * training.scale) as u64).min(below);
            if weight < review && weight >= START {
                bins[bin(weight)].not_linked += count;
                below -= count;
            }
        }
    }
    (!pairs.is_empty()).then_some(ScoreHistogram { start: START, width: WIDTH, bins, below })
}

/// Whether the model looks at a column: by its role or its name, or by what a whole name or the lines of an address become.
fn is_used(column: &ColumnProfile, fields: &[String]) -> bool {
    let has = |name: &str| fields.iter().any(|field| field.eq_ignore_ascii_case(name));
    let becomes: &[Role] = match column.role {
        Role::RecordId => return false,
        Role::FullName => &[Role::Forename, Role::MiddleName, Role::Surname],
        Role::AddressLine => &[Role::Address],
        _ => &[],
    };
    has(&column.name) || has(column.role.name()) || becomes.iter().any(|role| has(role.name()))
}

fn columns(findings: &Findings<'_>) -> Vec<SourceColumns> {
    let fields = findings.model.fields();
    findings
        .sources
        .iter()
        .map(|source| SourceColumns {
            source: source.run.name.clone(),
            records: source.run.rows,
            outside: source.outside.clone(),
            columns: source
                .profile
                .iter()
                .map(|column| ColumnQuality {
                    name: column.shown().into_owned(),
                    role: column.role,
                    used: is_used(column, &fields),
                    recorded: column.filled,
                    invalid: column.validity.map_or(0, |validity| validity.checked - validity.valid),
                    placeholders: column
                        .placeholders
                        .iter()
                        .map(|p| Placeholder { value: p.what.to_owned(), records: p.rows })
                        .collect(),
                })
                .collect(),
        })
        .collect()
}

/// Ten pairs that show the range: the strongest link and one of the middle, the weakest links, and pairs for review.
fn explained(findings: &Findings<'_>, explain: &dyn Fn(u32, u32) -> Explanation) -> Vec<ExplainedPair> {
    let pairs = findings.pairs;
    // with their weights, which would else be fetched anew for every comparison
    let of = |links: bool| -> Vec<(f64, u32)> {
        let of_kind = (0..pairs.len()).filter(|&pair| findings.clustered.is_link[pair] == links);
        of_kind.map(|pair| (pairs.weight[pair], pair as u32)).collect()
    };
    let (mut links, mut reviews) = (of(true), of(false));
    let (n_links, n_reviews) = (links.len(), reviews.len());
    let heaviest_first = |a: &(f64, u32), b: &(f64, u32)| {
        let key = |pair: u32| (pairs.left[pair as usize], pairs.right[pair as usize]);
        b.0.total_cmp(&a.0).then_with(|| key(a.1).cmp(&key(b.1)))
    };
    // a few places of the order are wanted, not all of it
    let mut at = |of_links: bool, place: usize| {
        let pairs = if of_links { &mut links } else { &mut reviews };
        (place < pairs.len()).then(|| pairs.select_nth_unstable_by(place, heaviest_first).1.1 as usize)
    };
    let mut wanted: Vec<(usize, &str, Decision)> = Vec::new();
    let mut add = |pair: Option<usize>, why, decision| {
        if let Some(pair) = pair
            && !wanted.iter().any(|(known, _, _)| *known == pair)
        {
            wanted.push((pair, why, decision));
        }
    };
    add(at(true, 0), "the strongest link", Decision::Link);
    add(at(true, n_links / 4), "a strong link", Decision::Link);
    add(at(true, n_links / 2), "a link like most", Decision::Link);
    add(at(true, n_links * 9 / 10), "a link weaker than nine in ten", Decision::Link);
    for back in 1..=2 {
        add(at(true, n_links.wrapping_sub(back)), "one of the weakest links", Decision::Link);
    }
    add(at(false, 0), "the strongest pair to review", Decision::Review);
    add(at(false, n_reviews / 2), "in the middle of the review band", Decision::Review);
    for back in 1..=2 {
        add(at(false, n_reviews.wrapping_sub(back)), "one of the weakest pairs to review", Decision::Review);
    }
    wanted
        .into_iter()
        .map(|(pair, chosen, decision)| ExplainedPair {
            chosen: chosen.to_owned(),
            decision,
            explanation: explain(pairs.left[pair], pairs.right[pair]).with_ruling(
                pairs.ruling[pair],
                findings.objections[pair],
                findings.model,
            ),
        })
        .collect()
}

fn accuracy(scores: &Scores, run: &Run) -> Accuracy {
    let Rates { precision, recall, precision_interval, recall_interval, n_right, n_said, n_true } =
        scores.pairs;
    let f1 = scores.pairs.f1();
    // F1 is a share of pairs too: right pairs counted twice, of pairs said and pairs true
    let f1_interval = wilson(2 * n_right, n_said + n_true);
    let estimate = |value, (low, high)| Estimate { value, low, high };
    Accuracy {
        truth: run.truth.as_ref().map_or_else(String::new, |truth| truth.file.clone()),
        right_pairs: n_right,
        wrong_pairs: n_said - n_right,
        missed_pairs: n_true - n_right,
        precision: estimate(precision, precision_interval),
        recall: estimate(recall, recall_interval),
        f1: estimate(f1, f1_interval),
    }
}

/// The day and minute in words, in universal time.
fn now_in_words() -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let date =
        PartialDate::from_day_number((seconds / 86_400) as i32).expect("the present is after the year 1000");
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    match (date.day, date.month) {
        (Some(day), Some(month)) => {
            format!("{day} {} {}, {hour:02}:{minute:02} UTC", MONTHS[month as usize - 1], date.year)
        }
        _ => unreachable!("a day number is a whole date"),
    }
}
