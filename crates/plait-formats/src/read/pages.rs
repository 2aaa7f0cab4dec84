//! Text columns of Parquet straight from their pages.
//!
//! Text is most of a person file, and nearly all writers store it in one of two ways: plainly, or as indices
//! into a dictionary page. Both are decoded here into codes without making Arrow arrays in between: a
//! dictionary value is interned once however many rows have it, and plain values are hashed where they lie.
//! Other encodings, and columns inside lists or records, are left to the Arrow reader.

use super::column::TextColumn;
use super::source::Content;
use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::Page;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::serialized_reader::SerializedPageReader;
use plait_types::NULL;
use std::sync::Arc;

/// A dictionary entry that no row has had yet.
const UNSEEN: u32 = NULL - 1;

/// More values than any writer puts into a page; a damaged header may claim more.
const LARGEST_PAGE: u32 = 1 << 26;

/// Reads the flat text column `leaf`. Gives the column and how many of its cells are not UTF-8, or `None`
/// where its pages are stored in another way.
pub(super) fn read(
    content: &Content,
    metadata: &ParquetMetaData,
    leaf: usize,
    rows: usize,
) -> Result<Option<(TextColumn, usize)>> {
    let optional = metadata.file_metadata().schema_descr().column(leaf).max_def_level() > 0;
    let content = Arc::new(content.clone());
    let mut decoder = Decoder {
        column: TextColumn::with_rows(rows),
        invalid: 0,
        dictionary: Dictionary::default(),
        indices: Vec::new(),
        levels: Vec::new(),
    };
    for group in metadata.row_groups() {
        let group_rows = group.num_rows() as usize;
        let pages = SerializedPageReader::new(Arc::clone(&content), group.column(leaf), group_rows, None)?;
        let before = decoder.column.len();
        decoder.dictionary = Dictionary::default();
        for page in pages {
            if !decoder.page(&page?, optional)? {
                return Ok(None);
            }
        }
        if decoder.column.len() - before != group_rows {
            return Err(corrupt());
        }
    }
    Ok(Some((decoder.column, decoder.invalid)))
}

/// Looks through the pages of a column that the Arrow reader is to read: it makes room for as many values as a page of
/// lengths and differences claims to hold, before it sees whether they are there. Fails where one claims more than it has
/// rows.
pub(super) fn check_counts(content: &Content, metadata: &ParquetMetaData, leaf: usize) -> Result<()> {
    let column = metadata.file_metadata().schema_descr().column(leaf);
    if !matches!(column.physical_type(), Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY) {
        return Ok(());
    }
    let optional = column.max_def_level() > 0;
    let content = Arc::new(content.clone());
    for group in metadata.row_groups() {
        let rows = group.num_rows() as usize;
        for page in SerializedPageReader::new(Arc::clone(&content), group.column(leaf), rows, None)? {
            let page = page?;
            let rows = page.num_values() as usize;
            let values = values_of(&page, optional)?;
            let fits = match page.encoding() {
                // of a page without any value nothing is read
                _ if values.is_empty() => true,
                Encoding::DELTA_LENGTH_BYTE_ARRAY => delta_packed(values, rows).is_some(),
                Encoding::DELTA_BYTE_ARRAY => {
                    let suffixes = delta_packed(values, rows).and_then(|length| values.get(length..));
                    suffixes.is_some_and(|suffixes| delta_packed(suffixes, rows).is_some())
                }
                _ => true,
            };
            if !fits {
                return Err(corrupt());
            }
        }
    }
    Ok(())
}

/// The bytes of a data page behind its levels; values do not repeat.
fn values_of(page: &Page, optional: bool) -> Result<&[u8]> {
    let values = match page {
        Page::DataPage { buf, .. } if !optional => Some(&buf[..]),
        Page::DataPage { buf, num_values, def_level_encoding, .. } => {
            let levels = match def_level_encoding {
                Encoding::RLE => buf.first_chunk().map(|length| 4 + u32::from_le_bytes(*length) as usize),
                // a bit each
                _ => Some((*num_values as usize).div_ceil(8)),
            };
            levels.and_then(|levels| buf.get(levels..))
        }
        Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
            buf.get(*def_levels_byte_len as usize + *rep_levels_byte_len as usize..)
        }
        Page::DictionaryPage { buf, .. } => Some(&buf[..]),
    };
    values.ok_or_else(corrupt)
}

/// The length of some numbers that are stored as differences
/// (<https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC>); `None` where they claim to be more than
/// `most` or end early.
fn delta_packed(bytes: &[u8], most: usize) -> Option<usize> {
    let mut rest = bytes;
    let block = varint(&mut rest)?;
    let in_block = usize::try_from(varint(&mut rest)?).ok()?;
    let count = usize::try_from(varint(&mut rest)?).ok()?;
    let _first = varint(&mut rest)?;
    let each = usize::try_from(block).ok()?.checked_div(in_block)?;
    if count > most || each == 0 {
        return None;
    }
    let mut left = count.saturating_sub(1);
    while left > 0 {
        let _least = varint(&mut rest)?;
        let (widths, packed) = rest.split_at_checked(in_block)?;
        rest = packed;
        // blocks behind the last value have a width and no values
        for &width in widths.iter().take(left.div_ceil(each)) {
            rest = rest.get(each.checked_mul(usize::from(width))?.div_ceil(8)..)?;
            left = left.saturating_sub(each);
        }
    }
    Some(bytes.len() - rest.len())
}

