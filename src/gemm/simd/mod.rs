//! The instruction sets, one file each.
//!
//! A kernel is a register tile in some instruction set. What sets one apart from another is short: how many numbers a
//! register holds, how many rows of a tile there are registers for, and which instruction loads, multiplies and
//! stores (`instructions.rs`). The loop around them is written once (`inner_loop.rs`), and compiled for every
//! instruction set, for every size of a tile, and for operands that are packed and that are not.
//!
//! To add a kernel, write its file and give it its line in [`KERNELS`].

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod inner_loop;
mod instructions;
#[cfg(target_arch = "x86_64")]
mod pack;
mod peak;
mod portable;

pub use inner_loop::{Packed, compute};
pub use instructions::Simd;
pub use portable::DOUBLE;

use super::nest;
use super::routines::Routines;

/// Every kernel, the fastest first.
pub static KERNELS: &[Entry] = &[
    #[cfg(target_arch = "x86_64")]
    Entry::of::<avx512::Avx512>(),
    #[cfg(target_arch = "x86_64")]
    Entry::of::<avx2::Avx2>(),
    PORTABLE,
];

/// The kernel in plain code.
pub const PORTABLE: Entry =
    Entry { name: "portable", is_available: || true, single: &portable::SINGLE, multiply_add: portable::multiply_add };

/// A kernel that some processors can run.
#[derive(Debug)]
pub struct Entry {
    /// What people call it.
    pub name: &'static str,
    /// Whether this processor can.
    pub is_available: fn() -> bool,
    /// Its code in single precision.
    pub single: &'static Routines<f32>,
    /// Multiplies and adds in so many rounds as fast as its instructions allow, and answers how many operations that was.
    pub multiply_add: unsafe fn(usize) -> usize,
}

impl Entry {
    /// The kernel that the inner loop makes of an instruction set. One with 16-bit operands would have to take its walks
    /// from another: images are not packed, and so stay what they are.
    const fn of<S: Simd<Number = f32>>() -> Self {
        let single = &const {
            Routines { tile: [S::ROWS, S::COLUMNS], multiply: nest::multiply::<S>, walk: inner_loop::walk::<S> }
        };
        Self { name: S::NAME, is_available: S::is_available, single, multiply_add: peak::multiply_add::<S> }
    }
}
