//! Times reading and writing: `cargo run --release -p plait-formats --example timing -- people.parquet people.csv`.
#![expect(clippy::print_stdout, reason = "a measuring tool prints")]

use plait_formats::read::{ReadOptions, read};
use plait_formats::write::{OutTable, OutValues, write_parquet};
use std::path::Path;
use std::time::Instant;

const RUNS: usize = 5;

fn main() -> Result<(), plait_types::Fault> {
    let mut last = None;
    for file in std::env::args().skip(1) {
        for _ in 0..RUNS {
            drop(last.take());
            let started = Instant::now();
            let read = read(Path::new(&file), &ReadOptions::default())?;
            println!(
                "read {file}: {} rows, {} columns, {:.3} s",
                read.table.n_rows,
                read.table.columns.len(),
                started.elapsed().as_secs_f64()
            );
            last = Some(read.table);
        }
    }
    let Some(table) = last else { return Ok(()) };
    let path = std::env::temp_dir().join("plait-timing.parquet");
    let n_rows = table.n_rows;
    for _ in 0..RUNS {
        let mut out = OutTable::new();
        for column in table
            .columns
            .iter()
            .filter(|column| ["sex", "rec_id", "nhs_number"].contains(&column.name.as_str()))
        {
            out = out.with(&column.name, OutValues::codes(&column.codes[..], &column.values));
        }
        out = out.with("weight", (0..n_rows).map(|row| (row % 5_000) as f64 / 7.0).collect::<Vec<_>>());
        let started = Instant::now();
        write_parquet(&path, &out)?;
        println!("write {} columns: {:.3} s", out.columns.len(), started.elapsed().as_secs_f64());
    }
    Ok(())
}
