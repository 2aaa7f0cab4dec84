//! Files as sources: read, named, hashed, and their columns understood.

use crate::dataset;
use crate::faults::Faults;
use crate::ownership;
use crate::run::RunDataset;
use plait_engine::model::NHS_NUMBER_STATUS;
use plait_engine::progress::{Progress, Stage};
use plait_engine::records::{InputColumn, SourceInput};
use plait_formats::columns::{self, ColumnPlan, ColumnProfile};
use plait_formats::read::{Read, ReadOptions, RowLines, Rows, cannot_open, read};
use plait_formats::returns::{IdentityKept, Recognised};
use plait_types::identifier::{LaCode, NhsNumberEvidence, NhsNumberStatus};
use plait_types::{Column, Fault, FaultCode, Issue, IssueKind, NULL, PartialDate, Role, Table};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file or rows in memory to use, and what to call them.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// The name in every output; the file stem if `None`.
    pub name: Option<String>,
    /// Where it is: a file, or the folder or zip archive of a return. Of rows in memory, what to call them.
    pub path: PathBuf,
    /// Rows that are in memory, in the place of a file; shared with whoever gave them, and not changed.
    pub rows: Option<Arc<Rows>>,
    /// Which return it is, by name (`cin-census`, `cin-census-2026`) or by the path of a specification of the user's own;
    /// found from the content if `None`.
    pub is: Option<String>,
    /// The three digits of the local authority whose records it holds; what its files say if `None`.
    pub authority: Option<LaCode>,
}

impl SourceSpec {
    /// A file or folder, everything else being found from it.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { name: None, path: path.into(), rows: None, is: None, authority: None }
    }

    /// Rows in memory, and what to call them.
    pub fn of_rows(name: impl Into<String>, rows: Arc<Rows>) -> Self {
        let name = name.into();
        Self { name: Some(name.clone()), rows: Some(rows), ..Self::at(name) }
    }

    /// Reads `path` or `name=path`. A name is of letters, digits, `_`, `-` and spaces.
    pub fn parse(text: &str) -> Self {
        let plain = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '))
        };
        match text.split_once('=') {
            Some((name, path)) if plain(name) && !Path::new(text).exists() => {
                Self { name: Some(name.to_owned()), ..Self::at(path) }
            }
            _ => Self::at(text),
        }
    }

    /// What the source is called: as it was named, else the file's or folder's name without its extension.
    pub fn called(&self) -> String {
        let stem = || self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        self.name.clone().or_else(stem).unwrap_or_else(|| self.path.display().to_string())
    }
}

/// Says of sources, by their names, which return they are and of which authority; of the only one also without its name. A
/// [`FaultCode::BadOption`] where there is none of that name.
pub fn say_what_they_are(
    sources: &mut [SourceSpec],
    returns: &[(Option<String>, String)],
    authorities: &[(Option<String>, LaCode)],
) -> Result<(), Fault> {
    for (name, is) in returns {
        named(sources, name.as_deref(), "--as", is)?.is = Some(is.clone());
    }
    for (name, authority) in authorities {
        named(sources, name.as_deref(), "--authority", &digits_of(*authority))?.authority = Some(*authority);
    }
    Ok(())
}

/// The source that an option is about.
fn named<'a>(
    sources: &'a mut [SourceSpec],
    name: Option<&str>,
    option: &str,
    value: &str,
) -> Result<&'a mut SourceSpec, Fault> {
    let names: Vec<String> = sources.iter().map(SourceSpec::called).collect();
    let at = match name {
        None if sources.len() == 1 => Some(0),
        None => None,
        Some(name) => names.iter().position(|called| called == name),
    };
    let what = || match name {
        Some(name) => format!("{option} names the source \"{name}\", which is not there"),
        None => format!("{option} does not say which of the sources it is about"),
    };
    let todo = format!("write {option} NAME={value}, with NAME one of {}", names.join(", "));
    match at {
        Some(at) => Ok(&mut sources[at]),
        None => Err(Fault::new(FaultCode::BadOption, what(), todo)),
    }
}

