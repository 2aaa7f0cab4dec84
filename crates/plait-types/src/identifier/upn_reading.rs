//! What stands in a field for the Unique Pupil Number.

use super::{Upn, UpnUnknown, upn};
use crate::{Role, is_shortened, placeholder};

/// What the text in a field for the Unique Pupil Number is. Every text is one of these; only the first two can be
/// compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpnReading {
    /// A number whose check letter is right.
    Permanent(Upn),
    /// The same, given for the time being.
    Temporary(Upn),
    /// Thirteen characters of the form of a number, but one of them is wrong.
    WrongCheckLetter,
    /// A reason why there is no number.
    Unknown(UpnUnknown),
    /// Empty, or typed because the field wanted something: the words to print, which are nobody's.
    Placeholder(&'static str),
    /// A number without its letter that a spreadsheet has shortened to the form 3.02E+11. The digits are lost.
    Shortened,
    /// Anything else. [`super::UpnRule`] says what is wrong with it.
    Malformed,
}

impl UpnReading {
    /// Reads any text; spaces, hyphens and case do not count.
    pub fn of(text: &str) -> Self {
        if let Some(reason) = UpnUnknown::parse(text) {
            return Self::Unknown(reason);
        }
        if let Some(words) = placeholder::find(Role::Upn, text) {
            return Self::Placeholder(words);
        }
        if let Some(upn) = Upn::parse(text) {
            return if upn.is_temporary() { Self::Temporary(upn) } else { Self::Permanent(upn) };
        }
        if is_shortened(text) {
            return Self::Shortened;
        }
        if upn::well_formed(text).is_some() { Self::WrongCheckLetter } else { Self::Malformed }
    }

    /// The number, if it is one.
    pub fn number(self) -> Option<Upn> {
        match self {
            Self::Permanent(upn) | Self::Temporary(upn) => Some(upn),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: UpnReading) {
        assert_eq!(UpnReading::of(text), expected, "{text}");
    }

    #[test]
    fn numbers_are_permanent_or_temporary() {
        let number = |text| Upn::parse(text).expect(text);
        check("a950 0001 78301", UpnReading::Permanent(number("A950000178301")));
        check("E00100000000A", UpnReading::Temporary(number("E00100000000A")));
    }

    #[test]
    fn one_wrong_character_leaves_the_form() {
        check("B950000178301", UpnReading::WrongCheckLetter);
        check("A950000178302", UpnReading::WrongCheckLetter);
        check("F00100000000A", UpnReading::WrongCheckLetter);
    }

    #[test]
    fn reasons_and_placeholders_are_told_from_numbers() {
        check("un3", UpnReading::Unknown(UpnUnknown::NewlyArrived));
        check("", UpnReading::Placeholder("empty"));
        check("Unknown", UpnReading::Placeholder("unknown"));
        check("A000000000000", UpnReading::Placeholder("one digit repeated"));
        check("0", UpnReading::Placeholder("one digit repeated"));
        // its check letter is right, and still it is nobody's
        assert!(Upn::parse("U333333333333").is_some());
        check("U333333333333", UpnReading::Placeholder("one digit repeated"));
    }

    #[test]
    fn a_number_that_a_spreadsheet_shortened_is_named_as_such() {
        check("3.02E+11", UpnReading::Shortened);
        check("9.50000178301E+11", UpnReading::Shortened);
    }

    #[test]
    fn everything_else_is_malformed() {
        for text in ["UN8", "950000178301", "A95000017830", "I950000178301", "A9500001783OS", "A95000017830S"]
        {
            check(text, UpnReading::Malformed);
        }
    }

    #[test]
    fn debug_hides_the_number() {
        let shown = format!("{:?}", UpnReading::of("A950000178301"));
        assert_eq!(shown, "Permanent(Upn(hidden))");
    }

    proptest! {
        #[test]
        fn a_text_is_read_as_a_number_when_it_is_one(text in "[A-Z][0-9]{11}[0-9A-Z]") {
            prop_assume!(!placeholder::is_placeholder(Role::Upn, &text));
            prop_assert_eq!(UpnReading::of(&text).number(), Upn::parse(&text));
        }

        #[test]
        fn no_text_panics(text in ".{0,20}") {
            let _ = UpnReading::of(&text);
        }
    }
}
