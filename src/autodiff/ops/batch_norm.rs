//! Batch normalisation (Ioffe & Szegedy 2015): every channel with mean 0 and variance 1 over the batch, then
//! scaled and shifted as the network likes.
//!
//! With `N` the number of rows of `x` (samples times pixels), `μ` and `v` the mean and the variance of a channel,
//! `r = 1/√(v + ε)` and `x̂ = (x − μ)·r`,
//!
//! - forward: `y = γ·x̂ + β`, in one pass over `x` for `μ` and `v` and one for `y`;
//! - back: with `S₀ = Σ g` and `S₁ = Σ g·x̂` over the rows, one pass for both, `β̄ = S₀`, `γ̄ = S₁` and, in one
//!   pass, `x̄ = γ·r·(g − S₀/N − x̂·S₁/N)`: what flows to `x` directly, through the mean and through the variance.
//!
//! The sums and `x̄` are operations themselves, as functions of `g`, `x`, `(μ, v)` and so on, with ordinary
//! derivatives: so the second derivative, too, is right.

use super::moments::{Moments, inverse_deviation, row, rows_and_channels, rows_of, stack, write_deviations};
use super::notation::number;
use crate::autodiff::{Activation, Backward, Operation, Pool, Real, Tensor, Var, kernels};
use crate::parallel::in_rows;

/// A batch in which every channel has mean 0 and variance 1 (before scale, shift and activation), and what it
/// took to get there.
#[derive(Clone, Copy, Debug)]
pub struct Normalised<'t, T: Real> {
    /// The normalised batch, of the input's shape.
    pub value: Var<'t, T>,
    /// The mean of each channel, `[channels]`; differentiable.
    pub mean: Var<'t, T>,
    /// The biased variance of each channel, `Σ(x − μ)²/N`, `[channels]`; differentiable.
    pub variance: Var<'t, T>,
}

/// `f(γ·x̂ + β)`, given the moments of `x`.
#[derive(Debug)]
struct BatchNorm {
    epsilon: f64,
    activation: Activation,
}

impl<T: Real> Operation<T> for BatchNorm {
    fn formula(&self) -> String {
        let sum = format!("γ·(x − μ)/√(v + {}) + β", number(self.epsilon));
        format!("y = {}", self.activation.formula_of_sum(&sum))
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let &[x, moments, scale, shift] = inputs else { unreachable!("batch_norm has four inputs") };
        let [_, channels] = rows_and_channels(x);
        assert!(
            scale.shape() == [channels] && shift.shape() == [channels],
            "batch_norm: {:?}, scale {:?} and shift {:?} do not fit: […, channels], [channels] and [channels] do",
            x.shape(),
            scale.shape(),
            shift.shape()
        );
        let mean = &kernels::slice(moments)[..channels];
        let mut factor = pool.take(&[channels]); // γ·r
        write_deviations(moments, self.epsilon, kernels::slice_mut(&mut factor));
        kernels::slice_mut(&mut factor).iter_mut().zip(kernels::slice(scale)).for_each(|(r, &scale)| *r *= scale);
        let mut y = pool.take(x.shape());
        let coefficients = [mean, kernels::slice(&factor), kernels::slice(shift)];
        self.activation.apply_to_scaled(kernels::slice(x), coefficients, kernels::slice_mut(&mut y));
        pool.give(factor);
        y
    }

    /// The moments are those of `x`: what flows through them is part of what flows to `x`.
    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (x, moments, scale) = (step.input(0), step.input(1), step.input(2));
        let g = step.gradient().through(self.activation, step.output);
        let epsilon = self.epsilon;
        let sums = g.tape().apply(BatchNormSums { epsilon }, &[g, x, moments]);
        step.add(0, || g.tape().apply(BatchNormGradient { epsilon }, &[g, x, moments, scale, sums]));
        step.add(2, || row(sums, 1));
        step.add(3, || row(sums, 0));
    }
}

/// `[2, channels]`: `S₀ = Σ g` and `S₁ = Σ g·x̂`, of `g`, `x` and the moments.
#[derive(Debug)]
struct BatchNormSums {
    epsilon: f64,
}

