//! Where in a file its rows are.

/// The lines of a file on which its rows begin, kept as runs: nearly all rows stand on the line behind the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowLines {
    /// The first row of each run, from 0, and its line, from 1.
    runs: Vec<(usize, u64)>,
    /// How many rows are known.
    n_rows: usize,
    is_full: bool,
}

impl RowLines {
    /// Of a file with text of several lines in every row, lines are known of the first of them only.
    const MOST_RUNS: usize = 1 << 16;

    /// Takes the line of the next row.
    pub(super) fn push(&mut self, line: u64) {
        let row = self.n_rows;
        let follows = self.runs.last().is_some_and(|(first, at)| at + (row - first) as u64 == line);
        if self.is_full || !follows && self.runs.len() == Self::MOST_RUNS {
            self.is_full = true;
            return;
        }
        if !follows {
            self.runs.push((row, line));
        }
        self.n_rows += 1;
    }

    /// The line of a row, from 0; `None` where it is not known, as in files that have no lines.
    pub fn line(&self, row: usize) -> Option<u64> {
        let run = self.runs.partition_point(|(first, _)| *first <= row).checked_sub(1)?;
        let (first, line) = self.runs[run];
        (row < self.n_rows).then_some(line + (row - first) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_line_that_it_was_given_or_none() {
        let given: Vec<u64> = vec![2, 3, 4, 7, 8, 8, 20];
        let mut lines = RowLines::default();
        given.iter().for_each(|line| lines.push(*line));
        let found: Vec<Option<u64>> = (0..8).map(|row| lines.line(row)).collect();
        assert_eq!(found, given.iter().copied().map(Some).chain([None]).collect::<Vec<_>>());
        assert_eq!(RowLines::default().line(0), None);
    }

    #[test]
    fn lines_of_rows_that_never_follow_each_other_are_known_of_the_first() {
        let mut lines = RowLines::default();
        (0..100_000).for_each(|row| lines.push(row * 3));
        assert_eq!((lines.line(65_535), lines.line(65_536)), (Some(196_605), None));
        assert_eq!(lines.runs.len(), RowLines::MOST_RUNS);
    }
}
