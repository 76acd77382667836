//! What losses, scores and gradients are like where all is well.

use crate::gan::Config;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Between which values nine tenths of a short healthy run's rows lie, once its first steps are over.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usual {
    /// The discriminator's loss.
    pub discriminator_loss: [f64; 2],
    /// The generator's loss.
    pub generator_loss: [f64; 2],
    /// The mean [score](crate::gan::Objective::score) of real images.
    pub real: [f64; 2],
    /// That of generated ones.
    pub fake: [f64; 2],
    /// The Euclidean norm of the generator's gradient, all of its parameters together.
    pub generator_gradient: [f64; 2],
    /// The same of the discriminator's.
    pub discriminator_gradient: [f64; 2],
}

/// Measured by `scripts/tables/usual.py`, in runs of some hundred steps: a long run may leave these ranges slowly.
const MEASURED: &str = include_str!("usual.toml");

impl Usual {
    /// What is usual for a configuration that plays a preset's game: its networks, its rules, its rates. None where it is
    /// another game, or the preset's collapses.
    pub fn of(config: &Config) -> Option<Usual> {
        let preset = Config::preset(&config.name).ok()?;
        let is_its_game = config.differences(&preset).iter().all(|difference| {
            BESIDE_THE_GAME.iter().any(|beside| difference.key == *beside || difference.key.starts_with("record."))
        });
        let measured: BTreeMap<String, Usual> = toml::from_str(MEASURED).expect("a test reads it");
        measured.get(&config.name).copied().filter(|_| is_its_game)
    }
}

/// Keys that do not change what is usual.
const BESIDE_THE_GAME: [&str; 4] = ["seed", "data", "training.epochs", "training.steps"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_has_usual_values_and_another_game_has_none() {
        for name in Config::presets().filter(|name| *name != "article") {
            let usual = Usual::of(&Config::preset(name).unwrap()).unwrap_or_else(|| panic!("{name} has none"));
            for [low, high] in [usual.discriminator_loss, usual.generator_loss, usual.real, usual.fake] {
                assert!(low <= high, "{name}");
            }
            for [low, high] in [usual.generator_gradient, usual.discriminator_gradient] {
                assert!(0.0 < low && low <= high, "{name}");
            }
        }
        assert_eq!(Usual::of(&Config::preset("article").unwrap()), None);
        let mut config = Config::preset("mlp").unwrap();
        (config.seed, config.training.steps) = (7, Some(3));
        assert!(Usual::of(&config).is_some());
        config.training.batch_size = 64;
        assert_eq!(Usual::of(&config), None);
    }
}
