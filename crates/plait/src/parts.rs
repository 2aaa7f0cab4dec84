//! Linking where no one process holds all records, as on a cluster: what a driver asks, and what is done with messages of a step.
//!
//! All that a step needs beside its messages is one text, [`Parts::document`], which the driver hands on. Messages are rows of three
//! columns: `kind`, `part` and `bytes`. A driver brings rows of one part to one place, and asks for the steps in this order:
//!
//! | step | takes | gives | by |
//! |---|---|---|---|
//! | [`check`] | the headers of each source | – | – |
//! | [`plan`] | some rows of each source | the document | – |
//! | [`Parts::prepare`] | rows of a source | `PIECE`, `ASKED` | home, counting part |
//! | [`Step::Count`] | `ASKED` | `REPLY`, `COMMON`, `SAID` | home |
//! | [`Parts::counted`], [`Step::Spikes`], [`Parts::spiked`] | `SAID`, `COMMON` | the document | – |
//! | [`Step::Explode`] | `PIECE`, `REPLY` | `RECORDS` | comparing part |
//! | [`Step::Learn`] | `RECORDS` | `SEEN` | – |
//! | [`Parts::learned`] | `SEEN` | the document | – |
//! | [`Step::PairValues`] | `PIECE`, `REPLY` | `VALUES` | counting part |
//! | [`Step::CountPairs`] | `VALUES` | `SAID` | – |
//! | [`Parts::taught`] | `SAID` | the document | – |
//! | [`Step::Compare`] | `RECORDS` | `PAIRS`, `CONNECTED`, `SAID`, `SEEN` | home |
//! | [`Parts::settled`] | `SEEN` | the document | – |
//! | [`Step::Connect`] | `CONNECTED` | `LABELS` | home |
//! | [`Step::Gather`] | `PIECE`, `REPLY`, `LABELS`, `PAIRS` | `MEMBERS`, `THEIR_PAIRS`, `ALONE` | deciding part |
//! | [`Step::Decide`] | `MEMBERS`, `THEIR_PAIRS`, `ALONE` | `PEOPLE`, `LINKS` (Arrow streams), `SAID` | – |
//!
//! The steps from `Learn` to `Parts::taught` are for a model that has not been learned yet, and `Parts::settled` for one that has been
//! learned here: if it changes the model, `Compare` is to be done again.

use crate::VERSION;
use crate::authority;
use crate::decision::{Weighed, objections, probabilities};
use crate::faults::Faults;
use crate::link::{Findings, SourceFacts, spike_words};
use crate::model;
use crate::output;
use crate::routes::WithoutRoute;
use crate::source::{
    Opened, RecordNames, SourceSpec, no_such_column, open, refuse_equal_names, refuse_unknown_roles,
};
use crate::summary;
use plait_engine::blocking::Blocks;
use plait_engine::comparison::Comparer;
use plait_engine::constraints::Constraints;
use plait_engine::model::{Clustering, LinkType, Model, ModelFile, NHS_NUMBER_STATUS};
use plait_engine::parts::{
    Alone, Asked, CountedPairs, Counts, Heard, Lesson, Message, PartFault, Plan, RECORDS_OF_PART, Setup,
    Spike, Split, Taught, Totals, Undecided, Unreadable, Unsettled, components, count, spikes,
};
use plait_engine::progress::Silent;
use plait_engine::quality::of_one_person;
use plait_engine::records::Records;
use plait_engine::scoring::Scorer;
use plait_engine::training::TrainingOptions;
use plait_formats::messages::Messages;
use plait_formats::read::{Rows, column_names};
use plait_formats::write::{OutTable, OutValues, to_rows};
use plait_types::{Column, Fault, FaultCode, Issue, IssueKind, NULL, PersonId, Role, Values};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a driver wants to link.
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// Some rows of each source, under its name.
    pub sources: Vec<SourceSpec>,
    /// How many rows each has in all.
    pub n_records: Vec<u64>,
    /// How they are linked.
    pub options: PlanOptions,
    /// About how many processes work at once.
    pub processes: u32,
}

/// How a driver wants sources to be linked.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The text of a model file, and what to call it.
    pub model: (String, String),
    /// Roles that replace the inferred ones: header, role.
    pub roles: Vec<(String, Role)>,
    /// Which pairs to look at; the model's if `None`.
    pub link_type: Option<LinkType>,
    /// Match probability from which a pair is a link; the model's if `None`.
    pub link_from: Option<f64>,
}

/// What options mean for some sources, as far as their headers tell.
struct Understood {
    file: ModelFile,
    /// Those of the model and of the call.
    roles: Vec<(String, Role)>,
    /// With what the call says instead.
    model: Model,
}

