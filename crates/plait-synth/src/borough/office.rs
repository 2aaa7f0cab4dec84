//! An office that writes people down: its clerk, and how careless it is about whom.

use super::calendar::{DAYS_PER_YEAR, Day, EXTRACT_DAY};
use super::life::Life;
use super::neighbourhood::gradient;
use super::settings::Borough;
use super::truth::Who;
use crate::config::Rates;
use crate::place::Home;
use crate::random::Random;
use crate::record::{Clerk, Record, Subject};

/// The clerk of one source.
pub(super) struct Office<'a> {
    clerk: Clerk<'a>,
    life: &'a Life,
    seed: u64,
    stream: &'static str,
    clustered: bool,
    /// Of the mistakes of all rows, so that the rates stay what they were set to.
    mean: f64,
}

impl<'a> Office<'a> {
    /// An office that will write down these people, each at a site that is so careless.
    pub(super) fn new(
        life: &'a Life,
        settings: &Borough,
        rates: Rates,
        stream: &'static str,
        rows: impl Iterator<Item = (Who, f64)>,
    ) -> Self {
        let random = Random::new(settings.seed, stream);
        let clerk = Clerk::new(&life.names, &life.place, rates, random, EXTRACT_DAY.date());
        let (seed, clustered) = (settings.seed, settings.clustered);
        let mut office = Self { clerk, life, seed, stream, clustered, mean: 1.0 };
        let (mut sum, mut n) = (0.0, 0_usize);
        for (who, site) in rows {
            sum += office.carelessness(who, site);
            n += 1;
        }
        if n > 0 {
            office.mean = sum / n as f64;
        }
        office
    }

    /// Writes somebody down at a site; what went wrong is in [`Office::mistakes`].
    pub(super) fn write(&mut self, who: Who, subject: &Subject<'_>, home: Home, site: f64) -> Record {
        let carelessness = self.carelessness(who, site);
        self.clerk.write(subject, home, carelessness)
    }

    /// Where the office believes a child to live on a day: where it lived when the family last told, which for
    /// the share `stale` of families is up to `years` before. The children of a family are told of together.
    pub(super) fn known_home(&self, at: usize, day: Day, stale: f64, years: f64) -> Home {
        let child = &self.life.children[at];
        let of_family = self.seed.wrapping_add((child.family as u64).wrapping_mul(0x9E37_79B9));
        let mut random = Random::new(of_family, self.stream);
        let is_stale = random.chance(stale);
        let back = random.below((years * DAYS_PER_YEAR) as usize) as i32;
        child.home_on(if is_stale { day - back } else { day }, &self.life.families)
    }

    /// The mistakes in the record written last.
    pub(super) fn mistakes(&self) -> &[&'static str] {
        &self.clerk.made
    }

    /// 1 on average over the rows. Twice as much for looked-after children and infants, nearly as much for
    /// travellers, half as much again in poor neighbourhoods (judgement; that these groups fare worse is published, how much differs by
    /// source).
    fn carelessness(&self, who: Who, site: f64) -> f64 {
        if !self.clustered {
            return 1.0;
        }
        let life = self.life;
        let family = match who {
            Who::Child(at) | Who::BirthIdentity(at) => life.family_of(&life.children[at]),
            Who::Mother(family) => &life.families[family],
        };
        let looked_after = who.child().is_some_and(|at| life.children[at].is_looked_after());
        let infant = who.child().is_some_and(|at| {
            EXTRACT_DAY - life.children[at].born < DAYS_PER_YEAR as i32 && !life.children[at].is_unborn
        });
        let is_traveller =
            who.child().is_some_and(|at| matches!(life.children[at].ethnicity.main, "WROM" | "WIRT"));
        let group = life.names.communities[family.community].mistakes
            * if looked_after { 2.0 } else { 1.0 }
            * if infant { 2.0 } else { 1.0 }
            * if is_traveller { 1.8 } else { 1.0 }
            * (0.5 + 0.5 * gradient(family.decile));
        site * family.mistakes * group / self.mean
    }
}
