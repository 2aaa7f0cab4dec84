//! What the program weighs and how soon it is there.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const MOST_BYTES: u64 = 30 << 20;
const MOST_TIME: Duration = Duration::from_millis(20);
/// The quickest counts: other work on the machine only ever makes a start slower.
const STARTS: usize = 50;

/// Fails where the release binary is too large or starts too slowly. Build it first.
pub(crate) fn check() -> Result<(), String> {
    let binary = crate::root().join("target/release").join(format!("plait{}", std::env::consts::EXE_SUFFIX));
    let bytes = fs::metadata(&binary)
        .map_err(|error| format!("{}: {error}; make release first", binary.display()))?
        .len();
    let start = quickest_start(&binary)?;
    println!("release binary: {:.1} MB, starts in {:.1} ms", bytes as f64 / 1e6, start.as_secs_f64() * 1e3);
    if bytes > MOST_BYTES {
        return Err(format!("the binary has {bytes} bytes and may have {MOST_BYTES}"));
    }
    if start > MOST_TIME {
        return Err(format!("the binary starts in {start:?} and may take {MOST_TIME:?}"));
    }
    Ok(())
}

fn quickest_start(binary: &Path) -> Result<Duration, String> {
    let mut quickest = Duration::MAX;
    for _ in 0..STARTS {
        let start = Instant::now();
        let status = Command::new(binary).arg("--help").stdout(Stdio::null()).status();
        quickest = quickest.min(start.elapsed());
        if !status.as_ref().is_ok_and(std::process::ExitStatus::success) {
            return Err(format!("{} --help: {status:?}", binary.display()));
        }
    }
    Ok(quickest)
}
