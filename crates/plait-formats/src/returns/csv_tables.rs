//! Tables of rows: delimited text in pieces; Parquet and Arrow as a whole.

use super::batch::Batch;
use super::origin::Origin;
use super::out::Out;
use super::spec::{Meaning, Spec, Term};
use crate::columns::{Identifies, identifies};
use crate::read::csv;
use crate::read::footer::Footers;
use crate::read::{self, ReadOptions};
use plait_types::{Column, Fault, Issue, IssueKind, Table};
use std::io::{self, Read};
use std::sync::Arc;

/// Gives the rows of delimited text.
pub(super) fn text(
    origin: &Origin,
    file: &Arc<str>,
    table: usize,
    term: Option<Term>,
    limit: usize,
    out: &mut Out<'_>,
    advance: &mut dyn FnMut(u64) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let read = std::cell::Cell::new(0);
    origin.with_reader(|reader| {
        let spec = out.spec();
        let footers = |names: &[String]| Headers::new(spec, table, term, names).footers();
        let mut rows = csv::Rows::start_with(Counted { reader, read: &read }, file, &footers)?;
        let headers = Headers::new(spec, table, term, rows.names());
        let instruction = rows.peek().filter(|(cells, _)| is_instruction(cells)).map(|(_, line)| line);
        if let Some(line) = instruction {
            rows.skip()?;
            out.instruction(table, file, line);
        }
        out.header(file, &headers);
        out.issues(headers.unknown(file));
        while let Some(some) = rows.next(limit)? {
            out.rows_in(some.lines.len() as u64);
            out.batch(headers.batch(file, some.columns, some.lines), limit)?;
            advance(read.take())?;
        }
        let finished = rows.finish()?;
        out.rows_in(finished.set_aside);
        out.set_aside(table, finished.set_aside);
        out.issues(finished.issues);
        advance(read.take())
    })
}

/// Gives the rows of a Parquet or Arrow file, which is read whole.
pub(super) fn binary(
    origin: &Origin,
    file: &Arc<str>,
    table: usize,
    term: Option<Term>,
    limit: usize,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    let read = read::read_source(&origin.source()?, &ReadOptions::default())?;
    let names: Vec<String> = read.table.columns.iter().map(|column| column.name.clone()).collect();
    let headers = Headers::new(out.spec(), table, term, &names);
    out.header(file, &headers);
    out.issues(headers.unknown(file));
    let rows = read.table.n_rows;
    out.rows_in(rows as u64);
    out.issues(read.issues);
    out.batch(headers.batch(file, read.table.columns, (1..=rows as u64).collect()), limit)
}

/// Which columns of the spec's table the columns of a file are.
pub(super) struct Headers<'a> {
    spec: &'a Spec,
    table: usize,
    /// As the file has them.
    in_file: Vec<String>,
    /// As the spec calls them, where it knows them.
    names: Vec<String>,
    columns: Vec<Option<usize>>,
}

impl<'a> Headers<'a> {
    /// A column of the spec is at most one of the file's: the first that has its name or an alias, else the first
    /// that has its words. Columns of the term come before those of others.
    pub(super) fn new(spec: &'a Spec, table: usize, term: Option<Term>, headers: &[String]) -> Self {
        let known = &spec.tables[table].columns;
        let mut columns = vec![None; headers.len()];
        let mut taken = vec![false; known.len()];
        let in_term = |at: usize| {
            let terms = &known[at].terms;
            terms.is_empty() || term.is_none_or(|term| terms.contains(&term))
        };
        type Means = fn(&super::spec::Column, &str) -> bool;
        let named: Means = super::spec::Column::is_called;
        let worded: Means = super::spec::Column::is_worded;
        let former: Means = super::spec::Column::was_called;
        let ways = [named, worded, former].into_iter().flat_map(|means| [(means, true), (means, false)]);
        for (means, of_term) in ways {
            for (at, header) in headers.iter().enumerate() {
                if columns[at].is_some() {
                    continue;
                }
                let found = (0..known.len()).find(|&column| {
                    !taken[column] && in_term(column) == of_term && means(&known[column], header)
                });
                if let Some(column) = found {
                    taken[column] = true;
                    columns[at] = Some(column);
                }
            }
        }
        let name = |(column, header): (&Option<usize>, &String)| match column {
            Some(column) => known[*column].name.clone(),
            None => header.clone(),
        };
        let names = columns.iter().zip(headers).map(name).collect();
        Self { spec, table, in_file: headers.to_vec(), names, columns }
    }

