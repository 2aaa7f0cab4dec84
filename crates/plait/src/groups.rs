//! For whom a run worked: figures by group, `groups` of `run.json`, and the words for them.

mod groupings;

use crate::link::{Findings, SourceFacts};
use crate::quality::Bound;
use crate::score::Truth;
use crate::summary::list;
use plait_engine::clustering::Persons;
use plait_engine::evaluation::Z_95;
use plait_engine::expected::Expected;
use plait_engine::groups::{
    self, Clusters, Difference, GroupCounts, Marked, NO_GROUP, Pairs, Stratum, Tally,
    standardised_difference, z_for_comparisons,
};
use plait_engine::model::LinkType;
use plait_engine::records::Records;
use plait_types::{NULL, PartialDate, Role, counted, grouped, percent};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use groupings::Grouping;
pub(crate) use groupings::{Characteristics, is_yes};

/// Persons or entities that a group and the rest need for the two to be compared.
const ENOUGH: u64 = 100;
/// How much lower the share of a group must be than that of the rest to matter.
const MATERIAL: f64 = 0.01;
/// Things of either kind that a standardised difference needs.
const ENOUGH_TO_DIFFER: u64 = 20;

/// Figures by group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunGroups {
    /// The day on which ages are told, `YYYY-MM-DD`; `null` where no source records births.
    pub ages_on: Option<String>,
    /// Where that day comes from, in words.
    pub ages_on_from: String,
    /// How many times a group was compared with the rest.
    pub comparisons: u64,
    /// By source, sex, age, ethnic group and so on, where it is recorded.
    pub groupings: Vec<RunGrouping>,
}

/// The groups by one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunGrouping {
    /// What it is by.
    pub by: String,
    /// Those that have records.
    pub groups: Vec<RunGroup>,
}

/// The figures of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunGroup {
    /// Its name.
    pub group: String,
    /// Records that say that they are of it.
    pub records: u64,
    /// Persons that these are of.
    pub persons: u64,
    /// Records of a person who has records in another source; with one source, of a person who has another record.
    pub linked: u64,
    /// Records of a pair for review.
    pub in_review: u64,
    /// Partners that are expected of its records; `null` with one source.
    pub expected: Option<u64>,
    /// Those of them that are there.
    pub found: Option<u64>,
    /// Their share of those expected.
    pub found_share: Option<Bound>,
    /// Between those found and those not found of the expected partners: how much more, or less, of the found are of the
    /// group, in standard deviations.
    pub standardised_difference: Option<f64>,
    /// Against the truth: true pairs with a record of the group.
    pub true_pairs: Option<u64>,
    /// Against the truth: of the true pairs with a record of the group, those in one person.
    pub recall: Option<Bound>,
    /// Against the truth: of the pairs in one person with a record of the group, those that are right.
    pub precision: Option<Bound>,
    /// Where it is served worse than the rest.
    pub gaps: Vec<RunGap>,
}

/// A share of a group that lies below that of the rest by more than chance, and by enough to matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunGap {
    /// `found`, `recall` or `precision`.
    pub measure: String,
    /// The share of the group, where there is a rest to compare with.
    pub group: f64,
    /// That of the rest, in the mixture of sources that the group has.
    pub rest: f64,
    /// The share of the group less that of the rest, with its interval, which is wide enough for all comparisons together.
    pub difference: Bound,
}

/// The day on which ages are told, and where it comes from.
pub(crate) struct AgesOn {
    day: Option<PartialDate>,
    from: String,
}

impl AgesOn {
    /// The day that was given; else the latest that a return is about; else the last day of the year of the latest births.
    pub(crate) fn of(records: &Records, given: Option<PartialDate>, days: &[Option<PartialDate>]) -> Self {
        if let Some(day) = given {
            return Self { day: Some(day), from: "as it was given".to_owned() };
        }
        if let Some((day, at)) = days.iter().zip(0..).filter_map(|(day, at)| Some(((*day)?, at))).max_by_key(
            // of equally late ones the first
            |&(day, at): &(PartialDate, usize)| (day, std::cmp::Reverse(at)),
        ) {
            let from = format!("the day that {} is about", records.sources[at].name);
            return Self { day: Some(day), from };
        }
        let births = records.fields.iter().find(|field| field.role == Role::DateOfBirth);
        let years = births.into_iter().flat_map(|field| field.dates.iter().zip(&field.counts));
        let mut years: Vec<(u16, u64)> = years.map(|(date, &count)| (date.year, u64::from(count))).collect();
        years.sort_unstable_by_key(|&(year, _)| std::cmp::Reverse(year));
        let all: u64 = years.iter().map(|(_, count)| count).sum();
        // one in a thousand may be a slip
        let mut later = 0;
        let last = years.iter().find(|(_, count)| {
            later += count;
            later * 1000 > all
        });
        let day = last.and_then(|&(year, _)| PartialDate::whole(year, 12, 31));
        Self { day, from: "the end of the year of the latest births".to_owned() }
    }
}

