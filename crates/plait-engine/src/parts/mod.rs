//! Linking where no one process holds all records: the same people and links as where one does.
//!
//! Every step is a function from messages to messages. Whoever runs it, a cluster or a test, brings each message to the part that it
//! is addressed to, gives a part all that came for it, and may do so again elsewhere if a part is lost: the same messages make the same
//! ones. The steps, in order:
//!
//! 1. [`Plan::prepare`]: rows of a source are standardised. The records go to their *homes*, by place; how many of them have each
//!    value goes to counting parts, by hash.
//! 2. [`count`]: how many of all records have each value goes back to the homes; how many values so many records have tells which
//!    are held by [implausibly many](Counts::implausible_from), and [`spikes`] which these are.
//! 3. [`Setup::explode`]: from its home, every record goes to all parts that look at pairs of a block that it is in. Where the model has
//!    not been learned yet, it is learned from what these see ([`learning`]).
//! 4. [`Setup::compare`]: a part makes the blocks of the records that it was sent, and weighs the pairs that are its own
//!    ([`Split`]), with the code that one process would use. Pairs that are kept go to the home of their left record; which records
//!    they connect is said once more, without those pairs that others imply.
//! 5. [`components`]: records that pairs connect, directly or by way of others, get a label, which goes to their homes.
//! 6. [`Setup::gather`]: from their homes, the records of a label go to one part, with the pairs.
//! 7. [`Setup::undecided`]: that part has all that decides who is one person among them.
//!
//! Records are known by their place among all. Within a part they are numbered in that order, so that ties are broken as they would
//! be among all.

mod learning;
mod packed;
mod plan;
mod split;

pub use learning::{Asked, CountedPairs, Heard, Learning, Lesson, Taught, Unsettled};
pub use packed::Unreadable;
pub use plan::{Counts, Plan, PlannedColumn, PlannedField, RECORDS_OF_PART, Setup, Spike, Totals};
pub(crate) use split::Share;
pub use split::Split;

