//! Reading a return: from the files that a council or the NHS holds to identity, payload and a list of what is wrong.

use crate::dataset::{self, Dataset};
use crate::faults::Faults;
use crate::ownership::{Input, Record};
use crate::place::OutputPlace;
use crate::run::RunDataset;
use crate::source::SourceSpec;
use crate::traced::Traced;
use crate::{VERSION, output};
use plait_engine::progress::{Progress, Stage};
use plait_formats::read::Rows;
use plait_formats::returns::check::{ColumnQuality, Finding};
use plait_formats::returns::detect::Member;
use plait_formats::returns::spec::Severity;
use plait_formats::returns::{Identity, IdentityKept, IdentitySink, Recognised, issues_table, write_issues};
use plait_formats::write::{
    CsvStyle, OutTable, OutValues, PiecesFile, RowsFile, RowsKept, harmless, to_rows, write_csv,
};
use plait_types::{Column, Fault, FaultCode, Issue, IssueKind, NULL, Table, Values, counted, grouped};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version of the layout of the folder that this program writes.
const FORMAT: u32 = 1;
const DATASET: &str = "dataset.json";
const ISSUES: &str = "issues.csv";
const COLUMNS: &str = "columns.csv";
/// Tables of identity start with this, tables of payload with the other.
const IDENTITY: &str = "identity";
const PAYLOAD: &str = "payload";
/// How a reading knows the folder of an earlier one.
const RECORD: Record = Record { file: DATASET, may_be_named };

/// What to read, and where to put it.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// A file, folder or zip archive.
    pub source: SourceSpec,
    /// The folder for the results; they are [kept in memory](ReadDone::held) if `None`.
    pub out: Option<PathBuf>,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct ReadDone {
    /// For a person to read.
    pub text: String,
    /// What `dataset.json` holds.
    pub json: serde_json::Value,
    /// Findings in the files.
    pub issues: Vec<Issue>,
    /// Files written.
    pub wrote: Vec<PathBuf>,
    /// The tables, where the request names no folder.
    pub held: Option<HeldReturn>,
}

/// The tables of a return that stay in memory.
#[derive(Clone, Debug)]
pub struct HeldReturn {
    /// Identity and payload, as files of these names would have them: `identity`, `identity-names`, `payload-cin_plan`.
    pub tables: Vec<(String, Rows)>,
    /// What is wrong, worst first, as in `issues.csv`.
    pub findings: Rows,
    /// Completeness and validity of every column, as in `columns.csv`.
    pub columns: Rows,
}

/// Reads a return and writes its identity and payload tables apart, joined by a record key, with `issues.csv`, a list of
/// findings, and `columns.csv`, completeness and validity per column. Nothing is written unless everything is.
///
/// Fails where the source is no return, cannot be read, or holds no person.
pub fn read(request: &ReadRequest, progress: &dyn Progress) -> Result<ReadDone, Faults> {
    if request.source.rows.is_some() {
        return Err(not_a_return(&request.source).into());
    }
    match &request.out {
        Some(out) => read_into(out, &request.source, progress),
        None => read_and_keep(&request.source, progress),
    }
}

