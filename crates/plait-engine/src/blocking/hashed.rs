//! Keys as hashes, which are the same for all who hold some of the records.

use super::RIGHT;
use crate::model::{BlockingKey, BlockingRule, Part};
use crate::part::{HashLists, part_hashes};
use crate::random::draw;
use crate::records::Records;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// How the records of a rule find each other: by all of its keys, or by those of them that other rules have too, so that a record is
/// sent once for several rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Rules of one number have one route.
    pub number: u32,
    /// Places of the keys among those of the rule; all if empty.
    pub keys: Vec<usize>,
}

impl Route {
    /// The keys of the route of a rule, as a rule of their own; by all of its keys, records have the same route.
    pub(crate) fn alone(&self, rule: &BlockingRule) -> (BlockingRule, Self) {
        let keys = if self.keys.is_empty() {
            rule.keys.clone()
        } else {
            self.keys.iter().map(|&at| rule.keys[at].clone()).collect()
        };
        (BlockingRule { keys }, Self { number: self.number, keys: Vec::new() })
    }
}

/// The key of a record as hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hashed {
    /// Of the rule and all keys: records of a block have the same.
    pub(crate) block: u64,
    /// Of the keys of the route: records of one go to the same parts.
    pub(crate) route: u64,
    /// The record, with [`RIGHT`] on the right side of a rule whose sides are unlike.
    entry: u32,
}

impl Hashed {
    pub(crate) fn record(self) -> u32 {
        self.entry & !RIGHT
    }

    pub(super) fn is_right(self) -> bool {
        self.entry & RIGHT != 0
    }
}

/// Tells each key of each record under a rule, which goes by its number: several where a record may have several, none where one
/// is missing. Where the sides of the rule are unlike, every record is there twice, the second time on the right.
///
/// Panics if the rule names a field that the records lack.
pub(crate) fn for_each_key(
    records: &Records,
    (number, rule): (usize, &BlockingRule),
    route: &Route,
    mut tell: impl FnMut(Hashed),
) {
    let is_symmetric = rule.keys.iter().all(BlockingKey::is_symmetric);
    let side = |of: &dyn Fn(&BlockingKey) -> (String, Part)| -> Vec<(&[u32], HashLists)> {
        let hashes = |key: &BlockingKey| {
            let (name, part) = of(key);
            let field = &records.fields[records.field(&name).expect("the model was checked")];
            (&field.codes[..], part_hashes(field, part))
        };
        rule.keys.iter().map(hashes).collect()
    };
    let mut sides = vec![(0, side(&|key| key.left.clone()))];
    if !is_symmetric {
        sides.push((RIGHT, side(&|key| key.right.clone())));
    }
    let (of_rule, of_route) = (draw(SEED, number as u64), draw(!SEED, u64::from(route.number)));
    let (mut hashes, mut longer) = (Vec::new(), Vec::new());
    for (mark, side) in &sides {
        for record in 0..records.len() as u32 {
            hashes.clear();
            hashes.push((of_rule, of_route));
            for (at, (codes, lists)) in side.iter().enumerate() {
                let of_key = lists.get(codes[record as usize]);
                let is_of_route = route.keys.is_empty() || route.keys.contains(&at);
                let with = |(block, route): (u64, u64), key: u64| {
                    (draw(block, key), if is_of_route { draw(route, key) } else { route })
                };
                match of_key {
                    [] => hashes.clear(),
                    [key] => hashes.iter_mut().for_each(|so_far| *so_far = with(*so_far, *key)),
                    several => {
                        longer.clear();
                        for &so_far in &hashes {
                            longer.extend(several.iter().map(|&key| with(so_far, key)));
                        }
                        std::mem::swap(&mut hashes, &mut longer);
                    }
                }
            }
            for &(block, route) in &hashes {
                // not that of `NOT_HERE`
                tell(Hashed { block, route: route.max(1), entry: record | mark });
            }
        }
    }
}

/// Of the numbers of rules and routes.
const SEED: u64 = 0x506C_6169_7420_5031;

/// Routes of rules, for records like these: where several rules have a key in common of which no value is that of more than the share
/// `most_alike` of records, it is their route.
pub(crate) fn routes(records: &Records, rules: &[BlockingRule], most_alike: f64) -> Vec<Route> {
    let could_be_route = |key: &BlockingKey| {
        key.is_symmetric() && !key.is_several() && greatest_share(records, key) <= most_alike
    };
    let mut routes: Vec<Option<Route>> = vec![None; rules.len()];
    let mut keys: Vec<&BlockingKey> = Vec::new();
    for key in rules.iter().flat_map(|rule| &rule.keys) {
        if !keys.contains(&key) && could_be_route(key) {
            keys.push(key);
        }
    }
    let mut number = 0;
    loop {
        let open = |key: &BlockingKey| {
            let rules =
                rules.iter().zip(&routes).filter(|(rule, route)| route.is_none() && rule.keys.contains(key));
            rules.count()
        };
        // the first of those that most rules have
        let best = keys.iter().map(|key| (open(key), *key)).rev().max_by_key(|(n, _)| *n);
        let Some((_, key)) = best.filter(|(n, _)| *n > 1) else { break };
        for (rule, route) in rules.iter().zip(&mut routes) {
            let at = rule.keys.iter().position(|known| known == key);
            if let (None, Some(at)) = (&route, at) {
                *route = Some(Route { number, keys: vec![at] });
            }
        }
        number += 1;
    }
    let by_all_keys = |route: Option<Route>| {
        route.unwrap_or_else(|| {
            number += 1;
            Route { number: number - 1, keys: Vec::new() }
        })
    };
    routes.into_iter().map(by_all_keys).collect()
}

/// The share of records that have the commonest value of a key.
fn greatest_share(records: &Records, key: &BlockingKey) -> f64 {
    let Some(index) = records.field(&key.left.0) else { return 1.0 };
    let field = &records.fields[index];
    let hashes = part_hashes(field, key.left.1);
    let mut counts: HashMap<u64, u64> = HashMap::new();
    for (code, &count) in (0..).zip(&field.counts) {
        hashes.get(code).iter().for_each(|&hash| *counts.entry(hash).or_default() += u64::from(count));
    }
    let most = counts.values().max().copied().unwrap_or(0);
    most as f64 / records.len().max(1) as f64
}
