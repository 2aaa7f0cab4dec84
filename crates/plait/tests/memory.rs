//! A limit that was accepted holds. On its own, as memory is measured of the whole process.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that unwraps fails with the place")]

use plait::{FaultCode, LinkRequest, Silent, SourceSpec};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// 20,000 records of two sources about 10,000 people.
fn two_files(folder: &Path) -> Vec<SourceSpec> {
    let word = |number: usize| -> String {
        (0..3)
            .map(|place| ["ba", "co", "di", "fe", "gu", "ha", "jo", "li"][(number >> (3 * place)) % 8])
            .collect()
    };
    let mut files = [(); 2].map(|()| String::from("forename,surname,dob,postcode\n"));
    for person in 0..10_000usize {
        let mixed = person.wrapping_mul(2_654_435_761) >> 7;
        let (forename, surname) = (word(mixed % 300), word(mixed / 300 % 512));
        let born = format!("{:02}/{:02}/{}", 1 + mixed % 28, 1 + mixed / 28 % 12, 2006 + mixed / 336 % 14);
        let postcode = format!("QX{} {}AB", 1 + mixed / 11 % 20, mixed / 3 % 10);
        for (index, file) in files.iter_mut().enumerate() {
            // of the second file every third record has one field wrong
            let wrong = if index == 1 { person % 9 } else { 9 };
            let slip = |field: usize| if wrong == field { "e" } else { "" };
            let postcode = if wrong == 2 { "QX30 0AA" } else { &postcode };
            writeln!(file, "{forename}{},{surname}{},{born},{postcode}", slip(0), slip(1)).unwrap();
        }
    }
    ["left.csv", "right.csv"]
        .iter()
        .zip(files)
        .map(|(name, content)| {
            fs::write(folder.join(name), content).unwrap();
            SourceSpec::at(folder.join(name))
        })
        .collect()
}

#[test]
fn the_peak_stays_below_the_least_limit_that_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let mut request = LinkRequest {
        threads: Some(2),
        memory: Some(8 << 20),
        ..LinkRequest::new(two_files(folder.path()), folder.path().join("linked"))
    };
    // the limit is raised to what the refusal says is needed until there is none
    let mut refusals = 0;
    let run = loop {
        match plait::link(&request, &Silent) {
            Ok(linked) => break linked.run,
            Err(faults) => {
                let fault = &faults.0[0];
                assert_eq!(fault.code, FaultCode::NotEnoughMemory, "{fault}");
                let needed = fault.what.strip_prefix("the job needs about ").unwrap();
                let needed: u64 = needed.split(' ').next().unwrap().parse().unwrap();
                assert!(needed << 20 > request.memory.unwrap());
                request.memory = Some(needed << 20);
                refusals += 1;
            }
        }
    };
    assert!(refusals > 0, "8 MiB are too little for 20,000 records");
    let (limit, peak) = (request.memory.unwrap(), run.peak_memory_bytes.unwrap());
    assert!(peak <= limit, "{peak} of {limit}: {:?}", run.peak_memory_after);
    assert!(
        limit < 4 * peak,
        "a limit of {limit} is far above the peak of {peak}: {:?}",
        run.peak_memory_after
    );
}
