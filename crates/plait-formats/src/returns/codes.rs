//! Codes as files write them, and sex and ethnicity across codings.
//!
//! The same fact is coded differently by return, by year and by hand: `2`, `F`, `Female`, `b) Female`. [`find_code`]
//! finds the code of a list that a cell means; [`sex`] and [`ethnicity`] say what it is in every coding. What a file
//! says is never replaced: the canonical code stands beside it.

use super::library::{Code, CodeList};

/// How a cell writes a code of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeWritten {
    /// As the list has it; case does not count.
    AsListed,
    /// With a label: `a) WBRI`, `N1 - Abuse or neglect`, `q) 6: Police`.
    Labelled,
    /// As the words of the list: `Female`, `b) Female`.
    Words,
    /// As a number with a fraction of nothing, `1.0`, or without its leading zeros, `1` for `01`, as spreadsheets
    /// leave it.
    AsNumber,
    /// With characters behind it that mean nothing: `C*`.
    TrailingCharacters,
}

/// The code of a list that a cell means, and how it is written. `None` where no reading gives a code of the list.
pub fn find_code<'l>(list: &'l CodeList, text: &str) -> Option<(&'l Code, CodeWritten)> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let found = |code: Option<&'l Code>, written| code.map(|code| (code, written));
    let by_words = |text: &str| list.codes.iter().find(|code| code.label.eq_ignore_ascii_case(text));
    let inner = without_label(text);
    found(list.find(text), CodeWritten::AsListed)
        .or_else(|| found(list.find(inner?), CodeWritten::Labelled))
        .or_else(|| found(by_words(inner.unwrap_or(text)), CodeWritten::Words))
        .or_else(|| found(list.find(before_words(inner.unwrap_or(text))?), CodeWritten::Labelled))
        .or_else(|| found(as_number(list, text), CodeWritten::AsNumber))
        .or_else(|| found(list.find(without_dirt(text)?), CodeWritten::TrailingCharacters))
}

/// Sex in the coding that all returns are mapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// `F`
    Female,
    /// `M`
    Male,
}

impl Sex {
    /// `F` or `M`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
        }
    }
}

/// The sex that a cell says, by the list of its column where it has one that maps, else by what all codings share: M, F
/// and words; 1 male and 2 female in the numeric one. `None` for unknown, indeterminate and not stated (U, X, 0, 3, 9, C
/// and others), which are no sex to agree on, and for text that is none of these.
pub fn sex(list: Option<&CodeList>, text: &str) -> Option<Sex> {
    if let Some((code, _)) = list.and_then(|list| find_code(list, text)) {
        // a list that says of no code what it is leaves it to the code
        let maps = list.is_some_and(|list| list.codes.iter().any(|code| code.maps_to.is_some()));
        return if maps { sex_of(code.maps_to.as_deref()?) } else { sex_of(&code.code) };
    }
    sex_of(text)
        .or_else(|| sex_of(without_label(text.trim())?))
        .or_else(|| sex_of(whole_number(text.trim())?))
}

fn sex_of(text: &str) -> Option<Sex> {
    let text = text.trim();
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(&["F", "2", "02", "Female", "Girl", "Woman"]) {
        Some(Sex::Female)
    } else if is(&["M", "1", "01", "Male", "Boy", "Man"]) {
        Some(Sex::Male)
    } else {
        None
    }
}

/// Ethnicity in the Department for Education's main codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ethnicity<'a> {
    /// The code as the file has it, without label and dirt: `WENG`, `C`.
    pub source: &'a str,
    /// One of the department's twenty main codes: `WBRI`.
    pub main: &'static str,
    /// The group that it belongs to.
    pub group: EthnicGroup,
}

/// Major ethnic groups, as the harmonised question has them: Chinese is among Asian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EthnicGroup {
    /// White
    White,
    /// Mixed or multiple ethnic groups
    Mixed,
    /// Asian or Asian British
    Asian,
    /// Black, Black British, Caribbean or African
    Black,
    /// Other ethnic group
    Other,
    /// Refused, not obtained, not stated
    NotKnown,
}

