//! What a return of one year looks like: tables, columns, types, code lists, checks.
//!
//! A spec is a TOML file, `specs/<return>-<year>/spec.toml`. The first year of a return holds everything; a later
//! one names the year that it `extends` and lists what changed. [`Spec::parse`] reads a whole spec,
//! [`Spec::change`] applies a later year to the one before.

mod change;
mod file;

pub use file::line_of_column;

use super::library::{self, CodeList};
pub(super) use change::extends;

use plait_types::Fault;
use std::fmt;

/// A return of one year, complete.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Spec {
    /// Short name, as in `plait specs show`: `cin-census`.
    pub name: String,
    /// As people say it: `Children in Need census`.
    pub title: String,
    /// Year of the collection, as the collector counts it; 0 for forms that have no year.
    pub year: u16,
    /// Who collects or publishes it.
    pub collector: String,
    /// Where its facts come from, and what of it is recalled rather than read.
    pub sources: Vec<String>,
    /// Terms that it is collected in; empty where it is once a year.
    pub terms: Vec<Term>,
    /// Whether its headers are words that any list of people may have, so that only a file without any other column is
    /// taken for it unasked: what is wrongly taken for a return would lose the columns that the return does not have.
    pub generic: bool,
    /// How dates are written.
    pub dates: DateForm,
    /// Containers that it comes in, the usual one first.
    pub forms: Vec<Form>,
    /// Where the things that name the return stand in its XML form, if it has one.
    pub xml: Option<XmlForm>,
    /// In the order in which they are to be read: tables of persons first.
    pub tables: Vec<Table>,
    /// Beyond what types, code lists and `required` imply.
    pub checks: Vec<Check>,
    /// What changed from the year before, a sentence each.
    pub changes: Vec<String>,
}

/// A school term in which a census is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Term {
    /// October.
    Autumn,
    /// January.
    Spring,
    /// May.
    Summer,
}

/// A kind of container that a return comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Text with one table a file.
    Csv,
    /// One document with all tables, nested.
    Xml,
    /// A workbook with one table a sheet.
    Xlsx,
    /// One document with all tables, nested.
    Json,
}

/// How the dates of a return are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DateForm {
    /// `2020-04-25`, with or without a time.
    #[default]
    Iso,
    /// `25/04/2020`.
    DayFirst,
    /// `2020-Apr-25 00:00:00`, as COLLECT exports.
    Collect,
    /// `20200425`.
    Compact,
    /// Whatever the column itself shows, as in files made by hand.
    Any,
}

/// The XML form of a return.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct XmlForm {
    /// Name of the root element.
    pub root: String,
    /// Path of the element that names the return, and its text: `Header/CollectionDetails/Collection` = `CIN`.
    pub collection: Option<(String, String)>,
    /// Path of the year.
    pub year: Option<String>,
    /// Path of the term.
    pub term: Option<String>,
    /// Path of the reference date.
    pub reference_date: Option<String>,
    /// Path of the local authority's code.
    pub authority: Option<String>,
}

/// One table of a return. In XML, one repeated element.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Table {
    /// As in the collector's own form: `pupilonroll`.
    pub name: String,
    /// Other names of the file or sheet.
    pub aliases: Vec<String>,
    /// In these terms only; always where empty.
    pub terms: Vec<Term>,
    /// Path of the repeated element from the root of the XML or JSON form, `Children/Child`; `.` is the root itself.
    ///
    /// Tables may share an element, or be of the element of the person. Then a row is made only where one of the
    /// table's columns beside identity has a value.
    pub element: Option<String>,
    /// A column of an element that all persons have, which says whether this person has such a row: where it is not true,
    /// it is as good as no value. Not of tables that are files of their own, where a row says so by being there.
    pub flag: Option<String>,
    /// What one row is.
    pub rows: Rows,
    /// Whether a row of [`Rows::OfPerson`] whose record no row of a person has makes that record, as in SSDA903, where care
    /// leavers are in no header. Only where tables are files of their own; in XML the nesting says the record.
    pub makes_records: bool,
    /// The column that says which record a row is about. In XML the nesting says it.
    pub record: Option<String>,
    /// Of a table of persons, the column that says within what their keys are unique: the organisation whose numbers they
    /// are. Rows of other tables have the key alone; where two organisations have it, such rows are set aside.
    pub record_within: Option<String>,
    /// Of a table of persons, a column that says, where it is true, that the collector is to forget the person: they are set
    /// aside, with all that is said of them.
    pub withdrawn: Option<String>,
    /// The column that another table of the return refers to, where that is not `record`.
    pub key: Option<String>,
    /// The table that a row belongs to: its `key`, or else its `record`, stands in the column of the same name here.
    pub parent: Option<String>,
    /// The column here that refers to the parent, where it is not of the same name.
    pub parent_column: Option<String>,
    /// Columns of the payload that are the first and the last day at the address in the row as well, such as those of an
    /// episode of care.
    pub address_dates: Option<[String; 2]>,
    /// In file order.
    pub columns: Vec<Column>,
}

