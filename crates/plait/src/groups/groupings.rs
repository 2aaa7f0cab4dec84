//! How records are put into groups: by what they say of the person, and by how they say it.

use crate::link::SourceFacts;
use plait_engine::groups::{Clusters, NO_GROUP};
use plait_engine::records::{Field, Records};
use plait_formats::returns::codes::{EthnicGroup, ethnicity, find_code};
use plait_formats::returns::library;
use plait_types::{Column, NULL, PartialDate, Role, Table};
use rayon::prelude::*;

/// One way of putting records into groups.
pub(super) struct Grouping {
    /// What it is by: `ethnic group`.
    pub(super) by: &'static str,
    /// Whether it is by something true of a person, whichever of their records says it; else of the record alone.
    pub(super) of_persons: bool,
    /// Their names.
    pub(super) groups: Vec<String>,
    /// The group of each record, or [`NO_GROUP`].
    pub(super) group_of: Vec<u16>,
}

/// Of each characteristic that a source records, the group of each of its records. Taken before linkage, which does not see it.
pub(crate) struct Characteristics(Vec<Grouping>);

/// A characteristic: its role, its groups, and which of them a value means.
struct Kind {
    role: Role,
    by: &'static str,
    groups: fn() -> Vec<String>,
    group: fn(&str) -> Option<u16>,
}

const KINDS: &[Kind] = &[
    Kind { role: Role::Ethnicity, by: "ethnic group", groups: ethnic_groups, group: ethnic_group },
    Kind { role: Role::Ethnicity, by: "ethnicity", groups: ethnicities, group: one_ethnicity },
    Kind { role: Role::Deprivation, by: "deprivation decile", groups: deciles, group: decile },
    Kind { role: Role::SenProvision, by: "SEN provision", groups: provisions, group: provision },
    Kind { role: Role::FreeSchoolMeals, by: "free school meals", groups: yes_no, group: flag },
    Kind { role: Role::ChildInNeed, by: "child in need", groups: yes_no, group: flag },
    Kind { role: Role::ProtectionPlan, by: "protection plan", groups: yes_no, group: flag },
    Kind { role: Role::LookedAfter, by: "looked after", groups: yes_no, group: flag },
    Kind { role: Role::Unaccompanied, by: "unaccompanied", groups: yes_no, group: flag },
];

/// Of flags: set in any record, set of the person.
const YES: u16 = 0;
const NO: u16 = 1;

impl Characteristics {
    /// Of the sources in order: their tables, and the columns of them that say a characteristic.
    pub(crate) fn of(sources: &[(&Table, Vec<(usize, Role)>)]) -> Self {
        let n_records = sources.iter().map(|(table, _)| table.n_rows).sum();
        let mut groupings = Vec::new();
        for kind in KINDS {
            let mut group_of: Vec<u16> = Vec::with_capacity(n_records);
            for (table, columns) in sources {
                let start = group_of.len();
                if let Some((column, _)) = columns.iter().find(|(_, role)| *role == kind.role) {
                    group_of.extend(kind.of_column(&table.columns[*column]));
                }
                group_of.resize(start + table.n_rows, NO_GROUP);
            }
            if group_of.iter().any(|&group| group != NO_GROUP) {
                groupings.push(Grouping { by: kind.by, of_persons: true, groups: (kind.groups)(), group_of });
            }
        }
        Self(groupings)
    }
}

impl Kind {
    fn of_column<'c>(&self, column: &'c Column) -> impl Iterator<Item = u16> + use<'c> {
        let of_value: Vec<u16> =
            column.values.iter().map(|value| (self.group)(value.trim()).unwrap_or(NO_GROUP)).collect();
        // in a column that says nothing but yes, nothing is no
        let is_flag = !matches!(self.role, Role::Ethnicity | Role::Deprivation | Role::SenProvision);
        let only_yes = is_flag && of_value.contains(&YES) && of_value.iter().all(|&group| group == YES);
        let missing = if only_yes { NO } else { NO_GROUP };
        column.codes.iter().map(move |&code| if code == NULL { missing } else { of_value[code as usize] })
    }
}

fn yes_no() -> Vec<String> {
    vec!["yes".to_owned(), "no".to_owned()]
}

/// Whether a flag is set, however its source writes that.
pub(crate) fn is_yes(value: &str) -> bool {
    flag(value.trim()) == Some(YES)
}

fn flag(value: &str) -> Option<u16> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(value));
    if is(&["yes", "y", "true", "t", "1", "1.0"]) {
        Some(YES)
    } else if is(&["no", "n", "false", "f", "0", "0.0"]) {
        Some(NO)
    } else {
        None
    }
}

