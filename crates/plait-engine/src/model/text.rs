//! Conditions and blocking keys as text: what a model file says and what charts print.
//!
//! `Display` and `FromStr` are inverse: what is printed reads back as the same value. [`Condition::words`] is the
//! other direction only, in the words of charts and explanations.
//!
//! ```
//! use plait_engine::model::{BlockingKey, Condition};
//! let level: Condition = "jaro_winkler >= 0.92 or (nickname and surname: exact)".parse().unwrap();
//! assert_eq!(level.to_string(), "jaro_winkler >= 0.92 or (nickname and surname: exact)");
//! let key: BlockingKey = "surname first 3".parse().unwrap();
//! assert_eq!(key.to_string(), "surname first 3");
//! ```

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::str::FromStr;

use plait_types::{Role, nearest};

use super::{BlockingKey, Comparison, Condition, Edit, Guard, Measure, Part, Test};

/// Why a text is not a condition or a blocking key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// The offending part, in bytes of the text.
    pub at: Range<usize>,
    /// One sentence, lower case, no full stop.
    pub what: String,
    /// What to write instead.
    pub todo: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {}); {}", self.what, self.at.start + 1, self.todo)
    }
}

impl std::error::Error for TextError {}

/// Parts of a value: text in keys, and after `same` in conditions; words for people.
/// [`Part::Whole`], [`Part::First`] and [`Part::Last`] are spelled by code.
const PARTS: &[(Part, &str, &str)] = &[
    (Part::FirstWord, "first word", "first word"),
    (Part::LastWord, "last word", "last word"),
    (Part::Soundex, "soundex", "sound (Soundex)"),
    (Part::Metaphone, "metaphone", "sound (Metaphone)"),
    (Part::Sector, "sector", "postcode sector"),
    (Part::District, "district", "postcode district"),
    (Part::Area, "area", "postcode area"),
    (Part::Year, "year", "year"),
    (Part::YearMonth, "year and month", "year and month"),
    (Part::YearDay, "year and day", "year and day"),
    (Part::MonthDay, "month and day", "month and day"),
    (Part::NotNewYearsDay, "not 1 January", "value other than 1 January"),
    (Part::Valid, "valid", "valid value"),
    (Part::LocalPart, "local part", "part before the @"),
    (Part::Domain, "domain", "part after the @"),
    (Part::AnyWord, "any word", "any word"),
    (Part::AnyElement, "any element", "any element"),
    (Part::ButOneLetter, "but one letter", "all but one letter"),
    (Part::SpellingFamily, "spelling family", "spelling family"),
];

/// Similarities: text, and words for people.
const MEASURES: &[(Measure, &str, &str)] = &[
    (Measure::Jaro, "jaro", "similar spelling (Jaro"),
    (Measure::JaroWinkler, "jaro_winkler", "similar spelling (Jaro-Winkler"),
    (Measure::Jaccard, "jaccard", "similar letter pairs (Jaccard"),
    (Measure::CharacterJaccard, "character_jaccard", "similar letters (Jaccard"),
    (Measure::Dice, "dice", "similar letter pairs (Dice"),
    (Measure::Cosine, "cosine", "similar words (cosine"),
    (Measure::MongeElkan, "monge_elkan", "similar words (Monge-Elkan"),
];

/// Counts of edits: text, and what one of them is called.
const EDITS: &[(Edit, &str, &str)] = &[
    (Edit::Levenshtein, "levenshtein", "edit"),
    (Edit::Osa, "osa", "edit or swap"),
    (Edit::DamerauLevenshtein, "damerau_levenshtein", "edit or swap"),
];

/// Tests without an argument: text, and words for people.
const PLAIN: &[(Test, &str, &str)] = &[
    (Test::Same(Part::Whole), "exact", "same"),
    (Test::Nickname, "nickname", "short form or variant of the same name"),
    (Test::Initials, "initials", "one is the initials of the other"),
    (Test::Subset, "subset", "all words of one are in the other"),
    (Test::HalfOfDoubleBarrelled, "half of double-barrelled", "half of a double-barrelled name"),
    (Test::DayMonthSwapped, "day and month swapped", "day and month swapped"),
    (Test::OneDigit, "one digit wrong", "one digit different"),
    (Test::Transposed, "transposed", "two neighbouring characters swapped"),
    (Test::TwoOfThreeParts, "two of three parts", "two of day, month and year the same"),
    (Test::NewYearsDay, "both on 1 January", "both on 1 January"),
    (Test::EitherRecorded, "either recorded", "recorded for either of the two"),
];

/// The remaining forms, each with an example argument; for suggestions and the schema.
const WITH_ARGUMENT: &[&str] = &[
    "same first 3",
    "same last 4",
    "swapped with surname",
    "equals other surname",
    "shares with other former_postcode",
    "within 31 days",
    "within 2 months",
    "within 2 years",
    "within number 5",
    "within 10%",
    "within 5 km with longitude lon",
    "jaro_winkler of local part >= 0.9",
    "in common >= 1",
    "both are \"x\"",
    "else",
];

/// One example of every form of test that a condition may hold, in the order of the documentation.
pub(super) fn forms() -> Vec<String> {
    let plain = PLAIN.iter().map(|row| row.1.to_string());
    let parts = PARTS.iter().map(|row| format!("same {}", row.1));
    let measures = MEASURES.iter().map(|row| format!("{} >= 0.9", row.1));
    let edits = EDITS.iter().map(|row| format!("{} <= 1", row.1));
    let others = WITH_ARGUMENT.iter().map(ToString::to_string);
    plain.chain(parts).chain(measures).chain(edits).chain(others).collect()
}

