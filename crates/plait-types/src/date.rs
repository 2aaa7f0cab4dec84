//! Dates of birth as they are recorded: sometimes only a year, sometimes day and month the other way round.

/// The order of day, month and year in a column of dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DateOrder {
    /// 2015-04-23, 20150423
    YearMonthDay,
    /// 23/04/2015, 23042015, 23 April 2015
    DayMonthYear,
    /// 04/23/2015, April 23, 2015
    MonthDayYear,
}

impl DateOrder {
    /// The order as people write it: `DD/MM/YYYY`.
    pub fn layout(self) -> &'static str {
        match self {
            Self::YearMonthDay => "YYYY-MM-DD",
            Self::DayMonthYear => "DD/MM/YYYY",
            Self::MonthDayYear => "MM/DD/YYYY",
        }
    }
}

/// A date of which at least the year is known. `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    /// 1000..=9999
    pub year: u16,
    /// 1..=12
    pub month: Option<u8>,
    /// 1..=31, valid for its month; only with a month
    pub day: Option<u8>,
}

impl std::fmt::Debug for PartialDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartialDate(hidden)")
    }
}

/// A day that people write where they know only the month or the year. Some are real birthdays, so none is missing:
/// agreement on one is worth less than agreement on another day, by as much as it is commoner in the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StandInDay {
    /// 1 January: only the year is known, as of young people whose age was assessed.
    FirstOfYear,
    /// The first of another month: only year and month are known.
    FirstOfMonth,
    /// The fifteenth: made from year and month when a file was released.
    MiddleOfMonth,
}

/// How a date of birth lies to the day on which a file speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BirthTiming {
    /// On that day or before it.
    Born,
    /// Up to 42 weeks after it: the expected date of birth of an unborn child.
    Expected,
    /// Further in the future, which is a mistake.
    Impossible,
}

/// 42 weeks, after which no pregnancy is left to go on.
const LONGEST_PREGNANCY_DAYS: i32 = 294;

impl PartialDate {
    /// A whole date, if there is such a day.
    pub fn whole(year: u16, month: u8, day: u8) -> Option<Self> {
        let real = (1000..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day);
        real.then_some(Self { year, month: Some(month), day: Some(day) })
    }

    /// Reads a date written in the given order, with any of `-/. ,` or nothing between the parts,
    /// month names in English, a time of day after it (ignored), two-digit years (30 and above are
    /// of the 1900s), `YYYY` and `YYYY-MM` alone. A value with the year first is read as such in any
    /// order, since it cannot be anything else. `None` if it is no date.
    pub fn parse(text: &str, order: DateOrder) -> Option<Self> {
        let text = text.trim();
        let date = match text.split_once('T') {
            Some((date, time)) if time.starts_with(|c: char| c.is_ascii_digit()) => date,
            _ => without_time(text),
        };
        let parts = split_parts(date)?;
        match parts.as_slice() {
            [Part::Number(n, 8)] => Self::compact(*n, order),
            [Part::Number(n, 4)] => Self::year_only(*n),
            [Part::Number(n, 6)] if order == DateOrder::YearMonthDay => Self::year_month(n / 100, n % 100),
            [Part::Number(y, 4), Part::Number(m, 1..=2)] | [Part::Number(m, 1..=2), Part::Number(y, 4)] => {
                Self::year_month(*y, *m)
            }
            [Part::Month(m), Part::Number(y, 4)] => Self::year_month(*y, *m),
            [a, b, c] => Self::from_three(*a, *b, *c, order),
            _ => None,
        }
    }

    /// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`: the form in which standardised dates are kept.
    pub fn iso(self) -> String {
        match (self.month, self.day) {
            (Some(month), Some(day)) => format!("{:04}-{month:02}-{day:02}", self.year),
            (Some(month), None) => format!("{:04}-{month:02}", self.year),
            _ => format!("{:04}", self.year),
        }
    }

    /// The whole date that is written so: `YYYY-MM-DD`.
    pub fn from_iso(text: &str) -> Option<Self> {
        Self::parse(text, DateOrder::YearMonthDay).filter(|date| date.day.is_some() && date.iso() == text)
    }

