//! By which route records were linked, and which sources have no route to any other.
//!
//! Returns such as the children in need census hold no names. A child there is joined to the case management extract by
//! the id that the authority gives it, and from there by names or a UPN to the school census. The first is a direct
//! route; the whole is a chain, by way of the sources between.

use crate::link::{Findings, SourceFacts};
use crate::run::RunRoute;
use plait_engine::model::{FORMER_LA_CHILD_ID, FORMER_UPN, LA_CHILD_ID, field_words, is_of_former_numbers};
use plait_engine::records::{Field, Records, Source};
use plait_engine::scoring::ScoredPairs;
use plait_types::{Fault, FaultCode, Issue, IssueKind, NULL, Role, counted};
use std::collections::{BTreeMap, VecDeque};

/// Per pair of sources and route: links, and records of the source from which the route starts. Of a source with names and
/// one without, that is the one without. A record counts for a chain only where it has no link to the other source itself;
/// the chain is its shortest, and of equal ones that by stronger rules.
pub(crate) fn routes(findings: &Findings<'_>) -> Vec<RunRoute> {
    let has_names: Vec<bool> = findings.sources.iter().map(holds_names).collect();
    let mut tally: BTreeMap<Way, (u64, u64)> = BTreeMap::new();
    tally_links(findings, &has_names, &mut tally);
    // a chain leads to another source
    if has_names.len() > 1 {
        Graph::of(findings).tally_chains(findings.records, &has_names, &mut tally);
    }
    let name = |source: usize| findings.records.sources[source].name.clone();
    tally
        .into_iter()
        .map(|(way, (links, records))| RunRoute {
            left: name(way.from),
            right: name(way.to),
            by: words(findings, &has_names, &way),
            through: way.steps[..way.steps.len() - 1].iter().map(|step| name(step.to)).collect(),
            links,
            records,
        })
        .collect()
}

impl RunRoute {
    /// `same upn`, or `same la_child_id to case_management, then names and details`.
    pub(crate) fn words(&self) -> String {
        let mut words = self.by[0].clone();
        for (through, by) in self.through.iter().zip(&self.by[1..]) {
            words += &format!(" to {through}, then {by}");
        }
        words
    }
}

/// The routes in a few lines, those of most records first.
pub(crate) fn lines(routes: &[RunRoute]) -> Vec<String> {
    const SHOWN: usize = 8;
    let mut order: Vec<&RunRoute> = routes.iter().collect();
    order.sort_by_key(|route| std::cmp::Reverse(route.records));
    let mut lines: Vec<String> = order.iter().take(SHOWN).map(|route| line(route)).collect();
    if routes.len() > SHOWN {
        lines.push(format!("{} more in run.json.", routes.len() - SHOWN));
    }
    lines
}

fn line(route: &RunRoute) -> String {
    let RunRoute { left, right, .. } = route;
    let records = counted(route.records, "record");
    let right = if left == right { "others of it" } else { right };
    format!("{records} of {left} to {right} by {}.", route.words())
}

/// From one source to another, step by step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    from: usize,
    to: usize,
    /// At least one.
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    /// The source that it leads to.
    to: usize,
    /// The deterministic rule, [`BY_CONSTRAINT`] or [`BY_WEIGHT`].
    rule: u16,
}

const BY_CONSTRAINT: u16 = u16::MAX - 1;
const BY_WEIGHT: u16 = u16::MAX;

fn rule_of(pairs: &ScoredPairs, pair: usize) -> u16 {
    let otherwise = if pairs.is_constrained(pair) { BY_CONSTRAINT } else { BY_WEIGHT };
    pairs.linked_by_rule(pair).unwrap_or(otherwise)
}

/// Whether routes between two sources are told from the first of them; of two sources, in one direction only.
fn starts_from(has_names: &[bool], source: usize, other: usize) -> bool {
    match (has_names[source], has_names[other]) {
        (false, true) => true,
        (true, false) => false,
        _ => source <= other,
    }
}

/// What linked at each step.
fn words(findings: &Findings<'_>, has_names: &[bool], way: &Way) -> Vec<String> {
    let mut before = way.from;
    let mut words = Vec::new();
    for step in &way.steps {
        let both_have_names = has_names[before] && has_names[step.to];
        words.push(match findings.model.deterministic.get(usize::from(step.rule)) {
            Some(rule) => rule.words(),
            None if step.rule == BY_CONSTRAINT => "a must_link constraint".into(),
            None if both_have_names => "names and details".into(),
            None => "details".into(),
        });
        before = step.to;
    }
    words
}

/// Links of one step, each once, and the records that have any.
#[derive(Clone, Default)]
struct Direct {
    links: u64,
    records: u64,
    /// Per record of the source; empty until there is a link.
    has: Vec<bool>,
}

