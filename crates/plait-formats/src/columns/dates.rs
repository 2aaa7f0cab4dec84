//! In which order a column writes day, month and year, decided from its values.

use super::evidence::{is_plausible, sample};
use super::figures::{grouped, rows};
use super::turned::Shapes;
use crate::read::RowLines;
use plait_types::{Column, DateOrder, Fault, FaultCode, NULL, PartialDate, Values};
use std::collections::{BTreeSet, HashSet};

/// Distinct values that are looked at: more than there are birthdays in fifty years.
const VALUES: usize = 20_000;
/// Share of the dates that can only be read in a second order, above which it is no slip.
const SUBSTANTIAL: f64 = 0.01;
/// Fewer rows, or fewer distinct dates, are slips whatever their share.
const FEW: u64 = 5;

/// How a column of dates is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFinding {
    /// The order in which most of its values can be read.
    pub order: DateOrder,
    /// Rows that can be read in this order and in no other.
    pub decisive: u64,
    /// Whether every date could also be read in another order, so that the values do not tell.
    pub is_guess: bool,
    /// What to know about it: a handful of dates in another order, two layouts side by side.
    pub notes: Vec<String>,
}

/// Rows and distinct values that can only be read in one order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Only {
    rows: u64,
    values: u64,
}

/// What the values say.
#[derive(Debug, Default, PartialEq)]
struct Votes {
    /// rows that can be read at all
    readable: u64,
    /// rows that can be read per order, as in [`ORDERS`]
    by_order: [u64; 3],
    only: [Only; 3],
    /// rows that are the same date in every order and start with the year
    year_first: u64,
    /// rows in digits that do not
    year_elsewhere: u64,
    /// rows that are different dates in two orders or more
    ambiguous: u64,
    /// how dates are written; of whole columns alone
    shapes: Shapes,
}

/// In the order in which they are preferred where the values leave it open.
const ORDERS: [DateOrder; 3] = [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay];

const WRONG_WAY_ROUND: &str =
    "days up to the 12th would be read with day and month the wrong way round, and wrong links follow";

/// The order of a column of dates. Year-first and written-out dates go with any order, so a column may mix
/// them with `23/04/2015`.
///
/// A fault ([`FaultCode::DateOrder`]) where more than one in a hundred dates can only be read in a second
/// order, or a spreadsheet has turned those up to the 12th. Looks at 20,000 distinct values at most, weighted by rows.
pub fn date_order(column: &Column) -> Result<DateFinding, Fault> {
    date_order_on(column, &RowLines::default())
}

/// The same, where the fault can name lines.
pub(super) fn date_order_on(column: &Column, lines: &RowLines) -> Result<DateFinding, Fault> {
    let votes = Votes::of(&column.values, &column.counts());
    let (best, finding) = votes.decide();
    if let Some((other, only)) = votes.second_order(best, finding.decisive) {
        return Err(two_orders(column, best, finding.decisive, other, only.rows, lines));
    }
    votes.turned(best, &column.name).map_or(Ok(finding), Err)
}

/// The order that values show themselves, with the rows of each: some can be read in it alone, and no substantial part in
/// another alone. Looks at 20,000 values at most.
pub(crate) fn decided_order(values: &Values, rows: &[u32]) -> Option<DateOrder> {
    let votes = Votes::of(values, rows);
    let (best, finding) = votes.decide();
    let decided = finding.decisive > 0 && finding.order != DateOrder::YearMonthDay;
    (decided && votes.second_order(best, finding.decisive).is_none()).then_some(finding.order)
}

/// The order of most of a sample, for dates on which little depends.
pub(super) fn usual_order(column: &Column) -> DateOrder {
    let mut votes = Votes::default();
    for (code, rows) in sample(column) {
        votes.add(column.values.get(code), rows);
    }
    votes.decide().1.order
}

