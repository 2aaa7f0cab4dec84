//! Bytes of an XML or JSON file as UTF-8, whatever they were stored as, with lines counted.
//!
//! UTF-16 is told by its mark or its zeros. All else is read as UTF-8, and what is not valid in it as Windows-1252:
//! exports declare encodings that they do not have, and text of one is never valid in the other by chance. Other
//! encodings are read where they are declared. Bytes that are text in none become [`UNDECODABLE`].

use crate::read::text::UNDECODABLE;
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use plait_types::{Fault, FaultCode};
use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

/// How much is read at a time, in bytes: small enough for a processor's cache.
const STEP: usize = 256 << 10;

/// What one tag, text or string may have, in bytes. Until it ends it is held in memory.
pub(super) const LONGEST_EVENT: usize = 4 << 20;

/// UTF-8 text of a file.
pub(super) struct Utf8Reader<R> {
    reader: R,
    /// How much is read at a time, in bytes.
    step: usize,
    /// Bytes that are not decoded yet: the start of a character.
    raw: Vec<u8>,
    /// Decoded.
    text: String,
    /// What of `text` was taken.
    at: usize,
    /// What of `text` is in `line`.
    counted: Cell<usize>,
    line: Cell<u64>,
    /// Decoded bytes before `text`.
    before: u64,
    /// Raw bytes before `raw`.
    offset: u64,
    decoder: Option<Box<Decoder>>,
    /// Whether the decoder was told that nothing follows.
    finished: bool,
    ended: bool,
    /// Bytes taken since the last event began.
    event: usize,
    /// Where bytes are that are no text: their place in the decoded text and in the file.
    pub(super) undecodable: VecDeque<(u64, u64)>,
    /// Pieces that were not UTF-8 and are not declared as Windows-1252.
    pub(super) n_windows: usize,
    declared_windows: bool,
}

/// Says that an event is longer than [`LONGEST_EVENT`].
#[derive(Debug)]
pub(super) struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a piece of text is too long")
    }
}

impl std::error::Error for TooLong {}

impl<R: Read> Utf8Reader<R> {
    /// Reads the start of a file and tells its encoding. Fails where it declares one that is not known.
    pub(super) fn new(reader: R, file: &str) -> Result<Self, Fault> {
        Self::with_step(reader, file, STEP)
    }

    /// The same, reading another number of bytes at a time.
    pub(super) fn with_step(reader: R, file: &str, step: usize) -> Result<Self, Fault> {
        let mut new = Self {
            reader,
            step,
            raw: Vec::with_capacity(step + 4),
            text: String::with_capacity(step + 4),
            at: 0,
            counted: Cell::new(0),
            line: Cell::new(1),
            before: 0,
            offset: 0,
            decoder: None,
            finished: false,
            ended: false,
            event: 0,
            undecodable: VecDeque::new(),
            n_windows: 0,
            declared_windows: false,
        };
        new.more().map_err(|error| crate::read::source::unreadable(file, &error))?;
        let (mark, encoding) = by_mark(&new.raw);
        let declared = declared_encoding(&new.raw[mark..]);
        new.decoder = match (encoding, declared) {
            (Some(encoding), _) => Some(Box::new(encoding.new_decoder_without_bom_handling())),
            (None, Some(label)) => {
                let encoding = Encoding::for_label(label).ok_or_else(|| unknown_encoding(file))?;
                new.declared_windows = encoding == WINDOWS_1252 && !label.eq_ignore_ascii_case(b"us-ascii");
                let by_content = [UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252].contains(&encoding);
                (!by_content).then(|| Box::new(encoding.new_decoder_without_bom_handling()))
            }
            (None, None) => None,
        };
        new.raw.drain(..mark);
        new.offset = mark as u64;
        Ok(new)
    }

