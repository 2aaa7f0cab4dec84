//! Short ascending lists of numbers side by side.

/// A list per place, ascending, each number once.
#[derive(Debug)]
pub(crate) struct Lists {
    /// Where the list of each place starts, and the end.
    starts: Vec<u32>,
    numbers: Vec<u32>,
}

impl Lists {
    /// From the lists in order of place, each in any order.
    pub(crate) fn new(lists: impl Iterator<Item = Vec<u32>>) -> Self {
        let mut all = Self { starts: vec![0], numbers: Vec::new() };
        for mut list in lists {
            list.sort_unstable();
            list.dedup();
            all.numbers.extend(list);
            all.starts.push(all.numbers.len() as u32);
        }
        all
    }

    /// From `(place, number)`, which come by ascending number and are walked twice.
    pub(crate) fn from_pairs(n_places: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0; n_places + 1];
        for (place, _) in pairs.clone() {
            starts[place as usize + 1] += 1;
        }
        for place in 0..n_places {
            starts[place + 1] += starts[place];
        }
        let mut next = starts.clone();
        let mut numbers = vec![0; starts[n_places] as usize];
        for (place, number) in pairs {
            let slot = &mut next[place as usize];
            numbers[*slot as usize] = number;
            *slot += 1;
        }
        Self { starts, numbers }
    }

    /// The list of a place.
    pub(crate) fn get(&self, place: u32) -> &[u32] {
        let place = place as usize;
        &self.numbers[self.starts[place] as usize..self.starts[place + 1] as usize]
    }
}

/// The lowest number that is in both of two ascending lists.
pub(crate) fn first_shared(mut a: &[u32], mut b: &[u32]) -> Option<u32> {
    while let (Some((x, after_x)), Some((y, after_y))) = (a.split_first(), b.split_first()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => a = after_x,
            std::cmp::Ordering::Greater => b = after_y,
            std::cmp::Ordering::Equal => return Some(*x),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fixed;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(fixed(200))]

        #[test]
        fn lists_of_either_making_hold_what_was_given(
            given in prop::collection::vec(prop::collection::vec(0..20_u32, 0..6), 1..8),
        ) {
            let sets: Vec<BTreeSet<u32>> = given.iter().map(|list| list.iter().copied().collect()).collect();
            let mut pairs: Vec<(u32, u32)> =
                (0..).zip(&sets).flat_map(|(place, set)| set.iter().map(move |&n| (place, n))).collect();
            pairs.sort_unstable_by_key(|pair| pair.1);
            let lists = Lists::new(given.into_iter());
            let by_pairs = Lists::from_pairs(sets.len(), pairs.iter().copied());
            for (place, set) in (0..).zip(&sets) {
                let expected: Vec<u32> = set.iter().copied().collect();
                prop_assert_eq!(lists.get(place), &expected[..]);
                prop_assert_eq!(by_pairs.get(place), &expected[..]);
                for (other, other_set) in (0..).zip(&sets) {
                    let shared = set.intersection(other_set).next().copied();
                    prop_assert_eq!(first_shared(lists.get(place), lists.get(other)), shared);
                }
            }
        }
    }
}
