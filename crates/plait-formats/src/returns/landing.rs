//! Rows at the door: checked, given their record, and split into identity and payload.

use self::keys::{Keys, Meant};
use self::record_set::RecordSet;
use self::zeros::Zeros;
use super::batch::{Batch, BatchSink, Nesting};
use super::characteristics::{Characteristic, Characteristics};
use super::check::{Checker, ColumnQuality, Finding, NotRun, boolean};
use super::dates::DateOrders;
use super::detect::Recognised;
use super::fit;
use super::gather::{Gathered, Progress, gather};
use super::identity::births::{RowsOf, TwoPeople};
use super::identity::parts::IdentityParts;
use super::identity::{self, Identity, IdentityColumn, IdentityKept, IdentitySink};
use super::members::EMPTY;
use super::nested::Shape;
use super::spec::{self, Meaning, Rows, Spec};
use crate::noted::Noted;
use plait_types::identifier::LaCode;
use plait_types::placeholder::is_placeholder;
use plait_types::{
    Column, Fault, FaultCode, Issue, IssueKind, NULL, PartialDate, Role, Table, counted, grouped,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod alike;
mod copies;
mod declared;
mod keys;
mod numbering;
mod record_set;
mod zeros;

pub(super) use self::alike::Alike;

/// A dataset that has landed: who its records are about, and how good they are. Payload went to the sink.
#[derive(Clone, Debug)]
pub struct Landed {
    /// Who the records are about; where a sink took that in parts, only how many there are, and where only the first are
    /// kept, these.
    pub identity: Identity,
    /// How many records there are.
    pub n_records: usize,
    /// What the records are like, as far as the return says; nothing where a sink took identity in parts.
    pub characteristics: Vec<Characteristic>,
    /// What the checks of the return found, worst first.
    pub findings: Vec<Finding>,
    /// Completeness and validity of every column.
    pub quality: Vec<ColumnQuality>,
    /// Checks that could not be made, and why.
    pub not_run: Vec<NotRun>,
    /// What was wrong with the files.
    pub issues: Vec<Issue>,
    /// Per table of the spec that had rows.
    pub tables: Vec<TableCount>,
    /// Of each column of [`Identity::current`], the headers of the columns that it comes from, as the files have them.
    pub headers: BTreeMap<&'static str, Vec<String>>,
    /// Headers of the files, each once, that no column of [`Identity::current`] comes from: of payload, of people other than
    /// those whom the records are about, of empty columns, and those that the spec does not know.
    pub outside: Vec<String>,
    /// Columns of the spec that its tables in the files do not have.
    pub lacking: Vec<Lacking>,
    /// Of columns of dates of birth in two orders, why they keep the return from being linked.
    pub two_orders: Vec<Fault>,
    /// The orders in which columns write their dates, where the checks took another until the last value was known: they
    /// have to be made again, as [`land`] does. Identity is right already.
    pub unsettled: Option<DateOrders>,
}

/// A column of the spec that a table in a file does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The file.
    pub file: Arc<str>,
    /// As the spec calls it.
    pub table: String,
    /// As the spec calls it.
    pub column: String,
    /// Headers of the file that the spec does not know: one of them may be the column by another name.
    pub unknown: Arc<[String]>,
}

/// What became of the rows of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableCount {
    /// As the spec calls it.
    pub table: String,
    /// Rows in the files.
    pub rows_in: u64,
    /// Rows that are not kept: without a key, about a record that is not there, or not read.
    pub set_aside: u64,
    /// Of these, rows that the container itself could not make a row of: ragged, or no text.
    pub not_read: u64,
}

/// Takes the payload of each batch: the name of its table, and its rows with `record_key` first.
pub type Payload<'a> = dyn FnMut(&str, Table) -> Result<(), Fault> + 'a;

/// Lands the batches of one dataset, in the order of the spec's tables, persons first.
pub struct Landing<'a> {
    spec: Arc<Spec>,
    reference_date: Option<PartialDate>,
    checker: Checker,
    identity: IdentityParts<'a>,
    /// Only where identity is held as a whole, for linkage.
    characteristics: Option<Characteristics>,
    /// The record of each key, as the `record` columns hold them.
    keys: Keys,
    /// For each table that another refers to by a key of its own, the records that its rows are about by these keys.
    of_rows: BTreeMap<String, Keys>,
    /// For each file with nested rows, the record of each person element.
    nested: BTreeMap<Arc<str>, Vec<u32>>,
    /// Nested rows of persons whose own rows are still to come: readers give an element when it ends.
    pending: Vec<Batch>,
    counts: BTreeMap<usize, TableCount>,
    /// For each table the one whose rows are around its own in nested files.
    around: Vec<Option<usize>>,
    /// For each nested file the rows that each table has in the files before it: rows are numbered through all of them.
    before: BTreeMap<Arc<str>, Vec<u64>>,
    /// Rows that each table has in nested files so far.
    numbered: Vec<u64>,
    /// By table and column of the spec, the header in the first file that has it.
    headers: BTreeMap<(usize, usize), String>,
    /// Headers that the spec does not know.
    unknown: Vec<String>,
    lacking: Vec<Lacking>,
    /// Of tables whose rows are a person each, the column that names them.
    row_names: BTreeMap<usize, usize>,
    /// Tables and columns of the spec of which a value was there.
    filled: BTreeSet<(usize, usize)>,
    /// Tables of nested files, which have no headers, with the first of the files.
    nested_tables: BTreeMap<usize, Arc<str>>,
    /// Rows set aside: by table, file and reason, their lines.
    aside: BTreeMap<(usize, Arc<str>, Reason), Noted>,
    /// Of each record that no row of a table of persons has made or named yet, its first row: table, file and line.
    without_person_row: BTreeMap<u32, (usize, Arc<str>, u64)>,
    /// The records of each table and file that may make some.
    people: BTreeMap<(usize, Arc<str>), RecordSet>,
    zeros: Zeros,
    issues: Vec<Issue>,
    alike: Alike,
    payload: Option<&'a mut Payload<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    NoKey,
    /// The file has no column of keys.
    NoKeyColumn,
    UnknownRecord,
    /// The key of the row that it belongs to is that of rows of two records.
    TwoRecords,
    /// Two organisations have the key, and the row does not say which it is of.
    TwoOrganisations,
    /// The collector is to forget the person.
    Withdrawn,
    /// It stands within a person who is set aside.
    OfWithdrawn,
    /// A spreadsheet has taken the zeros of its key, or of those of persons.
    LostZeros,
}

