//! Linking: from files to a folder of results.

use crate::constraints::Given;
use crate::decision::{Weighed, objections, probabilities};
use crate::details::{self, Detail};
use crate::faults::Faults;
use crate::given::TableSpec;
use crate::groups::{self, AgesOn, Basis, Characteristics};
use crate::held::{Held, HeldRecords};
use crate::labels::LabelsGiven;
use crate::model::ModelSpec;
use crate::names::NamesGiven;
use crate::not_found::NotFoundRecords;
use crate::output;
use crate::ownership::{self, Input};
use crate::place::OutputPlace;
use crate::quality::RunQuality;
use crate::reason::Reason;
use crate::routes::WithoutRoute;
use crate::run::{
    Counts, FORMAT, MODEL_FILE, Run, RunDependence, RunLabels, RunModel, RunNames, RunRule, RunSource,
};
use crate::score::Truth;
use crate::source::{Opened, RecordNames, SourceSpec, file_name, open_with_rows, sha256_of_text};
use crate::summary::SourceOutcome;
use crate::tradeoff::LinkedFrom;
use crate::{VERSION, authority, method, model, quality_report, report, routes, score, source, summary};
use plait_engine::automatic::{self, ChosenRules, RuleOptions};
use plait_engine::blocking::Blocks;
use plait_engine::clustering::Clustered;
use plait_engine::comparison::Comparer;
use plait_engine::constraints::Constraints;
use plait_engine::deterministic::Rulings;
use plait_engine::explanation::{Explanation, explain};
use plait_engine::labels::{Label, places_among};
use plait_engine::methods::{Method, StepsLeftOut};
use plait_engine::model::{Clustering, LinkType, Model, ModelFile, NHS_NUMBER_STATUS, is_of_former_numbers};
use plait_engine::objection::Objection;
use plait_engine::progress::{Progress, Stage};
use plait_engine::quality::{Together, calibrate, of_one_person};
use plait_engine::records::{Field, Records, SOURCE_OF_RECORD};
use plait_engine::scoring::{ScoredPairs, Scorer, score as score_pairs, score_compared};
use plait_engine::training::{Dependence, Training, TrainingOptions, comparable_pairs, train};
use plait_formats::columns::{ColumnProfile, could_be_names};
use plait_formats::write::to_rows;
use plait_types::{Fault, FaultCode, Issue, IssueKind, NULL, PartialDate, PersonId, Role};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// What to link, how, and where to.
#[derive(Clone, Debug)]
pub struct LinkRequest {
    /// One or more files.
    pub sources: Vec<SourceSpec>,
    /// The folder for the results; they are [kept in memory](Linked::held) if `None`.
    pub out: Option<PathBuf>,
    /// A model; chosen from the data if `None`.
    pub model: Option<ModelSpec>,
    /// A published method that decides what is linked, in the place of a model and its threshold.
    pub method: Option<Method>,
    /// Where to write the model as it was used, besides the folder.
    pub save_model: Option<PathBuf>,
    /// A table of source, record and entity.
    pub truth: Option<TableSpec>,
    /// A table of pairs of records that must be one person, or must never be.
    pub constraints: Option<TableSpec>,
    /// A table of pairs of records that somebody has looked at, which teaches the model and measures the result.
    pub labels: Option<TableSpec>,
    /// A table of names and other ways in which they are written, besides those that are built in.
    pub names: Option<TableSpec>,
    /// Roles that replace the inferred ones: header, role.
    pub roles: Vec<(String, Role)>,
    /// Which pairs to look at; decided from the sources if `None`.
    pub link_type: Option<LinkType>,
    /// Match probability from which a pair is a link; the model's if `None`.
    pub link_from: Option<f64>,
    /// The day on which ages are told, for figures by age; found from the data if `None`.
    pub ages_on: Option<PartialDate>,
    /// Threads; all of the machine's if `None`. Results do not depend on it.
    pub threads: Option<usize>,
    /// Bytes that may be used; not limited if `None`.
    pub memory: Option<u64>,
    /// Of everything random.
    pub seed: u64,
    /// Say what would be done, and write nothing.
    pub dry_run: bool,
    /// Write `people.xlsx` whatever the number of records, or not at all; up to
    /// [`output::WORKBOOK_RECORDS`] records if `None`.
    pub workbook: Option<bool>,
    /// The command as it was typed, for the record.
    pub command: Option<String>,
}

impl LinkRequest {
    /// To link these sources into this folder, everything else being decided from the data.
    pub fn new(sources: Vec<SourceSpec>, out: PathBuf) -> Self {
        Self { out: Some(out), ..Self::in_memory(sources) }
    }

    /// To link these sources and to keep the results, everything else being decided from the data.
    pub fn in_memory(sources: Vec<SourceSpec>) -> Self {
        Self {
            sources,
            out: None,
            model: None,
            method: None,
            save_model: None,
            truth: None,
            constraints: None,
            labels: None,
            names: None,
            roles: Vec::new(),
            link_type: None,
            link_from: None,
            ages_on: None,
            threads: None,
            memory: None,
            seed: 1,
            dry_run: false,
            workbook: None,
            command: None,
        }
    }
}

/// What a run did.
#[derive(Clone, Debug)]
pub struct Linked {
    /// A paragraph that a manager can paste.
    pub summary: String,
    /// Lines about what was read and decided, for the analyst.
    pub details: Vec<Detail>,
    /// What `run.json` holds.
    pub run: Run,
    /// Findings in the files.
    pub issues: Vec<Issue>,
    /// The model in plain English.
    pub model_prose: String,
    /// The model as a file.
    pub model_text: String,
    /// Files written; none for a dry run.
    pub wrote: Vec<PathBuf>,
    /// What was found, where the request names no folder; `None` of a dry run.
    pub held: Option<Arc<Held>>,
    /// Two records of one link, as `plait explain` takes them: between two sources, if there is such a link.
    pub example: Option<(String, String)>,
}

