//! Rows below a table that are no records: a total, `End of report`, who printed the list and when.
//!
//! They are told by their words, or by their one cell where the rows above have more. A row with an identifier of a
//! person is never one of them, whatever else it holds.

use crate::columns::{Identifies, identifies};
use crate::noted::Noted;
use plait_types::identifier::{NhsNumber, Uln, Upn};
use plait_types::{Issue, IssueKind};

/// Rows below a table that may be no records.
pub(crate) const MOST: usize = 8;
/// Rows above them that say how full rows are.
pub(crate) const COMPARED: usize = 40;
/// Characters of a UPN, NHS number or ULN with some missing. A count of rows has fewer.
const SHORTEST_NUMBER: usize = 8;
/// Characters of a cell that, alone in its row, is a remark and no name.
const SHORTEST_REMARK: usize = 8;
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
    &["generated", "produced", "created", "printed", "extracted", "exported", "run", "compiled"];

/// What tells the rows below a table from its rows.
pub(crate) struct Footers {
    /// For each column, which identifiers it holds.
    ids: Vec<Option<Identifies>>,
    /// Rows with one cell stand among the others, so that one cell says nothing.
    is_sparse: bool,
}

impl Footers {
    /// Of a table with these headers.
    pub(crate) fn of_headers<S: AsRef<str>>(headers: &[S]) -> Self {
        Self::new(headers.iter().map(|header| identifies(header.as_ref())).collect())
    }

    /// Of a table whose columns hold these identifiers.
    pub(crate) fn new(ids: Vec<Option<Identifies>>) -> Self {
        Self { ids, is_sparse: false }
    }

    /// Says whether rows with one cell stand among the others, so that one cell says nothing.
    pub(crate) fn sparse(&mut self, is_sparse: bool) {
        self.is_sparse = is_sparse;
    }

    /// Whether a row below all others, given by the cells that are not blank, with their columns, is no record.
    pub(crate) fn is_one(&self, cells: &[(usize, &str)]) -> bool {
        let Some(&(first, text)) = cells.first() else { return false };
        let speaks = Words::of(text);
        let has_id = cells
            .iter()
            .enumerate()
            .any(|(at, &(column, text))| !(at == 0 && speaks.is_some()) && self.is_id(column, text));
        if has_id {
            return false;
        }
        let others = &cells[1..];
        match speaks {
            Some(Words::Total) => others.iter().all(|(_, text)| is_count(text)),
            Some(Words::Ended | Words::Made) => {
                cells.len() <= MOST_CELLS && (first == 0 || others.is_empty())
            }
            // one short word may be all that is known of a person
            None => {
                let says_something = text.trim().chars().count() >= SHORTEST_REMARK || is_count(text);
                others.is_empty() && self.ids.len() > 2 && !self.is_sparse && says_something
            }
        }
    }

    /// How many of the last rows of a table are no records; `last` are these rows, at most [`COMPARED`], and `has_more` says
    /// that there are others above.
    pub(crate) fn count(&self, last: &[Vec<(usize, &str)>], has_more: bool) -> usize {
        let run = |footers: &Self| last.iter().rev().take_while(|cells| footers.is_one(cells)).count();
        let by_words = || run(&Self { ids: self.ids.clone(), is_sparse: true });
        let n = run(self);
        let above = &last[..last.len() - n];
        let is_sparse = above.iter().any(|cells| cells.len() < 2);
        if n > MOST || is_sparse || (above.is_empty() && !has_more) { by_words().min(MOST) } else { n }
    }

    fn is_id(&self, column: usize, text: &str) -> bool {
        let text = text.trim();
        let is_token = !text.contains(char::is_whitespace) && text.contains(|c: char| c.is_ascii_digit());
        let of_column = match self.ids.get(column).copied().flatten() {
            Some(Identifies::AnyId) => is_token,
            // a date is none
            Some(Identifies::Number) => {
                text.chars().all(|c| c.is_alphanumeric() || " -".contains(c))
                    && text.chars().filter(char::is_ascii_digit).count() >= SHORTEST_NUMBER - 2
            }
            None => false,
        };
        of_column
            || Upn::parse(text).is_some()
            || NhsNumber::parse(text).is_some()
            || Uln::parse(text).is_some()
    }
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
        let mut words = text.split(|c: char| c.is_whitespace() || c == ':').filter(|word| !word.is_empty());
        let (first, second, third) = (words.next()?, words.next(), words.next());
        let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
        match (first, second) {
            ("end", Some("of")) if third.is_some_and(|what| ENDED.contains(&what)) => Some(Self::Ended),
            ("page", Some(number)) if is_number(number) => Some(Self::Ended),
            (number, Some(what)) if is_number(number) && COUNTED.contains(&what) => Some(Self::Ended),
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
        assert_eq!(Footers::of_headers(&HEADERS).is_one(&cells), expected, "{row:?}");
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

    fn count(rows: &[[&str; 5]], has_more: bool) -> usize {
        let rows: Vec<Vec<(usize, &str)>> = rows
            .iter()
            .map(|row| row.iter().copied().enumerate().filter(|(_, cell)| !cell.is_empty()).collect())
            .collect();
        Footers::of_headers(&HEADERS).count(&rows, has_more)
    }

    #[test]
    fn one_cell_says_nothing_where_rows_above_have_no_more_or_where_there_are_none() {
        let (full, thin, total) =
            (["Khan", "Ava", "", "", ""], ["Sensitive data", "", "", "", ""], ["Total: 3", "", "", "", ""]);
        assert_eq!(count(&[full, thin], false), 1);
        assert_eq!(count(&[full, thin, total], false), 2);
        assert_eq!(count(&[thin, full, thin], false), 0);
        assert_eq!(count(&[thin, full, thin, total], false), 1);
        assert_eq!(count(&[thin], false), 0);
        assert_eq!(count(&[thin], true), 1);
        assert_eq!(count(&[total, full], false), 0);
        assert_eq!(count(&[[full].as_slice(), &[thin; 9]].concat(), false), 0);
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
            footers.is_one(&[(0, text.as_str())]);
            footers.is_one(&[(0, text.as_str()), (3, other.as_str())]);
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
            prop_assert!(!Footers::of_headers(&HEADERS).is_one(&cells));
        }
    }
}
