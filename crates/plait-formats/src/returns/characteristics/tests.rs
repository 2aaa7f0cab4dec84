use super::super::landing::Landing;
use super::super::{BatchSink as _, library};
use super::*;
use plait_types::Table as Rows_;
use std::sync::Arc;

/// A batch of one table of a return; rows are on lines 2, 3 …
fn batch(spec: &Spec, table: &str, headers: &[&str], rows: &[&[&str]]) -> Batch {
    let at = spec.tables.iter().position(|other| other.name == table).expect("a table of the return");
    let column = |(i, name): (usize, &&str)| {
        Column::from_rows(*name, rows.iter().map(|row| Some(row[i]).filter(|cell| !cell.is_empty())))
    };
    Batch {
        table: at,
        file: Arc::from(format!("{table}.csv")),
        rows: Rows_ {
            name: table.to_owned(),
            columns: headers.iter().enumerate().map(column).collect(),
            n_rows: rows.len(),
        },
        columns: headers.iter().map(|header| spec.tables[at].column(header)).collect(),
        lines: (2..2 + rows.len() as u64).collect(),
        nesting: None,
    }
}

/// Headers and rows of a table.
type Sheet<'a> = (&'a str, &'a [&'a str], &'a [&'a [&'a str]]);

/// `role: value of each record`, a line for each characteristic that these tables of a return say on a day.
fn check(of: &str, on: Option<&str>, tables: &[Sheet<'_>], expected: &[&str]) {
    let spec = library::spec(of).expect("a return that is known");
    let on = on.map(|day| PartialDate::from_iso(day).expect("a day"));
    let mut landing = Landing::new(Arc::clone(&spec), on, None, None);
    for (table, headers, rows) in tables {
        landing.batch(batch(&spec, table, headers, rows)).expect("nothing that can fail");
    }
    let landed = landing.finish("it").expect("nothing that can fail");
    let said: Vec<String> = landed
        .characteristics
        .iter()
        .map(|said| {
            let values = (0..landed.identity.n_records).map(|row| said.column.get(row).unwrap_or("-"));
            format!("{}: {}", said.role.name(), values.collect::<Vec<_>>().join(" "))
        })
        .collect();
    assert_eq!(said, expected);
}

const PUPILS: Sheet<'_> = (
    "pupilonroll",
    &["pupilonrolltableid", "surname", "senprovision"],
    &[&["a", "Example", "K"], &["b", "Sample", ""], &["c", "Other", "E"]],
);

#[test]
fn a_column_says_what_its_header_names() {
    check("school-census-2026", None, &[PUPILS], &["sen_provision: K - E"]);
}

#[test]
fn a_characteristic_is_called_as_the_file_calls_it() {
    let spec = library::spec("csds-mpi").expect("a return that is known");
    let at =
        spec.tables.iter().position(|table| table.column("LookedAfterChildInd").is_some()).expect("a table");
    let mut batch =
        batch(&spec, &spec.tables[at].name, &["LocalPatientId", "LookedAfterChildInd"], &[&["1", "Y"]]);
    let mut landing = Landing::new(Arc::clone(&spec), None, None, None);
    let names: Vec<String> = batch.rows.columns.iter().map(|column| column.name.clone()).collect();
    landing.header(&batch.file, at, &names, &batch.columns);
    for (column, of_spec) in batch.rows.columns.iter_mut().zip(&batch.columns) {
        column.name.clone_from(&spec.tables[at].columns[of_spec.expect("known")].name);
    }
    landing.batch(batch).expect("nothing that can fail");
    let landed = landing.finish("it").expect("nothing that can fail");
    assert_eq!(landed.characteristics[0].header, "LookedAfterChildInd");
}

#[test]
fn a_period_holds_on_the_day_that_the_return_is_about() {
    let periods: Sheet<'_> = (
        "fsmperiod",
        &["pupilonrolltableid", "fsmstartdate", "fsmenddate"],
        &[
            &["a", "2022-Feb-26 00:00:00", ""],
            &["b", "2022-Feb-26 00:00:00", "2025-Dec-31 00:00:00"],
            &["c", "2026-Feb-01 00:00:00", ""],
            &["c", "2020-Feb-01 00:00:00", "2021-Feb-01 00:00:00"],
        ],
    );
    let ends: &[&[&str]] = &[
        &["a", "2022-Feb-26 00:00:00", "9999-Dec-31 00:00:00"],
        &["b", "2022-Feb-26 00:00:00", "2099-Dec-31 00:00:00"],
        &["c", "2022-Feb-26 00:00:00", "2098-Dec-31 00:00:00"],
    ];
    let far_away: Sheet<'_> = (periods.0, periods.1, ends);
    let sen = "sen_provision: K - E";
    check(
        "school-census-2026",
        Some("2026-01-15"),
        &[PUPILS, periods],
        &[sen, "free_school_meals: yes no no"],
    );
    // without a day, what has not ended
    check("school-census-2026", None, &[PUPILS, periods], &[sen, "free_school_meals: yes no yes"]);
    check("school-census-2026", None, &[PUPILS, far_away], &[sen, "free_school_meals: yes yes no"]);
}

