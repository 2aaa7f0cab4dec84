//! Why two records of a finished run are linked or not.

use crate::authority;
use crate::constraints::Given;
use crate::faults::Faults;
use crate::link::model_path;
use crate::model::read_model;
use crate::names::NamesGiven;
use crate::run::Run;
use crate::source::{Opened, RecordNames, SourceSpec, open, sha256_of_file, sha256_of_text};
use plait_engine::comparison::Comparer;
use plait_engine::deterministic::{Ruling, Rulings};
use plait_engine::explanation::{Explanation, explain as explain_pair};
use plait_engine::model::Model;
use plait_engine::objection::Objection;
use plait_engine::progress::Silent;
use plait_engine::records::{Records, Source};
use plait_engine::scoring::Scorer;
use plait_formats::read::{ReadOptions, read};
use plait_report::chart::waterfall::waterfall;
use plait_types::identifier::LaCode;
use plait_types::{Fault, FaultCode, Probability, Role};
use serde_json::json;
use std::path::{Path, PathBuf};

/// A pair of records of a finished run.
#[derive(Clone, Debug)]
pub struct ExplainRequest {
    /// The run's folder.
    pub folder: PathBuf,
    /// `record`, or `source:record` where several sources have a record of that name.
    pub left: String,
    /// The same for the other side.
    pub right: String,
}

/// Reads the run's sources again, which must be unchanged, and gives the terms of the pair's weight.
pub fn explain(request: &ExplainRequest) -> Result<Explanation, Faults> {
    let run = Run::read(&request.folder)?;
    let (file, _) = read_model(&model_path(&request.folder).into())?;
    let specs: Vec<SourceSpec> = run
        .sources
        .iter()
        .map(|source| SourceSpec {
            name: Some(source.name.clone()),
            path: source.file(),
            rows: None,
            is: source.is.clone(),
            authority: source.authority.as_deref().and_then(LaCode::parse),
        })
        .collect();
    let mut roles: Vec<(String, Role)> = file.columns.clone();
    roles.extend(run.roles.iter().filter_map(|(name, role)| Some((name.clone(), Role::from_name(role)?))));
    let mut opened = open(&specs, &roles, &Silent)?;
    refuse_changed(&run, &opened, &request.folder)?;
    let given = given(&run, &opened, &request.folder)?;
    let names: Vec<RecordNames> = opened.iter().map(Opened::record_names).collect();
    authority::keep_child_ids_apart(&mut opened);
    let mut records = Records::new(opened.into_iter().map(|source| source.into_input(None)).collect());
    records.own_nicknames = names_of(&run, &request.folder)?.map(|names| names.nicknames);
    let known = Known { records: &records, names: &names, model: &file.model, given: given.as_ref() };
    explain_among(&known, [&request.left, &request.right], |_, explanation| {
        objection(&request.folder, explanation)
    })
}

/// What an explanation is made from.
pub(crate) struct Known<'a> {
    pub(crate) records: &'a Records,
    /// Per source.
    pub(crate) names: &'a [RecordNames],
    /// As it linked.
    pub(crate) model: &'a Model,
    pub(crate) given: Option<&'a Given>,
}

/// The terms of a pair's weight. `objection` knows what kept a pair that would be linked from being one person.
pub(crate) fn explain_among(
    known: &Known<'_>,
    [left, right]: [&str; 2],
    objection: impl FnOnce((u32, u32), &Explanation) -> Result<Option<Objection>, Fault>,
) -> Result<Explanation, Faults> {
    let Known { records, names, model, given } = *known;
    let comparer = Comparer::new(records, model)?;
    let scorer = Scorer::new(&comparer, model)?;
    let which =
        |side: &str, fault: Fault| Fault { what: format!("the {side} record: {}", fault.what), ..fault };
    let left = find(left, records, names).map_err(|fault| which("first", fault));
    let right = find(right, records, names).map_err(|fault| which("second", fault));
    let (left, right) = match (left, right) {
        (Ok(left), Ok(right)) => (left, right),
        (left, right) => {
            return Err(Faults(left.err().into_iter().chain(right.err()).collect()));
        }
    };
    if left == right {
        return Err(Fault::new(
            FaultCode::NoSuchRecord,
            "both names are of the same record",
            "name two records, with their source where it matters: source:record",
        )
        .into());
    }
    let name = |record: u32| {
        let source = records.source_of(record);
        let row = (record - records.sources[source].start) as usize;
        (records.sources[source].name.clone(), names[source].get(row).into_owned())
    };
    let rulings = Rulings::of(records, &model.deterministic, model.link_type);
    let pair = (left.min(right), left.max(right));
    let ruling = rulings.get(pair.0, pair.1);
    let explanation = explain_pair(&comparer, &scorer, model, (left, right), name);
    let by_constraint = given.and_then(|given| given.statement(left, right));
    let objection = (by_constraint.is_none() && would_link(explanation.weight, ruling, model))
        .then(|| objection(pair, &explanation))
        .transpose()?
        .flatten();
    let mut explanation = explanation.with_ruling(ruling, objection, model);
    if ruling.is_none() && would_link(explanation.weight, None, model) && in_passes(model) {
        explanation.statement = Some(LAST_PASS.to_owned());
    }
    explanation.statement = by_constraint.or(explanation.statement);
    Ok(authority::as_in_the_files(explanation))
}