/// A source that was read.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    /// Whether there is a file at the path.
    pub(crate) is_file: bool,
    /// What the user said that it is.
    pub(crate) is: Option<String>,
    pub(crate) sha256: String,
    pub(crate) format: String,
    pub(crate) rows_in: u64,
    pub(crate) rows_set_aside: u64,
    /// What it is, where it is a return.
    pub(crate) dataset: Option<RunDataset>,
    pub(crate) issues: Vec<Issue>,
    pub(crate) table: Table,
    /// On which lines of the file its rows are, where it is a plain table.
    pub(crate) lines: RowLines,
    pub(crate) plans: Vec<ColumnPlan>,
    /// Of a return, headers of its files by which its columns may be named too.
    pub(crate) headers: Vec<String>,
    /// Of a return, headers of its files that linkage does not see.
    pub(crate) outside: Vec<String>,
    /// Of a return, the day that it is about, where its files say it.
    pub(crate) reference: Option<PartialDate>,
    /// The code of the local authority that the records are of, where it is known: its ids of children mean nothing in
    /// another one.
    pub(crate) authority: Option<String>,
    /// The one that the user said.
    pub(crate) stated_authority: Option<LaCode>,
}

/// What records are called in outputs.
pub(crate) enum RecordNames {
    /// By a column in which no two rows have the same value.
    Column(Column),
    /// By their row, from 1.
    Rows,
}

impl RecordNames {
    /// Whether they may be printed: what the user says names the records may be the names of people.
    pub(crate) fn may_be_printed(&self) -> bool {
        match self {
            Self::Column(column) => !columns::may_hold_names(column),
            Self::Rows => true,
        }
    }

    /// The name of a row, from 0.
    pub(crate) fn get(&self, row: usize) -> Cow<'_, str> {
        match self {
            Self::Column(column) => Cow::Borrowed(column.get(row).expect("a naming column is complete")),
            Self::Rows => Cow::Owned((row + 1).to_string()),
        }
    }

    /// The row with this name, from 0.
    pub(crate) fn find(&self, name: &str, n_rows: usize) -> Option<usize> {
        match self {
            Self::Column(column) => {
                let code = column.values.iter().position(|value| value == name)? as u32;
                column.codes.iter().position(|&c| c == code)
            }
            Self::Rows => {
                name.parse::<usize>().ok().filter(|row| (1..=n_rows).contains(row)).map(|row| row - 1)
            }
        }
    }
}

/// Reads all sources and decides what their columns mean.
pub(crate) fn open(
    specs: &[SourceSpec],
    roles: &[(String, Role)],
    progress: &dyn Progress,
) -> Result<Vec<Opened>, Faults> {
    open_with_rows(specs, specs.len(), roles, progress).map(|(sources, _)| sources)
}

/// The same of those that have rows, as long as these are enough; says which have none.
///
/// A source all of whose rows were set aside has rows, and is refused.
pub(crate) fn open_with_rows(
    specs: &[SourceSpec],
    enough: usize,
    roles: &[(String, Role)],
    progress: &dyn Progress,
) -> Result<(Vec<Opened>, Vec<Issue>), Faults> {
    progress.begin(Stage::Read, specs.iter().map(bytes_of).sum());
    let opened: Vec<Result<Opened, NotOpened>> =
        specs.par_iter().map(|spec| open_one(spec, roles, progress)).collect();
    let mut sources = Vec::new();
    let (mut faults, mut without_rows) = (Vec::new(), Vec::new());
    let mut is_faulty = false;
    for (spec, source) in specs.iter().zip(opened) {
        match source {
            Ok(source) => sources.push(source),
            Err(NotOpened::WithoutRows(fault)) => {
                faults.push(fault);
                without_rows.push(without_rows_issue(spec));
            }
            Err(NotOpened::Faulty(fault)) => {
                faults.push(fault);
                is_faulty = true;
            }
        }
    }
    if is_faulty || sources.len() < enough {
        return Err(Faults(faults));
    }
    refuse_same_file(&sources)?;
    refuse_equal_names(
        sources.iter().map(|source| (&*source.table.name, source.is_file.then_some(&*source.path))),
    )?;
    refuse_unknown_columns(&sources, roles)?;
    for source in sources.iter_mut().filter(|source| source.dataset.is_none()) {
        let own: Vec<(String, Role)> =
            roles.iter().filter(|(name, _)| source.table.column(name).is_some()).cloned().collect();
        let file = source.path.display().to_string();
        let name = file_name(&source.path);
        columns::split_full_names(&mut source.table, &own);
        source.issues.extend(columns::read_day_numbers(&mut source.table, &name, &own));
        source.plans =
            columns::plan_on(&source.table, &source.lines, &own).map_err(|fault| fault.at(file))?;
        source.issues.extend(columns::guessed_orders(&name, &source.plans));
        source.issues.extend(columns::unread(&source.table, &name, &source.plans));
        source.issues.extend(columns::evenings_before(&source.table, &name, &source.plans));
        source.issues.extend(columns::births_not_known(&name, &source.plans));
        source.issues.extend(columns::displaced(&name, &source.plans));
    }
    let tables: Vec<&Table> = sources.iter().map(|source| &source.table).collect();
    let mut plans: Vec<Vec<ColumnPlan>> = sources.iter().map(|source| source.plans.clone()).collect();
    columns::share_identifiers(&tables, &mut plans);
    let names: Vec<String> = sources.iter().map(|source| source.table.name.clone()).collect();
    let lost_zeros = columns::lost_zeros(&tables, &names, &plans);
    if let Some(first) = sources.first_mut() {
        first.issues.extend(lost_zeros);
    }
    for (source, plans) in sources.iter_mut().zip(plans) {
        source.plans = plans;
        if source.dataset.is_none() {
            let name = file_name(&source.path);
            source.issues.extend(columns::repeated_ids(&source.table, &name, &source.plans));
        }
    }
    Ok((sources, without_rows))
}

