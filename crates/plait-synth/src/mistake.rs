//! What goes wrong when a value is written down. Every function returns a value that differs from the
//! one given, or `None` where this mistake cannot happen to it.

use crate::random::Random;
use plait_types::PartialDate;

/// A slip of the keyboard: neighbouring key, two letters exchanged, one dropped, one doubled.
pub(crate) fn typo(text: &str, random: &mut Random) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    (0..8).map(|_| slip(&letters, random)).find(|slipped| slipped != text && !slipped.trim().is_empty())
}

fn slip(letters: &[char], random: &mut Random) -> String {
    let mut slipped = letters.to_vec();
    // first letters are read back more carefully than the rest
    let at = if letters.len() > 1 && random.chance(0.9) {
        1 + random.below(letters.len() - 1)
    } else {
        random.below(letters.len().max(1))
    };
    match random.below(4) {
        0 if letters.len() > 2 => {
            slipped.remove(at);
        }
        1 => slipped.insert(at, letters[at]),
        2 if at + 1 < letters.len() => slipped.swap(at, at + 1),
        _ => slipped[at] = neighbour(letters[at], random),
    }
    slipped.into_iter().collect()
}

/// A slip in one half of a postcode, which stays in two halves.
pub(crate) fn postcode_typo(postcode: &str, random: &mut Random) -> Option<String> {
    let (outward, inward) = postcode.split_once(' ')?;
    if random.chance(0.3) {
        typo(outward, random).map(|outward| format!("{outward} {inward}"))
    } else {
        typo(inward, random).map(|inward| format!("{outward} {inward}"))
    }
}

const KEY_ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// A key beside or above this one on a British keyboard.
fn neighbour(letter: char, random: &mut Random) -> char {
    let lower = letter.to_ascii_lowercase();
    let Some((row, column)) =
        KEY_ROWS.iter().enumerate().find_map(|(row, keys)| keys.find(lower).map(|column| (row, column)))
    else {
        return 'e';
    };
    // digits stay digits, letters stay letters
    let above = if row > 1 { KEY_ROWS[row - 1].as_bytes().get(column) } else { None };
    let keys = KEY_ROWS[row].as_bytes();
    let near = [column.checked_sub(1).and_then(|c| keys.get(c)), keys.get(column + 1), above];
    let near: Vec<u8> = near.into_iter().flatten().copied().collect();
    let found = random.pick(&near) as char;
    if letter.is_uppercase() { found.to_ascii_uppercase() } else { found }
}

/// Pairs of spellings that sound alike to an English clerk.
const SOUNDS: &[(&str, &str)] = &[
    ("ph", "f"),
    ("f", "ph"),
    ("ck", "k"),
    ("c", "k"),
    ("k", "c"),
    ("ie", "y"),
    ("y", "i"),
    ("i", "y"),
    ("ee", "ea"),
    ("ea", "ee"),
    ("ei", "ie"),
    ("s", "z"),
    ("z", "s"),
    ("th", "t"),
    ("ah", "a"),
    ("ou", "u"),
    ("oo", "u"),
    ("u", "oo"),
    ("w", "v"),
    ("ll", "l"),
    ("nn", "n"),
    ("tt", "t"),
    ("ss", "s"),
    ("kh", "k"),
    ("gh", "g"),
    ("sh", "ch"),
    ("sz", "sh"),
    ("cz", "ch"),
    ("j", "y"),
    ("dge", "ge"),
    ("er", "a"),
    ("e", "a"),
    ("ai", "ay"),
    ("q", "k"),
];

/// The same sound in other letters.
pub(crate) fn respell(text: &str, random: &mut Random) -> Option<String> {
    let lower = text.to_lowercase();
    let possible: Vec<&(&str, &str)> = SOUNDS.iter().filter(|(from, _)| lower.contains(from)).collect();
    if possible.is_empty() {
        return None;
    }
    let (from, to) = random.pick(&possible);
    let respelt = title_case(&lower.replacen(from, to, 1));
    (respelt != text).then_some(respelt)
}

/// Capitals at the start and after a space, hyphen or apostrophe.
fn title_case(lower: &str) -> String {
    let mut start = true;
    let mut title = String::with_capacity(lower.len());
    for letter in lower.chars() {
        if start {
            title.extend(letter.to_uppercase());
        } else {
            title.push(letter);
        }
        start = matches!(letter, ' ' | '-' | '\'');
    }
    title
}

/// Joins that are written in more than one way: hyphen, apostrophe, space, Mc.
pub(crate) fn repunctuate(text: &str, random: &mut Random) -> Option<String> {
    if text.contains('-') {
        return Some(text.replace('-', random.pick(&[" ", ""])));
    }
    if text.contains('\'') {
        return Some(text.replace('\'', random.pick(&["", " "])));
    }
    if text.contains(' ') {
        return Some(text.replace(' ', random.pick(&["-", ""])));
    }
    match text.strip_prefix("Mc") {
        Some(rest) => Some(format!("{}{rest}", random.pick(&["Mac", "Mc ", "Mac "]))),
        None => text.strip_prefix("Mac").map(|rest| format!("Mc{rest}")),
    }
}

/// One half of a double-barrelled name.
pub(crate) fn half(text: &str, random: &mut Random) -> Option<String> {
    let (first, second) = text.split_once(['-', ' '])?;
    Some(if random.chance(0.5) { first } else { second }.to_owned())
}

/// The first letter alone.
pub(crate) fn initial(text: &str) -> Option<String> {
    let mut letters = text.chars();
    let first = letters.next()?;
    letters.next().map(|_| first.to_string())
}

/// Letters outside ASCII lost on the way between two systems.
pub(crate) fn garble(text: &str) -> Option<String> {
    (!text.is_ascii()).then(|| text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect())
}

