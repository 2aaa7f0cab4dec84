use super::*;
use crate::fixture::{
    DATE, Dice, FORENAME, POSTCODE, SURNAME, any_records, comparison, fixed, model, parts, records, value,
};
use crate::model::{Edit, LinkType};
use crate::similarity::{self, Nicknames, PackedDate};
use plait_types::{DateOrder, PartialDate, Role};
use proptest::prelude::*;
use proptest::sample::select;

/// The level of a pair by the definitions of the model, read off the values.
fn twin(records: &Records, comparison: &Comparison, left: u32, right: u32) -> u8 {
    let absent =
        |field: &String| value(records, field, left).is_none() || value(records, field, right).is_none();
    let missing = match comparison.missing {
        Missing::All => comparison.fields.iter().all(absent),
        Missing::Any => comparison.fields.iter().any(absent),
    };
    if missing {
        return 0;
    }
    let own = &comparison.fields[0];
    let found = comparison.levels.iter().position(|level| twin_holds(records, own, &level.when, left, right));
    found.expect("the last level is Else") as u8 + 1
}

fn twin_holds(records: &Records, own: &str, condition: &Condition, left: u32, right: u32) -> bool {
    let holds = |part: &Condition| twin_holds(records, own, part, left, right);
    match condition {
        Condition::Else => true,
        Condition::All(parts) => parts.iter().all(holds),
        Condition::Any(parts) => parts.iter().any(holds),
        Condition::Not(part) => !holds(part),
        Condition::Test(field, test) => {
            let field = field.as_deref().unwrap_or(own);
            let of = |name: &str, record| value(records, name, record);
            let crossed =
                |other: &str, one, two| of(field, one).is_some() && of(field, one) == of(other, two);
            match test {
                Test::SwappedWith(other) => crossed(other, left, right) && crossed(other, right, left),
                Test::EqualsOther(other) => crossed(other, left, right),
                Test::SharesOther(other) => match (of(field, left), of(other, right)) {
                    (Some(a), Some(b)) => twin_test(&Test::InCommon(1), a, b),
                    _ => false,
                },
                _ => match (of(field, left), of(field, right)) {
                    (Some(a), Some(b)) => twin_test(test, a, b),
                    _ => false,
                },
            }
        }
    }
}

fn twin_test(test: &Test, a: &str, b: &str) -> bool {
    let dates = |test: fn(PackedDate, PackedDate) -> bool| {
        let read = |text| PartialDate::parse(text, DateOrder::YearMonthDay).map(PackedDate::from);
        matches!((read(a), read(b)), (Some(a), Some(b)) if test(a, b))
    };
    let within = |days: f64| {
        let number =
            |text| PartialDate::parse(text, DateOrder::YearMonthDay).and_then(PartialDate::day_number);
        matches!((number(a), number(b)), (Some(a), Some(b)) if f64::from(a.abs_diff(b)) <= days)
    };
    let is_date = a.starts_with("20") && a.len() != 7 || a.contains('-');
    let measured = |measure: &Measure, a: &str, b: &str| match measure {
        Measure::Jaro => similarity::jaro(a, b),
        Measure::JaroWinkler => similarity::jaro_winkler(a, b),
        Measure::Cosine => similarity::token_cosine(a, b),
        Measure::MongeElkan => similarity::monge_elkan(a, b),
        Measure::Dice => similarity::dice(a, b, similarity::Gram::Bigram),
        Measure::Jaccard => similarity::jaccard(a, b, similarity::Gram::Bigram),
        Measure::CharacterJaccard => similarity::jaccard(a, b, similarity::Gram::Character),
    };
    match test {
        Test::Same(which) => !parts(a, *which).is_disjoint(&parts(b, *which)),
        Test::AtLeast(measure, cut) => measured(measure, a, b) >= *cut,
        Test::PartAtLeast(which, measure, cut) => {
            let (a, b) = (parts(a, *which), parts(b, *which));
            a.iter().any(|a| b.iter().any(|b| measured(measure, a, b) >= *cut))
        }
        Test::AtMost(edit, most) => {
            let edits = match edit {
                Edit::Levenshtein => similarity::levenshtein(a, b),
                Edit::Osa => similarity::osa(a, b),
                Edit::DamerauLevenshtein => similarity::damerau_levenshtein(a, b),
            };
            edits <= *most as usize
        }
        Test::Nickname => Nicknames::builtin().related(a, b),
        Test::Initials => similarity::initials_agree(a, b),
        Test::Subset => similarity::token_subset(a, b),
        Test::HalfOfDoubleBarrelled => similarity::half_of_double_barrelled(a, b),
        Test::DayMonthSwapped => dates(similarity::day_month_swapped),
        Test::TwoOfThreeParts => dates(similarity::two_parts_equal),
        Test::OneDigit if is_date => dates(similarity::one_digit_different),
        Test::OneDigit => {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            a.len() == b.len() && (0..a.len()).filter(|&i| a[i] != b[i]).count() == 1
        }
        Test::Transposed if is_date => dates(similarity::digits_transposed),
        Test::Transposed => similarity::transposed(a, b),
        Test::WithinDays(days) => within(f64::from(*days)),
        Test::WithinMonths(months) => within(f64::from(*months) * 30.4375),
        Test::WithinYears(years) => within(f64::from(*years) * 365.25),
        Test::NewYearsDay => a.ends_with("-01-01") && b.ends_with("-01-01"),
        Test::EitherRecorded => true,
        Test::BothAre(this) => a.eq_ignore_ascii_case(this) && b.eq_ignore_ascii_case(this),
        Test::InCommon(least) => {
            let elements = |text: &str| {
                text.split(';').map(|e| e.trim().to_owned()).collect::<std::collections::BTreeSet<_>>()
            };
            elements(a).intersection(&elements(b)).filter(|e| !e.is_empty()).count() >= *least as usize
        }
        Test::WithinNumber(_) | Test::WithinShare(_) => {
            matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(_), Ok(_)))
        }
        Test::SwappedWith(_) | Test::EqualsOther(_) | Test::SharesOther(_) | Test::WithinKm(..) => {
            unreachable!("not of one field")
        }
    }
}

