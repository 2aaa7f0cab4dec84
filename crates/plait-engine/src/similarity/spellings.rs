//! Names from other scripts: the spellings by which one name reaches a Latin register. Mohamed, Muhammad and Maxamed,
//! Yuliya and Iuliia, Hsu and Xu.
//!
//! A script is a short list of rules and a list of names. The rules write down what the ways of transliteration do not
//! agree on: they take a spelling to a coarser one, which is the same for `yousuf` and `yusuf`. Coarse spellings would also
//! bring Alan and Ellen together, so that they count only where the list says that there is such a name: two names are of
//! one *family* when their coarse spellings are of one entry of the list. Names that nobody can list, as surnames, are
//! known by their ends (`-enko`, `-uddin`); then equal coarse spellings are one family. A script knows nothing of names that
//! are neither; a name may be known to several scripts.
//!
//! What the rules were written after, each with what is usual in British passports and registers:
//! - Arabic, Persian, Urdu: ALA-LC and DIN 31635 without their marks, BGN/PCGN, the French way of the Maghreb (`ou`, `ch`);
//!   Somali (`x` and `c` for ḥāʾ and ʿayn) and Turkish as they are spelled;
//! - Cyrillic: BGN/PCGN, ISO 9 and the Ukrainian decree of 2010, Machine Readable Travel Documents (ICAO 9303);
//! - Devanagari, Gurmukhi, Gujarati, Bengali: Hunterian, ISO 15919 without its marks;
//! - Greek: ELOT 743 (ISO 843), BGN/PCGN;
//! - Chinese: Pinyin and Wade-Giles, syllable by syllable from a table and not by rules.
//!
//! Latin letters with marks are no matter of this file: [standardising](crate::standardise) folds them for all names.

use std::borrow::Cow;
use std::sync::OnceLock;

use hashbrown::HashMap;

/// The rules of a script: letters and what they become. At each place of a name the first rule that fits is taken, and
/// reading goes on behind its letters; a letter without a rule stays. Of equal letters side by side one is kept. `^` is the
/// beginning of a name, `$` its end. Sounds that are written with two letters become a capital where the one letter is
/// another sound.
type Rules = &'static [(&'static str, &'static str)];

const ARABIC: Rules = &[
    // short e stands for a within words; at the beginning Ali and Eli are two
    ("^e", "e"),
    ("^y", "y"),
    // sh, French ch; Somali c is no sound that others write
    ("sh", "S"),
    ("ch", "S"),
    ("ck", "k"),
    ("c$", "k"),
    ("c", ""),
    ("x", "h"),
    ("kh", "k"),
    ("gh", "g"),
    ("dh", "d"),
    ("th", "t"),
    ("dj", "j"),
    ("ph", "f"),
    ("q", "k"),
    ("v", "w"),
    // long vowels and what is between two
    ("ee", "i"),
    ("oo", "u"),
    ("ou", "u"),
    ("aye", "ay"),
    ("ayi", "ay"),
    ("eyi", "ay"),
    ("ai", "ay"),
    ("ay", "ay"),
    ("ae", "ay"),
    ("ei", "ay"),
    ("ey", "ay"),
    ("au", "aw"),
    ("ow", "aw"),
    ("ao", "aw"),
    ("y", "i"),
    ("mane$", "man"),
    ("e$", "a"),
    ("ah$", "a"),
    ("eh$", "a"),
    ("e", "a"),
    ("o", "u"),
    // Turkish hardens what stands last
    ("t$", "d"),
    ("p$", "b"),
];

