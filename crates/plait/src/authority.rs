//! Ids that a local authority gives to children, kept apart by authority: two authorities use the same numbers.
//!
//! Most forms do not say of which authority they are. Where several are in a run, such a source takes the authority of
//! those whose ids are for the most part its own, with the same dates of birth; numbers that two systems gave out alike
//! have other dates, and two sources of which that is so are of two authorities even where neither says so.

use crate::details::{Detail, detail};
use crate::source::Opened;
use hashbrown::HashMap;
use plait_engine::explanation::Explanation;
use plait_engine::model::{FORMER_LA_CHILD_ID, LA_CHILD_ID, field_words};
use plait_types::{
    Column, DateOrder, Issue, IssueKind, PartialDate, Role, Values, counted, grouped, percent,
};
use std::collections::{BTreeMap, BTreeSet};

/// Where the sources are of several authorities, puts its authority before every child id that is compared, so that ids
/// agree within one authority only. A source of which no authority can be told is then one by itself. Names of records
/// are taken before, so that outputs have the ids as they are in the files.
///
/// Gives what was told of sources that do not say their authority, and a warning for each of which nothing could be.
pub(crate) fn keep_child_ids_apart(sources: &mut [Opened]) -> (Vec<Detail>, Vec<Issue>) {
    let of_source: Vec<Ids> = sources.iter().map(ids).collect();
    let numbered_alike = tell_those_that_number_alike(sources, &of_source);
    if !are_of_several(sources) {
        return Default::default();
    }
    let (details, unknown) = tell_authorities(sources, &of_source);
    let told = (details, [numbered_alike, unknown].concat());
    for source in sources {
        let marks = match &source.authority {
            Some(authority) => mark(authority),
            None => mark(&source.table.name),
        };
        for plan in source.plans.iter().filter(|plan| is_child_id(&plan.name, plan.role)) {
            let column = &mut source.table.columns[plan.column];
            *column = marked(column, &marks);
        }
    }
    told
}

/// The ids that a source gives now, with the date of birth of the child.
type Ids = HashMap<String, Option<PartialDate>>;

/// Gives sources whose ids other children have elsewhere in the run an authority of their own, unless they are of that of a
/// source before them, and a warning of it.
fn tell_those_that_number_alike(sources: &mut [Opened], of_source: &[Ids]) -> Vec<Issue> {
    let (mut issues, mut told_of) = (Vec::new(), BTreeSet::new());
    let name = |source: &Opened| source.table.name.clone();
    for at in 0..sources.len() {
        let of_others: Vec<(usize, Shared)> = (0..sources.len())
            .filter(|&other| other != at)
            .map(|other| (other, Shared::of(&of_source[at], &of_source[other])))
            .filter(|&(other, shared)| {
                let [here, there] = [at, other].map(|source| sources[source].authority.as_deref());
                shared.are_of_two_authorities() && (here.is_none() || here != there)
            })
            .collect();
        let Some(&(other, shared)) = of_others.first() else { continue };
        if sources[at].authority.is_some() {
            continue;
        }
        let is_other = |source: usize| of_others.iter().any(|&(other, _)| other == source);
        let is_of_a_known_one = (0..at).any(|known| {
            sources[known].authority.is_some()
                && !is_other(known)
                && Shared::of(&of_source[at], &of_source[known]).are_of_one_authority()
        });
        if is_of_a_known_one {
            continue;
        }
        let (here, there) = (name(&sources[at]), name(&sources[other]));
        sources[at].authority = Some(here.clone());
        // said once of two
        if told_of.insert((at.min(other), at.max(other))) {
            let message = format!(
                "{} of {} that it shares with {there} have another date of birth there, so that the two number their children alike \
                 and are taken to be of two authorities: their child ids are not compared; if they are of one, say so with \
                 --authority {here}=NUMBER and --authority {there}=NUMBER",
                grouped(shared.n_contradicting),
                counted(shared.n_dated, "child id"),
            );
            let issue = Issue::new(IssueKind::UnknownAuthority, &*here, message);
            issues.push(issue.counting(shared.n_contradicting as usize));
        }
    }
    issues
}