/// What one row of a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// A person: every row, or every distinct value of `record`, is a record.
    Person,
    /// Something about a record that another table has made; a row of an unknown record is set aside.
    OfPerson,
    /// Something about nobody whom the return is about: the file, a school, an adopter.
    OfFile,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Column {
    /// The header, or the name in the collector's specification.
    pub name: String,
    /// Other headers that mean it.
    pub aliases: Vec<String>,
    /// Headers that it had in earlier years. Files still have them, so that they are read; but they speak for those years
    /// where the year is to be told.
    pub former: Vec<String>,
    /// A header that holds all of these words means it too, where a return's headers vary between councils.
    pub words: Vec<String>,
    /// Path of the element from the table's element; the name where absent; `-` where the XML form does not have it here.
    pub element: Option<String>,
    /// In these terms only; always where empty.
    pub terms: Vec<Term>,
    /// What its values look like.
    pub kind: Kind,
    /// What it says about who the person is; `None` for payload.
    pub meaning: Option<Meaning>,
    /// Whether every row must have it.
    pub required: bool,
    /// Name of its code list in `specs/codes/`.
    pub codes: Option<String>,
    /// Codes of its own, where a mapping file says what each is instead of naming a list.
    pub own_codes: Option<CodeList>,
    /// Whether a row can hold several values (XML only); they are joined with `|`.
    pub several: bool,
}

impl Column {
    /// Its codes: its own, else those of the list that it names.
    pub fn code_list(&self) -> Option<&CodeList> {
        self.own_codes.as_ref().or_else(|| library::codes(self.codes.as_deref()?))
    }
}

/// What the values of a column look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Anything.
    #[default]
    Text,
    /// A value of a code list.
    Code,
    /// A date in the form of the return.
    Date,
    /// A time of day.
    Time,
    /// A whole number; `770.0` counts.
    Integer,
    /// A number.
    Number,
    /// 0 or 1, true or false, Y or N.
    Boolean,
    /// A key within the file, opaque.
    Key,
    /// Unique Pupil Number.
    Upn,
    /// NHS number.
    NhsNumber,
    /// Unique Learner Number.
    Uln,
    /// UK postcode.
    Postcode,
    /// School's unique reference number.
    Urn,
    /// Local authority code, three digits.
    Authority,
    /// JSON text.
    Json,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Name of a person: letters, and what stands between them in names.
    Name,
}

/// What an identity column says about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// The key of the record in its own file or system, where it is no identifier that others share.
    Record,
    /// The child's identifier in the authority's case-management system.
    LaChildId,
    /// An earlier one, before systems changed.
    FormerLaChildId,
    /// What the place that wrote the row calls the person, beside the key of the row: a hospital's number of a patient.
    LocalPatientId,
    /// Legal surname.
    Surname,
    /// Legal forename.
    Forename,
    /// Middle names.
    MiddleNames,
    /// Surname that the person goes by.
    PreferredSurname,
    /// Forename that the person goes by.
    PreferredForename,
    /// Earlier surname.
    FormerSurname,
    /// Forename and surname together.
    FullName,
    /// Date of birth.
    DateOfBirth,
    /// Date on which an unborn child is expected.
    ExpectedDateOfBirth,
    /// Date of death.
    DateOfDeath,
    /// Sex, or gender where that is what the return asks.
    Sex,
    /// Ethnicity.
    Ethnicity,
    /// One line or part of the address.
    AddressLine,
    /// The whole address.
    Address,
    /// What the address in the row is to the person: a home, a placement.
    AddressKind,
    /// Town.
    Town,
    /// Home postcode.
    Postcode,
    /// Postcode of a placement.
    PlacementPostcode,
    /// Unique property reference number.
    Uprn,
    /// First day at the address, of the name or of the identifier in the row.
    From,
    /// Last day of it.
    To,
    /// UPN.
    Upn,
    /// An earlier or temporary UPN.
    FormerUpn,
    /// Why there is no UPN.
    UpnUnknown,
    /// NHS number.
    NhsNumber,
    /// Status of the NHS number's verification.
    NhsNumberStatus,
    /// ULN.
    Uln,
    /// What the identifier in the row's `identifier_value` is.
    IdentifierKind,
    /// An identifier whose kind another column says.
    IdentifierValue,
    /// What stands in place of an identifier in pseudonymised extracts, and is the same in all of one recipient:
    /// `Person_ID`, a token.
    Pseudonym,
    /// URN of the school.
    SchoolUrn,
    /// Name or local number of the school.
    School,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Something that identifies another person: a parent's name, a mother's date of birth. Kept out of payload,
    /// not used for linkage.
    OtherPerson,
}

