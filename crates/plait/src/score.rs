//! Results against a table of the truth.

use crate::faults::Faults;
use crate::run::{Run, RunTruth};
use crate::source::{Opened, RecordNames};
use hashbrown::HashMap;
use plait_engine::evaluation::{Scores, score_persons};
use plait_engine::model::LinkType;
use plait_engine::records::Records;
use plait_formats::read::{ReadOptions, read};
use plait_types::{Column, Fault, FaultCode, NULL, Table};
use std::path::{Path, PathBuf};

/// A finished run and the truth.
#[derive(Clone, Debug)]
pub struct ScoreRequest {
    /// The run's folder.
    pub folder: PathBuf,
    /// A table of source, record and entity.
    pub truth: PathBuf,
}

/// The entity of each record of each source; [`NULL`] where the table does not say.
pub(crate) struct Truth {
    entity_of: Vec<u32>,
}

/// Columns of a truth table.
struct TruthTable {
    table: Table,
    source: Option<usize>,
    record: usize,
    entity: usize,
}

const SOURCE: &[&str] = &["source", "source_dataset", "dataset"];
const RECORD: &[&str] = &["record", "record_id", "rec_id", "unique_id", "id"];
const ENTITY: &[&str] = &["entity", "entity_id", "person", "person_id", "cluster", "cluster_id"];

impl TruthTable {
    fn read(path: &Path) -> Result<Self, Fault> {
        let table = read(path, &ReadOptions::default())?.table;
        let find = |names: &[&str]| {
            names.iter().find_map(|name| {
                table.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
            })
        };
        let missing = |what: &str, names: &[&str]| {
            let headers: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            Fault::new(
                FaultCode::BadTruth,
                format!("the truth table has no column for the {what}"),
                format!("call it \"{}\"", names[0]),
            )
            .at(path.display().to_string())
            .because(format!("it has: {}", headers.join(", ")))
        };
        let record = find(RECORD).ok_or_else(|| missing("record", RECORD))?;
        let entity = find(ENTITY).ok_or_else(|| missing("true person", ENTITY))?;
        Ok(Self { source: find(SOURCE), record, entity, table })
    }

    fn column(&self, index: usize) -> &Column {
        &self.table.columns[index]
    }

    /// Whether a row is about the source of this name.
    fn is_about(&self, row: usize, source: &str) -> bool {
        self.source.is_none_or(|column| self.column(column).get(row) == Some(source))
    }
}

impl Truth {
    /// Reads a truth table and looks its records up in the sources. A table that names records that are not there
    /// is refused; records that it does not name are left out of the scores.
    pub(crate) fn read(path: &Path, sources: &[Opened]) -> Result<Self, Fault> {
        let truth = TruthTable::read(path)?;
        if truth.source.is_none() && sources.len() > 1 {
            return Err(Fault::new(
                FaultCode::BadTruth,
                "the truth table has no column \"source\", and there are several sources",
                "add a column \"source\" with the name of the source of each record",
            )
            .at(path.display().to_string()));
        }
        let mut entity_of = Vec::new();
        let mut n_found = 0;
        for source in sources {
            let names = source.record_names();
            let by_name = entities_by_name(&truth, &source.table.name, &names, source.table.n_rows);
            n_found += by_name.iter().filter(|&&entity| entity != NULL).count();
            entity_of.extend(by_name);
        }
        let n_rows = truth.table.n_rows;
        if n_found == 0 || n_found * 2 < n_rows.min(entity_of.len()) {
            return Err(Fault::new(
                FaultCode::BadTruth,
                format!("{n_found} of the {n_rows} records of the truth table are in the sources"),
                "name records in it as people.parquet does: the source's name, and its identifier or row number",
            )
            .at(path.display().to_string())
            .because("a score over a few records would mislead"));
        }
        Ok(Self { entity_of })
    }
}

