//! Children registered with the general practices of the borough.

use super::calendar::{EXTRACT_DAY, day_first};
use super::life::Life;
use super::office::Office;
use super::settings::Borough;
use super::sheet::Sheet;
use super::truth::{Truth, Who, sex_digit};
use super::write::Folder;
use crate::random::Random;
use crate::record::{Clerk, Site};
use plait_types::Fault;

/// The stem of the file, and the source in the truth tables. A record is named by its `PATIENT_ID`.
pub(super) const GENERAL_PRACTICE: &str = "gp_registered_children";

const COLUMNS: &[&str] = &[
    "PATIENT_ID",
    "NHS_NUMBER",
    "FAMILY_NAME",
    "GIVEN_NAME",
    "OTHER_GIVEN_NAME",
    "DATE_OF_BIRTH",
    "GENDER",
    "ADDRESS_LINE1",
    "ADDRESS_LINE2",
    "ADDRESS_LINE3",
    "POSTCODE",
    "GP_PRACTICE_CODE",
    "REGISTRATION_DATE",
];

/// Families that have not told their practice of a move (judgement).
const STALE_ADDRESS: f64 = 0.35;

/// Births are registered, with the name, within 42 days; until then the child is "Baby".
const DAYS_TO_REGISTER: usize = 42;

/// Writes the list. Practices register nobody without an NHS number.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut random = Random::new(settings.seed, "general practice");
    let mut rows = Vec::new();
    for (at, child) in life.children.iter().enumerate() {
        let is_ours = life.family_of(child).lives_here && child.is_alive_on(EXTRACT_DAY);
        if is_ours && child.nhs_number.is_some() && random.chance(0.985) {
            rows.push((at, false));
            // still on the list of the practice before
            if random.chance(0.005) {
                rows.push((at, true));
            }
        }
    }
    random.shuffle(&mut rows);
    let practices = life.families.iter().map(|family| family.practice + 1).max().unwrap_or(1);
    let sites: Vec<Site> = (0..practices).map(|_| Site::draw(0.5, 0.5, &mut random)).collect();
    let practice_of = |at: usize, before: bool| {
        (life.family_of(&life.children[at]).practice + usize::from(before)) % practices
    };
    let people = rows.iter().map(|(at, before)| (Who::Child(*at), sites[practice_of(*at, *before)].mistakes));
    let mut office = Office::new(life, settings, settings.rates.general_practice, "practices", people);
    let mut sheet = Sheet::new(format!("{GENERAL_PRACTICE}.csv"), COLUMNS);
    for (at, before) in rows {
        let child = &life.children[at];
        let family = life.family_of(child);
        let practice = practice_of(at, before);
        let site = &sites[practice];
        let home = if before {
            family.homes[family.homes.len().saturating_sub(2)].1
        } else {
            office.known_home(at, EXTRACT_DAY, STALE_ADDRESS, 3.0)
        };
        let who = Who::Child(at);
        let mut record = office.write(who, &life.subject(who), home, site.mistakes);
        let mut mistakes = office.mistakes().to_vec();
        let mut middle = child.middle.clone().unwrap_or_default();
        if ((EXTRACT_DAY - child.born) as usize) < random.below(DAYS_TO_REGISTER) {
            record.forename = Some("Baby".to_owned());
            record.surname = Some(family.mother.surname.clone());
            middle.clear();
            mistakes.push("unnamed");
        }
        let keep = |name: Option<String>, is_surname| {
            name.map(|name| Clerk::keep_name(name, site, is_surname)).unwrap_or_default()
        };
        let id = format!("{}{:06}", 101 + practice, sheet.rows() + 1);
        let age = (EXTRACT_DAY - child.born).max(1) as usize;
        let registered = EXTRACT_DAY - random.below(age.min(2_500)) as i32;
        sheet.row(&[
            ("PATIENT_ID", &id),
            ("NHS_NUMBER", record.nhs_number.as_deref().unwrap_or("")),
            ("FAMILY_NAME", &keep(record.surname, true)),
            ("GIVEN_NAME", &keep(record.forename, false)),
            ("OTHER_GIVEN_NAME", &keep(Some(middle), false)),
            ("DATE_OF_BIRTH", &record.born.map(day_first).unwrap_or_default()),
            ("GENDER", sex_digit(record.sex)),
            ("ADDRESS_LINE1", record.address.as_deref().unwrap_or("")),
            ("ADDRESS_LINE2", record.town.filter(|_| record.address.is_some()).unwrap_or("")),
            ("POSTCODE", record.postcode.as_deref().unwrap_or("")),
            ("GP_PRACTICE_CODE", &format!("Z{practice:05}")),
            ("REGISTRATION_DATE", &registered.day_first()),
        ]);
        truth.add(GENERAL_PRACTICE, &id, who, &mistakes);
    }
    folder.wrote(sheet.write(folder.path())?);
    Ok(())
}
