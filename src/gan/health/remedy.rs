//! What mends a run that goes wrong.
//!
//! Each has been tried. `tests/suite/diagnoses.rs` has small runs with just one fault, which are told so, and which are well
//! with nothing changed but the remedy. `scripts/tables/article.py` has the larger ones: the preset `mlp` collapses when
//! its images are from 0 to 1, when its players move at once, and when Adam forgets slowly, each by itself. That a penalty
//! brings missing digits back is in the table of `scripts/tables/ladder.py`.

use super::Diagnosis;
use crate::gan::{Config, Ramp, Regulariser, UpdateRule};
use crate::nn::{Init, LayerSpec, UnitActivation};
use std::fmt::{Display, Formatter, Result};

/// A change of a configuration that has mended runs with such a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The players move in turn.
    Alternating,
    /// Images are drawn from −1 to 1.
    Tanh,
    /// The discriminator's slope is penalised.
    Penalty,
    /// No learning rate is larger than 0.001.
    LowerRates,
    /// The generator's learning rate is the discriminator's.
    EqualRates,
    /// Adam forgets faster, in both players.
    Beta1,
    /// More random numbers go into the generator.
    Latent,
    /// The generator's first weights are as large as its layers need, where nothing normalises what they give.
    He,
    /// The generator's units are never cut off: leaky-relu in place of relu.
    LeakyRelu,
    /// The discriminator moves once for each move of the generator's.
    OneCriticStep,
    /// All digits of the data are learned from.
    AllDigits,
    /// A mistake that was made on purpose is taken back.
    Correct,
}

/// The largest learning rate that mends.
const RATE: f64 = 1e-3;
/// The largest beta1 that does.
const BETA1: f64 = 0.5;
/// The fewest latent numbers that do.
const LATENT: usize = 16;
/// The penalty's weight, and at every how many moves it is added.
const GAMMA: f64 = 0.5;
const EVERY: u64 = 4;

impl Remedy {
    /// All of them.
    pub const ALL: [Remedy; 12] = [
        Remedy::Alternating,
        Remedy::Tanh,
        Remedy::Penalty,
        Remedy::LowerRates,
        Remedy::EqualRates,
        Remedy::Beta1,
        Remedy::Latent,
        Remedy::He,
        Remedy::LeakyRelu,
        Remedy::OneCriticStep,
        Remedy::AllDigits,
        Remedy::Correct,
    ];

