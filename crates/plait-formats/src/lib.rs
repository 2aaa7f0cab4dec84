//! Tables in and out: CSV, Parquet, xlsx and Arrow IPC; column roles, date orders, profiles.
//!
//! [`read::read`] takes any file that Plait reads and gives a table with its issues; [`write`] makes the files
//! that people and other tools open. Whether a file can be used is decided here; what its columns mean is not.

pub mod columns;
pub mod messages;
mod noted;
pub mod read;
pub mod returns;
pub mod write;
