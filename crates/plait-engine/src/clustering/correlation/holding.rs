//! Which records hold nothing that another one does not hold as well.

use crate::records::{Field, Records};
use plait_types::{NULL, Role};

/// What records hold of what is compared.
pub(in super::super) struct Holding<'a> {
    /// Codes of each field.
    fields: Vec<&'a [u32]>,
    /// Where the sources of records are compared.
    sources: Option<&'a [u32]>,
}

impl<'a> Holding<'a> {
    /// Of the fields of these names.
    pub(in super::super) fn of(records: &'a Records, compared: &[String]) -> Self {
        let (sources, fields): (Vec<_>, Vec<_>) = records
            .fields
            .iter()
            .filter(|field| compared.contains(&field.name))
            .partition(|field| field.role == Role::Source);
        let codes = |fields: Vec<&'a Field>| fields.into_iter().map(|field| &field.codes[..]);
        Self { fields: codes(fields).collect(), sources: codes(sources).next() }
    }

    /// Whether two records come from one source, and that is compared.
    pub(super) fn are_of_one_source(&self, record: u32, other: u32) -> bool {
        self.sources.is_some_and(|sources| sources[record as usize] == sources[other as usize])
    }

    /// Whether a record holds something, and each value is that of the other one.
    pub(super) fn is_within(&self, record: u32, other: u32) -> bool {
        let (record, other) = (record as usize, other as usize);
        let mut held = self.fields.iter().filter(|codes| codes[record] != NULL).peekable();
        held.peek().is_some() && held.all(|codes| codes[record] == codes[other])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{column, records};

    #[test]
    fn a_record_with_less_of_the_same_holds_no_more_and_payload_does_not_count() {
        let records = records(
            &[2, 2],
            &[
                ("forename", Role::Forename, column(&["ada", "", "ada", "bo"])),
                ("surname", Role::Surname, column(&["vane", "vane", "vane", "vane"])),
                ("ethnicity", Role::Ethnicity, column(&["WBRI", "WIRI", "", "WBRI"])),
                ("source_of_record", Role::Source, column(&["a", "a", "b", "b"])),
            ],
        );
        let holding = Holding::of(&records, &["forename", "surname", "source_of_record"].map(str::to_owned));
        let within = |record| (0..4).map(|other| holding.is_within(record, other)).collect::<Vec<_>>();
        assert_eq!(within(0), [true, false, true, false]);
        assert_eq!(within(1), [true; 4]);
        assert_eq!(within(3), [false, false, false, true]);
        assert!(holding.are_of_one_source(0, 1) && !holding.are_of_one_source(1, 2));
        let nothing = Holding::of(&records, &[]);
        assert!(!nothing.is_within(0, 1) && !nothing.are_of_one_source(0, 1));
    }
}
