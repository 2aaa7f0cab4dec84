//! Candidate pairs: records that agree on all keys of some blocking rule.
//!
//! Each rule sorts `(key, record)` and keeps the runs of equal keys as blocks. The codes of all keys of a record lie side
//! by side, together with those that comparisons read, so that "does an earlier rule make this pair already?" is a
//! comparison of a few neighbouring integers, no set of seen pairs is needed, and a record is fetched once for both.
//!
//! Under a rule whose keys may be several per record (any word of a name), a record is in several blocks. Such rules
//! keep the ascending list of each record's blocks instead; a pair is visited in the first block that both lists have.

mod hashed;
mod keys;
mod sort;

use crate::lists::{Lists, first_shared};
use crate::model::{BlockingKey, BlockingRule, LinkType, Part};
use crate::part::{most_parts, part_codes, part_lists};
use crate::parts::Share;
use crate::records::{Records, Source};
use crate::rows::{Columns, Rows, STRETCH};
pub use hashed::Route;
pub(crate) use hashed::{Hashed, for_each_key, routes};
use keys::{Keys, Packed};
use plait_types::{Fault, NULL};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// The blocks of all rules, ready to be walked.
pub struct Blocks {
    rules: Vec<RuleBlocks>,
    /// The values of `fields`, then the keys of the rules.
    rows: Arc<Rows>,
    /// Fields whose values are in the first slots, for those who compare the pairs.
    fields: Vec<usize>,
    sources: Vec<Source>,
    within_sources: bool,
    /// Of a part of all records, which pairs are looked at here, and the places of its records among all.
    share: Option<(Share, Vec<u64>)>,
}

/// The blocks of one rule.
struct RuleBlocks {
    /// Records in blocks of two or more; within a block (and within its left and right part) in record order.
    records: Vec<u32>,
    /// Where each block starts in `records`, and the end.
    starts: Vec<u32>,
    /// For rules with unlike sides, where the right part of each block starts; else empty.
    splits: Vec<u32>,
    /// In a part of all records, the hash of the route of each block; else empty.
    routes: Vec<u64>,
    /// The slots of its keys, left and right: where in all of them the left record's is equal to the right record's, the
    /// rule holds. Empty where records may be in several blocks.
    keys: Vec<(u16, u16)>,
    /// The same with left and right changed over, where its sides are unlike.
    swapped: Vec<(u16, u16)>,
    /// Of rules under which records may be in several blocks: which.
    several: Option<Memberships>,
    n_pairs: u64,
    largest: LargestBlock,
}

/// The blocks of each record under a rule, where it may be in several.
struct Memberships {
    left: Lists,
    /// With unlike sides, those in which it is on the right.
    right: Option<Lists>,
}

/// The costliest block of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LargestBlock {
    /// Records in it.
    pub n_records: u64,
    /// Pairs that it makes.
    pub n_pairs: u64,
}

/// What a rule costs, known before any pair is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleCost {
    /// Pairs the rule makes by itself, including those that earlier rules make too. A pair counts once for every key that
    /// it shares where a record may have several, so this is then an upper bound.
    pub n_pairs: u64,
    /// Its costliest block.
    pub largest: LargestBlock,
}

/// A stretch of one rule's pairs: the lefts from one position up to another.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// Index of the rule.
    pub rule: usize,
    /// First position in the rule's records whose pairs belong to the task.
    from: u32,
    /// Position after the last.
    to: u32,
    /// The block of `from`.
    block: u32,
    /// Pairs, including those that earlier rules make too.
    pub n_pairs: u64,
}

/// What is done with candidate pairs.
pub(crate) trait PairVisitor {
    /// One or several blocks begin: their records, in the order by which pairs name them, and their rows.
    fn enter(&mut self, records: &[u32], rows: &Rows);
    /// A pair of those records, by place; the left one is the lower record. `rows` are their rows, as
    /// [`Blocks::for_comparing`] put them together.
    fn pair(&mut self, left: usize, right: usize, rows: &Rows);
    /// A long block begins, of which [`pairs`](Self::pairs) will tell: the places of its records.
    fn enter_long(&mut self, _: Range<usize>, _rows: &Rows) {}
    /// Many pairs at once: one left, and the rights of a long block that no earlier rule pairs with it.
    fn pairs(&mut self, run: &Run<'_>, rows: &Rows) {
        (run.rights()).filter(|&(place, _)| run.is_new[place] != 0).for_each(|(_, right)| {
            self.pair(run.left, right, rows);
        });
    }
}

/// Pairs of one left with the rights after it in its block.
pub(crate) struct Run<'a> {
    /// The place of the left.
    pub(crate) left: usize,
    /// The place of the first right; the others follow.
    pub(crate) first_right: usize,
    /// The place of the first right in the columns.
    pub(crate) offset: usize,
    /// Per right, zero where an earlier rule makes the pair, else all ones.
    pub(crate) is_new: &'a [u32],
    /// The codes of the block's records.
    pub(crate) columns: &'a Columns,
}

