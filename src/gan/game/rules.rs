//! The rules of the game: what the two players make of their images' logits.

use crate::autodiff::{Real, Tape, Var};
use crate::gan::{ConfigError, Objective, Players, config::check::check};
use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};

/// What a logit is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Pairing {
    /// Nothing: each image is judged by itself.
    #[default]
    None,
    /// The logit of the image's partner, the `i`-th real image with the `i`-th generated one: the
    /// discriminator says which of the two is real, not what "real" is. It so keeps a boundary near
    /// every real image, which works against dropped modes (Jolicoeur-Martineau 2019, the RGAN;
    /// Huang et al. 2024, *The GAN is dead; long live the GAN!*, equation 2).
    Relativistic,
}

/// The two losses of a game.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// What each player wants from a logit.
    pub objective: Objective,
    /// What a logit is compared with.
    pub pairing: Pairing,
    /// What the discriminator should call real images: 1, or less (Salimans et al. 2016, section
    /// 3.4, "one-sided label smoothing"). Generated images are always called 0: a label above would
    /// leave those in peace that look like nothing real.
    pub real_label: f64,
}

impl Rules {
    /// What the discriminator minimises, from logits `[batch, 1]`. With `r` and `f` the objective's
    /// functions at real and at generated images, it is
    ///
    /// `E[r(D(x))] + E[f(D(G(z)))]`, or with pairs `E[r(D(x) − D(G(z)))]`.
    pub fn discriminator_loss<'t, T: Real>(&self, real: Var<'t, T>, fake: Var<'t, T>) -> Var<'t, T> {
        let at_real = |s| self.objective.discriminator_at_real(s, self.real_label).mean();
        match self.pairing {
            Pairing::None => at_real(real) + self.objective.discriminator_at_fake(fake).mean(),
            Pairing::Relativistic => at_real(real - fake),
        }
    }

    /// What the generator minimises, from its images' logits `[batch, 1]`; with pairs, also from the
    /// real images' logits, which nobody computes otherwise. With pairs it is the discriminator's
    /// loss with the partners exchanged, `E[r(D(G(z)) − D(x))]`; in the zero-sum game, the
    /// discriminator's loss with the sign turned, `−E[r(D(x) − D(G(z)))]`.
    pub fn generator_loss<'t, T: Real>(&self, fake: Var<'t, T>, real: impl FnOnce() -> Var<'t, T>) -> Var<'t, T> {
        let at_real = |s| self.objective.discriminator_at_real(s, 1.0).mean();
        match (self.pairing, self.objective) {
            (Pairing::None, objective) => objective.generator_at_fake(fake).mean(),
            (Pairing::Relativistic, Objective::Minimax) => -at_real(real() - fake),
            (Pairing::Relativistic, _) => at_real(fake - real()),
        }
    }

    /// The discriminator's loss where it tells real images from generated ones without fail and so
    /// has nothing more to learn, nor to teach: the entropy of its label for the cross-entropies, 0
    /// for the hinge. None for the others: a Wasserstein loss has no least value, and where least
    /// squares are least the generator's gradient is as large as ever.
    pub fn loss_of_certainty(&self) -> Option<f64> {
        let surprise = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
        match self.objective {
            Objective::NonSaturating | Objective::Minimax => {
                Some(surprise(self.real_label) + surprise(1.0 - self.real_label))
            }
            Objective::Hinge => Some(0.0),
            Objective::LeastSquares | Objective::Wasserstein => None,
        }
    }

    /// What the mean scores of real and of generated images sum to where no change of the last bias, which moves all logits
    /// alike, would make the discriminator's loss smaller. The cross-entropies' slope there is
    /// `E[D(x) − label] + E[D(G(z))]` with `D = σ(logit)`, that of least squares is the same with `D = logit`: the label.
    /// None for the other objectives, and with pairs, which the bias moves alike.
    pub fn sum_of_scores(&self) -> Option<f64> {
        match self.objective {
            Objective::NonSaturating | Objective::Minimax | Objective::LeastSquares => {
                (self.pairing == Pairing::None).then_some(self.real_label)
            }
            Objective::Hinge | Objective::Wasserstein => None,
        }
    }

