//! What levels a pair can have at best, from little that is brought together for all records of a block: nearly all pairs
//! of a long block are ruled out by it, without a look at what lies elsewhere in memory.

use super::{Comparer, Kernel};
use crate::rows::Rows;
use crate::similarity::{Signature, jaro_winkler_bound};
use plait_types::NULL;
use std::ops::Range;

/// What is brought together for the records of one block, comparison by comparison.
#[derive(Default)]
pub(crate) struct Hints {
    comparisons: Vec<Hint>,
}

#[derive(Default)]
enum Hint {
    /// Nothing that would help.
    #[default]
    Nothing,
    /// Of names that are compared by Jaro-Winkler.
    Signatures(Vec<Signature>),
    /// The codes of one part after the other.
    Parts(Vec<Vec<u32>>),
}

impl Comparer<'_> {
    /// Whether [`Comparer::best_unequal`] can say anything about a comparison.
    pub(crate) fn has_bound(&self, comparison: usize) -> bool {
        let bound = &self.comparisons[comparison];
        bound.slots.len() == 1 && matches!(bound.kernel, Kernel::JaroWinkler { .. } | Kernel::Parts(..))
    }

    /// Replaces `hints` by those of the records at some places.
    pub(crate) fn fill_hints(&self, rows: &Rows, places: Range<usize>, hints: &mut Hints) {
        hints.comparisons.resize_with(self.len(), Hint::default);
        for (bound, hint) in self.comparisons.iter().zip(&mut hints.comparisons) {
            let codes = places.clone().map(|place| rows.get(place)[bound.slots[0]]);
            match &bound.kernel {
                _ if bound.slots.len() > 1 => {}
                Kernel::JaroWinkler { names, .. } => {
                    let mut signatures = match std::mem::take(hint) {
                        Hint::Signatures(signatures) => signatures,
                        _ => Vec::new(),
                    };
                    signatures.clear();
                    // a missing value is asked nothing; any signature will do
                    let nothing = Signature::of("");
                    let signature =
                        |code: u32| names.get(code as usize).map_or(nothing, |name| name.signature);
                    signatures.extend(codes.map(signature));
                    *hint = Hint::Signatures(signatures);
                }
                Kernel::Parts(tables, _) => {
                    let mut parts = match std::mem::take(hint) {
                        Hint::Parts(parts) => parts,
                        _ => vec![Vec::new(); tables.len()],
                    };
                    for (part, (table, _)) in parts.iter_mut().zip(tables) {
                        part.clear();
                        part.extend(
                            codes.clone().map(|code| if code == NULL { NULL } else { table[code as usize] }),
                        );
                    }
                    *hint = Hint::Parts(parts);
                }
                Kernel::Constant(_) | Kernel::BothAre(..) | Kernel::Conditions { .. } => {}
            }
        }
    }

    /// The first level, in the order of the model, that a pair of different values can have, by place in the block.
    pub(crate) fn best_unequal(&self, comparison: usize, hints: &Hints, left: usize, right: usize) -> u8 {
        match (&self.comparisons[comparison].kernel, &hints.comparisons[comparison]) {
            (Kernel::JaroWinkler { cuts, none, .. }, Hint::Signatures(signatures)) => {
                let limit = jaro_winkler_bound(&signatures[left], &signatures[right]);
                cuts.iter().find(|(cut, _)| limit >= *cut).map_or(*none, |(_, level)| *level)
            }
            (Kernel::Parts(tables, none), Hint::Parts(parts)) => {
                let same = |part: &Vec<u32>| part[left] != NULL && part[left] == part[right];
                parts.iter().position(same).map_or(*none, |found| tables[found].1)
            }
            _ => unreachable!("asked of comparisons that have a bound"),
        }
    }
}
