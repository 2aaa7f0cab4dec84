//! What each command asks of the façade, and how it shows what comes back.

use crate::arguments::{
    self, Arguments, Command, Made, MadeFormat, ModelAction, Page, SpecsAction, WriteAction,
};
use crate::exit::Exit;
use crate::print;
use crate::progress::{Steps, Watcher};
use crate::reference;
use clap::CommandFactory as _;
use plait::{
    Annex, AnnexRequest, CompareRequest, ExplainRequest, Explanation, Fault, FaultCode, Faults, Issue,
    IssueKind, LinkRequest, Linked, LookRequest, ModelRequest, ReadRequest, ScoreRequest, SourceSpec,
    TraceRequest, Written,
};
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Carries a command out.
pub(crate) fn run(command: &Command) -> Result<(), Faults> {
    match command {
        Command::Link(link) => run_link(link),
        Command::Look(look) => run_look(look),
        Command::Read(read) => run_read(read),
        Command::Write(write) => run_write(&write.action),
        Command::Explain(explain) => run_explain(explain),
        Command::Score(score) => run_score(score),
        Command::Compare(compare) => run_compare(compare),
        Command::Model(model) => run_model(&model.action),
        Command::Specs(specs) => run_specs(&specs.action),
        Command::Synth(synth) => run_synth(synth),
        Command::Completions(completions) => {
            let mut script = Vec::new();
            clap_complete::generate(completions.shell, &mut Arguments::command(), "plait", &mut script);
            Ok(print::results(&String::from_utf8_lossy(&script))?)
        }
        Command::Man(man) => Ok(print::results(&reference::manual(&man.command)?)?),
        Command::Reference(reference) => Ok(print::results(&match reference.page {
            Page::Cli => reference::commands(),
            Page::Faults => reference::messages(),
            Page::Dictionary => reference::dictionary(),
        })?),
    }
}

fn run_link(arguments: &arguments::Link) -> Result<(), Faults> {
    let request = LinkRequest {
        sources: with_what_is_said(arguments)?,
        out: Some(arguments.out.clone()),
        model: arguments.model.clone().map(Into::into),
        method: arguments.method.map(|method| method.0),
        save_model: arguments.save_model.clone(),
        truth: arguments.truth.clone().map(Into::into),
        constraints: arguments.constraints.clone().map(Into::into),
        labels: arguments.labels.clone().map(Into::into),
        names: arguments.names.clone().map(Into::into),
        roles: arguments.roles.clone(),
        link_type: arguments.link_type.map(Into::into),
        link_from: arguments.threshold,
        ages_on: arguments.ages_on,
        threads: arguments.threads,
        memory: arguments.memory,
        seed: arguments.seed,
        dry_run: arguments.dry_run,
        workbook: match (arguments.workbook, arguments.no_workbook) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        command: Some(command_as_typed()),
    };
    let watcher = Watcher::new();
    let linked = plait::link(&request, &watcher);
    drop(watcher);
    let linked = linked?;
    show_issues(&linked.issues, &linked.run.notes);
    if arguments.json {
        let files: Vec<String> = linked.wrote.iter().map(|path| path.display().to_string()).collect();
        let issues: Vec<String> = linked.issues.iter().map(ToString::to_string).collect();
        let document = json!({ "summary": linked.summary, "run": linked.run.as_json(arguments.dry_run), "issues": issues, "files": files });
        return Ok(print::json(&document)?);
    }
    Ok(print::results(&link_text(&linked, arguments.explain))?)
}

/// The sources, each with what the user said that it is and of which authority.
fn with_what_is_said(arguments: &arguments::Link) -> Result<Vec<SourceSpec>, Fault> {
    let mut sources = arguments.sources.clone();
    plait::say_what_they_are(&mut sources, &arguments.returns, &arguments.authorities)?;
    Ok(sources)
}

