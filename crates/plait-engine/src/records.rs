//! Records of all sources as rows of codes.

use crate::model::{EXPECTED_DATE_OF_BIRTH, NHS_NUMBER_STATUS};
use crate::parts::{Plan, PlannedColumn, PlannedField};
use crate::random::draw;
use crate::similarity::Nicknames;
use crate::standardise::standardise;
use hashbrown::HashMap;
use plait_types::identifier::{NhsNumberEvidence, NhsNumberStatus};
use plait_types::placeholder::implausible_from;
use plait_types::{Column, DateOrder, Interner, NULL, PartialDate, Role, Table, Values};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// All records of all sources: sources one after the other, rows in file order.
#[derive(Debug, Default)]
pub struct Records {
    /// In the order given.
    pub sources: Vec<Source>,
    /// What can be compared or blocked on.
    pub fields: Vec<Field>,
    /// Short forms and spellings of names, where somebody gave some besides [the built-in ones](Nicknames::builtin).
    pub own_nicknames: Option<Arc<Nicknames>>,
    /// Per record its place among all records, where these are [a part](crate::parts) of them; else empty.
    pub places: Vec<u64>,
}

/// The field that says which of several sources a record came from; a name that no header is likely to have.
pub const SOURCE_OF_RECORD: &str = "source_of_record";

/// One source's share of the rows.
#[derive(Clone, Debug)]
pub struct Source {
    /// As in every output.
    pub name: String,
    /// Index of its first record.
    pub start: u32,
    /// Index after its last record.
    pub end: u32,
    /// How many records it has in all: more where these are only [a part](crate::parts) of them.
    pub n_in_all: u64,
}

/// One property of records, brought together from the columns of all sources.
#[derive(Debug)]
pub struct Field {
    /// The role's name, or the header in lower case where a source has several columns of the role and shares a header with
    /// another source.
    pub name: String,
    /// The header in each source; `None` where a source has no such column.
    pub headers: Vec<Option<String>>,
    /// What it means.
    pub role: Role,
    /// One per record; [`NULL`] where missing.
    pub codes: Vec<u32>,
    /// Standardised values, indexed by code.
    pub values: Values,
    /// Records per code, of all records, also where these are only [a part](crate::parts) of them.
    pub counts: Vec<u32>,
    /// Per source, its records with a value, also of all.
    pub present: Vec<u64>,
    /// Dates, indexed by code, for fields of dates; else empty.
    pub dates: Vec<PartialDate>,
    /// Records whose value was a placeholder and is treated as missing.
    pub n_placeholders: u32,
    /// For each value that implausibly many records hold, how many did; it stands for "not known" and is treated as
    /// missing.
    pub spikes: Vec<u32>,
    /// Records whose value could not be read as what the role says and is treated as missing.
    pub n_unreadable: u32,
}

/// A source as the engine takes it: the table and what its columns mean.
#[derive(Clone, Debug)]
pub struct SourceInput {
    /// Consumed column by column, so that raw and standardised values are not held at once.
    pub table: Table,
    /// Columns to use.
    pub columns: Vec<InputColumn>,
}

/// What one column means.
#[derive(Clone, Copy, Debug)]
pub struct InputColumn {
    /// Its index in the table.
    pub index: usize,
    /// Its role.
    pub role: Role,
    /// The order of its dates; [`DateOrder::YearMonthDay`] if `None`.
    pub date_order: Option<DateOrder>,
}

impl Records {
    /// Brings columns of one meaning together across sources, standardises each distinct value once,
    /// and interns. Columns that identify rows, dates other than of birth, and prose are left out.
    pub fn new(mut inputs: Vec<SourceInput>) -> Self {
        let mut sources = Vec::with_capacity(inputs.len());
        let mut start = 0;
        for input in &inputs {
            let end = start + input.table.n_rows as u32;
            let n_in_all = input.table.n_rows as u64;
            sources.push(Source { name: input.table.name.clone(), start, end, n_in_all });
            start = end;
        }
        take_lines_as_addresses(&mut inputs);
        let parts: Vec<FieldParts> = group_columns(&inputs)
            .into_iter()
            .map(|group| FieldParts {
                columns: group
                    .columns
                    .iter()
                    .zip(&mut inputs)
                    .map(|(column, input)| {
                        column.map(|c| (std::mem::take(&mut input.table.columns[c.index]), c.date_order))
                    })
                    .collect(),
                name: group.name,
                role: group.role,
            })
            .collect();
        drop(inputs);
        let field = |part: FieldParts| part.into_field(&sources).counted(&sources).without_spikes(&sources);
        let mut fields: Vec<Field> = parts.into_par_iter().map(field).collect();
        if knows_no_source(&sources, &fields) {
            fields.push(Field::of_sources(&sources));
        }
        Self { sources, fields, own_nicknames: None, places: Vec::new() }
    }

