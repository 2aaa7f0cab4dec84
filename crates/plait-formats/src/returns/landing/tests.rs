use super::*;
use plait_types::Role;

const CENSUS: &str = r#"
format = 1
return = "a-census"
title = "A census"
year = 2026
collector = "nobody"
dates = "day_first"

[[table]]
name = "pupil"
rows = "person"
record = "pupilid"
columns = [
  { name = "pupilid", kind = "key", meaning = "record", required = true },
  { name = "surname", meaning = "surname" },
  { name = "forename", meaning = "forename" },
  { name = "former", meaning = "former_surname" },
  { name = "upn", kind = "upn", meaning = "upn" },
  "hours",
]

[[table]]
name = "home"
rows = "of_person"
record = "pupilid"
columns = [
  { name = "pupilid", kind = "key" },
  { name = "line1", meaning = "address_line" },
  { name = "line2", meaning = "address_line" },
  { name = "postcode", kind = "postcode", meaning = "postcode" },
  { name = "from", kind = "date", meaning = "from" },
  { name = "to", kind = "date", meaning = "to" },
]

[[table]]
name = "request"
rows = "of_person"
record = "pupilid"
key = "requestid"
columns = [{ name = "requestid", kind = "key" }, { name = "pupilid", kind = "key" }, "outcome"]

[[table]]
name = "plan"
rows = "of_person"
parent = "request"
columns = [{ name = "requestid", kind = "key" }, "start"]
"#;

/// A batch of one table of the census from rows of text, empty cells missing; rows are on lines 2, 3 …
fn batch(spec: &Spec, table: &str, headers: &[&str], rows: &[&[&str]]) -> Batch {
    let at = spec.tables.iter().position(|other| other.name == table).unwrap();
    let columns = headers.iter().enumerate();
    let columns =
        columns.map(|(i, name)| Column::from_rows(*name, rows.iter().map(|row| Some(row[i])))).collect();
    Batch {
        table: at,
        file: Arc::from(format!("{table}.csv")),
        rows: Table { name: table.to_owned(), columns, n_rows: rows.len() },
        columns: headers.iter().map(|header| spec.tables[at].column(header)).collect(),
        lines: (2..2 + rows.len() as u64).collect(),
        nesting: None,
    }
}

fn census() -> Arc<Spec> {
    Arc::new(Spec::parse(CENSUS, "spec.toml").unwrap())
}

/// Lands batches and gives what landed with the payload, table by table.
fn land(spec: &Arc<Spec>, batches: Vec<Batch>) -> (Landed, Vec<(String, Table)>) {
    let mut payload = Vec::new();
    let mut keep = |name: &str, rows: Table| {
        payload.push((name.to_owned(), rows));
        Ok(())
    };
    let mut landing = Landing::new(Arc::clone(spec), None, None, Some(&mut keep));
    for batch in batches {
        landing.batch(batch).unwrap();
    }
    let landed = landing.finish("census").unwrap();
    (landed, payload)
}

fn cells(table: &Table, column: &str) -> Vec<Option<String>> {
    let column = table.column(column).unwrap_or_else(|| panic!("no column {column} in {}", table.name));
    (0..table.n_rows).map(|row| column.get(row).map(str::to_owned)).collect()
}

fn text_of(cells: &[Option<&str>]) -> Vec<Option<String>> {
    cells.iter().map(|cell| cell.map(str::to_owned)).collect()
}

#[test]
fn names_stay_with_identity_and_payload_has_nothing_but_the_record_key() {
    let spec = census();
    let pupils = batch(
        &spec,
        "pupil",
        &["pupilid", "surname", "forename", "former", "upn", "hours"],
        &[&["a1", "Example", "Ann", "Other", "", "12"], &["b2", "Sample", "Bo", "", "", "25"]],
    );
    let (landed, payload) = land(&spec, vec![pupils]);
    let (name, rows) = &payload[0];
    let headers: Vec<&str> = rows.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!((name.as_str(), headers), ("pupil", vec!["record_key", "hours"]));
    assert_eq!(cells(rows, "record_key"), text_of(&[Some("1"), Some("2")]));
    assert_eq!(landed.identity.n_records, 2);
    assert_eq!(
        cells(&landed.identity.names, "kind"),
        text_of(&[Some("legal"), Some("former"), Some("legal")])
    );
    let current = landed.identity.current();
    assert_eq!(cells(&current.table, "surname"), text_of(&[Some("Example"), Some("Sample")]));
    assert_eq!(cells(&current.table, "former_surname"), text_of(&[Some("Other"), None]));
    assert_eq!(current.roles[0], Role::RecordId);
}

#[test]
fn the_address_without_an_end_is_the_current_one_and_the_others_are_kept() {
    let spec = census();
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"]]);
    let homes = batch(
        &spec,
        "home",
        &["pupilid", "line1", "line2", "postcode", "from", "to"],
        &[
            &["a1", "1 Old Road", "", "QA1 1AA", "01/02/2020", "03/04/2024"],
            &["a1", "2 New Road", "Flat 3", "QA2 2AA", "03/04/2024", ""],
            &["a1", "1 Old Road", "", "QA1 1AA", "01/02/2020", "03/04/2024"],
        ],
    );
    let (landed, _) = land(&spec, vec![pupils, homes]);
    assert_eq!(landed.identity.addresses.n_rows, 2, "what is said twice is one statement");
    let current = landed.identity.current();
    assert_eq!(cells(&current.table, "postcode"), text_of(&[Some("QA2 2AA")]));
    assert_eq!(cells(&current.table, "address"), text_of(&[Some("2 New Road, Flat 3")]));
    assert_eq!(cells(&current.table, "other_postcodes"), text_of(&[Some("QA1 1AA")]));
}

#[test]
fn rows_without_a_key_or_of_a_record_that_is_not_there_are_set_aside_with_their_lines() {
    let spec = census();
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"], &["", "Lost"]]);
    let homes = batch(&spec, "home", &["pupilid", "postcode"], &[&["zz", "QA1 1AA"], &["a1", "QA1 1AB"]]);
    let (landed, payload) = land(&spec, vec![pupils, homes]);
    let counts: Vec<(u64, u64)> =
        landed.tables.iter().map(|table| (table.rows_in, table.set_aside)).collect();
    assert_eq!(counts, [(2, 1), (2, 1)]);
    let issues: Vec<(IssueKind, &[u64])> =
        landed.issues.iter().map(|i| (i.kind, i.lines.as_slice())).collect();
    assert_eq!(issues, [(IssueKind::RowWithoutKey, &[3][..]), (IssueKind::RowOfUnknownRecord, &[2][..])]);
    for (table, (_, rows)) in landed.tables.iter().zip(&payload) {
        assert_eq!(table.rows_in, table.set_aside + rows.n_rows as u64, "kept and set aside are all");
    }
    assert!(
        landed
            .issues
            .iter()
            .all(|issue| !issue.to_string().contains("Lost") && !issue.to_string().contains("zz"))
    );
}

