//! Checks of a return: what types, `required` and code lists of its spec imply, and the spec's own.
//!
//! A batch holds each distinct value of a column once, so a value is judged once and its rows are counted; only rows
//! with something to object to are looked at one by one. Checks across rows keep hashes, never values.
//!
//! A placeholder, such as UN1 in place of a UPN or 01/01/1900, is not the same as an empty cell here: the collector's
//! rules that there must be a value are about empty cells, and placeholders are a finding of their own.

mod across;
mod cells;
mod evaluate;
mod finding;
mod place;
mod records;
mod rule;
#[cfg(test)]
mod tests;
mod value;

pub(super) use across::hash_of;
pub use finding::{ColumnQuality, Finding, Lines};
pub(super) use value::{boolean, whole_number};

use self::across::KeyedRows;
use self::cells::Cells;
use self::evaluate::Evaluation;
use self::place::Places;
use self::records::RecordsOf;
use self::rule::{Reference, RulePlan, Test, Witness};
use self::value::{ColumnPlan, Implied};
use super::Batch;
use super::dates::{DateOrders, DateReader, DatesSeen};
use super::library::{self, CodeList};
use super::spec::{self, Kind, Meaning, Rows, Rule, Spec, Table};
use crate::columns::OrdersHeld;
use plait_types::identifier::LaCode;
use plait_types::{Fault, NULL, PartialDate};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

/// Holds the batches of a return against its spec, in one pass.
///
/// ```
/// # use plait_formats::returns::{Batch, check::Checker, library};
/// # use plait_types::{Column, Table};
/// let spec = library::spec("cin-census-2017")?;
/// let table = spec.tables.iter().position(|table| table.name == "child").unwrap();
/// let upn = spec.tables[table].column("UPN");
/// let column = Column::from_rows("UPN", [Some("Z999200123456")]);
/// let rows = Table { name: "child".to_owned(), columns: vec![column], n_rows: 1 };
/// let batch = Batch { table, file: "cin.xml".into(), rows, columns: vec![upn], lines: vec![7], nesting: None };
///
/// let mut checker = Checker::new(spec, None, None);
/// checker.batch(&batch);
/// let findings = checker.finish();
/// let wrong = findings.iter().find(|finding| finding.check == "1510").unwrap();
/// assert_eq!((wrong.says.as_str(), wrong.lines.first()), ("check letter of the UPN is wrong", [7].as_slice()));
/// # Ok::<(), plait_types::Fault>(())
/// ```
pub struct Checker {
    spec: Arc<Spec>,
    reference: Reference,
    authority: Option<LaCode>,
    tables: Vec<TablePlan>,
    not_run: Vec<NotRun>,
    files: Vec<Arc<str>>,
    /// Where rows of each table lie, for checks across rows.
    places: Vec<Places>,
    /// Per check of the spec that looks across rows.
    across: BTreeMap<usize, KeyedRows>,
    /// Checks about two tables of which the other has come.
    has_witness: BTreeSet<usize>,
    /// Checks about two tables for which there are rows, and such whose rows nothing brings together.
    asked: BTreeSet<usize>,
    unjoined: BTreeSet<usize>,
    /// Orders of dates that columns show.
    dates_seen: DatesSeen,
    /// The orders, where they are known from all values.
    orders: Option<DateOrders>,
    /// Of dates of birth, the orders that they can only be in: by table and column.
    births: BTreeMap<(usize, usize), OrdersHeld>,
    counts: BTreeMap<ColumnOfFile, Counts>,
    tallies: BTreeMap<(ColumnOfFile, CheckOf), Tally>,
    /// What files call their columns, where they have headers.
    headers: BTreeMap<ColumnOfFile, String>,
    /// Files whose rows are elements.
    nested: BTreeSet<usize>,
}

/// A check of the spec that is not evaluated, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRun {
    /// The check's number.
    pub check: String,
    /// What is lacking: `there is no reference date`.
    pub why: &'static str,
}

