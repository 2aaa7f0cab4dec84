//! What kind a file is, told by its first and last bytes.

use super::source::{Content, Source};
use parquet::file::reader::Length;
use plait_types::{Fault, FaultCode, Issue, IssueKind};
use std::io::Read;

/// A kind that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Parquet,
    Xlsx,
    ArrowFile,
    ArrowStream,
}

/// How much of a zip archive's end is searched for the names in it.
const ZIP_TAIL: u64 = 256 * 1024;

/// The kind of a file, or the fault of one that is not read, saying what it is.
pub(crate) fn of(source: &Source) -> Result<Kind, Fault> {
    let head = source.bytes(0, 4096)?;
    let extension = source.extension();
    if head.starts_with(b"PAR1") {
        return Ok(Kind::Parquet);
    }
    if head.starts_with(b"ARROW1") {
        return Ok(Kind::ArrowFile);
    }
    if head.starts_with(&[0xFF; 4]) {
        return Ok(Kind::ArrowStream);
    }
    if head.starts_with(b"PK\x03\x04") {
        return zip(source, &head);
    }
    if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(ole(source)?);
    }
    if let Some((what, todo)) = foreign(&head) {
        return Err(other(&source.file, what, todo));
    }
    // a file that should be binary, is not, and holds no text either has lost its start
    let binary = matches!(
        extension.as_str(),
        "parquet" | "pq" | "xlsx" | "xlsm" | "arrow" | "arrows" | "ipc" | "feather"
    );
    if binary && head.iter().any(|&byte| byte < 9) {
        return Err(super::damaged(&source.file, "it does not start as such a file does"));
    }
    Ok(Kind::Text)
}

/// What the name of a text file says that it is.
pub(crate) const TEXT: &str = "a text file";

/// What the name of a file says that it is.
pub(crate) fn said_by_extension(source: &Source) -> Option<&'static str> {
    Some(match source.extension().as_str() {
        "csv" | "tsv" | "tab" | "txt" | "psv" => TEXT,
        "parquet" | "pq" => "a Parquet file",
        "xlsx" | "xlsm" => "an Excel workbook",
        "xls" => "an old Excel workbook",
        "arrow" | "arrows" | "ipc" | "feather" => "an Arrow file",
        "json" => "a JSON file",
        "xml" => "an XML file",
        _ => return None,
    })
}

/// The issue about a name that says another kind than the content has.
pub(crate) fn contradicted_extension(source: &Source, kind: Kind) -> Option<Issue> {
    let (extension, said) = (source.extension(), said_by_extension(source)?);
    let is = match kind {
        Kind::Text => TEXT,
        Kind::Parquet => "a Parquet file",
        Kind::Xlsx => "an Excel workbook",
        Kind::ArrowFile | Kind::ArrowStream => "an Arrow file",
    };
    (said != is).then(|| {
        let message = format!("is called .{extension} but is {is}; it was read as what it is");
        Issue::new(IssueKind::WrongExtension, &source.file, message)
    })
}

fn zip(source: &Source, head: &[u8]) -> Result<Kind, Fault> {
    let size = source.content.len();
    let tail = source.bytes(size.saturating_sub(ZIP_TAIL), ZIP_TAIL)?;
    let file = &source.file;
    let has = |name: &[u8]| contains(&tail, name);
    if !has(b"PK\x05\x06") {
        let workbook =
            contains(head, b"xl/") || contains(head, b"[Content_Types].xml") || source.extension() == "xlsx";
        let what = if workbook {
            "the list of parts at the end of the workbook is missing"
        } else {
            "the end of the archive is missing"
        };
        return Err(super::damaged(file, what));
    }
    if has(b"xl/workbook.xml") {
        return Ok(Kind::Xlsx);
    }
    let save = "open it and save it as .xlsx or CSV";
    Err(if has(b"xl/workbook.bin") {
        other(file, "a binary Excel workbook (.xlsb)", save)
    } else if has(b"content.xml") && has(b"META-INF/") {
        other(file, "an OpenDocument file", save)
    } else if has(b"word/") || has(b"ppt/") {
        other(file, "a Word or PowerPoint document", "copy its table into a workbook and save that")
    } else {
        other(file, "a zip archive", "unpack it and name the file inside")
    })
}

/// Both old Excel workbooks and encrypted new ones come in this container.
fn ole(source: &Source) -> Result<Fault, Fault> {
    let marker: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if holds(source, &marker)? {
        return Ok(Fault::new(
            FaultCode::PasswordProtected,
            format!("{} is protected with a password", source.file),
            "open it in Excel, choose File > Info > Protect Workbook > Encrypt with Password, clear the password and save a copy",
        )
        .because("nothing in it can be read without the password"));
    }
    Ok(other(
        &source.file,
        "an old Excel workbook (.xls) or another Office document",
        "open it and save it as .xlsx or CSV",
    ))
}

/// Whether `marker` is anywhere in the file.
fn holds(source: &Source, marker: &[u8]) -> Result<bool, Fault> {
    if let Content::Memory(bytes) = &source.content {
        return Ok(contains(bytes, marker));
    }
    let mut reader = source.reader()?;
    let mut window = Vec::new();
    loop {
        let kept = window.len().min(marker.len() - 1);
        window.drain(..window.len() - kept);
        let read = reader
            .by_ref()
            .take(1 << 20)
            .read_to_end(&mut window)
            .map_err(|error| super::source::unreadable(&source.file, &error))?;
        if contains(&window, marker) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
    }
}