impl<T: Real> Operation<T> for BatchNormSums {
    fn formula(&self) -> String {
        format!("S₀ = Σ g, S₁ = Σ g·(x − μ)/√(v + {}), over the rows", number(self.epsilon))
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let [rows, channels] = rows_and_channels(inputs[1]);
        let (g, x, moments) = (kernels::slice(inputs[0]), kernels::slice(inputs[1]), inputs[2]);
        let mean = &kernels::slice(moments)[..channels];
        // [pieces, 2·channels]: Σ g and Σ g·(x − μ)
        let partial = kernels::partial_sums([rows, channels], 2 * channels, pool, |rows, partial| {
            let elements = rows.start * channels..rows.end * channels;
            let (plain, weighted) = partial.split_at_mut(channels);
            let pieces = [&g[elements.clone()], &x[elements]];
            kernels::sum_columns(pieces, channels, 0, Some(mean), [plain, weighted], |[g, x], mean| {
                [g, g * (x - mean)]
            });
        });
        let mut sums = pool.take(&[2, channels]);
        kernels::sum_rows(kernels::slice(&partial), kernels::slice_mut(&mut sums));
        pool.give(partial);
        let mut deviations = pool.take(&[channels]);
        write_deviations(moments, self.epsilon, kernels::slice_mut(&mut deviations));
        let weighted = &mut kernels::slice_mut(&mut sums)[channels..];
        weighted.iter_mut().zip(kernels::slice(&deviations)).for_each(|(sum, &r)| *sum *= r);
        pool.give(deviations);
        sums
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x, moments, sums) = (step.input(0), step.input(1), step.input(2), step.output);
        let (u0, u1) = (row(step.gradient(), 0), row(step.gradient(), 1));
        let (mean, r) = (row(moments, 0), inverse_deviation(moments, self.epsilon));
        let u1_r = u1 * r;
        step.add(0, || (x - mean) * u1_r + u0);
        step.add(1, || g * u1_r);
        // ∂S₁/∂μ = −r·S₀, ∂S₁/∂v = −½r²·S₁, since ∂r/∂v = −½r³
        step.add(2, || stack(-(u1_r * row(sums, 0)), u1_r * r * row(sums, 1) * T::from_f64(-0.5)));
    }
}

/// `γ·r·(g − S₀/N − x̂·S₁/N)`, of `g`, `x`, the moments, `γ` and the sums.
#[derive(Debug)]
struct BatchNormGradient {
    epsilon: f64,
}

impl<T: Real> Operation<T> for BatchNormGradient {
    fn formula(&self) -> String {
        let epsilon = number(self.epsilon);
        format!("x̄ = γ·r·(g − S₀/N − x̂·S₁/N), x̂ = (x − μ)·r, r = 1/√(v + {epsilon})")
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let &[g, x, moments, scale, sums] = inputs else { unreachable!("its gradient has five inputs") };
        let [rows, channels] = rows_and_channels(x);
        let (scale, sums, count) = (kernels::slice(scale), kernels::slice(sums), T::from_f64(rows as f64));
        // As a·g + b + k·(x − μ): a = γ·r, b = −a·S₀/N, k = −a·r·S₁/N.
        let mut coefficients = pool.take(&[3, channels]);
        let (a, rest) = kernels::slice_mut(&mut coefficients).split_at_mut(channels);
        let (b, k) = rest.split_at_mut(channels);
        write_deviations(moments, self.epsilon, a);
        for c in 0..channels {
            let r = a[c];
            a[c] = scale[c] * r;
            b[c] = -(a[c] * sums[c] / count);
            k[c] = -(a[c] * r * sums[channels + c] / count);
        }
        let (a, b, k, mean) = (&*a, &*b, &*k, &kernels::slice(moments)[..channels]);
        let mut y = pool.take(x.shape());
        let (g, x) = (kernels::slice(g), kernels::slice(x));
        in_rows(kernels::slice_mut(&mut y), channels, |i, row| {
            let (g, x) = (&g[i * channels..][..channels], &x[i * channels..][..channels]);
            let (a, b, k, mean) = (&a[..channels], &b[..channels], &k[..channels], &mean[..channels]);
            for (c, y) in row.iter_mut().enumerate() {
                *y = a[c] * g[c] + b[c] + k[c] * (x[c] - mean[c]);
            }
        });
        pool.give(coefficients);
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let [g, x, moments, scale, sums] = [0, 1, 2, 3, 4].map(|i| step.input(i));
        let (u, epsilon, count) = (step.gradient(), self.epsilon, rows_of(x));
        let r = inverse_deviation(moments, epsilon);
        let (s0, s1) = (row(sums, 0) / count, row(sums, 1) / count);
        // The same sums of u: U₀ = Σ u, U₁ = Σ u·x̂; and V = Σ u·g.
        let u_sums = u.tape().apply(BatchNormSums { epsilon }, &[u, x, moments]);
        let (u0, u1, v) = (row(u_sums, 0), row(u_sums, 1), (u * g).sum_to(&scale.shape()));
        let scale_r = scale * r;
        step.add(0, || u * scale_r);
        step.add(1, || -(u * (scale_r * r * s1)));
        // ∂/∂μ = γ·r²·U₀·S₁/N; ∂/∂v = −½γ·r³·(V − U₀·S₀/N) + γ·r³·U₁·S₁/N
        step.add(2, || {
            let by_variance = u1 * s1 - (v - u0 * s0) * T::from_f64(0.5);
            stack(scale_r * r * s1 * u0, scale_r * r * r * by_variance)
        });
        step.add(3, || r * (v - u0 * s0 - u1 * s1));
        step.add(4, || stack(scale_r * u0, scale_r * u1) / -count);
    }
}

