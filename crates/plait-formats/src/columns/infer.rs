//! The role of every column, from its header and its values. Where they disagree, the values decide.

use super::dates;
use super::evidence::{COMMON_NAMES, Evidence, is_common_forename, is_common_surname};
use super::figures::{grouped, percent, rows};
use super::header::{self, Meaning};
use super::headerless::{no_usable_column, unknown_column};
use crate::read::RowLines;
use plait_types::{Column, DateOrder, Fault, FaultCode, Interner, Issue, IssueKind, NULL, Role, Table};
use rayon::prelude::*;

/// What one column of a table is taken to mean, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnPlan {
    /// Its place in [`Table::columns`], from 0.
    pub column: usize,
    /// Its header.
    pub name: String,
    /// What it means.
    pub role: Role,
    /// How sure that is.
    pub confidence: Confidence,
    /// In which order its dates are written; only where [`Role::is_date`].
    pub date_order: Option<DateOrder>,
    /// Whether the values leave the order open: every date of birth can be read in another one too.
    pub order_is_guess: bool,
    /// Whether it could be the date of birth of a table in which no column is known as that.
    pub could_be_birth: bool,
    /// What it would be taken for, had the user not said that another column is that, which seems to be something else.
    pub displaced: Option<Role>,
    /// The grounds: `header says date of birth; 99.8% of values are dates`. Holds no value.
    pub why: String,
    /// Of a return, the header or headers that the column comes from, where they are not `name`, which is then ours.
    pub header: Option<String>,
    /// Of a return, the layout in which most dates stand in the file, where reading has changed it.
    pub layout: Option<&'static str>,
    /// What the user should know about it: a handful of dates in another order, shared record identifiers.
    pub notes: Vec<String>,
}

/// How sure a role is, the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A guess from frequent names or from what the other columns are not.
    Low,
    /// Header or values say so, and the other is silent.
    Medium,
    /// Header and values agree.
    High,
    /// The user said so.
    Given,
}

/// Share of values with a shape that makes a header believed.
pub(super) const SUPPORTS: f64 = 0.5;
/// Share of numbers that pass the check that makes a header believed: in statutory returns three in ten UPNs
/// may be wrong, and a number made up passes in 4 (UPN) to 9 (NHS) of 100 cases.
const PASSES: f64 = 0.3;
/// Share of values with a shape that decides without or against a header.
const DECIDES: f64 = 0.8;
/// The same for shapes that other things have by chance.
const DECIDES_WEAKLY: f64 = 0.9;

/// The role of every column of a table, in file order.
///
/// `overrides` are headers of this table, exactly as in the file, with the role the user gives them. No two
/// columns have one header: the readers refuse such a file.
///
/// Faults: an override names a column that is not there ([`FaultCode::UnknownColumn`]); two overrides disagree
/// ([`FaultCode::DuplicateColumn`]); two record identifiers are given
/// ([`FaultCode::BadOption`]) or the given one repeats ([`FaultCode::DuplicateRecord`]); dates of birth are in
/// two orders ([`FaultCode::DateOrder`]); no column says who a record is about
/// ([`FaultCode::NoUsableColumn`]).
///
/// Cost: a sample of 1,000 rows per column, and every value of dates of birth.
pub fn plan(table: &Table, overrides: &[(String, Role)]) -> Result<Vec<ColumnPlan>, Fault> {
    plan_on(table, &RowLines::default(), overrides)
}

/// The same of a table whose rows are on these lines of its file, which a fault names.
pub fn plan_on(
    table: &Table,
    lines: &RowLines,
    overrides: &[(String, Role)],
) -> Result<Vec<ColumnPlan>, Fault> {
    let (plans, faults) = plan_all(table, lines, overrides)?;
    // the first in file order, whichever thread was first
    faults.into_iter().next().map_or(Ok(plans), Err)
}

