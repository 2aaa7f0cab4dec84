//! Keys as hashes, which are the same for all who hold some of the records.

use super::RIGHT;
use crate::model::{BlockingKey, Part};
use crate::part::{HashLists, part_hashes};
use crate::random::draw;
use crate::records::Records;

/// Tells the hash of each key of each record under a rule, which goes by its number: several where a record may have several, none
/// where one is missing. Where the sides of the rule are unlike, every record is there twice, the second time with [`RIGHT`].
///
/// Panics if the rule names a field that the records lack.
pub(crate) fn for_each_key(
    records: &Records,
    rule: usize,
    keys: &[BlockingKey],
    mut tell: impl FnMut(u64, u32),
) {
    let is_symmetric = keys.iter().all(BlockingKey::is_symmetric);
    let side = |of: &dyn Fn(&BlockingKey) -> (String, Part)| -> Vec<(&[u32], HashLists)> {
        let hashes = |key: &BlockingKey| {
            let (name, part) = of(key);
            let field = &records.fields[records.field(&name).expect("the model was checked")];
            (&field.codes[..], part_hashes(field, part))
        };
        keys.iter().map(hashes).collect()
    };
    let mut sides = vec![(0, side(&|key| key.left.clone()))];
    if !is_symmetric {
        sides.push((RIGHT, side(&|key| key.right.clone())));
    }
    let (mut hashes, mut longer) = (Vec::new(), Vec::new());
    for (mark, side) in &sides {
        for record in 0..records.len() as u32 {
            hashes.clear();
            hashes.push(draw(SEED, rule as u64));
            for (codes, lists) in side {
                let of_key = lists.get(codes[record as usize]);
                longer.clear();
                longer.extend(
                    hashes.iter().flat_map(|&so_far| of_key.iter().map(move |&key| draw(so_far, key))),
                );
                std::mem::swap(&mut hashes, &mut longer);
            }
            hashes.iter().for_each(|&hash| tell(hash, record | mark));
        }
    }
}

/// Of the numbers of rules.
const SEED: u64 = 0x506C_6169_7420_5031;
