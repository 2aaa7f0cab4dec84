//! Rows below a table that are no records: a total, `End of report`, who printed the list and when.
//!
//! They are told by their words, or by their one cell where the rows above have more. A row with an identifier, a name or a
//! date of birth is never one of them; when in doubt a row is kept, since a row too many is less harm than a child too few.

use crate::columns::{Identifies, identifies};
use crate::noted::Noted;
use plait_types::identifier::{NhsNumber, Uln, Upn};
use plait_types::{Issue, IssueKind};

/// Rows below a table that may be no records.
pub(crate) const MOST: usize = 8;
/// Characters of a UPN, NHS number or ULN with some missing. A count of rows has fewer.
const SHORTEST_NUMBER: usize = 8;
/// Words of a cell that, alone in its row, is a remark and no name.
const SHORTEST_REMARK: usize = 4;
/// Cells that a row with who made a list and when has, at most.
const MOST_CELLS: usize = 4;

const TOTALS: &[&str] =
    &["total", "totals", "grand total", "sub total", "sub-total", "subtotal", "overall total"];
/// What is counted, behind a total or a number.
const COUNTED: &[&str] = &[
    "record",
    "records",
    "row",
    "rows",
    "row(s)",
    "record(s)",
    "pupil",
    "pupils",
    "child",
    "children",
    "person",
    "persons",
    "people",
    "patient",
    "patients",
    "learner",
    "learners",
    "student",
    "students",
    "case",
    "cases",
    "entry",
    "entries",
    "number",
    "count",
];
const ENDED: &[&str] =
    &["report", "file", "list", "data", "extract", "export", "document", "table", "records", "page"];
const MADE: &[&str] =
    &["generated", "produced", "created", "printed", "extracted", "exported", "run", "compiled", "prepared"];

/// What the words at the start of a cell begin with, beside what ended and what was made.
const FIRST_WORDS: &[&str] = &[
    "total", "totals", "grand", "sub", "subtotal", "overall", "number", "no", "count", "record", "row", "end",
];
/// Words of a protective marking.
const MARKINGS: &[&str] = &["official", "confidential", "sensitive", "restricted"];
const MARKED: &[&str] = &["data", "strictly", "and", "personal", "private", "information"];

/// What tells the rows below a table from its rows.
pub(crate) struct Footers {
    /// For each column, what it holds of a person.
    columns: Vec<Option<Identifies>>,
}

impl Footers {
    /// Of a table with these headers.
    pub(crate) fn of_headers<S: AsRef<str>>(headers: &[S]) -> Self {
        Self::new(headers.iter().map(|header| identifies(header.as_ref())).collect())
    }

    /// Of a table whose columns hold this.
    pub(crate) fn new(columns: Vec<Option<Identifies>>) -> Self {
        Self { columns }
    }

    /// Whether a row below all others, given by the cells that are not blank, with their columns, is no record.
    /// `one_cell_tells` says that all rows above have more than one cell.
    fn is_one(&self, cells: &[(usize, &str)], one_cell_tells: bool) -> bool {
        let Some((&(first, text), others)) = cells.split_first() else { return false };
        let Some(words) = Words::of(text) else {
            // one short text may be all that is known of a person
            return others.is_empty()
                && one_cell_tells
                && self.columns.len() > 2
                && !self.is_of_person(first, text)
                && text.split_whitespace().count() >= SHORTEST_REMARK;
        };
        if self.is_id_with_words(first, text) || others.iter().any(|&(at, text)| self.is_id(at, text)) {
            return false;
        }
        match words {
            Words::Total => others.iter().all(|&(at, text)| is_count(text) && !self.is_of_person(at, text)),
            Words::Count | Words::Marking => others.is_empty(),
            // words in place of a name go on in the cells beside them
            Words::Ended | Words::Made => {
                cells.len() <= MOST_CELLS
                    && (first == 0 || others.is_empty())
                    && (self.holds(first) == Some(Identifies::Name)
                        || !others.iter().any(|&(at, text)| self.is_of_person(at, text)))
            }
        }
    }

