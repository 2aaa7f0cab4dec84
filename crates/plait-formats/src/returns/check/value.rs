//! What one value is, by the type and the code list of its column.

use super::super::codes::{CodeWritten, find_code, without_label};
use super::super::dates::{DateReader, DateWritten, is_time};
use super::super::library::CodeList;
use super::super::spec::{self, Category, DateForm, Kind, Meaning, Severity};
use crate::columns::evidence::{is_email, is_phone};
use plait_types::identifier::{LaCode, NhsNumber, Postcode, Uln, UpnReading, Urn};
use plait_types::{PartialDate, Role, is_shortened, placeholder};
use std::borrow::Cow;

/// A check that types, code lists and `required` imply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Implied {
    /// No value where every row must have one.
    Required,
    /// No column where every row must have a value.
    NoColumn,
    /// Not what the column's kind says.
    Form,
    /// Not in the code list.
    Code,
    /// A spreadsheet has shortened a number.
    Shortened,
    /// Stands for "missing"; with the words to print.
    Placeholder(&'static str),
    /// A code of the list, written in another way.
    CodeWritten(CodeWritten),
    /// A date, written in another way than the return asks.
    DateWritten(DateWritten),
    /// The authority of the file is not the one that was given.
    OtherAuthority,
}

/// What is known of a column before any value is seen.
pub(super) struct ColumnPlan {
    pub(super) kind: Kind,
    /// Of placeholders to look for.
    role: Option<Role>,
    /// Its code list, if there is one with codes in it.
    pub(super) codes: Option<CodeList>,
    several: bool,
}

/// What a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Judgement {
    /// What to object to; `None` where it is as it should be.
    pub(super) objection: Option<Implied>,
    /// Of date columns, where it is one.
    pub(super) date: Option<PartialDate>,
}

impl ColumnPlan {
    pub(super) fn new(column: &spec::Column, codes: Option<CodeList>) -> Self {
        Self {
            kind: column.kind,
            role: role(column),
            codes: codes.filter(|list| !list.codes.is_empty()),
            several: column.several,
        }
    }

    /// Judges a value that is there.
    pub(super) fn judge(&self, text: &str, dates: DateReader) -> Judgement {
        if !self.several {
            return self.judge_one(text, dates);
        }
        // the worst of several
        let all = self.parts(text).map(|part| self.judge_one(part, dates));
        all.min_by_key(|judgement| judgement.objection.map_or((true, None), |worst| (false, Some(worst))))
            .expect("splitting gives one part at least")
    }

    /// A value as rules compare it: a code as its list writes it, yes and no as `1` and `0`, all else trimmed.
    pub(super) fn canonical<'a>(&'a self, text: &'a str) -> &'a str {
        if let Some((code, _)) = self.codes.as_ref().and_then(|list| find_code(list, text)) {
            return &code.code;
        }
        match self.kind {
            Kind::Boolean => boolean(text).map_or(text.trim(), |yes| if yes { "1" } else { "0" }),
            _ => text.trim(),
        }
    }

    /// Values of a check, to be compared with canonical ones.
    pub(super) fn make_canonical(&self, values: &mut [String]) {
        values.iter_mut().for_each(|value| *value = self.canonical(value).to_owned());
    }

    /// The values of a cell that may hold several.
    pub(super) fn parts<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        let several = self.several;
        text.split(move |c| several && c == '|')
    }

    fn judge_one(&self, text: &str, dates: DateReader) -> Judgement {
        let object = |objection: Implied| Judgement { objection: Some(objection), date: None };
        if let Some(words) = self.role.and_then(|role| placeholder::find(role, text)) {
            // the date is there to be compared with others, however wrong it is
            let date = if self.kind == Kind::Date { dates.read(text).map(|cell| cell.date) } else { None };
            return Judgement { objection: Some(Implied::Placeholder(words)), date };
        }
        if is_shortened(text) && self.kind != Kind::Number {
            return object(Implied::Shortened);
        }
        if let Some(list) = &self.codes {
            return match find_code(list, text) {
                Some((_, CodeWritten::AsListed)) => Judgement::default(),
                Some((_, written)) => object(Implied::CodeWritten(written)),
                None => object(Implied::Code),
            };
        }
        if self.kind == Kind::Date {
            return match dates.read(text) {
                None => object(Implied::Form),
                Some(cell) => {
                    let other = !dates.is_as_asked(cell.written);
                    let objection = other.then_some(Implied::DateWritten(cell.written));
                    Judgement { objection, date: Some(cell.date) }
                }
            };
        }
        if is_of_kind(self.kind, text) { Judgement::default() } else { object(Implied::Form) }
    }
}

