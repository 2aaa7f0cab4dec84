//! Rows of tables from nested elements: XML and JSON alike.
//!
//! The paths of a spec are compiled into a tree once. Elements are then followed through it one by one: an element
//! of a table opens a row, an element of a column fills a cell of the innermost row of its table. Case and namespaces
//! do not matter. Where an element stands elsewhere than the spec says, it is found by its name, as long as the name
//! is that of one column of a row that is open, or of one table. Where the column says who a person is, that alone is
//! not enough (`found`).
//!
//! Rows wait until no person is open and enough have come. So a person's rows never straddle two batches of a table
//! that were given at different times, the tables of persons come first, and a person some of whose own cells are no
//! text can be set aside with all that is in it.

use self::found::{Added, FoundByName, names_people};
use super::batch::{Batch, Nesting};
use super::check::boolean;
use super::out::Out;
use super::spec::{Column, Rows, Spec, Term};
use super::xml::endless_text;
use crate::noted::Noted;
use crate::read::column::TextColumn;
use hashbrown::{HashMap, HashSet};
use plait_types::{Fault, FaultCode, Issue, IssueKind, Table};
use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

mod found;

/// What reads a file element by element.
pub(super) trait Elements {
    /// An element begins; `line` counts on which line of the file.
    fn enter(&mut self, name: &str, line: &mut dyn FnMut() -> u64) -> Result<(), Fault>;
    /// Text within the element that began last and has not ended.
    fn text(&mut self, text: &str) -> Result<(), Fault>;
    /// The element that began last is an entry of a list, of which there may be others.
    fn in_list(&mut self) {}
    /// Text within it that cannot be decoded, and where in the file.
    fn undecodable(&mut self, offset: u64);
    /// The element that began last and has not ended ends.
    fn leave(&mut self) -> Result<(), Fault>;
}

/// One value, in bytes.
const LONGEST_VALUE: usize = 1 << 20;
/// Rows within one person.
const MOST_ROWS_OF_PERSON: usize = 1 << 20;
/// Distinct names of elements that are remembered.
const MOST_NAMES: usize = 1 << 14;
/// Names that an issue lists.
const SHOWN_NAMES: usize = 12;

const NONE: u32 = u32::MAX;

/// The paths of a spec as a tree.
pub(super) struct Shape {
    /// Lower-case names of elements.
    names: HashMap<String, u32>,
    nodes: Vec<Node>,
    /// Node and name give the node below, or [`NONE`].
    below: Vec<u32>,
    tables: Vec<ShapeTable>,
    /// The table that alone has a name, for elements at another place.
    loose_tables: HashMap<u32, u32>,
    /// Names of elements that are persons, as tables have them at their own place.
    persons: HashMap<u32, Vec<u32>>,
}

#[derive(Default)]
struct Node {
    /// Tables whose rows this element is.
    tables: Vec<usize>,
    /// Cells that this element is: table and column.
    cells: Vec<(usize, usize)>,
}

struct ShapeTable {
    /// Index in the spec.
    index: usize,
    rows: Rows,
    node: u32,
    /// Whether a row is made only where a column beside identity has a value, because another table has the same
    /// element.
    needs_payload: bool,
    /// The table around it.
    around: Option<usize>,
    columns: Vec<ShapeColumn>,
    /// Columns by the name of their element, where one column alone has it.
    loose: HashMap<u32, usize>,
}

struct ShapeColumn {
    /// Index in the spec's table.
    index: usize,
    name: String,
    several: bool,
    payload: Payload,
    /// Whether it says who the person is.
    says_who: bool,
}

/// What a value says about whether the row is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Payload {
    /// Nothing: it is identity.
    No,
    Yes,
    /// That it is, where the value is true.
    WhereTrue,
}

