//! Workbooks for inspections: the lists of an Annex A, filled from returns.

use crate::dataset::{self, Bytes};
use crate::faults::Faults;
use crate::run::{self, Run};
use crate::source::{SourceSpec, bytes_at};
use crate::written::{self, LACKING, MadeFrom, Written};
use plait_engine::progress::{Progress, Stage};
use plait_formats::read::{ReadOptions, read};
use plait_formats::returns::filling::{FilledColumn, FilledList, WhyEmpty, copy, fill};
use plait_formats::returns::rows::{RecordName, read_rows};
use plait_formats::returns::spec::{Kind, Spec};
use plait_formats::returns::{Progress as GatherProgress, Recognised, library};
use plait_formats::write::{
    CellKind, CsvStyle, OutSheet, OutTable, OutValues, harmless, write_csv, write_xlsx,
};
use plait_types::{Fault, FaultCode, Issue, PartialDate, Values, are, counted, grouped};
use serde_json::json;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Which workbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Annex {
    /// Of an inspection of children's services by Ofsted (ILACS): lists 1 to 11.
    ChildrensServices,
    /// Of an inspection of an area's SEND provision: lists 1 and 2.
    AreaSend,
}

impl Annex {
    fn specification(self) -> &'static str {
        match self {
            Self::ChildrensServices => "annex-a",
            Self::AreaSend => "annex-a-send",
        }
    }

    /// The file that it is written to.
    fn file(self) -> &'static str {
        match self {
            Self::ChildrensServices => written::ANNEX_A,
            Self::AreaSend => written::ANNEX_A_SEND,
        }
    }
}

/// What to fill a workbook from, and where to put it.
#[derive(Clone, Debug)]
pub struct AnnexRequest {
    /// Which workbook.
    pub annex: Annex,
    /// Returns that its lists are filled from, or workbooks of its own kind.
    pub sources: Vec<SourceSpec>,
    /// The day of the lists: ages and counts of months are told on it, and what comes later is not the latest.
    pub on: Option<PartialDate>,
    /// The folder of a run that linked the sources with social care; for the lists of SEND alone.
    pub linked: Option<PathBuf>,
    /// The folder for the workbook.
    pub out: PathBuf,
}

/// Returns whose persons children's social care knows.
const SOCIAL_CARE: [&str; 5] = ["ssd", "cin-census", "ssda903", "csc-api", "annex-a"];
/// The columns that a linkage with them fills.
const KNOWN: &str = "Known to children's social care?";
const TEAM: &str = "Which children's social care team?";

/// Writes a workbook with the lists of an Annex A, filled from returns; `lacking.csv`, the columns that are empty and why.
///
/// Fails with [`FaultCode::LacksWhatIsWritten`] where a source fills no list, or nobody is in any.
pub fn write_annex(request: &AnnexRequest, progress: &dyn Progress) -> Result<Written, Faults> {
    let file = request.annex.file();
    let place = written::hold(&request.out, &[file, LACKING], &request.sources)?;
    progress.begin(Stage::Read, request.sources.iter().map(|source| bytes_at(&source.path)).sum());
    let target = library::spec(request.annex.specification())?;
    let linkage = request.linked.as_deref().map(Linkage::of).transpose()?;
    let mut lists = Filled::of(&target);
    let (mut issues, mut of, mut described) = (Vec::new(), Vec::new(), String::new());
    let mut beside: Vec<(String, Vec<FilledList>)> = Vec::new();
    let mut returns: BTreeMap<String, String> = BTreeMap::new();
    for source in &request.sources {
        let recognised = dataset::recognise(source)?.ok_or_else(|| fills_nothing(source, &target, None))?;
        if let Some(first) = returns.insert(recognised.spec.name.clone(), source.called()) {
            return Err(two_of_one_return(&first, &source.called(), &recognised.spec).into());
        }
        let (filled, is_beside) =
            filled(&recognised, source, &target, request.on, &Bytes(progress), &mut issues)?;
        described += &format!("{}: {}\n", source.path.display(), dataset::words(&recognised));
        let made_from = MadeFrom {
            source: source.called(),
            path: source.path.display().to_string(),
            sha256: dataset::sha256(&recognised)?,
        };
        linkage.as_ref().map_or(Ok(()), |linkage| linkage.refuse_other(&made_from))?;
        of.push(made_from);
        if is_beside {
            beside.push((source.called(), filled));
            continue;
        }
        for list in filled {
            lists.add(source.called(), list);
        }
    }
    match &linkage {
        Some(linkage) => linkage.fill(&mut lists, &beside),
        None if !beside.is_empty() => {
            return Err(Fault::new(
                FaultCode::BadOption,
                format!("nothing says which children of the lists are those of {}", beside[0].0),
                "link the sources with plait link, and name the folder with --linked",
            )
            .into());
        }
        None => lists.say_what_a_linkage_would_fill(),
    }
    if lists.n_rows() == 0 {
        let names: Vec<String> = request.sources.iter().map(SourceSpec::called).collect();
        return Err(Fault::new(
            FaultCode::LacksWhatIsWritten,
            format!("{} holds no row of any list of the {}", names.join(" and "), target.title),
            "name sources with rows; plait look shows what is in one",
        )
        .into());
    }
    progress.begin(Stage::Write, 1);
    write_xlsx(&place.staged(file), &lists.sheets())?;
    write_csv(&place.staged(LACKING), &lists.lacking(), CsvStyle::Excel)?;
    let (json, wrote) = written::publish(place, &[file, LACKING], &of, lists.json(request))?;
    progress.advance(1);
    Ok(Written { text: described + &lists.words(), json, issues, wrote })
}

