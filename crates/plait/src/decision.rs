//! Who is one person, and how sure that is: from pairs that are scored, wherever their records are held.

use crate::explain::would_link;
use plait_engine::blocking::Blocks;
use plait_engine::clustering::{Clustered, cluster};
use plait_engine::comparison::Comparer;
use plait_engine::conflicts::Conflicts;
use plait_engine::constraints::Constraints;
use plait_engine::model::{Comparison, Model};
use plait_engine::objection::{Objection, Objections};
use plait_engine::quality::Decided;
use plait_engine::records::Records;
use plait_engine::scoring::{ScoredPairs, Scorer};
use plait_types::MatchWeight;
use rayon::prelude::*;

/// Records whose pairs have been weighed.
pub(crate) struct Weighed<'a> {
    pub(crate) records: &'a Records,
    pub(crate) model: &'a Model,
    pub(crate) blocks: &'a Blocks,
    pub(crate) comparer: &'a Comparer<'a>,
    pub(crate) scorer: &'a Scorer<'a>,
    pub(crate) seed: u64,
}

impl Weighed<'_> {
    /// All that keeps records of this model apart.
    pub(crate) fn conflicts<'c>(&'c self, constraints: &'c Constraints) -> Conflicts<'c> {
        Conflicts::of(self.records, constraints)
            .with_identities(self.records)
            .with_dates_of_birth(self.records, self.model)
    }

    /// From pairs to persons.
    pub(crate) fn who_is_who(&self, pairs: &ScoredPairs, constraints: &Constraints) -> Clustered {
        let compared: Vec<String> =
            self.model.comparisons.iter().flat_map(Comparison::named_fields).collect();
        let (cut, method) = (self.model.accept.link_bits(), self.model.clustering);
        cluster(
            self.records,
            pairs,
            cut,
            method,
            &self.conflicts(constraints),
            &compared,
            &self.scorer.weigher(self.blocks),
        )
    }

    /// The same with what was decided, for whoever judges it.
    pub(crate) fn decided<'d>(
        &'d self,
        pairs: &'d ScoredPairs,
        clustered: &'d Clustered,
        conflicts: &'d Conflicts<'d>,
    ) -> Decided<'d> {
        Decided {
            records: self.records,
            model: self.model,
            comparer: self.comparer,
            blocks: self.blocks,
            scorer: self.scorer,
            pairs,
            clustered,
            constraints: conflicts.constraints(),
            conflicts,
            cut: self.model.accept.link_bits(),
            seed: self.seed,
        }
    }
}

/// The match probability of each pair.
pub(crate) fn probabilities(pairs: &ScoredPairs) -> Vec<f64> {
    pairs.weight.par_iter().map(|&weight| MatchWeight(weight).probability().get()).collect()
}

/// Per pair that is no link although its weight or a rule is for it, why not.
pub(crate) fn objections(
    records: &Records,
    model: &Model,
    conflicts: &Conflicts<'_>,
    pairs: &ScoredPairs,
    clustered: &Clustered,
) -> Vec<Option<Objection>> {
    let is_refused =
        |pair: usize| !clustered.is_link[pair] && would_link(pairs.weight[pair], pairs.ruling[pair], model);
    if !(0..pairs.len()).into_par_iter().any(is_refused) {
        return vec![None; pairs.len()];
    }
    let objections = Objections::of(records, clustered, model.clustering, conflicts);
    let of =
        |pair: usize| is_refused(pair).then(|| objections.to(pairs.left[pair], pairs.right[pair])).flatten();
    (0..pairs.len()).into_par_iter().map(of).collect()
}