/// As [`plan_on`], but of what would keep the file from being linked and not from being looked at, the faults stand beside the
/// plans: two orders of dates, no column that says who a record is about.
pub fn plan_all(
    table: &Table,
    lines: &RowLines,
    overrides: &[(String, Role)],
) -> Result<(Vec<ColumnPlan>, Vec<Fault>), Fault> {
    let given = given_roles(table, overrides)?;
    let mut drafts: Vec<Draft> =
        table.columns.par_iter().zip(&given).map(|(column, given)| Draft::new(column, *given)).collect();
    settle_given(&mut drafts);
    settle_dates_of_birth(&mut drafts);
    let has_birth = drafts.iter().any(|draft| draft.role == Role::DateOfBirth);
    settle_names(&mut drafts);
    settle_identifiers(table, &mut drafts)?;
    let (plans, faults): (Vec<ColumnPlan>, Vec<Option<Fault>>) = drafts
        .into_par_iter()
        .enumerate()
        .map(|(at, draft)| draft.into_plan(at, &table.columns[at], lines))
        .unzip();
    let plans: Vec<ColumnPlan> = plans
        .into_iter()
        .map(|plan| ColumnPlan { could_be_birth: plan.could_be_birth && !has_birth, ..plan })
        .collect();
    let mut faults: Vec<Fault> =
        faults.into_iter().flatten().map(|fault| fault.at(table.name.clone())).collect();
    if !plans.iter().any(|plan| says_who(plan.role)) {
        faults.push(nobody(table, &plans));
    }
    Ok((plans, faults))
}

/// A finding for every column whose dates can all be read in two ways. `file` is the name to call it by.
pub fn guessed_orders(file: &str, plans: &[ColumnPlan]) -> Vec<Issue> {
    let guessed = plans.iter().filter(|plan| plan.order_is_guess);
    guessed
        .map(|plan| {
            let layout = plan.date_order.unwrap_or(DateOrder::DayMonthYear).layout();
            let message = format!(
                "every date can be read in two ways, and was read as {layout}; if that is wrong, days and months are \
                 swapped and births agree with those of nobody, or of somebody else: look at one that you know, and if \
                 it is written the other way round, export the dates as YYYY-MM-DD"
            );
            Issue::new(IssueKind::GuessedDateOrder, file, message).in_column(&plan.name)
        })
        .collect()
}

/// A finding for each column that could be the date of birth of a table in which no column is known as that. `file` is the
/// name to call it by.
pub fn births_not_known(file: &str, plans: &[ColumnPlan]) -> Vec<Issue> {
    let candidates = plans.iter().filter(|plan| plan.could_be_birth);
    candidates
        .map(|plan| {
            let message = format!(
                "no column is known as the date of birth, and this one holds dates of which its header does not say what they \
                 are of; if it is the date of birth, say so with --role \"{}=date_of_birth\"",
                plan.name
            );
            Issue::new(IssueKind::BirthNotKnown, file, message).in_column(&plan.name)
        })
        .collect()
}

/// A finding for each column that is not used because the user says that another one, which seems to be something else, is
/// what it would be taken for. `file` is the name to call it by.
pub fn displaced(file: &str, plans: &[ColumnPlan]) -> Vec<Issue> {
    let of_plan = |plan: &ColumnPlan| {
        let role = plan.displaced?;
        let said: Vec<String> = plans
            .iter()
            .filter(|other| other.role == role && other.confidence == Confidence::Given)
            .map(|other| format!("\"{}\"", other.name))
            .collect();
        let message = format!(
            "not used: it would be taken for the {}, which {} was said to be; where both are to be compared, give this one a role \
             too",
            role.words(),
            said.join(" and ")
        );
        Some(Issue::new(IssueKind::SecondColumn, file, message).in_column(&plan.name))
    };
    plans.iter().filter_map(of_plan).collect()
}

/// A finding where no column names the records of a table although one is headed as if it did: it repeats values, or lacks
/// some. `file` is the name to call it by.
pub fn repeated_ids(table: &Table, file: &str, plans: &[ColumnPlan]) -> Option<Issue> {
    if record_column(table, plans).is_some() {
        return None;
    }
    let is_headed_so = |plan: &&ColumnPlan| {
        matches!(header::meaning(&plan.name), Meaning::RowId | Meaning::PersonId)
            && matches!(plan.role, Role::Other | Role::Identifier | Role::RecordId)
            && plan.confidence != Confidence::Given
            && !table.columns[plan.column].values.is_empty()
    };
    // an id of rows would name the records before one of persons
    let of_rows = |plan: &&ColumnPlan| header::meaning(&plan.name) != Meaning::RowId;
    let plan = plans.iter().filter(is_headed_so).min_by_key(of_rows)?;
    let column = &table.columns[plan.column];
    let repeated = column.counts().into_iter().filter(|&count| count > 1).count();
    let empty = table.n_rows - filled(column);
    let but = match (repeated, empty) {
        // what is left are names of people
        (0, 0) => return None,
        (0, _) => format!("no value in {}", rows(empty as u64)),
        (1, 0) => "1 value more than once".to_owned(),
        (_, 0) => format!("{} values more than once", grouped(repeated as u64)),
        (1, _) => format!("1 value more than once, and none in {}", rows(empty as u64)),
        _ => {
            format!("{} values more than once, and none in {}", grouped(repeated as u64), rows(empty as u64))
        }
    };
    let message = format!(
        "headed as an identifier, and has {but}; so records are called by their row number, from 1, in every output"
    );
    Some(Issue::new(IssueKind::RepeatedIds, file, message).in_column(&plan.name))
}

