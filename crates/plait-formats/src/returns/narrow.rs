//! A recognised return with nothing in its spec but its own term.

use super::detect::{Holds, Recognised, Stranger};
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
        let mut strangers = Vec::new();
        let mut left_out = |file: &str| {
            strangers.push(Stranger { file: file.to_owned(), is: "a table of another term".to_owned() });
            false
        };
        self.members.retain_mut(|member| match &mut member.holds {
            Holds::Text { table } | Holds::Binary { table } => match place(*table) {
                Some(at) => {
                    *table = at;
                    true
                }
                None => left_out(&member.file),
            },
            Holds::Sheets(sheets) => {
                sheets.retain_mut(|sheet| match place(sheet.table) {
                    Some(at) => {
                        sheet.table = at;
                        true
                    }
                    None => left_out(&format!("{}, sheet {}", member.file, sheet.name)),
                });
                !sheets.is_empty()
            }
            Holds::Xml | Holds::Json { .. } => true,
        });
        self.strangers.extend(strangers);
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
