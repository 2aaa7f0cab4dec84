//! The names of columns: which row holds them, what an empty one is called, which were asked for.

use super::ReadOptions;
use crate::columns::{may_be_values, refuse_values, telling_headers, unknown_column};
use crate::noted::Noted;
use plait_types::{Fault, FaultCode, Issue, IssueKind};
use std::collections::BTreeSet;

/// How far down a file the header is looked for, in rows.
pub(super) const SEARCHED_ROWS: usize = 20;

/// Which of the first rows is the header: the first that is not a title. `filled` counts each row's cells
/// that are not empty; `width` is the number of columns that most rows have.
///
/// Exports put a report's name, the date or "Run by" above the table: a row with one filled cell is a title
/// where the table has several columns, a row with two where it has four or more.
pub(super) fn row(filled: &[usize], width: usize) -> usize {
    let is_title = |filled: usize| (filled <= 1 && width >= 2) || (filled <= 2 && width >= 4);
    filled.iter().take(SEARCHED_ROWS).position(|&filled| !is_title(filled)).unwrap_or(0)
}

/// Whether a row groups the columns of the header below it: the same word stands over several of them, and the row below
/// has more headers that say something.
pub(super) fn is_group_row(row: &[String], below: &[String]) -> bool {
    let filled = |cells: &[String]| {
        let mut filled: Vec<String> =
            cells.iter().map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect();
        filled.sort_unstable();
        filled
    };
    let has_twice = |cells: &[String]| cells.windows(2).any(|pair| pair[0] == pair[1]);
    let (groups, headers) = (filled(row), filled(below));
    has_twice(&groups) && !has_twice(&headers) && telling_headers(below) > telling_headers(row).max(1)
}

/// The note about rows without a value.
pub(super) fn blank_rows(file: &str, rows: u64) -> Option<Issue> {
    let message = match rows {
        0 => return None,
        1 => "one row has no value in any column and was passed over".to_owned(),
        n => format!("{n} rows have no value in any column and were passed over"),
    };
    Some(Issue::new(IssueKind::BlankRow, file, message).counting(rows as usize))
}

/// The note about rows above the header; `lines` are their numbers.
pub(crate) fn skipped(file: &str, lines: Vec<u64>) -> Option<Issue> {
    let above = match lines.len() {
        0 => return None,
        1 => "one line above the header is a title and was left out".to_owned(),
        n => format!("{n} lines above the header are a title and were left out"),
    };
    Some(Issue::new(IssueKind::TitleLines, file, above).on_lines(lines))
}

/// The note about rows that are the header once more, as in lists that were put together from several.
pub(crate) fn headers_again(file: &str, rows: Noted) -> Option<Issue> {
    let message = match rows.count() {
        0 => return None,
        1 => "one row holds the names of the columns once more and was set aside".to_owned(),
        n => format!("{n} rows hold the names of the columns once more and were set aside"),
    };
    Some(rows.issue(Issue::new(IssueKind::HeaderAgain, file, message)))
}

/// Trims names, names the unnamed after their position, and refuses a name that is there twice and a row of
/// values in the place of the header.
pub(super) fn names<S: AsRef<str>>(
    file: &str,
    cells: impl IntoIterator<Item = S>,
    issues: &mut Vec<Issue>,
) -> Result<Vec<String>, Fault> {
    let mut names: Vec<String> = cells.into_iter().map(|cell| cell.as_ref().trim().to_owned()).collect();
    refuse_values(file, &names)?;
    // a row of nothing but delimiters is a header of as many unnamed columns
    let mut taken: BTreeSet<String> =
        names.iter().filter(|name| name.starts_with("column_")).cloned().collect();
    for (position, own) in names.iter_mut().enumerate() {
        if own.is_empty() {
            let mut name = format!("column_{}", position + 1);
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            issues.push(
                Issue::new(
                    IssueKind::UnnamedColumn,
                    file,
                    format!("column {} has no header and is called after its position", position + 1),
                )
                .in_column(&name),
            );
            *own = name;
        }
    }
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| names[a].cmp(&names[b]).then(a.cmp(&b)));
    let twice =
        order.windows(2).filter(|pair| names[pair[0]] == names[pair[1]]).map(|pair| (pair[0], pair[1])).min();
    match twice {
        None => Ok(names),
        Some((first, second)) => Err(Fault::new(
            FaultCode::DuplicateColumn,
            if may_be_values(&names) {
                format!("two columns of {file} have one header")
            } else {
                format!("column \"{}\" is in {file} twice", names[first])
            },
            "rename one of them, or leave it out of the export",
        )
        .at(format!("{file} columns {} and {}", first + 1, second + 1))
        .because("which of the two is meant cannot be told from the name")),
    }
}

/// Whether each column is wanted; refuses a wish for a column that is not there.
pub(super) fn wanted(file: &str, names: &[String], options: &ReadOptions) -> Result<Vec<bool>, Fault> {
    let Some(columns) = &options.columns else { return Ok(vec![true; names.len()]) };
    for column in columns {
        if !names.contains(column) {
            let what = format!("column \"{column}\" is not in {file}");
            return Err(unknown_column(what, column, names.iter().map(String::as_str)));
        }
    }
    Ok(names.iter().map(|name| columns.contains(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_above_a_header_are_told_by_their_few_filled_cells() {
        assert_eq!(row(&[5, 5, 5], 5), 0);
        assert_eq!(row(&[1, 0, 2, 5, 5], 5), 3);
        assert_eq!(row(&[2, 3, 3], 3), 0);
        assert_eq!(row(&[1, 1, 1], 1), 0);
        assert_eq!(row(&[1, 1, 1], 5), 0);
    }

    #[test]
    fn empty_names_are_called_after_their_position_and_doubles_are_refused() {
        let mut issues = Vec::new();
        let names_of = names("a.csv", [" id ", "", "column_2"], &mut issues).unwrap();
        assert_eq!(names_of, ["id", "column_2_", "column_2"]);
        assert_eq!(issues.len(), 1);
        // no name is compared with all others: that took minutes
        let wide = names("a.csv", vec![""; 200_000], &mut Vec::new()).unwrap();
        assert_eq!(wide[199_999], "column_200000");
        let fault = names("a.csv", ["Quill", "Zora", "Quill"], &mut issues).unwrap_err();
        assert_eq!(fault.what, "two columns of a.csv have one header");
        let fault = names("a.csv", ["dob", "x", "y", " dob"], &mut issues).unwrap_err();
        assert_eq!(fault.code, FaultCode::DuplicateColumn);
        assert_eq!(fault.place.as_deref(), Some("a.csv columns 1 and 4"));
    }

    #[test]
    fn a_first_row_of_values_is_no_header() {
        let fault = names("a.csv", ["Zora", "23/04/2011", "NW9 4EW"], &mut Vec::new()).unwrap_err();
        assert_eq!(fault.code, FaultCode::NoUsableColumn);
        assert!(!fault.to_string().contains("Zora"), "{fault}");
    }

    #[test]
    fn a_misspelt_column_is_answered_with_the_near_one() {
        let names = ["surname".to_owned(), "dob".to_owned()];
        let options = ReadOptions { columns: Some(vec!["surnam".to_owned()]), ..ReadOptions::default() };
        let fault = wanted("cin.csv", &names, &options).unwrap_err();
        assert_eq!(fault.what, "column \"surnam\" is not in cin.csv");
        assert_eq!(fault.todo, "did you mean \"surname\"?");
        assert_eq!(fault.why.as_deref(), Some("it has: surname, dob"));
    }
}
