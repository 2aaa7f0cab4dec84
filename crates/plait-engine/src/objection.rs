//! Why a pair is left for a person although its weight or a rule would link it.

use crate::clustering::Persons;
use crate::conflicts::Conflicts;
use crate::constraints::Constraints;
use crate::lists::Lists;
use crate::model::Clustering;
use crate::records::Records;
use plait_types::Role;

/// What speaks against a pair that its weight or a rule would link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// Each of the two records has a verified number of this kind, and they share none.
    Numbers(Role),
    /// The same of other records of the two people.
    NumbersOfOthers(Role),
    /// The sum over all pairs of records of the two people is against it.
    OtherRecords,
    /// Both records have a better link.
    BetterLinks,
    /// A person has one record of a source at most, and another record took the place.
    PlaceTaken,
}

impl Objection {
    /// As half a sentence. Holds no value.
    pub fn words(self) -> String {
        let numbers = |role: Role| match role {
            Role::NhsNumber => "two different NHS numbers that are verified".to_owned(),
            role => format!("two different {}s that are verified, and different forenames", role.words()),
        };
        match self {
            Self::Numbers(role) => format!("the two records have {}", numbers(role)),
            Self::NumbersOfOthers(role) => {
                format!("other records of the two people have {}", numbers(role))
            }
            Self::OtherRecords => "the other records of the two people outweigh it".to_owned(),
            Self::BetterLinks => "both records have a better link".to_owned(),
            Self::PlaceTaken => "another record took its place: a person has one of each source".to_owned(),
        }
    }
}

/// Answers why a pair that its weight or a rule would link is none.
pub struct Objections<'a> {
    conflicts: Conflicts<'a>,
    method: Clustering,
    person_of: &'a [u32],
    /// The records of each person.
    members: Lists,
}

/// Records of a person whose numbers are looked at. Of larger ones it is said that the other records outweigh the pair,
/// which is true of numbers too; all against all would take too long.
const LOOKED_AT: usize = 64;

impl<'a> Objections<'a> {
    /// Costs a pass over the records, and one over the distinct numbers.
    pub fn of(
        records: &'a Records,
        persons: &'a Persons,
        method: Clustering,
        constraints: &'a Constraints,
    ) -> Self {
        Self {
            conflicts: Conflicts::of(records, constraints),
            method,
            person_of: &persons.person_of,
            members: persons.records(),
        }
    }

    /// What speaks against a pair that reached the link threshold or that a rule links. Nothing of two records of one
    /// person, which another way joins.
    pub fn to(&self, left: u32, right: u32) -> Option<Objection> {
        let [a, b] = [left, right].map(|record| self.person_of[record as usize]);
        if a == b {
            return None;
        }
        // of links by chains nothing is given up, and numbers do not count
        if self.method == Clustering::ConnectedComponents {
            return None;
        }
        if let Some(kind) = self.conflicts.kind_between(left, right) {
            return Some(Objection::Numbers(kind));
        }
        Some(match self.method {
            Clustering::OneToOne => Objection::PlaceTaken,
            Clustering::BestLink => Objection::BetterLinks,
            Clustering::ConnectedComponents | Clustering::Correlation => {
                let all =
                    || self.members(a).iter().flat_map(|&l| self.members(b).iter().map(move |&r| (l, r)));
                match all().find_map(|(left, right)| self.conflicts.kind_between(left, right)) {
                    Some(kind) => Objection::NumbersOfOthers(kind),
                    None => Objection::OtherRecords,
                }
            }
        })
    }

    fn members(&self, person: u32) -> &[u32] {
        let members = self.members.get(person);
        &members[..members.len().min(LOOKED_AT)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    /// Four records, the first and the last two of one person each, with these NHS numbers.
    fn check(nhs: [&str; 4], method: Clustering, pair: (u32, u32), expected: Option<Objection>) {
        let column = nhs.map(|value| (!value.is_empty()).then(|| value.to_owned())).to_vec();
        let records = records(&[4], &[("nhs_number", Role::NhsNumber, column)]);
        let persons = Persons { person_of: vec![0, 0, 1, 1], n_persons: 2 };
        let none = Constraints::default();
        let objections = Objections::of(&records, &persons, method, &none);
        assert_eq!(objections.to(pair.0, pair.1), expected, "{nhs:?} {method:?}");
    }

    #[test]
    fn numbers_are_named_before_the_other_records_that_outweigh_a_pair() {
        let (a, b) = ("9990000018", "9990000026");
        let correlation = Clustering::Correlation;
        check([a, "", b, ""], correlation, (0, 2), Some(Objection::Numbers(Role::NhsNumber)));
        check([a, "", b, ""], correlation, (1, 2), Some(Objection::NumbersOfOthers(Role::NhsNumber)));
        check([a, "", a, ""], correlation, (1, 2), Some(Objection::OtherRecords));
        check([a, "", b, ""], correlation, (0, 1), None);
    }

    #[test]
    fn methods_that_choose_among_links_say_that_another_was_chosen() {
        let nhs = ["9990000018", "", "", "9990000026"];
        check(nhs, Clustering::OneToOne, (0, 3), Some(Objection::Numbers(Role::NhsNumber)));
        check(nhs, Clustering::OneToOne, (0, 2), Some(Objection::PlaceTaken));
        check(nhs, Clustering::BestLink, (0, 2), Some(Objection::BetterLinks));
        check(nhs, Clustering::ConnectedComponents, (0, 2), None);
    }
}
