//! Statutory returns and health extracts as councils and the NHS hold them.
//!
//! What a return looks like is data: a folder under `specs/` per return and year ([`Spec`]). A container reader
//! gives the rows of its tables in [`Batch`]es, whatever the container was; landing splits each row at the door
//! into identity and payload.
//!
//! ```text
//! files, folders, zips ──► detect: which return, year, term ──► containers: Batch after Batch
//!                                                                   │
//!                                           landing: checks, codes, identity │ payload, joined by a record key
//! ```

mod batch;
mod characteristics;
pub mod check;
mod code_years;
pub mod codes;
mod csv_tables;
mod damage;
pub mod dates;
mod days;
pub mod detect;
pub mod filling;
mod fit;
pub mod gather;
pub mod identity;
mod issues;
mod json;
mod landing;
pub mod library;
mod members;
mod narrow;
mod nested;
mod origin;
mod out;
pub mod rows;
mod sheets;
pub mod spec;
mod utf8;
mod xml;
mod zip;

pub use batch::{Batch, BatchSink, Nesting};
pub use characteristics::Characteristic;
pub use detect::{Asked, Detected, Recognised, detect};
pub use gather::{Gathered, Progress, Quiet, gather, gather_in};
pub use identity::{Identity, IdentityKept, IdentitySink};
pub use issues::{issues_table, write_issues};
pub use landing::{Lacking, Landed, Landing, Payload, TableCount, land};
pub use origin::{Entry, Origin};
pub use out::Counts;
pub use spec::Spec;

#[cfg(test)]
mod samples_tests;
#[cfg(test)]
mod tests;
