//! Files of small returns made here: recognised, read, and refused with words.

use super::detect::{Asked, Detected, Holds, Recognised, detect_among};
use super::fit::Headers;
use super::gather::{Gathered, Quiet, gather_in};
use super::{Batch, BatchSink, Nesting, Spec};
use plait_types::{Fault, FaultCode, Issue, IssueKind};
use proptest::prelude::*;
use rust_xlsxwriter::{Format, Formula, Workbook};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// A return with terms, in tables and in XML.
const CENSUS: &str = r#"
format = 1
return = "small-census"
title = "Small census"
year = 2024
collector = "nobody"
terms = ["autumn", "spring"]
dates = "iso"

[xml]
root = "Message"
collection = ["Header/Collection", "SMALL"]
year = "Header/Year"
term = "Header/Term"
reference_date = "Header/ReferenceDate"
authority = "Header/LEA"

[[table]]
name = "header"
element = "Header"
rows = "of_file"
columns = ["Collection", "Year", "Term", "ReferenceDate", "LEA"]

[[table]]
name = "pupils"
element = "Pupils/Pupil"
rows = "person"
record = "PupilId"
columns = [
  { name = "PupilId", element = "Identifiers/PupilId", kind = "key", meaning = "record", required = true },
  { name = "UPN", element = "Identifiers/UPN", kind = "upn", meaning = "upn" },
  { name = "Surname", element = "Identifiers/Surname", meaning = "surname" },
  { name = "BirthDate", element = "Identifiers/BirthDate", kind = "date", meaning = "date_of_birth" },
  { name = "NeedKind", element = "Needs/NeedKind", several = true },
  { name = "Ethnicity", terms = ["spring"] },
]

[[table]]
name = "exclusions"
element = "Pupils/Pupil/Exclusions/Exclusion"
rows = "of_person"
record = "PupilId"
columns = [ { name = "PupilId", element = "-/PupilId" }, { name = "StartDate", kind = "date" }, "Category" ]

[[table]]
name = "reviews"
element = "Pupils/Pupil/Exclusions/Exclusion/Reviews/Review"
rows = "of_person"
columns = [ { name = "ReviewDate", kind = "date" } ]
"#;

const CENSUS_2025: &str = r#"
format = 1
return = "small-census"
year = 2025
extends = 2024
changes = ["YoungCarer is new"]

[[change]]
table = "pupils"
add = ["YoungCarer"]
"#;

/// A return without terms or XML.
const CARE: &str = r#"
format = 1
return = "small-care"
title = "Small care"
year = 2024
collector = "nobody"
dates = "day_first"

[[table]]
name = "episodes"
rows = "person"
record = "CHILD"
columns = [
  { name = "CHILD", kind = "key", meaning = "la_child_id", required = true },
  { name = "DECOM", kind = "date", required = true },
  { name = "RNE", aliases = ["Reason for new episode"] },
  { name = "HOME_POST", kind = "postcode", meaning = "postcode" },
]
"#;

/// A return whose nested form is JSON and whose tables are sheets too.
const CASES: &str = r#"
format = 1
return = "small-cases"
title = "Small cases"
collector = "nobody"
dates = "any"

[[table]]
name = "list_1"
aliases = ["List 1"]
element = "Children"
rows = "person"
record = "Child Unique ID"
columns = [
  { name = "Child Unique ID", words = ["child", "id"], element = "la_child_id", kind = "key", meaning = "la_child_id", required = true },
  { name = "Date of Birth", words = ["date", "birth"], element = "child_details/date_of_birth", kind = "date", meaning = "date_of_birth" },
  { name = "Disabilities", element = "child_details/disabilities", several = true },
  { name = "Age of Child", words = ["age"] , element = "-" },
]

[[table]]
name = "list_2"
aliases = ["List 2"]
element = "Children/plans"
rows = "of_person"
columns = [
  { name = "Child Unique ID", element = "-", meaning = "la_child_id" },
  { name = "Plan Start Date", element = "start_date", kind = "date" },
  { name = "Category of Abuse", element = "category" },
]
"#;

fn headers() -> Headers {
    let census = Spec::parse(CENSUS, "census").unwrap();
    let later = census.change(CENSUS_2025, "census-2025").unwrap();
    let care = Spec::parse(CARE, "care").unwrap();
    let cases = Spec::parse(CASES, "cases").unwrap();
    Headers::new(&[care, cases, census, later].map(Arc::new))
}

fn recognise(path: &Path) -> Result<Recognised, Fault> {
    match detect_among(path, &Asked::Nothing, &headers())? {
        Detected::Return(recognised) => Ok(*recognised),
        Detected::PlainTable => panic!("taken for a plain table"),
    }
}

/// Keeps everything as text: table by table its rows, each with its line.
#[derive(Default)]
struct Kept {
    batches: Vec<Batch>,
    issues: Vec<Issue>,
    set_aside: u64,
}

impl BatchSink for Kept {
    fn batch(&mut self, batch: Batch) -> Result<(), Fault> {
        for column in &batch.rows.columns {
            assert_eq!(column.codes.len(), batch.rows.n_rows, "{}", column.name);
        }
        assert_eq!(batch.lines.len(), batch.rows.n_rows);
        assert_eq!(batch.columns.len(), batch.rows.columns.len());
        self.batches.push(batch);
        Ok(())
    }

    fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }

    fn set_aside(&mut self, _table: usize, n_rows: u64) {
        self.set_aside += n_rows;
    }
}

impl Kept {
    /// The rows of a table: line, person, own number, parent, then `column=value` of what is there.
    fn rows(&self, spec: &Spec, table: &str) -> Vec<String> {
        let mut rows = Vec::new();
        for batch in self.batches.iter().filter(|batch| spec.tables[batch.table].name == table) {
            for row in 0..batch.rows.n_rows {
                let mut text = format!("{}", batch.lines[row]);
                if let Some(nesting) = &batch.nesting {
                    for number in [nesting.person[row], nesting.own[row], nesting.parent[row]] {
                        text +=
                            &if number == Nesting::NO_ROW { " -".to_owned() } else { format!(" {number}") };
                    }
                }
                for column in &batch.rows.columns {
                    if let Some(value) = column.get(row) {
                        text += &format!(" {}={value}", column.name);
                    }
                }
                rows.push(text);
            }
        }
        rows
    }

    fn kinds(&self) -> Vec<IssueKind> {
        self.issues.iter().map(|issue| issue.kind).collect()
    }
}

