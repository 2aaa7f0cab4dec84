//! Learning a model where no one process holds all records: the same model as where one does.
//!
//! 1. [`Setup::see`]: the parts that compare count the vectors of candidates and of random pairs. The pairs of a sample of records are
//!    told by themselves.
//! 2. [`Setup::lesson`]: with these counts, one process asks which comparisons go together among matches. How many of all pairs agree
//!    on both of two is then counted: [`Setup::pair_values`] and [`Setup::count_pairs`].
//! 3. [`Lesson::teach`]: expectation maximisation, on counts alone. Whether classes of relatives really hold relatives is seen from the
//!    pairs of some records more ([`Setup::pairs_of`]), which come with the scores.

use super::packed::{Reader, Unreadable, Writer};
use super::{Message, Part, PartFault, Setup, halves, hash_of};
use crate::blocking::Blocks;
use crate::comparison::{Comparer, ComparisonVector};
use crate::model::{BlockingKey, BlockingRule, Class, LinkType, Model};
use crate::random::{below, draw};
use crate::records::Records;
use crate::training::{
    Agreement, BothAgree, Chance, Closing, Known, Labelled, Learned, Near, Sample, learn, pairs_of,
    pairs_of_sources, plain_field, random_pair, settle, values_asked_for,
};
use hashbrown::HashMap;
use plait_types::NULL;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// What has to be counted of all records for a model to be learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learning {
    /// Per field, whether it matters how many pairs agree on it.
    pub fields: Vec<bool>,
    /// Values of which it matters how many records have them: the field, and the hash.
    pub values: Vec<(usize, [u64; 2])>,
    /// Per blocking rule, whether the sides are alike, so that the size of a block tells its pairs.
    pub symmetric: Vec<bool>,
}

impl Learning {
    /// For a model, if it has not been learned yet, of records with these fields.
    pub(super) fn of(model: &Model, records: &Records, n_fields: usize) -> Option<Self> {
        let mut fields = vec![false; records.fields.len()];
        let mut values = Vec::new();
        for comparison in &model.comparisons {
            if let Some(field) = plain_field(records, comparison) {
                fields[field] = true;
            }
            // how many records a source has is known
            let field = records.field(&comparison.fields[0]).filter(|&field| field < n_fields);
            if let (Some(field), Some(asked)) = (field, values_asked_for(comparison)) {
                let hashes = asked.into_iter().flat_map(spellings).map(|value| halves(hash_of(&value)));
                values.extend(hashes.map(|hash| (field, hash)));
            }
        }
        let symmetric = |rule: &BlockingRule| rule.keys.iter().all(BlockingKey::is_symmetric);
        (!model.is_trained()).then(|| Self {
            fields,
            values,
            symmetric: model.blocking.iter().map(symmetric).collect(),
        })
    }

    pub(super) fn is_counting(&self, field: usize) -> bool {
        self.fields.get(field) == Some(&true) || self.values.iter().any(|value| value.0 == field)
    }

    /// Whether it matters how many pairs agree on a field, or are in blocks of a rule, which stand behind the fields.
    pub(super) fn is_pairing(&self, at: usize, n_fields: usize) -> bool {
        match at.checked_sub(n_fields) {
            None => self.fields[at],
            Some(rule) => self.symmetric.get(rule) == Some(&true),
        }
    }
}

/// What is still to be found out about a model that has been learned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Two fields each, of which it is to be counted how many pairs agree on both.
    pub together: Vec<[usize; 2]>,
    /// The places of records whose candidate pairs are to be told, ascending.
    pub pairs_of: Vec<u64>,
    /// The depth of the sample of records whose pairs have been told.
    pub depth: u32,
}

/// What comparing parts have seen.
#[derive(Debug, Default)]
struct Seen {
    /// Pairs of all blocks, those of several rules once for each.
    n_pairs: u64,
    /// Candidates by their vector and by the depth of the smallest sample with their left record.
    vectors: BTreeMap<(ComparisonVector, u32), u64>,
    /// Random pairs.
    random: BTreeMap<ComparisonVector, u64>,
    near: Vec<Near>,
}

impl Seen {
    fn pack(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.number(self.n_pairs);
        writer.u64s(self.vectors.keys().map(|of| of.0.0));
        writer.u32s(self.vectors.keys().map(|of| of.1));
        writer.u64s(self.vectors.values().copied());
        writer.u64s(self.random.keys().map(|vector| vector.0));
        writer.u64s(self.random.values().copied());
        writer.u32s(self.near.iter().map(|pair| pair.0));
        writer.u32s(self.near.iter().map(|pair| pair.1));
        writer.u64s(self.near.iter().map(|pair| pair.2.0));
        writer.finish()
    }

