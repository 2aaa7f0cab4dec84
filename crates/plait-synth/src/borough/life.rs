//! The truth: families, their homes over time and their children, before anybody writes them down.

use super::calendar::{CENSUS_DAY, DAYS_PER_YEAR, Day, EXTRACT_DAY, SCHOOL_YEAR};
use super::care::{self, Case, Circumstances, Level, Levels};
use super::ethnicity::{Backgrounds, Ethnicity, draw_language};
use super::neighbourhood::{Neighbourhoods, gradient};
use super::schooling::{Admissions, Provision, Pupil, Schooling, Setting, year_of};
use super::schools::Schools;
use super::settings::Borough;
use crate::identifiers::{Enrolment, NhsNumbers, Ulns};
use crate::names::{Names, Sex, Surnames};
use crate::place::{Home, Place};
use crate::random::{Random, Weighted};
use plait_types::PartialDate;

/// Everything that is true.
pub(super) struct Life {
    pub(super) names: Names,
    pub(super) place: Place,
    pub(super) schools: Schools,
    pub(super) families: Vec<Family>,
    /// Families together, in the order of birth.
    pub(super) children: Vec<Child>,
}

/// A mother, her children and where they live.
pub(super) struct Family {
    /// Place in [`Names::communities`].
    pub(super) community: usize,
    pub(super) mother: Mother,
    /// Of the father or of the mother's partner, where there is one.
    pub(super) partner: Option<String>,
    /// From when on where, the first long ago.
    pub(super) homes: Vec<(Day, Home)>,
    pub(super) lives_here: bool,
    pub(super) language: &'static str,
    /// Of the present home.
    pub(super) decile: u8,
    /// General practice, by number.
    pub(super) practice: usize,
    /// How much likelier than on average a mistake is in this family.
    pub(super) mistakes: f64,
}

impl Family {
    pub(super) fn home_on(&self, day: Day) -> Home {
        let at = self.homes.partition_point(|(from, _)| *from <= day);
        self.homes[at.saturating_sub(1)].1
    }
}

pub(super) struct Mother {
    pub(super) forename: String,
    pub(super) surname: String,
    pub(super) born: Day,
    pub(super) nhs_number: Option<String>,
}

/// One child as it is.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(super) struct Child {
    /// Place in [`Life::families`].
    pub(super) family: usize,
    pub(super) sex: Sex,
    /// The day that is expected, of an unborn child.
    pub(super) born: Day,
    pub(super) is_unborn: bool,
    /// Whole years on the day of the extracts.
    pub(super) age: u8,
    /// Children born together: 1, 2 or 3.
    pub(super) born_together: u8,
    pub(super) birth_order: u8,
    pub(super) birth_weight: u16,
    pub(super) died: Option<Day>,
    pub(super) forename: String,
    pub(super) middle: Option<String>,
    pub(super) surname: String,
    /// Of a parent, a step-parent or of earlier days.
    pub(super) other_surname: String,
    /// Called by the other surname at home.
    pub(super) goes_by_other: bool,
    /// A familiar form that everybody uses.
    pub(super) known_as: Option<String>,
    pub(super) ethnicity: Ethnicity,
    pub(super) nhs_number: Option<String>,
    pub(super) upn: Option<Enrolment>,
    /// A temporary number that the child had before.
    pub(super) had_temporary_upn: bool,
    pub(super) uln: Option<String>,
    pub(super) schooling: Schooling,
    pub(super) case: Option<Case>,
    pub(super) is_unaccompanied: bool,
    /// Of an adopted child, who it was before.
    pub(super) before_adoption: Option<Box<BirthIdentity>>,
}

/// Who an adopted child was before. Law and practice keep the two apart for ever.
pub(super) struct BirthIdentity {
    pub(super) adopted: Day,
    pub(super) forename: String,
    pub(super) surname: String,
    pub(super) community: usize,
    pub(super) nhs_number: Option<String>,
    /// Of children who were at school before.
    pub(super) upn: Option<Enrolment>,
    pub(super) home: Home,
    pub(super) case: Case,
}

