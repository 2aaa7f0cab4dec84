//! The school census of spring 2026, as the council downloads it from COLLECT.

use super::blade::{flag, number, table_id};
use super::calendar::{CENSUS_DAY, Day, EXTRACT_DAY, SCHOOL_YEAR_DAY, blade};
use super::life::{Child, Life};
use super::office::Office;
use super::schooling::{Provision, year_code, year_of};
use super::schools::{Phase, School, Schools};
use super::settings::Borough;
use super::sheet::Sheet;
use super::truth::{Truth, Who, sex_letter};
use super::write::Folder;
use crate::identifiers::{Enrolment, NO_AUTHORITY};
use crate::place::{Home, Place};
use crate::random::Random;
use crate::record::{Clerk, Record};
use plait_types::Fault;

/// The name of the folder, and of the source in the truth tables. A record is named by its
/// `pupilonrolltableid` or `pupilnolongeronrolltableid`.
pub(super) const SCHOOL_CENSUS: &str = "school_census_2026_spring";

const SCHOOL_CENSUS_COLUMNS: &[&str] = &[
    "schoolcensustableid",
    "NativeId",
    "schoolcensusorderseqcolumn",
    "sourceid",
    "term",
    "collection",
    "name",
    "year",
    "referencedate",
    "sourcelevel",
    "estab",
    "softwarecode",
    "release",
    "serialno",
    "xversion",
    "datetime",
    "lea",
    "urn",
];

const SCHOOL_COLUMNS: &[&str] = &[
    "schooltableid",
    "NativeId",
    "schoolorderseqcolumn",
    "sourceid",
    "schoolcensustableid",
    "schoolname",
    "email",
    "phoneno",
    "maxdaypupils",
    "maxboarders",
    "minmaleage",
    "maxmaleage",
    "minfemaleage",
    "maxfemaleage",
    "infantslodged",
    "infantswithdrawn",
    "infantsheard",
    "infantsupheld",
    "infantsrejected",
    "parttimenotin",
    "privatestudy",
    "pupilsatotherschool",
    "workexperience",
    "fecollege",
    "freemealstaken",
    "childmothers",
    "teenmotherplaces",
    "childcareplaces",
    "phase",
    "type",
    "highestncyeargroup",
    "lowestncyeargroup",
    "intake",
    "governance",
    "accommodation",
    "secondaryheard",
    "secondarylodged",
    "secondaryrejected",
    "secondaryupheld",
    "secondarywithdrawn",
];

/// In the order of downloads of 2025; 2026 changed none of them.
const ON_ROLL_COLUMNS: &[&str] = &[
    "pupilonrolltableid",
    "NativeId",
    "dob",
    "surname",
    "forename",
    "middlenames",
    "preferredsurname",
    "formersurname",
    "upn",
    "formerupn",
    "uniquelearnernumber",
    "sex",
    "entrydate",
    "pupilonrollorderseqcolumn",
    "sourceid",
    "schoolcensustableid",
    "hoursatsetting",
    "schoollunchtaken",
    "parttime",
    "topupfunding",
    "unitcontacttime",
    "termlysessionspossible",
    "senunitindicator",
    "resourcedprovisionindicator",
    "moveoffrollflag",
    "fundedhours",
    "missingaddress",
    "duplicatenotfunded",
    "extendedhours",
    "eligibilitycode",
    "dafindicator",
    "ethnicity",
    "yssa",
    "servicechild",
    "language",
    "classtype",
    "enrolstatus",
    "boarder",
    "plaa",
    "senprovision",
    "ncyearactual",
    "eyppr",
    "eyppbf",
    "youngcarer",
];

const OFF_ROLL_COLUMNS: &[&str] = &[
    "pupilnolongeronrolltableid",
    "NativeId",
    "dob",
    "surname",
    "forename",
    "middlenames",
    "formersurname",
    "upn",
    "formerupn",
    "uniquelearnernumber",
    "sex",
    "entrydate",
    "leavingdate",
    "pupilnolongeronrollorderseqcolumn",
    "sourceid",
    "schoolcensustableid",
    "parttime",
    "termlysessionspossible",
    "moveonrollflag",
    "ethnicity",
    "boarder",
    "language",
];

