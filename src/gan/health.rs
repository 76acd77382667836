//! What goes wrong with GANs, noticed while it happens and said in words.

use super::{Rules, Scores};
use std::fmt;

/// Something a person who watches the run should know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Warning {
    /// The discriminator's loss has stayed near the least it can be.
    DiscriminatorWins {
        /// The step at which this was noticed.
        step: u64,
        /// How far above the least it is, averaged over the last steps.
        loss: f64,
        /// For how many steps it has been below the limit.
        steps: u64,
    },
    /// The generator draws much the same image from every latent vector.
    SamplesAlike {
        /// The epoch at which this was noticed.
        epoch: u64,
        /// The variance among the samples over that among as many real images.
        share: f64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::DiscriminatorWins { step, loss, steps } => write!(
                f,
                "step {step}: the discriminator's loss has been as small as it can be (but for {loss:.1e}) for {steps} \
                 steps. It tells real images from generated ones without fail, so the generator learns next to \
                 nothing from it any more. More training will not help; try --update alternating, a lower \
                 --learning-rate, dropout in the discriminator, or the preset mlp"
            ),
            Warning::SamplesAlike { epoch, share } => write!(
                f,
                "epoch {epoch}: all samples look alike: they vary {:.1} % as much as real images do. The generator \
                 answers every latent vector with nearly the same image (mode collapse). It seldom recovers; try \
                 --update alternating, a lower --learning-rate, or the preset mlp",
                100.0 * share
            ),
        }
    }
}

/// Watches a run and warns, once for each thing that is wrong (again only if it went away).
#[derive(Clone, Debug)]
pub struct Health {
    real_variance: f64,
    /// The least the discriminator's loss can be, if it says there that all is lost.
    least_loss: Option<f64>,
    /// How far above the loss is, averaged over about the last hundred steps.
    average_excess: f64,
    steps_near_zero: u64,
    samples_alike: bool,
}

/// Far below what a discriminator that cannot tell has above the least loss: at least 0.36, with
/// pairs and labels of 0.9; 1.39, `2·log 2`, without either; 2 with the hinge.
const NEAR_ZERO: f64 = 0.02;
/// How many steps in a row make it worth a warning.
const PATIENCE: u64 = 500;
/// Below this share of the real images' variance, samples count as alike.
const ALIKE: f64 = 0.1;

impl Health {
    /// Watches a run by these rules on images such as these, `[n, pixels]`.
    pub fn new(rules: &Rules, real_images: &[f32], pixels: usize) -> Self {
        Self {
            real_variance: variance(real_images, pixels),
            least_loss: rules.loss_of_certainty(),
            average_excess: 1.0,
            steps_near_zero: 0,
            samples_alike: false,
        }
    }

    /// Looks at a step's scores.
    pub fn after_step(&mut self, step: u64, scores: &Scores) -> Option<Warning> {
        let excess = scores.discriminator_loss - self.least_loss?;
        self.average_excess += 0.01 * (excess - self.average_excess);
        self.steps_near_zero = if self.average_excess < NEAR_ZERO { self.steps_near_zero + 1 } else { 0 };
        let (loss, steps) = (self.average_excess, self.steps_near_zero);
        (steps == PATIENCE).then_some(Warning::DiscriminatorWins { step, loss, steps })
    }

    /// Looks at an epoch's samples, `[n, pixels]`.
    pub fn after_epoch(&mut self, epoch: u64, samples: &[f32], pixels: usize) -> Option<Warning> {
        let share = variance(samples, pixels) / self.real_variance;
        let alike = share < ALIKE;
        let is_news = alike && !self.samples_alike;
        self.samples_alike = alike;
        is_news.then_some(Warning::SamplesAlike { epoch, share })
    }
}

/// The variance among images, summed over their pixels: half the mean squared distance between
/// two of them.
fn variance(images: &[f32], pixels: usize) -> f64 {
    let count = (images.len() / pixels) as f64;
    let of_pixel = |pixel: usize| {
        let values = || images.iter().skip(pixel).step_by(pixels).map(|&x| f64::from(x));
        let mean = values().sum::<f64>() / count;
        values().map(|x| (x - mean).powi(2)).sum::<f64>() / count
    };
    (0..pixels).map(of_pixel).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::Objective;

    fn health(objective: Objective, real_label: f64, real_images: &[f32], pixels: usize) -> Health {
        Health::new(&Rules { real_label, ..Rules::from(objective) }, real_images, pixels)
    }

    fn scores(discriminator_loss: f64) -> Scores {
        Scores { discriminator_loss, generator_loss: 1.0, real: 0.5, fake: 0.5 }
    }

    #[test]
    fn a_winning_discriminator_is_named_once_and_a_healthy_one_never() {
        let mut health = health(Objective::NonSaturating, 1.0, &[0.0, 1.0], 1);
        assert_eq!(warnings(&mut health, 0.5), 0);
        assert_eq!(warnings(&mut health, 0.0), 1);
        assert_eq!(warnings(&mut health, 1.0), 0);
        assert_eq!(warnings(&mut health, 1e-4), 1);
    }

    /// How many warnings 5000 steps of this loss give.
    fn warnings(health: &mut Health, loss: f64) -> usize {
        (0..5000).filter_map(|step| health.after_step(step, &scores(loss))).count()
    }

    #[test]
    fn only_a_loss_that_means_certainty_is_a_warning() {
        let of = |objective, real_label, loss| warnings(&mut health(objective, real_label, &[0.0, 1.0], 1), loss);
        assert_eq!(of(Objective::Hinge, 1.0, 0.0), 1);
        assert_eq!((of(Objective::LeastSquares, 1.0, 0.0), of(Objective::Wasserstein, 1.0, -50.0)), (0, 0));
        // With labels of 0.9, 0.325 is the least.
        assert_eq!((of(Objective::Minimax, 0.9, 0.33), of(Objective::Minimax, 0.9, 0.5)), (1, 0));
    }

    #[test]
    fn collapsed_samples_are_named_once() {
        let real = [0.0, 0.0, 1.0, 1.0, 0.0, 1.0];
        let mut health = health(Objective::NonSaturating, 1.0, &real, 2);
        assert_eq!(health.after_epoch(1, &real, 2), None);
        let alike = [0.5, 0.2, 0.5, 0.2, 0.5, 0.21];
        assert!(
            matches!(health.after_epoch(2, &alike, 2), Some(Warning::SamplesAlike { epoch: 2, share }) if share < 1e-3)
        );
        assert_eq!(health.after_epoch(3, &alike, 2), None);
    }
}
