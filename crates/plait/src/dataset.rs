//! Returns as sources: recognised by their content, landed, and who their records are about as a table.

use crate::source::{SourceSpec, digits_of, sha256_of_file, sha256_of_text};
use crate::traced::{Tally, Traced};
use plait_engine::progress::Progress;
use plait_formats::columns::{ColumnPlan, Confidence};
use plait_formats::read::cannot_open;
use plait_formats::returns::dates::DateReader;
use plait_formats::returns::spec::{self, line_of_column};
use plait_formats::returns::{
    self, Asked, Detected, Gathered, IdentityKept, IdentitySink, Lacking, Landed, Payload,
    Progress as GatherProgress, Recognised, Spec, detect, library,
};
use plait_types::identifier::LaCode;
use plait_types::{
    DateOrder, Fault, FaultCode, Issue, IssueKind, PartialDate, Role, Table, counted, nearest,
};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// A return that was read.
pub(crate) struct Dataset {
    pub(crate) recognised: Recognised,
    pub(crate) landed: Landed,
    pub(crate) gathered: Gathered,
    /// What it says of traces, where it is the answer to a request for them.
    pub(crate) traced: Option<Traced>,
}

/// What the user says a source is: nothing, a return by name, or a specification of their own in a file.
pub(crate) fn asked(said: Option<&str>) -> Result<Asked, Fault> {
    let Some(said) = said else { return Ok(Asked::Nothing) };
    let Some(path) = mapping_at(said) else { return Ok(Asked::Return(said.to_owned())) };
    let text = std::fs::read_to_string(path).map_err(|error| {
        let fault = cannot_open(path, error.kind());
        Fault { todo: format!("{}; or name a return, which plait specs list shows", fault.todo), ..fault }
    })?;
    let spec = Spec::parse(&text, &path.display().to_string())?;
    refuse_unknown_codes(&spec, path)?;
    Ok(Asked::Spec(Arc::new(spec)))
}

/// Refuses a code list that there is not: its column would be taken for one in which no value is right.
fn refuse_unknown_codes(spec: &Spec, path: &Path) -> Result<(), Fault> {
    let named = spec.tables.iter().flat_map(|table| {
        table.columns.iter().filter_map(move |column| Some((table, column, column.codes.as_deref()?)))
    });
    let mut unknown = named.filter(|(_, _, list)| library::codes(list).is_none());
    let Some((table, column, unknown)) = unknown.next() else { return Ok(()) };
    let lists: Vec<&str> = library::code_lists().collect();
    let todo = match nearest(unknown, lists.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "leave codes out where no list fits; docs/reference/data-dictionary/codes.md has all of them"
            .to_owned(),
    };
    Err(Fault::new(FaultCode::BadSpec, format!("there is no code list \"{unknown}\""), todo).at(line_in(
        path,
        &table.name,
        &column.name,
    )))
}

/// The return that a source is; `None` where it is a plain table.
pub(crate) fn recognise(source: &SourceSpec) -> Result<Option<Recognised>, Fault> {
    refuse_what_was_read(&source.path)?;
    Ok(match detect(&source.path, &asked(source.is.as_deref())?)? {
        Detected::Return(recognised) => Some(recognised.narrowed()),
        Detected::PlainTable => None,
    })
}

/// Reads a return. Its payload and its identity go to sinks, where there are any. A `FileEmpty` where it holds nobody.
pub(crate) fn land<'a>(
    recognised: Recognised,
    source: &SourceSpec,
    payload: Option<&'a mut Payload<'a>>,
    identity: IdentityKept<'a>,
    progress: &dyn Progress,
) -> Result<Dataset, Fault> {
    let dataset = land_any(recognised, source, payload, identity, progress)?;
    if dataset.landed.n_records == 0 { Err(dataset.nobody(source)) } else { Ok(dataset) }
}

