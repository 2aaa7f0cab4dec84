//! Names of people.

/// Prefixes that are written joined, spaced or hyphenated; they are joined to what follows.
const JOINED_PREFIXES: [&str; 6] = ["mc", "mac", "o", "al", "el", "d"];

/// Lower-case ASCII words separated by single spaces: accents and scripts transliterated, apostrophes
/// dropped, hyphens taken as spaces, Mc, Mac, O, Al, El and D joined to the word after them.
pub(super) fn standardise(raw: &str, out: &mut String) {
    if is_plain(raw) {
        out.extend(raw.chars().map(|c| c.to_ascii_lowercase()));
        return;
    }
    let latin = any_ascii::any_ascii(raw);
    let mut words: Vec<String> = Vec::new();
    for word in latin.split(|c: char| !c.is_ascii_alphabetic() && !is_apostrophe(c)) {
        let letters: String =
            word.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
        if letters.is_empty() {
            continue;
        }
        match words.last_mut().filter(|last| JOINED_PREFIXES.contains(&last.as_str())) {
            Some(prefix) => prefix.push_str(&letters),
            None => words.push(letters),
        }
    }
    out.push_str(&words.join(" "));
}

/// One word of ASCII letters, as most names are.
fn is_plain(raw: &str) -> bool {
    raw.bytes().all(|b| b.is_ascii_alphabetic())
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '"')
}
