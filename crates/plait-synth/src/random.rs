//! Seeded randomness whose bytes do not depend on a crate's version or on the platform.
//! Only integer arithmetic and IEEE basic operations: no logarithm, no power.

/// xoshiro256++ (Blackman and Vigna, 2019), seeded by `SplitMix64`.
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    /// One stream of numbers per purpose, so that a change in one source leaves the others as they are.
    pub(crate) fn new(seed: u64, stream: &str) -> Self {
        let mut mixed = stream.bytes().fold(seed, |mixed, byte| split_mix(mixed ^ u64::from(byte)).1);
        let state = std::array::from_fn(|_| {
            let (next, value) = split_mix(mixed);
            mixed = next;
            value
        });
        Self { state }
    }

    pub(crate) fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let value = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        value
    }

    /// Uniform in `0..n`; the bias of the multiplication is below 2^-40 for any `n` used here.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Uniform in `0.0..1.0`.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with the given probability; always draws once.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Fisher and Yates.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The next state of `SplitMix64` (Steele, Lea and Flood, 2014) and its value.
fn split_mix(state: u64) -> (u64, u64) {
    let next = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (next ^ (next >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (next, z ^ (z >> 31))
}

/// Draws places of a list in proportion to weights.
pub(crate) struct Weighted {
    cumulative: Vec<f64>,
}

impl Weighted {
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut total = 0.0;
        let cumulative = weights
            .into_iter()
            .map(|weight| {
                total += weight;
                total
            })
            .collect();
        Self { cumulative }
    }

    /// Weights that fall as 1 / (rank + `flatness`): Zipf's law with a flattened head.
    pub(crate) fn by_rank(n: usize, flatness: usize) -> Self {
        Self::new((1..=n).map(|rank| 1.0 / (rank + flatness) as f64))
    }

    pub(crate) fn draw(&self, random: &mut Random) -> usize {
        let total = self.cumulative.last().copied().expect("a list to draw from is not empty");
        let point = random.fraction() * total;
        self.cumulative.partition_point(|&end| end <= point).min(self.cumulative.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xoshiro_gives_the_published_numbers() {
        let mut random = Random { state: [1, 2, 3, 4] };
        let numbers: Vec<u64> = (0..4).map(|_| random.bits()).collect();
        assert_eq!(numbers, [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]);
    }

    #[test]
    fn split_mix_gives_the_published_numbers() {
        let (state, first) = split_mix(1_234_567);
        assert_eq!([first, split_mix(state).1], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn streams_and_seeds_differ() {
        let first = |seed, stream| Random::new(seed, stream).bits();
        assert_ne!(first(1, "a"), first(1, "b"));
        assert_ne!(first(1, "a"), first(2, "a"));
        assert_eq!(first(1, "a"), first(1, "a"));
    }

    #[test]
    fn weighted_draws_follow_the_weights() {
        let weighted = Weighted::new([1.0, 0.0, 3.0]);
        let mut random = Random::new(7, "weights");
        let mut counts = [0u32; 3];
        for _ in 0..40_000 {
            counts[weighted.draw(&mut random)] += 1;
        }
        assert!(counts[0].abs_diff(10_000) < 400 && counts[1] == 0, "{counts:?}");
    }
}
