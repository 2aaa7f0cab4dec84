//! The truth: families and their children, before anybody writes them down.

use crate::config::People;
use crate::identifiers::{Enrolment, NhsNumbers};
use crate::names::{Names, Sex, Surnames};
use crate::place::{Home, Place};
use crate::random::{Random, Weighted};
use crate::record::Subject;
use plait_types::PartialDate;

/// The day of both extracts: the spring school census of 2025.
pub(crate) const REFERENCE: PartialDate = PartialDate { year: 2025, month: Some(1), day: Some(16) };

/// The school year of that day began in this calendar year.
const SCHOOL_YEAR: u16 = 2024;
const FIRST_ENTRY: u16 = 2010;
const SCHOOL_YEARS: usize = (SCHOOL_YEAR - FIRST_ENTRY + 1) as usize;

/// Share of children who are called by another surname than their legal one.
const GOES_BY_OTHER: f64 = 0.04;

const DAYS_PER_YEAR: f64 = 365.25;

/// One child as it is.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(crate) struct Child {
    pub(crate) family: u32,
    /// Place in [`Names::communities`].
    pub(crate) community: usize,
    pub(crate) sex: Sex,
    pub(crate) born: PartialDate,
    /// Whole years on the reference date, 0..=18.
    pub(crate) age: u8,
    /// Children born together: 1, 2 or 3.
    pub(crate) born_together: u8,
    pub(crate) forename: String,
    pub(crate) middle: Option<String>,
    pub(crate) surname: String,
    /// Of a parent, a step-parent or of earlier days.
    pub(crate) other_surname: String,
    /// Called by the other surname at home.
    pub(crate) goes_by_other: bool,
    /// What schools know.
    pub(crate) home: Home,
    /// What social care knows, where it differs.
    pub(crate) other_home: Option<Home>,
    pub(crate) looked_after: bool,
    pub(crate) unaccompanied: bool,
    pub(crate) in_census: bool,
    pub(crate) in_social_care: bool,
    pub(crate) enrolment: Option<Enrolment>,
    /// Only of children in social care, since no other source has it.
    pub(crate) nhs_number: Option<String>,
    /// How much likelier than on average a mistake is in this family.
    pub(crate) mistakes: f64,
}

impl Child {
    /// As a clerk knows the child. Schools and virtual school heads follow looked-after children closely.
    pub(crate) fn subject<'a>(&'a self, sibling: Option<&'a Child>) -> Subject<'a> {
        let followed = if self.looked_after { 0.5 } else { 1.0 };
        Subject {
            forename: &self.forename,
            middle: self.middle.as_deref(),
            surname: &self.surname,
            other_surname: &self.other_surname,
            goes_by_other: self.goes_by_other,
            community: self.community,
            sex: self.sex,
            born: self.born,
            upn: self.enrolment,
            sibling_upn: sibling.and_then(|sibling| sibling.enrolment),
            reason_without_upn: self.reason_without_upn(),
            nhs_number: self.nhs_number.as_deref(),
            upn_missing: followed,
            nhs_number_missing: followed,
        }
    }

    /// The codes of the children looked after return: not of school age, from abroad, not known.
    fn reason_without_upn(&self) -> &'static str {
        match (self.unaccompanied, self.age) {
            (true, _) => "UN3",
            (false, 0..4) => "UN1",
            (false, _) => "UN4",
        }
    }
}

/// The children of the borough, families together.
pub(crate) fn children(config: &People, names: &Names, place: &Place) -> Vec<Child> {
    let mut borough = Settlement::new(config, names, place);
    for _ in 0..(config.children as f64 * config.unaccompanied).round() as usize {
        borough.arrive_alone();
    }
    while borough.children.len() < config.children {
        borough.add_family();
    }
    // the last family may have one child too many
    borough.children.truncate(config.children);
    count_born_together(&mut borough.children);
    borough.children
}

struct Settlement<'a> {
    config: &'a People,
    names: &'a Names,
    place: &'a Place,
    random: Random,
    births: Weighted,
    known: Known,
    children: Vec<Child>,
    families: u32,
    /// Pupil numbers given so far, by primary school and year.
    serials: Vec<u16>,
    nhs_numbers: NhsNumbers,
}

/// Probabilities that together give the shares of the settings, with siblings alike.
struct Known {
    family_outside_school: f64,
    child_outside_school: f64,
    family_in_care: f64,
    child_in_care: f64,
    child_in_care_alone: f64,
    family_removed: f64,
    child_removed: f64,
}