/// The age band of each record, and the partners that are expected of it.
pub(crate) struct Basis {
    bands: Vec<u16>,
    pub(crate) expected: Option<Expected>,
    ages_on: AgesOn,
}

impl Basis {
    pub(crate) fn of(findings: &Findings<'_>, ages_on: AgesOn) -> Self {
        let (records, persons) = (findings.records, &findings.clustered.persons);
        let bands = groupings::bands(records, ages_on.day);
        let day_number = |source: &SourceFacts| source.reference?.day_number();
        let days: Vec<Option<i32>> = findings.sources.iter().map(day_number).collect();
        let expected = Expected::of(records, persons, &bands, groupings::N_BANDS, &days);
        Self { bands, expected, ages_on }
    }
}

/// Puts the records into groups and says how each was served. The file of the truth is looked at where there is one.
pub(crate) fn measure(
    findings: &Findings<'_>,
    characteristics: Characteristics,
    truth: Option<&Truth>,
    basis: &Basis,
) -> RunGroups {
    let (records, persons) = (findings.records, &findings.clustered.persons);
    let Basis { bands, expected, ages_on } = basis;
    let by_person = Clusters::new(&persons.person_of, persons.n_persons as usize);
    let marked = marked(findings, &by_person);
    let truth = truth.map(|truth| Known::of(truth.entities(), persons, findings));
    let groupings = groupings::groupings(records, findings.sources, characteristics, bands);
    let measured: Vec<OfGrouping> = groupings
        .par_iter()
        .map(|grouping| {
            OfGrouping::of(grouping, records, &by_person, &marked, expected.as_ref(), truth.as_ref())
        })
        .collect();
    let comparisons: usize = measured.iter().map(|grouping| grouping.comparisons.len()).sum();
    let z = z_for_comparisons(comparisons);
    let groupings = groupings.iter().zip(measured).map(|(grouping, measured)| measured.into_run(grouping, z));
    RunGroups {
        ages_on: ages_on.day.map(PartialDate::iso),
        ages_on_from: if ages_on.day.is_some() {
            ages_on.from.clone()
        } else {
            "no source records births".to_owned()
        },
        comparisons: comparisons as u64,
        groupings: groupings.collect(),
    }
}

/// Of each record whether it is linked and whether it is in review.
fn marked<'a>(findings: &Findings<'_>, by_person: &'a Clusters) -> Marked<'a> {
    let records = findings.records;
    let one_source = records.sources.len() == 1;
    let person_of = &findings.clustered.persons.person_of;
    let pairs = findings.pairs;
    let mut in_review = vec![false; records.len()];
    for pair in (0..pairs.len()).filter(|&pair| !findings.clustered.is_link[pair]) {
        in_review[pairs.left[pair] as usize] = true;
        in_review[pairs.right[pair] as usize] = true;
    }
    Marked::new(by_person, person_of, |record| {
        let of_person = by_person.get(person_of[record as usize] as usize);
        let (first, last) = (of_person[0], of_person[of_person.len() - 1]);
        // records are in the order of their sources
        let is_linked = first != last && (one_source || records.source_of(first) != records.source_of(last));
        [is_linked, in_review[record as usize]]
    })
}

/// The truth, as far as it is known.
struct Known<'a> {
    entity_of: &'a [u32],
    person_of: &'a [u32],
    source_of: Vec<u32>,
    /// Records of which the entity is known, by entity and by person.
    by_entity: Clusters,
    by_person: Clusters,
    between_sources: bool,
}

impl<'a> Known<'a> {
    fn of(entity_of: &'a [u32], persons: &'a Persons, findings: &Findings<'_>) -> Self {
        let n_entities =
            entity_of.iter().filter(|entity| **entity != NULL).max().map_or(0, |&last| last as usize + 1);
        let person_if_known = entity_of
            .iter()
            .zip(&persons.person_of)
            .map(|(&entity, &person)| if entity == NULL { NULL } else { person });
        let sources = (0u32..).zip(&findings.records.sources);
        let source_of =
            sources.flat_map(|(at, source)| std::iter::repeat_n(at, (source.end - source.start) as usize));
        Self {
            entity_of,
            person_of: &persons.person_of,
            source_of: source_of.collect(),
            by_entity: Clusters::new(entity_of, n_entities),
            by_person: Clusters::new(&person_if_known.collect::<Vec<u32>>(), persons.n_persons as usize),
            between_sources: findings.model.link_type == LinkType::LinkOnly,
        }
    }