/// What a file is called in findings and outputs: its name without its folder.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Why a source is none.
enum NotOpened {
    /// There is not one row in it.
    WithoutRows(Fault),
    Faulty(Fault),
}

/// What fails is wrong with the file, unless it is said otherwise.
impl From<Fault> for NotOpened {
    fn from(fault: Fault) -> Self {
        Self::Faulty(fault)
    }
}

impl NotOpened {
    /// Of what finds no row at all in a file.
    fn by_reading(fault: Fault) -> Self {
        if fault.code == FaultCode::FileEmpty { Self::WithoutRows(fault) } else { Self::Faulty(fault) }
    }
}

fn without_rows_issue(spec: &SourceSpec) -> Issue {
    let file = file_name(&spec.path);
    let is_empty = spec.rows.is_none() && bytes_at(&spec.path) == 0;
    let what = if is_empty { "is empty" } else { "has a header and no rows" };
    let message = format!("{what}; the other sources are linked without it");
    Issue::new(IssueKind::SourceWithoutRows, file, message)
}

fn open_one(
    spec: &SourceSpec,
    roles: &[(String, Role)],
    progress: &dyn Progress,
) -> Result<Opened, NotOpened> {
    if let Some(rows) = &spec.rows {
        return open_rows(spec, rows).inspect(|_| progress.advance(bytes_of(spec)));
    }
    match dataset::recognise(spec).map_err(NotOpened::by_reading)? {
        Some(recognised) => open_return(spec, &recognised, roles, progress),
        None => open_table(spec).inspect(|_| progress.advance(bytes_at(&spec.path))),
    }
}

/// Bytes of a file, or about as many of rows in memory.
fn bytes_of(spec: &SourceSpec) -> u64 {
    match &spec.rows {
        Some(rows) => rows.n_bytes() as u64,
        None => bytes_at(&spec.path),
    }
}

/// Bytes of a file, or of all files in a folder; 0 where they cannot be told.
pub(crate) fn bytes_at(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    };
    entries.filter_map(Result::ok).map(|entry| bytes_at(&entry.path())).sum()
}

fn open_return(
    spec: &SourceSpec,
    recognised: &Recognised,
    roles: &[(String, Role)],
    progress: &dyn Progress,
) -> Result<Opened, NotOpened> {
    let authority = authority_of(spec, dataset::authority(recognised))?;
    let (sha256, dataset) = rayon::join(
        || dataset::sha256(recognised),
        || dataset::land_any(recognised.clone(), spec, None, IdentityKept::Whole, progress),
    );
    let (sha256, dataset) = (sha256?, dataset.map_err(NotOpened::by_reading)?);
    if dataset.landed.n_records == 0 {
        let fault = dataset.nobody(spec);
        return Err(match dataset.gathered.total.rows_in {
            0 => NotOpened::WithoutRows(fault),
            _ => NotOpened::Faulty(fault),
        });
    }
    let (mut table, mut plans) = dataset.table(roles);
    let compares_births = plans.iter().any(|plan| plan.role == Role::DateOfBirth);
    if let Some(fault) = dataset.landed.two_orders.first().filter(|_| compares_births) {
        return Err(NotOpened::Faulty(fault.clone()));
    }
    dataset.add_characteristics(&mut table, &mut plans, roles);
    let mut issues = dataset.landed.issues.clone();
    issues.extend(dataset::outside_codes(&dataset, spec));
    Ok(Opened {
        path: spec.path.clone(),
        is_file: true,
        is: spec.is.clone(),
        sha256,
        format: dataset.words(),
        rows_in: dataset.gathered.total.rows_in,
        rows_set_aside: dataset.rows_set_aside(),
        issues,
        headers: dataset.headers(),
        outside: dataset.outside(),
        reference: dataset.landed.identity.reference,
        dataset: Some(RunDataset::of(&dataset)),
        authority,
        stated_authority: spec.authority,
        table,
        lines: RowLines::default(),
        plans,
    })
}