fn read(recognised: &Recognised, batch_rows: usize) -> (Kept, Gathered) {
    let mut kept = Kept::default();
    let gathered = gather_in(recognised, batch_rows, &mut kept, &Quiet).unwrap();
    let total = gathered.total;
    assert_eq!(total.rows_in, total.rows_kept + total.rows_set_aside);
    assert_eq!(total.rows_kept, kept.batches.iter().map(|batch| batch.rows.n_rows as u64).sum::<u64>());
    assert_eq!(total.rows_set_aside, kept.set_aside);
    (kept, gathered)
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

const XML: &str = "<?xml version='1.0' encoding='utf-8'?>
<Message>
 <Header><Collection>SMALL</Collection><Year>2024</Year><Term>SPR</Term><ReferenceDate>2024-01-18</ReferenceDate><LEA>999</LEA></Header>
 <Pupils>
  <Pupil>
   <Identifiers><PupilId>1</PupilId><UPN/><Surname>O&apos;Quill</Surname><BirthDate> 2012-03-04 </BirthDate></Identifiers>
   <Needs><NeedKind>SEMH</NeedKind><NeedKind>HI</NeedKind></Needs>
   <Exclusions>
    <Exclusion><StartDate>2023-10-01</StartDate><Category>SUSP</Category><Reviews><Review><ReviewDate>2023-11-01</ReviewDate></Review></Reviews></Exclusion>
    <Exclusion><StartDate>2023-12-01</StartDate></Exclusion>
   </Exclusions>
  </Pupil>
  <Pupil><Identifiers><PupilId>2</PupilId></Identifiers></Pupil>
 </Pupils>
</Message>
";

#[test]
fn xml_is_recognised_by_what_it_says_and_read_with_its_nesting() {
    let folder = folder(&[("census.xml", XML)]);
    let recognised = recognise(&folder.path().join("census.xml")).unwrap();
    assert_eq!((recognised.spec.id().as_str(), recognised.year), ("small-census-2024", Some(2024)));
    assert_eq!(recognised.term.map(|term| term.to_string()).as_deref(), Some("spring"));
    assert_eq!(recognised.reference_date.as_deref(), Some("2024-01-18"));
    assert_eq!(recognised.authority.as_deref(), Some("999"));
    assert_eq!(recognised.unsure, Vec::<String>::new());
    let (kept, gathered) = read(&recognised, 100);
    assert_eq!(gathered.total.rows_in, 6);
    assert_eq!(
        kept.rows(&recognised.spec, "pupils"),
        ["5 0 0 - PupilId=1 Surname=O'Quill BirthDate=2012-03-04 NeedKind=SEMH|HI", "13 1 1 - PupilId=2",]
    );
    assert_eq!(
        kept.rows(&recognised.spec, "exclusions"),
        ["9 0 0 0 StartDate=2023-10-01 Category=SUSP", "10 0 1 0 StartDate=2023-12-01",]
    );
    assert_eq!(kept.rows(&recognised.spec, "reviews"), ["9 0 0 0 ReviewDate=2023-11-01"]);
    assert_eq!(kept.issues, []);
}

const PUPILS: &str = "PupilId,UPN,Surname,BirthDate,NeedKind,Ethnicity,Extra\n1,,Quill,2012-03-04,,WBRI,x\n2,,Vane,2013-03-04,,,\n";
const EXCLUSIONS: &str = "PupilId,StartDate,Category\n1,2023-10-01,SUSP\n";

#[test]
fn a_folder_of_tables_is_one_return_and_columns_have_the_names_of_the_spec() {
    let folder = folder(&[
        ("2024_spring_pupils.csv", PUPILS),
        ("2024_spring_exclusions.csv", EXCLUSIONS),
        ("notes.md", "# notes"),
    ]);
    let recognised = recognise(folder.path()).unwrap();
    assert_eq!(recognised.spec.id(), "small-census-2024");
    let members: Vec<_> = recognised.members.iter().map(|member| (&*member.file, &member.holds)).collect();
    assert_eq!(
        members,
        [
            ("2024_spring_pupils.csv", &Holds::Text { table: 1 }),
            ("2024_spring_exclusions.csv", &Holds::Text { table: 2 }),
        ]
    );
    assert_eq!(recognised.strangers[0].file, "notes.md");
    let (kept, _) = read(&recognised, 1);
    assert_eq!(
        kept.rows(&recognised.spec, "pupils"),
        [
            "2 PupilId=1 Surname=Quill BirthDate=2012-03-04 Ethnicity=WBRI Extra=x",
            "3 PupilId=2 Surname=Vane BirthDate=2013-03-04",
        ]
    );
    assert_eq!(kept.kinds(), [IssueKind::UnknownColumns]);
}

#[test]
fn a_folder_with_two_returns_is_refused_by_their_names() {
    let folder =
        folder(&[("pupils.csv", PUPILS), ("episodes.csv", "CHILD,DECOM,RNE,HOME_POST\n1,01/02/2024,S,\n")]);
    let fault = recognise(folder.path()).unwrap_err();
    assert_eq!(fault.code, FaultCode::ManyReturns);
    assert_eq!(fault.why.as_deref(), Some("it holds Small care (episodes.csv), Small census (pupils.csv)"));
}

#[track_caller]
fn check_refused(files: &[(&str, &str)], code: FaultCode, says: &str) {
    let folder = folder(files);
    let path = if let [(name, _)] = files { folder.path().join(name) } else { folder.path().to_owned() };
    let fault = recognise(&path).and_then(|recognised| {
        gather_in(&recognised, 10, &mut Kept::default(), &Quiet).map(|gathered| panic!("{gathered:?}"))
    });
    let fault: Fault = fault.unwrap_err();
    assert_eq!(fault.code, code, "{fault}");
    assert!(fault.to_string().contains(says), "{fault}");
}

#[test]
fn mixed_terms_and_years_and_the_same_file_twice_are_refused() {
    let autumn = "PupilId,UPN,Surname,BirthDate,NeedKind\n1,,Quill,2012-03-04,\n";
    let other = "PupilId,UPN,Surname,BirthDate,NeedKind\n2,,Quill,2012-03-04,\n";
    check_refused(
        &[("2024_spring_pupils.csv", autumn), ("2024_autumn_pupils.csv", other)],
        FaultCode::MixedPeriods,
        "autumn (2024_autumn_pupils.csv), spring (2024_spring_pupils.csv)",
    );
    check_refused(
        &[("2024_autumn_pupils.csv", autumn), ("2025_autumn_pupils.csv", other)],
        FaultCode::MixedPeriods,
        "several years",
    );
    check_refused(
        &[("pupils.csv", autumn), ("copy of pupils.csv", autumn)],
        FaultCode::SameFileTwice,
        "copy of pupils.csv and pupils.csv are the same file",
    );
    check_refused(
        &[("a.xml", XML), ("b.xml", &XML.replace("<Year>2024", "<Year>2025"))],
        FaultCode::MixedPeriods,
        "2024 (a.xml), 2025 (b.xml)",
    );
}

#[test]
fn years_that_the_columns_leave_open_are_named_and_the_newest_taken() {
    let folder = folder(&[("exclusions.csv", EXCLUSIONS), ("2024_exclusions.csv", EXCLUSIONS)]);
    let recognised = recognise(&folder.path().join("exclusions.csv")).unwrap();
    assert_eq!(recognised.spec.year, 2025);
    assert_eq!(
        recognised.unsure,
        [
            "the columns fit the terms autumn, spring; the last of them was taken; if it is another, put that word into the name of the file, such as autumn",
            "the columns fit the years 2024 and 2025, and no code tells them apart; the newest, 2025, was taken; if it is of another year, say which with --as, as in --as small-census-2024",
        ]
    );
    let recognised = recognise(&folder.path().join("2024_exclusions.csv")).unwrap();
    assert_eq!(recognised.spec.year, 2024);
}

#[test]
fn rows_below_a_table_are_set_aside_and_counted_and_a_row_with_a_key_never_is() {
    let csv = "PupilId,UPN,Surname,BirthDate,NeedKind\n1,,Quill,2012-03-04,\n2,,Total,,\n3,,,,\n\
        Total: 3,,,,\n,,Report generated on 01/02/2024,,\n";
    let folder = folder(&[("2024_autumn_pupils.csv", csv)]);
    let recognised = recognise(folder.path()).unwrap();
    for batch_rows in [1, 3, 10] {
        let (kept, gathered) = read(&recognised, batch_rows);
        let rows = kept.rows(&recognised.spec, "pupils");
        assert_eq!(rows.len(), 3, "{rows:?}");
        assert_eq!((gathered.total.rows_in, gathered.total.rows_set_aside), (5, 2));
        assert_eq!(kept.kinds(), [IssueKind::FooterRow]);
        assert_eq!(kept.issues[0].lines, [5, 6]);
    }
}

/// The year and words of what a table of care alone is taken for.
#[track_caller]
fn check_year_by_codes(episodes: &str, year: u16, says: &str) {
    let columns =
        "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n";
    let folder = folder(&[("episodes.csv", &format!("{columns}{episodes}"))]);
    let detected = super::detect(&folder.path().join("episodes.csv"), &Asked::Nothing);
    let Ok(Detected::Return(recognised)) = detected else { panic!() };
    assert_eq!((recognised.spec.year, recognised.year), (year, Some(year)), "{:?}", recognised.unsure);
    let words = [&recognised.why[..], &recognised.unsure].concat();
    assert!(words.iter().any(|word| word == says), "{words:#?}");
}

#[test]
fn a_year_that_the_columns_leave_open_is_told_by_codes_that_are_not_of_every_year() {
    let row = |place: &str, rec: &str| format!("1,01/04/2017,S,C2,N1,{place},PR1,,{rec},,,,\n");
    check_year_by_codes(
        &row("Z14", ""),
        2026,
        "the columns fit the years 2018 to 2026; 2026 was taken by its codes: of 1 cell with a code whose list changed, \
         none is outside the lists of 2026, and 1 outside those of 2018 to 2025",
    );
    check_year_by_codes(
        &[row("H5", ""), row("H5", ""), row("U1", "XXX")].concat(),
        2024,
        "the columns fit the years 2018 to 2026, and the codes those of 2018 to 2024: of 4 cells with a code whose list \
         changed, 1 is outside the lists of 2018 to 2024, and 3 outside those of 2025 and 2026; the newest of these, 2024, \
         was taken; if it is of another year, say which with --as, as in --as ssda903-2023",
    );
    check_year_by_codes(
        &row("U1", ""),
        2026,
        "the columns fit the years 2018 to 2026, and no code tells them apart; the newest, 2026, was taken; if it is of \
         another year, say which with --as, as in --as ssda903-2025",
    );
}

#[test]
fn what_a_table_about_the_file_holds_decides_before_names() {
    let folder = folder(&[
        ("2025_pupils.csv", PUPILS),
        ("header.csv", "Collection,Year,Term,ReferenceDate,LEA\nSMALL,2024,SPR,2024-01-18,999\n"),
    ]);
    let recognised = recognise(folder.path()).unwrap();
    assert_eq!((recognised.spec.year, recognised.year), (2024, Some(2024)));
    assert_eq!(recognised.term, Some(super::spec::Term::Spring));
    assert_eq!(recognised.authority.as_deref(), Some("999"));
}

#[test]
fn a_year_that_a_table_writes_with_a_fraction_is_read_and_held_against_the_other_files() {
    let head = |year: &str, lea: &str, date: &str| {
        format!("Collection,Year,Term,ReferenceDate,LEA\nSMALL,{year},SPR,{date},{lea}\n")
    };
    let one = head("2024.0", "999.0", "2024-01-18");
    let found = folder(&[("2025_pupils.csv", PUPILS), ("header.csv", &one)]);
    let recognised = recognise(found.path()).unwrap();
    assert_eq!((recognised.spec.year, recognised.year), (2024, Some(2024)));
    assert_eq!(recognised.authority.as_deref(), Some("999"));
    let with = |other: &str, code, says| check_refused(&[("a.csv", &one), ("b.csv", other)], code, says);
    with(&head("2025.0", "999", "2025-01-16"), FaultCode::MixedPeriods, "2024 (a.csv), 2025 (b.csv)");
    with(&head("", "999", "2025-01-16"), FaultCode::MixedPeriods, "2024 (a.csv), 2025 (b.csv)");
    with(&head("2024", "998", "2024-01-18"), FaultCode::MixedAuthorities, "998 (b.csv), 999 (a.csv)");
    let collect = "schoolcensustableid,NativeId,schoolcensusorderseqcolumn,sourceid,term,collection,name,year,referencedate,sourcelevel,estab,softwarecode,release,serialno,xversion,datetime,lea,urn\n\
        a,9992000,1,b,SPR,SC,School Census,2025.0,2025-Jan-16 00:00:00,S,2000,x,,1.0,,2025-Feb-19 00:00:00,999,970001.0\n";
    let found = folder(&[("schoolcensus.csv", collect)]);
    let asked = |id: &str| super::detect(found.path(), &Asked::Return(id.to_owned()));
    assert!(matches!(asked("school-census-2025"), Ok(Detected::Return(of)) if of.year == Some(2025)));
    let fault = asked("school-census-2026").unwrap_err();
    assert!(
        fault.code == FaultCode::OtherReturn && fault.what.ends_with("is of 2025, not of 2026"),
        "{fault}"
    );
    assert!(fault.todo.starts_with("write --as school-census-2025"), "{fault}");
}

#[test]
fn a_year_that_is_asked_for_forces_no_table_of_another_year_into_its_own() {
    let folder = folder(&[
        ("header.csv", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,F,01/02/2012,WBRI,,,\n"),
        (
            "sw_episodes.csv",
            "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON\n1,01/02/2012,AB1,01/04/2025,,MANAGE\n",
        ),
        ("DoLo.csv", "CHILD,DOB,DOLO_START,DOLO_END\n1,01/02/2012,01/06/2025,\n"),
    ]);
    let asked = |id: &str| super::detect(folder.path(), &Asked::Return(id.to_owned()));
    let Ok(Detected::Return(recognised)) = asked("ssda903-2018") else { panic!() };
    assert_eq!(recognised.members.len(), 1, "{:?}", recognised.why);
    let strangers: Vec<String> =
        recognised.strangers.iter().map(|stranger| format!("{}: {}", stranger.file, stranger.is)).collect();
    assert_eq!(
        strangers,
        ["DoLo.csv: no table of ssda903-2018", "sw_episodes.csv: no table of ssda903-2018"]
    );
    assert!(
        recognised.unsure.iter().any(|unsure| {
            unsure.starts_with("you say 2018")
                && unsure.ends_with("if it is of 2025, write --as ssda903-2025")
        }),
        "{:?}",
        recognised.unsure
    );
    let Ok(Detected::Return(recognised)) = asked("ssda903-2026") else { panic!() };
    assert_eq!((recognised.members.len(), recognised.unsure.len()), (3, 0), "{:?}", recognised.unsure);
}

#[test]
fn a_table_of_no_return_is_a_plain_table_and_a_folder_of_them_is_refused() {
    let plain = "forename,surname,dob\nAva,Khan,2011-02-03\n";
    let folder = folder(&[("people.csv", plain), ("more.csv", "x,y\n1,2\n")]);
    let detected = detect_among(&folder.path().join("people.csv"), &Asked::Nothing, &headers()).unwrap();
    assert!(matches!(detected, Detected::PlainTable));
    assert_eq!(recognise(folder.path()).unwrap_err().code, FaultCode::NoReturn);
}

#[test]
fn elements_at_another_place_are_found_by_name_and_unknown_ones_named_once() {
    let xml = "<m:Message xmlns:m='x'><m:Header><Collection>SMALL</Collection><Year>2024</Year><Term>AUT</Term></m:Header>
<Pupils><PUPIL id='7'>stray<upn>A</upn><Identifiers><PupilId>1</PupilId></Identifiers><Wrap><Exclusion><Deep><Category>PERM</Category></Deep></Exclusion></Wrap>
<Shoe>4</Shoe><Shoe>5</Shoe></PUPIL></Pupils></m:Message>";
    let folder = folder(&[("a.xml", xml)]);
    let recognised = recognise(&folder.path().join("a.xml")).unwrap();
    let (kept, _) = read(&recognised, 10);
    assert_eq!(kept.rows(&recognised.spec, "pupils"), ["2 0 0 - PupilId=1 UPN=A"]);
    assert_eq!(kept.rows(&recognised.spec, "exclusions"), ["2 0 0 0 Category=PERM"]);
    assert_eq!(kept.kinds(), [IssueKind::UnknownElements, IssueKind::ElementElsewhere, IssueKind::StrayText]);
    assert!(kept.issues[0].message.ends_with(": Shoe") && kept.issues[0].count == 2, "{}", kept.issues[0]);
}

#[test]
fn unsafe_xml_is_refused_at_once() {
    let bomb =
        "<!DOCTYPE m [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><Message><Header>&b;</Header></Message>";
    check_refused(&[("a.xml", bomb)], FaultCode::UnsafeXml, "declares a document type");
    let outside = "<?xml version='1.0'?><!DOCTYPE m SYSTEM 'file:///etc/passwd'><Message/>";
    check_refused(&[("a.xml", outside)], FaultCode::UnsafeXml, "line 1");
    let deep = format!("<Message>{}{}</Message>", "<a>".repeat(100), "</a>".repeat(100));
    check_refused(&[("a.xml", &deep)], FaultCode::UnsafeXml, "64 levels deep");
    let long = XML.replace("SEMH", &"x".repeat(2 << 20));
    check_refused(&[("a.xml", &long)], FaultCode::UnsafeXml, "holds a text of more than");
    check_refused(&[("a.xml", &XML[..XML.len() - 40])], FaultCode::Truncated, "a.xml");
    check_refused(&[("a.xml", &XML.replace("</Needs>", "</Nedes>"))], FaultCode::Truncated, "line 7");
    check_refused(
        &[("a.xsd", "<xs:schema xmlns:xs='x'><xs:element name='Message'/></xs:schema>")],
        FaultCode::NoReturn,
        "an XML schema, not data",
    );
    let entity = XML.replace("SUSP", "A &amp; B & C &nbsp;");
    let folder = folder(&[("a.xml", &entity)]);
    let recognised = recognise(&folder.path().join("a.xml")).unwrap();
    let (kept, _) = read(&recognised, 10);
    assert_eq!(
        kept.rows(&recognised.spec, "exclusions")[0],
        "9 0 0 0 StartDate=2023-10-01 Category=A & B & C &nbsp;"
    );
    assert_eq!(kept.kinds(), [IssueKind::UnknownEntity]);
}

#[test]
fn xml_is_read_in_every_encoding_and_rows_that_are_no_text_are_set_aside() {
    let text =
        XML.replace("O&apos;Quill", "Zoë O’Quill").replace("encoding='utf-8'", "encoding='windows-1252'");
    let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes);
    let files = [
        text.clone().into_bytes(),
        encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        [0xFF, 0xFE].into_iter().chain(utf16).collect(),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xml");
    for bytes in files {
        fs::write(&path, bytes).unwrap();
        let recognised = recognise(&path).unwrap();
        let (kept, _) = read(&recognised, 10);
        assert!(kept.rows(&recognised.spec, "pupils")[0].contains("Surname=Zoë O’Quill"));
        assert_eq!(kept.issues, []);
    }
    let bytes = XML.replace("SUSP", "SU@P").into_bytes();
    let at = bytes.iter().position(|&byte| byte == b'@').unwrap();
    let broken: Vec<u8> = bytes.iter().map(|&byte| if byte == b'@' { 0x81 } else { byte }).collect();
    fs::write(&path, broken).unwrap();
    let recognised = recognise(&path).unwrap();
    let (kept, gathered) = read(&recognised, 10);
    // the exclusion, and the review in it
    assert_eq!(gathered.total.rows_set_aside, 2);
    assert_eq!(kept.rows(&recognised.spec, "exclusions").len(), 1);
    assert_eq!(kept.kinds(), [IssueKind::UndecodableRow]);
    assert!(kept.issues[0].message.ends_with(&format!("number {at}")), "{}", kept.issues[0]);
}

#[test]
fn rows_of_a_table_that_are_no_text_ragged_or_instructions_are_set_aside_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pupils.csv");
    let text = "PupilId,UPN,Surname,BirthDate,NeedKind,Ethnicity\nRequired: text,Optional,Required,Required: DD/MM/YYYY,,\n1,,Qu@ll,2012-03-04,,\n2,,Vane,2012-03-04,,\n3,,short\n4,,\"Lo\ng\",2012-03-04,,\n";
    let at = text.find('@').unwrap();
    let bytes: Vec<u8> = text.bytes().map(|byte| if byte == b'@' { 0x81 } else { byte }).collect();
    fs::write(&path, bytes).unwrap();
    let recognised = recognise(&path).unwrap();
    for batch_rows in [1, 100] {
        let (kept, gathered) = read(&recognised, batch_rows);
        assert_eq!(
            kept.rows(&recognised.spec, "pupils"),
            [
                "4 PupilId=2 Surname=Vane BirthDate=2012-03-04",
                "6 PupilId=4 Surname=Lo\ng BirthDate=2012-03-04",
            ]
        );
        assert_eq!((gathered.total.rows_in, gathered.total.rows_set_aside), (5, 3));
        let mut kinds = kept.kinds();
        kinds.sort_unstable();
        assert_eq!(
            kinds,
            [IssueKind::InstructionRow, IssueKind::Encoding, IssueKind::RaggedRow, IssueKind::UndecodableRow]
                .into_iter()
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
        );
        let issue = kept.issues.iter().find(|issue| issue.kind == IssueKind::UndecodableRow).unwrap();
        assert!(issue.lines == [3] && issue.message.ends_with(&format!("number {at}")), "{issue}");
    }
}

#[test]
fn lost_zeros_and_characters_are_named_with_their_lines() {
    let folder = folder(&[(
        "2024_spring_pupils.csv",
        "PupilId,UPN,Surname,BirthDate,NeedKind,Ethnicity\n0012,,Koci\u{FFFD}ski,2012-03-04,,\n13,,Vane,2012-03-04,,\n\
         0014,,Quill,2012-03-04,,\n1500,,Quill,2012-03-04,,\n16,,Quill,2012-03-04,,\n",
    )]);
    let (kept, _) = read(&recognise(folder.path()).unwrap(), 2);
    let of = |kind| kept.issues.iter().find(|issue| issue.kind == kind).unwrap();
    assert_eq!((of(IssueKind::LostZeros).count, &of(IssueKind::LostZeros).lines[..]), (2, &[3, 6][..]));
    assert_eq!(of(IssueKind::LostCharacters).lines, [2]);
}

#[test]
fn damage_by_spreadsheets_is_named() {
    let text = "CHILD,DECOM,RNE,HOME_POST\n00123,40179,S,\n456,01/02/2024,S,\n789,01/02/2024,S,\n3.02E+11,01/02/2024,S,\n";
    let folder = folder(&[("episodes.csv", text)]);
    let recognised = recognise(&folder.path().join("episodes.csv")).unwrap();
    let (kept, _) = read(&recognised, 2);
    let found: Vec<_> =
        kept.issues.iter().map(|issue| (issue.kind, issue.column.as_deref().unwrap(), issue.count)).collect();
    assert_eq!(
        found,
        [
            (IssueKind::ShortenedNumber, "CHILD", 1),
            (IssueKind::LostZeros, "CHILD", 2),
            (IssueKind::SerialDate, "DECOM", 1),
        ]
    );
    assert!(kept.issues.iter().all(|issue| !issue.to_string().contains("456")));
}

#[test]
fn json_is_read_by_the_paths_of_its_keys_whether_a_document_or_a_list() {
    let child = r#"{"la_child_id": "a1", "child_details": {"date_of_birth": "2012-03-04", "disabilities": ["HAND", "HEAR"], "purge": null},
 "plans": [{"start_date": "2024-01-01", "category": "NEG"}, {"start_date": "2024-02-01", "n": 1}]}"#;
    let document = format!("{{\"la_code\": 999, \"Children\": [{child}]}}");
    for (text, unknown) in [(document.clone(), 2), (format!("[{child}]"), 1), (format!("[{document}]"), 2)] {
        let folder = folder(&[("a.json", &text)]);
        let recognised = recognise(&folder.path().join("a.json")).unwrap();
        let (kept, _) = read(&recognised, 10);
        assert_eq!(
            kept.rows(&recognised.spec, "list_1"),
            ["1 0 0 - Child Unique ID=a1 Date of Birth=2012-03-04 Disabilities=HAND|HEAR"],
            "{text}"
        );
        assert_eq!(
            kept.rows(&recognised.spec, "list_2"),
            [
                "2 0 0 0 Plan Start Date=2024-01-01 Category of Abuse=NEG",
                "2 0 1 0 Plan Start Date=2024-02-01",
            ]
        );
        assert_eq!((kept.issues.len(), kept.issues[0].count), (1, unknown), "{text}: {:?}", kept.issues);
    }
    check_refused(
        &[("a.json", &document[..document.len() - 3])],
        FaultCode::Truncated,
        "ends inside a value",
    );
    let lines = format!("{document}\n{document}\n");
    check_refused(&[("a.json", &lines)], FaultCode::FileKind, "goes on after the JSON document");
    check_refused(&[("a.json", &format!("{document}\n}}"))], FaultCode::Truncated, "not written as JSON");
    let deep = format!("{{\"Children\": [{{\"la_child_id\": {}1{}}}]}}", "[".repeat(90), "]".repeat(90));
    check_refused(&[("a.json", &deep)], FaultCode::UnsafeXml, "levels deep");
}

