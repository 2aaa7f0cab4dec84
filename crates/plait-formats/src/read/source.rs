//! Where bytes come from: a file on disk or one in memory.

use super::thrift;
use bytes::Bytes;
use parquet::errors::Result as ParquetResult;
use parquet::file::FOOTER_SIZE;
use parquet::file::reader::{ChunkReader, Length};
use plait_types::{Fault, FaultCode, nearest};
use std::fs::{self, File};
use std::io::{BufReader, Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file that is there, is not a folder and has at least one byte.
pub(crate) struct Source {
    /// Its name without folder, for messages.
    pub(crate) file: String,
    /// Its bytes.
    pub(crate) content: Content,
}

/// Bytes that several threads can read at once, each through a handle of its own.
#[derive(Clone)]
pub(crate) enum Content {
    Disk { path: PathBuf, size: u64 },
    Memory(Bytes),
}

/// Anything that can be read from any position, on any thread.
pub(crate) trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

impl Source {
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let metadata = fs::metadata(path).map_err(|error| missing(path, &file, error.kind()))?;
        if metadata.is_dir() {
            return Err(is_a_folder(path));
        }
        // opening a pipe would wait for its writer, and its bytes could be read only once
        if !metadata.is_file() {
            return Err(Fault::new(
                FaultCode::FileMissing,
                format!("{} is a pipe or a device, not a file", path.display()),
                "write it to a file first, and name that",
            )
            .because("a source is read more than once"));
        }
        File::open(path).map_err(|error| missing(path, &file, error.kind()))?;
        if metadata.len() == 0 {
            return Err(super::empty(&file, "is empty"));
        }
        Ok(Self { file, content: Content::Disk { path: path.to_owned(), size: metadata.len() } })
    }

    pub(crate) fn from_bytes(bytes: Vec<u8>, file: &str) -> Result<Self, Fault> {
        if bytes.is_empty() {
            return Err(super::empty(file, "is empty"));
        }
        Ok(Self { file: file.to_owned(), content: Content::Memory(bytes.into()) })
    }

    /// Bytes.
    pub(crate) fn size(&self) -> u64 {
        self.content.len()
    }

    /// The file's name without its extension.
    pub(crate) fn stem(&self) -> String {
        Path::new(&self.file)
            .file_stem()
            .map_or_else(|| self.file.clone(), |stem| stem.to_string_lossy().into_owned())
    }

    /// The extension in lower case, empty where there is none.
    pub(crate) fn extension(&self) -> String {
        Path::new(&self.file)
            .extension()
            .map_or_else(String::new, |text| text.to_string_lossy().to_lowercase())
    }

    /// A reader of its own, at the start.
    pub(crate) fn reader(&self) -> Result<Box<dyn ReadSeek>, Fault> {
        match &self.content {
            Content::Disk { path, .. } => {
                let file = File::open(path).map_err(|error| missing(path, &self.file, error.kind()))?;
                Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
            }
            Content::Memory(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
        }
    }

    /// The bytes from `start`, at most `length` of them.
    pub(crate) fn bytes(&self, start: u64, length: u64) -> Result<Vec<u8>, Fault> {
        let mut reader = self.reader()?;
        let mut bytes = Vec::new();
        reader
            .seek(SeekFrom::Start(start))
            .and_then(|_| reader.take(length).read_to_end(&mut bytes))
            .map_err(|error| unreadable(&self.file, &error))?;
        Ok(bytes)
    }
}

impl Length for Content {
    fn len(&self) -> u64 {
        match self {
            Self::Disk { size, .. } => *size,
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }
}

/// Opens the file anew for each request: handles that are cloned from one file share its position, which
/// threads that read different columns would move under each other.
impl ChunkReader for Content {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        // all that is read in this way is headers of pages, but for the end of the file
        let is_header = start.checked_add(FOOTER_SIZE as u64) != Some(self.len());
        match self {
            Self::Disk { path, .. } => {
                let mut file = BufReader::new(File::open(path)?);
                file.seek(SeekFrom::Start(start))?;
                if is_header {
                    thrift::page_header(&mut file)?;
                    file.seek(SeekFrom::Start(start))?;
                }
                Ok(Box::new(WithoutEnd(file)))
            }
            Self::Memory(bytes) => {
                if is_header {
                    thrift::page_header(&mut bytes.get_read(start)?)?;
                }
                Ok(Box::new(WithoutEnd(bytes.get_read(start)?)))
            }
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        match self {
            Self::Disk { path, .. } => File::open(path)?.get_bytes(start, length),
            // checked here, because the library adds the two without looking for overflow
            Self::Memory(bytes) => match start.checked_add(length as u64) {
                Some(end) if end <= bytes.len() as u64 => Ok(bytes.slice(start as usize..end as usize)),
                _ => Err(parquet::errors::ParquetError::EOF("page past the end".to_owned())),
            },
        }
    }
}

/// Bytes of which nobody asks for more than there are. The library passes over what a damaged page header claims to hold, a
/// thousand million numbers if it says so, and does not notice that the file has ended.
struct WithoutEnd<R>(R);

impl<R: Read> Read for WithoutEnd<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(into)? {
            0 if !into.is_empty() => Err(ErrorKind::InvalidData.into()),
            n => Ok(n),
        }
    }
}

