//! How alike two values are: one file per measure, for values of 1–60 characters in any script.
//!
//! Similarities are between 0 and 1, symmetric, and 1 for equal values (two empty values are equal; an empty
//! value and another are 0). Nulls are the caller's affair. Text is compared by `char`, after standardisation:
//! nothing here folds case or strips marks. All of it is pure: no input or output, no shared state, same
//! inputs give the same bits.
//!
//! The hot path is *one left value against many right values*: set the left once in [`Prepared`], then ask
//! for [`Prepared::jaro_winkler`] and friends. Where a [`Signature`] is kept for each distinct value,
//! [`jaro_winkler_bound`] rejects most unrelated pairs before the kernel runs.

mod damerau;
mod dates;
mod identifiers;
mod jaro;
mod levenshtein;
mod monge_elkan;
mod nicknames;
mod numbers;
mod phonetics;
mod prepared;
mod qgrams;
mod signature;
#[cfg(test)]
mod slow;
mod spellings;
mod tokens;

pub use damerau::{damerau_levenshtein, damerau_levenshtein_at_most, damerau_levenshtein_similarity};
pub use dates::{
    PackedDate, day_month_swapped, days_apart, digits_transposed, one_digit_different, two_parts_equal,
};
pub use identifiers::transposed;
pub use jaro::{jaro, jaro_winkler};
pub use levenshtein::{
    levenshtein, levenshtein_at_most, levenshtein_similarity, osa, osa_at_most, osa_similarity,
};
pub use monge_elkan::monge_elkan;
pub use nicknames::Nicknames;
pub use numbers::{Coordinate, absolute_difference, kilometres_apart, relative_difference};
pub use phonetics::{Metaphones, double_metaphone, soundex};
pub use prepared::Prepared;
pub use qgrams::{Gram, Grams, dice, jaccard};
pub use signature::{Signature, jaro_winkler_bound};
pub use spellings::{same_spelling_family, spelling_keys};
pub use tokens::{half_of_double_barrelled, initials_agree, token_cosine, token_subset};