impl Shape {
    /// The tree of one term, or of the whole spec. `None` where no table has an element.
    pub(super) fn new(spec: &Spec, term: Option<Term>) -> Option<Self> {
        let is_in = |terms: &[Term]| terms.is_empty() || term.is_none_or(|term| terms.contains(&term));
        let mut shape = Self {
            names: HashMap::new(),
            nodes: vec![Node::default()],
            below: Vec::new(),
            tables: Vec::new(),
            loose_tables: HashMap::new(),
            persons: HashMap::new(),
        };
        let mut edges: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for (index, table) in spec.tables.iter().enumerate() {
            let Some(element) = table.element.as_deref().filter(|_| is_in(&table.terms)) else { continue };
            let node = shape.path(0, element, &mut edges);
            let slot = shape.tables.len();
            let mut columns = Vec::new();
            let is_nested = |column: &Column| is_in(&column.terms) && column.element.as_deref() != Some("-");
            for (index, column) in table.columns.iter().enumerate().filter(|(_, column)| is_nested(column)) {
                let cell = shape.path(node, column.element.as_deref().unwrap_or(&column.name), &mut edges);
                shape.nodes[cell as usize].cells.push((slot, columns.len()));
                let payload = match table.flag.as_ref() {
                    Some(flag) if *flag == column.name => Payload::WhereTrue,
                    _ if column.is_identity() => Payload::No,
                    _ => Payload::Yes,
                };
                columns.push(ShapeColumn {
                    index,
                    name: column.name.clone(),
                    several: column.several,
                    payload,
                    says_who: spec.says_who(table, column),
                });
            }
            shape.nodes[node as usize].tables.push(slot);
            let rows = table.rows;
            shape.tables.push(ShapeTable {
                index,
                rows,
                node,
                needs_payload: false,
                around: None,
                columns,
                loose: HashMap::new(),
            });
        }
        let width = shape.names.len();
        shape.below = vec![NONE; width * shape.nodes.len()];
        let mut above = vec![NONE; shape.nodes.len()];
        let mut name_of = vec![NONE; shape.nodes.len()];
        for ((node, name), below) in edges {
            shape.below[node as usize * width + name as usize] = below;
            above[below as usize] = node;
            name_of[below as usize] = name;
        }
        for table in 0..shape.tables.len() {
            let shared = shape.nodes[shape.tables[table].node as usize].tables.len() > 1;
            shape.tables[table].needs_payload = shared && shape.tables[table].rows == Rows::OfPerson;
        }
        shape.find_surroundings(&above);
        shape.find_loose_names(&name_of);
        (!shape.tables.is_empty()).then_some(shape)
    }

    /// The node at a path below another, made where it is not there.
    fn path(&mut self, from: u32, path: &str, edges: &mut BTreeMap<(u32, u32), u32>) -> u32 {
        let mut node = from;
        for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
            let next = self.names.len() as u32;
            let name = *self.names.entry(part.to_ascii_lowercase()).or_insert(next);
            let next = self.nodes.len() as u32;
            node = *edges.entry((node, name)).or_insert_with(|| {
                self.nodes.push(Node::default());
                next
            });
        }
        node
    }

    fn find_surroundings(&mut self, above: &[u32]) {
        for slot in 0..self.tables.len() {
            let mut node = above[self.tables[slot].node as usize];
            while node != NONE {
                let around = &self.nodes[node as usize].tables;
                let person = around.iter().find(|&&table| self.tables[table].rows == Rows::Person);
                // a row that may not be made holds no other
                let always = around.iter().find(|&&table| !self.tables[table].needs_payload);
                if let Some(&table) = person.or(always) {
                    self.tables[slot].around = Some(table);
                    break;
                }
                node = above[node as usize];
            }
        }
    }

    fn find_loose_names(&mut self, name_of: &[u32]) {
        let mut twice = Vec::new();
        for (slot, table) in self.tables.iter().enumerate() {
            let name = name_of[table.node as usize];
            // a table of persons within persons is meant to be there
            if name != NONE && table.rows == Rows::Person && table.around.is_none() {
                self.persons.entry(name).or_default().push(slot as u32);
            }
            if name != NONE && self.loose_tables.insert(name, slot as u32).is_some() {
                twice.push(name);
            }
        }
        for name in twice {
            self.loose_tables.remove(&name);
        }
        for (node, cells) in self.nodes.iter().enumerate().map(|(node, found)| (node, &found.cells)) {
            for &(slot, column) in cells {
                let loose = &mut self.tables[slot].loose;
                let name = name_of[node];
                // the root is called as each file likes
                if name == NONE {
                    continue;
                }
                // a name that stands twice means neither
                let known = loose.contains_key(&name);
                loose.insert(name, if known { usize::MAX } else { column });
            }
        }
    }

    /// The table, as index in the spec, around the rows of another; `None` where rows of it are in no other row.
    pub(super) fn around(&self, table: usize) -> Option<usize> {
        let found = self.tables.iter().find(|known| known.index == table)?;
        found.around.map(|slot| self.tables[slot].index)
    }
}

/// One element that has begun and not ended.
struct Frame {
    node: u32,
    name: u32,
    /// Where its text starts in the common buffer.
    text: usize,
    /// How many rows it has opened.
    opened: u32,
    has_elements: bool,
    /// Whether it is an entry of a list.
    in_list: bool,
}