/// Links the sources and writes the results, or says why not. Nothing is written unless everything is.
pub fn link(request: &LinkRequest, progress: &dyn Progress) -> Result<Linked, Faults> {
    if request.threads == Some(0) {
        return Err(Fault::new(
            FaultCode::BadOption,
            "0 threads cannot do anything",
            "give 1 or more, or leave --threads out to use all of the machine's",
        )
        .into());
    }
    if request.method.is_some() && (request.model.is_some() || request.link_from.is_some()) {
        return Err(Fault::new(
            FaultCode::BadOption,
            "--method decides what is linked, and so do --model and --threshold",
            "leave out --method, or the others",
        )
        .into());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(request.threads.unwrap_or(0)).build().map_err(
        |error| {
            Fault::new(
                FaultCode::BadOption,
                format!("threads cannot be started: {error}"),
                "give a smaller --threads",
            )
        },
    )?;
    // held before anything is read, so that a folder that cannot be written to is known at once
    let out = request.out.as_deref().filter(|_| !request.dry_run);
    let place = out.map(|out| hold_place(request, out)).transpose()?;
    pool.install(|| Job::new(request, progress).run(place))
}

/// Holds the folder for the results, after seeing that nothing is lost by writing there.
fn hold_place(request: &LinkRequest, out: &Path) -> Result<OutputPlace, Fault> {
    let place = OutputPlace::hold(out, &output::RECORD)?;
    let files = request.sources.iter().filter(|source| source.rows.is_none());
    let mut inputs: Vec<Input<'_>> = files.map(|source| Input::source(&source.path)).collect();
    let tables = [
        (&request.truth, "the truth table of this run"),
        (&request.constraints, "the constraints of this run"),
        (&request.labels, "the labels of this run"),
        (&request.names, "the names of this run"),
    ];
    inputs.extend(
        tables.iter().filter_map(|(given, what)| Some(Input { path: given.as_ref()?.path()?, what })),
    );
    let model = request.model.as_ref().and_then(ModelSpec::path);
    inputs.extend(model.map(|path| Input { path, what: "the model that was given" }));
    let files = output::names(request.workbook != Some(false));
    place.refuse_losses(&files, &inputs)?;
    if let Some(path) = &request.save_model {
        let is = |file: &&&str| ownership::is_same_place(path, &out.join(file));
        if let Some(file) = files.iter().find(is).filter(|file| **file != MODEL_FILE) {
            return Err(Fault::new(
                FaultCode::BadOption,
                format!("--save-model names {}, and {file} of the run is written there", path.display()),
                "name another file with --save-model, or leave it out: the folder has the model as model.toml",
            ));
        }
        model::refuse_loss_by_model(path, &inputs, "--save-model")?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Fault::new(
                FaultCode::CannotWrite,
                format!("--save-model names {}, and there is no folder {}", path.display(), folder.display()),
                "make the folder, or name another file with --save-model",
            ));
        }
    }
    Ok(place)
}

/// Wall time per stage.
#[derive(Default)]
pub(crate) struct Stopwatch {
    pub(crate) seconds: BTreeMap<String, f64>,
    /// Peak memory of the process when the stage had ended, bytes.
    pub(crate) peak_memory: BTreeMap<String, u64>,
    pub(crate) order: Vec<&'static str>,
}

impl Stopwatch {
    pub(crate) fn time<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        *self.seconds.entry(stage.to_owned()).or_default() += start.elapsed().as_secs_f64();
        self.order.push(stage);
        if let Some(peak) = peak_memory() {
            self.peak_memory.insert(stage.to_owned(), peak);
        }
        done
    }
}

/// A source after its columns went to the engine.
pub(crate) struct SourceFacts {
    pub(crate) run: RunSource,
    pub(crate) profile: Vec<ColumnProfile>,
    /// Of a return, headers of its files that linkage does not see.
    pub(crate) outside: Vec<String>,
    /// Of a return, the day that it is about, where its files say it.
    pub(crate) reference: Option<PartialDate>,
    /// Records whose NHS number nobody has verified, and records that have none by its status.
    pub(crate) unverified: (u64, u64),
}

impl SourceFacts {
    pub(crate) fn of(source: &mut Opened) -> Self {
        Self {
            run: run_source(source),
            profile: source.profile(),
            outside: std::mem::take(&mut source.outside),
            reference: source.reference,
            unverified: source.unverified_nhs_numbers(),
        }
    }
}

/// Everything a run found, for summary, report and outputs.
pub(crate) struct Findings<'a> {
    pub(crate) records: &'a Records,
    pub(crate) sources: &'a [SourceFacts],
    /// Per source, what its records are called.
    pub(crate) names: &'a [RecordNames],
    pub(crate) model: &'a Model,
    pub(crate) training: Option<&'a Training>,
    /// Of pairs of one person, how findings come together; empty if the model came trained.
    pub(crate) dependence: Vec<Dependence>,
    pub(crate) scorer: &'a Scorer<'a>,
    pub(crate) pairs: &'a ScoredPairs,
    /// The match probability of each pair.
    pub(crate) probability: &'a [f64],
    /// The same with all records of the two persons looked at.
    pub(crate) person_probability: &'a [f64],
    pub(crate) clustered: &'a Clustered,
    /// Per pair that is no link although its weight or a rule is for it, why not.
    pub(crate) objections: Vec<Option<Objection>>,
    /// Per source.
    pub(crate) outcomes: Vec<SourceOutcome>,
    pub(crate) coverage: Option<f64>,
}

impl Findings<'_> {
    /// Source and record of a record, as outputs name them.
    pub(crate) fn name(&self, record: u32) -> (String, String) {
        let source = self.records.source_of(record);
        let row = (record - self.records.sources[source].start) as usize;
        (self.records.sources[source].name.clone(), self.names[source].get(row).into_owned())
    }

    /// What each person is called: by the place of its first record.
    pub(crate) fn person_ids(&self) -> Vec<PersonId> {
        let firsts = self.clustered.persons.firsts();
        firsts.into_iter().map(|record| PersonId::from_ordinal(self.records.place(record))).collect()
    }

    /// Places of the pairs that are links.
    pub(crate) fn links(&self) -> impl Iterator<Item = usize> {
        (0..self.pairs.len()).filter(|&pair| self.clustered.is_link[pair])
    }

    /// Whether a pair is of two sources.
    pub(crate) fn is_between(&self, pair: usize) -> bool {
        self.records.source_of(self.pairs.left[pair]) != self.records.source_of(self.pairs.right[pair])
    }

    /// The first link between sources, else the first link, as somebody would ask for its explanation; `None` where records
    /// are called by what may be names of people.
    fn example(&self) -> Option<(String, String)> {
        let between = self.links().find(|&pair| self.is_between(pair));
        let pair = between.or_else(|| self.links().next())?;
        let may_be_printed = |record| self.names[self.records.source_of(record)].may_be_printed();
        if ![self.pairs.left[pair], self.pairs.right[pair]].into_iter().all(may_be_printed) {
            return None;
        }
        let name = |record: u32| {
            let (source, record) = self.name(record);
            format!("{source}:{record}")
        };
        Some((name(self.pairs.left[pair]), name(self.pairs.right[pair])))
    }
}

