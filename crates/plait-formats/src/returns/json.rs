//! JSON as a stream of elements: a key is an element, an array is an element that is repeated.
//!
//! An array at the top is a list of documents, or of the entries of one key of the document that is not there.

use super::nested::Elements;
use super::utf8::{LONGEST_EVENT, TooLong, Utf8Reader};
use super::xml::{DEEPEST, endless_text, too_deep, windows_characters};
use crate::read::damaged;
use crate::read::text::UNDECODABLE;
use plait_types::{Fault, FaultCode, Issue};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use std::cell::{Cell, RefCell};
use std::fmt::{self, Display};
use std::io::{self, BufRead, Read};

/// How many bytes are read between two looks at the progress.
const STEP: u64 = 4 << 20;

/// The element of the entries of an array at the top, where it is not known what they are.
pub(super) const ENTRY: &str = "*";

/// Reads all values, as [`super::xml::walk`] reads elements. `entry` is the key that entries of an array at the top
/// would have; where there is none, they are documents.
pub(super) fn walk<E: Elements>(
    bytes: impl Read,
    file: &str,
    entry: Option<&str>,
    elements: &mut E,
    advance: &mut dyn FnMut(u64) -> Result<(), Fault>,
) -> Result<Vec<Issue>, Fault> {
    let at = Position { line: Cell::new(1), ..Position::default() };
    let mut bytes = Bytes { reader: Utf8Reader::new(bytes, file)?, at: &at };
    let walk = Walk {
        file,
        at: &at,
        told: Cell::new(0),
        elements: RefCell::new(elements),
        advance: RefCell::new(advance),
        fault: RefCell::new(None),
    };
    let mut json = serde_json::Deserializer::from_reader(&mut bytes);
    let result = Top { walk: &walk, entry }.deserialize(&mut json);
    if let Some(fault) = walk.fault.take() {
        return Err(fault);
    }
    let is_whole = result.is_ok();
    let result = result.and_then(|()| json.end());
    if is_whole && result.is_err() && matches!(at.last.get(), b'{' | b'[') {
        return Err(several_values(file).at(format!("{file} line {}", at.line.get())));
    }
    if let Err(error) = result {
        let place = format!("{file} line {}", at.line.get());
        return Err(match error.classify() {
            Category::Io if at.event.get() > LONGEST_EVENT => endless_text(file).at(place),
            Category::Io => crate::read::source::unreadable(file, &io::Error::from(error)),
            Category::Eof => damaged(file, "it ends inside a value").at(place),
            _ => damaged(file, "it is not written as JSON must be").at(place),
        });
    }
    walk.tell(1)?;
    Ok(windows_characters(file, bytes.reader.n_windows).into_iter().collect())
}

/// JSON Lines, or two files put together.
fn several_values(file: &str) -> Fault {
    Fault::new(
        FaultCode::FileKind,
        format!("{file} goes on after the JSON document that it starts with"),
        "put the documents into one array, [ and ] around them and commas between, or each into a file of its own",
    )
    .because("a file of JSON is one document or one array; a document on each line is JSON Lines, which Plait does not read")
}

/// Where the reading is.
#[derive(Default)]
struct Position {
    line: Cell<u64>,
    /// Bytes read of the file.
    read: Cell<u64>,
    /// Bytes since the last value.
    event: Cell<usize>,
    /// Of the last byte that is no text.
    undecodable: Cell<u64>,
    /// The last byte read.
    last: Cell<u8>,
}

/// The parser takes one byte at a time, so that its position is that of the values it gives.
struct Bytes<'a, R> {
    reader: Utf8Reader<R>,
    at: &'a Position,
}

impl<R: Read> Read for Bytes<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.begin_event();
        let text = self.reader.fill_buf()?;
        let (Some(&byte), Some(place)) = (text.first(), buffer.first_mut()) else { return Ok(0) };
        *place = byte;
        self.at.last.set(byte);
        self.reader.consume(1);
        if byte == b'\n' {
            self.at.line.set(self.at.line.get() + 1);
        } else if byte == 0xEF && !self.reader.undecodable.is_empty() {
            let decoded = self.reader.decoded();
            self.at.undecodable.set(self.reader.undecodable_from(decoded.saturating_sub(1)));
        }
        self.at.read.set(self.reader.bytes_read());
        self.at.event.set(self.at.event.get() + 1);
        if self.at.event.get() > LONGEST_EVENT {
            return Err(io::Error::other(TooLong));
        }
        Ok(1)
    }
}

