//! Columns compared row by row, with the functions that models compare with.

use plait_engine::similarity::{
    Gram, Nicknames, PackedDate, damerau_levenshtein, damerau_levenshtein_similarity, day_month_swapped,
    days_apart, dice, double_metaphone, half_of_double_barrelled, initials_agree, jaccard, jaro,
    jaro_winkler, levenshtein, levenshtein_similarity, monge_elkan, one_digit_different, osa, osa_similarity,
    same_spelling_family, soundex, token_cosine, token_subset, transposed, two_parts_equal,
};
use plait_engine::standardise::{Standardised, standardise};
use plait_formats::read::Rows;
use plait_types::{Column, DateOrder, Fault, FaultCode, NULL, PartialDate, Role, Values, grouped, nearest};
use rayon::prelude::*;

/// A figure for each row; `None` where either value is missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Figures {
    /// How alike the two are, 0..=1.
    Shares(Vec<Option<f64>>),
    /// Edits or days between them.
    Counts(Vec<Option<u32>>),
    /// Whether the one is so to the other.
    Truths(Vec<Option<bool>>),
}

/// What is asked of two values.
#[derive(Clone, Copy)]
enum Measure {
    /// Of text as it stands.
    Share(fn(&str, &str) -> f64),
    Edits(fn(&str, &str) -> usize),
    Text(fn(&str, &str) -> bool),
    /// Of names, standardised as those of records are.
    Names(fn(&str, &str) -> bool),
    /// Of dates, `2015-03-02`; anything else is missing.
    Days(fn(PackedDate, PackedDate) -> Option<u32>),
    Dates(fn(PackedDate, PackedDate) -> bool),
}

const MEASURES: [(&str, Measure); 23] = [
    ("jaro", Measure::Share(jaro)),
    ("jaro_winkler", Measure::Share(jaro_winkler)),
    ("levenshtein", Measure::Edits(levenshtein)),
    ("osa", Measure::Edits(osa)),
    ("damerau_levenshtein", Measure::Edits(damerau_levenshtein)),
    ("levenshtein_similarity", Measure::Share(levenshtein_similarity)),
    ("osa_similarity", Measure::Share(osa_similarity)),
    ("damerau_levenshtein_similarity", Measure::Share(damerau_levenshtein_similarity)),
    ("jaccard", Measure::Share(|left, right| jaccard(left, right, Gram::Bigram))),
    ("character_jaccard", Measure::Share(|left, right| jaccard(left, right, Gram::Character))),
    ("dice", Measure::Share(|left, right| dice(left, right, Gram::Bigram))),
    ("cosine", Measure::Share(token_cosine)),
    ("monge_elkan", Measure::Share(monge_elkan)),
    ("transposed", Measure::Text(transposed)),
    ("nickname", Measure::Names(|left, right| Nicknames::builtin().related(left, right))),
    ("initials", Measure::Names(initials_agree)),
    ("subset", Measure::Names(token_subset)),
    ("half_of_double_barrelled", Measure::Names(half_of_double_barrelled)),
    ("same_spelling_family", Measure::Names(same_spelling_family)),
    ("days_apart", Measure::Days(days_apart)),
    ("day_and_month_swapped", Measure::Dates(day_month_swapped)),
    ("one_digit_wrong", Measure::Dates(one_digit_different)),
    ("two_of_three_parts", Measure::Dates(two_parts_equal)),
];

/// The names of all measures.
pub fn measures() -> impl Iterator<Item = &'static str> {
    MEASURES.iter().map(|(name, _)| *name)
}

