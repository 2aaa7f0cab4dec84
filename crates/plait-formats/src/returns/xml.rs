//! XML as a stream of elements. Memory does not grow with the file.
//!
//! The tokeniser is our own, because it can take names and values where they lie in the decoded text; one that copies
//! each event, looks whether it is UTF-8 and keeps a position took more than half of the time of reading a census. It is
//! held to what quick-xml says of the same text by `walking_agrees_with_another_parser`.
//!
//! Document types are refused: returns have none, and entities that one defines can fill memory or read other files.
//! Everything else that is well-formed is read, also where it is not what the return's schema allows.

use super::nested::Elements;
use super::utf8::{LONGEST_EVENT, Utf8Reader};
use crate::read::damaged;
use crate::read::text::UNDECODABLE;
use memchr::{memchr_iter, memchr2, memchr3, memchr3_iter};
use plait_types::{Fault, FaultCode, Issue, IssueKind};
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
    walk_in(Utf8Reader::new(bytes, file)?, file, elements, advance)
}

fn walk_in<R: Read>(
    mut reader: Utf8Reader<R>,
    file: &str,
    elements: &mut impl Elements,
    advance: &mut dyn FnMut(u64) -> Result<(), Fault>,
) -> Result<Vec<Issue>, Fault> {
    let mut open = OpenNames::default();
    let mut told = 0;
    let mut entities = 0;
    let mut behind_tag = true;
    // whether nothing follows the text that is there
    let mut last = false;
    loop {
        if behind_tag {
            // spaces behind a tag are no part of a value; spaces behind a reference or a comment are
            reader.skip_spaces();
        }
        let rest = reader.rest();
        let (token, length) = match open.end_tag(rest).map_or_else(|| Token::first(rest, last), Ok) {
            Ok(found) => found,
            Err(Broken::Malformed) => return Err(no_tag(file, reader.line())),
            Err(Broken::Unfinished) if last && rest.is_empty() => break,
            Err(Broken::Unfinished) if last => {
                reader.pass(rest.len());
                return Err(no_tag(file, reader.line()));
            }
            Err(Broken::Unfinished) if rest.len() > LONGEST_EVENT => {
                return Err(endless_text(file).at(format!("{file} line {}", reader.line())));
            }
            Err(Broken::Unfinished) => {
                let more =
                    reader.more_text().map_err(|error| crate::read::source::unreadable(file, &error))?;
                last = !more;
                continue;
            }
        };
        behind_tag = false;
        match token {
            Token::Start(name) | Token::Empty(name) => {
                behind_tag = true;
                if open.ended {
                    return Err(second_document(file, reader.line()));
                }
                if matches!(token, Token::Start(_)) && open.depth() == DEEPEST {
                    return Err(too_deep(file, reader.line()));
                }
                elements.enter(without_prefix(name), &mut || reader.line())?;
                if let Token::Start(name) = token {
                    open.push(name);
                } else {
                    elements.leave()?;
                    open.ended = open.depth() == 0;
                }
            }
            Token::End(name) => {
                behind_tag = true;
                if !open.pop(name) {
                    reader.pass(length);
                    return Err(no_tag(file, reader.line()));
                }
                elements.leave()?;
            }
            Token::Text(text) if !reader.undecodable.is_empty() && text.contains(UNDECODABLE) => {
                let at = reader.decoded();
                elements.undecodable(reader.undecodable_from(at));
            }
            Token::Text(text) => elements.text(text)?,
            Token::Reference(reference) => entities += u64::from(!resolve(reference, elements)?),
            Token::DocumentType => return Err(document_type(file, reader.line())),
            Token::Aside => {}
        }
        reader.pass(length);
        if behind_tag && reader.bytes_read() - told >= STEP {
            advance(reader.bytes_read() - told)?;
            told = reader.bytes_read();
        }
    }
    if !open.ended {
        return Err(damaged(file, "it ends inside an element"));
    }
    advance(reader.bytes_read() - told)?;
    let mut issues = Vec::new();
    issues.extend(windows_characters(file, reader.n_windows));
    if entities > 0 {
        let message = "refers to entities that nothing defines; they were kept as they stand";
        issues.push(Issue::new(IssueKind::UnknownEntity, file, message).counting(entities as usize));
    }
    Ok(issues)
}

