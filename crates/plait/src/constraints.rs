//! A file of constraints: pairs of records that must be one person, and pairs that must never be.

use crate::run::RunConstraints;
use crate::source::{Opened, sha256_of_file};
use crate::summary::list;
use hashbrown::HashMap;
use plait_engine::constraints::{Constraints, Contradiction, Pair};
use plait_formats::columns::header_list;
use plait_formats::read::{ReadOptions, read};
use plait_types::{Column, Fault, FaultCode, Issue, IssueKind, Table, counted, grouped};
use std::path::Path;

/// The constraints of a file, and the rows that they come from.
pub(crate) struct Given {
    pub(crate) constraints: Constraints,
    /// For `run.json`; who would have been one person is told later.
    pub(crate) run: RunConstraints,
    pub(crate) issues: Vec<Issue>,
    /// The file's name without its folder.
    file: String,
    /// Per pair, the first row that names it, from 1.
    row_of: HashMap<Pair, usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    MustLink,
    CannotLink,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
            "must_link" | "must" => Some(Self::MustLink),
            "cannot_link" | "do_not_link" | "never" => Some(Self::CannotLink),
            _ => None,
        }
    }
}

/// Columns of a file of constraints.
struct ConstraintsTable {
    table: Table,
    /// Left, right; none where there is one source.
    source: Option<[usize; 2]>,
    record: [usize; 2],
    constraint: Option<usize>,
}

/// What a row says: its kind, and source and record of each side.
struct Row<'a> {
    kind: Kind,
    ends: [Option<(usize, &'a str)>; 2],
}

impl ConstraintsTable {
    fn of(table: Table, n_sources: usize) -> Result<Self, Fault> {
        let find = |name: &str| {
            table.columns.iter().position(|column| column.name.trim().eq_ignore_ascii_case(name))
        };
        let need = |name: &str| {
            find(name).ok_or_else(|| {
                bad(
                    format!("a file of constraints needs a column \"{name}\""),
                    "name both records of each pair as links.parquet does: source_l, record_l, source_r, record_r",
                )
                .because(header_list(table.columns.iter().map(|column| column.name.as_str())))
            })
        };
        let names_sources = n_sources > 1 || find("source_l").is_some() || find("source_r").is_some();
        let source = if names_sources { Some([need("source_l")?, need("source_r")?]) } else { None };
        let record = [need("record_l")?, need("record_r")?];
        Ok(Self { source, record, constraint: find("constraint"), table })
    }

    fn column(&self, index: usize) -> &Column {
        &self.table.columns[index]
    }

    /// The rows in order. A [`FaultCode::BadConstraints`] of those that cannot be meant.
    fn rows(&self, sources: &[&str]) -> Result<Vec<Row<'_>>, Fault> {
        let (mut rows, mut of_no_kind, mut of_no_source, mut of_one) = (vec![], vec![], vec![], vec![]);
        for row in 0..self.table.n_rows {
            let kind = match self.constraint {
                None => Some(Kind::CannotLink),
                Some(column) => self.column(column).get(row).and_then(Kind::parse),
            };
            let source = |side: usize| match self.source {
                None => Some(0),
                Some(columns) => {
                    let name = self.column(columns[side]).get(row)?;
                    sources.iter().position(|source| *source == name)
                }
            };
            let Some(kind) = kind else {
                of_no_kind.push(row + 1);
                continue;
            };
            let (Some(left), Some(right)) = (source(0), source(1)) else {
                of_no_source.push(row + 1);
                continue;
            };
            let end = |side: usize, source: usize| Some((source, self.column(self.record[side]).get(row)?));
            let ends = [end(0, left), end(1, right)];
            if ends[0].is_some() && ends[0] == ends[1] {
                of_one.push(row + 1);
            }
            rows.push(Row { kind, ends });
        }
        if !of_no_kind.is_empty() {
            return Err(bad(
                format!(
                    "{} neither must_link nor cannot_link in the column \"constraint\"",
                    rows_that(&of_no_kind, "has", "have")
                ),
                "write must_link or must, or cannot_link, do_not_link or never; or take the rows out",
            )
            .because("a pair that is left out would be linked, or not, against what somebody knows"));
        }
        if !of_no_source.is_empty() {
            return Err(bad(
                format!(
                    "{} a source that is not among those linked",
                    rows_that(&of_no_source, "names", "name")
                ),
                format!("write {}, or take out rows of other sources", list("or", sources)),
            )
            .because("the pair would not be kept apart or put together"));
        }
        if !of_one.is_empty() {
            return Err(bad(
                format!("{} one record twice", rows_that(&of_one, "names", "name")),
                "name two records, or take the rows out",
            )
            .because("a record is one person with itself, so that another one was meant"));
        }
        Ok(rows)
    }
}