    /// The table of short forms and spellings by which names are compared.
    pub fn nicknames(&self) -> &Nicknames {
        self.own_nicknames.as_deref().unwrap_or_else(|| Nicknames::builtin())
    }

    /// About `size` records drawn at random, evenly from all sources, in their order, standardised values and all.
    #[must_use]
    pub fn sample(&self, size: usize, seed: u64) -> Self {
        let share = ((size as f64 / self.len() as f64).min(1.0) * u64::MAX as f64) as u64;
        let kept: Vec<u32> =
            (0..self.len() as u32).filter(|&record| draw(seed, u64::from(record)) <= share).collect();
        let position = |record: u32| kept.partition_point(|&k| k < record) as u32;
        let sources: Vec<Source> = self
            .sources
            .iter()
            .map(|s| {
                let (start, end) = (position(s.start), position(s.end));
                Source { name: s.name.clone(), start, end, n_in_all: u64::from(end - start) }
            })
            .collect();
        Self {
            fields: self.fields.par_iter().map(|field| field.subset(&kept, &sources)).collect(),
            sources,
            own_nicknames: self.own_nicknames.clone(),
            places: Vec::new(),
        }
    }

    /// The place of a record among all records.
    pub fn place(&self, record: u32) -> u64 {
        self.places.get(record as usize).copied().unwrap_or(u64::from(record))
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.sources.last().map_or(0, |source| source.end as usize)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The index of the source of a record.
    pub fn source_of(&self, record: u32) -> usize {
        self.sources.partition_point(|source| source.end <= record)
    }

    /// Of each record whether the status beside its NHS number says that it is not known to be the person's; such a number is
    /// compared, and decides nothing by itself. Empty where there is none.
    pub(crate) fn unverified_nhs_numbers(&self) -> Vec<bool> {
        let mut unverified = Vec::new();
        for field in self.fields.iter().filter(|field| field.name.eq_ignore_ascii_case(NHS_NUMBER_STATUS)) {
            let decides_nothing = |text: &str| {
                let status = NhsNumberStatus::parse(text);
                status.is_some_and(|status| status.evidence() != NhsNumberEvidence::Deterministic)
            };
            let of_value: Vec<bool> = field.values.iter().map(decides_nothing).collect();
            if of_value.contains(&true) {
                unverified.resize(self.len(), false);
                let rows = unverified.iter_mut().zip(&field.codes).filter(|(_, code)| **code != NULL);
                rows.for_each(|(unverified, &code)| *unverified |= of_value[code as usize]);
            }
        }
        unverified
    }

    /// The index of the field with this name, or with this header in some source; case does not matter. Of several with this
    /// name it is the one whose role is called so, else one whose values mean something: an empty column of one source, of which
    /// nobody knows what it means, is a field beside that of the others.
    pub fn field(&self, name: &str) -> Option<usize> {
        let has_header = |field: &Field, name: &str| {
            field.headers.iter().flatten().any(|header| header.eq_ignore_ascii_case(name))
        };
        named(name, &self.fields, |field| (&field.name, field.role), has_header)
    }
}

/// As [`Records::field`]. How many values a field has must not count: nobody who works at a part of the records knows.
pub(crate) fn named<F>(
    name: &str,
    fields: &[F],
    facts: impl Fn(&F) -> (&str, Role),
    has_header: impl Fn(&F, &str) -> bool,
) -> Option<usize> {
    let same = |other: &str| other.eq_ignore_ascii_case(name);
    let of_this_name = (0..fields.len()).filter(|&at| same(facts(&fields[at]).0));
    let means_another = |&at: &usize| {
        let role = facts(&fields[at]).1;
        (!same(role.name()), role == Role::Other)
    };
    of_this_name.min_by_key(means_another).or_else(|| fields.iter().position(|field| has_header(field, name)))
}

impl Field {
    fn without_values(name: String, headers: Vec<Option<String>>, role: Role) -> Self {
        Self {
            name,
            headers,
            role,
            codes: Vec::new(),
            values: Values::default(),
            counts: Vec::new(),
            present: Vec::new(),
            dates: Vec::new(),
            n_placeholders: 0,
            spikes: Vec::new(),
            n_unreadable: 0,
        }
    }

