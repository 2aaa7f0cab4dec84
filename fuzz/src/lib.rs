//! What the targets share: reading, the laws that hold whatever the bytes are, and which panics are findings.

use plait_formats::read::{ReadOptions, read_bytes};
use plait_formats::returns::{Asked, Batch, BatchSink, Detected, Quiet, detect, gather};
use plait_types::{Fault, Issue, NULL, Table};
use std::collections::BTreeSet;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

struct Count {
    kept: u64,
    set_aside: u64,
    /// Rows that issues say were set aside.
    said: u64,
}

impl BatchSink for Count {
    fn batch(&mut self, batch: Batch) -> Result<(), Fault> {
        check_codes(&batch.rows);
        assert_eq!(batch.lines.len(), batch.rows.n_rows);
        self.kept += batch.rows.n_rows as u64;
        Ok(())
    }

    fn issue(&mut self, issue: Issue) {
        self.said += issue.rows_set_aside() as u64;
    }

    fn set_aside(&mut self, _table: usize, n_rows: u64) {
        self.set_aside += n_rows;
    }
}

/// Recognises and reads `bytes` as a file of this name. No row may vanish. Bytes go through a file, because a return is
/// found by its path.
pub fn read_return(bytes: &[u8], name: &str) {
    let folder = std::env::temp_dir().join(format!("plait-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    let Ok(Detected::Return(recognised)) = detect(&path, &Asked::Nothing) else { return };
    let mut count = Count { kept: 0, set_aside: 0, said: 0 };
    if let Ok(gathered) = gather(&recognised, &mut count, &Quiet) {
        assert_eq!(gathered.total.rows_in, count.kept + count.set_aside);
        assert!(count.set_aside == 0 || count.said > 0, "rows were set aside without a word");
    }
}

/// Reads `bytes` as a table in a file of this name. No row may vanish.
pub fn read_table(bytes: &[u8], name: &str) {
    let Ok(read) = read_bytes(bytes.to_vec(), name, &ReadOptions::default()) else { return };
    check_codes(&read.table);
    let aside: usize = read.issues.iter().map(Issue::rows_set_aside).sum();
    assert_eq!(read.rows_in, read.table.n_rows + aside);
}

/// Every column has a code per row, and every code a value.
fn check_codes(table: &Table) {
    for column in &table.columns {
        assert_eq!(column.codes.len(), table.n_rows);
        assert!(column.codes.iter().all(|&code| code == NULL || (code as usize) < column.values.len()));
    }
}

/// Lets format libraries panic, which readers turn into a fault: the hook of libfuzzer would stop at these too. A panic
/// in code of ours stays a finding, also where a reader would have caught it, and so does every panic that nobody
/// catches.
pub fn tolerate_libraries() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !is_in_library(panic) {
            default(panic);
        } else if let Some(at) = panic.location()
            && is_new(&at.to_string())
        {
            eprintln!("a library panics at {at}");
        }
    }));
}

/// Whether a panic is in a crate of a registry. The place of a panic in the standard library is that of its caller.
fn is_in_library(panic: &PanicHookInfo<'_>) -> bool {
    panic.location().is_some_and(|at| at.file().contains("/registry/src/"))
}

/// Whether a place was not seen before in this process.
fn is_new(place: &str) -> bool {
    static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(place.to_owned())
}
