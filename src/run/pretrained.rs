//! What comes with the program, trained: the weights are inside it, so that it works wherever it is copied to.

use super::calibration_file::parse_calibration;
use super::{RecognizerSummary, parse_weights};
use crate::gan::{Config, blank_discriminator, blank_generator};
use crate::nn::Network;
use crate::recognizer::{CalibratedRecognizer, Recognizer};
use std::path::Path;

/// A file of data/pretrained.
macro_rules! within {
    ($include:ident, $name:literal) => {
        $include!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/pretrained/", $name))
    };
}

/// The configuration of the run `best`, which `scripts/pretrained.sh` has trained.
pub fn pretrained_config() -> Config {
    let config = Config::complete_from_toml(within!(include_str, "best/config.toml"));
    config.expect("a test reads it")
}

/// Its generator, and the configuration that says how its pixels lie.
pub fn pretrained_generator() -> (Network, Config) {
    let config = pretrained_config();
    let mut generator = blank_generator(&config).expect("a test builds it");
    load(&mut [&mut generator], within!(include_bytes, "best/generator.safetensors"));
    (generator, config)
}

/// Its discriminator.
pub fn pretrained_discriminator() -> Network {
    let mut discriminator = blank_discriminator(&pretrained_config()).expect("a test builds it");
    load(&mut [&mut discriminator], within!(include_bytes, "best/discriminator.safetensors"));
    discriminator
}

/// A recognizer of digits.
pub fn pretrained_recognizer() -> Recognizer {
    let summary = recognizer_summary();
    let mut recognizer = Recognizer::blank(&summary.recognizer).expect("a test builds it");
    let Recognizer { features, head } = &mut recognizer;
    load(&mut [features, head], within!(include_bytes, "recognizer/recognizer.safetensors"));
    recognizer
}

/// The same with what has been measured of its limits.
pub fn pretrained_reader() -> CalibratedRecognizer {
    let calibration = parse_calibration(within!(include_bytes, "recognizer/calibration.safetensors"));
    let calibration = calibration.expect("a test reads it");
    CalibratedRecognizer::new(&recognizer_summary().recognizer, &pretrained_recognizer(), Some(calibration))
        .expect("a test builds it")
}

fn recognizer_summary() -> RecognizerSummary {
    toml::from_str(within!(include_str, "recognizer/recognizer.toml")).expect("a test reads it")
}

fn load(networks: &mut [&mut Network], weights: &[u8]) {
    parse_weights(networks, weights, Path::new("within the program")).expect("a test loads them");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_the_program_can_be_read() {
        let (generator, config) = pretrained_generator();
        assert_eq!((generator.input_width(), config.name.as_str()), (config.generator.latent_dim, "best"));
        assert_eq!(pretrained_discriminator().input_width(), config.pixels());
        assert_eq!(pretrained_recognizer().features.input_width(), config.pixels());
        assert!(pretrained_reader().calibration().is_some());
    }
}
