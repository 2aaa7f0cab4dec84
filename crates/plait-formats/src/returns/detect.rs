//! Which return, year and term files are, told from what is in them.
//!
//! XML and JSON say it themselves or by their elements; tables by their headers, of which each spec has a share. The
//! names of files decide only between years and terms that the columns leave open. A folder or an archive is one
//! return; several in one are refused, because rows of two would be mixed without a trace.

use super::check::whole_number;
use super::code_years::{self, CodesSeen};
use super::dates::DateReader;
use super::days;
use super::fit::{self, Fit, Headers};
use super::library;
use super::members::{self, Found, Outline, Seen};
use super::nested::Shape;
use super::origin::Origin;
use super::sheets;
use super::spec::{Kind, Rows, Spec, Term};
use plait_types::{Fault, FaultCode, Issue, IssueKind, are, counted, grouped};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// What the paths of an array at the top start with.
const ENTRY_PATH: &str = "*/";

/// What the user says about the files.
#[derive(Clone, Debug, Default)]
pub enum Asked {
    /// Nothing.
    #[default]
    Nothing,
    /// That they are this return: `cin-census`, or of this year: `cin-census-2026`.
    Return(String),
    /// That they are what this spec of the user's own describes.
    Spec(Arc<Spec>),
}

/// What files turned out to be.
#[derive(Clone, Debug)]
pub enum Detected {
    /// A return.
    Return(Box<Recognised>),
    /// One file that is a table of no return; [`crate::read`] reads it.
    PlainTable,
}

/// A return that was recognised, and which of its files is what.
#[derive(Clone, Debug)]
pub struct Recognised {
    /// The whole spec, of all terms.
    pub spec: Arc<Spec>,
    /// The term, where the return has terms.
    pub term: Option<Term>,
    /// The year: as the files say it, else that of the spec; `None` for forms that have no year.
    pub year: Option<u16>,
    /// The reference date, as it stands in the files.
    pub reference_date: Option<String>,
    /// The local authority's code, as it stands in the files.
    pub authority: Option<String>,
    /// In the order in which they are to be read: tables of persons first. At least one.
    pub members: Vec<Member>,
    /// Files and sheets that are no part of the return.
    pub strangers: Vec<Stranger>,
    /// What it was told from, a sentence each; names of files and headers, no values.
    pub why: Vec<String>,
    /// What could not be told and was decided all the same, a sentence each.
    pub unsure: Vec<String>,
}

impl Recognised {
    /// The table whose rows hold the rows of another in nested files: what [`Nesting::parent`](super::Nesting::parent)
    /// counts. `None` where none does, or where the spec has no nested form.
    pub fn table_around(&self, table: usize) -> Option<usize> {
        Shape::new(&self.spec, self.term)?.around(table)
    }

    /// What is said of files and sheets that are left out: of each that is called like a table of the return, and of the others
    /// together.
    pub(super) fn issues_of_strangers(&self) -> Vec<Issue> {
        let table_of = |stranger: &Stranger| {
            let name = stranger.table.as_deref()?;
            let at = self.spec.tables.iter().position(|table| fit::is_named(name, table))?;
            let is_filled = self.members.iter().any(|member| member.holds.tables().contains(&at));
            (!is_filled).then(|| &self.spec.tables[at].name)
        };
        let mut issues = Vec::new();
        let mut others: Vec<&str> = Vec::new();
        for stranger in &self.strangers {
            let Some(table) = table_of(stranger) else {
                others.push(&stranger.file);
                continue;
            };
            let message = format!(
                "it is called like the table \"{table}\" of the return and was left out: it is {}",
                stranger.is
            );
            issues.push(Issue::new(IssueKind::TableLeftOut, &*stranger.file, message));
        }
        if let Some(first) = others.first() {
            let message = match others.len() {
                1 => "it is no table of the return, and was left out".to_owned(),
                n => format!("it and {} more are no tables of the return, and were left out", n - 1),
            };
            issues.push(Issue::new(IssueKind::OtherFiles, *first, message).counting(others.len()));
        }
        issues
    }
}

/// One file of a return.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name for messages, with that of the archive.
    pub file: Arc<str>,
    /// Where its bytes are.
    pub origin: Origin,
    /// What is in it.
    pub holds: Holds,
}

/// What is in a file of a return. Tables are indices in [`Spec::tables`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Nested elements, of all tables.
    Xml,
    /// Nested values, of all tables.
    Json {
        /// The key that entries of an array at the top would have; they are whole documents where there is none.
        entry: Option<String>,
    },
    /// Delimited text.
    Text {
        /// Its table.
        table: usize,
    },
    /// Parquet or Arrow.
    Binary {
        /// Its table.
        table: usize,
    },
    /// A workbook, with the sheets that are tables.
    Sheets(Vec<Sheet>),
}

impl Holds {
    /// Whether rows stand within rows, so that all tables may be in it.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::Xml | Self::Json { .. })
    }

    /// The table of each of its sheets, or the one that it is; none of nested rows.
    pub(super) fn tables(&self) -> Vec<usize> {
        match self {
            Self::Text { table } | Self::Binary { table } => vec![*table],
            Self::Sheets(sheets) => sheets.iter().map(|sheet| sheet.table).collect(),
            Self::Xml | Self::Json { .. } => Vec::new(),
        }
    }

    /// The table, where all rows are of one.
    pub(super) fn only_table(&self) -> Option<usize> {
        if let [table] = self.tables()[..] { Some(table) } else { None }
    }
}

/// A sheet that is a table of a return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: usize,
    /// The row of its header, as Excel numbers it, from 1.
    pub header_row: u64,
}

/// A file or sheet that is no part of the return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its name.
    pub file: String,
    /// What it is, as far as it is known: `a schema, not data`.
    pub is: String,
    /// Of a table, of whatever, what the sheet or the file is called.
    pub table: Option<String>,
}