/// Details under their headings, then the paragraph, then where to look.
fn link_text(linked: &Linked, with_model: bool) -> String {
    let mut text = String::new();
    let mut last = "";
    for detail in &linked.details {
        text += &print::under(if detail.heading == last { "" } else { detail.heading }, &detail.text);
        last = detail.heading;
    }
    if let Some(first) = linked.wrote.first() {
        let folder = first.parent().unwrap_or(Path::new(""));
        let in_folder = linked.wrote.iter().filter_map(|path| path.strip_prefix(folder).ok());
        let names: Vec<String> = in_folder.map(|path| path.display().to_string()).collect();
        let place = if folder.as_os_str().is_empty() { ".".into() } else { folder.display().to_string() };
        let elsewhere = linked.wrote.iter().find(|path| !path.starts_with(folder));
        let elsewhere =
            elsewhere.map_or_else(String::new, |path| format!("; the model also to {}", path.display()));
        text += &print::under("Wrote", &format!("{} to {place}{elsewhere}", names.join(", ")));
    }
    if with_model {
        write!(text, "\n{}", linked.model_prose.trim_end()).expect("writing to a string cannot fail");
        text.push('\n');
        text += &rules_text(linked);
    }
    write!(text, "\n{}\n", print::wrapped(&linked.summary, print::WIDTH, 0))
        .expect("writing to a string cannot fail");
    if let Some(report) = linked.wrote.iter().find(|path| path.ends_with("report.html")) {
        write!(text, "\nOpen {} to see how it went.\n", report.display())
            .expect("writing to a string cannot fail");
        if let (Some((left, right)), Some(folder)) = (&linked.example, report.parent()) {
            let folder =
                if folder.as_os_str().is_empty() { ".".into() } else { folder.display().to_string() };
            let words = [program(), "explain".to_owned(), folder, left.clone(), right.clone()];
            let words: Vec<String> = words.into_iter().map(to_be_pasted).collect();
            writeln!(text, "Why two records are one person, for example: {}", words.join(" "))
                .expect("writing to a string cannot fail");
        }
    }
    text
}

/// What each blocking rule of a run found.
fn rules_text(linked: &Linked) -> String {
    if linked.run.rules.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nWhat each rule found.\n       pairs       links  only here  rule\n");
    for rule in &linked.run.rules {
        writeln!(text, "{:>12}{:>12}{:>11}  {}", rule.pairs, rule.links, rule.only_links, rule.rule)
            .expect("writing to a string cannot fail");
    }
    text
}

fn show_issues(issues: &[Issue], notes: &[String]) {
    for issue in issues {
        print::aside(issue);
    }
    for note in notes {
        print::aside(format_args!("note: {note}"));
    }
}

/// The command line in one line.
fn command_as_typed() -> String {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| to_be_pasted(word.to_string_lossy().into_owned())).collect();
    format!("plait {}", words.join(" "))
}

/// The program as it was called, so that what is printed can be pasted.
fn program() -> String {
    std::env::args_os().next().map_or_else(|| "plait".to_owned(), |word| word.to_string_lossy().into_owned())
}

