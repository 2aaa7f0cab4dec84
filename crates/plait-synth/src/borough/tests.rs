//! What holds of a whole borough: the forms of its files, their keys, and who stands behind them.

use super::care::Case;
use super::life::{Child, Life};
use super::schooling::Provision;
use super::truth::Who;
use super::{Borough, SourceRates, write_borough};
use crate::config::Rates;
use crate::place::AREAS;
use plait_types::identifier::{NhsNumber, Postcode, Uln, Upn};
use plait_types::{DateOrder, FaultCode, PartialDate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

/// One CSV file that was written.
struct Csv {
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Csv {
    fn at(&self, column: &str) -> usize {
        self.header.iter().position(|name| name == column).unwrap_or_else(|| panic!("no column {column}"))
    }

    /// The values of a column, row by row.
    fn column<'a>(&'a self, column: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let at = self.at(column);
        self.rows.iter().map(move |row| &row[at])
    }

    /// Two columns side by side.
    fn pairs<'a>(&'a self, a: &str, b: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.column(a).zip(self.column(b))
    }
}

/// Every file of a borough, by its path in the folder.
struct Written {
    csv: BTreeMap<String, Csv>,
    text: BTreeMap<String, String>,
}

impl Written {
    fn new(settings: &Borough) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = write_borough(settings, folder.path(), &mut |_, _| {}).expect("a folder to write to");
        let mut written = Self { csv: BTreeMap::new(), text: BTreeMap::new() };
        for path in files {
            let name = path.strip_prefix(folder.path()).expect("inside").to_string_lossy().replace('\\', "/");
            if Path::new(&name).extension().is_some_and(|extension| extension == "csv") {
                let mut reader = csv::Reader::from_path(&path).expect("written");
                let header = reader.headers().expect("a header").iter().map(str::to_owned).collect();
                let rows = reader.records().map(|row| row.expect("as wide as the header")).collect();
                written.csv.insert(name, Csv { header, rows });
            } else {
                written.text.insert(name, std::fs::read_to_string(&path).expect("written"));
            }
        }
        written
    }

    fn csv(&self, name: &str) -> &Csv {
        self.csv.get(name).unwrap_or_else(|| panic!("no file {name}"))
    }

    fn census(&self, table: &str) -> &Csv {
        self.csv(&format!("school_census_2026_spring/2026_spring_{table}.csv"))
    }

    fn case(&self, table: &str) -> &Csv {
        self.csv(&format!("standard_safeguarding_dataset/ssd_{table}.csv"))
    }

    fn care(&self, table: &str) -> &Csv {
        self.csv(&format!("ssda903_2026/{table}.csv"))
    }

    fn sen2(&self, table: &str) -> &Csv {
        self.csv(&format!("sen2_2026/Blade-Export_17-03-2026_{table}.csv"))
    }

    /// Every element of that name in the children in need census.
    fn in_need(&self, element: &str) -> Vec<&str> {
        let text = &self.text["children_in_need_2026.xml"];
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        text.split(open.as_str())
            .skip(1)
            .map(|rest| rest.split(close.as_str()).next().expect("a closed element"))
            .collect()
    }

    /// The records of a source as its files name them.
    fn records(&self, source: &str) -> Vec<String> {
        let of = |csv: &Csv, column: &str| csv.column(column).map(str::to_owned).collect::<Vec<_>>();
        match source {
            "school_census_2026_spring" => {
                let mut on_roll = of(self.census("pupilonroll"), "pupilonrolltableid");
                on_roll.extend(of(self.census("pupilnolongeronroll"), "pupilnolongeronrolltableid"));
                on_roll
            }
            "children_in_need_2026" => self.in_need("LAchildID").into_iter().map(str::to_owned).collect(),
            "ssda903_2026" => of(self.care("header"), "CHILD"),
            "standard_safeguarding_dataset" => of(self.case("person"), "pers_person_id"),
            "sen2_2026" => of(self.sen2("person"), "persontableid"),
            "school_age_immunisation_cohort" => {
                let rows = self.csv("school_age_immunisation_cohort.csv").rows.len();
                (1..=rows).map(|row| row.to_string()).collect()
            }
            "gp_registered_children" => of(self.csv("gp_registered_children.csv"), "PATIENT_ID"),
            "csds_2026_03" => of(self.csv("csds_2026_03/CYP001MPI.csv"), "LocalPatientId"),
            "mhsds_2026_03" => of(self.csv("mhsds_2026_03/MHS001MPI.csv"), "LocalPatientId"),
            "ecds_attendances_2025_26" => {
                of(self.csv("ecds_attendances_2025_26.csv"), "AttendanceIdentifier")
            }
            "birth_notifications_and_registrations" => {
                of(self.csv("birth_notifications_and_registrations.csv"), "NOTIFICATION_ID")
            }
            "death_registrations" => of(self.csv("death_registrations.csv"), "DEATH_ID"),
            other => panic!("no source {other}"),
        }
    }
}