use crate::blocking::{Blocks, Route, for_each_key};
use crate::clustering::Components;
use crate::comparison::Comparer;
use crate::deterministic::{Found, Rulings, found_in_part};
use crate::model::{BlockingKey, BlockingRule, LinkType, Model, Part as KeyPart};
use crate::progress::Silent;
use crate::random::{below, draw};
use crate::records::{LEAST_OF_SPIKE, Records};
use crate::scoring::{ScoredPairs, Scorer, score};
use crate::training::pairs_of;
use hashbrown::HashMap;
use packed::{Gathering, Packer, Reader, Used, Writer};
use plait_types::placeholder::is_of_one_person_or_home;
use plait_types::{Column, Fault, Role, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use twox_hash::XxHash3_128;

/// Some of all records, in order of their places.
#[derive(Debug)]
pub struct Part {
    /// As the engine has them.
    pub records: Records,
    /// What they are called; no codes where that does not matter.
    pub names: Column,
}

impl Part {
    /// Which of these records has which place, as a sum: the same for a home however it is cut up, and another where records that are
    /// read again are in another order.
    fn order(&self, rows: impl Iterator<Item = u32>) -> u64 {
        let name = |row: u32| hash_of(self.names.get(row as usize).unwrap_or_default()) as u64;
        rows.fold(0, |sum: u64, row| sum.wrapping_add(draw(name(row), self.records.place(row))))
    }
}

/// To which part, and what.
pub type Message = (u32, Vec<u8>);

/// Records of a block from which on it may be worth its while to share it.
const LARGE_BLOCK: u32 = 2_000;

/// Of so many blocks, one is counted whole.
const SAMPLED_BLOCKS: u64 = 64;

fn is_sampled(block: u64) -> bool {
    block.is_multiple_of(SAMPLED_BLOCKS)
}

fn hash_of(value: &str) -> u128 {
    XxHash3_128::oneshot(value.as_bytes())
}

fn halves(hash: u128) -> [u64; 2] {
    [(hash >> 64) as u64, hash as u64]
}

impl Plan {
    /// Whether the values of a field are counted: because it matters how many have each, or to find those that implausibly many have.
    fn is_counting(&self, field: usize) -> bool {
        let is_learned = self.learning.as_ref().is_some_and(|learning| learning.is_counting(field));
        self.counted[field] || is_learned || is_of_one_person_or_home(self.fields[field].role)
    }

    fn counting_part(&self, hash: u128) -> u32 {
        below(u64::from(self.n_counting), (hash >> 64) as u64) as u32
    }

    /// Standardises rows of a source, whose columns are those of the plan, at these places, under these names. Gives the records for
    /// their homes, and what is to be counted: their values, and the keys that several of them share under the model's rules.
    pub fn prepare(
        &self,
        model: &Model,
        source: usize,
        table: Table,
        places: Vec<u64>,
        names: Column,
    ) -> (Vec<Message>, Vec<Message>) {
        let mut order: Vec<u32> = (0..places.len() as u32).collect();
        order.sort_unstable_by_key(|&row| places[row as usize]);
        let part = Part { records: Records::of_rows(self, source, table, places), names };
        let home = |row: &u32| self.home(part.records.place(*row));
        let of_homes: Vec<&[u32]> = order.chunk_by(|a, b| home(a) == home(b)).collect();
        let mut piece_of = vec![0; order.len()];
        for (piece, rows) in (0..).zip(&of_homes) {
            rows.iter().for_each(|&row| piece_of[row as usize] = piece);
        }
        let mut keys = self.keys(model, &part.records, &piece_of, of_homes.len());
        let nowhere = vec![false; self.fields.len()];
        let mut packer = Packer::new(&part, &nowhere);
        let (mut pieces, mut counts) = (Vec::new(), Vec::new());
        for (rows, keys) in of_homes.iter().zip(&mut keys) {
            let (piece, used) = packer.pack_counted(rows);
            counts.extend(self.submissions(&part, rows, keys, &used));
            pieces.push((home(&rows[0]), piece));
        }
        (pieces, counts)
    }

    /// Per piece and blocking rule, the keys of records: their hashes and those of their routes.
    fn keys(&self, model: &Model, records: &Records, piece_of: &[usize], n_pieces: usize) -> Vec<Vec<Keys>> {
        let mut keys: Vec<Vec<Keys>> = vec![vec![Vec::new(); model.blocking.len()]; n_pieces];
        for (rule, route) in model.blocking.iter().enumerate().zip(&self.routes) {
            for_each_key(records, rule, route, |key| {
                keys[piece_of[key.record() as usize]][rule.0].push((key.block, key.route));
            });
        }
        keys
    }

    /// The records of a piece, as they were packed.
    fn piece(&self, piece: &[u8]) -> Result<Part, Unreadable> {
        let mut gathering = Gathering::new(self.fields.len());
        gathering.add(piece)?;
        let n = self.fields.len();
        let unknown = vec![vec![0; self.sources.len()]; n];
        Ok(gathering.finish(self, &vec![false; n], &unknown))
    }

    /// What is to be counted of a piece, for each counting part: the values in the order of the piece; and behind the fields, per rule,
    /// blocks by their hashes, and then the names of records. Blocks of one record of the piece are left out but for a sample, so that
    /// of large ones a little is missing. Of fields whose values are not counted, how many records have one.
    fn submissions(&self, part: &Part, rows: &[u32], keys: &mut [Keys], used: &[Used]) -> Vec<Message> {
        let Part { records, names } = part;
        let (first, order) = (rows[0], part.order(rows.iter().copied()));
        let source = records.source_of(first);
        let mut of_part: Vec<Vec<Tally>> = vec![Vec::new(); self.n_counting as usize];
        let n_fields = self.fields.len();
        let place_of_names = n_fields + keys.len();
        let tell = |of_part: &mut [Vec<Tally>], hash: u128, count: u32| {
            let (_, hashes, counts) =
                of_part[self.counting_part(hash) as usize].last_mut().expect("begun before");
            hashes.push(hash);
            counts.push(count);
        };
        let begin = |of_part: &mut [Vec<Tally>], number: usize| {
            of_part.iter_mut().for_each(|fields| fields.push((number, Vec::new(), Vec::new())));
        };
        for (rule, keys) in keys.iter_mut().enumerate() {
            keys.sort_unstable();
            begin(&mut of_part, n_fields + rule);
            let is_told = |same: &&[(u64, u64)]| same.len() > 1 || is_sampled(same[0].0);
            for same in keys.chunk_by(|a, b| a == b).filter(is_told) {
                let (block, route) = same[0];
                tell(&mut of_part, u128::from(route) << 64 | u128::from(block), same.len() as u32);
            }
        }
        for (at, (field, used)) in records.fields.iter().zip(&used[..n_fields]).enumerate() {
            if !self.is_counting(at) {
                of_part[0].push((at, Vec::new(), vec![used.counts.iter().sum()]));
                continue;
            }
            begin(&mut of_part, at);
            for (&code, &count) in used.codes.iter().zip(&used.counts) {
                tell(&mut of_part, hash_of(field.values.get(code)), count);
            }
        }
        begin(&mut of_part, place_of_names);
        let mut called = format!("{source}:");
        let prefix = called.len();
        for (&code, &count) in used[n_fields].codes.iter().zip(&used[n_fields].counts) {
            called.truncate(prefix);
            called.push_str(names.values.get(code));
            tell(&mut of_part, hash_of(&called), count);
        }
        let message = |fields: Vec<Tally>| {
            let mut writer = Writer::new();
            writer.number(records.place(first));
            writer.number(source as u64);
            writer.number(order);
            for (field, hashes, counts) in fields {
                writer.number(field as u64);
                writer.u64s(hashes.into_iter().flat_map(halves).collect::<Vec<_>>().into_iter());
                writer.u32s(counts.into_iter());
            }
            writer.finish()
        };
        (0..).zip(of_part.into_iter().map(message)).collect()
    }
}

/// Keys of records under a rule, by the hash of the key and of the route.
type Keys = Vec<(u64, u64)>;

/// A field, values by their hashes, records of the piece that have each; behind the fields, a rule and blocks.
type Tally = (usize, Vec<u128>, Vec<u32>);

/// What a counting part was sent by one piece.
struct Submission {
    piece: u64,
    source: usize,
    /// As [`Part::order`].
    order: u64,
    fields: Vec<Tally>,
}

impl Submission {
    fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(bytes)?;
        let (piece, source, order) = (reader.number()?, reader.number()? as usize, reader.number()?);
        let mut fields = Vec::new();
        while !reader.is_at_end() {
            let field = reader.number()? as usize;
            let halves: Vec<u64> = reader.u64s()?.collect();
            let hashes = halves.chunks_exact(2).map(|half| u128::from(half[0]) << 64 | u128::from(half[1]));
            fields.push((field, hashes.collect(), reader.u32s()?.collect()));
        }
        Ok(Self { piece, source, order, fields })
    }
}

