//! A file of labels: pairs of records that somebody has looked at and knows to be of one person, or of two.

use crate::given::TableSpec;
use crate::pair_table::{PairTable, PairsFor, of_unknown_records, records_named_in, rows_that};
use crate::run::RunLabels;
use crate::source::Opened;
use hashbrown::HashMap;
use plait_engine::labels::Label;
use plait_engine::model::LinkType;
use plait_engine::records::Records;
use plait_formats::columns::header_list;
use plait_types::{Fault, FaultCode, Issue, IssueKind};
use std::cmp::Ordering;

const PURPOSE: PairsFor = PairsFor {
    code: FaultCode::BadLabels,
    name: "file of labels",
    option: "--labels",
    harm: "a pair that is left out would change what the labels say of the linkage",
    harm_of_source: "a pair that is left out would change what the labels say of the linkage",
    harm_of_none: "the run would look as if it had been measured",
};

/// Headers of the column that says what a pair is.
pub(crate) const LABEL: &[&str] = &["label", "is_match", "match", "clerical_match_score"];

/// The labels of a file.
pub(crate) struct LabelsGiven {
    pub(crate) labels: Vec<Label>,
    /// The row of each, from 1, by its records.
    row_of: HashMap<(u32, u32), usize>,
    pub(crate) issues: Vec<Issue>,
    pub(crate) sha256: String,
    pub(crate) rows: u64,
    /// Rows of somebody who could not tell, and rows without a word.
    pub(crate) unsure: u64,
    /// Rows that name a record which its source does not have.
    pub(crate) unknown: u64,
}

/// What somebody says of a pair.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Match,
    NonMatch,
    Unsure,
}

fn parse(text: &str) -> Option<Said> {
    match text.trim().to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
        "match" | "yes" | "y" | "true" | "t" | "same" | "link" | "must_link" => Some(Said::Match),
        "non_match" | "nonmatch" | "no_match" | "not_match" | "no" | "n" | "false" | "f" | "different"
        | "distinct" | "cannot_link" => Some(Said::NonMatch),
        "" | "unsure" | "unclear" | "maybe" | "possible" | "review" | "?" => Some(Said::Unsure),
        number => {
            let share: f64 = number.parse().ok().filter(|share| (0.0..=1.0).contains(share))?;
            // as other programs have it: how sure the one who looked was
            Some(match share.total_cmp(&0.5) {
                Ordering::Less => Said::NonMatch,
                Ordering::Equal => Said::Unsure,
                Ordering::Greater => Said::Match,
            })
        }
    }
}

