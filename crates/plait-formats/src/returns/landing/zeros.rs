//! Keys that a spreadsheet has taken the zeros of: `00123` in one table is `123`, or `123.0`, in another.

use super::keys::{Keys, Meant};
use crate::returns::check::hash_of;
use plait_types::{Issue, IssueKind, counted};
use std::collections::HashSet;

/// Keys with zeros that are remembered: enough to tell, without the room that ten million would take.
const MOST: usize = 1 << 20;

/// Looks for keys that are another but for zeros in front or `.0` behind.
#[derive(Default)]
pub(super) struct Zeros {
    /// Of keys with zeros, a hash of what is left without.
    without: HashSet<u64>,
    /// Records that were made by a key which is another but for its zeros.
    n_twice: usize,
}

impl Zeros {
    /// Takes a key that has made a record.
    pub(super) fn see_new(&mut self, key: &str, keys: &Keys) {
        self.n_twice += usize::from(self.is_like_another(key, keys));
        if let Some(bare) = bare(key).filter(|bare| *bare != key)
            && self.without.len() < MOST
        {
            self.without.insert(hash_of(bare));
        }
    }

    /// Whether another key is the same but for zeros.
    pub(super) fn is_like_another(&self, key: &str, keys: &Keys) -> bool {
        let Some(bare) = bare(key) else { return false };
        bare != key && keys.find(bare).is_some_and(|meant| meant != Meant::Withdrawn)
            || !self.without.is_empty() && self.without.contains(&hash_of(bare))
    }

    /// What is said where records were made so; `name` is what the dataset is called.
    pub(super) fn issue(&self, name: &str) -> Option<Issue> {
        let message = format!(
            "{} made by a key that differs from another's by zeros in front, or a .0 behind, alone: these are most likely \
             persons who are two records each",
            counted(self.n_twice as u64, if self.n_twice == 1 { "record was" } else { "record" })
        );
        (self.n_twice > 0).then(|| Issue::new(IssueKind::LostZeros, name, message).counting(self.n_twice))
    }
}

/// A number without the zeros in front and without a fraction of zero; `None` for what is no number.
fn bare(key: &str) -> Option<&str> {
    let whole = key.strip_suffix(".0").unwrap_or(key);
    let is_number = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| whole.trim_start_matches('0')).filter(|bare| !bare.is_empty())
}
