//! Mistakes of programs, made on purpose.

use crate::autodiff::Real;
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
    /// as batch normalisation does: it tells them apart by the company they are in.
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
    pub(in crate::gan) fn name(self) -> &'static str {
        match self {
            Mistake::DeadBias => "dead-bias",
            Mistake::LabelsZero => "labels-zero",
            Mistake::ForgottenDetach => "forgotten-detach",
            Mistake::JointBatchNorm => "joint-batch-norm",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::{Config, build_generator};

    #[test]
    fn dead_biases_are_those_of_the_first_layer() {
        let [sound, dead] = ["", "training.mistake = \"dead-bias\""].map(|changes| {
            let config = Config::preset("mlp").unwrap().with(changes.parse().unwrap()).unwrap();
            let network: Network = build_generator(&config).unwrap();
            network.parameters
        });
        for (sound, dead) in sound.iter().zip(&dead) {
            let is_first = sound.name == "generator.0.bias";
            assert_eq!(dead.value.iter().all(|&number| number == -1000.0), is_first, "{}", sound.name);
            assert_eq!(sound.value == dead.value, !is_first, "{}", sound.name);
        }
    }

    #[test]
    fn the_name_is_as_it_is_written() {
        for mistake in [Mistake::DeadBias, Mistake::LabelsZero, Mistake::ForgottenDetach, Mistake::JointBatchNorm] {
            let changes = format!("training.mistake = \"{}\"", mistake.name()).parse().unwrap();
            assert_eq!(Config::preset("mlp").unwrap().with(changes).unwrap().training.mistake, Some(mistake));
        }
    }

    #[test]
    fn only_lost_labels_are_zero() {
        for (mistake, expected) in [(Mistake::LabelsZero, [0, 0]), (Mistake::DeadBias, [3, 9])] {
            let mut labels = [3, 9];
            mistake.in_labels(&mut labels);
            assert_eq!(labels, expected);
        }
    }
}