impl<'a> Landing<'a> {
    /// To land a dataset of this return, already narrowed to its term. Payload is dropped where no sink is given.
    pub fn new(
        spec: Arc<Spec>,
        reference_date: Option<PartialDate>,
        authority: Option<LaCode>,
        payload: Option<&'a mut Payload<'a>>,
    ) -> Self {
        Self {
            checker: Checker::new(Arc::clone(&spec), reference_date, authority),
            reference_date,
            identity: IdentityParts::new(Arc::clone(&spec)),
            characteristics: Some(Characteristics::new(&spec, reference_date)),
            around: around(&spec),
            before: BTreeMap::new(),
            numbered: vec![0; spec.tables.len()],
            spec,
            keys: Keys::default(),
            of_rows: BTreeMap::new(),
            nested: BTreeMap::new(),
            counts: BTreeMap::new(),
            headers: BTreeMap::new(),
            unknown: Vec::new(),
            lacking: Vec::new(),
            row_names: BTreeMap::new(),
            filled: BTreeSet::new(),
            nested_tables: BTreeMap::new(),
            pending: Vec::new(),
            aside: BTreeMap::new(),
            without_person_row: BTreeMap::new(),
            people: BTreeMap::new(),
            zeros: Zeros::default(),
            issues: Vec::new(),
            alike: Alike::default(),
            payload,
        }
    }

    /// The same, where a sink takes identity in parts. Before anything lands.
    #[must_use]
    pub fn with_identity_in_parts(mut self, sink: IdentitySink<'a>) -> Self {
        self.identity = self.identity.into_sink(sink);
        self.characteristics = None;
        self
    }

    /// The same, where identity of the first records is kept alone. Before anything lands.
    #[must_use]
    pub fn with_identity_of_first(mut self, records: u32) -> Self {
        self.identity = self.identity.of_first(records);
        self.characteristics = None;
        self
    }

    /// What has landed; `name` is what the dataset is called.
    ///
    /// Fails where the sinks do.
    pub fn finish(mut self, name: &str) -> Result<Landed, Fault> {
        self.land_pending()?;
        for ((table, file, reason), rows) in std::mem::take(&mut self.aside) {
            self.issues.push(self.issue_of(table, &file, reason, rows));
        }
        let issues = self.issues_without_person_row(name);
        self.issues.extend(issues);
        self.issues.extend(self.zeros.issue(name));
        let (quality, not_run) = (self.checker.quality(), self.checker.not_run());
        let (orders, is_settled) = (self.checker.date_orders(), self.checker.is_settled());
        let lacking = self.lacking_elements();
        self.lacking.extend(lacking);
        let headers = self.headers_of_identity();
        let outside = self.headers_outside(&headers);
        let called = |(table, at): (usize, usize)| {
            let header = self.headers.get(&(table, at));
            header.unwrap_or(&self.spec.tables[table].columns[at].name).clone()
        };
        let two_orders = self.checker.two_orders(called);
        let two_orders = two_orders.into_iter().map(|fault| fault.at(name.to_owned())).collect();
        let findings = self.checker.finish();
        // no key is looked up any more, and identity needs the room
        drop((self.keys, self.of_rows, self.nested));
        let n_records = self.identity.n_records();
        let (identity, two_people) = self.identity.finish(name, &orders, self.reference_date)?;
        let issues_of_identity = two_people.into_iter().map(|found| issue_of_two_people(&self.spec, found));
        self.issues.extend(issues_of_identity);
        Ok(Landed {
            headers,
            outside,
            lacking: self.lacking,
            characteristics: self
                .characteristics
                .map_or_else(Vec::new, |said| said.finish(&self.spec, &orders, called, identity.n_records)),
            identity,
            n_records,
            quality,
            not_run,
            findings,
            two_orders,
            issues: self.issues,
            tables: self.counts.into_values().collect(),
            unsettled: (!is_settled).then_some(orders),
        })
    }

    /// Columns of nested tables of which no element holds a value.
    fn lacking_elements(&self) -> Vec<Lacking> {
        let of_table = self.nested_tables.iter().flat_map(|(&table, file)| {
            let columns = self.spec.tables[table].columns.iter().enumerate();
            let empty = columns.filter(move |(at, _)| !self.filled.contains(&(table, *at)));
            empty.map(move |(_, column)| (table, file, column))
        });
        of_table
            .map(|(table, file, column)| Lacking {
                file: Arc::clone(file),
                table: self.spec.tables[table].name.clone(),
                column: column.name.clone(),
                unknown: Arc::default(),
            })
            .collect()
    }