impl Run<'_> {
    /// The place of each right in this run, and among the records.
    pub(crate) fn rights(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.is_new.len()).zip(self.first_right..)
    }

    /// The codes of a slot of all rights.
    pub(crate) fn codes(&self, slot: usize) -> &[u32] {
        &self.columns.get(slot)[self.offset..self.offset + self.is_new.len()]
    }

    /// Whether an earlier rule makes the pairs, right by right but slot by slot, as the processor can do several at once.
    fn leave_out_earlier(
        earlier_keys: &[&[(u16, u16)]],
        left: &[u32],
        columns: &Columns,
        rights: Range<usize>,
        is_new: &mut Vec<u32>,
        agree: &mut Vec<u32>,
    ) {
        is_new.clear();
        is_new.resize(rights.len(), !0);
        for keys in earlier_keys {
            if keys.iter().any(|&(l, _)| left[l as usize] == NULL) {
                continue;
            }
            agree.clear();
            agree.resize(rights.len(), !0);
            for &(l, r) in *keys {
                let code = left[l as usize];
                let codes = &columns.get(r as usize)[rights.clone()];
                for (agree, &right) in agree.iter_mut().zip(codes) {
                    *agree &= if right == code { !0 } else { 0 };
                }
            }
            is_new.iter_mut().zip(&*agree).for_each(|(new, agree)| *new &= !agree);
        }
    }
}

/// Rights from which on they are looked at together; few in tests, whose blocks are small.
const LONG_RUN: usize = if cfg!(test) { 2 } else { 8 };

impl Blocks {
    /// Sorts the records under every rule. Panics if a rule names a field that the records lack;
    /// check the model against the records first.
    pub fn new(records: &Records, rules: &[BlockingRule], link_type: LinkType) -> Self {
        Self::for_comparing(records, &[], rules, link_type)
    }

    /// The blocks of a model's rules, in rows that serve [comparing](crate::comparison::Comparer::beside) as well. A field
    /// that the model compares and the records lack is a [`FaultCode::UnknownColumn`](plait_types::FaultCode::UnknownColumn).
    pub fn for_model(records: &Records, model: &crate::model::Model) -> Result<Self, Fault> {
        let fields = crate::comparison::fields_of(records, model)?;
        Ok(Self::for_comparing(records, &fields, &model.blocking, model.link_type))
    }

    /// The same, for pairs that are then compared on `fields`: their values stand in the rows beside the keys, in the first
    /// slots.
    pub(crate) fn for_comparing(
        records: &Records,
        fields: &[usize],
        rules: &[BlockingRule],
        link_type: LinkType,
    ) -> Self {
        let within_sources = link_type != LinkType::LinkOnly;
        Self::built(records, fields, rules, within_sources, |keys, at| match keys.packed(at) {
            Some(packed) => blocks_of_packed(records, packed, within_sources, None),
            None => blocks_of_entries(records, &rules[at], within_sources),
        })
    }

