//! Records that cannot be of one person, whatever else they share, because their numbers say so.

use crate::records::Records;
use plait_types::identifier::{NhsNumber, Uln, Upn};
use plait_types::{NULL, Role};

/// What numbers say of two records.
///
/// Two records have conflicting numbers where each has a number of one kind that is verified, and they share none of that
/// kind: a number with a wrong check digit, a temporary UPN or a stand-in is none, and a former number beside the present
/// one explains the difference. NHS numbers always count. One child is given a second UPN or ULN often enough, but two
/// children of one birth are not given one forename: those count only where the forenames are there and differ, and no
/// number of another kind is shared.
pub struct Conflicts<'a> {
    kinds: Vec<Kind<'a>>,
    forename: Option<&'a [u32]>,
}

/// The fields that hold numbers of one kind.
struct Kind<'a> {
    /// Per field, the codes of the records.
    codes: Vec<&'a [u32]>,
    /// Per field, what each value is: the same number in all fields; [`NULL`] if it is not a verified one.
    number_of: Vec<Vec<u32>>,
    /// Whether it counts only together with a different forename.
    needs_other_forename: bool,
    /// What the numbers are.
    role: Role,
}

impl<'a> Conflicts<'a> {
    /// Looks at every distinct number once.
    pub fn of(records: &'a Records) -> Self {
        let kind = |role: Role, is_verified: &dyn Fn(&str) -> bool, needs_other_forename| {
            let fields: Vec<_> = records.fields.iter().filter(|field| field.role == role).collect();
            let mut numbers: Vec<&str> = Vec::new();
            fields
                .iter()
                .for_each(|field| numbers.extend(field.values.iter().filter(|text| is_verified(text))));
            numbers.sort_unstable();
            numbers.dedup();
            let number = |text: &str| numbers.binary_search(&text).map_or(NULL, |place| place as u32);
            Kind {
                codes: fields.iter().map(|field| &field.codes[..]).collect(),
                number_of: fields.iter().map(|field| field.values.iter().map(number).collect()).collect(),
                needs_other_forename,
                role,
            }
        };
        let kinds = vec![
            kind(Role::NhsNumber, &|text| NhsNumber::parse(text).is_some(), false),
            kind(Role::Upn, &|text| Upn::parse(text).is_some_and(|upn| !upn.is_temporary()), true),
            kind(Role::Uln, &|text| Uln::parse(text).is_some(), true),
        ];
        let forename = records.fields.iter().find(|field| field.role == Role::Forename);
        Self {
            kinds: kinds.into_iter().filter(|kind| !kind.codes.is_empty()).collect(),
            forename: forename.map(|field| &field.codes[..]),
        }
    }

    /// Whether the numbers of two records conflict.
    pub fn between(&self, left: u32, right: u32) -> bool {
        self.kind_between(left, right).is_some()
    }

    /// The kind of the numbers of two records that conflict; the first, where several do.
    pub fn kind_between(&self, left: u32, right: u32) -> Option<Role> {
        let other_forename = self.forename.is_some_and(|codes| {
            let (left, right) = (codes[left as usize], codes[right as usize]);
            left != NULL && right != NULL && left != right
        });
        let share_another = || self.kinds.iter().any(|kind| kind.said_of(left, right) == Said::Share);
        let conflict = self.kinds.iter().find(|kind| {
            kind.said_of(left, right) == Said::Conflict
                && (!kind.needs_other_forename || (other_forename && !share_another()))
        });
        conflict.map(|kind| kind.role)
    }
}

/// What the numbers of one kind say of two records.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Share,
    Conflict,
}

impl Kind<'_> {
    fn said_of(&self, left: u32, right: u32) -> Said {
        let (mut some, mut shared) = (false, false);
        for a in self.numbers(left) {
            for b in self.numbers(right) {
                some = true;
                shared |= a == b;
            }
        }
        match (some, shared) {
            (false, _) => Said::Nothing,
            (true, true) => Said::Share,
            (true, false) => Said::Conflict,
        }
    }

    /// The verified numbers of a record.
    fn numbers(&self, record: u32) -> impl Iterator<Item = u32> {
        self.codes
            .iter()
            .zip(&self.number_of)
            .map(move |(codes, number_of)| match codes[record as usize] {
                NULL => NULL,
                code => number_of[code as usize],
            })
            .filter(|&number| number != NULL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    fn column(values: &[&str]) -> Vec<Option<String>> {
        values.iter().map(|value| (!value.is_empty()).then(|| (*value).to_owned())).collect()
    }

    #[test]
    fn numbers_conflict_where_both_are_verified_and_none_is_shared() {
        let (a, b) = ("9990000018", "9990000026");
        let records = records(
            &[5],
            &[
                ("nhs_number", Role::NhsNumber, column(&[a, b, "9990000019", "", b])),
                ("former_nhs_number", Role::NhsNumber, column(&["", "", "", "", a])),
            ],
        );
        assert!(NhsNumber::parse("9990000019").is_none(), "a check digit that is wrong");
        let conflicts = Conflicts::of(&records);
        assert!(conflicts.between(0, 1) && conflicts.between(1, 0));
        assert!(!conflicts.between(0, 2) && !conflicts.between(0, 3), "no verified number, no conflict");
        assert!(!conflicts.between(0, 4), "the former number explains it");
    }

    #[test]
    fn a_second_upn_is_a_conflict_only_of_children_of_different_forenames() {
        let (a, b) = ("R999201718009", "T999201721014");
        let records = records(
            &[5],
            &[
                ("upn", Role::Upn, column(&[a, b, b, b, "R99920171800A"])),
                ("forename", Role::Forename, column(&["amelia", "amelia", "sofia", "", "sofia"])),
            ],
        );
        let conflicts = Conflicts::of(&records);
        assert!(!conflicts.between(0, 1), "one child with two numbers");
        assert!(conflicts.between(0, 2));
        assert!(!conflicts.between(0, 3), "a forename that is not known does not differ");
        assert!(!conflicts.between(0, 4), "a temporary number says nothing");
    }
}
