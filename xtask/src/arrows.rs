//! Which crates may use which: the arrows of ARCHITECTURE.md, and no others.

use std::collections::{BTreeMap, BTreeSet};

/// Every crate of the workspace with the crates of the workspace that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("plait-types", &[]),
    ("plait-formats", &["plait-types"]),
    ("plait-engine", &["plait-types"]),
    ("plait-report", &["plait-engine", "plait-types"]),
    ("plait-synth", &["plait-formats", "plait-types"]),
    ("plait", &["plait-formats", "plait-engine", "plait-report", "plait-types"]),
    ("plait-cli", &["plait", "plait-synth"]),
    ("plait-python", &["plait"]),
    ("xtask", &[]),
];

/// Holds the real graph against the list. Dependencies of tests alone are not arrows.
pub(crate) fn check() -> Result<(), String> {
    let tree = crate::output(crate::cargo().args([
        "tree",
        "--workspace",
        "--depth",
        "1",
        "--no-dedupe",
        "--edges",
        "normal",
        "--prefix",
        "depth",
        "--format",
        " {p}",
        "--locked",
    ]))?;
    let wrong = wrong_arrows(&tree);
    if wrong.is_empty() {
        println!("arrows between crates: as in ARCHITECTURE.md");
        Ok(())
    } else {
        Err(format!(
            "{}\nsee ARCHITECTURE.md; a new arrow is added there and in xtask/src/arrows.rs, with its reason",
            wrong.join("\n")
        ))
    }
}

/// What differs between the output of `cargo tree` and [`ARROWS`], a sentence each.
fn wrong_arrows(tree: &str) -> Vec<String> {
    let real = uses(tree);
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (user, used) in &real {
        let Some(may_use) = allowed.get(user) else {
            wrong.push(format!("crate {user} is not in the list of arrows"));
            continue;
        };
        for used in used.iter().filter(|used| real.contains_key(*used) && !may_use.contains(used)) {
            wrong.push(format!("{user} must not use {used}"));
        }
    }
    let gone = allowed.keys().filter(|name| !real.contains_key(*name));
    wrong.extend(gone.map(|name| format!("crate {name} is in the list of arrows but not in the workspace")));
    wrong
}

/// Per crate of the workspace (depth 0) what it uses (depth 1).
fn uses(tree: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut user = "";
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("0"), Some(name)) => {
                user = name;
                uses.entry(user).or_default();
            }
            (Some("1"), Some(name)) => {
                uses.entry(user).or_default().insert(name);
            }
            _ => {}
        }
    }
    uses
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph as `cargo tree` prints it, with every allowed arrow and these besides.
    fn tree_with(extra: &[(&str, &str)]) -> String {
        let mut tree = String::new();
        for (user, used) in ARROWS {
            tree += &format!("0 {user} v0.1.0 (/plait/crates/{user})\n1 serde v1.0.0\n");
            let extra = extra.iter().filter(|(from, _)| from == user).map(|(_, to)| to);
            for used in used.iter().chain(extra) {
                tree += &format!("1 {used} v0.1.0 (/plait/crates/{used})\n");
            }
            tree += "\n";
        }
        tree
    }

    #[test]
    fn the_graph_of_the_architecture_is_right() {
        assert_eq!(wrong_arrows(&tree_with(&[])), [""; 0]);
    }

    #[test]
    fn an_arrow_that_the_architecture_does_not_have_is_named() {
        let tree = tree_with(&[("plait-engine", "plait-formats"), ("plait-cli", "plait-engine")]);
        assert_eq!(
            wrong_arrows(&tree),
            ["plait-cli must not use plait-engine", "plait-engine must not use plait-formats"]
        );
    }

    #[test]
    fn a_crate_that_nobody_declared_is_named() {
        let tree = tree_with(&[]) + "0 plait-utils v0.1.0 (/plait/crates/plait-utils)\n";
        assert_eq!(wrong_arrows(&tree), ["crate plait-utils is not in the list of arrows"]);
        let tree = tree.replace("xtask", "plait-utils");
        assert!(
            wrong_arrows(&tree)
                .contains(&"crate xtask is in the list of arrows but not in the workspace".to_owned())
        );
    }

    #[test]
    fn the_workspace_has_no_other_arrow() {
        assert_eq!(check(), Ok(()));
    }
}