    /// `build` makes the blocks of a rule, given the keys of all and its number.
    fn built(
        records: &Records,
        fields: &[usize],
        rules: &[BlockingRule],
        within_sources: bool,
        build: impl Fn(&Keys<'_>, usize) -> RuleBlocks + Sync,
    ) -> Self {
        let keys = Keys::of(records, rules);
        let (slots, slots_of) = keys.slots(fields);
        let (rows, mut built) = rayon::join(
            || Arc::new(Rows::new(records.len(), &slots)),
            || -> Vec<RuleBlocks> { (0..rules.len()).into_par_iter().map(|at| build(&keys, at)).collect() },
        );
        built.iter_mut().zip(slots_of).for_each(|(rule, slots)| rule.set_keys(slots));
        let sources = records.sources.clone();
        Self { rules: built, rows, fields: fields.to_vec(), sources, within_sources, share: None }
    }

    /// The blocks of a part of all records for a model's rules, the first of which have these routes. Of their pairs those are looked at
    /// that belong to the part.
    pub(crate) fn of_part(
        records: &Records,
        model: &crate::model::Model,
        routes: &[Route],
        share: &Share,
    ) -> Result<Self, Fault> {
        let fields = crate::comparison::fields_of(records, model)?;
        let rules: Vec<RoutedRule<'_>> = (0..).zip(&model.blocking).zip(routes).collect();
        Ok(Self::shared(records, &fields, &rules, model.link_type, share, true))
    }

    /// The blocks of a part for one rule, by its number. Where records may have several keys, a pair comes up for each that it shares.
    pub(crate) fn of_rule(
        records: &Records,
        rule: RoutedRule<'_>,
        link_type: LinkType,
        share: &Share,
    ) -> Self {
        Self::shared(records, &[], &[rule], link_type, share, false)
    }

    fn shared(
        records: &Records,
        fields: &[usize],
        rules: &[RoutedRule<'_>],
        link_type: LinkType,
        share: &Share,
        each_pair_once: bool,
    ) -> Self {
        let only_rules: Vec<BlockingRule> = rules.iter().map(|((_, rule), _)| (*rule).clone()).collect();
        let within_sources = link_type != LinkType::LinkOnly;
        let keys = Keys::of(records, &only_rules);
        let (slots, slots_of) = keys.slots(fields);
        let rows = Arc::new(Rows::new(records.len(), &slots));
        let mut routes: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        let rules = rules.iter().zip(slots_of).enumerate().map(|(at, (rule, slots))| {
            let ((_, keyed_by), route) = *rule;
            let mut built = if let Some(packed) = keys.packed(at) {
                let of_route = || shared_routes(records, keyed_by, route, share);
                blocks_of_packed(
                    records,
                    packed,
                    within_sources,
                    Some(routes.entry(route.number).or_insert_with(of_route)),
                )
            } else {
                let with_lists = each_pair_once && keyed_by.keys.iter().any(BlockingKey::is_several);
                let symmetric = keyed_by.keys.iter().all(BlockingKey::is_symmetric);
                let keyed = hashed_records(records, *rule, share, with_lists);
                let mut built = blocks_of_hashed(records, keyed, symmetric, &slots, &rows, within_sources);
                built.several = with_lists.then(|| Memberships::of(&built, records.len()));
                built
            };
            built.set_keys(slots);
            built
        });
        Self {
            rules: rules.collect(),
            fields: fields.to_vec(),
            sources: records.sources.clone(),
            within_sources,
            share: Some((share.clone(), records.places.clone())),
            rows,
        }
    }

    /// What it takes to say [which pairs are candidates](Self::is_candidate), without the blocks themselves where no record is in
    /// several: no pair is visited.
    pub fn for_asking(records: &Records, model: &crate::model::Model) -> Result<Self, Fault> {
        let fields = crate::comparison::fields_of(records, model)?;
        let within_sources = model.link_type != LinkType::LinkOnly;
        let rules = &model.blocking;
        Ok(Self::built(records, &fields, rules, within_sources, |_, at| {
            if rules[at].keys.iter().any(BlockingKey::is_several) {
                blocks_of_entries(records, &rules[at], within_sources)
            } else {
                RuleBlocks::new(0)
            }
        }))
    }

    /// Whether the pairs of a block and a left are looked at here.
    fn owns(&self, rule: &RuleBlocks, block: usize, left: u32) -> bool {
        self.share
            .as_ref()
            .is_none_or(|(share, places)| share.owns(rule.routes[block], places[left as usize]))
    }

    /// The rows, if the values of these fields stand first in them.
    pub(crate) fn rows_of(&self, fields: &[usize]) -> Option<&Arc<Rows>> {
        (self.fields == fields).then_some(&self.rows)
    }

    /// Takes out the blocks of more records than this. Gives how many there were, and the records of the largest.
    /// What [`costs`](Self::costs) and [`holds`](Self::holds) say stays as it was.
    pub(crate) fn leave_out_larger(&mut self, most_records: u32) -> (u64, u64) {
        let n_records = self.sources.last().map_or(0, |source| source.end as usize);
        let (mut n_left_out, mut largest) = (0, 0);
        for rule in &mut self.rules {
            let sizes: Vec<u32> = rule.starts.windows(2).map(|ends| ends[1] - ends[0]).collect();
            if sizes.iter().all(|&size| size <= most_records) {
                continue;
            }
            let mut kept = RuleBlocks::new(rule.records.len());
            for (block, &size) in sizes.iter().enumerate() {
                if size > most_records {
                    n_left_out += 1;
                    largest = largest.max(u64::from(size));
                    continue;
                }
                let (start, end) = (rule.starts[block], rule.starts[block + 1]);
                let moved = kept.records.len() as u32;
                kept.records.extend_from_slice(&rule.records[start as usize..end as usize]);
                kept.splits.extend(rule.splits.get(block).map(|split| split - start + moved));
                kept.routes.extend(rule.routes.get(block));
                kept.starts.push(kept.records.len() as u32);
            }
            (rule.records, rule.starts, rule.splits, rule.routes) =
                (kept.records, kept.starts, kept.splits, kept.routes);
            if rule.several.is_some() {
                rule.several = Some(Memberships::of(rule, n_records));
            }
        }
        (n_left_out, largest)
    }

    /// What each rule costs.
    pub fn costs(&self) -> Vec<RuleCost> {
        self.rules.iter().map(|rule| RuleCost { n_pairs: rule.n_pairs, largest: rule.largest }).collect()
    }

    /// The pairs that are looked at here, those of several rules once for each: of all parts together, as many as [`costs`](Self::costs)
    /// says of all records.
    pub(crate) fn n_pairs_here(&self) -> u64 {
        let of_left = |rule: &RuleBlocks, block: usize, position: u32| {
            let (first, end) = self.rights(rule, block, position);
            if self.owns(rule, block, rule.records[position as usize]) { u64::from(end - first) } else { 0 }
        };
        let of_block = |rule: &RuleBlocks, block: usize| {
            rule.lefts(block).map(|position| of_left(rule, block, position)).sum::<u64>()
        };
        let of_rule =
            |rule: &RuleBlocks| (0..rule.n_blocks()).map(|block| of_block(rule, block)).sum::<u64>();
        self.rules.iter().map(of_rule).sum()
    }

    /// Cuts the work into stretches of about `pairs` pairs each; the cut depends on nothing else.
    pub fn tasks(&self, pairs: u64) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let mut task = Task { rule: index, from: 0, to: 0, block: 0, n_pairs: 0 };
            for block in 0..rule.n_blocks() {
                // nearly all blocks are small and belong to one task whole
                if let Some(n_pairs) = self.pairs_at_once(rule, block)
                    && task.n_pairs + n_pairs < pairs
                {
                    task.n_pairs += n_pairs;
                    task.to = rule.lefts(block).end;
                    continue;
                }
                for position in rule.lefts(block) {
                    let (start, end) = self.rights(rule, block, position);
                    task.n_pairs += u64::from(end - start);
                    task.to = position + 1;
                    if task.n_pairs >= pairs {
                        tasks.push(task);
                        task =
                            Task { rule: index, from: task.to, to: task.to, block: block as u32, n_pairs: 0 };
                    }
                }
            }
            if task.n_pairs > 0 {
                tasks.push(task);
            }
        }
        tasks
    }

    /// Calls `visit(left, right)` with `left < right` for every candidate pair of a task that no earlier
    /// rule makes, for those lefts of the walk that `keep` accepts. Pairs of one left come together.
    pub fn for_each_pair(&self, task: &Task, keep: impl Fn(u32) -> bool, visit: impl FnMut(u32, u32)) {
        struct Records<F>(Vec<u32>, F);
        impl<F: FnMut(u32, u32)> PairVisitor for Records<F> {
            fn enter(&mut self, block: &[u32], _: &Rows) {
                self.0.clear();
                self.0.extend_from_slice(block);
            }
            fn pair(&mut self, left: usize, right: usize, _: &Rows) {
                (self.1)(self.0[left], self.0[right]);
            }
        }
        self.walk(task, keep, &mut Records(Vec::new(), visit));
    }

