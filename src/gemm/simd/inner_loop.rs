//! The inner loop, written once for every instruction set, and for products as for convolutions.

use super::instructions::{Job, Simd};
use crate::gemm::tile::{Steps, Tile, prefetch};
use std::marker::PhantomData;

/// What is known of a tile's steps when the program is compiled.
pub trait Layout {
    /// Whether the operands are packed panels: `ROWS` operands of `A` and `COLUMNS` of `B` a step, one step after the
    /// other.
    const PACKED: bool;
    /// Whether of the last vector of `B` only the tile's columns may be read. A mask takes a register.
    const MASKED: bool;
}

/// The operands are packed.
pub struct Packed;
/// The operands lie anywhere; whole vectors of `B` may be read.
pub struct Full;
/// The operands lie anywhere; of `B` only what belongs to the tile may be read.
pub struct Masked;

impl Layout for Packed {
    const PACKED: bool = true;
    const MASKED: bool = false;
}

impl Layout for Full {
    const PACKED: bool = false;
    const MASKED: bool = false;
}

impl Layout for Masked {
    const PACKED: bool = false;
    const MASKED: bool = true;
}

/// Computes one tile.
pub type Compute<S> = unsafe fn(&Tile<<S as Simd>::Operand, f32>);

/// The sums of a tile of `ROWS` rows of `VECTORS` vectors. One function for each size and layout, so that every one
/// keeps its sums in registers.
struct Sums<S, L, const ROWS: usize, const VECTORS: usize>(PhantomData<(S, L)>);

impl<S: Simd, L: Layout, const ROWS: usize, const VECTORS: usize> Job for Sums<S, L, ROWS, VECTORS> {
    type Input<'a> = Tile<'a, S::Operand, f32>;

    /// # Safety
    /// The tile must be valid and of this size, its operands must lie as the layout says.
    #[allow(unsafe_code)]
    #[inline(always)]
    unsafe fn run(tile: &Tile<S::Operand, f32>) {
        // Copies: the compiler cannot know that no store to C changes the steps.
        let Steps { counts, a: a_steps, a_row, b: b_steps, columns, c_row, add, .. } = *tile.steps;
        let (counts, a_row) = if L::PACKED { ([1, 1, counts[2]], 1) } else { (counts, a_row) };
        let a_steps = if L::PACKED { [0, 0, ROWS] } else { a_steps };
        let b_steps = if L::PACKED { [0, 0, S::COLUMNS] } else { b_steps };
        // All vectors of a row but the last are full.
        let lanes = |v: usize| if v + 1 < VECTORS { S::LANES } else { columns - v * S::LANES };
        // SAFETY: the contract of this function: each step's numbers are valid, and the tile of C.
        unsafe {
            let mask = S::first(lanes(VECTORS - 1));
            let mut sums = [[S::zero(); VECTORS]; ROWS];
            let (mut a, mut b) = ([tile.a; 3], [tile.b; 3]);
            for _ in 0..counts[0] {
                (a[1], b[1]) = (a[0], b[0]);
                for _ in 0..counts[1] {
                    (a[2], b[2]) = (a[1], b[1]);
                    for step in 0..counts[2] {
                        if L::PACKED {
                            prefetch(tile.ahead.at(step));
                        }
                        let here = load::<S, L, VECTORS>(b[2], mask);
                        let mut row = a[2];
                        for (i, sums) in sums.iter_mut().enumerate() {
                            // Three rows from one address: the processor adds the distance, or its double, as it reads.
                            if i > 0 && i % 3 == 0 {
                                row = row.wrapping_add(3 * a_row);
                            }
                            let number = S::broadcast(row.wrapping_add(i % 3 * a_row));
                            for v in 0..VECTORS {
                                // C[i, :] += A(step)[i]·B(step)[:]
                                sums[v] = S::multiply_add(number, here[v], sums[v]);
                            }
                        }
                        (a[2], b[2]) = (a[2].wrapping_add(a_steps[2]), b[2].wrapping_add(b_steps[2]));
                    }
                    (a[1], b[1]) = (a[1].wrapping_add(a_steps[1]), b[1].wrapping_add(b_steps[1]));
                }
                (a[0], b[0]) = (a[0].wrapping_add(a_steps[0]), b[0].wrapping_add(b_steps[0]));
            }
            for (i, row) in sums.iter().enumerate() {
                for (v, &sum) in row.iter().enumerate() {
                    S::store(tile.c.wrapping_add(i * c_row + v * S::LANES), lanes(v), sum, add);
                }
            }
        }
    }
}

