//! How far a run is, for the person who waits, and whether that person wants to stop.

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use plait::{Progress, Stage};
use std::fmt;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

/// A bar on a terminal; nothing where standard error goes to a file or a pipe. Stops the run after Ctrl-C.
#[derive(Debug)]
pub(crate) struct Watcher {
    bar: Option<ProgressBar>,
}

impl Watcher {
    /// Takes over Ctrl-C: the first one ends the run in order, the second one at once.
    pub(crate) fn new() -> Self {
        // without the handler Ctrl-C ends the process at once, and what that leaves behind the next run clears away
        let _ = ctrlc::set_handler(stop);
        let bar = std::io::stderr()
            .is_terminal()
            .then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10)));
        Self { bar }
    }
}

#[expect(clippy::exit, reason = "whoever presses Ctrl-C twice does not want to wait for any clearing up")]
fn stop() {
    const INTERRUPTED: i32 = 130;
    if STOP.swap(true, Ordering::Relaxed) {
        std::process::exit(INTERRUPTED);
    }
}

impl Progress for Watcher {
    fn begin(&self, stage: Stage, total: u64) {
        let Some(bar) = &self.bar else { return };
        bar.reset();
        bar.set_style(style(stage));
        bar.set_prefix(stage.words());
        bar.set_length(total);
        bar.tick();
    }

    fn advance(&self, units: u64) {
        // an atomic addition and a look at the clock; draws ten times a second at most
        if let Some(bar) = &self.bar {
            bar.inc(units);
        }
    }

    fn stopped(&self) -> bool {
        STOP.load(Ordering::Relaxed)
    }
}

/// A bar over steps with names, on a terminal only.
#[derive(Debug)]
pub(crate) struct Steps {
    bar: Option<ProgressBar>,
}

impl Steps {
    pub(crate) fn new(total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("[{bar:24}] {percent:>3}%  {msg}")
                .expect("the template is written above");
            ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(10))
                .with_style(style.progress_chars("##-"))
        });
        Self { bar }
    }

    /// Shows what comes after so many steps.
    pub(crate) fn begin(&self, done: usize, what: &'static str) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            bar.set_message(what);
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(stage: Stage) -> ProgressStyle {
    let counts_pairs = matches!(stage, Stage::Train | Stage::Score);
    let template = if counts_pairs {
        "{prefix:<15}[{bar:24}] {percent:>3}%  {human_len} pairs  {pace}  {left}"
    } else {
        "{prefix:<15}[{bar:24}] {percent:>3}%"
    };
    ProgressStyle::with_template(template)
        .expect("the template is written above")
        .with_key("pace", pace)
        .with_key("left", left)
        .progress_chars("##-")
}

fn pace(state: &ProgressState, out: &mut dyn fmt::Write) {
    // nothing is known before the first pairs are done
    if state.pos() > 0 {
        // the bar is worth drawing even where a formatter fails
        let _ = write!(out, "{} pairs/s", HumanCount(state.per_sec() as u64));
    }
}

fn left(state: &ProgressState, out: &mut dyn fmt::Write) {
    if state.pos() == 0 {
        return;
    }
    let seconds = state.eta().as_secs();
    let _ = if seconds < 90 {
        write!(out, "about {} s left", seconds.max(1))
    } else {
        write!(out, "about {} min left", seconds.div_ceil(60))
    };
}
