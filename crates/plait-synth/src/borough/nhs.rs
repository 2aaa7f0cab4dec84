//! What the returns of NHS services have in common.

use super::life::{Child, Life};
use super::schooling::Setting;
use crate::identifiers::NO_AUTHORITY;
use crate::random::Random;
use crate::record::Record;

/// A provider that does not exist.
pub(super) const PROVIDER: &str = "9ZA";

/// NHS number status: 01 present and verified, 02 present and not traced, 04 traced without a match, 07 not
/// present and no trace required, 08 postponed for a baby.
pub(super) fn number_status(record: &Record, is_newborn: bool, random: &mut Random) -> &'static str {
    match &record.nhs_number {
        Some(_) if random.chance(0.96) => "01",
        Some(_) => "02",
        None if is_newborn => "08",
        None => random.pick(&["04", "04", "07", "03"]),
    }
}

/// The ethnic category, Z where the patient was not asked (share: judgement).
pub(super) fn ethnic_category(child: &Child, random: &mut Random) -> &'static str {
    if random.chance(0.12) { "Z" } else { child.ethnicity.nhs }
}

/// The school as the NHS knows it: its LAESTAB behind EE for an education establishment.
pub(super) fn school_code(life: &Life, setting: Setting) -> String {
    match setting {
        Setting::School(school) => {
            format!("EE{NO_AUTHORITY:03}{:04}", life.schools.list[school].establishment)
        }
        _ => String::new(),
    }
}
