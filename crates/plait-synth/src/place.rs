//! An invented borough: postcodes of an area that does not exist, streets, towns and schools.

use crate::random::{Random, Weighted};

/// The postcode areas of the borough and of its neighbours. No such areas exist.
pub(crate) const AREAS: [&str; 2] = ["PX", "PY"];

/// Inward codes per outward code: ten sectors times 20 x 20 letters.
const INWARD: usize = 4_000;
const INWARD_LETTERS: &[u8; 20] = b"ABDEFGHJLNPQRSTUWXYZ";
const OUTWARD_LIMIT: usize = 99;

/// Families with children per postcode, on average: with the neighbours without, some 25 people.
const FAMILIES_PER_POSTCODE: usize = 4;

const TOWNS: [&str; 24] = [
    "Wrenford",
    "Aldermere",
    "Braystow",
    "Coldwick",
    "Dunholme Cross",
    "Eastry Green",
    "Fennacre",
    "Gatesbury",
    "Hollowfield",
    "Ingleham",
    "Kestrel Hill",
    "Larkbridge",
    "Mossgrove",
    "Netherwyke",
    "Oakenshaw Vale",
    "Pebblecombe",
    "Quarrendale",
    "Ravenscote",
    "Saltersgate",
    "Thistleton Park",
    "Underbank",
    "Vexley",
    "Willowmere",
    "Yarrowby",
];

const STREET_WORDS: &str = "Station High Church Victoria Park Mill Albert Queen King School Manor Green Grange \
    North South East West Chapel Springfield Windsor New Richmond Stanley Alexandra Highfield Hill Bridge York \
    Beech Oak Ash Elm Willow Cedar Chestnut Hawthorn Hazel Holly Laurel Lime Maple Poplar Rowan Sycamore Orchard \
    Meadow Brook River Lake Forest Wood Copse Heath Common Field Farm Barn Well Spring Fox Badger Hare Heron Swan \
    Kestrel Lark Linnet Robin Wren Nightingale Abbey Priory Castle Tower Market Cross Canal Wharf Quarry Forge \
    Tanner Weaver Potter Cooper Salter Nelson Wellington Churchill Clarence Gladstone Shelley Byron Keats Tennyson \
    Chaucer Milton Burns Balmoral Sandringham Osborne Kensington Lancaster Warwick Durham Lincoln Derby";

const STREET_KINDS: [&str; 12] = [
    "Road", "Street", "Avenue", "Close", "Lane", "Drive", "Gardens", "Crescent", "Way", "Court", "Place",
    "Grove",
];

const PRIMARY_KINDS: [&str; 6] = [
    "Primary School",
    "Church of England Primary School",
    "Community Primary School",
    "Catholic Primary School",
    "Primary Academy",
    "Junior and Infant School",
];

const SECONDARY_KINDS: [&str; 4] = ["High School", "Academy", "School", "Community College"];

/// Where a family lives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Home {
    /// Place in [`Place::postcodes`].
    pub(crate) postcode: u32,
    number: u16,
    flat: Option<u8>,
}

/// A handful of homes that share a street.
pub(crate) struct Postcode {
    pub(crate) text: String,
    street: String,
    pub(crate) town: &'static str,
    flats: bool,
}

/// The borough and its neighbours.
pub(crate) struct Place {
    pub(crate) postcodes: Vec<Postcode>,
    /// The first so many are of the borough.
    local: usize,
    weights: Weighted,
    pub(crate) primaries: Vec<String>,
    pub(crate) secondaries: Vec<String>,
}

impl Place {
    /// Room for so many children.
    pub(crate) fn new(children: usize, seed: u64) -> Self {
        let mut random = Random::new(seed, "place");
        let families = children / 2 + 1;
        let local = (families / FAMILIES_PER_POSTCODE).clamp(12, OUTWARD_LIMIT * INWARD);
        let mut postcodes = area(AREAS[0], local, &mut random);
        postcodes.extend(area(AREAS[1], (local / 10).max(12), &mut random));
        // tower blocks and terraces: a few postcodes hold many families
        let weights = Weighted::new((0..local).map(|_| [0.6, 0.8, 1.0, 1.0, 2.0][random.below(5)]));
        Self {
            postcodes,
            local,
            weights,
            primaries: schools((children / 950).clamp(2, 7_900), &PRIMARY_KINDS, &mut random),
            secondaries: schools((children / 4_000).clamp(1, 1_900), &SECONDARY_KINDS, &mut random),
        }
    }

    pub(crate) fn draw_home(&self, random: &mut Random) -> Home {
        let postcode = self.weights.draw(random);
        self.home_at(postcode, random)
    }

    /// Outside the borough.
    pub(crate) fn draw_home_away(&self, random: &mut Random) -> Home {
        let postcode = self.local + random.below(self.postcodes.len() - self.local);
        self.home_at(postcode, random)
    }

