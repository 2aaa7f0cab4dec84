//! What spreadsheets and other programs do to values: long numbers shortened, dates as day numbers, leading zeros and
//! characters lost.
//!
//! Values are never mended: what was lost cannot be told from the value. Looked at are distinct values of a batch.

use super::batch::Batch;
use super::spec::{Column, Kind, Meaning, Spec};
use crate::columns::{hashes_message, is_hashes, is_short_date, short_dates_message};
use crate::noted::Noted;
use crate::read::column::{has_lost_characters, lost_characters_issue};
use plait_types::is_shortened;
use plait_types::{Issue, IssueKind, NULL};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest identifier whose zeros are counted.
const LONGEST_ID: usize = 20;
/// Rows of one length up to which their lines are kept.
const MOST_LINES: u64 = 1_000;

/// What was found so far in the values of a file.
#[derive(Default)]
pub(super) struct Damage {
    columns: BTreeMap<(Arc<str>, String), Found>,
}

#[derive(Default)]
struct Found {
    shortened: Noted,
    serial: Noted,
    characters: Noted,
    hashes: Noted,
    short_dates: Noted,
    /// Rows whose value has so many digits and nothing else, and does not start with a zero.
    digits: [u64; LONGEST_ID + 1],
    /// The first of their lines, by how many digits they have: where zeros were lost, few are short.
    lines: BTreeMap<usize, Vec<u64>>,
    /// The same of those that start with a zero.
    padded: [u64; LONGEST_ID + 1],
}

#[derive(Clone, Copy, PartialEq)]
enum Look {
    Fine,
    Shortened,
    Serial,
    LostCharacters,
    Hashes,
    ShortDate,
}

impl Damage {
    /// Looks at the values of a batch.
    pub(super) fn look(&mut self, batch: &Batch, spec: &Spec) {
        let table = &spec.tables[batch.table];
        for (at, column) in batch.rows.columns.iter().enumerate() {
            let known = batch.columns[at].map(|index| &table.columns[index]);
            let is_date = known.is_some_and(|column| column.kind == Kind::Date);
            let is_id = known.is_some_and(is_padded_id);
            let looks: Vec<Look> = column
                .values
                .iter()
                .map(|value| {
                    if has_lost_characters(value) {
                        Look::LostCharacters
                    } else if known.is_some() && is_hashes(value.trim()) {
                        Look::Hashes
                    } else if is_date && is_short_date(value.trim()) {
                        Look::ShortDate
                    } else if !value.as_bytes()[0].is_ascii_digit() && !value.starts_with(['-', ' ']) {
                        Look::Fine
                    } else if is_shortened(value) {
                        Look::Shortened
                    } else if is_date && is_serial(value) {
                        Look::Serial
                    } else {
                        Look::Fine
                    }
                })
                .collect();
            let any = looks.iter().any(|look| *look != Look::Fine);
            if !any && !is_id {
                continue;
            }
            let key = (Arc::clone(&batch.file), column.name.clone());
            let found = self.columns.entry(key).or_default();
            for (row, &code) in column.codes.iter().enumerate().filter(|(_, code)| any && **code != NULL) {
                match looks[code as usize] {
                    Look::Shortened => found.shortened.add(batch.lines[row]),
                    Look::Serial => found.serial.add(batch.lines[row]),
                    Look::LostCharacters => found.characters.add(batch.lines[row]),
                    Look::Hashes => found.hashes.add(batch.lines[row]),
                    Look::ShortDate => found.short_dates.add(batch.lines[row]),
                    Look::Fine => {}
                }
            }
            if is_id {
                found.count_digits(column, &batch.lines);
            }
        }
    }