/// The fault of two sources that would fill the same lists.
fn two_of_one_return(first: &str, second: &str, spec: &Spec) -> Fault {
    Fault::new(
        FaultCode::BadOption,
        format!("{first} and {second} are both of one return: {}", spec.title),
        "name one of them; put files of one authority and one day into one folder, and write a workbook for each authority",
    )
    .because("a child in both would stand in a list twice, and two authorities give one id to two children")
}

/// The lists that a return fills, and whether their rows only say something of persons in those of other returns.
fn filled(
    recognised: &Recognised,
    source: &SourceSpec,
    target: &Spec,
    on: Option<PartialDate>,
    progress: &dyn GatherProgress,
    issues: &mut Vec<Issue>,
) -> Result<(Vec<FilledList>, bool), Fault> {
    let from = &recognised.spec.name;
    let filling = library::filling(&target.name, from);
    if filling.is_none() && *from != target.name {
        return Err(fills_nothing(source, target, Some(&recognised.spec)));
    }
    let (rows, _) = read_rows(recognised, &source.called(), progress)?;
    issues.extend(rows.issues.iter().cloned());
    Ok(match filling {
        Some(filling) => (fill(target, &filling, &rows, on), filling.beside),
        None => (copy(&rows), false),
    })
}

fn fills_nothing(source: &SourceSpec, target: &Spec, is: Option<&Spec>) -> Fault {
    let is = is
        .map_or("a table of no return that Plait knows".to_owned(), |spec| format!("of the {}", spec.title));
    let mut known = vec![target.name.clone()];
    known.extend(library::fillings(&target.name).map(str::to_owned));
    Fault::new(
        FaultCode::LacksWhatIsWritten,
        format!("{} is {is}, which fills no list of the {}", source.called(), target.title),
        format!("name one of these returns: {}; plait look shows what a file is taken for", known.join(", ")),
    )
    .because("a list is filled from the tables of certain returns alone")
    .at(source.path.display().to_string())
}

/// Stands for the columns of a list without rows.
const WHOLE_LIST: &str = "the whole list";

/// A column of a list that is empty in some rows.
struct EmptyColumn<'a> {
    table: usize,
    column: &'a str,
    /// Rows of the list, and those of them in which it is empty.
    rows: u64,
    empty: u64,
    why: String,
}

impl EmptyColumn<'_> {
    fn is_wholly(&self) -> bool {
        self.empty == self.rows
    }
}

/// The lists of a workbook, of all sources.
struct Filled<'a> {
    target: &'a Spec,
    /// By table of the specification; those of one table are one below the other.
    lists: Vec<Vec<FilledList>>,
    /// What the source of each list is called.
    sources: Vec<Vec<String>>,
}

impl<'a> Filled<'a> {
    fn of(target: &'a Spec) -> Self {
        let n_tables = target.tables.len();
        Self { target, lists: vec![Vec::new(); n_tables], sources: vec![Vec::new(); n_tables] }
    }

    fn add(&mut self, source: String, list: FilledList) {
        self.sources[list.table].push(source);
        self.lists[list.table].push(list);
    }