/// An explanation as a JSON document; with the values of both records only where they are asked for.
pub fn explanation_document(explanation: &Explanation, with_values: bool) -> serde_json::Value {
    let terms: Vec<serde_json::Value> = explanation
        .terms
        .iter()
        .map(|term| {
            let mut json = json!({ "title": term.title, "outcome": term.outcome, "weight": term.weight });
            if with_values {
                json["left"] = json!(term.left);
                json["right"] = json!(term.right);
            }
            json
        })
        .collect();
    json!({
        "left": { "source": explanation.left.0, "record": explanation.left.1 },
        "right": { "source": explanation.right.0, "record": explanation.right.1 },
        "match_weight": explanation.weight,
        "match_probability": explanation.probability,
        "terms": terms,
        "statement": explanation.statement,
        "objection": explanation.objection.map(Objection::words),
        "sentence": plait_report::sentence(explanation),
    })
}

/// An explanation as a chart with a table, as HTML; `link` is the match probability from which a pair is linked. It holds the
/// values of both records.
pub fn explanation_chart(explanation: &Explanation, link: f64) -> String {
    let cut = Probability::new(link).map_or(f64::INFINITY, |link| link.weight().0);
    let names = [&explanation.left, &explanation.right].map(|(source, record)| format!("{source}:{record}"));
    // several may stand on one page
    let id = format!("why-{}", &sha256_of_text(&names.join("\n"))[..8]);
    waterfall(&id, explanation, cut).html()
}

/// Said of a pair that is strong enough, where rules come in passes.
const LAST_PASS: &str = "beside rules in passes, what a pair weighs links it only if it is the strongest pair of a record that no \
     pass has linked";

fn in_passes(model: &Model) -> bool {
    model.deterministic.iter().any(|rule| rule.pass.is_some())
}

/// The constraints of the run, whose file must be unchanged.
fn given(run: &Run, opened: &[Opened], folder: &Path) -> Result<Option<Given>, Fault> {
    let Some(was) = &run.constraints else { return Ok(None) };
    let file = was.file();
    if sha256_of_file(&file)? != was.sha256 {
        return Err(changed(&was.path, folder));
    }
    Given::read(&file.into(), opened).map(Some)
}

/// The file of names of the run, which must be unchanged.
fn names_of(run: &Run, folder: &Path) -> Result<Option<NamesGiven>, Fault> {
    let Some(was) = &run.names else { return Ok(None) };
    let file = was.file();
    if sha256_of_file(&file)? != was.sha256 {
        return Err(changed(&was.path, folder));
    }
    NamesGiven::read(&file.into()).map(Some)
}

/// Whether the weight of a pair or a rule is for linking it.
pub(crate) fn would_link(weight: f64, ruling: Option<Ruling>, model: &Model) -> bool {
    let cut = Probability::new(model.accept.link).map_or(f64::INFINITY, |link| link.weight().0);
    weight >= cut || matches!(ruling, Some(Ruling::Link(_)))
}

