//! Model files: made, checked, explained, compared, brought from and to Splink.

use crate::faults::Faults;
use crate::given::TableSpec;
use crate::link::{LinkRequest, link};
use crate::output;
use crate::ownership::{self, Input};
use crate::source::{self, Opened, SourceSpec, open, sha256_of_text};
use crate::summary;
use plait_engine::blocking::Blocks;
use plait_engine::model::{
    BlockingRule, Comparison, Level, LinkType, Model, ModelFile, SourceFields, check_fields, difference,
    prose, read, schema, splink, write,
};
use plait_engine::progress::{Progress, Silent};
use plait_engine::records::{Records, SOURCE_OF_RECORD};
use plait_formats::read::cannot_open;
use plait_report::chart;
use plait_types::{Fault, FaultCode, Issue, IssueKind, Role, nearest};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A block that makes more pairs than this, and most of its rule's, holds a value that means nothing.
const HUGE_BLOCK_PAIRS: u64 = 8_000_000;
/// Candidate pairs at most: above it a run takes hours where minutes would do.
const MOST_PAIRS: u64 = 4_000_000_000;

/// A model: a file, or the text of one.
#[derive(Clone, Debug)]
pub enum ModelSpec {
    /// The file that holds it.
    File(PathBuf),
    /// What such a file would hold.
    Text(String),
}

impl From<PathBuf> for ModelSpec {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl ModelSpec {
    /// What messages call it.
    pub(crate) fn called(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Text(_) => "the model".to_owned(),
        }
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Text(_) => None,
        }
    }

    fn text(&self) -> Result<Cow<'_, str>, Fault> {
        match self {
            Self::File(path) => read_text(path).map(Cow::Owned),
            Self::Text(text) => Ok(Cow::Borrowed(text)),
        }
    }
}

/// Reads a model. Gives it with the name to use in messages.
pub(crate) fn read_model(given: &ModelSpec) -> Result<(ModelFile, String), Faults> {
    let name = given.called();
    let file = read(&given.text()?, &name)?;
    Ok((file, name))
}

fn read_text(path: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => Fault::new(
            FaultCode::BadModel,
            format!("{} is not a text file", path.display()),
            "name a model file: model.toml in the folder of a run, or one that plait model new writes",
        ),
        kind => cannot_open(path, kind),
    })
}