fn any_condition(field: &'static str) -> impl Strategy<Value = Condition> {
    let measure = select(vec![
        Measure::Jaro,
        Measure::JaroWinkler,
        Measure::JaroWinkler,
        Measure::Jaccard,
        Measure::CharacterJaccard,
        Measure::Dice,
        Measure::Cosine,
        Measure::MongeElkan,
    ]);
    let cut = select(vec![0.5, 0.7, 0.8, 0.88, 0.92, 1.0]);
    let parts = match field {
        DATE => vec![Part::Whole, Part::Year, Part::YearMonth, Part::MonthDay, Part::NotNewYearsDay],
        POSTCODE => vec![Part::Whole, Part::Sector, Part::District, Part::Area],
        _ => vec![
            Part::Whole,
            Part::First(2),
            Part::LastWord,
            Part::Soundex,
            Part::Metaphone,
            Part::AnyWord,
            Part::AnyElement,
            Part::ButOneLetter,
            Part::SpellingFamily,
        ],
    };
    let edit = select(vec![Edit::Levenshtein, Edit::Osa, Edit::DamerauLevenshtein]);
    let plain = vec![
        Test::Nickname,
        Test::Initials,
        Test::Subset,
        Test::HalfOfDoubleBarrelled,
        Test::DayMonthSwapped,
        Test::OneDigit,
        Test::Transposed,
        Test::TwoOfThreeParts,
        Test::WithinDays(31),
        Test::WithinMonths(0),
        Test::WithinMonths(11),
        Test::WithinYears(0),
        Test::WithinYears(1),
        Test::NewYearsDay,
        Test::InCommon(1),
        Test::SwappedWith(SURNAME.into()),
        Test::SwappedWith(FORENAME.into()),
        Test::EqualsOther(SURNAME.into()),
        Test::SharesOther(SURNAME.into()),
        Test::SharesOther(FORENAME.into()),
        Test::BothAre("SMITH".into()),
        Test::BothAre("nobody".into()),
    ];
    let test = prop_oneof![
        3 => select(parts.clone()).prop_map(Test::Same),
        3 => (measure.clone(), cut.clone()).prop_map(|(measure, cut)| Test::AtLeast(measure, cut)),
        1 => (select(parts), measure, cut).prop_map(|(part, measure, cut)| Test::PartAtLeast(part, measure, cut)),
        1 => (edit, 0..4_u32).prop_map(|(edit, most)| Test::AtMost(edit, most)),
        4 => select(plain),
    ];
    let elsewhere =
        prop::option::weighted(0.15, select(vec![FORENAME.to_owned(), SURNAME.into(), DATE.into()]));
    let leaf = (elsewhere, test).prop_map(|(field, test)| Condition::Test(field, test));
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::All),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::Any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