#[test]
fn dates_of_a_period_are_read_in_the_order_that_their_columns_show() {
    let people: Sheet<'_> = ("ssd_person", &["pers_person_id"], &[&["1"], &["2"], &["3"]]);
    let plans = |rows| -> Sheet<'static> {
        ("ssd_cp_plans", &["cppl_person_id", "cppl_cp_plan_start_date", "cppl_cp_plan_end_date"], rows)
    };
    // ended on 4 December, begins on 4 December, goes on
    let month_first = plans(&[
        &["1", "01/25/2025", "12/04/2025"],
        &["2", "12/04/2025", "03/30/2026"],
        &["3", "03/28/2024", "01/30/2026"],
    ]);
    check("ssd", Some("2025-06-30"), &[people, month_first], &["protection_plan: yes no yes"]);
    check("ssd", Some("2025-12-31"), &[people, month_first], &["protection_plan: no yes yes"]);
    // ended on 12 April, began on 12 April
    let day_first = plans(&[
        &["1", "25/01/2025", "12/04/2025"],
        &["2", "12/04/2025", "30/03/2026"],
        &["3", "28/03/2024", "30/01/2026"],
    ]);
    check("ssd", Some("2025-06-30"), &[people, day_first], &["protection_plan: no yes yes"]);
}

#[test]
fn a_return_of_such_children_says_it_of_all_and_its_plans_of_some() {
    let children: Sheet<'_> =
        ("child", &["LAchildID", "PersonBirthDate"], &[&["1", "2015-03-01"], &["2", "2016-03-01"]]);
    check("cin-census-2026", Some("2026-03-31"), &[children], &["child_in_need: yes yes"]);
}

#[test]
fn a_status_counts_where_its_words_say_it() {
    let people: Sheet<'_> = ("ssd_person", &["pers_person_id"], &[&["1"], &["2"], &["3"]]);
    let statuses: Sheet<'_> = (
        "ssd_immigration_status",
        &[
            "immi_person_id",
            "immi_immigration_status_start_date",
            "immi_immigration_status_end_date",
            "immi_immigration_status",
        ],
        &[
            &["1", "2025-05-18", "", "Unaccompanied asylum seeking child"],
            &["2", "2025-05-18", "", "Refugee status"],
        ],
    );
    check("ssd", None, &[people, statuses], &["unaccompanied: yes no no"]);
}

#[test]
fn every_period_is_of_a_table_that_some_year_of_its_return_has() {
    let has = |table: &crate::returns::spec::Table, name: Option<&str>| {
        name.is_none_or(|name| table.columns.iter().any(|column| column.name == name))
    };
    for period in PERIODS {
        let mut tables = library::years(period.of).iter().flat_map(|spec| &spec.tables);
        let found = tables.any(|table| {
            table.name == period.table
                && [period.from, period.to, period.says.map(|says| says.0)]
                    .into_iter()
                    .all(|name| has(table, name))
        });
        assert!(found, "{} {}", period.of, period.table);
    }
    assert!(OF_ALL.iter().all(|(of, _)| !library::years(of).is_empty()));
}
