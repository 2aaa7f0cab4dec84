//! Numbers as people read them.

/// A share in per cent: `100%` only where it is all and `0%` only where it is none.
pub(super) fn percent(part: u64, whole: u64) -> String {
    match part {
        _ if whole == 0 => "-".to_owned(),
        0 => "0%".to_owned(),
        part if part == whole => "100%".to_owned(),
        _ => {
            let share = (part as f64 / whole as f64 * 100.0).clamp(0.1, 99.9);
            format!("{share:.1}%")
        }
    }
}

/// `48,912`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `48,912 rows`
pub(super) fn rows(number: u64) -> String {
    format!("{} row{}", grouped(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_never_rounded_to_all_or_nothing() {
        assert_eq!(percent(0, 10), "0%");
        assert_eq!(percent(10, 10), "100%");
        assert_eq!(percent(1, 3), "33.3%");
        assert_eq!(percent(1, 1_000_000), "0.1%");
        assert_eq!(percent(999_999, 1_000_000), "99.9%");
        assert_eq!(percent(0, 0), "-");
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(912), "912");
        assert_eq!(grouped(48_912), "48,912");
        assert_eq!(rows(1_000_000), "1,000,000 rows");
        assert_eq!(rows(1), "1 row");
    }
}