/// A row whose element has not ended.
struct Open {
    slot: usize,
    line: u64,
    person: u32,
    parent: u32,
    /// Rows that waited when it began, per table: at this place in [`NestedRows::marks`].
    marks: usize,
    undecodable: bool,
    /// Of a value that stands where its object should.
    is_stray: bool,
    /// How many elements are around its own.
    depth: usize,
    /// What says who the person is and was found by name.
    found: FoundByName,
}

/// The rows of a table that wait to be given.
#[derive(Default)]
struct Waiting {
    columns: Vec<TextColumn>,
    lines: Vec<u64>,
    nesting: Nesting,
    /// Numbers given so far.
    numbers: u32,
    /// Values of columns that hold several, of the row that is open.
    several: Vec<(usize, String)>,
    /// Whether a column beside identity has a value in the row that is open.
    has_payload: bool,
    /// Columns of the row that is open whose value stands at another place than the specification says.
    from_elsewhere: Vec<usize>,
    /// Whether a row is open, and its number.
    open: Option<u32>,
}

/// Numbers of names as they stand in the file. Those that no path has are numbered on from the ones that some path has.
///
/// Elements of a return come in the same order for every person, so the name that came behind the one before is tried
/// first; that takes a comparison, where looking it up takes a hash besides.
#[derive(Default)]
struct KnownNames {
    at: HashMap<Box<str>, usize>,
    names: Vec<KnownName>,
    /// The name that came last.
    last: usize,
}

struct KnownName {
    name: Box<str>,
    number: u32,
    /// The one that came behind it last.
    next: usize,
}

impl KnownNames {
    /// The number of a name, where it is known; it is then the one that came last.
    fn number(&mut self, name: &str) -> Option<u32> {
        let guess = self.names.get(self.last).map_or(0, |last| last.next);
        let at = match self.names.get(guess) {
            Some(known) if *known.name == *name => guess,
            _ => *self.at.get(name)?,
        };
        self.names[self.last].next = at;
        self.last = at;
        Some(self.names[at].number)
    }

    /// Remembers a name, as long as they are few.
    fn add(&mut self, name: &str, number: u32) {
        if self.names.len() < MOST_NAMES {
            self.at.insert(name.into(), self.names.len());
            self.names.push(KnownName { name: name.into(), number, next: 0 });
        }
    }
}

/// Follows elements and gives rows.
pub(super) struct NestedRows<'a, 'b> {
    shape: &'a Shape,
    out: &'a mut Out<'b>,
    file: Arc<str>,
    limit: usize,
    known: KnownNames,
    strange: Vec<Box<str>>,
    frames: Vec<Frame>,
    text: String,
    open: Vec<Open>,
    /// Rows of tables that are not of the file which are open.
    open_of_persons: usize,
    marks: Vec<u32>,
    waiting: Vec<Waiting>,
    persons: u32,
    rows_of_person: usize,
    /// Rows that ended since rows were given last.
    ended: usize,
    /// How many elements are open of a person who stands within another.
    within: usize,
    /// Whether names of elements are keys of JSON, which may be data: a table that somebody made by name.
    is_json: bool,
    findings: Findings,
}

#[derive(Default)]
struct Findings {
    unknown: BTreeMap<String, u64>,
    elsewhere: BTreeMap<String, u64>,
    /// Elements that say who somebody is, where that may be somebody else.
    of_others: BTreeMap<String, u64>,
    stray: Noted,
    repeated: BTreeMap<(usize, usize), Noted>,
    undecodable: Noted,
    first_undecodable: Option<u64>,
    within: Noted,
}

impl<'a, 'b> NestedRows<'a, 'b> {
    /// `limit` is the number of rows of a batch.
    pub(super) fn new(shape: &'a Shape, out: &'a mut Out<'b>, file: Arc<str>, limit: usize) -> Self {
        let waiting = |table: &ShapeTable| {
            let mut columns = Vec::new();
            columns.resize_with(table.columns.len(), TextColumn::default);
            Waiting { columns, ..Waiting::default() }
        };
        Self {
            waiting: shape.tables.iter().map(waiting).collect(),
            shape,
            out,
            file,
            limit,
            known: KnownNames::default(),
            strange: Vec::new(),
            frames: Vec::new(),
            text: String::new(),
            open: Vec::new(),
            open_of_persons: 0,
            marks: Vec::new(),
            persons: 0,
            rows_of_person: 0,
            ended: 0,
            within: 0,
            is_json: false,
            findings: Findings::default(),
        }
    }

    /// The same, of a file whose names of elements may be data.
    pub(super) fn of_json(self) -> Self {
        Self { is_json: true, ..self }
    }

