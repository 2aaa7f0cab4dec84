//! The page of one linkage run, section by section.

mod columns;
mod pairs;
mod provenance;
mod quality;
mod results;
mod scores;
mod trained;

pub use quality::quality_report;

use plait_engine::model::LinkType;
use plait_types::Probability;

use crate::chart::Chart;
use crate::chart::histogram::Thresholds;
use crate::markup::{Markup, css_string};
use crate::report::LinkReport;
use crate::{font, words};

const STYLE: &str = include_str!("../../assets/report.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:";
const PERSONAL: &str = "Contains personal data";
const NOT_PERSONAL: &str = "No values of records";

/// The whole page as HTML that is also well-formed XML. Asks for nothing outside itself and needs no script.
///
/// Holds values of records if and only if [`LinkReport::explained`] is not empty, and then says so at the top of the
/// page and of each printed page.
pub fn link_report(report: &LinkReport) -> String {
    let frame = Frame {
        kind: "link report",
        title: &report.title,
        date: &report.date,
        purpose: report.purpose.as_deref(),
        version: &report.provenance.version,
        is_personal: !report.explained.is_empty(),
    };
    whole_page(&frame, |m| main(report, m))
}

/// What stands around every page.
struct Frame<'a> {
    /// Which page it is: `link report`.
    kind: &'a str,
    title: &'a str,
    date: &'a str,
    purpose: Option<&'a str>,
    version: &'a str,
    is_personal: bool,
}

fn whole_page(frame: &Frame<'_>, main: impl FnOnce(&mut Markup)) -> String {
    let mut page = Markup::default();
    page.element("html", &[("lang", "en-GB")], |m| {
        m.element("head", &[], |m| head(frame, m));
        m.element("body", &[], |m| {
            m.leaf("a", &[("class", "skip"), ("href", "#main")], "Skip to main content");
            header(frame, m);
            m.element("main", &[("id", "main"), ("class", "width")], main);
            footer(frame, m);
        });
    });
    format!("<!DOCTYPE html>\n{page}\n")
}

/// One section: its id, its heading, and what writes it.
type Section<R> = (&'static str, &'static str, fn(&R, &mut Markup));

/// The sections that this run has, in order.
fn sections(report: &LinkReport) -> Vec<Section<LinkReport>> {
    let mut sections: Vec<Section<LinkReport>> = vec![("linked", "What was linked", results::write)];
    if !report.notes.is_empty() {
        sections.push(("notes", "What the run noticed", provenance::write_notes));
    }
    if report.accuracy.is_some() {
        sections.push(("accuracy", "How accurate the result is", results::write_accuracy));
    }
    sections.push(("scores", "Where the line was drawn", scores::write));
    if !report.explained.is_empty() {
        sections.push(("pairs", "Pairs explained", pairs::write));
    }
    sections.push(("model", "What the model learned", trained::write));
    sections.push(("blocking", "Which pairs were compared", scores::write_blocking));
    if !report.columns.is_empty() {
        sections.push(("columns", "Completeness and validity", columns::write));
    }
    sections.push(("run", "How to repeat this run", provenance::write));
    sections
}

