//! Synthetic people with known truth, at two sizes of story.
//!
//! [`write_borough`] makes a whole council with the health services around it, in the very forms in which they
//! hold their data: returns, downloads, extracts, and truth tables. [`two_sources`] makes the least that can be
//! linked: a school census and a list of social care that share no key.
//!
//! Nobody in them exists. NHS numbers are of the test range 999, UPNs carry the authority code 999 that
//! no authority has, postcodes are of areas that do not exist, and names are drawn from lists written
//! for this crate. Families share surname and address; there are twins, step-families, looked-after
//! children and ten naming communities with their own customs. Mistakes cluster by school, team and
//! family, as they do in life.
//!
//! ```
//! let made = plait_synth::two_sources(&plait_synth::People::of(500, 1));
//! assert_eq!(made.sources[0].name, "school_census");
//! assert_eq!(made.truth.columns[0].name, "source");
//! ```

mod borough;
mod config;
mod family;
mod identifiers;
mod mistake;
mod names;
mod place;
mod random;
mod record;
mod source;
#[cfg(test)]
mod tests;
mod write;

pub use borough::{BOROUGH_STEPS, Borough, SourceRates, write_borough};
pub use config::{People, Rates};
pub use write::{Format, write_two_sources};

use plait_types::Table;

/// Two files of made-up people, and what is true.
#[derive(Clone, Debug)]
pub struct TwoSources {
    /// `school_census` and `social_care`. The first column of each identifies the record.
    pub sources: Vec<Table>,
    /// One row per record: `source`, `record`, `entity`; then `family`, `naming_community`, `twin` and
    /// `looked_after` (yes, no), `sex` (F, M) and `age` (whole years), for quality by group.
    pub truth: Table,
}

/// Makes up children on the day of the spring school census of 2025 in two sources. The same settings give
/// the same bytes on every machine. A million children take a few seconds and about half a GB.
///
/// The test range has some 909,000 NHS numbers; children in social care beyond that have none.
pub fn two_sources(config: &People) -> TwoSources {
    let names = names::Names::new(config.seed);
    let place = place::Place::new(config.children, config.seed);
    let children = family::children(config, &names, &place);
    let sources = [
        source::school_census(config, &names, &place, &children),
        source::social_care(config, &names, &place, &children),
    ];
    let truth = source::truth(&names, &children, &sources);
    TwoSources { sources: sources.map(|source| source.table).into(), truth }
}