    fn holds(&self, column: usize) -> Option<Identifies> {
        self.columns.get(column).copied().flatten()
    }

    /// Whether a cell without words of a footer says who a person is.
    fn is_of_person(&self, column: usize, text: &str) -> bool {
        match self.holds(column) {
            Some(Identifies::Name) => text.contains(char::is_alphabetic),
            Some(Identifies::Birth) => text.chars().filter(char::is_ascii_digit).count() >= 4,
            _ => self.is_id(column, text),
        }
    }

    fn is_id(&self, column: usize, text: &str) -> bool {
        let text = text.trim();
        let of_column = match self.holds(column) {
            Some(Identifies::AnyId) => true,
            // a date is none
            Some(Identifies::Number) => {
                text.chars().all(|c| c.is_alphanumeric() || " -".contains(c))
                    && text.chars().filter(char::is_ascii_digit).count() >= SHORTEST_NUMBER - 2
            }
            _ => false,
        };
        of_column || is_number_of_person(text)
    }

    /// Whether a cell with words of a footer is an identifier all the same: `RUN:0005`.
    fn is_id_with_words(&self, column: usize, text: &str) -> bool {
        let text = text.trim();
        let is_token = !text.contains(char::is_whitespace) && text.contains(|c: char| c.is_ascii_digit());
        (self.holds(column) == Some(Identifies::AnyId) && is_token) || is_number_of_person(text)
    }
}

fn is_number_of_person(text: &str) -> bool {
    Upn::parse(text).is_some() || NhsNumber::parse(text).is_some() || Uln::parse(text).is_some()
}

/// Finds the rows below a table while its rows pass, however they are cut into pieces.
pub(crate) struct Ending {
    footers: Footers,
    /// How many of the last rows could be below the table by what they hold; where they are too many, they are its rows.
    run: usize,
    /// Of these the ones with one cell.
    thin_in_run: usize,
    /// A row passed that could not be below a table.
    has_rows: bool,
    has_full_rows: bool,
    /// A row of the table had one cell, so that one cell says nothing.
    has_thin_rows: bool,
}

impl Ending {
    pub(crate) fn new(footers: Footers) -> Self {
        Self { footers, run: 0, thin_in_run: 0, has_rows: false, has_full_rows: false, has_thin_rows: false }
    }

    /// Takes the next row, given by the cells that are not blank. Afterwards the last [`held`](Self::held) rows may be
    /// below the table.
    pub(crate) fn see(&mut self, cells: &[(usize, &str)]) {
        let one_cell_tells = self.has_full_rows && !self.has_thin_rows;
        let is_thin = cells.len() < 2;
        if self.footers.is_one(cells, one_cell_tells) {
            self.run += 1;
            self.thin_in_run += usize::from(is_thin);
            self.has_thin_rows |= self.run > MOST && self.thin_in_run > 0;
        } else {
            self.see_row(is_thin);
        }
    }

    /// Takes a row that is known to be one of the table.
    pub(crate) fn see_row(&mut self, is_thin: bool) {
        self.has_rows = true;
        self.has_full_rows |= !is_thin;
        self.has_thin_rows |= is_thin || self.thin_in_run > 0;
        self.run = 0;
        self.thin_in_run = 0;
    }

    /// How many of the last rows may be below the table, until a row of the table follows them.
    pub(crate) fn held(&self) -> usize {
        if self.run > MOST { 0 } else { self.run }
    }

    /// When nothing follows: how many of the last rows are below the table, and holds none any more. A table has rows.
    pub(crate) fn finish(&mut self) -> usize {
        let held = self.held();
        self.run = 0;
        if self.has_rows { held } else { 0 }
    }
}

