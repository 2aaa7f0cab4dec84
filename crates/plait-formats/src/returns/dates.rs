//! Dates in the cells of a return.

use super::spec::DateForm;
use crate::columns::decided_order;
use plait_types::{Column, DateOrder, Interner, PartialDate};
use std::collections::BTreeMap;

/// Reads the dates of one column.
///
/// A return says how it writes dates, yet files hold others: opened in Excel and saved, typed by hand, exported by
/// another system. Whatever can only be one date is read, with the way in which it is written. A date that could be two
/// (`03/04/2015`) is read as the return or the column says; where neither says it, as day first, and it is marked
/// [`DateWritten::EitherWay`] so that somebody is told.
#[derive(Clone, Copy, Debug)]
pub struct DateReader {
    form: DateForm,
    /// Of dates that could be two; `None` where nothing says it.
    order: Option<DateOrder>,
}

/// A date as it stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellDate {
    /// The date; without day, or day and month, where the cell is.
    pub date: PartialDate,
    /// How it is written.
    pub written: DateWritten,
}

/// How a date is written. A time of day behind it does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DateWritten {
    /// `2015-04-25`
    YearFirst,
    /// `25/04/2015`
    DayFirst,
    /// `04/25/2015`: the 25th can be nothing else, and the column shows no order or another.
    MonthFirst,
    /// `03/04/2015` and `04/25/2015` in a column that shows this order.
    MonthFirstThroughout,
    /// `03/04/2015` where nothing says which is the day; read as day first.
    EitherWay,
    /// `25/04/15`, year last.
    TwoDigitYear,
    /// `2015-Apr-25`
    YearMonthNameDay,
    /// `25 April 2015`, and other orders with the month as a word.
    MonthName,
    /// `20150425`
    Compact,
    /// `42119`: the number of days that spreadsheets keep, shown because the cell lost its format.
    Serial,
    /// `2015` or `2015-04`.
    Partial,
}

impl DateWritten {
    /// For people: `DD/MM/YYYY`.
    pub fn layout(self) -> &'static str {
        match self {
            Self::YearFirst => "YYYY-MM-DD",
            Self::DayFirst | Self::EitherWay => "DD/MM/YYYY",
            Self::MonthFirst | Self::MonthFirstThroughout => "MM/DD/YYYY",
            Self::TwoDigitYear => "DD/MM/YY",
            Self::YearMonthNameDay => "YYYY-Mon-DD",
            Self::MonthName => "D Month YYYY",
            Self::Compact => "YYYYMMDD",
            Self::Serial => "numbers of days",
            Self::Partial => "years",
        }
    }
}

impl DateReader {
    /// For dates of a return that says its form. [`DateForm::Any`] says nothing about dates that could be two.
    pub fn new(form: DateForm) -> Self {
        Self { form, order: (form == DateForm::DayFirst).then_some(DateOrder::DayMonthYear) }
    }

    /// For a column of which the values have not all been seen, which may say otherwise than the return: of dates that could
    /// be two nothing is said.
    pub(super) fn undecided(form: DateForm) -> Self {
        Self { form, order: None }
    }

    /// The same, where the order is known from elsewhere.
    pub(super) fn in_order(self, order: DateOrder) -> Self {
        Self { order: Some(order), ..self }
    }

    /// How dates that could be two are read; `None` where nothing says it.
    pub(super) fn order(self) -> Option<DateOrder> {
        self.order
    }

    /// The date of a cell; `None` where it is none. Years are 1000 to 9999, without a month 1800 to 2199; serial
    /// numbers are of 5 digits, from 1927 to 2173.
    pub fn read(self, text: &str) -> Option<CellDate> {
        let text = text.trim();
        year_first(text).or_else(|| self.numbers(text)).or_else(|| self.any(text))
    }

