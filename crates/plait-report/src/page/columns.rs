//! Completeness and validity per source and column.

use super::{Guidance, figure, paragraph, quoted};
use crate::chart::bars::{Bar, Bars, bars};
use crate::chart::{Chart, Fill};
use crate::markup::Markup;
use crate::report::{ColumnQuality, LinkReport, SourceColumns};
use crate::table::{Align, Table};
use crate::words::{count, count_of, share};

pub(super) fn write(report: &LinkReport, m: &mut Markup) {
    for (place, source) in report.columns.iter().enumerate() {
        m.leaf("h3", &[], &format!("Columns of {}", source.source));
        if used(source).next().is_none() {
            paragraph(&format!("No column of {} was used for linking.", source.source), m);
            write_unused(source, m);
            continue;
        }
        figure(&chart(place, source), &format!("columns of {}", source.source), &Guidance {
            shows: format!(
                "For each column of {} that linking uses, how many of its {} hold a value that can be compared.",
                source.source,
                count_of(source.records, "record", "records")
            ),
            read: "A placeholder is a value that stands for “not known”, such as 1 January 1900; it was treated as missing. What is not valid fails a check that every true value passes.".into(),
            todo: todo(source),
        }, m);
        write_unused(source, m);
    }
}

fn used(source: &SourceColumns) -> impl Iterator<Item = &ColumnQuality> {
    source.columns.iter().filter(|column| column.used)
}

/// The other columns, without a word on how good they are: nothing rests on them.
fn write_unused(source: &SourceColumns, m: &mut Markup) {
    let unused: Vec<&str> =
        source.columns.iter().filter(|column| !column.used).map(|column| &*column.name).collect();
    if !unused.is_empty() {
        paragraph(&format!("Not used for linking: {}.", unused.join(", ")), m);
    }
    if !source.outside.is_empty() {
        paragraph(
            &format!(
                "Kept apart, and not seen by linkage (payload, details of other people, empty columns): {}.",
                source.outside.join(", ")
            ),
            m,
        );
    }
}

fn chart(place: usize, source: &SourceColumns) -> Chart {
    let records = source.records;
    let mut table = Table::new(
        format!("Completeness and validity of {}", source.source),
        &[
            ("Column", Align::Text),
            ("Taken as", Align::Text),
            ("Usable", Align::Number),
            ("Not valid", Align::Number),
            ("Placeholder", Align::Number),
            ("Missing", Align::Number),
            ("Placeholders found", Align::Value),
        ],
    );
    let mut rows = Vec::new();
    for column in used(source) {
        let missing = records.saturating_sub(column.recorded);
        let parts = [column.usable(), column.invalid, column.placeholder_records(), missing];
        let found: Vec<_> =
            column.placeholders.iter().map(|p| format!("{} ({})", p.value, count(p.records))).collect();
        let mut row = vec![column.name.clone(), column.role.words().to_owned()];
        row.extend(parts.map(|part| share(part, records)));
        row.push(if found.is_empty() { "–".to_owned() } else { found.join(", ") });
        table.push(row);
        rows.push(Bar {
            label: column.name.clone(),
            figures: format!("{} usable", share(column.usable(), records)),
            parts: parts.map(|part| part as f64).to_vec(),
        });
    }
    bars(Bars {
        id: &format!("chart-columns-{place}"),
        title: &format!("Completeness and validity of {}", source.source),
        description: &format!(
            "{} of {}.",
            count_of(used(source).count() as u64, "column", "columns"),
            source.source
        ),
        series: &[
            ("usable", Fill::Solid),
            ("not valid", Fill::Striped),
            ("placeholder", Fill::Lined),
            ("missing", Fill::Open),
        ],
        rows,
        full: records.max(1) as f64,
        framed: true,
        table,
    })
}

fn todo(source: &SourceColumns) -> String {
    let at_least = |part: u64, percent: u64| part * 100 >= source.records * percent && part > 0;
    let invalid = used(source).filter(|column| at_least(column.invalid, 5)).map(|column| &*column.name);
    // what stands for "not known" is as good as nothing
    let missing = used(source)
        .filter(|column| !at_least(column.usable() + column.invalid, 80))
        .map(|column| &*column.name);
    let (invalid, missing) = (quoted(invalid), quoted(missing));
    match (invalid.is_empty(), missing.is_empty()) {
        (true, true) => "Nothing stands out. Keep it so: these columns are what the links rest on.".into(),
        (false, true) => {
            format!("Ask the owner of {} about values that are not valid in {invalid}.", source.source)
        }
        (true, false) => format!(
            "More than one in five is missing or a placeholder in {missing}. Ask the owner of {} whether a fuller extract exists.",
            source.source
        ),
        (false, false) => format!(
            "Ask the owner of {} about values that are not valid in {invalid}, and whether a fuller extract of {missing} exists.",
            source.source
        ),
    }
}
