//! The linkage core. Pure and deterministic: no files, no clock, no environment; the seed is an argument,
//! and the same inputs and model give the same bytes on any number of threads.
//!
//! The stages, in the order in which records pass through them:
//! [`records`] standardise and intern, [`blocking`] makes candidate pairs, [`comparison`] turns each pair into
//! a vector of levels, [`training`] learns the model from counts of vectors, [`scoring`] weighs pairs,
//! [`deterministic`] finds those that rules link whatever they weigh, [`constraints`] are what somebody knows of them
//! and [`labels`] what somebody knows and wants the result held against,
//! [`conflicts`] tells which records cannot be of one person, [`clustering`] decides who is one person,
//! [`objection`] says why a strong pair is none,
//! [`parts`] do the same where no one process holds all records,
//! [`methods`] are published ones to hold the result against,
//! [`quality`] says how good that is without labels and [`evaluation`] with them, [`explanation`] says why.

pub mod automatic;
pub mod blocking;
pub mod clustering;
pub mod comparison;
pub mod conflicts;
pub mod constraints;
pub mod deterministic;
pub mod evaluation;
pub mod expected;
pub mod explanation;
pub mod groups;
pub mod labels;
pub mod methods;
pub mod model;
pub mod objection;
pub mod parts;
pub mod progress;
pub mod quality;
pub mod records;
pub mod scoring;
pub mod similarity;
pub mod standardise;
pub mod training;

#[cfg(test)]
mod fixture;
mod lists;
mod part;
mod random;
mod rows;
