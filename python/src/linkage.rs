//! Linking, on a thread of its own while Python looks for Ctrl-C, and what came of it.

use crate::refused;
use crate::table::Table;
use plait::{
    Faults, Held, LaCode, LinkRequest, LinkType, Linked, Method, PartialDate, Progress, Role, SourceSpec,
    Stage,
};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How often Python is asked whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// A source: what to call it, and its path or its rows.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Source {
    name: Option<String>,
    path: Option<PathBuf>,
    table: Option<Py<Table>>,
}

/// As `plait link` has them.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Options {
    model: Option<PathBuf>,
    method: Option<String>,
    truth: Option<PathBuf>,
    constraints: Option<PathBuf>,
    labels: Option<PathBuf>,
    names: Option<PathBuf>,
    roles: Vec<(String, String)>,
    is_a: Vec<(Option<String>, String)>,
    authority: Vec<(Option<String>, String)>,
    link_type: Option<String>,
    threshold: Option<f64>,
    ages_on: Option<String>,
    threads: Option<usize>,
    seed: u64,
}

impl Source {
    fn spec(self) -> PyResult<SourceSpec> {
        let unnamed = match (self.path, self.table) {
            (Some(path), None) => SourceSpec::at(path),
            (None, Some(table)) => {
                let name = self.name.clone().ok_or_else(|| PyValueError::new_err("a table needs a name"))?;
                SourceSpec::of_rows(name, Arc::clone(&table.get().rows))
            }
            _ => return Err(PyValueError::new_err("a source is a path or a table")),
        };
        Ok(SourceSpec { name: self.name.or(unnamed.name.clone()), ..unnamed })
    }
}

impl Options {
    fn request(self, mut sources: Vec<SourceSpec>) -> PyResult<LinkRequest> {
        let authority =
            |(name, code): (Option<String>, String)| Ok((name, named("authority", &code, LaCode::parse)?));
        let authorities = self.authority.into_iter().map(authority).collect::<PyResult<Vec<_>>>()?;
        plait::say_what_they_are(&mut sources, &self.is_a, &authorities).map_err(refused)?;
        let role = |(header, role): (String, String)| Ok((header, named("role", &role, Role::from_name)?));
        Ok(LinkRequest {
            model: self.model,
            method: self.method.map(|name| named("method", &name, Method::from_name)).transpose()?,
            truth: self.truth,
            constraints: self.constraints,
            labels: self.labels,
            names: self.names,
            roles: self.roles.into_iter().map(role).collect::<PyResult<_>>()?,
            link_type: self
                .link_type
                .map(|name| named("link type", &name, LinkType::from_name))
                .transpose()?,
            link_from: self.threshold,
            ages_on: self.ages_on.map(|day| named("day", &day, day_of)).transpose()?,
            threads: self.threads,
            seed: self.seed,
            ..LinkRequest::in_memory(sources)
        })
    }
}

fn day_of(text: &str) -> Option<PartialDate> {
    PartialDate::parse(text, plait::DateOrder::YearMonthDay)
}

pub(crate) fn named<T>(what: &str, name: &str, find: impl Fn(&str) -> Option<T>) -> PyResult<T> {
    find(name).ok_or_else(|| PyValueError::new_err(format!("\"{name}\" is no {what} that Plait knows")))
}

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

/// Links the sources. `progress` is called with the stage and the share of it that is done, about twenty times a second.
#[pyfunction]
#[pyo3(signature = (sources, options, progress=None))]
pub(crate) fn link(
    py: Python<'_>,
    sources: Vec<Source>,
    options: Options,
    progress: Option<Py<PyAny>>,
) -> PyResult<Linkage> {
    let sources = sources.into_iter().map(Source::spec).collect::<PyResult<Vec<_>>>()?;
    let request = options.request(sources)?;
    let watched = Arc::new(Watched::default());
    let (send, mut receive) = channel();
    let worker = {
        let watched = Arc::clone(&watched);
        thread::spawn(move || {
            // who asked may have gone
            let _ = send.send(plait::link(&request, &*watched));
        })
    };
    let linked: Result<Linked, Faults> = loop {
        let waiting = &mut receive;
        match py.detach(move || waiting.recv_timeout(LOOK)) {
            Ok(done) => break done,
            Err(RecvTimeoutError::Disconnected) => {
                let _ = py.detach(move || worker.join());
                return Err(PyRuntimeError::new_err(
                    "Plait stopped for a reason of its own, which is a defect: please report what you did",
                ));
            }
            Err(RecvTimeoutError::Timeout) => {
                let told = match (&progress, watched.now()) {
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
    };
    Ok(Linkage { linked: linked.map_err(refused)? })
}

/// What a run found.
#[pyclass(frozen, module = "plait._plait")]
pub(crate) struct Linkage {
    linked: Linked,
}

impl Linkage {
    fn held(&self) -> &Held {
        self.linked.held.as_deref().expect("a run without a folder keeps what it found")
    }
}

#[pymethods]
impl Linkage {
    #[getter]
    fn people(&self) -> Table {
        Table::of_rows(self.held().people.clone())
    }

    #[getter]
    fn links(&self) -> Table {
        Table::of_rows(self.held().links.clone())
    }

    #[getter]
    fn review(&self) -> Table {
        Table::of_rows(self.held().review.clone())
    }

    #[getter]
    fn not_found(&self) -> Table {
        Table::of_rows(self.held().not_found.clone())
    }

    #[getter]
    fn report(&self) -> &str {
        &self.held().report
    }

    #[getter]
    fn quality_report(&self) -> &str {
        &self.held().quality_report
    }

    #[getter]
    fn summary(&self) -> &str {
        &self.linked.summary
    }

    /// `run.json`.
    #[getter]
    fn run(&self) -> String {
        serde_json::to_string(&self.linked.run).expect("a run is plain data")
    }

    /// `model.toml`.
    #[getter]
    fn model(&self) -> &str {
        &self.linked.model_text
    }

    /// Findings in the sources, one line each.
    #[getter]
    fn issues(&self) -> Vec<String> {
        self.linked.issues.iter().map(ToString::to_string).collect()
    }

    /// The explanation of a pair as JSON, with its values.
    fn explain(&self, py: Python<'_>, left: &str, right: &str) -> PyResult<String> {
        let explanation = py.detach(|| self.held().explain(left, right)).map_err(refused)?;
        Ok(plait::explanation_document(&explanation, true).to_string())
    }

    /// Figures against a table of the truth, as JSON.
    fn score(&self, py: Python<'_>, truth: &Table) -> PyResult<String> {
        let scores = py.detach(|| {
            let table = truth.rows.read("truth").map_err(Faults::from)?.table;
            self.held().score(table, "truth")
        });
        Ok(serde_json::to_string(&scores.map_err(refused)?).expect("scores are plain data"))
    }
}