impl Known {
    fn new(config: &People) -> Self {
        let family_outside_school = 0.75 * (1.0 - config.census_share);
        let family_in_care = 0.9 * config.social_care_share;
        let (child_in_care, child_removed) = (0.85, 0.8);
        let often = |share: f64, base: f64| if base > 0.0 { (share / base).min(1.0) } else { 0.0 };
        Self {
            family_outside_school,
            child_outside_school: 1.0 - often(config.census_share, 1.0 - family_outside_school),
            family_in_care,
            child_in_care,
            child_in_care_alone: often(
                config.social_care_share - family_in_care * child_in_care,
                1.0 - family_in_care,
            ),
            family_removed: often(config.looked_after, family_in_care * child_in_care * child_removed),
            child_removed,
        }
    }
}

/// What the children of one family share.
struct Family {
    community: usize,
    surnames: Surnames,
    other_surnames: Surnames,
    home: Home,
    other_home: Option<Home>,
    placement: Home,
    outside_school: bool,
    in_care: bool,
    removed: bool,
    mistakes: f64,
}

impl<'a> Settlement<'a> {
    fn new(config: &'a People, names: &'a Names, place: &'a Place) -> Self {
        let mut random = Random::new(config.seed, "families");
        let nhs_numbers = NhsNumbers::new(random.below(1 << 20));
        Self {
            config,
            names,
            place,
            random,
            births: Weighted::new([0.30, 0.42, 0.19, 0.06, 0.03]),
            known: Known::new(config),
            children: Vec::with_capacity(config.children + 8),
            families: 0,
            serials: vec![0; place.primaries.len() * SCHOOL_YEARS],
            nhs_numbers,
        }
    }

    fn add_family(&mut self) {
        let family = self.draw_family();
        self.families += 1;
        let births = 1 + self.births.draw(&mut self.random);
        // children of the new pair of parents in a step-family have the other surname
        let step = self.random.chance(self.config.step_families);
        let last_of_first = if step && births > 1 { 1 + self.random.below(births - 1) } else { births };
        // families begin before the window of ages, so that all ages are alike
        let latest = REFERENCE.day_number().expect("a whole date");
        let mut day = latest - 1 - self.random.below((23.0 * DAYS_PER_YEAR) as usize) as i32;
        let mut forenames: Vec<String> = Vec::new();
        for birth in 0..births {
            if day >= latest {
                break;
            }
            let born = PartialDate::from_day_number(day).expect("a day of the last 40 years");
            self.add_birth(&family, born, birth >= last_of_first, &mut forenames);
            day += 330 + self.random.below(1_300) as i32;
        }
    }

    fn draw_family(&mut self) -> Family {
        let Self { names, place, random, config, known, .. } = self;
        let community = names.draw_community(random);
        let of_other = if random.chance(0.15) { names.draw_community(random) } else { community };
        let surname = names.draw_surname(community, random);
        let other_surname = names.draw_surname(of_other, random);
        Family {
            community,
            surnames: names.draw_childrens_surnames(community, surname, random),
            other_surnames: names.draw_childrens_surnames(of_other, other_surname, random),
            home: place.draw_home(random),
            other_home: random.chance(config.moved).then(|| place.draw_home(random)),
            placement: draw_placement(place, random),
            outside_school: random.chance(known.family_outside_school),
            in_care: random.chance(known.family_in_care),
            removed: random.chance(known.family_removed),
            mistakes: random.pick(&[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 2.0, 4.0]),
        }
    }

    fn add_birth(&mut self, family: &Family, born: PartialDate, step: bool, forenames: &mut Vec<String>) {
        let born_together = if self.random.chance(self.config.multiple_births) {
            2 + usize::from(self.random.chance(1.0 / 70.0))
        } else {
            1
        };
        let first_sex = Sex::draw(&mut self.random);
        let first_forename = forenames.len();
        for nth in 0..born_together {
            let sex =
                if nth == 0 || self.random.chance(0.35) { first_sex } else { Sex::draw(&mut self.random) };
            let like = forenames.get(first_forename).cloned();
            let forename = self.names.draw_forename_among(
                family.community,
                sex,
                like.as_deref(),
                forenames,
                &mut self.random,
            );
            forenames.push(forename.clone());
            let age = age_on(born, REFERENCE);
            if age <= 18 {
                self.add_child(family, forename, sex, born, age, step);
            }
        }
    }

