//! Initial weights.
//!
//! A layer of `fan_in` inputs adds up `fan_in` products, so its weights must shrink as `fan_in`
//! grows or the signal explodes from layer to layer. By how much depends on the activation.

use crate::autodiff::{Activation, Real};
use ndarray::{ArrayD, IxDyn};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

/// How a layer's weights are drawn. Biases start at zero.
///
/// The default is [`He`](Init::He): a rectifier passes on about half of its input's variance,
/// and He's rule makes up for exactly that, so that the signal of the first step is as strong in
/// the last layer as in the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// Normal with variance `2 / ((1 + slope²)·fan_in)` before a (leaky) rectifier and
    /// `1 / fan_in` before anything else (He et al. 2015, eq. 15).
    #[default]
    He,
    /// Uniform within `±√(6 / (fan_in + fan_out))`: the compromise between keeping the variance
    /// on the way forward and on the way back (Glorot & Bengio 2010, eq. 16).
    Xavier,
    /// `"normal-0.02"`: normal with deviation 0.02 whatever the fans, and the gains of normalisations
    /// around 1 with the same deviation: DCGAN's (Radford et al. 2016, section 4, and its code).
    #[serde(rename = "normal-0.02")]
    Normal002,
}

/// What an array of parameters is for, as far as its first values depend on that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// A layer's weights.
    Weight {
        /// The number of products of which an output is the sum.
        fan_in: f64,
        /// The number of sums in which an input has a part.
        fan_out: f64,
        /// What follows.
        activation: Activation,
    },
    /// What a normalised value is multiplied by: 1, or around it.
    Gain,
    /// What is added: 0.
    Bias,
    /// What stands for a class among numbers of variance 1: from N(0, 1).
    Embedding,
}

impl Init {
    /// First values of this shape.
    pub fn draw<T: Real>(self, role: Role, shape: &[usize], rng: &mut impl Rng) -> ArrayD<T> {
        let mut normal = |mean: f64, deviation: f64| {
            let draw = || T::from_f64(mean + deviation * rng.sample::<f64, _>(StandardNormal));
            ArrayD::from_shape_simple_fn(IxDyn(shape), draw)
        };
        match (role, self) {
            (Role::Weight { fan_in, activation, .. }, Init::He) => normal(0.0, (gain(activation) / fan_in).sqrt()),
            (Role::Weight { fan_in, fan_out, .. }, Init::Xavier) => {
                let limit = (6.0 / (fan_in + fan_out)).sqrt();
                ArrayD::from_shape_simple_fn(IxDyn(shape), || T::from_f64(rng.random_range(-limit..limit)))
            }
            (Role::Weight { .. }, Init::Normal002) => normal(0.0, 0.02),
            (Role::Gain, Init::Normal002) => normal(1.0, 0.02),
            (Role::Gain, _) => ArrayD::ones(IxDyn(shape)),
            (Role::Bias, _) => ArrayD::zeros(IxDyn(shape)),
            (Role::Embedding, _) => normal(0.0, 1.0),
        }
    }
}

/// By how much a layer's variance must be raised for the activation after it to leave it as it was.
fn gain(activation: Activation) -> f64 {
    match activation {
        Activation::LeakyRelu { slope } => 2.0 / (1.0 + slope * slope),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn variance(init: Init, activation: Activation) -> f64 {
        let mut rng = rand::rngs::ChaCha8Rng::seed_from_u64(1);
        let weight = Role::Weight { fan_in: 400.0, fan_out: 600.0, activation };
        let weights = init.draw::<f64>(weight, &[600, 400], &mut rng);
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
        close(variance(Init::Normal002, Activation::RELU), 0.02 * 0.02);
    }

    #[test]
    fn gains_are_one_or_around_it() {
        let mut rng = rand::rngs::ChaCha8Rng::seed_from_u64(1);
        let mut gains = |init: Init| init.draw::<f64>(Role::Gain, &[10_000], &mut rng);
        assert!(gains(Init::He).iter().all(|&gain| gain == 1.0));
        let around = gains(Init::Normal002);
        assert!((around.mean().unwrap() - 1.0).abs() < 1e-3 && (around.std(0.0) - 0.02).abs() < 1e-3);
    }
}
