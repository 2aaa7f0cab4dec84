//! Returns as councils and the NHS hold them, from the file to the folder of results.

use crate::Place;
use insta::assert_snapshot;
use plait_formats::read::{ReadOptions, read};
use plait_types::Table;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;

/// Two children of an authority that there is not: one with a plan, one not born yet.
pub(crate) const CIN: &str = r"<?xml version='1.0' encoding='utf-8'?>
<Message>
  <Header>
    <CollectionDetails><Collection>CIN</Collection><Year>2026</Year><ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails>
    <Source><SourceLevel>L</SourceLevel><LEA>999</LEA><SoftwareCode>x</SoftwareCode><Release>1</Release><SerialNo>1</SerialNo><DateTime>2026-04-01T10:00:00</DateTime></Source>
  </Header>
  <Children>
    <Child>
      <ChildIdentifiers><LAchildID>40017</LAchildID><UPN>Q999000016049</UPN><PersonBirthDate>2015-03-27</PersonBirthDate><Sex>F</Sex></ChildIdentifiers>
      <ChildCharacteristics><Ethnicity>WBRI</Ethnicity></ChildCharacteristics>
      <CINdetails><CINreferralDate>2025-10-06</CINreferralDate><ReferralSource>1A</ReferralSource><PrimaryNeedCode>N4</PrimaryNeedCode><ReferralNFA>0</ReferralNFA>
        <CINPlanDates><CINPlanStartDate>2025-11-01</CINPlanStartDate></CINPlanDates></CINdetails>
    </Child>
    <Child>
      <ChildIdentifiers><LAchildID>40018</LAchildID><UPNunknown>UN1</UPNunknown><ExpectedPersonBirthDate>2026-06-01</ExpectedPersonBirthDate><Sex>U</Sex></ChildIdentifiers>
      <ChildCharacteristics><Ethnicity>XXXX</Ethnicity></ChildCharacteristics>
      <CINdetails><CINreferralDate>2026-01-12</CINreferralDate><ReferralSource>3D</ReferralSource><PrimaryNeedCode>N1</PrimaryNeedCode><ReferralNFA>0</ReferralNFA></CINdetails>
    </Child>
  </Children>
</Message>
";

fn table(place: &Place, path: &str) -> Table {
    read(&place.path(path), &ReadOptions::default()).unwrap_or_else(|fault| panic!("{path}: {fault}")).table
}

