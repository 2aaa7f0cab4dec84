//! What can be chosen about the people and about the mistakes in their records.

/// A borough to make up. Start from [`People::of`] and change what matters.
///
/// All shares are of 0..=1. The same settings give the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    /// Children aged 0 to 18 who live in the borough, in a source or not.
    pub children: usize,
    /// Every seed is another borough.
    pub seed: u64,
    /// Share of the children aged 4 to 16 who are in the school census; the others go to
    /// independent schools or learn at home.
    pub census_share: f64,
    /// Share of all children whom social care knows, siblings mostly together.
    pub social_care_share: f64,
    /// Share of the children in social care who were entered twice.
    pub social_care_duplicates: f64,
    /// Share of all children who are looked after; all of them are in social care.
    pub looked_after: f64,
    /// Share of all children who came alone from abroad: born on 1 January as far as is known.
    pub unaccompanied: f64,
    /// Share of births that are of twins or, one in seventy of these, triplets.
    pub multiple_births: f64,
    /// Share of families in which some children have another surname.
    pub step_families: f64,
    /// Share of families whose address in social care is not the one in the census.
    pub moved: f64,
    /// The same for looked-after children, who live in placements.
    pub looked_after_moved: f64,
    /// Share of the social care records of children under one that were opened before the child had a
    /// name: `Unborn`, `Baby`.
    pub unnamed: f64,
    /// Whether mistakes come in clusters by school, team and family, and are more frequent for
    /// looked-after children and in some naming communities. Without, they strike evenly.
    pub clustered: bool,
    /// Mistakes of schools.
    pub school_census: Rates,
    /// Mistakes of social workers.
    pub social_care: Rates,
}

impl People {
    /// A borough like many, with so many children.
    pub fn of(children: usize, seed: u64) -> Self {
        Self {
            children,
            seed,
            census_share: 0.88,
            social_care_share: 0.135,
            social_care_duplicates: 0.015,
            looked_after: 0.007,
            unaccompanied: 0.001,
            multiple_births: 0.015,
            step_families: 0.12,
            moved: 0.13,
            looked_after_moved: 0.65,
            unnamed: 0.3,
            clustered: true,
            school_census: Rates::school_census(),
            social_care: Rates::social_care(),
        }
    }
}

/// How often each mistake is made in a source: shares of its records, averaged over sites, families
/// and groups. A rate says how often the mistake is *attempted*: a nickname needs a name that has one,
/// a hyphen can be dropped only where there is one.
///
/// The figures are judgements around the little that is published on councils' data: what a run on these
/// people reaches says how methods compare, not how they will do on a council's own files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Neighbouring key, letters exchanged, dropped or doubled.
    pub forename_typo: f64,
    /// The same for surnames.
    pub surname_typo: f64,
    /// Another spelling that sounds the same: Ayesha for Aisha.
    pub forename_respelt: f64,
    /// The same for surnames.
    pub surname_respelt: f64,
    /// A familiar form instead of the full name.
    pub nickname: f64,
    /// The middle name as forename.
    pub middle_as_forename: f64,
    /// Forename and middle name in the forename field.
    pub two_forenames: f64,
    /// Only the first letter of the forename.
    pub initial: f64,
    /// Forename and surname the wrong way round.
    pub swapped: f64,
    /// The other surname of the family: a parent's, a step-parent's, a former one.
    pub other_surname: f64,
    /// One half of a double-barrelled surname.
    pub half_surname: f64,
    /// Another hyphen, apostrophe, space or Mc in a forename or surname.
    pub repunctuated: f64,
    /// Letters with accents turned into question marks.
    pub garbled: f64,
    /// No forename.
    pub forename_missing: f64,
    /// No surname.
    pub surname_missing: f64,
    /// Day and month exchanged, one part off, the first of the month or the year.
    pub dob_wrong: f64,
    /// 1 January 1900.
    pub dob_placeholder: f64,
    /// No date of birth.
    pub dob_missing: f64,
    /// The other sex.
    pub sex_wrong: f64,
    /// Sex not recorded.
    pub sex_missing: f64,
    /// A slip in the postcode.
    pub postcode_typo: f64,
    /// Without its space or in small letters: the same postcode in another form.
    pub postcode_form: f64,
    /// ZZ99 3VZ, no fixed abode.
    pub postcode_placeholder: f64,
    /// No postcode.
    pub postcode_missing: f64,
    /// No address.
    pub address_missing: f64,
    /// Rd for Road, St for Street.
    pub address_abbreviated: f64,
    /// A sibling's UPN, a temporary one, or two digits exchanged.
    pub upn_wrong: f64,
    /// No UPN though the child has one; looked-after children half as often.
    pub upn_missing: f64,
    /// A reason code such as UN1 where the UPN is not given.
    pub upn_reason: f64,
    /// Two digits of the NHS number exchanged.
    pub nhs_number_wrong: f64,
    /// No NHS number; looked-after children half as often.
    pub nhs_number_missing: f64,
}