/// A borough with mistakes, more of the rare children than there would be.
static BOROUGH: LazyLock<Written> = LazyLock::new(|| Written::new(&eventful(4_000, 3)));

/// The same people, written down without a mistake.
static FAULTLESS: LazyLock<Written> =
    LazyLock::new(|| Written::new(&Borough { rates: SourceRates::NONE, ..eventful(3_000, 4) }));

fn eventful(children: usize, seed: u64) -> Borough {
    Borough {
        adopted: 0.02,
        unaccompanied: 0.005,
        unborn: 0.005,
        looked_after: 0.02,
        protection_plan: 0.015,
        in_need: 0.06,
        dual_registered: 0.02,
        sen2_xml: true,
        ..Borough::of(children, seed)
    }
}

#[test]
fn the_header_of_every_return_is_that_of_its_specification() {
    for (file, header) in [
        ("ssda903_2026/header.csv", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB"),
        (
            "ssda903_2026/episodes.csv",
            "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN",
        ),
        ("ssda903_2026/uasc.csv", "CHILD,SEX,DOB,DUC"),
        (
            "ssda903_2026/oc2.csv",
            "CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED,HEALTH_CHECK,IMMUNISATIONS,TEETH_CHECK,HEALTH_ASSESSMENT,\
             SUBSTANCE_MISUSE,INTERVENTION_RECEIVED,INTERVENTION_OFFERED",
        ),
        ("ssda903_2026/oc3.csv", "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM"),
        ("ssda903_2026/ad1.csv", "CHILD,DOB,DATE_INT,DATE_MATCH,FOSTER_CARE,NB_ADOPTR,SEX_ADOPTR,LS_ADOPTR"),
        (
            "ssda903_2026/placed_for_adoption.csv",
            "CHILD,DOB,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED",
        ),
        ("ssda903_2026/previous_permanence.csv", "CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM"),
        ("ssda903_2026/missing.csv", "CHILD,DOB,MISSING,MIS_START,MIS_END"),
        ("ssda903_2026/reviews.csv", "CHILD,DOB,REVIEW,REVIEW_CODE"),
        ("ssda903_2026/sw_episodes.csv", "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON"),
        ("ssda903_2026/DoLo.csv", "CHILD,DOB,DOLO_START,DOLO_END"),
        (
            "school_census_2026_spring/2026_spring_pupilonroll.csv",
            "pupilonrolltableid,NativeId,dob,surname,forename,middlenames,preferredsurname,formersurname,upn,\
             formerupn,uniquelearnernumber,sex,entrydate,pupilonrollorderseqcolumn,sourceid,schoolcensustableid,\
             hoursatsetting,schoollunchtaken,parttime,topupfunding,unitcontacttime,termlysessionspossible,\
             senunitindicator,resourcedprovisionindicator,moveoffrollflag,fundedhours,missingaddress,\
             duplicatenotfunded,extendedhours,eligibilitycode,dafindicator,ethnicity,yssa,servicechild,language,\
             classtype,enrolstatus,boarder,plaa,senprovision,ncyearactual,eyppr,eyppbf,youngcarer",
        ),
        (
            "school_census_2026_spring/2026_spring_senneeds.csv",
            "pupilonrolltableid,NativeId,senneedstableid,senneedsorderseqcolumn,sourceid,sentyperank,sentype",
        ),
        (
            "school_census_2026_spring/2026_spring_fsmperiod.csv",
            "pupilonrolltableid,NativeId,fsmperiodtableid,fsmperiodorderseqcolumn,sourceid,fsmstartdate,\
             fsmenddate,ukcountry",
        ),
        (
            "sen2_2026/Blade-Export_17-03-2026_person.csv",
            "persontableid,NativeId,personorderseqcolumn,sourceid,sen2tableid,surname,forename,personbirthdate,\
             sex,ethnicity,postcode,upn,uniquelearnernumber,upnunknown",
        ),
        (
            "school_age_immunisation_cohort.csv",
            "CHILD_SCHOOL_URN,PARENT_1_NAME,PARENT_1_RELATIONSHIP,PARENT_1_EMAIL,PARENT_1_PHONE,PARENT_2_NAME,\
             PARENT_2_RELATIONSHIP,PARENT_2_EMAIL,PARENT_2_PHONE,CHILD_FIRST_NAME,CHILD_LAST_NAME,\
             CHILD_PREFERRED_GIVEN_NAME,CHILD_DATE_OF_BIRTH,CHILD_YEAR_GROUP,CHILD_ADDRESS_LINE_1,\
             CHILD_ADDRESS_LINE_2,CHILD_TOWN,CHILD_POSTCODE,CHILD_NHS_NUMBER",
        ),
    ] {
        assert_eq!(BOROUGH.csv(file).header.join(","), header, "{file}");
    }
    assert_eq!(BOROUGH.csv.len(), 9 + 12 + 15 + 9 + 1 + 1 + 1 + 2 + 1 + 1 + 1 + 4);
}

#[test]
fn dates_are_in_the_form_of_their_file() {
    for table in ["pupilonroll", "pupilnolongeronroll"] {
        let dates = [BOROUGH.census(table).column("dob"), BOROUGH.census(table).column("entrydate")];
        check_dates(dates.into_iter().flatten(), |date| {
            matches!(date.as_bytes(), [_, _, _, _, b'-', a, ..] if a.is_ascii_uppercase())
                && date.ends_with(" 00:00:00")
        });
    }
    check_dates(BOROUGH.sen2("person").column("personbirthdate"), |date| date.ends_with(" 00:00:00"));
    check_dates(BOROUGH.care("episodes").column("DECOM"), is_day_first);
    check_dates(BOROUGH.care("header").column("DOB"), is_day_first);
    check_dates(BOROUGH.case("person").column("pers_dob"), is_iso);
    check_dates(BOROUGH.case("address").column("addr_address_start_date"), is_iso);
    check_dates(BOROUGH.in_need("PersonBirthDate").into_iter(), is_iso);
    let cohort = BOROUGH.csv("school_age_immunisation_cohort.csv");
    check_dates(cohort.column("CHILD_DATE_OF_BIRTH"), |date| is_iso(date) || is_day_first(date));
    assert!(cohort.column("CHILD_DATE_OF_BIRTH").any(is_iso));
    assert!(cohort.column("CHILD_DATE_OF_BIRTH").any(is_day_first));
}

#[track_caller]
fn check_dates<'a>(dates: impl Iterator<Item = &'a str>, has_form: impl Fn(&str) -> bool) {
    let mut n = 0;
    for date in dates.filter(|date| !date.is_empty()) {
        assert!(has_form(date), "{date}");
        assert!(PartialDate::parse(date, DateOrder::DayMonthYear).is_some_and(|d| d.day.is_some()), "{date}");
        n += 1;
    }
    assert!(n > 0, "no dates");
}

