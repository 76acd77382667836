//! Convolution, its transpose and its weight gradient, on the register tiles of the matrix product.
//!
//! With the channels of a pixel as neighbours in memory, the row of a window of an image, `(j, c)`, is contiguous,
//! and the windows of neighbouring places are rows a fixed distance apart: a matrix, if one that overlaps itself.
//! So a convolution is a product for each row of the kernel, summed: tiles of 14 places by 32 channels, say, whose
//! sums stay in registers while the window's numbers pass. Nothing is packed for that but the weights, once for the
//! whole batch, and no matrix of patches is ever written: an image is only copied where it needs a border, and that
//! copy stays in the cache until the image is done.
//!
//! - [`convolve`] moves the window over the image (`correlation.rs`).
//! - [`convolve_transposed`] with stride `s` is `s²` such convolutions of `y`, one for each rest of a pixel's row and
//!   column by `s`, each with the taps that meet those pixels (`plan.rs`).
//! - [`convolve_weights`] sums outer products of windows and pixels of `y` over all images (`weights/`). What
//!   several tiles read is copied first, for some images at a time, so that they read it one after the other.
//! - Where the rows of an image have too few places to fill a tile, its rows are the same place of several images
//!   (`correlation.rs`): a tile of 2 places reads all of the weights for a seventh of the work.
//! - Where the result has few channels, pixels are multiplied first and moved afterwards (`narrow.rs`).
//!
//! The border's zeros are not multiplied where a whole tile meets them (`window.rs`). In an image of 4 × 4 pixels that saves up to
//! two fifths.
//!
//! Images are shared out among the threads; a sum is cut, if at all, where its shape says, so results do not depend on their
//! number.

mod batch;
mod correlation;
#[cfg(test)]
mod naive;
mod narrow;
mod padded;
mod plan;
mod shape;
#[cfg(test)]
mod tests;
mod weights;
mod window;

pub use batch::Finish;
pub use shape::{ConvShape, output as conv_output};

use super::element::Operand;
use super::{Element, Kernel, Precision};
use plan::{Plan, run_batch};
use shape::NARROW;

/// `y = x ∗ w`; `finish` is called with each image of `y` as soon as it is there.
///
/// # Panics
/// When a slice has another length than the shape says.
pub fn convolve<T: Element>(kernel: Kernel, shape: &ConvShape, x: &[T], w: &[T], y: &mut [T], finish: &Finish<T>) {
    check(shape, x, w, y);
    match kernel.precision() {
        Precision::F32 => forwards::<T>(kernel, shape, x, w, y, finish),
        Precision::Bf16 => forwards::<T::Bf16>(kernel, shape, x, w, y, finish),
    }
}

/// The adjoint of [`convolve`] in its images: `x` of `y` and `w`.
///
/// # Panics
/// When a slice has another length than the shape says.
pub fn convolve_transposed<T: Element>(
    kernel: Kernel,
    shape: &ConvShape,
    y: &[T],
    w: &[T],
    x: &mut [T],
    finish: &Finish<T>,
) {
    check(shape, x, w, y);
    match kernel.precision() {
        Precision::F32 => transposed::<T>(kernel, shape, y, w, x, finish),
        Precision::Bf16 => transposed::<T::Bf16>(kernel, shape, y, w, x, finish),
    }
}

/// The adjoint of [`convolve`] in its kernel: `w` of `x` and `y`.
///
/// # Panics
/// When a slice has another length than the shape says.
pub fn convolve_weights<T: Element>(kernel: Kernel, shape: &ConvShape, x: &[T], y: &[T], w: &mut [T]) {
    check(shape, x, w, y);
    match kernel.precision() {
        Precision::F32 => weights::convolve_weights::<T>(kernel, shape, x, y, w),
        Precision::Bf16 => weights::convolve_weights::<T::Bf16>(kernel, shape, x, y, w),
    }
}

fn forwards<P: Operand>(
    kernel: Kernel,
    shape: &ConvShape,
    x: &[P::Number],
    w: &[P::Number],
    y: &mut [P::Number],
    finish: &Finish<P::Number>,
) {
    match shape.outputs < NARROW {
        true => narrow::convolve::<P>(kernel, shape, x, w, y, finish),
        false => run_batch(&Plan::<P>::forward(shape), kernel, w, x, y, finish),
    }
}

fn transposed<P: Operand>(
    kernel: Kernel,
    shape: &ConvShape,
    y: &[P::Number],
    w: &[P::Number],
    x: &mut [P::Number],
    finish: &Finish<P::Number>,
) {
    match shape.inputs < NARROW {
        true => narrow::convolve_transposed::<P>(kernel, shape, y, w, x, finish),
        false => run_batch(&Plan::<P>::transposed(shape), kernel, w, y, x, finish),
    }
}

fn check<T>(shape: &ConvShape, x: &[T], w: &[T], y: &[T]) {
    let (lengths, expected) = ([x.len(), w.len(), y.len()], [shape.x_len(), shape.w_len(), shape.y_len()]);
    assert!(lengths == expected, "convolution: {shape:?} has {expected:?} elements, the slices have {lengths:?}");
}
