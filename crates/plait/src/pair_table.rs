//! A table of pairs of records that somebody gives: source and record of each side, as `links.parquet` has them.

use crate::given::TableSpec;
use crate::source::{Opened, RecordNames};
use crate::summary::list;
use hashbrown::HashMap;
use plait_formats::columns::header_list;
use plait_formats::read::Rows;
use plait_types::{Column, Fault, FaultCode, Issue, IssueKind, Table, counted, grouped};

/// What a table of pairs is for, for its faults.
#[derive(Clone, Copy)]
pub(crate) struct PairsFor {
    pub(crate) code: FaultCode,
    /// `file of constraints`
    pub(crate) name: &'static str,
    /// `--constraints`
    pub(crate) option: &'static str,
    /// What comes of a row that is left out.
    pub(crate) harm: &'static str,
    /// The same of a row that names a source which is not linked.
    pub(crate) harm_of_source: &'static str,
    /// What comes of a table without rows.
    pub(crate) harm_of_none: &'static str,
}

impl PairsFor {
    pub(crate) fn bad(&self, what: impl Into<String>, todo: impl Into<String>) -> Fault {
        Fault::new(self.code, what, todo)
    }
}

/// Source and record of each side of a pair; none of a record that is not named.
pub(crate) type Ends<'a> = [Option<(usize, &'a str)>; 2];

/// A table of pairs of records.
pub(crate) struct PairTable {
    table: Table,
    pub(crate) sha256: String,
    /// Columns of the left and of the right source; none where there is one source.
    source: Option<[usize; 2]>,
    record: [usize; 2],
}

impl PairTable {
    /// Reads the table, and gives what was found in the file. Every line has to be a row.
    pub(crate) fn read(
        given: &TableSpec,
        purpose: &PairsFor,
        n_sources: usize,
    ) -> Result<(Self, Vec<Issue>), Fault> {
        let here = |fault: Fault| fault.at(given.called());
        let content = given.read().map_err(|fault| {
            if fault.code != FaultCode::FileEmpty {
                return fault;
            }
            let todo = format!("write pairs of records into it, or leave {} out", purpose.option);
            let fault = purpose.bad(format!("the {} has no rows", purpose.name), todo);
            here(fault.because(purpose.harm_of_none))
        })?;
        let n_set_aside = content.rows_in - content.table.n_rows;
        if n_set_aside > 0 {
            let what =
                format!("{} cannot be read as a row of the table", counted(n_set_aside as u64, "line"));
            let fault = purpose.bad(
                what,
                "give every line as many cells as the header has, with quotes around cells that hold a comma",
            );
            return Err(here(fault.because(purpose.harm)));
        }
        let sha256 = given.sha256(&content)?;
        Ok((Self::of(content.table, sha256, purpose, n_sources).map_err(here)?, content.issues))
    }

    /// Of rows in memory of which there are none: their columns are looked at as those of others.
    pub(crate) fn without_rows(rows: &Rows, purpose: &PairsFor, n_sources: usize) -> Result<Self, Fault> {
        let column = |name: &String| Column::from_rows(name.as_str(), std::iter::empty::<Option<&str>>());
        let columns = rows.schema().fields().iter().map(|field| column(field.name())).collect();
        Self::of(
            Table { name: purpose.name.to_owned(), columns, n_rows: 0 },
            String::new(),
            purpose,
            n_sources,
        )
    }

    fn of(table: Table, sha256: String, purpose: &PairsFor, n_sources: usize) -> Result<Self, Fault> {
        let find = |name: &str| {
            table.columns.iter().position(|column| column.name.trim().eq_ignore_ascii_case(name))
        };
        let need = |name: &str| {
            find(name).ok_or_else(|| {
                let fault = purpose.bad(
                    format!("a {} needs a column \"{name}\"", purpose.name),
                    "name both records of each pair as links.parquet does: source_l, record_l, source_r, record_r",
                );
                fault.because(header_list(table.columns.iter().map(|column| column.name.as_str())))
            })
        };
        let names_sources = n_sources > 1 || find("source_l").is_some() || find("source_r").is_some();
        let source = if names_sources { Some([need("source_l")?, need("source_r")?]) } else { None };
        let record = [need("record_l")?, need("record_r")?];
        Ok(Self { table, sha256, source, record })
    }

    /// The column of the first of these names that it has.
    pub(crate) fn column(&self, names: &[&str]) -> Option<&Column> {
        names.iter().find_map(|name| {
            self.table.columns.iter().find(|column| column.name.trim().eq_ignore_ascii_case(name))
        })
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.table.columns.iter().map(|column| column.name.as_str())
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.table.n_rows
    }