impl EthnicGroup {
    /// In words: `White`, `Not known`.
    pub fn words(self) -> &'static str {
        match self {
            Self::White => "White",
            Self::Mixed => "Mixed",
            Self::Asian => "Asian",
            Self::Black => "Black",
            Self::Other => "Other",
            Self::NotKnown => "Not known",
        }
    }
}

/// The main codes, their groups, and the code of the NHS (16+1) where one stands for the main code. Several main codes
/// share C, and Gypsy, Roma and Traveller are not told apart in it: C becomes `WOTH`. Source: the categories of the 2001
/// census that both codings follow (recalled).
const ETHNICITIES: &[(&str, EthnicGroup, &str)] = &[
    ("WBRI", EthnicGroup::White, "A"),
    ("WIRI", EthnicGroup::White, "B"),
    ("WIRT", EthnicGroup::White, ""),
    ("WROM", EthnicGroup::White, ""),
    ("WOTH", EthnicGroup::White, "C"),
    ("MWBC", EthnicGroup::Mixed, "D"),
    ("MWBA", EthnicGroup::Mixed, "E"),
    ("MWAS", EthnicGroup::Mixed, "F"),
    ("MOTH", EthnicGroup::Mixed, "G"),
    ("AIND", EthnicGroup::Asian, "H"),
    ("APKN", EthnicGroup::Asian, "J"),
    ("ABAN", EthnicGroup::Asian, "K"),
    ("AOTH", EthnicGroup::Asian, "L"),
    ("CHNE", EthnicGroup::Asian, "R"),
    ("BCRB", EthnicGroup::Black, "M"),
    ("BAFR", EthnicGroup::Black, "N"),
    ("BOTH", EthnicGroup::Black, "P"),
    ("OOTH", EthnicGroup::Other, "S"),
    ("REFU", EthnicGroup::NotKnown, "Z"),
    ("NOBT", EthnicGroup::NotKnown, "99"),
];

/// Codes of the NHS that are divided further, with the second letters that are given out for it (recalled). Other second
/// letters are of another coding: `AS` is no White British person but an Asian one in a list of somebody's own.
const DIVIDED: [(u8, &[u8]); 5] = [
    (b'C', b"ABCDEFGHJKLMNPQRSTUVWXY"),
    (b'G', b"ABCDEF"),
    (b'L', b"ABCDEFGHJK"),
    (b'P', b"ABCDE"),
    (b'S', b"ABCDE"),
];

/// The ethnicity that a cell says, by the list of its column where it has one that maps (extended codes such as `WENG`
/// are known by no other way), else as a main code or a code of the NHS, alone or with a second character that divides it
/// further: a digit for local use, or a letter that is given out. `None` for text that is none of these.
pub fn ethnicity<'a>(list: Option<&CodeList>, text: &'a str) -> Option<Ethnicity<'a>> {
    let text = text.trim();
    let inner = without_label(text).unwrap_or(text);
    let source = before_words(inner).unwrap_or(inner);
    let as_listed = list.and_then(|list| find_code(list, text)).map(|(code, _)| code);
    let listed = as_listed.and_then(|code| main_code(code.maps_to.as_deref().unwrap_or(&code.code)));
    let (main, group, _) = listed.or_else(|| main_code(source)).or_else(|| nhs_code(source))?;
    Some(Ethnicity { source: without_dirt(source).unwrap_or(source), main, group: *group })
}

fn main_code(text: &str) -> Option<&'static (&'static str, EthnicGroup, &'static str)> {
    ETHNICITIES.iter().find(|(main, ..)| main.eq_ignore_ascii_case(text))
}

fn nhs_code(text: &str) -> Option<&'static (&'static str, EthnicGroup, &'static str)> {
    let is_divided = match text.to_ascii_uppercase().as_bytes() {
        [first, second] if first.is_ascii_alphabetic() => {
            let letters =
                DIVIDED.iter().find(|(code, _)| code == first).map_or(&[][..], |(_, letters)| letters);
            second.is_ascii_digit() || letters.contains(second)
        }
        _ => false,
    };
    let code = if is_divided { &text[..1] } else { text };
    let code = without_dirt(code).unwrap_or(code);
    ETHNICITIES.iter().find(|(.., nhs)| !nhs.is_empty() && nhs.eq_ignore_ascii_case(code))
}

