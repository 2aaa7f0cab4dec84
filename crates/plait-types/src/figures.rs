//! Figures as people read them.

/// `31400` as `31,400`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 pair`, `2,861 pairs`: a number and what is counted, whose plural is formed with s.
pub fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `is` or `are`, as goes with a number of things.
pub fn are(number: u64) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// A share 0..=1 in per cent, to one decimal: `92.2%`. `0%` and `100%` stand only for none and all; what one decimal
/// would round to them has two (`0.03%`, `99.97%`), or is `less than 0.01%` or `more than 99.99%`.
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if share <= 0.0 {
        return "0%".to_owned();
    }
    if share >= 1.0 {
        return "100%".to_owned();
    }
    match (100.0 * percent).round() as u32 {
        0 => "less than 0.01%".to_owned(),
        10_000 => "more than 99.99%".to_owned(),
        10..=9990 => format!("{percent:.1}%"),
        _ => format!("{percent:.2}%"),
    }
}

/// A number of 1 or more to three digits that matter: `31,412` as `31,400`.
pub fn three_digits(number: f64) -> String {
    if number < 1000.0 {
        return grouped(number.round() as u64);
    }
    let rounded: f64 = format!("{number:.2e}").parse().expect("what was printed is a number");
    if rounded < 1e15 { grouped(rounded.round() as u64) } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (number, text) in [
            (0, "0"),
            (912, "912"),
            (1000, "1,000"),
            (48_912, "48,912"),
            (1_477_690, "1,477,690"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn one_of_a_thing_is_not_several() {
        assert_eq!(counted(0, "pair"), "0 pairs");
        assert_eq!(counted(1, "pair"), "1 pair");
        assert_eq!(counted(2861, "blocking rule"), "2,861 blocking rules");
    }

    #[test]
    fn large_numbers_keep_three_digits() {
        for (number, text) in [
            (1.0, "1"),
            (34.6, "35"),
            (34.48, "34"),
            (999.6, "1,000"),
            (64_130.0, "64,100"),
            (1_234_567.0, "1,230,000"),
        ] {
            assert_eq!(three_digits(number), text);
        }
    }

    #[test]
    fn shares_have_one_decimal() {
        for (share, text) in
            [(0.9217, "92.2%"), (0.5, "50.0%"), (1.0 / 3.0, "33.3%"), (0.001, "0.1%"), (0.999, "99.9%")]
        {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn only_none_is_0_and_only_all_is_100_percent() {
        for (share, text) in [
            (0.0, "0%"),
            (1.0, "100%"),
            (0.9997, "99.97%"),
            (0.000_3, "0.03%"),
            (0.999_996, "more than 99.99%"),
            (1.0 - 1e-12, "more than 99.99%"),
            (0.000_04, "less than 0.01%"),
            (1e-12, "less than 0.01%"),
        ] {
            assert_eq!(percent(share), text);
        }
    }
}
