//! Why a pair is left for a person although its weight or a rule would link it.

use crate::clustering::Clustered;
use crate::conflicts::Conflicts;
use crate::lists::Lists;
use crate::model::Clustering;
use crate::records::Records;
use hashbrown::HashSet;
use plait_types::Role;

/// What speaks against a pair that its weight or a rule would link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// Each of the two records has a verified number of this kind, and they share none; or their dates of birth are too far
    /// apart; or, of surnames, they are as of a child before and after an adoption.
    Conflict(Role),
    /// A constraint keeps records of the two people apart.
    Constraint,
    /// The same of other records of the two people.
    ConflictOfOthers(Role),
    /// One of the records would fit another person about as well.
    AnotherPerson,
    /// The sum over all pairs of records of the two people is against it.
    OtherRecords,
    /// Both records have a better link.
    BetterLinks,
    /// A person has one record of a source at most, and another record took the place.
    PlaceTaken,
    /// The same of a pair within a source.
    OneSource,
    /// The pair was never compared, since no blocking rule makes it.
    NotCompared,
}

/// Roles of what keeps people apart.
const CONFLICTING: [Role; 5] = [Role::NhsNumber, Role::Upn, Role::Uln, Role::DateOfBirth, Role::Surname];

impl Objection {
    /// As half a sentence. Holds no value.
    pub fn words(self) -> String {
        let both = |role: Role| {
            match role {
            Role::DateOfBirth => "dates of birth more than twelve years apart".to_owned(),
            Role::Surname => "one ULN, but no other number, no surname and no postcode in common, as before and after an adoption".to_owned(),
            Role::NhsNumber => "two different NHS numbers that are verified".to_owned(),
            role => format!("two different {}s that are verified, and different forenames", role.words()),
        }
        };
        match self {
            Self::Conflict(role) => format!("the two records have {}", both(role)),
            Self::Constraint => "a constraint keeps records of the two people apart".to_owned(),
            Self::ConflictOfOthers(role) => {
                format!("among the records of the two people are {}", both(role))
            }
            Self::AnotherPerson => "one of the records would fit another person about as well".to_owned(),
            Self::OtherRecords => "the other records of the two people outweigh it".to_owned(),
            Self::BetterLinks => "both records have a better link".to_owned(),
            Self::PlaceTaken => {
                "a person has one record of each source, and at least one of the two is linked with another"
                    .to_owned()
            }
            Self::OneSource => "both are records of one source, of which a person has one".to_owned(),
            Self::NotCompared => "no blocking rule makes the pair, so that it was not compared".to_owned(),
        }
    }

    /// The objection that reads like this.
    pub fn from_words(words: &str) -> Option<Self> {
        let of_conflicts =
            CONFLICTING.into_iter().flat_map(|role| [Self::Conflict(role), Self::ConflictOfOthers(role)]);
        let others = [
            Self::Constraint,
            Self::AnotherPerson,
            Self::OtherRecords,
            Self::BetterLinks,
            Self::PlaceTaken,
            Self::OneSource,
            Self::NotCompared,
        ];
        of_conflicts.chain(others).find(|objection| objection.words() == words)
    }
}

/// Answers why a pair that its weight or a rule would link is none.
pub struct Objections<'a> {
    records: &'a Records,
    conflicts: &'a Conflicts<'a>,
    method: Clustering,
    clustered: &'a Clustered,
    /// Pairs of persons that constraints keep apart, the lower one first.
    kept_apart: HashSet<(u32, u32)>,
    /// The records of each person.
    members: Lists,
}

/// Records of a person whose numbers are looked at. Of larger ones it is said that the other records outweigh the pair,
/// which is true of numbers too; all against all would take too long.
const LOOKED_AT: usize = 64;

