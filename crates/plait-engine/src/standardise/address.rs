//! Addresses, towns and schools.

/// Words that are written out or shortened at will.
const SHORT_FORMS: [(&str, &str); 16] = [
    ("street", "st"),
    ("saint", "st"),
    ("road", "rd"),
    ("avenue", "ave"),
    ("lane", "ln"),
    ("drive", "dr"),
    ("close", "cl"),
    ("court", "ct"),
    ("crescent", "cres"),
    ("gardens", "gdns"),
    ("place", "pl"),
    ("terrace", "terr"),
    ("square", "sq"),
    ("house", "hse"),
    ("apartment", "flat"),
    ("and", "&"),
];

/// Lower-case ASCII words and numbers, single spaces, common words in their short form.
pub(super) fn standardise(raw: &str, out: &mut String) {
    let ascii = any_ascii::any_ascii(raw).to_ascii_lowercase().replace('\'', "");
    for word in ascii.split(|c: char| !c.is_ascii_alphanumeric() && c != '&').filter(|word| !word.is_empty())
    {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(SHORT_FORMS.iter().find(|row| row.0 == word).map_or(word, |row| row.1));
    }
}