/// The name in plain letters, as systems keep it that know no others.
pub(crate) fn plain_letters(text: &str) -> String {
    text.chars().map(plain_letter).collect()
}

fn plain_letter(letter: char) -> char {
    if letter.is_uppercase() {
        // the first character is enough: a capital I with a dot becomes i and a combining dot
        return letter.to_lowercase().next().map_or(letter, plain_letter).to_ascii_uppercase();
    }
    match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' | 'ė' => 'e',
        'ğ' => 'g',
        'í' | 'î' | 'ï' | 'ı' => 'i',
        'ł' => 'l',
        'ń' | 'ň' | 'ñ' => 'n',
        'ó' | 'ö' | 'ô' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ț' | 'ţ' => 't',
        'ú' | 'ü' | 'ů' | 'ű' | 'ū' => 'u',
        'ý' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// A wrong date of birth: day and month exchanged, a day or a month off, a digit of the day, a year
/// off, the first of the month or of January. Never after `latest`.
pub(crate) fn wrong_date(born: PartialDate, latest: PartialDate, random: &mut Random) -> Option<PartialDate> {
    (0..40).find_map(|_| {
        let wrong = misdate(born, random)?;
        (wrong != born && wrong <= latest).then_some(wrong)
    })
}

fn misdate(born: PartialDate, random: &mut Random) -> Option<PartialDate> {
    let (year, month, day) = (born.year, born.month?, born.day?);
    let up = random.chance(0.5);
    let step = |n: u8, by: u8| if up { n.saturating_add(by) } else { n.saturating_sub(by) };
    match random.below(20) {
        0..6 => PartialDate::whole(year, day, month),
        6..10 => PartialDate::from_day_number(born.day_number()? + if up { 1 } else { -1 }),
        10..13 => PartialDate::whole(year, month, step(day, 10)),
        13..15 => PartialDate::whole(year, step(month, 1), day),
        15..17 => PartialDate::whole(if up { year + 1 } else { year - 1 }, month, day),
        17..19 => PartialDate::whole(year, month, 1),
        _ => PartialDate::whole(year, 1, 1),
    }
}

/// Two unlike neighbours exchanged: an identifier typed in by hand. The first four characters stay, so
/// that the number remains one that nobody can have.
pub(crate) fn misread_digits(number: &str, random: &mut Random) -> Option<String> {
    let mut bytes = number.as_bytes().to_vec();
    let unlike: Vec<usize> = (5..bytes.len()).filter(|&at| bytes[at] != bytes[at - 1]).collect();
    if unlike.is_empty() {
        return None;
    }
    let at = random.pick(&unlike);
    bytes.swap(at, at - 1);
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn random() -> Random {
        Random::new(5, "mistakes")
    }

    fn day(iso: &str) -> PartialDate {
        PartialDate::parse(iso, plait_types::DateOrder::YearMonthDay).expect("a date")
    }

    #[test]
    fn joins_are_written_in_another_way() {
        let mut random = random();
        for (name, others) in [
            ("Smith-Jones", &["Smith Jones", "SmithJones"][..]),
            ("O'Brien", &["OBrien", "O Brien"]),
            ("McDonald", &["MacDonald", "Mc Donald", "Mac Donald"]),
            ("MacDonald", &["McDonald"]),
        ] {
            let written = repunctuate(name, &mut random).expect("as written");
            assert!(others.contains(&written.as_str()), "{name} became {written}");
        }
        assert_eq!(repunctuate("Smith", &mut random), None);
    }

    #[test]
    fn halves_initials_and_lost_letters() {
        let mut random = random();
        assert!(["Smith", "Jones"].contains(&half("Smith-Jones", &mut random).expect("as written").as_str()));
        assert_eq!(half("Smith", &mut random), None);
        assert_eq!(initial("Şirin").as_deref(), Some("Ş"));
        assert_eq!(initial("B"), None);
        assert_eq!(garble("Kociński").as_deref(), Some("Koci?ski"));
        assert_eq!(garble("Kocinski"), None);
        assert_eq!(plain_letters("Łukasz Yıldız-Ștefan"), "Lukasz Yildiz-Stefan");
        assert_eq!(plain_letters("ÇAĞAN İNAN ŞÜKÜR"), "CAGAN INAN SUKUR");
    }

    #[test]
    fn a_wrong_date_is_a_real_day_and_not_in_the_future() {
        let mut random = random();
        let latest = day("2025-01-16");
        for born in ["2025-01-15", "2012-02-29", "2010-11-11", "2006-12-31"].map(day) {
            for _ in 0..200 {
                let wrong = wrong_date(born, latest, &mut random).expect("as written");
                assert!(wrong != born && wrong <= latest && wrong.day_number().is_some());
            }
        }
    }

    proptest! {
        #[test]
        fn a_typo_changes_a_name_and_leaves_a_name(name in "[A-Z][a-zşł]{2,12}", seed in any::<u64>()) {
            let slipped = typo(&name, &mut Random::new(seed, "typo"));
            prop_assert!(slipped.as_ref().is_none_or(|s| s != &name && s.chars().count().abs_diff(name.chars().count()) <= 1));
        }

        #[test]
        fn exchanged_digits_are_the_same_digits_in_another_order(number in "[0-9]{10}", seed in any::<u64>()) {
            if let Some(wrong) = misread_digits(&number, &mut Random::new(seed, "digits")) {
                let sorted = |s: &str| { let mut b = s.as_bytes().to_vec(); b.sort_unstable(); b };
                prop_assert_ne!(&wrong, &number);
                prop_assert_eq!(sorted(&wrong), sorted(&number));
            }
        }
    }
}