struct Job<'a> {
    request: &'a LinkRequest,
    progress: &'a dyn Progress,
    watch: Stopwatch,
    details: Vec<Detail>,
    notes: Vec<String>,
    /// Given by the model file or on the command line.
    roles: Vec<(String, Role)>,
    /// Of a published method.
    steps_left_out: Vec<StepsLeftOut>,
    /// The file of names.
    names: Option<RunNames>,
}

impl<'a> Job<'a> {
    fn new(request: &'a LinkRequest, progress: &'a dyn Progress) -> Self {
        Self {
            request,
            progress,
            watch: Stopwatch::default(),
            details: Vec::new(),
            notes: Vec::new(),
            roles: Vec::new(),
            steps_left_out: Vec::new(),
            names: None,
        }
    }

    fn run(mut self, place: Option<OutputPlace>) -> Result<Linked, Faults> {
        let request = self.request;
        let start = Instant::now();
        let mut file = request.model.as_ref().map(model::read_model).transpose()?;
        let mut roles = file.as_ref().map_or_else(Vec::new, |(file, _)| file.columns.clone());
        roles.retain(|(name, _)| !request.roles.iter().any(|(given, _)| given == name));
        roles.extend(request.roles.iter().cloned());
        self.roles.clone_from(&roles);
        // to what has no rows nothing can be linked; of the others there must be two, unless one is looked at by itself
        let enough = match request.link_type {
            Some(LinkType::DedupeOnly) => 1,
            _ => request.sources.len().min(2),
        };
        let opened =
            self.watch.time("read", || open_with_rows(&request.sources, enough, &roles, self.progress));
        let (mut opened, without_rows) = opened.map_err(|faults| match &file {
            Some((file, name)) => model::say_from_model(faults, file, name),
            None => faults,
        })?;
        if let Some((file, name)) = &file {
            model::check_against(file, name, &opened)?;
        }
        let mut issues = without_rows;
        issues.extend(opened.iter().flat_map(|source| source.issues.iter().cloned()));
        issues.extend(source::same_content(&opened));
        let rows_set_aside = opened.iter().map(|source| source.rows_set_aside).sum();
        let names = request.names.as_ref().map(NamesGiven::read).transpose()?;
        issues.extend(names.iter().flat_map(|names| names.issues.iter().cloned()));
        let truth = request.truth.as_ref().map(|truth| Truth::read(truth, &opened)).transpose()?;
        let given = request.constraints.as_ref();
        let mut given = given.map(|given| Given::read(given, &opened)).transpose()?;
        issues.extend(given.iter().flat_map(|given| given.issues.iter().cloned()));
        let labelled =
            request.labels.as_ref().map(|labels| LabelsGiven::read(labels, &opened)).transpose()?;
        issues.extend(labelled.iter().flat_map(|given| given.issues.iter().cloned()));
        self.notes = notes_on_columns(&opened);
        self.notes.extend(notes_on_surnames(&opened));
        let facts: Vec<SourceFacts> =
            self.watch.time("profile", || opened.iter_mut().map(SourceFacts::of).collect());
        let record_names: Vec<RecordNames> = opened.iter_mut().map(Opened::take_record_names).collect();
        self.details = details::of_sources(&facts);
        self.stop_if_asked()?;
        let (of_authorities, unknown_authorities) = authority::keep_child_ids_apart(&mut opened);
        self.details.extend(of_authorities);
        issues.extend(unknown_authorities.iter().cloned());
        let characteristics = self.watch.time("characteristics", || {
            Characteristics::of(&opened.iter().map(Opened::characteristics).collect::<Vec<_>>())
        });
        // a model that says all it needs spares the rest of the columns the work
        let says_all = |model: &&Model| !model.blocking.is_empty() && !model.comparisons.is_empty();
        let needed = file.as_ref().map(|(file, _)| &file.model).filter(says_all);
        let needed = needed.map(|model| {
            [model.fields(), vec![Role::Sex.name().to_owned(), NHS_NUMBER_STATUS.to_owned()]].concat()
        });
        let mut records = self.watch.time("standardise", || {
            Records::new(opened.into_iter().map(|source| source.into_input(needed.as_deref())).collect())
        });
        if let Some(names) = names {
            records.own_nicknames = Some(names.nicknames);
            self.details.push(details::of_names(&names.run));
            self.names = Some(names.run);
        }

        self.note_spikes(&records);
        self.notes.extend(notes_on_one_value(&records, &facts));
        issues.extend(second_columns(&records));
        let without_route = WithoutRoute::of(&records, &facts);
        let has_rules = file.as_ref().is_some_and(|(file, _)| !file.model.deterministic.is_empty());
        let why_not = routes::as_reason(&[&unknown_authorities[..], &without_route.findings].concat());
        issues.extend(without_route.findings.iter().cloned());
        issues.extend(given.iter().filter_map(|given| given.against_numbers(&records)));
        let because = |faults: Faults| faults.because_of_sources(why_not.as_deref());
        let is_given = file.is_some();
        let mut model = self.starting_model(&records, file.take().map(|(file, _)| file)).map_err(because)?;
        if is_given {
            let files: Vec<String> =
                facts.iter().map(|facts| file_name(Path::new(&facts.run.path))).collect();
            let field = |name: &str| {
                records.field(name).map(|at| (&*records.fields[at].name, &*records.fields[at].present))
            };
            issues.extend(model::not_in_sources(&model, &files, field));
        }
        if records.sources.len() > 1
            && request.link_type.is_none_or(|link_type| link_type == LinkType::LinkOnly)
            && !(has_rules || given.is_some() || request.method.is_some())
        {
            without_route.refuse(&records, why_not.as_deref())?;
        }
        if let Some(method) = request.method {
            issues.extend(method::issues(method, &self.steps_left_out, &records, model.link_type));
        }
        let chosen = self.choose_rules(&records, &mut model).map_err(because)?;
        let blocks = self.block(&records, &model)?;
        let comparer = self.watch.time("compare", || Comparer::beside(&records, &model, &blocks))?;
        let (labels, of_no_pair) = labelled
            .as_ref()
            .map(|given| given.that_are_pairs(&records, model.link_type))
            .unwrap_or_default();
        let mut training = self.train(&comparer, &blocks, &labels, &mut model)?;
        let compared = training.as_mut().and_then(|training| training.compared.take());
        let scorer = Scorer::new(&comparer, &model)?;
        if request.dry_run {
            self.details.push(details::of_model(
                &model,
                request.model.as_ref(),
                request.method,
                training.as_ref().map(|training| training.n_rounds),
            ));
            return Ok(self.plan_only(&records, &model, &facts, &blocks, issues, given));
        }
        let (link_cut, review_cut) = (model.accept.link_bits(), model.accept.review_bits());
        let mut pairs = self.watch.time("score", || match compared {
            Some(compared) => {
                score_compared(&scorer, &compared, model.blocking.len(), review_cut, self.progress)
            }
            None => score_pairs(&scorer, &blocks, review_cut, self.progress),
        })?;
        without_route.leave_out(&records, &mut pairs);
        self.apply_rules(&records, &model, &comparer, &scorer, &mut pairs);
        self.progress.begin(Stage::Cluster, 1);
        let weighed = Weighed {
            records: &records,
            model: &model,
            blocks: &blocks,
            comparer: &comparer,
            scorer: &scorer,
            seed: request.seed,
        };
        let none = Constraints::default();
        let mut clustered = self.watch.time("cluster", || {
            let Some(Given { constraints, run, .. }) = &mut given else {
                return weighed.who_is_who(&pairs, &none);
            };
            let person_of = weighed.who_is_who(&pairs, &none).persons.person_of;
            let is_one =
                |&&(left, right): &&(u32, u32)| person_of[left as usize] == person_of[right as usize];
            run.would_be_one_person = constraints.apart().iter().filter(is_one).count() as u64;
            constraints.apply(&comparer, &scorer, &mut pairs);
            weighed.who_is_who(&pairs, constraints)
        });
        if model.clustering == Clustering::Correlation {
            clustered.forget_settled(&mut pairs, link_cut);
        }
        self.progress.advance(1);
        if !clustered.is_link.contains(&true) {
            let kept_apart = given.as_ref().map_or(0, |given| given.constraints.apart().len());
            return Err(because(
                summary::no_links(&records, &pairs, &model, request.method, kept_apart).into(),
            ));
        }

        let probability = probabilities(&pairs);
        let constraints = given.as_ref().map_or(&none, |given| &given.constraints);
        let conflicts = weighed.conflicts(constraints);
        let decided = weighed.decided(&pairs, &clustered, &conflicts);
        let together = Together::of(&decided);
        let mut person_probability = self.watch.time("judge", || of_one_person(&decided));
        let labels: Vec<(Label, Option<usize>)> =
            labels.iter().copied().zip(places_among(&pairs, &labels)).collect();
        let scored = || labels.iter().filter_map(|(label, place)| Some(((*place)?, label.is_match)));
        let moved_bits =
            (!labels.is_empty()).then(|| calibrate(&mut person_probability, &scored().collect::<Vec<_>>()));
        let findings = Findings {
            probability: &probability,
            person_probability: &person_probability,
            records: &records,
            sources: &facts,
            names: &record_names,
            model: &model,
            training: training.as_ref(),
            dependence: training.as_ref().map(|training| training.dependence(&model)).unwrap_or_default(),
            scorer: &scorer,
            pairs: &pairs,
            clustered: &clustered,
            objections: objections(&records, &model, &conflicts, &pairs, &clustered),
            outcomes: summary::outcomes(&records, &pairs, &clustered),
            coverage: chosen.as_ref().map(|chosen| chosen.coverage),
        };
        let model_text = self.model_text(&model);
        let counts = Self::counts(&findings, rows_set_aside);
        let scored = truth.as_ref().map(|truth| {
            score::against_truth(truth, &records, &clustered.persons.person_of, model.link_type)
        });
        let mut run = self.describe_run(&facts, &model, &model_text, counts);
        run.rules = rule_results(&findings, &blocks);
        run.routes = routes::routes(&findings);
        run.method = request.method.map(|method| method::run_method(method, &self.steps_left_out, &findings));
        run.quality = self.watch.time("judge", || {
            together.as_ref().map_or_else(RunQuality::default, |together| RunQuality::of(&decided, together))
        });
        if let (Some(given), Some(table)) = (&labelled, &request.labels) {
            let measured = together
                .as_ref()
                .and_then(|together| run.quality.measure(&decided, together, &labels, &person_probability));
            let about = RunLabels {
                not_compared: of_no_pair,
                taught: training.is_some(),
                moved_bits,
                strata: measured.unwrap_or_default(),
                ..given.about(table, &labels, &clustered.persons.person_of)
            };
            run.labels = Some(about);
        }
        let days: Vec<Option<PartialDate>> = facts.iter().map(|source| source.reference).collect();
        let by_group = || {
            let basis = Basis::of(&findings, AgesOn::of(&records, request.ages_on, &days));
            let of_groups = groups::measure(&findings, characteristics, truth.as_ref(), &basis);
            let not_found = basis.expected.map(|expected| NotFoundRecords::of(&records, &expected));
            (of_groups, not_found.unwrap_or_default())
        };
        run.constraints = given.as_ref().map(|given| given.run.clone());
        let reached =
            truth.as_ref().map(|truth| score::reached_pairs(truth, &records, model.link_type, &blocks));
        // the largest of what is no longer needed, before the outputs take their own
        drop(blocks);
        let of_truth = truth.as_ref().zip(scored.as_ref()).zip(request.truth.as_ref());
        run.truth = of_truth
            .map(|((truth, scores), table)| score::run_truth(truth, scores, reached, table.file_name()));
        if let Some(training) = &training {
            let doubts = training.warnings.iter();
            issues.extend(doubts.map(|doubt| Issue::new(IssueKind::ModelInDoubt, "the model", doubt)));
            run.model.rounds = training.n_rounds;
            run.model.dependence = dependence(&findings);
        }
        issues.extend(summary::improbable_persons(&findings));
        issues.extend(summary::sources_without_link(&findings, &run, &issues));
        run.issues = issues.iter().map(ToString::to_string).collect();
        let summary = summary::paragraph(&findings, &run, &issues);
        self.details.push(details::of_model(
            &model,
            request.model.as_ref(),
            request.method,
            training.as_ref().map(|training| training.n_rounds),
        ));
        if let (Some(method), Some(run)) = (request.method, &run.method) {
            self.details.extend(method::details(method, run));
        }
        let explain_pair = |left: u32, right: u32| -> Explanation {
            authority::as_in_the_files(explain(&comparer, &scorer, &model, (left, right), |record| {
                findings.name(record)
            }))
        };
        let seen_from_outside = |fault: Fault| match &place {
            Some(place) => place.seen_from_outside(fault),
            None => fault,
        };
        self.progress.begin(Stage::Write, 1);
        let mut watch = std::mem::take(&mut self.watch);
        // what is said of the result, while the tables are written
        let (tables, (figures, (of_groups, not_found))) = watch.time("write", || {
            let tables = || match &place {
                Some(place) => output::write_tables(place, &findings, request.workbook, &mut run.notes)
                    .map(|files| (files, None)),
                None => Ok((Vec::new(), Some(output::held_tables(&findings)))),
            };
            rayon::join(tables, || rayon::join(|| report::Figures::of(&findings, &explain_pair), by_group))
        });
        let (mut files, tables) = tables.map_err(seen_from_outside)?;
        run.groups = Some(of_groups);
        run.not_found = not_found.counts(&records);
        self.details.extend(details::of_result(&run, &linked_per_source(&findings)));
        let to_look_at = not_found.to_look_at();
        if let Some(place) = place.as_ref().filter(|_| !to_look_at.is_empty()) {
            output::write_not_found(place, &findings, &to_look_at).map_err(seen_from_outside)?;
            files.push(output::NOT_FOUND);
        }
        for (stage, seconds) in &watch.seconds {
            run.seconds.insert(stage.clone(), *seconds);
        }
        run.seconds.insert("total".into(), start.elapsed().as_secs_f64());
        run.pairs_per_second = run.counts.candidate_pairs as f64 / run.seconds["score"].max(1e-9);
        run.peak_memory_bytes = peak_memory();
        run.peak_memory_after = watch.peak_memory.clone();
        if place.is_some() {
            files.extend(output::TEXTS);
        }
        run.files = files.iter().map(|file| (*file).to_owned()).collect();
        let report = report::of_run(&findings, figures, &run, &summary, &issues, scored.as_ref(), &watch);
        let page = plait_report::link_report(&report);
        let quality = plait_report::quality_report(&quality_report::of_run(report, &findings, &run));
        if let Some(place) = &place {
            output::write_texts(place, &run, &model_text, [&page, &quality]).map_err(seen_from_outside)?;
        }
        self.stop_if_asked()?;
        // before the results take their place, which they do not if this cannot be written
        let saved_apart = request.save_model.as_ref().filter(|path| {
            // the folder has it there anyway
            let in_folder = request.out.as_ref().map(|out| out.join(MODEL_FILE));
            !in_folder.is_some_and(|place| ownership::is_same_place(path, &place))
        });
        if let Some(path) = saved_apart {
            output::write_text(path, &model_text)?;
        }
        let mut wrote = place.map(|place| place.publish(&files)).transpose()?.unwrap_or_default();
        wrote.extend(saved_apart.cloned());
        self.progress.advance(1);
        let example = findings.example();
        let model_prose = plait_engine::model::prose(&model, Some(model.link_type));
        let held = match tables {
            None => None,
            Some([people, links, review]) => {
                let linked_from = LinkedFrom::of(&findings, &run, truth.zip(scored));
                let not_found = output::not_found(&findings, &to_look_at, |text| Cow::Borrowed(text));
                let not_found = to_rows(&not_found);
                let ends = pairs.left.iter().copied().zip(pairs.right.iter().copied());
                let mut pairs: Vec<_> = ends.zip(findings.objections).collect();
                pairs.par_sort_unstable_by_key(|pair| pair.0);
                let person_of = clustered.persons.person_of;
                let known =
                    HeldRecords { records, names: record_names, model, given, pairs, person_of, linked_from };
                let (report, quality_report) = (page, quality);
                Some(Arc::new(Held { people, links, review, not_found, report, quality_report, known }))
            }
        };
        Ok(Linked {
            summary,
            details: self.details,
            model_prose,
            model_text,
            run,
            issues,
            wrote,
            held,
            example,
        })
    }

