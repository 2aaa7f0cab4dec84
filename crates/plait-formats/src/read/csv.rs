//! Delimited text.
//!
//! The parser is our own because the `csv` crate cannot say that a quote was never closed, nor on which line:
//! such a file would be read as one enormous field. It takes a piece of text, notes where fields start and end,
//! and leaves an unfinished record for the next piece; while it does, the columns of the piece before are
//! interned, each on its own, so codes do not depend on threads.
//!
//! Quotes count at the start of a field only; inside, two stand for one. Text between a closing quote and the
//! next delimiter is kept, spaces are not. Records end with a line feed, a carriage return or both. Lines
//! without any value are no rows. Fields beyond the header are tolerated where they are empty.
//!
//! Two stray quotes would make one field of all rows between them. Where text follows the quote that would close a
//! field of several lines, that quote opens another field, and the first one is stray: its row is set aside and
//! reading goes on at the next line. Where nothing follows, the lines within the quotes may still look like rows;
//! then the field is kept, as it may be text, and the lines are named.

use super::column::{TextColumn, is_blank, lost_characters, shortened_numbers};
use super::footer::{self, Ending, Footers};
use super::naming::{self, SEARCHED_ROWS};
use super::source::{ReadSeek, Source, unreadable};
use super::text::{LONGEST, TextError, TextSource, UNDECODABLE, count_lines};
use super::{FileFormat, Read, ReadOptions, RowLines, delimiter_name};
use crate::noted::Noted;
use plait_types::{Column, Fault, FaultCode, Issue, IssueKind, NULL, Table, counted};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::ops::Range;

/// Delimiters that are looked for; the first wins a tie.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Columns that a table may have: as many as a sheet of Excel.
const MOST_COLUMNS: usize = 16_384;

/// How many records decide about delimiter and header.
const SAMPLED_RECORDS: usize = 200;

/// Reads all rows.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Read, Fault> {
    let file = &source.file;
    let (mut parser, mut issues) = start(source)?;
    let wanted = naming::wanted(file, &parser.names, options)?;
    let mut columns: Vec<(usize, TextColumn)> = wanted
        .iter()
        .enumerate()
        .filter(|&(_, &wanted)| wanted)
        .map(|(at, _)| (at, TextColumn::default()))
        .collect();

    let (mut parsed, mut next) = (Piece::default(), Piece::default());
    let mut going = parser.parse(&mut parsed)?;
    let mut rows = 0;
    let mut lines = RowLines::default();
    while going {
        rows += parsed.rows;
        parsed.lines.iter().for_each(|line| lines.push(*line));
        let width = parser.names.len();
        let (more, ()) = rayon::join(
            || parser.parse(&mut next),
            || {
                columns
                    .par_iter_mut()
                    .with_max_len(1)
                    .for_each(|(at, column)| parsed.intern(0..parsed.rows, *at, width, column));
            },
        );
        going = more?;
        mem::swap(&mut parsed, &mut next);
    }

    let Parser { mut names, text, delimiter, aside, blank_rows, .. } = parser;
    if aside.n_misshapen() > rows as u64 {
        return Err(mostly_set_aside(file, delimiter, names.len(), &aside));
    }
    aside.undecodable.refuse_most(file, rows as u64)?;
    if rows == 0 {
        return Err(super::empty(file, "has a header and no rows"));
    }
    issues.extend(windows_lines(file, text.windows_lines));
    let rows_in = rows + aside.count() as usize;
    issues.extend(aside.issues(file, names.len(), blank_rows));
    let columns: Vec<_> =
        columns.into_iter().map(|(at, column)| column.finish(mem::take(&mut names[at]))).collect();
    issues.extend(columns.iter().filter_map(|column| shortened_numbers(file, column)));
    issues.extend(columns.iter().filter_map(|column| lost_characters(file, column, &lines)));
    Ok(Read {
        format: FileFormat::Csv {
            delimiter: char::from(delimiter),
            encoding: text.encoding(),
            bom: text.bom,
        },
        rows_in,
        table: Table { name: String::new(), columns, n_rows: rows },
        issues,
        lines,
    })
}

/// Reads the names of the columns.
pub(super) fn header(source: &Source) -> Result<Vec<String>, Fault> {
    Ok(start(source)?.0.names)
}

/// The rows of delimited text in pieces, so that memory does not grow with the file. Rows with bytes that are no
/// text are set aside instead of ending the reading.
pub(crate) struct Rows<R> {
    parser: Parser<R>,
    piece: Piece,
    /// The next row of `piece`.
    at: usize,
    given: u64,
    /// One per header, with the rows that are given next.
    columns: Vec<TextColumn>,
    issues: Vec<Issue>,
}

/// Some rows in file order, interned among themselves.
pub(crate) struct SomeRows {
    /// One per header.
    pub(crate) columns: Vec<Column>,
    /// The line of each row, from 1.
    pub(crate) lines: Vec<u64>,
}

/// What was found in a file when its rows have been given.
pub(crate) struct Finished {
    /// In a fixed order.
    pub(crate) issues: Vec<Issue>,
    /// Rows that were not given.
    pub(crate) set_aside: u64,
}

impl<R: io::Read> Rows<R> {
    /// Finds delimiter and header. Faults as [`read`](super::read).
    pub(crate) fn start(reader: R, file: &str) -> Result<Self, Fault> {
        Self::start_with(reader, file, &Footers::of_headers)
    }

    /// The same, where the rows below the table are told from it by what the caller makes of its headers.
    pub(crate) fn start_with(
        reader: R,
        file: &str,
        footers: &dyn Fn(&[String]) -> Footers,
    ) -> Result<Self, Fault> {
        let text = TextSource::new(reader).map_err(|error| text_fault(file, error, 1))?;
        let (parser, issues) = Parser::start(text, file, footers)?;
        let mut columns = Vec::new();
        columns.resize_with(parser.names.len(), TextColumn::default);
        let mut rows = Self { parser, piece: Piece::default(), at: 0, given: 0, columns, issues };
        rows.more()?;
        Ok(rows)
    }

    /// The headers, unnamed ones named after their position.
    pub(crate) fn names(&self) -> &[String] {
        &self.parser.names
    }

    /// The cells of the next row and its line.
    pub(crate) fn peek(&self) -> Option<(Vec<&str>, u64)> {
        let width = self.parser.names.len();
        let fields = self.piece.fields.get(self.at * width..(self.at + 1) * width)?;
        let cells = fields.iter().map(|span| &self.piece.text[span.start as usize..span.end as usize]);
        Some((cells.collect(), self.piece.lines[self.at]))
    }

    /// Passes over the next row, which counts as given.
    pub(crate) fn skip(&mut self) -> Result<(), Fault> {
        self.at += 1;
        self.given += 1;
        if self.at == self.piece.rows { self.more().map(|_| ()) } else { Ok(()) }
    }

    /// The next rows, at most `limit`; `None` when there are no more.
    pub(crate) fn next(&mut self, limit: usize) -> Result<Option<SomeRows>, Fault> {
        let width = self.parser.names.len();
        let mut lines = Vec::new();
        while lines.len() < limit && (self.at < self.piece.rows || self.more()?) {
            let end = self.piece.rows.min(self.at + limit - lines.len());
            for (at, column) in self.columns.iter_mut().enumerate() {
                self.piece.intern(self.at..end, at, width, column);
            }
            lines.extend_from_slice(&self.piece.lines[self.at..end]);
            self.at = end;
        }
        if lines.is_empty() {
            return Ok(None);
        }
        self.given += lines.len() as u64;
        let named = self.columns.iter_mut().zip(&self.parser.names);
        Ok(Some(SomeRows { columns: named.map(|(column, name)| column.take(name.clone())).collect(), lines }))
    }

