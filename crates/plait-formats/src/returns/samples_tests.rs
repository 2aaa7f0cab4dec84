//! Files of others that stand for what councils hold, where they are beside the project: what each is taken for.
//!
//! `samples.txt` holds a line per file: what it is, rows in batches, rows set aside, or the code of the fault.

use super::check::Finding;
use super::dates::DateReader;
use super::gather::Quiet;
use super::{Asked, Batch, BatchSink, Detected, IdentityKept, detect, gather, land};
use plait_types::identifier::LaCode;
use plait_types::{Fault, Issue};
use std::fs;
use std::path::{Path, PathBuf};

const EXPECTED: &str = include_str!("samples.txt");

#[derive(Default)]
struct Counting {
    rows: u64,
    set_aside: u64,
    issues: Vec<Issue>,
}

impl BatchSink for Counting {
    fn batch(&mut self, batch: Batch) -> Result<(), Fault> {
        self.rows += batch.rows.n_rows as u64;
        Ok(())
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }

    fn set_aside(&mut self, n_rows: u64) {
        self.set_aside += n_rows;
    }
}

/// What one file is taken for.
fn taken_for(path: &Path) -> String {
    let recognised = match detect(path, &Asked::Nothing) {
        Ok(Detected::PlainTable) => return "plain table".to_owned(),
        Ok(Detected::Return(recognised)) => recognised,
        Err(fault) => return fault.code.name().to_owned(),
    };
    let mut sink = Counting::default();
    let gathered = match gather(&recognised, &mut sink, &Quiet) {
        Ok(gathered) => gathered,
        Err(fault) => return format!("{} then {}", recognised.spec.id(), fault.code.name()),
    };
    let counts = gathered.total;
    assert_eq!(counts.rows_in, counts.rows_kept + counts.rows_set_aside, "{}", path.display());
    assert_eq!((counts.rows_kept, counts.rows_set_aside), (sink.rows, sink.set_aside));
    let noted: usize = sink.issues.iter().map(Issue::rows_set_aside).sum();
    assert_eq!(noted as u64, sink.set_aside, "issues say of every row why it was set aside");
    let term = recognised.term.map_or(String::new(), |term| format!(" {term}"));
    format!("{}{term}, {} rows, {} set aside", recognised.spec.id(), counts.rows_kept, counts.rows_set_aside)
}

/// What the checks find in a file, a line each: table and column, check, rows.
fn found_in(path: &Path) -> Vec<String> {
    let Ok(Detected::Return(recognised)) = detect(path, &Asked::Nothing) else {
        panic!("{}", path.display())
    };
    let recognised = recognised.narrowed();
    let date = recognised
        .reference_date
        .as_deref()
        .and_then(|date| DateReader::new(recognised.spec.dates).read(date));
    let authority = recognised.authority.as_deref().and_then(LaCode::parse);
    let landed =
        land(&recognised, "sample", date.map(|cell| cell.date), authority, None, IdentityKept::Whole, &Quiet);
    let (landed, _) = landed.unwrap();
    let line = |finding: &Finding| {
        format!("{}.{} {} {}", finding.table, finding.column, finding.check, finding.n_found)
    };
    let mut lines: Vec<String> = landed.findings.iter().map(line).collect();
    lines.sort_unstable();
    lines
}

#[track_caller]
fn check_found(file: &str, expected: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/uk-samples").join(file);
    if path.is_file() {
        let found = found_in(&path);
        assert_eq!(found, expected, "\n{}", found.join("\n"));
    }
}

#[test]
fn deliberate_faults_of_samples_are_found() {
    check_found(
        "mavis_nhs/cohort_import/invalid_fields.csv",
        &[
            "children.CHILD_ADDRESS_LINE_1 children-address 1",
            "children.CHILD_DATE_OF_BIRTH children-dob 1",
            "children.CHILD_DATE_OF_BIRTH form 1",
            "children.CHILD_FIRST_NAME children-forename 1",
            "children.CHILD_FIRST_NAME form 1",
            "children.CHILD_LAST_NAME children-surname 1",
            "children.CHILD_LAST_NAME form 1",
            "children.CHILD_NHS_NUMBER children-nhs-unique 18",
            "children.CHILD_NHS_NUMBER form 1",
            "children.CHILD_POSTCODE children-postcode 1",
            "children.CHILD_POSTCODE form 1",
            "children.CHILD_SCHOOL_URN form 1",
            "children.CHILD_SCHOOL_URN required 1",
            "children.CHILD_TOWN children-town 1",
            "children.PARENT_1_EMAIL form 1",
            "children.PARENT_1_NAME parent-1-name-email 1",
            "children.PARENT_1_NAME parent-1-name-phone 1",
            "children.PARENT_1_PHONE form 1",
        ],
    );
    check_found(
        "cin/CIN_Census_2026.xml",
        &[
            "assessments.AssessmentActualStartDate assessment-future 1",
            "assessments.AssessmentAuthorisationDate assessment-authorised-before-start 1",
            "assessments.AssessmentFactors code 1",
            "child.FormerUPN 1560Q 1",
            "child.Sex code 1",
            "child.Sex sex-code 1",
            "child.UPN 1510 1",
            "child.UPN 1530 1",
            "child.UPNunknown upn-and-reason 1",
            "header.Year year 1",
        ],
    );
}

fn files(folder: &Path, files_so_far: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, files_so_far) } else { files_so_far.push(path) }
    }
}

#[test]
fn every_sample_is_taken_for_what_it_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/uk-samples");
    if !folder.is_dir() {
        return;
    }
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    paths.sort_unstable();
    let found: Vec<String> = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|kind| kind != "md"))
        .map(|path| format!("{}: {}", path.strip_prefix(&folder).unwrap().display(), taken_for(path)))
        .collect();
    let expected: Vec<&str> = EXPECTED.lines().collect();
    assert_eq!(found, expected, "\n{}", found.join("\n"));
}