impl Checker {
    /// A checker for one return, whose spec has been narrowed to its term.
    ///
    /// Ages and "in the future" are on the reference date. Without one they are by the year of the return, any day of
    /// which may be meant, so that only what is wrong on every day of it is found: a date after 31 December, an age that
    /// is exceeded on 1 January already. Forms that have no year leave such checks out, as [`Checker::not_run`] says.
    ///
    /// With an authority, files whose own rows (header, school) name another are found.
    pub fn new(spec: Arc<Spec>, reference_date: Option<PartialDate>, authority: Option<LaCode>) -> Self {
        Self::with_codes(spec, reference_date, authority, |name| library::codes(name).cloned())
    }

    /// The same, with code lists of the caller's.
    fn with_codes(
        spec: Arc<Spec>,
        reference_date: Option<PartialDate>,
        authority: Option<LaCode>,
        codes: impl Fn(&str) -> Option<CodeList>,
    ) -> Self {
        let reference = Reference { given: reference_date, year: spec.year };
        let mut not_run = Vec::new();
        let tables: Vec<TablePlan> = spec
            .tables
            .iter()
            .map(|table| TablePlan::new(&spec, table, reference, &codes, &mut not_run))
            .collect();
        for check in &spec.checks {
            if spec.table(&check.table).is_none() {
                let why = "its table is not collected in this term";
                not_run.push(NotRun { check: check.id.clone(), why });
            }
        }
        Self {
            places: tables.iter().map(|_| Places::default()).collect(),
            dates_seen: DatesSeen::new(spec.dates),
            spec,
            reference,
            authority,
            tables,
            not_run,
            files: Vec::new(),
            across: BTreeMap::new(),
            has_witness: BTreeSet::new(),
            asked: BTreeSet::new(),
            unjoined: BTreeSet::new(),
            orders: None,
            births: BTreeMap::new(),
            counts: BTreeMap::new(),
            tallies: BTreeMap::new(),
            headers: BTreeMap::new(),
            nested: BTreeSet::new(),
        }
    }

    /// The same, where the orders are known in which columns write their dates.
    #[must_use]
    pub fn in_orders(mut self, orders: DateOrders) -> Self {
        self.orders = Some(orders);
        self
    }

    /// The orders in which columns write their dates, by all values so far.
    pub fn date_orders(&self) -> DateOrders {
        self.orders.clone().unwrap_or_else(|| self.dates_seen.orders())
    }

    /// Whether all dates were read in the order that the whole of their column shows. Day first is taken until the last
    /// value is known; if that was wrong, another checker has to look at the same batches [in the orders](Self::in_orders)
    /// that were found.
    pub fn is_settled(&self) -> bool {
        self.orders.is_some() || !self.dates_seen.differ_from_taken()
    }

    /// Takes what a file calls the columns of a table: for each its name there, and its index in the columns of the spec's
    /// table, if the spec knows it.
    pub fn header(&mut self, file: &Arc<str>, table: usize, names: &[String], columns: &[Option<usize>]) {
        let file = self.file(file);
        for (name, column) in names.iter().zip(columns) {
            if let Some(column) = *column {
                self.headers.entry(ColumnOfFile { table, column, file }).or_insert_with(|| name.clone());
            }
        }
    }

    /// What a file calls a column of the spec; empty where it does not have it.
    fn called(&self, of: ColumnOfFile) -> &str {
        if let Some(header) = self.headers.get(&of) {
            return header;
        }
        let column = &self.spec.tables[of.table].columns[of.column];
        let element = column.element.as_ref().unwrap_or(&column.name);
        match element.rsplit('/').next() {
            Some(last) if self.nested.contains(&of.file) && last != "-" => last,
            _ => "",
        }
    }

