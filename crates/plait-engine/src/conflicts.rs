//! Records that cannot be of one person, whatever else they share, because their numbers or dates of birth say so.

use crate::constraints::Constraints;
use crate::lists::Lists;
use crate::model::{Comparison, Model};
use crate::records::{Field, Records};
use crate::similarity::{
    PackedDate, days_apart, half_of_double_barrelled, jaro_winkler, token_subset, two_parts_equal,
};
use crate::training::comparable_pairs;
use hashbrown::HashMap;
use plait_types::identifier::{NhsNumber, Uln, Upn};
use plait_types::{NULL, Role};

/// What numbers and dates of birth say of two records.
///
/// Two records have conflicting numbers where each has a number of one kind that is verified, and they share none of that
/// kind: a number with a wrong check digit, a temporary UPN, a stand-in or an NHS number whose status says that nobody has
/// verified it is none, and a former number beside the present one explains the difference. NHS numbers always count. One child is given a second UPN or ULN often enough, but two
/// children of one birth are not given one forename: those count only where the forenames are there and differ, and no
/// number of another kind is shared. Records that a constraint puts together are one holder of all their numbers and
/// forenames.
///
/// A child who is adopted is given another surname, UPN and NHS number, and the ULN may stay: two records that share a verified ULN
/// and no other number, of which neither surnames nor postcodes have anything in common, are as likely the two identities of
/// such a child, which law and practice keep apart (Adoption and Children Act 2002), as a child who has moved, and a person decides. A record with that ULN that has
/// something in common with each tells of one child; so does another id, an e-mail address or a telephone that both have.
///
/// Whole dates of birth a [generation](GENERATION) apart are of a child and a parent, or of two people of one name, however
/// much else they share, unless day and month are the same, as after a slip in the year, or they share a verified number. They
/// count only under a model that has
/// [learned](MOST_WRONG) that dates are hardly ever wrong as a whole.
pub struct Conflicts<'a> {
    constraints: &'a Constraints,
    kinds: Vec<Kind<'a>>,
    forename: Option<&'a [u32]>,
    births: Option<Births<'a>>,
    identity: Option<Identity<'a>>,
}

/// What another identity changes.
struct Identity<'a> {
    /// Present and former ones.
    surnames: Vec<&'a Field>,
    /// Present and former ones.
    postcodes: Vec<&'a Field>,
    /// What else one child has through all that: other ids, e-mail addresses, telephones.
    others: Vec<&'a Field>,
    /// The records with each ULN that several have.
    of_uln: HashMap<u32, Vec<u32>>,
}

/// The Jaro–Winkler similarity from which two surnames have something in common.
const ALIKE: f64 = 0.8;

/// Codes of the records and dates of the codes.
struct Births<'a> {
    codes: &'a [u32],
    dates: Vec<PackedDate>,
}

/// Days: twelve years.
const GENERATION: u32 = 4_383;

/// The share of one person's pairs whose dates of birth have nothing in common, up to which dates a generation apart are no
/// errors. Where dates are made up of errors it is 3 to 6 % (FEBRL, `fake_1000`); of families without errors it is up to 1 %,
/// which are parents and children of one name taken for one person.
const MOST_WRONG: f64 = 0.02;

/// The fields that hold numbers of one kind.
struct Kind<'a> {
    /// What the numbers are.
    role: Role,
    /// Per field, the codes of the records.
    codes: Vec<&'a [u32]>,
    /// Per field, what each value is: the same number in all fields; [`NULL`] if it is not a verified one.
    number_of: Vec<Vec<u32>>,
    /// Whether it counts only together with a different forename.
    needs_other_forename: bool,
    /// Records whose numbers are not verified, whatever they look like; empty where there are none.
    unverified: Vec<bool>,
}