/// The same for what may follow the field in a blocking key.
pub(super) fn key_parts() -> Vec<String> {
    let counted = ["first 3", "last 4"].map(str::to_string);
    counted.into_iter().chain(PARTS.iter().map(|row| row.1.to_string())).collect()
}

// ---- printing

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test(None, test) => write!(f, "{test}"),
            Self::Test(Some(field), test) => write!(f, "{}: {test}", Field(field)),
            Self::All(parts) => write_list(f, parts, "all of", " and "),
            Self::Any(parts) => write_list(f, parts, "any of", " or "),
            Self::Not(inner) if inner.is_list() => write!(f, "not ({inner})"),
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::Else => f.write_str("else"),
        }
    }
}

impl Condition {
    /// Whether it prints with `and` or `or`, and so needs brackets inside another.
    fn is_list(&self) -> bool {
        matches!(self, Self::All(parts) | Self::Any(parts) if parts.len() > 1)
    }
}

/// Lists of none or one, which infix words cannot show, print as `all of (…)`.
fn write_list(f: &mut fmt::Formatter<'_>, parts: &[Condition], prefix: &str, infix: &str) -> fmt::Result {
    let [first, _, ..] = parts else {
        return match parts {
            [only] => write!(f, "{prefix} ({only})"),
            _ => write!(f, "{prefix} ()"),
        };
    };
    for part in parts {
        if !std::ptr::eq(part, first) {
            f.write_str(infix)?;
        }
        if part.is_list() {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same(part) if *part != Part::Whole => write!(f, "same {part}"),
            Self::AtLeast(measure, least) => write!(f, "{} >= {}", measure.name(), Number(*least)),
            Self::PartAtLeast(Part::Whole, measure, least) => {
                write!(f, "{} of whole >= {}", measure.name(), Number(*least))
            }
            Self::PartAtLeast(part, measure, least) => {
                write!(f, "{} of {part} >= {}", measure.name(), Number(*least))
            }
            Self::AtMost(edit, most) => write!(f, "{} <= {most}", edit.name()),
            Self::SwappedWith(field) => write!(f, "swapped with {}", Field(field)),
            Self::EqualsOther(field) => write!(f, "equals other {}", Field(field)),
            Self::SharesOther(field) => write!(f, "shares with other {}", Field(field)),
            Self::WithinDays(1) => f.write_str("within 1 day"),
            Self::WithinDays(days) => write!(f, "within {days} days"),
            Self::WithinMonths(1) => f.write_str("within 1 month"),
            Self::WithinMonths(months) => write!(f, "within {months} months"),
            Self::WithinYears(1) => f.write_str("within 1 year"),
            Self::WithinYears(years) => write!(f, "within {years} years"),
            Self::WithinNumber(most) => write!(f, "within number {}", Number(*most)),
            Self::WithinShare(share) => match whole_percent(*share) {
                Some(percent) => write!(f, "within {percent}%"),
                None => write!(f, "within share {}", Number(*share)),
            },
            Self::InCommon(least) => write!(f, "in common >= {least}"),
            Self::BothAre(value) => write!(f, "both are {}", Quoted(value)),
            Self::WithinKm(longitude, km) => {
                write!(f, "within {} km with longitude {}", Number(*km), Field(longitude))
            }
            plain => {
                let row =
                    PLAIN.iter().find(|row| row.0 == *plain).expect("tests without argument are in PLAIN");
                f.write_str(row.1)
            }
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::First(n) => write!(f, "first {n}"),
            Self::Last(n) => write!(f, "last {n}"),
            named => {
                let row = PARTS.iter().find(|row| row.0 == *named).expect("named parts are in PARTS");
                f.write_str(row.1)
            }
        }
    }
}

impl fmt::Display for BlockingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_side(f, &self.left)?;
        if self.is_symmetric() {
            return Ok(());
        }
        f.write_str(" = ")?;
        write_side(f, &self.right)
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, field) in self.fields.iter().enumerate() {
            let joint = if place == 0 { "" } else { " and " };
            write!(f, "{joint}{}", Field(field))?;
        }
        Ok(())
    }
}

fn write_side(f: &mut fmt::Formatter<'_>, (field, part): &(String, Part)) -> fmt::Result {
    write!(f, "{}", Field(field))?;
    if *part == Part::Whole { Ok(()) } else { write!(f, " {part}") }
}

impl Measure {
    /// `jaro_winkler`
    pub fn name(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        MEASURES.iter().find(|row| row.0 == self).expect("every measure is in MEASURES")
    }
}

impl Edit {
    /// `damerau_levenshtein`
    pub fn name(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        EDITS.iter().find(|row| row.0 == self).expect("every edit is in EDITS")
    }
}

/// Prints the shortest text that reads back as the same number.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if size != 0.0 && !(1e-5..1e16).contains(&size) {
            write!(f, "{:e}", self.0)
        } else {
            write!(f, "{}", self.0)
        }
    }
}

/// The percentage, if it is whole and gives the share back exactly.
fn whole_percent(share: f64) -> Option<u8> {
    let percent = (share * 100.0).round();
    ((percent / 100.0).to_bits() == share.to_bits()).then_some(percent as u8)
}

/// Prints a field name, quoted where it is more than one bare word.
struct Field<'a>(&'a str);

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = !self.0.is_empty() && self.0.chars().all(is_word_character);
        if bare { f.write_str(self.0) } else { write!(f, "{}", Quoted(self.0)) }
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(character)?;
        }
        f.write_char('"')
    }
}