#[test]
fn a_column_that_the_return_does_not_have_stays_outside() {
    let spec = census();
    let pupils = batch(&spec, "pupil", &["pupilid", "surname", "mothers_name"], &[&["a1", "Example", "Eve"]]);
    let (landed, payload) = land(&spec, vec![pupils]);
    assert!(payload[0].1.column("mothers_name").is_none());
    let tables = [&landed.identity.persons, &landed.identity.names, &landed.identity.identifiers];
    assert!(tables.iter().all(|table| table.column("mothers_name").is_none()));
}

#[test]
fn headers_of_which_nothing_goes_to_linkage_are_listed() {
    let spec = census();
    let names = ["pupilid", "surname", "forename", "upn", "hours", "mothers_name"];
    let pupils = batch(&spec, "pupil", &names, &[&["a1", "Example", "", "", "12", "Eve"]]);
    let mut landing = Landing::new(Arc::clone(&spec), None, None, None);
    landing.header(&pupils.file, pupils.table, &names.map(str::to_owned), &pupils.columns);
    landing.batch(pupils).unwrap();
    let landed = landing.finish("census").unwrap();
    // two are empty, one is payload, one is of somebody else
    assert_eq!(landed.outside, ["forename", "upn", "hours", "mothers_name"]);
}

#[test]
fn nested_rows_belong_to_the_person_that_they_are_in_across_batches() {
    let spec = census();
    let nested = |mut batch: Batch, person: &[u32], parent: &[u32]| {
        let own = (0..batch.rows.n_rows as u32).collect();
        batch.file = Arc::from("census.xml");
        batch.nesting = Some(Nesting { person: person.to_vec(), own, parent: parent.to_vec() });
        batch
    };
    let none = Nesting::NO_ROW;
    let first = nested(batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"]]), &[0], &[none]);
    let second = nested(batch(&spec, "pupil", &["surname"], &[&["Sample"]]), &[1], &[none]);
    let homes = nested(batch(&spec, "home", &["postcode"], &[&["QA1 1AA"], &["QA2 2AA"]]), &[1, 0], &[1, 0]);
    for batches in [[&first, &second, &homes], [&first, &homes, &second], [&homes, &first, &second]] {
        let (landed, payload) = land(&spec, batches.into_iter().cloned().collect());
        let postcodes = cells(&landed.identity.current().table, "postcode");
        assert_eq!(postcodes, text_of(&[Some("QA2 2AA"), Some("QA1 1AA")]));
        assert_eq!(cells(&payload[2].1, "record_key"), text_of(&[Some("2"), Some("1")]));
        assert_eq!(cells(&payload[2].1, "parent_row"), text_of(&[Some("2"), Some("1")]));
    }
}

#[test]
fn a_row_of_a_row_is_about_the_record_of_the_row_that_it_belongs_to() {
    let spec = census();
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"], &["b2", "Sample"]]);
    let requests = batch(&spec, "request", &["requestid", "pupilid"], &[&["r1", "b2"], &["r2", "a1"]]);
    let plans = batch(&spec, "plan", &["requestid", "start"], &[&["r1", "x"], &["r2", "y"], &["r9", "z"]]);
    let (landed, payload) = land(&spec, vec![pupils, requests, plans]);
    assert_eq!(cells(&payload[2].1, "record_key"), text_of(&[Some("2"), Some("1")]));
    assert_eq!(landed.tables[2].set_aside, 1);
    assert_eq!(landed.issues[0].kind, IssueKind::RowOfUnknownRecord);
}

#[test]
fn rows_of_a_list_without_a_key_are_a_record_each_and_keep_the_name_that_they_have() {
    let text = CENSUS.replacen("record = \"pupilid\"\n", "", 1);
    let spec = Arc::new(Spec::parse(&text, "spec.toml").unwrap());
    let rows = [&["a1", "Example"][..], &["a1", "Example"], &["", "Sample"]];
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "surname"], &rows)]);
    assert_eq!(landed.identity.n_records, 3);
    assert_eq!(cells(&landed.identity.persons, "source_key"), text_of(&[Some("a1"), Some("a1"), None]));
}

#[test]
fn a_row_of_a_record_that_is_not_there_makes_it_where_the_return_says_so() {
    let text = CENSUS.replacen("rows = \"of_person\"\n", "rows = \"of_person\"\nmakes_records = true\n", 1);
    let spec = Arc::new(Spec::parse(&text, "spec.toml").unwrap());
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"]]);
    let homes = batch(&spec, "home", &["pupilid", "postcode"], &[&["zz", "QA1 1AA"], &["a1", "QA1 1AB"]]);
    // of two workbooks the rows of persons may come later
    for batches in [vec![homes.clone(), pupils.clone()], vec![pupils, homes]] {
        let (landed, _) = land(&spec, batches);
        assert_eq!(landed.identity.n_records, 2);
        assert_eq!((landed.issues[0].kind, landed.issues.len()), (IssueKind::RecordWithoutPersonRow, 1));
        assert_eq!(landed.issues[0].lines, [2]);
    }
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"]]);
    let homes = batch(&spec, "home", &["pupilid", "postcode"], &[&["zz", "QA1 1AA"], &["a1", "QA1 1AB"]]);
    let (landed, _) = land(&spec, vec![pupils, homes]);
    assert_eq!(cells(&landed.identity.persons, "source_key"), text_of(&[Some("a1"), Some("zz")]));
}

#[test]
fn the_parts_of_an_address_are_of_one_row() {
    let spec = census();
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"]]);
    let rows = [
        &["a1", "1 Old Road", "QA1 1AA", "01/02/2015", "01/02/2020"][..],
        &["a1", "2 New Road", "", "01/02/2020", ""],
    ];
    let homes = batch(&spec, "home", &["pupilid", "line1", "postcode", "from", "to"], &rows);
    let (landed, _) = land(&spec, vec![pupils, homes]);
    let current = landed.identity.current().table;
    assert_eq!(cells(&current, "address"), text_of(&[Some("2 New Road")]));
    assert!(current.column("postcode").is_none(), "the old postcode is not that of the new road");
    assert_eq!(cells(&current, "other_postcodes"), text_of(&[Some("QA1 1AA")]));
}

