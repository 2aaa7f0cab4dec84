//! The page on the quality of one linkage, section by section: provision, method, result, accuracy, equity, use, governance.

use super::{Frame, Section, guide, linked_to, paragraph, whole_page, write_sections};
use super::{Guidance, results};
use crate::chart::intervals::{Interval, Intervals, intervals};
use crate::markup::Markup;
use crate::quality::{GroupResult, GroupingResult, QualityReport};
use crate::report::{Estimate, LinkReport};
use crate::table::{Align, Table};
use crate::words::{count, count_of, probability, sentence_case, share};

/// The page as HTML that is also well-formed XML. Asks for nothing outside itself, needs no script, and holds no value of a
/// record.
pub fn quality_report(report: &QualityReport) -> String {
    let link = &report.link;
    let frame = Frame {
        kind: "linkage quality report",
        title: &format!("Quality of: {}", link.title),
        date: &link.date,
        purpose: link.purpose.as_deref(),
        version: &link.provenance.version,
        is_personal: false,
    };
    whole_page(&frame, |m| {
        m.leaf("h1", &[], frame.title);
        paragraph(
            "For whoever uses the links or answers for them, after the guidance on reporting linkage (GUILD; RECORD 1.3 and 12.1 \
             to 12.3). No value of a record is shown. Small groups are shown as they are: this page is for internal use until it \
             has been through disclosure control.",
            m,
        );
        results::write_key_figures(link, m);
        write_sections(&SECTIONS, report, m);
    })
}

const SECTIONS: [Section<QualityReport>; 7] = [
    ("provision", "Provision", write_provision),
    ("method", "Method", write_method),
    ("result", "Result", write_result),
    ("accuracy", "Accuracy", write_accuracy),
    ("equity", "Equity", write_equity),
    ("use", "Use", write_use),
    ("governance", "Governance", write_governance),
];

fn or_dash(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "–".to_owned())
}

fn write_provision(report: &QualityReport, m: &mut Markup) {
    let mut files = Table::new(
        "What was provided",
        &[
            ("Source", Align::Text),
            ("What it is", Align::Text),
            ("As on", Align::Text),
            ("Records", Align::Number),
            ("Rows set aside", Align::Number),
            ("Records named by", Align::Text),
        ],
    );
    for (source, provision) in report.link.sources.iter().zip(&report.provisions) {
        files.push([
            source.name.clone(),
            provision.is.clone(),
            or_dash(provision.day.as_ref()),
            count(source.records),
            count(provision.set_aside),
            provision.named_by.clone().unwrap_or_else(|| "their row".to_owned()),
        ]);
    }
    files.write(m);
    let mut identifiers = Table::new(
        "Completeness and validity of what was compared",
        &[
            ("Source", Align::Text),
            ("Column", Align::Text),
            ("Taken as", Align::Text),
            ("Recorded", Align::Number),
            ("Of these not valid", Align::Number),
            ("Placeholders", Align::Number),
        ],
    );
    for source in &report.link.columns {
        for column in source.columns.iter().filter(|column| column.used) {
            identifiers.push([
                source.source.clone(),
                column.name.clone(),
                column.role.words().to_owned(),
                share(column.recorded, source.records),
                share(column.invalid, column.recorded),
                share(column.placeholder_records(), source.records),
            ]);
        }
    }
    identifiers.write(m);
    paragraph(
        "Values were standardised before they were compared; placeholders and values held by implausibly many records were \
         treated as missing. How the sources came to their records, whom they cover, and how that changed over time is not in \
         the files: whoever holds them should add it.",
        m,
    );
}

fn write_method(report: &QualityReport, m: &mut Markup) {
    let mut table = Table::new("How it was linked", &[("What", Align::Text), ("How", Align::Text)]);
    report.method.iter().for_each(|(what, how)| table.push([what.clone(), how.clone()]));
    table.write(m);
}

