//! Who every record is about, and what is known of them for quality by group.

use super::calendar::EXTRACT_DAY;
use super::care::Case;
use super::life::{Child, Life};
use super::schooling::Setting;
use super::sheet::Sheet;
use crate::names::Sex;
use crate::record::Subject;
use plait_types::Fault;
use std::path::{Path, PathBuf};

/// Somebody whom a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// By place in [`Life::children`].
    Child(usize),
    /// The child as it was before it was adopted.
    BirthIdentity(usize),
    /// By place in [`Life::families`].
    Mother(usize),
}

impl Who {
    /// The child's place in [`Life::children`].
    pub(super) fn child(self) -> Option<usize> {
        match self {
            Self::Child(at) | Self::BirthIdentity(at) => Some(at),
            Self::Mother(_) => None,
        }
    }

    pub(super) fn entity(self) -> String {
        match self {
            Self::Child(at) => format!("E{:07}", at + 1),
            // an identity of its own, for it must never be linked with the child
            Self::BirthIdentity(at) => format!("E{:07}B", at + 1),
            Self::Mother(family) => format!("M{:07}", family + 1),
        }
    }
}

impl Life {
    /// What a clerk is told.
    pub(super) fn subject(&self, who: Who) -> Subject<'_> {
        match who {
            Who::Child(at) => {
                let child = &self.children[at];
                Subject {
                    forename: &child.forename,
                    middle: child.middle.as_deref(),
                    surname: &child.surname,
                    other_surname: &child.other_surname,
                    goes_by_other: child.goes_by_other,
                    community: self.family_of(child).community,
                    sex: child.sex,
                    born: child.born.date(),
                    upn: child.upn,
                    sibling_upn: self.sibling_of(at).and_then(|sibling| sibling.upn),
                    reason_without_upn: reason_without_upn(child),
                    nhs_number: child.nhs_number.as_deref(),
                    upn_missing: 1.0,
                    nhs_number_missing: 1.0,
                }
            }
            Who::BirthIdentity(at) => {
                let child = &self.children[at];
                let before = child.before_adoption.as_ref().expect("only adopted children have one");
                Subject {
                    forename: &before.forename,
                    surname: &before.surname,
                    other_surname: &before.surname,
                    goes_by_other: false,
                    community: before.community,
                    upn: before.upn,
                    sibling_upn: None,
                    nhs_number: before.nhs_number.as_deref(),
                    ..self.subject(Who::Child(at))
                }
            }
            Who::Mother(family) => {
                let family = &self.families[family];
                Subject {
                    forename: &family.mother.forename,
                    middle: None,
                    surname: &family.mother.surname,
                    other_surname: &family.mother.surname,
                    goes_by_other: false,
                    community: family.community,
                    sex: Sex::Female,
                    born: family.mother.born.date(),
                    upn: None,
                    sibling_upn: None,
                    reason_without_upn: "",
                    nhs_number: family.mother.nhs_number.as_deref(),
                    upn_missing: 1.0,
                    nhs_number_missing: 1.0,
                }
            }
        }
    }

    pub(super) fn case_of(&self, who: Who) -> Option<&Case> {
        match who {
            Who::Child(at) => self.children[at].case.as_ref(),
            Who::BirthIdentity(at) => self.children[at].before_adoption.as_ref().map(|before| &before.case),
            Who::Mother(_) => None,
        }
    }
}

/// The codes of the returns: not of school age, from abroad, not registered at a school, not known.
fn reason_without_upn(child: &Child) -> &'static str {
    match (child.is_unaccompanied, child.age, child.schooling.setting) {
        (true, _, _) => "UN3",
        (false, 0..4, _) => "UN1",
        (false, _, Setting::Independent | Setting::AtHome) => "UN5",
        (false, _, _) => "UN4",
    }
}