/// What text of a file can begin with.
#[derive(Clone, Copy)]
enum Token<'a> {
    /// `<name …>`: the name, with its prefix.
    Start(&'a str),
    /// `<name …/>`.
    Empty(&'a str),
    /// `</name>`.
    End(&'a str),
    /// Characters up to the next tag or reference, or all of a CDATA section.
    Text(&'a str),
    /// `&reference;`.
    Reference(&'a str),
    /// A document type begins.
    DocumentType,
    /// A comment, a processing instruction or the XML declaration.
    Aside,
}

enum Broken {
    /// More of the text is needed.
    Unfinished,
    /// It is nothing that XML has.
    Malformed,
}

impl<'a> Token<'a> {
    /// The first token and its length in bytes. Nothing follows the text where it is the `last`.
    fn first(text: &'a str, last: bool) -> Result<(Self, usize), Broken> {
        let bytes = text.as_bytes();
        match bytes.first() {
            None => Err(Broken::Unfinished),
            Some(b'<') => Self::markup(text),
            Some(b'&') => match memchr3(b';', b'&', b'<', &bytes[1..]).map(|at| at + 1) {
                Some(end) if bytes[end] == b';' => Ok((Self::Reference(&text[1..end]), end + 1)),
                // a lone ampersand is text
                Some(end) => Ok((Self::Text(&text[..end]), end)),
                None if last => Ok((Self::Text(text), text.len())),
                None => Err(Broken::Unfinished),
            },
            Some(_) => match memchr2(b'<', b'&', bytes) {
                Some(end) => Ok((Self::Text(&text[..end]), end)),
                None if last => Ok((Self::Text(text), text.len())),
                None => Err(Broken::Unfinished),
            },
        }
    }

    /// What begins with `<`.
    fn markup(text: &'a str) -> Result<(Self, usize), Broken> {
        let bytes = text.as_bytes();
        match bytes.get(1) {
            None => Err(Broken::Unfinished),
            Some(b'!') => Self::declaration(text),
            Some(b'?') => match end_with(bytes, 1, b"?") {
                // `<?>` closes what it has not opened
                Some(end) if end > 3 => Ok((Self::Aside, end)),
                Some(_) => Err(Broken::Malformed),
                None => Err(Broken::Unfinished),
            },
            Some(b'/') => {
                let end = end_of_tag(bytes, 2).ok_or(Broken::Unfinished)?;
                Ok((Self::End(text[2..end].trim_end_matches(is_space)), end + 1))
            }
            Some(_) => {
                // nearly all tags are a name and nothing else
                let ends_name = |byte: &u8| {
                    *byte <= b'>' && matches!(byte, b'>' | b'"' | b'\'' | b' ' | b'\t' | b'\r' | b'\n')
                };
                let name_end = 1 + bytes[1..].iter().position(ends_name).ok_or(Broken::Unfinished)?;
                let end = match bytes[name_end] {
                    b'>' => name_end,
                    _ => end_of_tag(bytes, name_end).ok_or(Broken::Unfinished)?,
                };
                let empty = end > 1 && bytes[end - 1] == b'/';
                let content = &text[1..end - usize::from(empty)];
                let name = match bytes[name_end] {
                    b'>' => content,
                    _ => content.find(is_space).map_or(content, |end| &content[..end]),
                };
                Ok((if empty { Self::Empty(name) } else { Self::Start(name) }, end + 1))
            }
        }
    }

    /// What begins with `<!`.
    fn declaration(text: &'a str) -> Result<(Self, usize), Broken> {
        const COMMENT: &[u8] = b"<!--";
        const CDATA: &[u8] = b"<![CDATA[";
        const DOCUMENT_TYPE: &[u8] = b"<!DOCTYPE";
        let bytes = text.as_bytes();
        let begins = |with: &[u8]| {
            let (found, wanted) =
                (&bytes[..bytes.len().min(with.len())], &with[..bytes.len().min(with.len())]);
            found.eq_ignore_ascii_case(wanted)
        };
        if !begins(COMMENT) && !begins(CDATA) && !begins(DOCUMENT_TYPE) {
            Err(Broken::Malformed)
        } else if begins(DOCUMENT_TYPE) && bytes.len() >= DOCUMENT_TYPE.len() {
            Ok((Self::DocumentType, text.len()))
        } else if bytes.starts_with(COMMENT) {
            let end = end_with(bytes, COMMENT.len(), b"--").ok_or(Broken::Unfinished)?;
            Ok((Self::Aside, end))
        } else if bytes.starts_with(CDATA) {
            let end = end_with(bytes, CDATA.len(), b"]]").ok_or(Broken::Unfinished)?;
            Ok((Self::Text(&text[CDATA.len()..end - 3]), end))
        } else {
            Err(if bytes.len() >= CDATA.len() { Broken::Malformed } else { Broken::Unfinished })
        }
    }
}

/// Where the `>` of a tag is: not within quotes.
fn end_of_tag(bytes: &[u8], from: usize) -> Option<usize> {
    let mut quote = None;
    for at in memchr3_iter(b'>', b'"', b'\'', &bytes[from..]) {
        let byte = bytes[from + at];
        match quote {
            None if byte == b'>' => return Some(from + at),
            None => quote = Some(byte),
            Some(open) if open == byte => quote = None,
            Some(_) => {}
        }
    }
    None
}

/// Where what ends with these bytes and a `>` is over; the bytes come at `from` or behind.
fn end_with(bytes: &[u8], from: usize, before: &[u8]) -> Option<usize> {
    let mut ends = memchr_iter(b'>', &bytes[from..]);
    ends.find(|&at| bytes[from..from + at].ends_with(before)).map(|at| from + at + 1)
}

fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r' | '\n')
}

/// Namespaces do not matter.
fn without_prefix(name: &str) -> &str {
    name.bytes().position(|byte| byte == b':').map_or(name, |colon| &name[colon + 1..])
}

/// The names of the elements that have begun and not ended.
#[derive(Default)]
struct OpenNames {
    names: String,
    starts: Vec<usize>,
    /// Whether the document has ended.
    ended: bool,
}

impl OpenNames {
    fn depth(&self) -> usize {
        self.starts.len()
    }

    fn push(&mut self, name: &str) {
        self.starts.push(self.names.len());
        self.names.push_str(name);
    }

    /// The end tag of the innermost, where a text begins with it as nearly all write it: comparing is quicker than looking
    /// for its end.
    fn end_tag<'a>(&self, text: &'a str) -> Option<(Token<'a>, usize)> {
        let behind = text.strip_prefix("</")?;
        let name = &self.names[*self.starts.last()?..];
        let is_whole = behind.starts_with(name) && behind.as_bytes().get(name.len()) == Some(&b'>');
        is_whole.then(|| (Token::End(&behind[..name.len()]), name.len() + 3))
    }

    /// Takes the innermost away; false where it is not of this name.
    fn pop(&mut self, name: &str) -> bool {
        let Some(start) = self.starts.pop().filter(|&start| &self.names[start..] == name) else {
            return false;
        };
        self.names.truncate(start);
        self.ended = self.starts.is_empty();
        true
    }
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

/// Passes the meaning of a reference on; false where it has none.
fn resolve(reference: &str, elements: &mut impl Elements) -> Result<bool, Fault> {
    let known = match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => by_number(reference),
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

/// The character that a reference names by its number, as in `#233` and `#xE9`.
fn by_number(reference: &str) -> Option<char> {
    let number = reference.strip_prefix('#')?;
    let number = match number.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    // what Rust reads as a number besides: a sign
    let number = number.ok().filter(|_| !reference.contains(['+', '-']))?;
    char::from_u32(number).filter(|&char| char != '\0')
}

fn no_tag(file: &str, line: u64) -> Fault {
    damaged(file, "its tags do not fit together, or one of them is not complete")
        .at(format!("{file} line {line}"))
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

#[cfg(test)]
mod twin;