    /// The same, block by block: the visitor is told of each block before its pairs, so that it can bring together what
    /// it needs of the block's records. Records of one block lie anywhere in memory, and every pair would fetch them anew.
    ///
    /// Whole blocks are taken together up to [`STRETCH`] records: most blocks are of two or three, and their records would
    /// be waited for one after the other.
    pub(crate) fn walk(&self, task: &Task, keep: impl Fn(u32) -> bool, visitor: &mut impl PairVisitor) {
        let rule = &self.rules[task.rule];
        let earlier: Vec<&RuleBlocks> = self.rules[..task.rule].iter().collect();
        let earlier_keys: Vec<&[(u16, u16)]> = earlier.iter().flat_map(|rule| rule.ways()).collect();
        let earlier_several: Vec<&Memberships> =
            earlier.iter().filter_map(|rule| rule.several.as_ref()).collect();
        let asks_lists = rule.several.is_some() || !earlier_several.is_empty();
        let (mut rows, mut columns) = (Rows::default(), Columns::default());
        let (mut is_new, mut agrees) = (Vec::new(), Vec::new());
        let mut block = task.block as usize;
        let mut position = task.from;
        while position < task.to {
            while rule.starts[block + 1] <= position {
                block += 1;
            }
            let start = rule.starts[block];
            let end_block = rule.end_of_stretch(block, task.to);
            let members = &rule.records[start as usize..rule.starts[end_block] as usize];
            self.rows.gather(members.iter().copied(), &mut rows);
            visitor.enter(members, &rows);
            for block in block..end_block {
                let places = (rule.starts[block] - start) as usize..(rule.starts[block + 1] - start) as usize;
                let is_long = rule.splits.is_empty() && !asks_lists && places.len() > LONG_RUN;
                if is_long {
                    columns.fill(&rows, places.clone());
                    visitor.enter_long(places.clone(), &rows);
                }
                for position in position.max(rule.starts[block])..rule.lefts(block).end.min(task.to) {
                    let left = (position - start) as usize;
                    if !keep(members[left]) || !self.owns(rule, block, members[left]) {
                        continue;
                    }
                    let (first, end) = self.rights(rule, block, position);
                    if is_long && (end - first) as usize >= LONG_RUN {
                        let first_right = (first - start) as usize;
                        let offset = first_right - places.start;
                        let rights = offset..offset + (end - first) as usize;
                        let row = rows.get(left);
                        Run::leave_out_earlier(
                            &earlier_keys,
                            row,
                            &columns,
                            rights,
                            &mut is_new,
                            &mut agrees,
                        );
                        let run = Run { left, first_right, offset, is_new: &is_new, columns: &columns };
                        visitor.pairs(&run, &rows);
                        continue;
                    }
                    for right in (first - start) as usize..(end - start) as usize {
                        let (left_row, right_row) = (rows.get(left), rows.get(right));
                        if earlier_keys.iter().any(|keys| agree(keys, left_row, right_row)) {
                            continue;
                        }
                        if asks_lists {
                            let (left, right) = (members[left], members[right]);
                            if rule
                                .several
                                .as_ref()
                                .is_some_and(|own| own.first(left, right) != Some(block as u32))
                                || earlier_several.iter().any(|earlier| earlier.hold(left, right))
                            {
                                continue;
                            }
                        }
                        if rule.splits.is_empty() {
                            visitor.pair(left, right, &rows);
                        } else if !self.skipped(rule, members[left], members[right]) {
                            let swap = members[left] > members[right];
                            let (left, right) = if swap { (right, left) } else { (left, right) };
                            visitor.pair(left, right, &rows);
                        }
                    }
                }
            }
            position = rule.starts[end_block];
        }
    }

    /// Tells which rules hold for each of some pairs: the place of the pair and the rule, by ascending place.
    pub fn for_each_that_holds(&self, pairs: &[(u32, u32)], mut tell: impl FnMut(usize, usize)) {
        let (mut lefts, mut rights) = (Rows::default(), Rows::default());
        for (stretch, pairs) in pairs.chunks(STRETCH).enumerate() {
            self.rows.gather(pairs.iter().map(|pair| pair.0), &mut lefts);
            self.rows.gather(pairs.iter().map(|pair| pair.1), &mut rights);
            for (place, &(left, right)) in pairs.iter().enumerate() {
                for (index, rule) in self.rules.iter().enumerate() {
                    let several = rule.several.as_ref().is_some_and(|several| several.hold(left, right));
                    if several || rule.ways().any(|keys| agree(keys, lefts.get(place), rights.get(place))) {
                        tell(stretch * STRETCH + place, index);
                    }
                }
            }
        }
    }

    /// Whether a pair satisfies a rule.
    pub fn holds(&self, rule: usize, left: u32, right: u32) -> bool {
        if let Some(several) = &self.rules[rule].several {
            return several.hold(left, right);
        }
        self.rules[rule].ways().any(|keys| agree(keys, self.row(left), self.row(right)))
    }

    /// Whether some rule makes a pair.
    pub fn is_candidate(&self, left: u32, right: u32) -> bool {
        (0..self.rules.len()).any(|rule| self.holds(rule, left, right))
    }

