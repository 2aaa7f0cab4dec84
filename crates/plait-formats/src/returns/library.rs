//! The specs and code lists that come with the program.

use super::filling::Filling;
use super::spec::{Spec, extends};
use plait_types::{Fault, FaultCode, nearest};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/specs.rs"));
}

/// Every spec that comes with the program, by name, then year. Read once, in about 13 ms; [`spec`] and
/// [`of_year`] read one return only.
///
/// # Panics
///
/// If an embedded spec is wrong, which a test excludes.
pub fn specs() -> &'static [Arc<Spec>] {
    static ALL: OnceLock<Vec<Arc<Spec>>> = OnceLock::new();
    ALL.get_or_init(|| {
        read_all();
        returns().iter().flat_map(Return::years).cloned().collect()
    })
}

/// Reads the years of all returns, on two threads of its own. Not on those of rayon: one that waits for the others takes up other
/// work meanwhile, which may wait for this very lock, and then nothing goes on.
fn read_all() {
    let (some, others) = returns().split_at(returns().len() / 2);
    let read = |returns: &'static [Return]| {
        for found in returns {
            found.years();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| read(some));
        read(others);
    });
}

/// The name of every return, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    returns().iter().map(|found| found.name)
}

/// Every year of the return of this name, ascending; none where there is no such return.
pub fn years(name: &str) -> &'static [Arc<Spec>] {
    returns().iter().find(|found| found.name == name).map_or(&[], Return::years)
}

/// The spec of this name, `cin-census-2017`; without a year, the newest.
///
/// Fails with `E022` where there is none, naming the nearest.
pub fn spec(id: &str) -> Result<Arc<Spec>, Fault> {
    let found = years(stem(id)).iter().find(|spec| spec.id() == id).or_else(|| years(id).last());
    found.cloned().ok_or_else(|| {
        let near = meant(id);
        let todo = if near.is_empty() {
            "plait specs list shows all".to_owned()
        } else {
            format!("did you mean {}? plait specs list shows all", alternatives(&near))
        };
        Fault::new(FaultCode::BadSpec, format!("there is no specification \"{id}\""), todo)
    })
}

/// What a name that there is not may have been meant to be: the returns one of whose words starts with it, else the
/// nearest name.
fn meant(id: &str) -> Vec<&'static str> {
    let typed = id.trim().to_lowercase().replace(['_', ' '], "-");
    if stem(&typed) != typed && stem(&typed).len() >= 2 {
        let of_return = meant(stem(&typed)).into_iter().filter(|name| !years(name).is_empty());
        let year = &typed[stem(&typed).len()..];
        let folder =
            |id: &str| embedded::SPECS.iter().map(|(folder, _)| *folder).find(|folder| *folder == id);
        let of_year = |name: &'static str| {
            folder(&format!("{name}{year}")).or_else(|| folder(&years(name).last()?.id()))
        };
        let found: Vec<&str> = of_return.filter_map(of_year).collect();
        if !found.is_empty() {
            return found;
        }
    }
    let begins = |name: &&str| {
        name.match_indices('-').map(|(at, _)| at + 1).chain([0]).any(|at| name[at..].starts_with(&typed))
    };
    let begun: Vec<&str> = names().filter(begins).collect();
    if typed.len() >= 2 && !begun.is_empty() {
        return begun;
    }
    let known = names().chain(embedded::SPECS.iter().map(|(folder, _)| *folder));
    nearest(id, known).into_iter().collect()
}

/// `"a"`, `"a" or "b"`, `"a", "b" or "c"`
fn alternatives(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}

/// The return of this name in a year, or in the nearest year before it; the first year where there is none before.
pub fn of_year(name: &str, year: u16) -> Option<Arc<Spec>> {
    let years = years(name);
    years.iter().rfind(|spec| spec.year <= year).or(years.first()).cloned()
}