fn headers(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

/// A whole synthetic council in `b`.
pub(crate) fn with_council(children: usize) -> Place {
    let place = Place::with(&[]);
    place.plait(&format!("synth borough --children {children} --seed 1 --out b")).succeeded();
    place
}

#[test]
fn a_return_is_recognised_and_its_tables_and_findings_are_shown_without_a_value() {
    let place = Place::with(&[("cin.xml", CIN.as_bytes())]);
    let ran = place.plait("look cin.xml").succeeded();
    let shown = ran.stdout.split("Who the records are about").next().expect("the first part");
    assert_snapshot!(shown.trim_end(), @r#"
    cin.xml: Children in Need census 2026, XML, 1 file
      cin.xml: root element Message of collection CIN; 21 of 21 elements at its start are known

    2 persons; 6 rows read, 0 set aside

      table                                   rows   set aside
      child                                      2           0
      cin_details                                2           0
      cin_plans                                  1           0
      header                                     1           0

    Findings, worst first (4 in all)

      convention        child.Ethnicity                         1 of 2 rows               not a code of the list "ethnicity" (code)
      convention        child.UPN                               1 of 1 row                check letter of the UPN is wrong (1510)
      convention        child.UPN                               1 of 1 row                characters 2 to 4 of the UPN are no authority (1530)
      convention        header.LEA                              1 of 1 row                not a code of the list "local-authority" (code)
    "#);
    for value in ["40017", "Q999000016049", "XXXX", "2015-03-27"] {
        assert!(!ran.stdout.contains(value) && !ran.stderr.contains(value), "{value} is shown");
    }
}

#[test]
fn reading_a_return_puts_identity_and_payload_apart_and_lists_what_is_wrong() {
    let place = Place::with(&[("cin.xml", CIN.as_bytes())]);
    place.plait("read cin.xml --out cin").succeeded();
    let identity = table(&place, "cin/identity.parquet");
    assert_eq!(identity.n_rows, 2);
    assert_eq!(identity.column("sex").and_then(|column| column.get(0)), Some("F"));
    let identifiers = table(&place, "cin/identity-identifiers.parquet");
    let values = identifiers.column("value").expect("a column of values");
    assert!((0..identifiers.n_rows).any(|row| values.get(row) == Some("Q999000016049")));
    let plans = table(&place, "cin/payload-cin_plans.parquet");
    assert_eq!(plans.n_rows, 1);
    assert_eq!(plans.column("record_key").and_then(|column| column.get(0)), Some("1"));
    for file in place.names("cin").iter().filter(|name| name.starts_with("payload-")) {
        let payload = table(&place, &format!("cin/{file}"));
        let identifying: BTreeSet<&str> =
            ["LAchildID", "UPN", "FormerUPN", "PersonBirthDate", "ExpectedPersonBirthDate"].into();
        assert!(headers(&payload).iter().all(|name| !identifying.contains(name)), "{file}");
    }
    let issues = place.text("cin/issues.csv");
    assert!(issues.contains("1510") && issues.contains("Ethnicity"), "{issues}");
    for value in ["40017", "Q999000016049", "XXXX", "2015-03-27"] {
        assert!(!issues.contains(value), "{value} is in issues.csv");
    }
}

#[test]
fn long_names_of_columns_do_not_run_into_what_is_said_of_them() {
    let place = Place::with(&[(
        "placed_for_adoption.csv",
        b"CHILD,DOB,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED\n\
          40017,27/03/2015,01/05/2024,01/06/2024,XXX\n",
    )]);
    let shown = place.plait("look placed_for_adoption.csv").succeeded().stdout;
    let line = shown.lines().find(|line| line.contains("REASON_PLACED_CEASED  ")).expect("a finding");
    assert!(line.contains("placed_for_adoption.REASON_PLACED_CEASED  1 of 1 row  "), "{line}");
}

#[test]
fn lists_of_findings_and_columns_name_each_column_as_the_file_does_and_run_nothing_in_a_spreadsheet() {
    let mapping = r#"
format = 1
return = "a-list"
title = "A list"
collector = "nobody"
dates = "day_first"

[[table]]
name = "children"
rows = "person"
columns = [
  { name = "id", aliases = ["=Ref"], meaning = "record" },
  { name = "dob", kind = "date", aliases = ["+Born"], meaning = "date_of_birth" },
  { name = "postcode", kind = "postcode", aliases = ["-Home"], meaning = "postcode" },
  { name = "@team", aliases = ["@Team"] },
]
"#;
    let place = Place::with(&[
        ("list.toml", mapping.as_bytes()),
        ("list.csv", b"=Ref,+Born,-Home,@Team\n1,31/31/2015,nowhere,a\n2,27/03/2015,ZZ99 3VZ,b\n"),
    ]);
    place.plait("read list.csv --as list.toml --out list").succeeded();
    let columns = place.text("list/columns.csv");
    let starts: Vec<String> =
        columns.lines().map(|line| line.split(',').take(3).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(
        starts,
        [
            "\u{feff}table,column,header",
            "children,id,'=Ref",
            "children,dob,'+Born",
            "children,postcode,'-Home",
            "children,'@team,'@Team"
        ]
    );
    let issues = place.text("list/issues.csv");
    assert!(issues.contains(",children,dob,'+Born,1,2,2,"), "{issues}");
    let cin = Place::with(&[("cin.xml", CIN.as_bytes())]);
    cin.plait("read cin.xml --out cin").succeeded();
    assert!(cin.text("cin/issues.csv").contains(",child,UPN,UPN,1,1,"), "{}", cin.text("cin/issues.csv"));
    assert!(
        cin.text("cin/columns.csv").contains("\nchild,LAchildID,LAchildID,2,2,2,0"),
        "{}",
        cin.text("cin/columns.csv")
    );
}

#[test]
fn rows_on_how_to_fill_in_the_form_and_titles_are_counted_and_shown() {
    let list = b"Cohort list,,,,,,\n\
        CHILD_SCHOOL_URN,CHILD_FIRST_NAME,CHILD_LAST_NAME,CHILD_DATE_OF_BIRTH,CHILD_POSTCODE,CHILD_NHS_NUMBER,PARENT_1_NAME\n\
        \"Required, 6 digits\",Required,Required,\"Required, DD/MM/YYYY\",Required,Optional,Optional\n\
        999999,Ava,Khan,01/02/2012,QZ1 1AA,,\n999999,Zora,Quill,02/03/2012,QZ1 1AB,,\nTotal: 2,,,,,,\n";
    let place = Place::with(&[("cohort.csv", list)]);
    let shown = place.plait("read cohort.csv --out cohort").succeeded().stdout;
    assert!(
        shown.contains("2 persons; 4 rows read = 2 kept + 2 set aside (1 on how to fill in the form)"),
        "{shown}"
    );
    // the table below has the same sums
    let of_table = shown.lines().skip_while(|line| !line.trim_start().starts_with("table ")).nth(1);
    let numbers: Vec<&str> = of_table.expect("a table").split_whitespace().rev().take(2).collect();
    assert_eq!(numbers, ["2", "4"], "{shown}");
    assert!(shown.contains("  titles above the header, not among the rows read: 1 row"), "{shown}");
    let json: serde_json::Value = serde_json::from_str(&place.text("cohort/dataset.json")).expect("JSON");
    let count = |key: &str| json[key].as_u64().expect("a count");
    assert_eq!((count("rows_in"), count("rows_set_aside"), count("rows_of_instructions")), (4, 2, 1));
    assert_eq!(count("rows_of_titles"), 1);
    assert!(place.text("cohort/issues.csv").contains(",N015,"), "{}", place.text("cohort/issues.csv"));
}

#[test]
fn a_list_to_look_things_up_in_is_said_to_be_about_nobody() {
    let place = Place::with(&[("nicknames.csv", b"name1,relationship,name2\nava,has_nickname,avie\n")]);
    let said = place.plait("read nicknames.csv --out list").failed();
    assert!(
        said.starts_with(
            "exit 3\nerror[E062] nicknames is a list to look things up in (reference-names), and its rows are about nobody"
        ),
        "{said}"
    );
}

#[test]
fn a_return_that_cannot_be_read_leaves_the_folder_as_it_was() {
    let cut = &CIN[..CIN.len() / 2];
    let place = Place::with(&[("cin.xml", cut.as_bytes())]);
    let said = place.plait("read cin.xml --out cin").failed();
    assert!(said.starts_with("exit 3\nerror[E007]"), "{said}");
    assert_eq!(place.names("cin"), Vec::<String>::new());
    let place = Place::with(&[("list.csv", b"a,b\n1,2\n")]);
    let said = place.plait("read list.csv --out list").failed();
    assert!(said.starts_with("exit 3\nerror[E064] list.csv is a table, and of no return"), "{said}");
}

#[test]
fn entities_and_document_types_are_refused() {
    let bomb = "<!DOCTYPE Message [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>";
    let text = CIN.replacen("<Message>", &format!("{bomb}<Message>"), 1);
    let place = Place::with(&[("cin.xml", text.as_bytes())]);
    let said = place.plait("look cin.xml").failed();
    assert!(said.starts_with("exit 3\nerror[E066]"), "{said}");
}

#[test]
fn a_return_of_another_kind_or_year_than_was_said_is_refused() {
    let place = Place::with(&[("cin.xml", CIN.as_bytes())]);
    let said = place.plait("look cin.xml --as ssda903").failed();
    assert!(said.starts_with("exit 3\nerror[E062]"), "{said}");
    let said = place.plait("look cin.xml --as cin-census-2019").failed();
    assert!(said.starts_with("exit 3\nerror[E062]"), "{said}");
    let said = place.plait("look cin.xml --as cin-cencus").failed();
    assert!(said.contains("did you mean \"cin-census"), "{said}");
}

#[test]
fn a_list_described_in_a_file_is_read_as_that_file_says() {
    let spec = r#"
format = 1
return = "youth-list"
title = "Youth list"
collector = "the council"
dates = "day_first"

[[table]]
name = "list"
rows = "person"
columns = [
  { name = "REF", meaning = "record" },
  { name = "N1", meaning = "surname" },
  { name = "N2", meaning = "forename" },
  { name = "BORN", kind = "date", meaning = "date_of_birth" },
  "OUTCOME",
]
"#;
    let list = "REF,N1,N2,BORN,OUTCOME\nY1,Okafor,Amara,21/03/2014,a\nY2,Khan,Zainab,30/06/2015,b\n";
    let place = Place::with(&[("list.csv", list.as_bytes()), ("list.toml", spec.as_bytes())]);
    place.plait("read list.csv --as list.toml --out list").succeeded();
    let identity = table(&place, "list/identity.parquet");
    assert_eq!(identity.column("date_of_birth").and_then(|column| column.get(1)), Some("2015-06-30"));
    assert_eq!(headers(&table(&place, "list/payload-list.parquet")), ["record_key", "OUTCOME"]);
    let spec = spec.replace("\"surname\"", "\"surnam\"");
    let place = Place::with(&[("list.csv", list.as_bytes()), ("list.toml", spec.as_bytes())]);
    let said = place.plait("read list.csv --as list.toml --out list").failed();
    assert!(
        said.contains("error[E022] \"surnam\" is nothing that \"meaning\" can be (list.toml line 13)"),
        "{said}"
    );
    assert!(said.contains("do:  did you mean \"surname\"? it can be: record, la_child_id"), "{said}");
    let spec = spec
        .replace("\"surnam\"", "\"surname\"")
        .replace("\"OUTCOME\"", "{ name = \"OUTCOME\", codes = \"sex-mfuu\" }");
    let place = Place::with(&[("list.csv", list.as_bytes()), ("list.toml", spec.as_bytes())]);
    let said = place.plait("read list.csv --as list.toml --out list").failed();
    assert!(
        said.contains("there is no code list \"sex-mfuu\"") && said.contains("did you mean \"sex-mf"),
        "{said}"
    );
}

#[test]
fn a_whole_council_is_linked_from_its_files_as_they_are() {
    let place = with_council(1500);
    let sources = "b/school_census_2026_spring b/standard_safeguarding_dataset b/sen2_2026 b/ssda903_2026 \
                   b/children_in_need_2026.xml b/gp_registered_children.csv b/csds_2026_03 b/mhsds_2026_03 \
                   b/school_age_immunisation_cohort.csv b/ecds_attendances_2025_26.csv \
                   b/birth_notifications_and_registrations.csv b/death_registrations.csv";
    let words = format!("link {sources} --truth b/truth/truth.csv --out linked --json");
    let ran = place.plait(&words.split_whitespace().collect::<Vec<_>>().join(" ")).succeeded();
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("one document");
    let sources = json["run"]["sources"].as_array().expect("sources");
    let mut returns: Vec<&str> =
        sources.iter().filter_map(|source| source["dataset"]["specification"].as_str()).collect();
    returns.sort_unstable();
    assert_eq!(
        returns,
        [
            "births",
            "cin-census-2026",
            "csds-mpi",
            "deaths",
            "ecds",
            "gp-list",
            "mavis-cohort",
            "mhsds-mpi",
            "school-census-2026",
            "sen2-2026",
            "ssd",
            "ssda903-2026",
        ],
        "each source is recognised as the return that it is"
    );
    let truth = &json["run"]["truth"];
    assert!(truth["recall"].as_f64().expect("a figure") > 0.97, "{truth}");
    assert!(truth["precision"].as_f64().expect("a figure") > 0.95, "{truth}");
}

#[test]
fn every_row_of_every_return_is_kept_or_set_aside_with_a_word() {
    let place = with_council(400);
    for source in ["school_census_2026_spring", "standard_safeguarding_dataset", "sen2_2026", "ssda903_2026"]
    {
        place.plait(&format!("read b/{source} --out {source}")).succeeded();
        let json: serde_json::Value =
            serde_json::from_str(&place.text(&format!("{source}/dataset.json"))).unwrap();
        let mut rows_of_files = 0;
        for file in place.names(&format!("b/{source}")) {
            rows_of_files += place.text(&format!("b/{source}/{file}")).lines().count() as u64 - 1;
        }
        assert_eq!(json["rows_in"].as_u64(), Some(rows_of_files), "{source}");
        assert_eq!(json["rows_set_aside"].as_u64(), Some(0), "{source}");
    }
}

#[test]
fn an_archive_is_the_folder_that_it_holds() {
    let place = with_council(200);
    let mut archive = zip::ZipWriter::new(File::create(place.path("b/sen2.zip")).expect("a file"));
    for file in place.names("b/sen2_2026") {
        archive.start_file(&*file, zip::write::SimpleFileOptions::default()).expect("an entry");
        archive.write_all(&place.read(&format!("b/sen2_2026/{file}"))).expect("bytes of an entry");
    }
    archive.finish().expect("an archive");
    place.plait("read b/sen2.zip --out zip").succeeded();
    place.plait("read b/sen2_2026 --out folder").succeeded();
    for file in place.names("folder").iter().filter(|name| name.ends_with(".parquet")) {
        let (one, other) = (table(&place, &format!("zip/{file}")), table(&place, &format!("folder/{file}")));
        assert_eq!(headers(&one), headers(&other), "{file}");
        for (a, b) in one.columns.iter().zip(&other.columns) {
            assert!((0..one.n_rows).all(|row| a.get(row) == b.get(row)), "{file} {}", a.name);
        }
    }
}

#[test]
fn a_list_of_everyday_headers_with_one_of_its_own_stays_a_table_and_loses_no_column() {
    let header =
        "upn,surname,forename,middlenames,preferredsurname,formersurname,dob,gender,postcode,phone2,guardian";
    let list = format!(
        "{header}\n,Okafor,Amara,,,,2014-03-21,F,ZE1 2AB,,\n,Khan,Zainab,,,,2015-06-30,F,ZE2 7EF,,\n"
    );
    let place = Place::with(&[("list.csv", list.as_bytes())]);
    let json = place.plait("look list.csv --json").succeeded();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("one document");
    assert!(json["dataset"].is_null(), "{json}");
    assert_eq!(json["columns"].as_array().map(Vec::len), Some(11));
}

#[test]
fn reading_another_return_into_a_folder_leaves_no_table_of_the_earlier_one() {
    let other =
        CIN.replace("<CINPlanDates><CINPlanStartDate>2025-11-01</CINPlanStartDate></CINPlanDates>", "");
    let place = Place::with(&[("cin.xml", CIN.as_bytes()), ("other.xml", other.as_bytes())]);
    place.plait("read cin.xml --out cin").succeeded();
    assert!(place.names("cin").contains(&"payload-cin_plans.parquet".to_owned()));
    place.plait("read other.xml --out cin").succeeded();
    assert!(!place.names("cin").contains(&"payload-cin_plans.parquet".to_owned()));
    assert!(place.names("cin").contains(&"payload-cin_details.parquet".to_owned()));
}

#[test]
fn columns_and_dates_of_a_return_are_shown_as_its_files_have_them() {
    let list = "YOT_ID,FamilyName,FirstName,Born,PC\nY1,Okafor,Amara,21/03/2014,ZE1 2AB\n\
                Y2,Khan,Zainab,30/06/2015,ZE2 7EF\nY3,Silva,Mateus,19/12/2015,ZE3 8NP\n";
    let place = Place::with(&[
        ("yot.csv", list.as_bytes()),
        ("yot.toml", MAPPING.as_bytes()),
        ("pupils.csv", crate::PUPILS.as_bytes()),
    ]);
    let ran = place.plait("link yot.csv pupils.csv --as yot=yot.toml --out linked").succeeded();
    let shown: Vec<&str> = ran.stdout.lines().take_while(|line| !line.starts_with("Model")).collect();
    assert_snapshot!(shown.join("\n"), @r"
    Reading   yot: 3 records, named by YOT_ID. Youth offending service, monthly list, CSV, 1 file.
              pupils: 10 records, named by pupil_id. CSV, comma between fields, UTF-8.
    Columns   yot: YOT_ID (source_key) = record identifier, FirstName (forename), FamilyName (surname),
              Born (date_of_birth), PC (postcode).
              pupils: pupil_id = record identifier, surname, forename, dob = date of birth, sex,
              postcode.
    Checked   yot: Born (date_of_birth) as DD/MM/YYYY.
              pupils: dob as YYYY-MM-DD.
    ");
    assert_snapshot!(ran.stderr, @r#"
    warning[W042] yot.csv: column "M_F": yot.toml line 16 names it, and the file does not have it; write the header as the file has it, or take the column out
    warning[W042] yot.csv: column "Offence": yot.toml line 18 names it, and the file does not have it; write the header as the file has it, or take the column out
    "#);
    let run: serde_json::Value = serde_json::from_slice(&place.read("linked/run.json")).expect("JSON");
    assert_eq!(run["sources"][0]["record_column"], "YOT_ID");
    let looked = place.plait("look yot.csv --as yot.toml").succeeded().stdout;
    let (_, table) = looked.split_once("goes into linkage\n").expect("the second part");
    assert_snapshot!(table.trim_start().split("\n\nWhy").next().expect("a table"), @r"
    3 rows, 5 columns

      column                role               filled  valid  distinct  dates
      YOT_ID (source_key)   record identifier    100%                3
      FirstName (forename)  forename             100%                3
      FamilyName (surname)  surname              100%                3
      Born (date_of_birth)  date of birth        100%   100%         3  DD/MM/YYYY, 2014 to 2015
      PC (postcode)         postcode             100%   100%         3
    ");
    // a role is given by the header of the file as well as by our name
    for header in ["Born", "date_of_birth"] {
        let words = format!("look yot.csv --as yot.toml --role {header}=other_date --json");
        let json: serde_json::Value =
            serde_json::from_str(&place.plait(&words).succeeded().stdout).expect("one document");
        let born = json["columns"].as_array().expect("columns").iter().find(|c| c["header"] == "Born");
        assert_eq!(born.expect("a column")["role"], "other_date");
    }
}

const MAPPING: &str = r#"
format = 1
return = "youth-offending"
title = "Youth offending service, monthly list"
collector = "the council"
dates = "day_first"

[[table]]
name = "list"
rows = "person"
columns = [
  { name = "YOT_ID", meaning = "record" },
  { name = "FamilyName", aliases = ["Surname"], meaning = "surname" },
  { name = "FirstName", meaning = "forename" },
  { name = "Born", kind = "date", meaning = "date_of_birth" },
  { name = "M_F", codes = "sex", meaning = "sex" },
  { name = "PC", kind = "postcode", meaning = "postcode" },
  "Offence",
]
"#;

#[test]
fn columns_that_a_mapping_names_and_a_file_lacks_and_codes_outside_its_lists_are_found() {
    let list = "YOT_ID,FamilyName,FirstName,DateBorn,M_F,PC,Ofence\nY1,Okafor,Amara,21/03/2014,F,ZE1 2AB,a\n\
                Y2,Khan,Zainab,30/06/2015,girl,ZE2 7EF,b\nY3,Silva,Mateus,19/12/2015,X,ZE3 8NP,\n";
    let place = Place::with(&[
        ("yot.csv", list.as_bytes()),
        ("yot.toml", MAPPING.as_bytes()),
        ("pupils.csv", crate::PUPILS.as_bytes()),
    ]);
    let ran = place.plait("link yot.csv pupils.csv --as yot=yot.toml --out linked");
    assert_snapshot!(ran.stderr, @r#"
    note[N011] yot.csv: the specification does not know columns DateBorn, Ofence; they were left out
    warning[W042] yot.csv: column "Born": yot.toml line 15 names it, and the file does not have it; write the header as the file has it, or take the column out
    warning[W042] yot.csv: column "Offence": yot.toml line 18 names it, and the file does not have it; did you mean "Ofence"?
    warning[W043] yot.csv: column "M_F": 2 rows hold a value that is not a code of the list "sex", which yot.toml line 16 gives it; correct the values, or name a list that has them (lines 3, 4)
    "#);
    let ran = place.plait("read yot.csv --as yot.toml --out yot").succeeded();
    assert_snapshot!(ran.stdout.split("Wrote").next().expect("a description"), @r#"
    yot.csv: Youth offending service, monthly list, CSV, 1 file
      yot.csv: 5 of 7 columns are of table list

    3 persons; 3 rows read, 0 set aside

      table                                   rows   set aside
      list                                       3           0

    Findings, worst first (1 in all)

      convention        list.M_F                                2 of 3 rows               not a code of the list "sex" (code)
    "#);
    let issues = place.text("yot/issues.csv");
    assert!(issues.contains("W042") && issues.contains("yot.toml line 15"), "{issues}");
    assert!(!issues.contains("girl") && !ran.stdout.contains("girl"), "{issues}");
}

#[test]
fn the_list_of_your_own_in_the_documentation_can_be_read() {
    let page = include_str!("../../../../docs/returns.md");
    let (_, rest) = page.split_once("```toml\n").expect("an example");
    let (mapping, _) = rest.split_once("```").expect("its end");
    let list = "YOT_ID,Surname,FirstName,Born,M_F,PC,Worker,Offence,Outcome\n\
                Y1,Okafor,Amara,21/03/2014,F,ZE1 2AB,B. Jones,a,b\n";
    let place = Place::with(&[("yot.csv", list.as_bytes()), ("yot.toml", mapping.as_bytes())]);
    let ran = place.plait("read yot.csv --as yot.toml --out yot").succeeded();
    assert_eq!(ran.stderr, "");
    assert!(ran.stdout.contains("No check found anything."), "{}", ran.stdout);
}

/// Who waits for the specifications must not hold up who reads them. Before, about one run in ten never ended.
#[test]
fn returns_that_are_recognised_at_the_same_time_do_not_wait_for_each_other() {
    let place = with_council(300);
    for _ in 0..30 {
        let sources = "b/sen2_2026 b/ssda903_2026 b/csds_2026_03";
        place.plait(&format!("link {sources} --out linked --dry-run --threads 3")).succeeded();
    }
}

/// A children in need census of so many children, of whom the first has this id.
fn cin_of(first: usize, n: usize) -> String {
    let (head, rest) = CIN.split_once("    <Child>").expect("there are children");
    let foot = rest.rsplit_once("</Child>").expect("there are children").1;
    let child = |id: usize| {
        format!(
            "    <Child>\n<ChildIdentifiers><LAchildID>{id}</LAchildID><PersonBirthDate>2015-03-27</PersonBirthDate>\
             <Sex>F</Sex></ChildIdentifiers>\n</Child>"
        )
    };
    let children: String = (first..first + n).map(child).collect();
    format!("{head}{children}{foot}")
}

#[test]
fn two_copies_of_a_return_in_one_folder_are_refused_by_the_persons_that_they_hold() {
    let (whole, copy) = (cin_of(50_000, 8), cin_of(50_000, 8).replace("<Sex>F", "<Sex> F"));
    let place = Place::with(&[]);
    let write = |folder: &str, other: &str| {
        std::fs::create_dir(place.path(folder)).expect("made");
        std::fs::write(place.path(&format!("{folder}/a.xml")), &whole).expect("written");
        std::fs::write(place.path(&format!("{folder}/b.xml")), other).expect("written");
    };
    write("copies", &copy);
    assert_snapshot!(place.plait("read copies --out c").failed(), @r"
    exit 3
    error[E063] a.xml and b.xml hold the same persons: 8 of the 8 in b.xml are in a.xml
      why: they are the same return in two forms, or two copies of it, and its rows would count twice
      do:  leave one of them out, or name each by itself; of two sheets, delete one or save it as a file of its own
    ");
    // half of the eight, and four
    for (at, first) in [50_004, 50_006].into_iter().enumerate() {
        write(&format!("parts{at}"), &cin_of(first, 8));
        place.plait(&format!("read parts{at} --out c{at}")).succeeded();
    }
}

#[test]
fn a_folder_with_a_return_in_two_forms_of_different_children_is_read() {
    let place = Place::with(&[]);
    std::fs::create_dir(place.path("care")).expect("made");
    let files: [(&str, &[u8]); 3] = [
        ("care/header.csv", b"CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n566910,2,27/03/2008,WROM,,,\n"),
        ("care/reviews.csv", b"CHILD,DOB,REVIEW,REVIEW_CODE\n566910,27/03/2008,27/09/2025,PN0\n"),
        (
            "care/care.xml",
            b"<EXPSSDA903><CHILD><HEADER><CHILDID>907440</CHILDID><SEX>2</SEX><DOB>28/07/2010</DOB><ETHNIC>BAFR</ETHNIC>\
              <AREVIEW><REVIEW>27/09/2025</REVIEW><REVIEW_CODE>PN0</REVIEW_CODE></AREVIEW></HEADER></CHILD></EXPSSDA903>",
        ),
    ];
    for (name, bytes) in files {
        std::fs::write(place.path(name), bytes).expect("written");
    }
    place.plait("read care --out c").succeeded();
    let reviews = table(&place, "c/payload-reviews.parquet");
    assert_eq!(
        (headers(&reviews)[..3].to_vec(), reviews.n_rows),
        (vec!["record_key", "row", "parent_row"], 2)
    );
}

#[test]
fn a_table_without_that_of_its_persons_says_what_has_to_stand_beside_it() {
    let pupils =
        b"Pupil ref,Forename,Surname,Date of Birth,Sex,Postcode,UPN\n12,Amara,Okafor,2014-03-21,F,ZE1 2AB,\n";
    let place = Place::with(&[("2025_spring_senneeds.csv", SEN_NEEDS), ("pupils.csv", pupils)]);
    assert_snapshot!(place.plait("look 2025_spring_senneeds.csv").failed(), @r#"
    exit 3
    error[E069] 2025_spring_senneeds has no table "pupilonroll" or "pupilnolongeronroll" of school-census-2025, and its other tables are about the persons there
      why: the year, 2025, is that in the name of the file; 2025_spring_senneeds.csv: 7 of 7 columns are of table senneeds
      do:  put "pupilonroll" or "pupilnolongeronroll" beside it and name the folder, or say with --as what else it is
    "#);
    let forced = place.plait("look pupils.csv --as school-census").failed();
    assert!(forced.starts_with("exit 3\nerror[E064] pupils.csv holds nothing of school-census"), "{forced}");
}

const SEN_NEEDS: &[u8] =
    b"pupilonrolltableid,NativeId,senneedstableid,senneedsorderseqcolumn,sourceid,sentyperank,sentype\n1,1,1,1,1,1,SLCN\n";

#[test]
fn a_census_that_names_another_year_than_its_elements_are_of_may_be_said_to_be_of_that_year() {
    let of_2023 = CIN.replace("<Year>2026</Year>", "<Year>2023</Year>");
    let place = Place::with(&[("cin.xml", of_2023.as_bytes())]);
    assert!(place.plait("look cin.xml").succeeded().stdout.contains("its elements are those of"));
    place.plait("look cin.xml --as cin-census-2026").succeeded();
    assert!(place.plait("look cin.xml --as cin-census-2018").failed().contains("error[E062]"));
}
