//! How common each level is among pairs of one person (m) and of different persons (u).

use plait_engine::model::Model;

use super::Chart;
use super::canvas::{Anchor, Canvas, SMALL, Tone, WIDTH, fit};
use super::weights::{parameters as level_parameters, strangers};
use crate::table::{Align, Table};
use crate::words;

const LABEL: f64 = 290.0;
const FIGURES: f64 = 190.0;
const ROW: f64 = 25.0;

/// One row per comparison and level on a logarithmic axis, where the distance between the two marks is the weight.
/// `id` is unique on the page; the model is trained.
pub fn parameters(id: &str, model: &Model) -> Chart {
    let parameters = level_parameters(model);
    let rarest = parameters
        .iter()
        .flatten()
        .flat_map(|level| [level.m, level.u])
        .filter(|p| *p > 0.0)
        .fold(0.1, f64::min);
    // whole powers of ten; what is rarer still lies at the left end
    let decades = (-rarest.log10()).ceil().clamp(1.0, 7.0);
    let plot = WIDTH - LABEL - FIGURES;
    let place = |p: f64| LABEL + plot * (1.0 + p.max(1e-12).log10() / decades).clamp(0.0, 1.0);

    let levels: usize = parameters.iter().map(Vec::len).sum();
    let top = 70.0;
    let bottom = top + levels as f64 * ROW + parameters.len() as f64 * 34.0;
    let (m_column, u_column) = (WIDTH - 92.0, WIDTH);
    let mut canvas = Canvas::new(id);
    canvas.disc(8.0, 9.0);
    canvas.text(24.0, 14.0, Anchor::Start, Tone::Plain, "m: share of pairs of one person");
    canvas.diamond(288.0, 9.0);
    canvas.text(304.0, 14.0, Anchor::Start, Tone::Plain, "u: share of pairs of different persons");
    canvas.text(m_column, top - 14.0, Anchor::End, Tone::Bold, "m");
    canvas.text(u_column, top - 14.0, Anchor::End, Tone::Bold, "u");
    for decade in 0..=decades as i32 {
        let p = 10_f64.powi(-decade);
        canvas.rule((place(p), top - 8.0), (place(p), bottom));
        let label = if decade == 0 { "all".to_owned() } else { axis_label(decade) };
        canvas.text(place(p), top - 14.0, Anchor::Middle, Tone::Quiet, &label);
    }

    let mut columns =
        vec![("Comparison", Align::Text), ("Level", Align::Text), ("m", Align::Number), ("u", Align::Number)];
    let further = further_classes(model);
    columns.extend(further.iter().map(|class| (&*model.classes[*class].name, Align::Number)));
    let mut table = Table::new("How common each level is, where the comparison can be made", &columns);
    let mut y = top;
    for (at, (comparison, levels)) in model.comparisons.iter().zip(&parameters).enumerate() {
        y += 22.0;
        canvas.text(0.0, y, Anchor::Start, Tone::Bold, &fit(&comparison.name, LABEL, 16.0));
        y += 8.0;
        for (of, level) in levels.iter().enumerate() {
            let label = comparison.level_label(of);
            let middle = y + 8.0;
            canvas.text(14.0, y + 12.5, Anchor::Start, Tone::Quiet, &fit(&label, LABEL - 30.0, SMALL));
            canvas.span((place(level.u), middle), (place(level.m), middle));
            canvas.diamond(place(level.u), middle);
            canvas.disc(place(level.m), middle);
            canvas.text(m_column, y + 12.5, Anchor::End, Tone::Quiet, &percent(level.m));
            canvas.text(u_column, y + 12.5, Anchor::End, Tone::Quiet, &percent(level.u));
            let mut row = vec![comparison.name.clone(), label, percent(level.m), percent(level.u)];
            for class in &further {
                let probabilities =
                    model.classes[*class].probabilities.get(at).and_then(|levels| levels.get(of));
                row.push(probabilities.map_or_else(|| "–".to_owned(), |p| percent(*p)));
            }
            table.push(row);
            y += ROW;
        }
        y += 4.0;
    }
    let description = format!(
        "{} of {}. The further m lies to the right of u, the more a level speaks for one person.",
        words::count_of(levels as u64, "level", "levels"),
        words::count_of(model.comparisons.len() as u64, "comparison", "comparisons")
    );
    Chart { svg: canvas.finish(bottom + 4.0, "How common each level is (m and u)", &description), table }
}

/// Classes that m and u do not show, by index: those besides strangers, and matches if there are several kinds.
pub(crate) fn further_classes(model: &Model) -> Vec<usize> {
    let several_matches = model.classes.iter().filter(|class| class.is_match).count() > 1;
    let shown = |class: &usize| {
        Some(*class) == strangers(model) || (model.classes[*class].is_match && !several_matches)
    };
    (0..model.classes.len()).filter(|class| !shown(class)).collect()
}

/// `1 in 10,000` is too wide between decades; `1/10k` is not.
fn axis_label(decade: i32) -> String {
    match decade {
        1 => "1/10".to_owned(),
        2 => "1/100".to_owned(),
        3 => "1/1k".to_owned(),
        4 => "1/10k".to_owned(),
        5 => "1/100k".to_owned(),
        6 => "1/1m".to_owned(),
        _ => "1/10m".to_owned(),
    }
}

fn percent(p: f64) -> String {
    let percent = p * 100.0;
    if p <= 0.0 {
        "0%".to_owned()
    } else if percent < 0.001 {
        words::one_in(p)
    } else if percent > 90.0 {
        words::probability(p)
    } else {
        let decimals = (1.0 - percent.log10().floor()).clamp(0.0, 4.0) as usize;
        format!("{percent:.decimals$}%")
    }
}