impl LabelsGiven {
    /// Reads a file of labels and looks its records up in the sources. Rows with a record that is not there are left out and
    /// counted in an issue. A [`FaultCode::BadLabels`] where columns are missing, a row cannot be meant, no row has both its
    /// records and a label, or rows contradict each other.
    pub(crate) fn read(given: &TableSpec, sources: &[Opened]) -> Result<Self, Fault> {
        let here = |fault: Fault| fault.at(given.called());
        let (pairs, mut issues) = PairTable::read(given, &PURPOSE, sources.len())?;
        let label = pairs.column(LABEL).ok_or_else(|| {
            let fault = PURPOSE.bad(
                format!("a file of labels needs a column \"{}\"", LABEL[0]),
                "say of each pair whether it is of one person: match or non_match, yes or no, 1 or 0; empty where nobody can tell",
            );
            here(fault.because(header_list(pairs.columns())))
        })?;
        let names: Vec<&str> = sources.iter().map(|source| source.table.name.as_str()).collect();
        let said: Vec<Option<Said>> =
            (0..pairs.n_rows()).map(|row| parse(label.get(row).unwrap_or_default())).collect();
        let of_no_label: Vec<usize> =
            (1..).zip(&said).filter(|(_, said)| said.is_none()).map(|(row, _)| row).collect();
        if !of_no_label.is_empty() {
            return Err(here(
                PURPOSE
                    .bad(
                        format!(
                            "{} no label that Plait knows in the column \"{}\"",
                            rows_that(&of_no_label, "has", "have"),
                            label.name
                        ),
                        "write match or non_match, yes or no, 1 or 0, or how sure it is from 0 to 1; leave empty what nobody can tell",
                    )
                    .because(PURPOSE.harm),
            ));
        }
        let ends = pairs.pairs(&names, &PURPOSE).map_err(here)?;
        let record_of = records_named_in(ends.iter().copied(), sources);
        let find = |end: Option<(usize, &str)>| record_of.get(&end?).copied();
        let mut said_of: HashMap<(u32, u32), (usize, bool)> = HashMap::new();
        let mut labels = Vec::new();
        let (mut unsure, mut unknown) = (0, Vec::new());
        for ((row, said), ends) in (1..).zip(said.into_iter().flatten()).zip(&ends) {
            let (Some(left), Some(right)) = (find(ends[0]), find(ends[1])) else {
                unknown.push(row);
                continue;
            };
            if said == Said::Unsure {
                unsure += 1;
                continue;
            }
            let is_match = said == Said::Match;
            let label = Label::new(left, right, is_match);
            let (other, before) = *said_of.entry((label.left, label.right)).or_insert((row, is_match));
            if before != is_match {
                return Err(here(
                    PURPOSE
                        .bad(
                            format!(
                                "{} opposite things of one pair",
                                rows_that(&[other, row], "says", "say")
                            ),
                            "decide which is right, and take the other out; rows are counted from 1 below the header",
                        )
                        .because("both cannot be so"),
                ));
            }
            if other == row {
                labels.push(label);
            }
        }
        if labels.is_empty() {
            return Err(here(
                PURPOSE
                    .bad(
                        "no row has a label and names two records that are in these files",
                        "name records as people.parquet does: the source's name, and its identifier or row number",
                    )
                    .because(PURPOSE.harm_of_none),
            ));
        }
        issues.extend(of_unknown_records(IssueKind::LabelOfUnknownRecord, given, &unknown));
        labels.sort_unstable();
        Ok(Self {
            labels,
            row_of: said_of.into_iter().map(|(pair, (row, _))| (pair, row)).collect(),
            issues,
            sha256: pairs.sha256.clone(),
            rows: pairs.n_rows() as u64,
            unsure,
            unknown: unknown.len() as u64,
        })
    }

    /// What is known of the file, and of the linkage by these of its labels.
    pub(crate) fn about(
        &self,
        given: &TableSpec,
        labels: &[(Label, Option<usize>)],
        person_of: &[u32],
    ) -> RunLabels {
        let together = |label: &&Label| person_of[label.left as usize] == person_of[label.right as usize];
        let matches = |label: &&Label| label.is_match;
        let count = |n: usize| n as u64;
        let labels: Vec<Label> = labels.iter().map(|(label, _)| *label).collect();
        let decided_otherwise = labels.iter().filter(|label| together(label) != label.is_match);
        let mut rows_decided_otherwise: Vec<u64> =
            decided_otherwise.map(|label| count(self.row_of[&(label.left, label.right)])).collect();
        rows_decided_otherwise.sort_unstable();
        RunLabels {
            path: given.called(),
            sha256: self.sha256.clone(),
            rows: self.rows,
            pairs: count(labels.len()),
            matches: count(labels.iter().filter(matches).count()),
            unsure: self.unsure,
            rows_of_unknown_records: self.unknown,
            not_compared: 0,
            found: count(labels.iter().filter(together).filter(matches).count()),
            wrong: count(labels.iter().filter(together).filter(|label| !label.is_match).count()),
            rows_decided_otherwise,
            taught: false,
            moved_bits: None,
            strata: Vec::new(),
        }
    }

    /// Those that the link type pairs, and how many others there are.
    pub(crate) fn that_are_pairs(&self, records: &Records, link_type: LinkType) -> (Vec<Label>, u64) {
        let is_pair = |label: &&Label| {
            link_type != LinkType::LinkOnly || records.source_of(label.left) != records.source_of(label.right)
        };
        let labels: Vec<Label> = self.labels.iter().filter(is_pair).copied().collect();
        let others = (self.labels.len() - labels.len()) as u64;
        (labels, others)
    }
}
