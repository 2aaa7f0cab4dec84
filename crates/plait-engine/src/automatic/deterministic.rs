//! The rule that links by the local authority's id of a child.

use crate::model::{BlockingKey, DeterministicRule, Guard, LA_CHILD_ID, Part};
use crate::records::{Field, Records};
use plait_types::{NULL, Role};

/// A rule for the ids that a local authority gives to children, where two sources or more share them and they are next to
/// unique in each: its returns are made with them, and hold no names to weigh.
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
        name: None,
        keys: vec![BlockingKey::same(field.name.clone(), Part::Whole)],
        unless_different: guard.iter().cloned().collect(),
    };
    ids.map(rule).collect()
}

/// Whether two sources or more have the field, and in each of them nearly every record that has it has it alone.
fn identifies(records: &Records, field: &Field) -> bool {
    const ALONE: f64 = 0.9;
    let mut n_sources = 0;
    for source in &records.sources {
        let mut counts = vec![0u32; field.values.len()];
        let codes = &field.codes[source.start as usize..source.end as usize];
        codes.iter().filter(|&&code| code != NULL).for_each(|&code| counts[code as usize] += 1);
        let n_present: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        let n_alone = counts.iter().filter(|&&count| count == 1).count();
        if (n_alone as f64) < ALONE * n_present as f64 {
            return false;
        }
        n_sources += u32::from(n_present > 0);
    }
    n_sources > 1
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
}
