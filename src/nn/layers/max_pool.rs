//! The largest of every square of pixels.

use super::default::two;
use super::squares::shrink;
use crate::autodiff::{Real, Var};
use crate::nn::LayerError;
use crate::nn::build::Builder;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The largest of every square of pixels, channel by channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "max-pool", size = 2 }"#)))]
pub struct MaxPool {
    /// Its side; 2.
    #[serde(default = "two")]
    pub size: usize,
}

impl Spec for MaxPool {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        shrink("max-pool", self.size, b)?;
        Ok(Arc::new(self.clone()))
    }
}

impl<T: Real> Computation<T> for MaxPool {
    /// `[n, h, w, c]` gives `[n, h/size, w/size, c]`.
    fn forward<'t>(&self, x: Var<'t, T>, _: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        x.max_pool(self.size, self.size)
    }
}