    /// Both losses, and the score of any image, where the discriminator cannot tell real images from generated ones and
    /// gives the logit to all that costs it least: like a coin. None for Wasserstein, whose logits have no scale.
    pub fn of_a_coin(&self) -> Option<Coin> {
        let logit = match self.objective {
            // σ(s) = label / 2: of a batch, that share is called real.
            Objective::NonSaturating | Objective::Minimax if self.pairing == Pairing::None => {
                (self.real_label / (2.0 - self.real_label)).ln()
            }
            Objective::LeastSquares if self.pairing == Pairing::None => self.real_label / 2.0,
            Objective::Wasserstein => return None,
            _ => 0.0,
        };
        let tape = Tape::<f64>::new();
        let s = tape.leaf(ArrayD::from_elem(IxDyn(&[1, 1]), logit));
        let losses = Players { generator: self.generator_loss(s, || s), discriminator: self.discriminator_loss(s, s) };
        Some(Coin { losses: losses.map(Var::item), score: self.objective.score(logit) })
    }

    /// Checks the real images' label against its range.
    pub(in crate::gan) fn validate(&self) -> Result<(), ConfigError> {
        let (key, label) = ("training.label_smoothing", &self.real_label);
        check(*label > 0.5 && *label <= 1.0, key, label, "above 0.5 and at most 1")?;
        let without_labels = "left out with the objectives \"hinge\" and \"wasserstein\", which know no labels";
        check(*label == 1.0 || self.objective.has_labels(), key, label, without_labels)
    }
}

/// What a game comes to in which the discriminator cannot tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coin {
    /// Both losses.
    pub losses: Players<f64>,
    /// What the discriminator gives to any image.
    pub score: f64,
}

impl From<Objective> for Rules {
    /// The objective alone: no pairs, no smoothing.
    fn from(objective: Objective) -> Self {
        Self { objective, pairing: Pairing::None, real_label: 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use ndarray::array;

    fn softplus(x: f64) -> f64 {
        (1.0 + x.exp()).ln()
    }

    /// Both losses at the logits 2, −0.5 of real images and −1, 0.25 of generated ones.
    fn losses(rules: Rules) -> [f64; 2] {
        let tape = Tape::<f64>::new();
        let [real, fake] = [array![[2.0], [-0.5]], array![[-1.0], [0.25]]].map(|s| tape.leaf(s.into_dyn()));
        [rules.discriminator_loss(real, fake), rules.generator_loss(fake, || real)].map(Var::item)
    }

    fn assert_losses(rules: Rules, expected: [f64; 2]) {
        let found = losses(rules);
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 1e-12), "{rules:?}: {found:?} {expected:?}");
    }

    #[test]
    fn losses_are_those_of_the_papers() {
        let mean = |f: &dyn Fn(f64) -> f64, [a, b]: [f64; 2]| (f(a) + f(b)) / 2.0;
        let (real, fake) = ([2.0, -0.5], [-1.0, 0.25]);
        let caught = mean(&softplus, fake); // −E log(1 − D(G(z)))
        let of_discriminator = mean(&|s| softplus(-s), real) + caught;
        assert_losses(Objective::NonSaturating.into(), [of_discriminator, mean(&|s| softplus(-s), fake)]);
        assert_losses(Objective::Minimax.into(), [of_discriminator, -caught]);
        // By hand: ¼(1² + 1.5²) + ¼(1² + 0.25²) and ¼(2² + 0.75²).
        assert_losses(Objective::LeastSquares.into(), [0.8125 + 0.265_625, 1.140_625]);
        // ½(0 + 1.5) + ½(0 + 1.25) and −½(−1 + 0.25).
        assert_losses(Objective::Hinge.into(), [0.75 + 0.625, 0.375]);
        assert_losses(Objective::Wasserstein.into(), [-0.75 - 0.375, 0.375]);
    }

