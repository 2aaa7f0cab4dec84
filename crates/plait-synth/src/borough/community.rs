//! The master patient index of community services (CSDS, table CYP001MPI), identified: health visiting, school
//! nursing, therapies. Without names.

use super::calendar::EXTRACT_DAY;
use super::life::Life;
use super::nhs::{PROVIDER, ethnic_category, number_status, school_code};
use super::office::Office;
use super::schooling::Provision;
use super::settings::Borough;
use super::sheet::Sheet;
use super::truth::{Truth, Who, sex_digit};
use super::write::Folder;
use crate::random::Random;
use plait_types::{Fault, PartialDate};

/// The name of the folder, and of the source in the truth tables. A record is named by its
/// `LocalPatientId`.
pub(super) const COMMUNITY: &str = "csds_2026_03";

/// Element names are recalled.
const COLUMNS: &[&str] = &[
    "RecordNumber",
    "LocalPatientId",
    "OrgIDLocalPatientId",
    "OrgIDResidenceResp",
    "OrgIDEduEstab",
    "NHSNumber",
    "NHSNumberStatus",
    "PersonBirthDate",
    "Postcode",
    "Gender",
    "EthnicCategory",
    "LanguageCodePreferred",
    "LookedAfterChildInd",
    "SafeguardingVulnFactorsInd",
    "PersDeathDate",
];

/// Families of whom the service has an old address. Of hospital records checked against the national
/// demographics service, half had another postcode (PMC5297137), but that looks back over many years; within a
/// year or two it is judgement.
const STALE_ADDRESS: f64 = 0.45;

/// Writes the index: nearly all children under five, and a fifth of the others.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut random = Random::new(settings.seed, "community health");
    let mut rows: Vec<Who> = Vec::new();
    for (at, child) in life.children.iter().enumerate() {
        if child.is_unborn || !life.family_of(child).lives_here {
            continue;
        }
        let rate = match (child.age, child.schooling.provision) {
            (0..5, _) => 0.93,
            (_, Provision::Plan) => 0.6,
            _ if child.is_looked_after() => 0.7,
            _ => 0.15,
        };
        if random.chance(rate) {
            rows.push(Who::Child(at));
        }
        // who an adopted child was stays in the index under the old number
        if child.before_adoption.is_some() && random.chance(0.8) {
            rows.push(Who::BirthIdentity(at));
        }
    }
    random.shuffle(&mut rows);
    let people = rows.iter().map(|who| (*who, 1.0));
    let mut office = Office::new(life, settings, settings.rates.community_health, "community clerks", people);
    let mut sheet = Sheet::new("CYP001MPI.csv", COLUMNS);
    let mut local_id = 71_000_113;
    for who in rows {
        let at = who.child().expect("patients are children");
        let child = &life.children[at];
        let home = match (who, &child.before_adoption) {
            (Who::BirthIdentity(_), Some(before)) => before.home,
            _ => office.known_home(at, EXTRACT_DAY, STALE_ADDRESS, 4.0),
        };
        let record = office.write(who, &life.subject(who), home, 1.0);
        local_id += 1 + random.below(9);
        let id = format!("C{local_id}");
        let is_newborn = EXTRACT_DAY - child.born < 42;
        let is_current = matches!(who, Who::Child(_));
        let died = child.died.filter(|died| *died <= EXTRACT_DAY);
        sheet.row(&[
            ("RecordNumber", &(sheet.rows() + 1).to_string()),
            ("LocalPatientId", &id),
            ("OrgIDLocalPatientId", PROVIDER),
            ("OrgIDResidenceResp", "9ZZ"),
            (
                "OrgIDEduEstab",
                &if is_current { school_code(life, child.schooling.setting) } else { String::new() },
            ),
            ("NHSNumber", record.nhs_number.as_deref().unwrap_or("")),
            ("NHSNumberStatus", number_status(&record, is_newborn, &mut random)),
            ("PersonBirthDate", &record.born.map(PartialDate::iso).unwrap_or_default()),
            ("Postcode", record.postcode.as_deref().unwrap_or("")),
            ("Gender", sex_digit(record.sex)),
            ("EthnicCategory", ethnic_category(child, &mut random)),
            ("LanguageCodePreferred", if life.family_of(child).language == "ENG" { "en" } else { "" }),
            ("LookedAfterChildInd", if is_current && child.is_looked_after() { "Y" } else { "N" }),
            (
                "SafeguardingVulnFactorsInd",
                if child.case.is_some() && random.chance(0.5) { "Y" } else { "N" },
            ),
            ("PersDeathDate", &died.map(super::calendar::Day::iso).unwrap_or_default()),
        ]);
        truth.add(COMMUNITY, &id, who, office.mistakes());
    }
    let inside = folder.inside(COMMUNITY)?;
    folder.wrote(sheet.write(&inside)?);
    Ok(())
}
