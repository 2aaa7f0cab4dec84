//! The files of a folder or an archive, and a first look into each.

use super::detect::Stranger;
use super::json;
use super::nested::Elements;
use super::origin::Origin;
use super::{sheets, xml, zip};
use crate::read::{self, csv, guarded, kind, source::Source};
use plait_types::{Fault, FaultCode};
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
use std::path::Path;

/// What a file without a byte is.
pub(super) const EMPTY: &str = "empty";
/// Files that a folder may have.
const MOST_FILES: usize = 10_000;
/// How much of a nested file is looked at, in bytes.
const OUTLINED: u64 = 256 << 10;
/// How many different paths of it are noted.
const MOST_PATHS: usize = 2_000;

/// What is at a path.
pub(super) struct Listed {
    pub(super) origins: Vec<Origin>,
    /// What is no file.
    pub(super) strangers: Vec<Stranger>,
    /// Whether the path is one file that is no archive.
    pub(super) is_file: bool,
}

/// The files at a path, by name.
pub(super) fn list(path: &Path) -> Result<Listed, Fault> {
    if path.is_dir() {
        return folder(path);
    }
    let source = Source::open(path)?;
    let origin = Origin { path: path.to_owned(), entry: None, size: source.size() };
    if is_archive(&origin)? {
        let mut origins = zip::entries(path)?;
        origins.retain(|origin| !is_litter(&origin.name(), &origin.shown()));
        origins.sort_by_key(Origin::shown);
        return Ok(Listed { origins, strangers: Vec::new(), is_file: false });
    }
    Ok(Listed { origins: vec![origin], strangers: Vec::new(), is_file: true })
}

fn folder(path: &Path) -> Result<Listed, Fault> {
    let unreadable = |error: std::io::Error| {
        Fault::new(
            FaultCode::FileMissing,
            format!("{} cannot be looked into", path.display()),
            "check that you may read the folder",
        )
        .because(error.kind().to_string())
    };
    let mut origins = Vec::new();
    let mut strangers = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(metadata) = fs::metadata(entry.path()) else { continue };
        if is_litter(&name, &name) {
            continue;
        }
        if metadata.is_dir() {
            strangers.push(Stranger {
                file: name,
                is: "a folder, which was not looked into".to_owned(),
                table: None,
            });
        } else if metadata.len() == 0 {
            strangers.push(Stranger { file: name, is: EMPTY.to_owned(), table: None });
        } else if metadata.is_file() {
            origins.push(Origin { path: entry.path(), entry: None, size: metadata.len() });
        }
        if origins.len() > MOST_FILES {
            return Err(Fault::new(
                FaultCode::NoReturn,
                format!("{} holds more than {MOST_FILES} files", path.display()),
                "name the folder with the files of one return",
            ));
        }
    }
    origins.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Listed { origins, strangers, is_file: false })
}