    /// Recall and precision per group, and in the last place of all.
    fn tallies(&self, grouping: &Grouping) -> [Vec<Tally>; 2] {
        let group_of = grouping.of_entities(&self.by_entity);
        let of = |within, same| {
            let pairs =
                Pairs { within, same, source_of: &self.source_of, between_sources: self.between_sources };
            let grouping = groups::Grouping { group_of: &group_of, n_groups: grouping.groups.len() };
            groups::tally_pairs(grouping, &pairs)
        };
        [of(&self.by_entity, self.person_of), of(&self.by_person, self.entity_of)]
    }
}

/// A group that can be compared with the rest in one measure.
struct Comparison {
    group: usize,
    measure: &'static str,
    strata: Vec<Stratum>,
    spread: (f64, f64),
}

/// What is counted of the groups of one kind.
struct OfGrouping {
    counts: Vec<GroupCounts>,
    found: Option<Vec<Tally>>,
    recall: Option<Vec<Tally>>,
    precision: Option<Vec<Tally>>,
    comparisons: Vec<Comparison>,
}

impl OfGrouping {
    fn of(
        grouping: &Grouping,
        records: &Records,
        by_person: &Clusters,
        marked: &Marked<'_>,
        expected: Option<&Expected>,
        truth: Option<&Known<'_>>,
    ) -> Self {
        let n = grouping.groups.len();
        let of_engine = groups::Grouping { group_of: &grouping.group_of, n_groups: n };
        let found = expected
            .map(|expected| groups::tally_records(of_engine, by_person, &|record| expected.count(record)));
        let [recall, precision] = truth.map_or([None, None], |truth| truth.tallies(grouping).map(Some));
        let mut comparisons = Vec::new();
        if let Some((found, expected)) = found.as_ref().zip(expected) {
            comparisons.extend(compare_found(grouping, records, by_person, found, expected));
        }
        for (measure, tallies) in [("recall", &recall), ("precision", &precision)] {
            comparisons.extend(tallies.iter().flat_map(|tallies| compare_pairs(measure, tallies)));
        }
        Self { counts: marked.count(of_engine), found, recall, precision, comparisons }
    }

    fn into_run(self, grouping: &Grouping, z: f64) -> RunGrouping {
        let mut gaps: Vec<Vec<RunGap>> = grouping.groups.iter().map(|_| Vec::new()).collect();
        for Comparison { group, measure, strata, spread } in &self.comparisons {
            let difference = Difference::of(strata, *spread, z);
            if let Some(found) = difference.filter(|found| found.value() <= -MATERIAL && found.high < 0.0) {
                let difference = Bound { estimate: found.value(), low: found.low, high: found.high };
                let measure = (*measure).to_owned();
                gaps[*group].push(RunGap { measure, group: found.group, rest: found.rest, difference });
            }
        }
        let all = self
            .found
            .as_ref()
            .map(|found| found.iter().fold((0, 0), |sum, tally| (sum.0 + tally.part, sum.1 + tally.whole)));
        let share = |tallies: &Option<Vec<Tally>>, group: usize| {
            let tally = tallies.as_ref()?[group];
            let (low, high) = tally.interval(Z_95);
            Some(Bound { estimate: tally.value()?, low, high })
        };
        let groups = grouping.groups.iter().zip(gaps).enumerate().map(|(at, (group, gaps))| {
            let tally = self.found.as_ref().map(|found| found[at]);
            RunGroup {
                group: group.clone(),
                records: self.counts[at].records,
                persons: self.counts[at].clusters,
                linked: self.counts[at].marked[0],
                in_review: self.counts[at].marked[1],
                expected: tally.map(|tally| tally.whole),
                found: tally.map(|tally| tally.part),
                found_share: share(&self.found, at),
                standardised_difference: tally.zip(all).and_then(|(tally, (found, expected))| {
                    let missing = expected - found;
                    let is_enough = found >= ENOUGH_TO_DIFFER && missing >= ENOUGH_TO_DIFFER;
                    let of_group = (tally.part, tally.whole - tally.part);
                    is_enough.then(|| standardised_difference(of_group, (found, missing))).flatten()
                }),
                true_pairs: self.recall.as_ref().map(|recall| recall[at].whole),
                recall: share(&self.recall, at),
                precision: share(&self.precision, at),
                gaps,
            }
        });
        RunGrouping { by: grouping.by.to_owned(), groups: groups.filter(|group| group.records > 0).collect() }
    }
}