    /// What was wrong with the file, and the fault of one most of whose rows were set aside.
    pub(crate) fn finish(mut self) -> Result<Finished, Fault> {
        self.refuse_mostly_ragged(0)?;
        let Parser { file, names, text, aside, blank_rows, .. } = self.parser;
        let set_aside = aside.count();
        aside.undecodable.refuse_most(&file, self.given)?;
        self.issues.extend(windows_lines(&file, text.windows_lines));
        self.issues.extend(aside.issues(&file, names.len(), blank_rows));
        Ok(Finished { issues: self.issues, set_aside })
    }

    /// Parses the next piece; false when there is none.
    fn more(&mut self) -> Result<bool, Fault> {
        self.at = 0;
        let going = self.parser.parse(&mut self.piece)?;
        // a file in which most rows are ragged is known early, before its rows are used
        self.refuse_mostly_ragged(self.piece.rows.max(SAMPLED_RECORDS))?;
        Ok(going)
    }

    fn refuse_mostly_ragged(&self, at_least: usize) -> Result<(), Fault> {
        let Parser { file, delimiter, names, aside, .. } = &self.parser;
        let set_aside = aside.n_misshapen();
        if set_aside > at_least as u64 && set_aside > self.given + self.piece.rows as u64 {
            return Err(mostly_set_aside(file, *delimiter, names.len(), aside));
        }
        Ok(())
    }
}

fn windows_lines(file: &str, lines: usize) -> Option<Issue> {
    let message = match lines {
        0 => return None,
        1 => "one line is not UTF-8 and was read as Windows-1252".to_owned(),
        lines => format!("{lines} lines are not UTF-8 and were read as Windows-1252"),
    };
    Some(Issue::new(IssueKind::Encoding, file, message).counting(lines))
}

/// A parser before the first row, and what was found above it.
type Started<R> = Result<(Parser<R>, Vec<Issue>), Fault>;

fn start(source: &Source) -> Started<Box<dyn ReadSeek>> {
    let text = TextSource::new(source.reader()?).map_err(|error| text_fault(&source.file, error, 1))?;
    Parser::start(text, &source.file, &Footers::of_headers)
}

/// Where a field is in the text of its piece.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

/// Some complete rows.
#[derive(Default)]
struct Piece {
    text: String,
    /// Row by row, as many as there are columns.
    fields: Vec<Span>,
    /// The line of each row, from 1.
    lines: Vec<u64>,
    rows: usize,
}

impl Piece {
    /// Adds the cells of some rows in column `at` of `width`.
    fn intern(&self, rows: Range<usize>, at: usize, width: usize, column: &mut TextColumn) {
        let fields = &self.fields[rows.start * width..rows.end * width];
        let mut last = ("", NULL);
        for span in fields.iter().skip(at).step_by(width) {
            let cell = &self.text[span.start as usize..span.end as usize];
            // most columns repeat themselves from row to row; comparing takes less than looking up
            if cell != last.0 {
                last = (cell, column.code(cell));
            }
            column.codes().push(last.1);
        }
    }
}

/// A row that does not fit the header.
struct Ragged {
    line: u64,
    fields: usize,
}

/// Rows that were set aside because they have too many fields or too few.
#[derive(Default)]
struct RaggedRows {
    n_rows: u64,
    first: Vec<Ragged>,
    by_fields: BTreeMap<usize, Noted>,
}

impl RaggedRows {
    /// How many are told where most rows are ragged.
    const FIRST: usize = 3;
}

/// Rows that are no text.
#[derive(Default)]
struct UndecodableRows {
    rows: Noted,
    /// The first byte of them that is no text, from the start of the file.
    first_byte: Option<u64>,
}

impl UndecodableRows {
    /// Refuses a file with more such rows than others.
    fn refuse_most(&self, file: &str, others: u64) -> Result<(), Fault> {
        if self.rows.count() <= others {
            return Ok(());
        }
        let fault = text_fault(file, TextError::NotText, self.rows.first()[0]);
        Err(fault.because(format!("{} with such bytes", counted(self.rows.count(), "row"))))
    }

    fn issue(self, file: &str) -> Option<Issue> {
        let first = self.first_byte?;
        let (rows, were) = match self.rows.count() {
            1 => ("one row holds".to_owned(), "was"),
            n => (format!("{n} rows hold"), "were"),
        };
        let message = format!(
            "{rows} bytes that are not text and {were} set aside; the first such byte is number {first}"
        );
        Some(self.rows.issue(Issue::new(IssueKind::UndecodableRow, file, message)))
    }
}

/// Lines on which a quote opens where it should not.
#[derive(Default)]
struct Quotes {
    /// The quote is stray, and its row was set aside.
    stray: Noted,
    /// Between the quote and the next one lie lines that look like rows.
    rows_within: Noted,
}

/// Rows that are set aside.
#[derive(Default)]
struct Aside {
    ragged: RaggedRows,
    quotes: Quotes,
    undecodable: UndecodableRows,
    /// Rows that hold the names of the columns once more.
    headers_again: Noted,
    /// Rows below the table.
    footer_rows: Noted,
}

impl Aside {
    fn count(&self) -> u64 {
        self.n_misshapen()
            + self.undecodable.rows.count()
            + self.headers_again.count()
            + self.footer_rows.count()
    }

    /// Those that have other fields than the header.
    fn n_misshapen(&self) -> u64 {
        self.ragged.n_rows + self.quotes.stray.count()
    }

    /// What is said of them, and of so many blank rows.
    fn issues(self, file: &str, width: usize, blank_rows: u64) -> Vec<Issue> {
        let mut issues: Vec<Issue> = self.ragged.issues(file, width).into_iter().collect();
        issues.extend(self.quotes.issues(file));
        issues.extend(self.undecodable.issue(file));
        issues.extend(naming::headers_again(file, self.headers_again));
        issues.extend(naming::blank_rows(file, blank_rows));
        issues.extend(footer::issue(file, self.footer_rows));
        issues
    }
}

struct Parser<R> {
    file: String,
    text: TextSource<R>,
    /// Text of a record that is not complete yet.
    carry: String,
    delimiter: u8,
    names: Vec<String>,
    /// Line of the next record, from 1.
    line: u64,
    aside: Aside,
    /// Rows of nothing but delimiters.
    blank_rows: u64,
    /// Fields with doubled quotes or text after the quote, as positions in the piece's list.
    odd: Vec<usize>,
    ending: Ending,
    /// Rows that may be below the table, not given yet: where their fields are in the text that is carried, and their lines.
    held: Vec<Span>,
    held_lines: Vec<u64>,
    /// Where the text that is not parsed yet starts in what is carried.
    carried_from: usize,
}

impl<R: io::Read> Parser<R> {
    /// Finds delimiter and header; stands before the first row.
    fn start(
        mut text: TextSource<R>,
        file: &str,
        footers: &dyn Fn(&[String]) -> Footers,
    ) -> Result<(Self, Vec<Issue>), Fault> {
        let fail = |error| text_fault(file, error, 1);
        let mut carry = String::new();
        let ended = !text.fill(&mut carry).map_err(fail)?;
        if ended {
            return Err(super::empty(file, "holds a byte order mark and nothing else"));
        }
        let (declared, skip) = declared_delimiter(&carry);
        let body = &carry[skip..];
        let sample = match declared {
            Some(delimiter) => Sample::of(body, delimiter),
            None => DELIMITERS
                .iter()
                .map(|&delimiter| Sample::of(body, delimiter))
                .max_by_key(Sample::rank)
                .expect("there is a delimiter to try"),
        };
        let Some(found) = sample.records.get(sample.header) else {
            return Err(match sample.open_quote {
                Some(line) => open_quote(file, &[line + u64::from(skip > 0)]),
                None => super::empty(file, "has no line with a value"),
            });
        };
        let is_blank = |record: &SampledRecord| record.cells.iter().all(|cell| cell.trim().is_empty());
        if sample.records.iter().all(is_blank) && sample.records.len() < SAMPLED_RECORDS {
            return Err(super::empty(file, "has no line with a value"));
        }
        let mut issues = Vec::new();
        let lines_before = u64::from(skip > 0);
        let titles =
            sample.records[..sample.header].iter().map(|record| record.line + lines_before).collect();
        issues.extend(naming::skipped(file, titles));
        let mut cells = found.cells.clone();
        // a header line may end with delimiters that the rows do not have
        while cells.len() > sample.width.max(1) && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if cells.len() > MOST_COLUMNS {
            return Err(Fault::new(
                FaultCode::InvalidText,
                format!("{file} has a header of more than {MOST_COLUMNS} columns"),
                "check that it is a table with one row per line",
            )
            .because("no table has so many"));
        }
        let names = naming::names(file, &cells, &mut issues)?;
        let line = found.next_line + lines_before;
        if carry[..skip + found.next].contains(UNDECODABLE) {
            return Err(fail(TextError::NotText));
        }
        carry.drain(..skip + found.next);
        let parser = Self {
            file: file.to_owned(),
            text,
            carry,
            delimiter: sample.delimiter,
            ending: Ending::new(footers(&names)),
            held: Vec::new(),
            held_lines: Vec::new(),
            carried_from: 0,
            names,
            line,
            aside: Aside::default(),
            blank_rows: 0,
            odd: Vec::new(),
        };
        Ok((parser, issues))
    }

