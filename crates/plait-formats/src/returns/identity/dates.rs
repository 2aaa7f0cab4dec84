//! Dates of identity: read when they come where they can be one day only, and at the end where the rest of their column
//! has to say it.

use super::super::dates::{DateOrders, DateReader, DateWritten};
use super::super::spec::{DateForm, Meaning};
use super::{Cleaned, IdentityColumn};
use plait_types::{Interner, NULL, Values};

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
}

/// Reads what was left, when all is known.
pub(super) struct DatesKnown<'a> {
    form: DateForm,
    columns: Vec<(usize, usize)>,
    orders: &'a DateOrders,
}

impl DatesRead {
    pub(super) fn new(form: DateForm) -> Self {
        Self { form, columns: Vec::new() }
    }

    /// The dates of a column as ISO dates, but for those that could be two.
    pub(super) fn cleaned<'a>(&mut self, column: &IdentityColumn<'a>) -> Cleaned<'a> {
        let reader = DateReader::new(self.form);
        let mut number = None;
        Cleaned::of(column.column, |text| {
            let text = text.trim();
            match reader.read(text) {
                Some(cell) if self.form == DateForm::Any && cell.written == DateWritten::EitherWay => {
                    let number = *number.get_or_insert_with(|| self.number(column.at));
                    Some(format!("{text}{OF_COLUMN}{number}"))
                }
                Some(cell) => Some(cell.date.iso()),
                None => Some(text).filter(|text| !text.is_empty()).map(str::to_owned),
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
        DatesKnown { form: self.form, columns: self.columns, orders }
    }
}

impl DatesKnown<'_> {
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
