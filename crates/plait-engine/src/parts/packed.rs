//! Records as bytes, to be sent from one process to another.
//!
//! Little-endian throughout. The number of records and their places; then field by field the values that they have, each once, how
//! many records of all have each, where that is known, and per record the number of its value, in as few bytes as will do.

use super::{Part, Plan};
use crate::records::{Field, Records};
use plait_types::{Column, Interner, NULL, Values};

/// What cannot be read is of another version, or was cut off on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// The version of the form, first in every message.
const FORM: u8 = 1;

/// Bytes while they are written.
#[derive(Debug)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new() -> Self {
        Self(vec![FORM])
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn number(&mut self, mut number: u64) {
        while number >= 128 {
            self.0.push(number as u8 | 128);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub(crate) fn u64s(&mut self, numbers: impl ExactSizeIterator<Item = u64>) {
        self.number(numbers.len() as u64);
        numbers.for_each(|number| self.0.extend(number.to_le_bytes()));
    }

    pub(crate) fn u32s(&mut self, numbers: impl ExactSizeIterator<Item = u32>) {
        self.number(numbers.len() as u64);
        numbers.for_each(|number| self.0.extend(number.to_le_bytes()));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    /// Numbers below `n`, and [`NULL`].
    fn codes(&mut self, n: u32, codes: impl Iterator<Item = u32>) {
        match n {
            0..0xFF => codes.for_each(|code| self.0.push(code as u8)),
            0xFF..0xFFFF => codes.for_each(|code| self.0.extend((code as u16).to_le_bytes())),
            _ => codes.for_each(|code| self.0.extend(code.to_le_bytes())),
        }
    }
}

/// Bytes while they are read.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        match bytes.split_first() {
            Some((&FORM, rest)) => Ok(Self(rest)),
            _ => Err(Unreadable),
        }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(Unreadable)?;
        self.0 = rest;
        Ok(taken)
    }

    /// So many items of so many bytes each.
    fn items<const N: usize>(
        &mut self,
        n: u64,
    ) -> Result<impl ExactSizeIterator<Item = [u8; N]> + use<'a, N>, Unreadable> {
        let bytes = usize::try_from(n).ok().and_then(|n| n.checked_mul(N)).ok_or(Unreadable)?;
        let (items, _) = self.take(bytes)?.as_chunks::<N>();
        Ok(items.iter().copied())
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn number(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(number);
            }
        }
        Err(Unreadable)
    }

    pub(crate) fn u64s(&mut self) -> Result<impl ExactSizeIterator<Item = u64> + use<'a>, Unreadable> {
        let n = self.number()?;
        Ok(self.items(n)?.map(u64::from_le_bytes))
    }

    pub(crate) fn u32s(&mut self) -> Result<impl ExactSizeIterator<Item = u32> + use<'a>, Unreadable> {
        let n = self.number()?;
        Ok(self.items(n)?.map(u32::from_le_bytes))
    }

    fn text(&mut self) -> Result<&'a str, Unreadable> {
        let n = self.number()? as usize;
        std::str::from_utf8(self.take(n)?).map_err(|_| Unreadable)
    }

    /// As many codes as there are records, of which each is below `n` or [`NULL`].
    fn codes(&mut self, n: u32, n_records: u64) -> Result<Vec<u32>, Unreadable> {
        let codes: Vec<u32> = match n {
            0..0xFF => {
                let code = |byte: [u8; 1]| if byte[0] == u8::MAX { NULL } else { u32::from(byte[0]) };
                self.items(n_records)?.map(code).collect()
            }
            0xFF..0xFFFF => {
                let code = |bytes| match u16::from_le_bytes(bytes) {
                    u16::MAX => NULL,
                    code => u32::from(code),
                };
                self.items(n_records)?.map(code).collect()
            }
            _ => self.items(n_records)?.map(u32::from_le_bytes).collect(),
        };
        if codes.iter().all(|&code| code < n || code == NULL) { Ok(codes) } else { Err(Unreadable) }
    }
}

/// Packs some records of a part, which ascend, with their names if these are there. Keeps what it needs from one message to the next.
pub(crate) struct Packer<'a> {
    part: &'a Part,
    /// Per field, whether the counts of its values are those of all records.
    counted: &'a [bool],
    /// Per code of the field at hand, its number among the values of the message.
    number_of: Vec<u32>,
}

impl<'a> Packer<'a> {
    pub(crate) fn new(part: &'a Part, counted: &'a [bool]) -> Self {
        Self { part, counted, number_of: Vec::new() }
    }

    pub(crate) fn pack(&mut self, which: &[u32]) -> Vec<u8> {
        self.pack_counted(which).0
    }

    /// With the values of each field and of the names.
    pub(crate) fn pack_counted(&mut self, which: &[u32]) -> (Vec<u8>, Vec<Used>) {
        let Part { records, names } = self.part;
        let mut writer = Writer::new();
        let mut used = Vec::with_capacity(self.counted.len() + 1);
        writer.u64s(which.iter().map(|&record| records.place(record)));
        for (field, &is_counted) in records.fields.iter().zip(self.counted) {
            let counts = is_counted.then_some(&field.counts[..]);
            used.push(self.column(&field.codes, &field.values, counts, which, &mut writer));
        }
        used.push(self.column(&names.codes, &names.values, None, which, &mut writer));
        (writer.finish(), used)
    }

