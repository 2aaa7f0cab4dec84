//! What was linked, and how right it is.

use plait_engine::model::LinkType;

use super::{Guidance, figure, guide, linked_to, paragraph};
use crate::chart::Fill;
use crate::chart::bars::{Bar, Bars, bars};
use crate::markup::Markup;
use crate::report::{Accuracy, Estimate, LinkReport, SourcePair, SourceResult};
use crate::table::{Align, Table};
use crate::words::{self, count, count_of, sentence_case, share};

pub(super) fn write_key_figures(report: &LinkReport, m: &mut Markup) {
    let records: u64 = report.sources.iter().map(|source| source.records).sum();
    let linked: u64 = report.sources.iter().map(|source| source.linked).sum();
    let review: u64 = report.sources.iter().map(|source| source.in_review).sum();
    let persons: u64 = report.people.iter().map(|size| size.persons).sum();
    let figures = [
        (
            "Records",
            count(records),
            format!("in {}", count_of(report.sources.len() as u64, "source", "sources")),
        ),
        ("Linked", count(linked), format!("records {} ({})", linked_to(report), share(linked, records))),
        (
            "In review",
            count(report.pairs.reviews),
            format!(
                "{} for a person to decide; {} not linked otherwise",
                if report.pairs.reviews == 1 { "pair" } else { "pairs" },
                count_of(review, "record is", "records are")
            ),
        ),
        ("Persons", count(persons), format!("found behind {}", count_of(records, "record", "records"))),
    ];
    m.element("dl", &[("class", "key-figures")], |m| {
        for (name, figure, note) in figures {
            m.element("div", &[], |m| {
                m.leaf("dt", &[], name);
                m.leaf("dd", &[("class", "figure")], &figure);
                m.leaf("dd", &[], &note);
            });
        }
    });
}

pub(super) fn write(report: &LinkReport, m: &mut Markup) {
    m.leaf("h3", &[], "Each source");
    let least = report.sources.iter().min_by_key(|source| reached(report, source));
    let todo = least.map_or_else(String::new, |source| {
        format!(
            "Start with {}: {} of its records ({}) are not linked. Are they expected elsewhere, too young or too old, or out of the area? If not, look at its columns below.",
            source.name,
            share(source.not_linked(), source.records),
            count(source.not_linked())
        )
    });
    figure(&source_chart(report), "records of each source", &Guidance {
        shows: format!("What became of the records of each source: {}, waiting for a decision, or not linked.", linked_to(report)),
        read: "Each bar is one source and all its records. A record counts once, with the best that was found for it. A low rate can be right: not everybody is in every source.".into(),
        todo,
    }, m);
    if report.sources.len() > 1 {
        write_matrix(report, m);
    }
    if !report.routes.is_empty() {
        write_routes(report, m);
    }
    if !report.people.is_empty() {
        write_people(report, m);
    }
}

/// Linked records in millionths of those that could be: a source much larger than all others cannot be linked
/// as a whole, so it is measured against the largest other one.
fn reached(report: &LinkReport, source: &SourceResult) -> u64 {
    let others = report.sources.iter().filter(|other| other.name != source.name).map(|other| other.records);
    let ceiling = others.max().unwrap_or(source.records).min(source.records);
    if ceiling == 0 { u64::MAX } else { (u128::from(source.linked) * 1_000_000 / u128::from(ceiling)) as u64 }
}

fn source_chart(report: &LinkReport) -> crate::Chart {
    let linked = linked_to(report);
    let linked_header = sentence_case(linked);
    let mut table = Table::new(
        "Records of each source",
        &[
            ("Source", Align::Text),
            ("Records", Align::Number),
            (&linked_header, Align::Number),
            ("Share", Align::Number),
            ("In review", Align::Number),
            ("Share", Align::Number),
            ("Not linked", Align::Number),
            ("Share", Align::Number),
        ],
    );
    let mut rows = Vec::new();
    for source in &report.sources {
        let mut row = vec![source.name.clone(), count(source.records)];
        for part in [source.linked, source.in_review, source.not_linked()] {
            row.extend([count(part), share(part, source.records)]);
        }
        table.push(row);
        let whole = source.records.max(1) as f64;
        rows.push(Bar {
            label: source.name.clone(),
            figures: format!(
                "{} linked, {} in review",
                share(source.linked, source.records),
                share(source.in_review, source.records)
            ),
            parts: [source.linked, source.in_review, source.not_linked()]
                .map(|part| part as f64 / whole)
                .to_vec(),
        });
    }
    bars(Bars {
        id: "chart-sources",
        title: "Records of each source: linked, in review, not linked",
        description: &report
            .sources
            .iter()
            .map(|source| {
                format!(
                    "{}: {} of {} linked.",
                    source.name,
                    share(source.linked, source.records),
                    count(source.records)
                )
            })
            .collect::<Vec<_>>()
            .join(" "),
        series: &[(linked, Fill::Solid), ("in review", Fill::Striped), ("not linked", Fill::Open)],
        rows,
        full: 1.0,
        framed: true,
        table,
    })
}