/// A rule about values of one table, beyond what types and code lists say.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The collector's number where it has one, `1510`; a name in words where the check is our own, `upn-unique`.
    pub id: String,
    /// Table it is about.
    pub table: String,
    /// Column it is about.
    pub column: String,
    /// What must hold.
    pub rule: Rule,
    /// The other column that the rule needs.
    pub other: Option<String>,
    /// The table of `other`, where it is not this one.
    pub other_table: Option<String>,
    /// Values that the rule needs.
    #[serde(default)]
    pub values: Vec<String>,
    /// How bad it is when it does not hold.
    #[serde(default)]
    pub severity: Severity,
    /// Which kind of quality it is about.
    pub category: Category,
    /// What is wrong, lower case, no full stop, no value: `check letter of the UPN is wrong`.
    pub says: String,
    /// What to do about it.
    pub todo: String,
}

/// What must hold of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// There is a value.
    Required,
    /// There is a value where `other` has none.
    RequiredUnless,
    /// There is a value where `other` is one of `values`, or has any where `values` is empty.
    RequiredWhen,
    /// There is no value where `other` is one of `values`, or has any where `values` is empty.
    AbsentWhen,
    /// The value is one of `values`.
    OneOf,
    /// A value that is one of `values` stands only where `other` is true in every row of the record, of which there is
    /// one at least.
    OnlyWhenAll,
    /// No two records share the value; those of `values` do not count.
    Unique,
    /// No two rows say the same in every column of the file; rows without a value in the check's column do not count.
    UniqueRow,
    /// The UPN's check letter fits. Of this and the other rules about UPNs: one of `values` stands in place of a UPN.
    UpnCheckLetter,
    /// The UPN's characters 2 to 4 are an authority's code.
    UpnAuthority,
    /// The UPN's characters 5 to 12 are digits.
    UpnDigits,
    /// The UPN's last character is a digit or a letter that temporary numbers have.
    UpnLastCharacter,
    /// There is a UPN for a child over this age in years, the one entry of `values`, on the reference date, unless
    /// `other` has a value.
    UpnExpectedOverAge,
    /// The date is not after the reference date, or the end of the year of the return.
    NotInFuture,
    /// The date is not before the one in `other`.
    NotBefore,
    /// On the reference date the person is not older than the one entry of `values`, in years.
    NotOlderThan,
    /// The same record has the same value in every row of the table.
    SameForRecord,
    /// The year of the file is the year of its reference date.
    YearOfReferenceDate,
}

/// How bad a finding is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Characterization,
    /// Against a convention; the value is used.
    #[default]
    Convention,
    /// The value cannot be used.
    Fatal,
}

/// Which kind of quality a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Is it there?
    Completeness,
    /// Is it in the form that it should have?
    Conformance,
    /// Can it be true?
    Plausibility,
}

impl Check {
    /// Whether the check has a number of the collector's. Others are our own.
    pub fn has_number(&self) -> bool {
        self.id.starts_with(|char: char| char.is_ascii_digit())
    }
}

impl Severity {
    /// The word, as specs and lists of findings write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Characterization => "characterization",
            Self::Convention => "convention",
            Self::Fatal => "fatal",
        }
    }
}

impl Spec {
    /// Reads a whole spec, the first year of a return. `file` is its name for messages.
    ///
    /// Fails with `E022` where the text is no spec, where a table or column is named twice, or where a check,
    /// key or parent names something that is not there.
    pub fn parse(text: &str, file: &str) -> Result<Self, Fault> {
        file::parse(text, file)
    }

