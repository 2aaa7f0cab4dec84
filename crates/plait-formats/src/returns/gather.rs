//! The rows of everything that was recognised, file after file.

use super::batch::BatchSink;
use super::detect::{Holds, Member, Recognised};
use super::nested::{NestedRows, Shape};
use super::out::{Counts, Out};
use super::{csv_tables, json, sheets, xml};
use crate::read::guarded;
use plait_types::{Fault, FaultCode};
use std::sync::Arc;

/// Rows of a batch, unless [`gather_in`] is told otherwise. The look-up tables of so many distinct values stay in a
/// processor's cache: with eight times as many, delimited text was read at three quarters of the speed.
pub const BATCH_ROWS: usize = 1 << 13;

/// What a reading tells while it goes on, and whether it is to stop.
pub trait Progress {
    /// So many more bytes of the files were read; compressed ones count unpacked.
    fn advance(&self, bytes: u64);
    /// Whether the user wants to stop. The reading then ends with [`FaultCode::Interrupted`].
    fn stopped(&self) -> bool;
}

/// Tells nothing and never stops.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn advance(&self, _bytes: u64) {}

    fn stopped(&self) -> bool {
        false
    }
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Of all members together.
    pub total: Counts,
    /// Of each member, in their order.
    pub members: Vec<Counts>,
}

/// Reads all members of a return and puts their rows into the sink, in batches of at most [`BATCH_ROWS`].
///
/// Members come in the order of [`Recognised::members`]: tables of persons before those about them. Of a nested
/// file (XML, JSON) all rows of a person are given together: the batches of a stretch of the file come in the order of
/// the spec's tables, which has persons first, and no person is in two stretches. Only rows about the file, whose
/// element is around those of persons, may come after them.
///
/// Rows in = rows in batches + rows set aside, for each member. Memory does not grow with delimited, XML and JSON
/// files; workbooks, Parquet and Arrow files are held whole.
///
/// Fails where a file is damaged, unsafe or stops coming, where the sink fails, and where `progress` stops it.
pub fn gather(
    recognised: &Recognised,
    sink: &mut dyn BatchSink,
    progress: &dyn Progress,
) -> Result<Gathered, Fault> {
    gather_in(recognised, BATCH_ROWS, sink, progress)
}

/// [`gather`] with another number of rows in a batch, at least 1.
pub fn gather_in(
    recognised: &Recognised,
    batch_rows: usize,
    sink: &mut dyn BatchSink,
    progress: &dyn Progress,
) -> Result<Gathered, Fault> {
    let limit = batch_rows.max(1);
    let shape = Shape::new(&recognised.spec, recognised.term);
    let mut gathered = Gathered::default();
    for member in &recognised.members {
        let mut out = Out::new(&recognised.spec, sink);
        let mut advance = |bytes| {
            progress.advance(bytes);
            if progress.stopped() { Err(interrupted()) } else { Ok(()) }
        };
        guarded(&member.file, || read(member, recognised, shape.as_ref(), limit, &mut out, &mut advance))?;
        out.end_file();
        let counts = out.counts;
        debug_assert_eq!(counts.rows_in, counts.rows_kept + counts.rows_set_aside);
        gathered.total.rows_in += counts.rows_in;
        gathered.total.rows_kept += counts.rows_kept;
        gathered.total.rows_set_aside += counts.rows_set_aside;
        gathered.total.rows_of_instructions += counts.rows_of_instructions;
        gathered.members.push(counts);
    }
    Ok(gathered)
}

fn read(
    member: &Member,
    recognised: &Recognised,
    shape: Option<&Shape>,
    limit: usize,
    out: &mut Out<'_>,
    advance: &mut dyn FnMut(u64) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (origin, file, term) = (&member.origin, &member.file, recognised.term);
    match &member.holds {
        Holds::Text { table } => csv_tables::text(origin, file, *table, term, limit, out, advance),
        Holds::Binary { table } => {
            csv_tables::binary(origin, file, *table, term, limit, out)?;
            advance(origin.size)
        }
        Holds::Sheets(sheets) => {
            sheets::read(origin, file, sheets, term, limit, out)?;
            advance(origin.size)
        }
        Holds::Xml | Holds::Json { .. } => {
            let shape = shape.ok_or_else(|| no_elements(file))?;
            let mut rows = NestedRows::new(shape, out, Arc::clone(file), limit);
            if matches!(member.holds, Holds::Json { .. }) {
                rows = rows.of_json();
            }
            let issues = origin.with_reader(|bytes| {
                if let Holds::Json { entry } = &member.holds {
                    json::walk(bytes, file, entry.as_deref(), &mut rows, advance)
                } else {
                    xml::walk(bytes, file, &mut rows, advance)
                }
            })?;
            rows.finish()?;
            out.issues(issues);
            Ok(())
        }
    }
}

fn no_elements(file: &str) -> Fault {
    Fault::new(
        FaultCode::BadSpec,
        format!("{file} is nested, and no table of the specification says which element it is"),
        "give the tables of the specification an element, or export the return as tables",
    )
}

fn interrupted() -> Fault {
    Fault::new(FaultCode::Interrupted, "the command was stopped", "start it again")
}