fn write_matrix(report: &LinkReport, m: &mut Markup) {
    m.leaf("h3", &[], "Between sources");
    let names: Vec<(&str, Align)> =
        report.sources.iter().map(|source| (&*source.name, Align::Number)).collect();
    let mut columns = vec![("Records of", Align::Text)];
    columns.extend(names);
    let mut matrix = Table::new(
        "Share of the records of each source (row) that are of one person with a record of each source (column)",
        &columns,
    );
    for (row, source) in report.sources.iter().enumerate() {
        let mut cells = vec![source.name.clone()];
        cells.extend((0..report.sources.len()).map(|column| {
            records_linked(&report.between, row, column)
                .map_or_else(|| "–".to_owned(), |linked| share(linked, source.records))
        }));
        matrix.push(cells);
    }
    matrix.write(m);
    let mut pairs = Table::new(
        "Pairs linked and in review between sources",
        &[
            ("Source", Align::Text),
            ("Source", Align::Text),
            ("Pairs linked", Align::Number),
            ("Pairs in review", Align::Number),
        ],
    );
    for pair in report.between.iter().filter(|pair| pair.links + pair.reviews > 0) {
        let name =
            |source: usize| report.sources.get(source).map_or_else(String::new, |source| source.name.clone());
        pairs.push([name(pair.left), name(pair.right), count(pair.links), count(pair.reviews)]);
    }
    pairs.write(m);
    let within = match report.model.link_type {
        LinkType::LinkAndDedupe => {
            "A source against itself shows how many of its records have another record of the same person."
        }
        LinkType::LinkOnly | LinkType::DedupeOnly => {
            "A source was not linked with itself, which is shown by a dash."
        }
    };
    guide(&Guidance {
        shows: "How much of one source is found in another, in both directions.".into(),
        read: format!("Read along a row: of all records of the source at its start, the share of which the person has a record in the source above the number too, by a link between the two or by way of others. {within}"),
        todo: "Compare with what you expect of these sources. A share that is far from it in one direction only points to that source; in both directions, to the model.".into(),
    }, m);
}

/// Records of `row` of which the person is in `column` too; `None` if the two were not compared.
fn records_linked(between: &[SourcePair], row: usize, column: usize) -> Option<u64> {
    between.iter().find_map(|pair| match (pair.left, pair.right) {
        (left, right) if (left, right) == (row, column) => Some(pair.left_linked),
        (left, right) if (left, right) == (column, row) => Some(pair.right_linked),
        _ => None,
    })
}

fn write_routes(report: &LinkReport, m: &mut Markup) {
    m.leaf("h3", &[], "Routes");
    let mut table = Table::new(
        "By which route records were linked",
        &[
            ("Records of", Align::Text),
            ("Linked to", Align::Text),
            ("By", Align::Text),
            ("Links", Align::Number),
            ("Records", Align::Number),
        ],
    );
    for route in &report.routes {
        table.push([
            route.from.clone(),
            route.to.clone(),
            route.words.clone(),
            route.links.map_or_else(|| "–".to_owned(), count),
            count(route.records),
        ]);
    }
    table.write(m);
    guide(&Guidance {
        shows: "What joined the records of each two sources: an identifier that a rule links by itself, names and details that were weighed, or a chain by way of other sources.".into(),
        read: "A source without names, such as a statutory return, reaches sources with names by way of one that has its identifier and names too. A record is in a chain only where it has no link of its own; a chain is as sure as its weakest link.".into(),
        todo: "If a source is reached by few records, look for the step that loses them: an identifier that is seldom filled in, or an extract of another day.".into(),
    }, m);
}