/// The same, also where it holds nobody.
pub(crate) fn land_any<'a>(
    recognised: Recognised,
    source: &SourceSpec,
    payload: Option<&'a mut Payload<'a>>,
    identity: IdentityKept<'a>,
    progress: &dyn Progress,
) -> Result<Dataset, Fault> {
    let (reference_date, authority) = (reference_date(&recognised), la_code(&recognised));
    let (called, bytes) = (source.called(), Bytes(progress));
    let mut tally = Tally::of(&recognised.spec);
    let (mut landed, gathered) = {
        // rows of payload are not even made where nobody wants them
        let is_wanted = tally.is_some() || payload.is_some();
        let mut payload = payload;
        let mut counted = |table: &str, rows: Table| {
            if let Some(tally) = &mut tally {
                tally.take(table, &rows);
            }
            payload.as_mut().map_or(Ok(()), |payload| payload(table, rows))
        };
        let payload = is_wanted.then_some(&mut counted as &mut Payload<'_>);
        let identity = match identity {
            IdentityKept::Whole => IdentityKept::Whole,
            IdentityKept::First(records) => IdentityKept::First(records),
            IdentityKept::InParts(sink) => IdentityKept::InParts(IdentitySink { take: sink.take, ..sink }),
        };
        returns::land(&recognised, &called, reference_date, authority, payload, identity, &bytes)?
    };
    let traced = tally.map(|tally| tally.finish(&landed.quality));
    landed.issues.extend(mapping(source).map(|path| lacking_columns(&landed, path)).unwrap_or_default());
    landed.issues.extend(landed.two_orders.iter().map(|fault| as_issue(fault, &called)));
    Ok(Dataset { recognised, landed, gathered, traced })
}

/// Refuses the folder that a reading wrote: it is no return, and its tables say too little one by one.
fn refuse_what_was_read(path: &Path) -> Result<(), Fault> {
    let is_ours =
        path.is_dir() && ["dataset.json", "identity.parquet"].iter().all(|file| path.join(file).is_file());
    if !is_ours {
        return Ok(());
    }
    Err(Fault::new(
        FaultCode::NoReturn,
        format!("{} is what plait read wrote", path.display()),
        "name the return itself, from which it was read; dataset.json says where that was",
    )
    .because("the tables there are for other programs: names, addresses and numbers of one person stand in several"))
}

/// The fault of files without a record of a person: they have no rows, or rows that say something about persons of a table
/// that is not there.
fn without_persons(recognised: &Recognised, landed: &Landed, source: &SourceSpec) -> Fault {
    let called = source.called();
    let spec = &recognised.spec;
    let is_of_persons = |table: &&spec::Table| table.rows == spec::Rows::Person || table.makes_records;
    let persons: Vec<String> =
        spec.tables.iter().filter(is_of_persons).map(|table| format!("\"{}\"", table.name)).collect();
    let persons = persons.join(" or ");
    let id = spec.id();
    if persons.is_empty() && landed.tables.iter().any(|table| table.rows_in > 0) {
        return Fault::new(
            FaultCode::OtherReturn,
            format!("{called} is a list to look things up in ({id}), and its rows are about nobody"),
            "leave it out: it has no persons to read or link; plait look shows what is in it",
        );
    }
    let is_of_file = |name: &str| {
        let table = spec.tables.iter().find(|table| table.name == name);
        table.is_some_and(|table| table.rows == spec::Rows::OfFile)
    };
    let holds_rows = landed.tables.iter().any(|table| table.rows_in > 0 && !is_of_file(&table.table));
    if !holds_rows {
        return Fault::new(
            FaultCode::FileEmpty,
            format!("{called} holds no record of a person"),
            "export it again with its rows",
        );
    }
    let has_persons = spec
        .tables
        .iter()
        .filter(is_of_persons)
        .any(|table| landed.tables.iter().any(|count| count.table == table.name && count.rows_in > 0));
    if has_persons {
        return Fault::new(
            if source.is.is_some() { FaultCode::OtherReturn } else { FaultCode::FileEmpty },
            format!("no row of {called} has the key by which {id} knows a person"),
            "say with --as what it is, or fill in the key; plait link without --as takes any table",
        );
    }
    Fault::new(
        FaultCode::LacksPersons,
        format!("{called} has no table {persons} of {id}, and its other tables are about the persons there"),
        format!("put {persons} beside it and name the folder, or say with --as what else it is"),
    )
}

/// What would stop `plait link`, as a finding.
pub(crate) fn as_issue(fault: &Fault, file: &str) -> Issue {
    let kind = match fault.code {
        FaultCode::DateOrder => IssueKind::TwoDateOrders,
        _ => IssueKind::NobodyNamed,
    };
    let message = format!("{}; plait link stops here ({}): {}", fault.what, fault.code.name(), fault.todo);
    Issue::new(kind, file, message)
}

/// The specification of the user's own by which a source is read.
fn mapping(source: &SourceSpec) -> Option<&Path> {
    mapping_at(source.is.as_deref()?)
}

/// The specification of the user's own that is meant, if what they say is one.
fn mapping_at(said: &str) -> Option<&Path> {
    let path = Path::new(said);
    path.extension().is_some_and(|extension| extension == "toml").then_some(path)
}

/// `yot.toml line 12`, where a mapping file names a column.
fn line_in(mapping: &Path, table: &str, column: &str) -> String {
    let file = mapping.file_name().unwrap_or_default().to_string_lossy();
    let line = std::fs::read_to_string(mapping).ok().and_then(|text| line_of_column(&text, table, column));
    line.map_or_else(|| file.to_string(), |line| format!("{file} line {line}"))
}

/// A finding for each column that a mapping file names and the file does not have: what is said of it there is not done.
fn lacking_columns(landed: &Landed, mapping: &Path) -> Vec<Issue> {
    let issue = |lacking: &Lacking| {
        let near = nearest(&lacking.column, lacking.unknown.iter().map(String::as_str));
        let todo = match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "write the header as the file has it, or take the column out".to_owned(),
        };
        let place = line_in(mapping, &lacking.table, &lacking.column);
        let message = format!("{place} names it, and the file does not have it; {todo}");
        Issue::new(IssueKind::MappedColumn, &*lacking.file, message).in_column(&lacking.column)
    };
    landed.lacking.iter().map(issue).collect()
}

