//! The rules that link by the local authority's ids of a child.

use crate::model::{BlockingKey, DeterministicRule, FORMER_LA_CHILD_ID, Guard, LA_CHILD_ID, Part};
use crate::records::{Field, Records};
use plait_types::{NULL, Role};

/// A rule for the ids that a local authority gives to children, where two sources or more share them and they are next to
/// unique in each: its returns are made with them, and hold no names to weigh. Another for the ids of before the authority
/// changed its system, by which its return of looked-after children may go on.
///
/// There is none for UPNs and NHS numbers. On a made-up borough of 20,000 children in eight sources, rules for them
/// (unless forename or date of birth is different) found no pair that the weights did not find, and they are the numbers
/// into which that of a sister is typed.
pub fn deterministic_rules(records: &Records) -> Vec<DeterministicRule> {
    let named = |role| records.fields.iter().find(|field| field.role == role).map(|field| field.name.clone());
    // one wrong date or sex is a mistake in one system; both are another child
    let another_child: Vec<String> = [Role::DateOfBirth, Role::Sex].into_iter().filter_map(named).collect();
    let guard = (!another_child.is_empty()).then_some(Guard { fields: another_child });
    let is_child_id = |field: &&Field| field.role == Role::Identifier && field.name == LA_CHILD_ID;
    let ids = records.fields.iter().filter(is_child_id).filter(|field| identifies(records, field));
    let rule = |field: &Field| DeterministicRule {
        unless_different: guard.iter().cloned().collect(),
        ..DeterministicRule::of(vec![BlockingKey::same(field.name.clone(), Part::Whole)])
    };
    ids.map(rule).chain(former_id_rule(records)).collect()
}

/// The rule that links an id to the record of which it is a former one, where the ids of either kind are next to unique in
/// each source and numbers were not given out anew: in a source with both kinds next to no former id is somebody's current
/// one. Two systems may have numbered alike, so that one wrong date or sex is enough to leave a pair to a person.
fn former_id_rule(records: &Records) -> Option<DeterministicRule> {
    let field = |name: &str| {
        let is_it = |field: &&Field| field.role == Role::Identifier && field.name == name;
        records.fields.iter().find(is_it)
    };
    let (current, former) = (field(LA_CHILD_ID)?, field(FORMER_LA_CHILD_ID)?);
    sources_with(records, current)?;
    sources_with(records, former)?;
    let as_current = former.codes_in(current);
    let mut links_two_records = false;
    for source in &records.sources {
        let rows = source.start as usize..source.end as usize;
        let mut is_current = vec![false; current.values.len()];
        let codes = &current.codes[rows.clone()];
        codes.iter().filter(|&&code| code != NULL).for_each(|&code| is_current[code as usize] = true);
        let mut is_former = vec![false; former.values.len()];
        let (mut n_former, mut n_given_anew) = (0u64, 0u64);
        for &code in former.codes[rows].iter().filter(|&&code| code != NULL) {
            n_former += 1;
            is_former[code as usize] = true;
            n_given_anew += u64::from(as_current[code as usize].is_some_and(|id| is_current[id as usize]));
        }
        if n_given_anew * GIVEN_ANEW > n_former {
            return None;
        }
        let of_others = || {
            let others = records.sources.iter().filter(|other| other.start != source.start);
            others.flat_map(|other| &current.codes[other.start as usize..other.end as usize])
        };
        let mut is_of_others = vec![false; current.values.len()];
        of_others().filter(|&&code| code != NULL).for_each(|&code| is_of_others[code as usize] = true);
        links_two_records |= as_current
            .iter()
            .zip(&is_former)
            .any(|(id, is_former)| *is_former && id.is_some_and(|id| is_of_others[id as usize]));
    }
    let named = |role| records.fields.iter().find(|field| field.role == role).map(|field| field.name.clone());
    let guards = [Role::DateOfBirth, Role::Sex].into_iter().filter_map(named);
    links_two_records.then(|| DeterministicRule {
        name: Some("former la_child_id".into()),
        unless_different: guards.map(|field| Guard { fields: vec![field] }).collect(),
        ..DeterministicRule::of(vec![BlockingKey {
            left: (current.name.clone(), Part::Whole),
            right: (former.name.clone(), Part::Whole),
        }])
    })
}

