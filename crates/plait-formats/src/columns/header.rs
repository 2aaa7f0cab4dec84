//! What a header says about its column.
//!
//! Headers of the statutory returns, of case-management and NHS extracts and of common test data are listed
//! in one table; everything else is reduced to a listed one by dropping words for the subject (`child`,
//! `PERSON_`) and for the kind of value (`legal`, `current`), or by a word that it contains.

use plait_types::Role;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// What is recorded about the person.
    Is(Role),
    /// Contains a word for it, among others.
    Mentions(Role),
    /// A number of the row: `rec_id`, `unique_id`.
    RowId,
    /// A number of the person in the system that made the file: `ChildID`, `Cms Id`.
    PersonId,
    /// A number of something: `episode_id`.
    SomeId,
    /// A number of something, or a count: `client_no`, `Letter Number`.
    SomeNumber,
    /// A number of the home or family, which siblings share.
    Household,
    /// The result of an earlier linkage, or the truth about one.
    Answer,
    /// Not about the person but about this other one.
    About(&'static str),
    /// A point in time.
    When,
    /// Nothing that we know.
    Nothing,
}

/// Each role with its headers, without spaces and punctuation.
#[rustfmt::skip]
const ROLES: &[(Role, &[&str])] = &[
    (
        Role::Forename,
        &[
            "forename", "forenames", "firstname", "firstnames", "givenname", "givennames", "christianname",
            "fname", "first", "given", "forename1", "firstname1", "givenname1",
        ],
    ),
    (
        Role::MiddleName,
        &[
            "middlename", "middlenames", "middleinitial", "middleinitials", "middle", "mname", "othernames",
            "othername", "othergivenname", "othergivennames", "otherforenames", "secondforename",
            "secondname", "forename2", "firstname2", "givenname2", "middlename1",
        ],
    ),
    (
        Role::PreferredForename,
        &[
            "preferredforename", "preferredfirstname", "preferredgivenname", "preferredname", "knownas",
            "knownby", "nickname", "chosenname", "chosenfirstname", "chosengivenname", "chosenforename", "usedname", "aliasforename",
        ],
    ),
    (
        Role::Surname,
        &[
            "surname", "surnames", "lastname", "lastnames", "familyname", "sname", "lname", "last",
            "secondsurname",
        ],
    ),
    (
        Role::FormerSurname,
        &[
            "formersurname", "formerlastname", "formerfamilyname", "formername", "previoussurname",
            "previouslastname", "previousname", "maidenname", "birthsurname", "surnameatbirth", "birthname",
            "othersurname", "preferredsurname", "preferredlastname", "preferredfamilyname", "aliassurname",
        ],
    ),
    (Role::FullName, &["name", "fullname", "completename", "displayname", "nameinfull"]),
    (
        Role::DateOfBirth,
        &[
            "dateofbirth", "dob", "birthdate", "birthdt", "dtofbirth", "dateborn", "born", "birthday",
            "bday", "doborig", "yearofbirth", "birthyear", "yob", "dobyear", "monthyearofbirth",
        ],
    ),
    (
        Role::Sex,
        &[
            "sex", "gender", "gendercurrent", "sexatbirth", "statedgender", "sexgender", "gendersex",
            "genderid",
        ],
    ),
    (
        Role::Postcode,
        &[
            "postcode", "postalcode", "zip", "zipcode", "pcode", "pcd", "pcds", "homepost", "postcodehome",
            "homeadd", "addresspostcode", "addrpostcode", "postzip",
        ],
    ),
    (
        Role::FormerPostcode,
        &[
            "formerpostcode", "formerpostcodes", "previouspostcode", "previouspostcodes", "oldpostcode",
            "otherpostcode", "otherpostcodes", "pastpostcode", "pastpostcodes", "priorpostcode", "prevpostcode",
            "postcodeprevious", "postcodebefore", "lastknownpostcode", "previoushomepostcode", "formerhomepostcode",
        ],
    ),
    (
        Role::Address,
        &["address", "addr", "fulladdress", "addressfull", "addressblock", "postaladdress", "residence"],
    ),
    (
        Role::AddressLine,
        &[
            "street", "streetname", "road", "locality", "paon", "building", "buildingname", "housename",
            "addressline", "addrline", "line1", "line2", "line3", "line4", "line5", "streetaddress",
            "dependentlocality",
        ],
    ),
    (
        Role::HouseNumber,
        &[
            "housenumber", "houseno", "streetnumber", "streetno", "saon", "flat", "flatnumber",
            "buildingnumber", "doornumber", "housenum",
        ],
    ),
    (Role::Town, &["town", "city", "suburb", "posttown", "village", "towncity", "municipality"]),
    (
        Role::Region,
        &[
            "county", "state", "region", "province", "administrativearea", "localauthority", "borough",
            "lea", "la", "lacode", "laname", "ladistrictauth", "country",
        ],
    ),
    (Role::Email, &["email", "emailaddress", "emailaddr", "mail", "emailid", "personalemail"]),
    (
        Role::Phone,
        &[
            "phone", "phonenumber", "phoneno", "telephone", "telephonenumber", "telephoneno", "tel",
            "telno", "mobile", "mobilenumber", "mobileno", "mobilephone", "contactnumber", "contactno",
            "homephone", "cell", "cellphone", "landline", "phonenum",
        ],
    ),
    (
        Role::Upn,
        &[
            "upn", "uniquepupilnumber", "uniquepupilno", "formerupn", "previousupn",
            "formeruniquepupilnumber", "sendupn",
        ],
    ),
    (
        Role::NhsNumber,
        &["nhsnumber", "nhsno", "nhsnum", "nhs", "newnhsno", "nhsid", "reqnhsnumber", "matchednhsno"],
    ),
    (Role::Uln, &["uln", "uniquelearnernumber", "uniquelearnerno", "learnernumber", "senduln"]),
    (
        Role::Identifier,
        &[
            "socsecid", "ssn", "socialsecuritynumber", "nino", "ninumber", "nationalinsurancenumber",
            "nationalinsuranceno", "passport", "passportnumber", "homeofficereference",
            "homeofficeregistration", "hesid", "tokenpersonid", "derpersonid", "derpseudonhsnumber",
            "pseudonym", "commonchildid", "medicare", "medicarenumber", "nationalid", "idcardnumber",
            "yotnumber",
        ],
    ),
    (
        Role::School,
        &[
            "school", "schoolname", "schoolid", "schoolcode", "schoolurn", "urn", "ukprn", "laestab",
            "estab", "establishment", "setting", "settingname", "orgidedueestab", "orgideduestab",
            "nursery", "academy",
        ],
    ),
    (
        Role::Ethnicity,
        &[
            "ethnicity", "ethnic", "ethnicgroup", "ethnicorigin", "ethniccategory", "ethniccategory2021",
            "ethnos", "ethnicbackground", "nhsdethnicity", "race",
        ],
    ),
    (
        Role::SenProvision,
        &["sen", "senprovision", "senstatus", "sencode", "senstage", "specialeducationalneeds", "ehcp", "ehcplan"],
    ),
    (
        Role::FreeSchoolMeals,
        &[
            "fsm", "fsmeligible", "fsmeligibility", "fsmflag", "freeschoolmeals", "freeschoolmeal",
            "freeschoolmealseligible", "eligibleforfreeschoolmeals", "freeschoolmealeligibility",
            "freeschoolmealseligibility", "eligibleforfsm",
        ],
    ),
    (
        Role::Deprivation,
        &[
            "deprivation", "deprivationdecile", "imddecile", "idacidecile", "imd", "idaci", "imd2019decile",
            "idaci2019decile", "imd2025decile", "idaci2025decile", "decileofdeprivation",
        ],
    ),
    (
        Role::ChildInNeed,
        &["childinneed", "childreninneed", "cin", "cinflag", "childinneedflag", "childinneedind", "cinplan"],
    ),
    (
        Role::ProtectionPlan,
        &[
            "protectionplan", "childprotectionplan", "childprotection", "cpplan", "cpp", "cpflag",
            "cpplanflag", "childprotectionplanflag", "childprotectionplanind", "onchildprotectionplan",
        ],
    ),
    (
        Role::LookedAfter,
        &[
            "lookedafter", "lookedafterchild", "childlookedafter", "childrenlookedafter", "lac", "cla", "incare",
            "inleacare", "lacflag", "claflag", "lacstatus", "lacindicator", "lookedafterchildind",
            "lookedafterchildindicator", "lookedafterchildflag", "lookedafterflag",
        ],
    ),
    (
        Role::Unaccompanied,
        &[
            "unaccompanied", "uasc", "uascflag", "unaccompaniedasylumseekingchild",
            "unaccompaniedasylumseeker", "unaccompaniedminor",
        ],
    ),
];