fn read_and_keep(source: &SourceSpec, progress: &dyn Progress) -> Result<ReadDone, Faults> {
    progress.begin(Stage::Read, crate::source::bytes_at(&source.path));
    let recognised = dataset::recognise(source)?.ok_or_else(|| not_a_return(source))?;
    let sha256 = dataset::sha256(&recognised)?;
    let mut payload = Payload {
        recognised: recognised.clone(),
        tables: BTreeMap::new(),
        create: |_: &str, columns: &[String]| Ok(RowsKept::of(columns)),
        append: |kept: &mut RowsKept, rows: &Table| {
            kept.append(rows);
            Ok(())
        },
    };
    let mut take_payload = |table: &str, rows: Table| payload.append(table, &rows);
    let dataset = dataset::land(recognised, source, Some(&mut take_payload), IdentityKept::Whole, progress)?;
    let landed = &dataset.landed;
    let persons = landed.identity.tables();
    let of_identity = persons.iter().zip(IDENTITY_TABLES).enumerate();
    // a long table without rows is left out
    let mut tables: Vec<(String, Rows)> = of_identity
        .filter(|(at, ((table, _), _))| *at == 0 || table.n_rows > 0)
        .map(|(_, ((table, columns), of))| (format!("{IDENTITY}{of}"), in_order(table, columns)))
        .collect();
    tables.extend(payload.tables.into_iter().map(|(table, kept)| (name_of(&table), kept.finish())));
    let spec = dataset.recognised.spec.id();
    let findings =
        issues_table(&spec, &landed.findings, &landed.quality, &landed.issues, |text| Cow::Borrowed(text));
    let held = HeldReturn {
        findings: to_rows(&findings),
        columns: to_rows(&columns_table(&landed.quality, |text| Cow::Borrowed(text))),
        tables,
    };
    let json = document(source, &dataset, &sha256, &[]);
    let text = describe(source, &dataset);
    Ok(ReadDone { text, json, issues: dataset.landed.issues, wrote: Vec::new(), held: Some(held) })
}

