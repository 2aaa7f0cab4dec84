//! Any bytes are told what they are, or refused; what is recognised is read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plait_fuzz::{read_return, tolerate_libraries};

fuzz_target!(init: tolerate_libraries(), |bytes: &[u8]| read_return(bytes, "2024_spring_pupilonroll"));
