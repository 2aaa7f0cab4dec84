//! Records that should have a partner in another source and have none: `not_found` of `run.json`, and the words for it.

use plait_engine::expected::{Expected, NotFound, Outside};
use plait_engine::records::Records;
use plait_types::{counted, grouped};
use serde::{Deserialize, Serialize};

/// The records of one source without a partner in another one, in which records of the source usually have one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunNotFound {
    /// The source that the records are of.
    pub source: String,
    /// The source in which they have no partner.
    pub not_found_in: String,
    /// Records of the source.
    pub records: u64,
    /// Those of them without a partner.
    pub not_found: u64,
    /// Those of these of which one is expected.
    pub unexplained: u64,
    /// The others, by why none is expected.
    pub explained: Vec<RunExplained>,
}

/// How many have no partner for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunExplained {
    /// `period`, `age`, `school`, `area` or `few_like_it`.
    pub by: String,
    /// How many.
    pub records: u64,
}

/// Every record that was not found: those that nothing explains first, then by source, other source and record.
#[derive(Debug, Default)]
pub(crate) struct NotFoundRecords(Vec<NotFound>);

const REASONS: [(Outside, &str, &str); 5] = [
    (Outside::Period, "period", "born later"),
    (Outside::Age, "age", "by age"),
    (Outside::School, "school", "by school"),
    (Outside::Area, "area", "by area"),
    (Outside::FewLikeIt, "few_like_it", "of an age band of which few are there"),
];

impl NotFoundRecords {
    pub(crate) fn of(records: &Records, expected: &Expected) -> Self {
        let n_sources = records.sources.len();
        let pairs = (0..n_sources).flat_map(|source| (0..n_sources).map(move |other| (source, other)));
        let mut all: Vec<NotFound> =
            pairs.flat_map(|(source, other)| expected.not_found(records, source, other)).collect();
        // stable: within either kind they stay in order
        all.sort_by_key(|found| found.explained.is_some());
        Self(all)
    }

    /// Those that somebody may want to look at. Of an age band that is usually not in the other source nobody is, and there may
    /// be very many: they are only counted.
    pub(crate) fn to_look_at(&self) -> Vec<&NotFound> {
        self.0.iter().filter(|found| found.explained != Some(Outside::FewLikeIt)).collect()
    }

    /// How many there are, by source and other source.
    pub(crate) fn counts(&self, records: &Records) -> Vec<RunNotFound> {
        let n_sources = records.sources.len();
        // of each two sources those that nothing explains, then by reason
        let mut counts = vec![[0u64; 1 + REASONS.len()]; n_sources * n_sources];
        for found in &self.0 {
            let reason = REASONS.iter().position(|(outside, ..)| Some(*outside) == found.explained);
            let of_pair = &mut counts[records.source_of(found.record) * n_sources + found.other];
            of_pair[reason.map_or(0, |reason| reason + 1)] += 1;
        }
        let known = counts.into_iter().enumerate().filter(|(_, counts)| counts.iter().any(|&n| n > 0));
        known
            .map(|(at, counts)| {
                let (source, other) = (&records.sources[at / n_sources], &records.sources[at % n_sources]);
                let explained = REASONS.iter().zip(&counts[1..]).filter(|(_, n)| **n > 0);
                RunNotFound {
                    source: source.name.clone(),
                    not_found_in: other.name.clone(),
                    records: u64::from(source.end - source.start),
                    not_found: counts.iter().sum(),
                    unexplained: counts[0],
                    explained: explained
                        .map(|((_, by, _), &records)| RunExplained { by: (*by).to_owned(), records })
                        .collect(),
                }
            })
            .collect()
    }
}

impl RunExplained {
    /// `12 by age`
    fn words(&self) -> String {
        let words =
            REASONS.iter().find(|(_, by, _)| *by == self.by).map_or(self.by.as_str(), |reason| reason.2);
        format!("{} {words}", grouped(self.records))
    }
}

impl RunNotFound {
    /// `12 by age, 3 by area`, or a dash.
    pub(crate) fn explained_words(&self) -> String {
        if self.explained.is_empty() {
            return "\u{2013}".to_owned();
        }
        self.explained.iter().map(RunExplained::words).collect::<Vec<_>>().join(", ")
    }

    /// `24 of 477 records of children_in_need in gp_list, 3 more explained (3 by age)`
    fn words(&self) -> String {
        let explained = match self.not_found - self.unexplained {
            0 => String::new(),
            n => format!(", {} more explained ({})", grouped(n), self.explained_words()),
        };
        format!(
            "{} of {} of {} in {}{explained}",
            grouped(self.unexplained),
            counted(self.records, "record"),
            self.source,
            self.not_found_in
        )
    }
}

/// What a run says on the screen of records that were not found; nothing where there are none.
pub(crate) fn words(all: &[RunNotFound]) -> Option<String> {
    const SHOWN: usize = 3;
    let mut unexplained: Vec<&RunNotFound> = all.iter().filter(|found| found.unexplained > 0).collect();
    // of those of the largest share the first
    unexplained.sort_by(|a, b| {
        (u128::from(b.unexplained) * u128::from(a.records))
            .cmp(&(u128::from(a.unexplained) * u128::from(b.records)))
    });
    let explained: u64 = all.iter().map(|found| found.not_found - found.unexplained).sum();
    if unexplained.is_empty() {
        let n = counted(explained, "record");
        return (explained > 0).then(|| {
            format!("nobody of whom a partner is expected; {n} without one explained, in run.json.")
        });
    }
    let shown: Vec<String> = unexplained.iter().take(SHOWN).map(|found| found.words()).collect();
    let more = match unexplained.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("; {} more in run.json", grouped(more as u64)),
    };
    Some(format!("though expected: {}{more}. Who they are is in not_found.csv.", shown.join("; ")))
}

#[cfg(test)]
mod tests;
