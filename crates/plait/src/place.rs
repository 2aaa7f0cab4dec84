//! The folder that a run writes to: held by one run at a time, and changed only when everything is ready.
//!
//! **Holding.** A run locks `.plait-lock` in the folder; the operating system releases the lock when the process ends,
//! however it ends. The run removes the file at its end, while it still holds the lock. Another run may have opened the
//! file just before, and would then lock a file that no one else can find; so a run that has the lock checks that the
//! file it locked is still the one in the folder, and starts again if not. Where files cannot be told apart in this way
//! (systems other than Unix) the file is never removed, and then the one in the folder is always the one that was locked.
//!
//! **Publishing.** Files are made in `.plait-staging` in the folder. At the end the files of an earlier run are moved to
//! `.plait-staging/old` and the new ones take their place; whatever fails on the way is undone. Of a run that is killed
//! in that moment the next one finds `.plait-staging/old`, and moves the earlier files back before it starts.
//!
//! **Sparing.** Only files that an earlier run wrote, as its record says ([`Record`]), are replaced or removed.

use crate::ownership::{Input, Record, foreign_in_folder, refuse_folder_of_input, refuse_inputs};
use plait_types::{Fault, FaultCode};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const LOCK: &str = ".plait-lock";
const STAGING: &str = ".plait-staging";
/// Files of an earlier run while those of this one take their place.
const OLD: &str = "old";
/// The same when all new files are in place.
const REPLACED: &str = "replaced";

/// A folder held for one run. Files are made in a staging folder inside it and moved into place together at the end;
/// dropped before that, it leaves everything as it was.
#[derive(Debug)]
pub(crate) struct OutputPlace {
    folder: PathBuf,
    /// Folders that were not there before, the innermost first.
    created: Vec<PathBuf>,
    lock: Option<File>,
    /// Names of the files of an earlier run.
    own: Vec<String>,
    published: bool,
}

impl OutputPlace {
    /// Makes the folder if it is not there, and holds it. An earlier run is known by its record.
    pub(crate) fn hold(folder: &Path, record: &Record) -> Result<Self, Fault> {
        if folder.is_file() {
            return Err(Fault::new(
                FaultCode::BadOption,
                format!("{} is a file, not a folder", folder.display()),
                "name a folder to write to: --out linked",
            ));
        }
        let is_new = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        let created = folder.ancestors().take_while(is_new).map(Path::to_owned).collect();
        // from here on, what was made is removed again if anything fails
        let mut place =
            Self { folder: folder.to_owned(), created, lock: None, own: Vec::new(), published: false };
        place.lock = Some(lock(folder)?);
        place.clear_staging().map_err(|error| cannot_write(folder, &error))?;
        place.own = record.own_files(folder);
        Ok(place)
    }

