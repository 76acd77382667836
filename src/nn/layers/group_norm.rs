//! Normalisation over a group of a sample's channels.

use super::default::{epsilon, is_default};
use crate::autodiff::{Activation, Real, Var};
use crate::nn::build::Builder;
use crate::nn::check::{self, at_least_one};
use crate::nn::handle::ParameterId;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{LayerError, Role, UnitActivation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Every group of a sample's channels brought to mean 0 and variance 1, then `f(gain·x + bias)` channel by
/// channel (Wu & He 2018).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "group-norm", groups = 8, activation = "relu" }"#)))]
pub struct GroupNorm {
    /// Into how many groups the channels are divided.
    pub groups: usize,
    /// Added to the variance; 10⁻⁵.
    #[serde(default = "epsilon")]
    pub epsilon: f64,
    /// `f`; the identity.
    #[serde(default, skip_serializing_if = "is_default")]
    pub activation: UnitActivation,
}

impl Spec for GroupNorm {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let Self { groups, epsilon, activation } = *self;
        at_least_one(&[("groups", groups)])?;
        check::epsilon(epsilon)?;
        let channels = b.extent.channels();
        if !channels.is_multiple_of(groups) {
            return Err(LayerError::Groups { groups, channels });
        }
        let gain = b.parameter("gain", Role::Gain, &[channels]);
        let bias = b.bias(channels);
        b.holds(8); // it is made of plain operations
        Ok(Arc::new(GroupNormLayer { gain, bias, groups, epsilon, activation: activation.function() }))
    }

    fn activation(&self) -> Option<UnitActivation> {
        Some(self.activation)
    }

    fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
        Some(&mut self.activation)
    }
}

#[derive(Debug)]
struct GroupNormLayer {
    /// `[channels]`.
    gain: ParameterId,
    /// `[channels]`.
    bias: ParameterId,
    groups: usize,
    epsilon: f64,
    activation: Activation,
}

impl<T: Real> Computation<T> for GroupNormLayer {
    /// `f(gain·x̂ + bias)`; the shape stays.
    fn forward<'t>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        (x.group_norm(self.groups, self.epsilon) * pass[self.gain] + pass[self.bias]).activate(self.activation)
    }
}