#[test]
fn what_ends_after_the_reference_date_has_not_ended_and_what_begins_after_it_has_not_begun() {
    let spec = census();
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"]]);
    let rows = [
        &["a1", "QA1 1AA", "01/02/2015", "01/02/2020"][..],
        &["a1", "QA2 2AA", "01/02/2020", "31/12/9999"],
        &["a1", "QA3 3AA", "01/09/2026", ""],
    ];
    let homes = batch(&spec, "home", &["pupilid", "postcode", "from", "to"], &rows);
    let mut landing = Landing::new(
        Arc::clone(&spec),
        PartialDate::parse("2026-03-31", plait_types::DateOrder::YearMonthDay),
        None,
        None,
    );
    for batch in [pupils, homes] {
        landing.batch(batch).unwrap();
    }
    let landed = landing.finish("census").unwrap();
    assert_eq!(cells(&landed.identity.current().table, "postcode"), text_of(&[Some("QA2 2AA")]));
}

#[test]
fn the_order_of_dates_is_that_of_the_whole_column_whatever_batch_they_come_in() {
    let text = CENSUS.replace("dates = \"day_first\"", "dates = \"any\"").replace(
        "  { name = \"surname\", meaning = \"surname\" },\n",
        "  { name = \"surname\", meaning = \"surname\" },\n  { name = \"dob\", kind = \"date\", meaning = \"date_of_birth\" },\n",
    );
    let spec = Arc::new(Spec::parse(&text, "spec.toml").unwrap());
    let born = |key: &str, day: &str| batch(&spec, "pupil", &["pupilid", "dob"], &[&[key, day]]);
    let batches = vec![born("a1", "04/25/2015"), born("b2", "03/04/2015"), born("c3", "04/26/2015")];
    let (landed, _) = land(&spec, batches);
    let expected = [Some("2015-04-25"), Some("2015-03-04"), Some("2015-04-26")];
    assert_eq!(cells(&landed.identity.persons, "date_of_birth"), text_of(&expected));
}

const PATIENTS: &str = r#"
format = 1
return = "patients"
title = "Patients"
year = 2024
collector = "nobody"
dates = "iso"

[[table]]
name = "patient"
rows = "person"
record = "id"
columns = [
  { name = "id", meaning = "la_child_id" },
  { name = "local", meaning = "local_patient_id" },
  { name = "number", kind = "nhs_number", meaning = "nhs_number" },
  { name = "status", meaning = "nhs_number_status" },
]

[[table]]
name = "home"
rows = "of_person"
record = "person"
columns = [
  { name = "person", meaning = "la_child_id" },
  { name = "type", meaning = "address_kind" },
  { name = "from", kind = "date", meaning = "from" },
  { name = "to", kind = "date", meaning = "to" },
  { name = "json", kind = "json", meaning = "address" },
]
"#;

#[test]
fn a_number_that_is_none_by_its_status_is_left_out_and_a_verified_one_comes_first() {
    let spec = Arc::new(Spec::parse(PATIENTS, "spec.toml").unwrap());
    let rows = batch(
        &spec,
        "patient",
        &["id", "local", "number", "status"],
        &[
            &["1", "H1", "9990000018", "05"],
            &["1", "H1", "9990000026", "01"],
            &["2", "H2", "9990000034", "07"],
            &["3", "H3", "9990000042", "02"],
        ],
    );
    let (landed, payload) = land(&spec, vec![rows]);
    let current = landed.identity.current().table;
    assert_eq!(cells(&current, "nhs_number"), text_of(&[Some("9990000026"), None, Some("9990000042")]));
    assert_eq!(cells(&current, "nhs_number_status"), text_of(&[Some("01"), Some("07"), Some("02")]));
    let locals: Vec<Option<String>> = cells(&landed.identity.identifiers, "kind")
        .into_iter()
        .zip(cells(&landed.identity.identifiers, "value"))
        .filter(|(kind, _)| kind.as_deref() == Some("local_patient_id"))
        .map(|(_, value)| value)
        .collect();
    assert_eq!(locals, text_of(&[Some("H1"), Some("H2"), Some("H3")]));
    let columns: Vec<&str> = payload[0].1.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["record_key"], "who somebody is stays out of payload");
}

#[test]
fn the_days_of_an_address_are_not_those_of_the_id_in_its_row() {
    let spec = Arc::new(Spec::parse(PATIENTS, "spec.toml").unwrap());
    let people = batch(&spec, "patient", &["id"], &[&["1"]]);
    let json = r#"{"HOUSE":12,"STREET":"High Street","TOWN":"Braystow","UPRN":"999001042337","EASTING":"1","POSTCODE":"PX3 5LJ"}"#;
    let homes = batch(
        &spec,
        "home",
        &["person", "type", "from", "to", "json"],
        &[&["1", "PLACEMENT", "2020-01-01", "2021-01-01", json]],
    );
    let identity = land(&spec, vec![people, homes]).0.identity;
    let row = |table: &Table, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| cells(table, name)[0].clone().unwrap_or_default()).collect()
    };
    assert_eq!(
        row(&identity.addresses, &["kind", "address", "town", "postcode", "uprn", "from", "to"]),
        ["placement", "12, High Street", "Braystow", "PX3 5LJ", "999001042337", "2020-01-01", "2021-01-01"]
    );
    assert_eq!(row(&identity.identifiers, &["kind", "value", "from", "to"]), ["la_child_id", "1", "", ""]);
    assert_eq!(identity.identifiers.n_rows, 1);
}

#[test]
fn a_number_that_looks_made_up_is_a_key() {
    let spec = census();
    let keys = ["11111", "222222", "999999", "12345678", "unknown", "0000"];
    let rows: Vec<[&str; 2]> = keys.iter().map(|key| [*key, "Example"]).collect();
    let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "surname"], &rows)]);
    assert_eq!((landed.identity.n_records, landed.issues[0].count), (4, 2));
}

#[test]
fn zeros_are_no_key() {
    let spec = census();
    let pupils = batch(
        &spec,
        "pupil",
        &["pupilid", "surname"],
        &[&["0", "Example"], &["000", "Sample"], &["7", "Model"]],
    );
    let (landed, _) = land(&spec, vec![pupils]);
    assert_eq!((landed.identity.n_records, landed.issues[0].kind), (1, IssueKind::RowWithoutKey));
}

#[test]
fn a_hundred_thousand_statements_about_one_record_take_no_time() {
    let spec = census();
    let upns: Vec<String> = (0..100_000).map(|n| format!("X{n}")).collect();
    let rows: Vec<Vec<&str>> = upns.iter().map(|upn| vec!["a1", upn.as_str()]).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "upn"], &rows)]);
    assert_eq!(landed.identity.identifiers.n_rows, 100_000);
    assert_eq!(landed.identity.current().table.n_rows, 1);
}

