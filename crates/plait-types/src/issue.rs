//! What is wrong with records or columns of a file that can be read all the same.

use crate::grouped;
use std::fmt;

/// A finding about the content of one file that does not stop the command: what, where, how often.
/// Never holds a cell's content.
///
/// One issue stands for all places in one file and column with the same finding, so that a file with a
/// thousand ragged rows gives one issue with a thousand lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What was found; decides the severity and whether rows were set aside.
    pub kind: IssueKind,
    /// The file's name, without its folder.
    pub file: String,
    /// The header of the column, where the finding is about one.
    pub column: Option<String>,
    /// Line numbers (text files) or row numbers (sheets, Parquet) from 1, ascending; empty where the finding
    /// is about the whole file or column, or where only the number of rows is known.
    pub lines: Vec<u64>,
    /// How many rows or cells the finding stands for; 1 for a finding about a whole file or column.
    pub count: usize,
    /// One sentence, lower case, no full stop, no cell content.
    pub message: String,
}

impl Issue {
    /// A finding about a whole file or, with [`Issue::in_column`], a whole column.
    pub fn new(kind: IssueKind, file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, file: file.into(), column: None, lines: Vec::new(), count: 1, message: message.into() }
    }

    /// Says which column.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// Says which lines; there is one finding per line.
    #[must_use]
    pub fn on_lines(mut self, lines: Vec<u64>) -> Self {
        self.count = lines.len();
        self.lines = lines;
        self
    }

    /// Says how many rows or cells.
    #[must_use]
    pub fn counting(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    /// How serious it is.
    pub fn severity(&self) -> Severity {
        self.kind.severity()
    }

    /// Rows that are not in the table because of this finding.
    pub fn rows_set_aside(&self) -> usize {
        match self.kind {
            IssueKind::RaggedRow
            | IssueKind::StrayQuote
            | IssueKind::UndecodableRow
            | IssueKind::InstructionRow
            | IssueKind::HeaderAgain
            | IssueKind::FooterRow
            | IssueKind::RowWithoutKey
            | IssueKind::RowOfUnknownRecord
            | IssueKind::PersonWithinPerson => self.count,
            _ => 0,
        }
    }

    /// The first lines as words, `lines 3, 17, 44 and 9 more`; `None` where no line is known.
    pub fn place(&self) -> Option<String> {
        const SHOWN: usize = 5;
        let list = |lines: &[u64]| lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        match self.lines.len() {
            0 => None,
            1 => Some(format!("line {}", self.lines[0])),
            n if n <= SHOWN => Some(format!("lines {}", list(&self.lines))),
            // of very many only the first were kept, but all counted
            n => {
                let n = grouped((n.max(self.count) - SHOWN) as u64);
                Some(format!("lines {} and {n} more", list(&self.lines[..SHOWN])))
            }
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity() {
            Severity::Note => "note",
            Severity::Warning => "warning",
        };
        write!(f, "{word}[{}] {}: ", self.kind.name(), self.file)?;
        if let Some(column) = &self.column {
            write!(f, "column \"{column}\": ")?;
        }
        write!(f, "{}", self.message)?;
        if let Some(place) = self.place() {
            write!(f, " ({place})")?;
        }
        Ok(())
    }
}

/// How serious an [`Issue`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know; nothing is lost.
    Note,
    /// Rows, columns or values were not usable as they stand.
    Warning,
}

macro_rules! issue_kinds {
    ($($variant:ident = $name:literal, $severity:ident, $meaning:literal, why $why:literal, do $todo:literal;)+) => {
        /// Every finding of a reader, with its stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum IssueKind {
            $(#[doc = $meaning] $variant,)+
        }

        impl IssueKind {
            /// Every kind, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// `W001`
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// How serious it is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// What it means in general, for `plait explain W001`.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }

            /// Why it matters, in general.
            pub fn why(self) -> &'static str {
                match self { $(Self::$variant => $why,)+ }
            }

            /// What to do, in general.
            pub fn todo(self) -> &'static str {
                match self { $(Self::$variant => $todo,)+ }
            }
        }
    };
}

