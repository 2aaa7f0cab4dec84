//! Why a child has no Unique Pupil Number.

/// A reason code that stands where a Unique Pupil Number would: the children in need census takes all seven, the
/// children looked after return (SSDA903) the first five. To be treated as missing: two children with UN3 have
/// nothing in common.
///
/// The meanings are recalled; before one is printed as the official wording, check it in the guide of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UpnUnknown {
    /// UN1
    NotOfSchoolAge,
    /// UN2
    EducatedOutsideEngland,
    /// UN3: came to the country lately, unaccompanied asylum seeking children among them
    NewlyArrived,
    /// UN4
    NotKnownAtCensus,
    /// UN5: refused, or never registered at a school
    NeverGiven,
    /// UN6
    NewInYear,
    /// UN7: every referral ended with no further action, so nobody asked
    NoFurtherAction,
}

/// In the order of their digits, from 1.
const REASONS: [(UpnUnknown, &str); 7] = [
    (UpnUnknown::NotOfSchoolAge, "not of school age"),
    (UpnUnknown::EducatedOutsideEngland, "educated outside England"),
    (UpnUnknown::NewlyArrived, "newly arrived in the country"),
    (UpnUnknown::NotKnownAtCensus, "not known when the census was taken"),
    (UpnUnknown::NeverGiven, "refused or never registered"),
    (UpnUnknown::NewInYear, "new in the year"),
    (UpnUnknown::NoFurtherAction, "referral without further action"),
];

impl UpnUnknown {
    /// Reads `UN3`, `un3`, `UN-3` or `UN 3`, 1 to 7. `None` for everything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (chars, len) = super::compact::<3>(text)?;
        let (b"UN", [digit @ b'1'..=b'7']) = chars[..len].split_at_checked(2)? else { return None };
        Some(REASONS[usize::from(digit - b'1')].0)
    }

    /// `UN1` to `UN7`.
    pub fn code(self) -> String {
        format!("UN{}", self as u8 + 1)
    }

    /// In words (recalled): `not of school age`.
    pub fn meaning(self) -> &'static str {
        REASONS[self as usize].1
    }

    /// Whether the children looked after return takes it: UN1 to UN5.
    pub fn is_of_ssda903(self) -> bool {
        self <= Self::NeverGiven
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_codes_are_read_in_every_spelling() {
        for (at, (reason, _)) in REASONS.iter().enumerate() {
            let code = format!("UN{}", at + 1);
            assert_eq!(reason.code(), code);
            for text in
                [code.clone(), code.to_lowercase(), format!(" UN-{}", at + 1), format!("UN {}", at + 1)]
            {
                assert_eq!(UpnUnknown::parse(&text), Some(*reason), "{text}");
            }
        }
        for text in ["", "UN", "UN0", "UN8", "UN12", "UNK", "1", "UNÉ"] {
            assert_eq!(UpnUnknown::parse(text), None, "{text}");
        }
    }

    #[test]
    fn children_looked_after_have_the_first_five() {
        let taken: Vec<bool> = REASONS.iter().map(|(reason, _)| reason.is_of_ssda903()).collect();
        assert_eq!(taken, [true, true, true, true, true, false, false]);
        assert_eq!(UpnUnknown::parse("UN1").map(UpnUnknown::meaning), Some("not of school age"));
    }
}
