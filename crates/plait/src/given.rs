//! Tables that somebody gives beside the sources: constraints, labels, names, the truth.

use crate::source::{file_name, sha256_of_file, sha256_of_rows};
use plait_formats::read::{Read, ReadOptions, Rows, read};
use plait_types::Fault;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A table: a file, or rows in memory.
#[derive(Clone, Debug)]
pub enum TableSpec {
    /// CSV, Parquet, xlsx or Arrow.
    File(PathBuf),
    /// Rows that are shared with whoever gave them, and what to call them.
    Rows {
        /// Stands in messages and in `run.json` where the path of a file would.
        name: String,
        /// The rows.
        rows: Arc<Rows>,
    },
}

impl From<PathBuf> for TableSpec {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl TableSpec {
    /// What messages call it: the path as it was given, or the name.
    pub(crate) fn called(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Rows { name, .. } => name.clone(),
        }
    }

    /// The same without the folder.
    pub(crate) fn file_name(&self) -> String {
        match self {
            Self::File(path) => file_name(path),
            Self::Rows { name, .. } => name.clone(),
        }
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Rows { .. } => None,
        }
    }

    /// The path from the root, where there is one and the system tells.
    pub(crate) fn absolute_path(&self) -> Option<String> {
        Some(std::path::absolute(self.path()?).ok()?.display().to_string())
    }

    /// What it holds.
    pub(crate) fn read(&self) -> Result<Read, Fault> {
        match self {
            Self::File(path) => read(path, &ReadOptions::default()),
            Self::Rows { name, rows } => {
                // the first of them is enough to know that the table has to be made anew
                rows.refuse_unusable(name).map_err(|mut faults| faults.swap_remove(0))?;
                rows.read(name)
            }
        }
    }

    /// Of the file's bytes, or of what `read` gave of rows in memory.
    pub(crate) fn sha256(&self, read: &Read) -> Result<String, Fault> {
        match self {
            Self::File(path) => sha256_of_file(path),
            Self::Rows { .. } => Ok(sha256_of_rows(&read.table)),
        }
    }
}
