//! What cannot be linked is refused in words that fit what was given.
#![expect(clippy::unwrap_used, reason = "a test that unwraps fails with the place")]

use plait::{Fault, FaultCode, LinkRequest, Silent, SourceSpec};

/// The fault of linking files of these contents.
fn refusal(contents: &[&str]) -> Fault {
    let folder = tempfile::tempdir().unwrap();
    let sources = contents.iter().enumerate().map(|(index, content)| {
        let path = folder.path().join(format!("file{index}.csv"));
        std::fs::write(&path, content).unwrap();
        SourceSpec::at(path)
    });
    let request =
        LinkRequest { threads: Some(1), ..LinkRequest::new(sources.collect(), folder.path().join("linked")) };
    let fault = plait::link(&request, &Silent).unwrap_err().0.remove(0);
    assert!(!request.out.as_ref().is_some_and(|out| out.exists()));
    fault
}

#[test]
fn a_file_of_one_record_has_nothing_to_be_linked_with() {
    let fault = refusal(&["forename,surname,dob\nAmelia,Okafor,01/02/2010\n"]);
    assert_eq!(fault.code, FaultCode::NoUsableColumn);
    assert_eq!(fault.what, "the file has one record, and there is no other to link it with");
    assert_eq!(
        fault.why.as_deref(),
        Some("a link is between two records, and this one could only be compared with itself")
    );
}

#[test]
fn a_file_of_equal_records_has_no_column_that_tells_them_apart() {
    let fault = refusal(&[&format!("forename,surname,dob\n{}", "Amelia,Okafor,01/02/2010\n".repeat(3))]);
    assert_eq!(fault.code, FaultCode::NoUsableColumn);
    assert_eq!(fault.what, "the 3 records of the file are copies of one record");
}

#[test]
fn files_without_a_common_column_are_told_so() {
    let fault = refusal(&["forename\nAmelia\nBilal\n", "postcode\nQX1 1AA\nQX2 2BB\n"]);
    assert_eq!(fault.code, FaultCode::NoUsableColumn);
    assert_eq!(fault.what, "the sources have no column in common that says who a record is about");
}
