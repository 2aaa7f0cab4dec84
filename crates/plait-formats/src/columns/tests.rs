//! Roles and profiles of small tables that can be seen whole.

use super::*;
use plait_types::{Column, DateOrder, FaultCode, Role, Table};
use proptest::prelude::*;

/// A table from its header and rows; an empty cell is missing.
fn table(name: &str, header: &[&str], rows: &[&[&str]]) -> Table {
    let columns = header
        .iter()
        .enumerate()
        .map(|(at, header)| Column::from_rows(*header, rows.iter().map(|row| Some(row[at]))));
    Table { name: name.to_owned(), columns: columns.collect(), n_rows: rows.len() }
}

/// A table of one column per header, each with values made from the row number.
fn made(n_rows: usize, columns: &[(&str, &dyn Fn(usize) -> String)]) -> Table {
    let columns = columns
        .iter()
        .map(|(header, value)| Column::from_rows(*header, (0..n_rows).map(|row| Some(value(row)))));
    Table { name: "made".to_owned(), columns: columns.collect(), n_rows }
}

fn roles(table: &Table) -> Vec<(String, Role)> {
    let plans = plan(table, &[]).expect("a usable table");
    plans.into_iter().map(|plan| (plan.name, plan.role)).collect()
}

#[track_caller]
fn check(table: &Table, expected: &[(&str, Role)]) {
    let roles = roles(table);
    let roles: Vec<(&str, Role)> = roles.iter().map(|(name, role)| (name.as_str(), *role)).collect();
    assert_eq!(roles, expected);
}

#[test]
fn columns_of_an_australian_test_file_are_known_and_its_row_numbers_never_compared() {
    let header = [
        "rec_id",
        "given_name",
        "surname",
        "street_number",
        "address_1",
        "address_2",
        "suburb",
        "postcode",
        "state",
        "date_of_birth",
        "soc_sec_id",
    ];
    let table = table(
        "febrl",
        &header,
        &[
            &[
                "rec-1-org",
                "ella",
                "green",
                "8",
                "mill street",
                "rose court",
                "ryde",
                "2112",
                "nsw",
                "19680803",
                "5304218",
            ],
            &[
                "rec-2-org",
                "noah",
                "smith",
                "12",
                "park road",
                "",
                "manly",
                "2095",
                "nsw",
                "19151130",
                "1112223",
            ],
            &[
                "rec-2-dup-0",
                "noha",
                "smith",
                "12",
                "park raod",
                "",
                "manly",
                "2095",
                "nsw",
                "19151130",
                "1112223",
            ],
        ],
    );
    let expected = [
        Role::RecordId,
        Role::Forename,
        Role::Surname,
        Role::HouseNumber,
        Role::AddressLine,
        Role::AddressLine,
        Role::Town,
        Role::Postcode,
        Role::Region,
        Role::DateOfBirth,
        Role::Identifier,
    ];
    check(&table, &header.into_iter().zip(expected).collect::<Vec<_>>());
    let plans = plan(&table, &[]).expect("a usable table");
    assert_eq!(plans[9].date_order, Some(DateOrder::YearMonthDay));
    assert_eq!(plans[9].why, "header says date of birth; 100% of values are dates");
    assert_eq!(record_column(&table, &plans), Some(0));
}

#[test]
fn columns_of_a_social_care_extract_are_known_and_the_worker_is_not_the_child() {
    let table = table(
        "csc",
        &[
            "Cms Id",
            "First Name",
            "Last Name",
            "Date Of Birth",
            "Gender",
            "Address",
            "School Name",
            "Contact Name",
            "Contact Email",
            "Coverage Start Date",
        ],
        &[
            &[
                "7190247",
                "Martin",
                "Taylor",
                "2011-12-13",
                "Male",
                "Flat 7\nMill Lane\nNW9 4EW",
                "Rose School",
                "Jo Hill",
                "jo@example.org",
                "2018-01-01 00:00:00",
            ],
            &[
                "5466968",
                "Leanne",
                "Clarke",
                "2014-07-28",
                "Female",
                "63 Park Road\nHendon\nB8 0LF",
                "Park School",
                "Al Fox",
                "al@example.org",
                "2018-01-01 00:00:00",
            ],
        ],
    );
    check(
        &table,
        &[
            ("Cms Id", Role::RecordId),
            ("First Name", Role::Forename),
            ("Last Name", Role::Surname),
            ("Date Of Birth", Role::DateOfBirth),
            ("Gender", Role::Sex),
            ("Address", Role::Address),
            ("School Name", Role::School),
            ("Contact Name", Role::Other),
            ("Contact Email", Role::Other),
            ("Coverage Start Date", Role::OtherDate),
        ],
    );
}

