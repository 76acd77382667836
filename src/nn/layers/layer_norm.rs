//! Normalisation over a sample.

use super::GroupNorm;
use super::default::{epsilon, is_default};
use crate::autodiff::Real;
use crate::nn::build::Builder;
use crate::nn::layer::{Computation, Spec};
use crate::nn::{LayerError, UnitActivation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Every sample brought to mean 0 and variance 1 over all its numbers, then `f(gain·x + bias)` channel by
/// channel (Ba et al. 2016).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "layer-norm", activation = "leaky-relu" }"#)))]
pub struct LayerNorm {
    /// Added to the variance; 10⁻⁵.
    #[serde(default = "epsilon")]
    pub epsilon: f64,
    /// `f`; the identity.
    #[serde(default, skip_serializing_if = "is_default")]
    pub activation: UnitActivation,
}

impl Spec for LayerNorm {
    /// All channels are one group.
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        GroupNorm { groups: 1, epsilon: self.epsilon, activation: self.activation }.build(b)
    }

    fn activation(&self) -> Option<UnitActivation> {
        Some(self.activation)
    }

    fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
        Some(&mut self.activation)
    }
}
