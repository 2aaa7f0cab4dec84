//! Ids that a local authority gives to children, kept apart by authority: two authorities use the same numbers.

use crate::source::Opened;
use plait_engine::explanation::Explanation;
use plait_engine::model::{FORMER_LA_CHILD_ID, LA_CHILD_ID, field_words};
use plait_types::{Column, Role, Values};

/// Where the sources are of several authorities, puts its authority before every child id that is compared, so that ids
/// agree within one authority only. A source that does not say its authority is then one by itself. Names of records
/// are taken before, so that outputs have the ids as they are in the files.
pub(crate) fn keep_child_ids_apart(sources: &mut [Opened]) {
    if !are_of_several(sources) {
        return;
    }
    for source in sources {
        let marks = match &source.authority {
            Some(authority) => mark(authority),
            None => mark(&source.table.name),
        };
        for plan in source.plans.iter().filter(|plan| is_child_id(&plan.name, plan.role)) {
            let column = &mut source.table.columns[plan.column];
            *column = marked(column, &marks);
        }
    }
}

/// Takes the authorities out of an explanation again.
pub(crate) fn as_in_the_files(mut explanation: Explanation) -> Explanation {
    for term in
        explanation.terms.iter_mut().filter(|term| term.title.eq_ignore_ascii_case(field_words(LA_CHILD_ID)))
    {
        for value in [&mut term.left, &mut term.right].into_iter().flatten() {
            if let Some((_, id)) = value.split_once(MARK) {
                *value = id.to_owned();
            }
        }
    }
    explanation
}

fn are_of_several(sources: &[Opened]) -> bool {
    let mut authorities = sources.iter().filter_map(|source| source.authority.as_ref());
    let first = authorities.next();
    authorities.any(|other| Some(other) != first)
}

fn is_child_id(header: &str, role: Role) -> bool {
    let is = |name: &str| header.trim().eq_ignore_ascii_case(name);
    role == Role::Identifier && (is(LA_CHILD_ID) || is(FORMER_LA_CHILD_ID))
}

/// A letter, so that standardising keeps it, that no id and no authority has.
const MARK: char = 'Ж';

/// Every character three times: a comparison forgives two edits, and ids of two authorities are to be further apart.
fn mark(authority: &str) -> String {
    let characters = authority.chars().filter(|character| character.is_alphanumeric());
    characters.flat_map(|character| [character; 3]).chain([MARK]).collect()
}

fn marked(column: &Column, marks: &str) -> Column {
    let mut values = Values::default();
    // what stands for "missing" is to be known as such still
    let is_value = |value: &str| value.chars().any(char::is_alphanumeric);
    for value in column.values.iter() {
        let value = value.trim();
        let is_placeholder = plait_types::placeholder::is_placeholder(Role::Identifier, value);
        let marks = if is_value(value) && !is_placeholder { marks } else { "" };
        values.push(&format!("{marks}{value}"));
    }
    Column { name: column.name.clone(), codes: column.codes.clone(), values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceSpec, open};
    use plait_engine::progress::Silent;
    use plait_engine::records::Records;
    use plait_types::NULL;

    /// Two files of child ids, of the authorities that are given; whether any record of one shares an id with the other.
    #[track_caller]
    fn check(authorities: [Option<&str>; 2], shared: bool) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let specs = ["first", "second"].map(|name| {
            let path = folder.path().join(format!("{name}.csv"));
            std::fs::write(&path, "la_child_id,dob\n00123,2012-04-05\n7741,2014-11-30\n,2013-02-01\n")
                .expect("written");
            SourceSpec::at(path)
        });
        let roles = [(LA_CHILD_ID.to_owned(), Role::Identifier)];
        let Ok(mut opened) = open(&specs, &roles, &Silent) else { panic!("readable") };
        for (source, authority) in opened.iter_mut().zip(authorities) {
            source.authority = authority.map(str::to_owned);
        }
        let names: Vec<String> =
            opened.iter().map(|source| source.record_names().get(0).into_owned()).collect();
        keep_child_ids_apart(&mut opened);
        let records = Records::new(opened.into_iter().map(|source| source.into_input(None)).collect());
        let field = &records.fields[records.field(LA_CHILD_ID).expect("it is there")];
        for row in 0..2 {
            assert_eq!(field.codes[row] == field.codes[row + 3], shared, "{authorities:?}");
        }
        assert_eq!((field.codes[2], field.codes[5]), (NULL, NULL), "nothing recorded stays nothing");
        assert_eq!(names, ["1", "1"]);
        if !shared {
            let apart =
                plait_engine::similarity::osa(field.get(0).expect("an id"), field.get(3).expect("an id"));
            assert!(apart > 2, "{apart}");
        }
    }

    #[test]
    fn ids_of_one_authority_are_compared_and_of_two_are_not() {
        check([None, None], true);
        check([Some("302"), Some("302")], true);
        check([Some("302"), None], true);
        check([Some("302"), Some("303")], false);
        check([Some("302"), Some("023")], false);
    }
}