/// What all steps have to know; [`document`](Parts::document) is its text.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Document {
    /// The version of the program that wrote it.
    plait: String,
    plan: Plan,
    /// Per source, the header of the column that names its records.
    record: Vec<String>,
    model: String,
    /// Findings in the rows that were looked at.
    issues: Vec<String>,
    /// Per field, from how many records on a value is held by implausibly many, once that is known.
    implausible_from: Vec<Option<u32>>,
    totals: Totals,
    split: Split,
    asked: Asked,
}

/// A job that is done in parts.
#[derive(Debug)]
pub struct Parts {
    document: Document,
    setup: Setup,
    /// What counting all records has shown, until it has been said what follows for all.
    counts: Option<Counts>,
    /// What the model is being learned from.
    lesson: Option<Lesson>,
    /// What is still open of a model that has been learned.
    unsettled: Option<Unsettled>,
}

/// What is done with messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// How many of all records have each value.
    Count,
    /// Which values implausibly many records hold.
    Spikes,
    /// From homes to the parts that compare.
    Explode,
    /// What there is to learn from is counted.
    Learn,
    /// Values of two fields each go to the parts that count.
    PairValues,
    /// How many pairs agree on both of two fields.
    CountPairs,
    /// Pairs are weighed.
    Compare,
    /// Records that pairs connect get a label.
    Connect,
    /// From homes to the parts that decide.
    Gather,
    /// Who is one person.
    Decide,
}

impl Step {
    /// By its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "count" => Self::Count,
            "spikes" => Self::Spikes,
            "explode" => Self::Explode,
            "learn" => Self::Learn,
            "pair_values" => Self::PairValues,
            "count_pairs" => Self::CountPairs,
            "compare" => Self::Compare,
            "connect" => Self::Connect,
            "gather" => Self::Gather,
            "decide" => Self::Decide,
            _ => return None,
        })
    }
}

/// Pairs of a block from which on it holds a value that means nothing.
const HUGE_BLOCK: u64 = 500_000_000;

/// Kinds of messages.
mod kind {
    pub(super) const PIECE: i8 = 0;
    pub(super) const ASKED: i8 = 1;
    pub(super) const REPLY: i8 = 2;
    pub(super) const COMMON: i8 = 3;
    pub(super) const SAID: i8 = 4;
    pub(super) const RECORDS: i8 = 5;
    pub(super) const PAIRS: i8 = 6;
    pub(super) const CONNECTED: i8 = 7;
    pub(super) const LABELS: i8 = 8;
    pub(super) const MEMBERS: i8 = 9;
    pub(super) const THEIR_PAIRS: i8 = 10;
    pub(super) const PEOPLE: i8 = 11;
    pub(super) const LINKS: i8 = 12;
    pub(super) const ALONE: i8 = 13;
    pub(super) const SEEN: i8 = 14;
    pub(super) const VALUES: i8 = 15;
}

/// What the parts of a step say to the driver.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Said {
    counts: Option<Counts>,
    counted_pairs: Option<CountedPairs>,
    spikes: Vec<Spike>,
    /// Per blocking rule.
    n_candidates: Vec<u64>,
    n_records: u64,
    n_persons: u64,
    n_links: u64,
    n_reviews: u64,
    n_ties: u64,
}

/// What a run in parts has found, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartsDone {
    /// Per blocking rule, the candidate pairs looked at, those of earlier rules left out.
    pub candidate_pairs: Vec<u64>,
    /// People.
    pub persons: u64,
    /// Links.
    pub links: u64,
    /// Pairs for a person to look at.
    pub reviews: u64,
    /// Links that were given up because another had equal right to their place.
    pub ties: u64,
}

/// Refuses what [`plan`] would refuse whatever rows sources with these names and headers have: mistakes of a call, before any work on
/// a cluster.
pub fn check(sources: &[(String, Vec<String>)], options: &PlanOptions) -> Result<(), Faults> {
    understood(sources, options).map(drop)
}

