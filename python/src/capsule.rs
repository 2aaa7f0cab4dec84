//! Tables by the Arrow `PyCapsule` interface. The only place where memory is taken over by its address.
#![expect(unsafe_code, reason = "the interface hands out addresses")]

use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{RecordBatchIterator, RecordBatchReader};
use plait::Rows;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods};
use std::ffi::CStr;

/// What the interface calls a capsule with a stream of batches.
const NAME: &CStr = c"arrow_array_stream";
const METHOD: &str = "__arrow_c_stream__";

/// The rows of any object with `__arrow_c_stream__`: a frame of polars or pandas, a table of pyarrow, a relation of `DuckDB`. The
/// buffers stay where they are and are shared.
pub(crate) fn take(object: &Bound<'_, PyAny>) -> PyResult<Rows> {
    if !object.hasattr(METHOD)? {
        return Err(PyTypeError::new_err(format!(
            "a {} is no table: give a path, or an object with {METHOD}, such as a frame of polars or pandas (2.2 or later), a \
             table of pyarrow or a relation of DuckDB",
            object.get_type().name()?
        )));
    }
    let capsule = object.call_method0(METHOD)?.cast_into::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(NAME))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: a capsule of this name holds a valid stream, by the interface. It is moved out, and what stays is marked as
    // released, so that the capsule does not release it again.
    let reader = unsafe { RecordBatchStreamReader::from_raw(stream.as_ptr()) }.map_err(cannot_take)?;
    let schema = reader.schema();
    Ok(Rows::new(schema, reader.collect::<Result<_, _>>().map_err(cannot_take)?))
}

/// A capsule with these rows, whose buffers are shared.
pub(crate) fn give<'py>(py: Python<'py>, rows: &Rows) -> PyResult<Bound<'py, PyCapsule>> {
    let batches: Vec<_> = rows.batches().iter().cloned().map(Ok).collect();
    let reader = RecordBatchIterator::new(batches, rows.schema().clone());
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), NAME)
}

fn cannot_take(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(format!("the table cannot be had: {error}"))
}
