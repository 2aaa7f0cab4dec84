//! Days, in the forms in which the files of councils and the NHS have them.

use plait_types::PartialDate;
use std::ops::{Add, Sub};

/// A day, as days since 1 January 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Day(pub(super) i32);

/// Of the spring school census and of SEN2: the third Thursday of January 2026.
pub(super) const CENSUS_DAY: Day = Day(20_468);

/// Of the returns of children's social care and of every extract: 31 March 2026.
pub(super) const EXTRACT_DAY: Day = Day(20_543);

/// The year of the returns of children's social care begins: 1 April 2025.
pub(super) const RETURN_YEAR: Day = Day(20_179);

/// The school year begins: 1 September 2025.
pub(super) const SCHOOL_YEAR_DAY: Day = Day(20_332);

/// The calendar year in which that school year began.
pub(super) const SCHOOL_YEAR: i32 = 2025;

pub(super) const DAYS_PER_YEAR: f64 = 365.25;

impl Day {
    pub(super) fn new(year: u16, month: u8, day: u8) -> Self {
        let date = PartialDate::whole(year, month, day).expect("a day of the calendar");
        Self(date.day_number().expect("a whole date"))
    }

    pub(super) fn date(self) -> PartialDate {
        PartialDate::from_day_number(self.0).expect("a day of our time")
    }

    fn parts(self) -> (u16, u8, u8) {
        let date = self.date();
        (date.year, date.month.expect("a whole date"), date.day.expect("a whole date"))
    }

    /// 2015-04-23
    pub(super) fn iso(self) -> String {
        self.date().iso()
    }

    /// 23/04/2015
    pub(super) fn day_first(self) -> String {
        let (year, month, day) = self.parts();
        format!("{day:02}/{month:02}/{year:04}")
    }

    /// 2015-Apr-23 00:00:00, as COLLECT writes it.
    pub(super) fn blade(self) -> String {
        blade(self.date())
    }

    /// Whole years from a birthday to this day; 0 before it.
    pub(super) fn years_since(self, born: Self) -> i32 {
        let ((year, month, day), (birth_year, birth_month, birthday)) = (self.parts(), born.parts());
        let to_come = (month, day) < (birth_month, birthday);
        (i32::from(year) - i32::from(birth_year) - i32::from(to_come)).max(0)
    }

    /// The same day so many years later; 1 March for a leap day without one.
    pub(super) fn years_later(self, years: u16) -> Self {
        let (year, month, day) = self.parts();
        let date = PartialDate::whole(year + years, month, day);
        date.map_or_else(|| Self::new(year + years, 3, 1), |_| Self::new(year + years, month, day))
    }

    /// The calendar year in which the school year of this day began.
    pub(super) fn school_year(self) -> i32 {
        let (year, month, _) = self.parts();
        i32::from(year) - i32::from(month < 9)
    }
}

impl Add<i32> for Day {
    type Output = Self;

    fn add(self, days: i32) -> Self {
        Self(self.0 + days)
    }
}

impl Sub<i32> for Day {
    type Output = Self;

    fn sub(self, days: i32) -> Self {
        Self(self.0 - days)
    }
}

impl Sub for Day {
    type Output = i32;

    fn sub(self, other: Self) -> i32 {
        self.0 - other.0
    }
}

/// A recorded date of birth as COLLECT writes it.
pub(super) fn blade(date: PartialDate) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS[usize::from(date.month.unwrap_or(1)) - 1];
    format!("{:04}-{month}-{:02} 00:00:00", date.year, date.day.unwrap_or(1))
}

/// A recorded date of birth with the day first.
pub(super) fn day_first(date: PartialDate) -> String {
    format!("{:02}/{:02}/{:04}", date.day.unwrap_or(1), date.month.unwrap_or(1), date.year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_the_returns_are_those_of_the_guides() {
        assert_eq!(CENSUS_DAY.iso(), "2026-01-15");
        assert_eq!(EXTRACT_DAY.iso(), "2026-03-31");
        assert_eq!(RETURN_YEAR.iso(), "2025-04-01");
        assert_eq!(SCHOOL_YEAR_DAY.iso(), "2025-09-01");
    }

    #[test]
    fn a_day_is_written_in_three_ways() {
        let day = Day::new(2020, 4, 5);
        assert_eq!(
            [day.iso(), day.day_first(), day.blade()],
            ["2020-04-05", "05/04/2020", "2020-Apr-05 00:00:00"]
        );
    }

    #[test]
    fn birthdays_come_round() {
        assert_eq!(Day::new(2009, 1, 1).years_later(18), Day::new(2027, 1, 1));
        assert_eq!(Day::new(2008, 2, 29).years_later(18), Day::new(2026, 3, 1));
    }

    #[test]
    fn ages_and_school_years_turn_on_the_day() {
        let born = Day::new(2015, 9, 1);
        assert_eq!(Day::new(2025, 8, 31).years_since(born), 9);
        assert_eq!(Day::new(2025, 9, 1).years_since(born), 10);
        assert_eq!((born.school_year(), (born - 1).school_year()), (2015, 2014));
    }
}