impl<'a> Conflicts<'a> {
    /// Looks at every distinct number once.
    pub fn of(records: &'a Records, constraints: &'a Constraints) -> Self {
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
                role,
                codes: fields.iter().map(|field| &field.codes[..]).collect(),
                number_of: fields.iter().map(|field| field.values.iter().map(number).collect()).collect(),
                needs_other_forename,
                unverified: if role == Role::NhsNumber {
                    records.unverified_nhs_numbers()
                } else {
                    Vec::new()
                },
            }
        };
        let kinds = vec![
            kind(Role::NhsNumber, &|text| NhsNumber::parse(text).is_some(), false),
            kind(Role::Upn, &|text| Upn::parse(text).is_some_and(|upn| !upn.is_temporary()), true),
            kind(Role::Uln, &|text| Uln::parse(text).is_some(), true),
        ];
        let forename = records.fields.iter().find(|field| field.role == Role::Forename);
        Self {
            constraints,
            kinds: kinds.into_iter().filter(|kind| !kind.codes.is_empty()).collect(),
            forename: forename.map(|field| &field.codes[..]),
            births: None,
            identity: None,
        }
    }

    /// With what another identity changes, where there are ULNs.
    #[must_use]
    pub fn with_identities(mut self, records: &'a Records) -> Self {
        let Some(ulns) = self.kinds.iter().find(|kind| kind.role == Role::Uln) else { return self };
        let mut of_uln: HashMap<u32, Vec<u32>> = HashMap::new();
        for record in 0..records.len() as u32 {
            ulns.numbers(record).for_each(|number| of_uln.entry(number).or_default().push(record));
        }
        of_uln.retain(|_, holders| holders.len() > 2);
        self.identity = Identity::of(records, of_uln);
        self
    }

    /// With dates of birth, where this model has learned that they are hardly ever wrong.
    #[must_use]
    pub fn with_dates_of_birth(mut self, records: &'a Records, model: &Model) -> Self {
        let at = records.fields.iter().position(|field| field.role == Role::DateOfBirth);
        if let Some(at) = at.filter(|&at| are_dates_sound(records, model, at)) {
            let field = &records.fields[at];
            let dates = field.dates.iter().map(|&date| PackedDate::from(date)).collect();
            self.births = Some(Births { codes: &field.codes, dates });
        }
        self
    }

    /// What is known of who is one person.
    pub fn constraints(&self) -> &'a Constraints {
        self.constraints
    }

    /// Whether there is nothing that could conflict.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.births.is_none()
    }

    /// Whether the numbers or dates of birth of two records conflict.
    pub fn between(&self, left: u32, right: u32) -> bool {
        self.kind_between(left, right).is_some()
    }

    /// What conflicts: the kind of the numbers, the first of several, or the date of birth.
    pub fn kind_between(&self, left: u32, right: u32) -> Option<Role> {
        let (left, right) = (self.constraints.group(&left), self.constraints.group(&right));
        if left[0] == right[0] { None } else { self.kind_between_holders(left, right) }
    }

    /// The same of what the two records have themselves, whatever is put together with them.
    pub fn kind_between_these(&self, left: u32, right: u32) -> Option<Role> {
        self.kind_between_holders(&[left], &[right])
    }

    /// Whether dates of birth keep two records apart, of whose numbers nothing is known.
    pub(crate) fn are_of_two_generations(&self, left: u32, right: u32) -> bool {
        let (left, right) = (self.constraints.group(&left), self.constraints.group(&right));
        let are_apart = |births: &Births<'_>| births.are_a_generation_apart(left, right);
        left[0] != right[0] && self.births.as_ref().is_some_and(are_apart)
    }

    /// Whether a record has a verified number.
    pub(crate) fn has_number(&self, record: u32) -> bool {
        self.kinds.iter().any(|kind| kind.numbers(record).next().is_some())
    }

    /// Whether two records have verified numbers of one kind, the same or not.
    pub(crate) fn share_or_differ(&self, left: u32, right: u32) -> bool {
        self.kinds.iter().any(|kind| kind.said_of(&[left], &[right]) != Said::Nothing)
    }

    /// Per record of `of`, the others that have a verified number of it, in one go through all records.
    pub(crate) fn holders_of_the_numbers_of(&self, of: &[u32]) -> Lists {
        let mut found: Vec<Vec<u32>> = vec![Vec::new(); of.len()];
        for kind in &self.kinds {
            let n_records = kind.codes[0].len() as u32;
            let mut wanted: HashMap<u32, Vec<u32>> = HashMap::new();
            for (place, &record) in (0..).zip(of) {
                kind.numbers(record).for_each(|number| wanted.entry(number).or_default().push(place));
            }
            for record in 0..n_records {
                for place in kind.numbers(record).filter_map(|number| wanted.get(&number)).flatten() {
                    if of[*place as usize] != record {
                        found[*place as usize].push(record);
                    }
                }
            }
        }
        Lists::new(found.into_iter())
    }

    fn kind_between_holders(&self, left: &[u32], right: &[u32]) -> Option<Role> {
        let other_forename = || {
            self.forename.is_some_and(|codes| {
                let forenames =
                    |record: &u32| Some(codes[*record as usize]).filter(|&forename| forename != NULL);
                said(left, right, |record| forenames(record).into_iter(), |a, b| a == b) == Said::Conflict
            })
        };
        let share_another = || self.kinds.iter().any(|kind| kind.said_of(left, right) == Said::Share);
        let conflicting = self.kinds.iter().find(|kind| {
            kind.said_of(left, right) == Said::Conflict
                && (!kind.needs_other_forename || (other_forename() && !share_another()))
        });
        let of_generations = || {
            let births = self.births.as_ref().filter(|births| births.are_a_generation_apart(left, right));
            births.filter(|_| !share_another()).map(|_| Role::DateOfBirth)
        };
        // what is shared is asked first: it is rare
        let of_identities = || {
            let share = |kind: &&Kind<'_>| kind.said_of(left, right) == Said::Share;
            let mut shared = self.kinds.iter().filter(share);
            let ulns = shared.next().filter(|kind| kind.role == Role::Uln)?;
            let identity = self.identity.as_ref().filter(|_| shared.next().is_none())?;
            if !identity.have_nothing_in_common(left, right) {
                return None;
            }
            // a record between the two tells of one child, first with another surname and then with another postcode
            let holders = left
                .iter()
                .flat_map(|&record| ulns.numbers(record))
                .filter_map(|uln| identity.of_uln.get(&uln));
            let is_between = |&record: &u32| {
                !identity.have_nothing_in_common(left, &[record])
                    && !identity.have_nothing_in_common(&[record], right)
            };
            let mut others =
                holders.flatten().filter(|record| !left.contains(record) && !right.contains(record));
            (!others.any(is_between)).then_some(Role::Surname)
        };
        conflicting.map(|kind| kind.role).or_else(of_generations).or_else(of_identities)
    }
}

