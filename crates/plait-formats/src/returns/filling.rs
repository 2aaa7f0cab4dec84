//! Lists that a collector prescribes, filled from the rows of another return, or of the same one.
//!
//! Which list comes from which table, and each column from what, is data: `specs/<list>/from-<return>.toml`. Who a row is
//! about comes by its meaning in either specification. What the rows do not say stays empty, and it is said why.

use super::check::boolean;
use super::codes;
use super::library::{self, CodeList};
use super::rows::{RecordName, ReturnRows};
use super::spec::{Column, Kind, Meaning, Spec};
use plait_types::{Fault, FaultCode, PartialDate, Values};
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// How the lists of one return are filled from the tables of another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filling {
    /// Where the way of filling is from, and what of it is our reading.
    pub sources: Vec<String>,
    /// What stands for true and false in the lists.
    yes_no: [String; 2],
    /// Whether its rows are no rows of the lists, but say something of persons who are in them: only a linkage tells of whom.
    #[serde(default)]
    pub beside: bool,
    #[serde(rename = "list")]
    lists: Vec<ListFrom>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFrom {
    /// The list, as its specification calls it.
    table: String,
    /// The table whose rows become its rows.
    rows: String,
    /// A date of these rows: of each person only the row with the latest one.
    latest: Option<String>,
    /// Only rows with one of these values, or with any where there are none.
    #[serde(rename = "where")]
    only_where: Option<Where>,
    /// Only of persons who have a row in this table.
    with: Option<String>,
    /// By their headers.
    #[serde(default)]
    columns: BTreeMap<String, From>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Where {
    column: String,
    #[serde(default)]
    values: Vec<String>,
}

/// What a column is filled with. Columns of other tables are `table.column`, of rows of the same person.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum From {
    /// A column of the row itself.
    Own(String),
    /// The column of the row with the latest date in `by`.
    Latest { latest: String, by: String },
    /// The column of the row with the lowest number or the earliest date in `by`. Rows whose `ended` is past come last,
    /// whatever their number; of equal ones the row with the latest date in `since` counts.
    First { first: String, by: String, ended: Option<String>, since: Option<String> },
    /// Whether any row has a value, one of `only` or none of `except`; empty where there are no rows.
    Has {
        has: String,
        #[serde(default)]
        only: Vec<String>,
        #[serde(default)]
        except: Vec<String>,
    },
    /// How many rows have a value, one of `only`, or a date in so many months up to the day of the list; of rows that last
    /// `until` another date, or have not ended, how many have a day there. Of a person with a date that cannot be read it is
    /// not known.
    Count {
        count: String,
        until: Option<String>,
        #[serde(default)]
        only: Vec<String>,
        months: Option<u16>,
    },
    /// The column of the row, of whatever person, that has in `there` what this one has in `here`.
    Joined { joined: String, here: String, there: String },
    /// Whole years on the day of the list since what this means.
    Age { age: Meaning },
}

/// A list with its rows.
#[derive(Clone, Debug)]
pub struct FilledList {
    /// Its index in the tables of its specification.
    pub table: usize,
    /// Rows.
    pub n_rows: usize,
    /// Rows of the source that belong into it and say of nobody who they are about.
    pub left_out: u64,
    /// Rows of the table that the list does not ask for: earlier ones where it has the latest of a person, and those of
    /// persons or with values that it is not about.
    pub not_asked_for: u64,
    /// How a run of linkage can call the person of each row.
    pub records: Vec<RecordName>,
    /// In the order of the specification; dates as `YYYY-MM-DD`.
    pub columns: Vec<FilledColumn>,
    /// Why it has no rows, where it can have none.
    pub why_empty: Option<WhyEmpty>,
}

/// One column of a list.
#[derive(Clone, Debug, Default)]
pub struct FilledColumn {
    /// One value per row, empty where there is none.
    pub values: Values,
    /// Why it has no values, where it can have none.
    pub why_empty: Option<WhyEmpty>,
}

/// Why a column cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyEmpty {
    /// The source has nothing that says it.
    NotInSource,
    /// The table that says it is not among the files.
    NoTable(String),
    /// Nobody said on which day.
    NeedsDay,
    /// Only a linkage says it.
    NeedsLinkage,
}

impl WhyEmpty {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::NotInSource => "the source does not say it".to_owned(),
            Self::NoTable(table) => format!("table {table} is not among the files"),
            Self::NeedsDay => "it needs the day of the list".to_owned(),
            Self::NeedsLinkage => "it needs a linkage with social care".to_owned(),
        }
    }
}

