//! How good the columns of a table are: completeness, validity, placeholders, oddities, and five rows to see.

use super::evidence::{is_email, is_phone, is_plausible, is_postal_code, is_sex};
use super::figures::{percent, rows};
use super::infer::ColumnPlan;
use super::mask::Harmless;
use plait_types::identifier::{NhsNumber, Postcode, Uln, Upn};
use plait_types::{Column, DateOrder, NULL, PartialDate, Role, StandInDay, Table, is_shortened, placeholder};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What there is to know about a table before linking it. Holds no value that identifies a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The table's name.
    pub name: String,
    /// Its rows.
    pub n_rows: u64,
    /// In file order.
    pub columns: Vec<ColumnProfile>,
    /// Up to five rows spread evenly over the file, with masked values.
    pub sample: Vec<MaskedRow>,
}

/// One column of a [`Profile`]. Counts are of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnProfile {
    /// Its header.
    pub name: String,
    /// What it means.
    pub role: Role,
    /// Why it is taken to mean that.
    pub why: String,
    /// Rows that have a value, placeholders included.
    pub filled: u64,
    /// Different values.
    pub distinct: u64,
    /// How many values are of the form that the role asks for; `None` where it asks for none.
    pub validity: Option<Validity>,
    /// Values that stand for "missing", the commonest first.
    pub placeholders: Vec<Placeholder>,
    /// Sentences about what looks wrong: spaces, capitals, shortened numbers, values on too many rows.
    pub oddities: Vec<String>,
    /// First and last year of dates that are no placeholders.
    pub years: Option<(u16, u16)>,
    /// In which order its dates are written.
    pub date_order: Option<DateOrder>,
    /// What the plan says about it.
    pub notes: Vec<String>,
    /// As [`ColumnPlan::header`].
    pub header: Option<String>,
    /// As [`ColumnPlan::layout`].
    pub layout: Option<&'static str>,
}

/// How many values of a column are of the form that its role asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Rows with a value that is no placeholder.
    pub checked: u64,
    /// Of these the ones of the right form.
    pub valid: u64,
    /// The form, with its article: `a date`, `a number with the right check digit`.
    pub rule: &'static str,
}

/// A value that stands for "missing", with its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// Which one, in words that identify nobody: `01/01/1900`.
    pub what: &'static str,
    /// Rows that hold it.
    pub rows: u64,
}

/// One row of a [`Profile`], to see what the columns hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedRow {
    /// Its number in the table, from 1.
    pub row: u64,
    /// One per column; `None` where the value is missing.
    pub values: Vec<Option<String>>,
}

impl Profile {
    /// Looks at every distinct value of a table once. `plans` are its own, in file order.
    pub fn of(table: &Table, plans: &[ColumnPlan]) -> Self {
        let columns: Vec<ColumnProfile> =
            plans.par_iter().map(|plan| ColumnProfile::of(&table.columns[plan.column], plan)).collect();
        let harmless: Vec<Harmless> =
            plans.par_iter().map(|plan| Harmless::of(&table.columns[plan.column], plan.role)).collect();
        let shown = table.n_rows.min(5);
        let sample = (0..shown).map(|i| {
            // the middles of equal stretches
            let row = (2 * i + 1) * table.n_rows / (2 * shown);
            let masked = |(plan, harmless): (&ColumnPlan, &Harmless)| {
                harmless.mask(&table.columns[plan.column], row, plan.role)
            };
            MaskedRow { row: row as u64 + 1, values: plans.iter().zip(&harmless).map(masked).collect() }
        });
        Self { name: table.name.clone(), n_rows: table.n_rows as u64, columns, sample: sample.collect() }
    }
}

/// Distinct values up to which every one is looked at.
const MOST_VALUES: usize = 100_000;

