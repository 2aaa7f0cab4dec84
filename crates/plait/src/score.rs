//! Results against a table of the truth.

use crate::faults::Faults;
use crate::given::TableSpec;
use crate::run::{Run, RunTruth};
use crate::source::{Opened, RecordNames, file_name};
use hashbrown::{HashMap, HashSet};
use plait_engine::blocking::Blocks;
use plait_engine::evaluation::{Scores, score_persons};
use plait_engine::model::LinkType;
use plait_engine::records::Records;
use plait_formats::columns::header_list;
use plait_formats::read::{ReadOptions, read};
use plait_types::{Column, Fault, FaultCode, NULL, Table, are, counted, grouped};
use rayon::prelude::*;
use std::borrow::Cow;
use std::path::PathBuf;

/// A finished run and the truth.
#[derive(Clone, Debug)]
pub struct ScoreRequest {
    /// The run's folder.
    pub folder: PathBuf,
    /// A table of source, record and entity.
    pub truth: PathBuf,
}

/// What a truth table says of the records that were linked.
#[derive(Debug)]
pub(crate) struct Truth {
    /// Per record; [`NULL`] where the table does not say.
    entity_of: Vec<u32>,
    /// Records that the table says something of and that were not linked.
    n_of_others: u64,
}

/// Columns of a truth table.
pub(crate) struct TruthTable {
    table: Table,
    source: Option<usize>,
    record: usize,
    entity: usize,
}

const SOURCE: &[&str] = &["source", "source_dataset", "dataset"];
const RECORD: &[&str] = &["record", "record_id", "rec_id", "unique_id", "id"];
const ENTITY: &[&str] = &["entity", "entity_id", "person", "person_id", "cluster", "cluster_id"];

impl TruthTable {
    pub(crate) fn read(given: &TableSpec) -> Result<Self, Fault> {
        Self::of(given.read()?.table).map_err(|fault| fault.at(given.called()))
    }

    fn of(table: Table) -> Result<Self, Fault> {
        let find = |names: &[&str]| {
            names.iter().find_map(|name| {
                table.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
            })
        };
        let missing = |what: &str, names: &[&str]| {
            Fault::new(
                FaultCode::BadTruth,
                format!("the truth table has no column for the {what}"),
                format!("call it \"{}\"", names[0]),
            )
            .because(header_list(table.columns.iter().map(|column| column.name.as_str())))
        };
        let record = find(RECORD).ok_or_else(|| missing("record", RECORD))?;
        let entity = find(ENTITY).ok_or_else(|| missing("true person", ENTITY))?;
        Ok(Self { source: find(SOURCE), record, entity, table })
    }

    fn column(&self, index: usize) -> &Column {
        &self.table.columns[index]
    }

    /// What is said of each record, given by index of source and name.
    ///
    /// A [`FaultCode::BadTruth`] where scores would mislead: a record with two entities, less than half of the table or
    /// of the records found in the other, or no two of the records found of one entity.
    pub(crate) fn look_up<'r>(
        &self,
        sources: &[&str],
        records: impl Iterator<Item = (usize, Cow<'r, str>)>,
    ) -> Result<Truth, Fault> {
        if self.source.is_none() && sources.len() > 1 {
            return Err(Fault::new(
                FaultCode::BadTruth,
                "the truth table has no column \"source\", and there are several sources",
                "add a column \"source\" with the name of the source of each record",
            ));
        }
        let entity_by_name = self.entity_by_name(sources)?;
        let entity_of: Vec<u32> = records
            .map(|(source, name)| entity_by_name.get(&(source, name.as_ref())).copied().unwrap_or(NULL))
            .collect();
        let mut found: Vec<u32> = entity_of.iter().copied().filter(|&entity| entity != NULL).collect();
        let (n_found, n_rows) = (found.len(), self.table.n_rows);
        if n_found == 0 || n_found * 2 < n_rows.min(entity_of.len()) {
            return Err(Fault::new(
                FaultCode::BadTruth,
                format!(
                    "{} of the {} of the truth table {} among those linked",
                    grouped(n_found as u64),
                    counted(n_rows as u64, "record"),
                    are(n_found as u64)
                ),
                "name records in it as people.parquet does: the source's name, and its identifier or row number",
            )
            .because(format!("{}a score over a few records would mislead", self.strange_sources(sources))));
        }
        found.sort_unstable();
        if found.windows(2).all(|two| two[0] != two[1]) {
            if let Some(absent) = self.sources_not_named(sources) {
                return Err(Fault::new(
                    FaultCode::BadTruth,
                    format!("the truth table has no record of {absent}"),
                    "add its records, or write the name of the source as the run has it",
                )
                .because("no true pair between it and the other sources is known"));
            }
            return Err(Fault::new(
                FaultCode::BadTruth,
                "the truth table has no two records of one person among those linked, so there is nothing to find",
                "give all records of one person the same value in the column of the true person",
            )
            .because("every score would be all or nothing"));
        }
        Ok(Truth { entity_of, n_of_others: (entity_by_name.len() - n_found) as u64 })
    }

