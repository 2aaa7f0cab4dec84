//! How the weights of compared pairs are spread, with the review band and the link threshold.

use super::canvas::{Anchor, Canvas, TEXT, Tone, WIDTH, ticks, width_of};
use super::{Chart, Fill};
use crate::report::ScoreHistogram;
use crate::table::{Align, Table};
use crate::words;

const LEFT: f64 = 74.0;
const TOP: f64 = 92.0;
const PLOT: f64 = 250.0;
/// Counts that differ by more than this are drawn on a logarithmic scale.
const LINEAR_UP_TO: u64 = 50;

/// Where a pair of this weight ends up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    NotLinked,
    Review,
    Link,
}

impl Zone {
    fn words(self) -> &'static str {
        match self {
            Self::NotLinked => "not linked",
            Self::Review => "review",
            Self::Link => "linked",
        }
    }
}

/// The two thresholds in bits; `review` is at most `link`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// A pair at or above it is linked.
    pub link: f64,
    /// A pair at or above it that is not linked goes to review.
    pub review: f64,
}

/// One bar per bin, drawn as the zone that its middle is in; the table says where a bin crosses a threshold. `id` is unique on the page.
pub fn histogram(id: &str, scores: &ScoreHistogram, thresholds: Thresholds) -> Chart {
    let edge = |bin: usize| scores.start + bin as f64 * scores.width;
    let end = edge(scores.counts.len());
    let most = scores.counts.iter().copied().max().unwrap_or(0).max(1);
    let least = scores.counts.iter().copied().filter(|count| *count > 0).min().unwrap_or(1);
    let logarithmic = most / least > LINEAR_UP_TO;

    let right = WIDTH - 20.0;
    let x = |weight: f64| LEFT + (weight - scores.start) / (end - scores.start).max(1e-9) * (right - LEFT);
    let floor = TOP + PLOT;
    let height = |count: f64| {
        let share = if logarithmic {
            // one pair is still visible above the axis
            (count.max(0.5) / 0.5).log10() / (most as f64 / 0.5).log10()
        } else {
            count / most as f64
        };
        share * PLOT
    };
    let zone_at = |weight: f64| match weight {
        w if w >= thresholds.link => Zone::Link,
        w if w >= thresholds.review => Zone::Review,
        _ => Zone::NotLinked,
    };

    let mut canvas = Canvas::new(id);
    let scale_note = if logarithmic { "pairs (each step is ten times as many)" } else { "pairs" };
    canvas.text(0.0, TOP - 16.0, Anchor::Start, Tone::Quiet, scale_note);
    for tick in count_ticks(most, logarithmic) {
        let y = floor - height(tick as f64);
        canvas.rule((LEFT, y), (right, y));
        canvas.text(LEFT - 10.0, y + 5.0, Anchor::End, Tone::Quiet, &words::count(tick));
    }
    for (bin, count) in scores.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (from, to) = (x(edge(bin)), x(edge(bin + 1)));
        let gap = if to - from > 4.0 { 1.0 } else { 0.0 };
        let fill = match zone_at(edge(bin) + scores.width / 2.0) {
            Zone::NotLinked => Fill::Grey,
            Zone::Review => Fill::Striped,
            Zone::Link => Fill::Solid,
        };
        let tall = height(*count as f64);
        canvas.rect(from + gap / 2.0, floor - tall, to - from - gap, tall, fill);
    }
    canvas.axis((LEFT, floor), (right, floor));
    for tick in ticks(scores.start, end, 10.0) {
        canvas.axis((x(tick), floor), (x(tick), floor + 5.0));
        canvas.text(x(tick), floor + 21.0, Anchor::Middle, Tone::Quiet, &format!("{tick}").replace('-', "−"));
    }
    canvas.text(right, floor + 48.0, Anchor::End, Tone::Quiet, "match weight of the pair, in bits");

    mark(
        &mut canvas,
        x(thresholds.link),
        14.0,
        floor,
        &format!("linked from {} bits", words::bits(thresholds.link)),
        true,
    );
    if thresholds.review < thresholds.link {
        let label = format!("review from {} bits", words::bits(thresholds.review));
        mark(&mut canvas, x(thresholds.review), 36.0, floor, &label, false);
    }
    let mut key = LEFT;
    for (fill, zone) in
        [(Fill::Grey, Zone::NotLinked), (Fill::Striped, Zone::Review), (Fill::Solid, Zone::Link)]
    {
        key = canvas.key(key, floor + 48.0, fill, zone.words());
    }

    let mut table = Table::new(
        "Compared pairs by match weight",
        &[("Match weight, bits", Align::Text), ("Pairs", Align::Number), ("Decision", Align::Text)],
    );
    if scores.below > 0 {
        table.push([
            format!("below {}", words::bits(scores.start)),
            words::count(scores.below),
            "not linked".into(),
        ]);
    }
    for (bin, count) in scores.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        // just below the upper edge, which belongs to the next bin
        let (first, last) = (zone_at(edge(bin)), zone_at(edge(bin) + scores.width * (1.0 - 1e-9)));
        let decision = if first == last {
            first.words().to_owned()
        } else {
            format!("{}, then {}", first.words(), last.words())
        };
        let range = format!("{} to {}", words::bits(edge(bin)), words::bits(edge(bin + 1)));
        table.push([range, words::count(*count), decision]);
    }
    let description = format!(
        "Match weights of compared pairs from {} to {} bits; pairs from {} bits are linked, pairs from {} bits go to review.",
        words::bits(scores.start),
        words::bits(end),
        words::bits(thresholds.link),
        words::bits(thresholds.review)
    );
    Chart { svg: canvas.finish(floor + 56.0, "Match weights of compared pairs", &description), table }
}

/// A dashed line at `x` and its label, to the right of the line or, if there is no room, to the left.
fn mark(canvas: &mut Canvas<'_>, x: f64, y: f64, floor: f64, label: &str, prefer_right: bool) {
    let x = x.clamp(LEFT, WIDTH - 20.0);
    canvas.threshold((x, y - 12.0), (x, floor));
    let width = width_of(label, TEXT);
    let right = if prefer_right { x + width + 10.0 < WIDTH } else { x - width - 10.0 < 0.0 };
    let (place, anchor) = if right { (x + 8.0, Anchor::Start) } else { (x - 8.0, Anchor::End) };
    canvas.text(place, y, anchor, Tone::Bold, label);
}

fn count_ticks(most: u64, logarithmic: bool) -> Vec<u64> {
    if logarithmic {
        std::iter::successors(Some(1_u64), |tick| tick.checked_mul(10))
            .take_while(|tick| *tick <= most)
            .collect()
    } else {
        ticks(0.0, most as f64, 5.0)
            .into_iter()
            .filter(|tick| tick.fract() == 0.0)
            .map(|tick| tick as u64)
            .collect()
    }
}