/// Comparisons that take each of the fast ways, and any others.
pub(crate) fn any_comparison() -> impl Strategy<Value = Comparison> {
    let field = select(vec![FORENAME, SURNAME, DATE, POSTCODE]);
    let parts = |field: &'static str| match field {
        DATE => vec![Part::YearMonth, Part::Year],
        POSTCODE => vec![Part::Sector, Part::District, Part::Area],
        _ => vec![Part::First(3), Part::Soundex, Part::AnyWord],
    };
    let same = |part| Condition::test(Test::Same(part));
    let similar = |cut| Condition::test(Test::AtLeast(Measure::JaroWinkler, cut));
    let fast = field.clone().prop_map(move |field| {
        comparison(field, [Condition::exact()].into_iter().chain(parts(field).into_iter().map(same)))
    });
    let jaro_winkler =
        (field.clone(), prop::collection::btree_set(0..20_u32, 1..4)).prop_map(move |(field, cuts)| {
            let cuts = cuts.into_iter().rev().map(|cut| similar(0.81 + f64::from(cut) / 100.0));
            comparison(field, [Condition::exact()].into_iter().chain(cuts))
        });
    let constant = field.clone().prop_map(|field| comparison(field, [Condition::exact()]));
    let general = field.prop_flat_map(|field| {
        let conditions = prop::collection::vec(any_condition(field), 0..4);
        let other = select(vec![None, None, Some(FORENAME), Some(SURNAME)]);
        let missing = select(vec![Missing::All, Missing::Any]);
        (conditions, any::<bool>(), other, missing).prop_map(
            move |(conditions, exact_first, other, missing)| {
                let exact = exact_first.then(Condition::exact);
                let mut comparison = comparison(field, exact.into_iter().chain(conditions));
                comparison.fields.extend(other.filter(|other| *other != field).map(str::to_owned));
                comparison.missing = missing;
                comparison
            },
        )
    });
    prop_oneof![1 => fast, 2 => jaro_winkler, 1 => constant, 5 => general]
}

proptest! {
    #![proptest_config(fixed(500))]

    #[test]
    fn levels_are_those_of_the_definitions(
        records in any_records(),
        comparisons in prop::collection::vec(any_comparison(), 1..5),
    ) {
        let model = model(LinkType::DedupeOnly, comparisons);
        let comparer = Comparer::new(&records, &model).unwrap();
        let mut scratch = comparer.scratch();
        let n = records.len() as u32;
        // twice, so that the second time is answered by caches
        for _ in 0..2 {
            for (left, right) in (0..n).flat_map(|a| (0..n).map(move |b| (a, b))).filter(|(a, b)| a != b) {
                let vector = comparer.vector(left, right, &mut scratch);
                for (index, comparison) in model.comparisons.iter().enumerate() {
                    let expected = twin(&records, comparison, left, right);
                    prop_assert_eq!(vector.level(index), expected, "{:?} of {} and {}", comparison, left, right);
                    if comparer.quick(index, comparer.row(left), comparer.row(right)) == Quick::Unequal {
                        prop_assert!(comparer.equal_level(index) != Some(expected));
                    }
                }
            }
        }
    }
}

#[test]
fn a_full_cache_forgets_and_never_lies() {
    let mut dice = Dice::new(3);
    let word = |dice: &mut Dice| (0..4).map(|_| ['a', 'b', 'c', 'n'][dice.below(4)]).collect::<String>();
    let names: Vec<Option<String>> = (0..220).map(|_| Some(word(&mut dice))).collect();
    let records = records(&[names.len()], &[(SURNAME, Role::Surname, names)]);
    let by_edits = |most| Condition::test(Test::AtMost(Edit::Osa, most));
    let model = model(
        LinkType::DedupeOnly,
        vec![comparison(SURNAME, [Condition::exact(), by_edits(1), by_edits(2)])],
    );
    let comparer = Comparer::new(&records, &model).unwrap();
    let mut scratch = comparer.scratch();
    let n = records.len() as u32;
    assert!(records.fields[0].values.len().pow(2) > Cache::SIZE, "more pairs of values than places");
    for round in 0..2 {
        for left in 0..n {
            for right in left + 1..n {
                let found = comparer.level(0, left, right, &mut scratch);
                assert_eq!(found, twin(&records, &model.comparisons[0], left, right), "round {round}");
            }
        }
    }
}

