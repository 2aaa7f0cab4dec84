//! Mistakes of Plait itself: told without a trace, and without the data that was at hand.

use crate::print;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

/// Where the last panic was, and with `--debug` what it said.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Does the work, or says that Plait has a mistake and gives `None`.
///
/// Nothing is printed at the panic itself: readers of files catch those of the libraries that they use and make
/// them faults. What a panic says may hold a value of a record, so that it is only shown on request.
pub(crate) fn caught<T>(debug: bool, work: impl FnOnce() -> T) -> Option<T> {
    panic::set_hook(Box::new(move |info| {
        let place = info.location().map_or_else(|| "a place unknown".to_owned(), ToString::to_string);
        let said =
            if debug { format!(": {}", info.payload_as_str().unwrap_or("nothing")) } else { String::new() };
        if let Ok(mut last) = LAST.lock() {
            *last = Some(format!("{place}{said}"));
        }
    }));
    let done = panic::catch_unwind(AssertUnwindSafe(work)).ok();
    if done.is_none() {
        let place = LAST.lock().ok().and_then(|mut last| last.take()).unwrap_or_default();
        print::aside(format_args!(
            "error: Plait has made a mistake and stopped (at {place})\n  \
             why: this is a fault of the program, not of your files; nothing was written\n  \
             do:  report it with this message and the command; --debug shows more, which may hold data"
        ));
    }
    done
}