/// What a counting part has to say.
#[derive(Debug)]
pub struct Counted {
    /// For the homes: how many of all records have each value that they asked of.
    pub replies: Vec<Message>,
    /// How many values so many records have.
    pub counts: Counts,
    /// The values that could be held by implausibly many, for [`spikes`].
    pub common: Vec<u8>,
}

/// Counts what pieces have sent to the counting part of this number.
pub fn count<'a>(
    plan: &Plan,
    model: &Model,
    part: u32,
    messages: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Counted, Unreadable> {
    let mut submissions = messages.into_iter().map(Submission::read).collect::<Result<Vec<_>, _>>()?;
    submissions.sort_unstable_by_key(|submission| submission.piece);
    let (n_fields, n_rules) = (plan.fields.len(), model.blocking.len());
    let mut totals: Vec<HashMap<u128, u32>> = Vec::new();
    // where only pairs of two sources may be compared, those within one are counted too
    let mut within: Vec<HashMap<(u128, usize), u32>> = Vec::new();
    let learning = plan.learning.as_ref();
    let is_within_counted = |at: usize| {
        model.link_type == LinkType::LinkOnly
            && learning.is_some_and(|learning| learning.is_pairing(at, n_fields))
    };
    let mut counts = Counts::none(plan);
    for Submission { piece, source, order, fields } in &submissions {
        // every part is told the same, and one is enough to tell the driver
        if part == 0 {
            let of_home = counts.orders.entry(plan.home(*piece)).or_default();
            *of_home = of_home.wrapping_add(*order);
        }
        for (field, hashes, records) in fields {
            if totals.len() <= *field {
                totals.resize(field + 1, HashMap::new());
                within.resize(field + 1, HashMap::new());
            }
            for (&hash, &n) in hashes.iter().zip(records) {
                let total = totals[*field].entry(hash).or_default();
                let was_twice = *total > 1;
                *total = total.saturating_add(n);
                // behind the rules are names of records
                if *field == n_fields + n_rules && *total > 1 && !was_twice {
                    counts.n_names_twice[*source] += 1;
                }
                if is_within_counted(*field) {
                    *within[*field].entry((hash, *source)).or_default() += n;
                }
            }
            if *field < n_fields {
                counts.present[*field][*source] += records.iter().map(|&n| u64::from(n)).sum::<u64>();
            }
        }
    }
    for (at, totals) in totals.iter().enumerate() {
        let sizes = match at.checked_sub(n_fields) {
            None => &mut counts.values[at],
            Some(rule) if rule < n_rules => counts.sizes_of(rule),
            Some(_) => continue,
        };
        totals.values().for_each(|&n| *sizes.entry(n).or_default() += 1);
    }
    if let Some(learning) = learning {
        for (at, (totals, within)) in totals.iter().zip(&within).enumerate() {
            if !learning.is_pairing(at, n_fields) {
                continue;
            }
            let pairs = |is_counted: &dyn Fn(u128) -> bool| {
                let of = |(&hash, &n): (&u128, &u32)| {
                    if is_counted(hash) { pairs_of(u64::from(n)) } else { 0 }
                };
                let within = within.iter().map(|((hash, _), n)| of((hash, n)));
                totals.iter().map(of).sum::<u64>() - within.sum::<u64>()
            };
            if at < n_fields {
                counts.equal[at] = pairs(&|_| true);
            } else {
                counts.pairs_counted += pairs(&|_| true);
                counts.pairs_sampled += pairs(&|hash| is_sampled(hash as u64));
            }
        }
        for &(field, value) in &learning.values {
            let hash = u128::from(value[0]) << 64 | u128::from(value[1]);
            if let Some(&n) = totals.get(field).and_then(|totals| totals.get(&hash)) {
                counts.of_values.push((field, value, n));
            }
        }
    }
    for blocks in totals.iter().skip(n_fields).take(n_rules) {
        let large = blocks.iter().filter(|(_, size)| **size >= LARGE_BLOCK);
        counts.large.extend(large.map(|(&hash, &size)| ((hash >> 64) as u64, u64::from(size))));
    }
    counts.large.sort_unstable();
    let reply = |Submission { piece, fields, .. }: &Submission| {
        let mut writer = Writer::new();
        writer.number(*piece);
        writer.number(u64::from(part));
        for (field, hashes, _) in fields.iter().filter(|of| of.0 < n_fields && plan.counted[of.0]) {
            writer.number(*field as u64);
            writer.u32s(hashes.iter().map(|hash| totals[*field][hash]));
        }
        (plan.home(*piece), writer.finish())
    };
    let replies =
        if plan.counted.contains(&true) { submissions.iter().map(reply).collect() } else { Vec::new() };
    let mut common: BTreeMap<(usize, u128), Vec<u64>> = BTreeMap::new();
    for Submission { source, fields, .. } in &submissions {
        for (field, hashes, records) in fields.iter().filter(|of| of.0 < n_fields) {
            for (&hash, &n) in hashes.iter().zip(records) {
                if is_of_one_person_or_home(plan.fields[*field].role)
                    && totals[*field][&hash] >= LEAST_OF_SPIKE
                {
                    let of_sources =
                        common.entry((*field, hash)).or_insert_with(|| vec![0; plan.sources.len()]);
                    of_sources[*source] += u64::from(n);
                }
            }
        }
    }
    let mut writer = Writer::new();
    for ((field, hash), of_sources) in common {
        writer.number(field as u64);
        writer.u64s(halves(hash).into_iter());
        writer.u64s(of_sources.into_iter());
    }
    Ok(Counted { replies, counts, common: writer.finish() })
}

