//! Steps of a job that is done in parts, one at a time in whichever process holds the messages.

use crate::given::{self, link_type};
use crate::refused;
use crate::table::Table;
use plait::parts::{self, PlanOptions, PlanRequest, Step};
use plait::{Faults, Rows, SourceSpec};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::sync::Arc;

/// How sources are to be linked in parts, as `plait::parts::PlanOptions` has it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Options {
    /// The text of a model, and what to call it.
    model: (String, String),
    roles: Vec<(String, String)>,
    link_type: Option<String>,
    threshold: Option<f64>,
}

impl Options {
    fn understood(self) -> PyResult<PlanOptions> {
        Ok(PlanOptions {
            model: self.model,
            roles: given::roles(self.roles)?,
            link_type: link_type(self.link_type)?,
            link_from: self.threshold,
        })
    }
}

/// Refuses what is wrong whatever rows sources with these names and headers have.
#[pyfunction]
pub(crate) fn check_parts(sources: Vec<(String, Vec<String>)>, options: Options) -> PyResult<()> {
    parts::check(&sources, &options.understood()?).map_err(refused)
}

/// Understands the columns of the sources by some of their rows; gives the document that all steps take. `n_records` is how many each
/// has in all.
#[pyfunction]
pub(crate) fn plan_parts(
    py: Python<'_>,
    sources: Vec<(String, Py<Table>)>,
    n_records: Vec<u64>,
    processes: u32,
    options: Options,
) -> PyResult<String> {
    let source =
        |(name, table): (String, Py<Table>)| SourceSpec::of_rows(name, Arc::clone(&table.get().rows));
    let sources = sources.into_iter().map(source).collect();
    let request = PlanRequest { sources, n_records, options: options.understood()?, processes };
    py.detach(|| parts::plan(&request)).map_err(refused)
}

/// A job that is done in parts.
#[pyclass(frozen, module = "plait._plait")]
pub(crate) struct Parts {
    parts: parts::Parts,
}

impl Parts {
    fn new(parts: Result<parts::Parts, Faults>) -> PyResult<Self> {
        Ok(Self { parts: parts.map_err(refused)? })
    }
}

#[pymethods]
impl Parts {
    /// From the document of a driver of the same version.
    #[staticmethod]
    fn of(py: Python<'_>, document: &str) -> PyResult<Self> {
        Self::new(py.detach(|| parts::Parts::of(document)))
    }

    #[getter]
    fn document(&self) -> String {
        self.parts.document()
    }

    /// The headers of the columns of a source that are needed; the first names the records.
    fn columns(&self, source: usize) -> Vec<String> {
        self.parts.columns(source)
    }

    /// How many homes, counting, comparing and deciding parts there are.
    #[getter]
    fn n_parts(&self) -> [u32; 4] {
        self.parts.n_parts()
    }

    /// Findings in the rows by which the columns were understood, one line each.
    #[getter]
    fn issues(&self) -> Vec<String> {
        self.parts.issues().to_vec()
    }

    /// Whether some values are held by implausibly many records, once they have been counted.
    #[getter]
    fn has_spikes(&self) -> bool {
        self.parts.has_spikes()
    }

    /// Messages of rows of a source, which have their places beside the columns that are needed.
    fn prepare(&self, py: Python<'_>, source: usize, rows: &Table) -> PyResult<Table> {
        let rows: &Rows = &rows.rows;
        let messages = py.detach(|| self.parts.prepare(source, rows));
        Ok(Table::of_rows(messages.map_err(refused)?.into_rows()))
    }

    /// What a step makes of the messages that came to this process.
    fn step(&self, py: Python<'_>, name: &str, messages: &Table) -> PyResult<Table> {
        let step = Step::from_name(name).ok_or_else(|| PyValueError::new_err("there is no such step"))?;
        let rows: &Rows = &messages.rows;
        let sent = py.detach(|| self.parts.step(step, rows));
        Ok(Table::of_rows(sent.map_err(refused)?.into_rows()))
    }

    /// With what was said when values were counted.
    fn counted(&self, said: Vec<Vec<u8>>) -> PyResult<Self> {
        Self::new(self.parts.counted(&said))
    }

    /// With what was said of values that implausibly many records hold.
    fn spiked(&self, said: Vec<Vec<u8>>) -> PyResult<Self> {
        Self::new(self.parts.spiked(&said))
    }

    /// Whether the model is still to be learned.
    #[getter]
    fn learns(&self) -> bool {
        self.parts.learns()
    }

    /// The text of the model.
    #[getter]
    fn model(&self) -> &str {
        self.parts.model()
    }

    /// With what was seen that the model is to be learned from.
    fn learned(&self, py: Python<'_>, seen: Vec<Vec<u8>>) -> PyResult<Self> {
        Self::new(py.detach(|| self.parts.learned(&seen)))
    }

    /// Whether more is to be seen before the model can be learned.
    #[getter]
    fn looks_again(&self) -> bool {
        self.parts.looks_again()
    }

    /// Whether values of two fields are to be counted together before the model is learned.
    #[getter]
    fn asks_for_values(&self) -> bool {
        self.parts.asks_for_values()
    }

    /// With the model learned.
    fn taught(&self, py: Python<'_>, said: Vec<Vec<u8>>) -> PyResult<Self> {
        Self::new(py.detach(|| self.parts.taught(&said)))
    }

    /// With the model looked at once more, after pairs were compared; nothing if that has not changed it.
    fn settled(&self, seen: Vec<Vec<u8>>) -> PyResult<Option<Self>> {
        Ok(self.parts.settled(&seen).map_err(refused)?.map(|parts| Self { parts }))
    }

    /// What was found in numbers, as JSON, from what was said when pairs were compared and decided on.
    fn done(&self, said: Vec<Vec<u8>>) -> PyResult<String> {
        let done = self.parts.done(&said).map_err(refused)?;
        Ok(serde_json::to_string(&done).expect("numbers are plain data"))
    }
}