/// Whether a text is of a kind. Dates are another matter.
fn is_of_kind(kind: Kind, text: &str) -> bool {
    match kind {
        // a code without a list, or with one that is still empty, may be anything
        Kind::Text | Kind::Key | Kind::Code | Kind::Date => true,
        Kind::Time => is_time(text),
        Kind::Integer => whole_number(text).is_some(),
        Kind::Number => is_number(text),
        Kind::Boolean => boolean(text).is_some(),
        Kind::Upn => UpnReading::of(text).number().is_some(),
        Kind::NhsNumber => NhsNumber::parse(text).is_some(),
        Kind::Uln => Uln::parse(text).is_some(),
        Kind::Postcode => Postcode::parse(text).is_some(),
        Kind::Urn => Urn::parse(text).is_some(),
        Kind::Email => is_email(text.trim()),
        Kind::Phone => is_phone(text.trim(), text.bytes().filter(u8::is_ascii_digit).count()),
        Kind::Name => is_name(text),
        Kind::Authority => LaCode::parse(text).is_some(),
        Kind::Json => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
    }
}

/// Digits with or without a sign, and with a fraction of zeros.
pub(in crate::returns) fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok()
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    // what Rust reads as a number besides: words for infinity
    let has_only_signs = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    has_only_signs && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Letters of any language, and what stands between them in names.
fn is_name(text: &str) -> bool {
    let is_of_name =
        |c: char| c.is_alphabetic() || c.is_whitespace() || "'’‘`´-‐.,()/".contains(c) || is_mark(c);
    text.chars().all(is_of_name)
}

/// An accent that is written as a character of its own.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&c)
}

/// Yes or no.
pub(in crate::returns) fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    let text = without_label(text).unwrap_or(text);
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(&["1", "true", "y", "yes", "t", "1.0"]) {
        Some(true)
    } else if is(&["0", "false", "n", "no", "f", "0.0"]) {
        Some(false)
    } else {
        None
    }
}

/// What placeholders to look for: by what the column says about the person, else by its kind. Codes and payload have
/// none, because their lists have words of their own for what is not known.
fn role(column: &spec::Column) -> Option<Role> {
    let by_kind = match column.kind {
        Kind::Date => Some(Role::OtherDate),
        Kind::Upn => Some(Role::Upn),
        Kind::NhsNumber => Some(Role::NhsNumber),
        Kind::Uln => Some(Role::Uln),
        Kind::Postcode => Some(Role::Postcode),
        Kind::Urn => Some(Role::School),
        Kind::Email => Some(Role::Email),
        Kind::Phone => Some(Role::Phone),
        _ => None,
    };
    let by_meaning = match column.meaning? {
        Meaning::Surname | Meaning::PreferredSurname => Some(Role::Surname),
        Meaning::FormerSurname => Some(Role::FormerSurname),
        Meaning::Forename => Some(Role::Forename),
        Meaning::PreferredForename => Some(Role::PreferredForename),
        Meaning::MiddleNames => Some(Role::MiddleName),
        Meaning::FullName => Some(Role::FullName),
        Meaning::AddressLine => Some(Role::AddressLine),
        Meaning::Address => Some(Role::Address),
        Meaning::Town => Some(Role::Town),
        Meaning::Email => Some(Role::Email),
        Meaning::Phone => Some(Role::Phone),
        Meaning::LaChildId | Meaning::FormerLaChildId | Meaning::IdentifierValue => Some(Role::Identifier),
        Meaning::DateOfBirth | Meaning::ExpectedDateOfBirth | Meaning::DateOfDeath => Some(Role::DateOfBirth),
        Meaning::Postcode | Meaning::PlacementPostcode => Some(Role::Postcode),
        Meaning::Upn | Meaning::FormerUpn => Some(Role::Upn),
        Meaning::NhsNumber => Some(Role::NhsNumber),
        Meaning::Uln => Some(Role::Uln),
        Meaning::SchoolUrn => Some(Role::School),
        _ => None,
    };
    if column.kind == Kind::Code { None } else { by_meaning.or(by_kind) }
}