/// A note where sources write the same thing in different orders: each is read in its own, so nothing needs
/// doing. `None` where all agree. Each item is source, column, order.
pub fn compare_orders(sources: &[(&str, &str, DateOrder)]) -> Option<String> {
    let (_, _, first) = sources.first()?;
    if sources.iter().all(|(_, _, order)| order == first) {
        return None;
    }
    let each: Vec<String> = sources
        .iter()
        .map(|(source, column, order)| format!("\"{column}\" in {source} is {}", order.layout()))
        .collect();
    Some(format!("dates are written in different orders: {}; each file is read in its own", each.join(", ")))
}

/// Dates that a column of a return holds in one order alone, of a column that comes in batches. What day first and month
/// first are is decided by each date itself, whatever the return asks for.
#[derive(Debug, Default)]
pub(crate) struct OrdersHeld {
    votes: Votes,
    /// The dates seen, up to [`VALUES`] of them: the same comes again in every batch.
    seen: HashSet<Box<str>>,
    /// Distinct days of each order, up to [`FEW`] of them.
    values: [BTreeSet<Box<str>>; 3],
}

impl OrdersHeld {
    /// Counts a date that so many rows hold.
    pub(crate) fn add(&mut self, value: &str, rows: u64) {
        let value = value.trim();
        if self.seen.len() < VALUES && !self.seen.contains(value) {
            self.seen.insert(value.into());
            self.votes.shapes.add(value);
        }
        // nearly all dates are so, and the same in any order
        if starts_with_year(value) && value.as_bytes().get(4) == Some(&b'-') {
            return;
        }
        let Some(order) = only_order(&readings(value)) else { return };
        self.votes.only[order].rows += rows;
        let values = &mut self.values[order];
        if (values.len() as u64) < FEW {
            values.insert(value.into());
            self.votes.only[order].values = values.len() as u64;
        }
    }

    /// Where a substantial part can only be read in a second order, or a spreadsheet has turned a part, why the column, which is
    /// called `name`, cannot be used.
    pub(crate) fn refuse(&self, name: &str) -> Option<Fault> {
        let best =
            (0..3).max_by_key(|&at| (self.votes.only[at].rows, 2 - at)).expect("there are three orders");
        let decisive = self.votes.only[best].rows;
        let Some((other, only)) = self.votes.second_order(best, decisive) else {
            return self.votes.turned(best, name);
        };
        let what = format!(
            "column \"{name}\" holds dates in two orders: {} can only be {}, {} only {}",
            rows(decisive),
            ORDERS[best].layout(),
            grouped(only.rows),
            ORDERS[other].layout()
        );
        Some(refused(name, what, only.rows))
    }
}

/// `best` and `other` are places in [`ORDERS`].
fn two_orders(column: &Column, best: usize, n: u64, other: usize, n_other: u64, lines: &RowLines) -> Fault {
    let name = &column.name;
    let what = format!(
        "column \"{name}\" holds dates in two orders: {} can only be {}, {} only {}, such as {}",
        rows(n),
        ORDERS[best].layout(),
        grouped(n_other),
        ORDERS[other].layout(),
        first_only_in(column, other, lines)
    );
    refused(name, what, n_other)
}

fn refused(name: &str, what: String, n_other: u64) -> Fault {
    let todo = format!(
        "export the file again with one order, best YYYY-MM-DD; if the {} are mistakes, correct or blank them; \
         or leave the column out with --role \"{name}=other\"",
        rows(n_other)
    );
    Fault::new(FaultCode::DateOrder, what, todo).because(WRONG_WAY_ROUND)
}

/// `those on lines 4, 17 and 33`: the first that can be read in one order alone; rows, from 1, of a file without lines.
fn first_only_in(column: &Column, order: usize, lines: &RowLines) -> String {
    let mut is_only: Vec<Option<bool>> = vec![None; column.values.len()];
    let found = column.codes.iter().enumerate().filter(|&(_, &code)| {
        code != NULL
            && *is_only[code as usize]
                .get_or_insert_with(|| only_order(&readings(column.values.get(code).trim())) == Some(order))
    });
    let rows: Vec<usize> = found.take(3).map(|(row, _)| row).collect();
    let on_lines: Option<Vec<u64>> = rows.iter().map(|row| lines.line(*row)).collect();
    let (what, numbers) = match on_lines {
        Some(lines) => ("on line", lines),
        None => ("in row", rows.iter().map(|row| *row as u64 + 1).collect()),
    };
    let numbers: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
    match numbers.as_slice() {
        [] => "others".to_owned(),
        [only] => format!("the one {what} {only}"),
        [others @ .., last] => format!("those {what}s {} and {last}", others.join(", ")),
    }
}