fn deciles() -> Vec<String> {
    let words = |decile: u16| match decile {
        1 => "1 (most deprived)".to_owned(),
        10 => "10 (least deprived)".to_owned(),
        other => other.to_string(),
    };
    (1..=10).map(words).collect()
}

fn decile(value: &str) -> Option<u16> {
    let number = value.strip_suffix(".0").unwrap_or(value).parse::<u16>().ok()?;
    (1..=10).contains(&number).then(|| number - 1)
}

fn provisions() -> Vec<String> {
    ["none", "SEN support", "education, health and care plan"].map(str::to_owned).to_vec()
}

fn provision(value: &str) -> Option<u16> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(value));
    let code = library::codes("sen-provision").and_then(|list| find_code(list, value)).map(|(code, _)| code);
    match code.map(|code| code.maps_to.as_deref().unwrap_or(&code.code)) {
        Some("N") => Some(0),
        Some("K") => Some(1),
        Some("E" | "S") => Some(2),
        _ if is(&["no", "none", "no sen", "no special educational need", "0"]) => Some(0),
        _ if is(&["support", "sen support", "school action", "school action plus"]) => Some(1),
        _ if is(&["ehcp", "ehc", "ehc plan", "statement", "plan"]) => Some(2),
        _ => None,
    }
}

const ETHNIC_GROUPS: [EthnicGroup; 6] = [
    EthnicGroup::Asian,
    EthnicGroup::Black,
    EthnicGroup::Mixed,
    EthnicGroup::White,
    EthnicGroup::Other,
    EthnicGroup::NotKnown,
];

fn ethnic_groups() -> Vec<String> {
    ETHNIC_GROUPS.map(|group| group.words().to_owned()).to_vec()
}

/// The code and group of an ethnicity as returns code it, or as its label in a list of codes has it.
fn recognised(value: &str) -> Option<(&'static str, EthnicGroup)> {
    let lists = [None, library::codes("ethnicity"), library::codes("ethnicity-extended")];
    lists.into_iter().find_map(|list| ethnicity(list, value)).map(|found| (found.main, found.group))
}

fn ethnic_group(value: &str) -> Option<u16> {
    let (_, group) = recognised(value)?;
    ETHNIC_GROUPS.iter().position(|known| *known == group).map(|at| at as u16)
}

fn ethnicities() -> Vec<String> {
    let codes = library::codes("ethnicity").map_or(&[][..], |list| &list.codes);
    codes.iter().map(|code| format!("{} ({})", code.label, code.code)).collect()
}

fn one_ethnicity(value: &str) -> Option<u16> {
    let (main, _) = recognised(value)?;
    let codes = &library::codes("ethnicity")?.codes;
    codes.iter().position(|code| code.code == main).map(|at| at as u16)
}

/// Age bands in whole years, and their words.
const AGES: [(i32, &str); 7] = [
    (0, "0"),
    (4, "1 to 4"),
    (10, "5 to 10"),
    (15, "11 to 15"),
    (17, "16 to 17"),
    (25, "18 to 25"),
    (i32::MAX, "older"),
];
/// The band of births after the day on which ages are told.
const NOT_BORN: u16 = AGES.len() as u16;
/// How many bands there are, with that of records without an age.
pub(super) const N_BANDS: usize = AGES.len() + 2;

/// The age band of each record on a day, and in the last one those that say no age.
pub(super) fn bands(records: &Records, on: Option<PartialDate>) -> Vec<u16> {
    const UNKNOWN: u16 = N_BANDS as u16 - 1;
    let field = records.fields.iter().find(|field| field.role == Role::DateOfBirth);
    let Some((field, on)) = field.zip(on) else { return vec![UNKNOWN; records.len()] };
    let of_value: Vec<u16> = field.dates.iter().map(|birth| band(*birth, on)).collect();
    let of = |&code: &u32| if code == NULL { UNKNOWN } else { of_value[code as usize] };
    field.codes.par_iter().map(of).collect()
}

/// Of a birth of which the month or the day is not known the first counts.
fn band(birth: PartialDate, on: PartialDate) -> u16 {
    let day = |date: PartialDate| (date.month.unwrap_or(1), date.day.unwrap_or(1));
    let age = i32::from(on.year) - i32::from(birth.year) - i32::from(day(birth) > day(on));
    match AGES.iter().position(|(last, _)| age <= *last) {
        Some(band) if age >= 0 => band as u16,
        _ => NOT_BORN,
    }
}

