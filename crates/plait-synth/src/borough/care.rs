//! What social care did for a child: referrals, plans, placements.

use super::calendar::{Day, EXTRACT_DAY, RETURN_YEAR};
use super::settings::Borough;
use crate::place::{Home, Place};
use crate::random::Random;

/// How far a child's case went. The order is that of seriousness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Closed before this year.
    Former,
    /// Referred this year; nothing followed.
    NoAction,
    /// Assessed this year and closed.
    Assessed,
    InNeed,
    Protection,
    LookedAfter,
}

/// One referral and what came of it.
#[derive(Clone)]
pub(super) struct Referral {
    pub(super) day: Day,
    /// Codes of the children in need census.
    pub(super) source: &'static str,
    pub(super) need: &'static str,
    pub(super) no_further_action: bool,
    pub(super) closed: Option<(Day, &'static str)>,
    /// Start, and authorisation where it is done.
    pub(super) assessment: Option<(Day, Option<Day>)>,
    pub(super) factors: Vec<&'static str>,
    /// Start of the enquiry, and the first conference where there was one.
    pub(super) section_47: Option<(Day, Option<Day>)>,
    pub(super) plan: Option<(Day, Option<Day>)>,
    pub(super) protection: Option<Protection>,
}

/// A child protection plan.
#[derive(Clone)]
pub(super) struct Protection {
    pub(super) start: Day,
    pub(super) end: Option<Day>,
    pub(super) first_category: &'static str,
    pub(super) latest_category: &'static str,
    pub(super) previous: u8,
    pub(super) reviews: Vec<Day>,
}

/// A time in care.
#[derive(Clone)]
pub(super) struct Care {
    pub(super) episodes: Vec<Episode>,
    pub(super) reviews: Vec<Day>,
    /// Missing (M) or away without leave (A), from, until.
    pub(super) missing: Vec<(&'static str, Day, Option<Day>)>,
    pub(super) difficulties_score: u8,
}

/// A stretch of care without a change of placement or legal status.
#[derive(Clone)]
pub(super) struct Episode {
    pub(super) start: Day,
    /// S the first, then P, L, T, B, U.
    pub(super) reason: &'static str,
    pub(super) legal: &'static str,
    pub(super) need: &'static str,
    pub(super) place: &'static str,
    pub(super) provider: &'static str,
    pub(super) end: Option<(Day, &'static str)>,
    pub(super) change_reason: &'static str,
    pub(super) placement: Home,
}

/// Everything social care knows of what happened.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) level: Level,
    pub(super) referrals: Vec<Referral>,
    pub(super) care: Option<Care>,
    pub(super) disabilities: Vec<&'static str>,
}

impl Case {
    /// The day on which social care first heard of the child.
    pub(super) fn opened(&self) -> Day {
        let referrals = self.referrals.iter().map(|referral| referral.day);
        let care = self.care.iter().flat_map(|care| &care.episodes).map(|episode| episode.start);
        referrals.chain(care).min().unwrap_or(EXTRACT_DAY)
    }

    pub(super) fn open_referral(&self) -> Option<&Referral> {
        self.referrals.last().filter(|referral| referral.closed.is_none())
    }

    pub(super) fn is_in_need(&self) -> bool {
        self.open_referral().is_some_and(|referral| !referral.no_further_action)
    }

    /// In the census of children in need: open at some time of the year, or referred in it.
    pub(super) fn in_census(&self) -> impl Iterator<Item = &Referral> {
        self.referrals.iter().filter(|referral| {
            referral.day >= RETURN_YEAR || referral.closed.is_none_or(|(day, _)| day >= RETURN_YEAR)
        })
    }

    pub(super) fn on_protection_plan(&self) -> bool {
        let plans = self.referrals.iter().filter_map(|referral| referral.protection.as_ref());
        plans.into_iter().any(|plan| plan.end.is_none())
    }

    pub(super) fn is_looked_after(&self) -> bool {
        self.care.as_ref().is_some_and(|care| care.episodes.last().is_some_and(|last| last.end.is_none()))
    }