    /// Takes the next batch. Batches of one file come in file order; lines ascend.
    ///
    /// A column of the spec that the batch does not have is missing in every row.
    ///
    /// # Panics
    ///
    /// If the batch is of a table that the spec does not have.
    pub fn batch(&mut self, batch: &Batch) {
        let file = self.file(&batch.file);
        if batch.nesting.is_some() {
            self.nested.insert(file);
        }
        let cells: Vec<Cells<'_>> =
            (0..self.tables[batch.table].columns.len()).map(|at| self.judge(batch, at)).collect();
        for (column, cells) in cells.iter().enumerate() {
            self.count(batch, ColumnOfFile { table: batch.table, column, file }, cells);
        }
        let plan = &self.tables[batch.table];
        let places = &mut self.places[batch.table];
        places.enter(file, &batch.lines);
        for rule in &plan.rules {
            let (at, of) = (rule.column, ColumnOfFile { table: batch.table, column: rule.column, file });
            let tally = self.tallies.entry((of, CheckOf::Spec(rule.check))).or_default();
            let by_file = self.spec.year == 0 && batch.nesting.is_some();
            let rows = Evaluation { batch, cells: &cells, plan, reference: self.reference, tally, by_file };
            match &rule.test {
                Test::Unique { not_values } => {
                    let records = RecordsOf::new(plan, batch, file);
                    let records = (!records.is_column(&cells[at])).then_some(&records);
                    rows.unique(at, not_values, records, rows_kept(&mut self.across, rule.check), places);
                }
                Test::UniqueRow => rows.unique_row(at, rows_kept(&mut self.across, rule.check), places),
                Test::SameForRecord => {
                    rows.same_for_record(
                        at,
                        &RecordsOf::new(plan, batch, file),
                        rows_kept(&mut self.across, rule.check),
                        places,
                    );
                }
                Test::OnlyWhenAll { values, join } => {
                    let records = RecordsOf::joining(*join, batch, file);
                    let store = rows_kept(&mut self.across, rule.check);
                    if rows.only_when_all(at, values, &records, store, places) {
                        self.asked.insert(rule.check);
                        if !records.is_known() {
                            self.unjoined.insert(rule.check);
                        }
                    }
                }
                test => rows.run(at, test),
            }
        }
        for witness in &plan.witnesses {
            // a column that the file does not have says neither yes nor no
            if cells[witness.column].column.is_none() {
                continue;
            }
            let records = RecordsOf::joining(witness.join, batch, file);
            if !records.is_known() {
                self.unjoined.insert(witness.check);
            }
            let store = rows_kept(&mut self.across, witness.check);
            evaluate::witness(&cells[witness.column], batch.rows.n_rows, &records, store);
            self.has_witness.insert(witness.check);
        }
    }

    /// Checks of the spec that are not evaluated: what they need is not collected in this term, there is no reference
    /// date, or batches so far have rows for a check about two tables and lack the other one, or what joins the two.
    pub fn not_run(&self) -> Vec<NotRun> {
        let mut not_run = self.not_run.clone();
        for &check in &self.asked {
            let why = if self.unjoined.contains(&check) {
                "the column that joins its two tables is not in the files"
            } else if self.has_witness.contains(&check) {
                continue;
            } else {
                "the other column that it needs is not in the files"
            };
            not_run.push(NotRun { check: self.spec.checks[check].id.clone(), why });
        }
        not_run
    }

    /// Figures per column of the tables that had rows so far, in the order of the spec.
    pub fn quality(&self) -> Vec<ColumnQuality> {
        let mut quality: Vec<ColumnQuality> = Vec::new();
        let mut last = None;
        for (of, counts) in &self.counts {
            let table = &self.spec.tables[of.table];
            if last != Some((of.table, of.column)) {
                quality.push(ColumnQuality {
                    table: table.name.clone(),
                    column: table.columns[of.column].name.clone(),
                    header: String::new(),
                    n_rows: 0,
                    n_present: 0,
                    n_valid: 0,
                    n_placeholder: 0,
                });
                last = Some((of.table, of.column));
            }
            let sum = quality.last_mut().expect("one was pushed");
            if sum.header.is_empty() {
                self.called(*of).clone_into(&mut sum.header);
            }
            sum.n_rows += counts.rows;
            sum.n_present += counts.present;
            sum.n_valid += counts.present - counts.invalid - counts.placeholder;
            sum.n_placeholder += counts.placeholder;
        }
        quality
    }

