//! Columns compared row by row.

use crate::capsule;
use crate::given::role;
use crate::refused;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt32Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, StringArray, UInt32Array};
use arrow_schema::DataType;
use plait::similarity::{self, Figures};
use plait::{Fault, Rows};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::Arc;

/// One column, as Arrow has it. Any library that knows `__arrow_c_array__` takes it as it is.
#[pyclass(frozen, module = "plait")]
pub(crate) struct Column {
    array: ArrayRef,
}

#[pymethods]
impl Column {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        drop(requested_schema);
        capsule::give_array(py, &self.array)
    }

    fn __len__(&self) -> usize {
        self.array.len()
    }

    /// The first `n` values, or all.
    #[pyo3(signature = (n=None))]
    fn values<'py>(&self, py: Python<'py>, n: Option<usize>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let rows = 0..n.unwrap_or(usize::MAX).min(self.array.len());
        rows.map(|row| value(py, &self.array, row)).collect()
    }
}

/// A value of one of the types that are made here.
fn value<'py>(py: Python<'py>, array: &ArrayRef, row: usize) -> PyResult<Bound<'py, PyAny>> {
    if array.is_null(row) {
        return Ok(py.None().into_bound(py));
    }
    Ok(match array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into_bound_py_any(py)?,
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).into_bound_py_any(py)?,
        DataType::Boolean => array.as_boolean().value(row).into_bound_py_any(py)?,
        _ => array.as_string::<i32>().value(row).into_bound_py_any(py)?,
    })
}

/// The values of one side: of an object with `__arrow_c_array__` or `__arrow_c_stream__`, or of a list of text and None.
fn rows_of(values: &Bound<'_, PyAny>, name: &str) -> PyResult<Rows> {
    if let Some(column) = capsule::take_column(values, name)? {
        return Ok(column);
    }
    let list: Vec<Option<String>> = values.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "a {} of these values is no column: give a series of polars or pandas (3 or later), an array of pyarrow, or a list of \
             text and None",
            values.get_type().name().map_or_else(|_| "value".to_owned(), |name| name.to_string())
        ))
    })?;
    Ok(capsule::rows_of(name, vec![Arc::new(StringArray::from(list))]))
}

/// Compares two columns by a measure.
#[pyfunction]
pub(crate) fn compare(
    py: Python<'_>,
    measure: &str,
    left: &Bound<'_, PyAny>,
    right: &Bound<'_, PyAny>,
) -> PyResult<Column> {
    let (left, right) = (rows_of(left, "left")?, rows_of(right, "right")?);
    let figures = py.detach(|| {
        let left = similarity::column_of(&left, "left")?;
        similarity::compare(measure, &left, &similarity::column_of(&right, "right")?)
    });
    let array: ArrayRef = match figures.map_err(refused)? {
        Figures::Shares(shares) => Arc::new(Float64Array::from(shares)),
        Figures::Counts(counts) => Arc::new(UInt32Array::from(counts)),
        Figures::Truths(truths) => Arc::new(BooleanArray::from(truths)),
    };
    Ok(Column { array })
}

/// The codes of names by `soundex` or `metaphone`.
#[pyfunction]
pub(crate) fn sounds(py: Python<'_>, code: &str, names: &Bound<'_, PyAny>) -> PyResult<Column> {
    let names = rows_of(names, "names")?;
    let codes = py.detach(|| {
        let names = similarity::column_of(&names, "names")?;
        Ok(if code == "soundex" {
            similarity::soundex_codes(&names)
        } else {
            similarity::metaphone_codes(&names)
        })
    });
    Ok(Column { array: Arc::new(StringArray::from(codes.map_err(|fault: Fault| refused(fault))?)) })
}

/// Values as records hold those of a role.
#[pyfunction]
pub(crate) fn standardised(py: Python<'_>, values: &Bound<'_, PyAny>, name: &str) -> PyResult<Column> {
    let (role, values) = (role(name)?, rows_of(values, "values")?);
    let column = py.detach(|| Ok(similarity::standardised(role, &similarity::column_of(&values, "values")?)));
    let column = column.map_err(|fault: Fault| refused(fault))?;
    let rows = 0..column.codes.len();
    Ok(Column { array: Arc::new(rows.map(|row| column.get(row)).collect::<StringArray>()) })
}
