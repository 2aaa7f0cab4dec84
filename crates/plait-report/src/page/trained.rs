//! What the model compares and what it has learned.

use super::{Guidance, figure, paragraph};
use crate::chart::dependence::dependence;
use crate::chart::parameters::{further_classes, parameters as parameters_chart};
use crate::chart::weights::{describe, parameters, strangers, weights};
use crate::markup::Markup;
use crate::report::LinkReport;
use crate::table::{Align, Table};
use crate::words::{self, count_of, one_in};

pub(super) fn write(report: &LinkReport, m: &mut Markup) {
    let model = &report.model;
    let comparisons = count_of(model.comparisons.len() as u64, "comparison", "comparisons");
    if !model.is_trained() {
        paragraph(&format!("The model “{}” has {comparisons} and has not been trained.", model.name), m);
        return;
    }
    let prior: f64 = model.classes.iter().filter(|class| class.is_match).map(|class| class.share).sum();
    // as in scoring: other kinds of different people are a term of their own
    let others = strangers(model).map_or(1.0, |class| model.classes[class].share);
    paragraph(
        &format!(
            "The model “{}” makes {comparisons}. Before it looks at any value, {} pairs is of one person; that is the starting point of every pair, {} bits.",
            model.name,
            one_in(prior),
            words::bits((prior / others).log2())
        ),
        m,
    );
    m.leaf("h3", &[], "What each finding is worth");
    figure(&weights("chart-weights", model), "match weight of each level", &Guidance {
        shows: format!("How much each outcome of each comparison says for or against two records being of one person. {}", describe(model, &parameters(model))),
        read: "One bit doubles the odds, ten bits multiply them by about a thousand. The weights of a pair are added up. A comparison that cannot be made, because a value is missing, counts nothing.".into(),
        todo: "Look for surprises: disagreement that speaks for one person, or agreement that counts for nothing. Both point to a column that does not hold what its name says.".into(),
    }, m);
    m.leaf("h3", &[], "How common each finding is");
    figure(&parameters_chart("chart-parameters", model), "m and u of each level", &Guidance {
        shows: "Of pairs of one person, the share at each level (m, disc); of pairs of different people, the share that is there by chance (u, diamond).".into(),
        read: "The further the disc lies to the right of the diamond, the stronger the evidence for; to the left, against. Low m at exact agreement means a column with many errors; high u, a column with few different values.".into(),
        todo: "Compare with what you know: do one in ten people really change surname between these sources? If not, check how the column is filled in.".into(),
    }, m);
    if let Some(chart) = dependence("chart-dependence", model, &report.dependence) {
        m.leaf("h3", &[], "What findings come together");
        figure(&chart, "observed and expected pairs", &Guidance {
            shows: "Among pairs of one person, how many have two findings at once (disc), and how many would if the one had nothing to do with the other (diamond). Of all comparisons those that tell most of each other.".into(),
            read: "Where the two marks lie apart, the findings have one cause: who moves has another postcode and another address. Such comparisons are counted together, so that one cause does not count twice. Where they are each counted by itself, the model takes them for independent.".into(),
            todo: "Look for two comparisons that are each counted by itself although many pairs lie far from what was expected: one of the two columns may have been filled in from the other. But for two that are each counted together with the same third one, as postcode and town may be with the address: these count together by way of it.".into(),
        }, m);
    }
    write_classes(report, m);
}

/// Kinds of pairs, where there are more than matches and strangers.
fn write_classes(report: &LinkReport, m: &mut Markup) {
    let model = &report.model;
    if further_classes(model).is_empty() {
        return;
    }
    m.leaf("h3", &[], "Kinds of pairs");
    paragraph(
        "Some different people look alike for a reason, such as two children of one household. The model knows them as kinds of their own, and takes off weight where a pair looks like one of them.",
        m,
    );
    let mut table = Table::new(
        "Kinds of pairs and how common they are",
        &[("Kind", Align::Text), ("One person", Align::Text), ("Share of all pairs", Align::Number)],
    );
    for class in &model.classes {
        let answer = if class.is_match { "yes" } else { "no" };
        table.push([class.name.clone(), answer.to_owned(), one_in(class.share)]);
    }
    table.write(m);
}
