//! The levels of one pair, packed.

/// The level of every comparison for one pair: four bits each, so at most 16 comparisons of 15 levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComparisonVector(pub u64);

impl ComparisonVector {
    /// The most comparisons that fit.
    pub const MAX_COMPARISONS: usize = 16;
    /// The most levels of a comparison, without the missing one.
    pub const MAX_LEVELS: usize = 15;

    /// The level of a comparison: 0 for missing, else from 1.
    pub fn level(self, comparison: usize) -> u8 {
        (self.0 >> (4 * comparison) & 15) as u8
    }

    /// Sets a level that is still 0.
    pub fn set(&mut self, comparison: usize, level: u8) {
        debug_assert!(comparison < Self::MAX_COMPARISONS && usize::from(level) <= Self::MAX_LEVELS);
        self.0 |= u64::from(level) << (4 * comparison);
    }

    /// The same with a comparison that says nothing.
    pub(crate) fn without(self, comparison: usize) -> Self {
        Self(self.0 & !(15 << (4 * comparison)))
    }
}
