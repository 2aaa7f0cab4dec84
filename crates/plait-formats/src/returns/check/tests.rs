use super::*;
use crate::returns::Nesting;
use plait_types::identifier::{Upn, UpnRule, UpnUnknown};
use plait_types::{Column as Cells_, DateOrder, Issue, IssueKind, Table as Rows_};
use proptest::prelude::*;

const TABLE: &str = r#"
format = 1
return = "a-return"
title = "A return"
year = 2020
collector = "DfE"
dates = "iso"

[[table]]
name = "child"
rows = "person"
record = "id"
columns = [
  { name = "id", meaning = "la_child_id", required = true },
  { name = "upn", kind = "upn", meaning = "upn" },
  { name = "reason", codes = "reason" },
  { name = "dob", kind = "date", meaning = "date_of_birth" },
  { name = "end", kind = "date" },
  { name = "sex", codes = "sex", required = true },
  { name = "year", kind = "integer" },
  { name = "flag", kind = "boolean" },
  { name = "several", codes = "sex", several = true },
]
"#;

const COLUMNS: [&str; 9] = ["id", "upn", "reason", "dob", "end", "sex", "year", "flag", "several"];

fn codes(name: &str) -> Option<CodeList> {
    let codes: &[(&str, &str)] = match name {
        "sex" => &[("M", "Male"), ("F", "Female"), ("U", "Unknown")],
        "reason" => &[("UN1", ""), ("UN2", ""), ("UN7", "")],
        _ => return None,
    };
    let code = |(code, label): &(&str, &str)| library::Code {
        code: (*code).to_owned(),
        label: (*label).to_owned(),
        maps_to: None,
    };
    Some(CodeList { name: name.to_owned(), source: String::new(), codes: codes.iter().map(code).collect() })
}

/// `id column rule …` in one line, as a check of the spec.
fn rule(id: &str, column: &str, rule: &str, more: &str) -> String {
    format!(
        "[[check]]\nid = \"{id}\"\ntable = \"child\"\ncolumn = \"{column}\"\nrule = \"{rule}\"\n{more}\n\
         category = \"plausibility\"\nsays = \"wrong\"\ntodo = \"correct it\"\n"
    )
}

fn spec(rules: &str) -> Arc<Spec> {
    Arc::new(Spec::parse(&format!("{TABLE}\n{rules}"), "spec.toml").unwrap())
}

fn day(iso: &str) -> Option<PartialDate> {
    PartialDate::parse(iso, DateOrder::YearMonthDay)
}

/// Rows from the second line on; of these columns, `-` for a missing value.
fn batch(columns: &[&str], rows: &[Vec<&str>], first_line: u64) -> Batch {
    let column = |at: usize| {
        let cells = rows.iter().map(|row| Some(row[at]).filter(|text| *text != "-"));
        Cells_::from_rows(columns[at], cells)
    };
    Batch {
        table: 0,
        file: "a.csv".into(),
        rows: Rows_ {
            name: "child".to_owned(),
            columns: (0..columns.len()).map(column).collect(),
            n_rows: rows.len(),
        },
        columns: columns.iter().map(|name| COLUMNS.iter().position(|column| column == name)).collect(),
        lines: (first_line..).take(rows.len()).collect(),
        nesting: None,
    }
}

fn run(spec: &Arc<Spec>, reference: Option<PartialDate>, batches: &[Batch]) -> Vec<Finding> {
    let mut checker = Checker::with_codes(Arc::clone(spec), reference, None, codes);
    batches.iter().for_each(|batch| checker.batch(batch));
    checker.finish()
}

/// Holds a table against one rule: columns in the first line, then rows, words separated by spaces. Gives the rows that
/// are found, from 1, and how many were checked.
#[track_caller]
fn check(column: &str, name: &str, more: &str, table: &str, found: &[u64], n_checked: u64) {
    let mut lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let columns: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    let spec = spec(&rule("1", column, name, more));
    let findings = run(&spec, day("2020-03-31"), &[batch(&columns, &rows, 1)]);
    let finding = findings.iter().find(|finding| finding.check == "1");
    assert_eq!(finding.map_or(&[][..], |finding| finding.lines.first()), found, "{name}");
    if let Some(finding) = finding {
        assert_eq!(finding.n_checked, n_checked, "{name}");
        assert_eq!(finding.n_found, found.len() as u64, "{name}");
    }
}

#[test]
fn a_required_value_is_there() {
    check("dob", "required", "", "id dob\n 1 2010-01-01\n 2 -\n 3 rubbish", &[2], 3);
    check("dob", "required", "", "id\n 1\n 2", &[1, 2], 2);
}