/// The values of a dictionary page and the codes of those that rows have had.
#[derive(Default)]
struct Dictionary {
    bytes: Bytes,
    /// Start and length in `bytes`.
    values: Vec<(u32, u32)>,
    codes: Vec<u32>,
}

struct Decoder {
    column: TextColumn,
    invalid: usize,
    dictionary: Dictionary,
    indices: Vec<u32>,
    levels: Vec<u32>,
}

impl Decoder {
    /// Takes one page; false where its encoding is not one of the two.
    fn page(&mut self, page: &Page, optional: bool) -> Result<bool> {
        match page {
            Page::DictionaryPage { buf, num_values, encoding, .. } => {
                if !matches!(encoding, Encoding::PLAIN | Encoding::PLAIN_DICTIONARY) {
                    return Ok(false);
                }
                self.dictionary = Dictionary::parse(buf, *num_values).ok_or_else(corrupt)?;
                Ok(true)
            }
            Page::DataPage { buf, num_values, encoding, def_level_encoding, .. } => {
                if !optional {
                    return self.values(buf, None, *num_values, *encoding);
                }
                if *def_level_encoding != Encoding::RLE {
                    return Ok(false);
                }
                let (length, rest) = buf.split_first_chunk().ok_or_else(corrupt)?;
                let (levels, values) =
                    rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(corrupt)?;
                self.values(values, Some(levels), *num_values, *encoding)
            }
            Page::DataPageV2 {
                buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, ..
            } => {
                let (levels, values) = buf
                    .get(*rep_levels_byte_len as usize..)
                    .and_then(|rest| rest.split_at_checked(*def_levels_byte_len as usize))
                    .ok_or_else(corrupt)?;
                self.values(values, optional.then_some(levels), *num_values, *encoding)
            }
        }
    }

    /// Takes the values of one data page.
    fn values(&mut self, bytes: &[u8], levels: Option<&[u8]>, rows: u32, encoding: Encoding) -> Result<bool> {
        if rows > LARGEST_PAGE {
            return Err(corrupt());
        }
        let rows = rows as usize;
        self.levels.clear();
        let mut present = rows;
        if let Some(levels) = levels {
            unpack(levels, 1, rows, &mut self.levels).ok_or_else(corrupt)?;
            present = self.levels.iter().map(|&level| level as usize).sum();
        }
        match encoding {
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                let (width, packed) = bytes.split_first().unwrap_or((&0, &[]));
                unpack(packed, u32::from(*width), present, &mut self.indices).ok_or_else(corrupt)?;
                self.look_up()?;
            }
            Encoding::PLAIN => self.intern_plain(bytes, present)?,
            _ => return Ok(false),
        }
        self.add(present == rows);
        Ok(true)
    }

    /// Turns indices into codes, in place.
    fn look_up(&mut self) -> Result<()> {
        let Self { column, invalid, dictionary, indices, .. } = self;
        for index in indices {
            let at = *index as usize;
            *index = match dictionary.codes.get(at) {
                Some(&code) if code != UNSEEN => code,
                Some(_) => {
                    let (start, length) = dictionary.values[at];
                    let code =
                        code_of(column, &dictionary.bytes[start as usize..][..length as usize], invalid);
                    dictionary.codes[at] = code;
                    code
                }
                None => return Err(corrupt()),
            };
        }
        Ok(())
    }

    /// Turns plain values into codes.
    fn intern_plain(&mut self, mut bytes: &[u8], present: usize) -> Result<()> {
        // no value may take less room than its length, so a damaged count asks for no more memory than the page
        let mut values: Vec<&str> = Vec::with_capacity(present.min(bytes.len() / 4));
        for _ in 0..present {
            let (value, rest) = plain_value(bytes).ok_or_else(corrupt)?;
            let text = std::str::from_utf8(value);
            self.invalid += usize::from(text.is_err());
            values.push(text.unwrap_or_default());
            bytes = rest;
        }
        self.indices.clear();
        self.column.codes_of(&values, &mut self.indices);
        Ok(())
    }

    /// Appends the page's codes to the column.
    fn add(&mut self, all_present: bool) {
        let Self { column, indices: codes, levels, .. } = self;
        if all_present {
            column.codes().extend_from_slice(codes);
            return;
        }
        let mut codes = codes.iter();
        let code = |&level: &u32| if level == 0 { NULL } else { codes.next().copied().unwrap_or(NULL) };
        column.codes().extend(levels.iter().map(code));
    }
}

fn code_of(column: &mut TextColumn, value: &[u8], invalid: &mut usize) -> u32 {
    if let Ok(text) = std::str::from_utf8(value) {
        column.code(text)
    } else {
        *invalid += 1;
        NULL
    }
}