/// What a value is in each of [`ORDERS`].
fn readings(value: &str) -> [Option<PartialDate>; 3] {
    let mut read = ORDERS.map(|order| PartialDate::parse(value, order).filter(|date| is_plausible(*date)));
    if read[0] == read[2] && !starts_with_year(value) {
        // read year first, `3/4/2015` is the same as day first
        read[2] = None;
    }
    read
}

fn starts_with_year(value: &str) -> bool {
    value.bytes().take_while(u8::is_ascii_digit).count() == 4
}

/// Whether a value is written in digits and what stands between them.
fn is_numeric(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'-' | b'.'))
}

impl Votes {
    fn of(values: &Values, counts: &[u32]) -> Self {
        let step = counts.len().div_ceil(VALUES).max(1);
        let mut votes = Self::default();
        for code in (0..counts.len()).step_by(step) {
            // a sampled value stands for those that were left out
            let rows = u64::from(counts[code]) * step as u64;
            votes.add(values.get(code as u32), rows);
            votes.shapes.add(values.get(code as u32));
        }
        votes
    }

    /// The order that reads most, as its place in [`ORDERS`] and as a finding.
    fn decide(&self) -> (usize, DateFinding) {
        let best = (0..3).max_by_key(|&at| (self.by_order[at], 2 - at)).expect("there are three orders");
        let order = if self.year_first * 2 > self.readable && self.is_plain() {
            DateOrder::YearMonthDay
        } else {
            ORDERS[best]
        };
        let mut notes: Vec<String> = self
            .minorities(best)
            .map(|(other, only)| {
                let (theirs, ours) = (ORDERS[other].layout(), order.layout());
                format!(
                    "{} can only be read as {theirs}, the others as {ours}: read as missing",
                    rows(only.rows)
                )
            })
            .collect();
        if order != DateOrder::YearMonthDay && self.year_first > 0 && self.year_elsewhere > 0 {
            notes.push(format!(
                "{} in the layout {}, {} in {}: both were read",
                rows(self.year_elsewhere),
                order.layout(),
                grouped(self.year_first),
                DateOrder::YearMonthDay.layout()
            ));
        }
        let is_guess = self.ambiguous > 0 && self.only.iter().all(|only| only.rows == 0);
        (best, DateFinding { order, decisive: self.only[best].rows, is_guess, notes })
    }

    /// Whether every date is the same in any order.
    fn is_plain(&self) -> bool {
        self.ambiguous == 0 && self.only.iter().all(|only| only.rows == 0)
    }

    /// Orders other than the best that alone can read some rows.
    fn minorities(&self, best: usize) -> impl Iterator<Item = (usize, Only)> {
        let only = self.only;
        (0..3).filter(move |&at| at != best && only[at].rows > 0).map(move |at| (at, only[at]))
    }

    /// Another order that alone can read a substantial part.
    fn second_order(&self, best: usize, decisive: u64) -> Option<(usize, Only)> {
        self.minorities(best).find(|(_, only)| {
            let share = only.rows as f64 / (only.rows + decisive) as f64;
            share > SUBSTANTIAL && only.rows >= FEW && only.values >= FEW
        })
    }

    /// Where a spreadsheet seems to have turned a part of the dates, why the column cannot be used.
    fn turned(&self, best: usize, name: &str) -> Option<Fault> {
        let n = self.shapes.turned(ORDERS[best] == DateOrder::MonthDayYear)?;
        let what = format!(
            "column \"{name}\" holds dates that a spreadsheet has turned: days after the 12th are {}, and {} distinct dates up to \
             the 12th are written otherwise, with day and month most likely the wrong way round",
            ORDERS[best].layout(),
            grouped(n)
        );
        let todo = format!(
            "export the file again and do not open it in a spreadsheet that takes dates in another order; or leave the column \
             out with --role \"{name}=other\""
        );
        Some(Fault::new(FaultCode::DateOrder, what, todo).because(WRONG_WAY_ROUND))
    }

