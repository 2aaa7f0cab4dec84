//! Workbooks whose sheets are tables of a return.

use super::detect::Sheet;
use super::members::SheetSeen;
use super::origin::Origin;
use super::out::Out;
use super::spec::Term;
use crate::read::source::Source;
use plait_types::Fault;
use std::sync::Arc;

/// Gives the rows of the sheets that were recognised.
pub(super) fn read(
    _origin: &Origin,
    _file: &Arc<str>,
    _sheets: &[Sheet],
    _term: Option<Term>,
    _limit: usize,
    _out: &mut Out<'_>,
) -> Result<(), Fault> {
    Ok(())
}

/// The first rows of every sheet.
pub(super) fn look(_source: &Source) -> Result<Vec<SheetSeen>, Fault> {
    Ok(Vec::new())
}
