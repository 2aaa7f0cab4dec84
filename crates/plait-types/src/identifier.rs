//! Identifiers of people and places: when a value is one.
//!
//! Every type is made by `parse`, which forgives spaces, hyphens and case and refuses whatever fails
//! the published check. `Debug` of what identifies a person hides the value and there is no `Display`:
//! functions named `expose…` are the way out. Numbers of institutions ([`LaCode`], [`Urn`]) are
//! public and show themselves.
//!
//! What is *recalled* in these documents is common knowledge of the field whose official text was not at
//! hand; it decides wording and review, never whether a value is valid.

mod la_code;
mod nhs_number;
mod nhs_number_status;
mod postcode;
mod uln;
mod upn;
mod upn_reading;
mod upn_rule;
mod upn_unknown;
mod urn;

pub use la_code::{LaCode, LaCodeKind};
pub use nhs_number::NhsNumber;
pub use nhs_number_status::{NhsNumberEvidence, NhsNumberStatus};
pub use postcode::Postcode;
pub use uln::Uln;
pub use upn::Upn;
pub use upn_reading::UpnReading;
pub use upn_rule::UpnRule;
pub use upn_unknown::UpnUnknown;
pub use urn::Urn;

/// Letters and digits of `text` in capitals, without spaces and hyphens, and how many there are.
/// `None` if there are more than `N` or anything else is among them.
fn compact<const N: usize>(text: &str) -> Option<([u8; N], usize)> {
    let mut kept = [0; N];
    let mut len = 0;
    for c in text.chars().filter(|&c| !is_separator(c)) {
        if !c.is_ascii_alphanumeric() || len == N {
            return None;
        }
        kept[len] = c.to_ascii_uppercase() as u8;
        len += 1;
    }
    Some((kept, len))
}

/// Exactly `N` digits, as the characters they are. A column of numbers that lacks one somewhere is written by other programs as
/// `9990000018.0`.
fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.trim();
    let (digits, len) = compact(text.strip_suffix(".0").unwrap_or(text))?;
    (len == N && digits.iter().all(u8::is_ascii_digit)).then_some(digits)
}

/// The number that at most nine digits write.
fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

/// Sum of ten digits with the weights 10, 9, … 1, which NHS number and ULN share.
fn weighted_sum(digits: &[u8; 10]) -> u32 {
    digits.iter().zip((1..=10).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum()
}

fn is_separator(c: char) -> bool {
    c == '-' || c.is_whitespace() || ('\u{2010}'..='\u{2015}').contains(&c)
}