/// The column that names the records of a table in outputs: its record identifier, else an identifier that no
/// two rows share. `None` where rows are named by their number. National numbers never name a record, nor do names.
pub fn record_column(table: &Table, plans: &[ColumnPlan]) -> Option<usize> {
    let names = |plan: &ColumnPlan| {
        let column = &table.columns[plan.column];
        let is_given = plan.confidence == Confidence::Given;
        is_unique(table, column) && (is_given || !Evidence::of(column).are_names())
    };
    let of_role = |role| plans.iter().find(|plan| plan.role == role && names(plan));
    of_role(Role::RecordId).or_else(|| of_role(Role::Identifier)).map(|plan| plan.column)
}

/// Makes numbers of the person, such as the child's number in the case-management system, comparable where
/// sources share them: a record identifier whose values are found in another source's becomes
/// [`Role::Identifier`] in both. Numbers of rows (`rec_id`, `unique_id`), running numbers and roles that the
/// user gave stay as they are. `plans` are in the order of `tables`.
pub fn share_identifiers(tables: &[&Table], plans: &mut [Vec<ColumnPlan>]) {
    const SHARED: f64 = 0.2;
    let mut numbers = Vec::new();
    for (source, plans) in plans.iter().enumerate() {
        for (at, plan) in plans.iter().enumerate() {
            let column = &tables[source].columns[plan.column];
            let of_a_person = matches!(plan.role, Role::RecordId | Role::Identifier)
                && plan.confidence != Confidence::Given
                && header::meaning(&plan.name) == Meaning::PersonId;
            if of_a_person && !is_running(column) {
                numbers.push((source, at, column));
            }
        }
    }
    for (i, (source, at, column)) in numbers.iter().enumerate() {
        for (other_source, other_at, other_column) in &numbers[i + 1..] {
            if source == other_source {
                continue;
            }
            let share = shared_values(column, other_column);
            if share < SHARED {
                continue;
            }
            for (source, at, other) in [(*source, *at, *other_source), (*other_source, *other_at, *source)] {
                let plan = &mut plans[source][at];
                plan.role = Role::Identifier;
                plan.why = format!(
                    "{:.0}% of the numbers are also in {}, so they are compared",
                    share * 100.0,
                    tables[other].name
                );
            }
        }
    }
}

/// Whether a column could hold names of people, so that its values must not be printed.
pub fn may_hold_names(column: &Column) -> bool {
    Evidence::of(column).are_names()
}

/// Whether most values of a column are written like names.
pub fn could_be_names(column: &Column) -> bool {
    let evidence = Evidence::of(column);
    evidence.rows > 0 && evidence.share(evidence.name_like) >= DECIDES && !is_few(column)
}

/// A column whose role is being decided.
struct Draft {
    meaning: Meaning,
    evidence: Evidence,
    role: Role,
    confidence: Confidence,
    why: String,
    notes: Vec<String>,
    /// Holds dates of several years, and the header does not say of what.
    may_be_birth: bool,
    /// Holds whole dates, and the header does not say of what.
    is_unclaimed_date: bool,
    /// What it was before the user's word for another column.
    displaced: Option<Role>,
}

impl Draft {
    fn new(column: &Column, given: Option<Role>) -> Self {
        let mut draft = Self {
            meaning: header::meaning(&column.name),
            evidence: Evidence::of(column),
            role: Role::Other,
            confidence: Confidence::High,
            why: String::new(),
            notes: Vec::new(),
            may_be_birth: false,
            is_unclaimed_date: false,
            displaced: None,
        };
        if let Some(role) = given {
            draft.set(role, Confidence::Given, "given by you".to_owned());
        } else if column.values.is_empty() {
            draft.set(Role::Other, Confidence::High, "no values".to_owned());
        } else if draft.evidence.rows == 0 {
            draft.set(Role::Other, Confidence::High, "no values but placeholders".to_owned());
        } else {
            draft.judge(column);
        }
        draft
    }

