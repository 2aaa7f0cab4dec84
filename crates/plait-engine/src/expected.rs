//! Which records should have a partner in another source, learned from the linkage itself.
//!
//! A child of two is in no school census, and that it has no partner there is no missed link. So a partner is expected of a
//! record where nothing that the record says lies outside what the other source covers, and where records like it, of the
//! same source and age band, usually have one. What a source covers is learned from its own records: the births from its
//! first to its last hundredth, the postcode districts that together hold most of its records, the schools that are in it,
//! and births up to the day that it is about. A value that is not recorded lies outside nothing.
//!
//! What is expected is not what is true. A child at an independent school is in no census either, and an age band in which
//! linkage itself fails is one in which no partner is expected any more.

use crate::clustering::Persons;
use crate::records::{Field, Records};
use hashbrown::HashSet;
use plait_types::{Interner, NULL, Role};
use rayon::prelude::*;

/// Share of records like it that have a partner, from which one is expected.
pub const USUALLY: f64 = 0.8;
/// Records like it from which a share says something.
pub const ENOUGH: u64 = 30;
/// Share of its records that a source must hold in what it is said to cover.
pub const COVERED: f64 = 0.98;
/// Sources up to which partners are expected.
pub const MOST_SOURCES: usize = 64;

/// Why no partner is expected of a record without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outside {
    /// Born after the day that the other source is about.
    Period,
    /// Born before or after those whom the other source holds.
    Age,
    /// At a school of which the other source holds nobody.
    School,
    /// Living where next to nobody lives whom the other source holds.
    Area,
    /// Of an age band of which records of its source usually have no partner there.
    FewLikeIt,
}

impl Outside {
    /// Why none is expected, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Period => "born after the day that the source is about",
            Self::Age => "born before or after those in the source",
            Self::School => "at a school of which the source has nobody",
            Self::Area => "lives where next to nobody in the source does",
            Self::FewLikeIt => "few of its age band are in the source",
        }
    }
}

/// A record without a partner in a source in which records of its own usually have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// The source in which it has none.
    pub other: usize,
    /// The record.
    pub record: u32,
    /// Why none is expected; `None` where one is.
    pub explained: Option<Outside>,
}

/// What one source covers; `None` where it does not record enough to tell.
#[derive(Clone, Debug, Default)]
struct Coverage {
    /// First and last day of birth, in days since 1970.
    births: Option<(i32, i32)>,
    /// By code of the district.
    districts: Option<Vec<bool>>,
    /// By code of the school.
    schools: Option<Vec<bool>>,
    /// The day that it is about.
    until: Option<i32>,
}

/// Which partners are expected, and which are there.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Per record, a bit for each source in which a partner is expected.
    pub expected: Vec<u64>,
    /// Per record, a bit for each source of which its person has another record.
    pub found: Vec<u64>,
    n_bands: usize,
    n_sources: usize,
    /// By source, other source and age band.
    usual: Vec<bool>,
    facts: Facts,
    coverage: Vec<Coverage>,
    /// By source and other source.
    schools_shared: Vec<bool>,
}

/// What records say of where they could be.
#[derive(Clone, Debug)]
struct Facts {
    birth: Vec<i32>,
    district: Vec<u32>,
    n_districts: usize,
    school: Vec<u32>,
    n_schools: usize,
}

/// A birth that is not known to the day.
const NO_DAY: i32 = i32::MIN;

impl Expected {
    /// Learns what is usual. `band_of` has the age band of each record, below `n_bands`; `days` the day that each source is
    /// about, where it says it, in days since 1970. `None` of one source, and of more than [`MOST_SOURCES`].
    pub fn of(
        records: &Records,
        persons: &Persons,
        band_of: &[u16],
        n_bands: usize,
        days: &[Option<i32>],
    ) -> Option<Self> {
        let n_sources = records.sources.len();
        if !(2..=MOST_SOURCES).contains(&n_sources) {
            return None;
        }
        let facts = Facts::of(records);
        let coverage: Vec<Coverage> =
            (0..n_sources).map(|source| facts.coverage(records, source, days[source])).collect();
        let schools_shared = facts.schools_shared(records, &coverage);
        let found = partners(records, persons);
        let mut expected = Self {
            expected: Vec::new(),
            found,
            n_bands,
            n_sources,
            usual: vec![false; n_sources * n_sources * n_bands],
            facts,
            coverage,
            schools_shared,
        };
        for a in 0..n_sources {
            for b in (0..n_sources).filter(|&b| b != a) {
                let mut counts = vec![(0u64, 0u64); n_bands];
                for record in records.sources[a].start..records.sources[a].end {
                    if expected.outside(record, a, b).is_none() {
                        let count = &mut counts[usize::from(band_of[record as usize])];
                        count.0 += u64::from(expected.has_partner(record, b));
                        count.1 += 1;
                    }
                }
                for (band, (linked, of)) in counts.into_iter().enumerate() {
                    let at = expected.place(a, b, band);
                    expected.usual[at] = of >= ENOUGH && linked as f64 >= USUALLY * of as f64;
                }
            }
        }
        let of_record = |record: u32| {
            let a = records.source_of(record);
            let others = (0..n_sources).filter(|&b| b != a);
            others.fold(0u64, |mask, b| {
                let band = usize::from(band_of[record as usize]);
                let is_expected =
                    expected.usual[expected.place(a, b, band)] && expected.outside(record, a, b).is_none();
                mask | (u64::from(is_expected) << b)
            })
        };
        let masks: Vec<u64> = (0..records.len() as u32).into_par_iter().map(of_record).collect();
        expected.expected = masks;
        Some(expected)
    }

