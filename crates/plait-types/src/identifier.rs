//! Identifiers of people and places: when a value is one.