/// Headers of numbers, with what they number.
#[rustfmt::skip]
const IDS: &[(Meaning, &[&str])] = &[
    (
        Meaning::RowId,
        &[
            "id", "recid", "recordid", "rowid", "uniqueid", "uid", "uuid", "guid", "index", "idx", "rowno",
            "rownumber", "rownum", "row", "recordnumber", "recordno", "recno", "record", "recordidentifier",
            "uniquereference", "uniqueref", "uniqueidentifier", "uniquekey", "nativeid", "pk", "key",
            "primarykey", "serial", "serialno", "seq", "sequence", "sourceid", "identifier", "internalid",
            "deathid", "ledrid", "decrecordid",
        ],
    ),
    (
        Meaning::PersonId,
        &[
            "lachildid", "mischildid", "childlaid", "cmsid", "mosaicid", "lcsid", "eclipseid",
            "liquidlogicid", "capitaid", "simsid", "misid", "legacyid", "casenumber", "caseno", "caseid",
            "caseref", "casereference", "localpatientid", "localpatientidentifier", "lopatid",
            "hospitalnumber", "hospitalno", "mrn", "adno", "admissionnumber", "admissionno", "upi",
            "childuniqueid", "casefileno", "swiftid", "frameworkid", "ssdid",
        ],
    ),
    (
        Meaning::Household,
        &[
            "uprn",
            "uniquepropertyreferencenumber",
            "uniquepropertyref",
            "addressid",
            "familyid",
            "familyidentifier",
        ],
    ),
    (
        Meaning::Answer,
        &[
            "cluster", "clusterid", "entity", "entityid", "truth", "trueid", "truematchid", "truecluster",
            "linkid", "matchid", "duplicategroup",
        ],
    ),
];

