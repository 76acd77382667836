//! Keeping the discriminator's slope in check.

use crate::autodiff::{Real, Var};
use crate::nn::{Input, Mode, Network};
use serde::{Deserialize, Serialize};

/// A penalty on the slope of the discriminator's logit at real images.
///
/// Where the generator's images come close to the real ones, a steep discriminator drives them
/// past the mark and the players circle for ever; a flat one lets them come to rest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradientPenalty {
    /// Its weight γ, above 0.
    pub gamma: f64,
    /// It is added at every so-many-th step only, and then as many times as heavy: nearly the
    /// same effect for a part of the time (Karras et al. 2020, appendix B).
    pub every: u64,
}

impl GradientPenalty {
    /// Whether it is added at this step (from 0).
    pub fn is_due(&self, step: u64) -> bool {
        step.is_multiple_of(self.every)
    }

    /// `R1 = γ/2 · E‖∇ₓ logit(x)‖²` over the real images `[batch, pixels]` (Mescheder et al. 2018,
    /// equation 9), times `every`. The slope is itself a gradient, so the tape differentiates
    /// twice: once with respect to the image here, then with respect to the weights.
    pub fn r1<'t, T: Real>(
        &self,
        discriminator: &Network<T>,
        parameters: &[Var<'t, T>],
        real: impl Into<Input<'t, T>>,
        mode: &mut Mode<'_, T>,
    ) -> Var<'t, T> {
        let real = real.into();
        let logits = discriminator.forward(parameters, real, mode); //                     [batch, 1]
        let slope = logits.tape().differentiable_gradients(logits.sum(), &[real.x])[0]; // [batch, pixels]
        let batch = real.batch() as f64;
        slope.powi(2).sum() * T::from_f64(self.every as f64 * self.gamma / 2.0 / batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use crate::nn::{Init, LayerSpec, UnitActivation};
    use ndarray::array;
    use rand::SeedableRng;

    #[test]
    fn a_linear_discriminators_penalty_is_its_weights_norm() {
        let layers = [LayerSpec::dense(1, UnitActivation::Identity)];
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(2);
        let network = Network::<f64>::new("d", 3, &layers, Init::He, &mut rng).unwrap();
        let weight = &network.parameters[0].value;
        let tape = Tape::new();
        let parameters = network.leaves(&tape);
        let real = tape.leaf(array![[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]].into_dyn());
        let penalty = GradientPenalty { gamma: 0.5, every: 4 };
        let value = penalty.r1(&network, &parameters, real, &mut Mode::Evaluate);
        // ∇ₓ(wᵀx + b) = w, so R1 = γ/2·‖w‖², here four times, and its gradient is 4γ·w.
        let norm = weight.iter().map(|w| w * w).sum::<f64>();
        assert!((value.item() - 4.0 * 0.25 * norm).abs() < 1e-12);
        let gradient = tape.gradients(value, &parameters)[0].value();
        assert!(gradient.iter().zip(weight.iter()).all(|(g, w)| (g - 2.0 * w).abs() < 1e-12));
    }
}