    /// Whether the return writes its dates so.
    pub fn is_as_asked(self, written: DateWritten) -> bool {
        match self.form {
            DateForm::Iso => written == DateWritten::YearFirst,
            DateForm::DayFirst => written == DateWritten::DayFirst,
            DateForm::Collect => written == DateWritten::YearMonthNameDay,
            DateForm::Compact => written == DateWritten::Compact,
            DateForm::Any => match written {
                DateWritten::EitherWay
                | DateWritten::MonthFirst
                | DateWritten::TwoDigitYear
                | DateWritten::Serial => false,
                DateWritten::DayFirst => self.order != Some(DateOrder::MonthDayYear),
                _ => true,
            },
        }
    }

    /// Eight digits, and serial numbers, perhaps with a fraction, which is the time of day.
    fn numbers(self, text: &str) -> Option<CellDate> {
        let whole = match text.split_once('.') {
            Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => whole,
            Some(_) => return None,
            None => text,
        };
        if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match whole.len() {
            5 => serial(whole.parse().ok()?),
            8 if whole.len() == text.len() => self.eight_digits(whole),
            _ => None,
        }
    }

    fn eight_digits(self, digits: &str) -> Option<CellDate> {
        let part = |range: std::ops::Range<usize>| digits[range].parse::<u16>().expect("digits");
        let whole = |year, month, day| PartialDate::whole(year, month as u8, day as u8);
        // no text is both: a year before 1800 or after 2199 is nobody's, and its first two digits are no month
        let is_year = |year: u16| (1800..2200).contains(&year) || year == 9999;
        if is_year(part(0..4))
            && let Some(date) = whole(part(0..4), part(4..6), part(6..8))
        {
            return Some(CellDate { date, written: DateWritten::Compact });
        }
        if !is_year(part(4..8)) {
            return None;
        }
        let (first, second, year) = (part(0..2), part(2..4), part(4..8));
        self.either(whole(year, second, first), whole(year, first, second))
    }

    fn any(self, text: &str) -> Option<CellDate> {
        let day_first = PartialDate::parse(text, DateOrder::DayMonthYear);
        if day_first.is_some_and(|date| date.day.is_none()) {
            // four digits alone are a year only where somebody of that year may be meant
            let plausible = day_first.filter(|date| (1800..2200).contains(&date.year));
            return plausible.map(|date| CellDate { date, written: DateWritten::Partial });
        }
        let month_first = PartialDate::parse(text, DateOrder::MonthDayYear);
        // by its first letters, since a time may follow with its am or pm
        let has_month_name = text.bytes().take(12).filter(u8::is_ascii_alphabetic).count() >= 3;
        if has_month_name {
            let date = day_first.or(month_first)?;
            let written =
                if starts_with_year(text) { DateWritten::YearMonthNameDay } else { DateWritten::MonthName };
            return Some(CellDate { date, written });
        }
        if starts_with_year(text) {
            return day_first.map(|date| CellDate { date, written: DateWritten::YearFirst });
        }
        let read = self.either(day_first, month_first)?;
        let of_two_digits = has_two_digit_year(text) && read.written != DateWritten::EitherWay;
        Some(if of_two_digits { CellDate { written: DateWritten::TwoDigitYear, ..read } } else { read })
    }

    /// One of two readings.
    fn either(self, day_first: Option<PartialDate>, month_first: Option<PartialDate>) -> Option<CellDate> {
        let is_month_first = self.order == Some(DateOrder::MonthDayYear);
        let (date, written) = match (day_first, month_first) {
            (Some(date), None) => (date, DateWritten::DayFirst),
            (_, Some(date)) if is_month_first => (date, DateWritten::MonthFirstThroughout),
            (None, Some(date)) => (date, DateWritten::MonthFirst),
            (None, None) => return None,
            (Some(day_first), Some(_)) if self.order.is_some() => (day_first, DateWritten::DayFirst),
            (Some(day_first), Some(month_first)) if day_first == month_first => {
                (day_first, DateWritten::DayFirst)
            }
            (Some(day_first), Some(_)) => (day_first, DateWritten::EitherWay),
        };
        Some(CellDate { date, written })
    }
}

