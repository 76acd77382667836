//! The contract between the loop nest and the micro-kernels: one register tile of `C`.

use super::LINE;
use super::pack::Strip;
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// One tile to be multiplied: `depth` steps, each the outer product of a column of the panel of
/// `A` and a row of the panel of `B`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile {
    /// Steps of the summed dimension.
    pub depth: usize,
    /// `[depth, rows]`: the packed panel of `A`.
    pub a: *const f32,
    /// `[depth, NR]`: the packed panel of `B`, aligned to a cache line.
    pub b: *const f32,
    /// `[rows, columns]`: where the tile lies in `C`.
    pub c: *mut f32,
    /// How far apart the rows of `C` are.
    pub c_row_stride: usize,
    /// Columns of `C` that there are; the kernel computes whole vectors and stores no more.
    pub columns: usize,
    /// Add to `C` rather than overwrite it, which does not read it.
    pub add: bool,
    /// What to ask the cache for meanwhile.
    pub ahead: Ahead,
}

impl Tile {
    /// Asks for the tile's part of `C`, which is wanted when all steps are done: in training it was
    /// last touched a layer ago and has left the near caches.
    pub(super) fn fetch_c(&self, rows: usize) {
        for row in 0..rows {
            let first = self.c.wrapping_add(row * self.c_row_stride);
            // Lines of an unaligned row: one more than it fills.
            [0, LINE, self.columns - 1].into_iter().for_each(|column| prefetch(first.wrapping_add(column)));
        }
    }
}

/// Multiplies a tile whose number of rows, and of vectors in a row, are the function's own.
///
/// # Safety
/// The processor must have the kernel's instructions; the panels and the tile must be valid.
pub(super) type TileMultiply = unsafe fn(&Tile);

/// A register tile of at most `mr` rows by `nr` columns in some instruction set.
#[derive(Debug)]
pub(super) struct MicroKernel {
    /// Rows of `C` held in registers at most.
    pub mr: usize,
    /// Columns of `C` held in registers: two vectors.
    pub nr: usize,
    /// `tiles[v - 1][r - 1]` multiplies a tile of `r` rows of `v` vectors.
    pub tiles: [&'static [TileMultiply]; 2],
}

impl MicroKernel {
    /// The function for a tile of `rows` in `1..=mr` by `columns` in `1..=nr`.
    pub(super) fn tile(&self, rows: usize, columns: usize) -> TileMultiply {
        self.tiles[usize::from(columns > self.nr / 2)][rows - 1]
    }
}

/// The addresses of a strip of `B` that will be packed next, one for each step of a tile.
///
/// Packing reads each element of `B` once, from rows so far apart that the processor's own
/// prefetching does not see a pattern. The tiles before it have time to spare.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead {
    start: *const f32,
    step: usize,
    leap: usize,
}

impl Ahead {
    /// The share of the `tile`-th tile of a column of tiles in fetching `next`.
    pub(super) fn of(next: &Strip, tile: usize) -> Self {
        let (offset, step) = if next.width_stride == 1 {
            // One cache line of each step's row; an unaligned row touches one more than it fills.
            let lines = next.width / LINE + 1;
            (tile % lines * LINE, next.depth_stride)
        } else {
            // Four lines of the strip, along the depth.
            (4 * tile % next.width * next.width_stride, next.width_stride)
        };
        Self { start: next.start.wrapping_add(offset), step, leap: 4 * next.depth_stride }
    }

    /// The address for step `p`: four rows in turn, then onwards.
    #[inline(always)]
    pub(super) fn at(&self, p: usize) -> *const f32 {
        self.start.wrapping_add(p % 4 * self.step + p / 4 * self.leap)
    }
}

/// Asks for a cache line. Any address will do: a bad one is ignored.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn prefetch(address: *const f32) {
    // SAFETY: a prefetch reads nothing that the program can see.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
}