    /// Links what deterministic rules link.
    fn apply_rules(
        &mut self,
        records: &Records,
        model: &Model,
        comparer: &Comparer<'_>,
        scorer: &Scorer<'_>,
        pairs: &mut ScoredPairs,
    ) {
        if model.deterministic.is_empty() {
            return;
        }
        let rulings = self.watch.time("apply rules", || {
            let rulings = Rulings::of(records, &model.deterministic, model.link_type);
            rulings.apply(comparer, scorer, pairs);
            rulings
        });
        for left_out in &rulings.left_out {
            self.notes.push(format!(
                "the rule \"{}\" left out {} that up to {} records share, which is no one's number",
                model.deterministic[left_out.rule].words(),
                if left_out.n_values == 1 {
                    "a value".to_owned()
                } else {
                    format!("{} values", plait_types::grouped(left_out.n_values))
                },
                plait_types::grouped(left_out.most_records)
            ));
        }
    }

    fn note_spikes(&mut self, records: &Records) {
        for field in &records.fields {
            for &n in &field.spikes {
                self.notes.push(spike_words(&field.name, u64::from(n)));
            }
        }
    }

    fn stop_if_asked(&self) -> Result<(), Fault> {
        if self.progress.stopped() {
            return Err(Fault::new(
                FaultCode::Interrupted,
                "the run was stopped",
                "run the command again when you are ready",
            ));
        }
        Ok(())
    }