    /// The same of all records of sources: name, rows and what these are called.
    pub(crate) fn look_up_all(&self, sources: &[(&str, usize, &RecordNames)]) -> Result<Truth, Fault> {
        let source_names: Vec<&str> = sources.iter().map(|source| source.0).collect();
        let records = sources
            .iter()
            .enumerate()
            .flat_map(|(index, &(_, n_rows, names))| (0..n_rows).map(move |row| (index, names.get(row))));
        self.look_up(&source_names, records)
    }

    /// The sources of the run that no row names, as a list; `None` where there are none.
    fn sources_not_named(&self, sources: &[&str]) -> Option<String> {
        let named = self.column(self.source?);
        let is_absent = |source: &&&str| !named.values.iter().any(|value| value == **source);
        let absent: Vec<&str> = sources.iter().filter(is_absent).copied().collect();
        (!absent.is_empty()).then(|| crate::summary::list("and", &absent))
    }

    /// How many rows name a source that the run does not have, as the start of a sentence; nothing where none does. The cells
    /// are not shown: where the column is not one of sources, they may hold anything.
    fn strange_sources(&self, sources: &[&str]) -> String {
        let Some(column) = self.source else { return String::new() };
        let column = self.column(column);
        let is_strange = |&row: &usize| column.get(row).is_some_and(|name| !sources.contains(&name));
        let mut strange = (0..self.table.n_rows).filter(is_strange);
        let Some(first) = strange.next() else { return String::new() };
        let n = 1 + strange.count() as u64;
        format!(
            "in its column \"{}\" {} {} no source of the run, such as row {}, and the run has {}; ",
            column.name,
            counted(n, "row"),
            if n == 1 { "names" } else { "name" },
            grouped(first as u64 + 1),
            sources.join(", ")
        )
    }

    /// The entity of each record of the table, by index of source and name.
    fn entity_by_name(&self, sources: &[&str]) -> Result<HashMap<(usize, &str), u32>, Fault> {
        let (records, entities) = (self.column(self.record), self.column(self.entity));
        let source_of = |row: usize| match self.source {
            None => Some(0),
            Some(column) => {
                let name = self.column(column).get(row)?;
                sources.iter().position(|source| *source == name)
            }
        };
        let mut entity_by_name = HashMap::with_capacity(self.table.n_rows);
        let mut in_doubt = HashSet::new();
        for row in 0..self.table.n_rows {
            let (Some(source), Some(record)) = (source_of(row), records.get(row)) else { continue };
            let entity = entities.codes[row];
            if entity != NULL
                && entity_by_name.insert((source, record), entity).is_some_and(|other| other != entity)
            {
                in_doubt.insert((source, record));
            }
        }
        if !in_doubt.is_empty() {
            let (n, one) = (in_doubt.len() as u64, in_doubt.len() == 1);
            return Err(Fault::new(
                FaultCode::BadTruth,
                format!(
                    "the truth table gives {} record{} more than one true person",
                    grouped(n),
                    if one { "" } else { "s" }
                ),
                "keep one row per record",
            )
            .because("which of them is right cannot be told"));
        }
        Ok(entity_by_name)
    }
}

impl Truth {
    /// The entity of each record; [`NULL`] where the table does not say.
    pub(crate) fn entities(&self) -> &[u32] {
        &self.entity_of
    }

    /// Whether two records are of one entity, if both are known.
    pub(crate) fn is_one_person(&self, left: u32, right: u32) -> Option<bool> {
        let [left, right] = [left, right].map(|record| self.entity_of[record as usize]);
        (left != NULL && right != NULL).then_some(left == right)
    }

