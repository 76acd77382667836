//! Convolution in three forms.

mod naive;
mod shape;

pub use shape::{ConvShape, output as conv_output};

use super::Element;
use std::ops::{AddAssign, Mul};

/// `y = x ∗ w`; `finish` is called with each image of `y` as soon as it is there.
pub fn convolve<T: Element + Mul<Output = T> + AddAssign>(
    shape: &ConvShape,
    x: &[T],
    w: &[T],
    y: &mut [T],
    finish: impl Fn(&mut [T]) + Sync,
) {
    naive::convolve(shape, x, w, y);
    y.chunks_mut((shape.y_len() / shape.batch.max(1)).max(1)).for_each(finish);
}

/// The adjoint of [`convolve`] in its images: `x` of `y` and `w`.
pub fn convolve_transposed<T: Element + Mul<Output = T> + AddAssign>(
    shape: &ConvShape,
    y: &[T],
    w: &[T],
    x: &mut [T],
    finish: impl Fn(&mut [T]) + Sync,
) {
    naive::convolve_transposed(shape, y, w, x);
    x.chunks_mut((shape.x_len() / shape.batch.max(1)).max(1)).for_each(finish);
}

/// The adjoint of [`convolve`] in its kernel: `w` of `x` and `y`.
pub fn convolve_weights<T: Element + Mul<Output = T> + AddAssign>(shape: &ConvShape, x: &[T], y: &[T], w: &mut [T]) {
    naive::convolve_weights(shape, x, y, w);
}
