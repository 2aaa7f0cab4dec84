//! What a run found, as the page on its quality takes it.

use crate::details;
use crate::groups::{RunGap, RunGroup, RunGroups};
use crate::link::Findings;
use crate::not_found::RunNotFound;
use crate::quality::Bound;
use crate::run::Run;
use plait_engine::deterministic::Ruling;
use plait_engine::model::{Clustering, Comparison, DeterministicRule, LinkType};
use plait_report::{
    AccuracyEstimate, Band, Estimate, GroupResult, GroupingResult, LinkReport, NotFoundIn, Provision,
    QualityReport,
};
use plait_types::{PartialDate, counted, grouped, percent};

/// The report on the quality of a run, beside what its page shows.
pub(crate) fn of_run(link: LinkReport, findings: &Findings<'_>, run: &Run) -> QualityReport {
    let groups = run.groups.as_ref();
    let estimates = run.quality.estimates.iter().map(|of| AccuracyEstimate {
        basis: of.basis().to_owned(),
        precision: of.precision.map(estimate),
        recall: of.recall.map(estimate),
    });
    QualityReport {
        provisions: provisions(findings, run),
        method: method(findings, run),
        bands: bands(findings),
        not_found: run.not_found.iter().map(not_found).collect(),
        conflicts: conflicts(findings, run),
        estimates: estimates.collect(),
        tests: (run.quality.without_recall().into_iter())
            .chain(run.quality.tests())
            .chain(run.quality.disagreement())
            .collect(),
        ages: groups
            .and_then(|groups| Some(format!("{}, {}", groups.ages_on.as_ref()?, groups.ages_on_from))),
        comparisons: groups.map_or(0, |groups| groups.comparisons),
        groupings: groups.map_or_else(Vec::new, groupings),
        link,
    }
}

fn estimate(bound: Bound) -> Estimate {
    Estimate { value: bound.estimate, low: bound.low, high: bound.high }
}

fn provisions(findings: &Findings<'_>, run: &Run) -> Vec<Provision> {
    let sources = run.sources.iter().zip(findings.sources);
    sources
        .map(|(source, facts)| Provision {
            is: source.format.clone(),
            day: facts.reference.map(PartialDate::iso),
            set_aside: source.rows_set_aside,
            named_by: source.record_column.clone(),
        })
        .collect()
}

fn method(findings: &Findings<'_>, run: &Run) -> Vec<(String, String)> {
    let (model, counts) = (findings.model, &run.counts);
    let pairs = match model.link_type {
        LinkType::LinkOnly => "between sources only",
        LinkType::DedupeOnly => "within the source",
        LinkType::LinkAndDedupe => "between sources and within them",
    };
    let persons = match model.clustering {
        Clustering::Correlation => {
            "by the evidence over all pairs of records of a person together; verified numbers that differ keep records apart"
        }
        Clustering::ConnectedComponents => "all records that links join are one person",
        Clustering::BestLink => "of the links of a record the best counts",
        Clustering::OneToOne => "a record has one partner at most in each other source",
    };
    let rules: Vec<String> = model.deterministic.iter().map(DeterministicRule::words).collect();
    let compared: Vec<String> = model.comparisons.iter().map(Comparison::words).collect();
    let weights = match run.model.rounds {
        0 => "as the model came".to_owned(),
        n => format!("learned from these files in {}", counted(u64::from(n), "round")),
    };
    let coverage = findings.coverage.map_or_else(String::new, |coverage| {
        format!("; they find {} of the likely matches that any rule tried would find", percent(coverage))
    });
    let mut facts = vec![
        ("Pairs that may be links", pairs.to_owned()),
        (
            "Blocking",
            format!(
                "{}, {} of {} possible pairs compared{coverage}",
                counted(run.rules.len() as u64, "rule"),
                grouped(counts.candidate_pairs),
                grouped(counts.possible_pairs)
            ),
        ),
        ("Comparisons", compared.join(", ")),
        ("Weights", format!("{}; {weights}", run.model.name)),
        (
            "Rules that link by themselves",
            if rules.is_empty() { "none".to_owned() } else { rules.join("; ") },
        ),
        (
            "Thresholds",
            format!(
                "a link from a match probability of {}, for review from {}",
                percent(run.model.link_from),
                percent(run.model.review_from)
            ),
        ),
        ("From links to persons", persons.to_owned()),
        ("Clerical review", format!("none in this run; {} for review", counted(counts.reviews, "pair"))),
    ];
    let names = run.names.iter().map(details::names_in_words);
    facts.extend(names.map(|words| ("Short forms and spellings", words)));
    let constraints = run.constraints.iter().map(details::constraints_in_words);
    facts.extend(constraints.map(|words| ("Pairs decided beforehand", words)));
    let labels = run.labels.iter().map(details::labels_in_words);
    facts.extend(labels.map(|words| ("Pairs that somebody looked at", words)));
    facts.into_iter().map(|(what, how)| (what.to_owned(), how)).collect()
}