/// Tells what a file, a folder or a zip archive is.
///
/// Fails where nothing that Plait knows is there (a single table is [`Detected::PlainTable`] unless a return was asked
/// for), where there are several returns, years or terms, where the same bytes are there twice, where the files are
/// of another return or year than was asked for, and where a file is damaged or unsafe.
pub fn detect(path: &Path, asked: &Asked) -> Result<Detected, Fault> {
    let headers = match asked {
        Asked::Nothing => None,
        Asked::Return(id) => {
            let asked = library::spec(id)?;
            Some(of_names(|spec| spec.name == asked.name))
        }
        Asked::Spec(spec) => Some(Headers::new(&[Arc::clone(spec)])),
    };
    detect_among(path, asked, headers.as_ref().unwrap_or_else(|| all()))
}

/// The headers of all specs.
fn all() -> &'static Headers {
    static ALL: OnceLock<Headers> = OnceLock::new();
    ALL.get_or_init(|| Headers::new(library::specs()))
}

fn of_names(is_wanted: impl Fn(&Spec) -> bool) -> Headers {
    let wanted: Vec<Arc<Spec>> = library::specs().iter().filter(|spec| is_wanted(spec)).cloned().collect();
    Headers::new(&wanted)
}

/// [`detect`] among some specs.
pub(super) fn detect_among(path: &Path, asked: &Asked, headers: &Headers) -> Result<Detected, Fault> {
    let listed = members::list(path)?;
    let is_alone = listed.is_file;
    let mut found = Vec::new();
    let mut strangers = listed.strangers;
    for origin in listed.origins {
        match members::look(&origin, is_alone)? {
            Found::Seen(seen) => {
                let candidate = Candidate::new(origin, seen, headers, asked);
                if let Asked::Return(id) = asked {
                    refuse_other_return(&candidate, id, headers)?;
                }
                found.push(candidate);
            }
            Found::Stranger(is) => {
                strangers.push(Stranger { file: origin.shown(), is, table: None });
            }
        }
    }
    let shown = members::shown(path);
    let (found, unknown): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| !found.fits.is_empty());
    if found.is_empty() {
        if let ([one], Asked::Nothing, true) = (&unknown[..], asked, is_alone)
            && one.is_table()
        {
            return Ok(Detected::PlainTable);
        }
        let is_archive = !is_alone && path.is_file();
        return Err(no_return(&shown, [is_alone, is_archive], asked, &unknown, &strangers));
    }
    strangers.extend(unknown.iter().map(Candidate::stranger));
    let with_rows = found.iter().filter(|found| found.has_rows());
    members::refuse_same_file_twice(with_rows.map(|found| &found.origin))?;
    let name = the_return(&shown, &found, headers)?;
    decide(&shown, &name, found, strangers, headers, asked)
        .map(|recognised| Detected::Return(Box::new(recognised)))
}

/// A file with what it may be.
struct Candidate {
    origin: Origin,
    seen: Seen,
    fits: Vec<FileFit>,
    /// What the file itself says.
    says: Says,
}

/// One spec and term that a file may be of.
#[derive(Clone)]
struct FileFit {
    spec: usize,
    term: Option<Term>,
    rank: Rank,
    /// Columns or elements that are known, of how many in the file.
    known: (usize, usize),
    tables: Vec<Sheet>,
    /// Of JSON that is an array.
    entry: Option<String>,
}

type Rank = (std::cmp::Reverse<bool>, usize, bool);

/// What a file says about itself in so many words.
#[derive(Clone, Debug, Default)]
struct Says {
    year: Option<u16>,
    term: Option<Term>,
    reference_date: Option<String>,
    authority: Option<String>,
}

impl Candidate {
    /// Whether it may have rows: headers alone are the same in all files of a return.
    fn has_rows(&self) -> bool {
        !matches!(&self.seen, Seen::Text { first, .. } if first.is_empty())
    }

    fn new(origin: Origin, seen: Seen, headers: &Headers, asked: &Asked) -> Self {
        let wanted = |fit: &Fit| match asked {
            Asked::Nothing => {
                if headers.specs()[fit.spec].generic {
                    fit.is_that_list()
                } else {
                    fit.is_convincing()
                }
            }
            Asked::Return(_) => fit.is_as_asked(),
            Asked::Spec(_) => fit.is_possible(),
        };
        let stem = stem(&origin.name());
        let fits = match &seen {
            Seen::Xml(outline) => nested_fits(outline, headers, true),
            Seen::Json(outline) => nested_fits(outline, headers, false),
            Seen::Text { names, .. } | Seen::Binary { names } => {
                table_fits(&headers.fits(names, &stem), wanted, "", 1)
            }
            Seen::Workbook(sheets) => {
                let mut all: Vec<FileFit> = Vec::new();
                for sheet in sheets {
                    for fit in sheet.fits(headers, wanted) {
                        let same =
                            all.iter_mut().find(|known| (known.spec, known.term) == (fit.spec, fit.term));
                        match same {
                            Some(known) => known.add(fit),
                            None => all.push(fit),
                        }
                    }
                }
                all
            }
        };
        let mut new = Self { origin, seen, fits, says: Says::default() };
        new.says = new.what_it_says(headers);
        new
    }

    fn is_table(&self) -> bool {
        !matches!(self.seen, Seen::Xml(_) | Seen::Json(_))
    }

    fn best(&self) -> &FileFit {
        let best = self.fits.iter().rev().max_by_key(|fit| fit.rank);
        best.expect("candidates without fits were taken out")
    }

    /// The spec of the year nearest to the one of `stated` that knows more elements of a nested file than that does.
    fn year_of_elements(&self, specs: &[Arc<Spec>], name: &str, stated: usize) -> Option<usize> {
        if self.is_table() {
            return None;
        }
        let most = |fits: &mut dyn Iterator<Item = &FileFit>| fits.map(|fit| fit.known.0).max().unwrap_or(0);
        let of_return = || self.fits.iter().filter(|fit| specs[fit.spec].name == name);
        let known = most(&mut of_return().filter(|fit| fit.spec == stated));
        let all = most(&mut of_return());
        let year = i32::from(specs[stated].year);
        let better = of_return().filter(|fit| fit.known.0 == all && all > known).map(|fit| fit.spec);
        better.min_by_key(|&spec| (year - i32::from(specs[spec].year)).abs())
    }