    /// Fills `piece` with the next rows. False when there are none left.
    fn parse(&mut self, piece: &mut Piece) -> Result<bool, Fault> {
        let width = self.names.len();
        piece.rows = 0;
        loop {
            let mut at = self.take_carried(piece);
            let carried = piece.text.len();
            let ended = match self.text.fill(&mut piece.text) {
                Ok(more) => !more,
                Err(error) => {
                    return Err(text_fault(
                        &self.file,
                        error,
                        self.line + count_lines(&piece.text.as_bytes()[at..carried]),
                    ));
                }
            };
            let open = loop {
                let first = piece.fields.len();
                match record(
                    piece.text.as_bytes(),
                    at,
                    ended,
                    self.delimiter,
                    &mut piece.fields,
                    &mut self.odd,
                ) {
                    Step::Record { next, lines, filled } => {
                        if self.is_undecodable(&piece.text[at..next]) {
                            piece.fields.truncate(first);
                            forget_from(&mut self.odd, first);
                        } else {
                            if lines > 1
                                && holds_rows(&piece.text.as_bytes()[at..next], self.delimiter, width)
                            {
                                self.aside.quotes.rows_within.add(self.line);
                            }
                            self.keep(piece, first, width, filled);
                        }
                        self.line += lines;
                        at = next;
                    }
                    Step::StrayQuote { next, lines } => {
                        if !self.is_undecodable(&piece.text[at..next]) {
                            self.aside.quotes.stray.add(self.line + lines - 1);
                        }
                        piece.fields.truncate(first);
                        forget_from(&mut self.odd, first);
                        self.line += lines;
                        at = next;
                    }
                    Step::Unfinished { open_quote } => {
                        piece.fields.truncate(first);
                        forget_from(&mut self.odd, first);
                        break open_quote;
                    }
                    Step::End => break None,
                }
            };
            if let Some(lines) = open
                && (ended || piece.text.len() - at > LONGEST)
            {
                let mut opened = self.aside.quotes.stray.first().to_vec();
                opened.push(self.line + lines);
                return Err(open_quote(&self.file, &opened));
            }
            self.carry.push_str(&piece.text[at..]);
            self.unquote(piece);
            if ended {
                let below = self.ending.finish();
                self.set_footers_aside(piece, below);
                return Ok(piece.rows > 0);
            }
            // whether rows are below the table is known when what follows is
            self.hold(piece);
            if piece.rows > 0 {
                return Ok(true);
            }
        }
    }

    /// Starts a piece with what the last one left; returns where the text that is not parsed yet starts.
    fn take_carried(&mut self, piece: &mut Piece) -> usize {
        piece.text.clear();
        piece.fields.clear();
        piece.lines.clear();
        mem::swap(&mut piece.text, &mut self.carry);
        mem::swap(&mut piece.fields, &mut self.held);
        mem::swap(&mut piece.lines, &mut self.held_lines);
        piece.rows = piece.lines.len();
        mem::take(&mut self.carried_from)
    }

    /// Takes the last rows out of a piece that may be below the table, and carries them before the text that is carried.
    fn hold(&mut self, piece: &mut Piece) {
        let held = self.ending.held();
        if held == 0 {
            return;
        }
        piece.rows -= held;
        let mut text = String::new();
        for span in piece.fields.drain(piece.rows * self.names.len()..) {
            let start = text.len() as u32;
            text.push_str(&piece.text[span.start as usize..span.end as usize]);
            self.held.push(Span { start, end: text.len() as u32 });
        }
        self.held_lines.extend(piece.lines.drain(piece.rows..));
        self.carried_from = text.len();
        self.carry.insert_str(0, &text);
    }

    /// Looks whether the row that was kept last may be below the table.
    fn see_last(&mut self, piece: &Piece) {
        let first = (piece.rows - 1) * self.names.len();
        let text = |span: &Span| &piece.text[span.start as usize..span.end as usize];
        let fields = piece.fields[first..].iter().map(text).enumerate();
        // odd fields still have their quotes, with which only they begin
        let is_odd = |cell: &str| cell.starts_with('"');
        let mut filled = fields.clone().filter(|(_, cell)| !is_blank(cell));
        // nearly all rows have two cells and no words of a footer
        if let (Some((_, cell)), Some((_, next))) = (filled.next(), filled.next())
            && !is_odd(cell)
            && !is_odd(next)
            && !footer::may_speak(cell)
        {
            self.ending.see_row(false);
            return;
        }
        let meant = |cell| if is_odd(cell) { unquoted(cell) } else { cell.to_owned() };
        let cells: Vec<(usize, String)> =
            fields.map(|(at, cell)| (at, meant(cell))).filter(|(_, cell)| !is_blank(cell)).collect();
        let cells: Vec<(usize, &str)> = cells.iter().map(|(at, cell)| (*at, cell.as_str())).collect();
        self.ending.see(&cells);
    }

    fn set_footers_aside(&mut self, piece: &mut Piece, n_rows: usize) {
        piece.rows -= n_rows;
        piece.lines.drain(piece.rows..).for_each(|line| self.aside.footer_rows.add(line));
        piece.fields.truncate(piece.rows * self.names.len());
    }

    /// Whether a record holds bytes that are no text; notes it if so.
    fn is_undecodable(&mut self, record: &str) -> bool {
        if self.text.undecodable.is_empty() {
            return false;
        }
        let found = record.matches(UNDECODABLE).count().min(self.text.undecodable.len());
        let Some(offset) = self.text.undecodable.drain(..found).next() else { return false };
        self.aside.undecodable.rows.add(self.line);
        self.aside.undecodable.first_byte.get_or_insert(offset);
        true
    }

    /// Decides about a record whose fields start at `first`: a row, nothing, or set aside.
    fn keep(&mut self, piece: &mut Piece, first: usize, width: usize, filled: bool) {
        let found = piece.fields.len() - first;
        if !filled {
            self.blank_rows += u64::from(found > 1);
            piece.fields.truncate(first);
        } else if self.is_header(piece, first) {
            self.aside.headers_again.add(self.line);
            piece.fields.truncate(first);
        } else if found == width {
            piece.rows += 1;
            piece.lines.push(self.line);
            self.see_last(piece);
            return;
        } else if found > width && piece.fields[first + width..].iter().all(|span| span.start == span.end) {
            piece.fields.truncate(first + width);
            piece.rows += 1;
            piece.lines.push(self.line);
            self.see_last(piece);
        } else {
            self.aside.ragged.add(Ragged { line: self.line, fields: found });
            piece.fields.truncate(first);
        }
        let kept = piece.fields.len();
        forget_from(&mut self.odd, kept);
    }

    /// Whether the fields from `first` on are the names of the columns.
    fn is_header(&self, piece: &Piece, first: usize) -> bool {
        let text = |span: &Span| piece.text[span.start as usize..span.end as usize].trim();
        let fields = &piece.fields[first..];
        // nearly every row differs in its first field
        fields.len() >= self.names.len().max(2)
            && fields.iter().zip(&self.names).all(|(span, name)| text(span).trim_matches('"') == name)
    }

