//! XML as a stream of elements. Memory does not grow with the file.
//!
//! Document types are refused: returns have none, and entities that one defines can fill memory or read other files.
//! Everything else that is well-formed is read, also where it is not what the return's schema allows.

use super::nested::Elements;
use super::utf8::{LONGEST_EVENT, TooLong, Utf8Reader};
use crate::read::damaged;
use crate::read::text::UNDECODABLE;
use plait_types::{Fault, FaultCode, Issue, IssueKind};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::Read;

/// How deep elements may be nested. Returns have up to 8 levels.
pub(super) const DEEPEST: usize = 64;

/// How many bytes are read between two looks at the progress.
const STEP: u64 = 4 << 20;

/// Reads all elements. `advance` is told how many bytes of the file were read since it was last told, and stops the
/// reading by a fault.
///
/// Fails where the file is not well-formed, declares a document type, is nested too deeply or holds an endless text.
pub(super) fn walk(
    bytes: impl Read,
    file: &str,
    elements: &mut impl Elements,
    advance: &mut dyn FnMut(u64) -> Result<(), Fault>,
) -> Result<Vec<Issue>, Fault> {
    let mut reader = Reader::from_reader(Utf8Reader::new(bytes, file)?);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    let mut buffer = Vec::new();
    let mut depth = 0;
    let mut ended = false;
    let mut told = 0;
    let mut entities = 0;
    let mut behind_tag = true;
    loop {
        buffer.clear();
        // spaces behind a tag are no part of a value, and making no event of what indents elements saves a quarter of
        // them; spaces behind a reference or a comment are
        reader.config_mut().trim_text_start = behind_tag;
        behind_tag = false;
        let from = reader.get_ref().decoded();
        reader.get_mut().begin_event();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(error) => return Err(fault(file, &error, reader.get_mut().line())),
        };
        match event {
            Event::Start(start) => {
                behind_tag = true;
                depth += 1;
                if ended {
                    return Err(second_document(file, reader.get_mut().line()));
                }
                if depth > DEEPEST {
                    return Err(too_deep(file, reader.get_mut().line()));
                }
                enter(&start, elements, &mut reader)?;
            }
            Event::Empty(start) => {
                behind_tag = true;
                if ended {
                    return Err(second_document(file, reader.get_mut().line()));
                }
                enter(&start, elements, &mut reader)?;
                elements.leave()?;
                ended = depth == 0;
            }
            Event::End(_) => {
                behind_tag = true;
                depth -= 1;
                ended = depth == 0;
                elements.leave()?;
                let read = reader.get_ref().bytes_read();
                if read - told >= STEP {
                    advance(read - told)?;
                    told = read;
                }
            }
            Event::Text(text) => give(&text, from, &mut reader, elements)?,
            Event::CData(text) => give(&text, from, &mut reader, elements)?,
            Event::GeneralRef(reference) => entities += u64::from(!resolve(&reference, elements)?),
            Event::DocType(_) => return Err(document_type(file, reader.get_mut().line())),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if !ended {
        return Err(damaged(file, "it ends inside an element"));
    }
    advance(reader.get_ref().bytes_read() - told)?;
    let mut issues = Vec::new();
    issues.extend(windows_characters(file, reader.get_ref().n_windows));
    if entities > 0 {
        let message = "refers to entities that nothing defines; they were kept as they stand";
        issues.push(Issue::new(IssueKind::UnknownEntity, file, message).counting(entities as usize));
    }
    Ok(issues)
}

/// The note about characters that are not UTF-8.
pub(super) fn windows_characters(file: &str, count: usize) -> Option<Issue> {
    let message = match count {
        0 => return None,
        1 => "one character is not UTF-8 and was read as Windows-1252".to_owned(),
        _ => format!("{count} characters are not UTF-8 and were read as Windows-1252"),
    };
    Some(Issue::new(IssueKind::Encoding, file, message).counting(count))
}

fn enter<R: Read>(
    start: &BytesStart<'_>,
    elements: &mut impl Elements,
    reader: &mut Reader<Utf8Reader<R>>,
) -> Result<(), Fault> {
    // a tag that goes over several lines is where it starts
    let mut line = || reader.get_mut().line() - start.bytes().filter(|&byte| byte == b'\n').count() as u64;
    elements.enter(start.local_name().into_inner(), &mut line)
}

/// Passes text on, or notes that it is none.
fn give<R: Read>(
    text: &str,
    from: u64,
    reader: &mut Reader<Utf8Reader<R>>,
    elements: &mut impl Elements,
) -> Result<(), Fault> {
    if !reader.get_ref().undecodable.is_empty() && text.contains(UNDECODABLE) {
        elements.undecodable(reader.get_mut().undecodable_from(from));
        return Ok(());
    }
    elements.text(text)
}

/// Passes the meaning of a reference on; false where it has none.
fn resolve(reference: &BytesRef<'_>, elements: &mut impl Elements) -> Result<bool, Fault> {
    let known = match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok().flatten().filter(|&char| char != '\0'),
    };
    if let Some(char) = known {
        elements.text(char.encode_utf8(&mut [0; 4]))?;
    } else {
        elements.text("&")?;
        elements.text(reference)?;
        elements.text(";")?;
    }
    Ok(known.is_some())
}

fn fault(file: &str, error: &quick_xml::Error, line: u64) -> Fault {
    let place = format!("{file} line {line}");
    if let quick_xml::Error::Io(error) = error {
        if error.get_ref().and_then(|inner| inner.downcast_ref::<TooLong>()).is_some() {
            return endless_text(file).at(place);
        }
        return crate::read::source::unreadable(file, error);
    }
    damaged(file, "its tags do not fit together, or one of them is not complete").at(place)
}

/// The fault of one text that is longer than any value.
pub(super) fn endless_text(file: &str) -> Fault {
    Fault::new(
        FaultCode::UnsafeXml,
        format!("{file} holds a text of more than {} MiB", LONGEST_EVENT >> 20),
        "check that it is the return, and export it again",
    )
    .because("a value of a return has a few characters")
}

pub(super) fn too_deep(file: &str, line: u64) -> Fault {
    Fault::new(
        FaultCode::UnsafeXml,
        format!("{file} is nested more than {DEEPEST} levels deep"),
        "check that it is the return, and export it again",
    )
    .at(format!("{file} line {line}"))
}

fn document_type(file: &str, line: u64) -> Fault {
    Fault::new(
        FaultCode::UnsafeXml,
        format!("{file} declares a document type"),
        "export the return again without <!DOCTYPE …>, or ask its sender: no return needs one",
    )
    .at(format!("{file} line {line}"))
    .because("entities that a document type defines can fill the memory or read other files")
}

fn second_document(file: &str, line: u64) -> Fault {
    damaged(file, "a second document begins behind the end of the first").at(format!("{file} line {line}"))
}
