//! What precision and recall would be at other thresholds.

use super::Chart;
use super::canvas::{Anchor, Canvas, TEXT, Tone, WIDTH, ticks, width_of};
use crate::table::{Align, Table};
use crate::words;

const LEFT: f64 = 74.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 60.0;
const PLOT: f64 = 250.0;

/// Precision and recall, 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// Share of the pairs of records in one person that are right.
    pub precision: f64,
    /// Share of the true pairs that are in one person; `None` where nothing is said of it.
    pub recall: Option<f64>,
}

/// One threshold and what comes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The threshold, bits.
    pub bits: f64,
    /// The same as a match probability.
    pub probability: f64,
    /// Pairs that would be links.
    pub links: u64,
    /// As the model has it.
    pub estimated: Shares,
    /// Against the truth, where that was given.
    pub known: Option<Shares>,
}

/// A line of precision and one of recall, where it is said, over the thresholds, which ascend and are one or more; where the
/// truth is known, discs and diamonds say what they are. `link` is the threshold of the model in bits. `id` is unique on the page.
pub fn tradeoff(id: &str, points: &[Point], link: f64) -> Chart {
    let (low, high) = (points[0].bits, points[points.len() - 1].bits.max(points[0].bits + 1.0));
    let all = points.iter().flat_map(|point| std::iter::once(point.estimated).chain(point.known));
    let least =
        all.flat_map(|shares| shares.recall.into_iter().chain([shares.precision])).fold(1.0, f64::min);
    // whole twentieths, so that lines near the top are told apart
    let bottom = ((least * 20.0).floor() / 20.0).min(0.95);
    let right = WIDTH - RIGHT;
    let x = |bits: f64| LEFT + (bits - low) / (high - low) * (right - LEFT);
    let y = |share: f64| TOP + (1.0 - share) / (1.0 - bottom) * PLOT;
    let floor = y(bottom);
    let mut canvas = Canvas::new(id);
    for tick in ticks(bottom, 1.0, 5.0) {
        canvas.rule((LEFT, y(tick)), (right, y(tick)));
        let words = format!("{:.0}%", tick * 100.0);
        canvas.text(LEFT - 10.0, y(tick) + 5.0, Anchor::End, Tone::Quiet, &words);
    }
    canvas.axis((LEFT, floor), (right, floor));
    for tick in ticks(low, high, 10.0) {
        canvas.axis((x(tick), floor), (x(tick), floor + 5.0));
        canvas.text(x(tick), floor + 21.0, Anchor::Middle, Tone::Quiet, &format!("{tick}").replace('-', "−"));
    }
    canvas.text(right, floor + 48.0, Anchor::End, Tone::Quiet, "threshold, bits of match weight");
    if (low..=high).contains(&link) {
        canvas.threshold((x(link), TOP - 24.0), (x(link), floor));
        let label = format!("linked from {} bits", words::bits(link));
        let fits = x(link) + width_of(&label, TEXT) + 10.0 < WIDTH;
        let (place, anchor) =
            if fits { (x(link) + 8.0, Anchor::Start) } else { (x(link) - 8.0, Anchor::End) };
        canvas.text(place, TOP - 24.0, anchor, Tone::Bold, &label);
    }
    let line = |of: fn(Shares) -> Option<f64>| -> Vec<(f64, f64)> {
        points.iter().filter_map(|point| Some((x(point.bits), y(of(point.estimated)?)))).collect()
    };
    let (precision, recall) = (line(|of| Some(of.precision)), line(|of| of.recall));
    canvas.line_through(&precision, true);
    if !recall.is_empty() {
        canvas.line_through(&recall, false);
    }
    for (point, known) in points.iter().filter_map(|point| Some((point, point.known?))) {
        canvas.disc(x(point.bits), y(known.precision));
        known.recall.iter().for_each(|&recall| canvas.diamond(x(point.bits), y(recall)));
    }
    let mut label = |height: f64, words| {
        canvas.text(right + 10.0, height + 5.0, Anchor::Start, Tone::Bold, words);
    };
    match (precision[precision.len() - 1].1, recall.last()) {
        (of_precision, Some(&(_, of_recall))) => {
            let (of_precision, of_recall) = apart(of_precision, of_recall);
            label(of_precision, "precision");
            label(of_recall, "recall");
        }
        (of_precision, None) => label(of_precision, "precision"),
    }
    let has_truth = points.iter().any(|point| point.known.is_some());
    if has_truth {
        let words = "lines: estimated; discs and diamonds: precision and recall against the truth";
        canvas.text(right, floor + 72.0, Anchor::End, Tone::Quiet, words);
    }
    let description = format!(
        "Precision and recall at thresholds from {} to {} bits; the table has the figures.",
        words::bits(low),
        words::bits(high)
    );
    let svg = canvas.finish(
        floor + if has_truth { 80.0 } else { 56.0 },
        "Precision and recall by threshold",
        &description,
    );
    Chart { svg, table: table(points, has_truth) }
}