impl Direct {
    /// Counts a record of the source, if it has not been counted.
    fn mark(&mut self, record: u32, source: &Source) {
        self.has.resize((source.end - source.start) as usize, false);
        let has = &mut self.has[(record - source.start) as usize];
        self.records += u64::from(!std::mem::replace(has, true));
    }
}

fn tally_links(findings: &Findings<'_>, has_names: &[bool], tally: &mut BTreeMap<Way, (u64, u64)>) {
    let (records, pairs) = (findings.records, findings.pairs);
    let n_rules = findings.model.deterministic.len();
    let n_sources = has_names.len();
    // by source, other source and rule, the last of them being a constraint and the weight
    let n_ways = n_rules + 2;
    let mut direct = vec![Direct::default(); n_sources * n_sources * n_ways];
    for pair in findings.links() {
        let rule = match rule_of(pairs, pair) {
            BY_CONSTRAINT => n_rules,
            BY_WEIGHT => n_rules + 1,
            rule => usize::from(rule),
        };
        let (left, right) = (pairs.left[pair], pairs.right[pair]);
        let (of_left, of_right) = (records.source_of(left), records.source_of(right));
        let (from, to, start) = if starts_from(has_names, of_left, of_right) {
            (of_left, of_right, left)
        } else {
            (of_right, of_left, right)
        };
        let direct = &mut direct[(from * n_sources + to) * n_ways + rule];
        direct.links += 1;
        let source = &records.sources[from];
        direct.mark(start, source);
        if from == to {
            direct.mark(left, source);
            direct.mark(right, source);
        }
    }
    for (at, direct) in direct.into_iter().enumerate().filter(|(_, direct)| direct.links > 0) {
        let (sources, rule) = (at / n_ways, at % n_ways);
        let (from, to) = (sources / n_sources, sources % n_sources);
        let rule = match rule.checked_sub(n_rules) {
            None => rule as u16,
            Some(0) => BY_CONSTRAINT,
            Some(_) => BY_WEIGHT,
        };
        tally.insert(Way { from, to, steps: vec![Step { to, rule }] }, (direct.links, direct.records));
    }
}

/// The links, from each of their ends.
struct Graph {
    /// Where the links of each record start, and the end.
    starts: Vec<u32>,
    /// The rule and the other end, those of stronger rules first.
    ends: Vec<(u16, u32)>,
}

impl Graph {
    fn of(findings: &Findings<'_>) -> Self {
        let pairs = findings.pairs;
        let mut ends: Vec<(u32, u16, u32)> = Vec::new();
        for pair in findings.links() {
            let rule = rule_of(pairs, pair);
            let (left, right) = (pairs.left[pair], pairs.right[pair]);
            ends.extend([(left, rule, right), (right, rule, left)]);
        }
        ends.sort_unstable();
        let mut starts = vec![0; findings.records.len() + 1];
        ends.iter().for_each(|end| starts[end.0 as usize + 1] += 1);
        for record in 1..starts.len() {
            starts[record] += starts[record - 1];
        }
        Self { starts, ends: ends.into_iter().map(|(_, rule, other)| (rule, other)).collect() }
    }

    fn links(&self, record: u32) -> &[(u16, u32)] {
        &self.ends[self.starts[record as usize] as usize..self.starts[record as usize + 1] as usize]
    }

    fn tally_chains(&self, records: &Records, has_names: &[bool], tally: &mut BTreeMap<Way, (u64, u64)>) {
        let mut met_for = vec![NULL; records.len()];
        let mut came_from: Vec<(u32, Step)> = vec![(NULL, Step { to: 0, rule: 0 }); records.len()];
        let mut queue = VecDeque::new();
        let mut is_reached = vec![false; records.sources.len()];
        for record in 0..records.len() as u32 {
            if self.links(record).is_empty() {
                continue;
            }
            let from = records.source_of(record);
            is_reached.fill(false);
            is_reached[from] = true;
            met_for[record as usize] = record;
            queue.clear();
            queue.push_back(record);
            while let Some(at) = queue.pop_front() {
                for &(rule, next) in self.links(at) {
                    if met_for[next as usize] == record {
                        continue;
                    }
                    met_for[next as usize] = record;
                    let to = records.source_of(next);
                    came_from[next as usize] = (at, Step { to, rule });
                    queue.push_back(next);
                    if !std::mem::replace(&mut is_reached[to], true)
                        && at != record
                        && starts_from(has_names, from, to)
                    {
                        let steps = steps_to(next, record, &came_from);
                        tally.entry(Way { from, to, steps }).or_default().1 += 1;
                    }
                }
                if is_reached.iter().all(|reached| *reached) {
                    break;
                }
            }
        }
    }
}

