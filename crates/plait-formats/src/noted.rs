//! Lines of rows that an issue is about: the first are kept, all are counted.

use plait_types::{Issue, grouped};

/// Lines noted so far. A file in which every row has something takes no more memory than one in which some have.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    lines: Vec<u64>,
    count: u64,
}

impl Noted {
    /// How many are kept.
    pub(crate) const KEPT: usize = 10_000;

    /// Notes a row.
    pub(crate) fn add(&mut self, line: u64) {
        self.count += 1;
        if self.lines.len() < Self::KEPT {
            self.lines.push(line);
        }
    }

    /// Counts rows whose lines are not known.
    pub(crate) fn of_unknown_lines(count: u64) -> Self {
        Self { lines: Vec::new(), count }
    }

    /// Rows noted.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Lines of the first rows, as they came.
    pub(crate) fn first(&self) -> &[u64] {
        &self.lines
    }

    /// The issue with its lines, ascending, and its count. Where not all lines were kept, the message says so.
    pub(crate) fn issue(mut self, mut issue: Issue) -> Issue {
        self.lines.sort_unstable();
        if self.lines.len() == Self::KEPT && self.count > Self::KEPT as u64 {
            issue.message += &format!("; the lines of the first {} are listed", grouped(Self::KEPT as u64));
        }
        issue.on_lines(self.lines).counting(self.count as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plait_types::IssueKind;

    #[test]
    fn the_first_lines_are_kept_and_all_are_counted() {
        let mut noted = Noted::default();
        (1..=1_000_000).for_each(|line| noted.add(line));
        assert!(noted.lines.capacity() <= 2 * Noted::KEPT);
        let issue = noted.issue(Issue::new(IssueKind::RowWithoutKey, "a.csv", "rows"));
        assert_eq!(issue.message, "rows; the lines of the first 10,000 are listed");
        assert_eq!((issue.count, issue.lines.len()), (1_000_000, Noted::KEPT));
        assert_eq!(issue.place().as_deref(), Some("lines 1, 2, 3, 4, 5 and 999,995 more"));
    }
}
