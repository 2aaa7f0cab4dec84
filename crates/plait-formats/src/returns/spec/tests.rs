use super::*;
use insta::assert_snapshot;

const FIRST: &str = r#"
format = 1
return = "a-census"
title = "A census"
year = 2022
collector = "DfE"
terms = ["autumn", "spring", "summer"]
dates = "collect"

[[table]]
name = "pupil"
rows = "person"
record = "pupilid"
columns = [
  { name = "pupilid", kind = "key", meaning = "record", required = true },
  { name = "gender", codes = "sex-mf", meaning = "sex" },
  { name = "ethnicity", terms = ["spring"], codes = "ethnicity", meaning = "ethnicity" },
  "hours",
]

[[check]]
id = "1"
table = "pupil"
column = "gender"
rule = "required"
category = "completeness"
says = "no gender"
todo = "ask the school"
"#;

const SECOND: &str = r#"
format = 1
return = "a-census"
year = 2023
extends = 2022
changes = ["autumn: gender became sex"]
remove_checks = ["1"]

[[change]]
table = "pupil"
terms = ["autumn"]
rename = { gender = "sex" }
add = [{ name = "youngcarer", codes = "young-carer" }]
"#;

fn names(spec: &Spec, term: Term) -> Vec<String> {
    spec.in_term(term).tables[0].columns.iter().map(|column| column.name.clone()).collect()
}

#[test]
fn a_name_alone_is_payload_text_and_codes_make_a_code() {
    let spec = Spec::parse(FIRST, "spec.toml").unwrap();
    let table = spec.table("PUPIL").unwrap();
    assert_eq!(spec.id(), "a-census-2022");
    assert_eq!((table.columns[3].kind, table.columns[3].is_identity()), (Kind::Text, false));
    assert_eq!((table.columns[1].kind, table.columns[1].meaning), (Kind::Code, Some(Meaning::Sex)));
    assert_eq!(table.column(" Gender "), Some(1));
}

#[test]
fn a_change_of_one_term_leaves_the_others_as_they_were() {
    let spec = Spec::parse(FIRST, "spec.toml").unwrap().change(SECOND, "spec.toml").unwrap();
    assert_eq!(spec.year, 2023);
    assert_eq!(names(&spec, Term::Autumn), ["pupilid", "sex", "hours", "youngcarer"]);
    assert_eq!(names(&spec, Term::Spring), ["pupilid", "gender", "ethnicity", "hours"]);
    assert_eq!(names(&spec, Term::Summer), ["pupilid", "gender", "hours"]);
    assert!(spec.checks.is_empty());
}

#[test]
fn a_column_renamed_term_by_term_is_one_column_again() {
    let third = SECOND
        .replace("year = 2023\nextends = 2022", "year = 2024\nextends = 2023")
        .replace("terms = [\"autumn\"]", "terms = [\"spring\", \"summer\"]");
    let spec = Spec::parse(FIRST, "a").unwrap().change(SECOND, "b").unwrap().change(&third, "c").unwrap();
    for term in [Term::Autumn, Term::Spring, Term::Summer] {
        let names = names(&spec, term);
        assert!(names.contains(&"sex".to_owned()) && !names.contains(&"gender".to_owned()), "{names:?}");
    }
    let young = spec.tables[0].columns.iter().filter(|column| column.name == "youngcarer").count();
    assert_eq!(young, 1);
}

#[track_caller]
fn check_refused(text: &str, what: &str) {
    let fault = Spec::parse(text, "spec.toml").unwrap_err();
    assert!(fault.to_string().contains(what), "{fault}");
}

#[test]
fn a_spec_that_contradicts_itself_is_refused_with_what_and_where() {
    check_refused(
        &FIRST.replace("\"hours\"", "\"gender\""),
        "column \"gender\" of table \"pupil\" stands twice",
    );
    check_refused(
        &FIRST.replace("\"hours\"", "{ name = \"hours\", meaning = \"sex\" }"),
        "columns \"gender\" and \"hours\" of table \"pupil\" have one meaning",
    );
    check_refused(
        &FIRST.replace("record = \"pupilid\"", "record = \"pupilidd\""),
        "did you mean \"pupilid\"?",
    );
    check_refused(&FIRST.replace("column = \"gender\"", "column = \"sex\""), "check 1 names column \"sex\"");
    check_refused(&FIRST.replace("rows = \"person\"", "rows = \"people\""), "spec.toml line 1");
    check_refused(&FIRST.replace("format = 1", "format = 9"), "format 9");
}

