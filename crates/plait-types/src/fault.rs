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
    /// Why it matters here; what its code says of it in general if `None`.
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

impl Fault {
    /// As a message after others of the same code: without a reason that they have given already.
    pub fn after_others(&self) -> String {
        self.words(self.why.clone())
    }

    fn words(&self, why: Option<String>) -> String {
        let place = self.place.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
        let why = why.map_or_else(String::new, |why| format!("\n  why: {why}"));
        format!("error[{}] {}{place}{why}\n  do:  {}", self.code.name(), self.what, self.todo)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(self.why.clone().or_else(|| self.code.standing_why())))
    }
}

impl std::error::Error for Fault {}

impl FaultCode {
    /// Why it matters in general, in the form of a message, for a fault that does not say it itself. `None` of codes that stand
    /// for too many things to have one reason.
    fn standing_why(self) -> Option<String> {
        if matches!(self, Self::BadOption | Self::Interrupted) {
            return None;
        }
        let why = self.why().trim_end_matches('.');
        // the name of the program keeps its capital
        let mut letters = why.chars();
        let first = letters.next().filter(|_| !why.starts_with("Plait"));
        Some(first.map_or_else(|| why.to_owned(), |first| first.to_lowercase().chain(letters).collect()))
    }
}

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
    ($($variant:ident = $name:literal, $kind:ident, $meaning:literal, why $why:literal, do $todo:literal;)+) => {
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

            /// Why it stops the command, in general.
            pub fn why(self) -> &'static str {
                match self { $(Self::$variant => $why,)+ }
            }

            /// What to do, in general; the message itself says it for the case at hand.
            pub fn todo(self) -> &'static str {
                match self { $(Self::$variant => $todo,)+ }
            }
        }
    };
}

