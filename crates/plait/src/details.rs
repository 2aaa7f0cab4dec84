//! What a run read, decided and found, line by line, for the analyst.

use crate::link::SourceFacts;
use crate::model::ModelSpec;
use crate::pair_table::rows_that;
use crate::quality::RunEstimate;
use crate::run::{Counts, Run, RunConstraints, RunLabels, RunNames, RunSource};
use crate::summary::share_of;
use plait_engine::blocking::Blocks;
use plait_engine::methods::Method;
use plait_engine::model::{Comparison, LinkType, Model};
use plait_formats::columns::ColumnProfile;
use plait_types::{Role, counted, grouped, percent};

/// One line, under a heading that it may share with the lines before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// `Reading`, `Columns`, `Checked`, `Model`, `Method`, `Rule`, `Pairs`, `Linked`, `Names`, `Routes`, `Constraints`, `Unsure`,
    /// `Quality`, `Groups` or `Not found`.
    pub heading: &'static str,
    /// One or more sentences. Holds no value of any record.
    pub text: String,
}

pub(crate) fn detail(heading: &'static str, text: impl Into<String>) -> Detail {
    Detail { heading, text: text.into() }
}

/// About the files: what was read, what the columns mean, how good they are.
pub(crate) fn of_sources(sources: &[SourceFacts]) -> Vec<Detail> {
    let reading = sources.iter().map(|source| detail("Reading", reading(&source.run)));
    let unsure = sources.iter().flat_map(|source| {
        let unsure = source.run.dataset.iter().flat_map(|dataset| &dataset.unsure);
        unsure.map(|what| detail("Doubt", format!("{}: {what}.", source.run.name)))
    });
    let columns = sources.iter().map(|source| detail("Columns", columns(source)));
    let checked = sources.iter().map(|source| detail("Checked", checked(source)));
    reading.chain(unsure).chain(columns).chain(checked).collect()
}

fn reading(source: &RunSource) -> String {
    let set_aside = match source.rows_set_aside {
        0 => String::new(),
        n => format!("; {} set aside", grouped(n)),
    };
    let named = match &source.record_column {
        Some(column) => format!("named by {column}"),
        None => "named by their row".to_owned(),
    };
    format!("{}: {}, {named}{set_aside}. {}.", source.name, counted(source.rows, "record"), source.format)
}

/// Every column that means something, by its meaning.
fn columns(source: &SourceFacts) -> String {
    let meaning = |column: &ColumnProfile| {
        let words = column.role.words();
        let is_said = |name: &str| name.replace(['_', '-'], " ").eq_ignore_ascii_case(words);
        match &column.header {
            None if is_said(&column.name) => words.to_owned(),
            Some(header) if is_said(&column.name) || is_said(header) => column.shown().into_owned(),
            _ => format!("{} = {words}", column.shown()),
        }
    };
    let (used, unused): (Vec<_>, Vec<_>) =
        source.profile.iter().partition(|column| column.role != Role::Other);
    let used: Vec<String> = used.into_iter().map(meaning).collect();
    let unused: Vec<_> = unused.into_iter().map(ColumnProfile::shown).collect();
    let mut rest =
        if unused.is_empty() { String::new() } else { format!("; not used: {}", unused.join(", ")) };
    if !source.outside.is_empty() {
        rest += &format!("; {} of its files kept apart", counted(source.outside.len() as u64, "column"));
    }
    format!("{}: {}{rest}.", source.run.name, used.join(", "))
}

/// Layout of dates, validity of numbers, values that stand for "missing".
fn checked(source: &SourceFacts) -> String {
    let mut parts = Vec::new();
    for column in source.profile.iter().filter(|column| matters(column.role)) {
        let name = column.shown();
        if let Some(layout) = column.layout() {
            parts.push(format!("{name} as {layout}"));
        }
        if let Some(validity) = column.validity
            && validity.valid < validity.checked
        {
            let valid = share_of(validity.valid, validity.checked);
            parts.push(format!("{name} {valid} valid"));
        }
        for placeholder in &column.placeholders {
            let (what, rows) = (placeholder.what, counted(placeholder.rows, "row"));
            parts.push(format!("{what} in {name} on {rows} ignored"));
        }
    }
    let (unverified, none) = source.unverified;
    if unverified > 0 {
        parts.push(format!(
            "the NHS numbers of {} are not verified by their status: compared, but no rule or conflict of numbers by them",
            counted(unverified, "record")
        ));
    }
    if none > 0 {
        parts.push(format!(
            "NHS number of {} left out: its status (07) says that there is none",
            counted(none, "record")
        ));
    }
    let all = if parts.is_empty() { "nothing to note".to_owned() } else { parts.join("; ") };
    format!("{}: {all}.", source.run.name)
}

/// Whether a role is compared.
fn matters(role: Role) -> bool {
    !role.is_characteristic()
        && !matches!(
            role,
            Role::RecordId
                | Role::School
                | Role::Source
                | Role::OtherDate
                | Role::Category
                | Role::Number
                | Role::FreeText
                | Role::Other
        )
}