    /// Which source each record came from: what two records of one source say about each other differs from what
    /// records of two sources do.
    fn of_sources(sources: &[Source]) -> Self {
        let mut interner = Interner::default();
        let mut codes = Vec::new();
        for source in sources {
            let code = interner.intern(&source.name);
            codes.resize(source.end as usize, code);
        }
        let headers = vec![None; sources.len()];
        let mut field = Self {
            codes,
            values: interner.into_values(),
            ..Self::without_values(SOURCE_OF_RECORD.to_owned(), headers, Role::Source)
        };
        field.count(sources);
        field
    }

    /// The standardised value of a record, or `None` where it is missing.
    pub fn get(&self, record: u32) -> Option<&str> {
        match self.codes[record as usize] {
            NULL => None,
            code => Some(self.values.get(code)),
        }
    }

    /// Per value, the code of the same value in another field, if it is there.
    pub fn codes_in(&self, other: &Self) -> Vec<Option<u32>> {
        let codes: HashMap<&str, u32> = other.values.iter().zip(0..).collect();
        self.values.iter().map(|value| codes.get(value).copied()).collect()
    }

    /// The code of a value, whatever its case.
    pub(crate) fn code_of(&self, value: &str) -> Option<u32> {
        self.values.iter().position(|known| known.eq_ignore_ascii_case(value)).map(|code| code as u32)
    }

    fn subset(&self, kept: &[u32], sources: &[Source]) -> Self {
        // the values of the others are left out, so that working on a sample costs as little as it should
        let mut old_to_new = vec![NULL; self.values.len()];
        let mut old = Vec::new();
        let codes: Vec<u32> = kept
            .iter()
            .map(|&record| match self.codes[record as usize] {
                NULL => NULL,
                code => {
                    let new = &mut old_to_new[code as usize];
                    if *new == NULL {
                        *new = old.len() as u32;
                        old.push(code);
                    }
                    *new
                }
            })
            .collect();
        let mut values = Values::default();
        old.iter().for_each(|&code| values.push(self.values.get(code)));
        let mut field = Self {
            codes,
            values,
            dates: if self.dates.is_empty() {
                Vec::new()
            } else {
                old.iter().map(|&c| self.dates[c as usize]).collect()
            },
            ..Self::without_values(self.name.clone(), self.headers.clone(), self.role)
        };
        field.count(sources);
        field
    }

    fn count(&mut self, sources: &[Source]) {
        self.counts = vec![0; self.values.len()];
        let of_source = |source: &Source| {
            let mut present = 0;
            for &code in &self.codes[source.start as usize..source.end as usize] {
                if code != NULL {
                    self.counts[code as usize] += 1;
                    present += 1;
                }
            }
            present
        };
        self.present = sources.iter().map(of_source).collect();
    }