impl ColumnProfile {
    /// Looks at every distinct value of a column once; of a column with more than [`MOST_VALUES`] of them, at every
    /// second, third … one, and counts each for as many. Filled and distinct are exact always.
    pub fn of(column: &Column, plan: &ColumnPlan) -> Self {
        let counts = column.counts();
        let step = counts.len().div_ceil(MOST_VALUES).max(1);
        let mut tally = Tally::default();
        let check = check_of(plan, column);
        for (code, &count) in counts.iter().enumerate().step_by(step) {
            let (value, count) = (column.values.get(code as u32), u64::from(count) * step as u64);
            tally.add(value, count, plan.role, check.as_ref());
            if let Some(date) = plan.date_order.and_then(|order| PartialDate::parse(value, order))
                && placeholder::find(plan.role, value).is_none()
                && is_plausible(date)
            {
                tally.add_date(date, count);
            }
        }
        let mut placeholders: Vec<Placeholder> =
            tally.placeholders.iter().map(|(&what, &rows)| Placeholder { what, rows }).collect();
        placeholders.sort_by_key(|placeholder| std::cmp::Reverse(placeholder.rows));
        let mut oddities = tally.oddities(plan.role);
        // only a value on many rows can be a spike or a placeholder that would be taken for one
        let is_usual = |(code, rows): &(usize, &u32)| {
            **rows < 10 || placeholder::find(plan.role, column.values.get(*code as u32)).is_none()
        };
        let usual: Vec<u32> = counts.iter().enumerate().filter(is_usual).map(|(_, &rows)| rows).collect();
        oddities.extend(spikes(plan.role, &usual));
        Self {
            name: plan.name.clone(),
            role: plan.role,
            why: plan.why.clone(),
            filled: column.codes.iter().filter(|code| **code != NULL).count() as u64,
            distinct: column.values.len() as u64,
            validity: check.map(|check| Validity {
                checked: tally.checked,
                valid: tally.valid,
                rule: check.rule,
            }),
            placeholders,
            oddities,
            years: tally.years,
            date_order: plan.date_order,
            notes: plan.notes.clone(),
            header: plan.header.clone(),
            layout: plan.layout,
        }
    }

    /// What the column is called in the file, with our name where that is another: `UPN (upn)`.
    pub fn shown(&self) -> Cow<'_, str> {
        match &self.header {
            Some(header) => Cow::Owned(format!("{header} ({})", self.name)),
            None => Cow::Borrowed(&self.name),
        }
    }

    /// How the file writes most dates of the column: `DD/MM/YYYY`. `None` of a column without dates.
    pub fn layout(&self) -> Option<&'static str> {
        self.layout.or_else(|| Some(self.date_order?.layout()))
    }
}

/// The form that a role asks of its values.
struct Check {
    rule: &'static str,
    holds: Box<dyn Fn(&str) -> bool>,
}

fn check_of(plan: &ColumnPlan, column: &Column) -> Option<Check> {
    let check = |rule, holds: fn(&str) -> bool| Some(Check { rule, holds: Box::new(holds) });
    match plan.role {
        Role::DateOfBirth | Role::OtherDate => {
            let order = plan.date_order?;
            Some(Check { rule: "a date", holds: Box::new(move |v| PartialDate::parse(v, order).is_some()) })
        }
        Role::Postcode if is_british(column) => check("a UK postcode", |v| Postcode::parse(v).is_some()),
        Role::Postcode => check("a postal code", is_postal_code),
        Role::NhsNumber => check("a number with the right check digit", |v| NhsNumber::parse(v).is_some()),
        Role::Upn => check("a number with the right check letter", |v| Upn::parse(v).is_some()),
        Role::Uln => check("a number with the right check digit", |v| Uln::parse(v).is_some()),
        Role::Email => check("an e-mail address", is_email),
        Role::Phone => {
            check("a telephone number", |v| is_phone(v, v.bytes().filter(u8::is_ascii_digit).count()))
        }
        Role::Sex => check("a code or word for a sex", is_sex),
        _ => None,
    }
}

/// Whether most different values are UK postcodes, so that the others are mistakes.
fn is_british(column: &Column) -> bool {
    let shown = column.values.len().min(MOST_VALUES);
    column.values.iter().take(shown).filter(|value| Postcode::parse(value).is_some()).count() * 2 >= shown
}

/// Counts over the values of one column.
#[derive(Default)]
struct Tally {
    checked: u64,
    valid: u64,
    placeholders: BTreeMap<&'static str, u64>,
    spaced: u64,
    capitals: u64,
    mixed_case: u64,
    shortened: u64,
    temporary_upns: u64,
    unknown_authorities: u64,
    dates: u64,
    new_years_days: u64,
    years: Option<(u16, u16)>,
}

