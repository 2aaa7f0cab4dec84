//! What a run did, in words.

use crate::link::Findings;
use crate::run::Run;
use plait_engine::clustering::Clustered;
use plait_engine::methods::Method;
use plait_engine::model::{LinkType, Model};
use plait_engine::records::{Field, Records};
use plait_engine::scoring::ScoredPairs;
use plait_types::{
    Fault, FaultCode, Issue, IssueKind, MatchWeight, NULL, Role, are, counted, grouped, percent,
};

/// What became of the records of one source.
pub(crate) struct SourceOutcome {
    /// Records linked to another source, or, with one source, to another record.
    pub(crate) linked: u64,
    /// Records not linked that are in a pair for review.
    pub(crate) in_review: u64,
    pub(crate) records: u64,
}

/// Per source, what became of its records.
pub(crate) fn outcomes(records: &Records, pairs: &ScoredPairs, clustered: &Clustered) -> Vec<SourceOutcome> {
    let one_source = records.sources.len() == 1;
    let mut linked = vec![false; records.len()];
    let mut review = vec![false; records.len()];
    for pair in 0..pairs.len() {
        let (left, right) = (pairs.left[pair], pairs.right[pair]);
        if !one_source && records.source_of(left) == records.source_of(right) {
            continue;
        }
        let marks = if clustered.is_link[pair] { &mut linked } else { &mut review };
        marks[left as usize] = true;
        marks[right as usize] = true;
    }
    let count = |range: std::ops::Range<usize>, test: &dyn Fn(usize) -> bool| {
        range.filter(|&record| test(record)).count() as u64
    };
    records
        .sources
        .iter()
        .map(|source| {
            let range = source.start as usize..source.end as usize;
            SourceOutcome {
                linked: count(range.clone(), &|record| linked[record]),
                in_review: count(range.clone(), &|record| review[record] && !linked[record]),
                records: range.len() as u64,
            }
        })
        .collect()
}

/// The paragraph that a manager can paste: what was linked, how much of it, what is left to do, how far to trust it.
pub(crate) fn paragraph(findings: &Findings<'_>, run: &Run, issues: &[Issue]) -> String {
    let outcomes = &findings.outcomes;
    let names: Vec<&str> = findings.records.sources.iter().map(|source| source.name.as_str()).collect();
    let counts = &run.counts;
    let first = if let ([name], [outcome]) = (names.as_slice(), outcomes.as_slice()) {
        format!(
            "Among the {} of {name}, {} ({}) {} of a person who has more than one; there {} in all.",
            counted(outcome.records, "record"),
            grouped(outcome.linked),
            share_of(outcome.linked, outcome.records),
            are(outcome.linked),
            are_people(counts.persons)
        )
    } else if run.has_no_link_between() {
        format!(
            "No record of {} is linked to a record of another source: {} within one. Check the files before you use \
             this result; the warning says how. Together the {} of {}.",
            list("or", &names),
            links_are(counts.links),
            records_are(counts.records),
            people(counts.persons)
        )
    } else {
        let parts: Vec<String> = names
            .iter()
            .zip(outcomes)
            .map(|(name, o)| {
                format!(
                    "{} of {} in {name} ({})",
                    grouped(o.linked),
                    grouped(o.records),
                    share_of(o.linked, o.records)
                )
            })
            .collect();
        let links = if counts.links_within == 0 {
            String::new()
        } else {
            format!(
                " Of the {}, {} {} between sources and {} within one.",
                counted(counts.links, "link"),
                grouped(counts.links_between),
                are(counts.links_between),
                grouped(counts.links_within)
            )
        };
        format!(
            "Plait linked {} to a record of another source; together the {} of {}.{links}",
            list("and", &parts),
            records_are(counts.records),
            people(counts.persons)
        )
    };
    let unsure = match counts.reviews {
        0 => "No pair needs a person to look.".to_owned(),
        1 => "1 pair needs a person to look (\"review\" in links.parquet).".to_owned(),
        n => format!("{} pairs need a person to look (\"review\" in links.parquet).", grouped(n)),
    };
    let trust = if let Some(truth) = &run.truth {
        format!(
            " Measured against {}, {} of the pairs of records put together are right and {} of the true pairs were found.",
            truth.file,
            percent(truth.precision),
            percent(truth.recall)
        )
    } else {
        let estimate = run.quality.sentence();
        estimate.map_or_else(String::new, |estimate| format!(" {estimate}"))
    };
    let method = run.method.as_ref().map_or_else(String::new, |method| {
        format!(" These are the links of the published method {}, not of Plait's own model.", method.name)
    });
    format!("{first}{} {unsure}{trust}{method}", without_route(issues))
}