    /// Records that have a value, of all.
    pub fn n_present(&self) -> u64 {
        self.present.iter().sum()
    }
}

struct ColumnGroup {
    name: String,
    role: Role,
    /// One per source.
    columns: Vec<Option<InputColumn>>,
}

/// The fields that columns of all sources would make.
pub(crate) fn plan(mut inputs: Vec<SourceInput>) -> Vec<PlannedField> {
    take_lines_as_addresses(&mut inputs);
    let planned = |(column, input): (Option<InputColumn>, &SourceInput)| {
        let column = column?;
        let header = input.table.columns[column.index].name.clone();
        Some(PlannedColumn { header, date_order: column.date_order })
    };
    let field = |group: ColumnGroup| PlannedField {
        columns: group.columns.into_iter().zip(&inputs).map(planned).collect(),
        name: group.name,
        role: group.role,
    };
    group_columns(&inputs).into_iter().map(field).collect()
}

/// An address in one column is an address, whether its header says so or calls it a line: where no source has more than
/// one column of either kind, and some source has the whole, all are taken as whole addresses.
fn take_lines_as_addresses(inputs: &mut [SourceInput]) {
    let count = |input: &SourceInput, roles: &[Role]| {
        input.columns.iter().filter(|column| roles.contains(&column.role)).count()
    };
    let either = [Role::Address, Role::AddressLine];
    if inputs.iter().all(|i| count(i, &either) <= 1) && inputs.iter().any(|i| count(i, &[Role::Address]) == 1)
    {
        for column in inputs.iter_mut().flat_map(|input| &mut input.columns) {
            if column.role == Role::AddressLine {
                column.role = Role::Address;
            }
        }
    }
}

/// Columns that are about the same thing: by role where each source has at most one column of it, else by header; and where a
/// source shares no header with another, by its [main column](main_columns).
fn group_columns(inputs: &[SourceInput]) -> Vec<ColumnGroup> {
    let mut groups: Vec<ColumnGroup> = Vec::new();
    let mut roles: Vec<Role> =
        inputs.iter().flat_map(|input| &input.columns).map(|column| column.role).collect();
    roles.sort_unstable();
    roles.dedup();
    let is_single =
        |role: Role| inputs.iter().all(|input| input.columns.iter().filter(|c| c.role == role).count() <= 1);
    let mains: Vec<(usize, InputColumn, String)> = roles
        .into_iter()
        .filter(|&role| role.has_main_column() && !is_single(role))
        .flat_map(|role| main_columns(inputs, role))
        .collect();
    let is_main = |source: usize, column: &InputColumn| {
        mains.iter().any(|(of, main, _)| *of == source && main.index == column.index)
    };
    let others = inputs.iter().enumerate().flat_map(|(source, input)| {
        let others = input.columns.iter().filter(move |column| {
            compared(column.role, &input.table.columns[column.index].name) && !is_main(source, column)
        });
        others.map(move |column| {
            let by_role = column.role.is_one_thing() && is_single(column.role);
            let name = if by_role { column.role.name().to_owned() } else { header_of(input, column) };
            (source, *column, name)
        })
    });
    for (source, column, name) in mains.iter().cloned().chain(others) {
        let group = groups.iter_mut().find(|group| group.role == column.role && group.name == name);
        match group {
            Some(group) if group.columns[source].is_none() => group.columns[source] = Some(column),
            _ => {
                let mut columns = vec![None; inputs.len()];
                columns[source] = Some(column);
                groups.push(ColumnGroup { name, role: column.role, columns });
            }
        }
    }
    groups
}

/// As headers are compared.
fn header_of(input: &SourceInput, column: &InputColumn) -> String {
    input.table.columns[column.index].name.trim().to_lowercase()
}

/// Of sources of which no column of a role has a header that another source has for it too, the column that is compared with those
/// of the others all the same, and the name of what it is compared as: what most sources call theirs, else the role. It is the one
/// called as the role is, else the most filled, else the first. Numbers of before are other numbers.
fn main_columns(inputs: &[SourceInput], role: Role) -> Vec<(usize, InputColumn, String)> {
    let is_former =
        |name: &str| ["former", "prev", "old"].iter().any(|beginning| name.starts_with(beginning));
    // per header, in order of the first column that has it: how many sources have it
    let mut headers: Vec<(String, usize)> = Vec::new();
    for input in inputs {
        let of_source: BTreeSet<String> =
            input.columns.iter().filter(|c| c.role == role).map(|c| header_of(input, c)).collect();
        for header in of_source {
            match headers.iter_mut().find(|(known, _)| *known == header) {
                Some((_, n)) => *n += 1,
                None => headers.push((header, 1)),
            }
        }
    }
    headers.retain(|(_, n)| *n > 1);
    let most = headers.iter().map(|(_, n)| *n).max();
    let name = headers.iter().find(|(_, n)| Some(*n) == most).map_or(role.name(), |(header, _)| header);
    let main = |input: &SourceInput| {
        let columns = || input.columns.iter().filter(|column| column.role == role);
        if columns().any(|column| headers.iter().any(|(header, _)| *header == header_of(input, column))) {
            return None;
        }
        let rank = |column: &&InputColumn| {
            let present =
                input.table.columns[column.index].codes.iter().filter(|&&code| code != NULL).count();
            (header_of(input, column) == role.name(), present, std::cmp::Reverse(column.index))
        };
        columns().filter(|column| !is_former(&header_of(input, column))).max_by_key(rank).copied()
    };
    let mains = inputs.iter().enumerate().filter_map(|(source, input)| Some((source, main(input)?)));
    mains.map(|(source, column)| (source, column, name.to_owned())).collect()
}

/// Whether a column says anything of who somebody is; of other dates only the day on which a child was expected does.
fn compared(role: Role, header: &str) -> bool {
    match role {
        Role::RecordId | Role::FreeText => false,
        Role::OtherDate => header.eq_ignore_ascii_case(EXPECTED_DATE_OF_BIRTH),
        _ => true,
    }
}

/// Times as many records as the plausible values have, from which on a value is implausible.
pub(crate) const SPIKE: u32 = 20;
/// And so many at least.
pub(crate) const LEAST_OF_SPIKE: u32 = 50;

struct FieldParts {
    name: String,
    role: Role,
    /// One per source: the raw column and the order of its dates.
    columns: Vec<Option<(Column, Option<DateOrder>)>>,
}

impl Records {
    /// Some records of one source as rows of codes, standardised as if they were with all others; values that implausibly many hold
    /// are still there, and counts are of these records.
    pub(crate) fn of_rows(plan: &Plan, source: usize, mut table: Table, places: Vec<u64>) -> Self {
        let n = table.n_rows as u32;
        let sources = plan.sources.iter().enumerate().map(|(at, name)| {
            let (start, end) = (if at > source { n } else { 0 }, if at >= source { n } else { 0 });
            Source { name: name.clone(), start, end, n_in_all: u64::from(end - start) }
        });
        let sources: Vec<Source> = sources.collect();
        let mut take = |header: &str| {
            let column = table.columns.iter_mut().find(|column| column.name == header);
            std::mem::take(column.expect("the columns of the plan were asked for"))
        };
        let field = |planned: &PlannedField| {
            let columns = planned.columns.iter().enumerate().map(|(at, column)| {
                let column = column.as_ref()?;
                let of_this = if at == source { take(&column.header) } else { Column::default() };
                Some((Column { name: column.header.clone(), ..of_this }, column.date_order))
            });
            FieldParts { name: planned.name.clone(), role: planned.role, columns: columns.collect() }
        };
        let parts: Vec<FieldParts> = plan.fields.iter().map(field).collect();
        let fields = parts.into_iter().map(|part| part.into_field(&sources).counted(&sources)).collect();
        Self::of_part(sources, fields, places)
    }