/// Every way in which these records can be put into groups.
pub(super) fn groupings(
    records: &Records,
    sources: &[SourceFacts],
    characteristics: Characteristics,
    bands: &[u16],
) -> Vec<Grouping> {
    let (births, others) = rayon::join(
        || by_births(records),
        || {
            let recorded =
                IDENTIFIERS.par_iter().filter_map(|&(role, by)| by_recorded(records, sources, role, by));
            let recorded: Vec<Grouping> = recorded.collect();
            (by_name_length(records), by_words(records), recorded)
        },
    );
    let (lengths, words, recorded) = others;
    let mut all = vec![by_source(records)];
    all.extend(by_sex(records));
    all.push(by_age(bands));
    all.extend(characteristics.0);
    all.extend(births);
    all.extend(lengths);
    all.extend(words);
    all.extend(recorded);
    all.retain(|grouping| grouping.group_of.iter().any(|&group| group != NO_GROUP));
    all
}

/// What a record may lack.
const IDENTIFIERS: [(Role, &str); 6] = [
    (Role::Forename, "forename"),
    (Role::Surname, "surname"),
    (Role::DateOfBirth, "date of birth"),
    (Role::Postcode, "postcode"),
    (Role::NhsNumber, "NHS number"),
    (Role::Upn, "UPN"),
];

fn field(records: &Records, role: Role) -> Option<&Field> {
    records.fields.iter().find(|field| field.role == role)
}

/// The group of each record by the value of a field.
fn by_value(field: &Field, group: impl Fn(&str) -> u16) -> Vec<u16> {
    let of_value: Vec<u16> = field.values.iter().map(group).collect();
    let of = |&code: &u32| if code == NULL { NO_GROUP } else { of_value[code as usize] };
    field.codes.par_iter().map(of).collect()
}

fn by_source(records: &Records) -> Grouping {
    let groups = records.sources.iter().map(|source| source.name.clone()).collect();
    let of_source = (0u16..).zip(&records.sources);
    let group_of =
        of_source.flat_map(|(at, source)| std::iter::repeat_n(at, (source.end - source.start) as usize));
    Grouping { by: "source", of_persons: false, groups, group_of: group_of.collect() }
}

fn by_sex(records: &Records) -> Option<Grouping> {
    let group_of = by_value(field(records, Role::Sex)?, |value| match value {
        "f" => 0,
        "m" => 1,
        _ => NO_GROUP,
    });
    Some(Grouping { by: "sex", of_persons: true, groups: vec!["female".into(), "male".into()], group_of })
}

fn by_age(bands: &[u16]) -> Grouping {
    let groups: Vec<String> =
        AGES.iter().map(|(_, words)| (*words).to_owned()).chain(["not yet born".to_owned()]).collect();
    let n_known = groups.len() as u16;
    let group_of: Vec<u16> = bands.iter().map(|&band| if band < n_known { band } else { NO_GROUP }).collect();
    Grouping { by: "age", of_persons: true, groups, group_of }
}

/// Records that their own source has beside others of the same birth, surname and postcode and another forename, as of
/// twins. Between sources the same would be said of one person whose forename is written in two ways.
fn by_births(records: &Records) -> Option<Grouping> {
    let fields = [Role::Surname, Role::Postcode, Role::Forename].map(|role| field(records, role));
    let ([Some(surname), Some(postcode), Some(forename)], Some(birth)) =
        (fields, field(records, Role::DateOfBirth))
    else {
        return None;
    };
    let fields = [birth, surname, postcode, forename];
    let says_all = |record: usize| fields.iter().all(|field| field.codes[record] != NULL);
    let birth_of = (0..records.len()).into_par_iter();
    let birth_of = birth_of.map(|record| if says_all(record) { birth.codes[record] } else { NULL });
    let by_birth = Clusters::new(&birth_of.collect::<Vec<u32>>(), birth.values.len());
    let of_birth = |born: &mut Vec<(u64, u32)>, birth: usize| {
        let told = |field: &Field, record: u32| u64::from(field.codes[record as usize]);
        born.clear();
        let family = |record: u32| told(surname, record) << 32 | told(postcode, record);
        born.extend(by_birth.get(birth).iter().map(|&record| (family(record), record)));
        born.sort_unstable();
        let mut several = Vec::new();
        for family in born.chunk_by(|a, b| a.0 == b.0).filter(|family| family.len() > 1) {
            // records are in the order of their sources
            let same_source =
                |a: &(u64, u32), b: &(u64, u32)| records.source_of(a.1) == records.source_of(b.1);
            for of_source in family.chunk_by(same_source) {
                let first = forename.codes[of_source[0].1 as usize];
                if of_source.iter().any(|&(_, record)| forename.codes[record as usize] != first) {
                    several.extend(of_source.iter().map(|&(_, record)| record));
                }
            }
        }
        several
    };
    let births = (0..by_birth.len()).into_par_iter().with_min_len(64);
    let several: Vec<u32> = births.map_init(Vec::new, of_birth).flatten_iter().collect();
    let group = |record: usize| if says_all(record) { NO } else { NO_GROUP };
    let mut group_of: Vec<u16> = (0..records.len()).into_par_iter().map(group).collect();
    several.into_iter().for_each(|record| group_of[record as usize] = YES);
    Some(Grouping { by: "several births", of_persons: false, groups: yes_no(), group_of })
}

