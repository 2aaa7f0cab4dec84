//! How often findings of two comparisons come together among pairs of one person, beside how often they would if they had
//! nothing to do with each other.

use plait_engine::model::Model;
use plait_engine::training::Dependence;

use super::Chart;
use super::canvas::{Anchor, Canvas, SMALL, Tone, WIDTH, fit};
use crate::table::{Align, Table};
use crate::words;

const LABEL: f64 = 400.0;
const FIGURES: f64 = 215.0;
const ROW: f64 = 25.0;
/// Two comparisons shown at most, those that tell most of each other.
const SHOWN: usize = 6;
/// Findings shown of each two, those that are furthest from what was expected.
const FINDINGS: usize = 3;
/// A finding of fewer pairs is not drawn: among so few, a difference is chance.
const FEWEST: f64 = 10.0;

/// Two findings together.
struct Finding {
    label: String,
    observed: f64,
    expected: f64,
}

/// The comparisons that tell most of each other among pairs of one person, and of each the findings that are furthest from
/// what was expected. `id` is unique on the page. `None` where nothing was learned.
pub fn dependence(id: &str, model: &Model, found: &[Dependence]) -> Option<Chart> {
    let shown = most_telling(found);
    let rows: Vec<(&Dependence, Vec<Finding>)> =
        shown.into_iter().map(|dependence| (dependence, findings(model, dependence))).collect();
    let n_findings: usize = rows.iter().map(|(_, findings)| findings.len()).sum();
    if n_findings == 0 {
        return None;
    }
    let all = || rows.iter().flat_map(|(_, findings)| findings);
    let most = all().flat_map(|finding| [finding.observed, finding.expected]).fold(1.0, f64::max);
    // whole powers of ten from one pair on
    let decades = most.log10().ceil().max(1.0);
    let plot = WIDTH - LABEL - FIGURES;
    let place = |pairs: f64| LABEL + plot * (pairs.max(1.0).log10() / decades);
    let top = 70.0;
    let bottom = top + n_findings as f64 * ROW + rows.len() as f64 * 34.0;
    let (observed_column, expected_column) = (WIDTH - 82.0, WIDTH);
    let mut canvas = Canvas::new(id);
    canvas.disc(8.0, 9.0);
    canvas.text(24.0, 14.0, Anchor::Start, Tone::Plain, "pairs observed");
    canvas.diamond(168.0, 9.0);
    canvas.text(
        184.0,
        14.0,
        Anchor::Start,
        Tone::Plain,
        "expected if the two had nothing to do with each other",
    );
    canvas.text(observed_column, top - 14.0, Anchor::End, Tone::Bold, "observed");
    canvas.text(expected_column, top - 14.0, Anchor::End, Tone::Bold, "expected");
    for decade in 0..=decades as i32 {
        let pairs = 10_f64.powi(decade);
        canvas.rule((place(pairs), top - 8.0), (place(pairs), bottom));
        canvas.text(place(pairs), top - 14.0, Anchor::Middle, Tone::Quiet, &words::count(pairs as u64));
    }
    let mut table = Table::new(
        "Findings of two comparisons together, among pairs of one person",
        &[
            ("Comparisons", Align::Text),
            ("Counted", Align::Text),
            ("Bits that one tells of the other", Align::Number),
            ("Findings", Align::Text),
            ("Observed", Align::Number),
            ("Expected", Align::Number),
        ],
    );
    let mut y = top;
    for (dependence, findings) in &rows {
        let names = names(model, dependence);
        let counted = counted(model, dependence);
        y += 22.0;
        canvas.text(0.0, y, Anchor::Start, Tone::Bold, &fit(&format!("{names}: {counted}"), LABEL, 16.0));
        y += 8.0;
        for finding in findings {
            let middle = y + 8.0;
            canvas.text(
                14.0,
                y + 12.5,
                Anchor::Start,
                Tone::Quiet,
                &fit(&finding.label, LABEL - 30.0, SMALL),
            );
            canvas.span((place(finding.expected), middle), (place(finding.observed), middle));
            canvas.diamond(place(finding.expected), middle);
            canvas.disc(place(finding.observed), middle);
            let figures = [finding.observed, finding.expected].map(count);
            canvas.text(observed_column, y + 12.5, Anchor::End, Tone::Quiet, &figures[0]);
            canvas.text(expected_column, y + 12.5, Anchor::End, Tone::Quiet, &figures[1]);
            let [observed, expected] = figures;
            let bits = format!("{:.3}", dependence.information);
            table.push([names.clone(), counted.to_owned(), bits, finding.label.clone(), observed, expected]);
            y += ROW;
        }
        y += 4.0;
    }
    let description = format!(
        "{} of the comparisons that tell most of each other. Where the disc lies to the right of the diamond, two findings come together more often than they would by chance.",
        words::count_of(n_findings as u64, "pair of findings", "pairs of findings"),
    );
    let svg = canvas.finish(bottom + 4.0, "What findings come together", &description);
    Some(Chart { svg, table })
}

/// Those that tell most of each other, most telling first.
fn most_telling(found: &[Dependence]) -> Vec<&Dependence> {
    let mut shown: Vec<&Dependence> =
        found.iter().filter(|dependence| dependence.information > 0.0).collect();
    let told = |dependence: &Dependence| dependence.information * dependence.n_pairs();
    shown.sort_by(|a, b| told(b).total_cmp(&told(a)));
    shown.truncate(SHOWN);
    shown
}

fn findings(model: &Model, dependence: &Dependence) -> Vec<Finding> {
    let [first, second] = dependence.comparisons.map(|comparison| &model.comparisons[comparison]);
    let mut findings = Vec::new();
    for (a, (observed, expected)) in dependence.observed.iter().zip(&dependence.expected).enumerate() {
        for (b, (&observed, &expected)) in observed.iter().zip(expected).enumerate() {
            if observed.max(expected) >= FEWEST {
                let label = format!("{}; {}", first.level_label(a), second.level_label(b));
                findings.push(Finding { label, observed, expected });
            }
        }
    }
    // by what a finding adds to the likelihood ratio of the two hypotheses
    let surprise = |finding: &Finding| {
        let [observed, expected] = [finding.observed, finding.expected].map(|pairs| pairs.max(0.5));
        observed.max(expected) * (observed / expected).log2().abs()
    };
    findings.sort_by(|a, b| surprise(b).total_cmp(&surprise(a)));
    findings.truncate(FINDINGS);
    findings
}

fn names(model: &Model, dependence: &Dependence) -> String {
    let [first, second] = dependence.comparisons.map(|comparison| model.comparisons[comparison].words());
    format!("{first} and {second}")
}

fn counted(model: &Model, dependence: &Dependence) -> &'static str {
    if model.count_together(dependence.comparisons) { "counted together" } else { "each counted by itself" }
}

/// A number of pairs, whole from ten on.
fn count(pairs: f64) -> String {
    if pairs >= 9.5 { words::count(pairs.round() as u64) } else { format!("{pairs:.1}") }
}
