//! What says who a person is and stands at another place than the specification says.
//!
//! Parents, carers and workers have names, days of birth and postcodes too, and an element that nobody knows may be about
//! them. So such a value waits until the row ends: an element that stands there twice, or that says something else of the
//! person than the row itself does, is about somebody else, and nothing in it is taken.

use std::collections::BTreeMap;

/// Elements within a row that are remembered.
const MOST_WRAPPERS: usize = 1 << 12;
/// Values of one row that are compared with each other: a person has fewer in all shapes of a return.
const MOST_VALUES: usize = 64;
/// Of elements: words for people other than the one whom a return is about.
const PEOPLE: [&str; 22] = [
    "parent",
    "carer",
    "contact",
    "mother",
    "father",
    "guardian",
    "worker",
    "adopter",
    "sibling",
    "brother",
    "sister",
    "relative",
    "relation",
    "nextofkin",
    "next_of_kin",
    "household",
    "partner",
    "practitioner",
    "professional",
    "teacher",
    "staff",
    "manager",
];

/// Whether an element is called after other people.
pub(super) fn names_people(element: &str) -> bool {
    let element = element.to_ascii_lowercase();
    PEOPLE.iter().any(|word| element.contains(word))
}

/// A value that was found by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Index among the columns of the row's table.
    pub(super) column: usize,
    pub(super) value: String,
    /// Numbers of the names of the elements between the row and the value.
    way: Box<[u32]>,
}

/// Everything that was found by name within one row.
#[derive(Default)]
pub(super) struct FoundByName {
    values: Vec<Found>,
    /// There were more values than are kept.
    has_more: bool,
    /// Elements within the row that no path has and that hold others, with whether there are several of the kind.
    wrappers: BTreeMap<Box<[u32]>, bool>,
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    Kept,
    /// Its element has the same element before it.
    Repeated,
    /// The row has too many values for them to be of one person.
    OfOthers,
}

impl FoundByName {
    /// Takes a value: of several in one element, the first is kept, unless the column takes all.
    pub(super) fn add(&mut self, column: usize, value: &str, way: &[u32], takes_all: bool) -> Added {
        let is_full = self.values.len() == MOST_VALUES;
        let known = self.values.iter_mut().find(|known| known.column == column && *known.way == *way);
        match known {
            None if is_full => {
                self.has_more = true;
                return Added::OfOthers;
            }
            None => self.values.push(Found { column, value: value.to_owned(), way: way.into() }),
            Some(known) if takes_all => {
                known.value.push('|');
                known.value.push_str(value);
            }
            Some(_) => return Added::Repeated,
        }
        Added::Kept
    }

    /// An element that no path has and that holds others ends.
    pub(super) fn wrapper(&mut self, way: &[u32]) {
        if let Some(is_repeated) = self.wrappers.get_mut(way) {
            *is_repeated = true;
        } else if self.wrappers.len() < MOST_WRAPPERS {
            self.wrappers.insert(way.into(), false);
        }
    }

    /// The values that can only be of the person of the row, and those that may be of somebody else; `own` is what the row
    /// says at the place that the specification gives, where it says anything.
    pub(super) fn judged<'a>(self, own: impl Fn(usize) -> Option<&'a str>) -> (Vec<Found>, Vec<Found>) {
        let Self { values, has_more, wrappers } = self;
        if has_more {
            // one that was not kept may have shown that the others are of somebody else
            return (Vec::new(), values);
        }
        let mut of_others: Vec<&[u32]> =
            wrappers.iter().filter(|(_, is_repeated)| **is_repeated).map(|(way, _)| &**way).collect();
        for (at, found) in values.iter().enumerate() {
            if own(found.column).is_some_and(|own| own != found.value) {
                of_others.extend(found.way.get(..1));
            }
            let others = values[..at].iter().filter(|other| other.column == found.column);
            for other in others.filter(|other| other.value != found.value) {
                let shared = found.way.iter().zip(&other.way).take_while(|(one, other)| one == other).count();
                // of a value and one further within, the latter is about another person; of two apart, both may be
                of_others.extend([&found.way, &other.way].iter().filter_map(|way| way.get(..=shared)));
            }
        }
        let of_others: Vec<Box<[u32]>> = of_others.into_iter().map(Into::into).collect();
        values.into_iter().partition(|found| !of_others.iter().any(|way| found.way.starts_with(way)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns that are kept of values in elements, where the row itself says `own` in column 0.
    fn check(own: Option<&str>, wrappers: &[&[u32]], values: &[(usize, &str, &[u32])], expected: &[usize]) {
        let mut found = FoundByName::default();
        wrappers.iter().for_each(|way| found.wrapper(way));
        for (column, value, way) in values {
            found.add(*column, value, way, false);
        }
        let (kept, others) = found.judged(|column| own.filter(|_| column == 0));
        let columns: Vec<usize> = kept.iter().map(|found| found.column).collect();
        assert_eq!(columns, expected, "{others:?}");
        assert_eq!(kept.len() + others.len(), values.len());
    }

    #[test]
    fn an_element_goes_with_the_row_unless_something_in_it_shows_another_person() {
        let (details, spouse) = (&[7_u32][..], &[7_u32, 8][..]);
        check(None, &[details], &[(0, "Vane", details), (1, "2012", details)], &[0, 1]);
        check(Some("Vane"), &[details], &[(0, "Vane", details), (1, "2012", details)], &[0, 1]);
        check(Some("Quill"), &[details], &[(0, "Vane", details), (1, "1980", details)], &[]);
        // a name further within speaks against all that is in the element around it, as far as the row knows better
        check(Some("Quill"), &[spouse, details], &[(1, "1980", details), (0, "Vane", spouse)], &[]);
        // of the row itself, and of one element within another
        check(None, &[details], &[(0, "Quill", &[]), (0, "Vane", details), (1, "1980", details)], &[0]);
        check(
            None,
            &[spouse, details],
            &[(0, "Quill", details), (0, "Vane", spouse), (1, "1980", spouse)],
            &[0],
        );
        // two elements apart: nobody knows which
        check(None, &[&[7], &[9]], &[(0, "Quill", &[7]), (0, "Vane", &[9]), (1, "2012", &[7])], &[]);
        // one of a kind may be the person, of several none is
        check(None, &[details, details], &[(0, "Vane", details)], &[]);
        check(None, &[spouse, spouse, details], &[(0, "Vane", spouse), (1, "2012", details)], &[1]);
    }

    #[test]
    fn of_more_values_than_a_person_has_none_is_kept_and_they_take_no_time() {
        let check = |n: u32, expected: (usize, usize)| {
            let mut found = FoundByName::default();
            let ways = (0..n).map(|element| [element]);
            let added: Vec<Added> = ways.map(|way| found.add(0, "Vane", &way, false)).collect();
            let of_others = added.iter().filter(|added| **added == Added::OfOthers).count();
            let (kept, others) = found.judged(|_| None);
            assert_eq!((kept.len(), of_others + others.len()), expected);
        };
        let most = MOST_VALUES as u32;
        check(most, (MOST_VALUES, 0));
        check(most + 1, (0, MOST_VALUES + 1));
        check(200_000, (0, 200_000));
        let mut found = FoundByName::default();
        assert_eq!(found.add(0, "Vane", &[7], false), Added::Kept);
        assert_eq!(found.add(0, "Vane", &[7], false), Added::Repeated);
    }
}
