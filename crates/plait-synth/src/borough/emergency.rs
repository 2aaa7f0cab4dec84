//! Attendances of children at emergency departments in 2025/26 (ECDS). Without names; a child who came three
//! times has three rows.

use super::calendar::{Day, EXTRACT_DAY, RETURN_YEAR};
use super::life::{Child, Life};
use super::neighbourhood::gradient;
use super::nhs::{PROVIDER, ethnic_category, number_status};
use super::office::Office;
use super::settings::Borough;
use super::sheet::Sheet;
use super::truth::{Truth, Who, sex_digit};
use super::write::Folder;
use crate::random::Random;
use plait_types::{Fault, PartialDate};

/// The stem of the file, and the source in the truth tables. A record is named by its
/// `AttendanceIdentifier`.
pub(super) const EMERGENCY: &str = "ecds_attendances_2025_26";

/// The items are those of the data set; the header names of extracts differ from place to place.
const COLUMNS: &[&str] = &[
    "AttendanceIdentifier",
    "ProviderCode",
    "ArrivalDate",
    "ArrivalTime",
    "NHSNumber",
    "NHSNumberStatus",
    "PersonBirthDate",
    "PersonStatedGender",
    "Postcode",
    "EthnicCategory",
    "AgeAtArrival",
    "ChiefComplaint",
    "SafeguardingConcern",
];

/// Families of whom the hospital has an old address, as in the community (judgement).
const STALE_ADDRESS: f64 = 0.25;

const COMPLAINTS: [&str; 10] = [
    "Fever",
    "Injury of limb",
    "Injury of limb",
    "Head injury",
    "Shortness of breath",
    "Vomiting",
    "Abdominal pain",
    "Rash",
    "Self-harm",
    "Ingestion",
];

/// Writes the attendances of the year.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut random = Random::new(settings.seed, "emergency");
    let mut rows: Vec<(usize, Day)> = Vec::new();
    for (at, child) in life.children.iter().enumerate() {
        if child.is_unborn {
            continue;
        }
        let rate = rate(life, child);
        while random.chance(rate) {
            let day = RETURN_YEAR + random.below((EXTRACT_DAY - RETURN_YEAR) as usize) as i32;
            if child.is_alive_on(day) {
                rows.push((at, day));
            }
        }
    }
    random.shuffle(&mut rows);
    let people = rows.iter().map(|(at, _)| (Who::Child(*at), 1.0));
    let mut office = Office::new(life, settings, settings.rates.emergency, "receptions", people);
    let mut sheet = Sheet::new(format!("{EMERGENCY}.csv"), COLUMNS);
    let mut attendance = 26_000_000;
    for (at, day) in rows {
        let child = &life.children[at];
        let home = office.known_home(at, day, STALE_ADDRESS, 3.0);
        let who = Who::Child(at);
        let record = office.write(who, &life.subject(who), home, 1.0);
        attendance += 1 + random.below(3);
        let id = attendance.to_string();
        let age = day.years_since(child.born);
        let complaint = random.pick(&COMPLAINTS[..if age < 11 { 8 } else { 10 }]);
        let concern = child.case.is_some() && random.chance(0.2);
        let time = format!("{:02}:{:02}", 7 + random.below(17), random.below(60));
        sheet.row(&[
            ("AttendanceIdentifier", &id),
            ("ProviderCode", PROVIDER),
            ("ArrivalDate", &day.iso()),
            ("ArrivalTime", &time),
            ("NHSNumber", record.nhs_number.as_deref().unwrap_or("")),
            ("NHSNumberStatus", number_status(&record, day - child.born < 42, &mut random)),
            ("PersonBirthDate", &record.born.map(PartialDate::iso).unwrap_or_default()),
            ("PersonStatedGender", sex_digit(record.sex)),
            ("Postcode", record.postcode.as_deref().unwrap_or("")),
            ("EthnicCategory", ethnic_category(child, &mut random)),
            ("AgeAtArrival", &age.to_string()),
            ("ChiefComplaint", complaint),
            ("SafeguardingConcern", if concern { "Y" } else { "N" }),
        ]);
        truth.add(EMERGENCY, &id, who, office.mistakes());
    }
    folder.wrote(sheet.write(folder.path())?);
    Ok(())
}

/// The probability of one more attendance: some 35 a year per 100 children, twice that in the first two
/// years, more from poor neighbourhoods (recalled and judgement).
fn rate(life: &Life, child: &Child) -> f64 {
    let by_age = match child.age {
        0 | 1 => 0.42,
        2..5 => 0.3,
        5..13 => 0.18,
        _ => 0.23,
    };
    let family = life.family_of(child);
    let here = if family.lives_here { 1.0 } else { 0.5 };
    (by_age * (0.75 + 0.25 * gradient(family.decile)) * here).min(0.8)
}
