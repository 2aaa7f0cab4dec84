//! What may be said of headers: where the header row is missing, the first person stands in its place and must
//! not be printed.

use super::evidence::{
    COMMON_NAMES, Evidence, is_common_forename, is_common_surname, is_email, is_name_like, read_date,
};
use super::header::{self, Meaning};
use plait_types::identifier::{NhsNumber, Postcode, Upn};
use plait_types::{Column, Fault, FaultCode, Table, nearest};
use std::collections::BTreeSet;

const HEADERLESS: &str = "the first row holds values, not headers";
const ADD_HEADERS: &str = "add a row of headers above the first record";

/// The headers of a table as the reason of a fault: `it has: forename, surname`, the first twelve and how many
/// more there are; or, where one of them looks like a value, that the first row holds values.
pub fn header_list<'a>(headers: impl IntoIterator<Item = &'a str>) -> String {
    let headers: Vec<&str> = headers.into_iter().collect();
    if has_values(&headers) { HEADERLESS.to_owned() } else { format!("it has: {}", listed(&headers)) }
}

/// The fault of a name that is no header; `what` is its first sentence. Suggests the header that was meant, and
/// shows no header where [`header_list`] would not.
pub fn unknown_column<'a>(
    what: impl Into<String>,
    name: &str,
    headers: impl IntoIterator<Item = &'a str>,
) -> Fault {
    let headers: Vec<&str> = headers.into_iter().collect();
    let todo = match nearest(name, headers.iter().copied()) {
        _ if has_values(&headers) => ADD_HEADERS.to_owned(),
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => "give the header exactly as it stands in the file".to_owned(),
    };
    Fault::new(FaultCode::UnknownColumn, what, todo).because(header_list(headers))
}

/// Refuses a file of whose headers two or more have a shape that no header has. Dates count once between them: a
/// register may have a column for every day.
pub(crate) fn refuse_values(file: &str, headers: &[String]) -> Result<(), Fault> {
    let dates = headers.iter().filter(|header| is_day(header)).count().min(1);
    if dates + headers.iter().filter(|header| is_identifying(header)).count() < 2 {
        return Ok(());
    }
    Err(no_headers(file))
}

/// Refuses a table whose first row is a person's: among its headers are more values of the kind that their columns hold
/// than headers that say something. Values are dates, names, long numbers and what has the shape of an identifier; they
/// count once for each kind, since a register may have a column for every day.
pub(crate) fn refuse_first_person(file: &str, table: &Table) -> Result<(), Fault> {
    let says = |column: &&Column| header::meaning(&column.name) != Meaning::Nothing;
    let is = |of: fn(&Column) -> bool| usize::from(table.columns.iter().any(of));
    let values = is(is_day_above_days)
        + is(is_name_above_names)
        + is(is_number_above_numbers)
        + is(is_identifier_above_identifiers);
    if values > table.columns.iter().filter(says).count() { Err(no_headers(file)) } else { Ok(()) }
}

/// How many headers say something, each once.
pub(crate) fn telling_headers(headers: &[String]) -> usize {
    let says: BTreeSet<&String> =
        headers.iter().filter(|header| header::meaning(header) != Meaning::Nothing).collect();
    says.len()
}

/// Whether nothing that is known is among some headers, so that they may be the values of the first person.
pub(crate) fn may_be_values(headers: &[String]) -> bool {
    has_values(&headers.iter().map(String::as_str).collect::<Vec<_>>())
        || headers.iter().all(|header| header::meaning(header) == Meaning::Nothing)
}

fn no_headers(file: &str) -> Fault {
    Fault::new(FaultCode::NoUsableColumn, format!("{file} has no row of headers"), ADD_HEADERS)
        .because(HEADERLESS)
}

/// A common name, or one that is also below, as the header of a column in which names are common.
fn is_name_above_names(column: &Column) -> bool {
    let name = &column.name;
    if !is_name_like(name) || header::meaning(name) != Meaning::Nothing {
        return false;
    }
    let lower = name.to_lowercase();
    let mut words = lower.split([' ', '-', ',']).filter(|word| !word.is_empty());
    let is_name = words.any(|word| is_common_forename(word) || is_common_surname(word))
        || column.values.iter().any(|value| value == name);
    let e = Evidence::of(column);
    let common = e.common_forenames.max(e.common_surnames);
    is_name
        && e.share(e.name_like) >= 0.8
        && (e.share(common) >= COMMON_NAMES || e.several_words * 2 >= e.rows)
}

fn is_day_above_days(column: &Column) -> bool {
    is_day(&column.name) && {
        let e = Evidence::of(column);
        e.share(e.whole_dates) >= 0.5
    }
}

fn is_identifier_above_identifiers(column: &Column) -> bool {
    is_identifying(&column.name) && {
        let e = Evidence::of(column);
        e.share(e.postcodes + e.nhs_numbers + e.upns + e.emails) >= 0.3
    }
}

/// Digits that no year and no running number has, above others.
fn is_number_above_numbers(column: &Column) -> bool {
    let name = &column.name;
    name.len() >= 5 && name.bytes().all(|byte| byte.is_ascii_digit()) && {
        let e = Evidence::of(column);
        e.share(e.numbers) >= 0.9
    }
}