    /// With what another part has seen.
    fn add(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        let mut reader = Reader::new(bytes)?;
        self.n_pairs += reader.number()?;
        let vectors = reader.u64s()?.map(ComparisonVector).zip(reader.u32s()?);
        vectors.zip(reader.u64s()?).for_each(|(of, n)| *self.vectors.entry(of).or_default() += n);
        let random = reader.u64s()?.map(ComparisonVector);
        random.zip(reader.u64s()?).for_each(|(vector, n)| *self.random.entry(vector).or_default() += n);
        let ends = reader.u32s()?.zip(reader.u32s()?);
        let near = ends.zip(reader.u64s()?);
        self.near.extend(near.map(|((left, right), vector)| (left, right, ComparisonVector(vector))));
        if reader.is_at_end() { Ok(()) } else { Err(Unreadable) }
    }

    fn of<'a>(messages: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Unreadable> {
        let mut seen = Self::default();
        messages.into_iter().try_for_each(|message| seen.add(message))?;
        seen.near.sort_unstable();
        Ok(seen)
    }
}

/// How many pairs agree on two fields: what one counting part says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedPairs {
    /// Per two fields, those that agree on both.
    pub agreeing: Vec<u64>,
    /// Per two fields, per source: records that have both.
    pub present: Vec<Vec<u64>>,
}