fn write_result(report: &QualityReport, m: &mut Markup) {
    let link = &report.link;
    let linked = sentence_case(linked_to(link));
    let mut sources = Table::new(
        "Records of each source",
        &[
            ("Source", Align::Text),
            ("Records", Align::Number),
            (&linked, Align::Number),
            ("Share", Align::Number),
            ("In review", Align::Number),
            ("Not linked", Align::Number),
        ],
    );
    for source in &link.sources {
        sources.push([
            source.name.clone(),
            count(source.records),
            count(source.linked),
            share(source.linked, source.records),
            count(source.in_review),
            count(source.not_linked()),
        ]);
    }
    sources.write(m);
    if link.sources.len() > 1 {
        directions(link).write(m);
    }
    if !report.not_found.is_empty() {
        not_found(report).write(m);
    }
    let mut bands = Table::new(
        "Links by how sure they are",
        &[("Match probability of the pair", Align::Text), ("Links", Align::Number), ("Share", Align::Number)],
    );
    for band in &report.bands {
        bands.push([band.words.clone(), count(band.links), share(band.links, link.pairs.links)]);
    }
    bands.write(m);
    let mut conflicts =
        Table::new("What speaks against the result", &[("What", Align::Text), ("How many", Align::Number)]);
    report.conflicts.iter().for_each(|(what, n)| conflicts.push([what.clone(), count(*n)]));
    conflicts.write(m);
    guide(&Guidance {
        shows: "How much of each source was linked, in each direction, and on what evidence.".into(),
        read: "The bands say what a higher link threshold would cost: the links of all lower bands.".into(),
        todo: "Say beside any figure made from these links how many records were not linked, and how many pairs wait for review.".into(),
    }, m);
}

/// Records of one source with a record of another in their person, each way.
fn directions(link: &LinkReport) -> Table {
    let mut table = Table::new(
        "From source to source",
        &[
            ("Records of", Align::Text),
            ("with a record in", Align::Text),
            ("Records", Align::Number),
            ("Share", Align::Number),
        ],
    );
    for pair in link.between.iter().filter(|pair| pair.left != pair.right) {
        for (from, to, n) in
            [(pair.left, pair.right, pair.left_linked), (pair.right, pair.left, pair.right_linked)]
        {
            let (from, to) = (&link.sources[from], &link.sources[to]);
            table.push([from.name.clone(), to.name.clone(), count(n), share(n, from.records)]);
        }
    }
    table
}

/// Who has no partner where records like them usually have one.
fn not_found(report: &QualityReport) -> Table {
    let mut table = Table::new(
        "Not found where records of the source usually are; not_found.csv lists them",
        &[
            ("Records of", Align::Text),
            ("not found in", Align::Text),
            ("Although expected", Align::Number),
            ("Share", Align::Number),
            ("Explained", Align::Text),
        ],
    );
    for found in &report.not_found {
        table.push([
            found.source.clone(),
            found.other.clone(),
            count(found.unexplained),
            share(found.unexplained, found.records),
            found.explained.clone(),
        ]);
    }
    table
}

fn write_accuracy(report: &QualityReport, m: &mut Markup) {
    if report.link.accuracy.is_some() {
        results::write_accuracy(&report.link, m);
    } else {
        paragraph("No table of known persons was given, so nothing was measured.", m);
    }
    if !report.estimates.is_empty() {
        let mut table = Table::new(
            "What is estimated without known truth",
            &[
                ("Rests on", Align::Text),
                ("Precision", Align::Number),
                ("95% interval", Align::Number),
                ("Recall", Align::Number),
                ("95% interval", Align::Number),
            ],
        );
        for estimate in &report.estimates {
            let mut row = vec![estimate.basis.clone()];
            row.extend(figures(estimate.precision.as_ref()));
            row.extend(figures(estimate.recall.as_ref()));
            table.push(row);
        }
        table.write(m);
        paragraph(
            "An estimate holds as far as what it rests on does. What none of them says anything of shows a dash.",
            m,
        );
    }
    report.tests.iter().for_each(|test| paragraph(&format!("{}.", sentence_case(test)), m));
}

