//! What the run noticed, and what is needed to repeat it.

use plait_types::Severity;

use super::paragraph;
use crate::markup::Markup;
use crate::report::{LinkReport, Note};
use crate::table::{Align, Table};
use crate::words::{bytes, count, seconds};

pub(super) fn write_notes(report: &LinkReport, m: &mut Markup) {
    let mut notes: Vec<&Note> = report.notes.iter().collect();
    notes.sort_by_key(|note| std::cmp::Reverse(note.severity));
    m.element("ul", &[("class", "notes")], |m| {
        for note in notes {
            let (class, word) = match note.severity {
                Severity::Warning => ("warning", "Warning"),
                Severity::Note => ("note", "Note"),
            };
            m.element("li", &[("class", class)], |m| {
                m.leaf("strong", &[], word);
                m.text(&format!(": {}", with_full_stop(&note.text)));
                if let Some(todo) = &note.todo {
                    m.text(" ");
                    m.leaf("em", &[], todo);
                }
            });
        }
    });
}

/// Findings of readers come without one.
fn with_full_stop(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

pub(super) fn write(report: &LinkReport, m: &mut Markup) {
    let run = &report.provenance;
    paragraph(
        "The same version with the same files, model and seed gives the same links, byte for byte, on any number of threads.",
        m,
    );
    let mut facts = Table::new("The run", &[("What", Align::Text), ("Value", Align::Code)]);
    let mut fact = |name: &str, value: String| facts.push([name.to_owned(), value]);
    fact("Plait", run.version.clone());
    fact("Date", report.date.clone());
    if let Some(command) = &run.command {
        fact("Command", command.clone());
    }
    fact("Model", report.model.name.clone());
    fact("SHA-256 of the model", run.model_sha256.clone());
    fact("Seed", run.seed.to_string());
    fact("Threads", run.threads.to_string());
    if let Some(memory) = run.peak_memory {
        fact("Peak memory", bytes(memory));
    }
    facts.write(m);

    let mut inputs =
        Table::new("Files read", &[("File", Align::Code), ("Rows", Align::Number), ("SHA-256", Align::Code)]);
    for input in &run.inputs {
        inputs.push([input.file.clone(), count(input.rows), input.sha256.clone()]);
    }
    inputs.write(m);

    let mut stages = Table::new("Time of each stage", &[("Stage", Align::Text), ("Time", Align::Number)]);
    for stage in &run.stages {
        stages.push([stage.name.clone(), seconds(stage.seconds)]);
    }
    stages.push(["Together".to_owned(), seconds(run.stages.iter().map(|stage| stage.seconds).sum())]);
    stages.write(m);
}