/// Per row of a source, the code of its entity; [`NULL`] where the truth does not name it.
fn entities_by_name(truth: &TruthTable, source: &str, names: &RecordNames, n_rows: usize) -> Vec<u32> {
    let (records, entities) = (truth.column(truth.record), truth.column(truth.entity));
    let mut by_name: HashMap<&str, u32> = HashMap::with_capacity(n_rows);
    for row in 0..truth.table.n_rows {
        if let (true, Some(record)) = (truth.is_about(row, source), records.get(row)) {
            by_name.insert(record, entities.codes[row]);
        }
    }
    (0..n_rows).map(|row| by_name.get(names.get(row).as_ref()).copied().unwrap_or(NULL)).collect()
}

/// Scores persons against the truth; records that it does not name are left out.
pub(crate) fn against_truth(
    truth: &Truth,
    records: &Records,
    person_of: &[u32],
    link_type: LinkType,
) -> Scores {
    let known: Vec<usize> = (0..records.len()).filter(|&record| truth.entity_of[record] != NULL).collect();
    let pick = |values: &[u32]| known.iter().map(|&record| values[record]).collect::<Vec<u32>>();
    let source_of: Vec<u32> = known.iter().map(|&record| records.source_of(record as u32) as u32).collect();
    score_persons(&pick(person_of), &pick(&truth.entity_of), &source_of, link_type == LinkType::LinkOnly)
}

/// The scores as `run.json` holds them.
pub(crate) fn run_truth(scores: &Scores, path: &Path) -> RunTruth {
    RunTruth {
        file: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        precision: scores.pairs.precision,
        recall: scores.pairs.recall,
        f1: scores.pairs.f1(),
        right_pairs: scores.pairs.n_right,
        person_pairs: scores.pairs.n_said,
        entity_pairs: scores.pairs.n_true,
        b_cubed: (scores.records.precision, scores.records.recall),
        exact_persons: scores.exact_persons,
    }
}

/// Scores the persons of a finished run. Needs only its `people.parquet`, not the sources.
pub fn score(request: &ScoreRequest) -> Result<RunTruth, Faults> {
    let run = Run::read(&request.folder)?;
    let truth = TruthTable::read(&request.truth)?;
    let people = read(&request.folder.join(crate::output::PEOPLE), &ReadOptions::default())?.table;
    let column = |name: &str| {
        people.column(name).ok_or_else(|| {
            Fault::new(
                FaultCode::NotARun,
                format!("people.parquet has no column \"{name}\""),
                "link again with this version of Plait",
            )
        })
    };
    let (sources, records, persons) = (column("source")?, column("record")?, column("person_id")?);
    if truth.source.is_none() && run.sources.len() > 1 {
        return Err(Fault::new(
            FaultCode::BadTruth,
            "the truth table has no column \"source\", and the run has several sources",
            "add a column \"source\" with the name of the source of each record",
        )
        .into());
    }
    let mut entity_of: HashMap<(&str, &str), u32> = HashMap::new();
    for row in 0..truth.table.n_rows {
        let source =
            truth.source.map_or(run.sources[0].name.as_str(), |c| truth.column(c).get(row).unwrap_or(""));
        if let Some(record) = truth.column(truth.record).get(row) {
            entity_of.insert((source, record), truth.column(truth.entity).codes[row]);
        }
    }
    let (mut person, mut entity, mut source) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..people.n_rows {
        let key = (sources.get(row).unwrap_or(""), records.get(row).unwrap_or(""));
        match entity_of.get(&key) {
            Some(&code) if code != NULL => {
                person.push(persons.codes[row]);
                entity.push(code);
                source.push(sources.codes[row]);
            }
            _ => {}
        }
    }
    if person.is_empty() {
        return Err(Fault::new(
            FaultCode::BadTruth,
            "none of the records of the truth table are in the run",
            "name records in it as people.parquet does: the source's name, and its identifier or row number",
        )
        .into());
    }
    let between = run.model.link_type == LinkType::LinkOnly.name();
    Ok(run_truth(&score_persons(&person, &entity, &source, between), &request.truth))
}