/// In which order the date columns of a return write day, month and year: as their own values show it, else as the return
/// says. A file that a spreadsheet has saved in another country's order is not in that of the return.
#[derive(Clone, Debug, Default)]
pub struct DateOrders {
    /// By table and column, as indices in the spec.
    readers: BTreeMap<(usize, usize), DateReader>,
}

impl DateOrders {
    /// How a column of a form is to be read.
    pub(super) fn reader(&self, at: (usize, usize), form: DateForm) -> DateReader {
        self.readers.get(&at).copied().unwrap_or(DateReader::new(form))
    }
}

/// Finds the orders: of each column by all its values, whatever files and batches they come in. Kept are distinct days that
/// could be written in two orders, with their rows.
pub(super) struct DatesSeen {
    form: DateForm,
    columns: BTreeMap<(usize, usize), Days>,
}

/// Days as they are written, without their time.
#[derive(Default)]
struct Days {
    texts: Interner,
    rows: Vec<u32>,
    /// Whether any could be two days.
    has_either_way: bool,
    /// Distinct ones that can only be month first.
    n_month_first: u32,
}

impl DatesSeen {
    /// Before any value is seen.
    pub(super) fn new(form: DateForm) -> Self {
        Self { form, columns: BTreeMap::new() }
    }

    /// What every column is taken for until all of it is known: for what the return says, and columns of hand-made forms for
    /// day first, since nearly all are so.
    pub(super) fn taken(&self) -> DateReader {
        let reader = DateReader::new(self.form);
        if self.form == DateForm::Any { reader.in_order(DateOrder::DayMonthYear) } else { reader }
    }

    /// Looks at some values of a column: its table and itself, as indices in the spec.
    pub(super) fn look(&mut self, at: (usize, usize), column: &Column) {
        let reader = DateReader::undecided(self.form);
        if column.values.iter().all(is_year_first) {
            return;
        }
        let counts = column.counts();
        for (text, rows) in column.values.iter().zip(counts) {
            use DateWritten::{DayFirst, EitherWay, MonthFirst, TwoDigitYear};
            let Some(cell) = reader.read(text) else { continue };
            if !matches!(cell.written, DayFirst | EitherWay | MonthFirst | TwoDigitYear) {
                continue;
            }
            let days = self.columns.entry(at).or_default();
            let code = days.texts.intern(without_time(text.trim())) as usize;
            let is_new = code == days.rows.len();
            days.n_month_first += u32::from(is_new && cell.written == MonthFirst);
            days.rows.resize(days.texts.values().len(), 0);
            days.rows[code] = days.rows[code].saturating_add(rows);
            days.has_either_way |= cell.written == EitherWay;
        }
    }

    /// What was found so far.
    pub(super) fn orders(&self) -> DateOrders {
        let by_return = DateReader::new(self.form);
        let reader = |(at, order): ((usize, usize), Option<DateOrder>)| {
            (at, order.map_or(by_return, |order| by_return.in_order(order)))
        };
        DateOrders { readers: self.shown().into_iter().map(reader).collect() }
    }

    /// The order that each column shows, or, where it shows none, the others of its table, if they show one and the same: a
    /// spreadsheet saves all of them alike.
    fn shown(&self) -> BTreeMap<(usize, usize), Option<DateOrder>> {
        let mut shown: BTreeMap<_, _> =
            self.columns.iter().map(|(&at, days)| (at, days.order(self.form))).collect();
        let mut of_tables: BTreeMap<usize, Vec<DateOrder>> = BTreeMap::new();
        for (&(table, _), &order) in &shown {
            of_tables.entry(table).or_default().extend(order);
        }
        for (&(table, _), order) in &mut shown {
            let of_table = &of_tables[&table];
            let is_one = of_table.windows(2).all(|two| two[0] == two[1]);
            *order = order.or_else(|| of_table.first().copied().filter(|_| is_one));
        }
        shown
    }

