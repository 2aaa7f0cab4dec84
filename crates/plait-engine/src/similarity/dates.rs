//! Dates of birth that nearly agree: swapped day and month, one digit wrong, two parts of three, days apart

use plait_types::PartialDate;

/// A date as one digit in each four bits, `0xYYYYMMDD`, zeros for parts that are not known.
///
/// Ordered as dates, a partial date before the whole ones that it may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackedDate(u32);

impl PackedDate {
    /// Packs a year 0..=9999, a month 1..=12 or 0, a day 1..=31 or 0, where 0 is not known.
    pub fn new(year: u16, month: u8, day: u8) -> Self {
        let digits = |number: u32| {
            [1, 10, 100, 1000].iter().rev().fold(0, |packed, unit| (packed << 4) | (number / unit % 10))
        };
        Self(digits(year.into()) << 16 | digits(month.into()) << 8 | digits(day.into()))
    }

    /// The packed form, by which a column may keep it.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The date of a packed form made by [`PackedDate::bits`].
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// 0..=9999.
    pub fn year(self) -> u32 {
        unpack(self.0 >> 16)
    }

    /// 1..=12 if known.
    pub fn month(self) -> Option<u32> {
        Some(unpack(self.0 >> 8 & 0xff)).filter(|month| *month > 0)
    }

    /// 1..=31 if known.
    pub fn day(self) -> Option<u32> {
        Some(unpack(self.0 & 0xff)).filter(|day| *day > 0)
    }

    fn day_bits(self) -> u32 {
        self.0 & 0xff
    }

    fn month_bits(self) -> u32 {
        self.0 >> 8 & 0xff
    }

    fn is_whole(self) -> bool {
        self.day_bits() > 0 && self.month_bits() > 0
    }

    /// Days since 1 March of the year 0, so that a leap day is the last of its year.
    fn day_number(self) -> Option<u32> {
        let (month, day) = (self.month()?, self.day()?);
        // January and February belong to the year before; a year before 0 cannot be, so one cycle is added
        let (year, month) =
            if month > 2 { (self.year() + 400, month - 3) } else { (self.year() + 399, month + 9) };
        // from March on, the months run 31, 30, 31, 30, 31 over and over
        let days_before_month = (month * 153 + 2) / 5;
        Some(year * 365 + year / 4 - year / 100 + year / 400 + days_before_month + day - 1)
    }
}

/// Does not show the date.
impl std::fmt::Debug for PackedDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PackedDate(hidden)")
    }
}

impl From<PartialDate> for PackedDate {
    fn from(date: PartialDate) -> Self {
        Self::new(date.year, date.month.unwrap_or(0), date.day.unwrap_or(0))
    }
}

/// The year is equal and the day of each is the month of the other, which are two different numbers. False for
/// partial dates.
pub fn day_month_swapped(left: PackedDate, right: PackedDate) -> bool {
    left.is_whole()
        && left.0 >> 16 == right.0 >> 16
        && left.day_bits() == right.month_bits()
        && left.month_bits() == right.day_bits()
        && left != right
}

/// Exactly one of the eight digits of `YYYYMMDD` differs; of partial dates, of the digits known in both, if the
/// same parts are known.
pub fn one_digit_different(left: PackedDate, right: PackedDate) -> bool {
    same_parts_known(left, right) && digits_of_difference(left, right).is_power_of_two()
}

/// Two neighbouring digits of the year, of the month or of the day are swapped and all else is equal. Partial dates
/// must know the same parts.
pub fn digits_transposed(left: PackedDate, right: PackedDate) -> bool {
    // the four pairs of neighbours that do not straddle two parts, by their lower digit, and one in each part
    const LOWER_DIGITS: [u32; 5] = [24, 20, 16, 8, 0];
    let differing = left.0 ^ right.0;
    same_parts_known(left, right)
        && LOWER_DIGITS.iter().any(|at| {
            let pair = |bits: u32| bits >> at & 0xff;
            differing & !(0xff << at) == 0
                && differing != 0
                && pair(left.0) == (pair(right.0) >> 4 | pair(right.0) << 4) & 0xff
        })
}

