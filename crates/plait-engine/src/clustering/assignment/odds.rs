//! How likely each pair is where every record has one partner at most.
//!
//! A set of links in which no record occurs twice has the odds `2^(sum of its weights)` against the set without links, and a
//! pair is of one person with the share of the sets that hold it. Of two records that fit one alike each has half of it,
//! however much they weigh.
//!
//! Of few records all sets are summed. Of many the shares are those of belief propagation (Bayati, Gamarnik, Katz, Nair and
//! Tetali 2007, "Simple deterministic approximation algorithms for counting matchings"), which is exact where no links close a
//! ring: the share of a record that is free for a pair is `1 / (1 + sum over its other pairs of 2^weight · share of the
//! partner that is free for that pair)`.

use super::super::Components;
use super::super::correlation::log2_sum;
use super::Edge;

/// Sums of sets that are held at once, where all sets are summed.
const SUMS: usize = 1 << 16;
/// Bits of change from which a further round would not show.
const SETTLED: f64 = 1e-9;
/// A few dozen do; after so many the shares are taken as they are.
const ROUNDS: usize = 2_000;

/// Bits of each pair being of one person, given the others. No two edges have the same ends.
pub(super) fn odds(n: usize, edges: &[Edge]) -> Vec<f64> {
    let mut components = Components::new(n);
    edges.iter().for_each(|edge| components.join(edge.left, edge.right));
    let mut by_component: Vec<(u32, usize)> =
        edges.iter().enumerate().map(|(at, edge)| (components.root(edge.left), at)).collect();
    by_component.sort_unstable();
    let mut bits: Vec<f64> = edges.iter().map(|edge| edge.weight).collect();
    for component in by_component.chunk_by(|a, b| a.0 == b.0).filter(|component| component.len() > 1) {
        let of_component: Vec<&Edge> = component.iter().map(|&(_, at)| &edges[at]).collect();
        for (&(_, at), found) in component.iter().zip(of_one(&of_component)) {
            bits[at] = found;
        }
    }
    bits
}

/// The same for edges that reach one another.
fn of_one(edges: &[&Edge]) -> Vec<f64> {
    let ends = [groups(edges, |edge| edge.left), groups(edges, |edge| edge.right)];
    let [few, many] = if ends[0].len() < ends[1].len() { [&ends[0], &ends[1]] } else { [&ends[1], &ends[0]] };
    match 1_usize.checked_shl(few.len() as u32) {
        Some(n_sets) if n_sets.saturating_mul(many.len() + 1) <= SUMS => by_all_sets(edges, few, many),
        _ => by_propagation(edges, &ends),
    }
}

/// Sums over all sets of links: `many` one after the other, each with or without a link to those of `few` that are free.
fn by_all_sets(edges: &[&Edge], few: &[Vec<usize>], many: &[Vec<usize>]) -> Vec<f64> {
    let mut of_few = vec![0; edges.len()];
    for (place, of_record) in few.iter().enumerate() {
        of_record.iter().for_each(|&edge| of_few[edge] = 1 << place);
    }
    let n_sets = 1 << few.len();
    // by the ones of few that have their partner among those of many before
    let mut before = vec![vec![f64::NEG_INFINITY; n_sets]; many.len() + 1];
    before[0][0] = 0.0;
    for (at, of_record) in many.iter().enumerate() {
        let mut next = before[at].clone();
        for &edge in of_record {
            for taken in (0..n_sets).filter(|taken| taken & of_few[edge] == 0) {
                let with = &mut next[taken | of_few[edge]];
                *with = log2_sum(*with, before[at][taken] + edges[edge].weight);
            }
        }
        before[at + 1] = next;
    }
    // by the ones of few that must not be taken by those of many from here on
    let mut behind = vec![0.0; n_sets];
    let mut bits = vec![0.0; edges.len()];
    for (at, of_record) in many.iter().enumerate().rev() {
        let sum = |of: &dyn Fn(usize) -> f64| (0..n_sets).map(of).fold(f64::NEG_INFINITY, log2_sum);
        let with: Vec<f64> = of_record
            .iter()
            .map(|&edge| {
                sum(&|taken| {
                    let is_free = taken & of_few[edge] == 0;
                    let after = if is_free { behind[taken | of_few[edge]] } else { f64::NEG_INFINITY };
                    before[at][taken] + edges[edge].weight + after
                })
            })
            .collect();
        let alone = sum(&|taken| before[at][taken] + behind[taken]);
        let places: Vec<usize> = (0..of_record.len()).collect();
        for ((&edge, others), with) in of_record.iter().zip(sums_of_others(&places, &with)).zip(&with) {
            bits[edge] = with - log2_sum(alone, others);
        }
        behind = (0..n_sets)
            .map(|taken| {
                let with_one = of_record.iter().filter(|&&edge| taken & of_few[edge] == 0);
                let with_one = with_one.map(|&edge| edges[edge].weight + behind[taken | of_few[edge]]);
                with_one.fold(behind[taken], log2_sum)
            })
            .collect();
    }
    bits
}

fn by_propagation(edges: &[&Edge], ends: &[Vec<Vec<usize>>; 2]) -> Vec<f64> {
    // per side and edge, the logarithm of the share of its end that is free for it
    let mut free = [vec![0.0; edges.len()], vec![0.0; edges.len()]];
    for _ in 0..ROUNDS {
        let mut change: f64 = 0.0;
        for side in 0..2 {
            let claims: Vec<f64> =
                edges.iter().zip(&free[1 - side]).map(|(e, free)| e.weight + free).collect();
            for of_record in &ends[side] {
                for (&edge, others) in of_record.iter().zip(sums_of_others(of_record, &claims)) {
                    // half the way: from one end to the other of what is possible it would swing for long
                    let next = 0.5 * (free[side][edge] - log2_sum(0.0, others));
                    change = change.max((next - free[side][edge]).abs());
                    free[side][edge] = next;
                }
            }
        }
        if change < SETTLED {
            break;
        }
    }
    edges
        .iter()
        .zip(free[0].iter().zip(&free[1]))
        .map(|(edge, (left, right))| edge.weight + left + right)
        .collect()
}