/// What a finding says.
pub(super) struct Words {
    pub(super) check: &'static str,
    pub(super) severity: Severity,
    pub(super) category: Category,
    pub(super) says: Cow<'static, str>,
    pub(super) todo: &'static str,
}

impl Implied {
    /// Whether the value can be used as what its column says.
    pub(super) fn leaves_valid(self) -> bool {
        matches!(self, Self::CodeWritten(_) | Self::DateWritten(_) | Self::OtherAuthority)
    }

    /// What it says of a column of a return that writes its dates in a form. Fatal is what takes a value away from
    /// linkage: identifiers, dates, keys of records. Payload stays as it is.
    pub(super) fn words(self, column: &spec::Column, is_record_key: bool, form: DateForm) -> Words {
        use Category::{Completeness, Conformance, Plausibility};
        use Severity::{Characterization, Convention, Fatal};
        let words = |check, severity, category, says: Cow<'static, str>, todo| Words {
            check,
            severity,
            category,
            says,
            todo,
        };
        match self {
            Self::Required => words(
                "required",
                if is_record_key { Fatal } else { Convention },
                Completeness,
                "there is no value, and every row must have one".into(),
                "record it in the system that the file comes from, and export the file again",
            ),
            Self::NoColumn => words(
                "no-column",
                if column.meaning.is_some() || is_record_key { Fatal } else { Convention },
                Completeness,
                "the file has no such column, and every row must have a value in it".into(),
                "export the file again with it; if it is there under another name, give that in a mapping file",
            ),
            Self::Form => {
                // these are compared as they stand
                let is_used = matches!(column.kind, Kind::Email | Kind::Phone | Kind::Name);
                let fatal = column.kind == Kind::Date || (column.meaning.is_some() && !is_used);
                let severity = if fatal { Fatal } else { Convention };
                let (says, todo) = not_of_kind(column.kind);
                words("form", severity, Conformance, says.into(), todo)
            }
            Self::Code => words(
                "code",
                Convention,
                Conformance,
                match &column.codes {
                    Some(list) => format!("not a code of the list \"{list}\"").into(),
                    None => "not one of its codes".into(),
                },
                "correct the code, or look whether the file is of another year, which had other codes",
            ),
            Self::Shortened => words(
                "shortened",
                Fatal,
                Conformance,
                "a spreadsheet has shortened the number to the form 3.02E+11, and its digits are lost".into(),
                "export the file again, and do not open it in a spreadsheet before it is loaded",
            ),
            Self::Placeholder("UN1 to UN7") => words(
                "placeholder",
                Characterization,
                Completeness,
                "UN1 to UN7 stands in place of a UPN and says why there is none; counts as missing".into(),
                "nothing, unless the child has a UPN by now",
            ),
            Self::Placeholder(what) => words(
                "placeholder",
                Characterization,
                Completeness,
                format!("holds \"{what}\", which stands for something that is not known; counts as missing")
                    .into(),
                "record the real value, or leave it empty",
            ),
            Self::CodeWritten(written) => words(
                "code-written",
                Characterization,
                Conformance,
                code_written(written).into(),
                "nothing; better to export codes as the return lists them",
            ),
            Self::DateWritten(written) => {
                let (severity, says, todo) = date_written(written, form);
                words("date-written", severity, Conformance, says, todo)
            }
            Self::OtherAuthority => words(
                "authority",
                Convention,
                Plausibility,
                "the file names another authority than the one whose return it was said to be".into(),
                "look whether this is the right file",
            ),
        }
    }
}