    fn say_what_a_linkage_would_fill(&mut self) {
        for (table, lists) in self.lists.iter_mut().enumerate() {
            let columns = self.target.tables[table].columns.iter().enumerate();
            for (at, _) in columns.filter(|(_, column)| [KNOWN, TEAM].contains(&column.name.as_str())) {
                let of_source = lists.iter_mut().map(|list| &mut list.columns[at]);
                of_source
                    .filter(|column| column.why_empty == Some(WhyEmpty::NotInSource))
                    .for_each(|column| column.why_empty = Some(WhyEmpty::NeedsLinkage));
            }
        }
    }

    fn rows_of(&self, table: usize) -> u64 {
        self.lists[table].iter().map(|list| list.n_rows as u64).sum()
    }

    fn n_rows(&self) -> u64 {
        (0..self.lists.len()).map(|table| self.rows_of(table)).sum()
    }

    /// What the sheet of a list is called: as the collector's workbook has it.
    fn sheet(&self, table: usize) -> &'a str {
        let of_spec = &self.target.tables[table];
        of_spec.aliases.first().unwrap_or(&of_spec.name)
    }

    /// A sheet for every list, those without rows too: a sheet that is missing is taken for one that was forgotten.
    fn sheets(&self) -> Vec<OutSheet<'_>> {
        let sheet = |(table, lists): (usize, &Vec<FilledList>)| {
            let columns = self.target.tables[table].columns.iter().enumerate();
            let out = columns.fold(OutTable::new(), |out, (at, column)| {
                let mut values = Values::default();
                for list in lists {
                    list.columns[at].values.iter().for_each(|value| values.push(value));
                }
                out.with(&column.name, OutValues::Text(Cow::Owned(values)))
            });
            let kind = |kind: Kind| match kind {
                Kind::Date => CellKind::Day,
                Kind::Integer | Kind::Number => CellKind::Number,
                _ => CellKind::Text,
            };
            let kinds = self.target.tables[table].columns.iter().map(|column| kind(column.kind));
            OutSheet { name: self.sheet(table).to_owned(), table: out, kinds: kinds.collect() }
        };
        self.lists.iter().enumerate().map(sheet).collect()
    }

    fn empty(&self) -> Vec<EmptyColumn<'a>> {
        let mut all = Vec::new();
        for (table, lists) in self.lists.iter().enumerate() {
            let rows = self.rows_of(table);
            if rows == 0 {
                let why = self.why_without_rows(table);
                all.push(EmptyColumn { table, column: WHOLE_LIST, rows, empty: 0, why });
                continue;
            }
            for (at, column) in self.target.tables[table].columns.iter().enumerate() {
                let columns: Vec<&FilledColumn> = lists.iter().map(|list| &list.columns[at]).collect();
                let empty = columns.iter().flat_map(|c| c.values.iter()).filter(|value| value.is_empty());
                let empty = empty.count() as u64;
                let why: BTreeSet<String> =
                    columns.iter().filter_map(|c| c.why_empty.as_ref().map(WhyEmpty::words)).collect();
                let why: Vec<String> = why.into_iter().collect();
                let why = if why.is_empty() { "not recorded".to_owned() } else { why.join("; ") };
                if empty > 0 {
                    all.push(EmptyColumn { table, column: &column.name, rows, empty, why });
                }
            }
        }
        all
    }

    /// Why a list has no rows.
    fn why_without_rows(&self, table: usize) -> String {
        let lists = &self.lists[table];
        if lists.is_empty() {
            return "none of the sources fills it".to_owned();
        }
        let why: BTreeSet<String> =
            lists.iter().filter_map(|list| list.why_empty.as_ref()).map(WhyEmpty::words).collect();
        if why.is_empty() {
            return "the sources have no row that belongs in it".to_owned();
        }
        why.into_iter().collect::<Vec<_>>().join("; ")
    }

    fn lacking(&self) -> OutTable<'static> {
        let (mut sheets, mut columns, mut reasons) =
            (Values::default(), Values::default(), Values::default());
        let (mut rows, mut empty) = (Vec::new(), Vec::new());
        for of in self.empty() {
            sheets.push(self.sheet(of.table));
            columns.push(&harmless(of.column));
            rows.push(of.rows as i64);
            empty.push(of.empty as i64);
            reasons.push(&of.why);
        }
        OutTable::new()
            .with("list", sheets)
            .with("column", columns)
            .with("rows", rows)
            .with("empty", empty)
            .with("why", reasons)
    }

    fn left_out(&self, table: usize) -> u64 {
        self.lists[table].iter().map(|list| list.left_out).sum()
    }

    fn not_asked_for(&self, table: usize) -> u64 {
        self.lists[table].iter().map(|list| list.not_asked_for).sum()
    }

    fn json(&self, request: &AnnexRequest) -> serde_json::Value {
        let lists = (0..self.lists.len()).map(|table| {
            json!({
                "list": self.sheet(table),
                "rows": self.rows_of(table),
                "not_asked_for": self.not_asked_for(table),
                "left_out": self.left_out(table),
            })
        });
        let empty = self.empty().into_iter().map(|of| {
            json!({ "list": self.sheet(of.table), "column": of.column, "rows": of.rows, "empty": of.empty, "why": of.why })
        });
        json!({
            "written": self.target.id(),
            "on": request.on.map(PartialDate::iso),
            "linked": request.linked.as_ref().map(|folder| folder.display().to_string()),
            "lists": lists.collect::<Vec<_>>(),
            "lacking": empty.collect::<Vec<_>>(),
        })
    }

    fn words(&self) -> String {
        let empty = self.empty();
        let mut text = format!(
            "\n  {:<12}{:>12}{:>15}{:>12}  {}\n",
            "list", "rows", "not asked for", "left out", "columns filled"
        );
        for table in 0..self.lists.len() {
            let n_columns = self.target.tables[table].columns.len();
            let wholly = empty.iter().filter(|of| of.table == table && of.is_wholly()).count();
            let filled = if self.rows_of(table) == 0 { 0 } else { n_columns - wholly };
            text += &format!(
                "  {:<12}{:>12}{:>15}{:>12}  {filled} of {n_columns}\n",
                self.sheet(table),
                grouped(self.rows_of(table)),
                grouped(self.not_asked_for(table)),
                grouped(self.left_out(table)),
            );
        }
        if (0..self.lists.len()).any(|table| self.not_asked_for(table) > 0) {
            text += "  not asked for: rows of the same table that the list is not about, such as earlier episodes\n";
        }
        if (0..self.lists.len()).any(|table| self.left_out(table) > 0) {
            text += "  left out: rows that are about nobody whom the source names\n";
        }
        let mut by_reason: BTreeMap<(usize, &str), Vec<&str>> = BTreeMap::new();
        for of in empty.iter().filter(|of| of.is_wholly()) {
            by_reason.entry((of.table, &of.why)).or_default().push(of.column);
        }
        if !by_reason.is_empty() {
            text += "\nLeft empty\n";
        }
        for ((table, why), columns) in by_reason {
            text += &format!("  {}: {}: {why}\n", self.sheet(table), columns.join("; "));
        }
        let partly = empty.iter().filter(|of| !of.is_wholly()).count() as u64;
        if partly > 0 {
            text += &format!(
                "  {} {} empty in some rows; lacking.csv has all of them\n",
                counted(partly, "more column"),
                are(partly)
            );
        }
        text
    }
}

