//! Deaths of children of the borough in the last two years, as registered.

use super::calendar::{EXTRACT_DAY, day_first};
use super::life::Life;
use super::office::Office;
use super::settings::Borough;
use super::sheet::Sheet;
use super::truth::{Truth, Who, sex_digit};
use super::write::Folder;
use crate::random::Random;
use plait_types::Fault;

/// The stem of the file, and the source in the truth tables. A record is named by its `DEATH_ID`.
pub(super) const DEATHS: &str = "death_registrations";

const COLUMNS: &[&str] = &[
    "DEATH_ID",
    "NHS_NUMBER",
    "FORENAMES",
    "SURNAME",
    "DATE_OF_BIRTH",
    "SEX",
    "DATE_OF_DEATH",
    "REGISTRATION_DATE",
    "ADDRESS",
    "POSTCODE",
];

/// Writes the deaths. Registrars make the mistakes that they make with births.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut random = Random::new(settings.seed, "deaths");
    let mut rows = Vec::new();
    for (at, child) in life.children.iter().enumerate() {
        if let Some(died) = child.died.filter(|_| life.family_of(child).lives_here) {
            rows.push((at, died));
        }
    }
    random.shuffle(&mut rows);
    let people = rows.iter().map(|(at, _)| (Who::Child(*at), 1.0));
    let mut office = Office::new(life, settings, settings.rates.births, "registrars of deaths", people);
    let mut sheet = Sheet::new(format!("{DEATHS}.csv"), COLUMNS);
    for (at, died) in rows {
        let child = &life.children[at];
        let who = Who::Child(at);
        let record = office.write(who, &life.subject(who), child.home_on(died, &life.families), 1.0);
        let id = format!("D{:05}", sheet.rows() + 1);
        let registered = (died + 3 + random.below(10) as i32).min(EXTRACT_DAY);
        sheet.row(&[
            ("DEATH_ID", &id),
            ("NHS_NUMBER", record.nhs_number.as_deref().unwrap_or("")),
            ("FORENAMES", record.forename.as_deref().unwrap_or("")),
            ("SURNAME", record.surname.as_deref().unwrap_or("")),
            ("DATE_OF_BIRTH", &record.born.map(day_first).unwrap_or_default()),
            ("SEX", sex_digit(record.sex)),
            ("DATE_OF_DEATH", &died.day_first()),
            ("REGISTRATION_DATE", &registered.day_first()),
            ("ADDRESS", record.address.as_deref().unwrap_or("")),
            ("POSTCODE", record.postcode.as_deref().unwrap_or("")),
        ]);
        truth.add(DEATHS, &id, who, office.mistakes());
    }
    folder.wrote(sheet.write(folder.path())?);
    Ok(())
}