/// A list of codes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CodeList {
    /// As columns name it: `ethnicity`.
    pub name: String,
    /// Where its codes and labels come from: the comment in its file.
    pub source: String,
    /// In the collector's order.
    pub codes: Vec<Code>,
}

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Code {
    /// As it stands in files.
    pub code: String,
    /// What it means.
    pub label: String,
    /// The code that it is across datasets and years, where there is a mapping: `M`, `WBRI`.
    pub maps_to: Option<String>,
}

impl CodeList {
    /// The code as it stands in a file; case and spaces around do not matter.
    pub fn find(&self, text: &str) -> Option<&Code> {
        let text = text.trim();
        self.codes.iter().find(|code| code.code.eq_ignore_ascii_case(text))
    }
}

/// The code list of this name. Each is read when it is first asked for.
pub fn codes(name: &str) -> Option<&'static CodeList> {
    type Lists = BTreeMap<&'static str, (&'static str, OnceLock<CodeList>)>;
    static ALL: OnceLock<Lists> = OnceLock::new();
    let unread = |(name, text): &(&'static str, &'static str)| (*name, (*text, OnceLock::new()));
    let (text, list) = ALL.get_or_init(|| embedded::CODES.iter().map(unread).collect()).get(name)?;
    Some(list.get_or_init(|| read_codes(name, text)))
}

/// The name of every code list, in order.
pub fn code_lists() -> impl Iterator<Item = &'static str> {
    embedded::CODES.iter().map(|(name, _)| *name)
}

/// How the lists of one return are filled from the rows of another, by their names; `None` where they are not.
///
/// # Panics
///
/// If it is wrong, which a test excludes.
pub fn filling(of: &str, from: &str) -> Option<Filling> {
    let (_, _, text) = embedded::FILLINGS.iter().find(|(list, source, _)| *list == of && *source == from)?;
    Some(Filling::parse(text, &format!("{of}/from-{from}.toml")).expect("the embedded fillings are right"))
}

/// The returns that the lists of one are filled from, besides itself.
pub fn fillings(of: &str) -> impl Iterator<Item = &'static str> {
    embedded::FILLINGS.iter().filter(move |(list, ..)| *list == of).map(|(_, from, _)| *from)
}

/// Reads the columns `code`, `label` and, where it is there, `maps_to`; others (source, date) are for people.
fn read_codes(name: &str, text: &str) -> CodeList {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let headers = reader.headers().expect("a code list has a header").clone();
    let at = |header: &str| headers.iter().position(|name| name == header);
    let (code, label, maps_to) = (at("code"), at("label"), at("maps_to"));
    let rows = reader.records().map(|row| row.expect("a code list is well-formed"));
    let codes = rows.map(|row| {
        let cell =
            |column: Option<usize>| column.and_then(|column| row.get(column)).unwrap_or_default().to_owned();
        Code {
            code: cell(code),
            label: cell(label),
            maps_to: Some(cell(maps_to)).filter(|text| !text.is_empty()),
        }
    });
    let source = text.lines().next().and_then(|line| line.strip_prefix('#')).unwrap_or_default().trim();
    CodeList { name: name.to_owned(), source: source.to_owned(), codes: codes.collect() }
}

/// The files of one return, read when somebody asks for it.
struct Return {
    name: &'static str,
    /// Folder and text.
    files: Vec<(&'static str, &'static str)>,
    years: OnceLock<Vec<Arc<Spec>>>,
}

impl Return {
    fn years(&self) -> &[Arc<Spec>] {
        self.years.get_or_init(|| read_years(&self.files).expect("the embedded specs are right"))
    }
}

fn returns() -> &'static [Return] {
    static ALL: OnceLock<Vec<Return>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut files: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (folder, text) in embedded::SPECS {
            files.entry(stem(folder)).or_default().push((*folder, *text));
        }
        files.into_iter().map(|(name, files)| Return { name, files, years: OnceLock::new() }).collect()
    })
}

/// A folder or id without its year.
fn stem(folder: &str) -> &str {
    let parts = folder.rsplit_once('-');
    parts.filter(|(_, year)| year.parse::<u16>().is_ok()).map_or(folder, |(stem, _)| stem)
}

