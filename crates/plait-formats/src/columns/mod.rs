//! What the columns of a table mean, how their dates are written, and how good they are.
//!
//! [`plan`] decides the [`Role`](plait_types::Role) of every column from its header and its values;
//! [`date_order`] tells day-first from month-first; [`Profile`] is what `plait look` shows of a file.

mod dates;
mod describe;
pub(crate) mod evidence;
mod figures;
mod full_names;
mod header;
mod headerless;
mod infer;
mod mask;
mod midnights;
mod profile;
mod spreadsheet;
#[cfg(test)]
mod tests;
mod turned;

pub use dates::{DateFinding, compare_orders, date_order};
pub(crate) use dates::{OrdersHeld, decided_order};
pub use describe::describe;
pub(crate) use evidence::{is_hashes, is_short_date};
pub use full_names::split_full_names;
pub(crate) use full_names::surname_first;
pub(crate) use header::{Identifies, characteristic, identifies, role_named};
pub use headerless::{header_list, unknown_column};
pub(crate) use headerless::{may_be_values, refuse_first_person, refuse_values, telling_headers};
pub use infer::{
    ColumnPlan, Confidence, births_not_known, could_be_names, displaced, guessed_orders, may_hold_names,
    plan, plan_all, plan_on, record_column, repeated_ids, share_identifiers,
};
pub use mask::mask;
pub use midnights::evenings_before;
pub use profile::{ColumnProfile, MaskedRow, Placeholder, Profile, Validity};
pub(crate) use spreadsheet::{hashes_message, short_dates_message};
pub use spreadsheet::{lost_zeros, read_day_numbers, unread};