/// Words for the person a row is about.
#[rustfmt::skip]
const SUBJECTS: &[&str] = &[
    "childrens", "childs", "child", "pupils", "pupil", "students", "student", "persons", "person", "pers",
    "patients", "patient", "learners", "learner", "clients", "client", "customers", "customer",
    "individual", "resident", "member", "subject", "youngpersons", "youngperson", "cyp", "yp",
    "serviceuser", "applicant",
];

/// Words before a header that leave its meaning as it is.
#[rustfmt::skip]
const BEFORE: &[&str] = &[
    "legal", "current", "home", "usual", "main", "primary", "latest", "stated", "recorded", "original",
    "registered", "official", "the", "addr", "send", "residential",
];

/// Words after a header that leave its meaning as it is.
#[rustfmt::skip]
const AFTER: &[&str] = &[
    "code", "desc", "description", "text", "value", "raw", "clean", "cleaned", "std", "standardised",
    "ofchild", "ofpupil", "ofpatient", "orig",
];

/// Words for people and bodies that a row is not about.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "parent", "parents", "mother", "mothers", "moth", "father", "fathers", "guardian", "carer", "carers",
    "contact", "worker", "gp", "doctor", "consultant", "teacher", "emergency", "kin", "nok", "sibling",
    "adopter", "foster", "staff", "professional", "manager", "organisation", "organization", "placement",
    "pl", "provider", "practitioner", "practice", "spouse", "partner", "employer", "officer", "advisor",
    "adviser", "team", "head", "mc", "sw", "referrer", "author", "user", "maternal", "paternal", "school",
];

