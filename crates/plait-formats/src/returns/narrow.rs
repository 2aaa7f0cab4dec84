//! A recognised return with nothing in its spec but its own term.

use super::detect::{Holds, Recognised};
use std::sync::Arc;

impl Recognised {
    /// The same return with a spec of its term alone, so that nothing is expected of its files that belongs to another
    /// term. Without a term, the same.
    #[must_use]
    pub fn narrowed(mut self) -> Self {
        let Some(term) = self.term else { return self };
        let narrow = self.spec.in_term(term);
        let place =
            |table: usize| narrow.tables.iter().position(|other| other.name == self.spec.tables[table].name);
        // a table of another term cannot be checked as one of this; it stays a stranger among the files
        self.members.retain_mut(|member| match &mut member.holds {
            Holds::Text { table } | Holds::Binary { table } => place(*table).map(|at| *table = at).is_some(),
            Holds::Sheets(sheets) => {
                sheets.retain_mut(|sheet| place(sheet.table).map(|at| sheet.table = at).is_some());
                !sheets.is_empty()
            }
            Holds::Xml | Holds::Json { .. } => true,
        });
        self.spec = Arc::new(narrow);
        self
    }
}

impl Holds {
    /// What kind of file it is, in a word.
    pub fn form(&self) -> &'static str {
        match self {
            Self::Xml => "XML",
            Self::Json { .. } => "JSON",
            Self::Text { .. } => "CSV",
            Self::Binary { .. } => "Parquet",
            Self::Sheets(_) => "Excel",
        }
    }
}
