//! Layers that look at labels.

use super::spectral;
use crate::autodiff::{Activation, Real, Var};
use crate::nn::build::{Builder, at_least_one};
use crate::nn::pass::Pass;
use crate::nn::{Extent, Misfit, Role};

/// Learned numbers, or maps, for the label's class beside what comes in.
#[derive(Clone, Copy, Debug)]
pub(in crate::nn) struct LabelEmbedding {
    /// What is added.
    beside: Extent,
}

impl LabelEmbedding {
    pub fn build<T: Real>(units: usize, b: &mut Builder<'_, T>) -> Result<Self, Misfit> {
        at_least_one(&[("units", units)])?;
        check_labels("the label-embedding layer", b)?;
        let (beside, both) = match b.extent {
            Extent::Flat(width) => (Extent::Flat(units), Extent::Flat(width + units)),
            Extent::Image([h, w, c]) => (Extent::Image([h, w, units]), Extent::Image([h, w, c + units])),
        };
        b.parameter("embedding", Role::Embedding, &[b.classes, beside.width()]);
        b.extent = both;
        Ok(Self { beside })
    }

    /// `[n, width]` gives `[n, width + units]`, `[n, h, w, c]` gives `[n, h, w, c + units]`.
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let embedding = pass.of_class(); //                                          [n, units] or [n, h·w·units]
        x.concat_channels(self.beside.arrange(embedding))
    }
}

/// `w·φ + b + ⟨e_y, φ⟩`, and perhaps a logit for each class, `φ·C + c`.
#[derive(Clone, Copy, Debug)]
pub(in crate::nn) struct Projection {
    spectral_norm: bool,
    classifier: bool,
}

impl Projection {
    pub fn build<T: Real>(spectral_norm: bool, classifier: bool, b: &mut Builder<'_, T>) -> Result<Self, Misfit> {
        check_labels("the projection layer", b)?;
        if let Extent::Image(image) = b.extent {
            let remedy = "put a global-sum-pool, a flatten or a dense layer before it";
            return Err(Misfit::NeedsFlat { kind: "projection", image, remedy });
        }
        let width = b.extent.width();
        let role = Role::Weight { fan_in: width as f64, fan_out: 1.0, activation: Activation::Identity };
        b.parameter("weight", role, &[1, width]);
        b.bias(1);
        b.parameter("embedding", role, &[b.classes, width]);
        if spectral_norm {
            b.at("weight", |b| spectral::build(&[1, width], b));
            b.at("embedding", |b| spectral::build(&[b.classes, width], b));
        }
        if classifier {
            b.parameter("class_weight", role, &[b.classes, width]);
            b.parameter("class_bias", Role::Bias, &[b.classes]);
        }
        b.extent = Extent::Flat(if classifier { 1 + b.classes } else { 1 });
        Ok(Self { spectral_norm, classifier })
    }

    /// `[n, width]` gives `[n, 1]`, or `[n, 1 + classes]`.
    pub fn forward<'t, T: Real>(&self, features: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let (weight, bias) = (pass.parameter(), pass.parameter());
        let table = pass.parameter(); //                                             [classes, width]
        let (weight, table) = match self.spectral_norm {
            true => (spectral::normalise(weight, pass), spectral::normalise(table, pass)),
            false => (weight, table),
        };
        let of_class = pass.labels().matmul(table); //                               [n, width]
        let logit = features.dense(weight, bias, Activation::Identity) + (features * of_class).sum_axis(1);
        if !self.classifier {
            return logit;
        }
        let (weight, bias) = (pass.parameter(), pass.parameter());
        logit.concat_channels(features.dense(weight, bias, Activation::Identity))
    }
}

/// Refuses labels to a network that has none.
pub(super) fn check_labels<T: Real>(what: &'static str, b: &Builder<'_, T>) -> Result<(), Misfit> {
    if b.classes == 0 { Err(Misfit::NeedsLabels { what }) } else { Ok(()) }
}
