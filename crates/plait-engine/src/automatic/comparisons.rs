//! The comparison that suits each kind of field.

use crate::comparison::ComparisonVector;
use crate::model::{
    Comparison, Condition, EXPECTED_DATE_OF_BIRTH, Edit, Level, LinkType, Measure, Missing, Part,
    TermFrequency, Test, is_of_former_numbers,
};
use crate::records::{Field, Records};
use plait_types::{NULL, Role};

/// The strength of term-frequency adjustment: half of the full one did as well or better than none or all of it on
/// nearly every set tried, since rare values are also those that errors make.
const TERM_FREQUENCY: f64 = 0.5;

/// One comparison per field that can tell people apart and that is filled on both sides of some pair.
/// At most [`ComparisonVector::MAX_COMPARISONS`], the more telling kinds first.
pub fn comparisons_for(records: &Records, link_type: LinkType) -> Vec<Comparison> {
    let usable = |field: &&Field| {
        !is_of_former_numbers(&field.name)
            && is_filled(records, field, link_type)
            && (field.role != Role::Source || link_type != LinkType::LinkOnly)
    };
    let mut fields: Vec<&Field> =
        records.fields.iter().filter(usable).filter(|field| priority(field.role).is_some()).collect();
    fields.sort_by_key(|field| priority(field.role));
    fields.truncate(ComparisonVector::MAX_COMPARISONS);
    let named = |role| fields.iter().find(|field| field.role == role).map(|field| field.name.as_str());
    let lines: Vec<&str> = fields
        .iter()
        .filter(|field| field.role == Role::AddressLine)
        .map(|field| field.name.as_str())
        .collect();
    let two_lines = if let [first, second] = lines[..] { Some((first, second)) } else { None };
    // fields whose values are found in each other's place
    let swapped = [named(Role::Forename).zip(named(Role::Surname)), two_lines];
    let has_unborn = records.fields.iter().any(|field| field.name == EXPECTED_DATE_OF_BIRTH);
    fields
        .iter()
        .map(|field| {
            let swapped_with = swapped.iter().flatten().find_map(|&(first, second)| {
                let is = |name: &str| name == field.name;
                // of two comparisons that could say that one value stands in the other's place, the first one does, or it
                // would count twice
                if is(first) { Some((second, true)) } else { is(second).then_some((first, false)) }
            });
            let mut comparison = comparison_for(field, swapped_with, records.own_nicknames.is_some());
            let other = match field.role {
                Role::Surname => Some(Role::FormerSurname),
                Role::Forename => Some(Role::PreferredForename),
                Role::Postcode => Some(Role::FormerPostcode),
                _ => None,
            };
            let other = records.fields.iter().find(|field| Some(field.role) == other);
            if let Some(other) = other.filter(|other| !other.values.is_empty()) {
                // a name that the other record has had, or goes by, or a home that it has had
                let (when, label) = match other.role {
                    Role::FormerPostcode => {
                        (at_a_former_postcode(&field.name, &other.name), Some(FORMER_POSTCODE.to_owned()))
                    }
                    _ => (either_in_place_of(&field.name, &other.name), None),
                };
                comparison.levels.insert(1, Level { when, label, term_frequency: None });
            }
            if field.role == Role::DateOfBirth && has_unborn {
                let near = EXPECTED.map(|(days, label)| near_expected(days, label));
                comparison.levels.splice(1..1, near);
            }
            comparison
        })
        .collect()
}

/// Whether some pair that may be compared can have it on both sides, and it has more than one value.
fn is_filled(records: &Records, field: &Field, link_type: LinkType) -> bool {
    let filled = records
        .sources
        .iter()
        .filter(|s| field.codes[s.start as usize..s.end as usize].iter().any(|&code| code != NULL))
        .count();
    // what only one source records says nothing about pairs between sources, and within one source only an identifier
    // tells the model something that it does not know from the others; but not one that each record has another one of, as
    // the numbers that a system gives out, of which neighbours are near in time and not in spelling
    let identifier = matches!(field.role, Role::NhsNumber | Role::Upn | Role::Uln | Role::Identifier);
    let repeats = field.counts.iter().any(|&count| count > 1);
    let within_one = link_type != LinkType::LinkOnly && identifier && repeats;
    let needed = if records.sources.len() == 1 || within_one { 1 } else { 2 };
    filled >= needed && field.values.len() > 1
}

