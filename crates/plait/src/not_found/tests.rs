use super::*;

fn not_found(source: &str, records: u64, unexplained: u64, explained: &[(&str, u64)]) -> RunNotFound {
    let explained: Vec<RunExplained> = explained
        .iter()
        .map(|(by, records)| RunExplained { by: (*by).to_owned(), records: *records })
        .collect();
    RunNotFound {
        source: source.to_owned(),
        not_found_in: "census".to_owned(),
        records,
        not_found: unexplained + explained.iter().map(|of| of.records).sum::<u64>(),
        unexplained,
        explained,
    }
}

#[test]
fn the_largest_shares_are_said_first_and_what_explains_the_others_with_them() {
    let all = [
        not_found("a", 1000, 10, &[]),
        not_found("b", 100, 9, &[("age", 2), ("area", 1)]),
        not_found("c", 10, 0, &[("age", 5)]),
        not_found("d", 1000, 20, &[]),
        not_found("e", 1, 1, &[]),
    ];
    assert_eq!(
        words(&all).as_deref(),
        Some(
            "though expected: 1 of 1 record of e in census; 9 of 100 records of b in census, 3 more explained (2 by age, 1 by \
             area); 20 of 1,000 records of d in census; 1 more in run.json. Who they are is in not_found.csv."
        )
    );
}

#[test]
fn where_everything_is_explained_that_is_said_and_of_nothing_nothing() {
    assert_eq!(words(&[]), None);
    assert_eq!(
        words(&[not_found("c", 10, 0, &[("school", 5)])]).as_deref(),
        Some("nobody of whom a partner is expected; 5 records without one explained, in run.json.")
    );
    assert_eq!(not_found("a", 3, 1, &[]).explained_words(), "–");
}

#[test]
fn what_explains_has_one_word_each() {
    let mut by: Vec<&str> = REASONS.iter().map(|reason| reason.1).collect();
    by.sort_unstable();
    by.dedup();
    assert_eq!(by.len(), REASONS.len());
}