issue_kinds! {
    TitleLines = "N001", Note, "Lines above the header hold a title, not column names; they were left out.",
        why "A title read as a header would give columns the wrong names.",
        do "Nothing, if the columns are the right ones.";
    UnnamedColumn = "N002", Note, "A column has no header and was named after its position.",
        why "What a column without a header means is told by its values alone.",
        do "Check with plait look what it was taken for, or give it a header.";
    Encoding = "N003", Note, "Text is not UTF-8 and was read as Windows-1252.",
        why "Letters with accents could be the wrong ones, and names would not match.",
        do "Look at a name with an accent; if it is wrong, export the file as UTF-8.";
    OtherSheets = "N004", Note, "A workbook has more sheets than the one that was read.",
        why "Records on the other sheets are not linked.",
        do "Nothing, if the right sheet was read; else look at another with plait look --sheet, and save it as a file of its own.";
    UnknownElements = "N010", Note, "A nested file holds elements that the specification of the return does not know; they were left out.",
        why "What a specification does not know may hold anything, a name included.",
        do "Nothing, if they do not matter to you; else look whether the file is of another year.";
    UnknownColumns = "N011", Note, "A table of a return has columns that its specification does not know; they were left out, since they may hold anything.",
        why "What a specification does not know may hold anything, a name included.",
        do "Nothing, if they do not matter to you; else look whether the file is of another year, or name them in a mapping file.";
    InstructionRow = "N012", Note, "The first row below the header says how to fill in the form; it is no record and was set aside.",
        why "Read as a record it would be a person that nobody is.",
        do "Nothing, if the row is no record.";
    StrayText = "N013", Note, "Text stands where a nested file can have none, between elements or in the place of an object; it was left out.",
        why "It belongs to no element, so that nobody knows what it is.",
        do "Nothing, if the values are there; else export the file again.";
    ElementElsewhere = "N014", Note, "Elements stand at another place than the specification of the return says; they were found by name.",
        why "The file was made by another version of the schema than the specification describes.",
        do "Check with plait look that the columns hold what they should.";
    FooterRow = "N015", Note, "Rows below a table hold a total, or who made the list and when; they are no records and were set aside.",
        why "Read as a record it would be a person that nobody is.",
        do "Nothing, if the rows are no records; a row with an identifier, a name or a date of birth of a person is never taken for one of these.";
    BirthNotKnown = "N016", Note, "No column of a table is known as the date of birth, and one holds dates that could be it.",
        why "Dates of birth are the strongest evidence after numbers; a column of dates that nothing names is not compared.",
        do "If it is the date of birth, say so with --role \"HEADER=date_of_birth\"; else nothing.";
    HeaderAgain = "N017", Note, "Rows hold the names of the columns once more; they are no records and were set aside.",
        why "Read as a record each would be a person that nobody is.",
        do "Nothing, if the lists that the file was put together from are all there.";
    BlankRow = "N018", Note, "Rows have no value in any column; they are no records and were passed over.",
        why "A spreadsheet writes them below a table whose rows were deleted.",
        do "Nothing, if no values were there.";
    OtherFiles = "N019", Note, "A folder, archive or workbook holds files or sheets that are no tables of the return; they were left out.",
        why "What is in them is not used.",
        do "Nothing, if they are other files; plait look names them all.";
    ModelInDoubt = "N020", Note, "What the model learned may be something else than \"the same person\".",
        why "Links would be made by what the model took for agreement of one person.",
        do "Look at the weakest links in report.html; where they are wrong, link from a higher --threshold, leave out with --role \"HEADER=other\" what two sources record in different ways, or change the model.";
    ImprobablePersons = "N021", Note, "Some persons have more records, or more dates of birth, than one person is likely to have.",
        why "Two people who look alike may have become one.",
        do "Look them up in people.xlsx by the person_id named; where they are several people, keep records apart with --constraints, or link from a higher --threshold.";
    SecondColumn = "N022", Note, "A source has two columns for one thing, and one of them is compared with nothing.",
        why "What it holds does not count for or against any pair.",
        do "Say with --role what it holds, such as --role \"HEADER=former_postcode\"; where it is the one to compare, give it its role with --role, and the other is left out.";
    RepeatedIds = "N023", Note, "A column is headed as an identifier of the records and does not name each of them: values stand in several rows, or in none.",
        why "Records are called by their row number in every output, and a file in another order has other ones.",
        do "Nothing, if rows are meant to share it, as those of one person in a list of events do; else look whether rows are in the file twice, or fill the column in.";
    FieldNotInSource = "N024", Note, "A model compares a field of which a source has no value.",
        why "Its records agree and differ with nobody in that field, and links have to do without it.",
        do "Nothing, if the source does not record it; else say which column holds it with --role \"HEADER=ROLE\", or export the file with it.";
    RaggedRow = "W001", Warning, "A row has more or fewer fields than the header and was set aside.",
        why "Where fields are shifted, a surname is taken for a forename.",
        do "Export the file again with quotes around fields that hold the separator; the lines are named.";
    WrongExtension = "W002", Warning, "The name of a file says another kind than its content; the content was read.",
        why "Other programs may misread the file.",
        do "Give the file the ending of what it is.";
    NestedColumn = "W003", Warning, "A column holds lists or records instead of values and was left out.",
        why "A list is no value that could be compared.",
        do "Nothing, if the column does not matter to you; else export its parts as columns.";
    CellError = "W004", Warning, "Cells of a workbook hold an error such as #N/A and were read as missing.",
        why "Somebody meant a value to be there.",
        do "Correct the formula in the workbook, or paste its values.";
    InvalidCell = "W005", Warning, "Cells hold bytes that are not text and were read as missing.",
        why "What it said about a person is lost.",
        do "Export the file again as UTF-8.";
    StrayQuote = "W006", Warning, "A row holds a quote that opens a field and is not closed in it; the row was set aside.",
        why "Up to the next quote all rows below would be read as one value.",
        do "Delete the quote, or write it twice and close the field with another one; the lines are named.";
    RowsInQuotes = "W007", Warning, "A quoted field spans lines that look like rows; it was read as one value.",
        why "If the quotes are mistakes, the rows between them are missing.",
        do "Look at the lines that are named; delete the quotes if each line is a row, do nothing if they are text.";
    RowWithoutKey = "W040", Warning, "Rows of a return do not say which record they are about and were set aside.",
        why "Nobody knows whose row it is.",
        do "Fill in the key in the system that the file comes from, and export the file again.";
    RowOfUnknownRecord = "W041", Warning, "Rows of a return are about a record that no row of a person has and were set aside.",
        why "It says something about a person whose own row is not there.",
        do "Export the tables again together, on the same day.";
    MappedColumn = "W042", Warning, "A mapping file names a column that the file does not have.",
        why "What the mapping file says about the column is not done: a date of birth that is not found is not compared.",
        do "Write the header as the file has it, add it as one of the aliases, or take the column out of the mapping file.";
    OutsideCodes = "W043", Warning, "A column holds values that the code list of its mapping file does not have.",
        why "A value that its code list does not have says nothing: it is not compared.",
        do "Correct the values, or name a list that has them in the mapping file; without codes every value is taken.";
    TwoPeople = "W044", Warning, "Rows of one key give dates of birth that cannot be of one person. They stay one record, with the first date.",
        why "It is not known whose of the two the child's id is; no rule links the record by it.",
        do "Correct the date or the key in the system that the file comes from, and export the file again; the lines are named.";
    RecordWithoutPersonRow = "W059", Warning, "Tables of a return have rows about persons who have none in the table that says who they are.",
        why "What that table says of the others, such as sex, date of birth and UPN, is known of them only as far as the other tables say it, and they may be found in other sources by the child's id or not at all.",
        do "Export the tables again together, on the same day and with the same selection; the lines are named.";
    NobodyInCommon = "W060", Warning, "Two files of one return have the same table of children by their ids, and no child in common.",
        why "If they are of two authorities, ids of both are taken for ids of one, and a child is joined to another child's records.",
        do "Nothing, if they are parts of one list; else give the files of each authority as a source of their own, with --authority NAME=302.";
    SamePersons = "W061", Warning, "Most persons, or most rows, of one file are in another file of the same source.",
        why "What stands in both counts twice; of a list, a person is two records.",
        do "Nothing, if they are lists of several months that are meant to be read together; else leave one out.";
    TableLeftOut = "W062", Warning, "A file or sheet is called like a table of the return and has not its columns; it was left out.",
        why "If it is that table, all that it says of the children is missing from every result.",
        do "Look at its headers: export it again with its row of headers as the return has them, or take the file out.";
    EveningBefore = "W063", Warning, "Dates are at 23:00, and every other one at midnight: days in summer that a database tells in UTC.",
        why "They are read as the day before, and dates of birth agree with nobody's.",
        do "Export the column as dates without a time of day, or as the clock here shows them.";
    UndecodableRow = "W030", Warning, "A row holds bytes that are not text in any encoding and was set aside.",
        why "The names in it cannot be read.",
        do "Export the file again as UTF-8; the lines are named.";
    SerialDate = "W031", Warning, "Dates were turned into day numbers such as 40179 by a spreadsheet.",
        why "Other programs take them for numbers.",
        do "Nothing, they were read as dates; better to export the file without a spreadsheet in between.";
    LostZeros = "W032", Warning, "Identifiers have lost their leading zeros, as happens when a file is opened in a spreadsheet.",
        why "An identifier without its zeros is another one, or none.",
        do "Export the file again, and do not open it in a spreadsheet before it is loaded.";
    FormulaWithoutValue = "W033", Warning, "Cells hold a formula whose result was not saved; formulas are never computed, so they were read as missing.",
        why "Somebody meant a value to be there.",
        do "Open the workbook in Excel, save it, and read it again.";
    RepeatedElement = "W034", Warning, "An element that a row has once stands in it again; the first was kept.",
        why "One of the two values is not used.",
        do "Look which is right, and correct it in the system that the file comes from.";
    LostCharacters = "W037", Warning, "Values hold the character that stands for one that could not be read; what stood there is lost.",
        why "A program before has read the text in the wrong encoding. Names with it agree with nobody's.",
        do "Export the file again from its system, as UTF-8.";
    PersonWithinPerson = "W036", Warning, "A person stands within another in a nested file, and was set aside with all that is in it.",
        why "Nobody can tell whose the rows within are; taken for the outer person's, two people would be one.",
        do "Look at the lines, and export the file again with one person after the other.";
    UnknownEntity = "W035", Warning, "Text refers to an entity that only a document type could define; it was kept as it stands.",
        why "A name with it does not match the same name elsewhere.",
        do "Export the file again with the letter itself.";
    ShortenedNumber = "W021", Warning, "Long numbers were shortened to the form 3.02E+11 by a spreadsheet and cannot be recovered.",
        why "The digits that are not shown are lost, and the numbers link nobody.",
        do "Export the file again, and do not open it in a spreadsheet before it is loaded.";
    GuessedDateOrder = "W045", Warning, "Every date of birth in a column can be read with day or month first, so that its order is a guess.",
        why "If the guess is wrong, days and months are swapped: births agree with those of nobody, or of somebody else.",
        do "Look at a birth that you know; if the guess is wrong, export the dates as YYYY-MM-DD, which can be read in one way alone. No option says the order.";
    TwoDateOrders = "W046", Warning, "A column holds dates in two orders; plait link stops at it (E011).",
        why "Days up to the 12th would be read with day and month the wrong way round, and wrong links follow.",
        do "Export the file again with one order, best YYYY-MM-DD; correct or blank the dates that are mistakes; or leave the column out with --role \"HEADER=other\".";
    NobodyNamed = "W047", Warning, "No column of a file says who a record is about; plait link stops at it (E010).",
        why "Records can only be linked by what they say about a person.",
        do "Say what the columns mean with --role \"HEADER=ROLE\".";
    SameContent = "W048", Warning, "Two sources have the same content under different paths.",
        why "Every record is linked with itself, and the result looks perfect.",
        do "Leave one of the two out if it is a copy.";
    NoRoute = "W050", Warning, "A source can be linked to none of the others: it has no names and no identifier in common with any.",
        why "No record of it can be linked, however good the others are.",
        do "Export it again with names or a number of people that another source has, or add a source that has both.";
    NoLinkBetween = "W051", Warning, "A source has no link to any of the others, although it could have.",
        why "The same people may be in both files and were not found, or the files are of different people.",
        do "Check that the files are of the same area and years, and with plait look that their columns were understood; --role \"HEADER=ROLE\" puts one right.";
    ConstraintOfUnknownRecord = "W052", Warning, "Rows of a file of constraints name a record that its source does not have; they were left out.",
        why "The record may be in the source under another name, and then its pair is not kept apart or together.",
        do "Nothing, if the record has left the source; else name it as people.xlsx does.";
    LabelOfUnknownRecord = "W057", Warning, "Rows of a file of labels name a record that its source does not have; they were left out.",
        why "The record may be in the source under another name, and then what is known of its pair is not counted.",
        do "Nothing, if the record has left the source; else name it as people.xlsx does.";
    StepLeftOut = "W053", Warning, "Steps of a published method cannot run, because the sources lack a column that they need.",
        why "The method links less than it would where the column is recorded, and should not be judged by it.",
        do "Nothing, if the column is not recorded; else say which one it is with --role \"HEADER=ROLE\".";
    SourceWithoutRows = "W054", Warning, "A source is empty or has a header and no rows; the others were linked without it.",
        why "There may be none to report, such as no deaths in a month, or the selection or the export went wrong.",
        do "Nothing, if there are none; else export the file again.";
    UnknownAuthority = "W055", Warning, "The sources are of several authorities, and nothing says of which one a source is; its ids of children are compared with none.",
        why "Two authorities give the same id to two children, so that ids link within one authority alone. Without them, names and details have to do.",
        do "Say of which authority the source is with --authority NAME=302, by the three digits of the Department for Education.";
    HeaderContradicted = "W056", Warning, "A column is headed as a date of birth, a national number or a postcode, and its values, or some of them, cannot be read as one.",
        why "It is not compared as what it is called, and without it people of one name cannot be told apart.",
        do "Look at its values; where a spreadsheet has changed them, export the file again and do not open it in one before it is loaded.";
    ConstraintAgainstNumbers = "W058", Warning, "Rows of a file of constraints put records together that have two different verified numbers of one kind.",
        why "Such numbers are of two people in nearly all cases, and the links that each of the two would have are given up.",
        do "Look at the rows; take out those that are wrong. Nothing, if one of the numbers is known to be somebody else's.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_says_what_and_where_and_lists_only_the_first_lines() {
        let issue =
            Issue::new(IssueKind::RaggedRow, "cin.csv", "7 rows have 3 fields where the header has 4")
                .on_lines(vec![3, 5, 6, 8, 9, 11, 12]);
        assert_eq!(
            issue.to_string(),
            "warning[W001] cin.csv: 7 rows have 3 fields where the header has 4 (lines 3, 5, 6, 8, 9 and 2 more)"
        );
        assert_eq!(issue.rows_set_aside(), 7);
        let issue = Issue::new(IssueKind::UnnamedColumn, "cin.csv", "has no name").in_column("column_3");
        assert_eq!(issue.to_string(), "note[N002] cin.csv: column \"column_3\": has no name");
        assert_eq!(issue.rows_set_aside(), 0);
    }

    #[test]
    fn codes_of_issues_are_distinct_and_start_with_their_severity() {
        let mut names: Vec<_> = IssueKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), IssueKind::ALL.len());
        for kind in IssueKind::ALL {
            assert_eq!(kind.name().starts_with('W'), kind.severity() == Severity::Warning);
        }
    }
}