    /// The findings as issues, by file and column; forgets them.
    pub(super) fn take_issues(&mut self) -> Vec<Issue> {
        let mut issues = Vec::new();
        for ((file, column), found) in std::mem::take(&mut self.columns) {
            let lost = found.lost_zeros();
            let lost_rows = found.lines_of_lost_zeros(lost);
            let issue = |kind, rows: Noted, message: String| {
                rows.issue(Issue::new(kind, &*file, message).in_column(&column))
            };
            if found.shortened.count() > 0 {
                let message = format!(
                    "{} like 3.02E+11: a spreadsheet has shortened {}, and the digits cannot be recovered; export the file again without opening it in Excel",
                    counted(found.shortened.count(), "value looks", "values look"),
                    if found.shortened.count() == 1 { "it" } else { "them" },
                );
                issues.push(issue(IssueKind::ShortenedNumber, found.shortened, message));
            }
            if found.characters.count() > 0 {
                issues.push(lost_characters_issue(&file, &column, found.characters));
            }
            if found.hashes.count() > 0 {
                let message = hashes_message(found.hashes.count() as usize);
                issues.push(issue(IssueKind::HeaderContradicted, found.hashes, message));
            }
            if found.short_dates.count() > 0 {
                let message = short_dates_message(found.short_dates.count() as usize);
                issues.push(issue(IssueKind::HeaderContradicted, found.short_dates, message));
            }
            if found.serial.count() > 0 {
                let message = format!(
                    "{} day {} such as 40179, which a spreadsheet makes of dates; read as dates, but export the file again without opening it in Excel",
                    counted(found.serial.count(), "date is a", "dates are"),
                    if found.serial.count() == 1 { "number" } else { "numbers" },
                );
                issues.push(issue(IssueKind::SerialDate, found.serial, message));
            }
            if lost > 0 {
                let message = format!(
                    "{} shorter than those that start with a zero: leading zeros were lost, as in a spreadsheet; export the file again without opening it in Excel",
                    counted(lost, "identifier is", "identifiers are"),
                );
                issues.push(issue(IssueKind::LostZeros, lost_rows, message));
            }
        }
        issues
    }
}

impl Found {
    fn count_digits(&mut self, column: &plait_types::Column, lines: &[u64]) {
        // of each value its length, where its lines are wanted
        let mut wanted: Vec<Option<usize>> = vec![None; column.values.len()];
        for ((value, count), wanted) in column.values.iter().zip(column.counts()).zip(&mut wanted) {
            let value = value.trim().as_bytes();
            if value.len() > LONGEST_ID || !value.iter().all(u8::is_ascii_digit) {
                continue;
            }
            if value.starts_with(b"0") {
                self.padded[value.len()] += u64::from(count);
                continue;
            }
            self.digits[value.len()] += u64::from(count);
            *wanted = Some(value.len()).filter(|&length| self.digits[length] <= MOST_LINES);
        }
        if wanted.iter().all(Option::is_none) {
            return;
        }
        for (&code, &line) in column.codes.iter().zip(lines).filter(|(code, _)| **code != NULL) {
            if let Some(length) = wanted[code as usize] {
                self.lines.entry(length).or_default().push(line);
            }
        }
    }

    /// The rows whose zeros were lost, with their lines where these are few.
    fn lines_of_lost_zeros(&self, lost: u64) -> Noted {
        let Some(width) = self.padded.iter().rposition(|&rows| rows > 0) else {
            return Noted::of_unknown_lines(lost);
        };
        let few = self.digits[1..width].iter().all(|&rows| rows <= MOST_LINES);
        if !few {
            return Noted::of_unknown_lines(lost);
        }
        let mut rows = Noted::default();
        self.lines.range(1..width).flat_map(|(_, lines)| lines).for_each(|&line| rows.add(line));
        rows
    }

    /// Rows whose value is shorter than those that are padded with zeros, where all those have one length and none
    /// is longer.
    fn lost_zeros(&self) -> u64 {
        let Some(width) = self.padded.iter().rposition(|&rows| rows > 0) else { return 0 };
        let one_width = self.padded.iter().filter(|&&rows| rows > 0).count() == 1;
        let longer = self.digits[width + 1..].iter().any(|&rows| rows > 0);
        // "0" alone pads nothing
        if width < 2 || !one_width || longer { 0 } else { self.digits[1..width].iter().sum() }
    }
}

/// Whether a column holds identifiers that a system may pad with zeros.
fn is_padded_id(column: &Column) -> bool {
    let meaning = matches!(
        column.meaning,
        Some(
            Meaning::Record
                | Meaning::LaChildId
                | Meaning::LocalPatientId
                | Meaning::FormerLaChildId
                | Meaning::SchoolUrn
                | Meaning::School
        )
    );
    meaning || matches!(column.kind, Kind::Key | Kind::Authority)
}

/// A day number of Excel between 1927 and 2064, where a date is meant.
fn is_serial(value: &str) -> bool {
    let value = value.trim();
    let whole = value.split_once('.').map_or(value, |(whole, _)| whole);
    whole.len() == 5 && whole.parse::<u32>().is_ok_and(|day| (10_000..60_000).contains(&day))
}

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("one {one}") } else { format!("{count} {many}") }
}