    /// For each column of identity the headers that it comes from, in the first table that has a value of it.
    fn headers_of_identity(&self) -> BTreeMap<&'static str, Vec<String>> {
        let column = |&(table, at): &(usize, usize)| &self.spec.tables[table].columns[at];
        let header = |place: &(usize, usize)| self.headers.get(place).unwrap_or(&column(place).name).clone();
        let of = |is_it: &dyn Fn(&(usize, usize)) -> bool| -> Vec<String> {
            let mut places = self.filled.iter().filter(|place| is_it(place)).peekable();
            let Some(&&(first, _)) = places.peek() else { return Vec::new() };
            places.take_while(|(table, _)| *table == first).map(header).collect()
        };
        let is_key = |place: &(usize, usize)| {
            let table = &self.spec.tables[place.0];
            let makes_records = table.rows == Rows::Person || table.makes_records;
            let is_named = match &table.record {
                Some(record) => *record == column(place).name,
                None => self.row_names.get(&place.0) == Some(&place.1),
            };
            makes_records && is_named
        };
        let of_meanings = |&(name, ways): &(&'static str, &'static [&'static [Meaning]])| {
            let mut headers = ways.iter().map(|meanings| {
                of(&|place| column(place).meaning.is_some_and(|meaning| meanings.contains(&meaning)))
            });
            let mut headers = headers.find(|headers| !headers.is_empty()).unwrap_or_default();
            // an address is made of all its lines, and a postcode is that of a home or of a placement; everything else is in
            // one column
            if !matches!(name, "address" | "postcode" | "other_postcodes") {
                headers.truncate(1);
            }
            (name, headers)
        };
        let key = ("source_key", of(&is_key).into_iter().take(1).collect::<Vec<_>>());
        let all = std::iter::once(key).chain(identity::MEANINGS.iter().map(of_meanings));
        all.filter(|(_, headers)| !headers.is_empty()).collect()
    }

    /// The headers that are not among those of identity, by table; of nested files, elements with a value.
    fn headers_outside(&self, of_identity: &BTreeMap<&'static str, Vec<String>>) -> Vec<String> {
        let known = self.headers.iter().map(|(&place, header)| (place, header));
        let elements = self.filled.iter().filter(|place| !self.headers.contains_key(place));
        let elements = elements.map(|&(table, at)| ((table, at), &self.spec.tables[table].columns[at].name));
        let mut all: Vec<((usize, usize), &String)> = known.chain(elements).collect();
        all.sort_unstable();
        let is_of_identity = |header: &String| of_identity.values().any(|headers| headers.contains(header));
        let mut seen = BTreeSet::new();
        let outside = all.into_iter().map(|(_, header)| header).chain(&self.unknown);
        outside.filter(|header| !is_of_identity(header) && seen.insert(*header)).cloned().collect()
    }

    fn issue_of(&self, table: usize, file: &str, reason: Reason, rows: Noted) -> Issue {
        let table = &self.spec.tables[table];
        let (n, one) = (format!("{} of \"{}\"", counted(rows.count(), "row"), table.name), rows.count() == 1);
        let (do_, they, were, are, belong) = if one {
            ("does", "it is", "was", "is", "belongs")
        } else {
            ("do", "they are", "were", "are", "belong")
        };
        let (kind, message) = match reason {
            Reason::NoKey => (
                IssueKind::RowWithoutKey,
                format!("{n} {do_} not say which record {they} about and {were} set aside"),
            ),
            Reason::NoKeyColumn => (
                IssueKind::RowWithoutKey,
                format!(
                    "{n} {were} set aside: the file has no column \"{}\", which says which record a row is about; if it is \
                     there under another name, rename it in the file",
                    table.record.as_deref().unwrap_or_default()
                ),
            ),
            Reason::UnknownRecord => (
                IssueKind::RowOfUnknownRecord,
                format!("{n} {are} about a record that no row of a person has, and {were} set aside"),
            ),
            Reason::LostZeros => (
                IssueKind::LostZeros,
                format!(
                    "{n} {are} about a record by a key that differs from one that is there by zeros in front, or a .0 behind, \
                     alone, and {were} set aside"
                ),
            ),
            Reason::OfWithdrawn => (
                IssueKind::RowOfUnknownRecord,
                format!(
                    "{n} {belong} to persons who are withdrawn or were set aside, and {were} set aside too"
                ),
            ),
            Reason::Withdrawn => (
                IssueKind::RowOfUnknownRecord,
                format!(
                    "{n} {are} of persons whom \"{}\" withdraws, and {were} set aside",
                    table.withdrawn.as_deref().unwrap_or_default()
                ),
            ),
            Reason::TwoOrganisations => (
                IssueKind::RowOfUnknownRecord,
                format!(
                    "{n} {are} about a person by a number that two organisations have, and {were} set aside; give the \
                     files of each organisation as a source of their own"
                ),
            ),
            Reason::TwoRecords => (
                IssueKind::RowOfUnknownRecord,
                format!(
                    "{n} {belong} to rows of \"{}\" of which two records have the key, and {were} set aside",
                    table.parent.as_deref().unwrap_or_default()
                ),
            ),
        };
        let issue = rows.issue(Issue::new(kind, file, message));
        match &table.record {
            Some(column) => issue.in_column(column.clone()),
            None => issue,
        }
    }