/// The fault of a table none of whose columns says who a record is about; `seen` are its headers, each with what
/// it is taken to mean.
pub(super) fn no_usable_column(table: &str, headers: &[&str], seen: &[&str]) -> Fault {
    let what = format!("no column of {table} says who a record is about");
    if has_values(headers) {
        return Fault::new(FaultCode::NoUsableColumn, what, ADD_HEADERS).because(HEADERLESS);
    }
    Fault::new(
        FaultCode::NoUsableColumn,
        what,
        "give at least one column a role such as forename, surname, date_of_birth, postcode, upn or nhs_number",
    )
    .because(format!("it has: {}", listed(seen)))
}

fn has_values(headers: &[&str]) -> bool {
    headers.iter().any(|header| looks_like_a_value(header))
}

/// Also true of some headers, such as years: enough to print none, too little to refuse the file.
fn looks_like_a_value(header: &str) -> bool {
    let digits = header.bytes().filter(u8::is_ascii_digit).count();
    is_identifying(header)
        || is_day(header)
        || header.contains('@')
        || (digits >= 4 && digits * 2 >= header.len())
}

fn is_identifying(header: &str) -> bool {
    NhsNumber::parse(header).is_some()
        || Upn::parse(header).is_some()
        || Postcode::parse(header).is_some()
        || is_email(header)
}

fn is_day(header: &str) -> bool {
    read_date(header).is_some_and(|date| date.day.is_some())
}

/// The first twelve of a list, and how many more there are.
fn listed(items: &[&str]) -> String {
    const SHOWN: usize = 12;
    let shown = items[..items.len().min(SHOWN)].join(", ");
    if items.len() > SHOWN { format!("{shown} and {} more", items.len() - SHOWN) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_headers_is_short_and_holds_no_value() {
        assert_eq!(header_list(["forename", "dob", "n1"]), "it has: forename, dob, n1");
        assert!(header_list(["column"; 15]).ends_with(" and 3 more"));
        for value in ["NW9 4EW", "9990000018", "zora@example.org", "23 August 2011", "07700 900123"] {
            assert_eq!(header_list(["Quill", value]), HEADERLESS, "{value}");
        }
    }

    #[test]
    fn a_name_near_to_a_value_of_the_first_row_is_not_completed() {
        let fault = unknown_column("column \"surnam\" is not in t", "surnam", ["Surman", "NW9 4EW"]);
        assert_eq!((fault.todo.as_str(), fault.why.as_deref()), (ADD_HEADERS, Some(HEADERLESS)));
        let fault = unknown_column("column \"surnam\" is not in t", "surnam", ["surname", "postcode"]);
        assert_eq!(fault.todo, "did you mean \"surname\"?");
    }

    #[track_caller]
    fn check_table(header: &[&str], rows: &[&[&str]], refused: bool) {
        let column =
            |(at, name): (usize, &&str)| Column::from_rows(*name, rows.iter().map(|row| Some(row[at])));
        let table = Table {
            name: "a".to_owned(),
            columns: header.iter().enumerate().map(column).collect(),
            n_rows: rows.len(),
        };
        assert_eq!(refuse_first_person("a.csv", &table).is_err(), refused, "{header:?}");
    }

    #[test]
    fn a_first_person_in_the_place_of_the_headers_is_refused() {
        let names: &[&[&str]] =
            &[&["Khan", "Zoe", "Poole"], &["Brown", "Oliver", "Poole"], &["Smith", "Amy", "Poole"]];
        check_table(&["Jones", "Zoe", "Poole"], names, true);
        check_table(&["Quill", "Zoe", "Poole"], names, true);
        check_table(&["Nom", "Pr\u{e9}nom", "Ville"], names, false);
        check_table(&["Quill", "Zora", "25/07/2012"], &[&["Khan", "Zoe", "16/10/2012"]], true);
        check_table(&["Ward", "forename", "dob"], &[&["Khan", "Zoe", "16/10/2012"]], false);
        check_table(&["Amelia Smith"], &[&["Zoe Smith"], &["Mohammed Khan"]], true);
        check_table(&["Child A", "12345"], &[&["a", "23456"], &["b", "34567"]], true);
        check_table(&["2019", "2020"], &[&["12345", "23456"]], false);
        check_table(&["name", "2025-09-01", "2025-09-02"], &[&["Zoe Smith", "/", "L"]], false);
        check_table(&["Measure", "2025-09-01", "2025-10-01"], &[&["absent", "12", "14"]], false);
        check_table(&["NW9 4EW", "B8 0LF"], &[&["12", "3"]], false);
        check_table(&["Mark", "Ward"], &[&["12", "3"], &["14", "4"]], false);
    }

    #[track_caller]
    fn check(headers: [&str; 4], refused: bool) {
        let fault = refuse_values("a.csv", &headers.map(str::to_owned)).err();
        assert_eq!(fault.is_some(), refused, "{headers:?}");
        if let Some(fault) = fault {
            assert_eq!(
                fault.to_string(),
                "error[E010] a.csv has no row of headers\n  why: the first row holds values, not headers\n  \
                 do:  add a row of headers above the first record"
            );
        }
    }

    #[test]
    fn a_first_row_of_values_is_refused_and_not_printed() {
        check(["Zora", "Quill", "23/04/2011", "NW9 4EW"], true);
        check(["Zora", "Quill", "2011-04-23 00:00:00", "9990000018"], true);
        check(["Zora", "Quill", "A950000178301", "zora@example.org"], true);
    }

    #[test]
    fn headers_that_only_resemble_values_are_kept() {
        check(["forename", "surname", "postcode", "2011-04-23"], false);
        check(["name", "2025-09-01", "2025-09-02", "2025-09-03"], false);
        check(["2019", "2019-20", "2019/2020", "2021-04"], false);
        check(["col1", "e-mail @ home", "12345678", "20110423"], false);
    }
}
