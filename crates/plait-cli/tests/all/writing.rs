//! Files that are written for others, and read back.

use crate::Place;
use insta::assert_snapshot;
use serde_json::Value;

/// A list with what keeps people from being asked for, and with text that a spreadsheet takes for a formula.
const LIST: &str = "\
ref,nhs_number,surname,forename,dob,sex,address,postcode
A1,999 000 0018,Okafor,Amara,2014-03-21,F,\"1, Low Road, Eastry\",ze12ab
A2,9990000019,O'Brien,Declan,2014-01-08,M,,ZZ99 3VZ
A3,,Khan,Zainab,,F,2 High Street,ZE2 7EF
A4,9990000026,,,2013-05-27,F,,
A5,,,Mateus,2015-12-19,M,,ZE3 8NP
A6,,=Silva,\"Ana
Maria\",2015-12-19,U,,ZE3 8NP
A7,,Hughes,Cerys,1900-01-01,F,,ZE1 6QR
";

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one document")
}

fn place() -> Place {
    Place::with(&[("list.csv", LIST.as_bytes()), ("cin.xml", crate::returns::CIN.as_bytes())])
}

#[test]
fn a_trace_request_has_a_row_for_everybody_who_can_be_asked_for_in_the_form_of_the_service() {
    let place = place();
    let ran = place.plait("write pds-trace-request list.csv --out trace").succeeded();
    assert_snapshot!(place.text("trace/pds-trace-request.csv"), @r"
    UNIQUE REFERENCE,NHS_NO,FAMILY_NAME,GIVEN_NAME,OTHER_GIVEN_NAME,GENDER,DATE_OF_BIRTH,DATE_OF_DEATH,ADDRESS_LINE1,ADDRESS_LINE2,ADDRESS_LINE3,ADDRESS_LINE4,ADDRESS_LINE5,ADDRESS_DATE,POSTCODE,GP_PRACTICE_CODE,NHAIS_POSTING_ID,AS_AT_DATE,LOCAL_PATIENT_ID,INTERNAL_ID,TELEPHONE_NUMBER,MOBILE_NUMBER,EMAIL_ADDRESS
    A1,9990000018,Okafor,Amara,,2,20140321,,1 Low Road,Eastry,,,,,ZE1 2AB,,,,,,,,
    A2,,O'Brien,Declan,,1,20140108,,,,,,,,,,,,,,,,
    A4,9990000026,,,,2,20130527,,,,,,,,,,,,,,,,
    A6,,Silva,Ana Maria,,,20151219,,,,,,,,ZE3 8NP,,,,,,,,
    ");
    assert_snapshot!(place.text("trace/left_out.csv").trim_start_matches('\u{feff}').replace('\r', ""), @r"
    record,why
    A3,without a whole date of birth
    A5,with neither a surname nor a valid NHS number
    A7,without a whole date of birth
    ");
    assert_snapshot!(ran.stdout, @r"
    list.csv: CSV, comma between fields, UTF-8

    7 persons; 4 asked for, 3 left out
      left out: 2 without a whole date of birth
      left out: 1 with neither a surname nor a valid NHS number

      column                        filled
      UNIQUE REFERENCE                   4
      NHS_NO                             2
      FAMILY_NAME                        3
      GIVEN_NAME                         3
      GENDER                             3
      DATE_OF_BIRTH                      4
      ADDRESS_LINE1                      1
      ADDRESS_LINE2                      1
      POSTCODE                           2
      left empty, since the source does not say it or a trace does not need it: OTHER_GIVEN_NAME, DATE_OF_DEATH, ADDRESS_LINE3, ADDRESS_LINE4, ADDRESS_LINE5, ADDRESS_DATE, GP_PRACTICE_CODE, NHAIS_POSTING_ID, AS_AT_DATE, LOCAL_PATIENT_ID, INTERNAL_ID, TELEPHONE_NUMBER, MOBILE_NUMBER, EMAIL_ADDRESS

    Wrote trace/pds-trace-request.csv
    Wrote trace/left_out.csv
    Wrote trace/written.json
    ");
    let written = json(&place.text("trace/written.json"));
    assert_eq!((written["persons"].as_u64(), written["asked_for"].as_u64()), (Some(7), Some(4)));
    assert!(!ran.stdout.contains("Okafor") && !written.to_string().contains("Okafor"));
}

#[test]
fn a_trace_request_is_read_back_as_one_with_the_same_persons() {
    let place = place();
    place.plait("write pds-trace-request list.csv --out trace").succeeded();
    place.plait("read trace/pds-trace-request.csv --out again").succeeded();
    let dataset = json(&place.text("again/dataset.json"));
    assert_eq!(dataset["dataset"]["specification"], "pds-trace-request");
    assert_eq!((dataset["records"].as_u64(), dataset["rows_set_aside"].as_u64()), (Some(4), Some(0)));
    // asking again for those who were asked for gives the same bytes
    place.plait("write pds-trace-request trace/pds-trace-request.csv --out twice").succeeded();
    assert_eq!(place.text("trace/pds-trace-request.csv"), place.text("twice/pds-trace-request.csv"));
}

#[test]
fn a_source_that_nobody_can_be_asked_for_from_is_refused_and_nothing_is_written() {
    let place = place();
    assert_snapshot!(place.plait("write pds-trace-request cin.xml --out trace").failed(), @r"
    exit 3
    error[E068] cin holds nobody to ask for: 1 without a date of birth, with the day on which birth was expected, 1 with neither a surname nor a valid NHS number; no column has surnames or NHS numbers (cin.xml)
      why: the service traces by a date of birth together with a surname or an NHS number
      do:  name a source that has names and dates of birth, such as case management or a list of pupils; where a column was not understood, say what it means with --role
    ");
    let births = "ref,surname,forename,postcode\nA1,Okafor,Amara,ZE1 2AB\nA2,Khan,Zainab,ZE2 7EF\n";
    std::fs::write(place.path("births.csv"), births).expect("a file");
    assert_snapshot!(place.plait("write pds-trace-request births.csv --out trace").failed(), @r"
    exit 3
    error[E068] births holds nobody to ask for: 2 without a whole date of birth; no column has NHS numbers or dates of birth (births.csv)
      why: the service traces by a date of birth together with a surname or an NHS number
      do:  name a source that has names and dates of birth, such as case management or a list of pupils; where a column was not understood, say what it means with --role
    ");
    assert_snapshot!(place.plait("write pds-trace-request list.csv --cp-is --out trace").failed(), @r"
    exit 3
    error[E068] list does not say who has a protection plan or is looked after (list.csv)
      why: a file without it would be sent back, or be taken for complete
      do:  leave --cp-is out, or name a source that says it, such as case management
    ");
    assert_eq!(place.names("trace"), Vec::<String>::new());
}

#[test]
fn what_plait_did_not_write_is_not_replaced_by_what_it_writes_for_others() {
    let place = place();
    std::fs::create_dir(place.path("trace")).expect("a folder");
    std::fs::write(place.path("trace/pds-trace-request.csv"), "mine").expect("a file");
    let said = place.plait("write pds-trace-request list.csv --out trace").failed();
    assert!(said.contains("E054"), "{said}");
    assert_eq!(place.text("trace/pds-trace-request.csv"), "mine");
    // a second time into a folder of its own
    place.plait("write pds-trace-request list.csv --out own").succeeded();
    place.plait("write pds-trace-request list.csv --out own").succeeded();
    assert_eq!(place.names("own"), ["left_out.csv", "pds-trace-request.csv", "written.json"]);
}

const RESPONSE: &str = "\
UNIQUE REFERENCE,REQ_NHS_NUMBER,FAMILY_NAME,GIVEN_NAME,GENDER,DATE_OF_BIRTH,POSTCODE,SENSITIVTY_FLAG,MPS_ID,\
ERROR_SUCCESS_CODE,MATCHED_NHS_NO,MATCHED_ALGORITHM_INDICATOR,MATCHED_CONFIDENCE_PERCENTAGE
A1,9990000018,OKAFOR,AMARA,2,20140321,ZE1 2AB,,,00,9990000018,1,100
A2,,BENNETT,OLIVER,1,20131102,ZE1 4DE,,,00,9990000026,4,93.5
A3,,KHAN,ZAINAB,2,20150630,,,,98,0000000000,0,0
A4,,SILVA,MATEUS,1,20151219,,,,97,9999999999,0,0
A5,,HUGHES,CERYS,2,20120403,,,,secret,,,
";

#[test]
fn a_trace_response_says_in_words_how_many_were_found_and_what_cp_is_asks_for() {
    let place = Place::with(&[("answer.csv", RESPONSE.as_bytes())]);
    let ran = place.plait("read answer.csv --out answer").succeeded();
    let (_, told) = ran.stdout.split_once("0 set aside\n").expect("tables");
    assert_snapshot!(told.split("\nWrote").next().expect("a text"), @r#"

      table                                   rows   set aside
      response                                   5           0

    NHS numbers found for 2 of 5 (40.0%)
      CP-IS: a council needs 95% of its children with a protection plan or looked after, and of the mothers of
      unborn children with one, before it takes part, for which 3 more are needed here; the aim is 100%.
      That holds where these were asked for and no others.

      how it was matched                                                   answers
        0 no match                                                               2
        1 number and date of birth agree                                         1
        4 scored match                                                           1
        no code                                                                  1

      what the service says                                                answers
        00 found                                                                 2
        97 several people fit                                                    1
        98 nobody found                                                          1
        a code that is not known                                                 1

    Findings, worst first (3 in all)

      convention        response.ERROR_SUCCESS_CODE             1 of 5 rows               not a code of the list "pds-outcome" (code)
      characterization  response.MATCHED_NHS_NO                 2 of 4 rows               holds "one digit repeated", which stands for something that is not known; counts as missing (placeholder)
      characterization  response.MATCHED_NHS_NO                 1 of 5 rows               no NHS number was found (matched)
    "#);
    let dataset = json(&place.text("answer/dataset.json"));
    assert_eq!(dataset["traced"]["cp_is"]["more_needed"], 3);
    assert_eq!(json(&place.plait("look answer.csv --json").succeeded().stdout)["traced"], dataset["traced"]);
    assert!(!ran.stdout.contains("secret") && !dataset.to_string().contains("secret"));
}

#[test]
fn answers_that_do_not_say_whom_they_are_for_are_counted_apart() {
    let without_reference = RESPONSE.replace("A2,", ",").replace("A5,", ",");
    let place = Place::with(&[("answer.csv", without_reference.as_bytes())]);
    let ran = place.plait("look answer.csv").succeeded();
    let told = "  2 answers without a reference were set aside: counted above, and not below.\n";
    assert!(ran.stdout.contains(told) && ran.stdout.contains("found for 2 of 5"), "{}", ran.stdout);
    let traced = &json(&place.plait("look answer.csv --json").succeeded().stdout)["traced"];
    assert_eq!((&traced["answers"], &traced["set_aside"]), (&5.into(), &2.into()));
    assert_eq!(traced["outcomes"]["00 found"], 1);
}

#[test]
fn a_column_that_says_nothing_of_who_somebody_is_takes_no_role() {
    let place = Place::with(&[("answer.csv", RESPONSE.as_bytes())]);
    for command in ["look answer.csv", "link answer.csv --out o"] {
        let said = place.plait(&format!("{command} --role ERROR_SUCCESS_CODE=surname")).failed();
        assert!(said.starts_with("exit 2\nerror[E016] column \"ERROR_SUCCESS_CODE\" of answer"), "{said}");
    }
    assert_eq!(place.names("."), ["answer.csv"]);
}

#[test]
fn the_rate_of_cp_is_is_reached_at_95_per_cent_and_not_below() {
    let check = |found: usize, answers: usize, reached: bool| {
        let mut file = RESPONSE.lines().next().expect("a header").to_owned();
        for n in 0..answers {
            let number = if n < found { "9990000018" } else { "0000000000" };
            file += &format!("\nA{n},,OKAFOR,AMARA,2,20140321,ZE1 2AB,,,00,{number},1,100");
        }
        let place = Place::with(&[("answer.csv", file.as_bytes())]);
        let json = json(&place.plait("look answer.csv --json").succeeded().stdout);
        assert_eq!(json["traced"]["cp_is"]["reached"], reached, "{found} of {answers}");
    };
    check(19, 20, true);
    check(18, 20, false);
    check(94, 99, false);
    check(95, 99, true);
}

/// Three children of a case system, of whom one has another's row, text like a formula and dates that are none.
fn case_system() -> Place {
    let place = place();
    std::fs::create_dir(place.path("ssd")).expect("a folder");
    let files = [
        (
            "ssd_person.csv",
            "pers_person_id,pers_forename,pers_surname,pers_sex,pers_ethnicity,pers_dob,pers_expected_dob\n\
             C1,Amara,Okafor,F,BAFR,2014-03-21,\nC2,Declan,O'Brien,M,WBRI,2010-01-08,\nC3,Unborn,Khan,U,NOBT,,2026-06-30\n",
        ),
        (
            "ssd_cin_episodes.csv",
            "cine_referral_id,cine_person_id,cine_referral_date,cine_cin_primary_need_code,cine_referral_source_code,\
             cine_referral_nfa,cine_close_reason,cine_close_date,cine_referral_team,cine_referral_worker_id\n\
             R1,C1,2025-09-18,N4,3D,N,RC8,2025-12-18,=South+1,SW1\nR2,C1,2026-03-20,N1,6,Y,,,South,SW2\n\
             R3,C2,2024-02-01,N1,1A,N,,,North,\nR4,C9,2024-02-01,N1,1A,N,,,North,SW1\nR5,C3,soon,N8,6,N,,,North,SW1\n",
        ),
        (
            "ssd_cla_episodes.csv",
            "clae_cla_episode_id,clae_person_id,clae_cla_episode_start_date,clae_cla_primary_need_code,\
             clae_cla_episode_ceased_date,clae_entered_care_date\n\
             E1,C2,2024-02-17,N1,2025-05-21,2024-02-17\nE2,C2,2025-05-21,N1,,2024-02-17\n",
        ),
        (
            "ssd_cla_placement.csv",
            "clap_cla_placement_id,clap_person_id,clap_cla_placement_start_date,clap_cla_placement_end_date,\
             clap_cla_placement_type,clap_cla_placement_postcode\nP0,C2,2024-02-17,2025-03-31,U1,ZE1 4DE\n\
             P1,C2,2025-03-31,2025-05-21,U1,ZE1 4DE\nP2,C2,2025-05-21,,U4,ZE3 1GH\nP3,C2,2026-04-02,,U4,ZE3 1GH\n",
        ),
        ("ssd_disability.csv", "disa_table_id,disa_person_id,disa_disability_code\nD1,C1,HEAR\nD2,C2,NONE\n"),
    ];
    for (file, text) in files {
        std::fs::write(place.path(&format!("ssd/{file}")), text).expect("a file");
    }
    place
}

/// A list of a workbook as its rows stand in it, without columns that are empty.
fn list(place: &Place, file: &str, sheet: &str) -> String {
    let options = plait_formats::read::ReadOptions { sheet: Some(sheet.to_owned()), ..Default::default() };
    let table = plait_formats::read::read(&place.path(file), &options).expect("a sheet with rows").table;
    let columns: Vec<_> = table.columns.iter().filter(|column| !column.values.is_empty()).collect();
    let rows = (0..table.n_rows)
        .map(|row| columns.iter().map(|c| c.get(row).unwrap_or("-")).collect::<Vec<_>>().join(" | "));
    let header = columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(" | ");
    std::iter::once(header).chain(rows).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_lists_of_annex_a_are_filled_from_a_case_system_and_what_it_lacks_is_left_empty_and_said() {
    let place = case_system();
    let ran = place.plait("write annex-a ssd --on 2026-03-31 --out annex").succeeded();
    assert_snapshot!(ran.stdout, @r"
    ssd: Standard Safeguarding Dataset, CSV, 5 files

      list                rows  not asked for    left out  columns filled
      List 1                 0              0           0  0 of 7
      List 2                 0              0           0  0 of 8
      List 3                 4              0           1  11 of 11
      List 4                 0              0           0  0 of 12
      List 5                 0              0           0  0 of 14
      List 6                 3              1           1  12 of 14
      List 7                 0              0           0  0 of 17
      List 8                 1              1           0  12 of 34
      List 9                 0              0           0  0 of 17
      List 10                0              0           0  0 of 16
      List 11                0              0           0  0 of 19
      not asked for: rows of the same table that the list is not about, such as earlier episodes
      left out: rows that are about nobody whom the source names

    Left empty
      List 1: the whole list: table ssd_contacts is not among the files
      List 2: the whole list: table ssd_early_help_episodes is not among the files
      List 4: the whole list: table ssd_cin_assessments is not among the files
      List 5: the whole list: table ssd_s47_enquiry is not among the files
      List 6: Date Child Was Last Seen: table ssd_cin_visits is not among the files
      List 6: Case Status: the source does not say it
      List 7: the whole list: table ssd_cp_plans is not among the files
      List 8: Date Ceased to be Looked After: not recorded
      List 8: Date of Latest Statutory Review: table ssd_cla_reviews is not among the files
      List 8: Date of Last Social Work Visit: table ssd_cla_visits is not among the files
      List 8: Allocated Team; Allocated Worker: table ssd_involvements is not among the files
      List 8: Start date of current legal status; Child's Legal Status: table ssd_legal_status is not among the files
      List 8: Was the child offered a Return Interview after their last missing episode (Y/N)?; Did the child accept a Return Interview after their last missing episode (Y/N)?: table ssd_missing is not among the files
      List 8: Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N); Is this a second or subsequent period of being a Looked After Child within the last 12 months (Y/N); What is the permanence plan for this child?; Date of Last IRO Visit / Contact to the Child; Date of Last Health Assessment; Date of Last Dental Check; Reason Ceased to be Looked After; Placement Provider; URN of Placement; Placement Location; LA of Placement; Number of Episodes the Child has been ‘Missing’ from their Placement in the last 12 months; Number of Episodes the Child has been ‘Absent’ from their Placement in the last 12 months: the source does not say it
      List 9: the whole list: table ssd_care_leavers is not among the files
      List 10: the whole list: table ssd_permanence is not among the files
      List 11: the whole list: none of the sources fills it
      12 more columns are empty in some rows; lacking.csv has all of them

    Wrote annex/annex-a.xlsx
    Wrote annex/lacking.csv
    Wrote annex/written.json
    ");
    assert_snapshot!(list(&place, "annex/annex-a.xlsx", "List 3"), @r"
    Child Unique ID | Gender | Ethnicity | Date of Birth | Age of Child (Years) | Date of referral | Referral Source | Referral NFA? | Number of Referrals in Last 12 Months | Allocated Team | Allocated Worker
    C1 | b) Female | o) BAFR | 2014-03-21 | 12 | 2025-09-18 | 3D | b) No | 2 | =South+1 | SW1
    C1 | b) Female | o) BAFR | 2014-03-21 | 12 | 2026-03-20 | 6 | a) Yes | 2 | South | SW2
    C2 | a) Male | a) WBRI | 2010-01-08 | 16 | 2024-02-01 | 1A | b) No | 0 | North | -
    C3 | - | s) NOBT | - | - | soon | 6 | b) No | - | North | SW1
    ");
    assert_snapshot!(list(&place, "annex/annex-a.xlsx", "List 6"), @r"
    Child Unique ID | Gender | Ethnicity | Date of Birth | Age of Child (Years) | Does the Child have a Disability | CIN Start Date | Primary Need Code | CIN Closure Date | Reason for Closure | Allocated Team | Allocated Worker
    C1 | b) Female | o) BAFR | 2014-03-21 | 12 | a) Yes | 2025-09-18 | N4 | 2025-12-18 | RC8 | =South+1 | SW1
    C2 | a) Male | a) WBRI | 2010-01-08 | 16 | b) No | 2024-02-01 | N1 | - | - | North | -
    C3 | - | s) NOBT | - | - | - | soon | N8 | - | - | North | SW1
    ");
    assert_snapshot!(list(&place, "annex/annex-a.xlsx", "List 8"), @r"
    Child Unique ID | Gender | Ethnicity | Date of Birth | Age of Child (Years) | Does the Child have a Disability | Date Started to be Looked After | Child's Category of Need | Number of Placements in the Last 12 months | Start Date of Most Recent Placement | Placement Type | Placement postcode
    C2 | a) Male | a) WBRI | 2010-01-08 | 16 | b) No | 2024-02-17 | N1 | 2 | 2025-05-21 | U4 | ZE3 1GH
    ");
    let lacking = place.text("annex/lacking.csv");
    assert!(lacking.contains("List 3,Gender,4,1,not recorded"), "{lacking}");
    assert!(lacking.contains("List 8,Date of Last Dental Check,1,1,the source does not say it"), "{lacking}");
    assert!(!ran.stdout.contains("C1") && !place.text("annex/written.json").contains("South"));
    // without the day what depends on it is empty, and that is said
    let ran = place.plait("write annex-a ssd --out annex").succeeded();
    assert!(
        ran.stdout.contains("Age of Child (Years)") && ran.stdout.contains("needs the day"),
        "{}",
        ran.stdout
    );
}