/// Whether a row of several cells may be below a table by the first of them. Takes far less time than to look at them all.
pub(crate) fn may_speak(text: &str) -> bool {
    let text = text.trim_start_matches(is_around);
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    // words of other scripts may have letters of ours in lower case
    !text.as_bytes().get(word.len()).is_none_or(u8::is_ascii)
        || FIRST_WORDS.iter().chain(ENDED).chain(MADE).any(|first| first.eq_ignore_ascii_case(word))
}

/// The note about the rows below a table.
pub(crate) fn issue(file: &str, rows: Noted) -> Option<Issue> {
    let message = match rows.count() {
        0 => return None,
        1 => {
            "the row below the table is no record (a total, or who made the list and when) and was set aside"
                .to_owned()
        }
        n => format!(
            "{n} rows below the table are no records (totals, or who made the list and when) and were set aside"
        ),
    };
    Some(rows.issue(Issue::new(IssueKind::FooterRow, file, message)))
}

#[derive(Clone, Copy)]
enum Words {
    Total,
    /// `12 rows`, which may as well be how many somebody has.
    Count,
    /// `Official - sensitive`.
    Marking,
    Ended,
    Made,
}

impl Words {
    /// What a cell says by the words at its start.
    fn of(text: &str) -> Option<Self> {
        let text =
            text.trim_start_matches(is_around).trim_end_matches(|c| c != ':' && is_around(c)).to_lowercase();
        if is_total(&text) {
            return Some(Self::Total);
        }
        if is_marking(&text) {
            return Some(Self::Marking);
        }
        let mut words = text.split(|c: char| c.is_whitespace() || c == ':').filter(|word| !word.is_empty());
        let (first, second, third) = (words.next()?, words.next(), words.next());
        let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
        match (first, second) {
            ("end", Some("of")) if third.is_some_and(|what| ENDED.contains(&what)) => Some(Self::Ended),
            ("page", Some(number)) if is_number(number) => Some(Self::Ended),
            (number, Some(what)) if is_number(number) && COUNTED.contains(&what) => Some(Self::Count),
            (what, Some(made)) if ENDED.contains(&what) && MADE.contains(&made) => Some(Self::Made),
            (made, Some("on" | "by" | "at" | "date" | "from")) if MADE.contains(&made) => Some(Self::Made),
            (made, _)
                if MADE.contains(&made)
                    && text.strip_prefix(made).is_some_and(|rest| rest.trim_start().starts_with(':')) =>
            {
                Some(Self::Made)
            }
            _ => None,
        }
    }
}

fn is_marking(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let says = |of: &[&str], word: &str| of.contains(&word);
    words.clone().any(|word| says(MARKINGS, word))
        && words.all(|word| says(MARKINGS, word) || says(MARKED, word))
}

/// What may stand around the words of a cell.
fn is_around(c: char) -> bool {
    c.is_whitespace() || "*-=#<>[]()_.:".contains(c)
}

/// `Total`, `Total: 12`, `Total pupils 12`, `Number of rows: 12`.
fn is_total(text: &str) -> bool {
    let counts = |rest: &str| {
        let rest = rest.trim_start_matches([' ', ':', '=', '-', '\t']);
        let rest = rest.strip_prefix("number of ").or_else(|| rest.strip_prefix("no. of ")).unwrap_or(rest);
        let word: String = rest.chars().take_while(|c| c.is_alphabetic() || "()".contains(*c)).collect();
        let behind = rest[word.len()..].trim_matches([' ', ':', '=', '-']);
        (word.is_empty() || COUNTED.contains(&word.as_str())) && !behind.contains(char::is_alphabetic)
    };
    let is_behind = |of: &str| {
        let Some(rest) = text.strip_prefix(of) else { return false };
        !rest.starts_with(char::is_alphanumeric) && counts(rest)
    };
    let is_number_of = |of: &str| text.strip_prefix(of).is_some_and(counts);
    TOTALS.iter().any(|of| is_behind(of))
        || ["number of ", "no. of ", "count of "].iter().any(|of| is_number_of(of))
        || ["record count", "row count"].iter().any(|of| is_behind(of))
}

