//! How `C` is cut into blocks, one for each thread.

use std::ops::Range;

/// Multiplications below which a second thread costs more than it brings.
const PARALLEL_WORK: usize = 1 << 19;
/// Blocks begin at multiples of this many columns, so that only the last has ragged tiles.
const BLOCK_ALIGNMENT: usize = 32;

/// `C` cut into `across_rows` by `across_columns` blocks.
pub(super) struct Blocks {
    rows: usize,
    columns: usize,
    across_rows: usize,
    across_columns: usize,
}

impl Blocks {
    /// One block a thread, as square as the number of threads allows: each thread packs its
    /// share of `A` and of `B`, and squares have the least of both for their area.
    pub(super) fn of(rows: usize, columns: usize, depth: usize, threads: usize) -> Self {
        let work = rows * columns * depth;
        let threads = threads.min(work / PARALLEL_WORK).max(1);
        let (mut across_rows, mut across_columns) = (1, 1);
        let packed = |r: usize, c: usize| rows.div_ceil(r) + columns.div_ceil(c);
        for r in (1..=threads).filter(|r| threads.is_multiple_of(*r)) {
            let c = threads / r;
            if across_rows * across_columns < threads || packed(r, c) < packed(across_rows, across_columns) {
                (across_rows, across_columns) = (r, c);
            }
        }
        Self { rows, columns, across_rows, across_columns }
    }

    pub(super) fn count(&self) -> usize {
        self.across_rows * self.across_columns
    }

    pub(super) fn get(&self, index: usize) -> (Range<usize>, Range<usize>) {
        let (row, column) = (index / self.across_columns, index % self.across_columns);
        (part(self.rows, row, self.across_rows), aligned_part(self.columns, column, self.across_columns))
    }
}

/// The `index`-th of `count` nearly equal parts of `0..length`.
pub(super) fn part(length: usize, index: usize, count: usize) -> Range<usize> {
    length * index / count..length * (index + 1) / count
}

/// [`part`] with its borders at multiples of [`BLOCK_ALIGNMENT`].
fn aligned_part(length: usize, index: usize, count: usize) -> Range<usize> {
    let part = part(length.div_ceil(BLOCK_ALIGNMENT), index, count);
    part.start * BLOCK_ALIGNMENT..(part.end * BLOCK_ALIGNMENT).min(length)
}
