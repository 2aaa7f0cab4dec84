//! Linking, and what came of it.

use crate::given::{self, Given, GivenModel, known};
use crate::refused;
use crate::run::run;
use crate::table::Table;
use plait::{Held, LinkRequest, Linked, Method, PartialDate, SourceSpec};
use pyo3::prelude::*;

/// As `plait link` has them.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Options {
    model: Option<GivenModel>,
    method: Option<String>,
    truth: Option<Given>,
    constraints: Option<Given>,
    labels: Option<Given>,
    names: Option<Given>,
    roles: Vec<(String, String)>,
    is_a: Vec<(Option<String>, String)>,
    authority: Vec<(Option<String>, String)>,
    link_type: Option<String>,
    threshold: Option<f64>,
    ages_on: Option<String>,
    threads: Option<usize>,
    seed: u64,
}

impl Options {
    fn request(self, sources: Vec<SourceSpec>) -> PyResult<LinkRequest> {
        let table = |given: Option<Given>| given.map(Given::table).transpose();
        let methods = || Method::all().map(Method::name).collect::<Vec<_>>().join(", ");
        Ok(LinkRequest {
            model: self.model.map(Into::into),
            method: self
                .method
                .map(|name| known("method", &name, Method::from_name, format!("use one of {}", methods())))
                .transpose()?,
            truth: table(self.truth)?,
            constraints: table(self.constraints)?,
            labels: table(self.labels)?,
            names: table(self.names)?,
            roles: given::roles(self.roles)?,
            link_type: given::link_type(self.link_type)?,
            link_from: self.threshold,
            ages_on: self
                .ages_on
                .map(|day| known("day", &day, day_of, "write it as YYYY-MM-DD"))
                .transpose()?,
            threads: self.threads,
            seed: self.seed,
            ..LinkRequest::in_memory(sources)
        })
    }
}

fn day_of(text: &str) -> Option<PartialDate> {
    PartialDate::parse(text, plait::DateOrder::YearMonthDay)
}

/// Links the sources.
#[pyfunction]
#[pyo3(signature = (sources, options, progress=None))]
pub(crate) fn link(
    py: Python<'_>,
    sources: Vec<Given>,
    options: Options,
    progress: Option<Py<PyAny>>,
) -> PyResult<Linkage> {
    let sources = given::sources(sources, &options.is_a, options.authority.clone())?;
    let request = options.request(sources)?;
    let linked = run(py, progress.as_ref(), move |progress| plait::link(&request, progress))?;
    Ok(Linkage { linked })
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

    /// Precision and recall by threshold: the figures, and a chart with a table of them.
    fn tradeoff(&self, py: Python<'_>, id: &str) -> (Table, String) {
        let tradeoff = py.detach(|| self.held().tradeoff());
        (Table::of_rows(tradeoff.rows()), tradeoff.chart(id))
    }

    /// The explanation of a pair as JSON, and as a chart with a table, with its values.
    fn explain(&self, py: Python<'_>, left: &str, right: &str) -> PyResult<(String, String)> {
        let held = self.held();
        let explanation = py.detach(|| held.explain(left, right)).map_err(refused)?;
        Ok((plait::explanation_document(&explanation, true).to_string(), held.chart(&explanation)))
    }

    /// What the model gives to pairs of records.
    fn weigh(&self, py: Python<'_>, pairs: Given) -> PyResult<Table> {
        let pairs = pairs.table()?;
        py.detach(|| self.held().weigh(&pairs)).map(Table::of_rows).map_err(refused)
    }

    /// Figures against a table of the truth, as JSON.
    fn score(&self, py: Python<'_>, truth: Given) -> PyResult<String> {
        let truth = truth.table()?;
        let scores = py.detach(|| self.held().score(&truth)).map_err(refused)?;
        Ok(serde_json::to_string(&scores).expect("scores are plain data"))
    }
}