    /// What tells the rows of the table from those below it.
    pub(super) fn footers(&self) -> Footers {
        let table = &self.spec.tables[self.table];
        let of = |(column, header): (&Option<usize>, &String)| {
            let by_header = identifies(header);
            let Some(column) = column.map(|column| &table.columns[column]) else { return by_header };
            if table.record.as_ref() == Some(&column.name) {
                return Some(Identifies::AnyId);
            }
            match column.meaning {
                Some(
                    Meaning::Record
                    | Meaning::LaChildId
                    | Meaning::FormerLaChildId
                    | Meaning::LocalPatientId
                    | Meaning::IdentifierValue
                    | Meaning::Pseudonym,
                ) => Some(Identifies::AnyId),
                Some(Meaning::Upn | Meaning::FormerUpn | Meaning::NhsNumber | Meaning::Uln) => {
                    Some(Identifies::Number)
                }
                Some(
                    Meaning::Surname
                    | Meaning::Forename
                    | Meaning::MiddleNames
                    | Meaning::PreferredSurname
                    | Meaning::PreferredForename
                    | Meaning::FormerSurname
                    | Meaning::FullName,
                ) => Some(Identifies::Name),
                Some(Meaning::DateOfBirth) => Some(Identifies::Birth),
                _ => by_header,
            }
        };
        Footers::new(self.columns.iter().zip(&self.in_file).map(of).collect())
    }

    pub(super) fn table(&self) -> usize {
        self.table
    }

    pub(super) fn as_in_the_file(&self) -> &[String] {
        &self.in_file
    }

    pub(super) fn columns(&self) -> &[Option<usize>] {
        &self.columns
    }

    /// The column of the spec that a column of the file is.
    pub(super) fn column(&self, at: usize) -> Option<&'a super::spec::Column> {
        self.columns[at].map(|column| &self.spec.tables[self.table].columns[column])
    }

    /// The note about columns that the spec does not know.
    pub(super) fn unknown(&self, file: &str) -> Option<Issue> {
        let unknown: Vec<&str> = self
            .names
            .iter()
            .zip(&self.columns)
            .filter(|(_, column)| column.is_none())
            .map(|(name, _)| name.as_str())
            .collect();
        let message = match unknown.len() {
            0 => return None,
            1 => format!("the specification does not know column {}; it was left out", unknown[0]),
            n if n <= 12 => {
                format!("the specification does not know columns {}; they were left out", unknown.join(", "))
            }
            n => format!(
                "the specification does not know {n} columns, among them {}; they were left out",
                unknown[..12].join(", ")
            ),
        };
        Some(Issue::new(IssueKind::UnknownColumns, file, message).counting(unknown.len()))
    }

    /// Rows as a batch, with the names of the spec.
    pub(super) fn batch(&self, file: &Arc<str>, mut columns: Vec<Column>, lines: Vec<u64>) -> Batch {
        for (column, name) in columns.iter_mut().zip(&self.names) {
            column.name.clone_from(name);
        }
        let name = self.spec.tables[self.table].name.clone();
        Batch {
            table: self.table,
            file: Arc::clone(file),
            rows: Table { name, columns, n_rows: lines.len() },
            columns: self.columns.clone(),
            lines,
            nesting: None,
        }
    }
}

/// Whether a row says how to fill in the form: most of its cells start with "required" or "optional".
pub(super) fn is_instruction(cells: &[&str]) -> bool {
    let says = |cell: &str| {
        let word: String = cell.trim().chars().take_while(|char| char.is_alphabetic()).collect();
        ["required", "optional", "mandatory", "conditional"].contains(&word.to_lowercase().as_str())
    };
    let filled = cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let saying = cells.iter().filter(|cell| says(cell)).count();
    saying > 0 && saying * 2 > filled
}

/// Counts the bytes that pass.
struct Counted<'a, 'b> {
    reader: &'a mut dyn Read,
    read: &'b std::cell::Cell<u64>,
}

impl Read for Counted<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}