fn steps_to(end: u32, start: u32, came_from: &[(u32, Step)]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = end;
    while at != start {
        let (before, step) = came_from[at as usize];
        steps.push(step);
        at = before;
    }
    steps.reverse();
    steps
}

/// Whether a source has names that are filled in anywhere.
fn holds_names(source: &SourceFacts) -> bool {
    let is_name = |role| matches!(role, Role::Forename | Role::Surname | Role::FullName);
    source.profile.iter().any(|column| is_name(column.role) && column.filled > 0)
}

/// Which sources can be linked with which, before anything is compared.
struct Reach<'a> {
    records: &'a Records,
    has_names: Vec<bool>,
    /// Per source, per other source.
    linkable: Vec<Vec<bool>>,
}

/// Sources that can be linked to none of the others: they have no names in common with one, nor a number of people of which
/// one record at least is in both, nor a date of birth and an address.
pub(crate) struct WithoutRoute {
    /// Per source.
    pub(crate) is_alone: Vec<bool>,
    /// A finding for every such source of which it is known what it lacks.
    pub(crate) findings: Vec<Issue>,
}

impl WithoutRoute {
    pub(crate) fn of(records: &Records, facts: &[SourceFacts]) -> Self {
        let n = records.sources.len();
        if n < 2 {
            return Self { is_alone: vec![false; n], findings: Vec::new() };
        }
        let reach = Reach::of(records, facts);
        let findings = (0..n).filter_map(|source| reach.why_not(source)).map(|(source, message)| {
            Issue::new(IssueKind::NoRoute, records.sources[source].name.clone(), message)
        });
        Self { is_alone: (0..n).map(|source| reach.is_alone(source)).collect(), findings: findings.collect() }
    }

    /// Whether some source has no route to another.
    pub(crate) fn has_some_alone(&self) -> bool {
        self.is_alone.contains(&true)
    }

    /// The fault of sources none of which can be linked with another.
    pub(crate) fn refuse(&self, records: &Records, reason: Option<&str>) -> Result<(), Fault> {
        if !self.is_alone.iter().all(|alone| *alone) {
            return Ok(());
        }
        let names: Vec<&str> = records.sources.iter().map(|source| source.name.as_str()).collect();
        let what = format!("{} cannot be linked with each other", crate::summary::list("and", &names));
        let fault = Fault::new(
            FaultCode::NothingToLink,
            what,
            "do what the reason says; to find the records of one person within a file, name that file alone",
        );
        Err(match reason {
            Some(reason) => fault.because(reason),
            None => fault,
        })
    }

    /// Leaves out the pairs of a source without a route with other sources, but for those that a rule or a constraint makes:
    /// what is left to compare, many people share.
    pub(crate) fn leave_out(&self, records: &Records, pairs: &mut ScoredPairs) {
        if !self.is_alone.contains(&true) {
            return;
        }
        let keep: Vec<bool> = (0..pairs.len())
            .map(|pair| {
                let (left, right) =
                    (records.source_of(pairs.left[pair]), records.source_of(pairs.right[pair]));
                left == right || !(self.is_alone[left] || self.is_alone[right])
            })
            .collect();
        pairs.retain(&keep);
    }
}

/// The same as one sentence, for a fault: why nothing can be linked.
pub(crate) fn as_reason(findings: &[Issue]) -> Option<String> {
    let sentences: Vec<String> =
        findings.iter().map(|issue| format!("{} {}", issue.file, issue.message)).collect();
    (!sentences.is_empty()).then(|| sentences.join("; "))
}

impl<'a> Reach<'a> {
    fn of(records: &'a Records, facts: &[SourceFacts]) -> Self {
        let n = records.sources.len();
        let has_names: Vec<bool> = facts.iter().map(holds_names).collect();
        let has = |source: usize, roles: &[Role]| {
            records
                .fields
                .iter()
                .any(|field| roles.contains(&field.role) && is_filled(records, field, source))
        };
        let has_details: Vec<bool> = (0..n)
            .map(|source| {
                has(source, &[Role::DateOfBirth])
                    && has(
                        source,
                        &[Role::Postcode, Role::Address, Role::AddressLine, Role::Email, Role::Phone],
                    )
            })
            .collect();
        let mut linkable: Vec<Vec<bool>> = (0..n)
            .map(|a| {
                let with = |b: usize| (has_names[a] && has_names[b]) || (has_details[a] && has_details[b]);
                (0..n).map(|b| a == b || with(b)).collect()
            })
            .collect();
        let by_former = [(LA_CHILD_ID, FORMER_LA_CHILD_ID), (Role::Upn.name(), FORMER_UPN)];
        let by_former = by_former.into_iter().filter_map(|(now, former)| {
            Some((&records.fields[records.field(now)?], &records.fields[records.field(former)?]))
        });
        let identifiers =
            records.fields.iter().filter(|field| is_identifier(field) && !is_of_former_numbers(&field.name));
        for (field, other) in identifiers.map(|field| (field, field)).chain(by_former) {
            for (a, b) in overlaps(records, field, other) {
                linkable[a][b] = true;
                linkable[b][a] = true;
            }
        }
        Self { records, has_names, linkable }
    }

