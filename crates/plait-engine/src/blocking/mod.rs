//! Candidate pairs: records that agree on all keys of some blocking rule.
//!
//! Each rule sorts `(key, record)` and keeps the runs of equal keys as blocks. Every record also keeps the number of
//! its block under every rule, side by side, so that "does an earlier rule make this pair already?" is a
//! comparison of a few neighbouring integers, and no set of seen pairs is needed.
//!
//! Under a rule whose keys may be several per record (any word of a name), a record is in several blocks. Such rules
//! keep the ascending list of each record's blocks instead; a pair is visited in the first block that both lists have.

mod sort;

use crate::lists::{Lists, first_shared};
use crate::model::{BlockingKey, BlockingRule, LinkType, Part};
use crate::part::{most_parts, part_codes, part_lists};
use crate::records::{Records, Source};
use crate::rows::Rows;
use plait_types::NULL;
use rayon::prelude::*;

/// The blocks of all rules, ready to be walked.
pub struct Blocks {
    rules: Vec<RuleBlocks>,
    /// Block numbers, a slot or two per rule. A record that is alone under a rule has a
    /// number that no other record has.
    block_of: Rows,
    sources: Vec<Source>,
    within_sources: bool,
}

/// The blocks of one rule.
struct RuleBlocks {
    /// Records in blocks of two or more; within a block (and within its left and right part) in record order.
    records: Vec<u32>,
    /// Where each block starts in `records`, and the end.
    starts: Vec<u32>,
    /// For rules with unlike sides, where the right part of each block starts; else empty.
    splits: Vec<u32>,
    /// Slots of `block_of` whose equality (left record's first, right record's second) means that the rule holds.
    /// None where records may be in several blocks.
    checks: Vec<(u16, u16)>,
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
pub trait PairVisitor {
    /// A block begins: its records, in the order by which pairs name them.
    fn enter(&mut self, block: &[u32]);
    /// A pair of that block, by place; the left one is the lower record.
    fn pair(&mut self, left: usize, right: usize);
}

impl Blocks {
    /// Sorts the records under every rule. Panics if a rule names a field that the records lack;
    /// check the model against the records first.
    pub fn new(records: &Records, rules: &[BlockingRule], link_type: LinkType) -> Self {
        let within_sources = link_type != LinkType::LinkOnly;
        let built: Vec<(RuleBlocks, Vec<Vec<u32>>)> =
            rules.par_iter().map(|rule| build_rule(records, rule, within_sources)).collect();
        let n_slots = built.iter().map(|(_, slots)| slots.len()).sum();
        let mut block_of = Rows::new(records.len(), n_slots);
        let mut rules = Vec::with_capacity(built.len());
        let mut first_slot = 0;
        for (mut rule, slots) in built {
            let n = slots.len();
            for (slot, ids) in slots.into_iter().enumerate() {
                block_of.set_slot(first_slot + slot, ids.into_iter());
            }
            for check in &mut rule.checks {
                *check = (check.0 + first_slot as u16, check.1 + first_slot as u16);
            }
            rules.push(rule);
            first_slot += n;
        }
        Self { rules, block_of, sources: records.sources.clone(), within_sources }
    }

    /// What each rule costs.
    pub fn costs(&self) -> Vec<RuleCost> {
        self.rules.iter().map(|rule| RuleCost { n_pairs: rule.n_pairs, largest: rule.largest }).collect()
    }

    /// Cuts the work into stretches of about `pairs` pairs each; the cut depends on nothing else.
    pub fn tasks(&self, pairs: u64) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let mut task = Task { rule: index, from: 0, to: 0, block: 0, n_pairs: 0 };
            for block in 0..rule.n_blocks() {
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
            fn enter(&mut self, block: &[u32]) {
                self.0.clear();
                self.0.extend_from_slice(block);
            }
            fn pair(&mut self, left: usize, right: usize) {
                (self.1)(self.0[left], self.0[right]);
            }
        }
        self.walk(task, keep, &mut Records(Vec::new(), visit));
    }

    /// The same, block by block: the visitor is told of each block before its pairs, so that it can bring together what
    /// it needs of the block's records. Records of one block lie anywhere in memory, and every pair would fetch them anew.
    pub fn walk(&self, task: &Task, keep: impl Fn(u32) -> bool, visitor: &mut impl PairVisitor) {
        let rule = &self.rules[task.rule];
        let earlier: Vec<(usize, usize)> = self.rules[..task.rule]
            .iter()
            .flat_map(|rule| &rule.checks)
            .map(|&(left, right)| (left as usize, right as usize))
            .collect();
        let earlier_several: Vec<&Memberships> =
            self.rules[..task.rule].iter().filter_map(|rule| rule.several.as_ref()).collect();
        let asks_lists = rule.several.is_some() || !earlier_several.is_empty();
        let mut slots = Rows::default();
        let mut block = task.block as usize;
        let mut position = task.from;
        while position < task.to {
            while rule.starts[block + 1] <= position {
                block += 1;
            }
            let (start, lefts) = (rule.starts[block], rule.lefts(block));
            let members = &rule.records[start as usize..rule.starts[block + 1] as usize];
            // nothing is asked of them under the first rule
            if !earlier.is_empty() {
                self.block_of.gather(members, &mut slots);
            }
            let slots_of = |place: usize| if earlier.is_empty() { &[][..] } else { slots.get(place) };
            visitor.enter(members);
            for position in position..lefts.end.min(task.to) {
                let left = (position - start) as usize;
                if !keep(members[left]) {
                    continue;
                }
                let (first, end) = self.rights(rule, block, position);
                let left_slots = slots_of(left);
                for right in (first - start) as usize..(end - start) as usize {
                    let right_slots = slots_of(right);
                    if earlier.iter().any(|&(l, r)| left_slots[l] == right_slots[r]) {
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
                        visitor.pair(left, right);
                    } else if !self.skipped(rule, members[left], members[right]) {
                        let swap = members[left] > members[right];
                        let (left, right) = if swap { (right, left) } else { (left, right) };
                        visitor.pair(left, right);
                    }
                }
            }
            position = rule.starts[block + 1];
        }
    }

