//! What a response of the Personal Demographics Service says: how many were found, how, and whether that is enough for child
//! protection information sharing.

use plait_formats::returns::check::ColumnQuality;
use plait_formats::returns::codes::find_code;
use plait_formats::returns::library;
use plait_formats::returns::spec::{Column, Kind, Meaning, Spec};
use plait_types::{NULL, Table, counted, grouped, percent};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The list of outcomes, by which a table of answers is known.
const OUTCOMES: &str = "pds-outcome";
/// The list of ways of matching.
const WAYS: &str = "mps-match";
/// Per cent of the children concerned whose NHS number a council must have before it takes part in child protection information
/// sharing. Source: NHS Digital's guide for local authorities; the aim is all of them.
const CP_IS: u64 = 95;

/// Counts the codes of a response while its rows are read.
pub(crate) struct Tally {
    table: String,
    number: String,
    /// Rows that are kept.
    kept: u64,
    codes: Vec<Coded>,
}

/// A column of codes, and how often each stands in it, in words.
struct Coded {
    column: String,
    list: &'static str,
    counts: BTreeMap<String, u64>,
}

impl Tally {
    /// `None` for returns that are no answers to a request.
    pub(crate) fn of(spec: &Spec) -> Option<Self> {
        let has = |list: &'static str| move |column: &&Column| column.codes.as_deref() == Some(list);
        spec.tables.iter().find_map(|table| {
            let is_number = |column: &&Column| {
                column.kind == Kind::NhsNumber && column.meaning == Some(Meaning::NhsNumber)
            };
            let number = table.columns.iter().find(is_number)?;
            table.columns.iter().find(has(OUTCOMES))?;
            let coded = |list: &'static str| {
                let column = table.columns.iter().find(has(list))?;
                Some(Coded { column: column.name.clone(), list, counts: BTreeMap::new() })
            };
            Some(Self {
                table: table.name.clone(),
                number: number.name.clone(),
                kept: 0,
                codes: [WAYS, OUTCOMES].into_iter().filter_map(coded).collect(),
            })
        })
    }

    /// Counts the codes in some rows of payload.
    pub(crate) fn take(&mut self, table: &str, rows: &Table) {
        if table != self.table {
            return;
        }
        self.kept += rows.n_rows as u64;
        for coded in &mut self.codes {
            let Some(column) = rows.column(&coded.column) else { continue };
            let missing = column.codes.iter().filter(|code| **code == NULL).count() as u64;
            let counts = column.counts().into_iter().map(u64::from);
            let words = column.values.iter().map(|text| words(coded.list, text));
            for (words, count) in words.zip(counts).chain([(NO_CODE.to_owned(), missing)]) {
                *coded.counts.entry(words).or_default() += count;
            }
        }
    }

    pub(crate) fn finish(self, quality: &[ColumnQuality]) -> Traced {
        let is_number = |of: &&ColumnQuality| of.table == self.table && of.column == self.number;
        let (answers, found) = quality.iter().find(is_number).map_or((0, 0), |of| (of.n_rows, of.n_valid));
        let counts = |coded: Coded| coded.counts.into_iter().filter(|(_, count)| *count > 0).collect();
        Traced {
            answers,
            set_aside: answers.saturating_sub(self.kept),
            found,
            counts: self.codes.into_iter().map(|c| (heading(c.list), counts(c))).collect(),
        }
    }
}

const NO_CODE: &str = "no code";

/// The code and what it means. A value that is no code may be anything, and is not shown.
fn words(list: &str, text: &str) -> String {
    let found = library::codes(list).and_then(|list| find_code(list, text));
    match found {
        Some((code, _)) => format!("{} {}", code.code, code.label),
        None if text.trim().is_empty() => NO_CODE.to_owned(),
        None => "a code that is not known".to_owned(),
    }
}

fn heading(list: &str) -> &'static str {
    if list == WAYS { "matched_by" } else { "outcomes" }
}

/// What a response says.
pub(crate) struct Traced {
    /// Rows.
    answers: u64,
    /// Of them those that are not kept, since they do not say whom they answer for.
    set_aside: u64,
    /// Rows with a valid NHS number.
    found: u64,
    /// Of each column of codes its counts.
    counts: Vec<(&'static str, Vec<(String, u64)>)>,
}

impl Traced {
    fn needed(&self) -> u64 {
        (self.answers * CP_IS).div_ceil(100).saturating_sub(self.found)
    }

    pub(crate) fn json(&self) -> Value {
        let mut json = json!({
            "answers": self.answers,
            "set_aside": self.set_aside,
            "found": self.found,
            "cp_is": { "at_least_percent": CP_IS, "reached": self.needed() == 0, "more_needed": self.needed() },
        });
        for (heading, counts) in &self.counts {
            json[*heading] = json!(counts.iter().cloned().collect::<BTreeMap<_, _>>());
        }
        json
    }

    pub(crate) fn text(&self) -> String {
        if self.answers == 0 {
            return String::new();
        }
        let share = percent(self.found as f64 / self.answers as f64);
        let (found, answers) = (grouped(self.found), grouped(self.answers));
        let reached = match self.needed() {
            0 => "which is reached here".to_owned(),
            1 => "for which 1 more is needed here".to_owned(),
            n => format!("for which {} more are needed here", grouped(n)),
        };
        let mut text = format!(
            "\nNHS numbers found for {found} of {answers} ({share})\n  CP-IS: a council needs {CP_IS}% of its children with a \
             protection plan or looked after, and of the mothers of\n  unborn children with one, before it takes part, \
             {reached}; the aim is 100%.\n  That holds where these were asked for and no others.\n"
        );
        if self.set_aside > 0 {
            text += &format!(
                "  {} without a reference {} set aside: counted above, and not below.\n",
                counted(self.set_aside, "answer"),
                if self.set_aside == 1 { "was" } else { "were" }
            );
        }
        for (heading, counts) in &self.counts {
            let title = if *heading == "matched_by" { "how it was matched" } else { "what the service says" };
            text += &format!("\n  {title:<64}{:>12}\n", "answers");
            for (words, count) in counts {
                text += &format!("    {words:<62}{:>12}\n", grouped(*count));
            }
        }
        text
    }
}
