//! `w·φ + b + ⟨e_y, φ⟩`, and perhaps a logit for each class, `φ·C + c`.

use super::default::is_default;
use super::spectral_norm::SpectralNorm;
use crate::autodiff::{Activation, Real, Var};
use crate::nn::build::Builder;
use crate::nn::handle::ParameterId;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError, Role};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A discriminator's last layer, `w·φ + b + ⟨e_y, φ⟩` with learned `e_y` for class `y` (Miyato & Koyama
/// 2018): how real the features `φ` look, and how well they fit the label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "projection" }"#)))]
pub struct Projection {
    /// Whether `w` and the table of `e` are divided by their largest singular values; no.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spectral_norm: bool,
    /// Whether a logit for each class follows, `φ·C + c`: which class the image looks like, whatever its label
    /// says (Odena et al. 2017); no. `training.auxiliary_classifier` says what is made of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub classifier: bool,
}

impl Spec for Projection {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let classes = b.labels("the projection layer")?;
        if let Extent::Image(image) = b.extent {
            let remedy = "put a global-sum-pool, a flatten or a dense layer before it";
            return Err(LayerError::NeedsFlat { kind: "projection", image, remedy });
        }
        let width = b.extent.width();
        let role = Role::Weight { fan_in: width as f64, fan_out: 1.0, activation: Activation::Identity };
        let weight = b.parameter("weight", role, &[1, width]);
        let bias = b.bias(1);
        let embedding = b.parameter("embedding", role, &[classes, width]);
        let (mut weight_norm, mut embedding_norm) = (None, None);
        if self.spectral_norm {
            weight_norm = Some(b.at("weight", |b| SpectralNorm::build(&[1, width], b)));
            embedding_norm = Some(b.at("embedding", |b| SpectralNorm::build(&[classes, width], b)));
        }
        let classifier = self.classifier.then(|| Classifier {
            weight: b.parameter("class_weight", role, &[classes, width]),
            bias: b.parameter("class_bias", Role::Bias, &[classes]),
        });
        b.extent = Extent::Flat(if self.classifier { 1 + classes } else { 1 });
        Ok(Arc::new(ProjectionLayer { weight, weight_norm, bias, embedding, embedding_norm, classifier }))
    }
}

#[derive(Debug)]
struct ProjectionLayer {
    /// `w`, `[1, width]`.
    weight: ParameterId,
    weight_norm: Option<SpectralNorm>,
    /// `b`, `[1]`.
    bias: ParameterId,
    /// The table of `e`, `[classes, width]`.
    embedding: ParameterId,
    embedding_norm: Option<SpectralNorm>,
    classifier: Option<Classifier>,
}

/// What gives a logit for each class.
#[derive(Debug)]
struct Classifier {
    /// `C`, `[classes, width]`.
    weight: ParameterId,
    /// `c`, `[classes]`.
    bias: ParameterId,
}

impl<T: Real> Computation<T> for ProjectionLayer {
    /// `[n, width]` gives `[n, 1]`, or `[n, 1 + classes]`.
    fn forward<'t>(&self, features: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let weight = SpectralNorm::apply(self.weight_norm, pass[self.weight], pass);
        let table = SpectralNorm::apply(self.embedding_norm, pass[self.embedding], pass);
        let of_class = pass.labels().matmul(table); //                               [n, width]
        let logit = features.dense(weight, pass[self.bias], Activation::Identity) + (features * of_class).sum_axis(1);
        match &self.classifier {
            None => logit,
            Some(Classifier { weight, bias }) => {
                logit.concat_channels(features.dense(pass[*weight], pass[*bias], Activation::Identity))
            }
        }
    }

    fn uses_labels(&self) -> bool {
        true
    }
}