const ADDRESS_COLUMNS: &[&str] = &[
    "pupilonrolltableid",
    "NativeId",
    "addressestableid",
    "addressesorderseqcolumn",
    "sourceid",
    "uniquepropertyreferencenumber",
    "postcode",
    "saon",
    "paon",
    "street",
    "locality",
    "town",
    "administrativearea",
    "posttown",
    "addressline1",
    "addressline2",
    "addressline3",
    "addressline4",
    "addressline5",
];

const MEAL_COLUMNS: &[&str] = &[
    "pupilonrolltableid",
    "NativeId",
    "fsmperiodtableid",
    "fsmperiodorderseqcolumn",
    "sourceid",
    "fsmstartdate",
    "fsmenddate",
    "ukcountry",
];

const NEED_COLUMNS: &[&str] = &[
    "pupilonrolltableid",
    "NativeId",
    "senneedstableid",
    "senneedsorderseqcolumn",
    "sourceid",
    "sentyperank",
    "sentype",
];

const EXCLUSION_COLUMNS: &[&str] = &[
    "pupilonrolltableid",
    "NativeId",
    "termlyexclusionsonrolltableid",
    "termlyexclusionsonrollorderseqcolumn",
    "sourceid",
    "startdate",
    "sessions",
    "reason1",
    "reason2",
    "reason3",
    "category",
    "senprovision",
];

const SESSION_COLUMNS: &[&str] = &[
    "pupilonrolltableid",
    "NativeId",
    "termlysessiondetailsonrolltableid",
    "termlysessiondetailsonrollorderseqcolumn",
    "sourceid",
    "sessions",
    "attendancereason",
];

/// Half days of the autumn term, which the spring census asks about.
const SESSIONS: usize = 140;

/// Families whose school has not heard of the last move: with the addresses of social care that makes them
/// disagree for the tenth to fifth of children that councils speak of (judgement).
const STALE_ADDRESS: f64 = 0.12;

/// Which list of a school a row goes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Roll {
    /// With the enrolment status: C current, M main of two, S subsidiary.
    On(&'static str),
    /// Left on a day.
    Off(Day),
}

struct Row {
    who: Who,
    school: usize,
    roll: Roll,
}

/// One school's part in the download.
struct SchoolKeys {
    native: String,
    census: String,
    source: String,
    /// Whether it records ethnicity in the extended codes.
    extended: bool,
    /// Whether addresses come in the parts of BS7666, or in lines.
    in_parts: bool,
    with_property_numbers: bool,
    pupils: usize,
}

/// Writes the tables of the census into a folder of their own.
pub(super) fn write(
    life: &Life,
    settings: &Borough,
    folder: &mut Folder,
    truth: &mut Truth,
) -> Result<(), Fault> {
    let mut random = Random::new(settings.seed, "school census");
    let mut rows = rows(life);
    random.shuffle(&mut rows);
    let keys: Vec<SchoolKeys> =
        life.schools.list.iter().map(|school| school_keys(school, &mut random)).collect();
    let site = |row: &Row| &life.schools.list[row.school].site;
    let office_rows = rows.iter().map(|row| (row.who, site(row).mistakes));
    let office =
        Office::new(life, settings, settings.rates.school_census, "school census clerks", office_rows);
    let mut download = Download::new(life, keys, office, random);
    for row in &rows {
        match row.roll {
            Roll::On(status) => download.on_roll(row, status, truth),
            Roll::Off(left) => download.off_roll(row, left, truth),
        }
    }
    download.schools();
    let inside = folder.inside(SCHOOL_CENSUS)?;
    for sheet in download.into_sheets() {
        folder.wrote(sheet.write(&inside)?);
    }
    Ok(())
}

