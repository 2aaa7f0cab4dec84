//! Bytes of a text file as UTF-8, whatever they were stored as.

use super::Encoding;
use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::collections::VecDeque;
use std::io::{self, Read};

/// The longest line or record that is taken for one, in bytes.
pub(super) const LONGEST: usize = 64 << 20;

/// The longest first line, in bytes: names of columns are short, and what has none is no table.
const LONGEST_FIRST: usize = 1 << 20;

/// How much is read at a time, in bytes: small enough for a processor's cache.
const STEP: usize = 512 << 10;

/// Stands in decoded text for bytes that are no text, whose rows are set aside one by one. A
/// noncharacter of Unicode, which no program writes into a table.
pub(crate) const UNDECODABLE: char = '\u{FFFF}';

/// A text file that gives itself in pieces of UTF-8.
///
/// UTF-16 is told by its byte order mark or by the zeros in it. All else is UTF-8, and lines that are not
/// valid in it are Windows-1252, line by line: files that were put together from two systems hold both.
pub(super) struct TextSource<R> {
    reader: R,
    raw: Vec<u8>,
    utf16: Option<Box<Decoder>>,
    encoding: Encoding,
    ended: bool,
    /// The longest line that may come.
    longest: usize,
    /// Bytes of `raw` in which no line ends, so that a line without end is not searched anew with every piece.
    searched: usize,
    /// Where the first byte of `raw` is in the file.
    offset: u64,
    /// Where the bytes are that became [`UNDECODABLE`], one for each, until they are taken out.
    pub(super) undecodable: VecDeque<u64>,
    /// Whether the file starts with a byte order mark.
    pub(super) bom: bool,
    /// Lines that were read as Windows-1252.
    pub(super) windows_lines: usize,
}

/// Why a text file cannot be read on.
#[derive(Debug)]
pub(super) enum TextError {
    /// The bytes stopped coming.
    Io(io::Error),
    /// Bytes that are no text in any encoding.
    NotText,
    /// A line without end, or longer than so many bytes.
    LongLine(usize),
}

impl<R: Read> TextSource<R> {
    /// Reads the start of a file and tells its encoding. Bytes that are no text become [`UNDECODABLE`] and are noted.
    pub(super) fn new(mut reader: R) -> Result<Self, TextError> {
        let mut raw = Vec::with_capacity(2 * STEP);
        let ended = more(&mut reader, &mut raw)?;
        let (mark, encoding) = if raw.starts_with(&[0xEF, 0xBB, 0xBF]) {
            (3, Encoding::Utf8)
        } else if raw.starts_with(&[0xFF, 0xFE]) {
            (2, Encoding::Utf16Le)
        } else if raw.starts_with(&[0xFE, 0xFF]) {
            (2, Encoding::Utf16Be)
        } else {
            (0, by_zeros(&raw))
        };
        raw.drain(..mark);
        let utf16 = match encoding {
            Encoding::Utf16Le => Some(Box::new(UTF_16LE.new_decoder_without_bom_handling())),
            Encoding::Utf16Be => Some(Box::new(UTF_16BE.new_decoder_without_bom_handling())),
            Encoding::Utf8 | Encoding::Windows1252 => None,
        };
        Ok(Self {
            reader,
            raw,
            utf16,
            encoding,
            ended,
            longest: LONGEST_FIRST,
            searched: 0,
            offset: mark as u64,
            undecodable: VecDeque::new(),
            bom: mark > 0,
            windows_lines: 0,
        })
    }

    /// What the file has turned out to be so far.
    pub(super) fn encoding(&self) -> Encoding {
        if self.windows_lines > 0 { Encoding::Windows1252 } else { self.encoding }
    }

