//! How well a row of headers fits the tables of the specs.

use super::spec::{Meaning, Spec, Table, Term};
use hashbrown::{HashMap, HashSet};
use std::cmp::Reverse;
use std::path::Path;
use std::sync::Arc;

/// The headers of all tables of some specs, made once.
pub(super) struct Headers {
    specs: Vec<Arc<Spec>>,
    /// Lower-case names and aliases: spec, table, column.
    named: HashMap<String, Vec<(u32, u32, u32)>>,
    /// Columns that words mean too.
    worded: Vec<(u32, u32, u32)>,
}

/// How well a header fits one table of one spec in one term.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    /// Index in the specs.
    pub(super) spec: usize,
    /// `None` where the return has no terms.
    pub(super) term: Option<Term>,
    /// Index in the spec's tables.
    pub(super) table: usize,
    /// Columns of the table that the header has.
    pub(super) found: usize,
    /// Columns of the table.
    pub(super) of_table: usize,
    /// Columns of the header.
    pub(super) of_header: usize,
    /// Columns that every row must have, and the header has not.
    missing: usize,
    /// Columns found whose name at most one other return has.
    distinctive: usize,
    /// Columns found whose name no other table of the spec has.
    own: usize,
    /// Whether the header has the column by which rows say whose they are, where the table has one.
    has_key: bool,
    /// Whether the table must have a date of death and the header has it.
    tells_of_death: bool,
    /// Whether the file or sheet is called like the table.
    pub(super) is_called: bool,
}

impl Headers {
    pub(super) fn new(specs: &[Arc<Spec>]) -> Self {
        let mut named: HashMap<String, Vec<(u32, u32, u32)>> = HashMap::new();
        let mut worded = Vec::new();
        for (spec, found) in specs.iter().enumerate() {
            for (table, found) in found.tables.iter().enumerate() {
                for (column, found) in found.columns.iter().enumerate() {
                    let place = (spec as u32, table as u32, column as u32);
                    for name in std::iter::once(&found.name).chain(&found.aliases) {
                        let places = named.entry(folded(name)).or_default();
                        if places.last() != Some(&place) {
                            places.push(place);
                        }
                    }
                    if !found.words.is_empty() {
                        worded.push(place);
                    }
                }
            }
        }
        Self { specs: specs.to_vec(), named, worded }
    }

    pub(super) fn specs(&self) -> &[Arc<Spec>] {
        &self.specs
    }

    /// Every table that has at least one column of the header, in the order of specs, terms and tables. `name` is
    /// that of the file without extension, or of the sheet.
    pub(super) fn fits(&self, headers: &[String], name: &str) -> Vec<Fit> {
        let mut found: HashMap<(u32, u32), HashSet<u32>> = HashMap::new();
        let mut distinctive: HashMap<(u32, u32), usize> = HashMap::new();
        let mut own: HashMap<(u32, u32), usize> = HashMap::new();
        // headers that mean a column, by the column or columns: one header may have the words of several
        let mut meant: HashMap<(u32, u32), Vec<Vec<u32>>> = HashMap::new();
        for (at, header) in headers.iter().enumerate() {
            let places = self.named.get(&folded(header)).map_or(&[][..], Vec::as_slice);
            let words = self.worded.iter().filter(|(spec, table, column)| {
                let table = &self.specs[*spec as usize].tables[*table as usize];
                let column = &table.columns[*column as usize];
                !column.is_called(header) && column.is_worded(header)
            });
            let places: Vec<&(u32, u32, u32)> = places.iter().chain(words).collect();
            // specs stand by name; lists of one service share theirs, everybody has a surname
            let returns = 1 + places
                .windows(2)
                .filter(|pair| self.specs[pair[0].0 as usize].name != self.specs[pair[1].0 as usize].name)
                .count();
            for &&(spec, table, column) in &places {
                let of_headers = meant.entry((spec, table)).or_default();
                of_headers.resize(headers.len(), Vec::new());
                of_headers[at].push(column);
                let is_new = found.entry((spec, table)).or_default().insert(column);
                if is_new && returns <= 2 {
                    *distinctive.entry((spec, table)).or_default() += 1;
                }
                let is_elsewhere = |other: &&&(u32, u32, u32)| other.0 == spec && other.1 != table;
                if is_new && !places.iter().any(|other| is_elsewhere(&other)) {
                    *own.entry((spec, table)).or_default() += 1;
                }
            }
        }
        let mut tables: Vec<(u32, u32)> = found.keys().copied().collect();
        tables.sort_unstable();
        let words = runs_of_words(name);
        let mut fits = Vec::new();
        for place in tables {
            let (spec_at, table_at) = (place.0 as usize, place.1 as usize);
            let spec = &self.specs[spec_at];
            let table = &spec.tables[table_at];
            let terms = match (table.terms.is_empty(), spec.terms.is_empty()) {
                (false, _) => table.terms.iter().copied().map(Some).collect(),
                (true, false) => spec.terms.iter().copied().map(Some).collect(),
                (true, true) => vec![None],
            };
            for term in terms {
                let in_term =
                    |terms: &[Term]| terms.is_empty() || term.is_none_or(|term| terms.contains(&term));
                let columns = table.columns.iter().enumerate().filter(|(_, column)| in_term(&column.terms));
                let (mut of_table, mut in_this_term, mut missing) = (0, HashSet::new(), 0);
                for (at, column) in columns {
                    let is_there = found[&place].contains(&(at as u32));
                    of_table += 1;
                    if is_there {
                        in_this_term.insert(at as u32);
                    }
                    missing += usize::from(column.required && !is_there);
                }
                let is_known =
                    |columns: &&Vec<u32>| columns.iter().any(|column| in_this_term.contains(column));
                fits.push(Fit {
                    spec: spec_at,
                    term,
                    table: table_at,
                    found: meant[&place].iter().filter(is_known).count().min(in_this_term.len()),
                    of_table,
                    of_header: headers.len(),
                    missing,
                    distinctive: distinctive.get(&place).copied().unwrap_or(0),
                    own: own.get(&place).copied().unwrap_or(0),
                    has_key: has_key(table, &in_this_term),
                    tells_of_death: table.columns.iter().enumerate().any(|(at, column)| {
                        let is_death = column.required && column.meaning == Some(Meaning::DateOfDeath);
                        is_death && in_this_term.contains(&(at as u32))
                    }),
                    is_called: words.iter().any(|word| table.is_called(word)),
                });
            }
        }
        fits.retain(|fit| fit.found > 0);
        fits
    }
}

