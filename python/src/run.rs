//! Work on a thread of its own while Python looks for Ctrl-C, and how far it is.

use crate::refused;
use plait::{Faults, Progress, Stage};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How often Python is asked whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// How far a run is, for the thread that looks after Python.
#[derive(Default)]
struct Watched {
    /// Stage and units of work to come.
    stage: Mutex<Option<(Stage, u64)>>,
    done: AtomicU64,
    stop: AtomicBool,
}

impl Progress for Watched {
    fn begin(&self, stage: Stage, total: u64) {
        let mut now = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        *now = Some((stage, total));
        self.done.store(0, Ordering::Relaxed);
    }

    fn advance(&self, units: u64) {
        self.done.fetch_add(units, Ordering::Relaxed);
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Watched {
    /// Stage, share of it that is done; `None` before the first.
    fn now(&self) -> Option<(&'static str, f64)> {
        let (stage, total) = (*self.stage.lock().unwrap_or_else(PoisonError::into_inner))?;
        let done = self.done.load(Ordering::Relaxed);
        Some((stage.words(), (done as f64 / total.max(1) as f64).min(1.0)))
    }
}

/// Does the work. `progress` is called with the stage and the share of it that is done, about twenty times a second.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&dyn Progress) -> Result<T, Faults> + Send + 'static,
) -> PyResult<T> {
    let watched = Arc::new(Watched::default());
    let (send, mut receive) = channel();
    let worker = {
        let watched = Arc::clone(&watched);
        thread::spawn(move || {
            // who asked may have gone
            let _ = send.send(work(&*watched));
        })
    };
    loop {
        let waiting = &mut receive;
        match py.detach(move || waiting.recv_timeout(LOOK)) {
            Ok(done) => return done.map_err(refused),
            Err(RecvTimeoutError::Disconnected) => {
                let _ = py.detach(move || worker.join());
                return Err(PyRuntimeError::new_err(
                    "Plait stopped for a reason of its own, which is a defect: please report what you did",
                ));
            }
            Err(RecvTimeoutError::Timeout) => {
                let told = match (progress, watched.now()) {
                    (Some(progress), Some(now)) => progress.call1(py, now).map(drop),
                    _ => Ok(()),
                };
                if let Err(error) = told.and_then(|()| py.check_signals()) {
                    watched.stop.store(true, Ordering::Relaxed);
                    let _ = py.detach(move || worker.join());
                    return Err(error);
                }
            }
        }
    }
}
