//! A request to the Personal Demographics Service to trace NHS numbers: the persons of a source, as the service takes them.

use crate::faults::Faults;
use crate::groups::is_yes;
use crate::source::{self, Opened, SourceSpec};
use crate::written::{self, LEFT_OUT, MadeFrom, TRACE_REQUEST, Written};
use plait_engine::progress::{Progress, Stage};
use plait_formats::columns::ColumnPlan;
use plait_formats::returns::codes::{Sex, sex};
use plait_formats::write::{CsvStyle, OutTable, OutValues, harmless, write_csv};
use plait_types::identifier::{NhsNumber, Postcode};
use plait_types::placeholder::is_placeholder;
use plait_types::{Column, DateOrder, Fault, FaultCode, PartialDate, Role, Values, counted, grouped};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Whom to ask for, and where to put the request.
#[derive(Clone, Debug)]
pub struct TraceRequest {
    /// A return or any table of persons.
    pub source: SourceSpec,
    /// Only those whom child protection information sharing is about: children with a protection plan or looked after.
    pub cp_is: bool,
    /// What columns of a plain table mean, where that was not understood: header, role.
    pub roles: Vec<(String, Role)>,
    /// The folder for the request.
    pub out: PathBuf,
}

/// The columns of a request in their order.
const COLUMNS: [&str; 23] = [
    "UNIQUE REFERENCE",
    "NHS_NO",
    "FAMILY_NAME",
    "GIVEN_NAME",
    "OTHER_GIVEN_NAME",
    "GENDER",
    "DATE_OF_BIRTH",
    "DATE_OF_DEATH",
    "ADDRESS_LINE1",
    "ADDRESS_LINE2",
    "ADDRESS_LINE3",
    "ADDRESS_LINE4",
    "ADDRESS_LINE5",
    "ADDRESS_DATE",
    "POSTCODE",
    "GP_PRACTICE_CODE",
    "NHAIS_POSTING_ID",
    "AS_AT_DATE",
    "LOCAL_PATIENT_ID",
    "INTERNAL_ID",
    "TELEPHONE_NUMBER",
    "MOBILE_NUMBER",
    "EMAIL_ADDRESS",
];
const ADDRESS_LINES: usize = 5;

/// Why nobody is asked for a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LeftOut {
    NotOfThese,
    Unborn,
    NoBirth,
    NoName,
    Formula,
}

impl LeftOut {
    fn words(self) -> &'static str {
        match self {
            Self::NotOfThese => "without a protection plan and not looked after",
            Self::Unborn => "without a date of birth, with the day on which birth was expected",
            Self::NoBirth => "without a whole date of birth",
            Self::NoName => "with neither a surname nor a valid NHS number",
            Self::Formula => "with a name of the record that a spreadsheet takes for a formula",
        }
    }
}

/// Writes a request for the persons of a source: `pds-trace-request.csv`, with the name of each record as its reference, and
/// `left_out.csv`, the records that cannot be asked for and why.
///
/// A row is written where there is a date of birth, and a surname or a valid NHS number. The reference of a row is the name of
/// the record as it is, by which the answer finds it; records whose name begins like a formula are left out. Placeholders, numbers that fail
/// their check and dates without a day are left empty.
///
/// Fails with [`FaultCode::LacksWhatIsWritten`] where nobody can be asked for.
pub fn trace_request(request: &TraceRequest, progress: &dyn Progress) -> Result<Written, Faults> {
    let spec = &request.source;
    let place = written::hold(&request.out, &[TRACE_REQUEST, LEFT_OUT], std::slice::from_ref(spec))?;
    let opened = source::open(std::slice::from_ref(spec), &request.roles, progress)?;
    let opened = opened.into_iter().next().expect("one source was opened");
    progress.begin(Stage::Write, 1);
    let asked = Asked::of(&opened, request.cp_is)?;
    write_csv(&place.staged(TRACE_REQUEST), &asked.table(), CsvStyle::Plain)?;
    write_csv(&place.staged(LEFT_OUT), &asked.list_of_left_out(), CsvStyle::Excel)?;
    let left_out: BTreeMap<&str, u64> = asked.counts().into_iter().map(|(why, n)| (why.words(), n)).collect();
    let facts = serde_json::json!({
        "written": "pds-trace-request",
        "persons": opened.table.n_rows,
        "asked_for": asked.n_rows(),
        "left_out": left_out,
        "filled": asked.filled().into_iter().collect::<BTreeMap<_, _>>(),
        "only": request.cp_is.then_some("protection plan or looked after"),
    });
    let of = MadeFrom {
        source: opened.table.name.clone(),
        path: spec.path.display().to_string(),
        sha256: opened.sha256.clone(),
    };
    let (json, wrote) = written::publish(place, &[TRACE_REQUEST, LEFT_OUT], &[of], facts)?;
    progress.advance(1);
    Ok(Written { text: asked.words(spec, &opened), json, issues: opened.issues, wrote })
}

