//! Arrow arrays into columns, one batch after the other.

use super::batches::share_memory;
use super::column::{KeyedColumn, TextColumn};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DecimalType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;
use plait_types::{Column, Issue, IssueKind, NULL};
use std::fmt::Write;
use std::sync::Arc;

/// A column that is filled from Arrow arrays of one type.
pub(super) enum ArrowColumn {
    /// Text, decimals, dictionaries.
    Text {
        /// The rows.
        column: TextColumn,
        /// Cells whose bytes are not UTF-8.
        invalid: usize,
        /// The dictionary of the batch before, which the next batch mostly shares.
        dictionary: Option<KnownDictionary>,
    },
    /// Numbers, booleans, dates, times.
    Keyed(KeyedColumn),
}

pub(super) struct KnownDictionary {
    values: ArrayRef,
    /// The dictionary's values as text, one row each.
    rendered: Column,
    /// The code in the column of each, [`UNSEEN`] until a row has it.
    codes: Vec<u32>,
}

const UNSEEN: u32 = NULL - 1;

impl ArrowColumn {
    /// A column for arrays of this type; `None` for lists, records and spans of time, which are no values.
    pub(super) fn new(kind: &DataType, rows: usize) -> Option<Self> {
        use DataType as T;
        match kind {
            T::Utf8
            | T::LargeUtf8
            | T::Utf8View
            | T::Binary
            | T::LargeBinary
            | T::BinaryView
            | T::FixedSizeBinary(_)
            | T::Null
            | T::Decimal32(..)
            | T::Decimal64(..)
            | T::Decimal128(..)
            | T::Decimal256(..) => Some(Self::text(rows)),
            T::Dictionary(_, values) => Self::new(values, 0).map(|_| Self::text(rows)),
            T::Boolean
            | T::Int8
            | T::Int16
            | T::Int32
            | T::Int64
            | T::UInt8
            | T::UInt16
            | T::UInt32
            | T::UInt64
            | T::Float16
            | T::Float32
            | T::Float64
            | T::Timestamp(_, None)
            | T::Date32
            | T::Date64
            | T::Time32(_)
            | T::Time64(_) => Some(Self::Keyed(KeyedColumn::with_rows(rows))),
            T::Timestamp(_, Some(zone)) => zone_of(zone).map(|_| Self::Keyed(KeyedColumn::with_rows(rows))),
            _ => None,
        }
    }

    /// A text column that was read already, with the number of its cells that are not UTF-8.
    pub(super) fn of_text(column: TextColumn, invalid: usize) -> Self {
        Self::Text { column, invalid, dictionary: None }
    }

    fn text(rows: usize) -> Self {
        Self::of_text(TextColumn::with_rows(rows), 0)
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text { column, .. } => column.len(),
            Self::Keyed(column) => column.len(),
        }
    }

    /// Appends the rows of an array, which has the type that the column was made for.
    pub(super) fn push(&mut self, array: &dyn Array) {
        match self {
            Self::Text { column, invalid, dictionary } => push_text(column, invalid, dictionary, array),
            Self::Keyed(column) => push_keyed(column, array),
        }
    }

    /// The column, with an issue if some of its cells were not text.
    pub(super) fn finish(self, file: &str, name: String) -> (Column, Option<Issue>) {
        match self {
            Self::Keyed(column) => (column.finish(name), None),
            Self::Text { column, invalid, .. } => {
                let issue = (invalid > 0).then(|| {
                    let message = if invalid == 1 {
                        "one value is not text in UTF-8 and was read as missing".to_owned()
                    } else {
                        format!("{invalid} values are not text in UTF-8 and were read as missing")
                    };
                    Issue::new(IssueKind::InvalidCell, file, message).in_column(&name).counting(invalid)
                });
                (column.finish(name), issue)
            }
        }
    }
}

