//! A file of names: short forms and spellings that somebody knows, besides those that are built in.

use crate::given::TableSpec;
use crate::pair_table::rows_that;
use crate::run::RunNames;
use plait_engine::similarity::Nicknames;
use plait_engine::standardise::{Standardised, standardise};
use plait_formats::columns::header_list;
use plait_types::{Column, DateOrder, Fault, FaultCode, Issue, Role, Table, counted};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Headers of the two columns: the name, and what else it is written as.
const COLUMNS: [[&str; 2]; 2] = [["name", "variant"], ["formal", "short"]];

/// What stands between several names of one cell.
const BETWEEN: [char; 4] = [',', ';', '/', '|'];

/// The names of a file, added to the built-in ones.
pub(crate) struct NamesGiven {
    pub(crate) nicknames: Arc<Nicknames>,
    /// For `run.json`.
    pub(crate) run: RunNames,
    pub(crate) issues: Vec<Issue>,
}

impl NamesGiven {
    /// Reads a file of names. A [`FaultCode::BadNames`] where a column is missing, a line is no row, or a cell holds no name
    /// or several; messages give rows and never a name.
    pub(crate) fn read(given: &TableSpec) -> Result<Self, Fault> {
        let here = |fault: Fault| fault.at(given.called());
        let content = given.read().map_err(|fault| match fault.code {
            FaultCode::FileEmpty => here(
                bad("the file of names has no rows", "write names into it, or leave --names out")
                    .because("the run would look as if more names had been known"),
            ),
            _ => fault,
        })?;
        let n_set_aside = content.rows_in - content.table.n_rows;
        if n_set_aside > 0 {
            return Err(here(bad(
                format!("{} cannot be read as a row of the table", counted(n_set_aside as u64, "line")),
                "give every line two cells: a name, and one other way in which it is written",
            )));
        }
        let sha256 = given.sha256(&content)?;
        let pairs = pairs(&content.table).map_err(here)?;
        let mut nicknames = Nicknames::builtin().clone();
        for (name, variant) in &pairs {
            nicknames.insert(name, variant);
        }
        let run = RunNames {
            path: given.called(),
            absolute_path: given.absolute_path(),
            sha256,
            rows: content.table.n_rows as u64,
            pairs: pairs.len() as u64,
        };
        Ok(Self { nicknames: Arc::new(nicknames), run, issues: content.issues })
    }
}

/// Name and variant of each row, standardised as names of records are, each pair once; rows of which both are the same name
/// then say nothing.
fn pairs(table: &Table) -> Result<BTreeSet<(String, String)>, Fault> {
    let columns = COLUMNS.iter().find_map(|headers| {
        let [name, variant] = headers.map(|header| column(table, header));
        Some([name?, variant?])
    });
    let [names, variants] = columns.ok_or_else(|| {
        bad(
            "a file of names needs the columns \"name\" and \"variant\"",
            "write name,variant (or formal,short) into the first line, and below it a name and one other way in which it is written",
        )
        .because(header_list(table.columns.iter().map(|column| column.name.as_str())))
    })?;
    let cells = |row: usize| [names, variants].map(|column| column.get(row).unwrap_or_default());
    let has_several = |row: usize| cells(row).iter().any(|cell| cell.contains(BETWEEN));
    let rows = |is: &dyn Fn(usize) -> bool| (0..table.n_rows).filter(|&row| is(row)).collect::<Vec<usize>>();
    let from_1 = |rows: Vec<usize>| rows.into_iter().map(|row| row + 1).collect::<Vec<usize>>();
    let several = from_1(rows(&has_several));
    if !several.is_empty() {
        return Err(bad(
            format!("{} several names in one cell", rows_that(&several, "has", "have")),
            "give each its own row; rows are counted from 1 below the header",
        ));
    }
    let of_row = |row: usize| {
        let [name, variant] = cells(row).map(standard);
        Some((name?, variant?))
    };
    let without = from_1(rows(&|row| of_row(row).is_none()));
    if !without.is_empty() {
        return Err(bad(
            format!("{} a cell without a name", rows_that(&without, "has", "have")),
            "write a name into both cells, or take the row out; rows are counted from 1 below the header",
        ));
    }
    Ok((0..table.n_rows).filter_map(of_row).filter(|(name, variant)| name != variant).collect())
}

fn column<'a>(table: &'a Table, header: &str) -> Option<&'a Column> {
    table.columns.iter().find(|column| column.name.trim().eq_ignore_ascii_case(header))
}

fn standard(cell: &str) -> Option<String> {
    let mut buffer = String::new();
    match standardise(Role::Forename, cell, DateOrder::YearMonthDay, &mut buffer) {
        Standardised::Text(name) if !name.is_empty() => Some(name.to_owned()),
        _ => None,
    }
}

fn bad(what: impl Into<String>, todo: impl Into<String>) -> Fault {
    Fault::new(FaultCode::BadNames, what, todo)
}
