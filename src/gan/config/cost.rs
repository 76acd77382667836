//! How much a step computes, known before any is made.

use crate::gan::game::build::footprints;
use crate::gan::{BuildError, Config, Players, UpdateRule};

/// Multiplications in the products of weights and activations, which take most of the time of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepCost {
    /// In a step of both players, penalties left out.
    pub step: u64,
    /// In drawing an image.
    pub image: u64,
}

impl StepCost {
    /// That of training by this configuration. The way back through a layer takes two products for the one of the way
    /// forward; where nobody wants the gradient of its weights, one.
    ///
    /// # Errors
    /// When the layers cannot form networks.
    pub fn of(config: &Config) -> Result<Self, BuildError> {
        let Players { generator, discriminator } = footprints(config)?.map(|player| player.multiplications() as u64);
        let learning = 2 * 3 * discriminator; // from a real image and a generated one
        let through = 2 * discriminator; // on the way back to the generator
        let moves = config.training.critic_steps;
        let sample = match config.training.update {
            // One pass serves both.
            UpdateRule::Simultaneous => 3 * generator + learning,
            UpdateRule::Alternating => moves * (generator + learning) + 3 * generator + through,
        };
        let batch = config.training.batch_size as u64;
        // A second view of each real image, and the images with labels.
        let reading = config.training.semi_supervised.as_ref();
        let read = reading.map_or(0, |reading| 3 * discriminator * (batch + reading.images_in_a_step() as u64));
        let matched = if config.training.feature_matching { discriminator } else { 0 }; // the real images' features
        let step = (sample + matched).saturating_mul(batch).saturating_add(read.saturating_mul(moves));
        Ok(Self { step, image: generator })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_the_article_by_hand() {
        let generator = 100 * 128 + 128 * 256 + 256 * 512 + 512 * 1024 + 1024 * 784;
        let discriminator = 784 * 1024 + 1024 * 512 + 512 * 256 + 256 * 128 + 128;
        let mut config = Config::preset("article").unwrap();
        let cost = StepCost::of(&config).unwrap();
        assert_eq!(cost, StepCost { step: 128 * (3 * generator + 6 * discriminator), image: generator });
        config.training.update = UpdateRule::Alternating;
        config.training.critic_steps = 2;
        assert_eq!(StepCost::of(&config).unwrap().step, 128 * (5 * generator + 14 * discriminator));
    }

    #[test]
    fn reading_takes_a_second_view_and_the_images_with_labels() {
        let mut config = Config::preset("reader").unwrap();
        let whole = StepCost::of(&config).unwrap().step;
        let batch = config.training.batch_size as u64;
        let discriminator = footprints(&config).unwrap().discriminator.multiplications() as u64;
        let labelled = config.training.semi_supervised.take().unwrap().images_in_a_step() as u64;
        config.training.feature_matching = false;
        let game = StepCost::of(&config).unwrap().step;
        assert_eq!(whole - game, discriminator * (3 * (batch + labelled) + batch));
    }

    #[test]
    fn a_convolution_multiplies_at_each_place() {
        let text = r#"
            preset = "mlp"
            [generator]
            layers = [
                { kind = "dense", units = 98 },
                { kind = "reshape", shape = [7, 7, 2] },
                { kind = "conv-transpose", channels = 3, kernel = 4, stride = 2 },
                { kind = "upsample" },
                { kind = "conv", channels = 1, kernel = 3, activation = "tanh" },
            ]
        "#;
        let cost = StepCost::of(&Config::from_toml(text, None).unwrap()).unwrap();
        assert_eq!(cost.image, 100 * 98 + 7 * 7 * 2 * 4 * 4 * 3 + 28 * 28 * 3 * 3 * 3);
    }
}