impl Setup {
    /// Where random pairs are compared, by the place of a record: of a home, or of all.
    fn random_pairs(&self) -> impl Iterator<Item = (u32, (u64, u64))> + '_ {
        let starts = &self.plan.starts;
        let source_of = |place: u64| starts.partition_point(|&start| start <= place);
        (0..self.options.random_pairs).filter_map(move |index| {
            let n = self.plan.n_records();
            let pair = random_pair(n, source_of, self.model.link_type, self.options.seed, index)?;
            Some((below(u64::from(self.split.n_parts), draw(3, index)) as u32, pair))
        })
    }

    /// The records of a home that are in random pairs, by place, and the parts that compare these.
    pub(super) fn drawn(&self, home: u32) -> BTreeSet<(u64, u32)> {
        let ends = self.random_pairs().flat_map(|(part, pair)| [(pair.0, part), (pair.1, part)]);
        ends.filter(|&(place, _)| self.plan.home(place) == home).collect()
    }

    /// The records whose candidates are learned from, and those whose pairs are told by themselves, if blocks have so many pairs.
    fn samples(&self, n_pairs: u64) -> (Sample, Sample) {
        let near = Closing::sample(self.plan.n_records(), n_pairs, &self.options);
        (Sample::of_candidates(n_pairs, &self.options), near)
    }

    /// Counts the vectors of pairs among the records that came to the part of this number.
    pub fn see<'a>(
        &self,
        number: u32,
        messages: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<u8>, PartFault> {
        let Part { records, .. } = self.part(messages)?;
        let blocks = Blocks::of_part(&records, &self.model, &self.plan.routes, &self.share(number))?;
        let comparer = Comparer::beside(&records, &self.model, &blocks)?;
        let mut scratch = comparer.scratch();
        let mut seen = Seen { n_pairs: blocks.n_pairs_here(), ..Seen::default() };
        // as many as are wanted, or more: how many pairs there are is not known before all parts have been heard
        let (candidates, near) = self.samples(self.totals.least_pairs);
        let is_near: Vec<bool> = records.places.iter().map(|&place| near.has(place)).collect();
        let depth = Cell::new(0);
        let mut vectors: HashMap<(ComparisonVector, u32), u64> = HashMap::new();
        for task in blocks.tasks(u64::MAX) {
            let keep = |left: u32| {
                depth.set(Sample::depth_of(self.options.seed, records.place(left)));
                true
            };
            blocks.for_each_pair(&task, keep, |left, right| {
                let counts = candidates.depth == 0 || depth.get() >= candidates.depth;
                let is_near = is_near[left as usize] || is_near[right as usize];
                if counts || is_near {
                    let vector = comparer.vector(left, right, &mut scratch);
                    if counts {
                        *vectors.entry((vector, depth.get())).or_default() += 1;
                    }
                    if is_near {
                        seen.near.push((records.place(left) as u32, records.place(right) as u32, vector));
                    }
                }
            });
        }
        seen.vectors.extend(vectors);
        for (_, (left, right)) in self.random_pairs().filter(|(part, _)| *part == number) {
            let [left, right] = [left, right].map(|place| records.places.binary_search(&place));
            let (Ok(left), Ok(right)) = (left, right) else { return Err(PartFault::Unreadable) };
            *seen.random.entry(comparer.vector(left as u32, right as u32, &mut scratch)).or_default() += 1;
        }
        Ok(seen.pack())
    }

    /// The candidate pairs of the records that were asked for, as a message for [`Unsettled::settle`].
    pub(super) fn pairs_of(&self, records: &Records, blocks: &Blocks, comparer: &Comparer<'_>) -> Vec<u8> {
        let mut seen = Seen::default();
        if !self.asked.pairs_of.is_empty() {
            let sample = Sample::of_depth(self.asked.depth, &self.options);
            let is_asked = |place: &u64| self.asked.pairs_of.binary_search(place).is_ok();
            let is_asked: Vec<bool> = records.places.iter().map(is_asked).collect();
            let was_told: Vec<bool> = records.places.iter().map(|&place| sample.has(place)).collect();
            let either = |of: &[bool], left: u32, right: u32| of[left as usize] || of[right as usize];
            let mut scratch = comparer.scratch();
            for task in blocks.tasks(u64::MAX) {
                blocks.for_each_pair(
                    &task,
                    |_| true,
                    |left, right| {
                        if either(&is_asked, left, right) && !either(&was_told, left, right) {
                            let vector = comparer.vector(left, right, &mut scratch);
                            let [left, right] = [left, right].map(|record| records.place(record) as u32);
                            seen.near.push((left, right, vector));
                        }
                    },
                );
            }
        }
        seen.pack()
    }

    /// The values of the fields that were asked for together, from a home to the parts that count.
    pub fn pair_values<'a>(
        &self,
        pieces: impl IntoIterator<Item = &'a [u8]>,
        replies: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<Message>, Unreadable> {
        let mut messages = Vec::new();
        for Part { records, .. } in self.restore(pieces, replies)? {
            let mut of_part: Vec<Writer> = Vec::new();
            for _ in 0..self.plan.n_counting {
                let mut writer = Writer::new();
                writer.number(records.source_of(0) as u64);
                of_part.push(writer);
            }
            for &fields in &self.asked.together {
                let [first, second] = fields.map(|field| &records.fields[field]);
                let mut counts: HashMap<(u32, u32), u32> = HashMap::new();
                let both = first.codes.iter().zip(&second.codes);
                both.filter(|(a, b)| **a != NULL && **b != NULL)
                    .for_each(|(&a, &b)| *counts.entry((a, b)).or_default() += 1);
                let [of_first, of_second] =
                    [first, second].map(|field| field.values.iter().map(hash_of).collect::<Vec<_>>());
                let mut told: Vec<(Vec<u64>, Vec<u32>)> = vec![Default::default(); of_part.len()];
                let mut counts: Vec<((u32, u32), u32)> = counts.into_iter().collect();
                counts.sort_unstable();
                for ((a, b), n) in counts {
                    let [a, b] = [halves(of_first[a as usize]), halves(of_second[b as usize])];
                    let hash = [draw(a[0], b[0]), draw(a[1], b[1])];
                    let there = below(u64::from(self.plan.n_counting), hash[0]) as usize;
                    told[there].0.extend(hash);
                    told[there].1.push(n);
                }
                for (writer, (hashes, counts)) in of_part.iter_mut().zip(told) {
                    writer.u64s(hashes.into_iter());
                    writer.u32s(counts.into_iter());
                }
            }
            messages.extend((0..).zip(of_part.into_iter().map(Writer::finish)));
        }
        Ok(messages)
    }

    /// Counts what homes have sent to a counting part.
    pub fn count_pairs<'a>(
        &self,
        messages: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<CountedPairs, Unreadable> {
        let n = self.asked.together.len();
        let n_sources = self.plan.sources.len();
        let mut present = vec![vec![0; n_sources]; n];
        // of all, and where only pairs of two sources are compared, of each
        let mut totals: Vec<BTreeMap<usize, HashMap<[u64; 2], u64>>> = vec![BTreeMap::new(); n];
        for message in messages {
            let mut reader = Reader::new(message)?;
            let source = reader.number()? as usize;
            for (present, totals) in present.iter_mut().zip(&mut totals) {
                let hashes: Vec<u64> = reader.u64s()?.collect();
                let counts = hashes.as_chunks::<2>().0.iter().zip(reader.u32s()?);
                for (&hash, n) in counts {
                    let n = u64::from(n);
                    *present.get_mut(source).ok_or(Unreadable)? += n;
                    *totals.entry(ALL).or_default().entry(hash).or_default() += n;
                    if self.model.link_type == LinkType::LinkOnly {
                        *totals.entry(source).or_default().entry(hash).or_default() += n;
                    }
                }
            }
        }
        let agreeing = |totals: &BTreeMap<usize, HashMap<[u64; 2], u64>>| {
            let equal = |of: &HashMap<[u64; 2], u64>| of.values().map(|&n| pairs_of(n)).sum::<u64>();
            let (all, within): (Vec<_>, Vec<_>) = totals.iter().partition(|(source, _)| **source == ALL);
            let sum = |of: Vec<(&usize, &HashMap<[u64; 2], u64>)>| {
                of.into_iter().map(|(_, of)| equal(of)).sum::<u64>()
            };
            sum(all) - sum(within)
        };
        Ok(CountedPairs { agreeing: totals.iter().map(agreeing).collect(), present })
    }

    /// What the parts have seen, brought together.
    pub fn lesson<'a>(&self, seen: impl IntoIterator<Item = &'a [u8]>) -> Result<Heard, PartFault> {
        let Seen { n_pairs, vectors, random, near } = Seen::of(seen)?;
        let (sample, near_sample) = self.samples(n_pairs);
        let (looked_at, near_looked_at) = self.samples(self.totals.least_pairs);
        if sample.depth < looked_at.depth || near_sample.depth < near_looked_at.depth {
            return Ok(Heard::TooLittle(n_pairs));
        }
        let mut counts: BTreeMap<ComparisonVector, u64> = BTreeMap::new();
        for ((vector, depth), n) in vectors {
            if sample.depth == 0 || depth >= sample.depth {
                *counts.entry(vector).or_default() += n;
            }
        }
        let mut lesson = Lesson {
            vectors: counts.into_iter().collect(),
            scale: sample.scale(),
            random: random.into_iter().collect(),
            near,
            sample: near_sample,
            asks: Vec::new(),
            learned: None,
        };
        let records = self.no_records()?;
        let asks = RefCell::new(Vec::new());
        let learned = lesson.learn(self, &records, &|comparisons| {
            asks.borrow_mut().push(comparisons);
            None
        })?;
        let field = |comparison: usize| plain_field(&records, &self.model.comparisons[comparison]);
        let known = |[first, second]: [usize; 2]| Some([field(first)?, field(second)?]);
        let asks = asks.into_inner().into_iter();
        lesson.asks = asks.filter_map(|pair| Some((pair, known(pair)?))).collect();
        lesson.learned = lesson.asks.is_empty().then_some(learned);
        Ok(Heard::Enough(lesson))
    }

    /// All that is known but the records.
    fn no_records(&self) -> Result<Records, Unreadable> {
        Ok(self.part(std::iter::empty())?.records)
    }

    fn agreement(&self, field: usize) -> Agreement {
        let of_sources: Vec<u64> = match self.totals.present.get(field) {
            Some(present) => present.clone(),
            // the field of the source of records
            None => self.plan.starts.windows(2).map(|ends| ends[1] - ends[0]).collect(),
        };
        let link_type = self.model.link_type;
        // of the field of the source of records, those within a source
        let within = || {
            pairs_of_sources(&of_sources, LinkType::LinkAndDedupe)
                - pairs_of_sources(&of_sources, LinkType::LinkOnly)
        };
        let equal = self.totals.equal.get(field).copied();
        Agreement {
            both: pairs_of_sources(&of_sources, link_type),
            equal: equal.unwrap_or_else(|| if link_type == LinkType::LinkOnly { 0 } else { within() }),
        }
    }

    fn count_of(&self, field: usize, value: &str) -> u32 {
        if field >= self.plan.fields.len() {
            let source = self.plan.sources.iter().position(|name| name.eq_ignore_ascii_case(value));
            let n = |source: usize| self.plan.starts[source + 1] - self.plan.starts[source];
            return source.map_or(0, n) as u32;
        }
        let count = |value: String| {
            let hash = halves(hash_of(&value));
            let known = self.totals.of_values.iter().find(|known| (known.0, known.1) == (field, hash));
            known.map(|known| known.2)
        };
        spellings(value).into_iter().find_map(count).unwrap_or(0)
    }
}

