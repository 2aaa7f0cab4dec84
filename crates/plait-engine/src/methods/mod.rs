//! Published methods of linkage, by name, to hold Plait's own model against.
//!
//! Each is a model file in this folder that holds the rules of the publication and says where they are from. The weights
//! that stand beside their links are those of a model learned from the files; but for [`Method::Macral`], whose last step
//! is probabilistic, they decide nothing.

use crate::automatic::comparisons_for;
use crate::model::{Clustering, DeterministicRule, LinkType, Model, read};
use crate::records::Records;
use plait_types::NULL;

/// A published method of linkage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The same valid UPN.
    UpnOnly,
    /// Forename, surname, date of birth and postcode, all the same.
    Exact4,
    /// The NHS service for vaccinations in schools.
    Mavis,
    /// Patients of hospital episode statistics.
    Hesid,
    /// Education and child health insights from linked data.
    Echild,
    /// Matching algorithm for consistent results in anonymised linkage, of the SAIL databank.
    Macral,
}

/// Every method: its name, what it does in a line, and its file.
const METHODS: [(Method, &str, &str, &str); 6] = [
    (Method::UpnOnly, "upn-only", "the same valid UPN", include_str!("upn-only.toml")),
    (
        Method::Exact4,
        "exact-4",
        "forename, surname, date of birth and postcode all the same",
        include_str!("exact-4.toml"),
    ),
    (
        Method::Mavis,
        "mavis",
        "NHS number, else three of forename, surname, date of birth and postcode (NHS vaccinations in schools)",
        include_str!("mavis.toml"),
    ),
    (
        Method::Hesid,
        "hesid",
        "the three passes of the patient id of hospital episode statistics",
        include_str!("hesid.toml"),
    ),
    (
        Method::Echild,
        "echild",
        "eight steps by names and seven by NHS number (ECHILD: pupils to hospital records)",
        include_str!("echild.toml"),
    ),
    (
        Method::Macral,
        "macral",
        "valid NHS number, then five fields all the same, then a probability of 50% (SAIL databank)",
        include_str!("macral.toml"),
    ),
];

/// Steps of a method that cannot run on some records, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepsLeftOut {
    /// What the method calls them.
    pub steps: Vec<String>,
    /// Fields of which no source, or no two where only pairs between sources count, has any value.
    pub without: Vec<String>,
}

impl Method {
    /// All methods, the simplest first.
    pub fn all() -> impl Iterator<Item = Self> {
        METHODS.iter().map(|row| row.0)
    }

    /// `upn-only`
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The method of a name as [`Method::name`] gives it.
    pub fn from_name(name: &str) -> Option<Self> {
        METHODS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// What it does, in a line.
    pub fn words(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str) {
        METHODS.iter().find(|row| row.0 == self).expect("every method has a row")
    }

    /// Its rules, as its file has them, with nothing yet to compare.
    pub fn rules(self) -> Model {
        read(self.row().3, self.name()).expect("the tests read every method").model
    }

    /// Its model for some records: the rules that can run on them, beside the comparisons that suit them; and the steps that
    /// cannot. There may be no rule left.
    pub fn for_records(self, records: &Records, link_type: LinkType) -> (Model, Vec<StepsLeftOut>) {
        let mut model = self.rules();
        model.link_type = link_type;
        model.comparisons = comparisons_for(records, link_type);
        let mut left_out: Vec<StepsLeftOut> = Vec::new();
        let needed = if link_type == LinkType::LinkOnly { 2 } else { 1 };
        model.deterministic.retain_mut(|rule| {
            rule.unless_unequal.retain(|field| records.field(field).is_some());
            let without = fields_lacking(records, rule, needed);
            if without.is_empty() {
                return true;
            }
            match left_out.iter_mut().find(|known| known.without == without) {
                Some(known) => known.steps.push(rule.words()),
                None => left_out.push(StepsLeftOut { steps: vec![rule.words()], without }),
            }
            false
        });
        if model.deterministic.is_empty() {
            // of rules in passes the last step takes each record's strongest pair; without any, this does the same
            model.clustering = Clustering::BestLink;
        }
        (model, left_out)
    }
}

/// The fields for want of which a rule can link nothing; all its fields where each is there, but not in one source with the
/// others. `needed` is in how many sources they must be.
fn fields_lacking(records: &Records, rule: &DeterministicRule, needed: usize) -> Vec<String> {
    let mut fields: Vec<&String> = Vec::new();
    for field in rule.keys.iter().flat_map(|key| [&key.left.0, &key.right.0]).chain(&rule.sources_with) {
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    let has = |field: &str, source: usize| {
        records.field(field).is_some_and(|index| {
            let source = &records.sources[source];
            let rows = source.start as usize..source.end as usize;
            records.fields[index].codes[rows].iter().any(|&code| code != NULL)
        })
    };
    let sources_with = |fields: &[&String]| {
        (0..records.sources.len()).filter(|&source| fields.iter().all(|field| has(field, source))).count()
    };
    if sources_with(&fields) >= needed {
        return Vec::new();
    }
    let mut lacking: Vec<&String> =
        fields.iter().copied().filter(|field| sources_with(&[*field]) < needed).collect();
    if lacking.is_empty() {
        lacking = fields;
    }
    lacking.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests;