/// About the model.
pub(crate) fn of_model(
    model: &Model,
    given: Option<&ModelSpec>,
    method: Option<Method>,
    n_rounds: Option<u32>,
) -> Detail {
    let origin = match n_rounds {
        Some(n) => format!("learned from these files in {}", counted(u64::from(n), "round")),
        None => "used as it came".to_owned(),
    };
    let names: Vec<String> = model.comparisons.iter().map(Comparison::words).collect();
    let comparisons = counted(names.len() as u64, "comparison");
    let name = match (given, method) {
        (Some(given), _) => given.called(),
        (None, Some(Method::Macral)) => "for the last step of the method".to_owned(),
        (None, Some(_)) => "for weights beside the links, which the method does not ask for".to_owned(),
        (None, None) => model.name.clone(),
    };
    detail("Model", format!("{name}, {origin}. {comparisons}: {}.", names.join(", ")))
}

/// About the rules of a run that was only planned.
pub(crate) fn of_rules(model: &Model, blocks: &Blocks) -> Vec<Detail> {
    let costs = blocks.costs();
    let rules = model.blocking.iter().zip(&costs);
    let by_themselves =
        model.deterministic.iter().map(|rule| detail("Rule", format!("{}: links by itself", rule.words())));
    rules
        .map(|(rule, cost)| detail("Rule", format!("{}: {}", rule.words(), counted(cost.n_pairs, "pair"))))
        .chain(by_themselves)
        .collect()
}

/// About the result.
pub(crate) fn of_result(run: &Run, linked: &[(String, u64, u64)]) -> Vec<Detail> {
    let counts = &run.counts;
    let each: Vec<String> = linked
        .iter()
        .map(|(name, n, of)| format!("{} of {} in {name} ({})", grouped(*n), grouped(*of), share_of(*n, *of)))
        .collect();
    let unsure = match counts.reviews {
        0 => "no pair needs a person to look".to_owned(),
        n => unsure(n, run),
    };
    let estimates: Vec<String> = run.quality.estimates.iter().filter_map(RunEstimate::words).collect();
    let estimated = match estimates.len() {
        0 => "nothing can be estimated without labels".to_owned(),
        _ => format!("{}, without labels", estimates.join("; ")),
    };
    let estimated =
        estimated + &run.quality.without_recall().map_or_else(String::new, |not| format!("; {not}"));
    let estimated = if run.has_no_link_between() {
        format!("{estimated}; of links between sources nothing can be said, since there are none")
    } else {
        estimated
    };
    let quality = match &run.truth {
        None => estimated,
        Some(truth) => format!(
            "precision {}, recall {}, F1 {:.4} of pairs in one person against {}; {estimated}",
            percent(truth.precision),
            percent(truth.recall),
            truth.f1,
            truth.file
        ),
    };
    let pairs = vec![
        detail(
            "Pairs",
            format!(
                "{} compared of {} possible ({}), chosen by {}.",
                grouped(counts.candidate_pairs),
                grouped(counts.possible_pairs),
                run.model.link_type,
                counted(run.rules.len() as u64, "blocking rule")
            ),
        ),
        detail("Linked", format!("{}; {}.", links_in_words(run), each.join(", "))),
    ];
    let routes = crate::routes::lines(&run.routes).into_iter().map(|line| detail("Routes", line));
    let constraints = run.constraints.iter().map(of_constraints);
    let sure = [detail("Unsure", format!("{unsure}.")), detail("Quality", format!("{quality}."))];
    let labels = run.labels.iter().map(|labels| detail("Labels", format!("{}.", labels_in_words(labels))));
    let tests: Vec<String> = run.quality.tests().into_iter().chain(run.quality.disagreement()).collect();
    let tested = (!tests.is_empty()).then(|| detail("Tested", format!("{}.", tests.join("; "))));
    let not_found = crate::not_found::words(&run.not_found).map(|words| detail("Not found", words));
    // of small files there is nothing to say
    let compared = run.groups.iter().filter(|groups| groups.comparisons > 0);
    let groups = compared.map(|groups| detail("Groups", groups.words()));
    pairs
        .into_iter()
        .chain(routes)
        .chain(constraints)
        .chain(labels)
        .chain(sure)
        .chain(tested)
        .chain(groups)
        .chain(not_found)
        .collect()
}

/// About pairs that were kept apart or put together whatever they weigh.
pub(crate) fn of_constraints(run: &RunConstraints) -> Detail {
    detail("Constraints", format!("{}.", constraints_in_words(run)))
}

/// About names that somebody gave.
pub(crate) fn of_names(run: &RunNames) -> Detail {
    detail("Names", format!("{}.", names_in_words(run)))
}

/// `12 pairs of names of names.csv, besides those that are built in`
pub(crate) fn names_in_words(names: &RunNames) -> String {
    let file = crate::source::file_name(names.path.as_ref());
    format!("{} of names of {file}, besides those that are built in", counted(names.pairs, "pair"))
}

