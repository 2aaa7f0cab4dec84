//! What a spreadsheet has done to the values of a plain table: dates of birth as day numbers, identifiers without their
//! leading zeros.

use super::evidence::Evidence;
use super::header::{self, Meaning};
use super::infer::{ColumnPlan, SUPPORTS};
use crate::returns::dates::{DateReader, DateWritten};
use crate::returns::spec::DateForm;
use plait_types::{Column, Interner, Issue, IssueKind, NULL, Role, Table, grouped};

/// Writes day numbers such as 40179 as the dates that a spreadsheet means by them, in columns of dates of birth most of
/// whose values are such numbers. `file` is the name to call the file by, `given` are the roles that the user gave.
pub fn read_day_numbers(table: &mut Table, file: &str, given: &[(String, Role)]) -> Vec<Issue> {
    let is_birth = |name: &str| match given.iter().find(|(header, _)| header == name) {
        Some((_, role)) => *role == Role::DateOfBirth,
        None => {
            matches!(
                header::meaning(name),
                Meaning::Is(Role::DateOfBirth) | Meaning::Mentions(Role::DateOfBirth)
            )
        }
    };
    let columns = table.columns.iter_mut().filter(|column| is_birth(&column.name));
    columns.filter_map(|column| read_days(column, file)).collect()
}

fn read_days(column: &mut Column, file: &str) -> Option<Issue> {
    let evidence = Evidence::of(column);
    if evidence.rows == 0 || evidence.share(evidence.day_numbers) < SUPPORTS {
        return None;
    }
    let reader = DateReader::new(DateForm::Iso);
    let counts = column.counts();
    let mut dates = Interner::default();
    let mut read = 0;
    let codes: Vec<u32> = (column.values.iter().zip(&counts))
        .map(|(value, rows)| match reader.read(value).filter(|cell| cell.written == DateWritten::Serial) {
            Some(cell) => {
                read += u64::from(*rows);
                dates.intern(&cell.date.iso())
            }
            None => dates.intern(value),
        })
        .collect();
    column.codes.iter_mut().filter(|code| **code != NULL).for_each(|code| *code = codes[*code as usize]);
    column.values = dates.into_values();
    let message = format!(
        "{} a day number such as 40179, which a spreadsheet makes of dates; read as dates",
        if read == 1 { "one value is".to_owned() } else { format!("{} values are each", grouped(read)) },
    );
    let issue = Issue::new(IssueKind::SerialDate, file, message).in_column(&column.name);
    Some(issue.counting(read as usize))
}

/// A finding for every column of numbers of people that shares few values with the numbers of another source, and many once
/// leading zeros do not count. `files` are the names to call the sources by, `plans` are in the order of `tables`.
pub fn lost_zeros(tables: &[&Table], files: &[String], plans: &[Vec<ColumnPlan>]) -> Vec<Issue> {
    /// Of the shorter list of values.
    const SHARED: f64 = 0.2;
    let numbers: Vec<(usize, &Column)> = (plans.iter().enumerate())
        .flat_map(|(source, plans)| {
            let of_people = plans.iter().filter(|plan| {
                plan.role == Role::Identifier
                    || plan.role == Role::RecordId && header::meaning(&plan.name) == Meaning::PersonId
            });
            of_people.map(move |plan| (source, &tables[source].columns[plan.column]))
        })
        .collect();
    let mut issues = Vec::new();
    for &(source, column) in &numbers {
        let padded = numbers.iter().find(|(other, padded)| {
            *other != source && padded.values.iter().any(is_padded) && {
                let (as_written, without_zeros) = shared(column, padded);
                let least = SHARED * column.values.len().min(padded.values.len()) as f64;
                without_zeros as f64 >= least && without_zeros >= 5 && as_written * 5 < without_zeros
            }
        });
        if let Some((other, padded)) = padded.filter(|_| !column.values.iter().any(is_padded)) {
            let message = format!(
                "its numbers are those of \"{}\" in {} without the leading zeros, and match none of them; export the file again \
                 without opening it in a spreadsheet",
                padded.name, files[*other]
            );
            issues.push(Issue::new(IssueKind::LostZeros, &*files[source], message).in_column(&column.name));
        }
    }
    issues
}

fn is_padded(value: &str) -> bool {
    value.len() > 1 && value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// How many distinct values of one column are also in another, as they are written and without leading zeros.
fn shared(one: &Column, other: &Column) -> (usize, usize) {
    let (mut written, mut stripped) = (Interner::default(), Interner::default());
    for value in other.values.iter() {
        written.intern(value);
        stripped.intern(value.trim_start_matches('0'));
    }
    let as_written = one.values.iter().filter(|value| written.find(value).is_some()).count();
    let without = one.values.iter().filter(|value| stripped.find(value.trim_start_matches('0')).is_some());
    (as_written, without.count())
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    fn table(name: &str, columns: &[(&str, &dyn Fn(usize) -> String)]) -> Table {
        let column = |(header, value): &(&str, &dyn Fn(usize) -> String)| {
            Column::from_rows(*header, (0..40).map(|row| Some(value(row))))
        };
        Table { name: name.to_owned(), columns: columns.iter().map(column).collect(), n_rows: 40 }
    }

    #[test]
    fn day_numbers_under_a_date_of_birth_are_read_as_dates_and_others_stay() {
        let days = |row: usize| if row == 7 { "2010-01-02".to_owned() } else { (40_179 + row).to_string() };
        let mut people = table("people", &[("Date of Birth", &days), ("Amount", &days)]);
        let issues = read_day_numbers(&mut people, "people.csv", &[]);
        assert_eq!(
            issues.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "warning[W031] people.csv: column \"Date of Birth\": 39 values are each a day number such as 40179, which a spreadsheet makes of dates; read as dates"
            ]
        );
        assert_eq!(
            [people.columns[0].get(0), people.columns[0].get(7)],
            [Some("2010-01-01"), Some("2010-01-02")]
        );
        assert_eq!(people.columns[1].get(0), Some("40179"));
        assert_eq!(plan(&people, &[]).unwrap()[0].role, Role::DateOfBirth);
        let given = [("Amount".to_owned(), Role::DateOfBirth)];
        assert_eq!(read_day_numbers(&mut people, "people.csv", &given).len(), 1);
        assert_eq!(people.columns[1].get(0), Some("2010-01-01"));
    }

    #[test]
    fn numbers_that_are_those_of_another_file_without_leading_zeros_are_named() {
        let padded = table(
            "a",
            &[("Child ID", &|row| format!("{:06}", row * 7)), ("Surname", &|row| format!("A{row}"))],
        );
        let bare =
            table("b", &[("Child ID", &|row| (row * 7).to_string()), ("Surname", &|row| format!("A{row}"))]);
        let files = ["a.csv".to_owned(), "b.csv".to_owned()];
        let check = |one: &Table, other: &Table, given: &[(String, Role)]| {
            let plans = [one, other].map(|table| plan(table, given).unwrap());
            lost_zeros(&[one, other], &files, &plans)
        };
        for given in [vec![], vec![("Child ID".to_owned(), Role::Identifier)]] {
            let issues = check(&padded, &bare, &given);
            assert_eq!(issues.len(), 1);
            assert_eq!((issues[0].kind, issues[0].file.as_str()), (IssueKind::LostZeros, "b.csv"));
            assert_eq!(check(&padded, &padded, &given), []);
            assert_eq!(check(&bare, &bare, &given), []);
        }
    }
}