/// The edges of each record of a side, by their places.
fn groups(edges: &[&Edge], end: impl Fn(&Edge) -> u32) -> Vec<Vec<usize>> {
    let mut all: Vec<(u32, usize)> = edges.iter().enumerate().map(|(at, edge)| (end(edge), at)).collect();
    all.sort_unstable();
    all.chunk_by(|a, b| a.0 == b.0).map(|of_one| of_one.iter().map(|&(_, at)| at).collect()).collect()
}

/// For each of these edges the sum of the claims of all others, bits.
fn sums_of_others(of_record: &[usize], claims: &[f64]) -> Vec<f64> {
    let mut sums = vec![f64::NEG_INFINITY; of_record.len()];
    let mut before = f64::NEG_INFINITY;
    for (sum, &edge) in sums.iter_mut().zip(of_record) {
        *sum = before;
        before = log2_sum(before, claims[edge]);
    }
    let mut behind = f64::NEG_INFINITY;
    for (sum, &edge) in sums.iter_mut().zip(of_record).rev() {
        *sum = log2_sum(*sum, behind);
        behind = log2_sum(behind, claims[edge]);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The twin: the odds of all sets of links, with and without each.
    fn share_of_all_sets(edges: &[Edge]) -> Vec<f64> {
        let (mut of_all, mut with) = (f64::NEG_INFINITY, vec![f64::NEG_INFINITY; edges.len()]);
        for set in 0..1_u32 << edges.len() {
            let chosen: Vec<usize> = (0..edges.len()).filter(|&at| set & (1 << at) != 0).collect();
            let mut records: Vec<u32> =
                chosen.iter().flat_map(|&at| [edges[at].left, edges[at].right]).collect();
            records.sort_unstable();
            if records.windows(2).any(|pair| pair[0] == pair[1]) {
                continue;
            }
            let bits: f64 = chosen.iter().map(|&at| edges[at].weight).sum();
            of_all = log2_sum(of_all, bits);
            chosen.iter().for_each(|&at| with[at] = log2_sum(with[at], bits));
        }
        with.into_iter().map(|with| (with - of_all).exp2()).collect()
    }

    fn share(bits: f64) -> f64 {
        1.0 / (1.0 + (-bits).exp2())
    }

    fn edges(of: impl IntoIterator<Item = (u32, u32, f64)>) -> Vec<Edge> {
        of.into_iter().map(|(left, right, weight)| Edge { left, right, weight }).collect()
    }

    fn propagated(edges: &[Edge]) -> Vec<f64> {
        let edges: Vec<&Edge> = edges.iter().collect();
        let ends = [groups(&edges, |edge| edge.left), groups(&edges, |edge| edge.right)];
        by_propagation(&edges, &ends).into_iter().map(share).collect()
    }

    proptest! {
        #[test]
        fn shares_are_those_of_all_sets(
            links in prop::collection::btree_map((0u32..4, 4u32..9), -8i32..45, 1..13),
        ) {
            let all = edges(links.into_iter().map(|((l, r), bits)| (l, r, f64::from(bits))));
            let expected = share_of_all_sets(&all);
            for (found, expected) in odds(9, &all).into_iter().zip(&expected) {
                prop_assert!((share(found) - expected).abs() < 1e-9, "{} {expected}", share(found));
            }
            // where links close rings, only about
            for (found, expected) in propagated(&all).into_iter().zip(expected) {
                prop_assert!((found - expected).abs() < 0.4, "{found} {expected}");
            }
        }

        #[test]
        fn many_links_that_close_no_ring_have_the_shares_of_all_sets(
            links in prop::collection::vec((0u32..9, -8i32..45), 1..9),
        ) {
            // each further record hangs on one that is there already, of the other side
            let mut sides = vec![0];
            let mut all = Vec::new();
            for (at, (to, bits)) in (1..).zip(links) {
                let to = to % at;
                sides.push(1 - sides[to as usize]);
                let (left, right) = if sides[at as usize] == 1 { (to, at) } else { (at, to) };
                all.push((left, right, f64::from(bits)));
            }
            let all = edges(all);
            for (found, expected) in propagated(&all).into_iter().zip(share_of_all_sets(&all)) {
                prop_assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
    }

    #[test]
    fn a_ring_of_many_that_fit_alike_has_half_of_each_link() {
        let n = 60;
        let ring = (0..n).flat_map(|left| [(left, n + left, 30.0), (left, n + (left + 1) % n, 30.0)]);
        for found in odds(2 * n as usize, &edges(ring)) {
            assert!((share(found) - 0.5).abs() < 1e-3, "{}", share(found));
        }
    }

    #[test]
    fn two_that_fit_two_alike_have_half_of_each() {
        let all = edges([(0, 2, 40.0), (0, 3, 40.0), (1, 2, 40.0), (1, 3, 40.0)]);
        for found in odds(4, &all) {
            assert!((share(found) - 0.5).abs() < 1e-4, "{}", share(found));
        }
        let all = edges([(0, 2, 40.0), (0, 3, 30.0), (1, 2, 30.0), (1, 3, 40.0)]);
        let found: Vec<f64> = odds(4, &all).into_iter().map(share).collect();
        assert!(found[0] > 0.999 && found[1] < 0.001, "{found:?}");
    }
}
