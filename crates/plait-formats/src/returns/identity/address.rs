//! Addresses as sources write them: lines, or the parts of one in JSON.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// The address in a row.
#[derive(Default)]
pub(super) struct Address {
    /// Its lines in their order, with a comma between them.
    pub(super) lines: String,
    pub(super) town: String,
    pub(super) postcode: String,
    pub(super) uprn: String,
}

/// What a key of an address in JSON names. Everything else, such as coordinates, is no part of an address that a letter
/// would have.
enum Part {
    Line,
    Town,
    Postcode,
    Uprn,
}

impl Address {
    pub(super) fn clear(&mut self) {
        for part in [&mut self.lines, &mut self.town, &mut self.postcode, &mut self.uprn] {
            part.clear();
        }
    }

    /// Adds a line; of JSON the parts in the order in which they stand.
    pub(super) fn add(&mut self, text: &str, is_json: bool) {
        let text = text.trim();
        match is_json.then(|| serde_json::from_str::<InOrder>(text)) {
            Some(Ok(InOrder(parts))) => {
                for (key, value) in parts {
                    match part(&key) {
                        Some(Part::Line) => self.add_line(&value),
                        Some(Part::Town) => self.town = value,
                        Some(Part::Postcode) => self.postcode = value,
                        Some(Part::Uprn) => self.uprn = value,
                        None => {}
                    }
                }
            }
            _ => self.add_line(text),
        }
    }

    fn add_line(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !self.lines.is_empty() {
            self.lines.push_str(", ");
        }
        self.lines.push_str(text);
    }
}

fn part(key: &str) -> Option<Part> {
    let key: String = key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let key = key.strip_prefix("address").filter(|rest| !rest.is_empty()).unwrap_or(&key);
    let without_number = key.trim_end_matches(|c: char| c.is_ascii_digit());
    Some(match without_number {
        "room" | "floor" | "flat" | "unit" | "apartment" | "subbuilding" | "building" | "buildingname"
        | "buildingnumber" | "house" | "housename" | "housenumber" | "number" | "saon" | "paon"
        | "street" | "road" | "thoroughfare" | "line" | "address" | "addressline" | "locality"
        | "district" | "village" => Part::Line,
        "town" | "city" | "posttown" => Part::Town,
        "postcode" => Part::Postcode,
        "uprn" | "uniquepropertyreferencenumber" => Part::Uprn,
        _ => return None,
    })
}

/// What an address is to the person, as a source says it: home and placement in our words, others in its own.
pub(super) fn kind(said: &str) -> Option<String> {
    let words: Vec<String> = said
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    if words.is_empty() {
        None
    } else if has(&["placement", "placed", "plac"]) {
        Some("placement".to_owned())
    } else if has(&["home", "main", "permanent", "usual"]) {
        Some("home".to_owned())
    } else {
        Some(words.join("_"))
    }
}

/// Names and values of a JSON object in the order in which they stand; numbers as their digits, what has parts left out.
struct InOrder(Vec<(String, String)>);

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;
        impl<'de> Visitor<'de> for Parts {
            type Value = InOrder;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<InOrder, A::Error> {
                let mut parts = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    match map.next_value::<serde_json::Value>()? {
                        serde_json::Value::String(text) => parts.push((key, text.trim().to_owned())),
                        serde_json::Value::Number(number) => parts.push((key, number.to_string())),
                        _ => {}
                    }
                }
                Ok(InOrder(parts))
            }
        }
        deserializer.deserialize_map(Parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: [&str; 4]) {
        let mut address = Address::default();
        address.add(json, true);
        assert_eq!(
            [&address.lines, &address.town, &address.postcode, &address.uprn],
            expected.map(str::to_owned).each_ref()
        );
    }

    #[test]
    fn the_parts_of_an_address_keep_their_order_and_coordinates_are_none() {
        check(
            r#"{"FLAT":"Flat 9","BUILDING":"Acre House","HOUSE":12,"STREET":"High Street","TOWN":"Braystow",
                "UPRN":"999001042337","EASTING":"523456","POSTCODE":"PX3 5LJ","FLOOR":""}"#,
            ["Flat 9, Acre House, 12, High Street", "Braystow", "PX3 5LJ", "999001042337"],
        );
        check(
            r#"{"address_line_1":"1 Low Road","Post Town":"Braystow","x":1}"#,
            ["1 Low Road", "Braystow", "", ""],
        );
        check("1 Low Road, Braystow", ["1 Low Road, Braystow", "", "", ""]);
    }

    #[test]
    fn kinds_of_addresses_are_ours_where_we_have_a_word() {
        for (said, expected) in [
            ("HOME", Some("home")),
            ("Placement", Some("placement")),
            ("TEMP", Some("temp")),
            ("Care leaver", Some("care_leaver")),
            ("", None),
        ] {
            assert_eq!(kind(said).as_deref(), expected, "{said}");
        }
    }
}