/// Of these also when they are run together with the next word: `parentemail`.
const OTHERS_RUN_TOGETHER: &[&str] =
    &["parent", "mother", "father", "guardian", "carer", "contact", "placement", "emergency"];

/// Words that make a header speak of something else than the value it mentions: `NHSNumberStatus`.
#[rustfmt::skip]
const NOT_THE_VALUE: &[&str] = &[
    "status", "flag", "type", "start", "end", "unknown", "valid", "validity", "source", "count", "soundex",
    "expected", "score", "verified", "sector", "district", "lsoa", "reason", "death", "missing",
    "percentage", "match", "matched", "confidence", "age", "length", "has", "is",
];

/// Words that a header may contain among others, tried in this order.
const MENTIONED: &[(&str, Role)] = &[
    ("dateofbirth", Role::DateOfBirth),
    ("birthdate", Role::DateOfBirth),
    ("dob", Role::DateOfBirth),
    ("postcode", Role::Postcode),
    ("nhsnumber", Role::NhsNumber),
    ("nhsno", Role::NhsNumber),
    ("upn", Role::Upn),
    ("uln", Role::Uln),
    ("surname", Role::Surname),
    ("lastname", Role::Surname),
    ("familyname", Role::Surname),
    ("forename", Role::Forename),
    ("firstname", Role::Forename),
    ("givenname", Role::Forename),
    ("email", Role::Email),
    ("telephone", Role::Phone),
    ("mobile", Role::Phone),
    ("phone", Role::Phone),
    ("ethnic", Role::Ethnicity),
    ("gender", Role::Sex),
];

/// Words of headers of dates that are not dates of birth.
#[rustfmt::skip]
const WHEN: &[&str] = &[
    "date", "dt", "start", "end", "time", "timestamp", "from", "to", "on", "at", "updated", "created",
    "modified", "visit", "event", "entry", "leaving", "admission", "admidate", "discharge", "review",
    "closed", "opened", "decom", "dec", "year", "month", "week", "day", "death", "died", "dod", "dor",
    "expiry", "startdate", "enddate", "entrydate", "leavingdate", "expected", "registered", "due", "since",
    "until",
];

/// What a header says.
pub(super) fn meaning(header: &str) -> Meaning {
    let words = words(header);
    let whole = words.concat();
    if let Some(found) = listed(&whole).or_else(|| reduced(&whole)) {
        return found;
    }
    if SUBJECTS.contains(&whole.as_str()) {
        return Meaning::PersonId;
    }
    let other = words.iter().find_map(|word| OTHERS.iter().find(|other| *other == word));
    let run_together = || OTHERS_RUN_TOGETHER.iter().find(|other| whole.starts_with(**other));
    if let Some(other) = other.or_else(run_together) {
        return Meaning::About(other);
    }
    if words.iter().any(|word| NOT_THE_VALUE.contains(&word.as_str())) {
        return fallback(&words);
    }
    mentioned(&words, &whole).unwrap_or_else(|| fallback(&words))
}

/// The name of the role that a header names: `surname` of `lastname`.
pub(crate) fn role_named(header: &str) -> Option<&'static str> {
    match meaning(header) {
        Meaning::Is(role) => Some(role.name()),
        _ => None,
    }
}

/// What a person is like that a header names; `None` of everything else.
pub(crate) fn characteristic(header: &str) -> Option<Role> {
    match meaning(header) {
        Meaning::Is(role) if role.is_characteristic() => Some(role),
        _ => None,
    }
}

/// What a column holds that tells a person from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identifies {
    /// A UPN, NHS number or ULN.
    Number,
    /// One that the system gives which made the file, of any form.
    AnyId,
    /// A name or a part of one.
    Name,
    /// A date of birth or a part of one.
    Birth,
}

