//! Larger images by repeating pixels, smaller ones by summing them: each is the adjoint of the other.

use super::conv::axes;
use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};
use crate::parallel::in_rows;

/// `y[n, p, q, c] = x[n, ⌊p/f⌋, ⌊q/f⌋, c]`.
#[derive(Debug)]
struct UpsampleNearest {
    factor: usize,
}

/// `y[n, p, q, c] = Σ x[n, f·p + i, f·q + j, c]` over `i` and `j` below `f`.
#[derive(Debug)]
struct SumPool {
    factor: usize,
}

impl<T: Real> Operation<T> for UpsampleNearest {
    fn formula(&self) -> String {
        format!("y[n, p, q, c] = x[n, ⌊p/{0}⌋, ⌊q/{0}⌋, c]", self.factor)
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (factor, [n, h, w, c]) = (self.factor, axes("upsample_nearest", inputs[0]));
        let mut y = pool.take(&[n, h * factor, w * factor, c]);
        let x = kernels::slice(inputs[0]);
        in_rows(kernels::slice_mut(&mut y), w * factor * c, |i, row| {
            let pixels = x[i / factor * w * c..].chunks_exact(c);
            for (repeated, pixel) in row.chunks_exact_mut(factor * c).zip(pixels) {
                repeated.chunks_exact_mut(c).for_each(|copy| copy.copy_from_slice(pixel));
            }
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let g = step.gradient();
        step.add(0, || g.sum_pool(self.factor));
    }
}

impl<T: Real> Operation<T> for SumPool {
    fn formula(&self) -> String {
        format!("y[n, p, q, c] = Σ x[n, {0}·p + i, {0}·q + j, c], i, j < {0}", self.factor)
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (factor, [n, h, w, c]) = (self.factor, axes("sum_pool", inputs[0]));
        let fits = h.is_multiple_of(factor) && w.is_multiple_of(factor);
        assert!(fits, "sum_pool: images {:?} are not made of squares of {factor}", inputs[0].shape());
        let mut y = pool.take(&[n, h / factor, w / factor, c]);
        let x = kernels::slice(inputs[0]);
        in_rows(kernels::slice_mut(&mut y), w / factor * c, |i, row| {
            row.fill(T::ZERO);
            for line in x[i * factor * w * c..][..factor * w * c].chunks_exact(w * c) {
                for (sums, pixels) in row.chunks_exact_mut(c).zip(line.chunks_exact(factor * c)) {
                    for pixel in pixels.chunks_exact(c) {
                        sums.iter_mut().zip(pixel).for_each(|(sum, &x)| *sum += x);
                    }
                }
            }
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let g = step.gradient();
        step.add(0, || g.upsample_nearest(self.factor));
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Images `[n, h, w, c]` made `factor` times as high and wide, each pixel repeated in a square:
    /// `[n, factor·h, factor·w, c]`.
    ///
    /// # Panics
    /// When these are no images, or `factor` is 0; so do the forms below.
    pub fn upsample_nearest(self, factor: usize) -> Var<'t, T> {
        assert!(factor > 0, "upsample_nearest: a factor of 0");
        self.tape().apply(UpsampleNearest { factor }, &[self])
    }

    /// The sum of every square of `factor` by `factor` pixels, channel by channel: `[n, h, w, c]` gives
    /// `[n, h/factor, w/factor, c]`. The adjoint of [`upsample_nearest`](Var::upsample_nearest).
    ///
    /// # Panics
    /// When the height or the width is not a multiple of `factor`.
    pub fn sum_pool(self, factor: usize) -> Var<'t, T> {
        assert!(factor > 0, "sum_pool: squares of 0 pixels");
        self.tape().apply(SumPool { factor }, &[self])
    }

    /// The mean of every square of `size` by `size` pixels, channel by channel: `[n, h, w, c]` gives
    /// `[n, h/size, w/size, c]`.
    ///
    /// # Panics
    /// When the height or the width is not a multiple of `size`.
    pub fn avg_pool(self, size: usize) -> Var<'t, T> {
        self.sum_pool(size) / T::from_f64((size * size) as f64)
    }
}

#[cfg(test)]
mod tests {
    use crate::autodiff::Tape;
    use ndarray::ArrayD;
    use ndarray::{Array, IxDyn};

    #[test]
    fn pixels_are_repeated_and_averaged_in_squares() {
        let tape = Tape::<f64>::new();
        let x = tape
            .leaf(Array::from_shape_fn(IxDyn(&[2, 3, 4, 2]), |i| (1000 * i[0] + 100 * i[1] + 10 * i[2] + i[3]) as f64));
        let large = x.upsample_nearest(3);
        let small = x.value();
        let expected = Array::from_shape_fn(IxDyn(&[2, 9, 12, 2]), |i| small[[i[0], i[1] / 3, i[2] / 3, i[3]]]);
        assert_eq!(*large.value(), expected);
        assert_eq!(large.avg_pool(3).value(), small);
    }

    #[test]
    #[should_panic(expected = "sum_pool: images [1, 4, 5, 1] are not made of squares of 2")]
    fn no_pixel_is_left_over() {
        let tape = Tape::<f32>::new();
        tape.leaf(ArrayD::zeros(IxDyn(&[1, 4, 5, 1]))).avg_pool(2);
    }
}
