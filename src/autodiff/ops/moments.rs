//! The mean and the variance of each channel, as a matrix of two rows.

use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};

/// `[2, channels]`: the mean and the biased variance of each channel.
#[derive(Debug)]
pub(super) struct Moments;

impl<T: Real> Operation<T> for Moments {
    fn formula(&self) -> String {
        "μ = Σ x / N, v = Σ (x − μ)² / N, over the rows".into()
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let [rows, channels] = rows_and_channels(inputs[0]);
        let x = kernels::slice(inputs[0]);
        // [pieces, 2·channels]: each piece's mean and sum of squared distances from it, while it is in the cache.
        let partial = kernels::partial_sums([rows, channels], 2 * channels, pool, |rows, partial| {
            let (mean, squares) = partial.split_at_mut(channels);
            let count = T::from_f64(rows.len() as f64);
            let piece = &x[rows.start * channels..rows.end * channels];
            kernels::sum_columns([piece], channels, 0, None, [&mut *mean], |x, _| x);
            mean.iter_mut().for_each(|mean| *mean /= count);
            kernels::sum_columns([piece], channels, 0, Some(mean), [squares], |[x], mean| [(x - mean) * (x - mean)]);
        });
        let mut moments = pool.take(&[2, channels]);
        combine_moments(&partial, rows, kernels::slice_mut(&mut moments));
        pool.give(partial);
        moments
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (x, g, mean) = (step.input(0), step.gradient(), row(step.output, 0));
        // ∂μ/∂x = 1/N, ∂v/∂x = 2(x − μ)/N
        step.add(0, || ((x - mean) * row(g, 1) * T::from_f64(2.0) + row(g, 0)) / rows_of(x));
    }
}

/// The mean and variance of all `rows` rows, of those of pieces of equally many (the last one of fewer): with
/// `δ` the distance of two means, `μ = μ₁ + δ·n₂/n` and `Σ = Σ₁ + Σ₂ + δ²·n₁n₂/n` (Chan, Golub & LeVeque 1979). No
/// large squares are subtracted.
fn combine_moments<T: Real>(partial: &Tensor<T>, rows: usize, moments: &mut [T]) {
    let channels = moments.len() / 2;
    let (mean, variance) = moments.split_at_mut(channels);
    let mut pieces = kernels::slice(partial).chunks_exact(2 * channels);
    let first = pieces.next().expect("there is a piece");
    mean.copy_from_slice(&first[..channels]);
    variance.copy_from_slice(&first[channels..]);
    let together = kernels::rows_together(channels);
    let mut before = together.min(rows);
    for piece in pieces {
        let here = together.min(rows - before);
        let share = T::from_f64(here as f64 / (before + here) as f64);
        for (c, (mean, squares)) in mean.iter_mut().zip(variance.iter_mut()).enumerate() {
            let distance = piece[c] - *mean;
            *mean += distance * share;
            *squares += piece[channels + c] + distance * distance * share * T::from_f64(before as f64);
        }
        before += here;
    }
    let count = T::from_f64(rows as f64);
    variance.iter_mut().for_each(|squares| *squares /= count);
}

/// `r = 1/√(v + ε)` of each channel.
pub(super) fn write_deviations<T: Real>(moments: &Tensor<T>, epsilon: f64, r: &mut [T]) {
    let (variance, epsilon) = (&kernels::slice(moments)[r.len()..], T::from_f64(epsilon));
    r.iter_mut().zip(variance).for_each(|(r, &variance)| *r = T::ONE / (variance + epsilon).sqrt());
}

/// `r = 1/√(v + ε)` of each channel, `[channels]`.
pub(super) fn inverse_deviation<T: Real>(moments: Var<'_, T>, epsilon: f64) -> Var<'_, T> {
    (row(moments, 1) + T::from_f64(epsilon)).sqrt().powi(-1)
}

/// One of two rows.
pub(super) fn row<T: Real>(rows: Var<'_, T>, i: usize) -> Var<'_, T> {
    rows.slice_rows(i..i + 1).reshape(&rows.shape()[1..])
}

/// Two rows, one below the other.
pub(super) fn stack<'t, T: Real>(first: Var<'t, T>, second: Var<'t, T>) -> Var<'t, T> {
    let one_row = [1, first.len()];
    first.reshape(&one_row).concat_rows(second.reshape(&one_row))
}

/// `N`: how many rows, of all channels, there are.
pub(super) fn rows_of<T: Real>(x: Var<'_, T>) -> T {
    T::from_f64((x.len() / x.shape()[x.shape().len() - 1]) as f64)
}

pub(super) fn rows_and_channels<T>(x: &Tensor<T>) -> [usize; 2] {
    let channels = x.shape().last().copied().unwrap_or(0);
    assert!(!x.is_empty(), "batch_norm: shape {:?} holds nothing to normalise", x.shape());
    [x.len() / channels, channels]
}