/// Who is on which roll: at two schools for some, at the school that was left too for others.
fn rows(life: &Life) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, child) in life.children.iter().enumerate() {
        if !child.is_alive_on(CENSUS_DAY) {
            continue;
        }
        let who = Who::Child(at);
        let schooling = &child.schooling;
        if let Some(school) = schooling.school() {
            let status = if schooling.second_school.is_some() { "M" } else { "C" };
            rows.push(Row { who, school, roll: Roll::On(status) });
        }
        if let (Some(_), Some(school)) = (schooling.school(), schooling.second_school) {
            rows.push(Row { who, school, roll: Roll::On("S") });
        }
        let before = child.before_adoption.as_ref();
        if let Some(before) = before.filter(|before| before.adopted > SCHOOL_YEAR_DAY && before.upn.is_some())
        {
            // left the old school under the old name
            let school = Schools::nearest_primary(&life.place, before.home);
            let day = (before.adopted - 60).max(SCHOOL_YEAR_DAY + 10).min(CENSUS_DAY - 1);
            rows.push(Row { who: Who::BirthIdentity(at), school, roll: Roll::Off(day) });
        } else if let Some((school, day)) = schooling.left {
            rows.push(Row { who, school, roll: Roll::Off(day) });
        }
    }
    rows
}

fn school_keys(school: &School, random: &mut Random) -> SchoolKeys {
    SchoolKeys {
        native: format!("{NO_AUTHORITY:03}{:04}", school.establishment),
        census: table_id(random),
        source: table_id(random),
        extended: random.chance(0.6),
        in_parts: random.chance(0.7),
        with_property_numbers: random.chance(0.6),
        pupils: 0,
    }
}

struct Download<'a> {
    life: &'a Life,
    keys: Vec<SchoolKeys>,
    office: Office<'a>,
    random: Random,
    census: Sheet,
    school: Sheet,
    on_roll: Sheet,
    off_roll: Sheet,
    addresses: Sheet,
    meals: Sheet,
    needs: Sheet,
    exclusions: Sheet,
    sessions: Sheet,
}

impl<'a> Download<'a> {
    fn new(life: &'a Life, keys: Vec<SchoolKeys>, office: Office<'a>, random: Random) -> Self {
        let sheet = |table: &str, columns| Sheet::new(format!("2026_spring_{table}.csv"), columns);
        Self {
            life,
            keys,
            office,
            random,
            census: sheet("schoolcensus", SCHOOL_CENSUS_COLUMNS),
            school: sheet("school", SCHOOL_COLUMNS),
            on_roll: sheet("pupilonroll", ON_ROLL_COLUMNS),
            off_roll: sheet("pupilnolongeronroll", OFF_ROLL_COLUMNS),
            addresses: sheet("addresses", ADDRESS_COLUMNS),
            meals: sheet("fsmperiod", MEAL_COLUMNS),
            needs: sheet("senneeds", NEED_COLUMNS),
            exclusions: sheet("termlyexclusionsonroll", EXCLUSION_COLUMNS),
            sessions: sheet("termlysessiondetailsonroll", SESSION_COLUMNS),
        }
    }

    fn into_sheets(self) -> [Sheet; 9] {
        [
            self.census,
            self.school,
            self.on_roll,
            self.off_roll,
            self.addresses,
            self.meals,
            self.needs,
            self.exclusions,
            self.sessions,
        ]
    }