/// The rows of a request.
#[derive(Default)]
struct Asked {
    columns: Vec<Values>,
    left_out: Vec<(String, LeftOut)>,
}

impl Asked {
    fn of(opened: &Opened, cp_is: bool) -> Result<Self, Fault> {
        let persons = Persons::of(opened);
        if cp_is && persons.groups.is_empty() {
            return Err(lacks(
                opened,
                "does not say who has a protection plan or is looked after",
                "leave --cp-is out, or name a source that says it, such as case management",
            ));
        }
        let names = opened.record_names();
        let mut asked = Self { columns: vec![Values::default(); COLUMNS.len()], left_out: Vec::new() };
        for row in 0..opened.table.n_rows {
            match persons.row(row, cp_is) {
                // an altered reference would come back as nobody's
                Ok(_) if harmless(&names.get(row)) != names.get(row) => {
                    asked.left_out.push((names.get(row).into_owned(), LeftOut::Formula));
                }
                Ok(cells) => asked.push(&names.get(row), &cells),
                Err(why) => asked.left_out.push((names.get(row).into_owned(), why)),
            }
        }
        if asked.n_rows() == 0 {
            let why: Vec<String> =
                asked.counts().iter().map(|(why, n)| format!("{} {}", grouped(*n), why.words())).collect();
            let lacking = persons.lacking();
            let lacking = if lacking.is_empty() { String::new() } else { format!("; {lacking}") };
            return Err(lacks(
                opened,
                &format!("holds nobody to ask for: {}{lacking}", why.join(", ")),
                "name a source that has names and dates of birth, such as case management or a list of pupils; where a \
                 column was not understood, say what it means with --role",
            )
            .because("the service traces by a date of birth together with a surname or an NHS number"));
        }
        Ok(asked)
    }

    fn push(&mut self, reference: &str, cells: &BTreeMap<&'static str, String>) {
        for (header, column) in COLUMNS.iter().zip(&mut self.columns) {
            let is_reference = *header == COLUMNS[0];
            column.push(if is_reference { reference } else { cells.get(header).map_or("", String::as_str) });
        }
    }

    fn n_rows(&self) -> usize {
        self.columns[0].len()
    }