/// Of the common values of a counting part, those that implausibly many records hold: so many as `from` says per field, or more.
pub fn spikes(common: &[u8], from: &[Option<u32>]) -> Result<Vec<Spike>, Unreadable> {
    let mut reader = Reader::new(common)?;
    let mut spikes = Vec::new();
    while !reader.is_at_end() {
        let field = reader.number()? as usize;
        let value: Vec<u64> = reader.u64s()?.collect();
        let records: Vec<u64> = reader.u64s()?.collect();
        let value = value.try_into().map_err(|_| Unreadable)?;
        let from = from.get(field).ok_or(Unreadable)?;
        if from.is_some_and(|from| records.iter().sum::<u64>() >= u64::from(from)) {
            spikes.push(Spike { field, value, records });
        }
    }
    Ok(spikes)
}

/// What a comparing part found.
#[derive(Debug)]
pub struct Compared {
    /// The pairs that are kept, for the homes of their left records.
    pub pairs: Vec<Message>,
    /// What they connect, for [`components`].
    pub connected: Vec<u8>,
    /// Candidate pairs looked at, per blocking rule.
    pub n_candidates: Vec<u64>,
    /// The pairs of records that were asked for, for [`Unsettled::settle`].
    pub asked: Vec<u8>,
}

/// A record that nothing connects with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone {
    /// Its place among all.
    pub place: u64,
    /// Its source.
    pub source: usize,
    /// What it is called.
    pub name: String,
}