    fn on_roll(&mut self, row: &Row, status: &str, truth: &mut Truth) {
        let life = self.life;
        let at = row.who.child().expect("pupils are children");
        let child = &life.children[at];
        let id = table_id(&mut self.random);
        let home = self.office.known_home(at, CENSUS_DAY, STALE_ADDRESS, 2.0);
        let (record, names) = self.names(row, home);
        truth.add(SCHOOL_CENSUS, &id, row.who, self.office.mistakes());
        self.keys[row.school].pupils += 1;
        let order = self.keys[row.school].pupils.to_string();
        let year = year_of(child.born);
        let sessions = self.sessions_possible(child);
        let ethnicity = self.ethnicity(child, row.school);
        let keys = &self.keys[row.school];
        let is_nursery = year < 0;
        // adopted from care, as far as the parents told the school
        let left_care = child.before_adoption.is_some() && self.random.chance(0.6);
        let young_carer = if self.random.chance(0.006) { "S" } else { "N" };
        let service = if self.random.chance(0.008) { "Y" } else { "N" };
        let school = &life.schools.list[row.school];
        let in_unit = child.schooling.provision == Provision::Plan && school.phase != Phase::Special;
        let in_unit = in_unit && self.random.chance(0.1);
        let hours = number(if is_nursery { 15 } else { 0 });
        self.on_roll.row(&[
            ("pupilonrolltableid", &id),
            ("NativeId", &keys.native),
            ("dob", &record.born.map(blade).unwrap_or_default()),
            ("surname", text(record.surname.as_ref())),
            ("forename", text(record.forename.as_ref())),
            ("middlenames", &names.middle),
            ("preferredsurname", &names.preferred),
            ("formersurname", &names.former),
            ("upn", text(record.upn.as_ref())),
            ("formerupn", &names.former_upn),
            ("uniquelearnernumber", child.uln.as_deref().unwrap_or("")),
            ("sex", record.sex.map_or("", sex_letter)),
            ("entrydate", &child.schooling.entered.blade()),
            ("pupilonrollorderseqcolumn", &order),
            ("sourceid", &keys.source),
            ("schoolcensustableid", &keys.census),
            ("hoursatsetting", if is_nursery { &hours } else { "" }),
            ("schoollunchtaken", if (0..3).contains(&year) { "True" } else { "" }),
            ("parttime", flag(is_nursery)),
            ("topupfunding", flag(child.schooling.provision == Provision::Plan)),
            ("termlysessionspossible", &number(sessions)),
            ("senunitindicator", flag(in_unit)),
            ("resourcedprovisionindicator", "False"),
            ("fundedhours", if is_nursery { &hours } else { "" }),
            (
                "missingaddress",
                if record.postcode.is_none() && record.address.is_none() { "True" } else { "" },
            ),
            ("ethnicity", ethnicity),
            ("servicechild", service),
            ("language", life.family_of(child).language),
            ("classtype", if is_nursery { "N" } else { "O" }),
            ("enrolstatus", status),
            ("boarder", "N"),
            ("plaa", if left_care { "A" } else { "N" }),
            ("senprovision", child.schooling.provision.code()),
            ("ncyearactual", &year_code(year)),
            ("youngcarer", young_carer),
        ]);
        self.address(&id, row, home, &record);
        self.details(&id, row, child, status, sessions);
    }

    fn off_roll(&mut self, row: &Row, left: Day, truth: &mut Truth) {
        let life = self.life;
        let child = &life.children[row.who.child().expect("pupils are children")];
        let id = table_id(&mut self.random);
        let home = life.family_of(child).home_on(left);
        let (record, names) = self.names(row, home);
        truth.add(SCHOOL_CENSUS, &id, row.who, self.office.mistakes());
        let ethnicity = self.ethnicity(child, row.school);
        let entered = left - 200 - self.random.below(700) as i32;
        let keys = &mut self.keys[row.school];
        keys.pupils += 1;
        let sessions = SESSIONS * (left - SCHOOL_YEAR_DAY).max(0) as usize / 135;
        self.off_roll.row(&[
            ("pupilnolongeronrolltableid", &id),
            ("NativeId", &keys.native),
            ("dob", &record.born.map(blade).unwrap_or_default()),
            ("surname", text(record.surname.as_ref())),
            ("forename", text(record.forename.as_ref())),
            ("middlenames", &names.middle),
            ("formersurname", &names.former),
            ("upn", text(record.upn.as_ref())),
            ("formerupn", &names.former_upn),
            ("uniquelearnernumber", child.uln.as_deref().unwrap_or("")),
            ("sex", record.sex.map_or("", sex_letter)),
            ("entrydate", &entered.blade()),
            ("leavingdate", &left.blade()),
            ("pupilnolongeronrollorderseqcolumn", &keys.pupils.to_string()),
            ("sourceid", &keys.source),
            ("schoolcensustableid", &keys.census),
            ("parttime", "False"),
            ("termlysessionspossible", &number(sessions.min(SESSIONS))),
            ("ethnicity", ethnicity),
            ("boarder", "N"),
            ("language", life.family_of(child).language),
        ]);
    }