fn understood(sources: &[(String, Vec<String>)], options: &PlanOptions) -> Result<Understood, Faults> {
    let (text, called) = &options.model;
    let file = plait_engine::model::read(text, called)?;
    let names = sources.iter().map(|(source, headers)| column_names(source, headers));
    let headers = names.collect::<Result<Vec<_>, _>>()?.concat();
    refuse_equal_names(sources.iter().map(|(name, _)| (&**name, None)))?;
    let mut roles = file.columns.clone();
    roles.retain(|(name, _)| !options.roles.iter().any(|(given, _)| given == name));
    roles.extend(options.roles.iter().cloned());
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    refuse_unknown_roles(&roles, &headers, |_| None, no_such_column)
        .map_err(|faults| model::say_from_model(faults, &file, called))?;
    let mut model = file.model.clone();
    if model.blocking.is_empty() || model.comparisons.is_empty() {
        return Err(Fault::new(
            FaultCode::BadModel,
            "the model does not say what is compared and by which rules",
            "let it be chosen from some of the records: plait.link(some, ...).model, or plait model new",
        )
        .because("what is best to compare is found out by trying, which takes records that one process has")
        .into());
    }
    if let Some(link_type) = options.link_type {
        model.link_type = link_type;
    } else if !file.states_link_type && sources.len() == 1 {
        model.link_type = LinkType::DedupeOnly;
    } else if !file.states_link_type {
        return Err(Fault::new(
            FaultCode::BadOption,
            "neither the model nor the call says which pairs to look at",
            "give link_type=\"link_only\", or \"link_and_dedupe\" if a source may have a person twice",
        )
        .because(
            "whether a source has a person twice is told from all its rows, which no one process has here",
        )
        .into());
    }
    model::refuse_link_type(&model, sources.len())?;
    if let Some(link) = options.link_from {
        if !(0.0..=1.0).contains(&link) {
            return Err(model::bad_threshold(link).into());
        }
        model.accept.link = link;
        model.accept.review = model.accept.review.min(link);
    }
    Ok(Understood { file, roles, model })
}

/// Understands the columns of the sources by some of their rows, and makes the document that all steps take.
///
/// What needs all rows of a source to be understood is refused: full names in one column, days as numbers.
pub fn plan(request: &PlanRequest) -> Result<String, Faults> {
    let called = &request.options.model.1;
    let sources: Vec<(String, Vec<String>)> = request.sources.iter().map(headers_of).collect();
    let Understood { file, roles, mut model } = understood(&sources, &request.options)?;
    let mut opened = open(&request.sources, &roles, &Silent)
        .map_err(|faults| model::say_from_model(faults, &file, called))?;
    for (source, (_, headers)) in opened.iter().zip(&sources) {
        refuse_what_needs_all_rows(source, headers.len())?;
    }
    let n_records: u64 = request.n_records.iter().sum();
    if n_records > u64::from(u32::MAX) {
        return Err(Fault::new(
            FaultCode::BadOption,
            format!(
                "there are {} records, and one run takes up to {}",
                plait_types::grouped(n_records),
                plait_types::grouped(u64::from(u32::MAX))
            ),
            "link them in several runs, for instance by area",
        )
        .into());
    }
    model::check_against(&file, called, &opened)?;
    let record = opened.iter().map(record_column).collect::<Result<Vec<_>, _>>()?;
    let issues = opened.iter().flat_map(|source| &source.issues).map(ToString::to_string).collect();
    let (told, unknown) = authority::keep_child_ids_apart(&mut opened);
    if !told.is_empty() || !unknown.is_empty() {
        return Err(Fault::new(
            FaultCode::BadOption,
            "the sources hold ids of children that mean one child here and another there",
            "put the code of the authority before the ids in each source, or take the column out with the role other",
        )
        .because("of which authority each source is, is told from all its rows, which no one process has here")
        .into());
    }
    let facts: Vec<SourceFacts> = opened.iter_mut().map(SourceFacts::of).collect();
    opened.iter_mut().for_each(|source| drop(source.take_record_names()));
    if request.sources.len() == 1 {
        model.remove_comparisons_of(plait_engine::records::SOURCE_OF_RECORD);
    }
    let mut needed = model.fields();
    needed.extend([Role::Sex.name().to_owned(), NHS_NUMBER_STATUS.to_owned()]);
    let inputs: Vec<_> = opened.into_iter().map(|source| source.into_input(Some(&needed))).collect();
    let records = Records::new(inputs.clone());
    model::refuse_unusable_fields(&model, &records)?;
    let routes = WithoutRoute::of(&records, &facts);
    if routes.has_some_alone() || !routes.findings.is_empty() {
        let finding = routes
            .findings
            .first()
            .map_or("a source has next to nothing in common with the others".into(), ToString::to_string);
        return Err(Fault::new(
            FaultCode::NothingToLink,
            finding,
            "leave that source out, or give it a column that says who its records are about",
        )
        .into());
    }
    let plan = Plan::of(inputs, &records, &model, &request.n_records, request.processes);
    let model = plait_engine::model::write(&ModelFile { columns: roles, ..ModelFile::from(model) });
    let document = Document {
        plait: VERSION.to_owned(),
        plan,
        record,
        model,
        issues,
        implausible_from: Vec::new(),
        totals: Totals::default(),
        split: Split::default(),
        asked: Asked::default(),
    };
    Ok(text_of(&document))
}

fn text_of(document: &Document) -> String {
    serde_json::to_string(document).expect("a document is plain data")
}