/// The last part of a path, for messages.
pub(super) fn shown(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Files that systems leave beside those of people.
fn is_litter(name: &str, shown: &str) -> bool {
    let lower = name.to_lowercase();
    name.starts_with('.')
        || name.starts_with("~$")
        || lower == "thumbs.db"
        || lower == "desktop.ini"
        || shown.contains("__MACOSX/")
}

fn is_archive(origin: &Origin) -> Result<bool, Fault> {
    let head = origin.head(4)?;
    if !head.starts_with(b"PK\x03\x04") && !head.starts_with(b"PK\x05\x06") {
        return Ok(false);
    }
    // a workbook is an archive too; what kind tells apart, and its faults about archives are for other readers
    Ok(!is_workbook(&origin.source()?))
}

/// Whether something that starts like an archive is a workbook, also a damaged one.
fn is_workbook(source: &Source) -> bool {
    match kind::of(source) {
        Ok(_) => true,
        Err(fault) => {
            fault.code != FaultCode::FileKind && matches!(source.extension().as_str(), "xlsx" | "xlsm")
        }
    }
}

/// What one file is.
pub(super) enum Found {
    /// Something that may be of a return.
    Seen(Seen),
    /// Something else, in words.
    Stranger(String),
}

/// What can be seen of a file without reading it whole.
#[derive(Clone)]
pub(super) enum Seen {
    Xml(Outline),
    Json(Outline),
    /// The headers, and the first row.
    Text {
        names: Vec<String>,
        first: Vec<String>,
    },
    Binary {
        names: Vec<String>,
    },
    Workbook(Vec<SheetSeen>),
}

/// The first rows of a sheet, each with its number from 1: one of them may be the header.
#[derive(Clone)]
pub(super) struct SheetSeen {
    pub(super) name: String,
    pub(super) rows: Vec<(u64, Vec<String>)>,
}

/// Looks at one file. What is no table is a stranger in a folder and a fault where it is `alone`.
pub(super) fn look(origin: &Origin, alone: bool) -> Result<Found, Fault> {
    if origin.size == 0 {
        return Ok(Found::Stranger(EMPTY.to_owned()));
    }
    let head = origin.head(1024)?;
    let start = plain_start(&head);
    if is_xml(&start, &head) {
        return outline(origin, true);
    }
    if is_json(&start) {
        return outline(origin, false);
    }
    if head.starts_with(b"PK") && origin.entry.is_some() && !has_extension(origin, &["xlsx", "xlsm"]) {
        return Err(zip::nested(origin));
    }
    let is_prose = has_extension(origin, &["md", "pdf", "doc", "docx", "ini", "log"]);
    if is_prose && !alone {
        return Ok(Found::Stranger("no table".to_owned()));
    }
    match table(origin) {
        Ok(seen) => Ok(Found::Seen(seen)),
        Err(fault) if !alone && fault.code == FaultCode::FileKind => {
            if head.starts_with(b"PK\x03\x04") && has_extension(origin, &["zip"]) {
                return Ok(Found::Stranger(
                    "an archive, which is read where it is named by itself".to_owned(),
                ));
            }
            Ok(Found::Stranger("of a kind that Plait does not read".to_owned()))
        }
        Err(fault) => Err(fault),
    }
}

fn has_extension(origin: &Origin, extensions: &[&str]) -> bool {
    let name = origin.name();
    let extension = Path::new(&name).extension().unwrap_or_default().to_string_lossy();
    extensions.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn table(origin: &Origin) -> Result<Seen, Fault> {
    let head = origin.head(8)?;
    let is_text = !head.starts_with(b"PK") && {
        // only what is text needs not be unpacked
        let source = Source::from_bytes(origin.head(4096)?, &origin.name())?;
        matches!(kind::of(&source), Ok(kind::Kind::Text))
    };
    if is_text {
        let file = origin.shown();
        return origin.with_reader(|reader| {
            let rows = csv::Rows::start(reader, &file)?;
            let first = rows.peek().map(|(cells, _)| cells.into_iter().map(str::to_owned).collect());
            Ok(Seen::Text { names: rows.names().to_vec(), first: first.unwrap_or_default() })
        });
    }
    let source = origin.source()?;
    match kind::of(&source)? {
        kind::Kind::Xlsx => guarded(&source.file, || sheets::look(&source)).map(Seen::Workbook),
        _ => Ok(Seen::Binary { names: read::header_of(&source)? }),
    }
}

/// The first characters without mark, spaces and the zeros of UTF-16.
fn plain_start(head: &[u8]) -> Vec<u8> {
    let head = head.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(head);
    let head = head.strip_prefix(&[0xFF, 0xFE]).or_else(|| head.strip_prefix(&[0xFE, 0xFF])).unwrap_or(head);
    head.iter().copied().filter(|byte| *byte != 0 && !byte.is_ascii_whitespace()).collect()
}

/// XML that is no web page. Headers in angle brackets are none: behind the first of them is a delimiter.
fn is_xml(start: &[u8], head: &[u8]) -> bool {
    let lower = start[..start.len().min(64)].to_ascii_lowercase();
    let is_page = [&b"<!doctypehtml"[..], b"<html", b"<table"].iter().any(|page| lower.starts_with(page));
    let declares = lower.starts_with(b"<?xml") || lower.starts_with(b"<!");
    let closes = start.windows(2).any(|pair| pair == b"</" || pair == b"/>");
    let is_element = start.first() == Some(&b'<')
        && start.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_' || !byte.is_ascii());
    let behind = head.iter().skip_while(|byte| **byte != b'>').skip(1).find(|byte| **byte != 0);
    let is_header = behind.is_some_and(|byte| b",;|\t\"".contains(byte));
    !is_page && (declares || start.first() == Some(&b'<') && closes || is_element && !is_header)
}

fn is_json(start: &[u8]) -> bool {
    matches!(start, [b'{', b'"' | b'}', ..] | [b'[', b'{' | b']', ..])
}

/// The paths at the start of a nested file and the first text of each.
#[derive(Clone, Default)]
pub(super) struct Outline {
    /// The root element, as it stands; empty in JSON.
    pub(super) root: String,
    /// Paths of elements without elements, from the root, in lower case.
    pub(super) paths: BTreeMap<String, String>,
    open: Vec<(usize, bool)>,
    path: String,
    text: String,
}

impl Outline {
    /// The first text at a path; case does not matter.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        self.paths.get(&path.to_ascii_lowercase()).filter(|text| !text.is_empty()).cloned()
    }
}

fn outline(origin: &Origin, is_xml: bool) -> Result<Found, Fault> {
    let file = origin.shown();
    let mut outline = Outline::default();
    let read = origin.with_reader(|reader| {
        let mut reader = reader.take(OUTLINED);
        let mut go_on = |_| Ok(());
        if is_xml {
            xml::walk(&mut reader, &file, &mut outline, &mut go_on)
        } else {
            json::walk(&mut reader, &file, Some(json::ENTRY), &mut outline, &mut go_on)
        }
    });
    // the part that was looked at may end anywhere
    match read {
        Err(fault)
            if origin.size <= OUTLINED
                || !matches!(fault.code, FaultCode::Truncated | FaultCode::InvalidText) =>
        {
            return Err(fault);
        }
        _ => {}
    }
    if outline.root.eq_ignore_ascii_case("schema") {
        return Ok(Found::Stranger("an XML schema, not data".to_owned()));
    }
    Ok(Found::Seen(if is_xml { Seen::Xml(outline) } else { Seen::Json(outline) }))
}

impl Elements for Outline {
    fn enter(&mut self, name: &str, _line: &mut dyn FnMut() -> u64) -> Result<(), Fault> {
        if let Some(above) = self.open.last_mut() {
            above.1 = true;
            self.open.push((self.path.len(), false));
            if !self.path.is_empty() {
                self.path.push('/');
            }
            self.path.push_str(&name.to_ascii_lowercase());
        } else {
            if self.root.is_empty() {
                name.clone_into(&mut self.root);
            }
            self.open.push((0, false));
        }
        self.text.clear();
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        self.text.push_str(text);
        Ok(())
    }

    fn undecodable(&mut self, _offset: u64) {}

    fn leave(&mut self) -> Result<(), Fault> {
        let Some((before, has_elements)) = self.open.pop() else { return Ok(()) };
        if !has_elements && !self.path.is_empty() && self.paths.len() < MOST_PATHS {
            let text = self.text.trim();
            let known = self.paths.entry(self.path.clone()).or_default();
            if known.is_empty() {
                text.clone_into(known);
            }
        }
        self.path.truncate(before);
        self.text.clear();
        Ok(())
    }
}

/// Refuses files with the same bytes. Only files of one size are read, each once, and a second time where another has the
/// same hash.
pub(super) fn refuse_same_file_twice<'a>(origins: impl Iterator<Item = &'a Origin>) -> Result<(), Fault> {
    let sized = origins.map(|origin| (origin.size, origin));
    let Some((first, second)) = first_equal(sized, hash_of, are_same)? else {
        return Ok(());
    };
    Err(Fault::new(
        FaultCode::SameFileTwice,
        format!("{} and {} are the same file", first.shown(), second.shown()),
        "leave one of them out",
    )
    .because("its rows would count twice"))
}

