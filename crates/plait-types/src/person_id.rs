//! The identifier of a person across sources.

use std::fmt;

/// Letters and digits that are hard to confuse when read aloud (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS: u32 = 7;
const SPACE: u64 = 1 << (5 * DIGITS);
/// Odd, so that multiplication is a bijection of the space; far from round, so that neighbours look unrelated.
const SPREAD: u64 = 0x5_A17C_9E35 | 1;

/// A person of one run, shown as `P-7F3K-92QD`: seven characters without meaning and a check character.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PersonId(u64);

impl PersonId {
    /// The identifier of the `ordinal`-th person; distinct ordinals give distinct identifiers.
    /// Panics at 2^35 persons.
    pub fn from_ordinal(ordinal: u64) -> Self {
        assert!(ordinal < SPACE, "more persons than identifiers");
        Self((ordinal + 1).wrapping_mul(SPREAD) % SPACE)
    }

    /// Reads an identifier; `None` where a character is wrong or the check character does not fit.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix("P-")?;
        let (left, right) = body.split_once('-')?;
        if left.len() != 4 || right.len() != 4 {
            return None;
        }
        let mut value = 0;
        for byte in left.bytes().chain(right[..3].bytes()) {
            value = value * 32 + ALPHABET.iter().position(|&c| c == byte)? as u64;
        }
        let id = Self(value);
        (id.check_character() == *right.as_bytes().last()?).then_some(id)
    }

    /// The identifier as ASCII: what `Display` shows, for writing millions of them.
    pub fn ascii(self) -> [u8; 11] {
        let mut text = *b"P-0000-0000";
        for (place, digit) in self.digits().into_iter().enumerate() {
            text[2 + place + usize::from(place > 3)] = ALPHABET[digit as usize];
        }
        text[10] = self.check_character();
        text
    }

    fn digits(self) -> [u64; DIGITS as usize] {
        let mut digits = [0; DIGITS as usize];
        for (place, digit) in digits.iter_mut().enumerate() {
            *digit = self.0 >> (5 * (DIGITS as usize - 1 - place)) & 31;
        }
        digits
    }

    /// Weighted sum modulo 31: finds every single wrong character but 0 for Z, and every swap of neighbours.
    fn check_character(self) -> u8 {
        let sum: u64 = self.digits().iter().zip(2..).map(|(digit, weight)| digit * weight).sum();
        ALPHABET[(sum % 31) as usize]
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.ascii()).expect("the alphabet is ASCII"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ordinals_give_distinct_identifiers_that_read_back() {
        let texts: BTreeSet<String> = (0..50_000).map(|n| PersonId::from_ordinal(n).to_string()).collect();
        assert_eq!(texts.len(), 50_000);
        for text in texts {
            assert_eq!(PersonId::parse(&text).expect("own text").to_string(), text);
        }
    }

    #[test]
    fn a_wrong_character_is_found() {
        let text = PersonId::from_ordinal(7).to_string();
        let wrong = text.replace(&text[2..3], if &text[2..3] == "A" { "B" } else { "A" });
        assert_eq!(PersonId::parse(&wrong), None);
        assert_eq!(PersonId::parse("P-12"), None);
    }
}
