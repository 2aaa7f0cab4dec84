//! The specs and code lists that come with the program.

use super::spec::{Spec, Term, extends};
use plait_types::{Fault, FaultCode, nearest};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/specs.rs"));
}

/// Every spec that comes with the program, by name, then year. Read once.
///
/// # Panics
///
/// If an embedded spec is wrong, which a test excludes.
pub fn specs() -> &'static [Arc<Spec>] {
    static ALL: OnceLock<Vec<Arc<Spec>>> = OnceLock::new();
    ALL.get_or_init(|| load(embedded::SPECS).expect("the embedded specs are right"))
}

/// The spec of this name, `cin-census-2017`; without a year, the newest.
///
/// Fails with `E022` where there is none, naming the nearest.
pub fn spec(id: &str) -> Result<Arc<Spec>, Fault> {
    let by_id = specs().iter().find(|spec| spec.id() == id);
    let found = by_id.or_else(|| specs().iter().rfind(|spec| spec.name == id));
    found.cloned().ok_or_else(|| {
        let known: Vec<String> = specs().iter().map(|spec| spec.id()).collect();
        let todo = match nearest(id, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"? plait specs list shows all"),
            None => "plait specs list shows all".to_owned(),
        };
        Fault::new(FaultCode::BadSpec, format!("there is no specification \"{id}\""), todo)
    })
}

/// The return of this name in a year, or in the nearest year before it.
pub fn of_year(name: &str, year: u16) -> Option<Arc<Spec>> {
    let years = specs().iter().filter(|spec| spec.name == name);
    let at_most = years.clone().filter(|spec| spec.year <= year).max_by_key(|spec| spec.year);
    at_most.or_else(|| years.min_by_key(|spec| spec.year)).cloned()
}

/// A list of codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeList {
    /// As columns name it: `ethnicity`.
    pub name: String,
    /// In the collector's order.
    pub codes: Vec<Code>,
}

/// One code.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The code list of this name.
pub fn codes(name: &str) -> Option<&'static CodeList> {
    static ALL: OnceLock<BTreeMap<String, CodeList>> = OnceLock::new();
    let read = |(name, text): &(&str, &str)| ((*name).to_owned(), read_codes(name, text));
    ALL.get_or_init(|| embedded::CODES.iter().map(read).collect()).get(name)
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
    CodeList { name: name.to_owned(), codes: codes.collect() }
}

/// Reads specs, years after the years that they extend.
fn load(files: &[(&str, &str)]) -> Result<Vec<Arc<Spec>>, Fault> {
    let mut specs: Vec<Arc<Spec>> = Vec::new();
    let mut later = Vec::new();
    for (folder, text) in files {
        match extends(text) {
            None => specs.push(Arc::new(Spec::parse(text, folder)?)),
            Some(year) => later.push((year, folder, text)),
        }
    }
    // a year extends an earlier one, so that ascending order meets each after its base
    later.sort_by_key(|(year, folder, _)| (*year, **folder));
    for (year, folder, text) in later {
        let base = specs.iter().filter(|spec| spec.year == year && folder.starts_with(spec.name.as_str()));
        // the longest name: `annex-a-send` before `annex-a`
        let base = base.max_by_key(|spec| spec.name.len()).cloned();
        let base = base.ok_or_else(|| {
            Fault::new(
                FaultCode::BadSpec,
                format!("{folder} extends {year}, which is not there"),
                "add that year",
            )
        })?;
        specs.push(Arc::new(base.change(text, folder)?));
    }
    specs.sort_by(|a, b| (&a.name, a.year).cmp(&(&b.name, b.year)));
    Ok(specs)
}

/// What is wrong with the embedded specs beyond what loading finds: code lists that are named and not there, terms that a
/// return does not have.
pub fn faults_of_library() -> Vec<String> {
    let mut faults = Vec::new();
    for spec in specs() {
        for table in &spec.tables {
            let terms = |terms: &[Term]| terms.iter().all(|term| spec.terms.contains(term));
            if !terms(&table.terms) || !table.columns.iter().all(|column| terms(&column.terms)) {
                faults.push(format!(
                    "{}: table {} is in a term that the return is not",
                    spec.id(),
                    table.name
                ));
            }
            for list in table.columns.iter().filter_map(|column| column.codes.as_deref()) {
                if codes(list).is_none() {
                    faults.push(format!("{}: code list {list} is not in specs/codes", spec.id()));
                }
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_spec_is_right_and_named_as_its_folder() {
        assert_eq!(faults_of_library(), Vec::<String>::new());
        let ids: Vec<String> = specs().iter().map(|spec| spec.id()).collect();
        for (folder, _) in embedded::SPECS {
            assert!(ids.iter().any(|id| id == folder), "{folder} holds another return or year");
        }
    }

    #[test]
    fn a_spec_without_a_year_is_the_newest_and_a_wrong_name_is_answered_with_the_nearest() {
        let newest = spec("cin-census").unwrap();
        assert_eq!(
            specs().iter().filter(|s| s.name == "cin-census").map(|s| s.year).max(),
            Some(newest.year)
        );
        let fault = spec("cin-cencus-2017").unwrap_err();
        assert!(fault.todo.contains("cin-census-2017"), "{fault}");
    }
}