fn write_people(report: &LinkReport, m: &mut Markup) {
    m.leaf("h3", &[], "Records per person");
    let persons: u64 = report.people.iter().map(|size| size.persons).sum();
    let mut table = Table::new(
        "Persons by number of records",
        &[
            ("Records per person", Align::Text),
            ("Persons", Align::Number),
            ("Share of persons", Align::Number),
        ],
    );
    let mut rows = Vec::new();
    for size in &report.people {
        let label = count_of(size.records, "record", "records");
        table.push([label.clone(), count(size.persons), share(size.persons, persons)]);
        rows.push(Bar {
            label,
            figures: format!(
                "{} ({})",
                count_of(size.persons, "person", "persons"),
                share(size.persons, persons)
            ),
            parts: vec![size.persons as f64],
        });
    }
    let most = report.people.iter().map(|size| size.persons).max().unwrap_or(0).max(1);
    let largest = report.people.iter().map(|size| size.records).max().unwrap_or(0);
    let chart = bars(Bars {
        id: "chart-people",
        title: "Persons by number of records",
        description: &format!(
            "{}; the largest has {}.",
            count_of(persons, "person", "persons"),
            count_of(largest, "record", "records")
        ),
        series: &[("persons", Fill::Solid)],
        rows,
        full: most as f64,
        framed: false,
        table,
    });
    let expected = report.sources.len() as u64;
    let todo = if report.model.link_type == LinkType::LinkOnly && largest > expected {
        format!(
            "Look at the persons with more than {expected} records in people.parquet: a source holds such a person more than once, or two people were joined."
        )
    } else {
        "Look at the largest persons first: a wrong link does most harm where it joins two groups of records."
            .into()
    };
    figure(
        &chart,
        "persons by number of records",
        &Guidance {
            shows: "How many persons the linkage found, by how many records each has.".into(),
            read: "One record means that the person was found in one place only.".into(),
            todo,
        },
        m,
    );
}

pub(super) fn write_accuracy(report: &LinkReport, m: &mut Markup) {
    let Some(accuracy) = &report.accuracy else { return };
    let Accuracy { right_pairs, wrong_pairs, missed_pairs, .. } = accuracy;
    paragraph(
        &format!(
            "Against the truth in {}: of the {} put into one person, {} right and {} wrong; {} of one person not put into one. Every two records of a person are such a pair, whether or not a link joins the two.",
            accuracy.truth,
            count_of(right_pairs + wrong_pairs, "pair of records", "pairs of records"),
            count_of(*right_pairs, "is", "are"),
            count(*wrong_pairs),
            count_of(*missed_pairs, "pair was", "pairs were")
        ),
        m,
    );
    let mut table = Table::new(
        "Quality of the pairs put into one person, against known truth",
        &[
            ("Measure", Align::Text),
            ("Value", Align::Number),
            ("95% interval", Align::Number),
            ("In words", Align::Text),
        ],
    );
    let percent = |share: f64| format!("{:.2}%", share * 100.0);
    let rows: [(&str, &Estimate, String); 3] = [
        (
            "Precision",
            &accuracy.precision,
            wrong_in_words(
                1.0 - accuracy.precision.value,
                "pairs put into one person is wrong",
                "no pair put into one person is wrong",
            ),
        ),
        (
            "Recall",
            &accuracy.recall,
            wrong_in_words(
                1.0 - accuracy.recall.value,
                "pairs of one person is missed",
                "no pair of one person is missed",
            ),
        ),
        ("F1", &accuracy.f1, "precision and recall in one number".to_owned()),
    ];
    for (name, estimate, text) in rows {
        let interval = format!("{} to {}", percent(estimate.low), percent(estimate.high));
        table.push([name.to_owned(), percent(estimate.value), interval, text]);
    }
    table.write(m);
    guide(&Guidance {
        shows: "How many of the pairs of records that were put into one person are right (precision), and how many of the pairs that should be in one person are (recall).".into(),
        read: "The interval says how far the value may be off by chance. It says nothing about truth that is wrong itself.".into(),
        todo: "If wrong links do more harm than missed ones, raise the link threshold; if missed ones do, lower it or have the review pairs decided.".into(),
    }, m);
}

/// `about 1 in 200 pairs put into one person is wrong`
fn wrong_in_words(share: f64, what: &str, none: &str) -> String {
    match share {
        s if s <= 0.0 => none.to_owned(),
        s if s > 0.5 => format!("{} of {}", words::probability(s), what.replace(" is ", " are ")),
        s => format!("about {} {what}", words::one_in(s)),
    }
}