/// Two heights of labels, moved apart where they would lie on each other.
fn apart(first: f64, second: f64) -> (f64, f64) {
    const LEAST: f64 = 18.0;
    let lacking = LEAST - (first - second).abs();
    if lacking <= 0.0 {
        return (first, second);
    }
    let half = if first <= second { -lacking / 2.0 } else { lacking / 2.0 };
    (first + half, second - half)
}

fn table(points: &[Point], has_truth: bool) -> Table {
    let mut columns = vec![
        ("From bits", Align::Number),
        ("Match probability", Align::Number),
        ("Links", Align::Number),
        ("Precision", Align::Number),
        ("Recall", Align::Number),
    ];
    if has_truth {
        columns.extend([("Precision, truth", Align::Number), ("Recall, truth", Align::Number)]);
    }
    let mut table = Table::new("Precision and recall by threshold", &columns);
    for point in points {
        let shares = |of: Shares| {
            [Some(of.precision), of.recall]
                .map(|share| share.map_or_else(|| "–".to_owned(), words::probability))
        };
        let first =
            [words::bits(point.bits), words::probability(point.probability), words::count(point.links)];
        let known = point.known.map(shares);
        table.push(first.into_iter().chain(shares(point.estimated)).chain(known.into_iter().flatten()));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(bits: f64, precision: f64, recall: f64, known: Option<(f64, f64)>) -> Point {
        let shares = |(precision, recall)| Shares { precision, recall: Some(recall) };
        let estimated = shares((precision, recall));
        Point { bits, probability: 0.5, links: 7, estimated, known: known.map(shares) }
    }

    #[test]
    fn every_threshold_is_a_row_of_the_table_and_the_truth_only_where_it_is_known() {
        let points = [point(0.0, 0.9, 0.99, None), point(5.0, 0.99, 0.8, None)];
        let chart = tradeoff("t", &points, 2.0);
        assert_eq!(chart.table.rows.len(), 2);
        assert_eq!(chart.table.rows[1], ["+5.0", "50%", "7", "99%", "80%"]);
        assert_eq!(chart.svg.as_str().matches("<circle").count(), 0);
        assert!(chart.svg.as_str().contains("linked from +2.0 bits"));
        let known =
            points.map(|of| Point { known: Some(Shares { precision: 1.0, recall: Some(0.7) }), ..of });
        let chart = tradeoff("t", &known, f64::INFINITY);
        assert_eq!(chart.table.rows[0].len(), 7);
        assert_eq!(chart.svg.as_str().matches("<circle").count(), 2);
        assert!(!chart.svg.as_str().contains("linked from"));
    }

    #[test]
    fn recall_of_which_nothing_is_said_has_no_line_and_a_dash_in_the_table() {
        let points = [point(0.0, 0.9, 0.99, None), point(5.0, 0.99, 0.8, None)];
        let is_drawn = |points: &[Point]| tradeoff("t", points, 2.0).svg.as_str().contains(">recall<");
        assert!(is_drawn(&points));
        let unsaid = points.map(|of| Point { estimated: Shares { recall: None, ..of.estimated }, ..of });
        assert!(!is_drawn(&unsaid));
        let chart = tradeoff("t", &unsaid, 2.0);
        assert_eq!(chart.table.rows[1], ["+5.0", "50%", "7", "99%", "–"]);
    }

    #[test]
    fn labels_that_would_lie_on_each_other_are_moved_apart() {
        assert_eq!(apart(10.0, 100.0), (10.0, 100.0));
        assert_eq!(apart(50.0, 50.0), (41.0, 59.0));
        assert_eq!(apart(52.0, 50.0), (60.0, 42.0));
    }
}