fn is_day_first(date: &str) -> bool {
    date.len() == 10 && date.as_bytes()[2] == b'/' && date.as_bytes()[5] == b'/'
}

fn is_iso(date: &str) -> bool {
    date.len() == 10 && date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-'
}

#[test]
fn keys_are_unique_and_every_reference_leads_somewhere() {
    let w = &*BOROUGH;
    let pupils = keys(w.census("pupilonroll"), "pupilonrolltableid");
    let census = keys(w.census("schoolcensus"), "schoolcensustableid");
    for table in
        ["addresses", "fsmperiod", "senneeds", "termlyexclusionsonroll", "termlysessiondetailsonroll"]
    {
        check_references(w.census(table).column("pupilonrolltableid"), &pupils);
        keys(w.census(table), &format!("{table}tableid"));
    }
    for table in ["pupilonroll", "pupilnolongeronroll", "school"] {
        check_references(w.census(table).column("schoolcensustableid"), &census);
    }
    let chain = [
        ("person", "sen2"),
        ("requests", "person"),
        ("assessment", "requests"),
        ("namedplan", "assessment"),
        ("plandetail", "namedplan"),
        ("activeplans", "requests"),
        ("placementdetail", "activeplans"),
        ("senneed", "activeplans"),
    ];
    for (table, parent) in chain {
        let parents = keys(w.sen2(parent), &format!("{parent}tableid"));
        check_references(w.sen2(table).column(&format!("{parent}tableid")), &parents);
        keys(w.sen2(table), &format!("{table}tableid"));
    }
    let people = keys(w.case("person"), "pers_person_id");
    for (table, column) in [
        ("address", "addr_person_id"),
        ("linked_identifiers", "link_person_id"),
        ("family", "fami_person_id"),
        ("mother", "moth_person_id"),
        ("mother", "moth_childs_person_id"),
        ("send", "send_person_id"),
        ("cin_episodes", "cine_person_id"),
        ("cin_plans", "cinp_person_id"),
        ("cp_plans", "cppl_person_id"),
        ("cla_episodes", "clae_person_id"),
        ("cla_placement", "clap_person_id"),
        ("legal_status", "lega_person_id"),
    ] {
        check_references(w.case(table).column(column), &people);
    }
    let referrals = keys(w.case("cin_episodes"), "cine_referral_id");
    check_references(w.case("cin_plans").column("cinp_referral_id"), &referrals);
    let placements = keys(w.case("cla_placement"), "clap_cla_placement_id");
    check_references(w.case("cla_episodes").column("clae_cla_placement_id"), &placements);
    let looked_after = keys(w.care("header"), "CHILD");
    for table in ["episodes", "uasc", "oc2", "oc3", "ad1", "missing", "reviews", "sw_episodes"] {
        check_references(w.care(table).column("CHILD"), &looked_after);
    }
}