/// Compares two columns of one length row by row. Fails where there is no such measure, or the lengths differ.
pub fn compare(measure: &str, left: &Column, right: &Column) -> Result<Figures, Fault> {
    let (_, measure) = MEASURES.iter().find(|(name, _)| *name == measure).ok_or_else(|| {
        let todo = match nearest(measure, measures()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("use one of {}", measures().collect::<Vec<_>>().join(", ")),
        };
        Fault::new(FaultCode::BadOption, format!("there is no measure \"{measure}\""), todo)
    })?;
    if left.codes.len() != right.codes.len() {
        let [left, right] = [left, right].map(|column| grouped(column.codes.len() as u64));
        return Err(Fault::new(
            FaultCode::BadOption,
            format!("the two columns are not of one length: {left} and {right} values"),
            "give two columns of one table",
        )
        .because("they are compared row by row"));
    }
    Ok(match *measure {
        Measure::Share(of) => Figures::Shares(by_row(left, right, |l, r| of(texts(l)?, texts(r)?).into())),
        Measure::Edits(of) => {
            Figures::Counts(by_row(left, right, |l, r| u32::try_from(of(texts(l)?, texts(r)?)).ok()))
        }
        Measure::Text(of) => Figures::Truths(by_row(left, right, |l, r| of(texts(l)?, texts(r)?).into())),
        Measure::Names(of) => {
            let [left, right] = [left, right].map(|column| standardised(Role::Forename, column));
            Figures::Truths(by_row(&left, &right, |l, r| of(texts(l)?, texts(r)?).into()))
        }
        Measure::Days(of) => {
            let dates = [left, right].map(dates);
            let date = |side: usize, value: Value<'_>| dates[side][value?.1 as usize];
            Figures::Counts(by_row(left, right, |l, r| of(date(0, l)?, date(1, r)?)))
        }
        Measure::Dates(of) => {
            let dates = [left, right].map(dates);
            let date = |side: usize, value: Value<'_>| dates[side][value?.1 as usize];
            Figures::Truths(by_row(left, right, |l, r| of(date(0, l)?, date(1, r)?).into()))
        }
    })
}

/// A value and its code.
type Value<'a> = Option<(&'a str, u32)>;

fn texts(value: Value<'_>) -> Option<&str> {
    value.map(|(text, _)| text)
}

fn by_row<T: Send>(
    left: &Column,
    right: &Column,
    figure: impl Fn(Value<'_>, Value<'_>) -> Option<T> + Sync,
) -> Vec<Option<T>> {
    (0..left.codes.len())
        .into_par_iter()
        .map(|row| figure(value_of(left, row), value_of(right, row)))
        .collect()
}

fn value_of(column: &Column, row: usize) -> Value<'_> {
    match column.codes[row] {
        NULL => None,
        code => Some((column.values.get(code), code)),
    }
}

/// Per code, the date that it is.
fn dates(column: &Column) -> Vec<Option<PackedDate>> {
    let date = |text: &str| {
        let date = PartialDate::parse(text, DateOrder::YearMonthDay)?;
        Some(PackedDate::new(date.year, date.month.unwrap_or(0), date.day.unwrap_or(0)))
    };
    column.values.iter().map(date).collect()
}

/// The Soundex codes of names; `None` of one without a Latin letter.
pub fn soundex_codes(names: &Column) -> Vec<Option<String>> {
    codes(names, soundex)
}

/// The primary Double Metaphone codes of names; `None` of one without a Latin letter.
pub fn metaphone_codes(names: &Column) -> Vec<Option<String>> {
    codes(names, |name| double_metaphone(name).primary)
}

fn codes(names: &Column, code: impl Fn(&str) -> String) -> Vec<Option<String>> {
    let names = standardised(Role::Forename, names);
    let of_value: Vec<String> = names.values.iter().map(code).collect();
    let code = |&at: &u32| of_value.get(at as usize).filter(|code| !code.is_empty()).cloned();
    names.codes.iter().map(code).collect()
}

