//! The mean of every square of pixels.

use super::default::two;
use super::squares::shrink;
use crate::autodiff::{Real, Var};
use crate::nn::LayerError;
use crate::nn::build::Builder;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The mean of every square of pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "avg-pool", size = 2 }"#)))]
pub struct AvgPool {
    /// Its side; 2.
    #[serde(default = "two")]
    pub size: usize,
}

impl Spec for AvgPool {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        shrink("avg-pool", self.size, b)?;
        Ok(Arc::new(self.clone()))
    }
}

impl<T: Real> Computation<T> for AvgPool {
    /// `[n, h, w, c]` gives `[n, h/size, w/size, c]`.
    fn forward<'t>(&self, x: Var<'t, T>, _: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        x.avg_pool(self.size)
    }
}