/// Gives sources without an authority the one that their ids are of, until no more can be told: a return may share ids
/// with the case management alone.
fn tell_authorities(sources: &mut [Opened], of_source: &[Ids]) -> (Vec<Detail>, Vec<Issue>) {
    let mut details = Vec::new();
    loop {
        let mut of_authority: BTreeMap<&str, Ids> = BTreeMap::new();
        for (source, ids) in sources.iter().zip(of_source) {
            if let Some(authority) = &source.authority {
                let known = of_authority.entry(authority).or_default();
                ids.iter().for_each(|(id, born)| {
                    let date = known.entry(id.clone()).or_default();
                    *date = date.or(*born);
                });
            }
        }
        let mut told: Vec<(usize, String)> = Vec::new();
        for (at, ids) in of_source.iter().enumerate() {
            if sources[at].authority.is_some() || ids.is_empty() {
                continue;
            }
            let same: Vec<(&str, Shared)> = of_authority
                .iter()
                .map(|(authority, known)| (*authority, Shared::of(ids, known)))
                .filter(|(_, shared)| shared.are_of_one_authority())
                .collect();
            if let [(authority, shared)] = same[..] {
                let name = &sources[at].table.name;
                details.push(detail(
                    "Routes",
                    format!(
                        "{name} does not say its authority and is taken to be of {authority}, with which it shares {}{}. \
                         --authority {name}=NUMBER says otherwise.",
                        counted(shared.n_ids, "child id"),
                        shared.dates_words(),
                    ),
                ));
                told.push((at, authority.to_owned()));
            }
        }
        if told.is_empty() {
            break;
        }
        told.into_iter().for_each(|(at, authority)| sources[at].authority = Some(authority));
    }
    let known: Vec<&str> = sources.iter().filter_map(|source| source.authority.as_deref()).collect();
    let mut known = known.iter().map(|authority| (*authority).to_owned()).collect::<Vec<_>>();
    known.sort_unstable();
    known.dedup();
    let mut issues = Vec::new();
    for (source, ids) in sources.iter().zip(of_source) {
        if source.authority.is_some() || ids.is_empty() {
            continue;
        }
        let message = format!(
            "nothing says of which authority it is, and the run has children of {}: its {} are compared with those of no other \
             source; say it with --authority {}=NUMBER",
            known.join(", "),
            counted(ids.len() as u64, "child id"),
            source.table.name,
        );
        issues
            .push(Issue::new(IssueKind::UnknownAuthority, &*source.table.name, message).counting(ids.len()));
    }
    (details, issues)
}

/// What the ids of two sources have in common.
#[derive(Clone, Copy, Debug)]
struct Shared {
    n_ids: u64,
    /// Of these with a date of birth on both sides, and with the same one.
    n_dated: u64,
    n_same_date: u64,
    /// Those whose dates cannot be of one child, not even by a slip or as far as they are known.
    n_contradicting: u64,
    /// The ids of the first, and of the one that has fewer.
    of_first: u64,
    of_smaller: u64,
}

impl Shared {
    fn of(first: &Ids, other: &Ids) -> Self {
        let of_smaller = first.len().min(other.len()) as u64;
        let mut shared = Self {
            n_ids: 0,
            n_dated: 0,
            n_same_date: 0,
            n_contradicting: 0,
            of_first: first.len() as u64,
            of_smaller,
        };
        for (id, born) in first {
            let Some(other) = other.get(id) else { continue };
            shared.n_ids += 1;
            if let (Some(born), Some(other)) = (born, other) {
                shared.n_dated += 1;
                shared.n_same_date += u64::from(born == other);
                shared.n_contradicting += u64::from(born.contradicts(*other));
            }
        }
        shared
    }

    /// Half of the ids, and nearly always with the same date of birth. Without dates, half of all ids of the first: a
    /// short list is among the numbers of any authority that counts from 1.
    fn are_of_one_authority(self) -> bool {
        const SAME_DATE: u64 = 80;
        if self.n_dated == 0 {
            return self.n_ids > 0 && self.n_ids * 2 >= self.of_first;
        }
        self.n_ids * 2 >= self.of_smaller && self.n_same_date * 100 >= self.n_dated * SAME_DATE
    }

    /// Ids that they share are for the most part of children with other dates of birth.
    fn are_of_two_authorities(self) -> bool {
        /// Fewer may be slips.
        const FEWEST: u64 = 10;
        self.n_dated >= FEWEST && self.n_contradicting * 2 > self.n_dated
    }

    fn dates_words(self) -> String {
        match self.n_dated {
            0 => String::new(),
            n => format!(
                ", {} of {} with the same date of birth ({})",
                grouped(self.n_same_date),
                grouped(n),
                percent(self.n_same_date as f64 / n as f64)
            ),
        }
    }
}

