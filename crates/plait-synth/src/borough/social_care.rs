//! The files of social care: the case management system, from which the two returns are made as well.

use super::calendar::{Day, EXTRACT_DAY};
use super::care::{Care, Case, Level};
use super::ethnicity::NOT_OBTAINED;
use super::life::Life;
use super::office::Office;
use super::settings::Borough;
use super::truth::{Truth, Who};
use crate::place::Home;
use crate::random::Random;
use crate::record::{Clerk, Record, Site};

/// The name of the folder, and of the source in the truth tables. A record is named by its
/// `pers_person_id`.
pub(super) const SAFEGUARDING: &str = "standard_safeguarding_dataset";

/// When the council changed its system: whoever was known before has a new number since, and the old one as
/// `pers_legacy_id`. The return of looked-after children must keep the number that a child was first
/// returned with.
const NEW_SYSTEM: Day = Day(19_509);

/// Ethnicity that social care has not got (judgement).
const NOT_ASKED: f64 = 0.06;

/// One person in the case management system.
pub(super) struct CaseFile {
    pub(super) who: Who,
    pub(super) person_id: String,
    pub(super) legacy_id: Option<String>,
    /// A second file of somebody who has one already; work goes on in the first.
    pub(super) is_duplicate: bool,
    pub(super) record: Record,
    /// Until when social care followed where the person lives.
    pub(super) followed_until: Day,
    /// The latest home that it knows of.
    pub(super) home: Home,
    pub(super) team: String,
    /// Of a file that is still under the name that it was opened with before the birth: when that was expected.
    pub(super) expected: Option<Day>,
    /// As far as social care asked.
    pub(super) ethnicity: &'static str,
}

impl CaseFile {
    /// The `CHILD` of the return of looked-after children: the old number of those who came into care under it.
    pub(super) fn care_id(&self, care: &Care) -> &str {
        let came_before = care.episodes.first().is_some_and(|first| first.start < NEW_SYSTEM);
        self.legacy_id.as_deref().filter(|_| came_before).unwrap_or(&self.person_id)
    }

    /// The number in the UPN field if it is one, and the reason why there is none otherwise.
    pub(super) fn upn_or_reason(&self, life: &Life) -> Result<&str, &'static str> {
        match self.record.upn.as_deref() {
            Some(upn) if !upn.starts_with("UN") => Ok(upn),
            _ => Err(life.subject(self.who).reason_without_upn),
        }
    }
}

struct Draft {
    who: Who,
    opened: Day,
    is_duplicate: bool,
    team: usize,
}

/// Opens the files.
pub(super) fn case_files(life: &Life, settings: &Borough, truth: &mut Truth) -> Vec<CaseFile> {
    let mut random = Random::new(settings.seed, "social care");
    let teams: Vec<(String, Site)> = (0..8 + life.children.len() / 20_000)
        .map(|team| (team_name(team), Site::draw(0.3, 0.7, &mut random)))
        .collect();
    let mut drafts = drafts(life, settings, teams.len(), &mut random);
    // numbers are given in the order of opening, as they come
    drafts.sort_by_key(|draft| draft.opened);
    let rows = drafts.iter().map(|draft| (draft.who, teams[draft.team].1.mistakes));
    let mut office = Office::new(life, settings, settings.rates.social_care, "social workers", rows);
    let (mut new_id, mut old_id) = (2_300_417, 41_093);
    let mut files: Vec<CaseFile> = Vec::with_capacity(drafts.len());
    for draft in &drafts {
        new_id += 1 + random.below(6);
        old_id += 1 + random.below(4);
        let (team, site) = &teams[draft.team];
        let case = life.case_of(draft.who);
        // nobody looks after a second file
        let followed_until =
            if draft.is_duplicate { draft.opened.min(EXTRACT_DAY) } else { followed_until(case) };
        let home = home_of(life, draft.who, followed_until);
        let mut subject = life.subject(draft.who);
        // numbers of children on plans and in care are traced for the child protection information system
        match case.map(|case| case.level) {
            Some(Level::Protection | Level::LookedAfter) => {
                subject.nhs_number_missing = 0.12;
                subject.upn_missing = 0.3;
            }
            Some(Level::InNeed) => subject.upn_missing = 0.7,
            _ => {}
        }
        let child = draft.who.child().map(|at| &life.children[at]);
        let known_as = child.and_then(|child| child.known_as.as_deref());
        if let (Who::Child(_), Some(known_as)) = (draft.who, known_as.filter(|_| random.chance(0.5))) {
            subject.forename = known_as;
        }
        let mut record = office.write(draft.who, &subject, home, site.mistakes);
        record.forename = record.forename.map(|name| Clerk::keep_name(name, site, false));
        record.surname = record.surname.map(|name| Clerk::keep_name(name, site, true));
        let opened_before_birth = child.is_some_and(|child| draft.opened < child.born);
        let is_unborn = child.is_some_and(|child| child.is_unborn);
        let is_under_unborn_name =
            is_unborn || (opened_before_birth && matches!(draft.who, Who::Child(_)) && random.chance(0.35));
        let mut mistakes = office.mistakes().to_vec();
        let mut expected = None;
        if is_under_unborn_name {
            let child = child.expect("only children are born");
            let off = if is_unborn { 0 } else { random.below(29) as i32 - 18 };
            expected = Some(child.born - off);
            record.born = None;
            let mother = &life.family_of(child).mother.surname;
            record.forename = Some(random.pick(&["Unborn", "Unborn", "Baby"]).to_owned());
            record.surname = Some(Clerk::keep_name(mother.clone(), site, true));
            record.sex = None;
            record.upn = None;
            record.nhs_number = None;
            mistakes.push("unborn_name");
        }
        let person_id = new_id.to_string();
        truth.add(SAFEGUARDING, &person_id, draft.who, &mistakes);
        files.push(CaseFile {
            who: draft.who,
            legacy_id: (draft.opened < NEW_SYSTEM).then(|| old_id.to_string()),
            person_id,
            is_duplicate: draft.is_duplicate,
            record,
            followed_until,
            home,
            team: team.clone(),
            expected,
            ethnicity: match child {
                Some(child) if !random.chance(NOT_ASKED) => child.ethnicity.main,
                _ => NOT_OBTAINED.main,
            },
        });
    }
    random.shuffle(&mut files);
    files
}

