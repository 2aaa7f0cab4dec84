//! The few shapes from which all charts are made.

use super::Fill;
use crate::markup::{Attributes, Markup};

/// All charts are as wide, so that text has the same size on a page.
pub(super) const WIDTH: f64 = 840.0;
pub(super) const TEXT: f64 = 15.0;
pub(super) const SMALL: f64 = 14.0;

const INK: &str = "#0b0c0c";
const QUIET: &str = "#484949";
const RULE: &str = "#b1b4b6";
const BLUE: &str = "#12436d";
const ORANGE: &str = "#f46a25";
const GREY: &str = "#3d3d3d";
const LIGHT_BLUE: &str = "#6bace6";

/// Where a text stands in relation to its x.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Bold,
    Plain,
    /// Smaller and greyer.
    Quiet,
}

/// A drawing in progress. Distances are in pixels at full size, y downwards.
pub(super) struct Canvas<'a> {
    id: &'a str,
    shapes: Markup,
}

impl<'a> Canvas<'a> {
    /// `id` is unique on the page.
    pub(super) fn new(id: &'a str) -> Self {
        Self { id, shapes: Markup::default() }
    }

    pub(super) fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: Fill) {
        let (paint, edge) = match fill {
            Fill::Solid => (BLUE, None),
            Fill::Orange => (ORANGE, None),
            Fill::Grey => (GREY, None),
            Fill::Open => ("#ffffff", Some("#6f777b")),
            Fill::Striped => (ORANGE, Some(INK)),
            Fill::Lined => (LIGHT_BLUE, Some(BLUE)),
        };
        // an outline lies inside the area, so that neighbours do not overlap
        let inset = if edge.is_some() { 0.5 } else { 0.0 };
        let (x, y) = (x + inset, y + inset);
        let (width, height) = ((width - 2.0 * inset).max(0.0), (height - 2.0 * inset).max(0.0));
        let [left, top, wide, tall] = [x, y, width, height].map(px);
        let mut attributes =
            vec![("x", &*left), ("y", &*top), ("width", &*wide), ("height", &*tall), ("fill", paint)];
        attributes.extend(edge.map(|edge| ("stroke", edge)));
        self.shapes.empty("rect", &attributes);
        // drawn line by line: printers turn SVG patterns into hundreds of kilobytes
        match fill {
            Fill::Striped => self.shapes.empty(
                "path",
                &[("d", &stripes(x, y, width, height)), ("stroke", INK), ("stroke-width", "1.5")],
            ),
            Fill::Lined => self.shapes.empty("path", &[("d", &lines(x, y, width, height)), ("stroke", BLUE)]),
            _ => return,
        };
    }

    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, tone: Tone, text: &str) {
        self.write_text(x, y, anchor, tone, &[], text);
    }

    fn write_text(&mut self, x: f64, y: f64, anchor: Anchor, tone: Tone, paint: Attributes<'_>, text: &str) {
        let (x, y) = (px(x), px(y));
        let mut attributes = vec![("x", &*x), ("y", &*y)];
        attributes.extend_from_slice(paint);
        match anchor {
            Anchor::Start => {}
            Anchor::Middle => attributes.push(("text-anchor", "middle")),
            Anchor::End => attributes.push(("text-anchor", "end")),
        }
        match tone {
            Tone::Bold => attributes.push(("font-weight", "700")),
            Tone::Plain => {}
            Tone::Quiet => attributes.extend([("font-size", "14"), ("fill", QUIET)]),
        }
        self.shapes.leaf("text", &attributes, text);
    }

    /// A text that may cross a line: with a white edge, so that it stays readable.
    pub(super) fn text_over(&mut self, x: f64, y: f64, anchor: Anchor, tone: Tone, text: &str) {
        self.write_text(
            x,
            y,
            anchor,
            tone,
            &[("paint-order", "stroke"), ("stroke", "#fff"), ("stroke-width", "6")],
            text,
        );
    }

    /// A thin grey line behind the data.
    pub(super) fn rule(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.line(from, to, &[("stroke", RULE)]);
    }

    /// A dark line that data is read against.
    pub(super) fn axis(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.line(from, to, &[("stroke", INK)]);
    }

    /// A dashed dark line: a threshold.
    pub(super) fn threshold(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.line(from, to, &[("stroke", INK), ("stroke-width", "1.5"), ("stroke-dasharray", "5 4")]);
    }

    /// A thick grey line between two marks.
    pub(super) fn span(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.line(from, to, &[("stroke", RULE), ("stroke-width", "4")]);
    }

    /// A thick line through points, blue, or orange and dashed.
    pub(super) fn line_through(&mut self, points: &[(f64, f64)], is_solid: bool) {
        let steps = points.iter().map(|(x, y)| format!("{} {}", px(*x), px(*y))).collect::<Vec<_>>();
        let d = format!("M{}", steps.join("L"));
        let mut attributes = vec![("d", &*d), ("fill", "none"), ("stroke-width", "3")];
        attributes.push(("stroke", if is_solid { BLUE } else { ORANGE }));
        attributes.extend((!is_solid).then_some(("stroke-dasharray", "8 4")));
        self.shapes.empty("path", &attributes);
    }

    pub(super) fn disc(&mut self, x: f64, y: f64) {
        let (x, y) = (px(x), px(y));
        self.shapes.empty("circle", &[("cx", &x), ("cy", &y), ("r", "6.5"), ("fill", BLUE)]);
    }

    pub(super) fn diamond(&mut self, x: f64, y: f64) {
        let d = format!("M{} {}l7 7-7 7-7-7z", px(x), px(y - 7.0));
        self.shapes.empty("path", &[("d", &d), ("fill", ORANGE), ("stroke", INK)]);
    }

    /// A swatch and its word; gives the x after it.
    pub(super) fn key(&mut self, x: f64, y: f64, fill: Fill, word: &str) -> f64 {
        self.rect(x, y - 12.0, 18.0, 14.0, fill);
        self.text(x + 25.0, y, Anchor::Start, Tone::Plain, word);
        x + 25.0 + width_of(word, TEXT) + 26.0
    }

    /// The drawing as an `svg` element of this height.
    pub(super) fn finish(self, height: f64, title: &str, description: &str) -> Markup {
        let title_id = format!("{}-title", self.id);
        let description_id = format!("{}-desc", self.id);
        let labels = format!("{title_id} {description_id}");
        let box_ = format!("0 0 {} {}", px(WIDTH), px(height));
        let (width, height) = (px(WIDTH), px(height));
        let mut svg = Markup::default();
        svg.element(
            "svg",
            &[
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("id", self.id),
                ("role", "img"),
                ("aria-labelledby", &labels),
                ("viewBox", &box_),
                ("width", &width),
                ("height", &height),
                ("font-family", "'Atkinson Hyperlegible Next', Arial, sans-serif"),
                ("font-size", "15"),
                ("fill", INK),
            ],
            |m| {
                m.leaf("title", &[("id", &title_id)], title);
                m.leaf("desc", &[("id", &description_id)], description);
                m.append(&self.shapes);
            },
        );
        svg
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), paint: Attributes<'_>) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(px);
        let mut attributes = vec![("x1", &*x1), ("y1", &*y1), ("x2", &*x2), ("y2", &*y2)];
        attributes.extend_from_slice(paint);
        self.shapes.empty("line", &attributes);
    }
}