/// The records of all sources with whom they are about.
#[derive(Default)]
pub(super) struct Truth {
    records: Vec<(&'static str, String, Who)>,
    /// Place in `records`, mistake.
    mistakes: Vec<(usize, &'static str)>,
}

const TRUTH: &[&str] = &[
    "source",
    "record",
    "entity",
    "kind",
    "family",
    "naming_community",
    "twin",
    "looked_after",
    "sex",
    "age",
    "ethnicity",
    "sen",
    "fsm",
    "child_in_need",
    "protection_plan",
    "unaccompanied",
    "adopted",
    "deprivation_decile",
];

impl Truth {
    pub(super) fn add(&mut self, source: &'static str, record: &str, who: Who, mistakes: &[&'static str]) {
        self.mistakes.extend(mistakes.iter().map(|mistake| (self.records.len(), *mistake)));
        self.records.push((source, record.to_owned(), who));
    }

    /// Writes the truth tables.
    pub(super) fn write(self, life: &Life, folder: &Path) -> Result<Vec<PathBuf>, Fault> {
        [self.records_sheet(life), self.do_not_link(), twins(life), self.mistakes_sheet()]
            .into_iter()
            .map(|sheet| sheet.write(folder))
            .collect()
    }

    fn records_sheet(&self, life: &Life) -> Sheet {
        let mut sheet = Sheet::new("truth.csv", TRUTH);
        for (source, record, who) in &self.records {
            let entity = who.entity();
            let cells = [("source", *source), ("record", record), ("entity", &entity)];
            match *who {
                Who::Mother(family) => {
                    let family_id = family_id(family);
                    let family = &life.families[family];
                    sheet.row(&[
                        cells[0],
                        cells[1],
                        cells[2],
                        ("kind", "mother"),
                        ("family", &family_id),
                        ("naming_community", life.names.communities[family.community].name),
                        ("sex", "F"),
                        ("age", &EXTRACT_DAY.years_since(family.mother.born).to_string()),
                        ("deprivation_decile", &family.decile.to_string()),
                    ]);
                }
                Who::Child(at) | Who::BirthIdentity(at) => {
                    let child = &life.children[at];
                    let is_child = matches!(who, Who::Child(_));
                    let case = life.case_of(*who);
                    let before = child.before_adoption.as_ref().filter(|_| !is_child);
                    let community = before.map_or(life.community_of(child), |before| {
                        life.names.communities[before.community].name
                    });
                    let family_id =
                        if is_child { family_id(child.family) } else { format!("B{:07}", at + 1) };
                    sheet.row(&[
                        cells[0],
                        cells[1],
                        cells[2],
                        ("kind", if child.is_unborn { "unborn" } else { "child" }),
                        ("family", &family_id),
                        ("naming_community", community),
                        ("twin", yes_no(child.is_twin())),
                        ("looked_after", yes_no(case.is_some_and(Case::is_looked_after))),
                        ("sex", sex_letter(child.sex)),
                        ("age", &child.age.to_string()),
                        ("ethnicity", child.ethnicity.main),
                        ("sen", child.schooling.provision.code()),
                        ("fsm", yes_no(child.schooling.has_free_meals)),
                        ("child_in_need", yes_no(case.is_some_and(Case::is_in_need))),
                        ("protection_plan", yes_no(case.is_some_and(Case::on_protection_plan))),
                        ("unaccompanied", yes_no(child.is_unaccompanied)),
                        ("adopted", yes_no(child.before_adoption.is_some())),
                        ("deprivation_decile", &life.family_of(child).decile.to_string()),
                    ]);
                }
            }
        }
        sheet
    }

    /// Every pair of a record of an adopted child and one of who it was before.
    fn do_not_link(&self) -> Sheet {
        let mut sheet = Sheet::new(
            "do_not_link.csv",
            &["reason", "source_l", "record_l", "entity_l", "source_r", "record_r", "entity_r", "constraint"],
        );
        let mut adopted: Vec<usize> = self
            .records
            .iter()
            .filter_map(|(_, _, who)| match who {
                Who::BirthIdentity(at) => Some(*at),
                _ => None,
            })
            .collect();
        adopted.sort_unstable();
        adopted.dedup();
        let mut of_adopted: Vec<&(&str, String, Who)> = self
            .records
            .iter()
            .filter(|(_, _, who)| who.child().is_some_and(|at| adopted.binary_search(&at).is_ok()))
            .collect();
        of_adopted.sort_by_key(|(_, _, who)| (who.child(), matches!(who, Who::Child(_))));
        for records in of_adopted.chunk_by(|a, b| a.2.child() == b.2.child()) {
            // sorted: old identities first
            let n_before =
                records.iter().take_while(|record| matches!(record.2, Who::BirthIdentity(_))).count();
            let (before, after) = records.split_at(n_before);
            for (source_l, record_l, who_l) in before {
                for (source_r, record_r, who_r) in after {
                    sheet.row(&[
                        ("reason", "adopted"),
                        ("source_l", source_l),
                        ("record_l", record_l),
                        ("entity_l", &who_l.entity()),
                        ("source_r", source_r),
                        ("record_r", record_r),
                        ("entity_r", &who_r.entity()),
                        ("constraint", "cannot_link"),
                    ]);
                }
            }
        }
        sheet
    }

    fn mistakes_sheet(&self) -> Sheet {
        let mut sheet = Sheet::new("mistakes.csv", &["source", "record", "mistake"]);
        for (at, mistake) in &self.mistakes {
            let (source, record, _) = &self.records[*at];
            sheet.row(&[("source", source), ("record", record), ("mistake", mistake)]);
        }
        sheet
    }
}

/// Every pair of children born together.
fn twins(life: &Life) -> Sheet {
    let mut sheet = Sheet::new("twins.csv", &["entity_l", "entity_r", "family", "born_together", "same_sex"]);
    for (at, child) in life.children.iter().enumerate() {
        for nth in child.birth_order..child.born_together {
            let other = at + usize::from(nth - child.birth_order) + 1;
            sheet.row(&[
                ("entity_l", &Who::Child(at).entity()),
                ("entity_r", &Who::Child(other).entity()),
                ("family", &family_id(child.family)),
                ("born_together", &child.born_together.to_string()),
                ("same_sex", yes_no(child.sex == life.children[other].sex)),
            ]);
        }
    }
    sheet
}

fn family_id(family: usize) -> String {
    format!("F{:07}", family + 1)
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

pub(super) fn sex_letter(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "F",
        Sex::Male => "M",
    }
}

/// As the NHS codes it: 1 male, 2 female, 0 not known.
pub(super) fn sex_digit(sex: Option<Sex>) -> &'static str {
    match sex {
        Some(Sex::Male) => "1",
        Some(Sex::Female) => "2",
        None => "0",
    }
}
