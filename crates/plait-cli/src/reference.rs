//! The manual and the reference, made from the same definitions as the commands themselves.

use crate::arguments::Arguments;
use crate::exit::Exit;
use clap::{Command, CommandFactory as _};
use plait::{Fault, FaultCode, IssueKind};
use std::fmt::Write as _;

/// The manual page (troff) of a command; `path` is empty for plait itself.
pub(crate) fn manual(path: &[String]) -> Result<String, Fault> {
    let mut command = Arguments::command();
    command.build();
    for word in path {
        command = command.find_subcommand(word).cloned().ok_or_else(|| {
            let names: Vec<&str> = shown(&command).map(Command::get_name).collect();
            let todo = match plait::nearest(word, names.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None if names.is_empty() => "it has no commands of its own".to_owned(),
                None => format!("use one of: {}", names.join(", ")),
            };
            Fault::new(FaultCode::BadOption, format!("there is no command \"{word}\""), todo)
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .source(format!("plait {}", plait::VERSION))
        .render(&mut page)
        .expect("writing to a vector cannot fail");
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Every command with its help, as Markdown.
pub(crate) fn commands() -> String {
    let mut command = Arguments::command().term_width(100);
    command.build();
    let mut page = String::from(
        "# The plait command\n\nWhat `plait --help` and the help of every command say. \
         Made by `cargo run -p xtask -- generate`; do not edit.\n",
    );
    section(&mut page, &command);
    page
}

fn section(page: &mut String, command: &Command) {
    let mut command = command.clone();
    let title = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(page, "\n## {title}\n\n```text\n{}\n```\n", lines.join("\n").trim())
        .expect("writing to a string cannot fail");
    shown(&command).for_each(|command| section(page, command));
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| !command.is_hide_set())
}

/// Every page of the data dictionary, each after a line of a form feed and its file name.
pub(crate) fn dictionary() -> String {
    let pages = plait::data_dictionary();
    pages.iter().fold(String::new(), |all, (name, text)| all + "\u{c}" + name + "\n" + text)
}

/// Every exit code, fault and issue with its meaning, as Markdown.
pub(crate) fn messages() -> String {
    let mut page = String::from(
        "# Exit codes and messages\n\nMade by `cargo run -p xtask -- generate`; do not edit. \
         `plait explain E012` says the same of one code.\n\n## Exit codes\n\n| code | meaning |\n|---|---|\n",
    );
    let mut row = |line: std::fmt::Arguments<'_>| {
        page.write_fmt(line).expect("writing to a string cannot fail");
        page.push('\n');
    };
    for exit in Exit::ALL {
        row(format_args!("| {} | {} |", exit.number(), exit.meaning()));
    }
    row(format_args!(
        "\n## Faults\n\nA fault stops the command: what happened, why it matters and what to do, on standard error. No fault \
         holds a value that identifies a person.\n\n| code | kind | exit code | meaning | why it matters | what to do |\n|---|---|---|---|---|---|"
    ));
    for code in FaultCode::ALL {
        let kind = format!("{:?}", code.kind()).to_lowercase();
        row(format_args!(
            "| {} | {kind} | {} | {} | {} | {} |",
            code.name(),
            Exit::from(code.kind()).number(),
            code.meaning(),
            code.why(),
            code.todo()
        ));
    }
    row(format_args!(
        "\n## Warnings and notes\n\nA warning or a note does not stop the command. They go to standard error, to the report and, \
         with `--json`, into the document.\n\n| code | meaning | why it matters | what to do |\n|---|---|---|---|"
    ));
    for kind in IssueKind::ALL {
        row(format_args!("| {} | {} | {} | {} |", kind.name(), kind.meaning(), kind.why(), kind.todo()));
    }
    page
}
