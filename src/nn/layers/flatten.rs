//! An image as numbers in a row.

use crate::autodiff::{Real, Var};
use crate::nn::build::Builder;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError, UnitActivation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An image becomes its numbers in a row, the channels of a pixel beside each other. A dense layer
/// does this by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "flatten" }"#)))]
pub struct Flatten {}

impl Spec for Flatten {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        b.extent = Extent::Flat(b.extent.width());
        Ok(Arc::new(self.clone()))
    }

    fn activation(&self) -> Option<UnitActivation> {
        None
    }
}

impl<T: Real> Computation<T> for Flatten {
    /// `[n, width]` as it comes: rows are the form that this layer takes.
    fn forward<'t>(&self, x: Var<'t, T>, _: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        x
    }

    fn takes(&self, given: Extent) -> Option<Extent> {
        Some(Extent::Flat(given.width()))
    }
}