/// The census with a date of birth, in dates of a form.
fn with_births(form: &str) -> Arc<Spec> {
    let text = CENSUS
        .replace("dates = \"day_first\"", &format!("dates = \"{form}\""))
        .replace("kind = \"key\", meaning = \"record\"", "kind = \"key\", meaning = \"la_child_id\"")
        .replace(
            "  { name = \"surname\", meaning = \"surname\" },\n",
            "  { name = \"surname\", meaning = \"surname\" },\n  { name = \"dob\", kind = \"date\", meaning = \"date_of_birth\" },\n",
        );
    Arc::new(Spec::parse(&text, "spec.toml").unwrap())
}

#[test]
fn two_people_of_one_key_are_told_and_the_id_links_neither() {
    let spec = with_births("iso");
    let rows = [
        &["a1", "2012-04-25"][..],
        &["b2", "2014-02-03"],
        &["a1", "2015-11-30"],
        &["a1", "2015-11-30"],
        // a slip, a placeholder, nothing, and a day that stands in for an unknown one
        &["b2", "2014-03-02"],
        &["b2", "1900-01-01"],
        &["b2", ""],
        &["b2", "2014-01-01"],
    ];
    let batches = rows.chunks(3).enumerate().map(|(at, rows)| {
        let mut batch = batch(&spec, "pupil", &["pupilid", "dob"], rows);
        batch.lines.iter_mut().for_each(|line| *line += 3 * at as u64);
        batch
    });
    let (landed, _) = land(&spec, batches.collect());
    let issue = &landed.issues[0];
    assert_eq!((landed.issues.len(), issue.kind, issue.count), (1, IssueKind::TwoPeople, 2));
    assert_eq!((issue.column.as_deref(), issue.lines.as_slice()), (Some("dob"), &[4][..]));
    assert_eq!(
        issue.to_string(),
        "warning[W044] pupil.csv: column \"dob\": in table \"pupil\" the dates of 2 rows of 1 record cannot be those of the \
         persons in earlier rows of the same key: two people may have one key. The first date is kept, and no rule links by \
         the child's id there; correct the date or the key (line 4)"
    );
    assert_eq!((landed.identity.n_records, landed.identity.contradicted.as_slice()), (2, &[0][..]));
    let current = landed.identity.current().table;
    assert_eq!(cells(&current, "la_child_id"), text_of(&[None, Some("b2")]));
    assert_eq!(cells(&current, "date_of_birth"), text_of(&[Some("2012-04-25"), Some("2014-02-03")]));
    assert_eq!(cells(&current, "source_key"), text_of(&[Some("a1"), Some("b2")]), "records keep their names");
    assert!(current.column("former_la_child_id").is_none(), "nor is the id a former one");
    let stated = cells(&landed.identity.identifiers, "value");
    assert_eq!(stated, text_of(&[Some("a1"), Some("b2")]), "nothing of the return is lost");
}

#[test]
fn a_placeholder_that_comes_first_hides_no_contradiction() {
    let spec = with_births("iso");
    let rows = [&["a1", "1900-01-01"][..], &["a1", "2012-04-25"], &["a1", "2015-11-30"]];
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "dob"], &rows)]);
    assert_eq!((landed.issues[0].count, landed.issues[0].lines.as_slice()), (1, &[4][..]));
    assert_eq!(
        cells(&landed.identity.persons, "date_of_birth"),
        text_of(&[Some("2012-04-25")]),
        "nor the date"
    );
    // what stands in rows of others makes no difference
    let rows =
        [&["zz", "2011-06-25"][..], &["a1", "1900-01-01"], &["a1", "2010-05-25"], &["a1", "2011-06-25"]];
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "dob"], &rows)]);
    let born = text_of(&[Some("2011-06-25"), Some("2010-05-25")]);
    assert_eq!(cells(&landed.identity.persons, "date_of_birth"), born);
    assert_eq!(landed.issues[0].lines, [5]);
    let rows = [&["a1", "1900-01-01"][..]];
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "dob"], &rows)]);
    assert_eq!(
        cells(&landed.identity.persons, "date_of_birth"),
        text_of(&[Some("1900-01-01")]),
        "as it stands there"
    );
}

#[test]
fn numbers_that_are_nobodys_are_no_identifiers_however_they_are_named() {
    let text = CENSUS.replace(
        "columns = [{ name = \"requestid\", kind = \"key\" }, { name = \"pupilid\", kind = \"key\" }, \"outcome\"]",
        "columns = [{ name = \"requestid\", kind = \"key\" }, { name = \"pupilid\", kind = \"key\" }, \
         { name = \"type\", meaning = \"identifier_kind\" }, { name = \"value\", meaning = \"identifier_value\" }]",
    );
    let spec = Arc::new(Spec::parse(&text, "spec.toml").unwrap());
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"]]);
    let rows = [
        &["r1", "a1", "Unique Pupil Number", "UN3"][..],
        &["r2", "a1", "NHS Number", "0000000000"],
        &["r3", "a1", "NHS Number", "9990000018"],
        &["r4", "a1", "Court Case Number", "0000000000"],
    ];
    let named = batch(&spec, "request", &["requestid", "pupilid", "type", "value"], &rows);
    let (landed, _) = land(&spec, vec![pupils, named]);
    let kinds = cells(&landed.identity.identifiers, "kind");
    assert_eq!(kinds, text_of(&[Some("nhs_number"), Some("court_case_number")]));
    assert_eq!(cells(&landed.identity.persons, "upn_unknown"), text_of(&[Some("UN3")]));
}

#[test]
fn an_empty_key_sets_a_row_of_a_table_aside_whatever_it_belongs_to() {
    let text = CENSUS.replace(
        "columns = [{ name = \"requestid\", kind = \"key\" }, \"start\"]",
        "record = \"pupilid\"\ncolumns = [{ name = \"pupilid\", kind = \"key\" }, { name = \"requestid\", kind = \"key\" }, \"start\"]",
    );
    let spec = Arc::new(Spec::parse(&text, "spec.toml").unwrap());
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"]]);
    let requests = batch(&spec, "request", &["requestid", "pupilid"], &[&["r1", "a1"]]);
    let rows = [&["a1", "r1", "x"][..], &["", "r1", "y"], &["0", "r1", "z"]];
    let plans = batch(&spec, "plan", &["pupilid", "requestid", "start"], &rows);
    let (landed, payload) = land(&spec, vec![pupils, requests, plans]);
    assert_eq!(cells(&payload[2].1, "start"), text_of(&[Some("x")]));
    let issue = &landed.issues[0];
    assert_eq!((issue.kind, issue.lines.as_slice()), (IssueKind::RowWithoutKey, &[3, 4][..]));
}

