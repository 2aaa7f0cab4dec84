//! A model chosen from the data: what to compare, and which pairs to look at.

mod comparisons;
mod rules;

use crate::model::{Accept, Clustering, LinkType, Model};
use crate::records::Records;

pub use comparisons::comparisons_for;
pub use rules::{ChosenRule, ChosenRules, RuleOptions, choose_rules};

/// The comparisons that suit the fields of the records, with no blocking rules yet.
pub fn starting_model(records: &Records, link_type: LinkType) -> Model {
    Model {
        name: "chosen from the data".into(),
        link_type,
        comparisons: comparisons_for(records, link_type),
        blocking: Vec::new(),
        accept: Accept { link: 0.8, review: 0.1 },
        clustering: default_clustering(records, link_type),
        classes: Vec::new(),
    }
}

/// One source is deduplicated; several are linked, and deduplicated as well where some values that should be a
/// person's own occur twice in one source.
pub fn default_link_type(records: &Records) -> LinkType {
    if records.sources.len() == 1 { LinkType::DedupeOnly } else { LinkType::LinkAndDedupe }
}

fn default_clustering(_: &Records, link_type: LinkType) -> Clustering {
    match link_type {
        LinkType::LinkOnly => Clustering::OneToOne,
        LinkType::DedupeOnly | LinkType::LinkAndDedupe => Clustering::ConnectedComponents,
    }
}

#[cfg(test)]
mod tests;