/// A finding for each column of which values are not in the code list that a mapping file gives it.
pub(crate) fn outside_codes(dataset: &Dataset, source: &SourceSpec) -> Vec<Issue> {
    let Some(mapping) = mapping(source) else { return Vec::new() };
    let of_codes = dataset.landed.findings.iter().filter(|finding| finding.check == "code");
    of_codes
        .map(|finding| {
            let place = line_in(mapping, &finding.table, &finding.column);
            let rows = counted(finding.n_found, "row");
            let holds = if finding.n_found == 1 { "holds" } else { "hold" };
            let message = format!(
                "{rows} {holds} a value that is {}, which {place} gives it; correct the values, or name a list that has them",
                finding.says
            );
            Issue::new(IssueKind::OutsideCodes, &*finding.file, message)
                .in_column(&finding.column)
                .on_lines(finding.lines.first().to_vec())
                .counting(finding.n_found as usize)
        })
        .collect()
}

/// The day that a return is about, where its files say it.
fn reference_date(recognised: &Recognised) -> Option<PartialDate> {
    let reader = DateReader::new(recognised.spec.dates);
    Some(reader.read(recognised.reference_date.as_deref()?)?.date)
}

fn la_code(recognised: &Recognised) -> Option<LaCode> {
    LaCode::parse(recognised.authority.as_deref()?)
}

/// The three digits of the authority that a return is of; nothing where its files hold anything else there.
pub(crate) fn authority(recognised: &Recognised) -> Option<String> {
    Some(digits_of(la_code(recognised)?))
}

/// Passes on how many bytes were read.
pub(crate) struct Bytes<'a>(pub(crate) &'a dyn Progress);

impl GatherProgress for Bytes<'_> {
    fn advance(&self, bytes: u64) {
        self.0.advance(bytes);
    }

    fn stopped(&self) -> bool {
        self.0.stopped()
    }
}

impl Dataset {
    /// The fault of a return that holds nobody.
    pub(crate) fn nobody(&self, source: &SourceSpec) -> Fault {
        let lacking = self.landed.issues.iter().filter(|issue| issue.kind == IssueKind::MappedColumn);
        let lacking = lacking.map(|issue| format!("{}: {}", issue.file, issue.message));
        let why = self.recognised.why.iter().cloned().chain(lacking).collect::<Vec<_>>().join("; ");
        without_persons(&self.recognised, &self.landed, source).because(why)
    }

    /// What holds now of each record, and what its columns mean, with the roles that the user gave instead.
    pub(crate) fn table(&self, roles: &[(String, Role)]) -> (Table, Vec<ColumnPlan>) {
        let current = self.landed.identity.current();
        let title = &self.recognised.spec.title;
        let headers = |name: &str| -> &[String] { self.landed.headers.get(name).map_or(&[], Vec::as_slice) };
        // a header from which two columns come is that of the one which is compared, not of the key beside it
        let is_called = |name: &str, header: &String| {
            name == header
                || (headers(name).contains(header)
                    && (name != KEY
                        || !current
                            .table
                            .columns
                            .iter()
                            .any(|c| c.name != KEY && headers(&c.name).contains(header))))
        };
        let plan = |(column, role): (usize, &Role)| {
            let name = current.table.columns[column].name.clone();
            let given = roles.iter().find(|(header, _)| is_called(&name, header)).map(|(_, role)| *role);
            let role = given.unwrap_or(*role);
            ColumnPlan {
                column,
                role,
                confidence: if given.is_some() { Confidence::Given } else { Confidence::High },
                date_order: role.is_date().then_some(DateOrder::YearMonthDay),
                order_is_guess: false,
                could_be_birth: false,
                displaced: None,
                why: match given {
                    Some(_) => "you said so".to_owned(),
                    None => format!("the specification of the {title} says so"),
                },
                notes: Vec::new(),
                header: Some(together(headers(&name))).filter(|header| !header.is_empty() && *header != name),
                layout: self.landed.identity.layout(&name),
                name,
            }
        };
        let plans = current.roles.iter().enumerate().map(plan).collect();
        (current.table, plans)
    }

