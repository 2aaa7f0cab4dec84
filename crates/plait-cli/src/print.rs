//! The one place that writes to standard output and standard error.

use plait::{Fault, FaultCode, Faults};
use std::fmt::{Debug, Display};
use std::io::{self, ErrorKind, Write as _};

/// Columns of a paragraph.
pub(crate) const WIDTH: usize = 100;

/// Writes results. A reader that has seen enough and closed the pipe is content, so that is not an error.
pub(crate) fn results(text: &str) -> Result<(), Fault> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Fault::new(
            FaultCode::CannotWrite,
            format!("cannot write to standard output: {error}"),
            "check that the disk that it goes to has room",
        )),
        _ => Ok(()),
    }
}

/// Writes a value as one JSON document.
pub(crate) fn json(value: &serde_json::Value) -> Result<(), Fault> {
    results(&format!("{value:#}\n"))
}

/// Writes a line for the person at the screen: a warning, a note. Nothing can be done where even that fails.
pub(crate) fn aside(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes all that is wrong, and with `debug` how the program holds it.
pub(crate) fn faults(faults: &Faults, debug: bool) {
    aside(faults);
    if debug {
        aside(format_args!("{:#?}", faults as &dyn Debug));
    }
}

/// Breaks a paragraph into lines of at most `width` characters, the later ones indented. A word longer than that
/// has a line of its own.
pub(crate) fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let n = word.chars().count();
        if column > 0 && column + 1 + n > width {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += n;
    }
    lines
}

/// Lines under headings: the heading stands before the first line of its text only.
pub(crate) fn under(heading: &str, text: &str) -> String {
    const MARGIN: usize = 10;
    format!(
        "{heading:<width$} {}\n",
        wrapped(text, WIDTH - MARGIN, 0).replace('\n', &format!("\n{}", " ".repeat(MARGIN))),
        width = MARGIN - 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_breaks_between_words_and_keeps_long_words_whole() {
        assert_eq!(wrapped("one two three four", 9, 0), "one two\nthree\nfour");
        assert_eq!(wrapped("a extraordinarily b", 5, 2), "a\n  extraordinarily\n  b");
        assert_eq!(wrapped("", 5, 0), "");
    }

    #[test]
    fn a_heading_stands_before_the_first_line_only() {
        let text = "word ".repeat(30);
        let lines = under("Checked", &text);
        assert_eq!(lines.lines().count(), 2);
        assert!(lines.starts_with("Checked   word"));
        assert!(lines.lines().nth(1).is_some_and(|line| line.starts_with("          word")));
        assert!(lines.lines().all(|line| line.len() <= WIDTH));
    }
}