#[test]
fn the_returns_of_social_care_name_children_as_the_case_management_system_does_or_did() {
    let w = &*BOROUGH;
    let people = keys(w.case("person"), "pers_person_id");
    check_references(w.in_need("LAchildID").into_iter(), &people);
    let legacy: BTreeSet<&str> = w.case("person").column("pers_legacy_id").collect();
    let (mut old, mut new) = (0, 0);
    for child in w.care("header").column("CHILD") {
        assert!(child.len() <= 10);
        if people.contains(child) {
            new += 1;
        } else {
            assert!(legacy.contains(child), "{child}");
            old += 1;
        }
    }
    assert!(old > 0 && new > 0, "{old} {new}");
}

#[track_caller]
fn keys<'a>(csv: &'a Csv, column: &str) -> BTreeSet<&'a str> {
    let keys: BTreeSet<&str> = csv.column(column).collect();
    assert_eq!(keys.len(), csv.rows.len(), "{column}");
    keys
}

#[track_caller]
fn check_references<'a>(references: impl Iterator<Item = &'a str>, keys: &BTreeSet<&str>) {
    let mut n = 0;
    for reference in references {
        assert!(keys.contains(reference), "{reference}");
        n += 1;
    }
    assert!(n > 0, "no references");
}

#[test]
fn every_record_is_in_the_truth_and_the_other_way_round() {
    for written in [&*BOROUGH, &*FAULTLESS] {
        let truth = written.csv("truth/truth.csv");
        let mut by_source: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (source, record) in truth.pairs("source", "record") {
            by_source.entry(source).or_default().push(record);
        }
        assert_eq!(by_source.len(), 12);
        for (source, mut records) in by_source {
            let mut in_files = written.records(source);
            in_files.sort_unstable();
            records.sort_unstable();
            assert_eq!(records, in_files, "{source}");
        }
    }
}

#[test]
fn identifiers_are_valid_and_can_belong_to_nobody() {
    let w = &*FAULTLESS;
    let patients = [
        ("school_age_immunisation_cohort.csv", "CHILD_NHS_NUMBER"),
        ("gp_registered_children.csv", "NHS_NUMBER"),
        ("csds_2026_03/CYP001MPI.csv", "NHSNumber"),
        ("mhsds_2026_03/MHS001MPI.csv", "NHSNumber"),
        ("ecds_attendances_2025_26.csv", "NHSNumber"),
        ("birth_notifications_and_registrations.csv", "NHS_NUMBER_BABY"),
        ("birth_notifications_and_registrations.csv", "NHS_NUMBER_MOTHER"),
        ("standard_safeguarding_dataset/ssd_person.csv", "pers_common_child_id"),
    ];
    for (file, column) in patients {
        for number in w.csv(file).column(column).filter(|number| !number.is_empty()) {
            let number = NhsNumber::parse(number).expect("a valid NHS number");
            assert!(number.expose().starts_with("999"));
        }
    }
    let pupils = [w.census("pupilonroll").column("upn"), w.sen2("person").column("upn")];
    for upn in pupils.into_iter().flatten().filter(|upn| !upn.is_empty()) {
        let upn = Upn::parse(upn).expect("a valid UPN");
        assert!(!upn.has_known_authority() && &upn.expose()[1..4] == "999" && !upn.is_temporary());
    }
    for uln in w.census("pupilonroll").column("uniquelearnernumber").filter(|uln| !uln.is_empty()) {
        assert!(Uln::parse(uln).is_some_and(|uln| uln.expose().starts_with("998")));
    }
    let homes = [
        w.census("addresses").column("postcode"),
        w.case("address").column("addr_address_postcode"),
        w.csv("gp_registered_children.csv").column("POSTCODE"),
        w.care("episodes").column("PL_POST"),
    ];
    for postcode in homes.into_iter().flatten().filter(|postcode| !postcode.is_empty()) {
        let postcode = Postcode::parse(postcode).expect("a valid postcode");
        assert!(AREAS.contains(&postcode.area()), "an area that exists");
    }
}

