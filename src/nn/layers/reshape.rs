//! Numbers in a row as an image.

use crate::autodiff::{Real, Var};
use crate::nn::build::Builder;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError, UnitActivation};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Numbers in a row become an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "reshape", shape = [7, 7, 128] }"#)))]
pub struct Reshape {
    /// `[height, width, channels]`.
    pub shape: [usize; 3],
}

impl Spec for Reshape {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let (from, to) = (b.extent, Extent::Image(self.shape));
        if from.width() != to.width() {
            return Err(LayerError::Reshape { from, shape: self.shape });
        }
        b.extent = to;
        Ok(Arc::new(self.clone()))
    }

    fn activation(&self) -> Option<UnitActivation> {
        None
    }
}

impl<T: Real> Computation<T> for Reshape {
    /// `[n, width]` gives `[n, height, width, channels]`.
    fn forward<'t>(&self, x: Var<'t, T>, _: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        Extent::Image(self.shape).arrange(x)
    }

    fn takes(&self, _: Extent) -> Option<Extent> {
        None
    }
}