#[test]
fn a_value_in_the_place_of_an_object_is_no_person_and_counted() {
    let child = r#"{"la_child_id": "a1", "child_details": {"date_of_birth": "2012-03-04"}}"#;
    let plans = r#"{"plans": ["stray", {"start_date": "2024-01-01"}]}"#;
    let children = format!("{child}, null,\n\"stray\",\n{{}}, 7,\n{plans}, {child}");
    let folder = folder(&[("a.json", &format!("{{\"Children\": [{children}]}}"))]);
    let recognised = recognise(&folder.path().join("a.json")).unwrap();
    for batch_rows in [1, 10] {
        let (kept, _) = read(&recognised, batch_rows);
        assert_eq!(
            kept.rows(&recognised.spec, "list_1").len(),
            4,
            "an object without content says nothing, and is one"
        );
        let [stray] = &kept.issues[..] else { panic!("{:?}", kept.issues) };
        assert_eq!((stray.kind, stray.count, &stray.lines[..]), (IssueKind::StrayText, 3, &[2, 3, 4][..]));
        assert!(stray.message.contains("where an object should"), "{stray}");
        assert_eq!(kept.rows(&recognised.spec, "list_2"), ["4 4 0 2 Plan Start Date=2024-01-01"]);
    }
}

#[test]
fn sheets_are_found_below_titles_with_headers_in_other_words_and_formulas_as_saved() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("List 1").unwrap();
    sheet.write(0, 0, "Children, run on 1 June").unwrap();
    for (column, name) in
        ["Unique ID of child", "Child's date of birth ", "Age (years)", "Team"].iter().enumerate()
    {
        sheet.write(2, column as u16, *name).unwrap();
    }
    let date = Format::new().set_num_format("dd/mm/yyyy");
    sheet.write(3, 0, "a1").unwrap().write_with_format(3, 1, 40_179, &date).unwrap();
    sheet.write_formula(3, 2, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write(4, 0, "a2").unwrap().write(4, 1, 40_180).unwrap().write(4, 3, "b) North").unwrap();
    sheet.write_formula(4, 2, Formula::new("=1+1").set_result("31")).unwrap();
    let cover = workbook.add_worksheet();
    cover.set_name("Cover").unwrap();
    cover.write(0, 0, "Read me").unwrap();
    let plans = workbook.add_worksheet();
    plans.set_name("List 2").unwrap();
    for (column, name) in ["Child Unique ID", "Plan Start Date", "Category of Abuse"].iter().enumerate() {
        plans.write(0, column as u16, *name).unwrap();
    }
    plans.write(1, 0, "a1").unwrap().write(1, 1, "01/02/2024").unwrap().write(1, 2, "a) NEG").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lists.xlsx");
    fs::write(&path, without_result(&workbook.save_to_buffer().unwrap(), "<v>31</v>")).unwrap();
    let recognised = recognise(&path).unwrap();
    assert_eq!(recognised.spec.id(), "small-cases");
    assert_eq!(recognised.strangers[0].file, "lists.xlsx sheet \"Cover\"");
    let (kept, _) = read(&recognised, 1);
    assert_eq!(
        kept.rows(&recognised.spec, "list_1"),
        [
            "4 Child Unique ID=a1 Date of Birth=2010-01-01 Age of Child=2",
            "5 Child Unique ID=a2 Date of Birth=2010-01-02 Team=b) North",
        ]
    );
    assert_eq!(
        kept.rows(&recognised.spec, "list_2"),
        ["2 Child Unique ID=a1 Plan Start Date=01/02/2024 Category of Abuse=a) NEG"]
    );
    let kinds = kept.kinds();
    let expected = [IssueKind::TitleLines, IssueKind::UnknownColumns, IssueKind::FormulaWithoutValue];
    assert_eq!(kinds, expected);
}

#[test]
fn a_header_that_comes_again_in_a_sheet_is_no_child_and_is_counted() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let headers = ["Child Unique ID", "Plan Start Date", "Category of Abuse"];
    let rows = [
        headers,
        ["a1", "01/02/2024", "a) NEG"],
        headers,
        ["a2", "02/02/2024", "a) NEG"],
        ["Total: 2", "", ""],
    ];
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            sheet.write(row as u32, column as u16, *cell).unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lists.xlsx");
    fs::write(&path, workbook.save_to_buffer().unwrap()).unwrap();
    let recognised = recognise(&path).unwrap();
    for batch_rows in [1, 10] {
        let (kept, gathered) = read(&recognised, batch_rows);
        assert_eq!(kept.rows(&recognised.spec, "list_2").len(), 2);
        assert_eq!((gathered.total.rows_in, gathered.total.rows_set_aside), (4, 2));
        assert_eq!(kept.kinds(), [IssueKind::HeaderAgain, IssueKind::FooterRow]);
    }
}

#[test]
fn formulas_without_results_are_told_of_plain_tables_too() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, header) in ["Born", "Name", "Club"].into_iter().enumerate() {
        sheet.write(0, column as u16, header).unwrap();
    }
    for row in 1..4 {
        let formula = Formula::new("=40000+1").set_result("31");
        sheet.write_formula(row, 0, formula.clone()).unwrap().write(row, 1, "Example").unwrap();
        sheet.write_formula(row, 2, formula).unwrap();
    }
    let bytes = without_result(&workbook.save_to_buffer().unwrap(), "<v>31</v>");
    let read = crate::read::read_bytes(bytes, "clubs.xlsx", &crate::read::ReadOptions::default()).unwrap();
    let told: Vec<String> = read.issues.iter().map(ToString::to_string).collect();
    let told_of = |column: &str| {
        format!(
            "warning[W033] clubs.xlsx: column \"{column}\": 3 cells hold a formula whose result was not saved and were \
             read as missing: open the workbook in Excel, save it, and read it again (lines 2, 3, 4)"
        )
    };
    assert_eq!(told, [told_of("Born"), told_of("Club")]);
}