#[test]
fn a_number_belongs_to_one_person_and_a_person_has_one() {
    let w = &*FAULTLESS;
    let truth = entities(w);
    let gp = w.csv("gp_registered_children.csv");
    let mut of_number: BTreeMap<&str, &str> = BTreeMap::new();
    for (record, number) in gp.pairs("PATIENT_ID", "NHS_NUMBER") {
        let entity = truth[&("gp_registered_children", record)];
        assert_eq!(*of_number.entry(number).or_insert(entity), entity);
    }
    let distinct: BTreeSet<&&str> = of_number.values().collect();
    assert_eq!(distinct.len(), of_number.len());
    let mut of_upn: BTreeMap<&str, &str> = BTreeMap::new();
    for (record, upn) in w.census("pupilonroll").pairs("pupilonrolltableid", "upn") {
        let entity = truth[&("school_census_2026_spring", record)];
        assert_eq!(*of_upn.entry(upn).or_insert(entity), entity);
    }
}

fn entities(written: &Written) -> BTreeMap<(&str, &str), &str> {
    let truth = written.csv("truth/truth.csv");
    truth.pairs("source", "record").zip(truth.column("entity")).collect()
}

#[test]
fn old_and_new_identities_of_adopted_children_are_two_entities_that_must_not_be_linked() {
    let w = &*FAULTLESS;
    let mut records: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (key, entity) in entities(w) {
        records.entry(entity).or_default().push(key);
    }
    let mut wanted = BTreeSet::new();
    for (entity, before) in records.iter().filter(|(entity, _)| entity.ends_with('B')) {
        for after in records.get(&entity[..entity.len() - 1]).into_iter().flatten() {
            wanted.extend(before.iter().map(|before| (*before, *after)));
        }
    }
    let pairs = w.csv("truth/do_not_link.csv");
    let written: BTreeSet<_> =
        pairs.pairs("source_l", "record_l").zip(pairs.pairs("source_r", "record_r")).collect();
    assert_eq!(written, wanted);
    assert!(wanted.len() > 100, "{}", wanted.len());
    let sources: BTreeSet<&str> = pairs.column("source_l").collect();
    assert!(sources.contains("standard_safeguarding_dataset") && sources.contains("ssda903_2026"));
    // no number leads from one to the other
    let life = Life::new(&eventful(3_000, 4));
    for child in &life.children {
        if let Some(before) = &child.before_adoption {
            assert_ne!(child.nhs_number, before.nhs_number);
            assert!(before.upn.is_none_or(|old| child.upn.is_none_or(|new| old.upn() != new.upn())));
        }
    }
}

#[test]
fn twins_share_birthday_home_and_surname_and_differ_in_forename() {
    let w = &*FAULTLESS;
    let truth = entities(w);
    let gp = w.csv("gp_registered_children.csv");
    let looked_after: BTreeSet<&str> = w
        .csv("truth/truth.csv")
        .pairs("entity", "looked_after")
        .filter(|(_, looked_after)| *looked_after == "yes")
        .map(|(entity, _)| entity)
        .collect();
    let mut patients: BTreeMap<&str, [&str; 5]> = BTreeMap::new();
    let mut registered_twice = BTreeSet::new();
    for row in &gp.rows {
        let columns = ["DATE_OF_BIRTH", "FAMILY_NAME", "POSTCODE", "ADDRESS_LINE1", "GIVEN_NAME"];
        let entity = truth[&("gp_registered_children", &row[gp.at("PATIENT_ID")])];
        if patients.insert(entity, columns.map(|column| &row[gp.at(column)])).is_some() {
            registered_twice.insert(entity);
        }
    }
    let twins = w.csv("truth/twins.csv");
    let mut n = 0;
    for ((left, right), same_sex) in twins.pairs("entity_l", "entity_r").zip(twins.column("same_sex")) {
        // those who are placed apart or still on the list of another practice may live at two addresses
        if [left, right].iter().any(|twin| looked_after.contains(twin) || registered_twice.contains(twin)) {
            continue;
        }
        let (Some(left), Some(right)) = (patients.get(left), patients.get(right)) else { continue };
        let named = left[4].to_lowercase() != "baby";
        assert!(left[0] == right[0] && left[2..4] == right[2..4]);
        assert!(same_sex == "no" || left[1].to_lowercase() == right[1].to_lowercase());
        assert!(!named || left[4] != right[4]);
        n += 1;
    }
    assert!(n > 20, "{n}");
}