/// The order in which fields are kept when there are too many; `None` for roles that do not tell people apart.
fn priority(role: Role) -> Option<u8> {
    Some(match role {
        Role::Forename => 0,
        Role::Surname => 1,
        Role::FullName => 2,
        Role::DateOfBirth => 3,
        Role::NhsNumber | Role::Upn | Role::Uln | Role::Identifier => 4,
        // of sources: which services know one person twice is learned like everything else
        Role::Postcode | Role::Source => 5,
        Role::Email => 6,
        Role::Phone => 7,
        Role::Address => 8,
        Role::AddressLine => 9,
        Role::HouseNumber => 10,
        Role::Sex => 11,
        Role::Town => 12,
        Role::MiddleName | Role::PreferredForename | Role::FormerSurname => 13,
        Role::School => 14,
        Role::Region => 15,
        Role::RecordId
        | Role::FormerPostcode
        | Role::Ethnicity
        | Role::SenProvision
        | Role::FreeSchoolMeals
        | Role::Deprivation
        | Role::ChildInNeed
        | Role::ProtectionPlan
        | Role::LookedAfter
        | Role::Unaccompanied
        | Role::OtherDate
        | Role::Category
        | Role::Number
        | Role::FreeText
        | Role::Other => return None,
    })
}

/// `swapped_with` is the field in whose place the values may stand, and whether this comparison also says so where only one
/// of the two is found there; `own_nicknames`, whether somebody gave a table of names, which may have surnames too.
fn comparison_for(field: &Field, swapped_with: Option<(&str, bool)>, own_nicknames: bool) -> Comparison {
    use Condition as C;
    if field.role == Role::Source {
        return same_source(field);
    }
    let similar = |cut| C::test(Test::AtLeast(Measure::JaroWinkler, cut));
    let any = |tests: Vec<Test>| C::Any(tests.into_iter().map(C::test).collect());
    let mut swapped: Vec<Condition> = Vec::new();
    if let Some((other, says_of_one)) = swapped_with {
        swapped.push(C::test(Test::SwappedWith(other.to_owned())));
        if says_of_one {
            swapped.push(either_in_place_of(&field.name, other));
        }
    }
    let mut spellings = vec![Test::AtLeast(Measure::JaroWinkler, 0.92), Test::Same(Part::SpellingFamily)];
    spellings.extend(own_nicknames.then_some(Test::Nickname));
    let near = any(spellings);
    let one_edit = || C::test(Test::AtMost(Edit::Osa, 1));
    let (by_frequency, middle): (bool, Vec<Condition>) = match field.role {
        Role::Forename | Role::PreferredForename | Role::MiddleName => (
            true,
            [
                similar(0.92),
                any(vec![Test::Nickname, Test::Same(Part::SpellingFamily), Test::Initials, Test::Subset]),
                similar(0.8),
            ]
            .into_iter()
            .chain(swapped)
            .collect(),
        ),
        Role::Surname | Role::FormerSurname => (
            true,
            [near, any(vec![Test::HalfOfDoubleBarrelled, Test::Subset]), similar(0.8)]
                .into_iter()
                .chain(swapped)
                .collect(),
        ),
        Role::FullName => {
            let words = |cut| C::test(Test::AtLeast(Measure::MongeElkan, cut));
            (true, vec![words(0.95), words(0.9), words(0.8)])
        }
        Role::DateOfBirth => (
            false,
            vec![
                any(vec![Test::DayMonthSwapped, Test::OneDigit, Test::Transposed]),
                C::test(Test::TwoOfThreeParts),
                C::test(Test::Same(Part::Year)),
            ],
        ),
        Role::Postcode if has_sectors(field) => {
            (false, vec![one_edit(), C::test(Test::Same(Part::Sector)), C::test(Test::Same(Part::District))])
        }
        Role::Postcode => {
            (true, vec![any(vec![Test::OneDigit, Test::Transposed]), C::test(Test::Same(Part::First(2)))])
        }
        Role::Email => {
            (false, vec![C::test(Test::AtMost(Edit::Osa, 2)), C::test(Test::Same(Part::LocalPart))])
        }
        // a check digit finds single errors, so two good numbers that are close are of two people: twins' UPNs are
        // given out one after the other
        Role::NhsNumber | Role::Upn | Role::Uln => (false, vec![one_edit()]),
        Role::Identifier | Role::Phone => (false, vec![one_edit(), C::test(Test::AtMost(Edit::Osa, 2))]),
        Role::Address | Role::AddressLine => {
            let words = |cut| C::test(Test::AtLeast(Measure::MongeElkan, cut));
            (true, [words(0.92), words(0.8)].into_iter().chain(swapped).collect())
        }
        Role::Town | Role::School => (true, vec![similar(0.88)]),
        Role::Region | Role::HouseNumber => (true, vec![]),
        _ => (false, vec![]),
    };
    let frequency =
        by_frequency.then_some(TermFrequency { field: None, strength: TERM_FREQUENCY, floor: 0.0 });
    let exact = Level { when: C::exact(), label: None, term_frequency: frequency };
    let others = middle.into_iter().chain([C::Else]).map(|when| Level {
        label: is_form_of_name(&when).then(|| FORM_OF_NAME.to_owned()),
        when,
        term_frequency: None,
    });
    Comparison {
        name: field.name.clone(),
        fields: vec![field.name.clone()],
        missing: Missing::All,
        levels: std::iter::once(exact).chain(others).collect(),
    }
}

