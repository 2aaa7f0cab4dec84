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
    error[E067] cin holds nobody to ask for: 1 not born yet, 1 with neither a surname nor a valid NHS number; no column has surnames or NHS numbers (cin.xml)
      why: the service traces by a date of birth together with a surname or an NHS number
      do:  name a source that has names and dates of birth, such as case management or a list of pupils; where a column was not understood, say what it means with --role
    ");
    let births = "ref,surname,forename,postcode\nA1,Okafor,Amara,ZE1 2AB\nA2,Khan,Zainab,ZE2 7EF\n";
    std::fs::write(place.path("births.csv"), births).expect("a file");
    assert_snapshot!(place.plait("write pds-trace-request births.csv --out trace").failed(), @r"
    exit 3
    error[E067] births holds nobody to ask for: 2 without a whole date of birth; no column has NHS numbers or dates of birth (births.csv)
      why: the service traces by a date of birth together with a surname or an NHS number
      do:  name a source that has names and dates of birth, such as case management or a list of pupils; where a column was not understood, say what it means with --role
    ");
    assert_snapshot!(place.plait("write pds-trace-request list.csv --cp-is --out trace").failed(), @r"
    exit 3
    error[E067] list does not say who has a protection plan or is looked after (list.csv)
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
