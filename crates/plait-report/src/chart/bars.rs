//! Horizontal bars, each of one or more parts, with the figures written beside them.

use super::canvas::{Anchor, Canvas, TEXT, Tone, WIDTH, fit, width_of};
use super::{Chart, Fill};
use crate::table::Table;

/// Labels that need more are cut.
const WIDEST_LABEL: f64 = 330.0;
const ROW: f64 = 34.0;
const BAR: f64 = 20.0;

/// What a chart of bars shows.
#[derive(Clone, Debug)]
pub struct Bars<'a> {
    /// Unique on the page.
    pub id: &'a str,
    /// Read out; not drawn.
    pub title: &'a str,
    /// Read out; not drawn.
    pub description: &'a str,
    /// What the parts of a bar are, in order, and how they are filled. A key is drawn if there are several.
    pub series: &'a [(&'a str, Fill)],
    /// From top to bottom.
    pub rows: Vec<Bar>,
    /// The value that fills the whole width; above 0.
    pub full: f64,
    /// Whether the bars lie in a frame of the full width, so that what is not there shows.
    pub framed: bool,
    /// The same figures.
    pub table: Table,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// At its left.
    pub label: String,
    /// At its right: the figures in words.
    pub figures: String,
    /// One value per series, 0 or above.
    pub parts: Vec<f64>,
}

/// Draws the bars.
pub fn bars(data: Bars<'_>) -> Chart {
    let mut canvas = Canvas::new(data.id);
    let mut y = 4.0;
    if data.series.len() > 1 {
        let mut x = 0.0;
        for (word, fill) in data.series {
            x = canvas.key(x, y + 14.0, *fill, word);
        }
        y += 34.0;
    }
    let figures = data.rows.iter().map(|row| width_of(&row.figures, TEXT)).fold(60.0, f64::max).min(300.0);
    let label =
        data.rows.iter().map(|row| width_of(&row.label, TEXT)).fold(110.0, f64::max).min(WIDEST_LABEL);
    let left = label + 18.0;
    let plot = WIDTH - left - figures - 14.0;
    for row in &data.rows {
        canvas.text(0.0, y + 15.0, Anchor::Start, Tone::Plain, &fit(&row.label, label, TEXT));
        if data.framed {
            canvas.rect(left, y, plot, BAR, Fill::Open);
        }
        let mut x = left;
        for (part, (_, fill)) in row.parts.iter().zip(data.series) {
            let width = (part / data.full).clamp(0.0, 1.0) * plot;
            if *part > 0.0 && *fill != Fill::Open {
                // never too thin to be seen
                canvas.rect(x, y, width.max(1.5), BAR, *fill);
            }
            x += width;
        }
        let beside = if data.framed { left + plot } else { x };
        canvas.text(beside + 10.0, y + 15.0, Anchor::Start, Tone::Plain, &row.figures);
        y += ROW;
    }
    Chart { svg: canvas.finish(y - ROW + BAR + 6.0, data.title, data.description), table: data.table }
}
