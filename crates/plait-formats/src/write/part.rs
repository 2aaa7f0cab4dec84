//! A file that takes its place only when it is complete.

use plait_types::{Fault, FaultCode};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Writes a file: `fill` gets an empty file beside `path`, named like it with `.part` behind, which replaces
/// `path` when `fill` succeeds and is removed when it does not, or panics.
///
/// The data is handed to the operating system, not forced to the disk: a power cut in the seconds after may
/// still lose it.
///
/// ```
/// use std::io::Write;
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("run.json");
/// plait_formats::write::write_file(&path, |file| file.write_all(b"{}"))?;
/// assert_eq!(std::fs::read(&path).unwrap(), b"{}");
/// # Ok::<(), plait_types::Fault>(())
/// ```
pub fn write_file<T>(path: &Path, fill: impl FnOnce(&mut PartFile) -> io::Result<T>) -> Result<T, Fault> {
    let mut part = PartFile::create(path).map_err(|error| cannot_write(path, error.kind()))?;
    let filled = fill(&mut part).and_then(|filled| part.flush().map(|()| filled));
    match filled {
        Ok(filled) => {
            part.take_place(path).map_err(|error| cannot_write(path, error.kind()))?;
            Ok(filled)
        }
        // a format library may have wrapped the error beyond recognition; the file knows what went wrong
        Err(error) => Err(cannot_write(path, part.failure.unwrap_or(error.kind()))),
    }
}

/// A file under a preliminary name; removed when dropped, unless it has taken its place.
#[derive(Debug)]
pub struct PartFile {
    /// Absent once it has taken its place.
    file: Option<BufWriter<File>>,
    part: PathBuf,
    failure: Option<ErrorKind>,
}

impl PartFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut name = path.file_name().ok_or(ErrorKind::InvalidFilename)?.to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let file = BufWriter::with_capacity(1 << 16, File::create(&part)?);
        Ok(Self { file: Some(file), part, failure: None })
    }

    pub(super) fn take_place(mut self, path: &Path) -> io::Result<()> {
        let file = self
            .file
            .take()
            .expect("only this takes it")
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        // Windows does not rename a file that is open
        drop(file);
        fs::rename(&self.part, path).inspect_err(|_| {
            let _ = fs::remove_file(&self.part);
        })
    }

    fn open(&mut self) -> &mut BufWriter<File> {
        self.file.as_mut().expect("is open until it takes its place")
    }

    fn remember<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| self.failure = Some(error.kind()))
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.open().write(bytes);
        self.remember(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.open().flush();
        self.remember(result)
    }
}

impl Seek for PartFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let result = self.open().seek(to);
        self.remember(result)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // without writing what is left in the buffer, which may not fit on the disk
            drop(file.into_parts());
            let _ = fs::remove_file(&self.part);
        }
    }
}

pub(super) fn cannot_write(path: &Path, kind: ErrorKind) -> Fault {
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.display().to_string(),
        _ => "this folder".to_owned(),
    };
    let (why, todo) = match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => (
            "the disk is full or its quota is used up".to_owned(),
            "free some space, or write to another disk with --out".to_owned(),
        ),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::ResourceBusy => (
            format!("{folder} may not be written to, or the file is open in another program"),
            "close the file if it is open in Excel, or write to a folder of your own with --out".to_owned(),
        ),
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            (format!("there is no folder {folder}"), "make the folder, or name another with --out".to_owned())
        }
        ErrorKind::IsADirectory => {
            ("a folder of that name is in the way".to_owned(), "rename or remove that folder".to_owned())
        }
        other => (other.to_string(), "write to another folder with --out".to_owned()),
    };
    Fault::new(FaultCode::CannotWrite, format!("cannot write {file}"), todo)
        .at(path.display().to_string())
        .because(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_takes_the_place_of_the_one_before_only_when_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        let fault = write_file(&path, |file| {
            file.write_all(&vec![b'x'; 100_000])?;
            Err::<(), _>(io::Error::from(ErrorKind::StorageFull))
        })
        .unwrap_err();
        assert_eq!(fault.code, FaultCode::CannotWrite);
        assert!(fault.why.unwrap().contains("the disk is full"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(entries(folder.path()), ["a.txt"]);
        write_file(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(entries(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_panic_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let result = std::panic::catch_unwind(|| {
            write_file(&path, |file| {
                file.write_all(b"half")?;
                std::panic::resume_unwind(Box::new("stop")) as io::Result<()>
            })
        });
        assert!(result.is_err());
        assert_eq!(entries(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn the_reason_of_the_file_is_told_even_if_a_library_hides_it() {
        let folder = tempfile::tempdir().unwrap();
        let fault = write_file(&folder.path().join("a.txt"), |file| {
            file.failure = Some(ErrorKind::StorageFull);
            Err::<(), _>(io::Error::other("something about zip"))
        })
        .unwrap_err();
        assert!(fault.why.unwrap().contains("the disk is full"));
    }

    #[test]
    fn a_place_that_is_not_there_or_is_a_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let fault = write_file(&folder.path().join("no/a.txt"), |_| Ok(())).unwrap_err();
        assert!(fault.why.unwrap().starts_with("there is no folder"));
        fs::create_dir(folder.path().join("b.txt")).unwrap();
        let fault = write_file(&folder.path().join("b.txt"), |_| Ok(())).unwrap_err();
        assert_eq!(fault.what, "cannot write b.txt");
        assert_eq!(entries(folder.path()), ["b.txt"]);
    }
}