#[test]
fn the_answer_column_of_test_data_is_never_compared() {
    let table = table(
        "fake",
        &["unique_id", "first_name", "surname", "dob", "city", "email", "cluster"],
        &[
            &["0", "Robert", "Alan", "1971-06-24", "", "robert@example.org", "0"],
            &["1", "Robert", "Allen", "1971-05-24", "Leeds", "roberta@example.org", "0"],
        ],
    );
    check(
        &table,
        &[
            ("unique_id", Role::RecordId),
            ("first_name", Role::Forename),
            ("surname", Role::Surname),
            ("dob", Role::DateOfBirth),
            ("city", Role::Town),
            ("email", Role::Email),
            ("cluster", Role::Other),
        ],
    );
}

#[test]
fn national_numbers_are_known_by_their_checks_whatever_the_header() {
    let table = table(
        "t",
        &["ref 1", "id", "code"],
        &[
            &["9990000018", "A950000178301", "9276308686"],
            &["999 000 0026", "H243278544154", "9276308686"],
            &["9990000034", "UN3", "9276308686"],
        ],
    );
    check(&table, &[("ref 1", Role::NhsNumber), ("id", Role::Upn), ("code", Role::Uln)]);
}

#[test]
fn values_decide_against_a_wrong_header() {
    let table = table(
        "t",
        &["surname", "postcode", "forename"],
        &[
            &["2011-12-13", "Taylor", "NW9 4EW"],
            &["2014-07-28", "Clarke", "B8 0LF"],
            &["2009-01-30", "Hill", "M1 1AE"],
        ],
    );
    let plans = plan(&table, &[]).expect("a usable table");
    let roles: Vec<Role> = plans.iter().map(|plan| plan.role).collect();
    assert_eq!(roles[0], Role::DateOfBirth);
    assert_ne!(roles[1], Role::Postcode);
    assert_eq!(roles[2], Role::Postcode);
    assert_eq!(plans[2].why, "header says forename, but 100% of values are UK postcodes");
}

#[test]
fn a_national_number_that_fails_its_check_is_a_plain_identifier() {
    let table = made(
        200,
        &[("upn", &|row| format!("f{row:03}a7")), ("dob", &|row| format!("2011-02-{:02}", 1 + row % 28))],
    );
    let plans = plan(&table, &[]).expect("a usable table");
    assert_eq!(plans[0].role, Role::Identifier);
    assert_eq!(
        plans[0].why,
        "header says UPN, but none of the values have the right check letter: compared as a plain identifier"
    );
}

#[test]
fn names_without_a_telling_header_are_known_by_the_commonest() {
    let rare = |row: usize| {
        ["Ta", "Wre", "Qui", "Fe"][row % 4].to_owned()
            + ["n", "sk", "ll", "mm", "rr"][row % 5]
            + ["a", "o", "e"][row % 3]
    };
    let name = |common: &str, row: usize| {
        if row.is_multiple_of(5) { common.to_owned() } else { rare(row) + &rare(row / 60) }
    };
    let table = made(
        300,
        &[
            ("c1", &|row| name(["James", "Olivia", "Muhammad"][row % 3], row)),
            ("c2", &|row| name(["Smith", "Patel", "Jones"][row % 3], row)),
            ("c3", &|row| name(["Hendon", "Finchley", "Edgware"][row % 3], row)),
            ("c4", &|row| format!("{:02}/{:02}/{}", 1 + row % 28, 1 + row % 12, 2005 + row % 10)),
        ],
    );
    let plans = plan(&table, &[]).expect("a usable table");
    let roles: Vec<Role> = plans.iter().map(|plan| plan.role).collect();
    assert_eq!(roles[3], Role::DateOfBirth);
    assert_eq!(plans[3].confidence, Confidence::Low);
    assert_eq!(roles[..2], [Role::Forename, Role::Surname]);
    assert!(!matches!(roles[2], Role::Forename | Role::Surname));
}

#[test]
fn an_identifier_that_repeats_names_no_record() {
    let table = table(
        "episodes",
        &["CHILD", "episode_id", "DOB"],
        &[&["a17", "1001", "23/04/2011"], &["a17", "1002", "23/04/2011"], &["b20", "1003", "30/11/2012"]],
    );
    check(&table, &[("CHILD", Role::Identifier), ("episode_id", Role::RecordId), ("DOB", Role::DateOfBirth)]);
}