fn push_text(
    column: &mut TextColumn,
    invalid: &mut usize,
    known: &mut Option<KnownDictionary>,
    array: &dyn Array,
) {
    use DataType as T;
    match array.data_type() {
        T::Utf8 => add_text(column, array.as_string::<i32>().iter()),
        T::LargeUtf8 => add_text(column, array.as_string::<i64>().iter()),
        T::Utf8View => add_text(column, array.as_string_view().iter()),
        T::Binary => add_bytes(column, invalid, array.as_binary::<i32>().iter()),
        T::LargeBinary => add_bytes(column, invalid, array.as_binary::<i64>().iter()),
        T::BinaryView => add_bytes(column, invalid, array.as_binary_view().iter()),
        T::FixedSizeBinary(_) => add_bytes(column, invalid, array.as_fixed_size_binary().iter()),
        T::Decimal32(..) => add_decimals::<Decimal32Type>(column, array),
        T::Decimal64(..) => add_decimals::<Decimal64Type>(column, array),
        T::Decimal128(..) => add_decimals::<Decimal128Type>(column, array),
        T::Decimal256(..) => add_decimals::<Decimal256Type>(column, array),
        T::Dictionary(..) => add_dictionary(column, known, array),
        _ => column.pad(column.len() + array.len()),
    }
}

fn add_text<'a>(column: &mut TextColumn, cells: impl Iterator<Item = Option<&'a str>>) {
    for cell in cells {
        column.push(cell.unwrap_or_default());
    }
}

fn add_bytes<'a>(
    column: &mut TextColumn,
    invalid: &mut usize,
    cells: impl Iterator<Item = Option<&'a [u8]>>,
) {
    for cell in cells {
        let text = std::str::from_utf8(cell.unwrap_or_default());
        *invalid += usize::from(text.is_err());
        column.push(text.unwrap_or_default());
    }
}

fn add_decimals<T: DecimalType>(column: &mut TextColumn, array: &dyn Array) {
    let array = array.as_primitive::<T>();
    for row in 0..array.len() {
        if array.is_null(row) {
            column.push("");
            continue;
        }
        let text = array.value_as_string(row);
        column.push(if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            &text
        });
    }
}

fn add_dictionary(column: &mut TextColumn, known: &mut Option<KnownDictionary>, array: &dyn Array) {
    let array = array.as_any_dictionary();
    let values = array.values();
    if values.is_empty() {
        column.pad(column.len() + array.len());
        return;
    }
    if !known.as_ref().is_some_and(|known| share_memory(&known.values, values)) {
        let mut rows =
            ArrowColumn::new(values.data_type(), values.len()).expect("asked when the column was made");
        rows.push(values);
        let rendered = rows.finish("", String::new()).0;
        *known =
            Some(KnownDictionary { values: Arc::clone(values), rendered, codes: vec![UNSEEN; values.len()] });
    }
    let known = known.as_mut().expect("was set above");
    for (row, key) in array.normalized_keys().into_iter().enumerate() {
        if array.keys().is_null(row) {
            column.push("");
            continue;
        }
        if known.codes[key] == UNSEEN {
            known.codes[key] = column.code(known.rendered.get(key).unwrap_or_default());
        }
        let code = known.codes[key];
        column.codes().push(code);
    }
}

