//! One row per record: what holds now.

use super::Identity;
use crate::returns::spec::Meaning;
use hashbrown::HashSet;
use plait_types::identifier::{NhsNumberEvidence, NhsNumberStatus};
use plait_types::placeholder::is_placeholder;
use plait_types::{Column, Interner, NULL, PartialDate, Role, Table};

/// One row per record with what holds now of the person, and what each column means for linkage.
#[derive(Clone, Debug, Default)]
pub struct Current {
    /// Columns that have a value somewhere; rows in the order of record keys.
    pub table: Table,
    /// One per column.
    pub roles: Vec<Role>,
}

const DATE_OF_BIRTH: &str = "date_of_birth";
const EXPECTED_DATE_OF_BIRTH: &str = "expected_date_of_birth";

/// Joins several values in one cell.
const BETWEEN: &str = "|";

/// A long table with the record of each row.
struct Long<'a> {
    table: &'a Table,
    records: Vec<usize>,
}

impl<'a> Long<'a> {
    fn of(table: &'a Table) -> Self {
        let Some(keys) = table.column("record_key") else { return Self { table, records: Vec::new() } };
        let record = |key: &str| key.parse::<usize>().expect("record keys are numbers") - 1;
        let of_code: Vec<usize> = keys.values.iter().map(record).collect();
        Self { table, records: keys.codes.iter().map(|&code| of_code[code as usize]).collect() }
    }
}

impl Identity {
    /// What holds now: the legal name, the address at home or in a placement and the identifiers without an end, the latest first, and,
    /// where a record has more than one, the others in `former_surname`, `other_postcodes` and the like, joined by `|`.
    ///
    /// Of [contradicted](Identity::contradicted) records the ids that their source gives them are left out: nobody knows
    /// which of the two people they mean.
    pub fn current(&self) -> Current {
        let mut columns = Vec::new();
        columns.extend(self.persons.columns.iter().filter(|c| c.name == "source_key").cloned());
        self.identifier_columns(&mut columns);
        self.name_columns(&mut columns);
        columns.extend(self.dates_of_birth());
        let done = ["record_key", "source_key", DATE_OF_BIRTH, EXPECTED_DATE_OF_BIRTH];
        let others = self.persons.columns.iter().filter(|column| !done.contains(&column.name.as_str()));
        columns.extend(others.cloned());
        self.address_columns(&mut columns);
        let roles = columns.iter().map(|column| role(&column.name)).collect();
        Current { table: Table { name: self.persons.name.clone(), columns, n_rows: self.n_records }, roles }
    }