#[test]
fn records_of_deaths_are_named_by_the_number_of_their_registration() {
    let table = table(
        "deaths",
        &["DEATH_ID", "Surname", "DATE_OF_DEATH"],
        &[&["D00017", "Hill", "23/04/2021"], &["D00018", "Fox", "30/11/2022"]],
    );
    check(
        &table,
        &[("DEATH_ID", Role::RecordId), ("Surname", Role::Surname), ("DATE_OF_DEATH", Role::OtherDate)],
    );
}

#[test]
fn a_national_number_without_another_identifier_still_is_compared() {
    let table = table("t", &["UPN", "Surname"], &[&["A950000178301", "Hill"], &["H243278544154", "Fox"]]);
    check(&table, &[("UPN", Role::Upn), ("Surname", Role::Surname)]);
    assert_eq!(record_column(&table, &plan(&table, &[]).expect("usable")), None);
}

#[test]
fn numbers_of_the_person_are_compared_where_sources_share_them() {
    let census = made(50, &[("LAchildID", &|row| format!("C{}", row * 37)), ("surname", &|_| "Hill".into())]);
    let extract = made(40, &[("child id", &|row| format!("C{}", row * 74)), ("surname", &|_| "Hill".into())]);
    let mut plans = [plan(&census, &[]).expect("usable"), plan(&extract, &[]).expect("usable")];
    assert_eq!(plans[0][0].role, Role::RecordId);
    share_identifiers(&[&census, &extract], &mut plans);
    assert_eq!([plans[0][0].role, plans[1][0].role], [Role::Identifier; 2]);
    assert_eq!(record_column(&census, &plans[0]), Some(0));
}

#[test]
fn running_numbers_and_numbers_of_rows_are_not_compared_though_sources_share_them() {
    for header in ["child id", "rec_id"] {
        let value: &dyn Fn(usize) -> String =
            if header == "rec_id" { &|row| format!("rec-{row}") } else { &|row| row.to_string() };
        let one = made(50, &[(header, value), ("surname", &|_| "Hill".into())]);
        let mut plans = [plan(&one, &[]).expect("usable"), plan(&one, &[]).expect("usable")];
        share_identifiers(&[&one, &one], &mut plans);
        assert_eq!(plans[0][0].role, Role::RecordId, "{header}");
    }
}

#[test]
fn a_misspelt_override_is_refused_with_a_suggestion() {
    let table = table("cin", &["forename", "surname"], &[&["Ann", "Hill"]]);
    let fault = plan(&table, &[("surnam".to_owned(), Role::Surname)]).expect_err("no such column");
    assert_eq!(
        fault.to_string(),
        "error[E003] column \"surnam\" is not in cin\n  why: it has: forename, surname\n  do:  did you mean \"surname\"?"
    );
}

#[test]
fn overrides_are_obeyed_and_contradictions_refused() {
    let table = table("t", &["a", "b"], &[&["Ann", "Hill"], &["Bea", "Hill"]]);
    let given = |items: &[(&str, Role)]| -> Vec<(String, Role)> {
        items.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect()
    };
    let plans = plan(&table, &given(&[("a", Role::Surname)])).expect("usable");
    assert_eq!((plans[0].role, plans[0].confidence), (Role::Surname, Confidence::Given));
    let code = |items| plan(&table, &given(items)).expect_err("contradiction").code;
    assert_eq!(code(&[("a", Role::Surname), ("a", Role::Forename)]), FaultCode::DuplicateColumn);
    assert_eq!(code(&[("a", Role::RecordId), ("b", Role::RecordId)]), FaultCode::BadOption);
    let fault = plan(&table, &given(&[("b", Role::RecordId), ("a", Role::Forename)])).expect_err("repeats");
    assert_eq!(fault.code, FaultCode::DuplicateRecord);
    assert_eq!(fault.what, "column \"b\" was named as record identifier, but repeats a value in 1 row");
}

#[test]
fn a_table_about_nobody_is_refused_with_what_it_has() {
    let amounts = table("invoices", &["amount", "paid"], &[&["12.50", "yes"], &["8.00", "no"]]);
    let fault = plan(&amounts, &[]).expect_err("nobody");
    assert_eq!(fault.code, FaultCode::NoUsableColumn);
    assert_eq!(fault.why.as_deref(), Some("it has: amount (number), paid (not used)"));
    let empty = table("empty", &["surname"], &[&[""]]);
    assert_eq!(plan(&empty, &[]).expect_err("no values").code, FaultCode::NoUsableColumn);
}

