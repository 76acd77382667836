//! A discriminator that also says which digit it sees.

use crate::autodiff::{Real, Var};
use crate::gan::{ConfigError, config::check::check};
use serde::{Deserialize, Serialize};

/// The auxiliary classifier (Odena et al. 2017): beside its logit, the discriminator gives one for each class.
/// It learns them from real images alone, and the generator is to draw what they take for the class asked for.
/// (In the paper it learns from generated images too, equation 2; while those are poor, that would teach it to
/// read anything as anything.)
///
/// A projection tells the generator how well image and label fit *compared with real ones*, which asks for the
/// share of ambiguous digits that people write. This asks for clear ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuxiliaryClassifier {
    /// What the cross-entropy at real images weighs in the discriminator's loss, at least 0.
    pub discriminator: f64,
    /// What that at generated images weighs in the generator's, at least 0.
    pub generator: f64,
}

impl AuxiliaryClassifier {
    /// Checks both weights against their range.
    pub(in crate::gan) fn validate(&self) -> Result<(), ConfigError> {
        let keys = ["training.auxiliary_classifier.discriminator", "training.auxiliary_classifier.generator"];
        let weights = [self.discriminator, self.generator];
        keys.into_iter().zip(weights).try_for_each(|(key, weight)| {
            check(weight.is_finite() && weight >= 0.0, key, &weight, "a finite number, at least 0")
        })
    }
}

/// `loss`, and `weight` times the mean of `−log p(label)` by these logits `[batch, classes]`, if there are any.
pub(in crate::gan) fn with_classes<'t, T: Real>(
    loss: Var<'t, T>,
    weight: f64,
    classes: Option<Var<'t, T>>,
    labels: Option<Var<'t, T>>,
) -> Var<'t, T> {
    match (classes, labels) {
        (Some(logits), Some(labels)) => loss + logits.softmax_cross_entropy(labels).mean() * T::from_f64(weight),
        _ => loss,
    }
}
