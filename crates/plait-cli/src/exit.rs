//! Exit codes: what a script learns from a command.

use plait::FaultKind;
use std::fmt::Write as _;
use std::process::ExitCode;

/// What the process ends with. Numbers are stable; scripts depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Unexpected = 1,
    Usage = 2,
    Input = 3,
    Quality = 4,
    NotPermitted = 5,
    Withheld = 6,
    Locked = 7,
    NewerStore = 8,
}

impl Exit {
    pub(crate) const ALL: [Self; 9] = [
        Self::Done,
        Self::Unexpected,
        Self::Usage,
        Self::Input,
        Self::Quality,
        Self::NotPermitted,
        Self::Withheld,
        Self::Locked,
        Self::NewerStore,
    ];

    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unexpected => "unexpected: trouble of the machine or of Plait itself, or stopped by you",
            Self::Usage => "usage: the command or the model was written wrongly",
            Self::Input => "input unusable",
            Self::Quality => "nothing was linked, or the model could not be learned; nothing was written",
            Self::NotPermitted => "not permitted for this purpose (reserved; nothing ends so yet)",
            Self::Withheld => "release withheld (reserved; nothing ends so yet)",
            Self::Locked => "locked by another run",
            Self::NewerStore => "store newer than program (reserved; nothing ends so yet)",
        }
    }
}

impl From<FaultKind> for Exit {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Unexpected => Self::Unexpected,
            FaultKind::Usage => Self::Usage,
            FaultKind::Input => Self::Input,
            FaultKind::Quality => Self::Quality,
            FaultKind::Locked => Self::Locked,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// The codes as the end of `plait --help`.
pub(crate) fn help() -> String {
    let mut text = String::from("Exit codes:\n");
    for exit in Exit::ALL {
        writeln!(text, "  {}  {}", exit.number(), exit.meaning()).expect("writing to a string cannot fail");
    }
    text
}
