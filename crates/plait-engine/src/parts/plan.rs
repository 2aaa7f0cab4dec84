//! What all parts agree on.

use super::{Asked, Learning, SAMPLED_BLOCKS, Split};
use crate::blocking::{Route, routes};
use crate::model::{LinkType, Model};
use crate::records::{LEAST_OF_SPIKE, Records, SPIKE, Source, SourceInput, named};
use crate::training::{TrainingOptions, pairs_of_sources};
use plait_types::placeholder::implausible_from_counts;
use plait_types::{DateOrder, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the columns of all sources come together, and how records are sent about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The names of the sources, in order.
    pub sources: Vec<String>,
    /// The place of the first record of each source, and the number of all records. A record's place is its number among all.
    pub starts: Vec<u64>,
    /// What can be compared or blocked on.
    pub fields: Vec<PlannedField>,
    /// Per rule whose blocks bring records together, how these find each other.
    pub routes: Vec<Route>,
    /// Per field, whether it matters how many of all records have each value.
    pub counted: Vec<bool>,
    /// What is counted for the model to be learned; nothing if it has been.
    pub learning: Option<Learning>,
    /// About how many processes work at once.
    pub processes: u32,
    /// Records of neighbouring places have one home: so many bits of the place are dropped.
    pub home_bits: u32,
    /// Parts that count values.
    pub n_counting: u32,
    /// Parts that decide who is one person.
    pub n_deciding: u32,
}

/// A field and the columns that it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedField {
    /// As [`Field::name`](crate::records::Field::name).
    pub name: String,
    /// What it means.
    #[serde(with = "by_name")]
    pub role: Role,
    /// Per source.
    pub columns: Vec<Option<PlannedColumn>>,
}

/// A column of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedColumn {
    /// As it stands in the source.
    pub header: String,
    /// The order of its dates.
    #[serde(with = "by_layout")]
    pub date_order: Option<DateOrder>,
}

impl Plan {
    /// As [`Records::field`].
    pub fn field(&self, name: &str) -> Option<usize> {
        let has_header = |field: &PlannedField, name: &str| {
            field.columns.iter().flatten().any(|column| column.header.eq_ignore_ascii_case(name))
        };
        named(name, &self.fields, |field| (&field.name, field.role), has_header)
    }

    /// From some rows of each source, as columns and as records, and how many records these have in all. `parts` is about how many
    /// processes work at once.
    pub fn of(
        inputs: Vec<SourceInput>,
        records: &Records,
        model: &Model,
        n_records: &[u64],
        parts: u32,
    ) -> Self {
        let sources = inputs.iter().map(|input| input.table.name.clone()).collect();
        let fields = crate::records::plan(inputs);
        let routes = routes(records, &super::rules_of(model, &fields), MOST_ALIKE);
        let adjusted = adjusted_fields(model);
        let is_adjusted = |field: &PlannedField| {
            let headers = field.columns.iter().flatten().map(|column| &column.header);
            let names = std::iter::once(&field.name).chain(headers);
            names.into_iter().any(|name| adjusted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)))
        };
        let mut starts = vec![0];
        n_records.iter().for_each(|n| starts.push(starts[starts.len() - 1] + n));
        let n = starts[starts.len() - 1];
        // homes that fit into memory easily, and enough of them that all are busy
        let most = (n / u64::from(parts.max(1)) / 2).clamp(1 << 10, 1 << 18);
        Self {
            sources,
            starts,
            counted: fields.iter().map(is_adjusted).collect(),
            learning: Learning::of(model, records, fields.len()),
            fields,
            routes,
            processes: parts,
            home_bits: most.ilog2(),
            n_counting: parts.max((n / RECORDS_OF_PART) as u32),
            n_deciding: (parts * 2).max((n / RECORDS_OF_PART) as u32),
        }
    }

    /// How many records there are.
    pub fn n_records(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// How many homes there are.
    pub fn n_homes(&self) -> u32 {
        (self.n_records() >> self.home_bits) as u32 + 1
    }

    pub(crate) fn home(&self, place: u64) -> u32 {
        (place >> self.home_bits) as u32
    }

    /// The sources of records at these places, which ascend.
    pub(crate) fn sources_of(&self, places: &[u64]) -> Vec<Source> {
        let at = |place: u64| places.partition_point(|&known| known < place) as u32;
        let source = |(name, starts): (&String, &[u64])| Source {
            name: name.clone(),
            start: at(starts[0]),
            end: at(starts[1]),
            n_in_all: starts[1] - starts[0],
        };
        self.sources.iter().zip(self.starts.windows(2)).map(source).collect()
    }
}