    /// Whether a pair satisfies a rule.
    pub fn holds(&self, rule: usize, left: u32, right: u32) -> bool {
        if let Some(several) = &self.rules[rule].several {
            return several.hold(left, right);
        }
        let (left, right) = (self.slots(left), self.slots(right));
        self.rules[rule].checks.iter().any(|&(l, r)| left[l as usize] == right[r as usize])
    }

    /// Whether a rule with unlike sides holds with these records on its left and right.
    fn holds_one_way(&self, rule: &RuleBlocks, first: u32, second: u32) -> bool {
        if let Some(several) = &rule.several {
            return several.first(first, second).is_some();
        }
        let (l, r) = rule.checks[0];
        self.slots(first)[l as usize] == self.slots(second)[r as usize]
    }

    fn slots(&self, record: u32) -> &[u32] {
        self.block_of.get(record as usize)
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

impl RuleBlocks {
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

fn build_rule(records: &Records, rule: &BlockingRule, within_sources: bool) -> (RuleBlocks, Vec<Vec<u32>>) {
    let symmetric = rule.keys.iter().all(BlockingKey::is_symmetric);
    let several = rule.keys.iter().any(BlockingKey::is_several);
    let mut keyed = if several {
        several_keyed_records(records, &rule.keys, symmetric)
    } else {
        keyed_records(records, &rule.keys, symmetric)
    };
    sort::by_key(&mut keyed);
    let n = records.len();
    let alone = |record: usize| RIGHT | record as u32;
    let (n_slots, checks) = match (several, symmetric) {
        (true, _) => (0, Vec::new()),
        (false, true) => (1, vec![(0, 0)]),
        (false, false) => (2, vec![(0, 1), (1, 0)]),
    };
    let mut slots = vec![(0..n).map(alone).collect::<Vec<u32>>(); n_slots];
    let mut built = RuleBlocks {
        records: Vec::new(),
        starts: vec![0],
        splits: Vec::new(),
        checks,
        several: None,
        n_pairs: 0,
        largest: LargestBlock::default(),
    };
    for run in keyed.chunk_by(|a, b| a.0 == b.0) {
        let n_left = run.iter().take_while(|entry| entry.1 & RIGHT == 0).count();
        let n_pairs = if symmetric {
            pairs_between(records, run, within_sources)
        } else {
            n_left as u64 * (run.len() - n_left) as u64
        };
        if n_pairs == 0 {
            continue;
        }
        let id = built.starts.len() as u32 - 1;
        for &(_, entry) in run {
            if !several {
                slots[usize::from(entry & RIGHT != 0)][(entry & !RIGHT) as usize] = id;
            }
            built.records.push(entry & !RIGHT);
        }
        if !symmetric {
            built.splits.push(built.records.len() as u32 - (run.len() - n_left) as u32);
        }
        built.starts.push(built.records.len() as u32);
        built.n_pairs += n_pairs;
        if n_pairs > built.largest.n_pairs {
            built.largest = LargestBlock { n_records: run.len() as u64, n_pairs };
        }
    }
    built.several = several.then(|| Memberships::of(&built, n));
    (built, slots)
}

/// Pairs of a run of records in record order, without those within a source unless they are wanted.
fn pairs_between(records: &Records, run: &[(u64, u32)], within_sources: bool) -> u64 {
    let choose_2 = |n: u64| n * n.saturating_sub(1) / 2;
    let all = choose_2(run.len() as u64);
    if within_sources {
        return all;
    }
    let within: u64 = run
        .chunk_by(|a, b| records.source_of(a.1) == records.source_of(b.1))
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
fn renumber(keyed: &mut [(u64, u32)]) {
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
    let numbers = n * 4 * n_sides;
    // entries of 16 bytes, in a list that grew, and as many to sort into
    let sorting = n * 48 * most_sides * threads.min(n_rules);
    // of rules with several keys per record: records and lists; then entries while they are sorted, with their spare
    let several: f64 = model.blocking.iter().map(|rule| several_keys(records, rule)).sum();
    let entries = (n as f64 * several) as u64;
    let blocks = lists + rows(n_sides) + entries * 24;
    let blocks_in_making = lists + numbers + sorting.max(rows(n_sides)) + entries * 64;

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
    let comparing = rows(fields.len() as u64) + tables + caches;

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