    #[test]
    fn pairs_are_judged_by_their_difference() {
        let relativistic = |objective| Rules { pairing: Pairing::Relativistic, ..Rules::from(objective) };
        // D(x) − D(G(z)) is 3 and −0.75.
        let of_discriminator = (softplus(-3.0) + softplus(0.75)) / 2.0;
        let reversed = (softplus(3.0) + softplus(-0.75)) / 2.0;
        assert_losses(relativistic(Objective::NonSaturating), [of_discriminator, reversed]);
        assert_losses(relativistic(Objective::Minimax), [of_discriminator, -of_discriminator]);
        // ¼(2² + 1.75²) and ¼(4² + 0.25²).
        assert_losses(relativistic(Objective::LeastSquares), [1.765_625, 4.015_625]);
        // ½(0 + 1.75) and ½(4 + 0.25).
        assert_losses(relativistic(Objective::Hinge), [0.875, 2.125]);
        assert_losses(relativistic(Objective::Wasserstein), [-1.125, 1.125]);
    }

    #[test]
    fn smoothing_is_one_sided() {
        let plain = Rules::from(Objective::NonSaturating);
        let smoothed = Rules { real_label: 0.9, ..plain };
        // −0.9·log D(x) − 0.1·log(1 − D(x)) differs from −log D(x) by 0.1·logit, here 0.1·E[2, −0.5].
        let [discriminator, generator] = losses(plain);
        assert_losses(smoothed, [discriminator + 0.1 * 0.75, generator]);
    }

    #[test]
    fn a_coin_costs_what_goodfellow_says_and_no_other_logit_costs_less() {
        let coin = Rules::from(Objective::NonSaturating).of_a_coin().unwrap();
        let by_hand = Players { generator: 2f64.ln(), discriminator: 2.0 * 2f64.ln() };
        assert!(coin.losses.zip(by_hand).into_iter().all(|(a, b)| (a - b).abs() < 1e-12) && coin.score == 0.5);
        assert_eq!(Rules::from(Objective::Wasserstein).of_a_coin(), None);
        let hinge = Rules::from(Objective::Hinge).of_a_coin().unwrap();
        assert_eq!(hinge, Coin { losses: Players { generator: 0.0, discriminator: 2.0 }, score: 0.0 });
        for (objective, real_label) in [(Objective::NonSaturating, 0.8), (Objective::LeastSquares, 0.9)] {
            let rules = Rules { real_label, ..Rules::from(objective) };
            let least = rules.of_a_coin().unwrap().losses.discriminator;
            let tape = Tape::<f64>::new();
            for logit in [-1.0, -0.3, 0.0, 0.3, 0.5, 1.0] {
                let s = tape.leaf(array![[logit]].into_dyn());
                assert!(rules.discriminator_loss(s, s).item() >= least - 1e-12, "{objective:?} {logit}");
            }
        }
    }

    #[test]
    fn where_scores_sum_to_the_label_no_bias_makes_the_loss_smaller() {
        for (objective, real_label) in [(Objective::NonSaturating, 0.8), (Objective::LeastSquares, 0.9)] {
            let rules = Rules { real_label, ..Rules::from(objective) };
            let tape = Tape::<f64>::new();
            let bias = tape.leaf(array![[0.3]].into_dyn());
            let [real, fake] = [0.9, -0.4].map(|logit| bias + logit);
            let slope = tape.gradients(rules.discriminator_loss(real, fake), &[bias])[0].item();
            let sum = [real, fake].into_iter().map(|s| objective.score(s.item())).sum::<f64>();
            assert!((slope - (sum - rules.sum_of_scores().unwrap())).abs() < 1e-12, "{objective:?}: {slope} {sum}");
        }
        let paired = Rules { pairing: Pairing::Relativistic, ..Rules::from(Objective::NonSaturating) };
        assert_eq!(
            [paired, Objective::Hinge.into(), Objective::Wasserstein.into()].map(|r| r.sum_of_scores()),
            [None; 3]
        );
    }

    #[test]
    fn certainty_has_a_loss_where_it_ends_the_game() {
        let of = |objective, real_label| Rules { real_label, ..Rules::from(objective) }.loss_of_certainty();
        assert_eq!(of(Objective::Minimax, 1.0), Some(0.0));
        let entropy = of(Objective::NonSaturating, 0.9).unwrap();
        assert!((entropy - 0.325_083).abs() < 1e-6, "{entropy}");
        assert_eq!(of(Objective::Hinge, 1.0), Some(0.0));
        assert_eq!((of(Objective::LeastSquares, 1.0), of(Objective::Wasserstein, 1.0)), (None, None));
    }
}