    fn set(&mut self, role: Role, confidence: Confidence, why: String) {
        self.role = role;
        self.confidence = confidence;
        self.why = why;
    }

    fn judge(&mut self, column: &Column) {
        match self.meaning {
            Meaning::Is(role) => self.judge_named(role, column),
            Meaning::Mentions(role) => {
                self.judge_named(role, column);
                self.confidence = self.confidence.min(Confidence::Medium);
            }
            Meaning::About(other) => {
                let why = format!("header is about somebody or something else ({other}), not the person");
                self.set(Role::Other, Confidence::High, why);
            }
            Meaning::Household => {
                let why = "header says a number of a home or family, which siblings share".to_owned();
                self.set(Role::Other, Confidence::High, why);
            }
            Meaning::Answer => {
                let why =
                    "header says the answer of an earlier linkage, which must not be compared".to_owned();
                self.set(Role::Other, Confidence::High, why);
            }
            Meaning::RowId | Meaning::PersonId | Meaning::SomeId => self.judge_id(),
            Meaning::When | Meaning::SomeNumber | Meaning::Nothing => self.judge_unnamed(column, ""),
        }
    }

    /// The header names a role: believed unless the values are plainly something else.
    fn judge_named(&mut self, role: Role, column: &Column) {
        let e = &self.evidence;
        let (support, words, enough) = match role {
            Role::DateOfBirth | Role::OtherDate => (e.dates, "are dates", SUPPORTS),
            Role::Postcode if e.postcodes * 2 >= e.rows => (e.postcodes, "are UK postcodes", SUPPORTS),
            Role::Postcode => (e.postal_codes, "could be postal codes of another country", SUPPORTS),
            Role::Email => (e.emails, "are e-mail addresses", SUPPORTS),
            Role::Phone => (e.many_digits, "could be telephone numbers", SUPPORTS),
            Role::Sex => (e.sexes, "are codes or words for a sex", SUPPORTS),
            Role::NhsNumber => (e.nhs_numbers, "pass the NHS number check", PASSES),
            Role::Upn => (e.upns, "have the right check letter", PASSES),
            Role::Uln => (e.ulns, "pass the ULN check", PASSES),
            _ => return self.judge_text(role, column),
        };
        let share = percent(support, e.rows);
        if e.share(support) >= enough {
            let why = format!("header says {}; {share} of values {words}", role.words());
            return self.set(role, Confidence::High, why);
        }
        let few = if support == 0 { "none of the".to_owned() } else { format!("only {share} of") };
        let but = format!("header says {}, but {few} values {words}", role.words());
        if role.is_date() && e.share(e.day_numbers) >= SUPPORTS {
            let why = format!("header says {}, but values are a spreadsheet's day numbers", role.words());
            self.notes.push("format the column as dates in the spreadsheet and export it again".to_owned());
            return self.set(Role::Other, Confidence::Medium, why);
        }
        if e.share(e.shortened) >= SUPPORTS {
            let why = format!("header says {}, but a spreadsheet has shortened the numbers", role.words());
            return self.set(Role::Other, Confidence::Medium, why);
        }
        if matches!(role, Role::NhsNumber | Role::Upn | Role::Uln) && self.shape(&NATIONAL).is_none() {
            // pseudonymised or from another system: equal values still say that it is one person
            let why = format!("{but}: compared as a plain identifier");
            return self.set(Role::Identifier, Confidence::Medium, why);
        }
        self.judge_unnamed(column, &but);
    }

    /// Roles whose values have no shape of their own: names, places, identifiers.
    fn judge_text(&mut self, role: Role, column: &Column) {
        let contradicting: &[Shape] = match role {
            Role::Identifier
            | Role::School
            | Role::Region
            | Role::Ethnicity
            | Role::HouseNumber
            | Role::FormerPostcode => &NATIONAL,
            _ if role.is_characteristic() => &ALL_BUT_SEX,
            _ => &SHAPES,
        };
        let e = &self.evidence;
        let is_name = matches!(
            role,
            Role::Forename
                | Role::MiddleName
                | Role::PreferredForename
                | Role::Surname
                | Role::FormerSurname
                | Role::FullName
        );
        let only_numbers = is_name && e.share(e.numbers) >= DECIDES_WEAKLY;
        // what a person is like has few values, whatever its coding
        let is_too_various = role.is_characteristic() && role != Role::Ethnicity && column.values.len() > FEW;
        if self.shape(contradicting).is_some() || only_numbers || is_too_various {
            return self.judge_unnamed(column, &format!("header says {}", role.words()));
        }
        if is_name {
            let share = percent(e.name_like, e.rows);
            let agrees = e.share(e.name_like) >= SUPPORTS;
            let confidence = if agrees { Confidence::High } else { Confidence::Medium };
            let why = format!("header says {}; {share} of values are written like names", role.words());
            return self.set(role, confidence, why);
        }
        self.set(role, Confidence::High, format!("header says {}", role.words()));
    }