impl Child {
    pub(super) fn is_looked_after(&self) -> bool {
        self.case.as_ref().is_some_and(Case::is_looked_after)
    }

    pub(super) fn is_twin(&self) -> bool {
        self.born_together > 1
    }

    pub(super) fn is_alive_on(&self, day: Day) -> bool {
        !self.is_unborn && self.born <= day && self.died.is_none_or(|died| died > day)
    }

    /// Where the child lives on a day: at a placement, or with the family.
    pub(super) fn home_on(&self, day: Day, families: &[Family]) -> Home {
        let placed = self.case.as_ref().and_then(|case| case.placed_at(day));
        placed.unwrap_or_else(|| families[self.family].home_on(day))
    }
}

impl Life {
    pub(super) fn new(settings: &Borough) -> Self {
        let names = Names::new(settings.seed);
        let place = Place::new(settings.children, settings.seed);
        let neighbourhoods = Neighbourhoods::new(&place, settings.seed);
        let schools = Schools::new(&place, settings.children, settings.seed);
        let (families, children) =
            Settlement::new(settings, &names, &place, &neighbourhoods, &schools).people();
        Self { names, place, schools, families, children }
    }

    pub(super) fn family_of(&self, child: &Child) -> &Family {
        &self.families[child.family]
    }

    pub(super) fn community_of(&self, child: &Child) -> &'static str {
        self.names.communities[self.family_of(child).community].name
    }

    /// A brother or sister next in age.
    pub(super) fn sibling_of(&self, at: usize) -> Option<&Child> {
        let family = self.children[at].family;
        [at.checked_sub(1), at.checked_add(1)]
            .into_iter()
            .flatten()
            .filter_map(|near| self.children.get(near))
            .find(|near| near.family == family)
    }
}

/// First school year for which pupil numbers are kept.
const FIRST_ENTRY: i32 = 2010;
const SCHOOL_YEARS: usize = (SCHOOL_YEAR - FIRST_ENTRY + 1) as usize;

/// Share of children who are called by another surname than their legal one.
const GOES_BY_OTHER: f64 = 0.04;

/// Share of daughters with the forename of their mother (judgement).
const NAMED_AFTER_MOTHER: f64 = 0.012;

/// Child deaths are some 3 in 10,000 a year, most of them of infants (recalled); two years are kept.
const DIES: f64 = 0.000_25;
const INFANT_DIES: f64 = 0.004;

struct Settlement<'a> {
    settings: &'a Borough,
    names: &'a Names,
    place: &'a Place,
    neighbourhoods: &'a Neighbourhoods,
    admissions: Admissions<'a>,
    backgrounds: Backgrounds,
    levels: Levels,
    births: Weighted,
    random: Random,
    families: Vec<Family>,
    children: Vec<Child>,
    /// Pupil numbers given so far, by primary school and year.
    serials: Vec<u16>,
    practices: usize,
    ulns: Ulns,
}

/// What only the making of children needs to know of a family.
struct Household {
    surnames: Surnames,
    other_surnames: Surnames,
    ethnicity: Ethnicity,
    family_setting: Option<Setting>,
    has_free_meals: bool,
    lives_here: bool,
    is_known: bool,
    level: Level,
    referral: Day,
    need: &'static str,
    placement: Home,
}

/// What a child comes with.
struct Newborn {
    forename: String,
    surname: String,
    sex: Sex,
    born: Day,
    ethnicity: Ethnicity,
}