/// What a file is that is not read, by its first bytes, and what to do with it.
fn foreign(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let save = "save or export the table as CSV, xlsx or Parquet";
    let by_start: &[(&[u8], &str, &str)] = &[
        (b"%PDF", "a PDF document", "ask for the table as CSV or xlsx: a PDF has no columns"),
        (&[0x1F, 0x8B], "a gzip archive", "unpack it and name the file inside"),
        (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "unpack it and name the file inside"),
        (b"Rar!", "a RAR archive", "unpack it and name the file inside"),
        (&[0x28, 0xB5, 0x2F, 0xFD], "a zstd archive", "unpack it and name the file inside"),
        (b"BZh", "a bzip2 archive", "unpack it and name the file inside"),
        (b"PK\x05\x06", "an empty zip archive", "make the archive again"),
        (b"SQLite format 3", "an SQLite database", save),
        (b"FEA1", "a Feather file of the old version 1", "write it again with a current pandas or pyarrow"),
        (b"Obj\x01", "an Avro file", save),
        (b"\x89PNG", "a picture", save),
        (&[0xFF, 0xD8, 0xFF], "a picture", save),
        (b"\x7FELF", "a program", save),
        (b"$FL2", "an SPSS file", save),
        (b"<stata_dta>", "a Stata file", save),
    ];
    if let Some((_, what, todo)) = by_start.iter().find(|(start, ..)| head.starts_with(start)) {
        return Some((what, todo));
    }
    let text = head.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(head).trim_ascii_start();
    let lower: Vec<u8> = text.iter().take(64).map(u8::to_ascii_lowercase).collect();
    if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") || lower.starts_with(b"<table") {
        return Some((
            "a web page (HTML)",
            "open it in Excel or a browser and save the table as CSV or xlsx",
        ));
    }
    // elements without the declaration, as some case systems export returns
    let element = lower.first() == Some(&b'<') && lower.get(1).is_some_and(u8::is_ascii_alphabetic);
    if lower.starts_with(b"<?xml") || (element && (contains(head, b"</") || contains(head, b"/>"))) {
        return Some(("an XML file", save));
    }
    let second = text.iter().skip(1).find(|byte| !byte.is_ascii_whitespace());
    match (text.first(), second) {
        (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{')) => Some(("a JSON file", save)),
        _ => None,
    }
}

fn other(file: &str, what: &str, todo: &str) -> Fault {
    Fault::new(FaultCode::FileKind, format!("{file} is {what}, which Plait does not read"), todo)
        .because("Plait reads CSV and other delimited text, Parquet, xlsx and Arrow IPC")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], file: &str) -> Result<Kind, Fault> {
        of(&Source::from_bytes(bytes.to_vec(), file).unwrap())
    }

    #[test]
    fn content_decides_and_the_name_only_draws_a_note() {
        assert_eq!(check(b"a,b\n1,2\n", "x.parquet"), Ok(Kind::Text));
        assert_eq!(check(b"PAR1....", "x.csv"), Ok(Kind::Parquet));
        assert_eq!(check(b"ARROW1\0\0", "x.feather"), Ok(Kind::ArrowFile));
        let source = Source::from_bytes(b"PAR1....".to_vec(), "x.CSV").unwrap();
        let issue = contradicted_extension(&source, Kind::Parquet).unwrap();
        assert_eq!(issue.message, "is called .csv but is a Parquet file; it was read as what it is");
        assert_eq!(contradicted_extension(&source, Kind::Text), None);
        let source = Source::from_bytes(b"a,b".to_vec(), "x.extract").unwrap();
        assert_eq!(contradicted_extension(&source, Kind::Text), None);
    }

    #[test]
    fn kinds_that_are_not_read_are_named() {
        let cases: [(&[u8], &str); 9] = [
            (b"<Message>\n <Header></Header>", "an XML file"),
            (b"%PDF-1.7", "a PDF document"),
            (b"PK\x03\x04 notes.csv PK\x05\x06", "a zip archive"),
            (b"PK\x03\x04 content.xml META-INF/ PK\x05\x06", "an OpenDocument file"),
            (b"\xD0\xCF\x11\xE0 Workbook", "an old Excel workbook (.xls) or another Office document"),
            (b" {\"a\": 1}", "a JSON file"),
            (b"[\n {\"a\": 1}]", "a JSON file"),
            (b"\xEF\xBB\xBF<?xml version=\"1.0\"?>", "an XML file"),
            (b"<HTML><table>", "a web page (HTML)"),
        ];
        for (bytes, what) in cases {
            let fault = check(bytes, "x.csv").unwrap_err();
            assert_eq!(fault.code, FaultCode::FileKind);
            assert_eq!(fault.what, format!("x.csv is {what}, which Plait does not read"));
        }
        assert_eq!(check(b"[id],[name]\n1,2\n", "x.csv"), Ok(Kind::Text));
        assert_eq!(check(b"<id>,<name>\n1,2\n", "x.csv"), Ok(Kind::Text));
    }

    #[test]
    fn an_encrypted_workbook_is_told_from_an_old_one() {
        let mut bytes = vec![0xD0, 0xCF, 0x11, 0xE0];
        bytes.extend([0; 600]);
        bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(check(&bytes, "x.xlsx").unwrap_err().code, FaultCode::PasswordProtected);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.xlsx");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(of(&Source::open(&path).unwrap()).unwrap_err().code, FaultCode::PasswordProtected);
    }

    #[test]
    fn a_workbook_without_its_end_is_damaged() {
        let fault = check(b"PK\x03\x04 [Content_Types].xml xl/work", "x.xlsx").unwrap_err();
        assert_eq!(fault.code, FaultCode::Truncated);
        assert_eq!(check(&[1, 2, 3, 4, 5], "x.parquet").unwrap_err().code, FaultCode::Truncated);
    }
}