/// What a home sends to the parts that decide.
#[derive(Debug)]
pub struct Gathered {
    /// Records.
    pub members: Vec<Message>,
    /// Pairs of these.
    pub pairs: Vec<Message>,
    /// Records of which there is nothing to decide, in order of their places.
    pub alone: Vec<Alone>,
}

/// The records of one part among which it is to be decided who is one person, and all that is known of them.
#[derive(Debug)]
pub struct Undecided {
    /// The records.
    pub part: Part,
    /// The pairs that are kept for their weight.
    pub pairs: ScoredPairs,
    found: Vec<Found>,
}

impl Undecided {
    /// What the deterministic rules of the model say.
    pub fn rulings(&self, setup: &Setup) -> Rulings {
        Rulings::of_found(&self.part.records, &setup.model.deterministic, self.found.clone())
    }
}

impl Setup {
    /// The pieces of a home, with what was counted of their values, each by itself.
    fn restore<'a>(
        &self,
        pieces: impl IntoIterator<Item = &'a [u8]>,
        replies: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<Part>, Unreadable> {
        // by piece, counting part and field
        let mut told: HashMap<(u64, u64, usize), Vec<u32>> = HashMap::new();
        for reply in replies {
            let mut reader = Reader::new(reply)?;
            let (piece, part) = (reader.number()?, reader.number()?);
            while !reader.is_at_end() {
                let field = reader.number()? as usize;
                told.insert((piece, part, field), reader.u32s()?.collect());
            }
        }
        let mut parts =
            pieces.into_iter().map(|piece| self.plan.piece(piece)).collect::<Result<Vec<_>, _>>()?;
        for Part { records, .. } in &mut parts {
            let piece = records.place(0);
            for (at, field) in records.fields[..self.plan.fields.len()].iter_mut().enumerate() {
                let spikes = &self.totals.spikes[at];
                if !self.plan.counted[at] && spikes.is_empty() {
                    continue;
                }
                let hashes: Vec<u128> = field.values.iter().map(hash_of).collect();
                if self.plan.counted[at] {
                    let mut next = vec![0; self.plan.n_counting as usize];
                    for (count, &hash) in field.counts.iter_mut().zip(&hashes) {
                        let part = self.plan.counting_part(hash);
                        let of_part = told.get(&(piece, u64::from(part), at)).ok_or(Unreadable)?;
                        let place = &mut next[part as usize];
                        *count = *of_part.get(*place).ok_or(Unreadable)?;
                        *place += 1;
                    }
                }
                if !spikes.is_empty() {
                    let is_spike = |&hash: &u128| spikes.binary_search(&halves(hash)).is_ok();
                    field.forget(&hashes.iter().map(is_spike).collect::<Vec<_>>());
                }
            }
        }
        parts.sort_unstable_by_key(|part| part.records.place(0));
        self.refuse_lost(&parts)?;
        Ok(parts)
    }

    /// A home has every place of its own once, and there the record that was there when values were counted: else rows were lost, or
    /// a frame is another one each time it is asked.
    fn refuse_lost(&self, parts: &[Part]) -> Result<(), Unreadable> {
        let mut places: Vec<u64> = parts.iter().flat_map(|part| &part.records.places).copied().collect();
        places.sort_unstable();
        let Some(&first) = places.first() else { return Ok(()) };
        let home = self.plan.home(first);
        let first = u64::from(home) << self.plan.home_bits;
        let end = self.plan.n_records().min(first + (1 << self.plan.home_bits));
        let orders = parts.iter().map(|part| part.order(0..part.records.len() as u32));
        let is_as_before = self.totals.orders.get(&home) == Some(&orders.fold(0, u64::wrapping_add));
        if is_as_before && places.iter().copied().eq(first..end) { Ok(()) } else { Err(Unreadable) }
    }