/// A column as records hold one of this role: what is compared and counted. What cannot be read as such, and what stands for
/// "not known", is missing.
pub fn standardised(role: Role, column: &Column) -> Column {
    let mut values = Values::default();
    let mut buffer = String::new();
    let of_value: Vec<u32> = column
        .values
        .iter()
        .map(|raw| match standardise(role, raw, DateOrder::YearMonthDay, &mut buffer) {
            Standardised::Text(text) if !text.is_empty() => {
                values.push(text);
                values.len() as u32 - 1
            }
            _ => NULL,
        })
        .collect();
    let codes = column.codes.iter().map(|&code| of_value.get(code as usize).copied().unwrap_or(NULL));
    Column { name: column.name.clone(), codes: codes.collect(), values }
}

/// The only column of rows in memory, text or what can be read as text. Fails where its type holds no single values.
pub fn column_of(rows: &Rows, called: &str) -> Result<Column, Fault> {
    // the only column makes one fault at most
    rows.refuse_unusable(called).map_err(|mut faults| faults.swap_remove(0))?;
    if rows.n_rows() == 0 {
        return Ok(Column { name: called.to_owned(), codes: Vec::new(), values: Values::default() });
    }
    Ok(rows.read(called)?.table.columns.swap_remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[Option<&str>]) -> Column {
        Column::from_rows("values", values.iter().copied())
    }

    fn one(measure: &str, left: &str, right: &str) -> Figures {
        compare(measure, &column(&[Some(left)]), &column(&[Some(right)])).expect("there is such a measure")
    }

    #[test]
    fn rows_are_compared_with_the_functions_of_models_and_missing_values_say_nothing() {
        let left = column(&[Some("martha"), None, Some("dwayne"), Some("x")]);
        let right = column(&[Some("marhta"), Some("a"), Some("duane"), None]);
        let figures = compare("jaro_winkler", &left, &right);
        let expected =
            vec![Some(jaro_winkler("martha", "marhta")), None, Some(jaro_winkler("dwayne", "duane")), None];
        assert_eq!(figures, Ok(Figures::Shares(expected)));
        assert_eq!(one("levenshtein", "kitten", "sitting"), Figures::Counts(vec![Some(3)]));
    }

    #[test]
    fn names_are_standardised_before_it_is_asked_what_they_are_to_each_other() {
        assert_eq!(one("nickname", "BILL", "William"), Figures::Truths(vec![Some(true)]));
        assert_eq!(one("nickname", "Bill", "Robert"), Figures::Truths(vec![Some(false)]));
        let codes = soundex_codes(&column(&[Some("Robert"), Some("RUPERT"), None]));
        assert_eq!(codes, [Some("R163".to_owned()), Some("R163".to_owned()), None]);
        assert_eq!(
            metaphone_codes(&column(&[Some("Smith"), Some("李"), Some("?")])),
            ["SM0", "L", ""].map(|code| Some(code.to_owned()).filter(|code| !code.is_empty()))
        );
    }

    #[test]
    fn dates_are_compared_as_dates_and_what_is_none_is_missing() {
        assert_eq!(one("days_apart", "2015-03-02", "2015-02-27"), Figures::Counts(vec![Some(3)]));
        assert_eq!(
            one("day_and_month_swapped", "2015-03-02", "2015-02-03"),
            Figures::Truths(vec![Some(true)])
        );
        assert_eq!(one("days_apart", "soon", "2015-02-27"), Figures::Counts(vec![None]));
    }

    #[test]
    fn columns_of_two_lengths_and_unknown_measures_are_refused() {
        let fault = compare("jaro", &column(&[Some("a")]), &column(&[])).expect_err("refused");
        assert_eq!((fault.code, fault.what.contains("1 and 0 values")), (FaultCode::BadOption, true));
        let fault = compare("jaro_winkle", &column(&[]), &column(&[])).expect_err("refused");
        assert!(fault.todo.contains("jaro_winkler"), "{}", fault.todo);
    }

    #[test]
    fn every_measure_is_named_once() {
        let mut names: Vec<&str> = measures().collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), MEASURES.len());
    }
}
