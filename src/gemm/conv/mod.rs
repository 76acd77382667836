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
//! - [`convolve_weights`] sums outer products of windows and pixels of `y` over all images (`weights.rs`). What
//!   several tiles read is copied first, for some images at a time, so that they read it one after the other.
//! - Where the rows of an image have too few places to fill a tile, its rows are the same place of several images
//!   (`correlation.rs`): a tile of 2 places reads all of the weights for a seventh of the work.
//! - Where the result has few channels, pixels are multiplied first and moved afterwards (`narrow.rs`).
//!
//! The border's zeros are not multiplied where a whole tile meets them (`window.rs`). In an image of 4 × 4 pixels that saves up to
//! two fifths.
//!
//! Images are shared out among the threads; a sum is never cut, so results do not depend on their number.

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

pub use shape::{ConvShape, output as conv_output};

use super::{Element, Kernel, kernel};
use plan::{Plan, run_batch};
use shape::NARROW;

/// `y = x ∗ w`; `finish` is called with each image of `y` as soon as it is there.
///
/// # Panics
/// When a slice has another length than the shape says.
pub fn convolve<T: Element>(shape: &ConvShape, x: &[T], w: &[T], y: &mut [T], finish: impl Fn(&mut [T]) + Sync) {
    check(shape, x, w, y);
    convolve_with(kernel(), shape, x, w, y, finish);
}

/// The adjoint of [`convolve`] in its images: `x` of `y` and `w`.
///
/// # Panics
/// When a slice has another length than the shape says.
pub fn convolve_transposed<T: Element>(
    shape: &ConvShape,
    y: &[T],
    w: &[T],
    x: &mut [T],
    finish: impl Fn(&mut [T]) + Sync,
) {
    check(shape, x, w, y);
    convolve_transposed_with(kernel(), shape, y, w, x, finish);
}

/// The adjoint of [`convolve`] in its kernel: `w` of `x` and `y`.
///
/// # Panics
/// When a slice has another length than the shape says.
pub fn convolve_weights<T: Element>(shape: &ConvShape, x: &[T], y: &[T], w: &mut [T]) {
    check(shape, x, w, y);
    weights::convolve_weights(kernel(), shape, x, y, w);
}

fn convolve_with<T: Element>(
    kernel: Kernel,
    shape: &ConvShape,
    x: &[T],
    w: &[T],
    y: &mut [T],
    finish: impl Fn(&mut [T]) + Sync,
) {
    match shape.outputs < NARROW {
        true => narrow::convolve(kernel, shape, x, w, y, finish),
        false => run_batch(&Plan::forward(shape), kernel, w, x, y, finish),
    }
}

fn convolve_transposed_with<T: Element>(
    kernel: Kernel,
    shape: &ConvShape,
    y: &[T],
    w: &[T],
    x: &mut [T],
    finish: impl Fn(&mut [T]) + Sync,
) {
    match shape.inputs < NARROW {
        true => narrow::convolve_transposed(kernel, shape, y, w, x, finish),
        false => run_batch(&Plan::transposed(shape), kernel, w, y, x, finish),
    }
}

fn check<T>(shape: &ConvShape, x: &[T], w: &[T], y: &[T]) {
    let (lengths, expected) = ([x.len(), w.len(), y.len()], [shape.x_len(), shape.w_len(), shape.y_len()]);
    assert!(lengths == expected, "convolution: {shape:?} has {expected:?} elements, the slices have {lengths:?}");
}
