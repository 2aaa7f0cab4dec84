//! Full names written "surname, forename", which are compared far better as the two that they are.

use super::evidence::{Evidence, is_name_like};
use super::header::{self, Meaning};
use plait_types::{Column, NULL, Role, Table};

/// Share of the values that are written so.
const MOST: f64 = 0.9;

/// Puts two columns, such as `Student (surname)` and `Student (forename)`, in the place of one whose header says the person
/// or the name and whose values are a surname, a comma and forenames. Not where the table has a column of surnames or
/// forenames besides, and not where the user gave the column a role: `given` are the roles that the user gave.
pub fn split_full_names(table: &mut Table, given: &[(String, Role)]) {
    let says = |column: &Column, role| header::meaning(&column.name) == Meaning::Is(role);
    if table.columns.iter().any(|column| says(column, Role::Surname) || says(column, Role::Forename)) {
        return;
    }
    let is_full = |column: &Column| {
        matches!(header::meaning(&column.name), Meaning::Is(Role::FullName) | Meaning::PersonId)
            && !given.iter().any(|(name, _)| *name == column.name)
            && are_surname_first(column)
    };
    let Some(at) = table.columns.iter().position(is_full) else { return };
    let name = |part: &str| format!("{} ({part})", table.columns[at].name);
    let names = [name("surname"), name("forename")];
    if table.columns.iter().any(|column| names.contains(&column.name)) {
        return;
    }
    let full = table.columns.remove(at);
    let (surnames, forenames): (Vec<_>, Vec<_>) = full.values.iter().map(parts).unzip();
    let column = |name: String, values: &[Option<&str>]| {
        let cell = |&code: &u32| if code == NULL { None } else { values[code as usize] };
        Column::from_rows(name, full.codes.iter().map(cell))
    };
    let [surname, forename] = names;
    let (surnames, forenames) = (column(surname, &surnames), column(forename, &forenames));
    table.columns.splice(at..at, [surnames, forenames]);
}

fn are_surname_first(column: &Column) -> bool {
    let evidence = Evidence::of(column);
    if evidence.rows == 0 || evidence.share(evidence.name_like) < MOST {
        return false;
    }
    let (mut so, mut all) = (0_usize, 0_usize);
    for value in column.values.iter() {
        all += 1;
        so += usize::from(surname_first(value).is_some());
    }
    so as f64 >= MOST * all as f64
}

/// Surname and forenames of a name with one comma between them.
pub(crate) fn surname_first(value: &str) -> Option<(&str, &str)> {
    let (surname, forename) = value.split_once(',')?;
    let are_names = is_name_like(surname) && is_name_like(forename) && !forename.contains(',');
    are_names.then_some((surname.trim(), forename.trim()))
}

/// Surname and forenames of one value; of one without a comma the last word is the surname.
fn parts(value: &str) -> (Option<&str>, Option<&str>) {
    let filled = |text: &'_ str| !text.is_empty();
    let (surname, forename) = match value.split_once(',') {
        Some((surname, forename)) => (surname.trim(), forename.trim()),
        None => match value.trim().rsplit_once(' ') {
            Some((forename, surname)) => (surname, forename.trim()),
            None => (value.trim(), ""),
        },
    };
    (Some(surname).filter(|text| filled(text)), Some(forename).filter(|text| filled(text)))
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    fn table(header: &str, names: &[&str]) -> Table {
        Table {
            name: "a".to_owned(),
            columns: vec![Column::from_rows(header, names.iter().map(|name| Some(*name)))],
            n_rows: names.len(),
        }
    }

    #[test]
    fn a_name_with_a_comma_is_a_surname_and_forenames() {
        for header in ["Student", "Pupil", "Child", "Name"] {
            let mut people = table(header, &["Quill, Zora", "O'Dell, Ann Marie", "Quill, Zora"]);
            split_full_names(&mut people, &[]);
            let shown: Vec<(&str, Option<&str>)> =
                people.columns.iter().map(|column| (column.name.as_str(), column.get(1))).collect();
            let [surname, forename] = ["surname", "forename"].map(|part| format!("{header} ({part})"));
            assert_eq!(shown, [(&*surname, Some("O'Dell")), (&*forename, Some("Ann Marie"))]);
            let roles: Vec<Role> = plan(&people, &[]).unwrap().iter().map(|plan| plan.role).collect();
            assert_eq!(roles, [Role::Surname, Role::Forename]);
        }
    }

    #[test]
    fn other_names_and_columns_with_a_role_stay_as_they_are() {
        let mut people = table("Student", &["Zora Quill", "Ann O'Dell"]);
        split_full_names(&mut people, &[]);
        assert_eq!(people.columns.len(), 1);
        let mut people = table("Student", &["Quill, Zora", "O'Dell, Ann"]);
        split_full_names(&mut people, &[("Student".to_owned(), Role::FullName)]);
        assert_eq!(people.columns.len(), 1);
        people.columns.push(Column::from_rows("Surname", [Some("Quill"), Some("O'Dell")]));
        split_full_names(&mut people, &[]);
        assert_eq!(people.columns.len(), 2);
    }
}
