//! Keys that records may be blocked on, told apart and priced without making their pairs.

use crate::model::{BlockingKey, BlockingRule, EXPECTED_DATE_OF_BIRTH, LinkType, Part, is_of_former_numbers};
use crate::part::part_codes;
use crate::records::{Field, Records};
use plait_types::{NULL, Role};
use rayon::prelude::*;

/// One equality that a key may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Atom {
    /// Of a part of one field of both records.
    Same(usize, Part),
    /// Of one field of one record and another field of the other, whole.
    Crossed(usize, usize),
}

/// What all keys are made of, at most 64, read of some records.
pub(super) struct Atoms<'a> {
    records: &'a Records,
    all: Vec<Atom>,
    /// Per atom, a code per record, [`NULL`] where it has no such part.
    left: Vec<Vec<u32>>,
    /// The same of the other side, where it differs.
    right: Vec<Option<Vec<u32>>>,
}

/// A set of atoms, all of which must hold: one bit for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u64);

impl Key {
    pub(super) const NOTHING: Self = Self(0);

    /// Whether every pair of atoms that hold satisfies it.
    pub(super) fn holds_among(self, atoms: u64) -> bool {
        self.0 & atoms == self.0
    }

    /// Whether it asks for all that the other asks for.
    pub(super) fn contains(self, other: Self) -> bool {
        other.holds_among(self.0)
    }

    /// How many equalities it asks for.
    pub(super) fn len(self) -> u32 {
        self.0.count_ones()
    }

    fn atoms(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |atom| self.0 >> atom & 1 == 1)
    }
}

impl<'a> Atoms<'a> {
    pub(super) fn of(records: &'a Records) -> Self {
        let fields = &records.fields;
        let tells_home =
            |field: &Field| matches!(field.role, Role::Postcode | Role::Address | Role::AddressLine);
        // where nothing finer tells who may be who, the year of birth helps; where homes are known it brings brothers and sisters
        let asks_year = !fields.iter().any(tells_home);
        let of_field = |index: usize| {
            let year = Some(Part::Year).filter(|_| asks_year && is_birth(&fields[index]));
            parts_to_block_on(&fields[index])
                .iter()
                .copied()
                .chain(year)
                .map(move |part| Atom::Same(index, part))
        };
        let mut atoms: Vec<Atom> = (0..fields.len()).flat_map(of_field).collect();
        let of_role = |role| fields.iter().position(|field| field.role == role);
        // names that were written the wrong way round
        if let (Some(forename), Some(surname)) = (of_role(Role::Forename), of_role(Role::Surname)) {
            atoms.push(Atom::Crossed(forename, surname));
        }
        atoms.truncate(64);
        let codes = |field: usize, table: &[u32]| -> Vec<u32> {
            let part_of = |&code: &u32| if code == NULL { NULL } else { table[code as usize] };
            fields[field].codes.iter().map(part_of).collect()
        };
        let sides = |&atom: &Atom| match atom {
            Atom::Same(field, part) => (codes(field, &part_codes(&[(&fields[field], part)])[0]), None),
            Atom::Crossed(left, right) => {
                let whole = |field: usize| (&fields[field], Part::Whole);
                let tables = part_codes(&[whole(left), whole(right)]);
                (codes(left, &tables[0]), Some(codes(right, &tables[1])))
            }
        };
        let (left, right) = atoms.par_iter().map(sides).unzip();
        Self { records, all: atoms, left, right }
    }

    /// Keys of one atom more, of another field, each once.
    pub(super) fn longer(&self, key: Key) -> impl Iterator<Item = Key> {
        let last = key.atoms().last();
        let follows = move |atom: &usize| last.is_none_or(|last| self.field(last) < self.field(*atom));
        (0..self.all.len()).filter(follows).map(move |atom| Key(key.0 | 1 << atom))
    }

    /// The field that decides the place of an atom in a key.
    fn field(&self, atom: usize) -> usize {
        match self.all[atom] {
            Atom::Same(field, _) => field,
            // after all others
            Atom::Crossed(..) => self.records.fields.len(),
        }
    }

    /// The atoms that hold for a pair, one bit for each.
    pub(super) fn that_hold(&self, left: u32, right: u32) -> u64 {
        let (left, right) = (left as usize, right as usize);
        let same = |a: u32, b: u32| a != NULL && a == b;
        (0..self.all.len()).fold(0, |bits, atom| {
            let own = &self.left[atom];
            let holds = match &self.right[atom] {
                None => same(own[left], own[right]),
                Some(other) => same(own[left], other[right]) || same(own[right], other[left]),
            };
            bits | u64::from(holds) << atom
        })
    }

    pub(super) fn rule(&self, key: Key) -> BlockingRule {
        let name = |field: usize| self.records.fields[field].name.clone();
        let keys = key.atoms().map(|atom| match self.all[atom] {
            Atom::Same(field, part) => BlockingKey::same(name(field), part),
            Atom::Crossed(left, right) => {
                BlockingKey { left: (name(left), Part::Whole), right: (name(right), Part::Whole) }
            }
        });
        BlockingRule { keys: keys.collect() }
    }