/// A word for a command line. What is not plain gets quotes.
fn to_be_pasted(word: String) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./=:,+%@\\".contains(c));
    if plain { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn run_read(arguments: &arguments::Read) -> Result<(), Faults> {
    let mut source = arguments.source.clone();
    source.is.clone_from(&arguments.is);
    let watcher = Watcher::new();
    let done = plait::read(&ReadRequest { source, out: Some(arguments.out.clone()) }, &watcher);
    drop(watcher);
    let done = done?;
    show_issues(&done.issues, &[]);
    if arguments.json {
        return Ok(print::json(&done.json)?);
    }
    Ok(print::results(&format!("{}\n{}", done.text, wrote(&done.wrote)))?)
}

fn run_write(action: &WriteAction) -> Result<(), Faults> {
    let watcher = Watcher::new();
    let (written, as_json) = match action {
        WriteAction::TraceRequest { source, out, cp_is, is, roles, json } => {
            let source = SourceSpec { is: is.clone(), ..source.clone() };
            let request = TraceRequest { source, cp_is: *cp_is, roles: roles.clone(), out: out.clone() };
            (plait::trace_request(&request, &watcher), *json)
        }
        WriteAction::AnnexA { sources, out, on, json } => {
            let request = AnnexRequest {
                annex: Annex::ChildrensServices,
                sources: sources.clone(),
                on: *on,
                linked: None,
                out: out.clone(),
            };
            (plait::write_annex(&request, &watcher), *json)
        }
        WriteAction::AnnexASend { sources, out, linked, json } => {
            let request = AnnexRequest {
                annex: Annex::AreaSend,
                sources: sources.clone(),
                on: None,
                linked: linked.clone(),
                out: out.clone(),
            };
            (plait::write_annex(&request, &watcher), *json)
        }
    };
    drop(watcher);
    let Written { text, json, issues, wrote: files } = written?;
    show_issues(&issues, &[]);
    if as_json {
        return Ok(print::json(&json)?);
    }
    Ok(print::results(&format!("{text}\n{}", wrote(&files)))?)
}

fn run_look(arguments: &arguments::Look) -> Result<(), Faults> {
    let request = LookRequest {
        source: SourceSpec { is: arguments.is.clone(), ..SourceSpec::at(&arguments.file) },
        sheet: arguments.sheet.clone(),
        roles: arguments.roles.clone(),
    };
    let watcher = Watcher::new();
    let looked = plait::look(&request, &watcher);
    drop(watcher);
    let looked = looked?;
    show_issues(&looked.issues, &[]);
    if arguments.json {
        return Ok(print::json(&looked.json)?);
    }
    Ok(print::results(&format!("{}\n", looked.text.trim_end()))?)
}

fn run_explain(arguments: &arguments::Explain) -> Result<(), Faults> {
    let (Some(left), Some(right)) = (&arguments.left, &arguments.right) else {
        return Ok(print::results(&meaning_of(&arguments.folder.to_string_lossy())?)?);
    };
    let explanation = plait::explain(&ExplainRequest {
        folder: arguments.folder.clone(),
        left: left.clone(),
        right: right.clone(),
    })?;
    if arguments.json {
        return Ok(print::json(&plait::explanation_document(&explanation, arguments.show_values))?);
    }
    Ok(print::results(&explanation_text(&explanation, arguments.show_values))?)
}

/// What the code of a fault or an issue says.
fn meaning_of(code: &str) -> Result<String, Fault> {
    let wanted = code.to_uppercase();
    if let Some(code) = FaultCode::ALL.iter().find(|code| code.name() == wanted) {
        let exit = Exit::from(code.kind());
        return Ok(format!(
            "{}: {}\n  why: {}\n  do:  {}\nThe command ends with exit code {}: {}.\n",
            code.name(),
            code.meaning(),
            code.why(),
            code.todo(),
            exit.number(),
            exit.meaning()
        ));
    }
    if let Some(kind) = IssueKind::ALL.iter().find(|kind| kind.name() == wanted) {
        return Ok(format!(
            "{}: {}\n  why: {}\n  do:  {}\nThe command goes on.\n",
            kind.name(),
            kind.meaning(),
            kind.why(),
            kind.todo()
        ));
    }
    let mut known: Vec<&str> = FaultCode::ALL.iter().map(|code| code.name()).collect();
    known.extend(IssueKind::ALL.iter().map(|kind| kind.name()));
    known.sort_unstable();
    Err(Fault::new(
        FaultCode::BadOption,
        format!("\"{code}\" is not the code of a message"),
        format!("name one of {}; or a folder and two records", known.join(", ")),
    ))
}

fn explanation_text(explanation: &Explanation, with_values: bool) -> String {
    let name = |(source, record): &(String, String)| format!("{source}:{record}");
    let mut text = format!(
        "{} and {}: match weight {:.2} bits, match probability {:.6}\n\n{}\n",
        name(&explanation.left),
        name(&explanation.right),
        explanation.weight,
        explanation.probability,
        print::wrapped(&plait::sentence(explanation), print::WIDTH, 0)
    );
    if let Some(objection) = explanation.objection {
        let line = format!("That is enough for a link, and there is none: {}.", objection.words());
        text.push_str(&print::wrapped(&line, print::WIDTH, 0));
        text.push('\n');
    }
    if with_values {
        text.push('\n');
        for term in explanation.terms.iter().filter(|term| term.left.is_some() || term.right.is_some()) {
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "not recorded".to_owned());
            writeln!(text, "{:<24}{:<32}{}", term.title, shown(&term.left), shown(&term.right))
                .expect("writing to a string cannot fail");
        }
    }
    text
}

fn run_score(arguments: &arguments::Score) -> Result<(), Faults> {
    let scores =
        plait::score(&ScoreRequest { folder: arguments.folder.clone(), truth: arguments.truth.clone() })?;
    if arguments.json {
        return Ok(print::json(&json!(scores))?);
    }
    let lines = [
        (
            "Precision",
            format!(
                "{:.4}  of {} of records in one person, {} {} right",
                scores.precision,
                plait::counted(scores.person_pairs, "pair"),
                plait::grouped(scores.right_pairs),
                plait::are(scores.right_pairs)
            ),
        ),
        (
            "Recall",
            format!(
                "{:.4}  of {}, {} {} in one person",
                scores.recall,
                plait::counted(scores.entity_pairs, "true pair"),
                plait::grouped(scores.right_pairs),
                plait::are(scores.right_pairs)
            ),
        ),
        ("F1", format!("{:.4}", scores.f1)),
        (
            "B-cubed",
            format!(
                "{:.4}  precision, {:.4} recall: the average over records",
                scores.b_cubed.0, scores.b_cubed.1
            ),
        ),
        (
            "Exact",
            format!("{:.4}  of the true persons are exactly one person of the run", scores.exact_persons),
        ),
        ("Truth", truth_line(&scores)),
    ];
    let text = lines.iter().fold(String::new(), |text, (heading, line)| text + &print::under(heading, line));
    Ok(print::results(&text)?)
}