    /// The next year of this return: this one with the changes of `text`.
    ///
    /// Fails as [`Spec::parse`], and where a change names something that this year does not have.
    pub fn change(&self, text: &str, file: &str) -> Result<Self, Fault> {
        change::apply(self, text, file)
    }

    /// `cin-census-2026`, or the name alone where the form has no year.
    pub fn id(&self) -> String {
        if self.year == 0 { self.name.clone() } else { format!("{}-{}", self.name, self.year) }
    }

    /// The table of this name or alias; case does not matter.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.is_called(name))
    }

    /// What is left of the spec in one term: tables, columns, and the checks that still have their columns.
    #[must_use]
    pub fn in_term(&self, term: Term) -> Self {
        let mut spec = self.clone();
        spec.tables.retain(|table| is_in(&table.terms, term));
        for table in &mut spec.tables {
            table.columns.retain(|column| is_in(&column.terms, term));
        }
        let has = |table: &str, column: &str| {
            spec.tables
                .iter()
                .any(|other| other.name == table && other.columns.iter().any(|c| c.name == column))
        };
        let applies = |check: &Check| {
            let other_table = check.other_table.as_ref().unwrap_or(&check.table);
            has(&check.table, &check.column)
                && check.other.as_ref().is_none_or(|other| has(other_table, other))
        };
        let applies: Vec<bool> = spec.checks.iter().map(applies).collect();
        let mut applies = applies.into_iter();
        spec.checks.retain(|_| applies.next().expect("one answer for each check"));
        spec
    }

    /// The table that a table's rows belong to, with the columns by which they do: here, there.
    pub fn parent<'a>(&'a self, table: &'a Table) -> Option<(&'a Table, &'a str, &'a str)> {
        let parent = self.tables.iter().find(|other| Some(&other.name) == table.parent.as_ref())?;
        let there = parent.key.as_ref().or(parent.record.as_ref())?;
        Some((parent, table.parent_column.as_ref().unwrap_or(there), there))
    }
}

impl Spec {
    /// Whether a column says who its rows are about: by its meaning, as the key of the record, or as a reference to a row of
    /// another table by a column that does. Such columns are kept apart from payload.
    pub fn says_who(&self, table: &Table, column: &Column) -> bool {
        // by a key of its own a parent is referred to without saying who it is about; specs are checked to have no circles
        let mut at = (table, column);
        for _ in 0..=self.tables.len() {
            let (table, column) = at;
            if column.is_identity() || table.record.as_ref() == Some(&column.name) {
                return true;
            }
            let parent = self.parent(table).filter(|(_, here, _)| *here == column.name);
            let there = parent.and_then(|(parent, _, there)| {
                Some((parent, parent.columns.iter().find(|column| column.name == there)?))
            });
            match there {
                Some(there) => at = there,
                None => return false,
            }
        }
        false
    }
}

fn is_in(terms: &[Term], term: Term) -> bool {
    terms.is_empty() || terms.contains(&term)
}

impl Table {
    /// Whether a file, sheet or table of this name is meant; case does not matter.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    }

    /// The index of the column that a header means.
    pub fn column(&self, header: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| column.is_called(header))
            .or_else(|| self.columns.iter().position(|column| column.is_worded(header)))
    }
}

impl Column {
    /// Whether the header is the column's name or alias; case and spaces around do not matter.
    pub fn is_called(&self, header: &str) -> bool {
        let header = header.trim();
        self.name.eq_ignore_ascii_case(header)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(header))
    }

    /// Whether the header is one that the column had in earlier years.
    pub fn was_called(&self, header: &str) -> bool {
        self.former.iter().any(|former| former.eq_ignore_ascii_case(header.trim()))
    }

    /// Whether the header holds all words that mean the column; never where it has none.
    pub fn is_worded(&self, header: &str) -> bool {
        let header = header.to_lowercase();
        !self.words.is_empty() && self.words.iter().all(|word| header.contains(word.as_str()))
    }

    /// Whether the column has a meaning, by which it is kept apart from payload; [`Spec::says_who`] knows of keys too.
    pub fn is_identity(&self) -> bool {
        self.meaning.is_some()
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::Xml => "XML",
            Self::Xlsx => "xlsx",
            Self::Json => "JSON",
        })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Autumn => "autumn",
            Self::Spring => "spring",
            Self::Summer => "summer",
        })
    }
}

#[cfg(test)]
mod tests;