impl Filling {
    pub(super) fn parse(text: &str, file: &str) -> Result<Self, Fault> {
        let fail =
            |what: String| Fault::new(FaultCode::BadSpec, what, "correct the line").at(file.to_owned());
        let filling: Self = toml::from_str(text).map_err(|error| fail(error.message().to_owned()))?;
        let lasts_anyhow = |from: &From| matches!(from, From::Count { until: Some(_), months: None, .. });
        let mut columns = filling.lists.iter().flat_map(|list| &list.columns);
        match columns.find(|(_, from)| lasts_anyhow(from)) {
            Some((header, _)) => Err(fail(format!("\"{header}\" counts until a date and says no months"))),
            None => Ok(filling),
        }
    }
}

fn split(place: &str) -> (&str, &str) {
    place.split_once('.').unwrap_or((place, ""))
}

/// The lists of `target` from the rows of another return, as at `on` where columns depend on the day.
pub fn fill(target: &Spec, filling: &Filling, rows: &ReturnRows, on: Option<PartialDate>) -> Vec<FilledList> {
    let filler = Filler { target, filling, rows, on, facts: HashMap::new() };
    filler.lists()
}

/// The lists of a return from its own rows: as they stand in its files, dates alone in one form.
pub fn copy(rows: &ReturnRows) -> Vec<FilledList> {
    let tables = rows.spec().tables.iter().enumerate();
    tables
        .filter(|(table, _)| rows.n_rows(*table) > 0)
        .map(|(table, of_spec)| {
            let n_rows = rows.n_rows(table);
            let columns = of_spec.columns.iter().enumerate().map(|(at, column)| {
                let mut values = Values::default();
                for row in 0..n_rows {
                    let day = if column.kind == Kind::Date { rows.day((table, at), row) } else { None };
                    values.push(day.as_deref().or_else(|| rows.cell((table, at), row)).unwrap_or_default());
                }
                let why_empty = (!rows.has_column((table, at))).then_some(WhyEmpty::NotInSource);
                FilledColumn { values, why_empty }
            });
            let columns = columns.collect();
            let records = (0..n_rows).map(|row| rows.record_name(table, row));
            FilledList {
                table,
                n_rows,
                left_out: 0,
                not_asked_for: 0,
                records: records.collect(),
                columns,
                why_empty: None,
            }
        })
        .collect()
}

/// A column of the source: its table and itself, as indices in the spec.
type Place = (usize, usize);

struct Filler<'a> {
    target: &'a Spec,
    filling: &'a Filling,
    rows: &'a ReturnRows,
    on: Option<PartialDate>,
    /// Of each meaning the place and row that say it first of a person.
    facts: HashMap<Meaning, Vec<Option<(Place, usize)>>>,
}

/// Meanings that come from whatever row says them of the person.
const FACTS: [Meaning; 5] =
    [Meaning::Sex, Meaning::Ethnicity, Meaning::DateOfBirth, Meaning::Upn, Meaning::Uln];

