//! Identity of more records than one wants to hold, a stretch of them after the other.

use super::super::dates::DateOrders;
use super::super::spec::Spec;
use super::births::{RowsOf, TwoPeople};
use super::{Identity, IdentityBuilder, IdentityColumn};
use crate::write::scratch::{Block, BlockReader, Place, Scratch};
use plait_types::{Column, Fault, NULL, PartialDate, Values};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Takes identity in parts, so that memory does not grow with the number of records.
pub struct IdentitySink<'a> {
    /// Records of a part; the last may have fewer.
    pub records: u32,
    /// The file in which rows about later parts wait. It holds personal data, and is gone at the end.
    pub scratch: PathBuf,
    /// Takes the next part. Record keys go on from the part before; `n_records` and `contradicted` are of the part alone.
    pub take: &'a mut dyn FnMut(Identity) -> Result<(), Fault>,
}

/// How much of who the records are about is kept.
pub enum IdentityKept<'a> {
    /// All of it, in memory.
    Whole,
    /// Of the first so many records, to look at. What is said of others is counted and checked like it, and not kept.
    First(u32),
    /// All of it, given to a sink.
    InParts(IdentitySink<'a>),
}

impl IdentitySink<'_> {
    /// A usual number of records of a part, which take 50 MB or so.
    pub const RECORDS: u32 = 1 << 17;
}

/// Gathers statements about records as [`IdentityBuilder`] does, those of the first part in memory, the others on disk
/// until it is their turn.
pub(in crate::returns) struct IdentityParts<'a> {
    spec: Arc<Spec>,
    first: IdentityBuilder,
    n_records: u32,
    /// How many records are kept, where not all are.
    only: Option<u32>,
    rest: Option<Rest<'a>>,
}

/// Parts after the first.
struct Rest<'a> {
    sink: IdentitySink<'a>,
    scratch: Option<Scratch>,
    parts: Vec<Part>,
    files: Vec<Arc<str>>,
}

/// A part, or where it is in the scratch file.
#[derive(Default)]
struct Part {
    /// The keys of its records, empty where there is none, until it is complete; then they wait too.
    keys: Values,
    keys_waiting: Option<Place>,
    rows_waiting: Vec<Place>,
}

impl<'a> IdentityParts<'a> {
    /// In one part, for a return of this spec.
    pub(in crate::returns) fn new(spec: Arc<Spec>) -> Self {
        Self { first: IdentityBuilder::new(spec.dates, 0), spec, n_records: 0, only: None, rest: None }
    }

    /// In as many parts as there are. No record has been made yet.
    pub(in crate::returns) fn into_sink(self, sink: IdentitySink<'a>) -> Self {
        Self { rest: Some(Rest { sink, scratch: None, parts: Vec::new(), files: Vec::new() }), ..self }
    }

    /// Of the first so many records. No record has been made yet.
    pub(in crate::returns) fn of_first(self, records: u32) -> Self {
        Self { only: Some(records), ..self }
    }

    /// How many records there are.
    pub(in crate::returns) fn n_records(&self) -> usize {
        self.n_records as usize
    }

    /// Makes a record and gives its number.
    pub(in crate::returns) fn new_record(&mut self, key: Option<&str>) -> u32 {
        let record = self.n_records;
        self.n_records += 1;
        match &mut self.rest {
            Some(rest) if record >= rest.sink.records => rest.new_record(record, key),
            None if self.only.is_some_and(|only| record >= only) => {}
            _ => self.first.new_record(key),
        }
        record
    }