impl<'a> Identity<'a> {
    /// `None` where there are no surnames or no postcodes.
    fn of(records: &'a Records, of_uln: HashMap<u32, Vec<u32>>) -> Option<Self> {
        let of_roles = |roles: &[Role]| -> Vec<&'a Field> {
            records.fields.iter().filter(|field| roles.contains(&field.role)).collect()
        };
        let surnames = of_roles(&[Role::Surname, Role::FormerSurname]);
        let postcodes = of_roles(&[Role::Postcode, Role::FormerPostcode]);
        let others = of_roles(&[Role::Identifier, Role::Email, Role::Phone]);
        let is_known = !surnames.is_empty() && !postcodes.is_empty();
        is_known.then_some(Self { surnames, postcodes, others, of_uln })
    }

    /// Whether both have surnames and postcodes, of which no two are alike or the same, and nothing else of one child.
    fn have_nothing_in_common(&self, left: &[u32], right: &[u32]) -> bool {
        let said = |fields: &[&Field], are_alike: &dyn Fn(&str, &str) -> bool| {
            let values = |record: &u32| {
                let record = *record;
                fields.iter().filter_map(move |field| field.get(record)).collect::<Vec<&str>>().into_iter()
            };
            said(left, right, values, are_alike)
        };
        let is_same = |a: &str, b: &str| a == b;
        let other = |field: &&Field| said(&[*field], &is_same) == Said::Share;
        said(&self.postcodes, &is_same) == Said::Conflict
            && said(&self.surnames, &are_alike) == Said::Conflict
            && !self.others.iter().any(other)
    }
}

/// Whether two surnames may be of one family: near in spelling, or one within the other.
fn are_alike(a: &str, b: &str) -> bool {
    jaro_winkler(a, b) >= ALIKE || token_subset(a, b) || half_of_double_barrelled(a, b)
}

impl Births<'_> {
    /// Whether both have dates, and each of one is a generation from each of the other by no slip in the year.
    fn are_a_generation_apart(&self, left: &[u32], right: &[u32]) -> bool {
        let dates = |records: &[u32]| -> Vec<PackedDate> {
            let codes = records.iter().map(|&record| self.codes[record as usize]);
            codes.filter(|&code| code != NULL).map(|code| self.dates[code as usize]).collect()
        };
        let (left, right) = (dates(left), dates(right));
        // of dates so far apart the years differ; a slip in them leaves the day and the month
        let is_far = |&a: &PackedDate, &b: &PackedDate| {
            days_apart(a, b).is_some_and(|days| days > GENERATION) && !two_parts_equal(a, b)
        };
        !left.is_empty() && !right.is_empty() && left.iter().all(|a| right.iter().all(|b| is_far(a, b)))
    }
}