    fn table(&self) -> OutTable<'_> {
        let columns = COLUMNS.iter().zip(&self.columns);
        columns.fold(OutTable::new(), |table, (header, values)| {
            table.with(*header, OutValues::Text(Cow::Borrowed(values)))
        })
    }

    fn list_of_left_out(&self) -> OutTable<'static> {
        let (mut records, mut reasons) = (Values::default(), Values::default());
        for (record, why) in &self.left_out {
            records.push(&harmless(record));
            reasons.push(why.words());
        }
        OutTable::new().with("record", records).with("why", reasons)
    }

    fn counts(&self) -> BTreeMap<LeftOut, u64> {
        self.left_out.iter().fold(BTreeMap::new(), |mut counts, (_, why)| {
            *counts.entry(*why).or_default() += 1;
            counts
        })
    }

    /// How many rows have a value in each column.
    fn filled(&self) -> Vec<(&'static str, u64)> {
        let filled = |values: &Values| values.iter().filter(|text| !text.is_empty()).count() as u64;
        COLUMNS.iter().zip(&self.columns).map(|(header, values)| (*header, filled(values))).collect()
    }

    fn words(&self, spec: &SourceSpec, opened: &Opened) -> String {
        let mut text = format!("{}: {}\n", spec.path.display(), opened.format);
        text += &format!(
            "\n{}; {} asked for, {} left out\n",
            counted(opened.table.n_rows as u64, "person"),
            grouped(self.n_rows() as u64),
            grouped(self.left_out.len() as u64)
        );
        for (why, n) in self.counts() {
            text += &format!("  left out: {} {}\n", grouped(n), why.words());
        }
        text += &format!("\n  {:<24}{:>12}\n", "column", "filled");
        let filled = self.filled();
        for (header, n) in filled.iter().filter(|(_, n)| *n > 0) {
            text += &format!("  {header:<24}{:>12}\n", grouped(*n));
        }
        let empty: Vec<&str> = filled.iter().filter(|(_, n)| *n == 0).map(|(header, _)| *header).collect();
        text += &format!(
            "  left empty, since the source does not say it or a trace does not need it: {}\n",
            empty.join(", ")
        );
        text
    }
}

fn lacks(opened: &Opened, what: &str, todo: &str) -> Fault {
    Fault::new(FaultCode::LacksWhatIsWritten, format!("{} {what}", opened.table.name), todo)
        .at(opened.path.display().to_string())
}

/// The columns of a source that a request is made of.
struct Persons<'a> {
    opened: &'a Opened,
    /// Those that say who is looked after or has a protection plan.
    groups: Vec<&'a Column>,
}

impl<'a> Persons<'a> {
    fn of(opened: &'a Opened) -> Self {
        let (table, plans) = opened.characteristics();
        let is_group = |role: Role| matches!(role, Role::ProtectionPlan | Role::LookedAfter);
        let groups = plans.iter().filter(|(_, role)| is_group(*role));
        Self { opened, groups: groups.map(|(column, _)| &table.columns[*column]).collect() }
    }