    /// The header says a number of something: only a national number or a date is anything else.
    fn judge_id(&mut self) {
        if let Some((shape, why)) = self.shape(&NATIONAL) {
            return self.set(shape.role, Confidence::High, format!("header says an identifier; {why}"));
        }
        let e = &self.evidence;
        let are_names = e.share(e.name_like) >= DECIDES && e.share(e.several_words) >= SUPPORTS;
        if are_names && self.meaning == Meaning::PersonId {
            let share = percent(e.name_like, e.rows);
            let why = format!("header says the person; {share} of values are written like names");
            return self.set(Role::FullName, Confidence::Medium, why);
        }
        if let Some(role) = self.name_by_frequency().filter(|_| self.meaning == Meaning::PersonId) {
            let why = "header says the person; many of the commonest names are among the values".to_owned();
            return self.set(role, Confidence::Medium, why);
        }
        self.set(Role::Other, Confidence::Medium, "header says an identifier".to_owned());
    }

    /// The values alone decide; `but` is what the header claimed in vain.
    fn judge_unnamed(&mut self, column: &Column, but: &str) {
        let said = if but.is_empty() { "header does not say".to_owned() } else { but.to_owned() };
        if let Some((shape, why)) = self.shape(&SHAPES) {
            let join = if but.is_empty() { "; " } else { ", but " };
            let why =
                if but.contains("but") { format!("{said}; {why}") } else { format!("{said}{join}{why}") };
            let of_date = shape.role.is_date();
            self.is_unclaimed_date = of_date && self.meaning != Meaning::When;
            self.may_be_birth =
                self.is_unclaimed_date && self.evidence.last_year >= self.evidence.first_year + 3;
            return self.set(shape.role, Confidence::Medium, why);
        }
        let e = &self.evidence;
        let (role, confidence, grounds) = if e.share(e.numbers) >= DECIDES_WEAKLY {
            (Role::Number, Confidence::Medium, "values are numbers")
        } else if e.share(e.addresses) >= SUPPORTS && e.share(e.several_words) >= DECIDES {
            (Role::Address, Confidence::Medium, "values are written like addresses")
        } else if let Some(role) = self.few_names(column) {
            (role, Confidence::Low, "a third of the values are common names")
        } else if is_few(column) {
            (Role::Category, Confidence::Medium, "few values, many rows each")
        } else if let Some(role) = self.name_by_frequency() {
            (role, Confidence::Low, "many of the commonest names are among the values")
        } else if e.share(e.long) >= SUPPORTS {
            (Role::FreeText, Confidence::Medium, "values are prose")
        } else {
            (Role::Other, Confidence::Low, "values are of no kind that is known")
        };
        self.set(role, confidence, format!("{said}; {grounds}"));
    }

