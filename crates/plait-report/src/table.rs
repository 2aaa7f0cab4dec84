//! Tables: the twin of every chart, and the figures that need none.

use crate::markup::Markup;

/// A table with a caption, a header row, and a header cell at the start of each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What the table holds; shown above it.
    pub caption: String,
    /// Headers and how their columns are set.
    pub columns: Vec<(String, Align)>,
    /// One cell per column.
    pub rows: Vec<Vec<String>>,
}

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words, to the left.
    Text,
    /// Numbers, to the right.
    Number,
    /// Values of records, letter by letter, not broken between letters.
    Value,
    /// Long codes and paths, letter by letter, broken anywhere.
    Code,
}

/// Wider tables scroll sideways in a narrow window.
const FITS_A_NARROW_WINDOW: usize = 3;

impl Table {
    /// A table without rows.
    pub fn new(caption: impl Into<String>, columns: &[(&str, Align)]) -> Self {
        let columns = columns.iter().map(|(header, align)| ((*header).to_owned(), *align)).collect();
        Self { caption: caption.into(), columns, rows: Vec::new() }
    }

    /// Adds a row; one cell per column.
    pub fn push(&mut self, row: impl IntoIterator<Item = String>) {
        let row: Vec<_> = row.into_iter().collect();
        debug_assert_eq!(row.len(), self.columns.len(), "{}", self.caption);
        self.rows.push(row);
    }

    /// Writes the table.
    pub(crate) fn write(&self, m: &mut Markup) {
        if self.columns.len() <= FITS_A_NARROW_WINDOW {
            self.write_table(m);
            return;
        }
        let name = format!("Table: {}", self.caption);
        m.element(
            "div",
            &[("class", "scroll"), ("role", "group"), ("aria-label", &name), ("tabindex", "0")],
            |m| {
                self.write_table(m);
            },
        );
    }

    fn write_table(&self, m: &mut Markup) {
        m.element("table", &[], |m| {
            m.leaf("caption", &[], &self.caption);
            m.element("thead", &[], |m| {
                m.element("tr", &[], |m| {
                    for (header, align) in &self.columns {
                        m.leaf("th", &[("scope", "col"), ("class", align.class())], header);
                    }
                });
            });
            m.element("tbody", &[], |m| {
                for row in &self.rows {
                    m.element("tr", &[], |m| self.write_row(row, m));
                }
            });
        });
    }

    fn write_row(&self, row: &[String], m: &mut Markup) {
        for (place, (cell, (_, align))) in row.iter().zip(&self.columns).enumerate() {
            if place == 0 {
                m.leaf("th", &[("scope", "row"), ("class", align.class())], cell);
            } else {
                m.leaf("td", &[("class", align.class())], cell);
            }
        }
    }
}

impl Align {
    fn class(self) -> &'static str {
        match self {
            Self::Text => "t",
            Self::Number => "n",
            Self::Value => "v",
            Self::Code => "v c",
        }
    }
}
