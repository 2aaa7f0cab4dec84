//! Long numbers that a spreadsheet has shortened.

/// Whether a spreadsheet has made a text of a long number, as in `3.02208E+11`: one digit, perhaps a fraction, and an
/// exponent with its sign. Spaces around it and a minus do not count. The digits that are not shown are lost.
pub fn is_shortened(text: &str) -> bool {
    // two bytes tell nearly every other text apart, and spare it the trimming
    if let [first, second, ..] = text.as_bytes()
        && first.is_ascii_alphanumeric()
        && !matches!(second, b'.' | b'E' | b'e')
    {
        return false;
    }
    let text = text.trim();
    let text = text.strip_prefix('-').unwrap_or(text);
    let [b'0'..=b'9', b'.' | b'E' | b'e', ..] = text.as_bytes() else { return false };
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let fraction = mantissa[1..].strip_prefix('.').unwrap_or("0");
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(fraction) && exponent.strip_prefix('+').is_some_and(all_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_numbers_are_told_from_codes_that_look_alike() {
        for text in ["3.02208E+11", "3E+11", "9.43476E+09", "-1.2e+20", " 3.02E+11 "] {
            assert!(is_shortened(text), "{text}");
        }
        for text in [
            "302208123456",
            "1E",
            "12E+11",
            "3.E+1",
            "E+11",
            "3.02208E11",
            "A3E+11",
            "3.0x2E+11",
            "E3021",
            "3.02",
            "",
        ] {
            assert!(!is_shortened(text), "{text}");
        }
    }
}
