//! The number types of a product, and what is multiplied of them.

use super::kernel::Kernel;
use super::lane::{Lane, Number};
use super::pair::Pair;
use super::routines::Routines;
use super::simd::DOUBLE;

/// An element of a matrix: `f32` for training, `f64` for checking gradients.
pub trait Element: Number + Operand<Number = Self> {
    /// What it is multiplied as where a product's operands are rounded to 16 bits; `f64` is never rounded.
    type Bf16: Operand<Number = Self>;
}

impl Element for f32 {
    type Bf16 = Pair;
}

impl Element for f64 {
    type Bf16 = Self;
}

/// What of a product's operands is multiplied at once, in a lane of a register.
pub trait Operand: Lane {
    /// What the kernel does with such operands.
    fn routines(kernel: Kernel) -> &'static Routines<Self>;
}

impl Operand for f32 {
    fn routines(kernel: Kernel) -> &'static Routines<Self> {
        kernel.singles()
    }
}

impl Operand for f64 {
    /// Gradient checks have time: one code for all kernels.
    fn routines(_: Kernel) -> &'static Routines<Self> {
        &DOUBLE
    }
}

impl Operand for Pair {
    fn routines(kernel: Kernel) -> &'static Routines<Self> {
        kernel.pairs()
    }
}