/// The groups of which enough persons have an expected partner, with the rest of the same two sources.
fn compare_found(
    grouping: &Grouping,
    records: &Records,
    by_person: &Clusters,
    found: &[Tally],
    expected: &Expected,
) -> Vec<Comparison> {
    let (n, n_sources) = (grouping.groups.len(), records.sources.len());
    let n_strata = n_sources * n_sources;
    let mut counts = vec![(0u64, 0u64); n * n_strata];
    for (at, source) in records.sources.iter().enumerate() {
        for record in source.start..source.end {
            let group = grouping.group_of[record as usize];
            if group == NO_GROUP {
                continue;
            }
            for other in (0..n_sources).filter(|&other| expected.expects(record, other)) {
                let count = &mut counts[usize::from(group) * n_strata + at * n_sources + other];
                count.0 += u64::from(expected.has_partner(record, other));
                count.1 += 1;
            }
        }
    }
    let of_all: Vec<u16> =
        grouping.group_of.iter().map(|&group| if group == NO_GROUP { NO_GROUP } else { 0 }).collect();
    let of_all = groups::Grouping { group_of: &of_all, n_groups: 1 };
    let all = groups::tally_records(of_all, by_person, &|record| expected.count(record))[0];
    let is_enough = |group: usize| {
        // a person may have records in the group and in the rest
        let rest = all.clusters.saturating_sub(found[group].clusters);
        found[group].clusters >= ENOUGH && rest >= ENOUGH
    };
    let comparison = |group: usize| {
        let strata = (0..n_strata).map(|stratum| {
            let of_group = counts[group * n_strata + stratum];
            let of_all = (0..n).map(|g| counts[g * n_strata + stratum]);
            let of_all = of_all.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
            Stratum { group: of_group, rest: (of_all.0 - of_group.0, of_all.1 - of_group.1) }
        });
        let strata: Vec<Stratum> =
            strata.filter(|stratum| stratum.group.1 > 0 && stratum.rest.1 > 0).collect();
        let spread = (spread(&found[group]), spread(&all));
        (!strata.is_empty()).then_some(Comparison { group, measure: "found", strata, spread })
    };
    (0..n).filter(|&group| is_enough(group)).filter_map(comparison).collect()
}

/// The groups that have pairs of enough persons, with all other pairs.
fn compare_pairs(measure: &'static str, tallies: &[Tally]) -> Vec<Comparison> {
    let Some((all, groups)) = tallies.split_last() else { return Vec::new() };
    let is_enough = |tally: &Tally| {
        tally.clusters >= ENOUGH && all.clusters - tally.clusters >= ENOUGH && all.whole > tally.whole
    };
    let compared = groups.iter().enumerate().filter(|(_, tally)| is_enough(tally));
    compared
        .map(|(group, tally)| {
            let rest = (all.part - tally.part, all.whole - tally.whole);
            let strata = vec![Stratum { group: (tally.part, tally.whole), rest }];
            Comparison { group, measure, strata, spread: (spread(tally), spread(all)) }
        })
        .collect()
}

/// How many of the counted things make an independent one.
fn spread(tally: &Tally) -> f64 {
    tally.whole as f64 / tally.effective().max(1.0)
}

impl RunGap {
    /// `found 91.3% against 98.4%`
    pub(crate) fn words(&self) -> String {
        format!("{} {} against {}", self.measure, percent(self.group), percent(self.rest))
    }
}

impl RunGroups {
    /// Every gap, the widest first: what the groups are by, the group, and the gap.
    pub(crate) fn gaps(&self) -> Vec<(&str, &RunGroup, &RunGap)> {
        let groups =
            self.groupings.iter().flat_map(|by| by.groups.iter().map(move |group| (by.by.as_str(), group)));
        let mut gaps: Vec<_> =
            groups.flat_map(|(by, group)| group.gaps.iter().map(move |gap| (by, group, gap))).collect();
        gaps.sort_by(|a, b| a.2.difference.estimate.total_cmp(&b.2.difference.estimate));
        gaps
    }

    /// What a run says on the screen, sentences without a value of any record.
    pub(crate) fn words(&self) -> String {
        const SHOWN: usize = 5;
        let by: Vec<&str> = self.groupings.iter().map(|grouping| grouping.by.as_str()).collect();
        let ages = match &self.ages_on {
            Some(day) => format!("; ages on {day}, {}", self.ages_on_from),
            None => String::new(),
        };
        let gaps = self.gaps();
        let n = counted(self.comparisons, "comparison");
        let compared = if gaps.is_empty() {
            format!("none of {n} finds a group below the rest by more than chance and 1 point")
        } else {
            let shown = gaps
                .iter()
                .take(SHOWN)
                .map(|(by, group, gap)| format!("{by}, {}: {}", group.group, gap.words()));
            let shown: Vec<String> = shown.collect();
            let more = match gaps.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!("; {} more", grouped(more as u64)),
            };
            format!("served worse than the rest, of {n}: {}{more}", shown.join("; "))
        };
        format!("figures by {}{ages}; {compared}. All of them in quality-report.html.", list("and", &by))
    }
}

#[cfg(test)]
mod tests;
