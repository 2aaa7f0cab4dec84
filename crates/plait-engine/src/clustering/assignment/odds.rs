//! How likely each pair is where every record has one partner at most.
//!
//! A set of links in which no record occurs twice has the odds `2^(sum of its weights)` against the set without links, and a
//! pair is of one person with the share of the sets that hold it. Of two records that fit one alike each has half of it,
//! however much they weigh.
//!
//! All sets are summed, record by record, over which of the partners that later records may want are taken; of how many at
//! once depends on the order, and few are enough for nearly every set of names. Where there would be too many the shares are
//! those of belief propagation (Bayati, Gamarnik, Katz, Nair and Tetali 2007, "Simple deterministic approximation algorithms
//! for counting matchings"), which is exact where no links close a ring: the share of a record that is free for a pair is
//! `1 / (1 + sum over its other pairs of 2^weight · share of the partner that is free for that pair)`. In a ring it is too sure
//! of the better half; so no pair is surer there than the exchange of its partner with that of another pair allows.

use super::super::Components;
use super::super::correlation::log2_sum;
use super::Edge;
use hashbrown::HashMap;
use rayon::prelude::*;

/// Partners of which it is known at once whether they are taken, at most.
const WIDEST: usize = 14;
/// Records of one side, at most, of which an order is sought.
const LONGEST: usize = 4_000;
/// Sums of sets that are held at once.
const SUMS: usize = 1 << 22;
/// Bits of change of a share from which a further round of propagation would not show.
const SETTLED: f64 = 1e-4;
/// Rounds of propagation; rings of links that weigh nearly the same would go on for thousands.
const ROUNDS: usize = 200;
/// Bits that are left out of what competes, so that two that are equal but for rounding are both less than half.
const ROUNDING: f64 = 1e-6;
/// The same where shares are propagated.
const ROUNDING_OF_PROPAGATED: f64 = 1e-2;

/// Bits of each pair being of one person, given the others. No two edges have the same ends.
pub(super) fn odds(n: usize, edges: &[Edge]) -> Vec<f64> {
    let mut components = Components::new(n);
    edges.iter().for_each(|edge| components.join(edge.left, edge.right));
    let mut by_component: Vec<(u32, usize)> =
        edges.iter().enumerate().map(|(at, edge)| (components.root(edge.left), at)).collect();
    by_component.sort_unstable();
    let mut bits: Vec<f64> = edges.iter().map(|edge| edge.weight).collect();
    let several: Vec<&[(u32, usize)]> =
        by_component.chunk_by(|a, b| a.0 == b.0).filter(|component| component.len() > 1).collect();
    let found: Vec<Vec<f64>> = several
        .par_iter()
        .map(|component| of_one(&component.iter().map(|&(_, at)| &edges[at]).collect::<Vec<_>>()))
        .collect();
    for (component, found) in several.iter().zip(found) {
        component.iter().zip(found).for_each(|(&(_, at), found)| bits[at] = found);
    }
    bits
}

/// The same for edges that reach one another.
fn of_one(edges: &[&Edge]) -> Vec<f64> {
    let left = Elimination::of(edges, |edge| (edge.left, edge.right));
    let right = Elimination::of(edges, |edge| (edge.right, edge.left));
    let narrower = left.into_iter().chain(right).min_by_key(|order| order.n_slots);
    match narrower.filter(|order| (order.order.len() + 1) << order.n_slots <= SUMS) {
        Some(order) => order.sum(edges).into_iter().map(|bits| bits - ROUNDING).collect(),
        None => propagated(edges).into_iter().map(|bits| bits - ROUNDING_OF_PROPAGATED).collect(),
    }
}

/// An order in which the records of one side are dealt with.
struct Elimination {
    /// The edges of each record, in its turn.
    order: Vec<Vec<usize>>,
    /// Per edge, the slot that says whether its partner is taken, as long as some later record may want it.
    slot: Vec<usize>,
    /// Per record, slots of partners whom nobody wants after it.
    ends: Vec<Vec<usize>>,
    n_slots: usize,
}