    fn starting_model(&mut self, records: &Records, file: Option<ModelFile>) -> Result<Model, Faults> {
        let decided = self.request.link_type.unwrap_or_else(|| automatic::default_link_type(records));
        let mut model = match file {
            Some(file) => {
                let mut model = file.model;
                if !file.states_link_type || self.request.link_type.is_some() {
                    model.link_type = decided;
                }
                if records.sources.len() == 1 {
                    // learned from several sources; of one it has nothing to say
                    model.remove_comparisons_of(SOURCE_OF_RECORD);
                }
                model::refuse_unusable_fields(&model, records)?;
                if model.comparisons.is_empty() {
                    model.comparisons = automatic::comparisons_for(records, model.link_type);
                }
                model
            }
            None => match self.request.method {
                Some(method) => {
                    let (model, left_out) = method::model(method, records, decided)?;
                    self.steps_left_out = left_out;
                    model
                }
                None => automatic::starting_model(records, decided),
            },
        };
        model::refuse_link_type(&model, records.sources.len())?;
        if model.comparisons.is_empty() {
            return Err(no_usable_column(records).into());
        }
        if let Some(link) = self.request.link_from {
            if !(0.0..=1.0).contains(&link) {
                return Err(model::bad_threshold(link).into());
            }
            model.accept.link = link;
            if link < model.accept.review {
                self.notes.push(format!(
                    "--threshold is below {}, from where pairs went to review; that limit was lowered to it, and only pairs \
                     with something against them go to review now",
                    plait_types::percent(model.accept.review)
                ));
                model.accept.review = link;
            }
        }
        Ok(model)
    }