    /// Refuses outputs of these names in the place of what the run reads, or of what Plait did not write.
    pub(crate) fn refuse_losses(&self, files: &[&str], inputs: &[Input<'_>]) -> Result<(), Fault> {
        refuse_folder_of_input(&self.folder, inputs)?;
        for file in files.iter().copied().chain(self.own.iter().map(String::as_str)) {
            refuse_inputs(&self.folder.join(file), inputs, "name another folder with --out")?;
        }
        self.refuse_foreign(files)
    }

    fn refuse_foreign(&self, files: &[&str]) -> Result<(), Fault> {
        let foreign = |file: &&str| !self.own.iter().any(|own| own == file);
        let paths = files.iter().copied().filter(foreign).map(|file| self.folder.join(file));
        match paths.into_iter().find(|path| is_there(path) && !path.is_dir()) {
            Some(path) => Err(foreign_in_folder(&path)),
            None => Ok(()),
        }
    }

    /// Where to write a file until all are ready.
    pub(crate) fn staged(&self, file: &str) -> PathBuf {
        self.staging().join(file)
    }

    /// Moves every staged file into place and removes the others of an earlier run, beside which they would be taken for a
    /// part of this one. Gives the final paths. After an error the folder holds what it held before.
    pub(crate) fn publish(mut self, files: &[&str]) -> Result<Vec<PathBuf>, Fault> {
        self.refuse_foreign(files)?;
        let superseded: Vec<&str> =
            self.own.iter().map(String::as_str).filter(|own| !files.contains(own)).collect();
        let targets: Vec<PathBuf> =
            files.iter().chain(&superseded).map(|file| self.folder.join(file)).collect();
        if let Some(target) = targets.iter().find(|target| target.is_dir()) {
            return Err(Fault::new(
                FaultCode::CannotWrite,
                format!("{} is a folder, and a file is to be written there", target.display()),
                "move that folder away, or name another folder with --out",
            ));
        }
        let old = self.staged(OLD);
        fs::create_dir(&old).map_err(|error| cannot_write(&old, &error))?;
        // from where, to where, in order
        let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
        let there =
            targets.iter().zip(files.iter().chain(&superseded)).filter(|(target, _)| is_there(target));
        let away = there.map(|(target, file)| (target.clone(), old.join(file)));
        let into_place = files.iter().zip(&targets).map(|(file, target)| (self.staged(file), target.clone()));
        // a single step at the end, after which the earlier files are never moved back
        let settled = (old.clone(), self.staged(REPLACED));
        let moves: Vec<(PathBuf, PathBuf)> = away.chain(into_place).chain([settled]).collect();
        for (from, to) in moves {
            if let Err(error) = fs::rename(&from, &to) {
                for (from, to) in moved.iter().rev() {
                    // what cannot be moved back now stays among the old files, and is tried again when the run ends
                    let _ = fs::rename(to, from);
                }
                return Err(cannot_write(if to.starts_with(&old) { &from } else { &to }, &error));
            }
            moved.push((from, to));
        }
        self.published = true;
        Ok(targets[..files.len()].to_vec())
    }

    /// The fault of a staged file, about the place that the user knows.
    pub(crate) fn seen_from_outside(&self, fault: Fault) -> Fault {
        let (staging, folder) = (self.staging().display().to_string(), self.folder.display().to_string());
        let outside = |text: String| text.replace(&staging, &folder);
        Fault {
            what: outside(fault.what),
            place: fault.place.map(outside),
            why: fault.why.map(outside),
            ..fault
        }
    }

    fn staging(&self) -> PathBuf {
        self.folder.join(STAGING)
    }

    /// Makes an empty staging folder, after moving back what a killed run had moved away.
    fn clear_staging(&self) -> io::Result<()> {
        let staging = self.staging();
        if staging.exists() {
            self.move_back()?;
            fs::remove_dir_all(&staging)?;
        }
        fs::create_dir(&staging)
    }

    /// Moves files of an earlier run back, if there are any whose place was not taken for good.
    fn move_back(&self) -> io::Result<()> {
        let old = self.staged(OLD);
        if old.is_dir() {
            for entry in fs::read_dir(&old)? {
                let entry = entry?;
                fs::rename(entry.path(), self.folder.join(entry.file_name()))?;
            }
        }
        Ok(())
    }
}

impl Drop for OutputPlace {
    // nothing can be done about a failure here, and what is left behind is hidden and is cleared by the next run
    fn drop(&mut self) {
        if self.lock.is_some() {
            if self.move_back().is_ok() {
                let _ = fs::remove_dir_all(self.staging());
            }
            if cfg!(unix) {
                let _ = fs::remove_file(self.folder.join(LOCK));
            }
        }
        if !self.published {
            for folder in &self.created {
                // only if it is empty: another run may have begun to use it
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// Makes the folder and locks it for this run.
fn lock(folder: &Path) -> Result<File, Fault> {
    let path = folder.join(LOCK);
    let refused = |error: &io::Error| cannot_write(folder, error);
    loop {
        fs::create_dir_all(folder).map_err(|error| refused(&error))?;
        // a link would have another file locked, and made if it is not there
        if fs::symlink_metadata(&path).is_ok_and(|data| data.is_symlink()) {
            return Err(Fault::new(
                FaultCode::CannotWrite,
                format!("{} is a link, and a run keeps a file of its own there", path.display()),
                "remove the link, or name another folder with --out",
            ));
        }
        let file = File::options().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|error| refused(&error))?;
        match file.try_lock() {
            Ok(()) if is_at(&file, &path) => return Ok(file),
            // the run that held it removed it between the two steps
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Fault::new(
                    FaultCode::Locked,
                    format!("another run is writing to {}", folder.display()),
                    "wait until it has ended, or name another folder with --out",
                )
                .because("two runs into one folder would mix their results"));
            }
            Err(TryLockError::Error(error)) => return Err(refused(&error)),
        }
    }
}

/// Whether an open file is the one that a path names.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |data: fs::Metadata| (data.dev(), data.ino());
    matches!(
        (file.metadata().map(identity), fs::metadata(path).map(identity)),
        (Ok(open), Ok(named)) if open == named
    )
}

/// Whether an open file is the one that a path names: always, as no run removes it.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Whether a path names anything, a link to nowhere included.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn cannot_write(path: &Path, error: &io::Error) -> Fault {
    Fault::new(
        FaultCode::CannotWrite,
        match error.kind() {
            io::ErrorKind::NotFound => {
                format!("cannot write {}: there is no folder to write it to", path.display())
            }
            kind => format!("cannot write {}: {kind}", path.display()),
        },
        "check that the folder exists, that you may write to it, that the disk has room and that the file is not open in another program",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Every file below a folder and its content; folders end in a slash.
    fn content(folder: &Path) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                found.insert(format!("{name}/"), String::new());
                found.extend(
                    content(&path).into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)),
                );
            } else if cfg!(unix) || name != LOCK {
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
        found
    }

    fn stage(place: &OutputPlace, files: &[&str]) {
        files.iter().for_each(|file| fs::write(place.staged(file), format!("new {file}")).unwrap());
    }

    const RECORD: Record = Record { file: "run", may_be_named: |_| true };

    /// Files of an earlier run, and its record.
    fn older_run(folder: &Path, files: &[&str]) {
        let record = serde_json::json!({ "format": 1, "plait": "0", "files": files });
        fs::write(folder.join("run"), record.to_string()).unwrap();
        files.iter().for_each(|file| fs::write(folder.join(file), format!("old {file}")).unwrap());
    }

    #[test]
    fn all_files_of_a_run_take_the_place_of_the_earlier_ones() {
        let folder = tempfile::tempdir().unwrap();
        older_run(folder.path(), &["a", "b", "book"]);
        fs::write(folder.path().join("own notes"), "old own notes").unwrap();
        let place = OutputPlace::hold(folder.path(), &RECORD).unwrap();
        stage(&place, &["a", "b", "c"]);
        let wrote = place.publish(&["a", "b", "c"]).unwrap();
        assert_eq!(wrote, ["a", "b", "c"].map(|file| folder.path().join(file)));
        let expected = [("a", "new a"), ("b", "new b"), ("c", "new c"), ("own notes", "old own notes")];
        assert_eq!(content(folder.path()), expected.map(|(name, text)| (name.into(), text.into())).into());
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_leaves_the_earlier_run_as_it_was() {
        for taken in ["c", "book"] {
            let folder = tempfile::tempdir().unwrap();
            older_run(folder.path(), &["a", "b", "book"]);
            let _ = fs::remove_file(folder.path().join(taken));
            fs::create_dir(folder.path().join(taken)).unwrap();
            fs::write(folder.path().join(taken).join("inside"), "old inside").unwrap();
            let before = content(folder.path());
            let place = OutputPlace::hold(folder.path(), &RECORD).unwrap();
            stage(&place, &["a", "b", "c"]);
            let fault = place.publish(&["a", "b", "c"]).unwrap_err();
            assert_eq!(fault.code, FaultCode::CannotWrite);
            assert!(fault.what.contains(&format!("{taken} is a folder")), "{}", fault.what);
            assert_eq!(content(folder.path()), before);
        }
    }

    #[test]
    fn what_the_earlier_run_did_not_write_is_neither_replaced_nor_removed() {
        let folder = tempfile::tempdir().unwrap();
        older_run(folder.path(), &["a"]);
        fs::write(folder.path().join("b"), "somebody's").unwrap();
        let before = content(folder.path());
        let place = OutputPlace::hold(folder.path(), &RECORD).unwrap();
        assert_eq!(place.refuse_losses(&["a", "b"], &[]).unwrap_err().code, FaultCode::WouldReplace);
        place.refuse_losses(&["a"], &[]).unwrap();
        stage(&place, &["a", "b"]);
        assert_eq!(place.publish(&["a", "b"]).unwrap_err().code, FaultCode::WouldReplace);
        assert_eq!(content(folder.path()), before);
    }

    #[test]
    fn an_input_is_refused_as_an_output_even_if_the_earlier_run_wrote_it() {
        let folder = tempfile::tempdir().unwrap();
        older_run(folder.path(), &["a"]);
        let place = OutputPlace::hold(folder.path(), &RECORD).unwrap();
        let fault = place.refuse_losses(&["b"], &[Input::source(&folder.path().join("a"))]).unwrap_err();
        assert!(
            fault.what.ends_with("a would be replaced, and it is a source of this run"),
            "{}",
            fault.what
        );
    }

    #[test]
    fn nothing_is_written_into_a_folder_that_is_read() {
        let folder = tempfile::tempdir().unwrap();
        for inside in ["", "linked", "by year/linked"] {
            let place = OutputPlace::hold(&folder.path().join(inside), &RECORD).unwrap();
            let fault = place.refuse_losses(&["a"], &[Input::source(folder.path())]).unwrap_err();
            assert_eq!(fault.code, FaultCode::WouldReplace, "{inside}");
        }
        let beside = OutputPlace::hold(&folder.path().join("linked"), &RECORD).unwrap();
        fs::create_dir(folder.path().join("census")).unwrap();
        beside.refuse_losses(&["a"], &[Input::source(&folder.path().join("census"))]).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_lock_is_refused_and_what_it_leads_to_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (out, elsewhere) = (folder.path().join("out"), folder.path().join("elsewhere"));
        fs::create_dir(&out).unwrap();
        fs::write(&elsewhere, "somebody's").unwrap();
        std::os::unix::fs::symlink(&elsewhere, out.join(LOCK)).unwrap();
        assert_eq!(OutputPlace::hold(&out, &RECORD).unwrap_err().code, FaultCode::CannotWrite);
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "somebody's");
        fs::remove_file(out.join(LOCK)).unwrap();
        fs::write(out.join(LOCK), "of a killed run").unwrap();
        OutputPlace::hold(&out, &RECORD).unwrap();
    }

    #[test]
    fn a_move_that_fails_half_way_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        older_run(folder.path(), &["a", "c"]);
        let before = content(folder.path());
        let place = OutputPlace::hold(folder.path(), &RECORD).unwrap();
        // "c" was never staged, so that its move fails when "a" and "b" are in place
        stage(&place, &["a", "b"]);
        let fault = place.publish(&["a", "b", "c"]).unwrap_err();
        assert_eq!(fault.code, FaultCode::CannotWrite);
        assert_eq!(content(folder.path()), before);
    }

    #[test]
    fn files_that_a_killed_run_had_moved_away_are_moved_back() {
        let folder = tempfile::tempdir().unwrap();
        older_run(folder.path(), &["a", "b"]);
        let before = content(folder.path());
        let old = folder.path().join(STAGING).join(OLD);
        fs::create_dir_all(&old).unwrap();
        fs::rename(folder.path().join("a"), old.join("a")).unwrap();
        fs::write(folder.path().join("a"), "half a run").unwrap();
        drop(OutputPlace::hold(folder.path(), &RECORD).unwrap());
        assert_eq!(content(folder.path()), before);
    }

    #[test]
    fn a_second_run_into_a_folder_is_refused_until_the_first_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let first = OutputPlace::hold(folder.path(), &RECORD).unwrap();
        assert_eq!(OutputPlace::hold(folder.path(), &RECORD).unwrap_err().code, FaultCode::Locked);
        drop(first);
        OutputPlace::hold(folder.path(), &RECORD).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_on_a_file_that_was_removed_is_no_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK);
        let first = OutputPlace::hold(folder.path(), &RECORD).unwrap();
        let opened_in_between = File::open(&path).unwrap();
        drop(first);
        opened_in_between.try_lock().unwrap();
        assert!(!is_at(&opened_in_between, &path));
        // the stale lock keeps nobody out, and the new one is known as the one in the folder
        let second = OutputPlace::hold(folder.path(), &RECORD).unwrap();
        assert!(!is_at(&opened_in_between, &path));
        assert!(is_at(second.lock.as_ref().unwrap(), &path));
    }

    #[test]
    fn a_folder_is_never_held_twice_however_runs_meet() {
        use std::sync::atomic::{AtomicU32, Ordering};
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let (held, most, times) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Ok(place) = OutputPlace::hold(&out, &RECORD) {
                            most.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            times.fetch_add(1, Ordering::SeqCst);
                            std::thread::yield_now();
                            held.fetch_sub(1, Ordering::SeqCst);
                            drop(place);
                        }
                    }
                });
            }
        });
        assert!(times.into_inner() > 0);
        assert_eq!(most.into_inner(), 1);
    }

    #[test]
    fn a_run_that_fails_removes_every_folder_that_it_made() {
        let folder = tempfile::tempdir().unwrap();
        drop(OutputPlace::hold(&folder.path().join("a/b/c"), &RECORD).unwrap());
        assert_eq!(content(folder.path()), BTreeMap::new());
        fs::create_dir(folder.path().join("a")).unwrap();
        drop(OutputPlace::hold(&folder.path().join("a/b/c"), &RECORD).unwrap());
        assert_eq!(content(folder.path()), [("a/".into(), String::new())].into());
    }

    #[test]
    fn a_folder_that_cannot_be_held_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        // too long a name for the folder itself: its parents are made before that is known
        let out = folder.path().join("a/b").join("c".repeat(300));
        assert_eq!(OutputPlace::hold(&out, &RECORD).unwrap_err().code, FaultCode::CannotWrite);
        assert_eq!(content(folder.path()), BTreeMap::new());
        fs::create_dir_all(folder.path().join("there").join(LOCK)).unwrap();
        let before = content(folder.path());
        assert_eq!(
            OutputPlace::hold(&folder.path().join("there"), &RECORD).unwrap_err().code,
            FaultCode::CannotWrite
        );
        assert_eq!(content(folder.path()), before);
    }
}
