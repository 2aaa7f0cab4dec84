//! The grammar that all COLLECT downloads share: `<table>tableid`, `NativeId`, `<table>orderseqcolumn`,
//! `sourceid`, `<parent>tableid`, then the elements of the return in small letters. Dates are
//! `2020-Apr-25 00:00:00`, numbers `770.0`, flags `True` and `False`.

use crate::random::Random;

/// An identifier of a row: 32 hexadecimal digits in five groups.
pub(super) fn table_id(random: &mut Random) -> String {
    let (high, low) = (random.bits(), random.bits());
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// `770.0`
pub(super) fn number(whole: usize) -> String {
    format!("{whole}.0")
}

pub(super) fn flag(yes: bool) -> &'static str {
    if yes { "True" } else { "False" }
}