/// Everybody with a case, mothers of the unborn and of some others, and second files by mistake.
fn drafts(life: &Life, settings: &Borough, teams: usize, random: &mut Random) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut mothers: Vec<(usize, Day)> = Vec::new();
    for (at, child) in life.children.iter().enumerate() {
        let mut people = Vec::new();
        if let Some(case) = &child.case {
            people.push((Who::Child(at), case.opened()));
            let linked = child.is_unborn || (case.level >= Level::InNeed && random.chance(0.5));
            if linked && !child.is_unaccompanied && child.before_adoption.is_none() {
                mothers.push((child.family, case.opened()));
            }
        }
        if let Some(before) = &child.before_adoption {
            people.push((Who::BirthIdentity(at), before.case.opened()));
        }
        for (who, opened) in people {
            drafts.push(Draft { who, opened, is_duplicate: false, team: random.below(teams) });
            let later = opened + random.below(((EXTRACT_DAY - opened) as usize).max(1)) as i32;
            if random.chance(settings.social_care_duplicates) && !child.is_unborn {
                drafts.push(Draft { who, opened: later, is_duplicate: true, team: random.below(teams) });
            }
        }
    }
    mothers.sort_unstable();
    mothers.dedup_by_key(|(family, _)| *family);
    for (family, opened) in mothers {
        let who = Who::Mother(family);
        drafts.push(Draft { who, opened, is_duplicate: false, team: random.below(teams) });
    }
    drafts
}

fn followed_until(case: Option<&Case>) -> Day {
    let closed = case.and_then(|case| case.referrals.last()?.closed);
    closed.map_or(EXTRACT_DAY, |(day, _)| day.min(EXTRACT_DAY))
}

fn home_of(life: &Life, who: Who, day: Day) -> Home {
    match who {
        Who::Child(at) => life.children[at].home_on(day, &life.families),
        Who::BirthIdentity(at) => {
            life.children[at].before_adoption.as_ref().expect("only adopted children have one").home
        }
        Who::Mother(family) => life.families[family].home_on(day),
    }
}

fn team_name(team: usize) -> String {
    const AREAS: [&str; 4] = ["North", "South", "East", "West"];
    const KINDS: [&str; 4] =
        ["Assessment Team", "Children in Need Team", "Early Help Team", "Care Planning Team"];
    format!("{} {} {}", AREAS[team % 4], KINDS[team / 4 % 4], team / 16 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_system_came_in_june_2023() {
        assert_eq!(NEW_SYSTEM.iso(), "2023-06-01");
    }
}
