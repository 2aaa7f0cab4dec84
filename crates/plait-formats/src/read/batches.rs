//! Arrow batches into a table, from a file or from the memory of another program.

use super::arrow::ArrowColumn;
use super::naming;
use super::parquet::nested;
use super::{FileFormat, Read, ReadOptions, RowLines, empty};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema, SchemaRef};
use plait_types::{Fault, FaultCode, Issue, Table};
use rayon::prelude::*;
use std::sync::Arc;

/// Rows in the memory of a program, as Arrow has them.
#[derive(Clone, Debug)]
pub struct Rows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Rows {
    /// Batches of one schema.
    pub fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches }
    }

    /// What the columns are.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// All rows, in order.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// How many there are.
    pub fn n_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Bytes of their buffers.
    pub fn n_bytes(&self) -> usize {
        self.batches.iter().map(RecordBatch::get_array_memory_size).sum()
    }

    /// A [`FaultCode::ColumnType`] for each column that holds no single values, or not what its type says. A file may have such
    /// columns, and they are left out of it; who has the rows in memory can put a column into another form, and is told how.
    pub fn refuse_unusable(&self, name: &str) -> Result<(), Vec<Fault>> {
        let because = "a column is compared by single values: text, numbers, dates, truths";
        let faults: Vec<Fault> = (self.schema.fields().iter().enumerate())
            .filter_map(|(at, field)| {
                let (header, kind) = (field.name(), field.data_type());
                if holds_values(kind) {
                    return self.refuse_damaged(at);
                }
                let what = match kind {
                    DataType::Timestamp(_, Some(zone)) => {
                        format!("column \"{header}\" has times of the zone \"{zone}\", which nobody knows")
                    }
                    kind => format!("column \"{header}\" is of type {kind}"),
                };
                Some(Fault::new(FaultCode::ColumnType, what, cast(header, kind)).because(because))
            })
            .map(|fault| fault.at(name))
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Memory is taken over as it is, and whoever filled it may have written what text cannot hold.
    fn refuse_damaged(&self, column: usize) -> Option<Fault> {
        let mut dictionary: Option<ArrayRef> = None;
        let mut is_damaged = |batch: &RecordBatch| {
            let array = batch.column(column);
            let Some(keyed) = array.as_any_dictionary_opt() else {
                return array.to_data().validate_full().is_err();
            };
            // one for all batches, mostly
            let values = keyed.values();
            let is_known = dictionary.as_ref().is_some_and(|known| share_memory(known, values));
            dictionary = Some(Arc::clone(values));
            array.to_data().validate_data().is_err()
                || !(is_known || values.to_data().validate_full().is_ok())
        };
        self.batches.iter().any(&mut is_damaged).then(|| {
            let header = self.schema.field(column).name();
            Fault::new(
                FaultCode::ColumnType,
                format!("column \"{header}\" holds what its type cannot, such as text that is not UTF-8"),
                "if it is text, read it again in the encoding that it was written in; or leave the column out",
            )
            .because("what its bytes mean cannot be told")
        })
    }

    /// The whole numbers of a column, one per row. Another kind of column, a number that is missing, and a column that is not there
    /// are a [`FaultCode::LostMessage`]: whoever writes such columns is another part of the program.
    pub fn numbers(&self, name: &str) -> Result<Vec<i64>, Fault> {
        let fault = || {
            let what = format!("a table came without whole numbers in its column \"{name}\"");
            Fault::new(FaultCode::LostMessage, what, "run it again; if it happens again, please report it")
        };
        let mut numbers = Vec::with_capacity(self.n_rows());
        for batch in &self.batches {
            let column = batch.column_by_name(name).ok_or_else(fault)?;
            let column = column.as_primitive_opt::<Int64Type>().filter(|column| column.null_count() == 0);
            numbers.extend_from_slice(column.ok_or_else(fault)?.values());
        }
        Ok(numbers)
    }

    /// The rows without a column.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let others: Vec<usize> =
            (0..self.schema.fields().len()).filter(|&at| self.schema.field(at).name() != name).collect();
        let project = |batch: &RecordBatch| batch.project(&others).expect("columns of its schema");
        let schema = Arc::new(self.schema.project(&others).expect("columns of it"));
        Self { schema, batches: self.batches.iter().map(project).collect() }
    }

    /// As [`read`](super::read) reads a file. Each distinct value is copied once, into the pool of its column; the arrays stay as
    /// they are. `name` is what to call the table. Fails where there is no row or where a column is there twice.
    pub fn read(&self, name: &str) -> Result<Read, Fault> {
        let mut filling = Filling::of(name, &self.schema, &ReadOptions::default())?;
        let wanted = filling.wanted();
        for batch in &self.batches {
            let arrays: Vec<ArrayRef> = wanted.iter().map(|&at| Arc::clone(batch.column(at))).collect();
            filling.push(batch.num_rows(), &arrays);
        }
        let mut read = filling.finish(FileFormat::Memory)?;
        name.clone_into(&mut read.table.name);
        Ok(read)
    }
}