#[test]
fn rows_of_a_key_that_two_records_share_are_of_neither() {
    let spec = census();
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"], &["b2", "Sample"]]);
    let requests = [&["r1", "a1"][..], &["r1", "b2"], &["0", "a1"], &["r3", "zz"], &["r3", "b2"]];
    let requests = batch(&spec, "request", &["requestid", "pupilid"], &requests);
    let plans = [&["r1", "x"][..], &["0", "y"], &["r3", "z"]];
    let plans = batch(&spec, "plan", &["requestid", "start"], &plans);
    let (landed, payload) = land(&spec, vec![pupils, requests, plans]);
    let (_, plans) = &payload[2];
    assert_eq!(
        cells(plans, "start"),
        text_of(&[Some("z")]),
        "a row that is set aside says nothing of its key"
    );
    assert_eq!(cells(plans, "record_key"), text_of(&[Some("2")]));
    let of_plans: Vec<(&[u64], bool)> = landed
        .issues
        .iter()
        .filter(|issue| issue.file == "plan.csv")
        .map(|issue| (issue.lines.as_slice(), issue.message.contains("two records")))
        .collect();
    assert_eq!(of_plans, [(&[3][..], false), (&[2][..], true)]);
}

#[test]
fn what_every_row_repeats_is_kept_once_and_rows_set_aside_are_all_counted() {
    let spec = with_births("iso");
    let mut landing = Landing::new(Arc::clone(&spec), None, None, None);
    for _ in 0..100 {
        let rows: Vec<&[&str]> = (0..1_000).map(|_| &["a1", "Example", "2012-04-25", "A999"][..]).collect();
        landing.batch(batch(&spec, "pupil", &["pupilid", "surname", "dob", "upn"], &rows)).unwrap();
        let lost: Vec<&[&str]> = (0..500).map(|_| &["", "QA1 1AA"][..]).collect();
        landing.batch(batch(&spec, "home", &["pupilid", "postcode"], &lost)).unwrap();
    }
    assert_eq!(landing.identity.n_statements(), 3, "a name, a UPN and the child's id");
    let landed = landing.finish("census").unwrap();
    let aside = landed.issues.iter().find(|issue| issue.kind == IssueKind::RowWithoutKey).unwrap();
    assert_eq!((aside.count, aside.lines.len()), (50_000, Noted::KEPT));
    assert_eq!(aside.rows_set_aside() as u64, landed.tables[1].set_aside);
}

#[test]
fn checks_and_identity_read_a_column_in_the_order_that_the_whole_of_it_shows() {
    let spec = with_births("any");
    let born = |key: &str, day: &str| batch(&spec, "pupil", &["pupilid", "dob"], &[&[key, day]]);
    // the second batch by itself could be day first
    let batches = [born("a1", "03/04/2015"), born("b2", "05/06/2015"), born("c3", "04/26/2015")];
    let (landed, _) = land(&spec, batches.to_vec());
    let expected = [Some("2015-03-04"), Some("2015-05-06"), Some("2015-04-26")];
    assert_eq!(cells(&landed.identity.persons, "date_of_birth"), text_of(&expected));
    let orders = landed.unsettled.expect("day first was taken until the last");
    let mut checker = Checker::new(Arc::clone(&spec), None, None).in_orders(orders);
    batches.iter().for_each(|batch| checker.batch(batch));
    let checks: Vec<String> = checker.finish().into_iter().map(|finding| finding.check).collect();
    assert!(!checks.contains(&"date-written".to_owned()), "all are as the column writes them: {checks:?}");
    let (landed, _) = land(&spec, vec![born("a1", "03/04/2015"), born("b2", "25/04/2015")]);
    assert!(landed.unsettled.is_none());
}

#[test]
fn dates_of_birth_in_two_orders_keep_a_return_from_being_linked() {
    for form in ["any", "day_first", "iso"] {
        let spec = with_births(form);
        let days: Vec<(String, String)> = (13..20)
            .flat_map(|day| [format!("{day}/04/2015"), format!("04/{day}/2015"), format!("2015-04-{day}")])
            .enumerate()
            .map(|(at, day)| (format!("a{at}"), day))
            .collect();
        let rows: Vec<[&str; 2]> = days.iter().map(|(key, day)| [key.as_str(), day.as_str()]).collect();
        let land_those = |rows: &[[&str; 2]]| {
            // half of them in a batch of its own
            let parts = rows.chunks(rows.len().div_ceil(2).max(1)).map(|rows| {
                let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
                batch(&spec, "pupil", &["pupilid", "dob"], &rows)
            });
            land(&spec, parts.collect()).0.two_orders
        };
        let found = land_those(&rows);
        assert_eq!(
            found.iter().map(|fault| fault.what.as_str()).collect::<Vec<_>>(),
            ["column \"dob\" holds dates in two orders: 7 rows can only be DD/MM/YYYY, 7 only MM/DD/YYYY"],
            "{form}"
        );
        // four are slips
        let few: Vec<[&str; 2]> =
            rows.iter().copied().filter(|row| !row[1].starts_with("04/") || row[1] < "04/17").collect();
        assert_eq!(land_those(&few), []);
    }
}

#[test]
fn two_columns_of_dates_may_be_written_in_two_orders() {
    let text = CENSUS.replace("dates = \"day_first\"", "dates = \"any\"");
    let spec = Arc::new(Spec::parse(&text, "spec.toml").unwrap());
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"]]);
    let rows =
        [&["a1", "QA1 1AA", "03/04/2015", "03/04/2016"][..], &["a1", "QA2 2AA", "25/04/2016", "04/26/2017"]];
    let homes = batch(&spec, "home", &["pupilid", "postcode", "from", "to"], &rows);
    let (landed, _) = land(&spec, vec![pupils, homes]);
    let addresses = &landed.identity.addresses;
    assert_eq!(cells(addresses, "from"), text_of(&[Some("2015-04-03"), Some("2016-04-25")]));
    assert_eq!(cells(addresses, "to"), text_of(&[Some("2016-03-04"), Some("2017-04-26")]));
}