    fn choose_rules(&mut self, records: &Records, model: &mut Model) -> Result<Option<ChosenRules>, Faults> {
        if !model.blocking.is_empty() {
            return Ok(None);
        }
        let options = RuleOptions { seed: self.request.seed, ..RuleOptions::default() };
        let chosen = self
            .watch
            .time("choose rules", || automatic::choose_rules(records, model, &options, self.progress))?;
        model.blocking = chosen.rules.iter().map(|chosen| chosen.rule.clone()).collect();
        Ok(Some(chosen))
    }

    fn block(&mut self, records: &Records, model: &Model) -> Result<Blocks, Faults> {
        self.progress.begin(Stage::Block, model.blocking.len() as u64);
        self.refuse_if_too_large(records, model, None)?;
        let blocks = self.watch.time("block", || Blocks::for_model(records, model))?;
        self.progress.advance(model.blocking.len() as u64);
        model::refuse_explosions(&blocks, model)?;
        let n_pairs = blocks.costs().iter().map(|cost| cost.n_pairs).sum();
        self.refuse_if_too_large(records, model, Some(n_pairs))?;
        Ok(blocks)
    }

    /// Refuses a job that has taken more memory than it may, or will.
    fn refuse_if_too_large(
        &self,
        records: &Records,
        model: &Model,
        n_pairs: Option<u64>,
    ) -> Result<(), Fault> {
        let Some(limit) = self.request.memory else { return Ok(()) };
        let to_come = plait_engine::blocking::bytes_needed(records, model, n_pairs);
        let needed = peak_memory().unwrap_or(0).max(present_memory().unwrap_or(0) + to_come);
        if needed <= limit {
            return Ok(());
        }
        Err(Fault::new(
            FaultCode::NotEnoughMemory,
            format!("the job needs about {} and may use {}", mebibytes(needed), mebibytes(limit)),
            "allow more with --memory, use fewer blocking rules, or link a part of the records",
        ))
    }

    fn train(
        &mut self,
        comparer: &Comparer<'_>,
        blocks: &Blocks,
        labels: &[Label],
        model: &mut Model,
    ) -> Result<Option<Training>, Faults> {
        if model.is_trained() {
            return Ok(None);
        }
        let options = TrainingOptions { seed: self.request.seed, ..TrainingOptions::default() };
        Ok(Some(
            self.watch.time("train", || train(comparer, blocks, model, labels, &options, self.progress))?,
        ))
    }

    fn counts(findings: &Findings<'_>, rows_set_aside: u64) -> Counts {
        let links = findings.links().count() as u64;
        let links_between = findings.links().filter(|&pair| findings.is_between(pair)).count() as u64;
        // of what somebody knows the model has no say
        let by_model = findings.links().filter(|&pair| !findings.pairs.is_constrained(pair));
        let expected_false_links = by_model.map(|pair| 1.0 - findings.person_probability[pair]).sum();
        let reviews_of = |is_one: fn(Reason) -> bool| -> u64 {
            let reviews = (0..findings.pairs.len()).filter(|&pair| !findings.clustered.is_link[pair]);
            reviews.filter(|&pair| is_one(Reason::of(findings, pair))).count() as u64
        };
        Counts {
            records: findings.records.len() as u64,
            rows_set_aside,
            possible_pairs: comparable_pairs(findings.records, findings.model.link_type) as u64,
            candidate_pairs: findings.pairs.n_candidates.iter().sum(),
            links,
            links_between,
            links_within: links - links_between,
            reviews: findings.pairs.len() as u64 - links,
            reviews_contradicted: reviews_of(Reason::is_contradicted),
            reviews_by_rule: reviews_of(|reason| reason == Reason::RuleAlone),
            persons: u64::from(findings.clustered.persons.n_persons),
            expected_false_links,
            ties: u64::from(findings.clustered.n_ties),
        }
    }

    /// The model as a file, with the roles that were given for it or on the command line, so that the next run reads the
    /// columns as this one did.
    fn model_text(&self, model: &Model) -> String {
        let file = ModelFile { columns: self.roles.clone(), ..ModelFile::from(model.clone()) };
        plait_engine::model::write(&file)
    }