/// A value that a model names in any case, as a standardised one may stand.
fn spellings(value: &str) -> [String; 3] {
    [value.to_owned(), value.to_ascii_lowercase(), value.to_ascii_uppercase()]
}

/// In the place of a source: all of them.
const ALL: usize = usize::MAX;

/// What a model is learned from, as one process knows it.
#[derive(Debug)]
pub struct Lesson {
    vectors: Vec<(ComparisonVector, u64)>,
    scale: f64,
    random: Vec<(ComparisonVector, u64)>,
    near: Vec<Near>,
    sample: Sample,
    /// Comparisons of which it matters how many of all pairs agree on both, and their fields.
    asks: Vec<([usize; 2], [usize; 2])>,
    /// What has been learned, if nothing of that kind matters.
    learned: Option<Learned>,
}

/// What there is to learn from.
#[derive(Debug)]
pub enum Heard {
    /// As much as one process would learn from.
    Enough(Lesson),
    /// There are fewer pairs than was thought, only so many, so that more records should have been looked at: with this number among
    /// the [totals](super::Totals), the parts are to [look](Setup::see) again.
    TooLittle(u64),
}

/// What a lesson has taught.
#[derive(Debug)]
pub struct Taught {
    /// The classes of the model.
    pub classes: Vec<Class>,
    /// What a careful person should know about the fit.
    pub warnings: Vec<String>,
    /// What is to be told of the pairs of records when they are scored.
    pub asked: Asked,
    /// Whether its classes of relatives hold relatives is open; nothing if it has none.
    pub unsettled: Option<Unsettled>,
}

