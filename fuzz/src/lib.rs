//! What the targets about returns share: bytes go through a file, because a return is found by its path.

use plait_formats::returns::{Asked, Batch, BatchSink, Detected, Quiet, detect, gather};
use plait_types::{Fault, Issue};

struct Count {
    kept: u64,
    set_aside: u64,
}

impl BatchSink for Count {
    fn batch(&mut self, batch: Batch) -> Result<(), Fault> {
        self.kept += batch.rows.n_rows as u64;
        Ok(())
    }

    fn issue(&mut self, _issue: Issue) {}

    fn set_aside(&mut self, n_rows: u64) {
        self.set_aside += n_rows;
    }
}

/// Recognises and reads `bytes` as a file of this name. No row may vanish.
pub fn read_return(bytes: &[u8], name: &str) {
    let folder = std::env::temp_dir().join(format!("plait-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    let Ok(Detected::Return(recognised)) = detect(&path, &Asked::Nothing) else { return };
    let mut count = Count { kept: 0, set_aside: 0 };
    if let Ok(gathered) = gather(&recognised, &mut count, &Quiet) {
        assert_eq!(gathered.total.rows_in, count.kept + count.set_aside);
    }
}