/// One former id in so many may be somebody's current one in the same source: a slip.
const GIVEN_ANEW: u64 = 100;

/// Whether two sources or more have the field, and in each of them nearly every record that has it has it alone.
fn identifies(records: &Records, field: &Field) -> bool {
    sources_with(records, field).is_some_and(|n_sources| n_sources > 1)
}

/// How many sources have the field; `None` where in one of them too many records share theirs with another.
fn sources_with(records: &Records, field: &Field) -> Option<u32> {
    const ALONE: f64 = 0.9;
    let mut n_sources = 0;
    for source in &records.sources {
        let mut counts = vec![0u32; field.values.len()];
        let codes = &field.codes[source.start as usize..source.end as usize];
        codes.iter().filter(|&&code| code != NULL).for_each(|&code| counts[code as usize] += 1);
        let n_present: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        let n_alone = counts.iter().filter(|&&count| count == 1).count();
        if (n_alone as f64) < ALONE * n_present as f64 {
            return None;
        }
        n_sources += u32::from(n_present > 0);
    }
    Some(n_sources)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::records;

    /// Ids of two sources of four records, and whether they make a rule.
    fn check(ids: [&str; 8], expected: bool) {
        let column = |values: [&str; 8]| -> Vec<Option<String>> {
            values.iter().map(|value| (!value.is_empty()).then(|| (*value).to_owned())).collect()
        };
        let sexes = ["m", "f", "m", "f", "m", "f", "m", "f"];
        let columns = [(LA_CHILD_ID, Role::Identifier, column(ids)), ("sex", Role::Sex, column(sexes))];
        let rules = deterministic_rules(&records(&[4, 4], &columns));
        assert_eq!(!rules.is_empty(), expected, "{ids:?}");
        assert!(rules.iter().all(|rule| rule.unless_different == [Guard { fields: vec!["sex".into()] }]));
    }

    #[test]
    fn child_ids_make_a_rule_where_two_sources_share_them_and_each_has_one_record_of_each() {
        check(["1", "2", "3", "4", "4", "3", "2", ""], true);
        check(["1", "2", "3", "4", "", "", "", ""], false);
        check(["1", "1", "3", "4", "4", "3", "2", "1"], false);
    }

    /// Current and former ids of two sources of four records, and whether they make a rule for the former ones.
    fn check_former(current: [&str; 8], former: [&str; 8], expected: bool) {
        let column = |values: [&str; 8]| -> Vec<Option<String>> {
            values.iter().map(|value| (!value.is_empty()).then(|| (*value).to_owned())).collect()
        };
        let sexes = ["m", "f", "m", "f", "m", "f", "m", "f"];
        let columns = [
            (LA_CHILD_ID, Role::Identifier, column(current)),
            (FORMER_LA_CHILD_ID, Role::Identifier, column(former)),
            ("sex", Role::Sex, column(sexes)),
        ];
        let rules = deterministic_rules(&records(&[4, 4], &columns));
        let rule = rules.iter().find(|rule| rule.name.as_deref() == Some("former la_child_id"));
        assert_eq!(rule.is_some(), expected, "{current:?} {former:?}");
        assert!(rule.is_none_or(|rule| rule.unless_different == [Guard { fields: vec!["sex".into()] }]));
    }

    #[test]
    fn former_ids_make_a_rule_where_another_source_has_them_and_none_was_given_anew() {
        check_former(
            ["11", "12", "13", "14", "11", "2", "3", "14"],
            ["1", "2", "3", "", "", "", "", ""],
            true,
        );
        check_former(
            ["11", "12", "13", "14", "11", "12", "13", "14"],
            ["1", "2", "3", "", "", "", "", ""],
            false,
        );
        // 12 was a child's old number and is another's new one
        check_former(
            ["11", "12", "13", "14", "11", "12", "13", "14"],
            ["12", "2", "3", "", "", "", "", ""],
            false,
        );
        check_former(
            ["11", "12", "13", "14", "11", "1", "1", "1"],
            ["1", "2", "3", "", "", "", "", ""],
            false,
        );
        check_former(
            ["11", "12", "13", "14", "11", "2", "3", "14"],
            ["2", "2", "3", "", "", "", "", ""],
            false,
        );
    }
}
