//! A logit for each class, and what they say together of the image being one.

use crate::autodiff::{Activation, Real, Var};
use crate::nn::build::Builder;
use crate::nn::handle::ParameterId;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError, Products};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The last layer of a discriminator that reads: a logit for each class, `l = φ·C + c`, and before them how real the
/// image looks, `log Σ exp(l)` (Salimans et al. 2016, section 5): real is what looks like any of the classes.
/// `training.semi_supervised` says what is made of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "class-logits", classes = 10 }"#)))]
pub struct ClassLogits {
    /// How many classes there are.
    pub classes: usize,
}

impl Spec for ClassLogits {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        if self.classes == 0 {
            return Err(LayerError::NoUnits { kind: "class-logits" });
        }
        let shape @ [classes, width] = [self.classes, b.extent.width()];
        let weight = b.weight(&shape, [width as f64, classes as f64], Activation::Identity);
        let bias = b.bias(classes);
        b.multiplies(Products::Dense { inputs: width, outputs: classes });
        b.extent = Extent::Flat(1 + classes);
        Ok(Arc::new(ClassLogitsLayer { weight, bias }))
    }
}

#[derive(Debug)]
struct ClassLogitsLayer {
    /// `C`, `[classes, width]`.
    weight: ParameterId,
    /// `c`, `[classes]`.
    bias: ParameterId,
}

impl<T: Real> Computation<T> for ClassLogitsLayer {
    /// `[n, width]` gives `[n, 1 + classes]`.
    fn forward<'t>(&self, features: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let classes = features.dense(pass[self.weight], pass[self.bias], Activation::Identity);
        classes.log_sum_exp().concat_channels(classes)
    }

    fn takes(&self, given: Extent) -> Option<Extent> {
        Some(Extent::Flat(given.width()))
    }
}
