//! Numbers as people read them.

pub(super) use plait_types::{counted, grouped};

/// A part of a whole in per cent; a dash where there is no whole.
pub(super) fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => "-".to_owned(),
        _ => plait_types::percent(part as f64 / whole as f64),
    }
}

/// `1 row`, `48,912 rows`
pub(super) fn rows(number: u64) -> String {
    counted(number, "row")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_is_a_dash() {
        assert_eq!(percent(0, 0), "-");
        assert_eq!(percent(0, 10), "0%");
        assert_eq!(percent(1, 3), "33.3%");
    }

    #[test]
    fn rows_are_counted_in_words() {
        assert_eq!(rows(1_000_000), "1,000,000 rows");
        assert_eq!(rows(1), "1 row");
    }
}