fn head(frame: &Frame<'_>, m: &mut Markup) {
    m.empty("meta", &[("charset", "utf-8")]);
    m.empty("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]);
    m.empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    m.empty("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    m.empty("meta", &[("name", "robots"), ("content", "noindex")]);
    m.leaf("title", &[], &format!("{} – Plait {}", frame.title, frame.kind));
    m.style(&format!("{}{STYLE}{}", font::faces(), print_header(frame)));
}

/// Repeats on each printed page what the header says.
fn print_header(frame: &Frame<'_>) -> String {
    let purpose = frame.purpose.map_or_else(String::new, |purpose| format!(" | Purpose: {purpose}"));
    let left = css_string(&format!("Plait {} | {}{purpose}", frame.kind, frame.date));
    let right = css_string(marking(frame));
    format!("@page{{@top-left{{content:{left}}}@top-right{{content:{right}}}}}\n")
}

fn marking(frame: &Frame<'_>) -> &'static str {
    if frame.is_personal { PERSONAL } else { NOT_PERSONAL }
}

fn header(frame: &Frame<'_>, m: &mut Markup) {
    m.element("header", &[("class", "bar")], |m| {
        m.element("div", &[("class", "width")], |m| {
            m.element("p", &[], |m| {
                m.leaf("strong", &[], "Plait");
                m.text(" ");
                m.leaf("span", &[], &words::sentence_case(frame.kind));
                m.text(" ");
                m.leaf("span", &[], frame.date);
                if let Some(purpose) = frame.purpose {
                    m.text(" ");
                    m.leaf("span", &[], &format!("Purpose: {purpose}"));
                }
            });
            let class = if frame.is_personal { "mark personal" } else { "mark" };
            m.leaf("p", &[("class", class)], marking(frame));
        });
    });
}

fn main(report: &LinkReport, m: &mut Markup) {
    m.leaf("h1", &[], &report.title);
    if !report.explained.is_empty() {
        m.element("p", &[("class", "notice")], |m| {
            m.leaf("strong", &[], "This page contains personal data. ");
            m.text("The section “Pairs explained” shows values of records. Keep and share this page as you would the files that were linked.");
        });
    }
    m.element("div", &[("class", "summary")], |m| {
        for paragraph in report.summary.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            m.leaf("p", &[], paragraph.trim());
        }
    });
    results::write_key_figures(report, m);
    write_sections(&sections(report), report, m);
}

/// A list of the sections, then each.
fn write_sections<R>(sections: &[Section<R>], report: &R, m: &mut Markup) {
    m.element("nav", &[("class", "contents"), ("aria-labelledby", "contents")], |m| {
        m.leaf("h2", &[("id", "contents")], "On this page");
        m.element("ol", &[], |m| {
            for (id, heading, _) in sections {
                m.element("li", &[], |m| {
                    m.leaf("a", &[("href", &format!("#{id}"))], heading);
                });
            }
        });
    });
    for (id, heading, write) in sections {
        let heading_id = format!("{id}-heading");
        m.element("section", &[("id", id), ("aria-labelledby", &heading_id)], |m| {
            m.leaf("h2", &[("id", &heading_id)], heading);
            write(report, m);
        });
    }
}

fn footer(frame: &Frame<'_>, m: &mut Markup) {
    m.element("footer", &[("class", "width")], |m| {
        let text = format!("Made by Plait {} on {}. {}.", frame.version, frame.date, marking(frame));
        m.leaf("p", &[], &text);
    });
}

/// What a chart shows, how to read it, and what to do about it.
struct Guidance {
    shows: String,
    read: String,
    todo: String,
}

/// A chart, its table, and how to use it. Long tables are folded away; they open in print.
fn figure(chart: &Chart, name: &str, guidance: &Guidance, m: &mut Markup) {
    const LONG: usize = 4;
    let label = format!("Chart: {name}");
    m.element(
        "div",
        &[("class", "scroll chart"), ("role", "group"), ("aria-label", &label), ("tabindex", "0")],
        |m| {
            m.append(&chart.svg);
        },
    );
    if chart.table.rows.len() > LONG {
        m.element("details", &[("class", "twin")], |m| {
            m.leaf("summary", &[], &format!("The same figures as a table: {name}"));
            chart.table.write(m);
        });
    } else {
        chart.table.write(m);
    }
    guide(guidance, m);
}

fn guide(guidance: &Guidance, m: &mut Markup) {
    m.element("dl", &[("class", "guide")], |m| {
        for (term, text) in [
            ("What it shows", &guidance.shows),
            ("How to read it", &guidance.read),
            ("What to do", &guidance.todo),
        ] {
            m.element("div", &[], |m| {
                m.leaf("dt", &[], term);
                m.leaf("dd", &[], text);
            });
        }
    });
}

fn paragraph(text: &str, m: &mut Markup) {
    m.leaf("p", &[], text);
}

/// The thresholds of the model in bits.
fn thresholds(report: &LinkReport) -> Thresholds {
    let bits = |p: f64| Probability::new(p.clamp(0.0, 1.0)).map_or(0.0, |p| p.weight().0);
    Thresholds { link: bits(report.model.accept.link), review: bits(report.model.accept.review) }
}

/// Whether no weight is enough for a link or for review.
fn links_by_rules_alone(report: &LinkReport) -> bool {
    report.model.accept.review >= 1.0
}

/// What a record is linked to, under this link type.
fn linked_to(report: &LinkReport) -> &'static str {
    match report.model.link_type {
        LinkType::DedupeOnly => "linked to another record",
        LinkType::LinkOnly | LinkType::LinkAndDedupe => "linked to another source",
    }
}

/// Names in quotation marks, as a list in words.
fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("“{name}”")).collect();
    words::list(&names)
}