impl<'a> Settlement<'a> {
    fn new(
        settings: &'a Borough,
        names: &'a Names,
        place: &'a Place,
        neighbourhoods: &'a Neighbourhoods,
        schools: &'a Schools,
    ) -> Self {
        let mut random = Random::new(settings.seed, "life");
        let first_uln = random.below(1 << 20);
        Self {
            settings,
            names,
            place,
            neighbourhoods,
            admissions: Admissions::new(settings, schools, place),
            backgrounds: Backgrounds::new(names.communities.iter().map(|community| community.name)),
            levels: Levels::new(settings),
            births: Weighted::new([0.30, 0.42, 0.19, 0.06, 0.03]),
            random,
            families: Vec::new(),
            children: Vec::with_capacity(settings.children + settings.children / 100 + 8),
            serials: vec![0; place.primaries.len() * SCHOOL_YEARS],
            practices: settings.children / 1_600 + 2,
            ulns: Ulns::new(first_uln),
        }
    }

    fn people(mut self) -> (Vec<Family>, Vec<Child>) {
        let wanted = self.settings.children;
        let alone = (wanted as f64 * self.settings.unaccompanied).round() as usize;
        for _ in 0..alone.min(wanted) {
            self.arrive_alone();
        }
        while self.children.len() < wanted {
            self.add_family();
        }
        // the last family may have one child too many
        self.children.truncate(wanted);
        self.count_born_together();
        self.adopt();
        self.expect_children();
        self.number();
        (self.families, self.children)
    }

    fn add_family(&mut self) {
        let household = self.draw_family();
        let family = self.families.len() - 1;
        let births = 1 + self.births.draw(&mut self.random);
        // children of the new pair of parents in a step-family have the other surname
        let step = self.random.chance(self.settings.step_families);
        let last_of_first = if step && births > 1 { 1 + self.random.below(births - 1) } else { births };
        // families begin before the window of ages, so that all ages are alike
        let mut day = EXTRACT_DAY - 1 - self.random.below((23.0 * DAYS_PER_YEAR) as usize) as i32;
        let age_of_mother = 19.0 + 17.0 * (self.random.fraction() + self.random.fraction()) / 2.0;
        self.families[family].mother.born =
            day - (age_of_mother * DAYS_PER_YEAR) as i32 - self.random.below(365) as i32;
        let mut forenames: Vec<String> = Vec::new();
        for birth in 0..births {
            if day >= EXTRACT_DAY {
                break;
            }
            self.add_birth(&household, family, day, birth >= last_of_first, &mut forenames);
            day = day + 330 + self.random.below(1_300) as i32;
        }
    }

    fn draw_family(&mut self) -> Household {
        let (names, place) = (self.names, self.place);
        let community = names.draw_community(&mut self.random);
        let lives_here = !self.random.chance(self.settings.from_next_borough);
        let homes = self.draw_homes(lives_here);
        let decile = self.neighbourhoods.decile(homes.last().expect("everybody lives somewhere").1.postcode);
        let random = &mut self.random;
        let of_other = if random.chance(0.15) { names.draw_community(random) } else { community };
        let surname = names.draw_surname(community, random);
        let other_surname = names.draw_surname(of_other, random);
        let surnames = names.draw_childrens_surnames(community, surname, random);
        let other_surnames = names.draw_childrens_surnames(of_other, other_surname, random);
        let mother = Mother {
            forename: names.draw_forename(community, Sex::Female, random),
            // a fifth of mothers have the other name
            surname: if random.chance(0.2) { &other_surnames.daughters } else { &surnames.daughters }.clone(),
            born: EXTRACT_DAY,
            nhs_number: None,
        };
        let partner = random.chance(0.77).then(|| {
            let forename = names.draw_forename(community, Sex::Male, random);
            format!("{forename} {}", surnames.sons)
        });
        let is_known = lives_here && random.chance((self.levels.family_known * gradient(decile)).min(0.7));
        let level = self.levels.draw_of_family(random);
        let household = Household {
            surnames,
            other_surnames,
            ethnicity: self.backgrounds.draw(community, random),
            family_setting: self.admissions.draw_family_setting(decile, lives_here, random),
            has_free_meals: self.admissions.draw_free_meals(decile, random),
            lives_here,
            is_known,
            level,
            referral: care::draw_family_referral(level, random),
            need: care::draw_need(random),
            placement: care::draw_placement(place, random),
        };
        let (primary, _) = place.schools_near(homes.last().expect("everybody lives somewhere").1);
        self.families.push(Family {
            community,
            mother,
            partner,
            homes,
            lives_here,
            language: draw_language(names.communities[community].name, random),
            decile,
            practice: (primary * self.practices / place.primaries.len() + random.below(3)) % self.practices,
            mistakes: random.pick(&[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 2.0, 4.0]),
        });
        household
    }