fn headers_of(source: &SourceSpec) -> (String, Vec<String>) {
    let fields = source.rows.iter().flat_map(|rows| rows.schema().fields());
    (source.called(), fields.map(|field| field.name().clone()).collect())
}

/// Refuses what can only be told from all rows of a source.
fn refuse_what_needs_all_rows(source: &Opened, n_columns: usize) -> Result<(), Fault> {
    let name = &source.table.name;
    let because = "how a column is to be read is told from all its rows, which no one process has here";
    let refused =
        |what: String, todo: &str| Err(Fault::new(FaultCode::BadOption, what, todo).because(because));
    if source.table.columns.len() > n_columns {
        return refused(
            format!("{name} has the whole name of a person in one column"),
            "split it into forename and surname before, or give the column the role full_name",
        );
    }
    if let Some(issue) = source.issues.iter().find(|issue| issue.kind == IssueKind::SerialDate) {
        let column = issue.column.as_deref().unwrap_or_default();
        return refused(
            format!("{name} has dates as day numbers in \"{column}\""),
            "turn them into dates before: date_add(date'1899-12-30', the number)",
        );
    }
    if let Some(plan) = source.plans.iter().find(|plan| plan.order_is_guess && plan.role.is_date()) {
        return refused(
            format!(
                "the order of day and month in \"{}\" of {name} cannot be told from its first rows",
                plan.name
            ),
            "turn the column into dates before, with to_date and its format",
        );
    }
    Ok(())
}

fn record_column(source: &Opened) -> Result<String, Fault> {
    source.record_column().ok_or_else(|| {
        Fault::new(
            FaultCode::NoUsableColumn,
            format!("{} has no column that names its records", source.table.name),
            "give it a column with another value in every row, and say which with roles={\"HEADER\": \"record_id\"}",
        )
        .because("rows of a cluster have no number by which a result could call them")
    })
}

impl Parts {
    /// From a document, which a program of the same version must have written.
    pub fn of(document: &str) -> Result<Self, Faults> {
        let other = |found: &str| {
            Fault::new(
                FaultCode::OtherVersion,
                format!("one process of the job has plait {VERSION}, and another has {found}"),
                "install the same version on the driver and on all executors: pip install plait",
            )
        };
        let value: serde_json::Value =
            serde_json::from_str(document).map_err(|_| Faults::from(other("another one")))?;
        let version = value["plait"].as_str().unwrap_or("another one").to_owned();
        if version != VERSION {
            return Err(other(&version).into());
        }
        let document: Document = serde_json::from_value(value).map_err(|_| Faults::from(other(&version)))?;
        Self::with(document)
    }

    fn with(document: Document) -> Result<Self, Faults> {
        let setup = Setup {
            plan: document.plan.clone(),
            totals: document.totals.clone(),
            split: Arc::new(document.split.clone()),
            model: plait_engine::model::read(&document.model, "the model")?.model,
            options: TrainingOptions::default(),
            asked: document.asked.clone(),
        };
        Ok(Self { document, setup, counts: None, lesson: None, unsettled: None })
    }

    /// The text that a step takes.
    pub fn document(&self) -> String {
        text_of(&self.document)
    }

    /// The headers of the columns of a source that are needed; the first names the records.
    pub fn columns(&self, source: usize) -> Vec<String> {
        let planned =
            self.document.plan.fields.iter().filter_map(|field| field.columns.get(source)?.as_ref());
        let mut columns = vec![self.document.record[source].clone()];
        for column in planned {
            if !columns.contains(&column.header) {
                columns.push(column.header.clone());
            }
        }
        columns
    }

    /// Parts of each exchange: homes, counting parts, comparing parts, deciding parts.
    pub fn n_parts(&self) -> [u32; 4] {
        let plan = &self.document.plan;
        [plan.n_homes(), plan.n_counting, self.setup.split.n_parts, plan.n_deciding]
    }

    /// Findings in the rows by which the columns were understood, one line each.
    pub fn issues(&self) -> &[String] {
        &self.document.issues
    }

