//! Which identifier a value is, and whether it can be right.

use plait_types::Role;
use plait_types::identifier::{NhsNumber, Uln, Upn};
use plait_types::placeholder::is_placeholder;

/// The kind of an identifier that a source names in words, as the Standard Safeguarding Dataset does; in small letters with
/// underscores where it is none that Plait knows.
pub(super) fn kind(said: &str) -> String {
    let said = said.trim().to_lowercase();
    match said.as_str() {
        "unique pupil number" | "upn" => "upn".to_owned(),
        "former unique pupil number" | "former upn" => "former_upn".to_owned(),
        "nhs number" | "nhs no" => "nhs_number".to_owned(),
        "unique learner number" | "uln" => "uln".to_owned(),
        "legacy id" | "legacy identifier" => "former_la_child_id".to_owned(),
        _ => said
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("_"),
    }
}

/// Whether a value of this kind stands for "no number": UN1 to UN7, digits that are nobody's.
pub(super) fn is_nobodys(kind: &str, value: &str) -> bool {
    let role = match kind {
        "upn" | "former_upn" => Role::Upn,
        "nhs_number" => Role::NhsNumber,
        "uln" => Role::Uln,
        _ => return false,
    };
    is_placeholder(role, value)
}

/// `valid`, `temporary`, `invalid`, or `not_checked` where the kind has no check.
pub(super) fn validity(kind: &str, value: &str) -> &'static str {
    let valid = |valid: bool| if valid { "valid" } else { "invalid" };
    match kind {
        "upn" | "former_upn" => match Upn::parse(value) {
            Some(upn) if upn.is_temporary() => "temporary",
            parsed => valid(parsed.is_some()),
        },
        "nhs_number" => valid(NhsNumber::parse(value).is_some()),
        "uln" => valid(Uln::parse(value).is_some()),
        _ => "not_checked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_named_in_words_are_recognised_and_others_keep_their_name() {
        assert_eq!(kind("Unique Pupil Number"), "upn");
        assert_eq!(kind(" NHS Number "), "nhs_number");
        assert_eq!(kind("Court Case Number"), "court_case_number");
    }

    #[test]
    fn validity_follows_the_check_of_the_kind() {
        assert_eq!(validity("nhs_number", "999 000 0018"), "valid");
        assert_eq!(validity("nhs_number", "9990000019"), "invalid");
        assert_eq!(validity("case_number", "17"), "not_checked");
    }
}
