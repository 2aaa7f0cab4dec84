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
    let (landed, _) = land(&spec, vec![pupils, homes]);
    assert_eq!((landed.identity.n_records, landed.issues.len()), (2, 0));
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
