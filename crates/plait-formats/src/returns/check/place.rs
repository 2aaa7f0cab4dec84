//! Where rows are, in 32 bits.

/// Numbers for the lines of a table's files, one file after the other, so that 32 bits say where a row is.
#[derive(Debug, Default)]
pub(super) struct Places {
    stretches: Vec<Stretch>,
    next: u32,
    /// Rows of the batches before, and of this one.
    n_rows_before: u32,
    n_rows: u32,
}

/// Lines of one file that came one after the other.
#[derive(Debug)]
struct Stretch {
    first_place: u32,
    first_line: u64,
    file: usize,
}

impl Places {
    /// Begins a batch.
    pub(super) fn enter(&mut self, file: usize, lines: &[u64]) {
        self.n_rows_before = self.n_rows_before.wrapping_add(self.n_rows);
        self.n_rows = lines.len() as u32;
        let (Some(&first), Some(&last)) = (lines.first(), lines.iter().max()) else { return };
        if self.stretches.last().is_none_or(|stretch| stretch.file != file) {
            self.stretches.push(Stretch { first_place: self.next, first_line: first, file });
        }
        self.next = self.place(last).saturating_add(1).max(self.next);
    }

    /// The place of a line of the batch that was begun. Beyond four thousand million lines all are the last.
    pub(super) fn place(&self, line: u64) -> u32 {
        let stretch = self.stretches.last().expect("a batch with rows was begun");
        let ahead = line.saturating_sub(stretch.first_line);
        u32::try_from(u64::from(stretch.first_place) + ahead).unwrap_or(u32::MAX)
    }

    /// The number of a row of the batch that was begun, among all rows of the table. Several may be on one line.
    pub(super) fn number(&self, row: usize) -> u32 {
        self.n_rows_before.wrapping_add(row as u32)
    }

    pub(super) fn file(&self, place: u32) -> usize {
        self.stretch(place).file
    }

    pub(super) fn line(&self, place: u32) -> u64 {
        let stretch = self.stretch(place);
        stretch.first_line + u64::from(place - stretch.first_place)
    }

    fn stretch(&self, place: u32) -> &Stretch {
        let after = self.stretches.partition_point(|stretch| stretch.first_place <= place);
        &self.stretches[after - 1]
    }
}