    /// One for each table and file; one for all where no table of persons is in the files.
    fn issues_without_person_row(&mut self, name: &str) -> Vec<Issue> {
        let found = std::mem::take(&mut self.without_person_row);
        let is_there = |table: &usize| {
            self.counts.contains_key(table) || self.headers.keys().any(|(other, _)| other == table)
        };
        let mut persons = (0..self.spec.tables.len()).filter(|&at| self.spec.tables[at].rows == Rows::Person);
        let first = persons.clone().next().filter(|_| !found.is_empty());
        let Some(first) = first.map(|at| &self.spec.tables[at].name) else { return Vec::new() };
        let Some(of_persons) = persons.find(is_there).map(|at| &self.spec.tables[at].name) else {
            let message = format!(
                "the table \"{first}\" is not there: what it says of a person, such as sex, date of birth or numbers, is missing \
                 of all {} unless another table says it",
                counted(found.len() as u64, "record")
            );
            return vec![Issue::new(IssueKind::RecordWithoutPersonRow, name, message).counting(found.len())];
        };
        let mut by_file: BTreeMap<(usize, Arc<str>), Noted> = BTreeMap::new();
        let mut without = RecordSet::default();
        for (record, (table, file, line)) in found {
            without.add(record);
            by_file.entry((table, file)).or_default().add(line);
        }
        let people = std::mem::take(&mut self.people);
        let issue = |(at, people): ((usize, Arc<str>), RecordSet)| {
            let (n, all, table) =
                (people.count_within(&without), people.count(), &self.spec.tables[at.0].name);
            let who = match (n, all) {
                (0, _) => return None,
                (1, 1) => format!("the only person in \"{table}\" has no"),
                _ if n == all => format!("none of the {} people in \"{table}\" has a", grouped(all)),
                (1, _) => format!("1 of the {} people in \"{table}\" has no", grouped(all)),
                _ => format!("{} of the {} people in \"{table}\" have no", grouped(n), grouped(all)),
            };
            let message = format!(
                "{who} row in \"{of_persons}\": what it says of a person, such as sex, date of birth or numbers, is missing of {} \
                 unless another table says it",
                if n == 1 { "it" } else { "them" }
            );
            let issue = Issue::new(IssueKind::RecordWithoutPersonRow, &*at.1, message);
            // lines of a person are given once, for the first of the tables
            let issue = match by_file.remove(&at) {
                Some(lines) => lines.issue(issue),
                None => issue,
            };
            Some(issue.counting(n as usize))
        };
        people.into_iter().filter_map(issue).collect()
    }

    /// The record of each row of a batch; [`NULL`] for rows that are set aside.
    fn records_of(&mut self, batch: &Batch) -> Vec<u32> {
        let spec = Arc::clone(&self.spec);
        let table = &spec.tables[batch.table];
        let column = |name: &Option<String>| name.as_ref().and_then(|name| batch.rows.column(name));
        let (own_key, within) = (column(&table.record), column(&table.record_within));
        let records = match (table.rows, &batch.nesting) {
            (Rows::OfFile, _) => return vec![NULL; batch.rows.n_rows],
            (Rows::Person, None) if table.record.is_some() => {
                let records = self.persons_by_key(own_key, within, true, batch.rows.n_rows);
                if !self.without_person_row.is_empty() {
                    for record in &records {
                        self.without_person_row.remove(record);
                    }
                }
                records
            }
            (Rows::Person, None) => self.person_per_row(batch),
            (Rows::OfPerson, None) if table.makes_records => {
                let first_new = self.identity.n_records() as u32;
                let records = self.persons_by_key(own_key, within, true, batch.rows.n_rows);
                self.note_new_records(batch, &records, first_new);
                records
            }
            (Rows::OfPerson, None) => self.known_records(batch),
            (Rows::Person, Some(nesting)) => {
                let withdrawn = self.withdraw(own_key, column(&table.withdrawn), batch.rows.n_rows);
                let mut records = self.persons_by_key(own_key, within, false, batch.rows.n_rows);
                for (record, _) in records.iter_mut().zip(withdrawn).filter(|(_, withdrawn)| *withdrawn) {
                    *record = NULL;
                }
                let nested = self.nested.entry(Arc::clone(&batch.file)).or_default();
                for (&person, &record) in nesting.person.iter().zip(&records) {
                    if person == Nesting::NO_ROW {
                        continue;
                    }
                    let person = person as usize;
                    if nested.len() <= person {
                        nested.resize(person + 1, NULL);
                    }
                    nested[person] = record;
                }
                records
            }
            (Rows::OfPerson, Some(nesting)) => {
                let nested = self.nested.get(&batch.file);
                let record = |person: &u32| nested.and_then(|records| records.get(*person as usize)).copied();
                nesting.person.iter().map(|person| record(person).unwrap_or(NULL)).collect()
            }
        };
        for (row, _) in records.iter().enumerate().filter(|(_, record)| **record == NULL) {
            let missing =
                table.record.is_some() && own_key.is_none_or(|column| column.get(row).is_none_or(is_no_key));
            let key = || own_key.and_then(|column| column.get(row));
            let reason = if missing && batch.nesting.is_none() {
                if own_key.is_some() { Reason::NoKey } else { Reason::NoKeyColumn }
            } else if key().is_some_and(|key| self.keys.find(key.trim()) == Some(Meant::TwoRecords)) {
                Reason::TwoOrganisations
            } else if table.withdrawn.is_some() && table.rows == Rows::Person {
                Reason::Withdrawn
            } else if self.is_of_two_records(batch, row) {
                Reason::TwoRecords
            } else if batch.nesting.as_ref().is_some_and(|nesting| nesting.person[row] != Nesting::NO_ROW) {
                Reason::OfWithdrawn
            } else if self.has_lost_zeros(batch, row) {
                Reason::LostZeros
            } else {
                Reason::UnknownRecord
            };
            let rows = self.aside.entry((batch.table, Arc::clone(&batch.file), reason)).or_default();
            rows.add(batch.lines[row]);
        }
        records
    }