fn push_keyed(column: &mut KeyedColumn, array: &dyn Array) {
    use DataType as T;
    match array.data_type() {
        T::Boolean => {
            for value in array.as_boolean() {
                match value {
                    Some(value) => column
                        .push(i64::from(value), |text| text.push_str(if value { "true" } else { "false" })),
                    None => column.push_missing(),
                }
            }
        }
        T::Int8 => add_keys::<Int8Type>(column, array, i64::from, number),
        T::Int16 => add_keys::<Int16Type>(column, array, i64::from, number),
        T::Int32 => add_keys::<Int32Type>(column, array, i64::from, number),
        T::Int64 => add_keys::<Int64Type>(column, array, |value| value, number),
        T::UInt8 => add_keys::<UInt8Type>(column, array, i64::from, number),
        T::UInt16 => add_keys::<UInt16Type>(column, array, i64::from, number),
        T::UInt32 => add_keys::<UInt32Type>(column, array, i64::from, number),
        T::UInt64 => add_keys::<UInt64Type>(
            column,
            array,
            |value| value as i64,
            |key, text| write_number(text, key as u64),
        ),
        T::Float16 => add_floats::<Float16Type>(column, array, |value| f64::from(value.to_f32()), float32),
        T::Float32 => add_floats::<Float32Type>(column, array, f64::from, float32),
        T::Float64 => {
            add_floats::<Float64Type>(column, array, |value| value, |value, text| write_number(text, value));
        }
        T::Date32 => add_keys::<Date32Type>(column, array, i64::from, date),
        T::Date64 => {
            add_keys::<Date64Type>(column, array, |value| value, |key, text| timestamp(key, 1_000, text));
        }
        T::Timestamp(TimeUnit::Second, zone) => {
            add_moments::<TimestampSecondType>(column, array, 1, zone.as_deref());
        }
        T::Timestamp(TimeUnit::Millisecond, zone) => {
            add_moments::<TimestampMillisecondType>(column, array, 1_000, zone.as_deref());
        }
        T::Timestamp(TimeUnit::Microsecond, zone) => {
            add_moments::<TimestampMicrosecondType>(column, array, 1_000_000, zone.as_deref());
        }
        T::Timestamp(TimeUnit::Nanosecond, zone) => {
            add_moments::<TimestampNanosecondType>(column, array, 1_000_000_000, zone.as_deref());
        }
        T::Time32(TimeUnit::Second) => {
            add_keys::<Time32SecondType>(column, array, i64::from, |key, text| time(key, 1, text));
        }
        T::Time32(_) => {
            add_keys::<Time32MillisecondType>(column, array, i64::from, |key, text| time(key, 1_000, text));
        }
        T::Time64(TimeUnit::Microsecond) => {
            add_keys::<Time64MicrosecondType>(
                column,
                array,
                |value| value,
                |key, text| time(key, 1_000_000, text),
            );
        }
        T::Time64(_) => {
            add_keys::<Time64NanosecondType>(
                column,
                array,
                |value| value,
                |key, text| time(key, 1_000_000_000, text),
            );
        }
        _ => (0..array.len()).for_each(|_| column.push_missing()),
    }
}

fn add_keys<T: ArrowPrimitiveType>(
    column: &mut KeyedColumn,
    array: &dyn Array,
    key: impl Fn(T::Native) -> i64,
    render: impl Fn(i64, &mut String),
) {
    let array = array.as_primitive::<T>();
    if array.null_count() == 0 {
        for &value in array.values() {
            let key = key(value);
            column.push(key, |text| render(key, text));
        }
        return;
    }
    for value in array {
        match value {
            Some(value) => {
                let key = key(value);
                column.push(key, |text| render(key, text));
            }
            None => column.push_missing(),
        }
    }
}

/// Moments as the clock of their zone shows them, which is how people wrote them: midnight of a summer's day in London is of the
/// day before in UTC.
fn add_moments<T: ArrowPrimitiveType<Native = i64>>(
    column: &mut KeyedColumn,
    array: &dyn Array,
    per_second: i64,
    zone: Option<&str>,
) {
    let zone = zone.and_then(zone_of);
    let on_the_clock = |moment: i64| {
        let Some(zone) = &zone else { return moment };
        let second = Timestamp::from_second(moment.div_euclid(per_second));
        let offset = second.map_or(0, |second| zone.to_offset(second).seconds());
        moment.saturating_add(i64::from(offset) * per_second)
    };
    add_keys::<T>(column, array, on_the_clock, |key, text| timestamp(key, per_second, text));
}

/// A zone by its name or its distance from UTC; `None` of what is neither, such as `GMT+5`, by which some mean five hours before
/// UTC and others five after it.
fn zone_of(name: &str) -> Option<TimeZone> {
    match name {
        "Z" | "z" => Some(TimeZone::UTC),
        name if name.starts_with(['+', '-']) => DateTimeParser::new().parse_time_zone(name).ok(),
        name => TimeZone::get(name).ok(),
    }
}