// ---- words for people

impl Condition {
    /// What people read in charts and explanations: `same`, `similar spelling (Jaro-Winkler 0.92 or more)`, `different`.
    pub fn words(&self) -> String {
        match self {
            Self::Test(None, test) => test.words(),
            Self::Test(Some(field), test) => format!("{}: {}", field_words(field), test.words()),
            Self::All(parts) => join_words(parts, " and ", "always"),
            Self::Any(parts) => join_words(parts, " or ", "never"),
            Self::Not(inner) => format!("not ({})", inner.words()),
            Self::Else => "different".into(),
        }
    }
}

fn join_words(parts: &[Condition], infix: &str, of_none: &str) -> String {
    if parts.is_empty() {
        return of_none.into();
    }
    let words =
        parts.iter().map(|part| if part.is_list() { format!("({})", part.words()) } else { part.words() });
    words.collect::<Vec<_>>().join(infix)
}

impl Test {
    fn words(&self) -> String {
        match self {
            Self::Same(Part::Soundex) => "sounds the same (Soundex)".into(),
            Self::Same(Part::Metaphone) => "sounds the same (Metaphone)".into(),
            Self::Same(Part::AnyWord) => "a word in common".into(),
            Self::Same(Part::AnyElement) => "an element in common".into(),
            Self::Same(Part::ButOneLetter) => "same but for a letter".into(),
            Self::Same(Part::SpellingFamily) => "spellings of one name from another script".into(),
            Self::Same(part) if *part != Part::Whole => format!("same {}", part.words()),
            Self::AtLeast(measure, least) => format!("{} {} or more)", measure.row().2, Number(*least)),
            Self::PartAtLeast(Part::Whole, measure, least) => Self::AtLeast(*measure, *least).words(),
            Self::PartAtLeast(part, measure, least) => {
                format!("{}: {}", part.words(), Self::AtLeast(*measure, *least).words())
            }
            Self::AtMost(edit, most) => match most {
                0 => "same".into(),
                1 => format!("one {} apart", edit.row().2),
                _ => format!("at most {most} {}s apart", edit.row().2.replace(" or", "s or")),
            },
            Self::SwappedWith(field) => format!("swapped with {}", field_words(field)),
            Self::EqualsOther(field) => format!("same as the other's {}", field_words(field)),
            Self::SharesOther(field) => format!("one in common with the other's {}", field_words(field)),
            Self::WithinDays(1) => "at most a day apart".into(),
            Self::WithinDays(days) => format!("at most {days} days apart"),
            Self::WithinMonths(1) => "at most a month apart".into(),
            Self::WithinMonths(months) => format!("at most {months} months apart"),
            Self::WithinYears(1) => "at most a year apart".into(),
            Self::WithinYears(years) => format!("at most {years} years apart"),
            Self::WithinNumber(most) => format!("at most {} apart", Number(*most)),
            Self::WithinShare(share) => format!("at most {}% apart", Number(round_percent(*share))),
            Self::InCommon(1) => "at least one in common".into(),
            Self::InCommon(least) => format!("at least {least} in common"),
            Self::BothAre(value) => format!("both are \"{value}\""),
            Self::WithinKm(_, km) => format!("at most {} km apart", Number(*km)),
            plain => {
                let row =
                    PLAIN.iter().find(|row| row.0 == *plain).expect("tests without argument are in PLAIN");
                row.2.into()
            }
        }
    }
}

impl Part {
    /// What people read: `first 3 characters`, `postcode sector`; nothing for the whole.
    pub(super) fn words(self) -> String {
        match self {
            Self::Whole => String::new(),
            Self::First(1) => "first character".into(),
            Self::Last(1) => "last character".into(),
            Self::First(n) => format!("first {n} characters"),
            Self::Last(n) => format!("last {n} characters"),
            named => {
                let row = PARTS.iter().find(|row| row.0 == named).expect("named parts are in PARTS");
                row.2.into()
            }
        }
    }
}

fn round_percent(share: f64) -> f64 {
    (share * 1e4).round() / 100.0
}

/// A field in a sentence: the role's words, or the header as it is.
pub fn field_words(field: &str) -> &str {
    match Role::from_name(field) {
        Some(role) => role.words(),
        // an identifier that goes by the header which every statutory return gives it
        None if field.eq_ignore_ascii_case(LA_CHILD_ID) => "LA child id",
        None if field.eq_ignore_ascii_case(FORMER_LA_CHILD_ID) => "former LA child id",
        None if field.eq_ignore_ascii_case(FORMER_UPN) => "former UPN",
        None if field.eq_ignore_ascii_case(EXPECTED_DATE_OF_BIRTH) => "expected date of birth",
        None => field,
    }
}

impl Comparison {
    /// What it compares, in sentences: `date of birth`.
    pub fn words(&self) -> String {
        match field_words(&self.name) {
            header if header == self.name => header.replace('_', " "),
            words => words.to_owned(),
        }
    }
}

/// The field of the ids that a local authority gives to children, in every source that has them.
pub const LA_CHILD_ID: &str = "la_child_id";

/// The field of the id that a child had before its authority changed its case-management system.
pub const FORMER_LA_CHILD_ID: &str = "former_la_child_id";

/// The field of the UPN that a pupil had before the present one, such as a temporary one.
pub const FORMER_UPN: &str = "former_upn";