impl<'a> Objections<'a> {
    /// Costs a pass over the records.
    pub fn of(
        records: &'a Records,
        clustered: &'a Clustered,
        method: Clustering,
        conflicts: &'a Conflicts<'a>,
    ) -> Self {
        let persons = &clustered.persons;
        let person = |record: u32| persons.person_of[record as usize];
        let kept_apart = conflicts
            .constraints()
            .apart()
            .iter()
            .map(|&(left, right)| in_order(person(left), person(right)));
        let (kept_apart, members) = (kept_apart.collect(), persons.records());
        Self { records, conflicts, method, clustered, kept_apart, members }
    }

    /// What speaks against a pair that reached the link threshold or that a rule links. Nothing of two records of one
    /// person, which another way joins.
    pub fn to(&self, left: u32, right: u32) -> Option<Objection> {
        let [a, b] = [left, right].map(|record| self.clustered.persons.person_of[record as usize]);
        if a == b {
            return None;
        }
        let by_chains = self.method == Clustering::ConnectedComponents;
        if !by_chains && let Some(kind) = self.conflicts.kind_between_these(left, right) {
            return Some(Objection::Conflict(kind));
        }
        if self.kept_apart.contains(&in_order(a, b)) {
            return Some(Objection::Constraint);
        }
        // of links by chains nothing else is given up, and numbers do not count
        if by_chains {
            return None;
        }
        let mut all = self.members(a).iter().flat_map(|&l| self.members(b).iter().map(move |&r| (l, r)));
        if let Some(kind) = all.find_map(|(left, right)| self.conflicts.kind_between(left, right)) {
            return Some(Objection::ConflictOfOthers(kind));
        }
        let is_undecided = |record: u32| self.clustered.undecided.binary_search(&record).is_ok();
        let source = |record: u32| self.records.source_of(record);
        Some(match self.method {
            Clustering::OneToOne if source(left) == source(right) => Objection::OneSource,
            Clustering::OneToOne if self.share_a_source(a, b) => Objection::PlaceTaken,
            _ if is_undecided(left) || is_undecided(right) => Objection::AnotherPerson,
            Clustering::BestLink => Objection::BetterLinks,
            Clustering::OneToOne | Clustering::ConnectedComponents | Clustering::Correlation => {
                Objection::OtherRecords
            }
        })
    }

    /// Whether two people have records of one source.
    fn share_a_source(&self, a: u32, b: u32) -> bool {
        let source = |&record: &u32| self.records.source_of(record);
        self.members(a)
            .iter()
            .map(source)
            .any(|of_a| self.members(b).iter().map(source).any(|of_b| of_a == of_b))
    }

    fn members(&self, person: u32) -> &[u32] {
        let members = self.members.get(person);
        &members[..members.len().min(LOOKED_AT)]
    }
}

