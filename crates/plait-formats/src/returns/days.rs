//! The day that is in the name of a file.

use plait_types::{DateOrder, PartialDate};

/// Puts files into order by the days in their names, and by the names, of which numbers count as numbers. Says whether each
/// name has a day: where one has none, all are by their names alone.
pub(super) fn sort<T>(files: &mut [T], name: impl Fn(&T) -> &str) -> bool {
    let have_days = files.iter().all(|file| day(name(file)).is_some());
    files.sort_by_cached_key(|file| (day(name(file)).filter(|_| have_days), parts(name(file))));
    have_days
}

/// `2026-03-01`, `20260301`, `01-03-2026` or `01032026`, with other signs between or around.
fn day(name: &str) -> Option<PartialDate> {
    let runs: Vec<(usize, &str)> = runs(name).collect();
    let is_joined = |at: usize| {
        let (end, next) = (runs[at].0 + runs[at].1.len(), runs[at + 1].0);
        name[end..next].chars().count() == 1
    };
    let read = |year: &str, month: &str, day: &str| {
        PartialDate::parse(&format!("{year}-{month}-{day}"), DateOrder::YearMonthDay)
            .filter(|date| date.day.is_some())
    };
    (0..runs.len()).find_map(|at| {
        let run = runs[at].1;
        if run.len() == 8 {
            let year_first =
                read(&run[..4], &run[4..6], &run[6..]).filter(|date| (1990..2100).contains(&date.year));
            return year_first.or_else(|| read(&run[4..], &run[2..4], &run[..2]));
        }
        let (second, third) = (runs.get(at + 1)?.1, runs.get(at + 2)?.1);
        if !is_joined(at) || !is_joined(at + 1) {
            return None;
        }
        match (run.len(), second.len(), third.len()) {
            (4, 1 | 2, 1 | 2) => read(run, second, third),
            (1 | 2, 1 | 2, 4) => read(third, second, run),
            _ => None,
        }
    })
}

/// Runs of digits, with where they start.
fn runs(name: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &name[at..];
        let start = at + rest.find(|c: char| c.is_ascii_digit())?;
        let end =
            name[start..].find(|c: char| !c.is_ascii_digit()).map_or(name.len(), |length| start + length);
        at = end;
        Some((start, &name[start..end]))
    })
}

/// What a name is made of: each number with the text in front of it.
fn parts(name: &str) -> Vec<(u64, String)> {
    let mut from = 0;
    let mut parts = Vec::new();
    for (start, run) in runs(name) {
        parts.push((0, name[from..start].to_owned()));
        parts.push((run.parse().unwrap_or(u64::MAX), String::new()));
        from = start + run.len();
    }
    parts.push((0, name[from..].to_owned()));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_several_days_are_in_the_order_of_their_days() {
        let check = |names: &[&str]| {
            let mut sorted = names.to_vec();
            sorted.sort_unstable();
            sort(&mut sorted, |name| name);
            assert_eq!(sorted, names);
        };
        check(&["2026-02-28.json", "2026-03-01.json"]);
        check(&["28-02-2026.json", "01-03-2026.json"]);
        check(&["csc 28.2.2026.json", "csc 1.3.2026.json"]);
        check(&["daily_20260228_1.json", "daily_20260228_2.json", "daily_20260301_1.json"]);
        check(&["28022026.json", "01032026.json"]);
        check(&["day9.json", "day10.json"]);
        check(&["a.json", "b.json"]);
        check(&["01-03-2026.json", "28-02-2026.json", "resend.json"]);
        check(&["28–02–2026.json", "01–03–2026.json"]);
    }

    #[test]
    fn numbers_that_are_no_day_are_none() {
        for name in
            ["day9.json", "302-2026.json", "31-02-2026.json", "v1.2.3.json", "12345678901234567890.json"]
        {
            assert_eq!(day(name), None, "{name}");
        }
    }
}