#[test]
fn rows_of_nested_files_are_numbered_through_all_files_of_a_return() {
    let text = CENSUS
        .replace("name = \"pupil\"\n", "name = \"pupil\"\nelement = \"Pupil\"\n")
        .replace("name = \"request\"\n", "name = \"request\"\nelement = \"Pupil/Request\"\n")
        .replace("name = \"plan\"\n", "name = \"plan\"\nelement = \"Pupil/Request/Plan\"\n");
    let spec = Arc::new(Spec::parse(&text, "spec.toml").unwrap());
    let none = Nesting::NO_ROW;
    let nested = |file: &str, mut batch: Batch, person: &[u32], own: &[u32], parent: &[u32]| {
        batch.file = Arc::from(file);
        batch.nesting = Some(Nesting { person: person.to_vec(), own: own.to_vec(), parent: parent.to_vec() });
        batch
    };
    let of_file = |file: &str, key: &str| {
        [
            nested(file, batch(&spec, "pupil", &["pupilid"], &[&[key]]), &[0], &[0], &[none]),
            nested(file, batch(&spec, "request", &["outcome"], &[&["x"], &["y"]]), &[0, 0], &[0, 1], &[0, 0]),
            nested(file, batch(&spec, "plan", &["start"], &[&["z"]]), &[0], &[0], &[1]),
        ]
    };
    let batches = of_file("one.xml", "a1").into_iter().chain(of_file("two.xml", "b2"));
    let (_, payload) = land(&spec, batches.collect());
    let all = |table: &str, column: &str| -> Vec<Option<String>> {
        payload.iter().filter(|(name, _)| name == table).flat_map(|(_, rows)| cells(rows, column)).collect()
    };
    assert_eq!(all("request", "row"), text_of(&[Some("1"), Some("2"), Some("3"), Some("4")]));
    assert_eq!(all("request", "parent_row"), text_of(&[Some("1"), Some("1"), Some("2"), Some("2")]));
    assert_eq!(all("plan", "parent_row"), text_of(&[Some("2"), Some("4")]));
}

#[test]
fn a_reference_to_the_record_itself_is_no_payload() {
    let text = CENSUS.replace(
        "parent = \"request\"\ncolumns = [{ name = \"requestid\", kind = \"key\" }, \"start\"]",
        "parent = \"pupil\"\nparent_column = \"child\"\ncolumns = [{ name = \"child\", kind = \"key\" }, \"start\"]",
    );
    let spec = Arc::new(Spec::parse(&text, "spec.toml").unwrap());
    let pupils = batch(&spec, "pupil", &["pupilid", "surname"], &[&["a1", "Example"]]);
    let plans = batch(&spec, "plan", &["child", "start"], &[&["a1", "x"]]);
    let (_, payload) = land(&spec, vec![pupils, plans]);
    let headers: Vec<&str> = payload[1].1.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(headers, ["record_key", "start"]);
}

#[test]
fn a_column_is_said_to_be_written_as_all_of_it_says() {
    let spec = with_births("any");
    let layout = |rows: &[&str]| {
        let rows: Vec<[String; 2]> =
            rows.iter().enumerate().map(|(at, dob)| [format!("a{at}"), (*dob).to_owned()]).collect();
        let rows: Vec<[&str; 2]> = rows.iter().map(|row| row.each_ref().map(String::as_str)).collect();
        let batches = rows.iter().map(|row| batch(&spec, "pupil", &["pupilid", "dob"], &[row]));
        land(&spec, batches.collect()).0.identity.layout("date_of_birth")
    };
    // of the first dates nobody could say it
    assert_eq!(layout(&["03/04/2015", "05/06/2015", "04/25/2015"]), Some("MM/DD/YYYY"));
    assert_eq!(layout(&["03/04/2015", "05/06/2015", "25/04/2015"]), Some("DD/MM/YYYY"));
    assert_eq!(layout(&["2015-04-03", "2015-04-03", "25/04/2015"]), Some("YYYY-MM-DD"), "rows, not values");
    assert_eq!(layout(&["", "UN1"]), None);
}

#[test]
fn the_unborn_are_linked_by_the_day_on_which_they_are_expected() {
    let with = |columns: &str| {
        let pupil = "  { name = \"surname\", meaning = \"surname\" },\n";
        let text = CENSUS.replace(pupil, &format!("{pupil}{columns}"));
        Arc::new(Spec::parse(&text, "spec.toml").unwrap())
    };
    let expected = "  { name = \"due\", kind = \"date\", meaning = \"expected_date_of_birth\" },\n";
    let born = "  { name = \"dob\", kind = \"date\", meaning = \"date_of_birth\" },\n";
    let spec = with(&format!("{born}{expected}"));
    let rows = [
        &["a1", "25/04/2012", ""][..],
        &["b2", "", "30/11/2026"],
        &["c3", "26/04/2012", "01/05/2012"],
        &["d4", "01/01/1900", "01/12/2026"],
        &["e5", "01/01/1900", ""],
        &["f6", "", ""],
    ];
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "dob", "due"], &rows)]);
    let current = landed.identity.current();
    let dates = [
        Some("2012-04-25"),
        Some("2026-11-30"),
        Some("2012-04-26"),
        Some("2026-12-01"),
        Some("1900-01-01"),
        None,
    ];
    assert_eq!(cells(&current.table, "date_of_birth"), text_of(&dates));
    let at = current.table.columns.iter().position(|column| column.name == "date_of_birth").unwrap();
    assert_eq!(current.roles[at], Role::DateOfBirth);
    let stated = cells(&landed.identity.persons, "date_of_birth");
    assert_eq!(stated[1], None, "what the files say stays as it is");
    // of nobody a date of birth
    let spec = with(expected);
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "due"], &[&["b2", "30/11/2026"]])]);
    let current = landed.identity.current().table;
    assert_eq!(cells(&current, "date_of_birth"), text_of(&[Some("2026-11-30")]));
    assert_eq!(landed.identity.layout("date_of_birth"), Some("DD/MM/YYYY"));
    assert_eq!(landed.headers.get("date_of_birth").map(Vec::as_slice), Some(&["due".to_owned()][..]));
}

#[test]
fn of_the_first_records_identity_is_kept_and_of_all_rows_are_counted_and_checked() {
    let spec = census();
    let rows = |keys: &[&str]| {
        let rows: Vec<[&str; 2]> = keys.iter().map(|key| [*key, "Example"]).collect();
        batch(&spec, "pupil", &["pupilid", "surname"], &rows.iter().map(|row| &row[..]).collect::<Vec<_>>())
    };
    let homes = batch(&spec, "home", &["pupilid", "postcode"], &[&["1", "PX3 5LJ"], &["5", "PX3 5LJ"]]);
    let mut landing = Landing::new(Arc::clone(&spec), None, None, None).with_identity_of_first(2);
    for batch in [rows(&["1", "2", "3"]), rows(&["4", "5", ""]), homes] {
        landing.batch(batch).unwrap();
    }
    let landed = landing.finish("census").unwrap();
    assert_eq!((landed.n_records, landed.identity.n_records), (5, 2));
    assert_eq!((landed.identity.names.n_rows, landed.identity.addresses.n_rows), (2, 1));
    assert_eq!((landed.tables[0].rows_in, landed.tables[0].set_aside), (6, 1));
    assert_eq!(landed.quality.iter().map(|column| column.n_rows).max(), Some(6));
}