    /// Whether a column is to be read otherwise than [taken](Self::taken).
    pub(super) fn differ_from_taken(&self) -> bool {
        let (taken, by_return) = (self.taken().order, DateReader::new(self.form).order);
        self.columns.values().zip(self.shown().into_values()).any(|(days, order)| {
            let order = order.or(by_return);
            order != taken && (days.has_either_way || order == Some(DateOrder::MonthDayYear))
        })
    }
}

impl Days {
    /// The order that a column shows. Against what a return asks for one date alone, which may be a slip, shows nothing.
    fn order(&self, form: DateForm) -> Option<DateOrder> {
        let order = decided_order(self.texts.values(), &self.rows)?;
        let is_slip = form != DateForm::Any && order == DateOrder::MonthDayYear && self.n_month_first < 2;
        (!is_slip).then_some(order)
    }
}

/// A date without the time of day behind it.
fn without_time(text: &str) -> &str {
    match text.split_once([' ', 'T']) {
        Some((date, time)) if is_time(time) => date,
        _ => text,
    }
}

/// Whether a text is a date that starts with its year.
fn is_year_first(text: &str) -> bool {
    year_first(text.trim()).is_some()
}

/// `2015-04-25` with or without a time, and `2015-Apr-25`, which most dates of returns are: without taking the text
/// apart.
fn year_first(text: &str) -> Option<CellDate> {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        let digits = bytes.get(range)?;
        digits.iter().try_fold(0_u16, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + u16::from(byte - b'0'))
        })
    };
    if bytes.get(4) != Some(&b'-') {
        return None;
    }
    let year = digits(0..4)?;
    let (month, day, written, length) = if let Some(month) = month_name(bytes.get(5..8)?) {
        (month, digits(9..11)?, DateWritten::YearMonthNameDay, 11)
    } else {
        (digits(5..7)? as u8, digits(8..10)?, DateWritten::YearFirst, 10)
    };
    let is_alone = match bytes.get(length) {
        None => true,
        Some(b' ' | b'T') => is_time(&text[length + 1..]),
        Some(_) => false,
    };
    if !is_alone || bytes[length - 3] != b'-' {
        return None;
    }
    Some(CellDate { date: PartialDate::whole(year, month, day as u8)?, written })
}

/// Whether a text is a time of day: `00:00:00`, `9:30`, `00:00:00.000`, `00:00:00Z`, `12:00:00 AM`.
pub(super) fn is_time(text: &str) -> bool {
    let Some((hours, rest)) = text.trim().split_once(':') else { return false };
    let is_hour = matches!(hours.len(), 1 | 2) && hours.parse::<u8>().is_ok_and(|hour| hour <= 24);
    let minutes = rest.get(..2).is_some_and(|minutes| minutes.parse::<u8>().is_ok_and(|minute| minute < 60));
    is_hour
        && minutes
        && rest[2..].bytes().all(|byte| byte.is_ascii_digit() || b":.,+-ZAPMapm ".contains(&byte))
}

/// 1 to 12 of `Apr`.
fn month_name(letters: &[u8]) -> Option<u8> {
    const NAMES: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let at = NAMES.iter().position(|name| letters.eq_ignore_ascii_case(*name))?;
    Some(at as u8 + 1)
}

fn serial(days: i32) -> Option<CellDate> {
    // 30 December 1899 is day 0, which makes up for the 29 February 1900 that spreadsheets count
    const DAY_0: i32 = -25_569;
    let date = PartialDate::from_day_number(DAY_0 + days)?;
    (days >= 10_000).then_some(CellDate { date, written: DateWritten::Serial })
}

fn starts_with_year(text: &str) -> bool {
    text.bytes().take_while(u8::is_ascii_digit).count() == 4
}