impl Rates {
    /// No mistake at all, nothing missing.
    pub const NONE: Self = Self {
        forename_typo: 0.0,
        surname_typo: 0.0,
        forename_respelt: 0.0,
        surname_respelt: 0.0,
        nickname: 0.0,
        middle_as_forename: 0.0,
        two_forenames: 0.0,
        initial: 0.0,
        swapped: 0.0,
        other_surname: 0.0,
        half_surname: 0.0,
        repunctuated: 0.0,
        garbled: 0.0,
        forename_missing: 0.0,
        surname_missing: 0.0,
        dob_wrong: 0.0,
        dob_placeholder: 0.0,
        dob_missing: 0.0,
        sex_wrong: 0.0,
        sex_missing: 0.0,
        postcode_typo: 0.0,
        postcode_form: 0.0,
        postcode_placeholder: 0.0,
        postcode_missing: 0.0,
        address_missing: 0.0,
        address_abbreviated: 0.0,
        upn_wrong: 0.0,
        upn_missing: 0.0,
        upn_reason: 0.0,
        nhs_number_wrong: 0.0,
        nhs_number_missing: 0.0,
    };

    /// Schools see the birth certificate and use the record every day.
    pub fn school_census() -> Self {
        Self {
            forename_typo: 0.006,
            surname_typo: 0.006,
            forename_respelt: 0.005,
            surname_respelt: 0.004,
            nickname: 0.008,
            middle_as_forename: 0.001,
            two_forenames: 0.01,
            initial: 0.0003,
            swapped: 0.001,
            other_surname: 0.01,
            half_surname: 0.08,
            repunctuated: 0.12,
            garbled: 0.01,
            forename_missing: 0.0003,
            surname_missing: 0.0002,
            dob_wrong: 0.002,
            dob_missing: 0.0005,
            sex_wrong: 0.001,
            sex_missing: 0.001,
            postcode_typo: 0.004,
            postcode_form: 0.01,
            postcode_missing: 0.008,
            address_missing: 0.008,
            upn_wrong: 0.003,
            upn_missing: 0.01,
            ..Self::NONE
        }
    }

    /// Social workers write down what they are told at the door or on the telephone.
    pub fn social_care() -> Self {
        Self {
            forename_typo: 0.02,
            surname_typo: 0.02,
            forename_respelt: 0.02,
            surname_respelt: 0.015,
            nickname: 0.06,
            middle_as_forename: 0.01,
            two_forenames: 0.03,
            initial: 0.002,
            swapped: 0.004,
            other_surname: 0.035,
            half_surname: 0.25,
            repunctuated: 0.2,
            garbled: 0.03,
            forename_missing: 0.003,
            surname_missing: 0.002,
            dob_wrong: 0.009,
            dob_placeholder: 0.002,
            dob_missing: 0.006,
            sex_wrong: 0.002,
            sex_missing: 0.008,
            postcode_typo: 0.01,
            postcode_form: 0.12,
            postcode_placeholder: 0.006,
            postcode_missing: 0.03,
            address_missing: 0.05,
            address_abbreviated: 0.3,
            upn_wrong: 0.004,
            upn_missing: 0.45,
            upn_reason: 0.15,
            nhs_number_wrong: 0.003,
            nhs_number_missing: 0.4,
        }
    }