/// Records of a part, about: few enough that a process has room for them.
pub const RECORDS_OF_PART: u64 = 400_000;

/// The greatest share of records with one value of a key by which they are sent: well below that of a part.
const MOST_ALIKE: f64 = 0.005;

/// The fields in which a model takes rare values for better evidence than common ones.
fn adjusted_fields(model: &Model) -> Vec<String> {
    let of_comparison = |comparison: &crate::model::Comparison| {
        let adjusted = comparison.levels.iter().filter_map(|level| level.term_frequency.as_ref());
        let named = adjusted.map(|settings| settings.field.as_ref().unwrap_or(&comparison.fields[0]).clone());
        named.collect::<Vec<_>>()
    };
    model.comparisons.iter().flat_map(of_comparison).collect()
}

/// Pairs of a block up to which it is not worth its while to share it.
const LEAST_PAIRS: u64 = 2_000_000;

/// What counting all records has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Per field, per source: records with a value.
    pub present: Vec<Vec<u64>>,
    /// Per field, the hashes of values that implausibly many records hold.
    pub spikes: Vec<Vec<[u64; 2]>>,
    /// Where a model is to be learned: per field, the pairs that agree on it.
    pub equal: Vec<u64>,
    /// How many records have each value that the model asks for: its field, its hash.
    pub of_values: Vec<(usize, [u64; 2], u32)>,
    /// So many pairs blocks have at least, as far as is known: in truth there may be fewer.
    pub least_pairs: u64,
    /// Per home, which record has which place, as a sum.
    pub orders: BTreeMap<u32, u64>,
}

/// What one counting part found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Per field: how many values so many records have, each.
    pub values: Vec<BTreeMap<u32, u64>>,
    /// Per field, per source: records with a value.
    pub present: Vec<Vec<u64>>,
    /// Per blocking rule: how many blocks have so many records, each. Of records that are alone with a key in their piece little is
    /// known, so that this is a little too low.
    pub sizes: Vec<BTreeMap<u32, u64>>,
    /// Large blocks by the hash of their route, and their records.
    pub large: Vec<(u64, u64)>,
    /// Per source: names that several of its records have.
    pub n_names_twice: Vec<u64>,
    /// As in [`Totals`].
    pub equal: Vec<u64>,
    /// As in [`Totals`].
    pub of_values: Vec<(usize, [u64; 2], u32)>,
    /// Pairs of those records of blocks that were counted.
    pub pairs_counted: u64,
    /// Pairs of the sample of blocks.
    pub pairs_sampled: u64,
    /// As in [`Totals`].
    pub orders: BTreeMap<u32, u64>,
}

impl Counts {
    /// Of nothing yet.
    pub fn none(plan: &Plan) -> Self {
        let n = plan.fields.len();
        let present = vec![vec![0; plan.sources.len()]; n];
        Self {
            values: vec![BTreeMap::new(); n],
            present,
            equal: vec![0; n],
            n_names_twice: vec![0; plan.sources.len()],
            ..Self::default()
        }
    }

    pub(crate) fn sizes_of(&mut self, rule: usize) -> &mut BTreeMap<u32, u64> {
        if self.sizes.len() <= rule {
            self.sizes.resize(rule + 1, BTreeMap::new());
        }
        &mut self.sizes[rule]
    }

    /// About how many pairs each rule makes, those of other rules included.
    pub fn n_pairs(&self) -> Vec<u64> {
        let pairs = |(&size, n): (&u32, &u64)| n * (u64::from(size) * u64::from(size.saturating_sub(1)) / 2);
        self.sizes.iter().map(|sizes| sizes.iter().map(pairs).sum()).collect()
    }

