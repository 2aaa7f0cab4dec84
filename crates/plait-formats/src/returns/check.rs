//! Checks of a return, as its spec has them.

mod finding;

pub use finding::{ColumnQuality, Finding, Lines};

use super::{Batch, Spec};
use plait_types::PartialDate;
use plait_types::identifier::LaCode;
use std::sync::Arc;

/// Holds the batches of a return against its spec.
pub struct Checker {
    spec: Arc<Spec>,
}

/// A check that could not be evaluated, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRun {
    /// The check's number.
    pub check: String,
    /// What it lacked: `there is no reference date`.
    pub why: &'static str,
}

impl Checker {
    /// A checker for one return.
    pub fn new(spec: Arc<Spec>, reference_date: Option<PartialDate>, authority: Option<LaCode>) -> Self {
        let _ = (reference_date, authority);
        Self { spec }
    }

    /// Takes the next batch.
    pub fn batch(&mut self, batch: &Batch) {
        let _ = (&self.spec, batch);
    }

    /// Checks of the spec that are not evaluated.
    pub fn not_run(&self) -> &[NotRun] {
        &[]
    }

    /// Figures per column, in the order of the spec, of the tables that had rows so far.
    pub fn quality(&self) -> Vec<ColumnQuality> {
        Vec::new()
    }

    /// Everything that was found, worst first.
    pub fn finish(self) -> Vec<Finding> {
        Vec::new()
    }
}