/// Whether matches of this model have dates with nothing in common no more often than [`MOST_WRONG`], with as many matches as
/// it takes to know: of `n` without a wrong date the share may be `3 / n` (Hanley and Lippman-Hand 1983).
fn are_dates_sound(records: &Records, model: &Model, field: usize) -> bool {
    let is_of_it = |comparison: &Comparison| records.field(&comparison.fields[0]) == Some(field);
    let comparison = model.comparisons.iter().position(is_of_it);
    let Some(comparison) = comparison else { return false };
    let matches = model.classes.iter().filter(|class| class.is_match);
    let (mut wrong, mut all) = (0.0, 0.0);
    for class in matches {
        let levels = &class.probabilities[comparison];
        wrong += class.share * levels.last().copied().unwrap_or_default();
        all += class.share;
    }
    let n = all * comparable_pairs(records, model.link_type);
    all > 0.0 && wrong / all + 3.0 / n <= MOST_WRONG
}

/// What the numbers of one kind say of two holders.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Share,
    Conflict,
}

impl Kind<'_> {
    fn said_of(&self, left: &[u32], right: &[u32]) -> Said {
        said(left, right, |&record| self.numbers(record), |a, b| a == b)
    }

    /// The verified numbers of a record.
    fn numbers(&self, record: u32) -> impl Iterator<Item = u32> {
        let is_verified = self.unverified.get(record as usize) != Some(&true);
        self.codes
            .iter()
            .zip(&self.number_of)
            .filter(move |_| is_verified)
            .map(move |(codes, number_of)| match codes[record as usize] {
                NULL => NULL,
                code => number_of[code as usize],
            })
            .filter(|&number| number != NULL)
    }
}

