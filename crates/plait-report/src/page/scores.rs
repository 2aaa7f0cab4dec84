//! Which pairs were compared, and where the line between linked and not linked was drawn.

use plait_engine::model::{Clustering, LinkType};

use super::{Guidance, figure, links_by_rules_alone, paragraph, thresholds};
use crate::chart::Fill;
use crate::chart::bars::{Bar, Bars, bars};
use crate::chart::histogram::histogram;
use crate::markup::Markup;
use crate::report::LinkReport;
use crate::table::{Align, Table};
use crate::words::{self, count, count_of, probability, share};

pub(super) fn write(report: &LinkReport, m: &mut Markup) {
    let bits = thresholds(report);
    let accept = report.model.accept;
    let by_weight = if links_by_rules_alone(report) {
        "No pair is linked for what it weighs: rules alone link, and the weights say what a model learned from the same files thinks of each pair.".to_owned()
    } else {
        format!(
            "A pair is linked if its match probability is at least {} ({} bits).{}",
            probability(accept.link),
            words::bits(bits.link),
            if accept.review < accept.link {
                format!(
                    " From {} ({} bits) a person should decide.",
                    probability(accept.review),
                    words::bits(bits.review)
                )
            } else {
                " No pair is left for a person to decide.".to_owned()
            }
        )
    };
    paragraph(
        &format!(
            "{by_weight} {}",
            match report.model.clustering {
                Clustering::ConnectedComponents =>
                    "Records that links join, directly or through others, are one person.",
                Clustering::BestLink =>
                    "Of a record’s links, those count that are the best for one of their ends.",
                Clustering::OneToOne =>
                    "A person has at most one record of each source; the links that make the most of the evidence were kept.",
                Clustering::Correlation =>
                    "Records are one person where the evidence over all pairs of them speaks for it; a chain of links alone does not make one.",
            }
        ),
        m,
    );
    let Some(scores) = &report.scores else {
        paragraph("No pair was compared, so there is nothing to draw a line through.", m);
        return;
    };
    let below = if scores.below > 0 {
        format!(
            " {} of those not linked are not drawn: they lie further left than the chart goes, were given up early because nothing could still have brought them near the line, or are settled by other links of their records.",
            count(scores.below)
        )
    } else {
        String::new()
    };
    let PairsInWords { links, reviews, rest } = pairs_in_words(report);
    figure(&histogram("chart-scores", scores, bits), "compared pairs by match weight", &Guidance {
        shows: format!("How strong the evidence is for the pairs that were compared: {links} linked{}, {reviews} in review, {rest} not linked.{below}", between_and_within(report)),
        read: "Right is stronger; one bit more doubles the odds. A good linkage has a hill on each side and a valley between them, where the lines are. The parts of a bar are as the shares of its pairs. A strong pair is in review where something else speaks against it, and a rule may link a weak one.".into(),
        todo: if links_by_rules_alone(report) {
            "Look at linked pairs on the left, which the model takes for different people, and at pairs on the right that the rules do not link.".into()
        } else if report.pairs.reviews > 0 {
            format!("Have a person decide: links.parquet has {} marked “review”. If the hills run into each other, the columns do not tell people apart well enough: add one.", count_of(report.pairs.reviews, "pair", "pairs"))
        } else {
            "If the lines do not stand in the valley, move the link threshold there. If there is no valley, the columns do not tell people apart well enough: add one.".into()
        },
    }, m);
}

/// ` (70,000 between sources, 2,706 within one)`; nothing where all links can only be the one or the other.
fn between_and_within(report: &LinkReport) -> String {
    if report.sources.len() < 2 || report.model.link_type != LinkType::LinkAndDedupe {
        return String::new();
    }
    let links = |within: bool| -> u64 {
        let pairs = report.between.iter().filter(|pair| (pair.left == pair.right) == within);
        pairs.map(|pair| pair.links).sum()
    };
    format!(" ({} between sources, {} within one)", count(links(false)), count(links(true)))
}

struct PairsInWords {
    links: String,
    reviews: String,
    rest: String,
}

fn pairs_in_words(report: &LinkReport) -> PairsInWords {
    let pairs = report.pairs;
    PairsInWords {
        links: count(pairs.links),
        reviews: count(pairs.reviews),
        rest: count(pairs.compared.saturating_sub(pairs.links + pairs.reviews)),
    }
}

pub(super) fn write_blocking(report: &LinkReport, m: &mut Markup) {
    let pairs = report.pairs;
    paragraph(
        &format!(
            "Of {} that could be made, {} were compared ({}): those that satisfy at least one rule.",
            count_of(pairs.possible, "pair", "pairs"),
            count(pairs.compared),
            share(pairs.compared, pairs.possible)
        ),
        m,
    );
    if report.blocking.is_empty() {
        return;
    }
    let mut table = Table::new(
        "Pairs and links of each blocking rule; a pair can satisfy several",
        &[
            ("Rule", Align::Text),
            ("Pairs", Align::Number),
            ("Share of compared", Align::Number),
            ("Links found", Align::Number),
            ("Share of links", Align::Number),
            ("Only by this rule", Align::Number),
        ],
    );
    let mut rows = Vec::new();
    for (place, rule) in report.blocking.iter().enumerate() {
        let name = format!("{}. {}", place + 1, rule.words);
        table.push([
            name.clone(),
            count(rule.pairs),
            share(rule.pairs, pairs.compared),
            count(rule.links),
            share(rule.links, pairs.links),
            count(rule.only_links),
        ]);
        rows.push(Bar {
            label: name,
            figures: format!(
                "{} of links from {}",
                share(rule.links, pairs.links),
                count_of(rule.pairs, "pair", "pairs")
            ),
            parts: vec![rule.only_links as f64, rule.links.saturating_sub(rule.only_links) as f64],
        });
    }
    let chart = bars(Bars {
        id: "chart-blocking",
        title: "Share of links that each blocking rule found",
        description: &format!(
            "{} found {}.",
            count_of(report.blocking.len() as u64, "rule", "rules"),
            count_of(pairs.links, "link", "links")
        ),
        series: &[("links only this rule found", Fill::Solid), ("links other rules found too", Fill::Lined)],
        rows,
        full: pairs.links.max(1) as f64,
        framed: true,
        table,
    });
    figure(&chart, "what each blocking rule found", &Guidance {
        shows: "How many of the links each rule found, and how many would be lost without it.".into(),
        read: "Records are compared only if they satisfy a rule, because comparing all pairs would take too long. Two records of one person that satisfy no rule are missed.".into(),
        todo: blocking_todo(report),
    }, m);
}

fn blocking_todo(report: &LinkReport) -> String {
    let idle: Vec<_> = report.blocking.iter().enumerate().filter(|(_, rule)| rule.only_links == 0).collect();
    match idle.iter().max_by_key(|(_, rule)| rule.pairs) {
        Some((place, rule)) if report.blocking.len() > 1 => format!(
            "Rule {} found no link that the others did not. Leaving it out saves up to {}.",
            place + 1,
            count_of(rule.pairs, "pair", "pairs")
        ),
        _ => "Each rule finds links that no other does: keep them. If many matches are missed, add a rule on columns that the present ones do not use.".into(),
    }
}