    fn add_child(
        &mut self,
        family: &Family,
        forename: String,
        sex: Sex,
        born: PartialDate,
        age: u8,
        step: bool,
    ) {
        let (surnames, others) = if step {
            (&family.other_surnames, &family.surnames)
        } else {
            (&family.surnames, &family.other_surnames)
        };
        let known = &self.known;
        let of_school_age = (4..=16).contains(&age);
        let in_census =
            !self.random.chance(known.child_outside_school) && !family.outside_school && of_school_age;
        let in_social_care =
            self.random.chance(if family.in_care { known.child_in_care } else { known.child_in_care_alone });
        let removed = self.random.chance(known.child_removed);
        let looked_after = family.in_care && family.removed && in_social_care && removed;
        let own_placement = draw_placement(self.place, &mut self.random);
        let other_home = if looked_after {
            let placement = if self.random.chance(0.5) { family.placement } else { own_placement };
            self.random.chance(self.config.looked_after_moved).then_some(placement)
        } else {
            family.other_home
        };
        let middle = self
            .random
            .chance(0.65)
            .then(|| self.names.draw_forename(family.community, sex, &mut self.random));
        let schooled = in_census || (age >= 4 && self.random.chance(if age > 16 { 0.85 } else { 0.2 }));
        let enrolment = schooled.then(|| self.enrol(born, family.home));
        let child = Child {
            family: self.families,
            community: family.community,
            sex,
            born,
            age,
            born_together: 1,
            middle: middle.filter(|middle| *middle != forename),
            forename,
            surname: surnames.of(sex).to_owned(),
            other_surname: others.of(sex).to_owned(),
            goes_by_other: self.random.chance(GOES_BY_OTHER),
            home: family.home,
            other_home,
            looked_after,
            unaccompanied: false,
            in_census,
            in_social_care,
            enrolment,
            nhs_number: if in_social_care { self.nhs_numbers.next() } else { None },
            mistakes: family.mistakes,
        };
        self.children.push(child);
    }

    /// The next pupil number of the nearest primary school in the year of reception.
    fn enrol(&mut self, born: PartialDate, home: Home) -> Enrolment {
        let (primary, _) = self.place.schools_near(home);
        let reception = school_year_of_birth(born) + 5;
        let year = reception.clamp(FIRST_ENTRY, SCHOOL_YEAR);
        let serial = &mut self.serials[primary * SCHOOL_YEARS + usize::from(year - FIRST_ENTRY)];
        *serial += 1;
        Enrolment { school: 2_000 + primary as u16, year, serial: *serial % 1_000 }
    }

    /// An unaccompanied child of 14 to 17 whose birthday nobody knows.
    fn arrive_alone(&mut self) {
        self.families += 1;
        let communities = &self.names.communities;
        let far = ["somali", "turkish_kurdish", "pakistani_bangladeshi"];
        let name = self.random.pick(&far);
        let community = communities.iter().position(|c| c.name == name).expect("a community of the table");
        let sex = if self.random.chance(0.85) { Sex::Male } else { Sex::Female };
        let age = 14 + self.random.below(4) as u8;
        let born = PartialDate { year: REFERENCE.year - u16::from(age), month: Some(1), day: Some(1) };
        let home = draw_placement(self.place, &mut self.random);
        let in_census = age <= 16 && self.random.chance(0.6);
        let enrolment = in_census.then(|| self.enrol(born, home));
        let (names, random) = (self.names, &mut self.random);
        let child = Child {
            family: self.families,
            community,
            sex,
            born,
            age,
            born_together: 1,
            forename: names.draw_forename(community, sex, random),
            middle: None,
            surname: names.draw_surname(community, random),
            other_surname: names.draw_surname(community, random),
            goes_by_other: false,
            home,
            other_home: random
                .chance(self.config.looked_after_moved)
                .then(|| draw_placement(self.place, random)),
            looked_after: true,
            unaccompanied: true,
            in_census,
            in_social_care: true,
            enrolment,
            nhs_number: self.nhs_numbers.next(),
            mistakes: 2.0,
        };
        self.children.push(child);
    }
}

/// A quarter of placements are outside the borough.
fn draw_placement(place: &Place, random: &mut Random) -> Home {
    if random.chance(0.25) { place.draw_home_away(random) } else { place.draw_home(random) }
}

/// Whole years lived on a day.
fn age_on(born: PartialDate, day: PartialDate) -> u8 {
    let birthday_to_come = (day.month, day.day) < (born.month, born.day);
    (day.year - born.year - u16::from(birthday_to_come)) as u8
}

/// The year in which the school year of the birth began: school years start on 1 September.
pub(crate) fn school_year_of_birth(born: PartialDate) -> u16 {
    born.year - u16::from(born.month.is_some_and(|month| month < 9))
}

/// `N2`, `R`, `1` to `12`: the national curriculum year of a child aged 4 to 16.
pub(crate) fn year_group(born: PartialDate) -> String {
    match (SCHOOL_YEAR - school_year_of_birth(born)).saturating_sub(5) {
        0 if SCHOOL_YEAR - school_year_of_birth(born) < 5 => "N2".to_owned(),
        0 => "R".to_owned(),
        year => year.to_string(),
    }
}

fn count_born_together(children: &mut [Child]) {
    let mut start = 0;
    while start < children.len() {
        let first = &children[start];
        let (family, born) = (first.family, first.born);
        let size =
            children[start..].iter().take_while(|child| child.family == family && child.born == born).count();
        for child in &mut children[start..start + size] {
            child.born_together = size as u8;
        }
        start += size;
    }
}