    /// Where the family lived over the last ten years; the poor move more often.
    fn draw_homes(&mut self, lives_here: bool) -> Vec<(Day, Home)> {
        let (place, random) = (self.place, &mut self.random);
        if !lives_here {
            return vec![(Day(0), place.draw_home_away(random))];
        }
        // one in twelve came to the borough in these years
        let came_from_next = random.chance(0.08);
        let first = place.draw_home(random);
        let rate = self.settings.moves * gradient(self.neighbourhoods.decile(first.postcode)).sqrt();
        let mut homes = vec![(Day(0), first)];
        for years_ago in (0..10).rev() {
            if random.chance(rate) {
                let day = EXTRACT_DAY - years_ago * 365 - 1 - random.below(365) as i32;
                homes.push((day, place.draw_home(random)));
            }
        }
        if came_from_next && homes.len() > 1 {
            homes[0].1 = place.draw_home_away(random);
        }
        homes
    }

    fn add_birth(
        &mut self,
        household: &Household,
        family: usize,
        born: Day,
        step: bool,
        forenames: &mut Vec<String>,
    ) {
        let born_together = if self.random.chance(self.settings.multiple_births) {
            2 + usize::from(self.random.chance(1.0 / 70.0))
        } else {
            1
        };
        let community = self.families[family].community;
        let first_sex = Sex::draw(&mut self.random);
        let first_forename = forenames.len();
        for nth in 0..born_together {
            let sex =
                if nth == 0 || self.random.chance(0.35) { first_sex } else { Sex::draw(&mut self.random) };
            let like = forenames.get(first_forename).cloned();
            let mut forename =
                self.names.draw_forename_among(community, sex, like.as_deref(), forenames, &mut self.random);
            // some daughters are called as their mother is
            let mother = &self.families[family].mother.forename;
            let is_free = born_together == 1 && !forenames.contains(mother);
            if sex == Sex::Female && self.random.chance(NAMED_AFTER_MOTHER) && is_free {
                forename.clone_from(mother);
            }
            forenames.push(forename.clone());
            let age = EXTRACT_DAY.years_since(born);
            if age <= 18 {
                self.add_child(household, family, forename, sex, born, step);
            }
        }
    }

    fn add_child(
        &mut self,
        household: &Household,
        family: usize,
        forename: String,
        sex: Sex,
        born: Day,
        step: bool,
    ) {
        let (surnames, others) = if step {
            (&household.other_surnames, &household.surnames)
        } else {
            (&household.surnames, &household.other_surnames)
        };
        let (surname, other_surname) = (surnames.of(sex).to_owned(), others.of(sex).to_owned());
        let is_disabled = self.random.chance(0.025);
        let level = self.draw_level(household, born);
        let hardship = match level {
            _ if is_disabled => 2.2,
            Some(Level::LookedAfter) => 2.2,
            Some(Level::InNeed | Level::Protection) => 1.7,
            Some(_) => 1.25,
            None => 0.92,
        };
        let pupil = Pupil {
            born,
            sex,
            home: self.families[family].home_on(CENSUS_DAY),
            decile: self.families[family].decile,
            lives_here: self.families[family].lives_here,
            family_setting: household.family_setting,
            family_has_free_meals: household.has_free_meals,
            hardship,
            new_here: false,
        };
        let schooling = self.admissions.draw(&pupil, &mut self.random);
        let case = level.map(|level| {
            let of = Circumstances {
                born,
                level,
                family_referral: household.referral,
                family_need: household.need,
                family_placement: household.placement,
                unaccompanied: false,
                is_disabled: is_disabled || schooling.needs.contains(&"PMLD"),
            };
            care::draw_case(&of, self.place, &mut self.random)
        });
        let ethnicity = self.draw_ethnicity(household.ethnicity, family);
        let mut child = self.child(family, Newborn { forename, surname, sex, born, ethnicity }, schooling);
        child.other_surname = other_surname;
        child.case = case;
        let dies = if EXTRACT_DAY - born < 700 { INFANT_DIES } else { DIES };
        if self.random.chance(dies) {
            let span = (EXTRACT_DAY - born).clamp(1, 720) as usize;
            child.died = Some(EXTRACT_DAY - self.random.below(span) as i32);
        }
        self.children.push(child);
    }

