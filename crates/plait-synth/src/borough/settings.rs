//! What can be chosen about a borough, its services and the mistakes in their records.

use crate::config::Rates;

/// A council to make up, with the health services around it. Start from [`Borough::of`] and change what
/// matters. All shares are of 0..=1. The same settings give the same bytes.
///
/// The figures of [`Borough::of`] are those of England in the middle of the 2020s as they are commonly
/// quoted (recalled, not looked up for this purpose), and judgement where none is published. They make
/// dashboards look right; they are no statistics.
#[derive(Clone, Debug, PartialEq)]
pub struct Borough {
    /// Children of 0 to 18 who live in the borough or go to school in it. Unborn children come on top.
    pub children: usize,
    /// Every seed is another borough.
    pub seed: u64,
    /// Share of families who live in the next borough; their children are here for school only.
    pub from_next_borough: f64,
    /// Share of children of school age who go to school in another borough.
    pub at_school_elsewhere: f64,
    /// Share of children of school age in independent schools, mostly of the better-off.
    pub independent_school: f64,
    /// Share of children of school age who learn at home.
    pub home_educated: f64,
    /// Share of pupils who changed school between September and the census.
    pub changed_school: f64,
    /// Share of pupils who are registered at two schools.
    pub dual_registered: f64,
    /// Share of pupils with an education, health and care plan.
    pub plan: f64,
    /// Share of pupils with SEN support.
    pub sen_support: f64,
    /// Share of pupils with free school meals.
    pub free_meals: f64,
    /// Share of children whom social care has ever known.
    pub known_to_social_care: f64,
    /// Share of children in need on the last day of the year; those on a protection plan and looked-after
    /// children are among them.
    pub in_need: f64,
    /// Share of children on a child protection plan on that day.
    pub protection_plan: f64,
    /// Share of children looked after on that day, without those who came alone from abroad.
    pub looked_after: f64,
    /// Share of children who came alone from abroad: born on 1 January as far as is known.
    pub unaccompanied: f64,
    /// Share of children adopted from care, each with an old and a new identity.
    pub adopted: f64,
    /// Unborn children whom social care knows, per child.
    pub unborn: f64,
    /// Share of births that are of twins or, one in seventy of these, triplets.
    pub multiple_births: f64,
    /// Share of families in which some children have another surname.
    pub step_families: f64,
    /// Share of families that move in a year.
    pub moves: f64,
    /// Share of persons in social care who were entered twice.
    pub social_care_duplicates: f64,
    /// Whether mistakes come in clusters by school, team and family, and are more frequent for looked-after
    /// children, infants, poor neighbourhoods and some naming communities. Without, they strike evenly.
    pub clustered: bool,
    /// Whether SEN2 is also written as the XML that the council sends off.
    pub sen2_xml: bool,
    /// Mistakes by source.
    pub rates: SourceRates,
}

impl Borough {
    /// A borough like many, with so many children.
    pub fn of(children: usize, seed: u64) -> Self {
        Self {
            children,
            seed,
            from_next_borough: 0.04,
            at_school_elsewhere: 0.05,
            independent_school: 0.06,
            home_educated: 0.014,
            changed_school: 0.03,
            dual_registered: 0.004,
            plan: 0.053,
            sen_support: 0.142,
            free_meals: 0.257,
            known_to_social_care: 0.135,
            in_need: 0.033,
            protection_plan: 0.0043,
            looked_after: 0.007,
            unaccompanied: 0.0008,
            adopted: 0.003,
            unborn: 0.0015,
            multiple_births: 0.015,
            step_families: 0.12,
            moves: 0.09,
            social_care_duplicates: 0.015,
            clustered: true,
            sen2_xml: false,
            rates: SourceRates::usual(),
        }
    }
}

/// The mistakes of every source that writes down people itself. The two returns of social care have those
/// of the case management system that they are made from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceRates {
    /// Schools.
    pub school_census: Rates,
    /// Social workers.
    pub social_care: Rates,
    /// The council's SEN team.
    pub sen2: Rates,
    /// The team that vaccinates at schools.
    pub child_health: Rates,
    /// General practices.
    pub general_practice: Rates,
    /// Health visitors, school nurses and therapists.
    pub community_health: Rates,
    /// Child and adolescent mental health services.
    pub mental_health: Rates,
    /// Emergency departments.
    pub emergency: Rates,
    /// Midwives and registrars.
    pub births: Rates,
}

impl SourceRates {
    /// As far as is known and, beyond that, as it seems.
    pub fn usual() -> Self {
        Self {
            school_census: Rates::school_census(),
            social_care: Rates::social_care(),
            sen2: Rates::sen2(),
            child_health: Rates::child_health(),
            general_practice: Rates::general_practice(),
            community_health: Rates::community_health(),
            mental_health: Rates::mental_health(),
            emergency: Rates::emergency(),
            births: Rates::births(),
        }
    }

    /// No mistake anywhere, nothing missing.
    pub const NONE: Self = Self {
        school_census: Rates::NONE,
        social_care: Rates::NONE,
        sen2: Rates::NONE,
        child_health: Rates::NONE,
        general_practice: Rates::NONE,
        community_health: Rates::NONE,
        mental_health: Rates::NONE,
        emergency: Rates::NONE,
        births: Rates::NONE,
    };
}