/// The fault of a file whose bytes stop coming.
pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Fault {
    Fault::new(
        FaultCode::FileMissing,
        format!("{file} cannot be read to its end"),
        "check that the drive or network share is still connected, or copy the file to this computer first",
    )
    .because(error.kind().to_string())
}

/// The fault of a file that cannot be opened.
pub fn cannot_open(path: &Path, kind: ErrorKind) -> Fault {
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    missing(path, &file, kind)
}

fn is_a_folder(path: &Path) -> Fault {
    Fault::new(
        FaultCode::FileMissing,
        format!("{} is a folder, not a file", path.display()),
        "name a file in it",
    )
}

fn missing(path: &Path, file: &str, kind: ErrorKind) -> Fault {
    let shown = path.display();
    if kind == ErrorKind::IsADirectory {
        return is_a_folder(path);
    }
    if kind == ErrorKind::PermissionDenied {
        return Fault::new(
            FaultCode::FileMissing,
            format!("{shown} may not be read by this user"),
            "ask its owner for read access, or copy it to a folder of your own; close it if another program has it open",
        );
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return Fault::new(
            FaultCode::FileMissing,
            format!("{shown} is not there"),
            format!("check the path: there is no folder {}", folder.display()),
        );
    };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    let todo = match nearest(file, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {}?", folder.join(near).display()),
        None => "check the path and the spelling".to_owned(),
    };
    Fault::new(FaultCode::FileMissing, format!("{shown} is not there"), todo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_answered_with_the_one_that_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("education.csv"), "a\n1\n").unwrap();
        let fault = Source::open(&folder.path().join("educatoin.csv")).err().unwrap();
        assert_eq!(fault.code, FaultCode::FileMissing);
        assert!(fault.todo.starts_with("did you mean") && fault.todo.ends_with("education.csv?"), "{fault}");
        let fault = Source::open(&folder.path().join("quite-another.xlsx")).err().unwrap();
        assert_eq!(fault.todo, "check the path and the spelling");
        let fault = Source::open(&folder.path().join("no/such.csv")).err().unwrap();
        assert!(fault.todo.contains("there is no folder"), "{fault}");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_and_a_device_are_refused_without_waiting_for_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.csv");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [pipe.as_path(), Path::new("/dev/null")] {
            let fault = Source::open(path).err().unwrap();
            assert_eq!(fault.code, FaultCode::FileMissing);
            assert!(fault.what.ends_with("is a pipe or a device, not a file"), "{fault}");
            assert_eq!(fault.todo, "write it to a file first, and name that");
        }
    }

    #[test]
    fn a_folder_and_an_empty_file_are_refused_by_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let fault = Source::open(folder.path()).err().unwrap();
        assert!(fault.what.ends_with("is a folder, not a file"), "{fault}");
        fs::write(folder.path().join("none.csv"), "").unwrap();
        let fault = Source::open(&folder.path().join("none.csv")).err().unwrap();
        assert_eq!((fault.code, fault.what.as_str()), (FaultCode::FileEmpty, "none.csv is empty"));
    }
}