    /// Reads a truth table and looks its records up in the sources. Records that it does not name are left out of the
    /// scores. Refused where the scores would mislead: see [`TruthTable::look_up`].
    pub(crate) fn read(given: &TableSpec, sources: &[Opened]) -> Result<Self, Fault> {
        let truth = TruthTable::read(given)?;
        let names: Vec<RecordNames> = sources.iter().map(Opened::record_names).collect();
        let sources = sources.iter().zip(&names);
        let sources = sources.map(|(source, names)| (source.table.name.as_str(), source.table.n_rows, names));
        truth.look_up_all(&sources.collect::<Vec<_>>()).map_err(|fault| fault.at(given.called()))
    }
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

/// Of the pairs of one entity that may be compared, those that some blocking rule makes.
pub(crate) fn reached_pairs(truth: &Truth, records: &Records, link_type: LinkType, blocks: &Blocks) -> u64 {
    let mut known: Vec<(u32, u32)> = (0..)
        .zip(&truth.entity_of)
        .filter(|(_, entity)| **entity != NULL)
        .map(|(record, &entity)| (entity, record))
        .collect();
    known.sort_unstable();
    let may_be_compared = |left: u32, right: u32| {
        link_type != LinkType::LinkOnly || records.source_of(left) != records.source_of(right)
    };
    let reached = |of_one: &[(u32, u32)]| {
        let pairs = of_one
            .iter()
            .enumerate()
            .flat_map(|(at, left)| of_one[at + 1..].iter().map(|right| (left.1, right.1)));
        pairs
            .filter(|&(left, right)| may_be_compared(left, right) && blocks.is_candidate(left, right))
            .count()
    };
    let entities: Vec<&[(u32, u32)]> = known.chunk_by(|a, b| a.0 == b.0).collect();
    entities.into_par_iter().map(|of_one| reached(of_one) as u64).sum()
}

/// The scores as `run.json` holds them.
pub(crate) fn run_truth(
    truth: &Truth,
    scores: &Scores,
    reached_pairs: Option<u64>,
    file: String,
) -> RunTruth {
    RunTruth {
        file,
        records: truth.entity_of.len() as u64,
        known_records: truth.entity_of.iter().filter(|&&entity| entity != NULL).count() as u64,
        records_not_in_run: truth.n_of_others,
        precision: scores.pairs.precision,
        recall: scores.pairs.recall,
        f1: scores.pairs.f1(),
        right_pairs: scores.pairs.n_right,
        person_pairs: scores.pairs.n_said,
        entity_pairs: scores.pairs.n_true,
        reached_pairs,
        b_cubed: (scores.records.precision, scores.records.recall),
        exact_persons: scores.exact_persons,
    }
}

/// Scores the persons of a finished run. Needs only its `people.parquet`, not the sources.
pub fn score(request: &ScoreRequest) -> Result<RunTruth, Faults> {
    let run = Run::read(&request.folder)?;
    let truth = TruthTable::read(&request.truth.clone().into())?;
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
    // a record without a name, as only a damaged file has it, is in no truth table
    let source_names: Vec<&str> = sources.values.iter().collect();
    let named = (0..people.n_rows)
        .map(|row| (sources.codes[row] as usize, Cow::Borrowed(records.get(row).unwrap_or_default())));
    let truth =
        truth.look_up(&source_names, named).map_err(|fault| fault.at(request.truth.display().to_string()))?;
    let known: Vec<usize> = (0..people.n_rows).filter(|&row| truth.entity_of[row] != NULL).collect();
    let pick = |values: &[u32]| known.iter().map(|&row| values[row]).collect::<Vec<u32>>();
    let (person, entity, source) = (pick(&persons.codes), pick(&truth.entity_of), pick(&sources.codes));
    let between = run.model.link_type == LinkType::LinkOnly.name();
    Ok(run_truth(&truth, &score_persons(&person, &entity, &source, between), None, file_name(&request.truth)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(Option<&str>, &str, &str)]) -> TruthTable {
        let mut columns = vec![
            Column::from_rows("record", rows.iter().map(|row| Some(row.1))),
            Column::from_rows("entity", rows.iter().map(|row| Some(row.2))),
        ];
        let source = rows.iter().any(|row| row.0.is_some()).then(|| {
            columns.push(Column::from_rows("source", rows.iter().map(|row| row.0)));
            2
        });
        let table = Table { name: "truth".into(), columns, n_rows: rows.len() };
        TruthTable { table, source, record: 0, entity: 1 }
    }

    fn look_up(truth: &TruthTable, sources: &[&str], records: &[(usize, &str)]) -> Result<Truth, Fault> {
        truth.look_up(sources, records.iter().map(|&(source, name)| (source, Cow::Borrowed(name))))
    }

    fn refusal(truth: &TruthTable, sources: &[&str], records: &[(usize, &str)]) -> String {
        let fault = look_up(truth, sources, records).unwrap_err();
        assert_eq!(fault.code, FaultCode::BadTruth);
        fault.what
    }

    #[test]
    fn records_are_found_by_source_and_name() {
        let truth = table(&[
            (Some("a"), "1", "x"),
            (Some("b"), "1", "y"),
            (Some("b"), "2", "x"),
            (Some("elsewhere"), "1", "y"),
        ]);
        let found = look_up(&truth, &["a", "b"], &[(0, "1"), (1, "1"), (1, "2"), (1, "3")]).unwrap();
        assert_eq!(found.entity_of, [0, 1, 0, NULL]);
        assert_eq!(found.n_of_others, 0, "rows of sources that are not linked are left alone");
        assert_eq!(look_up(&truth, &["a", "b"], &[(0, "1"), (1, "2")]).unwrap().n_of_others, 1);
    }

    #[test]
    fn one_source_need_not_be_named_and_several_must() {
        let truth = table(&[(None, "1", "x"), (None, "2", "x")]);
        assert_eq!(look_up(&truth, &["a"], &[(0, "2"), (0, "1")]).unwrap().entity_of, [0, 0]);
        let what = refusal(&truth, &["a", "b"], &[(0, "1"), (1, "2")]);
        assert!(what.contains("no column \"source\""), "{what}");
    }

    #[test]
    fn a_record_with_two_true_people_is_refused_with_how_many_there_are() {
        let rows = [(None, "1", "x"), (None, "1", "y"), (None, "2", "x"), (None, "2", "x"), (None, "1", "z")];
        let what = refusal(&table(&rows), &["a"], &[(0, "1"), (0, "2")]);
        assert_eq!(what, "the truth table gives 1 record more than one true person");
    }

    #[test]
    fn a_truth_that_knows_few_of_the_records_is_refused() {
        let rows = [(None, "1", "x"), (None, "2", "x"), (None, "3", "y"), (None, "4", "y"), (None, "5", "y")];
        let strangers = [(0, "1"), (0, "2"), (0, "c"), (0, "d"), (0, "e")];
        let what = refusal(&table(&rows), &["a"], &strangers);
        assert_eq!(what, "2 of the 5 records of the truth table are among those linked");
    }

    #[test]
    fn rows_of_sources_that_the_run_does_not_have_are_counted_and_their_cells_not_shown() {
        let truth =
            table(&[(Some("patients"), "9", "x"), (Some("Amara Okafor"), "1", "x"), (Some("b"), "1", "x")]);
        let fault = look_up(&truth, &["pupils", "patients"], &[(0, "1"), (1, "1")]).unwrap_err();
        let why = fault.why.unwrap();
        assert!(
            why.starts_with(
                "in its column \"source\" 2 rows name no source of the run, such as row 2, and the run has pupils, patients; "
            ),
            "{why}"
        );
    }

    #[test]
    fn a_truth_without_two_records_of_one_person_is_refused() {
        let what = refusal(&table(&[(None, "1", "x"), (None, "2", "y")]), &["a"], &[(0, "1"), (0, "2")]);
        assert!(what.contains("nothing to find"), "{what}");
    }

    #[test]
    fn a_run_file_without_sources_is_no_reason_to_panic() {
        let folder = tempfile::tempdir().unwrap();
        let truth = folder.path().join("truth.csv");
        std::fs::write(&truth, "record,entity\n1,x\n2,x\n").unwrap();
        let request = ScoreRequest { folder: folder.path().to_owned(), truth };
        let run = serde_json::json!({
            "format": 1, "plait": "0", "command": null, "sources": [], "roles": [],
            "model": {"name": "m", "sha256": "", "link_type": "dedupe_only", "clustering": "connected",
                "link_from": 0.9, "review_from": 0.5, "rounds": 0},
            "seed": 1, "threads": 1, "counts": crate::run::Counts::default(), "rules": [], "seconds": {},
            "pairs_per_second": 0.0, "peak_memory_bytes": null, "peak_memory_after": {}, "truth": null, "notes": []
        });
        std::fs::write(folder.path().join(crate::run::FILE), run.to_string()).unwrap();
        let people = plait_formats::write::OutTable::new()
            .with("source", text(&["a", "a"]))
            .with("record", text(&["1", "2"]))
            .with("person_id", text(&["P", "P"]));
        plait_formats::write::write_parquet(&folder.path().join(crate::output::PEOPLE), &people).unwrap();
        assert_eq!(score(&request).unwrap().f1, 1.0);
    }

    fn text(values: &[&str]) -> plait_formats::write::OutValues<'static> {
        let mut pool = plait_types::Values::default();
        values.iter().for_each(|value| pool.push(value));
        plait_formats::write::OutValues::Text(Cow::Owned(pool))
    }
}
