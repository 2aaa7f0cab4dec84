//! A table that Python can look at and hand on.

use crate::capsule;
use arrow_schema::DataType;
use plait::Rows;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::Arc;

/// Rows as Arrow has them. Any library that knows `__arrow_c_stream__` takes it as it is: `polars.DataFrame(table)`,
/// `pyarrow.table(table)`, `duckdb.from_arrow(table)`.
#[pyclass(frozen, module = "plait")]
pub(crate) struct Table {
    pub(crate) rows: Arc<Rows>,
}

impl Table {
    pub(crate) fn of_rows(rows: Rows) -> Self {
        Self { rows: Arc::new(rows) }
    }
}

#[pymethods]
impl Table {
    /// The rows of any object with `__arrow_c_stream__`, whose buffers are shared.
    #[staticmethod]
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        capsule::take(object).map(Self::of_rows)
    }

    /// By which other libraries take the table over, without a copy. It is always given in its own schema.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        capsule::give(py, &self.rows)
    }

    fn __len__(&self) -> usize {
        self.rows.n_rows()
    }

    /// The names of the columns, in order.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.rows.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// What Python has for the values of each column: `whole`, `number`, `truth` or `text`.
    #[getter]
    fn kinds(&self) -> Vec<&'static str> {
        let kind = |kind: &DataType| match kind {
            kind if kind.is_integer() => "whole",
            kind if kind.is_floating() => "number",
            DataType::Boolean => "truth",
            _ => "text",
        };
        self.rows.schema().fields().iter().map(|field| kind(field.data_type())).collect()
    }

    /// Up to `n` rows from `first` on, as text; `None` where a value is missing.
    fn cells(&self, first: usize, n: usize) -> PyResult<Vec<Vec<Option<String>>>> {
        let mut cells = Vec::new();
        let (mut skip, mut left) = (first, n);
        for batch in self.rows.batches() {
            let from = skip.min(batch.num_rows());
            let taken = left.min(batch.num_rows() - from);
            skip -= from;
            left -= taken;
            if taken > 0 {
                let slice = Rows::new(self.rows.schema().clone(), vec![batch.slice(from, taken)]);
                let table = slice.read("rows").map_err(crate::refused)?.table;
                let row = |row: usize| {
                    table.columns.iter().map(|column| column.get(row).map(str::to_owned)).collect()
                };
                cells.extend((0..taken).map(row));
            }
        }
        Ok(cells)
    }

    /// Where the values of each column begin in memory, of the first batch: what shows that nothing was copied.
    fn addresses(&self) -> Vec<usize> {
        let Some(batch) = self.rows.batches().first() else { return Vec::new() };
        let address = |array: &arrow_array::ArrayRef| {
            let data = array.to_data();
            data.buffers().last().map_or(0, |buffer| buffer.as_ptr() as usize)
        };
        batch.columns().iter().map(address).collect()
    }
}