/// Whether two arrays are the same values at the same place, as when each batch of a stream brings its dictionary again.
pub(super) fn share_memory(one: &ArrayRef, other: &ArrayRef) -> bool {
    Arc::ptr_eq(one, other) || one.to_data().ptr_eq(&other.to_data())
}

/// Whether a column of this type is one of single values. Bytes are text only for a file, whose writer may not have known.
fn holds_values(kind: &DataType) -> bool {
    use DataType as T;
    match kind {
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => false,
        T::Dictionary(_, values) => holds_values(values),
        kind => ArrowColumn::new(kind, 0).is_some(),
    }
}

/// How a column of such a type becomes one of single values, in the two libraries that most have.
fn cast(name: &str, kind: &DataType) -> String {
    use DataType as T;
    let (polars, pyarrow) = match kind {
        T::List(_) | T::LargeList(_) | T::ListView(_) | T::LargeListView(_) | T::FixedSizeList(..) => (
            format!("pl.col(\"{name}\").cast(pl.List(pl.String)).list.join(\";\")"),
            format!("pc.binary_join(table[\"{name}\"].cast(pa.list_(pa.string())), \";\")"),
        ),
        T::Struct(_) => (format!("frame.unnest(\"{name}\")"), "table.flatten()".to_owned()),
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => (
            format!("pl.col(\"{name}\").cast(pl.String)"),
            format!("table[\"{name}\"].cast(pa.binary()).cast(pa.string())"),
        ),
        T::Duration(_) => {
            (format!("pl.col(\"{name}\").dt.total_days()"), format!("table[\"{name}\"].cast(pa.int64())"))
        }
        T::Dictionary(_, values) => return cast(name, values),
        T::Timestamp(..) => {
            return format!(
                "give it a zone by its name, in polars pl.col(\"{name}\").dt.convert_time_zone(\"Europe/London\"), in pyarrow \
                 table[\"{name}\"].cast(pa.timestamp(\"us\", tz=\"Europe/London\")); or leave the column out"
            );
        }
        _ => return "leave the column out, or make it one of text".to_owned(),
    };
    format!(
        "give it as text or as a number, in polars {polars}, in pyarrow {pyarrow}; or leave the column out"
    )
}

/// A table while it is filled.
pub(super) struct Filling<'a> {
    file: &'a str,
    names: Vec<String>,
    /// Places in the schema of those that are read.
    columns: Vec<(usize, ArrowColumn)>,
    issues: Vec<Issue>,
    n_rows: usize,
}

impl<'a> Filling<'a> {
    pub(super) fn of(file: &'a str, schema: &Schema, options: &ReadOptions) -> Result<Self, Fault> {
        let mut issues = Vec::new();
        let names = naming::names(file, schema.fields().iter().map(|field| field.name()), &mut issues)?;
        let wanted = naming::wanted(file, &names, options)?;
        let mut columns: Vec<(usize, ArrowColumn)> = Vec::new();
        for (at, field) in schema.fields().iter().enumerate().filter(|(at, _)| wanted[*at]) {
            match ArrowColumn::new(field.data_type(), 0) {
                Some(column) => columns.push((at, column)),
                None => issues.push(nested(file, &names[at], field.data_type())),
            }
        }
        Ok(Self { file, names, columns, issues, n_rows: 0 })
    }

    /// The columns of a batch, by their places in the schema.
    pub(super) fn wanted(&self) -> Vec<usize> {
        self.columns.iter().map(|&(at, _)| at).collect()
    }

