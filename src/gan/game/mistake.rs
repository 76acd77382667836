//! Mistakes of programs, made on purpose.

use crate::autodiff::Real;
use crate::gan::config::check::check;
use crate::gan::{ConfigError, TrainingConfig, UpdateRule};
use crate::nn::Network;
use serde::{Deserialize, Serialize};

/// A mistake that is easily made in a program, made here on purpose, for teaching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mistake {
    /// The biases of the generator's first layer that has any begin at −1000.
    DeadBias,
    /// In training, both players are told the label 0, whatever the digit.
    LabelsZero,
    /// Generated images are not detached from the discriminator in the generator's turn: its weights follow the
    /// generator's loss as well as its own. Only with players that move in turn.
    ForgottenDetach,
    /// The discriminator is given real and generated images as one batch even where it compares the samples of a batch,
    /// as batch normalisation does: it tells them apart by the company they are in (Salimans et al. 2016, section 3.2,
    /// on batches of their own).
    JointBatchNorm,
}

/// Where dead biases begin.
const DEAD: f64 = -1000.0;

impl Mistake {
    /// What a generator's first weights become.
    pub(super) fn in_weights<T: Real>(self, generator: &mut Network<T>) {
        let bias = generator.parameters.iter_mut().find(|parameter| parameter.name.ends_with("bias"));
        if let Some(bias) = bias.filter(|_| self == Mistake::DeadBias) {
            bias.value.fill(T::from_f64(DEAD));
        }
    }

    /// What the players are told in place of labels.
    pub(in crate::gan) fn in_labels(self, labels: &mut [u8]) {
        if self == Mistake::LabelsZero {
            labels.fill(0);
        }
    }

    /// Its name in a configuration.
    fn name(self) -> &'static str {
        match self {
            Mistake::DeadBias => "dead-bias",
            Mistake::LabelsZero => "labels-zero",
            Mistake::ForgottenDetach => "forgotten-detach",
            Mistake::JointBatchNorm => "joint-batch-norm",
        }
    }

    /// Refuses a mistake that this training has no place for.
    pub(in crate::gan) fn validate(self, training: &TrainingConfig) -> Result<(), ConfigError> {
        let (is_fine, allowed) = match self {
            Mistake::ForgottenDetach => (
                training.update == UpdateRule::Alternating,
                "left out where players do not move in turn (training.update)",
            ),
            Mistake::LabelsZero => (training.classes > 0, "left out where there are no labels (training.classes)"),
            Mistake::DeadBias | Mistake::JointBatchNorm => (true, ""),
        };
        check(is_fine, "training.mistake", &self.name(), allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::{Config, build_generator};

    fn with(changes: &str) -> Config {
        Config::preset("mlp").unwrap().with(changes.parse().unwrap()).unwrap()
    }

    #[test]
    fn dead_biases_are_those_of_the_first_layer() {
        let [sound, dead] = ["", "training.mistake = \"dead-bias\""].map(|changes| {
            let network: Network = build_generator(&with(changes)).unwrap();
            network.parameters
        });
        for (sound, dead) in sound.iter().zip(&dead) {
            let is_first = sound.name == "generator.0.bias";
            assert_eq!(dead.value.iter().all(|&number| number == -1000.0), is_first, "{}", sound.name);
            assert_eq!(sound.value == dead.value, !is_first, "{}", sound.name);
        }
    }

    #[test]
    fn a_mistake_that_has_no_place_is_refused() {
        let refused = |changes: &str| with(changes).validate().unwrap_err().to_string();
        let simultaneous = "training.update = \"simultaneous\"\ntraining.mistake = \"forgotten-detach\"";
        assert_eq!(
            refused(simultaneous),
            "training.mistake is forgotten-detach; it must be left out where players do not move in turn (training.update)"
        );
        assert!(refused("training.mistake = \"labels-zero\"").contains("no labels (training.classes)"));
        with("training.mistake = \"dead-bias\"").validate().unwrap();
    }
}
