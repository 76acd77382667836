//! A recognizer that also says how sure it is, and what is no digit that it knows.

use super::calibration::Calibration;
use super::network::{image, looked_at};
use super::{Recognizer, RecognizerConfig, RecognizerError};
use crate::autodiff::Activation;
use crate::data::CLASSES;
use crate::nn::{LayerSpec, Mode, Network};
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;

/// A recognizer and what has been measured of it.
#[derive(Clone, Debug)]
pub struct CalibratedRecognizer {
    /// From images to features, but for their last function.
    stem: Network,
    /// That function.
    function: Activation,
    head: Network,
    calibration: Option<Calibration>,
}

/// What a reader makes of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The probability of each digit, if it is one; together 1.
    pub probabilities: [f32; CLASSES],
    /// How far it is from all digits; a digit's is about 1. None where the recognizer was not calibrated.
    pub distance: Option<Distance>,
}

/// How far something is from the nearest class of digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// In standard deviations of that class ([`Classes::distance`](super::Classes::distance)).
    pub found: f32,
    /// The most that a digit's may be.
    pub limit: f32,
}

impl Reading {
    /// The digits from the most probable to the least.
    pub fn ranking(&self) -> [u8; CLASSES] {
        super::network::ranked(ArrayView1::from(&self.probabilities))
    }

    /// Whether it is near enough to a digit to be one. Without a calibration, all things are.
    pub fn is_a_digit(&self) -> bool {
        self.distance.is_none_or(|Distance { found, limit }| found <= limit)
    }
}

impl CalibratedRecognizer {
    /// Of a recognizer that was built by this configuration, and what [`Calibration::measure`] has measured of it.
    ///
    /// # Errors
    /// When the layers form no network, or the recognizer's are others.
    pub fn new(
        config: &RecognizerConfig,
        recognizer: &Recognizer,
        calibration: Option<Calibration>,
    ) -> Result<Self, RecognizerError> {
        let mut layers = config.features.clone();
        let last = layers.last_mut().and_then(LayerSpec::activation_mut);
        let function = last.map(std::mem::take).unwrap_or_default().function();
        let mut stem = Network::blank("features", image(config), &layers)?;
        let value = |name: &str| recognizer.features.arrays().find(|array| array.name == name);
        stem.load(|name| value(name).map(|array| array.value.to_owned()))?;
        Ok(Self { stem, function, head: recognizer.head.clone(), calibration })
    }

    /// Whether it can tell digits from other things.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_ref()
    }

    /// How many features it looks at.
    pub(super) fn width(&self) -> usize {
        self.stem.output_width()
    }

    /// Reads images `[n, height × width]`, 0 black to 255 white.
    ///
    /// # Panics
    /// When `images` is not a whole number of images.
    pub fn read(&self, images: &[u8]) -> Vec<Reading> {
        let [features, logits] = self.look(images);
        let rows = features.as_slice().expect("in C order").par_chunks_exact(self.width());
        let logits = logits.as_slice().expect("in C order").par_chunks_exact(CLASSES);
        rows.zip(logits).map(|(features, logits)| self.reading(features, logits)).collect()
    }

    fn reading(&self, features: &[f32], logits: &[f32]) -> Reading {
        let temperature = self.calibration.as_ref().map_or(1.0, |calibration| calibration.temperature);
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weights: [f32; CLASSES] = std::array::from_fn(|class| ((logits[class] - largest) / temperature).exp());
        let all: f32 = weights.iter().sum();
        let distance = self.calibration.as_ref().map(|Calibration { classes, limit, .. }| {
            let found = classes.distance(ArrayView1::from(features));
            Distance { found, limit: *limit }
        });
        Reading { probabilities: weights.map(|weight| weight / all), distance }
    }

    /// Features before their last function, `[n, width]`, and logits, `[n, 10]`, of images `[n, height × width]`.
    pub(super) fn look(&self, images: &[u8]) -> [Array2<f32>; 2] {
        let pixels = self.stem.input_width();
        looked_at("CalibratedRecognizer::read", images, pixels, self.width(), |tape, x| {
            let before = self.stem.on(tape).forward(x, &mut Mode::Evaluate);
            [before, self.head.on(tape).forward(before.activate(self.function), &mut Mode::Evaluate)]
        })
    }
}