/// The first two of some things that are the same: of one size, then of one hash, then by comparing them.
fn first_equal<T: Copy, E>(
    sized: impl Iterator<Item = (u64, T)>,
    hash: impl Fn(T) -> Result<u64, E>,
    are_same: impl Fn(T, T) -> Result<bool, E>,
) -> Result<Option<(T, T)>, E> {
    let mut by_size: BTreeMap<u64, Vec<T>> = BTreeMap::new();
    sized.for_each(|(size, thing)| by_size.entry(size).or_default().push(thing));
    for same_size in by_size.into_values().filter(|things| things.len() > 1) {
        let mut by_hash: BTreeMap<u64, Vec<T>> = BTreeMap::new();
        for thing in same_size {
            let same_hash = by_hash.entry(hash(thing)?).or_default();
            for &other in &*same_hash {
                if are_same(other, thing)? {
                    return Ok(Some((other, thing)));
                }
            }
            same_hash.push(thing);
        }
    }
    Ok(None)
}

/// A hash of the bytes, to tell most files apart by.
fn hash_of(origin: &Origin) -> Result<u64, Fault> {
    origin.with_reader(|reader| {
        let (mut hasher, mut bytes) = (DefaultHasher::new(), Vec::new());
        while step(reader, &mut bytes, origin)? > 0 {
            hasher.write(&bytes);
        }
        Ok(hasher.finish())
    })
}

