//! Convolution by its definition: the reference of the fast code.

use super::ConvShape;
use crate::gemm::Element;

/// Calls `visit(x, w, y)` with the indices of every product in the sum
/// `Σ x[n, p·stride + i − padding, q·stride + j − padding, c] · w[i, j, c, d] · y[n, p, q, d]`, from which all
/// three relatives come: each leaves out one of the three factors.
pub fn for_each(shape: &ConvShape, mut visit: impl FnMut(usize, usize, usize)) {
    let ConvShape { batch, image: [h, w], kernel: [kh, kw], inputs, outputs, stride, padding } = *shape;
    let [oh, ow] = shape.output().unwrap_or([0, 0]);
    for n in 0..batch {
        for (p, q) in (0..oh).flat_map(|p| (0..ow).map(move |q| (p, q))) {
            for (i, j) in (0..kh).flat_map(|i| (0..kw).map(move |j| (i, j))) {
                let (row, column) = (p * stride + i, q * stride + j);
                if row < padding || column < padding || row - padding >= h || column - padding >= w {
                    continue; // a pixel of the padding
                }
                let pixel = (n * h + row - padding) * w + column - padding;
                for (c, d) in (0..inputs).flat_map(|c| (0..outputs).map(move |d| (c, d))) {
                    let weight = ((i * kw + j) * inputs + c) * outputs + d;
                    visit(pixel * inputs + c, weight, ((n * oh + p) * ow + q) * outputs + d);
                }
            }
        }
    }
}

/// `y` of `x` and `w`.
pub fn convolve<T: Element>(shape: &ConvShape, x: &[T], w: &[T], y: &mut [T]) {
    y.fill(T::ZERO);
    for_each(shape, |i, j, k| y[k] += x[i] * w[j]);
}

/// `x` of `y` and `w`.
pub fn convolve_transposed<T: Element>(shape: &ConvShape, y: &[T], w: &[T], x: &mut [T]) {
    x.fill(T::ZERO);
    for_each(shape, |i, j, k| x[i] += y[k] * w[j]);
}

/// `w` of `x` and `y`.
pub fn convolve_weights<T: Element>(shape: &ConvShape, x: &[T], y: &[T], w: &mut [T]) {
    w.fill(T::ZERO);
    for_each(shape, |i, j, k| w[j] += x[i] * y[k]);
}