    /// Gives what is left and says what was found.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        self.give()?;
        let Self { findings, shape, out, file, is_json, .. } = self;
        let issue = |kind, message: String| Issue::new(kind, &*file, message);
        if !findings.unknown.is_empty() {
            let count: u64 = findings.unknown.values().sum();
            let words = shape.words();
            let message = format!(
                "elements that the specification does not know were left out: {}",
                listed(findings.unknown.keys(), |name| !is_json || has_only_words(name, &words))
            );
            out.issue(issue(IssueKind::UnknownElements, message).counting(count as usize));
        }
        if !findings.elsewhere.is_empty() {
            let count: u64 = findings.elsewhere.values().sum();
            let message = format!(
                "elements stand at another place than the specification says and were found by name: {}",
                listed(findings.elsewhere.keys(), |_| true)
            );
            out.issue(issue(IssueKind::ElementElsewhere, message).counting(count as usize));
        }
        if !findings.of_others.is_empty() {
            let count: u64 = findings.of_others.values().sum();
            let message = format!(
                "elements that say who somebody is stand where that may be another person, such as a parent or a worker, and \
                 were left out: {}",
                listed(findings.of_others.keys(), |_| true)
            );
            out.issue(issue(IssueKind::UnknownElements, message).counting(count as usize));
        }
        if findings.stray.count() > 0 {
            let message = if is_json {
                "values that stand where an object should, or where none can be, were left out"
            } else {
                "text between elements, where no value can be, was left out"
            };
            out.issue(findings.stray.issue(issue(IssueKind::StrayText, message.to_owned())));
        }
        for ((slot, column), lines) in findings.repeated {
            let message = "stands more than once in one row; the first was kept".to_owned();
            let name = &shape.tables[slot].columns[column].name;
            out.issue(lines.issue(issue(IssueKind::RepeatedElement, message).in_column(name)));
        }
        if findings.within.count() > 0 {
            let persons = match findings.within.count() {
                1 => "one person stands within another and was".to_owned(),
                n => format!("{n} persons stand within another and were"),
            };
            let message = format!("{persons} set aside, with all that is in the element");
            out.issue(findings.within.issue(issue(IssueKind::PersonWithinPerson, message)));
        }
        if let Some(first) = findings.first_undecodable {
            let rows = findings.undecodable.count();
            let message = format!(
                "{} bytes that are not text and {} set aside, with what is in {}; the first such byte is number {first}",
                if rows == 1 { "one row holds".to_owned() } else { format!("{rows} rows hold") },
                if rows == 1 { "was" } else { "were" },
                if rows == 1 { "it" } else { "them" },
            );
            out.issue(findings.undecodable.issue(issue(IssueKind::UndecodableRow, message)));
        }
        Ok(())
    }

    /// The number of a name.
    fn name(&mut self, name: &str) -> u32 {
        if let Some(known) = self.known.number(name) {
            return known;
        }
        let number = self.shape.names.get(&name.to_ascii_lowercase()).copied().unwrap_or_else(|| {
            if self.strange.len() == MOST_NAMES {
                return NONE;
            }
            self.strange.push(name.into());
            (self.shape.names.len() + self.strange.len() - 1) as u32
        });
        self.known.add(name, number);
        number
    }

    fn name_of(&self, number: u32) -> String {
        let strange = (number as usize).checked_sub(self.shape.names.len());
        match strange.map(|at| self.strange.get(at)) {
            None => self.shape.name_of(number),
            Some(Some(name)) => String::from(&**name),
            Some(None) => "others".to_owned(),
        }
    }

    /// The node of an element below another; at another place, that of the one table with its name.
    fn node_below(&mut self, node: u32, name: u32) -> u32 {
        if name as usize >= self.shape.names.len() {
            return NONE;
        }
        if node != NONE {
            let below = self.shape.below[node as usize * self.shape.names.len() + name as usize];
            if below != NONE {
                return below;
            }
        }
        let Some(&slot) = self.shape.loose_tables.get(&name) else { return NONE };
        let table = &self.shape.tables[slot as usize];
        let is_around = table.around.is_none_or(|around| self.open.iter().any(|open| open.slot == around));
        let is_open = self.open.iter().any(|open| open.slot == slot as usize);
        // a column of an open row may have the name of a table
        let is_cell = self.open.iter().any(|open| self.shape.tables[open.slot].loose.contains_key(&name));
        if !is_around || is_open || is_cell || self.open_of_persons == 0 && table.rows == Rows::OfPerson {
            return NONE;
        }
        // an address of a parent has the element that one of the child has
        let says_who = table.columns.iter().any(|column| column.says_who);
        if says_who && table.rows == Rows::OfPerson && self.may_be_another(table.around) {
            *self.findings.of_others.entry(self.shape.name_of(name)).or_default() += 1;
            return NONE;
        }
        *self.findings.elsewhere.entry(self.shape.name_of(name)).or_default() += 1;
        table.node
    }

    /// Whether what stands here may be about another person than the row of a table does, or the innermost one: because it
    /// is in the row of another table, or in an element that is one of a list or is called after people.
    fn may_be_another(&self, slot: Option<usize>) -> bool {
        let row = match slot {
            Some(slot) => self.open.iter().rev().find(|open| open.slot == slot),
            None => self.open.last(),
        };
        let within = row.map_or(0, |row| row.depth + 1);
        self.frames[within.min(self.frames.len())..].iter().any(|frame| {
            let is_strange = frame.node == NONE;
            frame.opened > 0 || is_strange && (frame.in_list || names_people(&self.name_of(frame.name)))
        })
    }

    /// Keeps a value that says who a person is for the end of the row that is at this place among those open.
    fn find(&mut self, at: usize, column: usize, frame: &Frame) {
        let slot = self.open[at].slot;
        if self.may_be_another(Some(slot)) {
            *self.findings.of_others.entry(self.shape.name_of(frame.name)).or_default() += 1;
            return;
        }
        let open = &mut self.open[at];
        let way: Vec<u32> = self.frames[open.depth + 1..].iter().map(|frame| frame.name).collect();
        let takes_all = self.shape.tables[slot].columns[column].several;
        match open.found.add(column, self.text[frame.text..].trim_ascii(), &way, takes_all) {
            Added::Kept => {}
            Added::Repeated => self.findings.repeated.entry((slot, column)).or_default().add(open.line),
            Added::OfOthers => {
                *self.findings.of_others.entry(self.shape.name_of(frame.name)).or_default() += 1;
            }
        }
    }

    /// Fills the row that ends with what was found by name and can only be of its person.
    fn settle(&mut self, open: &mut Open) {
        let (slot, waiting) = (open.slot, &self.waiting[open.slot]);
        let row = waiting.lines.len();
        let own = |column: usize| waiting.columns[column].value(row);
        let (kept, of_others) = mem::take(&mut open.found).judged(own);
        for found in kept {
            let name = self.shape.element_of(slot, found.column);
            *self.findings.elsewhere.entry(name).or_default() += 1;
            if self.waiting[slot].columns[found.column].len() <= row {
                let from = self.text.len();
                self.text.push_str(&found.value);
                self.fill(slot, found.column, from, true);
                self.text.truncate(from);
            }
        }
        for found in of_others {
            let name = self.shape.element_of(slot, found.column);
            *self.findings.of_others.entry(name).or_default() += 1;
        }
    }

    /// Remembers an element that no path has and that holds others, for the rows around it.
    fn note_wrapper(&mut self, frame: &Frame) {
        let Some(depth) = self.open.last().map(|open| open.depth) else { return };
        let way: Vec<u32> =
            self.frames[depth + 1..].iter().map(|frame| frame.name).chain([frame.name]).collect();
        for open in self.open.iter_mut().rev().take_while(|open| open.depth == depth) {
            open.found.wrapper(&way);
        }
    }

    /// Whether an element is a person and stands in the row of another.
    fn is_person_within(&self, above: u32, name: u32) -> bool {
        let Some(slots) = self.shape.persons.get(&name).filter(|_| self.open_of_persons > 0) else {
            return false;
        };
        let is_in_person = self.open.iter().any(|open| self.shape.tables[open.slot].rows == Rows::Person);
        // what the specification has at this place is no stranger
        let own = match above {
            NONE => NONE,
            above => self.shape.below[above as usize * self.shape.names.len() + name as usize],
        };
        let is_table = |slot: &u32| self.shape.tables[*slot as usize].node == own;
        let is_cell = || self.open.iter().any(|open| self.shape.tables[open.slot].loose.contains_key(&name));
        is_in_person && (slots.iter().any(is_table) || own == NONE && !is_cell())
    }

    /// Sets a person who stands within another aside; `name` is that of the element.
    fn set_person_within_aside(&mut self, name: u32, line: u64) {
        let slot = self.shape.persons.get(&name).and_then(|slots| slots.first());
        let table = slot.map_or(0, |&slot| self.shape.tables[slot as usize].index);
        self.out.rows_in(1);
        self.out.set_aside(table, 1);
        self.findings.within.add(line);
    }

    fn open_row(&mut self, slot: usize, line: u64) -> Result<(), Fault> {
        let table = &self.shape.tables[slot];
        if self.waiting[slot].open.is_some() {
            return Ok(());
        }
        if table.rows == Rows::OfFile {
            // counts for nothing else
        } else {
            if self.open_of_persons == 0 {
                self.rows_of_person = 0;
            }
            self.open_of_persons += 1;
            self.rows_of_person += 1;
            if self.rows_of_person > MOST_ROWS_OF_PERSON {
                return Err(too_many_rows(&self.file, line));
            }
        }
        let in_person =
            self.open.iter().rev().find(|open| open.person != Nesting::NO_ROW).map(|open| open.person);
        let person = match (in_person, table.rows) {
            (Some(person), _) => person,
            (None, Rows::Person) => {
                self.persons += 1;
                self.persons - 1
            }
            (None, _) => Nesting::NO_ROW,
        };
        let parent = table.around.and_then(|around| self.waiting[around].open).unwrap_or(Nesting::NO_ROW);
        let marks = self.marks.len();
        self.marks.extend(self.waiting.iter().map(|waiting| waiting.lines.len() as u32));
        let waiting = &mut self.waiting[slot];
        waiting.has_payload = false;
        waiting.from_elsewhere.clear();
        waiting.open = Some(waiting.numbers);
        waiting.numbers += 1;
        let depth = self.frames.len();
        let found = FoundByName::default();
        self.open.push(Open {
            slot,
            line,
            person,
            parent,
            marks,
            undecodable: false,
            is_stray: false,
            depth,
            found,
        });
        Ok(())
    }

    fn close_row(&mut self) -> Result<(), Fault> {
        let mut open = self.open.pop().expect("a row is open for every one that a frame has opened");
        self.settle(&mut open);
        let table = &self.shape.tables[open.slot];
        let waiting = &mut self.waiting[open.slot];
        let number = waiting.open.take().unwrap_or_default();
        if table.rows != Rows::OfFile {
            self.open_of_persons -= 1;
        }
        let row = waiting.lines.len();
        if open.is_stray || table.needs_payload && !waiting.has_payload && !open.undecodable {
            waiting.several.clear();
            for column in &mut waiting.columns {
                column.truncate(row);
            }
            waiting.numbers -= 1;
            self.marks.truncate(open.marks);
            return Ok(());
        }
        self.ended += 1;
        self.out.rows_in(1);
        for (column, values) in waiting.several.drain(..) {
            waiting.columns[column].pad(row);
            waiting.columns[column].push(&values);
        }
        if open.undecodable {
            for column in &mut waiting.columns {
                column.truncate(row);
            }
            self.out.set_aside(table.index, 1);
            if table.rows != Rows::OfFile {
                for (slot, waiting) in
                    self.waiting.iter_mut().enumerate().filter(|(slot, _)| *slot != open.slot)
                {
                    let dropped = waiting.truncate(self.marks[open.marks + slot] as usize);
                    self.out.set_aside(self.shape.tables[slot].index, dropped as u64);
                }
            }
            self.findings.undecodable.add(open.line);
        } else {
            waiting.lines.push(open.line);
            waiting.nesting.person.push(open.person);
            waiting.nesting.own.push(number);
            waiting.nesting.parent.push(open.parent);
        }
        self.marks.truncate(open.marks);
        if self.open_of_persons == 0 && self.ended >= self.limit {
            self.give()?;
        }
        Ok(())
    }

    /// Gives all rows that have ended, table by table, in batches of at most the limit.
    fn give(&mut self) -> Result<(), Fault> {
        self.ended = 0;
        for (slot, table) in self.shape.tables.iter().enumerate() {
            let waiting = &mut self.waiting[slot];
            if waiting.lines.is_empty() || waiting.open.is_some() {
                continue;
            }
            let rows = waiting.lines.len();
            let finish = |(column, shape): (&mut TextColumn, &ShapeColumn)| {
                column.pad(rows);
                column.take(shape.name.clone())
            };
            let batch = Batch {
                table: table.index,
                file: Arc::clone(&self.file),
                rows: Table {
                    name: self.out.spec().tables[table.index].name.clone(),
                    columns: waiting.columns.iter_mut().zip(&table.columns).map(finish).collect(),
                    n_rows: rows,
                },
                columns: table.columns.iter().map(|column| Some(column.index)).collect(),
                lines: mem::take(&mut waiting.lines),
                nesting: Some(mem::take(&mut waiting.nesting)),
            };
            self.out.batch(batch, self.limit)?;
        }
        for mark in &mut self.marks {
            *mark = 0;
        }
        Ok(())
    }

    /// Fills a cell of a row that is open. A value from its own place goes before one from another, whichever comes first.
    fn fill(&mut self, slot: usize, column: usize, from: usize, is_elsewhere: bool) {
        let value = self.text[from..].trim_ascii();
        if value.is_empty() {
            return;
        }
        let waiting = &mut self.waiting[slot];
        let row = waiting.lines.len();
        if is_elsewhere {
            let is_first = waiting.columns[column].len() <= row
                && waiting.several.iter().all(|(known, _)| *known != column);
            if is_first {
                waiting.from_elsewhere.push(column);
            }
        } else if let Some(at) = waiting.from_elsewhere.iter().position(|known| *known == column) {
            waiting.from_elsewhere.swap_remove(at);
            waiting.columns[column].truncate(row);
            waiting.several.retain(|(known, _)| *known != column);
        }
        waiting.has_payload |= match self.shape.tables[slot].columns[column].payload {
            Payload::No => false,
            Payload::Yes => true,
            Payload::WhereTrue => boolean(value) == Some(true),
        };
        if self.shape.tables[slot].columns[column].several {
            match waiting.several.iter_mut().find(|(known, _)| *known == column) {
                Some((_, values)) => {
                    values.push('|');
                    values.push_str(value);
                }
                None => waiting.several.push((column, value.to_owned())),
            }
        } else if waiting.columns[column].len() > row {
            let line = self.open.iter().rev().find(|open| open.slot == slot).map_or(0, |open| open.line);
            self.findings.repeated.entry((slot, column)).or_default().add(line);
        } else {
            waiting.columns[column].pad(row);
            waiting.columns[column].push(value);
        }
    }

    /// An element without elements ends: its text is a value.
    fn value(&mut self, frame: &Frame) {
        let mut found = false;
        if frame.node != NONE {
            let shape = self.shape;
            for &(slot, column) in &shape.nodes[frame.node as usize].cells {
                if self.waiting[slot].open.is_some() {
                    self.fill(slot, column, frame.text, false);
                    found = true;
                }
            }
        }
        if found || is_blank(&self.text[frame.text..]) {
            return;
        }
        if frame.node != NONE && frame.opened == 0 && !self.shape.nodes[frame.node as usize].cells.is_empty()
        {
            // a column of a row that is not open
        } else if frame.node != NONE {
            self.note_stray();
            return;
        }
        for at in (0..self.open.len()).rev() {
            let slot = self.open[at].slot;
            if let Some(&column) = self.shape.tables[slot].loose.get(&frame.name)
                && column != usize::MAX
            {
                if self.shape.tables[slot].columns[column].says_who {
                    self.find(at, column, frame);
                    return;
                }
                *self.findings.elsewhere.entry(self.shape.name_of(frame.name)).or_default() += 1;
                self.fill(slot, column, frame.text, true);
                return;
            }
        }
        *self.findings.unknown.entry(self.name_of(frame.name)).or_default() += 1;
    }

    fn note_stray(&mut self) {
        let line = self.open.last().map_or(1, |open| open.line);
        self.findings.stray.add(line);
    }
}