    /// What is known of a run before anything is linked.
    fn describe_run(&self, sources: &[SourceFacts], model: &Model, model_text: &str, counts: Counts) -> Run {
        let roles = self.request.roles.iter();
        Run {
            format: FORMAT,
            plait: VERSION.to_owned(),
            command: self.request.command.clone(),
            sources: sources.iter().map(|source| source.run.clone()).collect(),
            roles: roles.map(|(name, role)| (name.clone(), role.name().to_owned())).collect(),
            method: None,
            model: RunModel {
                name: model.name.clone(),
                sha256: sha256_of_text(model_text),
                link_type: model.link_type.name().to_owned(),
                clustering: model.clustering.name().to_owned(),
                link_from: model.accept.link,
                review_from: model.accept.review,
                rounds: 0,
                dependence: Vec::new(),
            },
            seed: self.request.seed,
            threads: rayon::current_num_threads(),
            counts,
            rules: Vec::new(),
            routes: Vec::new(),
            seconds: BTreeMap::new(),
            pairs_per_second: 0.0,
            peak_memory_bytes: peak_memory(),
            peak_memory_after: BTreeMap::new(),
            files: Vec::new(),
            truth: None,
            quality: RunQuality::default(),
            groups: None,
            not_found: Vec::new(),
            constraints: None,
            labels: None,
            names: self.names.clone(),
            notes: self.notes.clone(),
            issues: Vec::new(),
        }
    }

    /// What a dry run says.
    fn plan_only(
        mut self,
        records: &Records,
        model: &Model,
        facts: &[SourceFacts],
        blocks: &Blocks,
        issues: Vec<Issue>,
        given: Option<Given>,
    ) -> Linked {
        self.details.extend(given.iter().map(|given| details::of_constraints(&given.run)));
        self.details.extend(details::of_rules(model, blocks));
        let n_pairs: u64 = blocks.costs().iter().map(|cost| cost.n_pairs).sum();
        let summary = format!(
            "Nothing was written. A run would weigh at most {} of the {}.",
            plait_types::counted(n_pairs, "candidate pair"),
            plait_types::counted(records.len() as u64, "record")
        );
        let model_text = self.model_text(model);
        let counts = Counts {
            records: records.len() as u64,
            rows_set_aside: facts.iter().map(|source| source.run.rows_set_aside).sum(),
            possible_pairs: comparable_pairs(records, model.link_type) as u64,
            candidate_pairs: n_pairs,
            ..Counts::default()
        };
        let mut run = self.describe_run(facts, model, &model_text, counts);
        run.constraints = given.map(|given| given.run);
        run.seconds = self.watch.seconds;
        run.peak_memory_after = self.watch.peak_memory;
        Linked {
            summary,
            details: self.details,
            model_prose: plait_engine::model::prose(model, Some(model.link_type)),
            model_text,
            run,
            issues,
            wrote: Vec::new(),
            held: None,
            example: None,
        }
    }
}

/// Of pairs of one person, what two comparisons tell of each other; those that tell most first.
fn dependence(findings: &Findings<'_>) -> Vec<RunDependence> {
    let model = findings.model;
    let run_dependence = |dependence: &Dependence| RunDependence {
        comparisons: dependence.comparisons.map(|at| model.comparisons[at].name.clone()),
        pairs: dependence.n_pairs(),
        information_bits: dependence.information,
        counted_together: model.count_together(dependence.comparisons),
    };
    let mut all: Vec<RunDependence> = findings.dependence.iter().map(run_dependence).collect();
    all.sort_by(|a, b| b.information_bits.total_cmp(&a.information_bits));
    all
}

/// The fault of sources that give nothing to compare.
fn no_usable_column(records: &Records) -> Fault {
    let todo =
        "say what the columns mean with --role \"HEADER=ROLE\"; plait look FILE shows what was understood";
    if records.sources.len() > 1 {
        return Fault::new(
            FaultCode::NoUsableColumn,
            "the sources have no column in common that says who a record is about",
            todo,
        )
        .because("records can only be compared on what both sides record");
    }
    if records.len() < 2 {
        return Fault::new(
            FaultCode::NoUsableColumn,
            "the file has one record, and there is no other to link it with",
            "name a file with more records, or a second file",
        )
        .because("a link is between two records, and this one could only be compared with itself");
    }
    let is_one = |field: &Field| field.codes.iter().all(|&code| code == field.codes[0]);
    if records.fields.iter().any(|field| field.codes[0] != NULL) && records.fields.iter().all(is_one) {
        return Fault::new(
            FaultCode::NoUsableColumn,
            format!(
                "the {} records of the file are copies of one record",
                plait_types::grouped(records.len() as u64)
            ),
            "leave the copies out; there is nobody else in the file to tell them from",
        )
        .because("every column that says who somebody is has one value in all of them");
    }
    Fault::new(
        FaultCode::NoUsableColumn,
        "the file has no column that tells its records apart by who they are about",
        todo,
    )
    .because("a column that is empty, or the same in every record, says nothing about who is who")
}

/// That a value which implausibly many records hold counts as none.
pub(crate) fn spike_words(field: &str, n_records: u64) -> String {
    format!(
        "one value of {field} is held by {}, far more than any other; it was treated as missing",
        plait_types::counted(n_records, "record")
    )
}

/// What the user should know about the columns, source by source.
fn notes_on_columns(opened: &[Opened]) -> Vec<String> {
    let notes = opened.iter().flat_map(|source| {
        let notes = source.plans.iter().flat_map(|plan| plan.notes.iter().map(move |note| (plan, note)));
        notes.map(|(plan, note)| {
            let header = plan.header.as_ref().unwrap_or(&plan.name);
            format!("{}: column \"{header}\": {note}", source.table.name)
        })
    });
    notes.collect()
}

