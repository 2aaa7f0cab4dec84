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
pub mod check;
pub mod codes;
pub mod dates;
pub mod identity;
mod issues;
mod landing;
pub mod library;
pub mod spec;

pub use batch::{Batch, BatchSink, Nesting};
pub use identity::Identity;
pub use issues::write_issues;
pub use landing::{Landed, Landing, Payload, TableCount};
pub use spec::Spec;