    /// The candidates of each of some records, which ascend: every record that some rule pairs with it. `rule_counts` says
    /// which rules are asked. Goes through the blocks of these rules once, whatever the number of records.
    pub(crate) fn partners(&self, of: &[u32], rule_counts: impl Fn(usize) -> bool + Sync) -> Lists {
        let n_records = self.sources.last().map_or(0, |source| source.end as usize);
        let mut place_of = vec![NULL; n_records];
        (0..).zip(of).for_each(|(place, &record)| place_of[record as usize] = place);
        let source = |record: u32| self.sources.partition_point(|s| s.end <= record);
        let is_wanted = |record: u32, other: u32| {
            record != other && (self.within_sources || source(record) != source(other))
        };
        let of_rule = |rule: &RuleBlocks| {
            let mut found: Vec<(u32, u32)> = Vec::new();
            let mut pair = |members: &[u32], others: &[u32]| {
                let asked = members.iter().filter(|record| place_of[**record as usize] != NULL);
                asked.for_each(|&record| {
                    let others = others.iter().filter(|&&other| is_wanted(record, other));
                    found.extend(others.map(|&other| (place_of[record as usize], other)));
                });
            };
            for block in 0..rule.n_blocks() {
                let (start, end) = (rule.starts[block] as usize, rule.starts[block + 1] as usize);
                match rule.splits.get(block) {
                    None => pair(&rule.records[start..end], &rule.records[start..end]),
                    Some(&split) => {
                        let split = split as usize;
                        pair(&rule.records[start..split], &rule.records[split..end]);
                        pair(&rule.records[split..end], &rule.records[start..split]);
                    }
                }
            }
            found
        };
        let rules = self.rules.par_iter().enumerate().filter(|(at, _)| rule_counts(*at));
        let found: Vec<Vec<(u32, u32)>> = rules.map(|(_, rule)| of_rule(rule)).collect();
        let mut partners: Vec<Vec<u32>> = vec![Vec::new(); of.len()];
        found.iter().flatten().for_each(|&(place, other)| partners[place as usize].push(other));
        Lists::new(partners.into_iter())
    }

    /// Whether a rule with unlike sides holds with these records on its left and right.
    fn holds_one_way(&self, rule: &RuleBlocks, first: u32, second: u32) -> bool {
        if let Some(several) = &rule.several {
            return several.first(first, second).is_some();
        }
        // without lists of several keys, every time counts as the first
        !rule.keys.is_empty() && agree(&rule.keys, self.row(first), self.row(second))
    }

    fn row(&self, record: u32) -> &[u32] {
        self.rows.get(record as usize)
    }

    /// The pairs of a block, where that follows from its size.
    fn pairs_at_once(&self, rule: &RuleBlocks, block: usize) -> Option<u64> {
        let n = u64::from(rule.starts[block + 1] - rule.starts[block]);
        (rule.splits.is_empty() && self.within_sources).then_some(n * n.saturating_sub(1) / 2)
    }

    /// The positions of the records that pair with the left at `position`.
    fn rights(&self, rule: &RuleBlocks, block: usize, position: u32) -> (u32, u32) {
        let end = rule.starts[block + 1];
        if !rule.splits.is_empty() {
            return (rule.splits[block], end);
        }
        if self.within_sources {
            return (position + 1, end);
        }
        let left = rule.records[position as usize];
        let source_end = self.sources[self.sources.partition_point(|s| s.end <= left)].end;
        let rest = &rule.records[position as usize + 1..end as usize];
        (position + 1 + rest.partition_point(|&record| record < source_end) as u32, end)
    }

    /// Of a rule with unlike sides: a record with itself, a pair within a source that is not wanted, and the
    /// second time that a pair comes up because it satisfies the rule both ways round.
    fn skipped(&self, rule: &RuleBlocks, left: u32, right: u32) -> bool {
        let source = |record| self.sources.partition_point(|s| s.end <= record);
        left == right
            || (!self.within_sources && source(left) == source(right))
            || (left > right && self.holds_one_way(rule, right, left))
    }
}

/// Whether the codes of all keys are there and equal, given the slots of their left and right sides.
#[inline]
fn agree(keys: &[(u16, u16)], left: &[u32], right: &[u32]) -> bool {
    keys.iter().all(|&(l, r)| left[l as usize] == right[r as usize] && left[l as usize] != NULL)
}

impl RuleBlocks {
    /// Blocks of no records yet.
    fn new(capacity: usize) -> Self {
        Self {
            records: Vec::with_capacity(capacity),
            starts: vec![0],
            splits: Vec::new(),
            routes: Vec::new(),
            keys: Vec::new(),
            swapped: Vec::new(),
            several: None,
            n_pairs: 0,
            largest: LargestBlock::default(),
        }
    }

    fn set_keys(&mut self, slots: Vec<(u16, u16)>) {
        if !self.splits.is_empty() || slots.iter().any(|(left, right)| left != right) {
            self.swapped = slots.iter().map(|&(left, right)| (right, left)).collect();
        }
        self.keys = slots;
    }

    /// Makes a block of the records after the last one, of which those from `split` on are on the right where sides are
    /// unlike; without pairs, they are dropped.
    fn close(&mut self, n_pairs: u64, split: Option<u32>) {
        let start = *self.starts.last().expect("one is there from the beginning");
        if n_pairs == 0 {
            self.records.truncate(start as usize);
            return;
        }
        self.splits.extend(split);
        self.starts.push(self.records.len() as u32);
        self.n_pairs += n_pairs;
        if n_pairs > self.largest.n_pairs {
            self.largest = LargestBlock { n_records: self.records.len() as u64 - u64::from(start), n_pairs };
        }
    }

    /// The slots of its keys, and those of its keys the other way round where its sides are unlike.
    fn ways(&self) -> impl Iterator<Item = &[(u16, u16)]> {
        [&self.keys[..], &self.swapped[..]].into_iter().filter(|keys| !keys.is_empty())
    }