/// The text, cut with an ellipsis if it is likely to be wider than `width` at `size`. The table has all of it.
pub(super) fn fit(text: &str, width: f64, size: f64) -> String {
    if width_of(text, size) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for character in text.chars() {
        if width_of(&cut, size) + width_of("…", size) + width_of(character.encode_utf8(&mut [0; 4]), size)
            > width
        {
            break;
        }
        cut.push(character);
    }
    format!("{}…", cut.trim_end())
}

/// Diagonals from bottom left to top right, cut off at the edges of the area.
fn stripes(x: f64, y: f64, width: f64, height: f64) -> String {
    const STEP: f64 = 8.0;
    let count = ((width + height) / STEP).max(0.0) as usize;
    let diagonal = |place: usize| {
        let start = (place as f64 + 0.5) * STEP - height;
        let (low, high) = ((-start).max(0.0), height.min(width - start));
        let point = |up: f64| format!("{} {}", px(x + start + up), px(y + height - up));
        if high > low { format!("M{}L{}", point(low), point(high)) } else { String::new() }
    };
    (0..count).map(diagonal).collect()
}

/// Uprights over the height of the area.
fn lines(x: f64, y: f64, width: f64, height: f64) -> String {
    const STEP: f64 = 6.0;
    let count = (width / STEP).max(0.0) as usize;
    (0..count)
        .map(|place| format!("M{} {}v{}", px(x + (place as f64 + 0.5) * STEP), px(y), px(height)))
        .collect::<Vec<_>>()
        .concat()
}

/// About how wide a text is set. Fonts differ, so nothing may depend on the last few pixels.
pub(super) fn width_of(text: &str, size: f64) -> f64 {
    let ems: f64 = text
        .chars()
        .map(|character| match character {
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '('
            | ')' => 0.32,
            'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 0.88,
            'A'..='Z' | '0'..='9' | '+' | '−' | '=' => 0.64,
            c if c.is_ascii() => 0.54,
            _ => 0.75,
        })
        .sum();
    ems * size
}

/// Round steps (1, 2 or 5 times a power of ten) that divide `low..=high` into at most `most` parts.
pub(super) fn ticks(low: f64, high: f64, most: f64) -> Vec<f64> {
    let raw = ((high - low) / most).max(1e-9);
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|s| *s >= raw * 0.999)
        .unwrap_or(power * 10.0);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// A length or place for an attribute: two decimals at most, and a number whatever was computed.
fn px(value: f64) -> String {
    let value = if value.is_finite() { value } else { 0.0 };
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_with_an_ellipsis_and_short_text_is_not() {
        assert_eq!(fit("Surname", 200.0, TEXT), "Surname");
        let cut = fit("Wolfeschlegelsteinhausenbergerdorff", 100.0, TEXT);
        assert!(cut.ends_with('…') && cut.starts_with("Wolfe"));
        assert!(width_of(&cut, TEXT) <= 100.0);
    }

    #[test]
    fn stripes_stay_inside_their_area() {
        let path = stripes(100.0, 50.0, 30.0, 20.0);
        let numbers: Vec<f64> =
            path.split(['M', 'L', ' ']).filter_map(|number| number.parse().ok()).collect();
        assert!(numbers.len() >= 20);
        for point in numbers.chunks(2) {
            assert!((100.0..=130.0).contains(&point[0]) && (50.0..=70.0).contains(&point[1]), "{point:?}");
        }
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(-14.9, 22.0, 8.0), [-10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!(ticks(0.0, 0.9, 4.0), [0.0, 0.5]);
    }

    #[test]
    fn places_are_numbers_even_for_nonsense() {
        assert_eq!(px(1.0 / 3.0), "0.33");
        assert_eq!(px(-0.001), "0");
        assert_eq!(px(f64::NAN), "0");
        assert_eq!(px(f64::INFINITY), "0");
    }
}
