//! What each player minimises.
//!
//! With `D(x) = σ(logit)` the discriminator's estimate that `x` is real:

use crate::autodiff::{Real, Var};
use crate::nn::binary_cross_entropy;
use serde::{Deserialize, Serialize};

/// The two losses of a game (Goodfellow et al. 2014).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// The generator minimises `−E[log D(G(z))]`: its gradient is strongest where the
    /// discriminator is surest that an image is fake (section 3 of the paper).
    #[default]
    NonSaturating,
    /// The generator minimises `E[log(1 − D(G(z)))]`, the discriminator's own gain with the sign
    /// turned (equation 1): a true zero-sum game, but the gradient vanishes when the
    /// discriminator is sure.
    Minimax,
}

impl Objective {
    /// `−E[log D(x)] − E[log(1 − D(G(z)))]`: the cross-entropy of calling real images 1 and
    /// generated ones 0. Both logits are `[batch, 1]`.
    pub fn discriminator_loss<'t, T: Real>(self, real: Var<'t, T>, fake: Var<'t, T>) -> Var<'t, T> {
        binary_cross_entropy(real, 1.0) + binary_cross_entropy(fake, 0.0)
    }

    /// The generator's loss, from the logits `[batch, 1]` of its images.
    pub fn generator_loss<T: Real>(self, fake: Var<'_, T>) -> Var<'_, T> {
        match self {
            Objective::NonSaturating => binary_cross_entropy(fake, 1.0),
            Objective::Minimax => -binary_cross_entropy(fake, 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use ndarray::array;

    #[test]
    fn losses_are_those_of_the_paper() {
        let tape = Tape::<f64>::new();
        let (real, fake) = (tape.leaf(array![[2.0], [-0.5]].into_dyn()), tape.leaf(array![[-1.0], [0.25]].into_dyn()));
        let mean_log = |logits: [f64; 2]| logits.map(|x| (1.0 / (1.0 + (-x).exp())).ln()).iter().sum::<f64>() / 2.0;
        let close = |loss: Var<'_, f64>, expected: f64| assert!((loss.item() - expected).abs() < 1e-12, "{loss:?}");
        let log_fooled = mean_log([-1.0, 0.25]); //  E log D(G(z))
        let log_caught = mean_log([1.0, -0.25]); //  E log(1 − D(G(z)))
        close(Objective::NonSaturating.discriminator_loss(real, fake), -mean_log([2.0, -0.5]) - log_caught);
        close(Objective::NonSaturating.generator_loss(fake), -log_fooled);
        close(Objective::Minimax.generator_loss(fake), log_caught);
    }
}