/// `f((x − μ)·a + β)`, of `x`, `μ`, `a` and `β`: what has its moments from elsewhere.
#[derive(Debug)]
struct Scaled {
    activation: Activation,
}

impl<T: Real> Operation<T> for Scaled {
    fn formula(&self) -> String {
        format!("y = {}", self.activation.formula_of_sum("(x − μ)·a + β"))
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let &[x, mean, factor, shift] = inputs else { unreachable!("it has four inputs") };
        let mut y = pool.take(x.shape());
        let coefficients = [mean, factor, shift].map(kernels::slice);
        self.activation.apply_to_scaled(kernels::slice(x), coefficients, kernels::slice_mut(&mut y));
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let [x, mean, factor] = [0, 1, 2].map(|i| step.input(i));
        let g = step.gradient().through(self.activation, step.output);
        let channels = mean.shape();
        step.add(0, || g * factor);
        step.add(1, || -(g.sum_to(&channels) * factor));
        step.add(2, || (g * (x - mean)).sum_to(&channels));
        step.add(3, || g.sum_to(&channels));
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Batch normalisation, `(x − μ)/√(v + ε)`, with the mean `μ` and the biased variance `v` of each channel (the
    /// last axis) over all other axes (Ioffe & Szegedy 2015). `epsilon` is usually 1e-5.
    ///
    /// # Panics
    /// When there is nothing to normalise.
    pub fn batch_norm(self, epsilon: f64) -> Normalised<'t, T> {
        let channels = self.shape().last().copied().unwrap_or(0);
        let constant = |value: T| self.tape().fill(&[channels], |x| x.fill(value));
        self.batch_norm_layer(constant(T::ONE), constant(T::ZERO), epsilon, Activation::Identity)
    }

    /// A layer of batch normalisation in training, `f(γ·(x − μ)/√(v + ε) + β)`, with the moments of this batch:
    /// see [`batch_norm`](Var::batch_norm). `scale` (`γ`) and `shift` (`β`) are `[channels]`.
    ///
    /// # Panics
    /// When the shapes do not fit or there is nothing to normalise.
    pub fn batch_norm_layer(
        self,
        scale: Var<'t, T>,
        shift: Var<'t, T>,
        epsilon: f64,
        activation: Activation,
    ) -> Normalised<'t, T> {
        let moments = self.tape().apply(Moments, &[self]);
        let value = self.tape().apply(BatchNorm { epsilon, activation }, &[self, moments, scale, shift]);
        Normalised { value, mean: row(moments, 0), variance: row(moments, 1) }
    }

