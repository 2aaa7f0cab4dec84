//! Dates of which a spreadsheet of another country has turned those that it could read.
//!
//! Where it takes the month for the day, it can read days up to the 12th alone: these become dates, with day and month the
//! wrong way round, and the others stay text as they were. What is saved shows it by how the two kinds are written.

/// Dates on the wrong side that are no chance or slip.
const FEW: u64 = 5;
/// Dates after the 12th that show how a column writes its dates.
const ENOUGH: u64 = 20;

/// How dates are written, in distinct dates, since one hand may have written the same many times: of days after the 12th, whose
/// order is certain, and of those up to the 12th.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shapes {
    /// By order, day first and month first: months below 10 of days after the 12th, with their zero and without.
    certain: [Zeros; 2],
    n_certain: [u64; 2],
    /// By place, first and second: numbers below 10 of dates that could be both, with their zero and without.
    either_way: [Zeros; 2],
    n_either_way: u64,
    /// Dates that start with their year: of days up to the 12th, and after it.
    year_first: [u64; 2],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Zeros {
    with: u64,
    without: u64,
}

impl Zeros {
    fn add(&mut self, text: &str) {
        match text.len() {
            1 => self.without += 1,
            _ if text.starts_with('0') => self.with += 1,
            _ => {}
        }
    }
}

impl Shapes {
    /// Counts a date that was not counted before; what is none in digits is passed over.
    pub(super) fn add(&mut self, value: &str) {
        let date = value.trim().split([' ', 'T']).next().unwrap_or_default();
        let mut parts = date.split(['/', '-', '.']);
        let (Some(first), Some(second), Some(third), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let number = |text: &str| text.parse::<u8>().ok().filter(|_| matches!(text.len(), 1 | 2));
        if first.len() == 4 && first.bytes().all(|byte| byte.is_ascii_digit()) && !second.is_empty() {
            if let Some(day) = number(third) {
                self.year_first[usize::from(day > 12)] += 1;
            }
            return;
        }
        let (Some(one), Some(other)) = (number(first), number(second)) else { return };
        if !matches!(third.len(), 2 | 4) || one == 0 || other == 0 {
            return;
        }
        match (one > 12, other > 12) {
            (true, false) => {
                self.n_certain[0] += 1;
                self.certain[0].add(second);
            }
            (false, true) => {
                self.n_certain[1] += 1;
                self.certain[1].add(first);
            }
            (false, false) => {
                self.n_either_way += 1;
                self.either_way[0].add(first);
                self.either_way[1].add(second);
            }
            (true, true) => {}
        }
    }

    /// How many dates seem to be turned, of a column that is day first, or month first where `is_month_first`.
    pub(super) fn turned(&self, is_month_first: bool) -> Option<u64> {
        let at = usize::from(is_month_first);
        // the month is the second number where the day is the first
        let (certain, open) = (self.certain[at], self.either_way[1 - at]);
        let is_clear = certain.without == 0 && open.with == 0;
        let by_zeros = certain.with >= if is_clear { FEW } else { ENOUGH }
            && certain.without * 20 <= certain.with
            && open.without >= FEW
            && open.without >= open.with;
        let [up_to_12th, after] = self.year_first;
        let by_year =
            self.n_certain[at] >= ENOUGH && self.n_either_way == 0 && after == 0 && up_to_12th >= 2 * FEW;
        match (by_zeros, by_year) {
            (true, _) => Some(open.without),
            (false, true) => Some(up_to_12th),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn turned(dates: impl IntoIterator<Item = String>) -> Option<u64> {
        let mut shapes = Shapes::default();
        let distinct: std::collections::BTreeSet<String> = dates.into_iter().collect();
        distinct.iter().for_each(|date| shapes.add(date));
        shapes.turned(false).or_else(|| shapes.turned(true))
    }

    fn days() -> impl Iterator<Item = (u32, u32)> {
        (1..=12).flat_map(|month| (1..=28).map(move |day| (day, month)))
    }

    #[test]
    fn days_up_to_the_12th_written_otherwise_than_the_others_are_turned() {
        let saved = |as_date: fn(u32, u32) -> String| {
            days().map(
                move |(day, month)| {
                    if day > 12 { format!("{day:02}/{month:02}/2015") } else { as_date(day, month) }
                },
            )
        };
        // of 144 such dates 36 have no number below 10 in second place
        assert_eq!(turned(saved(|day, month| format!("{month}/{day}/2015"))), Some(108));
        assert_eq!(turned(saved(|day, month| format!("2015-{day:02}-{month:02}"))), Some(144));
        assert_eq!(turned(saved(|day, month| format!("2015-{day:02}-{month:02} 00:00:00"))), Some(144));
        assert_eq!(turned(saved(|day, month| format!("{day:02}/{month:02}/2015"))), None);
        let few = |n: usize| saved(|day, month| format!("{month}/{day}/2015")).step_by(n);
        assert_eq!(
            turned(few(13)),
            Some(8),
            "of few dates, where all of the one kind are so and none of the other"
        );
        // the other way: what is month first was opened where the day is
        let other_way = days().map(|(day, month)| {
            if day > 12 { format!("{month:02}/{day:02}/2015") } else { format!("{day}/{month}/2015") }
        });
        assert_eq!(turned(other_way), Some(108));
    }

    #[test]
    fn dates_that_are_written_alike_whatever_their_day_are_not() {
        let all = |write: fn(u32, u32) -> String| turned(days().map(move |(day, month)| write(day, month)));
        assert_eq!(all(|day, month| format!("{day}/{month}/2015")), None);
        assert_eq!(
            all(|day, month| format!("{day}/{month:02}/2015")),
            None,
            "the day alone without its zero"
        );
        assert_eq!(all(|day, month| format!("2015-{month:02}-{day:02}")), None);
        let by_two_hands = days().enumerate().map(|(at, (day, month))| match at % 3 {
            0 => format!("{day}/{month}/2015"),
            _ => format!("{day:02}/{month:02}/2015"),
        });
        assert_eq!(turned(by_two_hands), None);
        let two_people = ["3/4/2015", "23/04/2014"].into_iter().cycle().take(60).map(str::to_owned);
        assert_eq!(turned(two_people), None, "each of two children many times");
        let with_new_year = days().map(|(day, month)| format!("{day:02}/{month:02}/2015"));
        assert_eq!(turned(with_new_year.chain((0..50).map(|_| "1900-01-01".to_owned()))), None);
    }

    proptest! {
        #[test]
        fn whatever_is_no_date_is_passed_over(text in "[^0-9]{0,8}([0-9]{1,9}|[0-9]{1,4}/[0-9]{1,4}|[0-9]{3}/[0-9]/[0-9]{4})[^0-9/.-]{0,3}") {
            let mut shapes = Shapes::default();
            shapes.add(&text);
            prop_assert_eq!(shapes, Shapes::default());
        }
    }
}
