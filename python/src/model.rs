//! Models: chosen, checked, explained, compared, brought from and to Splink. Each is its text.

use crate::given::{self, Given, GivenModel};
use crate::refused;
use crate::run::run;
use plait::{ModelRequest, ModelSpec};
use pyo3::prelude::*;

/// Chooses a model for sources and trains it. Gives its text and the findings in the sources.
#[pyfunction]
#[pyo3(signature = (sources, roles, names, seed, progress=None))]
pub(crate) fn choose_model(
    py: Python<'_>,
    sources: Vec<Given>,
    roles: Vec<(String, String)>,
    names: Option<Given>,
    seed: u64,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, Vec<String>)> {
    let request = ModelRequest {
        sources: given::sources(sources, &[], Vec::new())?,
        roles: given::roles(roles)?,
        names: names.map(Given::table).transpose()?,
        seed,
    };
    let chosen = run(py, progress.as_ref(), move |progress| plait::choose_model(&request, progress))?;
    Ok((chosen.text, chosen.issues.iter().map(ToString::to_string).collect()))
}

/// The model of children for these fields.
#[pyfunction]
pub(crate) fn children_model(fields: Vec<String>) -> PyResult<String> {
    plait::children_model(&fields).map_err(refused)
}

/// Finds all mistakes in a model.
#[pyfunction]
pub(crate) fn check_model(model: GivenModel) -> PyResult<()> {
    plait::check_model(&model.into(), &[], &[]).map(drop).map_err(refused)
}

/// A model in plain English, and what its levels are worth as a chart, if it is trained.
#[pyfunction]
pub(crate) fn explain_model(model: GivenModel) -> PyResult<(String, Option<String>)> {
    let model: ModelSpec = model.into();
    let prose = plait::explain_model(&model).map_err(refused)?;
    Ok((prose, plait::model_chart(&model).map_err(refused)?))
}

/// What differs from one model to another, a line each.
#[pyfunction]
pub(crate) fn difference_of_models(before: GivenModel, after: GivenModel) -> PyResult<Vec<String>> {
    plait::difference_of_models(&before.into(), &after.into()).map_err(refused)
}

/// A model as Splink settings.
#[pyfunction]
pub(crate) fn to_splink(model: GivenModel) -> PyResult<String> {
    plait::to_splink(&model.into()).map_err(refused)
}

/// Splink settings as a model, and what has no counterpart.
#[pyfunction]
pub(crate) fn from_splink(settings: GivenModel) -> PyResult<(String, Vec<String>)> {
    let brought = plait::from_splink(&settings.into()).map_err(refused)?;
    Ok((brought.text, brought.notes))
}