const SLAVIC: Rules = &[
    ("shch", "Q"),
    ("sch", "Q"),
    ("sh", "S"),
    ("tch", "C"),
    ("ch", "C"),
    ("zh", "Z"),
    ("kh", "h"),
    ("ks", "ks"),
    ("x", "ks"),
    ("tz", "ts"),
    // Polish and German
    ("^w", "v"),
    ("owsk", "ovsk"),
    ("ewsk", "evsk"),
    ("ou", "u"),
    // ye, ie and je are written for e, and yo for what others write e
    ("yov$", "ev"),
    ("iov$", "ev"),
    ("yova$", "eva"),
    ("iova$", "eva"),
    ("ye", "e"),
    ("ie", "e"),
    ("je", "e"),
    // ya, ia, ja; yu, iu, ju; -iy, -yi, -yy, -ii, -ij, -y
    ("y", "i"),
    ("j", "i"),
];

const SOUTH_ASIAN: Rules = &[
    ("^y", "y"),
    ("ksh", "kS"),
    ("x", "kS"),
    ("chh", "C"),
    ("ch", "C"),
    ("sh", "S"),
    ("ck", "k"),
    ("bh", "b"),
    ("dh", "d"),
    ("th", "t"),
    ("kh", "k"),
    ("gh", "g"),
    ("jh", "j"),
    ("ph", "f"),
    ("q", "k"),
    ("w", "v"),
    ("ee", "i"),
    ("oo", "u"),
    ("ou", "au"),
    ("ow", "au"),
    ("aw", "au"),
    ("ai", "ay"),
    ("ei", "ay"),
    ("ey", "ay"),
    ("ay", "ay"),
    ("iy", "i"),
    ("y$", "i"),
    ("ah$", "a"),
];

const GREEK: Rules = &[
    ("^gi", "i"),
    ("^yi", "i"),
    ("^y", "i"),
    ("gio", "io"),
    ("yio", "io"),
    ("yo", "io"),
    ("ides$", "idis"),
    ("iades$", "iadis"),
    ("kh", "h"),
    ("ch", "h"),
    ("ph", "f"),
    ("th", "t"),
    ("dh", "d"),
    ("gh", "g"),
    ("x", "ks"),
    ("c", "k"),
    ("mp", "b"),
    ("mb", "b"),
    ("nt", "d"),
    ("nd", "d"),
    ("gk", "g"),
    ("ng", "g"),
    ("gg", "g"),
    ("ou", "u"),
    ("ai", "e"),
    ("au", "av"),
    ("eu", "ev"),
    ("ei", "i"),
    ("oi", "i"),
    ("y", "i"),
];

/// Per script its title in the list and its rules.
const SCRIPTS: [(&str, Rules); 4] =
    [("arabic", ARABIC), ("slavic", SLAVIC), ("south asian", SOUTH_ASIAN), ("greek", GREEK)];

/// Letters of a name before one of the listed ends, at least.
const SHORTEST_STEM: usize = 3;
/// Words of a name that is read as Chinese syllables at most.
const MOST_SYLLABLES: usize = 4;

/// The families of a standardised name, as keys; none of a name that no script knows. Two names are spellings of one name
/// when they share a key. The words of a name are looked up together and, if that finds nothing, each by itself.
///
/// Costs about a microsecond a name; keep the keys for each distinct value.
pub fn spelling_keys(name: &str) -> Vec<String> {
    Table::builtin().keys(name)
}

/// Whether two standardised names are equal or spellings of one name from another script. Symmetric.
///
/// ```
/// use plait_engine::similarity::same_spelling_family;
/// assert!(same_spelling_family("muhammad", "maxamed"));
/// assert!(same_spelling_family("hsu", "xu"));
/// assert!(!same_spelling_family("hasan", "hussein"));
/// ```
pub fn same_spelling_family(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    let keys = spelling_keys(left);
    !keys.is_empty() && spelling_keys(right).iter().any(|key| keys.contains(key))
}

/// What the list says, by coarse spellings.
struct Table {
    scripts: Vec<Script>,
    /// From Wade-Giles to Pinyin, and each Pinyin syllable of the list to itself.
    syllables: HashMap<&'static str, Vec<&'static str>>,
}