    /// Standardises rows of a source: the columns that are needed, and their places in a column `plait_place`.
    pub fn prepare(&self, source: usize, rows: &Rows) -> Result<Messages, Faults> {
        if rows.n_rows() == 0 {
            return Ok(Messages::default());
        }
        let places = rows.numbers(PLACE).map_err(|fault| fault.at(self.called(source)))?;
        let mut table = rows.without(PLACE).read(self.called(source)).map_err(Faults::from)?.table;
        let ends = &self.document.plan.starts[source..source + 2];
        let places: Vec<u64> =
            places.into_iter().map(|place| (place as u64).saturating_add(ends[0])).collect();
        if places.iter().any(|place| *place >= ends[1]) {
            return Err(other_rows(self.called(source)).into());
        }
        let named = table.columns.iter().find(|column| column.name == self.document.record[source]);
        let names = named.expect("it is among the columns").clone();
        if names.codes.contains(&NULL) {
            return Err(Fault::new(
                FaultCode::NoUsableColumn,
                format!(
                    "{}: the column \"{}\" names the records and is empty in some rows",
                    self.called(source),
                    names.name
                ),
                "fill it, or name another column with roles={\"HEADER\": \"record_id\"}",
            )
            .because("a record without a name could not be told from others in the result")
            .into());
        }
        let of_fields: Vec<&str> = self
            .document
            .plan
            .fields
            .iter()
            .filter_map(|field| Some(&*field.columns.get(source)?.as_ref()?.header))
            .collect();
        table.columns.retain(|column| of_fields.contains(&&*column.name));
        let prepare = || self.setup.plan.prepare(&self.setup.model, source, table, places, names);
        let (pieces, asked) = on_one_thread(prepare);
        let mut messages = Messages::default();
        send(&mut messages, kind::PIECE, pieces);
        send(&mut messages, kind::ASKED, asked);
        Ok(messages)
    }

    fn called(&self, source: usize) -> &str {
        &self.document.plan.sources[source]
    }

    /// Does a step with the messages that came to one process, part by part.
    pub fn step(&self, step: Step, rows: &Rows) -> Result<Messages, Faults> {
        on_one_thread(|| self.step_here(step, rows))
    }

