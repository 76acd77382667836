//! The two number types of the engine and their elementary functions.
//!
//! A libm call a pixel costs more than the dense layer before it, so for `f32` the functions
//! below are branch-free polynomials that the compiler turns into vector code. For `f64`, where
//! gradients are checked, they are the standard library's.

use crate::gemm::Element;
use ndarray::NdFloat;

/// A real number: `f32` for training, `f64` for checking gradients.
pub trait Real: Element + NdFloat {
    /// The nearest number of this type.
    fn from_f64(x: f64) -> Self;
    /// The same number, widened.
    fn as_f64(self) -> f64;

    /// `eˣ`. In `f32`: relative error below 3e-7; above 88.3 it saturates at 2.2e38, below
    /// −87.3 the result is 0 (no denormals).
    fn exponential(self) -> Self;
    /// `log(1 + u)` for `u` in [0, 1]. In `f32`: relative error below 3e-7.
    fn log_one_plus(self) -> Self;
    /// `tanh x`. In `f32`: relative error below 5e-7.
    fn hyperbolic_tangent(self) -> Self;

    /// The logistic function `σ(x) = 1 / (1 + e⁻ˣ)`. In `f32`: relative error below 5e-7.
    #[inline(always)]
    fn sigmoid(self) -> Self {
        Self::ONE / (Self::ONE + (-self).exponential())
    }

    /// `log(1 + eˣ)`, finite and exact for logits of any size:
    /// `max(x, 0) + log(1 + e^−|x|)`. In `f32`: relative error below 6e-7.
    #[inline(always)]
    fn softplus(self) -> Self {
        let positive = if self > Self::ZERO { self } else { Self::ZERO };
        positive + (-self.abs()).exponential().log_one_plus()
    }
}

impl Real for f64 {
    fn from_f64(x: f64) -> Self {
        x
    }

    fn as_f64(self) -> f64 {
        self
    }

    fn exponential(self) -> Self {
        self.exp()
    }

    fn log_one_plus(self) -> Self {
        self.ln_1p()
    }

    fn hyperbolic_tangent(self) -> Self {
        self.tanh()
    }
}

impl Real for f32 {
    fn from_f64(x: f64) -> Self {
        x as f32
    }

    fn as_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn exponential(self) -> Self {
        let (power, rest) = split_exponential(self);
        let e = power + power * rest;
        if self < SMALLEST { 0.0 } else { e }
    }

    #[inline(always)]
    fn log_one_plus(self) -> Self {
        // log(1 + u) = 2 artanh(s) = 2 (s + s³/3 + s⁵/5 + …) with s = u / (2 + u) ≤ 1/3.
        let s = self / (2.0 + self);
        let q = s * s;
        let series =
            q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0)))));
        2.0 * (s + s * series)
    }

    #[inline(always)]
    fn hyperbolic_tangent(self) -> Self {
        // tanh |x| = m / (m + 2) with m = e^2|x| − 1; beyond 10 it is 1 to the last bit.
        let magnitude = if self.abs() > 10.0 { 10.0 } else { self.abs() }; // a NaN stays one
        let (power, rest) = split_exponential(2.0 * magnitude);
        let m = power * rest + (power - 1.0);
        (m / (m + 2.0)).copysign(self)
    }
}

/// Below this the exponential would be a denormal number.
const SMALLEST: f32 = -87.33;
/// Above this the power of two would overflow.
const LARGEST: f32 = 88.3;

/// `eˣ = 2ⁿ·(1 + rest)` with `x = n·ln 2 + r`, `|r| ≤ ½ ln 2`, `rest = eʳ − 1`.
/// Kept apart, the two parts also give `eˣ − 1` without cancellation near 0.
#[inline(always)]
fn split_exponential(x: f32) -> (f32, f32) {
    // Adding 1.5·2²³ rounds to an integer and leaves it in the low bits of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts: n·HIGH is exact for every n that occurs (Cody & Waite 1980).
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;

    let x = if x > LARGEST { LARGEST } else { x };
    let x = if x < SMALLEST { SMALLEST } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * HIGH) - n * LOW;
    // Taylor series of eʳ − 1; the first term left out is below 6e-9.
    let rest = r + r
        * r
        * (1.0 / 2.0 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r / 5040.0)))));
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    (power, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest relative error of `function` against `exact` over `[low, high]`.
    fn worst(low: f32, high: f32, function: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64) -> f64 {
        let steps = 2_000_000;
        let at = |i: i32| low + (high - low) * (i as f32 / steps as f32);
        (0..=steps)
            .map(at)
            .map(|x| {
                let (got, expected) = (f64::from(function(x)), exact(f64::from(x)));
                if got == expected { 0.0 } else { ((got - expected) / expected).abs() }
            })
            .fold(0.0, |worst, error| if error > worst || error.is_nan() { error } else { worst })
    }

    #[test]
    fn exponential_is_within_its_stated_error() {
        assert!(worst(-87.0, 88.2, Real::exponential, f64::exp) <= 3e-7);
        assert!(worst(-1.0, 1.0, Real::exponential, f64::exp) <= 3e-7);
        assert_eq!(Real::exponential(-1e30f32), 0.0);
        assert_eq!(Real::exponential(f32::NEG_INFINITY), 0.0);
        assert!(Real::exponential(f32::INFINITY).is_finite() && Real::exponential(100.0f32) > 2e38);
        assert!(Real::exponential(f32::NAN).is_nan());
    }

    #[test]
    fn sigmoid_is_within_its_stated_error() {
        assert!(worst(-80.0, 80.0, Real::sigmoid, |x| 1.0 / (1.0 + (-x).exp())) <= 5e-7);
        assert_eq!((Real::sigmoid(1e9f32), Real::sigmoid(0.0f32)), (1.0, 0.5));
        assert!(Real::sigmoid(-1e9f32) < 1e-38);
        assert!(Real::sigmoid(f32::NAN).is_nan());
    }

    #[test]
    fn tanh_is_within_its_stated_error() {
        assert!(worst(-12.0, 12.0, Real::hyperbolic_tangent, f64::tanh) <= 5e-7);
        assert!(worst(-1e-3, 1e-3, Real::hyperbolic_tangent, f64::tanh) <= 5e-7);
        assert_eq!(Real::hyperbolic_tangent(1e9f32), 1.0);
        assert!(Real::hyperbolic_tangent(f32::NAN).is_nan());
    }

    #[test]
    fn softplus_is_within_its_stated_error() {
        let exact = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        assert!(worst(-85.0, 1000.0, Real::softplus, exact) <= 6e-7);
        assert!(worst(-4.0, 4.0, Real::softplus, exact) <= 6e-7);
        assert_eq!(Real::softplus(1e30f32), 1e30);
        assert_eq!(Real::softplus(-1e30f32), 0.0);
        assert!(Real::softplus(f32::NAN).is_nan());
    }
}
