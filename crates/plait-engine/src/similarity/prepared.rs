//! One left value made ready to be compared with many right values

/// Longest value, in bytes, that one machine word can hold the positions of.
const WORD: usize = 64;

/// One left value with the table that the bit-parallel kernels read, to be compared with many right values.
///
/// Setting another left clears only the entries that the last one set, and reuses the buffer, so it costs a
/// few nanoseconds per character. The kernels run on ASCII values of at most 64 bytes; any other value, on
/// either side, takes a slower path with the same meaning, which allocates.
///
/// ```
/// use plait_engine::similarity::Prepared;
/// let mut left = Prepared::new("martha");
/// assert!((left.jaro_winkler("marhta") - 0.961_111).abs() < 1e-6);
/// left.set("smith");
/// assert_eq!(left.levenshtein("smyth"), 1);
/// ```
#[derive(Clone)]
pub struct Prepared {
    /// For each byte, the positions at which the left value has it; all zero unless `fits`.
    pub(super) positions: [u64; 256],
    pub(super) left: String,
    /// The left value is ASCII of 1..=64 bytes.
    pub(super) fits: bool,
    /// The first four bytes, padded with zeros.
    pub(super) first_four: u32,
}

impl Prepared {
    /// Makes `left` ready.
    pub fn new(left: &str) -> Self {
        let mut prepared =
            Self { positions: [0; 256], left: String::with_capacity(WORD), fits: false, first_four: 0 };
        prepared.set(left);
        prepared
    }

    /// Makes another left value ready in place of the present one.
    pub fn set(&mut self, left: &str) {
        if self.fits {
            for byte in self.left.bytes() {
                self.positions[byte as usize] = 0;
            }
        }
        self.left.clear();
        self.left.push_str(left);
        self.fits = (1..=WORD).contains(&left.len()) && left.is_ascii();
        self.first_four = first_four(left.as_bytes());
        if self.fits {
            for (position, byte) in left.bytes().enumerate() {
                self.positions[byte as usize] |= 1 << position;
            }
        }
    }

    /// The left value.
    pub fn left(&self) -> &str {
        &self.left
    }
}

/// The first four bytes as one word, padded with zeros.
#[inline]
pub(super) fn first_four(bytes: &[u8]) -> u32 {
    if let Some(four) = bytes.first_chunk::<4>() {
        return u32::from_le_bytes(*four);
    }
    let mut four = [0; 4];
    for (to, from) in four.iter_mut().zip(bytes) {
        *to = *from;
    }
    u32::from_le_bytes(four)
}

/// The characters of a value, for the paths that cannot work on bytes.
pub(super) fn characters(value: &str) -> Vec<char> {
    value.chars().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_left_leaves_nothing_of_the_first() {
        let mut prepared = Prepared::new("alexander");
        for left in ["bo", "łukasz", "", "zz top"] {
            prepared.set(left);
            let fresh = Prepared::new(left);
            assert_eq!(prepared.left(), left);
            assert!(prepared.positions == fresh.positions && prepared.fits == fresh.fits);
        }
    }
}