impl Elimination {
    /// Deals next with the record that brings in fewest new partners. `None` where that becomes too wide or would take long.
    fn of(edges: &[&Edge], ends: impl Fn(&Edge) -> (u32, u32)) -> Option<Self> {
        let (own, partners) = (groups(edges, |edge| ends(edge).0), groups(edges, |edge| ends(edge).1));
        if own.len() > LONGEST {
            return None;
        }
        let mut partner_of = vec![0; edges.len()];
        for (partner, of_partner) in partners.iter().enumerate() {
            of_partner.iter().for_each(|&edge| partner_of[edge] = partner);
        }
        let mut wanted_by: Vec<usize> = partners.iter().map(Vec::len).collect();
        let mut slot_of: Vec<Option<usize>> = vec![None; partners.len()];
        let (mut free, mut n_slots): (Vec<usize>, usize) = (Vec::new(), 0);
        let mut left: Vec<usize> = (0..own.len()).collect();
        let (mut order, mut slot, mut all_ends) = (Vec::new(), vec![0; edges.len()], Vec::new());
        while !left.is_empty() {
            let new = |&record: &usize| {
                own[record].iter().filter(|&&edge| slot_of[partner_of[edge]].is_none()).count()
            };
            // the first of those in a row that are alike
            let (at, _) =
                left.iter().map(new).enumerate().min_by_key(|&(at, new)| (new, at)).expect("some are left");
            let record = left.remove(at);
            let mut ended = Vec::new();
            for &edge in &own[record] {
                let partner = partner_of[edge];
                let of_partner = *slot_of[partner].get_or_insert_with(|| {
                    free.pop().unwrap_or_else(|| {
                        n_slots += 1;
                        n_slots - 1
                    })
                });
                slot[edge] = of_partner;
                wanted_by[partner] -= 1;
                if wanted_by[partner] == 0 {
                    ended.push(of_partner);
                }
            }
            if n_slots > WIDEST {
                return None;
            }
            free.extend(&ended);
            order.push(own[record].clone());
            all_ends.push(ended);
        }
        Some(Self { order, slot, ends: all_ends, n_slots })
    }

    /// Sums over all sets of links.
    fn sum(&self, edges: &[&Edge]) -> Vec<f64> {
        let n_sets = 1_usize << self.n_slots;
        let bit = |edge: usize| 1_usize << self.slot[edge];
        let forget = |ends: &[usize]| ends.iter().fold(usize::MAX, |kept, slot| kept & !(1 << slot));
        // by the partners that are taken when the turn of a record comes
        let mut before = vec![vec![f64::NEG_INFINITY; n_sets]; self.order.len() + 1];
        before[0][0] = 0.0;
        for (at, of_record) in self.order.iter().enumerate() {
            let kept = forget(&self.ends[at]);
            let (earlier, later) = before.split_at_mut(at + 1);
            let (now, next) = (&earlier[at], &mut later[0]);
            for taken in (0..n_sets).filter(|&taken| now[taken] > f64::NEG_INFINITY) {
                let mut add = |to: usize, bits: f64| next[to & kept] = log2_sum(next[to & kept], bits);
                add(taken, now[taken]);
                for &edge in of_record.iter().filter(|&&edge| taken & bit(edge) == 0) {
                    add(taken | bit(edge), now[taken] + edges[edge].weight);
                }
            }
        }
        // what later records add, by the partners that are taken
        let mut behind = vec![0.0; n_sets];
        let mut bits = vec![0.0; edges.len()];
        for (at, of_record) in self.order.iter().enumerate().rev() {
            let (kept, now) = (forget(&self.ends[at]), &before[at]);
            let (mut alone, mut with) = (f64::NEG_INFINITY, vec![f64::NEG_INFINITY; of_record.len()]);
            let mut next = vec![f64::NEG_INFINITY; n_sets];
            for taken in 0..n_sets {
                let stays = behind[taken & kept];
                alone = log2_sum(alone, now[taken] + stays);
                next[taken] = stays;
                for (place, &edge) in
                    of_record.iter().enumerate().filter(|&(_, &edge)| taken & bit(edge) == 0)
                {
                    let linked = edges[edge].weight + behind[(taken | bit(edge)) & kept];
                    with[place] = log2_sum(with[place], now[taken] + linked);
                    next[taken] = log2_sum(next[taken], linked);
                }
            }
            for ((&edge, others), with) in of_record.iter().zip(sums_of_others(&with)).zip(&with) {
                bits[edge] = with - log2_sum(alone, others);
            }
            behind = next;
        }
        bits
    }
}

fn propagated(edges: &[&Edge]) -> Vec<f64> {
    let ends = [groups(edges, |edge| edge.left), groups(edges, |edge| edge.right)];
    // per side and edge, the logarithm of the share of its end that is free for it
    let mut free = [vec![0.0; edges.len()], vec![0.0; edges.len()]];
    let bits_of = |free: &[Vec<f64>; 2]| -> Vec<f64> {
        edges.iter().zip(free[0].iter().zip(&free[1])).map(|(edge, (l, r))| edge.weight + l + r).collect()
    };
    let mut bits = bits_of(&free);
    for _ in 0..ROUNDS {
        for side in 0..2 {
            let claims: Vec<f64> =
                edges.iter().zip(&free[1 - side]).map(|(edge, free)| edge.weight + free).collect();
            for of_record in &ends[side] {
                let of_others: Vec<f64> = of_record.iter().map(|&edge| claims[edge]).collect();
                for (&edge, others) in of_record.iter().zip(sums_of_others(&of_others)) {
                    // half the way: from one end to the other of what is possible it would swing for long
                    free[side][edge] = 0.5 * (free[side][edge] - log2_sum(0.0, others));
                }
            }
        }
        let next = bits_of(&free);
        let change = next.iter().zip(&bits).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        bits = next;
        if change < SETTLED {
            break;
        }
    }
    exchanged(edges, &ends, &mut bits);
    bits
}

