//! A model chosen from the data: what to compare, and which pairs to look at.

mod comparisons;
mod deterministic;
mod keys;
mod rules;

use crate::blocking::Blocks;
use crate::model::{Accept, BlockingKey, BlockingRule, Clustering, LinkType, Model, Part};
use crate::records::{Records, Source};
use plait_types::Role;

pub use comparisons::comparisons_for;
pub use deterministic::deterministic_rules;
pub use rules::{ChosenRule, ChosenRules, RuleOptions, choose_rules};

/// The comparisons that suit the fields of the records and the rules that link by an identifier, with no blocking rules
/// yet.
pub fn starting_model(records: &Records, link_type: LinkType) -> Model {
    Model {
        name: "chosen from the data".into(),
        link_type,
        comparisons: comparisons_for(records, link_type),
        blocking: Vec::new(),
        deterministic: deterministic_rules(records),
        accept: Accept { link: 0.5, review: 0.1 },
        clustering: default_clustering(link_type),
        classes: Vec::new(),
    }
}

/// One source is deduplicated. Several are linked only, if no source seems to hold a person twice, and deduplicated as
/// well if one does: if more than [`FEW_TWICE`] of its records have a forename, surname and date of birth, or an
/// identifier, that another of its records has.
pub fn default_link_type(records: &Records) -> LinkType {
    if records.sources.len() == 1 {
        return LinkType::DedupeOnly;
    }
    let named = |role| records.fields.iter().find(|field| field.role == role).map(|field| field.name.clone());
    let names = [named(Role::Forename), named(Role::Surname), named(Role::DateOfBirth)];
    let identifiers = [Role::NhsNumber, Role::Upn, Role::Uln].map(named);
    let rule_of = |fields: Vec<String>| BlockingRule {
        keys: fields.into_iter().map(|field| BlockingKey::same(field, Part::Whole)).collect(),
    };
    let rules: Vec<BlockingRule> = identifiers
        .into_iter()
        .map(|field| field.map(|field| vec![field]))
        .chain([names.into_iter().collect::<Option<Vec<String>>>()])
        .flatten()
        .map(rule_of)
        .collect();
    let blocks = Blocks::new(records, &rules, LinkType::LinkAndDedupe);
    let mut twice = vec![false; records.len()];
    for task in blocks.tasks(u64::MAX) {
        blocks.for_each_pair(
            &task,
            |_| true,
            |left, right| {
                if records.source_of(left) == records.source_of(right) {
                    twice[left as usize] = true;
                    twice[right as usize] = true;
                }
            },
        );
    }
    let share = |source: &Source| {
        let of_source = &twice[source.start as usize..source.end as usize];
        of_source.iter().filter(|twice| **twice).count() as f64 / of_source.len().max(1) as f64
    };
    if records.sources.iter().any(|source| share(source) > FEW_TWICE) {
        LinkType::LinkAndDedupe
    } else {
        LinkType::LinkOnly
    }
}

/// Namesakes born on one day, and identifiers mistyped into one another, are rarer than this.
const FEW_TWICE: f64 = 0.003;

fn default_clustering(link_type: LinkType) -> Clustering {
    match link_type {
        LinkType::LinkOnly => Clustering::OneToOne,
        LinkType::DedupeOnly | LinkType::LinkAndDedupe => Clustering::Correlation,
    }
}

#[cfg(test)]
mod tests;