    /// Appends the next piece to `text`. False when there was no more.
    pub(super) fn fill(&mut self, text: &mut String) -> Result<bool, TextError> {
        loop {
            if self.raw.is_empty() && self.ended {
                return Ok(false);
            }
            let piece = match &self.utf16 {
                Some(_) => self.raw.len(),
                None if self.ended => self.raw.len(),
                None => {
                    let is_end = |&byte: &u8| byte == b'\n' || byte == b'\r';
                    let new = &self.raw[self.searched..];
                    new.iter().rposition(is_end).map_or(0, |at| self.searched + at + 1)
                }
            };
            if piece > 0 {
                self.decode(piece, text);
                self.raw.drain(..piece);
                self.searched = self.raw.len();
                self.offset += piece as u64;
                self.longest = LONGEST;
            } else if self.raw.len() > self.longest {
                return Err(TextError::LongLine(self.longest));
            } else {
                self.searched = self.raw.len();
            }
            if !self.ended {
                self.ended = more(&mut self.reader, &mut self.raw)?;
            }
            if piece > 0 {
                return Ok(true);
            }
        }
    }

    fn decode(&mut self, piece: usize, text: &mut String) {
        let raw = &self.raw[..piece];
        if let Some(decoder) = &mut self.utf16 {
            // the last piece is decoded when the file has ended, so that a character cut in half is seen
            return decode_utf16(decoder, raw, self.ended, text, &mut self.undecodable, self.offset);
        }
        match std::str::from_utf8(raw) {
            Ok(valid) if !raw.contains(&0) => text.push_str(valid),
            _ => self.decode_lines(piece, text),
        }
    }

    /// Decodes line by line and notes what is no text.
    fn decode_lines(&mut self, piece: usize, text: &mut String) {
        let mut offset = self.offset;
        for line in self.raw[..piece].split_inclusive(|&byte| byte == b'\n' || byte == b'\r') {
            match std::str::from_utf8(line) {
                Ok(valid) if !line.contains(&0) => text.push_str(valid),
                valid => {
                    self.windows_lines += usize::from(valid.is_err());
                    for (at, &byte) in line.iter().enumerate() {
                        if is_windows_1252(byte) {
                            text.push_str(&WINDOWS_1252.decode_without_bom_handling(&[byte]).0);
                        } else {
                            text.push(UNDECODABLE);
                            self.undecodable.push_back(offset + at as u64);
                        }
                    }
                }
            }
            offset += line.len() as u64;
        }
    }
}

/// Line ends in a text: line feeds, and carriage returns without one.
pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    let lone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    (0..bytes.len()).filter(|&at| bytes[at] == b'\n' || lone(at)).count() as u64
}

fn decode_utf16(
    decoder: &mut Decoder,
    mut raw: &[u8],
    last: bool,
    text: &mut String,
    undecodable: &mut VecDeque<u64>,
    offset: u64,
) {
    let before = text.len();
    let whole = raw.len();
    loop {
        let room = decoder.max_utf8_buffer_length_without_replacement(raw.len()).unwrap_or(raw.len() * 3);
        text.reserve(room);
        let (result, read) = decoder.decode_to_string_without_replacement(raw, text, last);
        raw = &raw[read..];
        match result {
            DecoderResult::InputEmpty => {
                if text[before..].contains('\0') {
                    let replaced = text[before..].replace('\0', UNDECODABLE.encode_utf8(&mut [0; 4]));
                    let zeros = text[before..].matches('\0').count();
                    undecodable.extend(std::iter::repeat_n(offset, zeros));
                    text.truncate(before);
                    text.push_str(&replaced);
                }
                return;
            }
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                undecodable.push_back(offset + (whole - raw.len()) as u64);
                text.push(UNDECODABLE);
            }
        }
    }
}

/// Bytes that occur in Windows-1252 text: no control characters, none of the five that have no meaning.
fn is_windows_1252(byte: u8) -> bool {
    match byte {
        b'\t' | b'\n' | b'\r' | 0x0B | 0x0C | 0x1A => true,
        0..0x20 | 0x7F | 0x81 | 0x8D | 0x8F | 0x90 | 0x9D => false,
        _ => true,
    }
}

