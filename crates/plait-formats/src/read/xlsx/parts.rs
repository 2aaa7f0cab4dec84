//! The parts of a workbook, looked at before anything reads them: a workbook is an archive, and a small one may hold
//! more than any memory.
//!
//! The library that reads cells holds the texts of a workbook, and each cell, in memory. So no part may be larger than
//! what it is held as, packed better than text packs, or have a text without end, and no sheet more rows or columns than
//! Excel gives one. What the directory says of sizes is checked by unpacking, and rows, cells and texts are counted by
//! their tags; nothing of that is kept.

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
/// Bytes of all sheets together, which are read cell by cell; a full one of thirty columns has about one GiB.
const LARGEST_SHEETS: u64 = 2 << 30;
/// Bytes of any other part, which is held in memory.
const LARGEST_PART: u64 = 256 << 20;
/// Bytes of one text: a cell of Excel has at most 32,767 characters.
const LONGEST_TEXT: usize = 1 << 20;
/// Rows of a sheet of Excel.
pub(super) const MOST_ROWS: u64 = 1_048_576;
/// Columns of a sheet of Excel.
pub(super) const MOST_COLUMNS: u64 = 16_384;
/// Different texts that the cells of a workbook share. Each takes some 60 bytes of memory besides its letters.
const MOST_TEXTS: u64 = 4 << 20;
/// Deflate makes nothing more than this many times smaller.
const DEFLATE_RATIO: u64 = 1_032;
/// The longest name of an element that is told from others, with its prefix.
const LONGEST_NAME: usize = 64;

/// Refuses a workbook that would fill the memory.
pub(super) fn refuse_harmful(source: &Source) -> Result<(), Fault> {
    let file = &source.file;
    // what the library refuses as damaged it says itself
    let Ok(mut archive) = ZipArchive::new(source.reader()?) else { return Ok(()) };
    if archive.len() > MOST_PARTS {
        return Err(bomb(file, &format!("it has more than {MOST_PARTS} parts")));
    }
    let (mut packed_total, mut sheets_total) = (0_u64, 0_u64);
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index_data(index) else { continue };
        let (size, packed) = (part.size(), part.compressed_size());
        let name = part.name().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        let is_sheet = name.contains("worksheets/");
        // pictures are never read
        let is_xml = !name.contains("media/");
        let largest = if is_sheet { LARGEST_SHEETS } else { LARGEST_PART };
        if is_sheet {
            sheets_total = sheets_total.saturating_add(size);
        }
        packed_total = packed_total.saturating_add(packed);
        if size > SMALL && size / MOST_RATIO > packed {
            return Err(bomb(
                file,
                &format!("a part of it would become more than {MOST_RATIO} times as large as it is packed"),
            ));
        }
        if size > largest || sheets_total > LARGEST_SHEETS {
            let most = largest >> 20;
            return Err(bomb(file, &format!("what is in it would become more than {most} MiB")));
        }
        if is_xml || packed.saturating_mul(DEFLATE_RATIO) > SMALL {
            let Ok(part) = archive.by_index(index) else { continue };
            refuse_unpacked(file, part, size, is_xml)?;
        }
    }
    if packed_total > source.size() || archive.has_overlapping_files().unwrap_or(true) {
        return Err(bomb(file, "its parts share the same bytes"));
    }
    Ok(())
}

/// Refuses a part that holds more than is said of it, a text without end, or more rows, columns or texts than Excel
/// writes.
fn refuse_unpacked(file: &str, mut part: impl Read, size: u64, is_xml: bool) -> Result<(), Fault> {
    let mut bytes = vec![0; 1 << 16];
    let (mut read, mut text) = (0_u64, 0);
    let mut tags = Tags::default();
    // the start of a tag whose name has not ended
    let mut kept = 0;
    loop {
        let n = part
            .read(&mut bytes[kept..])
            .map_err(|_| damaged(file, "a part of the workbook cannot be unpacked"))?;
        if n == 0 {
            return Ok(());
        }
        read += n as u64;
        if read > size {
            return Err(bomb(file, "a part of it holds more than the workbook says"));
        }
        let last = memchr::memrchr(b'<', &bytes[kept..kept + n]);
        text = last.map_or(text + n, |last| n - last);
        if text > LONGEST_TEXT {
            return Err(bomb(file, "a cell of it holds more than Excel writes in one"));
        }
        if is_xml {
            let held = kept + n;
            let done = tags.count(file, &bytes[..held])?;
            bytes.copy_within(done..held, 0);
            kept = held - done;
        }
    }
}