    /// From a home to the parts that compare.
    pub fn explode<'a>(
        &self,
        pieces: impl IntoIterator<Item = &'a [u8]>,
        replies: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<Message>, Unreadable> {
        // rules of one route send their records to the same places, and some of that key that lack another one
        let rules = rules_of(&self.model, &self.plan.fields);
        let mut routes: BTreeMap<u32, (BlockingRule, Route)> = BTreeMap::new();
        for (rule, route) in rules.iter().zip(&self.plan.routes) {
            routes.entry(route.number).or_insert_with(|| route.alone(rule));
        }
        let mut messages = Vec::new();
        let parts = self.restore(pieces, replies)?;
        // where the model is to be learned, random pairs are compared too
        let drawn = match parts.first() {
            Some(part) if !self.model.is_trained() => self.drawn(self.plan.home(part.records.place(0))),
            _ => BTreeSet::new(),
        };
        for mut part in parts {
            part.names = Column::default();
            let mut goes: Vec<(u32, u32)> = Vec::new();
            for &(place, there) in &drawn {
                goes.extend(
                    part.records.places.binary_search(&place).ok().map(|record| (there, record as u32)),
                );
            }
            for (keys, route) in routes.values() {
                for_each_key(&part.records, (0, keys), route, |key| {
                    goes.extend(self.split.parts_of(key.route).map(|part| (part, key.record())));
                });
            }
            goes.sort_unstable();
            goes.dedup();
            let mut packer = Packer::new(&part, &self.plan.counted);
            for there in goes.chunk_by(|a, b| a.0 == b.0) {
                let records: Vec<u32> = there.iter().map(|&(_, record)| record).collect();
                messages.push((there[0].0, packer.pack(&records)));
            }
        }
        Ok(messages)
    }

    fn share(&self, number: u32) -> Share {
        Share { split: Arc::clone(&self.split), part: number }
    }