    fn home_at(&self, postcode: usize, random: &mut Random) -> Home {
        let flat = self.postcodes[postcode].flats.then(|| 1 + random.below(40) as u8);
        let numbers = if flat.is_some() { 3 } else { 60 };
        // one stretch of the street per postcode
        let number = (postcode % 4) * 60 + 1 + random.below(numbers);
        Home { postcode: postcode as u32, number: number as u16, flat }
    }

    /// `14 Station Road` or `Flat 3, 22 Mill Lane`.
    pub(crate) fn address_line(&self, home: Home) -> String {
        let street = &self.postcodes[home.postcode as usize].street;
        match home.flat {
            Some(flat) => format!("Flat {flat}, {} {street}", home.number),
            None => format!("{} {street}", home.number),
        }
    }

    /// The parts of the line: flat, number, street.
    pub(crate) fn address_parts(&self, home: Home) -> (Option<String>, String, &str) {
        let street = &self.postcodes[home.postcode as usize].street;
        (home.flat.map(|flat| format!("Flat {flat}")), home.number.to_string(), street)
    }

    /// A property reference number in a range that is not in use.
    pub(crate) fn property_reference(home: Home) -> u64 {
        let door = u64::from(home.number) * 41 + u64::from(home.flat.unwrap_or(0));
        999_000_000_000 + (u64::from(home.postcode) * 10_000 + door) % 1_000_000_000
    }

    /// The nearest primary and secondary school.
    pub(crate) fn schools_near(&self, home: Home) -> (usize, usize) {
        let at = (home.postcode as usize).min(self.local - 1);
        (at * self.primaries.len() / self.local, at * self.secondaries.len() / self.local)
    }
}

/// `n` postcodes of one area; neighbours in the list share a sector and a town.
fn area(area: &str, n: usize, random: &mut Random) -> Vec<Postcode> {
    let outwards = (n / 700 + 3).min(OUTWARD_LIMIT);
    let words: Vec<&str> = STREET_WORDS.split_whitespace().collect();
    let mut postcodes = Vec::with_capacity(n);
    for outward in 0..outwards {
        let here = n * (outward + 1) / outwards - n * outward / outwards;
        let mut inwards: Vec<usize> = (0..INWARD).collect();
        random.shuffle(&mut inwards);
        inwards.truncate(here);
        inwards.sort_unstable();
        for inward in inwards {
            let letter = |at: usize| INWARD_LETTERS[at % 20] as char;
            postcodes.push(Postcode {
                text: format!(
                    "{area}{} {}{}{}",
                    outward + 1,
                    inward / 400,
                    letter(inward / 20),
                    letter(inward)
                ),
                street: format!("{} {}", random.pick(&words), random.pick(&STREET_KINDS)),
                town: TOWNS[(outward * 2 + usize::from(inward > INWARD / 2)) % TOWNS.len()],
                flats: random.chance(0.15),
            });
        }
    }
    postcodes
}

fn schools(n: usize, kinds: &[&str], random: &mut Random) -> Vec<String> {
    let words: Vec<&str> = STREET_WORDS.split_whitespace().collect();
    let mut names: Vec<String> =
        words.iter().flat_map(|word| kinds.iter().map(move |kind| format!("{word} {kind}"))).collect();
    random.shuffle(&mut names);
    let distinct = names.len();
    (0..n)
        .map(|at| match at / distinct {
            0 => names[at].clone(),
            round => format!("{}, {}", names[at % distinct], TOWNS[round % TOWNS.len()]),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn postcodes_are_distinct_and_of_areas_that_do_not_exist() {
        let place = Place::new(50_000, 3);
        let distinct: BTreeSet<&str> = place.postcodes.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(distinct.len(), place.postcodes.len());
        for text in distinct {
            let (outward, inward) = text.split_once(' ').expect("as written");
            let digits = AREAS.iter().find_map(|area| outward.strip_prefix(area)).expect("as written");
            assert!((1..100).contains(&digits.parse::<u32>().expect("as written")), "{text}");
            let inward: Vec<char> = inward.chars().collect();
            assert!(inward.len() == 3 && inward[0].is_ascii_digit(), "{text}");
            assert!(
                inward[1..].iter().all(|letter| letter.is_ascii_uppercase() && !"CIKMOV".contains(*letter))
            );
        }
    }

    #[test]
    fn places_of_every_size_can_be_lived_in() {
        for children in [0, 1, 1_000, 3_000_000] {
            let place = Place::new(children, 3);
            let mut random = Random::new(1, "homes");
            for _ in 0..50 {
                let (here, away) = (place.draw_home(&mut random), place.draw_home_away(&mut random));
                assert!(place.postcodes[here.postcode as usize].text.starts_with(AREAS[0]));
                assert!(place.postcodes[away.postcode as usize].text.starts_with(AREAS[1]));
                let (primary, secondary) = place.schools_near(away);
                assert!(primary < place.primaries.len() && secondary < place.secondaries.len());
            }
        }
    }
}