    /// Siblings mostly have one background; some families do not say.
    fn draw_ethnicity(&mut self, of_family: Ethnicity, family: usize) -> Ethnicity {
        match self.random.below(100) {
            0 => super::ethnicity::REFUSED,
            1 => super::ethnicity::NOT_OBTAINED,
            2..5 => self.backgrounds.draw(self.families[family].community, &mut self.random),
            _ => of_family,
        }
    }

    fn draw_level(&mut self, household: &Household, born: Day) -> Option<Level> {
        let random = &mut self.random;
        let known = match (household.is_known, household.lives_here) {
            (true, _) => self.levels.child_known,
            (false, true) => self.levels.child_known_alone,
            (false, false) => 0.0,
        };
        let is_known = random.chance(known);
        let drawn = if household.is_known {
            Levels::draw_of_child(household.level, random)
        } else {
            Levels::draw_alone(random)
        };
        let age = EXTRACT_DAY - born;
        let level = match drawn {
            Level::Former if age < 900 => Level::Assessed,
            Level::LookedAfter if age < 60 => Level::Protection,
            // grown up: what there was is over
            Level::InNeed | Level::Protection if age > (18.0 * DAYS_PER_YEAR) as i32 => Level::Former,
            level => level,
        };
        is_known.then_some(level)
    }

    /// A child with everything that does not depend on its family's story.
    fn child(&mut self, family: usize, newborn: Newborn, schooling: Schooling) -> Child {
        let Newborn { forename, surname, sex, born, ethnicity } = newborn;
        let community = self.families[family].community;
        let home = self.families[family].home_on(CENSUS_DAY);
        let middle =
            self.random.chance(0.65).then(|| self.names.draw_forename(community, sex, &mut self.random));
        let known_as = if self.random.chance(0.12) {
            self.names.draw_nickname(&forename, &mut self.random).map(str::to_owned)
        } else {
            None
        };
        let was_at_school = schooling.school().is_some()
            || schooling.left.is_some()
            || schooling.setting == Setting::Elsewhere
            || (year_of(born) >= 0 && self.random.chance(0.25));
        let upn = was_at_school.then(|| self.enrol(born, home));
        let uln = (year_of(born) >= 9 && was_at_school).then(|| self.ulns.next()).flatten();
        Child {
            family,
            sex,
            born,
            is_unborn: false,
            age: EXTRACT_DAY.years_since(born) as u8,
            born_together: 1,
            birth_order: 1,
            birth_weight: (1_500
                + 10 * (self.random.below(120) + self.random.below(120) + self.random.below(120)))
                as u16,
            died: None,
            middle: middle.filter(|middle| *middle != forename),
            forename,
            surname: surname.clone(),
            other_surname: surname,
            goes_by_other: self.random.chance(GOES_BY_OTHER),
            known_as,
            ethnicity,
            nhs_number: None,
            upn,
            had_temporary_upn: self.random.chance(0.015),
            uln,
            schooling,
            case: None,
            is_unaccompanied: false,
            before_adoption: None,
        }
    }