#[test]
fn the_first_person_of_a_file_without_headers_is_not_printed() {
    let table = table(
        "t",
        &["12.5", "paid", "Hill", "2011-04-23"],
        &[&["1", "x", "zz", "17"], &["2", "y", "zz", "18"]],
    );
    let fault = plan(&table, &[]).expect_err("nobody");
    assert_eq!(fault.code, FaultCode::NoUsableColumn);
    assert!(!fault.to_string().contains("Hill"));
}

#[test]
fn two_orders_in_dates_of_birth_stop_and_in_other_dates_do_not() {
    let mixed = |row: usize| {
        if row.is_multiple_of(3) {
            format!("01/{}/2011", 13 + row % 15)
        } else {
            format!("{}/01/2011", 13 + row % 15)
        }
    };
    let with = |header| made(90, &[(header, &mixed), ("surname", &|_| "Hill".to_owned())]);
    let fault = plan(&with("dob"), &[]).expect_err("two orders");
    assert_eq!((fault.code, fault.place.as_deref()), (FaultCode::DateOrder, Some("made")));
    let plans = plan(&with("start date"), &[]).expect("usable");
    assert_eq!(plans[0].date_order, Some(DateOrder::DayMonthYear));
}

fn profile_of(table: &Table) -> Profile {
    Profile::of(table, &plan(table, &[]).expect("usable"))
}

#[test]
fn placeholders_and_spikes_are_counted_and_spikes_not_shown() {
    let table = made(
        1_000,
        &[
            ("dob", &|row| match row {
                0..30 => "01/01/1900".to_owned(),
                30..130 => "17/03/2011".to_owned(),
                _ => format!("{:02}/{:02}/{}", 1 + row % 28, 1 + row % 12, 2005 + row % 9),
            }),
            ("forename", &|row| {
                if row < 4 { "Baby".to_owned() } else { format!("Ann{}", ["a", "e", "i"][row % 3]) }
            }),
        ],
    );
    let profile = profile_of(&table);
    let dob = &profile.columns[0];
    assert_eq!(dob.placeholders, [Placeholder { what: "01/01/1900", rows: 30 }]);
    assert_eq!(dob.oddities, ["one date of birth is held by 100 rows, 25 times as many as is usual here"]);
    assert_eq!(dob.validity.map(|v| (v.checked, v.valid)), Some((970, 970)));
    assert_eq!(dob.years, Some((2005, 2013)));
    assert_eq!(profile.columns[1].placeholders, [Placeholder { what: "baby", rows: 4 }]);
}

#[test]
fn even_counts_are_no_spike() {
    let table =
        made(2_000, &[("dob", &|row| format!("{:02}/{:02}/{}", 1 + row % 28, 1 + row % 12, 2005 + row % 9))]);
    assert_eq!(profile_of(&table).columns[0].oddities, Vec::<String>::new());
}

#[test]
fn dirty_values_are_described_in_words() {
    let table = table(
        "t",
        &["Surname", "UPN", "DOB"],
        &[
            &["Hill ", "3.02208E+11", "01/01/2011"],
            &["FOX", "A950000178301", "23/04/2012"],
            &["Reid", "A950000178302", "24/04/2012"],
            &["Shaw", "H243278544154", "x"],
        ],
    );
    let profile = profile_of(&table);
    assert_eq!(
        profile.columns[0].oddities,
        [
            "spaces before, after or doubled within the value in 1 row",
            "written in capitals in 1 row, unlike the others"
        ]
    );
    assert!(
        profile.columns[1].oddities[0]
            .starts_with("a number shortened by a spreadsheet to the form 3.02E+11 in 1 row")
    );
    assert_eq!(profile.columns[1].validity.map(|v| (v.checked, v.valid)), Some((4, 2)));
}

#[test]
fn the_text_of_look_reads_like_this() {
    let table = table(
        "pupils",
        &["Pupil Id", "First Name", "Surname", "DOB", "Sex", "Postcode", "NHS Number", "Notes"],
        &[
            &[
                "100001",
                "Martin",
                "Taylor",
                "13/12/2011",
                "M",
                "NW9 4EW",
                "9990000018",
                "met the family at home on Monday",
            ],
            &["100002", "Leanne", "Clarke", "28/07/2014", "F", "ZZ99 3VZ", "0000000000", ""],
            &[
                "100003",
                "Baby",
                "Hill",
                "01/01/1900",
                "U",
                "NW9 4E",
                "9990000026",
                "letter sent to both of the parents",
            ],
        ],
    );
    let text = describe(&profile_of(&table));
    assert!(text.lines().all(|line| line.chars().count() <= 100));
    assert_eq!(text, include_str!("look.txt"));
}