/// A share and its interval, or two dashes.
fn figures(estimate: Option<&Estimate>) -> [String; 2] {
    estimate.map_or_else(
        || ["–".to_owned(), "–".to_owned()],
        |of| [probability(of.value), format!("{} to {}", probability(of.low), probability(of.high))],
    )
}

fn write_equity(report: &QualityReport, m: &mut Markup) {
    if let Some(ages) = &report.ages {
        paragraph(&format!("Ages are told on {ages}."), m);
    }
    let gaps: Vec<String> = report
        .groupings
        .iter()
        .flat_map(|by| by.groups.iter().map(move |group| (by, group)))
        .flat_map(|(by, group)| {
            group.gaps.iter().map(move |gap| format!("{}, {}: {gap}", by.by, group.group))
        })
        .collect();
    if report.comparisons == 0 {
        paragraph("No group is large enough to be compared with the rest.", m);
    } else if gaps.is_empty() {
        let compared = count_of(report.comparisons, "comparison", "comparisons");
        paragraph(
            &format!(
                "None of {compared} finds a group below the rest by more than chance and 1 point. A small group may be served worse all the same: look at its interval."
            ),
            m,
        );
    } else {
        m.leaf("p", &[], "Served worse than the rest, by more than chance and 1 point at least:");
        m.element("ul", &[("class", "notes")], |m| {
            for gap in &gaps {
                m.leaf("li", &[("class", "warning")], gap);
            }
        });
    }
    guide(&Guidance {
        shows: "For each group how many of the partners expected of its records were found, and, where the truth is known, its recall and precision.".into(),
        read: "A partner is expected of a record where records like it usually have one; it may still be right that there is none. A standardised difference beyond ±0.1 says that the found and the missing partners are not of the same groups.".into(),
        todo: "Name the gaps beside every figure by group made from these links. Look at the completeness of columns in the group, and decide its pairs for review first.".into(),
    }, m);
    for (place, by) in report.groupings.iter().enumerate() {
        m.leaf("h3", &[], &format!("By {}", by.by));
        write_grouping(place, by, m);
    }
}

fn write_grouping(place: usize, by: &GroupingResult, m: &mut Markup) {
    let has_found = by.groups.iter().any(|group| group.found.is_some());
    let (measure, drawn): (&str, fn(&GroupResult) -> Option<Estimate>) = if has_found {
        ("expected partners found", |group| group.found)
    } else {
        ("recall", |group| group.recall)
    };
    let rows: Vec<Interval> = by
        .groups
        .iter()
        .filter_map(|group| {
            let share = drawn(group)?;
            let figure = match group.expected.filter(|_| has_found) {
                Some((expected, _)) => format!("{} of {}", probability(share.value), count(expected)),
                None => probability(share.value),
            };
            Some(Interval { label: group.group.clone(), figure, share, is_flagged: !group.gaps.is_empty() })
        })
        .collect();
    let table = table_of(by);
    if rows.is_empty() {
        table.write(m);
        return;
    }
    let title = format!("{} by {}", sentence_case(measure), by.by);
    let described: Vec<String> = rows.iter().map(|row| format!("{}: {}.", row.label, row.figure)).collect();
    let chart = intervals(Intervals {
        id: &format!("chart-group-{place}"),
        title: &title,
        description: &described.join(" "),
        rows,
        table,
    });
    let label = format!("Chart: {title}");
    m.element(
        "div",
        &[("class", "scroll chart"), ("role", "group"), ("aria-label", &label), ("tabindex", "0")],
        |m| {
            m.append(&chart.svg);
        },
    );
    chart.table.write(m);
}

