//! The words of record linkage as types. No I/O, no logic beyond validity.
//!
//! Formats fill a [`Table`] per file; the engine reads it; results speak in [`MatchWeight`],
//! [`Probability`] and [`PersonId`]. Everything that can go wrong for a user is a [`Fault`].

mod date;
mod fault;
mod figures;
mod issue;
mod nearest;
mod number;
mod person_id;
mod role;
mod shortened;
mod table;

pub mod identifier;
pub mod placeholder;

pub use date::{BirthTiming, DateOrder, PartialDate, StandInDay};
pub use fault::{Fault, FaultCode, FaultKind};
pub use figures::{are, counted, grouped, percent, three_digits};
pub use issue::{Issue, IssueKind, Severity};
pub use nearest::nearest;
pub use number::{MatchWeight, Probability};
pub use person_id::PersonId;
pub use role::Role;
pub use shortened::is_shortened;
pub use table::{Column, Interner, NULL, Table, Values};