    /// Takes the wanted columns of a batch of so many rows.
    pub(super) fn push(&mut self, n_rows: usize, arrays: &[ArrayRef]) {
        self.n_rows += n_rows;
        self.columns
            .par_iter_mut()
            .with_max_len(1)
            .zip(arrays)
            .for_each(|((_, column), array)| column.push(array));
    }

    pub(super) fn finish(self, format: FileFormat) -> Result<Read, Fault> {
        let Self { file, names, columns, mut issues, n_rows } = self;
        if n_rows == 0 {
            return Err(empty(file, "has columns and no rows"));
        }
        let mut table = Table { name: String::new(), columns: Vec::with_capacity(columns.len()), n_rows };
        for (at, column) in columns {
            let (column, issue) = column.finish(file, names[at].clone());
            table.columns.push(column);
            issues.extend(issue);
        }
        Ok(Read { table, format, issues, rows_in: n_rows, lines: RowLines::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Float64Array, ListArray, StringViewArray};
    use plait_types::IssueKind;

    #[test]
    fn rows_in_memory_are_read_as_those_of_a_file() {
        let batch = |names: &[Option<&str>], numbers: &[f64]| {
            let list = ListArray::new_null(
                Arc::new(arrow_schema::Field::new_list_field(arrow_schema::DataType::Int32, true)),
                names.len(),
            );
            RecordBatch::try_from_iter([
                ("name", Arc::new(names.iter().copied().collect::<StringViewArray>()) as ArrayRef),
                ("many", Arc::new(list) as ArrayRef),
                ("number", Arc::new(Float64Array::from(numbers.to_vec())) as ArrayRef),
            ])
            .expect("columns of one length")
        };
        let batches = [batch(&[Some("Amara"), None], &[1.0, 2.5]), batch(&[Some("Linh")], &[f64::NAN])];
        let schema = batches[0].schema();
        let rows_in_memory = Rows::new(Arc::clone(&schema), batches.to_vec());
        let read = rows_in_memory.read("pupils").expect("a table");
        let rows = |at: usize| (0..3).map(|row| read.table.columns[at].get(row)).collect::<Vec<_>>();
        assert_eq!(read.table.name, "pupils");
        assert_eq!(rows(0), [Some("Amara"), None, Some("Linh")]);
        assert_eq!(rows(1), [Some("1"), Some("2.5"), None]);
        assert_eq!(read.issues.iter().map(|issue| issue.kind).collect::<Vec<_>>(), [IssueKind::NestedColumn]);
        let fault = Rows::new(schema, Vec::new()).read("pupils").expect_err("no rows");
        assert_eq!(fault.code, plait_types::FaultCode::FileEmpty);
    }

    #[test]
    fn a_column_without_single_values_is_refused_with_its_type_and_a_cast() {
        use arrow_array::{BinaryArray, DurationSecondArray, StructArray};
        let list = ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>([Some([Some(1)])]);
        let inner = Arc::new(arrow_schema::Field::new("x", DataType::Int32, true));
        let number = Arc::new(arrow_array::Int32Array::from(vec![1])) as ArrayRef;
        let columns: [(&str, ArrayRef, &str); 5] = [
            ("tags", Arc::new(list), "list.join"),
            ("home", Arc::new(StructArray::from(vec![(inner, Arc::clone(&number))])), "unnest"),
            ("code", Arc::new(BinaryArray::from_vec(vec![b"a"])), "cast(pl.String)"),
            ("stay", Arc::new(DurationSecondArray::from(vec![1])), "total_days"),
            ("number", number, ""),
        ];
        let batch =
            RecordBatch::try_from_iter(columns.iter().map(|(name, array, _)| (*name, Arc::clone(array))));
        let batch = batch.expect("columns of one length");
        let faults = Rows::new(batch.schema(), vec![batch]).refuse_unusable("pupils").expect_err("refused");
        let refused = faults.iter().zip(&columns);
        assert_eq!(faults.len(), 4, "a number is a value");
        for (fault, (name, array, cast)) in refused {
            assert_eq!(fault.code, FaultCode::ColumnType);
            assert_eq!(fault.what, format!("column \"{name}\" is of type {}", array.data_type()));
            assert!(fault.todo.contains(cast), "{}", fault.todo);
        }
    }
}
