//! Numbers as people read them. A true minus sign, thousands separated by commas, and no rounding that says
//! more than is so: 0% and 100% stand only for none and all.

pub(crate) use plait_types::grouped as count;
use plait_types::three_digits;

/// `1 record`, `3,104 records`
pub(crate) fn count_of(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A part of a whole to one decimal, `92.2%`; of an empty whole a dash.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { plait_types::percent(part as f64 / whole as f64) }
}

/// A probability 0..=1 as per cent, with as many decimals as its distance from 0 or 1 needs: `99.997%`.
pub(crate) fn probability(probability: f64) -> String {
    let percent = probability * 100.0;
    let distance = percent.min(100.0 - percent);
    if percent <= 0.0 || percent >= 100.0 {
        return format!("{percent:.0}%");
    }
    if distance < 1e-4 {
        return if percent < 50.0 { "under 0.0001%" } else { "over 99.9999%" }.to_owned();
    }
    // as far as the first digit that is not 0 or not 9
    let decimals = if distance >= 10.0 { 0 } else { (-distance.log10().floor()).max(1.0) as usize };
    let text = format!("{percent:.decimals$}");
    let trimmed = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{trimmed}%")
}

/// Bits with their sign, `+8.1`, `−14.9`; no sign on what rounds to zero.
pub(crate) fn bits(weight: f64) -> String {
    match weight {
        w if w == f64::INFINITY => "+∞".to_owned(),
        w if w == f64::NEG_INFINITY => "−∞".to_owned(),
        w => tenths((w * 10.0).round() as i64),
    }
}

/// Tenths of a bit with their sign.
pub(crate) fn tenths(tenths: i64) -> String {
    let sign = match tenths.signum() {
        1 => "+",
        -1 => "−",
        _ => "",
    };
    format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}

/// `for`, `against` or `no evidence`, for what these tenths of a bit say.
pub(crate) fn direction(tenths: i64) -> &'static str {
    match tenths.signum() {
        1 => "for",
        -1 => "against",
        _ => "no evidence",
    }
}

/// A rare share 0..=1 in words, to three digits: `1 in 31,400`. Above one half it is a percentage.
pub(crate) fn one_in(share: f64) -> String {
    if share <= 0.0 {
        return "none".to_owned();
    }
    if share > 0.5 {
        return probability(share);
    }
    format!("1 in {}", three_digits(1.0 / share))
}

/// How many times likelier, for a Bayes factor: `270 times as likely`, `1/12 as likely`.
pub(crate) fn times_as_likely(weight: f64) -> String {
    match weight.exp2() {
        factor if !factor.is_finite() => "only seen".to_owned(),
        factor if factor <= 0.0 => "never seen".to_owned(),
        factor if factor >= 10.0 => format!("{} times as likely", three_digits(factor)),
        factor if factor >= 1.05 => format!("{factor:.1} times as likely"),
        factor if factor > 0.95 => "as likely".to_owned(),
        factor if factor > 0.1 => format!("1/{:.1} as likely", 1.0 / factor),
        factor => format!("1/{} as likely", three_digits(1.0 / factor)),
    }
}

/// `0.42 s`, `12.3 s`, `3 min 20 s`
pub(crate) fn seconds(seconds: f64) -> String {
    if seconds >= 60.0 {
        let whole = seconds.round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    } else if seconds >= 10.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{seconds:.2} s")
    }
}

/// `512 MB`, `1.5 GB`; a megabyte is a million bytes.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes as f64 {
        b if b >= 1e9 => format!("{:.1} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.0} kB", b / 1e3),
    }
}

/// `a`, `a and b`, `a, b and c`
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The first letter in upper case.
pub(crate) fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_thousands_separated() {
        assert_eq!(count_of(3104, "record", "records"), "3,104 records");
        assert_eq!(count_of(1, "record", "records"), "1 record");
    }

    #[test]
    fn shares_never_round_to_all_or_none() {
        assert_eq!(share(0, 10), "0%");
        assert_eq!(share(10, 10), "100%");
        assert_eq!(share(1, 100_000), "less than 0.01%");
        assert_eq!(share(99_999, 100_000), "more than 99.99%");
        assert_eq!(share(2861, 3104), "92.2%");
        assert_eq!(share(0, 0), "–");
    }

    #[test]
    fn probabilities_show_how_far_they_are_from_certain() {
        assert_eq!(probability(0.5), "50%");
        assert_eq!(probability(0.992), "99.2%");
        assert_eq!(probability(0.999_97), "99.997%");
        assert_eq!(probability(0.947), "94.7%");
        assert_eq!(probability(0.000_032), "0.003%");
        assert_eq!(probability(1.0 - 1e-9), "over 99.9999%");
        assert_eq!(probability(1.0), "100%");
        assert_eq!(probability(0.0), "0%");
    }

    #[test]
    fn weights_have_a_sign_unless_they_say_nothing() {
        assert_eq!(bits(8.12), "+8.1");
        assert_eq!(bits(-14.94), "−14.9");
        assert_eq!(bits(-0.04), "0.0");
        assert_eq!(bits(f64::NEG_INFINITY), "−∞");
    }

    #[test]
    fn rare_things_are_one_in_many() {
        assert_eq!(one_in(1.0 / 31_412.0), "1 in 31,400");
        assert_eq!(one_in(0.25), "1 in 4");
        assert_eq!(one_in(0.9), "90%");
        assert_eq!(one_in(0.0), "none");
        assert_eq!(times_as_likely(8.1), "274 times as likely");
        assert_eq!(times_as_likely(-3.6), "1/12 as likely");
        assert_eq!(times_as_likely(0.0), "as likely");
    }

    #[test]
    fn durations_and_sizes_have_a_fitting_unit() {
        assert_eq!(seconds(0.417), "0.42 s");
        assert_eq!(seconds(200.4), "3 min 20 s");
        assert_eq!(bytes(1_500_000_000), "1.5 GB");
        assert_eq!(bytes(52_000_000), "52 MB");
    }
}