    /// The layout in which the files write most dates of a column of [`current`](Self::current).
    pub fn layout(&self, column: &str) -> Option<&'static str> {
        let of =
            |column: &str| self.layouts.iter().find(|(name, _)| *name == column).map(|(_, layout)| *layout);
        of(column).or_else(|| if column == DATE_OF_BIRTH { of(EXPECTED_DATE_OF_BIRTH) } else { None })
    }

    /// Dates of birth, and of the unborn the day on which they are expected: nothing else of them comes near the date of
    /// birth that other files give them later. A date that stands for "not known" is none.
    /// Those days are given once more in a column of their own, to be told from dates of birth.
    fn dates_of_birth(&self) -> Vec<Column> {
        let (born, expected) =
            (self.persons.column(DATE_OF_BIRTH), self.persons.column(EXPECTED_DATE_OF_BIRTH));
        let (born, Some(expected)) = (born, expected) else { return born.cloned().into_iter().collect() };
        let born = |row: usize| born.and_then(|born| born.get(row));
        let known = |row: usize| born(row).filter(|text| !is_placeholder(Role::DateOfBirth, text));
        let date = |row: usize| known(row).or_else(|| expected.get(row)).or_else(|| born(row));
        let of_unborn = |row: usize| if known(row).is_some() { None } else { expected.get(row) };
        let columns = [
            Column::from_rows(DATE_OF_BIRTH, (0..self.n_records).map(date)),
            Column::from_rows(EXPECTED_DATE_OF_BIRTH, (0..self.n_records).map(of_unborn)),
        ];
        columns.into_iter().filter(|column| !column.values.is_empty()).collect()
    }

    fn name_columns(&self, columns: &mut Vec<Column>) {
        let names = Long::of(&self.names);
        let ranked = self.ranked(&names, |kind| match kind {
            "legal" => Some(0),
            "preferred" => Some(1),
            _ => None,
        });
        for part in ["forename", "middle_names", "surname", "full_name"] {
            push(columns, part, of_best(&self.names, &ranked, part));
        }
        let preferred = self.ranked(&names, |kind| (kind == "preferred").then_some(0));
        push(columns, "preferred_forename", first(&self.names, &preferred, "forename"));
        push(columns, "preferred_surname", first(&self.names, &preferred, "surname"));
        let former = self.ranked(&names, |kind| match kind {
            "former" => Some(0),
            "legal" => Some(1),
            _ => None,
        });
        push(columns, "former_surname", first_other(&self.names, &former, &ranked, "surname"));
        push(columns, "other_surnames", others(&self.names, &former, &ranked, "surname"));
    }

    fn address_columns(&self, columns: &mut Vec<Column>) {
        let addresses = Long::of(&self.addresses);
        let home = self.ranked(&addresses, |kind| match kind {
            // a child who is looked after lives where it is placed
            "home" | "placement" => Some(0),
            _ => Some(1),
        });
        for part in ["address", "town", "postcode"] {
            push(columns, part, of_best(&self.addresses, &home, part));
        }
        push(columns, "other_postcodes", others(&self.addresses, &home, &home, "postcode"));
    }

    fn identifier_columns(&self, columns: &mut Vec<Column>) {
        let identifiers = Long::of(&self.identifiers);
        for kind in ["la_child_id", "upn", "nhs_number", "uln", "school_urn", "pseudonym"] {
            let ranked = self.ranked(&identifiers, |of| (of == kind).then_some(0));
            let is_key = matches!(kind, "la_child_id" | "pseudonym");
            let ranked = if is_key { self.of_one_person(ranked) } else { ranked };
            if kind == "nhs_number" {
                push(columns, "nhs_number_status", of_best(&self.identifiers, &ranked, "status"));
            }
            let ranked = if kind == "nhs_number" { self.that_are_there(ranked) } else { ranked };
            push(columns, kind, first(&self.identifiers, &ranked, "value"));
            let former_kind = format!("former_{kind}");
            let former = self.ranked(&identifiers, |of| match of {
                of if of == former_kind => Some(0),
                of if of == kind => Some(1),
                _ => None,
            });
            let former = if is_key { self.of_one_person(former) } else { self.that_are_there(former) };
            if matches!(kind, "la_child_id" | "upn") {
                // one value, since a rule compares it with numbers that hold now
                push(columns, &former_kind, first_other(&self.identifiers, &former, &ranked, "value"));
                let all = others(&self.identifiers, &former, &ranked, "value");
                push(columns, &format!("other_{kind}s"), all);
            } else {
                push(columns, &former_kind, others(&self.identifiers, &former, &ranked, "value"));
            }
        }
    }

    /// The same, without numbers of which the status says that there is none.
    fn that_are_there(&self, mut ranked: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
        let statuses = self.identifiers.column("status");
        let is_there = |row: &u32| {
            evidence(statuses.and_then(|column| column.get(*row as usize))) != NhsNumberEvidence::Missing
        };
        ranked.iter_mut().for_each(|rows| rows.retain(is_there));
        ranked
    }

    /// The same, without the records of which two people have the key: whose the id is is not known, and a rule would link
    /// by it whatever else is different.
    fn of_one_person(&self, mut ranked: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
        self.contradicted.iter().for_each(|&record| ranked[record as usize].clear());
        ranked
    }

    /// For each record its rows of a long table, the best first: by the rank of the kind, then valid before invalid
    /// identifiers, then what their status is worth, then without an end, then the latest start, then the placement before
    /// the home of the same start, then as they came.
    fn ranked(&self, long: &Long<'_>, rank: impl Fn(&str) -> Option<u8>) -> Vec<Vec<u32>> {
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); self.n_records];
        let column = |name: &str| long.table.column(name);
        let Some(kinds) = column("kind") else { return rows };
        let ranks: Vec<Option<u8>> = kinds.values.iter().map(rank).collect();
        let rank_of = |row: u32| match kinds.codes[row as usize] {
            NULL => None,
            code => ranks[code as usize],
        };
        for (row, &record) in (0..).zip(&long.records).filter(|(row, _)| rank_of(*row).is_some()) {
            rows[record].push(row);
        }
        let cell = |name: &str, row: u32| column(name).and_then(|column| column.get(row as usize));
        for rows in rows.iter_mut().filter(|rows| rows.len() > 1) {
            rows.sort_by(|&a, &b| {
                let invalid = |row| cell("validity", row) == Some("invalid");
                let past = |row| !self.holds_now(cell("from", row), cell("to", row));
                let start = |row| cell("from", row).filter(|text| is_day(text));
                let worth = |row| evidence(cell("status", row));
                // one row may give the home that a child came from beside the placement
                let is_home = |row| start(row).is_some() && cell("kind", row) == Some("home");
                (rank_of(a), invalid(a), worth(a), past(a))
                    .cmp(&(rank_of(b), invalid(b), worth(b), past(b)))
                    .then_with(|| start(b).cmp(&start(a)))
                    .then_with(|| is_home(a).cmp(&is_home(b)))
            });
        }
        rows
    }

    /// Whether what runs from one day to another holds on the reference date. A date that cannot be read says nothing, an
    /// end in the year 2099 or later stands for none, where nobody says which day it is.
    fn holds_now(&self, from: Option<&str>, to: Option<&str>) -> bool {
        let today = self.reference.map(PartialDate::iso);
        let today = today.as_deref().filter(|text| is_day(text));
        let has_begun =
            from.filter(|text| is_day(text)).is_none_or(|from| today.is_none_or(|today| from <= today));
        let has_ended = to.filter(|text| is_day(text)).is_some_and(|to| to <= today.unwrap_or("2099"));
        has_begun && !has_ended
    }
}