/// `WBRI` of `a) WBRI` and `(b) WBRI`, `Yes` of `a. Yes`.
pub(super) fn without_label(text: &str) -> Option<&str> {
    let text = text.strip_prefix('(').unwrap_or(text);
    let (label, rest) = text.split_once([')', '.'])?;
    let is_label = matches!(label.len(), 1 | 2) && label.bytes().all(|byte| byte.is_ascii_alphabetic());
    let rest_trimmed = rest.trim();
    (is_label && !rest_trimmed.is_empty()).then_some(rest_trimmed)
}

/// `N1` of `N1 - Abuse or neglect`, `6` of `6: Police`.
fn before_words(text: &str) -> Option<&str> {
    let (code, words) = text.split_once([':', '-', '–', '—']).or_else(|| text.split_once(' '))?;
    let (code, words) = (code.trim(), words.trim());
    // at least a word behind it, so that a list's codes are not found in other codes
    let has_word = words.bytes().filter(u8::is_ascii_alphabetic).count() >= 2;
    (has_word && !code.is_empty()).then_some(code)
}

fn as_number<'l>(list: &'l CodeList, text: &str) -> Option<&'l Code> {
    let digits = whole_number(text).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let is_it = |code: &&Code| {
        code.code.bytes().all(|byte| byte.is_ascii_digit())
            && code.code.trim_start_matches('0') == digits.trim_start_matches('0')
    };
    list.codes.iter().find(is_it)
}

