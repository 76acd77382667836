//! What the loops around a tile need of a kernel: the tile, and how its operands are packed.

use super::inner_loop::{Packed, compute};
use super::instructions::Simd;
use crate::gemm::lane::Lane;
use crate::gemm::tile::{Strip, Tile};

/// A tile of a product, and the panels that it reads.
///
/// # Safety
/// All unsafe functions may be called only where the processor has the instructions.
pub trait MicroKernel: 'static {
    /// What of `A` and `B` is multiplied at once. Those of `C` are `f32`, whatever this is.
    type Operand: Lane<Number = f32>;
    /// Rows of the largest tile.
    const ROWS: usize;
    /// Columns of the largest tile, and operands in a step of a packed panel of `B`.
    const COLUMNS: usize;
    /// A packed panel has a multiple of so many steps; those beyond the depth are zeros.
    const STEPS: usize;

    /// How far apart in a packed strip of `A` two steps are, and two rows.
    fn strides_of_a(rows: usize, steps: usize) -> [usize; 2];

    /// Packs a strip of `A`.
    ///
    /// # Safety
    /// The strip must be valid; there must be room for its operands in full steps, and `SLACK` more.
    #[allow(unsafe_code)]
    unsafe fn pack_a(strip: &Strip, packed: *mut Self::Operand);

    /// Packs a strip of `B`. What lies beyond its columns is undefined but initialised.
    ///
    /// # Safety
    /// As above.
    #[allow(unsafe_code)]
    unsafe fn pack_b(strip: &Strip, packed: *mut Self::Operand);

    /// Computes a tile whose operands are packed, and asks for what is [`ahead`](Tile::ahead).
    ///
    /// # Safety
    /// The tile must be valid, no larger than the kernel's and not empty.
    #[allow(unsafe_code)]
    unsafe fn compute(tile: &Tile<Self::Operand, f32>);
}

/// Vector registers: of either operand a step is a row.
// SAFETY of every block: the contract of the trait's function.
#[allow(unsafe_code)]
impl<S: Simd> MicroKernel for S {
    type Operand = S::Operand;
    const ROWS: usize = S::ROWS;
    const COLUMNS: usize = S::COLUMNS;
    const STEPS: usize = 1;

    fn strides_of_a(rows: usize, _: usize) -> [usize; 2] {
        [rows, 1]
    }

    unsafe fn pack_a(strip: &Strip, packed: *mut S::Operand) {
        unsafe { S::pack(strip, packed, strip.width) }
    }

    unsafe fn pack_b(strip: &Strip, packed: *mut S::Operand) {
        unsafe { S::pack(strip, packed, S::COLUMNS) }
    }

    unsafe fn compute(tile: &Tile<S::Operand, f32>) {
        unsafe { compute::<S, Packed>(tile.steps.rows, tile.steps.columns)(tile) }
    }
}