/// Pairs by which it will be seen whether classes of relatives hold relatives.
#[derive(Debug)]
pub struct Unsettled(Closing);

impl Unsettled {
    /// Looks once more at the classes of relatives of a model that was learned, with the pairs that were asked for. Gives what was
    /// changed, in words.
    pub fn settle<'a>(
        &self,
        model: &mut Model,
        told: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<String>, Unreadable> {
        Ok(settle(model, &self.0.finish(&model.classes, &Seen::of(told)?.near)))
    }
}

impl Lesson {
    /// What has to be counted before it can teach.
    pub fn asks(&self) -> Asked {
        Asked { together: self.asks.iter().map(|ask| ask.1).collect(), ..Asked::default() }
    }

    fn learn(
        &self,
        setup: &Setup,
        records: &Records,
        both_agree: &dyn Fn([usize; 2]) -> Option<BothAgree>,
    ) -> Result<Learned, PartFault> {
        let model = &setup.model;
        let comparer = Comparer::new(records, model)?;
        let known = Known {
            random: self.random.clone(),
            agreement: &|field| setup.agreement(field),
            count: &|field, value| setup.count_of(field, value),
        };
        let chance = Chance::of(records, model, &setup.options, known);
        let counted = (&self.vectors[..], self.scale);
        Ok(learn(&comparer, model, counted, &Labelled::default(), &chance, both_agree))
    }

    /// Learns the model, with what was counted of the fields that it asked for.
    pub fn teach(&self, setup: &Setup, counted: &[CountedPairs]) -> Result<Taught, PartFault> {
        let both_agree = |comparisons: [usize; 2]| {
            let at = self.asks.iter().position(|ask| ask.0 == comparisons)?;
            let mut of_sources = vec![0; setup.plan.sources.len()];
            for counted in counted {
                of_sources.iter_mut().zip(counted.present.get(at)?).for_each(|(all, n)| *all += n);
            }
            let agreeing: u64 = counted.iter().filter_map(|counted| counted.agreeing.get(at)).sum();
            let present = pairs_of_sources(&of_sources, setup.model.link_type);
            Some(BothAgree { agreeing: agreeing as f64, present: present as f64 })
        };
        let learned = match &self.learned {
            Some(learned) => learned.clone(),
            None => self.learn(setup, &setup.no_records()?, &both_agree)?,
        };
        let Learned { classes, differs_in, warnings, .. } = learned;
        let closing = Closing::begin(&classes, &differs_in, &self.near, self.sample);
        let pairs_of = closing.as_ref().map(Closing::asks_for).unwrap_or_default();
        let asked = Asked {
            pairs_of: pairs_of.into_iter().map(u64::from).collect(),
            depth: self.sample.depth,
            together: Vec::new(),
        };
        Ok(Taught { classes, warnings, asked, unsettled: closing.map(Unsettled) })
    }
}
