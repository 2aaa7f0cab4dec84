//! A whole council and the health services around it, in the very forms in which they hold their data.
//!
//! `life` is what is true of people over time; one file per source says what that source writes down of it;
//! `truth` says who every record is about.

mod births;
mod blade;
mod calendar;
mod care;
mod child_health;
mod cin_census;
mod community;
mod deaths;
mod emergency;
mod ethnicity;
mod gp;
mod life;
mod mental_health;
mod neighbourhood;
mod nhs;
mod office;
mod school_census;
mod schooling;
mod schools;
mod sen2;
mod settings;
mod sheet;
mod social_care;
mod ssda903;
mod standard_safeguarding;
#[cfg(test)]
mod tests;
mod truth;
mod write;
mod xml;

pub use settings::{Borough, SourceRates};
pub use write::{BOROUGH_STEPS, write_borough};