    /// The line of the next byte, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line.set(self.line.get() + count_lines(&self.text.as_bytes()[self.counted.get()..self.at]));
        self.counted.set(self.at);
        self.line.get()
    }

    /// What is decoded and not taken.
    pub(super) fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Takes so many bytes, which end where a character does.
    pub(super) fn pass(&mut self, amount: usize) {
        self.at += amount;
    }

    /// Takes spaces and line ends.
    pub(super) fn skip_spaces(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        self.at += rest.iter().position(|byte| !is_space(byte)).unwrap_or(rest.len());
    }

    /// Decodes another step behind what is not taken; false where nothing is left.
    pub(super) fn more_text(&mut self) -> io::Result<bool> {
        self.line();
        self.before += self.at as u64;
        self.text.drain(..self.at);
        self.at = 0;
        self.counted.set(0);
        let held = self.text.len();
        loop {
            self.decode();
            if self.text.len() > held {
                return Ok(true);
            }
            if self.ended && self.raw.is_empty() {
                return Ok(false);
            }
            if self.ended {
                // what is left is the start of a character that never ends
                self.note(0);
                self.raw.clear();
                return Ok(true);
            }
            self.more()?;
        }
    }

    /// How many bytes of the file were read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.offset
    }

    /// The next event begins: its length is counted from here.
    pub(super) fn begin_event(&mut self) {
        self.event = 0;
    }

    /// The place in the file of the first byte that is no text at or behind a place in the decoded text.
    pub(super) fn undecodable_from(&mut self, decoded: u64) -> u64 {
        while self.undecodable.len() > 1 && self.undecodable[0].0 < decoded {
            self.undecodable.pop_front();
        }
        self.undecodable.front().map_or(self.offset, |&(_, raw)| raw)
    }

    /// Where the next byte is in the decoded text.
    pub(super) fn decoded(&self) -> u64 {
        self.before + self.at as u64
    }

    /// Reads a step; `ended` says whether there will be more.
    fn more(&mut self) -> io::Result<()> {
        let read = self.reader.by_ref().take(self.step as u64).read_to_end(&mut self.raw)?;
        self.ended = read < self.step;
        Ok(())
    }

    /// Moves what can be decoded from `raw` to `text`.
    fn decode(&mut self) {
        if self.decoder.is_some() {
            return self.decode_declared();
        }
        let (valid, broken) = match std::str::from_utf8(&self.raw) {
            Ok(valid) => (valid, false),
            Err(error) => {
                let valid = std::str::from_utf8(&self.raw[..error.valid_up_to()]).unwrap_or_default();
                (valid, error.error_len().is_some() || self.ended)
            }
        };
        if broken || valid.as_bytes().contains(&0) {
            return self.decode_broken();
        }
        self.text.push_str(valid);
        let valid = valid.len();
        self.offset += valid as u64;
        self.raw.drain(..valid);
    }

    /// The same for bytes that are not all UTF-8.
    fn decode_broken(&mut self) {
        let raw = std::mem::take(&mut self.raw);
        let mut rest = &raw[..];
        while !rest.is_empty() {
            let (valid, broken) = match std::str::from_utf8(rest) {
                Ok(valid) => (valid, 0),
                Err(error) => {
                    let valid = std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default();
                    let cut = if self.ended { rest.len() - valid.len() } else { 0 };
                    (valid, error.error_len().unwrap_or(cut))
                }
            };
            let mut at = raw.len() - rest.len();
            for (index, text) in valid.split('\0').enumerate() {
                if index > 0 {
                    self.note(at);
                    at += 1;
                }
                self.text.push_str(text);
                at += text.len();
            }
            let valid = valid.len();
            let at = raw.len() - rest.len();
            for (index, byte) in rest[valid..valid + broken].iter().enumerate() {
                if matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D) {
                    self.note(at + valid + index);
                } else {
                    self.text
                        .push_str(&WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(byte)).0);
                    self.n_windows += usize::from(!self.declared_windows);
                }
            }
            rest = &rest[valid + broken..];
            if broken == 0 && valid < raw.len() - at {
                break;
            }
        }
        self.offset += (raw.len() - rest.len()) as u64;
        self.raw = rest.to_vec();
    }

    fn decode_declared(&mut self) {
        if self.finished {
            return;
        }
        self.finished = self.ended;
        let raw = std::mem::take(&mut self.raw);
        let mut text = String::new();
        let mut rest = &raw[..];
        let mut decoder = self.decoder.take().expect("asked by the caller");
        loop {
            let room = decoder.max_utf8_buffer_length_without_replacement(rest.len());
            text.reserve(room.unwrap_or(rest.len() * 3));
            let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut text, self.ended);
            rest = &rest[read..];
            if let DecoderResult::Malformed(..) = result {
                self.undecodable.push_back((
                    self.before + (self.text.len() + text.len()) as u64,
                    self.offset + (raw.len() - rest.len()) as u64,
                ));
                text.push(UNDECODABLE);
            } else if result == DecoderResult::InputEmpty {
                break;
            }
        }
        for char in text.chars() {
            if char == '\0' {
                self.note(0);
            } else {
                self.text.push(char);
            }
        }
        self.decoder = Some(decoder);
        self.offset += raw.len() as u64;
    }

    /// Puts [`UNDECODABLE`] for the byte at `at` of `raw`.
    fn note(&mut self, at: usize) {
        self.undecodable.push_back((self.before + self.text.len() as u64, self.offset + at as u64));
        self.text.push(UNDECODABLE);
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Utf8Reader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.text.len() {
            if self.event > LONGEST_EVENT {
                return Err(io::Error::other(TooLong));
            }
            self.more_text()?;
        }
        // what takes bytes may have stopped within a character
        Ok(&self.text.as_bytes()[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.pass(amount);
        self.event += amount;
    }
}

#[expect(clippy::naive_bytecount, reason = "the compiler makes vector code of it")]
fn count_lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// The length of a byte order mark and the encoding where that or the zeros tell it.
fn by_mark(raw: &[u8]) -> (usize, Option<&'static Encoding>) {
    match raw {
        [0xEF, 0xBB, 0xBF, ..] => (3, None),
        [0xFF, 0xFE, ..] => (2, Some(UTF_16LE)),
        [0xFE, 0xFF, ..] => (2, Some(UTF_16BE)),
        [0, b'<' | b'{' | b'[', ..] => (0, Some(UTF_16BE)),
        [b'<' | b'{' | b'[', 0, ..] => (0, Some(UTF_16LE)),
        _ => (0, None),
    }
}

/// The label of the encoding in the XML declaration.
fn declared_encoding(raw: &[u8]) -> Option<&[u8]> {
    let raw = raw.strip_prefix(b"<?xml")?;
    let declaration = &raw[..raw.iter().position(|&byte| byte == b'>')?.min(200)];
    let at = declaration.windows(8).position(|window| window == b"encoding")?;
    let rest = declaration[at + 8..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, rest) = rest.split_first()?;
    Some(&rest[..rest.iter().position(|byte| byte == quote)?])
}

fn unknown_encoding(file: &str) -> Fault {
    Fault::new(
        FaultCode::InvalidText,
        format!("{file} declares an encoding that Plait does not read"),
        "export it again in UTF-8",
    )
    .at(format!("{file} line 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of a file, taken so many bytes at a time, which may end within a character.
    fn check(bytes: &[u8], step: usize, at_a_time: usize) -> String {
        let mut reader = Utf8Reader::with_step(bytes, "a.json", step).unwrap();
        let mut taken = Vec::new();
        loop {
            let text = reader.fill_buf().unwrap();
            if text.is_empty() {
                return String::from_utf8(taken).unwrap();
            }
            let amount = text.len().min(at_a_time);
            taken.extend_from_slice(&text[..amount]);
            reader.consume(amount);
        }
    }

    #[test]
    fn text_is_the_same_however_many_bytes_are_read_and_taken_at_a_time() {
        let text = "Zoë O’Brien\n€ 𝄞 Müller\n";
        for step in [1, 2, 3, 5, 1000] {
            for at_a_time in [1, 2, 3, 1000] {
                assert_eq!(check(text.as_bytes(), step, at_a_time), text, "{step} {at_a_time}");
                let windows = check(b"Zo\xEB\x81\0 O\x92Brien", step, at_a_time);
                assert_eq!(windows, "Zoë\u{FFFF}\u{FFFF} O’Brien", "{step} {at_a_time}");
            }
        }
    }
}
