//! What is true of a child at school: where, since when, needs, meals, absence.

use super::calendar::{CENSUS_DAY, Day, SCHOOL_YEAR, SCHOOL_YEAR_DAY};
use super::neighbourhood::gradient;
use super::schools::{Phase, Schools};
use super::settings::Borough;
use crate::names::Sex;
use crate::place::{Home, Place};
use crate::random::{Random, Weighted};

/// Where a child of an age for it learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// At a school of the borough, by its place in [`Schools::list`].
    School(usize),
    /// At a school of another borough.
    Elsewhere,
    Independent,
    AtHome,
    /// Too young, too old, or not in education.
    Nowhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provision {
    None,
    Support,
    Plan,
}

impl Provision {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::None => "N",
            Self::Support => "K",
            Self::Plan => "E",
        }
    }
}

/// A child at school in 2025/26.
#[derive(Clone, Debug)]
pub(super) struct Schooling {
    pub(super) setting: Setting,
    /// Since when at this setting.
    pub(super) entered: Day,
    /// The second school of a pupil who is registered at two.
    pub(super) second_school: Option<usize>,
    /// A school of the borough that the child left this school year, and when.
    pub(super) left: Option<(usize, Day)>,
    pub(super) provision: Provision,
    /// Special needs, the first the main one.
    pub(super) needs: Vec<&'static str>,
    /// The first plan began.
    pub(super) plan_began: Option<Day>,
    pub(super) has_free_meals: bool,
    /// Share of sessions missed.
    pub(super) absence: f64,
    pub(super) suspensions: u8,
}

impl Schooling {
    pub(super) fn school(&self) -> Option<usize> {
        match self.setting {
            Setting::School(school) => Some(school),
            _ => None,
        }
    }
}

/// What of a child and its family bears on school.
pub(super) struct Pupil {
    pub(super) born: Day,
    pub(super) sex: Sex,
    pub(super) home: Home,
    pub(super) decile: u8,
    pub(super) lives_here: bool,
    /// Where the other children of the family go, if not to a school of the borough.
    pub(super) family_setting: Option<Setting>,
    pub(super) family_has_free_meals: bool,
    /// How much likelier special needs, absence and suspensions are: 1, more for children in need and most for
    /// looked-after children.
    pub(super) hardship: f64,
    /// Came from abroad as a teenager.
    pub(super) new_here: bool,
}

/// The national curriculum year: 0 is reception, -1 and -2 are nursery, 12 and 13 the sixth form.
pub(super) fn year_of(born: Day) -> i32 {
    SCHOOL_YEAR - born.school_year() - 5
}

/// `N2`, `R`, `1` to `13`
pub(super) fn year_code(year: i32) -> String {
    match year {
        ..=-2 => "N1".to_owned(),
        -1 => "N2".to_owned(),
        0 => "R".to_owned(),
        year => year.min(14).to_string(),
    }
}

/// Needs of children with a plan: shares as published for England, rounded (recalled). The last is the
/// second need of those who have one as often as the first.
const NEEDS_WITH_PLAN: [(&str, f64); 13] = [
    ("ASD", 33.0),
    ("SLCN", 21.0),
    ("SEMH", 16.0),
    ("MLD", 7.5),
    ("SLD", 8.0),
    ("PD", 3.5),
    ("SPLD", 4.0),
    ("HI", 2.0),
    ("VI", 1.0),
    ("PMLD", 2.5),
    ("MSI", 0.3),
    ("DS", 1.0),
    ("OTH", 2.0),
];

/// The same for SEN support.
const NEEDS_WITH_SUPPORT: [(&str, f64); 11] = [
    ("SLCN", 27.0),
    ("SEMH", 22.0),
    ("SPLD", 15.0),
    ("MLD", 15.0),
    ("ASD", 9.0),
    ("OTH", 4.0),
    ("PD", 2.0),
    ("HI", 1.5),
    ("VI", 1.0),
    ("SLD", 0.3),
    ("DS", 0.2),
];

/// Draws everything about school.
pub(super) struct Admissions<'a> {
    pub(super) settings: &'a Borough,
    pub(super) schools: &'a Schools,
    pub(super) place: &'a Place,
    with_plan: Weighted,
    with_support: Weighted,
}

