//! Smaller images, without parameters.

use super::squares::shrink;
use crate::autodiff::{Real, Var};
use crate::nn::LayerError;
use crate::nn::build::Builder;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Images become half as high and wide: blurred, so that fine details do not come back as coarse ones,
/// then every second pixel (Zhang 2019).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "downsample" }"#)))]
pub struct Downsample {}

impl Spec for Downsample {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        shrink("downsample", 2, b)?;
        b.holds(3); // on the way, one axis is done and the other is not
        Ok(Arc::new(self.clone()))
    }
}

impl<T: Real> Computation<T> for Downsample {
    /// `[n, h, w, c]` gives `[n, h/2, w/2, c]`.
    fn forward<'t>(&self, x: Var<'t, T>, _: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        x.downsample_bilinear()
    }
}
