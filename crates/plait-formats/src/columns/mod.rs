//! What the columns of a table mean, how their dates are written, and how good they are.
//!
//! [`plan`] decides the [`Role`](plait_types::Role) of every column from its header and its values;
//! [`date_order`] tells day-first from month-first; [`Profile`] is what `plait look` shows of a file.

mod dates;
mod describe;
pub(crate) mod evidence;
mod figures;
mod header;
mod headerless;
mod infer;
mod mask;
mod profile;
mod spreadsheet;
#[cfg(test)]
mod tests;

pub use dates::{DateFinding, compare_orders, date_order};
pub(crate) use dates::{OrdersHeld, decided_order};
pub use describe::describe;
pub(crate) use header::{Identifies, characteristic, identifies};
pub(crate) use headerless::refuse_values;
pub use headerless::{header_list, unknown_column};
pub use infer::{
    ColumnPlan, Confidence, births_not_known, could_be_names, guessed_orders, plan, plan_all, plan_on,
    record_column, share_identifiers,
};
pub use mask::mask;
pub use profile::{ColumnProfile, MaskedRow, Placeholder, Profile, Validity};
pub use spreadsheet::{lost_zeros, read_day_numbers};
