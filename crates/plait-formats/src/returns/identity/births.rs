//! Dates of birth, and whether those of a record can be of one person.

use super::dates::DatesKnown;
use super::{Cleaned, Firsts, IdentityColumn};
use plait_types::{Column, DateOrder, NULL, PartialDate, Role, placeholder};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where rows come from, for messages.
pub(in crate::returns) struct RowsOf<'a> {
    pub(in crate::returns) file: &'a Arc<str>,
    /// Of each row.
    pub(in crate::returns) lines: &'a [u64],
}

/// Rows of one file whose date of birth cannot be that of the person whom the rows before describe.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::returns) struct TwoPeople {
    /// The table and the column, as indices in the spec.
    pub(in crate::returns) at: (usize, usize),
    pub(in crate::returns) file: Arc<str>,
    pub(in crate::returns) n_rows: u64,
    pub(in crate::returns) n_records: u64,
    /// The first line of each date of each record.
    pub(in crate::returns) lines: Vec<u64>,
}

impl TwoPeople {
    /// Adds what was found of other records to what was found before.
    pub(super) fn add_to(self, found: &mut Vec<Self>) {
        match found.iter_mut().find(|known| known.at == self.at && known.file == self.file) {
            Some(known) => {
                known.n_rows += self.n_rows;
                known.n_records += self.n_records;
                known.lines.extend(self.lines);
            }
            None => found.push(self),
        }
    }
}

/// The first date of each record, and every other with the rows that give it. There are few others, however many rows.
#[derive(Default)]
pub(super) struct Births {
    firsts: Firsts,
    others: BTreeMap<Other, Rows>,
    /// Columns of files that give dates of birth.
    places: Vec<((usize, usize), Arc<str>)>,
}

/// A record, a date and the place that gives it.
type Other = (u32, u32, usize);
/// How many there are, the line of the first, and how many other dates had come before it.
type Rows = (u64, u64, u64);

impl Births {
    pub(super) fn take_in(
        &mut self,
        dates: &Cleaned<'_>,
        records: &[u32],
        column: &IdentityColumn<'_>,
        rows: &RowsOf<'_>,
    ) {
        let place = self.place(column.at, rows.file);
        for (row, &record) in records.iter().enumerate().filter(|(_, record)| **record != NULL) {
            let Some(text) = dates.get(row) else { continue };
            self.firsts.say(record, text);
            let first = self.firsts.codes[record as usize];
            if self.firsts.pool.values().get(first) == text {
                continue;
            }
            let other = self.firsts.pool.intern(text);
            let before = self.others.len() as u64;
            let (n_rows, ..) =
                self.others.entry((record, other, place)).or_insert((0, rows.lines[row], before));
            *n_rows += 1;
        }
    }

    fn place(&mut self, at: (usize, usize), file: &Arc<str>) -> usize {
        // from the end, since files come one after the other
        self.places.iter().rposition(|known| known.0 == at && known.1 == *file).unwrap_or_else(|| {
            self.places.push((at, Arc::clone(file)));
            self.places.len() - 1
        })
    }

    /// The column of dates, the records whose dates contradict each other, ascending, and where they do. A date that stands
    /// for "not known" contradicts none.
    pub(super) fn finish(
        self,
        n_records: usize,
        dates: &DatesKnown<'_>,
    ) -> (Option<Column>, Vec<u32>, Vec<TwoPeople>) {
        let Self { firsts, others, places } = self;
        let mut codes_of_texts: Vec<u32> = (0..firsts.pool.values().len() as u32).collect();
        let Some(mut column) = firsts.into_column("date_of_birth", n_records) else {
            return (None, Vec::new(), Vec::new());
        };
        let mut values = std::mem::take(&mut column.values);
        dates.settle(&mut codes_of_texts, &mut values);
        let of_code = |code: u32| codes_of_texts[code as usize];
        let days: Vec<Option<PartialDate>> = values.iter().map(day).collect();
        let mut two_people: BTreeMap<usize, TwoPeople> = BTreeMap::new();
        let mut contradicted = Vec::new();
        let others: Vec<(Other, Rows)> = others.into_iter().collect();
        for of_record in others.chunk_by(|a, b| a.0.0 == b.0.0) {
            let record = of_record[0].0.0;
            let day_of = |code: u32| days[of_code(code) as usize];
            let code = &mut column.codes[record as usize];
            // the first date that is one; every other is held against it
            if day_of(*code).is_none() {
                let known = of_record.iter().filter(|other| day_of(other.0.1).is_some());
                let first = known.min_by_key(|(_, (.., before))| *before);
                *code = first.map_or(*code, |other| other.0.1);
            }
            let Some(first) = day_of(*code) else { continue };
            let mut told = Vec::new();
            for &((_, code, place), (n_rows, line, _)) in of_record {
                if day_of(code).is_none_or(|other| !first.contradicts(other)) {
                    continue;
                }
                let (at, file) = &places[place];
                let found = two_people.entry(place).or_insert_with(|| TwoPeople {
                    at: *at,
                    file: Arc::clone(file),
                    n_rows: 0,
                    n_records: 0,
                    lines: Vec::new(),
                });
                found.n_rows += n_rows;
                found.lines.push(line);
                found.n_records += u64::from(!told.contains(&place));
                told.push(place);
            }
            if !told.is_empty() {
                contradicted.push(record);
            }
        }
        column.codes.iter_mut().filter(|code| **code != NULL).for_each(|code| *code = of_code(*code));
        // only what a record has: the pool also holds what later rows said otherwise
        let rows = column.codes.iter().map(|&code| (code != NULL).then(|| values.get(code)));
        let column = Column::from_rows(column.name, rows);
        (Some(column), contradicted, two_people.into_values().collect())
    }
}

/// The date that an ISO date is; `None` where it stands for one that is not known.
fn day(text: &str) -> Option<PartialDate> {
    if placeholder::is_placeholder(Role::DateOfBirth, text) {
        return None;
    }
    PartialDate::parse(text, DateOrder::YearMonthDay)
}
