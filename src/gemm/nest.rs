//! The loops around the micro-kernel: one block of `C`, on one thread.

use super::lane::Lane;
use super::matrix::Beta;
use super::routines::Block;
use super::simd::MicroKernel;
use super::split::part;
use super::tile::{Ahead, SLACK, Steps, Strip, Tile};
use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::Range;

/// Steps of the summed dimension taken at a time, at most; each takes one operand of a row or column. A panel of `B` is then 64 KiB: more
/// than the first-level cache, but it streams through it, and fewer passes over `C` win.
const KC: usize = 512;
/// Operands of `A` packed at a time: half a megabyte, to stay in the second-level cache. `MC`,
/// the rows of such a block, follows from it and the depth.
const PACKED_A: usize = 1 << 17;
/// The widest panel of `B` that any kernel reads.
const COLUMNS_MAX: usize = 32;

/// `C = A·B` or `C += A·B` for one block.
///
/// # Safety
/// That of [`Routines::multiply`](super::routines::Routines); the processor must have the instructions.
#[allow(unsafe_code)]
pub unsafe fn multiply<K: MicroKernel>(block: &Block<f32>) {
    const { assert!(K::COLUMNS <= COLUMNS_MAX && size_of::<K::Operand>() <= size_of::<f32>(), "the buffers are too small") };
    BUFFERS.with_borrow_mut(|buffers| {
        let [m, k, n] = block.shape;
        let steps = k.div_ceil(K::Operand::NUMBERS);
        // At least once, so that an empty sum is written as zero.
        let depths = steps.div_ceil(KC).max(1);
        for depth in (0..depths).map(|i| part(steps, i, depths)) {
            let heights = (m * depth.len().next_multiple_of(K::STEPS)).div_ceil(PACKED_A).max(1);
            for rows in (0..heights).map(|i| part(m, i, heights)) {
                let kernel = PhantomData::<K>;
                let mut pass = Pass { kernel, block, depth: depth.clone(), rows, buffers };
                // SAFETY: the same contract as this function's.
                unsafe {
                    pass.pack_a();
                    for column in (0..n).step_by(K::COLUMNS) {
                        pass.pack_b(column);
                        pass.multiply_panel(column);
                    }
                }
            }
        }
    });
}

/// One pass of the nest: some rows of `A`, packed, times all columns of `B`, over some steps of the depth.
struct Pass<'a, K> {
    kernel: PhantomData<K>,
    block: &'a Block<f32>,
    depth: Range<usize>,
    rows: Range<usize>,
    buffers: &'a mut Buffers,
}

/// The contract of all three is that of [`multiply`].
#[allow(unsafe_code)]
impl<K: MicroKernel> Pass<'_, K> {
    /// The tiles' rows within the pass: as even as can be, for a low tile computes less in each
    /// load of `B`.
    fn strips(&self) -> impl Iterator<Item = Range<usize>> + use<K> {
        let rows = self.rows.len();
        let count = rows.div_ceil(K::ROWS);
        (0..count).map(move |i| part(rows, i, count))
    }

    /// Steps of a packed panel.
    fn steps(&self) -> usize {
        self.depth.len().next_multiple_of(K::STEPS)
    }

    /// Where these rows of `A` are packed: one strip after the other.
    fn packed_a(&mut self, rows: &Range<usize>) -> *mut K::Operand {
        self.buffers.a::<K::Operand>().wrapping_add(rows.start * self.steps())
    }

    /// The numbers along the depth that the steps take.
    fn numbers(&self) -> Range<usize> {
        let Range { start, end } = self.depth;
        start * K::Operand::NUMBERS..(end * K::Operand::NUMBERS).min(self.block.shape[1])
    }

    unsafe fn pack_a(&mut self) {
        let [row_stride, column_stride] = self.block.a_strides;
        let numbers = self.numbers();
        for rows in self.strips() {
            let first = (self.rows.start + rows.start) * row_stride + numbers.start * column_stride;
            let strip = Strip {
                start: self.block.a.wrapping_add(first),
                width: rows.len(),
                depth: numbers.len(),
                width_stride: row_stride,
                depth_stride: column_stride,
            };
            // SAFETY: the strip is part of A. The buffer has room for all strips of the pass: PACKED_A
            // elements, and one row more where the parts are uneven.
            unsafe { K::pack_a(&strip, self.packed_a(&rows)) };
        }
    }

    /// The columns of `B` from `column` on that one panel holds.
    fn strip_of_b(&self, column: usize) -> Strip {
        let ([row_stride, column_stride], numbers) = (self.block.b_strides, self.numbers());
        Strip {
            start: self.block.b.wrapping_add(column * column_stride + numbers.start * row_stride),
            width: K::COLUMNS.min(self.block.shape[2] - column),
            depth: numbers.len(),
            width_stride: column_stride,
            depth_stride: row_stride,
        }
    }

    unsafe fn pack_b(&mut self, column: usize) {
        // SAFETY: the strip is part of B; the buffer has room for KC rows of COLUMNS_MAX.
        unsafe { K::pack_b(&self.strip_of_b(column), self.buffers.b()) };
    }

    unsafe fn multiply_panel(&mut self, column: usize) {
        let block = self.block;
        let next = column + K::COLUMNS;
        // After the last panel comes the first again, for the next rows.
        let next = self.strip_of_b(if next < block.shape[2] { next } else { 0 });
        let columns = self.strip_of_b(column).width;
        for (index, rows) in self.strips().enumerate() {
            let [a_step, a_row] = K::strides_of_a(rows.len(), self.steps());
            let steps = Steps {
                counts: [1, 1, self.steps()],
                a: [0, 0, a_step],
                a_row,
                b: [0, 0, K::COLUMNS],
                b_is_full: true,
                places: [0, 0],
                rows: rows.len(),
                columns,
                c_row: block.c_row_stride,
                add: block.beta == Beta::One || self.depth.start > 0,
            };
            let tile = Tile {
                steps: &steps,
                a: self.packed_a(&rows),
                b: self.buffers.b(),
                c: block.c.wrapping_add((self.rows.start + rows.start) * block.c_row_stride + column),
                ahead: Ahead::of(&next, index, K::Operand::NUMBERS),
            };
            tile.fetch_c();
            // SAFETY: both panels are packed, and the tile is part of the block.
            unsafe { K::compute(&tile) };
        }
    }
}

/// A cache line of numbers, for its alignment.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// The packed panels of a thread: allocated at its first product, kept for all others.
struct Buffers {
    a: Vec<Line>,
    b: Vec<Line>,
}

impl Buffers {
    fn new() -> Self {
        let lines = |elements: usize| vec![Line([0.0; 16]); elements.div_ceil(16)];
        Self { a: lines(PACKED_A + KC + SLACK), b: lines(KC * COLUMNS_MAX + SLACK) }
    }

    fn a<N>(&mut self) -> *mut N {
        self.a.as_mut_ptr().cast()
    }

    fn b<N>(&mut self) -> *mut N {
        self.b.as_mut_ptr().cast()
    }
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::new(Buffers::new());
}
