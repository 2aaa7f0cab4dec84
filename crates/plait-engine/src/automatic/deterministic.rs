//! The rules that link by numbers alone: the local authority's ids of a child, and numbers of before.

use crate::model::{
    BlockingKey, DeterministicRule, FORMER_LA_CHILD_ID, FORMER_UPN, Guard, LA_CHILD_ID, Part,
};
use crate::records::{Field, Records};
use plait_types::{NULL, Role};

/// A rule for the ids that a local authority gives to children, where two sources or more share them and they are next to
/// unique in each: its returns are made with them, and hold no names to weigh. Two more for numbers of before: the ids that
/// children had before the authority changed its system, by which its return of looked-after children may go on; and former
/// UPNs, of which a source that has not heard of the change knows no other.
///
/// There is none for present UPNs and NHS numbers. On a made-up borough of 20,000 children in eight sources, rules for them
/// (unless forename or date of birth is different) found no pair that the weights did not find, and they are the numbers
/// into which that of a sister is typed.
pub fn deterministic_rules(records: &Records) -> Vec<DeterministicRule> {
    let is_child_id = |field: &&Field| field.role == Role::Identifier && field.name == LA_CHILD_ID;
    let ids = records.fields.iter().filter(is_child_id).filter(|field| identifies(records, field));
    // one wrong date, sex or surname is a mistake in one system or a change of name; two are another child
    let of_two = [Role::Sex, Role::Surname, Role::Forename].map(|role| [Role::DateOfBirth, role]);
    let mut another_child = guards(records, &of_two.each_ref().map(|roles| &roles[..]));
    if another_child.is_empty() {
        another_child = guards(records, &[&[Role::DateOfBirth], &[Role::Sex]]);
    }
    let rule = |field: &Field| DeterministicRule {
        unless_different: another_child.clone(),
        ..DeterministicRule::of(vec![BlockingKey::same(field.name.clone(), Part::Whole)])
    };
    // two systems may have numbered alike, so that one of these is enough to leave a pair to a person
    let of_another_system = guards(records, &[&[Role::DateOfBirth], &[Role::Sex]]);
    // and the number of before an adoption is never to lead to the child
    let of_another_name =
        guards(records, &[&[Role::DateOfBirth], &[Role::Sex], &[Role::Forename, Role::Surname]]);
    let field = |name: &str| records.fields.iter().find(|field| field.name == name);
    let former = [
        (field(LA_CHILD_ID), field(FORMER_LA_CHILD_ID), "former la_child_id", of_another_system),
        (field(Role::Upn.name()), field(FORMER_UPN), "former upn", of_another_name),
    ];
    let former = former.into_iter().filter_map(|(current, former, name, unless_different)| {
        let (current, former) = (current?, former?);
        links_by_former_numbers(records, current, former).then(|| DeterministicRule {
            name: Some(name.into()),
            unless_different,
            ..DeterministicRule::of(vec![BlockingKey {
                left: (current.name.clone(), Part::Whole),
                right: (former.name.clone(), Part::Whole),
            }])
        })
    });
    ids.map(rule).chain(former).collect()
}

/// Guards of the fields of these roles, as far as the records have all of one.
fn guards(records: &Records, roles: &[&[Role]]) -> Vec<Guard> {
    let named = |role: &Role| records.fields.iter().find(|field| field.role == *role);
    let guard = |roles: &&[Role]| {
        let fields = roles.iter().map(|role| Some(named(role)?.name.clone()));
        Some(Guard { fields: fields.collect::<Option<Vec<String>>>()? })
    };
    roles.iter().filter_map(guard).collect()
}

/// Whether former numbers lead from one source to the present ones of another: where the numbers of either kind are next to
/// unique in each source and were not given out anew, so that in a source with both kinds next to no former number is
/// somebody's present one.
fn links_by_former_numbers(records: &Records, current: &Field, former: &Field) -> bool {
    if sources_with(records, current).is_none() || sources_with(records, former).is_none() {
        return false;
    }
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
            return false;
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
    links_two_records
}

/// One former number in so many may be somebody's present one in the same source: a slip.
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
    fn what_is_different_in_another_child_keeps_a_rule_from_linking() {
        let ids = (1..=8).map(|n| Some(format!("{}", (n - 1) % 4 + 1))).collect::<Vec<_>>();
        let upns = ["A1", "A2", "A3", "", "B1", "A2", "A3", ""].map(|upn| Some(upn.to_owned()));
        let former = ["", "", "", "", "A1", "", "", ""].map(|upn| Some(upn.to_owned()));
        let named = |values: Vec<Option<String>>| -> Vec<Option<String>> {
            values.into_iter().map(|value| value.filter(|text| !text.is_empty())).collect()
        };
        let any = || (0..8).map(|n| Some(format!("2014-03-0{}", n % 4 + 1))).collect::<Vec<_>>();
        let columns = [
            (LA_CHILD_ID, Role::Identifier, ids),
            ("upn", Role::Upn, named(upns.to_vec())),
            (FORMER_UPN, Role::Identifier, named(former.to_vec())),
            ("date_of_birth", Role::DateOfBirth, any()),
            ("sex", Role::Sex, (0..8).map(|_| Some("f".to_owned())).collect()),
            ("surname", Role::Surname, any()),
            ("forename", Role::Forename, any()),
        ];
        let rules = deterministic_rules(&records(&[4, 4], &columns));
        let guards = |rule: &DeterministicRule| -> Vec<String> {
            rule.unless_different.iter().map(|guard| guard.fields.join("+")).collect()
        };
        assert_eq!(
            guards(&rules[0]),
            ["date_of_birth+sex", "date_of_birth+surname", "date_of_birth+forename"]
        );
        assert_eq!(rules[1].name.as_deref(), Some("former upn"));
        assert_eq!(guards(&rules[1]), ["date_of_birth", "sex", "forename+surname"]);
        assert_eq!(rules.len(), 2);
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
