//! What Python gives: sources, tables beside them, models, and words for what Plait has names for.

use crate::refused;
use crate::table::Table;
use plait::{Fault, FaultCode, LaCode, LinkType, ModelSpec, Role, SourceSpec, TableSpec};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// A source, or a table beside the sources: what to call it, and its path or its rows.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Given {
    name: Option<String>,
    path: Option<PathBuf>,
    table: Option<Py<Table>>,
}

impl Given {
    pub(crate) fn source(self) -> PyResult<SourceSpec> {
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

    pub(crate) fn table(self) -> PyResult<TableSpec> {
        match (self.path, self.table, self.name) {
            (Some(path), None, _) => Ok(path.into()),
            (None, Some(table), Some(name)) => {
                Ok(TableSpec::Rows { name, rows: Arc::clone(&table.get().rows) })
            }
            _ => Err(PyValueError::new_err("it is a path, or a table with a name")),
        }
    }
}

/// The sources, each with what was said that it is and of which authority.
pub(crate) fn sources(
    given: Vec<Given>,
    is_a: &[(Option<String>, String)],
    authority: Vec<(Option<String>, String)>,
) -> PyResult<Vec<SourceSpec>> {
    let mut sources = given.into_iter().map(Given::source).collect::<PyResult<Vec<_>>>()?;
    let code = |(name, code): (Option<String>, String)| {
        Ok((name, known("authority", &code, LaCode::parse, "write its three digits, such as 302")?))
    };
    let authorities = authority.into_iter().map(code).collect::<PyResult<Vec<_>>>()?;
    plait::say_what_they_are(&mut sources, is_a, &authorities).map_err(refused)?;
    Ok(sources)
}

/// A model by its path or by its text.
#[derive(FromPyObject)]
pub(crate) enum GivenModel {
    #[pyo3(transparent)]
    Path(PathOf),
    #[pyo3(transparent)]
    Text(TextOf),
}

#[derive(FromPyObject)]
pub(crate) struct PathOf {
    #[pyo3(item)]
    path: PathBuf,
}

#[derive(FromPyObject)]
pub(crate) struct TextOf {
    #[pyo3(item)]
    text: String,
}

impl From<GivenModel> for ModelSpec {
    fn from(given: GivenModel) -> Self {
        match given {
            GivenModel::Path(given) => Self::File(given.path),
            GivenModel::Text(given) => Self::Text(given.text),
        }
    }
}

pub(crate) fn roles(given: Vec<(String, String)>) -> PyResult<Vec<(String, Role)>> {
    given.into_iter().map(|(header, name)| Ok((header, role(&name)?))).collect()
}

/// A role by its name, with spaces or underscores.
pub(crate) fn role(name: &str) -> PyResult<Role> {
    let todo = match plait::nearest(name, Role::all().map(Role::name)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("use one of {}", Role::all().map(Role::name).collect::<Vec<_>>().join(", ")),
    };
    known("role", &name.replace(' ', "_"), Role::from_name, todo)
}

pub(crate) fn link_type(name: Option<String>) -> PyResult<Option<LinkType>> {
    let todo = "use one of link_only, dedupe_only, link_and_dedupe";
    name.map(|name| known("link type", &name, LinkType::from_name, todo)).transpose()
}

/// What a name stands for; a usage error where it stands for nothing.
pub(crate) fn known<T>(
    what: &str,
    name: &str,
    find: impl Fn(&str) -> Option<T>,
    todo: impl Into<String>,
) -> PyResult<T> {
    find(name).ok_or_else(|| {
        refused(Fault::new(FaultCode::BadOption, format!("\"{name}\" is no {what} that Plait knows"), todo))
    })
}