fn are_same(first: &Origin, second: &Origin) -> Result<bool, Fault> {
    first.with_reader(|a| second.with_reader(|b| same_bytes(a, b, first)))
}

fn same_bytes(a: &mut dyn Read, b: &mut dyn Read, origin: &Origin) -> Result<bool, Fault> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        let read = step(a, &mut left, origin)?;
        step(b, &mut right, origin)?;
        if left != right {
            return Ok(false);
        }
        if read == 0 {
            return Ok(true);
        }
    }
}

/// The next bytes, as many as there are up to a step.
fn step(reader: &mut dyn Read, bytes: &mut Vec<u8>, origin: &Origin) -> Result<usize, Fault> {
    const STEP: u64 = 1 << 16;
    bytes.clear();
    let read = reader.take(STEP).read_to_end(bytes);
    read.map_err(|error| read::source::unreadable(&origin.shown(), &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn an_element_that_closes_late_is_xml_and_a_header_in_angle_brackets_is_none() {
        let check = |head: &str| is_xml(&plain_start(head.as_bytes()), head.as_bytes());
        for xml in
            ["<a>", "<Message><Header>", " <a b='", "<a/>", "<?xml?>", &format!("<a>{}", "x".repeat(1_000))]
        {
            assert!(check(xml), "{xml}");
        }
        for text in ["<name>,<dob>\n", "<name>\t<dob>\n", "\"<name>\",1", "<html><body>", "< 5", "<5>"] {
            assert!(!check(text), "{text}");
        }
    }

    #[test]
    fn files_of_one_size_are_read_once_each_and_compared_only_where_their_hashes_are_equal() {
        let (hashed, compared) = (Cell::new(0), Cell::new(0));
        let hash = |n: u64| {
            hashed.set(hashed.get() + 1);
            // the last two share a hash by chance
            Ok::<u64, Fault>(n.min(998))
        };
        let are_same = |_, _| {
            compared.set(compared.get() + 1);
            Ok(false)
        };
        let found =
            first_equal((0..1_000).map(|n| (7, n)).chain([(8, 0)]), hash, are_same).expect("no fault");
        assert_eq!((found, hashed.get(), compared.get()), (None, 1_000, 1));
        let equal = first_equal([(7, 3), (7, 4), (7, 3)].into_iter(), Ok::<u64, Fault>, |a, b| Ok(a == b));
        assert_eq!(equal.expect("no fault"), Some((3, 3)));
    }
}
