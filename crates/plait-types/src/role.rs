//! What a column means for linkage.

/// What a column means for linkage. Inferred from header and values, or given by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Identifies the row within its source; named in outputs, never compared.
    RecordId,
    /// Given name; may hold several tokens.
    Forename,
    /// Middle names, where they stand in a column of their own.
    MiddleName,
    /// Name the person is called by, where it stands beside the legal forename.
    PreferredForename,
    /// Family name.
    Surname,
    /// An earlier family name.
    FormerSurname,
    /// Forename and surname in one column.
    FullName,
    /// Date of birth, whole or partial.
    DateOfBirth,
    /// Sex or gender as recorded.
    Sex,
    /// UK postcode, or another country's postal code.
    Postcode,
    /// Postcodes where a person has lived before or lives as well, several in one value joined by `;`, `|` or `,`.
    FormerPostcode,
    /// A whole postal address in one column.
    Address,
    /// One line of an address: street, building, locality.
    AddressLine,
    /// House or flat number in a column of its own.
    HouseNumber,
    /// Town, city or suburb.
    Town,
    /// County, state, region or local authority.
    Region,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Unique Pupil Number.
    Upn,
    /// NHS number.
    NhsNumber,
    /// Unique Learner Number.
    Uln,
    /// Another identifier of a person that several sources may share.
    Identifier,
    /// School or setting: name, URN or LAESTAB.
    School,
    /// The extract or system that a record came from.
    Source,
    /// Ethnicity as recorded; used for quality by group, never compared by default.
    Ethnicity,
    /// Special educational needs provision: none, support or a plan; for quality by group, never compared by default.
    SenProvision,
    /// Whether eligible for free school meals; for quality by group, like the roles down to [`Role::Unaccompanied`].
    FreeSchoolMeals,
    /// Decile of deprivation of the home's area, 1 the most deprived.
    Deprivation,
    /// Whether a child in need.
    ChildInNeed,
    /// Whether on a child protection plan.
    ProtectionPlan,
    /// Whether looked after by a local authority.
    LookedAfter,
    /// Whether an unaccompanied asylum-seeking child.
    Unaccompanied,
    /// A date that is not a date of birth.
    OtherDate,
    /// A category with few values.
    Category,
    /// A number.
    Number,
    /// Prose.
    FreeText,
    /// Anything else, or a column without values.
    Other,
}

/// The one table of names: the first word of each line is what outputs and models use.
const NAMES: &[(Role, &str, &str)] = &[
    (Role::RecordId, "record_id", "record identifier"),
    (Role::Forename, "forename", "forename"),
    (Role::MiddleName, "middle_name", "middle name"),
    (Role::PreferredForename, "preferred_forename", "preferred forename"),
    (Role::Surname, "surname", "surname"),
    (Role::FormerSurname, "former_surname", "former surname"),
    (Role::FullName, "full_name", "full name"),
    (Role::DateOfBirth, "date_of_birth", "date of birth"),
    (Role::Sex, "sex", "sex"),
    (Role::Postcode, "postcode", "postcode"),
    (Role::FormerPostcode, "former_postcode", "former postcode"),
    (Role::Address, "address", "address"),
    (Role::AddressLine, "address_line", "address line"),
    (Role::HouseNumber, "house_number", "house number"),
    (Role::Town, "town", "town"),
    (Role::Region, "region", "region"),
    (Role::Email, "email", "e-mail"),
    (Role::Phone, "phone", "telephone"),
    (Role::Upn, "upn", "UPN"),
    (Role::NhsNumber, "nhs_number", "NHS number"),
    (Role::Uln, "uln", "ULN"),
    (Role::Identifier, "identifier", "identifier"),
    (Role::School, "school", "school"),
    (Role::Source, "source", "source"),
    (Role::Ethnicity, "ethnicity", "ethnicity"),
    (Role::SenProvision, "sen_provision", "SEN provision"),
    (Role::FreeSchoolMeals, "free_school_meals", "free school meals"),
    (Role::Deprivation, "deprivation", "deprivation"),
    (Role::ChildInNeed, "child_in_need", "child in need"),
    (Role::ProtectionPlan, "protection_plan", "protection plan"),
    (Role::LookedAfter, "looked_after", "looked after"),
    (Role::Unaccompanied, "unaccompanied", "unaccompanied"),
    (Role::OtherDate, "other_date", "other date"),
    (Role::Category, "category", "category"),
    (Role::Number, "number", "number"),
    (Role::FreeText, "free_text", "free text"),
    (Role::Other, "other", "not used"),
];

impl Role {
    /// Every role, in the order of the table in the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|row| row.0)
    }

    /// The name in models, options and outputs: `date_of_birth`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The name in sentences: `date of birth`.
    pub fn words(self) -> &'static str {
        self.row().2
    }

    /// The role of a name as [`Role::name`] gives it.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Whether columns of it are about the same thing in every source, whatever their headers say.
    pub fn is_one_thing(self) -> bool {
        !matches!(self, Self::Identifier | Self::Category | Self::Number | Self::OtherDate | Self::Other)
    }

    /// Whether one of several columns with it can stand for all: lines of an address are several by nature.
    pub fn has_main_column(self) -> bool {
        self.is_one_thing() && self != Self::AddressLine
    }

    /// Whether values of this role are dates.
    pub fn is_date(self) -> bool {
        matches!(self, Self::DateOfBirth | Self::OtherDate)
    }

    /// Whether values of this role say who or where somebody is: masked wherever they are shown.
    pub fn identifies(self) -> bool {
        !self.is_characteristic()
            && !matches!(self, Self::Sex | Self::Source | Self::Category | Self::Region | Self::Number)
    }

    /// Whether values of this role say what a person is like, and not who it is: for quality by group, never compared by
    /// default.
    pub fn is_characteristic(self) -> bool {
        matches!(
            self,
            Self::Ethnicity
                | Self::SenProvision
                | Self::FreeSchoolMeals
                | Self::Deprivation
                | Self::ChildInNeed
                | Self::ProtectionPlan
                | Self::LookedAfter
                | Self::Unaccompanied
        )
    }

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        NAMES.iter().find(|row| row.0 == self).expect("every role has a row in NAMES")
    }
}