    /// The next pupil number of the nearest primary school in the year of reception.
    fn enrol(&mut self, born: Day, home: Home) -> Enrolment {
        let primary = Schools::nearest_primary(self.place, home);
        let year = (born.school_year() + 5).clamp(FIRST_ENTRY, SCHOOL_YEAR);
        let serial = &mut self.serials[primary * SCHOOL_YEARS + (year - FIRST_ENTRY) as usize];
        *serial += 1;
        Enrolment { school: 2_000 + primary as u16, year: year as u16, serial: *serial % 1_000 }
    }

    /// An unaccompanied child of 14 to 17 whose birthday nobody knows.
    fn arrive_alone(&mut self) {
        let far = ["somali", "turkish_kurdish", "pakistani_bangladeshi"];
        let name = self.random.pick(&far);
        let community = self
            .names
            .communities
            .iter()
            .position(|community| community.name == name)
            .expect("a community of the table");
        let (names, place, random) = (self.names, self.place, &mut self.random);
        let sex = if random.chance(0.85) { Sex::Male } else { Sex::Female };
        let age = 14 + random.below(4) as i32;
        let born = PartialDate::whole((2026 - age) as u16, 1, 1).expect("1 January is a day");
        let born = Day(born.day_number().expect("a whole date"));
        let home = care::draw_placement(place, random);
        let (surname, forename) =
            (names.draw_surname(community, random), names.draw_forename(community, sex, random));
        let arrived = EXTRACT_DAY - 40 - random.below(900) as i32;
        let decile = self.neighbourhoods.decile(home.postcode);
        self.families.push(Family {
            community,
            mother: Mother {
                forename: names.draw_forename(community, Sex::Female, random),
                surname: surname.clone(),
                born: born - 9_000,
                nhs_number: None,
            },
            partner: None,
            homes: vec![(Day(0), home)],
            lives_here: true,
            language: draw_language(name, random),
            decile,
            practice: random.below(self.practices),
            mistakes: 2.0,
        });
        let family = self.families.len() - 1;
        let pupil = Pupil {
            born,
            sex,
            home,
            decile,
            lives_here: true,
            family_setting: None,
            family_has_free_meals: true,
            hardship: 1.2,
            new_here: true,
        };
        let schooling = self.admissions.draw(&pupil, random);
        let of = Circumstances {
            born,
            level: Level::LookedAfter,
            family_referral: arrived,
            family_need: "N8",
            family_placement: home,
            unaccompanied: true,
            is_disabled: false,
        };
        let case = care::draw_case(&of, place, random);
        let ethnicity = self.backgrounds.draw(community, random);
        let other_surname = names.draw_surname(community, random);
        let mut child = self.child(family, Newborn { forename, surname, sex, born, ethnicity }, schooling);
        child.other_surname = other_surname;
        child.case = Some(case);
        child.is_unaccompanied = true;
        child.middle = None;
        child.goes_by_other = false;
        // a number comes with the first school; before that there is none
        if child.schooling.school().is_none() {
            child.upn = None;
            child.uln = None;
        }
        self.children.push(child);
    }

    fn count_born_together(&mut self) {
        let children = &mut self.children;
        let mut start = 0;
        while start < children.len() {
            let (family, born) = (children[start].family, children[start].born);
            let size = children[start..]
                .iter()
                .take_while(|child| child.family == family && child.born == born)
                .count();
            for (nth, child) in children[start..start + size].iter_mut().enumerate() {
                child.born_together = size as u8;
                child.birth_order = nth as u8 + 1;
                if size > 1 {
                    child.birth_weight -= 700;
                }
            }
            start += size;
        }
    }

