//! A file of constraints: pairs of records that must be one person, and pairs that must never be.

use crate::given::TableSpec;
use crate::labels::LABEL;
use crate::pair_table::{
    Ends, PairTable, PairsFor, of_unknown_records, records_named_in, rows_in_words, rows_that,
};
use crate::run::RunConstraints;
use crate::source::Opened;
use hashbrown::{HashMap, HashSet};
use plait_engine::conflicts::Conflicts;
use plait_engine::constraints::{Constraints, Contradiction, Pair};
use plait_engine::records::Records;
use plait_formats::columns::header_list;
use plait_types::{Fault, FaultCode, Issue, IssueKind, grouped};

const PURPOSE: PairsFor = PairsFor {
    code: FaultCode::BadConstraints,
    name: "file of constraints",
    option: "--constraints",
    harm: "a pair that is left out would be linked, or not, against what somebody knows",
    harm_of_source: "the pair would not be kept apart or put together",
    harm_of_none: "the run would look as if something had been kept apart",
};

/// The header of the column that says which kind a constraint is of.
const CONSTRAINT: &str = "constraint";

/// The constraints of a file, and the rows that they come from.
pub(crate) struct Given {
    pub(crate) constraints: Constraints,
    /// For `run.json`; who would have been one person is told later.
    pub(crate) run: RunConstraints,
    pub(crate) issues: Vec<Issue>,
    /// The file's name without its folder.
    file: String,
    /// Per pair, the first row that names it, from 1.
    row_of: HashMap<Pair, usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    MustLink,
    CannotLink,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
            "must_link" | "must" => Some(Self::MustLink),
            "cannot_link" | "do_not_link" | "never" => Some(Self::CannotLink),
            _ => None,
        }
    }
}

/// What each row says, in order. A [`FaultCode::BadConstraints`] of those that cannot be meant.
fn rows<'a>(pairs: &'a PairTable, sources: &[&str]) -> Result<Vec<(Kind, Ends<'a>)>, Fault> {
    let constraint = pairs.column(&[CONSTRAINT]);
    if let (None, Some(label)) = (constraint, pairs.column(LABEL)) {
        return Err(bad(
            format!("a column \"{}\" and none \"{CONSTRAINT}\", as a file of labels has", label.name),
            "if these are pairs that somebody has looked at, give the file with --labels; if they are constraints, call the \
             column \"constraint\", with must_link or cannot_link in each row",
        )
        .because("labels teach and measure, and neither keep a pair apart nor put it together"));
    }
    let constraint = constraint.ok_or_else(|| {
        bad(
            format!("a file of constraints needs a column \"{CONSTRAINT}\""),
            "say of each pair whether it must be one person or must never be: must_link or cannot_link",
        )
        .because(header_list(pairs.columns()))
    })?;
    let kinds: Vec<Option<Kind>> =
        (0..pairs.n_rows()).map(|row| constraint.get(row).and_then(Kind::parse)).collect();
    let of_no_kind: Vec<usize> =
        (1..).zip(&kinds).filter(|(_, kind)| kind.is_none()).map(|(row, _)| row).collect();
    if !of_no_kind.is_empty() {
        return Err(bad(
            format!(
                "{} neither must_link nor cannot_link in the column \"constraint\"",
                rows_that(&of_no_kind, "has", "have")
            ),
            "write must_link or must, or cannot_link, do_not_link or never; or take the rows out",
        )
        .because(PURPOSE.harm));
    }
    Ok(kinds.into_iter().flatten().zip(pairs.pairs(sources, &PURPOSE)?).collect())
}