    fn plans(&self, role: Role) -> impl Iterator<Item = &'a ColumnPlan> {
        self.opened.plans.iter().filter(move |plan| plan.role == role)
    }

    /// The first value of a role, on one line, without what stands for "missing".
    fn text(&self, row: usize, role: Role) -> Option<String> {
        let mut values = self.plans(role).filter_map(|plan| self.opened.table.columns[plan.column].get(row));
        let text = values.find(|text| !is_placeholder(role, text))?;
        Some(on_one_line(text)).filter(|text| !text.is_empty())
    }

    fn row(&self, row: usize, cp_is: bool) -> Result<BTreeMap<&'static str, String>, LeftOut> {
        let is_of_these = |column: &&Column| column.get(row).is_some_and(is_yes);
        if cp_is && !self.groups.iter().any(is_of_these) {
            return Err(LeftOut::NotOfThese);
        }
        let expected = self.opened.table.column("expected_date_of_birth").filter(|_| self.is_return());
        if expected.is_some_and(|expected| expected.get(row).is_some()) {
            return Err(LeftOut::Unborn);
        }
        let birth = self.day(row, Role::DateOfBirth, None).ok_or(LeftOut::NoBirth)?;
        let surname = self.text(row, Role::Surname);
        let number = self.text(row, Role::NhsNumber).and_then(|text| NhsNumber::parse(&text));
        if surname.is_none() && number.is_none() {
            return Err(LeftOut::NoName);
        }
        let mut cells = BTreeMap::from([("DATE_OF_BIRTH", birth)]);
        let mut fill = |header: &'static str, text: Option<String>| {
            cells.extend(text.map(|text| (header, text)));
        };
        fill("NHS_NO", number.map(|number| number.expose().to_owned()));
        fill("FAMILY_NAME", surname);
        fill("GIVEN_NAME", self.text(row, Role::Forename));
        fill("OTHER_GIVEN_NAME", self.text(row, Role::MiddleName));
        fill("GENDER", self.text(row, Role::Sex).and_then(|text| gender(&text)).map(str::to_owned));
        let death = if self.is_return() { Some("date_of_death") } else { None };
        fill("DATE_OF_DEATH", death.and_then(|name| self.day(row, Role::OtherDate, Some(name))));
        let postcode = self.text(row, Role::Postcode).and_then(|text| Postcode::parse(&text));
        fill("POSTCODE", postcode.filter(|postcode| !postcode.is_pseudo()).map(|p| p.expose().to_owned()));
        for (header, line) in COLUMNS[8..].iter().zip(self.address(row)) {
            fill(header, Some(line));
        }
        Ok(cells)
    }

    fn is_return(&self) -> bool {
        self.opened.dataset.is_some()
    }

    /// `20140321`; `None` for a date without its day, which could be another child's.
    fn day(&self, row: usize, role: Role, name: Option<&str>) -> Option<String> {
        let mut plans = self.plans(role).filter(|plan| name.is_none_or(|name| plan.name == name));
        plans.find_map(|plan| {
            let text = self.opened.table.columns[plan.column].get(row)?;
            let order = plan.date_order.unwrap_or(DateOrder::DayMonthYear);
            let date = PartialDate::parse(text, order).filter(|_| !is_placeholder(role, text))?;
            date.day?;
            Some(date.iso().replace('-', ""))
        })
    }

    /// The parts of the address on at most five lines, the town last. Where there are more, the last line has the rest.
    fn address(&self, row: usize) -> Vec<String> {
        let roles = [Role::Address, Role::AddressLine, Role::Town];
        let columns = roles.iter().flat_map(|role| self.plans(*role).map(move |plan| (*role, plan.column)));
        let mut lines: Vec<String> = Vec::new();
        for (role, column) in columns {
            let text = self.opened.table.columns[column].get(row).filter(|text| !is_placeholder(role, text));
            for part in text.unwrap_or_default().split([',', '\n', '\r']) {
                let part = on_one_line(part);
                let is_said = part.is_empty() || lines.contains(&part);
                if is_said || is_property_number(&part) || is_placeholder(role, &part) {
                    continue;
                }
                match lines.last_mut().filter(|last| is_house_number(last) && !is_house_number(&part)) {
                    Some(number) => *number = format!("{number} {part}"),
                    None => lines.push(part),
                }
            }
        }
        if lines.len() > ADDRESS_LINES {
            let rest = lines.split_off(ADDRESS_LINES - 1);
            lines.push(rest.join(", "));
        }
        lines
    }

    /// What no column of the source says.
    fn lacking(&self) -> String {
        let roles = [
            (Role::Surname, "surnames"),
            (Role::NhsNumber, "NHS numbers"),
            (Role::DateOfBirth, "dates of birth"),
        ];
        let lacking: Vec<&str> = roles
            .iter()
            .filter(|(role, _)| self.plans(*role).next().is_none())
            .map(|(_, word)| *word)
            .collect();
        if lacking.is_empty() { String::new() } else { format!("no column has {}", lacking.join(" or ")) }
    }
}

/// Without breaks, repeated spaces and the signs before it that no name or address begins with and by which a spreadsheet
/// takes a text for a formula.
fn on_one_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim_start_matches(['=', '+', '-', '@', ' ']).to_owned()
}

/// A reference of a property or a coordinate, which case systems keep with the address.
fn is_property_number(part: &str) -> bool {
    part.len() >= 6 && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// `50` or `12a`, which belongs before its street.
fn is_house_number(line: &str) -> bool {
    line.len() <= 4 && line.starts_with(|c: char| c.is_ascii_digit())
}

/// As the service codes it; nothing for what is neither, so that the service does not compare it.
fn gender(text: &str) -> Option<&'static str> {
    Some(match sex(None, text)? {
        Sex::Male => "1",
        Sex::Female => "2",
    })
}