#[test]
fn a_value_is_there_unless_another_is() {
    let table = "dob end\n - -\n 2010-01-01 -\n - 2010-01-01\n 2010-01-01 2010-01-01";
    check("dob", "required_unless", r#"other = "end""#, table, &[1], 2);
}

#[test]
fn a_value_is_there_when_another_says_so() {
    let table = "dob flag\n - 1\n - 0\n - -\n - true\n 2010-01-01 Y\n 2010-01-01 N";
    check("dob", "required_when", "other = \"flag\"\nvalues = [\"1\"]", table, &[1, 4], 3);
    check("dob", "required_when", r#"other = "flag""#, table, &[1, 2, 4], 5);
}

#[test]
fn a_value_is_absent_when_another_says_so() {
    let table = "dob sex\n 2010-01-01 M\n 2010-01-01 F\n 2010-01-01 a)_M\n - M\n 2010-01-01 -";
    let table = table.replace('_', "");
    check("dob", "absent_when", "other = \"sex\"\nvalues = [\"M\"]", &table, &[1, 3], 3);
    check("dob", "absent_when", r#"other = "sex""#, &table, &[1, 2, 3], 4);
}

#[test]
fn a_value_is_one_of_a_list() {
    check("year", "one_of", r#"values = ["2019", "2020"]"#, "year\n 2020\n 2021\n -\n 2019", &[2], 3);
    let several = "several\n M|F\n M|U\n U\n a)M|F";
    check("several", "one_of", r#"values = ["m", "F"]"#, several, &[2, 3], 4);
}

#[test]
fn no_two_records_share_a_value() {
    let upn = number("001000000000");
    let spaced = format!("{}-{}", &upn[..4], upn[4..].to_lowercase());
    let table =
        format!("id upn\n 1 {upn}\n 2 {spaced}\n 3 {}\n 4 UN1\n 5 UN1\n 6 -\n 7 -", number("001000000001"));
    check("upn", "unique", "", &table, &[1, 2], 3);
    // the same record twice is one record
    check("upn", "unique", "", &format!("id upn\n 1 {upn}\n 1 {upn}"), &[], 2);
    // unless it is the record's own key
    check("id", "unique", "", "id\n 1\n 2\n 1\n 1", &[1, 3, 4], 4);
    check("id", "unique", r#"values = ["1"]"#, "id\n 1\n 2\n 1\n 2", &[2, 4], 2);
}

#[test]
fn rows_of_a_record_agree() {
    let table = "id dob\n 1 2010-01-01\n 2 2010-01-01\n 1 2010-01-02\n 2 01-Jan-2010\n 3 2010-01-01\n 3 -\n - 2010-01-01";
    check("dob", "same_for_record", "", table, &[1, 3], 5);
}

#[test]
fn a_upn_has_its_check_letter_authority_digits_and_last_character() {
    let right = number("001000000000");
    let rows = [
        right.clone(),
        with_wrong_letter(&right),
        number("999000000000"),
        "A00100000O000".to_owned(),
        "A00100000000S".to_owned(),
        "UN3".to_owned(),
        "-".to_owned(),
    ];
    let table = format!("upn\n{}", rows.join("\n"));
    check("upn", "upn_check_letter", "", &table, &[2, 4, 5], 5);
    check("upn", "upn_authority", "", &table, &[3], 5);
    check("upn", "upn_digits", "", &table, &[4], 5);
    check("upn", "upn_last_character", "", &table, &[5], 5);
    // where the check names the reasons, others are wrong
    check("upn", "upn_last_character", r#"values = ["UN1"]"#, &table, &[5, 6], 6);
}

#[test]
fn a_child_over_an_age_has_a_upn_or_a_reason() {
    let upn = number("001000000000");
    let table = format!(
        "upn reason dob\n - - 2015-03-30\n - - 2015-03-31\n - - 2015\n - UN2 2010-01-01\n {upn} - 2010-01-01\n UN3 - 2010-01-01\n unknown - 2010-01-01\n - - -"
    );
    let more = "other = \"reason\"\nvalues = [\"5\"]";
    check("upn", "upn_expected_over_age", more, &table, &[1, 7], 5);
    let without_reason = "values = [\"5\"]";
    check("upn", "upn_expected_over_age", without_reason, &table, &[1, 4, 7], 5);
}

#[test]
fn a_date_is_not_in_the_future() {
    let table = "dob\n 2020-03-31\n 2020-04-01\n 2020-03\n 2020-04\n 2020\n rubbish\n -";
    check("dob", "not_in_future", "", table, &[2, 4], 5);
}

#[test]
fn a_date_is_not_before_another() {
    let table = "end dob\n 2019-01-01 2019-01-01\n 2018-12-31 2019-01-01\n 2018 2019-01-01\n 2019 2019-06-01\n - 2019-01-01\n 2018-01-01 rubbish";
    check("end", "not_before", r#"other = "dob""#, table, &[2, 3], 4);
}

#[test]
fn a_person_is_not_older_than_an_age() {
    // 29 February has its birthday on 1 March
    let table = "dob\n 1995-03-31\n 1995-03-30\n 1996-02-29\n 1995\n 1994\n -";
    check("dob", "not_older_than", r#"values = ["25"]"#, table, &[2, 5], 5);
}

#[test]
fn the_year_is_that_of_the_reference_date() {
    check("year", "year_of_reference_date", "", "year\n 2020\n 2021\n 2020.0\n x\n -", &[2], 3);
    let table = "year end\n 2019 2019-03-31\n 2020 2019-03-31\n 2020 -";
    check("year", "year_of_reference_date", r#"other = "end""#, table, &[2], 2);
}

#[test]
fn without_a_reference_date_only_what_any_day_of_the_year_makes_wrong_is_found() {
    let spec = spec(
        &[
            rule("future", "dob", "not_in_future", ""),
            rule("age", "dob", "not_older_than", r#"values = ["25"]"#),
            rule("year", "year", "year_of_reference_date", ""),
        ]
        .concat(),
    );
    let rows = ["2020-12-31", "2021-01-01", "1995-01-01", "1994-12-31"].map(|dob| vec![dob]);
    let findings = run(&spec, None, &[batch(&["dob"], &rows, 1)]);
    let lines = |id: &str| findings.iter().find(|f| f.check == id).map(|f| f.lines.to_string());
    assert_eq!((lines("future"), lines("age")), (Some("2".to_owned()), Some("4".to_owned())));
    let checker = Checker::with_codes(spec, None, None, codes);
    assert_eq!(checker.not_run(), [NotRun { check: "year".to_owned(), why: "there is no reference date" }]);
}

#[test]
fn types_and_code_lists_imply_checks() {
    let spec = spec("");
    let rows = [
        vec!["1", "UN1", "UN2", "2010-01-01", "2010-01-01", "M", "770.0", "True"],
        vec!["-", "A001", "un2", "01/01/1900", "25/04/2015", "male", "x", "2"],
        vec!["3", "3.02E+11", "UN9", "2010-02-30", "03/04/2015", "a) F", "7.5", "b) No"],
        vec!["4", "-", "-", "42119", "-", "Q", "-7", "-"],
    ];
    let findings = run(&spec, None, &[batch(&COLUMNS[..8], &rows, 1)]);
    let told: Vec<String> = findings
        .iter()
        .map(|f| format!("{:?} {} {} {}/{}: {}", f.severity, f.column, f.check, f.lines, f.n_checked, f.says))
        .collect();
    assert_eq!(
        told,
        [
            "Fatal dob form 3/4: not a date, or a day that there is not; counts as missing",
            "Fatal id required 2/4: there is no value, and every row must have one",
            "Fatal upn form 2/3: not a UPN: its length, a character or its check letter is wrong; counts as missing",
            "Fatal upn shortened 3/3: a spreadsheet has shortened the number to the form 3.02E+11, and its digits are lost",
            "Convention year form 2, 3/4: not a whole number",
            "Convention end date-written 3/3: dates could be day first or month first, and nothing says which; read as DD/MM/YYYY",
            "Convention flag form 2/3: neither yes nor no: not one of 0, 1, true, false, Y, N",
            "Convention reason code 3/3: not a code of the list \"reason\"",
            "Convention sex code 4/4: not a code of the list \"sex\"",
            "Characterization dob date-written 4/4: dates are numbers, as a spreadsheet shows them when a cell has lost its format; read as dates",
            "Characterization dob placeholder 2/4: holds \"01/01/1900\", which stands for something that is not known; counts as missing",
            "Characterization end date-written 2/3: dates are written DD/MM/YYYY where the return has YYYY-MM-DD; read all the same",
            "Characterization sex code-written 3/4: codes have a label, as in \"a) M\" or \"N1 - Abuse\"; read without it",
            "Characterization sex code-written 2/4: the words of the code list stand in place of its codes; read as the codes",
            "Characterization upn placeholder 1/3: UN1 to UN7 stands in place of a UPN and says why there is none; counts as missing",
        ]
    );
}

#[test]
fn quality_counts_rows_values_placeholders_and_what_is_valid() {
    let mut checker = Checker::with_codes(spec(""), None, None, codes);
    let rows = |upns: &[&'static str]| upns.iter().map(|upn| vec![*upn]).collect::<Vec<_>>();
    checker.batch(&batch(&["upn"], &rows(&["E00100000000A", "UN1", "-", "rubbish"]), 1));
    checker.batch(&batch(&["upn"], &rows(&["E00100000000A", "unknown"]), 5));
    let quality = checker.quality();
    let upn = quality.iter().find(|quality| quality.column == "upn").unwrap();
    assert_eq!((upn.n_rows, upn.n_present, upn.n_valid, upn.n_placeholder), (6, 5, 2, 2));
    let sex = quality.iter().find(|quality| quality.column == "sex").unwrap();
    assert_eq!((sex.n_rows, sex.n_present, sex.n_valid), (6, 0, 0));
}

#[test]
fn records_are_told_by_nesting_or_by_the_parents_key_where_no_column_says_them() {
    let text = r#"
format = 1
return = "a-return"
title = "A return"
collector = "DfE"

[[table]]
name = "child"
rows = "person"
key = "childtableid"
columns = ["childtableid"]

[[table]]
name = "plan"
rows = "of_person"
parent = "child"
columns = ["childtableid", "category"]

[[check]]
id = "same"
table = "plan"
column = "category"
rule = "same_for_record"
category = "plausibility"
says = "a child has two categories"
todo = "correct one"
"#;
    let spec = Arc::new(Spec::parse(text, "spec.toml").unwrap());
    let rows = |columns: Vec<Cells_>, nesting| Batch {
        table: 1,
        file: "a.xml".into(),
        columns: columns.iter().map(|column| spec.tables[1].column(&column.name)).collect(),
        rows: Rows_ { name: "plan".to_owned(), n_rows: 4, columns },
        // a file without line breaks
        lines: vec![1; 4],
        nesting,
    };
    let categories = || Cells_::from_rows("category", ["a", "a", "b", "a"].map(Some));
    let nesting = |person: [u32; 4]| {
        Some(Nesting { person: person.to_vec(), own: vec![0, 1, 2, 3], parent: person.to_vec() })
    };
    let n_found = |batch: &Batch| run(&spec, None, std::slice::from_ref(batch)).first().map(|f| f.n_found);
    assert_eq!(n_found(&rows(vec![categories()], nesting([0, 0, 1, 1]))), Some(2));
    assert_eq!(n_found(&rows(vec![categories()], nesting([0, 0, 1, 2]))), None);
    assert_eq!(n_found(&rows(vec![categories()], nesting([0, 0, Nesting::NO_ROW, Nesting::NO_ROW]))), None);
    let keys = Cells_::from_rows("childtableid", ["x", "y", "x", "y"].map(Some));
    assert_eq!(n_found(&rows(vec![keys, categories()], None)), Some(2));
}

#[test]
fn check_8772_finds_un7_where_a_referral_went_further_however_the_tables_are_joined() {
    let text = r#"
format = 1
return = "a-census"
title = "A census"
collector = "DfE"

[[table]]
name = "child"
rows = "person"
record = "LAchildID"
key = "childtableid"
columns = ["childtableid", "LAchildID", "UPNunknown"]

[[table]]
name = "cin_details"
rows = "of_person"
parent = "child"
columns = ["childtableid", { name = "ReferralNFA", kind = "boolean" }]

[[check]]
id = "8772"
table = "child"
column = "UPNunknown"
rule = "only_when_all"
values = ["UN7"]
other = "ReferralNFA"
other_table = "cin_details"
category = "plausibility"
says = "UN7 is only for referrals without further action"
todo = "give the reason that applies"
"#;
    let spec = Arc::new(Spec::parse(text, "spec.toml").unwrap());
    let of = |table: usize, columns: &[(&str, &[&str])], person: Option<&[u32]>| {
        let columns: Vec<Cells_> =
            columns.iter().map(|(name, cells)| Cells_::from_rows(*name, cells.iter().map(Some))).collect();
        let n_rows = columns[0].codes.len();
        Batch {
            table,
            file: "a.xml".into(),
            columns: columns.iter().map(|column| spec.tables[table].column(&column.name)).collect(),
            rows: Rows_ { name: String::new(), columns, n_rows },
            lines: (1..).take(n_rows).collect(),
            nesting: person.map(|person| Nesting {
                person: person.to_vec(),
                own: vec![0; n_rows],
                parent: person.to_vec(),
            }),
        }
    };
    let reasons: &[&str] = &["UN7", "UN7", "UN7", "UN6", "UN7"];
    let keys: &[&str] = &["a", "b", "c", "d", "e"];
    // a: all without further action; b: one went further; c: nothing is said; d: not UN7; e: no referral
    let nfa: &[&str] = &["1", "true", "true", "false", "", "0"];
    let found =
        |batches: &[Batch]| run(&spec, None, batches).first().map(|f| (f.lines.to_string(), f.n_checked));
    let expected = Some(("2, 3, 5".to_owned(), 4));
    let exported = [
        of(1, &[("childtableid", &["a", "a", "b", "b", "c", "d"]), ("ReferralNFA", nfa)], None),
        of(0, &[("childtableid", keys), ("UPNunknown", reasons)], None),
    ];
    assert_eq!(found(&exported), expected);
    let nested = [
        of(0, &[("LAchildID", keys), ("UPNunknown", reasons)], Some(&[0, 1, 2, 3, 4])),
        of(1, &[("ReferralNFA", nfa)], Some(&[0, 0, 1, 1, 2, 3])),
    ];
    assert_eq!(found(&nested), expected);
    // what cannot be checked is said, and nobody is accused by half of it
    let not_made = |batches: &[Batch]| {
        assert_eq!(found(batches), None);
        let mut checker = Checker::new(Arc::clone(&spec), None, None);
        batches.iter().for_each(|batch| checker.batch(batch));
        checker.not_run().into_iter().map(|not_run| (not_run.check, not_run.why)).collect::<Vec<_>>()
    };
    let said = |why: &'static str| vec![("8772".to_owned(), why)];
    let no_join = said("the column that joins its two tables is not in the files");
    let no_key = || of(0, &[("LAchildID", keys), ("UPNunknown", reasons)], None);
    let [referrals, children] = exported;
    assert_eq!(not_made(&[of(1, &[("ReferralNFA", nfa)], None), children]), no_join);
    assert_eq!(not_made(&[referrals, no_key()]), no_join);
    let no_referrals = said("the other column that it needs is not in the files");
    assert_eq!(not_made(&nested[..1]), no_referrals);
    // where no row has the value there is nothing to check
    let nobody = of(0, &[("LAchildID", &["a"]), ("UPNunknown", &["UN6"])], None);
    assert_eq!(not_made(&[nobody]), []);
}

#[test]
fn every_check_of_every_specification_is_evaluated() {
    for spec in library::specs() {
        let terms = spec.terms.iter().map(|term| Arc::new(spec.in_term(*term)));
        for spec in terms.chain(spec.terms.is_empty().then(|| Arc::clone(spec))) {
            let checker = Checker::new(Arc::clone(&spec), day("2026-01-31"), None);
            assert_eq!(checker.not_run(), [], "{}", spec.id());
        }
    }
}

#[test]
fn a_key_that_two_files_share_is_found_in_both() {
    let spec = spec(&rule("1", "id", "unique", ""));
    let mut batches = vec![
        batch(&["id"], &[vec!["1"], vec!["2"]], 2),
        batch(&["id"], &[vec!["3"], vec!["1"]], 2),
        batch(&["id"], &[vec!["4"], vec!["5"]], 4),
    ];
    batches[1].file = "b.csv".into();
    let found: Vec<_> = run(&spec, None, &batches)
        .into_iter()
        .filter(|finding| finding.check == "1")
        .map(|finding| (finding.file.to_string(), finding.lines.to_string(), finding.n_checked))
        .collect();
    assert_eq!(found, [("a.csv".to_owned(), "2".to_owned(), 4), ("b.csv".to_owned(), "3".to_owned(), 2)]);
}

#[test]
fn a_file_of_another_authority_is_found() {
    let text = "format = 1\nreturn = \"a\"\ntitle = \"A\"\ncollector = \"DfE\"\n[[table]]\nname = \"child\"\n\
                rows = \"of_file\"\ncolumns = [{ name = \"id\", kind = \"authority\" }]";
    let spec = Arc::new(Spec::parse(text, "spec.toml").unwrap());
    let found = |authority| {
        let mut checker = Checker::new(Arc::clone(&spec), None, LaCode::parse(authority));
        checker.batch(&batch(&["id"], &[vec!["302"]], 1));
        checker.finish().first().map(|finding| finding.check.clone())
    };
    assert_eq!((found("302"), found("999")), (None, Some("authority".to_owned())));
}

#[test]
fn no_value_is_in_any_finding() {
    let secret = ["SECRET1", "SECRET2", "SECRET3", "SECRET4", "SECRET5", "SECRET6", "SECRET7", "SECRET8"];
    let rules = [rule("1", "upn", "upn_check_letter", ""), rule("2", "id", "unique", "")].concat();
    let rows = [secret.to_vec(), secret.to_vec()];
    let findings = run(&spec(&rules), None, &[batch(&COLUMNS[..8], &rows, 1)]);
    assert!(findings.len() > 5);
    assert!(!format!("{findings:?}").contains("SECRET"));
}

/// Checks of the children in need census as its specs have them.
#[test]
fn the_checks_of_the_children_in_need_census_find_what_they_are_about() {
    let rules = [
        rule("1510", "upn", "upn_check_letter", ""),
        rule("1520", "upn", "unique", ""),
        rule("1530", "upn", "upn_authority", ""),
        rule("1540", "upn", "upn_digits", ""),
        rule("1550", "upn", "upn_last_character", ""),
        rule("1560Q", "several", "upn_check_letter", ""),
        rule("8770Q", "upn", "upn_expected_over_age", "other = \"reason\"\nvalues = [\"5\"]"),
    ];
    let good = number("001000000000");
    let other = number("001000000001");
    let wrong = with_wrong_letter(&good);
    let elsewhere = number("999000000000");
    let rows = [
        vec!["1", &good, "-", "2010-01-01", &other],
        vec!["2", &good, "-", "2010-01-01", &wrong],
        vec!["3", &wrong, "-", "2010-01-01", "-"],
        vec!["4", &elsewhere, "-", "2010-01-01", "-"],
        vec!["5", "A001000000X00", "-", "2010-01-01", "-"],
        vec!["6", "A00100000000O", "-", "2010-01-01", "-"],
        vec!["7", "-", "-", "2010-01-01", "-"],
        vec!["8", "-", "UN1", "2010-01-01", "-"],
        vec!["9", "-", "-", "2016-01-01", "-"],
        vec!["10", "-", "UN7", "2010-01-01", "-"],
    ];
    let spec = spec(&rules.concat());
    let found = run(&spec, day("2020-03-31"), &[batch(&["id", "upn", "reason", "dob", "several"], &rows, 1)]);
    let mut lines: Vec<(String, String)> = found
        .into_iter()
        .filter(|finding| finding.says == "wrong")
        .map(|finding| (finding.check, finding.lines.to_string()))
        .collect();
    lines.sort();
    let expected = [
        ("1510", "3, 5, 6"),
        ("1520", "1, 2"),
        ("1530", "4"),
        ("1540", "5"),
        ("1550", "6"),
        ("1560Q", "2"),
        ("8770Q", "7"),
    ];
    assert_eq!(lines, expected.map(|(check, lines)| (check.to_owned(), lines.to_owned())));
}

#[test]
fn rows_that_are_the_same_in_every_column_are_found() {
    let table = "id upn sex
        1 - M
        2 - M
        1 - M
        - - M
        - - M
        1 - F";
    check("id", "unique_row", "", table, &[1, 3], 4);
}

#[test]
fn the_list_of_issues_can_be_worked_through() {
    let spec = spec(&rule("1510", "upn", "upn_check_letter", ""));
    let rows: Vec<Vec<&str>> = (0..1_500)
        .map(|row| vec![if row % 7 == 0 { "rubbish" } else { "-" }, if row == 3 { "Q" } else { "M" }])
        .collect();
    let mut of_file = batch(&["upn", "sex"], &rows, 2);
    of_file.file = "=cin, 2020.csv".into();
    let findings = run(&spec, None, &[of_file]);
    let findings: Vec<Finding> = findings.into_iter().filter(|finding| finding.column != "id").collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("issues.csv");
    let ragged = Issue::new(IssueKind::RaggedRow, "b.csv", "2 rows have 3 fields where the header has 4");
    let note = Issue::new(IssueKind::Encoding, "b.csv", "is not UTF-8");
    let issues = [note, ragged.on_lines(vec![3, 9])];
    super::super::write_issues(&path, "a-return-2020", &findings, &[], &issues).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let lines = (0..215).map(|at| (2 + 7 * at).to_string()).collect::<Vec<_>>().join(", ");
    let expected = format!(
        "\u{feff}severity,category,check,dataset,file,table,column,header,rows_affected,rows_checked,lines,what,what_to_do\r\n\
         fatal,conformance,W001,a-return-2020,b.csv,,,,2,2,\"3, 9\",2 rows have 3 fields where the header has 4,\
         Export the file again with quotes around fields that hold the separator; the lines are named.\r\n\
         convention,plausibility,1510,a-return-2020,\"'=cin, 2020.csv\",child,upn,,215,215,\"{lines}\",wrong,correct it\r\n\
         convention,conformance,code,a-return-2020,\"'=cin, 2020.csv\",child,sex,,1,1500,5,\
         \"not a code of the list \"\"sex\"\"\",\"correct the code, or look whether the file is of another year, which had other codes\"\r\n\
         characterization,conformance,N003,a-return-2020,b.csv,,,,1,1,,is not UTF-8,\"Look at a name with an accent; if it is wrong, export the file as UTF-8.\"\r\n"
    );
    assert_eq!(text, expected);
}

/// A number with the right check letter.
fn number(body: &str) -> String {
    let letters = "ABCDEFGHJKLMNPQRTUVWXYZ".chars();
    let all = letters.map(|letter| format!("{letter}{body}"));
    all.into_iter().find(|text| Upn::parse(text).is_some()).expect("one letter is right")
}

fn with_wrong_letter(number: &str) -> String {
    let (letter, body) = number.split_at(1);
    format!("{}{body}", if letter == "A" { "B" } else { "A" })
}

/// Values to draw rows from, per column, with what types and code lists imply of each.
const POOLS: [&[(&str, &str)]; 9] = [
    &[("-", ""), ("1", ""), ("2", ""), ("3", ""), ("unknown", "placeholder")],
    &[
        ("-", ""),
        ("E00100000000A", ""),
        ("e001 0000 0000A", ""),
        ("A950000178301", ""),
        ("B950000178301", "form"),
        ("UN1", "placeholder"),
        ("A9500001X8301", "form"),
        ("3.02E+11", "shortened"),
    ],
    &[("-", ""), ("UN1", ""), ("un7", ""), ("UN9", "code")],
    &[
        ("-", ""),
        ("2010-05-01", ""),
        ("1999-12-31", ""),
        ("2021-01-01", ""),
        ("1900-01-01", "placeholder"),
        ("rubbish", "form"),
        ("20100501", "date-written"),
    ],
    &[("-", ""), ("2012-05-01", ""), ("2009", "date-written"), ("2010-02-30", "form")],
    &[("-", ""), ("M", ""), ("f", ""), ("Q", "code"), ("F*", "code-written")],
    &[("-", ""), ("2020", ""), ("2019.0", ""), ("x", "form")],
    &[("-", ""), ("1", ""), ("false", ""), ("Y", ""), ("perhaps", "form")],
    &[("-", ""), ("M", ""), ("M|F", ""), ("M|Q", "code")],
];

/// Column, rule, other column, values: one of each variant.
const RULES: [(&str, &str, &str, &[&str]); 16] = [
    ("end", "required", "", &[]),
    ("dob", "required_unless", "end", &[]),
    ("dob", "required_when", "flag", &["1"]),
    ("end", "absent_when", "sex", &["F"]),
    ("several", "one_of", "", &["M", "U"]),
    ("upn", "unique", "", &[]),
    ("upn", "upn_check_letter", "", &[]),
    ("upn", "upn_authority", "", &[]),
    ("upn", "upn_digits", "", &[]),
    ("upn", "upn_last_character", "", &["UN2"]),
    ("upn", "upn_expected_over_age", "reason", &["5"]),
    ("dob", "not_in_future", "", &[]),
    ("end", "not_before", "dob", &[]),
    ("dob", "not_older_than", "", &["20"]),
    ("sex", "same_for_record", "", &[]),
    ("year", "year_of_reference_date", "", &[]),
];

/// Check and column; rows checked, and lines.
type Found = BTreeMap<(String, String), (u64, Vec<u64>)>;

/// What all checks find, row by row and cell by cell.
fn twin(rows: &[[usize; 9]]) -> Found {
    let mut found = Found::new();
    let at = |name: &str| COLUMNS.iter().position(|column| *column == name).unwrap();
    let text =
        |row: &[usize; 9], name: &str| Some(POOLS[at(name)][row[at(name)]].0).filter(|text| *text != "-");
    let date = |row: &[usize; 9], name: &str| PartialDate::parse(text(row, name)?, DateOrder::YearMonthDay);
    let first = |date: PartialDate| (date.year, date.month.unwrap_or(1), date.day.unwrap_or(1));
    let last = |date: PartialDate| (date.year, date.month.unwrap_or(12), date.day.unwrap_or(31));
    for (name, pool) in COLUMNS.iter().zip(POOLS) {
        let n_present = rows.iter().filter(|row| text(row, name).is_some()).count() as u64;
        for (row, line) in rows.iter().zip(1..) {
            let implied = pool[row[at(name)]].1;
            if !implied.is_empty() && (implied, *name) != ("form", "upn") {
                let entry = found.entry((implied.to_owned(), (*name).to_owned())).or_default();
                entry.0 = n_present;
                entry.1.push(line);
            }
            if text(row, name).is_none() && ["id", "sex"].contains(name) {
                let entry = found.entry(("required".to_owned(), (*name).to_owned())).or_default();
                entry.0 = rows.len() as u64;
                entry.1.push(line);
            }
        }
    }
    for (number, (name, rule, other, values)) in RULES.iter().enumerate() {
        let holds = |row: &[usize; 9]| -> Option<bool> {
            let value = text(row, name);
            let upn = |rule: UpnRule| {
                let stands_for_none = |text: &str| {
                    if values.is_empty() { UpnUnknown::parse(text).is_some() } else { values.contains(&text) }
                };
                value.filter(|text| !stands_for_none(text)).map(|text| !rule.is_broken_by(text))
            };
            match *rule {
                "required" => Some(value.is_some()),
                "required_unless" => text(row, other).is_none().then_some(value.is_some()),
                "required_when" => matches!(text(row, other), Some("1" | "Y")).then_some(value.is_some()),
                "absent_when" => matches!(text(row, other), Some("f" | "F*")).then_some(value.is_none()),
                "one_of" => Some(value?.split('|').all(|part| values.contains(&part))),
                "unique" => {
                    let number =
                        |row: &[usize; 9]| Upn::parse(text(row, name)?).map(|upn| upn.expose().to_owned());
                    let mine = number(row).or_else(|| {
                        value.filter(|text| !["UN1", "3.02E+11"].contains(text)).map(str::to_owned)
                    })?;
                    let same = |theirs: &&[usize; 9]| {
                        number(theirs).or_else(|| text(theirs, name).map(str::to_owned)) == Some(mine.clone())
                    };
                    let sharing: Vec<_> = rows.iter().filter(same).map(|theirs| text(theirs, "id")).collect();
                    // rows without a record are each their own
                    let nameless = sharing.iter().filter(|id| id.is_none()).count();
                    let named: std::collections::BTreeSet<_> = sharing.iter().flatten().collect();
                    Some(nameless + named.len() < 2)
                }
                "same_for_record" => {
                    let value =
                        |row| text(row, name).map(|text: &str| text.trim_end_matches('*').to_uppercase());
                    let (mine, record) = (value(row)?, text(row, "id")?);
                    let others = rows.iter().filter(|theirs| text(theirs, "id") == Some(record));
                    Some(others.filter_map(value).all(|theirs| theirs == mine))
                }
                "upn_check_letter" => upn(UpnRule::CheckLetter),
                "upn_authority" => upn(UpnRule::LaCode),
                "upn_digits" => upn(UpnRule::Digits),
                "upn_last_character" => upn(UpnRule::LastCharacter),
                "upn_expected_over_age" => {
                    let is_old = last(date(row, "dob")?) < (2015, 3, 31);
                    is_old.then_some(value.is_some() || text(row, other).is_some())
                }
                "not_in_future" => Some(first(date(row, name)?) <= (2020, 3, 31)),
                "not_before" => Some(last(date(row, name)?) >= first(date(row, other)?)),
                "not_older_than" => Some(last(date(row, name)?) >= (2000, 3, 31)),
                "year_of_reference_date" => match value? {
                    "x" => None,
                    text => Some(text == "2020"),
                },
                other => panic!("{other} has no twin"),
            }
        };
        let key = (number.to_string(), (*name).to_owned());
        let mut n_checked = 0;
        let mut lines = Vec::new();
        for (row, line) in rows.iter().zip(1..) {
            let holds = holds(row);
            n_checked += u64::from(holds.is_some());
            if holds == Some(false) {
                lines.push(line);
            }
        }
        if !lines.is_empty() {
            found.insert(key, (n_checked, lines));
        }
    }
    found
}

proptest! {
    #[test]
    fn checking_values_finds_what_checking_row_by_row_finds(
        rows in prop::collection::vec(prop::array::uniform9(0usize..40), 0..40), cut in 0usize..40,
    ) {
        let rows: Vec<[usize; 9]> = rows
            .into_iter()
            .map(|row| std::array::from_fn(|column| row[column] % POOLS[column].len()))
            .collect();
        let rules: String = RULES.iter().enumerate().map(|(number, (column, name, other, values))| {
            let other = if other.is_empty() { String::new() } else { format!("other = \"{other}\"\n") };
            rule(&number.to_string(), column, name, &format!("{other}values = {values:?}"))
        }).collect();
        let cells = |row: &[usize; 9]| row.iter().zip(POOLS).map(|(at, pool)| pool[*at].0).collect::<Vec<_>>();
        let texts: Vec<Vec<&str>> = rows.iter().map(cells).collect();
        let (one, two) = texts.split_at(cut.min(texts.len()));
        let batches = [batch(&COLUMNS, one, 1), batch(&COLUMNS, two, one.len() as u64 + 1)];
        let findings = run(&spec(&rules), day("2020-03-31"), &batches);
        let fast: Found = findings
            .into_iter()
            .map(|f| ((f.check, f.column), (f.n_checked, f.lines.first().to_vec())))
            .collect();
        prop_assert_eq!(fast, twin(&rows));
    }
}