    /// The pairs that a key makes. Where its sides differ, pairs that it makes both ways round count twice.
    pub(super) fn n_pairs(&self, key: Key, link_type: LinkType) -> u64 {
        let is_crossed = key.atoms().any(|atom| self.right[atom].is_some());
        let left = self.members(key, |atom| &self.left[atom]);
        let (all, within) = if is_crossed {
            let right = self.members(key, |atom| self.right[atom].as_ref().unwrap_or(&self.left[atom]));
            crossed(&left, &right)
        } else {
            equal(&left)
        };
        if link_type == LinkType::LinkOnly { all - within } else { all }
    }

    /// The records that have the key, as a number that stands for it and their source; in order.
    fn members<'s>(&'s self, key: Key, side: impl Fn(usize) -> &'s Vec<u32>) -> Vec<(u64, u32)> {
        let columns: Vec<&Vec<u32>> = key.atoms().map(side).collect();
        let mut members = Vec::new();
        for (index, source) in self.records.sources.iter().enumerate() {
            for record in source.start as usize..source.end as usize {
                if columns.iter().all(|codes| codes[record] != NULL) {
                    let mix = |mixed: u64, codes: &&Vec<u32>| {
                        (mixed ^ u64::from(codes[record])).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
                    };
                    members.push((columns.iter().fold(1, mix), index as u32));
                }
            }
        }
        members.sort_unstable();
        members
    }
}

/// Pairs of members with the same key, and how many of them are of one source.
fn equal(members: &[(u64, u32)]) -> (u64, u64) {
    let pairs = |n: usize| (n as u64) * (n as u64).saturating_sub(1) / 2;
    let (mut all, mut within) = (0, 0);
    for block in members.chunk_by(|a, b| a.0 == b.0) {
        all += pairs(block.len());
        within += block.chunk_by(|a, b| a.1 == b.1).map(|source| pairs(source.len())).sum::<u64>();
    }
    (all, within)
}

/// The same between two lists.
fn crossed(left: &[(u64, u32)], right: &[(u64, u32)]) -> (u64, u64) {
    let (mut all, mut within) = (0, 0);
    for block in left.chunk_by(|a, b| a.0 == b.0) {
        let key = block[0].0;
        let from = right.partition_point(|member| member.0 < key);
        let to = from + right[from..].partition_point(|member| member.0 == key);
        let others = &right[from..to];
        all += (block.len() * others.len()) as u64;
        let of_source = |source: u32| others.iter().filter(|other| other.1 == source).count() as u64;
        within += block.iter().map(|member| of_source(member.1)).sum::<u64>();
    }
    (all, within)
}

fn is_birth(field: &Field) -> bool {
    field.role == Role::DateOfBirth && field.name != EXPECTED_DATE_OF_BIRTH
}

/// The parts of a field that people's records may agree on where the whole does not.
fn parts_to_block_on(field: &Field) -> &'static [Part] {
    match field.role {
        _ if is_of_former_numbers(&field.name) || field.name == EXPECTED_DATE_OF_BIRTH => &[],
        Role::Forename | Role::PreferredForename => &[Part::Whole, Part::First(3), Part::Metaphone],
        Role::Surname | Role::FormerSurname => {
            &[Part::Whole, Part::First(3), Part::Metaphone, Part::LastWord]
        }
        Role::FullName => &[Part::Whole, Part::FirstWord, Part::LastWord],
        Role::DateOfBirth => &[Part::Whole, Part::YearMonth, Part::MonthDay, Part::YearDay],
        Role::Postcode => &[Part::Whole, Part::Sector, Part::First(3)],
        Role::Email => &[Part::Whole, Part::LocalPart],
        Role::Address | Role::AddressLine => &[Part::Whole, Part::LastWord],
        Role::Upn
        | Role::NhsNumber
        | Role::Uln
        | Role::Identifier
        | Role::Phone
        | Role::HouseNumber
        | Role::Town
        | Role::Sex
        | Role::School => &[Part::Whole],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocking::Blocks;
    use crate::fixture::{all_pairs, any_link_type, any_records, fixed};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(fixed(200))]

        #[test]
        fn a_key_is_priced_and_holds_as_its_rule_does(
            records in any_records(),
            link_type in any_link_type(),
            picks in prop::collection::vec(0usize..1_000, 3),
        ) {
            let atoms = Atoms::of(&records);
            let mut key = Key::NOTHING;
            for pick in picks {
                let longer: Vec<Key> = atoms.longer(key).collect();
                if longer.is_empty() {
                    break;
                }
                key = longer[pick % longer.len()];
                let blocks = Blocks::new(&records, &[atoms.rule(key)], link_type);
                let pairs = all_pairs(&records, link_type);
                let n_held = pairs.iter().filter(|pair| blocks.holds(0, pair.0, pair.1)).count() as u64;
                let is_crossed = key.atoms().any(|atom| matches!(atoms.all[atom], Atom::Crossed(..)));
                let told = atoms.n_pairs(key, link_type);
                if is_crossed {
                    // both ways round, and records whose two names are the same meet themselves
                    prop_assert!(told >= n_held, "{told} for {n_held}");
                } else {
                    prop_assert_eq!(told, n_held);
                }
                for (left, right) in pairs {
                    let holds = key.holds_among(atoms.that_hold(left, right));
                    if is_crossed {
                        prop_assert!(holds || !blocks.holds(0, left, right));
                    } else {
                        prop_assert_eq!(holds, blocks.holds(0, left, right));
                    }
                }
            }
        }
    }
}
