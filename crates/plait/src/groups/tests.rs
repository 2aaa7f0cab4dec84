use super::*;

fn tally(clusters: &[(u64, u64)]) -> Tally {
    let mut tally = Tally::default();
    clusters.iter().for_each(|&(part, whole)| tally.add(part, whole));
    tally
}

fn group(name: &str, gaps: Vec<RunGap>) -> RunGroup {
    RunGroup {
        group: name.to_owned(),
        records: 200,
        persons: 100,
        linked: 180,
        in_review: 3,
        expected: Some(200),
        found: Some(180),
        found_share: None,
        standardised_difference: None,
        true_pairs: None,
        recall: None,
        precision: None,
        gaps,
    }
}

fn gap(group: f64, rest: f64) -> RunGap {
    let difference = Bound { estimate: group - rest, low: group - rest - 0.05, high: -0.001 };
    RunGap { measure: "found".to_owned(), group, rest, difference }
}

#[test]
fn a_group_needs_enough_persons_and_so_does_the_rest() {
    let many: Vec<(u64, u64)> = vec![(1, 1); ENOUGH as usize];
    let (large, small) = (tally(&many), tally(&many[1..]));
    let all = |a: &[(u64, u64)], b: &[(u64, u64)]| tally(&[a, b].concat());
    assert_eq!(compare_pairs("recall", &[large, large, all(&many, &many)]).len(), 2);
    assert_eq!(compare_pairs("recall", &[large, small, all(&many, &many[1..])]).len(), 0);
}

#[test]
fn the_widest_gaps_are_said_first_and_none_as_such() {
    let by = |gaps: Vec<Vec<RunGap>>| RunGroups {
        ages_on: Some("2026-03-31".to_owned()),
        ages_on_from: "the day that census is about".to_owned(),
        comparisons: 7,
        groupings: vec![RunGrouping {
            by: "ethnic group".to_owned(),
            groups: gaps.into_iter().zip(["Asian", "Black"]).map(|(gaps, name)| group(name, gaps)).collect(),
        }],
    };
    let found = by(vec![vec![gap(0.95, 0.97)], vec![gap(0.9, 0.98)]]).words();
    assert_eq!(
        found,
        "figures by ethnic group; ages on 2026-03-31, the day that census is about; served worse than the rest, of 7 \
         comparisons: ethnic group, Black: found 90.0% against 98.0%; ethnic group, Asian: found 95.0% against 97.0%. All of \
         them in quality-report.html."
    );
    let none = by(vec![vec![], vec![]]).words();
    assert!(none.contains("none of 7 comparisons finds a group below the rest"), "{none}");
}