impl Shape {
    /// The name of the element that alone is this column, where it is found by name.
    fn element_of(&self, slot: usize, column: usize) -> String {
        let named = self.tables[slot].loose.iter().find(|(_, known)| **known == column);
        named.map_or_else(|| self.tables[slot].columns[column].name.clone(), |(&name, _)| self.name_of(name))
    }

    /// The words that names of the specification are made of.
    fn words(&self) -> HashSet<String> {
        self.names.keys().flat_map(|name| words_of(name)).collect()
    }

    fn name_of(&self, number: u32) -> String {
        self.names
            .iter()
            .find(|(_, known)| **known == number)
            .map(|(name, _)| name.clone())
            .unwrap_or_default()
    }
}

impl Waiting {
    /// Takes rows away until there are `rows`; gives how many they were.
    fn truncate(&mut self, rows: usize) -> usize {
        let dropped = self.lines.len().saturating_sub(rows);
        if dropped > 0 {
            self.lines.truncate(rows);
            self.nesting.person.truncate(rows);
            self.nesting.own.truncate(rows);
            self.nesting.parent.truncate(rows);
            for column in &mut self.columns {
                column.truncate(rows);
            }
        }
        dropped
    }
}

impl Elements for NestedRows<'_, '_> {
    fn enter(&mut self, name: &str, line: &mut dyn FnMut() -> u64) -> Result<(), Fault> {
        if self.within > 0 {
            self.within += 1;
            let number = self.name(name);
            if self.shape.persons.contains_key(&number) {
                self.set_person_within_aside(number, line());
            }
            return Ok(());
        }
        let (node, number) = match self.frames.last_mut() {
            // the root, whatever it is called: that was decided before
            None => (0, NONE),
            Some(frame) => {
                frame.has_elements = true;
                let (above, from) = (frame.node, frame.text);
                if self.text.len() > from {
                    if !is_blank(&self.text[from..]) {
                        self.note_stray();
                    }
                    self.text.truncate(from);
                }
                let number = self.name(name);
                if self.is_person_within(above, number) {
                    self.within = 1;
                    self.set_person_within_aside(number, line());
                    return Ok(());
                }
                (self.node_below(above, number), number)
            }
        };
        let mut opened = 0;
        if node != NONE {
            let shape = self.shape;
            for &slot in &shape.nodes[node as usize].tables {
                let before = self.open.len();
                self.open_row(slot, line())?;
                opened += (self.open.len() - before) as u32;
            }
        }
        let text = self.text.len();
        self.frames.push(Frame { node, name: number, text, opened, has_elements: false, in_list: false });
        Ok(())
    }

