//! What an operation is.

use super::{Backward, Pool, Real, Shape, Tensor, Terms};
use std::fmt::Debug;

/// One differentiable operation: its value, and beside it its derivative.
///
/// An operation is data, so it can be printed; it holds its constants (a slope, an axis), never
/// its inputs. Every array is in row-major order without gaps.
pub trait Operation<T: Real>: Debug + Send + Sync + 'static {
    /// What it computes, in one line, its constants filled in: `y = −0.5·x + 1`.
    fn formula(&self) -> String;

    /// The value, in an array from the pool of which every element is written.
    ///
    /// # Panics
    /// When the shapes do not fit, with both shapes and the operation's name.
    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T>;

    /// The vector-Jacobian product: given `ḡ = ∂L/∂output` in `step.gradient`, adds to each
    /// input `i` its `∂L/∂inputᵢ = ḡ · ∂output/∂inputᵢ`, written in [`Var`](super::Var)
    /// operations.
    fn backward(&self, step: &mut Backward<'_, '_, T>);

    /// How many multiplications, with as many additions, it takes for inputs of these shapes, if it multiplies matrices or
    /// convolves images.
    fn multiplications(&self, _inputs: &[Shape]) -> usize {
        0
    }

    /// What one element of its value is the sum of, for inputs of these shapes, if it multiplies matrices or convolves
    /// images. What an element of another operation depends on, its derivative tells: see
    /// [`View::explain`](super::View::explain).
    ///
    /// # Panics
    /// When there may be no such element.
    fn terms(&self, _inputs: &[Shape], _element: usize) -> Option<Terms> {
        None
    }
}