    /// Everything that was found: worst first, then most rows first, then by file, table, column and check. A finding
    /// is of one file and column.
    ///
    /// Checks across rows are decided here: 10 million rows take some seconds.
    pub fn finish(mut self) -> Vec<Finding> {
        for (check, rows) in std::mem::take(&mut self.across) {
            self.decide_across(check, rows);
        }
        let tallies = std::mem::take(&mut self.tallies);
        let found = tallies.into_iter().filter(|(_, tally)| tally.n_found > 0);
        let mut findings: Vec<Finding> =
            found.map(|((of, check), tally)| self.finding(of, check, tally)).collect();
        findings.sort_by_cached_key(Finding::rank);
        findings
    }

    fn file(&mut self, name: &Arc<str>) -> usize {
        // from the end, since files come one after the other
        self.files.iter().rposition(|file| file == name).unwrap_or_else(|| {
            self.files.push(Arc::clone(name));
            self.files.len() - 1
        })
    }

    /// Judges the distinct values of a column of the spec.
    fn judge<'a>(&mut self, batch: &'a Batch, at: usize) -> Cells<'a> {
        let found = batch.columns.iter().position(|column| *column == Some(at));
        let Some(column) = found.map(|found| &batch.rows.columns[found]) else { return Cells::absent() };
        let plan = &self.tables[batch.table].columns[at];
        let mut reader = DateReader::new(self.spec.dates);
        if plan.kind == Kind::Date {
            if let Some(orders) = &self.orders {
                reader = orders.reader((batch.table, at), self.spec.dates);
            } else {
                self.dates_seen.look((batch.table, at), column);
                reader = self.dates_seen.taken();
            }
        }
        if self.spec.tables[batch.table].columns[at].meaning == Some(Meaning::DateOfBirth) {
            let held = self.births.entry((batch.table, at)).or_default();
            for (text, rows) in column.values.iter().zip(column.counts()) {
                if rows > 0 {
                    held.add(text, u64::from(rows));
                }
            }
        }
        Cells::judge(column, plan, reader)
    }

    /// For each column of dates of birth of which a substantial part is in another order than the rest, the fault that keeps
    /// it from being linked. `called` gives the header of a column from its table and itself, as indices in the spec.
    pub(super) fn two_orders(&self, called: impl Fn((usize, usize)) -> String) -> Vec<Fault> {
        self.births.iter().filter_map(|(&at, held)| held.refuse(&called(at))).collect()
    }

    /// Counts what types, code lists and `required` imply.
    fn count(&mut self, batch: &Batch, of: ColumnOfFile, cells: &Cells<'_>) {
        let table = &self.spec.tables[of.table];
        let column = &table.columns[of.column];
        let plan = &self.tables[of.table];
        let counts = self.counts.entry(of).or_default();
        let n_present = cells.n_present();
        counts.rows += batch.rows.n_rows as u64;
        counts.present += n_present;
        // what the nested form does not have here, the elements around say
        let is_around = batch.nesting.is_some() && column.element.as_deref() == Some("-");
        let required = column.required && !plan.required_by_rule[of.column] && !is_around;
        if required && n_present < batch.rows.n_rows as u64 {
            let is_there = batch.nesting.is_some() || batch.columns.contains(&Some(of.column));
            let implied = if is_there { Implied::Required } else { Implied::NoColumn };
            let tally = self.tallies.entry((of, CheckOf::Implied(implied))).or_default();
            for row in (0..batch.rows.n_rows).filter(|&row| cells.code(row) == NULL) {
                tally.add(batch.lines[row]);
            }
        }
        if !cells.objections.is_empty() {
            let key = |objection: &Implied| (of, CheckOf::Implied(*objection));
            let take = |objection| self.tallies.remove(&key(objection)).unwrap_or_default();
            let mut tallies: Vec<Tally> = cells.objections.iter().map(take).collect();
            let before: Vec<u64> = tallies.iter().map(|tally| tally.n_found).collect();
            for (row, &code) in cells.codes.iter().enumerate() {
                if code != NULL && cells.marks[code as usize] != 0 {
                    tallies[usize::from(cells.marks[code as usize]) - 1].add(batch.lines[row]);
                }
            }
            for ((objection, tally), before) in cells.objections.iter().zip(tallies).zip(before) {
                let n = tally.n_found - before;
                match objection {
                    Implied::Placeholder(_) => counts.placeholder += n,
                    other if !other.leaves_valid() => counts.invalid += n,
                    _ => {}
                }
                // a check of the collector's says the same under its own number
                if *objection != Implied::Form || !plan.form_by_rule[of.column] {
                    self.tallies.insert(key(objection), tally);
                }
            }
        }
        if let Some(authority) = self.authority
            && table.rows == Rows::OfFile
            && column.kind == Kind::Authority
        {
            let is_other = |text: &str| LaCode::parse(text).is_some_and(|code| code != authority);
            let tally = self.tallies.entry((of, CheckOf::Implied(Implied::OtherAuthority))).or_default();
            for row in (0..batch.rows.n_rows).filter(|&row| cells.text(row).is_some_and(is_other)) {
                tally.add(batch.lines[row]);
            }
        }
    }

    fn decide_across(&mut self, check: usize, rows: KeyedRows) {
        let named = &self.spec.checks[check];
        let table = self.spec.tables.iter().position(|table| table.name == named.table);
        let table = table.expect("a check that was evaluated has a table");
        // of a table whose check cannot be evaluated, another may have kept rows all the same
        let Some(rule) = self.tables[table].rules.iter().find(|rule| rule.check == check) else { return };
        let (column, is_of_two_tables) = (rule.column, matches!(rule.test, Test::OnlyWhenAll { .. }));
        let places = &self.places[table];
        // the first places of each file and how many there are
        let mut of_files: BTreeMap<usize, (BinaryHeap<u32>, u64)> = BTreeMap::new();
        let tell = |place| {
            let (first, n) = of_files.entry(places.file(place)).or_default();
            *n += 1;
            first.push(place);
            if first.len() > Lines::KEPT {
                first.pop();
            }
        };
        let can_be_decided = self.has_witness.contains(&check) && !self.unjoined.contains(&check);
        match (is_of_two_tables, can_be_decided) {
            (false, _) => rows.for_each_with_two_partners(tell),
            (true, true) => evaluate::for_each_without_all(rows, tell),
            // a table that nobody gave says nothing, nor does one whose rows are of nobody knows whom
            (true, false) => {}
        }
        for (file, (first, n)) in of_files {
            let of = ColumnOfFile { table, column, file };
            let tally = self.tallies.entry((of, CheckOf::Spec(check))).or_default();
            tally.n_found = n;
            let n_more = n - first.len() as u64;
            tally.lines =
                Lines::of(first.into_sorted_vec().into_iter().map(|place| places.line(place)), n_more);
        }
    }

    fn finding(&self, of: ColumnOfFile, check: CheckOf, tally: Tally) -> Finding {
        let table = &self.spec.tables[of.table];
        let column = &table.columns[of.column];
        let finding = Finding {
            check: String::new(),
            source: self.spec.id(),
            table: table.name.clone(),
            file: Arc::clone(&self.files[of.file]),
            column: column.name.clone(),
            header: self.called(of).to_owned(),
            severity: spec::Severity::Convention,
            category: spec::Category::Conformance,
            says: String::new(),
            todo: String::new(),
            n_checked: tally.n_checked,
            n_found: tally.n_found,
            lines: tally.lines,
        };
        match check {
            CheckOf::Spec(at) => {
                let check = &self.spec.checks[at];
                Finding {
                    check: check.id.clone(),
                    severity: check.severity,
                    category: check.category,
                    says: check.says.clone(),
                    todo: check.todo.clone(),
                    ..finding
                }
            }
            CheckOf::Implied(implied) => {
                let counts = &self.counts[&of];
                let is_record_key = table.record.as_deref() == Some(column.name.as_str());
                let words = implied.words(column, is_record_key, self.spec.dates);
                let all = matches!(implied, Implied::Required | Implied::NoColumn);
                Finding {
                    check: words.check.to_owned(),
                    severity: words.severity,
                    category: words.category,
                    says: words.says.into_owned(),
                    todo: words.todo.to_owned(),
                    n_checked: if all { counts.rows } else { counts.present },
                    ..finding
                }
            }
        }
    }
}

