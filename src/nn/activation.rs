//! What a unit does with its sum, as configuration files name it.

use crate::autodiff::Activation;
use serde::{Deserialize, Serialize};

/// The name of an [`Activation`] in a configuration file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum UnitActivation {
    /// None.
    #[default]
    Identity,
    /// `max(x, 0)`.
    Relu,
    /// `max(x, 0.2·x)`: the slope that GANs have used since DCGAN (Radford et al. 2016).
    LeakyRelu,
    /// In (0, 1).
    Sigmoid,
    /// In (−1, 1).
    Tanh,
}

impl UnitActivation {
    /// The function itself.
    pub fn function(self) -> Activation {
        match self {
            UnitActivation::Identity => Activation::Identity,
            UnitActivation::Relu => Activation::RELU,
            UnitActivation::LeakyRelu => Activation::LeakyRelu { slope: 0.2 },
            UnitActivation::Sigmoid => Activation::Sigmoid,
            UnitActivation::Tanh => Activation::Tanh,
        }
    }
}
