//! What may be said of headers: where the header row is missing, the first person stands in its place and must
//! not be printed.

use super::evidence::{is_email, read_date};
use plait_types::identifier::{NhsNumber, Postcode, Upn};
use plait_types::{Fault, FaultCode, nearest};

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
    Err(Fault::new(FaultCode::NoUsableColumn, format!("{file} has no row of headers"), ADD_HEADERS)
        .because(HEADERLESS))
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
