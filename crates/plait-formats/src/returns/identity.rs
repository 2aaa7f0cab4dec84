//! Who the records of a dataset are about: names, dates, sex, addresses and identifiers, apart from everything else.
//!
//! A record can have several names, addresses and identifiers, each with its kind and its dates; [`Identity`] holds
//! them all in long tables. [`Identity::current`] is one row per record with what holds now, which is what linkage
//! starts from. Everything is joined by the record key, a number that means nothing outside the dataset.

use self::births::{Births, RowsOf, TwoPeople};
use self::dates::{DatesKnown, DatesRead, is_date};
use super::codes;
use super::dates::DateOrders;
use super::library::CodeList;
use super::spec::{DateForm, Kind, Meaning, Spec};
use crate::columns::surname_first;
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashSet, HashTable};
use plait_types::identifier::UpnUnknown;
use plait_types::{Column, Interner, NULL, PartialDate, Table, Values};
use std::hash::BuildHasher;

mod address;
pub(super) mod births;
mod current;
mod dates;
mod identifiers;
pub(super) mod parts;

pub(super) use current::MEANINGS;
pub use current::{Current, role};
pub use parts::{IdentityKept, IdentitySink};

/// Who the records of a dataset are about. Record keys are row numbers from 0; tables show them from 1.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// How many records there are.
    pub n_records: usize,
    /// The day that the dataset is about, where its files say it: what ends after it has not ended.
    pub reference: Option<PartialDate>,
    /// One row per record: `record_key`, the key of the source, and what a person has only one of, as recorded and, for
    /// sex and ethnicity, in one coding for all returns.
    pub persons: Table,
    /// `record_key`, `kind` (legal, preferred, former), `forename`, `middle_names`, `surname`, `full_name`, `from`, `to`.
    pub names: Table,
    /// `record_key`, `kind` (home, placement), `address`, `town`, `postcode`, `uprn`, `from`, `to`.
    pub addresses: Table,
    /// `record_key`, `kind` (`upn`, `nhs_number` …), `value`, `validity`, `status`, `from`, `to`.
    pub identifiers: Table,
    /// Records, ascending, whose rows give dates of birth that cannot be of one person: two people have one key.
    pub contradicted: Vec<u32>,
    /// Of columns of dates in `persons`, the layout in which the files write most of them; in `persons` it is `YYYY-MM-DD`.
    pub layouts: Vec<(&'static str, &'static str)>,
}

const NAME_COLUMNS: [&str; 7] = ["kind", "forename", "middle_names", "surname", "full_name", "from", "to"];
const ADDRESS_COLUMNS: [&str; 7] = ["kind", "address", "town", "postcode", "uprn", "from", "to"];
const IDENTIFIER_COLUMNS: [&str; 6] = ["kind", "value", "validity", "status", "from", "to"];

