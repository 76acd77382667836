//! The arrays on a tape.

use ndarray::{ArcArray, IxDyn};

/// An array of numbers whose buffer may be shared: a copy of it, or the same elements under another shape, costs
/// nothing until one of the two is written to. On a tape it is always in row-major order, without gaps.
pub type Tensor<T = f32> = ArcArray<T, IxDyn>;
