//! A few pairs with all their evidence.

use super::{Guidance, guide, links_by_rules_alone, paragraph, thresholds};
use crate::chart::waterfall::waterfall;
use crate::markup::Markup;
use crate::report::{Decision, ExplainedPair, LinkReport};
use crate::sentence::sentence;
use crate::words::{self, count_of, probability};

pub(super) fn write(report: &LinkReport, m: &mut Markup) {
    paragraph(
        &format!(
            "{} with their values and all the evidence about them, chosen to show how decisions were made. The numbers add up: nothing else went into a decision, but for a rule that links by itself or what leaves a pair to a person, which is then said first.",
            words::sentence_case(&count_of(report.explained.len() as u64, "pair", "pairs"))
        ),
        m,
    );
    guide(&Guidance {
        shows: "How the evidence about one pair adds up, from the starting point to the sum.".into(),
        read: "Each bar starts where the one above it ends. Blue moves to the right, for one person; orange to the left, against. Left of the line “50:50” different people are likelier.".into(),
        todo: "Ask of each: would I have decided so? If a finding counts for too much or too little, look at that comparison under “What the model learned”.".into(),
    }, m);
    for (place, pair) in report.explained.iter().enumerate() {
        let class = [("class", "pair"), ("open", "open")];
        m.element("details", &class[..if place == 0 { 2 } else { 1 }], |m| {
            write_pair(report, place, pair, m);
        });
    }
}

fn write_pair(report: &LinkReport, place: usize, pair: &ExplainedPair, m: &mut Markup) {
    let explanation = &pair.explanation;
    let thresholds = thresholds(report);
    m.element("summary", &[], |m| {
        let heading = format!("Pair {}: {}", place + 1, decision(pair.decision));
        m.leaf("h3", &[], &heading);
        let line = format!(
            "{}. {} and {}, {} bits, {}",
            words::sentence_case(&pair.chosen),
            record(&explanation.left),
            record(&explanation.right),
            words::bits(explanation.weight),
            probability(explanation.probability)
        );
        m.leaf("span", &[], &line);
    });
    let is_by_rule = explanation.statement.is_some();
    let threshold = match pair.decision {
        Decision::Review if let Some(objection) = explanation.objection => format!(
            "{} A person decides all the same: {}.",
            if explanation.weight >= thresholds.link {
                format!("That is at or above the link threshold of {} bits.", words::bits(thresholds.link))
            } else {
                "The rule would link the pair.".to_owned()
            },
            objection.words()
        ),
        Decision::Link if links_by_rules_alone(report) => {
            "The rule alone links it, whatever it weighs.".to_owned()
        }
        Decision::Review if links_by_rules_alone(report) => {
            "A person decides since the rule speaks for it, whatever it weighs.".to_owned()
        }
        Decision::Review if explanation.weight >= thresholds.link => format!(
            "That is at or above the link threshold of {} bits; other links join the two records without it.",
            words::bits(thresholds.link)
        ),
        Decision::Link if is_by_rule && explanation.weight < thresholds.link => format!(
            "That is below the link threshold of {} bits, which the rule does not ask for.",
            words::bits(thresholds.link)
        ),
        Decision::Review if is_by_rule && explanation.weight < thresholds.review => format!(
            "That is below {} bits; a person decides since the rule speaks for it.",
            words::bits(thresholds.review)
        ),
        Decision::Link => {
            format!("That is at or above the link threshold of {} bits.", words::bits(thresholds.link))
        }
        Decision::Review => format!(
            "That is between {} and {} bits, where a person decides.",
            words::bits(thresholds.review),
            words::bits(thresholds.link)
        ),
        Decision::NotLinked => {
            format!("That is below {} bits.", words::bits(thresholds.review.min(thresholds.link)))
        }
    };
    paragraph(&format!("{} {threshold}", sentence(explanation)), m);
    let id = format!("chart-pair-{}", place + 1);
    let chart = waterfall(&id, explanation, thresholds.link);
    let label = format!("Chart: evidence about pair {}", place + 1);
    m.element(
        "div",
        &[("class", "scroll chart"), ("role", "group"), ("aria-label", &label), ("tabindex", "0")],
        |m| {
            m.append(&chart.svg);
        },
    );
    chart.table.write(m);
}

fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Link => "linked",
        Decision::Review => "for review",
        Decision::NotLinked => "not linked",
    }
}

fn record((source, record): &(String, String)) -> String {
    format!("{source} record {record}")
}