    fn step_here(&self, step: Step, rows: &Rows) -> Result<Messages, Faults> {
        let received = rows.messages()?;
        let mut by_part: BTreeMap<u32, Vec<(i8, &[u8])>> = BTreeMap::new();
        received.iter().for_each(|&(kind, part, bytes)| by_part.entry(part).or_default().push((kind, bytes)));
        let mut sent = Messages::default();
        for (part, messages) in by_part {
            let of = |wanted: i8| {
                messages.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, bytes)| *bytes)
            };
            self.step_of_part(step, part, &of, &mut sent)?;
        }
        Ok(sent)
    }

    fn step_of_part<'m, I: Iterator<Item = &'m [u8]>>(
        &self,
        step: Step,
        part: u32,
        of: &impl Fn(i8) -> I,
        sent: &mut Messages,
    ) -> Result<(), Faults> {
        let setup = &self.setup;
        match step {
            Step::Count => {
                let counted = count(&setup.plan, &setup.model, part, of(kind::ASKED)).map_err(unreadable)?;
                send(sent, kind::REPLY, counted.replies);
                sent.push(kind::COMMON, part, &counted.common);
                say(sent, &Said { counts: Some(counted.counts), ..Said::default() });
            }
            Step::Spikes => {
                let from = &self.document.implausible_from;
                let found =
                    of(kind::COMMON).map(|common| spikes(common, from)).collect::<Result<Vec<_>, _>>();
                say(sent, &Said { spikes: found.map_err(unreadable)?.concat(), ..Said::default() });
            }
            Step::Explode => {
                let messages = setup.explode(of(kind::PIECE), of(kind::REPLY)).map_err(unreadable)?;
                send(sent, kind::RECORDS, messages);
            }
            Step::Learn => sent.push(kind::SEEN, 0, &setup.see(part, of(kind::RECORDS)).map_err(part_fault)?),
            Step::PairValues => {
                let values = setup.pair_values(of(kind::PIECE), of(kind::REPLY)).map_err(unreadable)?;
                send(sent, kind::VALUES, values);
            }
            Step::CountPairs => {
                let counted = setup.count_pairs(of(kind::VALUES)).map_err(unreadable)?;
                say(sent, &Said { counted_pairs: Some(counted), ..Said::default() });
            }
            Step::Compare => {
                let compared = setup.compare(part, of(kind::RECORDS)).map_err(part_fault)?;
                send(sent, kind::PAIRS, compared.pairs);
                sent.push(kind::CONNECTED, 0, &compared.connected);
                sent.push(kind::SEEN, 0, &compared.asked);
                say(sent, &Said { n_candidates: compared.n_candidates, ..Said::default() });
            }
            Step::Connect => {
                let labels = components(&setup.plan, of(kind::CONNECTED)).map_err(unreadable)?;
                send(sent, kind::LABELS, labels);
            }
            Step::Gather => {
                let (pieces, replies) = (of(kind::PIECE), of(kind::REPLY));
                let gathered = setup.gather(pieces, replies, of(kind::LABELS), of(kind::PAIRS));
                let gathered = gathered.map_err(unreadable)?;
                send(sent, kind::MEMBERS, gathered.members);
                send(sent, kind::THEIR_PAIRS, gathered.pairs);
                // what homes have of these goes to any part
                let there = part % setup.plan.n_deciding;
                if !gathered.alone.is_empty() {
                    sent.push(kind::ALONE, there, &alone_message(&setup.plan, &gathered.alone));
                }
            }
            Step::Decide => {
                for alone in of(kind::ALONE) {
                    let (n, people) = alone.split_first_chunk().ok_or_else(|| unreadable(Unreadable))?;
                    sent.push(kind::PEOPLE, part, people);
                    let n = u64::from_le_bytes(*n);
                    say(sent, &Said { n_records: n, n_persons: n, ..Said::default() });
                }
                let undecided =
                    setup.undecided(of(kind::MEMBERS), of(kind::THEIR_PAIRS)).map_err(unreadable)?;
                if !undecided.part.records.is_empty() {
                    let decided = decide(setup, undecided)?;
                    sent.push(kind::PEOPLE, part, &decided.people);
                    sent.push(kind::LINKS, part, &decided.links);
                    say(sent, &decided.said);
                }
            }
        }
        Ok(())
    }

    /// With what counting parts have said: how many values so many records have.
    pub fn counted(&self, said: &[Vec<u8>]) -> Result<Self, Faults> {
        let mut counts = Counts::none(&self.document.plan);
        for said in read_all(said)? {
            counts.add(&said.counts.unwrap_or_else(|| Counts::none(&self.document.plan)));
        }
        if let Some(source) = counts.n_names_twice.iter().position(|&n| n > 0) {
            return Err(Fault::new(
                FaultCode::DuplicateRecord,
                format!(
                    "{}: {} of the column \"{}\", which names the records, are there more than once",
                    self.called(source),
                    plait_types::counted(counts.n_names_twice[source], "value"),
                    self.document.record[source]
                ),
                "name another column with roles={\"HEADER\": \"record_id\"}, or take out what is there twice",
            )
            .into());
        }
        let implausible_from = counts.implausible_from(&self.document.plan);
        let parts = Self::with(Document { implausible_from, ..self.document.clone() })?;
        Ok(Self { counts: Some(counts), ..parts })
    }

    /// Whether some values are held by implausibly many, so that [`Step::Spikes`] has something to find.
    pub fn has_spikes(&self) -> bool {
        self.document.implausible_from.iter().any(Option::is_some)
    }

    /// With the values that implausibly many records hold, and pairs shared out.
    ///
    /// Panics if nothing has been counted: [`counted`](Self::counted) comes before.
    pub fn spiked(&self, said: &[Vec<u8>]) -> Result<Self, Faults> {
        let spikes: Vec<Spike> = read_all(said)?.into_iter().flat_map(|said| said.spikes).collect();
        let counts = self.counts.as_ref().expect("counting comes before");
        let n_pairs = counts.n_pairs();
        self.refuse_explosions(counts, &n_pairs)?;
        let processes = self.document.plan.processes;
        // enough that one that takes longer is made up for, and that no part needs much memory
        let by_records = (self.document.plan.n_records() / RECORDS_OF_PART) as u32;
        let by_pairs = (n_pairs.iter().sum::<u64>() / 60_000_000) as u32;
        let split = counts.split((processes * 3).max(by_records).max(by_pairs));
        let totals = counts.totals(&self.document.plan, self.setup.model.link_type, &spikes);
        let field = |spike: &Spike| &self.document.plan.fields[spike.field].name;
        let told = spikes.iter().map(|spike| spike_words(field(spike), spike.records.iter().sum()));
        let plan = &self.document.plan;
        let named = |name: &str| plan.field(name).map(|at| (&*plan.fields[at].name, &*totals.present[at]));
        let lacking = model::not_in_sources(&self.setup.model, &plan.sources, named);
        let told = told.chain(lacking.iter().map(ToString::to_string));
        let document = Document {
            issues: self.document.issues.iter().cloned().chain(told).collect(),
            totals,
            split,
            ..self.document.clone()
        };
        Self::with(document)
    }

    /// Whether the model is still to be learned.
    pub fn learns(&self) -> bool {
        !self.setup.model.is_trained()
    }

    /// The text of the model.
    pub fn model(&self) -> &str {
        &self.document.model
    }

    /// With what comparing parts have seen of the records, from which the model is to be learned, or with what they need to
    /// [look again](Self::looks_again).
    pub fn learned(&self, seen: &[Vec<u8>]) -> Result<Self, Faults> {
        match self.setup.lesson(seen.iter().map(Vec::as_slice)).map_err(part_fault)? {
            Heard::Enough(lesson) => {
                let parts = Self::with(Document { asked: lesson.asks(), ..self.document.clone() })?;
                Ok(Self { lesson: Some(lesson), ..parts })
            }
            Heard::TooLittle(least_pairs) => {
                let totals = Totals { least_pairs, ..self.setup.totals.clone() };
                Self::with(Document { totals, ..self.document.clone() })
            }
        }
    }

    /// Whether comparing parts are to look once more before the model can be learned: at more records, as there are fewer pairs than
    /// was thought.
    pub fn looks_again(&self) -> bool {
        self.lesson.is_none()
    }

    /// Whether it is to be counted how many pairs agree on two fields, before the model is learned.
    pub fn asks_for_values(&self) -> bool {
        !self.document.asked.together.is_empty()
    }

    /// With the model learned, given what was counted for it.
    ///
    /// Panics if there is nothing to learn from: [`learned`](Self::learned) comes before.
    pub fn taught(&self, said: &[Vec<u8>]) -> Result<Self, Faults> {
        let counted: Vec<CountedPairs> =
            read_all(said)?.into_iter().filter_map(|said| said.counted_pairs).collect();
        let lesson = self.lesson.as_ref().expect("what was seen comes before");
        let Taught { classes, warnings, asked, unsettled } =
            lesson.teach(&self.setup, &counted).map_err(part_fault)?;
        let parts = self.with_model(&Model { classes, ..self.setup.model.clone() }, warnings, asked)?;
        Ok(Self { unsettled, ..parts })
    }

    /// With the classes of relatives looked at once more, given what was seen when pairs were compared. Where this changes the model,
    /// they are to be compared again; nothing where it does not.
    pub fn settled(&self, seen: &[Vec<u8>]) -> Result<Option<Self>, Faults> {
        let Some(unsettled) = &self.unsettled else { return Ok(None) };
        let mut model = self.setup.model.clone();
        let warnings = unsettled.settle(&mut model, seen.iter().map(Vec::as_slice)).map_err(unreadable)?;
        let has_changed = !warnings.is_empty();
        has_changed.then(|| self.with_model(&model, warnings, Asked::default())).transpose()
    }

    /// With a model that was learned, and what a careful person should know about it.
    fn with_model(&self, model: &Model, warnings: Vec<String>, asked: Asked) -> Result<Self, Faults> {
        let file = plait_engine::model::read(&self.document.model, "the model")?;
        let model = plait_engine::model::write(&ModelFile { model: model.clone(), ..file });
        let mut document = Document { model, asked, ..self.document.clone() };
        let doubts =
            warnings.into_iter().map(|doubt| Issue::new(IssueKind::ModelInDoubt, "the model", doubt));
        document.issues.extend(doubts.map(|doubt| doubt.to_string()));
        Self::with(document)
    }

    fn refuse_explosions(&self, counts: &Counts, n_pairs: &[u64]) -> Result<(), Fault> {
        let rules = self.setup.model.blocking.iter().zip(n_pairs);
        let largest =
            |rule: usize| counts.sizes[rule].last_key_value().map_or(0, |(&size, _)| u64::from(size));
        for (at, (rule, n_pairs)) in rules.enumerate().filter(|(at, _)| *at < counts.sizes.len()) {
            let size = largest(at);
            let of_block = size * size.saturating_sub(1) / 2;
            // large blocks are cut into shares here, and of small ones not all are counted
            if of_block > HUGE_BLOCK {
                model::refuse_huge_block(rule, size, [of_block, of_block.max(*n_pairs)])?;
            }
        }
        Ok(())
    }

    /// What the parts that compared and decided have said, added up. No link at all is a [`FaultCode::NoLinks`].
    pub fn done(&self, said: &[Vec<u8>]) -> Result<PartsDone, Faults> {
        let mut done =
            PartsDone { candidate_pairs: vec![0; self.setup.model.blocking.len()], ..PartsDone::default() };
        let mut n_records = 0;
        for said in read_all(said)? {
            n_records += said.n_records;
            done.candidate_pairs.iter_mut().zip(&said.n_candidates).for_each(|(all, n)| *all += n);
            done.persons += said.n_persons;
            done.links += said.n_links;
            done.reviews += said.n_reviews;
            done.ties += said.n_ties;
        }
        if n_records != self.document.plan.n_records() {
            return Err(unreadable(Unreadable));
        }
        if done.links == 0 {
            let pairs: u64 = done.candidate_pairs.iter().sum();
            let what = format!(
                "no pair reached the threshold: {} compared, {} for a person to look at",
                plait_types::counted(pairs, "pair"),
                plait_types::grouped(done.reviews)
            );
            let todo = "check that the sources are of the same area and years and that their columns were understood, or look \
                        at the likeliest pairs with a lower threshold";
            return Err(Fault::new(FaultCode::NoLinks, what, todo).into());
        }
        Ok(done)
    }
}