#[test]
fn without_mistakes_the_sources_agree_about_everybody() {
    let w = &*FAULTLESS;
    let truth = entities(w);
    let date = |text: &str| PartialDate::parse(text, DateOrder::DayMonthYear).map(PartialDate::iso);
    let gp = w.csv("gp_registered_children.csv");
    let patients: BTreeMap<&str, Option<String>> = gp
        .pairs("PATIENT_ID", "DATE_OF_BIRTH")
        .map(|(record, born)| (truth[&("gp_registered_children", record)], date(born)))
        .collect();
    let mut n = 0;
    for (record, born) in w.census("pupilonroll").pairs("pupilonrolltableid", "dob") {
        if let Some(patient) = patients.get(truth[&("school_census_2026_spring", record)]) {
            assert_eq!(&date(born), patient);
            n += 1;
        }
    }
    assert!(n > 1_000, "{n}");
}

#[test]
fn pupils_at_two_schools_and_pupils_who_moved_have_two_records() {
    let w = &*BOROUGH;
    let truth = entities(w);
    let on_roll = w.census("pupilonroll");
    let mut rolls: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (record, status) in on_roll.pairs("pupilonrolltableid", "enrolstatus") {
        rolls.entry(truth[&("school_census_2026_spring", record)]).or_default().push(status);
    }
    let twice: Vec<&Vec<&str>> = rolls.values().filter(|statuses| statuses.len() > 1).collect();
    assert!(twice.len() > 10, "{}", twice.len());
    for statuses in twice {
        let statuses: BTreeSet<&str> = statuses.iter().copied().collect();
        assert_eq!(statuses.into_iter().collect::<Vec<_>>(), ["M", "S"]);
    }
    let left = w.census("pupilnolongeronroll");
    let elsewhere = left
        .column("pupilnolongeronrolltableid")
        .filter(|record| rolls.contains_key(truth[&("school_census_2026_spring", *record)]))
        .count();
    assert!(elsewhere > left.rows.len() / 3, "{elsewhere} of {}", left.rows.len());
}

#[test]
fn unborn_children_have_an_expected_date_and_a_mother() {
    let w = &*BOROUGH;
    let truth = w.csv("truth/truth.csv");
    let unborn: BTreeSet<&str> = truth
        .pairs("source", "record")
        .zip(truth.column("kind"))
        .filter(|((source, _), kind)| *source == "standard_safeguarding_dataset" && *kind == "unborn")
        .map(|((_, record), _)| record)
        .collect();
    assert!(unborn.len() > 8, "{}", unborn.len());
    let with_mother: BTreeSet<&str> = w.case("mother").column("moth_childs_person_id").collect();
    let people = w.case("person");
    for row in &people.rows {
        let cell = |column: &str| &row[people.at(column)];
        if unborn.contains(cell("pers_person_id")) {
            assert!(cell("pers_dob").is_empty() && is_iso(cell("pers_expected_dob")));
            assert!(["Unborn", "Baby"].contains(&cell("pers_forename")) && cell("pers_sex") == "U");
            assert!(with_mother.contains(cell("pers_person_id")));
        }
    }
    assert!(!w.in_need("ExpectedPersonBirthDate").is_empty());
}

#[test]
fn children_who_came_alone_are_born_on_new_years_day() {
    let w = &*BOROUGH;
    let born: Vec<&str> = w.care("uasc").column("DOB").collect();
    assert!(
        born.len() > 10
            && born.iter().filter(|born| born.starts_with("01/01/")).count() * 10 > born.len() * 9
    );
    let life = Life::new(&eventful(4_000, 3));
    for child in life.children.iter().filter(|child| child.is_unaccompanied) {
        assert!(child.born.iso().ends_with("-01-01"));
        assert!(child.upn.is_none() || child.schooling.school().is_some());
    }
}