struct Script {
    title: &'static str,
    rules: Rules,
    /// Indices of rules by the first letter that they ask for, `a` to `z`.
    by_letter: Vec<Vec<u8>>,
    /// From the coarse spelling to the name of the family.
    families: HashMap<String, &'static str>,
    /// Coarse ends.
    endings: Vec<String>,
    /// The same for what may stand behind Abd.
    of_abd: HashMap<String, &'static str>,
}

impl Table {
    fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Table> = OnceLock::new();
        BUILTIN.get_or_init(|| Self {
            scripts: SCRIPTS.iter().map(|&(title, rules)| Script::new(title, rules)).collect(),
            syllables: syllables(),
        })
    }

    fn keys(&self, name: &str) -> Vec<String> {
        if !name.is_ascii() {
            return Vec::new();
        }
        let joined = if name.contains(' ') { Cow::Owned(name.replace(' ', "")) } else { Cow::Borrowed(name) };
        let mut keys: Vec<String> = self.scripts.iter().filter_map(|script| script.key(&joined)).collect();
        keys.extend(self.in_pinyin(name));
        if keys.is_empty() && joined.len() < name.len() {
            keys.extend(self.word_by_word(name));
        }
        keys
    }

    /// The first family of each word, or else the word; `None` if no word has a family.
    fn word_by_word(&self, name: &str) -> Option<String> {
        let mut found = false;
        let words = words_of(name).into_iter().map(|word| {
            let key = self.scripts.iter().find_map(|script| script.key(&word));
            found |= key.is_some();
            key.unwrap_or(word)
        });
        let words: Vec<String> = words.collect();
        found.then(|| words.join(" "))
    }

    /// What the syllables of a name may be in Pinyin, if it is made of listed ones.
    fn in_pinyin(&self, name: &str) -> Vec<String> {
        // readings multiply from word to word; a name has no more words than these
        let n_words = name.split(' ').count();
        if n_words > MOST_SYLLABLES || !name.split(' ').all(|word| self.syllables.contains_key(word)) {
            return Vec::new();
        }
        let mut readings = vec!["chinese".to_owned()];
        for word in name.split(' ') {
            let syllables = &self.syllables[word];
            let longer = |reading: &String| {
                let reading = reading.clone();
                syllables.iter().map(move |syllable| format!("{reading} {syllable}"))
            };
            readings = readings.iter().flat_map(longer).collect();
        }
        readings
    }
}

impl Script {
    fn new(title: &'static str, rules: Rules) -> Self {
        let mut by_letter = vec![Vec::new(); 26];
        for (index, (from, _)) in (0u8..).zip(rules) {
            let letter = from.trim_start_matches('^').as_bytes()[0];
            by_letter[usize::from(letter - b'a')].push(index);
        }
        let mut script = Self {
            title,
            rules,
            by_letter,
            families: HashMap::new(),
            endings: Vec::new(),
            of_abd: HashMap::new(),
        };
        let coarse = |script: &Self, (name, variants): (&'static str, Vec<&'static str>)| {
            let spellings = std::iter::once(name).chain(variants);
            spellings.map(|spelling| (script.coarse(spelling), name)).collect::<Vec<_>>()
        };
        script.families = section(title).flat_map(|family| coarse(&script, family)).collect();
        script.endings = section(&format!("{title} endings")).map(|(end, _)| script.coarse(end)).collect();
        if title == "arabic" {
            script.of_abd = section("abd").flat_map(|family| coarse(&script, family)).collect();
        }
        script
    }

    /// The family of a name without spaces.
    fn key(&self, name: &str) -> Option<String> {
        let coarse = self.coarse(name);
        if let Some(family) = self.families.get(&coarse) {
            return Some(format!("{} {family}", self.title));
        }
        if let Some(servant_of) = coarse.strip_prefix("abd").and_then(|rest| self.behind_abd(rest)) {
            return Some(format!("abd {servant_of}"));
        }
        let is_end =
            |end: &String| coarse.len() >= end.len() + SHORTEST_STEM && coarse.ends_with(end.as_str());
        let has_end = self.endings.iter().any(is_end);
        has_end.then(|| format!("{} -{coarse}", self.title))
    }