/// What a manager must not take for "not found": sources that could not be linked at all.
fn without_route(issues: &[Issue]) -> String {
    let without: Vec<&str> = issues
        .iter()
        .filter(|issue| issue.kind == IssueKind::NoRoute)
        .map(|issue| issue.file.as_str())
        .collect();
    if without.is_empty() {
        return String::new();
    }
    format!(
        " No record of {} was linked, because nothing in it says who its records are about in a way that another source \
         says too (W050).",
        list("or", &without)
    )
}

/// The fault of a run without links: why that may be, from what the sources have in common.
pub(crate) fn no_links(
    records: &Records,
    pairs: &ScoredPairs,
    model: &Model,
    method: Option<Method>,
    kept_apart: usize,
) -> Fault {
    if let Some(method) = method {
        let what = format!("the method {} links no two records", method.name());
        let fault = Fault::new(FaultCode::NoLinks, what, todo_for_strangers(records));
        return because_apart(fault, records, model);
    }
    let n_candidates: u64 = pairs.n_candidates.iter().sum();
    if n_candidates == 0 {
        let what = "no two records agree on any blocking rule, so nothing could be compared";
        let fault = Fault::new(FaultCode::NoPairs, what, todo_for_strangers(records));
        return because_apart(fault, records, model);
    }
    let fault = |todo: &str| {
        Fault::new(
            FaultCode::NoLinks,
            format!("no links found among {}", counted(n_candidates, "candidate pair")),
            todo,
        )
    };
    if kept_apart > 0 {
        return fault("look whether the file of constraints keeps pairs apart that it should not")
            .because(format!("the constraints keep {} apart", counted(kept_apart as u64, "pair")));
    }
    let Some(best) = pairs.weight.iter().copied().reduce(f64::max) else {
        let none = format!(
            "none has a match probability of {} or more, from where a person would decide",
            percent(model.accept.review)
        );
        return because_apart(fault(todo_for_strangers(records)).because(none), records, model);
    };
    // pairs for review are known, so that the files are not of strangers
    fault("look at the likeliest pairs after linking with a lower --threshold").because(format!(
        "the likeliest pair has a match probability of {:.9}, and a link needs {}",
        MatchWeight(best).probability().get(),
        model.accept.link
    ))
}

/// A finding for every source without a link to another one, or one for all of them where no two sources are linked at all.
/// A source of which `known` says that it has no route is left out beside others.
pub(crate) fn sources_without_link(findings: &Findings<'_>, run: &Run, known: &[Issue]) -> Vec<Issue> {
    let (records, model) = (findings.records, findings.model);
    if records.sources.len() < 2 || model.link_type == LinkType::DedupeOnly {
        return Vec::new();
    }
    let todo = todo_for_strangers(records);
    let names: Vec<&str> = records.sources.iter().map(|source| source.name.as_str()).collect();
    if run.has_no_link_between() {
        let apart = apart(records, model);
        let reason = if apart.is_empty() { String::new() } else { format!("{}; ", apart.join("; ")) };
        let message =
            format!("no link joins them: {} within one source; {reason}{todo}", links_are(run.counts.links));
        return vec![Issue::new(IssueKind::NoLinkBetween, list("and", &names), message)];
    }
    let is_known =
        |name: &str| known.iter().any(|issue| issue.kind == IssueKind::NoRoute && issue.file == name);
    let unlinked = names.iter().zip(&findings.outcomes).filter(|(_, outcome)| outcome.linked == 0);
    unlinked
        .filter(|(name, _)| !is_known(name))
        .map(|(name, _)| {
            let others: Vec<&str> = names.iter().filter(|other| *other != name).copied().collect();
            let message = format!("no record of it is linked to a record of {}; {todo}", list("or", &others));
            Issue::new(IssueKind::NoLinkBetween, *name, message)
        })
        .collect()
}

