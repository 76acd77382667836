//! What each player wants from a logit.
//!
//! With `D(x) = σ(logit)` the discriminator's estimate that `x` is real, where there is one; least
//! squares, hinge and Wasserstein take the logit as it is. An objective is three functions of
//! logits; what the two players make of them, together, is in [`Rules`](crate::gan::Rules).

use crate::autodiff::{Real, Var};
use serde::{Deserialize, Serialize};

/// What the two players minimise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// The generator minimises `−E[log D(G(z))]`: its gradient is strongest where the
    /// discriminator is surest that an image is fake (Goodfellow et al. 2014, section 3).
    #[default]
    NonSaturating,
    /// The generator minimises `E[log(1 − D(G(z)))]`, the discriminator's own gain with the sign
    /// turned (Goodfellow et al. 2014, equation 1): a true zero-sum game, but the gradient
    /// vanishes when the discriminator is sure.
    Minimax,
    /// Logits should be 1 for real images and 0 for generated ones, and being too sure costs as
    /// well (Mao et al. 2017, equation 2 with a = 0 and b = c = 1).
    LeastSquares,
    /// Logits should be above 1 for real images and below −1 for generated ones; beyond, nothing
    /// is to be won (Lim & Ye 2017; Miyato et al. 2018, equations 16 and 17).
    Hinge,
    /// The discriminator, here a critic, drives the mean logits apart (Arjovsky et al. 2017,
    /// algorithm 1). As far as it likes: it needs a regulariser to bound its slope.
    Wasserstein,
}

impl Objective {
    /// All of them.
    pub const ALL: [Objective; 5] =
        [Self::NonSaturating, Self::Minimax, Self::LeastSquares, Self::Hinge, Self::Wasserstein];

    /// The discriminator's score of an image, by its logit: the probability that the image is real, `σ(s)`, where the
    /// objective makes it one; where it does not, the logit itself.
    pub fn score(self, s: f64) -> f64 {
        if self.is_of_probabilities() { s.sigmoid() } else { s }
    }

    /// Whether a score is a probability: a critic's is not, nor what least squares or the hinge make of a logit.
    pub fn is_of_probabilities(self) -> bool {
        matches!(self, Objective::NonSaturating | Objective::Minimax)
    }

    /// What the discriminator minimises at a real image, by its logit `s`, element by element.
    /// `label` is what it should call real images: 1, or a little less to keep it from being too
    /// sure ([`has_labels`](Objective::has_labels) says which objectives heed it).
    pub fn discriminator_at_real<T: Real>(self, s: Var<'_, T>, label: f64) -> Var<'_, T> {
        match self {
            // −label·log D(x) − (1 − label)·log(1 − D(x))
            Objective::NonSaturating | Objective::Minimax => cross_entropy(s, label),
            // ½(s − label)²
            Objective::LeastSquares => half_square(s - T::from_f64(label)),
            // max(0, 1 − s)
            Objective::Hinge => s.affine(-T::ONE, T::ONE).relu(),
            // −s
            Objective::Wasserstein => -s,
        }
    }

    /// What the discriminator minimises at a generated image, by its logit `s`, element by element.
    pub fn discriminator_at_fake<T: Real>(self, s: Var<'_, T>) -> Var<'_, T> {
        match self {
            // −log(1 − D(G(z)))
            Objective::NonSaturating | Objective::Minimax => cross_entropy(s, 0.0),
            // ½s²
            Objective::LeastSquares => half_square(s),
            // max(0, 1 + s)
            Objective::Hinge => (s + T::ONE).relu(),
            // s
            Objective::Wasserstein => s,
        }
    }

    /// What the generator minimises at one of its images, by its logit `s`, element by element.
    pub fn generator_at_fake<T: Real>(self, s: Var<'_, T>) -> Var<'_, T> {
        match self {
            // −log D(G(z))
            Objective::NonSaturating => cross_entropy(s, 1.0),
            // log(1 − D(G(z)))
            Objective::Minimax => -cross_entropy(s, 0.0),
            // ½(s − 1)²
            Objective::LeastSquares => half_square(s - T::ONE),
            // −s
            Objective::Hinge | Objective::Wasserstein => -s,
        }
    }

    /// Whether the discriminator has a label to aim at, rather than a side to be on.
    pub fn has_labels(self) -> bool {
        matches!(self, Objective::NonSaturating | Objective::Minimax | Objective::LeastSquares)
    }
}

/// `−label·log σ(s) − (1 − label)·log(1 − σ(s))`, from the logit: finite, however sure it is.
fn cross_entropy<T: Real>(s: Var<'_, T>, label: f64) -> Var<'_, T> {
    s.bce_with_logits(s.tape().scalar(T::from_f64(label)))
}

/// `½x²`.
fn half_square<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    x.powi(2) * T::from_f64(0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;

    fn log_sigmoid(s: f64) -> f64 {
        (1.0 / (1.0 + (-s).exp())).ln()
    }

    /// The three functions at these logits, by the papers' formulas with `f64`'s own functions.
    fn by_the_paper(objective: Objective, real: f64, fake: f64) -> [f64; 3] {
        match objective {
            Objective::NonSaturating => [-log_sigmoid(real), -log_sigmoid(-fake), -log_sigmoid(fake)],
            Objective::Minimax => [-log_sigmoid(real), -log_sigmoid(-fake), log_sigmoid(-fake)],
            Objective::LeastSquares => [(real - 1.0).powi(2) / 2.0, fake.powi(2) / 2.0, (fake - 1.0).powi(2) / 2.0],
            // The paper maximises min(0, −1 + s) and min(0, −1 − s).
            Objective::Hinge => [-f64::min(0.0, -1.0 + real), -f64::min(0.0, -1.0 - fake), -fake],
            Objective::Wasserstein => [-real, fake, -fake],
        }
    }

    #[test]
    fn values_are_those_of_the_papers() {
        let tape = Tape::<f64>::new();
        for objective in Objective::ALL {
            for (real, fake) in [(2.0, -1.5), (0.3, -0.2), (-0.7, 0.9), (-3.0, 4.0)] {
                let [x, y] = [real, fake].map(|s| tape.scalar(s));
                let found = [
                    objective.discriminator_at_real(x, 1.0),
                    objective.discriminator_at_fake(y),
                    objective.generator_at_fake(y),
                ];
                for (found, expected) in found.into_iter().zip(by_the_paper(objective, real, fake)) {
                    assert!((found.item() - expected).abs() <= 1e-12, "{objective:?} at {real}, {fake}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn a_smoothed_label_is_where_the_discriminator_comes_to_rest() {
        let tape = Tape::<f64>::new();
        // σ(s) = 0.9 for the cross-entropies, s = 0.9 for least squares.
        let at_rest = [f64::ln(9.0), f64::ln(9.0), 0.9, 0.0, 0.0];
        for (objective, s) in Objective::ALL.into_iter().zip(at_rest) {
            let s = tape.scalar(s);
            let slope = tape.gradients(objective.discriminator_at_real(s, 0.9), &[s])[0].item();
            assert_eq!(slope.abs() <= 1e-12, objective.has_labels(), "{objective:?}: {slope}");
        }
    }
}