impl Filler<'_> {
    fn lists(mut self) -> Vec<FilledList> {
        for meaning in FACTS {
            let facts = self.facts_of(meaning);
            self.facts.insert(meaning, facts);
        }
        let lists = self.filling.lists.iter();
        lists.filter_map(|list| self.list(list)).collect()
    }

    fn list(&self, list: &ListFrom) -> Option<FilledList> {
        let table = self.target.tables.iter().position(|table| table.name == list.table)?;
        let source = self.rows.table(&list.rows)?;
        let (kept, left_out) = self.rows_of(list, source);
        let not_asked_for = (self.rows.n_rows(source) - kept.len()) as u64 - left_out;
        let columns = self.target.tables[table].columns.iter();
        let columns = columns.map(|column| self.column(list, source, column, &kept)).collect();
        let records = kept.iter().map(|&row| self.rows.record_name(source, row));
        let is_there = |table: &str| self.rows.table(table).is_some_and(|at| self.rows.is_there(at));
        let why_empty = std::iter::once(&list.rows)
            .chain(&list.with)
            .find(|table| !is_there(table))
            .map(|table| WhyEmpty::NoTable(table.clone()));
        let (n_rows, records) = (kept.len(), records.collect());
        Some(FilledList { table, n_rows, left_out, not_asked_for, records, columns, why_empty })
    }

    /// The rows of a table that become rows of a list, and how many would and say of nobody who they are about.
    fn rows_of(&self, list: &ListFrom, source: usize) -> (Vec<usize>, u64) {
        let rows = self.rows;
        let is_wanted = |row: &usize| match &list.only_where {
            None => true,
            Some(wanted) => {
                let place = rows.place_in(source, &wanted.column);
                let cell = place.and_then(|place| rows.cell(place, *row));
                cell.is_some_and(|cell| is_one(cell, &wanted.values))
            }
        };
        let mut has_row = vec![list.with.is_none(); rows.n_persons()];
        if let Some(with) = list.with.as_deref().and_then(|with| rows.table(with)) {
            (0..rows.n_rows(with)).filter_map(|row| rows.person(with, row)).for_each(|p| has_row[p] = true);
        }
        let mut left_out = 0;
        let mut kept: Vec<usize> = Vec::new();
        for row in (0..rows.n_rows(source)).filter(is_wanted) {
            match rows.person(source, row) {
                Some(person) if has_row[person] => kept.push(row),
                Some(_) => {}
                None => left_out += 1,
            }
        }
        let by = list.latest.as_deref().and_then(|by| rows.place_in(source, by));
        let Some(by) = by else { return (kept, left_out) };
        let mut latest: HashMap<usize, (Option<String>, usize)> = HashMap::new();
        for row in kept {
            let person = rows.person(source, row).expect("rows without one were left out");
            let day = rows.day(by, row).filter(|day| self.is_past(day));
            match latest.get(&person) {
                Some((before, _)) if *before >= day => {}
                _ => {
                    latest.insert(person, (day, row));
                }
            }
        }
        let mut kept: Vec<usize> = Vec::new();
        let mut is_latest = vec![false; rows.n_rows(source)];
        #[expect(clippy::iter_over_hash_type, reason = "marks rows, in whatever order")]
        for (_, row) in latest.values() {
            is_latest[*row] = true;
        }
        kept.extend((0..is_latest.len()).filter(|&row| is_latest[row]));
        (kept, left_out)
    }

    /// Whether a day is not after that of the list; without one, every day is past.
    fn is_past(&self, day: &str) -> bool {
        self.on.is_none_or(|on| day <= on.iso().as_str())
    }

    /// Whether a row is of the time after `since`, by its one date, or lasts into it; `None` where a date cannot be read and it
    /// may be.
    fn is_in_time(&self, from: Place, until: Option<Place>, row: usize, since: &str) -> Option<bool> {
        let day = |place: Place| match self.rows.cell(place, row).map(str::trim) {
            None | Some("") => Some(None),
            Some(_) => self.rows.day(place, row).map(Some),
        };
        let last = until.map(day);
        if let Some(Some(Some(last))) = &last
            && **last <= *since
        {
            return Some(false);
        }
        let Some(from) = day(from)?.filter(|from| self.is_past(from)) else { return Some(false) };
        match last {
            _ if *from > *since => Some(true),
            None => Some(false),
            // it has not ended, or ended in that time
            Some(last) => last.map(|_| true),
        }
    }

    fn column(&self, list: &ListFrom, source: usize, column: &Column, kept: &[usize]) -> FilledColumn {
        let cells = match list.columns.get(&column.name) {
            Some(from) => self.cells(from, source, column, kept),
            None => self.identity(source, column, kept),
        };
        let mut values = Values::default();
        match cells {
            Ok(cells) => {
                cells.iter().for_each(|cell| values.push(cell.as_deref().unwrap_or_default()));
                FilledColumn { values, why_empty: None }
            }
            Err(why) => {
                kept.iter().for_each(|_| values.push(""));
                FilledColumn { values, why_empty: Some(why) }
            }
        }
    }

    /// What a column that says who the row is about holds.
    fn identity(
        &self,
        source: usize,
        column: &Column,
        kept: &[usize],
    ) -> Result<Vec<Option<String>>, WhyEmpty> {
        match column.meaning {
            Some(Meaning::Record | Meaning::LaChildId) => {
                let name = |&row: &usize| self.rows.person_name(source, row).map(str::to_owned);
                Ok(kept.iter().map(name).collect())
            }
            Some(meaning)
                if self.facts.get(&meaning).is_some_and(|facts| facts.iter().any(Option::is_some)) =>
            {
                let facts = &self.facts[&meaning];
                let cell = |&row: &usize| {
                    let (place, row) = facts[self.rows.person(source, row)?]?;
                    self.value(place, row, column)
                };
                Ok(kept.iter().map(cell).collect())
            }
            _ => Err(WhyEmpty::NotInSource),
        }
    }

    fn facts_of(&self, meaning: Meaning) -> Vec<Option<(Place, usize)>> {
        let rows = self.rows;
        let mut facts = vec![None; rows.n_persons()];
        for (table, of_spec) in rows.spec().tables.iter().enumerate() {
            let places = of_spec.columns.iter().enumerate().filter(|(_, c)| c.meaning == Some(meaning));
            for place in places.map(|(at, _)| (table, at)) {
                for row in 0..rows.n_rows(table) {
                    let Some(person) = rows.person(table, row) else { continue };
                    if facts[person].is_none() && rows.cell(place, row).is_some() {
                        facts[person] = Some((place, row));
                    }
                }
            }
        }
        facts
    }

    fn cells(
        &self,
        from: &From,
        source: usize,
        column: &Column,
        kept: &[usize],
    ) -> Result<Vec<Option<String>>, WhyEmpty> {
        let rows = self.rows;
        let own = |name: &str| rows.place_in(source, name).ok_or(WhyEmpty::NotInSource);
        let each = |cell: &dyn Fn(usize) -> Option<String>| Ok(kept.iter().map(|&row| cell(row)).collect());
        let person = |row: usize| rows.person(source, row);
        match from {
            From::Own(name) => {
                let place = own(name)?;
                if !rows.has_column(place) {
                    return Err(WhyEmpty::NotInSource);
                }
                each(&|row| self.value(place, row, column))
            }
            From::Latest { latest, by } => {
                let (place, by) = self.places(latest, by)?;
                let best =
                    self.best(place, |row| rows.day(by, row).filter(|day| self.is_past(day)), |a, b| a > b);
                each(&|row| self.value(place, best[person(row)?]?, column))
            }
            From::First { first, by, ended, since } => {
                let (place, by) = self.places(first, by)?;
                let beside = |column: &Option<String>| rows.place_in(place.0, column.as_deref()?);
                let (ended, since) = (beside(ended), beside(since));
                let is_date = rows.spec().tables[by.0].columns[by.1].kind == Kind::Date;
                let number = |row: usize| rows.cell(by, row)?.parse::<f64>().ok().filter(|n| n.is_finite());
                let has_ended =
                    |row| ended.and_then(|ended| rows.day(ended, row)).is_some_and(|day| self.is_past(&day));
                let start = |row| Reverse(since.and_then(|since| rows.day(since, row)));
                let best = if is_date {
                    self.best(place, |row| rows.day(by, row), |a, b| a < b)
                } else {
                    let rank = |row| Some((has_ended(row), number(row)?, start(row)));
                    self.best(place, rank, |a, b| a < b)
                };
                each(&|row| self.value(place, best[person(row)?]?, column))
            }
            From::Has { has, only, except } => {
                let place = self.place(has)?;
                let mut says: Vec<Option<bool>> = vec![None; rows.n_persons()];
                for (row, person) in rows.of_persons(place.0) {
                    let cell = rows.cell(place, row);
                    let is_it = cell.is_some_and(|cell| {
                        is_one(cell, only) && (except.is_empty() || !is_one(cell, except))
                    });
                    says[person] = Some(says[person].unwrap_or(false) || is_it);
                }
                each(&|row| Some(self.yes_no(says[person(row)?]?)))
            }
            From::Count { count, until, only, months } => {
                let place = self.place(count)?;
                let until = until.as_ref().map(|until| self.place_beside(place, until)).transpose()?;
                let since = match months {
                    None => None,
                    Some(months) => Some(months_before(self.on.ok_or(WhyEmpty::NeedsDay)?, *months)),
                };
                let mut counts = vec![Some(0_u64); rows.n_persons()];
                for (row, person) in rows.of_persons(place.0) {
                    let is_within = match &since {
                        None => Some(rows.cell(place, row).is_some_and(|cell| is_one(cell, only))),
                        Some(since) => self.is_in_time(place, until, row, since),
                    };
                    counts[person] =
                        counts[person].zip(is_within).map(|(count, is_it)| count + u64::from(is_it));
                }
                each(&|row| counts[person(row)?].map(|count| count.to_string()))
            }
            From::Joined { joined, here, there } => {
                let (place, there) = self.places(joined, there)?;
                let here = own(here)?;
                let mut by_key: HashMap<&str, usize> = HashMap::new();
                for row in 0..rows.n_rows(place.0) {
                    if let Some(key) = rows.cell(there, row) {
                        by_key.entry(key).or_insert(row);
                    }
                }
                each(&|row| self.value(place, *by_key.get(rows.cell(here, row)?)?, column))
            }
            From::Age { age: since } => {
                let on = self.on.ok_or(WhyEmpty::NeedsDay)?;
                let births = self.facts.get(since).ok_or(WhyEmpty::NotInSource)?;
                each(&|row| {
                    let (place, row) = births[person(row)?]?;
                    age(PartialDate::from_iso(&rows.day(place, row)?)?, on).map(|age| age.to_string())
                })
            }
        }
    }

    /// The row of each person that is better than their others by what `rank` gives; rows without a rank come last.
    fn best<R>(
        &self,
        (table, _): Place,
        rank: impl Fn(usize) -> Option<R>,
        is_better: impl Fn(&R, &R) -> bool,
    ) -> Vec<Option<usize>> {
        let mut best: Vec<Option<(Option<R>, usize)>> = (0..self.rows.n_persons()).map(|_| None).collect();
        for (row, person) in self.rows.of_persons(table) {
            let rank = rank(row);
            let is_new = match (&best[person], &rank) {
                (None, _) | (Some((None, _)), Some(_)) => true,
                (Some((Some(before), _)), Some(rank)) => is_better(rank, before),
                (Some(_), None) => false,
            };
            if is_new {
                best[person] = Some((rank, row));
            }
        }
        best.into_iter().map(|best| best.filter(|(rank, _)| rank.is_some()).map(|(_, row)| row)).collect()
    }

    fn place(&self, place: &str) -> Result<Place, WhyEmpty> {
        let (table, column) = split(place);
        let at = self.rows.table(table).and_then(|table| self.rows.place_in(table, column));
        let at = at.ok_or(WhyEmpty::NotInSource)?;
        if !self.rows.is_there(at.0) {
            return Err(WhyEmpty::NoTable(table.to_owned()));
        }
        self.that_is_there(at)
    }

    /// Another column of the table of a place, which the source must have.
    fn place_beside(&self, place: Place, beside: &str) -> Result<Place, WhyEmpty> {
        let beside = self.rows.place_in(place.0, beside).ok_or(WhyEmpty::NotInSource)?;
        self.that_is_there(beside)
    }

    fn that_is_there(&self, place: Place) -> Result<Place, WhyEmpty> {
        if self.rows.has_column(place) { Ok(place) } else { Err(WhyEmpty::NotInSource) }
    }

    fn places(&self, place: &str, beside: &str) -> Result<(Place, Place), WhyEmpty> {
        let place = self.place(place)?;
        let beside = self.rows.place_in(place.0, beside).ok_or(WhyEmpty::NotInSource)?;
        Ok((place, beside))
    }

    /// A cell of the source as the column of the list has it.
    fn value(&self, place: Place, row: usize, column: &Column) -> Option<String> {
        let text = self.rows.cell(place, row)?;
        let list = Column::code_list;
        let from = list(&self.rows.spec().tables[place.0].columns[place.1]);
        match (column.meaning, column.kind) {
            (Some(Meaning::Sex), _) => code_of(list(column)?, codes::sex(from, text)?.code()),
            (Some(Meaning::Ethnicity), _) => code_of(list(column)?, codes::ethnicity(from, text)?.main),
            (_, Kind::Date) => Some(self.rows.day(place, row).unwrap_or_else(|| text.to_owned())),
            (_, Kind::Boolean) => Some(boolean(text).map_or_else(|| text.to_owned(), |is| self.yes_no(is))),
            // as COLLECT writes whole numbers
            _ => Some(text.strip_suffix(".0").filter(|whole| is_digits(whole)).unwrap_or(text).to_owned()),
        }
    }

    fn yes_no(&self, is: bool) -> String {
        self.filling.yes_no[usize::from(!is)].clone()
    }
}

