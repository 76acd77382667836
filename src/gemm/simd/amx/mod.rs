//! AMX: registers of two dimensions. A tile register holds 16 rows of 64 bytes, and one instruction multiplies 16 rows of
//! 16 pairs by 16 pairs of 16 columns and adds the products to 16 × 16 sums: 16384 operations, where the widest vector
//! has 64.
//!
//! ```text
//!                          B: 16 steps × 16 columns of pairs, a row a step
//!                              ┌───────┐ ┌───────┐
//!                              │ tmm6  │ │ tmm7  │
//!                              └───────┘ └───────┘
//!   A: 16 rows × 16 steps      ┌───────┐ ┌───────┐
//!   of pairs, a row a row      │ tmm0  │ │ tmm1  │    C: 32 × 32 sums
//!   ┌───────┐                  └───────┘ └───────┘
//!   │ tmm4  │                  ┌───────┐ ┌───────┐
//!   │ tmm5  │                  │ tmm2  │ │ tmm3  │
//!   └───────┘                  └───────┘ └───────┘
//! ```
//!
//! There are eight such registers, so the largest tile of `C` is 32 by 32: four hold its sums, two a *block* of 16 steps
//! of `A` and two one of `B`, and each that is loaded is multiplied twice. Both operands are read a row at a time, with any
//! distance between rows. Of `B` a row is a step, as for vectors; of `A` a row is a row, so its steps must be
//! neighbours in memory, and there must be 16 of them. Windows of images lie so by themselves; panels are packed so
//! (`pack.rs`). All else is gathered (`gather.rs`), a block at a time, and zeros fill what the last block lacks.
//!
//! How many rows a tile register has and how long they are is a setting of the thread, so nothing is read or
//! written beyond the tile. Changing it takes longer than a multiplication; it is changed only when it must be.
//!
//! Per block `TDPBF16PS` adds up the first numbers' products and the second ones', each from zero and in the order of
//! the steps; then it adds both sums, and that to `C`. Always rounding to nearest, denormal numbers count as zero (Intel,
//! *Architecture Instruction Set Extensions Programming Reference*, 319433, chapter 3). Blocks begin at the same
//! steps whatever the number of threads, so results do not depend on it.

mod assembly;
mod available;
mod gather;
mod pack;
mod sums;

pub use available::is_available;

use super::micro_kernel::MicroKernel;
use crate::gemm::nest;
use crate::gemm::pair::Pair;
use crate::gemm::routines::Routines;
use crate::gemm::tile::{Strip, Tile};
use assembly::{SIDE, TILE};
use pack::{pack_rows, pack_steps};
use sums::sum_up;

/// The kernel's functions.
pub static ROUTINES: Routines<Pair> = Routines {
    name: "amx",
    tile: [TILE, TILE],
    neighbours: SIDE,
    multiply: nest::multiply::<Amx>,
    walk,
    multiply_add: assembly::multiply_add,
};

/// See [`MicroKernel`].
pub struct Amx;

// SAFETY of every block: the contract of the trait's function.
#[allow(unsafe_code)]
impl MicroKernel for Amx {
    type Operand = Pair;
    const ROWS: usize = TILE;
    const COLUMNS: usize = TILE;
    const STEPS: usize = SIDE;

    fn strides_of_a(_: usize, steps: usize) -> [usize; 2] {
        [1, steps]
    }

    unsafe fn pack_a(strip: &Strip, packed: *mut Pair) {
        unsafe { pack_rows(strip, packed) }
    }

    unsafe fn pack_b(strip: &Strip, packed: *mut Pair) {
        unsafe { pack_steps(strip, packed, TILE) }
    }

    unsafe fn compute(tile: &Tile<Pair, f32>) {
        unsafe { sum_up::<true>(tile) }
    }
}

/// See [`Routines::walk`].
#[allow(unsafe_code)]
unsafe fn walk(tile: &Tile<Pair, f32>) {
    // SAFETY: the same contract as this function's.
    unsafe { sum_up::<false>(tile) }
}