    /// Which day in place of an unknown one it may be. `None` of most days and of dates that are not whole.
    pub fn stand_in_day(self) -> Option<StandInDay> {
        match (self.month?, self.day?) {
            (1, 1) => Some(StandInDay::FirstOfYear),
            (_, 1) => Some(StandInDay::FirstOfMonth),
            (_, 15) => Some(StandInDay::MiddleOfMonth),
            _ => None,
        }
    }

    /// Whether two dates cannot be of one day, not even by a slip. The parts that both know differ, and that is not
    /// explained by one wrong digit, by two neighbouring digits or day and month changed over, nor by a day that stands in for
    /// an unknown one of the same month or year. The same both ways round.
    pub fn contradicts(self, other: Self) -> bool {
        let both = |left: Option<u8>, right: Option<u8>| left.is_none() || right.is_none() || left == right;
        let agree = self.year == other.year && both(self.month, other.month) && both(self.day, other.day);
        !agree
            && !self.is_changed_over_from(other)
            && !self.stands_in_for(other)
            && !other.stands_in_for(self)
            && !is_one_slip(self.iso().as_bytes(), other.iso().as_bytes())
    }

    /// Whether day and month are those of the other date changed over.
    fn is_changed_over_from(self, other: Self) -> bool {
        self.year == other.year && self.day.is_some() && self.day == other.month && self.month == other.day
    }

    /// Whether it is a day in place of an unknown one of the month, or the year, of the other.
    fn stands_in_for(self, other: Self) -> bool {
        match self.stand_in_day() {
            Some(StandInDay::FirstOfYear) => self.year == other.year,
            Some(StandInDay::FirstOfMonth | StandInDay::MiddleOfMonth) => {
                (self.year, self.month) == (other.year, other.month)
            }
            None => false,
        }
    }

    /// Whether somebody with this date of birth is born on the day of `reference`, such as a census day or the day a
    /// file was made. Of what is not known the earliest day counts, in both dates.
    pub fn birth_timing(self, reference: Self) -> BirthTiming {
        match self.earliest_day_number() - reference.earliest_day_number() {
            ..=0 => BirthTiming::Born,
            1..=LONGEST_PREGNANCY_DAYS => BirthTiming::Expected,
            _ => BirthTiming::Impossible,
        }
    }

    /// Days since 1 January 1970 of a whole date, proleptic Gregorian.
    pub fn day_number(self) -> Option<i32> {
        let (month, day) = (i32::from(self.month?), i32::from(self.day?));
        // Howard Hinnant's days_from_civil: years start in March so that the leap day comes last
        let year = i32::from(self.year) - i32::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(era * 146_097 + day_of_era - 719_468)
    }

    /// The inverse of [`PartialDate::day_number`]. `None` outside the years 1000 to 9999.
    pub fn from_day_number(days: i32) -> Option<Self> {
        let days = days.checked_add(719_468)?;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        Self::whole(u16::try_from(year).ok()?, month as u8, day as u8)
    }

    fn earliest_day_number(self) -> i32 {
        let earliest = Self { month: self.month.or(Some(1)), day: self.day.or(Some(1)), ..self };
        earliest.day_number().expect("month and day are filled in")
    }

    fn compact(n: u32, order: DateOrder) -> Option<Self> {
        let (year, month, day) = match order {
            DateOrder::YearMonthDay => (n / 10_000, n / 100 % 100, n % 100),
            DateOrder::DayMonthYear => (n % 10_000, n / 10_000 % 100, n / 1_000_000),
            DateOrder::MonthDayYear => (n % 10_000, n / 1_000_000, n / 10_000 % 100),
        };
        Self::whole(year as u16, month as u8, day as u8)
    }

    fn year_only(year: u32) -> Option<Self> {
        (1000..=9999).contains(&year).then_some(Self { year: year as u16, month: None, day: None })
    }

    fn year_month(year: u32, month: u32) -> Option<Self> {
        let date = Self::whole(u16::try_from(year).ok()?, u8::try_from(month).ok()?, 1)?;
        Some(Self { day: None, ..date })
    }