    /// How many partners are expected of a record, and how many of these are there: there, expected.
    pub fn count(&self, record: u32) -> (u64, u64) {
        let (expected, found) = (self.expected[record as usize], self.found[record as usize]);
        (u64::from((expected & found).count_ones()), u64::from(expected.count_ones()))
    }

    /// Whether the person of a record has another record, of this source.
    pub fn has_partner(&self, record: u32, source: usize) -> bool {
        self.found[record as usize] >> source & 1 == 1
    }

    /// Whether a partner of a record is expected in this source.
    pub fn expects(&self, record: u32, source: usize) -> bool {
        self.expected[record as usize] >> source & 1 == 1
    }

    /// Whether records of the first source, of some age band at least, usually have a partner in the second.
    pub fn is_usual(&self, source: usize, other: usize) -> bool {
        (0..self.n_bands).any(|band| self.usual[self.place(source, other, band)])
    }

    /// The records of a source that have no partner in another one, in which some age band of it at least usually has one; none
    /// of two sources that are not so.
    pub fn not_found(&self, records: &Records, source: usize, other: usize) -> Vec<NotFound> {
        if source == other || !self.is_usual(source, other) {
            return Vec::new();
        }
        let of_source = &records.sources[source];
        let missing = (of_source.start..of_source.end).filter(|&record| !self.has_partner(record, other));
        missing
            .map(|record| {
                let explained = (!self.expects(record, other))
                    .then(|| self.outside(record, source, other).unwrap_or(Outside::FewLikeIt));
                NotFound { other, record, explained }
            })
            .collect()
    }

    fn outside(&self, record: u32, source: usize, other: usize) -> Option<Outside> {
        let shares_schools = self.schools_shared[source * self.n_sources + other];
        self.facts.outside(record, &self.coverage[other], shares_schools)
    }

    fn place(&self, source: usize, other: usize, band: usize) -> usize {
        (source * self.n_sources + other) * self.n_bands + band
    }
}

/// Per record, a bit for each other source of which its person has a record, and one for its own where the person has
/// another record there.
fn partners(records: &Records, persons: &Persons) -> Vec<u64> {
    let (mut once, mut twice) =
        (vec![0u64; persons.n_persons as usize], vec![0u64; persons.n_persons as usize]);
    for (index, source) in records.sources.iter().enumerate() {
        for record in source.start..source.end {
            let person = persons.person_of[record as usize] as usize;
            let bit = 1 << index;
            twice[person] |= once[person] & bit;
            once[person] |= bit;
        }
    }
    let mut found = vec![0u64; records.len()];
    for (index, source) in records.sources.iter().enumerate() {
        let own = 1u64 << index;
        for record in source.start..source.end {
            let person = persons.person_of[record as usize] as usize;
            found[record as usize] = once[person] & !own | twice[person] & own;
        }
    }
    found
}

impl Facts {
    fn of(records: &Records) -> Self {
        let field = |role: Role| records.fields.iter().find(|field| field.role == role);
        let birth = field(Role::DateOfBirth).map_or_else(
            || vec![NO_DAY; records.len()],
            |field| {
                let days: Vec<i32> =
                    field.dates.iter().map(|date| date.day_number().unwrap_or(NO_DAY)).collect();
                let of = |&code: &u32| if code == NULL { NO_DAY } else { days[code as usize] };
                field.codes.par_iter().map(of).collect()
            },
        );
        let (district, n_districts) = field(Role::Postcode).map_or_else(|| none(records), districts);
        let (school, n_schools) = field(Role::School)
            .map_or_else(|| none(records), |field| (field.codes.clone(), field.values.len()));
        Self { birth, district, n_districts, school, n_schools }
    }