    /// The record as the school's system keeps it, and the names beside forename and surname.
    fn names(&mut self, row: &Row, home: Home) -> (Record, OtherNames) {
        let life = self.life;
        let school = &life.schools.list[row.school];
        let subject = life.subject(row.who);
        let mut record = self.office.write(row.who, &subject, home, school.site.mistakes);
        let keep = |name: String, is_surname| Clerk::keep_name(name, &school.site, is_surname);
        record.surname = record.surname.map(|name| keep(name, true));
        record.forename = record.forename.map(|name| keep(name, false));
        let at = row.who.child().expect("pupils are children");
        let child = &life.children[at];
        let is_adopted = child.before_adoption.is_some();
        let preferred = subject.goes_by_other && self.random.chance(0.7);
        let former = self.random.chance(0.02) && !subject.goes_by_other && !is_adopted;
        let other = |shown: bool| {
            if shown { keep(subject.other_surname.to_owned(), true) } else { String::new() }
        };
        let former_upn = subject.upn.filter(|_| child.had_temporary_upn && !is_adopted);
        let names = OtherNames {
            middle: subject.middle.map(|middle| keep(middle.to_owned(), false)).unwrap_or_default(),
            preferred: other(preferred),
            former: other(former),
            former_upn: former_upn.map(Enrolment::temporary_upn).unwrap_or_default(),
        };
        (record, names)
    }