    /// A layer of batch normalisation in use: as [`batch_norm_layer`](Var::batch_norm_layer), but with a `mean`
    /// and a `variance` that do not come from this batch. All four are `[channels]`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn normalised_by(
        self,
        [mean, variance]: [Var<'t, T>; 2],
        [scale, shift]: [Var<'t, T>; 2],
        epsilon: f64,
        activation: Activation,
    ) -> Var<'t, T> {
        let factor = scale / (variance + T::from_f64(epsilon)).sqrt();
        let channels = self.shape().last().copied().unwrap_or(0);
        for (what, x) in [("mean", mean), ("scale", factor), ("shift", shift)] {
            assert!(
                *x.shape() == [channels],
                "normalised_by: {:?} and {what} {:?} do not fit",
                self.shape(),
                x.shape()
            );
        }
        self.tape().apply(Scaled { activation }, &[self, mean, factor, shift])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use crate::parallel::{GRAIN, on_threads};
    use ndarray::ArrayD;
    use ndarray::{Array, IxDyn};

    fn wave<T: Real>(shape: &[usize], speed: f64, mean: f64) -> ArrayD<T> {
        let mut i = 0.0;
        Array::from_shape_simple_fn(IxDyn(shape), || {
            i += 1.0;
            T::from_f64(mean + (speed * i * i).sin())
        })
    }

    /// The normalised batch and the gradients of a function of it.
    fn layer<'t, T: Real>(x: [Var<'t, T>; 3], layer: impl Fn([Var<'t, T>; 3]) -> Var<'t, T>) -> Vec<Tensor<T>> {
        let y = layer(x);
        let weights = y.tape().leaf(wave(&y.shape(), 0.37, 0.5));
        let gradients = y.tape().gradients((y * y * weights).sum(), &x);
        [y].into_iter().chain(gradients).map(Var::value).collect()
    }

    #[test]
    fn it_is_what_its_parts_are() {
        let f = Activation::LeakyRelu { slope: 0.2 };
        // The second shape takes several pieces, the last one shorter.
        for shape in [&[6, 3][..], &[4, 37, GRAIN / 24, 3]] {
            let tape = Tape::<f64>::new();
            let leaf = |shape: &[usize], speed, mean| tape.leaf(wave(shape, speed, mean));
            let x = [leaf(shape, 1.3, 2.0), leaf(&[3], 0.7, 1.5), leaf(&[3], 2.1, 0.0)];
            let fused = layer(x, |[x, scale, shift]| x.batch_norm_layer(scale, shift, 1e-3, f).value);
            let plain = layer(x, |[x, scale, shift]| (x.standardise(&[3], 1e-3) * scale + shift).activate(f));
            for (fused, plain) in fused.iter().zip(&plain) {
                let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-11 * b.abs().max(1.0);
                assert!(fused.iter().zip(plain.iter()).all(close), "{shape:?}");
            }
        }
    }

    #[test]
    fn in_use_the_moments_come_from_elsewhere() {
        let tape = Tape::<f64>::new();
        let leaf = |shape: &[usize], speed| tape.leaf(wave(shape, speed, 0.4));
        let (x, scale, shift) = (leaf(&[7, 3], 1.3), leaf(&[3], 0.7), leaf(&[3], 2.1));
        let batch = x.batch_norm_layer(scale, shift, 1e-3, Activation::Tanh);
        let same = x.normalised_by([batch.mean, batch.variance], [scale, shift], 1e-3, Activation::Tanh);
        assert!((batch.value - same).powi(2).sum().item() <= 1e-28);
    }

    #[test]
    fn a_mean_far_from_zero_costs_no_digits() {
        let tape = Tape::<f32>::new();
        let x = wave::<f32>(&[20_000, 4], 1.3, 1000.0);
        let exact = |channel: usize, power: i32, from: f64| {
            let column = x.as_slice().unwrap().iter().skip(channel).step_by(4);
            column.map(|&x| (f64::from(x) - from).powi(power)).sum::<f64>() / 20_000.0
        };
        let batch = tape.leaf(x.clone()).batch_norm(1e-5);
        let (mean, variance) = (batch.mean.value(), batch.variance.value());
        for c in 0..4 {
            let expected = exact(c, 1, 0.0);
            assert!((f64::from(mean[[c]]) - expected).abs() <= 1e-3, "{} {expected}", mean[[c]]);
            let expected = exact(c, 2, expected);
            assert!((f64::from(variance[[c]]) / expected - 1.0).abs() <= 1e-4, "{} {expected}", variance[[c]]);
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let run = |threads| {
            let work = || {
                let tape = Tape::<f32>::new();
                let x = [wave(&[40_000, 5], 1.3, 0.2), wave(&[5], 0.7, 1.0), wave(&[5], 2.1, 0.0)];
                let values = layer(x.map(|x| tape.leaf(x)), |[x, scale, shift]| {
                    x.batch_norm_layer(scale, shift, 1e-5, Activation::Tanh).value
                });
                values.into_iter().map(|x| x.to_owned()).collect::<Vec<_>>()
            };
            on_threads(threads, work).expect("threads can be had")
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    #[should_panic(expected = "batch_norm: [4, 3], scale [2] and shift [3] do not fit")]
    fn shapes_that_do_not_fit_are_named() {
        let tape = Tape::<f32>::new();
        let zeros = |shape: &[usize]| tape.leaf(ArrayD::zeros(shape));
        zeros(&[4, 3]).batch_norm_layer(zeros(&[2]), zeros(&[3]), 1e-5, Activation::RELU);
    }
}
