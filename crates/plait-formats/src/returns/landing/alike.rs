//! Files of one return that have persons, or numbers of persons, in common, and should not; and what is of several returns.

use super::copies::Copies;
use super::declared::Declared;
use super::numbering::Numbering;
use crate::returns::batch::Batch;
use crate::returns::detect::Recognised;
use plait_types::{Fault, Issue};

/// Looks at what is read of a return, where two of its files could hold the same persons or number them alike.
#[derive(Default)]
pub(in crate::returns) struct Alike {
    copies: Option<Copies>,
    numbering: Option<Numbering>,
    declared: Option<Declared>,
}

impl Alike {
    pub(in crate::returns) fn of(recognised: &Recognised) -> Self {
        Self {
            copies: Copies::of(recognised),
            numbering: Numbering::of(recognised),
            declared: Some(Declared::of(&recognised.spec)),
        }
    }

    pub(in crate::returns) fn look(&mut self, batch: &Batch) {
        if let Some(copies) = &mut self.copies {
            copies.look(batch);
        }
        if let Some(numbering) = &mut self.numbering {
            numbering.look(batch);
        }
        if let Some(declared) = &mut self.declared {
            declared.look(batch);
        }
    }

    /// Refuses what says that it is of several authorities, years or terms, and two files that hold the same persons, or number
    /// others alike; gives what may be right and has to be told. `name` is what the dataset is called.
    pub(in crate::returns) fn finish(self, name: &str) -> Result<Vec<Issue>, Fault> {
        if let Some(declared) = self.declared {
            declared.refuse(name)?;
        }
        let mut told = self.copies.map_or(Ok(Vec::new()), |copies| copies.refuse())?;
        if let Some(numbering) = self.numbering {
            numbering.refuse()?;
            told.extend(numbering.nobody_in_common());
        }
        Ok(told)
    }
}