/// The authority that the user says, which the files must not contradict; else that of the files.
fn authority_of(spec: &SourceSpec, of_files: Option<String>) -> Result<Option<String>, Fault> {
    let Some(stated) = spec.authority.map(digits_of) else { return Ok(of_files) };
    match of_files {
        Some(other) if other != stated => Err(Fault::new(
            FaultCode::BadOption,
            format!("{} is of authority {other}, and --authority says {stated}", spec.called()),
            "leave --authority out for it, or name the file of that authority",
        )),
        _ => Ok(Some(stated)),
    }
}

/// `302`
pub(crate) fn digits_of(authority: LaCode) -> String {
    format!("{:03}", authority.number())
}

fn open_table(spec: &SourceSpec) -> Result<Opened, NotOpened> {
    let options = ReadOptions { name: spec.name.clone(), ..ReadOptions::default() };
    let (content, sha256) = rayon::join(|| read(&spec.path, &options), || sha256_of_file(&spec.path));
    opened_table(spec, content.map_err(NotOpened::by_reading)?, sha256?)
}

/// Refuses to take rows in memory for a return.
pub(crate) fn refuse_return_in_memory(spec: &SourceSpec) -> Result<(), Fault> {
    if spec.rows.is_none() || spec.is.is_none() {
        return Ok(());
    }
    Err(Fault::new(
        FaultCode::BadOption,
        format!("{} is a table in memory, and --as says which return a file is", spec.called()),
        "give the path of the file, folder or zip archive of the return; or leave --as out, and say with --role what its columns \
         are where they are not known",
    )
    .because("a return is known by its files, and is taken apart and checked as it is read"))
}

fn open_rows(spec: &SourceSpec, rows: &Rows) -> Result<Opened, NotOpened> {
    refuse_return_in_memory(spec)?;
    // the first of them is enough to know that the table has to be made anew
    rows.refuse_unusable(&spec.called()).map_err(|mut faults| faults.swap_remove(0))?;
    let read = rows.read(&spec.called()).map_err(NotOpened::by_reading)?;
    let sha256 = sha256_of_rows(&read.table);
    opened_table(spec, read, sha256)
}

fn opened_table(spec: &SourceSpec, read: Read, sha256: String) -> Result<Opened, NotOpened> {
    let Read { table, format, issues, rows_in, lines } = read;
    if table.n_rows == 0 {
        let fault = Fault::new(
            FaultCode::FileEmpty,
            format!("{} has no rows that can be used", spec.path.display()),
            "export it again with its rows",
        );
        return Err(NotOpened::Faulty(fault));
    }
    Ok(Opened {
        path: spec.path.clone(),
        is_file: spec.rows.is_none(),
        is: spec.is.clone(),
        sha256,
        format: format.to_string(),
        rows_in: rows_in as u64,
        rows_set_aside: (rows_in - table.n_rows) as u64,
        dataset: None,
        issues,
        table,
        lines,
        plans: Vec::new(),
        headers: Vec::new(),
        outside: Vec::new(),
        reference: None,
        authority: authority_of(spec, None)?,
        stated_authority: spec.authority,
    })
}

/// Refuses a file given twice, however it is named: every record of it would be linked with itself.
fn refuse_same_file(sources: &[Opened]) -> Result<(), Fault> {
    for (index, source) in sources.iter().enumerate() {
        let same = |other: &&Opened| {
            other.is_file && source.is_file && ownership::is_same_file(&other.path, &source.path)
        };
        if let Some(other) = sources[..index].iter().find(same) {
            let (path, other) = (source.path.display().to_string(), other.path.display().to_string());
            let what = if path == other {
                format!("{path} was given twice")
            } else {
                format!("{other} and {path} are the same file")
            };
            let todo =
                "leave one of them out; one file alone is searched for people who are in it more than once";
            return Err(Fault::new(FaultCode::BadOption, what, todo)
                .because("every record would be linked with itself, and the result would look perfect"));
        }
    }
    Ok(())
}