    fn add(&mut self, value: &str, rows: u64) {
        let value = value.trim();
        if !(4..=30).contains(&value.len()) {
            return;
        }
        if !self.add_common_layout(value, rows) {
            self.add_any_layout(value, rows);
        }
    }

    /// Counts a value after reading it in every order.
    fn add_any_layout(&mut self, value: &str, rows: u64) {
        let read = readings(value);
        let Some(first) = read.iter().flatten().next() else { return };
        self.readable += rows;
        let starts_with_year = starts_with_year(value);
        self.year_elsewhere += if !starts_with_year && is_numeric(value) { rows } else { 0 };
        for (n, _) in self.by_order.iter_mut().zip(&read).filter(|(_, date)| date.is_some()) {
            *n += rows;
        }
        if read.iter().all(|date| *date == Some(*first)) {
            self.year_first += if starts_with_year { rows } else { 0 };
        } else if let Some(order) = only_order(&read) {
            self.only[order].rows += rows;
            self.only[order].values += 1;
        } else if read.iter().flatten().any(|date| date != first) {
            self.ambiguous += rows;
        }
    }

    /// Counts `2015-04-23` and `23/04/2015` after one reading; says whether it has.
    fn add_common_layout(&mut self, value: &str, rows: u64) -> bool {
        let bytes = value.as_bytes();
        let digits_first = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
        let digits_last = bytes.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let year_first = digits_first == 4 && (digits_last == 2 || digits_last == 1);
        let year_last = (digits_first == 2 || digits_first == 1) && digits_last == 4;
        if !is_numeric(value) || bytes.len() < 8 || !(year_first || year_last) {
            return false;
        }
        let Some(date) =
            PartialDate::parse(value, DateOrder::DayMonthYear).filter(|date| is_plausible(*date))
        else {
            return false;
        };
        let (Some(month), Some(day)) = (date.month, date.day) else { return false };
        self.readable += rows;
        self.by_order[0] += rows;
        self.year_elsewhere += if year_first { 0 } else { rows };
        if year_first {
            self.year_first += rows;
            self.by_order[2] += rows;
        } else if day > 12 {
            self.only[0].rows += rows;
            self.only[0].values += 1;
            return true;
        } else if day != month {
            self.ambiguous += rows;
        }
        self.by_order[1] += rows;
        true
    }
}

