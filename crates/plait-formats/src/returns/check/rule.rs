//! The rules of a spec, made ready to be evaluated.

use super::super::spec::{self, Check, Kind, Meaning, Rule, Spec, Table};
use super::value::{ColumnPlan, Implied, Judgement, whole_number};
use plait_types::PartialDate;
use plait_types::identifier::{Upn, UpnRule, UpnUnknown};

/// A check of the spec about one table.
pub(super) struct RulePlan {
    /// Its index in the spec.
    pub(super) check: usize,
    /// The column that it is about.
    pub(super) column: usize,
    pub(super) test: Test,
}

/// What is evaluated, with columns as indices in the table.
pub(super) enum Test {
    /// Rows are checked where the condition holds, and must, or must not, have a value.
    Present { must: bool, when: When },
    /// Each value is checked alone.
    Value(ValueTest),
    /// The date must not be before the one in the other column.
    NotBefore { other: usize },
    /// The year must be that of the date in the other column.
    YearOf { other: usize },
    /// There must be a UPN where the date of birth is this far back, unless a reason is given here.
    UpnExpected { birth: usize, years: u16, reason: Option<usize> },
    /// No two records share the value; these stand for no value.
    Unique { not_values: Vec<String> },
    /// No two rows are the same in every column.
    UniqueRow,
    /// The rows of a record agree.
    SameForRecord,
    /// These values stand only where all rows of the record in another table say yes; with the column that joins them.
    OnlyWhenAll { values: Vec<String>, join: Option<usize> },
}

/// Which rows a check is about.
pub(super) enum When {
    Always,
    /// The other column has a value, or, where `values` are given, one of them.
    Has {
        other: usize,
        values: Vec<String>,
    },
    /// The other column has none.
    HasNot {
        other: usize,
    },
}

/// What must hold of a value by itself.
pub(super) enum ValueTest {
    OneOf(Vec<String>),
    /// With what stands for "no number" and is not checked; UN1 to UN7 where empty.
    Upn(UpnRule, Vec<String>),
    NotInFuture,
    NotOlderThan(u16),
    /// Of the reference date, which was given.
    Year(u16),
}

impl RulePlan {
    /// Makes a check ready, or says why it cannot be evaluated.
    pub(super) fn new(
        at: usize,
        spec: &Spec,
        table: &Table,
        columns: &[ColumnPlan],
        reference: Reference,
    ) -> Result<Self, &'static str> {
        let check = &spec.checks[at];
        if check.rule == Rule::OnlyWhenAll {
            return Self::only_when_all(at, spec, table, columns);
        }
        if check.other_table.as_ref().is_some_and(|other| *other != table.name) {
            return Err("its rule cannot look at another table");
        }
        let column = index(table, &check.column).ok_or("its column is not collected in this term")?;
        let other = check.other.as_deref().map(|name| index(table, name));
        if other == Some(None) {
            return Err("the other column that it needs is not collected in this term");
        }
        let mut test = test(check, table, column, other.flatten(), reference)?;
        match &mut test {
            Test::Present { when: When::Has { other, values }, .. } => columns[*other].make_canonical(values),
            Test::Value(ValueTest::OneOf(values)) => columns[column].make_canonical(values),
            _ => {}
        }
        Ok(Self { check: at, column, test })
    }

    fn only_when_all(
        at: usize,
        spec: &Spec,
        table: &Table,
        columns: &[ColumnPlan],
    ) -> Result<Self, &'static str> {
        const LACKING: &str = "a column that it needs is not collected in this term";
        let check = &spec.checks[at];
        let column = index(table, &check.column).ok_or(LACKING)?;
        let other = check.other_table.as_ref().unwrap_or(&check.table);
        let witness = spec.tables.iter().find(|table| table.name == *other).ok_or(LACKING)?;
        check.other.as_deref().and_then(|name| index(witness, name)).ok_or(LACKING)?;
        let mut values = check.values.clone();
        columns[column].make_canonical(&mut values);
        let join = join(spec, table, witness).map(|join| join.0);
        Ok(Self { check: at, column, test: Test::OnlyWhenAll { values, join } })
    }
}

/// Rows of a table that an [`Test::OnlyWhenAll`] of another is about.
pub(super) struct Witness {
    /// The check's index in the spec.
    pub(super) check: usize,
    /// The column that says yes or no.
    pub(super) column: usize,
    /// The column that joins the tables.
    pub(super) join: Option<usize>,
}