    /// Whether a nested file that says a year has the elements of another, as far as any year has them, and not of its own.
    fn elements_are_of(&self, specs: &[Arc<Spec>], name: &str, says: u16, asked: u16) -> bool {
        let known_of = |is_it: &dyn Fn(usize) -> bool| {
            let fits = self.fits.iter().filter(|fit| specs[fit.spec].name == name && is_it(fit.spec));
            fits.map(|fit| fit.known.0).max().unwrap_or(0)
        };
        let own = nearest_year(specs, name, says);
        let known = known_of(&|spec| specs[spec].year == asked);
        !self.is_table() && known > known_of(&|spec| Some(spec) == own) && known == known_of(&|_| true)
    }

    fn stranger(&self) -> Stranger {
        let is = match self.seen {
            Seen::Xml(_) => "XML of no return that Plait knows",
            Seen::Json(_) => "JSON of no return that Plait knows",
            _ => "a table of no return that Plait knows",
        };
        Stranger {
            file: self.origin.shown(),
            is: is.to_owned(),
            table: self.is_table().then(|| self.origin.shown()),
        }
    }

    /// Year, term, date and authority where elements or columns of the file hold them.
    fn what_it_says(&self, headers: &Headers) -> Says {
        let Some(best) = (!self.fits.is_empty()).then(|| self.best()) else { return Says::default() };
        let spec = &headers.specs()[best.spec];
        let xml = spec.xml.as_ref();
        let paths = [
            xml.and_then(|xml| xml.year.as_deref()).unwrap_or("year"),
            xml.and_then(|xml| xml.term.as_deref()).unwrap_or("term"),
            xml.and_then(|xml| xml.reference_date.as_deref()).unwrap_or("referencedate"),
            xml.and_then(|xml| xml.authority.as_deref()).unwrap_or_else(|| authority_column(spec)),
        ];
        let [year, term, reference_date, authority] = match &self.seen {
            Seen::Xml(outline) => paths.map(|path| outline.text(path)),
            Seen::Json(outline) => {
                paths.map(|path| outline.text(path).or_else(|| outline.text(&format!("{ENTRY_PATH}{path}"))))
            }
            Seen::Text { names, first, .. } if is_of_file(spec, best) => paths.map(|path| {
                let name = path.rsplit('/').next().unwrap_or(path);
                let at = names.iter().position(|header| header.eq_ignore_ascii_case(name))?;
                first.get(at).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
            }),
            _ => [None, None, None, None],
        };
        Says {
            year: year.and_then(|text| year_of(&text)),
            term: term.and_then(|text| term_of(&text)),
            reference_date,
            authority: authority.map(authority_of),
        }
    }
}

/// The column of a table about a whole file that says whose it is.
fn authority_column(spec: &Spec) -> &str {
    let of_file = spec.tables.iter().filter(|table| table.rows == Rows::OfFile);
    let mut columns = of_file.flat_map(|table| &table.columns);
    columns.find(|column| column.kind == Kind::Authority).map_or("lea", |column| column.name.as_str())
}

fn is_of_file(spec: &Spec, fit: &FileFit) -> bool {
    fit.tables.iter().all(|sheet| spec.tables[sheet.table].rows == Rows::OfFile)
}

impl FileFit {
    /// Another sheet of the same workbook.
    fn add(&mut self, other: Self) {
        self.rank.0 = self.rank.0.min(other.rank.0);
        self.rank.1 += other.rank.1;
        self.rank.2 |= other.rank.2;
        self.known = (self.known.0 + other.known.0, self.known.1 + other.known.1);
        self.tables.extend(other.tables);
    }
}

/// The best table of each spec and term for one row of headers.
pub(super) fn best_tables(fits: &[Fit], wanted: impl Fn(&Fit) -> bool) -> Vec<&Fit> {
    let mut best: BTreeMap<(usize, Option<Term>), &Fit> = BTreeMap::new();
    for fit in fits.iter().filter(|fit| wanted(fit)) {
        let known = best.entry((fit.spec, fit.term)).or_insert(fit);
        if fit.rank() > known.rank() {
            *known = fit;
        }
    }
    best.into_values().collect()
}

fn table_fits(fits: &[Fit], wanted: impl Fn(&Fit) -> bool, sheet: &str, header_row: u64) -> Vec<FileFit> {
    let file_fit = |fit: &Fit| FileFit {
        spec: fit.spec,
        term: fit.term,
        rank: fit.rank(),
        known: (fit.found, fit.of_header),
        tables: vec![Sheet { name: sheet.to_owned(), table: fit.table, header_row }],
        entry: None,
    };
    best_tables(fits, wanted).into_iter().map(file_fit).collect()
}

impl members::SheetSeen {
    /// The fits of the row that fits best; earlier rows win ties.
    fn fits(&self, headers: &Headers, wanted: impl Fn(&Fit) -> bool + Copy) -> Vec<FileFit> {
        let rows = self
            .rows
            .iter()
            .map(|(number, names)| table_fits(&headers.fits(names, &self.name), wanted, &self.name, *number));
        let rank = |fits: &Vec<FileFit>| fits.iter().map(|fit| fit.rank).max();
        let mut best: Vec<FileFit> = Vec::new();
        for fits in rows {
            if rank(&fits) > rank(&best) {
                best = fits;
            }
        }
        best
    }
}

