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
        let mut keep = |table: &mut usize, file: &dyn Fn() -> String| {
            if let Some(at) = place(*table) {
                *table = at;
                return true;
            }
            strangers.push(Stranger { file: file(), is: "a table of another term".to_owned(), table: None });
            false
        };
        self.members.retain_mut(|member| match &mut member.holds {
            Holds::Text { table } | Holds::Binary { table } => keep(table, &|| member.file.to_string()),
            Holds::Sheets(sheets) => {
                sheets.retain_mut(|sheet| {
                    let name = &sheet.name;
                    keep(&mut sheet.table, &|| format!("{}, sheet {name}", member.file))
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
