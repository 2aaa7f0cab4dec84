//! Small records for tests, and the definitions that the fast code is held against.

use crate::model::{
    Accept, BlockingKey, BlockingRule, Clustering, Comparison, Condition, DeterministicRule, Guard, Level,
    LinkType, Missing, Model, Part,
};
use crate::records::{Field, Records, Source};
use crate::scoring::ScoredPairs;
use crate::similarity;
use plait_types::{DateOrder, Interner, NULL, PartialDate, Role};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;

/// So many cases, the same ones in every run.
pub(crate) fn fixed(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A column of records: name, role, and a value or none per record, taken as already standardised.
pub(crate) type Column<'a> = (&'a str, Role, Vec<Option<String>>);

/// The values of a column; empty text is missing.
pub(crate) fn column(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|value| (!value.is_empty()).then(|| (*value).to_owned())).collect()
}

/// Records of sources of these sizes.
pub(crate) fn records(sizes: &[usize], columns: &[Column<'_>]) -> Records {
    let mut start = 0;
    let sources = sizes.iter().enumerate().map(|(index, size)| {
        let end = start + *size as u32;
        let source = Source { name: format!("s{index}"), start, end, n_in_all: *size as u64 };
        start = source.end;
        source
    });
    let sources: Vec<Source> = sources.collect();
    Records {
        fields: columns.iter().map(|column| field(column, &sources)).collect(),
        sources,
        own_nicknames: None,
        places: Vec::new(),
    }
}

fn field((name, role, rows): &Column<'_>, sources: &[Source]) -> Field {
    let mut interner = Interner::default();
    let code = |row: &Option<String>| row.as_ref().map_or(NULL, |value| interner.intern(value));
    let codes: Vec<u32> = rows.iter().map(code).collect();
    let values = interner.into_values();
    let mut counts = vec![0; values.len()];
    codes.iter().filter(|code| **code != NULL).for_each(|&code| counts[code as usize] += 1);
    let date = |text| PartialDate::parse(text, DateOrder::YearMonthDay).expect("dates are ISO dates");
    let present = |source: &Source| {
        let codes = &codes[source.start as usize..source.end as usize];
        codes.iter().filter(|code| **code != NULL).count() as u64
    };
    Field {
        name: (*name).into(),
        headers: vec![Some((*name).into()); sources.len()],
        present: sources.iter().map(present).collect(),
        role: *role,
        dates: if role.is_date() { values.iter().map(date).collect() } else { Vec::new() },
        codes,
        values,
        counts,
        n_placeholders: 0,
        spikes: Vec::new(),
        n_unreadable: 0,
    }
}

/// Fields of [`any_records`].
pub(crate) const FORENAME: &str = "forename";
pub(crate) const SURNAME: &str = "surname";
pub(crate) const DATE: &str = "date_of_birth";
pub(crate) const POSTCODE: &str = "postcode";

const NAMES: [&str; 15] = [
    "ann",
    "anna",
    "anne",
    "lee",
    "smith",
    "smyth",
    "lee smith",
    "smith lee",
    "bill",
    "william",
    "as",
    "łee",
    "lee lee",
    "smith lee smyth",
    "ann; lee smith;bill;",
];
const DATES: [&str; 9] = [
    "2001-02-03",
    "2001-03-02",
    "2001-02-04",
    "2002-02-03",
    "2001-02",
    "2001",
    "2010-02-03",
    "2001-01-01",
    "2002-01-01",
];
const POSTCODES: [&str; 7] = ["NW9 4EW", "NW9 4EX", "NW9 5EW", "NW1 4EW", "N1 4EW", "2602", "2602 AB"];

/// A few records in one to three sources, with few and similar values, so that every kind of agreement occurs.
pub(crate) fn any_records() -> impl Strategy<Value = Records> {
    let column = |words: &'static [&'static str]| {
        prop::collection::vec(prop::option::weighted(0.85, prop::sample::select(words)), 27)
    };
    let columns = (column(&NAMES), column(&NAMES), column(&DATES), column(&POSTCODES));
    (prop::collection::vec(0usize..10, 1..4), columns).prop_map(|(sizes, (a, b, c, d))| {
        let n: usize = sizes.iter().sum();
        let rows = |column: Vec<Option<&str>>| -> Vec<Option<String>> {
            column[..n].iter().map(|value| value.map(str::to_owned)).collect()
        };
        let columns = [
            (FORENAME, Role::Forename, rows(a)),
            (SURNAME, Role::Surname, rows(b)),
            (DATE, Role::DateOfBirth, rows(c)),
            (POSTCODE, Role::Postcode, rows(d)),
        ];
        records(&sizes, &columns)
    })
}

pub(crate) fn any_link_type() -> impl Strategy<Value = LinkType> {
    prop::sample::select(vec![LinkType::LinkOnly, LinkType::DedupeOnly, LinkType::LinkAndDedupe])
}

