//! Shares with their intervals, one under the other.

use super::Chart;
use super::canvas::{Anchor, Canvas, SMALL, TEXT, Tone, WIDTH, fit, ticks, width_of};
use crate::report::Estimate;
use crate::table::Table;

const WIDEST_LABEL: f64 = 280.0;
const ROW: f64 = 26.0;

/// What a chart of shares shows.
#[derive(Clone, Debug)]
pub struct Intervals<'a> {
    /// Unique on the page.
    pub id: &'a str,
    /// Read out; not drawn.
    pub title: &'a str,
    /// Read out; not drawn.
    pub description: &'a str,
    /// From top to bottom.
    pub rows: Vec<Interval>,
    /// The same figures.
    pub table: Table,
}

/// One share.
#[derive(Clone, Debug)]
pub struct Interval {
    /// At its left.
    pub label: String,
    /// At its right: the figure in words.
    pub figure: String,
    /// The share and its interval.
    pub share: Estimate,
    /// Whether it is drawn as one that lies below the others.
    pub is_flagged: bool,
}

/// Draws a mark for each share on a line as long as its interval.
pub fn intervals(data: Intervals<'_>) -> Chart {
    let mut canvas = Canvas::new(data.id);
    let lowest = data.rows.iter().map(|row| row.share.low).fold(1.0, f64::min);
    let low = (lowest * 20.0).floor().min(18.0) / 20.0;
    let widest = |width: fn(&Interval) -> f64, least: f64| data.rows.iter().map(width).fold(least, f64::max);
    let label = widest(|row| width_of(&row.label, TEXT), 110.0).min(WIDEST_LABEL);
    let figures = widest(|row| width_of(&row.figure, TEXT), 60.0).min(260.0);
    let (left, right) = (label + 18.0, WIDTH - figures - 18.0);
    let place = |share: f64| left + (right - left) * ((share - low) / (1.0 - low)).clamp(0.0, 1.0);
    let (top, mut y) = (50.0, 58.0);
    let bottom = y + data.rows.len() as f64 * ROW;
    canvas.disc(8.0, 9.0);
    canvas.text(24.0, 14.0, Anchor::Start, Tone::Plain, "share, with its 95% interval");
    canvas.diamond(288.0, 9.0);
    canvas.text(304.0, 14.0, Anchor::Start, Tone::Plain, "below the rest by more than chance");
    for share in ticks(low, 1.0, 5.0) {
        canvas.rule((place(share), top), (place(share), bottom));
        let words = format!("{:.0}%", share * 100.0);
        canvas.text(place(share), top - 6.0, Anchor::Middle, Tone::Quiet, &words);
    }
    for row in &data.rows {
        let middle = y + ROW / 2.0;
        canvas.text(0.0, middle + 5.0, Anchor::Start, Tone::Plain, &fit(&row.label, label, TEXT));
        canvas.span((place(row.share.low), middle), (place(row.share.high), middle));
        let at = place(row.share.value);
        if row.is_flagged {
            canvas.diamond(at, middle);
        } else {
            canvas.disc(at, middle);
        }
        let figure = fit(&row.figure, figures, SMALL);
        canvas.text(right + 14.0, middle + 5.0, Anchor::Start, Tone::Quiet, &figure);
        y += ROW;
    }
    Chart { svg: canvas.finish(bottom + 6.0, data.title, data.description), table: data.table }
}
