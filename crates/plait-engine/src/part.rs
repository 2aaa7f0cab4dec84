//! Parts of standardised values, as codes.

use crate::lists::Lists;
use crate::model::Part;
use crate::records::Field;
use crate::similarity;
use plait_types::identifier::{NhsNumber, Postcode, Uln, Upn};
use plait_types::{Interner, NULL, PartialDate, Role, Values};
use twox_hash::XxHash3_64;

/// For each `(field, part)`, a table from value code to part code; [`NULL`] where a value has no such part, or may have
/// several.
/// Equal texts get equal codes across all tables of one call, so that parts of different fields compare.
pub(crate) fn part_codes(wanted: &[(&Field, Part)]) -> Vec<Vec<u32>> {
    let mut interner = Interner::default();
    wanted
        .iter()
        .map(|&(field, part)| {
            let code = |value: u32| match text(field, part, value) {
                Some(text) if !text.is_empty() => interner.intern(&text),
                _ => NULL,
            };
            (0..field.values.len() as u32).map(code).collect()
        })
        .collect()
}

/// A table from value code to part code, and the parts.
pub(crate) fn part_texts(field: &Field, part: Part) -> (Vec<u32>, Values) {
    let mut interner = Interner::default();
    let code = |value: u32| match text(field, part, value) {
        Some(text) if !text.is_empty() => interner.intern(&text),
        _ => NULL,
    };
    let table = (0..field.values.len() as u32).map(code).collect();
    (table, interner.into_values())
}

/// For each `(field, part)`, the codes of the parts of each value: none where it has no such part, and several only for
/// parts that [are several](Part::is_several). Equal texts get equal codes across all of one call.
pub(crate) fn part_lists(wanted: &[(&Field, Part)]) -> Vec<Lists> {
    let mut interner = Interner::default();
    wanted.iter().map(|&(field, part)| lists(field, part, &mut interner)).collect()
}

/// The codes of the parts of each value, and the parts.
pub(crate) fn part_list_texts(field: &Field, part: Part) -> (Lists, Values) {
    let mut interner = Interner::default();
    let lists = lists(field, part, &mut interner);
    (lists, interner.into_values())
}

/// Per value the hashes of its parts, each once; equal texts have equal hashes, on every machine.
pub(crate) fn part_hashes(field: &Field, part: Part) -> HashLists {
    let mut all = HashLists { starts: vec![0], hashes: Vec::new() };
    for value in 0..field.values.len() as u32 {
        let start = all.hashes.len();
        each_text(field, part, value, |text| {
            if !text.is_empty() {
                all.hashes.push(XxHash3_64::oneshot(text.as_bytes()));
            }
        });
        if all.hashes.len() > start + 1 {
            let mut own = all.hashes.split_off(start);
            own.sort_unstable();
            own.dedup();
            all.hashes.append(&mut own);
        }
        all.starts.push(all.hashes.len() as u32);
    }
    all
}

/// A list of hashes per value.
pub(crate) struct HashLists {
    starts: Vec<u32>,
    hashes: Vec<u64>,
}

impl HashLists {
    /// Those of a value; none where it is missing.
    pub(crate) fn get(&self, code: u32) -> &[u64] {
        match code {
            NULL => &[],
            code => {
                &self.hashes[self.starts[code as usize] as usize..self.starts[code as usize + 1] as usize]
            }
        }
    }
}

fn lists(field: &Field, part: Part, interner: &mut Interner) -> Lists {
    let values = 0..field.values.len() as u32;
    Lists::new(values.map(|value| {
        let mut codes = Vec::new();
        each_text(field, part, value, |text| {
            if !text.is_empty() {
                codes.push(interner.intern(text));
            }
        });
        codes
    }))
}

/// About how many parts a value has: at least as many as [`part_lists`] lists.
pub(crate) fn most_parts(part: Part, value: &str) -> usize {
    match part {
        Part::AnyWord => 1 + value.matches(' ').count(),
        Part::AnyElement => 1 + value.matches(';').count(),
        Part::SpellingFamily => similarity::spelling_keys(value).len().max(1),
        Part::ButOneLetter => 1 + value.chars().count().min(LONGEST_LESSENED),
        _ => 1,
    }
}