/// The fault of a frame that has other rows each time it is asked.
fn other_rows(source: &str) -> Fault {
    Fault::new(
        FaultCode::LostMessage,
        format!("{source} had more rows when it was read than when it was counted"),
        "write it to a table first, and link that",
    )
}

/// The column of [`Parts::prepare`] with the places of rows within their source, from 0.
const PLACE: &str = "plait_place";

/// A cluster runs as many tasks at once as there are processors.
fn on_one_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}

fn send(messages: &mut Messages, kind: i8, sent: Vec<Message>) {
    sent.into_iter().for_each(|(part, bytes)| messages.push(kind, part, &bytes));
}

fn say(messages: &mut Messages, said: &Said) {
    messages.push(kind::SAID, 0, &serde_json::to_vec(said).expect("what is said is plain data"));
}

fn read_all(said: &[Vec<u8>]) -> Result<Vec<Said>, Faults> {
    said.iter().map(|said| serde_json::from_slice(said).map_err(|_| unreadable(Unreadable))).collect()
}

fn unreadable(_: Unreadable) -> Faults {
    Fault::new(
        FaultCode::LostMessage,
        "records or pairs did not come to another part as they were sent, or came in another order when a frame was read again",
        "run it again; where a frame is another one each time it is asked, write it to a table first",
    )
    .into()
}

