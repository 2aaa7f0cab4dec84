//! Files of small returns made here: recognised, read, and refused with words.

use super::detect::{Asked, Detected, Holds, Recognised, detect_among};
use super::fit::Headers;
use super::gather::{Gathered, Quiet, gather_in};
use super::{Batch, BatchSink, Nesting, Spec};
use plait_types::{Fault, FaultCode, Issue, IssueKind};
use std::fs;
use std::path::Path;
use std::sync::Arc;

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

fn headers() -> Headers {
    let census = Spec::parse(CENSUS, "census").unwrap();
    let later = census.change(CENSUS_2025, "census-2025").unwrap();
    let care = Spec::parse(CARE, "care").unwrap();
    Headers::new(&[Arc::new(care), Arc::new(census), Arc::new(later)])
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

    fn set_aside(&mut self, n_rows: u64) {
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
        fs::write(folder.path().join(name), text).unwrap();
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
