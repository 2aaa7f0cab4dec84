//! Whose a file is that stands where an output is to go. What a run reads is never replaced, and what Plait did not write
//! is neither replaced nor deleted.

use plait_types::{Fault, FaultCode};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// The file by which a command knows its own folder again, and the files that it may have written there.
#[derive(Debug)]
pub(crate) struct Record {
    /// A JSON document with the keys `format`, `plait` and, since they are listed, `files`.
    pub(crate) file: &'static str,
    /// Whether the command ever writes a file of this name. Only such files are its own, whatever the document says.
    pub(crate) may_be_named: fn(&str) -> bool,
}

impl Record {
    /// The names of the files in a folder that an earlier command wrote; none where it left no record.
    pub(crate) fn own_files(&self, folder: &Path) -> Vec<String> {
        #[derive(Deserialize)]
        struct Written {
            #[serde(rename = "format")]
            _format: u32,
            #[serde(rename = "plait")]
            _plait: String,
            files: Option<Vec<String>>,
        }
        let text = fs::read_to_string(folder.join(self.file)).unwrap_or_default();
        let Ok(written) = serde_json::from_str::<Written>(&text) else { return Vec::new() };
        // documents of earlier versions do not list the files
        let mut names = written.files.unwrap_or_else(|| names_in(folder));
        names.push(self.file.to_owned());
        names.retain(|name| (self.may_be_named)(name));
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// A file that a command reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    pub(crate) path: &'a Path,
    /// `a source of this run`
    pub(crate) what: &'static str,
}

impl<'a> Input<'a> {
    pub(crate) fn source(path: &'a Path) -> Self {
        Self { path, what: "a source of this run" }
    }
}

/// Refuses an output in the place of an input.
pub(crate) fn refuse_inputs(output: &Path, inputs: &[Input<'_>], todo: &str) -> Result<(), Fault> {
    match inputs.iter().find(|input| is_same_file(output, input.path)) {
        None => Ok(()),
        Some(input) => Err(Fault::new(
            FaultCode::WouldReplace,
            format!("{} would be replaced, and it is {}", output.display(), input.what),
            todo,
        )
        .because("what was read must be there unchanged for whoever checks the result")),
    }
}

/// Refuses a folder for outputs that lies in a folder that is read.
pub(crate) fn refuse_folder_of_input(folder: &Path, inputs: &[Input<'_>]) -> Result<(), Fault> {
    let Ok(whole) = fs::canonicalize(folder) else { return Ok(()) };
    let is_around = |input: &&Input<'_>| {
        input.path.is_dir() && fs::canonicalize(input.path).is_ok_and(|input| whole.starts_with(input))
    };
    match inputs.iter().find(is_around) {
        None => Ok(()),
        Some(input) => Err(Fault::new(
            FaultCode::WouldReplace,
            format!("{} lies in {}, which is {}", folder.display(), input.path.display(), input.what),
            "name a folder elsewhere with --out",
        )
        .because("the next run would read what this one writes")),
    }
}

/// Refuses to replace a file that is not of the kind that is written; a file without content is nobody's loss.
pub(crate) fn refuse_foreign_file(
    output: &Path,
    kind: &str,
    is_of_kind: impl FnOnce(&str) -> bool,
    todo: &str,
) -> Result<(), Fault> {
    // pipes and terminals hold nothing
    let holds_something = fs::metadata(output).is_ok_and(|data| data.is_file() && data.len() > 0);
    if !holds_something || fs::read_to_string(output).is_ok_and(|text| is_of_kind(&text)) {
        return Ok(());
    }
    Err(Fault::new(
        FaultCode::WouldReplace,
        format!("{} is there already, and it is not {kind}", output.display()),
        todo,
    )
    .because("what is in it would be lost"))
}

/// The fault of a file in a folder of outputs that Plait did not write.
pub(crate) fn foreign_in_folder(path: &Path) -> Fault {
    Fault::new(
        FaultCode::WouldReplace,
        format!("{} is there already, and Plait did not write it", path.display()),
        "name another folder with --out, or move that file away",
    )
    .because("what is in it would be lost")
}

/// Whether two paths lead to one file: by links of either kind, too.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(a), Ok(b)) => a == b || is_same_inode(&a, &b),
        _ => false,
    }
}

/// Whether two paths, of which nothing need be there, are of one place.
pub(crate) fn is_same_place(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| -> Option<PathBuf> {
        let path = std::path::absolute(path).ok()?;
        let folder = fs::canonicalize(path.parent()?).ok()?;
        Some(folder.join(path.file_name()?))
    };
    place(one).is_some_and(|one| place(other) == Some(one))
}

#[cfg(unix)]
fn is_same_inode(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path| fs::metadata(path).map(|data| (data.dev(), data.ino()));
    matches!((identity(one), identity(other)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(not(unix))]
fn is_same_inode(_: &Path, _: &Path) -> bool {
    false
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: Record = Record { file: "run.json", may_be_named: |name| name != "notes.txt" };

    #[track_caller]
    fn check(record: &str, own: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("people.xlsx"), "x").unwrap();
        fs::write(folder.path().join("notes.txt"), "x").unwrap();
        fs::write(folder.path().join("run.json"), record).unwrap();
        assert_eq!(RECORD.own_files(folder.path()), own);
    }

    #[test]
    fn what_a_record_names_is_own_and_nothing_else() {
        check(
            r#"{"format": 1, "plait": "0.1.0", "files": ["people.xlsx", "notes.txt"]}"#,
            &["people.xlsx", "run.json"],
        );
        check(r#"{"format": 1, "plait": "0.1.0", "files": []}"#, &["run.json"]);
    }

    #[test]
    fn of_a_record_without_a_list_every_file_of_a_known_name_is_own() {
        check(r#"{"format": 1, "plait": "0.1.0"}"#, &["people.xlsx", "run.json"]);
    }

    #[test]
    fn a_document_of_another_program_makes_nothing_own() {
        check(r#"{"format": 1, "files": ["people.xlsx"]}"#, &[]);
        check(r#"{"plait": "is a village", "files": ["people.xlsx"]}"#, &[]);
        check("not JSON", &[]);
    }
}