/// The columns that a table has, in this order.
fn in_order(table: &Table, columns: &[&'static str]) -> Rows {
    let there = columns.iter().filter_map(|name| table.column(name));
    let out = there.fold(OutTable::new(), |out, column| {
        out.with(&column.name, OutValues::codes(&column.codes, &column.values))
    });
    to_rows(&out)
}

fn read_into(out: &Path, source: &SourceSpec, progress: &dyn Progress) -> Result<ReadDone, Faults> {
    let place = OutputPlace::hold(out, &RECORD)?;
    let persons = format!("{IDENTITY}.parquet");
    place.refuse_losses(&[&persons, ISSUES, COLUMNS, DATASET], &[Input::source(&source.path)])?;
    progress.begin(Stage::Read, crate::source::bytes_at(&source.path));
    let recognised = dataset::recognise(source)?.ok_or_else(|| not_a_return(source))?;
    let sha256 = dataset::sha256(&recognised)?;
    let of_return = notes(&recognised);
    let mut payload = Payload {
        recognised: recognised.clone(),
        tables: BTreeMap::new(),
        create: |table: &str, columns: &[String]| {
            RowsFile::create(&place.staged(&file_of(table)), columns, &of_return)
        },
        append: RowsFile::append,
    };
    let mut identity = IdentityFiles { place: &place, files: Vec::new() };
    let mut take_payload = |table: &str, rows: Table| payload.append(table, &rows);
    let mut take_identity = |part: Identity| identity.append(&part);
    let in_parts = IdentitySink {
        records: IdentitySink::RECORDS,
        scratch: place.staged("identity.waiting"),
        take: &mut take_identity,
    };
    let dataset =
        dataset::land(recognised, source, Some(&mut take_payload), IdentityKept::InParts(in_parts), progress)
            .map_err(|fault| place.seen_from_outside(fault))?;
    progress.begin(Stage::Write, 1);
    let mut files = Vec::new();
    for (table, file) in payload.tables {
        file.finish()?;
        files.push(file_of(&table));
    }
    files.extend(identity.finish(&notes(&dataset.recognised))?);
    write_issues(
        &place.staged(ISSUES),
        &dataset.recognised.spec.id(),
        &dataset.landed.findings,
        &dataset.landed.quality,
        &dataset.landed.issues,
    )?;
    write_columns(&place, &dataset.landed.quality)?;
    files.extend([ISSUES, COLUMNS, DATASET].map(str::to_owned));
    let json = document(source, &dataset, &sha256, &files);
    let mut text = serde_json::to_string_pretty(&json).expect("a document is plain data");
    text.push('\n');
    output::write_text(&place.staged(DATASET), &text)?;
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let wrote = place.publish(&names)?;
    progress.advance(1);
    let text = describe(source, &dataset);
    Ok(ReadDone { text, json, issues: dataset.landed.issues, wrote, held: None })
}

/// Whether a reading may write a file of this name.
fn may_be_named(name: &str) -> bool {
    let is_table = name.ends_with(".parquet")
        && (name.starts_with(IDENTITY) || name.starts_with(&format!("{PAYLOAD}-")));
    // a name, and no path that leads out of the folder
    let is_plain = !name.contains(['/', '\\']);
    is_plain && (is_table || [ISSUES, COLUMNS, DATASET].contains(&name))
}

fn not_a_return(source: &SourceSpec) -> Fault {
    Fault::new(
        FaultCode::NoReturn,
        format!("{} is a table, and of no return that Plait knows", source.path.display()),
        "plait look shows what is in it, and plait link takes it as it is; or describe it in a file and name that \
         with --as; plait specs list shows what is known",
    )
}

/// The payload tables of a return, which grow as their rows come: files, or rows that are kept.
struct Payload<T, C, A> {
    recognised: Recognised,
    /// By the name that the specification has for them.
    tables: BTreeMap<String, T>,
    /// Makes the table of this name and these columns.
    create: C,
    append: A,
}

impl<T, C, A> Payload<T, C, A>
where
    C: Fn(&str, &[String]) -> Result<T, Fault>,
    A: Fn(&mut T, &Table) -> Result<(), Fault>,
{
    fn append(&mut self, table: &str, rows: &Table) -> Result<(), Fault> {
        // a table that says nothing beyond who its records are about
        if rows
            .columns
            .iter()
            .all(|column| matches!(column.name.as_str(), "record_key" | "row" | "parent_row"))
        {
            return Ok(());
        }
        let rows = &self.with_row_numbers(rows);
        if !self.tables.contains_key(table) {
            let columns: Vec<String> = rows.columns.iter().map(|column| column.name.clone()).collect();
            self.tables.insert(table.to_owned(), (self.create)(table, &columns)?);
        }
        (self.append)(self.tables.get_mut(table).expect("it was made above"), rows)
    }

    /// Rows of tables beside nested files, which number their rows: all batches of a file have the same columns.
    fn with_row_numbers<'a>(&self, rows: &'a Table) -> Cow<'a, Table> {
        let is_nested = |member: &Member| member.holds.is_nested();
        if rows.column("row").is_some() || !self.recognised.members.iter().any(is_nested) {
            return Cow::Borrowed(rows);
        }
        let mut rows = rows.clone();
        let at = usize::from(rows.columns.first().is_some_and(|column| column.name == "record_key"));
        let unnumbered = |name: &str| Column {
            name: name.to_owned(),
            codes: vec![NULL; rows.n_rows],
            values: Values::default(),
        };
        let columns = ["row", "parent_row"].map(unnumbered);
        rows.columns.splice(at..at, columns);
        Cow::Owned(rows)
    }
}

/// What follows the name of [`IDENTITY`] in the names of its tables: persons, and what a person may have several of.
const IDENTITY_TABLES: [&str; 4] = ["", "-names", "-addresses", "-identifiers"];

/// The tables of identity, written when all their parts have come.
struct IdentityFiles<'a> {
    place: &'a OutputPlace,
    /// With their names; made with the first part.
    files: Vec<(String, PiecesFile)>,
}

impl IdentityFiles<'_> {
    fn append(&mut self, part: &Identity) -> Result<(), Fault> {
        let tables = part.tables();
        if self.files.is_empty() {
            for ((_, columns), of) in tables.iter().zip(IDENTITY_TABLES) {
                let name = format!("{IDENTITY}{of}.parquet");
                let file = PiecesFile::create(&self.place.staged(&name), columns)?;
                self.files.push((name, file));
            }
        }
        tables.iter().zip(&mut self.files).try_for_each(|((rows, _), (_, file))| file.append(rows))
    }

    /// Names of the files; a long table without rows has none.
    fn finish(self, notes: &[(String, String)]) -> Result<Vec<String>, Fault> {
        let mut names = Vec::new();
        for (name, file) in self.files {
            if names.is_empty() || file.n_rows() > 0 {
                file.finish(notes)?;
                names.push(name);
            }
        }
        Ok(names)
    }
}