impl Witness {
    /// The witnesses that a table has for the checks of a spec.
    pub(super) fn all(spec: &Spec, table: &Table) -> Vec<Self> {
        let asks = |check: &Check| {
            let other = check.other_table.as_ref().unwrap_or(&check.table);
            check.rule == Rule::OnlyWhenAll && *other == table.name
        };
        let checks = spec.checks.iter().enumerate().filter(|(_, check)| asks(check));
        checks
            .filter_map(|(at, check)| {
                let asking = spec.tables.iter().find(|asking| asking.name == check.table)?;
                let column = index(table, check.other.as_deref()?)?;
                Some(Self { check: at, column, join: join(spec, asking, table).map(|join| join.1) })
            })
            .collect()
    }
}

/// The columns by which rows of two tables are of one record, where their nesting does not say it.
fn join(spec: &Spec, asking: &Table, witness: &Table) -> Option<(usize, usize)> {
    let (there, here) = match spec.parent(witness) {
        Some((parent, here, there)) if parent.name == asking.name => (there, here),
        _ => (asking.record.as_deref()?, witness.record.as_deref()?),
    };
    Some((index(asking, there)?, index(witness, here)?))
}

fn index(table: &Table, name: &str) -> Option<usize> {
    table.columns.iter().position(|column| column.name == name)
}

fn test(
    check: &Check,
    table: &Table,
    column: usize,
    other: Option<usize>,
    reference: Reference,
) -> Result<Test, &'static str> {
    let the_other = other.ok_or("it names no other column");
    let values = || check.values.clone();
    let years = || {
        let years = check.values.first().and_then(|years| years.trim().parse().ok());
        years.ok_or("it gives no age in years")
    };
    let is_date = |column: usize| {
        if table.columns[column].kind == Kind::Date {
            Ok(column)
        } else {
            Err("a column that it needs is no date")
        }
    };
    let dated = || {
        is_date(column)?;
        reference.is_known().then_some(()).ok_or("there is no reference date, and the return has no year")
    };
    let upn = |rule| Test::Value(ValueTest::Upn(rule, values()));
    Ok(match check.rule {
        Rule::Required => Test::Present { must: true, when: When::Always },
        Rule::RequiredUnless => Test::Present { must: true, when: When::HasNot { other: the_other? } },
        Rule::RequiredWhen => {
            Test::Present { must: true, when: When::Has { other: the_other?, values: values() } }
        }
        Rule::AbsentWhen => {
            Test::Present { must: false, when: When::Has { other: the_other?, values: values() } }
        }
        Rule::OneOf => Test::Value(ValueTest::OneOf(values())),
        Rule::Unique => Test::Unique { not_values: values() },
        Rule::UniqueRow => Test::UniqueRow,
        Rule::SameForRecord => Test::SameForRecord,
        Rule::OnlyWhenAll => return Err("it names no other column"),
        Rule::UpnCheckLetter => upn(UpnRule::CheckLetter),
        Rule::UpnAuthority => upn(UpnRule::LaCode),
        Rule::UpnDigits => upn(UpnRule::Digits),
        Rule::UpnLastCharacter => upn(UpnRule::LastCharacter),
        Rule::UpnExpectedOverAge => upn_expected(table, other, years()?, reference)?,
        Rule::NotInFuture => dated().map(|()| Test::Value(ValueTest::NotInFuture))?,
        Rule::NotOlderThan => {
            dated()?;
            Test::Value(ValueTest::NotOlderThan(years()?))
        }
        Rule::NotBefore => {
            is_date(column)?;
            Test::NotBefore { other: is_date(the_other?)? }
        }
        Rule::YearOfReferenceDate => match (other, reference.given) {
            (Some(other), _) => Test::YearOf { other: is_date(other)? },
            (None, Some(date)) => Test::Value(ValueTest::Year(date.year)),
            (None, None) => return Err("there is no reference date"),
        },
    })
}

/// The other column is the date of birth if it is a date; otherwise it may give the reason.
fn upn_expected(
    table: &Table,
    other: Option<usize>,
    years: u16,
    reference: Reference,
) -> Result<Test, &'static str> {
    if !reference.is_known() {
        return Err("there is no reference date, and the return has no year");
    }
    let is_date = |&column: &usize| table.columns[column].kind == Kind::Date;
    let of_birth = |column: &spec::Column| column.meaning == Some(Meaning::DateOfBirth);
    let birth = other.filter(is_date).or_else(|| table.columns.iter().position(of_birth));
    let birth = birth.filter(is_date).ok_or("the table has no date of birth")?;
    Ok(Test::UpnExpected { birth, years, reason: other.filter(|other| *other != birth) })
}

/// The day to which ages and "in the future" refer.
#[derive(Clone, Copy)]
pub(super) struct Reference {
    /// As the file or the user gives it.
    pub(super) given: Option<PartialDate>,
    /// The year of the return; 0 for none.
    pub(super) year: u16,
}

