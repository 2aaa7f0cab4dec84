//! Any bytes read as Parquet give a table or a fault.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plait_formats::read::{ReadOptions, read_bytes};

fuzz_target!(|bytes: &[u8]| {
    let _ = read_bytes(bytes.to_vec(), "t.parquet", &ReadOptions::default());
});