    /// Writes odd fields as they are meant, behind the text of the piece.
    fn unquote(&mut self, piece: &mut Piece) {
        for field in self.odd.drain(..) {
            let span = piece.fields[field];
            let meant = unquoted(&piece.text[span.start as usize..span.end as usize]);
            let start = piece.text.len() as u32;
            piece.text.push_str(&meant);
            piece.fields[field] = Span { start, end: piece.text.len() as u32 };
        }
    }
}

/// Takes the fields from `first` on out of a list of fields, which ascends.
fn forget_from(odd: &mut Vec<usize>, first: usize) {
    odd.truncate(odd.partition_point(|&field| field < first));
}

/// What was found at a position.
enum Step {
    /// A record: where the next one starts, how many lines this one took, whether any field has text.
    Record { next: usize, lines: u64, filled: bool },
    /// A record with a stray quote: where the line below the quote starts, and how many lines that is from the start of
    /// the record.
    StrayQuote { next: usize, lines: u64 },
    /// The text ends before the record does; if inside quotes, they opened so many lines below its start.
    Unfinished { open_quote: Option<u64> },
    /// Nothing is left.
    End,
}

/// Appends the fields of the record at `at`. Quoted fields are noted without their quotes, odd ones with them.
fn record(
    bytes: &[u8],
    at: usize,
    ended: bool,
    delimiter: u8,
    fields: &mut Vec<Span>,
    odd: &mut Vec<usize>,
) -> Step {
    if at == bytes.len() {
        return Step::End;
    }
    plain_record(bytes, at, delimiter, fields)
        .unwrap_or_else(|| any_record(bytes, at, ended, delimiter, fields, odd))
}

/// The same, field by field. There is text at `at`.
fn any_record(
    bytes: &[u8],
    mut at: usize,
    ended: bool,
    delimiter: u8,
    fields: &mut Vec<Span>,
    odd: &mut Vec<usize>,
) -> Step {
    let mut lines = 0;
    let mut filled = false;
    loop {
        let start = at;
        if bytes.get(at) == Some(&b'"') {
            let mut doubled = false;
            let close = loop {
                let Some(quote) =
                    bytes[at + 1..].iter().position(|&byte| byte == b'"').map(|found| at + 1 + found)
                else {
                    return Step::Unfinished { open_quote: Some(lines) };
                };
                match bytes.get(quote + 1) {
                    Some(b'"') => {
                        doubled = true;
                        at = quote + 1;
                    }
                    None if !ended => return Step::Unfinished { open_quote: None },
                    _ => break quote,
                }
            };
            let within = count_lines(&bytes[start..close]);
            at = end_of_field(bytes, close + 1, delimiter);
            let blank = bytes[close + 1..at].iter().all(|&byte| byte == b' ');
            if within > 0 && !blank {
                let end = start + end_of_line(&bytes[start..]);
                return Step::StrayQuote { next: end, lines: lines + 1 };
            }
            lines += within;
            filled |= close > start + 1 || !blank;
            if doubled || !blank {
                odd.push(fields.len());
                fields.push(Span { start: start as u32, end: at as u32 });
            } else {
                fields.push(Span { start: start as u32 + 1, end: close as u32 });
            }
        } else {
            at = end_of_field(bytes, at, delimiter);
            filled |= at > start;
            fields.push(Span { start: start as u32, end: at as u32 });
        }
        match bytes.get(at) {
            Some(&byte) if byte == delimiter => at += 1,
            Some(b'\n') => return Step::Record { next: at + 1, lines: lines + 1, filled },
            Some(_) => match bytes.get(at + 1) {
                Some(b'\n') => return Step::Record { next: at + 2, lines: lines + 1, filled },
                None if !ended => return Step::Unfinished { open_quote: None },
                _ => return Step::Record { next: at + 1, lines: lines + 1, filled },
            },
            None if ended => return Step::Record { next: at, lines: lines + 1, filled },
            None => return Step::Unfinished { open_quote: None },
        }
    }
}

/// The same for a record without quotes, in one pass over its words, where each field on its own would look at most words
/// twice. `None`, and no fields, where there is a quote at the start of a field or the record is near the end of the text.
fn plain_record(bytes: &[u8], from: usize, delimiter: u8, fields: &mut Vec<Span>) -> Option<Step> {
    let first = fields.len();
    let (mut start, mut filled) = (from, false);
    let mut at = from;
    if bytes[start] == b'"' {
        return None;
    }
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let mut found = ends_in_word(*word, delimiter);
        while found != 0 {
            let end = at + (found.trailing_zeros() / 8) as usize;
            found &= found - 1;
            let next = match (bytes[end], bytes.get(end + 1)) {
                (byte, next) if byte == delimiter => {
                    fields.push(Span { start: start as u32, end: end as u32 });
                    filled |= end > start;
                    start = end + 1;
                    if next == Some(&b'"') {
                        fields.truncate(first);
                        return None;
                    }
                    continue;
                }
                (b'\r', Some(b'\n')) => end + 2,
                (b'\n', _) | (b'\r', Some(_)) => end + 1,
                (b'\r', None) => break,
                // seen in a byte behind one that ends a field
                _ => continue,
            };
            fields.push(Span { start: start as u32, end: end as u32 });
            return Some(Step::Record { next, lines: 1, filled: filled || end > start });
        }
        at += 8;
    }
    fields.truncate(first);
    None
}

/// Where the field at `from` ends: at a delimiter, a line feed, a carriage return or the end.
fn end_of_field(bytes: &[u8], from: usize, delimiter: u8) -> usize {
    let mut at = from;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let found = ends_in_word(*word, delimiter);
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let ends = |byte: &u8| *byte == delimiter || *byte == b'\n' || *byte == b'\r';
    at + bytes[at..].iter().position(ends).unwrap_or(bytes.len() - at)
}

/// Where the line below starts; there is an end of a line.
fn end_of_line(bytes: &[u8]) -> usize {
    let end =
        bytes.iter().position(|&byte| byte == b'\n' || byte == b'\r').expect("the text has several lines");
    end + if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 }
}

/// Whether the lines of a record look like rows of a table with `width` columns: the first one and most of those below
/// have as many delimiters as a row. Two columns are too few to tell rows from text with a comma in it.
fn holds_rows(record: &[u8], delimiter: u8, width: usize) -> bool {
    let is_row = |line: &[u8]| line.split(|&byte| byte == delimiter).count() == width;
    let mut lines =
        record.split(|&byte| byte == b'\n' || byte == b'\r').filter(|line| !line.is_empty()).map(is_row);
    if width < 3 || lines.next() != Some(true) {
        return false;
    }
    let (rows, below) = lines.fold((0, 0), |(rows, below), is_row| (rows + usize::from(is_row), below + 1));
    rows * 2 > below
}

/// The high bits of those of eight bytes that end a field. A byte of the word is zero where it is the one looked for, and
/// the lowest such byte sets its own high bit (<https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>); a
/// byte behind it may do so without being zero.
fn ends_in_word(word: [u8; 8], delimiter: u8) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_le_bytes(word);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    zeros(word ^ (ONES * u64::from(delimiter)))
        | zeros(word ^ (ONES * u64::from(b'\n')))
        | zeros(word ^ (ONES * u64::from(b'\r')))
}

/// The meaning of a field that starts with a quote.
fn unquoted(field: &str) -> String {
    let mut meant = String::with_capacity(field.len());
    let mut rest = field.strip_prefix('"').unwrap_or(field);
    while let Some((before, after)) = rest.split_once('"') {
        meant.push_str(before);
        if let Some(behind) = after.strip_prefix('"') {
            meant.push('"');
            rest = behind;
        } else {
            rest = if after.trim_matches(' ').is_empty() { "" } else { after };
            break;
        }
    }
    meant.push_str(rest);
    meant
}