fn add_floats<T: ArrowPrimitiveType>(
    column: &mut KeyedColumn,
    array: &dyn Array,
    float: impl Fn(T::Native) -> f64,
    render: impl Fn(f64, &mut String),
) {
    for value in array.as_primitive::<T>() {
        match value.map(&float) {
            // the sum with zero makes one of the two zeros, which would have two keys
            Some(value) if !value.is_nan() => {
                column.push((value + 0.0).to_bits() as i64, |text| render(value + 0.0, text));
            }
            _ => column.push_missing(),
        }
    }
}

/// Appends a whole number, in a third of the time that formatting it takes.
fn number(key: i64, text: &mut String) {
    const LONGEST: usize = 20;
    let mut digits = [0; LONGEST];
    let mut start = LONGEST;
    let mut rest = key.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if key < 0 {
        text.push('-');
    }
    text.push_str(std::str::from_utf8(&digits[start..]).expect("digits are ASCII"));
}

fn float32(value: f64, text: &mut String) {
    write_number(text, value as f32);
}

fn write_number(text: &mut String, number: impl std::fmt::Display) {
    write!(text, "{number}").expect("text takes any number");
}

/// Appends the date that is `days` after 1970-01-01 as `YYYY-MM-DD`.
pub(super) fn date(days: i64, text: &mut String) {
    // the Gregorian calendar in eras of 400 years that start on 1 March
    // (Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days)
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    write!(text, "{year:04}-{month:02}-{day:02}").expect("text takes any number");
}

/// Appends a moment, counted in parts of a second since 1970-01-01, as date, with the time unless midnight.
fn timestamp(moment: i64, per_second: i64, text: &mut String) {
    let per_day = 86_400 * per_second;
    date(moment.div_euclid(per_day), text);
    let of_day = moment.rem_euclid(per_day);
    if of_day != 0 {
        text.push(' ');
        time(of_day, per_second, text);
    }
}

