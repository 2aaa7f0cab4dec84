//! Messages between the processes of one job, as rows of an Arrow table.

use crate::read::Rows;
use arrow_array::builder::BinaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{ArrayRef, Int8Array, Int32Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use plait_types::{Fault, FaultCode};
use std::sync::Arc;

/// The kind of a message, to which part it goes, and what it says.
pub type Received<'a> = (i8, u32, &'a [u8]);

/// Messages while they are written: columns `kind`, `part` and `bytes`.
#[derive(Debug, Default)]
pub struct Messages {
    kinds: Vec<i8>,
    parts: Vec<i32>,
    bytes: BinaryBuilder,
    batches: Vec<RecordBatch>,
    n_bytes: usize,
}

/// Bytes of a batch, about: offsets of an array are of 32 bits, and who reads a batch has it in memory whole.
const BATCH: usize = 64 << 20;

impl Messages {
    /// Adds a message.
    pub fn push(&mut self, kind: i8, part: u32, bytes: &[u8]) {
        self.kinds.push(kind);
        self.parts.push(part as i32);
        self.bytes.append_value(bytes);
        self.n_bytes += bytes.len();
        if self.n_bytes >= BATCH {
            self.end_batch();
        }
    }

    fn end_batch(&mut self) {
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Int8Array::from(std::mem::take(&mut self.kinds))),
            Arc::new(Int32Array::from(std::mem::take(&mut self.parts))),
            Arc::new(std::mem::take(&mut self.bytes).finish()),
        ];
        self.n_bytes = 0;
        self.batches.push(RecordBatch::try_new(schema(), arrays).expect("columns of one length"));
    }

    /// The messages as rows.
    pub fn into_rows(mut self) -> Rows {
        self.end_batch();
        Rows::new(schema(), self.batches)
    }
}

fn schema() -> Arc<Schema> {
    let field = |name: &str, kind| Field::new(name, kind, false);
    Arc::new(Schema::new(vec![
        field("kind", DataType::Int8),
        field("part", DataType::Int32),
        field("bytes", DataType::Binary),
    ]))
}

impl Rows {
    /// The messages that these rows are, whose bytes stay where they are. Another table is a [`FaultCode::LostMessage`].
    pub fn messages(&self) -> Result<Vec<Received<'_>>, Fault> {
        let mut messages = Vec::with_capacity(self.n_rows());
        for batch in self.batches() {
            let [kinds, parts, bytes] = batch.columns() else { return Err(no_messages()) };
            let kinds = kinds.as_primitive_opt::<Int8Type>().ok_or_else(no_messages)?;
            let parts = parts.as_primitive_opt::<Int32Type>().ok_or_else(no_messages)?;
            let heads = kinds.values().iter().zip(parts.values()).map(|(&kind, &part)| (kind, part as u32));
            match bytes.data_type() {
                DataType::Binary => {
                    let bytes = bytes.as_binary::<i32>().iter();
                    messages.extend(
                        heads.zip(bytes).map(|((kind, part), bytes)| (kind, part, bytes.unwrap_or_default())),
                    );
                }
                DataType::LargeBinary => {
                    let bytes = bytes.as_binary::<i64>().iter();
                    messages.extend(
                        heads.zip(bytes).map(|((kind, part), bytes)| (kind, part, bytes.unwrap_or_default())),
                    );
                }
                DataType::BinaryView => {
                    let bytes = bytes.as_binary_view().iter();
                    messages.extend(
                        heads.zip(bytes).map(|((kind, part), bytes)| (kind, part, bytes.unwrap_or_default())),
                    );
                }
                _ => return Err(no_messages()),
            }
        }
        Ok(messages)
    }
}

fn no_messages() -> Fault {
    Fault::new(
        FaultCode::LostMessage,
        "rows came that are no messages of this job",
        "run it again; if it happens again, please report it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_as_they_were_sent_and_no_other_table_is_taken_for_them() {
        let mut messages = Messages::default();
        let large = vec![7; BATCH];
        let sent: [Received<'_>; 3] = [(1, 0, b"one"), (2, u32::from(u16::MAX), &large), (1, 3, b"")];
        sent.iter().for_each(|&(kind, part, bytes)| messages.push(kind, part, bytes));
        let rows = messages.into_rows();
        assert_eq!(rows.batches().len(), 2, "a batch ends where it is large enough");
        assert_eq!(rows.messages().expect("messages"), sent);
        assert_eq!(Messages::default().into_rows().messages().expect("none"), []);
        let other = RecordBatch::try_from_iter([("kind", Arc::new(Int8Array::from(vec![1])) as ArrayRef)]);
        let other = other.expect("a column");
        let fault = Rows::new(other.schema(), vec![other]).messages().expect_err("another table");
        assert_eq!(fault.code, FaultCode::LostMessage);
    }
}
