//! Random numbers that depend only on a seed and an index, so that threads can draw them in any order.

/// SplitMix64 of `seed` and `index` (Steele, Lea and Flood 2014).
pub(crate) fn draw(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number below `limit`; the bias of at most `limit / 2^64` does not matter here.
pub(crate) fn below(limit: u64, random: u64) -> u64 {
    ((u128::from(random) * u128::from(limit)) >> 64) as u64
}