/// The specs whose paths a nested file has.
fn nested_fits(outline: &Outline, headers: &Headers, is_xml: bool) -> Vec<FileFit> {
    let mut fits = Vec::new();
    for (at, spec) in headers.specs().iter().enumerate() {
        if is_xml {
            let Some(xml) = &spec.xml else { continue };
            let says = |(path, text): &(String, String)| {
                outline.text(path).is_some_and(|found| found.eq_ignore_ascii_case(text))
            };
            if !xml.root.eq_ignore_ascii_case(&outline.root) || !xml.collection.as_ref().is_none_or(says) {
                continue;
            }
        }
        let mut terms: Vec<Option<Term>> = spec.terms.iter().copied().map(Some).collect();
        if terms.is_empty() {
            terms.push(None);
        }
        let stated = spec.xml.as_ref().is_some_and(|xml| xml.collection.is_some());
        for term in terms {
            let known = paths(spec, term);
            if known.is_empty() {
                continue;
            }
            let (found, entry) = outline.known(&known, spec);
            let share = 1_000_000 * found / outline.paths.len().max(1);
            // what names itself needs no more; what does not must be known for the most part
            if stated && is_xml || found >= 2 && share >= 500_000 {
                fits.push(FileFit {
                    spec: at,
                    term,
                    rank: (std::cmp::Reverse(false), share, false),
                    known: (found, outline.paths.len()),
                    tables: Vec::new(),
                    entry,
                });
            }
        }
    }
    fits
}

impl Outline {
    /// How many of the paths are known; of an array at the top, with the key that knows most of them.
    fn known(&self, known: &BTreeSet<String>, spec: &Spec) -> (usize, Option<String>) {
        let count = |entry: Option<&str>| {
            let of_entry = |path: &String| match (path.strip_prefix(ENTRY_PATH), entry) {
                (None, _) => known.contains(path),
                (Some(rest), None) => known.contains(rest),
                (Some(rest), Some(entry)) => {
                    known.contains(&format!("{}/{rest}", entry.to_ascii_lowercase()))
                }
            };
            self.paths.keys().filter(|path| of_entry(path)).count()
        };
        let persons = spec.tables.iter().filter(|table| table.rows == Rows::Person);
        let keys = persons.filter_map(|table| table.element.as_deref()).filter(|path| !path.contains('/'));
        let best = keys.map(|key| (count(Some(key)), key)).max_by_key(|(found, _)| *found);
        let documents = count(None);
        match best {
            Some((found, key)) if found > documents => (found, Some(key.to_owned())),
            _ => (documents, None),
        }
    }
}

/// The paths of all cells of a spec, in lower case.
fn paths(spec: &Spec, term: Option<Term>) -> BTreeSet<String> {
    let is_in = |terms: &[Term]| terms.is_empty() || term.is_none_or(|term| terms.contains(&term));
    let mut paths = BTreeSet::new();
    for table in spec.tables.iter().filter(|table| is_in(&table.terms)) {
        let Some(element) = &table.element else { continue };
        for column in table.columns.iter().filter(|column| is_in(&column.terms)) {
            let path = column.element.as_ref().unwrap_or(&column.name);
            let whole = format!("{element}/{path}");
            let parts: Vec<&str> = whole.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
            paths.insert(parts.join("/").to_ascii_lowercase());
        }
    }
    paths
}

/// The one return that all files are of.
fn the_return(shown: &str, found: &[Candidate], headers: &Headers) -> Result<String, Fault> {
    let specs = headers.specs();
    let mut by_name: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for candidate in found {
        by_name.entry(&specs[candidate.best().spec].name).or_default().push(candidate.origin.name());
    }
    if by_name.len() > 1 {
        // a table may be of two returns; one that all files can be of is meant
        let all_of =
            |name: &str| found.iter().all(|found| found.fits.iter().any(|fit| specs[fit.spec].name == name));
        if let Some(name) = by_name.keys().find(|name| all_of(name)) {
            return Ok((*name).to_owned());
        }
        let list = by_name.iter().map(|(name, files)| {
            let title = specs.iter().find(|spec| spec.name == *name).map_or(*name, |spec| &spec.title);
            format!("{title} ({})", first_few(files))
        });
        return Err(Fault::new(
            FaultCode::ManyReturns,
            format!("{shown} holds files of several returns"),
            "name each by itself, as in plait link FILE FILE FOLDER --out linked; the files of one return that has several go \
             into a folder of their own",
        )
        .because(format!("it holds {}", list.collect::<Vec<_>>().join(", "))));
    }
    Ok(by_name.into_keys().next().unwrap_or_default().to_owned())
}

/// A year of a spec and a term.
type Period = (usize, Option<Term>);