/// Exactly two of year, month and day are equal. False unless both dates are whole.
pub fn two_parts_equal(left: PackedDate, right: PackedDate) -> bool {
    let differing = left.0 ^ right.0;
    let parts = [differing >> 16, differing & 0xff00, differing & 0xff];
    left.is_whole() && right.is_whole() && parts.iter().filter(|part| **part == 0).count() == 2
}

/// Days between two whole dates; `None` for a partial one.
pub fn days_apart(left: PackedDate, right: PackedDate) -> Option<u32> {
    Some(left.day_number()?.abs_diff(right.day_number()?))
}

fn same_parts_known(left: PackedDate, right: PackedDate) -> bool {
    (left.day_bits() == 0) == (right.day_bits() == 0) && (left.month_bits() == 0) == (right.month_bits() == 0)
}

/// One bit, the lowest of four, for each digit that differs.
fn digits_of_difference(left: PackedDate, right: PackedDate) -> u32 {
    let differing = left.0 ^ right.0;
    (differing | differing >> 1 | differing >> 2 | differing >> 3) & 0x1111_1111
}

/// The number that up to four packed digits stand for.
fn unpack(digits: u32) -> u32 {
    [12, 8, 4, 0].iter().fold(0, |number, at| number * 10 + (digits >> at & 15))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::similarity::slow::fixed;

    fn date(text: &str) -> PackedDate {
        let mut parts = text.split('-').map(|part| part.parse::<u16>().expect("a number"));
        let mut part = || parts.next().unwrap_or(0);
        PackedDate::new(part(), part() as u8, part() as u8)
    }

    fn check(measure: fn(PackedDate, PackedDate) -> bool, left: &str, right: &str, expected: bool) {
        assert_eq!(measure(date(left), date(right)), expected, "{left} {right}");
        assert_eq!(measure(date(right), date(left)), expected, "{right} {left}");
    }

    #[test]
    fn a_date_keeps_its_parts_and_its_order() {
        let packed = date("2015-04-23");
        assert_eq!((packed.year(), packed.month(), packed.day()), (2015, Some(4), Some(23)));
        assert_eq!(date("2015-04").day(), None);
        assert_eq!(packed.bits(), 0x2015_0423);
        assert_eq!(PackedDate::from_bits(packed.bits()), packed);
        assert!(date("2015") < date("2015-01") && date("2015-01") < date("2015-01-01"));
        assert_eq!(PartialDate::whole(2015, 4, 23).map(PackedDate::from), Some(packed));
        assert_eq!(format!("{packed:?}"), "PackedDate(hidden)");
    }

    #[test]
    fn day_and_month_are_swapped_only_within_a_year() {
        check(day_month_swapped, "2015-04-03", "2015-03-04", true);
        check(day_month_swapped, "2015-04-03", "2014-03-04", false);
        check(day_month_swapped, "2015-04-04", "2015-04-04", false);
        check(day_month_swapped, "2015", "2015", false);
    }

    #[test]
    fn one_digit_differs_among_the_digits_known_in_both() {
        check(one_digit_different, "2015-04-23", "2015-04-28", true);
        check(one_digit_different, "2015-04-23", "2005-04-23", true);
        check(one_digit_different, "2015-04-23", "2015-05-28", false);
        check(one_digit_different, "2015-04-23", "2015-04-23", false);
        check(one_digit_different, "2015-04", "2015-05", true);
        check(one_digit_different, "2015-04", "2015-04-03", false);
    }

    #[test]
    fn neighbouring_digits_are_transposed_within_a_part() {
        check(digits_transposed, "2015-04-13", "2015-04-31", true);
        check(digits_transposed, "2015-04-13", "2051-04-13", true);
        check(digits_transposed, "2012-01-13", "2012-10-13", true);
        check(digits_transposed, "1091-04-13", "1901-04-13", true);
        check(digits_transposed, "2015-04-13", "2015-04-13", false);
        check(digits_transposed, "2011-04-13", "2011-04-13", false);
        check(digits_transposed, "2015-04-13", "2015-04-32", false);
        check(digits_transposed, "2010-11-13", "2011-01-13", false);
    }

    #[test]
    fn two_parts_of_three_are_exactly_two() {
        check(two_parts_equal, "2015-04-23", "2015-04-02", true);
        check(two_parts_equal, "2015-04-23", "2011-04-23", true);
        check(two_parts_equal, "2015-04-23", "2015-12-23", true);
        check(two_parts_equal, "2015-04-23", "2015-04-23", false);
        check(two_parts_equal, "2015-04-23", "2015-05-24", false);
        check(two_parts_equal, "2015-04", "2015-04-23", false);
    }

    #[test]
    fn distances_are_in_days() {
        let days = |left, right| days_apart(date(left), date(right));
        assert_eq!(days("2016-02-28", "2016-03-01"), Some(2));
        assert_eq!(days("1900-02-28", "1900-03-01"), Some(1));
        assert_eq!(days("2015-01-01", "2014-12-31"), Some(1));
        assert_eq!(days("1970-01-01", "2000-01-01"), Some(10_957));
        assert_eq!(days("2015-01", "2015-01-01"), None);
    }

    fn length_of_month(year: u16, month: u8) -> u8 {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    #[test]
    fn each_day_of_four_centuries_is_one_after_the_last() {
        let mut before = PackedDate::new(1799, 12, 31);
        for year in 1800..2200 {
            for month in 1..=12 {
                for day in 1..=length_of_month(year, month) {
                    let today = PackedDate::new(year, month, day);
                    assert_eq!(days_apart(before, today), Some(1));
                    assert!(before < today);
                    before = today;
                }
            }
        }
    }

    /// What the digit tests mean, on the text of the dates.
    fn slow_transposed(left: [u16; 3], right: [u16; 3]) -> bool {
        let text = |date: [u16; 3]| format!("{:04}-{:02}-{:02}", date[0], date[1], date[2]);
        let (left, right) = (text(left), text(right));
        (1..left.len()).any(|at| {
            let mut letters: Vec<char> = left.chars().collect();
            letters.swap(at - 1, at);
            !left[at - 1..=at].contains('-') && left != right && letters.iter().collect::<String>() == right
        })
    }

    fn any_date() -> impl Strategy<Value = [u16; 3]> {
        (prop_oneof![1990_u16..2030, 1000..9999_u16], 1..=12_u16, 1..=31_u16).prop_map(|(y, m, d)| [y, m, d])
    }

    proptest! {
        #![proptest_config(fixed(8000))]

        #[test]
        fn agree_with_the_text_of_the_dates(left in any_date(), other in any_date(), keep in 0_u8..8, digit in 0_u32..4) {
            let mut right = left;
            for (part, value) in other.iter().enumerate() {
                if keep >> part & 1 == 1 {
                    right[part] = *value;
                }
            }
            if keep == 0 {
                right[0] = left[0] + 10_u16.pow(digit);
            }
            if right[0] > 9999 {
                right[0] = left[0];
            }
            let pack = |date: [u16; 3]| PackedDate::new(date[0], date[1] as u8, date[2] as u8);
            let (a, b) = (pack(left), pack(right));
            let text = |date: [u16; 3]| format!("{:04}{:02}{:02}", date[0], date[1], date[2]);
            let differing = text(left).chars().zip(text(right).chars()).filter(|(a, b)| a != b).count();
            prop_assert_eq!(one_digit_different(a, b), differing == 1);
            prop_assert_eq!(digits_transposed(a, b), slow_transposed(left, right));
            let equal_parts = (0..3).filter(|part| left[*part] == right[*part]).count();
            prop_assert_eq!(two_parts_equal(a, b), equal_parts == 2);
            let swapped = left != right && right == [left[0], left[2], left[1]];
            prop_assert_eq!(day_month_swapped(a, b), swapped);
        }
    }
}