    fn in_list(&mut self) {
        if let Some(frame) = self.frames.last_mut().filter(|_| self.within == 0) {
            frame.in_list = true;
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        let Some(frame) = self.frames.last().filter(|_| self.within == 0) else { return Ok(()) };
        // what indents elements is no text of theirs
        if frame.has_elements && is_blank(text) {
            return Ok(());
        }
        if self.text.len() - frame.text + text.len() > LONGEST_VALUE {
            return Err(endless_text(&self.file));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn undecodable(&mut self, offset: u64) {
        if self.within > 0 {
            // it is set aside already
        } else if let Some(open) = self.open.last_mut() {
            open.undecodable = true;
            self.findings.first_undecodable.get_or_insert(offset);
        } else {
            self.note_stray();
        }
    }

    fn leave(&mut self) -> Result<(), Fault> {
        if self.within > 0 {
            self.within -= 1;
            return Ok(());
        }
        let frame = self.frames.pop().expect("an element ends that began");
        if frame.has_elements {
            if !is_blank(&self.text[frame.text..]) {
                self.note_stray();
            }
            if frame.node == NONE {
                self.note_wrapper(&frame);
            }
        } else {
            let strays = self.findings.stray.count();
            self.value(&frame);
            // what stands in the place of an object is none
            if self.is_json && self.findings.stray.count() > strays {
                let opened = self.open.iter_mut().rev().take(frame.opened as usize);
                opened.for_each(|open| open.is_stray = true);
            }
        }
        self.text.truncate(frame.text);
        for _ in 0..frame.opened {
            self.close_row()?;
        }
        Ok(())
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// The first of some names that can be shown, and how many there are besides.
fn listed<'a>(names: impl Iterator<Item = &'a String>, can_be_shown: impl Fn(&str) -> bool) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    let shown: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| is_of_a_schema(name) && can_be_shown(name))
        .take(SHOWN_NAMES)
        .collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        n if shown.is_empty() => format!("{n} whose names may be data"),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn words_of(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase)
}

/// Whether a name is made of known words. A word that the specification does not have may be somebody's name.
fn has_only_words(name: &str, known: &HashSet<String>) -> bool {
    words_of(name).all(|word| known.contains(&word))
}

/// Whether a name is as people name elements: a word of letters, with few digits.
fn is_of_a_schema(name: &str) -> bool {
    const LONGEST: usize = 60;
    const MOST_DIGITS: usize = 4;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(is_plain)
        && name.split(|c: char| !c.is_ascii_digit()).all(|digits| digits.len() <= MOST_DIGITS)
}

fn too_many_rows(file: &str, line: u64) -> Fault {
    Fault::new(
        FaultCode::UnsafeXml,
        format!("{file} has more than {MOST_ROWS_OF_PERSON} rows within one person"),
        "check that it is the return, and export it again",
    )
    .at(format!("{file} line {line}"))
}

#[cfg(test)]
mod names_tests {
    use super::*;

    #[test]
    fn names_that_may_be_data_are_counted_and_not_shown() {
        let check = |names: &[&str]| {
            listed(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().iter(), |_| true)
        };
        assert_eq!(check(&["Extra", "ns:Other_2-x.y"]), "Extra, ns:Other_2-x.y");
        assert_eq!(check(&["A950000178301", "Extra", "Ava Khan", "Zoë"]), "Extra and 3 more");
        assert_eq!(check(&["9990000018"]), "1 whose names may be data");
    }

    #[test]
    fn a_key_of_json_is_shown_where_all_its_words_are_of_the_return() {
        let spec = crate::returns::library::spec("csc-api").expect("it comes with Plait");
        let shape = Shape::new(&spec, None).expect("it has elements");
        let words = shape.words();
        let check = |name: &str, expected: bool| assert_eq!(has_only_words(name, &words), expected, "{name}");
        check("child_first_name", true);
        check("Worker-Id", true);
        check("Jones", false);
        check("surname_Jones", false);
    }
}
