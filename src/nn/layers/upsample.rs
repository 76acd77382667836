//! Larger images, without parameters.

use super::default::two;
use crate::autodiff::{Real, Var};
use crate::nn::build::Builder;
use crate::nn::check::at_least_one;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Images become `factor` times as high and wide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "upsample", factor = 2, mode = "bilinear" }"#)))]
pub struct Upsample {
    /// 2.
    #[serde(default = "two")]
    pub factor: usize,
    /// How; by repeating pixels.
    #[serde(default)]
    pub mode: Interpolation,
}

/// How pixels between pixels are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// The nearest one.
    #[default]
    Nearest,
    /// In between in proportion, in both directions; for factor 2 only.
    Bilinear,
}

impl Spec for Upsample {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let Self { factor, mode } = *self;
        at_least_one(&[("factor", factor)])?;
        if mode == Interpolation::Bilinear && factor != 2 {
            let allowed = "2 with mode = \"bilinear\"";
            return Err(LayerError::OutOfRange { key: "factor", value: factor as f64, allowed });
        }
        let [h, w, c] = b.image("upsample")?;
        if mode == Interpolation::Bilinear {
            b.holds(3); // on the way, one axis is done and the other is not
        }
        b.extent = Extent::Image([h * factor, w * factor, c]);
        Ok(Arc::new(self.clone()))
    }
}

impl<T: Real> Computation<T> for Upsample {
    /// `[n, h, w, c]` gives `[n, factor·h, factor·w, c]`.
    fn forward<'t>(&self, x: Var<'t, T>, _: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        match self.mode {
            Interpolation::Nearest => x.upsample_nearest(self.factor),
            Interpolation::Bilinear => x.upsample_bilinear(),
        }
    }
}