    /// Notes the rows that made a record, the first of which is `new`.
    fn note_new_records(&mut self, batch: &Batch, records: &[u32], mut new: u32) {
        let people = self.people.entry((batch.table, Arc::clone(&batch.file))).or_default();
        records.iter().filter(|&&record| record != NULL).for_each(|&record| people.add(record));
        for (&line, &record) in batch.lines.iter().zip(records) {
            // records are numbered as their rows come
            if record == new {
                self.without_person_row.insert(record, (batch.table, Arc::clone(&batch.file), line));
                new += 1;
            }
        }
    }

    /// Whether each row is of a person whom it withdraws. Rows of that person in files that are read later, which are of
    /// earlier days, are set aside too.
    fn withdraw(&mut self, keys: Option<&Column>, withdrawn: Option<&Column>, n_rows: usize) -> Vec<bool> {
        let is_true = |row: usize| withdrawn.and_then(|column| boolean(column.get(row)?)) == Some(true);
        let withdrawn: Vec<bool> = (0..n_rows).map(is_true).collect();
        for (row, _) in withdrawn.iter().enumerate().filter(|(_, withdrawn)| **withdrawn) {
            if let Some(key) = keys.and_then(|keys| keys.get(row)).filter(|key| !is_no_key(key)) {
                self.keys.withdraw(key.trim());
            }
        }
        withdrawn
    }

    /// A record per row, or per key where rows have one. A row without a key is set aside where `needs_key`.
    fn persons_by_key(
        &mut self,
        keys: Option<&Column>,
        within: Option<&Column>,
        needs_key: bool,
        n_rows: usize,
    ) -> Vec<u32> {
        let without_key =
            |landing: &mut Self| if needs_key { NULL } else { landing.identity.new_record(None) };
        let Some(keys) = keys else { return (0..n_rows).map(|_| without_key(self)).collect() };
        let says_nothing: Vec<bool> = keys.values.iter().map(is_no_key).collect();
        if let Some(within) = within {
            let of_row = |(row, &code): (usize, &u32)| {
                if code == NULL || says_nothing[code as usize] {
                    return without_key(self);
                }
                let within = within.get(row).map(str::trim).filter(|within| !within.is_empty());
                let key = keys.values.get(code).trim();
                let meant = self.keys.get_or_insert_within(within, key, |is_of_another| {
                    // two records of one name could not be told apart
                    let both = within.filter(|_| is_of_another).map(|within| format!("{within}/{key}"));
                    self.identity.new_record(Some(both.as_deref().unwrap_or(key)))
                });
                meant.record().unwrap_or(NULL)
            };
            return keys.codes.iter().enumerate().map(of_row).collect();
        }
        let mut of_code = vec![None; keys.values.len()];
        keys.codes
            .iter()
            .map(|&code| {
                if code == NULL || says_nothing[code as usize] {
                    return without_key(self);
                }
                let meant = *of_code[code as usize].get_or_insert_with(|| {
                    let key = keys.values.get(code).trim();
                    let mut is_new = false;
                    let meant = self.keys.get_or_insert_with(key, || {
                        is_new = true;
                        self.identity.new_record(Some(key))
                    });
                    if is_new {
                        self.zeros.see_new(key, &self.keys);
                    }
                    meant
                });
                meant.record().unwrap_or(NULL)
            })
            .collect()
    }

    /// A record per row, named by the column that names them, where there is one; two rows may have one name.
    fn person_per_row(&mut self, batch: &Batch) -> Vec<u32> {
        let columns = &self.spec.tables[batch.table].columns;
        let is_name = |at: &Option<usize>| at.is_some_and(|at| columns[at].meaning == Some(Meaning::Record));
        let at = batch.columns.iter().position(is_name);
        if let Some(of_spec) = at.and_then(|at| batch.columns[at]) {
            self.row_names.entry(batch.table).or_insert(of_spec);
        }
        let names = at.map(|at| &batch.rows.columns[at]);
        let name =
            |row| names.and_then(|names| names.get(row)).map(str::trim).filter(|name| !name.is_empty());
        (0..batch.rows.n_rows).map(|row| self.identity.new_record(name(row))).collect()
    }

    /// The record of each row by its own key, or by the key of the row of the parent table that it belongs to.
    fn known_records(&self, batch: &Batch) -> Vec<u32> {
        let table = &self.spec.tables[batch.table];
        let by_record = table.record.as_ref().and_then(|record| batch.rows.column(record));
        // where a row has a key of its own, an empty one says nothing, whatever it belongs to
        if let Some(keys) = by_record {
            return records_of(keys, &self.keys);
        }
        let Some((parent, here, _)) = self.spec.parent(table) else { return vec![NULL; batch.rows.n_rows] };
        let Some(keys) = batch.rows.column(here) else { return vec![NULL; batch.rows.n_rows] };
        match (&parent.key, self.of_rows.get(&parent.name)) {
            (None, _) => records_of(keys, &self.keys),
            (Some(_), Some(rows)) => records_of(keys, rows),
            (Some(_), None) => vec![NULL; batch.rows.n_rows],
        }
    }