/// What a header names that tells a person from others, if anything. Columns with any of the meanings that may become
/// identifiers of records hold one.
pub(crate) fn identifies(header: &str) -> Option<Identifies> {
    match meaning(header) {
        Meaning::Is(role) | Meaning::Mentions(role) => match role {
            Role::Upn | Role::NhsNumber | Role::Uln => Some(Identifies::Number),
            Role::Identifier => Some(Identifies::AnyId),
            Role::Forename
            | Role::MiddleName
            | Role::PreferredForename
            | Role::Surname
            | Role::FormerSurname
            | Role::FullName => Some(Identifies::Name),
            Role::DateOfBirth => Some(Identifies::Birth),
            _ => None,
        },
        Meaning::RowId
        | Meaning::PersonId
        | Meaning::SomeId
        | Meaning::SomeNumber
        | Meaning::Household
        | Meaning::Answer => Some(Identifies::AnyId),
        Meaning::About(_) | Meaning::When | Meaning::Nothing => None,
    }
}

/// The words of a header, in lower case: `NHSNumber`, `NHS_NUMBER` and `NHS number` have the same two.
pub(super) fn words(header: &str) -> Vec<String> {
    let chars: Vec<char> = header.chars().filter(|c| !matches!(c, '\'' | '’')).collect();
    let mut words: Vec<String> = Vec::new();
    let mut starts = true;
    for (at, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            starts = true;
            continue;
        }
        let before = at.checked_sub(1).map(|at| chars[at]);
        let lower_after = chars.get(at + 1).is_some_and(|c| c.is_lowercase());
        let new_word = starts
            || before.is_some_and(|b| c.is_uppercase() && (!b.is_uppercase() || lower_after))
            || before.is_some_and(|b| b.is_numeric() != c.is_numeric());
        if new_word {
            words.push(String::new());
        }
        starts = false;
        words.last_mut().expect("the first letter starts a word").extend(c.to_lowercase());
    }
    words
}

fn listed(whole: &str) -> Option<Meaning> {
    let role = ROLES.iter().find(|(_, headers)| headers.contains(&whole));
    role.map(|(role, _)| Meaning::Is(*role))
        .or_else(|| IDS.iter().find(|(_, headers)| headers.contains(&whole)).map(|(meaning, _)| *meaning))
}

/// The meaning after dropping words that do not change it, one at a time.
fn reduced(whole: &str) -> Option<Meaning> {
    for rest in SUBJECTS.iter().filter_map(|subject| whole.strip_prefix(subject)) {
        match listed(rest).or_else(|| reduced(rest)) {
            Some(Meaning::RowId) => return Some(Meaning::PersonId),
            Some(found) => return Some(found),
            None => {}
        }
    }
    for rest in BEFORE.iter().filter_map(|word| whole.strip_prefix(word)) {
        if let Some(found) = listed(rest).or_else(|| reduced(rest)) {
            return Some(found);
        }
    }
    for rest in AFTER.iter().filter_map(|word| whole.strip_suffix(word)) {
        if let Some(found) = listed(rest).or_else(|| reduced(rest)) {
            return Some(found);
        }
    }
    numbered(whole)
}

/// `phone2`, `address1`: a whole address that has a number is a line of one.
fn numbered(whole: &str) -> Option<Meaning> {
    let stem = whole.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == whole.len() {
        return None;
    }
    match listed(stem).or_else(|| reduced(stem))? {
        Meaning::Is(Role::Address) => Some(Meaning::Is(Role::AddressLine)),
        Meaning::Is(Role::FullName) => None,
        found @ Meaning::Is(_) => Some(found),
        _ => None,
    }
}

fn mentioned(words: &[String], whole: &str) -> Option<Meaning> {
    let found = MENTIONED.iter().find(|(word, _)| {
        // short words only as words of their own: "upn" is in "groupname"
        if word.len() <= 3 { words.iter().any(|w| w == word) } else { whole.contains(word) }
    });
    found.map(|(_, role)| Meaning::Mentions(*role))
}