#[test]
fn most_looked_after_children_live_away_from_home() {
    let life = Life::new(&eventful(12_000, 5));
    let looked_after: Vec<&Child> = life.children.iter().filter(|child| child.is_looked_after()).collect();
    let day = super::calendar::EXTRACT_DAY;
    let away = looked_after
        .iter()
        .filter(|child| child.home_on(day, &life.families) != life.family_of(child).home_on(day))
        .count();
    assert!(looked_after.len() > 100 && away * 100 > looked_after.len() * 80, "{away}");
}

#[test]
fn the_returns_hold_no_names() {
    let xml = &BOROUGH.text["children_in_need_2026.xml"];
    assert!(!xml.contains("name>") && !xml.contains("Postcode") && !xml.contains("PX"));
    let mut open = Vec::new();
    for tag in xml.split('<').skip(2).map(|rest| rest.split('>').next().expect("a tag")) {
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => open.push(tag),
        }
    }
    assert!(open.is_empty());
    let header = &BOROUGH.care("header").header;
    assert!(!header.iter().any(|column| column.contains("NAME")));
    assert!(BOROUGH.text["sen2_2026.xml"].contains("<Surname>"));
}

#[test]
fn shares_are_those_of_the_settings() {
    let settings = Borough::of(60_000, 11);
    let life = Life::new(&settings);
    let children: Vec<&Child> = life.children.iter().filter(|child| !child.is_unborn).collect();
    assert_eq!(children.len(), 60_000);
    let share = |of: &dyn Fn(&Child) -> bool| {
        children.iter().filter(|child| of(child)).count() as f64 / children.len() as f64
    };
    let case = |of: fn(&Case) -> bool| share(&|child| child.case.as_ref().is_some_and(of));
    let pupils: Vec<&&Child> = children.iter().filter(|child| child.schooling.school().is_some()).collect();
    let of_pupils = |of: &dyn Fn(&Child) -> bool| {
        pupils.iter().filter(|child| of(child)).count() as f64 / pupils.len() as f64
    };
    for (what, measured, wanted, tolerance) in [
        (
            "looked after",
            share(&|child| child.is_looked_after() && !child.is_unaccompanied),
            settings.looked_after,
            0.25,
        ),
        ("protection plan", case(Case::on_protection_plan), settings.protection_plan, 0.3),
        ("in need", case(Case::is_in_need), settings.in_need, 0.15),
        ("known", share(&|child| child.case.is_some()), settings.known_to_social_care, 0.1),
        ("unaccompanied", share(&|child| child.is_unaccompanied), settings.unaccompanied, 0.01),
        ("adopted", share(&|child| child.before_adoption.is_some()), settings.adopted, 0.3),
        ("meals", of_pupils(&|child| child.schooling.has_free_meals), settings.free_meals, 0.1),
        ("plans", of_pupils(&|child| child.schooling.provision == Provision::Plan), settings.plan, 0.3),
        (
            "support",
            of_pupils(&|child| child.schooling.provision == Provision::Support),
            settings.sen_support,
            0.15,
        ),
    ] {
        assert!((measured / wanted - 1.0).abs() < tolerance, "{what}: {measured} for {wanted}");
    }
}

#[test]
fn poverty_shows_in_meals_need_and_care() {
    let life = Life::new(&Borough::of(60_000, 12));
    let share = |decile: std::ops::RangeInclusive<u8>, of: &dyn Fn(&Child) -> bool| {
        let here: Vec<&Child> =
            life.children.iter().filter(|child| decile.contains(&life.family_of(child).decile)).collect();
        here.iter().filter(|child| of(child)).count() as f64 / here.len() as f64
    };
    for (what, of, ratio) in [
        ("meals", &(|child: &Child| child.schooling.has_free_meals) as &dyn Fn(&Child) -> bool, 3.0),
        ("in need", &|child| child.case.as_ref().is_some_and(Case::is_in_need), 2.5),
        ("looked after", &Child::is_looked_after, 2.0),
        ("plans", &|child| child.schooling.provision == Provision::Plan, 1.2),
    ] {
        let (poor, rich) = (share(1..=2, of), share(9..=10, of));
        assert!(poor > rich * ratio, "{what}: {poor} and {rich}");
    }
}