/// A first line `sep=;` tells Excel the delimiter; gives it and the length of the line.
fn declared_delimiter(text: &str) -> (Option<u8>, usize) {
    let bytes = text.as_bytes();
    match (bytes.get(..4), bytes.get(4), bytes.get(5), bytes.get(6)) {
        (Some(b"sep="), Some(&delimiter), Some(b'\r'), Some(b'\n')) if DELIMITERS.contains(&delimiter) => {
            (Some(delimiter), 7)
        }
        (Some(b"sep="), Some(&delimiter), Some(b'\r' | b'\n'), _) if DELIMITERS.contains(&delimiter) => {
            (Some(delimiter), 6)
        }
        _ => (None, 0),
    }
}

/// The first records of a file as one delimiter divides them.
struct Sample {
    delimiter: u8,
    records: Vec<SampledRecord>,
    /// The number of fields that most records have, and how many do.
    width: usize,
    agreeing: usize,
    /// Which of the records holds the names.
    header: usize,
    /// The line of a quote that does not close in the sample.
    open_quote: Option<u64>,
}

struct SampledRecord {
    cells: Vec<String>,
    line: u64,
    next: usize,
    next_line: u64,
}

impl Sample {
    fn of(text: &str, delimiter: u8) -> Self {
        let (mut at, mut line) = (0, 1);
        let (mut fields, mut odd) = (Vec::new(), Vec::new());
        let mut records = Vec::new();
        let mut open_quote = None;
        while records.len() < SAMPLED_RECORDS {
            fields.clear();
            odd.clear();
            // the sample may stop in the middle of a record; it is read to its end with the rows
            match record(text.as_bytes(), at, false, delimiter, &mut fields, &mut odd) {
                Step::Record { next, lines, filled } => {
                    at = next;
                    line += lines;
                    if filled {
                        records.push(SampledRecord {
                            cells: cells(text, &fields, &odd),
                            line: line - lines,
                            next,
                            next_line: line,
                        });
                    }
                }
                // a row with a stray quote says nothing about delimiters; a header with one is refused
                Step::StrayQuote { .. } if records.is_empty() => {
                    open_quote = Some(line);
                    break;
                }
                Step::StrayQuote { next, lines } => {
                    at = next;
                    line += lines;
                }
                Step::Unfinished { open_quote: open } => {
                    open_quote = open.map(|below| line + below);
                    // a single line without an end is a header all the same
                    if records.is_empty()
                        && let Step::Record { next, lines, filled: true } = record(
                            text.as_bytes(),
                            at,
                            true,
                            delimiter,
                            {
                                fields.clear();
                                &mut fields
                            },
                            {
                                odd.clear();
                                &mut odd
                            },
                        )
                    {
                        records.push(SampledRecord {
                            cells: cells(text, &fields, &odd),
                            line,
                            next,
                            next_line: line + lines,
                        });
                    }
                    break;
                }
                Step::End => break,
            }
        }
        let mut widths = BTreeMap::new();
        for record in &records {
            *widths.entry(record.cells.len()).or_insert(0_usize) += 1;
        }
        let (width, agreeing) =
            widths.into_iter().max_by_key(|&(width, count)| (count, width)).unwrap_or((0, 0));
        let filled: Vec<usize> = records
            .iter()
            .take(SEARCHED_ROWS)
            .map(|record| record.cells.iter().filter(|cell| !cell.trim().is_empty()).count())
            .collect();
        // a header with another delimiter than its rows looks like a title; taking the first row for the header
        // would make names of a person's data
        let foreign_header = |record: &SampledRecord| {
            width >= 3
                && DELIMITERS.iter().any(|&other| {
                    other != delimiter && record.cells[0].split(char::from(other)).count() == width
                })
        };
        let first = |at: usize| records.get(at).map_or(&[][..], |record: &SampledRecord| &record.cells);
        let header = naming::row(&filled, width);
        let header = header + usize::from(naming::is_group_row(first(header), first(header + 1)));
        let header = records[..header.min(records.len())].iter().position(foreign_header).unwrap_or(header);
        Self { delimiter, records, width, agreeing, header, open_quote }
    }

    /// How well the delimiter divides: several columns in at least half of the records, no lines that would
    /// have to be titles, then the more records agree, the more columns.
    fn rank(&self) -> (bool, Reverse<usize>, usize, usize, Reverse<usize>) {
        let divides = self.width >= 2 && self.agreeing * 2 >= self.records.len();
        let tenths = self.agreeing * 10 / self.records.len().max(1);
        let preference = DELIMITERS.iter().position(|&delimiter| delimiter == self.delimiter).unwrap_or(0);
        if divides {
            (true, Reverse(self.header), tenths, self.width, Reverse(preference))
        } else {
            // one column: the comma is as good as any
            (false, Reverse(0), 0, 0, Reverse(preference))
        }
    }
}

fn cells(text: &str, fields: &[Span], odd: &[usize]) -> Vec<String> {
    let cell = |(at, span): (usize, &Span)| {
        let raw = &text[span.start as usize..span.end as usize];
        if odd.binary_search(&at).is_ok() { unquoted(raw) } else { raw.to_owned() }
    };
    fields.iter().enumerate().map(cell).collect()
}

impl RaggedRows {
    fn add(&mut self, row: Ragged) {
        self.n_rows += 1;
        self.by_fields.entry(row.fields).or_default().add(row.line);
        if self.first.len() < Self::FIRST {
            self.first.push(row);
        }
    }

    fn issues(self, file: &str, width: usize) -> Vec<Issue> {
        let issue = |(fields, lines): (usize, Noted)| {
            let (rows, were) = match lines.count() {
                1 => ("one row has".to_owned(), "was"),
                n => (format!("{n} rows have"), "were"),
            };
            let found = count_of(fields, "field");
            let message = format!("{rows} {found} where the header has {width} and {were} set aside");
            lines.issue(Issue::new(IssueKind::RaggedRow, file, message))
        };
        self.by_fields.into_iter().map(issue).collect()
    }
}

impl Quotes {
    fn issues(self, file: &str) -> Vec<Issue> {
        let mut issues = Vec::new();
        if self.stray.count() > 0 {
            let message = format!(
                "{} a quote that is not closed before the text of another field and {} set aside",
                if self.stray.count() == 1 {
                    "one row has".to_owned()
                } else {
                    format!("{} rows have", self.stray.count())
                },
                if self.stray.count() == 1 { "was" } else { "were" },
            );
            issues.push(self.stray.issue(Issue::new(IssueKind::StrayQuote, file, message)));
        }
        if self.rows_within.count() > 0 {
            let message = match self.rows_within.count() {
                1 => "a quoted field spans lines that look like rows and was read as one value".to_owned(),
                n => format!(
                    "{n} quoted fields span lines that look like rows and were read as one value each"
                ),
            };
            issues.push(self.rows_within.issue(Issue::new(IssueKind::RowsInQuotes, file, message)));
        }
        issues
    }
}

/// The fault of a file most of whose rows were set aside.
fn mostly_set_aside(file: &str, delimiter: u8, width: usize, aside: &Aside) -> Fault {
    let Aside { ragged, quotes, .. } = aside;
    if quotes.stray.count() > ragged.n_rows {
        open_quote(file, quotes.stray.first())
    } else {
        mostly_ragged(file, delimiter, width, ragged)
    }
}