/// Lower limits of the bands of links, the surest first, and their words.
const BANDS: [(f64, &str); 4] =
    [(0.9999, "99.99% and more"), (0.99, "99% to 99.99%"), (0.95, "95% to 99%"), (0.9, "90% to 95%")];

fn bands(findings: &Findings<'_>) -> Vec<Band> {
    let words = BANDS.iter().map(|(_, words)| *words).chain(["below 90%"]);
    let mut bands: Vec<Band> = words.map(|words| Band { words: words.to_owned(), links: 0 }).collect();
    let mut decided = Band { words: "any: linked by a rule or a constraint".to_owned(), links: 0 };
    for pair in findings.links() {
        if let Some(Ruling::Link(_) | Ruling::Together) = findings.pairs.ruling[pair] {
            decided.links += 1;
            continue;
        }
        let probability = findings.probability[pair];
        let at = BANDS.iter().position(|(from, _)| probability >= *from).unwrap_or(BANDS.len());
        bands[at].links += 1;
    }
    bands.push(decided);
    bands
}

fn not_found(found: &RunNotFound) -> NotFoundIn {
    NotFoundIn {
        source: found.source.clone(),
        other: found.not_found_in.clone(),
        records: found.records,
        unexplained: found.unexplained,
        explained: found.explained_words(),
    }
}

fn conflicts(findings: &Findings<'_>, run: &Run) -> Vec<(String, u64)> {
    let counts = &run.counts;
    let conflicts = [
        (
            "Pairs likely enough, or linked by a rule, with something against them",
            counts.reviews_contradicted,
        ),
        ("Links given up although another choice was as good", counts.ties),
        ("Records of a person whom their source holds already", repeated(findings)),
    ];
    conflicts.map(|(what, n)| (what.to_owned(), n)).to_vec()
}

/// Records beyond the first of each person in each source.
fn repeated(findings: &Findings<'_>) -> u64 {
    let persons = &findings.clustered.persons;
    let mut last_seen_in = vec![usize::MAX; persons.n_persons as usize];
    let mut n = 0;
    for (at, source) in findings.records.sources.iter().enumerate() {
        for &person in &persons.person_of[source.start as usize..source.end as usize] {
            let seen = &mut last_seen_in[person as usize];
            n += u64::from(*seen == at);
            *seen = at;
        }
    }
    n
}

fn groupings(groups: &RunGroups) -> Vec<GroupingResult> {
    let of_group = |group: &RunGroup| GroupResult {
        group: group.group.clone(),
        records: group.records,
        persons: group.persons,
        linked: group.linked,
        in_review: group.in_review,
        expected: group.expected.zip(group.found),
        found: group.found_share.map(estimate),
        standardised_difference: group.standardised_difference,
        recall: group.recall.map(estimate),
        precision: group.precision.map(estimate),
        gaps: group.gaps.iter().map(RunGap::words).collect(),
    };
    let groupings = groups.groupings.iter();
    groupings
        .map(|by| GroupingResult { by: by.by.clone(), groups: by.groups.iter().map(of_group).collect() })
        .collect()
}
