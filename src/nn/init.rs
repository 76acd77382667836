//! Initial weights.
//!
//! A layer of `fan_in` inputs adds up `fan_in` products, so its weights must shrink as `fan_in`
//! grows or the signal explodes from layer to layer. By how much depends on the activation.

use crate::autodiff::{Activation, Real};
use ndarray::{ArrayD, IxDyn};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

/// How a dense layer's weights are drawn. Biases start at zero.
///
/// The default is [`He`](Init::He): a rectifier passes on about half of its input's variance,
/// and He's rule makes up for exactly that, so that the signal of the first step is as strong in
/// the last layer as in the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// Normal with variance `2 / ((1 + slope²)·fan_in)` before a (leaky) rectifier and
    /// `1 / fan_in` before anything else (He et al. 2015, eq. 15).
    #[default]
    He,
    /// Uniform within `±√(6 / (fan_in + fan_out))`: the compromise between keeping the variance
    /// on the way forward and on the way back (Glorot & Bengio 2010, eq. 16).
    Xavier,
}

impl Init {
    /// Weights `[fan_out, fan_in]` of a layer that `activation` follows.
    pub fn weights<T: Real>(
        self,
        fan_in: usize,
        fan_out: usize,
        activation: Activation,
        rng: &mut impl Rng,
    ) -> ArrayD<T> {
        let draw: &mut dyn FnMut() -> f64 = match self {
            Init::He => {
                let gain = match activation {
                    Activation::LeakyRelu { slope } => 2.0 / (1.0 + slope * slope),
                    _ => 1.0,
                };
                let deviation = (gain / fan_in as f64).sqrt();
                &mut move || deviation * rng.sample::<f64, _>(StandardNormal)
            }
            Init::Xavier => {
                let limit = (6.0 / (fan_in + fan_out) as f64).sqrt();
                &mut move || rng.random_range(-limit..limit)
            }
        };
        ArrayD::from_shape_simple_fn(IxDyn(&[fan_out, fan_in]), || T::from_f64(draw()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn variance(init: Init, activation: Activation) -> f64 {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let weights = init.weights::<f64>(400, 600, activation, &mut rng);
        assert_eq!(weights.shape(), [600, 400]);
        assert!(weights.mean().unwrap().abs() < 1e-3);
        weights.var(0.0)
    }

    #[test]
    fn variances_are_those_of_the_papers() {
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 0.01, "{a} is not near {b}");
        close(variance(Init::He, Activation::RELU), 2.0 / 400.0);
        close(variance(Init::He, Activation::LeakyRelu { slope: 0.2 }), 2.0 / 1.04 / 400.0);
        close(variance(Init::He, Activation::Tanh), 1.0 / 400.0);
        close(variance(Init::Xavier, Activation::Sigmoid), 2.0 / 1000.0); // (2·limit)² / 12
    }
}