/// Of how many records the truth is known, and how many it knows besides.
fn truth_line(scores: &plait::RunTruth) -> String {
    let known = format!(
        "{} of {} of the run {} in it",
        plait::grouped(scores.known_records),
        plait::counted(scores.records, "record"),
        plait::are(scores.known_records)
    );
    let left_out = if scores.known_records < scores.records { ", and only those are scored" } else { "" };
    let others = match scores.records_not_in_run {
        0 => String::new(),
        n => format!("; {} of it {} not in the run", plait::counted(n, "record"), plait::are(n)),
    };
    known + left_out + &others
}

fn run_compare(arguments: &arguments::Compare) -> Result<(), Faults> {
    let compared = plait::compare(&CompareRequest {
        a: arguments.a.clone(),
        b: arguments.b.clone(),
        truth: arguments.truth.clone(),
        out: arguments.out.clone(),
    })?;
    if arguments.json {
        return Ok(print::json(&json!(compared))?);
    }
    let lines = compared.lines().into_iter();
    let text = lines.fold(String::new(), |text, (heading, line)| text + &print::under(heading, &line));
    Ok(print::results(&(text + &wrote(&compared.wrote)))?)
}

fn run_model(action: &ModelAction) -> Result<(), Faults> {
    let text = match action {
        ModelAction::New { sources, out, names, roles, seed } => {
            let watcher = Watcher::new();
            let request = ModelRequest {
                sources: sources.clone(),
                roles: roles.clone(),
                names: names.clone().map(Into::into),
                seed: *seed,
            };
            let prose = plait::new_model(&request, out, &watcher);
            drop(watcher);
            format!("{}\nWrote {}\n", prose?, out.display())
        }
        ModelAction::Check { model, sources, roles } => {
            format!("{}\n", plait::check_model(&model.clone().into(), sources, roles)?)
        }
        ModelAction::Explain { model } => plait::explain_model(&model.clone().into())?,
        ModelAction::Diff { before, after } => {
            let lines = plait::difference_of_models(&before.clone().into(), &after.clone().into())?;
            if lines.is_empty() {
                "The models do the same.\n".to_owned()
            } else {
                format!("{}\n", lines.join("\n"))
            }
        }
        ModelAction::Import { settings, out } => {
            show_issues(&[], &plait::import_splink(settings, out)?);
            wrote(std::slice::from_ref(out))
        }
        ModelAction::Export { model, out } => {
            plait::export_splink(model, out)?;
            wrote(std::slice::from_ref(out))
        }
        ModelAction::Schema => format!("{}\n", plait::model_schema().trim_end()),
    };
    Ok(print::results(&text)?)
}

fn run_specs(action: &SpecsAction) -> Result<(), Faults> {
    let (shown, as_json) = match action {
        SpecsAction::List { json } => (plait::list_specs(), *json),
        SpecsAction::Show { id, table, json } => (plait::show_spec(id, table.as_deref())?, *json),
    };
    Ok(if as_json { print::json(&shown.json) } else { print::results(&shown.text) }?)
}

fn run_synth(arguments: &arguments::Synth) -> Result<(), Faults> {
    let children = arguments.children as usize;
    let files = match arguments.what {
        Made::Borough => {
            let borough = plait_synth::Borough {
                sen2_xml: arguments.sen2_xml,
                ..plait_synth::Borough::of(children, arguments.seed)
            };
            let steps = Steps::new(plait_synth::BOROUGH_STEPS);
            plait_synth::write_borough(&borough, &arguments.out, &mut |done, what| steps.begin(done, what))?
        }
        Made::People => {
            let format = match arguments.format {
                MadeFormat::Csv => plait_synth::Format::Csv,
                MadeFormat::Parquet => plait_synth::Format::Parquet,
            };
            let people = plait_synth::People::of(children, arguments.seed);
            plait_synth::write_two_sources(&plait_synth::two_sources(&people), &arguments.out, format)?
        }
    };
    Ok(print::results(&wrote(&files))?)
}

fn wrote(files: &[PathBuf]) -> String {
    files.iter().fold(String::new(), |text, file| text + &format!("Wrote {}\n", file.display()))
}
