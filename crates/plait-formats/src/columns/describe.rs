//! A profile as text, for `plait look`.

use super::figures::{counted, grouped, percent, rows};
use super::profile::{ColumnProfile, Profile};
use plait_types::Role;
use std::borrow::Cow;

/// Columns the text is laid out for.
const WIDTH: usize = 100;

/// What `plait look FILE` prints below the line about the file's format: a table of the columns, what there is
/// to know about each, why each has its role, and five masked rows. Ends with a line feed.
pub fn describe(profile: &Profile) -> String {
    let mut text =
        format!("{}, {}\n\n", rows(profile.n_rows), counted(profile.columns.len() as u64, "column"));
    let mut lines =
        vec![["column", "role", "filled", "valid", "distinct", "dates"].map(str::to_owned).to_vec()];
    lines.extend(profile.columns.iter().map(|column| figures(profile, column)));
    text += &table(&lines, &[false, false, true, true, true, false]);
    let of_column = |column| ColumnProfile::remarks(column).map(move |remark| (column.shown(), remark));
    text += &section("To know", profile.columns.iter().flat_map(of_column));
    text += &section("Why", profile.columns.iter().map(|column| (column.shown(), column.why.clone())));
    text += &sample(profile);
    text
}

fn figures(profile: &Profile, column: &ColumnProfile) -> Vec<String> {
    let valid = column.validity.filter(|validity| validity.checked > 0);
    vec![
        clipped(&column.shown(), 36),
        column.role.words().to_owned(),
        percent(column.filled, profile.n_rows),
        valid.map_or_else(String::new, |validity| percent(validity.valid, validity.checked)),
        grouped(column.distinct),
        column.dates(),
    ]
}

impl ColumnProfile {
    /// What there is to know about the column, a sentence each.
    pub fn remarks(&self) -> impl Iterator<Item = String> {
        // nobody is linked by a category or by prose, so nothing is read as missing there
        let linked_by = !matches!(self.role, Role::Category | Role::Number | Role::FreeText | Role::Other);
        let placeholders = self.placeholders.iter().filter(move |_| linked_by).map(|placeholder| {
            format!("a placeholder ({}) in {}, read as missing", placeholder.what, rows(placeholder.rows))
        });
        let invalid = self
            .validity
            .filter(|validity| validity.valid < validity.checked)
            .map(|validity| format!("not {} in {}", validity.rule, rows(validity.checked - validity.valid)));
        self.notes.iter().cloned().chain(invalid).chain(placeholders).chain(self.oddities.iter().cloned())
    }

    /// How its dates are written and of which years they are; empty where it has none.
    pub fn dates(&self) -> String {
        match (self.layout(), self.years) {
            (Some(layout), Some((first, last))) if first == last => format!("{layout}, {first}"),
            (Some(layout), Some((first, last))) => format!("{layout}, {first} to {last}"),
            _ => String::new(),
        }
    }
}

/// A heading and lines `name: sentence`, wrapped and indented; nothing where there are no lines.
fn section<'a>(heading: &str, lines: impl Iterator<Item = (Cow<'a, str>, String)>) -> String {
    let mut text = String::new();
    for (name, sentence) in lines {
        text += &wrapped(&format!("{}: {sentence}", clipped(&name, 50)));
    }
    if text.is_empty() { text } else { format!("\n{heading}\n{text}") }
}

/// The sampled rows, with as many columns as fit; those that say who a record is about come first.
fn sample(profile: &Profile) -> String {
    let mut order: Vec<usize> = (0..profile.columns.len()).collect();
    order.retain(|&at| !matches!(profile.columns[at].role, Role::Other | Role::FreeText));
    order.sort_by_key(|&at| !profile.columns[at].role.identifies());
    let mut lines: Vec<Vec<String>> = vec![vec!["row".to_owned()]];
    lines.extend(profile.sample.iter().map(|row| vec![grouped(row.row)]));
    let mut width = 2 + widest(&lines, 0);
    for at in order {
        let column = &profile.columns[at];
        let mut cells = vec![clipped(column.header.as_ref().unwrap_or(&column.name), 16)];
        cells.extend(profile.sample.iter().map(|row| clipped(row.values[at].as_deref().unwrap_or("-"), 16)));
        width += 2 + cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        if width > WIDTH {
            break;
        }
        lines.iter_mut().zip(cells).for_each(|(line, cell)| line.push(cell));
    }
    let heading = match profile.sample.len() {
        0 => return String::new(),
        1 => "One row, masked".to_owned(),
        n => format!("{n} rows, masked"),
    };
    let right = vec![false; lines[0].len()];
    format!("\n{heading}\n{}", table(&lines, &right))
}

/// Lines of cells as columns; `right` says which are aligned to the right.
fn table(lines: &[Vec<String>], right: &[bool]) -> String {
    let widths: Vec<usize> = (0..right.len()).map(|at| widest(lines, at)).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(right).zip(&widths).map(|((cell, right), &width)| {
            if *right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        let cells: Vec<String> = cells.collect();
        text += "  ";
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}

fn widest(lines: &[Vec<String>], at: usize) -> usize {
    lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
}

fn clipped(text: &str, width: usize) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= width {
        return one_line;
    }
    one_line.chars().take(width - 1).chain(['…']).collect()
}

/// Broken at spaces into lines of [`WIDTH`], the first indented by two and the others by four.
fn wrapped(sentence: &str) -> String {
    let mut text = String::from(" ");
    let mut column = 1;
    for word in sentence.split(' ') {
        let width = word.chars().count();
        if column + 1 + width > WIDTH && column > 4 {
            text += "\n   ";
            column = 3;
        }
        text.push(' ');
        text += word;
        column += 1 + width;
    }
    text.push('\n');
    text
}
