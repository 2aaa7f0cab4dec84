//! What the Department for Education's censuses check of a Unique Pupil Number.

use super::{LaCode, is_separator, upn};

/// A rule of the school and children in need censuses about one Unique Pupil Number. (1500, that it is there, and
/// 1520, that no two children have it, are about more than the number.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UpnRule {
    /// 1510: the first character is the check letter of the other twelve.
    CheckLetter,
    /// 1530: characters 2 to 4 are the code of a local authority or a pseudo code. [`LaCode`] says which are known;
    /// the newest council may not be.
    LaCode,
    /// 1540: characters 5 to 12 are digits.
    Digits,
    /// 1550: character 13 is there and is a digit or a letter other than I, O and S.
    LastCharacter,
}

impl UpnRule {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::CheckLetter, Self::LaCode, Self::Digits, Self::LastCharacter];

    /// The rule's number in the censuses' guides: 1510, 1530, 1540 or 1550.
    pub fn number(self) -> u16 {
        match self {
            Self::CheckLetter => 1510,
            Self::LaCode => 1530,
            Self::Digits => 1540,
            Self::LastCharacter => 1550,
        }
    }

    /// Whether a text that is meant as a number breaks the rule. Spaces, hyphens and case do not count. Whatever has
    /// no check letter, because it is too short, too long or has other characters, breaks 1510 besides the rule that
    /// says why. Not meant for UN1 to UN7 and for empty fields, which break nearly everything.
    pub fn is_broken_by(self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().filter(|&c| !is_separator(c)).collect();
        let holds = match self {
            Self::CheckLetter => upn::well_formed(text).is_some_and(|c| upn::check_letter(&c) == Some(c[0])),
            Self::LaCode => chars
                .get(1..4)
                .is_some_and(|code| LaCode::parse(&String::from_iter(code)).is_some_and(LaCode::is_known)),
            Self::Digits => chars.get(4..12).is_some_and(|digits| digits.iter().all(char::is_ascii_digit)),
            Self::LastCharacter => chars
                .get(12)
                .is_some_and(|c| c.is_ascii() && upn::is_last_character(c.to_ascii_uppercase() as u8)),
        };
        !holds
    }
}

#[cfg(test)]
mod tests {
    use super::super::Upn;
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, broken: &[u16]) {
        let found: Vec<u16> =
            UpnRule::ALL.into_iter().filter(|rule| rule.is_broken_by(text)).map(UpnRule::number).collect();
        assert_eq!(found, broken, "{text}");
    }

    #[test]
    fn each_rule_finds_what_it_is_about() {
        check("K302000045678", &[]);
        check(" k302 0000 45678 ", &[]);
        check("L302000045678", &[1510]);
        check("I302000045678", &[1510]);
        // of no authority, with the right letter
        check("A950000178301", &[1530]);
        check("A9500001X8301", &[1510, 1530, 1540]);
        check("K30200004567S", &[1510, 1550]);
        check("K30200004567", &[1510, 1550]);
        check("K3020000456780", &[1510]);
        check("K3O2000045678", &[1510, 1530]);
        check("", &[1510, 1530, 1540, 1550]);
    }

    #[test]
    fn numbers_of_the_newest_councils_break_no_rule() {
        for authority in ["838", "839", "940", "941", "942", "943"] {
            let letter = "ABCDEFGHJKLMNPQRTUVWXYZ"
                .chars()
                .find(|letter| Upn::parse(&format!("{letter}{authority}000017830")).is_some())
                .expect("one letter is right");
            check(&format!("{letter}{authority}000017830"), &[]);
        }
    }

    proptest! {
        #[test]
        fn what_breaks_no_rule_is_a_number(text in "[A-Z][0-9]{11,12}[0-9A-Z]?") {
            let broken = UpnRule::ALL.into_iter().any(|rule| rule.is_broken_by(&text));
            let zeros = text[1..].bytes().all(|c| c == b'0');
            let expected = Upn::parse(&text).is_some_and(|upn| upn.has_known_authority());
            prop_assert!(zeros || broken != expected);
        }

        #[test]
        fn no_text_panics(text in ".{0,20}") {
            for rule in UpnRule::ALL {
                let _ = rule.is_broken_by(&text);
            }
        }
    }
}