#[test]
fn identity_in_parts_is_the_same_as_the_whole() {
    let text =
        CENSUS.replace("\"hours\",", "{ name = \"dob\", kind = \"date\", meaning = \"date_of_birth\" },");
    let spec = Arc::new(Spec::parse(&text.replace("\"day_first\"", "\"any\""), "spec.toml").unwrap());
    let pupils =
        |rows: &[&[&str]]| batch(&spec, "pupil", &["pupilid", "surname", "former", "upn", "dob"], rows);
    let homes = |rows: &[&[&str]]| batch(&spec, "home", &["pupilid", "postcode", "from"], rows);
    // batches of one part and of several, a record of an earlier part again, dates that only the whole column settles, two
    // people of one key in two parts, and facts that only the last part has
    let batches = [
        pupils(&[&["a1", "Example", "", "", "03/04/2015"], &["b2", "Sample", "Old", "", ""]]),
        pupils(&[&["c3", "Third", "", "", "05/06/2015"], &["a1", "Other", "", "", "01/02/2011"]]),
        pupils(&[
            &["d4", "", "", "", ""],
            &["e5", "Fifth", "", "A999", "04/26/2015"],
            &["", "x", "", "", ""],
        ]),
        pupils(&[
            &["e5", "Fifth", "", "B999", "01/30/2001"],
            &["f6", "Six", "", "", ""],
            &["g7", "", "", "", ""],
        ]),
        homes(&[&["g7", "QA1 1AA", "01/02/2020"], &["a1", "QA2 2AA", "03/04/2021"], &["z9", "QA3 3AA", ""]]),
        homes(&[&["g7", "QA1 1AA", "2020-01-02"], &["c3", "QA4 4AA", "03/14/2021"]]),
    ];
    let (whole, _) = land(&spec, batches.to_vec());
    assert_eq!(whole.identity.n_records, 7);
    let rows_of = |table: &Table, columns: &[&'static str]| -> Vec<Vec<Option<String>>> {
        let cell =
            |row, name: &&str| table.column(name).and_then(|column| column.get(row)).map(str::to_owned);
        (0..table.n_rows).map(|row| columns.iter().map(|name| cell(row, name)).collect()).collect()
    };
    let expected = whole.identity.tables().map(|(table, columns)| rows_of(table, &columns));
    for size in 1..=8 {
        let folder = tempfile::tempdir().unwrap();
        let mut found: [Vec<_>; 4] = Default::default();
        let mut n_parts = 0;
        let mut take = |part: Identity| {
            n_parts += 1;
            assert!(part.n_records <= size as usize);
            for (found, (table, columns)) in found.iter_mut().zip(part.tables()) {
                assert!(table.columns.iter().all(|column| columns.contains(&column.name.as_str())));
                found.extend(rows_of(table, &columns));
            }
            Ok(())
        };
        let scratch = folder.path().join("waiting");
        let sink = IdentitySink { records: size, scratch, take: &mut take };
        let mut landing = Landing::new(Arc::clone(&spec), None, None, None).with_identity_in_parts(sink);
        batches.iter().for_each(|batch| landing.batch(batch.clone()).unwrap());
        let landed = landing.finish("census").unwrap();
        assert_eq!((n_parts, landed.identity.n_records), (7_u32.div_ceil(size), 7));
        assert_eq!(found, expected, "parts of {size}");
        assert_eq!(landed.issues, whole.issues);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing waits any more");
    }
}

/// Files of the census in a folder, landed as they are recognised.
fn land_files(files: &[(&str, &[u8])]) -> Result<(Landed, Gathered), Fault> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let asked = super::super::Asked::Spec(census());
    let Ok(super::super::Detected::Return(recognised)) = super::super::detect(folder.path(), &asked) else {
        panic!("the census is recognised");
    };
    super::land(&recognised, "census", None, None, None, IdentityKept::Whole, &super::super::gather::Quiet)
}

#[test]
fn a_table_of_persons_without_rows_is_refused_where_others_are_about_them() {
    let homes =
        b"pupilid,line1,line2,postcode,from,to\na1,1 Road,,QA1 1AA,,\nb2,2 Road,,QA1 1AA,,\n".as_slice();
    let header = b"pupilid,surname,forename,former,upn,hours\n".as_slice();
    for pupils in [header, b""] {
        let fault = land_files(&[("pupil.csv", pupils), ("home.csv", homes)]).unwrap_err();
        assert_eq!(
            (fault.code, fault.what.as_str(), fault.why.as_deref()),
            (
                FaultCode::LacksPersons,
                "pupil.csv has no rows, and the other tables are about the persons of \"pupil\"",
                Some("2 of 2 rows would be about nobody, and nearly everybody would be missing")
            )
        );
    }
    let one = [header, b"a1,Example,Ann,,,\n"].concat();
    let (landed, _) = land_files(&[("pupil.csv", &one), ("home.csv", homes)]).unwrap();
    assert_eq!(landed.n_records, 1);
}

#[test]
fn rows_that_are_not_read_are_counted_to_their_table() {
    let pupils = b"pupilid,surname,forename,former,upn,hours\na1,Example,Ann,,,\nb2,Ex\x81ample,Bo,,,\nc3,Short\nd4,Vane,Cy,,,\n";
    let (landed, gathered) = land_files(&[("pupil.csv", pupils)]).unwrap();
    let table = &landed.tables[0];
    assert_eq!((table.rows_in, table.set_aside, table.not_read), (4, 2, 2));
    assert_eq!((gathered.total.rows_in, gathered.total.rows_set_aside), (4, 2));
}

#[test]
fn codes_of_a_mapping_file_are_what_it_says_and_others_are_told() {
    let spec = CENSUS.replace(
        "\"hours\",",
        "{ name = \"m_f\", codes = { B = \"M\", W = \"F\", N = \"U\" }, meaning = \"sex\" },",
    );
    let spec = Arc::new(Spec::parse(&spec, "own.toml").unwrap());
    let rows: &[&[&str]] = &[&["a1", "W"], &["b2", "b"], &["c3", "N"], &["d4", "F"], &["e5", "Q"]];
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "m_f"], rows)]);
    assert_eq!(
        cells(&landed.identity.current().table, "sex"),
        text_of(&[Some("F"), Some("M"), None, Some("F"), None])
    );
    let found: Vec<(&str, u64)> = landed
        .findings
        .iter()
        .filter(|finding| finding.check == "code")
        .map(|finding| (finding.says.as_str(), finding.n_found))
        .collect();
    assert_eq!(found, [("not one of its codes", 1)]);
    let wrong =
        CENSUS.replace("\"hours\",", "{ name = \"m_f\", codes = { W = \"woman?\" }, meaning = \"sex\" },");
    assert_eq!(
        Spec::parse(&wrong, "own.toml").unwrap_err().to_string(),
        "error[E022] \"woman?\" is nothing that a code of column \"m_f\" can be (own.toml)\n  why: columns would be taken for what they are \
         not, or be left out\n  do:  codes of this meaning are M, F \
         or U, which is not known"
    );
}