/// The order that alone can read a value.
fn only_order(read: &[Option<PartialDate>; 3]) -> Option<usize> {
    match read {
        [Some(_), None, None] => Some(0),
        [None, Some(_), None] => Some(1),
        [None, None, Some(_)] => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    use proptest::prelude::*;

    fn column<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Column {
        Column::from_rows("dob", values.into_iter().map(Some))
    }

    #[track_caller]
    fn check(values: &[&str], order: DateOrder, notes: usize) {
        let finding = date_order(&column(values)).expect("one order");
        assert_eq!((finding.order, finding.notes.len()), (order, notes), "{finding:?}");
    }

    /// `n` dates that only one order can read: days 13 to 28 of every month.
    fn dates(n: usize, layout: fn(usize, usize, usize) -> String) -> Vec<String> {
        (0..n).map(|i| layout(1990 + i % 30, 1 + i / 16 % 12, 13 + i % 16)).collect()
    }

    fn day_first(year: usize, month: usize, day: usize) -> String {
        format!("{day:02}/{month:02}/{year}")
    }

    fn month_first(year: usize, month: usize, day: usize) -> String {
        format!("{month:02}/{day:02}/{year}")
    }

    #[test]
    fn days_after_the_12th_decide() {
        check(&["23/04/2015", "01/02/2014"], DayMonthYear, 0);
        check(&["04/23/2015", "01/02/2014"], MonthDayYear, 0);
        check(&["20150423", "20140102"], YearMonthDay, 0);
        check(&["23042015", "01022014"], DayMonthYear, 0);
        check(&["2015-04-23", "2014-01-02"], YearMonthDay, 0);
        check(&["68-08-03", "72-12-31", "15-01-02"], YearMonthDay, 0);
    }

    #[test]
    fn layouts_that_any_order_reads_alike_may_be_mixed_in() {
        check(&["2015-04-23", "2014-01-02", "2013-01-02", "04/23/2015"], MonthDayYear, 1);
        let finding =
            date_order(&column(["2015-04-23", "23/04/2015", "24/04/2015", "1 May 2014"])).expect("one order");
        assert_eq!(finding.order, DayMonthYear);
        assert_eq!(finding.notes, ["2 rows in the layout DD/MM/YYYY, 1 in YYYY-MM-DD: both were read"]);
        check(&["2020-Apr-25 00:00:00", "2019-May-02 00:00:00"], YearMonthDay, 0);
        check(&["23 April 2015"], DayMonthYear, 0);
    }

    #[test]
    fn an_order_that_cannot_be_told_is_taken_as_day_first_and_said_to_be_a_guess() {
        let finding = date_order(&column(["01/02/2014", "03/04/2015"])).expect("one order");
        assert_eq!((finding.order, finding.is_guess), (DayMonthYear, true));
        assert!(!date_order(&column(["23/04/2015", "03/04/2015"])).expect("one order").is_guess);
    }

    #[test]
    fn two_substantial_orders_stop_the_command_without_showing_a_date() {
        let mixed = [dates(300, day_first), dates(20, month_first)].concat();
        let fault = date_order(&column(mixed)).expect_err("two orders");
        assert_eq!(fault.code, FaultCode::DateOrder);
        assert_eq!(
            fault.what,
            "column \"dob\" holds dates in two orders: 300 rows can only be DD/MM/YYYY, 20 only MM/DD/YYYY, such as those \
             in rows 301, 302 and 303"
        );
    }

    #[test]
    fn a_handful_in_another_order_is_a_note() {
        let finding =
            date_order(&column([dates(300, day_first), dates(3, month_first)].concat())).expect("one order");
        assert_eq!(finding.order, DayMonthYear);
        assert_eq!(finding.decisive, 300);
        assert_eq!(
            finding.notes,
            ["3 rows can only be read as MM/DD/YYYY, the others as DD/MM/YYYY: read as missing"]
        );
    }

    #[test]
    fn text_that_is_no_date_has_no_vote() {
        check(&["23/04/2015", "unknown", "99/99/9999", ""], DayMonthYear, 0);
    }

    #[test]
    fn sources_in_different_orders_are_mentioned() {
        assert_eq!(compare_orders(&[("a", "dob", DayMonthYear), ("b", "DOB", DayMonthYear)]), None);
        assert_eq!(
            compare_orders(&[("a", "dob", DayMonthYear), ("b", "DOB", MonthDayYear)]).as_deref(),
            Some(
                "dates are written in different orders: \"dob\" in a is DD/MM/YYYY, \"DOB\" in b is MM/DD/YYYY; \
                 each file is read in its own"
            )
        );
    }

    proptest! {
        #[test]
        fn the_short_way_counts_like_the_long_way(text in "(19|20)?[0-3][0-9][/.-][0-3]?[0-9][/.-](19|20)?[0-3]?[0-9]") {
            let (mut short, mut long) = (Votes::default(), Votes::default());
            short.add(&text, 1);
            long.add_any_layout(&text, 1);
            prop_assert_eq!(short, long);
        }

        #[test]
        fn the_order_in_which_dates_were_written_is_found(
            days in prop::collection::vec(-10_000i32..20_000, 60..120), order in 0usize..3, compact in any::<bool>(),
        ) {
            let between = if compact { "" } else { "/" };
            let written = days.iter().map(|&days| {
                let iso = PartialDate::from_day_number(days).expect("in range").iso();
                let (year, month, day) = (&iso[..4], &iso[5..7], &iso[8..]);
                match ORDERS[order] {
                    YearMonthDay => [year, month, day].join(between),
                    DayMonthYear => [day, month, year].join(between),
                    MonthDayYear => [month, day, year].join(between),
                }
            });
            prop_assert_eq!(date_order(&column(written)).expect("one order").order, ORDERS[order]);
        }
    }
}