fn fallback(words: &[String]) -> Meaning {
    let last = words.last().map_or("", String::as_str);
    if words.iter().any(|word| WHEN.contains(&word.as_str())) || last.ends_with("date") {
        return Meaning::When;
    }
    let numbers_something =
        matches!(last, "id" | "ids" | "identifier" | "ref" | "reference" | "uuid" | "guid" | "key")
            || last.ends_with("tableid");
    match last {
        _ if numbers_something => Meaning::SomeId,
        "no" | "nr" | "num" | "number" => Meaning::SomeNumber,
        _ => Meaning::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[&str], expected: Meaning) {
        for header in headers {
            assert_eq!(meaning(header), expected, "{header}");
        }
    }

    #[test]
    fn headers_are_split_into_words() {
        assert_eq!(words("NHSNumber"), ["nhs", "number"]);
        assert_eq!(words("PersonBirthDate"), ["person", "birth", "date"]);
        assert_eq!(words("CHILD_ADDRESS_LINE_1"), ["child", "address", "line", "1"]);
        assert_eq!(words("Child's  name"), ["childs", "name"]);
        assert_eq!(words("--"), Vec::<String>::new());
    }

    #[test]
    fn headers_of_the_returns_are_known() {
        check(
            &["Forename", "First Name", "given_name", "CHILD_FIRST_NAME", "LegalForename", "pers_forename"],
            Meaning::Is(Role::Forename),
        );
        check(
            &[
                "Surname",
                "LegalSurname",
                "last_name",
                "PERSON_SURNAME",
                "FAMILY_NAME",
                "Child's surname",
                "childsurname",
            ],
            Meaning::Is(Role::Surname),
        );
        check(&["middlenames", "OTHER_GIVEN_NAME"], Meaning::Is(Role::MiddleName));
        check(
            &["CHILD_PREFERRED_GIVEN_NAME", "Known as", "Chosen First Name"],
            Meaning::Is(Role::PreferredForename),
        );
        check(&["formersurname", "preferredsurname"], Meaning::Is(Role::FormerSurname));
        check(
            &[
                "PersonBirthDate",
                "dob",
                "date_of_birth",
                "birth_date",
                "CHILD_DATE_OF_BIRTH",
                "pers_dob",
                "DOB ",
            ],
            Meaning::Is(Role::DateOfBirth),
        );
        check(
            &["Gender", "Sex", "PersonGender", "GenderCurrent", "PERSON_GENDER_CODE"],
            Meaning::Is(Role::Sex),
        );
        check(
            &["Postcode", "PostCode", "HOME_POST", "CHILD_POSTCODE", "addr_address_postcode", "zip"],
            Meaning::Is(Role::Postcode),
        );
        check(&["Addr", "Address", "Home address"], Meaning::Is(Role::Address));
        check(
            &["address_1", "address_2", "CHILD_ADDRESS_LINE_1", "addressline5", "Street"],
            Meaning::Is(Role::AddressLine),
        );
        check(&["street_number", "House No", "saon"], Meaning::Is(Role::HouseNumber));
        check(&["suburb", "city", "CHILD_TOWN"], Meaning::Is(Role::Town));
        check(&["state", "County"], Meaning::Is(Role::Region));
        check(&["UPN", "FormerUPN", "unique_pupil_number", "Pupil UPN", "send_upn"], Meaning::Is(Role::Upn));
        check(
            &["NHSNumber", "NHS_NO", "CHILD_NHS_NUMBER", "NEWNHSNO", "nhs number"],
            Meaning::Is(Role::NhsNumber),
        );
        check(&["uniquelearnernumber", "ULN"], Meaning::Is(Role::Uln));
        check(
            &["soc_sec_id", "NI number", "Token_Person_ID", "pers_common_child_id"],
            Meaning::Is(Role::Identifier),
        );
        check(&["email", "E-mail", "EMAIL_ADDRESS"], Meaning::Is(Role::Email));
        check(&["phone", "MOBILE_NUMBER", "telephone 2", "Contact Number"], Meaning::Is(Role::Phone));
        check(&["School Name", "CHILD_SCHOOL_URN", "LAESTAB"], Meaning::Is(Role::School));
        check(&["ETHNIC", "Ethnicity", "EthnicCategory2021"], Meaning::Is(Role::Ethnicity));
        check(&["senprovision", "SENprovision", "SEN Status", "EHCP"], Meaning::Is(Role::SenProvision));
        check(&["FSMeligible", "FSM", "Free School Meals", "fsm_flag"], Meaning::Is(Role::FreeSchoolMeals));
        check(&["IMD_Decile", "IDACI decile", "deprivation_decile"], Meaning::Is(Role::Deprivation));
        check(&["child_in_need", "CIN", "Child in Need Flag"], Meaning::Is(Role::ChildInNeed));
        check(&["CPP", "protection_plan", "Child Protection Plan"], Meaning::Is(Role::ProtectionPlan));
        check(
            &["LACStatus", "LookedAfterChild_Indicator", "looked_after", "In Care", "CLA"],
            Meaning::Is(Role::LookedAfter),
        );
        check(&["UASC", "unaccompanied"], Meaning::Is(Role::Unaccompanied));
        check(&["Name", "Child name", "Full name", "patient_name"], Meaning::Is(Role::FullName));
    }

    #[test]
    fn numbers_of_rows_are_told_from_numbers_of_persons() {
        check(&["id", "rec_id", "unique_id", "Record ID", "NativeId", "UNIQUE REFERENCE"], Meaning::RowId);
        check(&["DEATH_ID", "LEDRID", "DEC_RECORD_ID"], Meaning::RowId);
        check(
            &[
                "ChildID",
                "CHILD",
                "LAchildID",
                "Cms Id",
                "Child Unique ID",
                "pers_person_id",
                "person id",
                "pupilid",
            ],
            Meaning::PersonId,
        );
        check(&["episode_id", "pupilonrolltableid", "Invoice reference"], Meaning::SomeId);
        check(&["client_no", "Letter Number"], Meaning::SomeNumber);
        check(&["uniquepropertyreferencenumber", "UPRN", "Family identifier"], Meaning::Household);
        check(&["cluster", "cluster_id"], Meaning::Answer);
    }

    #[test]
    fn columns_about_somebody_else_are_told_apart() {
        check(&["PARENT_1_NAME", "PARENT_2_EMAIL", "parentemail"], Meaning::About("parent"));
        check(&["Contact Email", "Contact Name"], Meaning::About("contact"));
        check(&["PL_POST"], Meaning::About("pl"));
        check(&["Placement postcode"], Meaning::About("placement"));
        check(&["MC_DOB"], Meaning::About("mc"));
        check(&["School postcode"], Meaning::About("school"));
        check(&["Mother's date of birth"], Meaning::About("mothers"));
    }

    #[test]
    fn words_about_a_value_are_not_the_value() {
        check(&["UPNunknown", "NHSNumberStatus", "amount", "column_7", "", "groupname"], Meaning::Nothing);
        check(
            &["ExpectedPersonBirthDate", "Date of death", "entrydate", "Coverage Start Date"],
            Meaning::When,
        );
        check(&["dob (dd/mm/yyyy)"], Meaning::Mentions(Role::DateOfBirth));
        check(&["Postcode at referral"], Meaning::Mentions(Role::Postcode));
    }

    #[test]
    fn every_listed_header_is_written_as_it_is_compared_and_listed_once() {
        let roles = ROLES.iter().flat_map(|(_, headers)| *headers);
        let mut all: Vec<&str> = roles.chain(IDS.iter().flat_map(|(_, headers)| *headers)).copied().collect();
        for header in &all {
            assert_eq!(words(header).concat(), **header);
        }
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
    }
}
