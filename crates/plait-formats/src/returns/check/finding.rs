//! What a check found in one column of one file.

use super::super::spec::{Category, Severity};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

/// Rows of one file that one check objects to. Holds no value of a cell: what it says is made of the spec's words,
/// headers, placeholders and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The collector's number of the check, or the name of one that types, code lists and `required` imply:
    /// `required`, `form`, `code`, `code-written`, `date-written`, `placeholder`, `shortened`, `authority`.
    pub check: String,
    /// The return whose rules these are: `cin-census-2026`.
    pub source: String,
    /// Table, as the spec names it.
    pub table: String,
    /// File, as messages name it.
    pub file: Arc<str>,
    /// Column, as the spec names it.
    pub column: String,
    /// What the file calls the column; empty where the file does not have it.
    pub header: String,
    /// How bad it is.
    pub severity: Severity,
    /// Which kind of quality it is about.
    pub category: Category,
    /// What is wrong: lower case, no full stop.
    pub says: String,
    /// What to do about it.
    pub todo: String,
    /// Rows of the file that the check looked at: those with a value, or those that its condition is about.
    pub n_checked: u64,
    /// Rows of them that it objects to; at least 1.
    pub n_found: u64,
    /// Where they are.
    pub lines: Lines,
}

impl Finding {
    /// The column as its file calls it, with the name that the spec has for it where that is another.
    pub fn called(&self) -> Cow<'_, str> {
        // a header may hold line breaks, and anything else that a terminal obeys
        let words: Vec<&str> = self.header.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        let header = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if header.is_empty() || header.eq_ignore_ascii_case(&self.column) {
            (&self.column).into()
        } else {
            format!("{header} ({})", self.column).into()
        }
    }

    /// Worst first, then most rows first, then by place and check: the order of lists of findings, which is the same in
    /// every run.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        (
            Reverse(self.severity),
            Reverse(self.n_found),
            self.file.clone(),
            self.table.clone(),
            self.column.clone(),
            (self.check.clone(), self.says.clone()),
        )
    }
}

/// Line numbers of rows in file order. The first [`Lines::KEPT`] are kept and the others counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    first: Vec<u64>,
    n_more: u64,
}

impl Lines {
    /// How many are kept.
    pub const KEPT: usize = 1_000;

    /// The kept ones, ascending where the file's rows are; several rows of one line (of XML without line breaks) are
    /// one.
    pub fn first(&self) -> &[u64] {
        &self.first
    }

    /// Rows beyond them.
    pub fn n_more(&self) -> u64 {
        self.n_more
    }

    pub(super) fn push(&mut self, line: u64) {
        if self.first.last() == Some(&line) {
            return;
        }
        if self.first.len() < Self::KEPT {
            self.first.push(line);
        } else {
            self.n_more += 1;
        }
    }

    /// Of lines in ascending order, and rows that are not among them.
    pub(in crate::returns) fn of(sorted: impl IntoIterator<Item = u64>, n_more: u64) -> Self {
        let mut lines = Self::default();
        sorted.into_iter().for_each(|line| lines.push(line));
        lines.n_more += n_more;
        lines
    }
}

/// `3, 17, 44–61 and 20 more`; nothing for no lines.
impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.first.as_slice();
        let mut between = "";
        while let Some(&start) = rest.first() {
            let run = rest.iter().zip(start..).take_while(|(line, expected)| *line == expected).count();
            let (these, others) = rest.split_at(run);
            f.write_str(between)?;
            match these {
                [one] => write!(f, "{one}")?,
                [one, two] => write!(f, "{one}, {two}")?,
                [one, .., last] => write!(f, "{one}–{last}")?,
                [] => {}
            }
            between = ", ";
            rest = others;
        }
        if self.n_more > 0 {
            write!(f, " and {} more", plait_types::grouped(self.n_more))?;
        }
        Ok(())
    }
}

/// How complete and how valid one column of a return is, over all its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnQuality {
    /// Table, as the spec names it.
    pub table: String,
    /// Column, as the spec names it.
    pub column: String,
    /// What the first file that has the column calls it; empty where none has it.
    pub header: String,
    /// Rows of the table.
    pub n_rows: u64,
    /// Rows with anything in the column.
    pub n_present: u64,
    /// Rows whose value is of the column's kind and, where it has one, in its code list; at most `n_present`. Values that
    /// are merely written in another way count.
    pub n_valid: u64,
    /// Rows whose value stands for "missing": 01/01/1900, ZZ99, UN1 to UN7 in place of a UPN. Present and not valid.
    pub n_placeholder: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: impl IntoIterator<Item = u64>, n_more: u64, expected: &str) {
        assert_eq!(Lines::of(lines, n_more).to_string(), expected);
    }

    #[test]
    fn three_lines_in_a_row_are_a_range() {
        check([], 0, "");
        check([3], 0, "3");
        check([3, 4], 0, "3, 4");
        check([3, 4, 5], 0, "3–5");
        check([3, 17, 44, 45, 46, 61], 20, "3, 17, 44–46, 61 and 20 more");
    }

    #[test]
    fn a_thousand_lines_are_kept_and_the_others_counted() {
        let lines = Lines::of(1..=2_500, 7);
        assert_eq!((lines.first().len(), lines.n_more()), (Lines::KEPT, 1_507));
        assert_eq!(lines.to_string(), "1–1000 and 1,507 more");
    }

    #[test]
    fn rows_of_one_line_name_it_once() {
        check([1, 1, 1, 2], 0, "1, 2");
    }
}