    /// Takes what the rows of a batch say about their records. `records` has the record of each row, [`NULL`] for rows that
    /// are set aside.
    ///
    /// Fails where the scratch file cannot be written.
    pub(in crate::returns) fn take_in(
        &mut self,
        columns: &[IdentityColumn<'_>],
        records: &[u32],
        rows: &RowsOf<'_>,
    ) -> Result<(), Fault> {
        let Some(rest) = &mut self.rest else {
            match self.only {
                Some(only) if self.n_records > only => {
                    let of_first: Vec<u32> =
                        records.iter().map(|&record| if record < only { record } else { NULL }).collect();
                    if of_first.iter().any(|record| *record != NULL) {
                        self.first.take_in(columns, &of_first, rows);
                    }
                }
                _ => self.first.take_in(columns, records, rows),
            }
            return Ok(());
        };
        let size = rest.sink.records;
        let parts: BTreeSet<u32> =
            records.iter().filter(|record| **record != NULL).map(|record| record / size).collect();
        if parts.contains(&0) {
            let of_first: Vec<u32> =
                records.iter().map(|&record| if record < size { record } else { NULL }).collect();
            self.first.take_in(columns, &of_first, rows);
        }
        parts.into_iter().filter(|part| *part > 0).try_for_each(|part| {
            let is_of_part = |row: &usize| records[*row] != NULL && records[*row] / size == part;
            let of_part: Vec<usize> = (0..records.len()).filter(is_of_part).collect();
            rest.put(part, columns, records, rows, &of_part)
        })
    }

    /// Everything that was said, and what of it cannot be of one person. Where a sink takes it in parts, the identity says
    /// no more than how many records there are.
    pub(in crate::returns) fn finish(
        self,
        name: &str,
        orders: &DateOrders,
        reference: Option<PartialDate>,
    ) -> Result<(Identity, Vec<TwoPeople>), Fault> {
        let (first, mut two_people) = self.first.finish(name, orders, reference);
        let Some(mut rest) = self.rest else { return Ok((first, two_people)) };
        (rest.sink.take)(first)?;
        for (part, at) in std::mem::take(&mut rest.parts).into_iter().zip(1..) {
            let builder = rest.replay(part, at * rest.sink.records, &self.spec)?;
            let (identity, found) = builder.finish(name, orders, reference);
            (rest.sink.take)(identity)?;
            found.into_iter().for_each(|found| found.add_to(&mut two_people));
        }
        Ok((Identity { n_records: self.n_records as usize, reference, ..Identity::default() }, two_people))
    }

    /// Rows that the first part keeps.
    #[cfg(test)]
    pub(in crate::returns) fn n_statements(&self) -> usize {
        self.first.n_statements()
    }
}

impl Rest<'_> {
    fn new_record(&mut self, record: u32, key: Option<&str>) {
        if record.is_multiple_of(self.sink.records) {
            self.parts.push(Part::default());
        }
        let part = self.parts.last_mut().expect("the first record of a part makes it");
        part.keys.push(key.unwrap_or_default());
    }

    fn append(&mut self, block: &Block) -> Result<Place, Fault> {
        if self.scratch.is_none() {
            self.scratch = Some(Scratch::create(&self.sink.scratch)?);
        }
        self.scratch.as_mut().expect("it was made above").append(block)
    }

    /// Puts rows about records of a part by, and the keys of parts that are complete.
    fn put(
        &mut self,
        part: u32,
        columns: &[IdentityColumn<'_>],
        records: &[u32],
        rows: &RowsOf<'_>,
        of_part: &[usize],
    ) -> Result<(), Fault> {
        for at in 0..self.parts.len().saturating_sub(1) {
            if self.parts[at].keys_waiting.is_none() {
                let mut block = Block::default();
                block.values(&std::mem::take(&mut self.parts[at].keys));
                self.parts[at].keys_waiting = Some(self.append(&block)?);
            }
        }
        // from the end, since files come one after the other
        let file = self.files.iter().rposition(|known| known == rows.file).unwrap_or_else(|| {
            self.files.push(Arc::clone(rows.file));
            self.files.len() - 1
        });
        let first_record = part * self.sink.records;
        let mut block = Block::default();
        block.number(file as u64);
        block.codes(&of_part.iter().map(|&row| records[row] - first_record).collect::<Vec<_>>());
        of_part.iter().for_each(|&row| block.number(rows.lines[row]));
        block.number(columns.len() as u64);
        for column in columns {
            block.number(column.at.0 as u64);
            block.number(column.at.1 as u64);
            let Column { codes, values, .. } = column.column;
            if of_part.len() == codes.len() {
                block.codes(codes);
                block.values(values);
            } else {
                let some = Column::from_rows("", of_part.iter().map(|&row| column.column.get(row)));
                block.codes(&some.codes);
                block.values(&some.values);
            }
        }
        let place = self.append(&block)?;
        self.parts[part as usize - 1].rows_waiting.push(place);
        Ok(())
    }

    /// Gathers what waited for a part.
    fn replay(&mut self, part: Part, first_record: u32, spec: &Spec) -> Result<IdentityBuilder, Fault> {
        let mut builder = IdentityBuilder::new(spec.dates, first_record);
        let mut read = |place| {
            let scratch = self.scratch.as_mut().expect("what waits was put there");
            scratch.read(place).map_err(|error| scratch.fault(&error))
        };
        let keys = match part.keys_waiting {
            Some(place) => BlockReader::new(&read(place)?).values(),
            None => part.keys,
        };
        keys.iter().for_each(|key| builder.new_record(Some(key).filter(|key| !key.is_empty())));
        for place in part.rows_waiting {
            let block = read(place)?;
            let mut block = BlockReader::new(&block);
            let file = &self.files[block.number() as usize];
            let records = block.codes();
            let lines: Vec<u64> = records.iter().map(|_| block.number()).collect();
            let columns: Vec<((usize, usize), Column)> = (0..block.number())
                .map(|_| {
                    let at = (block.number() as usize, block.number() as usize);
                    (at, Column { name: String::new(), codes: block.codes(), values: block.values() })
                })
                .collect();
            let columns: Vec<IdentityColumn<'_>> =
                columns.iter().filter_map(|(at, column)| IdentityColumn::of(spec, *at, column)).collect();
            builder.take_in(&columns, &records, &RowsOf { file, lines: &lines });
        }
        Ok(builder)
    }
}