impl Given {
    /// Reads a file of constraints and looks its records up in the sources. Rows with a record that is not there are left
    /// out and counted in an issue. A [`FaultCode::BadConstraints`] where columns are missing, a row cannot be meant, no row
    /// has both its records, or rows contradict each other.
    pub(crate) fn read(path: &Path, sources: &[Opened]) -> Result<Self, Fault> {
        let here = |fault: Fault| fault.at(path.display().to_string());
        let content = read(path, &ReadOptions::default()).map_err(|fault| {
            if fault.code != FaultCode::FileEmpty {
                return fault;
            }
            here(
                bad(
                    "the file of constraints has no rows",
                    "write pairs of records into it, or leave --constraints out",
                )
                .because("the run would look as if something had been kept apart"),
            )
        })?;
        let n_set_aside = content.rows_in - content.table.n_rows;
        if n_set_aside > 0 {
            return Err(here(
                bad(
                    format!("{} cannot be read as a row of the table", counted(n_set_aside as u64, "line")),
                    "give every line as many cells as the header has, with quotes around cells that hold a comma",
                )
                .because("a pair that is left out would be linked, or not, against what somebody knows"),
            ));
        }
        let sha256 = sha256_of_file(path)?;
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let table = ConstraintsTable::of(content.table, sources.len()).map_err(here)?;
        let names: Vec<&str> = sources.iter().map(|source| source.table.name.as_str()).collect();
        let rows = table.rows(&names).map_err(here)?;
        let record_of = records_named(&rows, sources);
        let find = |end: Option<(usize, &str)>| record_of.get(&end?).copied();
        let (mut together, mut apart, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        let (mut rows_together, mut rows_apart) = (HashMap::new(), HashMap::new());
        for (index, row) in rows.iter().enumerate() {
            let (Some(left), Some(right)) = (find(row.ends[0]), find(row.ends[1])) else {
                unknown.push(index + 1);
                continue;
            };
            let pair = (left.min(right), left.max(right));
            let (of_kind, rows_of_kind): (&mut Vec<Pair>, &mut HashMap<Pair, usize>) = match row.kind {
                Kind::MustLink => (&mut together, &mut rows_together),
                Kind::CannotLink => (&mut apart, &mut rows_apart),
            };
            of_kind.push(pair);
            rows_of_kind.entry(pair).or_insert(index + 1);
        }
        if unknown.len() == rows.len() {
            return Err(here(
                bad(
                    "no row names two records that are in these files",
                    "name records as people.parquet does: the source's name, and its identifier or row number",
                )
                .because("no pair would be kept apart or put together"),
            ));
        }
        let constraints = Constraints::new(together, apart).map_err(|Contradiction { apart, chain }| {
            let chain: Vec<usize> = chain.iter().map(|pair| rows_together[pair]).collect();
            here(
                bad(
                    format!(
                        "row {} keeps two records apart that {} together",
                        grouped(rows_apart[&apart] as u64),
                        rows_that(&chain, "puts", "put")
                    ),
                    "decide which is right, and take the others out; rows are counted from 1 below the header",
                )
                .because("both cannot hold"),
            )
        })?;
        let row_of = rows_apart.into_iter().chain(rows_together).collect();
        let run = RunConstraints {
            path: path.display().to_string(),
            absolute_path: std::path::absolute(path).ok().map(|path| path.display().to_string()),
            sha256,
            rows: rows.len() as u64,
            says_which: table.constraint.is_some(),
            kept_apart: constraints.apart().len() as u64,
            would_be_one_person: 0,
            put_together: constraints.together().len() as u64,
            rows_of_unknown_records: unknown.len() as u64,
        };
        let mut issues = content.issues;
        if !unknown.is_empty() {
            let message = format!(
                "{} a record that is not in its source; left out",
                rows_that(&unknown, "names", "name")
            );
            issues.push(
                Issue::new(IssueKind::ConstraintOfUnknownRecord, file.clone(), message)
                    .counting(unknown.len()),
            );
        }
        Ok(Self { constraints, run, issues, file, row_of })
    }

    /// Why two records are together or apart, if these constraints are the reason: `never one person, because of
    /// row 7 of pairs.csv (cannot_link)`. Holds no value.
    pub(crate) fn statement(&self, left: u32, right: u32) -> Option<String> {
        let rows = |chain: Vec<Pair>| chain.iter().map(|pair| self.row_of[pair]).collect::<Vec<usize>>();
        let file = &self.file;
        if let Some(chain) = self.constraints.chain(left, right) {
            return Some(format!(
                "one person, because of {} of {file} (must_link)",
                rows_in_words(&rows(chain))
            ));
        }
        let pair = self.constraints.kept_apart_by(left, right)?;
        let row = grouped(self.row_of[&pair] as u64);
        let by_way_of: Vec<Pair> = [left, right]
            .into_iter()
            .flat_map(|record| {
                [pair.0, pair.1].into_iter().filter_map(move |end| self.constraints.chain(record, end))
            })
            .flatten()
            .collect();
        let by_way_of = if by_way_of.is_empty() {
            String::new()
        } else {
            format!(", by way of {} (must_link)", rows_in_words(&rows(by_way_of)))
        };
        Some(format!("never one person, because of row {row} of {file} (cannot_link){by_way_of}"))
    }
}

/// The records that rows name, by source and name, as far as the sources have them.
fn records_named<'a>(rows: &[Row<'a>], sources: &[Opened]) -> HashMap<(usize, &'a str), u32> {
    let wanted: Vec<(usize, &'a str)> = rows.iter().flat_map(|row| row.ends).flatten().collect();
    let place_of: HashMap<(usize, &str), usize> =
        wanted.iter().enumerate().map(|(place, &end)| (end, place)).collect();
    let mut record_of = HashMap::with_capacity(wanted.len());
    let mut record = 0;
    for (index, source) in sources.iter().enumerate() {
        let names = source.record_names();
        for row in 0..source.table.n_rows {
            if let Some(&place) = place_of.get(&(index, names.get(row).as_ref())) {
                record_of.insert(wanted[place], record);
            }
            record += 1;
        }
    }
    record_of
}

/// `row 3 names`, `rows 3 and 17 name`
fn rows_that(rows: &[usize], one: &str, many: &str) -> String {
    format!("{} {}", rows_in_words(rows), if rows.len() == 1 { one } else { many })
}

fn bad(what: impl Into<String>, todo: impl Into<String>) -> Fault {
    Fault::new(FaultCode::BadConstraints, what, todo)
}

/// `row 3`, `rows 3 and 17`; of many only the first.
fn rows_in_words(rows: &[usize]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = rows.iter().take(SHOWN).map(|&row| grouped(row as u64)).collect();
    match rows.len() {
        1 => format!("row {}", shown[0]),
        n if n <= SHOWN => format!("rows {}", list("and", &shown)),
        n => format!("rows {} and {} more", shown.join(", "), grouped((n - SHOWN) as u64)),
    }
}
