//! How exactly the operands of a product are kept.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What the operands of matrix products and convolutions are rounded to before they are multiplied. Sums are of single
/// precision in any case, and so is everything else that a network computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Nothing: they stay single precision, 24 significant bits.
    #[default]
    F32,
    /// *bfloat16*: single precision's exponent and 8 significant bits, the nearest such number, ties to even. Half the
    /// bits to move, and where the processor multiplies pairs of them, twice the products in the same time.
    Bf16,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::F32, Self::Bf16];

    /// What it is called, in configurations too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