/// Who is one person by a run, and whom of them social care has a record of.
struct Linkage {
    folder: PathBuf,
    /// Its sources and their hashes.
    sources: BTreeMap<String, String>,
    /// Those whose records are named by their row.
    by_row: BTreeSet<String>,
    /// The person of each record.
    persons: BTreeMap<(String, String), String>,
    known: BTreeSet<String>,
}

impl Linkage {
    fn of(folder: &std::path::Path) -> Result<Self, Fault> {
        let run = Run::read(folder)?;
        let is_social_care = |source: &&run::RunSource| {
            let specification = source.dataset.as_ref().map_or("", |dataset| dataset.specification.as_str());
            SOCIAL_CARE.iter().any(|name| {
                specification.strip_prefix(name).is_some_and(|rest| {
                    let year = rest.strip_prefix('-').unwrap_or_default();
                    rest.is_empty() || year.bytes().all(|byte| byte.is_ascii_digit()) && !year.is_empty()
                })
            })
        };
        let social_care: Vec<&str> =
            run.sources.iter().filter(is_social_care).map(|s| s.name.as_str()).collect();
        if social_care.is_empty() {
            return Err(Fault::new(
                FaultCode::LacksWhatIsWritten,
                format!("no source of the run in {} is of children's social care", folder.display()),
                "link with case management, the children in need census or SSDA903, and name that run",
            ));
        }
        let people = read(&folder.join(crate::output::PEOPLE), &ReadOptions::default())?.table;
        let cell = |name: &str, row: usize| {
            people.column(name).and_then(|column| column.get(row)).unwrap_or_default()
        };
        let (mut persons, mut known) = (BTreeMap::new(), BTreeSet::new());
        for row in 0..people.n_rows {
            let (source, person) = (cell("source", row), cell("person_id", row));
            if social_care.contains(&source) {
                known.insert(person.to_owned());
            }
            persons.insert((source.to_owned(), cell("record", row).to_owned()), person.to_owned());
        }
        let sources = run.sources.iter().map(|source| (source.name.clone(), source.sha256.clone())).collect();
        let by_row = run.sources.iter().filter(|source| source.record_column.is_none());
        let by_row = by_row.map(|source| source.name.clone()).collect();
        Ok(Self { folder: folder.to_owned(), sources, by_row, persons, known })
    }

