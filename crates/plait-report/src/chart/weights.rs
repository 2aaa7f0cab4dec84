//! What each level of each comparison is worth, in bits for or against.

use plait_engine::model::Model;

use super::canvas::{Anchor, Canvas, SMALL, Tone, WIDTH, fit, ticks};
use super::{Chart, Fill};
use crate::table::{Align, Table};
use crate::words;

const LABEL: f64 = 290.0;
const RIGHT: f64 = 96.0;
const ROW: f64 = 25.0;
const BAR: f64 = 15.0;
/// Longer bars are cut; a weight of this size decides on its own.
const LONGEST: f64 = 30.0;

/// m, u and weight of one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LevelParameters {
    /// P(level | one person), 0..=1.
    pub(crate) m: f64,
    /// P(level | different persons), 0..=1.
    pub(crate) u: f64,
}

impl LevelParameters {
    /// Match weight in bits; infinite where m or u is 0.
    pub(crate) fn weight(self) -> f64 {
        if self.m <= 0.0 && self.u <= 0.0 { 0.0 } else { (self.m / self.u).log2() }
    }
}

/// m and u of every level: m over all classes of one person, by their shares; u of strangers,
/// because further classes weigh in as a term of their own.
pub(crate) fn parameters(model: &Model) -> Vec<Vec<LevelParameters>> {
    let matches: f64 = model.classes.iter().filter(|class| class.is_match).map(|class| class.share).sum();
    let strangers = strangers(model).map(|class| &model.classes[class]);
    let level = |comparison: usize, level: usize| {
        let at =
            |probabilities: &[Vec<f64>]| probabilities.get(comparison).and_then(|of| of.get(level)).copied();
        let m = model.classes.iter().filter(|class| class.is_match);
        let m: f64 = m.map(|class| class.share * at(&class.probabilities).unwrap_or(0.0)).sum();
        let u = strangers.and_then(|class| at(&class.probabilities)).unwrap_or(0.0);
        LevelParameters { m: if matches > 0.0 { m / matches } else { 0.0 }, u }
    };
    let levels = |(place, comparison): (usize, &plait_engine::model::Comparison)| {
        (0..comparison.levels.len()).map(|of| level(place, of)).collect()
    };
    model.comparisons.iter().enumerate().map(levels).collect()
}

/// The class that all evidence is weighed against, by index: the first that is not of one person, as in scoring.
pub(crate) fn strangers(model: &Model) -> Option<usize> {
    model.classes.iter().position(|class| !class.is_match)
}

/// One row per comparison and level. `id` is unique on the page; the model is trained.
pub fn weights(id: &str, model: &Model) -> Chart {
    let parameters = parameters(model);
    let all = || parameters.iter().flatten().map(|level| level.weight().clamp(-LONGEST, LONGEST));
    let (low, high) = (all().fold(-1.0, f64::min), all().fold(1.0, f64::max));
    // room for the words beside the longest bars
    let scale = (WIDTH - LABEL - 2.0 * RIGHT) / (high - low);
    let place = |weight: f64| LABEL + RIGHT + (weight.clamp(low, high) - low) * scale;
    let zero = place(0.0);

    let levels: usize = parameters.iter().map(Vec::len).sum();
    let top = 46.0;
    let bottom = top + levels as f64 * ROW + parameters.len() as f64 * 34.0;
    let mut canvas = Canvas::new(id);
    canvas.text(zero - 12.0, 14.0, Anchor::End, Tone::Bold, "against");
    canvas.text(zero + 12.0, 14.0, Anchor::Start, Tone::Bold, "for one person, in bits");
    for tick in ticks(low, high, 8.0) {
        canvas.rule((place(tick), top - 8.0), (place(tick), bottom));
        canvas.text(
            place(tick),
            top - 14.0,
            Anchor::Middle,
            Tone::Quiet,
            &format!("{tick}").replace('-', "−"),
        );
    }

    let mut table = Table::new(
        "Match weight of each level",
        &[
            ("Comparison", Align::Text),
            ("Level", Align::Text),
            ("Weight, bits", Align::Number),
            ("Among pairs of one person", Align::Text),
        ],
    );
    let mut y = top;
    for (comparison, levels) in model.comparisons.iter().zip(&parameters) {
        y += 22.0;
        canvas.text(0.0, y, Anchor::Start, Tone::Bold, &fit(&comparison.name, LABEL + RIGHT, 16.0));
        y += 8.0;
        for (place_of, level) in levels.iter().enumerate() {
            let label = comparison.level_label(place_of);
            let weight = level.weight();
            let tenths = (weight.clamp(-1000.0, 1000.0) * 10.0).round() as i64;
            let end = place(weight);
            canvas.text(14.0, y + 12.5, Anchor::Start, Tone::Quiet, &fit(&label, LABEL - 30.0, SMALL));
            let beside = format!("{} {}", words::bits(weight), words::direction(tenths));
            match tenths.signum() {
                1 => canvas.rect(zero, y, end - zero, BAR, Fill::Solid),
                -1 => canvas.rect(end, y, zero - end, BAR, Fill::Orange),
                _ => {}
            }
            let (x, anchor) = if tenths < 0 { (end - 7.0, Anchor::End) } else { (end + 7.0, Anchor::Start) };
            canvas.text_over(x, y + 12.5, anchor, Tone::Quiet, &beside);
            table.push([comparison.name.clone(), label, words::bits(weight), words::times_as_likely(weight)]);
            y += ROW;
        }
        y += 4.0;
    }
    canvas.axis((zero, top - 8.0), (zero, bottom));

    let description = describe(model, &parameters);
    Chart {
        svg: canvas.finish(bottom + 4.0, "Match weight of each level of each comparison", &description),
        table,
    }
}

/// The strongest evidence on either side, in a sentence.
pub(crate) fn describe(model: &Model, parameters: &[Vec<LevelParameters>]) -> String {
    let mut levels: Vec<(f64, String)> = Vec::new();
    for (comparison, of) in model.comparisons.iter().zip(parameters) {
        for (place, level) in of.iter().enumerate() {
            levels.push((level.weight(), format!("{}: {}", comparison.name, comparison.level_label(place))));
        }
    }
    levels.sort_by(|a, b| a.0.total_cmp(&b.0));
    match (levels.last(), levels.first()) {
        (Some((high, strongest)), Some((low, weakest))) => format!(
            "The strongest evidence for one person is “{strongest}” ({} bits); the strongest against is “{weakest}” ({} bits).",
            words::bits(*high),
            words::bits(*low)
        ),
        _ => "The model has no comparison.".to_owned(),
    }
}