fn not_of_kind(kind: Kind) -> (&'static str, &'static str) {
    const CORRECT: &str = "correct it in the system that the file comes from";
    match kind {
        Kind::Date => ("not a date, or a day that there is not; counts as missing", CORRECT),
        Kind::Time => ("not a time of day", CORRECT),
        Kind::Integer => ("not a whole number", CORRECT),
        Kind::Number => ("not a number", CORRECT),
        Kind::Boolean => ("neither yes nor no: not one of 0, 1, true, false, Y, N", CORRECT),
        Kind::Upn => (
            "not a UPN: its length, a character or its check letter is wrong; counts as missing",
            "ask the school for the UPN",
        ),
        Kind::NhsNumber => (
            "not an NHS number: not ten digits, or its check digit is wrong; counts as missing",
            "look the number up in the Personal Demographics Service, or trace it again",
        ),
        Kind::Uln => (
            "not a ULN: not ten digits, or its check digit is wrong; counts as missing",
            "look the number up in the Learning Records Service",
        ),
        Kind::Postcode => ("not of the form of a United Kingdom postcode; counts as missing", CORRECT),
        Kind::Urn => ("not a school's URN, which has six digits", "look the school up in the register"),
        Kind::Authority => ("not an authority's code, which has three digits", CORRECT),
        Kind::Json => ("not well-formed JSON", "export the file again"),
        Kind::Email => ("not of the form of an e-mail address", CORRECT),
        Kind::Phone => ("not of the form of a telephone number", CORRECT),
        Kind::Name => ("a name with a character that names do not have", CORRECT),
        Kind::Text | Kind::Code | Kind::Key => ("not in its form", CORRECT),
    }
}

fn code_written(written: CodeWritten) -> &'static str {
    match written {
        CodeWritten::AsListed => "codes are as listed",
        CodeWritten::Labelled => "codes have a label, as in \"a) M\" or \"N1 - Abuse\"; read without it",
        CodeWritten::Words => "the words of the code list stand in place of its codes; read as the codes",
        CodeWritten::AsNumber => {
            "codes are written as numbers, without their leading zeros or with .0 behind; read as the codes"
        }
        CodeWritten::TrailingCharacters => {
            "codes have characters around them that mean nothing; read without them"
        }
    }
}

fn date_written(written: DateWritten, form: DateForm) -> (Severity, Cow<'static, str>, &'static str) {
    const BETTER: &str = "nothing; better to export dates as the return asks for them";
    let layout = |of: &str| -> Cow<'static, str> {
        let asked = match form {
            DateForm::Iso => "YYYY-MM-DD",
            DateForm::DayFirst => "DD/MM/YYYY",
            DateForm::Collect => "YYYY-Mon-DD",
            DateForm::Compact => "YYYYMMDD",
            DateForm::Any => "one order of day and month",
        };
        format!("dates are written {of} where the return has {asked}; read all the same").into()
    };
    match written {
        DateWritten::EitherWay => (
            Severity::Convention,
            "dates could be day first or month first, and nothing says which; read as DD/MM/YYYY".into(),
            "export the file again with dates as YYYY-MM-DD",
        ),
        DateWritten::MonthFirst => (
            Severity::Convention,
            "dates can only be MM/DD/YYYY; others of the column may then have day and month the wrong way round"
                .into(),
            "export the file again with dates as the return asks for them",
        ),
        DateWritten::MonthFirstThroughout => (
            Severity::Convention,
            "dates are MM/DD/YYYY, by those of the column, or of its table, that can be nothing else; read so".into(),
            "export the file again with dates as the return asks for them",
        ),
        DateWritten::TwoDigitYear => (
            Severity::Convention,
            "years have two digits; 30 and above are read as of the 1900s".into(),
            "export the file again with years of four digits",
        ),
        DateWritten::Partial => {
            (Severity::Convention, "dates are only a year, or a year and a month".into(), "record the whole date")
        }
        DateWritten::Serial => (
            Severity::Characterization,
            "dates are numbers, as a spreadsheet shows them when a cell has lost its format; read as dates".into(),
            "look at one of them in the system that the file comes from",
        ),
        DateWritten::YearFirst => (Severity::Characterization, layout("YYYY-MM-DD"), BETTER),
        DateWritten::DayFirst => (Severity::Characterization, layout("DD/MM/YYYY"), BETTER),
        DateWritten::YearMonthNameDay => (Severity::Characterization, layout("YYYY-Mon-DD"), BETTER),
        DateWritten::MonthName => (Severity::Characterization, layout("with the month as a word"), BETTER),
        DateWritten::Compact => (Severity::Characterization, layout("YYYYMMDD"), BETTER),
    }
}
