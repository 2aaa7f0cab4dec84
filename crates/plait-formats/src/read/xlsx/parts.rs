//! The parts of a workbook, looked at before anything reads them: a workbook is an archive, and a small one may hold
//! more than any memory.
//!
//! The library that reads cells holds the texts of a workbook, and each cell, in memory. So no part may be larger than
//! what it is held as, packed better than text packs, or have a text without end. What the directory says of sizes is
//! checked by unpacking what could be large; nothing of that is kept.

use super::super::damaged;
use super::super::source::Source;
use plait_types::{Fault, FaultCode};
use std::io::Read;
use zip::ZipArchive;

/// How many times larger than packed what is in an archive may be. Text of returns packs 5 to 30 times.
pub(crate) const MOST_RATIO: u64 = 250;
/// Below this size it may pack as well as it likes.
pub(crate) const SMALL: u64 = 16 << 20;

/// Parts that a workbook may have.
const MOST_PARTS: usize = 10_000;
/// Bytes of a sheet, which is read cell by cell; a full one of thirty columns has about one GiB.
const LARGEST_SHEET: u64 = 4 << 30;
/// Bytes of any other part, which is held in memory.
const LARGEST_PART: u64 = 1 << 30;
/// Bytes of one text: a cell of Excel has at most 32,767 characters.
const LONGEST_TEXT: usize = 1 << 20;
/// Deflate makes nothing more than this many times smaller.
const DEFLATE_RATIO: u64 = 1_032;

/// Refuses a workbook that would fill the memory.
pub(super) fn refuse_harmful(source: &Source) -> Result<(), Fault> {
    let file = &source.file;
    // what the library refuses as damaged it says itself
    let Ok(mut archive) = ZipArchive::new(source.reader()?) else { return Ok(()) };
    if archive.len() > MOST_PARTS {
        return Err(bomb(file, &format!("it has more than {MOST_PARTS} parts")));
    }
    let mut packed_total = 0_u64;
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index_data(index) else { continue };
        let (size, packed) = (part.size(), part.compressed_size());
        let is_sheet = part.name().is_ok_and(|name| name.to_ascii_lowercase().contains("worksheets/"));
        let largest = if is_sheet { LARGEST_SHEET } else { LARGEST_PART };
        packed_total = packed_total.saturating_add(packed);
        if size > SMALL && size / MOST_RATIO > packed {
            return Err(bomb(
                file,
                &format!("a part of it would become more than {MOST_RATIO} times as large as it is packed"),
            ));
        }
        if size > largest {
            return Err(bomb(file, &format!("a part of it would become more than {} GiB", largest >> 30)));
        }
        if packed.saturating_mul(DEFLATE_RATIO) > SMALL {
            let Ok(part) = archive.by_index(index) else { continue };
            refuse_unpacked(file, part, size)?;
        }
    }
    if packed_total > source.size() || archive.has_overlapping_files().unwrap_or(true) {
        return Err(bomb(file, "its parts share the same bytes"));
    }
    Ok(())
}

/// Refuses a part that holds more than is said of it, or a text without end.
fn refuse_unpacked(file: &str, mut part: impl Read, size: u64) -> Result<(), Fault> {
    let mut bytes = vec![0; 1 << 16];
    let (mut read, mut text) = (0_u64, 0);
    loop {
        let n =
            part.read(&mut bytes).map_err(|_| damaged(file, "a part of the workbook cannot be unpacked"))?;
        if n == 0 {
            return Ok(());
        }
        read += n as u64;
        if read > size {
            return Err(bomb(file, "a part of it holds more than the workbook says"));
        }
        let last = memchr::memrchr(b'<', &bytes[..n]);
        text = last.map_or(text + n, |last| n - last);
        if text > LONGEST_TEXT {
            return Err(bomb(file, "a cell of it holds more than Excel writes in one"));
        }
    }
}

fn bomb(file: &str, why: &str) -> Fault {
    Fault::new(
        FaultCode::UnsafeArchive,
        format!("{file} is not opened: it would fill the memory"),
        "ask its sender; if it is right, open it in Excel and save its sheets as CSV",
    )
    .because(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    /// A workbook of one part with this text `times` times, and what its directory says of the size where that is a lie.
    fn book(name: &str, text: &[u8], times: usize, says: Option<u32>) -> Source {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        (0..times).for_each(|_| writer.write_all(text).unwrap());
        let mut bytes = writer.finish().unwrap().into_inner();
        if let Some(says) = says {
            let at = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap() + 24;
            bytes[at..at + 4].copy_from_slice(&says.to_le_bytes());
        }
        Source::from_bytes(bytes, "list.xlsx").unwrap()
    }

    #[track_caller]
    fn check(source: &Source, why: Option<&str>) {
        let found = refuse_harmful(source).err();
        assert_eq!(found.as_ref().and_then(|fault| fault.why.as_deref()), why);
        assert!(found.is_none_or(|fault| fault.code == FaultCode::UnsafeArchive));
    }

    /// Bytes that hardly pack.
    fn noise(length: u64) -> Vec<u8> {
        let next = |n: u64| n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut n = 1;
        (0..length)
            .map(|_| {
                n = next(n);
                b'a' + ((n >> 60) as u8)
            })
            .collect()
    }

    #[test]
    fn workbooks_that_would_fill_the_memory_are_refused_before_a_cell_is_read() {
        let sheet = "xl/worksheets/sheet1.xml";
        let spaces = vec![b' '; 1 << 20];
        check(
            &book(sheet, &spaces, 64, None),
            Some("a part of it would become more than 250 times as large as it is packed"),
        );
        assert!(refuse_harmful(&book(sheet, &spaces, 64, Some(1_000))).is_err(), "its directory lies");
        let long = Some("a cell of it holds more than Excel writes in one");
        check(&book(sheet, &noise(2 << 20), 1, None), long);
        check(&book(sheet, &[noise(1 << 14), b"<c>".to_vec()].concat(), 256, None), None);
    }
}