/// A sum or count, which is shorter than a number of a person.
fn is_count(text: &str) -> bool {
    let text = text.trim();
    text.len() < SHORTEST_NUMBER
        && text.contains(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b",.%-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADERS: [&str; 5] = ["Surname", "Forename", "Date of birth", "UPN", "Child ID"];

    #[track_caller]
    fn check(row: [&str; 5], expected: bool) {
        let cells: Vec<(usize, &str)> =
            row.into_iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty()).collect();
        assert_eq!(Footers::of_headers(&HEADERS).is_one(&cells, true), expected, "{row:?}");
    }

    #[test]
    fn totals_and_words_about_the_list_are_no_records() {
        check(["Total: 123", "", "", "", ""], true);
        check(["TOTAL", "123", "", "45", ""], true);
        check(["", "Grand total", "12", "", ""], true);
        check(["Total pupils 12", "", "", "", ""], true);
        check(["Number of rows: 1,203", "", "", "", ""], true);
        check(["*** End of report ***", "", "", "", ""], true);
        check(["Report generated", "01/02/2024 10:00", "", "", ""], true);
        check(["Printed by:", "office", "on", "01/02/2024", ""], true);
        check(["(123 rows affected)", "", "", "", ""], true);
        check(["Page 1 of 1", "", "", "", ""], true);
        check(["::\u{a0}Run: today", "", "", "", ""], true);
        check(["Official - sensitive", "", "", "", ""], true);
        check(["", "", "", "", "Total: 123"], true);
        check(["", "", "", "", "Confidential"], true);
    }

    #[test]
    fn persons_are_no_footers_however_they_are_called() {
        check(["Total", "Ava", "", "", ""], false);
        check(["Totally", "Ava", "01/02/2012", "", ""], false);
        check(["Total", "", "", "", "40017"], false);
        check(["", "", "", "", "40017"], false);
        check(["", "", "", "A950000178301", ""], false);
        check(["Page", "Ava", "01/02/2012", "", ""], false);
        check(["Run", "Ava", "", "", ""], false);
        check(["End of report", "", "", "", "A1"], false);
        check(["Khan", "Ava", "", "", ""], false);
        check(["Khan", "", "", "", ""], false);
    }

    #[test]
    fn a_row_that_may_be_a_person_is_kept() {
        #[track_caller]
        fn check(headers: &[&str], row: &[&str], expected: bool) {
            let cells: Vec<(usize, &str)> =
                row.iter().copied().enumerate().filter(|(_, cell)| !cell.is_empty()).collect();
            assert_eq!(Footers::of_headers(headers).is_one(&cells, true), expected, "{headers:?} {row:?}");
        }
        let household = ["household", "surname", "forename", "dob"];
        check(&household, &["2 children", "Quill", "Zora", "01/02/2012"], false);
        check(&household, &["1 child", "Quill", "", ""], false);
        check(&household, &["2 children", "", "", ""], true);
        check(&household, &["created on 3 May", "Quill", "Zora", ""], false);
        check(&household, &["created on 3 May", "", "", "2012"], false);
        check(&household, &["Total", "", "", "2012"], false);
        check(&household, &["Total", "12", "12", ""], true);
        check(&household, &["Two flats in one house", "", "", ""], true);
        check(&["pupil ref", "a", "b", "c"], &["PUPIL-00030", "", "", ""], false);
        check(&["client_no", "a", "b", "c"], &["Thirty and one more", "", "", ""], false);
        check(&["id", "a", "b", "c"], &["RUN:0005", "x", "", ""], false);
        check(&["full_name", "class", "dob"], &["Elizabeth Browning", "", ""], false);
        check(&["full_name", "class", "dob"], &["Elizabeth Ann May Browning", "", ""], false);
        check(&["full_name", "class", "dob"], &["Report generated 01/02/2024", "", ""], true);
        check(&["Child ID", "class", "dob"], &["Prepared by Alice Example 07700 900123", "", ""], true);
        check(&["Child ID", "class", "dob"], &["Alice Example 07700 900123 of them", "", ""], false);
        check(&["full_name", "class", "dob"], &["Official - sensitive", "", ""], true);
        check(&["c1", "c2", "c3"], &["Elizabeth Browning", "", ""], false);
    }

    fn count(rows: &[[&str; 5]]) -> usize {
        let headers = ["Class", "Forename", "Date of birth", "UPN", "Child ID"];
        let mut ending = Ending::new(Footers::of_headers(&headers));
        for row in rows {
            let cells: Vec<_> =
                row.iter().copied().enumerate().filter(|(_, cell)| !cell.is_empty()).collect();
            ending.see(&cells);
        }
        ending.finish()
    }

    #[test]
    fn one_cell_says_nothing_where_rows_above_have_no_more_or_where_there_are_none() {
        let (full, thin, total) = (
            ["4B", "Ava", "", "", ""],
            ["Not for use elsewhere", "", "", "", ""],
            ["Total: 3", "", "", "", ""],
        );
        assert_eq!(count(&[full, thin]), 1);
        assert_eq!(count(&[full, thin, total]), 2);
        assert_eq!(count(&[thin, full, thin]), 0);
        assert_eq!(count(&[thin, full, thin, total]), 1);
        assert_eq!(count(&[full, thin, full, thin]), 0);
        assert_eq!(count(&[thin]), 0);
        assert_eq!(count(&[total, full]), 0);
        assert_eq!(count(&[[full].as_slice(), &[thin; 9]].concat()), 0);
    }

    #[test]
    fn rows_that_would_all_be_below_the_table_are_the_table() {
        let (full, total) = (["4B", "Ava", "", "", ""], ["Total: 3", "", "", "", ""]);
        assert_eq!(count(&[total]), 0);
        assert_eq!(count(&[total; 3]), 0);
        assert_eq!(count(&[total; 20]), 0);
        assert_eq!(count(&[[full].as_slice(), &[total; MOST]].concat()), MOST);
        assert_eq!(count(&[[full].as_slice(), &[total; MOST + 5]].concat()), 0);
        assert_eq!(count(&[[full].as_slice(), &[total; 20], &[full, total]].concat()), 1);
    }

    proptest! {
        #[test]
        fn any_text_may_stand_in_a_row(
            before in "[:\\PC\\s\u{a0}]{0,4}",
            word in prop::sample::select(vec!["run", "Total", "End of", "12 rows", "number of", ""]),
            behind in "[:\\PC\\s\u{a0}]{0,8}",
            other in "\\PC{0,8}",
        ) {
            let text = format!("{before}{word}{behind}");
            let footers = Footers::of_headers(&HEADERS);
            footers.is_one(&[(0, text.as_str())], true);
            let is_one = footers.is_one(&[(0, text.as_str()), (3, other.as_str())], true);
            prop_assert!(!is_one || may_speak(&text));
        }

        #[test]
        fn a_row_with_an_identifier_of_a_person_is_never_a_footer(
            word in prop::sample::select(vec!["Total", "Total: 3", "End of report", "Report generated", "Khan", ""]),
            at in 0_usize..3,
            id in "[A-Z]{0,3}[0-9]{1,9}",
        ) {
            let mut row = ["", "", "", "", id.as_str()];
            row[at] = word;
            let cells: Vec<(usize, &str)> =
                row.into_iter().enumerate().filter(|(_, cell)| !cell.is_empty()).collect();
            prop_assert!(!Footers::of_headers(&HEADERS).is_one(&cells, true));
        }
    }
}