/// What kept a pair that would be linked from being one person, as the run says it.
fn objection(folder: &Path, explanation: &Explanation) -> Result<Option<Objection>, Fault> {
    let table = |name: &str| read(&folder.join(name), &ReadOptions::default()).map(|read| read.table);
    let sides = [&explanation.left, &explanation.right];
    let links = table(crate::output::LINKS)?;
    let columns = ["source_l", "record_l", "source_r", "record_r", "reason"].map(|name| links.column(name));
    let [Some(source_l), Some(record_l), Some(source_r), Some(record_r), Some(reason)] = columns else {
        return Err(not_of_a_run(crate::output::LINKS));
    };
    let is_pair = |row: &usize| {
        let [left, right] = [(source_l, record_l), (source_r, record_r)].map(|(source, record)| {
            (source.get(*row).unwrap_or_default(), record.get(*row).unwrap_or_default())
        });
        let is = |end: (&str, &str), side: &(String, String)| end == (side.0.as_str(), side.1.as_str());
        (is(left, sides[0]) && is(right, sides[1])) || (is(left, sides[1]) && is(right, sides[0]))
    };
    if let Some(row) = (0..links.n_rows).find(is_pair) {
        return Ok(reason.get(row).and_then(Objection::from_words));
    }
    // a pair of two records of one person may be settled by other links; any other would be there, had it been compared
    let people = table(crate::output::PEOPLE)?;
    let columns = ["source", "record", "person_id"].map(|name| people.column(name));
    let [Some(source), Some(record), Some(person)] = columns else {
        return Err(not_of_a_run(crate::output::PEOPLE));
    };
    let person_of = |side: &(String, String)| {
        let is = |row: &usize| source.get(*row) == Some(&side.0) && record.get(*row) == Some(&side.1);
        (0..people.n_rows).find(is).and_then(|row| person.get(row))
    };
    let [left, right] = sides.map(person_of);
    Ok((left != right).then_some(Objection::NotCompared))
}

fn not_of_a_run(file: &str) -> Fault {
    Fault::new(FaultCode::NotARun, format!("{file} has not the columns that a run writes"), "link again")
}

fn refuse_changed(run: &Run, opened: &[Opened], folder: &Path) -> Result<(), Fault> {
    match run.sources.iter().zip(opened).find(|(was, is)| was.sha256 != is.sha256) {
        None => Ok(()),
        Some((was, _)) => Err(changed(&was.path, folder)),
    }
}

fn changed(path: &str, folder: &Path) -> Fault {
    Fault::new(
        FaultCode::InputsChanged,
        format!("{path} has changed since {} was made", folder.display()),
        "link again, or put the file back as it was",
    )
    .because("an explanation from other data would not be the one of this run")
}

/// The record that a user means.
fn find(wanted: &str, records: &Records, names: &[RecordNames]) -> Result<u32, Fault> {
    let in_source = |index: usize, record: &str| {
        let source = &records.sources[index];
        let row = names[index].find(record, (source.end - source.start) as usize)?;
        Some(source.start + row as u32)
    };
    // names of sources and of records may hold colons; the longest name of a source that has such a record is meant, and else a
    // record of which that is the whole name
    let named = |(index, source): (usize, &Source)| {
        Some((index, wanted.strip_prefix(source.name.as_str())?.strip_prefix(':')?))
    };
    let mut readings: Vec<(usize, &str)> = records.sources.iter().enumerate().filter_map(named).collect();
    readings.sort_by_key(|(_, record)| record.len());
    if let Some(record) = readings.iter().find_map(|&(index, record)| in_source(index, record)) {
        return Ok(record);
    }
    let found: Vec<u32> = (0..names.len()).filter_map(|index| in_source(index, wanted)).collect();
    match found[..] {
        [record] => Ok(record),
        [] => Err(no_such_record(&match (readings.first(), wanted.split_once(':')) {
            (Some(&(index, _)), _) => format!("{} has no such record", records.sources[index].name),
            (None, Some((source, _))) => {
                let sources: Vec<&str> = records.sources.iter().map(|source| source.name.as_str()).collect();
                format!("there is no source \"{source}\"; the sources are {}", sources.join(", "))
            }
            (None, None) => "no source has a record of that name".to_owned(),
        })),
        _ => Err(no_such_record("several sources have a record of that name")),
    }
}

fn no_such_record(what: &str) -> Fault {
    Fault::new(
        FaultCode::NoSuchRecord,
        what,
        "name it as people.xlsx and people.parquet do, with its source where it matters: source:record",
    )
}