/// Settles year and term of a return all of whose files are known.
fn decide(
    shown: &str,
    name: &str,
    found: Vec<Candidate>,
    mut strangers: Vec<Stranger>,
    headers: &Headers,
    asked: &Asked,
) -> Result<Recognised, Fault> {
    let specs = headers.specs();
    let (mut why, mut unsure) = (Vec::new(), Vec::new());
    refuse_mixed(shown, &found, |says| says.year.map(|year| year.to_string()), "year")?;
    refuse_mixed(shown, &found, |says| says.term.map(|term| term.to_string()), "term")?;
    refuse_mixed_authorities(shown, &found)?;
    refuse_mixed_dates(shown, &found, specs, name)?;
    let year = found.iter().find_map(|found| found.says.year);
    let term = found.iter().find_map(|found| found.says.term);
    let reference_date = found.iter().find_map(|found| found.says.reference_date.clone());
    let authority = found.iter().find_map(|found| found.says.authority.clone());
    let asked_year = asked_year(asked, name);
    if let (Some(asked), Some(year)) = (asked_year, year)
        && asked != year
    {
        let holds = found.iter().any(|found| found.elements_are_of(specs, name, year, asked));
        if !holds {
            return Err(other_year(shown, name, asked, year));
        }
        unsure.push(format!(
            "{shown} says that it is of {year}; its elements are those of {asked}, as --as says"
        ));
    }
    if let Some(asked) = asked_year {
        unsure.extend(better_year(&found, specs, name, asked));
    }
    let year = asked_year.or(year);
    let mut stated = year.or(asked_year).and_then(|year| nearest_year(specs, name, year));
    if let Some(spec) = stated
        && let Some(better) = found.iter().find_map(|found| found.year_of_elements(specs, name, spec))
    {
        unsure.push(format!(
            "{shown} says that it is of {}, but its elements are those of {}, and were read as such",
            year.or(asked_year).unwrap_or_default(),
            specs[better].year
        ));
        stated = Some(better);
    }
    let fits: Vec<BTreeSet<Period>> = found
        .iter()
        .map(|found| {
            let of_period = |fit: &&FileFit| {
                stated.is_none_or(|spec| fit.spec == spec)
                    && (term.is_none() || fit.term.is_none() || fit.term == term)
            };
            let all = || found.fits.iter().filter(|fit| specs[fit.spec].name == name).filter(of_period);
            let best = all().map(|fit| fit.rank).max();
            all().filter(|fit| Some(fit.rank) == best).map(|fit| (fit.spec, fit.term)).collect()
        })
        .collect();
    refuse_mixed_terms(shown, &found, &fits)?;
    let (periods, agreed) = common(&fits, &found, name, specs);
    if !agreed {
        unsure.push(format!(
            "the files of {shown} fit different years; the one that most of their columns fit was taken"
        ));
    }
    let hints: Vec<Hint> = found.iter().map(|found| hint(&stem(&found.origin.name()))).collect();
    refuse_mixed_names(shown, &found, &hints, &periods)?;
    let codes_seen = |periods: &[Period]| codes_seen(&found, periods, specs);
    let (spec_at, term) =
        choose(&periods, &hints, specs, year.or(asked_year), &codes_seen, &mut why, &mut unsure);
    let spec = Arc::clone(&specs[spec_at]);
    if let Some(year) = year
        && stated.is_some_and(|stated| Some(stated) == nearest_year(specs, name, year))
        && spec.year != 0
        && year != spec.year
    {
        unsure.push(format!("there is no specification of {year}; that of {} was taken", spec.year));
    }
    let mut members = Vec::new();
    for found in found {
        let fit = found
            .fits
            .iter()
            .filter(|fit| fit.spec == spec_at && fit.term == term)
            .max_by_key(|fit| fit.rank)
            .cloned();
        let Some(fit) = fit else {
            strangers.push(Stranger {
                file: found.origin.shown(),
                is: format!("no table of {}", period_shown(&spec, term)),
                table: found.is_table().then(|| found.origin.shown()),
            });
            continue;
        };
        why.push(reason(&found, &fit, &spec));
        if let Seen::Workbook(sheets) = &found.seen {
            let is_known = |name: &str| fit.tables.iter().any(|sheet| sheet.name == name);
            for sheet in sheets.iter().filter(|sheet| !is_known(&sheet.name)) {
                let file = sheets::shown(&found.origin.shown(), &sheet.name);
                let table = Some(sheet.name.clone());
                strangers.push(Stranger { file, is: "no table of the return".to_owned(), table });
            }
        }
        members.push(member(&found, &fit));
    }
    members.sort_by_key(|member| (first_table(member), Arc::clone(&member.file)));
    if spec.year == 0 && members.len() > 1 && members.iter().all(|member| member.holds.is_nested()) {
        // files of several days: of what a person has only one of, what is read first counts
        let have_days = days::sort(&mut members, |member| &member.file);
        members.reverse();
        unsure.push(format!(
            "by {} {} is the latest of {} files: what it says of a person holds now",
            if have_days {
                "the day in its name"
            } else {
                "its name, as not all have a day such as 2026-03-01,"
            },
            members[0].file,
            members.len()
        ));
    }
    let year = year.or(asked_year).or((spec.year != 0).then_some(spec.year));
    strangers.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(Recognised { spec, term, year, reference_date, authority, members, strangers, why, unsure })
}

/// The words of a year whose columns files have more of than those of the year that was asked for.
fn better_year(found: &[Candidate], specs: &[Arc<Spec>], name: &str, asked: u16) -> Option<String> {
    // of each year the columns that are known, of all files together
    let mut known: BTreeMap<u16, usize> = BTreeMap::new();
    for found in found.iter().filter(|found| found.is_table()) {
        let mut of_file: BTreeMap<u16, usize> = BTreeMap::new();
        for fit in found.fits.iter().filter(|fit| specs[fit.spec].name == name) {
            let most = of_file.entry(specs[fit.spec].year).or_default();
            *most = fit.known.0.max(*most);
        }
        of_file.into_iter().for_each(|(year, most)| *known.entry(year).or_default() += most);
    }
    let of_asked =
        nearest_year(specs, name, asked).and_then(|at| known.get(&specs[at].year)).copied().unwrap_or(0);
    let most = known.values().copied().max().filter(|most| *most > of_asked)?;
    let near = |year: &u16| year.abs_diff(asked);
    let year =
        known.into_iter().filter(|(_, known)| *known == most).map(|(year, _)| year).min_by_key(near)?;
    Some(format!(
        "you say {asked}, and {most} of the columns are those of {year}, {of_asked} those of {asked}; if it is of {year}, write \
         --as {name}-{year}"
    ))
}

/// Whether the columns of all files allow one period; if not, the periods that most of them fit best.
fn common(
    fits: &[BTreeSet<Period>],
    found: &[Candidate],
    name: &str,
    specs: &[Arc<Spec>],
) -> (BTreeSet<Period>, bool) {
    let mut of_all = fits.iter().filter(|fits| !fits.is_empty());
    let first = of_all.next().cloned().unwrap_or_default();
    let all = of_all.fold(first, |all, fits| all.intersection(fits).copied().collect());
    if !all.is_empty() {
        return (all, true);
    }
    // the sum of what each file reaches in a period
    let mut sums: BTreeMap<Period, usize> = BTreeMap::new();
    for found in found {
        for fit in found.fits.iter().filter(|fit| specs[fit.spec].name == name) {
            *sums.entry((fit.spec, fit.term)).or_default() += fit.rank.1;
        }
    }
    let most = sums.values().max().copied();
    (sums.into_iter().filter(|(_, sum)| Some(*sum) == most).map(|(period, _)| period).collect(), false)
}