#[test]
fn an_annex_a_that_was_written_is_read_back_as_one_with_the_same_rows_and_bytes() {
    let place = case_system();
    place.plait("write annex-a ssd --on 2026-03-31 --out annex").succeeded();
    place.plait("read annex/annex-a.xlsx --out again").succeeded();
    let dataset = json(&place.text("again/dataset.json"));
    assert_eq!(dataset["dataset"]["specification"], "annex-a");
    let rows = json(&place.text("annex/written.json"))["lists"]
        .as_array()
        .expect("lists")
        .iter()
        .fold(0, |rows, list| rows + list["rows"].as_u64().expect("a count"));
    assert_eq!((dataset["rows_in"].as_u64(), dataset["rows_set_aside"].as_u64()), (Some(rows), Some(0)));
    // a workbook of this kind gives itself again
    place.plait("write annex-a annex/annex-a.xlsx --out twice").succeeded();
    assert!(place.read("annex/annex-a.xlsx") == place.read("twice/annex-a.xlsx"));
    for sheet in ["List 3", "List 6", "List 8"] {
        assert_eq!(list(&place, "annex/annex-a.xlsx", sheet), list(&place, "twice/annex-a.xlsx", sheet));
    }
}

#[test]
fn a_workbook_with_headers_of_a_councils_own_gets_those_of_the_collector() {
    let place = Place::with(&[(
        "List 1.csv",
        "Child ID,Sex,Ethnicity (code),DOB,Age,Date of contact made,Source of contact\n\
         17,a) Male,a) WBRI,21/03/2014,12,03/02/2026,q) 6: Police\n18,Female,k) APKN,08/01/2010,16.2,,-\n"
            .as_bytes(),
    )]);
    let ran = place.run(&["write", "annex-a", "List 1.csv", "--out", "annex"]).succeeded();
    assert!(ran.stdout.contains("2              0           0  7 of 7"), "{}", ran.stdout);
    assert_snapshot!(list(&place, "annex/annex-a.xlsx", "List 1"), @r"
    Child Unique ID | Gender | Ethnicity | Date of Birth | Age of Child (Years) | Date of Contact | Contact Source
    17 | a) Male | a) WBRI | 2014-03-21 | 12 | 2026-02-03 | q) 6: Police
    18 | Female | k) APKN | 2010-01-08 | 16.2 | - | -
    ");
}