/// A finding for every file that has the same content as one before it under another path.
pub(crate) fn same_content(sources: &[Opened]) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        if let Some(other) = sources[..index].iter().find(|other| other.sha256 == source.sha256) {
            let message = format!(
                "it has the same content as {}, byte for byte: every record is linked with itself; leave one of the two out \
                 if it is a copy",
                other.path.display()
            );
            issues.push(Issue::new(IssueKind::SameContent, source.path.display().to_string(), message));
        }
    }
    issues
}

/// Refuses two sources of one name; each is a name and the path of its file, if it is one.
pub(crate) fn refuse_equal_names<'s>(
    sources: impl Iterator<Item = (&'s str, Option<&'s Path>)>,
) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for (name, path) in sources {
        if !seen.insert(name) {
            let other = match path {
                Some(path) => format!("other_name={}", path.display()),
                None => "{\"other_name\": table}".to_owned(),
            };
            return Err(Fault::new(
                FaultCode::BadOption,
                format!("two sources are called \"{name}\""),
                format!("give one of them another name: {other}"),
            )
            .because("outputs name every record by its source"));
        }
    }
    Ok(())
}

fn refuse_unknown_columns(sources: &[Opened], roles: &[(String, Role)]) -> Result<(), Faults> {
    let of_tables = sources.iter().flat_map(|s| &s.table.columns).map(|column| column.name.as_str());
    let of_files = sources.iter().flat_map(|s| &s.headers).map(String::as_str);
    let mut seen = BTreeSet::new();
    let headers: Vec<&str> = of_files.chain(of_tables).filter(|header| seen.insert(*header)).collect();
    let has_outside = |header: &String| {
        let source = sources.iter().find(|source| source.outside.contains(header));
        source.map(|source| source.table.name.clone())
    };
    refuse_unknown_roles(roles, &headers, has_outside, no_such_column)
}

