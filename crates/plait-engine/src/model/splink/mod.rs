//! Splink's settings files: the JSON that `linker.misc.save_model_to_json` of Splink 5 writes.
//!
//! Splink's comparison levels are SQL conditions. [`import`] translates those that Splink's own library writes
//! in `DuckDB`'s dialect and refuses every other by name; [`export`] writes SQL that Splink 5 loads and [`import`]
//! reads back as the same model.
//!
//! What is the same, so that the weights of the same comparison vector agree:
//! - the prior, m and u are kept digit by digit; what Splink fills in for a missing m or u is filled in here too;
//! - Splink's gamma −1 is level 0, and its gammas n−1 … 0 are the levels 1 … n;
//! - term-frequency adjustments start from the u of plain agreement on the adjusted field
//!   ([`Comparison::term_frequency_base`](super::Comparison::term_frequency_base)).
//!
//! What differs: Plait standardises values before it compares them, so `lower`, `upper`, `trim`, casts to text
//! and date parsing have no counterpart; edit distances count characters, where `DuckDB` counts bytes; dates are
//! whole days; a comparison without a null level still says
//! nothing about missing values; thresholds are not part of Splink's settings.

mod export;
mod import;
mod level;
mod sql;

pub use export::export;
pub use import::{Imported, import};

// Splink's `PostcodeComparison` and `EmailComparison`
const POSTCODE_SECTOR: &str = "^[A-Za-z]{1,2}[0-9][A-Za-z0-9]? [0-9]";
const POSTCODE_DISTRICT: &str = "^[A-Za-z]{1,2}[0-9][A-Za-z0-9]?";
const POSTCODE_AREA: &str = "^[A-Za-z]{1,2}";
const POSTCODE_VALID: &str = "^[A-Za-z]{1,2}[0-9][A-Za-z0-9]? [0-9][A-Za-z]{2}$";
const EMAIL_LOCAL: &str = "^[^@]+";
const EMAIL_DOMAIN: &str = "@([^@]+)$";

/// SQL of a settings file on one line and short enough for a message.
fn shortened(sql: &str) -> String {
    const MOST: usize = 160;
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}
