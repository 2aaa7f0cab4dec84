//! The compiled part of the Python package `plait`: what Python cannot say, and nothing that the façade does not know.
//!
//! What is wrong is raised as `Refused`, with the faults as JSON; the package makes exceptions of its own of it.

mod capsule;
mod given;
mod linkage;
mod look;
mod model;
mod parts;
mod run;
mod similarity;
mod table;

use plait::Faults;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use serde_json::json;

create_exception!(_plait, Refused, PyException, "What was wrong, as a JSON list of faults.");

/// Faults as an exception.
fn refused(faults: impl Into<Faults>) -> PyErr {
    let faults: Vec<_> = faults
        .into()
        .0
        .iter()
        .map(|fault| {
            json!({
                "code": fault.code.name(),
                "kind": format!("{:?}", fault.code.kind()).to_lowercase(),
                "what": fault.what,
                "place": fault.place,
                "why": fault.why,
                "help": fault.todo,
            })
        })
        .collect();
    Refused::new_err(json!(faults).to_string())
}

#[pymodule]
fn _plait(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", plait::VERSION)?;
    module.add("Refused", module.py().get_type::<Refused>())?;
    module.add_class::<table::Table>()?;
    module.add_class::<linkage::Linkage>()?;
    module.add_class::<similarity::Column>()?;
    module.add_function(wrap_pyfunction!(linkage::link, module)?)?;
    module.add_function(wrap_pyfunction!(look::look, module)?)?;
    module.add_function(wrap_pyfunction!(look::read, module)?)?;
    module.add_function(wrap_pyfunction!(model::choose_model, module)?)?;
    module.add_function(wrap_pyfunction!(model::children_model, module)?)?;
    module.add_function(wrap_pyfunction!(model::check_model, module)?)?;
    module.add_function(wrap_pyfunction!(model::explain_model, module)?)?;
    module.add_function(wrap_pyfunction!(model::difference_of_models, module)?)?;
    module.add_function(wrap_pyfunction!(model::to_splink, module)?)?;
    module.add_function(wrap_pyfunction!(model::from_splink, module)?)?;
    module.add_function(wrap_pyfunction!(similarity::compare, module)?)?;
    module.add_function(wrap_pyfunction!(similarity::sounds, module)?)?;
    module.add_function(wrap_pyfunction!(similarity::standardised, module)?)?;
    module.add_class::<parts::Parts>()?;
    module.add_function(wrap_pyfunction!(parts::check_parts, module)?)?;
    module.add_function(wrap_pyfunction!(parts::plan_parts, module)?)?;
    Ok(())
}