/// What a number with this status is worth; without one it is taken at its word.
fn evidence(status: Option<&str>) -> NhsNumberEvidence {
    let status = status.and_then(NhsNumberStatus::parse);
    status.map_or(NhsNumberEvidence::Deterministic, NhsNumberStatus::evidence)
}

/// Whether text is an ISO date with its day, which sorts as it runs.
fn is_day(text: &str) -> bool {
    text.len() == 10 && text.as_bytes()[0].is_ascii_digit() && text.as_bytes()[4] == b'-'
}

/// The values of one part in the best row of each record. Parts of different rows are never put together: a street of one
/// year with the postcode of another is an address that never was.
fn of_best(table: &Table, ranked: &[Vec<u32>], part: &str) -> Column {
    let column = table.column(part);
    Column::from_rows(part, ranked.iter().map(|rows| column?.get(*rows.first()? as usize)))
}

/// The best value of each record that is not its first of `current`.
fn first_other(table: &Table, ranked: &[Vec<u32>], current: &[Vec<u32>], part: &str) -> Column {
    let column = table.column(part);
    let value = |row: &u32| column.and_then(|column| column.get(*row as usize));
    let other = |(rows, current): (&Vec<u32>, &Vec<u32>)| {
        let now = current.first().and_then(value);
        rows.iter().filter_map(value).find(|text| Some(*text) != now).map(str::to_owned)
    };
    Column::from_rows(part, ranked.iter().zip(current).map(other))
}

/// The first value of each record in the order of its rows.
fn first(table: &Table, ranked: &[Vec<u32>], part: &str) -> Column {
    let column = table.column(part);
    let value = |rows: &Vec<u32>| rows.iter().find_map(|&row| column?.get(row as usize));
    Column::from_rows(part, ranked.iter().map(value))
}

/// The values of each record that are not its first of `current`, each once, joined.
fn others(table: &Table, ranked: &[Vec<u32>], current: &[Vec<u32>], part: &str) -> Column {
    let mut interner = Interner::default();
    let column = table.column(part);
    let value = |row: &u32| column.and_then(|column| column.get(*row as usize));
    let codes = ranked
        .iter()
        .zip(current)
        .map(|(rows, current)| {
            let now = current.first().and_then(value);
            let mut seen: HashSet<&str> = HashSet::new();
            let others = rows.iter().filter_map(value).filter(|&text| Some(text) != now && seen.insert(text));
            let others: Vec<&str> = others.collect();
            if others.is_empty() { NULL } else { interner.intern(&others.join(BETWEEN)) }
        })
        .collect();
    Column { name: part.to_owned(), codes, values: interner.into_values() }
}