/// A workbook one of whose formulas was never computed.
fn without_result(workbook: &[u8], result: &str) -> Vec<u8> {
    let mut parts = ::zip::ZipArchive::new(std::io::Cursor::new(workbook)).unwrap();
    let mut zip = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..parts.len() {
        let mut part = parts.by_index(index).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut part, &mut text).unwrap();
        zip.start_file(part.name().unwrap(), ::zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.replace(result, "").as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An archive of files; a name that ends in `@` is a link.
fn archive(files: &[(&str, &[u8])]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("census.zip");
    let mut zip = ::zip::ZipWriter::new(fs::File::create(&path).unwrap());
    let options = ::zip::write::SimpleFileOptions::default();
    for (name, bytes) in files {
        if let Some(name) = name.strip_suffix('@') {
            zip.add_symlink(name, "/etc/passwd", options).unwrap();
        } else {
            zip.start_file(*name, options).unwrap();
            zip.write_all(bytes).unwrap();
        }
    }
    zip.finish().unwrap();
    (folder, path)
}

#[test]
fn an_archive_is_read_as_the_folder_that_it_holds() {
    let (_folder, path) = archive(&[
        ("export/2024_spring_pupils.csv", PUPILS.as_bytes()),
        ("export/2024_spring_exclusions.csv", EXCLUSIONS.as_bytes()),
        ("__MACOSX/export/._pupils.csv", b"litter"),
    ]);
    let recognised = recognise(&path).unwrap();
    assert_eq!(&*recognised.members[0].file, "census.zip/export/2024_spring_pupils.csv");
    let (kept, gathered) = read(&recognised, 100);
    assert_eq!((gathered.total.rows_in, recognised.members.len()), (3, 2));
    assert_eq!(kept.rows(&recognised.spec, "exclusions"), ["2 PupilId=1 StartDate=2023-10-01 Category=SUSP"]);
    let (_folder, path) = archive(&[("census.xml", XML.as_bytes())]);
    let recognised = recognise(&path).unwrap();
    assert_eq!(read(&recognised, 100).1.total.rows_in, 6);
}

#[test]
fn archives_that_could_do_harm_are_refused_by_what_they_hold() {
    #[track_caller]
    fn check(files: &[(&str, &[u8])], says: &str) {
        let (_folder, path) = archive(files);
        let started = std::time::Instant::now();
        let fault = recognise(&path).unwrap_err();
        assert_eq!(fault.code, FaultCode::UnsafeArchive, "{fault}");
        assert!(fault.to_string().contains(says), "{fault}");
        assert!(started.elapsed().as_secs() < 5);
    }
    check(&[("../pupils.csv", PUPILS.as_bytes())], "leads outside");
    check(&[("a/../../pupils.csv", PUPILS.as_bytes())], "leads outside");
    check(&[("/pupils.csv", PUPILS.as_bytes())], "leads outside");
    check(&[("C:/pupils.csv", PUPILS.as_bytes())], "leads outside");
    check(&[("pupils.csv@", b"")], "a link, \"pupils.csv\"");
    let (_folder, path) = archive(&[("pupils.csv", PUPILS.as_bytes()), ("pupilz.csv", PUPILS.as_bytes())]);
    let mut bytes = fs::read(&path).unwrap();
    let other: Vec<usize> =
        (0..bytes.len() - 10).filter(|&at| &bytes[at..at + 10] == b"pupilz.csv").collect();
    other.into_iter().for_each(|at| bytes[at + 5] = b's');
    fs::write(&path, bytes).unwrap();
    let fault = recognise(&path).unwrap_err();
    assert_eq!(fault.code, FaultCode::UnsafeArchive, "{fault}");
    assert!(fault.to_string().contains("several entries of one name"), "{fault}");
    let zeros = vec![b'0'; 20 << 20];
    check(&[("pupils.csv", &zeros)], "250 times as large");
    let (_inner, inner) = archive(&[("pupils.csv", PUPILS.as_bytes())]);
    let inner = fs::read(inner).unwrap();
    check(&[("inner.zip", &inner)], "another archive, \"inner.zip\"");
}

#[test]
fn an_entry_that_holds_more_than_the_archive_says_ends_the_reading() {
    let mut text = "PupilId,UPN,Surname,BirthDate,NeedKind,Ethnicity\n".to_owned();
    (0..5_000).for_each(|row| text += &format!("{row},,Quill,2012-03-04,,\n"));
    let (_folder, path) = archive(&[("pupils.csv", text.as_bytes())]);
    let mut bytes = fs::read(&path).unwrap();
    let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[directory + 24..directory + 28].copy_from_slice(&20_000_u32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let fault = recognise(&path).and_then(|recognised| {
        gather_in(&recognised, 10, &mut Kept::default(), &Quiet).map(|gathered| panic!("{gathered:?}"))
    });
    let fault: Fault = fault.unwrap_err();
    assert_eq!(fault.code, FaultCode::FileMissing, "{fault}");
}

#[test]
fn what_was_asked_for_is_held_against_the_files() {
    let folder = folder(&[("a.csv", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,F,01/02/2012,WBRI,,,\n")]);
    let path = folder.path().join("a.csv");
    let asked = |id: &str| super::detect(&path, &Asked::Return(id.to_owned()));
    let Ok(Detected::Return(recognised)) = asked("ssda903-2023") else { panic!() };
    assert_eq!((recognised.spec.id().as_str(), recognised.unsure.len()), ("ssda903-2023", 0));
    let fault = asked("cin-census").unwrap_err();
    assert_eq!(fault.code, FaultCode::OtherReturn);
    assert!(fault.todo.starts_with("leave out --as, or write --as "), "{fault}");
    assert_eq!(asked("ssda904").unwrap_err().code, FaultCode::BadSpec);
    let own = Asked::Spec(Arc::new(Spec::parse(CARE, "care").unwrap()));
    let path = folder.path().join("episodes.csv");
    fs::write(&path, "CHILD,shoe size\n1,4\n").unwrap();
    let Ok(Detected::Return(recognised)) = super::detect(&path, &own) else { panic!() };
    assert_eq!(read(&recognised, 10).0.rows(&recognised.spec, "episodes"), ["2 CHILD=1 shoe size=4"]);
    fs::write(&path, XML).unwrap();
    assert_eq!(super::detect(&path, &own).unwrap_err().code, FaultCode::NoReturn);
}

/// A pupil of random content: cells, exclusions with their category and dates of reviews.
type Pupil = ([Option<String>; 3], Vec<(Option<String>, Vec<String>)>);

fn value() -> impl Strategy<Value = String> {
    "[A-Za-z0-9&<>'\"é€–]([A-Za-z0-9&<>'\" é€–]{0,8}[A-Za-z0-9&<>'\"é€–])?"
}

fn pupils() -> impl Strategy<Value = Vec<Pupil>> {
    let cells = prop::array::uniform3(prop::option::of(value()));
    let exclusions =
        prop::collection::vec((prop::option::of(value()), prop::collection::vec(value(), 0..3)), 0..3);
    prop::collection::vec((cells, exclusions), 0..12)
}

/// XML of pupils as a program would write it, and the rows that are to come of it, without lines.
fn written(pupils: &[Pupil], gap: &str) -> (String, [Vec<String>; 3]) {
    let escape = |text: &str| quick_xml::escape::escape(text).into_owned();
    let mut xml = format!(
        "<Message>{gap}<Header><Collection>SMALL</Collection><Year>2024</Year><Term>SPR</Term></Header>{gap}<Pupils>"
    );
    let mut rows = [Vec::new(), Vec::new(), Vec::new()];
    for (person, (cells, exclusions)) in pupils.iter().enumerate() {
        let mut row = format!("{person} {person} -");
        xml += &format!("{gap}<Pupil><Identifiers>");
        for (name, cell) in ["PupilId", "Surname", "BirthDate"].iter().zip(cells) {
            match cell {
                Some(text) => {
                    xml += &format!("{gap}<{name}>{gap}{}{gap}</{name}>", escape(text));
                    row += &format!(" {name}={text}");
                }
                None => xml += &format!("<{name}/>"),
            }
        }
        rows[0].push(row);
        xml += "</Identifiers><Exclusions>";
        for (category, reviews) in exclusions {
            let own = rows[1].len();
            let shown = category.as_ref().map_or(String::new(), |text| format!(" Category={text}"));
            rows[1].push(format!("{person} {own} {person}{shown}"));
            let category = category
                .as_ref()
                .map_or(String::new(), |text| format!("<Category><![CDATA[{text}]]></Category>"));
            xml += &format!("{gap}<Exclusion>{category}<Reviews>");
            for review in reviews {
                let number = rows[2].len();
                rows[2].push(format!("{person} {number} {own} ReviewDate={review}"));
                xml += &format!("<Review><ReviewDate>{}</ReviewDate></Review>", escape(review));
            }
            xml += "</Reviews></Exclusion>";
        }
        xml += "</Exclusions></Pupil>";
    }
    xml += "</Pupils></Message>";
    (xml, rows)
}

static ZIP: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let files = [("pupils.csv", PUPILS.as_bytes()), ("exclusions.csv", EXCLUSIONS.as_bytes())];
    fs::read(archive(&files).1).unwrap()
});

static WORKBOOK: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in ["Child Unique ID", "Plan Start Date", "Category of Abuse"].iter().enumerate() {
        sheet.write(0, column as u16, *name).unwrap().write(1, column as u16, column as u32).unwrap();
    }
    workbook.save_to_buffer().unwrap()
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn xml_of_random_tables_reads_back_as_the_tables_whatever_the_batch_size(
        pupils in pupils(),
        gap in prop::sample::select(vec!["", "\n  ", " \r\n"]),
        utf16 in any::<bool>(),
        batch_rows in 1_usize..9,
    ) {
        let (xml, expected) = written(&pupils, gap);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.xml");
        let bytes = if utf16 { xml.encode_utf16().flat_map(u16::to_be_bytes).collect() } else { xml.into_bytes() };
        fs::write(&path, bytes).unwrap();
        let recognised = recognise(&path).unwrap();
        let (kept, _) = read(&recognised, batch_rows);
        let (whole, _) = read(&recognised, 10_000);
        for (table, expected) in ["pupils", "exclusions", "reviews"].iter().zip(&expected) {
            let rows = kept.rows(&recognised.spec, table);
            prop_assert_eq!(&rows, &whole.rows(&recognised.spec, table));
            let without_lines: Vec<&str> = rows.iter().map(|row| row.split_once(' ').unwrap().1).collect();
            prop_assert_eq!(without_lines, expected.iter().map(String::as_str).collect::<Vec<_>>());
        }
        prop_assert!(kept.batches.iter().all(|batch| batch.rows.n_rows <= batch_rows));
        prop_assert_eq!(kept.issues, []);
    }

    #[test]
    fn rows_in_pieces_are_the_rows_of_the_table_read_whole(
        cells in prop::collection::vec(("[a-c ,\"\n]{0,4}", "[0-9]{0,3}"), 1..40),
        batch_rows in 1_usize..9,
    ) {
        let mut text = "CHILD,DECOM,RNE,HOME_POST\n".to_owned();
        for (a, b) in &cells {
            text += &format!("k{b},{b},\"{}\",\n", a.replace('"', "\"\""));
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("episodes.csv");
        fs::write(&path, &text).unwrap();
        let (kept, _) = read(&recognise(&path).unwrap(), batch_rows);
        let whole = crate::read::read(&path, &crate::read::ReadOptions::default()).unwrap().table;
        let mut at = 0;
        for batch in &kept.batches {
            prop_assert!(batch.rows.n_rows <= batch_rows);
            for row in 0..batch.rows.n_rows {
                for (column, twin) in batch.rows.columns.iter().zip(&whole.columns) {
                    prop_assert_eq!(column.get(row), twin.get(at));
                }
                at += 1;
            }
        }
        prop_assert_eq!(at, whole.n_rows);
    }

    #[test]
    fn damaged_files_of_every_form_give_rows_or_a_fault(
        which in 0_usize..5,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        keep in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let json = r#"{"Children": [{"la_child_id": "a1", "child_details": {"date_of_birth": "2012-03-04"}}]}"#;
        let (name, whole) = [
            ("a.xml", XML.as_bytes()),
            ("pupils.csv", PUPILS.as_bytes()),
            ("a.json", json.as_bytes()),
            ("a.zip", &ZIP[..]),
            ("a.xlsx", &WORKBOOK[..]),
        ][which];
        let mut bytes = whole.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(keep) = keep {
            bytes.truncate(keep.index(bytes.len()).max(1));
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        if let Ok(Detected::Return(recognised)) = detect_among(&path, &Asked::Nothing, &headers()) {
            let mut kept = Kept::default();
            if let Ok(gathered) = gather_in(&recognised, 2, &mut kept, &Quiet) {
                prop_assert_eq!(gathered.total.rows_in, gathered.total.rows_kept + gathered.total.rows_set_aside);
            }
        }
    }
}

#[test]
fn a_value_at_its_own_place_goes_before_one_of_the_same_name_elsewhere() {
    let xml = |own: &str, other: &str, last: &str| {
        format!(
            "<Message><Header><Collection>SMALL</Collection><Year>2024</Year><Term>AUT</Term></Header><Pupils><Pupil>{other}\
             <Identifiers><PupilId>1</PupilId>{own}</Identifiers>{last}</Pupil></Pupils></Message>"
        )
    };
    let own = "<Surname>Quill</Surname>";
    let (parent, same) =
        ("<Parent><Surname>Vane</Surname></Parent>", "<Legal><Surname>Quill</Surname></Legal>");
    let need = "<Needs2><NeedKind>A</NeedKind></Needs2>";
    let (elsewhere, unknown) = (IssueKind::ElementElsewhere, IssueKind::UnknownElements);
    for (text, expected, said) in [
        (xml(own, parent, ""), "PupilId=1 Surname=Quill", unknown),
        (xml(own, "", parent), "PupilId=1 Surname=Quill", unknown),
        (xml(own, parent, parent), "PupilId=1 Surname=Quill", unknown),
        (xml("", parent, ""), "PupilId=1", unknown),
        (xml("", same, ""), "PupilId=1 Surname=Quill", elsewhere),
        (xml(own, "", same), "PupilId=1 Surname=Quill", elsewhere),
        (xml("", own, ""), "PupilId=1 Surname=Quill", elsewhere),
        (xml(own, need, ""), "PupilId=1 Surname=Quill NeedKind=A", elsewhere),
    ] {
        let folder = folder(&[("a.xml", &text)]);
        let recognised = recognise(&folder.path().join("a.xml")).unwrap();
        let (kept, _) = read(&recognised, 10);
        assert_eq!(kept.rows(&recognised.spec, "pupils"), [format!("1 0 0 - {expected}")], "{text}");
        assert_eq!(kept.kinds(), [said], "{text}");
    }
}

#[test]
fn who_parents_contacts_and_workers_are_is_never_said_of_the_child() {
    let adult = r#""first_name": "Ada", "surname": "Vane", "date_of_birth": "1990-02-03", "postcode": "ZX1 1AA",
                   "unique_pupil_number": "A123456789012""#;
    let check = |file: &str, text: &str, (of, table): (&str, &str), expected: &str| {
        let folder = folder(&[(file, text)]);
        let detected = super::detect(&folder.path().join(file), &Asked::Return(of.to_owned())).unwrap();
        let Detected::Return(recognised) = detected else { panic!("it was said what it is") };
        let rows = read(&recognised, 100).0.rows(&recognised.spec, table);
        let said: Vec<&str> = rows.iter().filter_map(|row| row.splitn(5, ' ').nth(4)).collect();
        let (landed, _) = land_whole(&recognised).unwrap();
        assert_eq!(said, [expected], "{text}");
        let left_out = landed.issues.iter().any(|issue| issue.message.contains("may be another person"));
        assert!(left_out, "{:?}", landed.issues);
        let shown = format!("{:?}", landed.issues);
        assert!(["Vane", "Ada", "1990", "ZX1"].iter().all(|value| !shown.contains(value)), "{shown}");
    };
    for within in [
        format!(r#""parents": [{{ {adult} }}]"#),
        format!(r#""mother": {{ {adult} }}"#),
        format!(r#""people": [{{ {adult} }}]"#),
        format!(
            r#""child_details": {{ "expected_date_of_birth": "2026-05-04" }}, "other": {{ "more": [{{ {adult} }}] }}"#
        ),
        format!(
            r#""social_care_episodes": [{{ "referral_date": "2026-01-02", "care_worker_details": [{{ {adult} }}] }}]"#
        ),
    ] {
        let unborn =
            if within.contains("expected_date_of_birth") { "expected_date_of_birth=2026-05-04 " } else { "" };
        let expected = format!("la_child_id=a1 purge=false {unborn}sex=F ethnicity=WBRI uasc_flag=false");
        let text = format!(
            r#"{{"la_code": "302", "Children": [{{"la_child_id": "a1", "purge": false,
               "child_details": {{"sex": "F", "ethnicity": "WBRI", "uasc_flag": false}}, {within}}}]}}"#
        );
        check("csc.json", &text, ("csc-api", "child"), &expected);
    }
    let header = "<Header><CollectionDetails><Collection>SC</Collection><Term>SPR</Term><Year>2026</Year>\
                  </CollectionDetails></Header>";
    let pupil = |within: &str| {
        format!(
            "<Message>{header}<Pupils><PupilsOnRoll><PupilOnRoll><PupilIdentifiers><UPN>A123456789012</UPN>\
             </PupilIdentifiers>{within}</PupilOnRoll></PupilsOnRoll></Pupils></Message>"
        )
    };
    let contact =
        "<Who><Surname>Vane</Surname><PreferredSurname>Vane</PreferredSurname><ULN>1000000000</ULN></Who>";
    for within in [
        format!("<Contacts><Contact>{contact}</Contact></Contacts>"),
        format!("{contact}{contact}"),
        "<Who><UPN>B123456789012</UPN><Surname>Vane</Surname></Who>".to_owned(),
    ] {
        check("sc.xml", &pupil(&within), ("school-census-2026", "pupilonroll"), "upn=A123456789012");
    }
}

#[test]
fn a_file_whose_dates_are_month_first_is_checked_again_as_such_and_lands_once() {
    let spec = "format = 1\nreturn = \"list\"\ntitle = \"A list\"\ncollector = \"nobody\"\ndates = \"any\"\n
[[table]]\nname = \"list\"\nrows = \"person\"\nrecord = \"Id\"\ncolumns = [{ name = \"Id\", meaning = \"record\" }, \
{ name = \"Born\", kind = \"date\", meaning = \"date_of_birth\" }, \"Mark\"]\n";
    let spec = Arc::new(Spec::parse(spec, "list.toml").unwrap());
    let folder = folder(&[("list.csv", "Id,Born,Mark\n1,03/04/2015,x\n2,04/25/2015,y\n3,12/31/2014,z\n")]);
    let detected = super::detect(&folder.path().join("list.csv"), &Asked::Spec(spec)).unwrap();
    let Detected::Return(recognised) = detected else { panic!("it was said what it is") };
    let mut n_payload = 0;
    let mut payload = |_: &str, rows: plait_types::Table| {
        n_payload += rows.n_rows;
        Ok(())
    };
    let (landed, gathered) =
        super::land(&recognised, "list", None, None, Some(&mut payload), super::IdentityKept::Whole, &Quiet)
            .unwrap();
    let born = landed.identity.persons.column("date_of_birth").unwrap();
    assert_eq!((born.get(0), born.get(1)), (Some("2015-03-04"), Some("2015-04-25")));
    let checks: Vec<&str> = landed.findings.iter().map(|finding| finding.check.as_str()).collect();
    assert_eq!(checks, Vec::<&str>::new());
    assert_eq!((n_payload, gathered.total.rows_in, landed.tables[0].rows_in), (3, 3, 3));
    assert_eq!(landed.quality.iter().map(|column| column.n_rows).collect::<Vec<_>>(), [3, 3, 3]);
}

/// What a file of a known return says, as rows of a table, and what is wrong with it, worst first.
fn landed_rows(path: &Path, table: &str) -> (Vec<String>, super::landing::Landed) {
    let Detected::Return(recognised) = super::detect(path, &Asked::Nothing).unwrap() else {
        panic!("it is a return");
    };
    let (kept, _) = read(&recognised, 100);
    let (landed, _) = land_whole(&recognised).unwrap();
    (kept.rows(&recognised.spec, table), landed)
}

#[test]
fn unaccompanied_children_of_the_xml_form_are_those_that_the_table_holds() {
    let header = |id: u32, uasc: &str| {
        format!(
            "<CHILD><HEADER><CHILDID>{id}</CHILDID><UPN>UN3</UPN><SEX>M</SEX><DOB>01/02/2010</DOB><ETHNIC>AAFG</ETHNIC>\
             {uasc}<OC2><CONVICTED>0</CONVICTED></OC2></HEADER></CHILD>\n"
        )
    };
    let children = [
        header(1, "<UASC>1</UASC><DUC>01/02/2028</DUC>"),
        header(2, "<UASC>0</UASC>"),
        header(3, "<UASC>1</UASC><DUC/>"),
        header(4, "<UASC/><DUC>01/02/2028</DUC>"),
        header(5, "<UASC/>"),
    ];
    let heads: Vec<String> = (1..6).map(|id| format!("{id},M,01/02/2010,AAFG,UN3,,\n")).collect();
    let folder = folder(&[
        ("903.xml", &format!("<EXPSSDA903>{}</EXPSSDA903>", children.concat())),
        ("903/header.csv", &format!("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n{}", heads.concat())),
        (
            "903/uasc.csv",
            "CHILD,SEX,DOB,DUC\n1,M,01/02/2010,01/02/2028\n3,M,01/02/2010,\n4,M,01/02/2010,01/02/2028\n",
        ),
    ]);
    let of = |name: &str| {
        let (rows, landed) = landed_rows(&folder.path().join(name), "uasc");
        let values = |row: &String| {
            let cells = row.split_once("CHILD=").expect("whose it is").1;
            cells.split(" UASC=").next().unwrap().to_owned()
        };
        let said = landed.characteristics.iter().find(|said| said.role == plait_types::Role::Unaccompanied);
        let said = &said.expect("the table says it").column;
        let said: Vec<String> = (0..5).map(|row| said.get(row).expect("a flag").to_owned()).collect();
        let missing: Vec<String> = landed
            .findings
            .iter()
            .filter(|finding| finding.check == "required")
            .map(|finding| format!("{}.{}", finding.table, finding.column))
            .collect();
        (rows.iter().map(values).collect::<Vec<_>>(), said, missing, landed.issues.len())
    };
    let xml = of("903.xml");
    assert_eq!(
        xml.0,
        [
            "1 SEX=M DOB=01/02/2010 DUC=01/02/2028",
            "3 SEX=M DOB=01/02/2010",
            "4 SEX=M DOB=01/02/2010 DUC=01/02/2028"
        ]
    );
    assert_eq!(xml.1, ["yes", "no", "yes", "yes", "no"]);
    assert_eq!(xml, of("903"));
    assert_eq!((xml.2, xml.3), (Vec::<String>::new(), 0));
}

/// What a table with this header and one row is taken for, unasked.
#[track_caller]
fn check_taken_for(name: &str, header: &str, row: &str, expected: Option<(&str, &str)>) {
    let folder = folder(&[(name, &format!("{header}\n{row}\n"))]);
    let found = match super::detect(&folder.path().join(name), &Asked::Nothing).unwrap() {
        Detected::PlainTable => None,
        Detected::Return(found) => match found.members[0].holds {
            Holds::Text { table } => Some((found.spec.id(), found.spec.tables[table].name.clone())),
            _ => panic!("{name} is text"),
        },
    };
    let found = found.as_ref().map(|(id, table)| (id.as_str(), table.as_str()));
    assert_eq!(found, expected, "{name}: {header}");
}

#[test]
fn lists_of_names_are_known_by_usual_headers_and_lists_of_people_are_none() {
    let names = |table| Some(("reference-names", table));
    for (file, header, row, table) in [
        ("a.csv", "name1,relationship,name2", "edward,has_nickname,ted", "nicknames"),
        ("nicknames.csv", "Name,Nickname", "edward,ted", "nicknames"),
        ("a.csv", "forename,forename2,freq", "edw,ted,0.1", "forename_variants"),
        ("a.csv", "Surname1,Surname2,Frequency", "adams,adamson,1", "surname_variants"),
        ("a.csv", "firstname,freq,sex,birthyear", "oscar,0.01,male,2018", "forenames"),
        ("a.csv", "Forename,Count,Gender,Birth_Year", "oscar,120,male,2018", "forenames"),
        ("a.csv", "surname,freq", "smith,0.01", "surnames"),
        ("a.csv", "Last_Name,Count", "smith,120", "surnames"),
        ("a.csv", "position,orgpat,newpat", "ALL,5,S", "error_rules"),
    ] {
        check_taken_for(file, header, row, names(table));
    }
    for header in [
        "forename,surname,dob,count",
        "first_name,last_name,sex,birth_year",
        "surname,forename,sex,frequency",
        "name,nickname,postcode",
        "surname,postcode",
    ] {
        check_taken_for("a.csv", header, "a,b,c,d", None);
    }
}

#[test]
fn a_person_within_a_person_is_set_aside_and_gives_nothing_to_the_outer_one() {
    let inner = |id: u32| {
        format!(
            "<Pupil>\n<Identifiers><PupilId>{id}</PupilId><UPN>A</UPN><Surname>Vane</Surname></Identifiers>\
             <Exclusions><Exclusion><Category>PERM</Category></Exclusion></Exclusions></Pupil>"
        )
    };
    let twice = inner(4).replace("</Identifiers>", &format!("</Identifiers>\n{}", inner(5)));
    let xml = format!(
        "<Message><Header><Collection>SMALL</Collection><Year>2024</Year><Term>AUT</Term></Header><Pupils>\n\
         <Pupil>\n{}<Identifiers><PupilId>1</PupilId></Identifiers><Wrap>{twice}</Wrap>\
         <Exclusions><Exclusion><Category>SUSP</Category></Exclusion></Exclusions></Pupil>\n\
         <Pupil><Identifiers><PupilId>2</PupilId></Identifiers></Pupil></Pupils></Message>",
        inner(3)
    );
    let folder = folder(&[("a.xml", &xml)]);
    let recognised = recognise(&folder.path().join("a.xml")).unwrap();
    for batch_rows in [1, 100] {
        let (kept, gathered) = read(&recognised, batch_rows);
        assert_eq!(kept.rows(&recognised.spec, "pupils"), ["2 0 0 - PupilId=1", "8 1 1 - PupilId=2"]);
        assert_eq!(kept.rows(&recognised.spec, "exclusions"), ["7 0 0 0 Category=SUSP"]);
        assert_eq!(kept.kinds(), [IssueKind::PersonWithinPerson]);
        assert_eq!(kept.issues[0].lines, [3, 4, 6]);
        assert_eq!((gathered.total.rows_in, gathered.total.rows_set_aside), (7, 3));
    }
}

#[test]
fn a_person_of_one_kind_within_one_of_another_is_set_aside_too() {
    let pupil = |element: &str, upn: &str, more: &str| {
        format!("<{element}><PupilIdentifiers><UPN>{upn}</UPN></PupilIdentifiers>{more}</{element}>")
    };
    let gone = pupil("PupilNoLongerOnRoll", "A123456789012", "");
    let on_roll = pupil(
        "PupilOnRoll",
        "B123456789012",
        &format!("<PupilsNoLongerOnRoll>{gone}</PupilsNoLongerOnRoll>"),
    );
    let header = "<Header><CollectionDetails><Collection>SC</Collection><Term>SPR</Term><Year>2026</Year>\
                  </CollectionDetails></Header>";
    let xml = format!("<Message>{header}<Pupils><PupilsOnRoll>{on_roll}</PupilsOnRoll></Pupils></Message>");
    let folder = folder(&[("a.xml", &xml)]);
    let (rows, landed) = landed_rows(&folder.path().join("a.xml"), "pupilonroll");
    assert_eq!(rows, ["1 0 0 - upn=B123456789012"]);
    let kinds: Vec<IssueKind> = landed.issues.iter().map(|issue| issue.kind).collect();
    assert_eq!((landed.identity.n_records, kinds), (1, vec![IssueKind::PersonWithinPerson]));
}

#[test]
fn lists_of_schools_and_practices_are_known_by_their_headers_whatever_they_are_called() {
    let sims = "UPN,Legal Surname,Legal Forename,Middle Name(s),Preferred Surname,Preferred Forename,Gender,DOB,Year,Reg,House Number,Street,Town,Post Code,Ethnicity,SEN Status,FSM";
    let arbor = "Arbor Student ID,Legal First Name,Legal Last Name,Preferred First Name,Date of Birth,UPN,Gender (Sex),Form,Year Group,Postcode,Home Address,Primary Guardian,SEN Need";
    let arbor_names = "Student,Date of birth,Unique Pupil Number,Sex,Admission date,Current address";
    let bromcom = "PersonID,Legal First Name,Legal Last Name,Chosen First Name,Date Of Birth,Sex,UPN,ULN,Tutor Group,YearGroup,Postcode,House Number/Name,Admission Number,Ethnicity Code";
    let practice = "PATIENT_ID,NHS_NUMBER,FAMILY_NAME,GIVEN_NAME,OTHER_GIVEN_NAME,DATE_OF_BIRTH,GENDER,ADDRESS_LINE1,ADDRESS_LINE2,ADDRESS_LINE3,POSTCODE,GP_PRACTICE_CODE,REGISTRATION_DATE";
    let births = "NOTIFICATION_ID,NHS_NUMBER_BABY,DATE_OF_BIRTH,SEX,BIRTH_WEIGHT_GRAMS,GESTATION_WEEKS,MOTHER_POSTCODE,REGISTERED_SURNAME";
    let plain = "Surname,Forename,DOB,Postcode,Favourite colour";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.csv");
    for (header, name) in [
        (sims, Some("school-mis-list")),
        (arbor, Some("school-mis-list")),
        (arbor_names, Some("school-mis-list")),
        (bromcom, Some("school-mis-list")),
        (practice, Some("gp-list")),
        (births, Some("births")),
        (plain, None),
    ] {
        fs::write(&path, format!("{header}\n{}\n", "1,".repeat(header.matches(',').count()))).unwrap();
        let found = match super::detect::detect(&path, &Asked::Nothing).unwrap() {
            Detected::Return(recognised) => Some(recognised.spec.name.clone()),
            Detected::PlainTable => None,
        };
        assert_eq!(found.as_deref(), name, "{header}");
    }
}

#[test]
fn adopters_are_no_children_of_the_inspection_lists() {
    let mut book = Workbook::new();
    for (sheet, rows) in [
        ("List 1", &[["Child Unique ID", "Gender", "Date of Birth"], ["101", "b) Female", "01/02/2015"]][..]),
        (
            "List 11",
            &[["Individual adopter identifier", "Gender", "Disability"], ["101", "a) Male", "b) No"]][..],
        ),
    ] {
        let sheet = book.add_worksheet().set_name(sheet).unwrap();
        for (row, cells) in rows.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                sheet.write(row as u32, column as u16, *cell).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("annex.xlsx");
    book.save(&path).unwrap();
    let asked = Asked::Return("annex-a".to_owned());
    let Detected::Return(recognised) = super::detect(&path, &asked).unwrap() else {
        panic!("it was said what it is")
    };
    let mut payload = Vec::new();
    let mut keep = |name: &str, rows: plait_types::Table| {
        payload.push((name.to_owned(), rows));
        Ok(())
    };
    let (landed, _) =
        super::land(&recognised, "it", None, None, Some(&mut keep), super::IdentityKept::Whole, &Quiet)
            .unwrap();
    assert_eq!(landed.identity.n_records, 1);
    assert_eq!(landed.identity.persons.column("sex").unwrap().get(0), Some("F"));
    let (_, adopters) = payload.iter().find(|(name, _)| name == "list_11").expect("adopters are payload");
    assert_eq!((adopters.n_rows, adopters.column("record_key").is_none()), (1, true));
    assert!(adopters.column("Individual adopter identifier").is_none());
}

#[test]
fn files_of_two_schools_that_count_alike_are_refused_and_those_of_one_are_read() {
    let pupils = |born: &str, surname: &str| {
        let rows = (1..9).map(|n| format!("{n},,{surname}{n},{}\n", born.replace('D', &format!("0{n}"))));
        format!("PupilId,UPN,Surname,BirthDate\n{}", rows.collect::<String>())
    };
    let check = |one: &str, other: &str, refused: bool| {
        let folder = folder(&[("north_pupils.csv", one), ("south_pupils.csv", other)]);
        let recognised = recognise(folder.path()).unwrap().narrowed();
        let landed = land_whole(&recognised);
        match landed {
            Ok(_) => assert!(!refused, "two people are one"),
            Err(fault) => {
                assert!(refused, "{fault:?}");
                assert_eq!(fault.code, FaultCode::NumberedAlike);
                assert!(
                    fault.what.contains("of 8 keys that both have, 8 are of two persons"),
                    "{}",
                    fault.what
                );
                assert!(!format!("{fault:?}").contains("Quill"));
            }
        }
    };
    check(&pupils("2012-03-D", "Quill"), &pupils("2017-10-D", "Vane"), true);
    check(&pupils("", "Quill"), &pupils("2017-10-D", "Quill"), false);
}

/// What lands of a return, its identity held as a whole and its payload dropped.
fn land_whole(recognised: &Recognised) -> Result<(super::Landed, super::Gathered), Fault> {
    super::land(recognised, "it", None, None, None, super::IdentityKept::Whole, &Quiet)
}

/// What lands of tables of the looked-after return.
fn looked_after(files: &[(&str, &str)]) -> Result<super::landing::Landed, Fault> {
    let folder = folder(files);
    let asked = Asked::Return("ssda903-2026".to_owned());
    let Detected::Return(recognised) = super::detect(folder.path(), &asked)? else {
        panic!("it was said what it is")
    };
    land_whole(&recognised).map(|(landed, _)| landed)
}

#[test]
fn two_authorities_that_number_children_alike_are_no_copies_of_one_return() {
    // the first so many are of other children
    let children = |others: usize, upn: bool| {
        let rows = (1..13).map(|n| {
            let born = if n <= others { "10/2017" } else { "03/2012" };
            let upn = if upn { format!("X99999999{n:04}") } else { String::new() };
            format!("{n},1,{:02}/{born},WBRI,{upn},0,\n", n + 9)
        });
        format!("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n{}", rows.collect::<String>())
    };
    for others in 0..=12 {
        let (one, other) = (children(0, false), children(others, true));
        let refused = looked_after(&[("header_east.csv", &one), ("header_north.csv", &other)]);
        let expected = if others > 6 { FaultCode::NumberedAlike } else { FaultCode::SameFileTwice };
        assert_eq!(refused.map(|_| ()).unwrap_err().code, expected, "{others}");
    }
}

#[test]
fn rows_of_lists_have_the_numbers_that_linkage_gives_their_records() {
    let pupil = |element: &str, surname: &str| {
        format!(
            "<{element}><PupilIdentifiers><Surname>{surname}</Surname><Forename>Ann</Forename><Sex>F</Sex>\
             <DOB>2012-01-02</DOB></PupilIdentifiers><PupilStatus><EnrolStatus>C</EnrolStatus></PupilStatus></{element}>"
        )
    };
    let school = |estab: &str, on: &[&str], off: &[&str]| {
        let of =
            |element: &str, all: &[&str]| all.iter().map(|name| pupil(element, name)).collect::<String>();
        format!(
            "<Message><Header><CollectionDetails><Collection>SC</Collection><Term>SPR</Term><Year>2026</Year>\
             <ReferenceDate>2026-01-15</ReferenceDate></CollectionDetails><Source><LEA>302</LEA><Estab>{estab}</Estab>\
             </Source></Header><Pupils><PupilsOnRoll>{}</PupilsOnRoll><PupilsNoLongerOnRoll>{}</PupilsNoLongerOnRoll>\
             </Pupils></Message>",
            of("PupilOnRoll", on),
            of("PupilNoLongerOnRoll", off)
        )
    };
    let folder = folder(&[
        ("a.xml", &school("1001", &["Ash", "Birch"], &["Cedar"])),
        ("b.xml", &school("1002", &["Damson"], &["Elder", "Fir"])),
    ]);
    let Ok(Detected::Return(recognised)) = super::detect(folder.path(), &Asked::Nothing) else {
        panic!("a school census")
    };
    let recognised = recognised.narrowed();
    let (landed, _) = land_whole(&recognised).unwrap();
    let surnames = landed.identity.current().table.column("surname").unwrap().clone();
    let (rows, _) = super::rows::read_rows(&recognised, "it", &Quiet).unwrap();
    let mut n_rows = 0;
    for table in ["pupilonroll", "pupilnolongeronroll"] {
        let table = rows.table(table).unwrap();
        let surname = rows.place_in(table, "surname").unwrap();
        for row in 0..rows.n_rows(table) {
            let record = rows.record_name(table, row);
            assert_eq!(record.key, None);
            let number = record.number.unwrap() as usize;
            assert_eq!(rows.cell(surname, row), surnames.get(number - 1), "record {number}");
            n_rows += 1;
        }
    }
    assert_eq!(n_rows, 6);
}

#[test]
fn two_nested_files_that_number_children_alike_are_refused_and_those_of_a_child_in_both_are_read() {
    let census = |born: &str, ids: std::ops::Range<u32>| {
        let child = |id: u32| {
            format!(
                "<Child><ChildIdentifiers><LAchildID>{id}</LAchildID><PersonBirthDate>{born}-{:02}</PersonBirthDate>\
                 </ChildIdentifiers></Child>",
                10 + id % 9
            )
        };
        format!(
            "<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>2026</Year>\
             <ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails><Source><LEA>302</LEA></Source></Header>\
             <Children>{}</Children></Message>",
            ids.map(child).collect::<String>()
        )
    };
    let land = |born: &str, ids: std::ops::Range<u32>| {
        let folder = folder(&[("a.xml", &census("2012-03", 0..20)), ("b.xml", &census(born, ids))]);
        let Ok(Detected::Return(recognised)) = super::detect(folder.path(), &Asked::Nothing) else {
            panic!("a children in need census")
        };
        land_whole(&recognised)
            .map(|(landed, _)| {
                (landed.n_records, landed.issues.iter().map(|issue| issue.kind).collect::<Vec<_>>())
            })
            .map_err(|fault| fault.code)
    };
    assert_eq!(land("2017-10", 16..40), Err(FaultCode::NumberedAlike));
    assert_eq!(land("2012-03", 16..40), Ok((40, vec![])));
    assert_eq!(land("2012-03", 20..40), Ok((40, vec![IssueKind::NobodyInCommon])));
}

#[test]
fn files_of_two_authorities_are_refused_wherever_they_say_it() {
    let document = |authority: &str, child: u32| {
        format!(
            r#"{{"la_code": {authority}, "Children": [{{"la_child_id": "{child}", "child_details": {{"first_name": "Ann",
            "surname": "Ash", "sex": "F", "postcode": "ZX1 1AA"}}}}]}}"#
        )
    };
    let authority_of = |files: &[(&str, String)]| {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let folder = folder(&files);
        let recognised = match super::detect(folder.path(), &Asked::Nothing) {
            Ok(Detected::Return(recognised)) => recognised,
            Ok(Detected::PlainTable) => panic!("documents of the department's interface"),
            Err(fault) => return Err(fault.code),
        };
        let landed = land_whole(&recognised);
        landed.map(|_| recognised.authority.clone()).map_err(|fault| fault.code)
    };
    let listed = |authority: &str, child: u32| format!("[{}]", document(authority, child));
    for form in [&document as &dyn Fn(&str, u32) -> String, &listed] {
        assert_eq!(authority_of(&[("a.json", form("302", 1))]), Ok(Some("302".to_owned())));
        let one = authority_of(&[("a.json", form("302", 1)), ("b.json", form("302", 2))]);
        assert_eq!(one, Ok(Some("302".to_owned())));
        let two = authority_of(&[("a.json", form("302", 1)), ("b.json", form("303", 1))]);
        assert_eq!(two, Err(FaultCode::MixedAuthorities));
    }
    let in_one = format!("[{},{}]", document("302", 1), document("303", 1));
    assert_eq!(authority_of(&[("a.json", in_one)]), Err(FaultCode::MixedAuthorities));
}

