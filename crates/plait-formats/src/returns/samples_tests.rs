//! Files of others that stand for what councils hold, where they are beside the project: what each is taken for.
//!
//! `samples.txt` holds a line per file: what it is, rows in batches, rows set aside, or the code of the fault.

use super::gather::Quiet;
use super::{Asked, Batch, BatchSink, Detected, detect, gather};
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
