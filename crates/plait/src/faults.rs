//! Everything that is wrong, at once.

use plait_types::{Fault, FaultCode, FaultKind};
use std::fmt;

/// One or more faults; the first decides the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// The kind of the first.
    pub fn kind(&self) -> FaultKind {
        self.0.first().map_or(FaultKind::Unexpected, |fault| fault.code.kind())
    }
}

impl Faults {
    /// Faults of sources that nothing can be linked from, with the reason that they have not said themselves.
    #[must_use]
    pub(crate) fn because_of_sources(mut self, reason: Option<&str>) -> Self {
        let is_about_sources = |fault: &Fault| {
            matches!(fault.code, FaultCode::NoUsableColumn | FaultCode::NoPairs | FaultCode::NoLinks)
        };
        if let (Some(first), Some(reason)) =
            (self.0.first_mut().filter(|fault| is_about_sources(fault)), reason)
        {
            *first = first.clone().because(reason);
        }
        self
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl From<Vec<Fault>> for Faults {
    fn from(faults: Vec<Fault>) -> Self {
        Self(faults)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            if self.0[..index].iter().any(|before| before.code == fault.code) {
                f.write_str(&fault.after_others())?;
            } else {
                write!(f, "{fault}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
