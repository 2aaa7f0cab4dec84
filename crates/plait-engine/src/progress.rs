//! How far a long stage is, and whether to stop.

use plait_types::{Fault, FaultCode};

/// What the engine tells of its progress. Called from several threads.
pub trait Progress: Sync {
    /// A stage begins; `total` units of work are to come (pairs, records or rounds, as the stage says).
    fn begin(&self, stage: Stage, total: u64);
    /// So many units are done.
    fn advance(&self, units: u64);
    /// Whether the user wants to stop. The engine then returns [`FaultCode::Interrupted`].
    fn stopped(&self) -> bool;
}

/// What the engine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading files (the caller does).
    Read,
    /// Choosing blocking rules from the data.
    ChooseRules,
    /// Sorting records under the blocking rules.
    Block,
    /// Comparing pairs to learn from.
    Train,
    /// Weighing candidate pairs.
    Score,
    /// Grouping records into persons.
    Cluster,
    /// Writing results (the caller does).
    Write,
}

impl Stage {
    /// What it is called in progress lines.
    pub fn words(self) -> &'static str {
        match self {
            Self::Read => "reading",
            Self::ChooseRules => "choosing rules",
            Self::Block => "blocking",
            Self::Train => "learning",
            Self::Score => "comparing",
            Self::Cluster => "grouping",
            Self::Write => "writing",
        }
    }
}

/// Tells nobody and never stops.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Stage, _: u64) {}
    fn advance(&self, _: u64) {}
    fn stopped(&self) -> bool {
        false
    }
}

/// The fault of a run that the user stopped.
pub(crate) fn interrupted() -> Fault {
    Fault::new(FaultCode::Interrupted, "the run was stopped", "run the command again when you are ready")
}
