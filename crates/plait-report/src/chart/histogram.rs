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

/// What became of pairs, from the bottom of a bar.
const PARTS: [(Fill, &str); 3] =
    [(Fill::Solid, "linked"), (Fill::Striped, "in review"), (Fill::Grey, "not linked")];

/// The two thresholds in bits; `review` is at most `link`. Infinite ones, which no pair reaches, are not drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// A pair at or above it is linked.
    pub link: f64,
    /// A pair at or above it that is not linked goes to review.
    pub review: f64,
}

/// One bar per bin, as high as its pairs are many and divided as its pairs are; the table counts them. `id` is unique on
/// the page.
pub fn histogram(id: &str, scores: &ScoreHistogram, thresholds: Thresholds) -> Chart {
    let edge = |bin: usize| scores.start + bin as f64 * scores.width;
    let end = edge(scores.bins.len());
    let counts = || scores.bins.iter().map(|bin| bin.pairs());
    let most = counts().max().unwrap_or(0).max(1);
    let least = counts().filter(|count| *count > 0).min().unwrap_or(1);
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

    let mut canvas = Canvas::new(id);
    let scale_note = if logarithmic { "pairs (each step is ten times as many)" } else { "pairs" };
    canvas.text(0.0, TOP - 16.0, Anchor::Start, Tone::Quiet, scale_note);
    for tick in count_ticks(most, logarithmic) {
        let y = floor - height(tick as f64);
        canvas.rule((LEFT, y), (right, y));
        canvas.text(LEFT - 10.0, y + 5.0, Anchor::End, Tone::Quiet, &words::count(tick));
    }
    for (bin, pairs) in scores.bins.iter().enumerate().filter(|(_, bin)| bin.pairs() > 0) {
        let (from, to) = (x(edge(bin)), x(edge(bin + 1)));
        let gap = if to - from > 4.0 { 1.0 } else { 0.0 };
        let per_pair = height(pairs.pairs() as f64) / pairs.pairs() as f64;
        let mut top = floor;
        for ((fill, _), part) in PARTS.into_iter().zip([pairs.links, pairs.reviews, pairs.not_linked]) {
            let tall = part as f64 * per_pair;
            top -= tall;
            if part > 0 {
                canvas.rect(from + gap / 2.0, top, to - from - gap, tall, fill);
            }
        }
    }
    canvas.axis((LEFT, floor), (right, floor));
    for tick in ticks(scores.start, end, 10.0) {
        canvas.axis((x(tick), floor), (x(tick), floor + 5.0));
        canvas.text(x(tick), floor + 21.0, Anchor::Middle, Tone::Quiet, &format!("{tick}").replace('-', "−"));
    }
    canvas.text(right, floor + 48.0, Anchor::End, Tone::Quiet, "match weight of the pair, in bits");

    if thresholds.link.is_finite() {
        let label = format!("linked from {} bits", words::bits(thresholds.link));
        mark(&mut canvas, x(thresholds.link), 14.0, floor, &label, true);
    }
    if thresholds.review < thresholds.link {
        let label = format!("review from {} bits", words::bits(thresholds.review));
        mark(&mut canvas, x(thresholds.review), 36.0, floor, &label, false);
    }
    let mut key = LEFT;
    for (fill, words) in PARTS.into_iter().rev() {
        key = canvas.key(key, floor + 48.0, fill, words);
    }

    let mut table = Table::new(
        "Compared pairs by match weight",
        &[
            ("Match weight, bits", Align::Text),
            ("Pairs", Align::Number),
            ("Not linked", Align::Number),
            ("In review", Align::Number),
            ("Linked", Align::Number),
        ],
    );
    if scores.below > 0 {
        table.push([
            "not drawn".to_owned(),
            words::count(scores.below),
            words::count(scores.below),
            words::count(0),
            words::count(0),
        ]);
    }
    for (bin, pairs) in scores.bins.iter().enumerate().filter(|(_, bin)| bin.pairs() > 0) {
        let range = if bin + 1 == scores.bins.len() {
            format!("{} and above", words::bits(edge(bin)))
        } else {
            format!("{} to {}", words::bits(edge(bin)), words::bits(edge(bin + 1)))
        };
        let counts = [pairs.pairs(), pairs.not_linked, pairs.reviews, pairs.links].map(words::count);
        table.push(std::iter::once(range).chain(counts));
    }
    let decided = if thresholds.review.is_finite() {
        format!(
            "; pairs from {} bits are linked and pairs from {} bits go to review, unless something else decides",
            words::bits(thresholds.link),
            words::bits(thresholds.review)
        )
    } else {
        String::new()
    };
    let description = format!(
        "Match weights of compared pairs from {} to {} bits{decided}.",
        words::bits(scores.start),
        words::bits(end)
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