/// Whole dates of birth, all different, that the records of one person do not have by slips of the pen.
const MANY_DATES_OF_BIRTH: usize = 4;
/// Records of one person beyond which they may be those of several: a value that stands for "not known" joins as many.
const MANY_RECORDS: usize = 100;

/// A finding where persons have more records or dates of birth than one is likely to have, with those that have most.
pub(crate) fn improbable_persons(findings: &Findings<'_>) -> Option<Issue> {
    let records = findings.records;
    let born = records.fields.iter().find(|field| field.role == Role::DateOfBirth);
    let dates = |members: &[(u32, u32)]| -> usize {
        let Some(field) = born else { return 0 };
        let codes = members.iter().map(|member| field.codes[member.1 as usize]).filter(|&code| code != NULL);
        let mut days: Vec<i32> = codes.filter_map(|code| field.dates[code as usize].day_number()).collect();
        days.sort_unstable();
        days.dedup();
        days.len()
    };
    let mut members: Vec<(u32, u32)> =
        findings.clustered.persons.person_of.iter().copied().zip(0..).collect();
    members.sort_unstable();
    let mut found: Vec<(usize, usize, u32)> = members
        .chunk_by(|a, b| a.0 == b.0)
        .map(|members| (dates(members), members.len(), members[0].0))
        .filter(|&(n_dates, n_records, _)| n_dates >= MANY_DATES_OF_BIRTH || n_records > MANY_RECORDS)
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    let of_dates = found.iter().filter(|found| found.0 >= MANY_DATES_OF_BIRTH).count() as u64;
    let of_records = found.iter().filter(|found| found.1 > MANY_RECORDS).count() as u64;
    let said = [
        (of_dates, format!("{MANY_DATES_OF_BIRTH} dates of birth or more")),
        (of_records, format!("more than {MANY_RECORDS} records")),
    ];
    let said: Vec<String> = (said.into_iter().filter(|(n, _)| *n > 0))
        .map(|(n, what)| format!("{} with {what}", counted(n, "person")))
        .collect();
    let person_ids = findings.person_ids();
    let named: Vec<String> =
        found.iter().take(3).map(|&(_, _, person)| person_ids[person as usize].to_string()).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let message = || format!("{}; those with most: {}", said.join(", "), list("and", &named));
    (!said.is_empty()).then(|| Issue::new(IssueKind::ImprobablePersons, "the persons", message()))
}

fn todo_for_strangers(records: &Records) -> &'static str {
    if records.sources.len() == 1 {
        "if the file should hold duplicates, check with plait look that its columns were understood"
    } else {
        "check that the files are of the same area and years, and with plait look that their columns were understood"
    }
}

/// Adds in what the sources have nothing in common, where that is so.
fn because_apart(fault: Fault, records: &Records, model: &Model) -> Fault {
    let apart = if model.link_type == LinkType::DedupeOnly { Vec::new() } else { apart(records, model) };
    let known = fault.why.clone();
    let why: Vec<String> = apart.into_iter().chain(known).collect();
    if why.is_empty() { fault } else { fault.because(why.join("; ")) }
}

