//! Any bytes read as the JSON of a return give rows or a fault.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plait_fuzz::{read_return, tolerate_libraries};

fuzz_target!(init: tolerate_libraries(), |bytes: &[u8]| read_return(bytes, "t.json"));
