//! The parts of Parquet that are written in Thrift, looked through before the library reads them.
//!
//! The library passes over fields that it does not know, and takes the truth values of a list for nothing at all: one that
//! claims two thousand million of them keeps it busy for seconds, whatever the file holds, and any number may follow. No
//! header and no footer of Parquet has truth values in lists, so that a file in which one does is damaged.
//! Everything else takes a byte at least, and ends with the file.
//! (<https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>)

use std::io::{Error, ErrorKind, Read, Result, copy, sink};

/// As deep as the library looks.
const DEEPEST: u32 = 64;

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I32: u8 = 5;

/// Bytes that a byte becomes at most when it is unpacked: of all kinds of compression that are read, Zstandard makes most of it,
/// 128 KiB of a block of four (RFC 8878, 3.1.1.2).
const MOST_UNPACKED: u64 = 1 << 15;
/// What a page of no byte may claim.
const ONE_BLOCK: u64 = 1 << 17;

/// Numbers of fields have 16 bits, one of them the sign.
const LAST_FIELD: u64 = 1 << 15;
/// Fields of a page header.
const UNPACKED_SIZE: u64 = 2;
const PACKED_SIZE: u64 = 3;

/// Passes over the header of a page, for which the library makes room before it unpacks. Fails as [`pass_over`] does, and
/// where the page claims to hold more than its bytes can.
pub(super) fn page_header(bytes: &mut impl Read) -> Result<()> {
    let (mut unpacked, mut packed) = (0, None::<u64>);
    each_field(bytes, |field, kind, bytes| {
        match (field, kind) {
            (UNPACKED_SIZE, I32) => unpacked = unpacked.max(size(bytes)?),
            (PACKED_SIZE, I32) => {
                let size = size(bytes)?;
                packed = Some(packed.map_or(size, |least| least.min(size)));
            }
            // the library takes these for sizes whatever kind they say they are, and numbers of fields modulo 65,536
            (UNPACKED_SIZE | PACKED_SIZE | LAST_FIELD.., _) => return Err(damaged()),
            _ => field_value(bytes, kind, DEEPEST)?,
        }
        Ok(())
    })?;
    let most = packed.unwrap_or_default().saturating_mul(MOST_UNPACKED).saturating_add(ONE_BLOCK);
    if unpacked > most { Err(damaged()) } else { Ok(()) }
}

/// Passes over one record. Fails where a list of truth values is in it, where it is deeper than any writer makes it, or
/// where it does not end.
pub(super) fn pass_over(bytes: &mut impl Read) -> Result<()> {
    record(bytes, DEEPEST)
}

fn record(bytes: &mut impl Read, depth: u32) -> Result<()> {
    each_field(bytes, |_, kind, bytes| field_value(bytes, kind, depth))
}

/// Tells of each field of a record its number and kind; `tell` passes over its value.
fn each_field<R: Read>(bytes: &mut R, mut tell: impl FnMut(u64, u8, &mut R) -> Result<()>) -> Result<()> {
    let mut field = 0;
    loop {
        let head = byte(bytes)?;
        let kind = head & 0xF;
        if kind == 0 {
            return Ok(());
        }
        field = if head >> 4 == 0 { varint(bytes)? >> 1 } else { field + u64::from(head >> 4) };
        tell(field, kind, bytes)?;
    }
}

/// The truth value of a field is its kind.
fn field_value(bytes: &mut impl Read, kind: u8, depth: u32) -> Result<()> {
    if matches!(kind, TRUE | FALSE) { Ok(()) } else { value(bytes, kind, depth) }
}

fn value(bytes: &mut impl Read, kind: u8, depth: u32) -> Result<()> {
    let depth = depth.checked_sub(1).ok_or_else(damaged)?;
    match kind {
        3 => byte(bytes).map(drop),
        4..=6 => varint(bytes).map(drop),
        7 => skip(bytes, 8),
        8 => varint(bytes).and_then(|length| skip(bytes, length)),
        9 | 10 => {
            let head = byte(bytes)?;
            let count = if head >> 4 == 15 { varint(bytes)? } else { u64::from(head >> 4) };
            (0..count).try_for_each(|_| value(bytes, head & 0xF, depth))
        }
        11 => {
            let count = varint(bytes)?;
            if count == 0 {
                return Ok(());
            }
            let kinds = byte(bytes)?;
            (0..count).try_for_each(|_| {
                value(bytes, kinds >> 4, depth)?;
                value(bytes, kinds & 0xF, depth)
            })
        }
        12 => record(bytes, depth),
        13 => skip(bytes, 16),
        _ => Err(damaged()),
    }
}

