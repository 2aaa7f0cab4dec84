//! How the evidence about one pair adds up, term by term.

use plait_engine::explanation::{Explanation, Term};

use super::canvas::{Anchor, Canvas, SMALL, TEXT, Tone, WIDTH, fit};
use super::{Chart, Fill};
use crate::sentence::shown_tenths;
use crate::table::{Align, Table};
use crate::words;

const LABEL: f64 = 336.0;
/// Room for the words right of the last bar.
const BESIDE: f64 = 112.0;
const ROW: f64 = 46.0;
const BAR: f64 = 22.0;
const TOP: f64 = 34.0;

/// One bar per term, each starting where the one above ends, and one for the sum. `link` is the threshold in bits.
/// `id` is unique on the page.
///
/// Bars are as long as the numbers beside them say, so they add up to the sum exactly.
pub fn waterfall(id: &str, explanation: &Explanation, link: f64) -> Chart {
    let shown = shown_tenths(explanation);
    let bits = |tenths: i64| tenths as f64 / 10.0;
    let mut ends = Vec::with_capacity(shown.terms.len());
    let mut sum = 0;
    for term in &shown.terms {
        sum += term;
        ends.push(sum);
    }
    let low = ends.iter().copied().fold(0, i64::min);
    let high = ends.iter().copied().fold(0, i64::max).max(low + 10);
    let scale = (WIDTH - LABEL - BESIDE) / bits(high - low);
    let x = |tenths: i64| LABEL + bits(tenths - low) * scale;
    let bottom = TOP + (shown.terms.len() + 1) as f64 * ROW;

    let mut canvas = Canvas::new(id);
    let even = x(0);
    canvas.threshold((even, TOP - 12.0), (even, bottom));
    let threshold = (link.clamp(-1000.0, 1000.0) * 10.0).round() as i64;
    let link_x = x(threshold.clamp(low, high));
    if threshold > low && threshold <= high && (link_x - even).abs() > 40.0 {
        canvas.threshold((link_x, TOP - 12.0), (link_x, bottom));
        canvas.text(link_x, 14.0, Anchor::Middle, Tone::Quiet, "link");
    }
    canvas.text(even, 14.0, Anchor::Middle, Tone::Quiet, "50:50");

    let mut table = Table::new(
        format!(
            "The same evidence as a table, record {} and record {}",
            explanation.left.1, explanation.right.1
        ),
        &[
            ("Evidence", Align::Text),
            (&explanation.left.0, Align::Value),
            (&explanation.right.0, Align::Value),
            ("Finding", Align::Text),
            ("Weight, bits", Align::Number),
            ("Running total", Align::Number),
        ],
    );
    let mut y = TOP;
    let mut start = 0;
    for ((term, tenths), end) in explanation.terms.iter().zip(&shown.terms).zip(&ends) {
        canvas.text(0.0, y + 10.0, Anchor::Start, Tone::Bold, &fit(&term.title, LABEL - 20.0, TEXT + 1.0));
        canvas.text(0.0, y + 28.0, Anchor::Start, Tone::Quiet, &fit(&under_title(term), LABEL - 14.0, SMALL));
        let (from, to) = (x(start.min(*end)), x(start.max(*end)));
        match tenths.signum() {
            1 => canvas.rect(from, y, to - from, BAR, Fill::Solid),
            -1 => canvas.rect(from, y, to - from, BAR, Fill::Orange),
            _ => canvas.axis((from, y), (from, y + BAR)),
        }
        let beside = match tenths {
            0 => words::direction(0).to_owned(),
            tenths => format!("{} {}", words::tenths(*tenths), words::direction(*tenths)),
        };
        canvas.text_over(to + 8.0, y + 16.0, Anchor::Start, Tone::Plain, &beside);
        let value = |side: &Option<String>| side.clone().unwrap_or_else(|| "–".to_owned());
        table.push([
            term.title.clone(),
            value(&term.left),
            value(&term.right),
            term.outcome.clone(),
            words::tenths(*tenths),
            words::tenths(*end),
        ]);
        start = *end;
        y += ROW;
    }
    let probability = words::probability(explanation.probability);
    canvas.text(0.0, y + 10.0, Anchor::Start, Tone::Bold, "Sum");
    canvas.text(0.0, y + 28.0, Anchor::Start, Tone::Quiet, &format!("match probability {probability}"));
    let (from, to) = (x(sum.min(0)), x(sum.max(0)));
    canvas.rect(from, y, to - from, BAR, Fill::Grey);
    canvas.text_over(to + 8.0, y + 16.0, Anchor::Start, Tone::Bold, &words::tenths(sum));
    let dash = || "–".to_owned();
    let total = words::tenths(sum);
    table.push([
        "Sum".into(),
        dash(),
        dash(),
        format!("match probability {probability}"),
        total.clone(),
        total.clone(),
    ]);

    let title = format!("Evidence about record {} and record {}", explanation.left.1, explanation.right.1);
    let description = format!(
        "{} terms that add up to {total} bits, a match probability of {probability}.",
        explanation.terms.len()
    );
    Chart { svg: canvas.finish(bottom + 2.0, &title, &description), table }
}