    /// Whether a row was set aside because the row that it belongs to cannot be told.
    fn is_of_two_records(&self, batch: &Batch, row: usize) -> bool {
        let table = &self.spec.tables[batch.table];
        let Some((parent, here, _)) = self.spec.parent(table).filter(|_| batch.nesting.is_none()) else {
            return false;
        };
        let key = batch.rows.column(here).and_then(|keys| keys.get(row));
        let rows = if parent.key.is_some() { self.of_rows.get(&parent.name) } else { Some(&self.keys) };
        key.zip(rows).is_some_and(|(key, rows)| rows.find(key.trim()) == Some(Meant::TwoRecords))
    }

    /// Whether the key of a row that was set aside is another key but for its zeros.
    fn has_lost_zeros(&self, batch: &Batch, row: usize) -> bool {
        let table = &self.spec.tables[batch.table];
        // keys of rows are no keys of persons
        let by_parent =
            || self.spec.parent(table).filter(|(parent, ..)| parent.key.is_none()).map(|(_, here, _)| here);
        let name = table.record.as_deref().or_else(by_parent);
        let key = name.and_then(|name| batch.rows.column(name)).and_then(|keys| keys.get(row));
        key.is_some_and(|key| self.zeros.is_like_another(key.trim(), &self.keys))
    }

    /// Numbers the rows of nested files through all of them, so that `parent_row` means one row.
    fn number_rows(&mut self, batch: &Batch) {
        let Some(nesting) = &batch.nesting else { return };
        if !self.before.contains_key(&batch.file) {
            self.before.insert(Arc::clone(&batch.file), self.numbered.clone());
        }
        let before = self.before[&batch.file][batch.table];
        let last = nesting.own.iter().filter(|&&own| own != Nesting::NO_ROW).max();
        let numbered = &mut self.numbered[batch.table];
        *numbered = last.map_or(*numbered, |&last| (before + u64::from(last) + 1).max(*numbered));
    }

    /// Remembers which record the rows of a table are about, where other tables refer to them.
    fn remember_rows(&mut self, batch: &Batch, records: &[u32]) {
        let table = &self.spec.tables[batch.table];
        let is_parent = self.spec.tables.iter().any(|other| other.parent.as_ref() == Some(&table.name));
        let keys = table.key.as_ref().filter(|_| is_parent).and_then(|key| batch.rows.column(key));
        let Some(keys) = keys else { return };
        let rows = self.of_rows.entry(table.name.clone()).or_default();
        // a row that is set aside says nothing of its key
        for (row, &record) in records.iter().enumerate().filter(|(_, record)| **record != NULL) {
            if let Some(key) = keys.get(row).filter(|key| !is_no_key(key)) {
                rows.add(key.trim(), record);
            }
        }
    }

    fn take_identity(&mut self, batch: &Batch, records: &[u32]) -> Result<(), Fault> {
        let spec = Arc::clone(&self.spec);
        let columns = batch.rows.columns.iter().zip(&batch.columns);
        let columns: Vec<IdentityColumn<'_>> = columns
            .filter_map(|(column, at)| IdentityColumn::of(&spec, (batch.table, (*at)?), column))
            .collect();
        let rows = RowsOf { file: &batch.file, lines: &batch.lines };
        self.identity.take_in(&columns, records, &rows)
    }

    /// The rows of a batch without what says who they are about.
    fn payload_of(&self, mut batch: Batch, records: &[u32]) -> Table {
        let table = &self.spec.tables[batch.table];
        let kept: Vec<u32> = match table.rows {
            Rows::OfFile => (0..batch.rows.n_rows as u32).collect(),
            _ => (0..batch.rows.n_rows as u32).filter(|&row| records[row as usize] != NULL).collect(),
        };
        let mut columns = Vec::new();
        if table.rows != Rows::OfFile {
            let key = |&row: &u32| Some((u64::from(records[row as usize]) + 1).to_string());
            columns.push(Column::from_rows("record_key", kept.iter().map(key)));
        }
        if let Some(nesting) = &batch.nesting {
            let before = |table: usize| self.before.get(&batch.file).map_or(0, |before| before[table]);
            let text = |of: &[u32], before: u64| {
                let number = |&row: &u32| of.get(row as usize).filter(|&&n| n != Nesting::NO_ROW);
                let text = |n: &u32| (before + u64::from(*n) + 1).to_string();
                kept.iter().map(|row| number(row).map(text)).collect::<Vec<_>>()
            };
            columns.push(Column::from_rows("row", text(&nesting.own, before(batch.table))));
            let before = self.around[batch.table].map_or(0, before);
            columns.push(Column::from_rows("parent_row", text(&nesting.parent, before)));
        }
        // a column that the spec does not know may hold anything, a name included, and stays outside
        for (at, of_spec) in
            table.columns.iter().enumerate().filter(|(_, column)| !self.spec.says_who(table, column))
        {
            let column = batch.columns.iter().position(|known| *known == Some(at));
            let codes = match column {
                Some(column) => {
                    kept.iter().map(|&row| batch.rows.columns[column].codes[row as usize]).collect()
                }
                None => vec![NULL; kept.len()],
            };
            let values =
                column.map(|c| std::mem::take(&mut batch.rows.columns[c].values)).unwrap_or_default();
            columns.push(Column { name: of_spec.name.clone(), codes, values });
        }
        Table { name: table.name.clone(), n_rows: kept.len(), columns }
    }
}