    fn part<'a>(&self, messages: impl IntoIterator<Item = &'a [u8]>) -> Result<Part, Unreadable> {
        let mut gathering = Gathering::new(self.plan.fields.len());
        messages.into_iter().try_for_each(|message| gathering.add(message))?;
        Ok(gathering.finish(&self.plan, &self.plan.counted, &self.totals.present))
    }

    /// Weighs the pairs that are those of the part of this number, among the records that came to it.
    pub fn compare<'a>(
        &self,
        number: u32,
        messages: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Compared, PartFault> {
        let Part { records, .. } = self.part(messages)?;
        let model = &self.model;
        let share = self.share(number);
        let blocks = Blocks::of_part(&records, model, &self.plan.routes, &share)?;
        let comparer = Comparer::beside(&records, model, &blocks)?;
        let scorer = Scorer::new(&comparer, model)?;
        let scored = score(&scorer, &blocks, model.accept.review_bits(), &Silent)?;
        let rules = rules_of(model, &self.plan.fields);
        let (first, first_tie) = (model.blocking.len(), model.blocking.len() + model.deterministic.len());
        let routed = (first, &self.plan.routes[first..]);
        let found = found_in_part(&records, &model.deterministic, model.link_type, routed, &share);
        let mut connected = Components::new(records.len());
        for (&left, &right) in scored.left.iter().zip(&scored.right) {
            connected.join(left, right);
        }
        found.iter().for_each(|&(left, right, ..)| connected.join(left, right));
        for (rule, route) in rules.iter().enumerate().zip(&self.plan.routes).skip(first_tie) {
            let mut first_of: HashMap<u64, u32> = HashMap::new();
            for_each_key(&records, rule, route, |key| {
                connected.join(key.record(), *first_of.entry(key.block).or_insert(key.record()));
            });
        }
        let edges = (0..records.len() as u32).filter_map(|record| {
            let root = connected.root(record);
            (root != record).then(|| [records.place(root), records.place(record)])
        });
        let edges: Vec<u64> = edges.flatten().collect();
        let mut writer = Writer::new();
        writer.u64s(edges.into_iter());
        Ok(Compared {
            pairs: self.for_homes(&records, &scored, &found),
            connected: writer.finish(),
            n_candidates: scored.n_candidates,
            asked: self.pairs_of(&records, &blocks, &comparer),
        })
    }

    /// Pairs by the home of their left record.
    fn for_homes(&self, records: &Records, scored: &ScoredPairs, found: &[Found]) -> Vec<Message> {
        let home = |left: u32| self.plan.home(records.place(left));
        let mut by_home: BTreeMap<u32, (Vec<usize>, Vec<&Found>)> = BTreeMap::new();
        (0..scored.len()).for_each(|pair| by_home.entry(home(scored.left[pair])).or_default().0.push(pair));
        found.iter().for_each(|found| by_home.entry(home(found.0)).or_default().1.push(found));
        let message = |(home, (pairs, found)): (u32, (Vec<usize>, Vec<&Found>))| {
            let pairs = pairs.into_iter().map(|pair| PlacedPair {
                places: [records.place(scored.left[pair]), records.place(scored.right[pair])],
                weight: scored.weight[pair],
                rule: scored.rule[pair],
            });
            let found = found.into_iter().map(|&(left, right, is_caught, rule)| PlacedFound {
                places: [records.place(left), records.place(right)],
                is_caught,
                rule,
            });
            (home, PlacedPairs { pairs: pairs.collect(), found: found.collect() }.pack())
        };
        by_home.into_iter().map(message).collect()
    }

    /// From a home to the parts that decide: records that have a label, with all others of it, and the pairs of which a record of this
    /// home is the left one. Records without a label are by themselves.
    pub fn gather<'a>(
        &self,
        pieces: impl IntoIterator<Item = &'a [u8]>,
        replies: impl IntoIterator<Item = &'a [u8]>,
        labels: impl IntoIterator<Item = &'a [u8]>,
        pairs: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Gathered, Unreadable> {
        let mut label_of: HashMap<u64, u64> = HashMap::new();
        for message in labels {
            let mut reader = Reader::new(message)?;
            let labelled: Vec<u64> = reader.u64s()?.collect();
            label_of.extend(labelled.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        }
        let deciding = |place: u64| {
            let label = *label_of.get(&place)?;
            Some(below(u64::from(self.plan.n_deciding), draw(2, label)) as u32)
        };
        let (mut members, mut alone) = (Vec::new(), Vec::new());
        for part in self.restore(pieces, replies)? {
            let mut goes: Vec<(u32, u32)> = Vec::new();
            for record in 0..part.records.len() as u32 {
                let place = part.records.place(record);
                match deciding(place) {
                    Some(there) => goes.push((there, record)),
                    None => alone.push(Alone {
                        place,
                        source: part.records.source_of(record),
                        name: part.names.get(record as usize).unwrap_or_default().to_owned(),
                    }),
                }
            }
            goes.sort_unstable();
            let mut packer = Packer::new(&part, &self.plan.counted);
            for there in goes.chunk_by(|a, b| a.0 == b.0) {
                let records: Vec<u32> = there.iter().map(|&(_, record)| record).collect();
                members.push((there[0].0, packer.pack(&records)));
            }
        }
        let mut of_part: BTreeMap<u32, PlacedPairs> = BTreeMap::new();
        for message in pairs {
            let PlacedPairs { pairs, found } = PlacedPairs::unpack(message)?;
            for pair in pairs {
                of_part.entry(deciding(pair.places[0]).ok_or(Unreadable)?).or_default().pairs.push(pair);
            }
            for pair in found {
                of_part.entry(deciding(pair.places[0]).ok_or(Unreadable)?).or_default().found.push(pair);
            }
        }
        let pairs = of_part.into_iter().map(|(part, pairs)| (part, pairs.pack())).collect();
        Ok(Gathered { members, pairs, alone })
    }

    /// What came to a part that decides.
    pub fn undecided<'a>(
        &self,
        members: impl IntoIterator<Item = &'a [u8]>,
        pairs: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Undecided, Unreadable> {
        let part = self.part(members)?;
        let places = &part.records.places;
        let record = |place: u64| places.binary_search(&place).map(|at| at as u32).map_err(|_| Unreadable);
        let mut all = PlacedPairs::default();
        for message in pairs {
            let PlacedPairs { pairs, found } = PlacedPairs::unpack(message)?;
            all.pairs.extend(pairs);
            all.found.extend(found);
        }
        all.pairs.sort_unstable_by_key(|pair| pair.places);
        let mut pairs =
            ScoredPairs { n_candidates: vec![0; self.model.blocking.len()], ..ScoredPairs::default() };
        for PlacedPair { places: [left, right], weight, rule } in all.pairs {
            pairs.push(record(left)?, record(right)?, weight, rule);
        }
        let found = all.found.into_iter().map(|PlacedFound { places: [left, right], is_caught, rule }| {
            Ok((record(left)?, record(right)?, is_caught, rule))
        });
        let found = found.collect::<Result<Vec<Found>, Unreadable>>()?;
        Ok(Undecided { part, pairs, found })
    }
}

