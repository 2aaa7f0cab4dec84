//! The list from which the school-age immunisation team works, as it is loaded into its system.

use super::calendar::{EXTRACT_DAY, day_first};
use super::life::Life;
use super::office::Office;
use super::schooling::{Setting, year_of};
use super::settings::Borough;
use super::sheet::Sheet;
use super::truth::{Truth, Who};
use super::write::Folder;
use crate::random::Random;
use crate::record::Site;
use plait_types::{Fault, PartialDate};

/// The stem of the file, and the source in the truth tables. The list has no column of its own for the
/// purpose: a record is named by its row number from 1.
pub(super) const CHILD_HEALTH: &str = "school_age_immunisation_cohort";

const COLUMNS: &[&str] = &[
    "CHILD_SCHOOL_URN",
    "PARENT_1_NAME",
    "PARENT_1_RELATIONSHIP",
    "PARENT_1_EMAIL",
    "PARENT_1_PHONE",
    "PARENT_2_NAME",
    "PARENT_2_RELATIONSHIP",
    "PARENT_2_EMAIL",
    "PARENT_2_PHONE",
    "CHILD_FIRST_NAME",
    "CHILD_LAST_NAME",
    "CHILD_PREFERRED_GIVEN_NAME",
    "CHILD_DATE_OF_BIRTH",
    "CHILD_YEAR_GROUP",
    "CHILD_ADDRESS_LINE_1",
    "CHILD_ADDRESS_LINE_2",
    "CHILD_TOWN",
    "CHILD_POSTCODE",
    "CHILD_NHS_NUMBER",
];

/// Stand for a school that is not known and for learning at home.
const UNKNOWN_SCHOOL: &str = "888888";
const AT_HOME: &str = "999999";

/// Families of whom the team has an old address (judgement).
const STALE_ADDRESS: f64 = 0.25;

/// Writes the list: children of reception to year 11, at whatever school. Dates come in two forms, by the
/// school that sent its part.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut random = Random::new(settings.seed, "child health");
    let mut rows = Vec::new();
    for (at, child) in life.children.iter().enumerate() {
        let is_of_age = (0..=11).contains(&year_of(child.born)) && child.is_alive_on(EXTRACT_DAY);
        let is_ours = life.family_of(child).lives_here || child.schooling.school().is_some();
        if is_of_age && is_ours && random.chance(0.97) {
            rows.push(at);
            if random.chance(0.004) {
                rows.push(at);
            }
        }
    }
    random.shuffle(&mut rows);
    // one batch a school, and one for all others
    let batches: Vec<(Site, bool)> = (0..=life.schools.list.len())
        .map(|_| (Site::draw(0.2, 0.5, &mut random), random.chance(0.35)))
        .collect();
    let batch_of = |at: usize| life.children[at].schooling.school().map_or(0, |school| school + 1);
    let people = rows.iter().map(|at| (Who::Child(*at), batches[batch_of(*at)].0.mistakes));
    let mut office = Office::new(life, settings, settings.rates.child_health, "immunisation team", people);
    let mut sheet = Sheet::new(format!("{CHILD_HEALTH}.csv"), COLUMNS);
    for at in rows {
        let child = &life.children[at];
        let family = life.family_of(child);
        let (site, is_day_first) = &batches[batch_of(at)];
        let home = office.known_home(at, EXTRACT_DAY, STALE_ADDRESS, 2.0);
        let who = Who::Child(at);
        let mut record = office.write(who, &life.subject(who), home, site.mistakes);
        let keep = |name, is_surname| crate::record::Clerk::keep_name(name, site, is_surname);
        record.forename = record.forename.map(|name| keep(name, false));
        record.surname = record.surname.map(|name| keep(name, true));
        let born = record.born.map(if *is_day_first { day_first } else { PartialDate::iso });
        let school = match child.schooling.setting {
            Setting::School(school) => life.schools.list[school].urn.as_str(),
            Setting::AtHome => AT_HOME,
            _ => UNKNOWN_SCHOOL,
        };
        let at_home = !child.is_unaccompanied && !child.is_looked_after() && child.before_adoption.is_none();
        let mother = format!("{} {}", family.mother.forename, family.mother.surname);
        let gave_mother = at_home && random.chance(0.7);
        let phone = format!("07700 900{:03}", random.below(1_000));
        let email = format!("parent{}@example.org", random.below(1_000_000));
        let father = family.partner.as_deref().filter(|_| at_home && random.chance(0.3));
        let spaced = random.chance(0.2);
        let number = record.nhs_number.map(|number| {
            if spaced { format!("{} {} {}", &number[..3], &number[3..6], &number[6..]) } else { number }
        });
        sheet.row(&[
            ("CHILD_SCHOOL_URN", school),
            ("PARENT_1_NAME", if gave_mother { &mother } else { "" }),
            ("PARENT_1_RELATIONSHIP", if gave_mother { "Mother" } else { "" }),
            ("PARENT_1_EMAIL", if gave_mother { &email } else { "" }),
            ("PARENT_1_PHONE", if gave_mother { &phone } else { "" }),
            ("PARENT_2_NAME", father.unwrap_or("")),
            ("PARENT_2_RELATIONSHIP", if father.is_some() { "Father" } else { "" }),
            ("CHILD_FIRST_NAME", record.forename.as_deref().unwrap_or("")),
            ("CHILD_LAST_NAME", record.surname.as_deref().unwrap_or("")),
            ("CHILD_PREFERRED_GIVEN_NAME", child.known_as.as_deref().unwrap_or("")),
            ("CHILD_DATE_OF_BIRTH", &born.unwrap_or_default()),
            ("CHILD_YEAR_GROUP", &year_of(child.born).to_string()),
            ("CHILD_ADDRESS_LINE_1", record.address.as_deref().unwrap_or("")),
            ("CHILD_TOWN", record.town.filter(|_| record.address.is_some()).unwrap_or("")),
            ("CHILD_POSTCODE", record.postcode.as_deref().unwrap_or("")),
            ("CHILD_NHS_NUMBER", &number.unwrap_or_default()),
        ]);
        truth.add(CHILD_HEALTH, &sheet.rows().to_string(), who, office.mistakes());
    }
    folder.wrote(sheet.write(folder.path())?);
    Ok(())
}