    /// The first shape that enough values have, with the grounds in words.
    fn shape<'a>(&self, shapes: &'a [Shape]) -> Option<(&'a Shape, String)> {
        let e = &self.evidence;
        let shape = shapes.iter().find(|shape| e.share((shape.count)(e)) >= shape.enough)?;
        Some((shape, format!("{} of values {}", percent((shape.count)(e), e.rows), shape.words)))
    }

    /// Of a short list, names repeat like categories. Categories have a few words that are also names, as colours have;
    /// not ten of them, and not a third.
    fn few_names(&self, column: &Column) -> Option<Role> {
        const AT_LEAST: usize = 10;
        if !is_few(column) || self.evidence.share(self.evidence.name_like) < DECIDES_WEAKLY {
            return None;
        }
        let is_common = |value: &&str| {
            let lower = value.to_lowercase();
            let mut words = lower.split([' ', '-']);
            words.next().is_some_and(|word| is_common_forename(word) || is_common_surname(word))
        };
        let common = column.values.iter().filter(is_common).count();
        let enough = common >= AT_LEAST && common * 3 >= column.values.len();
        if enough { self.name_by_frequency() } else { None }
    }

    fn name_by_frequency(&self) -> Option<Role> {
        let e = &self.evidence;
        let (forenames, surnames) = (e.share(e.common_forenames), e.share(e.common_surnames));
        if e.share(e.name_like) < DECIDES_WEAKLY || forenames.max(surnames) < COMMON_NAMES {
            return None;
        }
        if e.share(e.several_words) >= DECIDES {
            return (forenames >= COMMON_NAMES).then_some(Role::FullName);
        }
        if forenames >= 2.0 * surnames {
            Some(Role::Forename)
        } else if surnames >= 2.0 * forenames {
            Some(Role::Surname)
        } else {
            None
        }
    }

    fn into_plan(self, at: usize, column: &Column, lines: &RowLines) -> (ColumnPlan, Option<Fault>) {
        let mut notes = self.notes;
        let (mut order, mut order_is_guess, mut fault) = (None, false, None);
        if self.role == Role::DateOfBirth {
            match dates::date_order_on(column, lines) {
                Ok(finding) => {
                    notes.extend(finding.notes);
                    (order, order_is_guess) = (Some(finding.order), finding.is_guess);
                }
                Err(two_orders) => fault = Some(two_orders),
            }
        }
        if self.role.is_date() && order.is_none() {
            order = Some(dates::usual_order(column));
        }
        let could_be_birth = self.is_unclaimed_date && self.role == Role::OtherDate;
        let Self { role, confidence, why, .. } = self;
        let plan = ColumnPlan {
            header: None,
            layout: None,
            column: at,
            name: column.name.clone(),
            role,
            confidence,
            date_order: order,
            order_is_guess,
            could_be_birth,
            displaced: self.displaced,
            why,
            notes,
        };
        (plan, fault)
    }
}

/// A shape of values that says what they are.
struct Shape {
    role: Role,
    count: fn(&Evidence) -> u64,
    enough: f64,
    words: &'static str,
}

const EMAIL: Shape =
    Shape { role: Role::Email, count: |e| e.emails, enough: DECIDES, words: "are e-mail addresses" };
const NHS_NUMBER: Shape = Shape {
    role: Role::NhsNumber,
    count: |e| e.nhs_numbers,
    enough: DECIDES,
    words: "pass the NHS number check",
};
const UPN: Shape = Shape {
    role: Role::Upn,
    count: |e| e.upns,
    enough: DECIDES,
    words: "are UPNs with the right check letter",
};
const ULN: Shape = Shape { role: Role::Uln, count: |e| e.ulns, enough: DECIDES, words: "pass the ULN check" };
const POSTCODE: Shape =
    Shape { role: Role::Postcode, count: |e| e.postcodes, enough: DECIDES, words: "are UK postcodes" };
const DATE: Shape =
    Shape { role: Role::OtherDate, count: |e| e.whole_dates, enough: DECIDES_WEAKLY, words: "are dates" };
const PHONE: Shape =
    Shape { role: Role::Phone, count: |e| e.phones, enough: DECIDES, words: "look like telephone numbers" };
const SEX: Shape =
    Shape { role: Role::Sex, count: |e| e.sex_words, enough: DECIDES_WEAKLY, words: "are words for a sex" };

/// Shapes that nothing else has by chance.
const NATIONAL: [Shape; 4] = [EMAIL, NHS_NUMBER, UPN, ULN];
/// Every shape, the strictest first.
const SHAPES: [Shape; 8] = [EMAIL, NHS_NUMBER, UPN, ULN, POSTCODE, DATE, PHONE, SEX];
/// Codes of something else may look like those of a sex.
const ALL_BUT_SEX: [Shape; 7] = [EMAIL, NHS_NUMBER, UPN, ULN, POSTCODE, DATE, PHONE];
/// More distinct values are no category.
const FEW: usize = 60;

/// Where the user says which column holds something, no other one is taken for it.
fn settle_given(drafts: &mut [Draft]) {
    let is_given = |draft: &&Draft| draft.confidence == Confidence::Given && draft.role.has_main_column();
    let given: Vec<Role> = drafts.iter().filter(is_given).map(|draft| draft.role).collect();
    // of two columns of one kind the user chooses; a column of another kind may be a slip
    let is_of_its_kind = |draft: &&Draft| {
        matches!(draft.meaning, Meaning::Is(role) | Meaning::Mentions(role) if role == draft.role)
            || draft.shape(&SHAPES).is_some_and(|(shape, _)| shape.role == draft.role)
    };
    let chosen: Vec<Role> =
        drafts.iter().filter(is_given).filter(is_of_its_kind).map(|draft| draft.role).collect();
    for draft in drafts.iter_mut() {
        if draft.confidence != Confidence::Given && given.contains(&draft.role) {
            let why = format!("another column is said to be the {}", draft.role.words());
            draft.displaced = Some(draft.role).filter(|role| !chosen.contains(role));
            draft.set(Role::Other, Confidence::Medium, why);
        }
    }
}