impl Reference {
    fn is_known(self) -> bool {
        self.given.is_some() || self.year != 0
    }

    /// Some day of the return's year where none is given.
    fn days(self) -> Option<Days> {
        let year = PartialDate { year: self.year, month: None, day: None };
        self.given.or((self.year != 0).then_some(year)).map(Days::of)
    }
}

/// The first and last day that a date may be, as the number `YYYYMMDD`: what is not known may be any. A check objects
/// only where every such day is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Days {
    first: u32,
    last: u32,
}

impl Days {
    pub(super) fn of(date: PartialDate) -> Self {
        let number = |month, day| {
            u32::from(date.year) * 10_000
                + u32::from(date.month.unwrap_or(month)) * 100
                + u32::from(date.day.unwrap_or(day))
        };
        // a 31st of every month is only compared, never shown
        Self { first: number(1, 1), last: number(12, 31) }
    }

    pub(super) fn is_before(self, other: Self) -> bool {
        self.last < other.first
    }

    /// Whether somebody born then has had the birthday of this age before the day. Someone born on 29 February has it on 1 March.
    fn is_older_than(self, years: u16, on: Self) -> bool {
        self.last + u32::from(years) * 10_000 < on.first
    }
}

impl ValueTest {
    /// Whether a value holds; `None` where the test says nothing about it: a date that is none, a reason in place of a
    /// number.
    pub(super) fn holds(
        &self,
        text: &str,
        judged: Judgement,
        column: &ColumnPlan,
        reference: Reference,
    ) -> Option<bool> {
        match self {
            Self::OneOf(values) => {
                Some(column.parts(text).all(|part| is_one_of(values, column.canonical(part))))
            }
            Self::Upn(rule, not_values) => {
                if stands_for_no_upn(text, not_values) {
                    return None;
                }
                // the reading has been done, and it is right of nearly all
                if column.kind == Kind::Upn && judged.objection.is_none() {
                    return Some(*rule != UpnRule::LaCode || Upn::parse(text)?.has_known_authority());
                }
                Some(!rule.is_broken_by(text))
            }
            Self::NotInFuture => Some(!reference.days()?.is_before(Days::of(judged.date?))),
            Self::NotOlderThan(years) => {
                Some(!Days::of(judged.date?).is_older_than(*years, reference.days()?))
            }
            Self::Year(year) => Some(year_of(text, judged)? == i64::from(*year)),
        }
    }
}

/// Whether a child was surely older than this on the reference date.
pub(super) fn is_older_than(birth: PartialDate, years: u16, reference: Reference) -> bool {
    reference.days().is_some_and(|on| Days::of(birth).is_older_than(years, on))
}

/// Of a year, or of a date.
pub(super) fn year_of(text: &str, judged: Judgement) -> Option<i64> {
    judged.date.map(|date| i64::from(date.year)).or_else(|| whole_number(text))
}

/// Whether a value is one of a list; case and spaces around do not count.
pub(super) fn is_one_of(values: &[String], text: &str) -> bool {
    values.iter().any(|value| value.trim().eq_ignore_ascii_case(text.trim()))
}

/// Whether a text in a field for a UPN says that there is none, by the codes of the check or, where it has none, UN1 to
/// UN7.
fn stands_for_no_upn(text: &str, codes: &[String]) -> bool {
    if codes.is_empty() { UpnUnknown::parse(text).is_some() } else { is_one_of(codes, text) }
}

/// Whether a value is nothing that two records could share: placeholders, shortened numbers, and what the check names.
pub(super) fn is_nobodys(text: &str, judged: Judgement, not_values: &[String]) -> bool {
    matches!(judged.objection, Some(Implied::Placeholder(_) | Implied::Shortened))
        || is_one_of(not_values, text)
}

/// Whether there is a UPN, right or wrong, or a reason for there being none.
pub(super) fn is_upn_or_reason(text: &str, judged: Judgement) -> bool {
    !matches!(judged.objection, Some(Implied::Placeholder(_))) || UpnUnknown::parse(text).is_some()
}

/// A value as two records may share it: identifiers in capitals without spaces and hyphens.
pub(super) fn shared_form(kind: Kind, text: &str) -> std::borrow::Cow<'_, str> {
    match kind {
        Kind::Upn | Kind::NhsNumber | Kind::Uln | Kind::Postcode => {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            if is_plain {
                return text.into();
            }
            let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
            kept.flat_map(char::to_uppercase).collect::<String>().into()
        }
        _ => text.trim().into(),
    }
}