#[test]
fn what_fills_no_list_is_refused_and_nothing_is_written() {
    let place = place();
    assert_snapshot!(place.plait("write annex-a cin.xml --out annex").failed(), @r"
    exit 3
    error[E068] cin is of the Children in Need census, which fills no list of the Ofsted ILACS child-level data (Annex A) (cin.xml)
      why: a list is filled from the tables of certain returns alone
      do:  name one of these returns: annex-a, ssd; plait look shows what a file is taken for
    ");
    assert_snapshot!(place.plait("write annex-a-send list.csv --out annex").failed(), @r"
    exit 3
    error[E068] list is a table of no return that Plait knows, which fills no list of the Area SEND inspection data (Annex A) (list.csv)
      why: a list is filled from the tables of certain returns alone
      do:  name one of these returns: annex-a-send, school-census, sen2, ssd; plait look shows what a file is taken for
    ");
    assert_eq!(place.names("annex"), Vec::<String>::new());
}

#[test]
fn the_lists_of_send_say_by_a_linkage_who_is_known_to_social_care() {
    let place = crate::returns::with_council(600);
    let sources = "b/sen2_2026 b/school_census_2026_spring";
    let ran = place.plait(&format!("write annex-a-send {sources} --out send")).succeeded();
    assert!(ran.stdout.contains("it needs a linkage with social care"), "{}", ran.stdout);
    place
        .plait(&format!("link {sources} b/standard_safeguarding_dataset --out linked --no-workbook"))
        .succeeded();
    let with_social_care = format!("{sources} b/standard_safeguarding_dataset");
    place.plait(&format!("write annex-a-send {with_social_care} --linked linked --out send")).succeeded();
    let written = json(&place.text("send/written.json"));
    for at in 0..2 {
        assert!(written["lists"][at]["rows"].as_u64().expect("a count") > 3, "{written}");
    }
    let column = |sheet: &str, header: &str| {
        let options =
            plait_formats::read::ReadOptions { sheet: Some(sheet.to_owned()), ..Default::default() };
        let table = plait_formats::read::read(&place.path("send/annex-a-send.xlsx"), &options)
            .expect("a sheet")
            .table;
        let column = table.column(header).expect("a column").clone();
        (0..table.n_rows).map(|row| column.get(row).unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let both = |header: &str| [column("List_1", header), column("List_2", header)].concat();
    let answers = both("Known to children's social care?");
    for (answer, team) in answers.iter().zip(both("Which children's social care team?")) {
        assert!(["Yes", "No"].contains(&answer.as_str()), "{answer}");
        assert!(answer == "Yes" || team.is_empty(), "{team}");
    }
    assert!(both("Which children's social care team?").iter().any(|team| !team.is_empty()));
    assert!(answers.iter().any(|answer| answer == "Yes") && answers.iter().any(|answer| answer == "No"));
    place.plait("read send/annex-a-send.xlsx --out again").succeeded();
    let dataset = json(&place.text("again/dataset.json"));
    assert_eq!(dataset["dataset"]["specification"], "annex-a-send");
    assert_eq!(dataset["rows_in"].as_u64(), Some(answers.len() as u64));
    let said = place.plait(&format!("write annex-a-send {with_social_care} --out other")).failed();
    assert!(said.contains("E016") && said.contains("--linked"), "{said}");
    // the other file of that name that the run knows
    let census = "sen2_2026=b/school_census_2026_spring";
    let said = place.plait(&format!("write annex-a-send {census} --linked linked --out other")).failed();
    assert!(said.contains("E021"), "{said}");
    // a run that does not have the source, or nothing of social care, says nothing
    let said = place.plait("write annex-a-send sen=b/sen2_2026 --linked linked --out other").failed();
    assert!(said.contains("E016") && said.contains("sen2_2026"), "{said}");
    place.plait(&format!("link {sources} --out schools --no-workbook")).succeeded();
    let said = place.plait("write annex-a-send b/sen2_2026 --linked schools --out other").failed();
    assert!(said.contains("E068"), "{said}");
}

#[test]
fn the_main_school_is_the_first_of_the_placements_that_have_not_ended() {
    let placement = |urn: u32, rank: u8, entry: &str, leaving: &str| {
        let leaving =
            if leaving.is_empty() { String::new() } else { format!("<LeavingDate>{leaving}</LeavingDate>") };
        format!(
            "<PlacementDetail><URN>{urn}</URN><PlacementRank>{rank}</PlacementRank><EntryDate>{entry}</EntryDate>{leaving}\
             </PlacementDetail>"
        )
    };
    let left = placement(100_001, 1, "2018-09-01", "2023-07-20");
    let check = |placements: &[String], expected: &str| {
        let xml = format!(
            "<Message><Header><CollectionDetails><Collection>SEN2</Collection><Year>2026</Year></CollectionDetails></Header>\
             <Persons><Person><Surname>Quill</Surname><Forename>Ann</Forename><PersonBirthDate>2012-01-02</PersonBirthDate>\
             <Sex>F</Sex><Requests><ReceivedDate>2020-01-01</ReceivedDate><ActivePlans><LastReview>2025-06-01</LastReview>{}\
             </ActivePlans></Requests></Person></Persons></Message>",
            placements.concat()
        );
        let place = Place::with(&[("sen2.xml", xml.as_bytes())]);
        place.plait("write annex-a-send sen2.xml --out send").succeeded();
        let written = list(&place, "send/annex-a-send.xlsx", "List_1");
        let (header, row) = written.split_once('\n').expect("a row");
        let at =
            header.split(" | ").position(|header| header.starts_with("Main education")).expect("the column");
        assert_eq!(row.split(" | ").nth(at), Some(expected), "{placements:?}");
    };
    check(&[left.clone(), placement(100_002, 1, "2023-09-01", "")], "100002");
    check(&[left.clone(), placement(100_002, 2, "2023-09-01", "")], "100002");
    check(&[placement(100_003, 2, "2023-09-01", ""), placement(100_004, 1, "2023-09-01", "")], "100004");
    check(&[placement(100_003, 1, "2022-09-01", ""), placement(100_004, 1, "2023-09-01", "")], "100004");
    check(&[left], "100001");
}

#[test]
fn a_record_named_like_a_formula_is_counted_and_not_asked_for() {
    let list = "Child ID,Surname,Forename,Date of Birth\n=1+1,Quill,Ann,2012-01-02\nA2,Vane,Bo,2013-04-05\n@x,Moss,Cy,2013-04-06\n";
    let place = Place::with(&[("list.csv", list.as_bytes())]);
    let ran = place.plait("write pds-trace-request list.csv --out trace").succeeded();
    let request = place.text("trace/pds-trace-request.csv");
    assert_eq!(request.lines().skip(1).map(|row| &row[..3]).collect::<Vec<_>>(), ["A2,"]);
    assert!(
        ran.stdout.contains("left out: 2 with a name of the record that a spreadsheet takes for a formula")
    );
    assert_eq!(json(&place.text("trace/written.json"))["persons"], 3);
}

#[test]
fn two_sources_of_one_return_fill_no_lists() {
    let place = case_system();
    let said = place.plait("write annex-a one=ssd two=ssd --on 2026-03-31 --out annex").failed();
    assert!(said.starts_with("exit 2\nerror[E016] one and two are both of one return"), "{said}");
    assert_eq!(place.names("annex"), Vec::<String>::new());
}

#[test]
fn flags_of_cp_is_are_read_however_they_are_written() {
    let place = Place::with(&[(
        "list.csv",
        b"id,forename,surname,date_of_birth,looked_after\n1,Ann,Ash,2012-03-24,Y\n2,Bo,Birch,2013-05-26,N\n",
    )]);
    let ran = place.plait("write pds-trace-request list.csv --cp-is --out trace").succeeded();
    assert!(ran.stdout.contains("1 asked for, 1 left out"), "{}", ran.stdout);
}

#[test]
fn a_role_of_a_column_that_is_not_there_and_what_plait_read_wrote_are_refused() {
    let place = place();
    let said = place.plait("look list.csv --role Nope=surname").failed();
    assert!(said.contains("error[E003] the file has no column \"Nope\""), "{said}");
    let said = place.plait("look cin.xml --role Nope=surname").failed();
    assert!(said.contains("error[E003] the file has no column \"Nope\""), "{said}");
    place.plait("read cin.xml --out was_read").succeeded();
    let said = place.plait("look was_read").failed();
    assert!(said.contains("error[E064] was_read is what plait read wrote"), "{said}");
}
