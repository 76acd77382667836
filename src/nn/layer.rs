//! A layer as a person writes it down.

use crate::autodiff::Activation;
use serde::{Deserialize, Serialize};

/// One layer of a network in a configuration file; the width of its input follows from the
/// layer before it.
///
/// ```toml
/// layers = [
///   { kind = "dense", units = 1024, activation = "leaky-relu" },
///   { kind = "dropout", rate = 0.3 },
///   { kind = "dense", units = 1 },
/// ]
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LayerSpec {
    /// `f(x·Wᵀ + b)`.
    Dense {
        /// The number of outputs.
        units: usize,
        /// `f`.
        #[serde(default, skip_serializing_if = "UnitActivation::is_identity")]
        activation: UnitActivation,
    },
    /// In training, each value is set to 0 with probability `rate` and otherwise divided by
    /// `1 − rate`; in use, nothing is done (Srivastava et al. 2014).
    Dropout {
        /// In [0, 1).
        rate: f64,
    },
}

/// The name of an [`Activation`] in a configuration file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

    fn is_identity(&self) -> bool {
        *self == UnitActivation::Identity
    }
}