    /// Abd is followed by a vowel of no account and by an article, of which a letter is left: Abdul Rahman, Abdurrahman,
    /// Abdirahman, Abdelrahman.
    fn behind_abd(&self, rest: &str) -> Option<&'static str> {
        let is_article = |letters: &str| ["", "l"].contains(&letters.trim_start_matches(['a', 'i', 'u']));
        let places = rest.char_indices().map(|(place, _)| rest.split_at(place));
        let mut names = places.take_while(|(skipped, _)| is_article(skipped)).map(|(_, name)| name);
        names.find_map(|name| self.of_abd.get(name).copied())
    }

    /// The spelling after the rules.
    fn coarse(&self, name: &str) -> String {
        let mut coarse = String::with_capacity(name.len());
        let bytes = name.as_bytes();
        let (mut at, mut last) = (0, None);
        while at < bytes.len() {
            let rules = match bytes[at] {
                letter @ b'a'..=b'z' => &self.by_letter[usize::from(letter - b'a')][..],
                _ => &[],
            };
            let found = rules.iter().find_map(|&rule| {
                let (from, to) = self.rules[usize::from(rule)];
                length_of_match(from, name, at).map(|length| (length, to))
            });
            let (length, to) = found.unwrap_or((1, &name[at..=at]));
            for letter in to.chars() {
                if last != Some(letter) {
                    coarse.push(letter);
                    last = Some(letter);
                }
            }
            at += length;
        }
        coarse
    }
}

/// How many letters a rule takes at a place of a name, if it fits there.
fn length_of_match(from: &str, name: &str, at: usize) -> Option<usize> {
    let (from, begins) = from.strip_prefix('^').map_or((from, false), |from| (from, true));
    let (from, ends) = from.strip_suffix('$').map_or((from, false), |from| (from, true));
    let fits = name[at..].starts_with(from) && !(begins && at > 0) && !(ends && at + from.len() < name.len());
    fits.then_some(from.len())
}

/// The words of a name, with Abd and its article joined to what they belong to, and `ud din` to one.
fn words_of(name: &str) -> Vec<String> {
    const JOINED: [&str; 14] = [
        "abd", "abdul", "abdel", "abdal", "abdur", "abdus", "abdu", "abdi", "cabd", "cabdi", "ud", "ul",
        "ur", "uz",
    ];
    let mut words: Vec<String> = Vec::new();
    let mut joins = false;
    for word in name.split(' ') {
        match words.last_mut().filter(|_| joins) {
            Some(last) => last.push_str(word),
            None => words.push(word.to_owned()),
        }
        joins = JOINED.contains(&word);
    }
    words
}

fn syllables() -> HashMap<&'static str, Vec<&'static str>> {
    let mut syllables: HashMap<&str, Vec<&str>> = HashMap::new();
    for (syllable, in_pinyin) in section("chinese") {
        // in Wade-Giles or Pinyin already
        for one in std::iter::once(syllable).chain(in_pinyin.iter().copied()) {
            syllables.entry(one).or_default().push(one);
        }
        syllables.entry(syllable).or_default().extend(in_pinyin);
    }
    for all in syllables.values_mut() {
        all.sort_unstable();
        all.dedup();
    }
    syllables
}

/// The lines under a title: what stands before the colon, and what behind it.
fn section(title: &str) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let lines =
        include_str!("spellings.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .skip_while(move |line| line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) != Some(title))
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .map(|line| {
            let (name, variants) = line.split_once(':').unwrap_or((line, ""));
            (name, variants.split(',').map(str::trim).filter(|variant| !variant.is_empty()).collect())
        })
}

#[cfg(test)]
mod tests;
