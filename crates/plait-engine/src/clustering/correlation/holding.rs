//! Which records hold nothing that another one does not hold as well.

use crate::automatic::is_compared;
use crate::records::Records;
use plait_types::{NULL, Role};

/// What records hold that tells people apart.
pub(super) struct Holding<'a> {
    /// Codes of each field.
    fields: Vec<&'a [u32]>,
}

impl<'a> Holding<'a> {
    pub(super) fn of(records: &'a Records) -> Self {
        let tells = |role| is_compared(role) && role != Role::Source;
        let fields = records.fields.iter().filter(|field| tells(field.role));
        Self { fields: fields.map(|field| field.codes.as_slice()).collect() }
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
    use crate::fixture::records;

    #[test]
    fn a_record_with_less_of_the_same_holds_no_more_and_payload_does_not_count() {
        let column =
            |values: [&str; 4]| values.map(|text| (!text.is_empty()).then(|| text.to_owned())).to_vec();
        let records = records(
            &[2, 2],
            &[
                ("forename", Role::Forename, column(["ada", "", "ada", "bo"])),
                ("surname", Role::Surname, column(["vane", "vane", "vane", "vane"])),
                ("ethnicity", Role::Ethnicity, column(["WBRI", "WIRI", "", "WBRI"])),
            ],
        );
        let holding = Holding::of(&records);
        let within = |record| (0..4).map(|other| holding.is_within(record, other)).collect::<Vec<_>>();
        assert_eq!(within(0), [true, false, true, false]);
        assert_eq!(within(1), [true; 4]);
        assert_eq!(within(3), [false, false, false, true]);
        assert!(!Holding { fields: Vec::new() }.is_within(0, 1), "who holds nothing is told by nobody");
    }
}
