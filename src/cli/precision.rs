//! `--precision`.

use crate::gemm::Precision;
use clap::ValueEnum;

/// What the operands of matrix products and convolutions are rounded to.
#[derive(Clone, Copy, ValueEnum)]
pub enum PrecisionFlag {
    /// Nothing: single precision
    F32,
    /// 16 bits, 8 of them significant
    Bf16,
}

impl From<PrecisionFlag> for Precision {
    fn from(flag: PrecisionFlag) -> Self {
        match flag {
            PrecisionFlag::F32 => Self::F32,
            PrecisionFlag::Bf16 => Self::Bf16,
        }
    }
}