impl<'a> Admissions<'a> {
    pub(super) fn new(settings: &'a Borough, schools: &'a Schools, place: &'a Place) -> Self {
        Self {
            settings,
            schools,
            place,
            with_plan: Weighted::new(NEEDS_WITH_PLAN.iter().map(|need| need.1)),
            with_support: Weighted::new(NEEDS_WITH_SUPPORT.iter().map(|need| need.1)),
        }
    }

    /// Where the children of a family go if not to a school of the borough; decided once for most families.
    pub(super) fn draw_family_setting(
        &self,
        decile: u8,
        lives_here: bool,
        random: &mut Random,
    ) -> Option<Setting> {
        let settings = self.settings;
        let point = random.fraction();
        if !lives_here {
            // those who live next door are here for school, or not at all
            return (point < 0.15).then_some(Setting::Elsewhere);
        }
        // the better-off pay; the shares stay as they were set
        let independent = settings.independent_school * (2.0 - gradient(decile)).max(0.1);
        let elsewhere = independent + settings.at_school_elsewhere;
        let at_home = elsewhere + settings.home_educated;
        match point {
            p if p < independent => Some(Setting::Independent),
            p if p < elsewhere => Some(Setting::Elsewhere),
            p if p < at_home => Some(Setting::AtHome),
            _ => None,
        }
    }

    pub(super) fn draw_free_meals(&self, decile: u8, random: &mut Random) -> bool {
        random.chance((self.settings.free_meals * gradient(decile)).min(0.75))
    }

    pub(super) fn draw(&self, pupil: &Pupil, random: &mut Random) -> Schooling {
        let year = year_of(pupil.born);
        let (provision, needs) = self.draw_needs(pupil, year, random);
        let setting = self.draw_setting(pupil, year, provision, random);
        let entered = Self::draw_entry(pupil, year, setting, random);
        let mut schooling = Schooling {
            setting,
            entered,
            second_school: None,
            left: None,
            provision: if setting == Setting::Nowhere && year < 0 { Provision::None } else { provision },
            needs,
            plan_began: None,
            has_free_meals: pupil.family_has_free_meals || random.chance(0.01 * pupil.hardship),
            absence: Self::draw_absence(pupil, year, random),
            suspensions: Self::draw_suspensions(pupil, year, random),
        };
        if schooling.provision == Provision::None {
            schooling.needs.clear();
        }
        if schooling.provision == Provision::Plan {
            let earliest = (pupil.born + 900).max(CENSUS_DAY - 2_900);
            let span = (CENSUS_DAY - earliest).max(30) as usize;
            schooling.plan_began = Some(CENSUS_DAY - 20 - random.below(span - 20) as i32);
        }
        self.draw_changes(pupil, &mut schooling, random);
        schooling
    }

    fn draw_needs(&self, pupil: &Pupil, year: i32, random: &mut Random) -> (Provision, Vec<&'static str>) {
        // boys have some 73 % of plans and 63 % of support (recalled); plans grow more frequent with age
        let (plan_by_sex, support_by_sex) = match pupil.sex {
            Sex::Male => (1.42, 1.24),
            Sex::Female => (0.56, 0.75),
        };
        let by_age = (0.45 + 0.1 * f64::from(year.max(-2) + 2)).min(1.25);
        let by_place = 0.5 + 0.5 * gradient(pupil.decile);
        let plan = self.settings.plan * plan_by_sex * by_age * by_place * pupil.hardship * pupil.hardship;
        let support = self.settings.sen_support * support_by_sex * by_place * pupil.hardship.min(1.8);
        let (list, weights, provision): (&[(&str, f64)], _, _) = match random.fraction() {
            point if point < plan.min(0.35) => (&NEEDS_WITH_PLAN, &self.with_plan, Provision::Plan),
            point if point < plan.min(0.35) + support.min(0.4) => {
                (&NEEDS_WITH_SUPPORT, &self.with_support, Provision::Support)
            }
            _ => return (Provision::None, Vec::new()),
        };
        let mut needs = vec![list[weights.draw(random)].0];
        if random.chance(0.35) {
            let second = list[weights.draw(random)].0;
            if second != needs[0] {
                needs.push(second);
            }
        }
        (provision, needs)
    }

