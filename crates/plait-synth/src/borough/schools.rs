//! The schools of the borough.

use crate::place::{Home, Place};
use crate::random::Random;
use crate::record::Site;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Primary,
    Secondary,
    Special,
    /// For pupils who cannot be at an ordinary school for a while.
    ReferralUnit,
}

pub(super) struct School {
    pub(super) name: String,
    /// Six digits in a range that is not in use.
    pub(super) urn: String,
    /// Four digits; with the authority the LAESTAB.
    pub(super) establishment: u16,
    pub(super) phase: Phase,
    pub(super) has_sixth_form: bool,
    pub(super) has_nursery: bool,
    pub(super) site: Site,
}

/// All schools; places in the list are what everything else refers to.
pub(super) struct Schools {
    pub(super) list: Vec<School>,
    primaries: usize,
    secondaries: usize,
    special: usize,
}

const SPECIAL: [&str; 6] = ["Rowan Tree", "Riverbank", "The Willows", "Heathside", "Oakfield", "Larkspur"];

/// Real unique reference numbers are far from these.
const FIRST_URN: usize = 970_001;

impl Schools {
    pub(super) fn new(place: &Place, children: usize, seed: u64) -> Self {
        let mut random = Random::new(seed, "schools");
        let special = (children / 8_000).clamp(1, 400);
        let mut list = Vec::new();
        for (at, name) in place.primaries.iter().enumerate() {
            list.push((name.clone(), 2_000 + at, Phase::Primary));
        }
        for (at, name) in place.secondaries.iter().enumerate() {
            // primaries end before 10,000 only in boroughs far larger than any
            list.push((name.clone(), 4_000 + at % 3_000, Phase::Secondary));
        }
        for at in 0..special {
            let round =
                if at < SPECIAL.len() { String::new() } else { format!(" {}", at / SPECIAL.len() + 1) };
            let name = format!("{}{round} Special School", SPECIAL[at % SPECIAL.len()]);
            list.push((name, 7_000 + at, Phase::Special));
        }
        list.push(("The Bridge Pupil Referral Unit".to_owned(), 1_100, Phase::ReferralUnit));
        let list = list
            .into_iter()
            .enumerate()
            .map(|(at, (name, establishment, phase))| School {
                name,
                urn: (FIRST_URN + at).to_string(),
                establishment: establishment as u16,
                phase,
                has_sixth_form: phase == Phase::Secondary && random.chance(0.6),
                has_nursery: phase == Phase::Primary && random.chance(0.6),
                site: Site::draw(0.12, 0.4, &mut random),
            })
            .collect();
        Self { list, primaries: place.primaries.len(), secondaries: place.secondaries.len(), special }
    }

    /// A school of the phase for somebody who lives there: the nearest, one of its neighbours now and then.
    pub(super) fn draw(&self, phase: Phase, place: &Place, home: Home, random: &mut Random) -> usize {
        let (primary, secondary) = place.schools_near(home);
        let away = random.pick(&[0, 0, 0, 0, 0, 1, 1, 2, 3]);
        match phase {
            Phase::Primary => (primary + away) % self.primaries,
            Phase::Secondary => self.primaries + (secondary + away) % self.secondaries,
            Phase::Special => self.primaries + self.secondaries + random.below(self.special),
            Phase::ReferralUnit => self.list.len() - 1,
        }
    }

    /// The primary school that gives a child its first pupil number.
    pub(super) fn nearest_primary(place: &Place, home: Home) -> usize {
        place.schools_near(home).0
    }
}