/// What is said by values of two holders, of which each record has none, one or more.
fn said<T: Copy, I: Iterator<Item = T>>(
    left: &[u32],
    right: &[u32],
    values: impl Fn(&u32) -> I,
    are_shared: impl Fn(T, T) -> bool,
) -> Said {
    let (mut some, mut shared) = (false, false);
    for a in left.iter().flat_map(&values) {
        for b in right.iter().flat_map(&values) {
            some = true;
            shared |= are_shared(a, b);
        }
    }
    match (some, shared) {
        (false, _) => Said::Nothing,
        (true, true) => Said::Share,
        (true, false) => Said::Conflict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automatic::starting_model;
    use crate::fixture::{column, records};
    use crate::model::LinkType;
    use crate::training::two_classes;

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
        let none = Constraints::default();
        let conflicts = Conflicts::of(&records, &none);
        assert!(conflicts.between(0, 1) && conflicts.between(1, 0));
        assert!(!conflicts.between(0, 2) && !conflicts.between(0, 3), "no verified number, no conflict");
        assert!(!conflicts.between(0, 4), "the former number explains it");
    }

    /// Whether records 0 and 1 conflict, of which all have one ULN: surname, former surname, postcode, former postcode, UPN,
    /// telephone.
    fn are_two_identities(rows: &[[&str; 6]]) -> bool {
        let roles = [
            Role::Surname,
            Role::FormerSurname,
            Role::Postcode,
            Role::FormerPostcode,
            Role::Upn,
            Role::Phone,
        ];
        let uln = "9985101277";
        assert!(Uln::parse(uln).is_some());
        let mut columns = vec![("uln", Role::Uln, column(&vec![uln; rows.len()]))];
        columns.extend((0..).zip(roles).map(|(at, role): (usize, _)| {
            (role.name(), role, column(&rows.iter().map(|row| row[at]).collect::<Vec<_>>()))
        }));
        let records = records(&[rows.len()], &columns);
        let none = Constraints::default();
        let kind = Conflicts::of(&records, &none).with_identities(&records).kind_between(1, 0);
        assert!(kind.is_none_or(|kind| kind == Role::Surname));
        kind.is_some()
    }

    #[test]
    fn one_uln_and_nothing_else_in_common_is_a_child_before_and_after_an_adoption() {
        let upn = "R999201718009";
        let before = ["pandya", "", "PX7 9BL", "", upn, "07700900001"];
        assert!(are_two_identities(&[before, ["nessa", "", "PX19 3BQ", "", "", ""]]));
        for after in [
            ["pandia", "", "PX19 3BQ", "", "", ""],
            ["nessa pandya", "", "PX19 3BQ", "", "", ""],
            ["nessa", "pandya", "PX19 3BQ", "", "", ""],
            ["nessa", "", "PX7 9BL", "", "", ""],
            ["nessa", "", "PX19 3BQ", "PX7 9BL", "", ""],
            ["nessa", "", "PX19 3BQ", "", upn, ""],
            ["nessa", "", "PX19 3BQ", "", "", "07700900001"],
            ["", "", "PX19 3BQ", "", "", ""],
            ["nessa", "", "", "", "", ""],
        ] {
            assert!(!are_two_identities(&[before, after]), "{after:?}");
        }
    }

    #[test]
    fn a_record_between_two_identities_tells_that_they_are_one_child() {
        let (before, after) = (["smith", "", "PX7 9BL", "", "", ""], ["patel", "", "PX19 3BQ", "", "", ""]);
        assert!(!are_two_identities(&[before, after, ["smith", "", "PX19 3BQ", "", "", ""]]));
        assert!(are_two_identities(&[before, after, ["smith", "", "PX7 9BL", "", "", ""]]));
        assert!(are_two_identities(&[before, after, ["khan", "", "PX3 1AA", "", "", ""]]));
    }

    #[test]
    fn a_number_that_its_status_calls_unverified_keeps_nobody_apart() {
        let (a, b) = ("9990000018", "9990000026");
        let records = records(
            &[6],
            &[
                ("nhs_number", Role::NhsNumber, column(&[a, b, b, b, b, b])),
                ("nhs_number_status", Role::Other, column(&["01", "01", "", "05", "2", "99"])),
            ],
        );
        let none = Constraints::default();
        let conflicts = Conflicts::of(&records, &none);
        let found: Vec<u32> = (1..6).filter(|&record| conflicts.between(0, record)).collect();
        assert_eq!(found, [1, 2, 5], "verified, or nothing is said");
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
        let none = Constraints::default();
        let conflicts = Conflicts::of(&records, &none);
        assert!(!conflicts.between(0, 1), "one child with two numbers");
        assert!(conflicts.between(0, 2));
        assert!(!conflicts.between(0, 3), "a forename that is not known does not differ");
        assert!(!conflicts.between(0, 4), "a temporary number says nothing");
    }

    #[test]
    fn dates_a_generation_apart_are_of_two_people_where_dates_are_hardly_ever_wrong() {
        let born =
            ["2012-03-05", "1985-11-20", "1992-03-05", "1985-11-20", "1985", "", "2012-03-06", "1999-11-30"];
        let number = ["9990000018", "", "", "9990000018", "", "", "", ""];
        let records = records(
            &[8],
            &[
                ("date_of_birth", Role::DateOfBirth, column(&born)),
                ("nhs_number", Role::NhsNumber, column(&number)),
                ("surname", Role::Surname, column(&["vane"; 8])),
            ],
        );
        let none = Constraints::default();
        let with_share = |share: f64, wrong: f64| {
            let mut model = starting_model(&records, LinkType::DedupeOnly);
            let even = |n: usize| vec![1.0 / n as f64; n];
            let mut levels: Vec<Vec<f64>> = model.comparisons.iter().map(|c| even(c.levels.len())).collect();
            let at = model.comparisons.iter().position(|c| c.name == "date_of_birth").expect("compared");
            *levels[at].last_mut().expect("levels") = wrong;
            model.classes = two_classes(share, levels.clone(), levels);
            Conflicts::of(&records, &none).with_dates_of_birth(&records, &model)
        };
        // of 28 pairs
        let with = |wrong| with_share(20.0, wrong);
        let sound = with(0.01);
        let found: Vec<u32> = (1..8).filter(|&record| sound.between(0, record)).collect();
        // 2 has the day and month of 0, 3 its NHS number, 4 no whole date, 6 is a day apart
        assert_eq!(found, [1, 7]);
        let found: Vec<u32> = (1..8).filter(|&record| sound.are_of_two_generations(0, record)).collect();
        assert_eq!(found, [1, 3, 7], "whatever numbers say");
        assert_eq!(sound.kind_between(0, 1), Some(Role::DateOfBirth));
        assert!(!sound.has_number(1) && !sound.share_or_differ(0, 1), "dates are no numbers");
        assert!(!with(0.05).between(0, 1), "where dates are often wrong they say less");
        assert!(!with_share(1.0, 0.01).between(0, 1), "of few matches nobody knows");
        assert!(!Conflicts::of(&records, &none).between(0, 1));
    }

    #[test]
    fn records_that_must_be_together_hold_all_their_numbers() {
        let (a, b, c) = ("9990000018", "9990000026", "9990000034");
        assert!(NhsNumber::parse(c).is_some());
        let records = records(&[5], &[("nhs_number", Role::NhsNumber, column(&[a, b, b, c, ""]))]);
        let constraints = Constraints::new([(0, 1), (3, 4)], []).expect("no contradiction");
        let conflicts = Conflicts::of(&records, &constraints);
        assert!(!conflicts.between(0, 1), "they are together whatever their numbers are");
        assert!(!conflicts.between(0, 2), "one of the two has its number");
        assert!(conflicts.between(1, 3));
        assert_eq!(
            conflicts.kind_between(4, 0),
            Some(Role::NhsNumber),
            "by way of the record that it is with"
        );
    }
}
