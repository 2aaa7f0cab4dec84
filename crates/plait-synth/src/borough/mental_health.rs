//! The master patient index of mental health services (MHSDS, table MHS001MPI) with patient indicators
//! (`MHS005PatInd`), identified: the children of child and adolescent mental health services. Without names.

use super::calendar::EXTRACT_DAY;
use super::care::Case;
use super::life::{Child, Life};
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
pub(super) const MENTAL_HEALTH: &str = "mhsds_2026_03";

const INDEX: &[&str] = &[
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
    "GenderIDCode",
    "GenderSameAtBirth",
    "MaritalStatus",
    "EthnicCategory",
    "EthnicCategory2021",
    "LanguageCodePreferred",
    "PersDeathDate",
];

/// Element names are recalled.
const INDICATORS: &[&str] =
    &["RecordNumber", "LocalPatientId", "ConstSuperReqDueToDis", "YoungCarer", "LACStatus", "CPP"];

/// Families of whom the service has an old address (judgement).
const STALE_ADDRESS: f64 = 0.3;

/// Writes both tables.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut random = Random::new(settings.seed, "mental health");
    let mut rows = Vec::new();
    for (at, child) in life.children.iter().enumerate() {
        let can_be = child.age >= 5 && life.family_of(child).lives_here && child.is_alive_on(EXTRACT_DAY);
        if can_be && random.chance(rate(child)) {
            rows.push(at);
        }
    }
    random.shuffle(&mut rows);
    let people = rows.iter().map(|at| (Who::Child(*at), 1.0));
    let mut office =
        Office::new(life, settings, settings.rates.mental_health, "mental health clerks", people);
    let mut index = Sheet::new("MHS001MPI.csv", INDEX);
    let mut indicators = Sheet::new("MHS005PatInd.csv", INDICATORS);
    let mut local_id = 5_200_031;
    for at in rows {
        let child = &life.children[at];
        let home = office.known_home(at, EXTRACT_DAY, STALE_ADDRESS, 2.0);
        let who = Who::Child(at);
        let record = office.write(who, &life.subject(who), home, 1.0);
        local_id += 1 + random.below(5);
        let id = format!("M{local_id}");
        let number = (index.rows() + 1).to_string();
        index.row(&[
            ("RecordNumber", &number),
            ("LocalPatientId", &id),
            ("OrgIDLocalPatientId", PROVIDER),
            ("OrgIDResidenceResp", "9ZZ"),
            ("OrgIDEduEstab", &school_code(life, child.schooling.setting)),
            ("NHSNumber", record.nhs_number.as_deref().unwrap_or("")),
            ("NHSNumberStatus", number_status(&record, false, &mut random)),
            ("PersonBirthDate", &record.born.map(PartialDate::iso).unwrap_or_default()),
            ("Postcode", record.postcode.as_deref().unwrap_or("")),
            ("Gender", sex_digit(record.sex)),
            ("GenderIDCode", sex_digit(record.sex)),
            ("GenderSameAtBirth", "Y"),
            ("MaritalStatus", "S"),
            ("EthnicCategory", ethnic_category(child, &mut random)),
            ("LanguageCodePreferred", if life.family_of(child).language == "ENG" { "en" } else { "" }),
        ]);
        let on_plan = child.case.as_ref().is_some_and(Case::on_protection_plan);
        let yes = |yes: bool| if yes { "Y" } else { "N" };
        indicators.row(&[
            ("RecordNumber", &number),
            ("LocalPatientId", &id),
            ("ConstSuperReqDueToDis", yes(child.schooling.needs.contains(&"PMLD"))),
            ("YoungCarer", yes(random.chance(0.02))),
            // clinicians do not always hear of it
            ("LACStatus", yes(child.is_looked_after() && random.chance(0.8))),
            ("CPP", yes(on_plan && random.chance(0.7))),
        ]);
        truth.add(MENTAL_HEALTH, &id, who, office.mistakes());
    }
    let inside = folder.inside(MENTAL_HEALTH)?;
    folder.wrote(index.write(&inside)?);
    folder.wrote(indicators.write(&inside)?);
    Ok(())
}

/// Some 7 % of children in contact in a year (recalled), most of them teenagers, more of those in need.
fn rate(child: &Child) -> f64 {
    let by_age = if child.age >= 12 { 0.09 } else { 0.035 };
    let by_need = match child.schooling.provision {
        Provision::Plan => 3.0,
        Provision::Support => 1.8,
        Provision::None => 0.75,
    };
    let by_care = match &child.case {
        Some(case) if case.is_looked_after() => 3.0,
        Some(case) if case.is_in_need() => 2.0,
        _ => 1.0,
    };
    f64::min(by_age * by_need * by_care, 0.6)
}
