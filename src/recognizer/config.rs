//! What decides a recognizer.

use super::RecognizerError;
use crate::nn::layers::{BatchNorm, Conv, MaxPool};
use crate::nn::{LayerSpec, UnitActivation};
use serde::{Deserialize, Serialize};

/// Every value that decides how a recognizer comes out, but for the digits it learns from. What a file leaves out
/// has the value of [`RecognizerConfig::default`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecognizerConfig {
    /// Decides first weights, order of the digits and their shifts.
    pub seed: u64,
    /// How many steps there are; at least 1. In place of epochs, so that networks which learn from few digits and
    /// from many have seen equally many images.
    pub steps: u64,
    /// Images in a step; at least 1. Fewer where there are fewer digits.
    pub batch_size: usize,
    /// Adam's learning rate at its highest: it rises in a straight line over the first fifth of the steps, then
    /// falls to zero along half a cosine (Smith & Topin 2018, *Super-Convergence*).
    pub learning_rate: f64,
    /// How far a digit is moved, at most, in either direction, each time it is learned from; in pixels.
    pub shift: usize,
    /// `[height, width]`.
    pub image_shape: [usize; 2],
    /// From an image to its features; a dense layer from these to the ten logits follows.
    pub features: Vec<LayerSpec>,
}

impl Default for RecognizerConfig {
    /// Three convolutions and a dense layer of 128 features, learned in eight epochs of 60,000 digits.
    fn default() -> Self {
        let features = [convolution(32, 1), pool(), convolution(64, 1), pool(), convolution(128, 2)];
        let dense = LayerSpec::dense(128, UnitActivation::Relu);
        Self {
            seed: 0,
            steps: 3750,
            batch_size: 128,
            learning_rate: 3e-3,
            shift: 2,
            image_shape: [28, 28],
            features: features.into_iter().flatten().chain([dense]).collect(),
        }
    }
}

/// A 3 × 3 convolution, its channels normalised over the batch, and what is left of them above zero.
fn convolution(channels: usize, stride: usize) -> Vec<LayerSpec> {
    let (identity, relu) = (UnitActivation::Identity, UnitActivation::Relu);
    vec![
        Conv { channels, kernel: 3, stride, padding: None, activation: identity, bias: false, spectral_norm: false }
            .into(),
        BatchNorm { momentum: 0.1, epsilon: 1e-5, conditional: false, activation: relu }.into(),
    ]
}

fn pool() -> Vec<LayerSpec> {
    vec![MaxPool { size: 2 }.into()]
}

/// The most steps, and images in a step.
const MOST: u64 = 1_000_000_000;

impl RecognizerConfig {
    /// Checks every number against its range.
    ///
    /// # Errors
    /// Names the first that is out of it.
    pub fn validate(&self) -> Result<(), RecognizerError> {
        let [height, width] = self.image_shape;
        let is_side = |side: &usize| (1..=4096).contains(side);
        let checks = [
            (self.seed <= i64::MAX as u64, "seed", self.seed.to_string(), "at most 2^63 - 1"),
            ((1..=MOST).contains(&self.steps), "steps", self.steps.to_string(), "at least 1 and at most 1000000000"),
            (
                (1..=MOST).contains(&(self.batch_size as u64)),
                "batch_size",
                self.batch_size.to_string(),
                "at least 1 and at most 1000000000",
            ),
            (
                self.learning_rate >= 1e-300 && self.learning_rate.is_finite(),
                "learning_rate",
                self.learning_rate.to_string(),
                "a finite number above 0",
            ),
            (
                [height, width].iter().all(is_side),
                "image_shape",
                format!("{:?}", self.image_shape),
                "two numbers from 1 to 4096",
            ),
            (self.shift < height.min(width), "shift", self.shift.to_string(), "less than the image's sides"),
        ];
        match checks.into_iter().find(|(holds, ..)| !holds) {
            Some((_, key, found, allowed)) => Err(RecognizerError::OutOfRange { key, found, allowed }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back_from_toml_and_missing_values_are_the_defaults() {
        let config = RecognizerConfig { seed: 3, ..Default::default() };
        assert_eq!(toml::from_str::<RecognizerConfig>(&toml::to_string(&config).unwrap()).unwrap(), config);
        assert_eq!(toml::from_str::<RecognizerConfig>("seed = 3").unwrap(), config);
        assert!(toml::from_str::<RecognizerConfig>("sede = 3").is_err());
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let problem = |config: RecognizerConfig| config.validate().unwrap_err().to_string();
        let default = RecognizerConfig::default;
        assert!(default().validate().is_ok());
        assert_eq!(
            problem(RecognizerConfig { steps: 0, ..default() }),
            "steps is 0; it must be at least 1 and at most 1000000000"
        );
        assert!(problem(RecognizerConfig { steps: u64::MAX, ..default() }).starts_with("steps is"));
        assert!(problem(RecognizerConfig { seed: 1 << 63, ..default() }).starts_with("seed is"));
        assert!(problem(RecognizerConfig { image_shape: [1 << 40; 2], ..default() }).starts_with("image_shape is"));
        assert!(problem(RecognizerConfig { learning_rate: f64::NAN, ..default() }).starts_with("learning_rate is NaN"));
        assert!(problem(RecognizerConfig { shift: 28, ..default() }).starts_with("shift is 28"));
        assert!(problem(RecognizerConfig { batch_size: 0, ..default() }).starts_with("batch_size is 0"));
    }
}