    /// Records that were standardised elsewhere.
    pub(crate) fn of_part(sources: Vec<Source>, mut fields: Vec<Field>, places: Vec<u64>) -> Self {
        if knows_no_source(&sources, &fields) {
            fields.push(Field::of_sources(&sources));
        }
        Self { sources, fields, own_nicknames: None, places }
    }
}

/// Whether a field is missing that says which of several sources a record came from.
fn knows_no_source(sources: &[Source], fields: &[Field]) -> bool {
    let is_there = |field: &Field| field.role == Role::Source || field.name == SOURCE_OF_RECORD;
    sources.len() > 1 && !fields.iter().any(is_there)
}

impl FieldParts {
    fn into_field(self, sources: &[Source]) -> Field {
        let Self { name, role, mut columns } = self;
        let n = sources.last().map_or(0, |source| source.end as usize);
        let headers = columns.iter().map(|c| c.as_ref().map(|(column, _)| column.name.clone())).collect();
        let mut field = Field { codes: Vec::with_capacity(n), ..Field::without_values(name, headers, role) };
        let size = columns.iter().flatten().map(|(column, _)| column.values.len()).max().unwrap_or(0);
        if let [Some((column, order))] = &mut columns[..]
            && are_standard(role, &column.values, *order)
        {
            field.codes = std::mem::take(&mut column.codes);
            field.values = std::mem::take(&mut column.values);
            return field;
        }
        let mut interner = Interner::with_capacity(size);
        for (column, source) in columns.into_iter().zip(sources) {
            match column {
                Some((column, order)) => field.take_in(&column, order, &mut interner),
                None => field.codes.resize(source.end as usize, NULL),
            }
        }
        field.values = interner.into_values();
        field
    }
}

/// Whether raw values are what they would be standardised to, as e-mail addresses and ISO dates mostly are; a column of
/// one source where all are can be taken as it is.
fn are_standard(role: Role, values: &Values, order: Option<DateOrder>) -> bool {
    let order = order.unwrap_or(DateOrder::YearMonthDay);
    const CHUNK: u32 = 1 << 15;
    let n = values.len() as u32;
    (0..n.div_ceil(CHUNK)).into_par_iter().all(|chunk| {
        let mut buffer = String::new();
        (chunk * CHUNK..n.min((chunk + 1) * CHUNK)).all(|code| {
            let raw = values.get(code);
            standardise(role, raw, order, &mut buffer) == crate::standardise::Standardised::Text(raw)
        })
    })
}

impl Field {
    /// With what follows from codes and values.
    fn counted(mut self, sources: &[Source]) -> Self {
        self.count(sources);
        self.read_dates();
        self
    }