    #[expect(clippy::unnested_or_patterns, reason = "one layout a line")]
    fn from_three(a: Part, b: Part, c: Part, order: DateOrder) -> Option<Self> {
        use Part::{Month, Number};
        let ((Number(year, 4), Number(month, _) | Month(month), Number(day, _), _)
        | (Number(year, 2), Number(month, _) | Month(month), Number(day, _), DateOrder::YearMonthDay)
        | (Number(day, _), Month(month), Number(year, 2 | 4), _)
        | (Month(month), Number(day, _), Number(year, 2 | 4), _)
        | (Number(month, _), Number(day, _), Number(year, 2 | 4), DateOrder::MonthDayYear)
        | (Number(day, _), Number(month, _), Number(year, 2 | 4), _)) = (a, b, c, order)
        else {
            return None;
        };
        let year = match year {
            0..30 => 2000 + year,
            30..100 => 1900 + year,
            _ => year,
        };
        Self::whole(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }
}

/// Days in a month of the Gregorian calendar.
fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[derive(Clone, Copy)]
enum Part {
    /// value, digits
    Number(u32, usize),
    /// 1..=12
    Month(u32),
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// What stands before the first word with a colon: the date of `Apr 23 2015 12:00AM`.
fn without_time(text: &str) -> &str {
    let Some(colon) = text.find(':') else { return text };
    text[..colon].rfind(' ').map_or(text, |space| &text[..space])
}

fn split_parts(text: &str) -> Option<Vec<Part>> {
    let separator = |c: char| matches!(c, '-' | '/' | '.' | ' ' | ',');
    text.split(separator).filter(|part| !part.is_empty()).map(read_part).collect()
}

fn read_part(part: &str) -> Option<Part> {
    if part.bytes().all(|b| b.is_ascii_digit()) {
        return (part.len() <= 8).then(|| Part::Number(part.parse().expect("at most 8 digits"), part.len()));
    }
    let lower = part.to_ascii_lowercase();
    let ordinal = ["st", "nd", "rd", "th"].iter().find_map(|suffix| lower.strip_suffix(suffix));
    // "august" ends like an ordinal, too
    if let Some(digits) = ordinal.filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())) {
        return digits.parse().ok().map(|n| Part::Number(n, digits.len()));
    }
    let month = MONTHS.iter().position(|name| lower.len() >= 3 && name.starts_with(&lower))?;
    Some(Part::Month(month as u32 + 1))
}

