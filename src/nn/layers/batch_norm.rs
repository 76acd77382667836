//! Normalisation over a batch.

use super::default::{epsilon, is_default};
use crate::autodiff::{self, Normalised, Real, Var};
use crate::nn::build::Builder;
use crate::nn::handle::{ParameterId, StatisticId};
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{LayerError, Role, UnitActivation, check};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Every channel brought to mean 0 and variance 1 over the batch and its pixels, then
/// `f(gain·x + bias)` (Ioffe & Szegedy 2015). In use, mean and variance are running averages that
/// training has left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "batch-norm", activation = "relu" }"#)))]
pub struct BatchNorm {
    /// How far the running averages move at each step; 0.1.
    #[serde(default = "tenth")]
    pub momentum: f64,
    /// Added to the variance; 10⁻⁵.
    #[serde(default = "epsilon")]
    pub epsilon: f64,
    /// Whether each class has a gain and a bias of its own (Dumoulin et al. 2017); no.
    #[serde(default, skip_serializing_if = "is_default")]
    pub conditional: bool,
    /// `f`; the identity.
    #[serde(default, skip_serializing_if = "is_default")]
    pub activation: UnitActivation,
}

fn tenth() -> f64 {
    0.1
}

impl Spec for BatchNorm {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let Self { momentum, epsilon, conditional, activation } = *self;
        if !(momentum > 0.0 && momentum <= 1.0) {
            return Err(LayerError::OutOfRange { key: "momentum", value: momentum, allowed: "above 0 and at most 1" });
        }
        check::epsilon(epsilon)?;
        let channels = b.extent.channels();
        let classes = if conditional { Some(b.labels("conditional = true")?) } else { None };
        let shape = Vec::from_iter(classes.into_iter().chain([channels]));
        let gain = b.parameter("gain", Role::Gain, &shape);
        let bias = b.parameter("bias", Role::Bias, &shape);
        let running_mean = b.statistic("running_mean", &[channels], T::ZERO);
        let running_variance = b.statistic("running_variance", &[channels], T::ONE);
        b.holds(if conditional { 4 } else { 2 });
        let activation = activation.function();
        let running = Running { mean: running_mean, variance: running_variance, momentum, epsilon };
        Ok(Arc::new(BatchNormLayer { gain, bias, running, conditional, channels, activation }))
    }

    fn activation(&self) -> Option<UnitActivation> {
        Some(self.activation)
    }

    fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
        Some(&mut self.activation)
    }
}

#[derive(Debug)]
struct BatchNormLayer {
    /// `[channels]`, or `[classes, channels]`.
    gain: ParameterId,
    /// `[channels]`, or `[classes, channels]`.
    bias: ParameterId,
    running: Running,
    conditional: bool,
    channels: usize,
    activation: autodiff::Activation,
}

impl<T: Real> Computation<T> for BatchNormLayer {
    /// The shape stays.
    fn forward<'t>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        if !self.conditional {
            return self.running.normalised(x, [pass[self.gain], pass[self.bias]], self.activation, pass);
        }
        let [gain, bias] = [self.gain, self.bias].map(|table| per_channel(pass.of_class(table), x));
        let [one, zero] = [T::ONE, T::ZERO].map(|value| x.tape().fill(&[self.channels], |y| y.fill(value)));
        let normalised = self.running.normalised(x, [one, zero], autodiff::Activation::Identity, pass);
        (normalised * gain + bias).activate(self.activation)
    }

    fn uses_labels(&self) -> bool {
        self.conditional
    }

    fn mixes_samples(&self) -> bool {
        true
    }
}

/// The averages of the moments of many batches, `[channels]` each.
#[derive(Debug)]
struct Running {
    mean: StatisticId,
    variance: StatisticId,
    momentum: f64,
    epsilon: f64,
}

impl Running {
    /// `f(gain·x̂ + bias)`: in training with the moments of this batch, which the running ones move towards; in use with
    /// the running ones.
    fn normalised<'t, T: Real>(
        &self,
        x: Var<'t, T>,
        [gain, bias]: [Var<'t, T>; 2],
        activation: autodiff::Activation,
        pass: &mut Pass<'_, '_, 't, T>,
    ) -> Var<'t, T> {
        if !pass.is_training() {
            let moments = [self.mean, self.variance].map(|statistic| pass.statistic(statistic).on(x.tape()));
            return x.normalised_by(moments, [gain, bias], self.epsilon, activation);
        }
        let Normalised { value, mean, variance } = x.batch_norm_layer(gain, bias, self.epsilon, activation);
        pass.note(self.mean, mean, self.momentum);
        pass.note(self.variance, variance, self.momentum);
        value
    }
}

/// Numbers `[n, channels]` as they multiply, or add to, every pixel of their sample in `x`.
fn per_channel<'t, T: Real>(of_sample: Var<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
    let (shape, is_image) = (of_sample.shape(), x.shape().len() == 4);
    if is_image { of_sample.reshape(&[shape[0], 1, 1, shape[1]]) } else { of_sample }
}