impl Landing<'_> {
    /// Whether rows are about persons whose own rows have not come yet.
    fn is_early(&self, batch: &Batch) -> bool {
        let Some(nesting) = &batch.nesting else { return false };
        let known = self.nested.get(&batch.file).map_or(0, Vec::len);
        let unknown = |&person: &u32| person != Nesting::NO_ROW && person as usize >= known;
        self.spec.tables[batch.table].rows == Rows::OfPerson && nesting.person.iter().any(unknown)
    }

    fn land(&mut self, batch: Batch) -> Result<(), Fault> {
        self.alike.look(&batch);
        let records = self.records_of(&batch);
        self.remember_rows(&batch, &records);
        let spec = Arc::clone(&self.spec);
        let table = &spec.tables[batch.table];
        self.count(batch.table).rows_in += batch.rows.n_rows as u64;
        let filled = batch.rows.columns.iter().zip(&batch.columns).filter(|(c, _)| !c.values.is_empty());
        self.filled.extend(filled.filter_map(|(_, at)| Some((batch.table, (*at)?))));
        if batch.nesting.is_some() {
            self.nested_tables.entry(batch.table).or_insert_with(|| Arc::clone(&batch.file));
        }
        if table.rows != Rows::OfFile {
            let n_aside = records.iter().filter(|&&record| record == NULL).count() as u64;
            self.count(batch.table).set_aside += n_aside;
            self.take_identity(&batch, &records)?;
            if let Some(characteristics) = &mut self.characteristics {
                characteristics.take_in(&spec, &batch, &records);
            }
        }
        if self.payload.is_some() {
            let rows = self.payload_of(batch, &records);
            if let Some(payload) = &mut self.payload {
                payload(&table.name, rows)?;
            }
        }
        Ok(())
    }

    /// What is counted of a table.
    fn count(&mut self, table: usize) -> &mut TableCount {
        let name = &self.spec.tables[table].name;
        self.counts
            .entry(table)
            .or_insert_with(|| TableCount { table: name.clone(), ..TableCount::default() })
    }

    fn land_pending(&mut self) -> Result<(), Fault> {
        std::mem::take(&mut self.pending).into_iter().try_for_each(|batch| self.land(batch))
    }
}

impl BatchSink for Landing<'_> {
    fn batch(&mut self, batch: Batch) -> Result<(), Fault> {
        self.checker.batch(&batch);
        self.number_rows(&batch);
        if self.is_early(&batch) {
            self.pending.push(batch);
            return Ok(());
        }
        let is_person = self.spec.tables[batch.table].rows == Rows::Person;
        self.land(batch)?;
        if is_person && self.pending.iter().all(|pending| !self.is_early(pending)) {
            self.land_pending()?;
        }
        Ok(())
    }

    fn header(&mut self, file: &Arc<str>, table: usize, names: &[String], columns: &[Option<usize>]) {
        self.checker.header(file, table, names, columns);
        for (name, column) in names.iter().zip(columns) {
            if let Some(column) = column {
                self.headers.entry((table, *column)).or_insert_with(|| name.clone());
            }
        }
        let unknown = names.iter().zip(columns).filter(|(_, column)| column.is_none());
        let unknown: Arc<[String]> = unknown.map(|(name, _)| name.clone()).collect();
        self.unknown.extend(unknown.iter().cloned());
        let of_spec = &self.spec.tables[table];
        let lacking = of_spec.columns.iter().enumerate().filter(|(at, _)| !columns.contains(&Some(*at)));
        self.lacking.extend(lacking.map(|(_, column)| Lacking {
            file: Arc::clone(file),
            table: of_spec.name.clone(),
            column: column.name.clone(),
            unknown: Arc::clone(&unknown),
        }));
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }

    fn set_aside(&mut self, table: usize, n_rows: u64) {
        let count = self.count(table);
        count.rows_in += n_rows;
        count.set_aside += n_rows;
        count.not_read += n_rows;
    }
}

/// Whether a key says nothing: zeros and words that stand for "not known" would make one record of many people.
pub(super) fn is_no_key(key: &str) -> bool {
    let key = key.trim();
    key.is_empty() || key.bytes().all(|byte| byte == b'0') || is_placeholder(Role::Identifier, key)
}

/// For each table the one whose rows are around its own, by its elements, else by its keys.
fn around(spec: &Spec) -> Vec<Option<usize>> {
    let shape = Shape::new(spec, None);
    let by_key =
        |table: &spec::Table| spec.tables.iter().position(|other| Some(&other.name) == table.parent.as_ref());
    let around = |(at, table)| shape.as_ref().and_then(|shape| shape.around(at)).or_else(|| by_key(table));
    spec.tables.iter().enumerate().map(around).collect()
}

fn issue_of_two_people(spec: &Spec, found: TwoPeople) -> Issue {
    let TwoPeople { at: (table, column), file, n_rows, n_records, mut lines } = found;
    let table = &spec.tables[table];
    let (date, that, person) =
        if n_rows == 1 { ("date", "that", "person") } else { ("dates", "those", "persons") };
    let message = format!(
        "in table \"{}\" the {date} of {} of {} cannot be {that} of the {person} in earlier rows of the same key: two people \
         may have one key. The first date is kept, and no rule links by the child's id there; correct the date or the key",
        table.name,
        counted(n_rows, "row"),
        counted(n_records, "record"),
    );
    lines.sort_unstable();
    lines.truncate(Noted::KEPT);
    Issue::new(IssueKind::TwoPeople, &*file, message)
        .in_column(&table.columns[column].name)
        .on_lines(lines)
        .counting(n_rows as usize)
}