/// Holds the codes of files against the lists of some years, of which the last is the newest.
fn codes_seen(found: &[Candidate], periods: &[Period], specs: &[Arc<Spec>]) -> CodesSeen {
    let Some(&(newest, term)) = periods.last() else { return CodesSeen::default() };
    let of_newest = |found: &Candidate| {
        let fits = found.fits.iter().filter(|fit| (fit.spec, fit.term) == (newest, term));
        Some(member(found, fits.max_by_key(|fit| fit.rank)?))
    };
    let recognised = Recognised {
        spec: Arc::clone(&specs[newest]),
        term,
        year: None,
        reference_date: None,
        authority: None,
        members: found.iter().filter_map(of_newest).collect(),
        strangers: Vec::new(),
        why: Vec::new(),
        unsure: Vec::new(),
    };
    let years: Vec<Arc<Spec>> = periods.iter().map(|(spec, _)| Arc::clone(&specs[*spec])).collect();
    code_years::codes_seen(&recognised, &years)
}

/// Chooses one of the periods that fit: the one in the names of files, else that whose code lists have most of the codes,
/// else the newest.
fn choose(
    periods: &BTreeSet<Period>,
    hints: &[Hint],
    specs: &[Arc<Spec>],
    year: Option<u16>,
    codes_seen: &dyn Fn(&[Period]) -> CodesSeen,
    why: &mut Vec<String>,
    unsure: &mut Vec<String>,
) -> Period {
    let mut left: Vec<Period> = periods.iter().copied().collect();
    let term_hint = hints.iter().find_map(|hint| hint.term);
    let year_hint = hints.iter().find_map(|hint| hint.year);
    let terms: BTreeSet<Option<Term>> = left.iter().map(|(_, term)| *term).collect();
    if terms.len() > 1 {
        if let Some(hint) = term_hint.filter(|hint| terms.contains(&Some(*hint))) {
            left.retain(|(_, term)| *term == Some(hint));
            why.push(format!("the term, {hint}, is that in the name of the file"));
        } else {
            let list: Vec<String> = terms.iter().flatten().map(Term::to_string).collect();
            unsure.push(format!(
                "the columns fit the terms {}; the last of them was taken; if it is another, put that word \
                 into the name of the file, such as {}",
                list.join(", "),
                list[0],
            ));
        }
    }
    let years: BTreeSet<u16> = left.iter().map(|(spec, _)| specs[*spec].year).collect();
    if years.len() > 1 && year.is_none() {
        if let Some(hint) = year_hint.filter(|hint| years.contains(hint)) {
            left.retain(|(spec, _)| specs[*spec].year == hint);
            why.push(format!("the year, {hint}, is that in the name of the file"));
        } else {
            let newest_term = left.iter().map(|(_, term)| *term).max().flatten();
            left.retain(|(_, term)| *term == newest_term);
            left.sort_by_key(|(spec, _)| specs[*spec].year);
            let seen = codes_seen(&left);
            year_by_codes(&mut left, &seen, specs, why, unsure);
        }
    }
    if let Some(hint) = year_hint
        && year.is_none()
        && left.iter().all(|(spec, _)| specs[*spec].year != 0 && specs[*spec].year != hint)
    {
        let list: Vec<String> = years.iter().map(u16::to_string).collect();
        unsure.push(format!(
            "the name of a file says {hint}, but its columns are those of {}",
            list.join(", ")
        ));
    }
    left.into_iter()
        .max_by_key(|(spec, term)| (specs[*spec].year, *term))
        .expect("there is a file that fits a period")
}

/// Keeps of several years, which ascend, those whose code lists have most of the codes, and says so.
fn year_by_codes(
    left: &mut Vec<Period>,
    seen: &CodesSeen,
    specs: &[Arc<Spec>],
    why: &mut Vec<String>,
    unsure: &mut Vec<String>,
) {
    let year = |(spec, _): &Period| specs[*spec].year;
    let all: Vec<u16> = left.iter().map(year).collect();
    let name = specs[left[0].0].name.clone();
    let fewest = seen.outside.iter().min().copied().unwrap_or(0);
    let most = seen.outside.iter().max().copied().unwrap_or(0);
    let by_outside = std::mem::take(left).into_iter().zip(&seen.outside);
    let (best, others): (Vec<_>, Vec<_>) = by_outside.partition(|(_, outside)| **outside == fewest);
    *left = best.into_iter().map(|(period, _)| period).collect();
    let best: Vec<u16> = left.iter().map(year).collect();
    let taken = best.last().copied().unwrap_or_default();
    let codes = || {
        let least = others.iter().map(|(_, outside)| **outside).min().unwrap_or(most);
        let of_others =
            if least == most { grouped(most) } else { format!("{} to {}", grouped(least), grouped(most)) };
        let others: Vec<u16> = others.iter().map(|(period, _)| year(period)).collect();
        format!(
            "of {} with a code whose list changed, {} outside the lists of {}, and {of_others} outside those of {}",
            counted(seen.n_cells, "cell"),
            match fewest {
                0 => "none is".to_owned(),
                1 => "1 is".to_owned(),
                n => format!("{} are", grouped(n)),
            },
            years_shown(&best),
            years_shown(&others),
        )
    };
    let other = best.iter().rev().nth(1).copied().unwrap_or(taken);
    let correct = format!("if it is of another year, say which with --as, as in --as {name}-{other}");
    match (best.len(), others.is_empty()) {
        (1, _) => {
            why.push(format!("the columns fit the years {}; {taken} was taken by its codes: {}", years_shown(&all), codes()));
        }
        (_, false) => unsure.push(format!(
            "the columns fit the years {}, and the codes those of {}: {}; the newest of these, {taken}, was taken; {correct}",
            years_shown(&all),
            years_shown(&best),
            codes(),
        )),
        (_, true) => unsure.push(format!(
            "the columns fit the years {}, and no code tells them apart; the newest, {taken}, was taken; {correct}",
            years_shown(&all),
        )),
    }
}

