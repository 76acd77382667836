//! The instruction sets, one file each.
//!
//! A kernel is a register tile in some instruction set. What sets one apart from another is short: how many numbers a
//! register holds, how many rows of a tile there are registers for, and which instruction loads, multiplies and
//! stores (`instructions.rs`). The loop around them is written once (`inner_loop.rs`), and compiled for every
//! instruction set, for every size of a tile, and for operands that are packed and that are not. Operands are numbers, or
//! pairs of numbers of half the bits; a kernel names an instruction set for either.
//!
//! To add a kernel, write its file and give it its line in [`KERNELS`].

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx2_pairs;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx512bf16;
mod inner_loop;
mod instructions;
mod micro_kernel;
#[cfg(target_arch = "x86_64")]
mod pack;
mod peak;
mod portable;

pub use micro_kernel::MicroKernel;
pub use portable::DOUBLE;

use super::nest;
use super::pair::Pair;
use super::routines::Routines;
use instructions::Simd;

/// Every kernel, the fastest first.
pub static KERNELS: &[Entry] = &[
    #[cfg(target_arch = "x86_64")]
    Entry {
        name: "amx",
        is_available: amx::is_available,
        singles: &const { routines::<avx512::Avx512>() },
        pairs: &amx::ROUTINES,
    },
    #[cfg(target_arch = "x86_64")]
    Entry::of::<avx512::Avx512, avx512bf16::Avx512Bf16>("avx512bf16"),
    #[cfg(target_arch = "x86_64")]
    Entry::of::<avx512::Avx512, avx2_pairs::Avx2Pairs>("avx512"),
    #[cfg(target_arch = "x86_64")]
    Entry::of::<avx2::Avx2, avx2_pairs::Avx2Pairs>("avx2"),
    PORTABLE,
];

/// The kernel in plain code.
pub const PORTABLE: Entry =
    Entry { name: "portable", is_available: || true, singles: &portable::SINGLE, pairs: &portable::PAIRS };

/// A kernel that some processors can run.
#[derive(Debug)]
pub struct Entry {
    /// What people call it.
    pub name: &'static str,
    /// Whether this processor can.
    pub is_available: fn() -> bool,
    /// Its code for operands of single precision.
    pub singles: &'static Routines<f32>,
    /// Its code for operands of 16 bits.
    pub pairs: &'static Routines<Pair>,
}

impl Entry {
    /// The kernel that the inner loop makes of two instruction sets.
    const fn of<S: Simd<Operand = f32>, P: Simd<Operand = Pair>>(name: &'static str) -> Self {
        let is_available = || S::is_available() && P::is_available();
        Self { name, is_available, singles: &const { routines::<S>() }, pairs: &const { routines::<P>() } }
    }
}

/// The code that the inner loop makes of an instruction set.
const fn routines<S: Simd>() -> Routines<S::Operand> {
    Routines {
        name: S::NAME,
        tile: [S::ROWS, S::COLUMNS],
        neighbours: 1,
        multiply: nest::multiply::<S>,
        walk: inner_loop::walk::<S>,
        multiply_add: peak::multiply_add::<S>,
    }
}