impl Given {
    /// Reads a file of constraints and looks its records up in the sources. Rows with a record that is not there are left
    /// out and counted in an issue. A [`FaultCode::BadConstraints`] where columns are missing, a row cannot be meant, no row
    /// has both its records, or rows contradict each other.
    pub(crate) fn read(given: &TableSpec, sources: &[Opened]) -> Result<Self, Fault> {
        let here = |fault: Fault| fault.at(given.called());
        let (pairs, mut issues) = PairTable::read(given, &PURPOSE, sources.len())?;
        let names: Vec<&str> = sources.iter().map(|source| source.table.name.as_str()).collect();
        let rows = rows(&pairs, &names).map_err(here)?;
        let record_of = records_named_in(rows.iter().map(|(_, ends)| *ends), sources);
        let find = |end: Option<(usize, &str)>| record_of.get(&end?).copied();
        let (mut together, mut apart, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        let (mut rows_together, mut rows_apart) = (HashMap::new(), HashMap::new());
        for (index, (kind, ends)) in rows.iter().enumerate() {
            let (Some(left), Some(right)) = (find(ends[0]), find(ends[1])) else {
                unknown.push(index + 1);
                continue;
            };
            let pair = (left.min(right), left.max(right));
            let (of_kind, rows_of_kind): (&mut Vec<Pair>, &mut HashMap<Pair, usize>) = match kind {
                Kind::MustLink => (&mut together, &mut rows_together),
                Kind::CannotLink => (&mut apart, &mut rows_apart),
            };
            of_kind.push(pair);
            rows_of_kind.entry(pair).or_insert(index + 1);
        }
        if unknown.len() == rows.len() {
            return Err(here(
                bad(
                    "no row names two records that are in these files",
                    "name records as people.parquet does: the source's name, and its identifier or row number",
                )
                .because("no pair would be kept apart or put together"),
            ));
        }
        let constraints = Constraints::new(together, apart).map_err(|Contradiction { apart, chain }| {
            let chain: Vec<usize> = chain.iter().map(|pair| rows_together[pair]).collect();
            here(
                bad(
                    format!(
                        "row {} keeps two records apart that {} together",
                        grouped(rows_apart[&apart] as u64),
                        rows_that(&chain, "puts", "put")
                    ),
                    "decide which is right, and take the others out; rows are counted from 1 below the header",
                )
                .because("both cannot hold"),
            )
        })?;
        let row_of = rows_apart.into_iter().chain(rows_together).collect();
        let run = RunConstraints {
            path: given.called(),
            absolute_path: given.absolute_path(),
            sha256: pairs.sha256.clone(),
            rows: rows.len() as u64,
            kept_apart: constraints.apart().len() as u64,
            would_be_one_person: 0,
            put_together: constraints.together().len() as u64,
            rows_of_unknown_records: unknown.len() as u64,
        };
        issues.extend(of_unknown_records(IssueKind::ConstraintOfUnknownRecord, given, &unknown));
        Ok(Self { constraints, run, issues, file: given.file_name(), row_of })
    }

    /// Rows that put records together whose verified numbers say that they are of two people.
    pub(crate) fn against_numbers(&self, records: &Records) -> Option<Issue> {
        if self.constraints.together().is_empty() {
            return None;
        }
        let none = Constraints::default();
        let numbers = Conflicts::of(records, &none);
        let are_two = |a: u32, b: u32| numbers.kind_between_these(a, b).is_some();
        let first = |record: u32| self.constraints.first(record);
        let together = self.constraints.together();
        // where no row of a group does it by itself, all rows that make the chain
        let mut by_chains: HashSet<u32> = together.iter().map(|&(left, _)| first(left)).collect();
        for &(left, _) in together.iter().filter(|&&(left, right)| are_two(left, right)) {
            by_chains.remove(&first(left));
        }
        by_chains.retain(|record| {
            let group = self.constraints.group(record);
            group.iter().enumerate().any(|(place, &a)| group[..place].iter().any(|&b| are_two(a, b)))
        });
        let against = together
            .iter()
            .filter(|&&(left, right)| are_two(left, right) || by_chains.contains(&first(left)));
        let mut rows: Vec<usize> = against.map(|pair| self.row_of[pair]).collect();
        if rows.is_empty() {
            return None;
        }
        rows.sort_unstable();
        let message = format!(
            "{} records together that have two different verified numbers of one kind",
            rows_that(&rows, "puts", "put")
        );
        let issue = Issue::new(IssueKind::ConstraintAgainstNumbers, self.file.as_str(), message);
        Some(issue.counting(rows.len()))
    }

    /// Why two records are together or apart, if these constraints are the reason: `never one person, because of
    /// row 7 of pairs.csv (cannot_link)`. Holds no value.
    pub(crate) fn statement(&self, left: u32, right: u32) -> Option<String> {
        let rows = |chain: Vec<Pair>| chain.iter().map(|pair| self.row_of[pair]).collect::<Vec<usize>>();
        let file = &self.file;
        if let Some(chain) = self.constraints.chain(left, right) {
            return Some(format!(
                "one person, because of {} of {file} (must_link)",
                rows_in_words(&rows(chain))
            ));
        }
        let pair = self.constraints.kept_apart_by(left, right)?;
        let row = grouped(self.row_of[&pair] as u64);
        let by_way_of: Vec<Pair> = [left, right]
            .into_iter()
            .flat_map(|record| {
                [pair.0, pair.1].into_iter().filter_map(move |end| self.constraints.chain(record, end))
            })
            .flatten()
            .collect();
        let by_way_of = if by_way_of.is_empty() {
            String::new()
        } else {
            format!(", by way of {} (must_link)", rows_in_words(&rows(by_way_of)))
        };
        Some(format!("never one person, because of row {row} of {file} (cannot_link){by_way_of}"))
    }
}

fn bad(what: impl Into<String>, todo: impl Into<String>) -> Fault {
    PURPOSE.bad(what, todo)
}