/// The plan of a file beside the project, if that is there; the tests that need one say so and pass without.
/// The plan of a made-up file; of the real one of its layout, too, where that lies beside the project.
fn plans_of_layout(made_up: &str, real: &[&str]) -> Vec<Vec<ColumnPlan>> {
    let options = crate::read::ReadOptions::default();
    let made_up = crate::read::read_bytes(made_up.as_bytes().to_vec(), "made_up.csv", &options);
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let files = real.iter().map(|path| beside.join(path)).filter(|file| file.exists());
    let real = files.map(|file| crate::read::read(&file, &options));
    let tables = std::iter::once(made_up).chain(real).map(|read| read.expect("a readable file").table);
    tables.map(|table| plan(&table, &[]).expect("a usable table")).collect()
}

fn role_of(plans: &[ColumnPlan], name: &str) -> Role {
    plans.iter().find(|plan| plan.name == name).expect(name).role
}

#[test]
fn the_layout_of_the_published_linkage_test_sets_is_understood_without_help() {
    let real = ["bench/febrl3/records.parquet", "bench/febrl4/records.parquet"];
    for plans in plans_of_layout(include_str!("fixtures/febrl.csv"), &real) {
        for (name, role) in [
            ("rec_id", Role::RecordId),
            ("given_name", Role::Forename),
            ("surname", Role::Surname),
            ("street_number", Role::HouseNumber),
            ("address_1", Role::AddressLine),
            ("address_2", Role::AddressLine),
            ("suburb", Role::Town),
            ("postcode", Role::Postcode),
            ("state", Role::Region),
            ("date_of_birth", Role::DateOfBirth),
            ("soc_sec_id", Role::Identifier),
        ] {
            assert_eq!(role_of(&plans, name), role, "{name}");
        }
        let dates = plans.iter().find(|plan| plan.role == Role::DateOfBirth).expect("found above");
        assert_eq!((dates.date_order, dates.notes.len()), (Some(DateOrder::YearMonthDay), 0));
    }
}

#[test]
fn the_layout_of_a_councils_extracts_is_understood_without_help() {
    let real = ["uk-samples/family_context/csc.csv", "uk-samples/family_context/education.csv"];
    for plans in plans_of_layout(include_str!("fixtures/council.csv"), &real) {
        for (name, role) in [
            ("Cms Id", Role::RecordId),
            ("First Name", Role::Forename),
            ("Last Name", Role::Surname),
            ("Date Of Birth", Role::DateOfBirth),
            ("Gender", Role::Sex),
            ("Address", Role::Address),
        ] {
            assert_eq!(role_of(&plans, name), role, "{name}");
        }
        assert!(
            plans.iter().all(|plan| !matches!(plan.role, Role::Email)),
            "workers' mailboxes are compared"
        );
    }
}

proptest! {
    #[test]
    fn no_value_that_identifies_somebody_is_in_the_text(
        rows in prop::collection::vec(
            ("[A-Z][a-z]{7,9}", "(0[1-9]|[12][0-9])/(0[1-9]|1[0-2])/20[01][0-9]", "9[0-9]{9}", "[a-z]{8}@[a-z]{6}\\.org"),
            1..40,
        ),
        headers in prop::sample::subsequence(vec!["surname", "dob", "nhs number", "email", "c1", "notes", "id"], 4),
    ) {
        let value = |row: usize, column: usize| match column {
            0 => rows[row].0.clone(),
            1 => rows[row].1.clone(),
            2 => rows[row].2.clone(),
            _ => rows[row].3.clone(),
        };
        let columns = headers.iter().enumerate().map(|(column, header)| {
            Column::from_rows(*header, (0..rows.len()).map(|row| Some(value(row, column))))
        });
        let table = Table { name: "t".to_owned(), columns: columns.collect(), n_rows: rows.len() };
        let text = match plan(&table, &[]) {
            Ok(plans) => describe(&Profile::of(&table, &plans)),
            Err(fault) => fault.to_string(),
        };
        for row in 0..rows.len() {
            for column in 0..4 {
                prop_assert!(!text.contains(&value(row, column)), "{}", text);
            }
        }
    }

    #[test]
    fn no_table_panics(cells in prop::collection::vec(prop::collection::vec(".{0,12}", 3), 0..12), headers in prop::collection::vec(".{0,12}", 3)) {
        let columns = headers.iter().enumerate().map(|(at, header)| {
            Column::from_rows(header.as_str(), cells.iter().map(|row| Some(row[at].as_str())))
        });
        let table = Table { name: "t".to_owned(), columns: columns.collect(), n_rows: cells.len() };
        if let Ok(plans) = plan(&table, &[]) {
            let _ = describe(&Profile::of(&table, &plans));
        }
    }
}