/// All rules whose blocks bring records together, by number: those that make candidates, deterministic ones, and those that only see
/// to it that records are decided on together: whether numbers conflict may depend on others that have the same ULN.
fn rules_of(model: &Model, fields: &[PlannedField]) -> Vec<BlockingRule> {
    let deterministic = model.deterministic.iter().map(|rule| BlockingRule { keys: rule.keys.clone() });
    let ulns: Vec<&str> =
        fields.iter().filter(|field| field.role == Role::Uln).map(|field| &field.name[..]).collect();
    let side = |name: &str| (name.to_owned(), KeyPart::Whole);
    let pairs =
        ulns.iter().enumerate().flat_map(|(at, left)| ulns[at..].iter().map(move |right| (left, right)));
    let tie = |(left, right): (&&str, &&str)| BlockingRule {
        keys: vec![BlockingKey { left: side(left), right: side(right) }],
    };
    model.blocking.iter().cloned().chain(deterministic).chain(pairs.map(tie)).collect()
}

/// A pair by the places of its records.
struct PlacedPair {
    places: [u64; 2],
    weight: f64,
    rule: u16,
}

/// The same of what a deterministic rule found.
struct PlacedFound {
    places: [u64; 2],
    is_caught: bool,
    rule: u16,
}

#[derive(Default)]
struct PlacedPairs {
    pairs: Vec<PlacedPair>,
    found: Vec<PlacedFound>,
}

impl PlacedPairs {
    fn pack(&self) -> Vec<u8> {
        let Self { pairs, found } = self;
        let mut writer = Writer::new();
        for end in 0..2 {
            writer.u64s(pairs.iter().map(|pair| pair.places[end]));
        }
        writer.u64s(pairs.iter().map(|pair| pair.weight.to_bits()));
        writer.u32s(pairs.iter().map(|pair| u32::from(pair.rule)));
        for end in 0..2 {
            writer.u64s(found.iter().map(|found| found.places[end]));
        }
        writer.u32s(found.iter().map(|found| u32::from(found.rule) << 1 | u32::from(found.is_caught)));
        writer.finish()
    }

    fn unpack(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(bytes)?;
        let lefts = reader.u64s()?;
        let ends = lefts.zip(reader.u64s()?);
        let said = reader.u64s()?.zip(reader.u32s()?);
        let pairs = ends.zip(said).map(|((left, right), (weight, rule))| PlacedPair {
            places: [left, right],
            weight: f64::from_bits(weight),
            rule: rule as u16,
        });
        let lefts = reader.u64s()?;
        let ends = lefts.zip(reader.u64s()?);
        let found = ends.zip(reader.u32s()?).map(|((left, right), said)| PlacedFound {
            places: [left, right],
            is_caught: said & 1 == 1,
            rule: (said >> 1) as u16,
        });
        let unpacked = Self { pairs: pairs.collect(), found: found.collect() };
        if reader.is_at_end() { Ok(unpacked) } else { Err(Unreadable) }
    }
}

/// The labels of connected records, for their homes: the place of the first record of each. Holds four bytes per record of all.
pub fn components<'a>(
    plan: &Plan,
    connected: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<Message>, Unreadable> {
    let mut components = Components::new(plan.n_records() as usize);
    let mut is_connected = vec![false; plan.n_records() as usize];
    for message in connected {
        let mut reader = Reader::new(message)?;
        let edges: Vec<u64> = reader.u64s()?.collect();
        for edge in edges.chunks_exact(2) {
            let known = |place: u64| (place < plan.n_records()).then_some(place as u32).ok_or(Unreadable);
            components.join(known(edge[0])?, known(edge[1])?);
            edge.iter().for_each(|&place| is_connected[place as usize] = true);
        }
    }
    let mut messages: Vec<Message> = Vec::new();
    let mut labelled: Vec<u64> = Vec::new();
    let n_homes = plan.n_homes();
    for home in 0..n_homes {
        labelled.clear();
        let first = u64::from(home) << plan.home_bits;
        let end = plan.n_records().min(first + (1 << plan.home_bits));
        for place in first..end {
            if is_connected[place as usize] {
                labelled.extend([place, u64::from(components.root(place as u32))]);
            }
        }
        let mut writer = Writer::new();
        writer.u64s(labelled.iter().copied());
        messages.push((home, writer.finish()));
    }
    Ok(messages)
}

/// Why a part could not do its work.
#[derive(Debug)]
pub enum PartFault {
    /// What it was sent is none of its messages.
    Unreadable,
    /// The model does not fit.
    Fault(Fault),
}

impl From<Unreadable> for PartFault {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

impl From<Fault> for PartFault {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

#[cfg(test)]
mod tests;