impl Fit {
    /// Whether this can be told from the columns alone.
    pub(super) fn is_convincing(&self) -> bool {
        let share = |whole: usize, percent: usize| self.found * 100 >= whole * percent;
        self.found >= 2
            && ((share(self.of_table, 80) && share(self.of_header, 50) && self.distinctive >= 1)
                || (share(self.of_header, 60) && self.distinctive >= 2 && self.missing == 0)
                || (share(self.of_header, 50) && share(self.of_table, 50) && self.distinctive >= 2)
                // hardly any column of a list of deaths is of it alone, and no other list of people needs a date of death
                || (self.found == self.of_header && self.missing == 0 && self.tells_of_death)
                || (share(self.of_header, 75)
                    && self.is_called
                    && (self.distinctive >= 1 || self.missing == 0)))
    }

    /// The same of a list whose headers are chosen by whoever makes it. What it does not know is left out of linkage, so
    /// that it must know all columns, or nearly all where no other list has as many of them.
    pub(super) fn is_that_list(&self) -> bool {
        let knows_all = self.found == self.of_header;
        let says_it = knows_all && self.found >= 6 && self.distinctive >= 1 && self.missing == 0;
        let knows_most = self.found * 5 >= self.of_header * 4 && self.distinctive >= 4;
        (self.is_convincing() || says_it) && (knows_all || knows_most)
    }

    /// Whether this can be what a return that was asked for has: a child's id and date of birth are in all its tables, so
    /// one column at least must be of this table alone.
    pub(super) fn is_as_asked(&self) -> bool {
        let is_convincing = self.is_convincing() && (self.own >= 1 || self.found == self.of_header);
        is_convincing || (self.missing == 0 && self.own >= 1)
    }

    /// Whether this can be what somebody describes who has the file before their eyes.
    pub(super) fn is_possible(&self) -> bool {
        self.is_called || self.found * 2 >= self.of_table || self.found * 3 >= self.of_header
    }

    /// Greater is better: nothing that must be there is missing, nor the key of the rows, then the share of the header that is
    /// known, then those of header and table (their harmonic mean), both in thousandths, then the name of the file. The
    /// mean alone would prefer small tables, and years with fewer columns, for a file from which columns were cut away.
    pub(super) fn rank(&self) -> (Reverse<bool>, usize, bool) {
        let known = 1_000 * self.found / self.of_header.max(1);
        let mean = 2_000 * self.found / (self.of_header + self.of_table).max(1);
        (Reverse(self.missing > 0 || !self.has_key), 1_001 * known + mean, self.is_called)
    }
}

/// Whether a file is called like a table.
pub(super) fn is_named(file: &str, table: &Table) -> bool {
    let stem = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
    runs_of_words(&stem).iter().any(|word| table.is_called(word))
}

/// Whether columns of a table say whose its rows are, as far as the table has such columns.
fn has_key(table: &Table, found: &HashSet<u32>) -> bool {
    let keys = [&table.record, &table.parent_column].into_iter().flatten();
    let mut keys =
        keys.filter_map(|key| table.columns.iter().position(|column| column.name == *key)).peekable();
    keys.peek().is_none() || keys.any(|at| found.contains(&(at as u32)))
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Every run of words in a name: `2025_spring_pupilonroll` gives `pupilonroll` among others.
fn runs_of_words(name: &str) -> Vec<String> {
    let is_gap = |char: char| !char.is_alphanumeric();
    let mut starts: Vec<usize> = Vec::new();
    let mut ends: Vec<usize> = Vec::new();
    let mut before = true;
    for (at, char) in name.char_indices() {
        if before && !is_gap(char) {
            starts.push(at);
        } else if !before && is_gap(char) {
            ends.push(at);
        }
        before = is_gap(char);
    }
    if !before {
        ends.push(name.len());
    }
    // names of files are short; a long one is nobody's table
    starts.truncate(12);
    ends.truncate(12);
    let runs = starts.iter().flat_map(|&start| {
        ends.iter().filter(move |&&end| end > start).map(move |&end| name[start..end].to_owned())
    });
    runs.collect()
}