    /// Adds what the return says that its persons are like, one column for each.
    pub(crate) fn add_characteristics(
        &self,
        table: &mut Table,
        plans: &mut Vec<ColumnPlan>,
        roles: &[(String, Role)],
    ) {
        for characteristic in &self.landed.characteristics {
            let name = characteristic.column.name.clone();
            let is_given =
                |(header, _): &&(String, Role)| *header == name || *header == characteristic.header;
            let given = roles.iter().find(is_given).map(|(_, role)| *role);
            plans.push(ColumnPlan {
                column: table.columns.len(),
                role: given.unwrap_or(characteristic.role),
                confidence: if given.is_some() { Confidence::Given } else { Confidence::High },
                date_order: None,
                order_is_guess: false,
                could_be_birth: false,
                displaced: None,
                why: match given {
                    Some(_) => "you said so".to_owned(),
                    None => format!("the specification of the {} says so", self.recognised.spec.title),
                },
                notes: Vec::new(),
                header: Some(characteristic.header.clone()).filter(|header| *header != name),
                layout: None,
                name,
            });
            table.columns.push(characteristic.column.clone());
        }
    }

    /// Headers of its files that are in no column of [`Self::table`], nor say what its persons are like.
    pub(crate) fn outside(&self) -> Vec<String> {
        let says = |header: &&String| self.landed.characteristics.iter().any(|said| said.header == **header);
        self.landed.outside.iter().filter(|header| !says(header)).cloned().collect()
    }

    /// Every header of a column of [`Self::table`], for those who name columns by them.
    pub(crate) fn headers(&self) -> Vec<String> {
        let characteristics = self.landed.characteristics.iter().map(|said| &said.header);
        self.landed.headers.values().flatten().chain(characteristics).cloned().collect()
    }

    /// What it is, in a sentence without its full stop: `Children in Need census 2026, XML, 1 file`.
    pub(crate) fn words(&self) -> String {
        words(&self.recognised)
    }

    /// Rows of all tables that are not kept.
    pub(crate) fn rows_set_aside(&self) -> u64 {
        self.gathered.total.rows_set_aside
            + self.landed.tables.iter().map(|table| table.set_aside - table.not_read).sum::<u64>()
    }
}

/// The column of a table of identity that has the keys of the records in their file.
const KEY: &str = "source_key";

/// Headers of columns that became one: all of two, of more the first and the last.
fn together(headers: &[String]) -> String {
    match headers {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [first, .., last] => format!("{first} to {last}"),
    }
}

/// What a return is: its title, year, term and form.
pub(crate) fn words(recognised: &Recognised) -> String {
    let mut text = recognised.spec.title.clone();
    if let Some(term) = recognised.term {
        write!(text, ", {term}").expect("writing to a string");
    }
    if let Some(year) = recognised.year {
        write!(text, " {year}").expect("writing to a string");
    }
    let n = recognised.members.len();
    let forms: BTreeSet<&str> = recognised.members.iter().map(|member| member.holds.form()).collect();
    let forms: Vec<&str> = forms.into_iter().collect();
    write!(text, ", {}, {}", forms.join(" and "), counted(n as u64, "file")).expect("writing to a string");
    text
}

/// SHA-256 of the files of a return: of the one file, or of the list of files and their hashes.
pub(crate) fn sha256(recognised: &Recognised) -> Result<String, Fault> {
    let paths: BTreeSet<&Path> =
        recognised.members.iter().map(|member| member.origin.path.as_path()).collect();
    let mut hashes = Vec::new();
    for path in paths {
        let hash = sha256_of_file(path)?;
        hashes.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), hash));
    }
    if let [(_, hash)] = hashes.as_slice() {
        return Ok(hash.clone());
    }
    let list = hashes.iter().fold(String::new(), |list, (name, hash)| list + &format!("{hash}  {name}\n"));
    Ok(sha256_of_text(&list))
}