#[test]
fn what_the_reader_of_toml_says_is_put_in_our_words() {
    let said = |text: &str| Spec::parse(text, "yot.toml").unwrap_err().to_string();
    let with = |right: &str, wrong: &str| said(&FIRST.replace(right, wrong));
    assert_snapshot!(with("meaning = \"sex\"", "meaning = \"sx\"").split(", surname").next().unwrap(), @r#"
    error[E022] "sx" is nothing that "meaning" can be (yot.toml line 16)
      why: columns would be taken for what they are not, or be left out
      do:  did you mean "sex"? it can be: record, la_child_id, former_la_child_id, local_patient_id
    "#);
    let said_of_lastname = with("meaning = \"sex\"", "meaning = \"lastname\"");
    assert!(said_of_lastname.contains("did you mean \"surname\"?"), "{said_of_lastname}");
    assert_snapshot!(with("required = true", "requird = true"), @r#"
    error[E022] there is no key "requird" here (yot.toml line 15)
      why: columns would be taken for what they are not, or be left out
      do:  did you mean "required"? the keys are: name, aliases, former, words, element, terms, kind, meaning, required, codes, several
    "#);
    assert_snapshot!(with("rows = \"person\"\n", ""), @r#"
    error[E022] the key "rows" is missing (yot.toml line 10)
      why: columns would be taken for what they are not, or be left out
      do:  add rows = …; docs/returns.md shows a whole mapping file
    "#);
    assert_snapshot!(with("terms = [\"spring\"]", "terms = [\"sping\"]"), @r#"
    error[E022] "sping" is nothing that "terms" can be (yot.toml line 17)
      why: columns would be taken for what they are not, or be left out
      do:  did you mean "spring"? it can be: autumn, spring, summer
    "#);
    assert_snapshot!(with("title = \"A census\"", "title = 7"), @r#"
    error[E022] "title" is a number and must be text (yot.toml line 4)
      why: columns would be taken for what they are not, or be left out
      do:  docs/returns.md shows a whole mapping file
    "#);
    assert_snapshot!(with("year = 2022", "year = \"2022\""), @r#"
    error[E022] "year" is text and must be a whole number (yot.toml line 5)
      why: columns would be taken for what they are not, or be left out
      do:  docs/returns.md shows a whole mapping file
    "#);
    assert_snapshot!(with("\"hours\"", "7"), @r#"
    error[E022] "columns" is a number and must be a name, or a column with its name in { name = … } (yot.toml line 18)
      why: columns would be taken for what they are not, or be left out
      do:  docs/returns.md shows a whole mapping file
    "#);
    assert_snapshot!(with("name = \"pupil\"", "name = \"pupil"), @r#"
    error[E022] the file cannot be read as TOML: invalid basic string, expected `"` (yot.toml line 11)
      why: columns would be taken for what they are not, or be left out
      do:  correct the line: text stands in "…", lists in […] with commas between; docs/returns.md shows a whole mapping file
    "#);
}

#[test]
fn the_line_of_a_column_is_found_in_its_table() {
    assert_eq!(line_of_column(FIRST, "pupil", "ethnicity"), Some(17));
    assert_eq!(line_of_column(FIRST, "pupil", "hours"), Some(18));
    assert_eq!(line_of_column(FIRST, "pupil", "minutes"), None);
    assert_eq!(line_of_column(FIRST, "school", "hours"), None);
}

#[test]
fn a_change_of_what_is_not_there_is_refused() {
    let first = Spec::parse(FIRST, "a").unwrap();
    let fault = first.change(&SECOND.replace("gender = ", "gendre = "), "b").unwrap_err();
    assert!(fault.what.contains("column \"gendre\" of \"pupil\", which is not there"), "{fault}");
}

#[test]
fn a_check_goes_with_its_column_where_a_term_does_not_have_it() {
    let text = FIRST.replace("column = \"gender\"", "column = \"ethnicity\"");
    let spec = Spec::parse(&text, "spec.toml").unwrap();
    assert_eq!(spec.in_term(Term::Spring).checks.len(), 1);
    assert!(spec.in_term(Term::Summer).checks.is_empty());
}

#[test]
fn a_parent_is_found_by_its_key_or_record_under_the_name_that_it_has_here() {
    let text = format!(
        "{FIRST}\n[[table]]\nname = \"need\"\nrows = \"of_person\"\nparent = \"pupil\"\nparent_column = \"of\"\n\
         columns = [\"of\", \"sentype\"]\n"
    );
    let spec = Spec::parse(&text, "spec.toml").unwrap();
    let (parent, here, there) = spec.parent(spec.table("need").unwrap()).unwrap();
    assert_eq!((parent.name.as_str(), here, there), ("pupil", "of", "pupilid"));
    check_refused(&text.replace("parent_column = \"of\"\n", ""), "names column \"pupilid\"");
}

#[test]
fn what_says_who_in_one_table_is_payload_in_none_about_people() {
    for spec in crate::returns::library::specs() {
        let columns =
            || spec.tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
        let names: Vec<&str> = columns()
            .filter(|(table, column)| spec.says_who(table, column))
            .map(|(_, column)| column.name.as_str())
            .collect();
        let payload = columns().filter(|(table, column)| {
            // of the file: the address of the school
            table.rows != Rows::OfFile && !spec.says_who(table, column)
        });
        for (table, column) in payload {
            assert!(!names.contains(&column.name.as_str()), "{} {} {}", spec.id(), table.name, column.name);
        }
    }
}
