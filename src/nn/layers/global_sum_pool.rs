//! The sum over all pixels.

use crate::autodiff::{Real, Var};
use crate::nn::build::Builder;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The sum over all pixels, channel by channel: an image becomes as many numbers as it has channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "global-sum-pool" }"#)))]
pub struct GlobalSumPool {}

impl Spec for GlobalSumPool {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let [.., channels] = b.image("global-sum-pool")?;
        b.extent = Extent::Flat(channels);
        Ok(Arc::new(GlobalSumPoolLayer { channels }))
    }
}

#[derive(Debug)]
struct GlobalSumPoolLayer {
    channels: usize,
}

impl<T: Real> Computation<T> for GlobalSumPoolLayer {
    /// `[n, h, w, channels]` gives `[n, channels]`.
    fn forward<'t>(&self, x: Var<'t, T>, _: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let n = x.shape()[0];
        x.sum_to(&[n, 1, 1, self.channels]).reshape(&[n, self.channels])
    }
}