/// Of text that is a date of three numbers.
fn has_two_digit_year(text: &str) -> bool {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
    numbers.nth(2).is_some_and(|year| year.len() <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use DateWritten::{
        Compact, DayFirst, EitherWay, MonthFirst, MonthFirstThroughout, MonthName, Partial, Serial,
        TwoDigitYear, YearFirst, YearMonthNameDay,
    };
    use proptest::prelude::*;

    #[track_caller]
    fn check(form: DateForm, text: &str, expected: Option<(&str, DateWritten)>) {
        let read = DateReader::new(form).read(text).map(|cell| (cell.date.iso(), cell.written));
        assert_eq!(read, expected.map(|(iso, written)| (iso.to_owned(), written)), "{text}");
    }

    #[test]
    fn every_form_is_read_with_and_without_a_time() {
        let forms = [DateForm::Iso, DateForm::DayFirst, DateForm::Collect, DateForm::Compact, DateForm::Any];
        for form in forms {
            check(form, "2015-04-25", Some(("2015-04-25", YearFirst)));
            check(form, " 2015-04-25T00:00:00.000Z ", Some(("2015-04-25", YearFirst)));
            check(form, "25/04/2015", Some(("2015-04-25", DayFirst)));
            check(form, "25/04/2015 00:00", Some(("2015-04-25", DayFirst)));
            check(form, "2015-Apr-25 00:00:00", Some(("2015-04-25", YearMonthNameDay)));
            check(form, "2015-APR-25", Some(("2015-04-25", YearMonthNameDay)));
            check(form, "20150425", Some(("2015-04-25", Compact)));
            check(form, "25042015", Some(("2015-04-25", DayFirst)));
            check(form, "25 April 2015", Some(("2015-04-25", MonthName)));
            check(form, "42119", Some(("2015-04-25", Serial)));
            check(form, "42119.5", Some(("2015-04-25", Serial)));
            check(form, "2015-04", Some(("2015-04", Partial)));
            check(form, "25/04/15", Some(("2015-04-25", TwoDigitYear)));
            check(form, "04/25/2015", Some(("2015-04-25", MonthFirst)));
        }
    }

    #[test]
    fn day_and_month_are_not_guessed_in_silence() {
        for form in [DateForm::Iso, DateForm::Collect, DateForm::Compact, DateForm::Any] {
            check(form, "03/04/2015", Some(("2015-04-03", EitherWay)));
            check(form, "03042015", Some(("2015-04-03", EitherWay)));
            check(form, "03/04/15", Some(("2015-04-03", EitherWay)));
            check(form, "04/04/2015", Some(("2015-04-04", DayFirst)));
        }
        check(DateForm::DayFirst, "03/04/2015", Some(("2015-04-03", DayFirst)));
    }

    #[test]
    fn a_column_says_its_order_itself() {
        let reader = |form: DateForm, batches: &[&[&str]]| {
            let mut seen = DatesSeen::new(form);
            for values in batches {
                seen.look((0, 1), &Column::from_rows("dob", values.iter().map(Some)));
            }
            (seen.orders().reader((0, 1), form), seen.differ_from_taken())
        };
        let (month_first, differs) =
            reader(DateForm::Any, &[&["03/04/2015"], &["2015-01-02", "04/25/2015 10:30"]]);
        let read = month_first.read("03/04/2015").map(|cell| (cell.date.iso(), cell.written));
        assert_eq!((read, differs), (Some(("2015-03-04".to_owned(), MonthFirstThroughout)), true));
        assert!(month_first.is_as_asked(MonthFirstThroughout) && !month_first.is_as_asked(DayFirst));
        let (undecided, differs) = reader(DateForm::Any, &[&["01/02/2015", "03/04/2015"]]);
        let read = undecided.read("03/04/2015").map(|cell| cell.written);
        assert_eq!((read, differs), (Some(EitherWay), true));
        let (day_first, differs) = reader(DateForm::Any, &[&["03/04/2015"], &["25/04/2015"]]);
        let read = day_first.read("03/04/2015").map(|cell| cell.written);
        assert_eq!((read, differs), (Some(DayFirst), false));
        // whatever the return says, where the column says otherwise; and what it says where the column does not
        for form in [DateForm::DayFirst, DateForm::Iso, DateForm::Collect, DateForm::Compact] {
            let dates = ["03/04/2015", "2015-01-02", "04/25/2015", "05/26/2015"];
            let (by_column, differs) = reader(form, &[&dates]);
            let read = by_column.read("03/04/2015").map(|cell| (cell.date.iso(), cell.written));
            assert_eq!(
                (read, differs),
                (Some(("2015-03-04".to_owned(), MonthFirstThroughout)), true),
                "{form:?}"
            );
            assert!(!by_column.is_as_asked(MonthFirstThroughout));
            let (by_slip, _) = reader(form, &[&["01/02/2015", "03/04/2015", "04/25/2015"]]);
            assert_ne!(by_slip.read("03/04/2015").map(|cell| cell.written), Some(MonthFirstThroughout));
            let (by_return, differs) = reader(form, &[&["01/02/2015", "03/04/2015"]]);
            let expected = if form == DateForm::DayFirst { DayFirst } else { EitherWay };
            let read = by_return.read("03/04/2015").map(|cell| cell.written);
            assert_eq!((read, differs), (Some(expected), false), "{form:?}");
        }
    }

    #[test]
    fn a_column_that_shows_no_order_has_that_of_the_others_of_its_table() {
        let mut seen = DatesSeen::new(DateForm::DayFirst);
        seen.look((0, 1), &Column::from_rows("dob", ["03/04/2015"].map(Some)));
        seen.look((0, 2), &Column::from_rows("start", ["04/25/2015", "05/26/2015"].map(Some)));
        seen.look((1, 1), &Column::from_rows("dob", ["03/04/2015"].map(Some)));
        let read = |seen: &DatesSeen, at| {
            seen.orders().reader(at, DateForm::DayFirst).read("03/04/2015").map(|cell| cell.date.iso())
        };
        assert_eq!(read(&seen, (0, 1)).as_deref(), Some("2015-03-04"));
        assert_eq!(read(&seen, (1, 1)).as_deref(), Some("2015-04-03"), "another table is another file");
        seen.look((0, 3), &Column::from_rows("end", ["25/04/2015"].map(Some)));
        assert_eq!(read(&seen, (0, 1)).as_deref(), Some("2015-04-03"), "the others disagree");
    }

    #[test]
    fn other_text_is_no_date() {
        for text in [
            "",
            "2015-02-30",
            "2015-04-25x",
            "2015-04-25 x",
            "31/02/2015",
            "4211",
            "421190",
            "05000",
            "00000000",
            "hello",
            "UN1",
            "2015-4x-25",
            "é015-04-25",
        ] {
            check(DateForm::Iso, text, None);
        }
    }

    #[test]
    fn each_return_asks_for_its_own_form() {
        for (form, asked) in [
            (DateForm::Iso, YearFirst),
            (DateForm::DayFirst, DayFirst),
            (DateForm::Collect, YearMonthNameDay),
            (DateForm::Compact, Compact),
        ] {
            for written in [YearFirst, DayFirst, MonthFirst, EitherWay, YearMonthNameDay, Compact, Serial] {
                assert_eq!(DateReader::new(form).is_as_asked(written), written == asked);
            }
        }
    }

    proptest! {
        #[test]
        fn the_short_way_reads_as_the_long_way(text in "(19|20)[0-9]{2}-([0-3][0-9]|Jan|feb|SEP)-[0-3][0-9]( 00:00:00)?") {
            let short = year_first(&text).map(|cell| cell.date);
            prop_assert_eq!(short, PartialDate::parse(&text, DateOrder::YearMonthDay));
        }

        #[test]
        fn a_serial_number_is_the_day_that_spreadsheets_show(days in 10_000i32..100_000) {
            let read = DateReader::new(DateForm::Iso).read(&days.to_string()).expect("a serial number");
            // 1 March 1900 is day 61
            let first = PartialDate::whole(1900, 3, 1).and_then(PartialDate::day_number).expect("a day");
            prop_assert_eq!(read.date.day_number(), Some(first + days - 61));
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            for form in [DateForm::Iso, DateForm::Any] {
                let _ = DateReader::new(form).read(&text);
            }
        }
    }
}