/// `412 pairs of pairs.csv: 295 of 300 of one person were put together (98.3%), and 4 of 112 others`
pub(crate) fn labels_in_words(labels: &RunLabels) -> String {
    let others = labels.pairs - labels.matches;
    let mut words = format!(
        "{} of {}: {} of {} of one person were put together ({}), and {} of {} others",
        counted(labels.pairs, "pair"),
        crate::source::file_name(labels.path.as_ref()),
        grouped(labels.found),
        grouped(labels.matches),
        share_of(labels.found, labels.matches),
        grouped(labels.wrong),
        grouped(others),
    );
    if !labels.rows_decided_otherwise.is_empty() {
        let rows: Vec<usize> = labels.rows_decided_otherwise.iter().map(|&row| row as usize).collect();
        let which = rows_that(&rows, "was", "were");
        words += &format!("; {which} decided otherwise (run.json lists all)");
    }
    if labels.taught {
        words += "; the model learned from them";
    }
    if let Some(bits) = labels.moved_bits {
        words += &format!("; how sure pairs are was moved by {bits:+.2} bits to fit them");
    }
    let left_out = [
        (labels.unsure, "of which nobody could tell"),
        (labels.rows_of_unknown_records, "with a record that is not in these files"),
        (labels.not_compared, "within one source, which are not compared"),
    ];
    for (n, of) in left_out.into_iter().filter(|(n, _)| *n > 0) {
        words += &format!("; {} left out {of}", counted(n, "pair"));
    }
    words
}

/// `57 pairs kept apart (3 of them would have been one person), 2 put together`
pub(crate) fn constraints_in_words(run: &RunConstraints) -> String {
    let would_be = match run.would_be_one_person {
        0 => String::new(),
        n => format!(" ({} of them would have been one person)", grouped(n)),
    };
    let together = match run.put_together {
        0 => String::new(),
        n => format!(", {} put together", grouped(n)),
    };
    let unknown = match run.rows_of_unknown_records {
        0 => String::new(),
        1 => "; 1 row names a record that is not in these files".to_owned(),
        n => format!("; {} rows name a record that is not in these files", grouped(n)),
    };
    format!("{} kept apart{would_be}{together}{unknown}", counted(run.kept_apart, "pair"))
}

/// `620 pairs for a person to look at, "review" in links.parquet: 254 of 10.0% to 50.0%; 363 likelier, but …`
fn unsure(n: u64, run: &Run) -> String {
    let Counts { reviews_contradicted: contradicted, reviews_by_rule: by_rule, .. } = run.counts;
    let kinds = [
        // none where there is no band between the two limits
        (
            n - contradicted - by_rule,
            format!("of {} to {}", percent(run.model.review_from), percent(run.model.link_from)),
        ),
        (contradicted, "likely enough or linked by a rule, but with something against it".to_owned()),
        (by_rule, "less likely, for which a rule speaks".to_owned()),
    ];
    let kinds: Vec<String> =
        kinds.iter().filter(|kind| kind.0 > 0).map(|(n, words)| format!("{} {words}", grouped(*n))).collect();
    format!(
        "{} for a person to look at, \"review\" in links.parquet: {}",
        counted(n, "pair"),
        kinds.join("; ")
    )
}

/// `72,706 pairs, 70,000 between sources and 2,706 within one`
fn links_in_words(run: &Run) -> String {
    let counts = &run.counts;
    let pairs = counted(counts.links, "pair");
    if run.sources.len() == 1 {
        return pairs;
    }
    if run.model.link_type == LinkType::LinkOnly.name() {
        return format!("{pairs} between sources");
    }
    let (between, within) = (grouped(counts.links_between), grouped(counts.links_within));
    format!("{pairs}, {between} between sources and {within} within one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_for_review_are_told_by_why_they_are() {
        let run = |reviews, contradicted, by_rule| -> Run {
            let counts = Counts {
                reviews,
                reviews_contradicted: contradicted,
                reviews_by_rule: by_rule,
                ..Counts::default()
            };
            let run = serde_json::json!({
                "format": 1, "plait": "0", "command": null, "sources": [], "roles": [],
                "model": {"name": "m", "sha256": "", "link_type": "link_only", "clustering": "correlation",
                    "link_from": 0.5, "review_from": 0.1, "rounds": 0},
                "seed": 1, "threads": 1, "counts": counts, "rules": [], "seconds": {},
                "pairs_per_second": 0.0, "peak_memory_bytes": null, "peak_memory_after": {}, "truth": null,
                "notes": []
            });
            serde_json::from_value(run).expect("a run")
        };
        let said = |reviews, contradicted, by_rule| unsure(reviews, &run(reviews, contradicted, by_rule));
        assert_eq!(
            said(620, 363, 3),
            "620 pairs for a person to look at, \"review\" in links.parquet: 254 of 10.0% to 50.0%; 363 likely enough \
             or linked by a rule, but with something against it; 3 less likely, for which a rule speaks"
        );
        assert_eq!(
            said(1, 1, 0),
            "1 pair for a person to look at, \"review\" in links.parquet: 1 likely enough or linked by a rule, but with \
             something against it"
        );
    }
}
