//! Any bytes read as Arrow IPC give a table or a fault.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plait_fuzz::{read_table, tolerate_libraries};

fuzz_target!(init: tolerate_libraries(), |bytes: &[u8]| read_table(bytes, "t.arrow"));