fn in_order(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clustering::Persons;
    use crate::constraints::Constraints;
    use crate::fixture::{column, records};

    /// Four records, the first and the last two of one person each, with these NHS numbers.
    struct Case {
        nhs: [&'static str; 4],
        /// Records of each source.
        sources: &'static [usize],
        method: Clustering,
        constraints: Constraints,
        undecided: Vec<u32>,
    }

    impl Case {
        fn of(nhs: [&'static str; 4], method: Clustering) -> Self {
            Self { nhs, sources: &[4], method, constraints: Constraints::default(), undecided: Vec::new() }
        }

        #[track_caller]
        fn check(&self, pair: (u32, u32), expected: Option<Objection>) {
            let records = records(self.sources, &[("nhs_number", Role::NhsNumber, column(&self.nhs))]);
            let persons = Persons { person_of: vec![0, 0, 1, 1], n_persons: 2 };
            let clustered = Clustered {
                persons,
                is_link: Vec::new(),
                n_ties: 0,
                undecided: self.undecided.clone(),
                odds: None,
            };
            let conflicts = Conflicts::of(&records, &self.constraints);
            let objections = Objections::of(&records, &clustered, self.method, &conflicts);
            assert_eq!(objections.to(pair.0, pair.1), expected, "{:?} {:?}", self.nhs, self.method);
        }
    }

    const A: &str = "9990000018";
    const B: &str = "9990000026";

    #[test]
    fn numbers_are_named_before_the_other_records_that_outweigh_a_pair() {
        let check = |nhs, pair, expected| Case::of(nhs, Clustering::Correlation).check(pair, expected);
        check([A, "", B, ""], (0, 2), Some(Objection::Conflict(Role::NhsNumber)));
        check([A, "", B, ""], (1, 2), Some(Objection::ConflictOfOthers(Role::NhsNumber)));
        check([A, "", A, ""], (1, 2), Some(Objection::OtherRecords));
        check([A, "", B, ""], (0, 1), None);
    }

    #[test]
    fn methods_that_choose_among_links_say_that_another_was_chosen() {
        let check = |method, pair, expected| Case::of([A, "", "", A], method).check(pair, expected);
        check(Clustering::BestLink, (0, 2), Some(Objection::BetterLinks));
        check(Clustering::ConnectedComponents, (0, 2), None);
    }

    #[test]
    fn where_a_person_has_one_record_of_each_source_it_is_said_what_takes_the_place() {
        let mut case = Case::of([A, "", "", A], Clustering::OneToOne);
        case.check((0, 2), Some(Objection::OneSource));
        // the first record is linked with another of the source of the others
        case.sources = &[1, 3];
        case.check((0, 2), Some(Objection::PlaceTaken));
        case.check((1, 2), Some(Objection::OneSource));
        case.undecided = vec![2];
        case.check((0, 2), Some(Objection::PlaceTaken));
        // nobody has taken the place of any
        case.sources = &[2, 2];
        case.check((0, 2), Some(Objection::AnotherPerson));
        case.undecided = Vec::new();
        case.check((0, 2), Some(Objection::OtherRecords));
    }

    #[test]
    fn numbers_and_constraints_keep_people_apart_in_every_method_in_which_they_count() {
        use Clustering::{BestLink, ConnectedComponents, Correlation, OneToOne};
        for method in [OneToOne, BestLink, Correlation, ConnectedComponents] {
            let mut case = Case::of([A, "", "", B], method);
            let numbers = (method != ConnectedComponents).then_some(Role::NhsNumber);
            case.check((0, 3), numbers.map(Objection::Conflict));
            case.check((1, 2), numbers.map(Objection::ConflictOfOthers));
            case.nhs = [""; 4];
            case.constraints = Constraints::new([], [(0, 3)]).unwrap();
            case.check((1, 2), Some(Objection::Constraint));
        }
    }

    #[test]
    fn a_number_of_a_record_that_must_be_with_one_is_not_its_own() {
        let mut case = Case::of([A, "", B, ""], Clustering::Correlation);
        case.constraints = Constraints::new([(0, 1)], []).unwrap();
        case.check((1, 2), Some(Objection::ConflictOfOthers(Role::NhsNumber)));
    }

    #[test]
    fn a_record_that_fits_two_people_is_said_to() {
        let mut case = Case::of([""; 4], Clustering::Correlation);
        case.undecided = vec![3];
        case.check((0, 3), Some(Objection::AnotherPerson));
        case.check((0, 2), Some(Objection::OtherRecords));
    }

    #[test]
    fn every_objection_is_known_by_its_words() {
        for objection in [
            Objection::Conflict(Role::Upn),
            Objection::ConflictOfOthers(Role::Uln),
            Objection::Conflict(Role::Surname),
            Objection::Constraint,
            Objection::AnotherPerson,
            Objection::OtherRecords,
            Objection::BetterLinks,
            Objection::PlaceTaken,
            Objection::OneSource,
            Objection::NotCompared,
        ] {
            assert_eq!(Objection::from_words(&objection.words()), Some(objection));
        }
        assert_eq!(Objection::from_words("a rule links it"), None);
    }
}