/// The rows that a check keeps.
fn rows_kept(across: &mut BTreeMap<usize, KeyedRows>, check: usize) -> &mut KeyedRows {
    across.entry(check).or_insert_with(KeyedRows::new)
}

/// What is known of a table before any row is seen.
struct TablePlan {
    columns: Vec<ColumnPlan>,
    rules: Vec<RulePlan>,
    witnesses: Vec<Witness>,
    /// The column that says which record a row is about, and the one that refers to the parent.
    record: Option<usize>,
    parent_key: Option<usize>,
    /// The one that says within what records are told apart by theirs.
    record_within: Option<usize>,
    /// Per column, whether a check of the spec finds the same as the column's kind, or as its `required`.
    form_by_rule: Vec<bool>,
    required_by_rule: Vec<bool>,
}

impl TablePlan {
    fn new(
        spec: &Spec,
        table: &Table,
        reference: Reference,
        codes: &impl Fn(&str) -> Option<CodeList>,
        not_run: &mut Vec<NotRun>,
    ) -> Self {
        let plan = |column: &spec::Column| {
            let list = column.own_codes.clone().or_else(|| column.codes.as_deref().and_then(codes));
            ColumnPlan::new(column, list)
        };
        let columns: Vec<ColumnPlan> = table.columns.iter().map(plan).collect();
        let mut rules = Vec::new();
        for (at, check) in spec.checks.iter().enumerate().filter(|(_, check)| check.table == table.name) {
            match RulePlan::new(at, spec, table, &columns, reference) {
                Ok(rule) => rules.push(rule),
                Err(why) => not_run.push(NotRun { check: check.id.clone(), why }),
            }
        }
        let index = |name: &str| table.columns.iter().position(|column| column.name == name);
        let has = |rule: Rule| -> Vec<bool> {
            let of_column =
                |at| rules.iter().any(|plan| plan.column == at && spec.checks[plan.check].rule == rule);
            (0..columns.len()).map(of_column).collect()
        };
        Self {
            form_by_rule: has(Rule::UpnCheckLetter),
            required_by_rule: has(Rule::Required),
            witnesses: Witness::all(spec, table),
            record: table.record.as_deref().and_then(index),
            record_within: table.record_within.as_deref().and_then(index),
            parent_key: spec.parent(table).and_then(|(_, here, _)| index(here)),
            columns,
            rules,
        }
    }
}

/// One column of one file, as indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ColumnOfFile {
    table: usize,
    column: usize,
    file: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CheckOf {
    /// By its index.
    Spec(usize),
    Implied(Implied),
}

/// Rows of one column of one file.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    rows: u64,
    present: u64,
    placeholder: u64,
    invalid: u64,
}

#[derive(Debug, Default)]
struct Tally {
    /// Of checks of the spec only.
    n_checked: u64,
    n_found: u64,
    lines: Lines,
}

impl Tally {
    fn add(&mut self, line: u64) {
        self.n_found += 1;
        self.lines.push(line);
    }
}