    fn ethnicity(&self, child: &Child, school: usize) -> &'static str {
        if self.keys[school].extended { child.ethnicity.extended } else { child.ethnicity.main }
    }

    fn sessions_possible(&mut self, child: &Child) -> usize {
        let days = (CENSUS_DAY - child.schooling.entered.max(SCHOOL_YEAR_DAY)).clamp(0, 136);
        (SESSIONS - self.random.below(5)) * days as usize / 136
    }

    fn address(&mut self, id: &str, row: &Row, home: Home, record: &Record) {
        if record.address.is_none() && record.postcode.is_none() {
            return;
        }
        let keys = &self.keys[row.school];
        let table = table_id(&mut self.random);
        let property = if keys.with_property_numbers && record.address.is_some() {
            format!("{}.0", Place::property_reference(home))
        } else {
            String::new()
        };
        let line = text(record.address.as_ref());
        let in_parts = keys.in_parts && line.starts_with(|c: char| c.is_ascii_digit() || c == 'F');
        let (flat, rest) = match line.split_once(", ") {
            Some((flat, rest)) => (flat, rest),
            None => ("", line),
        };
        let (house, street) = rest.split_once(' ').unwrap_or(("", rest));
        let town = if line.is_empty() { "" } else { record.town.unwrap_or("") };
        let start = [
            ("pupilonrolltableid", id),
            ("NativeId", &keys.native),
            ("addressestableid", &table),
            ("addressesorderseqcolumn", "1"),
            ("sourceid", &keys.source),
            ("uniquepropertyreferencenumber", &property),
            ("postcode", text(record.postcode.as_ref())),
        ];
        let end = if in_parts {
            vec![("saon", flat), ("paon", house), ("street", street), ("town", town), ("posttown", town)]
        } else {
            vec![("addressline1", line), ("addressline2", town)]
        };
        let cells: Vec<(&str, &str)> = start.into_iter().chain(end).collect();
        self.addresses.row(&cells);
    }

    /// Meals, needs, suspensions and sessions.
    fn details(&mut self, id: &str, row: &Row, child: &Child, status: &str, sessions: usize) {
        let keys = &self.keys[row.school];
        let (native, source) = (keys.native.as_str(), keys.source.as_str());
        let random = &mut self.random;
        let schooling = &child.schooling;
        let had_meals = schooling.has_free_meals || random.chance(0.04);
        if had_meals && year_of(child.born) >= 0 && status != "S" {
            let start = (child.schooling.entered + random.below(200) as i32).min(CENSUS_DAY - 20);
            let end = if schooling.has_free_meals {
                String::new()
            } else {
                (start + 1 + random.below(((CENSUS_DAY - start) as usize).max(2) - 1) as i32).blade()
            };
            self.meals.row(&[
                ("pupilonrolltableid", id),
                ("NativeId", native),
                ("fsmperiodtableid", &table_id(random)),
                ("fsmperiodorderseqcolumn", "1"),
                ("sourceid", source),
                ("fsmstartdate", &start.blade()),
                ("fsmenddate", &end),
                ("ukcountry", "ENG"),
            ]);
        }
        for (nth, need) in schooling.needs.iter().enumerate() {
            self.needs.row(&[
                ("pupilonrolltableid", id),
                ("NativeId", native),
                ("senneedstableid", &table_id(random)),
                ("senneedsorderseqcolumn", &(nth + 1).to_string()),
                ("sourceid", source),
                ("sentyperank", &number(nth + 1)),
                ("sentype", need),
            ]);
        }
        for nth in 0..usize::from(schooling.suspensions) {
            let reasons = ["DB", "PP", "PA", "VA", "VP", "DM", "BU", "TH"];
            let start = SCHOOL_YEAR_DAY + 10 + random.below(100) as i32;
            self.exclusions.row(&[
                ("pupilonrolltableid", id),
                ("NativeId", native),
                ("termlyexclusionsonrolltableid", &table_id(random)),
                ("termlyexclusionsonrollorderseqcolumn", &(nth + 1).to_string()),
                ("sourceid", source),
                ("startdate", &start.blade()),
                ("sessions", &number(2 + 2 * random.below(4))),
                ("reason1", random.pick(&reasons)),
                ("category", "SUSP"),
                ("senprovision", schooling.provision.code()),
            ]);
        }
        if year_of(child.born) < 0 || sessions == 0 {
            return;
        }
        let missed = ((sessions as f64 * schooling.absence).round() as usize).min(sessions);
        // the more somebody misses, the less of it is authorised
        let unauthorised = (missed as f64 * (0.12 + 0.6 * schooling.absence).min(0.6)).round() as usize;
        let ill = (missed - unauthorised) * 7 / 10;
        let appointments = (missed - unauthorised - ill) / 2;
        let other = missed - unauthorised - ill - appointments;
        let present = sessions - missed;
        let counts = [
            ("/", present - present / 2),
            ("\\", present / 2),
            ("I", ill),
            ("M", appointments),
            ("C", other),
            ("O", unauthorised),
        ];
        for (nth, (code, n)) in counts.into_iter().filter(|(_, n)| *n > 0).enumerate() {
            self.sessions.row(&[
                ("pupilonrolltableid", id),
                ("NativeId", native),
                ("termlysessiondetailsonrolltableid", &table_id(random)),
                ("termlysessiondetailsonrollorderseqcolumn", &(nth + 1).to_string()),
                ("sourceid", source),
                ("sessions", &number(n)),
                ("attendancereason", code),
            ]);
        }
    }

    fn schools(&mut self) {
        for (at, school) in self.life.schools.list.iter().enumerate() {
            let keys = &self.keys[at];
            self.census.row(&[
                ("schoolcensustableid", &keys.census),
                ("NativeId", &keys.native),
                ("schoolcensusorderseqcolumn", "1"),
                ("sourceid", &keys.source),
                ("term", "SPR"),
                ("collection", "SC"),
                ("name", if school.phase == Phase::ReferralUnit { "PRU Census" } else { "School Census" }),
                ("year", "2026.0"),
                ("referencedate", &CENSUS_DAY.blade()),
                ("sourcelevel", "S"),
                ("estab", &format!("{:04}", school.establishment)),
                ("softwarecode", "Made up"),
                ("serialno", &number(1 + at % 3)),
                ("datetime", &(EXTRACT_DAY - 40).blade()),
                ("lea", &format!("{NO_AUTHORITY:03}")),
                ("urn", &format!("{}.0", school.urn)),
            ]);
            let (phase, kind, lowest, highest) = match school.phase {
                Phase::Primary => ("PS", "01", if school.has_nursery { "N1" } else { "R" }, "6"),
                Phase::Secondary => ("SS", "03", "7", if school.has_sixth_form { "13" } else { "11" }),
                Phase::Special => ("SP", "12", "R", "13"),
                Phase::ReferralUnit => ("PR", "", "7", "11"),
            };
            self.school.row(&[
                ("schooltableid", &table_id(&mut self.random)),
                ("NativeId", &keys.native),
                ("schoolorderseqcolumn", "1"),
                ("sourceid", &keys.source),
                ("schoolcensustableid", &keys.census),
                ("schoolname", &school.name),
                ("maxdaypupils", &number(keys.pupils)),
                ("phase", phase),
                ("type", kind),
                ("highestncyeargroup", highest),
                ("lowestncyeargroup", lowest),
                ("intake", if school.phase == Phase::Special { "SPEC" } else { "COMP" }),
                ("governance", "CO"),
            ]);
        }
    }
}

struct OtherNames {
    middle: String,
    preferred: String,
    former: String,
    former_upn: String,
}

fn text(cell: Option<&String>) -> &str {
    cell.map_or("", String::as_str)
}