fn mostly_ragged(file: &str, delimiter: u8, width: usize, ragged: &RaggedRows) -> Fault {
    let lines: Vec<String> = ragged.first.iter().map(|row| row.line.to_string()).collect();
    let name = delimiter_name(char::from(delimiter));
    let first = ragged.first[0].fields;
    let (why, todo) = if ragged.by_fields.len() == 1 && first == width + 1 {
        (
            format!("they all have {}: a name is missing in the header, or a field holds a {name} without quotes", count_of(first, "field")),
            "put a name for every column into the first line, or export the file again with quotes around text".to_owned(),
        )
    } else if width == 1 || first == 1 {
        (
            format!(
                "the first of them has {}: header and rows may have different delimiters, of which the {name} was taken",
                count_of(first, "field")
            ),
            "export the file again with one delimiter for header and rows, as the first table in the file"
                .to_owned(),
        )
    } else {
        let cause = if first < width {
            "rows may be cut short, or text may hold a line end without quotes around it".to_owned()
        } else {
            format!("text may hold a {name} without quotes around it")
        };
        (
            format!("the first of them has {}: {cause}", count_of(first, "field")),
            "export the file again with quotes around text, or as xlsx or Parquet".to_owned(),
        )
    };
    Fault::new(
        FaultCode::RaggedRow,
        format!("most rows of {file} do not have the {} of its header", count_of(width, "field")),
        todo,
    )
    .at(format!("{file} {} {}", if lines.len() == 1 { "line" } else { "lines" }, lines.join(", ")))
    .because(why)
}