/// Takes nothing for surer than the exchange of partners with another pair allows: where `l` and `r` are linked and `m` and `s`
/// are, the two may as well be `l` with `s` and `m` with `r`, with the odds `2^(w(l, s) + w(m, r) - w(l, r) - w(m, s))`.
fn exchanged(edges: &[&Edge], ends: &[Vec<Vec<usize>>; 2], bits: &mut [f64]) {
    let by_ends: HashMap<(u32, u32), usize> =
        edges.iter().enumerate().map(|(at, edge)| ((edge.left, edge.right), at)).collect();
    // the likeliest partner of each record of a side
    let likeliest = |side: &[Vec<usize>], bits: &[f64]| -> Vec<usize> {
        let best =
            |of: &Vec<usize>| of.iter().copied().max_by(|&a, &b| bits[a].total_cmp(&bits[b]).then(b.cmp(&a)));
        side.iter().map(|of| best(of).expect("a record has edges")).collect()
    };
    let of_right: HashMap<u32, usize> =
        likeliest(&ends[1], bits).into_iter().map(|edge| (edges[edge].right, edge)).collect();
    let found = bits.to_vec();
    for of_left in &ends[0] {
        for &other in of_left {
            let partner = of_right[&edges[other].right];
            for &own in of_left.iter().filter(|&&own| own != other && partner != other) {
                let across = by_ends.get(&(edges[partner].left, edges[own].right));
                let Some(&across) = across.filter(|_| found[own].min(found[partner]) > 0.0) else { continue };
                let weight = |at: usize| edges[at].weight;
                let gap = weight(own) + weight(partner) - weight(other) - weight(across);
                for at in [own, partner] {
                    bits[at] = bits[at].min(gap);
                }
                for at in [other, across] {
                    bits[at] = bits[at].max(-gap.abs());
                }
            }
        }
    }
}

/// The edges of each record of a side, by their places.
fn groups(edges: &[&Edge], end: impl Fn(&Edge) -> u32) -> Vec<Vec<usize>> {
    let mut all: Vec<(u32, usize)> = edges.iter().enumerate().map(|(at, edge)| (end(edge), at)).collect();
    all.sort_unstable();
    all.chunk_by(|a, b| a.0 == b.0).map(|of_one| of_one.iter().map(|&(_, at)| at).collect()).collect()
}

/// For each of these claims the sum of all others, bits.
fn sums_of_others(claims: &[f64]) -> Vec<f64> {
    let mut sums = vec![f64::NEG_INFINITY; claims.len()];
    let mut before = f64::NEG_INFINITY;
    for (sum, &claim) in sums.iter_mut().zip(claims) {
        *sum = before;
        before = log2_sum(before, claim);
    }
    let mut behind = f64::NEG_INFINITY;
    for (sum, &claim) in sums.iter_mut().zip(claims).rev() {
        *sum = log2_sum(*sum, behind);
        behind = log2_sum(behind, claim);
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

    fn by_propagation(edges: &[Edge]) -> Vec<f64> {
        propagated(&edges.iter().collect::<Vec<_>>()).into_iter().map(share).collect()
    }

    proptest! {
        #[test]
        fn shares_are_those_of_all_sets(
            links in prop::collection::btree_map((0u32..4, 4u32..9), -8i32..45, 1..13),
        ) {
            let all = edges(links.into_iter().map(|((l, r), bits)| (l, r, f64::from(bits))));
            let expected = share_of_all_sets(&all);
            for (found, expected) in odds(9, &all).into_iter().zip(&expected) {
                prop_assert!((share(found) - expected).abs() < 1e-6, "{} {expected}", share(found));
            }
            // where links close rings, only about, and never surer where it is sure
            for (found, expected) in by_propagation(&all).into_iter().zip(expected) {
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
            for (found, expected) in by_propagation(&all).into_iter().zip(share_of_all_sets(&all)) {
                prop_assert!((found - expected).abs() < 1e-3, "{found} {expected}");
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
    fn who_else_is_there_does_not_make_twins_surer() {
        // two that fit two nearly alike, and many others of the same name, who fit each other and the two a little
        for n in [2_u32, 6, 20, 60] {
            let first = n;
            let weight = |left: u32, right: u32| match (left, right) {
                (0 | 1, 0 | 1) => {
                    if left == right {
                        19.48
                    } else {
                        19.38
                    }
                }
                (left, right) if left == right => 22.0,
                _ => -4.0,
            };
            let all = (0..n).flat_map(|left| (0..n).map(move |right| (left, right)));
            let all = edges(all.map(|(left, right)| (left, first + right, weight(left, right))));
            let found: Vec<f64> = odds(2 * n as usize, &all).into_iter().map(share).collect();
            assert!((found[0] - 0.535).abs() < 0.02, "{n}: {}", found[0]);
            assert!(found[1] > 0.4 && found[1] < 0.5, "{n}: {}", found[1]);
        }
    }

    #[test]
    fn hundreds_that_fit_alike_are_soon_told() {
        let all = (0..150).flat_map(|left| (150..300).map(move |right| (left, right, 20.0)));
        for found in odds(300, &edges(all)) {
            assert!(share(found) < 0.05);
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
