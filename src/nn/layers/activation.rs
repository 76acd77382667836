//! An activation by itself.

use crate::autodiff::{Real, Var};
use crate::nn::build::Builder;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError, UnitActivation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// `f(x)` by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "activation", function = "tanh" }"#)))]
pub struct Activation {
    /// `f`.
    pub function: UnitActivation,
}

impl Spec for Activation {
    fn build<T: Real>(&self, _: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        Ok(Arc::new(self.clone()))
    }

    fn activation(&self) -> Option<UnitActivation> {
        Some(self.function)
    }

    fn activation_mut(&mut self) -> Option<&mut UnitActivation> {
        Some(&mut self.function)
    }
}

impl<T: Real> Computation<T> for Activation {
    /// The shape stays.
    fn forward<'t>(&self, x: Var<'t, T>, _: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        x.activate(self.function.function())
    }

    fn takes(&self, _: Extent) -> Option<Extent> {
        None
    }

    fn sums_over_samples(&self) -> bool {
        true
    }
}