/// Without a letter, shorter values would agree with too much.
const SHORTEST_LESSENED: usize = 4;
/// Longer values would have too many parts.
const LONGEST_LESSENED: usize = 24;

/// Tells of each part of one value; of some twice.
fn each_text(field: &Field, part: Part, code: u32, mut tell: impl FnMut(&str)) {
    let value = field.values.get(code);
    match part {
        Part::AnyWord => value.split_whitespace().for_each(tell),
        Part::AnyElement => value.split(';').map(str::trim).for_each(tell),
        Part::SpellingFamily => similarity::spelling_keys(value).iter().for_each(|key| tell(key)),
        Part::ButOneLetter => {
            tell(value);
            if (SHORTEST_LESSENED..=LONGEST_LESSENED).contains(&value.chars().count()) {
                for (at, left_out) in value.char_indices() {
                    tell(&[&value[..at], &value[at + left_out.len_utf8()..]].concat());
                }
            }
        }
        _ => text(field, part, code).iter().for_each(|text| tell(text)),
    }
}

/// The part of one value as text; `None` where it has none, such as the sector of a postcode of another country, or
/// where it may have several.
fn text(field: &Field, part: Part, code: u32) -> Option<String> {
    let value = field.values.get(code);
    let date = field.dates.get(code as usize).copied();
    match part {
        Part::Whole => Some(value.to_owned()),
        Part::First(n) => Some(value.chars().take(n as usize).collect()),
        Part::Last(n) => {
            let skip = value.chars().count().saturating_sub(n as usize);
            Some(value.chars().skip(skip).collect())
        }
        Part::FirstWord => value.split(' ').next().map(str::to_owned),
        Part::LastWord => value.rsplit(' ').next().map(str::to_owned),
        Part::Soundex => Some(similarity::soundex(value)),
        Part::Metaphone => Some(similarity::double_metaphone(value).primary),
        Part::Sector => outward_and_inward(value).map(|(out, inward)| format!("{out} {}", &inward[..1])),
        Part::District => outward_and_inward(value).map(|(out, _)| out.to_owned()),
        Part::Area => outward_and_inward(value)
            .map(|(out, _)| out.chars().take_while(char::is_ascii_alphabetic).collect()),
        Part::Year => date.map(|d| d.year.to_string()),
        Part::YearMonth => date.and_then(|d| d.month.map(|month| format!("{}-{month}", d.year))),
        Part::YearDay => date.and_then(|d| d.day.map(|day| format!("{}--{day}", d.year))),
        Part::MonthDay => {
            date.and_then(|PartialDate { month, day, .. }| Some(format!("{}-{}", month?, day?)))
        }
        Part::NotNewYearsDay => date
            .filter(|date| date.month.is_some() && date.day.is_some() && !is_new_years_day(*date))
            .map(|_| value.to_owned()),
        Part::Valid if date.is_some_and(|date| date.day.is_none()) => None,
        Part::Valid => is_valid(field.role, value).then(|| value.to_owned()),
        Part::LocalPart => value.split_once('@').map(|(local, _)| local.to_owned()),
        Part::Domain => value.split_once('@').map(|(_, domain)| domain.to_owned()),
        Part::AnyWord | Part::AnyElement | Part::ButOneLetter | Part::SpellingFamily => None,
    }
}

fn is_new_years_day(date: PartialDate) -> bool {
    (date.month, date.day) == (Some(1), Some(1))
}

fn is_valid(role: Role, value: &str) -> bool {
    match role {
        Role::Upn => Upn::parse(value).is_some(),
        Role::NhsNumber => NhsNumber::parse(value).is_some(),
        Role::Uln => Uln::parse(value).is_some(),
        Role::Postcode => Postcode::parse(value).is_some(),
        _ => true,
    }
}

/// The two halves of a standardised UK postcode: `NW9 4EW`.
fn outward_and_inward(value: &str) -> Option<(&str, &str)> {
    value.split_once(' ').filter(|(_, inward)| inward.len() == 3 && inward.is_ascii())
}

#[cfg(test)]
mod tests;