    /// Gives some children an adoption and the identity that they had before it.
    fn adopt(&mut self) {
        let (names, place) = (self.names, self.place);
        for at in 0..self.children.len() {
            let child = &self.children[at];
            let can_be = EXTRACT_DAY - child.born > 900
                && child.born_together == 1
                && child.case.is_none()
                && child.died.is_none()
                && self.families[child.family].lives_here;
            // three quarters of children can be
            if !self.random.chance(self.settings.adopted / 0.75) || !can_be {
                continue;
            }
            let random = &mut self.random;
            let born = child.born;
            let earliest = born + 500;
            let latest = EXTRACT_DAY - 20;
            // most are adopted young
            let span = (latest - earliest).clamp(1, 1_500) as usize;
            let adopted = earliest + random.below(span) as i32;
            let community = names.draw_community(random);
            let surname = names.draw_surname(community, random);
            let surname = names.draw_childrens_surnames(community, surname, random).of(child.sex).to_owned();
            // most keep their forename
            let forename = if random.chance(0.7) {
                child.forename.clone()
            } else {
                names.draw_forename(community, child.sex, random)
            };
            let (referral, care) = care::draw_care_until_adoption(born, adopted, place, random);
            let case = Case {
                level: Level::LookedAfter,
                referrals: vec![referral],
                care: Some(care),
                disabilities: Vec::new(),
            };
            let home = place.draw_home(random);
            let began_school = born + 5 * 365;
            let upn = (adopted > began_school).then(|| self.enrol(born, home));
            self.children[at].before_adoption = Some(Box::new(BirthIdentity {
                adopted,
                forename,
                surname,
                community,
                nhs_number: None,
                upn,
                home,
                case,
            }));
            // support for the new family brings some of them back to social care
            if self.random.chance(0.3) {
                let of = Circumstances {
                    born,
                    level: Level::Assessed,
                    family_referral: EXTRACT_DAY - 30 - self.random.below(200) as i32,
                    family_need: "N4",
                    family_placement: home,
                    unaccompanied: false,
                    is_disabled: false,
                };
                self.children[at].case = Some(care::draw_case(&of, place, &mut self.random));
            }
        }
    }

    /// Unborn children whom social care knows, of families that are here already.
    fn expect_children(&mut self) {
        let wanted = (self.settings.children as f64 * self.settings.unborn).round() as usize;
        if self.families.is_empty() {
            return;
        }
        for _ in 0..wanted {
            let family = self.random.below(self.families.len());
            if !self.families[family].lives_here {
                continue;
            }
            let expected = EXTRACT_DAY + 7 + self.random.below(140) as i32;
            let sex = Sex::draw(&mut self.random);
            let level = self.random.pick(&[Level::Assessed, Level::InNeed, Level::InNeed, Level::Protection]);
            let of = Circumstances {
                born: expected,
                level,
                family_referral: EXTRACT_DAY - 15 - self.random.below(90) as i32,
                family_need: "N1",
                family_placement: self.families[family].home_on(EXTRACT_DAY),
                unaccompanied: false,
                is_disabled: false,
            };
            let case = care::draw_case(&of, self.place, &mut self.random);
            let community = self.families[family].community;
            let forename = self.names.draw_forename(community, sex, &mut self.random);
            let surname = self.families[family].mother.surname.clone();
            let schooling = Schooling {
                setting: Setting::Nowhere,
                entered: expected,
                second_school: None,
                left: None,
                provision: Provision::None,
                needs: Vec::new(),
                plan_began: None,
                has_free_meals: false,
                absence: 0.0,
                suspensions: 0,
            };
            let ethnicity = super::ethnicity::NOT_OBTAINED;
            let mut child =
                self.child(family, Newborn { forename, surname, sex, born: expected, ethnicity }, schooling);
            child.is_unborn = true;
            child.age = 0;
            child.case = Some(case);
            self.children.push(child);
        }
    }

    /// NHS numbers for children, for who they were before adoption, then for mothers, as long as the test
    /// range lasts.
    fn number(&mut self) {
        let mut numbers = NhsNumbers::new(self.random.below(1 << 20));
        for child in &mut self.children {
            // some who came alone are not yet registered
            let registered = !child.is_unaccompanied || self.random.chance(0.7);
            if !child.is_unborn && registered {
                child.nhs_number = numbers.next();
            }
        }
        for identity in self.children.iter_mut().filter_map(|child| child.before_adoption.as_mut()) {
            identity.nhs_number = numbers.next();
        }
        for family in &mut self.families {
            family.mother.nhs_number = numbers.next();
        }
    }
}