    fn draw_setting(&self, pupil: &Pupil, year: i32, provision: Provision, random: &mut Random) -> Setting {
        let own_way = random.chance(0.02);
        match year {
            ..=-3 | 14.. => return Setting::Nowhere,
            -2 | -1 if !random.chance(if year == -1 { 0.4 } else { 0.2 }) => return Setting::Nowhere,
            12 | 13 if !random.chance(0.45) => return Setting::Nowhere,
            _ => {}
        }
        if pupil.new_here && random.chance(0.35) {
            return Setting::Nowhere;
        }
        if let Some(setting) = pupil.family_setting.filter(|_| !own_way) {
            return setting;
        }
        let phase = match year {
            _ if provision == Provision::Plan && year >= 0 && random.chance(0.33) => Phase::Special,
            ..7 => Phase::Primary,
            _ => Phase::Secondary,
        };
        if phase == Phase::Secondary && random.chance(0.003 * pupil.hardship * pupil.hardship) {
            return Setting::School(self.schools.draw(Phase::ReferralUnit, self.place, pupil.home, random));
        }
        let mut school = self.schools.draw(phase, self.place, pupil.home, random);
        // nurseries and sixth forms are at some schools only
        for _ in 0..6 {
            let found = &self.schools.list[school];
            if (year < 0 && phase == Phase::Primary && !found.has_nursery)
                || (year > 11 && phase == Phase::Secondary && !found.has_sixth_form)
            {
                school = self.schools.draw(phase, self.place, pupil.home, random);
            }
        }
        Setting::School(school)
    }

    fn draw_entry(pupil: &Pupil, year: i32, setting: Setting, random: &mut Random) -> Day {
        let years_here = match (setting, year) {
            (Setting::School(_), ..7) => year.max(0),
            (Setting::School(_), 7..12) => year - 7,
            _ => (year - 12).max(0),
        };
        let first = Day::new((SCHOOL_YEAR - years_here) as u16, 9, 1);
        let joined_late = pupil.new_here || random.chance(0.12);
        if joined_late { first + random.below((CENSUS_DAY - first) as usize) as i32 } else { first + 2 }
    }

    /// Some 7 % of sessions on average, more for teenagers, poor and troubled children; one in five misses a
    /// tenth or more (recalled).
    fn draw_absence(pupil: &Pupil, year: i32, random: &mut Random) -> f64 {
        let by_age = if year >= 7 { 1.3 } else { 0.85 };
        let by_place = 0.6 + 0.4 * gradient(pupil.decile);
        let own = random.pick(&[0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.3, 1.7, 2.2, 3.2]);
        (0.062 * by_age * by_place * pupil.hardship.sqrt() * own).min(0.95)
    }

    fn draw_suspensions(pupil: &Pupil, year: i32, random: &mut Random) -> u8 {
        let by_age = if year >= 7 { 0.035 } else { 0.004 };
        let by_sex = if pupil.sex == Sex::Male { 1.35 } else { 0.65 };
        let rate = by_age * by_sex * gradient(pupil.decile) * pupil.hardship * pupil.hardship;
        if random.chance(rate.min(0.4)) { 1 + random.below(3) as u8 } else { 0 }
    }

    /// Changes of school within the year, and second schools.
    fn draw_changes(&self, pupil: &Pupil, schooling: &mut Schooling, random: &mut Random) {
        let year = year_of(pupil.born);
        if year < 0 || schooling.setting == Setting::Nowhere {
            return;
        }
        if random.chance(self.settings.changed_school * gradient(pupil.decile).sqrt() * pupil.hardship) {
            let phase = if year < 7 { Phase::Primary } else { Phase::Secondary };
            let from = self.schools.draw(phase, self.place, pupil.home, random);
            let day = SCHOOL_YEAR_DAY + 5 + random.below((CENSUS_DAY - SCHOOL_YEAR_DAY - 10) as usize) as i32;
            if schooling.school() != Some(from) && (pupil.lives_here || schooling.school().is_some()) {
                schooling.left = Some((from, day));
                schooling.entered = day + 1 + random.below(4) as i32;
            }
        }
        if let Some(main) = schooling.school() {
            let rate = self.settings.dual_registered * pupil.hardship * if year >= 7 { 1.6 } else { 0.6 };
            if random.chance(rate) {
                let phase =
                    if schooling.provision == Provision::Plan { Phase::Special } else { Phase::ReferralUnit };
                let second = self.schools.draw(phase, self.place, pupil.home, random);
                schooling.second_school = (second != main).then_some(second);
            }
        }
    }
}
