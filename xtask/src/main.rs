//! Checks and generated files of the workspace: `cargo run -p xtask -- check|generate|binary`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for those who work on Plait; it talks to a terminal"
)]

mod arrows;
mod binary;
mod generated;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
cargo run -p xtask -- check      arrows between crates; generated files are up to date
cargo run -p xtask -- generate   make the generated files again
cargo run -p xtask -- binary     size and start-up time of target/release/plait";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["check"] => [arrows::check(), generated::check()]
            .into_iter()
            .filter_map(Result::err)
            .reduce(|a, b| a + "\n" + &b),
        ["generate"] => generated::generate().err(),
        ["binary"] => binary::check().err(),
        _ => Some(USAGE.to_owned()),
    };
    match done {
        None => ExitCode::SUCCESS,
        Some(what) => {
            eprintln!("{what}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace. Cargo says where it is when it runs this, which also holds after the folder was moved.
fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own).parent().expect("xtask is a folder of the workspace").to_owned()
}

/// What a command prints, or what went wrong.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.current_dir(root()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|error| format!("{command:?}: {error}"))
    } else {
        Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// The cargo that runs this.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