struct Walk<'a, E> {
    file: &'a str,
    at: &'a Position,
    told: Cell<u64>,
    elements: RefCell<&'a mut E>,
    advance: RefCell<&'a mut dyn FnMut(u64) -> Result<(), Fault>>,
    /// What stopped the reading; the parser can only carry words.
    fault: RefCell<Option<Fault>>,
}

impl<E: Elements> Walk<'_, E> {
    /// Does something that may stop the reading.
    fn act<X: serde::de::Error>(&self, act: impl FnOnce(&mut E) -> Result<(), Fault>) -> Result<(), X> {
        self.at.event.set(0);
        act(*self.elements.borrow_mut()).map_err(|fault| self.stop(fault))
    }

    fn stop<X: serde::de::Error>(&self, fault: Fault) -> X {
        *self.fault.borrow_mut() = Some(fault);
        X::custom("stopped")
    }

    fn enter<X: serde::de::Error>(&self, key: &str, depth: usize) -> Result<(), X> {
        let line = self.at.line.get();
        if depth > DEEPEST {
            return Err(self.stop(too_deep(self.file, line)));
        }
        self.act(|elements| elements.enter(key, &mut || line))
    }

    fn leave<X: serde::de::Error>(&self) -> Result<(), X> {
        self.act(Elements::leave)?;
        self.tell(STEP).map_err(|fault| self.stop(fault))
    }

    /// Tells the progress where that is at least `step`.
    fn tell(&self, step: u64) -> Result<(), Fault> {
        let more = self.at.read.get() - self.told.get();
        if more < step {
            return Ok(());
        }
        self.told.set(self.at.read.get());
        (*self.advance.borrow_mut())(more)
    }
}

/// The whole document.
struct Top<'a, 'b, E> {
    walk: &'a Walk<'b, E>,
    entry: Option<&'a str>,
}

impl<'de, E: Elements> DeserializeSeed<'de> for Top<'_, '_, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, E: Elements> Visitor<'de> for Top<'_, '_, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Value { walk: self.walk, key: "", depth: 1, in_list: false }.visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some(key) = self.entry else {
            return Value { walk: self.walk, key: "", depth: 1, in_list: false }.visit_seq(seq);
        };
        self.walk.enter("", 1)?;
        while seq.next_element_seed(Value { walk: self.walk, key, depth: 2, in_list: true })?.is_some() {}
        self.walk.leave()
    }
}

/// A value and the key that it stands under.
#[derive(Clone, Copy)]
struct Value<'a, 'b, E> {
    walk: &'a Walk<'b, E>,
    key: &'a str,
    depth: usize,
    /// Whether it is an entry of an array.
    in_list: bool,
}

impl<E: Elements> Value<'_, '_, E> {
    fn scalar<X: serde::de::Error>(self, value: impl Display) -> Result<(), X> {
        self.text(&value.to_string())
    }

    fn text<X: serde::de::Error>(self, text: &str) -> Result<(), X> {
        self.walk.enter(self.key, self.depth)?;
        self.walk.act(|elements| {
            if text.contains(UNDECODABLE) {
                elements.undecodable(self.walk.at.undecodable.get());
                return Ok(());
            }
            elements.text(text)
        })?;
        self.walk.leave()
    }
}

impl<'de, E: Elements> DeserializeSeed<'de> for Value<'_, '_, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, E: Elements> Visitor<'de> for Value<'_, '_, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.walk.enter(self.key, self.depth)?;
        if self.in_list {
            self.walk.act(|elements| {
                elements.in_list();
                Ok(())
            })?;
        }
        while let Some(key) = map.next_key::<String>()? {
            map.next_value_seed(Value { walk: self.walk, key: &key, depth: self.depth + 1, in_list: false })?;
        }
        self.walk.leave()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if self.depth > DEEPEST {
            return Err(self.walk.stop(too_deep(self.walk.file, self.walk.at.line.get())));
        }
        // an array in an array is one array
        while seq.next_element_seed(Value { depth: self.depth + 1, in_list: true, ..self })?.is_some() {}
        Ok(())
    }

    fn visit_str<X: serde::de::Error>(self, text: &str) -> Result<(), X> {
        self.text(text)
    }

    fn visit_bool<X: serde::de::Error>(self, value: bool) -> Result<(), X> {
        self.scalar(value)
    }

    fn visit_i64<X: serde::de::Error>(self, value: i64) -> Result<(), X> {
        self.scalar(value)
    }

    fn visit_u64<X: serde::de::Error>(self, value: u64) -> Result<(), X> {
        self.scalar(value)
    }

    fn visit_f64<X: serde::de::Error>(self, value: f64) -> Result<(), X> {
        self.scalar(value)
    }

    fn visit_unit<X: serde::de::Error>(self) -> Result<(), X> {
        Ok(())
    }
}