fn table_of(by: &GroupingResult) -> Table {
    let is_expected = by.groups.iter().any(|group| group.expected.is_some());
    let is_known = by.groups.iter().any(|group| group.recall.is_some() || group.precision.is_some());
    let mut columns = vec![
        ("Group", Align::Text),
        ("Records", Align::Number),
        ("Persons", Align::Number),
        ("Linked", Align::Number),
        ("In review", Align::Number),
    ];
    if is_expected {
        columns.extend([
            ("Partners expected", Align::Number),
            ("Found", Align::Number),
            ("95% interval", Align::Number),
            ("Standardised difference", Align::Number),
        ]);
    }
    if is_known {
        columns.extend([
            ("Recall", Align::Number),
            ("95% interval", Align::Number),
            ("Precision", Align::Number),
            ("95% interval", Align::Number),
        ]);
    }
    columns.push(("Below the rest", Align::Text));
    let mut table = Table::new(format!("Figures by {}", by.by), &columns);
    for group in &by.groups {
        let mut row = vec![
            group.group.clone(),
            count(group.records),
            count(group.persons),
            share(group.linked, group.records),
            share(group.in_review, group.records),
        ];
        if is_expected {
            row.push(group.expected.map_or_else(|| "–".to_owned(), |(expected, _)| count(expected)));
            row.extend(figures(group.found.as_ref()));
            row.push(group.standardised_difference.map_or_else(|| "–".to_owned(), signed));
        }
        if is_known {
            row.extend(figures(group.recall.as_ref()));
            row.extend(figures(group.precision.as_ref()));
        }
        row.push(if group.gaps.is_empty() { "–".to_owned() } else { group.gaps.join("; ") });
        table.push(row);
    }
    table
}

/// `+0.12`, `−0.30`, `0.00`
fn signed(number: f64) -> String {
    let text = format!("{:.2}", number.abs());
    match text.as_str() {
        "0.00" => text,
        _ if number < 0.0 => format!("−{text}"),
        _ => format!("+{text}"),
    }
}

fn write_use(report: &QualityReport, m: &mut Markup) {
    let mut table = Table::new(
        "What goes with every record and link, for whoever analyses them",
        &[("Column", Align::Code), ("What it is for", Align::Text)],
    );
    for (column, what) in [
        (
            "people.parquet: confidence",
            "How sure it is that a record is with the right others. Leave out, or weigh, records below a limit to see what a figure owes to doubtful links.",
        ),
        (
            "links.parquet: person_probability",
            "Of every link and every pair for review, with all records of the two persons looked at. Drawing each pair as a link with this probability, several times, carries the doubt into an analysis.",
        ),
        (
            "links.parquet: match_probability",
            "What the two records alone say: what links are made from, and what a pair is explained by.",
        ),
        (
            "links.parquet: decision, rule, reason",
            "Whether it is a link, what made it a pair, and why it is one or waits for review.",
        ),
    ] {
        table.push([column.to_owned(), what.to_owned()]);
    }
    table.write(m);
    paragraph(
        &format!(
            "A count of persons made from these links is too high by what was missed and too low by what was wrongly joined. \
             Bounds: once with all {} for review as links, once without. Ids of persons hold within this run.",
            count_of(report.link.pairs.reviews, "pair", "pairs")
        ),
        m,
    );
}

fn write_governance(report: &QualityReport, m: &mut Markup) {
    let mut todo = Table::new(
        "To be filled in: Plait does not know it",
        &[("What", Align::Text), ("Answer", Align::Text)],
    );
    for what in [
        "Controllers of each source",
        "Purpose of the linkage",
        "Legal gateway for each source",
        "Data protection impact assessment (reference)",
        "Opt-outs: how they were applied, and how many",
        "How long the links are kept, and who deletes them",
        "Who ran it, who reviewed pairs",
        "Where the audit log is",
    ] {
        todo.push([what.to_owned(), String::new()]);
    }
    todo.write(m);
    let run = &report.link.provenance;
    let mut facts = Table::new("What the run is known by", &[("What", Align::Text), ("Value", Align::Code)]);
    facts.push(["Plait".to_owned(), run.version.clone()]);
    facts.push(["SHA-256 of the model".to_owned(), run.model_sha256.clone()]);
    for input in &run.inputs {
        facts.push([format!("SHA-256 of {}", input.file), input.sha256.clone()]);
    }
    facts.push(["Seed".to_owned(), run.seed.to_string()]);
    facts.write(m);
}
