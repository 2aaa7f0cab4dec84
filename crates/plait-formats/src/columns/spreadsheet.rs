//! What a spreadsheet has done to the values of a plain table: dates of birth as day numbers, identifiers without their
//! leading zeros.

use super::evidence::{Evidence, is_hashes, is_short_date};
use super::header::{self, Meaning};
use super::infer::{ColumnPlan, Confidence, SUPPORTS};
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
    // eight digits without dashes are no such number, and a few of them among dates are no others
    let either = evidence.day_numbers + evidence.dates;
    if evidence.day_numbers == 0 || evidence.share(either) < SUPPORTS {
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

/// A finding for every column whose header says a date of birth, a national number or a postcode and that is not used as
/// one, and for dates of birth that a spreadsheet has made unreadable. `file` is the name to call the file by.
pub fn unread(table: &Table, file: &str, plans: &[ColumnPlan]) -> Vec<Issue> {
    plans.iter().filter_map(|plan| unread_column(&table.columns[plan.column], file, plan)).collect()
}

fn unread_column(column: &Column, file: &str, plan: &ColumnPlan) -> Option<Issue> {
    let (Meaning::Is(said) | Meaning::Mentions(said)) = header::meaning(&plan.name) else { return None };
    let told = matches!(said, Role::DateOfBirth | Role::Upn | Role::NhsNumber | Role::Uln | Role::Postcode);
    if !told || plan.confidence == Confidence::Given {
        return None;
    }
    let evidence = Evidence::of(column);
    if evidence.rows == 0 {
        return None;
    }
    let damaged = |what: fn(&str) -> bool| {
        let rows = column.values.iter().zip(column.counts()).filter(|(value, _)| what(value.trim()));
        rows.map(|(_, rows)| rows as usize).sum::<usize>()
    };
    let is_date = said == Role::DateOfBirth;
    let (hashes, short) = (damaged(is_hashes), if is_date { damaged(is_short_date) } else { 0 });
    let is_used = plan.role == said;
    let (count, message) = if hashes > 0 {
        (hashes, hashes_message(hashes))
    } else if short > 0 {
        (short, short_dates_message(short))
    } else if is_used || (is_date && evidence.share(evidence.dates) >= SUPPORTS) {
        return None;
    } else if evidence.share(evidence.shortened) >= SUPPORTS {
        let message = format!(
            "its header says {}, but a spreadsheet has shortened the numbers to the form 3.02E+11, and they are not \
             compared; export the file again without opening it in a spreadsheet",
            said.words()
        );
        (1, message)
    } else {
        let compared = if plan.role == Role::Identifier {
            "are compared as a plain identifier"
        } else {
            "are not used as that"
        };
        let message = format!(
            "its header says {}, but its values are not and {compared}; look at them, and correct the export or the header",
            said.words()
        );
        (1, message)
    };
    Some(Issue::new(IssueKind::HeaderContradicted, file, message).in_column(&plan.name).counting(count))
}

/// What is said of so many values `####`.
pub(crate) fn hashes_message(n: usize) -> String {
    format!(
        "{} ####, which a spreadsheet writes where a column is too narrow; what stood there is lost: make the column wider, or \
         export the file again without a spreadsheet in between",
        values_are(n)
    )
}

/// What is said of so many values such as `Mar-12`.
pub(crate) fn short_dates_message(n: usize) -> String {
    format!(
        "{} shortened to the form Mar-12 by a spreadsheet, without the day or the year, and not read as dates; format the column \
         as YYYY-MM-DD, or export the file again without a spreadsheet in between",
        values_are(n)
    )
}

fn values_are(n: usize) -> String {
    if n == 1 { "one value is".to_owned() } else { format!("{} values are", grouped(n as u64)) }
}

/// A finding for every column of numbers of people that holds numbers of another source without their leading zeros. `files`
/// are the names to call the sources by, `plans` are in the order of `tables`.
pub fn lost_zeros(tables: &[&Table], files: &[String], plans: &[Vec<ColumnPlan>]) -> Vec<Issue> {
    let numbers: Vec<(usize, &Column, &ColumnPlan)> = (plans.iter().enumerate())
        .flat_map(|(source, plans)| {
            let of_people = plans.iter().filter(|plan| {
                plan.role == Role::Identifier
                    || plan.role == Role::RecordId && header::meaning(&plan.name) == Meaning::PersonId
            });
            of_people.map(move |plan| (source, &tables[source].columns[plan.column], plan))
        })
        .collect();
    let shown = |plan: &ColumnPlan| plan.header.clone().unwrap_or_else(|| plan.name.clone());
    let mut issues = Vec::new();
    for &(source, column, plan) in &numbers {
        let mut here = Interner::default();
        column.values.iter().for_each(|value| {
            here.intern(value.trim());
        });
        let others = numbers.iter().filter(|(other, ..)| *other != source);
        let found = others.map(|&(other, padded, of)| (lost_from(&here, padded), other, of));
        let Some((lost, other, of)) = found.filter(|found| found.0 > 0).max_by_key(|found| found.0) else {
            continue;
        };
        let message = format!(
            "{} without the leading zeros that \"{}\" in {} has, and so {} with none of them; export the file again \
             without opening it in a spreadsheet",
            if lost == 1 {
                "one number is".to_owned()
            } else {
                format!("{} numbers are", grouped(lost as u64))
            },
            shown(of),
            files[other],
            if lost == 1 { "agrees" } else { "agree" },
        );
        let issue = Issue::new(IssueKind::LostZeros, &*files[source], message);
        issues.push(issue.in_column(shown(plan)).counting(lost));
    }
    issues
}

/// How many numbers of another column that start with a zero are among those here without it, and not as they are written: at
/// least five, and a fifth of those that are in it at all; 0 where they are fewer. Running numbers agree by chance.
fn lost_from(here: &Interner, padded: &Column) -> usize {
    let (mut written, mut lost) = (0, 0);
    for value in padded.values.iter().map(str::trim).filter(|value| is_padded(value)) {
        if here.find(value).is_some() {
            written += 1;
        } else if here.find(value.trim_start_matches('0')).is_some() {
            lost += 1;
        }
    }
    if lost < 5 || lost * 5 < lost + written { 0 } else { lost }
}

fn is_padded(value: &str) -> bool {
    value.len() > 1 && value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit())
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
            let in_part = table(
                "b",
                &[
                    ("Child ID", &|row| {
                        let id = row * 7;
                        if row.is_multiple_of(3) { id.to_string() } else { format!("{id:06}") }
                    }),
                    ("Surname", &|row| format!("A{row}")),
                ],
            );
            let issues = check(&padded, &in_part, &given);
            assert_eq!(issues.len(), 1);
            assert_eq!(
                (issues[0].kind, issues[0].file.as_str(), issues[0].count),
                (IssueKind::LostZeros, "b.csv", 13)
            );
            assert_eq!(
                issues[0].message,
                "13 numbers are without the leading zeros that \"Child ID\" in a.csv has, and so agree with none of them; \
                 export the file again without opening it in a spreadsheet"
            );
        }
    }

    #[track_caller]
    fn check_unread(header: &str, value: &dyn Fn(usize) -> String, expected: &[&str]) {
        let table = table("a", &[("Surname", &|row| format!("Quill{row}")), (header, value)]);
        let plans = plan(&table, &[]).unwrap();
        let issues = unread(&table, "a.csv", &plans);
        let shown: Vec<String> = issues.iter().map(ToString::to_string).collect();
        assert_eq!(shown, expected, "{header}");
    }

    #[test]
    fn a_date_of_birth_or_a_number_that_cannot_be_read_as_one_is_always_told() {
        let iso = |row: usize| format!("2010-02-{:02}", 1 + row % 28);
        let or = |row: usize, other: &str| if row.is_multiple_of(4) { other.to_owned() } else { iso(row) };
        check_unread("Date of birth", &iso, &[]);
        let short = "shortened to the form Mar-12 by a spreadsheet, without the day or the year, and not read as dates; format \
                     the column as YYYY-MM-DD, or export the file again without a spreadsheet in between";
        let start = "warning[W056] a.csv: column \"Date of birth\":";
        check_unread(
            "Date of birth",
            &|row| format!("Mar-{:02}", 8 + row % 5),
            &[&format!("{start} 40 values are {short}")],
        );
        check_unread("Date of birth", &|row| or(row, "12-Sep"), &[&format!("{start} 10 values are {short}")]);
        let hashes = "####, which a spreadsheet writes where a column is too narrow; what stood there is lost: make the column \
                      wider, or export the file again without a spreadsheet in between";
        check_unread(
            "Date of birth",
            &|_| "########".to_owned(),
            &[&format!("{start} 40 values are {hashes}")],
        );
        check_unread(
            "Date of birth",
            &|row| or(row, "########"),
            &[&format!("{start} 10 values are {hashes}")],
        );
        check_unread(
            "Date of birth",
            &|row| format!("x{row}"),
            &[
                "warning[W056] a.csv: column \"Date of birth\": its header says date of birth, but its values are not and are \
               not used as that; look at them, and correct the export or the header",
            ],
        );
        check_unread(
            "UPN",
            &|row| format!("3.0{}E+11", row % 10),
            &[
                "warning[W056] a.csv: column \"UPN\": its header says UPN, but a spreadsheet has shortened the numbers to the \
               form 3.02E+11, and they are not compared; export the file again without opening it in a spreadsheet",
            ],
        );
        check_unread("Postcode", &|row| format!("NW{} 4EW", 1 + row % 9), &[]);
    }

    #[test]
    fn day_numbers_among_dates_are_read_as_dates_too() {
        let days = |row: usize| {
            if row.is_multiple_of(8) { (40_179 + row).to_string() } else { "2010-01-02".to_owned() }
        };
        let mut people = table("people", &[("Date of Birth", &days)]);
        let issues = read_day_numbers(&mut people, "people.csv", &[]);
        assert_eq!((issues.len(), issues[0].kind, issues[0].count), (1, IssueKind::SerialDate, 5));
        assert_eq!(people.columns[0].get(0), Some("2010-01-01"));
    }
}