/// The operands of `B` of one step.
#[allow(unsafe_code)]
#[inline(always)]
unsafe fn load<S: Simd, L: Layout, const VECTORS: usize>(
    b: *const S::Operand,
    mask: S::Mask,
) -> [S::Operands; VECTORS] {
    // SAFETY: the caller's operands are valid, those of the last vector under the mask.
    unsafe {
        let load = |v: usize| {
            let b = b.wrapping_add(v * S::LANES);
            if L::MASKED && v + 1 == VECTORS { S::load_masked(b, mask) } else { S::load(b) }
        };
        let mut here = [load(0); VECTORS];
        for (v, here) in here.iter_mut().enumerate().skip(1) {
            *here = load(v);
        }
        here
    }
}

/// Rows of the largest tile that any kernel has.
const MOST_ROWS: usize = 14;

/// The functions for all sizes in one layout: `[v - 1][r - 1]` is for `r` rows of `v` vectors.
struct Sizes<S, L>(PhantomData<(S, L)>);

impl<S: Simd, L: Layout> Sizes<S, L> {
    const ALL: [[Compute<S>; MOST_ROWS]; 2] = [Self::rows::<1>(), Self::rows::<2>()];

    #[rustfmt::skip]
    const fn rows<const VECTORS: usize>() -> [Compute<S>; MOST_ROWS] {
        [
            Self::of::<1, VECTORS>(), Self::of::<2, VECTORS>(), Self::of::<3, VECTORS>(), Self::of::<4, VECTORS>(),
            Self::of::<5, VECTORS>(), Self::of::<6, VECTORS>(), Self::of::<7, VECTORS>(), Self::of::<8, VECTORS>(),
            Self::of::<9, VECTORS>(), Self::of::<10, VECTORS>(), Self::of::<11, VECTORS>(), Self::of::<12, VECTORS>(),
            Self::of::<13, VECTORS>(), Self::of::<14, VECTORS>(),
        ]
    }

    /// Larger tiles than the instruction set has registers for are not compiled.
    const fn of<const ROWS: usize, const VECTORS: usize>() -> Compute<S> {
        assert!(S::ROWS <= MOST_ROWS, "larger tiles need more functions");
        if ROWS <= S::ROWS { S::compiled::<Sums<S, L, ROWS, VECTORS>> } else { no_such_tile::<S> }
    }
}

#[allow(unsafe_code)]
unsafe fn no_such_tile<S: Simd>(tile: &Tile<S::Operand, f32>) {
    unreachable!("a tile of {} rows for the kernel {}", tile.steps.rows, S::NAME)
}

/// The function for a tile of `rows` in `1..=ROWS` by `columns` in `1..=COLUMNS`.
pub fn compute<S: Simd, L: Layout>(rows: usize, columns: usize) -> Compute<S> {
    let all: &'static [[Compute<S>; MOST_ROWS]; 2] = &const { Sizes::<S, L>::ALL };
    all[usize::from(columns > S::LANES)][rows - 1]
}

/// Computes a tile whose operands lie anywhere.
///
/// # Safety
/// Each step's numbers and the tile of `C` must be valid, the tile no larger than the kernel's and not empty, and the
/// processor must have the instructions.
#[allow(unsafe_code)]
pub unsafe fn walk<S: Simd>(tile: &Tile<S::Operand, f32>) {
    let steps = tile.steps;
    let compute = match steps.b_is_full || steps.columns.is_multiple_of(S::LANES) {
        true => compute::<S, Full>(steps.rows, steps.columns),
        false => compute::<S, Masked>(steps.rows, steps.columns),
    };
    // SAFETY: the same contract as this function's.
    unsafe { compute(tile) }
}
