//! Which years the codes in rows are of, where columns leave that open.

use super::Batch;
use super::batch::BatchSink;
use super::codes::find_code;
use super::detect::Recognised;
use super::gather::{Quiet, gather};
use super::library::{self, CodeList};
use super::spec::Spec;
use hashbrown::HashMap;
use plait_types::{Fault, FaultCode, Issue};
use std::sync::Arc;

/// Rows of each file that are looked at: a large return is not read twice.
const ROWS: u64 = 1 << 16;

/// Cells of files that hold a code, held against the lists of several years.
#[derive(Debug, Default)]
pub(super) struct CodesSeen {
    /// Cells that were looked at.
    pub(super) n_cells: u64,
    /// For each year, cells that hold no code of its list.
    pub(super) outside: Vec<u64>,
}

/// Holds the first rows of a return, recognised as one of some years, against the code lists of all of them. Files that
/// cannot be read say nothing here: whoever reads them whole says why.
pub(super) fn codes_seen(recognised: &Recognised, years: &[Arc<Spec>]) -> CodesSeen {
    let seen = CodesSeen { n_cells: 0, outside: vec![0; years.len()] };
    let mut sink = Sink { spec: &recognised.spec, years, lists: HashMap::new(), rows: 0, seen };
    for member in &recognised.members {
        sink.rows = 0;
        let alone = Recognised { members: vec![member.clone()], ..recognised.clone() };
        // the sink itself ends the reading with a fault when it has seen enough
        gather(&alone, &mut sink, &Quiet).ok();
    }
    sink.seen
}

/// The code list of a column in each year; none where no two of them differ, so that they tell nothing.
type Lists = Option<Vec<Option<&'static CodeList>>>;

struct Sink<'a> {
    spec: &'a Spec,
    years: &'a [Arc<Spec>],
    lists: HashMap<(usize, usize), Lists>,
    rows: u64,
    seen: CodesSeen,
}

impl BatchSink for Sink<'_> {
    fn batch(&mut self, batch: Batch) -> Result<(), Fault> {
        for (column, at) in batch.rows.columns.iter().zip(&batch.columns) {
            let Some(at) = *at else { continue };
            let (spec, years) = (self.spec, self.years);
            let lists = self.lists.entry((batch.table, at)).or_insert_with(|| {
                lists_of(years, &spec.tables[batch.table].name, &spec.tables[batch.table].columns[at].name)
            });
            let Some(lists) = lists else { continue };
            let several = spec.tables[batch.table].columns[at].several;
            for (text, rows) in column.values.iter().zip(column.counts()) {
                self.seen.n_cells += u64::from(rows);
                for (outside, list) in self.seen.outside.iter_mut().zip(&*lists) {
                    let is_in = |list: &CodeList| {
                        text.split(|c| several && c == '|').all(|part| find_code(list, part).is_some())
                    };
                    if !list.is_none_or(is_in) {
                        *outside += u64::from(rows);
                    }
                }
            }
        }
        self.rows += batch.rows.n_rows as u64;
        if self.rows < ROWS {
            return Ok(());
        }
        Err(Fault::new(FaultCode::Interrupted, "enough was seen", "go on"))
    }

    fn issue(&mut self, _issue: Issue) {}

    fn set_aside(&mut self, _table: usize, _n_rows: u64) {}
}

fn lists_of(years: &[Arc<Spec>], table: &str, column: &str) -> Lists {
    let name = |spec: &Arc<Spec>| {
        let table = spec.table(table)?;
        table.columns[table.column(column)?].codes.clone()
    };
    let names: Vec<Option<String>> = years.iter().map(name).collect();
    if names.windows(2).all(|pair| pair[0] == pair[1]) {
        return None;
    }
    let list = |name: &Option<String>| library::codes(name.as_deref()?).filter(|list| !list.codes.is_empty());
    Some(names.iter().map(list).collect())
}