fn ids(source: &Opened) -> Ids {
    let column = |is: &dyn Fn(&plait_formats::columns::ColumnPlan) -> bool| {
        source.plans.iter().find(|plan| is(plan)).map(|plan| (plan, &source.table.columns[plan.column]))
    };
    let is_current = |plan: &plait_formats::columns::ColumnPlan| {
        plan.role == Role::Identifier && plan.name.trim().eq_ignore_ascii_case(LA_CHILD_ID)
    };
    let Some((_, ids)) = column(&is_current) else { return Ids::default() };
    let births = column(&|plan| plan.role == Role::DateOfBirth);
    let born = |row: usize| {
        let (plan, column) = births?;
        PartialDate::parse(column.get(row)?, plan.date_order.unwrap_or(DateOrder::YearMonthDay))
    };
    let rows = (0..source.table.n_rows).filter_map(|row| Some((row, ids.get(row).map(str::trim)?)));
    let mut all = Ids::default();
    for (row, id) in rows.filter(|(_, id)| is_value(id)) {
        let date = all.entry(id.to_owned()).or_default();
        *date = date.or_else(|| born(row));
    }
    all
}

/// Takes the authorities out of an explanation again.
pub(crate) fn as_in_the_files(mut explanation: Explanation) -> Explanation {
    for term in
        explanation.terms.iter_mut().filter(|term| term.title.eq_ignore_ascii_case(field_words(LA_CHILD_ID)))
    {
        for value in [&mut term.left, &mut term.right].into_iter().flatten() {
            if let Some((_, id)) = value.split_once(MARK) {
                *value = id.to_owned();
            }
        }
    }
    explanation
}

fn are_of_several(sources: &[Opened]) -> bool {
    let mut authorities = sources.iter().filter_map(|source| source.authority.as_ref());
    let first = authorities.next();
    authorities.any(|other| Some(other) != first)
}

fn is_child_id(header: &str, role: Role) -> bool {
    let is = |name: &str| header.trim().eq_ignore_ascii_case(name);
    role == Role::Identifier && (is(LA_CHILD_ID) || is(FORMER_LA_CHILD_ID))
}

/// A letter, so that standardising keeps it, that no id and no authority has.
const MARK: char = 'Ж';

/// Every character three times: a comparison forgives two edits, and ids of two authorities are to be further apart.
fn mark(authority: &str) -> String {
    let characters = authority.chars().filter(|character| character.is_alphanumeric());
    characters.flat_map(|character| [character; 3]).chain([MARK]).collect()
}

fn marked(column: &Column, marks: &str) -> Column {
    let mut values = Values::default();
    for value in column.values.iter() {
        let value = value.trim();
        let marks = if is_value(value) { marks } else { "" };
        values.push(&format!("{marks}{value}"));
    }
    Column { name: column.name.clone(), codes: column.codes.clone(), values }
}