/// A key of a blocking rule on fields of [`any_records`].
fn any_key() -> impl Strategy<Value = BlockingKey> {
    let text = [
        Part::Whole,
        Part::First(1),
        Part::First(3),
        Part::Last(2),
        Part::FirstWord,
        Part::Soundex,
        Part::AnyWord,
        Part::AnyElement,
        Part::ButOneLetter,
        Part::SpellingFamily,
    ];
    let date =
        [Part::Whole, Part::Year, Part::YearMonth, Part::YearDay, Part::MonthDay, Part::NotNewYearsDay];
    let place = [Part::Whole, Part::Sector, Part::District, Part::Area];
    let name = move || (select(vec![FORENAME, SURNAME]), select(text.to_vec()));
    let same = |field: &'static str, part| BlockingKey::same(field, part);
    prop_oneof![
        name().prop_map(move |(field, part)| same(field, part)),
        select(date.to_vec()).prop_map(move |part| same(DATE, part)),
        select(place.to_vec()).prop_map(move |part| same(POSTCODE, part)),
        (name(), name()).prop_map(|((left, left_part), (right, right_part))| BlockingKey {
            left: (left.into(), left_part),
            right: (right.into(), right_part),
        }),
    ]
}

/// Blocking rules on fields of [`any_records`].
pub(crate) fn any_blocking_rules() -> impl Strategy<Value = Vec<BlockingRule>> {
    let rule = prop::collection::vec(any_key(), 1..4).prop_map(|keys| BlockingRule { keys });
    prop::collection::vec(rule, 1..5)
}

/// Deterministic rules on fields of [`any_records`], in passes or not.
pub(crate) fn any_deterministic_rules() -> impl Strategy<Value = Vec<DeterministicRule>> {
    let same = |field: &'static str, part| BlockingKey::same(field, part);
    let key = prop_oneof![
        4 => select(vec![FORENAME, SURNAME, DATE, POSTCODE]).prop_map(move |field| same(field, Part::Whole)),
        1 => Just(same(DATE, Part::Year)),
        1 => Just(same(DATE, Part::NotNewYearsDay)),
        1 => Just(same(FORENAME, Part::Soundex)),
        1 => Just(same(SURNAME, Part::First(3))),
        1 => Just(same(SURNAME, Part::AnyWord)),
        1 => Just("forename = surname".parse().unwrap()),
    ];
    let guard = prop::collection::vec(select(vec![FORENAME, SURNAME, DATE, POSTCODE]), 1..3)
        .prop_map(|fields| Guard { fields: fields.into_iter().map(str::to_owned).collect() });
    let unequal = prop::collection::vec(select(vec![FORENAME, POSTCODE]).prop_map(str::to_owned), 0..2);
    let exceptions = (prop::collection::vec(guard, 0..3), unequal, any::<bool>());
    let held = prop::collection::vec(select(vec![SURNAME, POSTCODE]).prop_map(str::to_owned), 0..2);
    let of_pairs = (prop::option::of(1..4u32), held);
    let rule = (prop::collection::vec(key, 1..3), exceptions, of_pairs).prop_map(
        |(keys, (unless_different, unless_unequal, unless_ambiguous), (pass, sources_with))| {
            DeterministicRule {
                name: None,
                pass,
                keys,
                sources_with,
                unless_different,
                unless_unequal,
                unless_ambiguous,
            }
        },
    );
    prop::collection::vec(rule, 0..5).prop_map(|mut rules| {
        rules.sort_by_key(|rule| rule.pass);
        rules
    })
}

/// All pairs that may be compared.
pub(crate) fn all_pairs(records: &Records, link_type: LinkType) -> Vec<(u32, u32)> {
    let n = records.len() as u32;
    let source = |record: u32| records.sources.iter().position(|s| (s.start..s.end).contains(&record));
    (0..n)
        .flat_map(|left| (left + 1..n).map(move |right| (left, right)))
        .filter(|&(left, right)| link_type != LinkType::LinkOnly || source(left) != source(right))
        .collect()
}

/// The value of a field of a record.
pub(crate) fn value<'a>(records: &'a Records, field: &str, record: u32) -> Option<&'a str> {
    records.fields.iter().find(|f| f.name == field).expect("the field is there").get(record)
}

