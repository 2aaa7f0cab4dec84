//! Files that are written for others: requests and lists in the form that a collector or a service prescribes.

use crate::VERSION;
use crate::output::write_text;
use crate::ownership::{Input, Record};
use crate::place::OutputPlace;
use crate::source::SourceSpec;
use plait_types::{Fault, Issue};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The version of the layout of the folder that this program writes.
const FORMAT: u32 = 1;
pub(crate) const DOCUMENT: &str = "written.json";
pub(crate) const TRACE_REQUEST: &str = "pds-trace-request.csv";
pub(crate) const LEFT_OUT: &str = "left_out.csv";
pub(crate) const ANNEX_A: &str = "annex-a.xlsx";
pub(crate) const ANNEX_A_SEND: &str = "annex-a-send.xlsx";
pub(crate) const LACKING: &str = "lacking.csv";

/// How writing knows the folder of an earlier one.
const RECORD: Record = Record {
    file: DOCUMENT,
    may_be_named: |name| [DOCUMENT, TRACE_REQUEST, LEFT_OUT, ANNEX_A, ANNEX_A_SEND, LACKING].contains(&name),
};

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// For a person to read. Holds no value of any record.
    pub text: String,
    /// What `written.json` holds.
    pub json: Value,
    /// Findings in the sources.
    pub issues: Vec<Issue>,
    /// Files written.
    pub wrote: Vec<PathBuf>,
}

/// Holds the folder for files of these names.
pub(crate) fn hold(out: &Path, files: &[&str], sources: &[SourceSpec]) -> Result<OutputPlace, Fault> {
    let place = OutputPlace::hold(out, &RECORD)?;
    let inputs: Vec<Input<'_>> = sources.iter().map(|source| Input::source(&source.path)).collect();
    place.refuse_losses(&[files, &[DOCUMENT]].concat(), &inputs)?;
    Ok(place)
}

/// A source that files were made from.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MadeFrom {
    pub(crate) source: String,
    pub(crate) path: String,
    pub(crate) sha256: String,
}

/// Publishes the staged files together with their record, which says what they were made from.
pub(crate) fn publish(
    place: OutputPlace,
    files: &[&str],
    sources: &[MadeFrom],
    facts: Value,
) -> Result<(Value, Vec<PathBuf>), Fault> {
    let files = [files, &[DOCUMENT]].concat();
    let mut document = json!({ "format": FORMAT, "plait": VERSION, "sources": sources, "files": files });
    if let (Value::Object(document), Value::Object(facts)) = (&mut document, facts) {
        document.extend(facts);
    }
    let mut text = serde_json::to_string_pretty(&document).expect("a document is plain data");
    text.push('\n');
    write_text(&place.staged(DOCUMENT), &text)?;
    Ok((document, place.publish(&files)?))
}
