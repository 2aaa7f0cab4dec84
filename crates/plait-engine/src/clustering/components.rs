//! Connected components by union of sets.

use super::Persons;

/// Sets of records that grow together: union by the lower record, with path halving.
#[derive(Clone, Debug)]
pub struct Components {
    parent: Vec<u32>,
}

impl Components {
    /// Every record on its own.
    pub fn new(n: usize) -> Self {
        Self { parent: (0..n as u32).collect() }
    }

    /// Puts two records into one set.
    pub fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b) as usize] = a.min(b);
    }

    /// The lowest record of the set of a record.
    pub fn root(&mut self, mut record: u32) -> u32 {
        while self.parent[record as usize] != record {
            let up = self.parent[self.parent[record as usize] as usize];
            self.parent[record as usize] = up;
            record = up;
        }
        record
    }

    /// Numbers the sets in the order of their first record.
    pub fn into_persons(mut self) -> Persons {
        let mut person_of = vec![0; self.parent.len()];
        let mut n_persons = 0;
        for record in 0..self.parent.len() as u32 {
            let root = self.root(record);
            // the root is the lowest record of its set, so it has been numbered already
            person_of[record as usize] = if root == record {
                n_persons += 1;
                n_persons - 1
            } else {
                person_of[root as usize]
            };
        }
        Persons { person_of, n_persons }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The twin: colours spread along the edges until nothing changes.
    fn slow(n: usize, edges: &[(u32, u32)]) -> Vec<u32> {
        let mut colour: Vec<u32> = (0..n as u32).collect();
        loop {
            let before = colour.clone();
            for &(a, b) in edges {
                let low = colour[a as usize].min(colour[b as usize]);
                colour[a as usize] = low;
                colour[b as usize] = low;
            }
            if colour == before {
                return colour;
            }
        }
    }

    proptest! {
        #[test]
        fn persons_are_the_connected_components(
            n in 1usize..30,
            edges in prop::collection::vec((0u32..30, 0u32..30), 0..40),
        ) {
            let edges: Vec<(u32, u32)> =
                edges.into_iter().map(|(a, b)| (a % n as u32, b % n as u32)).collect();
            let mut components = Components::new(n);
            edges.iter().for_each(|&(a, b)| components.join(a, b));
            let persons = components.into_persons();
            let colours = slow(n, &edges);
            for a in 0..n {
                for b in 0..n {
                    prop_assert_eq!(persons.person_of[a] == persons.person_of[b], colours[a] == colours[b]);
                }
            }
            let mut first_seen: Vec<u32> = persons.person_of.clone();
            first_seen.dedup();
            prop_assert_eq!(persons.person_of.iter().max().map(|m| m + 1), Some(persons.n_persons));
        }
    }
}