#[test]
fn names_are_known_under_headers_that_say_little() {
    const FORENAMES: [&str; 20] = [
        "Oliver", "Amelia", "Noah", "Olivia", "George", "Isla", "Arthur", "Ava", "Muhammad", "Lily", "Leo",
        "Freya", "Harry", "Grace", "Oscar", "Emily", "Theo", "Poppy", "Jack", "Zyx",
    ];
    const SURNAMES: [&str; 20] = [
        "Smith", "Jones", "Khan", "Patel", "Evans", "Hill", "Green", "Clarke", "Ward", "Lee", "Baker",
        "Ahmed", "Hall", "Allen", "Cox", "Bell", "Fox", "Hunt", "Ellis", "Zyxwv",
    ];
    let table = made(
        400,
        &[
            ("Kid 1st nm", &|row| FORENAMES[row % 20].to_owned()),
            ("Kid fam nm", &|row| SURNAMES[row / 20 % 20].to_owned()),
            ("Colour", &|row| ["Brown", "Green", "Gray", "Other"][row % 4].to_owned()),
            ("Child", &|row| format!("{} {}", FORENAMES[row % 20], SURNAMES[row / 20 % 20])),
        ],
    );
    check(
        &table,
        &[
            ("Kid 1st nm", Role::Forename),
            ("Kid fam nm", Role::Surname),
            ("Colour", Role::Category),
            ("Child", Role::FullName),
        ],
    );
    let numbers = made(
        400,
        &[("Child", &|row| format!("{}", 70_000 + row * 31)), ("Surname", &|row| format!("A{row}"))],
    );
    check(&numbers, &[("Child", Role::RecordId), ("Surname", Role::Surname)]);
}

#[test]
fn names_are_never_what_records_are_called() {
    let name = |row: usize| {
        format!(
            "{} Quill{}",
            ["Amelia", "Oliver", "Zora"][row % 3],
            "abcdefghij".get(row % 10..=row % 10).unwrap_or("")
        )
    };
    let unique =
        |row: usize| format!("{} {}", name(row), "klmnopqrst".get(row / 10..=row / 10).unwrap_or(""));
    for header in ["Student", "Pupil", "Child", "Client", "Patient", "Learner"] {
        let table = made(60, &[(header, &unique), ("dob", &|row| format!("2011-02-{:02}", 1 + row % 28))]);
        let plans = plan(&table, &[]).unwrap();
        assert_eq!((plans[0].role, record_column(&table, &plans)), (Role::FullName, None), "{header}");
        assert_eq!(plans[0].why, "header says the person; 100% of values are written like names");
    }
    for header in ["id", "Record ID", "Reference"] {
        let table = made(60, &[(header, &unique), ("dob", &|row| format!("2011-02-{:02}", 1 + row % 28))]);
        let plans = plan(&table, &[]).unwrap();
        assert_eq!(record_column(&table, &plans), None, "{header}");
        assert!(may_hold_names(&table.columns[0]));
    }
}

#[test]
fn former_postcodes_are_known_by_their_header_whether_one_or_several_are_in_a_value() {
    let one = |row: usize| format!("PX{} {}AB", 1 + row % 20, row % 10);
    let several = |row: usize| format!("PX{} {}AB|PX7 7AB", 1 + row % 20, row % 10);
    let surname = |row: usize| format!("{}ham", ["Hen", "Mar", "Wick", "Pel"][row % 4]);
    let table = made(
        60,
        &[
            ("surname", &surname),
            ("postcode", &one),
            ("previous_postcode", &one),
            ("Prev Postcode", &one),
            ("Last Known Postcode", &one),
            ("other_postcodes", &several),
        ],
    );
    check(
        &table,
        &[
            ("surname", Role::Surname),
            ("postcode", Role::Postcode),
            ("previous_postcode", Role::FormerPostcode),
            ("Prev Postcode", Role::FormerPostcode),
            ("Last Known Postcode", Role::FormerPostcode),
            ("other_postcodes", Role::FormerPostcode),
        ],
    );
}