/// Whether two texts of one length differ in one place, or in two neighbours that have changed places.
fn is_one_slip(left: &[u8], right: &[u8]) -> bool {
    let differs = |&at: &usize| left[at] != right[at];
    if left.len() != right.len() {
        return false;
    }
    let places: Vec<usize> = (0..left.len()).filter(differs).collect();
    match places[..] {
        [_] => true,
        [a, b] => b == a + 1 && left[a] == right[b] && left[b] == right[a],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, order: DateOrder, expected: Option<&str>) {
        assert_eq!(PartialDate::parse(text, order).map(PartialDate::iso).as_deref(), expected, "{text}");
    }

    #[test]
    fn dates_contradict_each_other_where_no_slip_makes_one_of_the_other() {
        let date = |iso: &str| PartialDate::parse(iso, YearMonthDay).expect("a date");
        let check = |left: &str, right: &str, expected: bool| {
            assert_eq!(date(left).contradicts(date(right)), expected, "{left} {right}");
            assert_eq!(date(right).contradicts(date(left)), expected, "{right} {left}");
        };
        check("2015-04-23", "2015-04-23", false);
        check("2015-04-23", "2015-04-24", false);
        check("2015-04-23", "2016-04-23", false);
        check("2015-04-12", "2015-12-04", false);
        check("2015-04-12", "2015-04-21", false);
        check("2015-04-23", "2015-04", false);
        check("2015-04-23", "2015", false);
        check("2015-04-23", "2015-01-01", false);
        check("2015-04-23", "2015-04-01", false);
        check("2015-04-23", "2012-08-30", true);
        check("2015-04-23", "2014-05-23", true);
        check("2015-04-23", "2014-01-01", true);
        check("2015-04-23", "2015-06", true);
        check("2015-04-12", "2014-12-04", true);
    }

    #[test]
    fn common_layouts_are_read() {
        check("2015-04-23", YearMonthDay, Some("2015-04-23"));
        check("20150423", YearMonthDay, Some("2015-04-23"));
        check("23/04/2015", DayMonthYear, Some("2015-04-23"));
        check("04/23/2015", MonthDayYear, Some("2015-04-23"));
        check("23.4.15", DayMonthYear, Some("2015-04-23"));
        check("23-APR-1985", DayMonthYear, Some("1985-04-23"));
        check("April 23rd, 2015", MonthDayYear, Some("2015-04-23"));
        check("2015-04-23T00:00:00", YearMonthDay, Some("2015-04-23"));
        check("23/04/2015 00:00", DayMonthYear, Some("2015-04-23"));
        check("2015-04-23", DayMonthYear, Some("2015-04-23"));
    }

    #[test]
    fn every_month_is_read_by_its_name_and_by_its_first_three_letters() {
        for (at, name) in MONTHS.iter().enumerate() {
            let expected = format!("2015-{:02}-23", at + 1);
            for month in [*name, &name[..3], &name.to_uppercase()] {
                check(&format!("23 {month} 2015"), DayMonthYear, Some(&expected));
                check(&format!("{month} 23rd, 2015"), MonthDayYear, Some(&expected));
            }
        }
    }

    #[test]
    fn a_time_of_day_is_left_out_wherever_spaces_stand_in_the_date() {
        let written = [
            "Apr 23 2015 12:00AM",
            "23 April 2015 10:00",
            "23 April 2015 10:00 PM",
            "23/04/2015 10:00:00 +01:00",
            "23/04/2015  10:00:00.000",
        ];
        for text in written {
            check(text, DayMonthYear, Some("2015-04-23"));
        }
        check("Apr  3 2015 12:00:00:000AM", DayMonthYear, Some("2015-04-03"));
        check("10:00", DayMonthYear, None);
    }

    #[test]
    fn only_a_number_takes_an_ending() {
        for text in ["st April 2015", "+1st April 2015", "aprilth 23 2015"] {
            check(text, DayMonthYear, None);
        }
    }

    #[test]
    fn partial_dates_keep_what_is_known() {
        check("2015", DayMonthYear, Some("2015"));
        check("2015-04", YearMonthDay, Some("2015-04"));
        check("04/2015", DayMonthYear, Some("2015-04"));
    }

    #[test]
    fn impossible_dates_are_none() {
        for text in ["", "31/02/2015", "23/04/2015", "hello", "2015-13-01", "1/2/3/4", "999"] {
            check(text, MonthDayYear, None);
        }
    }

    #[test]
    fn days_that_stand_in_for_unknown_ones_are_told_from_others() {
        for (text, expected) in [
            ("2008-01-01", Some(StandInDay::FirstOfYear)),
            ("2008-09-01", Some(StandInDay::FirstOfMonth)),
            ("2008-01-15", Some(StandInDay::MiddleOfMonth)),
            ("2008-01-02", None),
            ("2008-01", None),
            ("2008", None),
        ] {
            let date = PartialDate::parse(text, YearMonthDay).expect(text);
            assert_eq!(date.stand_in_day(), expected, "{text}");
        }
    }

    #[test]
    fn a_date_of_birth_after_the_census_is_expected_for_forty_two_weeks() {
        let census = PartialDate::whole(2026, 3, 31).expect("a day");
        for (text, expected) in [
            ("2010-05-01", BirthTiming::Born),
            ("2026-03-31", BirthTiming::Born),
            ("2026-04-01", BirthTiming::Expected),
            // 294 days later
            ("2027-01-19", BirthTiming::Expected),
            ("2027-01-20", BirthTiming::Impossible),
            ("2062-03-31", BirthTiming::Impossible),
            // may be born already
            ("2026", BirthTiming::Born),
            ("2026-03", BirthTiming::Born),
            ("2027", BirthTiming::Expected),
            ("2028", BirthTiming::Impossible),
        ] {
            let date = PartialDate::parse(text, YearMonthDay).expect(text);
            assert_eq!(date.birth_timing(census), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn day_numbers_invert(days in -300_000i32..900_000) {
            let date = PartialDate::from_day_number(days).expect("in range");
            prop_assert_eq!(date.day_number(), Some(days));
        }

        #[test]
        fn iso_is_read_back(days in -300_000i32..900_000) {
            let date = PartialDate::from_day_number(days).expect("in range");
            prop_assert_eq!(PartialDate::parse(&date.iso(), YearMonthDay), Some(date));
        }

        #[test]
        fn no_text_panics(text in ".{0,20}") {
            let _ = PartialDate::parse(&text, DayMonthYear);
        }
    }
}