/// Refuses to write a model in the place of an input, or of a file that is no model.
pub(crate) fn refuse_loss_by_model(path: &Path, inputs: &[Input<'_>], option: &str) -> Result<(), Fault> {
    let todo = format!("name another file with {option}, or move that one away");
    ownership::refuse_inputs(path, inputs, &todo)?;
    let is_model = |text: &str| read(text, "").is_ok();
    ownership::refuse_foreign_file(path, "a model that Plait can read", is_model, &todo)
}

/// Says of roles that no source has a column for that they are those of a model, and where in it they stand.
pub(crate) fn say_from_model(mut faults: Faults, file: &ModelFile, name: &str) -> Faults {
    for fault in &mut faults.0 {
        let of_model = file.columns.iter().find(|(header, _)| fault.what == source::no_such_column(header));
        let Some((header, _)) = of_model else { continue };
        fault.what = format!("{}, which [columns] of the model names", fault.what);
        fault.place = Some(match file.places.iter().find(|place| place.field == *header) {
            Some(place) => format!("{name} line {}", place.line),
            None => name.to_owned(),
        });
        fault.todo = format!(
            "{}; write the header in the model as the files have it now, or take the line out",
            fault.todo
        );
    }
    faults
}

/// Refuses a model that names fields or columns which no source has.
pub(crate) fn check_against(file: &ModelFile, name: &str, sources: &[Opened]) -> Result<(), Faults> {
    let fields: Vec<SourceFields> = sources
        .iter()
        .map(|source| SourceFields { name: source::file_name(&source.path), fields: field_names(source) })
        .collect();
    let faults = check_fields(file, name, &fields);
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

/// What a model may call the columns of a source: by their headers, and by their roles where those say who somebody is.
fn field_names(source: &Opened) -> Vec<String> {
    let mut names: Vec<String> = source.plans.iter().map(|plan| plan.name.clone()).collect();
    for plan in &source.plans {
        let role = plan.role.name();
        if !matches!(plan.role, Role::Other | Role::RecordId) && !names.iter().any(|name| name == role) {
            names.push(role.to_owned());
        }
    }
    names
}

/// Refuses a model that names a field which cannot be compared or blocked on, or compares one without any value.
pub(crate) fn refuse_unusable_fields(model: &Model, records: &Records) -> Result<(), Faults> {
    let mut faults = Vec::new();
    let mut wanted = model.fields();
    wanted.sort();
    wanted.dedup();
    for name in wanted.iter().filter(|name| records.field(name).is_none()) {
        let usable: Vec<&str> = records.fields.iter().map(|field| field.name.as_str()).collect();
        faults.push(
            Fault::new(
                FaultCode::UnknownColumn,
                format!("the model names \"{name}\", which cannot be compared"),
                format!("use one of: {}", usable.join(", ")),
            )
            .because("columns that name rows, prose and dates other than of birth are not compared; where a source has several columns of one role, each goes by its header"),
        );
    }
    for name in model.comparisons.iter().flat_map(|comparison| &comparison.fields) {
        let Some(index) = records.field(name) else { continue };
        let field = &records.fields[index];
        if field.values.is_empty() {
            let missing = if field.n_placeholders + field.n_unreadable > 0 {
                format!(
                    "{} placeholders and {} unreadable values were ignored",
                    field.n_placeholders, field.n_unreadable
                )
            } else {
                "every cell is empty".to_owned()
            };
            faults.push(
                Fault::new(
                    FaultCode::NullColumn,
                    format!("the model compares \"{name}\", which has no value in any source"),
                    "take the comparison out of the model, or give files that have it",
                )
                .because(missing),
            );
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

/// A finding for each source that has no value of fields which the model compares. `files` are what to call the
/// sources; `field` finds a field by a name, and gives its name and how many records of each source have a value.
pub(crate) fn not_in_sources<'f>(
    model: &Model,
    files: &[String],
    field: impl Fn(&str) -> Option<(&'f str, &'f [u64])>,
) -> Vec<Issue> {
    let compared: BTreeMap<&str, &[u64]> = (model.comparisons.iter())
        .flat_map(|comparison| &comparison.fields)
        .filter(|name| *name != SOURCE_OF_RECORD)
        .filter_map(|name| field(name))
        .collect();
    let lacking = |(at, file): (usize, &String)| {
        let names = compared.iter().filter(|(_, present)| present[at] == 0).map(|(name, _)| *name);
        let names: Vec<&str> = names.collect();
        (!names.is_empty()).then(|| {
            let message = format!(
                "has no value of {}, which the model compares: in that its records agree and differ with nobody",
                summary::list("and", &names)
            );
            Issue::new(IssueKind::FieldNotInSource, file.as_str(), message)
        })
    };
    files.iter().enumerate().filter_map(lacking).collect()
}

/// Refuses a link type that has nothing to do with so many sources.
pub(crate) fn refuse_link_type(model: &Model, n_sources: usize) -> Result<(), Fault> {
    if n_sources > 1 && model.link_type == LinkType::DedupeOnly {
        return Err(Fault::new(
            FaultCode::BadOption,
            "dedupe_only is for one source, and several were given",
            "use link_and_dedupe, or run each file by itself",
        ));
    }
    if n_sources == 1 && model.link_type != LinkType::DedupeOnly {
        return Err(Fault::new(
            FaultCode::BadOption,
            "one source cannot be linked with another: only one was given",
            "name a second file, or look for duplicates with --link-type dedupe_only",
        ));
    }
    Ok(())
}

/// Refuses a rule of which one block makes most of its pairs, and far too many.
pub(crate) fn refuse_huge_block(
    rule: &BlockingRule,
    n_records: u64,
    [of_block, all]: [u64; 2],
) -> Result<(), Fault> {
    if of_block <= HUGE_BLOCK_PAIRS || of_block * 2 <= all {
        return Ok(());
    }
    Err(Fault::new(
        FaultCode::HugeBlock,
        format!(
            "one value puts {} records into one block of the rule \"{}\", which makes {} pairs",
            plait_types::grouped(n_records),
            rule.words(),
            plait_types::grouped(of_block)
        ),
        "add another field to the rule, or empty that value in the file if it stands for \"not known\"; plait look FILE shows which columns have one",
    )
    .because("a value that so many records share says nothing about who they are"))
}

/// Refuses rules that would make far more pairs than are useful, before any is made.
pub(crate) fn refuse_explosions(blocks: &Blocks, model: &Model) -> Result<(), Fault> {
    let costs = blocks.costs();
    for (rule, cost) in model.blocking.iter().zip(&costs) {
        refuse_huge_block(rule, cost.largest.n_records, [cost.largest.n_pairs, cost.n_pairs])?;
    }
    let total: u64 = costs.iter().map(|cost| cost.n_pairs).sum();
    let dearest = model.blocking.iter().zip(&costs).max_by_key(|(_, cost)| cost.n_pairs);
    match dearest {
        Some((rule, cost)) if total > MOST_PAIRS => Err(Fault::new(
            FaultCode::TooManyPairs,
            format!(
                "the blocking rules would compare {} pairs, {} of them by \"{}\"",
                plait_types::grouped(total),
                plait_types::grouped(cost.n_pairs),
                rule.words()
            ),
            "take that rule out, or add another field to it",
        )),
        _ => Ok(()),
    }
}

/// The fault of a probability that is none.
pub(crate) fn bad_threshold(value: f64) -> Fault {
    // 1.5 is no percentage that anybody means
    let todo = if (10.0..=100.0).contains(&value) {
        format!("did you mean {}?", value / 100.0)
    } else {
        "give a number such as 0.95".to_owned()
    };
    Fault::new(
        FaultCode::BadThreshold,
        format!("the threshold is {value} but must be a probability between 0 and 1"),
        todo,
    )
}

/// For what a model is to be chosen.
#[derive(Clone, Debug, Default)]
pub struct ModelRequest {
    /// One or more.
    pub sources: Vec<SourceSpec>,
    /// Roles that replace the inferred ones: header, role.
    pub roles: Vec<(String, Role)>,
    /// A table of names and other ways in which they are written.
    pub names: Option<TableSpec>,
    /// Of everything random.
    pub seed: u64,
}

/// A model that was chosen from data and trained.
#[derive(Clone, Debug)]
pub struct ChosenModel {
    /// As a file, with comments.
    pub text: String,
    /// In plain English.
    pub prose: String,
    /// Findings in the sources.
    pub issues: Vec<Issue>,
}

/// Chooses a model for the sources and trains it.
pub fn choose_model(request: &ModelRequest, progress: &dyn Progress) -> Result<ChosenModel, Faults> {
    let request = LinkRequest {
        roles: request.roles.clone(),
        names: request.names.clone(),
        seed: request.seed,
        dry_run: true,
        ..LinkRequest::in_memory(request.sources.clone())
    };
    let planned = link(&request, progress)?;
    Ok(ChosenModel { text: planned.model_text, prose: planned.model_prose, issues: planned.issues })
}

/// The same, into a file, of which nothing is lost. Gives the prose.
pub fn new_model(request: &ModelRequest, out: &Path, progress: &dyn Progress) -> Result<String, Faults> {
    let mut inputs: Vec<Input<'_>> =
        request.sources.iter().map(|source| Input::source(&source.path)).collect();
    let names = request.names.as_ref().and_then(TableSpec::path);
    inputs.extend(names.map(|path| Input { path, what: "the file of names that was given" }));
    refuse_loss_by_model(out, &inputs, "--out")?;
    let chosen = choose_model(request, progress)?;
    output::write_text(out, &chosen.text)?;
    Ok(chosen.prose)
}

/// What is compared of children in the files of councils and of the NHS.
const CHILDREN: &str = include_str!("children.toml");

/// The comparisons that a model chosen from such files has, for these fields; what they are worth and how pairs are found is
/// left to the data. Fails where one of the fields has none.
pub fn children_model(fields: &[String]) -> Result<String, Faults> {
    let mut file = read(CHILDREN, "children.toml").expect("the tests read it");
    let all: Vec<String> = file.model.comparisons.iter().map(|of| of.name.clone()).collect();
    let unknown = fields.iter().filter(|field| !all.contains(field));
    let faults: Vec<Fault> = unknown
        .map(|field| {
            let todo = match nearest(field, all.iter().map(String::as_str)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("name some of {}, and add others by themselves", all.join(", ")),
            };
            Fault::new(FaultCode::BadOption, format!("the model of children has no \"{field}\""), todo)
        })
        .collect();
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    file.model.comparisons.retain_mut(|comparison| {
        // a name in the place of another one is looked for only where both are there
        let alone = |level: &Level| Comparison { levels: vec![level.clone()], ..comparison.clone() };
        let is_there = |level: &Level| alone(level).named_fields().iter().all(|field| fields.contains(field));
        comparison.levels = comparison.levels.iter().filter(|level| is_there(level)).cloned().collect();
        fields.contains(&comparison.name)
    });
    Ok(write(&file))
}

/// Reads a model and, where sources are given, holds it against their columns. Gives what to tell the user.
pub fn check_model(
    given: &ModelSpec,
    sources: &[SourceSpec],
    roles: &[(String, Role)],
) -> Result<String, Faults> {
    let (file, name) = read_model(given)?;
    if sources.is_empty() {
        return Ok(format!("{name} is a model that can be used"));
    }
    let mut all_roles = file.columns.clone();
    all_roles.extend(roles.iter().cloned());
    let opened = open(sources, &all_roles, &Silent).map_err(|faults| say_from_model(faults, &file, &name))?;
    check_against(&file, &name, &opened)?;
    let records = Records::new(opened.into_iter().map(|source| source.into_input(None)).collect());
    refuse_unusable_fields(&file.model, &records)?;
    Ok(format!("{name} is a model that can be used with these sources"))
}

/// The model in plain English.
pub fn explain_model(given: &ModelSpec) -> Result<String, Faults> {
    let file = read_model(given)?.0;
    Ok(prose(&file.model, file.states_link_type.then_some(file.model.link_type)))
}

/// What each level of each comparison is worth, as a chart and a table of HTML; `None` where nothing has been learned.
pub fn model_chart(given: &ModelSpec) -> Result<Option<String>, Faults> {
    let model = read_model(given)?.0.model;
    let id = format!("model-{}", &sha256_of_text(&write(&model.clone().into()))[..8]);
    Ok(model.is_trained().then(|| chart::weights::weights(&id, &model).html()))
}

/// What differs from one model to another, a line each; empty if they do the same.
pub fn difference_of_models(before: &ModelSpec, after: &ModelSpec) -> Result<Vec<String>, Faults> {
    Ok(difference(&read_model(before)?.0.model, &read_model(after)?.0.model))
}

/// A model that was brought over from Splink.
#[derive(Clone, Debug)]
pub struct FromSplink {
    /// The model as a file.
    pub text: String,
    /// What has no counterpart.
    pub notes: Vec<String>,
}

/// Brings Splink settings over: a file of JSON, or its text.
pub fn from_splink(settings: &ModelSpec) -> Result<FromSplink, Faults> {
    // settings without a name make a model that is called so
    let called = settings.path().map_or("Splink settings".to_owned(), |path| path.display().to_string());
    let imported = splink::import(&settings.text()?, &called)?;
    Ok(FromSplink { text: write(&ModelFile::from(imported.model)), notes: imported.notes })
}

/// Brings a Splink settings file over. Gives notes on what has no counterpart.
pub fn import_splink(settings: &Path, out: &Path) -> Result<Vec<String>, Faults> {
    let input = Input { path: settings, what: "the Splink settings that were given" };
    refuse_loss_by_model(out, &[input], "--out")?;
    let imported = from_splink(&settings.to_owned().into())?;
    output::write_text(out, &imported.text)?;
    Ok(imported.notes)
}

/// A model as Splink settings.
pub fn to_splink(model: &ModelSpec) -> Result<String, Faults> {
    Ok(splink::export(&read_model(model)?.0.model)?)
}

/// Writes a model as Splink settings.
pub fn export_splink(model: &Path, out: &Path) -> Result<(), Faults> {
    let todo = "name another file with --out, or move that one away";
    ownership::refuse_inputs(out, &[Input { path: model, what: "the model that was given" }], todo)?;
    ownership::refuse_foreign_file(out, "a settings file of Splink", is_splink, todo)?;
    Ok(output::write_text(out, &to_splink(&model.to_owned().into())?)?)
}

fn is_splink(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| json.get("comparisons").is_some())
}

/// The JSON Schema of model files.
pub fn model_schema() -> String {
    schema()
}