fn count_of(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

fn open_quote(file: &str, lines: &[u64]) -> Fault {
    let opened = Issue::new(IssueKind::StrayQuote, file, "").on_lines(lines.to_vec());
    Fault::new(
        FaultCode::RaggedRow,
        match lines.len() {
            1 => format!("a quote that opens in {file} is never closed"),
            n => format!("{n} quotes that open in {file} are never closed"),
        },
        "delete the quote, or write it twice and close the field with another one",
    )
    .at(format!("{file} {}", opened.place().expect("there is a line")))
    .because("everything up to the next quote would be read as one field")
}

fn text_fault(file: &str, error: TextError, line: u64) -> Fault {
    match error {
        TextError::Io(error) => unreadable(file, &error),
        TextError::NotText => Fault::new(
            FaultCode::InvalidText,
            format!("{file} holds bytes that are not text in UTF-8, UTF-16 or Windows-1252"),
            "export it again as CSV in UTF-8, or check that it is a text file at all",
        )
        .at(format!("{file} line {line}")),
        TextError::LongLine(longest) => Fault::new(
            FaultCode::InvalidText,
            format!("{file} has a line of more than {} MiB", longest >> 20),
            "check that it is a table with one row per line",
        )
        .because("no row of a table is so long"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Encoding, read_bytes};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_without_end_and_one_of_too_many_columns_are_refused_at_once() {
        for (text, says) in [
            ("x".repeat(3 << 20), "has a line of more than 1 MiB"),
            (format!("a{}\n1\n", ",b".repeat(20_000)), "has a header of more than 16384 columns"),
        ] {
            let fault = read_bytes(text.into_bytes(), "t.csv", &ReadOptions::default()).unwrap_err();
            assert_eq!(fault.code, FaultCode::InvalidText);
            assert!(fault.what.ends_with(says), "{fault}");
        }
    }

    #[test]
    fn characters_that_an_earlier_program_lost_are_named_with_their_lines() {
        let read = check("name,town\nKoci\u{FFFD}ski,Leeds\nNowak,Leeds\n\u{FFFD}ukasz,York\n");
        let lost = read.issues.iter().find(|issue| issue.kind == IssueKind::LostCharacters).unwrap();
        assert_eq!((lost.column.as_deref(), lost.count, &lost.lines[..]), (Some("name"), 2, &[2, 4][..]));
    }

    fn check(text: impl AsRef<[u8]>) -> Read {
        read_bytes(text.as_ref().to_vec(), "t.csv", &ReadOptions::default()).unwrap()
    }

    fn fault(text: impl AsRef<[u8]>) -> Fault {
        read_bytes(text.as_ref().to_vec(), "t.csv", &ReadOptions::default()).unwrap_err()
    }

    /// Names, then rows; a missing value is a dot.
    fn shown(read: &Read) -> String {
        let names: Vec<_> = read.table.columns.iter().map(|column| column.name.as_str()).collect();
        let mut shown = vec![names.join("|")];
        for row in 0..read.table.n_rows {
            let cells: Vec<_> =
                read.table.columns.iter().map(|column| column.get(row).unwrap_or(".")).collect();
            shown.push(cells.join("|"));
        }
        shown.join("\n")
    }

    #[test]
    fn delimiters_are_told_from_the_rows() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", ','),
            ("a;b\n1;2\n", ';'),
            ("a\tb\n1\t2\n", '\t'),
            ("a|b\n1|2\n", '|'),
            ("sep=;\r\na;b\r\n1;2\r\n", ';'),
        ] {
            let read = check(text);
            assert_eq!(read.format, FileFormat::Csv { delimiter, encoding: Encoding::Utf8, bom: false });
            assert_eq!(shown(&read), "a|b\n1|2");
            assert_eq!(read.issues, []);
        }
        assert_eq!(shown(&check("a;b;c\n1,5;2,5;x\n1,6;2,0;y\n")), "a|b|c\n1,5|2,5|x\n1,6|2,0|y");
        assert_eq!(shown(&check("upn\nA1\nA2\n")), "upn\nA1\nA2");
        assert_eq!(shown(&check("note\none, two\nthree\n")).lines().count(), 2);
    }

    #[test]
    fn every_line_end_and_a_missing_last_one_give_the_same_rows() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "1,2", "", "3,4", ""].join(end);
            assert_eq!(shown(&check(&text)), "a|b\n1|2\n3|4");
            assert_eq!(shown(&check(text.trim_end())), "a|b\n1|2\n3|4");
        }
    }

    #[test]
    fn quotes_may_hold_delimiters_line_ends_and_quotes() {
        let read =
            check("a,b,c\n\"x, y\",\"two\nlines\",\"say \"\"hi\"\"\"\n\"\",\"q\" ,\"ab\"cd\n5\"6,7,8\n");
        assert_eq!(shown(&read), "a|b|c\nx, y|two\nlines|say \"hi\"\n.|q|abcd\n5\"6|7|8");
        assert_eq!(read.rows_in, 3);
    }

    #[test]
    fn a_quote_that_never_closes_is_reported_where_it_opens() {
        let fault = fault("a,b\n1,\"two\nlines\"\n2,\"open\n3,4\n");
        assert_eq!((fault.code, fault.place.as_deref()), (FaultCode::RaggedRow, Some("t.csv line 4")));
    }

    #[test]
    fn a_stray_quote_costs_its_own_row_and_none_below_it() {
        let text = "a,b,c\n1,Ann,x\n2,\"Bob,x\n3,Cat,x\n4,\"Dan\",x\n5,Eve,\"two\nlines\"\n";
        let read = check(text);
        assert_eq!(shown(&read), "a|b|c\n1|Ann|x\n3|Cat|x\n4|Dan|x\n5|Eve|two\nlines");
        assert_eq!(
            read.issues.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "warning[W006] t.csv: one row has a quote that is not closed before the text of another field and was set aside (line 3)"
            ]
        );
        assert_eq!(read.rows_in, 5);
        for end in ["\r\n", "\r"] {
            assert_eq!(check(text.replace('\n', end)).issues, read.issues);
        }
        let two = fault("a,b,c\n1,\"Ann,x\n2,Bob,x\n3,Cat,x\n4,\"Dan,x\n5,Eve,x\n");
        assert_eq!((two.code, two.place.as_deref()), (FaultCode::RaggedRow, Some("t.csv lines 2, 5")));
        let header = fault("a,\"b,c\n1,Ann,x\n2,\"Bob,x\n3,Cat,x\n");
        assert_eq!((header.code, header.place.as_deref()), (FaultCode::RaggedRow, Some("t.csv line 1")));
    }

    #[test]
    fn lines_within_quotes_that_look_like_rows_are_named() {
        let read = check("a,b,c,d\n1,\"Ann,x,y\n2,Bob,x,y\n3,Cat\",x,y\n4,Dan,x,y\n");
        assert_eq!(read.table.n_rows, 2);
        assert_eq!((read.issues[0].kind, read.issues[0].lines.clone()), (IssueKind::RowsInQuotes, vec![2]));
        for text in
            ["1,Ann,x,\"a note,\nin lines\"", "1,Ann,\"12 Mill Lane,\nEnfield\",y", "1,Ann,x,\"a\nb, c\""]
        {
            assert_eq!(check(format!("a,b,c,d\n{text}\n4,Dan,x,y\n")).issues, []);
        }
    }

    #[test]
    fn rows_below_the_table_are_set_aside_wherever_the_text_is_cut() {
        let rows = "Khan,Ava,01/02/2012\n".repeat(30);
        let text = format!("Surname,Forename,DOB\n{rows}Total: 30,,\n,End of report,");
        for piece in [1, 7, 64, 1 << 20] {
            let mut rows = Rows::start(Dripping { text: text.as_bytes(), piece }, "a.csv").unwrap();
            let mut n_rows = 0;
            while let Some(some) = rows.next(4).unwrap() {
                n_rows += some.lines.len();
            }
            let finished = rows.finish().unwrap();
            assert_eq!((n_rows, finished.set_aside), (30, 2), "pieces of {piece}");
            assert_eq!(finished.issues[0].kind, IssueKind::FooterRow);
            assert_eq!(finished.issues[0].lines, [32, 33]);
        }
    }

    #[test]
    fn a_last_row_of_a_colon_and_a_hard_space_is_read() {
        assert_eq!(check("a,b,c,d\n1,2,3,4\n::\u{a0}run,,,\n").table.n_rows, 2);
    }

    /// How many rows are given and set aside, and how many are in the largest piece.
    fn counted(text: &str, piece: usize) -> (usize, u64, usize) {
        let mut rows = Rows::start(Dripping { text: text.as_bytes(), piece }, "a.csv").unwrap();
        let (mut n_rows, mut most) = (0, 0);
        while let Some(some) = rows.next(1_000).unwrap() {
            n_rows += some.lines.len();
            most = most.max(rows.piece.rows);
        }
        (n_rows, rows.finish().unwrap().set_aside, most)
    }

    #[test]
    fn a_thin_row_far_above_tells_as_much_as_one_nearby() {
        let thin = "This is no child,,\n";
        let rows = "4B,Ava,01/02/2012\n".repeat(60_000);
        for (text, expected) in [
            (format!("Class,Forename,DOB\n{rows}{thin}"), (60_000, 1)),
            (format!("Class,Forename,DOB\n{rows}{thin}{rows}{thin}"), (120_002, 0)),
            (format!("Class,Forename,DOB\n{thin}{rows}{thin}\"Total: \"\"2\"\"\",,\n"), (60_002, 1)),
        ] {
            for piece in [4096, 1 << 19, 1 << 22] {
                let (given, aside, _) = counted(&text, piece);
                assert_eq!((given, aside), expected, "pieces of {piece}");
            }
        }
    }

    #[test]
    fn rows_that_could_all_be_below_a_table_are_given_in_pieces_too() {
        let text = format!("a,b,c,d\n1,2,3,4\n{}", "Total,,,\n".repeat(300_000));
        let (n_rows, aside, most) = counted(&text, usize::MAX);
        assert_eq!((n_rows, aside), (300_001, 0));
        assert!(most < 150_000, "{most} rows in one piece");
    }

    proptest! {
        #[test]
        fn where_the_text_is_cut_makes_no_difference_to_what_is_below_the_table(
            rows in prop::collection::vec(
                prop::sample::select(vec![
                    "4B,Ava,01/02/2012", "Total,,", "\"Total: \"\"3\"\"\",,", "Not for use elsewhere,,", "4B,,", ",,", "4B,Ava",
                    "Class,Forename,DOB",
                ]),
                1..40,
            ),
            piece in 1_usize..64,
        ) {
            let text = format!("Class,Forename,DOB\n4B,Ava,01/02/2012\n{}\n", rows.join("\n"));
            let of = |piece| {
                let mut rows = Rows::start(Dripping { text: text.as_bytes(), piece }, "a.csv").ok()?;
                let (mut lines, mut cells) = (Vec::new(), Vec::new());
                while let Some(some) = rows.next(3).ok()? {
                    cells.extend((0..some.lines.len()).map(|at| some.columns[0].get(at).map(str::to_owned)));
                    lines.extend(some.lines);
                }
                let finished = rows.finish().ok()?;
                Some((lines, cells, finished.set_aside, finished.issues))
            };
            prop_assert_eq!(of(piece), of(1 << 20));
        }
    }

    /// Gives at most so many bytes at a time.
    struct Dripping<'a> {
        text: &'a [u8],
        piece: usize,
    }

    impl io::Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.piece.min(buffer.len()).min(self.text.len());
            buffer[..n].copy_from_slice(&self.text[..n]);
            self.text = &self.text[n..];
            Ok(n)
        }
    }

    #[test]
    fn ragged_rows_are_set_aside_with_their_lines_and_counted() {
        let read = check("a,b,c\n1,2,3\n1,2\n\n4,5,6,\n7,8,9,10\n1,2\n7,8,9\n7,8,9\n");
        assert_eq!(shown(&read), "a|b|c\n1|2|3\n4|5|6\n7|8|9\n7|8|9");
        let issues: Vec<_> =
            read.issues.iter().map(|issue| (issue.message.as_str(), issue.lines.clone())).collect();
        assert_eq!(
            issues,
            [
                ("2 rows have 2 fields where the header has 3 and were set aside", vec![3, 7]),
                ("one row has 4 fields where the header has 3 and was set aside", vec![6]),
            ]
        );
        assert_eq!(read.rows_in, 7);
        assert_eq!(
            read.rows_in,
            read.table.n_rows + read.issues.iter().map(Issue::rows_set_aside).sum::<usize>()
        );
    }

    #[test]
    fn of_very_many_ragged_rows_the_first_lines_are_listed_and_all_are_counted() {
        let read = check(format!("a,b\n{}{}", "1,2\n".repeat(20_000), "1\n".repeat(15_000)));
        let issue = &read.issues[0];
        assert_eq!(
            issue.message,
            "15000 rows have 1 field where the header has 2 and were set aside; the lines of the first 10,000 are listed"
        );
        assert_eq!((issue.count, issue.lines.len()), (15_000, 10_000));
        assert_eq!(read.rows_in, 35_000);
    }

    #[test]
    fn a_file_of_mostly_ragged_rows_is_refused_with_the_likely_cause() {
        let unnamed = fault("a,b\n1,2,3\n4,5,6\n7,8,9\n");
        assert_eq!(
            (unnamed.code, unnamed.place.as_deref()),
            (FaultCode::RaggedRow, Some("t.csv lines 2, 3, 4"))
        );
        assert!(unnamed.why.unwrap().starts_with("they all have 3 fields: a name is missing in the header"));
        let cut = fault("a,b,c\n1,2\n4,5\n7,8,9\n");
        assert!(cut.why.unwrap().contains("rows may be cut short"));
        let mixed = fault("a,b,c\n1;2;3\n4;5;6\n7;8;9\n");
        assert!(mixed.why.unwrap().contains("delimiter"));
    }

    #[test]
    fn titles_above_the_header_are_left_out_with_a_note() {
        let read = check(
            "Children in need\n\nRun by,A. Clerk\n\nid,surname,dob,sex\n1,Khan,2010-01-02,F\n2,Lee,2011-01-02,M\n3,Roe,2012-01-02,M\n",
        );
        assert_eq!(shown(&read).lines().next(), Some("id|surname|dob|sex"));
        assert_eq!(read.table.n_rows, 3);
        assert_eq!((read.issues[0].kind, read.issues[0].lines.clone()), (IssueKind::TitleLines, vec![1, 3]));
    }

    #[test]
    fn headers_are_trimmed_named_and_cut_where_the_rows_are_shorter() {
        let read = check(" id ,,c,,\n1,2,3\n4,5,6\n");
        assert_eq!(shown(&read), "id|column_2|c\n1|2|3\n4|5|6");
        assert_eq!(fault("a,b,a\n1,2,3\n").code, FaultCode::DuplicateColumn);
    }

    #[test]
    fn files_without_rows_are_empty() {
        for text in ["a,b\n", "a,b", "\n\n\n", "\u{feff}", "\u{feff}a,b\n,\n"] {
            assert_eq!(fault(text).code, FaultCode::FileEmpty, "{text:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_reported_with_their_line() {
        let fault = fault(b"a,b\n1,2\n3,\x81\n4,\x8d\n");
        assert_eq!((fault.code, fault.place.as_deref()), (FaultCode::InvalidText, Some("t.csv line 3")));
    }

    #[test]
    fn a_row_that_is_no_text_is_set_aside_with_the_place_of_its_byte() {
        let read = check(b"a,b\n1,2\n3,\x81\n4,5\n");
        assert_eq!(shown(&read), "a|b\n1|2\n4|5");
        assert_eq!((read.rows_in, read.lines.line(1)), (3, Some(4)));
        let aside: Vec<String> =
            read.issues.iter().filter(|issue| issue.rows_set_aside() > 0).map(ToString::to_string).collect();
        assert_eq!(
            aside,
            [
                "warning[W030] t.csv: one row holds bytes that are not text and was set aside; the first such byte is number 10 (line 3)"
            ]
        );
    }

    #[test]
    fn rows_of_nothing_but_delimiters_are_no_rows_and_are_told() {
        let read = check("id,surname,dob\n1,Khan,2010-01-02\n,,\n\n2,Lee,2011-01-02\n,,\n");
        assert_eq!((read.table.n_rows, read.rows_in), (2, 2));
        assert_eq!(
            read.issues.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["note[N018] t.csv: 2 rows have no value in any column and were passed over"]
        );
    }

    #[test]
    fn a_row_of_groups_above_the_header_is_a_title() {
        let read = check("Pupil,Pupil,Pupil,Ids\nSurname,Forename,DOB,UPN\nQuill,Zora,2012-01-02,\n");
        assert_eq!(shown(&read).lines().next(), Some("Surname|Forename|DOB|UPN"));
        assert_eq!((read.issues[0].kind, read.issues[0].lines.clone()), (IssueKind::TitleLines, vec![1]));
        assert_eq!(
            fault("dob,surname,dob\n2012-01-02,Khan,x\n2012-01-02,Lee,x\n").code,
            FaultCode::DuplicateColumn
        );
    }

    #[test]
    fn text_that_is_called_something_else_and_holds_no_rows_is_not_called_empty() {
        for (file, said) in
            [("a.xlsx", "an Excel workbook"), ("a.xml", "an XML file"), ("a.json", "a JSON file")]
        {
            let fault = read_bytes(b"not what it says".to_vec(), file, &ReadOptions::default()).unwrap_err();
            assert_eq!(fault.code, FaultCode::FileKind);
            assert_eq!(fault.what, format!("{file} is not {said}, as its name says, and no table either"));
        }
        let fault = fault("   \n  \n");
        assert_eq!(fault.what, "t.csv has no line with a value");
    }

    #[test]
    fn headers_that_come_again_are_no_rows() {
        let read = check(
            "id,surname,dob\n1,Khan,2010-01-02\nid,surname,dob\n2,Lee,2011-01-02\n\"id\", surname ,dob\n",
        );
        assert_eq!(shown(&read), "id|surname|dob\n1|Khan|2010-01-02\n2|Lee|2011-01-02");
        assert_eq!(read.rows_in, 4);
        assert_eq!(
            read.issues.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "note[N017] t.csv: 2 rows hold the names of the columns once more and were set aside (lines 3, 5)"
            ]
        );
    }

    #[test]
    fn windows_1252_is_read_with_a_note() {
        let read = check(b"name,b\nZo\xEB,1\n");
        assert_eq!(shown(&read), "name|b\nZoë|1");
        assert_eq!(read.issues[0].kind, IssueKind::Encoding);
    }

    #[test]
    fn numbers_that_excel_shortened_draw_a_warning() {
        let read = check("upn,b\n3.02208E+11,1\n3.02208E+11,2\nA302208123456,3\n");
        assert_eq!((read.issues[0].kind, read.issues[0].count), (IssueKind::ShortenedNumber, 2));
    }

    #[test]
    fn only_the_columns_asked_for_are_read() {
        let options = ReadOptions {
            columns: Some(vec!["c".into(), "a".into()]),
            name: Some("left".into()),
            ..ReadOptions::default()
        };
        let read = read_bytes(b"a,b,c\n1,2,3\n".to_vec(), "t.csv", &options).unwrap();
        assert_eq!((shown(&read).as_str(), read.table.name.as_str()), ("a|c\n1|3", "left"));
        let options = ReadOptions { columns: Some(vec!["d".into()]), ..ReadOptions::default() };
        assert_eq!(
            read_bytes(b"a,b\n1,2\n".to_vec(), "t.csv", &options).unwrap_err().code,
            FaultCode::UnknownColumn
        );
    }

    #[test]
    fn a_long_file_is_read_whole_on_any_number_of_threads() {
        let mut text = "id,name,note\r\n".to_owned();
        for row in 0..40_000 {
            text.push_str(&format!(
                "{row},name {},\"a \"\"long\"\" note,\r\nnumber {}\"\r\n",
                row % 977,
                row % 31
            ));
        }
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| check(&text));
        let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap().install(|| check(&text));
        assert_eq!(alone.table.n_rows, 40_000);
        assert_eq!(alone.table.columns[2].get(39_999), Some("a \"long\" note,\r\nnumber 9"));
        assert_eq!(alone.table.columns[0].get(20_000), Some("20000"));
        for (a, b) in alone.table.columns.iter().zip(&three.table.columns) {
            assert_eq!(a.codes, b.codes);
        }
    }

    proptest! {
        #[test]
        fn a_record_without_quotes_is_what_it_is_field_by_field(
            text in "[a,\\-;\u{1}\n\u{b}\r\u{c}é\"]{1,40}",
            delimiter in prop::sample::select(&DELIMITERS[..]),
        ) {
            let (mut fields, mut plain, mut odd) = (Vec::new(), Vec::new(), Vec::new());
            let bytes = text.as_bytes();
            let quick = plain_record(bytes, 0, delimiter, &mut plain);
            match (quick, any_record(bytes, 0, false, delimiter, &mut fields, &mut odd)) {
                (None, _) => prop_assert!(plain.is_empty()),
                (
                    Some(Step::Record { next, lines, filled }),
                    Step::Record { next: slow_next, lines: slow_lines, filled: slow_filled },
                ) => {
                    prop_assert_eq!((next, lines, filled), (slow_next, slow_lines, slow_filled));
                    let spans = |fields: &[Span]| -> Vec<_> {
                        fields.iter().map(|span| (span.start, span.end)).collect()
                    };
                    prop_assert_eq!(spans(&plain), spans(&fields));
                    prop_assert!(odd.is_empty());
                }
                _ => prop_assert!(false, "one of the two does not see the end"),
            }
        }

        /// The twin is the `csv` crate, which reads every well-formed file the same way.
        #[test]
        fn well_formed_files_are_read_as_the_csv_crate_reads_them(
            rows in proptest::collection::vec(proptest::collection::vec("[a-c ,\"\n\r;é]{0,6}", 3), 1..12),
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["first", "second", "third"]).unwrap();
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let filled: Vec<_> = rows.iter().filter(|row| row.iter().any(|cell| !cell.is_empty())).collect();
            // the writer quotes all that needs it, so spaces are the only difference left between text and none
            prop_assume!(!filled.is_empty());
            let options = ReadOptions::default();
            let read = read_bytes(text, "t.csv", &options).unwrap();
            prop_assert_eq!(read.table.n_rows, filled.len());
            for (at, row) in filled.iter().enumerate() {
                for (column, cell) in read.table.columns.iter().zip(row.iter()) {
                    prop_assert_eq!(column.get(at).unwrap_or(""), if cell.trim().is_empty() { "" } else { cell.as_str() });
                }
            }
        }
    }
}