    /// The pair of each row. Refuses rows that name a source which is not among these, or one record twice.
    pub(crate) fn pairs(&self, sources: &[&str], purpose: &PairsFor) -> Result<Vec<Ends<'_>>, Fault> {
        let (mut pairs, mut of_no_source, mut of_one) = (vec![], vec![], vec![]);
        for row in 0..self.n_rows() {
            match self.ends(row, sources) {
                None => of_no_source.push(row + 1),
                Some([Some(left), Some(right)]) if left == right => of_one.push(row + 1),
                Some(ends) => pairs.push(ends),
            }
        }
        if !of_no_source.is_empty() {
            let what = format!(
                "{} a source that is not among those linked",
                rows_that(&of_no_source, "names", "name")
            );
            let todo = format!("write {}, or take out rows of other sources", list("or", sources));
            return Err(purpose.bad(what, todo).because(purpose.harm_of_source));
        }
        if !of_one.is_empty() {
            let what = format!("{} one record twice", rows_that(&of_one, "names", "name"));
            let fault = purpose.bad(what, "name two records, or take the rows out");
            return Err(fault.because("a record is one person with itself, so that another one was meant"));
        }
        Ok(pairs)
    }

    /// The pair of a row; `None` where it names a source that is not among these.
    fn ends(&self, row: usize, sources: &[&str]) -> Option<Ends<'_>> {
        let cell = |column: usize| self.table.columns[column].get(row);
        let source = |side: usize| match self.source {
            None => Some(0),
            Some(columns) => {
                let name = cell(columns[side])?;
                sources.iter().position(|source| *source == name)
            }
        };
        let (left, right) = (source(0)?, source(1)?);
        let end = |side: usize, source: usize| Some((source, cell(self.record[side])?));
        Some([end(0, left), end(1, right)])
    }
}

/// The records that pairs name, by source and name, as far as the sources have them; of each source what its records are
/// called, and how many there are.
pub(crate) fn records_named<'a>(
    pairs: impl Iterator<Item = Ends<'a>>,
    sources: &[(&RecordNames, usize)],
) -> HashMap<(usize, &'a str), u32> {
    let wanted: Vec<(usize, &'a str)> = pairs.flatten().flatten().collect();
    let place_of: HashMap<(usize, &str), usize> =
        wanted.iter().enumerate().map(|(place, &end)| (end, place)).collect();
    let mut record_of = HashMap::with_capacity(wanted.len());
    let mut record = 0;
    for (index, &(names, n_rows)) in sources.iter().enumerate() {
        for row in 0..n_rows {
            if let Some(&place) = place_of.get(&(index, names.get(row).as_ref())) {
                record_of.insert(wanted[place], record);
            }
            record += 1;
        }
    }
    record_of
}

/// The same of sources that were opened.
pub(crate) fn records_named_in<'a>(
    pairs: impl Iterator<Item = Ends<'a>>,
    sources: &[Opened],
) -> HashMap<(usize, &'a str), u32> {
    let names: Vec<RecordNames> = sources.iter().map(Opened::record_names).collect();
    let n_rows = sources.iter().map(|source| source.table.n_rows);
    records_named(pairs, &names.iter().zip(n_rows).collect::<Vec<_>>())
}

/// `row 3 names`, `rows 3 and 17 name`
pub(crate) fn rows_that(rows: &[usize], one: &str, many: &str) -> String {
    format!("{} {}", rows_in_words(rows), if rows.len() == 1 { one } else { many })
}

/// `row 3`, `rows 3 and 17`; of many only the first.
pub(crate) fn rows_in_words(rows: &[usize]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = rows.iter().take(SHOWN).map(|&row| grouped(row as u64)).collect();
    match rows.len() {
        1 => format!("row {}", shown[0]),
        n if n <= SHOWN => format!("rows {}", list("and", &shown)),
        n => format!("rows {} and {} more", shown.join(", "), grouped((n - SHOWN) as u64)),
    }
}

/// The finding about rows that name a record which its source does not have.
pub(crate) fn of_unknown_records(kind: IssueKind, given: &TableSpec, rows: &[usize]) -> Option<Issue> {
    if rows.is_empty() {
        return None;
    }
    let message = format!(
        "{} a record that is not in its source; left out. Records are named as in people.parquet: by the source's name, \
             and their identifier or row number",
        rows_that(rows, "names", "name")
    );
    Some(Issue::new(kind, given.file_name(), message).counting(rows.len()))
}