/// Refuses roles of columns that are not there. `has_outside` gives the return that has a column and keeps it out of linkage,
/// `none_has` what is said where none has it.
pub(crate) fn refuse_unknown_roles(
    roles: &[(String, Role)],
    headers: &[&str],
    has_outside: impl Fn(&String) -> Option<String>,
    none_has: impl Fn(&str) -> String,
) -> Result<(), Faults> {
    let unknown = roles.iter().filter(|(header, _)| !headers.contains(&header.as_str()));
    let fault = |(header, _): &(String, Role)| match has_outside(header) {
        Some(source) => outside_the_return(header, &source),
        None => columns::unknown_column(none_has(header), header, headers.iter().copied()),
    };
    let faults: Vec<Fault> = unknown.map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

/// The fault of a role for a column that is in the files of a return and does not go into linkage.
fn outside_the_return(header: &str, source: &str) -> Fault {
    Fault::new(
        FaultCode::BadOption,
        format!("column \"{header}\" of {source} is none by which its return says who somebody is, and takes no role"),
        "rename it in the file to the header that the return has for it; plait specs show lists them under identity",
    )
    .because("rows of a return are taken apart by its specification, and what that does not know stays outside")
}

/// What is said of a header that no source has.
pub(crate) fn no_such_column(header: &str) -> String {
    format!("no source has a column \"{header}\"")
}

impl Opened {
    /// What the records are called.
    pub(crate) fn record_names(&self) -> RecordNames {
        match columns::record_column(&self.table, &self.plans) {
            Some(index) => RecordNames::Column(self.table.columns[index].clone()),
            None => RecordNames::Rows,
        }
    }

    /// What the records are called, without a copy where the column serves no other purpose: it is then gone from
    /// the table.
    pub(crate) fn take_record_names(&mut self) -> RecordNames {
        match columns::record_column(&self.table, &self.plans) {
            Some(index) if self.plans[index].role == Role::RecordId => {
                self.plans.retain(|plan| plan.column != index);
                RecordNames::Column(std::mem::take(&mut self.table.columns[index]))
            }
            _ => self.record_names(),
        }
    }

    /// The header of the column that names the records, as the file has it.
    pub(crate) fn record_column(&self) -> Option<String> {
        let index = columns::record_column(&self.table, &self.plans)?;
        let plan = self.plans.iter().find(|plan| plan.column == index)?;
        Some(plan.header.clone().unwrap_or_else(|| plan.name.clone()))
    }

    /// Records with an NHS number that its status calls unverified, and records that by their status have none.
    pub(crate) fn unverified_nhs_numbers(&self) -> (u64, u64) {
        let column = |name: &str| {
            let plan = self.plans.iter().find(|plan| plan.name.eq_ignore_ascii_case(name))?;
            Some(&self.table.columns[plan.column])
        };
        let (mut unverified, mut none) = (0, 0);
        let Some(statuses) = column(NHS_NUMBER_STATUS) else { return (0, 0) };
        let of_code: Vec<_> = statuses
            .values
            .iter()
            .map(|text| NhsNumberStatus::parse(text).map(NhsNumberStatus::evidence))
            .collect();
        for &code in statuses.codes.iter().filter(|code| **code != NULL) {
            match of_code[code as usize] {
                Some(NhsNumberEvidence::Missing) => none += 1,
                Some(NhsNumberEvidence::Ordinary | NhsNumberEvidence::Review) => unverified += 1,
                Some(NhsNumberEvidence::Deterministic) | None => {}
            }
        }
        (unverified, none)
    }

    /// The table, and its columns that say what a person is like.
    pub(crate) fn characteristics(&self) -> (&Table, Vec<(usize, Role)>) {
        let plans = self.plans.iter().filter(|plan| plan.role.is_characteristic());
        (&self.table, plans.map(|plan| (plan.column, plan.role)).collect())
    }

    /// Completeness and validity of every column.
    pub(crate) fn profile(&self) -> Vec<ColumnProfile> {
        self.plans.par_iter().map(|plan| ColumnProfile::of(&self.table.columns[plan.column], plan)).collect()
    }

    /// As the engine takes it: all columns, or those whose header or role is named. Of a return what is payload stays out. A line
    /// of an address comes with the addresses, whose column it may be.
    pub(crate) fn into_input(self, named: Option<&[String]>) -> SourceInput {
        let is_payload = |plan: &ColumnPlan| {
            self.dataset.is_some() && plan.role.is_characteristic() && plan.role != Role::Ethnicity
        };
        let wanted = |plan: &&ColumnPlan| {
            if is_payload(plan) {
                return false;
            }
            let also = match plan.role {
                Role::AddressLine => Some(Role::Address),
                Role::Address => Some(Role::AddressLine),
                _ => None,
            };
            let is = |name: &String| {
                name.eq_ignore_ascii_case(&plan.name)
                    || name.eq_ignore_ascii_case(plan.role.name())
                    || also.is_some_and(|also| name.eq_ignore_ascii_case(also.name()))
            };
            named.is_none_or(|named| named.iter().any(is))
        };
        let columns = self.plans.iter().filter(wanted).map(|plan| InputColumn {
            index: plan.column,
            role: plan.role,
            date_order: plan.date_order,
        });
        SourceInput { columns: columns.collect(), table: self.table }
    }
}

/// SHA-256 of a table in memory: of the names of its columns and of its rows, whatever order values are kept in.
pub(crate) fn sha256_of_rows(table: &Table) -> String {
    let of_column = |column: &Column| {
        let mut hash = Sha256::new();
        hash.update((column.name.len() as u64).to_le_bytes());
        hash.update(&column.name);
        // each value once, at its first row, and every row by the number of its value in that order
        let mut number_of = vec![NULL; column.values.len()];
        let mut next = 0;
        for &code in &column.codes {
            if code == NULL {
                hash.update(NULL.to_le_bytes());
                continue;
            }
            let number = &mut number_of[code as usize];
            if *number == NULL {
                *number = next;
                next += 1;
                let value = column.values.get(code);
                hash.update((value.len() as u64).to_le_bytes());
                hash.update(value);
            }
            hash.update(number.to_le_bytes());
        }
        hash.finalize()
    };
    let of_columns: Vec<_> = table.columns.par_iter().map(of_column).collect();
    let mut hash = Sha256::new();
    hash.update((table.n_rows as u64).to_le_bytes());
    of_columns.iter().for_each(|column| hash.update(column));
    hexadecimal(&hash.finalize())
}

/// SHA-256 of a file's bytes, in hexadecimal.
pub(crate) fn sha256_of_file(path: &Path) -> Result<String, Fault> {
    hash_of_file(path).map_err(|error| cannot_open(path, error.kind()))
}

fn hash_of_file(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(hexadecimal(&hasher.finalize()));
        }
        hasher.update(&buffer[..n]);
    }
}

/// SHA-256 of text, in hexadecimal.
pub(crate) fn sha256_of_text(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}
