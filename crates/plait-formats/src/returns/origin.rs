//! Where the bytes of a return are: a file, or an entry of a zip archive.

use super::zip;
use crate::read::source::{Content, Source};
use plait_types::Fault;
use std::io::Read;
use std::path::PathBuf;

/// Where the bytes of one member of a return are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file, or the archive.
    pub path: PathBuf,
    /// The entry, where `path` is an archive.
    pub entry: Option<Entry>,
    /// Bytes, unpacked.
    pub size: u64,
}

/// One file within a zip archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the archive's directory.
    pub index: usize,
    /// Its path in the archive.
    pub name: String,
}

impl Origin {
    /// The name without folders.
    pub(super) fn name(&self) -> String {
        match &self.entry {
            Some(entry) => entry.name.rsplit('/').next().unwrap_or_default().to_owned(),
            None => self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned(),
        }
    }

    /// The name for messages: `pupilonroll.csv`, `census.zip/pupilonroll.csv`.
    pub(super) fn shown(&self) -> String {
        match &self.entry {
            Some(entry) => {
                let archive = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
                format!("{archive}/{}", entry.name)
            }
            None => self.name(),
        }
    }

    /// Reads the bytes from the start.
    pub(super) fn with_reader<T>(
        &self,
        read: impl FnOnce(&mut dyn Read) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        match &self.entry {
            Some(entry) => zip::with_entry(&self.path, entry, self.size, read),
            None => read(&mut Source::open(&self.path)?.reader()?),
        }
    }

    /// The first bytes, at most `length`.
    pub(super) fn head(&self, length: u64) -> Result<Vec<u8>, Fault> {
        self.with_reader(|reader| {
            let mut head = Vec::new();
            let read = reader.take(length).read_to_end(&mut head);
            read.map_err(|error| crate::read::source::unreadable(&self.shown(), &error))?;
            Ok(head)
        })
    }

    /// The bytes for readers that go back and forth in them; an entry of an archive is unpacked into memory.
    pub(super) fn source(&self) -> Result<Source, Fault> {
        let mut source = if self.entry.is_some() {
            zip::refuse_large_workbook(self)?;
            Source::from_bytes(self.head(u64::MAX)?, &self.name())?
        } else {
            Source::open(&self.path)?
        };
        if let Content::Memory(_) = source.content {
            source.file = self.shown();
        }
        Ok(source)
    }
}
