//! What stops a command, in words that a user can act on.

use std::fmt;

/// Something that stops a command: what happened, where, why it matters, what to do.
/// Holds no value that identifies a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable code; `plait explain E012` says more about it.
    pub code: FaultCode,
    /// One sentence, lower case, no full stop: `column "surnam" is not in cin.csv`.
    pub what: String,
    /// File, line, column, sheet: `model.toml line 14, column 9`.
    pub place: Option<String>,
    /// Why it matters, where that is not plain from `what`.
    pub why: Option<String>,
    /// What to do now.
    pub todo: String,
}

impl Fault {
    /// A fault without place or reason; add them with [`Fault::at`] and [`Fault::because`].
    pub fn new(code: FaultCode, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { code, what: what.into(), place: None, why: None, todo: todo.into() }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Says why it matters.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}] {}", self.code.name(), self.what)?;
        if let Some(place) = &self.place {
            write!(f, " ({place})")?;
        }
        if let Some(why) = &self.why {
            write!(f, "\n  why: {why}")?;
        }
        write!(f, "\n  do:  {}", self.todo)
    }
}

impl std::error::Error for Fault {}

/// What a fault means for the process: decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Our bug or the machine's trouble.
    Unexpected,
    /// The command or the model was written wrongly.
    Usage,
    /// A file cannot be used.
    Input,
    /// The result did not meet a gate; nothing was published.
    Quality,
    /// Another run holds the place.
    Locked,
}

macro_rules! fault_codes {
    ($($variant:ident = $name:literal, $kind:ident, $meaning:literal;)+) => {
        /// Every fault a user can meet, with its stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultCode {
            $(#[doc = $meaning] $variant,)+
        }

        impl FaultCode {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// `E003`
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What kind it is.
            pub fn kind(self) -> FaultKind {
                match self { $(Self::$variant => FaultKind::$kind,)+ }
            }

            /// What it means in general, for `plait explain E003`.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }
        }
    };
}

fault_codes! {
    FileMissing = "E001", Input, "A file that was named is not there or cannot be opened.";
    FileKind = "E002", Input, "The content of a file is not of the kind its name says, or of no kind that Plait reads.";
    UnknownColumn = "E003", Usage, "A model or an option names a column that no source has.";
    FileEmpty = "E004", Input, "A file has no bytes, or a header and no rows.";
    RaggedRow = "E005", Input, "A row of a delimited file has more or fewer fields than the header.";
    InvalidText = "E006", Input, "Bytes of a text file are not valid in its encoding.";
    Truncated = "E007", Input, "A file ends before its content does, or is damaged.";
    PasswordProtected = "E008", Input, "A workbook is encrypted with a password.";
    DuplicateColumn = "E009", Input, "Two columns of one file have the same header, or one column was given two roles.";
    NoUsableColumn = "E010", Input, "No column of a source says who a record is about.";
    DateOrder = "E011", Input, "A column holds dates in two orders, or its order cannot be told.";
    DuplicateRecord = "E012", Input, "The column that was named as record identifier holds a value twice.";
    NullColumn = "E013", Input, "A column that the model compares has no values.";
    BadThreshold = "E014", Usage, "A probability is not between 0 and 1, or the review band is upside down.";
    BadModel = "E015", Usage, "A model file cannot be read as a model.";
    BadOption = "E016", Usage, "Options of a command contradict each other or have an impossible value.";
    SplinkForm = "E017", Usage, "A Splink settings file uses a form that Plait does not translate.";
    BadTruth = "E018", Input, "The truth table lacks a column or names records that are not there.";
    NoSuchRecord = "E019", Usage, "A record that was named is not in the run.";
    NotARun = "E020", Input, "A folder is not the output of a run, or of a version that this program does not read.";
    InputsChanged = "E021", Input, "A source file is not the one that the run was made from.";
    BadSpec = "E022", Usage, "A specification of a return, or a mapping file, cannot be read as one.";
    TooManyPairs = "E031", Usage, "The blocking rules would compare more pairs than the budget allows.";
    HugeBlock = "E032", Usage, "One value puts so many records into a block that comparing them is not useful.";
    NotEnoughMemory = "E033", Usage, "The job needs more memory than the limit.";
    NoPairs = "E041", Quality, "The blocking rules make no candidate pairs.";
    NoLinks = "E040", Quality, "No pair reached the threshold.";
    CannotWrite = "E052", Unexpected, "An output cannot be written.";
    Interrupted = "E053", Unexpected, "The command was stopped before it ended; nothing was left behind.";
    ManyReturns = "E060", Input, "A folder or archive holds files of several returns.";
    MixedPeriods = "E061", Input, "A folder or archive holds files of several years or terms of one return.";
    OtherReturn = "E062", Input, "A file is of another return or year than the command says.";
    SameFileTwice = "E063", Input, "A folder or archive holds the same file twice.";
    NoReturn = "E064", Input, "A file or folder holds no return that Plait knows.";
    UnsafeArchive = "E065", Input, "A zip archive holds paths that lead outside it, links, other archives or more data than it may.";
    UnsafeXml = "E066", Input, "An XML file declares a document type or entities, or is nested too deeply.";
    Locked = "E070", Locked, "Another run is writing to the same folder.";
}