/// Ascending years in words: `2018`, `2018 and 2019`, `2018 to 2024`, `2018, 2020`.
fn years_shown(years: &[u16]) -> String {
    let is_run = years.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    match years {
        [first, last] => format!("{first} and {last}"),
        [first, .., last] if is_run => format!("{first} to {last}"),
        _ => years.iter().map(u16::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// What the name of a file says.
struct Hint {
    year: Option<u16>,
    term: Option<Term>,
}

/// Year and term from words of a name: `2025_spring_pupilonroll`, `SC_AUT_2024`.
fn hint(stem: &str) -> Hint {
    let words = || stem.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_date = |word: &str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    // DD-MM-YYYY is the day of the export, not the year of the return
    let numbers: Vec<bool> = words().map(|word| word.bytes().all(|byte| byte.is_ascii_digit())).collect();
    let year = words().enumerate().find(|(at, word)| {
        let after_numbers = *at >= 2 && numbers[at - 1] && numbers[at - 2];
        let before_numbers = numbers.len() > at + 2 && numbers[at + 1] && numbers[at + 2];
        is_date(word) && !after_numbers && !before_numbers
    });
    Hint { year: year.and_then(|(_, word)| year_of(word)), term: words().find_map(term_of) }
}

/// COLLECT writes `2025.0`.
pub(super) fn year_of(text: &str) -> Option<u16> {
    u16::try_from(whole_number(text)?).ok().filter(|year| (1990..2100).contains(year))
}

/// The number of an authority without the fraction that COLLECT gives it; anything else as it stands.
pub(super) fn authority_of(text: String) -> String {
    whole_number(&text).map_or(text, |number| format!("{number:03}"))
}

pub(super) fn term_of(text: &str) -> Option<Term> {
    match text.trim().to_ascii_lowercase().as_str() {
        "autumn" | "aut" => Some(Term::Autumn),
        "spring" | "spr" => Some(Term::Spring),
        "summer" | "sum" => Some(Term::Summer),
        _ => None,
    }
}

fn stem(name: &str) -> String {
    Path::new(name).file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// The year of an id that has one.
fn asked_year(asked: &Asked, name: &str) -> Option<u16> {
    match asked {
        Asked::Return(id) => id.strip_prefix(name)?.strip_prefix('-').and_then(year_of),
        _ => None,
    }
}

/// The spec of a year, or of the nearest before it, or the first.
fn nearest_year(specs: &[Arc<Spec>], name: &str, year: u16) -> Option<usize> {
    let of_name = || (0..specs.len()).filter(|&at| specs[at].name == name);
    let before = of_name().filter(|&at| specs[at].year <= year).max_by_key(|&at| specs[at].year);
    before.or_else(|| of_name().min_by_key(|&at| specs[at].year))
}

fn member(found: &Candidate, fit: &FileFit) -> Member {
    let table = fit.tables.first().map_or(0, |sheet| sheet.table);
    let holds = match &found.seen {
        Seen::Xml(_) => Holds::Xml,
        Seen::Json(_) => Holds::Json { entry: fit.entry.clone() },
        Seen::Text { .. } => Holds::Text { table },
        Seen::Binary { .. } => Holds::Binary { table },
        Seen::Workbook(_) => {
            let mut sheets = fit.tables.clone();
            sheets.sort_by_key(|sheet| sheet.table);
            Holds::Sheets(sheets)
        }
    };
    Member { file: found.origin.shown().into(), origin: found.origin.clone(), holds }
}

fn first_table(member: &Member) -> usize {
    member.holds.tables().first().copied().unwrap_or(0)
}

fn reason(found: &Candidate, fit: &FileFit, spec: &Spec) -> String {
    let file = found.origin.shown();
    let (known, of) = fit.known;
    match &found.seen {
        Seen::Xml(outline) => {
            let says = spec.xml.as_ref().and_then(|xml| xml.collection.as_ref());
            let says = says.map_or(String::new(), |(_, text)| format!(" of collection {text}"));
            format!(
                "{file}: root element {}{says}; {known} of {} at its start {} known",
                outline.root,
                counted(of as u64, "element"),
                are(of as u64)
            )
        }
        Seen::Json(_) => {
            format!("{file}: {known} of {} at its start {} known", counted(of as u64, "key"), are(of as u64))
        }
        Seen::Workbook(_) => {
            let sheets = fit.tables.len();
            format!(
                "{file}: {} of tables of the return; {known} of {} {} known",
                if sheets == 1 { "one sheet".to_owned() } else { format!("{sheets} sheets") },
                counted(of as u64, "column"),
                are(of as u64)
            )
        }
        Seen::Text { .. } | Seen::Binary { .. } => {
            let table = fit.tables.first().map_or("", |sheet| &spec.tables[sheet.table].name);
            format!("{file}: {known} of {} {} of table {table}", counted(of as u64, "column"), are(of as u64))
        }
    }
}

fn period_shown(spec: &Spec, term: Option<Term>) -> String {
    match term {
        Some(term) => format!("{}, {term}", spec.id()),
        None => spec.id(),
    }
}

fn first_few(files: &[String]) -> String {
    const SHOWN: usize = 3;
    match files.len().checked_sub(SHOWN) {
        None | Some(0) => files.join(", "),
        Some(more) => format!("{} and {more} more", files[..SHOWN].join(", ")),
    }
}

/// Refuses files that say different years or terms in so many words.
fn refuse_mixed(
    shown: &str,
    found: &[Candidate],
    says: impl Fn(&Says) -> Option<String>,
    what: &str,
) -> Result<(), Fault> {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for found in found {
        if let Some(said) = says(&found.says) {
            files.entry(said).or_default().push(found.origin.name());
        }
    }
    refuse_several(shown, &files, what)
}

/// Refuses files of several authorities: two give the same id to two children.
fn refuse_mixed_authorities(shown: &str, found: &[Candidate]) -> Result<(), Fault> {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for found in found {
        if let Some(said) = &found.says.authority {
            files.entry(said.clone()).or_default().push(found.origin.name());
        }
    }
    refuse_authorities(shown, &files)
}

/// Refuses more than one authority, each with the files that say it.
pub(super) fn refuse_authorities(shown: &str, files: &BTreeMap<String, Vec<String>>) -> Result<(), Fault> {
    if files.len() < 2 {
        return Ok(());
    }
    let list: Vec<String> =
        files.iter().map(|(said, files)| format!("{said} ({})", first_few(files))).collect();
    Err(Fault::new(
        FaultCode::MixedAuthorities,
        format!("{shown} holds data of several authorities"),
        "put the files of each authority into a folder of its own and name one; plait link takes several",
    )
    .because(format!("it holds {}", list.join(", "))))
}

/// Refuses files whose reference dates are of different years.
fn refuse_mixed_dates(
    shown: &str,
    found: &[Candidate],
    specs: &[Arc<Spec>],
    name: &str,
) -> Result<(), Fault> {
    let Some(spec) = specs.iter().find(|spec| spec.name == name) else { return Ok(()) };
    let reader = DateReader::new(spec.dates);
    let year = |says: &Says| Some(reader.read(says.reference_date.as_deref()?)?.date.year.to_string());
    refuse_mixed(shown, found, year, "year")
}

pub(super) fn refuse_several(
    shown: &str,
    files: &BTreeMap<String, Vec<String>>,
    what: &str,
) -> Result<(), Fault> {
    if files.len() < 2 {
        return Ok(());
    }
    let list: Vec<String> =
        files.iter().map(|(said, files)| format!("{said} ({})", first_few(files))).collect();
    Err(Fault::new(
        FaultCode::MixedPeriods,
        format!("{shown} holds data of several {what}s"),
        format!("put each {what} into a folder of its own and name one"),
    )
    .because(format!("it holds {}", list.join(", "))))
}

/// Refuses files whose columns are of different terms whatever the year.
fn refuse_mixed_terms(shown: &str, found: &[Candidate], fits: &[BTreeSet<Period>]) -> Result<(), Fault> {
    let terms_of =
        |fits: &BTreeSet<Period>| fits.iter().filter_map(|(_, term)| *term).collect::<BTreeSet<Term>>();
    let terms: Vec<BTreeSet<Term>> = fits.iter().map(terms_of).collect();
    let some: Vec<&BTreeSet<Term>> = terms.iter().filter(|terms| !terms.is_empty()).collect();
    let Some(first) = some.first() else { return Ok(()) };
    let common =
        some.iter().skip(1).fold((*first).clone(), |all, terms| all.intersection(terms).copied().collect());
    if !common.is_empty() {
        return Ok(());
    }
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (found, terms) in found.iter().zip(&terms) {
        let said: Vec<String> = terms.iter().map(Term::to_string).collect();
        files.entry(said.join(" or ")).or_default().push(found.origin.name());
    }
    refuse_several(shown, &files, "term")
}

/// Refuses files whose names say different years or terms that all fit.
fn refuse_mixed_names(
    shown: &str,
    found: &[Candidate],
    hints: &[Hint],
    periods: &BTreeSet<Period>,
) -> Result<(), Fault> {
    let mut terms: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut years: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (found, hint) in found.iter().zip(hints) {
        let has_terms = periods.iter().any(|(_, term)| term.is_some());
        if let Some(term) = hint.term.filter(|_| has_terms && found.says.term.is_none()) {
            terms.entry(term.to_string()).or_default().push(found.origin.name());
        }
        if let Some(year) = hint.year.filter(|_| found.says.year.is_none()) {
            years.entry(year.to_string()).or_default().push(found.origin.name());
        }
    }
    refuse_several(shown, &years, "year")?;
    refuse_several(shown, &terms, "term")
}

fn refuse_other_return(found: &Candidate, id: &str, wanted: &Headers) -> Result<(), Fault> {
    let is_wanted = |name: &str| wanted.specs().iter().any(|spec| spec.name == name);
    let other = Candidate::new(found.origin.clone(), found.seen.clone(), all(), &Asked::Nothing);
    if other.fits.is_empty() {
        return Ok(());
    }
    let spec = &all().specs()[other.best().spec];
    let also_wanted = other.fits.iter().any(|fit| is_wanted(&all().specs()[fit.spec].name));
    if also_wanted {
        return Ok(());
    }
    Err(Fault::new(
        FaultCode::OtherReturn,
        format!("{} is not of {id}", found.origin.shown()),
        format!("leave out --as, or write --as {}", spec.name),
    )
    .because(format!("it is of the {}", spec.title)))
}

fn other_year(shown: &str, name: &str, asked: u16, found: u16) -> Fault {
    Fault::new(
        FaultCode::OtherReturn,
        format!("{shown} is of {found}, not of {asked}"),
        format!("write --as {name}-{found}, or name the file of {asked}"),
    )
    .because("codes and columns differ between years")
}

fn no_return(
    shown: &str,
    [is_alone, is_archive]: [bool; 2],
    asked: &Asked,
    unknown: &[Candidate],
    strangers: &[Stranger],
) -> Fault {
    let list = unknown.iter().map(Candidate::stranger).chain(strangers.iter().cloned());
    let list: Vec<String> = list.map(|stranger| format!("{} is {}", stranger.file, stranger.is)).collect();
    let what = match asked {
        Asked::Nothing if is_alone => format!("{shown} is no return that Plait knows"),
        Asked::Nothing => format!("{shown} holds no return that Plait knows"),
        Asked::Return(id) => format!("{shown} holds nothing of {id}"),
        Asked::Spec(spec) => format!("{shown} holds nothing of {}", spec.id()),
    };
    let todo = match asked {
        Asked::Nothing if is_archive => {
            "to use a table in it as it is, unpack it and name that file; to say which return it is, use --as: plait specs list \
             shows those that are known"
        }
        Asked::Nothing if !is_alone => {
            "to use a table in it as it is, name that file; to say which return it is, use --as: plait specs list shows \
             those that are known"
        }
        _ => "plait specs list shows the returns; name one, or a specification of your own",
    };
    let fault = Fault::new(FaultCode::NoReturn, what, todo);
    if list.is_empty() { fault.because("there is no file in it") } else { fault.because(first_few(&list)) }
}