/// Whether a field holds numbers that hold no more: each is the same as one in the field of present ones where it says
/// anything, so that rules look for it there and nothing is compared with it.
pub fn is_of_former_numbers(field: &str) -> bool {
    [FORMER_LA_CHILD_ID, FORMER_UPN].contains(&field)
}

/// The field of what a source says of its NHS numbers: whether anybody has compared them with the national register.
pub const NHS_NUMBER_STATUS: &str = "nhs_number_status";

/// The field of the day on which a child was expected, of records that have it in place of a date of birth.
pub const EXPECTED_DATE_OF_BIRTH: &str = "expected_date_of_birth";

// ---- reading

impl FromStr for Condition {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let mut reader = Reader::new(text)?;
        let condition = reader.any()?;
        reader.end("a test ends here; join tests with `and` or `or`")?;
        Ok(condition)
    }
}

impl FromStr for BlockingKey {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let mut reader = Reader::new(text)?;
        let left = reader.side()?;
        let right = if reader.take_symbol("=") { reader.side()? } else { left.clone() };
        reader.end("a key is a field and one part of it; put names of several words into quotes")?;
        Ok(Self { left, right })
    }
}

impl FromStr for Guard {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let mut reader = Reader::new(text)?;
        let mut fields = vec![reader.field()?];
        while reader.take_words("and") {
            fields.push(reader.field()?);
        }
        reader.end("fields are joined by `and`; put names of several words into quotes")?;
        Ok(Self { fields })
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Symbol(&'static str),
}

/// Everything that does not separate tokens; so numbers and percentages are words too.
fn is_word_character(character: char) -> bool {
    !character.is_whitespace() && !matches!(character, '(' | ')' | ':' | ',' | '"' | '\'' | '<' | '>' | '=')
}

const SYMBOLS: &[&str] = &["(", ")", ":", ",", "<=", ">=", "<", ">", "="];

fn tokens(text: &str) -> Result<Vec<(Range<usize>, Token)>, TextError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (length, token) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if matches!(first, '"' | '\'') {
            let (length, value) = quoted(rest, first).ok_or_else(|| TextError {
                at: at..text.len(),
                what: "a quoted name does not end".into(),
                todo: format!("close it with {first}"),
            })?;
            (length, Token::Quoted(value))
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            (symbol.len(), Token::Symbol(symbol))
        } else {
            let length = rest.find(|character| !is_word_character(character)).unwrap_or(rest.len());
            (length, Token::Word(rest[..length].to_string()))
        };
        tokens.push((at..at + length, token));
        at += length;
    }
    Ok(tokens)
}

/// The length with both quotes and the value between them; `None` if it does not end.
fn quoted(text: &str, quote: char) -> Option<(usize, String)> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            end if end == quote => return Some((at + 1, value)),
            other => value.push(other),
        }
    }
    None
}

struct Reader {
    tokens: Vec<(Range<usize>, Token)>,
    next: usize,
    length: usize,
    text: String,
    /// How many brackets and `not` are open.
    depth: usize,
}

/// Deeper conditions than any person writes would use up the stack.
const MAX_DEPTH: usize = 100;

impl Reader {
    fn new(text: &str) -> Result<Self, TextError> {
        Ok(Self { tokens: tokens(text)?, next: 0, length: text.len(), text: text.to_string(), depth: 0 })
    }