/// Letters of forename and surname together, up to and including, and their words.
const LENGTHS: [(u16, &str); 4] = [
    (8, "up to 8 letters"),
    (12, "9 to 12 letters"),
    (16, "13 to 16 letters"),
    (u16::MAX, "17 letters or more"),
];

fn by_name_length(records: &Records) -> Option<Grouping> {
    let letters = |field: &Field| -> Vec<u16> {
        let length = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).count();
        field.values.iter().map(|name| length(name).min(usize::from(u16::MAX) / 2) as u16).collect()
    };
    let (forename, surname) = (field(records, Role::Forename)?, field(records, Role::Surname)?);
    let (of_forename, of_surname) = (letters(forename), letters(surname));
    let group = |(&first, &last): (&u32, &u32)| {
        if first == NULL || last == NULL {
            return NO_GROUP;
        }
        let length = of_forename[first as usize] + of_surname[last as usize];
        LENGTHS.iter().position(|(most, _)| length <= *most).expect("the last has no end") as u16
    };
    let group_of = forename.codes.par_iter().zip(&surname.codes).map(group).collect();
    let groups = LENGTHS.iter().map(|(_, words)| (*words).to_owned()).collect();
    Some(Grouping { by: "length of name", of_persons: false, groups, group_of })
}

fn by_words(records: &Records) -> Option<Grouping> {
    let group_of = by_value(field(records, Role::Surname)?, |name| {
        if name.contains(|c: char| c.is_whitespace() || c == '-') { YES } else { NO }
    });
    Some(Grouping { by: "surname of several words", of_persons: false, groups: yes_no(), group_of })
}

/// Of the sources that have the column, whether a record has a value that can be compared.
fn by_recorded(records: &Records, sources: &[SourceFacts], role: Role, by: &'static str) -> Option<Grouping> {
    let field = field(records, role)?;
    let mut group_of = vec![NO_GROUP; records.len()];
    for (source, facts) in records.sources.iter().zip(sources) {
        let is_there = |role: Role| facts.profile.iter().any(|column| column.role == role);
        let names = matches!(role, Role::Forename | Role::Surname) && is_there(Role::FullName);
        if is_there(role) || names {
            let range = source.start as usize..source.end as usize;
            let codes = &field.codes[range.clone()];
            for (group, &code) in group_of[range].iter_mut().zip(codes) {
                *group = u16::from(code == NULL);
            }
        }
    }
    Some(Grouping {
        by,
        of_persons: false,
        groups: vec!["recorded".to_owned(), "missing".to_owned()],
        group_of,
    })
}

impl Grouping {
    /// The group of each record as it is true of its entity: of what the records of the entity say the commonest, of flags
    /// whether any says yes. What is of records alone stays as it is.
    pub(super) fn of_entities(&self, entities: &Clusters) -> Vec<u16> {
        let mut group_of = self.group_of.clone();
        if !self.of_persons {
            return group_of;
        }
        let is_flag = self.groups == yes_no();
        let mut counts = vec![0u32; self.groups.len()];
        for entity in 0..entities.len() {
            let records = entities.get(entity);
            counts.fill(0);
            for &record in records {
                let group = self.group_of[record as usize];
                if group != NO_GROUP {
                    counts[usize::from(group)] += 1;
                }
            }
            let said = (0..counts.len()).filter(|&group| counts[group] > 0);
            let of_entity = if is_flag {
                said.min()
            } else {
                // of equally many the first
                said.max_by_key(|&group| (counts[group], std::cmp::Reverse(group)))
            };
            let of_entity = of_entity.map_or(NO_GROUP, |group| group as u16);
            records.iter().for_each(|&record| group_of[record as usize] = of_entity);
        }
        group_of
    }
}

#[cfg(test)]
mod tests;