impl Tally {
    fn add(&mut self, value: &str, rows: u64, role: Role, check: Option<&Check>) {
        if value.trim() != value || value.as_bytes().windows(2).any(|two| two == b"  ") {
            self.spaced += rows;
        }
        if let Some(found) = placeholder::find(role, value) {
            *self.placeholders.entry(found).or_default() += rows;
            return;
        }
        let value = value.trim();
        self.checked += rows;
        if check.is_some_and(|check| (check.holds)(value)) {
            self.valid += rows;
        }
        if is_shortened(value) {
            self.shortened += rows;
        }
        if value.chars().filter(|c| c.is_alphabetic()).count() > 1 {
            let has_lower = value.contains(char::is_lowercase);
            *(if has_lower { &mut self.mixed_case } else { &mut self.capitals }) += rows;
        }
        if let Some(upn) = (role == Role::Upn).then(|| Upn::parse(value)).flatten() {
            self.temporary_upns += if upn.is_temporary() { rows } else { 0 };
            self.unknown_authorities += if upn.has_known_authority() { 0 } else { rows };
        }
    }

    fn add_date(&mut self, date: PartialDate, rows: u64) {
        self.dates += rows;
        if date.stand_in_day() == Some(StandInDay::FirstOfYear) {
            self.new_years_days += rows;
        }
        let (first, last) = self.years.unwrap_or((date.year, date.year));
        self.years = Some((first.min(date.year), last.max(date.year)));
    }

    fn oddities(&self, role: Role) -> Vec<String> {
        let mut found = Vec::new();
        if self.shortened > 0 {
            found.push(format!(
                "a number shortened by a spreadsheet to the form 3.02E+11 in {}: it cannot be recovered from this \
                 file, export it again as text",
                rows(self.shortened)
            ));
        }
        if self.temporary_upns > 0 {
            found.push(format!("a temporary UPN in {}", rows(self.temporary_upns)));
        }
        if self.unknown_authorities > 0 {
            found.push(format!("a UPN of no known authority in {}", rows(self.unknown_authorities)));
        }
        // one day in 365 is 0.3%; five times that is more than a habit of parents
        if role == Role::DateOfBirth && self.new_years_days >= 10 && self.new_years_days * 73 > self.dates {
            found.push(format!(
                "1 January in {} ({}; 0.3% expected): often only the year was known",
                rows(self.new_years_days),
                percent(self.new_years_days, self.dates)
            ));
        }
        if self.spaced > 0 {
            found.push(format!("spaces before, after or doubled within the value in {}", rows(self.spaced)));
        }
        let (fewer, which) = if self.capitals <= self.mixed_case {
            (self.capitals, "written in capitals")
        } else {
            (self.mixed_case, "not written in capitals")
        };
        let is_name = matches!(role, Role::Forename | Role::Surname | Role::FullName | Role::Address);
        if is_name && fewer > 0 {
            found.push(format!("{which} in {}, unlike the others", rows(fewer)));
        }
        found
    }
}

/// Values on implausibly many rows compared with the rest, said without showing them: an office's postcode,
/// a date typed when none was known. `usual` are the rows per value that is no known placeholder.
fn spikes(role: Role, usual: &[u32]) -> Vec<String> {
    const AT_LEAST: u32 = 10;
    const TIMES: u32 = 5;
    const SHOWN: usize = 3;
    let Some(from) = placeholder::implausible_from(role, usual, TIMES, AT_LEAST) else { return Vec::new() };
    let mut implausible: Vec<u32> = usual.iter().copied().filter(|&n| n >= from).collect();
    implausible.sort_unstable_by(|a, b| b.cmp(a));
    let reference = from / TIMES;
    implausible
        .iter()
        .take(SHOWN)
        .map(|&n| {
            let times = u64::from(n / reference.max(1));
            format!(
                "one {} is held by {}, {times} times as many as is usual here",
                role.words(),
                rows(u64::from(n))
            )
        })
        .collect()
}