/// Adds a column under a name of its own, unless it is empty.
fn push(columns: &mut Vec<Column>, name: &str, mut column: Column) {
    if column.values.is_empty() {
        return;
    }
    name.clone_into(&mut column.name);
    columns.push(column);
}

/// What a column of [`Identity::current`] means for linkage.
pub fn role(column: &str) -> Role {
    match column {
        "record_key" | "source_key" => Role::RecordId,
        "forename" => Role::Forename,
        "middle_names" => Role::MiddleName,
        "surname" => Role::Surname,
        "full_name" => Role::FullName,
        "preferred_forename" => Role::PreferredForename,
        "former_surname" => Role::FormerSurname,
        "date_of_birth" => Role::DateOfBirth,
        "sex" => Role::Sex,
        "ethnicity" => Role::Ethnicity,
        "address" => Role::Address,
        "town" => Role::Town,
        "postcode" => Role::Postcode,
        "other_postcodes" => Role::FormerPostcode,
        "upn" => Role::Upn,
        "nhs_number" => Role::NhsNumber,
        "uln" => Role::Uln,
        "la_child_id" | "former_la_child_id" | "former_upn" | "pseudonym" => Role::Identifier,
        "school" | "school_urn" => Role::School,
        "email" => Role::Email,
        "phone" => Role::Phone,
        "expected_date_of_birth" | "date_of_death" => Role::OtherDate,
        _ => Role::Other,
    }
}

/// What the columns of a return must mean for a column of [`Identity::current`] to come from them; what stands first, before
/// what takes its place where that is not there. Nothing of the record key, which tables name themselves.
pub(in super::super) const MEANINGS: &[(&str, &[&[Meaning]])] = {
    use Meaning as M;
    &[
        ("forename", &[&[M::Forename], &[M::PreferredForename]]),
        ("middle_names", &[&[M::MiddleNames]]),
        ("surname", &[&[M::Surname], &[M::PreferredSurname]]),
        ("full_name", &[&[M::FullName]]),
        ("preferred_forename", &[&[M::PreferredForename]]),
        ("preferred_surname", &[&[M::PreferredSurname]]),
        ("former_surname", &[&[M::FormerSurname], &[M::Surname]]),
        ("other_surnames", &[&[M::FormerSurname], &[M::Surname]]),
        ("date_of_birth", &[&[M::DateOfBirth], &[M::ExpectedDateOfBirth]]),
        ("expected_date_of_birth", &[&[M::ExpectedDateOfBirth]]),
        ("date_of_death", &[&[M::DateOfDeath]]),
        ("sex", &[&[M::Sex]]),
        ("sex_as_recorded", &[&[M::Sex]]),
        ("ethnicity", &[&[M::Ethnicity]]),
        ("ethnicity_as_recorded", &[&[M::Ethnicity]]),
        ("upn_unknown", &[&[M::UpnUnknown]]),
        ("school", &[&[M::School]]),
        ("email", &[&[M::Email]]),
        ("phone", &[&[M::Phone]]),
        ("address", &[&[M::Address, M::AddressLine]]),
        ("town", &[&[M::Town]]),
        ("postcode", &[&[M::Postcode, M::PlacementPostcode]]),
        ("other_postcodes", &[&[M::Postcode, M::PlacementPostcode]]),
        ("upn", &[&[M::Upn], &[M::IdentifierValue]]),
        ("former_upn", &[&[M::FormerUpn], &[M::Upn], &[M::IdentifierValue]]),
        ("nhs_number", &[&[M::NhsNumber], &[M::IdentifierValue]]),
        ("nhs_number_status", &[&[M::NhsNumberStatus]]),
        ("uln", &[&[M::Uln], &[M::IdentifierValue]]),
        ("la_child_id", &[&[M::LaChildId], &[M::IdentifierValue]]),
        ("former_la_child_id", &[&[M::FormerLaChildId], &[M::LaChildId], &[M::IdentifierValue]]),
        ("school_urn", &[&[M::SchoolUrn]]),
        ("pseudonym", &[&[M::Pseudonym]]),
    ]
};
