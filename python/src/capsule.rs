//! Tables by the Arrow `PyCapsule` interface. The only place where memory is taken over by its address.
#![expect(unsafe_code, reason = "the interface hands out addresses")]

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchReader, make_array};
use arrow_schema::{Field, Schema};
use plait::Rows;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods};
use std::ffi::CStr;
use std::sync::Arc;

/// What the interface calls a capsule with a stream of batches.
const NAME: &CStr = c"arrow_array_stream";
const METHOD: &str = "__arrow_c_stream__";
/// What it calls capsules with one array and with its type.
const ARRAY: &CStr = c"arrow_array";
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY_METHOD: &str = "__arrow_c_array__";

/// The rows of any object with `__arrow_c_stream__`: a frame of polars or pandas, a table of pyarrow, a relation of `DuckDB`. The
/// buffers stay where they are and are shared.
pub(crate) fn take(object: &Bound<'_, PyAny>) -> PyResult<Rows> {
    if !object.hasattr(METHOD)? {
        return Err(PyTypeError::new_err(format!(
            "a {} is no table: give a path, or an object with {METHOD}, such as a frame of polars (a lazy one collected) or pandas \
             (2.2 or later), a table of pyarrow or a relation of DuckDB",
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

/// One column of any object with `__arrow_c_array__` or with a stream of arrays: a series of polars or pandas, an array of
/// pyarrow. The buffers are shared. `None` of what has no column to give.
pub(crate) fn take_column(object: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<Rows>> {
    let arrays = if object.hasattr(METHOD)? {
        arrays_of_stream(object)?
    } else if object.hasattr(ARRAY_METHOD)? {
        vec![one_array(object)?]
    } else {
        return Ok(None);
    };
    Ok(Some(rows_of(name, arrays)))
}

/// Arrays of one type as a table of one column.
pub(crate) fn rows_of(name: &str, arrays: Vec<ArrayRef>) -> Rows {
    let kind = arrays.first().map_or(arrow_schema::DataType::Null, |array| array.data_type().clone());
    let schema = Arc::new(Schema::new(vec![Field::new(name, kind, true)]));
    let batch = |array| {
        RecordBatch::try_new(Arc::clone(&schema), vec![array])
            .expect("the arrays of a column are of its type")
    };
    let batches = arrays.into_iter().map(batch).collect();
    Rows::new(schema, batches)
}

fn one_array(object: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let (schema, array): (Bound<'_, PyAny>, Bound<'_, PyAny>) =
        object.call_method0(ARRAY_METHOD)?.extract()?;
    let (schema, array) = (schema.cast_into::<PyCapsule>()?, array.cast_into::<PyCapsule>()?);
    let schema = schema.pointer_checked(Some(SCHEMA))?.cast::<FFI_ArrowSchema>();
    let array = array.pointer_checked(Some(ARRAY))?.cast::<FFI_ArrowArray>();
    // SAFETY: capsules of these names hold a valid type and a valid array of it, by the interface. The array is moved out, and
    // what stays is marked as released; the type is only looked at.
    let data = unsafe { from_ffi(FFI_ArrowArray::from_raw(array.as_ptr()), schema.as_ref()) }
        .map_err(cannot_take)?;
    Ok(make_array(data))
}

fn arrays_of_stream(object: &Bound<'_, PyAny>) -> PyResult<Vec<ArrayRef>> {
    let capsule = object.call_method0(METHOD)?.cast_into::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(NAME))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: as of a stream of batches.
    let reader = unsafe { ArrayStreamReader::from_raw(stream.as_ptr()) }.map_err(cannot_take)?;
    reader.collect::<Result<_, _>>().map_err(cannot_take)
}

/// Capsules with the type of an array and with the array, whose buffers are shared.
pub(crate) fn give_array<'py>(
    py: Python<'py>,
    array: &ArrayRef,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let (data, schema) = to_ffi(&array.to_data()).map_err(cannot_take)?;
    Ok((PyCapsule::new_with_value(py, schema, SCHEMA)?, PyCapsule::new_with_value(py, data, ARRAY)?))
}

fn cannot_take(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(format!("the table cannot be had: {error}"))
}
