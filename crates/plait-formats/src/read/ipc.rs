//! Arrow IPC, as a file (Feather 2) or a stream.

use super::arrow::ArrowColumn;
use super::batches::Filling;
use super::naming;
use super::source::{ReadSeek, Source, unreadable};
use super::{FileFormat, Read, ReadOptions, damaged};
use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader, read_footer_length};
use arrow_ipc::{root_as_footer, root_as_message};
use arrow_schema::{ArrowError, SchemaRef};
use plait_types::Fault;
use std::io::{self, Read as _, SeekFrom};

/// How many times larger than the file its content may be, unpacked.
const MOST_RATIO: u64 = 1000;
/// Content of this size may be packed as well as it likes.
const SMALL: u64 = 256 << 20;

/// Reads all rows.
pub(super) fn read(source: &Source, options: &ReadOptions, stream: bool) -> Result<Read, Fault> {
    let file = &source.file;
    let schema = schema(source, stream)?;
    let mut filling = Filling::of(file, &schema, options)?;
    for batch in open(source, Some(filling.wanted()), stream)?.1 {
        let batch = batch.map_err(|error| fault(file, &error))?;
        filling.push(batch.num_rows(), batch.columns());
    }
    filling.finish(FileFormat::ArrowIpc)
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

/// The columns of a file that claims no more than it can hold.
fn schema(source: &Source, stream: bool) -> Result<SchemaRef, Fault> {
    let file = &source.file;
    let mut messages = Messages { reader: source.reader()?, size: source.size() };
    let claimed = messages.claimed_bytes(stream).map_err(|error| unreadable(file, &error))?;
    if claimed > source.size().saturating_mul(MOST_RATIO).max(SMALL) {
        return Err(damaged(file, "its batches claim to be larger than such a file can hold"));
    }
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

/// Reads the heads of the messages of a file.
struct Messages {
    reader: Box<dyn ReadSeek>,
    size: u64,
}

/// A message in the list at the end of a file.
struct Listed {
    start: u64,
    /// Length of what describes it, with the length itself.
    head: u64,
    body: u64,
}

struct Message {
    /// Bytes of its buffers, unpacked.
    claims: u64,
    /// Where the next one starts.
    end: u64,
}

impl Messages {
    /// How many bytes the batches of the file claim to be, unpacked. The library makes room for them before it sees
    /// whether they are there, and where there is no room for so many, the program ends. Looks at the heads of messages
    /// only; what is wrong otherwise is left to the library to say.
    fn claimed_bytes(&mut self, stream: bool) -> io::Result<u64> {
        let mut claimed: u64 = 0;
        if stream {
            let mut at = 0;
            while let Some(message) = self.at(at, None)? {
                claimed = claimed.saturating_add(message.claims);
                at = message.end;
            }
            return Ok(claimed);
        }
        let Some(blocks) = self.blocks()? else { return Ok(u64::MAX) };
        for block in blocks {
            let body = block.start.saturating_add(block.head);
            // a message that does not end where the list says may be another to the library than it is here
            let message = self.at(block.start, Some(body))?;
            let (Some(message), true) = (message, body.saturating_add(block.body) <= self.size) else {
                return Ok(u64::MAX);
            };
            claimed = claimed.saturating_add(block.body).saturating_add(message.claims);
        }
        Ok(claimed)
    }

    /// Up to `length` bytes from a place; fewer where the file ends.
    fn bytes(&mut self, start: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader.seek(SeekFrom::Start(start.min(self.size)))?;
        (&mut self.reader).take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The message at a place, `None` where there is none that can be understood. Its body starts where its head says, or
    /// where a list says.
    fn at(&mut self, start: u64, body: Option<u64>) -> io::Result<Option<Message>> {
        let head = self.bytes(start, 8)?;
        // older writers have no marker before the length
        let (length, before) = match (head.first_chunk::<4>(), head.last_chunk::<4>()) {
            (Some([0xFF, 0xFF, 0xFF, 0xFF]), Some(length)) if head.len() == 8 => (*length, 8),
            (Some(length), _) => (*length, 4),
            _ => return Ok(None),
        };
        let head_start = start.saturating_add(before);
        let body = body.unwrap_or_else(|| head_start.saturating_add(u32::from_le_bytes(length).into()));
        let head = self.bytes(head_start, body.saturating_sub(head_start))?;
        let Ok(message) = root_as_message(&head) else { return Ok(None) };
        let dictionary = message.header_as_dictionary_batch().and_then(|batch| batch.data());
        let batch = message.header_as_record_batch().or(dictionary);
        let mut claims: u64 = 0;
        if let Some(batch) = batch.filter(|batch| batch.compression().is_some()) {
            for buffer in batch.buffers().into_iter().flatten() {
                let (Ok(offset), 1..) = (u64::try_from(buffer.offset()), buffer.length()) else { continue };
                // its first eight bytes say how long it is, unpacked; less than nothing where it is not packed
                let said = self.bytes(body.saturating_add(offset), 8)?;
                let unpacked = said.first_chunk().map_or(0, |said| i64::from_le_bytes(*said));
                claims = claims.saturating_add(u64::try_from(unpacked).unwrap_or(0));
            }
        }
        let end = u64::try_from(message.bodyLength()).map_or(self.size, |length| body.saturating_add(length));
        Ok(Some(Message { claims, end }))
    }

    /// The messages that a file lists at its end; `None` where the list claims to be longer than the file.
    fn blocks(&mut self) -> io::Result<Option<Vec<Listed>>> {
        let tail = self.bytes(self.size.saturating_sub(10), 10)?;
        let length = tail.first_chunk::<10>().and_then(|tail| read_footer_length(*tail).ok());
        let Some(length) = length.map(|length| length as u64) else { return Ok(Some(Vec::new())) };
        let Some(start) = self.size.checked_sub(10 + length) else { return Ok(None) };
        let footer = self.bytes(start, length)?;
        let Ok(footer) = root_as_footer(&footer) else { return Ok(Some(Vec::new())) };
        let blocks = footer.dictionaries().into_iter().chain(footer.recordBatches()).flatten();
        // a negative number is more than any file has
        let number = |number: i64| u64::try_from(number).unwrap_or(u64::MAX);
        let listed = |block: &arrow_ipc::Block| Listed {
            start: number(block.offset()),
            head: number(block.metaDataLength().into()),
            body: number(block.bodyLength()),
        };
        Ok(Some(blocks.map(listed).collect()))
    }
}

fn fault(file: &str, error: &ArrowError) -> Fault {
    match error {
        ArrowError::IoError(_, _) => damaged(file, "it ends before its content does"),
        _ => damaged(file, "its batches cannot be decoded"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_bytes;
    use super::*;
    use arrow_array::{ArrayRef, StringArray};
    use arrow_ipc::CompressionType;
    use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
    use plait_types::FaultCode;
    use std::sync::Arc;

    fn files(compression: Option<CompressionType>) -> [(&'static str, Vec<u8>); 2] {
        let cells: ArrayRef =
            Arc::new(StringArray::from_iter_values((0..5000).map(|row| format!("{row:09}"))));
        let batch = RecordBatch::try_from_iter([("x", cells)]).unwrap();
        let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
        let mut file =
            FileWriter::try_new_with_options(Vec::new(), &batch.schema(), options.clone()).unwrap();
        file.write(&batch).unwrap();
        let mut stream = StreamWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
        stream.write(&batch).unwrap();
        [("t.arrow", file.into_inner().unwrap()), ("t.arrows", stream.into_inner().unwrap())]
    }

    #[test]
    fn a_buffer_that_claims_to_unpack_to_more_than_any_memory_is_damaged() {
        for compression in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
            for (name, bytes) in files(Some(compression)) {
                let read = read_bytes(bytes.clone(), name, &ReadOptions::default()).unwrap();
                assert_eq!(read.table.n_rows, 5000, "{name}");
                let mut bytes = bytes.clone();
                // the length of all cells together; the same number is the last in the list of their ends
                let length = 45_000_u64.to_le_bytes();
                let at = bytes.windows(8).rposition(|window| window == length).unwrap();
                bytes[at..at + 8].copy_from_slice(&(1_u64 << 45).to_le_bytes());
                let fault = read_bytes(bytes, name, &ReadOptions::default()).unwrap_err();
                assert_eq!(fault.code, FaultCode::Truncated, "{name}");
                let why = fault.why.unwrap();
                assert!(why.contains("larger than such a file can hold"), "{name}: {why}");
            }
        }
    }

    #[test]
    fn a_list_that_claims_to_be_longer_than_its_file_is_damaged_also_where_only_names_are_read() {
        let [(name, mut bytes), _] = files(None);
        let at = bytes.len() - 10;
        bytes[at..at + 4].copy_from_slice(&i32::MAX.to_le_bytes());
        let source = Source::from_bytes(bytes, name).unwrap();
        for fault in
            [header(&source, false).unwrap_err(), read(&source, &ReadOptions::default(), false).unwrap_err()]
        {
            assert!(fault.why.unwrap().contains("larger than such a file can hold"));
        }
    }

    #[test]
    fn a_body_that_starts_where_only_the_list_says_is_looked_at_there() {
        let [(name, mut bytes), _] = files(Some(CompressionType::ZSTD));
        let length = read_footer_length(*bytes.last_chunk().unwrap()).unwrap();
        let start = bytes.len() - 10 - length;
        let footer = root_as_footer(&bytes[start..bytes.len() - 10]).unwrap();
        let block = *footer.recordBatches().unwrap().get(0);
        let (head, body) = (block.metaDataLength(), block.bodyLength());
        // a head that is longer by what the body is then shorter; its buffers start in the middle of what they were
        let at = start + bytes[start..].windows(4).rposition(|window| window == head.to_le_bytes()).unwrap();
        bytes[at..at + 4].copy_from_slice(&(head + 64).to_le_bytes());
        let at = start + bytes[start..].windows(8).rposition(|window| window == body.to_le_bytes()).unwrap();
        bytes[at..at + 8].copy_from_slice(&(body - 64).to_le_bytes());
        let at = usize::try_from(block.offset()).unwrap() + head as usize + 64;
        bytes[at..at + 8].copy_from_slice(&(1_u64 << 45).to_le_bytes());
        let fault = read_bytes(bytes, name, &ReadOptions::default()).unwrap_err();
        let why = fault.why.unwrap();
        assert!(why.contains("larger than such a file can hold"), "{why}");
    }

    #[test]
    fn a_list_of_batches_that_leads_past_the_end_of_the_file_is_damaged() {
        let [(name, bytes), _] = files(None);
        let length = read_footer_length(*bytes.last_chunk().unwrap()).unwrap();
        let start = bytes.len() - 10 - length;
        let block = root_as_footer(&bytes[start..bytes.len() - 10]).unwrap();
        let body = block.recordBatches().unwrap().get(0).bodyLength().to_le_bytes();
        let mut bytes = bytes.clone();
        let at = start + bytes[start..].windows(8).position(|window| window == body).unwrap();
        bytes[at..at + 8].copy_from_slice(&(1_u64 << 45).to_le_bytes());
        let fault = read_bytes(bytes, name, &ReadOptions::default()).unwrap_err();
        assert_eq!(fault.code, FaultCode::Truncated);
        assert!(fault.why.unwrap().contains("larger than such a file can hold"));
    }
}