/// A number of 32 bits that is no more than that and not negative.
fn size(bytes: &mut impl Read) -> Result<u64> {
    let zigzag = varint(bytes)?;
    if zigzag % 2 == 0 && u32::try_from(zigzag).is_ok() { Ok(zigzag >> 1) } else { Err(damaged()) }
}

fn byte(bytes: &mut impl Read) -> Result<u8> {
    let mut byte = [0];
    match bytes.read_exact(&mut byte) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(damaged()),
        Err(error) => Err(error),
        Ok(()) => Ok(byte[0]),
    }
}

fn varint(bytes: &mut impl Read) -> Result<u64> {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let byte = byte(bytes)?;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(damaged())
}

fn skip(bytes: &mut impl Read, length: u64) -> Result<()> {
    if copy(&mut bytes.take(length), &mut sink())? == length { Ok(()) } else { Err(damaged()) }
}

fn damaged() -> Error {
    ErrorKind::InvalidData.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_of_every_kind_are_passed_over() {
        let fields = [
            &[0x11][..],                           // true
            &[0x12],                               // false
            &[0x13, 0xFF],                         // a byte
            &[0x15, 0x80, 0x01],                   // a number
            &[0x05, 0x80, 0x01, 0x02],             // one whose field is given in full
            &[0x17, 0, 0, 0, 0, 0, 0, 0, 0],       // a double
            &[0x18, 0x02, b'a', b'b'],             // text
            &[0x19, 0x25, 0x01, 0x02],             // a list of two numbers
            &[0x19, 0x02],                         // an empty list of truth values
            &[0x1A, 0xF8, 0x01, 0x01, b'a'],       // a set, its length apart
            &[0x1B, 0x01, 0x58, 0x02, 0x01, b'a'], // a map from a number to text
            &[0x1B, 0x00],                         // an empty map
            &[0x1C, 0x15, 0x02, 0x00],             // a record
        ];
        let mut record: Vec<u8> = fields.concat();
        record.extend([0x00, 0xAA]);
        let mut rest = &record[..];
        pass_over(&mut rest).unwrap();
        assert_eq!(rest, [0xAA]);
    }

    #[test]
    fn truth_values_in_lists_sets_and_maps_are_damage_however_many() {
        for list in [
            &[0x19, 0xF2, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00][..],
            &[0x19, 0xF1, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00],
            &[0x1A, 0x11, 0x00],
            &[0x1B, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x12, 0x00],
        ] {
            assert_eq!(pass_over(&mut &*list).unwrap_err().kind(), ErrorKind::InvalidData);
        }
    }

    #[test]
    fn a_page_that_claims_more_than_its_bytes_can_hold_is_damage() {
        // the kind of page, its size unpacked and packed, as the format numbers them, and an end
        let header =
            |unpacked: &[u8], packed: &[u8]| [&[0x15, 0, 0x15], unpacked, &[0x15], packed, &[0]].concat();
        let is_taken = |bytes: &[u8]| page_header(&mut &bytes[..]).is_ok();
        // zigzag: 200 is 100
        assert!(is_taken(&header(&[0xC8, 1], &[0x20])));
        // 1 GiB of 16 bytes, and of 32 KiB
        let gibibyte = [0x80, 0x80, 0x80, 0x80, 8];
        assert!(!is_taken(&header(&gibibyte, &[0x20])));
        assert!(is_taken(&header(&gibibyte, &[0x80, 0x80, 4])));
        // the other way round, with the numbers of fields in full
        let full = [&[0x05, 6, 0x20, 0x05, 4][..], &gibibyte, &[0]].concat();
        assert!(!is_taken(&full));
        // of another kind, beyond 32 bits, below zero, and as a field that is the second modulo 65,536
        assert!(!is_taken(&[&[0x15, 0, 0x16][..], &gibibyte, &[0x15, 0x20, 0]].concat()));
        assert!(!is_taken(&header(&[0x20], &[0x80, 0x80, 0x80, 0x80, 0x80, 1])));
        assert!(!is_taken(&header(&[0x21], &[0x20])));
        assert!(!is_taken(&[&[0x15, 0, 0x05, 0x84, 0x80, 8][..], &gibibyte, &[0]].concat()));
    }

    #[test]
    fn depth_has_an_end() {
        assert!(pass_over(&mut &vec![0x1C; 1 << 20][..]).is_err());
        assert!(pass_over(&mut &vec![0x19; 1 << 20][..]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut rest = &bytes[..];
            prop_assert!(pass_over(&mut rest).is_err() || rest.len() < bytes.len());
        }
    }
}
