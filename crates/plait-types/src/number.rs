//! Numbers with a unit.

/// A probability, 0..=1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Probability(f64);

impl Probability {
    /// `None` outside 0..=1 and for NaN.
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// 0..=1
    pub fn get(self) -> f64 {
        self.0
    }

    /// log2 of the odds; infinite at 0 and 1.
    pub fn weight(self) -> MatchWeight {
        MatchWeight(self.0.log2() - (1.0 - self.0).log2())
    }
}

/// Evidence in bits: log2 of the odds that two records are of one person. Weights add.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct MatchWeight(pub f64);

impl MatchWeight {
    /// The posterior probability of these odds.
    pub fn probability(self) -> Probability {
        // 2^-w overflows to infinity for very low weights, which gives 0 as it should
        Probability(1.0 / (1.0 + (-self.0).exp2()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_and_probability_invert() {
        for p in [1e-9, 0.01, 0.5, 0.95] {
            let back = Probability::new(p).expect("in range").weight().probability().get();
            assert!((back - p).abs() < 1e-12);
        }
        assert!(Probability::new(95.0).is_none());
    }
}
