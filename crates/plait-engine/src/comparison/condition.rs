//! Conditions bound to records: names resolved to slots, parts to tables, values to what the tests need.

use crate::lists::{Lists, first_shared};
use crate::model::{Condition, Edit, Measure, Part, Test};
use crate::part::{part_codes, part_list_texts, part_lists, part_texts};
use crate::records::{Field, Records};
use crate::similarity::{self, Coordinate, Gram, PackedDate, Signature};
use plait_types::{NULL, Values};

/// A condition that can be asked of two rows of codes.
pub(super) enum Check<'a> {
    Test { slot: usize, test: BoundTest<'a> },
    All(Vec<Check<'a>>),
    Any(Vec<Check<'a>>),
    Not(Box<Check<'a>>),
    Always,
}

/// A test of the two codes of one slot, neither missing but of [`BoundTest::EitherRecorded`].
pub(super) enum BoundTest<'a> {
    SameValue,
    /// From value code to part code.
    SamePart(Vec<u32>),
    /// Of parts that a value has several of: the codes of each value's.
    SharePart(Lists),
    /// Of the values themselves.
    Similar(&'a Values, Measure, f64),
    /// Jaro-Winkler, behind a bound that rules most pairs out without looking at the values.
    JaroWinkler(&'a Values, Vec<Signature>, f64),
    /// Of parts: from value code to part code, and the parts.
    PartSimilar(Vec<u32>, Values, Measure, f64),
    /// Some part of one and some part of the other.
    SomePartsSimilar(Lists, Values, Measure, f64),
    Edits(&'a Values, Edit, usize),
    /// The other slot, and both fields' values in one numbering. Both ways round, or only left own = right other.
    Other {
        slot: usize,
        own: Vec<u32>,
        other: Vec<u32>,
        both_ways: bool,
    },
    /// Per code, the groups of names that the value belongs to, ascending.
    Nickname(Vec<&'a [u32]>),
    Words(&'a Values, fn(&str, &str) -> bool),
    Dates(Vec<PackedDate>, DateTest),
    /// Numbers per code, NaN where the value is none.
    Numbers(Vec<f64>, NumberTest),
    InCommon(&'a Values, usize),
    BothAre(u32),
    EitherRecorded,
    /// The other slot, and per code the elements of both fields' values in one numbering.
    ShareOther {
        slot: usize,
        own: Lists,
        other: Lists,
    },
    /// The longitude's slot, latitudes and longitudes per code, kilometres.
    WithinKm {
        slot: usize,
        latitudes: Vec<f64>,
        longitudes: Vec<f64>,
        km: f64,
    },
    /// A test that no value of this field can pass, such as a date test of names.
    Never,
}

#[derive(Clone, Copy)]
pub(super) enum DateTest {
    DayMonthSwapped,
    OneDigit,
    Transposed,
    TwoOfThreeParts,
    WithinDays(u32),
    BothNewYearsDay,
    AtMostOneDigit,
    AtMostOneEdit,
}

#[derive(Clone, Copy)]
pub(super) enum NumberTest {
    Within(f64),
    WithinShare(f64),
}

impl<'a> Check<'a> {
    /// Binds a condition; tests without a field are about slot `own`.
    pub(super) fn bind(
        records: &'a Records,
        fields: &[usize],
        own: usize,
        condition: &Condition,
        slot_of: &dyn Fn(&str) -> usize,
    ) -> Self {
        let all = |parts: &[Condition]| {
            parts.iter().map(|part| Self::bind(records, fields, own, part, slot_of)).collect()
        };
        match condition {
            Condition::Test(field, test) => {
                let slot = field.as_ref().map_or(own, |name| slot_of(name));
                let field_of = |slot: usize| &records.fields[fields[slot]];
                Self::Test { slot, test: BoundTest::bind(records, field_of(slot), test, slot_of, &field_of) }
            }
            Condition::All(parts) => Self::All(all(parts)),
            Condition::Any(parts) => Self::Any(all(parts)),
            Condition::Not(part) => Self::Not(Box::new(Self::bind(records, fields, own, part, slot_of))),
            Condition::Else => Self::Always,
        }
    }

    /// Whether it holds for two records, given as rows of codes.
    pub(super) fn holds(&self, left: &[u32], right: &[u32]) -> bool {
        match self {
            Self::Test { slot, test } => {
                let (a, b) = (left[*slot], right[*slot]);
                match test {
                    // these read another slot as well, and may hold where only their own is missing on one side
                    BoundTest::Other { slot: other, own, other: other_codes, both_ways } => {
                        let crossed = |a: u32, b: u32| {
                            a != NULL && b != NULL && own[a as usize] == other_codes[b as usize]
                        };
                        crossed(a, right[*other]) && (!both_ways || crossed(b, left[*other]))
                    }
                    BoundTest::ShareOther { slot: other, own, other: others } => {
                        let b = right[*other];
                        a != NULL && b != NULL && first_shared(own.get(a), others.get(b)).is_some()
                    }
                    BoundTest::WithinKm { slot: longitude, latitudes, longitudes, km } => {
                        let place = |lat: u32, lon: u32| {
                            (lat != NULL && lon != NULL).then(|| Coordinate {
                                latitude: latitudes[lat as usize],
                                longitude: longitudes[lon as usize],
                            })
                        };
                        match (place(a, left[*longitude]), place(b, right[*longitude])) {
                            (Some(a), Some(b)) => similarity::kilometres_apart(a, b) <= *km,
                            _ => false,
                        }
                    }
                    BoundTest::EitherRecorded => a != NULL || b != NULL,
                    _ => a != NULL && b != NULL && test.holds(a, b),
                }
            }
            Self::All(parts) => parts.iter().all(|part| part.holds(left, right)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(left, right)),
            Self::Not(part) => !part.holds(left, right),
            Self::Always => true,
        }
    }
}

impl<'a> BoundTest<'a> {
    fn bind(
        records: &'a Records,
        field: &'a Field,
        test: &Test,
        slot_of: &dyn Fn(&str) -> usize,
        field_of: &dyn Fn(usize) -> &'a Field,
    ) -> Self {
        let part_table = |part| part_codes(&[(field, part)]).pop().expect("one was asked for");
        let other = |name: &str, both_ways| {
            let slot = slot_of(name);
            let mut tables = part_codes(&[(field, Part::Whole), (field_of(slot), Part::Whole)]).into_iter();
            let mut next = || tables.next().expect("two were asked for");
            Self::Other { slot, own: next(), other: next(), both_ways }
        };
        let dates = |date_test| {
            if field.dates.is_empty() {
                Self::Never
            } else {
                Self::Dates(field.dates.iter().map(|&date| PackedDate::from(date)).collect(), date_test)
            }
        };
        match test {
            Test::Same(Part::Whole) => Self::SameValue,
            Test::Same(part) if part.is_several() => {
                Self::SharePart(part_lists(&[(field, *part)]).pop().expect("one was asked for"))
            }
            Test::Same(part) => Self::SamePart(part_table(*part)),
            Test::AtLeast(Measure::JaroWinkler, cut) => {
                Self::JaroWinkler(&field.values, field.values.iter().map(Signature::of).collect(), *cut)
            }
            Test::AtLeast(measure, cut) => Self::Similar(&field.values, *measure, *cut),
            Test::PartAtLeast(part, measure, cut) if part.is_several() => {
                let (lists, parts) = part_list_texts(field, *part);
                Self::SomePartsSimilar(lists, parts, *measure, *cut)
            }
            Test::PartAtLeast(part, measure, cut) => {
                let (table, parts) = part_texts(field, *part);
                Self::PartSimilar(table, parts, *measure, *cut)
            }
            // on whole dates, written YYYY-MM-DD, one edit is one digit or two neighbouring ones swapped
            Test::AtMost(edit, 1)
                if !field.dates.is_empty() && field.dates.iter().all(|d| d.day.is_some()) =>
            {
                dates(if *edit == Edit::Levenshtein {
                    DateTest::AtMostOneDigit
                } else {
                    DateTest::AtMostOneEdit
                })
            }
            Test::AtMost(edit, most) => Self::Edits(&field.values, *edit, *most as usize),
            Test::SwappedWith(name) => other(name, true),
            Test::EqualsOther(name) => other(name, false),
            Test::SharesOther(name) => {
                let slot = slot_of(name);
                let fields = [(field, Part::AnyElement), (field_of(slot), Part::AnyElement)];
                let mut lists = part_lists(&fields).into_iter();
                let mut next = || lists.next().expect("two were asked for");
                Self::ShareOther { slot, own: next(), other: next() }
            }
            Test::Nickname => {
                Self::Nickname(field.values.iter().map(|name| records.nicknames().groups(name)).collect())
            }
            Test::Initials => Self::Words(&field.values, similarity::initials_agree),
            Test::Subset => Self::Words(&field.values, similarity::token_subset),
            Test::HalfOfDoubleBarrelled => Self::Words(&field.values, similarity::half_of_double_barrelled),
            Test::DayMonthSwapped => dates(DateTest::DayMonthSwapped),
            Test::OneDigit if field.dates.is_empty() => Self::Words(&field.values, one_digit),
            Test::OneDigit => dates(DateTest::OneDigit),
            Test::Transposed if field.dates.is_empty() => Self::Words(&field.values, similarity::transposed),
            Test::Transposed => dates(DateTest::Transposed),
            Test::TwoOfThreeParts => dates(DateTest::TwoOfThreeParts),
            Test::WithinDays(_) | Test::WithinMonths(_) | Test::WithinYears(_) => {
                dates(DateTest::WithinDays(test.most_days().expect("a test of time")))
            }
            Test::NewYearsDay => dates(DateTest::BothNewYearsDay),
            Test::WithinNumber(most) => Self::Numbers(numbers(field), NumberTest::Within(*most)),
            Test::WithinShare(most) => Self::Numbers(numbers(field), NumberTest::WithinShare(*most)),
            Test::InCommon(least) => Self::InCommon(&field.values, *least as usize),
            Test::EitherRecorded => Self::EitherRecorded,
            Test::BothAre(value) => field.code_of(value).map_or(Self::Never, Self::BothAre),
            Test::WithinKm(longitude, km) => {
                let slot = slot_of(longitude);
                Self::WithinKm {
                    slot,
                    latitudes: numbers(field),
                    longitudes: numbers(field_of(slot)),
                    km: *km,
                }
            }
        }
    }

    fn holds(&self, a: u32, b: u32) -> bool {
        match self {
            Self::SameValue => a == b,
            Self::SamePart(parts) => parts[a as usize] != NULL && parts[a as usize] == parts[b as usize],
            Self::SharePart(parts) => first_shared(parts.get(a), parts.get(b)).is_some(),
            Self::Similar(values, measure, cut) => similar(*measure, values.get(a), values.get(b)) >= *cut,
            Self::PartSimilar(table, parts, measure, cut) => {
                let (a, b) = (table[a as usize], table[b as usize]);
                a != NULL && b != NULL && similar(*measure, parts.get(a), parts.get(b)) >= *cut
            }
            Self::SomePartsSimilar(lists, parts, measure, cut) => lists.get(a).iter().any(|&x| {
                lists.get(b).iter().any(|&y| similar(*measure, parts.get(x), parts.get(y)) >= *cut)
            }),
            Self::Edits(values, edit, most) => {
                let within = match edit {
                    Edit::Levenshtein => similarity::levenshtein_at_most,
                    Edit::Osa => similarity::osa_at_most,
                    Edit::DamerauLevenshtein => similarity::damerau_levenshtein_at_most,
                };
                within(values.get(a), values.get(b), *most).is_some()
            }
            Self::JaroWinkler(values, signatures, cut) => {
                similarity::jaro_winkler_bound(&signatures[a as usize], &signatures[b as usize]) >= *cut
                    && similarity::jaro_winkler(values.get(a), values.get(b)) >= *cut
            }
            Self::Nickname(groups) => {
                a == b || groups[a as usize].iter().any(|group| groups[b as usize].contains(group))
            }
            Self::Words(values, test) => test(values.get(a), values.get(b)),
            Self::Dates(dates, test) => test.holds(dates[a as usize], dates[b as usize]),
            Self::Numbers(numbers, test) => {
                let (a, b) = (numbers[a as usize], numbers[b as usize]);
                match test {
                    NumberTest::Within(most) => similarity::absolute_difference(a, b) <= *most,
                    NumberTest::WithinShare(most) => similarity::relative_difference(a, b) <= *most,
                }
            }
            Self::InCommon(values, least) => {
                let elements = |code| values.get(code).split(';').map(str::trim).filter(|e| !e.is_empty());
                let mut shared: Vec<&str> = elements(a).filter(|x| elements(b).any(|y| y == *x)).collect();
                shared.sort_unstable();
                shared.dedup();
                shared.len() >= *least
            }
            Self::BothAre(code) => a == *code && b == *code,
            Self::EitherRecorded => true,
            Self::Other { .. } | Self::ShareOther { .. } | Self::WithinKm { .. } => {
                unreachable!("answered from whole rows")
            }
            Self::Never => false,
        }
    }
}

impl DateTest {
    fn holds(self, a: PackedDate, b: PackedDate) -> bool {
        match self {
            Self::DayMonthSwapped => similarity::day_month_swapped(a, b),
            Self::OneDigit => similarity::one_digit_different(a, b),
            Self::Transposed => similarity::digits_transposed(a, b),
            Self::TwoOfThreeParts => similarity::two_parts_equal(a, b),
            Self::AtMostOneDigit => a == b || similarity::one_digit_different(a, b),
            Self::AtMostOneEdit => {
                a == b || similarity::one_digit_different(a, b) || similarity::digits_transposed(a, b)
            }
            Self::WithinDays(days) => similarity::days_apart(a, b).is_some_and(|apart| apart <= days),
            Self::BothNewYearsDay => {
                [a, b].iter().all(|date| (date.month(), date.day()) == (Some(1), Some(1)))
            }
        }
    }
}

/// A similarity of two values, 0..=1.
pub(crate) fn similar(measure: Measure, a: &str, b: &str) -> f64 {
    match measure {
        Measure::Jaro => similarity::jaro(a, b),
        Measure::JaroWinkler => similarity::jaro_winkler(a, b),
        Measure::Jaccard => similarity::jaccard(a, b, Gram::Bigram),
        Measure::CharacterJaccard => similarity::jaccard(a, b, Gram::Character),
        Measure::Dice => similarity::dice(a, b, Gram::Bigram),
        Measure::Cosine => similarity::token_cosine(a, b),
        Measure::MongeElkan => similarity::monge_elkan(a, b),
    }
}

/// Identifiers of one length that differ in one place.
fn one_digit(a: &str, b: &str) -> bool {
    a.chars().count() == b.chars().count() && a.chars().zip(b.chars()).filter(|(x, y)| x != y).count() == 1
}

fn numbers(field: &Field) -> Vec<f64> {
    field.values.iter().map(|value| value.parse().unwrap_or(f64::NAN)).collect()
}
