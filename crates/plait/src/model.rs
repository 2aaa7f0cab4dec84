//! Model files: made, checked, explained, compared, brought from and to Splink.

use crate::faults::Faults;
use crate::link::{LinkRequest, link};
use crate::output;
use crate::ownership::{self, Input};
use crate::source::{self, Opened, SourceSpec, open};
use plait_engine::blocking::Blocks;
use plait_engine::model::{
    BlockingRule, LinkType, Model, ModelFile, SourceFields, check_fields, difference, prose, read, schema,
    splink, write,
};
use plait_engine::progress::{Progress, Silent};
use plait_engine::records::Records;
use plait_formats::read::cannot_open;
use plait_types::{Fault, FaultCode, Role};
use std::io::ErrorKind;
use std::path::Path;

/// A block that makes more pairs than this, and most of its rule's, holds a value that means nothing.
const HUGE_BLOCK_PAIRS: u64 = 8_000_000;
/// Candidate pairs at most: above it a run takes hours where minutes would do.
const MOST_PAIRS: u64 = 4_000_000_000;

/// Reads a model file. Gives it with the name to use in messages.
pub(crate) fn read_model(path: &Path) -> Result<(ModelFile, String), Faults> {
    let name = path.display().to_string();
    let file = read(&read_text(path)?, &name)?;
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
        .map(|source| SourceFields {
            name: source.path.file_name().unwrap_or(source.path.as_os_str()).to_string_lossy().into_owned(),
            fields: field_names(source),
        })
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

/// Chooses a model for the sources, trains it, and writes it with comments; `names` is a table of names and other ways in
/// which they are written. Nothing else is written.
pub fn new_model(
    sources: &[SourceSpec],
    roles: &[(String, Role)],
    names: Option<&Path>,
    out: &Path,
    seed: u64,
    progress: &dyn Progress,
) -> Result<String, Faults> {
    let mut inputs: Vec<Input<'_>> = sources.iter().map(|source| Input::source(&source.path)).collect();
    inputs.extend(names.map(|path| Input { path, what: "the file of names that was given" }));
    refuse_loss_by_model(out, &inputs, "--out")?;
    let request = LinkRequest {
        roles: roles.to_vec(),
        names: names.map(Path::to_owned),
        seed,
        dry_run: true,
        ..LinkRequest::new(sources.to_vec(), out.to_owned())
    };
    let planned = link(&request, progress)?;
    output::write_text(out, &planned.model_text)?;
    Ok(planned.model_prose)
}

/// Reads a model file and, where sources are given, holds it against their columns. Gives what to tell the user.
pub fn check_model(path: &Path, sources: &[SourceSpec], roles: &[(String, Role)]) -> Result<String, Faults> {
    let (file, name) = read_model(path)?;
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
pub fn explain_model(path: &Path) -> Result<String, Faults> {
    Ok(prose(&read_model(path)?.0.model))
}

/// What differs from one model to another, a line each; empty if they do the same.
pub fn difference_of_models(before: &Path, after: &Path) -> Result<Vec<String>, Faults> {
    Ok(difference(&read_model(before)?.0.model, &read_model(after)?.0.model))
}

/// Brings a Splink settings file over. Gives notes on what has no counterpart.
pub fn import_splink(settings: &Path, out: &Path) -> Result<Vec<String>, Faults> {
    let input = Input { path: settings, what: "the Splink settings that were given" };
    refuse_loss_by_model(out, &[input], "--out")?;
    let imported = splink::import(&read_text(settings)?, &settings.display().to_string())?;
    output::write_text(out, &write(&ModelFile::from(imported.model)))?;
    Ok(imported.notes)
}

/// Writes a model as Splink settings.
pub fn export_splink(model: &Path, out: &Path) -> Result<(), Faults> {
    let todo = "name another file with --out, or move that one away";
    ownership::refuse_inputs(out, &[Input { path: model, what: "the model that was given" }], todo)?;
    ownership::refuse_foreign_file(out, "a settings file of Splink", is_splink, todo)?;
    let json = splink::export(&read_model(model)?.0.model)?;
    Ok(output::write_text(out, &json)?)
}

fn is_splink(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| json.get("comparisons").is_some())
}

/// The JSON Schema of model files.
pub fn model_schema() -> String {
    schema()
}
