//! Zip archives: what is in them, and the bytes of one entry. Nothing is ever unpacked to disk.
//!
//! An archive is refused as a whole where any entry could do harm: a path that leads outside the folder it would be
//! unpacked into, a link, another archive, encryption, entries that share bytes, or more data than the limits below.
//! Sizes are those of the directory, and an entry that gives more than it says ends the reading.

use super::origin::{Entry, Origin};
use crate::read::damaged;
use crate::read::source::Source;
use crate::read::xlsx::parts::{MOST_RATIO, SMALL};
use ::zip::ZipArchive;
use ::zip::result::ZipError;
use plait_types::{Fault, FaultCode};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Entries that an archive may have.
const MOST_ENTRIES: usize = 10_000;
/// Bytes that all entries may have together, unpacked: above the largest return of a year, below a disk.
const MOST_BYTES: u64 = 64 << 30;
/// Bytes of a workbook within an archive, which is held in memory.
const LARGEST_WORKBOOK: u64 = 200 << 20;

/// Every file in an archive, in the order of its directory.
///
/// Fails with `E065` where the archive could do harm, `E007` where it is damaged, `E008` where it is encrypted.
pub(super) fn entries(path: &Path) -> Result<Vec<Origin>, Fault> {
    let file = file_name(path);
    let source = Source::open(path)?;
    let n_entries = refuse_many(&file, &mut source.reader()?)?;
    let mut archive = ZipArchive::new(source.reader()?).map_err(|error| fault(&file, &error))?;
    // of entries of one name the last alone is in the list
    if (archive.len() as u64) < n_entries {
        return Err(harmful(&file, "several entries of one name").because(
            "programs unpack one of them and leave the others out, so that records would be missing without a trace",
        ));
    }
    let mut origins = Vec::new();
    let (mut total, mut packed_total) = (0_u64, 0_u64);
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(|error| fault(&file, &error))?;
        let name = entry.name().map_err(|error| fault(&file, &error))?.replace('\\', "/");
        let name = name.as_str();
        refuse_path(&file, name)?;
        if entry.is_symlink() {
            return Err(harmful(&file, &format!("a link, \"{name}\"")).because("it may lead to any file"));
        }
        if entry.is_dir() {
            continue;
        }
        if entry.encrypted() {
            return Err(Fault::new(
                FaultCode::PasswordProtected,
                format!("{file} is protected with a password"),
                "unpack it with the password and name the folder",
            ));
        }
        let (size, packed) = (entry.size(), entry.compressed_size());
        total = total.saturating_add(size);
        packed_total = packed_total.saturating_add(packed);
        if size > SMALL && size / MOST_RATIO > packed {
            return Err(bomb(
                &file,
                &format!("\"{name}\" would become more than {MOST_RATIO} times as large as it is packed"),
            ));
        }
        if total > MOST_BYTES {
            return Err(bomb(&file, &format!("it would become more than {} GiB", MOST_BYTES >> 30)));
        }
        let entry = Entry { index, name: name.to_owned() };
        origins.push(Origin { path: path.to_owned(), entry: Some(entry), size });
    }
    let length = source.reader()?.seek(SeekFrom::End(0)).unwrap_or(u64::MAX);
    if packed_total > length || archive.has_overlapping_files().map_err(|error| fault(&file, &error))? {
        return Err(bomb(&file, "its entries share the same bytes"));
    }
    Ok(origins)
}

/// Reads one entry from its start.
pub(super) fn with_entry<T>(
    path: &Path,
    entry: &Entry,
    size: u64,
    read: impl FnOnce(&mut dyn Read) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let file = file_name(path);
    let mut archive = ZipArchive::new(Source::open(path)?.reader()?).map_err(|error| fault(&file, &error))?;
    let bytes = archive.by_index(entry.index).map_err(|error| fault(&file, &error))?;
    read(&mut Limited { bytes, left: size })
}

/// The fault of an archive within an archive.
pub(super) fn nested(origin: &Origin) -> Fault {
    let entry = origin.entry.as_ref().map_or("", |entry| entry.name.as_str());
    Fault::new(
        FaultCode::UnsafeArchive,
        format!("{} holds another archive, \"{entry}\"", file_name(&origin.path)),
        "unpack both and name the folder with the files",
    )
    .because("archives within archives are not opened")
}

pub(super) fn refuse_large_workbook(origin: &Origin) -> Result<(), Fault> {
    if origin.size <= LARGEST_WORKBOOK {
        return Ok(());
    }
    Err(Fault::new(
        FaultCode::UnsafeArchive,
        format!("{} is larger than {} MiB", origin.shown(), LARGEST_WORKBOOK >> 20),
        "unpack the archive and name the file in it",
    )
    .because("a workbook within an archive is held in memory"))
}

/// Gives an error where an entry holds more than its directory says.
struct Limited<R> {
    bytes: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "more data than the archive says"))?;
        Ok(read)
    }
}

/// Looks at the number of entries before the directory is read into memory, and gives it.
fn refuse_many(file: &str, reader: &mut (impl Read + Seek)) -> Result<u64, Fault> {
    const TAIL: u64 = (1 << 16) + 512;
    let unreadable = |error| crate::read::source::unreadable(file, &error);
    let length = reader.seek(SeekFrom::End(0)).map_err(unreadable)?;
    reader.seek(SeekFrom::Start(length.saturating_sub(TAIL))).map_err(unreadable)?;
    let mut tail = Vec::new();
    reader.take(TAIL).read_to_end(&mut tail).map_err(unreadable)?;
    let last = |mark: &[u8]| tail.windows(4).rposition(|window| window == mark);
    let number = |at: usize, bytes: usize| {
        let bytes = tail.get(at..at + bytes).unwrap_or_default();
        bytes.iter().rev().fold(0_u64, |number, &byte| number << 8 | u64::from(byte))
    };
    let short = last(b"PK\x05\x06").map_or(0, |at| number(at + 10, 2));
    let long = last(b"PK\x06\x06").map_or(0, |at| number(at + 32, 8));
    if short.max(long) > MOST_ENTRIES as u64 {
        return Err(bomb(file, &format!("it has more than {MOST_ENTRIES} entries")));
    }
    Ok(short.max(long))
}

fn refuse_path(file: &str, name: &str) -> Result<(), Fault> {
    let drive = name.as_bytes().get(1) == Some(&b':');
    let outside =
        name.starts_with('/') || drive || name.contains('\0') || name.split('/').any(|part| part == "..");
    if outside {
        return Err(harmful(file, "a path that leads outside the folder it is unpacked into"));
    }
    Ok(())
}

fn harmful(file: &str, what: &str) -> Fault {
    Fault::new(
        FaultCode::UnsafeArchive,
        format!("{file} holds {what}"),
        "make the archive again from the files alone, or ask its sender",
    )
}

fn bomb(file: &str, why: &str) -> Fault {
    Fault::new(
        FaultCode::UnsafeArchive,
        format!("{file} is not opened: it would fill the memory or the disk"),
        "ask its sender; if it is right, unpack it and name the folder",
    )
    .because(why)
}

fn fault(file: &str, error: &ZipError) -> Fault {
    match error {
        ZipError::UnsupportedArchive(_) => Fault::new(
            FaultCode::FileKind,
            format!("{file} is packed in a way that Plait does not read"),
            "unpack it and name the folder, or pack it again as an ordinary zip archive",
        ),
        _ => damaged(file, "a part of the archive cannot be unpacked"),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
