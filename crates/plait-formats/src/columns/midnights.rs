//! Days that a database holds as the moments at which they began here, and tells in UTC.

use super::infer::ColumnPlan;
use plait_types::{Column, Issue, IssueKind, Table, grouped};

/// A finding for every column of dates some of which are at 23:00 and all others at midnight: those are days of British Summer
/// Time, told as the evening before. `file` is the name to call the file by.
pub fn evenings_before(table: &Table, file: &str, plans: &[ColumnPlan]) -> Vec<Issue> {
    let dates = plans.iter().filter(|plan| plan.role.is_date());
    dates.filter_map(|plan| in_column(&table.columns[plan.column], file)).collect()
}

fn in_column(column: &Column, file: &str) -> Option<Issue> {
    let mut at_23 = Vec::new();
    for (code, value) in column.values.iter().enumerate() {
        match time_of_day(value) {
            None | Some("00:00" | "00:00:00") => {}
            Some("23:00" | "23:00:00") => at_23.push(code),
            Some(_) => return None,
        }
    }
    if at_23.is_empty() {
        return None;
    }
    let counts = column.counts();
    let evenings: usize = at_23.into_iter().map(|code| counts[code] as usize).sum();
    let n_dates: usize = counts.iter().map(|&rows| rows as usize).sum();
    let message = format!(
        "{} at 23:00{}: they seem to be days in summer that a database tells in UTC, and are read as the day before",
        if evenings == 1 {
            "one date is".to_owned()
        } else {
            format!("{} dates are", grouped(evenings as u64))
        },
        if evenings == n_dates { "" } else { " and every other one at midnight" },
    );
    Some(Issue::new(IssueKind::EveningBefore, file, message).in_column(&column.name).counting(evenings))
}

/// Of `2015-05-31 23:00:00.000Z` it is `23:00:00`.
fn time_of_day(value: &str) -> Option<&str> {
    let colon = value.find(':')?;
    let start = value[..colon].rfind([' ', 'T'])? + 1;
    let time = &value[start..];
    let end = time.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(time.len());
    Some(&time[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::plan;

    fn check(births: [&str; 4], expected: &[&str]) {
        let column = Column::from_rows("DOB", (0..40).map(|row| Some(births[row % 4])));
        let table = Table { name: "pupils".to_owned(), columns: vec![column], n_rows: 40 };
        let issues = evenings_before(&table, "pupils.csv", &plan(&table, &[]).unwrap());
        assert_eq!(issues.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn days_in_summer_that_are_told_in_utc_are_named() {
        let said = "warning[W063] pupils.csv: column \"DOB\": 20 dates are at 23:00 and every other one at midnight: they seem to be \
                    days in summer that a database tells in UTC, and are read as the day before";
        check(["2015-05-31 23:00:00", "2015-01-02", "2014-07-07 23:00:00", "2014-12-24"], &[said]);
        check(
            [
                "2015-05-31T23:00:00.000Z",
                "2015-01-02T00:00:00.000Z",
                "2014-07-07T23:00:00.000Z",
                "2014-12-24T00:00:00.000Z",
            ],
            &[said],
        );
        check(
            ["2015-05-31 23:00:00"; 4],
            &[
                "warning[W063] pupils.csv: column \"DOB\": 40 dates are at 23:00: they seem to be days in summer that a database \
               tells in UTC, and are read as the day before",
            ],
        );
        check(["2015-05-31", "2015-01-02", "2014-07-07", "2014-12-24"], &[]);
        check(["2015-05-31 00:00:00", "2015-01-02 00:00", "2014-07-07", "2014-12-24"], &[]);
        check(["2015-05-31 23:00:00", "2015-01-02 14:31:00", "2014-07-07", "2014-12-24"], &[]);
    }
}