    /// Where the child is placed on a day, if it is looked after then and not at its parents'.
    pub(super) fn placed_at(&self, day: Day) -> Option<Home> {
        let episode = self.care.as_ref()?.episodes.iter().rev().find(|episode| episode.start <= day)?;
        let over = episode.end.is_some_and(|(end, _)| end <= day);
        (!over && episode.place != "P1").then_some(episode.placement)
    }
}

/// What of a child and its family bears on its case.
pub(super) struct Circumstances {
    pub(super) born: Day,
    pub(super) level: Level,
    /// When the family came to notice; siblings are referred together.
    pub(super) family_referral: Day,
    pub(super) family_need: &'static str,
    pub(super) family_placement: Home,
    pub(super) unaccompanied: bool,
    pub(super) is_disabled: bool,
}

const SOURCES: [&str; 12] = ["2A", "2A", "6", "6", "6", "3A", "3D", "5A", "5B", "1A", "1D", "8"];
const FACTORS: [&str; 14] =
    ["3A", "3B", "3B", "4B", "4B", "4A", "1B", "2B", "16A", "17A", "18C", "5A", "10A", "15A"];
const CATEGORIES: [&str; 7] = ["NEG", "NEG", "NEG", "EMO", "EMO", "PHY", "SAB"];
const DISABILITIES: [&str; 11] =
    ["AUT", "AUT", "AUT", "LD", "LD", "COMM", "BEH", "MOB", "HEAR", "VIS", "CON"];
const FOSTER_PLACES: [&str; 6] = ["U1", "U2", "U3", "U4", "U5", "U6"];

/// The need of a family: half of it abuse or neglect.
pub(super) fn draw_need(random: &mut Random) -> &'static str {
    random.pick(&["N1", "N1", "N1", "N1", "N1", "N5", "N5", "N4", "N4", "N3", "N2", "N8", "N6"])
}

/// A day when a family of this level may have come to notice.
pub(super) fn draw_family_referral(level: Level, random: &mut Random) -> Day {
    let back = match level {
        Level::Former => 380 + random.below(2_000),
        Level::NoAction | Level::Assessed => random.below(350),
        Level::InNeed => 20 + random.below(500),
        Level::Protection => 60 + random.below(520),
        Level::LookedAfter => 120 + random.below(2_400),
    };
    EXTRACT_DAY - 5 - back as i32
}

/// A placement outside the borough for a quarter of children.
pub(super) fn draw_placement(place: &Place, random: &mut Random) -> Home {
    if random.chance(0.25) { place.draw_home_away(random) } else { place.draw_home(random) }
}

/// Tells the story of a case.
pub(super) fn draw_case(of: &Circumstances, place: &Place, random: &mut Random) -> Case {
    let first_day = (of.born - 120).max(of.family_referral + random.below(6) as i32);
    let mut day = first_day.min(EXTRACT_DAY - 4);
    if of.level == Level::LookedAfter {
        day = day.min(of.born.years_later(18) - 450);
    }
    let need = if of.is_disabled && random.chance(0.6) {
        "N2"
    } else if of.unaccompanied {
        "N8"
    } else {
        of.family_need
    };
    let mut referrals = Vec::new();
    if of.level > Level::Former && !of.unaccompanied && random.chance(0.25) {
        let before = day - 200 - random.below(900) as i32;
        if before > of.born {
            referrals.push(closed_referral(before, need, random));
        }
    }
    let referral = match of.level {
        Level::Former => closed_referral(day.min(RETURN_YEAR - 250), need, random),
        Level::NoAction => Referral {
            no_further_action: true,
            closed: Some((day + 1 + random.below(3) as i32, "RC8")),
            assessment: None,
            factors: Vec::new(),
            ..open_referral(day, need, random)
        },
        Level::Assessed => closed_referral(day, need, random),
        Level::InNeed => with_plan(open_referral(day, need, random), random),
        Level::Protection => with_protection(with_plan(open_referral(day, need, random), random), of, random),
        Level::LookedAfter => open_referral(day, need, random),
    };
    referrals.push(referral);
    let care = (of.level == Level::LookedAfter).then(|| draw_care(of, day, need, place, random));
    let mut disabilities = Vec::new();
    if of.is_disabled {
        disabilities.push(random.pick(&DISABILITIES));
    }
    let mut case = Case { level: of.level, referrals, care, disabilities };
    if let Some((end, _)) = case.care.as_ref().and_then(|care| care.episodes.last()?.end) {
        // nobody stays looked after beyond the eighteenth birthday
        if let Some(last) = case.referrals.last_mut() {
            last.closed = Some((end, "RC6"));
        }
    }
    case
}

fn open_referral(day: Day, need: &'static str, random: &mut Random) -> Referral {
    let start = day + 1 + random.below(3) as i32;
    let done = start + 15 + random.below(35) as i32;
    let mut factors: Vec<&'static str> = (0..=random.below(3)).map(|_| random.pick(&FACTORS)).collect();
    factors.sort_unstable();
    factors.dedup();
    Referral {
        day,
        source: random.pick(&SOURCES),
        need,
        no_further_action: false,
        closed: None,
        assessment: (start <= EXTRACT_DAY).then_some((start, (done <= EXTRACT_DAY).then_some(done))),
        factors,
        section_47: None,
        plan: None,
        protection: None,
    }
}

fn closed_referral(day: Day, need: &'static str, random: &mut Random) -> Referral {
    let mut referral = open_referral(day, need, random);
    let Some((_, Some(done))) = referral.assessment else {
        return referral;
    };
    let mut closed = (done, random.pick(&["RC8", "RC8", "RC9"]));
    if random.chance(0.45) {
        let start = done + 3;
        let end = start + 60 + random.below(200) as i32;
        if end < EXTRACT_DAY {
            referral.plan = Some((start, Some(end)));
            closed = (end, random.pick(&["RC7", "RC7", "RC7", "RC3", "RC5"]));
        }
    }
    referral.closed = Some(closed);
    referral
}

fn with_plan(referral: Referral, random: &mut Random) -> Referral {
    let start = referral.day + 40 + random.below(20) as i32;
    let plan = (start < EXTRACT_DAY).then_some((start, None));
    Referral { plan, ..referral }
}

fn with_protection(referral: Referral, of: &Circumstances, random: &mut Random) -> Referral {
    let enquiry = referral.day + 2 + random.below(8) as i32;
    let conference = enquiry + 8 + random.below(7) as i32;
    if conference >= EXTRACT_DAY {
        return Referral { section_47: Some((enquiry, None)), ..referral };
    }
    let first_category = random.pick(&CATEGORIES);
    let later = random.chance(0.15);
    let reviews = (0..12).map(|n| conference + 85 + n * 170).take_while(|day| *day < EXTRACT_DAY).collect();
    // a second plan is for older children
    let had_one_before = referral.day - of.born > 1_500 && random.chance(0.22);
    Referral {
        section_47: Some((enquiry, Some(conference))),
        plan: None,
        protection: Some(Protection {
            start: conference,
            end: None,
            first_category,
            latest_category: if later { random.pick(&CATEGORIES) } else { first_category },
            previous: u8::from(had_one_before),
            reviews,
        }),
        ..referral
    }
}

fn draw_care(
    of: &Circumstances,
    referred: Day,
    need: &'static str,
    place: &Place,
    random: &mut Random,
) -> Care {
    let mut start = (referred + 10 + random.below(60) as i32).max(of.born).min(EXTRACT_DAY - 2);
    let eighteenth = of.born.years_later(18);
    let over = (eighteenth < EXTRACT_DAY).then_some(eighteenth);
    let until = over.unwrap_or(EXTRACT_DAY);
    let legal_at_first = if of.unaccompanied { "V2" } else { random.pick(&["V2", "C1", "C1", "C1"]) };
    let mut episodes: Vec<Episode> = Vec::new();
    let mut legal = legal_at_first;
    let own_placement = draw_placement(place, random);
    let mut placement = if random.chance(0.5) { of.family_placement } else { own_placement };
    let mut reason = "S";
    let mut kind = draw_kind_of_placement(of.unaccompanied, random);
    loop {
        let end = start + 120 + random.below(900) as i32;
        episodes.push(Episode {
            start,
            reason,
            legal,
            need,
            place: kind.0,
            provider: kind.1,
            end: None,
            change_reason: "",
            placement,
        });
        if end >= until || episodes.len() > 6 {
            break;
        }
        let last = episodes.last_mut().expect("one was pushed");
        last.end = Some((end, "X1"));
        start = end;
        if legal == "C1" && random.chance(0.6) {
            // the court decided; the child stays where it is
            legal = "C2";
            reason = "L";
        } else {
            last.change_reason =
                random.pick(&["CARPL", "CARPL", "CREQB", "LAREQ", "PLACE", "ALLEG", "CHILD"]);
            placement = draw_placement(place, random);
            kind = draw_kind_of_placement(of.unaccompanied, random);
            reason = "P";
        }
    }
    if let Some(day) = over {
        let last = episodes.last_mut().expect("at least one episode");
        last.end = Some((day, "E17"));
    }
    let first = episodes[0].start;
    let reviews = (0..60)
        .map(|n| match n {
            0 => first + 18,
            1 => first + 100,
            n => first + 100 + (n - 1) * 175,
        })
        .take_while(|day| *day < until)
        .collect();
    let mut missing = Vec::new();
    if EXTRACT_DAY.years_since(of.born) >= 12 && random.chance(0.12) {
        for _ in 0..=random.below(3) {
            let from = RETURN_YEAR + random.below(355) as i32;
            if from > first && from < until - 8 {
                missing.push((random.pick(&["M", "M", "A"]), from, Some(from + 1 + random.below(5) as i32)));
            }
        }
        missing.sort_by_key(|(_, from, _)| *from);
        missing.dedup_by(|later, earlier| earlier.2.is_some_and(|until| later.1 <= until));
    }
    Care { episodes, reviews, missing, difficulties_score: random.below(33) as u8 }
}

/// Codes of the placement and of who provides it: most are foster carers; children who came alone are often in
/// supported accommodation.
fn draw_kind_of_placement(unaccompanied: bool, random: &mut Random) -> (&'static str, &'static str) {
    match random.below(20) {
        0 if !unaccompanied => ("P1", "PR0"),
        1 | 2 => ("K2", "PR4"),
        3..9 if unaccompanied => ("K3", "PR4"),
        _ => (random.pick(&FOSTER_PLACES), random.pick(&["PR1", "PR1", "PR4"])),
    }
}

/// The care of a child that was adopted: it ends with the order.
pub(super) fn draw_care_until_adoption(
    born: Day,
    adopted: Day,
    place: &Place,
    random: &mut Random,
) -> (Referral, Care) {
    let start = (born + random.below(60) as i32).min(adopted - 250);
    let referral = Referral {
        closed: Some((adopted, "RC1")),
        section_47: Some((start - 12, None)),
        ..open_referral(start - 20, "N1", random)
    };
    let placed = adopted - 170 - random.below(60) as i32;
    let episode = |start, reason, legal, place_code, end, placement| Episode {
        start,
        reason,
        legal,
        need: "N1",
        place: place_code,
        provider: "PR1",
        end: Some(end),
        change_reason: "",
        placement,
    };
    let foster = draw_placement(place, random);
    let adopters = draw_placement(place, random);
    let episodes = vec![
        episode(start, "S", "C1", "U1", (placed, "X1"), foster),
        episode(placed, "B", "E1", "A3", (adopted, "E12"), adopters),
    ];
    let reviews = vec![start + 18, (start + 100).min(adopted - 1)];
    (referral, Care { episodes, reviews, missing: Vec::new(), difficulties_score: 0 })
}

/// Shares of levels that give the shares of the settings.
pub(super) struct Levels {
    pub(super) family_known: f64,
    pub(super) child_known: f64,
    pub(super) child_known_alone: f64,
    of_family: [(Level, f64); 6],
}

/// Share of known children who share the level of their family.
const LIKE_FAMILY: f64 = 0.8;

impl Levels {
    pub(super) fn new(settings: &Borough) -> Self {
        let family_known = 0.9 * settings.known_to_social_care;
        let child_known = 0.85;
        // nobody is in need or in care here after the eighteenth birthday: the shares are of 19 years of age
        let base = family_known * child_known * LIKE_FAMILY * 18.0 / 19.0;
        let share = |wanted: f64| if base > 0.0 { (wanted / base).max(0.0) } else { 0.0 };
        let looked_after = share(settings.looked_after);
        let protection = share(settings.protection_plan);
        let in_need = share(settings.in_need - settings.looked_after - settings.protection_plan);
        // a third of referred children are assessed and closed within the year, a sixth not even assessed
        let (assessed, no_action) = (0.26, 0.14);
        let rest = 1.0 - looked_after - protection - in_need - assessed - no_action;
        Self {
            // only families who live here become known
            family_known: family_known / (1.0 - settings.from_next_borough).max(0.01),
            child_known,
            child_known_alone: ((settings.known_to_social_care - family_known * child_known)
                / (1.0 - family_known))
                .max(0.0),
            of_family: [
                (Level::LookedAfter, looked_after),
                (Level::Protection, protection),
                (Level::InNeed, in_need),
                (Level::Assessed, assessed),
                (Level::NoAction, no_action),
                (Level::Former, rest.max(0.0)),
            ],
        }
    }

    pub(super) fn draw_of_family(&self, random: &mut Random) -> Level {
        let mut point =
            random.fraction() * self.of_family.iter().map(|(_, share)| share).sum::<f64>().max(1.0);
        for (level, share) in self.of_family {
            if point < share {
                return level;
            }
            point -= share;
        }
        Level::Former
    }

    /// The level of one child of a family at this level.
    pub(super) fn draw_of_child(family: Level, random: &mut Random) -> Level {
        match family {
            _ if random.chance(LIKE_FAMILY) => family,
            Level::LookedAfter => Level::InNeed,
            _ => Level::Assessed,
        }
    }

    /// The level of a child whose family is not known as such.
    pub(super) fn draw_alone(random: &mut Random) -> Level {
        random.pick(&[Level::Former, Level::Former, Level::NoAction, Level::Assessed, Level::Assessed])
    }
}
