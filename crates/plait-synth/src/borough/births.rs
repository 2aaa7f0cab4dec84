//! Births to mothers of the borough in the last five years: the notification at birth, which gives the NHS
//! number, and the registration, which gives the name.

use super::calendar::{EXTRACT_DAY, day_first};
use super::life::Life;
use super::office::Office;
use super::settings::Borough;
use super::sheet::Sheet;
use super::truth::{Truth, Who, sex_digit};
use super::write::Folder;
use crate::random::Random;
use plait_types::Fault;

/// The stem of the file, and the source in the truth tables. A record is named by its `NOTIFICATION_ID`.
pub(super) const BIRTHS: &str = "birth_notifications_and_registrations";

const COLUMNS: &[&str] = &[
    "NOTIFICATION_ID",
    "NHS_NUMBER_BABY",
    "DATE_OF_BIRTH",
    "SEX",
    "BIRTH_WEIGHT_GRAMS",
    "GESTATION_WEEKS",
    "BABIES_IN_BIRTH",
    "BIRTH_ORDER",
    "NHS_NUMBER_MOTHER",
    "MOTHER_DATE_OF_BIRTH",
    "MOTHER_POSTCODE",
    "REGISTRATION_DATE",
    "REGISTERED_FORENAMES",
    "REGISTERED_SURNAME",
];

/// Writes the births. An adopted child is here as it was born; its new identity is not.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut random = Random::new(settings.seed, "births");
    let mut rows: Vec<Who> = Vec::new();
    for (at, child) in life.children.iter().enumerate() {
        let born_here = life.family_of(child).lives_here && !child.is_unaccompanied && !child.is_unborn;
        // some moved here after the birth
        if born_here && EXTRACT_DAY - child.born < 5 * 365 && random.chance(0.9) {
            rows.push(if child.before_adoption.is_some() { Who::BirthIdentity(at) } else { Who::Child(at) });
        }
    }
    random.shuffle(&mut rows);
    let people = rows.iter().map(|who| (*who, 1.0));
    let mut office = Office::new(life, settings, settings.rates.births, "registrars", people);
    let mut sheet = Sheet::new(format!("{BIRTHS}.csv"), COLUMNS);
    for who in rows {
        let at = who.child().expect("babies are children");
        let child = &life.children[at];
        let family = life.family_of(child);
        let is_birth_identity = matches!(who, Who::BirthIdentity(_));
        let home = match (&child.before_adoption, is_birth_identity) {
            (Some(before), true) => before.home,
            _ => family.home_on(child.born),
        };
        let record = office.write(who, &life.subject(who), home, 1.0);
        let registered = child.born + 2 + random.below(40) as i32;
        let is_registered = registered <= EXTRACT_DAY;
        let forenames = match (&record.forename, life.subject(who).middle) {
            (Some(forename), Some(middle)) => format!("{forename} {middle}"),
            (forename, _) => forename.clone().unwrap_or_default(),
        };
        let id = format!("NN{:07}", sheet.rows() + 1);
        let mother = &family.mother;
        // the parents of an adopted child are not those whom it lives with
        let mothers_number = mother.nhs_number.as_deref().filter(|_| !is_birth_identity).unwrap_or("");
        let mothers_birth = if is_birth_identity { String::new() } else { mother.born.day_first() };
        sheet.row(&[
            ("NOTIFICATION_ID", &id),
            ("NHS_NUMBER_BABY", record.nhs_number.as_deref().unwrap_or("")),
            ("DATE_OF_BIRTH", &record.born.map(day_first).unwrap_or_default()),
            ("SEX", sex_digit(record.sex)),
            ("BIRTH_WEIGHT_GRAMS", &child.birth_weight.to_string()),
            ("GESTATION_WEEKS", &(if child.is_twin() { 35 } else { 38 } + random.below(4)).to_string()),
            ("BABIES_IN_BIRTH", &child.born_together.to_string()),
            ("BIRTH_ORDER", &child.birth_order.to_string()),
            ("NHS_NUMBER_MOTHER", mothers_number),
            ("MOTHER_DATE_OF_BIRTH", &mothers_birth),
            ("MOTHER_POSTCODE", record.postcode.as_deref().unwrap_or("")),
            ("REGISTRATION_DATE", &if is_registered { registered.day_first() } else { String::new() }),
            ("REGISTERED_FORENAMES", if is_registered { &forenames } else { "" }),
            ("REGISTERED_SURNAME", if is_registered { record.surname.as_deref().unwrap_or("") } else { "" }),
        ]);
        truth.add(BIRTHS, &id, who, office.mistakes());
    }
    folder.wrote(sheet.write(folder.path())?);
    Ok(())
}