impl Dictionary {
    fn parse(bytes: &Bytes, count: u32) -> Option<Self> {
        // every value takes four bytes for its length, so a damaged count asks for no more memory than the page
        if count as usize > bytes.len() / 4 {
            return None;
        }
        let mut values = Vec::with_capacity(count as usize);
        let mut rest = &bytes[..];
        for _ in 0..count {
            let (value, behind) = plain_value(rest)?;
            values.push(((bytes.len() - behind.len() - value.len()) as u32, value.len() as u32));
            rest = behind;
        }
        Some(Self { bytes: bytes.clone(), codes: vec![UNSEEN; values.len()], values })
    }
}

/// The first value of a plainly encoded run, and what follows.
fn plain_value(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

/// Decodes `count` numbers of `width` bits from Parquet's mix of repeated and bit-packed runs
/// (<https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE>). `None` where they end early.
fn unpack(mut data: &[u8], width: u32, count: usize, out: &mut Vec<u32>) -> Option<()> {
    out.clear();
    if width > 32 {
        return None;
    }
    if width == 0 {
        out.resize(count, 0);
        return Some(());
    }
    let mask = (1_u64 << width) - 1;
    let width = width as usize;
    while out.len() < count {
        let header = varint(&mut data)?;
        let left = count - out.len();
        if header & 1 == 0 {
            let mut value = [0; 4];
            let (bytes, rest) = data.split_at_checked(width.div_ceil(8))?;
            value[..bytes.len()].copy_from_slice(bytes);
            data = rest;
            let run = (header >> 1) as usize;
            if run == 0 {
                return None;
            }
            out.resize(out.len() + run.min(left), (u64::from(u32::from_le_bytes(value)) & mask) as u32);
        } else {
            let groups = (header >> 1) as usize;
            let values = groups.checked_mul(8)?.min(left);
            if values == 0 {
                return None;
            }
            let end = groups.checked_mul(width)?.min(data.len());
            let packed = &data[..end];
            if (values * width).div_ceil(8) > packed.len() {
                return None;
            }
            out.extend((0..values).map(|at| (word(packed, at * width) & mask) as u32));
            data = &data[end..];
        }
    }
    Some(())
}

/// 64 bits from bit `at`, of which at least 57 are right; zeros beyond the end.
fn word(packed: &[u8], at: usize) -> u64 {
    let from = at / 8;
    let bytes = packed[from..].first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        let rest = &packed[from..];
        bytes[..rest.len()].copy_from_slice(rest);
        bytes
    });
    u64::from_le_bytes(bytes) >> (at % 8)
}

fn varint(data: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = data.split_first()?;
        *data = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn corrupt() -> ParquetError {
    ParquetError::General("page contradicts its header".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes numbers as one bit-packed run, bit by bit: the slow twin of [`word`].
    fn pack(values: &[u32], width: u32) -> Vec<u8> {
        let groups = values.len().div_ceil(8);
        let mut out = Vec::new();
        let mut header = (groups << 1 | 1) as u64;
        while header >= 0x80 {
            out.push(header as u8 | 0x80);
            header >>= 7;
        }
        out.push(header as u8);
        let mut bits = vec![false; groups * 8 * width as usize];
        for (at, value) in values.iter().enumerate() {
            for bit in 0..width {
                bits[at * width as usize + bit as usize] = value >> bit & 1 == 1;
            }
        }
        out.extend(
            bits.chunks(8)
                .map(|byte| byte.iter().enumerate().map(|(at, &bit)| u8::from(bit) << at).sum::<u8>()),
        );
        out
    }

    #[test]
    fn repeated_and_packed_runs_follow_each_other() {
        let mut data = vec![10, 3];
        data.extend(pack(&[1, 2, 3, 0, 1, 2, 3, 0], 2));
        let mut out = Vec::new();
        unpack(&data, 2, 11, &mut out).unwrap();
        assert_eq!(out, [3, 3, 3, 3, 3, 1, 2, 3, 0, 1, 2]);
        assert_eq!(unpack(&data, 2, 14, &mut out), None);
        assert_eq!(unpack(&[0, 0], 2, 1, &mut out), None);
        assert_eq!(unpack(&[], 33, 1, &mut out), None);
    }

    proptest! {
        #[test]
        fn what_was_packed_bit_by_bit_is_unpacked(width in 1_u32..=32, values in proptest::collection::vec(any::<u32>(), 1..200)) {
            let values: Vec<u32> = values.iter().map(|value| value & (u64::from(u32::MAX) >> (32 - width)) as u32).collect();
            let mut out = Vec::new();
            prop_assert_eq!(unpack(&pack(&values, width), width, values.len(), &mut out), Some(()));
            prop_assert_eq!(out, values);
        }

        #[test]
        fn any_bytes_unpack_or_are_refused(data in proptest::collection::vec(any::<u8>(), 0..60), width in 0_u32..40, count in 0_usize..300) {
            let mut out = Vec::new();
            if unpack(&data, width, count, &mut out).is_some() {
                prop_assert_eq!(out.len(), count);
            }
        }
    }
}
