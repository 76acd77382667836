//! Losses.

use crate::autodiff::{Real, Var};

/// The mean binary cross-entropy of logits, all with the same label in [0, 1] (1 for "real"):
/// `mean(softplus(x) − label·x)`, of shape `[]`. Computed from the logits, it is finite however
/// sure the network is.
pub fn binary_cross_entropy<T: Real>(logits: Var<'_, T>, label: f64) -> Var<'_, T> {
    logits.bce_with_logits(logits.tape().scalar(T::from_f64(label))).mean()
}
