//! The built command as people use it: what it prints, what it writes, how it ends.

mod advice;
mod bad_input;
mod commands;
mod compare;
mod constraints;
mod groups;
mod labels;
mod linking;
mod methods;
mod names;
mod outputs;
mod replacing;
mod returns;
mod writing;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Ten pupils.
const PUPILS: &str = "\
pupil_id,surname,forename,dob,sex,postcode
P1,Okafor,Amara,2014-03-21,F,ZE1 2AB
P2,Bennett,Oliver,2013-11-02,M,ZE1 4DE
P3,Khan,Zainab,2015-06-30,F,ZE2 7EF
P4,Kowalska,Maja,2012-09-14,F,ZE3 1GH
P5,O'Brien,Declan,2014-01-08,M,ZE1 9JL
P6,Nguyen,Linh,2013-05-27,F,ZE2 3LN
P7,Silva,Mateus,2015-12-19,M,ZE3 8NP
P8,Hughes,Cerys,2012-04-03,F,ZE1 6QR
P9,Adeyemi,Tobi,2014-08-25,M,ZE2 5ST
P10,Fletcher,Isla,2013-02-11,F,ZE3 4UW
";

/// Six of a clinic: five of them are pupils, written as another office would.
const CLINIC: &str = "\
clinic_ref,first name,last name,born,postcode
K70,Amara,Okafor,21/03/2014,ZE1 2AB
K71,Olly,Bennett,02/11/2013,ZE1 4DE
K72,Zaynab,Khan,30/06/2015,ZE2 7EF
K73,Maja,Kowalski,14/09/2012,ZE3 1GH
K74,Tobi,Adeyemi,25/08/2014,ZE1 1AA
K75,Freya,Lund,16/07/2013,ZE3 9WX
";

/// A temporary folder that the command works in, so that paths in its words are short.
struct Place(TempDir);

/// What a command did.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Place {
    fn with(files: &[(&str, &[u8])]) -> Self {
        let place = Self(tempfile::tempdir().expect("a temporary folder"));
        for (name, bytes) in files {
            fs::write(place.path(name), bytes).expect("a file in a temporary folder");
        }
        place
    }

    fn with_pupils_and_clinic() -> Self {
        Self::with(&[("pupils.csv", PUPILS.as_bytes()), ("clinic.csv", CLINIC.as_bytes())])
    }

    /// A made-up borough in `b`.
    fn with_borough(children: usize) -> Self {
        let place = Self::with(&[]);
        place.plait(&format!("synth people --children {children} --seed 1 --out b")).succeeded();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("text")
    }

    /// The names in a folder in order; none where there is no folder.
    fn names(&self, folder: &str) -> Vec<String> {
        names(&self.path(folder))
    }

    /// The command, to be started.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plait"));
        command.current_dir(self.0.path()).args(words).stdin(Stdio::null());
        command
    }

    /// Runs the command with words between spaces.
    fn plait(&self, words: &str) -> Ran {
        self.run(&words.split(' ').collect::<Vec<_>>())
    }

    fn run(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words).output().expect("the command starts"))
    }
}

impl Ran {
    fn of(output: Output) -> Self {
        // the command says how it was called, which is somewhere else on every machine
        let stdout = String::from_utf8(output.stdout).expect("text");
        Self {
            code: output.status.code(),
            stdout: stdout.replace(env!("CARGO_BIN_EXE_plait"), "plait"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    #[track_caller]
    fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// The exit code and what was said on standard error; there must be no result.
    #[track_caller]
    fn failed(self) -> String {
        assert_eq!(self.stdout, "", "a failed command gives no result");
        format!("exit {}\n{}", self.code.expect("it ended by itself"), self.stderr)
    }
}

/// Puts a letter for every number that a model learned: how models learn may change, how they are shown is checked.
fn learned_left_out(check: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"in \d+ rounds", "in N rounds");
    settings.add_filter(r"\(0\.\d+%\)", "(N%)");
    settings.add_filter(r"\(1 pair in \d+ ", "(1 pair in N ");
    settings.add_filter(r"[+−]\d+\.\d", "N");
    settings.add_filter(r"match weight -?[\d.]+ bits", "match weight N bits");
    settings.add_filter(r"match probability (of (over )?)?[\d.]+%?", "match probability N");
    settings.bind(check);
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
