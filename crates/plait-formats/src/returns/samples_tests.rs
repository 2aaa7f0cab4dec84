//! Files of others that stand for what councils hold, where they are beside the project: what each is taken for.
//!
//! `samples.txt` holds a line per file: what it is, rows in batches, rows set aside, or the code of the fault.

use super::check::Finding;
use super::dates::DateReader;
use super::gather::Quiet;
use super::{Asked, Batch, BatchSink, Detected, IdentityKept, Recognised, detect, gather, land};
use plait_types::identifier::LaCode;
use plait_types::{Fault, Issue};
use std::fs;
use std::path::{Path, PathBuf};

const EXPECTED: &str = include_str!("samples.txt");
const EXPECTED_FINDINGS: &str = include_str!("sample_findings.txt");

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

    fn set_aside(&mut self, _table: usize, n_rows: u64) {
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

/// What is found in a file, in the order of its names: of the file itself the code and how often; of its columns table and
/// column, check and rows. No value.
fn found_in(recognised: &Recognised) -> Vec<String> {
    let recognised = recognised.clone().narrowed();
    let date = recognised
        .reference_date
        .as_deref()
        .and_then(|date| DateReader::new(recognised.spec.dates).read(date));
    let authority = recognised.authority.as_deref().and_then(LaCode::parse);
    let landed =
        land(&recognised, "sample", date.map(|cell| cell.date), authority, None, IdentityKept::Whole, &Quiet);
    let Ok((landed, _)) = landed else { return Vec::new() };
    let of_column = |finding: &Finding| {
        format!("{}.{} {} {}", finding.table, finding.column, finding.check, finding.n_found)
    };
    let of_file = |issue: &Issue| match &issue.column {
        Some(column) => format!("{column} {} {}", issue.kind.name(), issue.count),
        None => format!("{} {}", issue.kind.name(), issue.count),
    };
    let mut lines: Vec<String> = landed.findings.iter().map(of_column).collect();
    lines.extend(landed.issues.iter().map(of_file));
    lines.sort_unstable();
    lines
}

/// `sample_findings.txt` holds the name of each file in which something is found, and below it, indented, what; files that
/// cannot be read have their fault in `samples.txt`.
#[test]
fn deliberate_faults_of_samples_are_found() {
    let Some((folder, paths)) = samples() else { return };
    let mut found = String::new();
    for path in &paths {
        let Ok(Detected::Return(recognised)) = detect(path, &Asked::Nothing) else { continue };
        let lines = found_in(&recognised);
        if !lines.is_empty() {
            found += &format!("{}\n", path.strip_prefix(&folder).unwrap().display());
            lines.iter().for_each(|line| found += &format!("  {line}\n"));
        }
    }
    assert_eq!(found, EXPECTED_FINDINGS, "\n{found}");
}

/// The folder of samples and the files in it, where it is there.
fn samples() -> Option<(PathBuf, Vec<PathBuf>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/uk-samples");
    if !folder.is_dir() {
        return None;
    }
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    paths.sort_unstable();
    Some((folder, paths))
}

fn files(folder: &Path, files_so_far: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, files_so_far) } else { files_so_far.push(path) }
    }
}

#[test]
fn every_sample_is_taken_for_what_it_is() {
    let Some((folder, paths)) = samples() else { return };
    let found: Vec<String> = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|kind| kind != "md"))
        .map(|path| format!("{}: {}", path.strip_prefix(&folder).unwrap().display(), taken_for(path)))
        .collect();
    let expected: Vec<&str> = EXPECTED.lines().collect();
    assert_eq!(found, expected, "\n{}", found.join("\n"));
}
