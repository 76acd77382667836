//! How much the samples of a group differ.

use crate::autodiff::{Real, Var};
use crate::nn::build::Builder;
use crate::nn::check::at_least_one;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One more channel that tells how much the samples of a group differ (Karras et al. 2018, section 3):
/// a discriminator sees by it when the generator draws always the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "minibatch-stddev" }"#)))]
pub struct MinibatchStddev {
    /// At most so many samples to a group, as many as divide the batch; 4.
    #[serde(default = "four")]
    pub group: usize,
}

fn four() -> usize {
    4
}

impl Spec for MinibatchStddev {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        at_least_one(&[("group", self.group)])?;
        let [h, w, c] = b.image("minibatch-stddev")?;
        b.extent = Extent::Image([h, w, c + 1]);
        b.holds(4);
        Ok(Arc::new(self.clone()))
    }
}

impl<T: Real> Computation<T> for MinibatchStddev {
    /// `[n, h, w, c]` gives `[n, h, w, c + 1]`, in groups of as many samples, at most `group`, as divide the batch.
    fn forward<'t>(&self, x: Var<'t, T>, _: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let batch = x.shape()[0];
        let divisor = (1..=self.group.min(batch)).rev().find(|&group| batch.is_multiple_of(group));
        x.minibatch_stddev(divisor.unwrap_or(1))
    }

    fn mixes_samples(&self) -> bool {
        true
    }
}