fn part_fault(fault: PartFault) -> Faults {
    match fault {
        PartFault::Unreadable => unreadable(Unreadable),
        PartFault::Fault(fault) => fault.into(),
    }
}

/// Records that nothing connects with another, each a person: how many, and their rows.
fn alone_message(plan: &Plan, alone: &[Alone]) -> Vec<u8> {
    let (mut sources, mut names, mut ids) = (Values::default(), Values::default(), Values::default());
    plan.sources.iter().for_each(|source| sources.push(source));
    let source: Vec<u32> = alone.iter().map(|alone| alone.source as u32).collect();
    for Alone { place, name, .. } in alone {
        names.push(name);
        ids.push(&PersonId::from_ordinal(*place).to_string());
    }
    let table = OutTable::new()
        .with("source", OutValues::codes(&source, &sources))
        .with("record", names)
        .with("person_id", ids)
        .with("confidence", vec![1.0; alone.len()]);
    [&(alone.len() as u64).to_le_bytes()[..], &to_rows(&table).to_stream()].concat()
}

/// What was decided of some records, as Arrow streams.
struct DecidedPart {
    people: Vec<u8>,
    links: Vec<u8>,
    said: Said,
}

fn decide(setup: &Setup, undecided: Undecided) -> Result<DecidedPart, Faults> {
    let rulings = undecided.rulings(setup);
    let Undecided { part, mut pairs, .. } = undecided;
    let (records, model) = (&part.records, &setup.model);
    let blocks = Blocks::for_asking(records, model)?;
    let comparer = Comparer::beside(records, model, &blocks)?;
    let scorer = Scorer::new(&comparer, model)?;
    rulings.apply(&comparer, &scorer, &mut pairs);
    let weighed = Weighed { records, model, blocks: &blocks, comparer: &comparer, scorer: &scorer, seed: 1 };
    let none = Constraints::default();
    let mut clustered = weighed.who_is_who(&pairs, &none);
    if model.clustering == Clustering::Correlation {
        clustered.forget_settled(&mut pairs, model.accept.link_bits());
    }
    let conflicts = weighed.conflicts(&none);
    let person_probability = of_one_person(&weighed.decided(&pairs, &clustered, &conflicts));
    let of_source = |source: &plait_engine::records::Source| {
        let codes = part.names.codes[source.start as usize..source.end as usize].to_vec();
        RecordNames::Column(Column { codes, ..part.names.clone() })
    };
    let names: Vec<RecordNames> = records.sources.iter().map(of_source).collect();
    let findings = Findings {
        probability: &probabilities(&pairs),
        person_probability: &person_probability,
        records,
        sources: &[],
        names: &names,
        model,
        training: None,
        dependence: Vec::new(),
        scorer: &scorer,
        pairs: &pairs,
        clustered: &clustered,
        objections: objections(records, model, &conflicts, &pairs, &clustered),
        outcomes: summary::outcomes(records, &pairs, &clustered),
        coverage: None,
    };
    let [people, links, _] = output::held_tables(&findings);
    let n_links = findings.links().count() as u64;
    let said = Said {
        n_records: records.len() as u64,
        n_persons: u64::from(clustered.persons.n_persons),
        n_links,
        n_reviews: pairs.len() as u64 - n_links,
        n_ties: u64::from(clustered.n_ties),
        ..Said::default()
    };
    Ok(DecidedPart { people: people.to_stream(), links: links.to_stream(), said })
}