    fn any(&mut self) -> Result<Condition, TextError> {
        let mut parts = vec![self.all()?];
        while self.take_words("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Condition::Any(parts) })
    }

    fn all(&mut self) -> Result<Condition, TextError> {
        let mut parts = vec![self.unit()?];
        while self.take_words("and") {
            parts.push(self.unit()?);
        }
        Ok(if parts.len() == 1 { parts.swap_remove(0) } else { Condition::All(parts) })
    }

    fn unit(&mut self) -> Result<Condition, TextError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error_here("the condition is nested too deeply", "write it with fewer brackets"));
        }
        self.depth += 1;
        let unit = self.unit_inside();
        self.depth -= 1;
        unit
    }

    fn unit_inside(&mut self) -> Result<Condition, TextError> {
        if let Some(field) = self.field_prefix() {
            if self.peek_symbol("(") {
                return Err(self.error_here(
                    "a field stands before one test, not before brackets",
                    "name the field before each test inside the brackets",
                ));
            }
            return Ok(Condition::Test(Some(field), self.test()?));
        }
        if self.take_words("not") {
            return Ok(Condition::Not(Box::new(self.unit()?)));
        }
        if self.take_words("else") {
            return Ok(Condition::Else);
        }
        if self.take_words("all of") {
            return Ok(Condition::All(self.list()?));
        }
        if self.take_words("any of") {
            return Ok(Condition::Any(self.list()?));
        }
        if self.take_symbol("(") {
            let inner = self.any()?;
            self.expect_symbol(")", "close the bracket")?;
            return Ok(inner);
        }
        Ok(Condition::Test(None, self.test()?))
    }

    /// Conditions between brackets, separated by commas.
    fn list(&mut self) -> Result<Vec<Condition>, TextError> {
        self.expect_symbol("(", "write the conditions in brackets, separated by commas")?;
        let mut parts = Vec::new();
        if self.take_symbol(")") {
            return Ok(parts);
        }
        loop {
            parts.push(self.any()?);
            if !self.take_symbol(",") {
                self.expect_symbol(")", "close the bracket")?;
                return Ok(parts);
            }
        }
    }

    fn test(&mut self) -> Result<Test, TextError> {
        let start = self.next;
        // longest first, so that `same year and month` is not read as `same year`
        if self.take_words("same") {
            return match self.part()? {
                Part::Whole if self.span_from(self.next).is_empty() => Err(TextError {
                    at: self.span_from(start),
                    what: "`same` needs a part of the value".into(),
                    todo: "write exact for the whole value, or for example same first 3 or same sector"
                        .into(),
                }),
                Part::Whole => Err(self.unknown(start)),
                part => Ok(Test::Same(part)),
            };
        }
        if let Some(row) = PLAIN.iter().find(|row| self.take_words(row.1)) {
            return Ok(row.0.clone());
        }
        if let Some(row) = MEASURES.iter().find(|row| self.take_words(row.1)) {
            return self.similarity(row.0);
        }
        if let Some(row) = EDITS.iter().find(|row| self.take_words(row.1)) {
            self.expect_symbol("<=", &format!("write {} <= 1", row.1))?;
            return Ok(Test::AtMost(row.0, self.whole_number()?));
        }
        if self.take_words("swapped with") {
            return Ok(Test::SwappedWith(self.field()?));
        }
        if self.take_words("equals other") {
            return Ok(Test::EqualsOther(self.field()?));
        }
        if self.take_words("shares with other") {
            return Ok(Test::SharesOther(self.field()?));
        }
        if self.take_words("both are") {
            return Ok(Test::BothAre(self.field()?));
        }
        if self.take_words("in common") {
            self.expect_symbol(">=", "write in common >= 1")?;
            return Ok(Test::InCommon(self.whole_number()?));
        }
        if self.take_words("within number") {
            return Ok(Test::WithinNumber(self.number(0.0..=f64::MAX)?));
        }
        if self.take_words("within share") {
            return Ok(Test::WithinShare(self.share()?));
        }
        if self.take_words("within") {
            return self.within(start);
        }
        Err(self.unknown(start))
    }

    /// `>= 0.9`, `of local part >= 0.9`
    fn similarity(&mut self, measure: Measure) -> Result<Test, TextError> {
        let part = if self.take_words("of") {
            let part = self.part()?;
            if part == Part::Whole && !self.take_words("whole") {
                let todo = format!("write one of: {}", key_parts().join(", "));
                return Err(self.error_here("a part of a value is expected here", &todo));
            }
            Some(part)
        } else {
            None
        };
        self.expect_symbol(">=", &format!("write {} >= 0.9", measure.name()))?;
        let least = self.share()?;
        Ok(match part {
            Some(part) => Test::PartAtLeast(part, measure, least),
            None => Test::AtLeast(measure, least),
        })
    }

    /// `31 days`, `2 months`, `10%`, `5 km with longitude x`
    fn within(&mut self, start: usize) -> Result<Test, TextError> {
        if let Some(percent) = self.peek_word(0).and_then(|word| word.strip_suffix('%')) {
            let percent: f64 = percent.parse().map_err(|_| self.unknown(start))?;
            if !(0.0..=100.0).contains(&percent) {
                return Err(
                    self.error_here("a percentage is between 0% and 100%", "write for example within 10%")
                );
            }
            self.next += 1;
            return Ok(Test::WithinShare(percent / 100.0));
        }
        let unit = self.peek_word(1).map(normal);
        let of_time: Option<fn(u32) -> Test> = match unit.as_deref() {
            Some("days" | "day") => Some(Test::WithinDays),
            Some("months" | "month") => Some(Test::WithinMonths),
            Some("years" | "year") => Some(Test::WithinYears),
            _ => None,
        };
        if let Some(test) = of_time {
            let number = self.whole_number()?;
            self.next += 1;
            return Ok(test(number));
        }
        match unit.as_deref() {
            Some("km") => {
                let km = self.number(0.0..=f64::MAX)?;
                self.next += 1;
                if !self.take_words("with longitude") {
                    return Err(self.error_here(
                        "a distance needs the field that holds the longitude",
                        "write for example within 5 km with longitude lon",
                    ));
                }
                Ok(Test::WithinKm(self.field()?, km))
            }
            _ => Err(TextError {
                todo: "write within 31 days, within 2 months, within 2 years, within number 5, within 10% or within 5 km with longitude lon"
                    .into(),
                ..self.unknown(start)
            }),
        }
    }

    /// One side of a blocking key.
    fn side(&mut self) -> Result<(String, Part), TextError> {
        let field = self.field()?;
        let start = self.next;
        let part = self.part()?;
        // a word after the field that is no part
        if part == Part::Whole && self.peek_word(0).is_some() {
            let parts = key_parts();
            let wanted = self.text_from(start);
            let near = nearest(&wanted, parts.iter().map(String::as_str));
            let todo = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    "put a field name of several words into quotes, or use a part: ".to_string()
                        + &parts.join(", ")
                }
            };
            return Err(TextError {
                at: self.span_from(start),
                what: format!("`{wanted}` is not a part of a value"),
                todo,
            });
        }
        Ok((field, part))
    }

    /// The part named here; the whole, and nothing consumed, if none is.
    fn part(&mut self) -> Result<Part, TextError> {
        let mut longest_first: Vec<_> = PARTS.iter().collect();
        longest_first.sort_by_key(|row| std::cmp::Reverse(row.1.len()));
        for row in longest_first {
            // in `same year and day and month swapped` the `day` belongs to the second test
            let belongs_to_swap = row.0 == Part::YearDay && self.peek_words(3, "and month swapped");
            if !belongs_to_swap && self.take_words(row.1) {
                return Ok(row.0);
            }
        }
        for (word, part) in [("first", Part::First as fn(u8) -> Part), ("last", Part::Last)] {
            let counted =
                self.peek_word(1).is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
            if counted && self.take_words(word) {
                return Ok(part(self.count_of_characters()?));
            }
        }
        Ok(Part::Whole)
    }

    fn count_of_characters(&mut self) -> Result<u8, TextError> {
        let count = self.peek_word(0).and_then(|word| word.parse::<u8>().ok()).filter(|count| *count > 0);
        let count = count.ok_or_else(|| {
            self.error_here("a number of characters is between 1 and 255", "write for example first 3")
        })?;
        self.next += 1;
        Ok(count)
    }

    fn whole_number(&mut self) -> Result<u32, TextError> {
        let number = self.peek_word(0).and_then(|word| word.parse().ok());
        let number = number
            .ok_or_else(|| self.error_here("a whole number is expected here", "write for example 1"))?;
        self.next += 1;
        Ok(number)
    }

    fn share(&mut self) -> Result<f64, TextError> {
        let given = self.peek_word(0).and_then(|word| word.parse::<f64>().ok());
        self.number(0.0..=1.0).map_err(|error| match given {
            Some(percent) if percent > 1.0 && percent <= 100.0 => TextError {
                what: format!("{percent} is not between 0 and 1"),
                todo: format!("did you mean {}?", Number(percent / 100.0)),
                ..error
            },
            Some(_) => TextError { todo: "write a number between 0 and 1".into(), ..error },
            None => error,
        })
    }

    fn number(&mut self, range: std::ops::RangeInclusive<f64>) -> Result<f64, TextError> {
        let number = self.peek_word(0).and_then(|word| word.parse::<f64>().ok());
        let number =
            number.ok_or_else(|| self.error_here("a number is expected here", "write for example 0.9"))?;
        if !range.contains(&number) {
            return Err(self.error_here("the number is out of range", "write a number that is 0 or more"));
        }
        self.next += 1;
        Ok(number)
    }

    fn field(&mut self) -> Result<String, TextError> {
        let Some((_, Token::Word(name) | Token::Quoted(name))) = self.tokens.get(self.next) else {
            return Err(
                self.error_here("a name is expected here", "write a field name, in quotes if it has spaces")
            );
        };
        let name = name.clone();
        self.next += 1;
        Ok(name)
    }

    /// The field of `field: test`.
    fn field_prefix(&mut self) -> Option<String> {
        let (_, Token::Word(name) | Token::Quoted(name)) = self.tokens.get(self.next)? else { return None };
        let (_, Token::Symbol(":")) = self.tokens.get(self.next + 1)? else { return None };
        let name = name.clone();
        self.next += 2;
        Some(name)
    }

    fn peek_word(&self, ahead: usize) -> Option<&str> {
        match self.tokens.get(self.next + ahead) {
            Some((_, Token::Word(word))) => Some(word),
            _ => None,
        }
    }

    /// Whether these words stand so many tokens ahead. The last must not be the field of the next test.
    fn peek_words(&self, ahead: usize, phrase: &str) -> bool {
        let mut words = 0;
        let all = phrase.split(' ').all(|wanted| {
            words += 1;
            self.peek_word(ahead + words - 1).is_some_and(|word| normal(word) == normal(wanted))
        });
        all && !matches!(self.tokens.get(self.next + ahead + words), Some((_, Token::Symbol(":"))))
    }

    fn take_words(&mut self, phrase: &str) -> bool {
        let found = self.peek_words(0, phrase);
        if found {
            self.next += phrase.split(' ').count();
        }
        found
    }

    fn peek_symbol(&self, symbol: &str) -> bool {
        matches!(self.tokens.get(self.next), Some((_, Token::Symbol(found))) if *found == symbol)
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek_symbol(symbol);
        self.next += usize::from(found);
        found
    }

    fn expect_symbol(&mut self, symbol: &str, todo: &str) -> Result<(), TextError> {
        if self.take_symbol(symbol) {
            return Ok(());
        }
        Err(self.error_here(&format!("`{symbol}` is expected here"), todo))
    }

    fn end(&self, todo: &str) -> Result<(), TextError> {
        let Some(_) = self.tokens.get(self.next) else { return Ok(()) };
        Err(self.error_here(&format!("`{}` is not understood", self.text_from(self.next)), todo))
    }

    fn error_here(&self, what: &str, todo: &str) -> TextError {
        let at = self.tokens.get(self.next).map_or(self.length..self.length, |token| token.0.clone());
        TextError { at, what: what.into(), todo: todo.into() }
    }

    /// The test that starts at this token is none that we know.
    fn unknown(&self, start: usize) -> TextError {
        let wanted = self.text_from(start);
        if wanted.is_empty() {
            return TextError {
                at: self.span_from(start),
                what: "a test is expected here".into(),
                todo: "write for example exact or jaro_winkler >= 0.92".into(),
            };
        }
        let todo = match nearest_form(&wanted) {
            Some(form) => format!("did you mean `{form}`?"),
            None => "the forms are: ".to_string() + &forms().join(", "),
        };
        TextError { at: self.span_from(start), what: format!("`{wanted}` is not a test"), todo }
    }

    /// From this token to the next `and`, `or`, bracket, comma or the end, in bytes.
    fn span_from(&self, start: usize) -> Range<usize> {
        let Some((first, _)) = self.tokens.get(start) else { return self.length..self.length };
        let stops = |token: &Token| match token {
            Token::Word(word) => matches!(normal(word).as_str(), "and" | "or"),
            Token::Symbol(symbol) => matches!(*symbol, "(" | ")" | ","),
            Token::Quoted(_) => false,
        };
        let of_test = self.tokens[start..].iter().take_while(|token| !stops(&token.1));
        first.start..of_test.last().map_or(first.end, |token| token.0.end)
    }

    fn text_from(&self, start: usize) -> String {
        self.text[self.span_from(start)].to_string()
    }
}