    fn coverage(&self, records: &Records, source: usize, until: Option<i32>) -> Coverage {
        let range = records.sources[source].start as usize..records.sources[source].end as usize;
        let n = range.len();
        let mut births: Vec<i32> =
            self.birth[range.clone()].iter().copied().filter(|&day| day != NO_DAY).collect();
        births.sort_unstable();
        // as many are left out at either end as leave the covered share between them
        let cut = ((1.0 - COVERED) / 2.0 * births.len() as f64) as usize;
        let has_most = |known: usize| known > 0 && known * 2 >= n;
        Coverage {
            births: has_most(births.len()).then(|| (births[cut], births[births.len() - 1 - cut])),
            districts: covered(&self.district[range.clone()], self.n_districts, COVERED).filter(|_| {
                has_most(self.district[range.clone()].iter().filter(|code| **code != NULL).count())
            }),
            schools: covered(&self.school[range.clone()], self.n_schools, 1.0)
                .filter(|_| has_most(self.school[range].iter().filter(|code| **code != NULL).count())),
            until,
        }
    }

    /// By source and other source, whether most schools' pupils of the one are at schools of the other: else they name schools
    /// in different ways, and a school that the other does not have says nothing.
    fn schools_shared(&self, records: &Records, coverage: &[Coverage]) -> Vec<bool> {
        let of_pair = |source: &crate::records::Source, other: &Coverage| {
            let Some(schools) = &other.schools else { return false };
            let codes = &self.school[source.start as usize..source.end as usize];
            let known = codes.iter().filter(|code| **code != NULL);
            let (shared, all) = known.fold((0u64, 0u64), |(shared, all), &code| {
                (shared + u64::from(schools[code as usize]), all + 1)
            });
            shared * 2 >= all.max(1)
        };
        let pairs =
            records.sources.iter().flat_map(|source| coverage.iter().map(move |other| (source, other)));
        pairs.map(|(source, other)| of_pair(source, other)).collect()
    }

    fn outside(&self, record: u32, other: &Coverage, shares_schools: bool) -> Option<Outside> {
        let at = record as usize;
        let day = self.birth[at];
        let is_out = |covered: &Option<Vec<bool>>, code: u32| {
            code != NULL && covered.as_ref().is_some_and(|covered| !covered[code as usize])
        };
        if day != NO_DAY && other.until.is_some_and(|until| day > until) {
            Some(Outside::Period)
        } else if day != NO_DAY && other.births.is_some_and(|(first, last)| day < first || day > last) {
            Some(Outside::Age)
        } else if shares_schools && is_out(&other.schools, self.school[at]) {
            Some(Outside::School)
        } else if is_out(&other.districts, self.district[at]) {
            Some(Outside::Area)
        } else {
            None
        }
    }
}

fn none(records: &Records) -> (Vec<u32>, usize) {
    (vec![NULL; records.len()], 0)
}

/// The district of each record's postcode: `PX1` of `PX1 7WA`.
fn districts(field: &Field) -> (Vec<u32>, usize) {
    let mut interner = Interner::default();
    let of_value: Vec<u32> = field
        .values
        .iter()
        .map(|postcode| {
            let compact: String = postcode.chars().filter(|c| !c.is_whitespace()).collect();
            // three characters stand behind the district of a UK postcode
            let is_uk = (5..=7).contains(&compact.len()) && compact.is_ascii();
            if is_uk { interner.intern(&compact[..compact.len() - 3]) } else { NULL }
        })
        .collect();
    let of = |&code: &u32| if code == NULL { NULL } else { of_value[code as usize] };
    (field.codes.par_iter().map(of).collect(), interner.into_values().len())
}

/// The commonest codes that together hold this share of what is recorded; `None` where nothing is.
fn covered(codes: &[u32], n_codes: usize, share: f64) -> Option<Vec<bool>> {
    let mut counts = vec![0u64; n_codes];
    codes.iter().filter(|code| **code != NULL).for_each(|&code| counts[code as usize] += 1);
    let all: u64 = counts.iter().sum();
    let mut order: Vec<usize> = (0..n_codes).filter(|&code| counts[code] > 0).collect();
    order.sort_by_key(|&code| (std::cmp::Reverse(counts[code]), code));
    let mut held = 0u64;
    let kept: HashSet<usize> = order
        .into_iter()
        .take_while(|&code| {
            let is_needed = (held as f64) < share * all as f64;
            held += counts[code];
            is_needed
        })
        .collect();
    (all > 0).then(|| (0..n_codes).map(|code| kept.contains(&code)).collect())
}

#[cfg(test)]
mod tests;