fn is_one(cell: &str, values: &[String]) -> bool {
    values.is_empty() || values.iter().any(|value| value.eq_ignore_ascii_case(cell))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The code of a list that stands for one of the coding that all returns are mapped to; the first, with its label.
fn code_of(list: &CodeList, main: &str) -> Option<String> {
    let is_it = |code: &&library::Code| {
        code.maps_to.as_deref() == Some(main)
            || code.code == main
            || codes::without_label(&code.code) == Some(main)
    };
    list.codes.iter().find(is_it).map(|code| code.code.clone())
}

/// Whole years; `None` for the unborn and where a day is missing.
fn age(birth: PartialDate, on: PartialDate) -> Option<u16> {
    let years = on.year.checked_sub(birth.year)?;
    let had_birthday = (on.month?, on.day?) >= (birth.month?, birth.day?);
    if had_birthday { Some(years) } else { years.checked_sub(1) }
}

/// The same day so many months before, as text that sorts as it runs.
fn months_before(day: PartialDate, months: u16) -> String {
    let count = day.year * 12 + u16::from(day.month.unwrap_or(1)) - 1;
    let count = count.saturating_sub(months);
    format!("{:04}-{:02}-{:02}", count / 12, count % 12 + 1, day.day.unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// What a filling names that specifications do not have: `list_3: ssd_contacts.cont_date`. Of a return whose columns
    /// change, those of all years count.
    fn unknown(filling: &Filling, target: &Spec, sources: &[&Spec]) -> Vec<String> {
        let has = |table: &str, column: &str| {
            sources.iter().any(|spec| {
                spec.table(table).is_some_and(|table| table.columns.iter().any(|c| c.name == column))
            })
        };
        let mut unknown = Vec::new();
        for list in &filling.lists {
            let Some(table) = target.table(&list.table) else {
                unknown.push(list.table.clone());
                continue;
            };
            let mut named: Vec<String> = Vec::new();
            let own = |column: &str| format!("{}.{column}", list.rows);
            named.extend(list.latest.iter().chain(list.only_where.iter().map(|w| &w.column)).map(|c| own(c)));
            for (header, from) in &list.columns {
                if !table.columns.iter().any(|column| column.name == *header) {
                    unknown.push(format!("{}: {header}", list.table));
                }
                let beside = |place: &str, column: &str| format!("{}.{column}", split(place).0);
                match from {
                    From::Own(column) => named.push(own(column)),
                    From::Latest { latest: place, by } => named.extend([place.clone(), beside(place, by)]),
                    From::First { first: place, by, ended, since } => {
                        let columns = std::iter::once(by).chain(ended).chain(since);
                        named.extend(columns.map(|column| beside(place, column)).chain([place.clone()]));
                    }
                    From::Count { count: place, until: Some(until), .. } => {
                        named.extend([place.clone(), beside(place, until)]);
                    }
                    From::Has { has: place, .. } | From::Count { count: place, .. } => {
                        named.push(place.clone());
                    }
                    From::Joined { joined, here, there } => {
                        named.extend([joined.clone(), own(here), beside(joined, there)]);
                    }
                    From::Age { .. } => {}
                }
            }
            let is_unknown = |place: &String| {
                let (table, column) = split(place);
                !has(table, column)
            };
            unknown
                .extend(named.into_iter().filter(is_unknown).map(|place| format!("{}: {place}", list.table)));
        }
        unknown
    }

    #[test]
    fn everything_that_a_filling_names_is_in_the_specifications() {
        for of in ["annex-a", "annex-a-send"] {
            for from in library::fillings(of) {
                let target = library::spec(of).unwrap();
                let sources: Vec<&Spec> = library::years(from).iter().map(Arc::as_ref).collect();
                assert!(!sources.is_empty(), "{from}");
                let filling = library::filling(of, from).unwrap();
                assert_eq!(unknown(&filling, &target, &sources), Vec::<String>::new(), "{of} from {from}");
                assert!(!filling.sources.is_empty(), "{of} from {from}");
            }
        }
    }

    #[test]
    fn a_year_of_age_is_full_on_the_birthday() {
        let date = |text| PartialDate::from_iso(text).unwrap();
        let check = |birth, on, expected| assert_eq!(age(date(birth), date(on)), expected, "{birth} {on}");
        check("2014-03-21", "2026-03-20", Some(11));
        check("2014-03-21", "2026-03-21", Some(12));
        check("2026-06-30", "2026-03-31", None);
        check("2026-04-01", "2026-03-31", None);
    }

    #[test]
    fn twelve_months_go_back_to_the_same_day_of_the_year_before() {
        let check = |on, months, expected| {
            assert_eq!(months_before(PartialDate::from_iso(on).unwrap(), months), expected);
        };
        check("2026-03-31", 12, "2025-03-31");
        check("2026-01-15", 1, "2025-12-15");
    }
}
