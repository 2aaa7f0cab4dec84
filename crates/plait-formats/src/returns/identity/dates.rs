//! Dates of identity: read when they come where they can be one day only, and at the end where the rest of their column
//! has to say it.

use super::super::dates::{CellDate, DateOrders, DateReader, DateWritten};
use super::super::spec::{DateForm, Meaning};
use super::{Cleaned, FACTS, IdentityColumn};
use plait_types::{Interner, NULL, Values};
use std::collections::BTreeMap;

/// Whether a column of this meaning holds dates of identity.
pub(super) fn is_date(meaning: Meaning) -> bool {
    matches!(
        meaning,
        Meaning::DateOfBirth
            | Meaning::ExpectedDateOfBirth
            | Meaning::DateOfDeath
            | Meaning::From
            | Meaning::To
    )
}

/// Stands between a date that could be two and the number of its column. No text has it.
const OF_COLUMN: char = '\u{1f}';

/// Reads dates as they come.
pub(super) struct DatesRead {
    form: DateForm,
    /// Columns with dates that could be two; their places here stand behind such dates.
    columns: Vec<(usize, usize)>,
    layouts: Layouts,
}

/// Rows by what their column means and how they write its dates; of dates that could be two, by their column.
#[derive(Default)]
struct Layouts {
    told: BTreeMap<(Meaning, &'static str), u64>,
    /// With one such date, since all of a column are read alike.
    untold: BTreeMap<(Meaning, (usize, usize)), (String, u64)>,
}

/// Reads what was left, when all is known.
pub(super) struct DatesKnown<'a> {
    form: DateForm,
    columns: Vec<(usize, usize)>,
    layouts: Layouts,
    orders: &'a DateOrders,
}

impl DatesRead {
    pub(super) fn new(form: DateForm) -> Self {
        Self { form, columns: Vec::new(), layouts: Layouts::default() }
    }

    /// The dates of a column as ISO dates, but for those that could be two; what is no date is none.
    pub(super) fn cleaned<'a>(&mut self, column: &IdentityColumn<'a>) -> Cleaned<'a> {
        let reader = DateReader::undecided(self.form);
        let mut number = None;
        let of_person = FACTS.iter().any(|(meaning, _)| *meaning == column.meaning);
        let mut rows = if of_person { column.column.counts() } else { Vec::new() }.into_iter();
        Cleaned::of(column.column, |text| {
            let (text, rows) = (text.trim(), rows.next());
            let read = reader.read(text);
            let could_be_two = |cell: CellDate| cell.written == DateWritten::EitherWay;
            if let (Some(cell), Some(rows)) = (read, rows) {
                self.layouts.count(column, text, (!could_be_two(cell)).then_some(cell.written), rows);
            }
            match read {
                Some(cell) if could_be_two(cell) => {
                    let number = *number.get_or_insert_with(|| self.number(column.at));
                    Some(format!("{text}{OF_COLUMN}{number}"))
                }
                Some(cell) => Some(cell.date.iso()),
                // checks of the return say that it is there and cannot be read
                None => None,
            }
        })
    }

    fn number(&mut self, at: (usize, usize)) -> usize {
        self.columns.iter().position(|known| *known == at).unwrap_or_else(|| {
            self.columns.push(at);
            self.columns.len() - 1
        })
    }

    /// When all columns are known.
    pub(super) fn known(self, orders: &DateOrders) -> DatesKnown<'_> {
        DatesKnown { form: self.form, columns: self.columns, layouts: self.layouts, orders }
    }
}

impl Layouts {
    fn count(&mut self, column: &IdentityColumn<'_>, text: &str, written: Option<DateWritten>, rows: u32) {
        let n = if let Some(written) = written {
            self.told.entry((column.meaning, written.layout())).or_default()
        } else {
            let of_column = self.untold.entry((column.meaning, column.at));
            &mut of_column.or_insert_with(|| (text.to_owned(), 0)).1
        };
        *n += u64::from(rows);
    }
}

impl DatesKnown<'_> {
    /// Of each column of dates that a person has only one of, the layout of most rows.
    pub(super) fn layouts(&self) -> Vec<(&'static str, &'static str)> {
        let mut rows = self.layouts.told.clone();
        for ((meaning, at), (text, n)) in &self.layouts.untold {
            if let Some(cell) = self.orders.reader(*at, self.form).read(text) {
                *rows.entry((*meaning, cell.written.layout())).or_default() += n;
            }
        }
        let of_column = |(meaning, name): &(Meaning, &'static str)| {
            let of_it = rows.iter().filter(|((of, _), _)| of == meaning);
            let ((_, layout), _) = of_it.max_by_key(|(_, n)| **n)?;
            Some((*name, *layout))
        };
        FACTS.iter().filter_map(of_column).collect()
    }

    /// Makes ISO dates of what is left, each distinct one once.
    pub(super) fn settle(&self, codes: &mut [u32], values: &mut Values) {
        if !values.iter().any(|text| text.contains(OF_COLUMN)) {
            return;
        }
        let mut interner = Interner::default();
        let settled: Vec<u32> = values.iter().map(|text| interner.intern(&self.settled(text))).collect();
        codes.iter_mut().filter(|code| **code != NULL).for_each(|code| *code = settled[*code as usize]);
        *values = interner.into_values();
    }

    fn settled(&self, text: &str) -> String {
        let left = text.rsplit_once(OF_COLUMN).and_then(|(date, number)| {
            let at = *self.columns.get(number.parse::<usize>().ok()?)?;
            Some(self.orders.reader(at, self.form).read(date)?.date.iso())
        });
        left.unwrap_or_else(|| text.to_owned())
    }
}