fault_codes! {
    FileMissing = "E001", Input, "A file that was named is not there or cannot be opened.",
        why "Nothing can be said about records that cannot be read.",
        do "Check the path, whether the disk or network drive is connected, and whether you may read the file.";
    FileKind = "E002", Input, "The content of a file is not of the kind its name says, or of no kind that Plait reads.",
        why "Read as what it is not, a file gives rows that nobody recorded.",
        do "Save the file as CSV or .xlsx, or export it again, and give it the ending of what it is.";
    UnknownColumn = "E003", Usage, "A model or an option names a column that no source has.",
        why "What was said about the column would not be done, and nobody would notice.",
        do "Write the header as the file has it; plait look FILE shows all headers.";
    FileEmpty = "E004", Input, "A file has no bytes, or a header and no rows.",
        why "There is nobody to link.",
        do "Export the file again with its rows.";
    RaggedRow = "E005", Input, "A row of a delimited file has more or fewer fields than the header.",
        why "Where fields are shifted, a surname is taken for a forename.",
        do "Export the file again with quotes around fields that hold the separator.";
    InvalidText = "E006", Input, "Bytes of a text file are not valid in its encoding.",
        why "Names with unreadable letters do not match the same names elsewhere.",
        do "Export the file again as UTF-8.";
    Truncated = "E007", Input, "A file ends before its content does, or is damaged.",
        why "Records would be missing without a trace.",
        do "Copy or export the file again, and compare its size.";
    PasswordProtected = "E008", Input, "A workbook is encrypted with a password.",
        why "Plait cannot open it, and asks for no passwords.",
        do "Open it in Excel and save it without a password, in a place where that is allowed.";
    DuplicateColumn = "E009", Input, "Two columns of one file have the same header, or one column was given two roles.",
        why "It would not be certain which column is meant.",
        do "Rename or delete one of the columns, or leave one --role out.";
    NoUsableColumn = "E010", Input, "No column of a source says who a record is about.",
        why "Records can only be linked by what they say about a person.",
        do "Say what the columns mean with --role \"HEADER=ROLE\"; plait look FILE shows what was understood.";
    DateOrder = "E011", Input, "A column holds dates in two orders.",
        why "Days up to the 12th would be read with day and month the wrong way round, and wrong links follow.",
        do "Export the file again with one order, best YYYY-MM-DD; correct or blank the dates that are mistakes; or leave the column out with --role \"HEADER=other\".";
    DuplicateRecord = "E012", Input, "The column that was named as record identifier holds a value twice.",
        why "Results name records by it, and one name for two records says nothing.",
        do "Name another column with --role \"HEADER=record_id\", or none, and rows are numbered.";
    NullColumn = "E013", Input, "A column that the model compares has no values.",
        why "A comparison without values is no evidence, although the model counts on it.",
        do "Take the comparison out of the model, or export the file again with the column filled in.";
    BadThreshold = "E014", Usage, "A probability is not between 0 and 1, or the review band is upside down.",
        why "The line between linked and not linked would not be where you meant it.",
        do "Write a number such as 0.95; where pairs go to review, it lies below where they are linked.";
    BadModel = "E015", Usage, "A model file cannot be read as a model.",
        why "A model that is read half would make other links than you meant.",
        do "Correct the place that the message names; plait model new writes a model that is right, docs/model-file.md describes it.";
    BadOption = "E016", Usage, "Options of a command contradict each other or have an impossible value.",
        why "The command could be meant in two ways, or in none.",
        do "Correct the option; plait COMMAND --help says what it takes.";
    SplinkForm = "E017", Usage, "A Splink settings file uses a form that Plait does not translate.",
        why "A translation that left it out would be another model than yours.",
        do "Write that comparison or rule in Plait's model file yourself, or simplify it in Splink.";
    BadTruth = "E018", Input, "The truth table lacks a column or names records that are not there.",
        why "Precision and recall against such a table would mislead.",
        do "Give it the columns source, record and entity, with records named as people.xlsx names them.";
    NoSuchRecord = "E019", Usage, "A record that was named is not in the run.",
        why "There is no pair to explain.",
        do "Name records as people.xlsx does, with the source where it matters: source:record.";
    NotARun = "E020", Input, "A folder is not the output of a run, or of a version that this program does not read.",
        why "What is in the folder would be misread.",
        do "Name a folder that plait link has written, or link again with this version.";
    InputsChanged = "E021", Input, "A source file is not the one that the run was made from.",
        why "An explanation from other data would not be the one of this run.",
        do "Put the file back as it was, or link again.";
    BadSpec = "E022", Usage, "A specification of a return, or a mapping file, cannot be read as one.",
        why "Columns would be taken for what they are not, or be left out.",
        do "Correct the line that the message names; docs/returns.md shows a whole mapping file, plait specs show RETURN a specification.";
    BadConstraints = "E023", Input, "A file of constraints lacks a column, names a source that is not linked or none of its records, or contradicts itself.",
        why "Pairs that must never be one person would be linked, or pairs that must be would not.",
        do "Give it the columns source_l, record_l, source_r and record_r, with records named as people.xlsx names them, and in the column constraint must_link or cannot_link.";
    OtherInputs = "E024", Input, "Two runs that are to be compared were made from different files.",
        why "Where the files differ, nothing follows from a difference of the results.",
        do "Link the same files again, under the same names, and compare those runs.";
    BadLabels = "E025", Input, "A file of labels lacks a column, has a label that cannot be understood, names a source that is not linked or none of its records, or contradicts itself.",
        why "What is said of the quality of the linkage would rest on something else than what somebody has seen.",
        do "Give it the columns source_l, record_l, source_r and record_r, with records named as people.xlsx names them, and in the column label match or non_match.";
    BadNames = "E026", Input, "A file of names lacks a column, or has a cell that holds no name or several.",
        why "Names would be taken for spellings of each other that nobody said are.",
        do "Give it the columns name and variant, and in each row a name and one other way in which it is written.";
    ColumnType = "E027", Input, "A column of a table in memory is of a type that holds no single values.",
        why "What a list or a record holds cannot be compared as one value, and leaving it out unasked would not be noticed.",
        do "Cast the column to text, numbers or dates, or leave it out of the table.";
    TooManyPairs = "E031", Usage, "The blocking rules would compare more pairs than the budget allows.",
        why "The run would take hours, and find little that stricter rules do not.",
        do "Take the rule that makes most of them out of the model, or add another field to it.";
    HugeBlock = "E032", Usage, "One value puts so many records into a block that comparing them is not useful.",
        why "A value that so many share says nothing about who is who, and its pairs cost the most.",
        do "Empty the value in the file if it stands for \"not known\", or add another field to the rule; plait look FILE shows which columns have one.";
    NotEnoughMemory = "E033", Usage, "The job needs more memory than the limit.",
        why "The system would stop the run in the middle, or everything else with it.",
        do "Allow more with --memory, close other programs, use fewer blocking rules, or link a part of the records.";
    NoPairs = "E041", Quality, "The blocking rules make no candidate pairs.",
        why "Nothing was compared, so that no link could be found.",
        do "Check that the files are of the same area and years, and with plait look that their columns were understood.";
    NoLinks = "E040", Quality, "No pair reached the threshold.",
        why "A result without links does harm where a script goes on with it.",
        do "Check that the files are of the same area and years and that their columns were understood; or look at the likeliest pairs with a lower --threshold.";
    NothingToLink = "E042", Quality, "No source can be linked with another: they have no names and no identifier in common.",
        why "What they do have in common, such as a date of birth and a sex, many people share; most links would be wrong.",
        do "Export one of them again with names or a number of people that another has, or add a source that has both.";
    CannotWrite = "E052", Unexpected, "An output cannot be written.",
        why "Results are written whole or not at all.",
        do "Check that the disk has room, that you may write to the folder, and that no file in it is open in another program.";
    Interrupted = "E053", Unexpected, "The command was stopped before it ended; nothing was left behind.",
        why "A part of a result would look like all of it.",
        do "Run the command again when you are ready.";
    OtherVersion = "E055", Usage, "The processes of one job have different versions of the program.",
        why "What they send each other is the same in one version only.",
        do "Install the same version of plait on the driver and on all executors.";
    LostMessage = "E056", Unexpected, "What one process of a job sent to another did not come as it was sent.",
        why "Records or pairs would be missing without a trace.",
        do "Run the job again; if it happens again, please report it.";
    WouldReplace = "E054", Usage, "An output would replace a file that is read, or one that Plait did not write.",
        why "What is in that file would be lost.",
        do "Name another folder with --out or another file, or move the file away.";
    ManyReturns = "E060", Input, "A folder or archive holds files of several returns.",
        why "Their rows would be mixed without a trace.",
        do "Name each return by itself: one folder or archive for each.";
    MixedPeriods = "E061", Input, "A folder or archive holds files of several years or terms of one return.",
        why "Their rows would be mixed without a trace.",
        do "Name each year or term by itself: one folder or archive for each.";
    OtherReturn = "E062", Input, "A file is of another return or year than the command says, or a list to look things up in.",
        why "Its columns mean something else in the other return, and the rows of a list to look things up in are about nobody.",
        do "Name the right return with --as, or leave --as out and Plait finds it from the content; leave out a list to look things up in.";
    SameFileTwice = "E063", Input, "A folder or archive holds the same file twice, or two files of a return with the same persons.",
        why "Every record in it would count twice.",
        do "Delete or move one of the two.";
    NoReturn = "E064", Input, "A file or folder holds no return that Plait knows.",
        why "What its columns mean is not known, so that identity cannot be told from the rest.",
        do "Use plait link, which takes any table; or describe the file in a mapping file and name that with --as.";
    UnsafeArchive = "E065", Input, "A zip archive or a workbook holds paths that lead outside it, links, other archives or more data than it may.",
        why "Such an archive can overwrite files or fill the memory of a machine.",
        do "Ask who sent it; unpack it with a program of your own, look at it, and name the folder.";
    UnsafeXml = "E066", Input, "An XML file declares a document type or entities, or is nested too deeply.",
        why "Such a file can read other files or fill the memory of a machine.",
        do "Export the file again; remove the document type if you know where it comes from.";
    MixedAuthorities = "E067", Input, "A folder or archive holds files of several authorities.",
        why "Two authorities give the same id to two children, who would become one record.",
        do "Name the files of each authority by themselves: one folder or archive for each.";
    LacksWhatIsWritten = "E068", Input, "A source does not hold what the file that is to be written needs.",
        why "A file without it would be sent back, or be taken for complete.",
        do "Name a source that has it; plait look SOURCE shows what is in one.";
    LacksPersons = "E069", Input, "The table of a return that says who the others are about is not there or has no rows.",
        why "Nearly all rows of the other tables would be about nobody.",
        do "Export the table again with its rows and put it beside the others; plait look shows how many rows each table has.";
    NumberedAlike = "E058", Input, "Two files of a folder or archive number their persons alike and mean others.",
        why "Two persons of one number would become one record, with the names and identifiers of both.",
        do "Name the files of each school, organisation or authority by themselves, as a source of their own.";
    Locked = "E070", Locked, "Another run is writing to the same folder.",
        why "Two runs into one folder would leave a mixture.",
        do "Wait for the other run, or give another folder with --out.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IssueKind;

    /// A whole sentence.
    fn check(code: &str, part: &str, text: &str) {
        assert!(text.starts_with(char::is_uppercase), "{code} {part}: {text}");
        assert!(text.ends_with('.') && text.len() > 12, "{code} {part}: {text}");
    }

    #[test]
    fn every_code_says_what_why_and_what_to_do() {
        for code in FaultCode::ALL {
            check(code.name(), "what", code.meaning());
            check(code.name(), "why", code.why());
            check(code.name(), "do", code.todo());
        }
        for kind in IssueKind::ALL {
            check(kind.name(), "what", kind.meaning());
            check(kind.name(), "why", kind.why());
            check(kind.name(), "do", kind.todo());
        }
    }
}