/// What stands for "missing" is to be known as such still.
fn is_value(id: &str) -> bool {
    id.chars().any(char::is_alphanumeric) && !plait_types::placeholder::is_placeholder(Role::Identifier, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceSpec, open};
    use plait_engine::progress::Silent;
    use plait_engine::records::Records;
    use plait_types::NULL;

    /// Two files of child ids, of the authorities that are given; whether any record of one shares an id with the other.
    #[track_caller]
    fn check(authorities: [Option<&str>; 2], shared: bool) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let specs = ["first", "second"].map(|name| {
            let path = folder.path().join(format!("{name}.csv"));
            std::fs::write(&path, "la_child_id,dob\n00123,2012-04-05\n7741,2014-11-30\n,2013-02-01\n")
                .expect("written");
            SourceSpec::at(path)
        });
        let roles = [(LA_CHILD_ID.to_owned(), Role::Identifier)];
        let Ok(mut opened) = open(&specs, &roles, &Silent) else { panic!("readable") };
        for (source, authority) in opened.iter_mut().zip(authorities) {
            source.authority = authority.map(str::to_owned);
        }
        let names: Vec<String> =
            opened.iter().map(|source| source.record_names().get(0).into_owned()).collect();
        keep_child_ids_apart(&mut opened);
        let records = Records::new(opened.into_iter().map(|source| source.into_input(None)).collect());
        let field = &records.fields[records.field(LA_CHILD_ID).expect("it is there")];
        for row in 0..2 {
            assert_eq!(field.codes[row] == field.codes[row + 3], shared, "{authorities:?}");
        }
        assert_eq!((field.codes[2], field.codes[5]), (NULL, NULL), "nothing recorded stays nothing");
        assert_eq!(names, ["1", "1"]);
        if !shared {
            let apart =
                plait_engine::similarity::osa(field.get(0).expect("an id"), field.get(3).expect("an id"));
            assert!(apart > 2, "{apart}");
        }
    }

    #[test]
    fn a_source_without_an_authority_takes_that_of_its_children_and_else_is_warned_of() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let rows = |year: u16| {
            let rows: Vec<String> = (1..=20).map(|id| format!("{id},{year}-04-{id:02}\n")).collect();
            rows.concat()
        };
        let lists = [
            ("one", Some("302"), rows(2012)),
            ("other", Some("303"), rows(2014)),
            ("cases", None, rows(2012)),
            ("late", None, rows(2016)),
        ];
        let specs = lists.each_ref().map(|(name, _, rows)| {
            let path = folder.path().join(format!("{name}.csv"));
            std::fs::write(&path, format!("la_child_id,dob\n{rows}")).expect("written");
            SourceSpec::at(path)
        });
        let roles = [(LA_CHILD_ID.to_owned(), Role::Identifier), ("dob".to_owned(), Role::DateOfBirth)];
        let Ok(mut opened) = open(&specs, &roles, &Silent) else { panic!("readable") };
        for (source, (_, authority, _)) in opened.iter_mut().zip(&lists) {
            source.authority = authority.map(str::to_owned);
        }
        let (details, issues) = keep_child_ids_apart(&mut opened);
        assert_eq!(opened[2].authority.as_deref(), Some("302"));
        assert_eq!(opened[3].authority, None);
        assert!(details.len() == 1 && details[0].text.contains("taken to be of 302"), "{details:?}");
        assert!(issues.len() == 1 && issues[0].message.contains("--authority late=NUMBER"), "{issues:?}");
        assert_eq!((issues[0].kind, issues[0].count), (IssueKind::UnknownAuthority, 20));
    }

    #[test]
    fn sources_that_number_other_children_alike_are_of_two_authorities_though_none_says_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let rows = |month: &str, n: u16| {
            let rows: Vec<String> = (1..=n).map(|id| format!("{id},{month}-{id:02}\n")).collect();
            rows.concat()
        };
        let authorities = |lists: &[(&str, Option<&str>, String)]| {
            let specs: Vec<SourceSpec> = lists
                .iter()
                .map(|(name, _, rows)| {
                    let path = folder.path().join(format!("{name}.csv"));
                    std::fs::write(&path, format!("la_child_id,dob\n{rows}")).expect("written");
                    SourceSpec::at(path)
                })
                .collect();
            let roles = [(LA_CHILD_ID.to_owned(), Role::Identifier), ("dob".to_owned(), Role::DateOfBirth)];
            let Ok(mut opened) = open(&specs, &roles, &Silent) else { panic!("readable") };
            for (source, (_, authority, _)) in opened.iter_mut().zip(lists) {
                source.authority = authority.map(str::to_owned);
            }
            let (_, issues) = keep_child_ids_apart(&mut opened);
            let told: Vec<Option<String>> = opened.into_iter().map(|source| source.authority).collect();
            (told, issues)
        };
        let (told, issues) = authorities(&[
            ("cases", None, rows("2012-04", 20)),
            ("elsewhere", None, rows("2015-11", 20)),
            ("returns", None, rows("2012-04", 15)),
        ]);
        assert_eq!(told, [Some("cases".into()), Some("elsewhere".into()), Some("cases".into())]);
        assert!(issues.len() == 1 && issues[0].kind == IssueKind::UnknownAuthority, "{issues:?}");
        assert_eq!(
            issues[0].message,
            "20 of 20 child ids that it shares with elsewhere have another date of birth there, so that the two number their \
             children alike and are taken to be of two authorities: their child ids are not compared; if they are of one, say so \
             with --authority cases=NUMBER and --authority elsewhere=NUMBER"
        );
        let (told, issues) = authorities(&[
            ("cases", Some("302"), rows("2012-04", 20)),
            ("returns", None, rows("2015-11", 20)),
        ]);
        assert_eq!(told, [Some("302".into()), Some("returns".into())]);
        assert_eq!(issues.len(), 1);
        // what is known of one date less exactly is no other date
        for coarse in ["2012-04", "2012", "2012-04-01"] {
            let rows_coarse: Vec<String> = (1..=20).map(|id| format!("{id},{coarse}\n")).collect();
            let (told, issues) =
                authorities(&[("cases", None, rows("2012-04", 20)), ("returns", None, rows_coarse.concat())]);
            assert_eq!((told, issues.len()), (vec![None, None], 0), "{coarse}");
        }
        // somebody says that they are of one, or there are too few to tell
        for (authority, n) in [(Some("302"), 20), (None, 9)] {
            let (told, issues) = authorities(&[
                ("cases", authority, rows("2012-04", n)),
                ("returns", authority, rows("2015-11", n)),
            ]);
            assert_eq!((told, issues.len()), (vec![authority.map(str::to_owned); 2], 0));
        }
    }

    #[test]
    fn ids_of_one_authority_are_compared_and_of_two_are_not() {
        check([None, None], true);
        check([Some("302"), Some("302")], true);
        check([Some("302"), None], true);
        check([Some("302"), Some("303")], false);
        check([Some("302"), Some("023")], false);
    }
}
