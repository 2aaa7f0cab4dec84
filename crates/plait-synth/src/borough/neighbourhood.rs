//! How deprived the parts of the borough are, and what follows from it.

use crate::place::Place;
use crate::random::Random;

/// Deprivation by postcode. One decile per postcode sector; sectors of one district are alike.
pub(super) struct Neighbourhoods {
    /// 1, most deprived, to 10; per place in [`Place::postcodes`].
    deciles: Vec<u8>,
}

/// How much likelier than on average what goes with poverty is, from the most to the least deprived
/// decile; 1 on average. The ratio of about six between the ends is that of looked-after children in
/// England (recalled); need, free meals and moves are given the same shape.
const GRADIENT: [f64; 10] = [2.0, 1.7, 1.4, 1.2, 1.0, 0.8, 0.65, 0.5, 0.4, 0.35];

impl Neighbourhoods {
    pub(super) fn new(place: &Place, seed: u64) -> Self {
        let mut random = Random::new(seed, "deprivation");
        let sector = |at: usize| {
            let text = &place.postcodes[at].text;
            &text[..text.len() - 2]
        };
        let district = |at: usize| sector(at).split(' ').next().unwrap_or_default();
        let mut scores = Vec::with_capacity(place.postcodes.len());
        let (mut of_district, mut of_sector) = (0.0, 0.0);
        for at in 0..place.postcodes.len() {
            if at == 0 || district(at) != district(at - 1) {
                of_district = random.fraction();
            }
            if at == 0 || sector(at) != sector(at - 1) {
                of_sector = random.fraction();
            }
            scores.push(0.5 * of_district + 0.5 * of_sector);
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        // a stable sort: postcodes of one sector stay together
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let mut deciles = vec![0; scores.len()];
        for (rank, &at) in order.iter().enumerate() {
            // a sector has the decile of its first postcode
            deciles[at] = match rank.checked_sub(1).map(|before| order[before]) {
                Some(before) if scores[before] == scores[at] => deciles[before],
                _ => (1 + rank * 10 / scores.len()) as u8,
            };
        }
        Self { deciles }
    }

    /// 1, most deprived, to 10.
    pub(super) fn decile(&self, postcode: u32) -> u8 {
        self.deciles[postcode as usize]
    }
}

/// How much likelier than on average what goes with poverty is.
pub(super) fn gradient(decile: u8) -> f64 {
    GRADIENT[usize::from(decile.clamp(1, 10)) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postcodes_of_one_sector_have_one_decile_and_all_deciles_occur() {
        let place = Place::new(40_000, 5);
        let neighbourhoods = Neighbourhoods::new(&place, 5);
        for at in 1..place.postcodes.len() {
            let sector = |at: usize| {
                let text = &place.postcodes[at].text;
                text[..text.len() - 2].to_owned()
            };
            if sector(at) == sector(at - 1) {
                assert_eq!(neighbourhoods.decile(at as u32), neighbourhoods.decile(at as u32 - 1));
            }
        }
        for decile in 1..=10 {
            assert!(neighbourhoods.deciles.contains(&decile), "{decile}");
        }
    }

    #[test]
    fn the_gradient_keeps_averages() {
        let mean = GRADIENT.iter().sum::<f64>() / 10.0;
        assert!((mean - 1.0).abs() < 1e-9, "{mean}");
    }
}