/// `Chidi / Chidiebere: known short form`, as far as there are values.
fn under_title(term: &Term) -> String {
    match (&term.left, &term.right) {
        (Some(left), Some(right)) if left == right => format!("{left}: {}", term.outcome),
        (Some(left), Some(right)) => format!("{left} / {right}: {}", term.outcome),
        _ => term.outcome.clone(),
    }
}

#[cfg(test)]
mod tests {
    use plait_engine::explanation::TermKind;
    use proptest::prelude::*;

    use super::*;

    fn pair(weights: &[f64]) -> Explanation {
        let term = |(place, weight): (usize, &f64)| Term {
            kind: if place == 0 { TermKind::Prior } else { TermKind::Comparison(place) },
            title: format!("Term {place}"),
            left: None,
            right: None,
            outcome: "same".into(),
            weight: *weight,
        };
        let weight = weights.iter().sum::<f64>();
        Explanation {
            left: ("a".into(), "1".into()),
            right: ("b".into(), "2".into()),
            terms: weights.iter().enumerate().map(term).collect(),
            weight,
            probability: 1.0 / (1.0 + (-weight).exp2()),
            statement: None,
            objection: None,
        }
    }

    /// Signed lengths of the bars, in order: dark blue is for, orange against; the sum is grey and unsigned.
    fn bars(svg: &str) -> (Vec<f64>, f64) {
        let attribute = |tag: &str, name: &str| {
            let (_, rest) = tag.split_once(&format!(" {name}=\"")).expect("a bar of this form");
            rest.split_once('"').expect("a bar of this form").0.to_owned()
        };
        let (mut terms, mut sum) = (Vec::new(), 0.0);
        for tag in svg.split("<rect").skip(1) {
            let width: f64 = attribute(tag, "width").parse().expect("a bar of this form");
            match &*attribute(tag, "fill") {
                "#12436d" => terms.push(width),
                "#f46a25" => terms.push(-width),
                _ => sum = width,
            }
        }
        (terms, sum)
    }

    proptest! {
        #[test]
        fn bars_add_up_to_the_bar_of_the_sum(weights in prop::collection::vec(-20.0..20.0_f64, 1..12)) {
            let chart = waterfall("w", &pair(&weights), 5.0);
            let (terms, sum) = bars(chart.svg.as_str());
            let ends: f64 = terms.iter().sum();
            // lengths are written to a hundredth of a pixel
            prop_assert!((ends.abs() - sum).abs() < 0.01 * 13.0, "{ends} {sum}");
        }
    }

    #[test]
    fn bars_of_round_weights_add_up_to_a_hundredth_of_a_pixel() {
        let chart = waterfall("w", &pair(&[-14.9, 8.1, 2.3, 5.2, 6.4, -1.1, 0.9, 0.0]), 5.0);
        let (terms, sum) = bars(chart.svg.as_str());
        assert_eq!(terms.len(), 7);
        assert!((terms.iter().sum::<f64>() - sum).abs() < 0.1);
        assert_eq!(chart.table.rows.last().expect("a bar of this form")[4], "+6.9");
        assert_eq!(chart.table.rows[7][5], "+6.9");
    }

    #[test]
    fn the_running_total_of_the_table_is_the_sum_of_its_weights() {
        let chart = waterfall("w", &pair(&[-3.04, 1.04, 1.04, 1.04]), 5.0);
        let column = |at: usize| chart.table.rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>();
        assert_eq!(column(4), ["−3.0", "+1.1", "+1.0", "+1.0", "+0.1"]);
        assert_eq!(column(5), ["−3.0", "−1.9", "−0.9", "+0.1", "+0.1"]);
    }
}