    /// The council's SEN team types from forms of schools and parents (judgement, between schools and social
    /// workers).
    pub fn sen2() -> Self {
        Self {
            forename_typo: 0.012,
            surname_typo: 0.012,
            forename_respelt: 0.01,
            surname_respelt: 0.008,
            nickname: 0.02,
            middle_as_forename: 0.003,
            two_forenames: 0.015,
            swapped: 0.002,
            other_surname: 0.02,
            half_surname: 0.12,
            repunctuated: 0.15,
            garbled: 0.02,
            dob_wrong: 0.004,
            sex_wrong: 0.0015,
            postcode_typo: 0.006,
            postcode_form: 0.03,
            postcode_missing: 0.02,
            upn_wrong: 0.004,
            upn_missing: 0.06,
            upn_reason: 1.0,
            ..Self::NONE
        }
    }

    /// The team that vaccinates at schools gets lists from schools and completes them from the NHS
    /// (judgement).
    pub fn child_health() -> Self {
        Self {
            forename_typo: 0.006,
            surname_typo: 0.006,
            forename_respelt: 0.006,
            surname_respelt: 0.005,
            nickname: 0.015,
            middle_as_forename: 0.002,
            two_forenames: 0.015,
            swapped: 0.003,
            other_surname: 0.02,
            half_surname: 0.1,
            repunctuated: 0.15,
            garbled: 0.03,
            dob_wrong: 0.002,
            postcode_typo: 0.004,
            postcode_form: 0.05,
            postcode_missing: 0.01,
            address_missing: 0.01,
            address_abbreviated: 0.2,
            nhs_number_wrong: 0.001,
            nhs_number_missing: 0.04,
            ..Self::NONE
        }
    }

    /// General practices hold what the national demographics service holds. Of hospital records checked
    /// against it, 0.1 % had a wrong or missing sex or date of birth (PMC5297137); names
    /// are judgement.
    pub fn general_practice() -> Self {
        Self {
            forename_typo: 0.004,
            surname_typo: 0.004,
            forename_respelt: 0.004,
            surname_respelt: 0.003,
            two_forenames: 0.02,
            swapped: 0.002,
            other_surname: 0.02,
            half_surname: 0.08,
            repunctuated: 0.12,
            garbled: 0.02,
            dob_wrong: 0.001,
            sex_wrong: 0.001,
            postcode_typo: 0.002,
            address_abbreviated: 0.15,
            ..Self::NONE
        }
    }

    /// Community services need no NHS number for their returns, so it is missing more often (judgement).
    pub fn community_health() -> Self {
        Self {
            dob_wrong: 0.002,
            sex_wrong: 0.001,
            sex_missing: 0.01,
            postcode_typo: 0.004,
            postcode_form: 0.02,
            postcode_placeholder: 0.003,
            postcode_missing: 0.01,
            nhs_number_wrong: 0.001,
            nhs_number_missing: 0.05,
            ..Self::NONE
        }
    }

    /// Mental health services see their patients for longer than others do (judgement).
    pub fn mental_health() -> Self {
        Self { nhs_number_missing: 0.02, dob_wrong: 0.0015, ..Self::community_health() }
    }

    /// Emergency departments ask at the door. A wrong date of birth or sex is as rare as in other hospital
    /// records (0.1 %, as for general practices); missing NHS numbers are judgement.
    pub fn emergency() -> Self {
        Self {
            dob_wrong: 0.0015,
            dob_placeholder: 0.0005,
            sex_wrong: 0.0008,
            sex_missing: 0.002,
            postcode_typo: 0.006,
            postcode_form: 0.05,
            postcode_placeholder: 0.006,
            postcode_missing: 0.01,
            nhs_number_wrong: 0.001,
            nhs_number_missing: 0.03,
            ..Self::NONE
        }
    }

    /// Midwives write the notification, registrars the name (judgement).
    pub fn births() -> Self {
        Self {
            forename_typo: 0.002,
            surname_typo: 0.002,
            surname_respelt: 0.002,
            other_surname: 0.06,
            repunctuated: 0.05,
            dob_wrong: 0.0005,
            sex_wrong: 0.0005,
            postcode_typo: 0.002,
            postcode_missing: 0.002,
            ..Self::NONE
        }
    }
}