    /// The block after the last one of a stretch that starts with `block`: with it, those that together have no more than
    /// [`STRETCH`] records and begin before `to`.
    fn end_of_stretch(&self, block: usize, to: u32) -> usize {
        let most = self.starts[block] + STRETCH as u32;
        let mut end = block + 1;
        while end < self.n_blocks() && self.starts[end] < to && self.starts[end + 1] <= most {
            end += 1;
        }
        end
    }

    fn n_blocks(&self) -> usize {
        self.starts.len() - 1
    }

    /// Positions of the lefts of a block.
    fn lefts(&self, block: usize) -> std::ops::Range<u32> {
        let end = if self.splits.is_empty() { self.starts[block + 1] } else { self.splits[block] };
        self.starts[block]..end
    }
}

impl Memberships {
    fn of(rule: &RuleBlocks, n_records: usize) -> Self {
        let lists = |range: &(dyn Fn(usize) -> std::ops::Range<u32> + Sync)| {
            let members = (0..rule.n_blocks()).flat_map(|block| {
                let range = range(block);
                let records = &rule.records[range.start as usize..range.end as usize];
                records.iter().map(move |&record| (record, block as u32))
            });
            Lists::from_pairs(n_records, members)
        };
        let right =
            (!rule.splits.is_empty()).then(|| lists(&|block| rule.splits[block]..rule.starts[block + 1]));
        Self { left: lists(&|block| rule.lefts(block)), right }
    }

    /// The first block that has one record on its left and the other on its right.
    fn first(&self, left: u32, right: u32) -> Option<u32> {
        first_shared(self.left.get(left), self.right.as_ref().unwrap_or(&self.left).get(right))
    }

    /// Whether some block has both, either way round.
    fn hold(&self, left: u32, right: u32) -> bool {
        self.first(left, right).is_some() || (self.right.is_some() && self.first(right, left).is_some())
    }
}

/// Marks a record on the right side while sides are sorted together.
const RIGHT: u32 = 1 << 31;

/// In a part of all records, `routes` has the route of each record, of those that are looked at here.
fn blocks_of_packed(
    records: &Records,
    mut packed: Packed,
    within_sources: bool,
    routes: Option<&[u64]>,
) -> RuleBlocks {
    if let Some(routes) = routes {
        let place = packed.key.start;
        packed.words.retain(|word| routes[(word & ((1 << place) - 1)) as usize] != NOT_HERE);
    }
    sort::words(&mut packed.words, packed.key.clone());
    let low = packed.key.start;
    let mut built = RuleBlocks::new(packed.words.len());
    for run in packed.words.chunk_by(|a, b| a >> low == b >> low).filter(|run| run.len() > 1) {
        let start = built.records.len();
        built.records.extend(run.iter().map(|&word| packed.record(word)));
        let n_pairs = pairs_between(records, &built.records[start..], within_sources);
        if let (true, Some(routes)) = (n_pairs > 0, routes) {
            built.routes.push(routes[built.records[start] as usize]);
        }
        built.close(n_pairs, None);
    }
    built.records.shrink_to_fit();
    built
}

/// In the place of the route of a record without the keys for it, or of which no pair is looked at here; no route is this one.
const NOT_HERE: u64 = 0;

/// The route of each record under a rule whose keys are symmetric and one per record, if pairs of it are looked at here.
fn shared_routes(records: &Records, rule: &BlockingRule, route: &Route, share: &Share) -> Vec<u64> {
    let mut routes = vec![NOT_HERE; records.len()];
    let (keys, whole) = route.alone(rule);
    for_each_key(records, (0, &keys), &whole, |key| {
        if share.has(key.route) {
            routes[key.record() as usize] = key.route;
        }
    });
    routes
}

/// The slow twin, for keys too wide for a word, sides that are unlike, and records that may be in several blocks.
fn blocks_of_entries(records: &Records, rule: &BlockingRule, within_sources: bool) -> RuleBlocks {
    let symmetric = rule.keys.iter().all(BlockingKey::is_symmetric);
    let several = rule.keys.iter().any(BlockingKey::is_several);
    let mut keyed = if several {
        several_keyed_records(records, &rule.keys, symmetric)
    } else {
        keyed_records(records, &rule.keys, symmetric)
    };
    sort::by_key(&mut keyed);
    let mut built = RuleBlocks::new(0);
    for run in keyed.chunk_by(|a, b| a.0 == b.0) {
        let n_left = run.iter().take_while(|entry| entry.1 & RIGHT == 0).count();
        let start = built.records.len();
        built.records.extend(run.iter().map(|(_, entry)| entry & !RIGHT));
        if symmetric {
            let n_pairs = pairs_between(records, &built.records[start..], within_sources);
            built.close(n_pairs, None);
        } else {
            let n_pairs = n_left as u64 * (run.len() - n_left) as u64;
            built.close(n_pairs, Some((start + n_left) as u32));
        }
    }
    built.several = several.then(|| Memberships::of(&built, records.len()));
    built
}

/// A rule by its number, and its route.
pub(crate) type RoutedRule<'a> = ((usize, &'a BlockingRule), &'a Route);

/// Records by the hashes of their keys, in order. `all` are those of blocks too of which no pair is looked at here: where a pair is
/// looked at in the first of the blocks that its records share, that must be the same one everywhere.
fn hashed_records(records: &Records, (rule, route): RoutedRule<'_>, share: &Share, all: bool) -> Vec<Hashed> {
    let mut keyed: Vec<Hashed> = Vec::new();
    for_each_key(records, rule, route, |hashed| {
        if all || share.has(hashed.route) {
            keyed.push(hashed);
        }
    });
    keyed.sort_unstable();
    keyed.dedup();
    keyed
}