/// Reads the years of one return, each after the one that it extends.
fn read_years(files: &[(&str, &str)]) -> Result<Vec<Arc<Spec>>, Fault> {
    let mut files: Vec<(Option<u16>, &str, &str)> =
        files.iter().map(|(folder, text)| (extends(text), *folder, *text)).collect();
    files.sort_unstable();
    let mut years: Vec<Arc<Spec>> = Vec::new();
    for (base, folder, text) in files {
        let spec = match base {
            None => Spec::parse(text, folder)?,
            Some(base) => {
                let base = years.iter().find(|spec| spec.year == base).ok_or_else(|| {
                    let what = format!("{folder} extends {base}, which is not there");
                    Fault::new(FaultCode::BadSpec, what, "add that year")
                })?;
                base.change(text, folder)?
            }
        };
        years.push(Arc::new(spec));
    }
    Ok(years)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::returns::spec::{Meaning, Rows, Table, Term};
    use std::collections::BTreeSet;
    use std::fs;
    use std::ops::RangeInclusive;
    use std::path::Path;

    #[test]
    fn every_embedded_spec_is_right_and_named_as_its_folder() {
        assert_eq!(faults_of_library(), Vec::<String>::new());
        let ids: Vec<String> = specs().iter().map(|spec| spec.id()).collect();
        for (folder, _) in embedded::SPECS {
            assert!(ids.iter().any(|id| id == folder), "{folder} holds another return or year");
        }
    }

    /// Numbers that were seen with their meaning, return by return: formats of the collector, validators, help pages. A part
    /// behind a hyphen tells several checks of one number apart.
    #[test]
    fn every_number_of_a_check_was_seen_for_its_return() {
        let upn = ["1510", "1520", "1530", "1540", "1550"];
        let cin = ["1560Q", "4180", "4220", "8500", "8510", "8520", "8525", "8770Q", "8772", "8775Q"];
        let seen = BTreeMap::from([
            ("cin-census", [upn.as_slice(), &cin].concat()),
            ("school-census", [upn.as_slice(), &["1500"]].concat()),
            ("ssda903", vec!["101", "102", "103", "168"]),
        ]);
        for spec in specs() {
            for check in spec.checks.iter().filter(|check| check.has_number()) {
                let number = check.id.split('-').next().unwrap_or_default();
                let known = seen.get(spec.name.as_str()).is_some_and(|numbers| numbers.contains(&number));
                assert!(known, "{}: {}", spec.id(), check.id);
            }
        }
    }

    #[test]
    fn no_name_of_a_column_is_more_than_a_header() {
        for (spec, column) in specs().iter().flat_map(|spec| {
            spec.tables.iter().flat_map(|table| &table.columns).map(move |column| (spec.id(), column))
        }) {
            for name in std::iter::once(&column.name).chain(&column.aliases) {
                assert!(!name.is_empty() && name.trim() == name && !name.ends_with('!'), "{spec}: {name}");
            }
        }
    }

    #[test]
    fn every_code_list_is_used_and_has_no_code_twice() {
        let used: BTreeSet<&str> = specs()
            .iter()
            .flat_map(|spec| &spec.tables)
            .flat_map(|table| &table.columns)
            .filter_map(|column| column.codes.as_deref())
            .collect();
        for name in code_lists() {
            assert!(used.contains(name), "no column has codes of {name}");
            let list = codes(name).unwrap();
            assert!(!list.source.is_empty(), "{name} does not say where it comes from");
            let distinct: BTreeSet<String> = list.codes.iter().map(|code| code.code.to_lowercase()).collect();
            assert_eq!(distinct.len(), list.codes.len(), "{name} has a code twice");
            assert!(
                list.codes.iter().all(|code| !code.label.is_empty()),
                "{name} has a code without a label"
            );
        }
    }

    #[test]
    fn sexes_and_ethnicities_of_all_returns_come_to_the_same_codes() {
        for name in code_lists() {
            let allowed: Box<dyn Fn(&str) -> bool> = match name {
                _ if name.starts_with("sex") => Box::new(|code| ["M", "F"].contains(&code)),
                _ if name.starts_with("ethnicity") => {
                    Box::new(|code| codes("ethnicity").unwrap().find(code).is_some())
                }
                _ => continue,
            };
            let list = codes(name).unwrap();
            let mapped: Vec<&str> = list.codes.iter().filter_map(|code| code.maps_to.as_deref()).collect();
            assert!(mapped.iter().all(|code| allowed(code)), "{name} maps to {mapped:?}");
            assert!(mapped.len() > 1, "{name} maps nothing");
        }
        assert_eq!(codes("sex-numeric").unwrap().find(" 2 ").unwrap().maps_to.as_deref(), Some("F"));
        assert_eq!(codes("ethnicity-nhs").unwrap().find("h").unwrap().maps_to.as_deref(), Some("AIND"));
    }

    #[test]
    fn a_spec_without_a_year_is_the_newest_and_a_wrong_name_is_answered_with_the_nearest() {
        assert_eq!(spec("cin-census").unwrap().year, 2026);
        assert_eq!(spec("cin-census-2017").unwrap().year, 2017);
        assert_eq!(spec("ssd").unwrap().year, 0);
        let fault = spec("cin-cencus-2017").unwrap_err();
        assert!(fault.todo.contains("cin-census-2017"), "{fault}");
        for (typed, meant) in [("cin-2026", "cin-census-2026"), ("cin-census-2031", "cin-census-2026")] {
            let fault = spec(typed).unwrap_err();
            assert_eq!(fault.todo, format!("did you mean \"{meant}\"? plait specs list shows all"));
        }
    }

    #[test]
    fn a_year_without_a_spec_of_its_own_has_the_one_before() {
        let year = |year| of_year("ssda903", year).unwrap().year;
        assert_eq!((year(2026), year(2030), year(2010)), (2026, 2026, 2018));
        assert_eq!(of_year("no-such-return", 2020), None);
    }

    #[test]
    fn a_census_of_2023_has_sex_in_autumn_and_gender_in_spring_with_their_checks() {
        let spec = spec("school-census-2023").unwrap();
        let check = |term, there, absent| {
            let spec = spec.in_term(term);
            let roll = spec.table("pupilonroll").unwrap();
            assert!(roll.column(there).is_some() && roll.column(absent).is_none());
            assert!(spec.checks.iter().any(|check| check.column == there));
            assert!(!spec.checks.iter().any(|check| check.column == absent));
        };
        check(Term::Autumn, "sex", "gender");
        check(Term::Spring, "gender", "sex");
    }

    #[test]
    fn a_preferred_surname_of_pupils_off_roll_is_identity_and_sessions_of_the_summer_are_payload() {
        let column = |year: u16, term, table: &str, name: &str| {
            let spec = spec(&format!("school-census-{year}")).unwrap().in_term(term);
            let table = spec.table(table).unwrap();
            table.column(name).map(|at| table.columns[at].meaning)
        };
        let preferred = |year, term| column(year, term, "pupilnolongeronroll", "preferredsurname");
        let known = Some(Some(Meaning::PreferredSurname));
        assert_eq!(preferred(2024, Term::Spring), None);
        for (year, term) in [(2024, Term::Autumn), (2025, Term::Spring), (2025, Term::Summer)] {
            assert_eq!(preferred(year, term), known, "{year} {term}");
        }
        for table in ["pupilonroll", "pupilnolongeronroll"] {
            for name in SUMMER_SESSIONS {
                let sessions = |year| column(year, Term::Autumn, table, name);
                assert_eq!((sessions(2023), sessions(2024), sessions(2025)), (None, Some(None), None));
            }
        }
    }

    type Beyond = (RangeInclusive<u16>, &'static [Term], &'static str, &'static [&'static str]);

    /// What exports were seen to have beyond the schemas that the facts are taken from: years, terms, table, columns.
    const BEYOND_THE_FACTS: [Beyond; 4] = [
        (2024..=2026, &[Term::Autumn], "pupilnolongeronroll", &["preferredsurname"]),
        (2025..=2026, &[Term::Spring, Term::Summer], "pupilnolongeronroll", &["preferredsurname"]),
        (2024..=2024, &[Term::Autumn], "pupilnolongeronroll", SUMMER_SESSIONS),
        (2024..=2024, &[Term::Autumn], "pupilonroll", SUMMER_SESSIONS),
    ];

    const SUMMER_SESSIONS: &[&str] = &[
        "summerhalfterm2sessionscoronavirus",
        "summerhalfterm2sessionseducational",
        "summerhalfterm2sessionsexceptional",
    ];

    /// The facts are a table of year, term, table, column that is kept beside the project and not in it.
    #[test]
    #[expect(clippy::print_stderr, reason = "says that it was skipped")]
    fn a_school_census_of_each_year_and_term_has_exactly_the_columns_of_the_facts() {
        let facts = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/data/uk-samples/school_census_columns_by_year.csv");
        let Ok(facts) = fs::read_to_string(&facts) else {
            eprintln!("skipped: there is no {}", facts.display());
            return;
        };
        let mut reader = csv::Reader::from_reader(facts.as_bytes());
        let mut seen: BTreeMap<(u16, String), BTreeSet<(String, String)>> = BTreeMap::new();
        for row in reader.records().map(Result::unwrap) {
            let column = (row[2].to_owned(), row[3].to_owned());
            seen.entry((row[0].parse().unwrap(), row[1].to_owned())).or_default().insert(column);
        }
        for ((year, term), mut columns) in seen {
            let term = [Term::Autumn, Term::Spring, Term::Summer].into_iter().find(|t| t.to_string() == term);
            for (years, terms, table, more) in BEYOND_THE_FACTS {
                if years.contains(&year) && terms.contains(&term.unwrap()) {
                    columns.extend(more.iter().map(|column| (table.to_owned(), (*column).to_owned())));
                }
            }
            let spec = spec(&format!("school-census-{year}")).unwrap().in_term(term.unwrap());
            let of_table = |table: &Table| {
                let names = table.columns.iter().map(|column| (table.name.clone(), column.name.clone()));
                names.collect::<Vec<_>>()
            };
            let in_spec: BTreeSet<_> = spec.tables.iter().flat_map(of_table).collect();
            assert_eq!(in_spec, columns, "{year} {term:?}");
        }
    }

    /// What is wrong with the embedded specs beyond what reading finds: code lists that are named and not there or hold
    /// nothing, headers that mean two columns, terms that a return does not have, rows that cannot be told whose they are.
    fn faults_of_library() -> Vec<String> {
        let mut faults = Vec::new();
        for spec in specs() {
            for table in &spec.tables {
                faults.extend(
                    faults_of_table(spec, table)
                        .map(|fault| format!("{}: {}: {fault}", spec.id(), table.name)),
                );
            }
        }
        faults
    }

    fn faults_of_table<'a>(spec: &'a Spec, table: &'a Table) -> impl Iterator<Item = String> + 'a {
        let known = |terms: &[Term]| terms.iter().all(|term| spec.terms.contains(term));
        let terms = known(&table.terms) && table.columns.iter().all(|column| known(&column.terms));
        let whose = table.rows != Rows::OfPerson
            || table.record.is_some()
            || table.parent.is_some()
            || table.element.is_some();
        let lists = table.columns.iter().filter_map(|column| column.codes.as_deref());
        let lists = lists.filter(|list| codes(list).is_none_or(|list| list.codes.is_empty()));
        let mut seen = BTreeSet::new();
        let headers = table.columns.iter().flat_map(move |column| {
            let names = std::iter::once(&column.name).chain(&column.aliases);
            names.map(move |name| (name.to_lowercase(), &column.terms))
        });
        let twice = headers.filter(move |header| !seen.insert(header.clone()));
        (!terms)
            .then(|| "is in a term that the return is not".to_owned())
            .into_iter()
            .chain((!whose).then(|| "nothing says whose a row is".to_owned()))
            .chain(lists.map(|list| format!("code list {list} is not in specs/codes, or holds nothing")))
            .chain(twice.map(|(header, _)| format!("header \"{header}\" means two columns")))
    }
}