/// UTF-16 without a mark has a zero in every other byte, as long as most of it is English.
fn by_zeros(raw: &[u8]) -> Encoding {
    let sample = &raw[..raw.len().min(4096)];
    let zeros = |from: usize| sample.iter().skip(from).step_by(2).filter(|&&byte| byte == 0).count();
    let (first, second, pairs) = (zeros(0), zeros(1), sample.len() / 2);
    if pairs == 0 || first.max(second) * 5 < pairs * 2 || first.min(second) * 20 > pairs {
        Encoding::Utf8
    } else if second > first {
        Encoding::Utf16Le
    } else {
        Encoding::Utf16Be
    }
}

/// Appends up to one step of bytes; true at the end of the file.
fn more(reader: &mut impl Read, raw: &mut Vec<u8>) -> Result<bool, TextError> {
    let read = reader.by_ref().take(STEP as u64).read_to_end(raw).map_err(TextError::Io)?;
    Ok(read < STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8]) -> Result<(String, Encoding, bool), TextError> {
        let mut source = TextSource::new(bytes)?;
        let mut text = String::new();
        while source.fill(&mut text)? {}
        Ok((text, source.encoding(), source.bom))
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "forename,surname\nZoë,O’Brien\nAva,Khan\nNoah,Müller\n";
        let windows = WINDOWS_1252.encode(text).0.into_owned();
        assert_eq!(check(text.as_bytes()).unwrap(), (text.to_owned(), Encoding::Utf8, false));
        assert_eq!(check(&windows).unwrap(), (text.to_owned(), Encoding::Windows1252, false));
        let marked = format!("\u{feff}{text}");
        assert_eq!(check(marked.as_bytes()).unwrap(), (text.to_owned(), Encoding::Utf8, true));
        for (bytes, encoding) in [
            (u16::to_le_bytes as fn(u16) -> [u8; 2], Encoding::Utf16Le),
            (u16::to_be_bytes, Encoding::Utf16Be),
        ] {
            assert_eq!(check(&utf16(text, bytes)).unwrap(), (text.to_owned(), encoding, false));
            assert_eq!(check(&utf16(&marked, bytes)).unwrap(), (text.to_owned(), encoding, true));
        }
    }

    #[test]
    fn lines_of_two_encodings_in_one_file_are_each_read_in_their_own() {
        let mut bytes = "a\nZoë\n".as_bytes().to_vec();
        bytes.extend(b"Zo\xEB\r\nplain\n");
        let mut source = TextSource::new(&bytes[..]).unwrap();
        let mut text = String::new();
        while source.fill(&mut text).unwrap() {}
        assert_eq!(text, "a\nZoë\nZoë\r\nplain\n");
        assert_eq!(source.windows_lines, 1);
    }

    #[test]
    fn bytes_that_are_no_text_are_marked_where_they_stand() {
        let line = |bytes: &[u8]| {
            let mut source = TextSource::new(bytes).unwrap();
            let mut text = String::new();
            while source.fill(&mut text).unwrap() {}
            assert_eq!(source.undecodable.len(), 1);
            count_lines(&text.as_bytes()[..text.find(UNDECODABLE).unwrap()])
        };
        assert_eq!(line(b"a,b\n1,2\n3,\x81\n"), 2);
        assert_eq!(line(b"a,b\r\n1,2\r\n3,\x81\r\n"), 2);
        assert_eq!(line(b"a,b\n1,\0\n"), 1);
        let mut cut = utf16("a,b\n1,2\n", u16::to_le_bytes);
        cut.push(b'x');
        assert_eq!(line(&cut), 2);
    }

    #[test]
    fn pieces_of_a_long_file_join_without_loss() {
        let mut text = String::new();
        for row in 0..60_000 {
            text.push_str(&format!("{row},Zoë O’Brien,{}\r\n", row * 7));
        }
        assert!(text.len() > 2 * STEP);
        assert_eq!(check(text.as_bytes()).unwrap().0, text);
        assert_eq!(check(&utf16(&text, u16::to_le_bytes)).unwrap().0, text);
    }
}
