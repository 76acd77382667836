//! What goes wrong with GANs, noticed while it happens and said in words.

use super::Scores;
use std::fmt;

/// Something a person who watches the run should know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Warning {
    /// The discriminator's loss has stayed near zero.
    DiscriminatorWins {
        /// The step at which this was noticed.
        step: u64,
        /// Its loss, averaged over the last steps.
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
                "step {step}: the discriminator's loss has been near zero ({loss:.1e}) for {steps} steps. It tells real \
                 images from generated ones without fail, so the generator learns next to nothing from it any more. \
                 More training will not help; try --update alternating, a lower --learning-rate, dropout in the \
                 discriminator, or the preset mlp"
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
    /// The discriminator's loss, averaged over about the last hundred steps.
    average_loss: f64,
    steps_near_zero: u64,
    samples_alike: bool,
}

/// Far below `2·log 2 = 1.39`, the loss of a discriminator that cannot tell.
const NEAR_ZERO: f64 = 0.02;
/// How many steps in a row make it worth a warning.
const PATIENCE: u64 = 500;
/// Below this share of the real images' variance, samples count as alike.
const ALIKE: f64 = 0.1;

impl Health {
    /// Watches a run on images such as these, `[n, pixels]`.
    pub fn new(real_images: &[f32], pixels: usize) -> Self {
        Self {
            real_variance: variance(real_images, pixels),
            average_loss: 1.0,
            steps_near_zero: 0,
            samples_alike: false,
        }
    }

    /// Looks at a step's scores.
    pub fn after_step(&mut self, step: u64, scores: &Scores) -> Option<Warning> {
        self.average_loss += 0.01 * (scores.discriminator_loss - self.average_loss);
        self.steps_near_zero = if self.average_loss < NEAR_ZERO { self.steps_near_zero + 1 } else { 0 };
        let (loss, steps) = (self.average_loss, self.steps_near_zero);
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

    fn scores(discriminator_loss: f64) -> Scores {
        Scores { discriminator_loss, generator_loss: 1.0, real: 0.5, fake: 0.5 }
    }

    #[test]
    fn a_winning_discriminator_is_named_once_and_a_healthy_one_never() {
        let mut health = Health::new(&[0.0, 1.0], 1);
        let warnings = |health: &mut Health, loss: f64| {
            (0..5000).filter_map(|step| health.after_step(step, &scores(loss))).count()
        };
        assert_eq!(warnings(&mut health, 0.5), 0);
        assert_eq!(warnings(&mut health, 0.0), 1);
        assert_eq!(warnings(&mut health, 1.0), 0);
        assert_eq!(warnings(&mut health, 1e-4), 1);
    }

    #[test]
    fn collapsed_samples_are_named_once() {
        let real = [0.0, 0.0, 1.0, 1.0, 0.0, 1.0];
        let mut health = Health::new(&real, 2);
        assert_eq!(health.after_epoch(1, &real, 2), None);
        let alike = [0.5, 0.2, 0.5, 0.2, 0.5, 0.21];
        assert!(
            matches!(health.after_epoch(2, &alike, 2), Some(Warning::SamplesAlike { epoch: 2, share }) if share < 1e-3)
        );
        assert_eq!(health.after_epoch(3, &alike, 2), None);
    }
}