/// Blocks by the hashes of keys.
fn blocks_of_hashed(
    records: &Records,
    mut keyed: Vec<Hashed>,
    symmetric: bool,
    slots: &[(u16, u16)],
    rows: &Rows,
    within_sources: bool,
) -> RuleBlocks {
    // equal hashes of unequal keys, of which there is hardly ever one, come after one another
    let key = |hashed: &Hashed| {
        let (row, is_right) = (rows.get(hashed.record() as usize), hashed.is_right());
        slots.iter().map(move |&(left, right)| row[if is_right { right } else { left } as usize])
    };
    let mut built = RuleBlocks::new(0);
    for of_hash in keyed.chunk_by_mut(|a, b| a.block == b.block).filter(|of_hash| of_hash.len() > 1) {
        if of_hash.iter().any(|entry| key(entry).ne(key(&of_hash[0]))) {
            of_hash.sort_by(|a, b| key(a).cmp(key(b)));
        }
        for run in of_hash.chunk_by(|a, b| key(a).eq(key(b))) {
            let n_left = run.iter().take_while(|hashed| !hashed.is_right()).count();
            let start = built.records.len();
            built.records.extend(run.iter().map(|hashed| hashed.record()));
            let (n_pairs, split) = if symmetric {
                (pairs_between(records, &built.records[start..], within_sources), None)
            } else {
                (n_left as u64 * (run.len() - n_left) as u64, Some((start + n_left) as u32))
            };
            built.close(n_pairs, split);
            if n_pairs > 0 {
                built.routes.push(run[0].route);
            }
        }
    }
    built
}

/// Pairs of a run of records in record order, without those within a source unless they are wanted.
fn pairs_between(records: &Records, run: &[u32], within_sources: bool) -> u64 {
    let choose_2 = |n: u64| n * n.saturating_sub(1) / 2;
    let all = choose_2(run.len() as u64);
    if within_sources {
        return all;
    }
    let within: u64 = run
        .chunk_by(|&a, &b| records.source_of(a) == records.source_of(b))
        .map(|same| choose_2(same.len() as u64))
        .sum();
    all - within
}

/// A number per record that is equal exactly where all keys are; records with a missing key are left out.
/// For unlike sides, every record is there twice, the second time with [`RIGHT`].
fn keyed_records(records: &Records, keys: &[BlockingKey], symmetric: bool) -> Vec<(u64, u32)> {
    let n = records.len();
    let mut current: Vec<(u64, u32)> = Vec::new();
    for (depth, key) in keys.iter().enumerate() {
        let codes = key_codes(records, key, symmetric);
        let code_of = |entry: u32| {
            let side = &codes[usize::from(entry & RIGHT != 0)];
            side.of((entry & !RIGHT) as usize)
        };
        if depth == 0 {
            let lefts = 0..n as u32;
            let rights = if symmetric { 0..0 } else { RIGHT..RIGHT + n as u32 };
            current = lefts
                .chain(rights)
                .map(|entry| (u64::from(code_of(entry)), entry))
                .filter(|(code, _)| *code != u64::from(NULL))
                .collect();
            continue;
        }
        if depth > 1 {
            renumber(&mut current);
        }
        // as small as can be, so that sorting has few digits to look at
        let width = codes.iter().map(|side| side.width).max().unwrap_or(0);
        current.retain_mut(|(number, entry)| {
            let code = code_of(*entry);
            *number = *number * width + u64::from(code);
            code != NULL
        });
    }
    current
}

/// The same where a record may have several keys: it is then there once for each.
fn several_keyed_records(records: &Records, keys: &[BlockingKey], symmetric: bool) -> Vec<(u64, u32)> {
    let n = records.len() as u32;
    let rights = if symmetric { 0..0 } else { RIGHT..RIGHT + n };
    let mut current: Vec<(u64, u32)> = (0..n).chain(rights).map(|entry| (0, entry)).collect();
    for (depth, key) in keys.iter().enumerate() {
        if depth > 1 {
            renumber(&mut current);
        }
        let sides: Vec<(&[u32], Lists)> = key_lists(records, key, symmetric);
        let expanded = current.iter().flat_map(|&(number, entry)| {
            let (values, parts) = &sides[usize::from(entry & RIGHT != 0)];
            let parts = match values[(entry & !RIGHT) as usize] {
                NULL => &[],
                value => parts.get(value),
            };
            parts.iter().map(move |&code| (number << 32 | u64::from(code), entry))
        });
        current = expanded.collect();
    }
    current
}

/// Replaces keys by dense numbers below 2^32, equal where the keys were.
fn renumber(keyed: &mut Vec<(u64, u32)>) {
    sort::by_key(keyed);
    let mut number = 0;
    let mut last = None;
    for (key, _) in keyed.iter_mut() {
        if last.is_some_and(|last| last != *key) {
            number += 1;
        }
        last = Some(*key);
        *key = number;
    }
    keyed.sort_unstable_by_key(|entry| entry.1);
}

/// The codes of one side of a key.
struct KeyCodes<'a> {
    codes: &'a [u32],
    /// What a value code becomes.
    parts: KeyParts<'a>,
    /// Above every code.
    width: u64,
}

enum KeyParts<'a> {
    /// The whole value; a value that only one record holds makes no pairs and counts as missing.
    Whole { counts: &'a [u32] },
    /// From value code to part code.
    Table(Vec<u32>),
}

impl KeyCodes<'_> {
    fn of(&self, record: usize) -> u32 {
        match (self.codes[record], &self.parts) {
            (NULL, _) => NULL,
            (code, KeyParts::Whole { counts }) if counts[code as usize] < 2 => NULL,
            (code, KeyParts::Whole { .. }) => code,
            (code, KeyParts::Table(parts)) => parts[code as usize],
        }
    }
}