/// The parts of a value by their definition; none or one, but for those of which a value may have several.
pub(crate) fn parts(value: &str, which: Part) -> BTreeSet<String> {
    let parts: BTreeSet<String> = match which {
        Part::AnyWord => value.split(' ').map(str::to_owned).collect(),
        Part::AnyElement => value.split(';').map(|element| element.trim().to_owned()).collect(),
        Part::ButOneLetter => {
            let characters: Vec<char> = value.chars().collect();
            let left_out = if (4..=24).contains(&characters.len()) { 0..characters.len() } else { 0..0 };
            let less = left_out.map(|left_out| {
                let mut less = characters.clone();
                less.remove(left_out);
                less.into_iter().collect()
            });
            less.chain([value.to_owned()]).collect()
        }
        Part::SpellingFamily => similarity::spelling_keys(value).into_iter().collect(),
        single => part(value, single).into_iter().collect(),
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

/// A part of a value by its definition, read off the text.
pub(crate) fn part(value: &str, part: Part) -> Option<String> {
    let characters: Vec<char> = value.chars().collect();
    let words: Vec<&str> = value.split_whitespace().collect();
    let numbers: Vec<u32> = value.split('-').filter_map(|digits| digits.parse().ok()).collect();
    let is_date =
        value.starts_with(|c: char| c.is_ascii_digit()) && numbers.len() == value.split('-').count();
    let number = |place: usize| numbers.get(place).filter(|_| is_date).map(u32::to_string);
    let joined = |places: [usize; 2], by| Some(format!("{}{by}{}", number(places[0])?, number(places[1])?));
    let outward =
        || (words.len() == 2 && words[1].len() == 3 && words[1].is_ascii()).then(|| words[0].to_owned());
    let text: String = match part {
        // of names and dates; of numbers it takes their role
        Part::Whole | Part::Valid => value.to_owned(),
        Part::First(n) => characters.iter().take(n.into()).collect(),
        Part::Last(n) => characters.iter().rev().take(n.into()).rev().collect(),
        Part::FirstWord => words[0].to_owned(),
        Part::LastWord => words[words.len() - 1].to_owned(),
        Part::Soundex => similarity::soundex(value),
        Part::Metaphone => similarity::double_metaphone(value).primary,
        Part::Sector => outward().map(|_| characters[..characters.len() - 2].iter().collect())?,
        Part::District => outward()?,
        Part::Area => outward()?.chars().take_while(char::is_ascii_alphabetic).collect(),
        Part::Year => number(0)?,
        Part::YearMonth => joined([0, 1], "-")?,
        Part::YearDay => joined([0, 2], "--")?,
        Part::MonthDay => joined([1, 2], "-")?,
        Part::NotNewYearsDay => {
            (is_date && numbers.len() == 3 && !value.ends_with("-01-01")).then(|| value.to_owned())?
        }
        Part::LocalPart => value.split('@').next().filter(|_| value.contains('@'))?.to_owned(),
        Part::Domain => value.split('@').nth(1)?.to_owned(),
        Part::AnyWord | Part::AnyElement | Part::ButOneLetter | Part::SpellingFamily => {
            unreachable!("may be several")
        }
    };
    Some(text).filter(|text| !text.is_empty())
}

/// Pairs of these records and weights, made by one blocking rule under a model of three deterministic ones.
pub(crate) fn scored(edges: &[(u32, u32, f64)]) -> ScoredPairs {
    ScoredPairs {
        left: edges.iter().map(|e| e.0).collect(),
        right: edges.iter().map(|e| e.1).collect(),
        weight: edges.iter().map(|e| e.2).collect(),
        rule: vec![0; edges.len()],
        ruling: vec![None; edges.len()],
        n_deterministic: 3,
        n_candidates: vec![edges.len() as u64],
    }
}

/// A level without label or term frequency.
pub(crate) fn level(when: Condition) -> Level {
    Level { when, label: None, term_frequency: None }
}

/// A comparison of one field; the last level is added.
pub(crate) fn comparison(field: &str, levels: impl IntoIterator<Item = Condition>) -> Comparison {
    Comparison {
        name: field.into(),
        fields: vec![field.into()],
        missing: Missing::All,
        levels: levels.into_iter().chain([Condition::Else]).map(level).collect(),
    }
}

/// An untrained model.
pub(crate) fn model(link_type: LinkType, comparisons: Vec<Comparison>) -> Model {
    Model {
        name: "test".into(),
        link_type,
        comparisons,
        blocking: Vec::new(),
        deterministic: Vec::new(),
        accept: Accept { link: 0.5, review: 0.1 },
        clustering: Clustering::ConnectedComponents,
        classes: Vec::new(),
    }
}

/// Numbers from a seed, for fixtures too large for a strategy.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 0..1
    pub(crate) fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(1);
        crate::random::draw(0xD1CE, self.0) as f64 / 2f64.powi(64)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.share() * n as f64) as usize).min(n - 1)
    }

    /// An index drawn with these probabilities.
    pub(crate) fn pick(&mut self, probabilities: &[f64]) -> usize {
        let mut left = self.share();
        probabilities
            .iter()
            .position(|p| {
                left -= p;
                left < 0.0
            })
            .unwrap_or(probabilities.len() - 1)
    }
}