#[test]
fn rows_that_stand_in_two_files_are_refused_in_a_year_and_told_of_lists() {
    let header = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,1,02/03/2012,WBRI,,0,\n";
    let episodes = |starts: std::ops::Range<u32>| {
        let rows = starts.map(|day| format!("1,{day:02}/08/2025,S,C2,N1,U1,PR1,,,,ZX4 4AA,ZX5 5AA,\n"));
        let columns =
            "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n";
        format!("{columns}{}", rows.collect::<String>())
    };
    let land = |others: std::ops::Range<u32>| {
        let (first, second) = (episodes(1..9), episodes(others));
        let files = [("header.csv", header), ("episodes.csv", &first), ("episodes_2.csv", &second)];
        looked_after(&files).map(|_| ()).map_err(|fault| fault.code)
    };
    assert_eq!(land(2..9), Err(FaultCode::SameFileTwice));
    assert_eq!(land(7..20), Ok(()));
    let deaths = |ids: std::ops::Range<u32>| {
        let rows = ids.map(|n| format!("S{n},F{n},{:02}/03/1950,01/04/2026\n", n + 1));
        format!("Surname,Forenames,Date of Birth,Date of Death\n{}", rows.collect::<String>())
    };
    let told = |others: std::ops::Range<u32>| {
        let folder = folder(&[("a.csv", &deaths(0..9)), ("b.csv", &deaths(others))]);
        let asked = Asked::Return("deaths".to_owned());
        let Ok(Detected::Return(recognised)) = super::detect(folder.path(), &asked) else {
            panic!("as asked")
        };
        let landed = land_whole(&recognised);
        let issues = landed.unwrap().0.issues;
        issues.iter().filter(|issue| issue.kind == IssueKind::SamePersons).count()
    };
    assert_eq!((told(0..8), told(9..20)), (1, 0));
}