#[test]
fn places_and_numbers_are_compared_by_their_distance() {
    let row = |values: [&str; 4]| values.map(|v| (!v.is_empty()).then(|| v.to_owned())).to_vec();
    let records = records(
        &[4],
        &[
            ("lat", Role::Number, row(["51.5", "51.51", "52.5", "not"])),
            ("lon", Role::Number, row(["-0.1", "-0.1", "", "-0.1"])),
            ("height", Role::Number, row(["100", "104", "151", ""])),
        ],
    );
    let number = |test| Condition::test(test);
    let model = model(
        LinkType::DedupeOnly,
        vec![
            comparison(
                "lat",
                [number(Test::WithinKm("lon".into(), 2.0)), number(Test::WithinKm("lon".into(), 500.0))],
            ),
            comparison("height", [number(Test::WithinNumber(4.0)), number(Test::WithinShare(0.34))]),
        ],
    );
    let comparer = Comparer::new(&records, &model).unwrap();
    let levels = |left, right| {
        let vector = comparer.vector(left, right, &mut comparer.scratch());
        (vector.level(0), vector.level(1))
    };
    assert_eq!(levels(0, 1), (1, 1), "1.1 km; 4 apart");
    assert_eq!(levels(0, 2), (3, 2), "no longitude; a third of the larger");
    assert_eq!(levels(1, 2), (3, 2));
    assert_eq!(levels(0, 3), (3, 0), "not a number; missing");
}

#[test]
fn a_field_that_no_source_has_is_named() {
    let records = records(&[1], &[(SURNAME, Role::Surname, vec![None])]);
    let model = model(LinkType::DedupeOnly, vec![comparison("surnam", [Condition::exact()])]);
    let fault = Comparer::new(&records, &model).err().expect("there is no such field");
    assert_eq!(fault.code, FaultCode::UnknownColumn);
    assert!(fault.what.contains("surnam") && fault.todo.contains("surname"));
}

#[test]
fn vectors_keep_the_levels_of_sixteen_comparisons_apart() {
    let mut vector = ComparisonVector::default();
    let level_of = |comparison: usize| ((comparison * 7 + 3) % 16) as u8;
    (0..ComparisonVector::MAX_COMPARISONS).for_each(|c| vector.set(c, level_of(c)));
    (0..ComparisonVector::MAX_COMPARISONS).for_each(|c| assert_eq!(vector.level(c), level_of(c)));
}

#[test]
fn months_and_years_are_of_mean_length_and_new_years_day_is_of_any_year() {
    let holds = |test: Test, a: &str, b: &str| {
        let column = [a, b].map(|date| Some(date.to_owned())).to_vec();
        let records = records(&[2], &[(DATE, Role::DateOfBirth, column)]);
        let model = model(LinkType::DedupeOnly, vec![comparison(DATE, [Condition::test(test)])]);
        let comparer = Comparer::new(&records, &model).unwrap();
        comparer.vector(0, 1, &mut comparer.scratch()).level(0) == 1
    };
    assert!(holds(Test::WithinMonths(1), "2001-01-01", "2001-01-31"));
    assert!(!holds(Test::WithinMonths(1), "2001-01-01", "2001-02-01"), "31 days");
    assert!(holds(Test::WithinMonths(2), "2001-01-01", "2001-03-02"), "60 days");
    assert!(!holds(Test::WithinMonths(12), "2001-01", "2001-02-01"), "a day that is not known");
    assert!(holds(Test::WithinYears(1), "2001-01-01", "2002-01-01"), "365 days");
    assert!(!holds(Test::WithinYears(1), "2000-01-01", "2001-01-01"), "366 days");
    assert!(holds(Test::WithinYears(4), "2000-01-01", "2004-01-01"), "1461 days");
    assert!(holds(Test::NewYearsDay, "2000-01-01", "2001-01-01"));
    assert!(!holds(Test::NewYearsDay, "2000-01-01", "2000-01"));
    assert!(!holds(Test::NewYearsDay, "2001-01-02", "2001-01-02"));
}