impl Identity {
    /// Its tables, persons first, each with all columns that it can have.
    pub fn tables(&self) -> [(&Table, Vec<&'static str>); 4] {
        let facts = FACTS.iter().map(|(_, column)| *column);
        let persons = ["record_key", "source_key"].into_iter().chain(facts).chain(AS_RECORDED);
        let long = |columns: &[&'static str]| [&["record_key"], columns].concat();
        [
            (&self.persons, persons.collect()),
            (&self.names, long(&NAME_COLUMNS)),
            (&self.addresses, long(&ADDRESS_COLUMNS)),
            (&self.identifiers, long(&IDENTIFIER_COLUMNS)),
        ]
    }
}

/// The kinds of names, and the meanings that fill the cells forename, middle names, surname and full name.
const NAMES: [(&str, [Option<Meaning>; 4]); 3] = [
    (
        "legal",
        [
            Some(Meaning::Forename),
            Some(Meaning::MiddleNames),
            Some(Meaning::Surname),
            Some(Meaning::FullName),
        ],
    ),
    ("preferred", [Some(Meaning::PreferredForename), None, Some(Meaning::PreferredSurname), None]),
    ("former", [None, None, Some(Meaning::FormerSurname), None]),
];

/// What a person has only one of, and its column in [`Identity::persons`].
const FACTS: [(Meaning, &str); 9] = [
    (Meaning::DateOfBirth, "date_of_birth"),
    (Meaning::ExpectedDateOfBirth, "expected_date_of_birth"),
    (Meaning::DateOfDeath, "date_of_death"),
    (Meaning::Sex, "sex"),
    (Meaning::Ethnicity, "ethnicity"),
    (Meaning::UpnUnknown, "upn_unknown"),
    (Meaning::School, "school"),
    (Meaning::Email, "email"),
    (Meaning::Phone, "phone"),
];

/// Where in [`FACTS`] the reason stands why there is no UPN, which some returns write in the place of the UPN.
const REASON_FOR_NO_UPN: usize = 5;

/// Columns of sex and ethnicity as the source codes them.
const AS_RECORDED: [&str; 2] = ["sex_as_recorded", "ethnicity_as_recorded"];

/// Identifiers that stand in a column of their own, and their kind.
const IDENTIFIERS: [(Meaning, &str); 9] = [
    (Meaning::Upn, "upn"),
    (Meaning::FormerUpn, "former_upn"),
    (Meaning::NhsNumber, "nhs_number"),
    (Meaning::Uln, "uln"),
    (Meaning::LaChildId, "la_child_id"),
    (Meaning::FormerLaChildId, "former_la_child_id"),
    (Meaning::SchoolUrn, "school_urn"),
    (Meaning::Pseudonym, "pseudonym"),
    (Meaning::LocalPatientId, "local_patient_id"),
];

/// An identity column of a batch: what it means and how its values are written.
pub(super) struct IdentityColumn<'a> {
    /// Its table and itself, as indices in the spec.
    pub(super) at: (usize, usize),
    pub(super) meaning: Meaning,
    pub(super) kind: Kind,
    pub(super) codes: Option<&'a CodeList>,
    pub(super) column: &'a Column,
}

impl<'a> IdentityColumn<'a> {
    /// `None` where the column of the spec says nothing of who a record is about.
    pub(super) fn of(spec: &'a Spec, at: (usize, usize), column: &'a Column) -> Option<Self> {
        let table = &spec.tables[at.0];
        let of_spec = &table.columns[at.1];
        let codes = of_spec.code_list();
        let of_address = table.address_dates.iter().flatten().position(|date| *date == of_spec.name);
        let of_address = of_address.map(|end| if end == 0 { Meaning::From } else { Meaning::To });
        Some(Self { at, meaning: of_spec.meaning.or(of_address)?, kind: of_spec.kind, codes, column })
    }
}

/// Gathers statements about records, in any order. Numbers of records count from its first.
pub(super) struct IdentityBuilder {
    /// The number of its first record in the dataset.
    first_record: u32,
    n_records: u32,
    dates: DatesRead,
    keys: Firsts,
    births: Births,
    facts: [Firsts; FACTS.len()],
    /// Sex and ethnicity as the source codes them.
    as_recorded: [Firsts; 2],
    /// kind, forename, middle names, surname, full name, from, to
    names: Statements<7>,
    /// kind, address, town, postcode, uprn, from, to
    addresses: Statements<7>,
    /// kind, value, validity, status, from, to
    identifiers: Statements<6>,
}

/// Rows about records: a record and a value for each column, interned. What is said of a record a second time is not kept,
/// so that memory grows with what there is to know and not with rows.
struct Statements<const N: usize> {
    records: Vec<u32>,
    codes: [Vec<u32>; N],
    pools: [Interner; N],
    /// Numbers of the rows, by what they say.
    known: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<const N: usize> Default for Statements<N> {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            codes: std::array::from_fn(|_| Vec::new()),
            pools: std::array::from_fn(|_| Interner::default()),
            known: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<const N: usize> Statements<N> {
    fn push(&mut self, record: u32, cells: [Option<&str>; N]) {
        let mut said = [NULL; N];
        for ((code, pool), cell) in said.iter_mut().zip(&mut self.pools).zip(cells) {
            *code = cell.map_or(NULL, |text| pool.intern(text));
        }
        let Self { records, codes, known, hasher, .. } = self;
        let row = |at: u32| (records[at as usize], codes.each_ref().map(|codes| codes[at as usize]));
        let hash = hasher.hash_one((record, said));
        let entry = known.entry(hash, |&at| row(at) == (record, said), |&at| hasher.hash_one(row(at)));
        if let Entry::Vacant(place) = entry {
            place.insert(records.len() as u32);
            records.push(record);
            codes.iter_mut().zip(said).for_each(|(codes, code)| codes.push(code));
        }
    }

    /// Rows in the order of their records, which show the key that `key` gives, then of their arrival; rows that say the
    /// same of a record once. The values of the last two columns become ISO dates.
    fn into_table(
        self,
        name: &str,
        headers: [&str; N],
        dates: &DatesKnown<'_>,
        key: impl Fn(u32) -> String,
    ) -> Table {
        let mut order: Vec<u32> = (0..self.records.len() as u32).collect();
        order.sort_by_key(|&row| self.records[row as usize]);
        let mut columns: Vec<(Vec<u32>, Values)> =
            self.codes.into_iter().zip(self.pools).map(|(codes, pool)| (codes, pool.into_values())).collect();
        for (codes, values) in &mut columns[N - 2..] {
            dates.settle(codes, values);
        }
        let row = |at: u32| std::array::from_fn::<u32, N, _>(|column| columns[column].0[at as usize]);
        let mut kept: Vec<u32> = Vec::with_capacity(order.len());
        let mut of_record: HashSet<[u32; N]> = HashSet::new();
        for at in order {
            let record = self.records[at as usize];
            if kept.last().is_some_and(|&last| self.records[last as usize] != record) {
                of_record.clear();
            }
            // two ways to write one day are the same
            if of_record.insert(row(at)) {
                kept.push(at);
            }
        }
        let keys =
            Column::from_rows("record_key", kept.iter().map(|&at| Some(key(self.records[at as usize]))));
        let n_rows = kept.len();
        let columns = columns.into_iter().zip(headers).map(|((codes, values), header)| Column {
            name: header.to_owned(),
            codes: kept.iter().map(|&at| codes[at as usize]).collect(),
            values,
        });
        Table { name: name.to_owned(), columns: std::iter::once(keys).chain(columns).collect(), n_rows }
    }
}

/// One value per record: the first that was said.
#[derive(Default)]
pub(super) struct Firsts {
    codes: Vec<u32>,
    pool: Interner,
}

impl Firsts {
    pub(super) fn say(&mut self, record: u32, text: &str) {
        let record = record as usize;
        if record >= self.codes.len() {
            self.codes.resize(record + 1, NULL);
        }
        if self.codes[record] == NULL {
            self.codes[record] = self.pool.intern(text);
        }
    }

    /// `None` where nothing was said of any record.
    pub(super) fn into_column(self, name: &str, n_records: usize) -> Option<Column> {
        let Self { mut codes, pool } = self;
        if pool.values().is_empty() {
            return None;
        }
        codes.resize(n_records, NULL);
        Some(Column { name: name.to_owned(), codes, values: pool.into_values() })
    }
}

impl IdentityBuilder {
    /// For a return that writes its dates in a form, and its records from this one on.
    pub(super) fn new(form: DateForm, first_record: u32) -> Self {
        Self {
            first_record,
            n_records: 0,
            dates: DatesRead::new(form),
            keys: Firsts::default(),
            births: Births::default(),
            facts: Default::default(),
            as_recorded: Default::default(),
            names: Statements::default(),
            addresses: Statements::default(),
            identifiers: Statements::default(),
        }
    }

    /// Makes the next record.
    pub(super) fn new_record(&mut self, key: Option<&str>) {
        if let Some(key) = key {
            self.keys.say(self.n_records, key);
        }
        self.n_records += 1;
    }

    /// Rows that it keeps.
    #[cfg(test)]
    pub(super) fn n_statements(&self) -> usize {
        self.names.records.len() + self.addresses.records.len() + self.identifiers.records.len()
    }

    /// Takes what the rows of a batch say about their records. `records` has the record of each row,
    /// [`NULL`] for rows that are set aside.
    pub(super) fn take_in(&mut self, columns: &[IdentityColumn<'_>], records: &[u32], rows: &RowsOf<'_>) {
        let of = |meaning: Meaning| columns.iter().find(|column| column.meaning == meaning);
        let from = of(Meaning::From).map(|column| self.dates.cleaned(column));
        let to = of(Meaning::To).map(|column| self.dates.cleaned(column));
        self.take_facts(columns, records, rows);
        // the days of a row are those of its address or of the identifier that it names, where it has one
        let has = |meanings: &[Meaning]| columns.iter().any(|column| meanings.contains(&column.meaning));
        let dated = if has(&[
            Meaning::Address,
            Meaning::AddressLine,
            Meaning::Postcode,
            Meaning::PlacementPostcode,
        ]) {
            Dated::Address
        } else if has(&[Meaning::IdentifierValue]) {
            Dated::NamedIdentifier
        } else {
            Dated::NamesAndIdentifiers
        };
        let of = |what: Dated| if dated == what { [from.as_ref(), to.as_ref()] } else { [None, None] };
        self.take_names(columns, records, of(Dated::NamesAndIdentifiers));
        self.take_addresses(columns, records, of(Dated::Address));
        self.take_identifiers(columns, records, of(Dated::NamesAndIdentifiers), of(Dated::NamedIdentifier));
    }

    fn take_facts(&mut self, columns: &[IdentityColumn<'_>], records: &[u32], rows: &RowsOf<'_>) {
        for column in columns {
            let Some(at) = FACTS.iter().position(|(meaning, _)| *meaning == column.meaning) else { continue };
            let recorded = match column.meaning {
                Meaning::Sex => Some(0),
                Meaning::Ethnicity => Some(1),
                _ => None,
            };
            let list = column.codes;
            let cleaned = match column.meaning {
                Meaning::Sex => Cleaned::coded(column.column, |text| Some(codes::sex(list, text)?.code())),
                Meaning::Ethnicity => {
                    Cleaned::coded(column.column, |text| Some(codes::ethnicity(list, text)?.main))
                }
                meaning if is_date(meaning) => self.dates.cleaned(column),
                _ => Cleaned::trimmed(column.column),
            };
            if column.meaning == Meaning::DateOfBirth {
                self.births.take_in(&cleaned, records, column, rows);
                continue;
            }
            for (row, &record) in records.iter().enumerate() {
                if record == NULL {
                    continue;
                }
                if let Some(text) = cleaned.get(row) {
                    self.facts[at].say(record, text);
                }
                if let (Some(which), Some(text)) = (recorded, column.column.get(row)) {
                    self.as_recorded[which].say(record, text);
                }
            }
        }
    }

    fn take_names(
        &mut self,
        columns: &[IdentityColumn<'_>],
        records: &[u32],
        [from, to]: [Option<&Cleaned<'_>>; 2],
    ) {
        for (kind, meanings) in NAMES {
            let column = |meaning| columns.iter().find(|column| Some(column.meaning) == meaning);
            let parts: [Option<Cleaned<'_>>; 4] =
                meanings.map(|meaning| column(meaning).map(|column| Cleaned::trimmed(column.column)));
            for (row, &record) in records.iter().enumerate() {
                if record == NULL {
                    continue;
                }
                let [forename, middle, surname, full] =
                    parts.each_ref().map(|part| part.as_ref().and_then(|cleaned| cleaned.get(row)));
                let is_alone = forename.is_none() && surname.is_none();
                let parts = full.filter(|_| is_alone).and_then(surname_first);
                let [forename, surname, full] = match parts {
                    Some((surname, forename)) => [Some(forename), Some(surname), None],
                    None => [forename, surname, full],
                };
                if [forename, middle, surname, full].iter().any(Option::is_some) {
                    let [from, to] = [from, to].map(|date| date.and_then(|cleaned| cleaned.get(row)));
                    self.names.push(record, [Some(kind), forename, middle, surname, full, from, to]);
                }
            }
        }
    }

    fn take_addresses(
        &mut self,
        columns: &[IdentityColumn<'_>],
        records: &[u32],
        [from, to]: [Option<&Cleaned<'_>>; 2],
    ) {
        let all = |meaning: Meaning| columns.iter().filter(move |column| column.meaning == meaning);
        let lines: Vec<&IdentityColumn<'_>> =
            columns.iter().filter(|c| matches!(c.meaning, Meaning::Address | Meaning::AddressLine)).collect();
        let town = all(Meaning::Town).next().map(|c| Cleaned::trimmed(c.column));
        let uprn = all(Meaning::Uprn).next().map(|c| Cleaned::trimmed(c.column));
        let kinds = all(Meaning::AddressKind).next().map(|c| Cleaned::of(c.column, address::kind));
        for (kind, meaning) in [("home", Meaning::Postcode), ("placement", Meaning::PlacementPostcode)] {
            let postcode = all(meaning).next().map(|c| Cleaned::trimmed(c.column));
            let home = kind == "home";
            if postcode.is_none() && (!home || (lines.is_empty() && town.is_none())) {
                continue;
            }
            let mut address = address::Address::default();
            for (row, &record) in records.iter().enumerate() {
                if record == NULL {
                    continue;
                }
                address.clear();
                if home {
                    lines.iter().for_each(|line| {
                        address.add(line.column.get(row).unwrap_or_default(), line.kind == Kind::Json);
                    });
                }
                let cell = |cleaned: &Option<Cleaned<'_>>| -> Option<String> {
                    cleaned.as_ref().and_then(|cleaned| cleaned.get(row)).map(str::to_owned)
                };
                // a column of its own goes before what the address itself says
                let or_said = |cell: Option<String>, said: &str| {
                    cell.or_else(|| Some(said.to_owned()).filter(|text| home && !text.is_empty()))
                };
                let town = or_said(if home { cell(&town) } else { None }, &address.town);
                let uprn = or_said(if home { cell(&uprn) } else { None }, &address.uprn);
                let postcode = or_said(cell(&postcode), &address.postcode);
                let line = Some(address.lines.as_str()).filter(|text| !text.is_empty());
                if line.is_none() && town.is_none() && postcode.is_none() && uprn.is_none() {
                    continue;
                }
                let dates = [from, to].map(|date| date.and_then(|cleaned| cleaned.get(row)));
                self.addresses.push(
                    record,
                    [
                        kinds.as_ref().filter(|_| home).and_then(|kinds| kinds.get(row)).or(Some(kind)),
                        line,
                        town.as_deref(),
                        postcode.as_deref(),
                        uprn.as_deref(),
                        dates[0],
                        dates[1],
                    ],
                );
            }
        }
    }

    fn take_identifiers(
        &mut self,
        columns: &[IdentityColumn<'_>],
        records: &[u32],
        dates: [Option<&Cleaned<'_>>; 2],
        of_named: [Option<&Cleaned<'_>>; 2],
    ) {
        let status = columns.iter().find(|column| column.meaning == Meaning::NhsNumberStatus);
        let mut push =
            |record: u32, kind: &str, value: &str, row: usize, dates: [Option<&Cleaned<'_>>; 2]| {
                let status =
                    status.filter(|_| kind == "nhs_number").and_then(|column| column.column.get(row));
                let dates = dates.map(|date| date.and_then(|cleaned| cleaned.get(row)));
                let validity = identifiers::validity(kind, value);
                let cells = [Some(kind), Some(value), Some(validity), status, dates[0], dates[1]];
                self.identifiers.push(record, cells);
            };
        for column in columns {
            let Some((_, kind)) = IDENTIFIERS.iter().find(|(meaning, _)| *meaning == column.meaning) else {
                continue;
            };
            let cleaned = Cleaned::trimmed(column.column);
            let stands_for_none: Vec<bool> =
                cleaned.values.iter().map(|text| identifiers::is_nobodys(kind, text)).collect();
            for (row, &record) in records.iter().enumerate().filter(|(_, record)| **record != NULL) {
                if let Some(value) = cleaned.get(row) {
                    if stands_for_none[cleaned.codes[column.column.codes[row] as usize] as usize] {
                        if column.meaning == Meaning::Upn && UpnUnknown::parse(value).is_some() {
                            self.facts[REASON_FOR_NO_UPN].say(record, value);
                        }
                        continue;
                    }
                    // the key by which a row belongs to its record holds whatever else the row dates
                    let is_key = matches!(column.meaning, Meaning::LaChildId | Meaning::Pseudonym);
                    push(record, kind, value, row, if is_key { [None, None] } else { dates });
                }
            }
        }
        let value = columns.iter().find(|column| column.meaning == Meaning::IdentifierValue);
        let kinds = columns.iter().find(|column| column.meaning == Meaning::IdentifierKind);
        let (Some(value), Some(kinds)) = (value, kinds) else { return };
        let (values, kinds) = (Cleaned::trimmed(value.column), Cleaned::trimmed(kinds.column));
        for (row, &record) in records.iter().enumerate().filter(|(_, record)| **record != NULL) {
            let (Some(value), Some(kind)) = (values.get(row), kinds.get(row)) else { continue };
            let kind = identifiers::kind(kind);
            if !identifiers::is_nobodys(&kind, value) {
                push(record, &kind, value, row, of_named);
            } else if kind == "upn" && UpnUnknown::parse(value).is_some() {
                self.facts[REASON_FOR_NO_UPN].say(record, value);
            }
        }
    }

    /// Everything that was said, and what of it cannot be of one person. Dates become ISO dates here, where it is known in
    /// which order each column writes them.
    pub(super) fn finish(
        self,
        name: &str,
        orders: &DateOrders,
        reference: Option<PartialDate>,
    ) -> (Identity, Vec<TwoPeople>) {
        let n = self.n_records as usize;
        let dates = self.dates.known(orders);
        let (birth, contradicted, two_people) = self.births.finish(n, &dates);
        let first_key = u64::from(self.first_record) + 1;
        let key = |record: u32| (first_key + u64::from(record)).to_string();
        let keys = Column::from_rows("record_key", (0..self.n_records).map(|record| Some(key(record))));
        let mut columns = vec![keys];
        columns.extend(self.keys.into_column("source_key", n));
        columns.extend(birth);
        for ((meaning, header), firsts) in FACTS.iter().zip(self.facts) {
            let mut column = firsts.into_column(header, n);
            if let Some(column) = column.as_mut().filter(|_| is_date(*meaning)) {
                dates.settle(&mut column.codes, &mut column.values);
            }
            columns.extend(column);
        }
        let as_recorded = self.as_recorded.into_iter().zip(AS_RECORDED);
        columns.extend(as_recorded.filter_map(|(firsts, header)| firsts.into_column(header, n)));
        let identity = Identity {
            n_records: n,
            reference,
            contradicted,
            layouts: dates.layouts(),
            persons: Table { name: name.to_owned(), columns, n_rows: n },
            names: self.names.into_table("names", NAME_COLUMNS, &dates, key),
            addresses: self.addresses.into_table("addresses", ADDRESS_COLUMNS, &dates, key),
            identifiers: self.identifiers.into_table("identifiers", IDENTIFIER_COLUMNS, &dates, key),
        };
        (identity, two_people)
    }
}

/// What the days of a row are about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dated {
    Address,
    NamedIdentifier,
    NamesAndIdentifiers,
}

/// A column with each distinct value cleaned once.
struct Cleaned<'a> {
    column: &'a Column,
    values: Values,
    /// For each code of the column its code in `values`, or [`NULL`].
    codes: Vec<u32>,
}

impl<'a> Cleaned<'a> {
    fn of(column: &'a Column, mut clean: impl FnMut(&str) -> Option<String>) -> Self {
        let mut values = Values::default();
        let codes = column
            .values
            .iter()
            .map(|text| {
                clean(text).map_or(NULL, |text| {
                    values.push(&text);
                    values.len() as u32 - 1
                })
            })
            .collect();
        Self { column, values, codes }
    }

    fn trimmed(column: &'a Column) -> Self {
        Self::of(column, |text| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned))
    }

    fn coded(column: &'a Column, code: impl Fn(&str) -> Option<&'static str>) -> Self {
        Self::of(column, |text| code(text).map(str::to_owned))
    }

    fn get(&self, row: usize) -> Option<&str> {
        match self.column.codes[row] {
            NULL => None,
            code => match self.codes[code as usize] {
                NULL => None,
                code => Some(self.values.get(code)),
            },
        }
    }
}