    fn read_dates(&mut self) {
        if self.role.is_date() {
            let read = |text| PartialDate::parse(text, DateOrder::YearMonthDay);
            self.dates = self
                .values
                .iter()
                .map(|text| read(text).expect("standardised dates are ISO dates"))
                .collect();
        }
    }

    /// Treats values as missing that so many records hold that they say nothing about who these are: an office's
    /// postcode, a telephone number typed for everybody.
    fn without_spikes(mut self, sources: &[Source]) -> Self {
        let Some(from) = implausible_from(self.role, &self.counts, SPIKE, LEAST_OF_SPIKE) else {
            return self;
        };
        self.spikes = self.counts.iter().copied().filter(|&count| count >= from).collect();
        let is_spike: Vec<bool> = self.counts.iter().map(|&count| count >= from).collect();
        self.forget(&is_spike);
        self.count(sources);
        self
    }

    /// Treats some values as missing; `is_forgotten` is one per value.
    pub(crate) fn forget(&mut self, is_forgotten: &[bool]) {
        for code in &mut self.codes {
            if *code != NULL && is_forgotten[*code as usize] {
                *code = NULL;
            }
        }
    }

    /// Of records that were standardised elsewhere: `counts` of all records, where they are known, else of these.
    pub(crate) fn of_part(
        planned: &PlannedField,
        codes: Vec<u32>,
        values: Values,
        counts: Option<Vec<u32>>,
        present: Vec<u64>,
    ) -> Self {
        let headers = planned.columns.iter().map(|column| Some(column.as_ref()?.header.clone())).collect();
        let mut field =
            Self { codes, values, ..Self::without_values(planned.name.clone(), headers, planned.role) };
        field.counts = counts.unwrap_or_else(|| {
            let mut counts = vec![0; field.values.len()];
            field.codes.iter().filter(|code| **code != NULL).for_each(|&code| counts[code as usize] += 1);
            counts
        });
        field.present = present;
        field.read_dates();
        field
    }

    fn take_in(&mut self, column: &Column, order: Option<DateOrder>, interner: &mut Interner) {
        use crate::standardise::Standardised::{Missing, Placeholder, Text, Unreadable};
        let order = order.unwrap_or(DateOrder::YearMonthDay);
        let raw_counts = column.counts();
        let mut buffer = String::new();
        let codes: Vec<u32> = column
            .values
            .iter()
            .zip(raw_counts)
            .map(|(raw, count)| match standardise(self.role, raw, order, &mut buffer) {
                Text(text) => interner.intern(text),
                Missing => NULL,
                Placeholder => {
                    self.n_placeholders += count;
                    NULL
                }
                Unreadable => {
                    self.n_unreadable += count;
                    NULL
                }
            })
            .collect();
        self.codes
            .extend(column.codes.iter().map(|&code| if code == NULL { NULL } else { codes[code as usize] }));
    }
}

#[cfg(test)]
mod tests;
