//! `f(x·Wᵀ + b)`.

use super::default::is_default;
use super::spectral_norm::SpectralNorm;
use crate::autodiff::{Activation, Real, Var};
use crate::nn::build::Builder;
use crate::nn::handle::ParameterId;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError, Products, UnitActivation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// `f(x·Wᵀ + b)`; of an image, all its numbers are seen in a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "dense", units = 128, activation = "leaky-relu" }"#)))]
pub struct Dense {
    /// The number of outputs.
    pub units: usize,
    /// `f`; the identity.
    #[serde(default, skip_serializing_if = "is_default")]
    pub activation: UnitActivation,
    /// Whether `W` is divided by its largest singular value (Miyato et al. 2018); no.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spectral_norm: bool,
}

impl Spec for Dense {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        if self.units == 0 {
            return Err(LayerError::NoUnits { kind: "dense" });
        }
        let (activation, shape @ [units, fan_in]) = (self.activation.function(), [self.units, b.extent.width()]);
        let weight = b.weight(&shape, [fan_in as f64, units as f64], activation);
        let bias = b.bias(units);
        b.multiplies(Products::Dense { inputs: fan_in, outputs: units });
        let spectral_norm = self.spectral_norm.then(|| SpectralNorm::build(&shape, b));
        b.extent = Extent::Flat(units);
        Ok(Arc::new(DenseLayer { weight, bias, spectral_norm, activation }))
    }

    fn activation(&self) -> Option<UnitActivation> {
        Some(self.activation)
    }

    fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
        Some(&mut self.activation)
    }
}

#[derive(Debug)]
struct DenseLayer {
    /// `[units, in]`.
    weight: ParameterId,
    /// `[units]`.
    bias: ParameterId,
    spectral_norm: Option<SpectralNorm>,
    activation: Activation,
}

impl<T: Real> Computation<T> for DenseLayer {
    /// `[n, in]` gives `[n, units]`.
    fn forward<'t>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let weight = SpectralNorm::apply(self.spectral_norm, pass[self.weight], pass);
        x.dense(weight, pass[self.bias], self.activation)
    }

    fn takes(&self, given: Extent) -> Option<Extent> {
        Some(Extent::Flat(given.width()))
    }

    fn sums_over_samples(&self) -> bool {
        self.spectral_norm.is_none()
    }
}