/// `1` of `1.0`.
fn whole_number(text: &str) -> Option<&str> {
    let (whole, fraction) = text.split_once('.')?;
    let is_whole = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    (is_whole && !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0')).then_some(whole)
}

/// `C` of `C*`.
fn without_dirt(text: &str) -> Option<&str> {
    let clean = text.trim_end_matches(|c: char| !c.is_alphanumeric()).trim_start_matches(['\'', '"', '*']);
    (clean.len() < text.len() && !clean.is_empty()).then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(codes: &[(&str, &str, &str)]) -> CodeList {
        let code = |(code, label, maps_to): &(&str, &str, &str)| Code {
            code: (*code).to_owned(),
            label: (*label).to_owned(),
            maps_to: Some((*maps_to).to_owned()).filter(|text| !text.is_empty()),
        };
        CodeList { name: "a-list".to_owned(), source: String::new(), codes: codes.iter().map(code).collect() }
    }

    #[track_caller]
    fn check(list: &CodeList, text: &str, expected: Option<(&str, CodeWritten)>) {
        let found = find_code(list, text).map(|(code, written)| (code.code.as_str(), written));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn codes_are_found_behind_labels_words_and_dirt() {
        let needs = list(&[("N1", "Abuse or neglect", ""), ("N10", "Other", ""), ("6", "Police", "")]);
        check(&needs, " n1 ", Some(("N1", CodeWritten::AsListed)));
        check(&needs, "a) N1", Some(("N1", CodeWritten::Labelled)));
        check(&needs, "N1 - Abuse or Neglect", Some(("N1", CodeWritten::Labelled)));
        check(&needs, "q) 6: Police", Some(("6", CodeWritten::Labelled)));
        check(&needs, "abuse or neglect", Some(("N1", CodeWritten::Words)));
        check(&needs, "b) Other", Some(("N10", CodeWritten::Words)));
        check(&needs, "N10*", Some(("N10", CodeWritten::TrailingCharacters)));
        check(&needs, "6.0", Some(("6", CodeWritten::AsNumber)));
        for text in ["N2", "N1N10", "N1-N10", "", "*", "a)", "6.5", "N"] {
            check(&needs, text, None);
        }
    }

    #[test]
    fn a_zero_that_a_spreadsheet_dropped_is_put_back() {
        let status = list(&[("01", "Verified", ""), ("00", "None", "")]);
        check(&status, "1", Some(("01", CodeWritten::AsNumber)));
        check(&status, "0", Some(("00", CodeWritten::AsNumber)));
        check(&status, "10", None);
    }

    #[track_caller]
    fn check_sex(list: Option<&CodeList>, text: &str, expected: Option<&str>) {
        assert_eq!(sex(list, text).map(Sex::code), expected, "{text}");
    }

    #[test]
    fn sex_is_read_in_every_coding() {
        for text in ["F", "f", "2", "2.0", "Female", "b) Female", "GIRL"] {
            check_sex(None, text, Some("F"));
        }
        for text in ["M", "1", "Male", "a) Male", " male "] {
            check_sex(None, text, Some("M"));
        }
        for text in ["U", "I", "0", "9", "3", "C", "X", "c) Not stated", "d) Neither", "", "21"] {
            check_sex(None, text, None);
        }
    }

    #[test]
    fn the_list_of_a_column_says_which_sex_its_codes_are() {
        let adopters = list(&[("MF", "Couple", ""), ("M1", "Man", "M"), ("1", "Woman", "F")]);
        check_sex(Some(&adopters), "1", Some("F"));
        check_sex(Some(&adopters), "M1", Some("M"));
        check_sex(Some(&adopters), "MF", None);
        check_sex(Some(&adopters), "2", Some("F"));
        check_sex(Some(&list(&[("M", "Male", ""), ("F", "Female", "")])), "F", Some("F"));
    }

    #[track_caller]
    fn check_ethnicity(list: Option<&CodeList>, text: &str, expected: Option<(&str, &str, EthnicGroup)>) {
        let found = ethnicity(list, text).map(|found| (found.source, found.main, found.group));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn main_codes_and_codes_of_the_nhs_meet() {
        check_ethnicity(None, "WBRI", Some(("WBRI", "WBRI", EthnicGroup::White)));
        check_ethnicity(None, "a) WBRI", Some(("WBRI", "WBRI", EthnicGroup::White)));
        check_ethnicity(None, "mwas", Some(("mwas", "MWAS", EthnicGroup::Mixed)));
        check_ethnicity(None, "A", Some(("A", "WBRI", EthnicGroup::White)));
        check_ethnicity(None, "C*", Some(("C", "WOTH", EthnicGroup::White)));
        check_ethnicity(None, "CA", Some(("CA", "WOTH", EthnicGroup::White)));
        check_ethnicity(None, "R - Chinese", Some(("R", "CHNE", EthnicGroup::Asian)));
        check_ethnicity(None, "Z", Some(("Z", "REFU", EthnicGroup::NotKnown)));
        check_ethnicity(None, "99", Some(("99", "NOBT", EthnicGroup::NotKnown)));
        check_ethnicity(None, "pa", Some(("pa", "BOTH", EthnicGroup::Black)));
        check_ethnicity(None, "A1", Some(("A1", "WBRI", EthnicGroup::White)));
        // of a coding of somebody's own: Asian, Black, white, mixed, Chinese
        for text in ["AS", "BL", "WH", "MX", "CZ", "ZZ", "RA"] {
            check_ethnicity(None, text, None);
        }
        for text in ["", "NK", "na", "I", "WENG", "1", "9", "White"] {
            check_ethnicity(None, text, None);
        }
    }

    #[test]
    fn extended_codes_are_mapped_by_the_list_and_keep_what_the_file_says() {
        let extended =
            list(&[("WENG", "White English", "WBRI"), ("BSOM", "Somali", "BAFR"), ("AIND", "", "")]);
        check_ethnicity(Some(&extended), "WENG", Some(("WENG", "WBRI", EthnicGroup::White)));
        check_ethnicity(Some(&extended), "a) BSOM", Some(("BSOM", "BAFR", EthnicGroup::Black)));
        check_ethnicity(Some(&extended), "AIND", Some(("AIND", "AIND", EthnicGroup::Asian)));
        check_ethnicity(Some(&extended), "N", Some(("N", "BAFR", EthnicGroup::Black)));
    }

    #[test]
    fn there_are_twenty_main_codes_and_each_code_of_the_nhs_means_one() {
        assert_eq!(ETHNICITIES.len(), 20);
        let nhs: Vec<&str> = ETHNICITIES.iter().map(|row| row.2).filter(|code| !code.is_empty()).collect();
        assert_eq!(nhs.concat(), "ABCDEFGHJKLRMNPSZ99");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,12}") {
            let list = list(&[("01", "é", "F"), ("M", "", "M")]);
            let _ = (find_code(&list, &text), sex(Some(&list), &text), ethnicity(Some(&list), &text));
        }
    }
}