/// How many elements of a part have come that cost memory when they are read.
#[derive(Default)]
struct Tags {
    rows: u64,
    /// Of the row that is open; `None` before the first.
    cells: Option<u64>,
    texts: u64,
}

impl Tags {
    /// Counts the tags of some bytes; gives how many bytes are done with, the others being the start of a tag.
    fn count(&mut self, file: &str, bytes: &[u8]) -> Result<usize, Fault> {
        for at in memchr::memchr_iter(b'<', bytes) {
            let from = &bytes[at + 1..];
            let longest = &from[..from.len().min(LONGEST_NAME)];
            let end =
                longest.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>'));
            let name = match end {
                Some(end) => &from[..end],
                None if from.len() < LONGEST_NAME => return Ok(at),
                None => continue,
            };
            self.add(file, name)?;
        }
        Ok(bytes.len())
    }

    fn add(&mut self, file: &str, name: &[u8]) -> Result<(), Fault> {
        let local = memchr::memchr(b':', name).map_or(name, |colon| &name[colon + 1..]);
        match local {
            b"row" => {
                self.rows += 1;
                self.cells = Some(0);
                if self.rows > MOST_ROWS {
                    return Err(bomb(
                        file,
                        "a sheet of it has more than the 1,048,576 rows that Excel gives one",
                    ));
                }
            }
            b"c" => {
                if let Some(cells) = &mut self.cells {
                    *cells += 1;
                    if *cells > MOST_COLUMNS {
                        let why = "a sheet of it has more than the 16,384 columns that Excel gives one";
                        return Err(bomb(file, why));
                    }
                }
            }
            b"si" => {
                self.texts += 1;
                if self.texts > MOST_TEXTS {
                    return Err(bomb(file, "its cells share more than 4 million different texts"));
                }
            }
            b"!DOCTYPE" => {
                return Err(Fault::new(
                    FaultCode::UnsafeArchive,
                    format!("{file} is not opened: a part of it has a document type"),
                    "ask its sender; if it is right, open it in Excel and save it again",
                )
                .because(
                    "a document type can make a small file fill the memory, and Excel never writes one",
                ));
            }
            _ => {}
        }
        Ok(())
    }
}

pub(super) fn bomb(file: &str, why: &str) -> Fault {
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

    #[test]
    fn sheets_of_more_rows_or_columns_than_excel_has_are_refused_at_once() {
        let sheet = "xl/worksheets/sheet1.xml";
        // noise, so that it packs no better than text does
        let some = |tag: &str, times: usize| [tag.repeat(times).into_bytes(), noise(1 << 10)].concat();
        check(&book(sheet, &some("<row>", 1_024), 1_024, None), None);
        check(
            &book(sheet, &some("<x:row r='1'>", 1_024), 1_025, None),
            Some("a sheet of it has more than the 1,048,576 rows that Excel gives one"),
        );
        check(&book(sheet, &some("<row><c><c>", 4_096), 8, None), None);
        check(
            &book(sheet, &[b"<row>".to_vec(), some("<c/>", 16_385)].concat(), 1, None),
            Some("a sheet of it has more than the 16,384 columns that Excel gives one"),
        );
        // the cells of a list of formulas are in no row
        check(&book("xl/calcChain.xml", &some("<c/>", 16_385), 2, None), None);
        check(
            &book("xl/sharedStrings.xml", &some("<si><t/></si>", 4_096), 1_025, None),
            Some("its cells share more than 4 million different texts"),
        );
        check(
            &book(sheet, b"<!DOCTYPE a>", 1, None),
            Some("a document type can make a small file fill the memory, and Excel never writes one"),
        );
    }

    #[test]
    fn a_tag_that_two_pieces_share_counts_once() {
        let sheet = [vec![b' '; (1 << 16) - 3], b"<row><c/></row>".to_vec(), vec![b' '; 1 << 16]].concat();
        let mut tags = Tags::default();
        let done = tags.count("a.xlsx", &sheet[..1 << 16]).unwrap();
        assert_eq!((done, tags.rows), ((1 << 16) - 3, 0));
        assert_eq!(tags.count("a.xlsx", &sheet[done..]).unwrap(), sheet.len() - done);
        assert_eq!((tags.rows, tags.cells), (1, Some(1)));
    }
}