/// Leaves one kind of date of birth: a whole date where there is one, else the only column of dates that no
/// header claims for something else.
fn settle_dates_of_birth(drafts: &mut [Draft]) {
    let is_whole =
        |d: &Draft| d.role == Role::DateOfBirth && d.evidence.share(d.evidence.whole_dates) >= SUPPORTS;
    if drafts.iter().any(is_whole) {
        for draft in drafts.iter_mut() {
            if draft.role == Role::DateOfBirth && !is_whole(draft) && draft.confidence != Confidence::Given {
                let why = "part of a date of birth that stands whole in another column".to_owned();
                draft.set(Role::Other, Confidence::Medium, why);
            }
        }
    }
    if drafts.iter().any(|draft| draft.role == Role::DateOfBirth) {
        return;
    }
    let mut unclaimed = drafts.iter_mut().filter(|draft| draft.may_be_birth);
    if let (Some(draft), None) = (unclaimed.next(), unclaimed.next()) {
        let why = format!("{}, the only ones that no header claims for something else", draft.why);
        draft.set(Role::DateOfBirth, Confidence::Low, why);
    }
}

/// A column headed `name` beside one headed `surname` holds forenames.
fn settle_names(drafts: &mut [Draft]) {
    let has = |role| drafts.iter().any(|draft| draft.role == role);
    if !has(Role::Surname) || has(Role::Forename) {
        return;
    }
    for draft in drafts {
        let single = draft.evidence.share(draft.evidence.several_words) < SUPPORTS;
        if draft.role == Role::FullName && draft.confidence != Confidence::Given && single {
            let why =
                "header says name, values are single words and the surname has its own column".to_owned();
            draft.set(Role::Forename, Confidence::Medium, why);
        }
    }
}

/// Picks the record identifier: a column headed like one that is complete and never repeats.
fn settle_identifiers(table: &Table, drafts: &mut [Draft]) -> Result<(), Fault> {
    let given = drafts.iter().position(|d| d.role == Role::RecordId && d.confidence == Confidence::Given);
    if let Some(given) = given {
        refuse_repeated_records(table, &table.columns[given])?;
    }
    let rank = |draft: &Draft| match draft.meaning {
        // the surer ones go before it
        Meaning::SomeNumber
            if matches!(draft.role, Role::Number | Role::Other) && draft.confidence != Confidence::Given =>
        {
            Some(3)
        }
        _ if draft.role != Role::Other || draft.confidence == Confidence::Given => None,
        // names of records are printed
        _ if draft.evidence.are_names() => None,
        Meaning::RowId => Some(0),
        Meaning::PersonId => Some(1),
        Meaning::SomeId => Some(2),
        _ => None,
    };
    let picked = given.or_else(|| {
        let unique = (0..drafts.len()).filter(|&at| is_unique(table, &table.columns[at]));
        unique.filter_map(|at| Some((rank(&drafts[at])?, at))).min().map(|(_, at)| at)
    });
    for (at, draft) in drafts.iter_mut().enumerate() {
        if rank(draft).is_none() {
            continue;
        }
        let column = &table.columns[at];
        if picked == Some(at) {
            let why = "header says an identifier; every row has its own".to_owned();
            draft.set(Role::RecordId, Confidence::High, why);
        } else if draft.meaning == Meaning::PersonId && column.values.len() > 1 {
            let why = "header says a number of the person, which other sources may share".to_owned();
            draft.set(Role::Identifier, Confidence::Medium, why);
        } else if draft.meaning == Meaning::RowId && !column.values.is_empty() {
            describe_repeated_ids(draft, column, picked.is_some());
        }
    }
    Ok(())
}

/// Where no other column names the records, [`repeated_ids`] says more.
fn describe_repeated_ids(draft: &mut Draft, column: &Column, is_named_by_another: bool) {
    let filled = filled(column);
    let repeated = filled - column.values.len();
    if repeated == 0 {
        draft.why = String::from("header says an identifier of rows, but another column names the records");
        return;
    }
    draft.why =
        format!("header says an identifier of rows, but values are repeated in {}", rows(repeated as u64));
    if is_named_by_another && repeated * 20 < filled {
        draft.notes.push(format!(
            "almost every row has its own value, but values are repeated in {}: is a row in the file twice?",
            rows(repeated as u64)
        ));
    }
}