    /// Its name, as in an address.
    pub fn key(self) -> &'static str {
        match self {
            Remedy::Alternating => "alternating",
            Remedy::Tanh => "tanh",
            Remedy::Penalty => "penalty",
            Remedy::LowerRates => "lower-rates",
            Remedy::EqualRates => "equal-rates",
            Remedy::Beta1 => "beta1",
            Remedy::Latent => "latent",
            Remedy::He => "he",
            Remedy::LeakyRelu => "leaky-relu",
            Remedy::OneCriticStep => "one-critic-step",
            Remedy::AllDigits => "all-digits",
            Remedy::Correct => "correct",
        }
    }

    /// Those of a diagnosis that are not in force in a configuration; where a mistake is made, to take it back is the only
    /// one that has been tried.
    pub fn of(diagnosis: &Diagnosis, config: &Config) -> Vec<Remedy> {
        if config.training.mistake.is_some() {
            return vec![Remedy::Correct];
        }
        let tried: &[Remedy] = match diagnosis {
            Diagnosis::DiscriminatorWins { .. } => &[
                Remedy::OneCriticStep,
                Remedy::EqualRates,
                Remedy::LowerRates,
                Remedy::He,
                Remedy::Tanh,
                Remedy::Alternating,
                Remedy::Beta1,
            ],
            Diagnosis::SamplesAlike { .. } => {
                &[Remedy::EqualRates, Remedy::LowerRates, Remedy::He, Remedy::Tanh, Remedy::Alternating, Remedy::Beta1]
            }
            Diagnosis::DiscriminatorMisled { .. } => &[Remedy::LowerRates],
            Diagnosis::Diverged { .. } => &[Remedy::LowerRates],
            Diagnosis::SamplesRepeat { .. } => &[Remedy::Latent, Remedy::Penalty],
            Diagnosis::DigitsMissing { .. } => &[Remedy::AllDigits, Remedy::Penalty],
            Diagnosis::LabelIgnored { .. } => &[Remedy::EqualRates],
            Diagnosis::LayerDead { .. } => &[Remedy::LowerRates, Remedy::LeakyRelu],
            Diagnosis::Oscillation { .. } => &[Remedy::Beta1],
        };
        tried.iter().copied().filter(|remedy| !remedy.is_in_force(config)).collect()
    }

    /// Whether a configuration has it already.
    pub fn is_in_force(self, config: &Config) -> bool {
        let mut changed = config.clone();
        self.apply(&mut changed);
        changed == *config
    }

    /// Changes a configuration so that it has it.
    pub fn apply(self, config: &mut Config) {
        let Config { training, generator, discriminator, .. } = config;
        match self {
            Remedy::Alternating => training.update = UpdateRule::Alternating,
            Remedy::Tanh => {
                let last = generator.layers.iter_mut().rev().find_map(LayerSpec::activation_mut);
                if let Some(activation @ UnitActivation::Sigmoid) = last {
                    *activation = UnitActivation::Tanh;
                }
            }
            Remedy::Penalty => {
                if !discriminator.regularisers.iter().any(Regulariser::is_penalty) {
                    discriminator.regularisers.push(Regulariser::R1 { gamma: GAMMA.into(), every: EVERY });
                }
            }
            Remedy::LowerRates => {
                for adam in [&mut generator.adam, &mut discriminator.adam] {
                    adam.learning_rate = adam.learning_rate.min(RATE);
                }
            }
            Remedy::EqualRates => {
                generator.adam.learning_rate = generator.adam.learning_rate.max(discriminator.adam.learning_rate);
            }
            Remedy::Beta1 => {
                for adam in [&mut generator.adam, &mut discriminator.adam] {
                    if adam.beta1.ends().into_iter().any(|beta1| beta1 > BETA1) {
                        adam.beta1 = Ramp::Constant(BETA1);
                    }
                }
            }
            Remedy::Latent => generator.latent_dim = generator.latent_dim.max(LATENT),
            Remedy::He => {
                if generator.init == Init::Normal002 && !generator.layers.iter().any(normalises) {
                    generator.init = Init::He;
                }
            }
            Remedy::LeakyRelu => generator.layers.iter_mut().for_each(leaky),
            Remedy::OneCriticStep => training.critic_steps = 1,
            Remedy::AllDigits => training.digits = None,
            Remedy::Correct => training.mistake = None,
        }
    }
}

fn normalises(layer: &LayerSpec) -> bool {
    use LayerSpec::{BatchNorm, GroupNorm, LayerNorm, Residual};
    match layer {
        Residual(block) => block.layers.iter().any(normalises),
        BatchNorm(_) | GroupNorm(_) | LayerNorm(_) => true,
        _ => false,
    }
}

/// Puts leaky-relu in the place of relu.
fn leaky(layer: &mut LayerSpec) {
    if let LayerSpec::Residual(block) = layer {
        block.layers.iter_mut().for_each(leaky);
    } else if let Some(activation @ UnitActivation::Relu) = layer.activation_mut() {
        *activation = UnitActivation::LeakyRelu;
    }
}

impl Display for Remedy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Remedy::Alternating => f.write_str("players that move in turn (update = \"alternating\")"),
            Remedy::Tanh => f.write_str(
                "pixels from -1 to 1 (activation = \"tanh\" in place of \"sigmoid\" in the generator's last layer)",
            ),
            Remedy::Penalty => write!(
                f,
                "a penalty on the discriminator's slope (kind = \"r1\", gamma = {GAMMA}, every = {EVERY} in \
                 discriminator.regularisers)"
            ),
            Remedy::LowerRates => write!(f, "smaller steps (learning_rate = {RATE}, or less, for both players)"),
            Remedy::EqualRates => f.write_str("a generator that steps as far as the discriminator (learning_rate)"),
            Remedy::Beta1 => write!(f, "an Adam that forgets faster (beta1 = {BETA1} for both players)"),
            Remedy::Latent => write!(f, "more random numbers for an image (latent_dim = {LATENT} or more)"),
            Remedy::He => f.write_str("larger first weights for the generator (init = \"he\")"),
            Remedy::LeakyRelu => f.write_str("activation = \"leaky-relu\" in place of \"relu\" in the generator"),
            Remedy::OneCriticStep => {
                f.write_str("one move of the discriminator's for each of the generator's (critic_steps)")
            }
            Remedy::AllDigits => f.write_str("all digits of the data (digits = \"off\")"),
            Remedy::Correct => f.write_str("the mistake taken back (mistake = \"off\")"),
        }
    }
}