#[test]
fn a_sheet_that_is_a_copy_of_another_is_refused() {
    let read = |second: &[&str]| {
        let mut book = Workbook::new();
        for (name, ids) in
            [("List 4", &["101", "102", "103", "104", "105", "106"][..]), ("List 4 (2)", second)]
        {
            let sheet = book.add_worksheet().set_name(name).unwrap();
            for (column, header) in ["Child Unique ID", "Gender", "Date of Birth"].into_iter().enumerate() {
                sheet.write(0, column as u16, header).unwrap();
            }
            for (row, id) in (1..).zip(ids) {
                sheet.write(row, 0, *id).unwrap();
                sheet.write(row, 1, "b) Female").unwrap();
                sheet.write(row, 2, "01/02/2015").unwrap();
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("annex.xlsx");
        book.save(&path).unwrap();
        let asked = Asked::Return("annex-a".to_owned());
        let Ok(Detected::Return(recognised)) = super::detect(&path, &asked) else {
            panic!("it was said what it is")
        };
        let landed = land_whole(&recognised);
        let rows = super::rows::read_rows(&recognised, "it", &Quiet).map(|_| ()).map_err(|fault| fault.code);
        let landed = landed.map(|_| ()).map_err(|fault| fault.code);
        assert_eq!(landed, rows, "linkage and lists look alike");
        landed
    };
    assert_eq!(read(&["101", "102", "103", "104", "105", "106"]), Err(FaultCode::SameFileTwice));
    assert_eq!(read(&["106", "107", "108", "109", "110", "111"]), Ok(()));
    // all rows of a short sheet, but for a single one, which may be there by mistake
    assert_eq!(read(&["103", "105"]), Err(FaultCode::SameFileTwice));
    assert_eq!(read(&["103", "107"]), Ok(()));
    assert_eq!(read(&["103", "103", "107"]), Ok(()), "a row that comes twice is one");
    assert_eq!(read(&["103", "103"]), Ok(()));
    assert_eq!(read(&["0", "0", "0", "0", "0", "0"]), Ok(()), "0 is nobody's number");
}

#[test]
fn dates_of_a_return_are_read_in_the_order_that_their_column_shows() {
    let header = |born: &dyn Fn(u32, u32) -> String| {
        let rows = (1..=24).map(|n| format!("{n},1,{},WBRI,,0,\n", born(n, 1 + n % 12)));
        format!("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n{}", rows.collect::<String>())
    };
    let landed = |born: &dyn Fn(u32, u32) -> String| looked_after(&[("header.csv", &header(born))]).unwrap();
    let births = |landed: &super::landing::Landed| {
        let column = landed.identity.persons.column("date_of_birth").unwrap().clone();
        (0..24).map(|row| column.get(row).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let found = |landed: &super::landing::Landed| {
        let findings = landed.findings.iter().filter(|finding| finding.check == "date-written");
        findings.map(|finding| (finding.says.clone(), finding.n_found)).collect::<Vec<_>>()
    };
    let expected: Vec<String> = (1..=24).map(|n| format!("2012-{:02}-{n:02}", 1 + n % 12)).collect();
    let by_return = landed(&|day, month| format!("{day:02}/{month:02}/2012"));
    assert_eq!((births(&by_return), found(&by_return)), (expected.clone(), vec![]));
    let month_first = landed(&|day, month| format!("{month:02}/{day:02}/2012"));
    assert_eq!(births(&month_first), expected);
    assert_eq!(found(&month_first).iter().map(|(_, n)| n).sum::<u64>(), 24);
    assert!(found(&month_first)[0].0.contains("MM/DD/YYYY"), "{:?}", found(&month_first));
    assert!(month_first.two_orders.is_empty());
    // where nothing shows it, the return says it
    let untold = landed(&|day, month| format!("{:02}/{month:02}/2012", day.min(12)));
    assert_eq!(births(&untold)[2], "2012-04-03");
}

#[test]
fn files_of_children_of_whom_none_is_in_both_are_noted() {
    let header = |(from, to): (u32, u32)| {
        let rows = (from..to).map(|n| format!("{n},1,02/03/2012,WBRI,,0,\n"));
        format!("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n{}", rows.collect::<String>())
    };
    let noted = |files: &[(u32, u32)]| {
        let files: Vec<(String, String)> =
            files.iter().zip('a'..).map(|(of, at)| (format!("header_{at}.csv"), header(*of))).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
        let issues = looked_after(&files).unwrap().issues;
        let found = issues.into_iter().filter(|issue| issue.kind == IssueKind::NobodyInCommon);
        found.map(|issue| (issue.file, issue.message)).collect::<Vec<_>>()
    };
    assert_eq!(noted(&[(1, 9)]), []);
    assert_eq!(noted(&[(1, 9), (8, 20)]), [], "a child who is in both files of one authority");
    assert_eq!(noted(&[(1, 9), (8, 20), (19, 30)]), [], "the third goes on from the second");
    let apart = noted(&[(1, 9), (9, 20), (15, 40)]);
    assert_eq!(apart.len(), 1, "the third goes on from the second: {apart:?}");
    assert_eq!(apart[0].0, "header_b.csv");
    // the last belongs to both of the others
    assert_eq!(noted(&[(1, 4), (4, 7), (3, 6)]), []);
    assert!(apart[0].1.starts_with("no child of it is in header_a.csv too"), "{}", apart[0].1);
}

#[test]
fn children_who_are_not_in_the_table_of_children_are_counted_once_with_their_lines() {
    let header = ("header.csv", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,1,02/03/2012,WBRI,,0,\n");
    let episodes =
        "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n";
    let episode = |child: &str| format!("{child},07/08/2025,S,C2,N1,U1,PR1,,,,ZX4 4AA,ZX5 5AA,\n");
    let episodes = format!("{episodes}{}", ["1", "7", "8", "7"].map(episode).concat());
    let missing =
        "CHILD,DOB,MISSING,MIS_START,MIS_END\n8,02/03/2012,M,07/08/2025,\n9,02/03/2012,M,07/08/2025,\n";
    let (episodes, missing) = (("episodes.csv", &*episodes), ("missing.csv", missing));
    let noted = |files: &[(&str, &str)]| {
        let landed = looked_after(files).unwrap();
        let found = landed.issues.into_iter().filter(|issue| issue.kind == IssueKind::RecordWithoutPersonRow);
        let says = |message: &str| message.split_once(':').unwrap().0.to_owned();
        (landed.n_records, found.map(|i| (i.file, i.lines, says(&i.message))).collect::<Vec<_>>())
    };
    let (n_records, found) = noted(&[missing, episodes, header]);
    assert_eq!(n_records, 4, "they are records all the same");
    let expected = |file: &str, lines: &[u64], says: &str| (file.to_owned(), lines.to_vec(), says.to_owned());
    assert_eq!(
        found,
        [
            expected("episodes.csv", &[3, 4], "2 of the 3 people in \"episodes\" have no row in \"header\""),
            expected("missing.csv", &[3], "none of the 2 people in \"missing\" has a row in \"header\""),
        ]
    );
    let (_, found) = noted(&[missing, header]);
    let none = "none of the 2 people in \"missing\" has a row in \"header\"";
    assert_eq!(found, [expected("missing.csv", &[2, 3], none)]);
    let (_, found) = noted(&[missing, episodes]);
    let says = "the table \"header\" is not there";
    assert_eq!(found, [expected("it", &[], says)], "no file says who the children are");
}

#[test]
fn tables_of_headers_alone_are_no_copies_of_each_other() {
    let landed = looked_after(&[
        ("missing.csv", "CHILD,DOB,MISSING,MIS_START,MIS_END\n"),
        ("missing_2.csv", "CHILD,DOB,MISSING,MIS_START,MIS_END\n"),
        ("header.csv", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,1,02/03/2012,WBRI,,0,\n"),
    ]);
    assert_eq!(landed.unwrap().n_records, 1);
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let header = ("header.csv", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,1,02/03/2012,WBRI,,0,\n");
    let episodes = |child: &str, start: &str| {
        format!(
            "{child},{start},RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n\
             1,07/08/2025,S,C2,N1,U1,PR1,,,,ZX4 4AA,ZX5 5AA,\n"
        )
    };
    let of = |child: &str, start: &str| {
        looked_after(&[header, ("episodes.csv", &episodes(child, start))]).unwrap()
    };
    let no_column = |landed: &super::landing::Landed| -> Vec<(String, u64)> {
        let findings = landed.findings.iter().filter(|finding| finding.check == "no-column");
        findings.map(|finding| (finding.column.clone(), finding.n_found)).collect()
    };
    assert_eq!(no_column(&of("CHILD", "DECOM")), []);
    assert_eq!(no_column(&of("CHILD", "DATE_START")), [("DECOM".to_owned(), 1)]);
    let without_key = of("Foo", "DECOM");
    assert_eq!(no_column(&without_key), [("CHILD".to_owned(), 1)]);
    let aside = without_key.issues.iter().find(|issue| issue.kind == IssueKind::RowWithoutKey).unwrap();
    assert!(aside.message.contains("the file has no column \"CHILD\""), "{}", aside.message);
}

#[test]
fn a_looked_after_child_lives_at_the_placement_of_the_open_episode_in_every_year() {
    let episodes = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n\
        7,01/02/2018,S,C2,N1,U1,PR1,03/04/2019,E4,,ZX1 1AA,ZX2 2AA,\n\
        7,05/06/2017,S,C2,N1,U1,PR1,01/02/2018,X1,,ZX1 1AA,ZX3 3AA,\n\
        7,07/08/2025,S,C2,N1,U1,PR1,,,,ZX4 4AA,ZX5 5AA,\n";
    let folder = folder(&[("episodes.csv", episodes)]);
    for year in 2018..=2026 {
        let asked = Asked::Return(format!("ssda903-{year}"));
        let detected = super::detect(&folder.path().join("episodes.csv"), &asked).unwrap();
        let Detected::Return(recognised) = detected else { panic!("it was said what it is") };
        let mut payload = Vec::new();
        let mut keep = |_: &str, rows: plait_types::Table| {
            payload.push(rows);
            Ok(())
        };
        let (landed, _) =
            super::land(&recognised, "it", None, None, Some(&mut keep), super::IdentityKept::Whole, &Quiet)
                .unwrap();
        let current = landed.identity.current();
        assert_eq!(current.table.column("postcode").unwrap().get(0), Some("ZX5 5AA"), "{year}");
        assert_eq!(landed.headers["postcode"], ["HOME_POST", "PL_POST"], "{year}");
        let others = current.table.column("other_postcodes").unwrap().get(0);
        assert_eq!(others, Some("ZX4 4AA|ZX2 2AA|ZX1 1AA|ZX3 3AA"), "{year}");
        let addresses = &landed.identity.addresses;
        let open = (0..addresses.n_rows).filter(|&row| addresses.column("to").unwrap().get(row).is_none());
        let from: Vec<Option<&str>> = open.map(|row| addresses.column("from").unwrap().get(row)).collect();
        assert_eq!(from, [Some("2025-08-07"); 2], "{year}");
        assert_eq!(
            payload[0].column("DECOM").unwrap().get(0),
            Some("01/02/2018"),
            "they stay in the episode too"
        );
    }
}

#[test]
fn a_placement_of_the_standard_safeguarding_dataset_has_its_dates_and_blank_rows_are_counted() {
    let placements = "clap_cla_placement_id,clap_cla_id,clap_person_id,clap_cla_placement_start_date,clap_cla_placement_type,\
        clap_cla_placement_urn,clap_cla_placement_distance,clap_cla_placement_provider,clap_cla_placement_postcode,\
        clap_cla_placement_end_date,clap_cla_placement_change_reason\n\
        1,1,P7,2018-02-01,U1,,1.5,PR1,ZX2 2AA,2019-04-03,\n\
        ,,,,,,,,,,\n\
        2,1,P7,2025-08-07,U1,,1.5,PR1,ZX5 5AA,,\n\
        3,1,P7,2017-06-05,U1,,1.5,PR1,ZX3 3AA,2018-02-01,\n";
    let persons = "pers_person_id,pers_surname,pers_forename,pers_dob\nP7,Quill,Ann,2012-03-04\n";
    let folder = folder(&[("ssd_cla_placement.csv", placements), ("ssd_person.csv", persons)]);
    let Detected::Return(recognised) = super::detect(folder.path(), &Asked::Nothing).unwrap() else {
        panic!("a return")
    };
    let (landed, _) = land_whole(&recognised).unwrap();
    let current = landed.identity.current();
    assert_eq!(current.table.column("postcode").unwrap().get(0), Some("ZX5 5AA"));
    assert_eq!(current.table.column("other_postcodes").unwrap().get(0), Some("ZX2 2AA|ZX3 3AA"));
    let addresses = &landed.identity.addresses;
    let of = |column: &str, row: usize| addresses.column(column).unwrap().get(row);
    let dates: Vec<_> = (0..3).map(|row| (of("from", row), of("to", row))).collect();
    assert!(dates.contains(&(Some("2025-08-07"), None)), "{dates:?}");
    assert!(dates.contains(&(Some("2017-06-05"), Some("2018-02-01"))), "{dates:?}");
    let blank = landed.issues.iter().find(|issue| issue.kind == IssueKind::BlankRow).unwrap();
    assert_eq!(blank.count, 1);
}

#[test]
fn registrations_of_deaths_are_known_by_what_they_must_have() {
    let row = "1,9990000018,Quill,Ann,2012-03-04,2025-01-02,F,ZX1 1AA";
    let all = "DEATH_ID,NHS_NUMBER,SURNAME,FORENAME,DATE_OF_BIRTH,DATE_OF_DEATH,SEX,POSTCODE";
    check_taken_for("x.csv", all, row, Some(("deaths", "deaths")));
    let without = all.replace("DEATH_ID,", "");
    check_taken_for("x.csv", &without, &row[2..], Some(("deaths", "deaths")));
    let living = without.replace(",DATE_OF_DEATH", "");
    check_taken_for("x.csv", &living, "9990000018,Quill,Ann,2012-03-04,F,ZX1 1AA", None);
    check_taken_for("x.csv", &format!("{without},Hobby"), &row[2..], None);
}

#[test]
fn a_download_with_columns_cut_away_is_the_table_whose_key_it_has() {
    for table in ["pupilonroll", "pupilnolongeronroll"] {
        let header = format!(
            "{table}tableid,NativeId,{table}orderseqcolumn,sourceid,schoolcensustableid,upn,surname,forename,dob,sex,\
             uniquelearnernumber,enrolstatus,ethnicity"
        );
        let row = "1,n,1,s,1,,Quill,Ann,2015-Apr-21 00:00:00,F,,C,WBRI";
        let file = format!("2026_spring_{table}_north.csv");
        check_taken_for(&file, &header, row, Some(("school-census-2026", table)));
    }
}

#[test]
fn the_dates_of_a_plan_are_read_beside_the_referral_too_until_they_became_a_block() {
    let xml = |year: u16, dates: &str| {
        format!(
            "<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>{year}</Year></CollectionDetails></Header>\
             <Children><Child><ChildIdentifiers><LAchildID>7</LAchildID></ChildIdentifiers><CINdetails>\
             <CINreferralDate>2019-05-01</CINreferralDate>{dates}</CINdetails></Child></Children></Message>"
        )
    };
    let loose = "<CINPlanStartDate>2019-06-01</CINPlanStartDate><CINPlanEndDate>2019-09-01</CINPlanEndDate>";
    let block = format!("<CINPlanDates>{loose}</CINPlanDates>");
    let said = "CINPlanStartDate=2019-06-01 CINPlanEndDate=2019-09-01";
    for (year, dates, in_details, in_plans) in [
        (2017, loose, true, false),
        (2021, loose, true, false),
        (2021, &block, false, true),
        (2022, &block, false, true),
    ] {
        let folder = folder(&[("cin.xml", &xml(year, dates))]);
        let path = folder.path().join("cin.xml");
        let has = |table: &str| landed_rows(&path, table).0.iter().any(|row| row.contains(said));
        assert_eq!((has("cin_details"), has("cin_plans")), (in_details, in_plans), "{year} {dates}");
        let unknown = |issue: &Issue| issue.kind == IssueKind::UnknownElements;
        assert!(!landed_rows(&path, "cin_plans").1.issues.iter().any(unknown), "{year}");
    }
}

#[test]
fn of_files_of_several_days_the_latest_says_what_holds_now() {
    let day = |postcode: &str| {
        let child = |n: u32| {
            format!(
                r#"{{"la_child_id": "a{n}", "child_details": {{"first_name": "Ann", "surname": "Quill{n}", "sex": "F",
                "date_of_birth": "2012-03-0{n}", "ethnicity": "WBRI", "postcode": "{postcode} {n}AA"}}}}"#
            )
        };
        let children: Vec<String> = (1..8).map(child).collect();
        format!(r#"{{"la_code": "302", "Children": [{}]}}"#, children.join(","))
    };
    let folder = folder(&[("2026-01-01.json", &day("ZX1")), ("2026-01-02.json", &day("ZX2"))]);
    let Detected::Return(recognised) = super::detect(folder.path(), &Asked::Nothing).unwrap() else {
        panic!("it is a return");
    };
    assert!(recognised.unsure.iter().any(|said| said.contains("2026-01-02.json is the latest of 2")));
    let (landed, _) = land_whole(&recognised).unwrap();
    let current = landed.identity.current().table;
    assert_eq!(landed.identity.n_records, 7);
    assert_eq!(current.column("postcode").unwrap().get(0), Some("ZX2 1AA"));
    assert_eq!(current.column("other_postcodes").unwrap().get(0), Some("ZX1 1AA"));
    assert!(
        landed.findings.iter().all(|finding| finding.check != "id-unique"),
        "a child may be there every day"
    );
    let twice = day("ZX1").replace("\"a2\"", "\"a1\"");
    let folder = self::folder(&[("a.json", &twice)]);
    let Detected::Return(recognised) = super::detect(folder.path(), &Asked::Nothing).unwrap() else {
        panic!("it is a return");
    };
    let (landed, _) = land_whole(&recognised).unwrap();
    assert!(landed.findings.iter().any(|finding| finding.check == "id-unique"), "twice on one day");
}

#[test]
fn gender_in_a_file_of_a_year_that_asks_for_sex_is_the_sex() {
    let header = "pupilonrolltableid,NativeId,pupilonrollorderseqcolumn,sourceid,schoolcensustableid,upn,surname,forename,\
                  dob,gender,uniquelearnernumber,enrolstatus,ethnicity";
    let text = format!("{header}\n1,n,1,s,1,,Quill,Ann,2015-Apr-21 00:00:00,F,,C,WBRI\n");
    let file = "2024_autumn_pupilonroll.csv";
    let folder = folder(&[(file, &text)]);
    let (_, landed) = landed_rows(&folder.path().join(file), "pupilonroll");
    assert_eq!(landed.identity.persons.column("sex").unwrap().get(0), Some("F"));
    assert!(!landed.issues.iter().any(|issue| issue.kind == IssueKind::UnknownColumns));
}

#[test]
fn a_child_whom_the_latest_file_withdraws_is_no_record_whatever_earlier_files_say() {
    let child = |id: &str, purge: bool| {
        format!(
            r#"{{"la_child_id": "{id}", "purge": {purge}, "child_details": {{"first_name": "Ann", "surname": "Quill", "sex": "F",
            "date_of_birth": "2012-03-04", "ethnicity": "WBRI"}}, "social_care_episodes": [{{"referral_date": "2026-01-02"}}]}}"#
        )
    };
    let day = |children: &[String]| format!(r#"{{"la_code": "302", "Children": [{}]}}"#, children.join(","));
    let folder = folder(&[
        ("2026-01-01.json", &day(&[child("a1", false), child("b2", false), child("c3", true)])),
        ("2026-01-02.json", &day(&[child("a1", false), child("b2", true), child("c3", false)])),
    ]);
    let Detected::Return(recognised) = super::detect(folder.path(), &Asked::Nothing).unwrap() else {
        panic!("it is a return");
    };
    let (landed, gathered) = land_whole(&recognised).unwrap();
    let keys = landed.identity.persons.column("source_key").unwrap();
    assert_eq!([keys.get(0), keys.get(1)], [Some("a1"), Some("c3")]);
    assert_eq!(landed.identity.n_records, 2);
    let children = landed.tables.iter().find(|table| table.table == "child").unwrap();
    assert_eq!((children.rows_in, children.set_aside), (6, 3));
    assert!(gathered.total.rows_in >= 12);
    assert!(landed.issues.iter().any(|issue| issue.message.contains("\"purge\" withdraws")));
    let within = "1 row of \"social_care_episodes\" belongs to persons who are withdrawn or were set aside";
    assert!(landed.issues.iter().any(|issue| issue.message.contains(within)), "{:?}", landed.issues);
}

#[test]
fn keys_whose_zeros_a_spreadsheet_has_taken_are_named() {
    let header = |id: &dyn Fn(u32) -> String| {
        let rows = (1..9).map(|n| format!("{},1,{:02}/03/2012,WBRI,,0,\n", id(n), n + 9));
        format!("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n{}", rows.collect::<String>())
    };
    let missing = |id: &dyn Fn(u32) -> String| {
        let rows = (1..5).map(|n| format!("{},{:02}/03/2012,M,07/08/2025,\n", id(n), n + 9));
        format!("CHILD,DOB,MISSING,MIS_START,MIS_END\n{}", rows.collect::<String>())
    };
    let padded = |n: u32| format!("00{n}");
    let bare = |n: u32| n.to_string();
    let as_fraction = |n: u32| format!("{n}.0");
    let twice = |one: &dyn Fn(u32) -> String, other: &dyn Fn(u32) -> String| {
        let landed = looked_after(&[("header.csv", &header(one)), ("missing.csv", &missing(other))]).unwrap();
        let issues = landed.issues.iter().filter(|issue| issue.kind == IssueKind::LostZeros);
        (landed.n_records, issues.map(|issue| issue.count).collect::<Vec<_>>())
    };
    assert_eq!(twice(&padded, &bare), (12, vec![4]));
    assert_eq!(twice(&bare, &padded), (12, vec![4]));
    assert_eq!(twice(&bare, &as_fraction), (12, vec![4]));
    assert_eq!(twice(&padded, &as_fraction), (12, vec![4]));
    assert_eq!(twice(&padded, &padded), (8, vec![]));
    assert_eq!(twice(&bare, &bare), (8, vec![]));

    let person = "pers_person_id,pers_forename,pers_surname,pers_sex,pers_ethnicity,pers_dob,pers_expected_dob\n008,Ann,Ash,F,WBRI,2012-03-04,\n7,Bo,Bay,M,WBRI,2013-03-04,\n";
    let plans = "cppl_cp_plan_id,cppl_person_id,cppl_cp_plan_start_date,cppl_cp_plan_end_date\n\
                 P1,8,2025-01-02,\nP2,9,2025-01-02,\nP3,7,2025-01-02,\n";
    let folder = folder(&[("ssd_person.csv", person), ("ssd_cp_plans.csv", plans)]);
    let (_, landed) = landed_rows(folder.path(), "ssd_cp_plans");
    let said = |kind| {
        let mut issues = landed.issues.iter().filter(|issue| issue.file == "ssd_cp_plans.csv");
        issues.find(|issue| issue.kind == kind).map(|issue| issue.lines.clone())
    };
    assert_eq!(said(IssueKind::LostZeros), Some(vec![2]), "{:?}", landed.issues);
    assert_eq!(said(IssueKind::RowOfUnknownRecord), Some(vec![3]));
}

#[test]
fn rows_of_two_years_or_terms_or_authorities_in_one_table_are_refused() {
    let census = "schoolcensustableid,NativeId,schoolcensusorderseqcolumn,sourceid,term,collection,name,year,referencedate,\
                  sourcelevel,estab,softwarecode,release,serialno,xversion,datetime,lea,urn\n";
    let row = |id: u32, term: &str, year: &str, lea: &str| {
        format!(
            "{id},9,1,s,{term},SC,School Census,{year},2026-Jan-15 00:00:00,S,2000,Made up,,1.0,,,{lea},970001.0\n"
        )
    };
    let pupils = "pupilonrolltableid,NativeId,pupilonrollorderseqcolumn,sourceid,schoolcensustableid,upn,surname,forename,\
                  dob,sex,uniquelearnernumber,enrolstatus,ethnicity\n1,n,1,s,1,,Quill,Ann,2015-Apr-21 00:00:00,F,,C,WBRI\n";
    let land = |second: String| {
        let census = format!("{census}{}{second}", row(1, "SPR", "2026.0", "302"));
        let folder =
            folder(&[("2026_spring_schoolcensus.csv", &census), ("2026_spring_pupilonroll.csv", pupils)]);
        let Ok(Detected::Return(recognised)) = super::detect(folder.path(), &Asked::Nothing) else {
            panic!("it is a return");
        };
        land_whole(&recognised).map(|_| ()).map_err(|fault| fault.code)
    };
    assert_eq!(land(row(2, "SPR", "2026.0", "302")), Ok(()));
    assert_eq!(land(row(2, "Spring", "2026", "302.0")), Ok(()), "the same in other words");
    assert_eq!(land(row(2, "", "", "")), Ok(()));
    assert_eq!(land(row(2, "N/A", "x", "N/A")), Ok(()), "what is no authority, year or term");
    assert_eq!(land(row(2, "SUM", "2026.0", "302")), Err(FaultCode::MixedPeriods));
    assert_eq!(land(row(2, "SPR", "2025.0", "302")), Err(FaultCode::MixedPeriods));
    assert_eq!(land(row(2, "SPR", "2026.0", "303")), Err(FaultCode::MixedAuthorities));
}

#[test]
fn a_file_called_like_a_table_that_has_not_its_headers_is_named() {
    let person = "pers_person_id,pers_forename,pers_surname,pers_sex,pers_ethnicity,pers_dob,pers_expected_dob\n7,Ann,Ash,F,WBRI,2012-03-04,\n";
    let files = [
        ("ssd_person.csv", person),
        ("ssd_cp_plans.csv", "plan,child,start\n1,7,2025-01-02\n"),
        ("notes.csv", "what,when\na,b\n"),
        ("other.csv", "a,b\n1,2\n"),
        ("ssd_person notes.csv", "a,b\n1,2\n"),
        ("ssd_disability.txt", ""),
    ];
    let folder = folder(&files);
    let (_, landed) = landed_rows(folder.path(), "ssd_person");
    let said = |kind| {
        let issues = landed.issues.iter().filter(move |issue| issue.kind == kind);
        issues.map(|issue| (issue.file.as_str(), issue.count)).collect::<Vec<_>>()
    };
    assert_eq!(said(IssueKind::TableLeftOut), [("ssd_cp_plans.csv", 1)]);
    assert_eq!(said(IssueKind::OtherFiles), [("notes.csv", 4)], "a table that is there is not missing");
    let Ok(Detected::Return(recognised)) = super::detect(folder.path(), &Asked::Nothing) else {
        panic!("it is a return");
    };
    let (rows, _) = super::rows::read_rows(&recognised, "it", &Quiet).unwrap();
    assert!(
        rows.issues.iter().any(|issue| issue.kind == IssueKind::TableLeftOut),
        "lists are filled without it"
    );
}

#[test]
fn an_old_copy_of_a_table_is_told_though_rows_were_corrected_since() {
    let person = "pers_person_id,pers_forename,pers_surname,pers_sex,pers_ethnicity,pers_dob,pers_expected_dob\n7,Ann,Ash,F,WBRI,2012-03-04,\n";
    let addresses = |ids: std::ops::Range<u32>, postcode: &str| {
        let rows = ids.map(|id| format!("{id},7,HOME,2024-01-{id:02},,{postcode}\n"));
        let header = "addr_table_id,addr_person_id,addr_address_type,addr_address_start_date,addr_address_end_date,addr_address_postcode\n";
        format!("{header}{}", rows.collect::<String>())
    };
    let told = |others: String| {
        let files = [
            ("ssd_person.csv", person),
            ("ssd_address.csv", &*addresses(1..10, "ZX1 1AA")),
            ("ssd_address_old.csv", &*others),
        ];
        let (_, landed) = landed_rows(folder(&files).path(), "ssd_address");
        landed.issues.iter().filter(|issue| issue.kind == IssueKind::SamePersons).count()
    };
    assert_eq!(told(addresses(1..10, "ZX2 2AA")), 1);
    assert_eq!(told(addresses(10..20, "ZX1 1AA")), 0);
    let without_keys = |text: String| -> String {
        let rows = text.lines().map(|line| match line.split_once(',') {
            Some((key, rest)) if key != "addr_table_id" => format!(",{rest}\n"),
            _ => format!("{line}\n"),
        });
        rows.collect()
    };
    assert_eq!(
        told(without_keys(addresses(1..10, "ZX2 2AA"))),
        0,
        "rows without a key are compared as a whole"
    );
}

#[test]
fn keys_of_patients_are_no_keys_of_rows() {
    let contacts = |days: std::ops::Range<u32>| {
        let rows = days.map(|day| format!("T{0},9{0},R{0},C{day},2026-03-{day:02},30,01,5,1500\n", day % 5));
        let header = "Person_ID,RecordNumber,UniqServReqID,UniqCareContID,CareContDate,ClinContDurOfCareCont,ConsType,AttendStatus,UniqMonthID";
        format!("{header}\n{}", rows.collect::<String>())
    };
    let people = "Person_ID,RecordNumber,MHS001UniqID,LocalPatientId,NHSNumberStatus,Gender,EthnicCategory,LSOA2011,AgeRepPeriodStart,UniqSubmissionID,UniqMonthID";
    let rows = (0..5).map(|n| format!("T{n},9{n},8{n},L{n},01,1,A,E01000001,12,55,1500\n"));
    let people = format!("{people}\n{}", rows.collect::<String>());
    let folder = folder(&[
        ("MHS001MPI.csv", &people),
        ("MHS201CareContact_a.csv", &contacts(1..9)),
        ("MHS201CareContact_b.csv", &contacts(11..19)),
    ]);
    let asked = Asked::Return("mhsds-extract".to_owned());
    let Ok(Detected::Return(recognised)) = super::detect(folder.path(), &asked) else { panic!("as asked") };
    assert_eq!(recognised.members.len(), 3);
    let (landed, _) = land_whole(&recognised).unwrap();
    assert!(landed.issues.iter().all(|issue| issue.kind != IssueKind::SamePersons), "{:?}", landed.issues);
}