    fn column(
        &mut self,
        codes: &[u32],
        values: &Values,
        counts: Option<&[u32]>,
        which: &[u32],
        writer: &mut Writer,
    ) -> Used {
        let mut used = Used::default();
        if codes.is_empty() {
            // a source without the column, or records without names
            writer.number(0);
            return used;
        }
        if self.number_of.len() < values.len() {
            self.number_of.resize(values.len(), NULL);
        }
        for code in which.iter().map(|&record| codes[record as usize]).filter(|&code| code != NULL) {
            let number = &mut self.number_of[code as usize];
            if *number == NULL {
                *number = used.codes.len() as u32;
                used.codes.push(code);
                used.counts.push(0);
            }
            used.counts[*number as usize] += 1;
        }
        let n_values = used.codes.len() as u32;
        writer.number(u64::from(n_values));
        if n_values == 0 {
            return used;
        }
        used.codes.iter().for_each(|&code| writer.text(values.get(code)));
        writer.number(u64::from(counts.is_some()));
        if let Some(counts) = counts {
            used.codes.iter().for_each(|&code| writer.number(u64::from(counts[code as usize])));
        }
        let number = |code: u32| if code == NULL { NULL } else { self.number_of[code as usize] };
        writer.codes(n_values, which.iter().map(|&record| number(codes[record as usize])));
        used.codes.iter().for_each(|&code| self.number_of[code as usize] = NULL);
        used
    }
}

/// The values of a column that packed records have, each once and in the order in which they were packed, and how many of these
/// records have each.
#[derive(Debug, Default)]
pub(crate) struct Used {
    pub(crate) codes: Vec<u32>,
    pub(crate) counts: Vec<u32>,
}

/// Records that were packed, while they come together again.
pub(crate) struct Gathering {
    places: Vec<u64>,
    /// The fields, and the names of records.
    columns: Vec<GatheredColumn>,
}

#[derive(Default)]
struct GatheredColumn {
    interner: Interner,
    codes: Vec<u32>,
    /// Per value, where some message told it.
    counts: Vec<u32>,
}

impl Gathering {
    pub(crate) fn new(n_fields: usize) -> Self {
        Self { places: Vec::new(), columns: (0..=n_fields).map(|_| GatheredColumn::default()).collect() }
    }

    /// Takes in a message.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        let mut reader = Reader::new(bytes)?;
        let places = reader.u64s()?;
        let n_records = places.len() as u64;
        self.places.extend(places);
        for column in &mut self.columns {
            column.read(&mut reader, n_records)?;
        }
        if reader.is_at_end() { Ok(()) } else { Err(Unreadable) }
    }

    /// The records in order of their places.
    pub(crate) fn finish(self, plan: &Plan, counted: &[bool], present: &[Vec<u64>]) -> Part {
        let Self { places, mut columns } = self;
        let mut order: Vec<u32> = (0..places.len() as u32).collect();
        order.sort_unstable_by_key(|&at| places[at as usize]);
        let places: Vec<u64> = order.iter().map(|&at| places[at as usize]).collect();
        let (codes, values, _) = columns.pop().expect("the names come last").finish(&order);
        let names = Column { name: String::new(), codes, values };
        let sources = plan.sources_of(&places);
        let fields = columns.into_iter().enumerate().map(|(at, column)| {
            let (codes, values, counts) = column.finish(&order);
            Field::of_part(
                &plan.fields[at],
                codes,
                values,
                counted[at].then_some(counts),
                present[at].clone(),
            )
        });
        let records = Records::of_part(sources, fields.collect(), places);
        Part { records, names }
    }
}

impl GatheredColumn {
    fn read(&mut self, reader: &mut Reader<'_>, n_records: u64) -> Result<(), Unreadable> {
        let n_values = u32::try_from(reader.number()?).map_err(|_| Unreadable)?;
        if n_values == 0 {
            self.codes.resize(self.codes.len() + n_records as usize, NULL);
            return Ok(());
        }
        let mut texts = Vec::new();
        for _ in 0..n_values {
            texts.push(reader.text()?);
        }
        let mut code_of = Vec::with_capacity(texts.len());
        self.interner.intern_all(&texts, &mut code_of);
        if reader.number()? == 1 {
            for &code in &code_of {
                let count = u32::try_from(reader.number()?).map_err(|_| Unreadable)?;
                if self.counts.len() <= code as usize {
                    self.counts.resize(code as usize + 1, 0);
                }
                self.counts[code as usize] = count;
            }
        }
        let code = |number: u32| if number == NULL { NULL } else { code_of[number as usize] };
        self.codes.extend(reader.codes(n_values, n_records)?.into_iter().map(code));
        Ok(())
    }

    /// Codes in an order, values, and what was told of their counts.
    fn finish(mut self, order: &[u32]) -> (Vec<u32>, Values, Vec<u32>) {
        let values = self.interner.into_values();
        self.counts.resize(values.len(), 0);
        (order.iter().map(|&at| self.codes[at as usize]).collect(), values, self.counts)
    }
}