/// Appends a time of day as `HH:MM:SS`, with a fraction unless it is zero.
pub(super) fn time(of_day: i64, per_second: i64, text: &mut String) {
    let (seconds, fraction) = (of_day.div_euclid(per_second), of_day.rem_euclid(per_second));
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    write!(text, "{hour:02}:{minute:02}:{second:02}").expect("text takes any number");
    if fraction != 0 {
        let digits = per_second.ilog10() as usize;
        write!(text, ".{fraction:0digits$}").expect("text takes any number");
        text.truncate(text.trim_end_matches('0').len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::builder::StringDictionaryBuilder;
    use arrow_array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array,
        LargeStringArray, ListArray, NullArray, StringArray, StringViewArray, TimestampMillisecondArray,
        UInt64Array,
    };

    /// The cells of a column read from arrays; missing as a dot.
    fn check(arrays: &[&dyn Array]) -> Vec<String> {
        let mut column = ArrowColumn::new(arrays[0].data_type(), 0).unwrap();
        for array in arrays {
            column.push(*array);
        }
        let (column, _) = column.finish("t", "x".to_owned());
        (0..column.codes.len()).map(|row| column.get(row).unwrap_or(".").to_owned()).collect()
    }

    #[test]
    fn numbers_have_no_point_zero_and_no_exponent() {
        assert_eq!(
            check(&[&Int64Array::from(vec![Some(5), None, Some(-7), Some(5)])]),
            ["5", ".", "-7", "5"]
        );
        assert_eq!(check(&[&UInt64Array::from(vec![u64::MAX, 3])]), ["18446744073709551615", "3"]);
        let floats = Float64Array::from(vec![
            Some(302_208_000_000.0),
            Some(f64::NAN),
            Some(1.5),
            Some(-0.0),
            Some(0.0),
            None,
            Some(1e21),
        ]);
        assert_eq!(check(&[&floats]), ["302208000000", ".", "1.5", "0", "0", ".", "1000000000000000000000"]);
        assert_eq!(check(&[&Float32Array::from(vec![0.1, 4.0])]), ["0.1", "4"]);
        let decimals =
            Decimal128Array::from(vec![Some(1_250), Some(900), None]).with_precision_and_scale(9, 2).unwrap();
        assert_eq!(check(&[&decimals]), ["12.5", "9", "."]);
    }

    #[test]
    fn dates_have_a_time_only_where_it_is_not_midnight() {
        assert_eq!(
            check(&[&Date32Array::from(vec![0, -1, 14_610, 11_016])]),
            ["1970-01-01", "1969-12-31", "2010-01-01", "2000-02-29"]
        );
        let moments = TimestampMillisecondArray::from(vec![
            1_262_304_000_000,
            1_262_304_000_250,
            1_262_347_200_000,
            -1,
        ]);
        assert_eq!(
            check(&[&moments]),
            ["2010-01-01", "2010-01-01 00:00:00.25", "2010-01-01 12:00:00", "1969-12-31 23:59:59.999"]
        );
    }

    #[test]
    fn moments_are_as_the_clock_of_their_zone_shows_them() {
        // midnight in London of a day in summer, of one in winter, and of one before summer time was known
        let moments = vec![Some(1_433_113_200_000), Some(1_451_606_400_000), None, Some(-2_208_988_800_000)];
        let of = |zone: &str| check(&[&TimestampMillisecondArray::from(moments.clone()).with_timezone(zone)]);
        assert_eq!(of("Europe/London"), ["2015-06-01", "2016-01-01", ".", "1900-01-01"]);
        for utc in ["UTC", "Etc/UTC", "Z", "+00:00"] {
            assert_eq!(of(utc), ["2015-05-31 23:00:00", "2016-01-01", ".", "1900-01-01"], "{utc}");
        }
        assert_eq!(of("-01:30"), ["2015-05-31 21:30:00", "2015-12-31 22:30:00", ".", "1899-12-31 22:30:00"]);
        for unknown in ["Nowhere/At_All", "GMT+5", "UTC+1", "EST5EDT,M3.2.0,M11.1.0", ""] {
            let unknown = DataType::Timestamp(TimeUnit::Second, Some(unknown.into()));
            assert!(ArrowColumn::new(&unknown, 0).is_none(), "{unknown}");
        }
    }

    #[test]
    fn every_kind_of_text_gives_the_same_column() {
        let cells = vec![Some("b"), None, Some(""), Some(" "), Some("a"), Some("b")];
        let expected = ["b", ".", ".", ".", "a", "b"];
        assert_eq!(check(&[&StringArray::from(cells.clone())]), expected);
        assert_eq!(check(&[&LargeStringArray::from(cells.clone())]), expected);
        assert_eq!(check(&[&StringViewArray::from(cells.clone())]), expected);
        assert_eq!(
            check(&[&BinaryArray::from(
                cells.iter().map(|cell| cell.map(str::as_bytes)).collect::<Vec<_>>()
            )]),
            expected
        );
        let mut builder = StringDictionaryBuilder::<arrow_array::types::Int8Type>::new();
        for cell in &cells {
            builder.append_option(*cell);
        }
        let dictionary = builder.finish();
        let twice = check(&[&dictionary, &dictionary.slice(4, 2)]);
        assert_eq!(twice[..6], expected);
        assert_eq!(twice[6..], ["a", "b"]);
    }

    #[test]
    fn booleans_and_nulls_are_words_and_missing() {
        assert_eq!(
            check(&[&BooleanArray::from(vec![Some(true), None, Some(false)])]),
            ["true", ".", "false"]
        );
        assert_eq!(check(&[&NullArray::new(2)]), [".", "."]);
    }

    #[test]
    fn bytes_that_are_no_text_are_missing_and_counted() {
        let array = BinaryArray::from(vec![Some(&b"ok"[..]), Some(&[0xFF, 0xFE][..])]);
        let mut column = ArrowColumn::new(array.data_type(), 2).unwrap();
        column.push(&array);
        let (column, issue) = column.finish("t", "x".to_owned());
        assert_eq!(column.get(1), None);
        assert_eq!(issue.map(|issue| issue.count), Some(1));
    }

    #[test]
    fn lists_are_no_values() {
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1)])]);
        assert!(ArrowColumn::new(list.data_type(), 1).is_none());
    }
}