/// The role that the user gave each column.
fn given_roles(table: &Table, overrides: &[(String, Role)]) -> Result<Vec<Option<Role>>, Fault> {
    let mut given: Vec<Option<Role>> = vec![None; table.columns.len()];
    for (name, role) in overrides {
        let Some(at) = table.columns.iter().position(|column| column.name == *name) else {
            let headers = table.columns.iter().map(|column| column.name.as_str());
            return Err(unknown_column(format!("column \"{name}\" is not in {}", table.name), name, headers));
        };
        if let Some(earlier) = given[at].filter(|earlier| earlier != role) {
            return Err(Fault::new(
                FaultCode::DuplicateColumn,
                format!("column \"{name}\" was given two roles, {} and {}", earlier.name(), role.name()),
                "give it one role",
            )
            .at(table.name.clone()));
        }
        given[at] = Some(*role);
    }
    if given.iter().filter(|role| **role == Some(Role::RecordId)).count() > 1 {
        return Err(Fault::new(
            FaultCode::BadOption,
            format!("two columns of {} were given the role record_id", table.name),
            "give it to the one that names the records",
        ));
    }
    Ok(given)
}

fn refuse_repeated_records(table: &Table, column: &Column) -> Result<(), Fault> {
    if is_unique(table, column) {
        return Ok(());
    }
    let filled = filled(column);
    let (repeated, empty) = (filled - column.values.len(), table.n_rows - filled);
    let but = match (repeated, empty) {
        (_, 0) => format!("repeats a value in {}", rows(repeated as u64)),
        (0, _) => format!("has no value in {}", rows(empty as u64)),
        _ => {
            format!("repeats a value in {} and has none in {}", rows(repeated as u64), grouped(empty as u64))
        }
    };
    let what = format!("column \"{}\" was named as record identifier, but {but}", column.name);
    Err(Fault::new(
        FaultCode::DuplicateRecord,
        what,
        "name another column, or none: rows are then named by their number from 1",
    )
    .at(table.name.clone())
    .because("a link could not say which of the rows it means"))
}

/// Whether a column of this role, alone, can say who a record is about.
fn says_who(role: Role) -> bool {
    matches!(
        role,
        Role::Forename
            | Role::PreferredForename
            | Role::Surname
            | Role::FormerSurname
            | Role::FullName
            | Role::DateOfBirth
            | Role::Postcode
            | Role::Address
            | Role::AddressLine
            | Role::Email
            | Role::Phone
            | Role::Upn
            | Role::NhsNumber
            | Role::Uln
            | Role::Identifier
    )
}

fn nobody(table: &Table, plans: &[ColumnPlan]) -> Fault {
    let headers: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
    let seen: Vec<String> =
        plans.iter().map(|plan| format!("{} ({})", plan.name, plan.role.words())).collect();
    no_usable_column(&table.name, &headers, &seen.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Whether every row has a value of its own. Each distinct value stands on a row at least, so counting is enough.
fn is_unique(table: &Table, column: &Column) -> bool {
    table.n_rows > 0 && column.values.len() == table.n_rows
}

fn filled(column: &Column) -> usize {
    column.codes.iter().filter(|code| **code != NULL).count()
}

fn is_few(column: &Column) -> bool {
    column.values.len() <= FEW && column.values.len() * 5 <= column.codes.len()
}

/// Whether values are numbers without gaps, as a counter gives them: such numbers agree by chance.
fn is_running(column: &Column) -> bool {
    let mut lowest_and_highest: Option<(u64, u64)> = None;
    for value in column.values.iter() {
        let Ok(number) = value.trim().parse::<u64>() else { return false };
        let (lowest, highest) = lowest_and_highest.unwrap_or((number, number));
        lowest_and_highest = Some((lowest.min(number), highest.max(number)));
    }
    lowest_and_highest.is_some_and(|(lowest, highest)| (highest - lowest) / 2 <= column.values.len() as u64)
}

/// The share of the shorter list of values that is also in the other, 0..=1.
fn shared_values(one: &Column, other: &Column) -> f64 {
    let (short, long) = if one.values.len() <= other.values.len() { (one, other) } else { (other, one) };
    let mut pool = Interner::default();
    for value in short.values.iter() {
        pool.intern(value);
    }
    let shared = long.values.iter().filter(|value| pool.find(value).is_some()).count();
    shared as f64 / short.values.len().max(1) as f64
}