fn key_codes<'a>(records: &'a Records, key: &BlockingKey, symmetric: bool) -> Vec<KeyCodes<'a>> {
    let field = |name: &str| &records.fields[records.field(name).expect("the model was checked")];
    let (left, right) = (field(&key.left.0), field(&key.right.0));
    if symmetric && key.left.1 == Part::Whole {
        let parts = KeyParts::Whole { counts: &left.counts };
        return vec![KeyCodes { codes: &left.codes, parts, width: left.values.len() as u64 }];
    }
    let sides = [(left, key.left.1), (right, key.right.1)];
    let wanted = if symmetric { &sides[..1] } else { &sides[..] };
    let tables = part_codes(wanted);
    wanted
        .iter()
        .zip(tables)
        .map(|((field, _), table)| {
            let width =
                table.iter().filter(|code| **code != NULL).max().map_or(0, |code| u64::from(*code) + 1);
            KeyCodes { codes: &field.codes, parts: KeyParts::Table(table), width }
        })
        .collect()
}

/// For each side of a key, the value of each record and the parts of each value.
fn key_lists<'a>(records: &'a Records, key: &BlockingKey, symmetric: bool) -> Vec<(&'a [u32], Lists)> {
    let side = |(name, part): &(String, Part)| {
        (&records.fields[records.field(name).expect("the model was checked")], *part)
    };
    let sides = [side(&key.left), side(&key.right)];
    let wanted = if symmetric { &sides[..1] } else { &sides[..] };
    wanted.iter().map(|(field, _)| &field.codes[..]).zip(part_lists(wanted)).collect()
}

/// About how many keys a record has on average, where it may have several under this rule; else none.
fn several_keys(records: &Records, rule: &BlockingRule) -> f64 {
    if !rule.keys.iter().any(BlockingKey::is_several) {
        return 0.0;
    }
    let of_key = |key: &BlockingKey| {
        let (name, part) = &key.left;
        let field = records.field(name).map(|index| &records.fields[index]);
        let parts = field.map_or(0, |field| {
            let counted = field.values.iter().zip(&field.counts);
            counted.map(|(value, &count)| count as usize * most_parts(*part, value)).sum()
        });
        parts as f64 / records.len().max(1) as f64
    };
    rule.keys.iter().map(of_key).product()
}

/// About how many bytes the rest of a job takes at its peak, on top of what the process holds when the records are there:
/// blocks, rows that comparisons read, pairs compared and kept, and outputs. It is meant to be too high rather than too
/// low. `n_pairs` are the candidate pairs, where they are known; the blocks are then there too, and are not counted.
pub fn bytes_needed(records: &Records, model: &crate::model::Model, n_pairs: Option<u64>) -> u64 {
    let n = records.len() as u64;
    let threads = rayon::current_num_threads() as u64;
    let rows = |n_slots: u64| n * 32 * n_slots.div_ceil(8);
    let values_of = |index: usize| records.fields[index].values.len() as u64;

    // a rule with unlike sides holds and sorts every record twice
    let sides_of = |rule: &BlockingRule| if rule.keys.iter().all(BlockingKey::is_symmetric) { 1 } else { 2 };
    let n_rules = model.blocking.len() as u64;
    let n_sides: u64 = model.blocking.iter().map(sides_of).sum();
    let most_sides = model.blocking.iter().map(sides_of).max().unwrap_or(1);
    // records in blocks and where blocks start, in lists that may have grown to twice their length
    let lists = n * (8 * n_sides + 4 * n_rules);
    // entries of 16 bytes, in a list that grew, and as many to sort into
    let sorting = n * 48 * most_sides * threads.min(n_rules);
    // of rules with several keys per record: records and lists; then entries while they are sorted, with their spare
    let several: f64 = model.blocking.iter().map(|rule| several_keys(records, rule)).sum();
    let entries = (n as f64 * several) as u64;
    let n_keys: u64 = model.blocking.iter().map(|rule| 2 * rule.keys.len() as u64).sum();

    let mut fields: Vec<usize> = model
        .comparisons
        .iter()
        .flat_map(crate::model::Comparison::named_fields)
        .filter_map(|name| records.field(&name))
        .collect();
    let tables: u64 = fields.iter().map(|&field| values_of(field) * 128).sum();
    fields.sort_unstable();
    fields.dedup();
    // a key and a level at each place of the caches
    let caches = threads * model.comparisons.len() as u64 * (1 << 14) * 9;
    // keys and the values to compare are in the same rows
    let rows = rows(fields.len() as u64 + n_keys);
    let blocks = lists + rows + entries * 24;
    let blocks_in_making = lists + sorting + rows + entries * 64;
    let comparing = tables + caches;

    let compared = 40 * n_pairs.unwrap_or(n * 10).min(KEPT_PAIRS);
    let n_linked = n_pairs.unwrap_or(u64::MAX).min(n + n / 2);
    // pairs as they are found and joined, then with names and words for the files
    let results = n_linked * (40 + 100) + n * 100;
    let workbook = if n <= 100_000 { n * 1000 } else { 0 };
    let later = comparing + compared + results + workbook + FIXED;
    if n_pairs.is_some() { later } else { blocks_in_making.max(blocks + later) }
}

/// Compared pairs are kept up to this many.
const KEPT_PAIRS: u64 = 3_000_000;
/// For the report, buffers of files, and what the allocator does not give back.
const FIXED: u64 = 8 << 20;

#[cfg(test)]
mod tests;