#[test]
fn a_full_name_with_a_comma_is_a_surname_and_forenames() {
    let spec = CENSUS.replace("\"hours\",", "{ name = \"pupil\", meaning = \"full_name\" },");
    let spec = Arc::new(Spec::parse(&spec, "own.toml").unwrap());
    let rows: &[&[&str]] = &[&["a1", "Quill, Zora Ann"], &["b2", "Ann Vane"]];
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "pupil"], rows)]);
    let names = &landed.identity.names;
    assert_eq!(cells(names, "surname"), text_of(&[Some("Quill"), None]));
    assert_eq!(cells(names, "forename"), text_of(&[Some("Zora Ann"), None]));
    assert_eq!(cells(names, "full_name"), text_of(&[None, Some("Ann Vane")]));
}

#[test]
fn a_local_number_of_two_organisations_is_two_persons_and_rows_that_do_not_say_whose_are_set_aside() {
    let spec = CENSUS.replace("record = \"pupilid\"\ncolumns = [\n  { name = \"pupilid\", kind = \"key\", meaning",
        "record = \"pupilid\"\nrecord_within = \"org\"\ncolumns = [\n  \"org\",\n  { name = \"pupilid\", kind = \"key\", meaning");
    let spec = spec
        + "[[check]]\nid = \"id\"\ntable = \"pupil\"\ncolumn = \"pupilid\"\nrule = \"unique\"\n\
           category = \"plausibility\"\nsays = \"it stands twice\"\ntodo = \"look\"\n";
    let spec = Arc::new(Spec::parse(&spec, "spec.toml").unwrap());
    let rows: &[&[&str]] =
        &[&["7", "RX2", "Quill"], &["7", "9ZA", "Vane"], &["8", "9ZA", "Moss"], &["7", "RX2", "Quill"]];
    let persons = batch(&spec, "pupil", &["pupilid", "org", "surname"], rows);
    let homes = batch(&spec, "home", &["pupilid", "postcode"], &[&["7", "ZX1 1AA"], &["8", "ZX2 2AA"]]);
    let (landed, payload) = land(&spec, vec![persons, homes]);
    assert_eq!(landed.identity.n_records, 3);
    let keys = cells(&landed.identity.persons, "source_key");
    assert_eq!(keys, text_of(&[Some("7"), Some("9ZA/7"), Some("8")]));
    assert_eq!(cells(&payload[0].1, "record_key"), text_of(&[Some("1"), Some("2"), Some("3"), Some("1")]));
    assert_eq!(cells(&payload[1].1, "record_key"), text_of(&[Some("3")]));
    let aside: Vec<(IssueKind, &[u64])> =
        landed.issues.iter().map(|issue| (issue.kind, &issue.lines[..])).collect();
    assert_eq!(aside, [(IssueKind::RowOfUnknownRecord, &[2][..])]);
    assert!(landed.issues[0].message.contains("two organisations"), "{}", landed.issues[0].message);
    // the last row is the first once more; no other number stands twice
    let twice: Vec<u64> =
        landed.findings.iter().filter(|found| found.check == "id").map(|found| found.n_found).collect();
    assert_eq!(twice, [2]);
}

#[test]
fn what_is_remembered_of_keys_within_organisations_is_no_key_of_a_row() {
    let spec = crate::returns::library::spec("mhsds-mpi").unwrap();
    let rows: &[&[&str]] = &[&["7", "RX2"], &["8", "RX2"], &["8", "9ZA"], &["8", ""], &["9", ""]];
    let persons = batch(&spec, "MHS001MPI", &["LocalPatientId", "OrgIDLocalPatientId"], rows);
    let rows: &[&[&str]] = &[&["\u{1f}7"], &["RX2\u{1f}7"], &["7"], &["8"], &["9"]];
    let practices = batch(&spec, "MHS002GP", &["LocalPatientId"], rows);
    let (landed, payload) = land(&spec, vec![persons, practices]);
    assert_eq!(landed.identity.n_records, 4);
    let of_practices = payload.iter().find(|(name, _)| name == "MHS002GP").unwrap();
    assert_eq!(cells(&of_practices.1, "record_key"), text_of(&[Some("1"), Some("4")]));
    let aside: Vec<(&str, &[u64], bool)> = landed
        .issues
        .iter()
        .map(|issue| (issue.file.as_str(), &issue.lines[..], issue.message.contains("two organisations")))
        .collect();
    let expected = [
        ("MHS001MPI.csv", &[5][..], true),
        ("MHS002GP.csv", &[2, 3][..], false),
        ("MHS002GP.csv", &[5][..], true),
    ];
    assert_eq!(aside, expected);
}

#[test]
fn what_stands_for_no_number_and_no_date_is_none_and_a_reason_is_a_reason() {
    let spec = CENSUS.replace(
        "{ name = \"surname\", meaning = \"surname\" },",
        "{ name = \"surname\", meaning = \"surname\" }, { name = \"nhs\", kind = \"nhs_number\", meaning = \"nhs_number\" }, \
         { name = \"born\", kind = \"date\", meaning = \"date_of_birth\" },",
    );
    let spec = Arc::new(Spec::parse(&spec, "spec.toml").unwrap());
    let rows: &[&[&str]] = &[
        &["a1", "UN3", "9999999999", "31/02/2013"],
        &["b2", "A123456789012", "0000000000", "2013-13-01"],
        &["c3", "", "9990000018", "28/02/2013"],
    ];
    let (landed, _) = land(&spec, vec![batch(&spec, "pupil", &["pupilid", "upn", "nhs", "born"], rows)]);
    let identity = &landed.identity;
    assert_eq!(cells(&identity.identifiers, "kind"), text_of(&[Some("upn"), Some("nhs_number")]));
    assert_eq!(cells(&identity.identifiers, "record_key"), text_of(&[Some("2"), Some("3")]));
    assert_eq!(cells(&identity.persons, "upn_unknown"), text_of(&[Some("UN3"), None, None]));
    assert_eq!(cells(&identity.persons, "date_of_birth"), text_of(&[None, None, Some("2013-02-28")]));
    let found: Vec<(&str, u64)> = landed
        .findings
        .iter()
        .filter(|finding| ["form", "date"].contains(&finding.check.as_str()))
        .map(|finding| (finding.column.as_str(), finding.n_found))
        .collect();
    assert!(found.contains(&("born", 2)), "{:?}", landed.findings);
}
