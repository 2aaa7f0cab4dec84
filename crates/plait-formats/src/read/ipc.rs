//! Arrow IPC, as a file (Feather 2) or a stream.

use super::arrow::ArrowColumn;
use super::naming;
use super::parquet::nested;
use super::source::{ReadSeek, Source};
use super::{FileFormat, Read, ReadOptions, damaged, empty};
use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};
use plait_types::{Fault, Table};
use rayon::prelude::*;

/// Reads all rows.
pub(super) fn read(source: &Source, options: &ReadOptions, stream: bool) -> Result<Read, Fault> {
    let file = &source.file;
    let schema = schema(source, stream)?;
    let mut issues = Vec::new();
    let names = naming::names(file, schema.fields().iter().map(|field| field.name()), &mut issues)?;
    let wanted = naming::wanted(file, &names, options)?;
    let mut columns: Vec<(usize, ArrowColumn)> = Vec::new();
    for (at, field) in schema.fields().iter().enumerate() {
        if !wanted[at] {
            continue;
        }
        match ArrowColumn::new(field.data_type(), 0) {
            Some(column) => columns.push((at, column)),
            None => issues.push(nested(file, &names[at], field.data_type())),
        }
    }
    let mut rows = 0;
    for batch in open(source, Some(columns.iter().map(|&(at, _)| at).collect()), stream)?.1 {
        let batch = batch.map_err(|error| fault(file, &error))?;
        rows += batch.num_rows();
        columns
            .par_iter_mut()
            .with_max_len(1)
            .zip(batch.columns())
            .for_each(|((_, column), array)| column.push(array));
    }
    if rows == 0 {
        return Err(empty(file, "has columns and no rows"));
    }
    let mut table = Table { name: String::new(), columns: Vec::with_capacity(columns.len()), n_rows: rows };
    for (at, column) in columns {
        let (column, issue) = column.finish(file, names[at].clone());
        table.columns.push(column);
        issues.extend(issue);
    }
    Ok(Read { table, format: FileFormat::ArrowIpc, issues, rows_in: rows })
}

/// Reads the names of the columns.
pub(super) fn header(source: &Source, stream: bool) -> Result<Vec<String>, Fault> {
    let schema = schema(source, stream)?;
    let all = naming::names(&source.file, schema.fields().iter().map(|field| field.name()), &mut Vec::new())?;
    let fields = schema.fields().iter();
    Ok(all
        .into_iter()
        .zip(fields)
        .filter(|(_, field)| ArrowColumn::new(field.data_type(), 0).is_some())
        .map(|(name, _)| name)
        .collect())
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

fn schema(source: &Source, stream: bool) -> Result<SchemaRef, Fault> {
    Ok(open(source, None, stream)?.0)
}

fn open(source: &Source, columns: Option<Vec<usize>>, stream: bool) -> Result<(SchemaRef, Batches), Fault> {
    let reader: Box<dyn ReadSeek> = source.reader()?;
    let fail = |error: ArrowError| fault(&source.file, &error);
    Ok(if stream {
        let batches = StreamReader::try_new(reader, columns).map_err(fail)?;
        (batches.schema(), Box::new(batches))
    } else {
        let batches = FileReader::try_new(reader, columns).map_err(fail)?;
        (batches.schema(), Box::new(batches))
    })
}

fn fault(file: &str, error: &ArrowError) -> Fault {
    match error {
        ArrowError::IoError(_, _) => damaged(file, "it ends before its content does"),
        _ => damaged(file, "its batches cannot be decoded"),
    }
}
