//! The `plait` command: parses, shows progress, prints, and turns faults into exit codes. Holds no logic.

mod arguments;
mod commands;
mod exit;
mod print;
mod progress;
mod reference;
mod trouble;

use crate::arguments::Arguments;
use crate::exit::Exit;
use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => run(&arguments).into(),
        Err(refusal) => {
            // help and version come this way too; a closed pipe is no concern
            let _ = refusal.print();
            if refusal.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
        }
    }
}

fn run(arguments: &Arguments) -> Exit {
    match trouble::caught(arguments.debug, || commands::run(&arguments.command)) {
        Some(Ok(())) => Exit::Done,
        Some(Err(faults)) => {
            print::faults(&faults, arguments.debug);
            faults.kind().into()
        }
        None => Exit::Unexpected,
    }
}
