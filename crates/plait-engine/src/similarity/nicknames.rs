//! Short forms and spellings of given names: William and Bill, Muhammad and Mohammed.
//!
//! The built-in table is the project's own, of names common in the United Kingdom.

use std::sync::OnceLock;

use hashbrown::HashMap;

/// A table of formal given names and their short forms and spellings.
///
/// A *group* is a formal name with all its short forms; two names are related when a group has both. A short form
/// may be in several groups (`alex`), and its formal names are not related by that (`alexander`, `alexandra`).
/// Names are given as standardised: lower case, ASCII, no surrounding spaces.
#[derive(Clone, Debug, Default)]
pub struct Nicknames {
    names: HashMap<String, Membership>,
    /// The number of formal names.
    groups: u32,
}

/// What the table knows of one name.
#[derive(Clone, Debug, Default)]
struct Membership {
    /// The group of which it is the formal name.
    formal_of: Option<u32>,
    /// All groups that have it, ascending.
    groups: Vec<u32>,
}

impl Nicknames {
    /// The built-in table, read once.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Nicknames> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            let mut table = Self::default();
            for (formal, short) in builtin_pairs() {
                table.insert(formal, short);
            }
            table
        })
    }

    /// Adds one pair. To extend the built-in table, clone it. Repeats change nothing.
    pub fn insert(&mut self, formal: &str, short: &str) {
        let group = self.group_of(formal);
        for name in [formal, short] {
            let groups = &mut self.membership(name).groups;
            if let Err(place) = groups.binary_search(&group) {
                groups.insert(place, group);
            }
        }
    }

    /// The groups that have a name, ascending; empty if the table does not know it. Keep them for each distinct
    /// value: two names are related when equal or when their groups meet.
    pub fn groups(&self, name: &str) -> &[u32] {
        self.names.get(name).map_or(&[], |membership| &membership.groups)
    }

    /// The names are equal, or one is short for the other, or both are short for the same formal name. Symmetric.
    pub fn related(&self, left: &str, right: &str) -> bool {
        left == right || meet(self.groups(left), self.groups(right))
    }

    fn group_of(&mut self, formal: &str) -> u32 {
        let next = self.groups;
        let group = *self.membership(formal).formal_of.get_or_insert(next);
        self.groups = self.groups.max(group + 1);
        group
    }

    fn membership(&mut self, name: &str) -> &mut Membership {
        self.names.entry_ref(name).or_default()
    }
}

fn builtin_pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("nicknames.csv").lines().skip(1);
    lines.map(|line| line.split_once(',').expect("each line of the built-in table is a pair"))
}

fn meet(left: &[u32], right: &[u32]) -> bool {
    left.iter().any(|group| right.contains(group))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::similarity::slow::fixed;

    fn check(left: &str, right: &str, expected: bool) {
        let table = Nicknames::builtin();
        assert_eq!(table.related(left, right), expected, "{left} {right}");
        assert_eq!(table.related(right, left), expected, "{right} {left}");
    }

    #[test]
    fn short_forms_are_related_to_their_formal_name_and_to_each_other() {
        check("bill", "william", true);
        check("william", "bill", true);
        check("bill", "will", true);
        check("bill", "bill", true);
        check("bill", "robert", false);
    }

    #[test]
    fn a_shared_short_form_does_not_relate_its_formal_names() {
        check("alex", "alexander", true);
        check("alex", "alexandra", true);
        check("alexander", "alexandra", false);
        check("samuel", "samantha", false);
    }

    #[test]
    fn transliterations_of_one_name_are_one_family() {
        for family in [
            ["muhammad", "mohammed", "mohamed", "mohammad"],
            ["aisha", "ayesha", "aishah", "aysha"],
            ["yusuf", "yousuf", "yousef", "yusef"],
            ["ahmed", "ahmad", "ahmet", "ahmed"],
            ["fatima", "fatimah", "fathima", "fatma"],
        ] {
            for a in family {
                for b in family {
                    assert!(Nicknames::builtin().related(a, b), "{a} {b}");
                }
            }
        }
        check("aisha", "yusuf", false);
    }

    #[test]
    fn unknown_names_are_related_to_themselves_only() {
        check("qwerty", "qwerty", true);
        check("qwerty", "william", false);
        check("", "william", false);
    }

    #[test]
    fn a_users_pairs_extend_the_table() {
        let mut table = Nicknames::builtin().clone();
        table.insert("zebedee", "zeb");
        table.insert("william", "gwil");
        table.insert("william", "gwil");
        assert!(table.related("zeb", "zebedee"));
        assert!(table.related("gwil", "bill"));
        assert_eq!(table.groups("gwil").len(), 1);
        assert!(!Nicknames::builtin().related("zeb", "zebedee"));
    }

    #[test]
    fn the_table_is_sorted_standardised_and_free_of_repeats() {
        for (formal, short) in builtin_pairs() {
            let plain = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
            assert!(plain(formal) && plain(short) && formal != short, "{formal},{short}");
        }
        assert!(builtin_pairs().is_sorted_by(|a, b| a < b), "sort the table and drop repeats");
        assert!(Nicknames::builtin().groups >= 150);
    }

    proptest! {
        #![proptest_config(fixed(500))]

        #[test]
        fn names_are_related_when_some_formal_name_has_both(
            left in any::<prop::sample::Index>(), right in any::<prop::sample::Index>()
        ) {
            let all: Vec<(&str, &str)> = builtin_pairs().collect();
            let (left, right) = (left.get(&all).1, right.get(&all).1);
            let has = |formal: &str, name: &str| formal == name || all.contains(&(formal, name));
            let expected = left == right || all.iter().any(|(formal, _)| has(formal, left) && has(formal, right));
            prop_assert_eq!(Nicknames::builtin().related(left, right), expected);
        }
    }
}
