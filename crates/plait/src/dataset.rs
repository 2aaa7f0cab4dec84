//! Returns as sources: recognised by their content, landed, and who their records are about as a table.

use crate::source::{SourceSpec, sha256_of_file, sha256_of_text};
use plait_engine::progress::Progress;
use plait_formats::columns::{ColumnPlan, Confidence};
use plait_formats::returns::dates::DateReader;
use plait_formats::returns::{
    self, Asked, Detected, Gathered, Landed, Payload, Progress as GatherProgress, Recognised, Spec, detect,
    library,
};
use plait_types::identifier::LaCode;
use plait_types::{DateOrder, Fault, FaultCode, PartialDate, Role, Table, nearest};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// A return that was read.
pub(crate) struct Dataset {
    pub(crate) recognised: Recognised,
    pub(crate) landed: Landed,
    pub(crate) gathered: Gathered,
}

/// What the user says a source is: nothing, a return by name, or a specification of their own in a file.
pub(crate) fn asked(said: Option<&str>) -> Result<Asked, Fault> {
    let Some(said) = said else { return Ok(Asked::Nothing) };
    let path = Path::new(said);
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Ok(Asked::Return(said.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| {
        Fault::new(
            FaultCode::FileMissing,
            format!("{} cannot be read: {}", path.display(), error.kind()),
            "check the path; or name a return, which plait specs list shows",
        )
    })?;
    let spec = Spec::parse(&text, &path.display().to_string())?;
    refuse_unknown_codes(&spec, path)?;
    Ok(Asked::Spec(Arc::new(spec)))
}

/// Refuses a code list that there is not: its column would be taken for one in which no value is right.
fn refuse_unknown_codes(spec: &Spec, path: &Path) -> Result<(), Fault> {
    let named =
        spec.tables.iter().flat_map(|table| &table.columns).filter_map(|column| column.codes.as_deref());
    let Some(unknown) = named.into_iter().find(|list| library::codes(list).is_none()) else { return Ok(()) };
    let lists: Vec<&str> = library::code_lists().collect();
    let todo = match nearest(unknown, lists.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => {
            "leave codes out where no list fits; the data dictionary names those that there are".to_owned()
        }
    };
    Err(Fault::new(FaultCode::BadSpec, format!("there is no code list \"{unknown}\""), todo)
        .at(path.display().to_string()))
}

/// The return that a source is; `None` where it is a plain table.
pub(crate) fn recognise(source: &SourceSpec) -> Result<Option<Recognised>, Fault> {
    Ok(match detect(&source.path, &asked(source.is.as_deref())?)? {
        Detected::Return(recognised) => Some(recognised.narrowed()),
        Detected::PlainTable => None,
    })
}

/// Reads a return. Its payload goes to the sink, where there is one.
pub(crate) fn land<'a>(
    recognised: Recognised,
    name: &str,
    payload: Option<&'a mut Payload<'a>>,
    progress: &dyn Progress,
) -> Result<Dataset, Fault> {
    let (reference_date, authority) = (reference_date(&recognised), la_code(&recognised));
    let (landed, gathered) =
        returns::land(&recognised, name, reference_date, authority, payload, &Bytes(progress))?;
    if landed.identity.n_records == 0 {
        return Err(Fault::new(
            FaultCode::FileEmpty,
            format!("{name} holds no record of a person"),
            "export it again with its rows; plait look shows what is in it",
        )
        .because(recognised.why.join("; ")));
    }
    Ok(Dataset { recognised, landed, gathered })
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
    Some(format!("{:03}", la_code(recognised)?.number()))
}

/// Passes on how many bytes were read.
struct Bytes<'a>(&'a dyn Progress);

impl GatherProgress for Bytes<'_> {
    fn advance(&self, bytes: u64) {
        self.0.advance(bytes);
    }

    fn stopped(&self) -> bool {
        self.0.stopped()
    }
}

impl Dataset {
    /// What holds now of each record, and what its columns mean, with the roles that the user gave instead.
    pub(crate) fn table(&self, roles: &[(String, Role)]) -> (Table, Vec<ColumnPlan>) {
        let current = self.landed.identity.current();
        let title = &self.recognised.spec.title;
        let plan = |(column, role): (usize, &Role)| {
            let name = current.table.columns[column].name.clone();
            let given = roles.iter().find(|(header, _)| *header == name).map(|(_, role)| *role);
            let role = given.unwrap_or(*role);
            ColumnPlan {
                column,
                role,
                confidence: if given.is_some() { Confidence::Given } else { Confidence::High },
                date_order: role.is_date().then_some(DateOrder::YearMonthDay),
                why: match given {
                    Some(_) => "you said so".to_owned(),
                    None => format!("the specification of the {title} says so"),
                },
                notes: Vec::new(),
                name,
            }
        };
        let plans = current.roles.iter().enumerate().map(plan).collect();
        (current.table, plans)
    }

    /// What it is, in a sentence without its full stop: `Children in Need census 2026, XML, 1 file`.
    pub(crate) fn words(&self) -> String {
        words(&self.recognised)
    }

    /// Rows of all tables that are not kept.
    pub(crate) fn rows_set_aside(&self) -> u64 {
        self.gathered.total.rows_set_aside
            + self.landed.tables.iter().map(|table| table.set_aside).sum::<u64>()
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
    write!(text, ", {}, {n} file{}", forms.join(" and "), if n == 1 { "" } else { "s" })
        .expect("writing to a string");
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