/// Reads a recognised return, which has been narrowed to its term, and lands it; `name` is what the dataset is called.
/// Payload is dropped where no sink is given.
///
/// Files made by hand are read a second time, for the checks alone, where a column turns out to write its dates otherwise
/// than nearly all do: month first, or so that nothing says which it is.
///
/// Fails as [`gather`] does, where the sink fails, and where two files hold the same persons or number them alike.
pub fn land<'a>(
    recognised: &Recognised,
    name: &str,
    reference_date: Option<PartialDate>,
    authority: Option<LaCode>,
    payload: Option<&'a mut Payload<'a>>,
    identity: IdentityKept<'a>,
    progress: &dyn Progress,
) -> Result<(Landed, Gathered), Fault> {
    let mut landing = Landing::new(Arc::clone(&recognised.spec), reference_date, authority, payload);
    landing = match identity {
        IdentityKept::Whole => landing,
        IdentityKept::First(records) => landing.with_identity_of_first(records),
        IdentityKept::InParts(sink) => landing.with_identity_in_parts(sink),
    };
    landing.alike = Alike::of(recognised);
    let gathered = gather(recognised, &mut landing, progress)?;
    let told = std::mem::take(&mut landing.alike).finish(name)?;
    landing.issues.extend(told);
    landing.issues.extend(recognised.issues_of_strangers());
    let mut landed = landing.finish(name)?;
    refuse_without_persons(name, recognised, &gathered, &landed)?;
    if let Some(orders) = landed.unsettled.take() {
        let checker = Checker::new(Arc::clone(&recognised.spec), reference_date, authority);
        let mut again = OnlyChecks(checker.in_orders(orders));
        gather(recognised, &mut again, &Again(progress))?;
        landed.quality = again.0.quality();
        landed.findings = again.0.finish();
    }
    Ok((landed, gathered))
}

/// Refuses a return whose table of persons is not there, or without a row, so that most rows of its other tables are about
/// nobody.
fn refuse_without_persons(
    name: &str,
    recognised: &Recognised,
    gathered: &Gathered,
    landed: &Landed,
) -> Result<(), Fault> {
    let spec = &recognised.spec;
    let is_of_persons = |table: &spec::Table| table.rows == Rows::Person || table.makes_records;
    let (mut rows, mut about_nobody) = (0, 0);
    for count in &landed.tables {
        let of_spec = spec.tables.iter().find(|table| table.name == count.table);
        if of_spec.is_some_and(|table| table.rows == Rows::OfPerson && !table.makes_records) {
            rows += count.rows_in - count.not_read;
            about_nobody += count.set_aside - count.not_read;
        }
    }
    if about_nobody * 2 <= rows {
        return Ok(());
    }
    let without_rows = recognised.members.iter().zip(&gathered.members).find_map(|(member, counts)| {
        let table = &spec.tables[member.holds.only_table()?];
        (is_of_persons(table) && counts.rows_in == 0).then(|| (member.file.to_string(), table))
    });
    let empty = || {
        recognised.strangers.iter().filter(|stranger| stranger.is == EMPTY).find_map(|stranger| {
            let called = |table: &&spec::Table| is_of_persons(table) && fit::is_named(&stranger.file, table);
            Some((stranger.file.clone(), spec.tables.iter().find(called)?))
        })
    };
    let first = spec.tables.iter().find(|table| table.rows == Rows::Person);
    // where nobody is left, whoever asks for persons is told what is missing
    let missing = first
        .filter(|table| landed.n_records > 0 && landed.tables.iter().all(|count| count.table != table.name));
    let fault = match (without_rows.or_else(empty), missing) {
        (Some((file, table)), _) => Fault::new(
            FaultCode::LacksPersons,
            format!("{file} has no rows, and the other tables are about the persons of \"{}\"", table.name),
            "export it again with its rows, and check that the selection returns some",
        ),
        (None, Some(table)) => Fault::new(
            FaultCode::LacksPersons,
            format!(
                "{name} has no table \"{}\", and its other tables are about the persons there",
                table.name
            ),
            format!("put \"{}\" beside the others, of the same day and selection", table.name),
        ),
        (None, None) => return Ok(()),
    };
    Err(fault.because(format!(
        "{} of {} would be about nobody, and nearly everybody would be missing",
        grouped(about_nobody),
        counted(rows, "row")
    )))
}

/// Checks batches and nothing else.
struct OnlyChecks(Checker);

impl BatchSink for OnlyChecks {
    fn batch(&mut self, batch: Batch) -> Result<(), Fault> {
        self.0.batch(&batch);
        Ok(())
    }

    fn header(&mut self, file: &Arc<str>, table: usize, names: &[String], columns: &[Option<usize>]) {
        self.0.header(file, table, names, columns);
    }

    fn issue(&mut self, _issue: Issue) {}

    fn set_aside(&mut self, _table: usize, _n_rows: u64) {}
}

/// Of a second reading: it can be stopped, and its bytes have been counted.
struct Again<'a>(&'a dyn Progress);

impl Progress for Again<'_> {
    fn advance(&self, _bytes: u64) {}

    fn stopped(&self) -> bool {
        self.0.stopped()
    }
}

/// The record of each row by its key, where that means one; each distinct key is looked up once.
fn records_of(keys: &Column, known: &Keys) -> Vec<u32> {
    let record = |key: &str| known.find(key.trim()).and_then(Meant::record).unwrap_or(NULL);
    let of_code: Vec<u32> = keys.values.iter().map(record).collect();
    keys.codes.iter().map(|&code| if code == NULL { NULL } else { of_code[code as usize] }).collect()
}

#[cfg(test)]
mod tests;