/// Share of the records of general practices that a mistake is in, by what is true of the child.
fn mistakes_by(settings: &Borough, group: &str) -> BTreeMap<String, (usize, usize)> {
    const SOURCE: &str = "gp_registered_children";
    let written = Written::new(settings);
    let mistakes = written.csv("truth/mistakes.csv");
    let wrong: BTreeSet<&str> = mistakes
        .pairs("source", "record")
        .filter(|(source, _)| *source == SOURCE)
        .zip(mistakes.pairs("source", "mistake").filter(|(source, _)| *source == SOURCE))
        .filter(|(_, (_, mistake))| *mistake == "surname_typo")
        .map(|((_, record), _)| record)
        .collect();
    let truth = written.csv("truth/truth.csv");
    let mut shares: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for ((source, record), group) in truth.pairs("source", "record").zip(truth.column(group)) {
        if source == SOURCE {
            let counts = shares.entry(group.to_owned()).or_default();
            counts.0 += usize::from(wrong.contains(record));
            counts.1 += 1;
        }
    }
    shares
}

fn with_typos(clustered: bool) -> Borough {
    let general_practice = Rates { surname_typo: 0.06, ..Rates::NONE };
    let rates = SourceRates { general_practice, ..SourceRates::NONE };
    Borough { clustered, looked_after: 0.04, rates, ..Borough::of(12_000, 8) }
}

#[test]
fn a_rate_is_the_share_of_records_with_that_mistake() {
    for (clustered, tolerance) in [(false, 0.007), (true, 0.012)] {
        let shares = mistakes_by(&with_typos(clustered), "sex");
        let (wrong, all) = shares.values().fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1));
        let share = wrong as f64 / all as f64;
        assert!((share - 0.06).abs() < tolerance, "clustered {clustered}: {share}");
    }
}

#[test]
fn mistakes_are_more_frequent_in_some_groups_and_only_where_they_cluster() {
    let rate = |shares: &BTreeMap<String, (usize, usize)>, group: &str| {
        let (wrong, all) = shares[group];
        wrong as f64 / all as f64
    };
    for (column, more, less) in
        [("looked_after", "yes", "no"), ("naming_community", "somali", "white_british")]
    {
        let clustered = mistakes_by(&with_typos(true), column);
        let (high, low) = (rate(&clustered, more), rate(&clustered, less));
        assert!(high > low * 1.4, "{column}: {high} and {low}");
        let even = mistakes_by(&with_typos(false), column);
        let (high, low) = (rate(&even, more), rate(&even, less));
        assert!(high < low * 1.4, "{column}, not clustered: {high} and {low}");
    }
}

#[test]
fn the_bytes_of_a_seed_do_not_change() {
    // FNV-1a over every file; a new figure here means that everybody's saved boroughs change
    let hash = |seed| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = Borough { sen2_xml: true, ..Borough::of(1_000, seed) };
        let files = write_borough(&settings, folder.path(), &mut |_, _| {}).expect("a folder to write to");
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in files.iter().flat_map(|path| std::fs::read(path).expect("written")) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        format!("{hash:016x}")
    };
    assert_eq!(hash(1), "b5763613277dc101");
    // other boroughs that are made at the same time do not disturb
    let hashes: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = [1, 2, 1].map(|seed| scope.spawn(move || hash(seed))).into();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(hashes[0], hashes[2]);
    assert_ne!(hashes[0], hashes[1]);
}

#[test]
fn hardly_any_child_and_no_child_at_all_make_a_borough_too() {
    for children in [0, 1, 2, 30] {
        let written = Written::new(&Borough::of(children, 1));
        assert!(written.records("gp_registered_children").len() <= children + 1);
    }
}

#[test]
fn every_step_is_announced_in_order() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut steps = Vec::new();
    let settings = Borough::of(20, 1);
    write_borough(&settings, folder.path(), &mut |done, _| steps.push(done)).expect("a folder to write to");
    assert_eq!(steps, (0..super::BOROUGH_STEPS).collect::<Vec<_>>());
}

#[test]
fn a_folder_that_cannot_be_made_is_a_fault_that_says_where() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let fault = write_borough(&Borough::of(20, 1), &file.path().join("demo"), &mut |_, _| {})
        .expect_err("not a folder");
    assert_eq!(fault.code, FaultCode::CannotWrite);
    assert!(fault.place.is_some_and(|place| place.ends_with("demo")));
}

#[test]
fn entities_of_children_old_identities_and_mothers_are_told_apart() {
    let names = [Who::Child(6), Who::BirthIdentity(6), Who::Mother(6)].map(Who::entity);
    assert_eq!(names, ["E0000007", "E0000007B", "M0000007"]);
}