/// The file of a payload table.
fn file_of(table: &str) -> String {
    format!("{}.parquet", name_of(table))
}

/// What a payload table is called. Names of tables are those of specs; a user's own spec may have any.
fn name_of(table: &str) -> String {
    let plain: String =
        table.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' }).collect();
    format!("{PAYLOAD}-{plain}")
}

fn notes(recognised: &Recognised) -> Vec<(String, String)> {
    vec![
        ("plait.format".to_owned(), FORMAT.to_string()),
        ("plait.specification".to_owned(), recognised.spec.id()),
    ]
}

fn write_columns(place: &OutputPlace, quality: &[ColumnQuality]) -> Result<(), Fault> {
    write_csv(&place.staged(COLUMNS), &columns_table(quality, harmless), CsvStyle::Excel)
}

/// A row per column; `cell` makes a text fit for where it goes.
fn columns_table(quality: &[ColumnQuality], cell: fn(&str) -> Cow<'_, str>) -> OutTable<'static> {
    let text = |of: fn(&ColumnQuality) -> &str| {
        let mut values = Values::default();
        quality.iter().for_each(|column| values.push(&cell(of(column))));
        OutValues::from(values)
    };
    let numbers = |of: fn(&ColumnQuality) -> u64| -> Vec<i64> {
        quality.iter().map(|column| i64::try_from(of(column)).unwrap_or(i64::MAX)).collect()
    };
    OutTable::new()
        .with("table", text(|column| &column.table))
        .with("column", text(|column| &column.column))
        .with("header", text(|column| &column.header))
        .with("rows", numbers(|column| column.n_rows))
        .with("present", numbers(|column| column.n_present))
        .with("valid", numbers(|column| column.n_valid))
        .with("placeholders", numbers(|column| column.n_placeholder))
}

fn document(source: &SourceSpec, dataset: &Dataset, sha256: &str, files: &[String]) -> serde_json::Value {
    serde_json::json!({
        "format": FORMAT,
        "plait": VERSION,
        "source": source.called(),
        "path": source.path.display().to_string(),
        "sha256": sha256,
        "files": files,
        "records": dataset.landed.n_records,
        "rows_in": dataset.gathered.total.rows_in,
        "rows_set_aside": dataset.rows_set_aside(),
        "rows_of_instructions": dataset.gathered.total.rows_of_instructions,
        "rows_of_titles": titles(dataset),
        "dataset": RunDataset::of(dataset),
        "traced": dataset.traced.as_ref().map(Traced::json),
        "not_checked": dataset.landed.not_run.iter().map(|n| format!("{}: {}", n.check, n.why)).collect::<Vec<_>>(),
        "strangers": dataset.recognised.strangers.iter().map(|s| format!("{}: {}", s.file, s.is)).collect::<Vec<_>>(),
        "issues": dataset.landed.issues.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// What a return is, what is in it and what is wrong with it, for a person to read. Holds no value of any record.
pub(crate) fn describe(source: &SourceSpec, dataset: &Dataset) -> String {
    let landed = &dataset.landed;
    let mut text = format!("{}: {}\n", source.path.display(), dataset.words());
    let mut line = |line: String| {
        text += &line;
        text.push('\n');
    };
    for why in &dataset.recognised.why {
        line(format!("  {why}"));
    }
    for unsure in &dataset.recognised.unsure {
        line(format!("  not certain: {unsure}"));
    }
    for stranger in &dataset.recognised.strangers {
        line(format!("  left out: {} ({})", stranger.file, stranger.is));
    }
    let (instructions, titles) = (dataset.gathered.total.rows_of_instructions, titles(dataset));
    let (rows_in, set_aside) = (dataset.gathered.total.rows_in, dataset.rows_set_aside());
    let rows = match instructions {
        0 => format!("{} read, {} set aside", counted(rows_in, "row"), grouped(set_aside)),
        n => format!(
            "{} read = {} kept + {} set aside ({} on how to fill in the form)",
            counted(rows_in, "row"),
            grouped(rows_in - set_aside),
            grouped(set_aside),
            grouped(n)
        ),
    };
    line(format!("\n{}; {rows}\n", counted(landed.n_records as u64, "person")));
    let wide = wide_enough(landed.tables.iter().map(|table| table.table.as_str()), 32);
    line(format!("  {:<wide$}{:>12}{:>12}", "table", "rows", "set aside"));
    for table in &landed.tables {
        line(format!(
            "  {:<wide$}{:>12}{:>12}",
            table.table,
            grouped(table.rows_in),
            grouped(table.set_aside)
        ));
    }
    if titles > 0 {
        line(format!("  titles above the header, not among the rows read: {}", counted(titles, "row")));
    }
    for not_run in &landed.not_run {
        line(format!("  not checked: {} ({})", not_run.check, not_run.why));
    }
    if let Some(traced) = &dataset.traced {
        line(traced.text().trim_end().to_owned());
    }
    if landed.findings.is_empty() {
        line("\nNo check found anything.".to_owned());
        return text;
    }
    const SHOWN: usize = 12;
    line(format!("\nFindings, worst first ({} in all)", landed.findings.len()));
    if landed.findings.iter().any(|finding| finding.severity == Severity::Fatal) {
        line(
            "  fatal: the collector may refuse the return for it; Plait keeps the rows and goes on"
                .to_owned(),
        );
    }
    line(String::new());
    let shown = &landed.findings[..landed.findings.len().min(SHOWN)];
    for row in findings_shown(shown) {
        line(row);
    }
    if landed.findings.len() > SHOWN {
        line(format!(
            "  and {} more; plait read writes all of them to {ISSUES}",
            landed.findings.len() - SHOWN
        ));
    }
    text
}

/// Rows above the headers of all tables.
fn titles(dataset: &Dataset) -> u64 {
    let issues = dataset.landed.issues.iter().filter(|issue| issue.kind == IssueKind::TitleLines);
    issues.map(|issue| issue.count as u64).sum()
}

/// A line for each finding, in columns that are as wide as what stands in them.
fn findings_shown(findings: &[Finding]) -> Vec<String> {
    // which file, where a table is in several
    let place = |finding: &Finding| {
        let is_elsewhere = |other: &&Finding| (other.table == finding.table) && other.file != finding.file;
        let file = findings.iter().find(is_elsewhere).map(|_| format!(" in {}", finding.file));
        format!("{}.{}{}", finding.table, finding.called(), file.unwrap_or_default())
    };
    let places: Vec<String> = findings.iter().map(place).collect();
    let rows: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} of {}", grouped(finding.n_found), counted(finding.n_checked, "row")))
        .collect();
    let (wide, rows_wide) = (
        wide_enough(places.iter().map(String::as_str), 40),
        wide_enough(rows.iter().map(String::as_str), 26),
    );
    let line = |((finding, place), rows): ((&Finding, &String), &String)| {
        let severity = finding.severity.word();
        format!("  {severity:<18}{place:<wide$}{rows:<rows_wide$}{} ({})", finding.says, finding.check)
    };
    findings.iter().zip(&places).zip(&rows).map(line).collect()
}

/// The width of a column of text that leaves two spaces behind the longest, and is `least` where all are short.
fn wide_enough<'a>(texts: impl Iterator<Item = &'a str>, least: usize) -> usize {
    texts.map(|text| text.chars().count() + 2).max().unwrap_or(0).max(least)
}