/// Said of forenames that are forms of one name.
const FORM_OF_NAME: &str = "short form, spelling, initials or part of the same name";

fn is_form_of_name(when: &Condition) -> bool {
    matches!(when, Condition::Any(tests) if tests.contains(&Condition::test(Test::Initials)))
}

/// How far from the day on which they are expected children are born: nearly all after 37 to 42 weeks, of which the 40th is
/// the expected one, and hardly any before the 27th.
const EXPECTED: [(u32, &str); 2] =
    [(21, "born within 3 weeks of the expected day"), (91, "born within 3 months of the expected day")];

/// A level of dates of birth of which one is the day on which the child was expected. It has a level of its own since
/// little else is known of the unborn, and dates of birth of brothers and sisters never come so near.
fn near_expected(days: u32, label: &str) -> Level {
    let is_expected = Condition::Test(Some(EXPECTED_DATE_OF_BIRTH.to_owned()), Test::EitherRecorded);
    let when = Condition::All(vec![Condition::test(Test::WithinDays(days)), is_expected]);
    Level { when, label: Some(label.to_owned()), term_frequency: None }
}

/// A value of one record is that of another field of the other record.
fn either_in_place_of(field: &str, other: &str) -> Condition {
    let one_way = Condition::test(Test::EqualsOther(other.to_owned()));
    let the_other = Condition::Test(Some(other.to_owned()), Test::EqualsOther(field.to_owned()));
    Condition::Any(vec![one_way, the_other])
}

/// Said of records of which one has lived where the other is, or both in one place.
const FORMER_POSTCODE: &str = "a former postcode of one is the postcode of the other, or a former one too";

/// One record's home is a former one of the other, or both have a former home in common.
fn at_a_former_postcode(postcode: &str, former: &str) -> Condition {
    let of_former = |test| Condition::Test(Some(former.to_owned()), test);
    Condition::Any(vec![
        Condition::test(Test::SharesOther(former.to_owned())),
        of_former(Test::SharesOther(postcode.to_owned())),
        of_former(Test::Same(Part::AnyElement)),
    ])
}

/// A level for each of the sources that have most records, and one for pairs of different ones or of the rest.
fn same_source(field: &Field) -> Comparison {
    let mut codes: Vec<u32> = (0..field.values.len() as u32).collect();
    codes.sort_by_key(|&code| std::cmp::Reverse(field.counts[code as usize]));
    codes.truncate(ComparisonVector::MAX_LEVELS - 1);
    let both = |code: u32| Condition::test(Test::BothAre(field.values.get(code).to_owned()));
    let level = |when| Level { when, label: None, term_frequency: None };
    Comparison {
        name: field.name.clone(),
        fields: vec![field.name.clone()],
        missing: Missing::All,
        levels: codes.into_iter().map(both).chain([Condition::Else]).map(level).collect(),
    }
}

/// Whether most values are UK postcodes.
fn has_sectors(field: &Field) -> bool {
    let uk = field.values.iter().filter(|value| value.contains(' ')).count();
    2 * uk > field.values.len()
}