/// Of columns that are taken for what another column of their source is taken for too, and that are compared with nothing.
fn second_columns(records: &Records) -> Vec<Issue> {
    let mut issues = Vec::new();
    let n_sources = |field: &Field| field.headers.iter().flatten().count();
    let is_alone = |field: &&Field| {
        field.role.has_main_column()
            && !field.role.is_characteristic()
            && n_sources(field) == 1
            && !is_of_former_numbers(&field.name)
    };
    for field in records.fields.iter().filter(is_alone) {
        let at = field.headers.iter().position(Option::is_some).expect("one source has it");
        let main = records
            .fields
            .iter()
            .find(|main| main.role == field.role && n_sources(main) > 1 && main.headers[at].is_some());
        let (Some(main), Some(header)) = (main, &field.headers[at]) else { continue };
        let instead = match field.role {
            Role::Postcode => Some(Role::FormerPostcode),
            Role::Surname => Some(Role::FormerSurname),
            Role::Forename => Some(Role::PreferredForename),
            _ => None,
        };
        let advice = instead.map_or_else(String::new, |role| {
            format!("; if it holds the {}, say so with --role \"{header}={}\"", role.words(), role.name())
        });
        let message = format!(
            "taken for the {}, as \"{}\" is, and compared with nothing, since no other source has a column of that name{advice}",
            field.role.words(),
            main.headers[at].as_deref().unwrap_or_default(),
        );
        let source = &records.sources[at].name;
        issues.push(Issue::new(IssueKind::SecondColumn, source, message).in_column(header));
    }
    issues
}

/// Of names and other fields whose values differ in the files and are all one, or none, when they are made comparable.
fn notes_on_one_value(records: &Records, facts: &[SourceFacts]) -> Vec<String> {
    let differ = |field: &Field| {
        let columns = facts.iter().flat_map(|source| &source.profile);
        columns.filter(|column| column.role == field.role).any(|column| column.distinct > 1)
    };
    let is_name = |role| {
        matches!(
            role,
            Role::Forename
                | Role::PreferredForename
                | Role::MiddleName
                | Role::Surname
                | Role::FormerSurname
                | Role::FullName
        )
    };
    let fields =
        records.fields.iter().filter(|field| is_name(field.role) && field.values.len() <= 1 && differ(field));
    let names: Vec<&str> = fields.map(|field| field.role.words()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "not compared: {}. Names are compared by their letters alone, and the values of these differ in nothing else, as in \
         pseudonyms such as SUR101 and SUR102; with --role \"HEADER=identifier\" they are compared as they stand",
        names.join(", ")
    )]
}

/// Of every table without a surname beside a source that has one: the columns that could hold it and are not used.
fn notes_on_surnames(opened: &[Opened]) -> Vec<String> {
    let has_surname =
        |source: &Opened| source.plans.iter().any(|plan| matches!(plan.role, Role::Surname | Role::FullName));
    if !opened.iter().any(has_surname) {
        return Vec::new();
    }
    let without = opened.iter().filter(|source| source.dataset.is_none() && !has_surname(source));
    let notes = without.filter_map(|source| {
        let unused = source.plans.iter().filter(|plan| plan.role == Role::Other);
        let names: Vec<&str> = unused
            .filter(|plan| could_be_names(&source.table.columns[plan.column]))
            .map(|plan| plan.name.as_str())
            .collect();
        let first = names.first()?;
        let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        Some(format!(
            "{}: no column was taken for a surname, and values of {} could be names and are not used: if surnames are \
             there, say so with --role \"{first}=surname\"",
            source.table.name,
            quoted.join(", ")
        ))
    });
    notes.collect()
}

/// Per source: its name, its linked records, all its records.
fn linked_per_source(findings: &Findings<'_>) -> Vec<(String, u64, u64)> {
    let names = findings.records.sources.iter().map(|source| source.name.clone());
    names.zip(&findings.outcomes).map(|(name, outcome)| (name, outcome.linked, outcome.records)).collect()
}

fn run_source(source: &Opened) -> RunSource {
    RunSource {
        name: source.table.name.clone(),
        path: source.path.display().to_string(),
        absolute_path: std::path::absolute(&source.path)
            .ok()
            .filter(|_| source.is_file)
            .map(|path| path.display().to_string()),
        sha256: source.sha256.clone(),
        format: source.format.clone(),
        is: source.is.clone(),
        authority: source.stated_authority.map(source::digits_of),
        rows_in: source.rows_in,
        rows_set_aside: source.rows_set_aside,
        dataset: source.dataset.clone(),
        rows: source.table.n_rows as u64,
        record_column: source.record_column(),
    }
}

/// What each rule brought: a link counts for every rule that it satisfies.
fn rule_results(findings: &Findings<'_>, blocks: &Blocks) -> Vec<RunRule> {
    let n = findings.model.blocking.len();
    let pairs = findings.pairs;
    // per rule: links, and links of no other rule
    let zeros = || vec![(0u64, 0u64); n];
    let links: Vec<(u32, u32)> = findings.links().map(|pair| (pairs.left[pair], pairs.right[pair])).collect();
    let links = links
        .par_chunks(1 << 14)
        .map(|links| {
            let mut tally = zeros();
            // of each link: how many rules hold, and the last of them
            let mut held = vec![(0u32, 0usize); links.len()];
            blocks.for_each_that_holds(links, |link, rule| {
                tally[rule].0 += 1;
                held[link] = (held[link].0 + 1, rule);
            });
            held.iter().filter(|(rules, _)| *rules == 1).for_each(|&(_, rule)| tally[rule].1 += 1);
            tally
        })
        .reduce(zeros, |a, b| a.iter().zip(&b).map(|(a, b)| (a.0 + b.0, a.1 + b.1)).collect());
    let costs = blocks.costs();
    (0..n)
        .map(|rule| RunRule {
            rule: findings.model.blocking[rule].words(),
            pairs: costs[rule].n_pairs,
            new_pairs: pairs.n_candidates[rule],
            links: links[rule].0,
            only_links: links[rule].1,
        })
        .collect()
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

/// Peak resident memory of this process, bytes, where the system tells.
pub(crate) fn peak_memory() -> Option<u64> {
    memory_of_process("VmHWM:")
}

/// Resident memory of this process now, bytes, where the system tells.
fn present_memory() -> Option<u64> {
    memory_of_process("VmRSS:")
}

fn memory_of_process(figure: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Where the model of a run is kept.
pub(crate) fn model_path(folder: &std::path::Path) -> PathBuf {
    folder.join(MODEL_FILE)
}

#[cfg(test)]
mod tests;
