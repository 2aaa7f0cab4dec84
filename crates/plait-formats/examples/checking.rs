//! Times checking: `cargo run --release -p plait-formats --example checking -- 10000000`, with a number of rows.
//!
//! The rows are like those of a school census: identifiers and dates of which nearly all differ, names, codes. Making
//! them is not timed.
#![expect(clippy::print_stdout, reason = "a measuring tool prints")]

use plait_formats::returns::{Batch, Spec, check::Checker};
use plait_types::identifier::Upn;
use plait_types::{Column, PartialDate, Table};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SPEC: &str = r#"
format = 1
return = "timing"
title = "Timing"
year = 2026
collector = "nobody"

[[table]]
name = "pupil"
rows = "person"
record = "id"
columns = [
  { name = "id", kind = "key", meaning = "record", required = true },
  { name = "upn", kind = "upn", meaning = "upn" },
  { name = "surname", meaning = "surname", required = true },
  { name = "forename", meaning = "forename", required = true },
  { name = "dob", kind = "date", meaning = "date_of_birth", required = true },
  { name = "sex", codes = "sex", meaning = "sex", required = true },
  { name = "postcode", kind = "postcode", meaning = "postcode" },
  { name = "entry", kind = "date" },
  { name = "hours", kind = "number" },
  { name = "parttime", kind = "boolean" },
]

[[check]]
id = "1510"
table = "pupil"
column = "upn"
rule = "upn_check_letter"
category = "conformance"
says = "check letter of the UPN is wrong"
todo = "ask the school"

[[check]]
id = "1520"
table = "pupil"
column = "upn"
rule = "unique"
category = "plausibility"
says = "two children have one UPN"
todo = "ask the school"

[[check]]
id = "entry"
table = "pupil"
column = "entry"
rule = "not_before"
other = "dob"
category = "plausibility"
says = "entry is before birth"
todo = "ask the school"

[[check]]
id = "future"
table = "pupil"
column = "dob"
rule = "not_in_future"
category = "plausibility"
says = "date of birth is in the future"
todo = "ask the school"
"#;

const BATCH: usize = 65_536;

fn main() -> Result<(), plait_types::Fault> {
    let n_rows = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let spec = Arc::new(Spec::parse(SPEC, "spec.toml")?);
    let mut checker = Checker::new(Arc::clone(&spec), PartialDate::whole(2026, 1, 15), None);
    let mut spent = Duration::ZERO;
    for first in (0..n_rows).step_by(BATCH) {
        let batch = rows(first, BATCH.min(n_rows - first));
        let started = Instant::now();
        checker.batch(&batch);
        spent += started.elapsed();
    }
    let cells = (n_rows * spec.tables[0].columns.len()) as f64;
    println!(
        "{n_rows} rows: {:.2} s, {:.1} million cells/s",
        spent.as_secs_f64(),
        cells / spent.as_secs_f64() / 1e6
    );
    let started = Instant::now();
    let findings = checker.finish();
    println!("finish: {:.2} s, {} findings", started.elapsed().as_secs_f64(), findings.len());
    for finding in findings.iter().take(5) {
        println!("  {} {}: {} of {}", finding.check, finding.column, finding.n_found, finding.n_checked);
    }
    Ok(())
}

fn rows(first: usize, n: usize) -> Batch {
    let rows = first..first + n;
    let column = |name: &str, cell: &dyn Fn(usize) -> String| {
        Column::from_rows(name, rows.clone().map(|row| Some(cell(row))))
    };
    let day = |row: usize, from: i32| {
        PartialDate::from_day_number(from + (row.wrapping_mul(2_654_435_761) % 5_000) as i32)
            .map_or_else(String::new, PartialDate::iso)
    };
    let word = |row: usize, n: usize| format!("NAME{}", row.wrapping_mul(2_654_435_761) % n);
    let columns = vec![
        column("id", &|row| format!("{row:010}")),
        // one in a hundred twice
        column("upn", &|row| upn(if row % 100 == 99 { row - 1 } else { row })),
        column("surname", &|row| word(row, 30_000)),
        column("forename", &|row| word(row, 9_000)),
        column("dob", &|row| day(row, 14_600)),
        column("sex", &|row| ["M", "F"][row % 2].to_owned()),
        column("postcode", &|row| format!("NW{} {}AB", row % 90 + 10, row / 90 % 10)),
        column("entry", &|row| day(row, 16_600)),
        column("hours", &|row| format!("{}.5", row % 30)),
        column("parttime", &|row| ["0", "1", "True"][row % 3].to_owned()),
    ];
    Batch {
        table: 0,
        file: "pupils.csv".into(),
        columns: (0..columns.len()).map(Some).collect(),
        rows: Table { name: "pupil".to_owned(), columns, n_rows: n },
        lines: (first as u64 + 2..).take(n).collect(),
        nesting: None,
    }
}

fn upn(row: usize) -> String {
    let body = format!("999{row:09}");
    let mut letters = "ABCDEFGHJKLMNPQRTUVWXYZ".chars().map(|letter| format!("{letter}{body}"));
    letters.find(|text| Upn::parse(text).is_some()).unwrap_or(body)
}