/// In what the sources have nothing in common, field by field.
fn apart(records: &Records, model: &Model) -> Vec<String> {
    let compared = model.comparisons.iter().filter_map(|comparison| records.field(&comparison.fields[0]));
    let mut parts = Vec::new();
    let fields = compared.map(|index| &records.fields[index]).filter(|field| field.role != Role::Source);
    for field in fields {
        if shared_records(records, field) == 0 && is_everywhere(records, field) {
            parts.push(format!("no value of {} is in more than one source", field.name));
        }
        parts.extend(birth_years(records, field));
    }
    parts
}

/// Whether every source has a value of a field.
fn is_everywhere(records: &Records, field: &Field) -> bool {
    records.sources.iter().all(|source| {
        field.codes[source.start as usize..source.end as usize].iter().any(|&code| code != NULL)
    })
}

/// Records whose value occurs in another source too.
fn shared_records(records: &Records, field: &Field) -> u64 {
    let mut first_source = vec![NULL; field.values.len()];
    let mut shared = vec![false; field.values.len()];
    for (index, source) in records.sources.iter().enumerate() {
        for &code in &field.codes[source.start as usize..source.end as usize] {
            if code == NULL {
                continue;
            }
            let first = &mut first_source[code as usize];
            if *first == NULL {
                *first = index as u32;
            } else if *first != index as u32 {
                shared[code as usize] = true;
            }
        }
    }
    shared.iter().zip(&field.counts).filter(|(shared, _)| **shared).map(|(_, &count)| u64::from(count)).sum()
}

/// "births are of 2010 to 2014 in a and of 1998 to 2002 in b", where the middle years of the sources do not overlap.
fn birth_years(records: &Records, field: &Field) -> Option<String> {
    if field.dates.is_empty() || records.sources.len() < 2 {
        return None;
    }
    let ranges: Vec<(String, u16, u16)> = records
        .sources
        .iter()
        .filter_map(|source| {
            let mut years: Vec<u16> = field.codes[source.start as usize..source.end as usize]
                .iter()
                .filter(|&&code| code != NULL)
                .map(|&code| field.dates[code as usize].year)
                .collect();
            years.sort_unstable();
            let last = years.len().checked_sub(1)?;
            // the outer twentieths are left out, which a few wrong dates would otherwise stretch
            Some((source.name.clone(), years[last / 20], years[last - last / 20]))
        })
        .collect();
    let overlap = ranges.iter().map(|r| r.1).max()? <= ranges.iter().map(|r| r.2).min()?;
    let words = ranges.iter().map(|(name, low, high)| {
        if low == high { format!("of {low} in {name}") } else { format!("of {low} to {high} in {name}") }
    });
    (!overlap).then(|| format!("births are {}", words.collect::<Vec<_>>().join(" and ")))
}

/// `there are 11 people`, without its first word
fn are_people(number: u64) -> String {
    format!("{} {}", are(number), people(number))
}

/// `11 people`
fn people(number: u64) -> String {
    if number == 1 { "1 person".to_owned() } else { format!("{} people", grouped(number)) }
}

/// `16 records are`
fn records_are(number: u64) -> String {
    format!("{} {}", counted(number, "record"), are(number))
}

/// `all 12 links are`
fn links_are(number: u64) -> String {
    if number == 1 { "the only link is".to_owned() } else { format!("all {} links are", grouped(number)) }
}

/// `a`, `a or b`, `a, b or c`, with this word before the last.
pub(crate) fn list(word: &str, parts: &[impl AsRef<str>]) -> String {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    match &parts[..] {
        [others @ .., last] if !others.is_empty() => format!("{} {word} {last}", others.join(", ")),
        _ => parts.concat(),
    }
}

/// A part of a whole in per cent; 0% of nothing.
pub(crate) fn share_of(part: u64, whole: u64) -> String {
    percent(part as f64 / whole.max(1) as f64)
}