    /// The person of a record of a source, if the run has it.
    fn person(&self, source: &str, record: &RecordName) -> Option<&str> {
        let name =
            if self.by_row.contains(source) { record.number?.to_string() } else { record.key.clone()? };
        self.persons.get(&(source.to_owned(), name)).map(String::as_str)
    }

    /// Says of each row whether its person is known to social care, and what returns beside the lists say of them. Of a record
    /// that is not in the run nothing is said; what a list has already stays.
    fn fill(&self, lists: &mut Filled<'_>, beside: &[(String, Vec<FilledList>)]) {
        for (table, of_spec) in lists.target.tables.iter().enumerate() {
            for (source, list) in lists.sources[table].iter().zip(&mut lists.lists[table]) {
                for (at, column) in of_spec.columns.iter().enumerate() {
                    let column_of_list = &mut list.columns[at];
                    if column.name == KNOWN {
                        let known =
                            |person: &str| Some(if self.known.contains(person) { "Yes" } else { "No" });
                        self.fill_column(source, &list.records, column_of_list, known);
                    } else if column.meaning.is_none() {
                        let said = self.said_beside(beside, table, at);
                        self.fill_column(source, &list.records, column_of_list, |person| {
                            said.get(person).copied()
                        });
                    }
                }
            }
        }
    }

    fn fill_column<'a>(
        &self,
        source: &str,
        records: &[RecordName],
        column: &mut FilledColumn,
        says: impl Fn(&str) -> Option<&'a str>,
    ) {
        let mut values = Values::default();
        let mut is_filled = false;
        for (row, record) in records.iter().enumerate() {
            let is = column.values.get(row as u32);
            let person = self.person(source, record);
            let value = if is.is_empty() { person.and_then(&says).unwrap_or_default() } else { is };
            is_filled |= !value.is_empty();
            values.push(value);
        }
        if is_filled {
            *column = FilledColumn { values, why_empty: None };
        }
    }

    /// What returns beside the lists say of each person in a column: the first of them that says something.
    fn said_beside<'a>(
        &self,
        beside: &'a [(String, Vec<FilledList>)],
        table: usize,
        column: usize,
    ) -> BTreeMap<&str, &'a str> {
        let mut said = BTreeMap::new();
        for (source, lists) in beside {
            for list in lists.iter().filter(|list| list.table == table) {
                for (record, value) in list.records.iter().zip(list.columns[column].values.iter()) {
                    if let Some(person) = self.person(source, record).filter(|_| !value.is_empty()) {
                        said.entry(person).or_insert(value);
                    }
                }
            }
        }
        said
    }

    /// Refuses a source that the run was not made from: its records may be others under the same names.
    fn refuse_other(&self, source: &MadeFrom) -> Result<(), Fault> {
        match self.sources.get(&source.source) {
            Some(sha256) if *sha256 == source.sha256 => Ok(()),
            Some(_) => Err(Fault::new(
                FaultCode::InputsChanged,
                format!("{} is not as it was when {} was made", source.path, self.folder.display()),
                "link again, or put the file back as it was",
            )
            .because("a row would say of one child what the run knows of another")),
            None => {
                let names: Vec<&str> = self.sources.keys().map(String::as_str).collect();
                Err(Fault::new(
                    FaultCode::BadOption,
                    format!("the run in {} has no source \"{}\"", self.folder.display(), source.source),
                    format!(
                        "name the source as the run does, NAME=PATH, with NAME one of {}",
                        names.join(", ")
                    ),
                ))
            }
        }
    }
}
