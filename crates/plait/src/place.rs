//! The folder that a run writes to: held by one run at a time, and changed only when everything is ready.

use plait_types::{Fault, FaultCode};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

const LOCK: &str = ".plait-lock";
const STAGING: &str = ".plait-staging";

/// A folder held for one run. Files are made in a staging folder inside it and moved into place together at the end;
/// dropped before that, it leaves everything as it was.
#[derive(Debug)]
pub(crate) struct OutputPlace {
    folder: PathBuf,
    created: bool,
    /// The operating system releases the lock when the process ends, however it ends.
    lock: Option<File>,
    published: bool,
}

impl OutputPlace {
    /// Makes the folder if it is not there, and holds it.
    pub(crate) fn hold(folder: &Path) -> Result<Self, Fault> {
        let created = !folder.exists();
        let refused = |error: &std::io::Error| cannot_write(folder, error);
        if folder.is_file() {
            return Err(Fault::new(
                FaultCode::CannotWrite,
                format!("{} is a file, not a folder", folder.display()),
                "name a folder to write to: --out linked",
            ));
        }
        fs::create_dir_all(folder).map_err(|error| refused(&error))?;
        let mut place = Self { folder: folder.to_owned(), created, lock: None, published: false };
        let lock = File::create(folder.join(LOCK)).map_err(|error| refused(&error))?;
        match lock.try_lock() {
            Ok(()) => place.lock = Some(lock),
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
        let staging = place.staging();
        if staging.exists() {
            fs::remove_dir_all(&staging).map_err(|error| refused(&error))?;
        }
        fs::create_dir(&staging).map_err(|error| refused(&error))?;
        Ok(place)
    }

    /// Where to write a file until all are ready.
    pub(crate) fn staged(&self, file: &str) -> PathBuf {
        self.staging().join(file)
    }

    /// Moves every staged file into place and removes `superseded` ones of an earlier run. Gives the final paths.
    pub(crate) fn publish(mut self, files: &[&str], superseded: &[&str]) -> Result<Vec<PathBuf>, Fault> {
        let mut published = Vec::new();
        for file in files {
            let target = self.folder.join(file);
            fs::rename(self.staged(file), &target).map_err(|error| cannot_write(&target, &error))?;
            published.push(target);
        }
        for file in superseded {
            let old = self.folder.join(file);
            if old.exists() {
                fs::remove_file(&old).map_err(|error| cannot_write(&old, &error))?;
            }
        }
        self.published = true;
        Ok(published)
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
}

impl Drop for OutputPlace {
    fn drop(&mut self) {
        if self.lock.is_none() {
            return;
        }
        // nothing can be done about a failure here, and what is left behind is hidden and is cleared by the next run
        let _ = fs::remove_dir_all(self.staging());
        let _ = fs::remove_file(self.folder.join(LOCK));
        if self.created && !self.published {
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(
        FaultCode::CannotWrite,
        format!("cannot write {}: {}", path.display(), error.kind()),
        "check that the folder exists, that you may write to it, that the disk has room and that the file is not open in another program",
    )
}