    /// Shares blocks out among so many parts: those that have more than half of what each part would have on average are cut.
    pub fn split(&self, n_parts: u32) -> Split {
        let all: u64 = self.n_pairs().iter().sum();
        let most = (all / u64::from(n_parts) / 2).max(LEAST_PAIRS);
        let mut shares: BTreeMap<u64, u32> = BTreeMap::new();
        for &(route, size) in &self.large {
            let n = (size * size / 2).div_ceil(most).min(u64::from(n_parts)) as u32;
            if n > 1 {
                let known = shares.entry(route).or_default();
                *known = n.max(*known);
            }
        }
        Split { n_parts, shares }
    }

    /// With those of another part.
    pub fn add(&mut self, other: &Self) {
        for (values, others) in self.values.iter_mut().zip(&other.values) {
            others.iter().for_each(|(&rows, n)| *values.entry(rows).or_default() += n);
        }
        for (present, others) in self.present.iter_mut().zip(&other.present) {
            present.iter_mut().zip(others).for_each(|(present, other)| *present += other);
        }
        for (rule, others) in other.sizes.iter().enumerate() {
            let sizes = self.sizes_of(rule);
            others.iter().for_each(|(&size, n)| *sizes.entry(size).or_default() += n);
        }
        self.large.extend(&other.large);
        self.n_names_twice.iter_mut().zip(&other.n_names_twice).for_each(|(n, other)| *n += other);
        self.equal.iter_mut().zip(&other.equal).for_each(|(equal, other)| *equal += other);
        self.of_values.extend(&other.of_values);
        self.pairs_counted += other.pairs_counted;
        self.pairs_sampled += other.pairs_sampled;
        self.orders.extend(&other.orders);
    }

    /// Per field, from how many records on a value is held by implausibly many; `None` where none is.
    pub fn implausible_from(&self, plan: &Plan) -> Vec<Option<u32>> {
        let from = |(field, values): (&PlannedField, _)| {
            implausible_from_counts(field.role, values, SPIKE, LEAST_OF_SPIKE)
        };
        plan.fields.iter().zip(&self.values).map(from).collect()
    }

    /// What follows for all, given the values that implausibly many hold.
    pub fn totals(&self, plan: &Plan, link_type: LinkType, spikes: &[Spike]) -> Totals {
        let n = self.present.len();
        let mut totals = Totals {
            present: self.present.clone(),
            spikes: vec![Vec::new(); n],
            equal: self.equal.clone(),
            of_values: self.of_values.clone(),
            // half of what the sample says, which has missed large blocks or met them
            least_pairs: self.pairs_counted.max(self.pairs_sampled.saturating_mul(SAMPLED_BLOCKS / 2)),
            orders: self.orders.clone(),
        };
        for spike in spikes {
            if plan.learning.as_ref().is_some_and(|learning| learning.fields[spike.field]) {
                totals.equal[spike.field] -= pairs_of_sources(&spike.records, link_type);
            }
            totals.of_values.retain(|known| (known.0, known.1) != (spike.field, spike.value));
            totals.spikes[spike.field].push(spike.value);
            let present = totals.present[spike.field].iter_mut().zip(&spike.records);
            present.for_each(|(present, records)| *present -= records);
        }
        totals.spikes.iter_mut().for_each(|spikes| spikes.sort_unstable());
        totals
    }
}

/// A value that implausibly many records hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spike {
    /// Its field.
    pub field: usize,
    /// Its hash.
    pub value: [u64; 2],
    /// Per source, the records that hold it.
    pub records: Vec<u64>,
}

/// All that a part needs to know that compares records.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What all agree on.
    pub plan: Plan,
    /// What is known of all records.
    pub totals: Totals,
    /// Who looks at which pairs.
    pub split: std::sync::Arc<Split>,
    /// The model; trained where pairs are weighed.
    pub model: Model,
    /// How it is trained.
    pub options: TrainingOptions,
    /// What is still to be found out for that.
    pub asked: Asked,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
mod by_name {
    use plait_types::Role;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(role.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
        let name = String::deserialize(deserializer)?;
        Role::from_name(&name).ok_or_else(|| D::Error::custom("no such role"))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, clippy::ref_option, reason = "the form that serde calls")]
mod by_layout {
    use plait_types::DateOrder;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        order: &Option<DateOrder>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        order.map(DateOrder::layout).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<DateOrder>, D::Error> {
        let Some(layout) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let orders = [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear];
        let known = orders.into_iter().find(|order| order.layout() == layout);
        known.map(Some).ok_or_else(|| D::Error::custom("no such order of dates"))
    }
}