/// What a person probably meant: the same comparison with the name put right, else the nearest form.
fn nearest_form(wanted: &str) -> Option<String> {
    let end_of_name = wanted.find(['<', '>', ' ']).unwrap_or(wanted.len());
    let (name, rest) = wanted.split_at(end_of_name);
    let names = MEASURES.iter().map(|row| row.1).chain(EDITS.iter().map(|row| row.1));
    if rest.trim_start().starts_with(['<', '>'])
        && let Some(name) = nearest(name, names)
    {
        return Some(format!("{name}{rest}"));
    }
    let forms = forms();
    nearest(wanted, forms.iter().map(String::as_str)).map(str::to_string)
}

/// Words agree whatever their case and whether they are joined by `-` or `_`.
fn normal(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::arbitrary;

    fn check(text: &str, expected: &Condition) {
        assert_eq!(text.parse::<Condition>().as_ref(), Ok(expected), "{text}");
        assert_eq!(expected.to_string(), text);
    }

    fn complaint(text: &str) -> String {
        text.parse::<Condition>().expect_err("the text is wrong").to_string()
    }

    #[test]
    fn every_example_form_reads_and_prints_as_itself() {
        for form in forms() {
            let condition: Condition = form.parse().expect("forms are valid");
            assert_eq!(condition.to_string(), form);
        }
        for part in key_parts() {
            let text = format!("surname {part}");
            assert_eq!(text.parse::<BlockingKey>().map(|key| key.to_string()), Ok(text));
        }
    }

    #[test]
    fn infix_words_bind_and_before_or_and_print_with_brackets() {
        let text = "exact and (nickname or surname: same soundex)";
        let nickname = Condition::test(Test::Nickname);
        let sounds = Condition::Test(Some("surname".into()), Test::Same(Part::Soundex));
        check(text, &Condition::All(vec![Condition::exact(), Condition::Any(vec![nickname, sounds])]));
        let loose: Condition = "exact and nickname or initials".parse().expect("valid");
        assert_eq!(loose.to_string(), "(exact and nickname) or initials");
    }

    #[test]
    fn a_date_part_that_contains_and_is_told_from_a_second_test() {
        let same = |part| Condition::test(Test::Same(part));
        let swapped = Condition::test(Test::DayMonthSwapped);
        check("same year and month", &same(Part::YearMonth));
        check("same year and day", &same(Part::YearDay));
        check(
            "same year and day and month swapped",
            &Condition::All(vec![same(Part::Year), swapped.clone()]),
        );
        check(
            "same year and day and day and month swapped",
            &Condition::All(vec![same(Part::YearDay), swapped]),
        );
        let month_field = Condition::Test(Some("month".into()), Test::Same(Part::Whole));
        check("same year and month: exact", &Condition::All(vec![same(Part::Year), month_field]));
    }

    #[test]
    fn case_and_hyphens_of_forms_do_not_matter() {
        let condition: Condition = "Jaro-Winkler>=0.9 OR \"Post Code\": Same Sector".parse().expect("valid");
        assert_eq!(condition.to_string(), "jaro_winkler >= 0.9 or \"Post Code\": same sector");
    }

    #[test]
    fn a_mistake_is_placed_and_answered_with_the_nearest_form() {
        insta::assert_snapshot!(complaint("exact or same secter"), @"`same secter` is not a test (at character 10); did you mean `same sector`?");
        insta::assert_snapshot!(complaint("jaro_winkle >= 0.92"), @"`jaro_winkle >= 0.92` is not a test (at character 1); did you mean `jaro_winkler >= 0.92`?");
        insta::assert_snapshot!(complaint("jaro_winkler > 0.92"), @"`>=` is expected here (at character 14); write jaro_winkler >= 0.9");
        insta::assert_snapshot!(complaint("jaro_winkler >= 92"), @"92 is not between 0 and 1 (at character 17); did you mean 0.92?");
        insta::assert_snapshot!(complaint("same"), @"`same` needs a part of the value (at character 1); write exact for the whole value, or for example same first 3 or same sector");
        insta::assert_snapshot!(complaint("(exact"), @"`)` is expected here (at character 7); close the bracket");
        insta::assert_snapshot!(complaint("exact exact"), @"`exact` is not understood (at character 7); a test ends here; join tests with `and` or `or`");
        insta::assert_snapshot!(complaint("exact and"), @"a test is expected here (at character 10); write for example exact or jaro_winkler >= 0.92");
        insta::assert_snapshot!(complaint("within 5 parsecs"), @"`within 5 parsecs` is not a test (at character 1); write within 31 days, within 2 months, within 2 years, within number 5, within 10% or within 5 km with longitude lon");
        insta::assert_snapshot!(complaint("within 5 km"), @"a distance needs the field that holds the longitude (at character 12); write for example within 5 km with longitude lon");
        insta::assert_snapshot!(complaint("surname: (exact)"), @"a field stands before one test, not before brackets (at character 10); name the field before each test inside the brackets");
        insta::assert_snapshot!(complaint("swapped with"), @"a name is expected here (at character 13); write a field name, in quotes if it has spaces");
        insta::assert_snapshot!(complaint("both are \"x"), @r#"a quoted name does not end (at character 10); close it with ""#);
    }

    #[test]
    fn a_wrong_key_is_answered_with_the_nearest_part() {
        let complaint = |text: &str| text.parse::<BlockingKey>().expect_err("the text is wrong").to_string();
        insta::assert_snapshot!(complaint("surname soundx"), @"`soundx` is not a part of a value (at character 9); did you mean `soundex`?");
        insta::assert_snapshot!(complaint("Date of Birth"), @"`of Birth` is not a part of a value (at character 6); put a field name of several words into quotes, or use a part: first 3, last 4, first word, last word, soundex, metaphone, sector, district, area, year, year and month, year and day, month and day, not 1 January, valid, local part, domain, any word, any element, but one letter, spelling family");
        insta::assert_snapshot!(complaint("surname first 0"), @"a number of characters is between 1 and 255 (at character 15); write for example first 3");
        insta::assert_snapshot!(complaint("surname ="), @"a name is expected here (at character 10); write a field name, in quotes if it has spaces");
        insta::assert_snapshot!(complaint("surname soundex soundex"), @"`soundex` is not understood (at character 17); a key is a field and one part of it; put names of several words into quotes");
    }

    #[test]
    fn brackets_without_end_are_refused_and_do_not_overflow_the_stack() {
        let deep = "(".repeat(100_000) + "exact";
        assert!(complaint(&deep).contains("nested too deeply"));
    }

    #[test]
    fn charts_speak_in_words() {
        let words: Vec<String> = forms()
            .iter()
            .map(|form| format!("{form} -> {}", form.parse::<Condition>().expect("valid").words()))
            .collect();
        insta::assert_snapshot!(words.join("\n"), @r#"
        exact -> same
        nickname -> short form or variant of the same name
        initials -> one is the initials of the other
        subset -> all words of one are in the other
        half of double-barrelled -> half of a double-barrelled name
        day and month swapped -> day and month swapped
        one digit wrong -> one digit different
        transposed -> two neighbouring characters swapped
        two of three parts -> two of day, month and year the same
        both on 1 January -> both on 1 January
        either recorded -> recorded for either of the two
        same first word -> same first word
        same last word -> same last word
        same soundex -> sounds the same (Soundex)
        same metaphone -> sounds the same (Metaphone)
        same sector -> same postcode sector
        same district -> same postcode district
        same area -> same postcode area
        same year -> same year
        same year and month -> same year and month
        same year and day -> same year and day
        same month and day -> same month and day
        same not 1 January -> same value other than 1 January
        same valid -> same valid value
        same local part -> same part before the @
        same domain -> same part after the @
        same any word -> a word in common
        same any element -> an element in common
        same but one letter -> same but for a letter
        same spelling family -> spellings of one name from another script
        jaro >= 0.9 -> similar spelling (Jaro 0.9 or more)
        jaro_winkler >= 0.9 -> similar spelling (Jaro-Winkler 0.9 or more)
        jaccard >= 0.9 -> similar letter pairs (Jaccard 0.9 or more)
        character_jaccard >= 0.9 -> similar letters (Jaccard 0.9 or more)
        dice >= 0.9 -> similar letter pairs (Dice 0.9 or more)
        cosine >= 0.9 -> similar words (cosine 0.9 or more)
        monge_elkan >= 0.9 -> similar words (Monge-Elkan 0.9 or more)
        levenshtein <= 1 -> one edit apart
        osa <= 1 -> one edit or swap apart
        damerau_levenshtein <= 1 -> one edit or swap apart
        same first 3 -> same first 3 characters
        same last 4 -> same last 4 characters
        swapped with surname -> swapped with surname
        equals other surname -> same as the other's surname
        shares with other former_postcode -> one in common with the other's former postcode
        within 31 days -> at most 31 days apart
        within 2 months -> at most 2 months apart
        within 2 years -> at most 2 years apart
        within number 5 -> at most 5 apart
        within 10% -> at most 10% apart
        within 5 km with longitude lon -> at most 5 km apart
        jaro_winkler of local part >= 0.9 -> part before the @: similar spelling (Jaro-Winkler 0.9 or more)
        in common >= 1 -> at least one in common
        both are "x" -> both are "x"
        else -> different
        "#);
    }

    proptest! {
        #![proptest_config(arbitrary::fixed(2000))]
        #[test]
        fn what_is_printed_reads_back_as_the_same_condition(condition in arbitrary::condition()) {
            let text = condition.to_string();
            prop_assert_eq!(text.parse::<Condition>(), Ok(condition), "{}", text);
        }

        #[test]
        fn what_is_printed_reads_back_as_the_same_guard(guard in arbitrary::guard()) {
            let text = guard.to_string();
            prop_assert_eq!(text.parse::<Guard>(), Ok(guard), "{}", text);
        }

        #[test]
        fn what_is_printed_reads_back_as_the_same_key(key in arbitrary::key()) {
            let text = key.to_string();
            prop_assert_eq!(text.parse::<BlockingKey>(), Ok(key), "{}", text);
        }

        #[test]
        fn any_text_is_read_or_refused_within_its_bounds(text in "[a-z()\":=<>,0-9 %é]{0,40}") {
            if let Err(error) = text.parse::<Condition>() {
                prop_assert!(error.at.end <= text.len() && text.is_char_boundary(error.at.start));
            }
        }
    }
}