    fn is_alone(&self, source: usize) -> bool {
        (0..self.linkable.len()).all(|other| other == source || !self.linkable[source][other])
    }

    /// What a source without any route lacks; of one with names, only where others have routes to each other, since else
    /// the same is said of them.
    fn why_not(&self, source: usize) -> Option<(usize, String)> {
        if !self.is_alone(source) {
            return None;
        }
        let others: Vec<usize> = (0..self.linkable.len()).filter(|&other| other != source).collect();
        let names: Vec<&str> =
            others.iter().map(|&other| self.records.sources[other].name.as_str()).collect();
        let names = crate::summary::list("and", &names);
        if self.has_names[source] {
            let linked = others.iter().any(|&other| !self.is_alone(other));
            let todo = linked.then(|| others.iter().find_map(|&other| self.bridge(other))).flatten()?;
            let hold = if others.len() == 1 { "holds" } else { "hold" };
            let shares = self.shares_nothing(source, &others, &names);
            return Some((source, format!("{shares}, which {hold} no names: {todo}")));
        }
        Some(match self.bridge(source) {
            Some(todo) => (
                source,
                format!("holds no names and {}: {todo}", self.shares_nothing(source, &others, &names)),
            ),
            None => (
                source,
                format!(
                    "holds neither names nor an identifier, and cannot be linked with {names}: export it again with one of them"
                ),
            ),
        })
    }

    /// Why identifiers do not join a source to others: there are none in common, or none with a value in common.
    fn shares_nothing(&self, source: usize, others: &[usize], names: &str) -> String {
        let in_both = |field: &&Field| {
            is_identifier(field)
                && is_filled(self.records, field, source)
                && others.iter().any(|&other| is_filled(self.records, field, other))
        };
        let fields: Vec<&str> =
            self.records.fields.iter().filter(in_both).map(|field| field_words(&field.name)).collect();
        match fields.as_slice() {
            [] => format!("shares no identifier with {names}"),
            fields => format!("has no {} that is also in {names}", crate::summary::list("or", fields)),
        }
    }

    /// What would join a source without names to those with names.
    fn bridge(&self, source: usize) -> Option<String> {
        let own: Vec<&Field> = self
            .records
            .fields
            .iter()
            .filter(|field| is_identifier(field) && is_filled(self.records, field, source))
            .collect();
        if own.iter().any(|field| field.name == LA_CHILD_ID) {
            return Some("add the case-management extract, which has both".into());
        }
        let first = own.first()?;
        Some(format!("add a source that has both names and its {}", field_words(&first.name)))
    }
}

fn is_identifier(field: &Field) -> bool {
    matches!(field.role, Role::Identifier | Role::Upn | Role::NhsNumber | Role::Uln)
}

fn is_filled(records: &Records, field: &Field, source: usize) -> bool {
    let source = &records.sources[source];
    field.codes[source.start as usize..source.end as usize].iter().any(|&code| code != NULL)
}

/// Pairs of sources of which one has a value of a field that the other has in the same or another field.
fn overlaps(records: &Records, field: &Field, other: &Field) -> Vec<(usize, usize)> {
    let n = records.sources.len();
    let values_in = |field: &Field| {
        let mut is_in = vec![vec![false; field.values.len()]; n];
        for (source, is_in) in records.sources.iter().zip(&mut is_in) {
            let codes = &field.codes[source.start as usize..source.end as usize];
            codes.iter().filter(|&&code| code != NULL).for_each(|&code| is_in[code as usize] = true);
        }
        is_in
    };
    let pairs = (0..n).flat_map(|a| (0..n).map(move |b| (a, b))).filter(|(a, b)| a != b);
    let is_in = values_in(field);
    if std::ptr::eq(field, other) {
        // both ways round they share the same values
        let pairs = pairs.filter(|(a, b)| a < b);
        return pairs.filter(|&(a, b)| is_in[a].iter().zip(&is_in[b]).any(|(a, b)| *a && *b)).collect();
    }
    let as_field = other.codes_in(field);
    let others_in = values_in(other);
    pairs
        .filter(|&(a, b)| {
            let shared = |(is_in_b, code): (&bool, &Option<u32>)| {
                *is_in_b && code.is_some_and(|code| is_in[a][code as usize])
            };
            others_in[b].iter().zip(&as_field).any(shared)
        })
        .collect()
}

#[cfg(test)]
mod tests;
